"""Calls a day with the interval for the true rate, from how many came on each of some days."""

from dataclasses import dataclass

from scipy.special import gammaincinv, ndtr, stdtrit

from zoneplanner.analysis.arrays import FloatArray, IntArray

RATE_DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class DailyRate:
    """A mean a day, its interval, and the days that it was counted on.

    ``scale`` is the variance of the days over their mean, 1 where chance alone explains them.
    """

    value: float
    low: float
    high: float
    days: int
    scale: float = 1.0


def estimate_daily_rate(
    counts: IntArray | FloatArray, *, doubt: float = RATE_DOUBT, least_spread: float = 1.0
) -> DailyRate:
    """Return the mean of counts a day and the interval that misses the true one with ``doubt``.

    ``counts`` has the shape (days,), of two days or more. Nothing is assumed of the rate. Days vary
    by more than chance alone: the variance over the mean is estimated from them, at least
    ``least_spread`` (1 is Poisson's), and Student's distribution stands for how well so few days
    show it (quasi-Poisson, McCullagh and Nelder 1989, 9.2). The interval is a gamma distribution's,
    in between of those that hold at least and at most as often as they say. With a spread of 1 it
    holds more often than it says; below that it is a test that errs as often as it says.
    """
    days, total = len(counts), float(counts.sum())
    mean = total / days
    spread = float(((counts - mean) ** 2).sum()) / (days - 1)
    scale = max(least_spread, spread / mean) if total else 1.0
    tail = 1.0 - float(ndtr(stdtrit(days - 1, 1.0 - doubt / 2)))
    events = total / scale + 0.5
    low, high = (float(gammaincinv(events, share)) * scale / days for share in (tail, 1.0 - tail))
    return DailyRate(mean, low if total else 0.0, high, days, scale)
