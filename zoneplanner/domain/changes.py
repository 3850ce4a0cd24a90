"""What an edit does, counted from the projects before and after it, and the workspace it is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from zoneplanner.domain.plans.plan import ProjectChanges
from zoneplanner.domain.project import Project, diff_projects
from zoneplanner.domain.roster.shift import Shift, ShiftStatus


class EditKind(Enum):
    """What a person did, where the projects before and after do not tell it."""

    EDIT = "edit"
    IMPORT = "import"
    RESTORE = "restore"
    ACCEPTED = "accepted"
    """Another program changed the project, and that was taken over."""
    REVERTED = "reverted"
    """Another program changed the project, and that was put back."""


_EXTERNAL_LABELS = {
    EditKind.ACCEPTED: "Taken from another program",
    EditKind.REVERTED: "Put back what another program changed",
}


def label_external_edit(kind: EditKind, words: str) -> str:
    """Return the label of an edit that answers what another program changed."""
    return f"{_EXTERNAL_LABELS[kind]}: {words}"


def find_edit_kind(label: str) -> EditKind:
    """Return the kind of a saved edit; files do not store it yet, so its label tells."""
    kinds = (kind for kind, start in _EXTERNAL_LABELS.items() if label.startswith(start))
    return next(kinds, EditKind.EDIT)


class EditArea(Enum):
    """The workspace in which a person sees what an edit changes."""

    PLAN = "plan"
    SHIFTS = "shifts"
    LOG = "log"
    READINESS = "readiness"
    PROJECT = "project"
    """What every workspace shows: layers of one's own, agencies, the calendar."""


@dataclass(frozen=True, slots=True)
class EditEffect:
    """How many things differ between two projects, by what became of them.

    ``put_in_force`` and ``taken_out`` name plans that got or lost the day they take effect.
    """

    areas: frozenset[EditArea] = frozenset()
    sites_moved: int = 0
    sites_changed: int = 0
    plans_added: int = 0
    plans_removed: int = 0
    plans_put_in_force: tuple[str, ...] = ()
    plans_taken_out_of_force: tuple[str, ...] = ()
    shifts_to_final: int = 0
    shifts_to_draft: int = 0
    shifts_changed: int = 0
    shifts_added: int = 0
    shifts_removed: int = 0
    officers_changed: int = 0

    @property
    def area(self) -> EditArea:
        """The workspace it is of; of several the first that shows a part of it."""
        order = (EditArea.SHIFTS, EditArea.PLAN, EditArea.LOG, EditArea.READINESS)
        return next((area for area in order if area in self.areas), EditArea.PROJECT)

    @property
    def needs_warning(self) -> bool:
        """True where it takes final shifts back, or a plan out of force."""
        return bool(self.shifts_to_draft or self.plans_taken_out_of_force)


def measure_edit_effect(before: Project, after: Project) -> EditEffect:
    """Count what differs between two projects."""
    changes = diff_projects(before, after)
    shifts = list(_list_changed_pairs(before.shifts, after.shifts))
    both = [(old, new) for old, new in shifts if old is not None and new is not None]
    to_final = sum(_is_final(new) and not _is_final(old) for old, new in both)
    to_draft = sum(_is_final(old) and new.status is ShiftStatus.DRAFT for old, new in both)
    plans = list(_list_changed_pairs(before.plans, after.plans))
    force = [
        (new or old, bool(old and old.is_adopted), bool(new and new.is_adopted))
        for old, new in plans
    ]
    return EditEffect(
        areas=frozenset(_list_edit_areas(before, after, changes)),
        sites_moved=len({move.site for move in changes.moves}),
        sites_changed=len(changes.sites),
        plans_added=sum(old is None for old, _ in plans),
        plans_removed=sum(new is None for _, new in plans),
        plans_put_in_force=tuple(plan.name for plan, was, now in force if plan and now and not was),
        plans_taken_out_of_force=tuple(
            plan.name for plan, was, now in force if plan and was and not now
        ),
        shifts_to_final=to_final,
        shifts_to_draft=to_draft,
        shifts_changed=len(both) - to_final - to_draft,
        shifts_added=sum(old is None for old, _ in shifts),
        shifts_removed=sum(new is None for _, new in shifts),
        officers_changed=len(list(_list_changed_pairs(before.officers, after.officers))),
    )


def _list_changed_pairs(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[Any, Any]]:
    if before is after:
        return []
    keys = dict.fromkeys((*before, *after))
    pairs = ((before.get(key), after.get(key)) for key in keys)
    return [(old, new) for old, new in pairs if old is not new and old != new]


def _is_final(shift: Shift) -> bool:
    return shift.status is ShiftStatus.FINAL


def _list_edit_areas(before: Project, after: Project, changes: ProjectChanges) -> list[EditArea]:
    def differs(*names: str) -> bool:
        return any(getattr(before, name) is not getattr(after, name) for name in names)

    of_plan = changes.moves or changes.zones or changes.blocks or changes.sites or changes.plans
    found = [EditArea.SHIFTS] if changes.roster else []
    if of_plan or differs("assumptions", "travel", "units", "jurisdictions", "blocks"):
        found.append(EditArea.PLAN)
    if differs("visit_rule"):
        found.append(EditArea.LOG)
    if differs("rules"):
        found.append(EditArea.READINESS)
    return found or [EditArea.PROJECT]
