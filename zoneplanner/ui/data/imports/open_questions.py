"""The questions that a table raises: its unknown places and words, and its complete days."""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from zoneplanner.app.imports.code_meanings import TYPE_MEANINGS, UnknownPlace
from zoneplanner.app.imports.log_entries import LOG_TABLES
from zoneplanner.app.imports.log_import import OWN_MEANINGS
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.duplicate_records import NUMBER, TYPE
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.log.entries import PRIORITIES, RECORD_KINDS
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message, format_count
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    clear_layout,
    make_column_layout,
    make_grid_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

_OTHER_PLACE, _LEAVE_OUT = "–  another place", "–  leave out"
_COUNT_ONCE = "–  a duplicate: count once"
_MAX_QUESTIONS, _BOX_LETTERS, _MAX_LETTERS = 40, 14, 44
_SITE = "site"
_COLUMN_NAMES = {_SITE: "Place", NUMBER: "Number"}

_Question = tuple[str, str]
"""The project's column and the file's word; the column of a place is ``site``."""


class OpenQuestions(QWidget):
    """One row per unknown place or word; ``changed`` is emitted when a person answers one.

    Answered questions stay visible, so that an answer can be changed.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        margins_px = (SPACING_PX, 0, SPACING_PX, 0)
        self._grid = make_grid_layout(self, margins_px=margins_px, stretches={2: 1})
        self.boxes: dict[_Question, ChoiceBox] = {}
        self._rows: dict[_Question, int] = {}
        self.forget()

    def forget(self) -> None:
        """Discard the questions and answers of the previous file."""
        self._rows = {}
        self._show({}, {}, "")

    def show_result(self, project: Project, kind: str, result: ImportResult) -> None:
        """Show the questions that a table raises; answered questions stay."""
        answers = self._read_answers()
        answered = {question: rows for question, rows in self._rows.items() if question in answers}
        asked = {(_SITE, place.place): place.rows for place in result.places}
        for column, words in result.words.items():
            asked |= {(column, word): rows for word, rows in words.items()}
        self._rows = {**answered, **dict(list(asked.items())[:_MAX_QUESTIONS])}
        places = {place.place: place for place in result.places}
        choices = {
            question: _list_choices(project, kind, question, places) for question in self._rows
        }
        about = Message("import_questions" if choices else "import_questions.none")
        if result.elsewhere and not choices:
            about = Message("import_questions.other_places", n=result.elsewhere)
        self._show(choices, answers, str(about))

    def read_aliases(self) -> dict[str, str]:
        """Return the chosen sites by the file's names for them."""
        answers = self._read_answers().items()
        return {word: site for (column, word), site in answers if column == _SITE}

    def read_words(self) -> dict[str, dict[str, str]]:
        """Return the chosen meanings by the project's column and the file's word."""
        meanings: dict[str, dict[str, str]] = {}
        for (column, word), meaning in self._read_answers().items():
            if column != _SITE:
                meanings.setdefault(column, {})[word] = meaning
        return meanings

    def _read_answers(self) -> dict[_Question, str]:
        answers = {question: box.currentData() for question, box in self.boxes.items()}
        return {question: str(answer) for question, answer in answers.items() if answer}

    def _show(
        self,
        choices: Mapping[_Question, Mapping[str, str]],
        answers: Mapping[_Question, str],
        about: str,
    ) -> None:
        with QSignalBlocker(self):
            clear_layout(self._grid)
            self.boxes = {}
            self.about = make_muted_label(about)
            self._grid.addWidget(self.about, 0, 0, 1, 4)
            for row, question in enumerate(choices, start=1):
                self._add_row(row, question, choices[question], answers.get(question, ""))
            self._grid.setRowStretch(len(choices) + 1, 1)

    def _add_row(
        self, row: int, question: _Question, choices: Mapping[str, str], answer: str
    ) -> None:
        column, word = question
        name = _COLUMN_NAMES.get(column) or column.replace("_", " ").capitalize()
        label = PlainTextLabel(
            word if len(word) <= _MAX_LETTERS else f"{word[: _MAX_LETTERS - 1]}…"
        )
        label.setToolTip(word)
        box = self.boxes[question] = make_choice_box(
            choices, answer, name=f"What {word} is", least_letters=_BOX_LETTERS
        )
        label.setBuddy(box)
        box.currentIndexChanged.connect(self.changed)
        count = make_muted_label(format_count(self._rows[question], "row"))
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        widgets: Sequence[QLabel | ChoiceBox] = (make_muted_label(name), label, box, count)
        for grid_column, widget in enumerate(widgets):
            self._grid.addWidget(widget, row, grid_column)


def _list_choices(
    project: Project, kind: str, question: _Question, places: Mapping[str, UnknownPlace]
) -> dict[str, str]:
    """Return the choices of a question: sites, likely ones first, units, or a column's words."""
    column, word = question
    if column == _SITE:
        first = places[word].candidates if word in places else ()
        names = {site.id: site.name for site in project.sites.values()}
        return {"": _OTHER_PLACE} | {key: names[key] for key in first} | names
    if column == "units":
        return {"": _LEAVE_OUT} | {key: unit.name for key, unit in project.units.items()}
    if column == "priority":
        return {"": _LEAVE_OUT} | {str(number): f"Priority {number}" for number in PRIORITIES}
    if column == TYPE:
        return {"": _LEAVE_OUT, **TYPE_MEANINGS}
    if column == NUMBER:
        return {"": _COUNT_ONCE, **OWN_MEANINGS}
    layout = LOG_TABLES.get(kind)
    choices = RECORD_KINDS[layout.kind].choices.get(column, ()) if layout else ()
    return {"": _LEAVE_OUT} | {key: key.replace("_", " ").capitalize() for key in choices}


class CompleteDaysForm(QWidget):
    """Asks for which days a file contains every record; only such days count in figures.

    The question is asked again whenever the file is read again.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.declared = QCheckBox("This file is complete from")
        self.first, self.last = (DayField(session.formats, session.today) for _ in range(2))
        names = ("This file is complete", "Complete from", "Complete to")
        parts = (self.declared, self.first, self.last)
        for part, name in zip(parts, names, strict=True):
            part.setAccessibleName(name)
        self.setToolTip("Check this if the file has every record for these days.")
        self.declared.toggled.connect(self.first.setEnabled)
        self.declared.toggled.connect(self.last.setEnabled)
        self.declared.toggled.connect(lambda _: self._explain())
        self.explanation, self._warnings, self._kind = make_muted_label(), "", ""
        row = make_row_layout(self.declared, self.first, QLabel("to"), self.last, None)
        make_column_layout(self, row, self.explanation, margin_px=0, spacing_px=GRID_PX)
        self.show_days(None)

    def show_days(self, days: DaySpan | None, kind: str = "", warnings: Iterable[str] = ()) -> None:
        """Ask about the days of a file's rows for a ``kind`` of record; hide the form for None.

        ``warnings`` are sentences about days that may be missing.
        """
        self._kind = kind
        self.setVisible(days is not None)
        self._warnings = " ".join(warnings)
        self.declared.setChecked(False)
        self._explain()
        for field in (self.first, self.last):
            field.setEnabled(False)
        if days is not None:
            self.first.put(days.first)
            self.last.put(days.last or days.first)

    def _explain(self) -> None:
        text = Message("file_undeclared")
        if self.declared.isChecked():
            text = Message("file_declares", kind=self._kind)
        self.explanation.setText(" ".join(filter(None, (self._warnings, str(text)))))

    def read_days(self) -> DaySpan | None:
        """Return the days that a person declared complete, if any."""
        if self.isHidden() or not self.declared.isChecked():
            return None
        return DaySpan(self.first.day(), self.last.day())
