"""Verdicts: figures compared with another period and with what was expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot

import numpy as np
from scipy.special import ndtri, stdtrit

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.coverage.coverage_table import count_due_visits
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.coverage.log_period import PeriodRecords
from zoneplanner.analysis.coverage.response_figures import measure_minutes_between
from zoneplanner.analysis.coverage.visit_figures import count_visits_by_day
from zoneplanner.analysis.demand.call_demand import count_observed_calls
from zoneplanner.analysis.demand.rate_estimation import estimate_daily_rate
from zoneplanner.analysis.intervals import compute_wilson_interval
from zoneplanner.messages import Message

_FAMILY_ALPHA = 0.05
_ALPHA = _FAMILY_ALPHA / 2
"""The significance level of each of two separate judgments: the response, and the calls."""
_MIN_SPREAD = 0.5
"""Real days hardly ever vary less; this keeps a few equal days from proving much."""
_SHOWN_ALPHA = 0.05
AS_EXPECTED = "as_expected"
TOO_FEW = "too_few"
MEAN_RESPONSE = Message("judged.mean")


@dataclass(frozen=True, slots=True)
class Verdict:
    """An observed figure with the interval for its true value, and the expected value.

    ``calls_per_day`` are the calls per school day that the expected response is for. ``outcome`` is
    ``better``, ``worse``, ``more``, ``fewer``, ``as_expected`` or ``too_few``.
    """

    name: Message
    observed: float | None
    low: float | None
    high: float | None
    expected: float | None
    n: int
    calls_per_day: float = 0.0
    outcome: str = TOO_FEW
    messages: tuple[Message, ...] = ()


def judge_mean_response(
    minutes: FloatArray,
    expected: float | None,
    *,
    expected_by_response: FloatArray | None = None,
    calls_per_day: float = 0.0,
) -> Verdict:
    """Judge the mean response by Student's interval.

    ``minutes``, shape (responses,), are from dispatched to on scene, because the value ``expected``
    at ``calls_per_day`` covers turnout and drive. With ``expected_by_response``, of the same
    shape, differences between schools are not counted as chance.
    """
    name, n = MEAN_RESPONSE, len(minutes)
    mean = float(np.mean(minutes)) if n else None
    if n < LEAST_N or expected is None or mean is None:
        return _make_too_few(name, mean, expected, n)
    residuals = minutes if expected_by_response is None else minutes - expected_by_response
    error = float(np.std(residuals, ddof=1)) / n**0.5
    shown, strict = (
        (max(0.0, mean - quantile * error), mean + quantile * error)
        for quantile in stdtrit(n - 1, [1 - alpha / 2 for alpha in (_SHOWN_ALPHA, _ALPHA)]).tolist()
    )
    verdict = Verdict(name, mean, *shown, expected, n, calls_per_day)
    return _judge("mean", verdict, strict, over="worse", under="better")


def judge_share_within(
    within: int, n: int, expected: float | None, *, target_min: float, mean: Verdict
) -> Verdict:
    """Judge the share of responses within the target by Wilson's interval.

    ``expected`` is the share of answered calls. If ``mean``, the verdict on the mean response, is
    as expected, so is the share.
    """
    name = Message("judged.share", target_min=target_min)
    share = within / n if n else None
    if n < LEAST_N or expected is None or share is None:
        return _make_too_few(name, share, expected, n)
    shown, strict = (
        compute_wilson_interval(share, n, float(ndtri(1 - alpha / 2)))
        for alpha in (_SHOWN_ALPHA, _ALPHA)
    )
    verdict = Verdict(name, share, *shown, expected, n, mean.calls_per_day)
    judged = _judge("share", verdict, strict, over="better", under="worse")
    if mean.outcome != AS_EXPECTED or judged.outcome == AS_EXPECTED:
        return judged
    return _conclude("share", verdict, AS_EXPECTED, code="outcome.as_expected.mean")


def judge_calls_per_day(counts: IntArray, assumed: float, *, complete: bool) -> Verdict:
    """Judge the calls of school days, shape (days,), against the project's demand.

    Only on days declared ``complete`` is a day without a call known to be quiet.
    """
    name, days = Message("judged.calls"), len(counts)
    mean = float(counts.mean()) if days else None
    if not complete:
        return _make_too_few(name, mean, assumed, days, template="log_not_declared")
    if days < LEAST_N:
        return _make_too_few(name, mean, assumed, days, template="too_few.days")
    rate = estimate_daily_rate(counts)
    strict = estimate_daily_rate(counts, alpha=_ALPHA, least_spread=_MIN_SPREAD)
    verdict = Verdict(name, rate.value, rate.low, rate.high, assumed, days)
    return _judge("calls", verdict, (strict.low, strict.high), over="more", under="fewer")


def _judge(
    kind: str, verdict: Verdict, strict: tuple[float, float], *, over: str, under: str
) -> Verdict:
    """Report a difference only if the shown and the strict interval exclude the expected value."""
    assert verdict.low is not None and verdict.high is not None and verdict.expected is not None
    low, high = strict
    inside = verdict.low <= verdict.expected <= verdict.high
    if not inside and not low <= verdict.expected <= high:
        return _conclude(kind, verdict, over if low > verdict.expected else under)
    return _conclude(kind, verdict, AS_EXPECTED, code="" if inside else "outcome.as_expected.close")


def _conclude(kind: str, verdict: Verdict, outcome: str, *, code: str = "") -> Verdict:
    facts = ("observed", "low", "high", "expected", "n", "calls_per_day")
    found = Message(f"verdict.{kind}", **{fact: getattr(verdict, fact) for fact in facts})
    judged = Message(code or f"outcome.{outcome}")
    return replace(verdict, outcome=outcome, messages=(found, judged))


def _make_too_few(
    name: Message,
    observed: float | None,
    expected: float | None,
    n: int,
    *,
    template: str = "too_few",
) -> Verdict:
    why = Message("no_plan_to_judge" if expected is None else template, n=n, least=LEAST_N)
    return Verdict(name, observed, None, None, expected, n, messages=(why,))


FIGURE_KINDS = {
    "visits_per_school_day": "visits",
    "required_visits_share": "visits",
    "calls_per_school_day": "calls",
    "response_mean_min": "calls",
    "response_within_target_share": "calls",
}
"""The figures compared between two periods, in a report's order, and the records of each."""
PERIOD_FIGURES = tuple(FIGURE_KINDS)
_DAY_FIGURES = PERIOD_FIGURES[:3]
"""Withheld if days are not declared: a missing day would count as one without records."""
NOT_DECLARED = "not_declared"


@dataclass(frozen=True, slots=True)
class PeriodEstimate:
    """A figure of one period with its interval, or None if ``n`` records are too few to tell.

    It is ``withheld`` if publishing it would reveal a small number, and ``undeclared`` if it
    depends on days without records that are not declared complete.
    """

    value: float | None
    low: float
    high: float
    n: int
    withheld: bool = False
    undeclared: bool = False


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """A figure's difference from another period's, now less before.

    ``outcome`` is ``more``, ``less``, ``chance``, ``too_few`` or, if days are not declared
    complete, ``not_declared``. For the last two, the difference and its bounds are None.
    """

    name: str
    now: PeriodEstimate
    before: PeriodEstimate
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    outcome: str = TOO_FEW


def compare_periods(
    now: PeriodRecords,
    others: Sequence[PeriodRecords],
    *,
    target_min: float,
) -> tuple[tuple[PeriodChange, ...], ...]:
    """Compare a period with others: for each of them, return the change of each figure."""
    alpha = _FAMILY_ALPHA / max(len(PERIOD_FIGURES) * len(others), 1)
    own, *theirs = (
        _estimate_figures(period, target_min=target_min, alpha=alpha) for period in (now, *others)
    )
    undeclared = ({*now.basis.undeclared, *period.basis.undeclared} for period in others)
    return tuple(
        tuple(
            _compare_figures(name, own[name], other[name], declared=FIGURE_KINDS[name] not in kinds)
            for name in PERIOD_FIGURES
        )
        for kinds, other in zip(undeclared, theirs, strict=True)
    )


def _estimate_figures(
    period: PeriodRecords, *, target_min: float, alpha: float
) -> Mapping[str, PeriodEstimate]:
    due_per_day = count_due_visits(period.project, period.names)
    start, days = period.first.toordinal(), len(period.in_school)
    visits = np.bincount(period.visits["day"] - start, minlength=days)[period.in_school]
    observed = count_observed_calls(
        period.project, period.log, period.last_over, first=period.first, skipped_marks=0
    )
    calls = observed.counts_a_day
    made_by_site = count_visits_by_day(period.visits, due_per_day, start, period.in_school)
    made = made_by_site.sum(axis=0)[period.in_school]
    response = measure_minutes_between(period.calls["received"], period.calls["onscene"])[0]
    within = int((response <= target_min).sum())
    due = float(due_per_day.sum())
    estimates = {
        "visits_per_school_day": _estimate_rate(visits.astype(np.float64), alpha),
        "required_visits_share": _estimate_mean(
            made / due if due else made[:0], alpha, upper_limit=1.0
        ),
        "calls_per_school_day": _estimate_rate(calls.astype(np.float64), alpha),
        "response_mean_min": _estimate_mean(response, alpha),
        "response_within_target_share": _estimate_share(within, len(response), alpha),
    }
    for name in _DAY_FIGURES:
        is_undeclared = FIGURE_KINDS[name] in period.basis.undeclared
        if is_undeclared and estimates[name].value is not None:
            estimates[name] = PeriodEstimate(None, 0.0, 0.0, 0, undeclared=True)
    return estimates


def _estimate_rate(counts: FloatArray, alpha: float) -> PeriodEstimate:
    """Estimate the daily mean of ``counts``, shape (days,)."""
    if len(counts) < LEAST_N:
        return PeriodEstimate(None, 0.0, 0.0, len(counts))
    rate = estimate_daily_rate(counts, alpha=alpha)
    return PeriodEstimate(rate.value, rate.low, rate.high, rate.days)


def _estimate_mean(values: FloatArray, alpha: float, upper_limit: float = np.inf) -> PeriodEstimate:
    """Estimate a mean by Student's interval; ``values``, shape (n,), are nonnegative."""
    n = len(values)
    if n < LEAST_N:
        return PeriodEstimate(None, 0.0, 0.0, n)
    mean = float(np.mean(values))
    half_width = float(stdtrit(n - 1, 1 - alpha / 2)) * float(np.std(values, ddof=1)) / n**0.5
    return PeriodEstimate(mean, max(0.0, mean - half_width), min(upper_limit, mean + half_width), n)


def _estimate_share(part: int, n: int, alpha: float) -> PeriodEstimate:
    if n < LEAST_N:
        return PeriodEstimate(None, 0.0, 0.0, n)
    share = part / n
    return PeriodEstimate(share, *compute_wilson_interval(share, n, float(ndtri(1 - alpha / 2))), n)


def _compare_figures(
    name: str, now: PeriodEstimate, before: PeriodEstimate, *, declared: bool
) -> PeriodChange:
    if any(each.value is None and not each.undeclared for each in (now, before)):
        return PeriodChange(name, now, before)
    if now.value is None or before.value is None or not declared:
        return PeriodChange(name, now, before, outcome=NOT_DECLARED)
    # the MOVER interval from the two periods' own intervals (Zou and Donner, 2008)
    difference = now.value - before.value
    low = difference - hypot(now.value - now.low, before.high - before.value)
    high = difference + hypot(now.high - now.value, before.value - before.low)
    outcome = "more" if low > 0 else "less" if high < 0 else "chance"
    return PeriodChange(name, now, before, difference, low, high, outcome)
