"""The bar that names the school and waits for Enter before a response action is recorded."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.app.response_actions import begin_action
from zoneplanner.domain.journal import Entry
from zoneplanner.domain.response_actions import ACTIONS
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.match_field import MatchList, SiteField, large_font
from zoneplanner.ui.kit.theme import GAP, GRID, MARGIN, heading_font
from zoneplanner.ui.kit.widgets import Band, wrapped
from zoneplanner.ui.models.open_incidents import running_words

SECOND_MS = 1000
SEEN_MS = 300
"""Enter pressed twice at a time, or once too often in the search, comes sooner than this."""
ONLY_RECORDS = "THIS ONLY RECORDS. CALL 9-1-1."
FIELD_PX = 420


class ResponseBar(Band):
    """Asks at which school an action begins. Enter records it, Esc leaves without an entry.

    Its clock runs from the key that opened it, which is when the action is recorded as begun.
    """

    recorded = Signal(str)
    """The uid of the call of an action that was recorded."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.action = ""
        self.began_at: datetime | None = None
        self._seen = QElapsedTimer()
        self._before: QWidget | None = None
        self.setObjectName("begin_response")
        self.title = QLabel()
        self.title.setFont(heading_font())
        self.site = SiteField()
        self.site.setMaximumWidth(FIELD_PX)
        self.fitting = MatchList(self.site)
        self.clock = QLabel()
        self.clock.setFont(large_font())
        self.clock.setToolTip("Since the key was pressed: the time that is recorded.")
        self.warning = wrapped(ONLY_RECORDS)
        self.warning.setFont(heading_font())
        self.told = wrapped()
        self.record_button = QPushButton()
        self.record_button.setAutoDefault(False)
        self.record_button.clicked.connect(self.take)
        self.cancel_button = QPushButton("Cancel  (Esc)")
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.leave)
        self._lay_out()
        self.site.entered.connect(self.take)
        self.site.textChanged.connect(self.tell)
        self.site.turned.connect(self.tell)
        self.timer = QTimer(self)
        self.timer.setInterval(SECOND_MS)
        self.timer.timeout.connect(self.tick)
        for name in ACTIONS:
            desk.actions.on(f"begin_{name}", partial(self.ask, name))
        self.hide()

    def ask(self, action: str) -> None:
        """Open the bar for an action; the clock starts, and the selected school is offered."""
        if self.isVisible() and action == self.action:
            self.site.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        session = self._desk.session
        self.action, self.began_at = action, session.clock()
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        sites = session.project.sites
        self.site.know([(site.name, site.id) for site in sites.values()])
        chosen = sites.get(self._desk.bridge.selection.site or "")
        if chosen is not None:
            self.site.put(chosen.name, chosen.id)
        else:
            self.site.clear()
        live = action == "lockdown"
        self.setProperty("live", "true" if live else "false")
        for part in (self, *self.findChildren(QLabel)):
            part.style().unpolish(part)
            part.style().polish(part)
        name = action.capitalize()
        self.title.setText(f"{name.upper() if live else name} at")
        self.record_button.setText(f"Record {action}  (Enter)")
        self.setAccessibleName(f"{name} begins")
        self.show()
        self._seen.start()
        self.tell()
        self.tick()
        self.timer.start()
        self.site.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def take(self) -> None:
        """Record it at the school that is seen; one that is still being typed is shown first."""
        if not self.site.key:
            self.site.accept()
            self._seen.start()
            self.tell()
            return
        if not self.was_seen:
            return
        session, site, began = self._desk.session, self.site.key, self.began_at
        entries: list[Entry] = []
        record = partial(begin_action, session, site, self.action, began_at=began)
        if not self._desk.attempt(lambda: entries.extend(record())):
            return
        self._close()
        self._desk.bridge.select(site=site)
        call = str(entries[0].payload.get("incident", ""))
        if call:
            self.recorded.emit(call)

    @property
    def was_seen(self) -> bool:
        """True once the school has stood there long enough to be read; before, Enter is a slip."""
        return self._seen.isValid() and self._seen.elapsed() >= SEEN_MS

    def leave(self) -> None:
        """Close the bar; nothing is recorded."""
        self._close()
        self._desk.notices.tell(f"No {self.action} was recorded.")

    def tell(self) -> None:
        """Say in a sentence what Enter does now."""
        name = self.action.capitalize()
        if self.site.key:
            said = f"{name} at {self.site.text()}. Enter records it, Esc leaves without an entry."
        elif self.site.words and self.site.match is None:
            said = "No school's name fits; type another part of it."
        elif self.site.words:
            said = "Enter takes the school; Enter once more records it."
        else:
            said = f"Which school? Type a part of its name. The clock of the {self.action} runs."
        self.told.setText(said)
        self.record_button.setEnabled(bool(self.site.key))
        self.setAccessibleDescription(f"{said} {ONLY_RECORDS}")

    def tick(self) -> None:
        """Let the clock go on."""
        if self.began_at is not None:
            self.clock.setText(running_words(self.began_at, self._desk.session.clock()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave by Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def _close(self) -> None:
        self.timer.stop()
        self.hide()
        self.site.clear()
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
        rows.setSpacing(GRID)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self.title)
        head.addWidget(self.site, 1)
        head.addWidget(self.clock)
        head.addStretch(0)
        rows.addLayout(head)
        rows.addWidget(self.fitting)
        rows.addWidget(self.warning)
        answer = QHBoxLayout()
        answer.setSpacing(GAP)
        answer.addWidget(self.told, 1)
        answer.addWidget(self.record_button)
        answer.addWidget(self.cancel_button)
        rows.addLayout(answer)
