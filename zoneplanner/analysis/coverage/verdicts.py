"""What was observed against what was expected: with an interval, and a verdict in plain words.

Shares by Wilson's interval (1927), means by Student's, counts by the exact Poisson interval
(Garwood 1936).
"""

from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.special import gammaincinv, ndtri, stdtrit

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.intervals import compute_wilson_interval
from zoneplanner.messages import render_message

_DOUBT = 0.05
_LEAST_N = 10
"""Below so many values nothing is judged."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One figure as observed, with the interval for its true value, and as expected.

    ``outcome`` is ``better``, ``worse``, ``more``, ``fewer``, ``as expected`` or ``too few``.
    """

    name: str
    observed: float | None
    low: float | None
    high: float | None
    expected: float | None
    n: int
    outcome: str = "too few"
    words: str = ""


def judge_share_within(
    within: int, n: int, expected: float | None, *, target_min: float
) -> _Verdict:
    """Judge the share of responses within the target, by Wilson's interval."""
    name = f"Within {target_min:g} min"
    share = within / n if n else None
    if n < _LEAST_N or expected is None or share is None:
        return _make_too_few(name, share, expected, n)
    interval = compute_wilson_interval(share, n, float(ndtri(1 - _DOUBT / 2)))
    return _judge(
        "share", _Verdict(name, share, *interval, expected, n), over="better", under="worse"
    )


def judge_mean_response(minutes: FloatArray, expected: float | None) -> _Verdict:
    """Judge the mean response, by Student's interval.

    ``minutes`` has the shape (responses,).
    """
    name, n = "Mean response", len(minutes)
    mean = float(np.mean(minutes)) if n else None
    if n < _LEAST_N or expected is None or mean is None:
        return _make_too_few(name, mean, expected, n)
    half = float(stdtrit(n - 1, 1 - _DOUBT / 2)) * float(np.std(minutes, ddof=1)) / n**0.5
    interval = (max(0.0, mean - half), mean + half)
    return _judge(
        "mean", _Verdict(name, mean, *interval, expected, n), over="worse", under="better"
    )


def judge_calls_per_day(calls: int, days: int, assumed: float) -> _Verdict:
    """Judge the calls of a school day against the assumption, by the exact Poisson interval."""
    name, per_day = "Calls a school day", calls / days if days else None
    if days < _LEAST_N or per_day is None:
        return _make_too_few(name, per_day, assumed, days, template="too_few.days")
    low = float(gammaincinv(calls, _DOUBT / 2)) / days if calls else 0.0
    interval = (low, float(gammaincinv(calls + 1, 1 - _DOUBT / 2)) / days)
    return _judge(
        "calls", _Verdict(name, per_day, *interval, assumed, days), over="more", under="fewer"
    )


def _judge(kind: str, found: _Verdict, *, over: str, under: str) -> _Verdict:
    assert found.low is not None and found.high is not None and found.expected is not None
    outcome = "as expected"
    if not found.low <= found.expected <= found.high:
        outcome = over if found.low > found.expected else under
    seen = render_message(f"verdict.{kind}", asdict(found))
    words = f"{seen} {render_message(f'outcome.{outcome}', {})}"
    return replace(found, outcome=outcome, words=words)


def _make_too_few(
    name: str, observed: float | None, expected: float | None, n: int, *, template: str = "too_few"
) -> _Verdict:
    facts = {"n": n, "least": _LEAST_N}
    words = render_message("no_plan_to_judge" if expected is None else template, facts)
    return _Verdict(name, observed, None, None, expected, n, words=words)
