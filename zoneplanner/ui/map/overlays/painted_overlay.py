"""Overlays painted over a map: scale bar, sources of layers, and the card at the pointer."""

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
from zoneplanner.ui.map.edit_preview import ChangeRow, ZoneChange
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
    """A widget over a map, painted by ``draw``; clicks pass through a ``passive`` one.

    Overlays have no labels or style sheets, because these take longer to paint than the map
    itself, which is painted under them in every frame of a drag.
    """

    def __init__(self, theme: Theme, parent: QWidget, *, passive: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, passive)

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the overlay."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Paint the overlay with antialiasing."""
        raise NotImplementedError


_MAX_BAR_PX = 125.0


class ScaleBar(PaintedOverlay):
    """A line with a length in the desk's unit above it, and one in the other unit below it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._m_px = 10.0
        self._formats = US_FORMATS
        self.setAccessibleName("Scale bar")
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Return the size of the longest bar with its texts."""
        metrics = QFontMetrics(make_micro_font())
        width = round(_MAX_BAR_PX) + metrics.horizontalAdvance("0.25 mi") + 2 * SPACING_PX
        return QSize(width, 2 * metrics.height() + 10)

    def set_scale(self, m_px: float) -> None:
        """Set the scale in meters per pixel; the map is painted again then, with the bar."""
        self._m_px = m_px

    def set_formats(self, formats: LocaleFormats) -> None:
        """Set the units of the desk."""
        if formats != self._formats:
            self._formats = formats
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw a line with a tick above and below, on a halo."""
        painter.setFont(make_micro_font())
        left, middle = SPACING_PX, self.height() / 2
        (up_m, up_text), (down_m, down_text) = self._formats.scale_bars(_MAX_BAR_PX * self._m_px)
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
        texts = QPainterPath()
        texts.addText(up + 5, middle - 2 - metrics.descent(), painter.font(), up_text)
        texts.addText(down + 5, middle + 2 + metrics.ascent(), painter.font(), down_text)
        halo, ink = self._theme.color("halo"), self._theme.color("text")
        painter.strokePath(shape, QPen(halo, 4.5, c=Qt.PenCapStyle.SquareCap))
        painter.strokePath(texts, QPen(halo, 3.0, j=Qt.PenJoinStyle.RoundJoin))
        painter.strokePath(shape, QPen(ink, 1.5, c=Qt.PenCapStyle.SquareCap))
        painter.fillPath(texts, ink)


_SEPARATOR = " · "
_MAX_WIDTH_SHARE = 0.6
_SOURCES_HINT = "Sources: see Layers"


class Attribution(PaintedOverlay):
    """A small line with the sources of the layers on the map."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._text = self._wrapped_text = self._tiles = ""
        self._sources_key: tuple[object, ...] = ()

    def show_sources(self, scene: MapScene) -> None:
        """Name the sources of the visible layers and web tiles."""
        project, look, tiles = scene.state.saved_project, scene.arrangement, scene.tiles.credit
        rows = look.list_layers([layer.id for layer in project.user_layers])
        shown = frozenset(filter(look.shows, rows))
        key = (id(project.features), id(project.layers), id(project.basemap), shown, tiles)
        if key == self._sources_key:
            return
        # the project is stored so that the ids are not reused for other objects
        self._sources_key, self._project = key, project
        self._text, self._tiles = format_credit_line(project, shown, tiles), tiles
        self.setAccessibleName(self._text)
        self.setVisible(bool(self._text))
        self.update()

    def fit(self, width_px: int, *, low: bool = False) -> None:
        """Break the line if it would take too much of the map's width.

        On a ``low`` map, where it would cover schools, it only shows where sources are listed.
        """
        metrics = QFontMetrics(make_micro_font())
        hint = _SEPARATOR.join(filter(None, (self._tiles, _SOURCES_HINT)))
        lines = [""]
        for source in (hint if low else self._text).split(_SEPARATOR):
            longer = f"{lines[-1]}{_SEPARATOR}{source}" if lines[-1] else source
            if metrics.horizontalAdvance(longer) > width_px * _MAX_WIDTH_SHARE and lines[-1]:
                lines.append(source)
            else:
                lines[-1] = longer
        self._wrapped_text = "\n".join(lines)
        widest = max(metrics.horizontalAdvance(line) for line in lines)
        self.resize(widest + 8, metrics.lineSpacing() * len(lines) + 4)

    def draw(self, painter: QPainter) -> None:
        """Draw the text on a veil in the map's background color."""
        painter.fillRect(self.rect(), fade_color(self._theme.land, 0.85))
        painter.setFont(make_micro_font())
        painter.setPen(QColor(self._theme.muted))
        room = self.rect().adjusted(4, 2, -4, -2)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, self._wrapped_text)


_POINTER_GAP_PX = 18
_MAX_WIDTH_PX = 360
_SWATCH_PX = 10
_MAX_NOTES = 3
_RIM = QMargins(3, 3, 3, 3)
"""The margin that a card's rounded corners need."""
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _CardLine:
    """A line of text in a color of the theme, which is wrapped if it is too long."""

    text: str
    color: str = "text"
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class _CardContent:
    """The content of a card: a title, lines, a table of figures, and lines below it."""

    title: _CardLine
    above: tuple[_CardLine, ...] = ()
    changes: tuple[ZoneChange, ...] = ()
    below: tuple[_CardLine, ...] = ()


@dataclass(frozen=True, slots=True)
class _CardPiece:
    """A text in its box, or without a text, a box filled with a color."""

    box: QRect
    text: str
    color: str
    flags: Qt.AlignmentFlag
    is_strong: bool = False


class PointerCard(PaintedOverlay):
    """A card that follows the pointer inside the map.

    It is painted piece by piece, once for each content, because a rich-text label takes 9 ms to lay
    out this table. An opaque part covers everything but the rounded corners, so that the map below
    is not painted again as the card moves.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._map_widget = parent
        self._content: _CardContent | None = None
        self._pieces: list[_CardPiece] = []
        self._picture: QPixmap | None = None
        self._opaque_part = _OpaquePart(self)
        self._reserved = QMargins()
        self.hide()

    def reserve_margins(self, right_px: int, above_px: int) -> None:
        """Keep the card out of margins at the right and top of the map."""
        self._reserved = QMargins(0, above_px, right_px, 0)

    def set_theme(self, theme: Theme) -> None:
        """Change the colors."""
        super().set_theme(theme)
        self._content = None
        self.hide()

    def show_site(self, name: str, rows: Sequence[str], at: QPoint) -> None:
        """Show a site's name and a few lines about it."""
        lines = tuple(_CardLine(row, "muted") for row in rows)
        self._show_content(_CardContent(_CardLine(name, is_strong=True), lines), at)

    def show_move(
        self,
        title: str,
        changes: Sequence[ZoneChange],
        notes: Sequence[str],
        at: QPoint,
        *,
        more: str = "",
    ) -> None:
        """Show the zones' figures before and after, and the rules that a drop would break."""
        below = [_CardLine(more, "muted")] if more else []
        below += [_CardLine(text, "warning") for text in notes[:_MAX_NOTES]]
        self._show_content(
            _CardContent(_CardLine(title, is_strong=True), (), tuple(changes), tuple(below)), at
        )

    def show_refusal(self, title: str, reason: str, at: QPoint) -> None:
        """Show why a drop is not possible here."""
        self._show_content(
            _CardContent(_CardLine(title, is_strong=True), (_CardLine(reason, "late"),)), at
        )

    def text(self) -> str:
        """Return the card's text without its layout."""
        rows = sorted(self._pieces, key=lambda piece: (piece.box.y(), piece.box.x()))
        return " ".join(piece.text for piece in rows if piece.text)

    def follow(self, at: QPoint) -> None:
        """Move next to the pointer if there is room, else above or below it, but never under it."""
        room = self._map_widget.rect().marginsRemoved(self._reserved)
        last = room.bottomRight() - QPoint(GRID_PX + self.width(), GRID_PX + self.height())
        x, y = at.x() + _POINTER_GAP_PX, at.y() + _POINTER_GAP_PX
        if x > last.x():
            x = min(at.x() - _POINTER_GAP_PX - self.width(), last.x())
        if x >= GRID_PX:
            y = min(y, last.y())
        else:
            x = min(at.x() + _POINTER_GAP_PX, last.x())
            if y > last.y():
                y = at.y() - _POINTER_GAP_PX - self.height()
        self.move(max(GRID_PX, x), max(GRID_PX, y))
        lower = self.geometry().translated(0, max(0, room.top() + GRID_PX - self.y()))
        if not lower.contains(at):  # a low map may have no room outside the margins
            self.move(lower.topLeft())

    def draw(self, painter: QPainter) -> None:
        """Draw the background; the opaque part draws the content."""
        fill, edge = self._theme.color("raised"), self._theme.color("border")
        draw_plate(painter, QRectF(self.rect()), fill, edge)

    def get_picture(self) -> QPixmap:
        """Return the opaque picture of the content for the current screen."""
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(self._theme.color("raised"))
            with QPainter(self._picture) as painter:
                self._draw_pieces(painter)
        return self._picture

    def _draw_pieces(self, painter: QPainter) -> None:
        fonts = _make_fonts()
        for piece in self._pieces:
            if not piece.text:
                painter.fillRect(piece.box, QColor(piece.color))
                continue
            painter.setFont(fonts[piece.is_strong])
            painter.setPen(QColor(piece.color))
            painter.drawText(piece.box, piece.flags, piece.text)

    def _show_content(self, content: _CardContent, at: QPoint) -> None:
        if content != self._content:
            self._content = content
            self._pieces, size = self._lay_out(content)
            self.setAccessibleDescription(self.text())
            self._picture = None
            self.resize(size)
            self._opaque_part.setGeometry(self.rect().marginsRemoved(_RIM))
            self.update()
        self.follow(at)
        self.show()
        self.raise_()

    def _lay_out(self, content: _CardContent) -> tuple[list[_CardPiece], QSize]:
        """Return the pieces of a content, and the size of the card."""
        table, width, height = self._lay_out_table(content.changes)
        metrics = [QFontMetrics(font) for font in _make_fonts()]
        lines = (content.title, *content.above, *content.below)
        longest = max(metrics[line.is_strong].horizontalAdvance(line.text) for line in lines)
        width = max(width, min(longest, _MAX_WIDTH_PX))
        pieces, y = self._lay_out_lines((content.title, *content.above), width, SPACING_PX)
        pieces += [replace(piece, box=piece.box.translated(0, y)) for piece in table]
        below, y = self._lay_out_lines(content.below, width, y + height)
        return [*pieces, *below], QSize(width + 2 * PANEL_MARGIN_PX, y + SPACING_PX)

    def _lay_out_lines(
        self, lines: Sequence[_CardLine], width: int, y: int
    ) -> tuple[list[_CardPiece], int]:
        """Return wrapped lines from a y position down, and the y position below them."""
        pieces = []
        flags = LEFT | Qt.TextFlag.TextWordWrap
        for line in lines:
            metrics = QFontMetrics(_make_fonts()[line.is_strong])
            height = metrics.boundingRect(QRect(0, 0, width, 10_000), flags, line.text).height()
            box = QRect(PANEL_MARGIN_PX, y, width, height)
            color = str(getattr(self._theme, line.color))
            pieces.append(_CardPiece(box, line.text, color, flags, line.is_strong))
            y += height
        return pieces, y

    def _lay_out_table(self, changes: Sequence[ZoneChange]) -> tuple[list[_CardPiece], int, int]:
        """Return a table with a row for each figure and columns for each zone, and its size."""
        if not changes:
            return [], 0, 0
        plain, strong = (QFontMetrics(font) for font in _make_fonts())
        row_px = strong.height() + 2
        rows_by_zone = [change.rows() for change in changes]
        names = [row.name for row in rows_by_zone[0]]
        x = PANEL_MARGIN_PX + max(map(plain.horizontalAdvance, names))
        pieces = [
            _CardPiece(
                QRect(PANEL_MARGIN_PX, row_px * line, x, row_px), name, self._theme.muted, LEFT
            )
            for line, name in enumerate(names, start=1)
        ]
        for change, rows in zip(changes, rows_by_zone, strict=True):
            left = x
            for column, gap in (
                ("before", 3 * GRID_PX),
                ("after", GRID_PX),
                ("change", SPACING_PX),
            ):
                is_after = column == "after"
                texts = [_format_figure(row, column) for row in rows]
                metrics = strong if is_after else plain
                width = max(map(metrics.horizontalAdvance, texts)) + gap
                for line, (row, text) in enumerate(zip(rows, texts, strict=True), start=1):
                    color = self._theme.late if is_after and row.bad else self._theme.text
                    box = QRect(x, row_px * line, width, row_px)
                    pieces.append(_CardPiece(box, text, color, RIGHT, is_after))
                x += width
            heading = QRect(left, 0, x - left, row_px)
            swatch_x = x - strong.horizontalAdvance(change.zone) - GRID_PX - _SWATCH_PX
            swatch = QRect(swatch_x, (row_px - _SWATCH_PX) // 2, _SWATCH_PX, _SWATCH_PX)
            pieces.append(_CardPiece(heading, change.zone, self._theme.text, RIGHT, True))
            pieces.append(_CardPiece(swatch, "", zone_color(change.color), RIGHT))
        return pieces, x - PANEL_MARGIN_PX, row_px * (len(names) + 1)


class _OpaquePart(QWidget):
    """The opaque part of a card, inside its rounded rim."""

    def __init__(self, card: PointerCard) -> None:
        super().__init__(card)
        self._card = weakref.proxy(card)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw this part of the card."""
        with QPainter(self) as painter:
            painter.drawPixmap(-self.pos(), self._card.get_picture())


def _format_figure(row: ChangeRow, column: str) -> str:
    return f"{row.before} →" if column == "before" else str(getattr(row, column))


def _make_fonts() -> tuple[QFont, QFont]:
    """Return the font of text and figures, and the strong one."""
    return make_figures_font(), make_strong_font()
