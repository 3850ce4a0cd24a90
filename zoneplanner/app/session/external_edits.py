"""What is otherwise in the project's tables than our edits left it: judged, kept or put back.

A row is kept where our triggers saw another program change it and it passes the checks of an edit
of ours. What was changed without a trace is damage or forgery and is put back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from zoneplanner.domain.changes import label_external_edit
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.errors import Conflict, UserError

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, ExternalChange, Store

_FARTHEST_M = 100_000.0
_MOST_TOLD = 3
_OF_PLANS = ("plan", "zone", "assignment", "block_override", "plan_lock", "plan_site")


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """A row that is otherwise than our edits left it, and why it cannot be kept, if it cannot."""

    change: "ExternalChange"
    fault: CheckFinding | None

    @property
    def row(self) -> str:
        """The row in words."""
        return describe_row(self.change)

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that differ."""
        before, after = self.change.before or {}, self.change.after or {}
        names = before.keys() | after.keys()
        return tuple(
            sorted(n for n in names if before.get(n) != after.get(n) and n != "row_version")
        )

    @property
    def finding(self) -> CheckFinding:
        """What is to be known of it, as a finding."""
        place = {"table": self.change.table, "row": self.row}
        return self.fault or CheckFinding("external_change", place)


def judge_external_changes(
    store: "Store", before: Project, changes: Sequence["ExternalChange"]
) -> tuple[Project, tuple[JudgedChange, ...]]:
    """Return the project with what can be kept of changes, and the verdict on each."""
    faults = {place: _find_fault(store, before, one) for place, one in enumerate(changes)}
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
        faults |= {place: _make_finding("dangling", changes[place]) for place in broken}
    judged = tuple(JudgedChange(one, faults[place]) for place, one in enumerate(changes))
    return after, judged


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
    if store.read_only or not store.role.may_edit:
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


def list_external_details(judged: Sequence[JudgedChange]) -> dict[str, str]:
    """Return what became of each row, by the row in words."""
    found: dict[str, str] = {}
    for one in _list_told(judged):
        doing = _describe_doing(one.change)
        if one.change.before and one.change.after:
            doing = "; ".join(_describe_field(one.change, name) for name in one.fields) or doing
        what = "kept" if one.fault is None else f"put back ({one.fault.text.rstrip('.')})"
        found[one.row] = f"{what}: {doing}"
    return found


def _describe_field(change: "ExternalChange", name: str) -> str:
    if name == "geom":
        return "place or shape"
    before, after = (change.before or {}).get(name), (change.after or {}).get(name)
    return f"{name.replace('_', ' ')} “{before}” became “{after}”"


def find_judged_rows(judged: Sequence[JudgedChange], rows: Sequence[str]) -> list[JudgedChange]:
    """Return the kept rows that are named; "all" names each.

    Raises
    ------
    UserError
        A row was not changed by another program, or was put back already.
    """
    kept = {one.row: one for one in judged if one.fault is None}
    for row in rows:
        if row != "all" and row not in kept:
            raise UserError("unknown_external_row", row=row, known=sorted(kept))
    return [one for row, one in kept.items() if row in rows or "all" in rows]


def reverse_changes(judged: Sequence[JudgedChange]) -> "list[ExternalChange]":
    """Return what puts kept rows back as they were."""
    return [one.change._replace(before=one.change.after, after=one.change.before) for one in judged]


def _list_told(judged: Sequence[JudgedChange]) -> list[JudgedChange]:
    """Leave out rows that another program wrote again as they were."""
    return [one for one in judged if one.fields or not one.change.marked]


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


def describe_row(change: "ExternalChange") -> str:
    """Return a row in words: its name, or its table and key."""
    row: Mapping[str, Any] = change.before or change.after or {}
    if change.table in ("site", "plan", "officer") and str(row.get("name", "")).strip():
        return str(row["name"])
    words = change.table.replace("_", " ")
    return f"{words} {' '.join(map(str, change.key))}".strip()


def _make_finding(fault: str, change: "ExternalChange", **facts: Any) -> CheckFinding:
    place = {"table": change.table, "row": describe_row(change)}
    return CheckFinding(f"external_change.{fault}", place, facts)


def _find_fault(store: "Store", before: Project, change: "ExternalChange") -> CheckFinding | None:
    """Return why a change cannot be kept by itself, if it cannot."""
    if change.after is None and change.place is not None:
        return _make_finding("unreadable", change)
    if not change.marked:
        return _make_finding("unmarked", change)
    if change.table == "app_meta" and str(change.key[0]) not in store.EDITABLE_KEYS:
        return _make_finding("identity", change)
    if change.table in _OF_PLANS:
        plan = before.plans.get(change.key[0])
        if plan is not None and plan.is_adopted:
            return _make_finding("in_force", change, plan=plan.name)
    try:
        after = store.apply_external(before, [change])
    except UserError as error:
        return _make_finding("unreadable", change, why=error.message)
    return next(_find_domain_faults(before, after, change), None)


def _find_domain_faults(
    before: Project, after: Project, change: "ExternalChange"
) -> Iterator[CheckFinding]:
    row = change.after
    if change.table == "shift":
        statuses = {
            one.shifts[change.key[0]].status
            for one in (before, after)
            if change.key[0] in one.shifts
        }
        if ShiftStatus.FINAL in statuses:
            yield _make_finding("final_shift", change)
    if row is None:
        return
    if any(name in row and not str(row[name]).strip() for name in ("id", "name", "uid")):
        yield _make_finding("no_name", change)
    if change.table == "plan" and after.plans[change.key[0]].is_adopted:
        yield _make_finding("in_force", change, plan=row["name"])
    if change.table == "site":
        site = after.sites[change.key[0]]
        here = compute_project_extent(before)
        if not np.isfinite(site.position).all():
            yield _make_finding("no_position", change)
        elif here is not None and site.point.distance(here) > _FARTHEST_M:
            yield _make_finding("far", change, away_m=site.point.distance(here))
