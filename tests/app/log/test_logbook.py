"""Entries given as columns: retries, corrections and voids of the right kind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from builders import OpenSession, project_from, refused
from pictures import create_attachment

from zoneplanner.app.log.due_visits import log_visit_step, prepare_visit
from zoneplanner.app.log.logbook import list_visits, log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.shift import Officer, Shift

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
VISIT = {"site": "r1c1", "uid": "v1", "purpose": "teaching"}


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AB"), now=NOW)


def test_a_retried_entry_is_stored_once(session: Session) -> None:
    first, again = (log_record(session, "visit", VISIT) for _ in range(2))
    assert (first.seq, again.seq) == (1, 1)
    assert len(list_visits(session)) == 1


@pytest.mark.parametrize("other", [{"site": "r1c2"}, {"purpose": "enforcement"}])
def test_different_content_under_a_known_uid_is_rejected(
    session: Session, other: dict[str, str]
) -> None:
    log_record(session, "visit", VISIT)
    with refused("uid_in_use", uid="v1"):
        log_record(session, "visit", {**VISIT, **other})
    assert [visit.purpose for visit in list_visits(session)] == ["teaching"]


def test_a_visit_gets_the_rostered_officer_and_an_old_one_is_over(
    open_session: OpenSession,
) -> None:
    project = project_from("AB")
    officers = {one: Officer(one, one, "Sheriff", "deputy") for one in ("o1", "o2")}
    hours = (NOW - timedelta(hours=1), NOW + timedelta(hours=7))
    own = {one: Shift(one, one, "o1" if one == "A" else "o2", *hours) for one in "AB"}
    shifts = {**own, "b2": Shift("b2", "B", "o1", *hours)}
    session = open_session(replace(project, officers=officers, shifts=shifts), now=NOW)
    log_record(session, "visit", {"site": "r1c1"})
    log_record(session, "visit", {"site": "r1c1", "officer": "o2"})
    log_record(session, "visit", {"site": "r1c1", "arrived_at": "2026-11-09 09:15"})
    log_record(session, "visit", {"site": "r1c2"})
    planned = {"site": "r1c1", "status": "scheduled", "arrived_at": "2026-11-17 09:15"}
    log_record(session, "visit", planned)
    assert [(one.unit, one.officer, one.status) for one in list_visits(session)] == [
        ("A", "", "completed"),
        *(("A", "o1", "on_site"), ("A", "o2", "on_site")),
        ("B", "", "on_site"),  # two are on it
        ("A", "", "scheduled"),
    ]
    log_visit_step(session, prepare_visit(session, "r1c2"))
    assert {one.officer for one in list_visits(session)} == {"", "o1", "o2"}


def test_a_visit_cannot_be_voided_as_an_incident(session: Session) -> None:
    log_record(session, "visit", VISIT)
    with refused("unknown_entry.correction", kind="incident", uid="v1"):
        log_record(session, "incident", {"void": "v1", "reason": "logged twice"})
    assert len(list_visits(session)) == 1


def test_a_voided_record_cannot_be_voided_again(session: Session) -> None:
    log_record(session, "visit", VISIT)
    log_record(session, "visit", {"void": "v1", "reason": "logged twice"})
    with refused("unknown_entry.correction", kind="visit", uid="v1"):
        log_record(session, "visit", {"void": "v1", "reason": "logged twice"})


def test_a_relief_call_and_a_campus_page_must_name_things_that_exist(
    session: Session,
) -> None:
    called = {"officer": "o", "answer": "accepted"}
    with refused("unknown_officer.no_officers"):
        log_record(session, "relief_call", called)
    session.apply("Officer", partial(put_officer, officer=Officer("o", "A", "Sheriff", "deputy")))
    with refused("unknown_shift", shift="s"):
        log_record(session, "relief_call", {**called, "shift": "s"})
    with refused("unknown_officer"):
        log_record(session, "relief_call", {**called, "officer": "nobody"})
    assert log_record(session, "relief_call", called).payload["officer"] == "o"
    page = {"site": "r1c1", "picture": create_attachment().sha256, "role": "Principal"}
    with refused("no_campus_page.not_attached"):
        log_record(session, "campus_page", page)
    session.store.attach(create_attachment(), keep=())
    assert log_record(session, "campus_page", page).site == "r1c1"
