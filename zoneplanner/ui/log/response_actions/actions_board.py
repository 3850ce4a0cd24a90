"""Response actions in the console: the buttons that start one, and a card for each in progress."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS
from zoneplanner.messages import Message
from zoneplanner.ui.log.response_actions.response_action_rows import (
    ResponseActionReader,
    ResponseActionRow,
)
from zoneplanner.ui.log.response_actions.response_console import CommandTimes, ResponseConsole
from zoneplanner.ui.widgets.layout.basic_widgets import (
    Banner,
    LazyPanel,
    WrappedLabel,
    clear_layout,
    compact_button,
    find_scroll_area,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
    show_in_scroll_area,
)
from zoneplanner.ui.widgets.layout.layouts import FlowLayout
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    SPACING_PX,
    make_figures_font,
    make_heading_font,
)
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_LOCKDOWN = "lockdown"
_PRECAUTIONS = tuple(name for name in RESPONSE_ACTIONS if name != _LOCKDOWN)
_ASKS = "Choose the school first; Enter records it, Esc cancels."


class ResponseActionsBoard(LazyPanel):
    """A card for each action in progress; ``foot`` has the buttons that start one.

    ``foot`` belongs below the scroll area, so that a lockdown is always in reach.
    """

    def __init__(self, desk: UiContext, records: RecordActions) -> None:
        super().__init__()
        self._desk, self._records = desk, records
        self._console: ResponseConsole | None = None
        desk.actions.set_handler("response_console", self.open_console)
        self._reader = ResponseActionReader(desk.session, desk.calls)
        self.cards: dict[str, _RunningActionCard] = {}
        self.buttons: dict[str, QPushButton] = {}
        self.title = make_section_label("Response actions")
        self.foot, self._start_buttons = QWidget(), Banner()
        make_column_layout(self.foot, self._start_buttons, margin_px=0)
        precautions = QWidget()
        flow = FlowLayout(precautions)
        flow.setContentsMargins(0, 0, 0, 0)
        for name in _PRECAUTIONS:
            flow.addWidget(self._make_button(name))
        lockdown = self._make_button(_LOCKDOWN)
        lockdown.setObjectName("lockdown")
        lockdown.setProperty("compact", None)
        lockdown.setFont(make_heading_font())
        make_column_layout(self._start_buttons, lockdown, precautions, spacing_px=SPACING_PX)
        self._card_rows = QVBoxLayout()
        self._card_rows.setSpacing(SPACING_PX)
        make_column_layout(self, self.title, self._card_rows, margin_px=0, spacing_px=SPACING_PX)
        self.refresh_on(desk.bridge.changed)

    def _make_button(self, name: str) -> QPushButton:
        action = self._desk.actions[f"begin_{name}"]
        button = self.buttons[name] = compact_button(name, "", action.trigger)
        action.changed.connect(lambda: button.setVisible(action.isVisible()))
        if not action.isVisible():
            button.hide()
        return button

    def refresh(self) -> None:
        """Show the actions in progress, and the buttons in the district's terms."""
        for name, button in self.buttons.items():
            term = self._desk.session.project.terms.describe(name)
            button.setText(term.term.upper() if name == _LOCKDOWN else term.term)
            tip = f"Record that {term.term} begins. {term.text} {_ASKS}"
            button.setToolTip(tip.replace("  ", " "))
        rows = self._reader.read()
        clear_layout(self._card_rows)
        self.cards = {
            row.action.uid: _RunningActionCard(self._desk, row, self._records, self.open_console)
            for row in rows
        }
        for card in self.cards.values():
            self._card_rows.addWidget(card)
            card.show()
        any_visible = any(not button.isHidden() for button in self.buttons.values())
        self._start_buttons.setVisible(any_visible)
        self.title.setVisible(bool(rows))
        self.title.setText(f"Response actions ({len(rows)})")

    def open_console(self) -> None:
        """Open the response console, or bring it to the front."""
        if not self._reader.read():
            self._desk.notices.show_notice(Message("no_action_in_progress"))
            return
        console = self._console
        if console is None:
            console = self._console = ResponseConsole(self._desk, self._records, self.window())
            console.refresh()
            panel = find_scroll_area(self)
            console.place_aside(panel.width() if panel is not None else 0)
        else:  # stays where a person put it
            console.refresh()
        console.show()
        console.activateWindow()

    def show_times(self, uid: str) -> None:
        """Scroll to an action's buttons for the first calls, without moving the focus."""
        if (card := self.cards.get(uid)) is not None:
            times = card.times if card.row.action.incident else card
            show_in_scroll_area(card, times)

    def tick(self, now: datetime) -> None:
        """Update the clocks."""
        for card in self.cards.values():
            card.tick(now)


class _RunningActionCard(QFrame):
    """One action in progress."""

    def __init__(
        self,
        desk: UiContext,
        row: ResponseActionRow,
        records: RecordActions,
        open_console: Callable[[], object],
    ) -> None:
        super().__init__()
        self.row = row
        self.times = CommandTimes(desk, columns=1, by_digits=False)
        self.console = compact_button(
            "Console (H)",
            "Everything in one window, which you can put on another screen",
            open_console,
        )
        self.setObjectName("action")
        self.setAccessibleName(f"{row.title} at {row.place}")
        self.clock = QLabel()
        self.clock.setFont(make_figures_font())
        self.clock.setToolTip("Time since it began.")
        self.end = compact_button(
            "End…",
            "Record the all-clear: who gave it, and when",
            lambda: records.end(row.action.uid, None),
        )
        self.back = compact_button(
            "Void…",
            "Void it and the call that it opened if it was started by mistake; both are kept but "
            "no longer count",
            lambda: records.void(row.action.uid),
        )
        make_column_layout(
            self,
            make_row_layout((make_section_label(row.title), 1), self.clock),
            make_link_button(row.place, partial(desk.bridge.select, site=row.action.site)),
            make_muted_label(f"S{row.since[1:]}. {row.meaning}"),
            *(WrappedLabel(text) for text in (str(row.units), row.coverage_left) if text),
            self.times,
            make_row_layout(self.console, self.end, self.back, None, spacing_px=GRID_PX),
            margin_px=SPACING_PX,
            spacing_px=GRID_PX,
        )
        # only now: a widget without a parent would be shown as a window
        self.times.show_times(row.action, row.times)

    def tick(self, now: datetime) -> None:
        """Update the clock."""
        self.clock.setText(self.row.clock(now))
