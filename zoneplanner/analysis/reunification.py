"""Where each school reunites families with students: an assignment proven optimal by HiGHS.

Each school gets a number of places to walk to and a number to ride to. A place has room for the
school and is neither too near nor too far. No two places of a school are close to each other, so
that one incident cannot close both. Schools that one incident could empty together share the room
of a place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.highs import HIGHS_OPTIMAL, HighsSolver
from zoneplanner.domain.log.office_entries import REUNIFICATION_WAYS

_GAP_COST = 1e6
"""The cost of a missing place: more than all meters in a district."""
_SLACK = 1e-6


class GapCause(StrEnum):
    """Why a school has too few places: the first of these rules that leaves too few."""

    NOT_AGREED = "not_agreed"
    TOO_SMALL = "too_small"
    TOO_NEAR = "too_near"
    TOO_FAR = "too_far"
    BESIDE_EACH_OTHER = "beside_each_other"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class ReunificationRule:
    """How far places may be, in meters along streets, and how many each school needs of a kind.

    One incident cannot reach two places, or two schools, that are at least ``apart_m`` apart in a
    straight line.
    """

    most_m: dict[str, float] = field(default_factory=lambda: {"walking": 2_414.0, "bus": 24_140.0})
    apart_m: float = 402.0
    each: int = 2


@dataclass(frozen=True, eq=False, slots=True)
class ReunificationProblem:
    """Schools and places as arrays.

    ``students`` (schools,); ``capacity`` (places,); ``way`` (places,), indices of
    ``REUNIFICATION_WAYS``; ``serves`` (schools, places); ``street_m`` along streets and
    ``straight_m`` in a straight line (schools, places); ``between_m`` (places, places);
    ``schools_m`` (schools, schools).
    """

    students: FloatArray
    capacity: FloatArray
    way: IntArray
    serves: BoolArray
    street_m: FloatArray
    straight_m: FloatArray
    between_m: FloatArray
    schools_m: FloatArray
    rule: ReunificationRule = field(default_factory=ReunificationRule)


@dataclass(frozen=True, slots=True)
class ReunificationGap:
    """A school that gets only ``found`` of the places that it needs of a way, and why."""

    school: int
    way: int
    found: int
    cause: GapCause


@dataclass(frozen=True, eq=False, slots=True)
class ReunificationResult:
    """Each school's places, nearest first, as pairs (school, place).

    ``student_m`` is the sum of the meters over students and places. ``proven`` means that nothing
    is better: fewest gaps first, then fewest meters.
    """

    pairs: tuple[tuple[int, int], ...]
    gaps: tuple[ReunificationGap, ...]
    student_m: float
    proven: bool


def assign_reunification_places(problem: ReunificationProblem) -> ReunificationResult:
    """Give each school its places with the fewest student meters; what is impossible is a gap."""
    schools, places = np.nonzero(_list_allowed(problem).all(axis=0))
    pair_count = len(schools)
    solver = HighsSolver()
    meters = problem.street_m[schools, places]
    scale = max(float(problem.students.max(initial=1.0)), 1.0)
    weight = problem.students[schools] * meters / scale
    ways = len(REUNIFICATION_WAYS)
    gaps = len(problem.students) * ways
    count = pair_count + gaps
    cost = np.concatenate([weight, np.full(gaps, _GAP_COST)])
    upper = np.concatenate([np.ones(pair_count), np.full(gaps, float(problem.rule.each))])
    none = np.zeros(0, dtype=np.int32)
    starts = np.zeros(count, dtype=np.int32)
    solver.addCols(count, cost, np.zeros(count), upper, 0, starts, none, np.zeros(0))
    every = np.arange(count, dtype=np.int32)
    solver.changeColsIntegrality(count, every, np.full(count, highspy.HighsVarType.kInteger))
    for low, high, columns, factors in _list_rows(problem, schools, places):
        solver.addRow(low, high, len(columns), columns.astype(np.int32), factors)
    solver.setOptionValue("mip_rel_gap", _SLACK)
    solver.run()
    values = np.asarray(solver.getSolution().col_value) if count else np.zeros(0)
    chosen = [at for at in range(pair_count) if values[at] > 0.5]
    chosen.sort(key=lambda at: (schools[at], problem.way[places[at]], meters[at]))
    pairs = tuple((int(schools[at]), int(places[at])) for at in chosen)
    return ReunificationResult(
        pairs,
        tuple(_find_gaps(problem, pairs)),
        float(
            sum(
                problem.students[school] * problem.street_m[school, place]
                for school, place in pairs
            )
        ),
        solver.getModelStatus() == HIGHS_OPTIMAL,
    )


def _list_rows(
    problem: ReunificationProblem, schools: IntArray, places: IntArray
) -> Iterator[tuple[float, float, IntArray, FloatArray]]:
    """Yield the rows of the program: places needed, places too close to each other, shared room."""
    each, ways = float(problem.rule.each), len(REUNIFICATION_WAYS)
    is_close = problem.between_m < problem.rule.apart_m
    empty_together = problem.schools_m < problem.rule.apart_m
    for school in range(len(problem.students)):
        own = np.flatnonzero(schools == school)
        for way in range(ways):
            mine = own[problem.way[places[own]] == way]
            columns = np.append(mine, len(schools) + school * ways + way)
            yield each, each, columns, np.ones(len(columns))
        first, second = np.nonzero(np.triu(is_close[np.ix_(places[own], places[own])], 1))
        for pair in zip(own[first], own[second], strict=True):
            yield 0.0, 1.0, np.array(pair), np.ones(2)
        group = np.flatnonzero(empty_together[school])
        if len(group) > 1 and group[0] == school:
            shared = np.flatnonzero(np.isin(schools, group))
            for place in np.unique(places[shared]):
                columns = shared[places[shared] == place]
                if len(columns) > 1:
                    room = float(problem.capacity[place])
                    yield 0.0, room, columns, problem.students[schools[columns]]


def _list_allowed(problem: ReunificationProblem) -> BoolArray:
    """Return which places each cause but the last two allows, shape (causes, schools, places)."""
    most = np.array([problem.rule.most_m[way] for way in REUNIFICATION_WAYS])
    return np.stack(
        [
            problem.serves,
            problem.capacity[None, :] >= problem.students[:, None],
            problem.straight_m >= problem.rule.apart_m,
            problem.street_m <= most[problem.way][None, :],
        ]
    )


def _find_gaps(
    problem: ReunificationProblem, pairs: Sequence[tuple[int, int]]
) -> Iterator[ReunificationGap]:
    allowed = np.logical_and.accumulate(_list_allowed(problem), axis=0)
    for school in range(len(problem.students)):
        for way in range(len(REUNIFICATION_WAYS)):
            found = sum(one == school and int(problem.way[place]) == way for one, place in pairs)
            if found >= problem.rule.each:
                continue
            left = allowed[:, school, problem.way == way].sum(axis=1)
            causes = list(GapCause)[: len(left)]
            cause = next(
                (one for one, n in zip(causes, left, strict=True) if n < problem.rule.each), None
            )
            if cause is None:
                mine = np.flatnonzero(allowed[-1, school] & (problem.way == way))
                is_close = problem.between_m[np.ix_(mine, mine)] < problem.rule.apart_m
                is_alone = (problem.schools_m[school] < problem.rule.apart_m).sum() == 1
                cause = GapCause.SHARED
                if is_alone or (problem.rule.each > 1 and is_close.all()):
                    cause = GapCause.BESIDE_EACH_OTHER
            yield ReunificationGap(school, way, found, cause)
