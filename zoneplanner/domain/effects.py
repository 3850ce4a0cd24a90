"""What an edit does, counted from the projects before and after it, and the workspace it is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from zoneplanner.domain.plan import Changes
from zoneplanner.domain.project import Project, diff
from zoneplanner.domain.roster import Shift, ShiftStatus


class EditKind(Enum):
    """What a person did, where the projects before and after do not tell it."""

    EDIT = "edit"
    IMPORT = "import"
    RESTORE = "restore"


class Area(Enum):
    """The workspace in which a person sees what an edit changes."""

    PLAN = "plan"
    SHIFTS = "shifts"
    LOG = "log"
    READINESS = "readiness"
    PROJECT = "project"
    """What every workspace shows: layers of one's own, agencies, the calendar."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How many things differ between two projects, by what became of them.

    ``put_in_force`` and ``taken_out`` name plans that got or lost the day they take effect.
    """

    areas: frozenset[Area] = frozenset()
    sites_moved: int = 0
    sites_changed: int = 0
    plans_added: int = 0
    plans_removed: int = 0
    put_in_force: tuple[str, ...] = ()
    taken_out: tuple[str, ...] = ()
    shifts_to_final: int = 0
    shifts_to_draft: int = 0
    shifts_changed: int = 0
    shifts_added: int = 0
    shifts_removed: int = 0
    officers_changed: int = 0

    @property
    def area(self) -> Area:
        """The workspace it is of; of several the first that shows a part of it."""
        order = (Area.SHIFTS, Area.PLAN, Area.LOG, Area.READINESS)
        return next((area for area in order if area in self.areas), Area.PROJECT)

    @property
    def weighty(self) -> bool:
        """True where it takes final shifts back, or a plan out of force."""
        return bool(self.shifts_to_draft or self.taken_out)


def effect_of(before: Project, after: Project) -> Effect:
    """Count what differs between two projects."""
    changes = diff(before, after)
    shifts = list(_pairs(before.shifts, after.shifts))
    both = [(old, new) for old, new in shifts if old is not None and new is not None]
    to_final = sum(_is_final(new) and not _is_final(old) for old, new in both)
    to_draft = sum(_is_final(old) and new.status is ShiftStatus.DRAFT for old, new in both)
    plans = list(_pairs(before.plans, after.plans))
    force = [
        (new or old, bool(old and old.adopted), bool(new and new.adopted)) for old, new in plans
    ]
    return Effect(
        areas=frozenset(_areas(before, after, changes)),
        sites_moved=len({move.site for move in changes.moves}),
        sites_changed=len(changes.sites),
        plans_added=sum(old is None for old, _ in plans),
        plans_removed=sum(new is None for _, new in plans),
        put_in_force=tuple(plan.name for plan, was, now in force if plan and now and not was),
        taken_out=tuple(plan.name for plan, was, now in force if plan and was and not now),
        shifts_to_final=to_final,
        shifts_to_draft=to_draft,
        shifts_changed=len(both) - to_final - to_draft,
        shifts_added=sum(old is None for old, _ in shifts),
        shifts_removed=sum(new is None for _, new in shifts),
        officers_changed=len(list(_pairs(before.officers, after.officers))),
    )


def _pairs(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    if before is after:
        return []
    keys = dict.fromkeys((*before, *after))
    pairs = ((before.get(key), after.get(key)) for key in keys)
    return [(old, new) for old, new in pairs if old is not new and old != new]


def _is_final(shift: Shift) -> bool:
    return shift.status is ShiftStatus.FINAL


def _areas(before: Project, after: Project, changes: Changes) -> list[Area]:
    def differs(*names: str) -> bool:
        return any(getattr(before, name) is not getattr(after, name) for name in names)

    of_plan = changes.moves or changes.zones or changes.blocks or changes.sites or changes.plans
    found = [Area.SHIFTS] if changes.roster else []
    if of_plan or differs("assumptions", "travel", "units", "jurisdictions", "blocks"):
        found.append(Area.PLAN)
    if differs("visit_rule"):
        found.append(Area.LOG)
    if differs("rules"):
        found.append(Area.READINESS)
    return found or [Area.PROJECT]
