"""Swaps of shifts between officers: requested, approved or refused."""

from dataclasses import replace

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.domain.roster.shift import RosterDecision, ShiftSwap, SwapStatus
from zoneplanner.domain.roster.shift_edits import assign_shifts, check_shift_editable, get_shift
from zoneplanner.errors import UserError


def request_swap(project: Project, swap: ShiftSwap) -> Project:
    """Add the request that another officer takes an officer's shift.

    Raises
    ------
    UserError
        The shift is not the officer's, or the shift given in return is not the taker's.
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


def approve_swap(project: Project, uid: str, decision: RosterDecision) -> Project:
    """Carry out a swap. Raises a UserError if it breaks a rule without a sufficient reason."""
    swap = _require_open_swap(project, uid)
    request_swap(project, swap)
    officers: dict[str, str | None] = {swap.shift: swap.taker}
    if swap.other is not None:
        officers[swap.other] = swap.officer
    after = assign_shifts(project, officers, decision, posted="swapped")
    return _answer_swap(after, swap, SwapStatus.APPROVED, decision)


def refuse_swap(project: Project, uid: str, decision: RosterDecision) -> Project:
    """Record that a swap was refused; the shifts stay as they are."""
    swap = _require_open_swap(project, uid)
    return _answer_swap(project, swap, SwapStatus.REFUSED, decision)


def _answer_swap(
    project: Project, swap: ShiftSwap, status: SwapStatus, decision: RosterDecision
) -> Project:
    answered = replace(
        swap,
        status=status,
        answered_at=decision.at,
        answered_by=decision.by,
        reason=decision.reason.strip(),
    )
    return replace(project, swaps={**project.swaps, swap.uid: answered})


def _require_open_swap(project: Project, uid: str) -> ShiftSwap:
    swap = project.swaps.get(uid)
    if swap is None:
        raise UserError("unknown_swap", swap=uid)
    if swap.status is not SwapStatus.ASKED:
        raise UserError("swap_answered", swap=uid, status=swap.status)
    return swap
