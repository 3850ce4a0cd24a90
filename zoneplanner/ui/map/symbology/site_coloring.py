"""The coloring of sites by a theme, the symbols of sites, and the fills of zones.

A site's symbol is the shape of its level in its color, with small marks. A zone has a fill, a band,
and in high contrast a hatch.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import is_not

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from zoneplanner.analysis.measures.class_breaks import (
    MAX_CLASSES,
    MIN_CLASSES,
    NO_CLASS_BREAKS,
    ClassBreaks,
)
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS
from zoneplanner.app.geography.map_themes import (
    MAP_THEMES,
    READINESS,
    VISIT,
    ZONE,
    ThemeInputs,
    ThemeValues,
    build_readiness_inputs,
    classify_theme_values,
    compute_theme_values,
    read_theme_inputs,
)
from zoneplanner.app.plans.what_if import PLANNED_KIND
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import map_locked_sites
from zoneplanner.domain.readiness.requirements import WORST_FIRST, RequirementStatus
from zoneplanner.tokens import MAP_STYLE, MapScale, zone_hatch
from zoneplanner.ui.map.symbology.color_classes import (
    ColorClass,
    build_color_classes,
)
from zoneplanner.ui.widgets.services.ui_context import ReadinessReader, SessionBridge
from zoneplanner.ui.widgets.style.theme import Theme, fade_color, render_picture, set_font_weight
from zoneplanner.ui.widgets.style.value_text import (
    blend_over,
    make_zone_color,
    make_zone_fill,
    make_zone_text_color,
)

_DEFAULT_MARK = "cross"
_RING_GAP_PX = 4.0
_DASHED_LINE_PX = 2.2
_DASHES = (1.4, 1.2)
"""Dash and gap of the edge of a planned site, in widths of the line."""

LOCKED_MARK = "locked"
NEAR_LINE_MARK = "near_line"
STACKED_MARK = "stacked"
ENROLLMENT_MARK = "enrollment"
SELECTED_RING, HOVERED_RING, UNASSIGNED_RING = "selected", "hovered", "unassigned"
_RINGS = {
    SELECTED_RING: (MAP_STYLE.selected_ring_px, "label"),
    HOVERED_RING: (MAP_STYLE.hovered_ring_px, "label"),
    UNASSIGNED_RING: (MAP_STYLE.unassigned_ring_px, "warning"),
}
"""Width in pixels and color role of the ring around a site."""
SITE_MARKS = (LOCKED_MARK, NEAR_LINE_MARK, STACKED_MARK, ENROLLMENT_MARK)


@dataclass(frozen=True, slots=True)
class SiteSymbol:
    """Everything that determines how a symbol is drawn; equal symbols share one picture."""

    shape: str
    size_px: float
    fill: str
    ink: str
    edge: str
    text: str = ""
    marks: tuple[str, ...] = ()
    ring: str = ""
    pale: bool = False
    hatched: bool = False
    dashed: bool = False


def get_level_shape(level: str) -> str:
    """Return the name of a level's shape."""
    return MAP_STYLE.mark_of(level, _DEFAULT_MARK)


def get_level_size_px(level: str) -> float:
    """Return the diameter of a level's symbol on a map of the whole district."""
    return MAP_STYLE.marks[get_level_shape(level)].size_px


def _build_outline(shape: str, radius: float) -> QPainterPath:
    """Return a shape around the origin."""
    path = QPainterPath()
    corners = MAP_STYLE.marks[shape].corners
    if corners:
        path.addPolygon(QPolygonF([QPointF(x * radius, -y * radius) for x, y in corners]))
        path.closeSubpath()
    else:
        path.addEllipse(QPointF(0, 0), radius, radius)
    return path


def compute_symbol_reach_px(symbol: SiteSymbol) -> float:
    """Return a symbol's radius including marks and ring."""
    return symbol.size_px / 2 + 10


def compute_outline_reach_px(symbol: SiteSymbol) -> float:
    """Return the radius that labels avoid, including the ring of a selected site."""
    if symbol.ring != SELECTED_RING:
        return symbol.size_px / 2
    width, _ = _RINGS[symbol.ring]
    return symbol.size_px / 2 + _RING_GAP_PX + width + MAP_STYLE.ring_halo_px


def render_symbol(
    symbol: SiteSymbol, theme: Theme, ratio: float, *, only_marks: bool = False
) -> QPixmap:
    """Return a symbol's picture, or that of its marks, for a ratio of device pixels per pixel.

    Marks have separate pictures because they are above all symbols.
    """
    radius = compute_symbol_reach_px(symbol)

    def draw(painter: QPainter) -> None:
        painter.translate(radius, radius)
        paint = _paint_marks if only_marks else _paint_body
        paint(painter, symbol, theme)

    return render_picture(2 * radius, 2 * radius, ratio, draw)


def paint_symbol(painter: QPainter, symbol: SiteSymbol, theme: Theme) -> None:
    """Paint a symbol with its marks around the painter's origin."""
    _paint_body(painter, symbol, theme)
    _paint_marks(painter, symbol, theme)


def _paint_marks(painter: QPainter, symbol: SiteSymbol, theme: Theme) -> None:
    for mark in symbol.marks:
        _MARK_PAINTERS[mark](painter, symbol.size_px / 2, theme)


def _paint_body(painter: QPainter, symbol: SiteSymbol, theme: Theme) -> None:
    radius, form = symbol.size_px / 2, MAP_STYLE.marks[symbol.shape]
    inner = form.signed if symbol.text else form.inner
    if symbol.ring:
        width, role = _RINGS[symbol.ring]
        around = _build_outline("circle", radius + _RING_GAP_PX + width / 2)
        painter.strokePath(around, _make_pen(theme.halo, width + 2 * MAP_STYLE.ring_halo_px))
        painter.strokePath(around, _make_pen(getattr(theme, role), width))
    body = _build_outline(symbol.shape, radius * inner)
    edge = QColor(symbol.edge)
    halo = MAP_STYLE.site_edge_px + 2 * MAP_STYLE.site_halo_px
    if inner < 1:
        around = _build_outline("circle", radius)
        painter.fillPath(around, QColor(theme.halo))
        painter.strokePath(around, _make_pen(theme.halo, halo))
        painter.strokePath(around, _make_pen(symbol.edge, MAP_STYLE.site_edge_px))
    elif not symbol.pale:
        painter.strokePath(body, _make_pen(theme.halo, halo))
    painter.fillPath(body, QColor(symbol.fill))
    if symbol.hatched:
        painter.fillPath(body, QBrush(QColor(symbol.ink), Qt.BrushStyle.BDiagPattern))
    painter.strokePath(body, _make_edge_pen(edge, symbol))
    if symbol.text:
        _paint_text(painter, symbol)


def _make_edge_pen(color: QColor, symbol: SiteSymbol) -> QPen:
    pen = QPen(color, MAP_STYLE.site_edge_px)
    if symbol.dashed:
        pen.setWidthF(_DASHED_LINE_PX)
        pen.setDashPattern(_DASHES)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _make_pen(color: str, width: float) -> QPen:
    return QPen(QColor(color), width, j=Qt.PenJoinStyle.RoundJoin)


def _paint_text(painter: QPainter, symbol: SiteSymbol) -> None:
    font = QFont(painter.font())
    font.setPixelSize(round(symbol.size_px * (0.56 if len(symbol.text) < 2 else 0.5)))
    set_font_weight(font, 600)
    painter.setFont(font)
    painter.setPen(QColor(symbol.ink))
    size = symbol.size_px
    down = size * 0.1 if symbol.shape == "triangle" else 0.0
    box = QRectF(-size, down - size, 2 * size, 2 * size)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, symbol.text)


def _paint_badge(painter: QPainter, at: QPointF, color: str, halo: str) -> None:
    painter.setPen(QPen(QColor(halo), 1))
    painter.setBrush(QColor(color))
    painter.drawEllipse(at, MAP_STYLE.badge_px / 2, MAP_STYLE.badge_px / 2)


def _paint_locked_mark(painter: QPainter, radius: float, theme: Theme) -> None:
    at = QPointF(radius * 0.8 + 1, -radius * 0.8 - 1)
    _paint_badge(painter, at, theme.text, theme.halo)
    painter.setPen(QPen(QColor(theme.halo), 1.1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(at.x() - 1.4, at.y() - 2.9, 2.8, 3.6), 0, 180 * 16)
    painter.fillRect(QRectF(at.x() - 2, at.y() - 0.8, 4, 3), QColor(theme.halo))


def _paint_near_line_mark(painter: QPainter, radius: float, theme: Theme) -> None:
    at = QPointF(radius * 0.8 + 1, radius * 0.8 + 1)
    _paint_badge(painter, at, theme.warning, theme.halo)
    painter.fillRect(QRectF(at.x() - 0.7, at.y() - 2.6, 1.4, 3.2), QColor(theme.halo))
    painter.fillRect(QRectF(at.x() - 0.7, at.y() + 1.3, 1.4, 1.4), QColor(theme.halo))


def _paint_enrollment_mark(painter: QPainter, radius: float, theme: Theme) -> None:
    at = QPointF(-radius * 0.8 - 1, -radius * 0.8 - 1)
    _paint_badge(painter, at, theme.halo, theme.text)
    font = QFont(painter.font())
    font.setPixelSize(8)
    set_font_weight(font, 600)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    painter.drawText(QRectF(at.x() - 5, at.y() - 5, 10, 10), Qt.AlignmentFlag.AlignCenter, "?")


def _paint_stacked_mark(painter: QPainter, radius: float, theme: Theme) -> None:
    """Draw a bar below sites that share one position and are shown side by side."""
    for color, width in ((theme.halo, 3.5), (theme.text, 1.5)):
        painter.setPen(_make_pen(color, width))
        painter.drawLine(QPointF(-radius, radius + 3.5), QPointF(radius, radius + 3.5))


_MARK_PAINTERS: dict[str, Callable[[QPainter, float, Theme], None]] = {
    LOCKED_MARK: _paint_locked_mark,
    NEAR_LINE_MARK: _paint_near_line_mark,
    ENROLLMENT_MARK: _paint_enrollment_mark,
    STACKED_MARK: _paint_stacked_mark,
}


_HATCH_TILE_PX = 14
_TILES_PER_ROW = 16


def make_hatch_brush(
    name: str, color: QColor, ratio: float, ground: QColor | None = None
) -> QBrush:
    """Return a brush with a hatch of ``_HATCH_LINES`` or dots, and a ground, if any."""
    size = math.ceil(_HATCH_TILE_PX * ratio)
    tile = QPixmap(size, size)
    tile.fill(Qt.GlobalColor.transparent if ground is None else ground)
    with QPainter(tile) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(size / _HATCH_TILE_PX, size / _HATCH_TILE_PX)
        painter.setPen(QPen(color, 1.1))
        for start, end in _HATCH_LINES.get(name, ()):
            painter.drawLine(QPointF(*start), QPointF(*end))
        if name == "dots":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            for x, y in ((3.5, 3.5), (10.5, 10.5)):
                painter.drawEllipse(QPointF(x, y), 1.3, 1.3)
    return QBrush(_repeat_tile(tile, ratio))


def _repeat_tile(tile: QPixmap, ratio: float) -> QPixmap:
    """Return many tiles side by side, which Qt fills faster than one tile."""
    row = QPixmap(tile.width() * _TILES_PER_ROW, tile.height())
    row.fill(Qt.GlobalColor.transparent)
    with QPainter(row) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawTiledPixmap(row.rect(), tile)
    row.setDevicePixelRatio(ratio)
    return row


def make_zone_brush(
    color: int, theme: Theme, ratio: float, share: float, *, clear: bool = False
) -> QBrush:
    """Return the brush for a zone with a ``share`` of its color on the map's land.

    In high contrast it includes the zone's hatch. A ``clear`` brush is transparent.
    """
    tint = make_zone_fill(color, min(1.0, share))
    fill = tint if clear else blend_over(tint, theme.color("land"))
    if not theme.hatch_share:
        return QBrush(fill)
    lines = fade_color(make_zone_text_color(color, theme), theme.hatch_share)
    return make_hatch_brush(zone_hatch(color), lines, ratio, fill)


def make_band_color(color: int) -> QColor:
    """Return the color of the band along the inside of a zone's edge."""
    return make_zone_fill(color, MAP_STYLE.band_share)


def paint_zone_swatch(
    painter: QPainter, box: QRectF, color: int, theme: Theme, *, ratio: float, strength: float = 1.0
) -> None:
    """Paint a zone as on the map: fill, band and edge; ``strength`` multiplies the fill."""
    band = min(MAP_STYLE.at(_SWATCH_M_PX).band_px, box.height() / 4)
    fill = make_zone_brush(color, theme, ratio, theme.zone_fill_share * strength)
    painter.fillRect(box, fill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = band / 2
    painter.setPen(QPen(make_band_color(color), band, j=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(box.adjusted(half, half, -half, -half))
    painter.setPen(QPen(theme.color("zone_edge"), theme.zone_edge_px))
    painter.drawRect(box)


_SWATCH_M_PX = 60.0


_SIDE = _HATCH_TILE_PX
_HALF = _HATCH_TILE_PX / 2
_Line = tuple[tuple[float, float], tuple[float, float]]
_RISING: tuple[_Line, ...] = (
    ((-_SIDE, _SIDE), (_SIDE, -_SIDE)),
    ((0, _SIDE), (_SIDE, 0)),
    ((0, 2 * _SIDE), (2 * _SIDE, 0)),
)
_FALLING: tuple[_Line, ...] = (
    ((0, 0), (_SIDE, _SIDE)),
    ((-_SIDE, 0), (_SIDE, 2 * _SIDE)),
    ((0, -_SIDE), (2 * _SIDE, _SIDE)),
)
_HORIZONTAL: tuple[_Line, ...] = (((0, _HALF), (_SIDE, _HALF)),)
_VERTICAL: tuple[_Line, ...] = (((_HALF, 0), (_HALF, _SIDE)),)
_HATCH_LINES: dict[str, tuple[_Line, ...]] = {
    "rising": _RISING,
    "falling": _FALLING,
    "level": _HORIZONTAL,
    "upright": _VERTICAL,
    "squares": _HORIZONTAL + _VERTICAL,
    "diamonds": _RISING + _FALLING,
}


_DEFAULT_CLASS_COUNT = 5
_MIN_SIZE_WITH_SIGN_PX = 17.0
_MARKS_BY_NOTE = {
    "near_line": NEAR_LINE_MARK,
    "stacked": STACKED_MARK,
    "enrollment_missing": ENROLLMENT_MARK,
    "enrollment_misleading": ENROLLMENT_MARK,
}


@dataclass(frozen=True, slots=True)
class ColoringChoice:
    """A theme of ``MAP_THEMES``, and how its figures are classified."""

    subject: str = ZONE
    method: str = ""
    count: int = _DEFAULT_CLASS_COUNT

    @property
    def effective_method(self) -> str:
        """The method, or the theme's default if it does not have that method."""
        methods = MAP_THEMES[self.subject].methods
        return self.method if self.method in methods else next(iter(methods), "")

    @property
    def text(self) -> str:
        """The choice as a string for ``parse_coloring_choice``."""
        return f"{self.subject} {self.count} {self.method}"


def parse_coloring_choice(text: str) -> ColoringChoice | None:
    """Return the choice of a stored string, or None if it is not valid."""
    subject, count, method = [*text.split(), "", "", ""][:3]
    is_valid = subject in MAP_THEMES and count.isdecimal()
    if not is_valid or not MIN_CLASSES <= int(count) <= MAX_CLASSES:
        return None
    return ColoringChoice(subject, method, int(count))


@dataclass(frozen=True, eq=False, slots=True)
class SiteColoring:
    """How the sites are colored in a state; ``class_index`` has the index of each site's class."""

    choice: ColoringChoice
    values: ThemeValues | None = None
    class_breaks: ClassBreaks = NO_CLASS_BREAKS
    classes: tuple[ColorClass, ...] = ()
    class_index: Mapping[str, int] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The key of the theme."""
        return self.choice.subject

    def list_class_sites(self, index: int | None) -> frozenset[str] | None:
        """Return the sites of a class by its index, or None if there is no such class."""
        if index is None or index >= len(self.classes):
            return None
        return self.classes[index].sites

    def get_zone_caption(self, state: ProjectState, zone: str) -> str:
        """Return the caption of a zone: who is there, or how many sites are late or due."""
        if self.values is None:
            return ""
        if self.subject != READINESS or state.plan is None:
            return self.values.captions.get(zone, "")
        counts = Counter(
            self.values.values.get(site)
            for site, home in state.plan.assignment.items()
            if home == zone
        )
        worst = next((status for status in WORST_FIRST if counts[status]), None)
        if worst in (None, RequirementStatus.NOT_REQUIRED):
            return ""
        number = "all" if worst is RequirementStatus.DONE else str(counts[worst])
        return f"{number} {'no record' if worst is RequirementStatus.NOT_RECORDED else worst}"


def compute_coloring(
    choice: ColoringChoice,
    state: ProjectState,
    inputs: ThemeInputs,
    theme: Theme,
    *,
    class_breaks: ClassBreaks | None = None,
    factual_state: Callable[[], ProjectState] | None = None,
) -> SiteColoring:
    """Color the sites of a state by a theme.

    Class breaks that are not given are computed for the ``ground`` of a what-if under the
    usual conditions, so that a color has the same meaning in every what-if. Themes of what is on
    record only depend on the factual state.
    """
    if choice.subject == ZONE:
        return SiteColoring(choice)
    fact = factual_state() if factual_state else state
    is_recorded = choice.subject in (VISIT, READINESS)
    values = compute_theme_values(choice.subject, fact if is_recorded else state, inputs)
    method = choice.effective_method
    if class_breaks is None:
        usual_values = values
        if fact is not state or inputs.under != USUAL_CONDITIONS:
            usual_inputs = replace(inputs, under=USUAL_CONDITIONS)
            usual_values = compute_theme_values(choice.subject, fact, usual_inputs)
        class_breaks = classify_theme_values(usual_values, method, choice.count)
    classes = build_color_classes(values, class_breaks, method, state, theme)
    class_index = {site: i for i, color_class in enumerate(classes) for site in color_class.sites}
    return SiteColoring(choice, values, class_breaks, classes, class_index)


def collect_site_marks(state: ProjectState) -> dict[str, tuple[str, ...]]:
    """Return the marks of each site that has any, in a fixed order."""
    marks: dict[str, set[str]] = {}
    for note in state.notes:
        if note.code in _MARKS_BY_NOTE:
            for site in note.where.get("sites", note.where.get("site", "")).split(";"):
                marks.setdefault(site, set()).add(_MARKS_BY_NOTE[note.code])
    for site in map_locked_sites(state.project, state.plan) if state.plan else ():
        marks.setdefault(site, set()).add(LOCKED_MARK)
    return {site: tuple(m for m in SITE_MARKS if m in own) for site, own in marks.items()}


def build_site_symbol(
    site: Site,
    state: ProjectState,
    theme: Theme,
    *,
    zone_colors: Mapping[str, int],
    color_class: ColorClass | None,
    marks: tuple[str, ...],
    scale: MapScale,
    ring: str = "",
    faded: bool = False,
) -> SiteSymbol:
    """Return a site's symbol at a scale, in the color of its class or else of its zone.

    ``faded`` sites are not in the class chosen in the legend.
    """
    shape = get_level_shape(site.level)
    size = get_level_size_px(site.level) * scale.site
    marks, dashed = marks[: scale.badges], site.kind == PLANNED_KIND
    if not site.patrolled or faded:
        pale, muted = theme.site_pale, theme.muted
        return SiteSymbol(shape, size * 0.8, pale, muted, muted, "", (), ring, True, dashed=dashed)
    if color_class is not None:
        sign = color_class.signs.get(site.id, color_class.sign)
        size = color_class.size_px * scale.site if color_class.size_px else size
        return SiteSymbol(
            shape,
            max(size, _MIN_SIZE_WITH_SIGN_PX * min(1.0, scale.site)) if sign else size,
            color_class.fill,
            color_class.ink,
            theme.site_edge,
            sign,
            marks,
            ring,
            hatched=color_class.missing and not sign,
            dashed=dashed,
        )
    zone = state.plan.assignment.get(site.id) if state.plan else None
    color = zone_colors.get(zone or "")
    fill = theme.unassigned if color is None else make_zone_color(color).name()
    if color is None:
        ring = ring or UNASSIGNED_RING
    edge = theme.site_edge
    return SiteSymbol(shape, size, fill, theme.text, edge, "", marks, ring, dashed=dashed)


class ColoringInputs:
    """Reads the inputs of a theme, only if they may have changed; ``inputs`` are the latest."""

    def __init__(
        self, session: Session, bridge: SessionBridge, readiness: ReadinessReader | None
    ) -> None:
        self.inputs = ThemeInputs()
        self._session, self._bridge, self._readiness = session, bridge, readiness
        self._read_key = ""
        self._read_sources: tuple[object, ...] = ()

    def read(self, subject: str) -> ThemeInputs:
        """Return the inputs of a theme under the window's conditions."""
        if subject == READINESS and self._readiness is not None:
            request = self._readiness.request()
            return build_readiness_inputs(request, self._session.saved_project)
        if self.has_changed(subject):
            self.inputs = read_theme_inputs(self._session, subject, last=self._bridge.last_day)
            self._read_key, self._read_sources = self._get_sources(subject)
        self.inputs = replace(self.inputs, under=self._bridge.conditions)
        return self.inputs

    def has_changed(self, subject: str) -> bool:
        """Whether a theme may have changed since its inputs were last read."""
        key, sources = self._get_sources(subject)
        changed = key != self._read_key or any(map(is_not, sources, self._read_sources))
        return changed or subject == READINESS

    def _get_sources(self, subject: str) -> tuple[str, tuple[object, ...]]:
        session, project = self._session, self._session.project
        sources = (
            session.last_visits,
            project.sites,
            project.calendar,
            project.rules,
            project.rule_pack,
            project.shifts,
            project.records,
        )
        return f"{subject} {session.today} {self._bridge.last_day}", sources
