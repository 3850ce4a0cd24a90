"""The legend: what colours, shapes, marks and lines on the map mean. It folds away."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QWidget

from zoneplanner.app.reading import Reading
from zoneplanner.domain.palette import zone_hatch
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.hatches import brush
from zoneplanner.ui.canvas.overlays.legend_rows import Row, rows_of
from zoneplanner.ui.canvas.symbols import Look
from zoneplanner.ui.kit.palette import VISIT_CLASSES, fill, ink
from zoneplanner.ui.kit.theme import GAP, MARGIN, RADIUS, Theme

ROW_PX = 19
SIGN_PX = 26


class Legend(QWidget):
    """Follows the map's colouring and shows only what the map holds."""

    folded = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: tuple[Row, ...] = ()
        self._picture: QPixmap | None = None
        self.open = True
        self.setAccessibleName("Legend")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click to fold or unfold the legend.")

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colours."""
        self._theme = theme
        self._spoil()

    def set_reading(self, reading: Reading, colouring: str, *, others: bool) -> None:
        """Take over what the map shows; ``others`` are the sites not in patrol."""
        rows = tuple(rows_of(reading, colouring, others=others))
        if rows != self._rows:
            self._rows = rows
            self.resize(self.sizeHint())
            self.folded.emit(not self.open)
            self._spoil()

    def set_open(self, opened: bool) -> None:
        """Unfold or fold."""
        if opened != self.open:
            self.open = opened
            self.resize(self.sizeHint())
            self.folded.emit(not opened)
            self._spoil()

    def sizeHint(self) -> QSize:
        """Return the room for all rows, or for the title alone."""
        metrics = QFontMetrics(_font(bold=True))
        title = metrics.horizontalAdvance("Legend  ▾") + 2 * MARGIN
        if not self.open:
            return QSize(title, metrics.height() + 2 * GAP - 2)
        words = QFontMetrics(_font(bold=False))
        widest = max((words.horizontalAdvance(row.text) + SIGN_PX for row in self._rows), default=0)
        heads = [row for row in self._rows if row.kind == "heading"]
        high = GAP + ROW_PX * len(self._rows) + 4 * max(0, len(heads) - 1) + GAP
        return QSize(max(title, widest + 2 * MARGIN), high)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Fold or unfold."""
        self.set_open(not self.open)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the press from the map."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the map have the keys."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the card, drawn once for as long as it says the same."""
        if self._picture is None or self._picture.deviceIndependentSize() != self.size():
            self._picture = self._drawn()
        painter = QPainter(self)
        try:
            painter.drawPixmap(0, 0, self._picture)
        finally:
            painter.end()

    def _drawn(self) -> QPixmap:
        """Draw the card and its rows."""
        ratio = self.devicePixelRatioF()
        drawn = QPixmap(self.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ground = QColor(self._theme.raised)
            ground.setAlphaF(0.93)
            painter.setPen(QPen(QColor(self._theme.border), 1))
            painter.setBrush(ground)
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS
            )
            if self.open:
                self._paint_rows(painter)
            else:
                painter.setFont(_font(bold=True))
                painter.setPen(QColor(self._theme.text))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Legend  ▴")
        finally:
            painter.end()
        return drawn

    def _spoil(self) -> None:
        self._picture = None
        self.update()

    def _paint_rows(self, painter: QPainter) -> None:
        y = float(GAP)
        for at, row in enumerate(self._rows):
            heading = row.kind == "heading"
            y += 4 if heading and at else 0
            painter.setFont(_font(bold=heading))
            painter.setPen(QColor(self._theme.text))
            left = MARGIN + (0 if heading else SIGN_PX)
            box = QRectF(left, y, self.width() - left - MARGIN, ROW_PX)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, row.text)
            if at == 0:
                painter.drawText(box, _RIGHT, "▾")
            painter.save()
            painter.translate(MARGIN + SIGN_PX / 2 - 4, y + ROW_PX / 2)
            self._sign(painter, row)
            painter.restore()
            y += ROW_PX

    def _sign(self, painter: QPainter, row: Row) -> None:
        theme = self._theme
        if row.kind == "zone":
            self._zone_sign(painter, int(str(row.value)))
        elif row.kind == "level":
            size = symbols.size_px(str(row.value))
            look = Look(
                symbols.shape_of(str(row.value)),
                size,
                theme.unassigned,
                theme.text,
                theme.site_edge,
            )
            symbols.paint(painter, look, theme)
        elif row.kind == "mark":
            painter.translate(1.5, -2 if row.value == symbols.STACKED else 1.5)
            painter.scale(0.82, 0.82)
            look = Look(
                "circle", 11, theme.unassigned, theme.text, theme.site_edge, "", (str(row.value),)
            )
            symbols.paint(painter, look, theme)
        elif row.kind == "pale":
            look = Look("circle", 9, theme.site_pale, theme.muted, theme.muted, pale=True)
            symbols.paint(painter, look, theme)
        elif row.kind == "visit":
            entry = VISIT_CLASSES[int(str(row.value))]
            text = "–" if entry.first is None else str(entry.first)
            look = Look("circle", 15, entry.colour, entry.ink, theme.site_edge, text)
            symbols.paint(painter, look, theme)
        elif row.kind == "line":
            pen = QPen(theme.colour(str(row.value)), 2.4)
            if row.value == "county_line":
                pen = QPen(theme.colour(str(row.value)), 1.6, Qt.PenStyle.CustomDashLine)
                pen.setDashPattern([4, 2.4])
            painter.setPen(pen)
            painter.drawLine(QPointF(-9, 0), QPointF(9, 0))

    def _zone_sign(self, painter: QPainter, colour: int) -> None:
        box = QRectF(-9, -6, 18, 12)
        painter.fillRect(box, QColor(self._theme.land))
        painter.fillRect(box, fill(colour, self._theme.zone_fill_share + 0.25))
        lines = ink(colour, self._theme)
        lines.setAlphaF(min(1.0, self._theme.hatch_share + 0.3))
        painter.fillRect(box, brush(zone_hatch(colour), lines, self.devicePixelRatioF()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.zone_edge), 1.2))
        painter.drawRect(box)


def _font(*, bold: bool) -> QFont:
    font = QFont()
    font.setPixelSize(11)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
