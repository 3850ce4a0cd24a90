"""The plans that were in force when a period's calls came, and what they lead one to expect.

What the log of a period says against what the plan expects, and what is not judged of it.
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
from zoneplanner.analysis.planning_basis import SCHOOL_DAY_H
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.analysis.response_times.expected_response import ExpectedResponse
from zoneplanner.app.coverage.expected_response import evaluate_response
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.demand import LEARNED_SOURCES
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import render_message


@dataclass(frozen=True, slots=True)
class PeriodPlans:
    """The plans in force when a period's responses came, and by uid how many each had.

    ``without`` are those that came when no plan was in force.
    """

    plans: tuple[Plan, ...]
    responses: Counter[str]
    without: int


@dataclass(frozen=True, slots=True)
class PeriodExpectation:
    """What to expect of a period: of answered calls, the mean and the share within the target.

    Both are None where there is nothing to compare with, and ``why_not`` says why if that is not
    for want of a plan. ``each_min`` is the mean at the site of each response, shape (responses,).
    ``weighed`` says of which plans they are, where there are several.
    """

    mean_min: float | None = None
    share: float | None = None
    each_min: FloatArray | None = None
    weighed: str = ""
    why_not: str = ""


def find_period_plans(project: Project, series: CoverageSeries) -> PeriodPlans:
    """Return the plans that were in force when the responses of a period came."""
    by_day = PlanByDay(project, series.first, series.last, series.last)
    numbers = by_day.in_force(series.dispatch_days)
    found = {
        number: int(n) for number, n in zip(*np.unique(numbers, return_counts=True), strict=True)
    }
    without = found.pop(NO_NAME, 0)
    pairs = [(plan, n) for number, n in found.items() if (plan := by_day.plans[number])]
    plans = tuple(plan for plan, _ in pairs)
    return PeriodPlans(plans, Counter({plan.uid: n for plan, n in pairs}), without)


def expect_period_response(
    state: ProjectState, series: CoverageSeries, *, factor: float, target_min: float
) -> PeriodExpectation:
    """Return what to expect of a period at ``factor`` times the calls that are assumed.

    Of each response it is what the plan then in force leads one to expect at its site, so that how
    the demand shares calls among sites decides nothing. A period without any plan in force is held
    against the plan of ``state``; one that had none in part against nothing.
    """
    of = find_period_plans(state.saved_project, series)
    if of.plans and of.without:
        facts = {"without": of.without, "n": of.without + of.responses.total()}
        return PeriodExpectation(why_not=render_message("plan_not_all_along", facts))
    plans = of.plans or ((state.plan,) if state.plan is not None else ())
    if not plans:
        return PeriodExpectation()
    by_day = PlanByDay(state.saved_project, series.first, series.last, series.last)
    uids = [plan.uid if plan is not None else "" for plan in by_day.plans]
    in_force = [
        uids[at] if at != NO_NAME else plans[0].uid
        for at in by_day.in_force(series.dispatch_days).tolist()
    ]
    found = {plan.uid: _expect_of(state, plan, factor, target_min) for plan in plans}
    rows = [
        _expect_at(found[uid], site)
        for uid, site in zip(in_force, series.dispatch_sites, strict=True)
    ] or [_expect_at(found[plans[0].uid], "")]
    each, shares = (np.array(column, float) for column in zip(*rows, strict=True))
    if np.isnan(each).any() or np.isnan(shares).any():
        return PeriodExpectation()
    mean_min, share = float(each.mean()), float(shares.mean())
    weighed = ""
    if len(plans) > 1:
        named = [
            render_message("plan_of_responses", {"plan": plan.name, "n": of.responses[plan.uid]})
            for plan in plans
        ]
        weighed = render_message("plans_weighed", {"plans": named})
    return PeriodExpectation(mean_min, share, each if series.dispatch_sites else None, weighed)


def _expect_of(
    state: ProjectState, plan: Plan, factor: float, target_min: float
) -> ExpectedResponse:
    if state.plan is None or state.plan.uid != plan.uid:
        state = derive_state(state.saved_project, plan, state, drawn=False)
    under = _expect_calls_of(state, factor)
    return evaluate_response(state, under=under, target_min=target_min)


def _expect_at(found: ExpectedResponse, site: str) -> tuple[float | None, float | None]:
    """Return what an answered call at a site meets; that of all where nobody would come there."""
    own = found.sites.get(site)
    if own is None or own.mean_response_min is None or own.served_share <= 0:
        return found.mean_response_min, found.answered_within_target
    return own.mean_response_min, own.share_within_target / own.served_share


def _expect_calls_of(state: ProjectState, factor: float) -> ResponseConditions:
    """Return conditions with so many times the calls assumed, shared among the sites alike."""
    if factor == 1.0:
        return USUAL_CONDITIONS
    pairs = zip(state.basis.index, state.basis.loads, strict=True)
    return ResponseConditions(
        calls_per_h={site: load.calls * factor / SCHOOL_DAY_H for site, load in pairs}
    )


def judge_against_plan(
    log: LogArrays, state: ProjectState, series: CoverageSeries, *, target_min: float
) -> list[Verdict]:
    """Judge the series of a period against what the plan expects, like with like.

    The model knows turnout and drive of answered calls, so they are held against the time from
    dispatched to on scene, and it is asked for as many calls as came in the period on school days
    in bell windows; where too few came to tell, at the rate of all days on record up to its end.
    What is expected is that of the schools where the calls came and of the plans then in force;
    ``state`` gives the plan of a period without any. Nothing is judged of days that nobody declared
    complete, nor a number of calls against a demand that was learned from the same days.
    """
    known = count_observed_calls(
        state.saved_project, log, series.last_over, first=series.first, last=series.last
    )
    assumed = sum(load.calls for load in state.basis.loads)
    calls_per_day = assumed
    if assumed:
        whole = count_observed_calls(state.saved_project, log, series.last_over)
        calls_per_day = _find_daily_calls(known) or _find_daily_calls(whole) or assumed
    factor = calls_per_day / assumed if assumed else 1.0
    expected = expect_period_response(state, series, factor=factor, target_min=target_min)
    within = int((series.dispatch_min <= target_min).sum())
    n = len(series.dispatch_min)
    mean = judge_mean_response(
        series.dispatch_min, expected.mean_min, each=expected.each_min, calls_per_day=calls_per_day
    )
    share = judge_share_within(within, n, expected.share, target_min=target_min, mean=mean)
    undeclared = "calls" in series.undeclared and n >= LEAST_N
    if why_not := render_message("log_not_declared", {}) if undeclared else expected.why_not:
        mean, share = (_withhold_verdict(one, why_not) for one in (mean, share))
    mean = replace(mean, words=" ".join(filter(None, (mean.words, expected.weighed))))
    for code, left in (
        ("calls_of_others", series.of_others),
        ("calls_not_modeled", series.of_other_times),
    ):
        if left:
            mean = replace(mean, words=f"{mean.words} {render_message(code, {'n': left})}")
    declared = state.saved_project.records.kind(INCIDENT_RECORDS).is_declared
    calls = judge_calls_per_day(known.counts_a_day, assumed, complete=declared)
    if calls.outcome != TOO_FEW and (why_not := _find_own_demand(state.saved_project, series)):
        facts = {"observed": calls.observed, "n": calls.n, "expected": assumed}
        words = f"{render_message('verdict.calls.own', facts)} {why_not}"
        calls = _withhold_verdict(calls, words)
    return [
        mean,
        share,
        replace(calls, words=" ".join(filter(None, (calls.words, known.apart)))),
    ]


def _withhold_verdict(found: Verdict, words: str) -> Verdict:
    return replace(found, low=None, high=None, outcome=TOO_FEW, words=words)


def _find_own_demand(project: Project, series: CoverageSeries) -> str:
    """Say that the demand in use was learned from days of a period; empty where it was not."""
    demand = project.demand.in_use
    if demand is None or demand.source not in LEARNED_SOURCES:
        return ""
    since, until = demand.since or date.min, demand.until or date.max
    if since > series.last or until < series.first:
        return ""
    return render_message("demand_of_same_days", {})


def _find_daily_calls(known: ObservedCalls) -> float:
    """Return as many calls per school day as were observed; 0 where these are too few to tell."""
    if known.school_days < LEAST_N or known.incidents < LEAST_N:
        return 0.0
    return known.incidents / known.school_days
