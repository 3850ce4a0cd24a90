"""The card of an open incident, and the dialog that asks for the time of a stamp."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from zoneplanner.app.log.dispatch import find_next_stamp
from zoneplanner.app.log.stamps import STAMP_ACTS, STAMP_NAMES
from zoneplanner.domain.log.journal import DISPOSITIONS, LAST_URGENT_PRIORITY
from zoneplanner.messages import Message
from zoneplanner.ui.log.call_words_field import (
    ask_about_ending,
    complete_ending,
    mark_new_ending,
)
from zoneplanner.ui.log.console.call_details import CallDetails, CallDetailsPool
from zoneplanner.ui.log.console.incident_rows import (
    UNIT_STAMP_NAMES,
    IncidentRow,
    IncidentSummary,
    explain_outside,
    format_elapsed_time,
    may_stamp,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import RequiredTimeField, TimeField
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ENTER_KEYS,
    escape_tooltip,
    make_column_layout,
    make_grid_layout,
    make_link_button,
    make_muted_label,
    make_section_label,
    set_tab_order,
)
from zoneplanner.ui.widgets.services.notices import PENDING_WAIT_S
from zoneplanner.ui.widgets.services.ui_context import SecondClock, UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, make_large_font, set_style_state
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_STAMP_QUESTIONS = {
    "dispatched_at": "When Was It Dispatched?",
    "enroute_at": "When Did It Go En Route?",
    "onscene_at": "When Was It on Scene?",
    "cleared_at": "When Was It Cleared?",
}
_NO_SUGGESTION = "F2 has nothing to correct on this card; “Correct…” opens the call’s form."
_NO_TIME = "Set the day and hour. Press Now only if it is happening right now."


class StampTimeDialog(FormDialog):
    """Asks for a stamp's day and time, starting from the call's receipt, and writes the stamp."""

    def __init__(
        self,
        desk: UiContext,
        summary: IncidentSummary,
        unit: str,
        name: str,
        *,
        write: Callable[[datetime], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            _STAMP_QUESTIONS[name],
            f"Stamp {STAMP_NAMES[name].lower()}",
            lambda: write(self.at.moment()),
            parent,
        )
        session = desk.session
        self.set_about(f"{unit}, {summary.name}, received {summary.received}. {summary.age}.")
        self.at = TimeField(session, summary.incident.received_at)
        self.required_time = RequiredTimeField(
            self.at, "Now", lambda: self.at.put(session.clock()), given=False
        )
        self.form.addRow("&When", self.required_time)
        for changed in (self.required_time.changed, self.at.unread_changed):
            changed.connect(self._require_time)
        self.require(_NO_TIME)
        self.required_time.setFocus()

    def _require_time(self) -> None:
        self.require(self.at.mark_problem("When") if self.required_time.is_set else _NO_TIME)


_DIGITS = frozenset(Qt.Key(Qt.Key.Key_1 + index) for index in range(len(UNIT_STAMP_NAMES)))
CARD_STEP_KEYS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_SIDEWAYS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
_NARROWEST_PX = 40
_WIDEST_CLOCK = "00:00:00"
_CLEARED = len(UNIT_STAMP_NAMES) - 1
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_BY_HAND = (Qt.FocusReason.MouseFocusReason, *_BY_TAB)
_LEADING_ACTIONS = ("new_incident", "undo")
"""Shortcuts that still work while an ending is offered; any other key types an ending."""
_FIRST_LETTERS = frozenset(words[0].upper() for words in DISPOSITIONS)


class _Clock(QWidget):
    """The time since a call was received, painted so that a tick causes no layout."""

    def __init__(self, clock: SecondClock) -> None:
        super().__init__()
        self._clock, self._start = clock, clock.now
        self._end: datetime | None = None
        self.setFont(make_large_font())
        self.setToolTip("Time since the call was received.")

    def run(self, start: datetime, end: datetime | None) -> None:
        """Show the time from ``start`` until ``end``, or until now if the call is not cleared."""
        self._start, self._end = start, end
        self.setAccessibleName(f"Open for {self.text()}")
        self.update()

    def text(self) -> str:
        """Return the displayed time."""
        return format_elapsed_time(self._start, self._end or self._clock.now)

    def sizeHint(self) -> QSize:
        """Return a size that fits any time."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(_WIDEST_CLOCK), metrics.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the time, right-aligned."""
        with QPainter(self) as painter:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect(), right, self.text())


class IncidentCard(QFrame):
    """A call in the queue. The highlighted card shows details, and the number keys stamp its unit.

    Up and Down move to the next card, Left and Right to the next unit that can be stamped.
    """

    stamp_requested = Signal(str, str, str)
    """Incident uid, unit, stamp name."""
    unit_changed = Signal(str, str)
    """Incident uid, selected unit."""
    clear_all_requested = Signal(str)
    """Incident uid."""
    take_back_requested = Signal(str, str)
    """Incident uid, and the unit whose last stamp is to be voided."""
    type_corrected = Signal(str, str)
    """Incident uid, and the words that replace its misspelled type."""
    ending_confirmed = Signal(str, str, object)
    """Incident uid, how it ended, and when it closed (None if a unit cleared it)."""
    target_changed = Signal()
    """The number keys' action changed."""
    step_requested = Signal(int)
    """1 for the card below, -1 for the card above, or 0 for this card."""

    def __init__(
        self,
        desk: UiContext,
        summary: IncidentSummary,
        make_row: Callable[[], IncidentRow],
        selected_unit: str | None,
        records: RecordActions,
        *,
        pool: CallDetailsPool,
    ) -> None:
        super().__init__()
        self.summary, self._make_row, self._records = summary, make_row, records
        self._pool = pool
        self._desk = desk
        self._row: IncidentRow | None = None
        self._selected_unit, self._is_highlighted = selected_unit, False
        self._closed_at: datetime | None = None
        self._is_ending_offered, self._has_left_ending = False, False
        self._questioned_ending = ""
        self._needs_second_enter = False
        self._just_cleared, self._is_digit_withheld = False, False
        self.setObjectName("incident")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clock = _Clock(desk.clock)
        self.priority = QLabel()
        self.priority.setObjectName("priority")
        self.priority.setFont(make_large_font())
        self.priority.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = make_section_label("", selectable=False)  # so a click on it reaches the card
        self.place = make_link_button("", self._show_site)
        self.no_place = make_muted_label(selectable=False)
        self.all_clear = make_section_label("", selectable=False)
        self.status = make_muted_label(selectable=False)
        self._details: CallDetails | None = None
        self._displayed: tuple[IncidentRow, str | None] | None = None
        self._lines = make_column_layout(
            self,
            self._lay_out_summary(),
            self.all_clear,
            self.status,
            margin_px=SPACING_PX,
            spacing_px=GRID_PX,
        )
        self._show_summary()

    @property
    def row(self) -> IncidentRow:
        """Everything known about the call, computed on first use."""
        if self._row is None:
            self._row = self._make_row()
        return self._row

    @property
    def details(self) -> CallDetails:
        """The controls of the highlighted call, acquired on first use and brought up to date."""
        if self._details is not None and self._details.closing != self.asks_ending:
            self.release_details()
        details = self._details
        if details is None:
            details = self._details = self._acquire_details()
            self._displayed = None
        if self._displayed != (self.row, self._selected_unit):
            self._displayed = (self.row, self._selected_unit)
            details.show_call(self.row, self._selected_unit)
            self._update_stamps()
        return details

    @property
    def asks_ending(self) -> bool:
        """Whether the call is cleared, or is being closed without a unit."""
        return self.summary.closing or (self._closed_at is not None and self.may_close)

    @property
    def may_close(self) -> bool:
        """Whether no unit was sent to the call, so that 4 asks how it ended."""
        return not (self.row.has_stamps or self.summary.closing)

    def update_call(
        self,
        summary: IncidentSummary,
        make_row: Callable[[], IncidentRow],
        selected_unit: str | None,
    ) -> None:
        """Update the card in place with the call's latest state and the units now free."""
        before, self.summary = self.summary, summary
        self._make_row, self._selected_unit, self._row = make_row, selected_unit, None
        self._has_left_ending = self._has_left_ending and summary.closing
        if summary != before:
            self._show_summary()
        if self._is_highlighted:
            self.details.show()

    def release_details(self) -> None:
        """Return the details widget to the pool; all cards share it."""
        details, self._details = self._details, None
        if details is not None:
            if details.isAncestorOf(self.window().focusWidget()):
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            self._lines.removeWidget(details)
            for field in (details.ending, details.unit):
                field.removeEventFilter(self)
            self._pool.release(details)

    def _acquire_details(self) -> CallDetails:
        details = self._pool.acquire(closing=self.asks_ending)
        details.reset(self.summary)
        uid, records = self.summary.incident.uid, self._records
        details.stamp_pressed.connect(self.stamp)
        details.unit_changed.connect(self._select_unit)
        details.clear_all_pressed.connect(partial(self.clear_all_requested.emit, uid))
        details.back_pressed.connect(self._take_back)
        details.end_pressed.connect(self._close)
        details.ending_edited.connect(self._restart_question)
        details.correct_pressed.connect(partial(records.correct, "incident", uid))
        details.note_pressed.connect(partial(records.note, uid))
        details.void_pressed.connect(partial(records.void, uid))
        details.history_pressed.connect(partial(records.history, uid))
        details.suggestion_accepted.connect(self._correct_type)
        for field in (details.ending, details.unit):
            field.installEventFilter(self)
        self._lines.addWidget(details)
        set_tab_order(self.place, details)
        details.setVisible(self._is_highlighted)
        self._details = details
        return details

    def take_focus(self) -> None:
        """Take the keyboard focus: the card, or the ending field if the call is cleared."""
        self._is_ending_offered, self._has_left_ending = self.asks_ending, False
        if not self.asks_ending:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        ending = self.details.ending
        ending.setFocus(Qt.FocusReason.OtherFocusReason)
        if (line := ending.lineEdit()) is not None:
            line.selectAll()  # so that typing replaces the offered ending

    def ask_ending(self) -> None:
        """Take the focus when a stamp's countdown ends and the call asks how it ended.

        The person may be about to press Enter for another widget, so the first Enter only asks
        for a second one.
        """
        self._needs_second_enter = True
        self.take_focus()

    def has_lost_focus(self) -> bool:
        """Whether the focused part is gone, or the call now asks how it ended."""
        focused = self.window().focusWidget()
        inside = focused is not None and (focused is self or self.isAncestorOf(focused))
        must_ask = focused is self and self.asks_ending and not self._has_left_ending
        return not inside or must_ask

    def describe_target(self, code: str = "target.stamp") -> Message:
        """Describe what the number keys would do now; ``code`` is for a stamp."""
        name = self.summary.name
        unit = self.details.unit.currentData()
        if self.asks_ending:
            ending = "target.ending" if unit else "target.ending_no_unit"
            if unit and not self._has_left_ending:
                ending = "target.ending_in_field"
            return Message(ending, call=name, unit=unit)
        row = self.row.unit(unit)
        if row is not None and row.stamps is not None and row.stamps.cleared_at is not None:
            left = [other.unit for other in self.row.units if other.is_on_call]
            return Message("target.unit_cleared", unit=unit, left=left, call=name)
        if not unit:
            return Message("target.no_unit", call=name)
        return Message(code, unit=unit, call=name, wait_s=PENDING_WAIT_S)

    def explain_no_stamp(self, number: int, name: str) -> Message:
        """Explain why a number key has no effect now."""
        unit = self.details.unit.currentData()
        row = self.row.unit(unit) if unit else None
        if row is not None and row.stamps is not None and getattr(row.stamps, name, None):
            stamp = STAMP_NAMES[name].lower()
            return Message("key_without_effect.stamped", unit=unit, stamp=stamp)
        return Message("key_without_effect", key=number, target=self.describe_target())

    def set_highlighted(self, *, highlighted: bool) -> None:
        """Make the number keys apply to this call, or no longer; only then show its details."""
        if highlighted == self._is_highlighted:
            return
        self._is_highlighted, self._has_left_ending, self._closed_at = highlighted, False, None
        if highlighted:
            self.details.show()
            self._update_stamps()
        else:
            self.release_details()
        self.status.setVisible(not highlighted)
        set_style_state(self, "highlighted", highlighted)

    def may_stamp(self, index: int) -> bool:
        """Whether the stamp's button would stamp the selected unit now."""
        button = self.details.buttons.button(index)
        return button is not None and button.isEnabled()

    def stamp(self, index: int) -> None:
        """Make a stamp for the selected unit, or start closing a call without units."""
        if index == _CLEARED and self.may_close and not self.asks_ending:
            if self.summary.age:  # it did not end just now: its form asks when
                self._records.correct("incident", self.summary.incident.uid)
                return
            self._closed_at = self._desk.session.clock()
            self.details.show()
            self.target_changed.emit()
            self.take_focus()
        elif self.may_stamp(index):
            uid, unit = self.summary.incident.uid, self.details.unit.currentData()
            self.stamp_requested.emit(uid, unit, UNIT_STAMP_NAMES[index])
            self._just_cleared, self._is_digit_withheld = index == _CLEARED, False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle Enter and the arrows in the fields, and ignore a number key held down."""
        details = self._details
        if details is None:
            return super().eventFilter(watched, event)
        if details.closing and watched is details.ending and self._filter_ending(event):
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if event.isAutoRepeat() and key in _DIGITS:
                return True
            if watched is details.unit and key in _SIDEWAYS:
                self._step_unit(_SIDEWAYS[key])
                return True
        return super().eventFilter(watched, event)

    def _filter_ending(self, event: QEvent) -> bool:
        """Handle Enter, Esc and the leading shortcuts in the ending field.

        The field takes the focus when a call is cleared, just when the next call may come in.
        Until a person moves there or types an ending, the leading shortcuts work as elsewhere.
        """
        if isinstance(event, QFocusEvent) and event.reason() in _BY_HAND:
            self._is_ending_offered = self._needs_second_enter = False
        if not isinstance(event, QKeyEvent) or event.type() not in (
            QEvent.Type.ShortcutOverride,
            QEvent.Type.KeyPress,
        ):
            return False
        key, pressed = Qt.Key(event.key()), event.type() == QEvent.Type.KeyPress
        if key in ENTER_KEYS or key == Qt.Key.Key_Escape:
            event.accept()  # so that it arrives as a key press and triggers no shortcut
            if pressed and not event.isAutoRepeat():
                (self._leave_ending if key == Qt.Key.Key_Escape else self._close_by_key)()
            return True
        if pressed and self._withhold_repeated_digit(event):
            return True
        if pressed:
            self._is_ending_offered = self._is_ending_offered and not event.text()
        elif self._is_ending_offered and self._is_leading_shortcut(event):
            event.ignore()  # so that the shortcut is triggered
            return True
        return False

    def _withhold_repeated_digit(self, event: QKeyEvent) -> bool:
        """Withhold a second 4 right after the 4 that cleared the call: worn keys strike twice.

        If a sign that is not a letter follows, as in 415 or 4-A, the 4 was typed after all and is
        inserted.
        """
        text, four = event.text(), str(_CLEARED + 1)
        if self._just_cleared and text == four:
            self._just_cleared, self._is_digit_withheld = False, True
            return True
        line = self.details.ending.lineEdit()
        continues_code = text.isprintable() and not text.isalpha() and text != four
        if text and self._is_digit_withheld and continues_code and line is not None:
            line.insert(four)
        if text:
            self._just_cleared = self._is_digit_withheld = False
        return False

    def _is_leading_shortcut(self, event: QKeyEvent) -> bool:
        keys = QKeySequence(Qt.Key(event.key()))
        return (
            not event.modifiers()
            and event.text().upper() not in _FIRST_LETTERS
            and any(keys in self._desk.actions[name].shortcuts() for name in _LEADING_ACTIONS)
        )

    def _leave_ending(self) -> None:
        """Return the focus to the card without recording an ending."""
        self._has_left_ending = True
        if not self.summary.closing:
            self._closed_at = None
            self.details.show()
        elif self._details is not None:
            self._details.offer_ending(self.summary)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.target_changed.emit()

    def _restart_question(self) -> None:
        """Ask again after the ending changes; a person who types has read the question."""
        self._needs_second_enter, self._questioned_ending = False, ""
        if self._details is not None:
            self._details.ask_ending(self.summary)
            if new := mark_new_ending(self._details.ending, self.row.endings):
                self._details.proposal.setText(str(new))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the call on a click anywhere on its card."""
        self.step_requested.emit(0)
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the call's school when Tab moves here."""
        super().focusInEvent(event)
        if event.reason() in _BY_TAB:
            self._show_site()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to another card or unit; Enter closes a call that is cleared."""
        key = Qt.Key(event.key())
        if key in CARD_STEP_KEYS:
            self.step_requested.emit(CARD_STEP_KEYS[key])
        elif key in _SIDEWAYS:
            self._step_unit(_SIDEWAYS[key])
        elif key == Qt.Key.Key_Backspace and not event.isAutoRepeat():
            self.details.back.click()
        elif key == Qt.Key.Key_F2 and not event.isAutoRepeat():
            self._correct_type()
        elif self.asks_ending and key in ENTER_KEYS:
            if not event.isAutoRepeat():
                self._close_by_key()
        else:
            super().keyPressEvent(event)

    def _correct_type(self) -> None:
        if words := self.row.suggested_words:
            self.type_corrected.emit(self.summary.incident.uid, words)
        else:
            self._desk.notices.show_notice(_NO_SUGGESTION)

    def _step_unit(self, step: int) -> None:
        """Select the next unit that can be stamped."""
        units, box = self.row.units, self.details.unit
        indexes = [index for index, unit in enumerate(units) if unit.may_be_stamped]
        on_call = [index for index in indexes if units[index].is_on_call]
        selected = self.row.unit(box.currentData())
        has_cleared = selected is not None and selected.stamps and not selected.is_on_call
        if on_call and has_cleared:
            indexes = on_call
        if not indexes:
            return
        now = box.currentIndex()
        further = [index for index in indexes if (index > now if step > 0 else index < now)]
        box.setCurrentIndex((further or indexes)[0 if step > 0 else -1])

    def _lay_out_summary(self) -> QGridLayout:
        """Return the first lines: priority, type and clock, and the place below."""
        grid = make_grid_layout(spacings_px=(SPACING_PX, 0), stretches={1: 1})
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.priority, 0, 0, 2, 1, top)
        grid.addWidget(self.title, 0, 1, top)
        grid.addWidget(self.clock, 0, 2, top)
        grid.addWidget(self.place, 1, 1, 1, 2)
        grid.addWidget(self.no_place, 1, 1, 1, 2)
        return grid

    def _show_summary(self) -> None:
        """Show what every call of the queue shows; the place's link is only as wide as its name."""
        summary, incident = self.summary, self.summary.incident
        urgent = incident.priority <= LAST_URGENT_PRIORITY and not summary.closing
        for part in (self, self.priority):
            set_style_state(part, "urgent", urgent)
        self.setAccessibleName(f"{summary.title}, {summary.place}, priority {incident.priority}")
        all_clear = str(summary.all_clear or "")
        self.setAccessibleDescription(". ".join(filter(None, (all_clear, summary.status))))
        self.priority.setText(str(incident.priority))
        self.priority.setAccessibleName(f"Priority {incident.priority}")
        self.title.setText(summary.title)
        self.title.setToolTip(escape_tooltip(incident.note))
        self.clock.run(incident.received_at, incident.cleared_at)
        self.status.setText(summary.status)
        self.all_clear.setText(all_clear)
        self.all_clear.setVisible(bool(all_clear))
        self.place.setText(summary.place)
        self.place.setMinimumWidth(_NARROWEST_PX)
        self.place.setMaximumWidth(self.place.fontMetrics().horizontalAdvance(summary.place) + 2)
        self.place.setToolTip(escape_tooltip(summary.place))
        self.no_place.setText(summary.place)
        self.place.setVisible(incident.site is not None)
        self.no_place.setVisible(incident.site is None)

    def _show_site(self) -> None:
        self._desk.bridge.select(site=self.summary.incident.site)

    def _select_unit(self) -> None:
        self._selected_unit = self.details.unit.currentData()
        self._displayed = (self.row, self._selected_unit)
        self._update_stamps()
        self.unit_changed.emit(self.summary.incident.uid, self._selected_unit or "")

    def _update_stamps(self) -> None:
        """Enable the stamps that the selected unit may get; the next one is the default button."""
        details = self.details
        row = self.row.unit(details.unit.currentData())
        cost = str(row.cost or "") if row else ""
        if row is not None and row.outside:
            cost = explain_outside(self._desk.session, row.unit, self.summary.incident.site)
        details.cost.setText(cost)
        following = find_next_stamp(row.stamps) if row else None
        for index, name in enumerate(UNIT_STAMP_NAMES):
            button = details.buttons.button(index)
            if not isinstance(button, QPushButton):
                continue
            closes = index == _CLEARED and self.may_close
            button.setEnabled(closes or may_stamp(row, name))
            button.setDefault(self._is_highlighted and name == following and not self.asks_ending)
            is_stamped = row is not None and row.stamps is not None and getattr(row.stamps, name)
            act = "Close…" if closes else STAMP_ACTS[name]
            if not details.closing:  # otherwise the button sends one more unit
                button.setText(f"✓ {STAMP_NAMES[name]}" if is_stamped else f"{index + 1}  {act}")
        can_void = row is not None and row.has_voidable_stamps
        details.back.setVisible(self.asks_ending or can_void)

    def _take_back(self) -> None:
        if self.asks_ending and not self.summary.closing:
            self._leave_ending()
            return
        incident, unit = self.summary.incident, self.details.unit.currentData()
        if self.summary.closing:
            times = [(stamps.cleared_at, stamps.unit) for stamps in incident.by_unit]
            unit = max((at, unit) for at, unit in times if at is not None)[1]
        self.take_back_requested.emit(incident.uid, unit)

    def _close_by_key(self) -> None:
        """Close the call, or ask for a second Enter if the question just appeared."""
        self._just_cleared = self._is_digit_withheld = False
        if self._needs_second_enter:
            self._needs_second_enter = False
            self.details.proposal.setText(str(Message("ending.enter_again")))
        else:
            self._close()

    def _close(self) -> None:
        """Close the call; an ending that no recent call had needs a second confirmation."""
        details = self.details
        if mark_new_ending(details.ending, self.row.endings):
            complete_ending(details.ending)
        text = details.ending.currentText().strip()
        if not text:
            details.proposal.setText(str(Message("ending.missing")))
            return
        index = details.ending.findText(text, Qt.MatchFlag.MatchFixedString)
        if index < 0 and text not in (*self.row.endings, self._questioned_ending):
            self._questioned_ending = text
            question = ask_about_ending(details.ending, text)
            confirm = Message("ending.confirm", question=question, ending=text)
            details.proposal.setText(str(confirm))
        else:
            ending = details.ending.itemText(index) if index >= 0 else text
            self.ending_confirmed.emit(self.summary.incident.uid, ending, self._closed_at)
