"""How the legend's rows are laid out and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen

from zoneplanner.domain.palette import zone_hatch
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.hatches import make_hatch_brush
from zoneplanner.ui.canvas.overlays.legend_rows import LegendEntry, UserLayerSign
from zoneplanner.ui.canvas.own_layers import USER_FILL_SHARE, render_point_symbol
from zoneplanner.ui.canvas.shades import ColorClass
from zoneplanner.ui.canvas.symbols import SiteSymbol
from zoneplanner.ui.kit.palette import choose_layer_color, make_zone_fill, make_zone_text_color
from zoneplanner.ui.kit.theme import PANEL_MARGIN_PX, SPACING_PX, Theme

_ROW_PX, _SHADE_PX, _NOTE_PX = 19, 22, 14
_SIGN_PX, _BAR_PX, _COUNT_PX = 26, 76, 28
FOLD_SIGNS = {False: "▾", True: "▴"}
_LARGEST_SIGN_PX = 17.0


@dataclass(frozen=True, slots=True)
class EntryBox:
    """A row and its place; ``most`` is the largest count of its section's classes.

    ``bar_left`` is where bars begin.
    """

    row: LegendEntry
    box: QRectF
    most: int = 0
    bar_left: float = 0.0
    first: bool = False


def measure_title() -> QSize:
    """Return the room of the folded legend."""
    metrics = QFontMetrics(make_legend_font(bold=True))
    return QSize(
        metrics.horizontalAdvance("Legend  ▾") + 2 * PANEL_MARGIN_PX,
        metrics.height() + 2 * SPACING_PX - 2,
    )


def lay_out_entries(sections: Sequence[Sequence[LegendEntry]]) -> tuple[EntryBox, ...]:
    """Return the rows of all sections with their boxes, each as wide as the widest needs."""
    rows = [row for section in sections for row in section]
    shades = [row for row in rows if row.kind == "shade"]
    words = QFontMetrics(make_legend_font(bold=False))
    widest_class = max((words.horizontalAdvance(row.text) for row in shades), default=0)
    bar_left = PANEL_MARGIN_PX + _SIGN_PX + widest_class + SPACING_PX
    bars = bar_left + _BAR_PX + _COUNT_PX + PANEL_MARGIN_PX if shades else 0
    wide = max(
        [bars, measure_title().width(), *(_width(row) + 2 * PANEL_MARGIN_PX for row in rows)],
        default=0,
    )
    most = max((_count(row) for row in shades), default=0)
    found: list[EntryBox] = []
    y = float(SPACING_PX) - 2
    for section in sections:
        for at, row in enumerate(section):
            y += 4 if at == 0 and found else 0
            high = {"shade": _SHADE_PX, "note": _NOTE_PX}.get(row.kind, _ROW_PX)
            y += 4 if row.kind == "shade" and found[-1].row.kind == "note" else 0
            found.append(EntryBox(row, QRectF(0, y, wide, high), most, bar_left, not found))
            y += high
    return tuple(found)


def paint_entry(painter: QPainter, laid: EntryBox, theme: Theme, state: str, ratio: float) -> None:
    """Draw a row; the state of a class is ``pointed``, ``picked`` or empty."""
    row, box = laid.row, laid.box
    painter.setPen(QColor(theme.text))
    if row.kind in ("heading", "title"):
        painter.setFont(make_legend_font(bold=True))
        inner = box.adjusted(PANEL_MARGIN_PX, 0, -PANEL_MARGIN_PX, 0)
        painter.drawText(inner, _LEFT, row.text)
        if laid.first:
            painter.drawText(inner, _RIGHT, FOLD_SIGNS[False])
            inner = inner.adjusted(0, 0, -16, 0)
        if row.kind == "title":
            painter.setFont(make_legend_font(bold=False))
            painter.setPen(QColor(theme.muted))
            painter.drawText(inner, _RIGHT, str(row.value))
        return
    painter.setFont(make_legend_font(bold=False))
    if row.kind == "note":
        painter.setPen(QColor(theme.muted))
        painter.drawText(box.adjusted(PANEL_MARGIN_PX, 0, -PANEL_MARGIN_PX, 0), _LEFT, row.text)
        return
    if row.kind == "shade":
        _shade_bar(painter, laid, theme, state)
    painter.setPen(QColor(theme.text))
    painter.drawText(
        box.adjusted(PANEL_MARGIN_PX + _SIGN_PX, 0, -PANEL_MARGIN_PX, 0), _LEFT, row.text
    )
    painter.save()
    painter.translate(PANEL_MARGIN_PX + _SIGN_PX / 2 - 4, box.center().y())
    _sign(painter, row, theme, ratio)
    painter.restore()


def make_legend_font(*, bold: bool) -> QFont:
    """Return the legend's small type."""
    made = QFont()
    made.setPixelSize(11)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def _width(row: LegendEntry) -> int:
    """Return the room that a row's words and sign take."""
    bold = row.kind in ("heading", "title")
    metrics = QFontMetrics(make_legend_font(bold=bold))
    if row.kind == "title":
        return metrics.horizontalAdvance(f"{row.text}  {row.value}  {FOLD_SIGNS[False]}") + 8
    if row.kind in ("heading", "note"):
        return metrics.horizontalAdvance(row.text)
    return metrics.horizontalAdvance(row.text) + _SIGN_PX


def _count(row: LegendEntry) -> int:
    return len(row.value.sites) if isinstance(row.value, ColorClass) else 0


def _shade_bar(painter: QPainter, laid: EntryBox, theme: Theme, state: str) -> None:
    """Draw a class's bar with its count, on a ground of its own where it stands out."""
    shade, box = laid.row.value, laid.box
    assert isinstance(shade, ColorClass)
    if state:
        painter.fillRect(box.adjusted(2, 0, -2, 0), QColor(theme.accent_soft))
    if state == "picked":
        painter.fillRect(QRectF(2, box.top(), 3, box.height()), QColor(theme.accent))
    count = len(shade.sites)
    long = _BAR_PX * count / laid.most if laid.most else 0.0
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
        symbols.paint_symbol(painter, _shade_look(row.value, theme), theme)
    elif row.kind == "zone":
        _zone_sign(painter, int(str(row.value)), theme, ratio)
    elif row.kind == "level":
        level = str(row.value)
        shape, size = symbols.get_level_shape(level), symbols.get_level_size_px(level)
        symbols.paint_symbol(painter, _plain(shape, size, theme), theme)
    elif row.kind == "mark":
        painter.translate(1.5, -2 if row.value == symbols.STACKED_MARK else 1.5)
        painter.scale(0.82, 0.82)
        symbols.paint_symbol(painter, _plain("circle", 11, theme, str(row.value)), theme)
    elif row.kind == "pale":
        look = SiteSymbol("circle", 9, theme.site_pale, theme.muted, theme.muted, pale=True)
        symbols.paint_symbol(painter, look, theme)
    elif row.kind == "planned":
        symbols.paint_symbol(painter, replace(_plain("circle", 11, theme), dashed=True), theme)
    elif isinstance(row.value, UserLayerSign):
        _own_sign(painter, row.value, theme, ratio)
    elif row.kind == "line":
        pen = QPen(theme.colour(str(row.value)), 2.4)
        if row.value == "county_line":
            pen = QPen(theme.colour(str(row.value)), 1.6, Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([4, 2.4])
        painter.setPen(pen)
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


def _zone_sign(painter: QPainter, colour: int, theme: Theme, ratio: float) -> None:
    box = QRectF(-9, -6, 18, 12)
    painter.fillRect(box, QColor(theme.land))
    painter.fillRect(box, make_zone_fill(colour, theme.zone_fill_share + 0.25))
    lines = make_zone_text_color(colour, theme)
    lines.setAlphaF(min(1.0, theme.hatch_share + 0.3))
    painter.fillRect(box, make_hatch_brush(zone_hatch(colour), lines, ratio))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.zone_edge), 1.2))
    painter.drawRect(box)


def _own_sign(painter: QPainter, own: UserLayerSign, theme: Theme, ratio: float) -> None:
    """Draw an area, a line and a point of a layer, as far as it has such."""
    colour = choose_layer_color(own.colour, theme)
    pen = QPen(colour, 2.2)
    if 2 in own.extents:
        box = QRectF(-9, -6, 18, 12)
        pale = QColor(colour)
        pale.setAlphaF(USER_FILL_SHARE)
        painter.fillRect(box, pale)
        painter.setPen(pen)
        painter.drawRect(box)
    elif 1 in own.extents:
        painter.setPen(pen)
        painter.drawLine(QPointF(-9, 0), QPointF(9, 0))
    if 0 in own.extents:
        picture = render_point_symbol(colour, theme, ratio)
        side = picture.deviceIndependentSize().width() / 2
        painter.drawPixmap(QPointF(-side, -side), picture)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
