"""The single moves that reduce response time most, and the search that goes on from there."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from zoneplanner.app.coverage.response_outlook import NextMove, ResponseOutlook
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    OfferCard,
    WrappedLabel,
    clear_layout,
    compact_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX
from zoneplanner.ui.widgets.style.value_text import MINUS_SIGN

_SEARCH_TIP = (
    "Search for zones with a shorter expected response, starting from this plan and within its "
    "rules. The best result becomes one step that you can undo."
)


class NextMoveList(QWidget):
    """Up to three moves. ``chosen`` carries a move to make, ``pointed`` a site or None."""

    chosen = Signal(object)
    pointed = Signal(object)

    def __init__(self, search: Callable[[], object]) -> None:
        super().__init__()
        self.head, self.found = make_muted_label(), make_muted_label()
        self.found.hide()
        self.cards: list[_MoveCard] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID_PX)
        self.search = push_button("Reduce response time…", _SEARCH_TIP, search)
        title, line = make_section_label("Best next moves"), make_row_layout(self.search, None)
        parts = (title, self.head, self._rows, line, self.found, None)
        make_column_layout(self, *parts, margin_px=0, spacing_px=GRID_PX)

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
            card.button.clicked.connect(lambda _=False, one=move: self.chosen.emit(one))
            card.pointed.connect(self.pointed)
            self.cards.append(card)
            self._rows.addWidget(card)

    def say(self, text: str) -> None:
        """Say what the search found."""
        self.found.setText(text)
        self.found.setVisible(bool(text))


class _MoveCard(OfferCard):
    """One move: what it gains, and the rule that it would break. ``pointed`` carries its site."""

    pointed = Signal(object)

    def __init__(self, project: Project, move: NextMove, *, editable: bool) -> None:
        self._site = move.site
        title = f"{project.sites[move.site].name} to {move.zone}"
        self.button = compact_button("Move", move.breaks)
        self.button.setAccessibleName(f"Move {title}")
        self.button.setEnabled(editable and not move.breaks)
        self.words = WrappedLabel(f"{title}: {_gain_words(move)}")
        breaks = [make_muted_label(f"Breaks a rule: {move.breaks}")] if move.breaks else []
        super().__init__(make_row_layout((self.words, 1), self.button), *breaks)

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
    return f"{move.gain_min:.1f} min less, {sign}{abs(points):.1f} points within the target"


def _head_words(outlook: ResponseOutlook) -> str:
    """Say how many moves were scored and how many gain."""
    scored = f"All {format_count(outlook.tried, 'move')} scored"
    if not outlook.gaining:
        return f"{scored}: none reduces response time by a tenth of a minute."
    free = sum(not move.breaks for move in outlook.moves)
    broken = "" if free else ", each breaking a rule"
    reduce = "reduces" if outlook.gaining == 1 else "reduce"
    return f"{scored}: {outlook.gaining} {reduce} response time{broken}."
