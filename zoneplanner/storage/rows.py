"""Domain values as table rows, and back."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from zoneplanner.domain.jurisdiction import Block, Jurisdiction
from zoneplanner.domain.project import Feature, Layer
from zoneplanner.domain.site import Decision, Site
from zoneplanner.domain.unit import Access, Agency, Unit
from zoneplanner.storage.values import Row, compact, time_text

_SITE_COLUMNS = tuple(
    field.name for field in fields(Site) if field.name not in ("x_m", "y_m", "decision")
)
_LAYER_COLUMNS = tuple(field.name for field in fields(Layer))
_FEATURE_TABLES = {
    "Polygon": "feature_area",
    "MultiPolygon": "feature_area",
    "LineString": "feature_line",
    "MultiLineString": "feature_line",
}


def site_row(site: Site) -> Row:
    """Return a site's columns; its position is the geometry."""
    decision = site.decision
    return {
        **{name: getattr(site, name) for name in _SITE_COLUMNS},
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
    values = {name: row[name] for name in _SITE_COLUMNS}
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
    return _FEATURE_TABLES.get(feature.geometry.geom_type, "feature_point")


def feature_row(feature: Feature) -> Row:
    """Return a feature's columns."""
    fields = compact(dict(feature.fields))
    return {
        "layer": feature.layer,
        "name": feature.name,
        "fields": fields,
        "geom": feature.geometry,
    }


def feature_from(row: Mapping[str, Any]) -> Feature:
    """Return the feature of a row."""
    return Feature(row["layer"], row["name"], row["geom"], json.loads(row["fields"]))


def layer_row(layer: Layer) -> Row:
    """Return a layer's columns."""
    return {name: getattr(layer, name) for name in _LAYER_COLUMNS}


def layer_from(row: Mapping[str, Any]) -> Layer:
    """Return the layer of a row."""
    return Layer(**{name: row[name] for name in _LAYER_COLUMNS})


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
