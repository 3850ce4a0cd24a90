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

from zoneplanner.domain.log.response_actions import RESPONSE_ACTION_MEANINGS, RESPONSE_ACTIONS
from zoneplanner.ui.log.response_actions.response_action_rows import (
    ResponseActionReader,
    ResponseActionRow,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    clear_layout,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_section_label,
    make_wrapped_label,
)
from zoneplanner.ui.widgets.records.record_actions import RecordActions
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    SPACING_PX,
    WIDE_MARGIN_PX,
    make_figures_font,
)

_LOCKDOWN = "lockdown"
_PRECAUTIONS = tuple(name for name in RESPONSE_ACTIONS if name != _LOCKDOWN)
_BESIDE = 2


class ResponseActionsBoard(QWidget):
    """A button an action, and a card for each that goes on; a lockdown's stands apart."""

    def __init__(self, desk: UiContext, records: RecordActions) -> None:
        super().__init__()
        self._desk, self._records = desk, records
        self._rows = ResponseActionReader(desk.session)
        self.cards: dict[str, _RunningActionCard] = {}
        self.buttons: dict[str, QPushButton] = {}
        lines = make_column_layout(self, margin_px=0, spacing_px=SPACING_PX)
        self.title = make_section_label("Response actions")
        lines.addWidget(self.title)
        grid = QGridLayout()
        grid.setSpacing(GRID_PX)
        for at, name in enumerate(_PRECAUTIONS):
            grid.addWidget(self._button(name), at // _BESIDE, at % _BESIDE)
        lines.addLayout(grid)
        lines.addSpacing(WIDE_MARGIN_PX)
        lockdown = self._button(_LOCKDOWN)
        lockdown.setText("LOCKDOWN")
        lockdown.setObjectName("lockdown")
        lines.addWidget(lockdown)
        lines.addWidget(
            make_muted_label("Each asks for the school first. Enter records it, Esc does not.")
        )
        self._open = QVBoxLayout()
        self._open.setSpacing(SPACING_PX)
        lines.addLayout(self._open)

    def _button(self, name: str) -> QPushButton:
        button = self.buttons[name] = QPushButton(name.capitalize())
        if name != _LOCKDOWN:
            button.setProperty("compact", "true")
        button.setAutoDefault(False)
        button.setToolTip(
            f"Record that {name} begins, at a school that is asked for. "
            f"{RESPONSE_ACTION_MEANINGS[name]}"
        )
        action = self._desk.actions[f"begin_{name}"]
        button.clicked.connect(action.trigger)
        action.changed.connect(lambda: button.setVisible(action.isVisible()))
        if not action.isVisible():
            button.hide()
        return button

    def refresh(self) -> None:
        """Read anew what goes on."""
        rows = self._rows.read()
        clear_layout(self._open)
        self.cards = {
            row.action.uid: _RunningActionCard(self._desk, row, self._records) for row in rows
        }
        for card in self.cards.values():
            self._open.addWidget(card)
            card.show()
        self.title.setText(f"Response actions ({len(rows)})" if rows else "Response actions")

    def tick(self, now: datetime) -> None:
        """Let the clocks go on."""
        for card in self.cards.values():
            card.tick(now)


class _RunningActionCard(QFrame):
    """One action that goes on."""

    def __init__(self, desk: UiContext, row: ResponseActionRow, records: RecordActions) -> None:
        super().__init__()
        self.row = row
        self.setObjectName("action")
        self.setAccessibleName(f"{row.title} at {row.place}")
        self.clock = QLabel()
        self.clock.setFont(make_figures_font())
        self.clock.setToolTip("Time since it began.")
        self.end = QPushButton("End…")
        self.end.setProperty("compact", "true")
        self.end.setToolTip("Record the all-clear: who gave it, and when")
        self.end.clicked.connect(lambda _=False: records.end(row.action.uid))
        self.back = QPushButton("Void…")
        self.back.setProperty("compact", "true")
        self.back.setToolTip("It was a mistake: void it; the entry is kept and no longer counts")
        self.back.clicked.connect(lambda _=False: records.void(row.action.uid))
        lines = make_column_layout(self, margin_px=SPACING_PX, spacing_px=GRID_PX)
        head = QHBoxLayout()
        head.setSpacing(SPACING_PX)
        head.addWidget(make_section_label(row.title), 1)
        head.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignTop)
        lines.addLayout(head)
        lines.addWidget(
            make_link_button(row.place, partial(desk.bridge.select, site=row.action.site))
        )
        lines.addWidget(make_muted_label(f"{row.since.capitalize()}. {row.meaning}"))
        lines.addWidget(make_wrapped_label(row.units))
        if row.left:
            lines.addWidget(make_wrapped_label(row.left))
        keys = QHBoxLayout()
        keys.setSpacing(GRID_PX)
        keys.addWidget(self.end)
        keys.addWidget(self.back)
        keys.addStretch(1)
        lines.addLayout(keys)

    def tick(self, now: datetime) -> None:
        """Let the clock go on."""
        self.clock.setText(self.row.clock(now))
