"""Fields of an incident: times that were taken or were not, its units, and the stamps of each."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from zoneplanner.app.log.corrections import correct_record
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.record_history import describe_record_history
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.journal import INCIDENT_STAMPS, UnitStamps
from zoneplanner.domain.log.record_schema import LogRecord
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.forms import FormDialog, TimeField
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label, pass_focus
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import STAMP_NAMES

_UNITS_BESIDE = 4


class OptionalTimeField(QWidget):
    """A time that was taken or was not: a box to tick and the time."""

    def __init__(self, desk: UiContext, moment: datetime | None, *, needed: bool) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.taken = QCheckBox()
        self.taken.setAccessibleName("Time was taken")
        self.time = TimeField(desk.session, moment or desk.session.clock())
        self.taken.setChecked(needed or moment is not None)
        self.taken.setVisible(not needed)
        self.time.setEnabled(self.taken.isChecked())
        self.taken.toggled.connect(self.time.setEnabled)
        line.addWidget(self.taken)
        line.addWidget(self.time, 1)
        pass_focus(self, self.time if needed else self.taken)

    def text(self) -> str:
        """Return the time as text; nothing where it was not taken."""
        return format_utc_iso(self.time.moment()) if self.taken.isChecked() else ""


class UnitsField(QWidget):
    """A box to tick for each unit; those that were there keep their order, the first one leads."""

    toggled = Signal(str, bool)

    def __init__(self, units: Iterable[str], chosen: Iterable[str]) -> None:
        super().__init__()
        self._order = list(chosen)
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(GRID_PX)
        for at, unit in enumerate(dict.fromkeys((*units, *self._order))):
            box = self.boxes[unit] = QCheckBox(unit)
            box.setChecked(unit in self._order)
            box.toggled.connect(lambda on, unit=unit: self._toggle(unit, on=on))
            grid.addWidget(box, at // _UNITS_BESIDE, at % _UNITS_BESIDE)

    def text(self) -> str:
        """Return the units as a list of text."""
        return ";".join(self._order)

    def _toggle(self, unit: str, *, on: bool) -> None:
        self._order = [one for one in self._order if one != unit] + [unit] * on
        self.toggled.emit(unit, on)


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


_UNTOUCHED = "Nothing is changed yet."
_INNER = (QComboBox, QAbstractSpinBox)
LOG_IT, _SAVE = "Log it", "Save correction"


class RecordForm(FormDialog):
    """A form whose fields are the columns of a record of one kind.

    A form of a kind lays out its fields, says its ``columns`` and what is ``missing``, and then
    calls ``watch_fields``. With ``corrects`` only the columns that were touched are written.
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
        self._shown: dict[str, str] = {}
        super().__init__(title, _SAVE if corrects else LOG_IT, self._save, parent)
        if corrects is not None:
            self.set_about(describe_record_history(desk.session, corrects.uid))

    def columns(self) -> dict[str, str]:
        """Return what the fields say, as columns of text; "" for what is empty."""
        raise NotImplementedError

    def missing(self) -> str:
        """Name what is still required, in a sentence; nothing where the record can be logged."""
        return ""

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

    def watch_fields(self) -> None:
        """Take what the fields say as untouched, and follow every change of theirs."""
        self._shown = self.columns() if self._record is not None else {}
        self.watch(self)
        self.update_required()

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
            elif isinstance(number, QSpinBox | QDoubleSpinBox):
                number.valueChanged.connect(self.update_required)
        for line in of.findChildren(QLineEdit):
            if not isinstance(line.parent(), _INNER):
                line.textChanged.connect(self.update_required)

    def update_required(self, _: object = None) -> None:
        """Open the default button once all that is required is there, and name what is not."""
        left = self.missing() or self._unchanged()
        self.refused.hide()
        self.ok.setEnabled(not left)
        self.required.setText(left)
        self.required.setVisible(bool(left))

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
