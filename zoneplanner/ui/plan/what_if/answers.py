"""What a what-if about zones found: each answer with its cost, shown or kept by a click."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.app.plans.zone_options import PlanCost, ZoneOption, ZoneOptions
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    OfferCard,
    clear_layout,
    compact_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.style.value_text import (
    NO_VALUE,
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
        self._cards = make_column_layout(self._body, margin_px=0)
        make_column_layout(self, self.head, self._body, margin_px=0)

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
            card.show_button.clicked.connect(lambda _=False, one=answer: self.shown.emit(one))
            card.keep_button.setHidden(not self._may_keep)
            card.keep_button.clicked.connect(lambda _=False, one=answer: self.kept.emit(one))
            self._cards.addWidget(card)

    def mark(self, tried: ZoneOption | None) -> None:
        """Mark the answer that is on trial."""
        for answer in self._found:
            self.cards[answer.title].mark(answer is tried)


class _AnswerCard(OfferCard):
    """One answer."""

    def __init__(self, answer: ZoneOption) -> None:
        self.cost = make_muted_label(_cost_words(answer))
        self.cost.setToolTip(
            "Drive, worst deviation, sites that change zones, and the expected response."
        )
        self.show_button, self.keep_button = compact_button("Show"), compact_button("Save as plan")
        self.show_button.setAccessibleName(f"Show on the map: {answer.title}")
        self.show_button.setCheckable(True)
        self.keep_button.setAccessibleName(f"Save as plan: {answer.title}")
        buttons = make_row_layout(self.show_button, self.keep_button, None)
        super().__init__(make_section_label(answer.title), self.cost, buttons)

    def mark(self, on: bool) -> None:
        """Say whether this is what the map shows."""
        self.show_button.setChecked(on)
        self.show_button.setText("Hide" if on else "Show")


def _head_words(answers: ZoneOptions) -> str:
    """Say what things cost today, and where nothing is done."""
    today = answers.today
    words = (
        f"Today: {format_number(today.drive_min)} min of drive a day, worst deviation "
        f"{format_share(today.worst_deviation, signed=True)}, {_response(today)}."
    )
    if answers.cost_if_idle is not None:
        words += f" If nothing is done: {_response(answers.cost_if_idle)}."
    if not answers.found and answers.done:
        words += " No answer was found."
    return words


def _cost_words(answer: ZoneOption) -> str:
    """Say what an answer costs beside today."""
    more = format_difference(answer.more_min, 0, good=answer.more_min < 0)
    drive = f"{more} min of drive a day" if more != NO_VALUE else "The same drive as today"
    return (
        f"{drive}, worst deviation {format_share(answer.cost.worst_deviation, signed=True)}, "
        f"{_response(answer.cost)}. {format_count(answer.sites_changed, 'site')} with "
        f"{format_count(answer.students_changed, 'student')} change zones."
    )


def _response(cost: PlanCost) -> str:
    if cost.response_min is None:
        return "nobody to answer calls"
    response = f"help in {format_number(cost.response_min, 1)} min"
    if cost.within is None:
        return response
    return f"{response} ({format_share(cost.within, 0)} within {RESPONSE_TARGET_MIN:g} min)"
