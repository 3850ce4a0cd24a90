"""A critical incident, monthly returns and family sheets by commands alone."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from pypdf import PdfReader

from zoneplanner.cli.run import main

THEN = datetime(2026, 8, 3, tzinfo=UTC)
SITE = "site=r1c1"


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "letters.gpkg"
    create_store(file, project_from("AAB / aab"), actor="planner", at=THEN).close()
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    assert main([*args, "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def publish(capsys: pytest.CaptureFixture[str], path: str, audience: str, part: str) -> list[Path]:
    """Publish one part and return its files."""
    below = ("--to", str(Path(path).parent / "out"))
    main(["publish", path, *below, "--audience", audience, "--only", part, "--json"])
    return [Path(one) for one in json.loads(capsys.readouterr().out).get("files", ())]


def test_a_lockdown_with_roles_staging_and_notices_is_one_timeline(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def log(kind: str, *columns: str) -> str:
        return str(answer(capsys, "log", path, kind, *columns)["uid"])

    at = "at=2026-11-16T09:0{}"
    call = log("incident", SITE, "type=Lockdown", "priority=1", "received_at=2026-11-16T09:00")
    log("action", SITE, "action=lockdown", "began_at=2026-11-16T09:00")
    for number, columns in enumerate(
        (
            ("kind=role", "role=site_lead", "who=Principal"),
            ("kind=told", "told=nine_one_one"),
            ("kind=staging_point", "place=North lot"),
            ("kind=resource", "who=District staff", "count=4"),
        ),
        1,
    ):
        log("command_entry", f"incident={call}", at.format(number), *columns)
    log("action", SITE, "ended_at=2026-11-16T09:40", "all_clear_by=Sergeant")
    log("after_action", f"incident={call}", "held_on=2026-11-20", "strengths=Doors were locked.")
    (report,) = publish(capsys, path, "law-enforcement", "after-action")
    text = " ".join(page.extract_text() for page in PdfReader(report).pages)
    for word in ("9-1-1", "North lot", "District staff", "Principal"):
        assert word in text
    assert "DRAFT" not in text, "a review of what happened is of no plan"
    assert publish(capsys, path, "staff", "after-action") == []
    rows = answer(capsys, "readiness", path, "--on", "2026-11-21")["rows"]
    assert ("after_action", "done") in {(one["item"], one["status"]) for one in rows}


def test_a_family_sheet_waits_for_review_and_a_roster_is_stored_as_counts(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one.name for one in publish(capsys, path, "public", "families")] == ["en.html"]
    answer(capsys, "log", path, "text_review", "language=es", "role=District translator")
    sheets = {one.stem: one for one in publish(capsys, path, "public", "families")}
    assert sheets.keys() == {"en", "es"} and "District translator" in sheets["es"].read_text()
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "name,site,course,held_on,who_kind\n"
        + "".join(f"Person {n},r1c1,first_aid,2026-11-02,staff\n" for n in range(3))
    )
    done = answer(capsys, "import", path, str(roster), "--as", "training_roster", status=0)
    assert (done["read"], done["taken"]) == (1, 1), "three people are one count"


def test_papers_that_show_no_plan_are_published_without_one(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("publish", path, "--to", str(Path(path).parent / "sent"), "--audience", "staff")
    assert answer(capsys, *asked, "--only", "readiness", status=2)["code"] == "unreleased_plan"
    main([*asked, "--only", "return", "--json"])
    files = json.loads(capsys.readouterr().out)["files"]
    assert len(files) == 6 and all(one.endswith(".xlsx") for one in files)
    bare = Path(path).with_name("bare.gpkg")
    project = replace(project_from("AAB / aab"), plans={})
    create_store(bare, project, actor="planner", at=THEN).close()
    asked = ("publish", str(bare), "--to", str(bare.parent / "bare"), "--audience", "public")
    assert answer(capsys, *asked, "--only", "atlas", status=2)["code"] == "no_plan"
    sheets = answer(capsys, *asked, "--only", "sro-year,families", status=1)
    assert {Path(one).suffix for one in sheets["files"]} == {".html", ".csv", ".pdf"}
    (pdf,) = (one for one in sheets["files"] if one.endswith(".pdf"))
    assert "PROBLEMS" not in PdfReader(pdf).pages[0].extract_text()
