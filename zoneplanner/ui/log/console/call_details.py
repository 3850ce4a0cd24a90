"""What the chosen call shows to be acted on, lent to its card."""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Signal, SignalInstance
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QPushButton, QWidget

from zoneplanner.app.log.call_words import describe_words
from zoneplanner.app.log.stamps import STAMP_ACTS, STAMP_NAMES
from zoneplanner.domain.log.journal import DISPOSITIONS
from zoneplanner.ui.log.console.incident_rows import UNIT_STAMP_NAMES, IncidentRow
from zoneplanner.ui.widgets.inputs.forms import make_editable_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    compact_button,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX

_SEND = "Stamp the selected unit dispatched now and reopen the incident (Esc, then 1)"
_NOT_CLEARED = "Void the last clear and reopen the incident"
_NOT_CLOSED = "Leave the incident open (Esc)"


class CallDetails(QWidget):
    """Stamps, or how a cleared call ended; ``closing`` is the latter."""

    stamped = Signal(int)
    """The stamp of a button, counted from 0."""
    unit_chosen = Signal()
    cleared_all = Signal()
    taken_back = Signal()
    ended = Signal()
    reworded = Signal()
    """Other words are in the choice of how it ended."""
    corrected = Signal()
    noted = Signal()
    """A note is to be added."""
    voided = Signal()
    respelled = Signal()
    """The type that was meant takes the place of the misspelled one."""
    looked_back = Signal()
    """The history of the call is asked for."""

    def __init__(self, say: Callable[[str], str], *, closing: bool) -> None:
        super().__init__()
        self.closing, self._say = closing, say
        self.received, self.there = make_muted_label(), WrappedLabel()
        self.finish = make_muted_label()
        self.proposal = make_muted_label()
        self.unit = make_choice_box({}, name="Unit to stamp", least_letters=12)
        self.ending = make_editable_box(DISPOSITIONS, DISPOSITIONS[0])
        self.cost = make_muted_label()
        self.buttons = QButtonGroup(self)
        self.back = QPushButton("Take back")
        self.clear_all = QPushButton("Clear all units")
        self.end = QPushButton("Close it")
        self.age = make_section_label("")
        self.meant = make_link_button("", self.respelled.emit)
        self.meant.setToolTip("Correct the type; the words that were typed stay in the log (F2)")
        self.lines = make_column_layout(
            self, self.received, self.meant, self.age, margin_px=0, spacing_px=GRID_PX
        )
        (self._lay_out_ending if closing else self._lay_out_stamps)()
        self.lines.addLayout(self._lay_out_changes())
        self.unit.setPlaceholderText("Choose a unit")
        self.back.clicked.connect(self.taken_back)
        self.clear_all.clicked.connect(self.cleared_all)
        self.end.clicked.connect(self.ended)
        self.buttons.idClicked.connect(self.stamped)
        self.unit.currentIndexChanged.connect(self.unit_chosen)
        self.ending.editTextChanged.connect(self.reworded)

    def list_signals(self) -> tuple[SignalInstance, ...]:
        """Return the signals that the card which has it is connected to."""
        pressed = (self.stamped, self.taken_back, self.ended, self.corrected, self.voided)
        return (
            *pressed,
            self.noted,
            self.cleared_all,
            self.respelled,
            self.looked_back,
            self.unit_chosen,
            self.reworded,
        )

    def ask_ending(self, row: IncidentRow) -> None:
        """Ask how the call ended, in the words of what happened."""
        units = ", ".join(stamps.unit for stamps in row.incident.by_unit)
        before = f"Cleared by {units}" if row.closing else "No unit was sent"
        away = "" if row.arrived or not row.closing else ", and nobody was on scene"
        self.proposal.setText(f"{before}{away}. How did it end?")

    def offer_ending(self, row: IncidentRow) -> None:
        """Offer how most calls end that somebody came to; of another one nothing is known."""
        with QSignalBlocker(self.ending):
            self.ending.setCurrentIndex(-1)
            self.ending.setCurrentIndex(0 if row.closing and row.arrived else -1)

    def begin(self, row: IncidentRow) -> None:
        """Offer what the call of a card begins with, whatever was chosen for another one."""
        if not self.closing:
            return
        cleared = row.closing
        self.offer_ending(row)
        self._send.setToolTip(self._say(_SEND))
        self.end.setToolTip(self._say("Save how the incident ended (Enter)"))
        self._send.setText("Send one more unit" if cleared else "Send a unit")
        self.back.setText("Not cleared" if cleared else "Not closed")
        self.back.setToolTip(self._say(_NOT_CLEARED if cleared else _NOT_CLOSED))

    def put(self, row: IncidentRow, chosen: str | None) -> None:
        """Show what is known of the call now; the widgets stay, also one that has the keys."""
        unsent = "" if row.begun or row.closing else ". No unit sent yet."
        self.received.setText(f"Received {row.received}{unsent}")
        self.meant.setText(f"{describe_words(row.meant)}? Correct it (F2)")
        self.meant.setVisible(bool(row.meant))
        self.age.setText(f"{row.age}. A stamp will ask for its time." if row.age else "")
        self.age.setVisible(bool(row.age))
        if self.closing:
            self.ask_ending(row)
        else:
            self.there.setText(row.there)
            self.there.setVisible(bool(row.there))
            self.proposal.setText(row.proposal)
            self.clear_all.setVisible(row.to_clear > 1)
            self.finish.setText(row.finish)
            self.finish.setVisible(bool(row.finish))
        with QSignalBlocker(self.unit):
            self._fill_units(row)
            known = row.unit(chosen)
            self.unit.setCurrentIndex(self.unit.findData(known.unit if known else row.chosen))

    def _fill_units(self, row: IncidentRow) -> None:
        box = self.unit
        while box.count() > len(row.units):
            box.removeItem(box.count() - 1)
        model = box.model()
        assert isinstance(model, QStandardItemModel)
        for at, one in enumerate(row.units):
            if at == box.count():
                box.addItem("")
            box.setItemText(at, one.text)
            box.setItemData(at, one.unit)
            item = model.item(at)
            item.setEnabled(not one.unavailable_reason)
            item.setToolTip(one.unavailable_reason)

    def _lay_out_stamps(self) -> None:
        for part in (self.finish, self.there, self.proposal, self.unit, self.cost):
            self.lines.addWidget(part)
        grid = QGridLayout()
        grid.setSpacing(GRID_PX)
        for at, name in enumerate(UNIT_STAMP_NAMES):
            tip = f"Stamp the selected unit {STAMP_NAMES[name].lower()} now ({at + 1})"
            button = push_button(f"{at + 1}  {STAMP_ACTS[name]}", tip)
            button.setProperty("stamp", "true")
            self.buttons.addButton(button, at)
            grid.addWidget(button, at // 2, at % 2)
        self.back.setProperty("compact", "true")
        self.back.setToolTip("Void the last stamp of the selected unit (Backspace)")
        kept = self.back.sizePolicy()  # no button moves under the pointer that stamps
        kept.setRetainSizeWhenHidden(True)
        self.back.setSizePolicy(kept)
        grid.addWidget(self.back, 2, 0)
        self.clear_all.setProperty("compact", "true")
        self.clear_all.setToolTip("Stamp each unit that is still there cleared now")
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
        """Return the ways back from a wrong entry."""
        buttons = []
        for word, (tip, signal) in {
            "Correct…": ("Open its form: what, where, units, and every time", self.corrected),
            "Note": ("Add a note: its form opens there", self.noted),
            "Void…": ("Void it if it was a mistake; you enter a reason", self.voided),
            "History…": (
                ("Who logged and corrected it, with old and new values"),
                self.looked_back,
            ),
        }.items():
            buttons.append(make_link_button(word, signal.emit))
            buttons[-1].setToolTip(tip)
        return make_row_layout(*buttons, None, spacing_px=0)


class CallDetailsPool:
    """Lends a card what only the chosen call shows, and takes it back where another is chosen.

    To make it anew for each took 15 ms of a key. Of those that no card has one of a kind is kept,
    as a hidden part of ``place`` where the card that had it is gone; ``watch`` gets each that is
    made.
    """

    def __init__(
        self,
        say: Callable[[str], str],
        place: QWidget,
        watch: Callable[[QWidget], object],
    ) -> None:
        self._say, self._place, self._watch = say, place, watch
        self._free: dict[bool, CallDetails] = {}

    def lend(self, *, closing: bool) -> CallDetails:
        """Return one that no card has: for stamps, or for how a call ended."""
        details = self._free.pop(closing, None)
        if details is None:
            details = CallDetails(self._say, closing=closing)
            self._watch(details)
        return details

    def take_back(self, details: CallDetails) -> None:
        """Take one back from a card that no longer shows it, and disconnect that card.

        Until the next card takes it, it is a hidden part of this one: to change its place takes
        2 ms.
        """
        details.hide()
        for signal in details.list_signals():
            signal.disconnect()
        if self._free.setdefault(details.closing, details) is not details:
            details.deleteLater()

    def outlive(self, card: QWidget) -> None:
        """Keep what is a hidden part of a card that is going to be deleted."""
        for details in self._free.values():
            if details.parentWidget() is card:
                details.setParent(self._place)
