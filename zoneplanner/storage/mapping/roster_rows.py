"""Officers, posts, shifts and swaps as table rows, and back; the roster's rules as JSON."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, time
from typing import Any

from zoneplanner.domain.roster.roster_rules import Enforcement, RosterRules
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    RosterPost,
    RuleOverride,
    Shift,
    ShiftKind,
    ShiftStatus,
    ShiftSwap,
    SwapStatus,
)
from zoneplanner.storage.records import StoredRow, encode_json, format_stored_time

_LISTS = ("units", "jurisdictions", "qualifications", "prefers", "needs", "former")
_MOMENTS = ("starts_at", "ends_at", "cancelled_at", "revised_at", "asked_at", "answered_at")
_CLOCKS = ("starts", "ends", "ends_early")


def encode_officer(officer: Officer) -> StoredRow:
    """Return an officer's columns; their times are JSON."""
    times = [
        [
            *(own.uid, str(own.kind), str(own.first), str(own.last)),
            *(_format_clock(own.starts), _format_clock(own.ends)),
            *(sorted(own.weekdays), own.every_weeks, own.note),
        ]
        for own in officer.times
    ]
    return {**_encode_fields(officer), "times": encode_json(times)}


def decode_officer(row: Mapping[str, Any]) -> Officer:
    """Return the officer of a row."""
    times = tuple(
        AvailabilityPeriod(
            uid=uid,
            kind=AvailabilityKind(kind),
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
    return Officer(**{**_decode_fields(Officer, row), "times": times})


def encode_post(post: RosterPost) -> StoredRow:
    """Return a post's columns."""
    return {
        **_encode_fields(post),
        "weekdays": encode_json(sorted(post.weekdays)),
        "kind": str(post.kind),
    }


def decode_post(row: Mapping[str, Any]) -> RosterPost:
    """Return the post of a row."""
    weekdays = frozenset(json.loads(row["weekdays"]))
    return RosterPost(
        **{**_decode_fields(RosterPost, row), "weekdays": weekdays, "kind": ShiftKind(row["kind"])}
    )


def encode_shift(shift: Shift) -> StoredRow:
    """Return a shift's columns; what overrides rules is JSON."""
    overrides = [
        [one.rule, one.officer, one.reason, one.by, format_stored_time(one.at)]
        for one in shift.overrides
    ]
    words = {"status": str(shift.status), "kind": str(shift.kind)}
    return {**_encode_fields(shift), **words, "overrides": encode_json(overrides)}


def decode_shift(row: Mapping[str, Any]) -> Shift:
    """Return the shift of a row."""
    overrides = tuple(
        RuleOverride(rule, officer, reason, by, datetime.fromisoformat(at))
        for rule, officer, reason, by, at in json.loads(row["overrides"])
    )
    words = {"status": ShiftStatus(row["status"]), "kind": ShiftKind(row["kind"])}
    return Shift(**{**_decode_fields(Shift, row), **words, "overrides": overrides})


def encode_swap(swap: ShiftSwap) -> StoredRow:
    """Return a swap's columns."""
    return {**_encode_fields(swap), "status": str(swap.status)}


def decode_swap(row: Mapping[str, Any]) -> ShiftSwap:
    """Return the swap of a row."""
    return ShiftSwap(**{**_decode_fields(ShiftSwap, row), "status": SwapStatus(row["status"])})


def encode_roster_rules(rules: RosterRules) -> str:
    """Write the roster's rules as JSON."""
    levels = {rule: str(level) for rule, level in rules.levels.items()}
    kinds = list(rules.detail_kinds)
    return encode_json({"levels": levels, "figures": dict(rules.figures), "detail_kinds": kinds})


def decode_roster_rules(text: str) -> RosterRules:
    """Read the roster's rules."""
    found = json.loads(text)
    levels = {rule: Enforcement(level) for rule, level in found["levels"].items()}
    return RosterRules(levels, found["figures"], tuple(found["detail_kinds"]))


def _encode_fields(value: Officer | RosterPost | Shift | ShiftSwap) -> StoredRow:
    return {
        field.name: _encode_field(field.name, getattr(value, field.name)) for field in fields(value)
    }


def _encode_field(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _LISTS:
        return encode_json(list(value))
    if name in _MOMENTS:
        return format_stored_time(value)
    return _format_clock(value) if name in _CLOCKS else value


def _decode_fields(kind: type, row: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: _decode_field(field.name, row[field.name]) for field in fields(kind)}


def _decode_field(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _LISTS:
        return tuple(json.loads(value))
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    return time.fromisoformat(value) if name in _CLOCKS else value


def _format_clock(clock: time) -> str:
    return clock.isoformat(timespec="minutes")
