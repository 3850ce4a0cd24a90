"""A plan as rows: one of its own, and its parts in tables beside it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import Point

from zoneplanner.domain.plan import Assumed, Lock, Locked, Pin, Plan, Proof, Zone
from zoneplanner.storage.values import Row, Rows, compact, time_text

_ZONE = ("id", "name", "unit", "colour")


@dataclass(frozen=True, slots=True)
class _Part:
    """A table that holds one field of the plans: how it is written as rows and read from them."""

    field: str
    rows: Callable[[Plan], Iterator[Row]]
    value: Callable[[Rows], Any]


def plan_row(plan: Plan) -> Row:
    """Return a plan's own columns; the rest is in ``PARTS``."""
    return {
        "uid": plan.uid,
        "name": plan.name,
        "note": plan.note,
        "parent": plan.parent,
        "tolerance": plan.tolerance,
        "made_at": plan.made_at and time_text(plan.made_at),
        "proposed_on": plan.proposed_on,
        "effective_on": plan.effective_on,
        "expires_on": plan.expires_on,
        "proof_cost": plan.proof and plan.proof.cost,
        "proof_bound": plan.proof and plan.proof.bound,
        "proof_inputs": plan.proof and plan.proof.inputs,
    }


def own_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a plan that its own row holds."""
    same = (
        *("uid", "name", "note", "parent", "tolerance"),
        *("proposed_on", "effective_on", "expires_on"),
    )
    proof = None
    if row["proof_inputs"] is not None:
        proof = Proof(row["proof_cost"], row["proof_bound"], row["proof_inputs"])
    return {
        **{name: row[name] for name in same},
        "made_at": datetime.fromisoformat(row["made_at"]) if row["made_at"] else None,
        "proof": proof,
    }


def part_fields(parts: Mapping[str, Rows]) -> dict[str, Any]:
    """Return the fields of a plan that its rows in the tables of parts hold."""
    return {PARTS[table].field: PARTS[table].value(found) for table, found in parts.items()}


def plan_from(row: Mapping[str, Any], parts: Mapping[str, Rows]) -> Plan:
    """Return the plan of a row and of its rows in the tables of parts."""
    every = {table: parts.get(table, ()) for table in PARTS}
    return Plan(**own_fields(row), **part_fields(every))


def _zone_rows(plan: Plan) -> Iterator[Row]:
    for position, zone in enumerate(plan.zones):
        same = {name: getattr(zone, name) for name in _ZONE}
        yield {"plan": plan.uid, **same, "position": position}


def _zones(found: Rows) -> tuple[Zone, ...]:
    ordered = sorted(found, key=lambda row: row["position"])
    return tuple(Zone(**{name: row[name] for name in _ZONE}) for row in ordered)


def _lock_rows(plan: Plan) -> Iterator[Row]:
    for lock in plan.locks.values():
        yield {
            "plan": plan.uid,
            "kind": str(lock.kind),
            "target": lock.target,
            "reason": lock.reason,
            "held": compact(dict(lock.held)),
        }


def _locks(found: Rows) -> dict[str, Lock]:
    locks = (
        Lock(Locked(row["kind"]), row["target"], row["reason"], json.loads(row["held"]))
        for row in found
    )
    return {lock.key: lock for lock in locks}


def _pin_rows(plan: Plan) -> Iterator[Row]:
    for pin in plan.pins.values():
        yield {
            "plan": plan.uid,
            "uid": pin.uid,
            "text": pin.text,
            "by": pin.by,
            "at": time_text(pin.at),
            "geom": Point(pin.x_m, pin.y_m),
        }


def _pins(found: Rows) -> dict[str, Pin]:
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


def _what_if_rows(plan: Plan) -> Iterator[Row]:
    for site, assumed in plan.what_if.items():
        values = {"patrolled": assumed.patrolled, "enrollment": assumed.enrollment}
        yield {"plan": plan.uid, "site": site, **values}


def _what_if(found: Rows) -> dict[str, Assumed]:
    return {row["site"]: Assumed(row["patrolled"], row["enrollment"]) for row in found}


def _pairs(field: str, key: str, value: str) -> _Part:
    """Return the part for a mapping from one text to another, such as site and zone."""

    def to_rows(plan: Plan) -> Iterator[Row]:
        for name, word in getattr(plan, field).items():
            yield {"plan": plan.uid, key: name, value: word}

    def from_rows(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        return {row[key]: row[value] for row in found}

    return _Part(field, to_rows, from_rows)


PARTS = {
    "zone": _Part("zones", _zone_rows, _zones),
    "assignment": _pairs("assignment", "site", "zone"),
    "plan_lock": _Part("locks", _lock_rows, _locks),
    "block_override": _pairs("block_overrides", "block", "zone"),
    "plan_pin": _Part("pins", _pin_rows, _pins),
    "plan_site": _Part("what_if", _what_if_rows, _what_if),
}
