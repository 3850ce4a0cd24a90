"""What the log of a period says against what the plan expects, and what is not judged of it."""

from dataclasses import replace
from datetime import date

from zoneplanner.analysis.coverage.chart_series import CoverageSeries
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.coverage.verdicts import (
    TOO_FEW,
    Verdict,
    judge_calls_per_day,
    judge_mean_response,
    judge_share_within,
)
from zoneplanner.analysis.demand.call_demand import ObservedCalls, count_observed_calls
from zoneplanner.analysis.log.log_arrays import LogArrays
from zoneplanner.app.coverage.period_plans import expect_period_response
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.demand import LEARNED_SOURCES
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.project import Project
from zoneplanner.messages import render_message


def judge_against_plan(
    log: LogArrays, state: ProjectState, series: CoverageSeries, *, target_min: float
) -> list[Verdict]:
    """Judge the series of a period against what the plan expects, like with like.

    The model knows turn-out and drive of answered calls, so they are held against the time from
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
