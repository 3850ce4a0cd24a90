"""What may be written on the map, at which spots and what first, and each word as a picture.

The names of a project's sites, streets, river and places are placed by ``placement``; a word has a
halo and is painted once.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.map_edits import WHOLE_DISTRICT
from zoneplanner.domain.geography.site import Site, shorten_site_name
from zoneplanner.domain.plans.edits import list_locked_zones
from zoneplanner.domain.project import Feature, Project
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.map.labels.placement import (
    LabelLine,
    find_label_anchors,
    find_largest_polygon,
    list_grid_points_in,
    measure_label_line,
)
from zoneplanner.ui.map.scene.drawing import SceneTransform
from zoneplanner.ui.map.scene.zones_and_lines import merge_district_areas
from zoneplanner.ui.map.symbology.site_coloring import SiteColoring
from zoneplanner.ui.widgets.style.theme import Theme, render_picture, set_font_weight

_TURNS, _FINE_TURNS, _FINE_PX = 16, 8, 2.0
_LINE_SHARE = 0.94


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How words are set: size in pixels, weight (100 to 900), colors, halo, spacing."""

    size_px: int
    weight: int
    color: str
    halo: str
    halo_px: float
    italic: bool = False
    spacing_px: float = 0.0


@dataclass(frozen=True, slots=True)
class TextImage:
    """A picture of words and its size in pixels; ``middle`` is where the words' middle is."""

    pixmap: QPixmap
    width: float
    height: float


class TextImageCache:
    """The words painted so far. ``ratio`` is the screen's device pixels to a pixel."""

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio
        self._words: dict[tuple[str, TextStyle, int], TextImage] = {}
        self._plates: dict[tuple[str, TextStyle, str], TextImage] = {}
        self._sizes: dict[tuple[str, TextStyle], tuple[float, float]] = {}

    def size(self, text: str, style: TextStyle) -> tuple[float, float]:
        """Return the width and height of words set level, halo included."""
        key = (text, style)
        if key not in self._sizes:
            self._sizes[key] = self._measure(text, style)
        return self._sizes[key]

    def _measure(self, text: str, style: TextStyle) -> tuple[float, float]:
        """Return the size of the picture of words set level, which need not be painted for it."""
        metrics = QFontMetricsF(_make_font(style))
        wide, high = _measure_lines(text.split("\n"), style, metrics)
        pad = 2 * (style.halo_px + 1)
        width, height = (math.ceil((side + pad) * self.ratio) for side in (wide, high))
        return width / self.ratio, height / self.ratio

    def word(self, text: str, style: TextStyle, angle: int = 0) -> TextImage:
        """Return words as a picture, turned by whole degrees around their middle."""
        key = (text, style, angle)
        if key not in self._words:
            self._words[key] = _render_text(text, style, angle, self.ratio)
        return self._words[key]

    def plate(self, text: str, style: TextStyle, rim: str) -> TextImage:
        """Return words on a plate."""
        key = (text, style, rim)
        if key not in self._plates:
            self._plates[key] = render_plate(text, style, rim, self.ratio)
        return self._plates[key]


def wrap_name(name: str, length: int) -> str:
    """Break a name of at least this many letters at the space nearest its middle."""
    if len(name) < length or " " not in name:
        return name
    spaces = [at for at, letter in enumerate(name) if letter == " "]
    best = min(spaces, key=lambda at: abs(at - len(name) / 2))
    return f"{name[:best]}\n{name[best + 1 :]}"


def _make_font(style: TextStyle) -> QFont:
    """Return the font of a style in the system's typeface."""
    font = QFont()
    font.setPixelSize(style.size_px)
    set_font_weight(font, style.weight)
    font.setItalic(style.italic)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, style.spacing_px)
    return font


def _measure_lines(
    lines: Sequence[str], style: TextStyle, metrics: QFontMetricsF
) -> tuple[float, float]:
    """Return how wide and high lines are together."""
    widths = [metrics.horizontalAdvance(line) - style.spacing_px for line in lines]
    return max(widths), metrics.height() * _LINE_SHARE * len(lines)


def _render_text(text: str, style: TextStyle, angle: int, ratio: float) -> TextImage:
    font = _make_font(style)
    metrics = QFontMetricsF(font)
    lines = text.split("\n")
    wide, high = _measure_lines(lines, style, metrics)
    line_px = high / len(lines)
    starts = [
        QPointF(-wide / 2, -high / 2 + at * line_px + metrics.ascent() * 0.97)
        for at in range(len(lines))
    ]
    slope = math.radians(angle)
    pad = style.halo_px + 1
    box_w = abs(wide * math.cos(slope)) + abs(high * math.sin(slope)) + 2 * pad
    box_h = abs(wide * math.sin(slope)) + abs(high * math.cos(slope)) + 2 * pad

    def draw(painter: QPainter) -> None:
        # the middle of the picture, which ends at a whole pixel of the device
        painter.translate(
            math.ceil(box_w * ratio) / ratio / 2, math.ceil(box_h * ratio) / ratio / 2
        )
        painter.rotate(angle)
        painter.setFont(font)
        for color, shifts in (
            (style.halo, _halo_offsets(style.halo_px)),
            (style.color, [QPointF()]),
        ):
            painter.setPen(QColor(color))
            for shift in shifts:
                for start, line in zip(starts, lines, strict=True):
                    painter.drawText(start + shift, line)

    return _render_image(box_w, box_h, ratio, draw)


def _render_image(
    width: float, height: float, ratio: float, draw: Callable[[QPainter], object]
) -> TextImage:
    picture = render_picture(width, height, ratio, draw)
    return TextImage(picture, picture.width() / ratio, picture.height() / ratio)


def _halo_offsets(radius: float) -> list[QPointF]:
    """Return shifts that make a halo of words set many times: faster than a stroke."""
    rings = [radius] if radius < 2.5 else [radius, radius / 2]
    count = _TURNS if radius > _FINE_PX else _FINE_TURNS
    turns = [2 * math.pi * at / count for at in range(count)]
    return [QPointF(r * math.cos(turn), r * math.sin(turn)) for r in rings for turn in turns if r]


_PLATE_PAD_PX = (4.0, 1.0)


def render_plate(text: str, style: TextStyle, rim: str, ratio: float) -> TextImage:
    """Return words on a rounded plate, as a freeway's number is posted."""
    font = _make_font(style)
    metrics = QFontMetricsF(font)
    wide = max(metrics.horizontalAdvance(text) + 2 * _PLATE_PAD_PX[0], metrics.height() + 2)
    high = metrics.height() + 2 * _PLATE_PAD_PX[1]

    def draw(painter: QPainter) -> None:
        box = QRectF(1, 1, wide - 1, high - 1)
        painter.setPen(QPen(QColor(rim), 1.2))
        painter.setBrush(QColor(style.halo))
        painter.drawRoundedRect(box, 3, 3)
        painter.setFont(font)
        painter.setPen(QColor(style.color))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    return _render_image(wide + 1, high + 1, ratio, draw)


_PADLOCK_SHARE = 0.62
"""Height of the padlock as a share of the number's."""


def render_padlock(style: TextStyle, ratio: float) -> TextImage:
    """Return a padlock in the color and with the halo of a number of this style."""
    high = style.size_px * _PADLOCK_SHARE
    wide, pad = high * 0.72, style.halo_px + 1
    body = QPainterPath()
    body.addRoundedRect(QRectF(pad, pad + high * 0.44, wide, high * 0.56), 1.5, 1.5)
    shackle = QPainterPath()
    arch = QRectF(pad + wide * 0.2, pad + high * 0.06, wide * 0.6, high * 0.72)
    shackle.arcMoveTo(arch, 0)
    shackle.arcTo(arch, 0, 180)
    thick, halo, ink = high * 0.13, QColor(style.halo), QColor(style.color)

    def draw(painter: QPainter) -> None:
        painter.strokePath(shackle, QPen(halo, thick + 2 * style.halo_px))
        painter.strokePath(body, QPen(halo, 2 * style.halo_px, j=Qt.PenJoinStyle.RoundJoin))
        painter.strokePath(shackle, QPen(ink, thick))
        painter.fillPath(body, ink)

    return _render_image(wide + 2 * pad, high + 2 * pad, ratio, draw)


_NAMED_FROM_M_PX = {
    "high": 60.0,
    "secondary_6_12": 30.0,
    "middle": 45.0,
    "k8": 32.0,
    "k12": 32.0,
    "elementary": 32.0,
    "alternative": 32.0,
    "special_education": 32.0,
    "adult": 32.0,
    "preschool": 16.0,
}
_OTHER_FROM_M_PX = 10.0
_RANKS = {name: at for at, name in enumerate(_NAMED_FROM_M_PX)}


@dataclass(frozen=True, slots=True)
class SiteLabel:
    """A site's name. ``reach_px`` keeps it off the symbol; ``first`` is set before all others."""

    site: str
    name: str
    level: str
    at: QPointF
    reach_px: float
    shift: QPointF = field(default_factory=QPointF)
    patrolled: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class ZoneLabel:
    """A zone's number at a place of the scene; a locked one has a padlock beside it.

    ``caption`` stands below it: who is there, or how much is late or due. ``spares`` are places
    in the zone that it may step aside to.
    """

    zone: str
    at: QPointF
    color: int
    locked: bool = False
    caption: str = ""
    spares: tuple[QPointF, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureLabel:
    """A label of a feature of the user's own layers."""

    key: str
    text: str
    at: QPointF


@dataclass(frozen=True, eq=False, slots=True)
class LabelContent:
    """What may be written. Places are (name, spots in the scene, the best first).

    ``shields`` are lines that are named by a number on a plate; ``services`` are (kind, name, x, y)
    in the scene. Local streets are named where other words left room.
    """

    sites: Sequence[SiteLabel] = ()
    zones: Sequence[ZoneLabel] = ()
    streets: Sequence[LabelLine] = ()
    local_streets: Sequence[LabelLine] = ()
    shields: Sequence[LabelLine] = ()
    services: Sequence[tuple[str, str, float, float]] = ()
    rivers: Sequence[LabelLine] = ()
    places: Sequence[tuple[str, FloatArray]] = ()
    own: Sequence[FeatureLabel] = ()


def rank_site_label(word: SiteLabel) -> int:
    """Return the place of a site's level in the order of names; 0 to 2 are the main ones."""
    return _RANKS.get(word.level, len(_RANKS))


def get_label_from_m_px(word: SiteLabel) -> float:
    """Return the scale, meters to a pixel, from which a site is named."""
    if not word.patrolled:
        return _OTHER_FROM_M_PX
    return _NAMED_FROM_M_PX.get(word.level, _OTHER_FROM_M_PX)


_SMALL_MAP_M_PX = 32.0
_WRAP_FROM, _WRAP_SMALL_FROM = 19, 12


def get_wrap_length(m_px: float) -> int:
    """Return the length from which names are set in two lines: the smaller the map, the shorter."""
    return _WRAP_FROM if m_px < _SMALL_MAP_M_PX else _WRAP_SMALL_FROM


def style_zone_number(theme: Theme, word: ZoneLabel, m_px: float) -> TextStyle:
    """Return how a zone's number is set at a scale."""
    size = MAP_STYLE.at(m_px).number_px
    return TextStyle(size, 600, theme.label, theme.halo, MAP_STYLE.number_halo_px)


def style_zone_caption(theme: Theme) -> TextStyle:
    """Return how the words under a zone's number are set."""
    return TextStyle(12, 600, theme.label, theme.halo, 3.0)


def style_site_name(theme: Theme, word: SiteLabel) -> TextStyle:
    """Return how a site's name is set."""
    main = rank_site_label(word) <= 2 and word.patrolled
    if word.first:
        return TextStyle(12, 600, theme.label, theme.halo, 3.0)
    color = theme.label if word.patrolled else theme.muted
    return TextStyle(12 if main else 11, 600 if main else 400, color, theme.halo, 2.2)


def style_street_name(theme: Theme) -> TextStyle:
    """Return how a street's name is set."""
    return TextStyle(11, 400, theme.road_text, theme.halo, 1.8)


def style_shield(theme: Theme) -> TextStyle:
    """Return how a freeway's number is set; its plate is the halo."""
    return TextStyle(11, 600, theme.text, theme.base, 0.0)


def style_service_name(theme: Theme) -> TextStyle:
    """Return how the name of a hospital or station is set."""
    return TextStyle(11, 400, theme.muted, theme.halo, 1.8)


def style_river_name(theme: Theme) -> TextStyle:
    """Return how a river's name is set."""
    return TextStyle(11, 400, theme.water_text, theme.halo, 1.5, italic=True, spacing_px=1.0)


def style_place_name(theme: Theme) -> TextStyle:
    """Return how the name of a city or place is set."""
    return TextStyle(11, 400, theme.muted, theme.halo, 2.0, spacing_px=2.5)


def style_feature_label(theme: Theme) -> TextStyle:
    """Return how the labels of the user's own layers are set."""
    return TextStyle(11, 400, theme.muted, theme.halo, 1.8)


_Bounds = tuple[float, float, float, float]
_NamedSpots = list[tuple[str, FloatArray]]

_DEFAULT_BOUNDS: _Bounds = (0.0, 0.0, 10_000.0, 10_000.0)
_SPOT_GRID = 9
_MAX_SPOTS = 12
_WINDOW_MARGIN = 0.35


@dataclass(frozen=True, eq=False, slots=True)
class NamedFeatures:
    """What may be named of some features, in the scene of a frame."""

    features: tuple[Feature, ...]
    frame: SceneTransform
    streets: list[LabelLine]
    rivers: list[LabelLine]
    places: _NamedSpots


def collect_named_features(
    project: Project, frame: SceneTransform, known: NamedFeatures | None = None
) -> NamedFeatures:
    """Return what may be named; what is known of the very same features is not sought again."""
    if known is not None and known.features is project.features and known.frame == frame:
        return known
    return NamedFeatures(
        features=project.features,
        frame=frame,
        streets=_list_named_lines(project, "arterial", frame),
        rivers=_list_named_lines(project, "river", frame),
        places=_list_named_places(project, frame),
    )


def compute_map_bounds(project: Project) -> _Bounds:
    """Return what the map shows when all of it is shown: min x, min y, max x, max y in meters."""
    district = merge_district_areas(project)
    whole = project.jurisdictions.get(WHOLE_DISTRICT)
    if district is None and whole is not None:
        district = whole.area
    if district is not None:
        return _bounds([district])
    points: list[BaseGeometry] = [site.point for site in project.sites.values()]
    areas: list[BaseGeometry] = [j.area for j in project.jurisdictions.values()]
    return _bounds(points or areas) if points or areas else _DEFAULT_BOUNDS


def add_margin(bounds: _Bounds, share: float) -> _Bounds:
    """Return bounds with a margin, a share of their size on each side."""
    left, bottom, right, top = bounds
    dx, dy = (right - left) * share, (top - bottom) * share
    return left - dx, bottom - dy, right + dx, top + dy


def _list_named_lines(project: Project, layer: str, frame: SceneTransform) -> list[LabelLine]:
    """Return the lines of a layer with their names, in the scene, the longest first."""
    found: list[LabelLine] = []
    together: dict[str, list[BaseGeometry]] = {}
    for feature in project.features:
        if feature.layer == layer:
            together.setdefault(feature.name, []).append(feature.geometry)
    for name, lines in together.items():
        for part in shapely.get_parts(_merge_line(shapely.union_all(lines))):
            points = frame.to_scene(shapely.get_coordinates(part))
            if len(points) > 1:
                found.append(measure_label_line(name, points))
    return sorted(found, key=lambda line: -line.length_m)


def _list_named_places(project: Project, frame: SceneTransform) -> _NamedSpots:
    """Return cities and places with the spots of the scene where their names may stand."""
    district = merge_district_areas(project)
    window = shapely.box(*add_margin(compute_map_bounds(project), _WINDOW_MARGIN))
    found: _NamedSpots = []
    for feature in project.features:
        if feature.layer not in ("place", "city"):
            continue
        area = feature.geometry.intersection(window)
        inside = area if district is None else area.intersection(district)
        seen = inside if inside.area > 0.3 * area.area else area.difference(inside)
        spots = _find_label_spots(seen)
        if len(spots):
            found.append((feature.name, frame.to_scene(spots)))
    return found


def _find_label_spots(area: BaseGeometry) -> FloatArray:
    """Return places in an area, shape (n, 2) in meters, those far from its edge first."""
    part = find_largest_polygon(area)
    if part is None:
        return np.empty((0, 2))
    spots = list_grid_points_in(part, _SPOT_GRID)
    room = shapely.distance(part.boundary, shapely.points(spots))
    kept: FloatArray = spots[np.argsort(-room)[:_MAX_SPOTS]]
    return kept


def _merge_line(line: BaseGeometry) -> BaseGeometry:
    return shapely.line_merge(line) if shapely.get_num_geometries(line) > 1 else line


def _bounds(geometries: list[BaseGeometry]) -> _Bounds:
    left, bottom, right, top = shapely.total_bounds(geometries).tolist()
    return (left, bottom, max(right, left + 100.0), max(top, bottom + 100.0))


_FEW_ZONES = 20
_NUMBER_PX = 26.0
_LETTER = 0.7
"""Width of a letter as a share of the number's height."""


class ZoneNumberPlacer:
    """The places of the numbers; a zone out of view has None."""

    def __init__(self, frame: SceneTransform) -> None:
        self.spots: dict[str, QPointF | None] = {}
        self._frame = frame
        self._m_px = 1.0
        self._homes: dict[str, tuple[BaseGeometry, QPointF | None]] = {}
        self._spares: dict[str, list[QPointF]] = {}
        self._seen = QRectF()

    def follow(self, state: ProjectState, window: QRectF, m_px: float) -> bool:
        """Keep the numbers in a window of the scene; tell whether one moved."""
        self._m_px = m_px
        reach = _NUMBER_PX * m_px
        seen = self._seen = window.adjusted(reach, reach, -reach, -reach)
        sites = np.array([s.position for s in state.project.patrolled]).reshape(-1, 2)
        spots = {
            zone: self._spot(zone, outline.area, sites, seen)
            for zone, outline in state.outlines.items()
        }
        moved = spots != self.spots
        self.spots = spots
        return moved

    def words(self, state: ProjectState, coloring: SiteColoring) -> list[ZoneLabel]:
        """Return the numbers in view, with what stands below them; of many those with room."""
        plan = state.plan
        spots = self._thin_out(state)
        shut = list_locked_zones(state.project, plan) if plan else frozenset()
        found = []
        for zone in plan.zones if plan else ():
            at = spots.get(zone.id)
            if at is not None:
                caption = coloring.get_zone_caption(state, zone.id)
                spares = tuple(one for one in self._spares[zone.id] if self._seen.contains(one))
                locked = zone.id in shut
                found.append(ZoneLabel(zone.id, at, zone.color, locked, caption, spares))
        return found

    def _thin_out(self, state: ProjectState) -> Mapping[str, QPointF]:
        """Return the places of the numbers; of many zones, larger ones first, those not covered."""
        shown = {zone: at for zone, at in self.spots.items() if at is not None}
        if len(shown) <= _FEW_ZONES:
            return shown
        kept: dict[str, QPointF] = {}
        boxes: list[QRectF] = []
        for zone in sorted(shown, key=lambda key: -state.outlines[key].area.area):
            wide, high = _LETTER * len(zone) * _NUMBER_PX * self._m_px, _NUMBER_PX * self._m_px
            box = QRectF(0, 0, wide, high)
            box.moveCenter(shown[zone])
            if not any(box.intersects(other) for other in boxes):
                boxes.append(box)
                kept[zone] = shown[zone]
        return kept

    def _spot(
        self, zone: str, area: BaseGeometry, sites: FloatArray, seen: QRectF
    ) -> QPointF | None:
        known = self._homes.get(zone)
        same = known is not None and known[0] is area
        home = known[1] if known is not None and same else self._roomiest(zone, area, sites)
        self._homes[zone] = (area, home)
        if home is not None and seen.contains(home):
            return home
        kept = self.spots.get(zone)
        if same and kept is not None and seen.contains(kept):
            return kept
        left, top = self._frame.to_project_m(seen.topLeft())
        right, bottom = self._frame.to_project_m(seen.bottomRight())
        return self._roomiest(zone, shapely.clip_by_rect(area, left, bottom, right, top), sites)

    def _roomiest(self, zone: str, area: BaseGeometry, sites: FloatArray) -> QPointF | None:
        """Return the best place of a zone's number, and keep those that it can step aside to."""
        spots = find_label_anchors(area, sites, max(1.0, _LETTER * len(zone)))
        points = [self._frame.to_scene_point(*one) for one in spots]
        self._spares[zone] = points[1:]
        return points[0] if points else None


def format_site_label(state: ProjectState, site: Site, by: str, level: str) -> str:
    """Return what is written beside a site; ``level`` is its level as people write it."""
    if by == "name":
        return site.name
    if by == "short":
        return shorten_site_name(site.name)
    if by == "level":
        return level
    if by == "enrollment":
        return "" if site.enrollment is None else f"{site.enrollment:,}"
    if by == "zone":
        return (state.plan.assignment.get(site.id) or "") if state.plan else ""
    return ""
