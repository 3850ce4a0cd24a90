"""Propose a roster, four weeks at a time, each starting from what the ones before gave."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.staffing.program import RosterWeights, read_officer_history
from zoneplanner.analysis.staffing.roll import (
    StaffingProblem,
    build_staffing_problem,
    list_slot_weeks,
)
from zoneplanner.analysis.staffing.solve import _build_program, _solve_program
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_PERIOD_WEEKS = 4
_PERIOD_LIMIT_S = 5.0
_TIE = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class RosterProposal:
    """Who takes which shift so far, by uid; None stays open.

    ``share`` of the shifts is done, up to the week that begins on ``week``; ``gap`` is the share by
    which the worst block may still be improved, 0 where each is proven.
    """

    assignment: Mapping[str, str | None]
    share: float
    week: date
    gap: float

    @property
    def open(self) -> tuple[str, ...]:
        """Uids of the shifts that stay open."""
        return tuple(uid for uid, officer in self.assignment.items() if officer is None)


def fill_open_shifts(
    project: Project,
    first: date,
    last: date,
    *,
    refill: bool = False,
    elastic: bool = False,
    seed: int = 0,
    weights: RosterWeights | None = None,
) -> Iterator[RosterProposal]:
    """Yield the proposal as it grows, block by block; a person may stop in between.

    The open shifts from one local day to another are filled, with ``refill`` also drafts that are
    not locked. With ``elastic`` rules that take a reason, and leave, give way where a shift would
    stay open, as little as possible. The same seed gives the same roster.

    Raises
    ------
    UserError
        There is no officer, or no shift to fill.
    """
    roll = build_staffing_problem(project, first, last, refill=refill)
    if not roll.officers:
        raise UserError("There are no officers yet; import a list or add one under Officers.")
    if not roll.slots:
        raise UserError(
            f"No shift is open from {first} to {last}; make shifts from the posts first."
        )
    noise = np.random.default_rng(seed).random(roll.may.shape) * _TIE
    yield from _propose_blocks(roll, noise, elastic=elastic, weights=weights or RosterWeights())


def _propose_blocks(
    roll: StaffingProblem, noise: FloatArray, *, elastic: bool, weights: RosterWeights
) -> Iterator[RosterProposal]:
    past, mondays = read_officer_history(roll), list_slot_weeks(roll.slots)
    found: dict[str, str | None] = {}
    worst = 0.0
    for start in range(0, len(mondays), _PERIOD_WEEKS):
        block = frozenset(mondays[start : start + _PERIOD_WEEKS])
        rows = [at for at, slot in enumerate(roll.slots) if slot.week in block]
        program = _build_program(roll, rows, past, noise, weights=weights, elastic=elastic)
        taken, gap = _solve_program(program, time_limit_s=_PERIOD_LIMIT_S)
        for slot, officer in zip(program.slots, taken, strict=True):
            found[slot.shift.uid] = None if officer is None else roll.officers[officer].id
            if officer is not None:
                past.take(officer, slot)
        worst = max(worst, gap)
        yield RosterProposal(dict(found), len(found) / len(roll.slots), max(block), worst)
