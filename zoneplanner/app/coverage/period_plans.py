"""The plans that were in force when a period's calls came, and the response they expect.

A period's log is judged against that expectation.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.coverage.chart_series import CoverageSeries
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.coverage.log_period import PlanByDay
from zoneplanner.analysis.coverage.verdicts import (
    TOO_FEW,
    Verdict,
    judge_calls_per_day,
    judge_mean_response,
    judge_share_within,
)
from zoneplanner.analysis.demand.call_demand import ObservedCalls, count_observed_calls
from zoneplanner.analysis.log.log_arrays import NO_NAME, LogArrays
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.analysis.response_times.expected_response import ExpectedResponse
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.app.coverage.expected_response import evaluate_response
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.demand import LEARNED_SOURCES
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class PeriodPlans:
    """The plans in force when a period's calls were answered, and the responses of each by uid.

    ``without`` counts the responses when no plan was in force.
    """

    plans: tuple[Plan, ...]
    responses: Counter[str]
    without: int


@dataclass(frozen=True, slots=True)
class PeriodExpectation:
    """The expected mean response and share within the target of a period's answered calls.

    Both are None if there is nothing to compare with; ``why`` says why unless there is no plan.
    ``each_min`` is the expected mean at the site of each response, shape (responses,). If there are
    several plans, ``weighed`` names them.
    """

    mean_min: float | None = None
    share: float | None = None
    each_min: FloatArray | None = None
    weighed: tuple[Message, ...] = ()
    why: Message | None = None


def find_period_plans(project: Project, series: CoverageSeries) -> PeriodPlans:
    """Return the plans that were in force when a period's calls were answered."""
    by_day = PlanByDay(project, series.first, series.last, series.last)
    counts = Counter(by_day.in_force(series.dispatch_days).tolist())
    without = counts.pop(NO_NAME, 0)
    pairs = [(plan, n) for number, n in sorted(counts.items()) if (plan := by_day.plans[number])]
    plans = tuple(plan for plan, _ in pairs)
    return PeriodPlans(plans, Counter({plan.uid: n for plan, n in pairs}), without)


def expect_period_response(
    state: ProjectState, series: CoverageSeries, *, factor: float, target_min: float
) -> PeriodExpectation:
    """Return the expected response of a period at ``factor`` times the assumed calls.

    Each response counts with what the plan then in force expects at its site, so the demand's
    split among sites has no influence. A period without any plan in force is compared with the plan
    of ``state``; a period with a plan for only part of it is not compared at all.
    """
    period = find_period_plans(state.saved_project, series)
    if period.plans and period.without:
        n = period.without + period.responses.total()
        why_not = Message("plan_not_all_along", without=period.without, n=n)
        return PeriodExpectation(why=why_not)
    plans = period.plans or ((state.plan,) if state.plan is not None else ())
    if not plans:
        return PeriodExpectation()
    by_day = PlanByDay(state.saved_project, series.first, series.last, series.last)
    uids = [plan.uid if plan is not None else "" for plan in by_day.plans]
    in_force = [
        uids[number] if number != NO_NAME else plans[0].uid
        for number in by_day.in_force(series.dispatch_days).tolist()
    ]
    expected = {plan.uid: _evaluate_plan(state, plan, factor, target_min) for plan in plans}
    rows = [
        _get_site_response(expected[uid], site)
        for uid, site in zip(in_force, series.dispatch_sites, strict=True)
    ] or [_get_site_response(expected[plans[0].uid], "")]
    each, shares = (np.array(column, float) for column in zip(*rows, strict=True))
    if np.isnan(each).any() or np.isnan(shares).any():
        return PeriodExpectation()
    mean_min, share = float(each.mean()), float(shares.mean())
    named = [
        Message("plan_of_responses", plan=plan.name, n=period.responses[plan.uid]) for plan in plans
    ]
    weighed = (Message("plans_weighed", plans=named),) if len(plans) > 1 else ()
    return PeriodExpectation(mean_min, share, each if series.dispatch_sites else None, weighed)


def _evaluate_plan(
    state: ProjectState, plan: Plan, factor: float, target_min: float
) -> ExpectedResponse:
    if state.plan is None or state.plan.uid != plan.uid:
        state = derive_state(state.saved_project, plan, state, drawn=False)
    under = ResponseConditions(target_min=target_min)
    if factor != 1.0:
        loads = zip(state.basis.index, state.basis.loads, strict=True)
        calls_per_h = {site: load.calls * factor / SCHOOL_DAY_H for site, load in loads}
        under = replace(under, calls_per_h=calls_per_h)
    return evaluate_response(state, under=under)


def _get_site_response(expected: ExpectedResponse, site: str) -> tuple[float | None, float | None]:
    """Return the mean and the share within the target of answered calls at a site.

    They are the plan's if no unit would answer there.
    """
    own = expected.sites.get(site)
    if own is None or own.mean_response_min is None or own.served_share <= 0:
        return expected.mean_response_min, expected.answered_within_target
    return own.mean_response_min, own.share_within_target / own.served_share


def judge_against_plan(
    log: LogArrays, state: ProjectState, series: CoverageSeries, *, target_min: float
) -> list[Verdict]:
    """Judge a period's series against what the plan expects, on a comparable basis.

    The model covers turnout and drive of answered calls, so it is compared with the time from
    dispatched to on scene. It is evaluated at the rate of calls in the period on school days in
    bell windows, or, if they are too few to tell, at the rate of all days on record up to its end.
    Expectations are for the schools where the calls came and the plans then in force; ``state``
    has the plan for a period without any. Days not declared complete are not judged, nor is the
    number of calls against a demand that was learned from the same days.
    """
    observed = count_observed_calls(
        state.saved_project, log, series.last_over, first=series.first, last=series.last
    )
    assumed = sum(load.calls for load in state.basis.loads)
    calls_per_day = assumed
    if assumed:
        whole = count_observed_calls(state.saved_project, log, series.last_over)
        calls_per_day = _compute_daily_calls(observed) or _compute_daily_calls(whole) or assumed
    factor = calls_per_day / assumed if assumed else 1.0
    expected = expect_period_response(state, series, factor=factor, target_min=target_min)
    within = int((series.dispatch_min <= target_min).sum())
    n = len(series.dispatch_min)
    mean = judge_mean_response(
        series.dispatch_min,
        expected.mean_min,
        expected_by_response=expected.each_min,
        calls_per_day=calls_per_day,
    )
    share = judge_share_within(within, n, expected.share, target_min=target_min, mean=mean)
    undeclared = "calls" in series.undeclared and n >= LEAST_N
    if why_not := Message("log_not_declared") if undeclared else expected.why:
        mean, share = (_withhold_verdict(verdict, why_not) for verdict in (mean, share))
    excluded = (
        ("calls_of_others", series.of_others),
        ("calls_not_modeled", series.of_other_times),
    )
    notes = (Message(code, n=n) for code, n in excluded if n)
    mean = replace(mean, messages=(*mean.messages, *expected.weighed, *notes))
    declared = state.saved_project.records.kind(INCIDENT_RECORDS).is_declared
    calls = judge_calls_per_day(observed.counts_a_day, assumed, complete=declared)
    if calls.outcome != TOO_FEW and _learned_same_days(state.saved_project, series):
        own = Message("verdict.calls.own", observed=calls.observed, n=calls.n, expected=assumed)
        calls = _withhold_verdict(calls, own, Message("demand_of_same_days"))
    return [mean, share, replace(calls, messages=(*calls.messages, *observed.apart))]


def _withhold_verdict(verdict: Verdict, *messages: Message) -> Verdict:
    return replace(verdict, low=None, high=None, outcome=TOO_FEW, messages=messages)


def _learned_same_days(project: Project, series: CoverageSeries) -> bool:
    """Return whether the demand in use was learned from days of the period."""
    demand = project.demand.in_use
    if demand is None or demand.source not in LEARNED_SOURCES:
        return False
    since, until = demand.since or date.min, demand.until or date.max
    return since <= series.last and until >= series.first


def _compute_daily_calls(observed: ObservedCalls) -> float:
    """Return the observed calls per school day, or 0 if they are too few to tell."""
    if observed.school_days < LEAST_N or observed.incidents < LEAST_N:
        return 0.0
    return observed.incidents / observed.school_days
