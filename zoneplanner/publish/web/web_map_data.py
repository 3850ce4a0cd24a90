"""The data of the web map's script, as JSON inside the page: sites, zones and streets.

The basemap is packed into it too, simplified until it is small enough.
"""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box

from zoneplanner.analysis.geometry.basemap import BasemapByKind, BasemapFeatures
from zoneplanner.analysis.geometry.crs import geometries_to_lonlat, to_lonlat
from zoneplanner.domain.geography.basemap import (
    AREAS_BELOW_M_PX,
    BASEMAP_AREAS,
    BASEMAP_KINDS,
    BASEMAP_LINES,
    BASEMAP_PLACES,
    SERVICE_SIGNS,
)
from zoneplanner.domain.locale_formats import format_phone
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout, LogWeek
from zoneplanner.publish.maps.backdrop import NamedLine
from zoneplanner.publish.maps.basemap import (
    DEGREE_DECIMALS,
    Basemap,
    BoundingBox,
    expand_bounds,
    find_label_point,
    find_zone_bounds,
)
from zoneplanner.publish.summaries import (
    SiteSummary,
    ZoneSummary,
    describe_coming_zone,
    summarize_sites,
    summarize_zones,
)
from zoneplanner.publish.web.leaflet import FoliumMap
from zoneplanner.tokens import MAP_STYLE, SiteMark, zone_color

_MAX_BASEMAP_BYTES = 1_700_000
"""The most that the basemap may add to the file, which has 2.5 MB in all."""
_UNITS_PER_DEGREE = 1e5
_STEPS = ((2.0, ()), (4.0, ("building",)), (8.0, ("building", "service")))
_LAST_STEPS = ((12.0, ("building", "service", "park")), (16.0, ("building", "service", "local")))
"""Tolerances in meters and the kinds that are left out with them, tried until the rest fits."""


def encode_basemap(
    basemap: BasemapByKind, crs: str, window: BoundingBox, *, most_bytes: int = _MAX_BASEMAP_BYTES
) -> dict[str, Any] | None:
    """Return the features in a window as JSON values, or None if there are none.

    Positions are degrees times 100,000, as differences in zigzag varints, in base64. ``count`` has
    the number of points of each part. Each name is stored once in ``names``, and ``name`` has
    indexes into it.
    """
    kinds: dict[str, Any] = {}
    for tolerance_m, left_out in (*_STEPS, *_LAST_STEPS):
        kinds = {
            kind: packed
            for kind in BASEMAP_KINDS
            if kind in basemap and kind not in left_out
            for packed in (_encode_kind(basemap[kind], crs, window, tolerance_m),)
            if packed is not None
        }
        if (
            sum(len(kind_data["xy"]) + len(str(kind_data["names"])) for kind_data in kinds.values())
            <= most_bytes
        ):
            break
    if not kinds:
        return None
    return {"kinds": kinds, "style": _list_styles(), "signs": SERVICE_SIGNS, **_KIND_ROLES}


_KIND_ROLES = {
    "areas": list(BASEMAP_AREAS),
    "lines": list(BASEMAP_LINES),
    "places": list(BASEMAP_PLACES),
}


def _list_styles() -> dict[str, Any]:
    """Return widths, color roles and scales of the tokens, by kind."""
    lines = {
        kind: {
            "color": style.color,
            "case": style.case,
            "px": style.px,
            "m": style.m,
            "below": style.below_m_px if isfinite(style.below_m_px) else 1e9,
            "named": style.named_below_m_px,
        }
        for kind, style in MAP_STYLE.streets.items()
    }
    areas = {kind: {"below": min(below, 1e9)} for kind, below in AREAS_BELOW_M_PX.items()}
    return {**lines, **areas, "case_px": MAP_STYLE.street_case_px, "thin_px": MAP_STYLE.thin_px}


def _encode_kind(
    features: BasemapFeatures, crs: str, window: BoundingBox, tolerance_m: float
) -> dict[str, Any] | None:
    rows = np.flatnonzero(shapely.intersects(features.shapes, box(*window)))
    simple = shapely.simplify(features.shapes[rows], tolerance_m)
    clipped = shapely.clip_by_rect(simple, *window)
    parts, shape_of_part = _list_parts(geometries_to_lonlat(crs, clipped.tolist()))
    if not len(parts):
        return None
    degrees, part = shapely.get_coordinates(parts, return_index=True)
    whole = np.rint(degrees * _UNITS_PER_DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    texts = [features.refs[row] or features.names[row] for row in rows[shape_of_part].tolist()]
    names = sorted(set(texts))
    index = {name: n for n, name in enumerate(names)}
    return {
        "xy": _pack(steps),
        "count": _pack(np.bincount(part, minlength=len(parts))),
        "names": names,
        "name": _pack(np.diff(np.array([index[text] for text in texts]), prepend=0)),
    }


def _list_parts(shapes: Sequence[Any]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return lines, rings and points, and the index of the shape that each belongs to."""
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(parts[polygons], return_index=True)
    all_parts = np.concatenate([parts[~polygons], rings])
    owners = np.concatenate([shape_of[~polygons], shape_of[polygons][ring_of]])
    order = np.argsort(owners, kind="stable")
    all_parts, owners = all_parts[order], owners[order]
    filled = ~shapely.is_empty(all_parts)
    return all_parts[filled], owners[filled]


def _pack(values: NDArray[np.int64]) -> str:
    """Return integers as zigzag varints (seven bits per byte, lowest first) in base64."""
    remaining = np.where(values < 0, -2 * values - 1, 2 * values).astype(np.uint64)
    columns: list[NDArray[np.uint64]] = []
    unfinished: list[NDArray[np.bool_]] = [np.ones(len(remaining), dtype=bool)]
    while unfinished[-1].any():
        rest = remaining >> np.uint64(7)
        follows = unfinished[-1] & (rest > 0)
        columns.append((remaining & np.uint64(127)) | (follows.astype(np.uint64) << np.uint64(7)))
        unfinished.append(follows)
        remaining = rest
    if not columns:
        return ""
    matrix = np.stack(columns, axis=1).astype(np.uint8)
    return base64.b64encode(matrix[np.stack(unfinished[:-1], axis=1)].tobytes()).decode()


_MIN_NAME_ZOOM = 12.5
_STACK_STEP_PX = 17
_REACH_SHARE = 0.35
_STATUS_CODES = {
    RequirementStatus.OVERDUE: "o",
    RequirementStatus.DUE: "d",
    RequirementStatus.NOT_RECORDED: "r",
    RequirementStatus.DONE: "k",
}
"""The letter for a status in the data; any other status is n."""
_LABEL_RANK = {"diamond": 0, "square": 1, "ring": 2}

_Position = tuple[float, float]


def encode_map_data(handout: Handout, basemap: Basemap, folium_map: FoliumMap) -> str:
    """Return the data as JSON that cannot close the script element that contains it."""
    bounds = find_zone_bounds(handout)
    zones = summarize_zones(handout)
    index = {card.zone.id: n for n, card in enumerate(zones)}
    pins = list(handout.plan.pins.values())
    data = {
        "map": folium_map.map_name,
        "layer": folium_map.zones_name,
        "credit": handout.credit,
        "names_from": _MIN_NAME_ZOOM,
        "weeks": [_name_week(handout, week) for week in handout.weeks],
        "tiles": _describe_tiles(handout),
        "pins": [
            {"at": latlon, "text": pin.text}
            for pin, latlon in zip(
                pins, _to_latlons(handout, [(pin.x_m, pin.y_m) for pin in pins]), strict=True
            )
        ],
        "bounds": _find_corners(handout, bounds),
        "reach": _find_corners(handout, expand_bounds(bounds, _REACH_SHARE)),
        "zones": [_describe_zone(handout, card) for card in zones],
        "sites": _list_sites(handout, index),
        "streets": _list_streets(handout, basemap.streets),
        "marks": {name: _draw_mark(mark) for name, mark in MAP_STYLE.marks.items()},
        "scales": [
            {
                "below": scale.below_m_px if isfinite(scale.below_m_px) else None,
                "fill": scale.fill,
                "band": scale.band_px,
                "number": scale.number_px,
                "site": scale.site,
            }
            for scale in MAP_STYLE.scales
        ],
    }
    if handout.weeks:
        data["in_school"] = [week.in_school for week in handout.weeks]
    frame = expand_bounds(bounds, _REACH_SHARE)
    features = encode_basemap(handout.basemap, handout.project.crs, frame)
    if features is not None:
        data["basemap"] = features
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _draw_mark(mark: SiteMark) -> dict[str, str]:
    """Return a mark's SVG paths, y downward: its outline, and the disks within a ring."""
    radius = mark.size_px / 2
    if mark.corners:
        corners = [f"{x * radius:.3g} {-y * radius:.3g}" for x, y in mark.corners]
        return {"outer": f"M{'L'.join(corners)}z"}
    paths = {"outer": _draw_disk(radius)}
    if mark.inner < 1:
        paths |= {
            "inner": _draw_disk(radius * mark.inner),
            "signed": _draw_disk(radius * mark.signed),
        }
    return paths


def _draw_disk(radius: float) -> str:
    half = f"A{radius:.3g} {radius:.3g} 0 1 1"
    return f"M{-radius:.3g} 0{half} {radius:.3g} 0{half} {-radius:.3g} 0z"


def _describe_zone(handout: Handout, card: ZoneSummary) -> dict[str, Any]:
    outline = handout.outlines.get(card.zone.id)
    site_points = [site.point for site in handout.project.sites.values() if site.has_position]
    rows = [("Unit", card.unit_beside), ("Agency", card.agency)]
    if card.agency_phone:
        rows.append(("Phone", card.agency_phone))
    backup = handout.project.units.get(handout.backups.get(card.zone.id, ""))
    if backup is not None:
        rows.append(("Backup", f"{backup.id}, {name_unit_beside(backup.name, backup.id)}"))
    rows.append(("Sites", str(len(card.sites))))
    return {
        "id": card.zone.id,
        "title": card.zone.name,
        "color": zone_color(card.zone.color),
        "rows": [*rows, *card.details],
        "at": _to_latlons(handout, [find_label_point(outline, site_points)])[0]
        if outline
        else None,
    }


def _list_sites(handout: Handout, index: dict[str, int]) -> list[dict[str, Any]]:
    """Return sites in the order of their labels' rank; those at one position are drawn side by
    side.
    """
    cards = sorted(
        (card for card in summarize_sites(handout) if card.site.has_position),
        key=lambda card: (card.zone is None, _LABEL_RANK.get(card.shape, 3)),
    )
    stacked = Counter(card.site.position for card in cards)
    placed: dict[_Position, int] = defaultdict(int)
    sites = []
    for card, latlon in zip(
        cards, _to_latlons(handout, [each.site.position for each in cards]), strict=True
    ):
        position = card.site.position
        shift = (placed[position] - (stacked[position] - 1) / 2) * _STACK_STEP_PX
        placed[position] += 1
        sites.append({"at": latlon, "shift": shift, **_describe_site(handout, card, index)})
    return sites


def _describe_site(handout: Handout, card: SiteSummary, index: dict[str, int]) -> dict[str, Any]:
    zone = card.zone
    rows = [
        ("Level", card.level),
        ("Address", card.site.address),
        ("Phone", format_phone(card.site.phone)),
        *([("Bells", card.bells)] if card.bells else []),
        ("Area", card.jurisdiction),
    ]
    if zone is None:
        rows.append(("Zone", "Not in a patrol zone"))
    else:
        rows += [("Zone", zone.name), ("Unit", card.unit_beside), ("Agency", card.agency)]
    rows += describe_coming_zone(handout, card.site)
    return {
        "id": card.site.id,
        "name": card.site.name,
        "told": f"{card.level}, {zone.name if zone else 'not in a patrol zone'}",
        "shape": card.shape,
        "zone": index[zone.id] if zone else None,
        "rows": [*rows, *card.details],
        **_list_weekly_values(handout, card),
    }


def _list_weekly_values(handout: Handout, card: SiteSummary) -> dict[str, Any]:
    """Return a patrolled site's visits, calls and readiness, one value a week."""
    site, weeks = card.site.id, handout.weeks
    if not weeks or not card.site.patrolled:
        return {}
    return {
        "visits": [_count_in_week(week, "visits", site) for week in weeks],
        "calls": [_count_in_week(week, "calls", site) for week in weeks],
        "readiness": "".join(
            _STATUS_CODES.get(week.readiness[site], "n") if site in week.readiness else "n"
            for week in weeks
        ),
    }


def _count_in_week(week: LogWeek, kind: str, site: str) -> int | None:
    """Return a site's visits or calls in a week, or None if they are not on record."""
    counts: Mapping[str, int] | None = getattr(week, kind)
    if counts is None or (kind in week.partial and not counts.get(site)):
        return None
    return counts.get(site, 0)


def _name_week(handout: Handout, week: LogWeek) -> str:
    code = "map_week.partial" if week.remarks else "map_week"
    return handout.say(Message(code, monday=week.monday, remarks=week.remarks))


def find_first_week(weeks: Sequence[LogWeek]) -> int:
    """Return the week shown first: the last with a school day and visits on record."""
    recorded = [
        index for index, week in enumerate(weeks) if week.visits is not None and week.in_school
    ]
    return recorded[-1] if recorded else len(weeks) - 1


def _describe_tiles(handout: Handout) -> dict[str, Any] | None:
    tiles = handout.tiles
    if tiles is None:
        return None
    return {"url": tiles.url, "credit": tiles.credit, "zoom": tiles.max_zoom}


def _list_streets(handout: Handout, streets: Sequence[NamedLine]) -> list[dict[str, Any]]:
    """Return where street names may be drawn, best places first; angles are clockwise."""
    spots = [(index, *spot) for index, street in enumerate(streets) for spot in street.spots()]
    places: list[list[dict[str, Any]]] = [[] for _ in streets]
    latlons = _to_latlons(handout, [(x_m, y_m) for _, x_m, y_m, _ in spots])
    for (index, *_, angle), latlon in zip(spots, latlons, strict=True):
        places[index].append({"at": latlon, "angle": round(-angle)})
    return [
        {"name": street.name, "length": round(street.label.length), "spots": street_spots}
        for street, street_spots in zip(streets, places, strict=True)
    ]


def _find_corners(handout: Handout, bounds: BoundingBox) -> list[list[float]]:
    return _to_latlons(handout, [bounds[:2], bounds[2:]])


def _to_latlons(handout: Handout, positions: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Return positions in degrees, latitude first; one call for all, because each call has a set-up
    cost.
    """
    if not positions:
        return []
    x_m, y_m = zip(*positions, strict=True)
    lons, lats = to_lonlat(handout.project.crs, list(x_m), list(y_m))
    return [
        [round(float(lat), DEGREE_DECIMALS), round(float(lon), DEGREE_DECIMALS)]
        for lat, lon in zip(lats, lons, strict=True)
    ]
