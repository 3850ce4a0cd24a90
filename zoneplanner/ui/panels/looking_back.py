"""The band over the map while an earlier step is looked at: nothing is changed by looking."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import Banner, make_wrapped_label
from zoneplanner.ui.kit.words import format_moment

if TYPE_CHECKING:
    from zoneplanner.app.history import HistoryStep

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
        leave = desk.session.look_at_present
        self.now.clicked.connect(lambda _=False: leave())
        self.go_back.clicked.connect(lambda _=False: self._ask())
        for spec in desk.actions.specs.values():
            if spec.group in _PRESENT_ACTION_GROUPS:
                desk.actions.on(spec.name, leave)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        self._escape.setContext(Qt.ShortcutContext.WindowShortcut)
        self._escape.activated.connect(leave)
        self._escape.activatedAmbiguously.connect(leave)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Follow what is looked at."""
        session = self._desk.session
        place = session.looking_at
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
        place = self._desk.session.looking_at
        if place is not None:
            self.go_back_asked.emit(place)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setProperty("compact", True)
    return button
