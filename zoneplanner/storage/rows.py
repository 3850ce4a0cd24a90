"""Domain values as table rows, and back."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.calendar import Calendar, Span
from zoneplanner.domain.jurisdiction import Block, Jurisdiction
from zoneplanner.domain.plan import Lock, Locked, Plan, Proof, Zone
from zoneplanner.domain.project import Feature
from zoneplanner.domain.site import Decision, Site
from zoneplanner.domain.unit import Access, Agency, Unit

Row = dict[str, Any]
Rows = Iterable[Mapping[str, Any]]

SITE_COLUMNS = tuple(
    field.name for field in fields(Site) if field.name not in ("x_m", "y_m", "decision")
)
FEATURE_TABLES = {
    "Polygon": "feature_area",
    "MultiPolygon": "feature_area",
    "LineString": "feature_line",
    "MultiLineString": "feature_line",
}

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def time_text(moment: datetime) -> str:
    """Write a moment as ISO 8601 text in UTC; one without a zone is a ValueError (a bug)."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone came from within the program")
    return moment.astimezone(UTC).isoformat()


def compact(value: object) -> str:
    """Write a value as JSON without spaces, keys sorted and non-ASCII kept."""
    return _JSON.encode(value)


def site_row(site: Site) -> Row:
    """Return a site's columns; its position is the geometry."""
    decision = site.decision
    return {
        **{name: getattr(site, name) for name in SITE_COLUMNS},
        "geom": site.point,
        "decision_jurisdiction": decision and decision.jurisdiction,
        "decision_by": decision and decision.by,
        "decision_at": decision and time_text(decision.at),
        "decision_why": decision and decision.why,
    }


def site_from(row: Mapping[str, Any]) -> Site:
    """Return the site of a row."""
    decision = None
    if row["decision_at"] is not None:
        at = datetime.fromisoformat(row["decision_at"])
        decision = Decision(
            row["decision_jurisdiction"], row["decision_by"], at, row["decision_why"]
        )
    values = {name: row[name] for name in SITE_COLUMNS}
    return Site(**values, x_m=row["geom"].x, y_m=row["geom"].y, decision=decision)


def jurisdiction_row(area: Jurisdiction) -> Row:
    """Return a jurisdiction's columns."""
    return {"id": area.id, "name": area.name, "kind": area.kind, "geom": area.area}


def jurisdiction_from(row: Mapping[str, Any]) -> Jurisdiction:
    """Return the jurisdiction of a row."""
    return Jurisdiction(row["id"], row["name"], row["kind"], row["geom"])


def block_row(block: Block) -> Row:
    """Return a block's columns."""
    return {"id": block.id, "jurisdiction": block.jurisdiction, "geom": block.area}


def block_from(row: Mapping[str, Any]) -> Block:
    """Return the block of a row."""
    return Block(row["id"], row["jurisdiction"], row["geom"])


def feature_table(feature: Feature) -> str:
    """Return the table for a feature's type of geometry."""
    return FEATURE_TABLES.get(feature.geometry.geom_type, "feature_point")


def feature_row(feature: Feature) -> Row:
    """Return a feature's columns."""
    return {"layer": feature.layer, "name": feature.name, "geom": feature.geometry}


def feature_from(row: Mapping[str, Any]) -> Feature:
    """Return the feature of a row."""
    return Feature(row["layer"], row["name"], row["geom"])


def agency_row(agency: Agency) -> Row:
    """Return an agency's columns."""
    return {"id": agency.id, "short": agency.short, "phone": agency.phone}


def agency_from(row: Mapping[str, Any]) -> Agency:
    """Return the agency of a row."""
    return Agency(row["id"], row["short"], row["phone"])


def unit_row(unit: Unit) -> Row:
    """Return a unit's columns, without its access table."""
    same = ("id", "name", "agency", "kind", "sworn", "holds_zone")
    return {**{name: getattr(unit, name) for name in same}, "posts": compact(unit.posts)}


def access_rows(unit: Unit) -> Iterator[Row]:
    """Return a row for each jurisdiction that a unit's access table names."""
    for jurisdiction, access in unit.access.items():
        yield {"unit": unit.id, "jurisdiction": jurisdiction, "access": str(access)}


def unit_from(row: Mapping[str, Any], access: Mapping[str, str]) -> Unit:
    """Return the unit of a row and its access by jurisdiction."""
    same = ("id", "name", "agency", "kind", "sworn", "holds_zone")
    return Unit(
        **{name: row[name] for name in same},
        access={jurisdiction: Access(word) for jurisdiction, word in access.items()},
        posts=tuple(json.loads(row["posts"])),
    )


def plan_row(plan: Plan) -> Row:
    """Return a plan's own columns; zones, assignment, locks and overrides have their tables."""
    return {
        "uid": plan.uid,
        "name": plan.name,
        "tolerance": plan.tolerance,
        "made_at": plan.made_at and time_text(plan.made_at),
        "effective_on": plan.effective_on,
        "expires_on": plan.expires_on,
        "proof_cost": plan.proof and plan.proof.cost,
        "proof_bound": plan.proof and plan.proof.bound,
        "proof_inputs": plan.proof and plan.proof.inputs,
    }


def zone_rows(plan: Plan) -> Iterator[Row]:
    """Return a row for each zone of a plan."""
    for position, zone in enumerate(plan.zones):
        same = {name: getattr(zone, name) for name in ("id", "name", "unit", "colour")}
        yield {"plan": plan.uid, **same, "position": position}


def pair_rows(plan: Plan, pairs: Mapping[str, str], key: str, value: str) -> Iterator[Row]:
    """Return a row for each pair of a plan's mapping, such as site and zone."""
    for name, word in pairs.items():
        yield {"plan": plan.uid, key: name, value: word}


def plan_from(
    row: Mapping[str, Any],
    *,
    zones: Rows,
    assignment: Mapping[str, str],
    locks: Mapping[str, str],
    block_overrides: Mapping[str, str],
) -> Plan:
    """Return the plan of a row and of its rows in the other tables."""
    proof = None
    if row["proof_inputs"] is not None:
        proof = Proof(row["proof_cost"], row["proof_bound"], row["proof_inputs"])
    return Plan(
        uid=row["uid"],
        name=row["name"],
        zones=tuple(Zone(zone["id"], zone["name"], zone["unit"], zone["colour"]) for zone in zones),
        assignment=assignment,
        tolerance=row["tolerance"],
        locks={
            lock.key: lock
            for lock in (
                Lock(
                    Locked.SITE,
                    site,
                    reason,
                    {site: assignment[site]} if site in assignment else {},
                )
                for site, reason in locks.items()
            )
        },
        block_overrides=block_overrides,
        made_at=datetime.fromisoformat(row["made_at"]) if row["made_at"] else None,
        effective_on=row["effective_on"],
        expires_on=row["expires_on"],
        proof=proof,
    )


def assumptions_text(assumptions: Assumptions) -> str:
    """Write the assumptions as JSON."""
    values = {field.name: getattr(assumptions, field.name) for field in fields(Assumptions)}
    plain = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()
    }
    return compact(plain)


def assumptions_from(text: str) -> Assumptions:
    """Read the assumptions; figures that the text leaves out have their defaults."""
    return Assumptions(**json.loads(text))


def calendar_text(calendar: Calendar) -> str:
    """Write the school calendar as JSON."""
    values = {field.name: getattr(calendar, field.name) for field in fields(Calendar)}
    for name in ("terms", "holidays"):
        values[name] = [[span.name, str(span.first), str(span.last)] for span in values[name]]
    return compact(values)


def calendar_from(text: str) -> Calendar:
    """Read the school calendar."""
    values = json.loads(text)
    for name in ("terms", "holidays"):
        values[name] = tuple(
            Span(label, date.fromisoformat(first), date.fromisoformat(last))
            for label, first, last in values[name]
        )
    return Calendar(**values)
