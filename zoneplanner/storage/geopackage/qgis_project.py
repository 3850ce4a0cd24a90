"""The QGIS project in a project file, and the styles of its layers.

It shows each plan's schools by zone, with the zones' names. QGIS lists it under the file, from
its own table ``qgis_projects``. Like the layer of zones it is derived and no part of the chain of
edits: it is rewritten if plans, zones or the file's name have changed. One that a person saved
over it in QGIS stays. The styles are the map's, converted to millimeters.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from xml.etree import ElementTree as Xml
from zoneinfo import ZoneInfo

import shapely
import sqlalchemy as sa

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.tokens import COLOR_ROLES, MAP_STYLE, ZONE_PALETTE, zone_color

_MM_PER_PX = 25.4 / 96
_ROLES = COLOR_ROLES["paper"]
_SCALE = MAP_STYLE.at(60.0)
_ZONES, _SCHOOLS = "@zones", "@schools"
NO_ZONE_ROW = ("", "No zone", COLOR_ROLES["paper"].base)
_SAME_STYLE = {"zones_by_plan": "zone_area"}
"""Layers that share the style of another."""


def read_qgis_style(table: str) -> str:
    """Return the style of a layer; a word after an at sign becomes a color of the paper theme."""
    file = resources_dir() / "qgis" / f"{_SAME_STYLE.get(table, table)}.qml"
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
    """Return a renderer with a symbol for each row of value, label and color."""
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
    """Return a disk in a zone's color, with the edge that schools have on the map."""
    symbol = Xml.Element("symbol", name=key, type="marker", alpha="1")
    _add_layer(
        symbol, "SimpleMarker", name="circle", color=_rgba(color), size_unit="MM",
        outline_color=_rgba(_ROLES.site_edge), outline_width=_mm(MAP_STYLE.site_edge_px),
        size=_mm(MAP_STYLE.marks["circle"].size_px),
    )  # fmt: skip
    return symbol


def build_qgis_area(key: str, color: str) -> Xml.Element:
    """Return a zone's fill, the band inside its edge, and the edge."""
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
    option_map = Xml.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        Xml.SubElement(option_map, "Option", name=name, value=value, type="QString")


def _mm(px: float) -> str:
    return f"{px * _MM_PER_PX:.2f}"


def _rgba(color: str, share: float = 1.0) -> str:
    parts = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return ",".join(str(part) for part in (*parts, round(share * 255)))


PROJECT_NAME = "Patrol zones"
_ENTRY_NAME = f"{PROJECT_NAME}.qgs"
_OURS = "zoneplanner"
_CREATE = (
    "CREATE TABLE IF NOT EXISTS qgis_projects"
    "(name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"  # as QGIS writes it
)
_COLUMNS = {"name", "metadata", "content"}
_VERSION = "3.28.0"
_MARGIN_M = 1500.0
_EPOCH = (1980, 1, 1, 0, 0, 0)
_BASE = (("feature_line", "Streets and rivers"), ("jurisdiction", "Jurisdictions"))


def build_content_if_stale(
    connection: sa.Connection, project: Project, file_name: str, at: datetime
) -> str:
    """Return the QGIS project as hex if the stored one is missing or out of date.

    Otherwise, and if a person saved it or the table is not ours, return an empty string.
    """
    columns = _list_columns(connection)
    if columns and not columns >= _COLUMNS:
        return ""  # a table of unknown origin
    plan = project.current_plan(at.astimezone(ZoneInfo(project.time_zone)).date())
    wkt = connection.exec_driver_sql(
        "SELECT definition FROM gpkg_spatial_ref_sys WHERE organization || ':' || "
        "organization_coordsys_id = ?",
        (project.crs,),
    ).scalar()
    shown = plan.uid if plan else ""
    content = build_qgis_project(project, file_name, str(wkt or ""), shown=shown).hex()
    return content if not columns or _read_content(connection) not in (content, _THEIRS) else ""


def _list_columns(connection: sa.Connection) -> set[str]:
    """Return the columns of QGIS's table, or an empty set if the file has none."""
    return {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(qgis_projects)")}


def write_qgis_project(
    connection: sa.Connection, project: Project, file_name: str, at: datetime
) -> None:
    """Write the QGIS project if it must be rewritten."""
    content = build_content_if_stale(connection, project, file_name, at)
    if content:
        connection.exec_driver_sql(_CREATE)
        _write_content(connection, content, at)


def rename_source(connection: sa.Connection, file_name: str) -> None:
    """Point the QGIS project of a copy to the copy instead of the original file."""
    content = _read_content(connection) if _list_columns(connection) >= _COLUMNS else None
    if content is None or content == _THEIRS:
        return
    source = f"./{escape(_as_text(file_name), quote=False)}|layername=".encode()
    try:
        with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
            tree = _SOURCE.sub(lambda _: source, archive.read(_ENTRY_NAME))
    except (ValueError, KeyError, zipfile.BadZipFile):
        return
    connection.exec_driver_sql(
        "UPDATE OR IGNORE qgis_projects SET content = ? WHERE name = ?",
        (_pack(tree).hex(), PROJECT_NAME),
    )


_SOURCE = re.compile(rb"\./[^|<>]*\|layername=")
_THEIRS = "theirs"


def _read_content(connection: sa.Connection) -> str | None:
    """Return the stored QGIS project, ``_THEIRS`` for one that a person saved."""
    row = connection.exec_driver_sql(
        "SELECT metadata, content FROM qgis_projects WHERE name = ?", (PROJECT_NAME,)
    ).one_or_none()
    if row is None:
        return None
    return str(row.content) if _is_ours(row.metadata) else _THEIRS


def _write_content(connection: sa.Connection, content: str, at: datetime) -> None:
    metadata = {"last_modified_time": f"{at:%Y-%m-%dT%H:%M:%S}", "last_modified_user": _OURS}
    values = {"name": PROJECT_NAME, "metadata": json.dumps(metadata), "content": content}
    for statement in (
        "INSERT OR IGNORE INTO qgis_projects (name) VALUES (:name)",
        "UPDATE OR IGNORE qgis_projects SET metadata = :metadata, content = :content"
        " WHERE name = :name",
    ):
        connection.exec_driver_sql(statement, values)


def _is_ours(metadata: object) -> bool:
    try:
        return parse_json_object(metadata).get("last_modified_user") == _OURS
    except ValueError:
        return False


def build_qgis_project(project: Project, file_name: str, wkt: str, *, shown: str) -> bytes:
    """Return the project as QGIS stores it, with the same bytes for the same plans.

    ``wkt`` describes its CRS; ``shown`` is the uid of the visible plan.
    """
    tree = _build_tree(project, file_name, _reference_system(project.crs, wkt), shown)
    return _pack(Xml.tostring(tree, "utf-8"))


def _pack(tree: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(_ENTRY_NAME, _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, tree)
    return content.getvalue()


def _build_tree(project: Project, file_name: str, crs: Xml.Element, shown: str) -> Xml.Element:
    root = Xml.Element("qgis", version=_VERSION, projectname=project.name)
    Xml.SubElement(root, "title").text = project.name
    Xml.SubElement(root, "projectCrs").append(crs)
    properties = Xml.SubElement(Xml.SubElement(root, "properties"), "SpatialRefSys")
    Xml.SubElement(properties, "ProjectionsEnabled", type="int").text = "1"
    layers = _Layers(root, f"./{_as_text(file_name)}", crs)
    for plan in sorted(project.plans.values(), key=lambda plan: plan.uid != shown):
        layers.begin_group(plan.name, shown=plan.uid == shown)
        _add_plan(layers, plan)
    layers.end_groups()
    for table, title in _BASE:
        layer = layers.add(table, title, table)
        layer.extend(_read_style(table, "renderer-v2", "labeling"))
        layer.set("labelsEnabled", "1")
    canvas = Xml.SubElement(root, "mapcanvas", name="theMapCanvas")
    Xml.SubElement(canvas, "units").text = "meters"
    extent = Xml.SubElement(canvas, "extent")
    points = [site.point for site in project.sites.values()] or [shapely.Point(0, 0)]
    sides = shapely.buffer(shapely.MultiPoint(points).envelope, _MARGIN_M).bounds
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True):
        Xml.SubElement(extent, name).text = f"{value:.0f}"
    Xml.SubElement(canvas, "destinationsrs").append(crs)
    return root


def _as_text(file_name: str) -> str:
    """Return a file's name as valid text: on Linux it may be any bytes."""
    return file_name.encode("utf-8", "replace").decode()


def _read_style(table: str, *parts: str) -> Iterator[Xml.Element]:
    style = Xml.fromstring(read_qgis_style(table))
    return (part for part in style if part.tag in parts)


def _add_plan(layers: "_Layers", plan: Plan) -> None:
    """Add a plan's schools and zones, and the table that assigns schools to zones."""
    of_plan = "\"plan\" = '{}'".format(plan.uid.replace("'", "''"))
    key = f"assignment_{plan.uid}"
    table = layers.add(key, f"Assignment of {plan.name}", "assignment", of_plan, "No geometry")
    Xml.SubElement(Xml.SubElement(table, "flags"), "Private").text = "1"
    schools = layers.add(
        f"schools_by_zone_{plan.uid}", "Schools by zone", "site", '"patrolled" = 1', "Point"
    )
    join = Xml.SubElement(
        Xml.SubElement(schools, "vectorjoins"), "join",
        joinLayerId=key, joinFieldName="site", targetFieldName="id",
        hasCustomPrefix="1", customPrefix="plan_", memoryCache="1", editable="0",
    )  # fmt: skip
    Xml.SubElement(Xml.SubElement(join, "joinFieldsSubset"), "field", name="zone")
    schools.append(
        build_categories("plan_zone", [*_zone_rows(plan), NO_ZONE_ROW], build_qgis_marker)
    )
    schools.extend(_read_style("site", "defaults"))
    _add_labels(schools, "name", 7)
    of_zones = f'{of_plan} AND "shown" = 1'
    zones = layers.add(f"zone_area_{plan.uid}", "Zones", "zone_area", of_zones)
    zones.append(build_categories("zone", _zone_rows(plan), build_qgis_area))
    _add_labels(zones, "zone", 14)


def _zone_rows(plan: Plan) -> list[tuple[str, str, str]]:
    return [(zone.id, zone.name, zone_color(zone.color)) for zone in plan.zones]


class _Layers:
    """The layers of a QGIS project, each in the legend's tree and in the list of layers."""

    def __init__(self, root: Xml.Element, file: str, crs: Xml.Element) -> None:
        self._file, self._crs = file, crs
        self._tree = self._group = Xml.SubElement(root, "layer-tree-group")
        self._layers = Xml.SubElement(root, "projectlayers")

    def begin_group(self, name: str, *, shown: bool) -> None:
        """Add the following layers to a group of this name."""
        checked = "Qt::Checked" if shown else "Qt::Unchecked"
        self._group = Xml.SubElement(
            self._tree, "layer-tree-group", name=name, checked=checked, expanded=str(int(shown))
        )

    def end_groups(self) -> None:
        """Add the following layers below all groups."""
        self._group = self._tree

    def add(
        self, key: str, title: str, table: str, only: str = "", geometry: str = "Polygon"
    ) -> Xml.Element:
        """Add a layer of a table, with the rows that the expression ``only`` selects.

        QGIS replaces keys of fewer than ten letters.
        """
        source = f"{self._file}|layername={table}" + (f"|subset={only}" if only else "")
        Xml.SubElement(
            self._group, "layer-tree-layer", id=key, name=title, source=source,
            providerKey="ogr", checked="Qt::Checked", expanded=str(int(geometry == "Point")),
        )  # fmt: skip
        layer = Xml.SubElement(self._layers, "maplayer", type="vector", geometry=geometry)
        for name, text in (("id", key), ("datasource", source), ("layername", title)):
            Xml.SubElement(layer, name).text = text
        if geometry != "No geometry":
            Xml.SubElement(layer, "srs").append(self._crs)
        Xml.SubElement(layer, "provider", encoding="UTF-8").text = "ogr"
        return layer


def _reference_system(crs: str, wkt: str) -> Xml.Element:
    system = Xml.Element("spatialrefsys", nativeFormat="Wkt")
    Xml.SubElement(system, "wkt").text = wkt
    Xml.SubElement(system, "authid").text = crs
    return system


def _add_labels(layer: Xml.Element, field: str, size_pt: int) -> None:
    layer.set("labelsEnabled", "1")
    labeling = Xml.SubElement(layer, "labeling", type="simple")
    settings = Xml.SubElement(labeling, "settings", calloutType="simple")
    style = Xml.SubElement(
        settings, "text-style", fieldName=field, isExpression="0", fontSize=str(size_pt),
        fontSizeUnit="Point", textColor="35,41,48,255",
    )  # fmt: skip
    Xml.SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="1", bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
    )  # fmt: skip
    Xml.SubElement(settings, "rendering", obstacle="0")  # a zone does not hide its schools' names
