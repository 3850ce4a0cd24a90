"""A look at the pages before they are printed: one file, one page, larger and smaller."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from zoneplanner.ui.publish.page_view import STEP, PageView
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.style.icons import Icons
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet


class PagePreview(QWidget):
    """Shows pages of booklets; ``asked`` wants the page of a file drawn: its name and number."""

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
        self.files.currentIndexChanged.connect(lambda _: self.go_to(1))
        self.place = QLabel()
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.place.setMinimumWidth(96)
        self.view = PageView()
        self.message = make_muted_label()
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.buttons = {
            "back": self._button("Previous page (PgUp)", "‹", lambda: self.go_to(self.number - 1)),
            "on": self._button("Next page (PgDown)", "›", lambda: self.go_to(self.number + 1)),
            "smaller": self._button("Smaller", "−", lambda: self.view.zoom_by(1 / STEP)),
            "larger": self._button("Larger", "+", lambda: self.view.zoom_by(STEP)),
            "whole": self._button("Whole page", "Whole page", self.view.zoom_to_page),
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
        rows.addWidget(self.view, 1)
        rows.addWidget(self.message, 1)
        for key, step in (("PgUp", -1), ("PgDown", 1)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self.go_to(self.number + step))
        self.say("")

    def show_booklets(self, booklets: Mapping[str, "Booklet"]) -> None:
        """Offer files to look at; the one looked at before stays, at its page."""
        name, number = self.files.currentText(), self.number
        self._booklets = booklets
        for part in self._of_pages:
            part.setVisible(bool(booklets))
        self.files.blockSignals(True)
        self.files.clear()
        self.files.addItems(list(booklets))
        self.files.setCurrentIndex(max(0, self.files.findText(name)))
        self.files.blockSignals(False)
        if not booklets:
            self.say("Choose something to print on the left to see its pages here.")
            return
        self.say("")
        self.go_to(number)

    def go_to(self, number: int) -> None:
        """Ask for a page of the file, the nearest that there is."""
        name = self.files.currentText()
        if name not in self._booklets:
            return
        pages = len(self._booklets[name].pages)
        self.number = min(max(number, 1), pages)
        self.place.setText(f"Page {self.number} of {pages}")
        self.buttons["back"].setEnabled(self.number > 1)
        self.buttons["on"].setEnabled(self.number < pages)
        self.asked.emit(name, self.number)

    def show_page(self, name: str, number: int, pdf: bytes) -> None:
        """Show a page that was asked for, if it is still wanted."""
        if (name, number) == (self.files.currentText(), self.number):
            pages = len(self._booklets[name].pages) if name in self._booklets else number
            self.view.show_pdf(pdf, f"{name}, page {number} of {pages}")

    def say(self, text: str) -> None:
        """Say why there is no page to see; without a text the page is shown."""
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self.view.setVisible(not text)

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
