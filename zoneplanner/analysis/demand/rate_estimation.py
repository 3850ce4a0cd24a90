"""Calls a day with the interval for the true rate, from how many came on each of some days.

How the calls of a district fall on its sites, and how far each site's rate is known.

A gamma-Poisson model: a site's rate is its share by level and enrollment times a factor that varies
between sites. How much it varies is not assumed: each spread of a grid counts by how well it
explains the counts of all sites (empirical Bayes that keeps the doubt about the spread, Carlin and
Louis 2000, 3.4), so few calls leave wide intervals and many narrow ones."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, gammaln, ndtr, stdtrit

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


_PRIOR_LEVEL_CALLS = 10.0
"""The share that a level has by enrollment counts as much as so many calls."""
_SPREADS = np.linspace(0.7, 3.0, 20)
"""Standard deviations of the factor that are thought possible, as likely as one another.

The least is what level and enrollment leave open at best; with it the intervals of sites hold in 93
of 100 cases where the truth goes by the root of the enrollment, too (``test-long``).
"""
_TAILS = (0.025, 0.975)


def estimate_site_rates(
    weights: FloatArray, counted: FloatArray, levels: np.ndarray, *, scale: float
) -> tuple[FloatArray, FloatArray]:
    """Return each site's share of the calls, (sites,), and its interval, (2, sites).

    ``weights`` (sites,) are the students in thousands times the factor of the level, ``counted``
    (sites,) the calls of each site, ``levels`` (sites,) the name of each one's level, ``scale``
    the variance of a day's calls over their mean. The shares sum to 1;
    the bounds are in their unit. A site with fewer students than most has the larger spread.
    """
    expected = _expect_by_level(weights, counted, levels)
    some = weights > 0
    usual = float(np.median(weights[some])) if some.any() else 1.0
    prior = np.clip(weights / usual, 1e-6, 1.0) / _SPREADS[:, None] ** 2
    odds = _compute_log_likelihood(counted[some], expected[some], prior[:, some])
    odds = np.exp(odds - odds.max())
    odds = (odds / odds.sum())[:, None]
    shape, rate = prior + counted / scale, prior + expected / scale
    mean = (odds * shape / rate).sum(axis=0)
    variance = (odds * (shape / rate**2 + (shape / rate) ** 2)).sum(axis=0) - mean**2
    calls = np.where(expected > 0, expected, weights) * mean
    share = calls / max(float(calls.sum()), 1e-9)
    known = mean**2 / variance  # the gamma distribution of that mean and variance
    return share, np.array([share * gammaincinv(known, tail) / known for tail in _TAILS])


def _expect_by_level(weights: FloatArray, counted: FloatArray, levels: np.ndarray) -> FloatArray:
    """Return the calls of each site by enrollment, of as many as its level nearly has."""
    expected = weights * (float(counted.sum()) / max(float(weights.sum()), 1e-9))
    for level in np.unique(levels):
        own = levels == level
        whole = float(expected[own].sum())
        expected[own] *= (_PRIOR_LEVEL_CALLS + counted[own].sum()) / (_PRIOR_LEVEL_CALLS + whole)
    return expected


def _compute_log_likelihood(
    counted: FloatArray, expected: FloatArray, prior: FloatArray
) -> FloatArray:
    """Return how well each spread explains the counts, up to a constant; shape (spreads,).

    They are negative binomial given the spread; ``prior`` (spreads, sites) is one over its square.
    """
    if not expected.any():
        return np.zeros(len(prior))
    likely = gammaln(prior + counted) - gammaln(prior)
    likely += prior * np.log(prior / (prior + expected))
    likely += counted * np.log(expected / (prior + expected))
    return np.asarray(likely.sum(axis=1))
