"""The card of an incident in the console: stamps, units and how it ended; old stamps ask when."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from zoneplanner.app.log.dispatch import find_next_stamp
from zoneplanner.app.log.stamps import STAMP_ACTS, STAMP_NAMES
from zoneplanner.domain.log.journal import DISPOSITIONS, LAST_URGENT_PRIORITY
from zoneplanner.messages import join_names
from zoneplanner.ui.log.call_words_field import (
    ask_about_ending,
    mark_new_ending,
    take_named_ending,
)
from zoneplanner.ui.log.console.call_details import CallDetails, CallDetailsPool
from zoneplanner.ui.log.console.incident_rows import (
    UNIT_STAMP_NAMES,
    IncidentHead,
    IncidentRow,
    explain_outside,
    format_elapsed_time,
    may_stamp,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import RequiredTimeField, TimeField
from zoneplanner.ui.widgets.layout.basic_widgets import (
    escape_tooltip,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_section_label,
    set_tab_order,
)
from zoneplanner.ui.widgets.services.ui_context import SecondClock, UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, make_large_font, set_style_state
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_STAMP_QUESTIONS = {
    "dispatched_at": "When Was It Dispatched?",
    "enroute_at": "When Was It En Route?",
    "onscene_at": "When Was It on Scene?",
    "cleared_at": "When Was It Cleared?",
}
_NO_ENDING = "Choose how it ended (Down) or type it; Esc goes back."
_NO_RESPELLING = "F2 has nothing to correct on this card; “Correct…” opens the call’s form."
_ENTER_AGAIN = "Press Enter again to close it, or say how it ended."
_NO_TIME = "Set the day and hour. Press Now only if it is happening right now."


class StampTimeDialog(FormDialog):
    """A day and an hour, which begin at the call's receipt; ``write`` gets them."""

    def __init__(
        self,
        desk: UiContext,
        row: IncidentRow,
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
        self.set_about(f"{unit}, {row.name}, received {row.received}. {row.age}.")
        self.at = TimeField(session, row.incident.received_at)
        self.asked = RequiredTimeField(
            self.at, "Now", lambda: self.at.put(session.clock()), given=False
        )
        self.form.addRow("&When", self.asked)
        for changed in (self.asked.changed, self.at.unread_changed):
            changed.connect(self._require_time)
        self.require(_NO_TIME)
        self.asked.setFocus()

    def _require_time(self) -> None:
        self.require(self.at.mark_problem("When") if self.asked.is_set else _NO_TIME)


_DIGITS = frozenset(Qt.Key(Qt.Key.Key_1 + at) for at in range(len(UNIT_STAMP_NAMES)))
CARD_STEP_KEYS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_SIDEWAYS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
_NARROWEST_PX = 40
_WIDEST_CLOCK = "00:00:00"
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CLEARED = len(UNIT_STAMP_NAMES) - 1
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_BY_HAND = (Qt.FocusReason.MouseFocusReason, *_BY_TAB)
_LEADING_ACTIONS = ("new_incident", "undo")
"""What a letter does also while an ending is merely offered; all others, and digits, write one."""
_FIRST_LETTERS = frozenset(words[0].upper() for words in DISPOSITIONS)


class _Clock(QWidget):
    """How long a call takes. It paints the time of the moment: a second more lays out nothing."""

    def __init__(self, clock: SecondClock) -> None:
        super().__init__()
        self._clock, self._start = clock, clock.now
        self._end: datetime | None = None
        self.setFont(make_large_font())
        self.setToolTip("Time since the call was received.")

    def run(self, start: datetime, end: datetime | None) -> None:
        """Run from a moment on; of a call that was cleared it stands."""
        self._start, self._end = start, end
        self.setAccessibleName(f"Open for {self.text()}")
        self.update()

    def text(self) -> str:
        """Return what it shows now."""
        return format_elapsed_time(self._start, self._end or self._clock.now)

    def sizeHint(self) -> QSize:
        """Ask for the room of any time."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(_WIDEST_CLOCK), metrics.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the time at the right."""
        with QPainter(self) as painter:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect(), right, self.text())


class IncidentCard(QFrame):
    """Up and Down go to the next card, Left and Right to the next unit that could be stamped."""

    stamped = Signal(str, str, str)
    """An incident's uid, a unit and the name of a stamp."""
    chosen = Signal(str, str)
    """An incident's uid and the unit that is chosen for it."""
    cleared_all = Signal(str)
    """The uid of an incident whose units are all to be cleared."""
    taken_back = Signal(str, str)
    """An incident's uid and the unit whose last stamp was a mistake."""
    respelled = Signal(str, str)
    """An incident's uid and the type that was meant by a misspelled one."""
    ended = Signal(str, str, object)
    """An incident's uid, how it ended, and when where no unit cleared it."""
    retold = Signal()
    """What the digits do is another thing now."""
    stepped = Signal(int)
    """1 for the card below, -1 for the one above, 0 for this one."""

    def __init__(
        self,
        desk: UiContext,
        head: IncidentHead,
        make_row: Callable[[], IncidentRow],
        chosen: str | None,
        records: RecordActions,
        *,
        pool: CallDetailsPool,
    ) -> None:
        super().__init__()
        self.head, self._make_row, self._records = head, make_row, records
        self._pool = pool
        self._desk = desk
        self._row: IncidentRow | None = None
        self._chosen, self._marked = chosen, False
        self._closed_at: datetime | None = None
        self._offered, self._left_field, self._asked_about = False, False, ""
        self._asked_by_itself, self._struck, self._held_back = False, False, False
        self.setObjectName("incident")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clock = _Clock(desk.clock)
        self.priority = QLabel()
        self.priority.setObjectName("priority")
        self.priority.setFont(make_large_font())
        self.priority.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = make_section_label("", selectable=False)  # a click on it is on the card
        self.place = make_link_button("", self._show_site)
        self.no_place = make_muted_label(selectable=False)
        self.all_clear = make_section_label("", selectable=False)
        self.summary = make_muted_label(selectable=False)
        self._details: CallDetails | None = None
        self._filled: tuple[IncidentRow, str | None] | None = None
        self._lines = make_column_layout(
            self,
            self._lay_out_head(),
            self.all_clear,
            self.summary,
            margin_px=SPACING_PX,
            spacing_px=GRID_PX,
        )
        self._show_head()

    @property
    def row(self) -> IncidentRow:
        """All that is known of the call, computed once it is asked for."""
        if self._row is None:
            self._row = self._make_row()
        return self._row

    @property
    def details(self) -> CallDetails:
        """The part that only the chosen call shows, lent once it is asked for."""
        if self._details is not None and self._details.closing != self.asks_ending:
            self.drop_details()
        made = self._details
        if made is None:
            made = self._details = self._take_details()
            self._filled = None
        if self._filled != (self.row, self._chosen):
            self._filled = (self.row, self._chosen)
            made.put(self.row, self._chosen)
            self._show_stamps()
        return made

    @property
    def asks_ending(self) -> bool:
        """True where the call was cleared, or is to be closed without a unit."""
        return self.row.closing or (self._closed_at is not None and self.may_close)

    @property
    def may_close(self) -> bool:
        """True of a call to which no unit was sent: 4 asks how it ended (and when)."""
        return not (self.row.begun or self.row.closing)

    @property
    def question(self) -> str:
        """What is asked before the call is closed."""
        return self.details.proposal.text()

    @property
    def unit(self) -> QComboBox:
        """The choice of the unit to stamp."""
        return self.details.unit

    @property
    def ending(self) -> QComboBox:
        """The choice of how it ended."""
        return self.details.ending

    @property
    def cost(self) -> QLabel:
        """What the chosen unit costs beside the one that is proposed."""
        return self.details.cost

    @property
    def age(self) -> QLabel:
        """How long an old call is open."""
        return self.details.age

    @property
    def back(self) -> QPushButton:
        """Takes back the last stamp."""
        return self.details.back

    @property
    def buttons(self) -> QButtonGroup:
        """The stamps."""
        return self.details.buttons

    def put(
        self, head: IncidentHead, make_row: Callable[[], IncidentRow], chosen: str | None
    ) -> None:
        """Take what is new of the call and of others, such as who is free, in place."""
        before, self.head = self.head, head
        self._make_row, self._chosen, self._row = make_row, chosen, None
        self._left_field = self._left_field and head.closing  # one that opened again asks anew
        if head != before:
            self._show_head()
        if self._marked:
            self.details.show()

    def drop_details(self) -> None:
        """Give back what only the chosen call shows: there is one for all calls."""
        lent, self._details = self._details, None
        if lent is not None:
            if lent.isAncestorOf(self.window().focusWidget()):
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            self._lines.removeWidget(lent)
            for field in (lent.ending, lent.unit):
                field.removeEventFilter(self)
            self._pool.take_back(lent)

    def _take_details(self) -> CallDetails:
        lent = self._pool.lend(closing=self.asks_ending)
        lent.begin(self.row)
        uid, records = self.row.incident.uid, self._records
        lent.stamped.connect(self.stamp)
        lent.cleared_all.connect(partial(self.cleared_all.emit, uid))
        lent.taken_back.connect(self._take_back)
        lent.ended.connect(self._end)
        lent.corrected.connect(partial(records.correct, "incident", uid))
        lent.noted.connect(partial(records.note, uid))
        lent.voided.connect(partial(records.void, uid))
        lent.respelled.connect(self._respell)
        lent.looked_back.connect(partial(records.history, uid))
        lent.unit_chosen.connect(self._choose)
        lent.reworded.connect(self._forget_question)
        for field in (lent.ending, lent.unit):
            field.installEventFilter(self)
        self._lines.addWidget(lent)
        set_tab_order(self.place, lent)
        lent.setVisible(self._marked)
        self._details = lent
        return lent

    def take_focus(self) -> None:
        """Take the keys: 1 to 4, or the choice of how it ended."""
        self._offered, self._left_field = self.asks_ending, False
        (self.ending if self.asks_ending else self).setFocus(Qt.FocusReason.OtherFocusReason)
        field = self.ending.lineEdit()
        if self.asks_ending and field is not None:
            field.selectAll()  # other words take the place of those that are offered

    def ask_ending(self) -> None:
        """Take the keys where a stamp that was counted down asks how the call ended.

        The first Enter may have been meant for what had the keys before; it closes nothing.
        """
        self._asked_by_itself = True
        self.take_focus()

    def lacks_keys(self) -> bool:
        """Tell whether what had the keys is gone, or the call now asks how it ended."""
        at = self.window().focusWidget()
        inside = at is not None and (at is self or self.isAncestorOf(at))
        return not inside or (at is self and self.asks_ending and not self._left_field)

    def describe_target(self, when: str = "") -> str:
        """Say what the digits would do now and when: the unit, the incident and its school."""
        where = self.row.name
        unit = self.unit.currentData()
        if self.asks_ending:
            esc = "" if self._left_field else "Esc, then "
            also = f" {esc}1 sends {unit} there." if unit else ""
            return f"How did “{where}” end?{also}"
        row = self.row.unit(unit)
        if row is not None and row.stamps is not None and row.stamps.cleared_at is not None:
            left = [one.unit for one in self.row.units if one.is_there]
            stay = f"{join_names(left)} {'is' if len(left) == 1 else 'are'} still there"
            return f"{unit} has cleared and {stay}; press Right to choose. {where}"
        return f"1–4 stamp {unit}{when}: {where}" if unit else f"Choose a unit for: {where}"

    def explain_no_stamp(self, number: int, name: str) -> str:
        """Say why a digit stamps nothing now."""
        unit = self.unit.currentData()
        row = self.row.unit(unit) if unit else None
        if row is not None and row.stamps is not None and getattr(row.stamps, name, None):
            return f"{unit} is already stamped {STAMP_NAMES[name].lower()} there."
        return f"{number} has no effect now. {self.target}"

    @property
    def target(self) -> str:
        """What the digits would do now."""
        return self.describe_target()

    def mark(self, *, marked: bool) -> None:
        """Show whether the digits act on this incident; only then its stamps are seen."""
        if marked == self._marked:
            return
        self._marked, self._left_field, self._closed_at = marked, False, None
        if marked:
            self.details.show()
            self._show_stamps()
        else:
            self.drop_details()
        self.summary.setVisible(not marked)
        set_style_state(self, "marked", marked)

    def may_stamp(self, number: int) -> bool:
        """True where a digit, counted from 0, would stamp the chosen unit."""
        button = self.buttons.button(number)
        return button is not None and button.isEnabled()

    def stamp(self, number: int) -> None:
        """Make one of the stamps for the chosen unit, counted from 0."""
        if number == _CLEARED and self.may_close and not self.asks_ending:
            if self.row.age:  # it did not end just now: its form asks when
                self._records.correct("incident", self.row.incident.uid)
                return
            self._closed_at = self._desk.session.clock()
            self.details.show()
            self.retold.emit()
            self.take_focus()
        elif self.may_stamp(number):
            self.stamped.emit(
                self.row.incident.uid, self.unit.currentData(), UNIT_STAMP_NAMES[number]
            )
            self._struck, self._held_back = number == _CLEARED, False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Enter from the fields, and a digit that is still held from before."""
        if watched is self._ending_field and self._filter_ending(event):
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if event.isAutoRepeat() and key in _DIGITS:
                return True
            if watched is self.unit and key in _SIDEWAYS:
                self._turn_unit(_SIDEWAYS[key])
                return True
        return super().eventFilter(watched, event)

    @property
    def _ending_field(self) -> QComboBox | None:
        made = self._details
        return made.ending if made is not None and made.closing else None

    def _filter_ending(self, event: QEvent) -> bool:
        """Take Enter and Esc from the choice of how it ended, and keys that merely lead elsewhere.

        It takes the keys by itself once a call is cleared, while the next one may come in: until a
        person goes there or types an ending, such a key does what it does everywhere in Log.
        """
        if isinstance(event, QFocusEvent) and event.reason() in _BY_HAND:
            self._offered = self._asked_by_itself = False
        if not isinstance(event, QKeyEvent) or event.type() not in (
            QEvent.Type.ShortcutOverride,
            QEvent.Type.KeyPress,
        ):
            return False
        key, pressed = Qt.Key(event.key()), event.type() == QEvent.Type.KeyPress
        if key in _ENTER or key == Qt.Key.Key_Escape:
            event.accept()  # so that it is no shortcut; it comes again as a key
            if pressed and not event.isAutoRepeat():
                (self._leave_ending if key == Qt.Key.Key_Escape else self._end_by_key)()
            return True
        if pressed and self._is_bounced(event):
            return True
        if pressed:
            self._offered = self._offered and not event.text()
        elif self._offered and self._leads_elsewhere(event):
            event.ignore()  # it is a shortcut here too
            return True
        return False

    def _is_bounced(self, event: QKeyEvent) -> bool:
        """Tell whether this is the 4 that cleared, once more: a worn key strikes twice.

        It is held back; where a code goes on with another sign, such as 415 or 4-A, it was typed.
        """
        text, four = event.text(), str(_CLEARED + 1)
        if self._struck and text == four:
            self._struck, self._held_back = False, True
            return True
        field = self.ending.lineEdit()
        goes_on = text.isprintable() and not text.isalpha() and text != four
        if text and self._held_back and goes_on and field is not None:
            field.insert(four)
        if text:
            self._struck = self._held_back = False
        return False

    def _leads_elsewhere(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        keys = QKeySequence(key)
        plain = not event.modifiers()
        return (
            plain
            and event.text().upper() not in _FIRST_LETTERS
            and any(keys in self._desk.actions[name].shortcuts() for name in _LEADING_ACTIONS)
        )

    def _leave_ending(self) -> None:
        """Give the keys back to the card; nothing is said of how it ended."""
        self._left_field = True
        if not self.row.closing:
            self._closed_at = None
            self.details.show()
        elif self._details is not None:
            self._details.offer_ending(self.row)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.retold.emit()

    def _forget_question(self) -> None:
        """Ask anew about other words; whoever typed some has read the question."""
        self._asked_by_itself, self._asked_about = False, ""
        if self._details is not None:
            self._details.ask_ending(self.row)
            if new := mark_new_ending(self.ending, self.row.endings):
                self._details.proposal.setText(new)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the call by a click anywhere on its card."""
        self.stepped.emit(0)
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Choose the call's school where the keys come by Tab."""
        super().focusInEvent(event)
        if event.reason() in _BY_TAB:
            self._show_site()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to another card or unit; Enter closes an incident that was cleared."""
        key = Qt.Key(event.key())
        if key in CARD_STEP_KEYS:
            self.stepped.emit(CARD_STEP_KEYS[key])
        elif key in _SIDEWAYS:
            self._turn_unit(_SIDEWAYS[key])
        elif key == Qt.Key.Key_Backspace and not event.isAutoRepeat():
            self.back.click()
        elif key == Qt.Key.Key_F2 and not event.isAutoRepeat():
            self._respell()
        elif self.asks_ending and key in _ENTER:
            if not event.isAutoRepeat():
                self._end_by_key()
        else:
            super().keyPressEvent(event)

    def _respell(self) -> None:
        if self.row.meant:
            self.respelled.emit(self.row.incident.uid, self.row.meant)
        else:
            self._desk.notices.show_notice(_NO_RESPELLING)

    def _turn_unit(self, step: int) -> None:
        """Choose the next unit that may be stamped."""
        count = self.unit.count()
        units = self.row.units
        open_at = [at for at in range(count) if units[at].may_be_chosen]
        left = [at for at in open_at if units[at].is_there]
        chosen = self.row.unit(self.unit.currentData())
        if left and chosen is not None and chosen.stamps is not None and not chosen.is_there:
            open_at = left  # one has cleared: those that are still there come first
        if not open_at:
            return
        now = self.unit.currentIndex()
        further = [at for at in open_at if (at > now if step > 0 else at < now)]
        at = (further or open_at)[0 if step > 0 else -1]
        self.unit.setCurrentIndex(at)

    def _lay_out_head(self) -> QGridLayout:
        """Return the first lines: how urgent, what, how long, and where with room for its name."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(0)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.priority, 0, 0, 2, 1, top)
        grid.addWidget(self.title, 0, 1, top)
        grid.addWidget(self.clock, 0, 2, top)
        grid.addWidget(self.place, 1, 1, 1, 2)
        grid.addWidget(self.no_place, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        return grid

    def _show_head(self) -> None:
        """Show what each call of the queue shows; the link is no wider than the card."""
        head, incident = self.head, self.head.incident
        urgent = incident.priority <= LAST_URGENT_PRIORITY and not head.closing
        for part in (self, self.priority):
            set_style_state(part, "urgent", urgent)
        self.setAccessibleName(f"{head.title}, {head.place}, priority {incident.priority}")
        self.setAccessibleDescription(". ".join(filter(None, (head.all_clear, head.summary))))
        self.priority.setText(str(incident.priority))
        self.priority.setAccessibleName(f"Priority {incident.priority}")
        self.title.setText(head.title)
        self.title.setToolTip(escape_tooltip(incident.note))
        self.clock.run(incident.received_at, incident.cleared_at)
        self.summary.setText(head.summary)
        self.all_clear.setText(head.all_clear)
        self.all_clear.setVisible(bool(head.all_clear))
        self.place.setText(head.place)
        self.place.setMinimumWidth(_NARROWEST_PX)
        wide = self.place.fontMetrics().horizontalAdvance(head.place)
        self.place.setMaximumWidth(wide + 2)
        self.place.setToolTip(escape_tooltip(head.place))
        self.no_place.setText(head.place)
        self.place.setVisible(incident.site is not None)
        self.no_place.setVisible(incident.site is None)

    def _show_site(self) -> None:
        self._desk.bridge.select(site=self.head.incident.site)

    def _choose(self) -> None:
        self._chosen = self.unit.currentData()
        self._filled = (self.row, self._chosen)
        self._show_stamps()
        self.chosen.emit(self.row.incident.uid, self._chosen or "")

    def _show_stamps(self) -> None:
        """Open the stamps that the chosen unit has yet to make; the next one stands out."""
        row = self.row.unit(self.unit.currentData())
        cost = row.cost if row else ""
        if row is not None and row.outside:
            cost = explain_outside(self._desk.session, row.unit, self.row.incident.site)
        self.cost.setText(cost)
        self.cost.setVisible(bool(self.cost.text()))
        then = find_next_stamp(row.stamps) if row else None
        for at, name in enumerate(UNIT_STAMP_NAMES):
            button = self.buttons.button(at)
            if not isinstance(button, QPushButton):
                continue
            closes = at == _CLEARED and self.may_close
            button.setEnabled(closes or may_stamp(row, name))
            button.setDefault(self._marked and name == then and not self.asks_ending)
            made = row is not None and row.stamps is not None and getattr(row.stamps, name)
            act = "Close…" if closes else STAMP_ACTS[name]
            if not self.details.closing:  # there it sends one more unit
                button.setText(f"✓ {STAMP_NAMES[name]}" if made else f"{at + 1}  {act}")
        self.back.setVisible(self.asks_ending or (row is not None and row.voidable))

    def _take_back(self) -> None:
        if self.asks_ending and not self.row.closing:
            self._leave_ending()
            return
        unit = self.row.last_cleared if self.row.closing else self.unit.currentData()
        self.taken_back.emit(self.row.incident.uid, unit)

    def _end_by_key(self) -> None:
        """Close the call; a question that came by itself is answered by a second Enter."""
        self._struck = self._held_back = False
        if self._asked_by_itself:
            self._asked_by_itself = False
            self.details.proposal.setText(_ENTER_AGAIN)
        else:
            self._end()

    def _end(self) -> None:
        """Close the call; words by which no call ended of late are asked about once."""
        if mark_new_ending(self.ending, self.row.endings):
            take_named_ending(self.ending)
        text = self.ending.currentText().strip()
        if not text:
            self.details.proposal.setText(_NO_ENDING)
            return
        known = self.ending.findText(text, Qt.MatchFlag.MatchFixedString)
        if known < 0 and text not in (*self.row.endings, self._asked_about):
            self._asked_about = text
            asked = ask_about_ending(self.ending, text)
            self.details.proposal.setText(f"{asked} Enter logs “{text}”; Esc goes back.")
        else:
            said = self.ending.itemText(known) if known >= 0 else text
            self.ended.emit(self.row.incident.uid, said, self._closed_at)
