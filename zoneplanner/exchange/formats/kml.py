"""Layers as KML for Google Earth: a folder each, names as labels, every column in the balloon."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from shapely.geometry.base import BaseGeometry

from zoneplanner.exchange.formats.export_layer import ExportLayer, format_export_value

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
_FILL_ALPHA, _LINE_PX = "66", 2
_ILLEGAL = {code: " " for code in range(32) if code not in (9, 10, 13)}


def build_kml(title: str, layers: Sequence[tuple[ExportLayer, Sequence[BaseGeometry]]]) -> str:
    """Return layers as KML; their shapes are given in longitude and latitude."""
    folders = "".join(_build_folder(layer, shapes) for layer, shapes in layers)
    return f"{_HEAD}<Document><name>{_escape_text(title)}</name>{folders}</Document></kml>\n"


def _build_folder(layer: ExportLayer, shapes: Sequence[BaseGeometry]) -> str:
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
    about = f"<description>{_escape_text(layer.about)}</description>" if layer.about else ""
    return f"<Folder><name>{_escape_text(layer.title)}</name>{about}\n{''.join(marks)}</Folder>"


def _build_style(color: str) -> str:
    red, green, blue = color[1:3], color[3:5], color[5:7]
    return (
        f"<Style><LineStyle><color>ff{blue}{green}{red}</color><width>{_LINE_PX}</width></LineStyle>"
        f"<PolyStyle><color>{_FILL_ALPHA}{blue}{green}{red}</color></PolyStyle></Style>"
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
