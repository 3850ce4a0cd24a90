"""What a what-if about zones found: each answer with its cost, shown or kept by a click."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from zoneplanner.analysis.expected import TARGET_MIN
from zoneplanner.app.answers import Answer, Answers, Cost
from zoneplanner.ui.kit.theme import GAP, GRID
from zoneplanner.ui.kit.widgets import column, empty_layout, muted, section
from zoneplanner.ui.kit.words import NONE, count, difference, number, share


class AnswerList(QWidget):
    """A card an answer, the least drive first. ``shown`` and ``kept`` carry an answer."""

    shown = Signal(object)
    kept = Signal(object)

    def __init__(self, *, may_keep: bool) -> None:
        super().__init__()
        self._may_keep = may_keep
        self._found: tuple[Answer, ...] = ()
        self.cards: dict[str, _AnswerCard] = {}
        self.head = muted()
        self._body = QWidget()
        self._cards = column(self._body, margin_px=0, spacing_px=GAP)
        rows = column(self, margin_px=0, spacing_px=GAP)
        rows.addWidget(self.head)
        rows.addWidget(self._body)

    def show_answers(self, answers: Answers | None) -> None:
        """Show what is known; None empties the list."""
        found = answers.found if answers is not None else ()
        self.head.setText(_head_words(answers) if answers is not None else "")
        self.setVisible(answers is not None)
        if found == self._found:
            return
        self._found = found
        empty_layout(self._cards)
        self.cards = {}
        for answer in found:
            card = self.cards[answer.title] = _AnswerCard(answer)
            card.show_button.clicked.connect(partial(self._show, answer))
            card.keep_button.setHidden(not self._may_keep)
            card.keep_button.clicked.connect(partial(self._keep, answer))
            self._cards.addWidget(card)

    def mark(self, tried: Answer | None) -> None:
        """Mark the answer that is on trial."""
        for answer in self._found:
            self.cards[answer.title].mark(answer is tried)

    def _show(self, answer: Answer, _checked: bool = False) -> None:
        self.shown.emit(answer)

    def _keep(self, answer: Answer, _checked: bool = False) -> None:
        self.kept.emit(answer)


class _AnswerCard(QFrame):
    """One answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.setObjectName("answer")
        self.setStyleSheet("#answer { border: 1px solid palette(mid); border-radius: 4px; }")
        rows = column(self, margin_px=GAP, spacing_px=GRID)
        rows.addWidget(section(answer.title))
        self.cost = muted(_cost_words(answer))
        self.cost.setToolTip(
            "Drive, worst deviation, what changes its zone, and the response to expect."
        )
        rows.addWidget(self.cost)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        self.show_button = _button("Show", f"Show on the map: {answer.title}")
        self.show_button.setCheckable(True)
        self.keep_button = _button("Keep as plan", f"Keep as plan: {answer.title}")
        for button in (self.show_button, self.keep_button):
            line.addWidget(button)
        line.addStretch(1)
        rows.addLayout(line)

    def mark(self, on: bool) -> None:
        """Say whether this is what the map shows."""
        self.show_button.setChecked(on)
        self.show_button.setText("Take off" if on else "Show")


def _head_words(answers: Answers) -> str:
    """Say what things cost today, and where nothing is done."""
    words = f"Today: {number(answers.today.drive_min)} min of drive a day"
    words += f", worst deviation {share(answers.today.worst_deviation, signed=True)}"
    words += f", {_response(answers.today)}."
    if answers.idle is not None:
        words += f" With nothing done: {_response(answers.idle)}."
    if not answers.found and answers.done:
        words += " No answer was found."
    return words


def _cost_words(answer: Answer) -> str:
    """Say what an answer costs beside today."""
    more = difference(answer.more_min, 0)
    drive = f"{more} min of drive a day" if more != NONE else "As much drive as today"
    return (
        f"{drive}, worst deviation {share(answer.cost.worst_deviation, signed=True)}, "
        f"{_response(answer.cost)}. {count(answer.sites_changed, 'site')} with "
        f"{count(answer.students_changed, 'student')} change zone."
    )


def _response(cost: Cost) -> str:
    if cost.response_min is None:
        return "nobody to answer calls"
    within = f" ({share(cost.within, 0)} within {TARGET_MIN:g} min)"
    return f"help in {number(cost.response_min, 1)} min{within if cost.within is not None else ''}"


def _button(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setAccessibleName(name)
    button.setProperty("compact", True)
    return button
