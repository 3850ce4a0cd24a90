"""The GeoPackage registers and styles that let other programs open a project file."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage.schema.ddl import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    USER_VERSION,
    index_statements,
)
from zoneplanner.storage.schema.geometry_column import AREAS, POINT
from zoneplanner.storage.schema.tables import GEOMETRY_TYPES
from zoneplanner.storage.schema.views import (
    HELPER_VIEWS,
    ZONED_KINDS,
    build_views,
    compute_view_mark,
    read_view_marks,
)

SIDES = ("west", "south", "east", "north")

_TITLES = {
    "zone_area": "Zones as last saved (written for other programs, not read back)",
    "site": "Sites",
    "jurisdiction": "Jurisdictions",
    "block": "Blocks",
    "feature_area": "Orientation: areas",
    "feature_line": "Orientation: streets and rivers",
    "feature_point": "Orientation: points",
    "plan_pin": "Notes pinned to the map of a plan",
    "site_by_zone": "Sites with zone, unit, load and last visit, by the plan in force",
    "zones_by_plan": "Zones of all plans with their figures",
}
SHOWN_IN = {"site": "site_by_zone", "zone_area": "zones_by_plan"}
"""The views that have the same extent as a table."""
VIEW_GEOMETRY_TYPES = {"site_by_zone": POINT, "zones_by_plan": AREAS}
"""The views with geometry."""
_SPATIAL = {**GEOMETRY_TYPES, **VIEW_GEOMETRY_TYPES}


def parse_srid(crs: str) -> int:
    """Return the number of an EPSG code. Raises a UserError for any other string."""
    authority, _, number = crs.partition(":")
    if authority.upper() != "EPSG" or not number.isascii() or not number.isdigit():
        raise UserError("unknown_crs.no_code", crs=crs)
    return int(number)


def create_geopackage_tables(connection: sa.Connection, srid: int) -> None:
    """Create and register the empty tables of a project in EPSG:``srid``.

    ``create_triggers`` adds the triggers once the rows are written.
    """
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")
    for (kind, _), statement in index_statements().items():
        if kind != "trigger":
            connection.exec_driver_sql(statement)
    register_all(connection, srid)


def register_all(connection: sa.Connection, srid: int) -> None:
    """Write the registers for all tables and views, and create the views."""
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        _build_reference_systems(srid),
    )
    register_tables(connection, list_registered_tables(), srid)
    replace_views(connection, srid)


def list_registered_tables(version: int = SCHEMA_VERSION) -> list[str]:
    """Return the tables of a schema version that are registered for other programs."""
    return [
        name
        for kind, name in index_statements(version)
        if kind == "table" and not name.startswith("gpkg_")
    ]


def has_present_views(connection: sa.Connection) -> bool:
    """Return whether a file's views are this program's."""
    return compute_view_mark(_read_views(connection)) == read_view_marks()[-1]


def replace_views(connection: sa.Connection, srid: int) -> None:
    """Replace all views by this program's, and register them."""
    before = _read_views(connection)
    for name in before:
        connection.exec_driver_sql(f'DROP VIEW "{name}"')
    views = build_views("sqlite")
    for statement in views.values():
        connection.exec_driver_sql(statement)
    listed = [name for name in views if name not in HELPER_VIEWS]
    known = set(connection.exec_driver_sql("SELECT table_name FROM gpkg_contents").scalars())
    unregister_tables(connection, before.keys() - set(listed))
    register_tables(connection, [name for name in listed if name not in known], srid)


def _read_views(connection: sa.Connection) -> dict[str, str]:
    query = "SELECT name, CAST(sql AS TEXT) FROM sqlite_schema WHERE type = 'view'"
    return dict(iter(connection.exec_driver_sql(query)))


def create_triggers(connection: sa.Connection) -> None:
    """Create the triggers that guard the tables."""
    for (kind, _), statement in index_statements().items():
        if kind == "trigger":
            connection.exec_driver_sql(statement)


def register_tables(connection: sa.Connection, tables: Iterable[str], srid: int) -> None:
    """Register tables for other programs, with QGIS styles for tables with geometry."""
    names = list(tables)
    if not names:
        return
    spatial, descriptions = [name for name in _SPATIAL if name in names], _describe_views()
    connection.exec_driver_sql(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
        " VALUES (?, ?, ?, ?, ?)",
        [(name, "features", name, _TITLES[name], srid) for name in spatial]
        + [
            (name, "attributes", name, descriptions.get(name, ""), None)
            for name in names
            if name not in spatial
        ],
    )
    if not spatial:
        return
    # deferred because it reads the map's colors, which opening a file does not need
    from zoneplanner.storage.geopackage.qgis_project import read_qgis_style

    connection.exec_driver_sql(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)",
        [(name, _SPATIAL[name], srid) for name in spatial],
    )
    connection.exec_driver_sql(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, useAsDefault, description, owner)"
        " VALUES ('', '', ?, 'geom', ?, ?, 1, '', '')",
        [(name, name, read_qgis_style(name)) for name in spatial],
    )


def _describe_views() -> dict[str, str]:
    """Return the descriptions of the views without geometry."""
    words = read_record_words()
    return {
        "incident_units": "Units of incidents with their stamps (times are UTC)",
        "shifts": "Shifts with the officer's name (times are UTC)",
        **{
            kind.table: f"{words[name].table} as they are now (times are UTC; texts in full{zones})"
            for name, kind in RECORD_KINDS.items()
            for zones in ["; zones of each day's plan" if name in ZONED_KINDS else ""]
        },
    }


_OUR_STYLES = '%<qgis version="3.28.0" styleCategories="Symbology|Labeling"%'
"""The beginning of our styles; QGIS writes its full version into styles that a person saves."""


def list_stale_styles(connection: sa.Connection) -> list[tuple[str, str]]:
    """Return the layers with an outdated style of ours, and their present style."""
    stored = connection.exec_driver_sql(
        "SELECT f_table_name, styleQML FROM layer_styles"
        " WHERE styleName = f_table_name AND styleQML LIKE ?",
        (_OUR_STYLES,),
    ).fetchall()
    from zoneplanner.storage.geopackage.qgis_project import read_qgis_style

    styles = {name: read_qgis_style(name) for name, _ in stored if name in _SPATIAL}
    return [(name, styles[name]) for name, text in stored if styles.get(name, text) != text]


def refresh_styles(connection: sa.Connection) -> None:
    """Update the styles of layers, except those that a person styled in QGIS."""
    for name, style in list_stale_styles(connection):
        connection.exec_driver_sql(
            "UPDATE layer_styles SET styleQML = ? WHERE f_table_name = ? AND styleName = ?"
            " AND styleQML LIKE ?",
            (style, name, name, _OUR_STYLES),
        )


def find_register_faults(connection: sa.Connection) -> Iterator[Message]:
    """Report what other programs need to open the file but do not find in it."""
    for pragma, least in (("application_id", APPLICATION_ID), ("user_version", USER_VERSION)):
        if connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() < least:
            yield Message("register_fault.pragma", pragma=pragma)
    tables = {name for kind, name in index_statements() if kind == "table"}
    own = {name for name in tables if not name.startswith("gpkg_")}
    crs = "SELECT value FROM app_meta WHERE key = 'project_crs'"
    srid = parse_srid(str(connection.exec_driver_sql(crs).scalar_one()))
    expected: dict[str, set[tuple[Any, ...]]] = {
        "gpkg_contents (table_name, data_type)": {
            (name, "features" if name in GEOMETRY_TYPES else "attributes") for name in own
        },
        "gpkg_geometry_columns (table_name, srs_id)": {(name, srid) for name in GEOMETRY_TYPES},
        "gpkg_spatial_ref_sys (srs_id)": {(srid,)},
    }
    for register, rows in expected.items():
        table, columns = register[:-1].split(" (")
        found = connection.exec_driver_sql(f"SELECT {columns} FROM {table}").fetchall()
        for missing in sorted(rows.difference(map(tuple, found))):
            yield Message("register_fault.row", table=table, row=", ".join(map(str, missing)))


def unregister_tables(connection: sa.Connection, tables: Iterable[str]) -> None:
    """Remove tables that no longer exist from the registers."""
    registers = {
        "layer_styles": "f_table_name",
        "gpkg_geometry_columns": "table_name",
        "gpkg_contents": "table_name",
    }
    for table in tables:
        for register, column in registers.items():
            connection.exec_driver_sql(f"DELETE FROM {register} WHERE {column} = ?", (table,))


def _build_reference_systems(srid: int) -> list[tuple[str, int, str, int, str, str]]:
    import pyproj

    def describe(code: int) -> tuple[str, int, str, int, str, str]:
        try:
            crs = pyproj.CRS.from_epsg(code)
        except pyproj.exceptions.CRSError:
            raise UserError("unknown_crs.no_such", epsg=code) from None
        if code == srid and not crs.is_projected:
            raise UserError("unknown_crs.not_projected", epsg=code)
        text = crs.to_wkt("WKT1_GDAL")
        return (crs.name, code, "EPSG", code, text, crs.area_of_use.name if crs.area_of_use else "")

    undefined = "undefined"
    return [
        ("Undefined cartesian SRS", -1, "NONE", -1, undefined, "undefined cartesian system"),
        ("Undefined geographic SRS", 0, "NONE", 0, undefined, "undefined geographic system"),
        *(describe(code) for code in {4326, srid}),
    ]
