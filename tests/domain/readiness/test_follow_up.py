"""After-action reviews, corrective actions, concerns and the district report: logged and due."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from builders import project_from, refused

from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar, build_school_year
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.log.entries import parse_entry
from zoneplanner.domain.log.follow_up_entries import (
    AFTER_ACTION_SECTIONS,
    read_after_action_reviews,
    read_concern_reports,
    read_corrective_actions,
    read_district_reports,
)
from zoneplanner.domain.log.journal import Incident, NewEntry
from zoneplanner.domain.log.record_schema import LogRecord
from zoneplanner.domain.readiness.district_requirements import make_report_requirement
from zoneplanner.domain.readiness.follow_up import (
    FollowUpRecords,
    add_school_days,
    list_follow_up_requirements,
)
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_WIDE,
    Requirement,
    RequirementStatus,
    is_due_soon,
)
from zoneplanner.exchange.presets.rule_pack import find_bundled_rule_pack, read_rule_pack
from zoneplanner.messages import Message, say_all

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
CALENDAR = SchoolCalendar(
    (DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),),
    (DateRange("Thanksgiving week", date(2026, 11, 23), date(2026, 11, 27)),),
)
LOCKDOWN = Incident("i1", "A", "lockdown", 1, datetime(2026, 10, 5, 17, tzinfo=UTC))
REVIEW = {
    "site": "A",
    "incident": "i1",
    "event": "lockdown",
    "event_on": "2026-10-05",
    "held_on": "2026-10-20",
}
ACTION = {
    "review": "r1",
    "action": "Fix the gate",
    "owner_role": "custodian",
    "due_on": "2026-11-02",
}
CONCERN = {"site": "A", "reference": "C-2026-014", "received_at": "2026-11-13T09:00"}


def parse(
    kind: str, columns: Mapping[str, str], uid: str = "e1", corrects: LogRecord | None = None
) -> NewEntry:
    return parse_entry(kind, columns, time_zone=ZONE, now=NOW, uid=uid, corrects=corrects)


def follow_ups_by_uid(happened: FollowUpRecords, on: str) -> dict[str, Requirement]:
    day = date.fromisoformat(on)
    found = list_follow_up_requirements(
        happened,
        read_rule_pack(find_bundled_rule_pack()).follow_up,
        CALENDAR,
        year=build_school_year(CALENDAR, day),
        time_zone=ZONE,
        on=day,
    )
    return {item.uid: item for item in found}


def test_an_after_action_review_has_its_sections_in_order() -> None:
    parts = {name: f"about {name}" for name in AFTER_ACTION_SECTIONS}
    (found,) = read_after_action_reviews([parse("after_action", {**REVIEW, **parts})])
    assert (found.event, found.event_on, found.held_on) == (
        "lockdown",
        date(2026, 10, 5),
        date(2026, 10, 20),
    )
    assert [getattr(found, name) for name in AFTER_ACTION_SECTIONS] == list(parts.values())
    assert AFTER_ACTION_SECTIONS[0] == "overview"
    assert AFTER_ACTION_SECTIONS[-1] == "participants"


def test_an_event_elsewhere_is_reviewed_without_a_site_or_incident() -> None:
    columns = {"event": "event elsewhere", "event_on": "2026-09-01", "held_on": "2026-09-15"}
    found = read_after_action_reviews([parse("after_action", columns)])
    assert (found[0].site, found[0].incident) == (None, "")
    (item,) = follow_ups_by_uid(FollowUpRecords(after_actions=found), "2026-11-16").values()
    assert (item.site, item.status) == (DISTRICT_WIDE, RequirementStatus.DONE)


def test_a_serious_incident_must_be_reviewed_within_30_days() -> None:
    happened = FollowUpRecords(incidents=(LOCKDOWN,))
    assert follow_ups_by_uid(happened, "2026-11-04")["i1"].status is RequirementStatus.DUE
    late = follow_ups_by_uid(happened, "2026-11-05")["i1"]
    assert (late.status, late.due_on) == (RequirementStatus.OVERDUE, date(2026, 11, 4))
    minor = Incident("i2", "A", "trespass", 2, LOCKDOWN.received_at)
    assert follow_ups_by_uid(FollowUpRecords(incidents=(minor,)), "2026-11-05") == {}


def test_reviewing_the_incident_completes_the_requirement() -> None:
    reviews = read_after_action_reviews([parse("after_action", REVIEW, "r1")])
    found = follow_ups_by_uid(
        FollowUpRecords(incidents=(LOCKDOWN,), after_actions=reviews), "2026-11-16"
    )
    assert found["r1"].status is RequirementStatus.DONE
    happened, *progress = found["r1"].messages
    facts = happened.facts
    assert (facts["type"], facts["on"], facts["priority"]) == ("Lockdown", date(2026, 10, 5), 1)
    assert " 10:00," in str(happened), "the time of the incident is local"
    assert progress == [
        Message("requirement.incident_reviewed", on=date(2026, 10, 20)),
        Message("requirement.no_actions"),
    ]
    before = follow_ups_by_uid(
        FollowUpRecords(incidents=(LOCKDOWN,), after_actions=reviews), "2026-10-19"
    )
    assert before["i1"].status is RequirementStatus.DUE


def test_a_corrective_action_is_due_then_done_then_verified() -> None:
    entries = [parse("corrective_action", ACTION, "a1")]
    (first,) = read_corrective_actions(entries)
    assert (
        follow_ups_by_uid(FollowUpRecords(actions=(first,)), "2026-11-02")["a1"].status
        is RequirementStatus.DUE
    )
    assert (
        follow_ups_by_uid(FollowUpRecords(actions=(first,)), "2026-11-03")["a1"].status
        is RequirementStatus.OVERDUE
    )
    done = {"supersedes": "a1", "done_on": "2026-11-01"}
    entries.append(parse("corrective_action", done, "a2", corrects=first))
    (second,) = read_corrective_actions(entries)
    assert (second.uid, second.action, second.done_on) == ("a1", "Fix the gate", date(2026, 11, 1))
    waits = follow_ups_by_uid(FollowUpRecords(actions=(second,)), "2026-11-03")["a1"]
    assert waits.messages[-1] == Message("requirement.action_to_verify", on=date(2026, 11, 1))
    assert waits.status is RequirementStatus.DUE and waits.to_verify
    assert not is_due_soon(waits, date(2026, 11, 3), 14)  # nothing is left to be done by a day
    seen = {"supersedes": "a1", "verified_on": "2026-11-05"}
    entries.append(parse("corrective_action", seen, "a3", corrects=second))
    (third,) = read_corrective_actions(entries)
    assert third.is_on_time(date(2026, 11, 5)) and not third.is_on_time(date(2026, 11, 4))
    verified = follow_ups_by_uid(FollowUpRecords(actions=(third,)), "2026-11-06")["a1"]
    assert verified.status is RequirementStatus.DONE and not verified.to_verify
    reviews = read_after_action_reviews([parse("after_action", REVIEW, "r1")])
    others = [parse("corrective_action", ACTION, uid) for uid in ("a4", "a5")]
    actions = (third, *read_corrective_actions(others))
    happened = FollowUpRecords(incidents=(LOCKDOWN,), after_actions=reviews, actions=actions)
    plan = follow_ups_by_uid(happened, "2026-11-06")["r1"].messages[-1]
    assert plan == Message("requirement.actions_verified", verified=1, actions=3)
    earlier = follow_ups_by_uid(happened, "2026-11-04")["r1"].messages[-1]
    assert earlier.facts["verified"] == 0, "it was verified the day after"
    assert say_all(verified.messages, US_FORMATS) == (
        "Fix the gate (custodian). Done on Nov 1, 2026, verified on Nov 5, 2026."
    )


def test_a_concern_must_be_acknowledged_by_the_next_school_day_and_then_closed() -> None:
    entries = [parse("concern", CONCERN)]
    (first,) = read_concern_reports(entries)
    assert (
        follow_ups_by_uid(FollowUpRecords(concerns=(first,)), "2026-11-16")["e1"].status
        is RequirementStatus.DUE
    )
    late = follow_ups_by_uid(FollowUpRecords(concerns=(first,)), "2026-11-17")["e1"]
    assert (late.status, late.due_on) == (RequirementStatus.OVERDUE, date(2026, 11, 16))
    told = {"supersedes": "e1", "acknowledged_at": "2026-11-13T11:00"}
    entries.append(parse("concern", told, "e2", corrects=first))
    answered = follow_ups_by_uid(
        FollowUpRecords(concerns=read_concern_reports(entries)), "2026-11-17"
    )["e1"]
    assert (answered.status, answered.due_on) == (RequirementStatus.DUE, date(2026, 12, 13))
    assert answered.messages == (
        Message("requirement.concern", reference="C-2026-014", on=date(2026, 11, 13)),
        Message("requirement.concern_acknowledged", on=date(2026, 11, 13)),
    )


def test_adding_school_days_skips_holidays_if_there_is_a_calendar() -> None:
    assert add_school_days(CALENDAR, date(2026, 11, 20), 1) == date(2026, 11, 30)
    assert add_school_days(SchoolCalendar((), ()), date(2026, 11, 20), 3) == date(2026, 11, 23)


SITES = tuple(project_from("AAa").sites.values())
NAMED = Message(
    "requirement.report_named", sites=3, names=["School r1c1", "School r1c2", "School r1c3"]
)


def test_the_district_report_is_due_by_october_15() -> None:
    rule = read_rule_pack(find_bundled_rule_pack()).report
    year = build_school_year(CALENDAR, date(2026, 10, 16))
    late = make_report_requirement(rule, year, reports=(), without=SITES, on=date(2026, 10, 16))
    assert (late.status, late.due_on) == (RequirementStatus.OVERDUE, date(2026, 10, 15))
    assert late.messages == (NAMED,)
    assert late.open_points == ("r1c1", "r1c2", "r1c3")
    sent = read_district_reports([parse("district_report", {"on": "2026-10-12"})])
    done = make_report_requirement(rule, year, reports=sent, without=(), on=date(2026, 10, 16))
    assert done.status is RequirementStatus.DONE
    assert [one.template for one in done.messages] == ["requirement.reported", "requirement.report"]
    sent = read_district_reports([parse("district_report", {"on": "2026-11-14"})])
    done = make_report_requirement(rule, year, reports=sent, without=SITES, on=date(2026, 11, 16))
    assert done.messages == (
        Message("requirement.reported_late", on=date(2026, 11, 14), days=30),
        NAMED,
    )


@pytest.mark.parametrize(
    ("kind", "columns", "template", "facts"),
    [
        ("after_action", {**REVIEW, "event": ""}, "column_missing.after_action_event", {}),
        ("after_action", {**REVIEW, "event_on": ""}, "column_missing.after_action_event_on", {}),
        ("after_action", {**REVIEW, "event_on": "2026-10-21"}, "days_out_of_order.review", {}),
        (
            "after_action",
            {**REVIEW, "held_on": "2026-11-17"},
            "in_the_future.day",
            {"day": date(2026, 11, 17)},
        ),
        (
            "after_action",
            {**REVIEW, "overview": "x" * 5_001},
            "text_too_long",
            {"name": "overview", "most": 5_000},
        ),
        ("after_action", {**REVIEW, "names": "somebody"}, "unknown_column", {"column": "names"}),
        (
            "corrective_action",
            {**ACTION, "review": ""},
            "column_missing.corrective_action_review",
            {},
        ),
        (
            "corrective_action",
            {**ACTION, "action": ""},
            "column_missing.corrective_action_action",
            {},
        ),
        (
            "corrective_action",
            {**ACTION, "owner_role": ""},
            "column_missing.corrective_action_owner_role",
            {},
        ),
        ("corrective_action", {**ACTION, "due_on": "soon"}, "not_a_date", {"text": "soon"}),
        (
            "corrective_action",
            {**ACTION, "verified_on": "2026-11-03"},
            "column_missing.done_on",
            {},
        ),
        (
            "corrective_action",
            {**ACTION, "done_on": "2026-12-01"},
            "in_the_future.day",
            {"day": date(2026, 12, 1)},
        ),
        (
            "concern",
            {**CONCERN, "reference": "a boy said something"},
            "not_a_reference",
            {"text": "a boy said something"},
        ),
        ("concern", {**CONCERN, "reference": ""}, "not_a_reference.missing", {}),
        ("concern", {**CONCERN, "reference": "Somebody"}, "not_a_reference", {}),
        ("concern", {**CONCERN, "reference": "7" * 41}, "not_a_reference", {}),
        ("concern", {**CONCERN, "text": "he said"}, "unknown_column", {"column": "text"}),
        (
            "concern",
            {**CONCERN, "closed_at": "2026-11-12T09:00"},
            "times_out_of_order",
            {"earlier": "received", "later": "closed"},
        ),
        ("district_report", {"on": "2026-11-17"}, "in_the_future.day", {"day": date(2026, 11, 17)}),
        (
            "district_report",
            {"on": "2026-10-12", "school_year": "soon"},
            "not_a_school_year",
            {"text": "soon"},
        ),
    ],
)
def test_an_invalid_entry_is_rejected_with_a_reason(
    kind: str, columns: dict[str, str], template: str, facts: dict[str, object]
) -> None:
    with refused(template, **facts):
        parse(kind, columns)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("after_action", {"event_on": "soon"}), ("corrective_action", {"due_on": "soon"})],
)
def test_an_unreadable_date_in_the_journal_is_reported_with_its_entry(
    kind: str, payload: Mapping[str, str]
) -> None:
    broken: Sequence[NewEntry] = [NewEntry("v7", kind, None, None, NOW, payload)]
    with refused("journal_unreadable", entry="v7"):
        read_after_action_reviews(broken) or read_corrective_actions(broken)
