"""The response of a period is compared with the plans in force when the calls came in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from builders import project_from

from zoneplanner.analysis.coverage.verdicts import Verdict
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.coverage.expected_response import evaluate_response
from zoneplanner.app.coverage.observed_coverage import compute_coverage_board
from zoneplanner.app.coverage.period_plans import judge_against_plan
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import derive_state
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.plans.edits import adopt_plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

FIRST, TURN, LAST = date(2026, 10, 5), date(2026, 10, 26), date(2026, 11, 6)
OLD, NEW = "plan", "next"


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    autumn = DateRange("Autumn", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AAAABBBB"), calendar=SchoolCalendar((autumn,), ()))
    old = project.plans[OLD]
    one, *others = (site for site, zone in old.assignment.items() if zone == "A")
    moved = {**old.assignment, **dict.fromkeys(others, "B"), one: "A"}
    calm = replace(project.assumptions, speed_mph=4.0)
    project = replace(project, assumptions=calm)
    opened = open_session(project.with_plan(replace(old, uid=NEW, name="Next", assignment=moved)))
    for plan, day in ((OLD, FIRST), (NEW, TURN)):
        opened.apply("Adopt", partial(adopt_plan, plan_uid=plan, effective_on=day))
    declare_records(opened, complete=(("incidents", DaySpan(FIRST - timedelta(days=5))),))
    return opened


def log_answered(session: Session, day: date, minutes: float) -> None:
    """Log a call at noon that was answered after some minutes."""
    at = f"{day}T12:00:00"
    seconds = round(minutes * 60)
    there = f"{day}T12:{seconds // 60:02}:{seconds % 60:02}"
    columns = {"site": "r1c1", "type": "fight", "received_at": at, "dispatched_at": at}
    log_record(session, "incident", {**columns, "onscene_at": there})


def compute_expected_min(session: Session, plan: str) -> float:
    """Return the response a plan promises at r1c1 with one call per school day, as in the log."""
    state = derive_state(session.saved_project, session.saved_project.plans[plan])
    calls = {
        site: load.calls for site, load in zip(state.basis.index, state.basis.loads, strict=True)
    }
    hourly = {site: own / sum(calls.values()) / SCHOOL_DAY_H for site, own in calls.items()}
    found = evaluate_response(state, under=ResponseConditions(calls_per_h=hourly))
    return found.sites["r1c1"].mean_response_min or 0.0


def test_a_period_with_two_plans_is_compared_with_both_by_response_count(session: Session) -> None:
    old, new = (compute_expected_min(session, plan) for plan in (OLD, NEW))
    assert abs(old - new) > 0.5
    school_days = session.project.calendar.school_days
    for at, day in enumerate(school_days(FIRST, LAST)):
        log_answered(session, day, (old if day < TURN else new) + (0.1 if at % 2 else -0.1))
    log_answered(session, date(2026, 10, 10), 59.0)  # a Saturday
    before = len(list(school_days(FIRST, TURN - timedelta(days=1))))
    after = len(list(school_days(TURN, LAST)))
    weighed = (before * old + after * new) / (before + after)

    def judge(first: date, last: date) -> Verdict:
        series = compute_coverage_board(session, first=first, last=last).series
        return judge_against_plan(session.store.log(), session.state, series, target_min=8.0)[0]

    for first, last, wanted in (
        (FIRST, LAST, weighed),
        (FIRST, TURN - timedelta(days=1), old),
        (TURN, LAST, new),
    ):
        found = judge(first, last)
        assert found.expected == pytest.approx(wanted, abs=0.01)
        assert found.outcome == "as_expected", found
    whole = judge(FIRST, LAST)
    assert whole.n == before + after, "the model has no calls of weekends"
    assert Message("calls_not_modeled", n=1) in whole.messages
    named = (("Plan", before), ("Next", after))
    plans = [Message("plan_of_responses", plan=plan, n=n) for plan, n in named]
    assert Message("plans_weighed", plans=plans) in whole.messages


def test_a_period_partly_without_a_plan_in_force_is_not_judged(session: Session) -> None:
    school_days = list(session.project.calendar.school_days(FIRST - timedelta(days=5), TURN))
    for day in school_days[:15]:
        log_answered(session, day, 30.0)
    series = compute_coverage_board(session, first=FIRST - timedelta(days=5), last=LAST).series
    mean, share, _ = judge_against_plan(session.store.log(), session.state, series, target_min=8.0)
    assert (mean.outcome, share.outcome) == ("too_few", "too_few")
    for one in (mean, share):
        assert Message("plan_not_all_along", without=3, n=15) in one.messages
