"""What the legend lists: only what the map holds."""

from dataclasses import dataclass

from zoneplanner.app.reading import Reading
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.colouring import VISIT, marks_of
from zoneplanner.ui.kit.palette import VISIT_CLASSES

SHAPE_ROWS = (
    ("Elementary, preschool", "elementary"),
    ("K–8", "k8"),
    ("Middle", "middle"),
    ("High", "high"),
    ("Special, alternative", "alternative"),
)
MARK_ROWS = (
    ("Locked in its zone", symbols.LOCKED),
    ("Near a line, check by hand", symbols.NEAR_LINE),
    ("Share one position", symbols.STACKED),
    ("Enrollment to check", symbols.ENROLLMENT),
)
LINE_ROWS = (
    ("City limits", "city_line"),
    ("County line", "county_line"),
    ("District line", "district_line"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the legend: a heading, or a sign of some kind with its words."""

    text: str
    kind: str
    value: object = None


def rows_of(reading: Reading, colouring: str, *, others: bool = False) -> list[Row]:
    """List what a map of a reading needs explained."""
    rows: list[Row] = []
    plan, project = reading.plan, reading.project
    if colouring == VISIT:
        rows.append(Row("School days since visit", "heading"))
        rows += [Row(entry.text, "visit", at) for at, entry in enumerate(VISIT_CLASSES)]
    elif plan is not None and plan.zones:
        rows.append(Row("Zones", "heading"))
        rows += [
            Row(_zone_text(reading, zone.id, zone.unit), "zone", zone.colour) for zone in plan.zones
        ]
    shapes = {symbols.shape_of(site.level) for site in project.patrolled}
    sites = [
        Row(text, "level", level) for text, level in SHAPE_ROWS if symbols.shape_of(level) in shapes
    ]
    if others:
        sites.append(Row("Not in patrol", "pale"))
    marks = {mark for own in marks_of(reading).values() for mark in own}
    sites += [Row(text, "mark", mark) for text, mark in MARK_ROWS if mark in marks]
    if sites:
        rows += [Row("Sites", "heading"), *sites]
    layers = {feature.layer for feature in project.features}
    layers |= {jurisdiction.kind for jurisdiction in project.jurisdictions.values()}
    lines = [(text, name) for text, name in LINE_ROWS if name.removesuffix("_line") in layers]
    if lines:
        rows.append(Row("Lines", "heading"))
        rows += [Row(text, "line", name) for text, name in lines]
    return rows


def _zone_text(reading: Reading, zone: str, unit: str) -> str:
    known = reading.project.units.get(unit)
    agency = reading.project.agencies.get(known.agency) if known else None
    return f"{zone} · {agency.short}" if agency else zone
