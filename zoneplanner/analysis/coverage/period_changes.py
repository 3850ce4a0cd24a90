"""How a period differs from another one: figures with intervals, and what is more than chance.

The interval of a difference follows from those of the two figures (MOVER: Zou and Donner 2008; for
shares it is Newcombe's). The intervals of one report hold all together in 95 of 100 cases, by
Bonferroni's inequality, so that of reports of months that are alike at most 5 in 100 claim any
change at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from scipy.special import ndtri, stdtrit

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.coverage.coverage_table import count_due_visits
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.coverage.log_period import PeriodRecords
from zoneplanner.analysis.coverage.response_figures import measure_minutes_between
from zoneplanner.analysis.coverage.visit_figures import count_visits_by_day
from zoneplanner.analysis.demand.call_demand import count_observed_calls
from zoneplanner.analysis.demand.daily_rate import estimate_daily_rate
from zoneplanner.analysis.intervals import compute_wilson_interval

_FAMILY_DOUBT = 0.05
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
