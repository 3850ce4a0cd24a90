"""A new incident in a few keys: the school by a part of its name, what it is, and Enter."""

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
    find_meant_words,
    spell_incident_type,
    split_priority,
)
from zoneplanner.app.log.dispatch import rank_units_for_call
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.unit_board import is_roster_kept
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.journal import Incident
from zoneplanner.errors import UserError
from zoneplanner.ui.log.call_words_field import (
    CallWordsField,
    PriorityOfWords,
    describe_new_type,
)
from zoneplanner.ui.log.console.incident_rows import describe_proposal
from zoneplanner.ui.widgets.inputs.forms import FormRows, PrivacyCheckedField
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.inputs.match_field import PART_STARTS, MatchList, SiteField, score_match
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    clear_layout,
    compact_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    pass_focus,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

_PRIORITY_PX = 64
_FIRST_WORDS = "Planning log only; call 9-1-1 or dispatch first."
_ASK_SITE = (
    "Type part of the school's name. If the call is not at a school, leave it empty and press Tab."
)
_NO_FIT = "No school matches; type another part of its name."


@dataclass(frozen=True, eq=False, slots=True)
class BegunCall:
    """A call that was typed and not logged: what stood in the fields, and when it came in."""

    site: str
    key: str
    what: str
    priority: int
    received: datetime | None


class NewIncidentForm(QWidget):
    """The school, what it is, and Enter; a line below says what would be logged and who would go.

    ``aside`` lists the calls that are set aside, for a place that does not scroll away. Beside open
    calls the school's field stands alone until it has the keys.

    Enter takes the school that stands in the field and goes on; Enter on what it is, or on the
    priority behind it, logs. It is received when the first key of it was pressed.
    Esc empties the form, which can be undone, and gives the keys back.
    """

    logged = Signal(str)
    """The uid of the incident."""
    left = Signal()
    """Esc: nothing was logged, and the keys may go elsewhere."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self.setObjectName("new_incident")
        self._desk = desk
        self._state: ProjectState = desk.session.state
        self._incidents: tuple[Incident, ...] = ()
        self._out: Mapping[str, str] = {}
        self._sure, self._asked = True, ""
        self.set_aside: list[BegunCall] = []
        """Calls that others came in over, the latest last."""
        self._received: datetime | None = None
        self.is_begun = False
        """True once something was typed of a call that is not logged."""
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
        self.unknown = WrappedLabel()
        self.unknown.setProperty("role", "problem")
        self.preview = make_muted_label()
        self.aside = QWidget()
        self._aside_rows = make_column_layout(self.aside, margin_px=0, spacing_px=SPACING_PX)
        self._lay_out()
        for field in (self.site, self.what):
            field.textChanged.connect(self.update_preview)
            field.turned.connect(self.update_preview)
        self.site.entered.connect(self.take_site)
        self.what.entered.connect(self.take_what)
        self.what.textEdited.connect(self._be_sure)
        self.what.respelled.connect(self._take_meant)
        self.site.textEdited.connect(self._drop_key_of_form)
        for typed in (self.site.textEdited, self.what.textEdited):
            typed.connect(self._begin)
        for changed in (self.what.textChanged, self.what.turned):
            changed.connect(self._follow_priority)
        self.priority.valueChanged.connect(self.update_preview)
        self.priority.lineEdit().returnPressed.connect(self.take_what)
        self.button.clicked.connect(self.log)
        self._know_sites()
        self.update_preview()

    def set_state(
        self, state: ProjectState, incidents: tuple[Incident, ...], out: Mapping[str, str]
    ) -> None:
        """Take the plan that units follow, the incidents, and who is out for another reason."""
        self._state, self._incidents, self._out = state, incidents, out
        self._know_sites()
        self.update_preview()

    def start(self) -> None:
        """Take the keys for another call, received now, and offer the school that was selected.

        A call that was begun and not logged is set aside and stays in sight.
        """
        self.make_room()
        chosen = self._desk.session.project.sites.get(self._desk.bridge.selection.offered or "")
        self._received = self._desk.session.clock()
        if chosen is not None:
            self.site.put(chosen.name, chosen.id)
        else:
            self.site.clear()
        self.site.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.site.mark_all()

    def make_room(self) -> None:
        """Set a call that is begun aside; it stays in sight below the queue."""
        if (begun := self._take_begun()) is not None:
            self._set_aside(begun)

    @property
    def school(self) -> str:
        """The school of the call that is typed in, taken or only named so far; "" without."""
        at = QApplication.focusWidget()
        if at is None or not self.isAncestorOf(at):
            return ""
        return self.site.key or (self.site.match[1] if self.site.match else "")

    def take_site(self) -> None:
        """Go on to what it is, with the school in full in its field."""
        if self.site.accept():
            self._sure = not self.what.words
            self.what.setFocus(Qt.FocusReason.TabFocusReason)
        elif self.site.words:
            self._desk.attempt(self._refuse_site)
        else:
            self.preview.setText(_ASK_SITE)

    def take_what(self) -> None:
        """Log it, once it says what it is; what stood there from before is read first."""
        if self.what.words and not self._sure:
            self._sure = True
            self.update_preview()
            self.preview.setText(f"{self.preview.text()} Enter logs it.")
        elif self.what.words:
            self.log()

    def log(self) -> None:
        """Log the incident, once the school was seen in its field."""
        if self.site.words and not self.site.key and self.site.accept():
            self.what.setFocus(Qt.FocusReason.TabFocusReason)
            self.preview.setText(f"Is it {self.site.text()}? Press Enter to log it there.")
            return
        if self.what.words and not self._is_sure_of_type():
            return
        self._desk.attempt(self._log)

    def _is_sure_of_type(self) -> bool:
        """Ask once before a school's name is logged as what it is: the keys were in that field."""
        words = self.what.words
        if self.what.match is not None or words == self._asked:
            return True
        sites = self._desk.session.project.sites.values()
        if not any(score_match(words, site.name) >= PART_STARTS for site in sites):
            return True
        self._asked = words
        self.preview.setText(f"“{words}” is a school's name. Enter logs it anyway.")
        return False

    def update_preview(self) -> None:
        """Say what would be logged, who would go, and that a type is new before it is logged."""
        self._tell_new_type()
        if not self.site.words and not self.what.words:
            self.preview.setText(_FIRST_WORDS)
            return
        if self.site.words and not self.site.key:
            self.preview.setText("Enter accepts the school." if self.site.match else _NO_FIT)
            return
        receipt = self._describe_receipt(self._received)
        parts = [
            f"{self._type() or 'Something'} at {self.site.text() or 'no school'}, "
            f"priority {self.priority.value()} (1 is the most serious){receipt}."
        ]
        if digit := find_digit_in_words(self.what.text()):
            parts.append(f"The {digit} stays part of the text; type p{digit} to set the priority.")
        if self.what.hasFocus() and len(self.what.matches) > 1:
            parts.append("Press Down for the next match.")
        if self.site.key:
            now = self._desk.session.clock()
            found = rank_units_for_call(
                self._state, self.site.key, self._incidents, now, out=self._out
            )
            rostered = is_roster_kept(self._state.project, now)
            parts.append(describe_proposal(found, rostered=rostered))
        self.preview.setText(" ".join(parts))

    def _tell_new_type(self) -> None:
        words = self.what.words
        is_new = bool(words) and self.what.match is None
        meant = self._find_meant() if is_new else ""
        self.unknown.setText(describe_new_type(words, meant) if is_new else "")
        self.unknown.setVisible(is_new)

    def _find_meant(self) -> str:
        return find_meant_words(self.what.words, self.priority.value(), self.what.used)

    def _take_meant(self) -> None:
        """Put the words there that were meant; a priority behind them stays."""
        meant, digit = self._find_meant(), split_priority(self.what.text())[1]
        if meant and self.what.match is None:
            self.what.setText(f"{meant} p{digit}" if digit is not None else meant)

    def set_folded(self, *, folded: bool) -> bool:
        """Show the school's field alone, unless a call is begun; or all fields. True if it did."""
        folded = folded and not (self.is_begun or self.site.text() or self.what.text())
        if folded == self.preview.isHidden():
            return False
        for row in range(self._rows.rowCount())[2:]:
            self._rows.setRowVisible(row, not folded)
        self.preview.setVisible(not folded)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the key of a new call be that in the priority, too: no letter is typed there."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            key = QKeySequence(event.keyCombination())
            if key in self._desk.actions["new_incident"].shortcuts():
                event.ignore()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave by Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def leave(self) -> None:
        """Empty the form and give the keys back; what was typed can be put back."""
        if (begun := self._take_begun()) is not None:
            self._offer_back(begun, "was cleared")
        self.left.emit()

    def drop(self) -> None:
        """Empty the form and let go of what was set aside, without a word."""
        self._empty()
        for call in self.set_aside:
            self.discard(call)

    def put_back(self, call: BegunCall) -> None:
        """Go on with a call that was left; one that is begun meanwhile is set aside for it."""
        self.discard(call)
        if not self.isVisible():
            self._desk.actions["open_incidents"].trigger()
        self.make_room()
        self._received, self.is_begun = call.received, True
        if call.key in self._desk.session.project.sites:
            self.site.put(call.site, call.key)
        else:
            self.site.clear()
            self.site.setText(call.site)
        self.what.setText(call.what)
        self.priority.setValue(call.priority)
        self._sure = False
        self.what.setFocus(Qt.FocusReason.OtherFocusReason)

    def put_back_latest(self) -> bool:
        """Go on with the call that was set aside last; False where none was."""
        if not self.set_aside:
            return False
        self.put_back(self.set_aside[-1])
        return True

    def discard(self, call: BegunCall) -> None:
        """Let go of a call that was set aside; nothing of it is logged."""
        self._desk.notices.forget_left(call)
        self.set_aside = [one for one in self.set_aside if one is not call]
        self._list_aside()

    def _take_begun(self) -> BegunCall | None:
        """Empty the form; return what was typed in it, None where nothing was."""
        begun = BegunCall(
            *(self.site.text(), self.site.key, self.what.text()),
            *(self.priority.value(), self._received),
        )
        was_begun = self.is_begun and bool(begun.site or begun.what)
        self._empty()
        return begun if was_begun else None

    def _set_aside(self, call: BegunCall) -> None:
        self.set_aside.append(call)
        self._list_aside()
        self._offer_back(call, "was set aside")

    def _offer_back(self, call: BegunCall, what_became: str) -> None:
        text = f"{self._describe(call)} {what_became}; nothing was logged."
        self._desk.notices.offer_back(text, call, partial(self.put_back, call))

    def _describe(self, call: BegunCall) -> str:
        site = call.site.strip()
        place = f"The call at {site}" if site else "The call that is not at a school"
        words = spell_incident_type(split_priority(call.what)[0])
        what = f" ({words}, priority {call.priority})" if words else ""
        return f"{place}{what}{self._describe_receipt(call.received)}"

    def _list_aside(self) -> None:
        clear_layout(self._aside_rows)
        self.aside.setVisible(bool(self.set_aside))
        for call in self.set_aside:
            text = WrappedLabel(f"{self._describe(call)}, was set aside and not logged.")
            text.setProperty("role", "problem")
            back = compact_button("Put it back", "", partial(self.put_back, call))
            away = compact_button("Discard", "", partial(self.discard, call))
            for button in (back, away):
                button.setAccessibleName(f"{button.text()}: {self._describe(call)}")
            row = QWidget()
            buttons = make_row_layout(back, away, None, spacing_px=GRID_PX)
            make_column_layout(row, text, buttons, margin_px=0, spacing_px=GRID_PX)
            self._aside_rows.addWidget(row)
            row.show()

    def _empty(self) -> None:
        self._received, self.is_begun, self._asked = None, False, ""
        self.site.clear()
        self.what.clear()
        self._priority_of_words.restart()

    def _drop_key_of_form(self, text: str) -> None:
        """J pressed once too often is no letter of a name, where no name has it there."""
        if len(text) == 2 and text[0] in "jJ" and self.site.match is None:
            self.site.setText(text[1:])

    def _begin(self) -> None:
        """The clock starts at the first key, also where the mouse led or all was erased again."""
        if not self.site.text() and not self.what.text():
            self._received, self.is_begun = None, False
            return
        if not self.is_begun:
            self.what.used = self._desk.calls.used_types
        self._received, self.is_begun = self._received or self._desk.session.clock(), True

    def _describe_receipt(self, received: datetime | None) -> str:
        if received is None:
            return ""
        session = self._desk.session
        local = received.astimezone(ZoneInfo(session.project.time_zone))
        return f", received {session.formats.clock(local, seconds=True)}"

    def _be_sure(self) -> None:
        self._sure = True

    def _know_sites(self) -> None:
        sites = self._desk.session.project.sites.values()
        self.site.set_sites([(site.name, site.id) for site in sites])

    def _lay_out(self) -> None:
        form = self._rows = FormRows()
        form.setHorizontalSpacing(SPACING_PX)
        last = QWidget()
        make_row_layout(self.priority, self.button, None, parent=last)
        pass_focus(last, self.priority)
        form.addRow("Site", self.site)
        form.addRow(self.fitting)
        form.addRow("What", PrivacyCheckedField(self.what, self._desk.session.project))
        form.addRow("Priority", last)
        form.name_fields()
        said = (self.unknown, self.preview)
        make_column_layout(self, form, *said, margin_px=0, spacing_px=SPACING_PX)
        self.aside.hide()

    def _follow_priority(self) -> None:
        self._priority_of_words.follow(self.what.text(), self._type())

    def _type(self) -> str:
        found = self.what.match
        return found[0] if found else spell_incident_type(self.what.words)

    def _refuse_site(self) -> None:
        raise UserError("unknown_site.no_fit", text=self.site.words)

    def _log(self) -> None:
        if not self.what.words:
            raise UserError("field_empty.incident_type")
        if self.site.words and not self.site.key:
            self._refuse_site()
        columns = {
            "type": self._type(),
            "site": self.site.key,
            "priority": str(self.priority.value()),
        }
        if self._received is not None:
            columns["received_at"] = format_utc_iso(self._received)
        kept = log_record(self._desk.session, "incident", columns)
        self._empty()
        self.logged.emit(kept.uid)


def ask_about_begun_call(
    form: NewIncidentForm | None,
    parent: QWidget,
    leave: Callable[[], object],
    *,
    stay: Callable[[], object] = lambda: None,
) -> bool:
    """Ask what is to become of a call that is typed but not logged; False where there is none."""
    if form is None or not (form.is_begun or form.set_aside):
        return False
    count = form.is_begun + len(form.set_aside)
    begun = form.site.text() if form.is_begun else form.set_aside[-1].site
    where = f" at {begun.strip()}" if begun.strip() else ""
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
            form.drop()
            QTimer.singleShot(0, parent, leave)
        else:
            stay()

    question.finished.connect(lambda _: answer())
    question.open()
    return True
