"""The form of a record: it opens once what is required is there, and corrects what was touched."""

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from zoneplanner.app.corrections import correct_record
from zoneplanner.app.logbook import log_record
from zoneplanner.app.record_history import describe_record_history
from zoneplanner.domain.kinds import LogRecord
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog

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
            self.say(describe_record_history(desk.session, corrects.uid))

    def columns(self) -> dict[str, str]:
        """Return what the fields say, as columns of text; "" for what is empty."""
        raise NotImplementedError

    def missing(self) -> str:
        """Name what is still required, in a sentence; nothing where the record can be logged."""
        return ""

    def file(self, columns: Mapping[str, str]) -> None:
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

    def touched(self) -> dict[str, str]:
        """Return the columns that no longer say what they said when the form was opened."""
        return {
            name: text for name, text in self.columns().items() if text != self._shown.get(name, "")
        }

    def refuse(self, text: str) -> None:
        """Say in the dialog why it was not done, with days as this desk writes them."""
        super().refuse(self._desk.session.rewrite(text))

    def watch_fields(self) -> None:
        """Take what the fields say as untouched, and follow every change of theirs."""
        self._shown = self.columns() if self._record is not None else {}
        self.watch(self)
        self.look()

    def watch(self, of: QObject) -> None:
        """Follow the changes of all fields inside a widget."""
        for combo in of.findChildren(QComboBox):
            combo.currentTextChanged.connect(self.look)
        for box in of.findChildren(QCheckBox):
            box.toggled.connect(self.look)
        for area in of.findChildren(QPlainTextEdit):
            area.textChanged.connect(self.look)
        for number in of.findChildren(QAbstractSpinBox):
            if isinstance(number, QDateTimeEdit):
                number.dateTimeChanged.connect(self.look)
            elif isinstance(number, QSpinBox | QDoubleSpinBox):
                number.valueChanged.connect(self.look)
        for line in of.findChildren(QLineEdit):
            if not isinstance(line.parent(), _INNER):
                line.textChanged.connect(self.look)

    def look(self, _: object = None) -> None:
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
            self.refuse(left)
            return
        super().accept()

    def _unchanged(self) -> str:
        if self._record is None:
            return ""
        try:
            return "" if self.touched() else _UNTOUCHED
        except UserError:  # it is told at OK
            return ""

    def _save(self) -> None:
        if self._record is None:
            self.file(self.columns())
            return
        touched = self.touched()
        if touched:
            self.correct(touched)
