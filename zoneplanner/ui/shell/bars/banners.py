"""The band above a project that can only be looked at: why, and where a copy's project lives."""

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from zoneplanner.app.desk.project_location import parse_location
from zoneplanner.app.projects.sharing_status import explain_edit_denied, explain_log_denied
from zoneplanner.storage import ServerAddress
from zoneplanner.ui.widgets.layout.basic_widgets import Banner, make_wrapped_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_moment

if TYPE_CHECKING:
    from zoneplanner.app.session.history import HistoryStep

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


_HISTORY_ICON_PX = 18
_PRESENT_ACTION_GROUPS = ("log", "workspace")
"""Groups of actions that are of the present: they end the look first."""


class HistoryPreviewBanner(Banner):
    """Names the step that is looked at; ``go_back_asked`` carries its place."""

    go_back_asked = Signal(int)

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.setObjectName("looking")
        self.setStyleSheet(
            "#looking { border: 0; border-bottom: 1px solid palette(mid);"
            " background: palette(alternate-base); }"
        )
        self.setAccessibleName("Looking at History")
        self._sign, self.text = QLabel(), make_wrapped_label()
        self.go_back = _button("Go back to here…")
        self.now = _button("Back to now")
        self.now.setToolTip("Show the project as it stands (Esc)")
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, SPACING_PX, GRID_PX)
        row.setSpacing(SPACING_PX)
        for part in (self._sign, self.text, self.go_back, self.now):
            row.addWidget(part, 1 if part is self.text else 0)
        leave = desk.session.view_present
        self.now.clicked.connect(lambda _=False: leave())
        self.go_back.clicked.connect(lambda _=False: self._ask())
        for spec in desk.actions.specs.values():
            if spec.group in _PRESENT_ACTION_GROUPS:
                desk.actions.set_handler(spec.name, leave)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        self._escape.setContext(Qt.ShortcutContext.WindowShortcut)
        self._escape.activated.connect(leave)
        self._escape.activatedAmbiguously.connect(leave)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Follow what is looked at."""
        session = self._desk.session
        place = session.viewed_step
        self.setVisible(place is not None)
        self._escape.setEnabled(place is not None)
        if place is None:
            return
        self._sign.setPixmap(
            self._desk.icons("history", "accent").pixmap(_HISTORY_ICON_PX, _HISTORY_ICON_PX)
        )
        self.text.setText(f"Looking at History: {self._words(session.history[place])}.")
        self.setAccessibleDescription(self.text.text())
        store = session.store
        self.go_back.setVisible(store.role.may_edit and not store.read_only)

    def _words(self, step: "HistoryStep") -> str:
        session = self._desk.session
        when = format_moment(step.at, session)
        return f"{session.rewrite(step.label)}, {when}, {step.actor}. Nothing is changed"

    def _ask(self) -> None:
        place = self._desk.session.viewed_step
        if place is not None:
            self.go_back_asked.emit(place)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setProperty("compact", True)
    return button
