"""The layers and tables that leave a project as data, out of what is on screen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.crs import geometries_to_lonlat, to_lonlat
from zoneplanner.app.logbook import all_drills, all_incidents, all_reviews, all_visits
from zoneplanner.app.reading import Reading
from zoneplanner.app.session import Session
from zoneplanner.domain.areas import CITY, COUNTY, district_of
from zoneplanner.domain.entries import DRILL, INCIDENT, REVIEW, VISIT
from zoneplanner.domain.palette import zone_colour
from zoneplanner.domain.project import Project
from zoneplanner.domain.unit import Access
from zoneplanner.errors import UserError
from zoneplanner.exchange.likeness import plain
from zoneplanner.exchange.nena import CAMPUS, PoliceZone
from zoneplanner.exchange.nena import CITY as LOCAL
from zoneplanner.exchange.nena import COUNTY as SHERIFF
from zoneplanner.exchange.outgoing import Kind, OutColumn, OutLayer, text_of

_SITE_COLUMNS = (
    *map(OutColumn, ("id", "name", "level", "grades", "street", "city", "zip", "phone")),
    OutColumn("enrollment", Kind.WHOLE),
    OutColumn("patrolled", Kind.FLAG),
    OutColumn("charter", Kind.FLAG),
    *map(OutColumn, ("zone", "juris", "note")),
)
_ZONE_COLUMNS = (
    *map(OutColumn, ("zone", "name", "unit", "agency", "plan")),
    OutColumn("sites", Kind.WHOLE),
    OutColumn("students", Kind.WHOLE),
    OutColumn("load_min", Kind.NUMBER, "minutes a day"),
    OutColumn("deviation", Kind.NUMBER, "share above or below the agency’s mean"),
    OutColumn("pieces", Kind.WHOLE),
)
_CORRECTING = ("supersedes",)

_Made = Callable[[Session, Reading], OutLayer]


def _sites(session: Session, reading: Reading) -> OutLayer:
    """Return every site, with its zone in the plan and its jurisdiction."""
    project = reading.kept
    zones: Mapping[str, str] = reading.plan.assignment if reading.plan else {}
    own = tuple(project.sites.values())
    lons, lats = to_lonlat(project.crs, [site.x_m for site in own], [site.y_m for site in own])
    placed = reading.basis.placements
    rows = tuple(
        (
            *(site.id, site.name, site.level, site.grades, site.street, site.city, site.zip),
            *(site.phone, site.enrollment, site.patrolled, site.charter),
            zones.get(site.id, ""),
            (placed[site.id].jurisdiction or "") if site.id in placed else "",
            site.note,
        )
        for site in own
    )
    return OutLayer(
        "sites",
        "Sites",
        _SITE_COLUMNS,
        rows,
        tuple(site.point for site in own),
        tuple(zip(lons.tolist(), lats.tolist(), strict=True)),
    )


def _zones(_session: Session, reading: Reading) -> OutLayer:
    """Return the zones of the plan with their areas and figures."""
    plan, figures = reading.plan, reading.figures
    if plan is None or figures is None:
        raise UserError(
            "There is no plan yet, so there are no zones; propose one first.", code="no_plan"
        )
    project = reading.project
    shown = [zone for zone in plan.zones if not reading.outlines[zone.id].area.is_empty]
    rows = []
    for zone in shown:
        own, unit = figures.zones[zone.id], project.units.get(zone.unit)
        rows.append(
            (
                *(zone.id, zone.name, zone.unit, unit.agency if unit else "", plan.name),
                *(own.sites, own.students, own.load_min, own.deviation, own.pieces),
            )
        )
    return OutLayer(
        "zones",
        f"Zones of {plan.name}",
        _ZONE_COLUMNS,
        tuple(rows),
        tuple(reading.outlines[zone.id].area for zone in shown),
        colours={at: zone_colour(zone.colour) for at, zone in enumerate(shown)},
    )


def _jurisdictions(_session: Session, reading: Reading) -> OutLayer:
    """Return the county and city areas."""
    own = tuple(reading.kept.jurisdictions.values())
    return OutLayer(
        "jurisdictions",
        "Jurisdictions",
        tuple(map(OutColumn, ("id", "name", "kind"))),
        tuple((area.id, area.name, area.kind) for area in own),
        tuple(area.area for area in own),
    )


def _blocks(_session: Session, reading: Reading) -> OutLayer:
    """Return the building blocks."""
    own = tuple(reading.kept.blocks.values())
    return OutLayer(
        "blocks",
        "Blocks",
        tuple(map(OutColumn, ("id", "juris"))),
        tuple((block.id, block.jurisdiction) for block in own),
        tuple(block.area for block in own),
    )


def _district(_session: Session, reading: Reading) -> OutLayer:
    """Return the district's boundary."""
    area = district_of(reading.kept)
    name = reading.kept.name
    return OutLayer(
        "district",
        "District",
        tuple(map(OutColumn, ("name", "kind"))),
        ((name, "district"),) if area is not None else (),
        (area,) if area is not None else (),
    )


def _plan(_session: Session, reading: Reading) -> OutLayer:
    """Return which site is in which zone."""
    if reading.plan is None:
        raise UserError("There is no plan yet; propose one first.", code="no_plan")
    given = reading.plan.assignment
    rows = tuple((site, given[site]) for site in reading.kept.sites if site in given)
    columns = tuple(map(OutColumn, ("site", "zone")))
    return OutLayer("plan", f"Plan {reading.plan.name}", columns, rows)


def _officers(session: Session, reading: Reading) -> OutLayer:
    """Return the officers with what they may serve."""
    columns = ("id", "name", "agency", "kind", "units", "jurisdictions")
    own = reading.kept.officers.values()
    return _entries(session, "officers", "Officers", columns, own)


def _shifts(session: Session, reading: Reading) -> OutLayer:
    """Return every shift, drafts and cancelled ones too."""
    columns = ("uid", "unit", "officer", "starts_at", "ends_at", "status")
    return _entries(session, "shifts", "Shifts", columns, reading.kept.shifts.values())


def _visits(session: Session, _reading: Reading) -> OutLayer:
    """Return the visits as they stand after corrections."""
    return _entries(session, "visits", "Visits", VISIT.columns, all_visits(session))


def _incidents(session: Session, _reading: Reading) -> OutLayer:
    """Return the incidents as they stand after corrections."""
    return _entries(session, "incidents", "Incidents", INCIDENT.columns, all_incidents(session))


def _drills(session: Session, _reading: Reading) -> OutLayer:
    """Return the drills as they stand after corrections."""
    return _entries(session, "drills", "Drills", DRILL.columns, all_drills(session))


def _reviews(session: Session, _reading: Reading) -> OutLayer:
    """Return the plan reviews as they stand after corrections."""
    return _entries(session, "reviews", "Plan reviews", REVIEW.columns, all_reviews(session))


LAYERS: Mapping[str, _Made] = {
    "sites": _sites,
    "zones": _zones,
    "jurisdictions": _jurisdictions,
    "blocks": _blocks,
    "district": _district,
}
"""What has shapes, in the order in which it is drawn from above."""
TABLES: Mapping[str, _Made] = {
    "plan": _plan,
    "officers": _officers,
    "shifts": _shifts,
    "visits": _visits,
    "incidents": _incidents,
    "drills": _drills,
    "reviews": _reviews,
}


def in_degrees(layer: OutLayer, crs: str) -> OutLayer:
    """Return a layer with its shapes in longitude and latitude."""
    if not layer.shapes:
        return layer
    return replace(layer, shapes=tuple(geometries_to_lonlat(crs, list(layer.shapes))))


def police_zones(reading: Reading) -> list[PoliceZone]:
    """Return the plan's zones with their agency, their areas in longitude and latitude."""
    plan = reading.plan
    if plan is None:
        raise UserError(
            "There is no plan yet, so there are no zones; propose one first.", code="no_plan"
        )
    project = reading.project
    shown = [zone for zone in plan.zones if not reading.outlines[zone.id].area.is_empty]
    areas = geometries_to_lonlat(project.crs, [reading.outlines[z.id].area for z in shown])
    return [
        PoliceZone(
            zone.id,
            zone.name,
            project.units[zone.unit].agency,
            plain(project.units[zone.unit].agency),
            _responder(project, zone.unit),
            _several(area),
        )
        for zone, area in zip(shown, areas, strict=True)
    ]


def _several(area: BaseGeometry) -> BaseGeometry:
    parts: list[Any] = shapely.get_parts(area).tolist()
    return shapely.MultiPolygon(parts)


def _responder(project: Project, unit_id: str) -> str:
    """Return the kind of responder: by where a sworn unit is primary, else the district's own."""
    unit = project.units[unit_id]
    homes = {
        project.jurisdictions[key].kind
        for key, access in unit.access.items()
        if access is Access.PRIMARY and key in project.jurisdictions
    }
    if unit.sworn and homes == {COUNTY}:
        return SHERIFF
    return LOCAL if unit.sworn and homes == {CITY} else CAMPUS


def _entries(
    session: Session, name: str, title: str, columns: Iterable[str], records: Iterable[Any]
) -> OutLayer:
    zone = ZoneInfo(session.reading.kept.time_zone)
    kept = tuple(column for column in columns if column not in _CORRECTING)
    rows = tuple(
        tuple(_text(getattr(record, column, None), zone) for column in kept) for record in records
    )
    return OutLayer(name, title, tuple(map(OutColumn, kept)), rows)


def _text(value: object, zone: ZoneInfo) -> str | None:
    """Return a record's value as the tables have it: times with their offset, lists by ``;``."""
    if value is None or (isinstance(value, str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, datetime):
        value = value.astimezone(zone)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list, frozenset)):
        return ";".join(map(str, value))
    return text_of(value.value if isinstance(value, Enum) else value)
