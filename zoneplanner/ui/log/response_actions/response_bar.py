"""The bar that asks for the school and for Enter before a response action is recorded.

Before the window closes over an open bar, a question asks what to do with the action.
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
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
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
    ENTER_KEYS,
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

_MIN_READING_MS = 300
"""An Enter that comes sooner was pressed twice by accident, or was meant for the search."""
_ONLY_RECORDS = "NOT RECORDED YET. THIS ONLY KEEPS A RECORD. IT ALERTS NO ONE. CALL 9-1-1."
_KEYS = (*ENTER_KEYS, Qt.Key.Key_Escape)
_KEY_EVENTS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
_FIELD_PX = 420


class ResponseActionBar(Banner):
    """Asks at which school an action begins. Enter records it; Esc cancels.

    The recorded start is the time of the key that opened the bar. While the bar is open, Enter
    and Esc apply to it wherever the focus is in the window, except in another text field, such
    as a search for a phone number, and in a dialog over the window.
    """

    recorded = Signal(str)
    """The uid of the call that the recorded action opened."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.action = ""
        self.began_at: datetime | None = None
        self._shown_for = QElapsedTimer()
        self._focus_before: QWidget | None = None
        self._form_put_aside: QDialog | None = None
        self.find_offered_site: Callable[[], str] = lambda: ""
        """Returns the school of a focused form, which precedes the selected school."""
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
        for button, act in ((self.record_button, self.confirm), (self.cancel_button, self.leave)):
            button.setAutoDefault(False)
            button.clicked.connect(act)
        site = QWidget()
        make_column_layout(site, self.site, self.fitting, margin_px=0, spacing_px=GRID_PX)
        head = make_row_layout(self.title, (site, 1), self.clock)
        for label in (self.title, self.clock):
            head.setAlignment(label, Qt.AlignmentFlag.AlignTop)
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
        """Open the bar for an action and start its clock.

        It offers the school named in an open form, which is put aside, or the school that a
        person selected. A school that is selected only because a call was logged there is not
        offered: in a hurry, a lockdown would be recorded at the school of the last call.
        """
        if self.isVisible() and action == self.action:
            self.take_focus()
            return
        session = self._desk.session
        self.action, self.began_at = action, session.clock()
        if not self.isVisible():
            self._focus_before, self._form_put_aside = QApplication.focusWidget(), None
        site_id, form = self.find_offered_site(), find_form_above(self)
        while form is not None:
            site_id = _read_site(form) or site_id
            if put_aside(form, self._desk.notices):
                self._form_put_aside = form
            below = find_form_above(self)
            form = below if below is not form else None
        sites = session.project.sites
        self.site.set_sites([(site.name, site.id) for site in sites.values()])
        offered = sites.get(site_id or self._desk.bridge.selection.offered or "")
        if offered is not None:
            self.site.put(offered.name, offered.id)
        else:
            self.site.clear()
        is_lockdown = action == "lockdown"
        set_style_state(self, "live", is_lockdown, self.findChildren(QLabel))
        name = session.project.terms.describe(action).term
        self.title.setText(f"{name.upper() if is_lockdown else name} at")
        self.record_button.setText(f"Record {action}  (Enter)")
        self.setAccessibleName(f"{name} begins")
        self.show()
        self._shown_for.start()
        self.update_hint()
        self._desk.clock.watch(self, seen=True)
        self._desk.clock.renew()
        self.take_focus()

    def confirm(self) -> None:
        """Record the action at the displayed school, or complete a school's name first."""
        if not self.site.key:
            self.site.accept()
            self._shown_for.start()
            self.update_hint()
            return
        if self.could_be_read:
            self.record()
        else:
            self.hint.setText(str(Message("action_bar.unread", school=self._describe_enter())))

    def record(self) -> bool:
        """Record the action at the displayed school; return False if it is rejected."""
        session, site, began = self._desk.session, self.site.key, self.began_at
        entries: list[JournalEntry] = []
        begin = partial(begin_response_action, session, site, self.action, began_at=began)
        if not self._desk.attempt(lambda: entries.extend(begin())):
            return False
        self.close_bar()
        self._desk.bridge.select(site=site, on_purpose=False)
        call = str(entries[0].payload.get("incident", ""))
        if call:
            self.recorded.emit(call)
        self._offer_form_again()
        return True

    @property
    def could_be_read(self) -> bool:
        """Whether the school has been displayed long enough to be read before Enter."""
        return self._shown_for.isValid() and self._shown_for.elapsed() >= _MIN_READING_MS

    def leave(self) -> None:
        """Close the bar; nothing is recorded."""
        self.close_bar()
        self._desk.notices.show_notice(Message("action_not_recorded", action=self.action))
        self._offer_form_again()

    def _offer_form_again(self) -> None:
        """Offer the form that was put aside for the bar."""
        if self._form_put_aside is not None:
            more = Message("form_not_logged")
            self._desk.notices.offer_again(more, self._form_put_aside)

    def update_hint(self) -> None:
        """Show what Enter does now."""
        if self.site.key:
            hint = self._describe_enter()
        elif self.site.words and self.site.match is None:
            hint = Message("no_school_matches")
        elif self.site.words:
            hint = Message("action_bar.school_matches")
        else:
            hint = Message("action_bar.which_school", action=self.action)
        self.hint.setText(str(hint))
        self.record_button.setEnabled(bool(self.site.key))
        self.setAccessibleDescription(f"{hint} {_ONLY_RECORDS}")

    def take_focus(self) -> None:
        """Focus the school's field."""
        self.site.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _describe_enter(self) -> Message:
        name = self._desk.session.project.terms.describe(self.action).term
        return Message("action_bar.school", action=name, site=self.site.text())

    def tick(self, now: datetime) -> None:
        """Update the clock."""
        if self.began_at is not None:
            self.clock.setText(format_elapsed_time(self.began_at, now))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle Enter and Esc before anything else in the window does."""
        if (
            event.type() not in _KEY_EVENTS
            or not isinstance(event, QKeyEvent)
            or not isinstance(watched, QWidget)
            or not self._owns(watched, event)
        ):
            return False
        event.accept()  # so that it arrives as a key press and triggers no shortcut
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            leaves = event.key() == Qt.Key.Key_Escape or watched is self.cancel_button
            self.leave() if leaves else self.confirm()
        return True

    def showEvent(self, event: QShowEvent) -> None:
        """Filter the window's keys while the bar is open."""
        super().showEvent(event)
        if not event.spontaneous():
            _get_application().installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop filtering the window's keys."""
        super().hideEvent(event)
        if not event.spontaneous():
            _get_application().removeEventFilter(self)

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

    def close_bar(self) -> None:
        """Close the bar without a notice and return the focus; nothing is recorded."""
        self._desk.clock.watch(self, seen=False)
        self.hide()
        self.site.clear()
        before, self._focus_before = self._focus_before, None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)


class UnrecordedActionQuestion(QMessageBox):
    """Asks whether to record or discard the action of an open bar; Esc stays."""

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
        has_site = bar.site.accept()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Not recorded yet")
        where = f" at {bar.site.text()}" if has_site else ""
        self.setText(f"The {bar.action}{where} is not recorded yet.")
        began = f"It would be recorded as started {bar.clock.text()} ago (minutes:seconds)."
        self.setInformativeText(
            began if has_site else "No school is selected; press Stay to select one."
        )
        self.record = self.addButton("Record it", QMessageBox.ButtonRole.AcceptRole)
        self.record.setEnabled(has_site)
        self.discard = self.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        self.discard.setProperty("danger", True)
        self.stay = self.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)
        self.finished.connect(lambda _: self._answer())

    def _answer(self) -> None:
        clicked = self.clickedButton()
        if clicked is self.record and self._bar.record():
            QTimer.singleShot(0, self._window, self._leave)
        elif clicked is self.discard:
            self._bar.close_bar()
            QTimer.singleShot(0, self._window, self._leave)
        else:
            self._stay()
            self._bar.take_focus()


def ask_about_unrecorded_action(
    bar: ResponseActionBar,
    parent: QWidget,
    leave: Callable[[], object],
    *,
    stay: Callable[[], object] = lambda: None,
) -> bool:
    """Ask before leaving an action that is not recorded yet; return False if there is none."""
    if bar.isHidden():
        return False
    questions = parent.findChildren(UnrecordedActionQuestion)
    if not any(question.isVisible() for question in questions):
        UnrecordedActionQuestion(bar, parent, leave, stay=stay).open()
    return True


def _read_site(form: QDialog) -> str:
    """Return the id of the school in a form, even if its name is only typed in part, or ""."""
    box = form.findChild(SiteComboBox)
    if box is None:
        return ""
    box.show_match()
    try:
        return read_chosen_site(box, "")
    except UserError:
        return ""


def _get_application() -> QApplication:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application
