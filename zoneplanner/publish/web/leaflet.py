"""Leaflet from its installed package, and the map that folium sets up without outside links."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folium
import shapely
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry
from xstatic.pkg import leaflet

from zoneplanner.analysis.geometry.basemap import has_streets
from zoneplanner.domain.project import Layer
from zoneplanner.errors import UserError
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import Basemap, encode_geojson, expand_bounds
from zoneplanner.tokens import zone_color

_ZONES = "zones"
_DOT_RADIUS_M, _TOLERANCE_M, _MOST_POINTS, _OUTSIDE_SHARE = 40.0, 5.0, 4000, 1.0


@dataclass(frozen=True, slots=True)
class FoliumMap:
    """What folium made: the map's HTML and script, and the names of map and zone layer."""

    html: str
    script: str
    map_name: str
    zones_name: str
    own: tuple[str, ...] = ()


def build_folium_map(handout: Handout, behind: Basemap) -> FoliumMap:
    """Let folium set up the map with its lines and zones.

    folium treats every text as a template, so only shapes and numbers go through it. Names follow
    in the page's own data.
    """
    # Fixed ids instead of folium's random ones make the file reproducible.
    figure = folium.Figure()
    canvas = folium.Map(tiles=None, zoom_control=False)
    canvas._id = "patrol"
    canvas.default_js, canvas.default_css = [], []
    canvas.options |= {"zoomSnap": 0.25, "zoomDelta": 0.5, "maxZoom": 18, "fadeAnimation": False}
    figure.add_child(canvas)
    names = {}
    for name, shapes in _list_layers(handout, behind).items():
        geometries = encode_geojson(handout.project.crs, list(shapes.values()))
        layer = folium.GeoJson(
            {
                "type": "FeatureCollection",
                "features": [
                    _make_feature(key, shape) for key, shape in zip(shapes, geometries, strict=True)
                ],
            },
            style_function=_choose_style(name),
            smooth_factor=0.5,
            control=False,
            interactive=name == _ZONES,
        )
        layer._id = re.sub(r"\W", "_", name)
        names[name] = layer.get_name()
        canvas.add_child(layer)
    figure.render()
    added = tuple(layer.title for layer, _ in _list_own_layers(handout))
    return FoliumMap(
        figure.html.render(), figure.script.render(), canvas.get_name(), names[_ZONES], added
    )


def read_leaflet_js() -> str:
    """Return Leaflet's script, safe to embed in a page."""
    text = _read_asset("leaflet.js")
    return re.sub(r"//# sourceMappingURL=.*", "", text).replace("</script", "<\\/script")


def read_leaflet_css() -> str:
    """Return Leaflet's styles without comments and without pictures of unused controls."""
    text = re.sub(r"/\*.*?\*/", "", _read_asset("leaflet.css"), flags=re.DOTALL)
    return re.sub(r"url\([^)]*\)", "none", text)


def _list_layers(handout: Handout, behind: Basemap) -> dict[str, dict[int, BaseGeometry]]:
    """Return shapes by layer from the lowest up; zones are numbered as in the plan."""
    outlines = handout.outlines
    zones: dict[int, BaseGeometry] = {
        n: outlines[zone.id] for n, zone in enumerate(handout.plan.zones) if zone.id in outlines
    }
    has_basemap = has_streets(handout.basemap)
    lower = {
        "river": [behind.river],
        "street": [] if has_basemap else [street.line for street in behind.streets],
        "outside": [_extend_outside(behind.outside)],
    }
    upper = {
        "neighbor": [city.line for city in behind.other_cities],
        "district": [behind.district],
        "city": [city.line for city in behind.cities],
    }
    for n, (_, shapes) in enumerate(_list_own_layers(handout)):
        upper[f"own own-{n}"] = shapes
    return {**_number_shapes(lower), _ZONES: zones, **_number_shapes(upper)}


def _extend_outside(outside: BaseGeometry) -> BaseGeometry:
    """Return the land outside, extended so that no edge of it shows in a tall or wide window."""
    frame = outside.bounds
    wide = expand_bounds(frame, _OUTSIDE_SHARE)
    return outside.union(box(*wide).difference(box(*frame))) if not outside.is_empty else outside


def _list_own_layers(handout: Handout) -> list[tuple[Layer, list[BaseGeometry]]]:
    """Return the layers that the user added, simplified for one small file; points become dots.

    A layer that is still too large is left out.
    """
    layers = []
    for layer in handout.project.layers.values():
        if not layer.own:
            continue
        shapes = [
            feature.geometry for feature in handout.project.features if feature.layer == layer.id
        ]
        simplified = [
            shape.buffer(_DOT_RADIUS_M, quad_segs=4) if shape.geom_type.endswith("Point") else shape
            for shape in (shapely.simplify(shape, _TOLERANCE_M) for shape in shapes)
        ]
        if simplified and sum(shapely.get_num_coordinates(simplified)) <= _MOST_POINTS:
            layers.append((layer, simplified))
    return layers


def _number_shapes(
    layers: Mapping[str, Iterable[BaseGeometry]],
) -> dict[str, dict[int, BaseGeometry]]:
    return {
        name: dict(enumerate(shape for shape in shapes if not shape.is_empty))
        for name, shapes in layers.items()
    }


def _make_feature(key: int, shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": str(key), "properties": {"zone": key}, "geometry": shape}


def _choose_style(layer: str) -> Any:
    """Return folium's style function: paths get classes, and the style sheet gives them colors."""

    def style(feature: Mapping[str, Any]) -> dict[str, Any]:
        if layer == _ZONES:
            return {"className": f"zone zone-{feature['properties']['zone']}"}
        if layer.startswith("own "):
            return {"className": layer, "color": zone_color(int(layer.rsplit("-", 1)[1]))}
        return {"className": layer, "fill": layer == "outside"}

    return style


def _read_asset(name: str) -> str:

    try:
        return (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError("map_file_missing.leaflet", name=name, reason=str(error)) from error
