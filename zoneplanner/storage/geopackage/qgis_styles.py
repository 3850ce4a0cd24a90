"""How QGIS draws our layers: the map's own style, in its millimeters."""

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as Xml

from zoneplanner.bundled import resources_dir
from zoneplanner.tokens import COLOR_ROLES, MAP_STYLE, ZONE_PALETTE

_MM_PER_PX = 25.4 / 96
_ROLES = COLOR_ROLES["paper"]
_SCALE = MAP_STYLE.at(60.0)
_ZONES, _SCHOOLS = "@zones", "@schools"
NO_ZONE_ROW = ("", "No zone", COLOR_ROLES["paper"].base)
_LIKE = {"zones_by_plan": "zone_area"}
"""Layers that are drawn as another."""


def read_qgis_style(table: str) -> str:
    """Return the style of a layer; a word after an at sign is a color of the printed page."""
    file = resources_dir() / "qgis" / f"{_LIKE.get(table, table)}.qml"
    text = file.read_text(encoding="utf-8")
    rows = [(str(at), f"Color {at + 1}", color) for at, color in enumerate(ZONE_PALETTE)]
    color = f'"colour" % {len(rows)}'
    if _ZONES in text:
        zones = build_categories(f'CASE WHEN "shown" THEN {color} END', rows, build_qgis_area)
        text = text.replace(_ZONES, Xml.tostring(zones, "unicode"))
    if _SCHOOLS in text:
        schools = build_categories(color, [*rows, NO_ZONE_ROW], build_qgis_marker)
        text = text.replace(_SCHOOLS, Xml.tostring(schools, "unicode"))
    return re.sub(r"@(\w+)", lambda found: _rgba(getattr(_ROLES, found[1])), text)


def build_categories(
    column: str, rows: Sequence[tuple[str, str, str]], draw: Callable[[str, str], Xml.Element]
) -> Xml.Element:
    """Return a renderer with a symbol a row: its value, its label, its color."""
    renderer = Xml.Element("renderer-v2", type="categorizedSymbol", attr=column)
    categories = Xml.SubElement(renderer, "categories")
    symbols = Xml.SubElement(renderer, "symbols")
    for place, (value, label, color) in enumerate(rows):
        Xml.SubElement(
            categories, "category", value=value, symbol=str(place), label=label, render="true"
        )
        symbols.append(draw(str(place), color))
    return renderer


def build_qgis_marker(key: str, color: str) -> Xml.Element:
    """Return a disk in a zone's color with the map's edge."""
    symbol = Xml.Element("symbol", name=key, type="marker", alpha="1")
    _add_layer(
        symbol, "SimpleMarker", name="circle", color=_rgba(color), size_unit="MM",
        outline_color=_rgba(_ROLES.site_edge), outline_width=_mm(MAP_STYLE.site_edge_px),
        size=_mm(MAP_STYLE.marks["circle"].size_px),
    )  # fmt: skip
    return symbol


def build_qgis_area(key: str, color: str) -> Xml.Element:
    """Return a zone's fill, the band within its edge, and the edge."""
    symbol = Xml.Element("symbol", name=key, type="fill", alpha="1")
    fill = _rgba(color, _ROLES.zone_fill_share)
    _add_layer(symbol, "SimpleFill", color=fill, style="solid", outline_style="no")
    _add_layer(
        symbol, "SimpleLine", line_color=_rgba(color, MAP_STYLE.band_share), joinstyle="miter",
        line_width=_mm(2 * _SCALE.band_px), line_width_unit="MM", draw_inside_polygon="1",
    )  # fmt: skip
    _add_layer(
        symbol, "SimpleLine", line_color=_rgba(_ROLES.zone_edge), line_width_unit="MM",
        line_width=_mm(_ROLES.zone_edge_px),
    )  # fmt: skip
    return symbol


def _add_layer(symbol: Xml.Element, layer_class: str, **options: str) -> None:
    layer = Xml.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "pass": "0"})
    held = Xml.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        Xml.SubElement(held, "Option", name=name, value=value, type="QString")


def _mm(px: float) -> str:
    return f"{px * _MM_PER_PX:.2f}"


def _rgba(color: str, share: float = 1.0) -> str:
    parts = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return ",".join(str(part) for part in (*parts, round(share * 255)))
