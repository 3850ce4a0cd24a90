"""Edits: their kinds, what they changed, and what no edit may change, wherever it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from zoneplanner.domain.calendar.local_time import local_to_utc
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.errors import UserError


class EditKind(Enum):
    """How an edit came about, which the projects before and after it do not show."""

    CREATE = "create"
    EDIT = "edit"
    IMPORT = "import"
    RESTORE = "restore"
    UNDO = "undo"
    REDO = "redo"
    AUTOMATIC = "automatic"
    """Nobody asked for it, such as a first proposal that keeps improving."""
    EXTERNAL = "external"
    """Another program changed the project; each row was accepted or put back."""
    MIGRATION = "migration"
    """The project was brought to a later version of the schema."""
    UNRECORDED = "unrecorded"
    """Another program made unknown changes to the project (before version 4)."""

    @property
    def can_be_undone(self) -> bool:
        """Whether the desk that made the edit can undo it."""
        return self in (EditKind.EDIT, EditKind.IMPORT, EditKind.RESTORE, EditKind.EXTERNAL)


class EditArea(Enum):
    """The workspace that shows what an edit changed."""

    PLAN = "plan"
    SHIFTS = "shifts"
    LOG = "log"
    READINESS = "readiness"
    DATA = "data"
    """What zones are made of: schools, units, areas, assumptions."""
    PROJECT = "project"
    """What every workspace shows: the user's layers, agencies, the calendar."""


@dataclass(frozen=True, slots=True)
class ZoneReassignment:
    """One site whose zone changed; None means no zone."""

    site: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ProjectChanges:
    """The differences between two project states; empty means nothing to redraw."""

    moves: tuple[ZoneReassignment, ...] = ()
    zones: bool = False
    blocks: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    settings: bool = False
    plans: bool = False
    roster: bool = False

    @property
    def only_moves(self) -> bool:
        """Whether only the zones of sites or blocks changed."""
        more = self.zones or self.sites or self.settings or self.plans or self.roster
        return bool(self.moves or self.blocks) and not more


@dataclass(frozen=True, slots=True)
class EditEffect:
    """Counts of what an edit added, removed and changed.

    ``plans_put_in_force`` and ``plans_taken_out_of_force`` name the plans that got or lost an
    effective date.
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
        """The first workspace that shows a part of the edit."""
        return next((area for area in _AREA_ORDER if area in self.areas), EditArea.PROJECT)

    @property
    def needs_warning(self) -> bool:
        """Whether the edit turns final shifts into drafts or takes a plan out of force."""
        return bool(self.shifts_to_draft or self.plans_taken_out_of_force)


_AREA_ORDER = (
    EditArea.SHIFTS,
    EditArea.PLAN,
    EditArea.DATA,
    EditArea.LOG,
    EditArea.READINESS,
)
_ROSTER = ("officers", "posts", "shifts", "swaps", "roster_rules", "hours_rules")
_ELSEWHERE = {"uid", "crs", "sites", "plans", *_ROSTER}
_OFFICE = ("directory", "preferences", "site_notes", "year_rollover")
_SETTINGS = tuple(part.name for part in fields(Project) if part.name not in _ELSEWHERE)
_PLAN_PARTS = tuple(
    part.name for part in fields(Plan) if part.name not in ("assignment", "block_overrides")
)


def list_zone_reassignments(before: Plan, after: Plan) -> tuple[ZoneReassignment, ...]:
    """List the sites whose zone differs, by site id."""
    return tuple(
        ZoneReassignment(site, before.assignment.get(site), after.assignment.get(site))
        for site in sorted(_list_changed_keys(before.assignment, after.assignment))
    )


def diff_projects(before: Project, after: Project) -> ProjectChanges:
    """Return what differs, so that only those parts are computed and drawn again.

    ``moves`` covers every plan that exists in both projects. ``plans`` is true if a plan was added
    or removed, or changed in more than its assignment; ``settings``, if any other part of the
    project changed.
    """
    if before is after:
        return ProjectChanges()
    shared = [
        (plan, after.plans[uid])
        for uid, plan in before.plans.items()
        if uid in after.plans and after.plans[uid] is not plan
    ]
    blocks = [_list_changed_keys(old.block_overrides, new.block_overrides) for old, new in shared]
    return ProjectChanges(
        moves=tuple(move for old, new in shared for move in list_zone_reassignments(old, new)),
        zones=any(old.zones != new.zones for old, new in shared),
        blocks=frozenset().union(*blocks),
        sites=frozenset(_list_changed_keys(before.sites, after.sites)),
        settings=_differs(before, after, *_SETTINGS),
        plans=before.plans.keys() != after.plans.keys()
        or any(
            getattr(old, name) != getattr(new, name) for old, new in shared for name in _PLAN_PARTS
        ),
        roster=_differs(before, after, *_ROSTER),
    )


def measure_edit_effect(before: Project, after: Project) -> EditEffect:
    """Count what differs between two projects."""
    changes = diff_projects(before, after)
    shifts = _list_changed_pairs(before.shifts, after.shifts)
    both = [(old, new) for old, new in shifts if old is not None and new is not None]
    to_final = sum(
        old.status is not ShiftStatus.FINAL and new.status is ShiftStatus.FINAL for old, new in both
    )
    to_draft = sum(
        old.status is ShiftStatus.FINAL and new.status is ShiftStatus.DRAFT for old, new in both
    )
    plans = _list_changed_pairs(before.plans, after.plans)
    in_force = [
        (
            old.name if old is not None and old.is_adopted else None,
            new.name if new is not None and new.is_adopted else None,
        )
        for old, new in plans
    ]
    return EditEffect(
        areas=frozenset(_list_edit_areas(before, after, changes)),
        sites_moved=len({move.site for move in changes.moves}),
        sites_changed=len(changes.sites),
        plans_added=sum(old is None for old, _ in plans),
        plans_removed=sum(new is None for _, new in plans),
        plans_put_in_force=tuple(now for was, now in in_force if now and not was),
        plans_taken_out_of_force=tuple(was for was, now in in_force if was and not now),
        shifts_to_final=to_final,
        shifts_to_draft=to_draft,
        shifts_changed=len(both) - to_final - to_draft,
        shifts_added=sum(old is None for old, _ in shifts),
        shifts_removed=sum(new is None for _, new in shifts),
        officers_changed=len(_list_changed_keys(before.officers, after.officers)),
    )


def _list_changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """List the keys whose values differ: those of ``before`` first, then the new ones."""
    if before is after:
        return []
    find = after.get
    changed = [key for key, old in before.items() if (new := find(key)) is not old and new != old]
    if after.keys() == before.keys():
        return changed
    return changed + [key for key, new in after.items() if key not in before and new is not None]


def _list_changed_pairs(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[Any, Any]]:
    return [(before.get(key), after.get(key)) for key in _list_changed_keys(before, after)]


def _differs(before: Project, after: Project, *names: str) -> bool:
    """Whether any of the named parts differs; strings by value, everything else by identity."""
    pairs = ((getattr(before, name), getattr(after, name)) for name in names)
    return any(old is not new and (not isinstance(old, str) or old != new) for old, new in pairs)


def _list_edit_areas(before: Project, after: Project, changes: ProjectChanges) -> list[EditArea]:
    moved, plans_changed = changes.moves or changes.blocks, changes.zones or changes.plans
    renamed = plans_changed and not moved and _only_renames(before, after)
    changed = {
        EditArea.SHIFTS: changes.roster,
        EditArea.PLAN: moved
        or (plans_changed and not renamed)
        or _differs(before, after, "demand", "travel", "blocks", "connections"),
        EditArea.DATA: renamed
        or changes.sites
        or _differs(before, after, "assumptions", "units", "jurisdictions", *_OFFICE),
        EditArea.LOG: _differs(before, after, "visit_rule", "records"),
        EditArea.READINESS: _differs(before, after, "rules", "rule_pack", "district_rules"),
    }
    return [area for area, differs in changed.items() if differs] or [EditArea.PROJECT]


def _only_renames(before: Project, after: Project) -> bool:
    """Whether plans differ only in their names and those of their zones, which Data shows."""
    return all(
        old is not None and new is not None and _strip_names(old) == _strip_names(new)
        for old, new in _list_changed_pairs(before.plans, after.plans)
    )


def _strip_names(plan: Plan) -> list[Any]:
    zones = [replace(zone, name="") for zone in plan.zones]
    return [zones, *(getattr(plan, part) for part in _PLAN_PARTS if part not in ("name", "zones"))]


_LOCKED_KINDS = ("visit", "incident", "stamp", "drill", "action", "hours", "approval", "void")
"""The entries that a year's figures are counted from; reviews and follow-ups stay open."""


def check_edit(before: Project, after: Project) -> None:
    """Refuse an edit that no door may make.

    Raises
    ------
    UserError
        The edit replaces an adopted plan with a draft, or changes a locked school year.
    """
    _check_adopted_plans(before, after)
    _check_locked_year(before, after)


def _check_adopted_plans(before: Project, after: Project) -> None:
    """Refuse an edit that replaces an adopted plan with a draft."""
    for uid, plan in before.plans.items() if before.plans is not after.plans else ():
        now = after.plans.get(uid)
        if plan.is_adopted and now is not None and not now.is_adopted:
            before.draft(uid)


def _check_locked_year(before: Project, after: Project) -> None:
    """Refuse an edit of shifts or calendar days in a locked school year."""
    lock = before.year_rollover.locked_until
    if lock is None or after.year_rollover is not before.year_rollover:
        return
    end = _compute_lock_end(lock, before.time_zone)
    for pair in _list_changed_pairs(before.shifts, after.shifts):
        if any(shift is not None and shift.starts_at < end for shift in pair):
            raise UserError("year_locked.shifts", locked_until=lock)
    was, now = (
        {
            (part, days)
            for part in ("terms", "holidays", "minimum_days")
            for days in getattr(project.calendar, part)
            if days.first <= lock
        }
        for project in (before, after)
    )
    if was != now:
        raise UserError("year_locked.calendar", locked_until=lock)


def check_locked_entries(
    project: Project, entries: Iterable[NewEntry], replaced: Mapping[str, NewEntry]
) -> None:
    """Refuse entries that would change the records of a locked school year.

    ``replaced`` are the entries that they correct or void, by uid.
    """
    lock = project.year_rollover.locked_until
    if lock is None:
        return
    end = _compute_lock_end(lock, project.time_zone)
    for entry in entries:
        superseded = replaced.get(entry.supersedes or "")
        if entry.kind in _LOCKED_KINDS and any(
            version.kind in _LOCKED_KINDS and version.occurred_at < end
            for version in (entry, superseded)
            if version
        ):
            raise UserError("year_locked", locked_until=lock)


def _compute_lock_end(locked_until: date, time_zone: str) -> datetime:
    """Return the time at which the last locked day ends."""
    return local_to_utc(locked_until + timedelta(days=1), time(0), time_zone)
