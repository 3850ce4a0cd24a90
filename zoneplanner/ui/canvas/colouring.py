"""What the sites are coloured by, and how each one looks for it."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from zoneplanner.app.reading import Reading
from zoneplanner.domain.locks import held_sites
from zoneplanner.domain.site import Site
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.symbols import Look
from zoneplanner.ui.kit.palette import solid, visit_class
from zoneplanner.ui.kit.theme import Theme

ZONE, VISIT = "zone", "visit"
COLOURINGS = {ZONE: "Zone", VISIT: "Days since the last visit"}

SIZES = ((7.0, 1.5), (14.0, 1.25), (34.0, 1.0))
SMALLEST = 0.84
MARK_OF_NOTE = {
    "near_line": symbols.NEAR_LINE,
    "stacked": symbols.STACKED,
    "enrollment_missing": symbols.ENROLLMENT,
    "enrollment_misleading": symbols.ENROLLMENT,
}


def growth(m_px: float) -> float:
    """Return how much larger symbols are at a scale than on a map of the district of usual size."""
    for nearer_than, factor in SIZES:
        if m_px < nearer_than:
            return factor
    return SMALLEST


def marks_of(reading: Reading) -> dict[str, tuple[str, ...]]:
    """Return the marks of each site that has any, in a fixed order."""
    found: dict[str, set[str]] = {}
    for note in reading.notes:
        mark = MARK_OF_NOTE.get(note.code)
        if mark is None:
            continue
        for site in note.where.get("sites", note.where.get("site", "")).split(";"):
            found.setdefault(site, set()).add(mark)
    for site in held_sites(reading.project, reading.plan) if reading.plan else ():
        found.setdefault(site, set()).add(symbols.LOCKED)
    return {site: tuple(m for m in symbols.MARKS if m in own) for site, own in found.items()}


def days_since_visit(
    reading: Reading, last_visits: Mapping[str, datetime], now: datetime
) -> dict[str, int | None]:
    """Return the school days since each patrolled site's last visit, None where there is none."""
    zone = ZoneInfo(reading.project.time_zone)
    today = now.astimezone(zone).date()
    calendar = reading.project.calendar
    found: dict[str, int | None] = {}
    for site in reading.project.patrolled:
        at = last_visits.get(site.id)
        day = at.astimezone(zone).date() if at is not None else None
        found[site.id] = None if day is None else calendar.days_since(day, today)
    return found


def look_of(
    site: Site,
    reading: Reading,
    theme: Theme,
    *,
    zone_colours: Mapping[str, int],
    colouring: str,
    days: Mapping[str, int | None],
    marks: tuple[str, ...],
    factor: float,
    ring: str = "",
) -> Look:
    """Return how a site looks at a scale under a colouring."""
    shape = symbols.shape_of(site.level)
    size = symbols.size_px(site.level) * factor
    if not site.patrolled:
        return Look(
            shape, size * 0.8, theme.site_pale, theme.muted, theme.muted, "", (), ring, True
        )
    if colouring == VISIT:
        entry = visit_class(days.get(site.id))
        text = "–" if days.get(site.id) is None else str(days[site.id])
        size = max(size, 16.0) * 1.1
        return Look(shape, size, entry.colour, entry.ink, theme.site_edge, text, marks, ring)
    zone = reading.plan.assignment.get(site.id) if reading.plan else None
    if zone is None or zone not in zone_colours:
        return Look(
            shape,
            size,
            theme.unassigned,
            theme.text,
            theme.site_edge,
            "",
            marks,
            ring or theme.warning,
        )
    fill = solid(zone_colours[zone]).name()
    return Look(shape, size, fill, theme.text, theme.site_edge, "", marks, ring)
