"""The quick entry of a new incident: part of the school's name, what happened, and Enter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from zoneplanner.app.log.call_words import (
    find_digit_in_words,
    spell_incident_type,
    split_priority,
    suggest_words,
)
from zoneplanner.app.log.dispatch import rank_units_for_call
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.unit_board import is_roster_kept
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.journal import Incident
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.log.call_words_field import (
    CallWordsField,
    PriorityOfWords,
    describe_new_type,
)
from zoneplanner.ui.log.console.incident_rows import describe_proposal
from zoneplanner.ui.widgets.inputs.forms import (
    FormRows,
    PrivacyCheckedField,
    join_fields,
)
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.inputs.match_field import PART_STARTS, MatchList, SiteField, score_match
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    clear_layout,
    compact_button,
    make_column_layout,
    make_muted_label,
    make_problem_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.notices import PUT_BACK
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

_PRIORITY_PX = 64
_FIRST_WORDS = "Planning log only; call 9-1-1 or dispatch first."
_ASK_SITE = (
    "Type part of the school’s name. If the call is not at a school, leave it empty and press Tab."
)
_NO_FIT = Message("no_school_matches")


@dataclass(frozen=True, eq=False, slots=True)
class CallDraft:
    """A call that was typed but not logged: the contents of the fields, and when it came in."""

    site: str
    key: str
    what: str
    priority: int
    received: datetime | None


class NewIncidentForm(QWidget):
    """Logs a call from its school and a few words, and previews which units would go.

    Enter in the school field accepts the school; Enter in the words or the priority logs the call.
    The call's received time is that of the first key. Esc clears the form, which can be undone,
    and returns the focus. ``drafts_list`` shows the calls set aside; the parent puts it outside the
    scroll area.
    """

    logged = Signal(str)
    """The uid of the incident."""
    left = Signal()
    """Esc was pressed: nothing was logged, and the focus may go elsewhere."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self.setObjectName("new_incident")
        self._desk = desk
        self._state: ProjectState = desk.session.state
        self._incidents: tuple[Incident, ...] = ()
        self._out: Mapping[str, str] = {}
        self._is_read, self._questioned_words = True, ""
        self.drafts: list[CallDraft] = []
        """Unfinished calls, the latest last."""
        self._received: datetime | None = None
        self.is_begun = False
        """Whether anything was typed since the last call was logged."""
        self.site = SiteField()
        self.site.setPlaceholderText("Part of the name (J)")
        self.fitting = MatchList(self.site)
        self.what = CallWordsField()
        self.priority = make_number_box(0, 9)
        self.priority.setToolTip("1 is the most serious: danger now.")
        self.priority.setFixedWidth(_PRIORITY_PX)
        self.priority.installEventFilter(self)
        self._priority_of_words = PriorityOfWords(self.priority)
        self.button = QPushButton("Log it")
        self.unknown = make_problem_label()
        self.preview = make_muted_label()
        self.drafts_list = QWidget()
        self._aside_rows = make_column_layout(self.drafts_list, margin_px=0, spacing_px=SPACING_PX)
        self._lay_out()
        for field in (self.site, self.what):
            field.textChanged.connect(self.update_preview)
            field.turned.connect(self.update_preview)
        self.site.entered.connect(self.accept_site)
        self.what.entered.connect(self.accept_words)
        self.what.textEdited.connect(self._set_read)
        self.what.suggestion_accepted.connect(self._accept_suggestion)
        self.site.textEdited.connect(self._drop_shortcut_letter)
        for edited in (self.site.textEdited, self.what.textEdited):
            edited.connect(self._begin)
        for changed in (self.what.textChanged, self.what.turned):
            changed.connect(self._follow_priority)
        self.priority.valueChanged.connect(self.update_preview)
        self.priority.lineEdit().returnPressed.connect(self.accept_words)
        self.button.clicked.connect(self.log)
        self._load_sites()
        self.update_preview()

    def set_state(
        self, state: ProjectState, incidents: tuple[Incident, ...], out: Mapping[str, str]
    ) -> None:
        """Set the plan in force, the current incidents, and why other units are not free."""
        self._state, self._incidents, self._out = state, incidents, out
        self._load_sites()
        self.update_preview()

    def start(self) -> None:
        """Start another call, received now, and offer the selected school."""
        self.make_room()
        offered = self._desk.session.project.sites.get(self._desk.bridge.selection.offered or "")
        self._received = self._desk.session.clock()
        if offered is not None:
            self.site.put(offered.name, offered.id)
        else:
            self.site.clear()
        self.site.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.site.mark_all()

    def make_room(self) -> None:
        """Set an unfinished call aside; it stays listed below the queue."""
        if (draft := self._take_draft()) is not None:
            self.drafts.append(draft)
            self._list_aside()
            self._offer_back(draft, "call_draft.set_aside")

    @property
    def school(self) -> str:
        """The id of the accepted or best matching school while the form has the focus, else ""."""
        focused = QApplication.focusWidget()
        if focused is None or not self.isAncestorOf(focused):
            return ""
        return self.site.key or (self.site.match[1] if self.site.match else "")

    def accept_site(self) -> None:
        """Complete the school's name and go on to the words."""
        if self.site.accept():
            self._is_read = not self.what.words
            self.what.setFocus(Qt.FocusReason.TabFocusReason)
        elif self.site.words:
            self._desk.attempt(self._reject_site)
        else:
            self.preview.setText(_ASK_SITE)

    def accept_words(self) -> None:
        """Log the call; words that were typed before its school are shown once more first."""
        if self.what.words and not self._is_read:
            self._is_read = True
            self.update_preview()
            self.preview.setText(f"{self.preview.text()} Enter logs it.")
        elif self.what.words:
            self.log()

    def log(self) -> None:
        """Log the call; a school that was only matched so far is shown once more first."""
        if self.site.words and not self.site.key and self.site.accept():
            self.what.setFocus(Qt.FocusReason.TabFocusReason)
            self.preview.setText(f"Is it {self.site.text()}? Press Enter to log it there.")
            return
        if self.what.words and not self._confirm_type():
            return
        self._desk.attempt(self._log)

    def _confirm_type(self) -> bool:
        """Ask once before logging a school's name as the type: it may be in the wrong field."""
        words = self.what.words
        if self.what.match is not None or words == self._questioned_words:
            return True
        sites = self._desk.session.project.sites.values()
        if not any(score_match(words, site.name) >= PART_STARTS for site in sites):
            return True
        self._questioned_words = words
        self.preview.setText(str(Message("new_call.school_as_type", words=words)))
        return False

    def update_preview(self) -> None:
        """Show what would be logged and who would go, and flag a new type."""
        self._show_new_type()
        if not self.site.words and not self.what.words:
            self.preview.setText(_FIRST_WORDS)
            return
        if self.site.words and not self.site.key:
            accepts = Message("new_call.school_matches")
            self.preview.setText(str(accepts if self.site.match else _NO_FIT))
            return
        receipt = self._describe_receipt(self._received)
        parts = [
            Message(
                "new_call",
                type=self._type() or "Something",
                site=self.site.text() or "no school",
                priority=self.priority.value(),
                receipt=receipt,
            )
        ]
        if digit := find_digit_in_words(self.what.text()):
            parts.append(Message("new_call.digit_in_words", digit=digit))
        if self.what.hasFocus() and len(self.what.matches) > 1:
            parts.append(Message("new_call.several_matches"))
        if self.site.key:
            now = self._desk.session.clock()
            candidates = rank_units_for_call(
                self._state, self.site.key, self._incidents, now, out=self._out
            )
            rostered = is_roster_kept(self._state.project, now)
            parts.append(describe_proposal(candidates, rostered=rostered))
        self.preview.setText(say_all(parts))

    def _show_new_type(self) -> None:
        words = self.what.words
        is_new = bool(words) and self.what.match is None
        suggestion = self._find_suggestion() if is_new else ""
        self.unknown.setText(describe_new_type(words, suggestion) if is_new else "")

    def _find_suggestion(self) -> str:
        return suggest_words(self.what.words, self.priority.value(), self.what.used_types)

    def _accept_suggestion(self) -> None:
        """Replace misspelled words by the suggestion; a priority after them stays."""
        suggestion, digit = self._find_suggestion(), split_priority(self.what.text())[1]
        if suggestion and self.what.match is None:
            self.what.setText(f"{suggestion} p{digit}" if digit is not None else suggestion)

    def set_folded(self, *, folded: bool) -> bool:
        """Show all fields or, if no call is begun, only the school's; return whether it changed."""
        folded = folded and not (self.is_begun or self.site.text() or self.what.text())
        if folded == self.preview.isHidden():
            return False
        for row in range(self._rows.rowCount())[2:]:
            self._rows.setRowVisible(row, not folded)
        self.preview.setVisible(not folded)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the shortcut of a new call work in the priority, where no letter can be typed."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            key = QKeySequence(event.keyCombination())
            if key in self._desk.actions["new_incident"].shortcuts():
                event.ignore()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def leave(self) -> None:
        """Clear the form and give the focus back; what was typed can be put back."""
        if (draft := self._take_draft()) is not None:
            self._offer_back(draft, "call_draft.cleared")
        self.left.emit()

    def drop_all(self) -> None:
        """Clear the form and discard the calls set aside, without an offer to put them back."""
        self._clear()
        for draft in self.drafts:
            self.discard(draft)

    def put_back(self, draft: CallDraft) -> None:
        """Resume an unfinished call; another one begun since is set aside."""
        self.discard(draft)
        if not self.isVisible():
            self._desk.actions["open_incidents"].trigger()
        self.make_room()
        self._received, self.is_begun = draft.received, True
        if draft.key in self._desk.session.project.sites:
            self.site.put(draft.site, draft.key)
        else:
            self.site.clear()
            self.site.setText(draft.site)
        self.what.setText(draft.what)
        self.priority.setValue(draft.priority)
        self._is_read = False
        self.what.setFocus(Qt.FocusReason.OtherFocusReason)

    def put_back_latest(self) -> bool:
        """Resume the call that was set aside last; return False if there is none."""
        if not self.drafts:
            return False
        self.put_back(self.drafts[-1])
        return True

    def discard(self, draft: CallDraft) -> None:
        """Discard a call that was set aside; nothing of it is logged."""
        self._desk.notices.forget_left(draft)
        self.drafts = [other for other in self.drafts if other is not draft]
        self._list_aside()

    def _take_draft(self) -> CallDraft | None:
        """Clear the form and return what was typed, or None if nothing was."""
        draft = CallDraft(
            self.site.text(),
            self.site.key,
            self.what.text(),
            self.priority.value(),
            self._received,
        )
        was_begun = self.is_begun and bool(draft.site or draft.what)
        self._clear()
        return draft if was_begun else None

    def _offer_back(self, draft: CallDraft, code: str) -> None:
        text = Message(code, call=self._describe(draft))
        self._desk.notices.offer_back(text, draft, partial(self.put_back, draft))

    def _describe(self, draft: CallDraft) -> str:
        site = draft.site.strip()
        place = f"The call at {site}" if site else "The call that is not at a school"
        words = spell_incident_type(split_priority(draft.what)[0])
        what = f"{words}, priority {draft.priority}" if words else ""
        details = f"{what}{self._describe_receipt(draft.received)}".removeprefix(", ")
        return f"{place} ({details})" if details else place

    def _list_aside(self) -> None:
        clear_layout(self._aside_rows)
        self.drafts_list.setVisible(bool(self.drafts))
        for draft in self.drafts:
            text = WrappedLabel(str(Message("call_draft.waiting", call=self._describe(draft))))
            text.setProperty("role", "problem")
            put_back = compact_button(PUT_BACK, "", partial(self.put_back, draft))
            discard = compact_button("Discard", "", partial(self.discard, draft))
            for button in (put_back, discard):
                button.setAccessibleName(f"{button.text()}: {self._describe(draft)}")
            row = QWidget()
            buttons = make_row_layout(put_back, discard, None, spacing_px=GRID_PX)
            make_column_layout(row, text, buttons, margin_px=0, spacing_px=GRID_PX)
            self._aside_rows.addWidget(row)
            row.show()

    def _clear(self) -> None:
        self._received, self.is_begun, self._questioned_words = None, False, ""
        self.site.clear()
        self.what.clear()
        self._priority_of_words.restart()

    def _drop_shortcut_letter(self, text: str) -> None:
        """Drop a J typed once too often: the shortcut of a new call, if it begins no name."""
        if len(text) == 2 and text[0] in "jJ" and self.site.match is None:
            self.site.setText(text[1:])

    def _begin(self) -> None:
        """Take the first key as the time of receipt, again after everything was erased."""
        if not self.site.text() and not self.what.text():
            self._received, self.is_begun = None, False
            return
        if not self.is_begun:
            self.what.used_types = self._desk.calls.used_types
        self._received, self.is_begun = self._received or self._desk.session.clock(), True

    def _describe_receipt(self, received: datetime | None) -> str:
        if received is None:
            return ""
        session = self._desk.session
        local = received.astimezone(ZoneInfo(session.project.time_zone))
        return f", received {session.formats.clock(local, seconds=True)}"

    def _set_read(self) -> None:
        self._is_read = True

    def _load_sites(self) -> None:
        sites = self._desk.session.project.sites.values()
        self.site.set_sites([(site.name, site.id) for site in sites])

    def _lay_out(self) -> None:
        form = self._rows = FormRows()
        form.setHorizontalSpacing(SPACING_PX)
        form.addRow("Site", self.site)
        form.addRow(self.fitting)
        form.addRow("What", PrivacyCheckedField(self.what, self._desk.session.project))
        form.addRow("Priority", join_fields(self.priority, self.button, None))
        form.name_fields()
        texts = (self.unknown, self.preview)
        make_column_layout(self, form, *texts, margin_px=0, spacing_px=SPACING_PX)
        self.drafts_list.hide()

    def _follow_priority(self) -> None:
        self._priority_of_words.follow(self.what.text(), self._type())

    def _type(self) -> str:
        match = self.what.match
        return match[0] if match else spell_incident_type(self.what.words)

    def _reject_site(self) -> None:
        raise UserError("unknown_site.no_fit", text=self.site.words)

    def _log(self) -> None:
        if not self.what.words:
            raise UserError("field_empty.incident_type")
        if self.site.words and not self.site.key:
            self._reject_site()
        columns = {
            "type": self._type(),
            "site": self.site.key,
            "priority": str(self.priority.value()),
        }
        if self._received is not None:
            columns["received_at"] = format_utc_iso(self._received)
        entry = log_record(self._desk.session, "incident", columns)
        self._clear()
        self.logged.emit(entry.uid)


def ask_about_begun_call(
    form: NewIncidentForm | None,
    parent: QWidget,
    leave: Callable[[], object],
    *,
    stay: Callable[[], object] = lambda: None,
) -> bool:
    """Ask before leaving calls that are typed but not logged; return False if there are none."""
    if form is None or not (form.is_begun or form.drafts):
        return False
    count = form.is_begun + len(form.drafts)
    site = (form.site.text() if form.is_begun else form.drafts[-1].site).strip()
    where = f" at {site}" if site else ""
    text = (
        f"The call{where} has not been logged yet."
        if count == 1
        else f"{count} calls have not been logged."
    )
    question = LeaveQuestion(parent, "Not logged yet", text, "", stay="Stay")
    discard = question.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
    discard.setProperty("danger", True)

    def answer() -> None:
        if question.clickedButton() is discard:
            form.drop_all()
            QTimer.singleShot(0, parent, leave)
        else:
            stay()

    question.finished.connect(lambda _: answer())
    question.open()
    return True
