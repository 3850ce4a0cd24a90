"""The form of one row of the office's data, built from the columns of its table."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from PySide6.QtCore import QDate, QDateTime, QTime, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QWidget,
)

from zoneplanner.app.data.data_table import (
    CellKind,
    DataColumn,
    DataTable,
    RowCells,
    format_yes,
    parse_yes,
)
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.record_schema import parse_list
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.forms import FormRows
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, read_typed_moment
from zoneplanner.ui.widgets.layout.basic_widgets import (
    MessageBanner,
    make_column_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
    push_button,
    set_tab_order,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.style.theme import Icons

_NOTE_PX = 72
_MIN_LETTERS = 16
"""The width of a choice, so that its longest name does not widen the form."""
_MAX_CHECK_BOXES = 12
"""Longer lists of words are typed instead of checked."""


class _Cell(NamedTuple):
    """A field, and how to read and fill it."""

    widget: QWidget
    read: Callable[[], str]
    put: Callable[[str], object]


class _CheckList(QWidget):
    """A list of a few words with a check box for each."""

    changed = Signal()

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.boxes = {key: QCheckBox(text) for key, text in words.items()}
        make_column_layout(self, *self.boxes.values(), margin_px=0, spacing_px=2)
        for box in self.boxes.values():
            box.toggled.connect(self.changed)

    def text(self) -> str:
        """Return the checked words, separated by semicolons."""
        return "; ".join(key for key, box in self.boxes.items() if box.isChecked())

    def put(self, text: str) -> None:
        """Check the words of a list that is separated by semicolons."""
        words = parse_list(text)
        for key, box in self.boxes.items():
            box.setChecked(key in words)


class RowForm(QWidget):
    """The fields of one row, with buttons that request its saving or removal."""

    save_requested = Signal()
    remove_requested = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.heading = make_heading_label()
        self.hint = make_muted_label()
        self.refusal = MessageBanner(icons, icon="error", name="Not saved")
        self.refusal.hide()
        self._fields = QWidget()
        self._rows = FormRows()
        self._fields.setLayout(self._rows)
        self.cells: dict[str, _Cell] = {}
        self._saved_cells: RowCells = {}
        self.save = push_button("Save", "Save the changes as one step.", self.save_requested.emit)
        self.save.setDefault(True)
        self.discard = push_button(
            "Discard", "Go back to the saved values.", lambda: self.put(self._saved_cells)
        )
        self.remove = push_button(
            "Remove", "Remove this row; Undo brings it back.", self.remove_requested.emit
        )
        make_column_layout(
            self,
            self.heading,
            self.hint,
            self.refusal,
            (wrap_in_scroll_area(self._fields, "Fields"), 1),
            make_row_layout(self.remove, None, self.discard, self.save),
        )

    def show_row(
        self,
        project: Project,
        table: DataTable,
        title: str,
        cells: RowCells,
        *,
        formats: LocaleFormats,
        today: date,
        new: bool,
        may_edit: bool,
    ) -> None:
        """Show a row's title and fields, and the buttons that apply to it."""
        self._clear()
        self.heading.setText(title)
        key = (table.key,) if new and table.key else ()
        columns = (each for each in table.columns if each.shown and (each.typed or not new))
        for column in (*key, *columns):
            if column.kind in (CellKind.DAY, CellKind.CLOCK):
                cell = _make_moment_cell(column, formats, today.year, self._show_changed)
            else:
                cell = _make_cell(project, column, self._show_changed)
            self.cells[column.name] = cell
            label = QLabel(f"{column.label} *" if column.required else column.label)
            label.setBuddy(cell.widget)
            cell.widget.setAccessibleName(column.label)
            cell.widget.setToolTip(column.about)
            cell.widget.setEnabled(may_edit and column.typed)
            self._rows.addRow(label, cell.widget)
        fields = (cell.widget for cell in self.cells.values())
        set_tab_order(*fields, self.remove, self.discard, self.save)
        self.put(cells)
        self.remove.setVisible(table.remove is not None and not new and may_edit)
        self.save.setVisible(may_edit)
        self.discard.setVisible(may_edit)
        self.hint.setText("* needed" if new else "")
        self.hint.setVisible(new)
        self._show_changed()

    def show_nothing(self, text: str) -> None:
        """Show a sentence in place of a row."""
        self._clear()
        self.refusal.hide()
        self.heading.setText("")
        self.hint.setText(text)
        self.hint.setVisible(True)
        for button in (self.remove, self.discard, self.save):
            button.setVisible(False)

    def _clear(self) -> None:
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self.cells = {}

    def put(self, cells: RowCells) -> None:
        """Fill the fields with saved values."""
        for name, cell in self.cells.items():
            cell.put(cells.get(name, ""))
        self._saved_cells = {name: cell.read() for name, cell in self.cells.items()}
        self._show_changed()

    def changes(self) -> dict[str, str]:
        """Return the text of the fields that differ from the saved values."""
        texts = {name: cell.read() for name, cell in self.cells.items()}
        saved = self._saved_cells
        return {name: text for name, text in texts.items() if text != saved.get(name, "")}

    def show_refusal(self, error: UserError) -> None:
        """Show why the row was not saved, and focus the field at fault or the first changed one."""
        at_fault = str(error.details.get("name", "")).casefold()
        fields = [
            name
            for name, cell in self.cells.items()
            if at_fault in (cell.widget.accessibleName().casefold(), name)
        ]
        field = next(iter((*fields, *self.changes(), *self.cells)), None)
        self.refusal.show_text(error.message)
        self.refusal.show()
        if field is not None:
            self.cells[field].widget.setFocus()

    def focus_first(self) -> None:
        """Focus the first field."""
        first = next(iter(self.cells.values()), None)
        if first is not None:
            first.widget.setFocus()

    def _show_changed(self, *_: object) -> None:
        self.refusal.hide()
        has_changed = bool(self.changes())
        self.save.setEnabled(has_changed)
        self.discard.setEnabled(has_changed)


def _make_cell(project: Project, column: DataColumn, on_change: Callable[..., object]) -> _Cell:
    """Return the field of a column; ``on_change`` is called whenever it changes."""
    choices = column.list_choices(project) if column.list_choices else {}
    match column.kind:
        case CellKind.YES_NO:
            box = QCheckBox()
            box.toggled.connect(on_change)
            return _Cell(
                box,
                lambda: format_yes(box.isChecked()),
                lambda text: box.setChecked(parse_yes(text, column.name)),
            )
        case CellKind.CHOICE:
            no_choice = "Choose…" if column.required else "Not set"
            choice = make_choice_box({"": no_choice, **choices}, name=column.label)
            choice.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            choice.setMinimumContentsLength(_MIN_LETTERS)
            choice.currentIndexChanged.connect(on_change)
            return _Cell(
                choice,
                lambda: str(choice.currentData() or ""),
                lambda text: choice.setCurrentIndex(max(0, choice.findData(text))),
            )
        case CellKind.LIST if 0 < len(choices) <= _MAX_CHECK_BOXES:
            check_list = _CheckList(choices)
            check_list.changed.connect(on_change)
            return _Cell(check_list, check_list.text, check_list.put)
        case CellKind.NOTE:
            note = QPlainTextEdit()
            note.setTabChangesFocus(True)
            note.setFixedHeight(_NOTE_PX)
            note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            note.textChanged.connect(on_change)
            return _Cell(note, lambda: note.toPlainText().strip(), note.setPlainText)
        case _:
            line = QLineEdit()
            line.setPlaceholderText(_LIST_HINT if column.kind is CellKind.LIST else "")
            line.textChanged.connect(on_change)

            def put(text: str) -> None:
                if column.kind is CellKind.LIST and choices:
                    text = "; ".join(choices.get(key, key) for key in parse_list(text))
                line.setText(text)

            return _Cell(line, lambda: line.text().strip(), put)


def _make_moment_cell(
    column: DataColumn, formats: LocaleFormats, year: int, on_change: Callable[..., object]
) -> _Cell:
    """Return the field of a day or time, typed in this computer's format and read as ISO 8601.

    A day without a year is in ``year``. Text that cannot be read stays as typed, and is rejected
    when the row is saved.
    """
    is_day = column.kind is CellKind.DAY
    pattern = formats.field_pattern if is_day else formats.field_clock
    line = QLineEdit()
    line.setPlaceholderText(_write_moment(_EXAMPLE, pattern))
    line.textChanged.connect(on_change)
    reference = _EXAMPLE.replace(year=year)

    def read() -> str:
        moment = read_typed_moment(line.text(), reference, pattern)
        if moment is None:
            return line.text().strip()
        return moment.date().isoformat() if is_day else moment.time().isoformat("minutes")

    def put(text: str) -> None:
        nonlocal reference
        moment = read_typed_moment(text, reference, "HH:mm") if text else None
        if moment is not None:
            reference = moment
        line.setText(text if moment is None else _write_moment(moment, pattern))

    return _Cell(line, read, put)


def _write_moment(moment: datetime, pattern: str) -> str:
    day = QDate(moment.year, moment.month, moment.day)
    return QDateTime(day, QTime(moment.hour, moment.minute)).toString(pattern)


_EXAMPLE = datetime(2027, 2, 12, 8, 30)  # noqa: DTZ001 - not a real time
_LIST_HINT = "One; another"
