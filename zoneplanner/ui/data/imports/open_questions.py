"""What a table leaves open: which site a place is, and what its words mean. Each is asked once.

Asking whether a file holds every record of some days: only such days count.
"""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from zoneplanner.app.imports.code_meanings import TYPE_MEANINGS, UnknownPlace
from zoneplanner.app.imports.log_entries import LOG_TABLES
from zoneplanner.app.imports.log_import import OWN_MEANINGS
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.duplicate_records import NUMBER, TYPE
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.log.entries import PRIORITIES, RECORD_KINDS
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count, render_message
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    clear_layout,
    make_column_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

_ABOUT = "Answer once; the project remembers your answers when you import."
_NOTHING = "Every place and word was recognized."
_ELSEWHERE, _LEFT_OUT = "–  another place", "–  leave out"
_COUNTED_ONCE = "–  a duplicate: count once"
_MOST_ASKED, _BOX_LETTERS, _LONGEST = 40, 14, 44
_SITE = "site"
_COLUMN_NAMES = {_SITE: "Place", NUMBER: "Number"}

_Question = tuple[str, str]
"""Our column and the word of the file; a place belongs to the column ``site``."""


class OpenQuestions(QWidget):
    """A row for each place and word; ``changed`` tells that a person answered one.

    An answer stays in sight, so that it can be taken back.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(SPACING_PX, 0, SPACING_PX, 0)
        self._grid.setHorizontalSpacing(SPACING_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)
        self.boxes: dict[_Question, ChoiceBox] = {}
        self._rows: dict[_Question, int] = {}
        self.forget()

    def forget(self) -> None:
        """Forget the questions and answers of the file before."""
        self._rows = {}
        self._show({}, {}, "")

    def show_result(self, project: Project, kind: str, done: ImportResult) -> None:
        """Ask about what a table leaves open; what was answered before stays."""
        answers = self._read()
        kept = {one: rows for one, rows in self._rows.items() if answers.get(one)}
        asked = {(_SITE, place.place): place.rows for place in done.places}
        for column, words in done.words.items():
            asked |= {(column, word): rows for word, rows in words.items()}
        self._rows = {**kept, **dict(list(asked.items())[:_MOST_ASKED])}
        near = {place.place: place for place in done.places}
        options = {one: _list_options(project, kind, one, near) for one in self._rows}
        away = f"Places in {format_count(done.elsewhere, 'row')} match no site."
        nothing = away if done.elsewhere else _NOTHING
        self._show(options, answers, _ABOUT if options else nothing)

    def read_aliases(self) -> dict[str, str]:
        """Return the sites that were chosen, by what the file calls them."""
        return {
            word: own for (column, word), own in self._read().items() if column == _SITE and own
        }

    def read_words(self) -> dict[str, dict[str, str]]:
        """Return what words mean, by column of ours."""
        found: dict[str, dict[str, str]] = {}
        for (column, word), own in self._read().items():
            if own and column != _SITE:
                found.setdefault(column, {})[word] = own
        return found

    def _read(self) -> dict[_Question, str]:
        return {one: str(box.currentData() or "") for one, box in self.boxes.items()}

    def _show(
        self,
        options: Mapping[_Question, Mapping[str, str]],
        answers: Mapping[_Question, str],
        about: str,
    ) -> None:
        with QSignalBlocker(self):
            clear_layout(self._grid)
            self.boxes = {}
            self.about = make_muted_label(about)
            self._grid.addWidget(self.about, 0, 0, 1, 4)
            for at, (one, choices) in enumerate(options.items(), start=1):
                self._add(at, one, choices, answers.get(one, ""))
            self._grid.setRowStretch(len(options) + 1, 1)

    def _add(self, at: int, one: _Question, choices: Mapping[str, str], answer: str) -> None:
        column, word = one
        name = _COLUMN_NAMES.get(column) or column.replace("_", " ").capitalize()
        label = PlainTextLabel(word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…")
        label.setToolTip(word)
        box = make_choice_box(choices, answer, name=f"What {word} is", least_letters=_BOX_LETTERS)
        label.setBuddy(box)
        box.currentIndexChanged.connect(self.changed)
        self.boxes[one] = box
        count = make_muted_label(format_count(self._rows[one], "row"))
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        widgets: Sequence[QLabel | ChoiceBox] = (make_muted_label(name), label, box, count)
        for place, widget in enumerate(widgets):
            self._grid.addWidget(widget, at, place)


def _list_options(
    project: Project, kind: str, one: _Question, near: Mapping[str, UnknownPlace]
) -> dict[str, str]:
    """Return what may be chosen: sites, the likely ones first, units, or the words of a column."""
    column, word = one
    if column == _SITE:
        first = near[word].candidates if word in near else ()
        names = {site.id: site.name for site in project.sites.values()}
        return {"": _ELSEWHERE} | {key: names[key] for key in first} | names
    if column == "units":
        return {"": _LEFT_OUT} | {key: unit.name for key, unit in project.units.items()}
    if column == "priority":
        return {"": _LEFT_OUT} | {str(number): f"Priority {number}" for number in PRIORITIES}
    if column == TYPE:
        return {"": _LEFT_OUT, **TYPE_MEANINGS}
    if column == NUMBER:
        return {"": _COUNTED_ONCE, **OWN_MEANINGS}
    layout = LOG_TABLES.get(kind)
    known = RECORD_KINDS[layout.kind].choices.get(column, ()) if layout else ()
    return {"": _LEFT_OUT} | {own: own.replace("_", " ").capitalize() for own in known}


_TIP = "Check this if the file has every record for these days."
_UNDECLARED = (
    "If you leave this unchecked, the records are counted but not used for figures per day, "
    "changes or verdicts."
)


class CompleteDaysForm(QWidget):
    """One row: the days of which a file holds every record, where a person says so.

    Rows that are read anew are asked about anew.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.declared = QCheckBox("This file is complete from")
        self.first, self.last = (DayField(session.formats, session.today) for _ in range(2))
        names = ("This file is complete", "Complete from", "Complete to")
        parts = (self.declared, self.first, self.last)
        for part, name in zip(parts, names, strict=True):
            part.setAccessibleName(name)
        self.setToolTip(_TIP)
        self.declared.toggled.connect(self.first.setEnabled)
        self.declared.toggled.connect(self.last.setEnabled)
        self.declared.toggled.connect(lambda _: self._say_what_follows())
        self.follows, self._silent, self._kind = make_muted_label(), "", ""
        row = make_row_layout(self.declared, self.first, QLabel("to"), self.last, None)
        make_column_layout(self, row, self.follows, margin_px=0, spacing_px=GRID_PX)
        self.show_days(None)

    def show_days(self, days: DaySpan | None, kind: str = "", silent: Iterable[str] = ()) -> None:
        """Ask about the days from the first to the last row; without any, ask nothing.

        Only the ``kind`` of record is declared; ``silent`` says which days may be missing.
        """
        self._kind = kind
        self.setVisible(days is not None)
        self._silent = " ".join(silent)
        self.declared.setChecked(False)
        self._say_what_follows()
        for field in (self.first, self.last):
            field.setEnabled(False)
        if days is not None:
            self.first.put(days.first)
            self.last.put(days.last or days.first)

    def _say_what_follows(self) -> None:
        own = render_message("file_declares", {"kind": self._kind})
        follows = own if self.declared.isChecked() else _UNDECLARED
        self.follows.setText(" ".join(filter(None, (self._silent, follows))))

    def read_days(self) -> DaySpan | None:
        """Return the days that are declared complete, if any are."""
        if self.isHidden() or not self.declared.isChecked():
            return None
        return DaySpan(self.first.day(), self.last.day())
