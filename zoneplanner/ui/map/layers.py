"""The map's layers: what is shown, in which order, how clear, with which labels, and their legend.

The legend lists only what the map has on it.
"""

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

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
"""The map's own layers, the topmost first. Names are always on top and tiles at the bottom."""
_HIDDEN_BY_DEFAULT = frozenset({"others", TILES_LAYER})
FIXED_LAYERS = frozenset({_NAMES_LAYER, GROUND_LAYER, TILES_LAYER})
_USER_LAYERS_BELOW = "others"
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
    """One arrangement of the layers. Own layers go by their ids.

    ``order`` is that of the movable layers, the topmost first; layers that it does not name stand
    where they belong. ``labels`` are the fields that layers are labeled by, empty for none;
    ``tiles`` is the name of the provider.
    """

    order: tuple[str, ...] = tuple(name for name in MAP_LAYERS if name not in FIXED_LAYERS)
    hidden: frozenset[str] = _HIDDEN_BY_DEFAULT
    opacity: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tiles: str = ""

    def rows(self, own: Sequence[str]) -> tuple[str, ...]:
        """Return all layers, the topmost first; new own ones stand below the sites."""
        kept = [name for name in self.order if name in own or name in MAP_LAYERS]
        new = [name for name in own if name not in kept]
        at = kept.index(_USER_LAYERS_BELOW) + 1
        return (_NAMES_LAYER, *kept[:at], *reversed(new), *kept[at:], GROUND_LAYER, TILES_LAYER)

    def shows(self, name: str) -> bool:
        """True where a layer is drawn."""
        return name not in self.hidden

    def get_opacity(self, name: str) -> float:
        """Return how opaque a layer is drawn, from ``MIN_OPACITY`` to 1."""
        return self.opacity.get(name, 1.0)

    def compute_z_values(self, own: Sequence[str]) -> dict[str, float]:
        """Return the z value of each movable layer."""
        movable = [name for name in self.rows(own) if name not in FIXED_LAYERS]
        step = (_HIGHEST_Z - _LOWEST_Z) / len(movable)
        return {name: _LOWEST_Z + step * at for at, name in enumerate(reversed(movable))}

    def with_visibility(self, name: str, shown: bool) -> "Arrangement":
        """Return this arrangement with a layer shown or hidden."""
        return replace(self, hidden=self.hidden - {name} if shown else self.hidden | {name})

    def with_opacity(self, name: str, opacity: float) -> "Arrangement":
        """Return this arrangement with a layer drawn more or less opaque."""
        held = min(1.0, max(MIN_OPACITY, opacity))
        return replace(self, opacity={**self.opacity, name: held})

    def with_label_field(self, name: str, by: str) -> "Arrangement":
        """Return this arrangement with a layer labeled by a field, or not."""
        return replace(self, labels={**self.labels, name: by})

    def ordered(self, rows: Sequence[str]) -> "Arrangement":
        """Return this arrangement with its movable layers in this order."""
        return replace(self, order=tuple(name for name in rows if name not in FIXED_LAYERS))

    def with_layer_moved(self, name: str, by: int, own: Sequence[str]) -> "Arrangement":
        """Return this arrangement with a layer moved by so many rows; fixed ones stay."""
        movable = [row for row in self.rows(own) if row not in FIXED_LAYERS]
        if name not in movable:
            return self
        at = movable.index(name)
        movable.insert(min(max(0, at + by), len(movable) - 1), movable.pop(at))
        return replace(self, order=tuple(movable))

    def text(self) -> str:
        """Return the arrangement as a text to keep."""
        return json.dumps(
            {
                "order": self.order,
                "hidden": sorted(self.hidden),
                "opacity": dict(self.opacity),
                "labels": dict(self.labels),
                "tiles": self.tiles,
            }
        )


DEFAULT_ARRANGEMENT = Arrangement()
_KEPT_AS = {"order": list, "hidden": list, "opacity": dict, "labels": dict, "tiles": str}


def parse_arrangement(text: str) -> Arrangement:
    """Return the arrangement of a kept text; one that makes no sense gives the first one."""
    try:
        kept = parse_json_object(text)
    except ValueError:
        return DEFAULT_ARRANGEMENT
    if any(not isinstance(kept.get(name), kind) for name, kind in _KEPT_AS.items()):
        return DEFAULT_ARRANGEMENT
    order = tuple(str(name) for name in kept["order"])
    missing = tuple(name for name in DEFAULT_ARRANGEMENT.order if name not in order)
    return Arrangement(
        order=(*dict.fromkeys(order), *missing),
        hidden=frozenset(str(name) for name in kept["hidden"]),
        opacity={
            name: min(1.0, max(MIN_OPACITY, float(value)))
            for name, value in kept["opacity"].items()
            if isinstance(value, int | float)
        },
        labels={name: str(by) for name, by in kept["labels"].items()},
        tiles=kept["tiles"],
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
    ("Near a line, check by hand", site_coloring.NEAR_LINE_MARK),
    ("Share one position", site_coloring.STACKED_MARK),
    ("Enrollment to check", site_coloring.ENROLLMENT_MARK),
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

    ``shows`` tells whether one is drawn, ``extents`` the dimensions of a user's layer's shapes.
    """

    shows: Callable[[str], bool] = DEFAULT_ARRANGEMENT.shows
    extents: Mapping[str, frozenset[int]] = field(default_factory=dict)


def list_zone_entries(state: ProjectState) -> list[LegendEntry]:
    """List the zones of the plan with the agency of each."""
    if state.plan is None or not state.plan.zones:
        return []
    zones = [
        LegendEntry(_zone_text(state, zone.id, zone.unit), "zone", zone.color)
        for zone in state.plan.zones
    ]
    return [LegendEntry("Zones", "heading"), *zones]


def list_symbol_entries(
    state: ProjectState, drawn: DrawnLayers | None = None
) -> list[list[LegendEntry]]:
    """List what else a map of a reading needs explained, section by section."""
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
    marks = {mark for own in collect_site_marks(state).values() for mark in own}
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


def _zone_text(state: ProjectState, zone: str, unit: str) -> str:
    known = state.project.units.get(unit)
    agency = state.project.agencies.get(known.agency) if known else None
    return f"{zone} · {agency.short}" if agency else zone
