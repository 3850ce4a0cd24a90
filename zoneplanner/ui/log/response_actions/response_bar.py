"""The bar that names the school and waits for Enter before a response action is recorded.

Nothing closes over it unasked: the window that goes asks what is to become of the action.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDockWidget,
    QLabel,
    QMessageBox,
    QPushButton,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS
from zoneplanner.errors import UserError
from zoneplanner.ui.log.console.incident_rows import format_elapsed_time
from zoneplanner.ui.widgets.inputs.accidental_input import accepts_text
from zoneplanner.ui.widgets.inputs.form_sheet import OVER_FORMS, find_sheet
from zoneplanner.ui.widgets.inputs.match_field import MatchList, SiteField
from zoneplanner.ui.widgets.inputs.site_combo_box import SiteComboBox, read_chosen_site
from zoneplanner.ui.widgets.inputs.urgent_shortcuts import (
    UrgentShortcuts,
    find_form_above,
    put_aside,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    Banner,
    PlainTextLabel,
    WrappedLabel,
    make_column_layout,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    make_heading_font,
    make_large_font,
    set_style_state,
)

_SEEN_MS = 300
"""Enter pressed twice at a time, or once too often in the search, comes sooner than this."""
_ONLY_RECORDS = "NOT RECORDED YET. THIS ONLY KEEPS A RECORD. IT ALERTS NO ONE. CALL 9-1-1."
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_KEYS = (*_ENTER, Qt.Key.Key_Escape)
_KEY_EVENTS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
_FIELD_PX = 420
_RECORD, _DISCARD, _STAY = "Record it", "Discard", "Stay"


class ResponseActionBar(Banner):
    """Asks at which school an action begins. Enter records it; Esc leaves without an entry.

    Its clock runs from the key that opened it, which is when the action is recorded as begun.
    While it is open both keys are its own wherever the focus is in the window, but for another
    field that is typed in, as the search for a phone; a dialog over the window has its keys too.
    """

    recorded = Signal(str)
    """The uid of the call of an action that was recorded."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.action = ""
        self.began_at: datetime | None = None
        self._seen = QElapsedTimer()
        self._before: QWidget | None = None
        self._closed_for_it: QDialog | None = None
        self.offered: Callable[[], str] = lambda: ""
        """The school of a form that has the keys, which goes before the one that is selected."""
        self.setObjectName("begin_response")
        self.title = PlainTextLabel()
        self.title.setFont(make_heading_font())
        self.site = SiteField()
        self.site.setMaximumWidth(_FIELD_PX)
        self.fitting = MatchList(self.site)
        self.clock = PlainTextLabel()
        self.clock.setFont(make_large_font())
        self.clock.setToolTip("Time since the key was pressed; this is what is recorded.")
        self.warning = WrappedLabel(_ONLY_RECORDS)
        self.warning.setFont(make_heading_font())
        self.hint = WrappedLabel()
        self.record_button, self.cancel_button = QPushButton(), QPushButton("Cancel  (Esc)")
        for button, do in ((self.record_button, self.confirm), (self.cancel_button, self.leave)):
            button.setAutoDefault(False)
            button.clicked.connect(do)
        asked = QWidget()
        make_column_layout(asked, self.site, self.fitting, margin_px=0, spacing_px=GRID_PX)
        head = make_row_layout(self.title, (asked, 1), self.clock)
        for beside in (self.title, self.clock):
            head.setAlignment(beside, Qt.AlignmentFlag.AlignTop)
        answer = make_row_layout((self.hint, 1), self.record_button, self.cancel_button)
        rows = make_column_layout(self, head, self.warning, answer, spacing_px=GRID_PX)
        rows.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, SPACING_PX)
        self.site.entered.connect(self.confirm)
        self.site.textChanged.connect(self.update_hint)
        self.site.turned.connect(self.update_hint)
        desk.clock.ticked.connect(self.tick)
        for name in RESPONSE_ACTIONS:
            desk.actions.set_handler(f"begin_{name}", partial(self.ask, name))
            desk.actions[f"begin_{name}"].setProperty(OVER_FORMS, True)
        self._urgent = UrgentShortcuts(
            [desk.actions[f"begin_{name}"] for name in RESPONSE_ACTIONS], self
        )
        self.hide()

    def ask(self, action: str) -> None:
        """Open the bar for an action; the clock starts.

        The school is offered that a form with the keys names, which is left aside as any dialog
        is, else the one that a person selected. One that is only selected since a call was logged
        there is none: hasty hands would record a lockdown at the school of the last call.
        """
        if self.isVisible() and action == self.action:
            self.take_keys()
            return
        session = self._desk.session
        self.action, self.began_at = action, session.clock()
        if not self.isVisible():
            self._before, self._closed_for_it = QApplication.focusWidget(), None
        named, over = self.offered(), find_form_above(self)
        while over is not None:
            named = _read_site(over) or named
            if put_aside(over, self._desk.notices):
                self._closed_for_it = over
            below = find_form_above(self)
            over = below if below is not over else None
        sites = session.project.sites
        self.site.set_sites([(site.name, site.id) for site in sites.values()])
        chosen = sites.get(named or self._desk.bridge.selection.offered or "")
        if chosen is not None:
            self.site.put(chosen.name, chosen.id)
        else:
            self.site.clear()
        live = action == "lockdown"
        set_style_state(self, "live", live, self.findChildren(QLabel))
        name = session.project.terms.describe(action).term
        self.title.setText(f"{name.upper() if live else name} at")
        self.record_button.setText(f"Record {action}  (Enter)")
        self.setAccessibleName(f"{name} begins")
        self.show()
        self._seen.start()
        self.update_hint()
        self._desk.clock.watch(self, seen=True)
        self._desk.clock.renew()
        self.take_keys()

    def confirm(self) -> None:
        """Record it at the school that is seen; one that is still being typed is shown first."""
        if not self.site.key:
            self.site.accept()
            self._seen.start()
            self.update_hint()
            return
        if self.was_seen:
            self.record()
        else:
            self.hint.setText(
                f"You pressed Enter too soon to have read this. {self._describe_enter()}"
            )

    def record(self) -> bool:
        """Record it as begun at the school that is seen; False where that is refused."""
        session, site, began = self._desk.session, self.site.key, self.began_at
        entries: list[JournalEntry] = []
        begin = partial(begin_response_action, session, site, self.action, began_at=began)
        if not self._desk.attempt(lambda: entries.extend(begin())):
            return False
        self._close()
        self._desk.bridge.select(site=site, on_purpose=False)
        call = str(entries[0].payload.get("incident", ""))
        if call:
            self.recorded.emit(call)
        self._offer_closed()
        return True

    @property
    def was_seen(self) -> bool:
        """True once the school has stood there long enough to be read; before, Enter is a slip."""
        return self._seen.isValid() and self._seen.elapsed() >= _SEEN_MS

    def leave(self) -> None:
        """Close the bar; nothing is recorded."""
        self._close()
        self._desk.notices.show_notice(f"No {self.action} was recorded.")
        self._offer_closed()

    def _offer_closed(self) -> None:
        """Offer the form that made way once more, with how it ended."""
        if self._closed_for_it is not None:
            more = "The form that it closed did not log anything."
            self._desk.notices.offer_again(more, self._closed_for_it)

    def update_hint(self) -> None:
        """Say in a sentence what Enter does now."""
        if self.site.key:
            said = self._describe_enter()
        elif self.site.words and self.site.match is None:
            said = "No school matches; type another part of its name."
        elif self.site.words:
            said = "Enter accepts the school; Enter again records it."
        else:
            said = (
                f"Which school? Type part of its name. The clock for the {self.action} is running."
            )
        self.hint.setText(said)
        self.record_button.setEnabled(bool(self.site.key))
        self.setAccessibleDescription(f"{said} {_ONLY_RECORDS}")

    def take_keys(self) -> None:
        """Give the school's field the keys again."""
        self.site.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _describe_enter(self) -> str:
        name = self._desk.session.project.terms.describe(self.action).term
        return f"{name} at {self.site.text()}. Enter records it; Esc leaves without an entry."

    def drop(self) -> None:
        """Close the bar without a word; nothing is recorded."""
        self._close()

    def tick(self, now: datetime) -> None:
        """Let the clock go on."""
        if self.began_at is not None:
            self.clock.setText(format_elapsed_time(self.began_at, now))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Enter and Esc before anything else in the window does."""
        if (
            event.type() not in _KEY_EVENTS
            or not isinstance(event, QKeyEvent)
            or not isinstance(watched, QWidget)
            or not self._owns(watched, event)
        ):
            return False
        event.accept()  # so that it is no shortcut; it comes again as a key
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            leaves = event.key() == Qt.Key.Key_Escape or watched is self.cancel_button
            self.leave() if leaves else self.confirm()
        return True

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the keys of the window while the bar is open."""
        super().showEvent(event)
        if not event.spontaneous():
            _program().installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the keys to the window."""
        super().hideEvent(event)
        if not event.spontaneous():
            _program().removeEventFilter(self)

    def _owns(self, watched: QWidget, event: QKeyEvent) -> bool:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        over = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        over = over or find_sheet(self)
        if over or not plain or Qt.Key(event.key()) not in _KEYS:
            return False
        field = QApplication.focusWidget()
        if field is not None and accepts_text(field) and not self.isAncestorOf(field):
            return False
        return watched.window() is self.window() or isinstance(watched.window(), QDockWidget)

    def _close(self) -> None:
        self._desk.clock.watch(self, seen=False)
        self.hide()
        self.site.clear()
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)


class UnrecordedActionQuestion(QMessageBox):
    """Asks about a response action whose bar is open: nothing of it is recorded; Esc stays."""

    def __init__(
        self,
        bar: ResponseActionBar,
        parent: QWidget,
        leave: Callable[[], object],
        *,
        stay: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._bar, self._window, self._leave, self._stay = bar, parent, leave, stay
        named = bar.site.accept()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Not recorded yet")
        where = f" at {bar.site.text()}" if named else ""
        self.setText(f"The {bar.action}{where} is not recorded yet.")
        began = f"It would be recorded as started {bar.clock.text()} ago (minutes:seconds)."
        self.setInformativeText(
            began if named else "No school is selected; press Stay to select one."
        )
        self.record = self.addButton(_RECORD, QMessageBox.ButtonRole.AcceptRole)
        self.record.setEnabled(named)
        self.discard = self.addButton(_DISCARD, QMessageBox.ButtonRole.DestructiveRole)
        self.discard.setProperty("danger", True)
        self.stay = self.addButton(_STAY, QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)
        self.finished.connect(lambda _: self._answer())

    def _answer(self) -> None:
        chosen = self.clickedButton()
        if chosen is self.record and self._bar.record():
            QTimer.singleShot(0, self._window, self._leave)
        elif chosen is self.discard:
            self._bar.drop()
            QTimer.singleShot(0, self._window, self._leave)
        else:
            self._stay()
            self._bar.take_keys()


def ask_about_unrecorded_action(
    bar: ResponseActionBar,
    parent: QWidget,
    leave: Callable[[], object],
    *,
    stay: Callable[[], object] = lambda: None,
) -> bool:
    """Ask what is to become of a response action not recorded yet; False where none is open."""
    if bar.isHidden():
        return False
    if not any(one.isVisible() for one in parent.findChildren(UnrecordedActionQuestion)):
        UnrecordedActionQuestion(bar, parent, leave, stay=stay).open()
    return True


def _read_site(form: QDialog) -> str:
    """Return the id of the school that a form names, taken or only typed so far; "" without."""
    box = form.findChild(SiteComboBox)
    if box is None:
        return ""
    box.show_match()
    try:
        return read_chosen_site(box, "")
    except UserError:
        return ""


def _program() -> QApplication:
    program = QApplication.instance()
    assert isinstance(program, QApplication)
    return program
