"""The hours command: rules, logged and approved work, a compared invoice."""

import json
from pathlib import Path
from typing import Any

import pytest

from zoneplanner.cli.run import main

AGENCY = "Sacramento County Sheriff's Office"


def run_hours(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main([*map(str, args), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_an_invoice_is_checked_for_callback_minimum_and_overtime_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, bill = tmp_path / "district.gpkg", tmp_path / "bill.csv"
    assert main(["new", str(project)]) == 0
    assert main(["roster", str(project), "sample"]) == 0
    rates = ("--rate", f"{AGENCY}=92.50@2025-07-01", f"--rate={AGENCY}/overtime=138.75@2025-07-01")
    assert run_hours(capsys, "hours", project, "rules", "--call-back-h", 3, *rates)[0] == 0
    for day, began, ended, code in (
        ("2025-09-08", "19:00", "20:15", "callback"),
        ("2025-09-09", "19:00", "23:30", "callback"),
        ("2025-09-10", "16:00", "18:30", "overtime"),
        ("2025-09-11", "19:00", "20:15", "regular"),
    ):
        times = (f"began_at={day}T{began}", f"ended_at={day}T{ended}")
        made = ("officer=sample-A", *times, f"pay_code={code}")
        assert run_hours(capsys, "log", project, "hours", *made)[0] == 0
    days = ("--from", "2025-09-08", "--to", "2025-09-12")
    assert run_hours(capsys, "hours", project, "approve", *days, "--agency", AGENCY)[0] == 0

    bill.write_text(
        "day,officer,hours,rate,amount\n"
        "2025-09-08,sample-A,3,92.50,277.50\n"
        "2025-09-09,sample-A,4.5,92.50,416.25\n"
        "2025-09-10,sample-A,2.5,138.75,346.88\n"
        "2025-09-11,sample-A,3,92.50,277.50\n"
    )
    status, found = run_hours(capsys, "hours", project, "reconcile", *days, "--invoice", bill)
    assert [(one["hours"], one["due"], one["verdict"]) for one in found["rows"]] == [
        (3.0, 277.5, "matches"),
        (4.5, 416.25, "matches"),
        (2.5, 346.88, "matches"),
        (1.25, 115.63, "hours_differ"),
    ]
    assert (status, found["billed"], found["due"]) == (1, 1318.13, 1156.26)
    assert (found["difference"], found["unapproved"]) == (161.87, 0)

    bill.write_text("day,officer,hours,rate,amount\n2025-09-08,sample-A,1.25,92.50,115.63\n")
    found = run_hours(capsys, "hours", project, "reconcile", *days, "--invoice", bill)[1]
    (row, *_) = found["rows"]
    assert (row["verdict"], row["due"], row["difference"]) == ("hours_differ", 277.5, -161.87)
