"""What was observed against what was expected: with an interval, and a verdict in plain words."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, ndtri, stdtrit

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.response.confidence_intervals import compute_wilson_interval

_DOUBT = 0.05
_LEAST_N = 10
"""Below so many values nothing is judged."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One figure as observed, with the interval that holds its true value, and as expected.

    ``says`` is ``better``, ``worse``, ``more``, ``fewer``, ``as expected`` or ``too few``.
    """

    name: str
    observed: float | None
    low: float | None
    high: float | None
    expected: float | None
    n: int
    outcome: str
    words: str


def judge_share_within(
    within: int, n: int, expected: float | None, *, target_min: float
) -> _Verdict:
    """Judge the share of responses within the target, by Wilson's interval."""
    name = f"Within {target_min:g} min"
    if n < _LEAST_N or expected is None:
        return _make_too_few(name, within / n if n else None, expected, n)
    share = within / n
    low, high = compute_wilson_interval(share, n, float(ndtri(1 - _DOUBT / 2)))
    says = _judge(low, high, expected, over="better", under="worse")
    words = (
        f"{share:.0%} of {n} responses ({low:.0%} to {high:.0%}); the plan expects "
        f"{expected:.0%}. {_describe_outcome(says)}"
    )
    return _Verdict(name, share, low, high, expected, n, says, words.replace("%", " %"))


def judge_mean_response(minutes: FloatArray, expected: float | None) -> _Verdict:
    """Judge the mean response, by Student's interval."""
    name, n = "Mean response", len(minutes)
    mean = float(np.mean(minutes)) if n else None
    if n < _LEAST_N or expected is None or mean is None:
        return _make_too_few(name, mean, expected, n)
    half = float(stdtrit(n - 1, 1 - _DOUBT / 2)) * float(np.std(minutes, ddof=1)) / n**0.5
    low, high = max(0.0, mean - half), mean + half
    says = _judge(low, high, expected, over="worse", under="better")
    words = (
        f"{mean:.1f} min over {n} responses ({low:.1f} to {high:.1f}); the plan expects "
        f"{expected:.1f} min. {_describe_outcome(says)}"
    )
    return _Verdict(name, mean, low, high, expected, n, says, words)


def judge_calls_per_day(calls: int, days: int, assumed: float) -> _Verdict:
    """Judge the calls of a school day against the assumption, by the exact Poisson interval."""
    name = "Calls a school day"
    if days < _LEAST_N:
        return _make_too_few(
            name, calls / days if days else None, assumed, days, what="school days"
        )
    low = float(gammaincinv(calls, _DOUBT / 2)) if calls else 0.0
    high = float(gammaincinv(calls + 1, 1 - _DOUBT / 2))
    says = _judge(low / days, high / days, assumed, over="more", under="fewer")
    words = (
        f"{calls / days:.2f} over {days} school days ({low / days:.2f} to {high / days:.2f}); "
        f"{assumed:.2f} are assumed. {_describe_outcome(says)}"
    )
    return _Verdict(name, calls / days, low / days, high / days, assumed, days, says, words)


def _judge(low: float, high: float, expected: float, *, over: str, under: str) -> str:
    if low > expected:
        return over
    return under if high < expected else "as expected"


def _describe_outcome(says: str) -> str:
    return {
        "better": "That is better than expected, and more than chance.",
        "worse": "That is worse than expected, and more than chance.",
        "more": "There are more than assumed, and that is more than chance.",
        "fewer": "There are fewer than assumed, and that is more than chance.",
        "as expected": "The difference may be chance.",
    }[says]


def _make_too_few(
    name: str, observed: float | None, expected: float | None, n: int, *, what: str = "responses"
) -> _Verdict:
    had = what.removesuffix("s") if n == 1 else what
    why = f"Too few to judge: {n} {had}, {_LEAST_N} are needed."
    if expected is None:
        why = "There is no plan that something could be expected of."
    return _Verdict(name, observed, None, None, expected, n, "too few", why)
