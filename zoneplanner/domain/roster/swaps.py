"""Swaps of shifts between officers: asked for, approved or refused."""

from dataclasses import replace
from datetime import datetime

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import RosterViolation, describe_shift, find_shift_violations
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.domain.roster.shift import ShiftSwap, SwapStatus
from zoneplanner.domain.roster.shift_edits import assign_shifts, check_shift_editable, get_shift
from zoneplanner.errors import UserError


def request_swap(project: Project, swap: ShiftSwap) -> Project:
    """Keep the request that an officer's shift goes to another.

    Raises
    ------
    UserError
        The shift is not the officer's, or the one given in return not the taker's.
    """
    officer, taker = get_officer(project, swap.officer), get_officer(project, swap.taker)
    if officer is taker:
        raise UserError("swap_with_self", officer=officer.name)
    for uid, owner in ((swap.shift, officer), (swap.other, taker)):
        if uid is None:
            continue
        shift = get_shift(project, uid)
        check_shift_editable(project, shift)
        if shift.officer != owner.id:
            raise UserError(
                "shift_of_another",
                shift=uid,
                name=describe_shift(shift, project.time_zone),
                officer=owner.name,
            )
    return replace(project, swaps={**project.swaps, swap.uid: swap})


def find_swap_violations(project: Project, swap: ShiftSwap) -> tuple[RosterViolation, ...]:
    """Return the rules that a swap would break."""
    after = _apply_swap(project, swap)
    shifts = [after.shifts[uid] for uid in _list_swap_assignments(swap)]
    return tuple(one for shift in shifts for one in find_shift_violations(after, shift))


def approve_swap(
    project: Project, uid: str, *, now: datetime, by: str, reason: str = ""
) -> Project:
    """Swap as asked; a rule that it breaks is a UserError unless a reason may be and is given."""
    swap = _require_open_swap(project, uid)
    request_swap(project, swap)
    after = assign_shifts(project, _list_swap_assignments(swap), now=now, by=by, reason=reason)
    done = replace(
        swap, status=SwapStatus.APPROVED, answered_at=now, answered_by=by, reason=reason.strip()
    )
    return replace(after, swaps={**after.swaps, uid: done})


def refuse_swap(project: Project, uid: str, *, now: datetime, by: str, reason: str = "") -> Project:
    """Leave the shifts as they are and keep that the swap was refused."""
    swap = _require_open_swap(project, uid)
    done = replace(
        swap, status=SwapStatus.REFUSED, answered_at=now, answered_by=by, reason=reason.strip()
    )
    return replace(project, swaps={**project.swaps, uid: done})


def _list_swap_assignments(swap: ShiftSwap) -> dict[str, str | None]:
    wanted: dict[str, str | None] = {swap.shift: swap.taker}
    if swap.other is not None:
        wanted[swap.other] = swap.officer
    return wanted


def _apply_swap(project: Project, swap: ShiftSwap) -> Project:
    shifts = {
        uid: replace(get_shift(project, uid), officer=officer, overrides=())
        for uid, officer in _list_swap_assignments(swap).items()
    }
    return replace(project, shifts={**project.shifts, **shifts})


def _require_open_swap(project: Project, uid: str) -> ShiftSwap:
    swap = project.swaps.get(uid)
    if swap is None:
        raise UserError("unknown_swap", swap=uid)
    if swap.status is not SwapStatus.ASKED:
        raise UserError("swap_answered", swap=uid, status=swap.status)
    return swap
