"""The single moves that lessen the response most, and the search that goes on from there."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from zoneplanner.app.coverage.response_outlook import NextMove, ResponseOutlook
from zoneplanner.domain.project import Project
from zoneplanner.ui.widgets.layout.basic_widgets import (
    clear_layout,
    make_column_layout,
    make_muted_label,
    make_section_label,
    make_wrapped_label,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import MINUS_SIGN, format_count

_SEARCH = "Lessen the response…"
_SEARCH_TIP = (
    "Search zones for the least expected response from this plan on, within its rules; "
    "the best becomes one step to undo."
)


class NextMoveList(QWidget):
    """Up to three moves. ``chosen`` carries a move to make, ``pointed`` a site or None."""

    chosen = Signal(object)
    pointed = Signal(object)

    def __init__(self, search: Callable[[], object]) -> None:
        super().__init__()
        self.head = make_muted_label()
        self.cards: list[_MoveCard] = []
        self._body = QWidget()
        self._rows = make_column_layout(self._body, margin_px=0, spacing_px=GRID_PX)
        self.search = QPushButton(_SEARCH)
        self.search.setToolTip(_SEARCH_TIP)
        self.search.setAutoDefault(False)
        self.search.clicked.connect(lambda _=False: search())
        self.found = make_muted_label()
        self.found.hide()
        rows = make_column_layout(self, margin_px=0, spacing_px=GRID_PX)
        rows.addWidget(make_section_label("Best next moves"))
        rows.addWidget(self.head)
        rows.addWidget(self._body)
        line = QHBoxLayout()
        line.addWidget(self.search)
        line.addStretch(1)
        rows.addLayout(line)
        rows.addWidget(self.found)
        rows.addStretch(1)

    def show_moves(self, outlook: ResponseOutlook | None, *, editable: bool) -> None:
        """Show the moves of an outlook; None while they are scored."""
        clear_layout(self._rows)
        self.cards = []
        self.head.setText("Scoring every move…" if outlook is None else _head_words(outlook))
        self.search.setEnabled(editable)
        if outlook is None:
            return
        for move in outlook.moves:
            card = _MoveCard(outlook.reading.project, move, editable=editable)
            card.button.clicked.connect(partial(self._choose, move))
            card.pointed.connect(self.pointed)
            self.cards.append(card)
            self._rows.addWidget(card)

    def say(self, text: str) -> None:
        """Tell what the search found."""
        self.found.setText(text)
        self.found.setVisible(bool(text))

    def _choose(self, move: NextMove, _checked: bool = False) -> None:
        self.chosen.emit(move)


class _MoveCard(QFrame):
    """One move: what it gains, and the rule that it would break. ``pointed`` carries its site."""

    pointed = Signal(object)

    def __init__(self, project: Project, move: NextMove, *, editable: bool) -> None:
        super().__init__()
        self._site = move.site
        self.setObjectName("move")
        self.setStyleSheet("#move { border: 1px solid palette(mid); border-radius: 4px; }")
        name = project.sites[move.site].name
        title = f"{name} to {move.zone}"
        self.button = QPushButton("Move")
        self.button.setProperty("compact", True)
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(f"Move {title}")
        self.button.setEnabled(editable and not move.breaks)
        self.words = make_wrapped_label(f"{title}: {_gain_words(move)}")
        line = QHBoxLayout()
        line.setSpacing(SPACING_PX)
        line.addWidget(self.words, 1)
        line.addWidget(self.button)
        rows = make_column_layout(self, margin_px=GRID_PX + 2, spacing_px=0)
        rows.addLayout(line)
        if move.breaks:
            self.button.setToolTip(move.breaks)
            rows.addWidget(make_muted_label(f"Breaks a rule: {move.breaks}"))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Point at the site on the map."""
        self.pointed.emit(self._site)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        self.pointed.emit(None)
        super().leaveEvent(event)


def _gain_words(move: NextMove) -> str:
    """Say what a move gains."""
    points = 100 * move.share_gained
    sign = MINUS_SIGN if points < 0 else "+"
    return f"{60 * move.gain_min:.1f} s less, {sign}{abs(points):.1f} points within the target"


def _head_words(outlook: ResponseOutlook) -> str:
    """Say how many moves were scored and how many gain."""
    scored = f"All {format_count(outlook.tried, 'move')} scored"
    if not outlook.gaining:
        return f"{scored}: none lessens the response."
    free = sum(not move.breaks for move in outlook.moves)
    broken = "" if free else ", each against a rule"
    lessen = "lessens" if outlook.gaining == 1 else "lessen"
    return f"{scored}: {outlook.gaining} {lessen} the response{broken}."
