"""What the legend lists: only what the map holds."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zoneplanner.app.geography.map_themes import ZONE
from zoneplanner.app.plans.what_if import PLANNED_KIND
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.map.layers import DEFAULT_ARRANGEMENT
from zoneplanner.ui.map.symbology import symbols_and_fills
from zoneplanner.ui.map.symbology.site_coloring import SiteColoring, collect_site_marks

_SHAPE_ROWS = (
    ("Elementary, preschool", "elementary"),
    ("K–8", "k8"),
    ("Middle", "middle"),
    ("High", "high"),
    ("Special, alternative", "alternative"),
)
_MARK_ROWS = (
    ("Locked in its zone", symbols_and_fills.LOCKED_MARK),
    ("Near a line, check by hand", symbols_and_fills.NEAR_LINE_MARK),
    ("Share one position", symbols_and_fills.STACKED_MARK),
    ("Enrollment to check", symbols_and_fills.ENROLLMENT_MARK),
)
_LINE_ROWS = (
    ("City limits", "city_line"),
    ("County line", "county_line"),
    ("District line", "district_line"),
)
_NOTE_CHARS, _TITLE_CHARS = 34, 32
_SHOWN = True
"""The value of a note that stands in the legend itself; others are its tooltip."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of the legend: a heading, a note, or a sign of some kind with its words."""

    text: str
    kind: str
    value: object = None


def list_class_entries(coloring: SiteColoring) -> list[LegendEntry]:
    """List what the sites are colored by: name, unit and count, meaning, the classes."""
    values = coloring.values
    if values is None or coloring.subject == ZONE:
        return []
    subject = values.subject
    count = f"{format_count(values.n, 'site')} with a value."
    return [
        LegendEntry(subject.name, "heading"),
        LegendEntry(f"In {subject.unit}; {count}" if subject.unit else count, "note"),
        *(
            LegendEntry(line, "note")
            for line in textwrap.wrap(values.why or subject.definition, _NOTE_CHARS)
        ),
        *(
            LegendEntry(line, "note", _SHOWN)
            for line in textwrap.wrap(values.on_record, _NOTE_CHARS)
        ),
        *(LegendEntry(shade.text, "shade", shade) for shade in coloring.shades),
    ]


@dataclass(frozen=True, slots=True)
class UserLayerSign:
    """How a layer of the user's own is drawn: its color; points are 0, lines 1, areas 2."""

    color: int
    extents: frozenset[int]


@dataclass(frozen=True, slots=True)
class DrawnLayers:
    """What is known of the map's layers, and of those of the user's own, by name or id.

    ``shows`` tells whether one is drawn, ``extents`` the dimensions of an own one's shapes.
    """

    shows: Callable[[str], bool] = DEFAULT_ARRANGEMENT.shows
    extents: Mapping[str, frozenset[int]] = field(default_factory=dict)


def list_zone_entries(reading: ProjectState) -> list[LegendEntry]:
    """List the zones of the plan with the agency of each."""
    if reading.plan is None or not reading.plan.zones:
        return []
    zones = [
        LegendEntry(_zone_text(reading, zone.id, zone.unit), "zone", zone.color)
        for zone in reading.plan.zones
    ]
    return [LegendEntry("Zones", "heading"), *zones]


def list_symbol_entries(
    reading: ProjectState, drawn: DrawnLayers | None = None
) -> list[list[LegendEntry]]:
    """List what else a map of a reading needs explained, section by section."""
    drawn = drawn or DrawnLayers()
    sections: list[list[LegendEntry]] = []
    project, shows = reading.project, drawn.shows
    shapes = {symbols_and_fills.get_level_shape(site.level) for site in project.patrolled}
    sites = [
        LegendEntry(text, "level", level)
        for text, level in _SHAPE_ROWS
        if symbols_and_fills.get_level_shape(level) in shapes
    ]
    if shows("others"):
        sites.append(LegendEntry("Not in patrol", "pale"))
    if any(site.kind == PLANNED_KIND for site in project.patrolled):
        sites.append(LegendEntry("Planned only", "planned"))
    marks = {mark for own in collect_site_marks(reading).values() for mark in own}
    sites += [LegendEntry(text, "mark", mark) for text, mark in _MARK_ROWS if mark in marks]
    if sites and shows("sites"):
        sections.append([LegendEntry("Sites", "heading"), *sites])
    own = _list_user_layer_entries(project, drawn)
    if own:
        sections.append([LegendEntry("Your layers", "heading"), *own])
    layers = {feature.layer for feature in project.features}
    layers |= {jurisdiction.kind for jurisdiction in project.jurisdictions.values()}
    lines = [
        LegendEntry(text, "line", name)
        for text, name in _LINE_ROWS
        if name.removesuffix("_line") in layers and shows(name.removesuffix("_line"))
    ]
    if lines:
        sections.append([LegendEntry("Lines", "heading"), *lines])
    return sections


def _list_user_layer_entries(project: Project, drawn: DrawnLayers) -> list[LegendEntry]:
    """List the layers that the user added and that are shown, the topmost first."""
    return [
        LegendEntry(
            textwrap.shorten(layer.title, _TITLE_CHARS, placeholder="…"),
            "own",
            UserLayerSign(layer.color, drawn.extents.get(layer.id, frozenset())),
        )
        for layer in reversed(project.user_layers)
        if drawn.shows(layer.id)
    ]


def _zone_text(reading: ProjectState, zone: str, unit: str) -> str:
    known = reading.project.units.get(unit)
    agency = reading.project.agencies.get(known.agency) if known else None
    return f"{zone} · {agency.short}" if agency else zone
