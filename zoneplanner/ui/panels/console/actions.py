"""Response actions at the console: a button begins one at the selected school, a card ends it."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.app.response_actions import end_action
from zoneplanner.app.voiding import void_entry
from zoneplanner.domain.response_actions import ACTIONS, MEANING
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.theme import GAP, GRID, figures_font
from zoneplanner.ui.kit.widgets import column, empty_layout, link, muted, section, wrapped
from zoneplanner.ui.models.response_actions import ActionRow, ActionRows

BESIDE = 3


class ActionsBoard(QWidget):
    """A button an action, and a card for each that goes on."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows = ActionRows(desk.session)
        self.cards: dict[str, ActionCard] = {}
        self.buttons: dict[str, QPushButton] = {}
        lines = column(self, margin_px=0, spacing_px=GAP)
        self.title = section("Response actions")
        lines.addWidget(self.title)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        for at, name in enumerate(ACTIONS):
            button = QPushButton(name.capitalize())
            button.setProperty("compact", "true")
            button.setAutoDefault(False)
            button.clicked.connect(desk.actions[f"begin_{name}"].trigger)
            grid.addWidget(button, at // BESIDE, at % BESIDE)
            self.buttons[name] = button
        lines.addLayout(grid)
        self.told = muted()
        lines.addWidget(self.told)
        self._open = QVBoxLayout()
        self._open.setSpacing(GAP)
        lines.addLayout(self._open)
        desk.bridge.selection_changed.connect(self._tell)
        self._tell()

    def refresh(self) -> None:
        """Read anew what goes on."""
        rows = self._rows.read()
        empty_layout(self._open)
        self.cards = {row.action.uid: ActionCard(self._desk, row) for row in rows}
        for card in self.cards.values():
            self._open.addWidget(card)
            card.show()
        self.title.setText(f"Response actions ({len(rows)})" if rows else "Response actions")
        self._tell()

    def tick(self, now: datetime) -> None:
        """Let the clocks go on."""
        for card in self.cards.values():
            card.tick(now)

    def _tell(self, _: object = None) -> None:
        """Say where a button would begin its action; what goes on there already is shut."""
        site = self._desk.session.project.sites.get(self._desk.bridge.selection.site or "")
        running = {row.row.action.action for row in self.cards.values()
                   if site and row.row.action.site == site.id}  # fmt: skip
        for name, button in self.buttons.items():
            button.setEnabled(site is not None and name not in running)
            where = f" at {site.name}" if site else ""
            button.setToolTip(f"Log that {name} begins now{where}. {MEANING[name]}")
        self.told.setText(
            f"A button begins it now at {site.name}."
            if site
            else "Select the school first, in the map, a table or the search."
        )


class ActionCard(QFrame):
    """One action that goes on."""

    def __init__(self, desk: Desk, row: ActionRow) -> None:
        super().__init__()
        self.row, self._desk = row, desk
        self.setObjectName("action")
        self.setAccessibleName(f"{row.title} at {row.place}")
        self.clock = QLabel()
        self.clock.setFont(figures_font())
        self.clock.setToolTip("Time since it began.")
        self.end = QPushButton("End it")
        self.end.setProperty("compact", "true")
        self.end.setToolTip("Log that it ended now")
        self.end.clicked.connect(lambda _=False: self._do(self._end))
        self.back = QPushButton("Take back")
        self.back.setProperty("compact", "true")
        self.back.setToolTip("It was a mistake: void it; the entry is kept and no longer counts")
        self.back.clicked.connect(lambda _=False: self._do(self._void))
        lines = column(self, margin_px=GAP, spacing_px=GRID)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(section(row.title), 1)
        head.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignTop)
        lines.addLayout(head)
        lines.addWidget(link(row.place, partial(desk.bridge.select, site=row.action.site)))
        lines.addWidget(muted(f"{row.since.capitalize()}. {row.meaning}"))
        lines.addWidget(wrapped(row.units))
        if row.left:
            lines.addWidget(wrapped(row.left))
        keys = QHBoxLayout()
        keys.setSpacing(GRID)
        keys.addWidget(self.end)
        keys.addWidget(self.back)
        keys.addStretch(1)
        lines.addLayout(keys)

    def tick(self, now: datetime) -> None:
        """Let the clock go on."""
        self.clock.setText(self.row.clock(now))

    def _do(self, what: object) -> None:
        assert callable(what)
        self._desk.attempt(what)

    def _end(self) -> None:
        end_action(self._desk.session, self.row.action.uid)

    def _void(self) -> None:
        void_entry(self._desk.session, self.row.action.uid, reason="Taken back at the console")
