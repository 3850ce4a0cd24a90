"""Confidence intervals: of shares by Wilson, of percentiles by order statistics."""

from functools import partial

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray

Z_95 = 1.959963984540054
"""The standard errors on either side that hold 95% of a normal distribution."""
_MAX_EXACT_TRIALS = 2_000
"""With more trials the quantile is that of the normal curve, off by at most one rank."""


def compute_wilson_bounds(
    shares: FloatArray, counts: FloatArray, z: float = Z_95
) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's interval (1927) of shares in ``counts`` trials, ``z`` errors on either side.

    All have the shape (k,); no count is 0.
    """
    squared = z * z / counts
    middle = (shares + squared / 2) / (1 + squared)
    half = z * np.sqrt(shares * (1 - shares) / counts + squared / counts / 4) / (1 + squared)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def compute_wilson_interval(share: float, count: float, z: float = Z_95) -> tuple[float, float]:
    """Return the interval of one share; see ``compute_wilson_bounds``."""
    low, high = compute_wilson_bounds(np.array([share]), np.array([count]), z)
    return float(low[0]), float(high[0])


def compute_student_quantiles(freedom: IntArray, z: float = Z_95) -> FloatArray:
    """Return the quantiles of Student's distribution for a normal quantile, shape (k,).

    By the series of Fisher and Cornish (1960): off by less than 0.001 from 9 degrees of freedom on.
    """
    v = np.maximum(freedom, 1).astype(np.float64)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    found = sum(term / v ** (at + 1) for at, term in enumerate(terms))
    return np.asarray(z + found)


def list_log_factorials(most: int) -> FloatArray:
    """Return the logarithms of the factorials of 0 to ``most``, shape (most + 1,)."""
    return np.concatenate([[0.0], np.log(np.arange(1, most + 1)).cumsum()])


def compute_binomial_pmf(n: int, chance: float) -> FloatArray:
    """Return the probabilities of 0 to ``n`` hits, shape (n + 1,); 0 < ``chance`` < 1."""
    logs, hits = list_log_factorials(n), np.arange(n + 1)
    ways = logs[n] - logs - logs[::-1]
    return np.asarray(np.exp(ways + hits * np.log(chance) + (n - hits) * np.log1p(-chance)))


def find_percentile_ranks(
    counts: IntArray, share: float, *, alpha: float
) -> tuple[IntArray, IntArray]:
    """Return the ranks, from 0, of the values that bound a percentile, each of shape (k,).

    Each bound is wrong with a probability of at most ``alpha``, whatever the distribution (David
    and Nagaraja, *Order Statistics*, 7.1). A rank of -1, or equal to the count, means that there
    are too few values for that bound.
    """
    distinct, place = np.unique(counts, return_inverse=True)
    found = map(partial(_find_ranks, share=share, alpha=alpha), distinct.tolist())
    ranks = np.array(list(found), dtype=np.int64)
    low, high = ranks.reshape(-1, 2).T
    return low[place], high[place]


def _find_ranks(n: int, share: float, alpha: float) -> tuple[int, int]:
    if n == 0:
        return -1, 0
    if n > _MAX_EXACT_TRIALS:
        z = {0.025: Z_95, 0.05: 1.6448536269514722}[alpha]
        half = z * float(np.sqrt(n * share * (1 - share)))
        return int(np.floor(n * share - half)) - 1, int(np.ceil(n * share + half))
    below = compute_binomial_pmf(n, share).cumsum()
    low = int(np.searchsorted(below, alpha)) - 1
    return low, int(np.searchsorted(below, 1 - alpha))
