"""Fields that find a name by part of it, such as a school or the type of a call.

The score of a match depends on how the typed text occurs in the name: at its beginning, as
initials, in the middle, or with a typing error.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from zoneplanner.domain.clean_text import fold_for_search
from zoneplanner.domain.locale_formats import split_numbers
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ENTER_KEYS,
    OTHER_WINDOW_REASONS,
    PlainTextLabel,
    make_column_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    make_heading_font,
    make_large_font,
    make_strong_font,
    make_text_font,
)

_IS_NAME, _STARTS_NAME, PART_STARTS, _IS_INITIALS = 100, 90, 75, 65
_IN_NAME, _ABBREVIATED, _MISTYPED, MATCHES_CONTEXT, _SCATTERED = 55, 45, 40, 30, 12
_NON_WORD = re.compile(r"[^\w]+")


def score_match(text: str, name: str, context: str = "") -> float:
    """Return how well a string matches a name, 0 if it does not; higher is better.

    Every word of the text must match the name or, for a lower score, occur in ``context``.
    """
    words, name, context = (
        fold_for_search(text).split(),
        fold_for_search(name),
        fold_for_search(context),
    )
    parts = [part for part in _NON_WORD.split(name) if part]
    if not words:
        return 0.0
    if " ".join(words) == name:
        return _IS_NAME
    scores = [
        next((score for score, matches in _try_matches(word, name, parts, context) if matches), 0)
        for word in words
    ]
    if not all(scores):
        return 0.0
    return sum(scores) / len(scores) + 1 / (1 + len(name))


def rank_names(text: str, names: Sequence[str], *, above: float) -> list[int]:
    """Return the indexes of the names that score higher than ``above``, best first.

    Names with equal scores are in alphabetical order.
    """
    scores = [score_match(text, name) for name in names]
    matches = [index for index, score in enumerate(scores) if score > above]
    return sorted(matches, key=lambda index: (-scores[index], split_numbers(names[index])))


def _try_matches(
    word: str, name: str, parts: list[str], context: str
) -> Iterator[tuple[int, bool]]:
    """Yield each kind of match, best first: its score, and whether the word matches that way.

    A generator, so that no kind is tried after one that matches.
    """
    length, near = len(word), [part for part in parts if part[0] == word[0]]
    initials = "".join(part[0] for part in parts)
    yield _STARTS_NAME, name.startswith(word)
    yield PART_STARTS, any(part.startswith(word) for part in near)
    yield _IS_INITIALS, length >= 2 and initials.startswith(word)
    yield _IN_NAME, word in name
    yield _ABBREVIATED, length >= 3 and bool(near) and _is_abbreviation(word, parts)
    yield _MISTYPED, length >= 4 and any(_is_mistyped(word, part) for part in near)
    yield MATCHES_CONTEXT, word in context
    yield _SCATTERED, length >= 4 and _is_scattered(word, name)


def _is_abbreviation(word: str, parts: list[str]) -> bool:
    """Return whether a word consists of the beginnings of parts in order, like "delcam"."""
    if not word:
        return True
    for index, part in enumerate(parts):
        shared = _count_shared_letters(word, part)
        rest = parts[index + 1 :]
        if any(_is_abbreviation(word[cut:], rest) for cut in range(shared, 0, -1)):
            return True
    return False


def _is_mistyped(word: str, part: str) -> bool:
    """Return whether a word differs by one wrong, missing, extra or swapped letter."""
    if abs(len(word) - len(part)) > 1:
        return False
    shared = _count_shared_letters(word, part)
    left, right = word[shared:], part[shared:]
    is_swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return is_swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def _count_shared_letters(word: str, part: str) -> int:
    pairs = zip(word, part, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _is_scattered(word: str, name: str) -> bool:
    """Return whether the letters of a word occur in the name in order, beginning with the first."""
    if not name.startswith(word[0]):
        return False
    letters = iter(name)
    return all(letter in letters for letter in word)


_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_MAX_LISTED = 5
_FILLER_WORDS = re.compile(r"\b(the|school|at)\b", re.IGNORECASE)
"""Words that people say around a school's name."""


class MatchField(QLineEdit):
    """A field whose text selects the best-matching name; Down and Up select the next match.

    ``names`` are pairs of a name and its key. ``turned`` is emitted when the match changes,
    ``entered`` when Enter is pressed, but not when it repeats.
    """

    turned = Signal()
    entered = Signal()

    def __init__(self, names: Sequence[tuple[str, str]] = (), *, above: float = 0.0) -> None:
        super().__init__()
        self._names = names
        self._above = above
        self._offset = 0
        self._matches: dict[str, list[tuple[str, str]]] = {}
        """The matches of texts, which are needed several times per key press."""
        self.textChanged.connect(self._reset_match)

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The names that match the text with their keys, best first."""
        return self._find_matches(self.words)

    def _find_matches(self, text: str) -> list[tuple[str, str]]:
        if text not in self._matches:
            ranked = rank_names(text, [name for name, _ in self._names], above=self._above)
            self._matches[text] = [self._names[index] for index in ranked]
        return self._matches[text]

    @property
    def match(self) -> tuple[str, str] | None:
        """The selected name and its key, or None."""
        matches = self.matches
        return matches[self._offset % len(matches)] if matches else None

    @property
    def words(self) -> str:
        """The text to match."""
        return self.text().strip()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select the next match, or confirm with Enter."""
        key = Qt.Key(event.key())
        if key in ENTER_KEYS:
            if not event.isAutoRepeat():
                self.entered.emit()
        elif key in _STEPS:
            self._offset += _STEPS[key]
            self.turned.emit()
        else:
            super().keyPressEvent(event)

    def _reset_match(self) -> None:
        self._offset = 0
        self._matches.clear()


class SiteField(MatchField):
    """A school in large letters, found by typing part of its name.

    ``key`` is the id of the school whose whole name is displayed, or "" while a person types:
    nothing may be recorded at a school that the person has not seen here.
    """

    def __init__(self) -> None:
        super().__init__(above=MATCHES_CONTEXT)  # scattered letters are too weak a match
        self.key = ""
        self.setPlaceholderText("Part of the name")
        self.setAccessibleName("School")
        self.setFixedHeight(QFontMetrics(make_large_font()).height() + 3 * GRID_PX)
        self.textEdited.connect(self._clear_key)
        self.textChanged.connect(self._fit_font)
        self._fit_font()

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The schools that match the text or, if none does, the text without filler words."""
        return super().matches or self._find_matches(_FILLER_WORDS.sub(" ", self.words))

    def set_sites(self, names: Sequence[tuple[str, str]]) -> None:
        """Set the schools' names and ids."""
        self._names = names
        self._matches.clear()
        if self.key and self.key not in {key for _, key in names}:
            self.clear()

    def put(self, name: str, key: str) -> None:
        """Show a school, selected so that typing replaces it."""
        self.key = key
        self.setText(name)
        self.mark_all()
        self.turned.emit()

    def clear(self) -> None:
        """Show no school."""
        self.key = ""
        super().clear()

    def mark_all(self) -> None:
        """Select the whole text, backwards so that its beginning is visible."""
        self.setSelection(len(self.text()), -len(self.text()))

    def accept(self) -> bool:
        """Show the matching school in full, and return whether a school is shown."""
        if not self.key and self.words and self.match is not None:
            self.put(*self.match)
        return bool(self.key)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show the matching school in full when the person moves on."""
        super().focusOutEvent(event)
        if event.reason() not in OTHER_WINDOW_REASONS:
            self.accept()
            self.turned.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the text, so that typing replaces it.

        On return from another window, Qt has cleared the selection. Then only a whole name is
        selected again; a text that is half typed continues.
        """
        super().focusInEvent(event)
        if event.reason() not in OTHER_WINDOW_REASONS or self.key:
            self.mark_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ignore arrow keys while a whole name is shown."""
        if Qt.Key(event.key()) in _STEPS and self.key:
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the font to the width."""
        super().resizeEvent(event)
        self._fit_font()

    def _clear_key(self) -> None:
        self.key = ""

    def _fit_font(self) -> None:
        """Use the largest font in which the whole text fits."""
        width_px = self.width() - 6 * GRID_PX
        large_fonts = (make_large_font(), make_heading_font(), make_strong_font())
        fitting = (
            font
            for font in large_fonts
            if self.text() and QFontMetrics(font).horizontalAdvance(self.text()) <= width_px
        )
        self.setFont(next(fitting, make_text_font()))
        if not self.hasFocus():
            self.setCursorPosition(0)


class _NameLines(PlainTextLabel):
    """Names, one per line, each elided to the available width."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the beginning and end of each name, since similar names differ in either."""
        metrics, area = self.fontMetrics(), self.contentsRect()
        lines = (
            metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, area.width())
            for line in self.text().splitlines()
        )
        with QPainter(self) as painter:
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft, "\n".join(lines))


class MatchList(QWidget):
    """The schools that match a field's text, with a mark at the one that Enter accepts.

    Long names are elided: a wide line would push the form out of its panel, and a second line would
    hide other names.
    """

    def __init__(self, field: SiteField) -> None:
        super().__init__()
        self._field = field
        self.names, self.hint = _NameLines(), make_muted_label()
        make_column_layout(self, self.names, self.hint, margin_px=0, spacing_px=GRID_PX)
        field.textChanged.connect(self._list_matches)
        field.turned.connect(self._list_matches)
        self._list_matches()

    def text(self) -> str:
        """Return the names, one per line."""
        return self.names.text()

    def _list_matches(self) -> None:
        field = self._field
        is_typing = bool(field.words) and not field.key
        self.setVisible(is_typing)
        if not is_typing:
            field.setAccessibleDescription("")
            return
        matches, current = field.matches, field.match
        index = matches.index(current) if current is not None else 0
        first = max(0, index - _MAX_LISTED + 1)
        lines = [
            f"{'▸ ' if row == index else '   '}{name}"
            for row, (name, _) in enumerate(matches[first : first + _MAX_LISTED], first)
        ]
        more = len(matches) - len(lines)
        self.hint.setText("Press Down for the next one." + (f" {more} more match." if more else ""))
        self.hint.setVisible(len(matches) > 1)
        self.names.setText("\n".join(lines) or "No school matches.")
        field.setAccessibleDescription(f"Enter accepts {current[0]}" if current else self.text())
