"""What a call is as it is typed, and the priority that follows it."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QSpinBox

from zoneplanner.app.log.call_words import INCIDENT_TYPES, split_priority, suggest_priority
from zoneplanner.ui.widgets.inputs.forms import list_choices_beginning
from zoneplanner.ui.widgets.inputs.match_field import PART_BEGINS, MatchField


class CallWordsField(MatchField):
    """What a call is in a few words, with its priority behind them or not.

    ``respelled`` is F2, which takes the words that were meant.
    """

    respelled = Signal()

    def __init__(self) -> None:
        super().__init__([(name, name) for name in INCIDENT_TYPES], least=PART_BEGINS)
        self.used: tuple[str, ...] = ()
        """The types that calls had besides the usual ones; a part of one does not stand for it."""
        self.setPlaceholderText("Such as trespass")
        self.setToolTip("A digit at the end is the priority: “fight 1”, “f1”, “bus 4 p1”.")

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The usual types that fit, after one used before whose whole name was typed."""
        typed = self.words.casefold()
        whole = [(name, name) for name in self.used if name.casefold() == typed]
        return [*whole, *super().matches]

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

    def follow(self, text: str) -> None:
        """Take the digit behind the words; else what such a call has, unless a person chose."""
        words, digit = split_priority(text)
        if digit is not None or self._priority.value() == self._followed:
            self._followed = suggest_priority(words) if digit is None else digit
            self._priority.setValue(self._followed)
