"""Fields of forms and their rows."""

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
from zoneplanner.messages import say_all
from zoneplanner.tokens import SIZES_PX
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, MomentBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ENTER_KEYS,
    OTHER_WINDOW_REASONS,
    LayoutPart,
    make_column_layout,
    make_muted_label,
    make_problem_label,
    make_row_layout,
    pass_focus,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, set_style_state
from zoneplanner.ui.widgets.style.value_text import describe_unit

_TextField = QLineEdit | QPlainTextEdit


class PrivacyCheckedField(QWidget):
    """A text field that warns of personal data without rejecting it."""

    def __init__(self, field: _TextField, project: Project) -> None:
        super().__init__()
        self.field = field
        self._known_words = collect_known_words(project)
        self.hint = make_problem_label()
        make_column_layout(self, field, self.hint, margin_px=0, spacing_px=GRID_PX)
        pass_focus(self, field)
        field.textChanged.connect(lambda *_: self._update_hint())
        self._update_hint()

    def text(self) -> str:
        """Return the field's text."""
        field = self.field
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText()

    def put(self, text: str) -> None:
        """Show another text."""
        field = self.field
        if isinstance(field, QLineEdit):
            field.setText(text)
        else:
            field.setPlainText(text)

    def _update_hint(self) -> None:
        warnings = find_personal_data(self.text(), self._known_words)
        self.hint.setText(say_all([*warnings, PRIVACY_ADVICE]) if warnings else "")
        self.field.setAccessibleDescription(self.hint.text())


_KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
_NOT_RECORDED = "Not recorded"
LABEL_PX = SIZES_PX["label_column"]
"""The minimum width of labels, so that the fields of all forms are aligned."""


def describe_unread(box: MomentBox) -> str:
    """Return why the typed text is not a day or time, or "" if the field could read it."""
    if not box.unread or not box.isEnabled():
        return ""
    return UserError("not_read", text=box.unread, shown=box.text()).message


class TimeField(MomentBox):
    """A date and time in the project's time zone."""

    def __init__(self, session: Session, moment: datetime) -> None:
        super().__init__()
        project = session.project
        self._session, self._zone = session, ZoneInfo(project.time_zone)
        self.setDisplayFormat(session.formats.field_moment)
        self.setCalendarPopup(True)
        self.setToolTip(
            f"Local time, {project.time_zone}. Type 2:30 PM, 14:30 or 1430. For another day, type "
            "the date or “yesterday” first."
        )
        self.put(moment)

    def put(self, moment: datetime) -> None:
        """Show a datetime."""
        local = moment.astimezone(self._zone)
        self.setDateTime(
            QDateTime(QDate(local.year, local.month, local.day), QTime(local.hour, local.minute))
        )
        self._exact_moment = (self.dateTime(), moment.astimezone(UTC).replace(microsecond=0))
        self.unread = ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Start in the hour, since the displayed day is usually the right one."""
        super().focusInEvent(event)
        if event.reason() in _KEYBOARD_REASONS:
            self.setSelectedSection(QDateTimeEdit.Section.HourSection)

    def today(self) -> date:
        """Return the current day in the project's time zone."""
        return self._session.today

    def mark_problem(self, name: str, *, allow_future: bool = False) -> str:
        """Mark the field if its time cannot be logged, and return the reason, otherwise "".

        ``name`` is the field's name in the form.
        """
        problem = describe_unread(self)
        try:
            if not problem and not allow_future and self.moment() > self._session.clock():
                problem = UserError("in_the_future", name=name).message
        except UserError as error:  # an hour that a clock change skips or repeats
            problem = error.message
        set_style_state(self, "role", "problem" if problem else "")
        self.setAccessibleDescription(problem)
        return problem

    def moment(self) -> datetime:
        """Return the datetime in UTC; one passed to ``put`` keeps its seconds.

        Raises
        ------
        DoubtfulTime
            The local time occurs twice or not at all because of a clock change.
        """
        shown, exact = self._exact_moment
        if shown == self.dateTime():
            return exact
        local = self.dateTime().toString("yyyy-MM-dd HH:mm")
        try:
            return parse_moment(local, time_zone=self._zone.key, now=datetime.now(UTC))
        except DoubtfulTime as error:
            raise DoubtfulTime(f"{error.template}_in_form", error.details) from error


class DayField(MomentBox):
    """A day in the desk's format."""

    def __init__(self, formats: LocaleFormats, day: date) -> None:
        super().__init__(QDate(day.year, day.month, day.day))
        self.setCalendarPopup(True)
        self.setDisplayFormat(formats.field_pattern)

    def put(self, day: date) -> None:
        """Show a day."""
        self.setDate(QDate(day.year, day.month, day.day))

    def limit(self, first: date, last: date) -> None:
        """Accept only days in this range."""
        self.setDateRange(*(QDate(day.year, day.month, day.day) for day in (first, last)))

    def day(self) -> date:
        """Return the day."""
        chosen = self.date()
        return date(chosen.year(), chosen.month(), chosen.day())


class RequiredTimeField(QWidget):
    """A day or time that a person has to set, by typing or with a button that calls ``fill``.

    Until it is set, it reads “Not recorded”, but shows its sections while it has the focus.
    """

    changed = Signal()

    def __init__(
        self, field: MomentBox, button: str, fill: Callable[[], object], *, given: bool
    ) -> None:
        super().__init__()
        self.field, self.is_set = field, given
        self._shown = field.dateTime()
        self.now = QPushButton(button)
        self.now.setAutoDefault(False)
        self.now.clicked.connect(lambda _=False: fill())
        self.now.clicked.connect(lambda _=False: self._mark_set())
        make_row_layout((field, 1), self.now, parent=self)
        pass_focus(self, field)
        self.not_recorded = make_muted_label(_NOT_RECORDED)
        self.not_recorded.setAutoFillBackground(True)
        self.not_recorded.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        make_row_layout(self.not_recorded, parent=field.lineEdit())
        self.not_recorded.setHidden(given)
        if not given:
            set_style_state(field, "role", "suggested")
            field.setAccessibleDescription(_NOT_RECORDED)
            field.installEventFilter(self)
        field.dateTimeChanged.connect(self._on_moment_changed)
        field.moment_typed.connect(self._mark_set)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the sections while the field has the focus."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.not_recorded.setHidden(self.is_set or event.type() == QEvent.Type.FocusIn)
        return super().eventFilter(watched, event)

    def _on_moment_changed(self, moment: QDateTime) -> None:
        """Mark the field as set, unless Enter emits the same time again."""
        if moment != self._shown:
            self._shown = moment
            self._mark_set()

    def _mark_set(self) -> None:
        if not self.is_set:
            self.is_set = True
            self.not_recorded.hide()
            self.field.setAccessibleDescription("")
            set_style_state(self.field, "role", "")
        self.changed.emit()


def make_unit_box(project: Project, chosen: str | None) -> ChoiceBox:
    """Return a choice of the project's units."""
    units = {unit: f"{unit} · {describe_unit(project, unit)}" for unit in project.units}
    return make_choice_box(with_missing({None: "No unit", **units}, chosen), chosen)


def with_missing(options: dict[Any, str], chosen: str | None) -> dict[Any, str]:
    """Add the value of an old entry to the options if it is no longer in the project."""
    return {**options, chosen: chosen} if chosen and chosen not in options else options


class PartLine(QLineEdit):
    """The line of a ``PartBox``: Enter first shows the matching choice in full, then confirms."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Replace the typed part with the matching choice before anything is saved."""
        box = self.parent()
        if isinstance(box, PartBox):
            if (next_field := box.find_next_field()) is not None:
                QApplication.sendEvent(next_field, event)
                return
            if event.key() in ENTER_KEYS and box.show_match():
                event.accept()
                return
        super().keyPressEvent(event)


class _PrefixLine(QLineEdit):
    """The line of a choice that completes typed text if exactly one choice begins with it.

    Completing the first of several would let Enter store a choice that was not meant.
    """

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)
        self._box, self._is_inserting, self._is_edited = box, False, False
        self.textEdited.connect(self._complete)
        self.editingFinished.connect(self._adopt_choice)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Note whether the key inserts text; erased text is not completed again."""
        self._is_inserting = event.text().isprintable()
        super().keyPressEvent(event)

    def _complete(self, typed: str) -> None:
        self._is_edited = True
        names = list_choices_beginning(self._box, typed)
        if len(names) != 1 or not self._is_inserting or self.cursorPosition() < len(typed):
            return
        self.setText(typed + names[0][len(typed) :])  # keeps the typed letters' case
        self.setSelection(len(names[0]), len(typed) - len(names[0]))

    def _adopt_choice(self) -> None:
        """Replace a typed choice by the list's spelling."""
        index = self._box.findText(self.text(), Qt.MatchFlag.MatchFixedString)
        if self._is_edited and index >= 0:
            self._box.setCurrentIndex(index)


def list_choices_beginning(box: QComboBox, typed: str) -> list[str]:
    """Return the choices of a box that begin with what was typed, ignoring case."""
    names, prefix = (box.itemText(row) for row in range(box.count())), typed.casefold()
    return [name for name in names if prefix and name.casefold().startswith(prefix)]


class PartBox(ChoiceBox):
    """A choice that can be found by typing part of it, and that is shown in full before it counts.

    When its popup closes, a busy desktop activates the popup's window only then, and would return
    the focus from the field in which the person already types. The box passes it on.
    """

    _next_field: QWidget | None = None

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """Accept the focus from a person, and pass one from the popup on to the next field."""
        next_field = self.find_next_field(while_focused=True)
        self._next_field = None
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.ActiveWindowFocusReason and next_field is not None:
            next_field.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def find_next_field(self, *, while_focused: bool = False) -> QWidget | None:
        """Return the field that the person moved on to; None while this box has the focus."""
        next_field = self._next_field
        if next_field is None or not isValid(next_field) or not next_field.isVisible():
            return None
        return next_field if while_focused or not self.hasFocus() else None

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        """Show the matching choice in full when the person moves on."""
        moves_on = event.reason() not in OTHER_WINDOW_REASONS
        if moves_on:
            self.show_match(by_mouse=event.reason() == Qt.FocusReason.MouseFocusReason)
            self._next_field = QApplication.focusWidget()
        super().focusOutEvent(event)
        if moves_on and (line := self.lineEdit()) is not None:
            line.setCursorPosition(0)  # shows the beginning of a long name

    def find_matches(self) -> list[int]:
        """Return the rows that contain every typed word."""
        words = self.currentText().casefold().split()
        names = [self.itemText(row).casefold() for row in range(self.count())]
        return [
            row for row, name in enumerate(names) if words and all(word in name for word in words)
        ]

    def show_match(self, *, by_mouse: bool = False) -> bool:
        """Show the only matching choice in full, and return whether that changed the text.

        ``by_mouse``: a click leaves the field, and may confirm the form.
        """
        matches = self.find_matches()
        return len(matches) == 1 and self.show_choice(matches[0])

    def show_choice(self, row: int) -> bool:
        """Show a choice in full, and return whether that changed the text."""
        name = self.itemText(row)
        is_new = self.currentText() != name
        self.setCurrentIndex(row)
        self.setEditText(name)
        return is_new


def make_officer_box(project: Project, shown: str) -> ChoiceBox:
    """Return a choice of the project's officers by name that also accepts other names."""
    box = make_editable_box([], "", _NOT_RECORDED)
    for officer in sorted(project.officers.values(), key=lambda officer: officer.name):
        box.addItem(officer.name, officer.id)
    box.setCurrentIndex(box.findData(shown) if shown else -1)
    if box.currentIndex() < 0:
        box.setEditText(shown)
    return box


def read_typed_choice(box: QComboBox) -> str:
    """Return the value of the choice that is typed, or the typed text if there is none."""
    text = box.currentText().strip()
    row = box.findText(text) if text else -1
    return str(box.itemData(row) or text) if row >= 0 else text


def make_editable_box(
    words: Sequence[str], shown: str, hint: str = "", *, by_substring: bool = False
) -> ChoiceBox:
    """Return a choice of words that also accepts other text; an empty one shows the hint.

    Typed text is completed once a single choice begins with it. ``by_substring`` lists the matching
    choices instead: the arrow keys move in that list, and Enter or Tab shows the only match.
    """
    box = PartBox() if by_substring else ChoiceBox()
    box.setLineEdit(PartLine(box) if by_substring else _PrefixLine(box))
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.addItems(words)
    box.setCurrentIndex(box.findText(shown) if shown else -1)  # so that Down chooses the first one
    box.setEditText(shown)
    if (line := box.lineEdit()) is not None:
        line.setPlaceholderText(hint)
    if by_substring:
        list_while_typing(box)
    else:
        box.setCompleter(None)  # type: ignore[arg-type]  # it completes the first of several
    box.set_width(16)
    return box


class _PopupEnterFilter(QObject):
    """Passes Enter to the box if no row of its popup list is selected; Qt would only close it."""

    def __init__(self, box: QComboBox, popup: QAbstractItemView) -> None:
        super().__init__(popup)
        self._box, self._popup = box, popup

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close the list and press Enter in the box, which confirms its form."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in ENTER_KEYS
            and not self._popup.currentIndex().isValid()
        ):
            self._popup.hide()
            QApplication.sendEvent(self._box, event)
            return True
        return super().eventFilter(watched, event)


def list_while_typing(box: QComboBox) -> None:
    """List the choices that contain the typed text, without completing it."""
    completer = box.completer()
    if completer is not None:
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        if (popup := completer.popup()) is not None:
            popup.installEventFilter(_PopupEnterFilter(box, popup))


def join_fields(*parts: LayoutPart) -> QWidget:
    """Return a row of fields and other parts; the first field gets the row's focus."""
    row, first = QWidget(), parts[0]
    make_row_layout(*parts, parent=row)
    field = first[0] if isinstance(first, tuple) else first
    assert isinstance(field, QWidget)
    pass_focus(row, field)
    return row


def add_browse_button(field: QLineEdit, choose: Callable[[], object]) -> QWidget:
    """Return a row of a path's field and a button that calls ``choose``."""
    button = QPushButton("Choose…")
    button.clicked.connect(lambda _=False: choose())
    return join_fields((field, 1), button)


class FormRows(QFormLayout):
    """Rows of a label and a field; the fields of all forms are aligned.

    Do not use ``itemAt`` on a layout: after an item is deleted, PySide mistakes another object at
    the same address, such as a field or a whole form, for it, and the program crashes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalSpacing(SPACING_PX)
        self.setVerticalSpacing(SPACING_PX)
        self.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._fields: list[QWidget] = []

    def addRow(self, *row: Any) -> None:
        """Add a row with a label of the common width."""
        super().addRow(*row)
        field = row[-1]
        if isinstance(field, QLabel) and field.wordWrap():
            policy = field.sizePolicy()  # otherwise it is as high as its text in a narrow column
            policy.setVerticalPolicy(QSizePolicy.Policy.Ignored)
            field.setSizePolicy(policy)
        label = self.labelForField(field) if len(row) > 1 else None
        if label is not None:
            label.setMinimumWidth(LABEL_PX)
            if isinstance(field, QWidget):
                self._fields.append(field)

    def list_rows(self) -> list[tuple[QWidget, QWidget]]:
        """Return the label and field of each row that has both."""
        labels = ((self.labelForField(field), field) for field in self._fields if isValid(field))
        return [(label, field) for label, field in labels if label is not None]

    def name_fields(self) -> None:
        """Give fields without an accessible name the name of their row, for screen readers."""
        for label, field in self.list_rows():
            if isinstance(label, QLabel | QAbstractButton):
                for widget in (field, *field.findChildren(QWidget)):
                    has_name = isinstance(widget, QAbstractButton) or widget.accessibleName()
                    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not has_name:
                        widget.setAccessibleName(label.text().replace("&", ""))
