"""Fields in which a part of a name stands for it: the words of a call, the school it is at.

How well a name fits what a person types: beginnings, initials, parts, a letter astray.
"""

import re
from collections.abc import Iterator, Sequence

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

from zoneplanner.domain.locale_formats import split_numbers
from zoneplanner.ui.widgets.layout.basic_widgets import (
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

_WHOLE, _BEGINS, PART_BEGINS, _INITIALS = 100, 90, 75, 65
_WITHIN, _ABBREVIATED, _MISTYPED, BESIDE, _SCATTERED = 55, 45, 40, 30, 12
_LEAST_INITIALS, _LEAST_ABBREVIATED, _LEAST_SCATTERED, _LEAST_MISTYPED = 2, 3, 4, 4
_SPLIT = re.compile(r"[^\w]+")


def score_match(text: str, name: str, beside: str = "") -> float:
    """Return how well a name fits a text, 0 where it does not; higher is better.

    Every word of the text has to fit the name or, for less, what is known ``beside`` it.
    """
    query, lower, other = text.casefold().split(), name.casefold(), beside.casefold()
    parts = [part for part in _SPLIT.split(lower) if part]
    if not query:
        return 0.0
    if " ".join(query) == lower:
        return _WHOLE
    scores = [_word_fit(word, lower, parts, other) for word in query]
    if not all(scores):
        return 0.0
    return sum(scores) / len(scores) + 1 / (1 + len(lower))


def rank_names(text: str, names: Sequence[str], *, least: float) -> list[int]:
    """Return the places of the names that fit a text better than ``least``, the best first.

    Of two that fit alike the one that comes first in the alphabet goes before.
    """
    scores = [score_match(text, name) for name in names]
    fitting = [at for at, score in enumerate(scores) if score > least]
    return sorted(fitting, key=lambda at: (-scores[at], split_numbers(names[at])))


def _word_fit(word: str, name: str, parts: list[str], beside: str) -> int:
    """Return how well one word fits: the worth of the best way in which it does."""
    return next((worth for worth, fits in _ways(word, name, parts, beside) if fits), 0)


def _ways(word: str, name: str, parts: list[str], beside: str) -> Iterator[tuple[int, bool]]:
    """Yield the ways in which a word may fit, the best first; each is tried when it is asked."""
    long, near = len(word), [part for part in parts if part[0] == word[0]]
    initials = "".join(part[0] for part in parts)
    yield _BEGINS, name.startswith(word)
    yield PART_BEGINS, any(part.startswith(word) for part in near)
    yield _INITIALS, long >= _LEAST_INITIALS and initials.startswith(word)
    yield _WITHIN, word in name
    yield _ABBREVIATED, bool(near) and long >= _LEAST_ABBREVIATED and _abbreviates(word, parts)
    yield _MISTYPED, long >= _LEAST_MISTYPED and any(_mistyped(word, part) for part in near)
    yield BESIDE, word in beside
    yield _SCATTERED, long >= _LEAST_SCATTERED and _in_order(word, name)


def _abbreviates(word: str, parts: list[str]) -> bool:
    """Tell whether a word is made of beginnings of parts in their order, like "delcam"."""
    if not word:
        return True
    for at, part in enumerate(parts):
        shared = 0
        while shared < min(len(word), len(part)) and word[shared] == part[shared]:
            shared += 1
        if any(_abbreviates(word[cut:], parts[at + 1 :]) for cut in range(shared, 0, -1)):
            return True
    return False


def _mistyped(word: str, part: str) -> bool:
    """Tell whether one letter of a word is wrong, missing, too many, or two have changed places."""
    if abs(len(word) - len(part)) > 1:
        return False
    at = 0
    while at < min(len(word), len(part)) and word[at] == part[at]:
        at += 1
    left, right = word[at:], part[at:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def _in_order(word: str, name: str) -> bool:
    """Tell whether the letters of a word occur in their order, the first one at its beginning."""
    if not name.startswith(word[0]):
        return False
    letters = iter(name)
    return all(letter in letters for letter in word)


_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_LISTED = 5
_AROUND_NAME = re.compile(r"\b(the|school|at)\b", re.IGNORECASE)
"""What people say around a school's name that is no part of it."""
_OTHER_WINDOW = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class MatchField(QLineEdit):
    """A text that stands for the name that fits it best; Down and Up turn to the next one.

    ``entered`` is Enter pressed anew: a key that is held down repeats nothing.
    """

    turned = Signal()
    entered = Signal()

    def __init__(self, names: Sequence[tuple[str, str]] = (), *, least: float = 0.0) -> None:
        super().__init__()
        self._names = names
        self._least = least
        self._at = 0
        self._found: dict[str, list[tuple[str, str]]] = {}
        """What fits a text, which a key asks for many times."""
        self.textChanged.connect(self._restart)

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The names that fit the text and what they stand for, the best first."""
        return self._find(self.words)

    def _find(self, text: str) -> list[tuple[str, str]]:
        if text not in self._found:
            found = rank_names(text, [name for name, _ in self._names], least=self._least)
            self._found[text] = [self._names[at] for at in found]
        return self._found[text]

    @property
    def match(self) -> tuple[str, str] | None:
        """The name that the text stands for and its key, or None."""
        found = self.matches
        return found[self._at % len(found)] if found else None

    @property
    def words(self) -> str:
        """The text that names are found by."""
        return self.text().strip()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn to the next name that fits; take Enter once, however long it is held."""
        key = Qt.Key(event.key())
        if key in _ENTER:
            if not event.isAutoRepeat():
                self.entered.emit()
        elif key in _STEPS:
            self._at += _STEPS[key]
            self.turned.emit()
        else:
            super().keyPressEvent(event)

    def _restart(self) -> None:
        self._at = 0
        self._found.clear()


class SiteField(MatchField):
    """The school that is meant, drawn in large letters; a part of its name finds another one.

    ``key`` is the id of the school whose whole name stands in the field, "" while a person types:
    nothing may be recorded at a school that was not seen here.
    """

    def __init__(self) -> None:
        super().__init__(least=BESIDE)  # letters that occur in order somewhere name no school
        self.key = ""
        self.setPlaceholderText("Part of the name")
        self.setAccessibleName("School")
        self.setFixedHeight(QFontMetrics(make_large_font()).height() + 3 * GRID_PX)
        self.textEdited.connect(self._forget)
        self.textChanged.connect(self._fit_font)
        self._fit_font()

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The schools that fit; of “the high school” its one word that names any."""
        return super().matches or self._find(_AROUND_NAME.sub(" ", self.words))

    def set_sites(self, names: Sequence[tuple[str, str]]) -> None:
        """Take the names of the schools as they are now and their ids."""
        self._names = names
        self._found.clear()
        if self.key and self.key not in {key for _, key in names}:
            self.clear()

    def put(self, name: str, key: str) -> None:
        """Show a school; the next letter that is typed takes its place."""
        self.key = key
        self.setText(name)
        self.mark_all()
        self.turned.emit()

    def clear(self) -> None:
        """Name no school."""
        self.key = ""
        super().clear()

    def mark_all(self) -> None:
        """Select the whole text with its beginning in sight."""
        self.setSelection(len(self.text()), -len(self.text()))

    def accept(self) -> bool:
        """Show the school that the text stands for; False where none does."""
        if not self.key and self.words and self.match is not None:
            self.put(*self.match)
        return bool(self.key)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show in full what was meant once the person goes on."""
        super().focusOutEvent(event)
        if event.reason() not in _OTHER_WINDOW:
            self.accept()
            self.turned.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Let the next letter take the place of what is there.

        Coming from another window that holds for a whole name alone: Qt lets go of what was
        marked, and what is half typed goes on.
        """
        super().focusInEvent(event)
        if event.reason() not in _OTHER_WINDOW or self.key:
            self.mark_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """An arrow leaves the school that was shown and turns to another that fits."""
        if Qt.Key(event.key()) in _STEPS and self.key:
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the name as large as there is room for."""
        super().resizeEvent(event)
        self._fit_font()

    def _forget(self) -> None:
        self.key = ""

    def _fit_font(self) -> None:
        """Take the largest letters in which the whole text is seen."""
        room = self.width() - 6 * GRID_PX
        for font in (make_large_font(), make_heading_font(), make_strong_font()):
            if QFontMetrics(font).horizontalAdvance(self.text()) <= room:
                break
        else:
            font = make_text_font()
        self.setFont(font if self.text() else make_text_font())
        if not self.hasFocus():
            self.setCursorPosition(0)


class _NameLines(PlainTextLabel):
    """Names, one a line; each gives way to the room that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw beginning and end of each name; similar ones differ in either."""
        letters, room = self.fontMetrics(), self.contentsRect()
        middle, left = Qt.TextElideMode.ElideMiddle, Qt.AlignmentFlag.AlignLeft
        rows = self.text().splitlines()
        shown = (letters.elidedText(row, middle, room.width()) for row in rows)
        with QPainter(self) as painter:
            painter.drawText(room, left, "\n".join(shown))


class MatchList(QWidget):
    """The schools that fit what is typed, the one that Enter takes marked; what more there is.

    A long name gives way in its middle: a line as wide would push the form out of its panel, and
    a second line would hide others.
    """

    def __init__(self, field: SiteField) -> None:
        super().__init__()
        self._field = field
        self.names, self.hint = _NameLines(), make_muted_label()
        make_column_layout(self, self.names, self.hint, margin_px=0, spacing_px=GRID_PX)
        field.textChanged.connect(self.tell)
        field.turned.connect(self.tell)
        self.tell()

    def text(self) -> str:
        """Return the names, one a line."""
        return self.names.text()

    def tell(self) -> None:
        """List what fits, with the marked one among it."""
        field = self._field
        asked = bool(field.words) and not field.key
        self.setVisible(asked)
        if not asked:
            field.setAccessibleDescription("")
            return
        found, now = field.matches, field.match
        at = found.index(now) if now is not None else 0
        first = max(0, at - _LISTED + 1)
        names = [name for name, _ in found[first : first + _LISTED]]
        signs = ["▸ " if row == at else "   " for row in range(first, first + len(names))]
        rows = [sign + name for sign, name in zip(signs, names, strict=True)]
        more = len(found) - len(names)
        self.hint.setText("Press Down for the next one." + (f" {more} more match." if more else ""))
        self.hint.setVisible(len(found) > 1)
        self.names.setText("\n".join(rows) or "No school matches.")
        field.setAccessibleDescription(f"Enter accepts {now[0]}" if now else self.text())
