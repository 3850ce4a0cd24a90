"""Fields of forms, and the rows that they stand in."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QDateTime, QEvent, QObject, Qt, QTime, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QCompleter,
    QDateTimeEdit,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTime, parse_moment
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.personal_data import (
    PRIVACY_ADVICE,
    collect_known_words,
    find_personal_data,
)
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.tokens import SIZES_PX
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    ClockBox,
    DayBox,
    MomentBox,
    make_choice_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    add_spin_arrows,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    pass_focus,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, set_style_state
from zoneplanner.ui.widgets.style.value_text import describe_unit

_TextField = QLineEdit | QPlainTextEdit


class PrivacyCheckedField(QWidget):
    """A text field with its warning; a warning refuses nothing."""

    def __init__(self, field: _TextField, project: Project) -> None:
        super().__init__()
        self.field = field
        self._known = collect_known_words(project)
        self.hint = WrappedLabel()
        self.hint.setProperty("role", "problem")
        self.hint.hide()
        make_column_layout(self, field, self.hint, margin_px=0, spacing_px=GRID_PX)
        pass_focus(self, field)
        field.textChanged.connect(lambda *_: self._look())
        self._look()

    def text(self) -> str:
        """Return what is written."""
        field = self.field
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText()

    def put(self, text: str) -> None:
        """Show another text."""
        field = self.field
        if isinstance(field, QLineEdit):
            field.setText(text)
        else:
            field.setPlainText(text)

    def _look(self) -> None:
        found = find_personal_data(self.text(), self._known)
        self.hint.setText(" ".join([*found, PRIVACY_ADVICE]) if found else "")
        self.hint.setVisible(bool(found))
        self.field.setAccessibleDescription(self.hint.text())


_WRITTEN = "yyyy-MM-dd HH:mm"
_FROM_KEYS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
_OTHER_WINDOW = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
_UNSAID = "Not recorded"
LABEL_PX = SIZES_PX["label_column"]
"""Fields begin in one column, right of labels so wide at least."""


def describe_unread(box: DayBox | ClockBox | MomentBox) -> str:
    """Return that what was typed is no day or time, or "" where it was read."""
    if not box.unread or not box.isEnabled():
        return ""
    return UserError("not_read", text=box.unread, shown=box.text()).message


class TimeField(MomentBox):
    """A moment on the clock of the project's zone."""

    def __init__(self, session: Session, moment: datetime) -> None:
        super().__init__()
        project = session.project
        self._session, self._zone = session, ZoneInfo(project.time_zone)
        self._shown: tuple[QDateTime, datetime] | None = None
        self.setDisplayFormat(session.formats.field_moment)
        self.setCalendarPopup(True)
        add_spin_arrows(self)
        self.setToolTip(
            f"Local time, {project.time_zone}. Type 2:30 PM, 14:30 or 1430. For another day, type "
            "the date or “yesterday” first."
        )
        self.put(moment)

    def put(self, moment: datetime) -> None:
        """Show a moment."""
        local = moment.astimezone(self._zone)
        self.setDateTime(
            QDateTime(QDate(local.year, local.month, local.day), QTime(local.hour, local.minute))
        )
        self._shown = (self.dateTime(), moment.astimezone(UTC).replace(microsecond=0))
        self.unread = ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin with the hour: the day that is shown is mostly the right one."""
        super().focusInEvent(event)
        if event.reason() in _FROM_KEYS:
            self.setSelectedSection(QDateTimeEdit.Section.HourSection)

    def today(self) -> date:
        """Return the local day of the project."""
        return self._session.today

    def mark_problem(self, name: str, *, to_come: bool = False) -> str:
        """Mark the field where it cannot be logged, and return why; "" where it can.

        ``name`` is what the form calls it. A time ``to_come`` may lie in the future.
        """
        problem = describe_unread(self)
        try:
            if not problem and not to_come and self.moment() > self._session.clock():
                problem = UserError("in_the_future", name=name).message
        except UserError as error:  # an hour that the clocks skip, or have twice
            problem = error.message
        set_style_state(self, "role", "problem" if problem else "")
        self.setAccessibleDescription(problem)
        return problem

    def moment(self) -> datetime:
        """Return the moment in UTC: the one that was put, to the second, or what was written.

        Raises
        ------
        ClockChanged
            What was written comes twice or not at all because the clocks change.
        """
        if self._shown is not None and self._shown[0] == self.dateTime():
            return self._shown[1]
        written = self.dateTime().toString(_WRITTEN)
        try:
            return parse_moment(written, time_zone=self._zone.key, now=datetime.now(UTC))
        except DoubtfulTime as error:
            raise DoubtfulTime(
                f"{error.message.split(';')[0]}; choose another time, or log it on the command "
                "line with its UTC offset."
            ) from error


class DayField(DayBox):
    """A day, written as the desk writes."""

    def __init__(self, formats: LocaleFormats, day: date) -> None:
        super().__init__(QDate(day.year, day.month, day.day))
        self.setCalendarPopup(True)
        add_spin_arrows(self)
        self.setDisplayFormat(formats.field_pattern)

    def put(self, day: date) -> None:
        """Show a day."""
        self.setDate(QDate(day.year, day.month, day.day))

    def limit(self, first: date, last: date) -> None:
        """Let no other days be chosen."""
        self.setDateRange(*(QDate(day.year, day.month, day.day) for day in (first, last)))

    def day(self) -> date:
        """Return the day."""
        chosen = self.date()
        return date(chosen.year(), chosen.month(), chosen.day())


class RequiredTimeField(QWidget):
    """A day or time that a person has to set: by hand, or by a button that takes the present.

    Until then it reads as not said; with the keys in it, it shows where typing begins.
    """

    changed = Signal()

    def __init__(
        self, field: DayBox | MomentBox, button: str, fill: Callable[[], object], *, given: bool
    ) -> None:
        super().__init__()
        self.field, self.is_set = field, given
        self._shown = field.dateTime()
        self.now = QPushButton(button)
        self.now.setAutoDefault(False)
        self.now.clicked.connect(lambda _=False: self._fill(fill))
        make_row_layout((field, 1), self.now, parent=self)
        pass_focus(self, field)
        self.unsaid = make_muted_label(_UNSAID)
        self.unsaid.setAutoFillBackground(True)
        self.unsaid.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        make_row_layout(self.unsaid, parent=field.lineEdit())
        self.unsaid.setHidden(given)
        if not given:
            set_style_state(field, "role", "suggested")
            field.setAccessibleDescription(_UNSAID)
            field.installEventFilter(self)
        field.dateTimeChanged.connect(self._change)
        field.moment_typed.connect(self._take)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show where typing begins while the field has the keys."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.unsaid.setHidden(self.is_set or event.type() == QEvent.Type.FocusIn)
        return super().eventFilter(watched, event)

    def _fill(self, fill: Callable[[], object]) -> None:
        fill()
        self._take()

    def _change(self, moment: QDateTime) -> None:
        """Take another moment; Enter in the field repeats the same one, which is ignored."""
        if moment != self._shown:
            self._shown = moment
            self._take()

    def _take(self) -> None:
        if not self.is_set:
            self.is_set = True
            self.unsaid.hide()
            self.field.setAccessibleDescription("")
            set_style_state(self.field, "role", "")
        self.changed.emit()


def make_unit_box(project: Project, chosen: str | None) -> ChoiceBox:
    """Return a choice of the project's units."""
    units = {unit: f"{unit} · {describe_unit(project, unit)}" for unit in project.units}
    return make_choice_box(with_missing({None: "No unit", **units}, chosen), chosen)


def with_missing(options: dict[Any, str], chosen: str | None) -> dict[Any, str]:
    """Add what an old entry names although it is gone from the project."""
    return {**options, chosen: chosen} if chosen and chosen not in options else options


class PartLine(QLineEdit):
    """A part of a choice: Enter shows what is meant by it, and Enter again goes on."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Put the choice that is meant in the place of its letters, before anything is saved."""
        box = self.parent()
        if isinstance(box, PartBox) and (gone_to := box.find_successor()) is not None:
            QApplication.sendEvent(gone_to, event)
            return
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and isinstance(box, PartBox) and box.show_fitting():
            event.accept()
            return
        super().keyPressEvent(event)


class _BeginningLine(QLineEdit):
    """The words of a choice: what is typed is completed where one choice alone begins with it.

    The first of several would be stored by an Enter that meant another one.
    """

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)
        self._box, self._writes, self._edited = box, False, False
        self.textEdited.connect(self._complete)
        self.editingFinished.connect(self._take_choice)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Note whether the key writes; what was erased is not completed again."""
        self._writes = event.text().isprintable()
        super().keyPressEvent(event)

    def _complete(self, typed: str) -> None:
        self._edited = True
        names = list_choices_beginning(self._box, typed)
        if len(names) != 1 or not self._writes or self.cursorPosition() < len(typed):
            return
        self.setText(typed + names[0][len(typed) :])  # the letters that were typed stay
        self.setSelection(len(names[0]), len(typed) - len(names[0]))

    def _take_choice(self) -> None:
        """Write a choice that was typed as the list has it."""
        at = self._box.findText(self.text(), Qt.MatchFlag.MatchFixedString)
        if self._edited and at >= 0:
            self._box.setCurrentIndex(at)


def list_choices_beginning(box: QComboBox, typed: str) -> list[str]:
    """Return the choices of a box that begin with what is typed, in any case of letters."""
    names, begin = (box.itemText(at) for at in range(box.count())), typed.casefold()
    return [name for name in names if begin and name.casefold().startswith(begin)]


class PartBox(ChoiceBox):
    """A choice found by a part of its words; what is chosen was seen in full."""

    _gone_to: QWidget | None = None

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """Begin here, if a person came here.

        A busy desktop activates the list of what fits once it is gone; that would bring the keys
        back from the field in which the person goes on typing.
        """
        gone_to = self.find_successor(had_keys=True)
        self._gone_to = None
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.ActiveWindowFocusReason and gone_to is not None:
            gone_to.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def find_successor(self, *, had_keys: bool = False) -> QWidget | None:
        """Return the field to which a person went from here, None while this one has the keys."""
        gone_to = self._gone_to
        if gone_to is None or not isValid(gone_to) or not gone_to.isVisible():
            return None
        return gone_to if had_keys or not self.hasFocus() else None

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        """Show in full what was meant once a person goes on."""
        if event.reason() not in _OTHER_WINDOW:
            self.show_fitting(by_mouse=event.reason() == Qt.FocusReason.MouseFocusReason)
            self._gone_to = QApplication.focusWidget()
        super().focusOutEvent(event)
        line = self.lineEdit()
        if line is not None and event.reason() not in _OTHER_WINDOW:
            line.setCursorPosition(0)  # the beginning of a long name is what is seen of it

    def find_fitting(self) -> list[int]:
        """Return the rows that fit what is typed; here those that contain each word of it."""
        words = self.currentText().casefold().split()
        names = [self.itemText(at).casefold() for at in range(self.count())]
        return [
            at for at, name in enumerate(names) if words and all(word in name for word in words)
        ]

    def show_fitting(self, *, by_mouse: bool = False) -> bool:
        """Show in full the only choice that fits; tell whether it did not stand there already.

        ``by_mouse``: a click leaves the field, and may confirm the form with it.
        """
        fitting = self.find_fitting()
        return len(fitting) == 1 and self.show_choice(fitting[0])

    def show_choice(self, at: int) -> bool:
        """Show a choice in full; tell whether it did not stand there already."""
        name = self.itemText(at)
        new = self.currentText() != name
        self.setCurrentIndex(at)
        self.setEditText(name)
        return new


def make_officer_box(project: Project, shown: str) -> ChoiceBox:
    """Return a choice of the project's officers by name, in which another one may be typed."""
    box = make_editable_box([], "", "Not recorded")
    for officer in sorted(project.officers.values(), key=lambda one: one.name):
        box.addItem(officer.name, officer.id)
    at = box.findData(shown) if shown else -1
    box.setCurrentIndex(at)
    if at < 0:
        box.setEditText(shown)
    return box


def read_typed_choice(box: QComboBox) -> str:
    """Return the value of the choice that a box names, else what is written there."""
    text = box.currentText().strip()
    at = box.findText(text) if text else -1
    return str(box.itemData(at) or text) if at >= 0 else text


def make_editable_box(
    words: Sequence[str], shown: str, hint: str = "", *, by_substring: bool = False
) -> ChoiceBox:
    """Return a choice of words in which other ones may be typed; where it is empty the hint stands.

    What is typed is completed once a single choice begins with it. ``by_substring`` lists what
    fits instead, the arrows go through that list, and Enter or Tab shows the only one that fits.
    """
    box = PartBox() if by_substring else ChoiceBox()
    box.setLineEdit(PartLine(box) if by_substring else _BeginningLine(box))
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.addItems(words)
    box.setCurrentIndex(box.findText(shown) if shown else -1)  # Down goes to the first one
    box.setEditText(shown)
    if (line := box.lineEdit()) is not None:
        line.setPlaceholderText(hint)
    if by_substring:
        list_while_typing(box)
    else:
        box.setCompleter(None)  # type: ignore[arg-type]  # it takes the first of several that fit
    box.setMinimumContentsLength(16)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


class _EnterGoesOn(QObject):
    """Gives Enter to the box where no row of its list is picked; the list alone would keep it."""

    def __init__(self, box: QComboBox, popup: QAbstractItemView) -> None:
        super().__init__(popup)
        self._box, self._popup = box, popup

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close the list and press Enter in the box, which confirms its form."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not self._popup.currentIndex().isValid()
        ):
            self._popup.hide()
            QApplication.sendEvent(self._box, event)
            return True
        return super().eventFilter(watched, event)


def list_while_typing(box: QComboBox) -> None:
    """List the choices that contain what is typed; other words stay as they are."""
    completer = box.completer()
    if completer is not None:
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        if (popup := completer.popup()) is not None:
            popup.installEventFilter(_EnterGoesOn(box, popup))


def place_beside(field: QWidget, button: QWidget) -> QWidget:
    """Put a button beside a field, which takes the focus."""
    row = QWidget()
    make_row_layout((field, 1), button, parent=row)
    pass_focus(row, field)
    return row


def add_browse_button(field: QLineEdit, choose: Callable[[], object]) -> QWidget:
    """Put a button beside the field of a file or folder that asks for one."""
    button = QPushButton("Choose…")
    button.clicked.connect(lambda _=False: choose())
    return place_beside(field, button)


class FormRows(QFormLayout):
    """Rows of a label and a field; the fields of all forms begin in the same column.

    Nobody asks a layout for its items (``itemAt``): when one is gone, PySide takes whatever comes
    to stand in its memory for it, a field or a whole form, and the program ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fields: list[QWidget] = []

    def addRow(self, *row: Any) -> None:
        """Add a row; its label is as wide as those of other forms."""
        super().addRow(*row)
        if isinstance(row[-1], QLabel) and row[-1].wordWrap():
            policy = row[-1].sizePolicy()  # else it has the height of its text in a narrow column
            policy.setVerticalPolicy(QSizePolicy.Policy.Ignored)
            row[-1].setSizePolicy(policy)
        label = self.labelForField(row[-1]) if len(row) > 1 else None
        if label is not None:
            label.setMinimumWidth(LABEL_PX)
            if isinstance(row[-1], QWidget):
                self._fields.append(row[-1])

    def list_rows(self) -> list[tuple[QWidget, QWidget]]:
        """Return label and field of each row that has both."""
        labels = ((self.labelForField(field), field) for field in self._fields if isValid(field))
        return [(label, field) for label, field in labels if label is not None]


def make_form_layout() -> FormRows:
    """Return rows of a label and a field each, with the house's distances."""
    rows = FormRows()
    rows.setHorizontalSpacing(SPACING_PX)
    rows.setVerticalSpacing(SPACING_PX)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return rows


def name_fields(form: FormRows) -> None:
    """Give each field that has no name that of its row, for screen readers."""
    for label, field in form.list_rows():
        if isinstance(label, QLabel | QAbstractButton):
            name = label.text().replace("&", "")
            for one in (field, *field.findChildren(QWidget)):
                has_own = isinstance(one, QAbstractButton) or one.accessibleName()
                if one.focusPolicy() & Qt.FocusPolicy.TabFocus and not has_own:
                    one.setAccessibleName(name)
