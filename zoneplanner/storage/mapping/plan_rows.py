"""A plan as rows: one of its own, and its parts in tables beside it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import Point

from zoneplanner.domain.plans.plan import (
    LockScope,
    OptimalityProof,
    Pin,
    Plan,
    PlanLock,
    WhatIfChange,
    Zone,
)
from zoneplanner.storage.records import StoredRow, StoredRows, encode_json, format_stored_time

_ZONE = {"id": "id", "name": "name", "unit": "unit", "colour": "color"}
"""Columns of a zone, and its fields."""


@dataclass(frozen=True, slots=True)
class _PlanPart:
    """A table that holds one field of the plans: how it is written as rows and read from them."""

    field: str
    rows: Callable[[Plan], Iterator[StoredRow]]
    value: Callable[[StoredRows], Any]


def encode_plan(plan: Plan) -> StoredRow:
    """Return a plan's own columns; the rest is in ``PARTS``."""
    return {
        "uid": plan.uid,
        "name": plan.name,
        "note": plan.note,
        "parent": plan.parent,
        "tolerance": plan.tolerance,
        "made_at": plan.made_at and format_stored_time(plan.made_at),
        "proposed_on": plan.proposed_on,
        "effective_on": plan.effective_on,
        "expires_on": plan.expires_on,
        "proof_cost": plan.proof and plan.proof.cost,
        "proof_bound": plan.proof and plan.proof.bound,
        "proof_inputs": plan.proof and plan.proof.inputs,
    }


def decode_plan_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a plan that its own row holds."""
    same = (
        *("uid", "name", "note", "parent", "tolerance"),
        *("proposed_on", "effective_on", "expires_on"),
    )
    proof = None
    if row["proof_inputs"] is not None:
        proof = OptimalityProof(row["proof_cost"], row["proof_bound"], row["proof_inputs"])
    return {
        **{name: row[name] for name in same},
        "made_at": datetime.fromisoformat(row["made_at"]) if row["made_at"] else None,
        "proof": proof,
    }


def decode_plan_parts(parts: Mapping[str, StoredRows]) -> dict[str, Any]:
    """Return the fields of a plan that its rows in the tables of parts hold."""
    return {
        PLAN_PARTS[table].field: PLAN_PARTS[table].value(found) for table, found in parts.items()
    }


def decode_plan(row: Mapping[str, Any], parts: Mapping[str, StoredRows]) -> Plan:
    """Return the plan of a row and of its rows in the tables of parts."""
    every = {table: parts.get(table, ()) for table in PLAN_PARTS}
    return Plan(**decode_plan_columns(row), **decode_plan_parts(every))


def _encode_zones(plan: Plan) -> Iterator[StoredRow]:
    for position, zone in enumerate(plan.zones):
        same = {column: getattr(zone, field) for column, field in _ZONE.items()}
        yield {"plan": plan.uid, **same, "position": position}


def _decode_zones(found: StoredRows) -> tuple[Zone, ...]:
    ordered = sorted(found, key=lambda row: row["position"])
    return tuple(Zone(**{field: row[column] for column, field in _ZONE.items()}) for row in ordered)


def _encode_locks(plan: Plan) -> Iterator[StoredRow]:
    for lock in plan.locks.values():
        yield {
            "plan": plan.uid,
            "kind": str(lock.kind),
            "target": lock.target,
            "reason": lock.reason,
            "held": encode_json(dict(lock.held)),
        }


def _decode_locks(found: StoredRows) -> dict[str, PlanLock]:
    locks = (
        PlanLock(LockScope(row["kind"]), row["target"], row["reason"], json.loads(row["held"]))
        for row in found
    )
    return {lock.key: lock for lock in locks}


def _encode_pins(plan: Plan) -> Iterator[StoredRow]:
    for pin in plan.pins.values():
        yield {
            "plan": plan.uid,
            "uid": pin.uid,
            "text": pin.text,
            "by": pin.by,
            "at": format_stored_time(pin.at),
            "geom": Point(pin.x_m, pin.y_m),
        }


def _decode_pins(found: StoredRows) -> dict[str, Pin]:
    return {
        row["uid"]: Pin(
            uid=row["uid"],
            x_m=row["geom"].x,
            y_m=row["geom"].y,
            text=row["text"],
            by=row["by"],
            at=datetime.fromisoformat(row["at"]),
        )
        for row in found
    }


def _encode_what_if(plan: Plan) -> Iterator[StoredRow]:
    for site, assumed in plan.what_if.items():
        values = {"patrolled": assumed.patrolled, "enrollment": assumed.enrollment}
        yield {"plan": plan.uid, "site": site, **values}


def _decode_what_if(found: StoredRows) -> dict[str, WhatIfChange]:
    return {row["site"]: WhatIfChange(row["patrolled"], row["enrollment"]) for row in found}


def _make_pair_part(field: str, key: str, value: str) -> _PlanPart:
    """Return the part for a mapping from one text to another, such as site and zone."""

    def to_rows(plan: Plan) -> Iterator[StoredRow]:
        for name, word in getattr(plan, field).items():
            yield {"plan": plan.uid, key: name, value: word}

    def from_rows(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        return {row[key]: row[value] for row in found}

    return _PlanPart(field, to_rows, from_rows)


PLAN_PARTS = {
    "zone": _PlanPart("zones", _encode_zones, _decode_zones),
    "assignment": _make_pair_part("assignment", "site", "zone"),
    "plan_lock": _PlanPart("locks", _encode_locks, _decode_locks),
    "block_override": _make_pair_part("block_overrides", "block", "zone"),
    "plan_pin": _PlanPart("pins", _encode_pins, _decode_pins),
    "plan_site": _PlanPart("what_if", _encode_what_if, _decode_what_if),
}
