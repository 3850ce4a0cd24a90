"""The legend, the key to all symbols, and the placement of all overlays on the map."""

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
from zoneplanner.ui.map.edit_preview import find_site_load
from zoneplanner.ui.map.layers import (
    DrawnLayers,
    LegendEntry,
    UserLayerSign,
    list_class_entries,
    list_symbol_entries,
    list_zone_entries,
)
from zoneplanner.ui.map.overlays.painted_overlay import (
    LEFT,
    RIGHT,
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

_ROW_PX, _CLASS_PX, _NOTE_PX = 19, 22, 14
MAX_SIZE_PX = QSize(220, 200)
"""The largest size of the legend on the map."""
_UNLIMITED_PX = QSize(10_000, 10_000)
_SIGN_WIDTH_PX, _BAR_WIDTH_PX, _MIN_BAR_PX, _COUNT_WIDTH_PX = 26, 76, 16, 28
_OPEN_SIGNS = {False: "▾", True: "▴"}
_MAX_SIGN_PX, _OPEN_SIGN_WIDTH_PX = 17.0, 16


@dataclass(frozen=True, slots=True)
class _EntryBox:
    """An entry and its rectangle; ``bar_px`` is the longest bar, for ``max_count`` sites."""

    entry: LegendEntry
    rect: QRectF
    max_count: int = 0
    bar_left: float = 0.0
    bar_px: float = 0.0
    is_first: bool = False


def _measure_title(title: str) -> QSize:
    """Return the size of the collapsed legend."""
    metrics = QFontMetrics(_make_legend_font(bold=True))
    width = metrics.horizontalAdvance(f"{title}  {_OPEN_SIGNS[True]}") + 2 * PANEL_MARGIN_PX
    return QSize(width, metrics.height() + 2 * SPACING_PX - 2)


def _lay_out_entries(
    sections: Sequence[Sequence[LegendEntry]], max_px: QSize = _UNLIMITED_PX
) -> tuple[_EntryBox, ...]:
    """Return all entries with their boxes, which have the width that the widest entry needs.

    If there is less room, bars are shorter, texts are elided and rows are closer together.
    """
    entries = [entry for section in sections for entry in section]
    classes = [entry for entry in entries if entry.kind == "class"]
    metrics = QFontMetrics(_make_legend_font(bold=False))
    widest_class = max((metrics.horizontalAdvance(entry.text) for entry in classes), default=0)
    bar_left = PANEL_MARGIN_PX + _SIGN_WIDTH_PX + widest_class + SPACING_PX
    widths = [_measure_width(entry) + 2 * PANEL_MARGIN_PX for entry in entries]
    if classes:
        widths.append(bar_left + _BAR_WIDTH_PX + _COUNT_WIDTH_PX + PANEL_MARGIN_PX)
    width = min(max(widths, default=0), max_px.width())
    bar_px = max(_MIN_BAR_PX, width - bar_left - _COUNT_WIDTH_PX - PANEL_MARGIN_PX)
    max_count = max((_count_sites(entry) for entry in classes), default=0)
    heights = {"class": _CLASS_PX, "note": _NOTE_PX}
    total_px = sum(heights.get(entry.kind, _ROW_PX) for entry in entries)
    gaps_px = 4 * (len(sections) - 1) + 2 * SPACING_PX
    share = min(1.0, (max_px.height() - gaps_px) / max(1, total_px))
    boxes: list[_EntryBox] = []
    y = float(SPACING_PX) - 2
    for section in sections:
        for index, entry in enumerate(section):
            y += 4 if index == 0 and boxes else 0
            height = heights.get(entry.kind, _ROW_PX) * share
            rect = QRectF(0, y, width, height)
            boxes.append(_EntryBox(entry, rect, max_count, bar_left, bar_px, not boxes))
            y += height
    return tuple(boxes)


def _paint_entry(
    painter: QPainter, box: _EntryBox, theme: Theme, emphasis: str, ratio: float, *, folds: bool
) -> None:
    """Draw an entry; the emphasis of a class is ``pointed``, ``chosen`` or empty."""
    entry, inner = box.entry, box.rect.adjusted(PANEL_MARGIN_PX, 0, -PANEL_MARGIN_PX, 0)
    painter.setPen(QColor(theme.text))
    font = _make_legend_font(bold=entry.kind == "heading")
    painter.setFont(font)
    if entry.kind == "heading":
        if box.is_first and folds:
            painter.drawText(inner, RIGHT, _OPEN_SIGNS[False])
            inner.adjust(0, 0, -_OPEN_SIGN_WIDTH_PX, 0)
        painter.drawText(inner, LEFT, _elide(entry.text, font, inner.width()))
        return
    if entry.kind == "note":
        painter.setPen(QColor(theme.muted))
        painter.drawText(inner, LEFT, entry.text)
        return
    if entry.kind == "class":
        _draw_class_bar(painter, box, theme, emphasis)
    painter.setPen(QColor(theme.text))
    text_rect = inner.adjusted(_SIGN_WIDTH_PX, 0, 0, 0)
    painter.drawText(text_rect, LEFT, _elide(entry.text, font, text_rect.width()))
    painter.save()
    painter.translate(PANEL_MARGIN_PX + _SIGN_WIDTH_PX / 2 - 4, box.rect.center().y())
    _draw_sign(painter, entry, theme, ratio)
    painter.restore()


def _make_legend_font(*, bold: bool) -> QFont:
    """Return the legend's small font."""
    font = make_micro_font()
    set_font_weight(font, 600 if bold else 400)
    return font


def _measure_width(entry: LegendEntry) -> int:
    """Return the width of an entry's text and sign."""
    metrics = QFontMetrics(_make_legend_font(bold=entry.kind == "heading"))
    sign_px = {"heading": _OPEN_SIGN_WIDTH_PX, "note": 0}.get(entry.kind, _SIGN_WIDTH_PX)
    return metrics.horizontalAdvance(entry.text) + sign_px


def _elide(text: str, font: QFont, room_px: float) -> str:
    return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(room_px))


def _count_sites(entry: LegendEntry) -> int:
    return len(entry.value.sites) if isinstance(entry.value, ColorClass) else 0


def _draw_class_bar(painter: QPainter, box: _EntryBox, theme: Theme, emphasis: str) -> None:
    """Draw a class's bar with its count, on a background if it has emphasis."""
    color_class, rect = box.entry.value, box.rect
    assert isinstance(color_class, ColorClass)
    if emphasis:
        painter.fillRect(rect.adjusted(2, 0, -2, 0), QColor(theme.bar_soft))
    if emphasis == "chosen":
        painter.fillRect(QRectF(2, rect.top(), 3, rect.height()), QColor(theme.text))
    count = len(color_class.sites)
    length = max(box.bar_px * count / box.max_count, 1.0) if count else 0.0
    bar = QRectF(box.bar_left, rect.top() + 4, length, rect.height() - 8)
    painter.fillRect(bar, QColor(color_class.fill))
    if color_class.missing:
        painter.fillRect(bar, QBrush(QColor(color_class.ink), Qt.BrushStyle.BDiagPattern))
    if count:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.site_edge), 1))
        painter.drawRect(bar)
    painter.setPen(QColor(theme.text))
    count_rect = QRectF(bar.right() + 4, rect.top(), _COUNT_WIDTH_PX, rect.height())
    painter.drawText(count_rect, LEFT, str(count))


def _draw_sign(painter: QPainter, entry: LegendEntry, theme: Theme, ratio: float) -> None:
    """Draw the sign of an entry around the painter's origin."""
    symbol: SiteSymbol | None = None
    if isinstance(entry.value, ColorClass):
        symbol = _make_class_symbol(entry.value, theme)
    elif entry.kind == "zone":
        swatch, color = QRectF(-9, -7, 18, 14), int(str(entry.value))
        paint_zone_swatch(painter, swatch, color, theme, ratio=ratio)
    elif entry.kind == "level":
        shape = site_coloring.get_level_shape(str(entry.value))
        size_px = site_coloring.get_level_size_px(str(entry.value))
        symbol = _make_plain_symbol(shape, size_px, theme)
    elif entry.kind == "mark":
        painter.translate(1.5, -2 if entry.value == site_coloring.STACKED_MARK else 1.5)
        painter.scale(0.82, 0.82)
        symbol = _make_plain_symbol("circle", 11, theme, str(entry.value))
    elif entry.kind == "pale":
        symbol = SiteSymbol("circle", 9, theme.site_pale, theme.muted, theme.muted, pale=True)
    elif entry.kind == "planned":
        symbol = replace(_make_plain_symbol("circle", 11, theme), dashed=True)
    elif isinstance(entry.value, UserLayerSign):
        _draw_user_layer_sign(painter, entry.value, theme, ratio)
    elif entry.kind == "line":
        painter.setPen(make_outline_pen(str(entry.value).removesuffix("_line"), theme))
        painter.drawLine(QPointF(-9, 0), QPointF(9, 0))
    if symbol is not None:
        site_coloring.paint_symbol(painter, symbol, theme)


def _make_plain_symbol(shape: str, size: float, theme: Theme, *marks: str) -> SiteSymbol:
    return SiteSymbol(shape, size, theme.unassigned, theme.text, theme.site_edge, "", marks)


def _make_class_symbol(color_class: ColorClass, theme: Theme) -> SiteSymbol:
    """Return a class's symbol; a class whose sites have signs is not hatched."""
    return SiteSymbol(
        "circle",
        min(color_class.size_px or _MAX_SIGN_PX - 1, _MAX_SIGN_PX),
        color_class.fill,
        color_class.ink,
        theme.site_edge,
        color_class.sign,
        hatched=color_class.missing and not (color_class.sign or color_class.signs),
    )


def _draw_user_layer_sign(
    painter: QPainter, own: UserLayerSign, theme: Theme, ratio: float
) -> None:
    """Draw an area, a line and a point of a layer, as far as it has such."""
    color = choose_layer_color(own.color, theme)
    pen = QPen(color, 2.2)
    if 2 in own.dimensions:
        box = QRectF(-9, -6, 18, 12)
        painter.fillRect(box, fade_color(color, USER_FILL_SHARE))
        painter.setPen(pen)
        painter.drawRect(box)
    elif 1 in own.dimensions:
        painter.setPen(pen)
        painter.drawLine(QPointF(-9, 0), QPointF(9, 0))
    if 0 in own.dimensions:
        picture = render_point_symbol(color, theme, ratio)
        side = picture.deviceIndependentSize().width() / 2
        painter.drawPixmap(QPointF(-side, -side), picture)


_TOGGLE_TIP = "Click to collapse or expand the legend."


class Legend(PaintedOverlay):
    """The name of the theme, and when expanded, its classes as bars, or the zones.

    ``class_pointed`` carries the index of the class under the pointer, ``class_chosen`` that of a
    clicked class, or None. ``SymbolKey`` explains everything else on the map.
    """

    toggled = Signal(bool)
    class_pointed = Signal(object)
    class_chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent, passive=False)
        self._entries: list[LegendEntry] = []
        self._boxes: tuple[_EntryBox, ...] = ()
        self._picture: QPixmap | None = None
        self._pointed_class: int | None = None
        self._chosen_class: int | None = None
        self.open = False
        self.setAccessibleName("Legend")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(_TOGGLE_TIP)

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        super().set_theme(theme)
        self._redraw()

    def show_state(self, state: ProjectState, coloring: SiteColoring) -> None:
        """Show the classes of a coloring, or the zones of a state."""
        self._show_entries(list_class_entries(coloring) or list_zone_entries(state))

    def show_coloring(self, coloring: SiteColoring) -> None:
        """Show the current number of sites in each class during a gesture."""
        self._show_entries(list_class_entries(coloring) or self._entries)

    def show_chosen_class(self, class_index: int | None) -> None:
        """Emphasize the chosen class; None means all."""
        if class_index != self._chosen_class:
            self._chosen_class = class_index
            self._redraw()

    def set_open(self, opened: bool) -> None:
        """Expand or collapse the legend."""
        if opened != self.open:
            self.open = opened
            self.point_to_class(None)
            self._update_size()

    def point_to_class(self, class_index: int | None) -> None:
        """Emphasize the class under the pointer; None means none."""
        if class_index != self._pointed_class:
            self._pointed_class = class_index
            self.class_pointed.emit(class_index)
            self.setToolTip(self._describe_tooltip(class_index))
            self._redraw()

    def sizeHint(self) -> QSize:
        """Return the size of all entries, or of the title only."""
        if not self.open or not self._boxes:
            return _measure_title(self.title)
        last = self._boxes[-1].rect
        width = max(round(last.width()), _measure_title(self.title).width())
        return QSize(min(width, MAX_SIZE_PX.width()), round(last.bottom()) + 6)

    @property
    def title(self) -> str:
        """The name of what the map shows."""
        return self._entries[0].text if self._entries else "Legend"

    def list_class_rects(self) -> list[QRectF]:
        """Return the rectangles of the classes."""
        return [box.rect for box in self._boxes if box.entry.kind == "class"]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the sites of the class under the pointer."""
        self.point_to_class(self._find_class_at(event))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Remove the highlight."""
        self.point_to_class(None)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the class under the pointer, or all again; elsewhere collapse or expand."""
        class_index = self._find_class_at(event)
        if class_index is None:
            self.set_open(not self.open)
        else:
            self.class_chosen.emit(None if class_index == self._chosen_class else class_index)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the press from reaching the map."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the map handle keys."""
        event.ignore()

    def draw(self, painter: QPainter) -> None:
        """Draw the picture of the card, which is only rendered after a change."""
        if self._picture is None or self._picture.deviceIndependentSize() != self.size():
            ratio = self.devicePixelRatioF()
            self._picture = render_picture(self.width(), self.height(), ratio, self._draw_card)
        painter.drawPixmap(0, 0, self._picture)

    def _show_entries(self, entries: list[LegendEntry]) -> None:
        if entries != self._entries:
            self._entries = entries
            shown = [entry for entry in entries if entry.kind != "note" or entry.value]
            self._boxes = _lay_out_entries([shown], MAX_SIZE_PX) if shown else ()
            self.setAccessibleDescription(". ".join(_describe_sections([entries])))
            self.setToolTip(self._describe_tooltip(self._pointed_class))
            self._update_size()

    def _update_size(self) -> None:
        before = self.size()
        self.resize(self.sizeHint())
        if self.size() != before:
            self.toggled.emit(not self.open)
        self._redraw()

    def _find_class_at(self, event: QMouseEvent) -> int | None:
        rects = self.list_class_rects() if self.open else []
        position = event.position()
        return next((index for index, rect in enumerate(rects) if rect.contains(position)), None)

    def _describe_tooltip(self, class_index: int | None) -> str:
        if class_index is None:
            notes = [entry.text for entry in self._entries if entry.kind == "note"]
            return " ".join([*notes, _TOGGLE_TIP])
        entry = [entry for entry in self._entries if entry.kind == "class"][class_index]
        hint = "Click to show only these sites on the map and in the table."
        if class_index == self._chosen_class:
            hint = "Click to show all sites again."
        return f"{_describe_entry(entry)}. {hint}"

    def _draw_card(self, painter: QPainter) -> None:
        fill = fade_color(self._theme.raised, 0.93)
        draw_plate(painter, QRectF(self.rect()), fill, self._theme.color("border"))
        if self.open and self._boxes:
            self._paint_rows(painter)
            return
        painter.setFont(_make_legend_font(bold=True))
        painter.setPen(QColor(self._theme.text))
        title = f"{self.title}  {_OPEN_SIGNS[True]}"
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, title)

    def _paint_rows(self, painter: QPainter) -> None:
        ratio, class_index = self.devicePixelRatioF(), -1
        for box in self._boxes:
            emphasis = ""
            if box.entry.kind == "class":
                class_index += 1
                emphasis = "chosen" if class_index == self._chosen_class else ""
                emphasis = "pointed" if class_index == self._pointed_class else emphasis
            _paint_entry(painter, box, self._theme, emphasis, ratio, folds=True)

    def _redraw(self) -> None:
        self._picture = None
        self.update()


def _describe_sections(sections: Sequence[Sequence[LegendEntry]]) -> list[str]:
    return [_describe_entry(entry) for entries in sections for entry in entries]


def _describe_entry(entry: LegendEntry) -> str:
    if isinstance(entry.value, ColorClass):
        return f"{entry.text}: {format_count(len(entry.value.sites), 'site')}"
    return entry.text


class SymbolKey(PaintedOverlay):
    """Explains the marks and lines that are on the map."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._boxes: tuple[_EntryBox, ...] = ()
        self.setAccessibleName("Map symbols")

    def show_state(self, state: ProjectState, drawn: DrawnLayers) -> None:
        """Explain the symbols of a state on the layers that are drawn."""
        sections = list_symbol_entries(state, drawn)
        self._boxes = _lay_out_entries(sections)
        self.setAccessibleDescription(". ".join(_describe_sections(sections)))
        self.setFixedHeight(round(self._boxes[-1].rect.bottom()) + SPACING_PX if self._boxes else 0)
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the entries."""
        for box in self._boxes:
            _paint_entry(painter, box, self._theme, "", self.devicePixelRatioF(), folds=False)


_SITE_RADIUS_PX = 6
"""About the radius of a symbol, which the scale bar avoids covering."""


class MapOverlays:
    """The overlays: credits at the bottom left, scale bar and legend at the right, and the card."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        self.scale_bar = ScaleBar(theme, parent)
        self.credits = Attribution(theme, parent)
        self.legend = Legend(theme, parent)
        self.card = PointerCard(theme, parent)
        self._coloring = SiteColoring(ColoringChoice())
        self._bar_position_index = 0

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        for overlay in (self.scale_bar, self.credits, self.legend, self.card):
            overlay.set_theme(theme)

    def show_state(self, state: ProjectState, coloring: SiteColoring) -> None:
        """Show a state and its coloring in the legend."""
        self._coloring = coloring
        self.legend.show_state(state, coloring)

    def lay_out(
        self, rect: QRect, sites: Sequence[QPoint] | None = None, *, low: bool = False
    ) -> None:
        """Place everything in its corner, the scale bar where it covers the fewest sites.

        Without ``sites``, the scale bar stays where it is, so that it does not move while the map
        pans. A ``low`` map has no scale bar and shorter credits, which would cover live calls.
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
            margin = _SITE_RADIUS_PX
            covered = QRect(place, bar.size()).adjusted(-margin, -margin, margin, margin)
            return sum(covered.contains(site) for site in sites or ())

        if sites is not None:
            best = min(places, key=count_covered)
            self._bar_position_index = places.index(best)
        bar.move(places[min(self._bar_position_index, len(places) - 1)])

    @property
    def occupied_rects(self) -> tuple[QRect, ...]:
        """The rectangles in the corners, which labels avoid."""
        overlays = (self.scale_bar, self.credits, self.legend)
        return tuple(overlay.geometry() for overlay in overlays if not overlay.isHidden())

    def show_coloring(self, coloring: SiteColoring) -> None:
        """Update the figures of the legend during a gesture."""
        self._coloring = coloring
        self.legend.show_coloring(coloring)

    def show_site(
        self, state: ProjectState, site_id: str | None, at: QPoint, formats: LocaleFormats
    ) -> None:
        """Show a site at the pointer; None hides the card."""
        if site_id is None or site_id not in state.project.sites:
            self.card.hide()
            return
        name, lines = (
            state.project.sites[site_id].name,
            self._describe_site(state, site_id, formats),
        )
        self.card.show_site(name, lines, at)

    def show_pin(self, session: Session, pin: Pin, at: QPoint) -> None:
        """Show the text of a note, who pinned it and when."""
        local = pin.at.astimezone(ZoneInfo(session.project.time_zone))
        by = f"Pinned by {pin.by}" if pin.by else "Pinned"
        line = f"{by}, {session.formats.moment(local)}. Click to edit it, drag to move it."
        self.card.show_site(pin.text, [line], at)

    def _describe_site(
        self, state: ProjectState, site_id: str, formats: LocaleFormats
    ) -> list[str]:
        site = state.project.sites[site_id]
        opening = describe_opening(state, site_id)
        opens = opening.say(formats) if opening else ""
        planned = "planned" if site.kind == PLANNED_KIND else ""
        entries = [", ".join(filter(None, (format_level(site.level), planned, opens)))]
        if not site.patrolled:
            return [*entries, "Not patrolled"]
        zone = state.plan.assignment.get(site_id) if state.plan else None
        load = find_site_load(state, site_id)
        entries.append(f"Zone {zone}" if zone else "No zone yet")
        entries[-1] += f" · {format_number(load)} min per day" if load is not None else ""
        if self._coloring.subject != ZONE:
            entries.append(_describe_coloring_value(self._coloring, site_id))
        entries += [
            note.message.say(formats) for note in state.notes if _names_site(note.where, site_id)
        ]
        return entries


def _describe_coloring_value(coloring: SiteColoring, site_id: str) -> str:
    """Return a site's value of the theme as text."""
    if coloring.values is None:
        return ""
    subject, value = coloring.values.subject, coloring.values.values.get(site_id)
    if subject.key == VISIT and value is None and not coloring.values.declared:
        return f"{subject.name}: no one has declared which days are complete"
    if subject.key == VISIT:
        return _describe_last_visit(int(value) if isinstance(value, int | float) else None)
    index = coloring.class_index.get(site_id)
    text = coloring.classes[index].text if index is not None else subject.none
    if isinstance(value, int | float):
        text = f"{format_number(value, 0 if float(value).is_integer() else 1)} {subject.unit}"
    return f"{subject.name}: {text}"


def _describe_last_visit(days: int | None) -> str:
    """Return when a site was last visited."""
    if days is None:
        return "No visit logged yet"
    if days == 0:
        return "Visited on the last school day or later"
    return f"Last visit {format_count(days, 'school day')} ago"


def _names_site(where: Mapping[str, str], site_id: str) -> bool:
    return site_id in where.get("sites", where.get("site", "")).split(";")
