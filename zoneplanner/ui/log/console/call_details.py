"""The controls of the highlighted call: its stamps or how it ended, and links that change it."""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Signal, SignalInstance
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from zoneplanner.app.log.call_words import describe_words
from zoneplanner.app.log.dispatch import list_units_to_clear
from zoneplanner.app.log.stamps import STAMP_ACTS, STAMP_NAMES
from zoneplanner.domain.log.journal import DISPOSITIONS
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.log.console.incident_rows import UNIT_STAMP_NAMES, IncidentRow, IncidentSummary
from zoneplanner.ui.widgets.inputs.forms import make_editable_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    HidingLabel,
    compact_button,
    make_column_layout,
    make_grid_layout,
    make_hiding_note,
    make_link_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX

_SEND = "Stamp the selected unit as dispatched now and reopen the incident (Esc, then 1)"
_NOT_CLEARED = "Void the last clear and reopen the incident"
_NOT_CLOSED = "Leave the incident open (Esc)"
_HISTORY = "Who logged and corrected it, with old and new values"


class CallDetails(QWidget):
    """The stamp buttons of a call or, if ``closing``, the question how it ended."""

    stamp_pressed = Signal(int)
    """The index of the stamp's button, from 0."""
    unit_changed = Signal()
    clear_all_pressed = Signal()
    back_pressed = Signal()
    end_pressed = Signal()
    ending_edited = Signal()
    correct_pressed = Signal()
    note_pressed = Signal()
    void_pressed = Signal()
    history_pressed = Signal()
    suggestion_accepted = Signal()
    """The suggested type replaces the misspelled one."""

    def __init__(self, say: Callable[[str], str], *, closing: bool) -> None:
        super().__init__()
        self.closing, self._say = closing, say
        self.received, self.units_on_call = make_muted_label(), HidingLabel()
        self.finish = make_muted_label()
        self.proposal = make_muted_label()
        self.unit = make_choice_box({}, name="Unit to stamp", least_letters=12)
        self.ending = make_editable_box(DISPOSITIONS, DISPOSITIONS[0])
        self.cost = make_hiding_note()
        self.buttons = QButtonGroup(self)
        self.back = QPushButton("Take back")
        self.clear_all = compact_button(
            "Clear all units", "Stamp all units that are still there as cleared now"
        )
        self.end = QPushButton("Close it")
        self.age = make_section_label("")
        self.suggestion = make_link_button("", self.suggestion_accepted.emit)
        self.suggestion.setToolTip(
            "Correct the type; the words that were typed stay in the log (F2)"
        )
        self.lines = make_column_layout(
            self, self.received, self.suggestion, self.age, margin_px=0, spacing_px=GRID_PX
        )
        (self._lay_out_ending if closing else self._lay_out_stamps)()
        self.lines.addLayout(self._lay_out_changes())
        self.unit.setPlaceholderText("Choose a unit")
        self.back.clicked.connect(self.back_pressed)
        self.clear_all.clicked.connect(self.clear_all_pressed)
        self.end.clicked.connect(self.end_pressed)
        self.buttons.idClicked.connect(self.stamp_pressed)
        self.unit.currentIndexChanged.connect(self.unit_changed)
        self.ending.editTextChanged.connect(self.ending_edited)

    def list_signals(self) -> tuple[SignalInstance, ...]:
        """Return the signals that a card connects to."""
        return (
            self.stamp_pressed,
            self.unit_changed,
            self.clear_all_pressed,
            self.back_pressed,
            self.end_pressed,
            self.ending_edited,
            self.correct_pressed,
            self.note_pressed,
            self.void_pressed,
            self.history_pressed,
            self.suggestion_accepted,
        )

    def ask_ending(self, summary: IncidentSummary) -> None:
        """Ask how the call ended, after a line about what happened."""
        incident = summary.incident
        units = ", ".join(stamps.unit for stamps in incident.by_unit)
        before = f"Cleared by {units}" if summary.closing else "No unit was sent"
        arrived = incident.onscene_at is not None
        away = "" if arrived or not summary.closing else ", and nobody was on scene"
        self.proposal.setText(f"{before}{away}. How did it end?")

    def offer_ending(self, summary: IncidentSummary) -> None:
        """Offer the most common ending if a unit was on scene; otherwise offer none."""
        arrived = summary.incident.onscene_at is not None
        with QSignalBlocker(self.ending):
            self.ending.setCurrentIndex(-1)
            self.ending.setCurrentIndex(0 if summary.closing and arrived else -1)

    def reset(self, summary: IncidentSummary) -> None:
        """Discard what was entered for another call and prepare for this one."""
        if not self.closing:
            return
        cleared = summary.closing
        self.offer_ending(summary)
        self._send.setToolTip(self._say(_SEND))
        self.end.setToolTip(self._say("Save how the incident ended (Enter)"))
        self._send.setText("Send one more unit" if cleared else "Send a unit")
        self.back.setText("Not cleared" if cleared else "Not closed")
        self.back.setToolTip(self._say(_NOT_CLEARED if cleared else _NOT_CLOSED))

    def show_call(self, row: IncidentRow, selected: str | None) -> None:
        """Show a call's latest state in place, so that a focused widget keeps the focus."""
        summary = row.summary
        unsent = "" if row.has_stamps or summary.closing else f". {Message('no_unit_sent')}"
        self.received.setText(f"Received {summary.received}{unsent}")
        self.suggestion.setText(f"{describe_words(row.suggested_words)}? Correct it (F2)")
        self.suggestion.setVisible(bool(row.suggested_words))
        self.age.setText(
            f"{summary.age}. You will be asked for the time of each stamp." if summary.age else ""
        )
        self.age.setVisible(bool(summary.age))
        if self.closing:
            self.ask_ending(summary)
        else:
            self.units_on_call.setText(row.units_on_call)
            self.proposal.setText(say_all(row.proposal))
            self.clear_all.setVisible(len(list_units_to_clear(summary.incident)) > 1)
            self.finish.setText(str(row.finish or ""))
            self.finish.setVisible(row.finish is not None)
        with QSignalBlocker(self.unit):
            self._fill_units(row)
            known = row.unit(selected)
            unit = known.unit if known else row.default_unit
            self.unit.setCurrentIndex(self.unit.findData(unit))

    def _fill_units(self, row: IncidentRow) -> None:
        box = self.unit
        while box.count() > len(row.units):
            box.removeItem(box.count() - 1)
        model = box.model()
        assert isinstance(model, QStandardItemModel)
        for index, unit in enumerate(row.units):
            if index == box.count():
                box.addItem("")
            box.setItemText(index, unit.text)
            box.setItemData(index, unit.unit)
            item = model.item(index)
            item.setEnabled(not unit.unavailable_reason)
            item.setToolTip(unit.unavailable_reason)

    def _lay_out_stamps(self) -> None:
        for part in (self.finish, self.units_on_call, self.proposal, self.unit, self.cost):
            self.lines.addWidget(part)
        grid = make_grid_layout(spacings_px=(GRID_PX, GRID_PX))
        for index, name in enumerate(UNIT_STAMP_NAMES):
            tip = f"Stamp the selected unit as {STAMP_NAMES[name].lower()} now ({index + 1})"
            button = push_button(f"{index + 1}  {STAMP_ACTS[name]}", tip)
            button.setProperty("stamp", "true")
            self.buttons.addButton(button, index)
            grid.addWidget(button, index // 2, index % 2)
        self.back.setProperty("compact", "true")
        self.back.setToolTip("Void the last stamp of the selected unit (Backspace)")
        policy = self.back.sizePolicy()  # the stamp buttons must not move under the pointer
        policy.setRetainSizeWhenHidden(True)
        self.back.setSizePolicy(policy)
        grid.addWidget(self.back, 2, 0)
        grid.addWidget(self.clear_all, 2, 1)
        self.lines.addLayout(grid)

    def _lay_out_ending(self) -> None:
        self.lines.addWidget(self.proposal)
        self.ending.setAccessibleName("How it ended")
        self.ending.setToolTip("Choose one, or type your own, such as your dispatch center’s code.")
        self.lines.addWidget(self.ending)
        self.end.setDefault(True)
        self._send = compact_button("")
        self.buttons.addButton(self._send, 0)
        self.lines.addLayout(make_row_layout(self.end, self.back, None))
        self.lines.addWidget(self.unit)
        self.lines.addWidget(self._send)

    def _lay_out_changes(self) -> QHBoxLayout:
        """Return the links that correct, void or explain the record."""
        buttons = []
        for text, signal, tip in (
            ("Correct…", self.correct_pressed, "Open its form: what, where, units, and every time"),
            ("Note", self.note_pressed, "Open its form at the note to add one"),
            ("Void…", self.void_pressed, "Void it if it was a mistake; you enter a reason"),
            ("History…", self.history_pressed, _HISTORY),
        ):
            buttons.append(make_link_button(text, signal.emit))
            buttons[-1].setToolTip(tip)
        return make_row_layout(*buttons, None, spacing_px=0)


class CallDetailsPool:
    """Reuses the details widget from card to card: building one takes 15 ms of a key press.

    It retains at most one unused widget of each kind. An unused widget stays a hidden child of
    its last card and moves to ``parent`` before that card is deleted. ``on_created`` is called
    with each new widget.
    """

    def __init__(
        self,
        say: Callable[[str], str],
        parent: QWidget,
        on_created: Callable[[QWidget], object],
    ) -> None:
        self._say, self._parent, self._on_created = say, parent, on_created
        self._free: dict[bool, CallDetails] = {}

    def acquire(self, *, closing: bool) -> CallDetails:
        """Return an unused widget: for stamps or, if ``closing``, for how a call ended."""
        details = self._free.pop(closing, None)
        if details is None:
            details = CallDetails(self._say, closing=closing)
            self._on_created(details)
        return details

    def release(self, details: CallDetails) -> None:
        """Hide a widget and disconnect it from its card.

        It stays a child of that card until another card acquires it: reparenting takes 2 ms.
        """
        details.hide()
        for signal in details.list_signals():
            signal.disconnect()
        if self._free.setdefault(details.closing, details) is not details:
            details.deleteLater()

    def rescue_from(self, card: QWidget) -> None:
        """Move unused widgets out of a card that is about to be deleted."""
        for details in self._free.values():
            if details.parentWidget() is card:
                details.setParent(self._parent)
