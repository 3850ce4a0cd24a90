"""Layers as KML for Google Earth: a folder each, names as labels, all columns in the balloon."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from shapely.geometry.base import BaseGeometry

from zoneplanner.exchange.formats.export_layer import ExportLayer, format_export_value
from zoneplanner.tokens import COLOR_ROLES

_ROLES = COLOR_ROLES["light"]

_KML_START = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
_FILL_ALPHA, _LINE_PX = "66", 2
_ILLEGAL = {code: " " for code in range(32) if code not in (9, 10, 13)}


def build_kml(title: str, layers: Sequence[tuple[ExportLayer, Sequence[BaseGeometry]]]) -> str:
    """Return layers with their shapes, in longitude and latitude, as KML."""
    folders = (
        _build_folder(layer.title, layer.about, _build_placemarks(layer, shapes))
        for layer, shapes in layers
    )
    return _build_document(title, "", folders)


def build_zone_kml(
    title: str,
    zones: tuple[ExportLayer, Sequence[BaseGeometry]],
    sites: tuple[ExportLayer, Sequence[BaseGeometry]],
) -> str:
    """Return a folder for each zone with its area and its sites in the zone's color.

    Shapes are in longitude and latitude. Both layers have a column ``zone``; sites without a zone
    are in a separate folder at the end.
    """
    areas, places = zones[0], sites[0]
    area_columns = [column.name for column in areas.columns]
    zone_by_area = [row[area_columns.index("zone")] for row in areas.rows]
    zone_index = [column.name for column in places.columns].index("zone")
    zone_by_site = [row[zone_index] for row in places.rows]

    def build_rows(
        layer: tuple[ExportLayer, Sequence[BaseGeometry]], indexes: Sequence[int], color: str
    ) -> str:
        rows = tuple(layer[0].rows[index] for index in indexes)
        colored = replace(layer[0], rows=rows, colors=dict.fromkeys(range(len(rows)), color))
        return _build_placemarks(colored, [layer[1][index] for index in indexes])

    folders = []
    for index, (row, zone) in enumerate(zip(areas.rows, zone_by_area, strict=True)):
        color = (areas.colors or {}).get(index, _ROLES.muted)
        own_sites = [site for site, each in enumerate(zone_by_site) if each == zone]
        placemarks = build_rows(zones, [index], color) + build_rows(sites, own_sites, color)
        name = dict(zip(area_columns, row, strict=True)).get("name", zone)
        folders.append(_build_folder(str(name), "", placemarks))
    rest = [site for site, zone in enumerate(zone_by_site) if zone not in zone_by_area]
    if rest:
        placemarks = build_rows(sites, rest, _ROLES.unassigned)
        folders.append(_build_folder("Not in a patrol zone", "", placemarks))
    return _build_document(title, areas.about, folders)


def _build_document(title: str, about: str, folders: Iterable[str]) -> str:
    content = f"{_build_heading(title, about)}{''.join(folders)}"
    return f"{_KML_START}<Document>{content}</Document></kml>\n"


def _build_folder(title: str, about: str, placemarks: str) -> str:
    return f"<Folder>{_build_heading(title, about)}\n{placemarks}</Folder>"


def _build_heading(title: str, about: str) -> str:
    description = f"<description>{_escape_text(about)}</description>" if about else ""
    return f"<name>{_escape_text(title)}</name>{description}"


def _build_placemarks(layer: ExportLayer, shapes: Sequence[BaseGeometry]) -> str:
    names = [column.name for column in layer.columns]
    label = names.index("name") if "name" in names else 0
    colors = layer.colors or {}
    placemarks = []
    for index, (row, shape) in enumerate(zip(layer.rows, shapes, strict=True)):
        data = "".join(
            f"<Data name={quoteattr(name)}>"
            f"<value>{_escape_text(format_export_value(value))}</value></Data>"
            for name, value in zip(names, row, strict=True)
            if value is not None
        )
        style = _build_style(colors[index]) if index in colors else ""
        placemarks.append(
            f"<Placemark><name>{_escape_text(format_export_value(row[label]))}</name>{style}"
            f"<ExtendedData>{data}</ExtendedData>{_build_geometry(shape)}</Placemark>\n"
        )
    return "".join(placemarks)


def _build_style(color: str) -> str:
    red, green, blue = color[1:3], color[3:5], color[5:7]
    return (
        f"<Style><LineStyle><color>ff{blue}{green}{red}</color><width>{_LINE_PX}</width></LineStyle>"
        f"<PolyStyle><color>{_FILL_ALPHA}{blue}{green}{red}</color></PolyStyle>"
        f"<IconStyle><color>ff{blue}{green}{red}</color></IconStyle></Style>"
    )


def _build_geometry(shape: BaseGeometry) -> str:
    parts = list(_build_parts(shape))
    return parts[0] if len(parts) == 1 else f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _build_parts(shape: BaseGeometry) -> Iterator[str]:
    if shape.geom_type == "Point":
        yield f"<Point><coordinates>{_format_coordinates(shape)}</coordinates></Point>"
    elif shape.geom_type == "LineString":
        yield f"<LineString><coordinates>{_format_coordinates(shape)}</coordinates></LineString>"
    elif shape.geom_type == "Polygon":
        rings = [shape.exterior, *shape.interiors]  # type: ignore[attr-defined]
        sides = ["outer", *("inner" for _ in rings[1:])]
        yield (
            "<Polygon>"
            + "".join(
                f"<{side}BoundaryIs><LinearRing><coordinates>{_format_coordinates(ring)}</coordinates>"
                f"</LinearRing></{side}BoundaryIs>"
                for side, ring in zip(sides, rings, strict=True)
            )
            + "</Polygon>"
        )
    else:
        for part in shape.geoms:  # type: ignore[attr-defined]
            yield from _build_parts(part)


def _format_coordinates(shape: BaseGeometry) -> str:
    return " ".join(f"{x:.9f},{y:.9f}" for x, y, *_ in shape.coords)


def _escape_text(text: str) -> str:
    return escape(text.translate(_ILLEGAL))
