"""What the sites are colored by, and how sites and zones look for it.

A site's symbol is its level's shape in its color, with the small marks that it carries. A zone is
filled with its tone, its band, and line patterns that repeat without a seam.
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

_OTHER_MARK = "cross"
_RING_GAP_PX = 4.0
_DASHED_PX = 2.2
_DASHES = (1.4, 1.2)
"""Dash and gap of the edge of what is only planned, in widths of the line."""

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
"""Width in pixels and role of the ring around a site."""
SITE_MARKS = (LOCKED_MARK, NEAR_LINE_MARK, STACKED_MARK, ENROLLMENT_MARK)


@dataclass(frozen=True, slots=True)
class SiteSymbol:
    """All that decides how a symbol is drawn; equal looks share one picture."""

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
    return MAP_STYLE.mark_of(level, _OTHER_MARK)


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


def compute_symbol_reach_px(look: SiteSymbol) -> float:
    """Return how far a symbol reaches from its middle, marks and ring included."""
    return look.size_px / 2 + 10


def compute_outline_reach_px(look: SiteSymbol) -> float:
    """Return how far words keep off a symbol's middle: its ring counts where it is selected."""
    if look.ring != SELECTED_RING:
        return look.size_px / 2
    width, _ = _RINGS[look.ring]
    return look.size_px / 2 + _RING_GAP_PX + width + MAP_STYLE.ring_halo_px


def render_symbol(
    look: SiteSymbol, theme: Theme, ratio: float, *, only_marks: bool = False
) -> QPixmap:
    """Paint a symbol once, sharp on a screen with this many device pixels to a pixel.

    Its marks are painted by themselves, since they lie above all symbols.
    """
    reach = compute_symbol_reach_px(look)

    def draw(painter: QPainter) -> None:
        painter.translate(reach, reach)
        if not only_marks:
            _paint_body(painter, look, theme)
            return
        for mark in look.marks:
            _MARK_PAINTERS[mark](painter, look.size_px / 2, theme)

    return render_picture(2 * reach, 2 * reach, ratio, draw)


def paint_symbol(painter: QPainter, look: SiteSymbol, theme: Theme) -> None:
    """Paint a symbol around the painter's origin, and its marks."""
    _paint_body(painter, look, theme)
    for mark in look.marks:
        _MARK_PAINTERS[mark](painter, look.size_px / 2, theme)


def _paint_body(painter: QPainter, look: SiteSymbol, theme: Theme) -> None:
    radius, form = look.size_px / 2, MAP_STYLE.marks[look.shape]
    inner = form.signed if look.text else form.inner
    if look.ring:
        width, role = _RINGS[look.ring]
        around = _build_outline("circle", radius + _RING_GAP_PX + width / 2)
        painter.strokePath(around, _pen(theme.halo, width + 2 * MAP_STYLE.ring_halo_px))
        painter.strokePath(around, _pen(getattr(theme, role), width))
    body = _build_outline(look.shape, radius * inner)
    edge = QColor(look.edge)
    halo = MAP_STYLE.site_edge_px + 2 * MAP_STYLE.site_halo_px
    if inner < 1:
        around = _build_outline("circle", radius)
        painter.fillPath(around, QColor(theme.halo))
        painter.strokePath(around, _pen(theme.halo, halo))
        painter.strokePath(around, _pen(look.edge, MAP_STYLE.site_edge_px))
    elif not look.pale:
        painter.strokePath(body, _pen(theme.halo, halo))
    painter.fillPath(body, QColor(look.fill))
    if look.hatched:
        painter.fillPath(body, QBrush(QColor(look.ink), Qt.BrushStyle.BDiagPattern))
    painter.strokePath(body, _edge(edge, look))
    if look.text:
        _text(painter, look)


def _edge(color: QColor, look: SiteSymbol) -> QPen:
    pen = QPen(color, MAP_STYLE.site_edge_px)
    if look.dashed:
        pen.setWidthF(_DASHED_PX)
        pen.setDashPattern(_DASHES)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _pen(color: str, width: float) -> QPen:
    return QPen(QColor(color), width, j=Qt.PenJoinStyle.RoundJoin)


def _text(painter: QPainter, look: SiteSymbol) -> None:
    font = QFont(painter.font())
    font.setPixelSize(round(look.size_px * (0.56 if len(look.text) < 2 else 0.5)))
    set_font_weight(font, 600)
    painter.setFont(font)
    painter.setPen(QColor(look.ink))
    half = look.size_px
    low = look.size_px * 0.1 if look.shape == "triangle" else 0.0
    painter.drawText(
        QRectF(-half, low - half, 2 * half, 2 * half), Qt.AlignmentFlag.AlignCenter, look.text
    )


def _badge(painter: QPainter, at: QPointF, color: str, halo: str) -> None:
    painter.setPen(QPen(QColor(halo), 1))
    painter.setBrush(QColor(color))
    painter.drawEllipse(at, MAP_STYLE.badge_px / 2, MAP_STYLE.badge_px / 2)


def _locked(painter: QPainter, radius: float, theme: Theme) -> None:
    at = QPointF(radius * 0.8 + 1, -radius * 0.8 - 1)
    _badge(painter, at, theme.text, theme.halo)
    painter.setPen(QPen(QColor(theme.halo), 1.1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(at.x() - 1.4, at.y() - 2.9, 2.8, 3.6), 0, 180 * 16)
    painter.fillRect(QRectF(at.x() - 2, at.y() - 0.8, 4, 3), QColor(theme.halo))


def _near_line(painter: QPainter, radius: float, theme: Theme) -> None:
    at = QPointF(radius * 0.8 + 1, radius * 0.8 + 1)
    _badge(painter, at, theme.warning, theme.halo)
    painter.fillRect(QRectF(at.x() - 0.7, at.y() - 2.6, 1.4, 3.2), QColor(theme.halo))
    painter.fillRect(QRectF(at.x() - 0.7, at.y() + 1.3, 1.4, 1.4), QColor(theme.halo))


def _enrollment(painter: QPainter, radius: float, theme: Theme) -> None:
    at = QPointF(-radius * 0.8 - 1, -radius * 0.8 - 1)
    _badge(painter, at, theme.halo, theme.text)
    font = QFont(painter.font())
    font.setPixelSize(8)
    set_font_weight(font, 600)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    painter.drawText(QRectF(at.x() - 5, at.y() - 5, 10, 10), Qt.AlignmentFlag.AlignCenter, "?")


def _stacked(painter: QPainter, radius: float, theme: Theme) -> None:
    """Draw the bar under sites that share one position and are shown side by side."""
    painter.setPen(_pen(theme.halo, 3.5))
    line = (QPointF(-radius, radius + 3.5), QPointF(radius, radius + 3.5))
    painter.drawLine(*line)
    painter.setPen(_pen(theme.text, 1.5))
    painter.drawLine(*line)


_MARK_PAINTERS: dict[str, Callable[[QPainter, float, Theme], None]] = {
    LOCKED_MARK: _locked,
    NEAR_LINE_MARK: _near_line,
    ENROLLMENT_MARK: _enrollment,
    STACKED_MARK: _stacked,
}


_TILE_PX = 14
_TILES_ACROSS = 16


def make_hatch_brush(
    name: str, color: QColor, ratio: float, ground: QColor | None = None
) -> QBrush:
    """Return a brush that fills with a hatch of ``tokens.HATCH_TILES``.

    With a ground one fill paints both.
    """
    size = math.ceil(_TILE_PX * ratio)
    tile = QPixmap(size, size)
    tile.fill(Qt.GlobalColor.transparent if ground is None else ground)
    with QPainter(tile) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(size / _TILE_PX, size / _TILE_PX)
        painter.setPen(QPen(color, 1.1))
        for start, end in _LINES.get(name, ()):
            painter.drawLine(QPointF(*start), QPointF(*end))
        if name == "dots":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            for x, y in ((3.5, 3.5), (10.5, 10.5)):
                painter.drawEllipse(QPointF(x, y), 1.3, 1.3)
    return QBrush(_tile_row(tile, ratio))


def _tile_row(tile: QPixmap, ratio: float) -> QPixmap:
    """Return many tiles side by side; Qt fills by runs of pixels that end where a tile does."""
    row = QPixmap(tile.width() * _TILES_ACROSS, tile.height())
    row.fill(Qt.GlobalColor.transparent)
    with QPainter(row) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawTiledPixmap(row.rect(), tile)
    row.setDevicePixelRatio(ratio)
    return row


def make_zone_brush(
    color: int, theme: Theme, ratio: float, share: float, *, clear: bool = False
) -> QBrush:
    """Return how a zone is filled by ``share`` of its color on the map's land.

    Where tone cannot tell zones apart, in high contrast, its hatch is drawn too. A ``clear`` fill
    lets what is below it show.
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
    """Paint a zone as the map has it: fill, band, edge. ``strength`` multiplies the fill."""
    band = min(MAP_STYLE.at(_USUAL_M_PX).band_px, box.height() / 4)
    fill = make_zone_brush(color, theme, ratio, theme.zone_fill_share * strength)
    painter.fillRect(box, fill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = band / 2
    painter.setPen(QPen(make_band_color(color), band, j=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(box.adjusted(half, half, -half, -half))
    painter.setPen(QPen(theme.color("zone_edge"), theme.zone_edge_px))
    painter.drawRect(box)


_USUAL_M_PX = 60.0


_T = _TILE_PX
_H = _TILE_PX / 2
_Line = tuple[tuple[float, float], tuple[float, float]]
_RISING: tuple[_Line, ...] = (
    ((-_T, _T), (_T, -_T)),
    ((0, _T), (_T, 0)),
    ((0, 2 * _T), (2 * _T, 0)),
)
_FALLING: tuple[_Line, ...] = (
    ((0, 0), (_T, _T)),
    ((-_T, 0), (_T, 2 * _T)),
    ((0, -_T), (2 * _T, _T)),
)
_LEVEL: tuple[_Line, ...] = (((0, _H), (_T, _H)),)
_UPRIGHT: tuple[_Line, ...] = (((_H, 0), (_H, _T)),)
_LINES: dict[str, tuple[_Line, ...]] = {
    "rising": _RISING,
    "falling": _FALLING,
    "level": _LEVEL,
    "upright": _UPRIGHT,
    "squares": _LEVEL + _UPRIGHT,
    "diamonds": _RISING + _FALLING,
}


_DEFAULT_CLASS_COUNT = 5
_LEAST_WITH_SIGN_PX = 17.0
_MARK_OF_NOTE = {
    "near_line": NEAR_LINE_MARK,
    "stacked": STACKED_MARK,
    "enrollment_missing": ENROLLMENT_MARK,
    "enrollment_misleading": ENROLLMENT_MARK,
}


@dataclass(frozen=True, slots=True)
class ColoringChoice:
    """What a person wants to see: a subject of ``app.themes``, and how its figures are classed."""

    subject: str = ZONE
    method: str = ""
    count: int = _DEFAULT_CLASS_COUNT

    @property
    def effective_method(self) -> str:
        """The method, or the subject's usual one where it does not have that."""
        methods = MAP_THEMES[self.subject].methods
        return self.method if self.method in methods else next(iter(methods), "")

    @property
    def text(self) -> str:
        """The choice as one text, which ``parse_coloring_choice`` reads."""
        return f"{self.subject} {self.count} {self.method}"


def parse_coloring_choice(text: str) -> ColoringChoice | None:
    """Read the text of a choice; None where it is none that this program knows."""
    subject, count, method = [*text.split(), "", "", ""][:3]
    if (
        subject not in MAP_THEMES
        or not count.isdecimal()
        or not MIN_CLASSES <= int(count) <= MAX_CLASSES
    ):
        return None
    return ColoringChoice(subject, method, int(count))


@dataclass(frozen=True, eq=False, slots=True)
class SiteColoring:
    """How the sites are colored in one reading. ``place`` gives each site's shade."""

    choice: ColoringChoice
    values: ThemeValues | None = None
    classes: ClassBreaks = NO_CLASS_BREAKS
    shades: tuple[ColorClass, ...] = ()
    place: Mapping[str, int] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The key of what the sites are colored by."""
        return self.choice.subject

    def list_class_sites(self, shade: int | None) -> frozenset[str] | None:
        """Return the sites of a shade by its place, None where there is no such shade."""
        known = shade is not None and shade < len(self.shades)
        return self.shades[shade].sites if known and shade is not None else None

    def get_zone_caption(self, state: ProjectState, zone: str) -> str:
        """Return the words under a zone's number: who is there, how many sites are late or due."""
        if self.values is None:
            return ""
        if self.subject != READINESS or state.plan is None:
            return self.values.captions.get(zone, "")
        found = Counter(
            self.values.values.get(site)
            for site, own in state.plan.assignment.items()
            if own == zone
        )
        worst = next((status for status in WORST_FIRST if found[status]), None)
        if worst in (None, RequirementStatus.NOT_REQUIRED):
            return ""
        number = "all" if worst is RequirementStatus.DONE else str(found[worst])
        return f"{number} {worst.removesuffix(' on file')}"


def compute_coloring(
    choice: ColoringChoice,
    state: ProjectState,
    logged: ThemeInputs,
    theme: Theme,
    *,
    held: ClassBreaks | None = None,
    ground: Callable[[], ProjectState] | None = None,
) -> SiteColoring:
    """Color the sites of a reading; ``held`` classes stay, and sites pass between them.

    Classes are those of the ``ground`` of a what-if, under the usual conditions: so a color means
    the same whatever is supposed. What is on record is counted of its sites, whatever is supposed.
    """
    if choice.subject == ZONE:
        return SiteColoring(choice)
    fact = ground() if ground else state
    recorded = choice.subject in (VISIT, READINESS)
    values = compute_theme_values(choice.subject, fact if recorded else state, logged)
    method = choice.effective_method
    if held is None:
        usual = values
        if fact is not state or logged.under != USUAL_CONDITIONS:
            plainly = replace(logged, under=USUAL_CONDITIONS)
            usual = compute_theme_values(choice.subject, fact, plainly)
        held = classify_theme_values(usual, method, choice.count)
    found = held
    shades = build_color_classes(values, found, method, state, theme)
    place = {site: at for at, shade in enumerate(shades) for site in shade.sites}
    return SiteColoring(choice, values, found, shades, place)


def collect_site_marks(state: ProjectState) -> dict[str, tuple[str, ...]]:
    """Return the marks of each site that has any, in a fixed order."""
    found: dict[str, set[str]] = {}
    for note in state.notes:
        mark = _MARK_OF_NOTE.get(note.code)
        if mark is None:
            continue
        for site in note.where.get("sites", note.where.get("site", "")).split(";"):
            found.setdefault(site, set()).add(mark)
    for site in map_locked_sites(state.project, state.plan) if state.plan else ():
        found.setdefault(site, set()).add(LOCKED_MARK)
    return {site: tuple(m for m in SITE_MARKS if m in own) for site, own in found.items()}


def build_site_symbol(
    site: Site,
    state: ProjectState,
    theme: Theme,
    *,
    zone_colors: Mapping[str, int],
    shade: ColorClass | None,
    marks: tuple[str, ...],
    scale: MapScale,
    ring: str = "",
    faded: bool = False,
) -> SiteSymbol:
    """Return how a site looks at a scale: in its shade, or without one in its zone's color.

    ``faded`` sites step back behind those of the class that is picked in the legend.
    """
    shape = get_level_shape(site.level)
    size = get_level_size_px(site.level) * scale.site
    marks, dashed = marks[: scale.badges], site.kind == PLANNED_KIND
    if not site.patrolled or faded:
        pale, muted = theme.site_pale, theme.muted
        return SiteSymbol(shape, size * 0.8, pale, muted, muted, "", (), ring, True, dashed=dashed)
    if shade is not None:
        sign = shade.signs.get(site.id, shade.sign)
        size = shade.size_px * scale.site if shade.size_px else size
        return SiteSymbol(
            shape,
            max(size, _LEAST_WITH_SIGN_PX * min(1.0, scale.site)) if sign else size,
            shade.fill,
            shade.ink,
            theme.site_edge,
            sign,
            marks,
            ring,
            hatched=shade.missing and not sign,
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
    """Reads it anew only where what it says of a subject can differ; ``logged`` is the last."""

    def __init__(
        self, session: Session, bridge: SessionBridge, readiness: ReadinessReader | None
    ) -> None:
        self.logged = ThemeInputs()
        self._session, self._bridge, self._readiness = session, bridge, readiness
        self._subject_and_day = ""
        self._of: tuple[object, ...] = ()

    def read(self, subject: str) -> ThemeInputs:
        """Return what a subject of ``app.themes`` needs, under the conditions of the window."""
        if subject == READINESS and self._readiness is not None:
            request = self._readiness.request()
            return build_readiness_inputs(request, self._session.saved_project)
        if self.may_differ(subject):
            self.logged = read_theme_inputs(self._session, subject, last=self._bridge.last_day)
            self._subject_and_day, self._of = self._now(subject)
        self.logged = replace(self.logged, under=self._bridge.conditions)
        return self.logged

    def may_differ(self, subject: str) -> bool:
        """Tell whether a subject can be otherwise than it was read last."""
        asked, of = self._now(subject)
        changed = asked != self._subject_and_day or any(map(is_not, of, self._of))
        return changed or subject == READINESS

    def _now(self, subject: str) -> tuple[str, tuple[object, ...]]:
        session, project = self._session, self._session.project
        of = (
            *(session.last_visits, project.sites, project.calendar, project.rules),
            project.rule_pack,
            *(project.shifts, project.records),
        )
        return f"{subject} {session.today} {self._bridge.last_day}", of
