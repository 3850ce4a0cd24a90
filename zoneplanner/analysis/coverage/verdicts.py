"""What figures show: against another period, with intervals, and against what was expected."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
from zoneplanner.messages import render_message

_FAMILY_DOUBT = 0.05
_DOUBT = _FAMILY_DOUBT / 2
"""Of each of the two that are judged on their own: the response, and the calls."""
_LEAST_SPREAD = 0.5
"""Days that are judged are hardly ever more even; it keeps a few equal days from proving much."""
_SHOWN_DOUBT = 0.05
AS_EXPECTED = "as expected"
TOO_FEW = "too few"
MEAN_RESPONSE = "Mean, dispatched to on scene"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure as observed, with the interval for its true value, and as expected.

    ``calls_per_day`` are the calls per school day for which a response is expected. ``outcome`` is
    ``better``, ``worse``, ``more``, ``fewer``, ``as expected`` or ``too few``.
    """

    name: str
    observed: float | None
    low: float | None
    high: float | None
    expected: float | None
    n: int
    calls_per_day: float = 0.0
    outcome: str = TOO_FEW
    words: str = ""


def judge_mean_response(
    minutes: FloatArray,
    expected: float | None,
    *,
    each: FloatArray | None = None,
    calls_per_day: float = 0.0,
) -> Verdict:
    """Judge the mean response, by Student's interval.

    ``minutes`` has the shape (responses,): what is ``expected`` at so many ``calls_per_day`` is
    turnout and drive, so they are from dispatched to on scene. Where it is known of ``each``, what
    schools differ by is no chance.
    """
    name, n = MEAN_RESPONSE, len(minutes)
    mean = float(np.mean(minutes)) if n else None
    if n < LEAST_N or expected is None or mean is None:
        return _make_too_few(name, mean, expected, n)
    rest = minutes if each is None else minutes - each
    error = float(np.std(rest, ddof=1)) / n**0.5
    shown, judged = (
        (max(0.0, mean - times * error), mean + times * error)
        for times in stdtrit(n - 1, [1 - doubt / 2 for doubt in (_SHOWN_DOUBT, _DOUBT)]).tolist()
    )
    found = Verdict(name, mean, *shown, expected, n, calls_per_day)
    return _judge("mean", found, judged, over="worse", under="better")


def judge_share_within(
    within: int, n: int, expected: float | None, *, target_min: float, mean: Verdict
) -> Verdict:
    """Judge the share of responses within the target, by Wilson's interval.

    ``expected`` is that of answered calls. ``mean`` is the verdict of the mean response: where it
    is as expected, so is the share.
    """
    name = f"Within {target_min:g} min of dispatch"
    share = within / n if n else None
    if n < LEAST_N or expected is None or share is None:
        return _make_too_few(name, share, expected, n)
    shown, strict = (
        compute_wilson_interval(share, n, float(ndtri(1 - doubt / 2)))
        for doubt in (_SHOWN_DOUBT, _DOUBT)
    )
    found = Verdict(name, share, *shown, expected, n, mean.calls_per_day)
    judged = _judge("share", found, strict, over="better", under="worse")
    if mean.outcome != AS_EXPECTED or judged.outcome == AS_EXPECTED:
        return judged
    return _conclude("share", found, AS_EXPECTED, template="as expected.mean")


def judge_calls_per_day(counts: IntArray, assumed: float, *, complete: bool) -> Verdict:
    """Judge the calls of school days, shape (days,), against the demand of the project.

    Only of days that are declared ``complete`` is one without a call known to be a quiet one.
    """
    name, days = "Calls per school day", len(counts)
    mean = float(counts.mean()) if days else None
    if not complete:
        return _make_too_few(name, mean, assumed, days, template="log_not_declared")
    if days < LEAST_N:
        return _make_too_few(name, mean, assumed, days, template="too_few.days")
    rate = estimate_daily_rate(counts)
    strict = estimate_daily_rate(counts, doubt=_DOUBT, least_spread=_LEAST_SPREAD)
    found = Verdict(name, rate.value, rate.low, rate.high, assumed, days)
    return _judge("calls", found, (strict.low, strict.high), over="more", under="fewer")


def _judge(
    kind: str, found: Verdict, judged: tuple[float, float], *, over: str, under: str
) -> Verdict:
    """Judge by an interval of its own and that shown; where they differ, say why."""
    assert found.low is not None and found.high is not None and found.expected is not None
    low, high = judged
    inside = found.low <= found.expected <= found.high
    if not inside and not low <= found.expected <= high:
        return _conclude(kind, found, over if low > found.expected else under)
    return _conclude(kind, found, AS_EXPECTED, template="" if inside else "as expected.close")


def _conclude(kind: str, found: Verdict, outcome: str, *, template: str = "") -> Verdict:
    seen = render_message(f"verdict.{kind}", asdict(found))
    words = f"{seen} {render_message(f'outcome.{template or outcome}', {})}"
    return replace(found, outcome=outcome, words=words)


def _make_too_few(
    name: str, observed: float | None, expected: float | None, n: int, *, template: str = "too_few"
) -> Verdict:
    facts = {"n": n, "least": LEAST_N}
    words = render_message("no_plan_to_judge" if expected is None else template, facts)
    return Verdict(name, observed, None, None, expected, n, words=words)


PERIOD_FIGURES = (
    "visits_per_school_day",
    "required_visits_share",
    "calls_per_school_day",
    "response_mean_min",
    "response_within_target_share",
)
"""What is compared of two periods, in the order of a report."""
FIGURE_KINDS = dict(
    zip(PERIOD_FIGURES, ("visits", "visits", "calls", "calls", "calls"), strict=True)
)
"""Of which records each is."""
_OF_DAYS = PERIOD_FIGURES[:3]
"""Withheld for days that nobody declared: a day that is missing would count as one without any."""
NOT_DECLARED = "not declared"


@dataclass(frozen=True, slots=True)
class PeriodEstimate:
    """A figure of one period with its interval; None where ``n`` records are too few to tell.

    It is ``withheld`` where a public paper would give a small number away by it, and ``undeclared``
    where it rests on days without a record that nobody declared to be so.
    """

    value: float | None
    low: float
    high: float
    n: int
    withheld: bool = False
    undeclared: bool = False


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """How a figure differs from that of another period, now less before.

    ``outcome`` is ``more``, ``less``, ``chance``, ``too few`` or, of days that nobody declared
    complete, ``not declared``; the difference and its bounds are None where it is one of the last.
    """

    name: str
    now: PeriodEstimate
    before: PeriodEstimate
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    outcome: str = "too few"


def compare_periods(
    now: PeriodRecords,
    others: Sequence[PeriodRecords],
    *,
    target_min: float,
) -> tuple[tuple[PeriodChange, ...], ...]:
    """Compare the figures of a period with those of others: for each other one change a figure."""
    doubt = _FAMILY_DOUBT / max(len(PERIOD_FIGURES) * len(others), 1)
    own, *theirs = (
        _estimate_figures(cut, target_min=target_min, doubt=doubt) for cut in (now, *others)
    )
    undeclared = ({*now.basis.undeclared, *cut.basis.undeclared} for cut in others)
    return tuple(
        tuple(
            _compare_figures(name, own[name], other[name], declared=FIGURE_KINDS[name] not in kinds)
            for name in PERIOD_FIGURES
        )
        for kinds, other in zip(undeclared, theirs, strict=True)
    )


def _estimate_figures(
    cut: PeriodRecords, *, target_min: float, doubt: float
) -> Mapping[str, PeriodEstimate]:
    a_day = count_due_visits(cut.project, cut.names)
    start, days = cut.first.toordinal(), len(cut.in_school)
    visits = np.bincount(cut.visits["day"] - start, minlength=days)[cut.in_school]
    known = count_observed_calls(
        cut.project, cut.log, cut.last_over, first=cut.first, skipped_marks=0
    )
    calls = known.counts_a_day
    made = count_visits_by_day(cut.visits, a_day, start, cut.in_school).sum(axis=0)[cut.in_school]
    response = measure_minutes_between(cut.calls["received"], cut.calls["onscene"])[0]
    within = int((response <= target_min).sum())
    due = float(a_day.sum())
    found = dict(
        zip(
            PERIOD_FIGURES,
            (
                _estimate_rate(visits.astype(np.float64), doubt),
                _estimate_mean(made / due if due else made[:0], doubt, most=1.0),
                _estimate_rate(calls.astype(np.float64), doubt),
                _estimate_mean(response, doubt),
                _estimate_share(within, len(response), doubt),
            ),
            strict=True,
        )
    )
    undeclared = {one for one in _OF_DAYS if FIGURE_KINDS[one] in cut.basis.undeclared}
    return {
        name: PeriodEstimate(None, 0.0, 0.0, 0, undeclared=True)
        if name in undeclared and one.value is not None
        else one
        for name, one in found.items()
    }


def _estimate_rate(counts: FloatArray, doubt: float) -> PeriodEstimate:
    """Estimate a mean a day; ``counts`` has the shape (days,)."""
    if len(counts) < LEAST_N:
        return PeriodEstimate(None, 0.0, 0.0, len(counts))
    rate = estimate_daily_rate(counts, doubt=doubt)
    return PeriodEstimate(rate.value, rate.low, rate.high, rate.days)


def _estimate_mean(values: FloatArray, doubt: float, most: float = np.inf) -> PeriodEstimate:
    """Estimate a mean by Student's interval; ``values`` has the shape (n,), none is negative."""
    n = len(values)
    if n < LEAST_N:
        return PeriodEstimate(None, 0.0, 0.0, n)
    mean = float(np.mean(values))
    half = float(stdtrit(n - 1, 1 - doubt / 2)) * float(np.std(values, ddof=1)) / n**0.5
    return PeriodEstimate(mean, max(0.0, mean - half), min(most, mean + half), n)


def _estimate_share(part: int, n: int, doubt: float) -> PeriodEstimate:
    if n < LEAST_N:
        return PeriodEstimate(None, 0.0, 0.0, n)
    share = part / n
    return PeriodEstimate(share, *compute_wilson_interval(share, n, float(ndtri(1 - doubt / 2))), n)


def _compare_figures(
    name: str, now: PeriodEstimate, before: PeriodEstimate, *, declared: bool
) -> PeriodChange:
    if any(one.value is None and not one.undeclared for one in (now, before)):
        return PeriodChange(name, now, before)
    if now.value is None or before.value is None or not declared:
        return PeriodChange(name, now, before, outcome=NOT_DECLARED)
    found = now.value - before.value
    low = found - hypot(now.value - now.low, before.high - before.value)
    high = found + hypot(now.high - now.value, before.value - before.low)
    outcome = "more" if low > 0 else "less" if high < 0 else "chance"
    return PeriodChange(name, now, before, found, low, high, outcome)
