"""Entries of another desk are shown with person, action and place, the urgent ones first."""

from dataclasses import replace

from builders import OpenSession, project_from

from zoneplanner.app.log.activity_feed import list_activity, sum_up_activity
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.response_actions import begin_response_action, end_response_action
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import JournalEntry


def list_news(session: Session, *entries: JournalEntry) -> list[str]:
    """Return the news that another person's desk shows for this journal."""
    told = list_activity(session, [replace(entry, actor="Dee") for entry in entries])
    assert {who for who, _ in told} <= {"Dee"}
    return [text for _, text in told]


def test_each_kind_of_news_names_the_person_the_action_and_the_school(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AABB"))
    (begun, *_call) = begin_response_action(session, "r1c1", "lockdown")
    assert list_news(session, begun) == ["Dee began a lockdown at School r1c1"]
    ended = end_response_action(session, begun.uid)
    assert list_news(session, ended) == ["Dee ended the lockdown at School r1c1"]
    here = {"site": "r1c2"}
    visit = log_record(session, "visit", {**here, "unit": "A"})
    assert list_news(session, visit) == ["Dee began a visit by A at School r1c2"]
    again = log_record(session, "visit", {"supersedes": visit.uid, "note": "gate"})
    assert list_news(session, again) == ["Dee corrected a visit at School r1c2"]
    void = log_record(session, "visit", {"void": visit.uid, "reason": "wrong school"})
    assert list_news(session, void) == ["Dee voided a visit at School r1c2"]
    call = log_record(session, "incident", {**here, "type": "Fight"})
    assert list_news(session, call) == ["Dee logged a call (fight) at School r1c2"]
    stamp = log_record(
        session, "stamp", {"incident": call.uid, "unit": "A", "name": "dispatched_at"}
    )
    assert list_news(session, stamp) == ["Dee stamped A dispatched at School r1c2"]
    closed = {"supersedes": call.uid, "disposition": "report taken"}
    end = log_record(session, "incident", closed)
    assert list_news(session, end) == ["Dee closed a call (fight) at School r1c2"]
    more = log_record(session, "incident", {"supersedes": call.uid, "note": "by phone"})
    assert list_news(session, more) == ["Dee corrected an incident at School r1c2"]
    drill = log_record(session, "drill", {**here, "kind": "lockdown"})
    assert list_news(session, drill) == ["Dee logged a lockdown drill at School r1c2"]


def test_a_lockdown_is_listed_before_visits_and_own_entries_are_left_out(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AABB"))
    before = log_record(session, "visit", {"site": "r1c2"})
    begun, *_ = begin_response_action(session, "r1c1", "secure")
    after = log_record(session, "visit", {"site": "r1c3"})
    assert list_news(session, before, begun, after) == [
        "Dee began a secure at School r1c1",
        "Dee began a visit by B at School r1c3",
        "Dee began a visit by A at School r1c2",
    ]
    assert list_activity(session, [before, begun, after]) == []


def test_every_kind_of_record_has_words(open_session: OpenSession) -> None:
    session = open_session(project_from("AABB"))
    entry = log_record(session, "visit", {"site": "r1c1"})
    hours = ("hours", "approval")
    for kind in RECORD_KINDS:
        told = list_news(session, replace(entry, kind=kind, payload={}))
        assert len(told) == (kind not in hours), kind
        assert all(said.startswith("Dee ") and "an entry" not in said for said in told)


def test_a_burst_is_counted_by_person() -> None:
    told = [("D", "D stamped S3 cleared"), *[("M", "M logged a visit")] * 3]
    assert sum_up_activity(told) == "D stamped S3 cleared. Also 3 by M"
    assert sum_up_activity([*told, told[0]]) == "D stamped S3 cleared, and 1 more. Also 3 by M"
    assert sum_up_activity(told[:1]) == "D stamped S3 cleared"
