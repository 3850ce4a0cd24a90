"""Domain values as table rows, and back."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from zoneplanner.domain.geography.jurisdiction import Block, Jurisdiction
from zoneplanner.domain.geography.site import JurisdictionDecision, Site
from zoneplanner.domain.project import Feature, Layer
from zoneplanner.domain.units import Agency, Unit, UnitAccess
from zoneplanner.storage.records import StoredRow, encode_json, format_stored_time

_SITE_COLUMNS = tuple(
    field.name for field in fields(Site) if field.name not in ("x_m", "y_m", "decision")
)
_LAYER_COLUMNS = {
    "colour" if field.name == "color" else field.name: field.name for field in fields(Layer)
}
"""Columns of a layer, and its fields; the column keeps the spelling of the schema."""
_FEATURE_TABLES = {
    "Polygon": "feature_area",
    "MultiPolygon": "feature_area",
    "LineString": "feature_line",
    "MultiLineString": "feature_line",
}


def encode_site(site: Site) -> StoredRow:
    """Return a site's columns; its position is the geometry."""
    decision = site.decision
    return {
        **{name: getattr(site, name) for name in _SITE_COLUMNS},
        "geom": site.point,
        "decision_jurisdiction": decision and decision.jurisdiction,
        "decision_by": decision and decision.by,
        "decision_at": decision and format_stored_time(decision.at),
        "decision_why": decision and decision.why,
    }


def decode_site(row: Mapping[str, Any]) -> Site:
    """Return the site of a row."""
    decision = None
    if row["decision_at"] is not None:
        at = datetime.fromisoformat(row["decision_at"])
        decision = JurisdictionDecision(
            row["decision_jurisdiction"], row["decision_by"], at, row["decision_why"]
        )
    values = {name: row[name] for name in _SITE_COLUMNS}
    return Site(**values, x_m=row["geom"].x, y_m=row["geom"].y, decision=decision)


def encode_jurisdiction(area: Jurisdiction) -> StoredRow:
    """Return a jurisdiction's columns."""
    return {"id": area.id, "name": area.name, "kind": area.kind, "geom": area.area}


def decode_jurisdiction(row: Mapping[str, Any]) -> Jurisdiction:
    """Return the jurisdiction of a row."""
    return Jurisdiction(row["id"], row["name"], row["kind"], row["geom"])


def encode_block(block: Block) -> StoredRow:
    """Return a block's columns."""
    return {"id": block.id, "jurisdiction": block.jurisdiction, "geom": block.area}


def decode_block(row: Mapping[str, Any]) -> Block:
    """Return the block of a row."""
    return Block(row["id"], row["jurisdiction"], row["geom"])


def choose_feature_table(feature: Feature) -> str:
    """Return the table for a feature's type of geometry."""
    return _FEATURE_TABLES.get(feature.geometry.geom_type, "feature_point")


def encode_feature(feature: Feature) -> StoredRow:
    """Return a feature's columns."""
    fields = encode_json(dict(feature.fields))
    return {
        "layer": feature.layer,
        "name": feature.name,
        "fields": fields,
        "geom": feature.geometry,
    }


def decode_feature(row: Mapping[str, Any]) -> Feature:
    """Return the feature of a row."""
    return Feature(row["layer"], row["name"], row["geom"], json.loads(row["fields"]))


def encode_layer(layer: Layer) -> StoredRow:
    """Return a layer's columns."""
    return {column: getattr(layer, field) for column, field in _LAYER_COLUMNS.items()}


def decode_layer(row: Mapping[str, Any]) -> Layer:
    """Return the layer of a row."""
    return Layer(**{field: row[column] for column, field in _LAYER_COLUMNS.items()})


def encode_agency(agency: Agency) -> StoredRow:
    """Return an agency's columns."""
    return {"id": agency.id, "short": agency.short, "phone": agency.phone}


def decode_agency(row: Mapping[str, Any]) -> Agency:
    """Return the agency of a row."""
    return Agency(row["id"], row["short"], row["phone"])


def encode_unit(unit: Unit) -> StoredRow:
    """Return a unit's columns, without its access table."""
    same = ("id", "name", "agency", "kind", "sworn", "holds_zone")
    return {**{name: getattr(unit, name) for name in same}, "posts": encode_json(unit.posts)}


def encode_unit_access(unit: Unit) -> Iterator[StoredRow]:
    """Return a row for each jurisdiction that a unit's access table names."""
    for jurisdiction, access in unit.access.items():
        yield {"unit": unit.id, "jurisdiction": jurisdiction, "access": str(access)}


def decode_unit(row: Mapping[str, Any], access: Mapping[str, str]) -> Unit:
    """Return the unit of a row and its access by jurisdiction."""
    same = ("id", "name", "agency", "kind", "sworn", "holds_zone")
    return Unit(
        **{name: row[name] for name in same},
        access={jurisdiction: UnitAccess(word) for jurisdiction, word in access.items()},
        posts=tuple(json.loads(row["posts"])),
    )
