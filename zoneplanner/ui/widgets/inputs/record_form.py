"""Forms of the log's records: each field fills a column, and only what was touched is corrected."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from zoneplanner.app.log.corrections import correct_record
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.record_history import describe_record_history
from zoneplanner.app.log.stamps import STAMP_NAMES
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.journal import INCIDENT_STAMPS, UnitStamps
from zoneplanner.domain.log.record_schema import LogRecord
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import (
    DayField,
    PrivacyCheckedField,
    RequiredTimeField,
    TimeField,
    read_typed_choice,
)
from zoneplanner.ui.widgets.inputs.site_combo_box import SiteComboBox, read_chosen_site
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_muted_label,
    make_row_layout,
    pass_focus,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

_Field = TypeVar("_Field", bound=QWidget)
_UNITS_BESIDE, _WORDS_BESIDE = 4, 3


def read_field_text(field: QWidget, needed: str = "") -> str:
    """Return what a field says as the text of a column; "" where it says nothing.

    Raises
    ------
    UserError
        A site or a time that makes no sense; of a site that is ``needed``, also none.
    """
    match field:
        case RequiredTimeField():
            text = read_field_text(field.field)
        case TimeField():
            text = format_utc_iso(field.moment())
        case DayField():
            text = field.day().isoformat()
        case SiteComboBox():
            text = read_chosen_site(field, needed)
        case QComboBox():
            text = read_typed_choice(field) if field.isEditable() else field.currentData() or ""
        case QSpinBox():
            silent = field.specialValueText() and field.value() == field.minimum()
            text = "" if silent else str(field.value())
        case QLineEdit() | PrivacyCheckedField() | UnitsField() | _OptionalField():
            text = field.text().strip()
        case _:
            raise TypeError(f"{type(field).__name__} is not a field of a record")
    return text


class _TakenBox(QCheckBox):
    """The box to tick before a day or time; what is typed on it is that day or time."""

    def __init__(self, field: QDateTimeEdit) -> None:
        super().__init__()
        self._field = field

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick it and go on in its field with the first digit."""
        if event.text().isdigit():
            self.setChecked(True)
            self._field.setFocus(Qt.FocusReason.TabFocusReason)
            QApplication.sendEvent(self._field, event)
        else:
            super().keyPressEvent(event)


class _OptionalField(QWidget):
    """A day or time that was reached or was not: a box to tick before its field."""

    def __init__(self, name: str, field: QDateTimeEdit, *, given: bool) -> None:
        super().__init__()
        self._field = field
        self.taken = _TakenBox(field)
        self.taken.setAccessibleName(name)
        self.taken.setChecked(given)
        field.setEnabled(given)
        self.taken.toggled.connect(field.setEnabled)
        make_row_layout(self.taken, (field, 1), parent=self)
        pass_focus(self, self.taken)

    def text(self) -> str:
        """Return the day or time as text; nothing where it was not reached."""
        return read_field_text(self._field) if self.taken.isChecked() else ""


class OptionalTimeField(_OptionalField):
    """A time that was taken or was not: a box to tick and the time."""

    def __init__(self, desk: UiContext, moment: datetime | None, *, needed: bool) -> None:
        field = TimeField(desk.session, moment or desk.session.clock())
        super().__init__("Time stamped", field, given=needed or moment is not None)
        self.time = field
        if needed:
            self.taken.hide()
            pass_focus(self, self.time)


def find_time_field(field: QWidget) -> TimeField | None:
    """Return the time that a field says, None of one that says none or another value."""
    time: QWidget = field
    if isinstance(field, RequiredTimeField) and field.is_set:
        time = field.field
    elif isinstance(field, OptionalTimeField) and field.taken.isChecked():
        time = field.time
    return time if isinstance(time, TimeField) else None


class OptionalDayField(_OptionalField):
    """A day that was reached or was not: a box to tick and the day."""

    def __init__(self, name: str, desk: UiContext, day: date | None) -> None:
        field = DayField(desk.session.formats, day or desk.session.today)
        super().__init__(name, field, given=day is not None)
        self.day = field

    def read_day(self) -> date | None:
        """Return the day; None where it was not reached."""
        return self.day.day() if self.taken.isChecked() else None


class UnitsField(QWidget):
    """A box to tick for each unit; those that were there keep their order, the first one leads."""

    toggled = Signal(str, bool)

    def __init__(
        self, units: Iterable[str], chosen: Iterable[str], *, beside: int = _UNITS_BESIDE
    ) -> None:
        super().__init__()
        self._order, self._beside = list(chosen), beside
        self.boxes: dict[str, QCheckBox] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, GRID_PX, 0, GRID_PX)  # its first row beside the label
        self._grid.setHorizontalSpacing(SPACING_PX)
        self._grid.setVerticalSpacing(GRID_PX)
        self.offer({unit: unit for unit in units})

    def offer(self, units: Mapping[str, str]) -> None:
        """Show a box for each of these by its text, and for those that are ticked."""
        for box in self.boxes.values():
            box.deleteLater()
        self.boxes.clear()
        shown = {**units, **{one: units.get(one, one) for one in self._order}}
        for at, (unit, text) in enumerate(shown.items()):
            box = self.boxes[unit] = QCheckBox(text)
            box.setChecked(unit in self._order)
            box.toggled.connect(lambda on, unit=unit: self._toggle(unit, on=on))
            self._grid.addWidget(box, at // self._beside, at % self._beside)

    def text(self) -> str:
        """Return the units as a list of text."""
        return ";".join(self._order)

    def _toggle(self, unit: str, *, on: bool) -> None:
        self._order = [one for one in self._order if one != unit] + [unit] * on
        self.toggled.emit(unit, on)


class WordsField(UnitsField):
    """A box to tick for each word that a list is made of."""

    def __init__(self, words: Mapping[str, str], chosen: Iterable[str]) -> None:
        super().__init__((), chosen, beside=_WORDS_BESIDE)
        self.offer(words)


class UnitStampsField(QWidget):
    """The stamps of one unit on an incident, a time each."""

    def __init__(self, desk: UiContext, stamps: UnitStamps) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID_PX)
        grid.setColumnStretch(1, 1)
        self.fields: dict[str, OptionalTimeField] = {}
        for at, name in enumerate(INCIDENT_STAMPS[1:]):
            field = self.fields[name] = OptionalTimeField(desk, getattr(stamps, name), needed=False)
            field.taken.setAccessibleName(f"{stamps.unit} {STAMP_NAMES[name].lower()}")
            grid.addWidget(make_muted_label(STAMP_NAMES[name]), at, 0)
            grid.addWidget(field, at, 1)


_UNTOUCHED = "Nothing has changed yet."
_INNER = (QComboBox, QAbstractSpinBox)
LOG_IT, _SAVE = "Log it", "Save correction"


class RecordForm(FormDialog):
    """A form whose fields are the columns of a record of one kind.

    A form of a kind adds its fields, each with the column that it fills, and then calls
    ``watch_fields``. With ``corrects`` only the columns that were touched are written.
    """

    def __init__(
        self,
        desk: UiContext,
        kind: str,
        title: str,
        *,
        corrects: LogRecord | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._desk, self._kind, self._record = desk, kind, corrects
        self._fields: dict[str, QWidget] = {}
        self._needed: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        ok = _SAVE if corrects else LOG_IT
        super().__init__(title, ok, self._save, parent, notices=desk.notices)
        if corrects is not None:
            self.set_about(describe_record_history(desk.session, corrects.uid))

    def add(self, column: str, label: str, field: _Field, *, needed: str | None = None) -> _Field:
        """Add the field that fills a column; ``needed`` is what to say while it is empty."""
        self.form.addRow(label, field)
        self._fields[column], self._labels[column] = field, label.replace("&", "")
        if needed is not None:
            self._needed[column] = needed
        return field

    def recorded(self, column: str, default: Any = None) -> Any:
        """Return what the record to correct says in a column, of a new record the default."""
        return default if self._record is None else getattr(self._record, column)

    def make_text_field(self, column: str, hint: str = "") -> PrivacyCheckedField:
        """Return a line of text for a column, which warns of personal data."""
        line = QLineEdit(self.recorded(column, ""))
        line.setPlaceholderText(hint)
        return PrivacyCheckedField(line, self._desk.session.project)

    def columns(self) -> dict[str, str]:
        """Return what the fields say, as columns of text; "" for what is empty."""
        return {
            column: read_field_text(field, self._needed.get(column, ""))
            for column, field in self._fields.items()
        }

    def missing(self) -> str:
        """Name what is still required, in a sentence; nothing where the record can be logged."""
        for column, sentence in self._needed.items():
            field = self._fields[column]
            if isinstance(field, RequiredTimeField):
                if not field.is_set:
                    return sentence
                continue
            try:
                text = read_field_text(field, sentence)
            except UserError as error:
                return error.message
            if sentence and not text:
                return sentence
        return self._mark_times()

    def times_to_come(self) -> Collection[str]:
        """Return the columns whose times may lie in the future."""
        return ()

    def _mark_times(self) -> str:
        """Mark the times that cannot be logged, and return why the first of them cannot."""
        problems, to_come = [], self.times_to_come()
        for column, field in self._fields.items():
            time = find_time_field(field)
            if time is not None:
                name = self._labels[column]
                problems.append(time.mark_problem(name, to_come=column in to_come))
        return next(filter(None, problems), "")

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log a new record."""
        log_record(self._desk.session, self._kind, columns)

    def correct(self, touched: Mapping[str, str]) -> None:
        """Log a correction of what was touched."""
        assert self._record is not None
        correct_record(self._desk.session, self._kind, self._record.uid, touched)

    def texts(self) -> dict[QWidget, str]:
        """Return what stands in the fields for texts, those of one line too."""
        lines = self.findChildren(QLineEdit)
        own: dict[QWidget, str] = {
            field: field.text() for field in lines if not isinstance(field.parent(), _INNER)
        }
        return {**super().texts(), **own}

    def collect_changes(self) -> dict[str, str]:
        """Return the columns that no longer say what they said when the form was opened."""
        return {
            name: text for name, text in self.columns().items() if text != self._shown.get(name, "")
        }

    def show_refusal(self, text: str) -> None:
        """Say in the dialog why it was not done, with days as this desk writes them."""
        super().show_refusal(self._desk.session.rewrite(text))

    def watch_fields(self, first: QWidget | None = None) -> None:
        """Take what the fields say as untouched, and follow every change of theirs.

        What is logged of a school begins with its site, a correction too; all else in ``first``.
        """
        self._shown = self.columns() if self._record is not None else {}
        self.watch(self)
        self.update_required()
        site = next((one for one in self._fields.values() if isinstance(one, SiteComboBox)), None)
        if site is not None and site.isEnabledTo(self):
            site.take_keys()
        elif first is not None:
            first.setFocus()

    def begin_in(self, column: str) -> None:
        """Begin in the field of a column, behind what is written there."""
        for line in self.findChildren(QLineEdit):
            line.deselect()
        self._fields[column].setFocus()
        self._left_in = self._fields[column].focusProxy()
        if isinstance(self._left_in, QLineEdit):
            self._left_in.end(False)

    def watch(self, of: QObject) -> None:
        """Follow the changes of all fields inside a widget."""
        for combo in of.findChildren(QComboBox):
            combo.currentTextChanged.connect(self.update_required)
        for box in of.findChildren(QCheckBox):
            box.toggled.connect(self.update_required)
        for area in of.findChildren(QPlainTextEdit):
            area.textChanged.connect(self.update_required)
        for number in of.findChildren(QAbstractSpinBox):
            if isinstance(number, QDateTimeEdit):
                number.dateTimeChanged.connect(self.update_required)
                if isinstance(number, TimeField):
                    number.unread_changed.connect(self.update_required)
            elif isinstance(number, QSpinBox | QDoubleSpinBox):
                number.valueChanged.connect(self.update_required)
        for asked in of.findChildren(RequiredTimeField):
            asked.changed.connect(self.update_required)
        for line in of.findChildren(QLineEdit):
            if not isinstance(line.parent(), _INNER):
                line.textChanged.connect(self.update_required)

    def update_required(self, _: object = None) -> None:
        """Open the default button once all that is required is there, and name what is not."""
        self.require(self.missing() or self._unchanged())

    def accept(self) -> None:
        """Log it; what is missing or makes no sense is named, and the form stays."""
        left = self.missing()
        if left:
            self.show_refusal(left)
            return
        super().accept()

    def _unchanged(self) -> str:
        if self._record is None:
            return ""
        try:
            return "" if self.collect_changes() else _UNTOUCHED
        except UserError:  # it is told at OK
            return ""

    def _save(self) -> None:
        if self._record is None:
            self.log_record(self.columns())
            return
        touched = self.collect_changes()
        if touched:
            self.correct(touched)
