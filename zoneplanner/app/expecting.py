"""The page of what to expect: figures now, with fewer units, and the next moves that gain most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

import numpy as np
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.basis import district_area
from zoneplanner.analysis.conditions import Conditions
from zoneplanner.analysis.expected import Expected, expected
from zoneplanner.analysis.reach import reach
from zoneplanner.app.drives import model_anywhere
from zoneplanner.app.evaluate import evaluate, plan_of, single_moves
from zoneplanner.app.reading import Reading, read
from zoneplanner.domain.edits import why_not
from zoneplanner.errors import ProgressReport, UserError

_FEWER = 2
_MOST_COUNTED = 150
_MOST_MOVES = 3
_MOST_LOOKED_AT = 40
_GAIN_MIN = 1e-6
_CHANCE = 1e-9
_AROUND_M = 5_000.0


@dataclass(frozen=True, eq=False, slots=True)
class Fewer:
    """What to expect with so many units on duty; ``off`` are those that are not.

    ``title`` says which of all ways to have so many it is.
    """

    title: str
    off: tuple[str, ...]
    expected: Expected


@dataclass(frozen=True, slots=True)
class NextMove:
    """A move of a site and what it gains; ``breaks`` names the rule that it would break, if any."""

    site: str
    zone: str
    mean_response_min: float
    gain_min: float
    share_gained: float
    breaks: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Outlook:
    """All that the page shows of a reading under some conditions.

    ``tried`` counts the moves that were scored, ``gaining`` those that lessen the response.
    """

    reading: Reading
    under: Conditions
    target_min: float
    now: Expected
    fewer: tuple[Fewer, ...] = ()
    moves: tuple[NextMove, ...] = ()
    tried: int = 0
    gaining: int = 0


def outlook(
    reading: Reading,
    under: Conditions,
    target_min: float,
    report: ProgressReport = lambda fraction, text: None,
) -> Outlook:
    """Return what to expect now, with one and two units fewer, and the best next moves.

    Raises
    ------
    UserError
        As ``evaluate``.
    """
    now = evaluate(reading, without=under.without, target_min=target_min, under=under)
    report(0.1, "Counting fewer units")
    fewer = tuple(_with_fewer(reading, under, target_min, now))
    report(0.5, "Scoring every move")
    scores = single_moves(reading, without=under.without, target_min=target_min, under=under)
    moves: tuple[NextMove, ...] = ()
    gaining = 0
    if now.mean_response_min is not None and now.share_within_target is not None:
        gains = [
            NextMove(
                score.site,
                score.zone,
                score.mean_response_min,
                now.mean_response_min - score.mean_response_min,
                (score.share_within_target or 0.0) - now.share_within_target,
            )
            for score in scores
            if score.mean_response_min is not None
        ]
        gains = [move for move in gains if move.gain_min > _GAIN_MIN]
        gains.sort(key=lambda move: -move.gain_min)
        moves, gaining = _best(reading, gains, report), len(gains)
    return Outlook(reading, under, target_min, now, fewer, moves, len(scores), gaining)


def reach_of(reading: Reading, under: Conditions, unit: str, minutes: float) -> BaseGeometry | None:
    """Return where a unit gets within some minutes on average; None where it has no place.

    Raises
    ------
    UserError
        The unit is not on duty, or as ``evaluate``.
    """
    from zoneplanner.analysis.deployment import deployment

    model = deployment(reading.project, plan_of(reading), reading.basis, under)
    if unit not in model.units:
        raise UserError(f"Unit {unit} is not on duty, so it reaches nothing.")
    chances = model.places[model.units.index(unit)]
    at = np.flatnonzero(chances > _CHANCE)
    if not len(at):
        return None
    spots = np.array([site.position for site in reading.basis.sites])
    within = district_area(reading.project)
    around = within if within is not None else MultiPoint(spots).buffer(_AROUND_M)
    return reach(model_anywhere(reading.project), spots[at], chances[at], minutes, around)


def _with_fewer(
    reading: Reading, under: Conditions, target_min: float, now: Expected
) -> Iterator[Fewer]:
    """Yield the best and the worst way to have one unit fewer, then two."""
    units, plan = tuple(now.units), plan_of(reading)
    yield Fewer(
        f"All {len(units)}" if not under.without else str(len(units)), tuple(under.without), now
    )
    for less in range(1, min(_FEWER, len(units) - 1) + 1):
        if comb(len(units), less) > _MOST_COUNTED:
            return
        found = []
        for off in combinations(units, less):
            without = (*under.without, *off)
            after = expected(
                reading.project,
                plan,
                reading.basis,
                under=replace(under, without=without),
                target_min=target_min,
            )
            found.append((after.share_within_target or 0.0, without, after))
        found.sort(key=lambda row: row[0])
        left = len(units) - less
        if len(found) > 1:
            yield Fewer(f"{left}, best", found[-1][1], found[-1][2])
        yield Fewer(f"{left}, worst", found[0][1], found[0][2])


def _best(
    reading: Reading, gains: Sequence[NextMove], report: ProgressReport
) -> tuple[NextMove, ...]:
    """Return the moves that gain most, those that break no rule before those that break one."""
    free: list[NextMove] = []
    breaking: list[NextMove] = []
    for number, move in enumerate(gains[:_MOST_LOOKED_AT]):
        report(0.6 + 0.4 * number / _MOST_LOOKED_AT, "Looking at the best moves")
        breaks = _broken_by(reading, move)
        (breaking if breaks else free).append(replace(move, breaks=breaks))
        if len(free) == _MOST_MOVES:
            break
    return (*free, *breaking)[:_MOST_MOVES]


def _broken_by(reading: Reading, move: NextMove) -> str:
    """Say in a sentence which rule a move would break that the plan keeps now; empty if none."""
    plan, project = plan_of(reading), reading.project
    refusal = why_not(project, plan, project.sites[move.site], move.zone)
    if refusal is not None:
        return refusal
    after = plan.assigned(dict.fromkeys(project.stack_of(move.site), move.zone))
    known = {(each.code, each.text) for each in reading.problems}
    for problem in read(reading.kept.with_plan(after), after, reading).problems:
        if (problem.code, problem.text) not in known:
            return problem.text
    return ""
