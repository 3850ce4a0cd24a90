"""Changes to the project's tables by other programs: judge, keep or put back, and describe them.

A change is kept if our triggers recorded it and it passes the checks of our own edits. A change
without a record is damage or forgery and is put back.
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
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.errors import Conflict, UserError
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, ExternalChange, Store


_Row = Mapping[str, Any]
_TABLES_WITH_NAMES = ("site", "plan", "officer")
_HIDDEN_COLUMNS = ("row_version", "position")
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column of a row that another program changed: its name and its values as text."""

    name: str
    before: str
    after: str


def describe_row(project: Project, table: str, key: tuple[Any, ...], row: _Row) -> str:
    """Return a row in words: its name, and its plan if it is part of one."""
    if table in _TABLES_WITH_NAMES and str(row.get("name", "")).strip():
        return str(row["name"])
    words = table.replace("_", " ")
    plan = project.plans.get(str(row.get("plan", ""))) if table != "plan" else None
    if plan is None:
        return f"{words} {' '.join(map(str, key))}".strip()
    if table == "assignment":
        return f"{_replace_id_by_name(project, row, 'site', key[-1])} of “{plan.name}”"
    return f"{words} {' '.join(map(str, key[1:]))} of “{plan.name}”"


def _replace_id_by_name(project: Project, row: _Row, column: str, value: Any) -> Any:
    """Return the name of the site, zone or unit whose id is in a column; other values unchanged."""
    plan = project.plans.get(str(row.get("plan", "")))
    zones = {zone.id: zone for zone in plan.zones} if plan is not None else {}
    records: dict[str, Mapping[str, Any]] = {
        "site": project.sites,
        "zone": zones,
        "unit": project.units,
        "plan": project.plans,
        "officer": project.officers,
    }
    record = records.get(column, {}).get(str(value))
    return value if record is None else record.name


def describe_fields(
    project: Project, before: _Row | None, after: _Row | None
) -> Iterator[FieldChange]:
    """Yield the differences between two versions of a row, with names from the project."""
    names = [name for name in {**(before or {}), **(after or {})} if name not in _HIDDEN_COLUMNS]
    format_point = _make_point_formatter(project)
    for name in names:
        old, new = ((version or {}).get(name) for version in (before, after))
        if old == new or (None in (before, after) and (old or new) in (None, "", False)):
            continue
        if isinstance(old or new, BaseGeometry):
            yield _describe_shape(format_point, old, new)
            continue
        texts = [
            _NOTHING if row is None else str(_replace_id_by_name(project, row, name, value))
            for row, value in ((before, old), (after, new))
        ]
        yield FieldChange(name.replace("_", " "), *texts)


def _describe_shape(
    format_point: Callable[[Any], str], old: BaseGeometry | None, new: BaseGeometry | None
) -> FieldChange:
    if isinstance(old or new, Point):
        return FieldChange("position", format_point(old), format_point(new))
    if old is not None and new is not None:
        return FieldChange("shape", "as it was", "drawn again")
    return FieldChange("shape", *(_NOTHING if shape is None else "drawn" for shape in (old, new)))


def _make_point_formatter(project: Project) -> Callable[[Any], str]:
    """Return a function that writes a position as latitude and longitude."""
    try:
        to_lonlat = make_lonlat_converter(project.crs)
    except UserError:
        return lambda point: _NOTHING if point is None else f"{point.x:.0f}, {point.y:.0f}"

    def format_point(point: Any) -> str:
        if point is None or point.is_empty:
            return _NOTHING
        lon, lat = to_lonlat(point.x, point.y)
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            return f"{point.x:.0f}, {point.y:.0f} m"
        return f"{lat:.5f}, {lon:.5f}"

    return format_point


_FARTHEST_M = 100_000.0
_MOST_LISTED = 3
_LONGEST_NAME = 200
_LARGEST_NUMBER = 1e9
_PLAN_TABLES = ("plan", "zone", "assignment", "block_override", "plan_lock", "plan_site")


class RowState(Enum):
    """The state of a row that another program changed."""

    KEPT = "kept"
    PUT_BACK = "put_back"
    CHANGED_SINCE = "changed_since"
    """It has been changed again: it is neither version."""


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """A row that another program changed, and why it is put back, if it is.

    ``row`` is the row in words; ``before`` and ``after`` are its values, None if it did not exist.
    If ``may_be_kept``, a person may keep it anyway: only the record of the change is missing.
    """

    change: "ExternalChange"
    fault: CheckFinding | None
    may_be_kept: bool
    row: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def identity(self) -> tuple[str, tuple[Any, ...]]:
        """The table, and the row's key in it."""
        return self.change.table, self.change.key

    @property
    def differs(self) -> bool:
        """Whether any value changed; a program may also have written the same values again."""
        before, after = self.change.before or {}, self.change.after or {}
        names = (before.keys() | after.keys()) - {"row_version"}
        return any(before.get(name) != after.get(name) for name in names)

    @property
    def finding(self) -> CheckFinding:
        """The row and its fault, if any, as a finding."""
        place = {"table": self.change.table, "row": self.row}
        return self.fault or CheckFinding("external_change", place)


def judge_external_changes(
    store: "Store", before: Project, changes: Sequence["ExternalChange"]
) -> tuple[Project, tuple[JudgedChange, ...]]:
    """Return the project with the changes that can be kept, and the verdict on each change."""
    values = [store.decode_external(change) for change in changes]
    rows = _name_rows(before, changes, values)
    faults = [
        _find_fault(store, before, change, row) for change, row in zip(changes, rows, strict=True)
    ]
    keepable = {index for index, fault in enumerate(faults) if fault is None}
    for index, change in enumerate(changes):
        if not change.marked:
            faults[index] = _make_finding("unmarked", change, rows[index])
    after = before
    # a change that leaves a reference without its row is put back; that may break others in turn
    while True:
        kept = [change for change, fault in zip(changes, faults, strict=True) if fault is None]
        after = store.apply_external(before, kept) if kept else before
        dangling = dict(store.find_dangling_rows(after)) if kept else {}
        involved = {*dangling, *(row for parents in dangling.values() for row in parents)}
        broken = [
            index
            for index, change in enumerate(changes)
            if faults[index] is None and (change.table, change.key) in involved
        ]
        if not broken:
            break
        keepable -= set(broken)
        for index in broken:
            faults[index] = _make_finding("dangling", changes[index], rows[index])
    judged = tuple(
        JudgedChange(change, faults[index], index in keepable, rows[index], *values[index])
        for index, change in enumerate(changes)
    )
    return after, judged


def _name_rows(
    project: Project,
    changes: Sequence["ExternalChange"],
    values: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
) -> list[str]:
    """Return the rows in words; rows with the same words also get their key."""
    rows = []
    for change, (before, _) in zip(changes, values, strict=True):
        columns = {**(change.before or change.after or {}), **(before or {})}
        rows.append(describe_row(project, change.table, change.key, columns))
    counts = Counter(rows)
    return [
        row if counts[row] == 1 else f"{row} ({' '.join(map(str, change.key))})"
        for row, change in zip(rows, changes, strict=True)
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
    """Keep or put back what other programs changed, as a step that can be undone.

    ``last`` is the number of the last edit. Returns the project after that, the edit and the
    verdicts. There is no edit if nothing relevant differs, this desk may not write, or another desk
    saved first.
    """
    changes = store.external
    after, judged = judge_external_changes(store, before, changes)
    if store.read_only or not store.may_edit:
        return before, None, judged
    try:
        saved = store.settle_external(
            before,
            after,
            changes=changes,
            label=_compose_label(judged),
            actor=actor,
            at=at,
            last=last,
            plan=plan_uid,
        )
    except Conflict:
        return before, None, ()
    return after, saved, judged


def describe_external_changes(judged: Sequence[JudgedChange]) -> Message | None:
    """Return a sentence for the opening of a project: what changed, and what happened to it."""
    label = _compose_label(judged)
    return Message("changed_by_others", label=label) if label else None


def list_external_details(project: Project, judged: Sequence[JudgedChange]) -> dict[str, str]:
    """Return what happened to each row, by the row in words."""
    details: dict[str, str] = {}
    for row in _select_relevant(judged):
        action = _describe_action(row.change)
        if row.before and row.after:
            fields = describe_fields(project, row.before, row.after)
            changes = [
                Message("external_row.field", name=f.name, before=f.before, after=f.after)
                for f in fields
            ]
            action = str(Message("external_row.fields", changes=changes)) if changes else action
        kept = Message("external_row.kept", action=action)
        if row.fault is not None:
            why = row.fault.text.rstrip(".")
            kept = Message("external_row.put_back", action=action, why=why)
        details[row.row] = str(kept)
    return details


def list_external_rows(
    store: "Store", project: Project, judged: Sequence[JudgedChange]
) -> list[dict[str, Any]]:
    """Return the changes of other programs as data for ``--json``.

    If they are not settled yet, ``state`` is the state of a row after the project is next opened
    for writing.
    """
    is_pending = bool(store.external)
    states = list_row_states(store, project, judged)
    rows = []
    for row, state in zip(judged, states, strict=True):
        fields = describe_fields(project, row.before, row.after)
        future_state = RowState.PUT_BACK if row.fault else RowState.KEPT
        rows.append(
            {
                "table": row.change.table,
                "row": row.row,
                "state": (future_state if is_pending else state).value,
                "settled": not is_pending,
                "fault": row.fault.template.partition(".")[2] if row.fault else "",
                "fields": [{"name": f.name, "before": f.before, "after": f.after} for f in fields],
            }
        )
    return rows


def list_row_states(
    store: "Store", project: Project, judged: Sequence[JudgedChange]
) -> list[RowState]:
    """Return whether the project has each row as the other program left it, or as it was."""
    states = {True: RowState.KEPT, False: RowState.PUT_BACK, None: RowState.CHANGED_SINCE}
    sides = store.find_external_sides(project, [row.change for row in judged])
    return [states[side] for side in sides]


def find_judged_rows(judged: Sequence[JudgedChange], rows: Sequence[str]) -> list[JudgedChange]:
    """Return rows by their names in the output of ``check``; "all" means every row.

    Raises
    ------
    UserError
        A row was not changed by another program.
    """
    by_name = {each.row: each for each in _select_relevant(judged)}
    for row in rows:
        if row != "all" and row not in by_name:
            raise UserError("unknown_external_row", row=row, known=sorted(by_name))
    return [each for row, each in by_name.items() if row in rows or "all" in rows]


def list_row_changes(judged: Sequence[JudgedChange], *, keep: bool) -> "list[ExternalChange]":
    """Return the changes that keep rows as another program left them, or that put them back.

    Raises
    ------
    UserError
        A row may not be kept: it breaks a rule.
    """
    changes = [row.change for row in judged]
    if not keep:
        return [change._replace(before=change.after, after=change.before) for change in changes]
    for row in judged:
        if not row.may_be_kept and row.fault is not None:
            raise UserError("cannot_keep_row", row=row.row, why=row.fault.text)
    return changes


def label_row_decision(judged: Sequence[JudgedChange], *, keep: bool) -> str:
    """Return the label of an edit with which a person keeps rows or puts them back."""
    code = "external_edit.kept" if keep else "external_edit.put_back"
    return str(Message(code, rows=_join_rows([row.row for row in judged])))


def _select_relevant(judged: Sequence[JudgedChange]) -> list[JudgedChange]:
    """Leave out rows to which another program wrote the same values again."""
    return [row for row in judged if row.differs or not row.change.marked]


def _compose_label(judged: Sequence[JudgedChange]) -> str:
    """Return the label of the edit that settles changes, or an empty string if none is relevant."""
    relevant = _select_relevant(judged)
    if not relevant:
        return ""
    kept = [f"{row.row} {_describe_action(row.change)}" for row in relevant if row.fault is None]
    put_back = [row.fault.text.rstrip(".") for row in relevant if row.fault is not None]
    rows, others = _join_rows(kept), _join_rows(put_back)
    if kept and put_back:
        return str(Message("external_edit.kept_some", rows=rows, put_back=others))
    code = "external_edit.kept" if kept else "external_edit.put_back"
    return str(Message(code, rows=rows or others))


def _join_rows(texts: Sequence[str]) -> str:
    if len(texts) <= _MOST_LISTED:
        return "; ".join(texts)
    return f"{texts[0]} and {len(texts) - 1:,} more rows"


def _describe_action(change: "ExternalChange") -> str:
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
    """Return why a change cannot be kept, apart from other changes, or None if it can."""
    if change.after is None and change.place is not None:
        return _make_finding("unreadable", change, row)
    if change.table == "app_meta" and str(change.key[0]) not in store.EDITABLE_KEYS:
        return _make_finding("identity", change, row)
    if change.table in _PLAN_TABLES:
        plan = before.plans.get(change.key[0])
        if plan is not None and plan.is_adopted:
            return _make_finding("in_force", change, row, plan=plan.name)
    try:
        after = store.apply_external(before, [change])
    except UserError as error:
        return _make_finding("unreadable", change, row, why=error.to_message())
    return next(_find_domain_faults(before, after, change, row), None)


def _find_domain_faults(
    before: Project, after: Project, change: "ExternalChange", description: str
) -> Iterator[CheckFinding]:
    row = change.after
    if change.table == "shift":
        statuses = {
            project.shifts[change.key[0]].status
            for project in (before, after)
            if change.key[0] in project.shifts
        }
        if ShiftStatus.FINAL in statuses:
            yield _make_finding("final_shift", change, description)
    if row is None:
        return
    if change.key == ("project_time_zone",) and not is_time_zone(after.time_zone):
        yield _make_finding("no_time_zone", change, description)
    if any(len(str(row.get(name, ""))) > _LONGEST_NAME for name in ("id", "name", "uid")):
        yield _make_finding("long_name", change, description)
    numbers = (value for value in row.values() if isinstance(value, int | float))
    if not all(0 <= value <= _LARGEST_NUMBER for value in numbers):
        yield _make_finding("no_number", change, description)
    if any(name in row and not str(row[name]).strip() for name in ("id", "name", "uid")):
        yield _make_finding("no_name", change, description)
    if change.table == "plan" and after.plans[change.key[0]].is_adopted:
        yield _make_finding("in_force", change, description, plan=row["name"])
    if change.table == "site":
        site = after.sites[change.key[0]]
        extent = compute_project_extent(before)
        if not np.isfinite(site.position).all():
            yield _make_finding("no_position", change, description)
        elif extent is not None and site.point.distance(extent) > _FARTHEST_M:
            yield _make_finding("far", change, description, away_m=site.point.distance(extent))
