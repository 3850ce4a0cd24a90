"""What a table leaves open: which site a place is, and what its words mean. Each is asked once."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from zoneplanner.app.imports.duplicate_rows import OWN_MEANINGS
from zoneplanner.app.imports.foreign_tally import UnknownPlace
from zoneplanner.app.imports.log_entries import LOG_TABLES
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.imports.self_initiated import TYPE_MEANINGS
from zoneplanner.app.log.duplicate_records import NUMBER
from zoneplanner.app.log.patrol_checks import TYPE
from zoneplanner.domain.log.entries import PRIORITIES, RECORD_KINDS
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    clear_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.style.theme import SPACING_PX

_ABOUT = "Answer once: the project remembers it when you import."
_NOTHING = "Every place and every word was recognized."
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
        self._show(options, answers, _ABOUT if options else _NOTHING)

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
