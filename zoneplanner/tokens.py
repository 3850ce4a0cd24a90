"""Design tokens of window, paper, web map and QGIS: type, sizes, colors by role and of zones.

The colors and hatches of zones can be distinguished without color vision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import inf
from types import MappingProxyType
from typing import Any

from zoneplanner.bundled import read_resource_table


@dataclass(frozen=True, eq=False, slots=True)
class TextRole:
    """A size of text: pixels at 96 dpi, and the weight."""

    size_px: int
    line_px: int
    weight: int


@dataclass(frozen=True, eq=False, slots=True)
class ColorRoles:
    """A theme: colors as #RRGGBB (a translucent overlay as #AARRGGBB) by their role.

    ``live`` is only for present danger; overdue items are ``late``. ``lateness`` runs from fine to
    worst, and ``status`` from the worst state of readiness to *no requirement*.
    """

    name: str
    window: str
    base: str
    alternate: str
    raised: str
    text: str
    muted: str
    hint: str
    border: str
    control_border: str
    disabled: str
    disabled_border: str
    accent: str
    on_accent: str
    accent_soft: str
    focus: str
    good: str
    on_scene: str
    warning: str
    warning_soft: str
    late: str
    late_soft: str
    live: str
    live_soft: str
    live_fill: str
    on_live: str
    bar: str
    bar_soft: str
    land: str
    veil: str
    outside: str
    water: str
    water_text: str
    road: str
    road_case: str
    road_text: str
    freeway: str
    freeway_case: str
    rail: str
    street: str
    park: str
    building: str
    block: str
    zone_edge: str
    city_line: str
    county_line: str
    district_line: str
    halo: str
    label: str
    site_edge: str
    site_pale: str
    unassigned: str
    lateness: tuple[str, ...]
    status: tuple[str, ...]
    zone_fill_share: float
    hatch_share: float
    zone_edge_px: float

    @property
    def dark(self) -> bool:
        """Whether the theme has light text on a dark background."""
        return compute_luminance(self.window) < 0.2


@dataclass(frozen=True, eq=False, slots=True)
class StateMark:
    """How a state is shown: an icon, the role of its color, and the outline of what is in it."""

    icon: str
    role: str
    line: str


@dataclass(frozen=True, eq=False, slots=True)
class MapScale:
    """How the map is drawn below a number of meters per pixel.

    ``fill`` is a share of the theme's normal fill, and ``site`` a factor for the size of marks;
    with ``badges``, a site shows its most important badge.
    """

    below_m_px: float
    fill: float
    band_px: float
    number_px: int
    road_px: float
    city_px: float
    site: float
    badges: bool


@dataclass(frozen=True, eq=False, slots=True)
class StreetStyle:
    """How a kind of line is drawn: color roles of line and casing, pixels by scale, width in
    meters.
    """

    color: str
    case: str
    px: tuple[float, ...]
    m: float
    below_m_px: float = inf
    named_below_m_px: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class SiteMark:
    """The shape of a mark: its diameter, and its corners in shares of half the diameter, y upward.

    A mark without corners is round. ``inner`` is the share of the disk within a ring, and
    ``signed`` the share of a disk with a sign, which would not fit into the normal one.
    """

    size_px: float
    corners: tuple[tuple[float, float], ...] = ()
    inner: float = 1.0
    signed: float = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class MapStyle:
    """What the maps of window, paper and web have in common, in pixels."""

    band_share: float
    themed_fill_share: float
    number_halo_px: float
    city_dash: tuple[float, ...]
    county_dash: tuple[float, ...]
    site_edge_px: float
    site_halo_px: float
    ring_halo_px: float
    selected_ring_px: float
    hovered_ring_px: float
    unassigned_ring_px: float
    badge_px: float
    street_case_px: float
    thin_px: float
    outside_share: float
    streets: Mapping[str, StreetStyle]
    scales: tuple[MapScale, ...]
    marks: Mapping[str, SiteMark]
    levels: Mapping[str, str]

    def at(self, m_px: float) -> MapScale:
        """Return the style at a scale."""
        return next(scale for scale in self.scales if m_px < scale.below_m_px)

    def compute_street_px(self, kind: str, m_px: float) -> float:
        """Return the width of a kind of line at a scale, or 0 if it is not drawn."""
        style, index = self.streets[kind], self.scales.index(self.at(m_px))
        is_drawn = style.px[index] and m_px < style.below_m_px
        return max(style.px[index], style.m / m_px) if is_drawn else 0.0

    def mark_of(self, level: str, default: str) -> str:
        """Return the name of a level's mark."""
        return self.levels.get(level, default)


def compute_luminance(color: str) -> float:
    """Return the WCAG 2 relative luminance of a color, #RRGGBB."""
    parts = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def compute_contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast ratio of two colors, from 1 to 21."""
    low, high = sorted((compute_luminance(one), compute_luminance(other)))
    return (high + 0.05) / (low + 0.05)


def choose_thin_color(roles: ColorRoles, style: StreetStyle) -> str:
    """Return the color of a line too thin for a casing: the more visible of its two colors."""
    colors: tuple[str, str] = (getattr(roles, style.color), getattr(roles, style.case))
    return max(colors, key=lambda color: compute_contrast(color, roles.land))


@cache
def choose_ink(color: str) -> str:
    """Return ink or white, whichever is more legible on a color; black if neither is legible."""
    light = COLOR_ROLES["light"]
    inks = {ink: compute_contrast(ink, color) for ink in (light.text, light.base)}
    ink = max(inks, key=lambda candidate: inks[candidate])
    return ink if inks[ink] >= _READABLE else COLOR_ROLES["high contrast"].text


def build_color_ramp(count: int, roles: ColorRoles) -> tuple[str, ...]:
    """Return colors for ascending classes: more contrasts more with the theme's background."""
    ramp = DATA_PALETTES["amounts"]
    shares = [place / (count - 1) if count > 1 else 0.6 for place in range(count)]
    return tuple(
        _interpolate_color(ramp, (share if roles.dark else 1 - share) * (len(ramp) - 1))
        for share in shares
    )


def _interpolate_color(ramp: Sequence[str], place: float) -> str:
    """Return the color at a position along a ramp, mixed from its two neighbors."""
    index = min(int(place), len(ramp) - 2)
    pairs = (
        (int(ramp[index][part : part + 2], 16), int(ramp[index + 1][part : part + 2], 16))
        for part in (1, 3, 5)
    )
    share = place - index
    mixed = (round(low * (1 - share) + high * share) for low, high in pairs)
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _read_color_roles(tables: Mapping[str, Any]) -> Mapping[str, ColorRoles]:
    """Read the themes by name; a theme that is like another lists only the differences."""
    themes: dict[str, ColorRoles] = {}
    for name in ("light", "dark", "high contrast", "paper"):
        roles = {key: value for key, value in _freeze(tables[name]).items() if key != "like"}
        like = themes.get(tables[name].get("like", ""))
        themes[name] = replace(like, name=name, **roles) if like else ColorRoles(name, **roles)
    return MappingProxyType(themes)


def _read_map_style(table: Mapping[str, Any]) -> MapStyle:
    parsed = {
        "streets": {
            name: StreetStyle(**_freeze(values)) for name, values in table["streets"].items()
        },
        "scales": tuple(MapScale(**values) for values in table["scales"]),
        "marks": {name: SiteMark(**_freeze(values)) for name, values in table["marks"].items()},
    }
    return MapStyle(**_freeze({**table, **parsed}))


def _freeze(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with tuples in place of lists, at every level."""

    def freeze(value: Any) -> Any:
        return tuple(map(freeze, value)) if isinstance(value, list) else value

    return {key: freeze(value) for key, value in table.items()}


_TABLES = read_resource_table("styles/tokens.toml")
_READABLE = 4.5

FONT_FAMILY: str = _TABLES["type"].pop("family")
TEXT_ROLES: Mapping[str, TextRole] = {
    role: TextRole(*values) for role, values in _TABLES["type"].items()
}
SIZES_PX: Mapping[str, int] = {
    name: value for name, value in _TABLES["size"].items() if isinstance(value, int)
}
SPACE_PX: tuple[int, ...] = tuple(_TABLES["size"]["space"])
COLOR_ROLES = _read_color_roles(_TABLES)
ZONE_PALETTE: tuple[str, ...] = tuple(_TABLES["zones"]["colors"])
ZONE_TEXT_PALETTE: tuple[str, ...] = tuple(_TABLES["zones"]["text"])
STATE_MARKS: Mapping[str, StateMark] = {
    name: StateMark(**mark) for name, mark in _TABLES["states"].items()
}
"""How drafts and submitted, posted or open items are marked, for plans and shifts alike."""
MAP_STYLE = _read_map_style(_TABLES["map"])
PT_PER_PX = 0.75
"""Points on a page per pixel: 72 against 96 to the inch."""
DATA_PALETTES: Mapping[str, tuple[str, ...]] = {
    name: tuple(colors) for name, colors in _TABLES["data"].items()
}
"""Colors that represent data: ``amounts`` from few to many, ``places``, ``layers``."""


_HATCHES = ("rising", "falling", "level", "upright", "squares", "diamonds", "dots")
"""Line patterns: 45 degrees up, 45 down, horizontal, vertical, both straight, both diagonal, dots.

With seven hatches and twelve colors, 84 zones have different combinations.
"""


def zone_color(index: int) -> str:
    """Return the fill color of a zone by its place in the palette, as #RRGGBB."""
    return ZONE_PALETTE[index % len(ZONE_PALETTE)]


def zone_hatch(index: int) -> str:
    """Return the name of a zone's line pattern by its place in the palette."""
    return _HATCHES[index % len(_HATCHES)]


def zone_text_color(index: int) -> str:
    """Return a zone's color, darkened until small text in it is readable on white (4.5 : 1)."""
    return ZONE_TEXT_PALETTE[index % len(ZONE_TEXT_PALETTE)]


_Segment = tuple[float, float, float, float]

HATCH_TILES: dict[str, tuple[_Segment, ...]] = {
    "rising": ((0, 0, 1, 1), (-0.1, 0.9, 0.1, 1.1), (0.9, -0.1, 1.1, 0.1)),
    "falling": ((0, 1, 1, 0), (-0.1, 0.1, 0.1, -0.1), (0.9, 1.1, 1.1, 0.9)),
    "level": ((0, 0.5, 1, 0.5),),
    "upright": ((0.5, 0, 0.5, 1),),
    "squares": ((0, 0.5, 1, 0.5), (0.5, 0, 0.5, 1)),
    "diamonds": ((0, 0, 1, 1), (0, 1, 1, 0)),
    "dots": ((0.42, 0.5, 0.58, 0.5),),
}
"""Segments (x1, y1, x2, y2) with y upward; a tile repeats in both directions without a seam."""
