"""The console of Log: the quick entry, the queue of open incidents, and response actions."""

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
from zoneplanner.messages import Message, join_names
from zoneplanner.ui.log.console.call_details import CallDetailsPool
from zoneplanner.ui.log.console.dispatch_desk import DispatchDesk
from zoneplanner.ui.log.console.incident_card import CARD_STEP_KEYS, IncidentCard, StampTimeDialog
from zoneplanner.ui.log.console.incident_rows import (
    UNIT_STAMP_NAMES,
    IncidentRow,
    IncidentSummary,
    build_incident_row,
    build_incident_summaries,
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
from zoneplanner.ui.widgets.services.notices import PendingEntry
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_DIGITS = 9
_EMPTY_QUEUE = "No open incidents. An incident stays here until its last unit clears."
_NO_INCIDENT, _NO_HIGHLIGHT = Message("target.no_call"), Message("target.no_highlight")


class ConsolePanel(LazyPanel):
    """Logs new incidents and stamps the open ones; their clocks run while it is visible."""

    def __init__(self, desk: UiContext, records: RecordActions, dispatch: DispatchDesk) -> None:
        super().__init__()
        self._desk, self._records, self.dispatch = desk, records, dispatch
        self._live = dispatch.calls
        self._selected_units: dict[str, str] = {}
        self.cards: dict[str, IncidentCard] = {}
        self._hidden_cards: list[IncidentCard] = []
        self._cards_to_delete: list[IncidentCard] = []
        self.highlighted = ""
        self._is_closing_highlighted = False
        self._pending_key: tuple[PendingEntry | None, int] = (None, 0)
        self._new_uids: frozenset[str] = frozenset()
        self._last_inputs: tuple[object, ...] = ()
        self._summaries: Sequence[IncidentSummary] = ()
        self._summary_inputs: tuple[object, ...] = ()
        self._double_clicks = DoubleClickFilter(self)
        self._pool = CallDetailsPool(desk.session.rewrite, self, self._ignore_double_clicks)
        self.title = make_section_label("New incident")
        self.new = NewIncidentForm(desk)
        self.new.logged.connect(self._show_logged)
        self.new.left.connect(self._fold_form)
        margin = PANEL_MARGIN_PX
        self.head = _frame(self.title, self.new, margins=(margin, margin, margin, 0))
        self.count = make_section_label("Open incidents")
        self.target = make_section_label("")
        self.target.setObjectName("target")
        self.target.setAccessibleName("What the number keys apply to")
        self.target.setContentsMargins(margin, SPACING_PX, margin, 0)
        self.open = QVBoxLayout()
        self.open.setSpacing(SPACING_PX)
        self.none = make_muted_label(_EMPTY_QUEUE)
        self.response = ResponseActionsBoard(desk, records)
        self.foot = _frame(  # below the scroll area, so that the target stays in sight
            _frame(self.new.drafts_list, margins=(margin, 0, margin, 0)),
            self.target,
            self.response.foot,
        )
        self.writing = (self.title, self.new, self.target)
        self._denied = desk.session.explain_denied_log()
        queue = (self.count, self.none, self.open, SPACING_PX)
        rows = make_column_layout(
            self, *queue, self.response, SPACING_PX, make_section_label("Log")
        )
        for name in ("call_sheet", "log_visit", "log_incident", "not_visited"):
            rows.addWidget(ActionButton(desk.actions[name]), 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch(1)
        dispatch.ticked.connect(self.tick)
        dispatch.send_requested.connect(self.send)
        dispatch.show_requested.connect(self.show_incident)
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
        """Return the minimum size: Qt's own hint measures all cards, and layouts ask often."""
        return self.minimumSizeHint()

    def press(self, number: int) -> None:
        """Stamp the highlighted incident by a number key, or say why the key has no effect.

        The stamp is made at once if a card has the focus, otherwise after a countdown; its time
        is always the time of the key press.
        """
        if self._denied:
            self._desk.notices.show_notice(self._denied)
            return
        card = self.cards.get(self.highlighted)
        name = UNIT_STAMP_NAMES[min(number, len(UNIT_STAMP_NAMES)) - 1]
        if self._desk.pending.counting and self._pending_key == (self._desk.pending.entry, number):
            return  # the same key struck twice: the countdown goes on
        self._desk.pending.write_now()
        if card is None:
            self._explain_no_target()
        elif not card.may_stamp(number - 1):
            self._desk.notices.show_notice(card.explain_no_stamp(number, name))
        elif (
            self._find_focused_uid()
            or card.summary.age
            or (card.may_close and name == UNIT_STAMP_NAMES[-1])
        ):
            card.stamp(number - 1)
        else:
            self._count_down_stamp(card, card.details.unit.currentData(), name, number)

    def _count_down_stamp(self, card: IncidentCard, unit: str, name: str, digit: int = 0) -> None:
        """Log a stamp after a countdown; ``digit`` is the key that asked for it, 0 if none did."""
        session, uid = self._desk.session, card.summary.incident.uid
        self._selected_units[uid] = unit
        at, local = session.clock(), ZoneInfo(session.project.time_zone)
        clock = session.formats.clock(at.astimezone(local))
        row = card.row.unit(unit)
        code = "pending_stamp.outside" if row is not None and row.outside else "pending_stamp"
        stamp, call = STAMP_NAMES[name].lower(), card.summary.name
        text = Message(code, unit=unit, stamp=stamp, at=clock, call=call)

        def write() -> None:
            log_stamp_now(self._live, session, uid, unit, name, at=at)
            QTimer.singleShot(0, self, partial(self._ask_ending, uid))

        self._desk.count_down_entry(("stamp", uid, unit, name), text, write, icon="incident")
        self._pending_key = (self._desk.pending.entry, digit)

    def _ask_ending(self, uid: str) -> None:
        """Focus a call that asks how it ended, unless a person is typing elsewhere."""
        card = self.cards.get(uid)
        if card is not None and card.asks_ending and not accepts_text(QApplication.focusWidget()):
            self._select_school(card)
            card.ask_ending()
            show_in_scroll_area(card)

    def send(self, unit: str, digit: int = 0) -> None:
        """Send a unit to the highlighted call after a countdown, and focus the call's card."""
        card = self.cards.get(self.highlighted)
        if card is None:
            self._explain_no_target()
            return
        self._choose_call(card)
        name, row = UNIT_STAMP_NAMES[0], card.row.unit(unit)
        if card.summary.age or row is None:  # asks when it was sent, or says why it may not be
            self.stamp(self.highlighted, unit, name)
        elif row.outside:
            send = partial(self._count_down_stamp, card, unit, name, digit)
            self._ask_about_outside(card, unit, send)
        else:
            self._count_down_stamp(card, unit, name, digit)

    def _ask_about_outside(self, card: IncidentCard, unit: str, send: Callable[[], object]) -> None:
        """Ask before sending a unit from the unit strip to a place where it does not serve."""
        text = str(Message("dispatch_outside", unit=unit, call=card.summary.name))
        more = explain_outside(self._desk.session, unit, card.summary.incident.site)
        question = LeaveQuestion(self.window(), "Does not serve there", text, more, stay="Cancel")
        yes = question.addButton(f"Dispatch {unit}", LeaveQuestion.ButtonRole.AcceptRole)
        yes.clicked.connect(lambda _=False: send())
        question.open()

    def _explain_no_target(self) -> None:
        self._desk.notices.show_notice(_NO_HIGHLIGHT if self.cards else _NO_INCIDENT)

    def focus_board(self) -> None:
        """Focus the highlighted incident."""
        if not self.cards:
            self._explain_no_target()
            return
        self._choose_call(self.cards.get(self.highlighted) or next(iter(self.cards.values())))

    def step(self, step: int) -> None:
        """Move to the next incident (1), the previous one (-1), or stay (0)."""
        uids = list(self.cards)
        index = uids.index(self.highlighted) + step if self.highlighted in uids else 0
        self._choose_call(self.cards[uids[max(0, min(index, len(uids) - 1))]])

    def start(self) -> None:
        """Start a new incident in the quick entry."""
        self.new.start()

    def _is_form_focused(self) -> bool:
        focused = self.window().focusWidget()
        return focused is not None and self.new.isAncestorOf(focused)

    def _fold_form(self) -> None:
        """Fold the form if there are calls, but move nothing while a mouse button is down."""
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._set_folded(folded=bool(self.cards))

    def _set_folded(self, *, folded: bool) -> None:
        """Fold or unfold the form, and resize the queue before it scrolls."""
        if not self.new.set_folded(folded=folded):
            return
        widget: QWidget | None = self.new
        while widget is not None and widget is not self.window():
            if (layout := widget.layout()) is not None:
                layout.activate()
            widget = widget.parentWidget()

    def show_incident(self, uid: str, unit: str = "") -> None:
        """Focus the card of an open incident and, if given, select a unit on it."""
        card = self.cards.get(uid)
        if card is not None:
            self._choose_call(card)
            if unit and not card.asks_ending:
                card.details.unit.setCurrentIndex(card.details.unit.findData(unit))
            if unit:
                on_call = Message("unit_on_highlighted_call", unit=unit, call=card.summary.name)
                self._desk.notices.show_notice(on_call)

    def _show_logged(self, uid: str) -> None:
        """Focus the card of a call that was just logged; its school is not selected on purpose."""
        card = self.cards.get(uid)
        if card is not None:
            site = card.summary.incident.site
            self._desk.bridge.select(site=site, on_purpose=False)
            self._focus_card(card)

    def show_call_of_action(self, uid: str) -> None:
        """Show the call of a response action; a call being typed is set aside."""
        self.new.make_room()
        self.dispatch.show_requested.emit(uid, "")
        if (card := self.cards.get(uid)) is not None:  # after the line of the set-aside call
            QTimer.singleShot(0, card, partial(show_in_scroll_area, card))

    def ask_to_close(self, uid: str) -> None:
        """Show the call of an action that ended and, if no unit was sent, ask how it ended."""
        self.show_call_of_action(uid)
        card = self.cards.get(uid)
        if card is not None and card.may_close and not card.summary.age:
            card.stamp(len(UNIT_STAMP_NAMES) - 1)

    def stamp(self, uid: str, unit: str, name: str) -> None:
        """Stamp a unit on an incident now; ask for the time if the incident is old."""
        self._selected_units[uid] = unit
        self.highlighted = uid
        card = self.cards.get(uid)
        log = partial(log_stamp_now, self._live, self._desk.session, uid, unit, name)
        row = card.row.unit(unit) if card is not None else None
        if card is not None and card.summary.age:
            self._ask_stamp_time(card, unit, name, lambda at: log(at=at))
        elif card is not None and row is not None and row.outside:
            self._count_down_stamp(card, unit, name)
        else:
            self._desk.attempt(log)

    def clear_all(self, uid: str) -> None:
        """Clear all units still on an incident now; ask for the time if the incident is old."""
        self.highlighted = uid
        clear = partial(log_clears_now, self._live, self._desk.session, uid)
        card = self.cards.get(uid)
        if card is not None and card.summary.age:
            left = list_units_to_clear(card.summary.incident)
            units = join_names(stamps.unit for stamps in left)
            self._ask_stamp_time(card, units, UNIT_STAMP_NAMES[-1], lambda at: clear(at=at))
        else:
            self._desk.attempt(clear)

    def _ask_stamp_time(
        self, card: IncidentCard, units: str, name: str, write: Callable[[datetime], object]
    ) -> None:
        StampTimeDialog(
            self._desk, card.summary, units, name, write=write, parent=self.window()
        ).ask()

    def take_back(self, uid: str, unit: str) -> None:
        """Void the last stamp of a unit on an incident."""
        self._selected_units[uid] = unit
        self._desk.attempt(partial(void_last_stamp, self._live, self._desk.session, uid, unit))

    def end(self, uid: str, disposition: str, closed_at: datetime | None) -> None:
        """Log how an incident ended, which removes it from the queue."""
        self._is_closing_highlighted = uid == self.highlighted
        end = partial(log_disposition, self._live, self._desk.session, uid, disposition)
        self._desk.attempt(partial(end, cleared_at=closed_at))

    def correct_type(self, uid: str, suggestion: str) -> None:
        """Correct the type of an incident, and its priority if the suggestion includes one."""
        words, priority = split_priority(suggestion)
        columns = {"type": words}
        if priority is not None:
            columns["priority"] = str(priority)
        session = self._desk.session
        self._desk.attempt(partial(correct_record, session, "incident", uid, columns))

    def select_unit(self, uid: str, unit: str) -> None:
        """Remember the unit selected on an incident, so that it survives a refresh."""
        self._selected_units[uid] = unit
        self._highlight(uid)

    def tick(self, now: datetime) -> None:
        """Repaint the clocks; Qt skips those out of sight."""
        for card in self.cards.values():
            card.clock.update()
        self.response.tick(now)

    def refresh(self) -> None:
        """Show the open incidents as they are now; existing cards are updated in place."""
        session, dispatch = self._desk.session, self.dispatch
        incidents, say = dispatch.incidents, session.project.terms.name_incidents
        late, minute = dispatch.late_stamps, session.clock().replace(second=0, microsecond=0)
        all_clears = dispatch.all_clears
        inputs = (incidents, dispatch.state, dispatch.out, late, minute, all_clears)
        if inputs == self._last_inputs:  # such as after the visit of a unit that stays free
            return
        self._last_inputs = inputs
        self.new.set_state(dispatch.state, incidents, dispatch.out)
        focused = self._find_focused_uid()
        summary_inputs = (session.project, session.formats, late, minute, all_clears)
        known = self._summaries if summary_inputs == self._summary_inputs else ()
        summaries = build_incident_summaries(
            session, incidents, late, known=known, all_clears=all_clears
        )
        self._summary_inputs = summary_inputs
        to_highlight = self._find_uid_to_highlight(summaries)
        for summary in summaries:
            if summary.closing:  # do not go on selecting the unit that has cleared
                self._selected_units.pop(summary.incident.uid, None)
        before = self.cards.get(self.highlighted)
        in_use = before is not None and self._is_in_use(before)
        site_before = before.summary.incident.site if before is not None else None
        selection_follows = (
            self._is_closing_highlighted or self._desk.bridge.selection.site == site_before
        )
        make_row = partial(
            build_incident_row,
            session,
            dispatch.state,
            incidents,
            late_stamps=late,
            out=dispatch.out,
            used_types=self._desk.calls.used_types,
        )
        with hold_layout(self):
            self._update_cards(summaries, make_row)
        self.none.setVisible(not summaries)
        self.title.setText(say("New incident"))
        self.none.setText(say(_EMPTY_QUEUE))
        self.count.setText(say("Open incidents") + (f" ({len(summaries)})" if summaries else ""))
        if not self._is_form_focused():
            self._fold_form()
        in_use, self._is_closing_highlighted = in_use or self._is_closing_highlighted, False
        self._highlight(to_highlight)
        if self._hidden_cards:
            self._delete_old_cards()
        card = self.cards.get(to_highlight)
        if selection_follows and site_before and card is not None:
            self._select_school(card if card is before else None)
        self._desk.clock.renew()
        changed, self._summaries = summaries != self._summaries, summaries
        if in_use and card is not None and (card is before or before not in self.cards.values()):
            show_in_scroll_area(card)
        elif changed:  # before the next paint, or Qt paints the old queue once more
            settle_scroll_area(card or self)
        if focused in self.cards and self.cards[focused].has_lost_focus():
            self._focus_card(self.cards[focused])

    def _is_in_use(self, card: IncidentCard) -> bool:
        """Whether a card has the focus, or its top is in sight while nobody types in the form.

        Such a card stays in sight when the entries of others push it down.
        """
        if self._find_focused_uid() == card.summary.incident.uid:
            return True
        area = find_scroll_area(card)
        if area is None or self._is_form_focused():
            return False
        return area.viewport().rect().contains(card.mapTo(area.viewport(), QPoint(0, 0)))

    def _update_cards(
        self,
        summaries: Sequence[IncidentSummary],
        make_row: Callable[[IncidentSummary], IncidentRow],
    ) -> None:
        """Show one card per call in the queue's order, reusing the cards of known calls."""
        before = self.cards
        self.cards = {}
        for place, summary in enumerate(summaries):
            uid = summary.incident.uid
            card, make = before.get(uid), partial(make_row, summary)
            if card is None:
                card = self._create_card(summary, make)
            else:
                card.update_call(summary, make, self._selected_units.get(uid))
            if self.open.indexOf(card) != place:
                self.open.insertWidget(place, card)
                card.show()
            self.cards[uid] = card
        self._new_uids = frozenset(self.cards.keys() - before.keys())
        self._hidden_cards = [card for uid, card in before.items() if uid not in self.cards]
        if self._find_focused_uid() not in ("", *self.cards):  # or Qt focuses part of another card
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        for card in self._hidden_cards:  # not deleted yet: one may be handling the current key
            card.release_details()
            self.open.removeWidget(card)
            card.hide()

    def _delete_old_cards(self) -> None:
        """Delete the cards that the refresh before the last one hid.

        By now another card has acquired their details; reparenting these at once would take 3 ms
        of the key that closes a call.
        """
        for card in self._cards_to_delete:
            self._pool.rescue_from(card)
            card.deleteLater()
        self._cards_to_delete = self._hidden_cards

    def showEvent(self, event: QShowEvent) -> None:
        """Run the clocks."""
        super().showEvent(event)
        self.dispatch.watch(self, seen=True)
        self._desk.clock.renew()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to a card by Up and Down even if the focused card is gone."""
        key = Qt.Key(event.key())
        if key in CARD_STEP_KEYS and self.cards:
            self.step(CARD_STEP_KEYS[key])
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the clocks."""
        self.dispatch.watch(self, seen=False)
        super().hideEvent(event)

    def _follow_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        if may_change_actions(entries, running=bool(self.response.cards)):
            self.response.mark_stale()
        if self.isVisible() and self._new_uids and not accepts_text(QApplication.focusWidget()):
            self._return_to_reopened(entries)

    def _return_to_reopened(self, entries: tuple[JournalEntry, ...]) -> None:
        """Highlight a call that this desk just reopened, and ask again how it ended."""
        session = self._desk.session
        own = (entry for entry in entries if entry.supersedes and session.is_own_entry(entry.uid))
        uids = (session.store.record(entry.uid)[0].uid for entry in own)
        uid = next((uid for uid in uids if uid in self._new_uids), None)
        if uid is not None:
            card = self.cards[uid]
            self._select_school(card)
            self._highlight(uid)
            QTimer.singleShot(0, card, partial(self._ask_again, card))

    def _find_focused_uid(self) -> str:
        """Return the uid of the incident whose card has the focus, or an empty string.

        While a dialog is open, this is the card that gets the focus back afterward.
        """
        widget: QWidget | None = self.window().focusWidget()
        while widget is not None and not isinstance(widget, IncidentCard):
            widget = widget.parentWidget()
        return widget.summary.incident.uid if widget is not None else ""

    def _follow_focus(self, *_: object) -> None:
        """Highlight the card that has the focus."""
        if self._is_form_focused():
            self._set_folded(folded=False)
        focused = self._find_focused_uid()
        if focused in self.cards and focused != self.highlighted:
            self._select_school(self.cards[focused], on_purpose=True)
            self._highlight(focused)
        self._show_target()

    def _find_uid_to_highlight(self, summaries: Sequence[IncidentSummary]) -> str:
        """Return the uid to highlight; a new lockdown is, unless a card has the focus.

        If another desk closed the highlighted call, none is: the number keys must not apply to
        another call unnoticed.
        """
        uids, focused = [summary.incident.uid for summary in summaries], self._find_focused_uid()
        lockdowns = {summary.incident.uid for summary in summaries if summary.is_active_lockdown}
        new_lockdowns = [uid for uid in uids if uid in lockdowns and uid not in self.cards]
        if focused in uids:
            return focused
        if new_lockdowns:
            return new_lockdowns[0]
        if self.highlighted in uids:
            return self.highlighted
        closed_elsewhere = self.highlighted in self.cards and not self._is_closing_highlighted
        return uids[0] if uids and not closed_elsewhere else ""

    def _highlight(self, uid: str) -> None:
        """Make the number keys apply to an incident, and highlight its card."""
        self.highlighted = uid
        highlighted = self.cards.get(uid) if not self._denied else None
        with hold_layout(self):
            for card in self.cards.values():
                if card is not highlighted:  # first, so that the shared details are free
                    card.set_highlighted(highlighted=False)
            if highlighted is not None:
                highlighted.set_highlighted(highlighted=True)
        self._show_target()
        self.target.setVisible(bool(self.cards))
        self.dispatch.highlight(uid)

    def _show_target(self) -> None:
        """Show what the number keys do, and whether at once or after a countdown."""
        card = self.cards.get(self.highlighted)
        code = "target.stamp_now" if self._find_focused_uid() else "target.stamp_later"
        target = card.describe_target(code) if card is not None else _NO_HIGHLIGHT
        self.target.setText(str(target))

    def _create_card(
        self, summary: IncidentSummary, make_row: Callable[[], IncidentRow]
    ) -> IncidentCard:
        unit = self._selected_units.get(summary.incident.uid)
        card = IncidentCard(self._desk, summary, make_row, unit, self._records, pool=self._pool)
        card.stamp_requested.connect(self.stamp)
        card.unit_changed.connect(self.select_unit)
        card.clear_all_requested.connect(self.clear_all)
        card.take_back_requested.connect(self.take_back)
        card.ending_confirmed.connect(self.end)
        card.type_corrected.connect(self.correct_type)
        card.step_requested.connect(self.step)
        card.target_changed.connect(self._show_target)
        self._double_clicks.watch(card)
        return card

    def _ignore_double_clicks(self, part: QWidget) -> None:
        """Treat a double click on any button of a part as one click."""
        for button in part.findChildren(QAbstractButton):
            self._double_clicks.watch(button)

    def _choose_call(self, card: IncidentCard) -> None:
        """Focus a card and select its school, which all forms offer from then on."""
        self._select_school(card, on_purpose=True)
        self._focus_card(card)

    def _select_school(self, card: IncidentCard | None, *, on_purpose: bool = False) -> None:
        """Select the school of a call unless it is selected already."""
        site, bridge = card.summary.incident.site if card is not None else None, self._desk.bridge
        if bridge.selection.site != site or bridge.selection.zone:
            bridge.select(site=site, on_purpose=on_purpose)

    def _ask_again(self, card: IncidentCard) -> None:
        """Focus a card and ask how its call ended, without an answer filled in.

        The person may press Enter twice when undoing the closing; that must not close it again.
        """
        self._focus_card(card)
        if card.asks_ending:
            card.details.ending.setCurrentIndex(-1)

    def _focus_card(self, card: IncidentCard) -> None:
        """Focus a card and scroll to it at once, so that the queue is laid out only once."""
        card.take_focus()
        self._fold_form()
        show_in_scroll_area(card)


def _frame(*parts: QWidget, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QWidget:
    """Stack parts that do not scroll with the panel."""
    frame = QWidget()
    make_column_layout(frame, *parts).setContentsMargins(*margins)
    return frame
