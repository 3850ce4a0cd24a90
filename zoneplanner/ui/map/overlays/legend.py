"""The legend of the map, and what else stands in its corners and at the pointer.

The legend has its rows, their layout and clicks; what every symbol means is in the key to the
symbols. All that stands on the map is kept in place together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.map_themes import VISIT, ZONE
from zoneplanner.app.plans.what_if import PLANNED_KIND, describe_opening
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.site import format_level
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.messages import format_count
from zoneplanner.ui.map.edit_gestures import find_site_load
from zoneplanner.ui.map.layers import (
    DrawnLayers,
    LegendEntry,
    UserLayerSign,
    list_class_entries,
    list_symbol_entries,
    list_zone_entries,
)
from zoneplanner.ui.map.overlays.painted_overlay import (
    Attribution,
    PaintedOverlay,
    PointerCard,
    ScaleBar,
)
from zoneplanner.ui.map.scene.user_layers import USER_FILL_SHARE, render_point_symbol
from zoneplanner.ui.map.scene.zones_and_lines import make_outline_pen
from zoneplanner.ui.map.symbology import site_coloring
from zoneplanner.ui.map.symbology.color_classes import ColorClass
from zoneplanner.ui.map.symbology.site_coloring import (
    ColoringChoice,
    SiteColoring,
    SiteSymbol,
    paint_zone_swatch,
)
from zoneplanner.ui.widgets.style.theme import (
    PANEL_MARGIN_PX,
    SPACING_PX,
    Theme,
    draw_plate,
    fade_color,
    make_micro_font,
    render_picture,
    set_font_weight,
)
from zoneplanner.ui.widgets.style.value_text import choose_layer_color, format_number

_ROW_PX, _SHADE_PX, _NOTE_PX = 19, 22, 14
CHIP_MAX_PX = QSize(220, 200)
"""On the map the legend is at most so large."""
_NO_LIMIT = QSize(10_000, 10_000)
_SIGN_PX, _BAR_PX, _LEAST_BAR_PX, _COUNT_PX = 26, 76, 16, 28
_FOLD_SIGNS = {False: "▾", True: "▴"}
_LARGEST_SIGN_PX, _FOLD_PX = 17.0, 16


@dataclass(frozen=True, slots=True)
class _EntryBox:
    """A row and its place; ``most`` is the largest count of its section's classes.

    ``bar_left`` is where bars begin, ``bar_px`` how long the longest is.
    """

    row: LegendEntry
    box: QRectF
    most: int = 0
    bar_left: float = 0.0
    bar_px: float = 0.0
    first: bool = False


def _measure_title(title: str) -> QSize:
    """Return the room of the folded legend."""
    metrics = QFontMetrics(_make_legend_font(bold=True))
    return QSize(
        metrics.horizontalAdvance(f"{title}  {_FOLD_SIGNS[True]}") + 2 * PANEL_MARGIN_PX,
        metrics.height() + 2 * SPACING_PX - 2,
    )


def _lay_out_entries(
    sections: Sequence[Sequence[LegendEntry]], most_px: QSize = _NO_LIMIT
) -> tuple[_EntryBox, ...]:
    """Return the rows of all sections with their boxes, each as wide as the widest needs.

    Where there is less room bars are shorter, words are cut and rows stand closer.
    """
    rows = [row for section in sections for row in section]
    shades = [row for row in rows if row.kind == "shade"]
    words = QFontMetrics(_make_legend_font(bold=False))
    widest_class = max((words.horizontalAdvance(row.text) for row in shades), default=0)
    bar_left = PANEL_MARGIN_PX + _SIGN_PX + widest_class + SPACING_PX
    bars = bar_left + _BAR_PX + _COUNT_PX + PANEL_MARGIN_PX if shades else 0
    wide = max([bars, *(_width(row) + 2 * PANEL_MARGIN_PX for row in rows)], default=0)
    wide = min(wide, most_px.width())
    bar_px = max(_LEAST_BAR_PX, wide - bar_left - _COUNT_PX - PANEL_MARGIN_PX)
    most = max((_count(row) for row in shades), default=0)
    heights = [{"shade": _SHADE_PX, "note": _NOTE_PX}.get(row.kind, _ROW_PX) for row in rows]
    gaps = 4 * (len(sections) - 1) + 2 * SPACING_PX
    share = min(1.0, (most_px.height() - gaps) / max(1, sum(heights)))
    found: list[_EntryBox] = []
    y = float(SPACING_PX) - 2
    for section in sections:
        for at, row in enumerate(section):
            y += 4 if at == 0 and found else 0
            high = heights[len(found)] * share
            box = QRectF(0, y, wide, high)
            found.append(_EntryBox(row, box, most, bar_left, bar_px, not found))
            y += high
    return tuple(found)


def _paint_entry(
    painter: QPainter, laid: _EntryBox, theme: Theme, emphasis: str, ratio: float, *, folds: bool
) -> None:
    """Draw a row; the state of a class is ``pointed``, ``picked`` or empty."""
    row, inner = laid.row, laid.box.adjusted(PANEL_MARGIN_PX, 0, -PANEL_MARGIN_PX, 0)
    painter.setPen(QColor(theme.text))
    font = _make_legend_font(bold=row.kind == "heading")
    painter.setFont(font)
    if row.kind == "heading":
        if laid.first and folds:
            painter.drawText(inner, _RIGHT, _FOLD_SIGNS[False])
            inner.adjust(0, 0, -_FOLD_PX, 0)
        painter.drawText(inner, _LEFT, _cut(row.text, font, inner.width()))
        return
    if row.kind == "note":
        painter.setPen(QColor(theme.muted))
        painter.drawText(inner, _LEFT, row.text)
        return
    if row.kind == "shade":
        _shade_bar(painter, laid, theme, emphasis)
    painter.setPen(QColor(theme.text))
    words = inner.adjusted(_SIGN_PX, 0, 0, 0)
    painter.drawText(words, _LEFT, _cut(row.text, font, words.width()))
    painter.save()
    painter.translate(PANEL_MARGIN_PX + _SIGN_PX / 2 - 4, laid.box.center().y())
    _sign(painter, row, theme, ratio)
    painter.restore()


def _make_legend_font(*, bold: bool) -> QFont:
    """Return the legend's small type."""
    made = make_micro_font()
    set_font_weight(made, 600 if bold else 400)
    return made


def _width(row: LegendEntry) -> int:
    """Return the room that a row's words and sign take."""
    metrics = QFontMetrics(_make_legend_font(bold=row.kind == "heading"))
    if row.kind in ("heading", "note"):
        return metrics.horizontalAdvance(row.text) + (_FOLD_PX if row.kind == "heading" else 0)
    return metrics.horizontalAdvance(row.text) + _SIGN_PX


def _cut(text: str, font: QFont, room_px: float) -> str:
    return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(room_px))


def _count(row: LegendEntry) -> int:
    return len(row.value.sites) if isinstance(row.value, ColorClass) else 0


def _shade_bar(painter: QPainter, laid: _EntryBox, theme: Theme, emphasis: str) -> None:
    """Draw a class's bar with its count, on a ground of its own where it stands out."""
    shade, box = laid.row.value, laid.box
    assert isinstance(shade, ColorClass)
    if emphasis:
        painter.fillRect(box.adjusted(2, 0, -2, 0), QColor(theme.bar_soft))
    if emphasis == "picked":
        painter.fillRect(QRectF(2, box.top(), 3, box.height()), QColor(theme.text))
    count = len(shade.sites)
    long = laid.bar_px * count / laid.most if laid.most else 0.0
    bar = QRectF(laid.bar_left, box.top() + 4, max(long, 1.0 if count else 0.0), box.height() - 8)
    painter.fillRect(bar, QColor(shade.fill))
    if shade.missing:
        painter.fillRect(bar, QBrush(QColor(shade.ink), Qt.BrushStyle.BDiagPattern))
    if count:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.site_edge), 1))
        painter.drawRect(bar)
    painter.setPen(QColor(theme.text))
    room = QRectF(bar.right() + 4, box.top(), _COUNT_PX, box.height())
    painter.drawText(room, _LEFT, str(count))


def _sign(painter: QPainter, row: LegendEntry, theme: Theme, ratio: float) -> None:
    """Draw what a row explains, around the painter's origin."""
    if isinstance(row.value, ColorClass):
        site_coloring.paint_symbol(painter, _shade_look(row.value, theme), theme)
    elif row.kind == "zone":
        _zone_sign(painter, int(str(row.value)), theme, ratio)
    elif row.kind == "level":
        level = str(row.value)
        shape, size = (
            site_coloring.get_level_shape(level),
            site_coloring.get_level_size_px(level),
        )
        site_coloring.paint_symbol(painter, _plain(shape, size, theme), theme)
    elif row.kind == "mark":
        painter.translate(1.5, -2 if row.value == site_coloring.STACKED_MARK else 1.5)
        painter.scale(0.82, 0.82)
        site_coloring.paint_symbol(painter, _plain("circle", 11, theme, str(row.value)), theme)
    elif row.kind == "pale":
        look = SiteSymbol("circle", 9, theme.site_pale, theme.muted, theme.muted, pale=True)
        site_coloring.paint_symbol(painter, look, theme)
    elif row.kind == "planned":
        site_coloring.paint_symbol(
            painter, replace(_plain("circle", 11, theme), dashed=True), theme
        )
    elif isinstance(row.value, UserLayerSign):
        _own_sign(painter, row.value, theme, ratio)
    elif row.kind == "line":
        painter.setPen(make_outline_pen(str(row.value).removesuffix("_line"), theme))
        painter.drawLine(QPointF(-9, 0), QPointF(9, 0))


def _plain(shape: str, size: float, theme: Theme, *marks: str) -> SiteSymbol:
    return SiteSymbol(shape, size, theme.unassigned, theme.text, theme.site_edge, "", marks)


def _shade_look(shade: ColorClass, theme: Theme) -> SiteSymbol:
    """Return a class's symbol; single signs are shown by the first of the class."""
    sign = shade.sign or next(iter(shade.signs.values()), "")
    size = min(shade.size_px or _LARGEST_SIGN_PX - 1, _LARGEST_SIGN_PX)
    return SiteSymbol(
        "circle",
        size,
        shade.fill,
        shade.ink,
        theme.site_edge,
        shade.sign,
        hatched=shade.missing and not sign,
    )


def _zone_sign(painter: QPainter, color: int, theme: Theme, ratio: float) -> None:
    paint_zone_swatch(painter, QRectF(-9, -7, 18, 14), color, theme, ratio=ratio)


def _own_sign(painter: QPainter, own: UserLayerSign, theme: Theme, ratio: float) -> None:
    """Draw an area, a line and a point of a layer, as far as it has such."""
    color = choose_layer_color(own.color, theme)
    pen = QPen(color, 2.2)
    if 2 in own.extents:
        box = QRectF(-9, -6, 18, 12)
        painter.fillRect(box, fade_color(color, USER_FILL_SHARE))
        painter.setPen(pen)
        painter.drawRect(box)
    elif 1 in own.extents:
        painter.setPen(pen)
        painter.drawLine(QPointF(-9, 0), QPointF(9, 0))
    if 0 in own.extents:
        picture = render_point_symbol(color, theme, ratio)
        side = picture.deviceIndependentSize().width() / 2
        painter.drawPixmap(QPointF(-side, -side), picture)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

_FOLD_TIP = "Click to collapse or expand the legend."


class Legend(PaintedOverlay):
    """A chip with the name of what the map shows; unfolded, its classes or zones.

    ``pointed`` tells the place of the class under the pointer, ``picked`` that of the class that
    was clicked; None is none of them. Classes are bars, as long as they hold many sites. What else
    the map draws is explained by ``SymbolKey``.
    """

    folded = Signal(bool)
    pointed = Signal(object)
    picked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent, passive=False)
        self._rows: list[LegendEntry] = []
        self._laid: tuple[_EntryBox, ...] = ()
        self._picture: QPixmap | None = None
        self._pointed: int | None = None
        self._picked: int | None = None
        self.open = False
        self.setAccessibleName("Legend")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(_FOLD_TIP)

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colors."""
        super().set_theme(theme)
        self._spoil()

    def show_state(self, state: ProjectState, coloring: SiteColoring) -> None:
        """Take over what the map shows."""
        self._take(list_class_entries(coloring) or list_zone_entries(state))

    def follow(self, coloring: SiteColoring) -> None:
        """Take over how many sites each class holds now, as during a gesture."""
        self._take(list_class_entries(coloring) or self._rows)

    def show_picked(self, shade: int | None) -> None:
        """Frame the class that was picked, None of them."""
        if shade != self._picked:
            self._picked = shade
            self._spoil()

    def set_open(self, opened: bool) -> None:
        """Unfold or fold."""
        if opened != self.open:
            self.open = opened
            self.point(None)
            self._fit()

    def point(self, shade: int | None) -> None:
        """Let the class under the pointer stand out, None of them."""
        if shade != self._pointed:
            self._pointed = shade
            self.pointed.emit(shade)
            self.setToolTip(self._tip(shade))
            self._spoil()

    def sizeHint(self) -> QSize:
        """Return the room for all rows, or for the title alone."""
        if not self.open or not self._laid:
            return _measure_title(self.title)
        last = self._laid[-1].box
        wide = max(round(last.width()), _measure_title(self.title).width())
        return QSize(min(wide, CHIP_MAX_PX.width()), round(last.bottom()) + 6)

    @property
    def title(self) -> str:
        """What the map shows, in a word or two."""
        return self._rows[0].text if self._rows else "Legend"

    def box_of(self, shade: int) -> QRectF:
        """Return where the row of a class is."""
        rows = [laid for laid in self._laid if laid.row.kind == "shade"]
        return rows[shade].box

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Ring the sites of the class under the pointer."""
        self.point(self._shade_at(event))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Ring no sites any more."""
        self.point(None)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick the class under the pointer, or let it go; elsewhere fold or unfold."""
        shade = self._shade_at(event)
        if shade is None:
            self.set_open(not self.open)
        else:
            self.picked.emit(None if shade == self._picked else shade)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the press from the map."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the map have the keys."""
        event.ignore()

    def draw(self, painter: QPainter) -> None:
        """Show the card, drawn once for as long as it says the same."""
        if self._picture is None or self._picture.deviceIndependentSize() != self.size():
            self._picture = render_picture(
                self.width(), self.height(), self.devicePixelRatioF(), self._draw_card
            )
        painter.drawPixmap(0, 0, self._picture)

    def _take(self, rows: list[LegendEntry]) -> None:
        if rows != self._rows:
            self._rows = rows
            shown = [row for row in rows if row.kind != "note" or row.value]
            self._laid = _lay_out_entries([shown], CHIP_MAX_PX) if shown else ()
            self.setAccessibleDescription(". ".join(_describe_sections([rows])))
            self.setToolTip(self._tip(self._pointed))
            self._fit()

    def _fit(self) -> None:
        before = self.size()
        self.resize(self.sizeHint())
        if self.size() != before:
            self.folded.emit(not self.open)
        self._spoil()

    def _shade_at(self, event: QMouseEvent) -> int | None:
        if not self.open:
            return None
        rows = [laid for laid in self._laid if laid.row.kind == "shade"]
        at = event.position()
        return next((place for place, laid in enumerate(rows) if laid.box.contains(at)), None)

    def _tip(self, shade: int | None) -> str:
        if shade is None:
            notes = [row.text for row in self._rows if row.kind == "note"]
            return " ".join([*notes, _FOLD_TIP])
        row = [row for row in self._rows if row.kind == "shade"][shade]
        what = (
            "Click to show all sites again."
            if shade == self._picked
            else "Click to show only these sites on the map and in the table."
        )
        return f"{_describe_entry(row)}. {what}"

    def _draw_card(self, painter: QPainter) -> None:
        ground = fade_color(self._theme.raised, 0.93)
        draw_plate(painter, QRectF(self.rect()), ground, self._theme.color("border"))
        if self.open and self._laid:
            self._paint_rows(painter)
            return
        painter.setFont(_make_legend_font(bold=True))
        painter.setPen(QColor(self._theme.text))
        title = f"{self.title}  {_FOLD_SIGNS[True]}"
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, title)

    def _paint_rows(self, painter: QPainter) -> None:
        place = -1
        for laid in self._laid:
            emphasis = ""
            if laid.row.kind == "shade":
                place += 1
                emphasis = "picked" if place == self._picked else ""
                emphasis = "pointed" if place == self._pointed else emphasis
            ratio = self.devicePixelRatioF()
            _paint_entry(painter, laid, self._theme, emphasis, ratio, folds=True)

    def _spoil(self) -> None:
        self._picture = None
        self.update()


def _describe_sections(sections: Sequence[Sequence[LegendEntry]]) -> list[str]:
    return [_describe_entry(row) for rows in sections for row in rows]


def _describe_entry(row: LegendEntry) -> str:
    if isinstance(row.value, ColorClass):
        return f"{row.text}: {format_count(len(row.value.sites), 'site')}"
    return row.text


class SymbolKey(PaintedOverlay):
    """What the marks and lines of the map mean: only those that it holds."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._laid: tuple[_EntryBox, ...] = ()
        self.setAccessibleName("Map symbols")

    def show_state(self, state: ProjectState, drawn: DrawnLayers) -> None:
        """Take over what the map shows; ``drawn`` is known of its layers."""
        sections = list_symbol_entries(state, drawn)
        self._laid = _lay_out_entries(sections)
        self.setAccessibleDescription(". ".join(_describe_sections(sections)))
        self.setFixedHeight(round(self._laid[-1].box.bottom()) + SPACING_PX if self._laid else 0)
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Paint the rows."""
        for laid in self._laid:
            _paint_entry(painter, laid, self._theme, "", self.devicePixelRatioF(), folds=False)


_MARK_PX = 6
"""About half a symbol: so far from its middle nothing lies over it."""


class MapOverlays:
    """Credits at the bottom left, scale bar and legend at the bottom right, card at the pointer."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        self.scale_bar = ScaleBar(theme, parent)
        self.credits = Attribution(theme, parent)
        self.legend = Legend(theme, parent)
        self.card = PointerCard(theme, parent)
        self._coloring = SiteColoring(ColoringChoice())
        self._bar_place = 0

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        for part in (self.scale_bar, self.credits, self.legend, self.card):
            part.set_theme(theme)

    def show_state(self, state: ProjectState, coloring: SiteColoring) -> None:
        """Explain what the map shows."""
        self._coloring = coloring
        self.legend.show_state(state, coloring)

    def lay_out(
        self, rect: QRect, marks: Sequence[QPoint] | None = None, *, low: bool = False
    ) -> None:
        """Put everything in its corner, the scale bar where it covers the fewest of the marks.

        Without marks it stays in the place that it had: a map that is moved does not move it. A
        ``low`` map has no scale bar, and less of its sources, which would cover what is live.
        """
        self.credits.fit(rect.width(), low=low)
        self.credits.move(0, rect.bottom() + 1 - self.credits.height())
        legend, bar = self.legend, self.scale_bar
        bottom = rect.bottom() - SPACING_PX - PANEL_MARGIN_PX // 2
        x = rect.right() - PANEL_MARGIN_PX - legend.width()
        narrow = not self.credits.isHidden() and x < self.credits.width() + SPACING_PX
        above = self.credits.height() if narrow else 0
        legend.move(x, bottom - above - legend.height())
        left = legend.x() - SPACING_PX - bar.width()
        above_legend = legend.y() - SPACING_PX // 2 - bar.height()
        places = []
        if left > self.credits.width() or self.credits.isHidden():
            places = [QPoint(left, bottom - bar.height())]
        elif left > PANEL_MARGIN_PX:
            above = rect.bottom() - SPACING_PX // 2 - self.credits.height() - bar.height()
            right = rect.right() - PANEL_MARGIN_PX - bar.width()
            places = [QPoint(left, above), QPoint(right, above_legend)]
        places.append(QPoint(PANEL_MARGIN_PX, above_legend))

        def count_covered(place: QPoint) -> int:
            room = QRect(place, bar.size()).adjusted(-_MARK_PX, -_MARK_PX, _MARK_PX, _MARK_PX)
            return sum(room.contains(mark) for mark in marks or ())

        if marks is not None:
            self._bar_place = min(range(len(places)), key=lambda at: count_covered(places[at]))
        bar.move(places[min(self._bar_place, len(places) - 1)])

    @property
    def occupied_rects(self) -> tuple[QRect, ...]:
        """What the corners hold of the map, so that no word is put under it."""
        parts = (self.scale_bar, self.credits, self.legend)
        return tuple(part.geometry() for part in parts if not part.isHidden())

    def follow(self, coloring: SiteColoring) -> None:
        """Follow a gesture: figures and bars change, nothing else."""
        self._coloring = coloring
        self.legend.follow(coloring)

    def show_site(
        self, state: ProjectState, site_id: str | None, at: QPoint, formats: LocaleFormats
    ) -> None:
        """Say at the pointer which site is under it; None hides the card."""
        if site_id is None or site_id not in state.project.sites:
            self.card.hide()
            return
        self.card.show_site(
            state.project.sites[site_id].name, self._about(state, site_id, formats), at
        )

    def show_pin(self, session: Session, pin: Pin, at: QPoint) -> None:
        """Show the text of a note, who pinned it and when."""
        local = pin.at.astimezone(ZoneInfo(session.project.time_zone))
        when = session.formats.moment(local)
        by = f"Pinned by {pin.by}" if pin.by else "Pinned"
        self.card.show_site(
            pin.text,
            [f"{by}, {when}. Click to edit it, drag to move it."],
            at,
        )

    def _about(self, state: ProjectState, site_id: str, formats: LocaleFormats) -> list[str]:
        site = state.project.sites[site_id]
        opens = describe_opening(state, site_id, formats)
        planned = "planned" if site.kind == PLANNED_KIND else ""
        rows = [", ".join(filter(None, (format_level(site.level), planned, opens)))]
        if not site.patrolled:
            return [*rows, "Not patrolled"]
        zone = state.plan.assignment.get(site_id) if state.plan else None
        load = find_site_load(state, site_id)
        rows.append(f"Zone {zone}" if zone else "No zone yet")
        rows[-1] += f" · {format_number(load)} min per day" if load is not None else ""
        if self._coloring.subject != ZONE:
            rows.append(_describe_coloring_value(self._coloring, site_id))
        rows += [note.text for note in state.notes if _names_site(note.where, site_id)]
        return rows


def _describe_coloring_value(coloring: SiteColoring, site_id: str) -> str:
    """Say a site's value of what the sites are colored by."""
    if coloring.values is None:
        return ""
    subject, value = coloring.values.subject, coloring.values.values.get(site_id)
    if subject.key == VISIT and value is None and not coloring.values.declared:
        return f"{subject.name}: no one has declared which days are complete"
    if subject.key == VISIT:
        return _describe_last_visit(int(value) if isinstance(value, int | float) else None)
    place = coloring.place.get(site_id)
    shown = coloring.shades[place].text if place is not None else subject.none
    if isinstance(value, int | float):
        shown = f"{format_number(value, 0 if float(value).is_integer() else 1)} {subject.unit}"
    return f"{subject.name}: {shown}"


def _describe_last_visit(days: int | None) -> str:
    """Say when a site was last visited."""
    if days is None:
        return "No visit logged yet"
    if days == 0:
        return "Visited since the last school day"
    return f"Last visit {format_count(days, 'school day')} ago"


def _names_site(where: Mapping[str, str], site_id: str) -> bool:
    return site_id in where.get("sites", where.get("site", "")).split(";")
