"""The arrangement of the map's layers, and the entries of the legend for what is on the map."""

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from zoneplanner.app.geography.map_themes import ZONE
from zoneplanner.app.plans.what_if import PLANNED_KIND
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.map.symbology import site_coloring
from zoneplanner.ui.map.symbology.site_coloring import SiteColoring, collect_site_marks

_NAMES_LAYER, GROUND_LAYER, TILES_LAYER = "names", "ground", "tiles"
MAP_LAYERS = {
    _NAMES_LAYER: "Names of streets and places",
    "pins": "Notes",
    "sites": "Sites",
    "others": "Sites not patrolled",
    "city": "City limits",
    "district": "District line",
    "county": "County line",
    "edges": "Zone edges",
    "roads": "Streets",
    "blocks": "Block outlines, no streets (zoomed in)",
    "river": "River",
    "zones": "Zones",
    GROUND_LAYER: "Parks, water and buildings",
    TILES_LAYER: "Aerial pictures and web tiles",
}
"""The built-in layers, topmost first. Names are always on top and tiles at the bottom."""
_HIDDEN_BY_DEFAULT = frozenset({"others", TILES_LAYER})
FIXED_LAYERS = frozenset({_NAMES_LAYER, GROUND_LAYER, TILES_LAYER})
_ABOVE_USER_LAYERS = "others"
SITE_LABEL_FIELDS = {
    "name": "Name",
    "short": "Short name",
    "level": "Level",
    "enrollment": "Enrollment",
    "zone": "Zone",
    "": "None",
}
MIN_OPACITY = 0.1
_LOWEST_Z, _HIGHEST_Z = 2.0, 55.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The order, visibility, opacity and labels of the layers; user layers go by their ids.

    ``order`` has the movable layers, topmost first; ``labels`` has the field by which a layer is
    labeled, empty for none; ``tiles`` is the name of the tile provider.
    """

    order: tuple[str, ...] = tuple(name for name in MAP_LAYERS if name not in FIXED_LAYERS)
    hidden: frozenset[str] = _HIDDEN_BY_DEFAULT
    opacity: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tiles: str = ""

    def list_layers(self, user_layers: Sequence[str]) -> tuple[str, ...]:
        """Return the names of all layers, topmost first; new user layers are below the sites."""
        ordered = [name for name in self.order if name in user_layers or name in MAP_LAYERS]
        new = [name for name in reversed(user_layers) if name not in ordered]
        index = ordered.index(_ABOVE_USER_LAYERS) + 1
        ordered[index:index] = new
        return (_NAMES_LAYER, *ordered, GROUND_LAYER, TILES_LAYER)

    def shows(self, name: str) -> bool:
        """Whether a layer is drawn."""
        return name not in self.hidden

    def get_opacity(self, name: str) -> float:
        """Return a layer's opacity, from ``MIN_OPACITY`` to 1."""
        return self.opacity.get(name, 1.0)

    def compute_z_values(self, user_layers: Sequence[str]) -> dict[str, float]:
        """Return the z value of each movable layer."""
        movable = [name for name in self.list_layers(user_layers) if name not in FIXED_LAYERS]
        step = (_HIGHEST_Z - _LOWEST_Z) / len(movable)
        return {name: _LOWEST_Z + step * index for index, name in enumerate(reversed(movable))}

    def with_visibility(self, name: str, shown: bool) -> "Arrangement":
        """Return this arrangement with a layer shown or hidden."""
        return replace(self, hidden=self.hidden - {name} if shown else self.hidden | {name})

    def with_opacity(self, name: str, opacity: float) -> "Arrangement":
        """Return this arrangement with another opacity of a layer, within limits."""
        limited = min(1.0, max(MIN_OPACITY, opacity))
        return replace(self, opacity={**self.opacity, name: limited})

    def with_label_field(self, name: str, by: str) -> "Arrangement":
        """Return this arrangement with a layer labeled by a field, or not if it is empty."""
        return replace(self, labels={**self.labels, name: by})

    def with_order(self, rows: Sequence[str]) -> "Arrangement":
        """Return this arrangement with its movable layers in this order."""
        return replace(self, order=tuple(name for name in rows if name not in FIXED_LAYERS))

    def with_layer_moved(self, name: str, by: int, user_layers: Sequence[str]) -> "Arrangement":
        """Return this arrangement with a layer moved by a number of rows, unless it is fixed."""
        movable = [row for row in self.list_layers(user_layers) if row not in FIXED_LAYERS]
        if name not in movable:
            return self
        index = movable.index(name)
        movable.insert(min(max(0, index + by), len(movable) - 1), movable.pop(index))
        return replace(self, order=tuple(movable))

    def to_text(self) -> str:
        """Return the arrangement as a string to store."""
        return json.dumps({**asdict(self), "hidden": sorted(self.hidden)})


DEFAULT_ARRANGEMENT = Arrangement()
_STORED_TYPES = {"order": list, "hidden": list, "opacity": dict, "labels": dict, "tiles": str}


def parse_arrangement(text: str) -> Arrangement:
    """Return the arrangement of a stored text, or the default one if it is not valid."""
    try:
        stored = parse_json_object(text)
    except ValueError:
        return DEFAULT_ARRANGEMENT
    if any(not isinstance(stored.get(name), kind) for name, kind in _STORED_TYPES.items()):
        return DEFAULT_ARRANGEMENT
    order = tuple(str(name) for name in stored["order"])
    missing = tuple(name for name in DEFAULT_ARRANGEMENT.order if name not in order)
    return Arrangement(
        order=(*dict.fromkeys(order), *missing),
        hidden=frozenset(str(name) for name in stored["hidden"]),
        opacity={
            name: min(1.0, max(MIN_OPACITY, float(value)))
            for name, value in stored["opacity"].items()
            if isinstance(value, int | float)
        },
        labels={name: str(by) for name, by in stored["labels"].items()},
        tiles=stored["tiles"],
    )


_SHAPE_ROWS = (
    ("Elementary, preschool", "elementary"),
    ("K–8", "k8"),
    ("Middle", "middle"),
    ("High", "high"),
    ("Special, alternative", "alternative"),
)
_MARK_ROWS = (
    ("Locked in its zone", site_coloring.LOCKED_MARK),
    ("Near a boundary, check by hand", site_coloring.NEAR_LINE_MARK),
    ("Share one position", site_coloring.STACKED_MARK),
    ("Enrollment to check", site_coloring.ENROLLMENT_MARK),
)
_LINE_ROWS = (
    ("City limits", "city_line"),
    ("County line", "county_line"),
    ("District line", "district_line"),
)
_NOTE_LENGTH, _TITLE_LENGTH = 34, 32
_SHOWN_NOTE = True
"""The value of a note that is in the legend itself; others are in its tooltip."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A row of the legend: a heading, a note, or a sign of a kind with its text."""

    text: str
    kind: str
    value: object = None


def list_class_entries(coloring: SiteColoring) -> list[LegendEntry]:
    """Return the entries of the theme: its name, unit, count, definition and classes."""
    values = coloring.values
    if values is None or coloring.subject == ZONE:
        return []
    subject = values.subject
    count = f"{format_count(values.n, 'site')} with a value."
    definition = textwrap.wrap(str(values.why or subject.definition), _NOTE_LENGTH)
    on_record = textwrap.wrap(values.on_record, _NOTE_LENGTH)
    return [
        LegendEntry(subject.name, "heading"),
        LegendEntry(f"In {subject.unit}; {count}" if subject.unit else count, "note"),
        *(LegendEntry(line, "note") for line in definition),
        *(LegendEntry(line, "note", _SHOWN_NOTE) for line in on_record),
        *(LegendEntry(one.text, "class", one) for one in coloring.classes),
    ]


@dataclass(frozen=True, slots=True)
class UserLayerSign:
    """The color of a user layer, and its dimensions: 0 for points, 1 for lines, 2 for areas."""

    color: int
    dimensions: frozenset[int]


@dataclass(frozen=True, slots=True)
class DrawnLayers:
    """Which layers are drawn, and the dimensions of each user layer by id."""

    shows: Callable[[str], bool] = DEFAULT_ARRANGEMENT.shows
    dimensions: Mapping[str, frozenset[int]] = field(default_factory=dict)


def list_zone_entries(state: ProjectState) -> list[LegendEntry]:
    """Return the entries of the plan's zones, with the agency of each."""
    if state.plan is None or not state.plan.zones:
        return []
    zones = [
        LegendEntry(_describe_zone(state, zone.id, zone.unit), "zone", zone.color)
        for zone in state.plan.zones
    ]
    return [LegendEntry("Zones", "heading"), *zones]


def list_symbol_entries(
    state: ProjectState, drawn: DrawnLayers | None = None
) -> list[list[LegendEntry]]:
    """Return the entries of all other symbols on a map, section by section."""
    drawn = drawn or DrawnLayers()
    sections: list[list[LegendEntry]] = []
    project, shows = state.project, drawn.shows
    shapes = {site_coloring.get_level_shape(site.level) for site in project.patrolled}
    sites = [
        LegendEntry(text, "level", level)
        for text, level in _SHAPE_ROWS
        if site_coloring.get_level_shape(level) in shapes
    ]
    if shows("others"):
        sites.append(LegendEntry("Not patrolled", "pale"))
    if any(site.kind == PLANNED_KIND for site in project.patrolled):
        sites.append(LegendEntry("Planned only", "planned"))
    marks = set().union(*collect_site_marks(state).values())
    sites += [LegendEntry(text, "mark", mark) for text, mark in _MARK_ROWS if mark in marks]
    if sites and shows("sites"):
        sections.append([LegendEntry("Sites", "heading"), *sites])
    user_layers = _list_user_layer_entries(project, drawn)
    if user_layers:
        sections.append([LegendEntry("Your layers", "heading"), *user_layers])
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
    """Return the entries of the visible user layers, topmost first."""
    return [
        LegendEntry(
            textwrap.shorten(layer.title, _TITLE_LENGTH, placeholder="…"),
            "own",
            UserLayerSign(layer.color, drawn.dimensions.get(layer.id, frozenset())),
        )
        for layer in reversed(project.user_layers)
        if drawn.shows(layer.id)
    ]


def _describe_zone(state: ProjectState, zone: str, unit: str) -> str:
    known = state.project.units.get(unit)
    agency = state.project.agencies.get(known.agency) if known else None
    return f"{zone} · {agency.short}" if agency else zone
