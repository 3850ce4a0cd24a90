"""Forms of the log's records: each field fills a column, and corrections log only changes."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
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
from zoneplanner.ui.widgets.inputs.site_combo_box import (
    SiteComboBox,
    make_site_combo_box,
    read_chosen_site,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_grid_layout,
    make_muted_label,
    make_row_layout,
    pass_focus,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX

_Field = TypeVar("_Field", bound=QWidget)


def read_field_text(field: QWidget, needed: str = "") -> str:
    """Return a field's value as the text of a column, or "" if it is empty.

    Raises
    ------
    UserError
        The site or time is invalid, or a site is missing and ``needed`` explains why it is
        required.
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
            is_empty = field.specialValueText() and field.value() == field.minimum()
            text = "" if is_empty else str(field.value())
        case QLineEdit() | PrivacyCheckedField() | UnitsField() | _OptionalField():
            text = field.text().strip()
        case _:
            raise TypeError(f"{type(field).__name__} is not a field of a record")
    return text


class _FieldCheckBox(QCheckBox):
    """A checkbox that enables a day or time; digits typed on it go to that field."""

    def __init__(self, field: QDateTimeEdit) -> None:
        super().__init__()
        self._field = field

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Check the box at the first digit, and pass it on to the field."""
        if event.text().isdigit():
            self.setChecked(True)
            self._field.setFocus(Qt.FocusReason.TabFocusReason)
            QApplication.sendEvent(self._field, event)
        else:
            super().keyPressEvent(event)


class _OptionalField(QWidget):
    """An optional day or time: a checkbox and a field."""

    def __init__(self, name: str, field: QDateTimeEdit, *, given: bool) -> None:
        super().__init__()
        self._field = field
        self.taken = _FieldCheckBox(field)
        self.taken.setAccessibleName(name)
        self.taken.setChecked(given)
        field.setEnabled(given)
        self.taken.toggled.connect(field.setEnabled)
        make_row_layout(self.taken, (field, 1), parent=self)
        pass_focus(self, self.taken)

    def text(self) -> str:
        """Return the day or time as text, or "" if the box is not checked."""
        return read_field_text(self._field) if self.taken.isChecked() else ""


class OptionalTimeField(_OptionalField):
    """An optional time."""

    def __init__(self, desk: UiContext, moment: datetime | None, *, needed: bool) -> None:
        field = TimeField(desk.session, moment or desk.session.clock())
        super().__init__("Time stamped", field, given=needed or moment is not None)
        self.time = field
        if needed:
            self.taken.hide()
            pass_focus(self, self.time)


def find_time_field(field: QWidget) -> TimeField | None:
    """Return the time field of a column's field, or None if that has no time or it is not set."""
    time: QWidget = field
    if isinstance(field, RequiredTimeField) and field.is_set:
        time = field.field
    elif isinstance(field, OptionalTimeField) and field.taken.isChecked():
        time = field.time
    return time if isinstance(time, TimeField) else None


class OptionalDayField(_OptionalField):
    """An optional day."""

    def __init__(self, name: str, desk: UiContext, day: date | None) -> None:
        field = DayField(desk.session.formats, day or desk.session.today)
        super().__init__(name, field, given=day is not None)
        self.day = field

    def read_day(self) -> date | None:
        """Return the day, or None if the box is not checked."""
        return self.day.day() if self.taken.isChecked() else None


class UnitsField(QWidget):
    """A checkbox for each unit; checked units keep their order, and the first one leads."""

    toggled = Signal(str, bool)

    def __init__(self, units: Iterable[str], chosen: Iterable[str], *, columns: int = 4) -> None:
        super().__init__()
        self._chosen, self._columns = list(chosen), columns
        self.boxes: dict[str, QCheckBox] = {}
        margins_px = (0, GRID_PX, 0, GRID_PX)  # aligns the first row with the label
        self._grid = make_grid_layout(self, margins_px=margins_px)
        self.offer({unit: unit for unit in units})

    def offer(self, units: Mapping[str, str]) -> None:
        """Show a checkbox for each of these units by its text, and for units that are checked."""
        for box in self.boxes.values():
            box.deleteLater()
        self.boxes.clear()
        texts = {**units, **{unit: units.get(unit, unit) for unit in self._chosen}}
        for index, (unit, text) in enumerate(texts.items()):
            box = self.boxes[unit] = QCheckBox(text)
            box.setChecked(unit in self._chosen)
            box.toggled.connect(lambda on, unit=unit: self._toggle(unit, on=on))
            self._grid.addWidget(box, index // self._columns, index % self._columns)

    def text(self) -> str:
        """Return the checked units as a list in text."""
        return ";".join(self._chosen)

    def _toggle(self, unit: str, *, on: bool) -> None:
        self._chosen = [other for other in self._chosen if other != unit] + [unit] * on
        self.toggled.emit(unit, on)


class WordsField(UnitsField):
    """A checkbox for each word of a list, by its text."""

    def __init__(self, words: Mapping[str, str], chosen: Iterable[str]) -> None:
        super().__init__((), chosen, columns=3)
        self.offer(words)


class UnitStampsField(QWidget):
    """The times of one unit's stamps on an incident."""

    def __init__(self, desk: UiContext, stamps: UnitStamps) -> None:
        super().__init__()
        grid = make_grid_layout(self, spacings_px=(GRID_PX, GRID_PX), stretches={1: 1})
        self.fields: dict[str, OptionalTimeField] = {}
        for row, name in enumerate(INCIDENT_STAMPS[1:]):
            field = self.fields[name] = OptionalTimeField(desk, getattr(stamps, name), needed=False)
            field.taken.setAccessibleName(f"{stamps.unit} {STAMP_NAMES[name].lower()}")
            grid.addWidget(make_muted_label(STAMP_NAMES[name]), row, 0)
            grid.addWidget(field, row, 1)


_COMPOUND_FIELDS = (QComboBox, QAbstractSpinBox)
"""Fields that contain a line edit of their own."""
LOG_IT, _SAVE = "Log it", "Save correction"


class RecordForm(FormDialog):
    """A form whose fields are columns of one kind of record.

    A subclass adds its fields, each with its column, and then calls ``watch_fields``. With
    ``corrects``, only the columns that changed are logged.
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
        """Add the field of a column; ``needed`` is the text to show while a field is empty."""
        self.form.addRow(label, field)
        self._fields[column], self._labels[column] = field, label.replace("&", "")
        if needed is not None:
            self._needed[column] = needed
        return field

    def add_site(self, default: str | None = None, *, needed: str | None = None) -> SiteComboBox:
        """Add the choice of the record's site."""
        site = make_site_combo_box(self._desk.session.project, self.recorded("site", default))
        return self.add("site", "&Site", site, needed=needed)

    def add_choice(
        self, column: str, label: str, choices: Mapping[Any, str], default: object = None
    ) -> ChoiceBox:
        """Add a choice of a column's values by their texts."""
        return self.add(column, label, make_choice_box(choices, self.recorded(column, default)))

    def recorded(self, column: str, default: Any = None) -> Any:
        """Return a column's value in the record to correct, or the default for a new record."""
        return default if self._record is None else getattr(self._record, column)

    def make_text_field(self, column: str, hint: str = "") -> PrivacyCheckedField:
        """Return a text field for a column that warns of personal data."""
        line = QLineEdit(self.recorded(column, ""))
        line.setPlaceholderText(hint)
        return PrivacyCheckedField(line, self._desk.session.project)

    def columns(self) -> dict[str, str]:
        """Return the fields' values as text by column, or "" for empty fields."""
        return {
            column: read_field_text(field, self._needed.get(column, ""))
            for column, field in self._fields.items()
        }

    def missing(self) -> str:
        """Return a sentence about what is still required, or "" if the record can be logged."""
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

    def future_columns(self) -> Collection[str]:
        """Return the columns whose times may be in the future."""
        return ()

    def _mark_times(self) -> str:
        """Mark the times that cannot be logged, and return why the first one cannot."""
        future = self.future_columns()
        problems = [
            time.mark_problem(self._labels[column], allow_future=column in future)
            for column, field in self._fields.items()
            if (time := find_time_field(field)) is not None
        ]
        return next(filter(None, problems), "")

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log a new record."""
        log_record(self._desk.session, self._kind, columns)

    def correct(self, changes: Mapping[str, str]) -> None:
        """Log a correction of the columns that changed."""
        assert self._record is not None
        correct_record(self._desk.session, self._kind, self._record.uid, changes)

    def texts(self) -> dict[QWidget, str]:
        """Return the contents of the text fields, including single lines."""
        lines: dict[QWidget, str] = {line: line.text() for line in self._list_text_lines(self)}
        return {**super().texts(), **lines}

    def _list_text_lines(self, parent: QObject) -> list[QLineEdit]:
        lines = parent.findChildren(QLineEdit)
        return [line for line in lines if not isinstance(line.parent(), _COMPOUND_FIELDS)]

    def collect_changes(self) -> dict[str, str]:
        """Return the columns that changed since the form was opened."""
        return {
            name: text for name, text in self.columns().items() if text != self._shown.get(name, "")
        }

    def show_refusal(self, text: str) -> None:
        """Show in the dialog why the action failed, with days in this desk's format."""
        super().show_refusal(self._desk.session.rewrite(text))

    def watch_fields(self, first: QWidget | None = None) -> None:
        """Remember the fields' values as unchanged, and follow their changes.

        The focus starts in the site if the form has an editable one, otherwise in ``first``.
        """
        self._shown = self.columns() if self._record is not None else {}
        self.watch(self)
        self.update_required()
        sites = [field for field in self._fields.values() if isinstance(field, SiteComboBox)]
        if sites and sites[0].isEnabledTo(self):
            sites[0].take_keys()
        elif first is not None:
            first.setFocus()

    def begin_in(self, column: str) -> None:
        """Start in the field of a column, after its text."""
        for line in self.findChildren(QLineEdit):
            line.deselect()
        self._fields[column].setFocus()
        self._last_focus = self._fields[column].focusProxy()
        if isinstance(self._last_focus, QLineEdit):
            self._last_focus.end(False)

    def watch(self, parent: QObject) -> None:
        """Follow the changes of all fields inside a widget."""
        changes: list[SignalInstance] = [
            *(box.currentTextChanged for box in parent.findChildren(QComboBox)),
            *(box.toggled for box in parent.findChildren(QCheckBox)),
            *(area.textChanged for area in parent.findChildren(QPlainTextEdit)),
            *(box.valueChanged for box in parent.findChildren(QSpinBox)),
            *(box.valueChanged for box in parent.findChildren(QDoubleSpinBox)),
            *(box.dateTimeChanged for box in parent.findChildren(QDateTimeEdit)),
            *(field.unread_changed for field in parent.findChildren(TimeField)),
            *(field.changed for field in parent.findChildren(RequiredTimeField)),
            *(line.textChanged for line in self._list_text_lines(parent)),
        ]
        for changed in changes:
            changed.connect(self.update_required)

    def update_required(self, _: object = None) -> None:
        """Show what is still required, and enable the default button if that is nothing."""
        self.require(self.missing() or self._explain_unchanged())

    def accept(self) -> None:
        """Log the record, or show what is missing or invalid."""
        if missing := self.missing():
            self.show_refusal(missing)
            return
        super().accept()

    def _explain_unchanged(self) -> str:
        if self._record is None:
            return ""
        try:
            return "" if self.collect_changes() else "Nothing has changed yet."
        except UserError:  # reported at OK
            return ""

    def _save(self) -> None:
        if self._record is None:
            self.log_record(self.columns())
        elif changes := self.collect_changes():
            self.correct(changes)
