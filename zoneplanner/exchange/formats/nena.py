"""Zones in the format of NENA-STA-006.3 ``PolicePolygon``: for planning, not for 9-1-1 routing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportColumn, ExportLayer

PLANNING_ONLY_WARNING = "Planning only, not for 9-1-1 routing."
_FIELDS = (
    "DiscrpAgID",
    "DateUpdate",
    "Effective",
    "Expire",
    "NGUID",
    "Agency_ID",
    "ServiceURI",
    "ServiceURN",
    "ServiceNum",
    "AVcard_URI",
    "DsplayName",
)
_STAMPS = ("DateUpdate", "Effective", "Expire")
_URN = "urn:emergency:service:responder.police."
RESPONDER_SHERIFF, RESPONDER_LOCAL, RESPONDER_CAMPUS = "sheriff", "local", "campus"
_SERVICE_NUMBER = "911"


@dataclass(frozen=True, eq=False, slots=True)
class PoliceZone:
    """A zone with its agency; ``responder`` is sheriff, local or campus.

    ``domain`` is the agency's internet domain, which identifies it in NENA's files.
    ``area`` is in longitude and latitude.
    """

    id: str
    name: str
    agency: str
    domain: str
    responder: str
    area: BaseGeometry


def build_police_polygons(
    zones: Sequence[PoliceZone],
    *,
    updated: datetime,
    effective: datetime | None,
    expires: datetime | None,
) -> ExportLayer:
    """Return zones as the layer ``PolicePolygon``; service addresses stay empty."""
    rows = []
    for zone in zones:
        values: Mapping[str, str | datetime | None] = {
            "DiscrpAgID": zone.domain,
            "DateUpdate": updated,
            "Effective": effective,
            "Expire": expires,
            "NGUID": f"urn:emergency:uid:gis:Pol:{zone.id}:{zone.domain}",
            "Agency_ID": zone.domain,
            "ServiceURN": _URN + zone.responder,
            "ServiceNum": _SERVICE_NUMBER,
            "DsplayName": f"{zone.agency}, {zone.name}",
        }
        rows.append(tuple(values.get(name, "") for name in _FIELDS))
    return ExportLayer(
        name="PolicePolygon",
        title=f"PolicePolygon ({PLANNING_ONLY_WARNING.rstrip('.')})",
        columns=tuple(
            ExportColumn(name, ColumnKind.STAMP if name in _STAMPS else ColumnKind.TEXT)
            for name in _FIELDS
        ),
        rows=tuple(rows),
        shapes=tuple(zone.area for zone in zones),
        about=f"{PLANNING_ONLY_WARNING} In the format of NENA-STA-006.3, made by a school "
        "district’s planner.",
    )
