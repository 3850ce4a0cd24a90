"""Build projects from a preset: the bundled district with its layers, or another district."""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.crs import geometries_from_lonlat
from zoneplanner.bundled import gis_data_dir
from zoneplanner.domain.geography.map_edits import CITY_KIND, COUNTY_KIND, grant_access_by_kind
from zoneplanner.domain.geography.site import AreaGeometry, Block, Jurisdiction, Site
from zoneplanner.domain.log.response_action_terms import DistrictTerms
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.units import Unit, number_units
from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.preset import Preset, find_preset, list_presets, read_preset

__all__ = ["build_bundled_project", "build_district_project", "list_presets", "read_layer_sources"]

_LayerRow = tuple[Mapping[str, Any], BaseGeometry]

DEFAULT_PRESET_ID = "sheriff-5-sro-2"
_LAYERS = ("sites", "jurisdictions", "blocks", "boundaries", "arterials", "river")
_SITE_FIELDS = (
    "id",
    "name",
    "level",
    "grades",
    "street",
    "city",
    "zip",
    "phone",
    "enrollment",
    "patrolled",
    "kind",
    "charter",
    "enrollment_note",
    "note",
)


def build_bundled_project(
    preset: str = DEFAULT_PRESET_ID,
    *,
    uid: str,
    name: str = "San Juan Unified",
    empty: bool = False,
    layers: Path | None = None,
) -> Project:
    """Return a project with the bundled layers and a preset's agencies, units and assumptions.

    ``preset`` is an id, a title, or the path of a user's TOML file. ``empty`` leaves out the sites
    and the posts at them. ``layers`` is a folder with layers in the format of the bundled ones.

    Raises
    ------
    UserError
        The preset is unknown or has an error, names a place that is not in the layers, or a layer
        is missing.
    """
    chosen = read_preset(find_preset(preset))
    rows = _read_layers(layers or gis_data_dir(), chosen.crs)
    project = replace(
        _start_project(chosen, uid=uid, name=name, crs=chosen.crs),
        sites={str(row["id"]): _make_site(row, point) for row, point in rows["sites"]},
        jurisdictions={
            row["id"]: _make_jurisdiction(row, area) for row, area in rows["jurisdictions"]
        },
        blocks={row["id"]: _make_block(row, area) for row, area in rows["blocks"]},
        features=tuple(_make_features(rows)),
        layers=read_layer_sources(layers or gis_data_dir(), chosen.crs),
        terms=DistrictTerms(tip_line=chosen.tip_line),
    )
    _check_places(chosen, project)
    project = grant_access_by_kind(project)
    return _drop_sites(project) if empty else project


def build_district_project(
    preset: str, *, uid: str, name: str, crs: str, zones: int | None = None
) -> Project:
    """Return a project of another district: a preset's units and rules, without a map.

    ``zones`` is the number of units, all like the preset's first; None keeps the preset's units.

    Raises
    ------
    UserError
        The preset is unknown or has an error.
    """
    chosen = read_preset(find_preset(preset))
    units = {unit.id: replace(unit, posts=()) for unit in chosen.units.values()}
    if zones is not None:
        units = number_units(units, zones)
    return replace(_start_project(chosen, uid=uid, name=name, crs=crs), units=units)


def _start_project(chosen: Preset, *, uid: str, name: str, crs: str) -> Project:
    """Return a project with a preset's agencies, units, assumptions and calendar."""
    return Project(
        uid=uid,
        name=name,
        crs=crs,
        time_zone=chosen.time_zone,
        preset=chosen.id,
        agencies=chosen.agencies,
        units=chosen.units,
        assumptions=chosen.assumptions,
        calendar=chosen.calendar,
    )


def read_layer_sources(folder: Path, crs: str) -> dict[str, Layer]:
    """Return the sources of a folder's layers from its ``layers.toml``; {} without that file.

    Raises
    ------
    UserError
        The file is damaged.
    """
    path = folder / "layers.toml"
    if not path.exists():
        return {}
    layer_crs = f"EPSG:4326 in the file, {crs} here"
    try:
        layers = tomllib.loads(path.read_text(encoding="utf-8"))
        return {key: Layer(id=key, crs=layer_crs, **facts) for key, facts in layers.items()}
    except (OSError, ValueError, TypeError) as error:  # TypeError: a key that a layer does not have
        raise UserError(
            "damaged_installation.file", file=str(path), reason=str(error), name=path.name
        ) from error


def _drop_sites(project: Project) -> Project:
    units = {unit.id: replace(unit, posts=()) for unit in project.units.values()}
    return replace(project, sites={}, units=units)


def _check_places(preset: Preset, project: Project) -> None:
    for unit in preset.units.values():
        for jurisdiction in unit.access:
            if jurisdiction not in (*project.jurisdictions, CITY_KIND, COUNTY_KIND):
                _refuse_place(preset, unit, "access", jurisdiction, list(project.jurisdictions))
        for post in unit.posts:
            if post not in project.sites:
                _refuse_place(preset, unit, "posts", post, ["the id of a site"])


def _refuse_place(preset: Preset, unit: Unit, key: str, value: str, known: Sequence[str]) -> None:
    raise UserError(
        "preset_does_not_fit",
        file=f"{preset.id}.toml",
        key=key,
        unit=unit.id,
        preset=preset.id,
        value=value,
        known=", ".join(known),
    )


def _read_layers(folder: Path, crs: str) -> dict[str, list[_LayerRow]]:
    """Read all layers, with their geometries converted to the project's CRS in one call."""
    rows_by_layer = {layer: _read_geojson(folder / f"{layer}.geojson") for layer in _LAYERS}
    lonlat = [geometry for rows in rows_by_layer.values() for _, geometry in rows]
    projected = iter(geometries_from_lonlat(crs, lonlat))
    return {
        layer: [(properties, next(projected)) for properties, _ in rows]
        for layer, rows in rows_by_layer.items()
    }


def _read_geojson(path: Path) -> list[_LayerRow]:
    try:
        text = path.read_text(encoding="utf-8")
        properties = [item["properties"] for item in json.loads(text)["features"]]
        geometries = shapely.get_parts(shapely.from_geojson(text))
    except (OSError, ValueError, KeyError, TypeError, shapely.GEOSException) as error:
        raise UserError(
            "damaged_installation.layer", file=str(path), reason=str(error), name=path.name
        ) from error
    return list(zip(properties, geometries, strict=True))


def _make_site(row: Mapping[str, Any], geometry: BaseGeometry) -> Site:
    point = geometry.centroid
    facts = {name: row[name] for name in _SITE_FIELDS}
    return Site(**facts, x_m=point.x, y_m=point.y)


def _make_jurisdiction(row: Mapping[str, Any], geometry: BaseGeometry) -> Jurisdiction:
    return Jurisdiction(row["id"], row["name"], row["kind"], cast(AreaGeometry, geometry))


def _make_block(row: Mapping[str, Any], geometry: BaseGeometry) -> Block:
    return Block(row["id"], row["jurisdiction"], cast(AreaGeometry, geometry))


def _make_features(rows: Mapping[str, list[_LayerRow]]) -> Iterable[Feature]:
    for row, geometry in rows["boundaries"] + rows["river"]:
        yield Feature(row["layer"], row["name"], geometry)
    for row, geometry in rows["arterials"]:
        yield Feature("arterial", row["name"], geometry)
