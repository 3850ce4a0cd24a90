"""What a what-if about zones found: each answer with its cost, shown or kept by a click."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from zoneplanner.analysis.response.expected_response import RESPONSE_TARGET_MIN
from zoneplanner.app.plans.zone_options import PlanCost, ZoneOption, ZoneOptions
from zoneplanner.ui.widgets.layout.basic_widgets import (
    clear_layout,
    make_column_layout,
    make_muted_label,
    make_section_label,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import (
    NO_VALUE,
    format_count,
    format_difference,
    format_number,
    format_share,
)


class WhatIfAnswerList(QWidget):
    """A card an answer, the least drive first. ``shown`` and ``kept`` carry an answer."""

    shown = Signal(object)
    kept = Signal(object)

    def __init__(self, *, may_keep: bool) -> None:
        super().__init__()
        self._may_keep = may_keep
        self._found: tuple[ZoneOption, ...] = ()
        self.cards: dict[str, _AnswerCard] = {}
        self.head = make_muted_label()
        self._body = QWidget()
        self._cards = make_column_layout(self._body, margin_px=0, spacing_px=SPACING_PX)
        rows = make_column_layout(self, margin_px=0, spacing_px=SPACING_PX)
        rows.addWidget(self.head)
        rows.addWidget(self._body)

    def show_answers(self, answers: ZoneOptions | None) -> None:
        """Show what is known; None empties the list."""
        found = answers.found if answers is not None else ()
        self.head.setText(_head_words(answers) if answers is not None else "")
        self.setVisible(answers is not None)
        if found == self._found:
            return
        self._found = found
        clear_layout(self._cards)
        self.cards = {}
        for answer in found:
            card = self.cards[answer.title] = _AnswerCard(answer)
            card.show_button.clicked.connect(partial(self._show, answer))
            card.keep_button.setHidden(not self._may_keep)
            card.keep_button.clicked.connect(partial(self._keep, answer))
            self._cards.addWidget(card)

    def mark(self, tried: ZoneOption | None) -> None:
        """Mark the answer that is on trial."""
        for answer in self._found:
            self.cards[answer.title].mark(answer is tried)

    def _show(self, answer: ZoneOption, _checked: bool = False) -> None:
        self.shown.emit(answer)

    def _keep(self, answer: ZoneOption, _checked: bool = False) -> None:
        self.kept.emit(answer)


class _AnswerCard(QFrame):
    """One answer."""

    def __init__(self, answer: ZoneOption) -> None:
        super().__init__()
        self.setObjectName("answer")
        self.setStyleSheet("#answer { border: 1px solid palette(mid); border-radius: 4px; }")
        rows = make_column_layout(self, margin_px=SPACING_PX, spacing_px=GRID_PX)
        rows.addWidget(make_section_label(answer.title))
        self.cost = make_muted_label(_cost_words(answer))
        self.cost.setToolTip(
            "Drive, worst deviation, what changes its zone, and the response to expect."
        )
        rows.addWidget(self.cost)
        line = QHBoxLayout()
        line.setSpacing(SPACING_PX)
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


def _head_words(answers: ZoneOptions) -> str:
    """Say what things cost today, and where nothing is done."""
    words = f"Today: {format_number(answers.today.drive_min)} min of drive a day"
    words += f", worst deviation {format_share(answers.today.worst_deviation, signed=True)}"
    words += f", {_response(answers.today)}."
    if answers.cost_if_idle is not None:
        words += f" With nothing done: {_response(answers.cost_if_idle)}."
    if not answers.found and answers.done:
        words += " No answer was found."
    return words


def _cost_words(answer: ZoneOption) -> str:
    """Say what an answer costs beside today."""
    more = format_difference(answer.more_min, 0)
    drive = f"{more} min of drive a day" if more != NO_VALUE else "As much drive as today"
    return (
        f"{drive}, worst deviation {format_share(answer.cost.worst_deviation, signed=True)}, "
        f"{_response(answer.cost)}. {format_count(answer.sites_changed, 'site')} with "
        f"{format_count(answer.students_changed, 'student')} change zone."
    )


def _response(cost: PlanCost) -> str:
    if cost.response_min is None:
        return "nobody to answer calls"
    within = f" ({format_share(cost.within, 0)} within {RESPONSE_TARGET_MIN:g} min)"
    return (
        f"help in {format_number(cost.response_min, 1)} "
        f"min{within if cost.within is not None else ''}"
    )


def _button(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setAccessibleName(name)
    button.setProperty("compact", True)
    return button
