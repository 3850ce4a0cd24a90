"""What an edit is and does, what differs after it, and what a locked school year refuses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.errors import UserError


class EditKind(Enum):
    """What made an edit, where the projects before and after it do not show that."""

    CREATE = "create"
    EDIT = "edit"
    IMPORT = "import"
    RESTORE = "restore"
    UNDO = "undo"
    REDO = "redo"
    AUTOMATIC = "automatic"
    """Nobody asked for it, such as a first proposal that goes on getting better."""
    EXTERNAL = "external"
    """Another program changed the project; that was kept or put back, row by row."""
    MIGRATION = "migration"
    """The project was brought to a later version of the schema."""
    UNRECORDED = "unrecorded"
    """Another program changed the project, and what it changed is not known (before version 4)."""

    @property
    def can_be_undone(self) -> bool:
        """True where undo of the desk that made it takes it back."""
        return self in (EditKind.EDIT, EditKind.IMPORT, EditKind.RESTORE, EditKind.EXTERNAL)


def label_external_edit(*, kept: str = "", put_back: str = "") -> str:
    """Return the label of an edit that answers what another program changed."""
    if not kept:
        return f"Put back what another program changed: {put_back}"
    taken = f"Kept from another program: {kept}"
    return f"{taken}; put back: {put_back}" if put_back else taken


class EditArea(Enum):
    """The workspace in which a person sees what an edit changes."""

    PLAN = "plan"
    SHIFTS = "shifts"
    LOG = "log"
    READINESS = "readiness"
    DATA = "data"
    """What zones are made of: schools, units, areas, assumptions."""
    PROJECT = "project"
    """What every workspace shows: layers of one's own, agencies, the calendar."""


@dataclass(frozen=True, slots=True)
class ZoneReassignment:
    """One site that changed its zone; None stands for no zone."""

    site: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ProjectChanges:
    """What differs between two plans or project states; empty means nothing to redraw."""

    moves: tuple[ZoneReassignment, ...] = ()
    zones: bool = False
    blocks: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    settings: bool = False
    plans: bool = False
    roster: bool = False

    @property
    def only_moves(self) -> bool:
        """True where sites or blocks changed their zone, and nothing else did."""
        more = self.zones or self.sites or self.settings or self.plans or self.roster
        return bool(self.moves or self.blocks) and not more


@dataclass(frozen=True, slots=True)
class EditEffect:
    """How many things differ between two projects, by what became of them.

    ``plans_put_in_force`` and ``plans_taken_out_of_force`` name plans that got or lost the day
    they take effect.
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
        order = (
            *(EditArea.SHIFTS, EditArea.PLAN, EditArea.DATA),
            *(EditArea.LOG, EditArea.READINESS),
        )
        return next((area for area in order if area in self.areas), EditArea.PROJECT)

    @property
    def needs_warning(self) -> bool:
        """True where it takes final shifts back, or a plan out of force."""
        return bool(self.shifts_to_draft or self.plans_taken_out_of_force)


_ROSTER = ("officers", "posts", "shifts", "swaps", "roster_rules", "hours_rules")
_ELSEWHERE = {"uid", "crs", "sites", "plans", *_ROSTER}
_OFFICE = ("directory", "preferences", "site_notes", "year_rollover")
_SETTINGS = tuple(one.name for one in fields(Project) if one.name not in _ELSEWHERE)
_PLAN_PARTS = tuple(
    one.name for one in fields(Plan) if one.name not in ("assignment", "block_overrides")
)


def list_zone_reassignments(before: Plan, after: Plan) -> tuple[ZoneReassignment, ...]:
    """List the sites whose zone differs, by site id."""
    return tuple(
        ZoneReassignment(site, before.assignment.get(site), after.assignment.get(site))
        for site in sorted(_list_changed_keys(before.assignment, after.assignment))
    )


def diff_projects(before: Project, after: Project) -> ProjectChanges:
    """Say what differs, so that only that is computed and drawn anew.

    ``moves`` spans all plans that exist in both; ``plans`` shows that one came, went or changed
    in more than its assignment; ``settings`` that anything else of the project changed.
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
    force = [
        ((new or old).name, old and old.is_adopted, new and new.is_adopted) for old, new in plans
    ]
    return EditEffect(
        areas=frozenset(_list_edit_areas(before, after, changes)),
        sites_moved=len({move.site for move in changes.moves}),
        sites_changed=len(changes.sites),
        plans_added=sum(old is None for old, _ in plans),
        plans_removed=sum(new is None for _, new in plans),
        plans_put_in_force=tuple(name for name, was, now in force if now and not was),
        plans_taken_out_of_force=tuple(name for name, was, now in force if was and not now),
        shifts_to_final=to_final,
        shifts_to_draft=to_draft,
        shifts_changed=len(both) - to_final - to_draft,
        shifts_added=sum(old is None for old, _ in shifts),
        shifts_removed=sum(new is None for _, new in shifts),
        officers_changed=len(_list_changed_keys(before.officers, after.officers)),
    )


def _list_changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """List the keys whose values differ, in the order of the two."""
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
    """True where a part is another value; texts are compared, all else by identity."""
    pairs = ((getattr(before, name), getattr(after, name)) for name in names)
    return any(old is not new and (not isinstance(old, str) or old != new) for old, new in pairs)


def _list_edit_areas(before: Project, after: Project, changes: ProjectChanges) -> list[EditArea]:
    of_plan = changes.moves or changes.zones or changes.blocks or changes.plans
    found = [EditArea.SHIFTS] if changes.roster else []
    if of_plan or _differs(before, after, "demand", "travel", "blocks", "connections"):
        found.append(EditArea.PLAN)
    if changes.sites or _differs(before, after, "assumptions", "units", "jurisdictions", *_OFFICE):
        found.append(EditArea.DATA)
    if _differs(before, after, "visit_rule", "records"):
        found.append(EditArea.LOG)
    if _differs(before, after, "rules", "rule_pack", "district_rules"):
        found.append(EditArea.READINESS)
    return found or [EditArea.PROJECT]


_LOCKED_KINDS = ("visit", "incident", "stamp", "drill", "action", "hours", "approval", "void")
"""What figures of a year are counted from; reviews and what follows them go on."""


def check_edit(before: Project, after: Project) -> None:
    """Refuse what no edit may change, whatever door it comes through.

    Raises
    ------
    UserError
        A draft takes the place of an adopted plan, or a locked school year changes.
    """
    _check_adopted_plans(before, after)
    _check_locked_year(before, after)


def _check_adopted_plans(before: Project, after: Project) -> None:
    """Refuse an edit that puts a draft in place of an adopted plan."""
    for uid, plan in before.plans.items() if before.plans is not after.plans else ():
        now = after.plans.get(uid)
        if plan.is_adopted and now is not None and not now.is_adopted:
            before.draft(uid)


def _check_locked_year(before: Project, after: Project) -> None:
    """Refuse an edit of shifts or days of the calendar in a school year that is locked."""
    lock = before.year_rollover.locked_until
    if lock is None or after.year_rollover is not before.year_rollover:
        return
    end = _find_end(before)
    if before.shifts is not after.shifts:
        for old, new in _list_changed(before.shifts, after.shifts):
            if any(one is not None and one.starts_at < end for one in (old, new)):
                raise UserError("year_locked.shifts", locked_until=lock)
    if before.calendar is not after.calendar:
        calendars = (before.calendar, after.calendar)
        was, now = (
            {
                (part, one)
                for part in ("terms", "holidays", "minimum_days")
                for one in getattr(own, part)
                if one.first <= lock
            }
            for own in calendars
        )
        if was != now:
            raise UserError("year_locked.calendar", locked_until=lock)


def check_locked_entries(
    project: Project, entries: Iterable[NewEntry], replaced: Mapping[str, NewEntry]
) -> None:
    """Refuse entries that would change the records of a school year that is locked.

    ``replaced`` are the entries that some of them correct or void, by uid.
    """
    lock = project.year_rollover.locked_until
    if lock is None:
        return
    end = _find_end(project)
    for entry in entries:
        told = replaced.get(entry.supersedes or "")
        if entry.kind in _LOCKED_KINDS and any(
            one.kind in _LOCKED_KINDS and one.occurred_at < end for one in (entry, told) if one
        ):
            raise UserError("year_locked", locked_until=lock)


def _find_end(project: Project) -> datetime:
    """Return the moment at which the last locked school year ends."""
    lock = project.year_rollover.locked_until
    assert lock is not None
    after = lock + timedelta(days=1)
    return datetime.combine(after, time(0), ZoneInfo(project.time_zone)).astimezone(UTC)


def _list_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Any]:
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if old is not new and old != new:
            yield old, new
