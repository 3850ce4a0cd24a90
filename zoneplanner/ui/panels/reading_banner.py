"""The band above a project that can only be looked at: why, and where a copy's project lives."""

from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from zoneplanner.app.places import parse_location
from zoneplanner.app.rights import explain_edit_denied, explain_log_denied
from zoneplanner.storage import ServerAddress
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import Banner, make_wrapped_label

_READ_ONLY_ICON_PX = 18
_PLANNING = ("plan", "shifts")
"""The workspaces in which all that is done changes the project."""


class ReadOnlyBanner(Banner):
    """Says why nothing can be changed or logged; of a copy of a shared project, where that lives.

    ``open_asked`` carries the address of the shared project.
    """

    open_asked = Signal(object)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reading")
        self.setStyleSheet("#reading { border: 0; border-bottom: 1px solid palette(mid); }")
        self.setAccessibleName("For reading only")
        self.text = make_wrapped_label()
        self.open_button = QPushButton("Open it there")
        self.open_button.setAutoDefault(False)
        self.open_button.setProperty("compact", True)
        sign = QLabel()
        sign.setPixmap(desk.icons("info", "accent").pixmap(_READ_ONLY_ICON_PX, _READ_ONLY_ICON_PX))
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, SPACING_PX, GRID_PX)
        row.setSpacing(SPACING_PX)
        for part in (sign, self.text, self.open_button):
            row.addWidget(part, 1 if part is self.text else 0)
        store = desk.session.store
        self._always, self._edits = explain_log_denied(store), explain_edit_denied(store)
        self.open_button.setVisible(bool(store.shared_to))
        self.text.setText(self._edits)
        self.show_workspace("")
        if not store.shared_to:
            return
        address = parse_location(store.shared_to)
        assert isinstance(address, ServerAddress)
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
