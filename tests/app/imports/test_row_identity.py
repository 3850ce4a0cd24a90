"""Which log record a repeated row without a number belongs to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import OpenSession, project_from

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.logbook import list_drills, list_incidents, list_visits
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.record_schema import LogRecord

NOW = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
VISITS = "School,Unit,Date,Time in,Time out,Reason\n"
CALLS = "Date,Time Rcvd,Time Arr,Time Clr,Incident Type,Business Name,Units\n"
DRILLS = "School,Drill,Date,Time,Minutes\n"
LISTS: dict[str, Callable[[Session], tuple[LogRecord, ...]]] = {
    "visits": list_visits,
    "incidents": list_incidents,
    "drills": list_drills,
}


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    project = project_from("AB")
    first, second = project.sites.values()
    project = project.with_site(replace(first, name="Encina High"))
    return open_session(project.with_site(replace(second, name="Arcade Middle")), now=NOW)


def bring(session: Session, kind: str, text: str, **units: str) -> ImportResult:
    assert session.store.path is not None
    path = session.store.path.with_name(f"{kind}.csv")
    path.write_text(text)
    asked = ImportOptions(path, kind, words={"units": units} if units else {})
    return import_file(session, path, kind, options=asked)


def count_rows(done: ImportResult) -> tuple[int, int, int, int]:
    """Return the numbers of imported, changing, known and rejected rows."""
    return done.taken, done.counts["changed"], done.already, len(done.refused)


SENT_AGAIN = {
    "visits": (
        f"{VISITS}Encina High,A,11/16/2026,10:00,,\nArcade Middle,B,11/16/2026,11:00,11:20,\n",
        f"{VISITS}Encina High,A,11/16/2026,10:00,10:25,\n"
        "Arcade Middle,B,11/16/2026,11:00,11:20,teaching\n",
        2,
    ),
    "drills": (
        f"{DRILLS}Encina High,fire,11/16/2026,10:00,\n",
        f"{DRILLS}Encina High,fire,11/16/2026,10:00,7\n",
        1,
    ),
    "incidents": (
        f"{CALLS}11/16/2026,10:00,,,Trespass,Encina High,A\n",
        f"{CALLS}11/16/2026,10:00:20,10:05,10:30,Trespass,Encina High,A\n",
        1,
    ),
}


@pytest.mark.parametrize("kind", SENT_AGAIN)
def test_a_fuller_copy_of_a_list_completes_its_records(session: Session, kind: str) -> None:
    first, more, rows = SENT_AGAIN[kind]
    assert count_rows(bring(session, kind, first)) == (rows, 0, 0, 0)
    assert count_rows(bring(session, kind, more)) == (rows, rows, 0, 0)
    for text in (more, first):
        assert count_rows(bring(session, kind, text)) == (0, 0, rows, 0)
    assert len(LISTS[kind](session)) == rows


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("visits", f"{VISITS}Encina High,1A21,11/16/2026,10:00,10:20,\n"),
        ("incidents", f"{CALLS}11/16/2026,10:00,10:05,10:30,Trespass,Encina High,1A21 1A22\n"),
    ],
)
def test_a_unit_explained_later_completes_records_without_a_number(
    session: Session, kind: str, text: str
) -> None:
    assert bring(session, kind, text).words["units"]
    done = bring(session, kind, text, **{"1A21": "A", "1A22": "B"})
    assert count_rows(done) == (1, 1, 0, 0)
    assert count_rows(bring(session, kind, text)) == (0, 0, 1, 0)
    (record,) = LISTS[kind](session)
    assert (getattr(record, "unit", None) or record.units[0]) == "A"  # type: ignore[attr-defined]


def test_a_row_that_contradicts_its_record_is_rejected(session: Session) -> None:
    bring(session, "visits", f"{VISITS}Encina High,A,11/16/2026,10:00,10:20,\n")
    bring(session, "visits", f"{VISITS}Arcade Middle,A,11/17/2026,10:00,10:20,\n")
    done = bring(
        session,
        "visits",
        f"{VISITS}Encina High,A,11/16/2026,10:00,10:50,teaching\n"
        "Encina High,A,11/17/2026,10:00,10:20,\n",
    )
    assert count_rows(done) == (1, 0, 0, 1)
    assert done.refused[0].row == 2


def test_two_records_at_one_school_and_time_stay_separate(session: Session) -> None:
    two = f"{VISITS}Encina High,A,11/16/2026,10:00,10:20,\nEncina High,B,11/16/2026,10:00,10:20,\n"
    assert count_rows(bring(session, "visits", two)) == (2, 0, 0, 0)
    assert count_rows(bring(session, "visits", two)) == (0, 0, 2, 0)
    calls = "11/16/2026,10:00,,,{},Encina High,\n"
    bring(session, "incidents", CALLS + calls.format("Trespass"))
    both = CALLS + calls.format("Fight") + calls.format("Trespass")
    assert count_rows(bring(session, "incidents", both)) == (1, 0, 1, 0)
    drills = "Encina High,fire,11/16/2026,10:00,7\nEncina High,drop,11/16/2026,10:00,7\n"
    assert count_rows(bring(session, "drills", DRILLS + drills)) == (2, 0, 0, 0)


def test_units_explained_later_each_complete_their_own_record(session: Session) -> None:
    two = (
        f"{VISITS}Encina High,1A21,11/16/2026,10:00,10:20,\n"
        "Encina High,1A22,11/16/2026,10:00,10:40,\n"
    )
    assert count_rows(bring(session, "visits", two)) == (2, 0, 0, 0)
    done = bring(session, "visits", two, **{"1A21": "A", "1A22": "B"})
    assert count_rows(done) == (2, 2, 0, 0)
    stays = {
        visit.unit: (visit.departed_at - visit.arrived_at).seconds / 60
        for visit in list_visits(session)
        if visit.departed_at is not None
    }
    assert stays == {"A": 20, "B": 40}


def test_a_row_with_our_headings_but_no_uid_completes_its_record(
    session: Session,
) -> None:
    head, row = "site,unit,arrived_at,departed_at\n", "Encina High,A,2026-11-16T10:00-08:00,"
    assert count_rows(bring(session, "visits", f"{head}{row}\n")) == (1, 0, 0, 0)
    more = f"{head}{row}2026-11-16T10:25-08:00\n"
    assert count_rows(bring(session, "visits", more)) == (1, 1, 0, 0)
    assert count_rows(bring(session, "visits", more)) == (0, 0, 1, 0)
