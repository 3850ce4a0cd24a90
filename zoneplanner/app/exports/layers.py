"""The layers and tables of a project that can be exported, as they are on screen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from enum import Enum
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from zoneplanner.analysis.geometry.crs import geometries_to_lonlat, to_lonlat
from zoneplanner.app.log.logbook import RECORD_READERS
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.geography.map_edits import CITY_KIND, COUNTY_KIND, find_district_boundary
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import derive_current_entries
from zoneplanner.domain.log.record_schema import RecordKind, read_record_words
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit, UnitAccess, make_domain
from zoneplanner.exchange.formats.export_layer import (
    ColumnKind,
    ExportColumn,
    ExportLayer,
    format_export_value,
)
from zoneplanner.exchange.formats.nena import RESPONDER_CAMPUS, PoliceZone
from zoneplanner.exchange.formats.nena import RESPONDER_LOCAL as LOCAL
from zoneplanner.exchange.formats.nena import RESPONDER_SHERIFF as SHERIFF
from zoneplanner.tokens import COLOR_ROLES, zone_color

_SITE, _SITE_NAME = "site", "site_name"
_SITE_COLUMNS = (
    *map(ExportColumn, ("id", "name", "level", "grades", "street", "city", "zip", "phone")),
    ExportColumn("enrollment", ColumnKind.WHOLE),
    ExportColumn("patrolled", ColumnKind.FLAG),
    ExportColumn("charter", ColumnKind.FLAG),
    *map(ExportColumn, ("zone", "juris", "note")),
)
_ZONE_COLUMNS = (
    *map(ExportColumn, ("zone", "name", "unit", "agency", "plan")),
    ExportColumn("sites", ColumnKind.WHOLE),
    ExportColumn("students", ColumnKind.WHOLE),
    ExportColumn("load_min", ColumnKind.NUMBER, "minutes per day"),
    ExportColumn("deviation", ColumnKind.NUMBER, "fraction above or below the agency’s mean load"),
    ExportColumn("pieces", ColumnKind.WHOLE),
)
_CORRECTING = ("supersedes",)

_LayerBuilder = Callable[[Session, ProjectState], ExportLayer]


def _build_sites(session: Session, state: ProjectState) -> ExportLayer:
    """Return every site with its zone in the plan and its jurisdiction."""
    project = state.saved_project
    zones: Mapping[str, str] = state.plan.assignment if state.plan else {}
    sites = tuple(project.sites.values())
    lons, lats = to_lonlat(project.crs, [site.x_m for site in sites], [site.y_m for site in sites])
    placements = state.basis.placements
    rows = tuple(
        (
            site.id,
            site.name,
            site.level,
            site.grades,
            site.street,
            site.city,
            site.zip,
            site.phone,
            site.enrollment,
            site.patrolled,
            site.charter,
            zones.get(site.id, ""),
            (placements[site.id].jurisdiction or "") if site.id in placements else "",
            site.note,
        )
        for site in sites
    )
    return ExportLayer(
        "sites",
        "Sites",
        _SITE_COLUMNS,
        rows,
        tuple(site.point for site in sites),
        tuple(zip(lons.tolist(), lats.tolist(), strict=True)),
        colors=_color_sites(state, sites),
    )


def _color_sites(state: ProjectState, sites: Iterable[Site]) -> dict[int, str]:
    """Return the color of each site's zone, or of none, by the index of its row."""
    if state.plan is None:
        return {}
    colors = {zone.id: zone_color(zone.color) for zone in state.plan.zones}
    zones = state.plan.assignment
    unassigned = COLOR_ROLES["light"].unassigned
    return {
        index: colors.get(zones.get(site.id, ""), unassigned) for index, site in enumerate(sites)
    }


def _build_zones(_session: Session, state: ProjectState) -> ExportLayer:
    """Return the zones of the plan with their areas and figures."""
    plan, figures, project = require_plan(state), state.figures, state.project
    assert figures is not None
    shown = [zone for zone in plan.zones if not state.outlines[zone.id].area.is_empty]
    rows = []
    for zone in shown:
        row, unit = figures.zones[zone.id], project.units.get(zone.unit)
        rows.append(
            (
                zone.id,
                zone.name,
                zone.unit,
                unit.agency if unit else "",
                plan.name,
                row.sites,
                row.students,
                row.load_min,
                row.deviation,
                row.pieces,
            )
        )
    return ExportLayer(
        "zones",
        f"Zones of {plan.name}",
        _ZONE_COLUMNS,
        tuple(rows),
        tuple(state.outlines[zone.id].area for zone in shown),
        colors={index: zone_color(zone.color) for index, zone in enumerate(shown)},
    )


def _build_jurisdictions(_session: Session, state: ProjectState) -> ExportLayer:
    """Return the county and city areas."""
    areas = tuple(state.saved_project.jurisdictions.values())
    return ExportLayer(
        "jurisdictions",
        "Jurisdictions",
        tuple(map(ExportColumn, ("id", "name", "kind"))),
        tuple((area.id, area.name, area.kind) for area in areas),
        tuple(area.area for area in areas),
    )


def _build_blocks(_session: Session, state: ProjectState) -> ExportLayer:
    """Return the building blocks."""
    blocks = tuple(state.saved_project.blocks.values())
    return ExportLayer(
        "blocks",
        "Blocks",
        tuple(map(ExportColumn, ("id", "juris"))),
        tuple((block.id, block.jurisdiction) for block in blocks),
        tuple(block.area for block in blocks),
    )


def _build_district(_session: Session, state: ProjectState) -> ExportLayer:
    """Return the district's boundary."""
    area = find_district_boundary(state.saved_project)
    name = state.saved_project.name
    return ExportLayer(
        "district",
        "District",
        tuple(map(ExportColumn, ("name", "kind"))),
        ((name, "district"),) if area is not None else (),
        (area,) if area is not None else (),
    )


def _build_plan(_session: Session, state: ProjectState) -> ExportLayer:
    """Return the zone of each site."""
    plan = require_plan(state)
    assignment = plan.assignment
    sites = [site for site in state.saved_project.sites.values() if site.id in assignment]
    rows = tuple((site.id, site.name, assignment[site.id]) for site in sites)
    columns = tuple(map(ExportColumn, (_SITE, _SITE_NAME, "zone")))
    return ExportLayer("plan", f"Plan {plan.name}", columns, rows)


def _make_table_builder(
    name: str,
    title: str,
    columns: Mapping[str, ColumnKind],
    records: Callable[[Session], Iterable[Any]],
) -> _LayerBuilder:
    """Return a builder of a table with a row for each record and times in the project's time zone.

    A site's code is followed by its name, which an import ignores.
    """
    export_columns = [ExportColumn(column, kind) for column, kind in columns.items()]
    site = next(
        (index for index, column in enumerate(export_columns, 1) if column.name == _SITE), 0
    )
    if site:
        export_columns.insert(site, ExportColumn(_SITE_NAME))

    def build(session: Session, _state: ProjectState) -> ExportLayer:
        project = session.saved_project
        zone = ZoneInfo(project.time_zone)

        def read(record: object, column: str) -> object:
            if column == _SITE_NAME:
                found = project.sites.get(getattr(record, _SITE) or "")
                return found.name if found else None
            return _localize(getattr(record, column, None), zone)

        rows = tuple(
            tuple(read(record, column.name) for column in export_columns)
            for record in records(session)
        )
        return ExportLayer(name, title, tuple(export_columns), rows)

    return build


def _localize(value: object, zone: ZoneInfo) -> object:
    """Return a value as a table has it: times in the project's zone, lists and codes as text."""
    if isinstance(value, datetime):
        return value.astimezone(zone)
    if isinstance(value, (tuple, list, frozenset, Enum)):
        return format_export_value(value)
    return value


_KIND_BY_TYPE: Mapping[object, ColumnKind] = {
    datetime: ColumnKind.MOMENT,
    datetime | None: ColumnKind.MOMENT,
    date: ColumnKind.DAY,
    date | None: ColumnKind.DAY,
    int: ColumnKind.WHOLE,
    float | None: ColumnKind.NUMBER,
    bool: ColumnKind.FLAG,
    bool | None: ColumnKind.FLAG,
}


def _list_record_columns(kind: RecordKind[Any]) -> dict[str, ColumnKind]:
    """Return the columns of a kind of records with their types, from its declared fields."""
    types = {field.name: field.type for field in fields(kind.record)}  # type: ignore[arg-type]
    return {
        column: _KIND_BY_TYPE.get(types[column], ColumnKind.TEXT)
        for column in kind.columns
        if column not in _CORRECTING
    }


def _build_record_table(kind: RecordKind[Any]) -> _LayerBuilder:
    return _make_table_builder(
        kind.table,
        read_record_words()[kind.name].table,
        _list_record_columns(kind),
        lambda session: RECORD_READERS[kind.name](
            session.store.entries(kinds=(kind.name, "stamp", "void"))
        ),
    )


def _list_stamps(session: Session) -> list[SimpleNamespace]:
    """Return the stamps of units as they were entered."""
    entries = derive_current_entries(session.store.entries(kinds=("stamp", "void")))
    return [
        SimpleNamespace(
            uid=uid,
            incident=str(entry.payload.get("incident", "")),
            unit=entry.unit,
            name=str(entry.payload.get("name", "")),
            at=entry.occurred_at,
        )
        for uid, entry in entries.items()
        if entry.kind == "stamp"
    ]


LAYER_BUILDERS: Mapping[str, _LayerBuilder] = {
    "sites": _build_sites,
    "zones": _build_zones,
    "jurisdictions": _build_jurisdictions,
    "blocks": _build_blocks,
    "district": _build_district,
}
"""The layers with shapes, in drawing order from the top."""
_TEXT, _MOMENT, _FLAG = ColumnKind.TEXT, ColumnKind.MOMENT, ColumnKind.FLAG
_AGENCY_COLUMNS = dict.fromkeys(("id", "short", "phone"), _TEXT)
_UNIT_COLUMNS = dict.fromkeys(("id", "name", "agency", "kind"), _TEXT) | {
    "sworn": _FLAG,
    "holds_zone": _FLAG,
    "primary": _TEXT,
    "assist": _TEXT,
    "posts": _TEXT,
}
_OFFICER_COLUMNS = dict.fromkeys(
    (
        "id",
        "name",
        "agency",
        "kind",
        "units",
        "jurisdictions",
        "qualifications",
        "prefers",
        "contact",
    ),
    _TEXT,
)
_AVAILABILITY_COLUMNS = {
    **dict.fromkeys(("uid", "officer", "kind"), _TEXT),
    **dict.fromkeys(("first", "last"), ColumnKind.DAY),
    **dict.fromkeys(("starts", "ends", "weekdays"), _TEXT),
    "every_weeks": ColumnKind.WHOLE,
    "note": _TEXT,
}
_SHIFT_COLUMNS = {
    **dict.fromkeys(("uid", "unit", "officer"), _TEXT),
    **dict.fromkeys(("starts_at", "ends_at"), _MOMENT),
    "status": _TEXT,
}
_STAMP_COLUMNS = {**dict.fromkeys(("uid", "incident", "unit", "name"), _TEXT), "at": _MOMENT}


def _list_availability(session: Session) -> list[SimpleNamespace]:
    """Return the officers' availability; weekdays by their first three letters."""
    return [
        SimpleNamespace(
            uid=period.uid,
            officer=officer.id,
            kind=period.kind.value,
            first=period.first,
            last=period.last,
            starts=f"{period.starts:%H:%M}",
            ends=f"{period.ends:%H:%M}",
            weekdays=tuple(WEEKDAY_NAMES[day - 1][:3] for day in sorted(period.weekdays)),
            every_weeks=period.every_weeks,
            note=period.note,
        )
        for officer in session.saved_project.officers.values()
        for period in officer.times
    ]


def _list_units(session: Session) -> list[SimpleNamespace]:
    """Return the units, with the jurisdictions where they are primary and where they assist."""

    def list_jurisdictions(unit: Unit, access: UnitAccess) -> tuple[str, ...]:
        return tuple(key for key, level in unit.access.items() if level is access)

    unchanged = ("id", "name", "agency", "kind", "sworn", "holds_zone", "posts")
    return [
        SimpleNamespace(
            **{name: getattr(unit, name) for name in unchanged},
            primary=list_jurisdictions(unit, UnitAccess.PRIMARY),
            assist=list_jurisdictions(unit, UnitAccess.ASSIST),
        )
        for unit in session.saved_project.units.values()
    ]


TABLE_BUILDERS: Mapping[str, _LayerBuilder] = {
    "plan": _build_plan,
    "agencies": _make_table_builder(
        "agencies",
        "Agencies",
        _AGENCY_COLUMNS,
        lambda one: one.saved_project.agencies.values(),
    ),
    "units": _make_table_builder("units", "Units", _UNIT_COLUMNS, _list_units),
    "officers": _make_table_builder(
        "officers",
        "Officers",
        _OFFICER_COLUMNS,
        lambda one: one.saved_project.officers.values(),
    ),
    "availability": _make_table_builder(
        "availability", "Officer times", _AVAILABILITY_COLUMNS, _list_availability
    ),
    "shifts": _make_table_builder(
        "shifts", "Shifts", _SHIFT_COLUMNS, lambda one: one.saved_project.shifts.values()
    ),
    **{kind.table: _build_record_table(kind) for kind in RECORD_KINDS.values()},
    "stamps": _make_table_builder("stamps", "Stamps", _STAMP_COLUMNS, _list_stamps),
}


def convert_layer_to_lonlat(layer: ExportLayer, crs: str) -> ExportLayer:
    """Return a layer with its shapes in longitude and latitude."""
    if not layer.shapes:
        return layer
    return replace(layer, shapes=tuple(geometries_to_lonlat(crs, list(layer.shapes))))


def collect_police_zones(state: ProjectState) -> list[PoliceZone]:
    """Return the plan's zones with their agency and their areas in longitude and latitude."""
    plan, project = require_plan(state), state.project
    shown = [zone for zone in plan.zones if not state.outlines[zone.id].area.is_empty]
    areas = geometries_to_lonlat(project.crs, [state.outlines[each.id].area for each in shown])
    return [
        PoliceZone(
            zone.id,
            zone.name,
            unit.agency,
            project.directory.domains.get(unit.agency) or make_domain(unit.agency),
            _choose_responder(project, unit),
            shapely.MultiPolygon(shapely.get_parts(area).tolist()),
        )
        for zone, area in zip(shown, areas, strict=True)
        for unit in (project.units[zone.unit],)
    ]


def _choose_responder(project: Project, unit: Unit) -> str:
    """Return the kind of responder, by where a sworn unit is primary, or else the district's
    own.
    """
    homes = {
        project.jurisdictions[key].kind
        for key, access in unit.access.items()
        if access is UnitAccess.PRIMARY and key in project.jurisdictions
    }
    if unit.sworn and homes == {COUNTY_KIND}:
        return SHERIFF
    return LOCAL if unit.sworn and homes == {CITY_KIND} else RESPONDER_CAMPUS
