"""The log's console: new incidents, visits, and the board of the incidents that are open."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QVBoxLayout, QWidget

from zoneplanner.app.log.call_words import split_priority
from zoneplanner.app.log.corrections import correct_record
from zoneplanner.app.log.dispatch import list_units_to_clear
from zoneplanner.app.log.stamps import (
    STAMP_NAMES,
    log_clears_now,
    log_disposition,
    log_stamp_now,
    void_last_stamp,
)
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.messages import join_names
from zoneplanner.ui.log.console.call_details import CallDetailsPool
from zoneplanner.ui.log.console.dispatch_desk import DispatchDesk
from zoneplanner.ui.log.console.incident_card import CARD_STEP_KEYS, IncidentCard, StampTimeDialog
from zoneplanner.ui.log.console.incident_rows import (
    UNIT_STAMP_NAMES,
    IncidentHead,
    IncidentRow,
    build_incident_heads,
    build_incident_row,
    explain_outside,
)
from zoneplanner.ui.log.console.new_incident_form import NewIncidentForm
from zoneplanner.ui.log.response_actions.actions_board import ResponseActionsBoard
from zoneplanner.ui.log.response_actions.response_action_rows import may_change_actions
from zoneplanner.ui.widgets.inputs.accidental_input import DoubleClickFilter, accepts_text
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    LazyPanel,
    find_scroll_area,
    hold_layout,
    make_column_layout,
    make_muted_label,
    make_section_label,
    settle_scroll_area,
    show_in_scroll_area,
)
from zoneplanner.ui.widgets.services.notices import PENDING_WAIT_S, PendingEntry
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_DIGITS = 9
_NONE = "No open incidents. An incident stays here until its last unit clears."
_NONE_OPEN = "No incident is open. J logs a new one."
_CHOOSE = (
    "The highlighted incident is closed. Press Down or Up to highlight the one that 1–4 stamp."
)


class ConsolePanel(LazyPanel):
    """Logs new incidents, and stamps the open ones; their clocks run while they are seen."""

    def __init__(
        self,
        desk: UiContext,
        records: RecordActions,
        dispatch: DispatchDesk,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._records, self.dispatch = desk, records, dispatch
        self._live = dispatch.calls
        self._chosen: dict[str, str] = {}
        self.cards: dict[str, IncidentCard] = {}
        self._before: list[IncidentCard] = []
        self._gone: list[IncidentCard] = []
        self.marked = ""
        self._closed_here = False
        self._counts_by: tuple[PendingEntry | None, int] = (None, 0)
        self._came: frozenset[str] = frozenset()
        self._read_last: tuple[object, ...] = ()
        self._heads: Sequence[IncidentHead] = ()
        self._head_facts: tuple[object, ...] = ()
        self._once = DoubleClickFilter(self)
        self._pool = CallDetailsPool(desk.session.rewrite, self, self._guard)
        self.title = make_section_label("New incident")
        self.new = NewIncidentForm(desk)
        self.new.logged.connect(self._show_logged)
        self.new.left.connect(self._fold_form)
        self.head = self._frame_form()
        self.count = make_section_label("Open incidents")
        self.target = make_section_label("")
        self.target.setObjectName("target")
        self.target.setAccessibleName("What the number keys apply to")
        self.target.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, 0)
        self.open = QVBoxLayout()
        self.open.setSpacing(SPACING_PX)
        self.none = make_muted_label(_NONE)
        self.response = ResponseActionsBoard(desk, records)
        self.foot = QWidget()  # below all that scrolls: what the digits act on stays in sight
        make_column_layout(
            self.foot, self._frame_aside(), self.target, self.response.foot, margin_px=0
        )
        self.writing = (self.title, self.new, self.target)
        self._denied = desk.session.explain_denied_log()
        parts = (
            *(
                self.count,
                self.none,
                self.open,
                SPACING_PX,
            ),
            *(self.response, SPACING_PX, make_section_label("Log")),
        )
        rows = make_column_layout(self, *parts)
        for name in ("call_sheet", "log_visit", "log_incident", "not_visited"):
            rows.addWidget(ActionButton(desk.actions[name]), 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch(1)
        dispatch.ticked.connect(self.tick)
        dispatch.sent.connect(self.send)
        dispatch.called_up.connect(self.show_incident)
        self.refresh_on(dispatch.changed)
        desk.bridge.logged.connect(self._follow_entries)
        for number in range(1, _DIGITS + 1):
            key = QShortcut(QKeySequence(str(number)), self)
            key.setAutoRepeat(False)
            key.activated.connect(partial(self.press, number))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow_focus)

    def sizeHint(self) -> QSize:
        """Return the least size: Qt's own hint measures all cards, and its layout asks it often."""
        return self.minimumSizeHint()

    def press(self, number: int) -> None:
        """Stamp the marked incident by a digit; what a digit cannot do now is said.

        While a card has the keys it is stamped at once, from anywhere else once the bar has
        counted; the time is that of the key.
        """
        if self._denied:
            self._desk.notices.show_notice(self._denied)
            return
        card = self.cards.get(self.marked)
        name = UNIT_STAMP_NAMES[min(number, len(UNIT_STAMP_NAMES)) - 1]
        if self._desk.pending.counting and self._counts_by == (self._desk.pending.entry, number):
            return  # the same key struck twice: it goes on counting
        self._desk.pending.write_now()
        if card is None:
            self._say_none()
        elif not card.may_stamp(number - 1):
            self._desk.notices.show_notice(card.explain_no_stamp(number, name))
        elif self._held() or card.head.age or (card.may_close and name == UNIT_STAMP_NAMES[-1]):
            card.stamp(number - 1)
        else:
            self._prepare(card, card.unit.currentData(), name, number)

    def _prepare(self, card: IncidentCard, unit: str, name: str, digit: int = 0) -> None:
        """Count before a stamp is kept that was asked for away from its card, by a digit or not."""
        session, uid = self._desk.session, card.head.incident.uid
        self._chosen[uid] = unit
        at, local = session.clock(), ZoneInfo(session.project.time_zone)
        where = f"{card.head.title}{card.head.where}"
        clock = session.formats.clock(at.astimezone(local))
        row = card.row.unit(unit)
        outside = f". {unit} does not serve there" if row is not None and row.outside else ""
        text = f"{unit} {STAMP_NAMES[name].lower()} {clock}: {where}{outside}"

        def write() -> None:
            log_stamp_now(self._live, session, uid, unit, name, at=at)
            QTimer.singleShot(0, self, partial(self._ask_ending, uid))

        self._desk.count_down_entry(("stamp", uid, unit, name), text, write, icon="incident")
        self._counts_by = (self._desk.pending.entry, digit)

    def _ask_ending(self, uid: str) -> None:
        """Give a call that asks how it ended the keys, unless something is typed elsewhere."""
        card = self.cards.get(uid)
        if card is not None and card.asks_ending and not accepts_text(QApplication.focusWidget()):
            self._select_school(card)
            card.ask_ending()
            show_in_scroll_area(card)

    def send(self, unit: str, digit: int = 0) -> None:
        """Send a unit to the marked call once the bar has counted; its card has the keys then."""
        card = self.cards.get(self.marked)
        if card is None:
            self._say_none()
            return
        self._choose_call(card)
        name = UNIT_STAMP_NAMES[0]
        if card.head.age or card.row.unit(unit) is None:  # asks when, or says why not
            self.stamp(self.marked, unit, name)
        elif (row := card.row.unit(unit)) is not None and row.outside:
            self._ask_about_outside(card, unit, partial(self._prepare, card, unit, name, digit))
        else:
            self._prepare(card, unit, name, digit)

    def _ask_about_outside(self, card: IncidentCard, unit: str, send: Callable[[], object]) -> None:
        """Ask before a unit is sent by its cell to where it does not serve; its card says so."""
        where = f"{card.head.title}{card.head.where}"
        text = f"{unit} does not serve there. Log it as dispatched to {where}?"
        more = explain_outside(self._desk.session, unit, card.head.incident.site)
        question = LeaveQuestion(self.window(), "Does not serve there", text, more, stay="Cancel")
        yes = question.addButton(f"Dispatch {unit}", LeaveQuestion.ButtonRole.AcceptRole)
        yes.clicked.connect(lambda _=False: send())
        question.open()

    def _say_none(self) -> None:
        text = _CHOOSE if self.cards else _NONE_OPEN
        self._desk.notices.show_notice(text)

    def focus_board(self) -> None:
        """Take the keys to the marked incident."""
        if not self.cards:
            self._say_none()
            return
        self._choose_call(self.cards.get(self.marked) or next(iter(self.cards.values())))

    def step(self, step: int) -> None:
        """Choose the next incident, or the one before it."""
        uids = list(self.cards)
        at = uids.index(self.marked) + step if self.marked in uids else 0
        self._choose_call(self.cards[uids[max(0, min(at, len(uids) - 1))]])

    def _frame_form(self) -> QWidget:
        """Return the form above all that scrolls: the next call is typed there at any time."""
        framed = QWidget()
        rows = make_column_layout(framed, self.title, self.new)
        rows.setContentsMargins(PANEL_MARGIN_PX, PANEL_MARGIN_PX, PANEL_MARGIN_PX, 0)
        return framed

    def _frame_aside(self) -> QWidget:
        """Return the calls set aside, within the margins of what stands below the queue."""
        framed = QWidget()
        rows = make_column_layout(framed, self.new.aside, margin_px=0)
        rows.setContentsMargins(PANEL_MARGIN_PX, 0, PANEL_MARGIN_PX, 0)
        return framed

    def start(self) -> None:
        """Take the keys for a new incident."""
        self.new.start()

    def _is_form_used(self) -> bool:
        at = self.window().focusWidget()
        return at is not None and self.new.isAncestorOf(at)

    def _fold_form(self) -> None:
        """Leave the room to the queue while nobody types; under the pointer nothing moves."""
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._set_folded(folded=bool(self.cards))

    def _set_folded(self, *, folded: bool) -> None:
        """Fold the form or show all of it, and give the queue its room before it scrolls."""
        if not self.new.set_folded(folded=folded):
            return
        held: QWidget | None = self.new
        while held is not None and held is not self.window():
            if (layout := held.layout()) is not None:
                layout.activate()
            held = held.parentWidget()

    def show_incident(self, uid: str, unit: str = "") -> None:
        """Show where an open incident is, and give its card the keys that stamp it, or a unit."""
        card = self.cards.get(uid)
        if card is not None:
            self._choose_call(card)
            if unit and not card.asks_ending:
                card.unit.setCurrentIndex(card.unit.findData(unit))
            if unit:
                where = f"“{card.head.title}”{card.head.where}"
                self._desk.notices.show_notice(f"{unit} is on {where}, which is now selected.")

    def _show_logged(self, uid: str) -> None:
        """Give the card of a call that was just logged the keys; nobody chose its school for it."""
        card = self.cards.get(uid)
        if card is not None:
            site = card.head.incident.site
            self._desk.bridge.select(site=site, on_purpose=False)
            self._take_keys(card)

    def show_call_of_action(self, uid: str) -> None:
        """Lead to the call of an action; one that is typed in makes room, with a line below."""
        self.new.make_room()
        self.dispatch.called_up.emit(uid, "")
        if (card := self.cards.get(uid)) is not None:  # once that line has taken its room
            QTimer.singleShot(0, card, partial(show_in_scroll_area, card))

    def ask_to_close(self, uid: str) -> None:
        """Lead to the call of an action that ended; without a unit, ask how it ended."""
        self.show_call_of_action(uid)
        card = self.cards.get(uid)
        if card is not None and card.may_close and not card.row.age:
            card.stamp(len(UNIT_STAMP_NAMES) - 1)

    def stamp(self, uid: str, unit: str, name: str) -> None:
        """Put the present moment on an incident for a unit."""
        self._chosen[uid] = unit
        self.marked = uid
        card = self.cards.get(uid)
        if card is not None and card.head.age:

            def write(at: datetime) -> None:
                log_stamp_now(self._live, self._desk.session, uid, unit, name, at=at)

            StampTimeDialog(
                self._desk, card.row, unit, name, write=write, parent=self.window()
            ).ask()
            return
        row = card.row.unit(unit) if card is not None else None
        if card is not None and row is not None and row.outside:
            self._prepare(card, unit, name)
            return
        self._desk.attempt(partial(log_stamp_now, self._live, self._desk.session, uid, unit, name))

    def clear_all(self, uid: str) -> None:
        """Clear all units that are still on an incident; of an old one it is asked when."""
        self.marked = uid
        clear = partial(log_clears_now, self._live, self._desk.session, uid)
        card = self.cards.get(uid)
        if card is not None and card.head.age:
            units = join_names(one.unit for one in list_units_to_clear(card.head.incident))
            StampTimeDialog(
                self._desk,
                card.row,
                units,
                UNIT_STAMP_NAMES[-1],
                write=lambda at: clear(at=at),
                parent=self.window(),
            ).ask()
        else:
            self._desk.attempt(clear)

    def take_back(self, uid: str, unit: str) -> None:
        """Void the last stamp of a unit on an incident."""
        self._chosen[uid] = unit
        self._desk.attempt(partial(void_last_stamp, self._live, self._desk.session, uid, unit))

    def end(self, uid: str, disposition: str, closed_at: datetime | None) -> None:
        """Keep how an incident ended, which takes it off the board."""
        self._closed_here = uid == self.marked
        end = partial(log_disposition, self._live, self._desk.session, uid, disposition)
        self._desk.attempt(partial(end, cleared_at=closed_at))

    def respell(self, uid: str, meant: str) -> None:
        """Correct the type of an incident, and the priority that stood in its words."""
        words, priority = split_priority(meant)
        session, touched = self._desk.session, {"type": words}
        if priority is not None:
            touched["priority"] = str(priority)
        self._desk.attempt(partial(correct_record, session, "incident", uid, touched))

    def choose(self, uid: str, unit: str) -> None:
        """Keep the unit that is chosen to be stamped, also while others log."""
        self._chosen[uid] = unit
        self._mark(uid)

    def tick(self, now: datetime) -> None:
        """Let the clocks go on; those out of sight cost nothing."""
        for card in self.cards.values():
            card.clock.update()
        self.response.tick(now)

    def refresh(self) -> None:
        """Read the open incidents anew; cards show what is new of their calls in place."""
        session, dispatch = self._desk.session, self.dispatch
        incidents, say = dispatch.incidents, session.project.terms.name_incidents
        later, minute = dispatch.late_stamps, session.clock().replace(second=0, microsecond=0)
        all_clears = dispatch.all_clears
        read = (incidents, dispatch.state, dispatch.out, later, minute, all_clears)
        if read == self._read_last:  # a visit of a unit that stays free is nothing to the queue
            return
        self._read_last = read
        self.new.set_state(dispatch.state, incidents, dispatch.out)
        held = self._held()
        facts = (session.project, session.formats, later, minute, all_clears)
        known = self._heads if facts == self._head_facts else ()
        rows = build_incident_heads(session, incidents, later, known=known, all_clears=all_clears)
        self._head_facts = facts
        marked = self._still_marked(rows)
        for row in rows:
            if row.closing:  # the next one there is chosen, no longer the one that has cleared
                self._chosen.pop(row.incident.uid, None)
        before = self.cards.get(self.marked)
        seen = before is not None and self._is_worked_on(before)
        stood_at = before.head.incident.site if before is not None else None
        follows = self._closed_here or self._desk.bridge.selection.site == stood_at
        make = partial(
            build_incident_row,
            session,
            dispatch.state,
            incidents,
            later=later,
            out=dispatch.out,
            used=self._desk.calls.used_types,
        )
        with hold_layout(self):
            self._put_cards(rows, make)
        self.none.setVisible(not rows)
        self.title.setText(say("New incident"))
        self.none.setText(say(_NONE))
        self.count.setText(say("Open incidents") + (f" ({len(rows)})" if rows else ""))
        if not self._is_form_used():
            self._fold_form()
        seen, self._closed_here = seen or self._closed_here, False
        self._mark(marked)
        if self._before:
            self._delete_gone()
        chosen = self.cards.get(marked)
        if follows and stood_at and chosen is not None:  # no school by itself but for its own call
            self._select_school(chosen if chosen is before else None)
        self._desk.clock.renew()
        moved, self._heads = rows != self._heads, rows
        if seen and chosen is not None and (chosen is before or before not in self.cards.values()):
            show_in_scroll_area(chosen)
        elif moved:  # before it is drawn, or Qt draws the queue as it was once more
            settle_scroll_area(chosen or self)
        if held in self.cards and self.cards[held].lacks_keys():
            self._take_keys(self.cards[held])

    def _is_worked_on(self, card: IncidentCard) -> bool:
        """Tell whether a card has the keys or its beginning is in sight while no form is typed in.

        What others log pushes it down; it is what digits act on and stays in sight.
        """
        if self._held() == card.head.incident.uid:
            return True
        area = find_scroll_area(card)
        if area is None or self._is_form_used():
            return False
        return area.viewport().rect().contains(card.mapTo(area.viewport(), QPoint(0, 0)))

    def _put_cards(
        self, heads: Sequence[IncidentHead], make: Callable[[IncidentHead], IncidentRow]
    ) -> None:
        """Show a card a call in their order; those that were there keep their widgets."""
        before = self.cards
        self.cards = {}
        for place, head in enumerate(heads):
            uid = head.incident.uid
            card, make_row = before.get(uid), partial(make, head)
            if card is None:
                card = self._card(head, make_row)
            else:
                card.put(head, make_row, self._chosen.get(uid))
            if self.open.indexOf(card) != place:
                self.open.insertWidget(place, card)
                card.show()
            self.cards[uid] = card
        self._came = frozenset(self.cards.keys() - before.keys())
        self._before = [card for uid, card in before.items() if uid not in self.cards]
        if self._held() not in ("", *self.cards):  # or Qt hands the keys to a part of the next one
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        for card in self._before:  # one may be in the middle of the key that led here
            card.drop_details()
            self.open.removeWidget(card)
            card.hide()

    def _delete_gone(self) -> None:
        """Delete the cards that went before these: what they lent has a place by now.

        To give the lent part a place in between would take 3 ms of the key that closes a call.
        """
        for card in self._gone:
            self._pool.outlive(card)
            card.deleteLater()
        self._gone = self._before

    def showEvent(self, event: QShowEvent) -> None:
        """Let the clocks run."""
        super().showEvent(event)
        self.dispatch.watch(self, seen=True)
        self._desk.clock.renew()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to a card by Up and Down also where the one that had the keys is gone."""
        key = Qt.Key(event.key())
        if key in CARD_STEP_KEYS and self.cards:
            self.step(CARD_STEP_KEYS[key])
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the clocks that nobody sees."""
        self.dispatch.watch(self, seen=False)
        super().hideEvent(event)

    def _follow_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        if may_change_actions(entries, running=bool(self.response.cards)):
            self.response.mark_stale()
        if self.isVisible() and self._came and not accepts_text(QApplication.focusWidget()):
            self._return_to_reopened(entries)

    def _return_to_reopened(self, entries: tuple[JournalEntry, ...]) -> None:
        """Choose a call that this desk just opened again; it has the keys behind the question."""
        session = self._desk.session
        own = (one for one in entries if one.supersedes and session.is_own_entry(one.uid))
        uids = (session.store.record(one.uid)[0].uid for one in own)
        for card in [self.cards[uid] for uid in uids if uid in self._came][:1]:
            self._select_school(card)
            self._mark(card.head.incident.uid)
            QTimer.singleShot(0, card, partial(self._ask_again, card))

    def _held(self) -> str:
        """Return the uid of the incident whose card has the focus, or nothing.

        A dialog over the window borrows it; the card has it again once the dialog is closed.
        """
        at: QWidget | None = self.window().focusWidget()
        while at is not None and not isinstance(at, IncidentCard):
            at = at.parentWidget()
        return at.head.incident.uid if at is not None else ""

    def _follow_focus(self, *_: object) -> None:
        """The card that has the keys is the one that the digits act on."""
        if self._is_form_used():
            self._set_folded(folded=False)
        held = self._held()
        if held in self.cards and held != self.marked:
            self._select_school(self.cards[held], on_purpose=True)
            self._mark(held)
        self._tell_target()

    def _still_marked(self, rows: Sequence[IncidentHead]) -> str:
        """Return the uid that stays marked; a new lockdown is marked unless a card has the keys.

        Where another desk closed the marked one, none is: the digits never pass on by themselves.
        """
        uids, held = [row.incident.uid for row in rows], self._held()
        new = [
            row.incident.uid for row in rows if row.lockdown and row.incident.uid not in self.cards
        ]
        if held in uids:
            return held
        if new:
            return new[0]
        if self.marked in uids:
            return self.marked
        gone = self.marked in self.cards and not self._closed_here
        return uids[0] if uids and not gone else ""

    def _mark(self, uid: str) -> None:
        """Show on which incident the digits act, by name."""
        self.marked = uid
        chosen = self.cards.get(uid) if not self._denied else None
        with hold_layout(self):
            for card in self.cards.values():
                if card is not chosen:  # first of all: what only the chosen one shows is then free
                    card.mark(marked=False)
            if chosen is not None:
                chosen.mark(marked=True)
        self._tell_target()
        self.target.setVisible(bool(self.cards))
        self.dispatch.choose(uid)

    def _tell_target(self) -> None:
        """Say what the digits act on; at once while the card has the keys, else the bar counts."""
        card = self.cards.get(self.marked)
        when = " at once" if self._held() else f" after {PENDING_WAIT_S} s"
        self.target.setText(card.describe_target(when) if card is not None else _CHOOSE)

    def _card(self, head: IncidentHead, make_row: Callable[[], IncidentRow]) -> IncidentCard:
        chosen = self._chosen.get(head.incident.uid)
        card = IncidentCard(self._desk, head, make_row, chosen, self._records, pool=self._pool)
        card.stamped.connect(self.stamp)
        card.chosen.connect(self.choose)
        card.cleared_all.connect(self.clear_all)
        card.taken_back.connect(self.take_back)
        card.ended.connect(self.end)
        card.respelled.connect(self.respell)
        card.stepped.connect(self.step)
        card.retold.connect(self._tell_target)
        self._once.watch(card)
        return card

    def _guard(self, part: QWidget) -> None:
        """Take a double click on one of the buttons of a part for one click."""
        for button in part.findChildren(QAbstractButton):
            self._once.watch(button)

    def _choose_call(self, card: IncidentCard) -> None:
        """Choose a call and its school, which all forms offer from then on."""
        self._select_school(card, on_purpose=True)
        self._take_keys(card)

    def _select_school(self, card: IncidentCard | None, *, on_purpose: bool = False) -> None:
        """Select the school of a call; one that is selected already stays as it was selected."""
        site, bridge = card.head.incident.site if card is not None else None, self._desk.bridge
        if bridge.selection.site != site or bridge.selection.zone:
            bridge.select(site=site, on_purpose=on_purpose)

    def _ask_again(self, card: IncidentCard) -> None:
        """Give a card the keys that asks how its call ended, without an answer filled in.

        The Enter that took its closing back may be struck twice.
        """
        self._take_keys(card)
        if card.asks_ending:
            card.ending.setCurrentIndex(-1)

    def _take_keys(self, card: IncidentCard) -> None:
        """Give a card the keys and scroll to it, before the queue is laid out and drawn twice."""
        card.take_focus()
        self._fold_form()
        show_in_scroll_area(card)
