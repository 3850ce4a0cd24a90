"""A look at the pages before they are printed: one file, one page, larger and smaller.

A printed page on screen: the page of the PDF itself, rendered by PDFium.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pypdfium2
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, Icons

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet


_EDGE_PX = 16
_LETTER_PT = (612.0, 792.0)
"""The outline of a page that is still being made; its own size is known with it."""
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
        """Show the first page of a PDF; ``words`` tell it to those who do not see it.

        Without a PDF, ``words`` are in the outline of a page.
        """
        self._paper.open(pdf, "" if pdf else words)
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
        self._pdf, self._words = b"", ""
        self._picture: QPixmap | None = None

    def open(self, pdf: bytes | None, words: str) -> None:
        """Show another page. PDFium is for one thread at a time: all of it happens in this one."""
        self._pdf, self._words, self.size_pt, self._picture = pdf or b"", words, None, None
        if pdf is not None:
            with pypdfium2.PdfDocument(pdf) as document:
                self.size_pt = document.get_page_size(0)
        self.update()

    def scale_into(self, width: float, height: float, zoom: float) -> None:
        """Be as large as the page fits into so much room, times the zoom."""
        if self.size_pt is None and not self._words:
            self.resize(QSize(0, 0))
            return
        wide, high = self.size_pt or _LETTER_PT
        scale = max(min(width / wide, height / high), 0.1) * zoom
        size = QSize(round(wide * scale), round(high * scale))
        if size != self.size():
            self._picture = None
            self.resize(size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture of the page, or its outline."""
        if self._picture is None and self.size_pt is not None:
            self._picture = self._render(self.size_pt[0])
        painter = QPainter(self)
        try:
            if self._picture is not None:
                painter.drawPixmap(0, 0, self._picture)
            else:
                room = self.rect().adjusted(_EDGE_PX, _EDGE_PX, -_EDGE_PX, -_EDGE_PX)
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(room, flags, self._words)
            # white paper on white: the line lies within the page, whole at a scale of 1.5 too
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
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


_PAIR_FROM_PX, _SMALLEST_OF_TWO = 1200, 0.85
"""From this width on two pages stand beside each other, if neither is much smaller than alone."""


class PagePreview(QWidget):
    """Shows pages of booklets; ``asked`` wants the page of a file drawn: its name and number.

    In a wide window the next page stands beside the page.
    """

    asked = Signal(str, int)
    map_asked = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self._booklets: Mapping[str, Booklet] = {}
        self.number = 1
        self.files = ChoiceBox()
        self.files.setAccessibleName("File to preview")
        self.files.setMinimumContentsLength(16)
        self.files.setPlaceholderText("No pages yet")
        self.files.currentIndexChanged.connect(lambda _: self.go_to(1))
        self.place = QLabel()
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.place.setMinimumWidth(96)
        self.view, self.second = PageView(), PageView()
        self.second.hide()
        self._pair = False
        self.message = make_muted_label()
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.buttons = {
            "back": self._button("Previous page (Page Up)", "‹", lambda: self._turn(-1)),
            "on": self._button("Next page (Page Down)", "›", lambda: self._turn(1)),
            "smaller": self._button("Smaller", "−", lambda: self._zoom(1 / STEP)),
            "larger": self._button("Larger", "+", lambda: self._zoom(STEP)),
            "whole": self._button("Whole page", "Whole page", self._zoom_to_page),
            "map": self._button(
                "Open a preview of the web map in the browser",
                "Open web map",
                self.map_asked.emit,
            ),
        }
        whole = (self.files, self.buttons["map"])
        page = (self.buttons["back"], self.place, self.buttons["on"])
        size = [self.buttons[name] for name in ("smaller", "larger", "whole")]
        self._of_pages = (self.files, *page, *size)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(_line(*whole, wide=self.files))
        rows.addLayout(_line(*page, *size))
        self.pages = QWidget()  # hidden as a whole: a layout of hidden parts keeps its share
        both = QHBoxLayout(self.pages)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(0)
        both.addWidget(self.view, 1)
        both.addWidget(self.second, 1)
        rows.addWidget(self.pages, 1)
        rows.addWidget(self.message, 1)
        for key, step in (("PgUp", -1), ("PgDown", 1)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self._turn(step))
        self.show_wait()

    def show_wait(self) -> None:
        """Show that pages are being made, where none was made before."""
        if self._booklets:
            return
        self.say("")
        self.view.show_pdf(None, "The preview is being made…")
        self._show_controls(enabled=False)
        self.buttons["map"].setEnabled(False)

    def show_booklets(self, booklets: Mapping[str, "Booklet"]) -> None:
        """Offer files to look at; the one looked at before stays, at its page."""
        name, number = self.files.currentText(), self.number
        self._booklets = booklets
        self._show_controls(enabled=True, visible=bool(booklets))
        self.files.blockSignals(True)
        self.files.clear()
        self.files.addItems(list(booklets))
        self.files.setCurrentIndex(max(0, self.files.findText(name)))
        self.files.blockSignals(False)
        if not booklets:
            self.say("On the left, choose something to print to see its pages here.")
            return
        self.say("")
        self.go_to(number)

    def _show_controls(self, *, enabled: bool, visible: bool = True) -> None:
        for part in self._of_pages:
            part.setEnabled(enabled)
            part.setVisible(visible)

    def go_to(self, number: int) -> None:
        """Ask for a page of the file, the nearest that there is."""
        name = self.files.currentText()
        if name not in self._booklets:
            return
        pages = len(self._booklets[name].pages)
        self.number = min(max(number, 1), pages)
        self._show_place()
        self.asked.emit(name, self.number)
        if self._pair and self.number < pages:
            self.asked.emit(name, self.number + 1)

    def show_page(self, name: str, number: int, pdf: bytes) -> None:
        """Show a page that was asked for, if it is still wanted."""
        if name != self.files.currentText():
            return
        pages = len(self._booklets[name].pages) if name in self._booklets else number
        words = f"{name}, page {number} of {pages}"
        if number == self.number:
            self.view.show_pdf(pdf, words)
            self._pair_pages()
        elif self._pair and number == self.number + 1:
            self.second.show_pdf(pdf, words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the next page beside the page where there is room for both."""
        super().resizeEvent(event)
        self._pair_pages()

    def _pair_pages(self) -> None:
        """Ask for the next page where it has room now, and put it away where it has none."""
        name = self.files.currentText()
        wide = self.width() >= _PAIR_FROM_PX
        wide = wide and self.view.count_pages_beside(self.width()) >= 2 * _SMALLEST_OF_TWO
        pair = wide and name in self._booklets and len(self._booklets[name].pages) > 1
        if pair is not self._pair:
            self._pair = pair
            self.second.setVisible(pair)
            if name in self._booklets:
                self._show_place()
            if pair and self.number < len(self._booklets[name].pages):
                self.asked.emit(name, self.number + 1)

    def _show_place(self) -> None:
        """Say which pages are seen, and show the second where there is one."""
        pages = len(self._booklets[self.files.currentText()].pages)
        page = self.number + (self._pair and self.number < pages)
        own = f"Page {self.number}" if page == self.number else f"Pages {self.number} and {page}"
        self.place.setText(f"{own} of {pages}")
        self.buttons["back"].setEnabled(self.number > 1)
        self.buttons["on"].setEnabled(page < pages)
        self.second.show_pdf(None)
        self.second.setVisible(self._pair and not self.message.text())

    def _turn(self, way: int) -> None:
        """Leaf by as many pages as are seen."""
        step = 2 if self._pair else 1
        if way < 0 or self.buttons["on"].isEnabled():
            self.go_to(self.number + way * step)

    def _zoom(self, factor: float) -> None:
        for view in (self.view, self.second):
            view.zoom_by(factor)

    def _zoom_to_page(self) -> None:
        for view in (self.view, self.second):
            view.zoom_to_page()

    def say(self, text: str) -> None:
        """Say why there is no page to see; without a text the page is shown."""
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self.pages.setVisible(not text)

    def _button(self, tip: str, text: str, do: object) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda _=False: do())  # type: ignore[operator]
        return button


def _line(*widgets: QWidget, wide: QWidget | None = None) -> QHBoxLayout:
    """Put widgets beside each other, one of them with the room that is left."""
    line = QHBoxLayout()
    line.setContentsMargins(SPACING_PX, GRID_PX, SPACING_PX, GRID_PX)
    line.setSpacing(SPACING_PX)
    for widget in widgets:
        line.addWidget(widget, 1 if widget is wide else 0)
    if wide is None:
        line.addStretch(1)
    return line
