"""A preview of the pages to be printed: each is the page of the PDF itself, rendered by PDFium."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pypdfium2
from PySide6.QtCore import QMargins, QRectF, QSignalBlocker, QSize, Qt, Signal
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
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QWidget

from zoneplanner.messages import Message
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LayoutPart,
    make_column_layout,
    make_hiding_note,
    make_row_layout,
    make_tool_button,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet


_PAGE_MARGIN_PX = 16
_PAGE_MARGINS = QMargins(_PAGE_MARGIN_PX, _PAGE_MARGIN_PX, _PAGE_MARGIN_PX, _PAGE_MARGIN_PX)
_LETTER_PT = (612.0, 792.0)
"""The outline shown while a page is being made and its real size is not known yet."""
_MAX_ZOOM, _MIN_ZOOM, ZOOM_STEP = 4.0, 0.3, 1.25


class PageView(QScrollArea):
    """Shows one page; at a ``zoom`` of 1, the whole page fits the view."""

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName("Preview of a page")
        self.zoom = 1.0
        self._canvas = _PageCanvas()
        self.setWidget(self._canvas)

    @property
    def showing(self) -> bool:
        """Whether a page is shown."""
        return self._canvas.size_pt is not None

    def show_pdf(self, pdf: bytes | None, text: str = "") -> None:
        """Show the first page of a PDF, described by ``text`` to screen readers.

        Without a PDF, ``text`` is written in the outline of a page.
        """
        self._canvas.open(pdf, "" if pdf else text)
        self._canvas.setAccessibleName(text or "No page")
        self._fit()

    def count_fitting_pages(self, width_px: int) -> float:
        """Return how many pages of this view's height fit into a width, or 0 without a page."""
        if self._canvas.size_pt is None:
            return 0.0
        page_width, page_height = self._canvas.size_pt
        height_px = self.viewport().height() - 2 * _PAGE_MARGIN_PX
        page_px = page_width * height_px / page_height + 2 * _PAGE_MARGIN_PX
        return width_px / page_px if height_px > 0 else 0.0

    def set_zoom(self, zoom: float) -> None:
        """Show the page larger or smaller, within limits."""
        self.zoom = min(max(zoom, _MIN_ZOOM), _MAX_ZOOM)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the page to the new size."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        size = self.viewport().size().shrunkBy(_PAGE_MARGINS)
        self._canvas.scale_to(size, self.zoom)


class _PageCanvas(QWidget):
    """The page itself, rendered again only if its size changes.

    The PDF is open only while it is read: PDFium complains about documents open at exit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.size_pt: tuple[float, float] | None = None
        self._pdf, self._text = b"", ""
        self._picture: QPixmap | None = None

    def open(self, pdf: bytes | None, text: str) -> None:
        """Show another page. PDFium is not thread-safe; it is only used in this thread."""
        self._pdf, self._text, self.size_pt, self._picture = pdf or b"", text, None, None
        if pdf is not None:
            with pypdfium2.PdfDocument(pdf) as document:
                self.size_pt = document.get_page_size(0)
        self.update()

    def scale_to(self, available: QSize, zoom: float) -> None:
        """Fit the page into the available size, then multiply it by the zoom."""
        if self.size_pt is None and not self._text:
            self.resize(QSize(0, 0))
            return
        width, height = self.size_pt or _LETTER_PT
        scale = max(min(available.width() / width, available.height() / height), 0.1) * zoom
        size = QSize(round(width * scale), round(height * scale))
        if size != self.size():
            self._picture = None
            self.resize(size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the page, or its outline with the text."""
        if self._picture is None and self.size_pt is not None:
            self._picture = self._render(self.size_pt[0])
        with QPainter(self) as painter:
            if self._picture is not None:
                painter.drawPixmap(0, 0, self._picture)
            else:
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().marginsRemoved(_PAGE_MARGINS), flags, self._text)
            # the edge of white paper on white: inside the page, so that it is not clipped
            # at a scale of 1.5
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _render(self, width_pt: float) -> QPixmap:
        ratio = self.devicePixelRatioF()
        with pypdfium2.PdfDocument(self._pdf) as document:
            page = document[0]
            bitmap = page.render(scale=self.width() * ratio / width_pt, prefer_bgrx=True)
            page.close()
        image = QImage(
            bitmap.buffer, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGB32
        )
        picture = QPixmap.fromImage(image)
        picture.setDevicePixelRatio(ratio)
        return picture


_PAIR_MIN_WIDTH_PX, _PAIR_MIN_SCALE = 1200, 0.85
"""At least this wide, the preview shows two pages, unless that makes them much smaller."""


class PagePreview(QWidget):
    """Shows the pages of booklets; in a wide window, two next to each other.

    ``page_requested`` carries the name of the file and the number of a page to render.
    """

    page_requested = Signal(str, int)
    map_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
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
        self._shows_pair = False
        self.message = make_hiding_note()
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.buttons = {
            "back": make_tool_button("Previous page (Page Up)", lambda: self._turn_pages(-1), "‹"),
            "on": make_tool_button("Next page (Page Down)", lambda: self._turn_pages(1), "›"),
            "smaller": make_tool_button(
                "Smaller", lambda: self._set_zoom(self.view.zoom / ZOOM_STEP), "−"
            ),
            "larger": make_tool_button(
                "Larger", lambda: self._set_zoom(self.view.zoom * ZOOM_STEP), "+"
            ),
            "whole": make_tool_button("Whole page", lambda: self._set_zoom(1.0), "Whole page"),
            "map": make_tool_button(
                "Open a preview of the web map in the browser",
                self.map_requested.emit,
                "Open web map",
            ),
        }
        page = (self.buttons["back"], self.place, self.buttons["on"])
        size = [self.buttons[name] for name in ("smaller", "larger", "whole")]
        self._page_controls = (self.files, *page, *size)
        files = _make_bar((self.files, 1), self.buttons["map"])
        self.pages = QWidget()  # hidden as a whole: a layout of hidden widgets keeps its share
        self.pages.setLayout(make_row_layout((self.view, 1), (self.second, 1), spacing_px=0))
        parts = (files, _make_bar(*page, *size, None), (self.pages, 1), (self.message, 1))
        make_column_layout(self, *parts, margin_px=0, spacing_px=0)
        for key, step in (("PgUp", -1), ("PgDown", 1)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self._turn_pages(step))
        self.show_wait()

    def show_wait(self) -> None:
        """Show that the first pages are being made; earlier pages stay in view."""
        if self._booklets:
            return
        self.show_message("")
        self.view.show_pdf(None, str(Message("preview.in_progress")))
        self._show_controls(enabled=False)
        self.buttons["map"].setEnabled(False)

    def show_booklets(self, booklets: Mapping[str, "Booklet"]) -> None:
        """Offer these files; the current file stays in view at its current page."""
        name, number = self.files.currentText(), self.number
        self._booklets = booklets
        self._show_controls(enabled=True, visible=bool(booklets))
        with QSignalBlocker(self.files):
            self.files.clear()
            self.files.addItems(list(booklets))
            self.files.setCurrentIndex(max(0, self.files.findText(name)))
        if not booklets:
            self.show_message(str(Message("preview.nothing_chosen")))
            return
        self.show_message("")
        self.go_to(number)

    def _show_controls(self, *, enabled: bool, visible: bool = True) -> None:
        for control in self._page_controls:
            control.setEnabled(enabled)
            control.setVisible(visible)

    def _count_pages(self) -> int:
        """Return the number of pages of the current file, or 0 without one."""
        booklet = self._booklets.get(self.files.currentText())
        return len(booklet.pages) if booklet is not None else 0

    def go_to(self, number: int) -> None:
        """Request a page of the file, or the page nearest to its number."""
        if not (count := self._count_pages()):
            return
        self.number = min(max(number, 1), count)
        self._show_place()
        self.page_requested.emit(self.files.currentText(), self.number)
        self._request_second_page()

    def _request_second_page(self) -> None:
        if self._shows_pair and self.number < self._count_pages():
            self.page_requested.emit(self.files.currentText(), self.number + 1)

    def show_page(self, name: str, number: int, pdf: bytes) -> None:
        """Show a requested page if it is still to be shown."""
        if name != self.files.currentText():
            return
        text = f"{name}, page {number} of {self._count_pages()}"
        if number == self.number:
            self.view.show_pdf(pdf, text)
            self._update_pair()
        elif self._shows_pair and number == self.number + 1:
            self.second.show_pdf(pdf, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show a second page if there is room for two."""
        super().resizeEvent(event)
        self._update_pair()

    def _update_pair(self) -> None:
        """Show the second page if it has room now, or hide it."""
        width = self.width()
        is_wide = width >= _PAIR_MIN_WIDTH_PX
        is_wide = is_wide and self.view.count_fitting_pages(width) >= 2 * _PAIR_MIN_SCALE
        pair = is_wide and self._count_pages() > 1
        if pair is not self._shows_pair:
            self._shows_pair = pair
            self.second.setVisible(pair)
            if self._count_pages():
                self._show_place()
            self._request_second_page()

    def _show_place(self) -> None:
        """Show which pages are in view, and clear the second page."""
        count = self._count_pages()
        last = self.number + (self._shows_pair and self.number < count)
        pages = f"Page {self.number}" if last == self.number else f"Pages {self.number} and {last}"
        self.place.setText(f"{pages} of {count}")
        self.buttons["back"].setEnabled(self.number > 1)
        self.buttons["on"].setEnabled(last < count)
        self.second.show_pdf(None)
        self.second.setVisible(self._shows_pair and not self.message.text())

    def _turn_pages(self, direction: int) -> None:
        """Go forward (1) or back (-1) by as many pages as are in view."""
        if direction < 0 or self.buttons["on"].isEnabled():
            self.go_to(self.number + direction * (2 if self._shows_pair else 1))

    def _set_zoom(self, zoom: float) -> None:
        for view in (self.view, self.second):
            view.set_zoom(zoom)

    def show_message(self, text: str) -> None:
        """Show why there is no page; an empty string shows the pages again."""
        self.message.setText(text)
        self.pages.setVisible(not text)


def _make_bar(*parts: LayoutPart) -> QHBoxLayout:
    return make_row_layout(*parts, margins_px=(SPACING_PX, GRID_PX, SPACING_PX, GRID_PX))
