"""Response actions: begun, ended, refused; the units sent and the coverage left without them."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import OpenSession, project_from, refused

from zoneplanner import storage
from zoneplanner.app.coverage.expected_response import compute_remaining_coverage
from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.log.corrections import log_record_from_columns
from zoneplanner.app.log.logbook import list_incidents, list_response_actions, log_record
from zoneplanner.app.log.response_actions import (
    begin_response_action,
    end_response_action,
    list_active_actions,
    list_sent_units,
    log_response_action,
)
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
"""Nine in the morning in California."""


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AABB"), now=NOW)


def log(session: Session, **columns: str) -> str:
    """Log an action and return its uid."""
    return log_response_action(session, columns).uid


def test_ending_an_action_completes_the_same_record(session: Session) -> None:
    uid = log(session, site="School r1c1", action="Secure", began_at="2026-11-16T08:50")
    (running,) = list_active_actions(session)
    assert (running.site, running.action, running.ended_at) == ("r1c1", "secure", None)
    log(session, site="r1c1", ended_at="2026-11-16T08:58")
    assert list_active_actions(session) == ()
    (ended,) = list_response_actions(session)
    assert ended.uid == uid and ended.ended_at is not None
    assert ended.ended_at - ended.began_at == timedelta(minutes=8)
    assert [one.kind for one in session.store.entries()] == ["action", "action"]


def test_a_district_term_names_one_action_only(session: Session) -> None:
    with refused("unknown_choice"):
        log(session, site="r1c2", action="shelter-in-place")
    set_data_row(session, "term", "secure", {"term": "Shelter-in-place", "text": "Lock the doors."})
    log(session, site="r1c2", action="shelter in place")
    (own,) = list_active_actions(session)
    assert own.action == "secure"
    with refused("name_in_use.data_row"):
        set_data_row(session, "term", "hold", {"term": "Shelter-in-Place"})
    with refused("name_in_use.data_row"):
        set_data_row(session, "term", "hold", {"term": "lockdown"})


def test_an_action_without_a_time_begins_now(session: Session) -> None:
    log(session, site="r1c2", action="shelter")
    (running,) = list_active_actions(session)
    assert (running.action, running.began_at) == ("shelter", NOW)


def test_a_finished_action_is_logged_with_both_times(session: Session) -> None:
    log(
        session,
        site="r1c1",
        action="hold",
        began_at="2026-11-16T08:00",
        ended_at="2026-11-16T08:05",
        units="A;B",
    )
    (over,) = list_response_actions(session)
    assert over.units == ("A", "B") and list_active_actions(session) == ()


REFUSED = {
    "an unknown action": (
        {"site": "r1c1", "action": "run"},
        "unknown_choice",
        {"text": "run", "what": "response action"},
    ),
    "an unknown site": (
        {"site": "Nowhere", "action": "hold"},
        "unknown_site",
        {"site": "Nowhere"},
    ),
    "no site": ({"action": "hold"}, "column_missing.action_site", {}),
    "the same once more": (
        {"site": "r1c1", "action": "lockdown"},
        "action_going_on",
        {"site": "School r1c1", "action": "Lockdown"},
    ),
    "nothing to end": (
        {"site": "r1c2", "ended_at": "now"},
        "no_action_going_on",
        {"site": "School r1c2", "action": "response action"},
    ),
    "another one to end": (
        {"site": "r1c1", "action": "hold", "ended_at": "now"},
        "no_action_going_on",
        {"site": "School r1c1", "action": "hold"},
    ),
    "an end before it began": (
        {"site": "r1c1", "ended_at": "2026-11-16T08:00"},
        "times_out_of_order",
        {"later": "ended", "earlier": "began"},
    ),
    "the future": (
        {"site": "r1c1", "action": "hold", "began_at": "2026-11-16T10:00"},
        "in_the_future",
        {},
    ),
    "an unknown unit": (
        {"site": "r1c1", "action": "hold", "units": "Z"},
        "unknown_unit",
        {"unit": "Z"},
    ),
}


@pytest.mark.parametrize(("columns", "code", "facts"), REFUSED.values(), ids=REFUSED)
def test_invalid_columns_are_refused(
    session: Session, columns: dict[str, str], code: str, facts: dict[str, str]
) -> None:
    log(session, site="r1c1", action="lockdown", began_at="2026-11-16T08:50")
    with refused(code, **facts):
        log_response_action(session, columns)
    assert session.store.head().entries == 1


def test_one_of_several_actions_at_a_site_is_ended_by_name(session: Session) -> None:
    log(session, site="r1c1", action="hold")
    log(session, site="r1c1", action="shelter")
    with refused("several_actions", site="School r1c1"):
        log(session, site="r1c1", ended_at="now")
    log(session, site="r1c1", action="hold", ended_at="now")
    assert [one.action for one in list_active_actions(session)] == ["shelter"]


def test_a_correction_keeps_omitted_columns_and_a_void_removes_the_action(session: Session) -> None:
    uid = log(session, site="r1c1", action="secure")
    log(session, supersedes=uid, action="lockdown")
    (now,) = list_active_actions(session)
    assert (now.site, now.action) == ("r1c1", "lockdown")
    log(session, void=uid, reason="A rehearsal")
    assert list_response_actions(session) == ()


def test_voiding_an_action_anywhere_voids_the_call_it_opened(
    session: Session,
) -> None:
    action, call = begin_response_action(session, "r1c1", "lockdown")
    before = session.store.head().entries
    with pytest.raises(UserError, match="nothing"):
        log_record_from_columns(session, "action", {"void": "nothing", "reason": "A slip"})
    with pytest.raises(UserError):
        log_record_from_columns(session, "action", {"void": action.uid})
    assert session.store.head().entries == before and list_incidents(session)
    given = {"void": action.uid, "reason": "A slip", "uid": "again"}
    kept = log_record_from_columns(session, "action", given)
    assert list_response_actions(session) == () and list_incidents(session) == ()
    assert session.store.record(call.uid)[-1].payload["reason"] == "A slip"
    assert log_record_from_columns(session, "action", given).seq == kept.seq
    assert session.store.head().entries == before + 2


def test_a_shared_or_finished_call_is_not_voided_with_its_action(
    session: Session,
) -> None:
    lockdown, call = begin_response_action(session, "r1c1", "lockdown")
    (evacuation,) = begin_response_action(session, "r1c1", "evacuate")
    log(session, void=evacuation.uid, reason="It had its call before")
    assert [one.uid for one in list_incidents(session)] == [call.uid]
    begin_response_action(session, "r1c1", "evacuate")
    log(session, void=lockdown.uid, reason="The evacuation goes on")
    assert [one.uid for one in list_incidents(session)] == [call.uid]
    lockdown, call = begin_response_action(session, "r1c2", "lockdown")
    log_record(session, "incident", {"supersedes": call.uid, "cleared_at": "now"})
    log(session, void=lockdown.uid, reason="A rehearsal")
    assert call.uid in [one.uid for one in list_incidents(session)]


def test_a_lockdown_opens_exactly_one_call(session: Session) -> None:
    kinds = [one.kind for one in begin_response_action(session, "r1c1", "lockdown")]
    assert kinds == ["action", "incident"]
    (call,) = list_incidents(session)
    assert (call.type, call.site, call.priority) == ("Lockdown", "r1c1", 1)
    assert [one.kind for one in begin_response_action(session, "r1c1", "evacuate")] == ["action"]
    assert [one.kind for one in begin_response_action(session, "r1c2", "hold")] == ["action"]


def test_two_desks_end_a_lockdown_only_once(session: Session) -> None:
    store = storage.open(session.store.path)
    other = Session(store, actor="planner", desk="desk 2", clock=lambda: NOW)
    try:
        begin_response_action(session, "r1c1", "lockdown")
        (running,) = list_active_actions(other)
        end_response_action(session, running.uid)
        with refused("no_action_going_on.ended"):
            end_response_action(other, running.uid)
        assert [one.kind for one in other.store.entries(kinds=("action",))] == ["action"] * 2
    finally:
        other.close()


def test_units_sent_are_those_stamped_or_named(session: Session) -> None:
    begin_response_action(session, "r1c1", "lockdown")
    (call,) = list_incidents(session)
    log_stamp(session, {"incident": call.uid, "unit": "A", "name": "dispatched"})
    (running,) = list_active_actions(session)
    assert list_sent_units(running, list_incidents(session)) == ("A",)
    log_record(session, "action", {"supersedes": running.uid, "units": "B"})
    (running,) = list_active_actions(session)
    assert list_sent_units(running, list_incidents(session)) == ("B", "A")


def test_the_response_model_describes_the_remaining_units(session: Session) -> None:
    assert compute_remaining_coverage(session.state, ()) is None
    assert compute_remaining_coverage(session.state, ("CHP-1",)) is None
    left = compute_remaining_coverage(session.state, ("A",), target_min=2.5)
    assert left is not None and left.after is not None
    assert left.open_zones == ("A",)
    assert list(left.after.units) == ["B"]
    share, was = left.after.share_within_target, left.before.share_within_target
    assert share is not None and was is not None and share < was
    assert "r1c1" in left.late
    found = {message.template: message.facts for message in left.messages}
    assert found["remaining_coverage.zones"]["zones"] == ("A",)
    assert len(left.late) == found["remaining_coverage.late"]["late"] == 2
    gone = compute_remaining_coverage(session.state, ("A", "B"))
    assert gone is not None and gone.messages == (Message("remaining_coverage.none"),)


def test_a_unit_sent_to_a_fight_does_not_count_as_sent_to_the_lockdown(session: Session) -> None:
    fight = log_record(session, "incident", {"site": "r1c1", "type": "fight", "priority": "3"}).uid
    log_stamp(session, {"incident": fight, "unit": "A", "name": "dispatched"})
    begin_response_action(session, "r1c1", "lockdown")
    (running,) = list_active_actions(session)
    call = next(one for one in list_incidents(session) if one.type == "Lockdown")
    assert running.incident == call.uid
    assert list_sent_units(running, list_incidents(session)) == ()
    log_stamp(session, {"incident": call.uid, "unit": "B", "name": "dispatched"})
    assert list_sent_units(running, list_incidents(session)) == ("B",)
    log_record(session, "incident", {"supersedes": call.uid, "type": "Intruder"})
    assert list_sent_units(running, list_incidents(session)) == ("B",)


def test_an_action_begins_when_its_key_was_pressed(session: Session) -> None:
    pressed = NOW - timedelta(seconds=40)
    begin_response_action(session, "r1c1", "lockdown", began_at=pressed)
    assert list_active_actions(session)[0].began_at == pressed
    assert list_incidents(session)[0].received_at == pressed


def test_the_end_of_an_action_needs_a_time_and_who_gave_the_all_clear(session: Session) -> None:
    begin_response_action(session, "r1c1", "lockdown")
    (running,) = list_active_actions(session)
    given = {"all_clear_by": "Incident commander", "all_clear_agency": "Sheriff"}
    end_response_action(session, running.uid, ended_at=NOW, **given)
    (ended,) = list_response_actions(session)
    assert (ended.ended_at, ended.all_clear_by, ended.all_clear_agency) == (NOW, *given.values())
    uid = log(session, site="r1c2", action="hold")
    log(session, site="r1c2", ended_at="now", all_clear_by="Principal")
    assert (
        next(one for one in list_response_actions(session) if one.uid == uid).all_clear_by
        == "Principal"
    )
    log(session, site="r1c2", action="hold")
    with refused("column_missing.ended_at"):
        log(session, supersedes=list_active_actions(session)[0].uid, all_clear_by="Principal")
