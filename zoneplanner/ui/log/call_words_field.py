"""What a call is as it is typed, and the priority that follows it."""

from collections.abc import Collection

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QSpinBox

from zoneplanner.app.log.call_words import (
    INCIDENT_TYPES,
    describe_words,
    find_meant_type,
    find_named_type,
    spell_incident_type,
    split_priority,
    suggest_priority,
)
from zoneplanner.ui.widgets.inputs.forms import list_choices_beginning
from zoneplanner.ui.widgets.inputs.match_field import PART_STARTS, MatchField
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel


class CallWordsField(MatchField):
    """What a call is in a few words, with its priority behind them or not.

    ``respelled`` is F2, which takes the words that were meant.
    """

    respelled = Signal()

    def __init__(self) -> None:
        super().__init__([(name, name) for name in INCIDENT_TYPES], above=PART_STARTS)
        self.used: tuple[str, ...] = ()
        """The types that calls had besides the usual ones."""
        self.setPlaceholderText("Such as trespass")
        self.setToolTip("A digit at the end is the priority: “fight 1”, “f1”, “bus 4 p1”.")

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The usual types that fit, after one used before whose whole name was typed.

        Where none fits, it is the one that the words begin or that is meant by them.
        """
        typed = self.words.casefold()
        whole = [(name, name) for name in self.used if name.casefold() == typed]
        found = [*whole, *super().matches]
        named = "" if found else find_named_type(self.words, self.used)
        return [(named, named)] if named else found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the words that were meant by F2."""
        if event.key() == Qt.Key.Key_F2 and not event.isAutoRepeat():
            self.respelled.emit()
        else:
            super().keyPressEvent(event)

    @property
    def words(self) -> str:
        """The text without the priority at its end."""
        return split_priority(self.text())[0]


def ask_about_ending(box: QComboBox, text: str) -> str:
    """Ask about words for how a call ended that its list has not."""
    fitting = " or ".join(f"“{one}”" for one in list_choices_beginning(box, text))
    return f"Did you mean {fitting}?" if fitting else f"“{text}” is not in the list."


def mark_new_ending(box: QComboBox, known: Collection[str] = ()) -> str:
    """Say while it is typed that words are a new ending; nothing of one that is known."""
    text = box.currentText().strip()
    listed = box.findText(text, Qt.MatchFlag.MatchFixedString) >= 0
    return (
        "" if not text or listed or text in known else f"New ending. {ask_about_ending(box, text)}"
    )


def take_named_ending(box: QComboBox) -> None:
    """Show the only ending in full that begins with what was typed."""
    named = list_choices_beginning(box, box.currentText().strip())
    if len(named) == 1:
        box.setCurrentIndex(box.findText(named[0]))


class TypeHint(WrappedLabel):
    """What is said below the type of a call in a form, which it watches.

    Words that name a single known type give way to it on leaving or by Enter; all others are a new
    type, and F2 takes the one that may be meant. ``split`` takes a digit at the end for a priority.
    """

    def __init__(self, box: QComboBox, used: Collection[str], *, split: bool) -> None:
        super().__init__()
        self._box, self._used, self._split = box, used, split
        self._shown = box.currentText()
        self.setProperty("role", "problem")
        self.hide()
        box.currentTextChanged.connect(self._tell)
        line = box.lineEdit()
        for part in filter(None, (box, line)):
            part.installEventFilter(self)  # the box has the keys; it hands them on as calls
        if line is not None:
            line.editingFinished.connect(self._leave)

    def take_named(self) -> bool:
        """Show the type in full that was typed in part; tell whether it did not stand there."""
        words, digit = self._words()
        named = find_named_type(words, self._used)
        if (
            self._box.currentText() == self._shown
            or not named
            or words.casefold() == named.casefold()
        ):
            return False
        self._put(named, digit)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take F2 and, once, the Enter before which other words stood there."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            words, digit = self._words()
            if event.key() == Qt.Key.Key_F2:
                meant = find_meant_type(words, self._used)
                if meant:
                    self._put(meant, digit)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                return self.take_named()
        return super().eventFilter(watched, event)

    def _leave(self) -> None:
        """Show it once a person goes on; a form that is closed keeps what was typed."""
        if self._box.isVisible():
            self.take_named()

    def _words(self) -> tuple[str, int | None]:
        text = self._box.currentText().strip()
        return split_priority(text) if self._split else (text, None)

    def _put(self, kind: str, digit: int | None) -> None:
        self._box.setEditText(kind if digit is None else f"{kind} {digit}")

    def _tell(self, text: str) -> None:
        words, _ = self._words()
        is_new = bool(words) and text != self._shown and not find_named_type(words, self._used)
        self.setText(describe_new_type(words, find_meant_type(words, self._used)) if is_new else "")
        self.setVisible(is_new)


def describe_new_type(words: str, meant: str) -> str:
    """Say that nobody used a type before, and the one that may be meant."""
    offer = f" Press F2 for {describe_words(meant)}." if meant else ""
    return f"New type: “{spell_incident_type(words)}”.{offer}"


class PriorityOfWords(QObject):
    """Lets a priority follow the words of a call until a person chooses another one.

    A digit that goes on, such as that of “room 12”, or is deleted again, was none.
    """

    def __init__(self, priority: QSpinBox) -> None:
        super().__init__(priority)
        self._priority = priority
        self.restart()

    def restart(self) -> None:
        """Show the priority of a call that nothing is said of yet."""
        self._followed = suggest_priority("")
        self._priority.setValue(self._followed)

    def follow(self, text: str, kind: str = "") -> None:
        """Take the digit behind the words; else what such a call has, unless a person chose.

        ``kind`` is the type that the words stand for, if it is known.
        """
        words, digit = split_priority(text)
        words = kind or words
        if digit is not None or self._priority.value() == self._followed:
            self._followed = suggest_priority(words) if digit is None else digit
            self._priority.setValue(self._followed)
