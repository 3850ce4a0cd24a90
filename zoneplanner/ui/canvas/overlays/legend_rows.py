"""What the legend lists: only what the map holds."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zoneplanner.app.reading import Reading
from zoneplanner.app.themes import ZONE
from zoneplanner.app.what_if import PLANNED_KIND
from zoneplanner.domain.layers import own_layers
from zoneplanner.domain.project import Project
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.arrangement import FIRST
from zoneplanner.ui.canvas.colouring import Colouring, marks_of

_SHAPE_ROWS = (
    ("Elementary, preschool", "elementary"),
    ("K–8", "k8"),
    ("Middle", "middle"),
    ("High", "high"),
    ("Special, alternative", "alternative"),
)
_MARK_ROWS = (
    ("Locked in its zone", symbols.LOCKED),
    ("Near a line, check by hand", symbols.NEAR_LINE),
    ("Share one position", symbols.STACKED),
    ("Enrollment to check", symbols.ENROLLMENT),
)
_LINE_ROWS = (
    ("City limits", "city_line"),
    ("County line", "county_line"),
    ("District line", "district_line"),
)
_NOTE_CHARS, _TITLE_CHARS = 40, 32


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
            for line in textwrap.wrap(values.why or subject.definition, _NOTE_CHARS)
        ),
        *(Row(shade.text, "shade", shade) for shade in colouring.shades),
    ]


@dataclass(frozen=True, slots=True)
class OwnSign:
    """How a layer of the user's own is drawn: its colour; points are 0, lines 1, areas 2."""

    colour: int
    extents: frozenset[int]


@dataclass(frozen=True, slots=True)
class Layers:
    """What is known of the map's layers, and of those of the user's own, by name or id.

    ``shows`` tells whether one is drawn, ``extents`` the dimensions of an own one's shapes.
    """

    shows: Callable[[str], bool] = FIRST.shows
    extents: Mapping[str, frozenset[int]] = field(default_factory=dict)


def other_rows(
    reading: Reading, colouring: Colouring, drawn: Layers | None = None
) -> list[list[Row]]:
    """List what else a map of a reading needs explained, section by section."""
    drawn = drawn or Layers()
    sections: list[list[Row]] = []
    plan, project, shows = reading.plan, reading.project, drawn.shows
    zoned = shows("zones") or shows("sites")
    if colouring.subject == ZONE and plan is not None and plan.zones and zoned:
        zones = [
            Row(_zone_text(reading, zone.id, zone.unit), "zone", zone.colour) for zone in plan.zones
        ]
        sections.append([Row("Zones", "heading"), *zones])
    shapes = {symbols.shape_of(site.level) for site in project.patrolled}
    sites = [
        Row(text, "level", level)
        for text, level in _SHAPE_ROWS
        if symbols.shape_of(level) in shapes
    ]
    if shows("others"):
        sites.append(Row("Not in patrol", "pale"))
    if any(site.kind == PLANNED_KIND for site in project.patrolled):
        sites.append(Row("Planned only", "planned"))
    marks = {mark for own in marks_of(reading).values() for mark in own}
    sites += [Row(text, "mark", mark) for text, mark in _MARK_ROWS if mark in marks]
    if sites and shows("sites"):
        sections.append([Row("Sites", "heading"), *sites])
    own = _own_rows(project, drawn)
    if own:
        sections.append([Row("Your layers", "heading"), *own])
    layers = {feature.layer for feature in project.features}
    layers |= {jurisdiction.kind for jurisdiction in project.jurisdictions.values()}
    lines = [
        Row(text, "line", name)
        for text, name in _LINE_ROWS
        if name.removesuffix("_line") in layers and shows(name.removesuffix("_line"))
    ]
    if lines:
        sections.append([Row("Lines", "heading"), *lines])
    return sections


def _own_rows(project: Project, drawn: Layers) -> list[Row]:
    """List the layers that the user added and that are shown, the topmost first."""
    return [
        Row(
            textwrap.shorten(layer.title, _TITLE_CHARS, placeholder="…"),
            "own",
            OwnSign(layer.colour, drawn.extents.get(layer.id, frozenset())),
        )
        for layer in reversed(own_layers(project))
        if drawn.shows(layer.id)
    ]


def _zone_text(reading: Reading, zone: str, unit: str) -> str:
    known = reading.project.units.get(unit)
    agency = reading.project.agencies.get(known.agency) if known else None
    return f"{zone} · {agency.short}" if agency else zone
