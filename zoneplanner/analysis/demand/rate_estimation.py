"""Daily rates with intervals from counts, and the split of a district's calls among its sites.

The split is a gamma-Poisson model: a site's rate is its share by level and enrollment times a
factor that varies between sites. The variation is not assumed: each spread of a grid is weighted by
how well it explains the counts of all sites (empirical Bayes with uncertainty about the spread,
Carlin and Louis 2000, 3.4), so few calls leave wide intervals and many narrow ones.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, gammaln, ndtr, stdtrit

from zoneplanner.analysis.arrays import FloatArray, IntArray

RATE_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class DailyRate:
    """A daily mean, its interval, and the number of days counted.

    ``scale`` is the variance of the days over their mean, 1 if chance alone explains them.
    """

    value: float
    low: float
    high: float
    days: int
    scale: float = 1.0


def estimate_daily_rate(
    counts: IntArray | FloatArray, *, alpha: float = RATE_ALPHA, least_spread: float = 1.0
) -> DailyRate:
    """Return the daily mean of counts and the interval that misses the true mean with ``alpha``.

    ``counts`` has the shape (days,), for two days or more. There is no prior for the rate. Days
    vary by more than chance: the variance over the mean is estimated from them, at least
    ``least_spread`` (1 is Poisson's), and Student's distribution accounts for the uncertainty of
    that estimate (quasi-Poisson, McCullagh and Nelder 1989, 9.2). The interval is a gamma
    distribution's, between the conservative and the liberal one. With a spread of 1 it is
    conservative; with less, a test by it has its nominal error rate.
    """
    days, total = len(counts), float(counts.sum())
    mean = total / days
    spread = float(((counts - mean) ** 2).sum()) / (days - 1)
    scale = max(least_spread, spread / mean) if total else 1.0
    tail = 1.0 - float(ndtr(stdtrit(days - 1, 1.0 - alpha / 2)))
    events = total / scale + 0.5
    low, high = (float(gammaincinv(events, share)) * scale / days for share in (tail, 1.0 - tail))
    return DailyRate(mean, low if total else 0.0, high, days, scale)


_PRIOR_LEVEL_CALLS = 10.0
"""The weight of a level's share by enrollment, in calls."""
_SPREADS = np.linspace(0.7, 3.0, 20)
"""Possible standard deviations of the factor, equally likely a priori.

The smallest is the least variation not explained by level and enrollment; with it the intervals of
sites contain the true value in 93 of 100 cases even if calls follow the root of the enrollment
(``test-long``).
"""
_TAILS = (0.025, 0.975)


def estimate_site_rates(
    weights: FloatArray, counted: FloatArray, levels: np.ndarray, *, scale: float
) -> tuple[FloatArray, FloatArray]:
    """Return each site's share of the calls, (sites,), and its interval, (2, sites).

    ``weights`` (sites,) are the students in thousands times the factor of the level, ``counted``
    (sites,) the calls of each site, ``levels`` (sites,) the name of its level, ``scale`` the
    variance of a day's calls over their mean. The shares sum to 1, and the bounds have the same
    unit. A site with fewer students than most has a larger spread.
    """
    expected = _expect_by_level(weights, counted, levels)
    some = weights > 0
    usual = float(np.median(weights[some])) if some.any() else 1.0
    prior = np.clip(weights / usual, 1e-6, 1.0) / _SPREADS[:, None] ** 2
    log_likelihood = _compute_log_likelihood(counted[some], expected[some], prior[:, some])
    weight = np.exp(log_likelihood - log_likelihood.max())
    weight = (weight / weight.sum())[:, None]
    shape, rate = prior + counted / scale, prior + expected / scale
    mean = (weight * shape / rate).sum(axis=0)
    variance = (weight * (shape / rate**2 + (shape / rate) ** 2)).sum(axis=0) - mean**2
    calls = np.where(expected > 0, expected, weights) * mean
    share = calls / max(float(calls.sum()), 1e-9)
    fitted = mean**2 / variance  # the shape of the gamma distribution with that mean and variance
    return share, np.array([share * gammaincinv(fitted, tail) / fitted for tail in _TAILS])


def _expect_by_level(weights: FloatArray, counted: FloatArray, levels: np.ndarray) -> FloatArray:
    """Return each site's calls by enrollment, with its level's total shrunk toward the count."""
    expected = weights * (float(counted.sum()) / max(float(weights.sum()), 1e-9))
    for level in np.unique(levels):
        own = levels == level
        whole = float(expected[own].sum())
        expected[own] *= (_PRIOR_LEVEL_CALLS + counted[own].sum()) / (_PRIOR_LEVEL_CALLS + whole)
    return expected


def _compute_log_likelihood(
    counted: FloatArray, expected: FloatArray, prior: FloatArray
) -> FloatArray:
    """Return the log likelihood of each spread, up to a constant; shape (spreads,).

    The counts are negative binomial given the spread; ``prior`` (spreads, sites) is one over its
    square.
    """
    if not expected.any():
        return np.zeros(len(prior))
    terms = gammaln(prior + counted) - gammaln(prior)
    terms += prior * np.log(prior / (prior + expected))
    terms += counted * np.log(expected / (prior + expected))
    return np.asarray(terms.sum(axis=1))
