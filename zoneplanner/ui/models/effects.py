"""What an undo or a restore changes, in one sentence with its counts."""

from collections.abc import Iterator

from zoneplanner.domain.effects import EditArea, EditEffect
from zoneplanner.ui.kit.words import format_count

AREA_NAMES = {
    EditArea.PLAN: "Plan",
    EditArea.SHIFTS: "Shifts",
    EditArea.LOG: "Log",
    EditArea.READINESS: "Readiness",
    EditArea.PROJECT: "the project",
}
_SHOWN_IN = {
    EditArea.PLAN: ("plan", "coverage"),
    EditArea.SHIFTS: ("shifts",),
    EditArea.LOG: ("log", "coverage"),
    EditArea.READINESS: ("readiness",),
}
"""The workspaces in which each area is on screen; what is not named is in every one."""


def is_area_shown(area: EditArea, workspace: str) -> bool:
    """True where a person in a workspace sees what an edit of an area changes."""
    return area is EditArea.PROJECT or workspace in _SHOWN_IN[area]


def describe_effect(effect: EditEffect) -> str:
    """Say what changes: “This turns 105 final shifts back into drafts.”."""
    parts = list(_parts(effect)) or ["changes settings of the project"]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"This {listed}."


def _parts(effect: EditEffect) -> Iterator[str]:
    if effect.shifts_to_draft:
        back = "back into a draft" if effect.shifts_to_draft == 1 else "back into drafts"
        yield f"turns {format_count(effect.shifts_to_draft, 'final shift')} {back}"
    if effect.shifts_to_final:
        yield f"makes {format_count(effect.shifts_to_final, 'shift')} final"
    for verb, shifts in (
        ("changes", effect.shifts_changed),
        ("adds", effect.shifts_added),
        ("removes", effect.shifts_removed),
    ):
        if shifts:
            yield f"{verb} {format_count(shifts, 'shift')}"
    if effect.officers_changed:
        yield f"changes {format_count(effect.officers_changed, 'officer')}"
    for name in effect.taken_out:
        yield f"takes “{name}” out of force"
    for name in effect.put_in_force:
        yield f"puts “{name}” in force"
    if effect.sites_moved:
        yield f"moves {format_count(effect.sites_moved, 'site')} to another zone"
    if effect.sites_changed:
        yield f"changes {format_count(effect.sites_changed, 'site')}"
    if effect.plans_added:
        yield f"brings {format_count(effect.plans_added, 'plan')} back"
    if effect.plans_removed:
        yield f"removes {format_count(effect.plans_removed, 'plan')}"
