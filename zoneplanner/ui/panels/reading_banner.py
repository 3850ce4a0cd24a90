"""The band above a project that can only be looked at: why, and where a copy's project lives."""

from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from zoneplanner.app.places import place_of
from zoneplanner.app.rights import why_not_edit, why_not_log
from zoneplanner.storage import Address
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.theme import GAP, GRID, MARGIN
from zoneplanner.ui.kit.widgets import Band, wrapped

_SIGN_PX = 18
_PLANNING = ("plan", "shifts")
"""The workspaces in which all that is done changes the project."""


class ReadingBanner(Band):
    """Says why nothing can be changed or logged; of a copy of a shared project, where that lives.

    ``open_asked`` carries the address of the shared project.
    """

    open_asked = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reading")
        self.setStyleSheet("#reading { border: 0; border-bottom: 1px solid palette(mid); }")
        self.setAccessibleName("For reading only")
        self.text = wrapped()
        self.open_button = QPushButton("Open it there")
        self.open_button.setAutoDefault(False)
        self.open_button.setProperty("compact", True)
        sign = QLabel()
        sign.setPixmap(desk.icons("info", "accent").pixmap(_SIGN_PX, _SIGN_PX))
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, GRID, GAP, GRID)
        row.setSpacing(GAP)
        for part in (sign, self.text, self.open_button):
            row.addWidget(part, 1 if part is self.text else 0)
        store = desk.session.store
        self._always, self._edits = why_not_log(store), why_not_edit(store)
        self.open_button.setVisible(bool(store.shared_to))
        self.text.setText(self._edits)
        self.show_workspace("")
        if not store.shared_to:
            return
        address = place_of(store.shared_to)
        assert isinstance(address, Address)
        shared_on = desk.session.formats.day(date.fromisoformat(store.shared_on))
        self.text.setText(
            f"This copy was shared on {shared_on}; the "
            f"project lives at {address.name}. Here it can only be read."
        )
        self.open_button.setToolTip(f"Open the project at {address.server}.")
        self.open_button.clicked.connect(lambda: self.open_asked.emit(address))

    def show_workspace(self, name: str) -> None:
        """Show where something is taken away: everywhere, or for who logs where plans are made."""
        self.setVisible(bool(self._always or (self._edits and name in _PLANNING)))
