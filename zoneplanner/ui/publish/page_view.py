"""A printed page on screen: painted from the very strokes that its PDF is made of."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QScrollArea, QWidget

from zoneplanner.publish.pdf.canvas import BOLD_FONT, FONT_PACKAGES, find_font_file
from zoneplanner.publish.pdf.recorder import DrawCommand, RecordedPage, Subpath

_EDGE_PX = 16
_FAMILY, _BOLD_FAMILY = "DejaVu Sans", "Bitstream Vera Sans"
_NEAREST, _FARTHEST, STEP = 4.0, 0.3, 1.25


class PageView(QScrollArea):
    """One page, as large as there is room or larger; ``zoom`` counts from the whole page."""

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName("Preview of a page")
        self.zoom = 1.0
        self._paper = _Paper()
        self.setWidget(self._paper)

    @property
    def showing(self) -> bool:
        """True while there is a page to see."""
        return self._paper.drawn

    def show_drawing(self, drawing: RecordedPage | None, words: str = "") -> None:
        """Show a page; ``words`` tell it to those who do not see it."""
        self._paper.take(drawing)
        self._paper.setAccessibleName(words or "No page")
        self._fit()

    def zoom_by(self, factor: float) -> None:
        """Show the page larger or smaller."""
        self.zoom = min(max(self.zoom * factor, _FARTHEST), _NEAREST)
        self._fit()

    def zoom_to_page(self) -> None:
        """Show the whole page."""
        self.zoom = 1.0
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the page as large as there is room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.viewport().size()
        self._paper.scale_into(room.width() - 2 * _EDGE_PX, room.height() - 2 * _EDGE_PX, self.zoom)


class _Paper(QWidget):
    """The page itself, kept as a picture until it is drawn at another size."""

    def __init__(self) -> None:
        super().__init__()
        self._drawing: RecordedPage | None = None
        self._picture: QPixmap | None = None
        _load_fonts()

    @property
    def drawn(self) -> bool:
        """True where there is a page."""
        return self._drawing is not None

    def take(self, drawing: RecordedPage | None) -> None:
        """Show another page."""
        self._drawing, self._picture = drawing, None
        self.update()

    def scale_into(self, width: float, height: float, zoom: float) -> None:
        """Be as large as a page fits into so much room, times the zoom."""
        drawing = self._drawing
        if drawing is None:
            self.resize(QSize(0, 0))
            return
        scale = max(min(width / drawing.width, height / drawing.height), 0.1) * zoom
        size = QSize(round(drawing.width * scale), round(drawing.height * scale))
        if size != self.size():
            self._picture = None
            self.resize(size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture of the page."""
        if self._drawing is None:
            return
        if self._picture is None:
            self._picture = self._painted(self._drawing)
        painter = QPainter(self)
        try:
            painter.drawPixmap(0, 0, self._picture)
        finally:
            painter.end()

    def _painted(self, drawing: RecordedPage) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.white)
        painter = QPainter(picture)
        try:
            painter.setRenderHints(
                QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing
            )
            scale = self.width() / drawing.width
            painter.scale(scale, -scale)
            painter.translate(0, -drawing.height)
            for stroke in drawing.strokes:
                _paint(painter, stroke)
        finally:
            painter.end()
        return picture


def _load_fonts() -> None:
    """Give the program the fonts of the printed pages."""
    for name in FONT_PACKAGES:
        number = QFontDatabase.addApplicationFont(find_font_file(name))
        assert number >= 0


def _paint(painter: QPainter, stroke: DrawCommand) -> None:
    match stroke.kind:
        case "save":
            painter.save()
        case "restore":
            painter.restore()
        case "shift":
            painter.translate(*stroke.at)
        case "turn":
            painter.rotate(stroke.amount)
        case "clip":
            painter.setClipPath(_path(stroke.runs), Qt.ClipOperation.IntersectClip)
        case "fill":
            painter.fillPath(_path(stroke.runs), _color(stroke))
        case "line":
            painter.strokePath(_path(stroke.runs), _pen(stroke))
        case "circle":
            path = QPainterPath()
            path.addEllipse(QPointF(*stroke.at), stroke.amount, stroke.amount)
            if stroke.width:
                painter.strokePath(path, _pen(stroke))
            else:
                painter.fillPath(path, _color(stroke))
        case "text":
            _write(painter, stroke)


def _write(painter: QPainter, stroke: DrawCommand) -> None:
    """Write a line of text as shapes, so that it is as wide as on paper at every size."""
    font = QFont(_BOLD_FAMILY if stroke.font == BOLD_FONT else _FAMILY)
    font.setBold(stroke.font == BOLD_FONT)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setPixelSize(100)
    path = QPainterPath()
    path.addText(0, 0, font, stroke.text)
    scale = stroke.amount / 100
    wide = QFontMetricsF(font).horizontalAdvance(stroke.text) * scale
    left = stroke.at[0] - {"left": 0.0, "right": wide, "center": wide / 2}[stroke.align]
    painter.save()
    painter.translate(left, stroke.at[1])
    painter.scale(scale, -scale)
    if stroke.width:
        pen = QPen(_color(stroke), stroke.width / scale)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, pen)
    else:
        painter.fillPath(path, _color(stroke))
    painter.restore()


def _path(runs: tuple[Subpath, ...]) -> QPainterPath:
    path = QPainterPath()
    for points, closed in runs:
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        if closed:
            path.closeSubpath()
    return path


def _pen(stroke: DrawCommand) -> QPen:
    pen = QPen(_color(stroke), stroke.width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if stroke.dash and stroke.width:
        pen.setDashPattern([part / stroke.width for part in stroke.dash])
    return pen


def _color(stroke: DrawCommand) -> QColor:
    return QColor.fromRgbF(*stroke.color)
