"""What is otherwise in the project's tables than our edits left it: judged, kept or put back.

A row is kept where our triggers saw another program change it and it passes the checks of an edit
of ours. What was changed without a trace is damage or forgery and is put back.

Rows that another program changed, in words: which row, which columns, before and after.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.crs import make_lonlat_converter
from zoneplanner.domain.calendar.local_time import is_time_zone
from zoneplanner.domain.changes import label_external_edit
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.errors import Conflict, UserError

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, ExternalChange, Store


_Row = Mapping[str, Any]
_NAMED = ("site", "plan", "officer")
_NOT_TOLD = ("row_version", "position")
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column of a row that another program changed: its name, and its values in words."""

    name: str
    before: str
    after: str


def describe_row(project: Project, table: str, key: tuple[Any, ...], row: _Row) -> str:
    """Return a row in words: its name, and of what it is a part."""
    if table in _NAMED and str(row.get("name", "")).strip():
        return str(row["name"])
    words = table.replace("_", " ")
    plan = project.plans.get(str(row.get("plan", ""))) if table != "plan" else None
    if plan is None:
        return f"{words} {' '.join(map(str, key))}".strip()
    part = key[1:] if table != "assignment" else (_name_of(project, row, "site", key[-1]),)
    of_plan = "" if table == "assignment" else f"{words} "
    return f"{of_plan}{' '.join(map(str, part))} of “{plan.name}”"


def _name_of(project: Project, row: _Row, column: str, value: Any) -> Any:
    """Return what people call the site, zone or unit that a column names."""
    plan = project.plans.get(str(row.get("plan", "")))
    zones = {zone.id: zone for zone in plan.zones} if plan is not None else {}
    known: dict[str, Mapping[str, Any]] = {
        "site": project.sites,
        "zone": zones,
        "unit": project.units,
        "plan": project.plans,
        "officer": project.officers,
    }
    found = known.get(column, {}).get(str(value))
    return value if found is None else found.name


def describe_fields(
    project: Project, before: _Row | None, after: _Row | None
) -> Iterator[FieldChange]:
    """Yield what differs between two sides of a row, in words of the project."""
    names = [name for name in {**(before or {}), **(after or {})} if name not in _NOT_TOLD]
    place = _make_place_words(project)
    for name in names:
        was, now = ((side or {}).get(name) for side in (before, after))
        if was == now or (None in (before, after) and (was or now) in (None, "", False)):
            continue
        if isinstance(was or now, BaseGeometry):
            yield _describe_shape(place, was, now)
            continue
        words = [
            _NOTHING if side is None else str(_name_of(project, side, name, value))
            for side, value in ((before, was), (after, now))
        ]
        yield FieldChange(name.replace("_", " "), *words)


def _describe_shape(
    place: Callable[[Any], str], was: BaseGeometry | None, now: BaseGeometry | None
) -> FieldChange:
    if isinstance(was or now, Point):
        return FieldChange("position", place(was), place(now))
    sides = [_NOTHING if one is None else "drawn" for one in (was, now)]
    return (
        FieldChange("shape", *sides)
        if None in (was, now)
        else FieldChange("shape", "as it was", "drawn anew")
    )


def _make_place_words(project: Project) -> Callable[[Any], str]:
    """Return what writes a position as latitude and longitude."""
    try:
        to_lonlat = make_lonlat_converter(project.crs)
    except UserError:
        return lambda point: _NOTHING if point is None else f"{point.x:.0f}, {point.y:.0f}"

    def words(point: Any) -> str:
        if point is None or point.is_empty:
            return _NOTHING
        lon, lat = to_lonlat(point.x, point.y)
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            return f"{point.x:.0f}, {point.y:.0f} m"
        return f"{lat:.5f}, {lon:.5f}"

    return words


_FARTHEST_M = 100_000.0
_MOST_TOLD = 3
_LONGEST_NAME = 200
_LARGEST_NUMBER = 1e9
_OF_PLANS = ("plan", "zone", "assignment", "block_override", "plan_lock", "plan_site")


class RowState(Enum):
    """What became of a row that another program changed."""

    KEPT = "kept"
    PUT_BACK = "put_back"
    CHANGED_SINCE = "changed_since"
    """It is neither as it was nor as the other program left it."""


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """A row that is otherwise than our edits left it, and why it is put back, if it is.

    ``row`` is the row in words; ``before`` and ``after`` are its values, None where there is none.
    ``may_be_kept`` where a person may keep it all the same: only a trace of who it was is missing.
    """

    change: "ExternalChange"
    fault: CheckFinding | None
    may_be_kept: bool
    row: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def identity(self) -> tuple[str, tuple[Any, ...]]:
        """The table and what identifies the row in it."""
        return self.change.table, self.change.key

    @property
    def differs(self) -> bool:
        """False of a row that another program wrote again as it was."""
        before, after = self.change.before or {}, self.change.after or {}
        names = (before.keys() | after.keys()) - {"row_version"}
        return any(before.get(name) != after.get(name) for name in names)

    @property
    def finding(self) -> CheckFinding:
        """What is to be known of it, as a finding."""
        place = {"table": self.change.table, "row": self.row}
        return self.fault or CheckFinding("external_change", place)


def judge_external_changes(
    store: "Store", before: Project, changes: Sequence["ExternalChange"]
) -> tuple[Project, tuple[JudgedChange, ...]]:
    """Return the project with what can be kept of changes, and the verdict on each."""
    values = [store.decode_external(one) for one in changes]
    rows = _name_rows(before, changes, values)
    faults = {
        place: _find_fault(store, before, one, rows[place]) for place, one in enumerate(changes)
    }
    unmarked = {
        place: _make_finding("unmarked", one, rows[place])
        for place, one in enumerate(changes)
        if not one.marked
    }
    keepable = {place for place, fault in faults.items() if fault is None}
    faults |= unmarked
    after = before
    while True:
        kept = [one for place, one in enumerate(changes) if faults[place] is None]
        after = store.apply_external(before, kept) if kept else before
        dangling = dict(store.find_dangling_rows(after)) if kept else {}
        named = {row for parents in dangling.values() for row in parents}
        broken = [
            place
            for place, one in enumerate(changes)
            if faults[place] is None and (one.table, one.key) in dangling.keys() | named
        ]
        if not broken:
            break
        keepable -= set(broken)
        faults |= {
            place: _make_finding("dangling", changes[place], rows[place]) for place in broken
        }
    judged = tuple(
        JudgedChange(one, faults[place], place in keepable, rows[place], *values[place])
        for place, one in enumerate(changes)
    )
    return after, judged


def _name_rows(
    project: Project,
    changes: Sequence["ExternalChange"],
    values: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
) -> list[str]:
    """Return the rows in words; those that would be called the same have their key, too."""
    rows = [
        describe_row(
            project, one.table, one.key, {**(one.before or one.after or {}), **(was or {})}
        )
        for one, (was, _) in zip(changes, values, strict=True)
    ]
    often = Counter(rows)
    return [
        row if often[row] == 1 else f"{row} ({' '.join(map(str, one.key))})"
        for row, one in zip(rows, changes, strict=True)
    ]


def settle_external_changes(
    store: "Store",
    before: Project,
    *,
    last: int,
    plan_uid: str | None,
    actor: str,
    at: datetime,
) -> tuple[Project, "EditRecord | None", tuple[JudgedChange, ...]]:
    """Keep or put back what is otherwise in the tables, as a step that can be undone.

    ``last`` is the number of the last edit. Returned are the project as it is then, the edit that
    says so and the verdicts; no edit where nothing differs that counts, this desk may not write,
    or another desk was faster.
    """
    changes = store.external
    after, judged = judge_external_changes(store, before, changes)
    if store.read_only or not store.may_edit:
        return before, None, judged
    told = _list_told(judged)
    label = _compose_label(told) if told else ""
    try:
        saved = store.settle_external(
            before,
            after,
            changes=changes,
            label=label,
            actor=actor,
            at=at,
            last=last,
            plan=plan_uid,
        )
    except Conflict:
        return before, None, ()
    return after, saved, judged


def describe_external_changes(judged: Sequence[JudgedChange]) -> str:
    """Say at opening what is otherwise than it was saved, and what becomes of it."""
    told = _list_told(judged)
    return f"{_compose_label(told)}." if told else ""


def list_external_details(project: Project, judged: Sequence[JudgedChange]) -> dict[str, str]:
    """Return what became of each row, by the row in words."""
    found: dict[str, str] = {}
    for one in _list_told(judged):
        doing = _describe_doing(one.change)
        if one.before and one.after:
            fields = describe_fields(project, one.before, one.after)
            doing = "; ".join(f"{f.name} “{f.before}” became “{f.after}”" for f in fields) or doing
        what = "kept" if one.fault is None else f"put back ({one.fault.text.rstrip('.')})"
        found[one.row] = f"{what}: {doing}"
    return found


def list_external_rows(
    store: "Store", project: Project, judged: Sequence[JudgedChange]
) -> list[dict[str, Any]]:
    """Return what other programs changed, as it is told to programs.

    Where it was not settled yet, ``state`` is what becomes of a row when the project is next opened
    for writing.
    """
    pending = bool(store.external)
    states = list_row_states(store, project, judged)
    found = []
    for one, state in zip(judged, states, strict=True):
        fields = describe_fields(project, one.before, one.after)
        coming = RowState.PUT_BACK if one.fault else RowState.KEPT
        found.append(
            {
                "table": one.change.table,
                "row": one.row,
                "state": (coming if pending else state).value,
                "settled": not pending,
                "fault": one.fault.template.partition(".")[2] if one.fault else "",
                "fields": [{"name": f.name, "before": f.before, "after": f.after} for f in fields],
            }
        )
    return found


def list_row_states(
    store: "Store", project: Project, judged: Sequence[JudgedChange]
) -> list[RowState]:
    """Say of each row whether the project holds it as another program left it."""
    names = {True: RowState.KEPT, False: RowState.PUT_BACK, None: RowState.CHANGED_SINCE}
    sides = store.find_external_sides(project, [one.change for one in judged])
    return [names[side] for side in sides]


def find_judged_rows(judged: Sequence[JudgedChange], rows: Sequence[str]) -> list[JudgedChange]:
    """Return the rows that are named as ``check`` names them; "all" names each.

    Raises
    ------
    UserError
        A row was not changed by another program.
    """
    known = {one.row: one for one in _list_told(judged)}
    for row in rows:
        if row != "all" and row not in known:
            raise UserError("unknown_external_row", row=row, known=sorted(known))
    return [one for row, one in known.items() if row in rows or "all" in rows]


def turn_rows(judged: Sequence[JudgedChange], *, keep: bool) -> "list[ExternalChange]":
    """Return what keeps rows as another program left them, or puts them back as they were.

    Raises
    ------
    UserError
        A row may not be kept: it breaks a rule.
    """
    if not keep:
        changes = (one.change for one in judged)
        return [one._replace(before=one.after, after=one.before) for one in changes]
    for one in judged:
        if not one.may_be_kept and one.fault is not None:
            raise UserError("cannot_keep_row", row=one.row, why=one.fault.text)
    return [one.change for one in judged]


def label_row_decision(judged: Sequence[JudgedChange], *, keep: bool) -> str:
    """Return the label of an edit by which a person keeps rows or puts them back."""
    words = _join([one.row for one in judged], "rows")
    return label_external_edit(kept=words) if keep else label_external_edit(put_back=words)


def _list_told(judged: Sequence[JudgedChange]) -> list[JudgedChange]:
    """Leave out rows that another program wrote again as they were."""
    return [one for one in judged if one.differs or not one.change.marked]


def _compose_label(judged: Sequence[JudgedChange]) -> str:
    kept = [f"{one.row} {_describe_doing(one.change)}" for one in judged if one.fault is None]
    back = [one.fault.text.rstrip(".") for one in judged if one.fault is not None]
    return label_external_edit(kept=_join(kept, "rows"), put_back=_join(back, "rows"))


def _join(words: Sequence[str], what: str) -> str:
    if len(words) <= _MOST_TOLD:
        return "; ".join(words)
    return f"{words[0]} and {len(words) - 1:,} more {what}"


def _describe_doing(change: "ExternalChange") -> str:
    if change.before is None or change.after is None:
        return "added" if change.before is None else "removed"
    moved = "geom" in change.before and change.before["geom"] != change.after["geom"]
    return "moved" if moved and change.table == "site" else "changed"


def _make_finding(fault: str, change: "ExternalChange", row: str, **facts: Any) -> CheckFinding:
    place = {"table": change.table, "row": row}
    return CheckFinding(f"external_change.{fault}", place, facts)


def _find_fault(
    store: "Store", before: Project, change: "ExternalChange", row: str
) -> CheckFinding | None:
    """Return why a change cannot be kept by itself, if it cannot."""
    if change.after is None and change.place is not None:
        return _make_finding("unreadable", change, row)
    if change.table == "app_meta" and str(change.key[0]) not in store.EDITABLE_KEYS:
        return _make_finding("identity", change, row)
    if change.table in _OF_PLANS:
        plan = before.plans.get(change.key[0])
        if plan is not None and plan.is_adopted:
            return _make_finding("in_force", change, row, plan=plan.name)
    try:
        after = store.apply_external(before, [change])
    except UserError as error:
        return _make_finding("unreadable", change, row, why=error.message)
    return next(_find_domain_faults(before, after, change, row), None)


def _find_domain_faults(
    before: Project, after: Project, change: "ExternalChange", named: str
) -> Iterator[CheckFinding]:
    row = change.after
    if change.table == "shift":
        statuses = {
            one.shifts[change.key[0]].status
            for one in (before, after)
            if change.key[0] in one.shifts
        }
        if ShiftStatus.FINAL in statuses:
            yield _make_finding("final_shift", change, named)
    if row is None:
        return
    if change.key == ("project_time_zone",) and not is_time_zone(after.time_zone):
        yield _make_finding("no_time_zone", change, named)
    if any(len(str(row.get(name, ""))) > _LONGEST_NAME for name in ("id", "name", "uid")):
        yield _make_finding("long_name", change, named)
    numbers = (value for value in row.values() if isinstance(value, int | float))
    if not all(0 <= value <= _LARGEST_NUMBER for value in numbers):
        yield _make_finding("no_number", change, named)
    if any(name in row and not str(row[name]).strip() for name in ("id", "name", "uid")):
        yield _make_finding("no_name", change, named)
    if change.table == "plan" and after.plans[change.key[0]].is_adopted:
        yield _make_finding("in_force", change, named, plan=row["name"])
    if change.table == "site":
        site = after.sites[change.key[0]]
        here = compute_project_extent(before)
        if not np.isfinite(site.position).all():
            yield _make_finding("no_position", change, named)
        elif here is not None and site.point.distance(here) > _FARTHEST_M:
            yield _make_finding("far", change, named, away_m=site.point.distance(here))
