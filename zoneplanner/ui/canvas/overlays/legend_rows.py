"""What the legend lists: only what the map holds."""

import textwrap
from dataclasses import dataclass

from zoneplanner.app.reading import Reading
from zoneplanner.app.themes import ZONE
from zoneplanner.app.what_if import PLANNED_KIND
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.colouring import Colouring, marks_of

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
NOTE_CHARS = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the legend: a heading, a note, or a sign of some kind with its words."""

    text: str
    kind: str
    value: object = None


def class_rows(colouring: Colouring) -> list[Row]:
    """List what the sites are coloured by: its name, unit and n, its meaning, a bar a class."""
    values = colouring.values
    if values is None or colouring.subject == ZONE:
        return []
    subject = values.subject
    unit = f", {subject.unit}" if subject.unit else ""
    return [
        Row(f"{subject.name}{unit}", "title", f"n = {values.n}"),
        *(
            Row(line, "note")
            for line in textwrap.wrap(values.why or subject.definition, NOTE_CHARS)
        ),
        *(Row(shade.text, "shade", shade) for shade in colouring.shades),
    ]


def other_rows(reading: Reading, colouring: Colouring, *, others: bool = False) -> list[list[Row]]:
    """List what else a map of a reading needs explained, section by section."""
    sections: list[list[Row]] = []
    plan, project = reading.plan, reading.project
    if colouring.subject == ZONE and plan is not None and plan.zones:
        zones = [
            Row(_zone_text(reading, zone.id, zone.unit), "zone", zone.colour) for zone in plan.zones
        ]
        sections.append([Row("Zones", "heading"), *zones])
    shapes = {symbols.shape_of(site.level) for site in project.patrolled}
    sites = [
        Row(text, "level", level) for text, level in SHAPE_ROWS if symbols.shape_of(level) in shapes
    ]
    if others:
        sites.append(Row("Not in patrol", "pale"))
    if any(site.kind == PLANNED_KIND for site in project.patrolled):
        sites.append(Row("Planned only", "planned"))
    marks = {mark for own in marks_of(reading).values() for mark in own}
    sites += [Row(text, "mark", mark) for text, mark in MARK_ROWS if mark in marks]
    if sites:
        sections.append([Row("Sites", "heading"), *sites])
    layers = {feature.layer for feature in project.features}
    layers |= {jurisdiction.kind for jurisdiction in project.jurisdictions.values()}
    lines = [(text, name) for text, name in LINE_ROWS if name.removesuffix("_line") in layers]
    if lines:
        own = [Row(text, "line", name) for text, name in lines]
        sections.append([Row("Lines", "heading"), *own])
    return sections


def _zone_text(reading: Reading, zone: str, unit: str) -> str:
    known = reading.project.units.get(unit)
    agency = reading.project.agencies.get(known.agency) if known else None
    return f"{zone} · {agency.short}" if agency else zone
