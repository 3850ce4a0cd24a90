"""Entries are voided or taken back by new entries; nothing is overwritten."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import OpenSession, log_visit_now, project_from, refused
from sentences import says

from zoneplanner.app.log.corrections import (
    bring_back_record,
    describe_take_back,
    explain_no_take_back,
    name_entry,
    take_back_entry,
    void_record,
)
from zoneplanner.app.log.due_visits import explain_visitor_elsewhere
from zoneplanner.app.log.logbook import list_incidents, list_visits, log_record
from zoneplanner.app.log.response_actions import (
    begin_response_action,
    end_response_action,
    list_active_actions,
)
from zoneplanner.app.log.stamps import describe_visit_ended_by, log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
"""Nine in the morning in California."""


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AABB"), now=NOW)


def test_a_logged_visit_can_be_voided_and_a_correction_restored(
    session: Session,
) -> None:
    begun = log_visit_now(session, "r1c1")
    assert str(describe_take_back(session, begun)) == "Void: Visit to School r1c1, 09:00"
    ended = log_visit_now(session, "r1c1")
    taken_back = Message("take_back.end", entry=name_entry(session, begun))
    assert describe_take_back(session, ended) == taken_back
    entry = name_entry(session, begun)
    assert explain_no_take_back(session, begun) == Message("stays.changed", entry=entry)
    assert session.own_entries[-1] is ended
    take_back_entry(session, ended)
    [visit] = list_visits(session)
    assert (visit.uid, visit.departed_at, visit.status) == (begun.uid, None, "on_site")
    with refused("stays.changed"):
        take_back_entry(session, ended)


def test_a_record_whose_uid_begins_with_a_blank_can_be_corrected_and_voided(
    session: Session,
) -> None:
    entry = NewEntry(" b1 ", "visit", "r1c1", "A", NOW, {"status": "completed"})
    session.log(entry)
    log_record(session, "visit", {"supersedes": " b1 ", "purpose": "teaching"})
    assert [one.purpose for one in list_visits(session)] == ["teaching"]
    void_record(session, " b1 ", reason="no visit")
    assert list_visits(session) == ()


def test_undoing_a_void_restores_the_record_with_a_new_entry(session: Session) -> None:
    visit = log_visit_now(session, "r1c1")
    voided = void_record(session, visit.uid, reason="wrong school")
    assert list_visits(session) == ()
    brought_back = Message("take_back.void", entry=name_entry(session, visit))
    assert describe_take_back(session, voided) == brought_back
    take_back_entry(session, voided)
    assert [one.uid for one in list_visits(session)] == [visit.uid]
    assert [one.kind for one in session.store.entries()] == ["visit", "void", "visit"]
    with refused("unknown_entry.void"):
        void_record(session, "nowhere", reason="x")
    with refused("not_voided", uid=visit.uid):
        bring_back_record(session, visit.uid)
    void_record(session, visit.uid, reason="wrong school")
    bring_back_record(session, visit.uid)
    assert [(one.uid, one.arrived_at) for one in list_visits(session)] == [(visit.uid, NOW)]


def test_voiding_an_action_voids_the_call_it_opened(session: Session) -> None:
    action, call = begin_response_action(session, "r1c1", "lockdown")
    void_record(session, action.uid, reason="Begun by mistake")
    assert list_active_actions(session) == list_incidents(session) == ()
    bring_back_record(session, action.uid)
    bring_back_record(session, call.uid)
    assert len(list_active_actions(session)) == len(list_incidents(session)) == 1
    session.clock = lambda: NOW + timedelta(minutes=1)
    evacuation, *none = begin_response_action(session, "r1c1", "evacuate")
    assert none == []  # its call is that of the lockdown
    void_record(session, evacuation.uid, reason="Begun by mistake")
    assert [one.uid for one in list_incidents(session)] == [call.uid]


def test_an_entry_of_an_earlier_day_is_named_with_its_day(session: Session) -> None:
    call = {"site": "r1c1", "type": "Fight"}
    names = [
        name_entry(session, log_record(session, "incident", {**call, "received_at": at}))
        for at in ("2026-11-12T09:05", "2026-11-15T23:58", "2026-11-16T00:05")
    ]
    times = ["2026-11-12 09:05", "yesterday 23:58", "00:05"]
    assert names == [f"Fight at School r1c1, {at}" for at in times]


def test_a_single_stamp_can_be_voided(session: Session) -> None:
    call = log_record(session, "incident", {"site": "r1c1", "type": "DUI stop", "priority": "2"})
    name = name_entry(session, call)
    assert name == f"{call.payload['type']} at School r1c1, 09:00"
    assert describe_take_back(session, call) == Message("take_back.record", entry=name)
    columns = {"incident": call.uid, "unit": "A", "name": "dispatched_at"}
    stamp = log_stamp(session, columns)
    name = name_entry(session, stamp)
    assert name == f"A dispatched: {name_entry(session, call)}"
    assert describe_take_back(session, stamp) == Message("take_back.stamp", entry=name)
    take_back_entry(session, stamp)
    [open_call] = list_incidents(session)
    assert (open_call.uid, open_call.dispatched_at) == (call.uid, None)
    take_back_entry(session, call)
    assert (list_incidents(session), session.own_entries) == ((), ())


def test_dispatching_a_unit_ends_its_visit_and_voiding_the_stamp_resumes_it(
    session: Session,
) -> None:
    log_visit_now(session, "r1c1")
    ago = (NOW - timedelta(minutes=20)).isoformat()
    log_record(session, "visit", {"site": "r1c4", "unit": "B", "arrived_at": ago})
    call = log_record(session, "incident", {"site": "r1c4", "type": "fight"})
    columns = {"incident": call.uid, "unit": "A", "name": "dispatched_at"}
    stamp = log_stamp(session, columns)
    facts = {"unit": "A", "site": "School r1c1", "at": "09:00"}
    assert says(describe_visit_ended_by(session, stamp), "visit_ended_by_stamp", **facts)
    log_stamp(session, {"incident": call.uid, "unit": "B", "name": "enroute_at"})
    ends = [(one.unit, one.status, one.departed_at) for one in list_visits(session)]
    assert sorted(ends) == [("A", "completed", NOW), ("B", "on_site", None)], (
        "B stays at its school"
    )
    take_back_entry(session, session.own_entries[-1])
    take_back_entry(session, stamp)
    assert [one.status for one in list_visits(session)] == ["on_site", "on_site"]
    assert [one.kind for one in session.own_entries] == ["visit", "visit", "incident"]

    early = {**columns, "name": "enroute_at", "at": (NOW - timedelta(seconds=1)).isoformat()}
    with pytest.raises(UserError):
        log_stamp(session, early)
    stamp = log_stamp(session, columns)
    [visit] = [one for one in list_visits(session) if one.unit == "A"]
    log_record(session, "visit", {"supersedes": visit.uid, "note": "gate open"})
    void_record(session, stamp.uid, reason="wrong unit")
    [visit] = [one for one in list_visits(session) if one.unit == "A"]
    assert (visit.note, visit.departed_at) == ("gate open", NOW), "what was said since stays"


def test_undo_never_takes_back_a_call_or_action_at_a_school(session: Session) -> None:
    action, call = begin_response_action(session, "r1c1", "lockdown")
    entry = name_entry(session, action)
    assert explain_no_take_back(session, action) == Message("stays.action", entry=entry)
    with refused("stays.call_of_action", entry=name_entry(session, call)):
        take_back_entry(session, call)
    assert len(list_active_actions(session)) == len(list_incidents(session)) == 1
    ended = end_response_action(session, action.uid)
    assert explain_no_take_back(session, ended) == Message("stays.action", entry=entry)
    assert explain_no_take_back(session, call) is None


def test_logging_a_visit_warns_if_its_unit_is_elsewhere(session: Session) -> None:
    call = log_record(session, "incident", {"site": "r1c4", "type": "fight"})
    log_stamp(session, {"incident": call.uid, "unit": "A", "name": "dispatched_at"})
    visit = log_record(session, "visit", {"site": "r1c1", "unit": "A"})
    said, facts = explain_visitor_elsewhere(session, visit), {"unit": "A", "incident": "fight"}
    assert says(said, "visit_unit_elsewhere.call_chosen", **facts, where=" at School r1c4")
    assert explain_visitor_elsewhere(session, call) == ""
    log_stamp(session, {"incident": call.uid, "unit": "A", "name": "cleared_at"})
    assert explain_visitor_elsewhere(session, visit) == ""
    second = log_record(session, "visit", {"site": "r1c2", "unit": "A"})
    said = explain_visitor_elsewhere(session, second)
    assert says(said, "visit_unit_elsewhere.chosen", unit="A", site="School r1c1")
    over = {"site": "r1c3", "unit": "A", "arrived_at": (NOW - timedelta(hours=1)).isoformat()}
    past = log_record(session, "visit", {**over, "departed_at": NOW.isoformat()})
    assert explain_visitor_elsewhere(session, past) == ""
