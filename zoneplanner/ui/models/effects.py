"""What an undo or a restore changes, in one sentence with its counts."""

from collections.abc import Iterator

from zoneplanner.domain.effects import Area, Effect
from zoneplanner.ui.kit.words import count

AREA_WORDS = {
    Area.PLAN: "Plan",
    Area.SHIFTS: "Shifts",
    Area.LOG: "Log",
    Area.READINESS: "Readiness",
    Area.PROJECT: "the project",
}
_SHOWN_IN = {
    Area.PLAN: ("plan", "coverage"),
    Area.SHIFTS: ("shifts",),
    Area.LOG: ("log", "coverage"),
    Area.READINESS: ("readiness",),
}
"""The workspaces in which each area is on screen; what is not named is in every one."""


def is_shown(area: Area, workspace: str) -> bool:
    """True where a person in a workspace sees what an edit of an area changes."""
    return area is Area.PROJECT or workspace in _SHOWN_IN[area]


def effect_words(effect: Effect) -> str:
    """Say what changes: “This turns 105 final shifts back into drafts.”."""
    parts = list(_parts(effect)) or ["changes settings of the project"]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"This {listed}."


def _parts(effect: Effect) -> Iterator[str]:
    if effect.shifts_to_draft:
        back = "back into a draft" if effect.shifts_to_draft == 1 else "back into drafts"
        yield f"turns {count(effect.shifts_to_draft, 'final shift')} {back}"
    if effect.shifts_to_final:
        yield f"makes {count(effect.shifts_to_final, 'shift')} final"
    for verb, shifts in (
        ("changes", effect.shifts_changed),
        ("adds", effect.shifts_added),
        ("removes", effect.shifts_removed),
    ):
        if shifts:
            yield f"{verb} {count(shifts, 'shift')}"
    if effect.officers_changed:
        yield f"changes {count(effect.officers_changed, 'officer')}"
    for name in effect.taken_out:
        yield f"takes “{name}” out of force"
    for name in effect.put_in_force:
        yield f"puts “{name}” in force"
    if effect.sites_moved:
        yield f"moves {count(effect.sites_moved, 'site')} to another zone"
    if effect.sites_changed:
        yield f"changes {count(effect.sites_changed, 'site')}"
    if effect.plans_added:
        yield f"brings {count(effect.plans_added, 'plan')} back"
    if effect.plans_removed:
        yield f"removes {count(effect.plans_removed, 'plan')}"
