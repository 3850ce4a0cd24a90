"""Readiness of a project: what its journal and choices make due, and the figures."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import EARLIER_RULES, OpenSession, project_from, refused

from zoneplanner import storage
from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.record_history import list_record_revisions
from zoneplanner.app.log.retention import compute_retention
from zoneplanner.app.readiness.requirements import (
    compute_readiness,
    compute_site_statuses,
    write_due_calendar,
)
from zoneplanner.app.readiness.rules import (
    choose_drill_rule,
    install_rule_pack,
    read_offered_pack,
    set_own_drill_rule,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    DISTRICT_WIDE,
    Requirement,
    RequirementStatus,
)
from zoneplanner.domain.readiness.rule_pack import RuleChoices
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
TERMS = (
    DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),
    DateRange("Spring", date(2027, 1, 4), date(2027, 6, 2)),
)
GRAVE = {
    "uid": "i1",
    "site": "r1c1",
    "type": "lockdown",
    "priority": "1",
    "received_at": "2026-10-05T10:00",
}


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    project = project_from("AB / ab")
    project = project.with_site(replace(project.sites["r1c2"], level="middle"))
    return open_session(replace(project, calendar=SchoolCalendar(TERMS, ())), now=NOW)


def find_item(session: Session, site: str, what: str) -> Requirement:
    (found,) = [
        one for one in compute_readiness(session).items if (one.site, one.kind) == (site, what)
    ]
    return found


def test_a_choice_of_rule_is_saved_and_can_be_undone(session: Session) -> None:
    assert find_item(session, "r1c2", "fire").required == 4
    install_rule_pack(session, read_offered_pack(session, EARLIER_RULES))
    choose_drill_rule(session, "fire", "intermediate", "Ed. Code 32001")
    chosen = find_item(session, "r1c2", "fire")
    law = Message("drill_rule", citation="Ed. Code 32001", times=4, per="year")
    strictest = Message("drill_rule", citation="5 CCR 550", times=1, per="month")
    assert chosen.rule == law
    assert chosen.messages[-1] == Message("requirement.rule_chosen", others=[strictest], rule=law)
    kept = storage.open(session.store.path, read_only=True)
    assert kept.project().rules.followed == {"fire.intermediate": "Ed. Code 32001"}
    kept.close()
    session.undo()
    assert session.project.rules == RuleChoices()
    assert find_item(session, "r1c2", "fire").rule == strictest
    session.redo()
    assert find_item(session, "r1c2", "fire").rule == law


def test_a_district_lockdown_rule_makes_lockdown_drills_due(session: Session) -> None:
    assert not [one for one in compute_readiness(session).items if one.kind == "lockdown"]
    set_own_drill_rule(session, "lockdown", "elementary", 1, "semester")
    assert find_item(session, "r1c1", "lockdown").status is RequirementStatus.DUE
    set_own_drill_rule(session, "lockdown", "elementary", 2, "year")
    assert find_item(session, "r1c1", "lockdown").required == 2
    session.undo()
    session.undo()
    assert not [one for one in compute_readiness(session).items if one.kind == "lockdown"]


def test_an_after_action_review_is_filled_in_from_its_incident(
    session: Session,
) -> None:
    log_record(session, "incident", GRAVE)
    kept = log_record(session, "after_action", {"incident": "i1", "uid": "r1"})
    assert (kept.site, kept.payload["event"]) == ("r1c1", "lockdown")
    assert (kept.payload["event_on"], kept.payload["held_on"]) == ("2026-10-05", "2026-11-16")
    columns = {"review": "r1", "action": "Fix the gate", "owner_role": "custodian"}
    action = log_record(session, "corrective_action", {**columns, "due_on": "2026-12-01"})
    assert action.site == "r1c1"
    assert find_item(session, "r1c1", "corrective_action").status is RequirementStatus.DUE
    log_record(session, "corrective_action", {"supersedes": action.uid, "done_on": "today"})
    log_record(session, "corrective_action", {"supersedes": action.uid, "verified_on": "today"})
    assert find_item(session, "r1c1", "corrective_action").status is RequirementStatus.DONE


def test_a_review_or_action_for_an_unknown_record_is_refused(
    session: Session,
) -> None:
    with refused("unknown_entry.reviewed_incident", uid="nothing"):
        log_record(session, "after_action", {"incident": "nothing"})
    columns = {"review": "none", "action": "x", "owner_role": "y", "due_on": "2026-12-01"}
    with refused("unknown_entry.review"):
        log_record(session, "corrective_action", columns)
    assert session.store.head().entries == 0


def test_an_armed_assailant_drill_counts_only_with_a_full_checklist(session: Session) -> None:
    drill = {"site": "r1c1", "kind": "armed assailant", "held_at": "2026-11-10T09:00"}
    with pytest.raises(UserError) as refusal:
        log_record(session, "drill", {**drill, "checklist": "announced;age_appropriate"})
    assert refusal.value.code == "checklist_incomplete"
    assert len(refusal.value.details["missing"]) == 4
    with refused("unknown_choice.checklist", item="everything"):
        log_record(session, "drill", {**drill, "checklist": "everything"})
    kept = log_record(session, "drill", {**drill, "checklist": "complete"})
    assert kept.payload["kind"] == "armed_assailant"
    assert len(kept.payload["checklist"]) == 6
    assert "local_resources" in kept.payload["checklist"]


def test_the_district_owes_its_report_and_has_no_row_on_the_map(session: Session) -> None:
    found = compute_readiness(session)
    assert find_item(session, DISTRICT_WIDE, "district_report").status is RequirementStatus.OVERDUE
    assert DISTRICT_WIDE not in compute_site_statuses(found, session.project)
    log_record(session, "district_report", {"on": "2026-10-12"})
    assert find_item(session, DISTRICT_WIDE, "district_report").status is RequirementStatus.DONE


def test_a_missed_yearly_requirement_stays_past_july_1_until_done(session: Session) -> None:
    duty = {"duty": "violence_plan_review"}

    def standing() -> list[tuple[str, RequirementStatus]]:
        return [
            (one.school_year, one.status)
            for one in compute_readiness(session).to_do
            if one.kind == "duty_violence_plan_review"
        ]

    log_record(session, "district_report", {"on": "2025-10-10", "school_year": "2024-25"})
    report = next(one for one in compute_readiness(session).to_do if one.kind == DISTRICT_REPORT)
    assert (report.school_year, report.status) == ("2025-26", RequirementStatus.OVERDUE)
    assert report.messages == (Message("requirement.nothing_logged"),), "its sites are not known"
    (alone,) = standing()
    assert alone[0] == "2026-27", "without records nobody knows what the year before was like"
    log_record(session, "district_report", {**duty, "on": "2025-06-20", "school_year": "2024-25"})
    assert ("2025-26", RequirementStatus.OVERDUE) in standing()
    log_record(session, "district_report", {**duty, "on": "2026-11-16", "school_year": "2025-26"})
    assert [year for year, _ in standing()] == ["2026-27"]


def test_the_figures_of_a_year_are_those_of_a_worked_example(session: Session) -> None:
    log_record(session, "incident", GRAVE)
    log_record(session, "after_action", {"incident": "i1", "uid": "r1", "held_on": "2026-10-15"})
    action = {"review": "r1", "action": "x", "owner_role": "y"}
    for uid, due in (("a1", "2026-11-01"), ("a2", "2026-11-10"), ("a3", "2026-12-01")):
        log_record(session, "corrective_action", {**action, "uid": uid, "due_on": due})
    for uid, done in (("a1", "2026-10-31"), ("a2", "2026-11-12")):
        steps = {"supersedes": uid, "done_on": done, "verified_on": "2026-11-13"}
        log_record(session, "corrective_action", steps)
    log_record(session, "review", {"site": "r1c1", "stage": "adopted", "on": "2026-11-02"})
    declare_records(session, since={"drills": date(2026, 8, 1)})
    for day in ("2026-08-20", "2026-09-10", "2026-09-11"):
        columns = {"site": "r1c1", "kind": "fire", "held_at": f"{day}T09:00"}
        log_record(session, "drill", columns)
    figures = compute_readiness(session).figures
    reviewed = figures["plans_reviewed_share"]
    assert (reviewed.value, reviewed.n, reviewed.why) == (
        *(None, 4),
        Message("review_not_due", due=date(2027, 3, 1)),
    )
    fire = figures["drills_fire_share"]  # a second one in September is none of October
    assert (fire.value, fire.n) == (2 / 12, 12)
    for name, n in (("days_to_review_p50", 1), ("actions_on_time_share", 2)):
        assert (figures[name].n, figures[name].why) == (n, Message("figure_too_few", n=n))
    assert all(figure.definition for figure in figures.values())


def test_a_share_of_partly_recorded_periods_has_a_reason(session: Session) -> None:
    held = {"site": "r1c1", "kind": "drop", "held_at": "2026-11-02T09:00"}
    log_record(session, "drill", held)
    found = compute_readiness(session)
    drop = found.figures["drills_drop_share"]
    assert (drop.value, drop.n) == (None, 0)
    assert drop.why == Message("no_period_recorded")


def test_due_items_become_a_standard_calendar(session: Session, tmp_path: Path) -> None:
    from icalendar import Calendar as Reader

    fight = {"site": "r1c1", "type": "fight", "priority": "1", "received_at": "2025-11-03T09:00"}
    log_record(session, "incident", fight)
    log_record(session, "concern", {"site": "r1c1", "reference": "TS-100"})
    found = compute_readiness(session)
    assert any("TS-100" in say_all(item.messages) for item in found.to_do)
    path = write_due_calendar(session, found, tmp_path / "due.ics")
    first = path.read_bytes()
    events = Reader.from_ical(first).walk("VEVENT")
    told = " ".join(str(event["description"]) for event in events)
    assert "Nov 3, 2025" in told and not re.search(r"\d{4}-\d\d-\d\d", told)
    assert "TS-100" not in told  # the reference of a tip leaves for nobody
    assert len(events) == len(found.to_do)
    assert len({str(event["uid"]) for event in events}) == len(events)
    titles = [str(event["summary"]) for event in events]
    name = name_requirement(DISTRICT_REPORT)
    assert f"{name}, The district" in titles  # none was ever logged
    log_record(session, "district_report", {"on": "2025-10-10", "school_year": "2024-25"})
    again = write_due_calendar(session, compute_readiness(session), path).read_bytes()
    assert f"Overdue: {name}".encode() in again
    assert "Plan review, School r1c1" in titles
    assert write_due_calendar(session, found, path).read_bytes() == first


def test_records_past_their_retention_are_listed_and_kept(session: Session) -> None:
    old = {**GRAVE, "uid": "old", "received_at": "2021-11-15T10:00"}
    log_record(session, "incident", old)
    log_record(session, "incident", GRAVE)
    found = {one.rule.name: one for one in compute_retention(session)}
    violent = found["Violent-incident log"]
    assert (violent.entries, violent.expired, violent.rule.years) == (2, 1, 5)
    assert violent.kept_from == date(2021, 11, 16)
    assert "6401.9" in violent.rule.citation
    assert found["Visits"].first is None
    assert session.store.head().entries == 2
    leap = compute_retention(session, date(2028, 2, 29))
    assert leap[0].kept_from == date(2023, 2, 28)


def test_the_history_of_a_record_lists_each_change(session: Session) -> None:
    drill = {"site": "r1c1", "kind": "fire", "held_at": "2026-11-10T09:00", "minutes": "6"}
    kept = log_record(session, "drill", {**drill, "uid": "d1"})
    fix = log_record(session, "drill", {"supersedes": "d1", "minutes": "8", "note": "two exits"})
    log_record(session, "drill", {"void": "d1", "reason": "another school"})
    steps = list_record_revisions(session, fix.uid)
    assert [(step.seq, step.what) for step in steps] == [
        (kept.seq, "First entry, entered later"),
        (2, "Correction"),
        (3, "Void"),
    ]
    assert steps[0].changes[0] == "site: School r1c1"
    assert "held: 2026-11-10 09:00" in steps[0].changes
    assert steps[1].changes == ("minutes: 6 → 8", "note: two exits")
    assert steps[2].changes == ("reason: another school",)
    assert list_record_revisions(session, "nothing") == ()
