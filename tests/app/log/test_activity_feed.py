"""Entries of another desk are shown with person, action and place, the urgent ones first."""

from dataclasses import replace
from functools import partial

from builders import OpenSession, project_from

from zoneplanner.app.log.activity_feed import list_activity, sum_up_activity
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.response_actions import begin_response_action, end_response_action
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.messages import Message


def list_news(session: Session, *entries: JournalEntry) -> list[Message]:
    """Return the news that another person's desk shows for this journal."""
    told = list_activity(session, [replace(entry, actor="Dee") for entry in entries])
    assert {who for who, _ in told} <= {"Dee"}
    return [text for _, text in told]


def make_news(site: str, code: str, **facts: object) -> Message:
    return Message("activity.at_site", who="Dee", act=Message(code, **facts), site=site)


def make_visit_news(site: str, unit: str) -> Message:
    began = Message("activity.visit.on_site", unit=unit)
    return make_news(site, "activity.by_unit", act=began, unit=unit)


def test_each_kind_of_news_names_the_person_the_action_and_the_school(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AABB"))
    make = partial(make_news, "School r1c2")
    (begun, *_call) = begin_response_action(session, "r1c2", "lockdown")
    assert list_news(session, begun) == [make("activity.action_began", action="a lockdown")]
    assert str(*list_news(session, begun)) == "Dee began a lockdown at School r1c2"
    ended = end_response_action(session, begun.uid)
    assert list_news(session, ended) == [make("activity.action_ended", action="lockdown")]
    here = {"site": "r1c2"}
    visit = log_record(session, "visit", {**here, "unit": "A"})
    assert list_news(session, visit) == [make_visit_news("School r1c2", "A")]
    again = log_record(session, "visit", {"supersedes": visit.uid, "note": "gate"})
    assert list_news(session, again) == [make("activity.corrected", record="a visit")]
    void = log_record(session, "visit", {"void": visit.uid, "reason": "wrong school"})
    assert list_news(session, void) == [make("activity.voided", record="a visit")]
    call = log_record(session, "incident", {**here, "type": "Fight"})
    assert list_news(session, call) == [make("activity.logged", record="a call (fight)")]
    stamp = log_record(
        session, "stamp", {"incident": call.uid, "unit": "A", "name": "dispatched_at"}
    )
    assert list_news(session, stamp) == [make("activity.stamped", unit="A", stamp="dispatched")]
    closed = {"supersedes": call.uid, "disposition": "report taken"}
    end = log_record(session, "incident", closed)
    assert list_news(session, end) == [make("activity.closed", record="a call (fight)")]
    more = log_record(session, "incident", {"supersedes": call.uid, "note": "by phone"})
    assert list_news(session, more) == [make("activity.corrected", record="an incident")]
    drill = log_record(session, "drill", {**here, "kind": "lockdown"})
    assert list_news(session, drill) == [make("activity.logged", record="a lockdown drill")]


def test_a_lockdown_is_listed_before_visits_and_own_entries_are_left_out(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AABB"))
    before = log_record(session, "visit", {"site": "r1c2"})
    begun, *_ = begin_response_action(session, "r1c1", "secure")
    after = log_record(session, "visit", {"site": "r1c3"})
    assert list_news(session, before, begun, after) == [
        make_news("School r1c1", "activity.action_began", action="a secure"),
        make_visit_news("School r1c3", "B"),
        make_visit_news("School r1c2", "A"),
    ]
    assert list_activity(session, [before, begun, after]) == []


def test_every_kind_of_record_has_words(open_session: OpenSession) -> None:
    session = open_session(project_from("AABB"))
    entry = log_record(session, "visit", {"site": "r1c1"})
    hours = ("hours", "approval")
    for kind in RECORD_KINDS:
        told = list_news(session, replace(entry, kind=kind, payload={}))
        assert len(told) == (kind not in hours), kind
        assert all(str(said).startswith("Dee ") and "an entry" not in str(said) for said in told)


def test_a_burst_is_counted_by_person() -> None:
    told = [("D", "D stamped S3 cleared"), *[("M", "M logged a visit")] * 3]
    assert sum_up_activity(told) == "D stamped S3 cleared. Also 3 by M"
    assert sum_up_activity([*told, told[0]]) == "D stamped S3 cleared, and 1 more. Also 3 by M"
    assert sum_up_activity(told[:1]) == "D stamped S3 cleared"
