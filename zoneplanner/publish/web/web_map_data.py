"""What the web map's script knows: sites, zones and streets, as JSON inside the page.

The basemap inside the web map's one file: simplified lines, packed until they fit.
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
from zoneplanner.domain.units import name_unit_beside
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

_MOST_BYTES = 1_700_000
"""What the basemap adds to the file at most; 2.5 MB with all the rest."""
_PER_DEGREE = 1e5
_STEPS = ((2.0, ()), (4.0, ("building",)), (8.0, ("building", "service")))
_LAST_STEPS = ((12.0, ("building", "service", "park")), (16.0, ("building", "service", "local")))
"""Meters of detail that are left out, and kinds with them, until the rest fits."""


def encode_basemap(
    found: BasemapByKind, crs: str, window: BoundingBox, *, most_bytes: int = _MOST_BYTES
) -> dict[str, Any] | None:
    """Return the features in a window as JSON values; None where there are none.

    Positions are degrees times 100,000, as differences in zigzag varints, in base64; ``count`` are
    the corners of each part. Names and numbers are given once and named by their place.
    """
    kinds: dict[str, Any] = {}
    for simpler_m, left_out in (*_STEPS, *_LAST_STEPS):
        kinds = {
            kind: packed
            for kind in BASEMAP_KINDS
            if kind in found and kind not in left_out
            for packed in (_encode_kind(found[kind], crs, window, simpler_m),)
            if packed is not None
        }
        if sum(len(one["xy"]) + len(str(one["names"])) for one in kinds.values()) <= most_bytes:
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
    """Return widths, roles and scales of the tokens, by kind."""
    lines = {
        kind: {
            **{"color": style.color, "case": style.case, "px": style.px, "m": style.m},
            **{"below": style.below_m_px if isfinite(style.below_m_px) else 1e9},
            "named": style.named_below_m_px,
        }
        for kind, style in MAP_STYLE.streets.items()
    }
    areas = {kind: {"below": min(below, 1e9)} for kind, below in AREAS_BELOW_M_PX.items()}
    return {**lines, **areas, "case_px": MAP_STYLE.street_case_px, "thin_px": MAP_STYLE.thin_px}


def _encode_kind(
    own: BasemapFeatures, crs: str, window: BoundingBox, simpler_m: float
) -> dict[str, Any] | None:
    at = np.flatnonzero(shapely.intersects(own.shapes, box(*window)))
    simple = shapely.simplify(own.shapes[at], simpler_m)
    cut = shapely.clip_by_rect(simple, *window)
    parts, of = _list_parts(geometries_to_lonlat(crs, cut.tolist()))
    if not len(parts):
        return None
    degrees, part = shapely.get_coordinates(parts, return_index=True)
    whole = np.rint(degrees * _PER_DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    texts = [own.refs[row] or own.names[row] for row in at[of].tolist()]
    names = sorted(set(texts))
    place = {name: n for n, name in enumerate(names)}
    return {
        "xy": _pack(steps),
        "count": _pack(np.bincount(part, minlength=len(parts))),
        "names": names,
        "name": _pack(np.diff(np.array([place[text] for text in texts]), prepend=0)),
    }


def _list_parts(shapes: Sequence[Any]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return lines, rings and points, and which shape each is of."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(parts[polygons], return_index=True)
    every = np.concatenate([parts[~polygons], rings])
    whose = np.concatenate([of[~polygons], of[polygons][ring_of]])
    order = np.argsort(whose, kind="stable")
    every, whose = every[order], whose[order]
    full = ~shapely.is_empty(every)
    return every[full], whose[full]


def _pack(values: NDArray[np.int64]) -> str:
    """Return whole numbers as zigzag varints (seven bits a byte, the lowest first) in base64."""
    left = np.where(values < 0, -2 * values - 1, 2 * values).astype(np.uint64)
    columns: list[NDArray[np.uint64]] = []
    more: list[NDArray[np.bool_]] = [np.ones(len(left), dtype=bool)]
    while more[-1].any():
        rest = left >> np.uint64(7)
        follows = more[-1] & (rest > 0)
        columns.append((left & np.uint64(127)) | (follows.astype(np.uint64) << np.uint64(7)))
        more.append(follows)
        left = rest
    if not columns:
        return ""
    whole = np.stack(columns, axis=1).astype(np.uint8)
    return base64.b64encode(whole[np.stack(more[:-1], axis=1)].tobytes()).decode()


_NAMES_FROM_ZOOM = 12.5
_STACK_STEP_PX = 17
_REACH = 0.35
_READY = {"overdue": "o", "due": "d", "no record on file": "r", "done": "k"}
"""How a status is written in the data; the rest is n."""
_RANK = {"diamond": 0, "square": 1, "ring": 2}

_Point = tuple[float, float]


def encode_map_data(handout: Handout, behind: Basemap, parts: FoliumMap) -> str:
    """Return the data as JSON that cannot end the element it stands in."""
    bounds = find_zone_bounds(handout)
    zones = summarize_zones(handout)
    index = {card.zone.id: n for n, card in enumerate(zones)}
    pins = list(handout.plan.pins.values())
    data = {
        "map": parts.map_name,
        "layer": parts.zones_name,
        "credit": handout.credit,
        "names_from": _NAMES_FROM_ZOOM,
        "weeks": [_name_week(handout, week) for week in handout.weeks],
        "tiles": _tiles(handout),
        "pins": [
            {"at": at, "text": pin.text}
            for pin, at in zip(
                pins, _latlons(handout, [(pin.x_m, pin.y_m) for pin in pins]), strict=True
            )
        ],
        "bounds": _corners(handout, bounds),
        "reach": _corners(handout, expand_bounds(bounds, _REACH)),
        "zones": [_zone(handout, card) for card in zones],
        "sites": _sites(handout, index),
        "streets": _streets(handout, behind.streets),
        "marks": {name: _mark(mark) for name, mark in MAP_STYLE.marks.items()},
        "scales": [
            {
                **{"below": one.below_m_px if isfinite(one.below_m_px) else None},
                **{"fill": one.fill, "band": one.band_px, "number": one.number_px},
                **{"site": one.site},
            }
            for one in MAP_STYLE.scales
        ],
    }
    if handout.weeks:
        data["in_school"] = [week.in_school for week in handout.weeks]
    frame = expand_bounds(bounds, _REACH)
    basemap = encode_basemap(handout.basemap, handout.project.crs, frame)
    if basemap is not None:
        data["basemap"] = basemap
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _mark(mark: SiteMark) -> dict[str, str]:
    """Return the paths of a mark in SVG, y downward: its outline, and the disks within a ring."""
    radius = mark.size_px / 2
    if mark.corners:
        corners = [f"{x * radius:.3g} {-y * radius:.3g}" for x, y in mark.corners]
        return {"outer": f"M{'L'.join(corners)}z"}
    paths = {"outer": _disk(radius)}
    if mark.inner < 1:
        paths |= {"inner": _disk(radius * mark.inner), "signed": _disk(radius * mark.signed)}
    return paths


def _disk(radius: float) -> str:
    half = f"A{radius:.3g} {radius:.3g} 0 1 1"
    return f"M{-radius:.3g} 0{half} {radius:.3g} 0{half} {-radius:.3g} 0z"


def _zone(handout: Handout, card: ZoneSummary) -> dict[str, Any]:
    outline = handout.outlines.get(card.zone.id)
    away = [site.point for site in handout.project.sites.values() if site.has_position]
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
        "at": _latlons(handout, [find_label_point(outline, away)])[0] if outline else None,
    }


def _sites(handout: Handout, index: dict[str, int]) -> list[dict[str, Any]]:
    """Sites by the rank of their labels; those at one position stand side by side."""
    cards = sorted(
        (card for card in summarize_sites(handout) if card.site.has_position),
        key=lambda card: (card.zone is None, _RANK.get(card.shape, 3)),
    )
    together = Counter(card.site.position for card in cards)
    placed: dict[_Point, int] = defaultdict(int)
    found = []
    for card, at in zip(
        cards, _latlons(handout, [one.site.position for one in cards]), strict=True
    ):
        position = card.site.position
        shift = (placed[position] - (together[position] - 1) / 2) * _STACK_STEP_PX
        placed[position] += 1
        found.append({"at": at, "shift": shift, **_site(handout, card, index)})
    return found


def _site(handout: Handout, card: SiteSummary, index: dict[str, int]) -> dict[str, Any]:
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
        **_by_week(handout, card),
    }


def _by_week(handout: Handout, card: SiteSummary) -> dict[str, Any]:
    """A patrolled site's visits, calls and readiness, one value a week."""
    site, weeks = card.site.id, handout.weeks
    if not weeks or not card.site.patrolled:
        return {}
    return {
        "visits": [_count(week, "visits", site) for week in weeks],
        "calls": [_count(week, "calls", site) for week in weeks],
        "readiness": "".join(_READY.get(week.readiness.get(site, ""), "n") for week in weeks),
    }


def _count(week: LogWeek, kind: str, site: str) -> int | None:
    """Return how many a site had; None where that is not on record."""
    counts: Mapping[str, int] | None = getattr(week, kind)
    if counts is None or (kind in week.partial and not counts.get(site)):
        return None
    return counts.get(site, 0)


def _name_week(handout: Handout, week: LogWeek) -> str:
    remark = f" ({week.remark})" if week.remark else ""
    return f"Week of {handout.formats.long_date(week.monday)}{remark}"


def find_first_week(weeks: Sequence[LogWeek]) -> int:
    """Return the week that is shown first: the last with a school day and visits on record."""
    told = [at for at, week in enumerate(weeks) if week.visits is not None and week.in_school]
    return told[-1] if told else len(weeks) - 1


def _tiles(handout: Handout) -> dict[str, Any] | None:
    tiles = handout.tiles
    if tiles is None:
        return None
    return {"url": tiles.url, "credit": tiles.credit, "zoom": tiles.max_zoom}


def _streets(handout: Handout, streets: Sequence[NamedLine]) -> list[dict[str, Any]]:
    """Where streets' names may stand, the best place first; angles are clockwise in degrees."""
    spots = [(at, *spot) for at, street in enumerate(streets) for spot in street.spots()]
    places: list[list[dict[str, Any]]] = [[] for _ in streets]
    latlons = _latlons(handout, [(x_m, y_m) for _, x_m, y_m, _ in spots])
    for (at, *_, angle), latlon in zip(spots, latlons, strict=True):
        places[at].append({"at": latlon, "angle": round(-angle)})
    return [
        {"name": street.name, "length": round(street.label.length), "spots": own}
        for street, own in zip(streets, places, strict=True)
    ]


def _corners(handout: Handout, bounds: BoundingBox) -> list[list[float]]:
    return _latlons(handout, [bounds[:2], bounds[2:]])


def _latlons(handout: Handout, positions: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Return positions in degrees, latitude first; all at once, since each call sets up anew."""
    if not positions:
        return []
    x_m, y_m = zip(*positions, strict=True)
    lons, lats = to_lonlat(handout.project.crs, list(x_m), list(y_m))
    return [
        [round(float(lat), DEGREE_DECIMALS), round(float(lon), DEGREE_DECIMALS)]
        for lat, lon in zip(lats, lons, strict=True)
    ]
