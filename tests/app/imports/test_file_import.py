"""Files from other programs: each row is imported, already known, or rejected with a reason."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from, refused
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_files import write_workbook

from zoneplanner.analysis.geometry.crs import geometries_to_lonlat
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.log_entries import CORRECTION_COLUMNS, LOG_TABLES
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.logbook import (
    list_drills,
    list_incidents,
    list_plan_reviews,
    list_visits,
    log_record,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import build_stamp_entry
from zoneplanner.errors import Cancelled, UserError
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
VISITS = "uid,site,unit,officer,arrived_at,departed_at,purpose,status,note\n"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a saved project of two county zones and a city zone."""
    (tmp_path / "project").mkdir()
    store = create_store(
        tmp_path / "project" / "p.gpkg", project_from("AAB / aab"), actor="p", at=NOW
    )
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    yield session
    session.close()


def bring(
    session: Session, text: str, kind: str, file: str = "f.csv", **options: bool
) -> ImportResult:
    path = session.store.path.parent.parent / file
    path.write_text(text, encoding="utf-8", newline="")
    return import_file(session, path, kind, **options)


def count_rows(done: ImportResult) -> tuple[int, int, int, int]:
    return done.read, done.taken, done.already, len(done.refused)


def test_visits_are_imported_once_however_often_the_file_is(session: Session) -> None:
    text = VISITS + (
        ",r1c1,A,Officer A,2026-11-16T08:00,2026-11-16T08:15,teaching,,=1+1\n"
        "v7,School r1c3,B,,2026-11-16T09:00-08:00,,,,\n"
    )
    assert count_rows(bring(session, text, "visits")) == (2, 2, 0, 0)
    assert count_rows(bring(session, text, "visits")) == (2, 0, 2, 0)
    first, second = list_visits(session)
    assert (first.site, first.unit, first.note) == ("r1c1", "A", "=1+1")
    assert first.arrived_at == datetime(2026, 11, 16, 16, tzinfo=UTC)
    assert (second.uid, second.site, second.status) == ("v7", "r1c3", "on_site")


def test_the_same_visit_written_another_way_is_known(session: Session) -> None:
    bring(session, "site,arrived_at,note\nr1c1,2026-11-16T08:00,x\n", "visits")
    other = "Note;Arrived at;Site\nx;2026-11-16T16:00Z;School r1c1\n"
    assert count_rows(bring(session, other, "visits")) == (1, 0, 1, 0)


def test_a_missing_unit_is_not_guessed(session: Session) -> None:
    bring(session, "site,arrived_at\nr1c1,2026-11-16T08:00\n", "visits")
    assert list_visits(session)[0].unit is None


def test_visits_are_imported_from_a_workbook_with_native_dates(session: Session) -> None:
    path = session.store.path.parent.parent / "visits.xlsx"
    at = datetime(2026, 11, 16, 8)  # noqa: DTZ001 (a workbook knows no zones)
    write_workbook(
        path, [["Visits of the week"], ["site", "arrived_at", "note"], ["r1c1", at, "=1+1"]]
    )
    done = import_file(session, path, "visits")
    assert count_rows(done) == (1, 1, 0, 0)
    assert done.how == Message("table_format.no_values", sheet="Sheet", cell="C3")
    assert list_visits(session)[0].arrived_at == datetime(2026, 11, 16, 16, tzinfo=UTC)


BAD_VISITS = {
    "the hour that comes twice": ("r1c1,2026-11-01T01:30,", "clock_change.twice", {}),
    "the hour that is missing": ("r1c1,2026-03-08T02:30,", "clock_change.skipped", {}),
    "the future": ("r1c1,2026-11-25T08:00,", "in_the_future", {}),
    "a departure before the arrival": (
        "r1c1,2026-11-16T08:00,2026-11-16T07:00",
        "times_out_of_order",
        {},
    ),
    "a stranger with a hint": ("r1c,2026-11-16T08:00,", "unknown_site.near", {"site": "r1c"}),
    "a rounded code": ("3.46745E+13,2026-11-16T08:00,", "rounded_code.in_log", {}),
    "no site": (",2026-11-16T08:00,", "row_lacks_column.of_table", {"name": "site"}),
    "no time": ("r1c1,,", "row_lacks_column.of_table", {"name": "arrived_at"}),
    "the word now": ("r1c1,now,", "not_a_time.now_in_row", {}),
    "a spreadsheet's day 0": ("r1c1,1899-12-30T08:00,", "too_early", {"name": "arrived"}),
    "a time in words": ("r1c1,this morning,", "not_a_time.in_table", {"text": "this morning"}),
    "a site without end": (
        "x" * 9000 + ",2026-11-16T08:00,",
        "text_too_long.in_row",
        {"name": "site", "most": 200},
    ),
    "a cell too many": (
        "r1c1,2026-11-16T08:00,,x",
        "unreadable_row.cells",
        {"cells": 4, "columns": 3},
    ),
}


@pytest.mark.parametrize("case", BAD_VISITS)
def test_an_invalid_row_is_rejected_and_the_others_are_imported(
    case: str, session: Session
) -> None:
    row, code, facts = BAD_VISITS[case]
    done = bring(session, f"site,arrived_at,departed_at\n{row}\nr1c2,2026-11-16T08:00,\n", "visits")
    assert count_rows(done) == (2, 1, 0, 1)
    assert done.refused[0].row == 2
    reason = done.refused[0].remark
    assert (reason.template, {name: reason.facts[name] for name in facts}) == (code, facts)
    assert [visit.site for visit in list_visits(session)] == ["r1c2"]


def test_an_unknown_unit_is_rejected_with_a_list_of_the_known_ones(session: Session) -> None:
    text = "site,unit,arrived_at\nr1c1,Z9,2026-11-16T08:00\nr1c1,A,2026-11-16T08:00\n"
    done = bring(session, text, "visits")
    assert str(done.refused[0].remark).endswith("Choose one of: A, B, a, b.")


def test_different_content_under_a_known_uid_is_rejected(session: Session) -> None:
    head = "uid,site,arrived_at,note\n"
    bring(session, head + "v1,r1c1,2026-11-16T08:00,x\n", "visits")
    text = head + (
        "v1,r1c1,2026-11-16T08:00,changed\n"
        "v2,r1c1,2026-11-16T09:00,x\n"
        "v2,r1c1,2026-11-16T09:00,x\n"
        "v2,r1c2,2026-11-16T09:00,x\n"
    )
    done = bring(session, text, "visits")
    assert count_rows(done) == (4, 1, 1, 2)
    assert "supersedes=v1" in str(done.refused[0].remark)
    assert done.refused[1].remark == Message("row_repeats_uid", other_row=3, uid="v2")


def test_a_less_complete_copy_of_a_row_is_known(session: Session) -> None:
    text = "uid,site,arrived_at,note\nv1,r1c1,2026-11-16T08:00,x\nv1,r1c1,2026-11-16T08:00,\n"
    assert count_rows(bring(session, text, "visits")) == (2, 1, 1, 0)
    assert count_rows(bring(session, text, "visits")) == (2, 0, 2, 0)


def test_a_row_is_known_as_logged_or_as_corrected(session: Session) -> None:
    text = "uid,site,arrived_at,note\nv1,r1c1,2026-11-16T08:00,{}\n"
    bring(session, text.format("x"), "visits")
    log_record(session, "visit", {"supersedes": "v1", "note": "y"})
    for note in ("x", "y"):
        assert count_rows(bring(session, text.format(note), "visits")) == (1, 0, 1, 0)


def test_an_incident_with_live_stamps_is_known_with_or_without_them(session: Session) -> None:
    log_record(
        session, "incident", {"uid": "i1", "type": "fight", "received_at": "2026-11-16T10:00"}
    )
    at = datetime(2026, 11, 16, 18, 5, tzinfo=UTC)
    zone = session.project.time_zone
    session.log(
        build_stamp_entry(
            uid="s1", incident="i1", unit="A", name="onscene_at", at=at, time_zone=zone, now=NOW
        )
    )
    text = "uid,type,received_at,onscene_at\ni1,fight,2026-11-16T10:00,{}\n"
    for stamp in ("", "2026-11-16T10:05"):
        assert count_rows(bring(session, text.format(stamp), "incidents")) == (1, 0, 1, 0)


def test_a_table_does_not_correct_or_void(session: Session) -> None:
    text = (
        "uid,site,arrived_at,supersedes,void\n"
        "a,r1c1,2026-11-16T08:00,,\n"
        "b,r1c1,2026-11-16T08:00,a,\n"
        "c,r1c1,2026-11-16T08:00,,a\n"
    )
    done = bring(session, text, "visits")
    assert count_rows(done) == (3, 1, 0, 2)
    assert all(own.remark.template == "row_corrects" for own in done.refused)


def test_incidents_are_imported_with_their_units_and_stamps(session: Session) -> None:
    text = (
        "uid;site;type;priority;received_at;dispatched_at;onscene_at;cleared_at;units\n"
        'i1;r1c1;trespass;2;2026-11-16T10:00;2026-11-16T10:01;;2026-11-16T10:30;"A;B"\n'
        "i2;r1c1;fight;2;2026-11-16T10:00;2026-11-16T10:05;2026-11-16T10:04;;A\n"
        "i3;r1c1;fight;high;2026-11-16T10:00;;;;A\n"
        "i4;;fight;;2026-11-16T10:00;;;;\n"
    )
    done = bring(session, text, "incidents")
    assert [own.row for own in done.refused] == [3, 4]
    first, second = list_incidents(session)
    assert (first.units, first.priority, first.onscene_at) == (("A", "B"), 2, None)
    assert (second.uid, second.site) == ("i4", None)
    assert count_rows(bring(session, text, "incidents")) == (4, 0, 2, 2)


def test_drills_and_reviews_are_imported_by_day(session: Session) -> None:
    drills = "site;kind;held_at;minutes;officer_present\nr1c1;earthquake;2026-11-12T09:30;6,5;ja\n"
    with refused("no_row_imported"):
        bring(session, drills, "drills")
    done = bring(session, drills.replace("ja", "yes"), "drills")
    assert [(own.row, *own.repaired) for own in done.repaired] == [
        (2, Message("minutes_repaired", text="6,5", number="6.5"))
    ]
    assert (list_drills(session)[0].kind, list_drills(session)[0].minutes) == ("drop", 6.5)
    text = "site,stage,on,who_kind\nr1c1,consulted,2026-11-12,parents\nr1c1,adopted,soon,\n"
    assert count_rows(bring(session, text, "reviews")) == (2, 1, 0, 1)
    assert list_plan_reviews(session)[0].school_year == "2026-27"


def test_a_dry_run_reports_the_same_and_changes_nothing(session: Session) -> None:
    text = "site,arrived_at\nr1c1,2026-11-16T08:00\nr9c9,2026-11-16T08:00\n"
    tried = bring(session, text, "visits", dry_run=True)
    assert session.store.head().entries == 0
    done = bring(session, text, "visits")
    assert tried.to_json() == done.to_json()
    assert (str(tried.message), str(done.message)) == (
        "1 of 2 rows of “f.csv” would be imported.",
        "1 of 2 rows of “f.csv” is imported.",
    )
    single = "site,arrived_at\nr1c2,2026-11-16T09:00\n"
    assert str(bring(session, single, "visits").message) == "1 of 1 row of “f.csv” is imported."


def test_a_stopped_import_leaves_nothing(session: Session) -> None:
    def stop_when_it_writes(_fraction: float, work: object) -> None:
        if work == Message("progress.writing", n=1):
            raise Cancelled

    path = session.store.path.parent.parent / "f.csv"
    path.write_text("site,arrived_at\nr1c1,2026-11-16T08:00\n")
    with pytest.raises(Cancelled):
        import_file(session, path, "visits", report=stop_when_it_writes)
    assert session.store.head().entries == 0


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("site,arrived_at\n", "no_rows.but_headings", {}),
        (
            "site,arrived_at\nr9c9,2026-11-16T08:00\n",
            "no_row_imported",
            {"row": 2, "reason": Message("unknown_site", site="r9c9")},
        ),
        ("school,when\nx,y\n", "no_column_matches", {"missing": "arrived_at"}),
        (
            'site,arrived_at\nr1c1,2026-11-16T08:00\nr1c1,"2026' + "x" * 200_000,
            "unreadable_file.table_ends",
            {"row": 2},
        ),
    ],
)
def test_a_file_without_an_importable_row_is_refused(
    text: str, code: str, facts: dict[str, object], session: Session
) -> None:
    with refused(code, **facts):
        bring(session, text, "visits")
    assert session.store.head().entries == 0


def test_the_open_project_cannot_be_imported(session: Session) -> None:
    assert session.store.path is not None
    with refused("project_itself.file"):
        import_file(session, session.store.path, "visits")


def test_an_unknown_kind_is_refused_with_a_list_of_the_known_ones(session: Session) -> None:
    with refused("unknown_kind.of_file", kind="cars"):
        bring(session, "id\n1\n", "cars")


def test_officers_and_shifts_are_one_step_each_and_known_the_second_time(
    session: Session,
) -> None:
    officers = (
        "id,name,agency,kind,units,jurisdictions\n"
        "o1,Officer A,Sheriff,deputy,A;B,county\no2,Officer B,Navy,deputy,,\n"
    )
    shifts = (
        "uid,unit,officer,starts_at,ends_at,status\n"
        "s1,A,o1,2026-11-30T07:30,2026-11-30T15:30,final\n"
        ",B,,2026-11-30T07:30,2026-11-30T15:30,\n"
        "s2,A,o9,2026-11-30T07:30,2026-11-30T15:30,\n"
        "s3,Z,,2026-11-30T07:30,2026-11-30T15:30,\n"
        "s4,A,,2026-11-30T15:30,2026-11-30T07:30,\n"
    )
    done = bring(session, officers, "officers")
    assert (count_rows(done), session.undo_label) == (
        (2, 1, 0, 1),
        "Import 1 officers from “f.csv”",
    )
    assert session.project.officers["o1"].units == ("A", "B")
    tried = bring(session, shifts, "shifts", dry_run=True)
    assert not session.project.shifts
    assert bring(session, shifts, "shifts").to_json() == tried.to_json()
    assert count_rows(tried) == (5, 2, 0, 3)
    assert session.project.shifts["s1"].starts_at == datetime(2026, 11, 30, 15, 30, tzinfo=UTC)
    assert count_rows(bring(session, shifts, "shifts")) == (5, 0, 2, 3)
    assert bring(session, shifts.replace("15:30,final", "14:30,final"), "shifts").taken == 1
    change = session.project.shifts["s1"].posted_change
    assert change is not None and (change.by, change.reason) == (session.actor, "imported")
    session.undo()
    session.undo()
    assert not session.project.shifts


def test_an_imported_plan_becomes_a_separate_draft_once(session: Session) -> None:
    text = "site,zone\nr1c1,B\nr1c2,A\nr9c9,A\nr2c1,A\n"
    done = bring(session, text, "plan", "Fall board.csv")
    assert (count_rows(done), done.read_details["plan"]) == ((4, 2, 0, 2), "Fall board")
    assert dict(session.project.plan("Fall board").assignment) == {"r1c1": "B", "r1c2": "A"}
    assert session.undo_label == "Import “Fall board”"
    again = bring(session, text, "plan", "Fall board.csv")
    assert count_rows(again) == (4, 0, 2, 2)
    assert len(session.project.plans) == 2
    with refused("plan_exists_otherwise", plan="Fall board"):
        bring(session, "site,zone\nr1c1,A\n", "plan", "Fall board.csv")


def test_a_dry_run_of_a_plan_stores_nothing(session: Session) -> None:
    done = bring(session, "site,zone\nr1c1,B\n", "plan", dry_run=True)
    assert count_rows(done) == (1, 1, 0, 0)
    assert list(session.project.plans) == ["plan"]


def test_a_plan_with_a_repeated_column_is_refused(session: Session) -> None:
    with refused("too_large.column_twice", column="zone"):
        bring(session, "site,zone,zone\nr1c1,A,B\n", "plan")


def test_control_characters_of_a_table_never_reach_the_terminal(session: Session) -> None:
    done = bring(session, f"site,zone\nr1c1,B\n\x1b[2J,A\n{'x' * 9000},A\n", "plan")
    fault = Message("unreadable_row.character", name="site")
    assert done.refused[0].remark == fault
    assert len(done.refused[1].remark.facts["site"]) == 300
    with refused("no_row_imported.plan_row", row=2, reason=fault):
        bring(session, "site,zone\n\x1b,A\n", "plan", "g.csv")


def test_zone_polygons_become_a_draft(session: Session) -> None:
    blocks = session.project.blocks
    shapes = geometries_to_lonlat(session.project.crs, [blocks["B1-1"].area, blocks["B1-2"].area])
    features = [
        {"type": "Feature", "properties": {"zone": zone}, "geometry": shape.__geo_interface__}
        for zone, shape in zip("BQ", shapes, strict=True)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    done = bring(session, text, "zones", "beats.geojson")
    assert (count_rows(done), done.read_details["plan"]) == ((2, 1, 0, 1), "beats")
    assert dict(session.project.plan("beats").assignment) == {"r1c1": "B"}


LOGGED = {
    "visits": {"site": "r1c1", "unit": "A", "arrived_at": "2026-11-16T08:00", "note": "=1; ä, “x”"},
    "incidents": {
        "site": "r1c1",
        "type": "fight",
        "received_at": "2026-11-16T10:00",
        "cleared_at": "2026-11-16T10:30",
        "units": "A;B",
    },
    "drills": {
        "site": "r1c1",
        "kind": "fire",
        "held_at": "2026-11-12T09:30",
        "minutes": "6.5",
        "officer_present": "no",
    },
    "reviews": {"site": "r1c1", "stage": "consulted", "on": "2026-11-12", "who_kind": "staff"},
}


def write_records(records: tuple[Any, ...], columns: tuple[str, ...]) -> str:
    """Write records as a table with the columns of their kind."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for record in records:
        cells = [getattr(record, name) for name in columns]
        writer.writerow(
            [
                ";".join(own)
                if isinstance(own, tuple)
                else own.isoformat()
                if isinstance(own, date)
                else {None: "", True: "yes", False: "no"}.get(own, own)
                for own in cells
            ]
        )
    return text.getvalue()


@pytest.mark.parametrize("kind", LOGGED)
def test_exported_records_are_known_here_and_equal_elsewhere(
    kind: str, session: Session, tmp_path: Path
) -> None:
    layout = LOG_TABLES[kind]
    kept = log_record(session, layout.kind, LOGGED[kind])
    columns = tuple(name for name in layout.columns if name not in CORRECTION_COLUMNS)
    text = write_records(layout.read_records(session), columns)
    assert kept.uid in text
    assert count_rows(bring(session, text, kind)) == (1, 0, 1, 0)
    (tmp_path / "other").mkdir()
    store = create_store(
        tmp_path / "other" / "o.gpkg", project_from("AAB / aab"), actor="p", at=NOW
    )
    other = Session(store, actor="p", desk="d", clock=lambda: NOW)
    try:
        assert count_rows(bring(other, text, kind)) == (1, 1, 0, 0)
        assert layout.read_records(other) == layout.read_records(session)
    finally:
        other.close()


ROW = st.fixed_dictionaries(
    {
        "uid": st.sampled_from(["", "u1", "u2"]),
        "site": st.sampled_from(["r1c1", "School r1c2", "r9c9", ""]),
        "unit": st.sampled_from(["", "A", "Z"]),
        "arrived_at": st.sampled_from(
            ["2026-11-16T08:00", "2026-11-01T01:30", "2027-01-01T08:00", "2026-11-16T16:00Z", "x"]
        ),
        "note": st.sampled_from(["", "=1+1", "a;b,c", "two\nlines", "ä"]),
    }
)


@settings(max_examples=20, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_importing_twice_equals_importing_once(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    home = tmp_path_factory.mktemp("twice") / "project"
    home.mkdir()
    store = create_store(home / "p.gpkg", project_from("AAB"), actor="p", at=NOW)
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    try:
        once = bring(session, text.getvalue(), "visits")
        twice = bring(session, text.getvalue(), "visits")
    except UserError:
        assert store.head().entries == 0
    else:
        assert once.read == once.taken + once.already + len(once.refused)
        assert count_rows(twice) == (once.read, 0, once.taken + once.already, len(once.refused))
        assert [own.row for own in twice.refused] == [own.row for own in once.refused]
        assert store.head().entries == once.taken
    finally:
        session.close()


def test_rows_that_look_like_a_person_are_flagged_and_imported(
    session: Session, tmp_path: Path
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text(
        "site,arrived_at,note\nr1c1,2026-11-10T08:00,Jane Doe waved\nr1c1,2026-11-11T08:00,quiet\n",
        encoding="utf-8",
    )
    done = import_file(session, file, "visits")
    assert done.taken == 2
    assert done.notes[0].template == "rows_with_names" and "Jane Doe" in str(done.notes[0])


def plan_visit(session: Session, uid: str, at: str, **columns: str) -> None:
    given = {"uid": uid, "site": "r1c1", "unit": "A", "purpose": "teaching", **columns}
    log_record(session, "visit", {**given, "arrived_at": at, "status": "scheduled"})


BEGUN = "site,arrived_at,departed_at\nr1c1,2026-11-25T08:{},\nr1c1,2026-11-25T08:{},\n"


def test_an_imported_visit_completes_the_planned_one(session: Session) -> None:
    plan_visit(session, "p1", "2026-11-25T08:00")
    plan_visit(session, "p2", "2026-11-25T11:00")
    session.clock = lambda: NOW + timedelta(days=2)
    text = BEGUN.format("12", "05")
    told = bring(session, text, "visits", dry_run=True)
    assert told.notes == (Message("planned_visits_fulfilled", n=1),)
    assert len(list_visits(session)) == 2
    assert count_rows(bring(session, text, "visits")) == (2, 2, 0, 0)
    first, waits, other = sorted(list_visits(session), key=lambda one: (one.uid != "p1", one.uid))
    assert (first.uid, first.status, first.unit, first.purpose) == (
        "p1",
        "on_site",
        "A",
        "teaching",
    )
    assert first.arrived_at == datetime(2026, 11, 25, 16, 5, tzinfo=UTC)
    assert (waits.uid, waits.status) == ("p2", "scheduled")
    assert (other.unit, other.arrived_at.minute) == (None, 12)
    again = bring(session, text, "visits")
    assert count_rows(again) == (2, 0, 2, 0) and again.notes == ()


def test_a_planned_visit_is_completed_by_one_nearby_row_only(
    session: Session,
) -> None:
    plan_visit(session, "p1", "2026-11-25T08:00")
    plan_visit(session, "p2", "2026-11-25T08:10")
    plan_visit(session, "far", "2026-11-25T09:30")
    plan_visit(session, "elsewhere", "2026-11-25T08:00", site="r1c2")
    session.clock = lambda: NOW + timedelta(days=2)
    done = bring(session, BEGUN.format("01", "02") + "r1c1,2026-11-25T08:03,\n", "visits")
    assert done.notes == (Message("planned_visits_fulfilled", n=2),)
    stand = {one.uid: one for one in list_visits(session)}
    assert [stand[uid].arrived_at.minute for uid in ("p1", "p2")] == [1, 3]
    assert {stand[uid].status for uid in ("far", "elsewhere")} == {"scheduled"}
    assert len(stand) == 5


def test_a_single_imported_visit_completes_a_planned_one(
    session: Session,
) -> None:
    plan_visit(session, "p1", "2026-11-25T08:00", officer="Officer A")
    session.clock = lambda: NOW + timedelta(days=2)
    text = "site,arrived_at,departed_at\nr1c1,2026-11-25T08:05:00.5,2026-11-25T08:17:00.5\n"
    assert bring(session, text, "visits").notes == (Message("planned_visits_fulfilled", n=1),)
    (visit,) = list_visits(session)
    assert (visit.uid, visit.status, visit.officer) == ("p1", "completed", "Officer A")
    assert visit.departed_at == datetime(2026, 11, 25, 16, 17, tzinfo=UTC)


MINUTES = st.lists(st.tuples(st.sampled_from(["r1c1", "r1c2"]), st.integers(0, 179)), max_size=6)


@settings(max_examples=15, deadline=None)
@given(planned=MINUTES, made=MINUTES.filter(bool))
def test_each_planned_visit_is_completed_once_within_its_grace_or_stays_planned(
    tmp_path_factory: pytest.TempPathFactory,
    planned: list[tuple[str, int]],
    made: list[tuple[str, int]],
) -> None:
    home = tmp_path_factory.mktemp("planned") / "project"
    home.mkdir()
    store = create_store(home / "p.gpkg", project_from("AAB"), actor="p", at=NOW)
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    eight = datetime(2026, 11, 25, 16, tzinfo=UTC)
    times = [(site, (eight + timedelta(minutes=late)).isoformat()) for site, late in planned]
    for number, (site, at) in enumerate(times):
        plan_visit(session, f"p{number}", at, site=site)
    session.clock = lambda: NOW + timedelta(days=2)
    rows = [
        f"m{number},{site},{(eight + timedelta(minutes=late)).isoformat()}\n"
        for number, (site, late) in enumerate(made)
    ]
    text = "uid,site,arrived_at\n" + "".join(rows)
    done = bring(session, text, "visits")
    stand = {one.uid: one for one in list_visits(session)}
    begun = [uid for uid, one in stand.items() if uid[0] == "p" and one.status == "on_site"]
    assert len(stand) == len(planned) + len(made) - len(begun)
    assert done.notes == (Message("planned_visits_fulfilled", n=len(begun)),) * bool(begun)
    for uid in begun:
        site, late = planned[int(uid[1:])]
        after = stand[uid].arrived_at - eight - timedelta(minutes=late)
        assert stand[uid].site == site
        assert timedelta(minutes=-45) <= after <= timedelta(minutes=15)
    left = [one for one in stand.values() if one.status == "scheduled"]
    alone = [one for one in stand.values() if one.uid.startswith("m")]
    assert not any(
        one.site == other.site
        and -45 * 60 <= (other.arrived_at - one.arrived_at).total_seconds() <= 15 * 60
        for one in left
        for other in alone
    )
    again = bring(session, text, "visits")
    assert (again.taken, again.already) == (0, len(made)) and store.verify().ok
    session.close()
