"""The import command: keys, exit status, progress and Ctrl-C."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from papers import page_texts
from sentences import says

from zoneplanner import storage
from zoneplanner.app.publishing.month import list_area_layers
from zoneplanner.cli.run import main
from zoneplanner.messages import Message

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
GOOD = "site,arrived_at,mood\nr1c1,2025-11-12T08:00,x\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed project with two zones in one row."""
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB"), actor="test", at=AT).close()
    return file


def answer(capsys: pytest.CaptureFixture[str], *args: object, status: int = 0) -> dict[str, Any]:
    """Run import with --json and return its one object."""
    assert main(["import", *map(str, args), "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def test_the_answer_accounts_for_each_row(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = path.with_name("visits.csv")
    file.write_text(GOOD + "r9c9,2025-11-12T08:00,\n")
    found = answer(capsys, path, file, "--as", "visits", status=1)
    (undeclared,) = found.pop("not_declared")
    assert "records --complete visits=2025-11-12..2025-11-12" in undeclared
    assert found == {
        "read": 2,
        "taken": 1,
        "already": 0,
        "refused": [{"row": 3, "reason": "There is no site “r9c9” in this project."}],
        "repaired": [],
        "elsewhere": 0,
        "aliased": 0,
        "merged": 0,
        "places": [],
        "others": [],
        "words": {},
        "understood": {},
        "ignored_columns": ["mood"],
        "file": "UTF-8, comma between columns",
    }
    file.write_text(GOOD)
    again = answer(capsys, path, file, "--as", "visits")
    assert (again["taken"], again["already"]) == (0, 1)
    with storage.open(path, read_only=True) as store:
        assert store.head().entries == 1


def test_a_dry_run_leaves_the_file_as_it_is(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = path.with_name("visits.csv")
    file.write_text(GOOD)
    before = path.read_bytes()
    assert answer(capsys, path, file, "--as", "visits", "--dry-run")["taken"] == 1
    assert path.read_bytes() == before


def test_rows_are_listed_even_if_none_is_imported(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("visits.csv")
    file.write_text("site,arrived_at\nr9c9,2025-11-12T08:00\n")
    found = answer(capsys, path, file, "--as", "visits", status=2)
    assert (found["code"], found["row"]) == ("no_row_imported", 2)
    assert found["reason"] == found["refused"][0]["reason"]
    assert (found["taken"], [own["row"] for own in found["refused"]]) == (0, [2])


def test_the_caller_can_name_an_imported_plan(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("board.csv")
    file.write_text("site,zone\nr1c1,B\n")
    found = answer(capsys, path, file, "--as", "plan", "--name", "Fall")
    assert (found["plan"], found["taken"]) == ("Fall", 1)
    with storage.open(path, read_only=True) as store:
        assert store.project().plan("Fall").assignment == {"r1c1": "B"}


def test_what_happened_to_a_shape_is_a_sentence(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bow_tie = [[[-121.4, 38.6], [-121.3, 38.68], [-121.3, 38.6], [-121.4, 38.68], [-121.4, 38.6]]]
    shapes = ({"type": "Polygon", "coordinates": bow_tie}, None)
    features = [
        {"type": "Feature", "properties": {"name": "X"}, "geometry": each} for each in shapes
    ]
    file = path.with_name("areas.geojson")
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = answer(capsys, path, file, "--as", "layer", "--dry-run", status=1)
    texts = [found["repaired"][0]["how"], found["refused"][0]["reason"]]
    assert all(re.fullmatch(r"[A-Z].*\.", text) for text in texts), texts


REFUSED = {
    "no kind at all": (["--as", "cats"], "unknown_kind"),
    "a layer of a plan": (["--as", "plan", "--layer", "x"], "option_not_for_kind.layer"),
    "columns of a plan": (["--as", "plan", "--column", "site=x"], "option_not_for_kind.mapping"),
    "a table as returns": (["--as", "return"], "unreadable_file.no_return"),
    "a name for visits": (["--as", "visits", "--name", "x"], "option_not_for_kind.name"),
    "an empty name": (["--as", "plan", "--name", " "], "plan_without_name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_import_is_refused(
    case: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, code = REFUSED[case]
    file = path.with_name("f.csv")
    file.write_text("site,zone\nr1c1,B\n")
    before = path.read_bytes()
    found = answer(capsys, path, file, *options, status=2)
    assert found["code"] == code.partition(".")[0]
    assert "." not in code or says(found["error"], code)
    assert path.read_bytes() == before


QUESTIONS = {
    "no coordinate system": ("School,x,y\nHill High,1200,-300\n", "unknown_crs", "--crs"),
    "no name": ("Latitude,Longitude\n38.6,-121.4\n", "no_column_matches", "--column"),
}


@pytest.mark.parametrize("case", QUESTIONS)
def test_a_question_names_the_option_that_answers_it(
    case: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, code, option = QUESTIONS[case]
    file = path.with_name("f.csv")
    file.write_text(text)
    found = answer(capsys, path, file, "--as", "sites", status=2)
    assert found["code"] == code and f" {option} " in found["error"]


def test_no_option_is_named_for_a_file_without_headings(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("f.csv")
    file.write_text("\n,,,\n")
    found = answer(capsys, path, file, "--as", "sites", status=2)
    assert found["code"] == "file_without_headings" and "--" not in found["error"]


def test_the_text_output_lists_what_was_left_out(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("visits.csv")
    file.write_text(GOOD + "r9c9,2025-11-12T08:00,\n" * 25)
    assert main(["import", str(path), str(file), "--as", "visits"]) == 1
    out = capsys.readouterr().out
    assert "1 of 26 rows of “visits.csv” is imported." in out
    assert says(out, "columns_not_read", columns="mood")
    assert says(out, "unknown_site", site="r9c9")
    assert says(out, "rows_not_printed", n="5")


def test_a_stopped_import_leaves_nothing_behind(path: Path) -> None:
    file = path.with_name("visits.csv")
    rows = (f"{n},r1c1,2025-11-12T08:00\n" for n in range(400_000))
    file.write_text("uid,site,arrived_at\n" + "".join(rows))
    code = (
        "import os, sys, threading, signal\n"
        "from zoneplanner.cli.run import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in the background
        "threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", code, "import", str(path), str(file), "--as", "visits"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2 and says(done.stderr, "stopped")
    with storage.open(path, read_only=True) as store:
        assert store.head().entries == 0
    assert sorted(own.name for own in path.parent.iterdir()) == ["p.gpkg", "visits.csv"]


def test_figures_name_the_table_of_minutes_they_use(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("drives.csv")
    sites = [f"r1c{column}" for column in range(1, 5)]
    rows = [f"{a},{b},{3 + abs(sites.index(a) - sites.index(b))}" for a in sites for b in sites]
    file.write_text("\n".join(["from,to,minutes", *rows]))
    assert main(["import", str(path), str(file), "--as", "travel"]) == 0
    read = {"sites": "4 sites", "file": "drives.csv"}
    assert says(capsys.readouterr().out, "minutes_imported", **read)
    assert main(["evaluate", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["travel"] == {
        "provider": "table",
        "source": "drives.csv",
        "vintage": "",
        "text": str(Message("minutes_from.table", source="drives.csv", turnout_min=0.5)),
    }
    assert 3.5 < found["mean_response_min"] < 5
    assert main(["evaluate", str(path)]) == 0
    assert says(capsys.readouterr().out, "minutes_from.table", source="drives.csv")


def test_a_table_with_missing_minutes_is_refused(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("drives.csv")
    file.write_text("from,to,minutes\nr1c1,r1c2,3\n")
    assert main(["import", str(path), str(file), "--as", "travel"]) == 2
    told = capsys.readouterr().err.replace("\n", " ")
    assert says(told, "unreadable_file.missing_pairs", count="10 pairs")


def test_areas_to_count_by_are_imported_as_a_layer(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = [[-121.4, 38.5], [-121.2, 38.5], [-121.2, 38.7], [-121.4, 38.7], [-121.4, 38.5]]
    area = {
        "type": "Feature",
        "properties": {"name": "Trustee area 1"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file = path.with_name("trustees.geojson")
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    assert answer(capsys, path, file, "--as", "layer", "--dry-run")["taken"] == 1
    assert answer(capsys, path, file, "--as", "layer")["taken"] == 1
    with storage.open(path, read_only=True) as store:
        project = store.project()
    (layer,) = (one for one in project.layers.values() if one.own)
    assert [one.name for one in project.features if one.layer == layer.id] == ["Trustee area 1"]
    assert list_area_layers(project) == {layer.id: layer.title}


CALLS = """Call Number,Call Date,Received,Dispatched,Arrived,Cleared,Call Type,Location Name,Unit
1,11/13/2026,08:00,08:02,08:10,08:30,FIGHT,School r1c1,DE31
1,11/13/2026,08:00,08:03,08:12,08:40,FIGHT,School r1c1,A
2,11/13/2026,09:00,09:02,09:10,09:30,FIGHT,School r1c2,A
2,11/13/2026,09:00,09:03,09:12,09:40,FIGHT,School r1c2,DE31
"""


def test_a_unit_explained_later_completes_each_call_in_any_row_order(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("calls.csv")
    file.write_text(CALLS)
    asked = (path, file, "--as", "incidents")
    assert answer(capsys, *asked)["words"] == {"units": {"DE31": 2}}
    done = answer(capsys, *asked, "--word", "units:DE31=B")
    assert (done["taken"], done["refused"]) == (2, [])
    first, *rest = CALLS.splitlines(keepends=True)
    for text in (CALLS, "".join([first, *reversed(rest)])):
        file.write_text(text)
        again = answer(capsys, *asked)
        assert (again["taken"], again["already"], again["refused"]) == (0, 2, [])
    with storage.open(path, read_only=True) as store:
        kept = [(own.unit, own.payload["units"]) for own in store.entries() if own.supersedes]
    assert kept == [("A", ["A", "B"])] * 2
    file.write_text(CALLS.replace("FIGHT", "THEFT", 2))
    other = answer(capsys, *asked, status=1)
    assert [own["row"] for own in other["refused"]] == [2]


MANY_ENDS = """Call Number,Call Date,Received,Dispatched,Call Type,Location Name,Unit
1,11/13/2026,08:00,08:02,FIGHT,School r1c1,A
2,11/13/2026,09:00,09:02,FIGHT,DCH,A
1,11/13/2026,08:00,08:03,FIGHT,School r1c1,B
3,11/13/2026,09:00,09:02,FIGHT,R1C2 SCHOOL GYM,A
4,11/15/2026,09:00,09:02,FIGHT,WALMART,A
5,11/13/2026,soon,09:02,FIGHT,School r1c2,A
6,11/01/2026,01:30,,FIGHT,School r1c2,A
7,11/13/2026,10:00,10:02,ALARM,School r1c2,A
"""


def test_a_name_that_another_school_gets_is_reported(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts, told = {"before": "School r1c3", "after": "School r1c2"}, []
    for site in ("r1c3", "r1c2", "r1c2"):
        assert main(["alias", str(path), "--site", site, "--name", "DCH"]) == 0
        told.append(says(capsys.readouterr().out, "alias_moved", **facts))
    assert told == [False, True, False]


def test_the_import_report_has_every_row_with_its_result(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, report = path.with_name("calls.csv"), path.with_name("report.csv")
    file.write_text(MANY_ENDS)
    assert main(["alias", str(path), "--site", "r1c3", "--name", "DCH"]) == 0
    capsys.readouterr()
    asked = (path, file, "--as", "incidents", "--only", "call_type=FIGHT", "--report", report)
    done = answer(capsys, *asked, status=1)
    with report.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [(own["row"], own["fate"], own["name"], own["id"]) for own in rows] == [
        ("2", "new", "School r1c1", "1"),
        ("3", "new", "School r1c3", "2"),
        ("4", "joined", "School r1c1", "1"),
        ("5", "asked", "R1C2 SCHOOL GYM", ""),
        ("6", "elsewhere", "WALMART", ""),
        ("7", "refused", "", ""),
        ("8", "new", "School r1c2", "6"),
        ("9", "left out", "", ""),
    ]
    why = [own["why"] for own in rows]
    assert "08:00, A" in why[0] and "DCH" in why[1] and "row 2" in why[2]
    assert "School r1c2" in why[3] and "ALARM" in why[7]
    assert rows[6]["repaired"]
    assert (done["taken"], done["elsewhere"], done["merged"], done["left_out"]) == (3, 2, 1, 1)
    with storage.open(path, read_only=True) as store:  # one of another place is of November 15
        (span,) = store.project().records.kind("incidents").files
        assert (str(span.first), str(span.last)) == ("2026-11-01", "2026-11-15")
    answer(capsys, *asked, status=1)
    with report.open(encoding="utf-8-sig", newline="") as text:
        again = [own["fate"] for own in csv.DictReader(text)]
    assert again == [own["fate"].replace("new", "known") for own in rows]


def test_uncertain_places_are_listed_apart_from_other_places(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("calls.csv")
    file.write_text(MANY_ENDS)
    assert main(["import", str(path), str(file), "--as", "incidents", "--dry-run"]) == 1
    told = capsys.readouterr().out
    assert "School r1c2 (r1c2)" in told
    assert says(told, "rows_read.elsewhere", n="2 rows belong")  # DCH is no name yet
    assert says(told, "rows_read.asked", n="1 row")
    assert says(told, "rows_read.joined", n="1 row is for an additional unit, joined with its call")


def test_the_report_of_a_failed_import_has_a_reason_for_each_row(path: Path) -> None:
    file, report = path.with_name("drills.csv"), path.with_name("report.csv")
    file.write_text("School,Drill,Date,Time\nSchool r1c1,Bicycle,11/13/2026,9:00\n")
    asked = ["import", str(path), str(file), "--as", "drills", "--report", str(report)]
    assert main(asked) != 0
    assert "Bicycle" in report.read_text(encoding="utf-8-sig")


CHECKS = (
    "Event No,Nature,Premise Name,Event Date,Received Time,Dispatched Time,Arrived Time,"
    "Cleared Time,Unit\n"
    "1,PATROL CHECK,r1c1,11/12/2025,9:09:00 AM,9:09:00 AM,9:09:00 AM,9:26:00 AM,A\n"
    "2,PATROL CHECK,r1c2,11/13/2025,9:30:00 AM,9:30:00 AM,9:30:00 AM,9:41:00 AM,CHP22\n"
    "3,FIGHT,r1c1,11/13/2025,5:48:35 PM,5:50:18 PM,6:01:08 PM,6:28:33 PM,\n"
    "4,VEHICLE STOP,r1c2,11/13/2025,1:00:00 PM,1:00:00 PM,1:00:00 PM,1:20:00 PM,\n"
)


def test_self_initiated_rows_are_asked_about_and_imported_as_visits_if_chosen(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, report = path.with_name("cad.csv"), path.with_name("report.csv")
    file.write_text(CHECKS)
    first = answer(capsys, path, file, "--as", "incidents", "--report", report)
    assert (first["taken"], first["elsewhere"]) == (1, 0)
    others = {"units": {"CHP22": 1}}
    assert first["words"] == {"type": {"PATROL CHECK": 2, "VEHICLE STOP": 1}, **others}
    assert first["self_initiated"] == {"asked": 3, "visits": 0, "calls": 0, "of_others": 0}
    outcomes = [row["fate"] for row in csv.DictReader(report.read_text("utf-8-sig").splitlines())]
    assert outcomes == ["asked", "asked", "new", "asked"]
    said = ("--word", "type:PATROL CHECK=visit", "--word", "type:vehicle stop=call")
    second = answer(capsys, path, file, "--as", "incidents", *said)
    assert (second["taken"], second["already"], second["words"]) == (2, 1, others)
    assert second["self_initiated"] == {"asked": 0, "visits": 1, "calls": 1, "of_others": 1}
    assert second["left_out"] == 1
    third = answer(capsys, path, file, "--as", "incidents")
    assert (third["taken"], third["already"]) == (0, 3)
    with storage.open(path, read_only=True) as store:
        kept = store.project().records
        assert kept.kind("visits").files == kept.kind("incidents").files != ()
        log = store.log()
        assert (len(log.visits), len(log.calls)) == (1, 2)


OWN_CALLS = (
    "uid,site,type,received_at,dispatched_at,onscene_at,cleared_at,units\n"
    "1,r1c1,PATROL CHECK,2025-11-12T09:09,2025-11-12T09:09,2025-11-12T09:09,2025-11-12T09:26,A\n"
    "2,r1c2,PATROL CHECK,2025-11-13T09:30,2025-11-13T09:30,2025-11-13T09:30,2025-11-13T09:41,A\n"
)
"""Calls as an earlier version imported them from ``CHECKS``, and a table of ours still has them."""


@pytest.mark.parametrize("by", ["command", "file"])
def test_patrol_checks_imported_as_calls_are_reported_and_become_visits(
    by: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, file = path.with_name("old.csv"), path.with_name("cad.csv")
    old.write_text(OWN_CALLS)
    file.write_text(CHECKS.replace("CHP22", "A"))

    def list_notes() -> list[str]:
        capsys.readouterr()
        main(["check", str(path), "--json"])
        notes = json.loads(capsys.readouterr().out)["notes"]
        return [one["text"] for one in notes if one["code"] == "calls_nobody_made"]

    answer(capsys, path, old, "--as", "incidents")
    (note,) = list_notes()
    assert "2 calls" in note and "PATROL CHECK (2)" in note
    if by == "command":
        said = ["log", str(path), "reclassify", "type=patrol check", "--json"]
        assert main(said) == 0
        assert json.loads(capsys.readouterr().out) == {"voided": 2, "visits": 2}
        assert main(said) == 2
        assert json.loads(capsys.readouterr().out)["code"] == "no_call_of_type"
    found = answer(capsys, path, file, "--as", "incidents", "--word", "type:PATROL CHECK=visit")
    assert (found["taken"], found["already"]) == ((1, 2) if by == "command" else (3, 0))
    assert list_notes() == []
    with storage.open(path, read_only=True) as store:
        assert (len(store.log().visits), len(store.log().calls)) == (2, 1)
    again = answer(capsys, path, file, "--as", "incidents")
    assert (again["taken"], again["already"], again["refused"]) == (0, 3, [])


def test_unwanted_calls_in_a_file_of_visits_are_not_counted(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("cad.csv")
    file.write_text(CHECKS)
    assert answer(capsys, path, file, "--as", "visits", "--dry-run")["calls"] == 1
    only = ("--only", "Nature=PATROL CHECK")
    assert answer(capsys, path, file, "--as", "visits", *only)["calls"] == 0


def test_a_date_and_abbreviated_times_are_found_and_chosen_columns_joined(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("cad.csv")
    rows = "1,FIGHT,r1c1,11/13/2025,5:48:35 PM,5:50:18 PM,5:51:16 PM,6:01:08 PM,6:28:33 PM\n"
    headings = "Event No,Nature,Premise Name,Event Date,Tm Recvd,Tm Disp,Tm Enrt,Tm Arrv,Tm Clr\n"
    file.write_text(
        "Case #,Nature,Premise Name,Rpt Dt,Tm Rcvd,Tm Dsp,Tm Enrt,Tm Arvd,Tm Avail\n"
        + rows.replace("11/13/2025", "13-Nov-2025")
    )
    short = answer(capsys, path, file, "--as", "incidents", "--dry-run")
    assert (short["taken"], short["joined"]) == (1, ["received_at"])
    assert short["columns"]["received_at"] == ["rpt_dt", "tm_rcvd"]
    assert short["columns"]["dispatched_at"] == ["tm_dsp"]
    file.write_text(headings + rows)
    found = answer(capsys, path, file, "--as", "incidents", "--dry-run")
    assert found["columns"]["received_at"] == ["event_date", "tm_recvd"]
    times = {"dispatched_at": "disp", "enroute_at": "enrt", "onscene_at": "arrv"}
    for name, own in {**times, "cleared_at": "clr"}.items():
        assert found["columns"][name] == [f"tm_{own}"]
    visits = answer(capsys, path, file, "--as", "visits", "--dry-run")
    assert visits["columns"]["arrived_at"] == ["event_date", "tm_arrv"]
    assert visits["columns"]["departed_at"] == ["tm_clr"]
    assert (visits["taken"], visits["calls"]) == (1, 1)
    file.write_text(headings.replace("Tm Recvd", "Phone").replace("Tm Clr", "Gone") + rows)
    said = ("--column", "received_at=event date+Phone", "--column", "cleared_at=Event Date+Gone")
    found = answer(capsys, path, file, "--as", "incidents", *said)
    assert found["taken"] == 1
    with storage.open(path, read_only=True) as store:
        call = store.log().calls[0]
        assert call["cleared"] - call["received"] == 39 * 60 + 58
    assert main(["import", str(path), str(file), "--as", "incidents", "--column", "type=A+Phone"])
    assert "A+Phone" in capsys.readouterr().err


def test_the_repeated_hour_is_read_as_the_shortest_call(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("cad.csv")
    file.write_text(
        "Event No,Nature,Premise Name,Event Date,Received Time,Dispatched Time,Arrived Time,"
        "Cleared Time\n"
        "1,FIGHT,r1c1,11/2/2025,1:50:00 AM,1:52:00 AM,1:59:00 AM,2:05:00 AM\n"
        "2,FIGHT,r1c1,11/2/2025,12:50:00 AM,1:01:00 AM,1:09:00 AM,1:45:00 AM\n"
        "3,FIGHT,r1c1,11/2/2025,1:50:00 AM,1:52:00 AM,1:05:00 AM,1:20:00 AM\n"
        "4,FIGHT,r1c1,11/2/2025,1:10:00 AM,1:12:00 AM,1:15:00 AM,1:20:00 AM\n"
    )
    answer(capsys, path, file, "--as", "incidents", "--dates", "month-first")
    with storage.open(path, read_only=True) as store:
        calls = store.log().calls
        minutes = (calls["cleared"] - calls["received"]) // 60
    assert sorted(minutes.tolist()) == [10, 15, 30, 55]


def test_a_call_canceled_before_arrival_counts_as_complete(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("cad.csv")
    file.write_text(
        "Event No,Nature,Premise Name,Event Date,Received Time,Dispatched Time,Enroute Time,"
        "Arrived Time,Cleared Time,Dispo\n"
        "1,FIGHT,r1c1,11/13/2025,1:00:00 PM,1:01:00 PM,1:02:00 PM,1:09:00 PM,1:45:00 PM,RPT\n"
        "2,FIGHT,r1c1,11/13/2025,2:00:00 PM,2:01:00 PM,2:02:00 PM,,2:05:00 PM,CANCELLED\n"
        "3,FIGHT,r1c1,11/13/2025,3:00:00 PM,3:01:00 PM,3:02:00 PM,,3:45:00 PM,RPT\n"
        "4,FIGHT,r1c1,11/13/2025,1:03:00 PM,,,,,DUP 1\n"
        "5,DUPONT ST,r1c1,11/14/2025,2:03:00 PM,,,,,\n"
    )
    done = answer(capsys, path, file, "--as", "incidents")
    assert (done["taken"], done["duplicates"]) == (4, 1)
    assert done["counted_once"] == [{"number": "4", "as": "1"}]
    assert list_duplicate_notes(path, capsys) == []
    days = ("--from", "2025-11-10", "--to", "2025-11-15", "--by", "all")
    assert main(["coverage", str(path), *days, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["rows"][0]["figures"]
    assert figures["stamps_complete_share"]["n"] == 3


def list_duplicate_notes(path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert main(["check", str(path), "--json"]) in (0, 1)
    notes = json.loads(capsys.readouterr().out)["notes"]
    return [one["where"]["calls"] for one in notes if one["code"] == "calls_twice"]


def count_calls(path: Path) -> tuple[int, int]:
    """Return how many calls and visits the log has."""
    with storage.open(path, read_only=True) as store:
        return len(store.log().calls), len(store.log().visits)


CAD = (
    "Event No,Nature,Premise Name,Event Date,Received Time,Dispatched Time,Arrived Time,Unit,"
    "Dispo\n"
)
AGAIN = (
    "26-1,FIGHT,r1c1,11/13/2025,1:00:10 PM,1:01:00 PM,1:09:00 PM,A,RPT\n"
    "S26-9,fight,r1c1,11/13/2025,1:00:40 PM,,,B,\n"  # the same kind, another number
    "26-2,THEFT,r1c1,11/13/2025,1:00:20 PM,1:02:00 PM,1:10:00 PM,B,RPT\n"  # another call
    "26-3,FIGHT,r1c2,11/13/2025,1:00:20 PM,1:02:00 PM,1:10:00 PM,B,RPT\n"  # another school
    "26-4,FIGHT,r1c1,11/13/2025,1:02:40 PM,1:03:00 PM,1:12:00 PM,B,RPT\n"  # later
    "26-5,415F,r1c2,11/13/2025,1:01:00 PM,,,B,\n"  # the same unit
    "26-6,DUPLICATE CALL,r1c2,11/13/2025,1:40:00 PM,,,,\n"
    "26-7,DUPLICATE CALL,r1c3,11/13/2025,1:40:00 PM,,,,\n"  # of a call that is not there
)


def test_a_call_under_two_numbers_counts_once_unless_chosen_otherwise(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("cad.csv")
    file.write_text(CAD + AGAIN)
    once = [{"number": "S26-9", "as": "26-1"}, {"number": "26-5", "as": "26-3"}]
    once.append({"number": "26-6", "as": "26-3"})
    for taken in (5, 0):
        done = answer(capsys, path, file, "--as", "incidents")
        assert (done["taken"], done["already"]) == (taken, 8 - taken)
        assert (done["counted_once"], done["elsewhere"], done["refused"]) == (once, 0, [])
        assert done["words"]["uid"] == dict.fromkeys(("S26-9", "26-5", "26-6"), 1)
        assert any("3 rows duplicate" in note for note in done["notes"])
    assert list_duplicate_notes(path, capsys) == ["26-7"]
    own = ("--word", "uid:s26-9=own")
    assert answer(capsys, path, file, "--as", "incidents", *own)["taken"] == 1
    assert answer(capsys, path, file, "--as", "incidents")["counted_once"] == once[1:]
    assert count_calls(path) == (6, 0)
    assert list_duplicate_notes(path, capsys) == ["26-7"]
    # What was logged at the desk comes with the history of dispatch.
    desk = ("site=r1c4", "type=Fight", "received_at=2025-11-13T13:00:40", "uid=desk")
    assert main(["log", str(path), "incident", *desk]) == 0
    capsys.readouterr()
    file.write_text(CAD + "26-8,FIGHT,r1c4,11/13/2025,1:00:10 PM,1:02:00 PM,1:10:00 PM,A,\n")
    found = answer(capsys, path, file, "--as", "incidents", "--dry-run")["counted_once"]
    assert found == [{"number": "26-8", "as": "desk"}]
    # The other agency's export of that day has its own numbers.
    other = path.with_name("other.csv")
    other.write_text(CAD + AGAIN.replace("26-", "P26-").replace(":40 PM", ":50 PM"))
    done = answer(capsys, path, other, "--as", "incidents", "--dry-run")
    assert done["taken"] == 0
    assert {one["as"] for one in done["counted_once"]} == {"26-1", "26-2", "26-3", "26-4", "26-7"}


def test_duplicate_calls_on_record_are_listed_and_settled(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("cad.csv")
    file.write_text(CAD + AGAIN)
    every = [f"uid:{number}=own" for number in ("S26-9", "26-5", "26-6")]
    words = [part for one in every for part in ("--word", one)]
    answer(capsys, path, file, "--as", "incidents", *words)
    for one in every:  # as an earlier version took them
        assert main(["alias", str(path), "--remove", one.partition("=")[0]]) == 0
    assert list_duplicate_notes(path, capsys) == ["S26-9;26-5;26-6;26-7"]
    log = ["log", str(path), "duplicates"]
    assert main([*log, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["duplicates"]
    assert {one["uid"]: one["of"] for one in found} == {
        "S26-9": "26-1",
        "26-5": "26-3",
        "26-6": "26-3",
        "26-7": "",
    }
    assert main([*log, "own=26-5"]) == 0
    assert main([*log, "void=all"]) == 0
    assert count_calls(path) == (6, 0)
    assert list_duplicate_notes(path, capsys) == ["26-7"]
    assert main([*log, "void=26-7"]) == 0
    assert list_duplicate_notes(path, capsys) == []
    again = answer(capsys, path, file, "--as", "incidents")
    assert (again["taken"], again["already"]) == (0, 8)
    assert count_calls(path) == (5, 0)


def test_a_visit_under_two_numbers_counts_once(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("visits.csv")
    file.write_text(
        "uid,site,unit,arrived_at\n1,r1c1,A,2025-11-12T08:00\n2,r1c1,A,2025-11-12T08:00:40\n"
        "3,r1c1,B,2025-11-12T08:00\n4,r1c1,A,2025-11-12T08:30\n"
    )
    done = answer(capsys, path, file, "--as", "visits")
    assert (done["taken"], done["counted_once"]) == (3, [{"number": "2", "as": "1"}])
    assert count_calls(path) == (0, 3)


def test_officers_and_units_are_imported_without_an_id_column(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same list twice changes nothing; the same name in another agency is another officer."""
    officers = path.with_name("officers.csv")
    officers.write_text("Full Name,Department,Rank,Unit\nOfficer A,Sheriff,deputy,A\n"
                        "Officer A,Police,sro,\nOfficer a,Sheriff,sergeant,A\n")  # fmt: skip
    found = answer(capsys, path, officers, "--as", "officers", status=1)
    assert (found["taken"], [one["row"] for one in found["refused"]]) == (2, [4])
    assert answer(capsys, path, officers, "--as", "officers", status=1)["already"] == 2
    with storage.open(path, read_only=True) as store:
        key = next(iter(store.project().officers))
    renamed = path.with_name("renamed.csv")
    renamed.write_text(f"id,name,agency,contact\n{key},Officer C,Sheriff,555-0100\n")
    assert answer(capsys, path, renamed, "--as", "officers")["taken"] == 1
    again = answer(capsys, path, officers, "--as", "officers", status=1)
    assert (again["taken"], again["already"]) == (1, 1), "it has its name again, and no more"
    with storage.open(path, read_only=True) as store:
        assert store.project().officers[key].contact == "555-0100"
    assert main(["import", str(path), str(officers), "--as", "officers"]) == 1
    assert str(Message("column_read", column="units", sources=["unit"])) in capsys.readouterr().out
    units = path.with_name("units.csv")
    units.write_text("Call Sign,Agency,Type\nC,Sheriff,deputy\nA,Sheriff,sergeant\n")
    found = answer(capsys, path, units, "--as", "units")
    assert (found["taken"], found["already"]) == (2, 0)
    with storage.open(path, read_only=True) as store:
        project = store.project()
    assert {one.name for one in project.officers.values()} == {"Officer A"}
    assert [one.agency for one in project.officers.values()] == ["Sheriff", "Police"]
    assert {key: one.kind for key, one in project.units.items()} == {
        "A": "sergeant", "B": "deputy", "C": "deputy"
    }  # fmt: skip
    assert project.units["A"].name == "Unit A", "what a file does not say stays"
    assert project.units["C"].access == project.units["B"].access, "as others of its agency"


def test_the_reviews_required_by_imported_priorities_are_counted(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path.with_name("cad.csv")
    file.write_text(
        "Event No,Nature,Pri,Premise Name,Event Date,Received Time\n"
        "1,FIGHT,1,r1c1,11/13/2026,1:00:00 PM\n"
        "2,FIGHT,1,r1c1,11/13/2026,2:00:00 PM\n"
        "3,FIGHT,3,r1c1,11/13/2026,3:00:00 PM\n"
    )
    said = ("--word", "priority:1=2", "--dry-run")
    assert answer(capsys, path, file, "--as", "incidents", "--dry-run")["reviews"] == 2
    assert "reviews" not in answer(capsys, path, file, "--as", "incidents", *said)
    answer(capsys, path, file, "--as", "incidents")

    def show_readiness() -> str:
        asked = ["readiness", str(path), "--on", "2026-11-20", "--site", "r1c1", "--json"]
        assert main(asked) in (0, 1)
        return capsys.readouterr().out

    assert "13:00" not in show_readiness(), "history brings no review by being imported"
    assert main(["records", str(path), "--since", "after_actions=2026-11-13"]) == 0
    assert "after_actions" in capsys.readouterr().out
    printed = show_readiness()
    assert "13:00" in printed
    assert "14:00" in printed


def test_the_publisher_of_a_file_is_credited_on_papers_and_the_map(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Papers of an imported district used to credit nobody."""
    project = project_from("AABB")
    plan = replace(project.plans["plan"], effective_on=date(2026, 8, 14), tolerance=20.0)
    path, table = tmp_path / "p.gpkg", tmp_path / "sites.csv"
    create_store(path, project.with_plan(plan), actor="p", at=AT).close()
    table.write_text("id,name,enrollment\nr1c1,School r1c1,512\n")
    layer = tmp_path / "parks.geojson"
    square = [[[-121.3, 38.6], [-121.2, 38.6], [-121.2, 38.7], [-121.3, 38.6]]]
    shape = {"type": "Polygon", "coordinates": square}
    feature = {"type": "Feature", "properties": {"name": "Park"}, "geometry": shape}
    layer.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    sent = ["--source", "Elm County Schools", "--json"]
    assert main(["import", str(path), str(table), "--as", "enrollment", *sent]) == 0
    table.write_text("id,name,enrollment\nr1c2,School r1c2,388\n")
    sent[1] = "Elm Office"  # rows of the first file stay
    assert main(["import", str(path), str(table), "--as", "enrollment", *sent]) == 0
    sent[1] = "Elm Parks"
    assert main(["import", str(path), str(layer), "--as", "layer", *sent]) == 0
    for audience, said in (
        ("public", "Data: Elm County Schools and Elm Office"),
        ("staff", "Data: Elm County Schools and Elm Office, Elm Parks"),
    ):
        to = ["--to", str(tmp_path / "out"), "--audience", audience, "--only", "map,atlas,data"]
        assert main(["publish", str(path), *to]) in (0, 1)
        (folder,) = (tmp_path / "out").glob(f"{audience}-*")
        atlas = page_texts((folder / "atlas.pdf").read_bytes())[0]
        assert said in atlas and ("Elm Parks" in atlas) is (audience == "staff")
        for name in ("map.html", "data/README.txt"):
            assert said in (folder / name).read_text(encoding="utf-8"), name
