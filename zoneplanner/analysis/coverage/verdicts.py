"""What was observed against what was expected: with an interval, and a verdict in plain words.

Shares by Wilson's interval (1927), means by Student's, calls a day as ``estimate_daily_rate`` has
them. Of logs that are as expected at most 5 in 100 get a verdict that says otherwise, all figures
together: half of that is for the response and half for the calls, and the share within the target
is judged only where the mean response differs (a closed family, Marcus, Peritz and Gabriel 1976).
The intervals that are shown are those of every page, which hold in 95 of 100 cases: that of calls a
day is the demand's.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.special import ndtri, stdtrit

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.demand.daily_rate import estimate_daily_rate
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
    turn-out and drive, so they are from dispatched to on scene. Where it is known of ``each``, what
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
    name, days = "Calls a school day", len(counts)
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
