"""Officers, posts, shifts and swaps as table rows, and back; the roster's rules as JSON."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, time
from typing import Any

from zoneplanner.domain.roster import (
    Busy,
    Officer,
    Override,
    OwnTime,
    Post,
    Shift,
    ShiftKind,
    ShiftStatus,
    Swap,
    SwapStatus,
)
from zoneplanner.domain.roster_rules import Level, RosterRules
from zoneplanner.storage.values import Row, compact, time_text

_LISTS = ("units", "jurisdictions", "qualifications", "prefers", "needs", "former")
_MOMENTS = ("starts_at", "ends_at", "cancelled_at", "revised_at", "asked_at", "answered_at")
_CLOCKS = ("starts", "ends", "ends_early")


def officer_row(officer: Officer) -> Row:
    """Return an officer's columns; their times are JSON."""
    times = [
        [
            *(own.uid, str(own.kind), str(own.first), str(own.last)),
            *(_clock_text(own.starts), _clock_text(own.ends)),
            *(sorted(own.weekdays), own.every_weeks, own.note),
        ]
        for own in officer.times
    ]
    return {**_row(officer), "times": compact(times)}


def officer_from(row: Mapping[str, Any]) -> Officer:
    """Return the officer of a row."""
    times = tuple(
        OwnTime(
            uid=uid,
            kind=Busy(kind),
            first=date.fromisoformat(first),
            last=date.fromisoformat(last),
            starts=time.fromisoformat(starts),
            ends=time.fromisoformat(ends),
            weekdays=frozenset(weekdays),
            every_weeks=every_weeks,
            note=note,
        )
        for uid, kind, first, last, starts, ends, weekdays, every_weeks, note in json.loads(
            row["times"]
        )
    )
    return Officer(**{**_values(Officer, row), "times": times})


def post_row(post: Post) -> Row:
    """Return a post's columns."""
    return {**_row(post), "weekdays": compact(sorted(post.weekdays)), "kind": str(post.kind)}


def post_from(row: Mapping[str, Any]) -> Post:
    """Return the post of a row."""
    weekdays = frozenset(json.loads(row["weekdays"]))
    return Post(**{**_values(Post, row), "weekdays": weekdays, "kind": ShiftKind(row["kind"])})


def shift_row(shift: Shift) -> Row:
    """Return a shift's columns; what overrides rules is JSON."""
    overrides = [
        [one.rule, one.officer, one.reason, one.by, time_text(one.at)] for one in shift.overrides
    ]
    words = {"status": str(shift.status), "kind": str(shift.kind)}
    return {**_row(shift), **words, "overrides": compact(overrides)}


def shift_from(row: Mapping[str, Any]) -> Shift:
    """Return the shift of a row."""
    overrides = tuple(
        Override(rule, officer, reason, by, datetime.fromisoformat(at))
        for rule, officer, reason, by, at in json.loads(row["overrides"])
    )
    words = {"status": ShiftStatus(row["status"]), "kind": ShiftKind(row["kind"])}
    return Shift(**{**_values(Shift, row), **words, "overrides": overrides})


def swap_row(swap: Swap) -> Row:
    """Return a swap's columns."""
    return {**_row(swap), "status": str(swap.status)}


def swap_from(row: Mapping[str, Any]) -> Swap:
    """Return the swap of a row."""
    return Swap(**{**_values(Swap, row), "status": SwapStatus(row["status"])})


def rules_text(rules: RosterRules) -> str:
    """Write the roster's rules as JSON."""
    levels = {rule: str(level) for rule, level in rules.levels.items()}
    kinds = list(rules.detail_kinds)
    return compact({"levels": levels, "figures": dict(rules.figures), "detail_kinds": kinds})


def rules_from(text: str) -> RosterRules:
    """Read the roster's rules."""
    found = json.loads(text)
    levels = {rule: Level(level) for rule, level in found["levels"].items()}
    return RosterRules(levels, found["figures"], tuple(found["detail_kinds"]))


def _row(value: Officer | Post | Shift | Swap) -> Row:
    return {field.name: _plain(field.name, getattr(value, field.name)) for field in fields(value)}


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _LISTS:
        return compact(list(value))
    if name in _MOMENTS:
        return time_text(value)
    return _clock_text(value) if name in _CLOCKS else value


def _values(kind: type, row: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: _value(field.name, row[field.name]) for field in fields(kind)}


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _LISTS:
        return tuple(json.loads(value))
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    return time.fromisoformat(value) if name in _CLOCKS else value


def _clock_text(clock: time) -> str:
    return clock.isoformat(timespec="minutes")
