"""What everything has in common that is painted over a map.

The scale bar: the desk's unit above the line, the other one below it.

One small line that says who made the layers and of when they are.

A small card at the pointer: what is under it, or what a drop would do.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QMargins, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.map_layers import format_credit_line
from zoneplanner.domain.locale_formats import US_FORMATS, LocaleFormats
from zoneplanner.tokens import zone_color
from zoneplanner.ui.map.edit_gestures import ChangeRow, ZoneChange
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    Theme,
    draw_plate,
    fade_color,
    make_figures_font,
    make_micro_font,
    make_strong_font,
)


class PaintedOverlay(QWidget):
    """A widget over a map that is painted by ``draw``; a ``passive`` one lets every click through.

    Overlays are painted by hand because the map is painted under them at every frame of a drag: a
    label or a style sheet takes longer than the map itself.
    """

    def __init__(self, theme: Theme, parent: QWidget, *, passive: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, passive)

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colors."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the whole of it."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Paint with smooth edges, in the pixels of the widget."""
        raise NotImplementedError


_LONGEST_PX = 125.0


class ScaleBar(PaintedOverlay):
    """Lengths on the map at the present scale."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._m_px = 10.0
        self._formats = US_FORMATS
        self.setAccessibleName("Scale bar")
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Return the room for the longest bar and its words."""
        return QSize(
            round(_LONGEST_PX)
            + QFontMetrics(make_micro_font()).horizontalAdvance("0.25 mi")
            + 2 * SPACING_PX,
            2 * QFontMetrics(make_micro_font()).height() + 10,
        )

    def set_scale(self, m_px: float) -> None:
        """Take the meters of one pixel; the map is painted anew then, and the bar with it."""
        self._m_px = m_px

    def set_formats(self, formats: LocaleFormats) -> None:
        """Put the units of a desk above the line."""
        if formats != self._formats:
            self._formats = formats
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw one line with a tick above and one below, on a halo."""
        painter.setFont(make_micro_font())
        left, middle = SPACING_PX, self.height() / 2
        (up_m, up_text), (down_m, down_text) = self._formats.scale_bars(_LONGEST_PX * self._m_px)
        up, down = left + up_m / self._m_px, left + down_m / self._m_px
        shape = QPainterPath()
        for x1, y1, x2, y2 in (
            (left, middle, max(up, down), middle),
            (left, middle - 6, left, middle + 6),
            (up, middle - 6, up, middle),
            (down, middle, down, middle + 6),
        ):
            shape.moveTo(x1, y1)
            shape.lineTo(x2, y2)
        metrics = QFontMetrics(painter.font())
        words = QPainterPath()
        words.addText(up + 5, middle - 2 - metrics.descent(), painter.font(), up_text)
        words.addText(down + 5, middle + 2 + metrics.ascent(), painter.font(), down_text)
        halo, ink = self._theme.color("halo"), self._theme.color("text")
        painter.strokePath(shape, QPen(halo, 4.5, c=Qt.PenCapStyle.SquareCap))
        painter.strokePath(words, QPen(halo, 3.0, j=Qt.PenJoinStyle.RoundJoin))
        painter.strokePath(shape, QPen(ink, 1.5, c=Qt.PenCapStyle.SquareCap))
        painter.fillPath(words, ink)


_PARTED = " · "
_SHARE_OF_WIDTH = 0.6
_LISTED = "Sources: see Layers"


class Attribution(PaintedOverlay):
    """The sources of what is on the map; it lets every click through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._text = self._lines = self._tiles = ""
        self._known: tuple[object, ...] = ()

    def show_sources(self, scene: MapScene) -> None:
        """Name the makers of the layers that a map shows, and of its web tiles, if any."""
        project, look, tiles = scene.state.saved_project, scene.arrangement, scene.tiles.credit
        rows = look.rows([layer.id for layer in project.user_layers])
        shown = frozenset(filter(look.shows, rows))
        known = (id(project.features), id(project.layers), id(project.basemap), shown, tiles)
        if known == self._known:
            return
        self._known, self._project = known, project  # what is kept is not made anew at its place
        self._text, self._tiles = format_credit_line(project, shown, tiles), tiles
        self.setAccessibleName(self._text)
        self.setVisible(bool(self._text))
        self.update()

    def fit(self, width_px: int, *, low: bool = False) -> None:
        """Break the line where it would take more than its share of the map's width.

        On a ``low`` map it would cover schools: there it says where the sources are listed.
        """
        metrics = QFontMetrics(make_micro_font())
        brief = _PARTED.join(filter(None, (self._tiles, _LISTED)))
        lines = [""]
        for part in (brief if low else self._text).split(_PARTED):
            longer = f"{lines[-1]}{_PARTED}{part}" if lines[-1] else part
            if metrics.horizontalAdvance(longer) > width_px * _SHARE_OF_WIDTH and lines[-1]:
                lines.append(part)
            else:
                lines[-1] = longer
        self._lines = "\n".join(lines)
        widest = max(metrics.horizontalAdvance(line) for line in lines)
        self.resize(widest + 8, metrics.lineSpacing() * len(lines) + 4)

    def draw(self, painter: QPainter) -> None:
        """Write the line on a veil of the map's own ground."""
        painter.fillRect(self.rect(), fade_color(self._theme.land, 0.85))
        painter.setFont(make_micro_font())
        painter.setPen(QColor(self._theme.muted))
        room = self.rect().adjusted(4, 2, -4, -2)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, self._lines)


_APART_PX = 18
_WIDEST_PX = 360
_SWATCH_PX = 10
_NOTES = 3
_RIM = QMargins(3, 3, 3, 3)
"""Of a card what its rounded corners take."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _CardLine:
    """A line of text in a color of the theme; it breaks where it is too long."""

    text: str
    role: str = "text"
    strong: bool = False


@dataclass(frozen=True, slots=True)
class _CardContent:
    """What a card says: a title, lines, a table of figures, and lines below it."""

    title: _CardLine
    above: tuple[_CardLine, ...] = ()
    changes: tuple[ZoneChange, ...] = ()
    below: tuple[_CardLine, ...] = ()


@dataclass(frozen=True, slots=True)
class _CardPiece:
    """A text at its place, or a square of a zone's color where there is none."""

    box: QRect
    text: str
    color: str
    flags: Qt.AlignmentFlag
    strong: bool = False


class PointerCard(PaintedOverlay):
    """Text that follows the pointer and stays inside the map.

    It is painted piece by piece, once for what it says: a label of rich text takes 9 ms to lay this
    table out. An opaque part covers all but its rounded corners, so that the map below the card is
    not painted anew as it follows the pointer.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._on = parent
        self._said: _CardContent | None = None
        self._pieces: list[_CardPiece] = []
        self._picture: QPixmap | None = None
        self._inside = _OpaqueInside(self)
        self._kept = QMargins()
        self.hide()

    def keep_clear(self, right_px: int, above_px: int) -> None:
        """Stay clear of what lies over the map at its right and over its upper part."""
        self._kept = QMargins(0, above_px, right_px, 0)

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        super().set_theme(theme)
        self._said = None
        self.hide()

    def show_site(self, name: str, rows: Sequence[str], at: QPoint) -> None:
        """Show a site's name and a few lines about it."""
        lines = tuple(_CardLine(row, "muted") for row in rows)
        self._put(_CardContent(_CardLine(name, strong=True), lines), at)

    def show_move(
        self,
        title: str,
        changes: Sequence[ZoneChange],
        notes: Sequence[str],
        at: QPoint,
        *,
        more: str = "",
    ) -> None:
        """Show before, after and difference of the zones' figures, and what a drop would break."""
        below = [_CardLine(more, "muted")] if more else []
        below += [_CardLine(text, "warning") for text in notes[:_NOTES]]
        self._put(_CardContent(_CardLine(title, strong=True), (), tuple(changes), tuple(below)), at)

    def show_refusal(self, title: str, reason: str, at: QPoint) -> None:
        """Show why a drop is not possible here."""
        self._put(_CardContent(_CardLine(title, strong=True), (_CardLine(reason, "late"),)), at)

    def text(self) -> str:
        """Return what the card says, without its layout."""
        rows = sorted(self._pieces, key=lambda piece: (piece.box.y(), piece.box.x()))
        return " ".join(piece.text for piece in rows if piece.text)

    def follow(self, at: QPoint) -> None:
        """Stand beside the pointer where there is room, else above or below it; never under it."""
        room = self._on.rect().marginsRemoved(self._kept)
        last = room.bottomRight() - QPoint(GRID_PX + self.width(), GRID_PX + self.height())
        x, y = at.x() + _APART_PX, at.y() + _APART_PX
        if x > last.x():
            x = min(at.x() - _APART_PX - self.width(), last.x())
        if x >= GRID_PX:
            y = min(y, last.y())
        else:
            x = min(at.x() + _APART_PX, last.x())
            if y > last.y():
                y = at.y() - _APART_PX - self.height()
        self.move(max(GRID_PX, x), max(GRID_PX, y))
        lower = self.geometry().translated(0, max(0, room.top() + GRID_PX - self.y()))
        if not lower.contains(at):  # a low map has no room for it that is all clear
            self.move(lower.topLeft())

    def draw(self, painter: QPainter) -> None:
        """Draw the ground; the rest is inside."""
        draw_plate(
            painter, QRectF(self.rect()), self._theme.color("raised"), self._theme.color("border")
        )

    def read_picture(self) -> QPixmap:
        """Return the opaque picture of what is said, made anew for another screen."""
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(self._theme.color("raised"))
            with QPainter(self._picture) as painter:
                self._draw_pieces(painter)
        return self._picture

    def _draw_pieces(self, painter: QPainter) -> None:
        plain, strong = _fonts()
        for piece in self._pieces:
            if not piece.text:
                painter.fillRect(piece.box, QColor(piece.color))
                continue
            painter.setFont(strong if piece.strong else plain)
            painter.setPen(QColor(piece.color))
            painter.drawText(piece.box, piece.flags, piece.text)

    def _put(self, said: _CardContent, at: QPoint) -> None:
        if said != self._said:
            self._said = said
            self._pieces, size = self._laid_out(said)
            self.setAccessibleDescription(self.text())
            self._picture = None
            self.resize(size)
            self._inside.setGeometry(self.rect().marginsRemoved(_RIM))
            self.update()
        self.follow(at)
        self.show()
        self.raise_()

    def _laid_out(self, said: _CardContent) -> tuple[list[_CardPiece], QSize]:
        """Return the pieces of what is said, and the size of the card."""
        table, wide, high = self._table(said.changes)
        metrics = [QFontMetrics(font) for font in _fonts()]
        lines = (said.title, *said.above, *said.below)
        longest = max(metrics[line.strong].horizontalAdvance(line.text) for line in lines)
        wide = max(wide, min(longest, _WIDEST_PX))
        pieces, y = self._lines((said.title, *said.above), wide, SPACING_PX)
        pieces += [replace(piece, box=piece.box.translated(0, y)) for piece in table]
        below, y = self._lines(said.below, wide, y + high)
        return [*pieces, *below], QSize(wide + 2 * PANEL_MARGIN_PX, y + SPACING_PX)

    def _lines(self, lines: Sequence[_CardLine], wide: int, y: int) -> tuple[list[_CardPiece], int]:
        pieces = []
        flags = _LEFT | Qt.TextFlag.TextWordWrap
        for line in lines:
            metrics = QFontMetrics(_fonts()[line.strong])
            high = metrics.boundingRect(QRect(0, 0, wide, 10_000), flags, line.text).height()
            box = QRect(PANEL_MARGIN_PX, y, wide, high)
            color = str(getattr(self._theme, line.role))
            pieces.append(_CardPiece(box, line.text, color, flags, line.strong))
            y += high
        return pieces, y

    def _table(self, changes: Sequence[ZoneChange]) -> tuple[list[_CardPiece], int, int]:
        """Return a column of figures for each zone, a row each, with its width and height."""
        if not changes:
            return [], 0, 0
        plain, strong = (QFontMetrics(font) for font in _fonts())
        high = strong.height() + 2
        columns = [change.rows() for change in changes]
        muted = self._theme.muted
        x = PANEL_MARGIN_PX + max(plain.horizontalAdvance(row.name) for row in columns[0])
        pieces = [
            _CardPiece(QRect(PANEL_MARGIN_PX, high * at, x, high), row.name, muted, _LEFT)
            for at, row in enumerate(columns[0], start=1)
        ]
        for change, rows in zip(changes, columns, strict=True):
            start = x
            for part, gap in (("before", 3 * GRID_PX), ("after", GRID_PX), ("change", SPACING_PX)):
                texts = [_format_figure(row, part) for row in rows]
                metrics = strong if part == "after" else plain
                wide = max(metrics.horizontalAdvance(text) for text in texts) + gap
                for at, (row, text) in enumerate(zip(rows, texts, strict=True), start=1):
                    bad = part == "after" and row.bad
                    color = self._theme.late if bad else self._theme.text
                    box = QRect(x, high * at, wide, high)
                    pieces.append(_CardPiece(box, text, color, _RIGHT, part == "after"))
                x += wide
            head = QRect(start, 0, x - start, high)
            name = strong.horizontalAdvance(change.zone)
            mark = QRect(
                x - name - GRID_PX - _SWATCH_PX, (high - _SWATCH_PX) // 2, _SWATCH_PX, _SWATCH_PX
            )
            pieces.append(_CardPiece(head, change.zone, self._theme.text, _RIGHT, True))
            pieces.append(_CardPiece(mark, "", zone_color(change.color), _RIGHT))
        return pieces, x - PANEL_MARGIN_PX, high * (len(columns[0]) + 1)


class _OpaqueInside(QWidget):
    """The part of a card within its rounded rim, which lets nothing show that is below it."""

    def __init__(self, card: PointerCard) -> None:
        super().__init__(card)
        self._card = weakref.proxy(card)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show this part of the card."""
        with QPainter(self) as painter:
            painter.drawPixmap(-self.pos(), self._card.read_picture())


def _format_figure(row: ChangeRow, part: str) -> str:
    return f"{row.before} →" if part == "before" else str(getattr(row, part))


def _fonts() -> tuple[QFont, QFont]:
    """Return the font of text and figures, and the one that stands out."""
    return make_figures_font(), make_strong_font()
