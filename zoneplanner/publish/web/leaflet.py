"""Leaflet from its own package, and the map that folium sets up on it; no link leaves the page."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
_DOT_M, _SIMPLER_M, _MOST_POINTS, _BEYOND = 40.0, 5.0, 4000, 1.0


@dataclass(frozen=True, slots=True)
class FoliumMap:
    """What folium made: the map's element, its script, and the names of map and zone layer."""

    html: str
    script: str
    map_name: str
    zones_name: str
    own: tuple[str, ...] = ()


def build_folium_map(handout: Handout, behind: Basemap) -> FoliumMap:
    """Let folium set up the map with its lines and zones.

    folium takes every text for a template, so that only shapes and numbers go through it; names
    follow in data of our own.
    """
    import folium

    # With a name of their own the elements need no random one.
    figure = folium.Figure()
    canvas = folium.Map(tiles=None, zoom_control=False)
    canvas._id = "patrol"
    canvas.default_js, canvas.default_css = [], []
    canvas.options |= {"zoomSnap": 0.25, "zoomDelta": 0.5, "maxZoom": 18, "fadeAnimation": False}
    figure.add_child(canvas)
    names = {}
    for name, shapes in _layers(handout, behind).items():
        drawn = encode_geojson(handout.project.crs, list(shapes.values()))
        layer = folium.GeoJson(
            {
                "type": "FeatureCollection",
                "features": [
                    _feature(key, shape) for key, shape in zip(shapes, drawn, strict=True)
                ],
            },
            style_function=_style(name),
            smooth_factor=0.5,
            control=False,
            interactive=name == _ZONES,
        )
        layer._id = re.sub(r"\W", "_", name)
        names[name] = layer.get_name()
        canvas.add_child(layer)
    figure.render()
    own = tuple(layer.title for layer, _ in _list_own_layers(handout))
    return FoliumMap(
        figure.html.render(), figure.script.render(), canvas.get_name(), names[_ZONES], own
    )


def read_leaflet_js() -> str:
    """Return Leaflet's script, fit to stand inside a page."""
    text = _asset("leaflet.js")
    return re.sub(r"//# sourceMappingURL=.*", "", text).replace("</script", "<\\/script")


def read_leaflet_css() -> str:
    """Return Leaflet's styles without comments and pictures of controls that are not used."""
    text = re.sub(r"/\*.*?\*/", "", _asset("leaflet.css"), flags=re.DOTALL)
    return re.sub(r"url\([^)]*\)", "none", text)


def _layers(handout: Handout, behind: Basemap) -> dict[str, dict[int, BaseGeometry]]:
    """Shapes by layer, from the lowest up; zones are numbered as in the plan."""
    outlines = handout.outlines
    zones: dict[int, BaseGeometry] = {
        n: outlines[zone.id] for n, zone in enumerate(handout.plan.zones) if zone.id in outlines
    }
    mapped = has_streets(handout.basemap)
    lines = {
        "river": [behind.river],
        "street": [] if mapped else [street.line for street in behind.streets],
        "outside": [_extend(behind.outside)],
    }
    over = {
        "neighbor": [city.line for city in behind.other_cities],
        "district": [behind.district],
        "city": [city.line for city in behind.cities],
    }
    for n, (_, shapes) in enumerate(_list_own_layers(handout)):
        over[f"own own-{n}"] = shapes
    return {**_numbered(lines), _ZONES: zones, **_numbered(over)}


def _extend(outside: BaseGeometry) -> BaseGeometry:
    """Return the land outside so far that no edge of it is seen in a high or wide window."""
    frame = outside.bounds
    wide = expand_bounds(frame, _BEYOND)
    return outside.union(box(*wide).difference(box(*frame))) if not outside.is_empty else outside


def _list_own_layers(handout: Handout) -> list[tuple[Layer, list[BaseGeometry]]]:
    """Return the layers that the user added, fit for one small file; points become dots.

    One that would weigh too much even so is left out.
    """
    found = []
    for layer in handout.project.layers.values():
        if not layer.own:
            continue
        shapes = [one.geometry for one in handout.project.features if one.layer == layer.id]
        drawn = [
            shape.buffer(_DOT_M, quad_segs=4) if shape.geom_type.endswith("Point") else shape
            for shape in (shapely.simplify(shape, _SIMPLER_M) for shape in shapes)
        ]
        if drawn and sum(shapely.get_num_coordinates(drawn)) <= _MOST_POINTS:
            found.append((layer, drawn))
    return found


def _numbered(layers: Mapping[str, Iterable[BaseGeometry]]) -> dict[str, dict[int, BaseGeometry]]:
    return {
        name: dict(enumerate(shape for shape in shapes if not shape.is_empty))
        for name, shapes in layers.items()
    }


def _feature(key: int, shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": str(key), "properties": {"zone": key}, "geometry": shape}


def _style(layer: str) -> Any:
    """Paths carry classes; how those look is for the style sheet, by day and by night."""

    def style(feature: Mapping[str, Any]) -> dict[str, Any]:
        if layer == _ZONES:
            return {"className": f"zone zone-{feature['properties']['zone']}"}
        if layer.startswith("own "):
            return {"className": layer, "color": zone_color(int(layer.rsplit("-", 1)[1]))}
        return {"className": layer, "fill": layer == "outside"}

    return style


def _asset(name: str) -> str:

    try:
        return (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"Leaflet's file {name} is missing; install the package XStatic-Leaflet again.",
            {"reason": str(error)},
        ) from error
