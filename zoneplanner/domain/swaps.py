"""Swaps of shifts between officers: asked for, approved or refused."""

from dataclasses import replace
from datetime import datetime

from zoneplanner.domain.officers import officer_of
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import Swap, SwapStatus
from zoneplanner.domain.roster_check import Breach, shift_breaches, shift_words
from zoneplanner.domain.rostering import assign_all, check_free, shift_of
from zoneplanner.errors import UserError


def ask(project: Project, swap: Swap) -> Project:
    """Keep the request that an officer's shift goes to another.

    Raises
    ------
    UserError
        The shift is not the officer's, or the one given in return not the taker's.
    """
    officer, taker = officer_of(project, swap.officer), officer_of(project, swap.taker)
    if officer is taker:
        raise UserError(f"{officer.name} cannot swap with themselves; choose another officer.")
    for uid, owner in ((swap.shift, officer), (swap.other, taker)):
        if uid is None:
            continue
        shift = shift_of(project, uid)
        check_free(project, shift)
        if shift.officer != owner.id:
            words = shift_words(shift, project.time_zone)
            raise UserError(f"{words} is not a shift of {owner.name}; choose one that is.")
    return replace(project, swaps={**project.swaps, swap.uid: swap})


def hindrances(project: Project, swap: Swap) -> tuple[Breach, ...]:
    """Return the rules that a swap would break."""
    after = _swapped(project, swap)
    shifts = [after.shifts[uid] for uid in _wanted(swap)]
    return tuple(one for shift in shifts for one in shift_breaches(after, shift))


def approve(project: Project, uid: str, *, now: datetime, by: str, reason: str = "") -> Project:
    """Swap as asked; a rule that it breaks is a UserError unless a reason may be and is given."""
    swap = _open(project, uid)
    ask(project, swap)
    after = assign_all(project, _wanted(swap), now=now, by=by, reason=reason)
    done = replace(
        swap, status=SwapStatus.APPROVED, answered_at=now, answered_by=by, reason=reason.strip()
    )
    return replace(after, swaps={**after.swaps, uid: done})


def refuse(project: Project, uid: str, *, now: datetime, by: str, reason: str = "") -> Project:
    """Leave the shifts as they are and keep that the swap was refused."""
    swap = _open(project, uid)
    done = replace(
        swap, status=SwapStatus.REFUSED, answered_at=now, answered_by=by, reason=reason.strip()
    )
    return replace(project, swaps={**project.swaps, uid: done})


def _wanted(swap: Swap) -> dict[str, str | None]:
    wanted: dict[str, str | None] = {swap.shift: swap.taker}
    if swap.other is not None:
        wanted[swap.other] = swap.officer
    return wanted


def _swapped(project: Project, swap: Swap) -> Project:
    shifts = {
        uid: replace(shift_of(project, uid), officer=officer, overrides=())
        for uid, officer in _wanted(swap).items()
    }
    return replace(project, shifts={**project.shifts, **shifts})


def _open(project: Project, uid: str) -> Swap:
    swap = project.swaps.get(uid)
    if swap is None:
        raise UserError(f"There is no swap “{uid}” in this project.")
    if swap.status is not SwapStatus.ASKED:
        raise UserError(f"This swap is {swap.status} already; ask for another one.")
    return swap
