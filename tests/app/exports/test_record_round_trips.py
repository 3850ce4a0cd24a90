"""Every kind of record survives export and import in every table format."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import create_example_columns, create_store, project_from
from openpyxl import load_workbook
from pictures import create_attachment

from zoneplanner.app.exports.file_export import EXPORT_FORMATS, export_file, list_format_layers
from zoneplanner.app.exports.layers import TABLE_BUILDERS
from zoneplanner.app.imports.file_import import IMPORT_KINDS, import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.log.logbook import RECORD_READERS, log_record
from zoneplanner.app.readiness.records import RECORD_LINKS
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import DECLARED_RECORDS, RECORD_KINDS
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    Shift,
    ShiftStatus,
)
from zoneplanner.domain.units import Agency

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
FORMATS = [kind for kind, own in EXPORT_FORMATS.items() if own.tables]
AT, ON = "2026-11-10T08:00", "2026-11-10"
GIVEN = {
    "visit": {"site": "r1c1", "unit": "A", "officer": "o", "arrived_at": "2026-11-16T08:00"},
    "incident": {"site": "r1c3", "type": "=fight", "received_at": "2026-11-01T01:30-07:00"},
    "drill": {"site": "r1c1", "kind": "lockdown", "held_at": f"{ON}T00:00", "minutes": "12.5"},
    "review": {"site": "r1c1", "stage": "drafted", "on": ON},
    "action": {"site": "r1c1", "action": "lockdown", "began_at": AT, "units": "A"},
    "after_action": {"site": "r1c1", "event": "Fire", "event_on": ON, "held_on": "2026-11-12"},
    "corrective_action": {"action": "Test", "owner_role": "Principal", "due_on": "2026-12-01"},
    "concern": {"site": "r1c1", "reference": "C-77", "received_at": AT},
    "district_report": {"on": "2026-10-10", "note": "sent"},
    "hours": {"uid": "w", "shift": "s", "ended_at": "2026-11-24T11:30-08:00", "break_min": "12.5"},
    "training": {"site": "r1c1", "course": "first_aid", "held_on": ON, "trained": "12"},
    "partner": {"agency": "FBI", "level": "federal", "kind": "meeting", "on": ON, "role": "=1"},
    "concern_step": {"step": "police_told", "agency": "Sheriff", "at": AT},
    "violent_incident": {"site": "r1c1", "occurred_at": AT, "type": "2", "description": "=push"},
    "unit_status": {"unit": "A", "status": "meal", "at": AT},
    "approval": {"on": "2026-11-24", "worked": "w", "officer": "o", "hours": "1.29", "rate": "92"},
}

GIVEN |= {
    kind.name: create_example_columns(kind, "=one")
    for kind in DECLARED_RECORDS
    if kind.name not in GIVEN
}
GIVEN["relief_call"]["shift"] = "s"
GIVEN["campus_page"]["picture"] = create_attachment().sha256


def people(project: Project) -> Project:
    day = NOW.date()
    times = (
        AvailabilityPeriod("t1", AvailabilityKind.LEAVE, day, day + timedelta(days=4), note="=1"),
        AvailabilityPeriod(
            *("t2", AvailabilityKind.MAIN_JOB, day, day + timedelta(days=90), time(22), time(6)),
            *(frozenset({1, 3}), 2),
        ),
    )
    officer = Officer(
        *("o", "Officer A", "Sheriff", "deputy", ("A",)), times=times, contact="(916) 555-0101"
    )
    shift = Shift("s", "A", "o", NOW - timedelta(hours=2), NOW, ShiftStatus.FINAL)
    units = {**project.units, "B": replace(project.units["B"], sworn=False, posts=("r1c1",))}
    other = Officer("p", "Officer B", "Sheriff", "deputy", ("B",), times=times[:1])
    officers = {"o": officer, "p": other}  # times are known by their uid to each officer alone
    return replace(project, units=units, officers=officers, shifts={"s": shift})


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[tuple[Session, Session]]:
    """A project with every kind of record and one with none."""
    bare = project_from("AAB / aab")
    made = []
    for name, project in (("full", people(bare)), ("bare", replace(bare, uid="bare"))):
        store = create_store(tmp_path / f"{name}.gpkg", project, actor="p", at=NOW)
        made.append(Session(store, actor="p", desk="d", clock=lambda: NOW))
    full, other = made
    full.store.attach(create_attachment(), keep=())
    uids: dict[str, str] = {}
    for kind, columns in GIVEN.items():
        link = RECORD_LINKS.get(kind)
        given = columns | ({link.column: uids[link.kind]} if link else {})
        uids[kind] = log_record(full, kind, given).uid
    stamp = {"incident": uids["incident"], "unit": "A", "name": "onscene"}
    log_record(full, "stamp", stamp | {"at": "2026-11-01T01:40-07:00"})
    yield full, other
    for own in made:
        own.close()


def test_each_exported_table_has_an_import_kind() -> None:
    assert set(GIVEN) == set(RECORD_KINDS)
    assert set(TABLE_BUILDERS) <= set(IMPORT_KINDS)
    records = {kind.table for kind in RECORD_KINDS.values()}
    assert records | {"stamps", "units", "agencies"} <= set(TABLE_BUILDERS)


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.long] if kind == "tsv" else []) for kind in FORMATS],
)
def test_every_kind_of_record_survives_a_round_trip(
    kind: str, sessions: tuple[Session, Session], tmp_path: Path
) -> None:
    full, other = sessions
    ending = EXPORT_FORMATS[kind].ending
    order = [
        "agencies",
        "units",
        "officers",
        "availability",
        "shifts",
        *(one.table for one in RECORD_KINDS.values()),
    ]
    for name in (*order, "stamps"):
        assert name in list_format_layers(kind)
        path = export_file(full, kind, tmp_path / f"{name}{ending}", layers=[name]).files[0]
        again = import_file(full, path, name)
        assert (again.taken, again.refused) == (0, ()), name
        done = import_file(other, path, name, options=ImportOptions(path, name))
        assert done.refused == (), name
    for name, read in RECORD_READERS.items():
        mine, theirs = (
            read(one.store.entries(kinds=(name, "stamp", "void"))) for one in (full, other)
        )
        assert mine == theirs, name
        assert mine, name
    mine_, theirs_ = full.project, other.project
    assert (theirs_.officers, theirs_.agencies) == (mine_.officers, mine_.agencies)
    assert [(s.unit, s.starts_at, s.status) for s in theirs_.shifts.values()] == [
        (s.unit, s.starts_at, s.status) for s in mine_.shifts.values()
    ]
    assert (theirs_.units["B"].sworn, theirs_.units["B"].posts) == (False, ("r1c1",))


def test_a_workbook_has_native_dates_times_and_numbers_and_school_names(
    sessions: tuple[Session, Session], tmp_path: Path
) -> None:
    book = load_workbook(export_file(sessions[0], "xlsx", tmp_path / "all.xlsx").files[0])

    def read_cell(sheet: str, column: str) -> Any:
        heads = [one.value for one in book[sheet][1]]
        return book[sheet].cell(2, heads.index(column) + 1).value

    assert read_cell("Visits", "Arrived at").isoformat() == "2026-11-16T08:00:00"
    assert read_cell("Visits", "Site name") == "School r1c1"
    assert read_cell("Drills", "Minutes") == 12.5
    assert read_cell("Plan reviews", "On").isoformat() == "2026-11-10T00:00:00"
    assert read_cell("Hours worked", "Break (min)") == 12.5
    assert (
        read_cell("Incidents", "On scene at") is not None and read_cell("Sites", "ZIP") == "95628"
    )
    assert not [one.value for sheet in book for one in sheet[1] if "_" in one.value]
    assert {
        "Critical incidents",
        "Campus monitors",
        "Arrests and citations",
    } <= set(book.sheetnames)
    for sheet in book:
        assert sheet.print_title_rows == "$1:$1"
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 1)
        wide = sum(column.width for column in sheet.column_dimensions.values())
        assert wide / sheet.page_setup.fitToWidth <= 140, "more characters cannot be read on a page"


def test_units_can_be_imported_by_name(sessions: tuple[Session, Session], tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("site,unit,arrived_at\nr1c1,Unit B,2026-11-20T09:00\n")
    assert import_file(sessions[1], path, "visits").taken == 1
    (visit,) = RECORD_READERS["visit"](sessions[1].store.entries(kinds=("visit",)))
    assert visit.unit == "B"  # type: ignore[attr-defined]


def test_an_imported_agency_row_is_stored_whole(
    sessions: tuple[Session, Session], tmp_path: Path
) -> None:
    path = tmp_path / "agencies.csv"
    path.write_text("id,short,phone\nSheriff,SSO,(916) 555-0100\n")
    assert import_file(sessions[1], path, "agencies").taken == 1
    assert sessions[1].project.agencies["Sheriff"] == Agency("Sheriff", "SSO", "(916) 555-0100")
