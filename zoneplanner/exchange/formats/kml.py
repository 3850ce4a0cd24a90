"""Layers as KML for Google Earth: a folder each, names as labels, every column in the balloon."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from shapely.geometry.base import BaseGeometry

from zoneplanner.exchange.formats.export_layer import ExportLayer, format_export_value
from zoneplanner.tokens import COLOR_ROLES

_ROLES = COLOR_ROLES["light"]

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
_FILL_ALPHA, _LINE_PX = "66", 2
_ILLEGAL = {code: " " for code in range(32) if code not in (9, 10, 13)}


def build_kml(title: str, layers: Sequence[tuple[ExportLayer, Sequence[BaseGeometry]]]) -> str:
    """Return layers as KML; their shapes are given in longitude and latitude."""
    folders = "".join(_build_folder(layer, shapes) for layer, shapes in layers)
    return f"{_HEAD}<Document><name>{_escape_text(title)}</name>{folders}</Document></kml>\n"


def build_zone_kml(
    title: str,
    zones: tuple[ExportLayer, Sequence[BaseGeometry]],
    sites: tuple[ExportLayer, Sequence[BaseGeometry]],
) -> str:
    """Return a folder for each zone with its area and its sites in its color.

    Shapes are in longitude and latitude. Both layers have a column ``zone``; sites of no zone have
    a folder of their own at the end.
    """
    areas, places = zones[0], sites[0]
    column = [one.name for one in places.columns].index("zone")
    folders = []
    for at, row in enumerate(areas.rows):
        key = row[[one.name for one in areas.columns].index("zone")]
        color = (areas.colors or {}).get(at, _ROLES.muted)
        own = [n for n, one in enumerate(places.rows) if one[column] == key]
        name = dict(zip((one.name for one in areas.columns), row, strict=True)).get("name", key)
        inner = _build_marks(_pick(areas, [at], color), [zones[1][at]])
        inner += _build_marks(_pick(places, own, color), [sites[1][n] for n in own])
        folders.append(f"<Folder><name>{_escape_text(str(name))}</name>\n{inner}</Folder>")
    known = {row[[one.name for one in areas.columns].index("zone")] for row in areas.rows}
    rest = [n for n, one in enumerate(places.rows) if one[column] not in known]
    if rest:
        inner = _build_marks(_pick(places, rest, _ROLES.unassigned), [sites[1][n] for n in rest])
        folders.append(f"<Folder><name>Not in a patrol zone</name>\n{inner}</Folder>")
    about = f"<description>{_escape_text(areas.about)}</description>" if areas.about else ""
    return (
        f"{_HEAD}<Document><name>{_escape_text(title)}</name>{about}{''.join(folders)}"
        "</Document></kml>\n"
    )


def _pick(layer: ExportLayer, rows: Sequence[int], color: str) -> ExportLayer:
    """Return some rows of a layer, all in one color."""
    return replace(
        layer,
        rows=tuple(layer.rows[at] for at in rows),
        colors=dict.fromkeys(range(len(rows)), color),
    )


def _build_folder(layer: ExportLayer, shapes: Sequence[BaseGeometry]) -> str:
    about = f"<description>{_escape_text(layer.about)}</description>" if layer.about else ""
    marks = _build_marks(layer, shapes)
    return f"<Folder><name>{_escape_text(layer.title)}</name>{about}\n{marks}</Folder>"


def _build_marks(layer: ExportLayer, shapes: Sequence[BaseGeometry]) -> str:
    names = [column.name for column in layer.columns]
    label = names.index("name") if "name" in names else 0
    marks = []
    for at, (row, shape) in enumerate(zip(layer.rows, shapes, strict=True)):
        data = "".join(
            f"<Data name={quoteattr(name)}>"
            f"<value>{_escape_text(format_export_value(value))}</value></Data>"
            for name, value in zip(names, row, strict=True)
            if value is not None
        )
        style = _build_style(layer.colors[at]) if layer.colors and at in layer.colors else ""
        marks.append(
            f"<Placemark><name>{_escape_text(format_export_value(row[label]))}</name>{style}"
            f"<ExtendedData>{data}</ExtendedData>{_build_geometry(shape)}</Placemark>\n"
        )
    return "".join(marks)


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
