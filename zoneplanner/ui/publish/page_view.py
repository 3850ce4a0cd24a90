"""A printed page on screen: the page of the PDF itself, rendered by PDFium."""

import pypdfium2
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPixmap, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

_EDGE_PX = 16
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
        return self._paper.size_pt is not None

    def show_pdf(self, pdf: bytes | None, words: str = "") -> None:
        """Show the first page of a PDF; ``words`` tell it to those who do not see it."""
        self._paper.open(pdf)
        self._paper.setAccessibleName(words or "No page")
        self._fit()

    def count_pages_beside(self, wide_px: int) -> float:
        """Return how many such pages a width has room for, each as high as this view; 0 without."""
        if self._paper.size_pt is None:
            return 0.0
        wide, high = self._paper.size_pt
        room_px = self.viewport().height() - 2 * _EDGE_PX
        return wide_px / (wide * room_px / high + 2 * _EDGE_PX) if room_px > 0 else 0.0

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
    """The page itself, kept as a picture until it is drawn at another size.

    The PDF is open only while it is read: what is open when the program ends, PDFium complains of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.size_pt: tuple[float, float] | None = None
        self._pdf = b""
        self._picture: QPixmap | None = None

    def open(self, pdf: bytes | None) -> None:
        """Show another page. PDFium is for one thread at a time: all of it happens in this one."""
        self._pdf, self.size_pt, self._picture = pdf or b"", None, None
        if pdf is not None:
            with pypdfium2.PdfDocument(pdf) as document:
                self.size_pt = document.get_page_size(0)
        self.update()

    def scale_into(self, width: float, height: float, zoom: float) -> None:
        """Be as large as the page fits into so much room, times the zoom."""
        if self.size_pt is None:
            self.resize(QSize(0, 0))
            return
        wide, high = self.size_pt
        scale = max(min(width / wide, height / high), 0.1) * zoom
        size = QSize(round(wide * scale), round(high * scale))
        if size != self.size():
            self._picture = None
            self.resize(size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture of the page."""
        if self.size_pt is None:
            return
        if self._picture is None:
            self._picture = self._render(self.size_pt[0])
        painter = QPainter(self)
        try:
            painter.drawPixmap(0, 0, self._picture)
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))  # white paper on white
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        finally:
            painter.end()

    def _render(self, wide_pt: float) -> QPixmap:
        ratio = self.devicePixelRatioF()
        with pypdfium2.PdfDocument(self._pdf) as document:
            page = document[0]
            bitmap = page.render(scale=self.width() * ratio / wide_pt, prefer_bgrx=True)
            page.close()
        image = QImage(
            bitmap.buffer, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGB32
        )
        picture = QPixmap.fromImage(image)
        picture.setDevicePixelRatio(ratio)
        return picture
