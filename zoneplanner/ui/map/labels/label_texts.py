"""The labels of the map: their texts, styles, possible positions, and pictures with a halo.

``placement`` decides which of them fit.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QTransform,
)
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.map_edits import WHOLE_DISTRICT
from zoneplanner.domain.geography.site import Site, shorten_site_name
from zoneplanner.domain.grouping import group_pairs
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

_HALO_STEPS, _SMALL_HALO_STEPS, _SMALL_HALO_PX = 16, 8, 2.0
_LINE_HEIGHT = 0.94


@dataclass(frozen=True, slots=True)
class TextStyle:
    """The style of a label: size in pixels, weight (100 to 900), colors, halo, letter spacing."""

    size_px: int
    weight: int
    color: str
    halo: str
    halo_px: float
    italic: bool = False
    spacing_px: float = 0.0


@dataclass(frozen=True, slots=True)
class TextImage:
    """A picture of a label, and its size in pixels."""

    pixmap: QPixmap
    width: float
    height: float


class TextImageCache:
    """Pictures of labels; ``ratio`` is the number of device pixels per pixel."""

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio
        self._images: dict[tuple[str, TextStyle, int], TextImage] = {}
        self._plates: dict[tuple[str, TextStyle, str], TextImage] = {}
        self._sizes: dict[tuple[str, TextStyle], tuple[float, float]] = {}

    def measure(self, text: str, style: TextStyle) -> tuple[float, float]:
        """Return the width and height of a horizontal label with its halo, without painting it."""
        key = (text, style)
        if key not in self._sizes:
            metrics, padding = QFontMetricsF(_make_font(style)), 2 * (style.halo_px + 1)
            width, height = (
                math.ceil((side + padding) * self.ratio) / self.ratio
                for side in _measure_lines(text.split("\n"), style, metrics)
            )
            self._sizes[key] = width, height
        return self._sizes[key]

    def render_word(self, text: str, style: TextStyle, angle: int = 0) -> TextImage:
        """Return a label's picture, turned by whole degrees around its center."""
        key = (text, style, angle)
        if key not in self._images:
            self._images[key] = _render_text(text, style, angle, self.ratio)
        return self._images[key]

    def render_plate_image(self, text: str, style: TextStyle, edge_color: str) -> TextImage:
        """Return a string on a plate."""
        key = (text, style, edge_color)
        if key not in self._plates:
            self._plates[key] = render_plate(text, style, edge_color, self.ratio)
        return self._plates[key]


def wrap_name(name: str, length: int) -> str:
    """Break a name of at least a length at the space nearest to its middle."""
    spaces = [index for index, letter in enumerate(name) if letter == " "]
    if len(name) < length or not spaces:
        return name
    best = min(spaces, key=lambda index: abs(index - len(name) / 2))
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
    """Return the width and height of lines."""
    widths = [metrics.horizontalAdvance(line) - style.spacing_px for line in lines]
    return max(widths), metrics.height() * _LINE_HEIGHT * len(lines)


def _render_text(text: str, style: TextStyle, angle: int, ratio: float) -> TextImage:
    font = _make_font(style)
    metrics = QFontMetricsF(font)
    lines = text.split("\n")
    width, height = _measure_lines(lines, style, metrics)
    line_px = height / len(lines)
    baselines = [
        QPointF(-width / 2, -height / 2 + index * line_px + metrics.ascent() * 0.97)
        for index in range(len(lines))
    ]
    padding = 2 * (style.halo_px + 1)
    box = QTransform().rotate(angle).mapRect(QRectF(0, 0, width, height))
    box_width, box_height = box.width() + padding, box.height() + padding

    def draw(painter: QPainter) -> None:
        # the center of the picture, whose size is rounded up to device pixels
        painter.translate(
            math.ceil(box_width * ratio) / ratio / 2, math.ceil(box_height * ratio) / ratio / 2
        )
        painter.rotate(angle)
        painter.setFont(font)
        halo = _list_halo_offsets(style.halo_px)
        for color, offsets in ((style.halo, halo), (style.color, [QPointF()])):
            painter.setPen(QColor(color))
            for offset in offsets:
                for baseline, line in zip(baselines, lines, strict=True):
                    painter.drawText(baseline + offset, line)

    return _render_image(box_width, box_height, ratio, draw)


def _render_image(
    width: float, height: float, ratio: float, draw: Callable[[QPainter], object]
) -> TextImage:
    picture = render_picture(width, height, ratio, draw)
    return TextImage(picture, picture.width() / ratio, picture.height() / ratio)


def _list_halo_offsets(radius: float) -> list[QPointF]:
    """Return offsets at which a text makes its own halo, which is faster than a stroke."""
    radii = [radius] if radius < 2.5 else [radius, radius / 2]
    count = _HALO_STEPS if radius > _SMALL_HALO_PX else _SMALL_HALO_STEPS
    angles = [2 * math.pi * step / count for step in range(count)]
    return [QPointF(r * math.cos(a), r * math.sin(a)) for r in radii for a in angles if r]


_PLATE_PADDING_PX = (4.0, 1.0)


def render_plate(text: str, style: TextStyle, edge_color: str, ratio: float) -> TextImage:
    """Return a string on a rounded plate, like the shield of a freeway."""
    font = _make_font(style)
    metrics = QFontMetricsF(font)
    width = max(metrics.horizontalAdvance(text) + 2 * _PLATE_PADDING_PX[0], metrics.height() + 2)
    height = metrics.height() + 2 * _PLATE_PADDING_PX[1]

    def draw(painter: QPainter) -> None:
        box = QRectF(1, 1, width - 1, height - 1)
        painter.setPen(QPen(QColor(edge_color), 1.2))
        painter.setBrush(QColor(style.halo))
        painter.drawRoundedRect(box, 3, 3)
        painter.setFont(font)
        painter.setPen(QColor(style.color))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    return _render_image(width + 1, height + 1, ratio, draw)


_PADLOCK_HEIGHT_SHARE = 0.62
"""The height of the padlock as a share of the number's height."""


def render_padlock(style: TextStyle, ratio: float) -> TextImage:
    """Return a padlock with the color and halo of a zone's number."""
    height = style.size_px * _PADLOCK_HEIGHT_SHARE
    width, padding = height * 0.72, style.halo_px + 1
    body, shackle = QPainterPath(), QPainterPath()
    body.addRoundedRect(QRectF(padding, padding + height * 0.44, width, height * 0.56), 1.5, 1.5)
    arch = QRectF(padding + width * 0.2, padding + height * 0.06, width * 0.6, height * 0.72)
    shackle.arcMoveTo(arch, 0)
    shackle.arcTo(arch, 0, 180)
    line_px, halo, ink = height * 0.13, QColor(style.halo), QColor(style.color)

    def draw(painter: QPainter) -> None:
        painter.strokePath(shackle, QPen(halo, line_px + 2 * style.halo_px))
        painter.strokePath(body, QPen(halo, 2 * style.halo_px, j=Qt.PenJoinStyle.RoundJoin))
        painter.strokePath(shackle, QPen(ink, line_px))
        painter.fillPath(body, ink)

    return _render_image(width + 2 * padding, height + 2 * padding, ratio, draw)


_SITE_NAME_MAX_M_PX = {
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
_OTHER_NAME_MAX_M_PX = 10.0
_LEVEL_RANKS = {level: rank for rank, level in enumerate(_SITE_NAME_MAX_M_PX)}


@dataclass(frozen=True, slots=True)
class SiteLabel:
    """A site's label, which keeps clear of its symbol; a selected one is placed before others."""

    site: str
    name: str
    level: str
    at: QPointF
    symbol_radius_px: float
    shift: QPointF = field(default_factory=QPointF)
    patrolled: bool = True
    is_selected: bool = False


@dataclass(frozen=True, slots=True)
class ZoneLabel:
    """A zone's number at a point of the scene; a locked zone has a padlock next to it.

    ``caption`` is below it: who is there, or how much is late or due. ``alternatives`` are other
    points in the zone to which it can move.
    """

    zone: str
    at: QPointF
    color: int
    locked: bool = False
    caption: str = ""
    alternatives: tuple[QPointF, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureLabel:
    """A label of a feature in one of the user's layers."""

    key: str
    text: str
    at: QPointF


@dataclass(frozen=True, eq=False, slots=True)
class LabelContent:
    """All labels that could be placed.

    ``places`` are (name, points in the scene, best first); ``shields`` are lines with a number on
    a plate; ``services`` are (kind, name, x, y) in the scene. Local streets come last.
    """

    sites: Sequence[SiteLabel] = ()
    zones: Sequence[ZoneLabel] = ()
    streets: Sequence[LabelLine] = ()
    local_streets: Sequence[LabelLine] = ()
    shields: Sequence[LabelLine] = ()
    services: Sequence[tuple[str, str, float, float]] = ()
    rivers: Sequence[LabelLine] = ()
    places: Sequence[tuple[str, FloatArray]] = ()
    features: Sequence[FeatureLabel] = ()


def rank_site_label(label: SiteLabel) -> int:
    """Return the rank of a site's level in the order of labels; 0 to 2 are the main levels."""
    return _LEVEL_RANKS.get(label.level, len(_LEVEL_RANKS))


def get_site_label_max_m_px(label: SiteLabel) -> float:
    """Return the scale in meters per pixel up to which a site has a label."""
    if not label.patrolled:
        return _OTHER_NAME_MAX_M_PX
    return _SITE_NAME_MAX_M_PX.get(label.level, _OTHER_NAME_MAX_M_PX)


_SMALL_SCALE_M_PX = 32.0
_WRAP_LENGTH, _SMALL_SCALE_WRAP_LENGTH = 19, 12


def get_wrap_length(m_px: float) -> int:
    """Return the length from which names have two lines; it is shorter at small scales."""
    return _WRAP_LENGTH if m_px < _SMALL_SCALE_M_PX else _SMALL_SCALE_WRAP_LENGTH


def style_zone_number(theme: Theme, label: ZoneLabel, m_px: float) -> TextStyle:
    """Return the style of a zone's number at a scale."""
    measure = MAP_STYLE.at(m_px).number_px
    return TextStyle(measure, 600, theme.label, theme.halo, MAP_STYLE.number_halo_px)


def style_zone_caption(theme: Theme) -> TextStyle:
    """Return the style of the caption below a zone's number."""
    return TextStyle(12, 600, theme.label, theme.halo, 3.0)


def style_site_name(theme: Theme, label: SiteLabel) -> TextStyle:
    """Return the style of a site's label."""
    is_main = rank_site_label(label) <= 2 and label.patrolled
    if label.is_selected:
        return TextStyle(12, 600, theme.label, theme.halo, 3.0)
    color = theme.label if label.patrolled else theme.muted
    return TextStyle(12 if is_main else 11, 600 if is_main else 400, color, theme.halo, 2.2)


def style_street_name(theme: Theme) -> TextStyle:
    """Return the style of a street's name."""
    return TextStyle(11, 400, theme.road_text, theme.halo, 1.8)


def style_shield(theme: Theme) -> TextStyle:
    """Return the style of a freeway's number; its plate has the halo's color."""
    return TextStyle(11, 600, theme.text, theme.base, 0.0)


def style_service_name(theme: Theme) -> TextStyle:
    """Return the style of the name of a hospital or station."""
    return TextStyle(11, 400, theme.muted, theme.halo, 1.8)


def style_river_name(theme: Theme) -> TextStyle:
    """Return the style of a river's name."""
    return TextStyle(11, 400, theme.water_text, theme.halo, 1.5, italic=True, spacing_px=1.0)


def style_place_name(theme: Theme) -> TextStyle:
    """Return the style of the name of a city or place."""
    return TextStyle(11, 400, theme.muted, theme.halo, 2.0, spacing_px=2.5)


def style_feature_label(theme: Theme) -> TextStyle:
    """Return the style of labels in the user's layers."""
    return TextStyle(11, 400, theme.muted, theme.halo, 1.8)


_Bounds = tuple[float, float, float, float]
_NamedSpots = list[tuple[str, FloatArray]]

_DEFAULT_BOUNDS: _Bounds = (0.0, 0.0, 10_000.0, 10_000.0)
_PLACE_GRID_SIZE = 9
_MAX_PLACE_POINTS = 12
_WINDOW_MARGIN = 0.35


@dataclass(frozen=True, eq=False, slots=True)
class NamedFeatures:
    """The named streets, rivers and places of a project, in the scene of a frame."""

    features: tuple[Feature, ...]
    frame: SceneTransform
    streets: list[LabelLine]
    rivers: list[LabelLine]
    places: _NamedSpots


def collect_named_features(
    project: Project, frame: SceneTransform, known: NamedFeatures | None = None
) -> NamedFeatures:
    """Return the named features; ``known`` ones of identical features are reused."""
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
    """Return the bounds of the whole map: min x, min y, max x, max y in meters."""
    district = merge_district_areas(project)
    whole = project.jurisdictions.get(WHOLE_DISTRICT)
    if district is None and whole is not None:
        district = whole.area
    if district is not None:
        return _compute_bounds([district])
    points: list[BaseGeometry] = [site.point for site in project.sites.values()]
    areas: list[BaseGeometry] = [j.area for j in project.jurisdictions.values()]
    return _compute_bounds(points or areas) if points or areas else _DEFAULT_BOUNDS


def add_margin(bounds: _Bounds, share: float) -> _Bounds:
    """Return bounds with a margin on each side, a share of their size."""
    left, bottom, right, top = bounds
    dx, dy = (right - left) * share, (top - bottom) * share
    return left - dx, bottom - dy, right + dx, top + dy


def _list_named_lines(project: Project, layer: str, frame: SceneTransform) -> list[LabelLine]:
    """Return the named lines of a layer in the scene, longest first."""
    by_name = group_pairs(
        (feature.name, feature.geometry) for feature in project.features if feature.layer == layer
    )
    lines = [
        measure_label_line(name, frame.to_scene(shapely.get_coordinates(part)))
        for name, geometries in by_name.items()
        for part in shapely.get_parts(_merge_line(shapely.union_all(geometries)))
        if shapely.get_num_coordinates(part) > 1
    ]
    return sorted(lines, key=lambda line: -line.length_m)


def _list_named_places(project: Project, frame: SceneTransform) -> _NamedSpots:
    """Return cities and places with points of the scene where their names can be."""
    district = merge_district_areas(project)
    window = shapely.box(*add_margin(compute_map_bounds(project), _WINDOW_MARGIN))
    places: _NamedSpots = []
    for feature in project.features:
        if feature.layer not in ("place", "city"):
            continue
        area = feature.geometry.intersection(window)
        inside = area if district is None else area.intersection(district)
        labeled = inside if inside.area > 0.3 * area.area else area.difference(inside)
        points = _find_place_points(labeled)
        if len(points):
            places.append((feature.name, frame.to_scene(points)))
    return places


def _find_place_points(area: BaseGeometry) -> FloatArray:
    """Return points in an area, shape (n, 2) in meters, those far from its edge first."""
    polygon = find_largest_polygon(area)
    if polygon is None:
        return np.empty((0, 2))
    points = list_grid_points_in(polygon, _PLACE_GRID_SIZE)
    clearance = shapely.distance(polygon.boundary, shapely.points(points))
    best: FloatArray = points[np.argsort(-clearance)[:_MAX_PLACE_POINTS]]
    return best


def _merge_line(line: BaseGeometry) -> BaseGeometry:
    return shapely.line_merge(line) if shapely.get_num_geometries(line) > 1 else line


def _compute_bounds(geometries: list[BaseGeometry]) -> _Bounds:
    left, bottom, right, top = shapely.total_bounds(geometries).tolist()
    return (left, bottom, max(right, left + 100.0), max(top, bottom + 100.0))


_MAX_UNTHINNED_ZONES = 20
_NUMBER_PX = 26.0
_LETTER_WIDTH_SHARE = 0.7
"""The width of a letter as a share of its height."""


class ZoneNumberPlacer:
    """Finds the positions of the zones' numbers; a zone out of view has None."""

    def __init__(self, frame: SceneTransform) -> None:
        self.positions: dict[str, QPointF | None] = {}
        self._frame = frame
        self._m_px = 1.0
        self._best_points: dict[str, tuple[BaseGeometry, QPointF | None]] = {}
        self._alternatives: dict[str, list[QPointF]] = {}
        self._visible_rect = QRectF()

    def follow(self, state: ProjectState, window: QRectF, m_px: float) -> bool:
        """Keep the numbers in a rectangle of the scene; return whether one has moved."""
        self._m_px = m_px
        margin = _NUMBER_PX * m_px
        self._visible_rect = window.adjusted(margin, margin, -margin, -margin)
        sites = np.array([site.position for site in state.project.patrolled]).reshape(-1, 2)
        positions = {
            zone: self._find_position(zone, outline.area, sites)
            for zone, outline in state.outlines.items()
        }
        moved = positions != self.positions
        self.positions = positions
        return moved

    def list_labels(self, state: ProjectState, coloring: SiteColoring) -> list[ZoneLabel]:
        """Return the numbers in view with their captions; of many zones, those with room."""
        if (plan := state.plan) is None:
            return []
        positions = self._select_uncovered(state)
        locked_zones = list_locked_zones(state.project, plan)
        return [
            ZoneLabel(
                zone.id,
                positions[zone.id],
                zone.color,
                zone.id in locked_zones,
                coloring.get_zone_caption(state, zone.id),
                tuple(filter(self._visible_rect.contains, self._alternatives[zone.id])),
            )
            for zone in plan.zones
            if zone.id in positions
        ]

    def _select_uncovered(self, state: ProjectState) -> Mapping[str, QPointF]:
        """Return the numbers' positions; if there are many, those of large zones first."""
        visible = {zone: at for zone, at in self.positions.items() if at is not None}
        if len(visible) <= _MAX_UNTHINNED_ZONES:
            return visible
        selected: dict[str, QPointF] = {}
        boxes: list[QRectF] = []
        height = _NUMBER_PX * self._m_px
        for zone in sorted(visible, key=lambda zone: -state.outlines[zone].area.area):
            box = QRectF(0, 0, _LETTER_WIDTH_SHARE * len(zone) * height, height)
            box.moveCenter(visible[zone])
            if not any(box.intersects(other) for other in boxes):
                boxes.append(box)
                selected[zone] = visible[zone]
        return selected

    def _find_position(self, zone: str, area: BaseGeometry, sites: FloatArray) -> QPointF | None:
        """Return the best point of a zone in view; the number stays where it is if possible."""
        known, visible_rect = self._best_points.get(zone), self._visible_rect
        is_same = known is not None and known[0] is area
        best = known[1] if known and is_same else self._find_best_point(zone, area, sites)
        self._best_points[zone] = (area, best)
        if best is not None and visible_rect.contains(best):
            return best
        current = self.positions.get(zone)
        if is_same and current is not None and visible_rect.contains(current):
            return current
        left, top = self._frame.to_project_m(visible_rect.topLeft())
        right, bottom = self._frame.to_project_m(visible_rect.bottomRight())
        visible_area = shapely.clip_by_rect(area, left, bottom, right, top)
        return self._find_best_point(zone, visible_area, sites)

    def _find_best_point(self, zone: str, area: BaseGeometry, sites: FloatArray) -> QPointF | None:
        """Return the best point for a zone's number, and store the alternatives."""
        anchors = find_label_anchors(area, sites, max(1.0, _LETTER_WIDTH_SHARE * len(zone)))
        points = [self._frame.to_scene_point(*anchor) for anchor in anchors]
        self._alternatives[zone] = points[1:]
        return points[0] if points else None


def format_site_label(state: ProjectState, site: Site, by: str, level: str) -> str:
    """Return a site's label by a field of ``SITE_LABEL_FIELDS``; ``level`` is its level as text."""
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
