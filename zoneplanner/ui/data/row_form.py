"""The form of one row of the office's data, made from the columns of its table."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from PySide6.QtCore import QDate, QDateTime, QTime, Signal
from PySide6.QtGui import QIcon
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

_NOTE_PX = 72
_LEAST_LETTERS = 16
"""A choice is as wide as that at least; the longest of its names does not widen the form."""
_FEW_WORDS = 12
"""So many words of a list are boxes to tick; more are typed."""


class _Cell:
    """One field: the widget, how it is read, and how it is filled."""

    def __init__(
        self, widget: QWidget, read: Callable[[], str], put: Callable[[str], object]
    ) -> None:
        self.widget, self.read, self.put = widget, read, put


class _TickedList(QWidget):
    """A list out of a few words: one box to tick for each."""

    changed = Signal()

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.boxes = {key: QCheckBox(text) for key, text in words.items()}
        make_column_layout(self, *self.boxes.values(), margin_px=0, spacing_px=2)
        for box in self.boxes.values():
            box.toggled.connect(self.changed)

    def text(self) -> str:
        """Return the ticked words as a list of text."""
        return "; ".join(key for key, box in self.boxes.items() if box.isChecked())

    def put(self, text: str) -> None:
        """Tick the words of a list."""
        ticked = parse_list(text)
        for key, box in self.boxes.items():
            box.setChecked(key in ticked)


class RowForm(QWidget):
    """The cells of one row. ``saved`` and ``removed`` ask for what its buttons say."""

    saved = Signal()
    removed = Signal()

    def __init__(self, icons: Callable[..., QIcon], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = make_heading_label()
        self.hint = make_muted_label()
        self.refusal = MessageBanner(icons, icon="error", name="Not saved")
        self.refusal.hide()
        self._fields = QWidget()
        self._rows = FormRows()
        self._fields.setLayout(self._rows)
        self.cells: dict[str, _Cell] = {}
        self._before: RowCells = {}
        self.save = push_button("Save", "Save the changes as one step.", self.saved.emit)
        self.save.setDefault(True)
        self.take_back = push_button("Discard", "Go back to the saved values.", self._take_back)
        self.remove = push_button(
            "Remove", "Remove this row; Undo brings it back.", self.removed.emit
        )
        make_column_layout(
            self,
            self.heading,
            self.hint,
            self.refusal,
            (wrap_in_scroll_area(self._fields, "Fields"), 1),
            make_row_layout(self.remove, None, self.take_back, self.save),
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
        """Show a row: its title, its cells, and what can be done with it."""
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self.cells = {}
        self.heading.setText(title)
        key = (table.key,) if new and table.key else ()
        shown = (one for one in table.columns if one.shown and (one.typed or not new))
        for column in (*key, *shown):
            if column.kind in (CellKind.DAY, CellKind.CLOCK):
                own = _make_moment_cell(column, formats, today.year, self._show_changed)
            else:
                own = _make_cell(project, column, self._show_changed)
            self.cells[column.name] = own
            label = QLabel(f"{column.label} *" if column.required else column.label)
            label.setBuddy(own.widget)
            own.widget.setAccessibleName(column.label)
            own.widget.setToolTip(column.about)
            own.widget.setEnabled(may_edit and column.typed)
            self._rows.addRow(label, own.widget)
        fields = (own.widget for own in self.cells.values())
        set_tab_order(*fields, self.remove, self.take_back, self.save)
        self.put(cells)
        self.remove.setVisible(table.remove is not None and not new and may_edit)
        self.save.setVisible(may_edit)
        self.take_back.setVisible(may_edit)
        self.hint.setText("* needed" if new else "")
        self.hint.setVisible(new)
        self._show_changed()

    def show_nothing(self, text: str) -> None:
        """Show a sentence in place of a row."""
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self.cells = {}
        self.refusal.hide()
        self.heading.setText("")
        self.hint.setText(text)
        self.hint.setVisible(True)
        for button in (self.remove, self.take_back, self.save):
            button.setVisible(False)

    def put(self, cells: RowCells) -> None:
        """Fill the fields; from here on only what differs is a change."""
        for name, own in self.cells.items():
            own.put(cells.get(name, ""))
        self._before = {name: own.read() for name, own in self.cells.items()}
        self._show_changed()

    def changes(self) -> dict[str, str]:
        """Return the cells that a person changed."""
        now = {name: own.read() for name, own in self.cells.items()}
        return {name: text for name, text in now.items() if text != self._before.get(name, "")}

    def show_refusal(self, error: UserError) -> None:
        """Say what is in the way of saving, and lead to its field, else to the first changed."""
        named = str(error.details.get("name", "")).casefold()
        labels = {name: own.widget.accessibleName().casefold() for name, own in self.cells.items()}
        at_fault = [name for name, label in labels.items() if named in (label, name)]
        field = next(iter((*at_fault, *self.changes(), *self.cells)), None)
        self.refusal.show_text(error.message)
        self.refusal.show()
        if field is not None:
            self.cells[field].widget.setFocus()

    def focus_first(self) -> None:
        """Have the keyboard write into the first field."""
        first = next(iter(self.cells.values()), None)
        if first is not None:
            first.widget.setFocus()

    def _take_back(self) -> None:
        self.put(self._before)

    def _show_changed(self, *_: object) -> None:
        self.refusal.hide()
        changed = bool(self.changes())
        self.save.setEnabled(changed)
        self.take_back.setEnabled(changed)


def _make_cell(project: Project, column: DataColumn, tell: Callable[..., object]) -> _Cell:
    """Make the field of a column; ``tell`` is called whenever it changes."""
    words = column.list_choices(project) if column.list_choices else {}
    match column.kind:
        case CellKind.YES_NO:
            box = QCheckBox()
            box.toggled.connect(tell)
            return _Cell(
                box,
                lambda: format_yes(box.isChecked()),
                lambda text: box.setChecked(parse_yes(text, column.name)),
            )
        case CellKind.CHOICE:
            nothing = "Choose…" if column.required else "Not set"
            choice = make_choice_box({"": nothing, **words}, name=column.label)
            choice.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            choice.setMinimumContentsLength(_LEAST_LETTERS)
            choice.currentIndexChanged.connect(tell)
            return _Cell(
                choice,
                lambda: str(choice.currentData() or ""),
                lambda text: choice.setCurrentIndex(max(0, choice.findData(text))),
            )
        case CellKind.LIST if 0 < len(words) <= _FEW_WORDS:
            ticked = _TickedList(words)
            ticked.changed.connect(tell)
            return _Cell(ticked, ticked.text, ticked.put)
        case CellKind.NOTE:
            note = QPlainTextEdit()
            note.setTabChangesFocus(True)
            note.setFixedHeight(_NOTE_PX)
            note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            note.textChanged.connect(tell)
            return _Cell(note, lambda: note.toPlainText().strip(), note.setPlainText)
        case CellKind.LIST if words:
            names = QLineEdit()
            names.setPlaceholderText(_LIST_HINT)
            names.textChanged.connect(tell)
            return _Cell(
                names,
                lambda: names.text().strip(),
                lambda text: names.setText("; ".join(words.get(w, w) for w in parse_list(text))),
            )
        case _:
            line = QLineEdit()
            line.setPlaceholderText(_LIST_HINT if column.kind is CellKind.LIST else "")
            line.textChanged.connect(tell)
            return _Cell(line, lambda: line.text().strip(), line.setText)


def _make_moment_cell(
    column: DataColumn, formats: LocaleFormats, year: int, tell: Callable[..., object]
) -> _Cell:
    """Make the field of a day or time: shown and typed as the desk writes it, kept as ISO 8601.

    A day without a year is one of ``year``. What cannot be read is left as it is typed, and refused
    when it is saved.
    """
    is_day = column.kind is CellKind.DAY
    pattern = formats.field_pattern if is_day else formats.field_clock
    line = QLineEdit()
    line.setPlaceholderText(_write_moment(_EXAMPLE, pattern))
    line.textChanged.connect(tell)
    shown = [_EXAMPLE.replace(year=year)]

    def read() -> str:
        said = read_typed_moment(line.text(), shown[0], pattern)
        if said is None:
            return line.text().strip()
        return said.date().isoformat() if is_day else said.time().isoformat("minutes")

    def put(text: str) -> None:
        said = read_typed_moment(text, shown[0], "HH:mm") if text else None
        if said is not None:
            shown[0] = said
        line.setText(text if said is None else _write_moment(said, pattern))

    return _Cell(line, read, put)


def _write_moment(moment: datetime, pattern: str) -> str:
    day = QDate(moment.year, moment.month, moment.day)
    return QDateTime(day, QTime(moment.hour, moment.minute)).toString(pattern)


_EXAMPLE = datetime(2027, 2, 12, 8, 30)  # noqa: DTZ001 - a day and time of no place
_LIST_HINT = "One; another"
