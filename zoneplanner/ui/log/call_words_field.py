"""The field for a call's type, the priority at its end, and hints about unknown words."""

from collections.abc import Collection

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QSpinBox

from zoneplanner.app.log.call_words import (
    INCIDENT_TYPES,
    describe_words,
    find_named_type,
    spell_incident_type,
    split_priority,
    suggest_priority,
    suggest_type,
)
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.inputs.forms import list_choices_beginning
from zoneplanner.ui.widgets.inputs.match_field import PART_STARTS, MatchField
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ENTER_KEYS,
    HidingLabel,
)


class CallWordsField(MatchField):
    """The type of a call in a few words, optionally followed by its priority."""

    suggestion_accepted = Signal()
    """F2 was pressed: the suggested words replace the typed ones."""

    def __init__(self) -> None:
        super().__init__([(name, name) for name in INCIDENT_TYPES], above=PART_STARTS)
        self.used_types: tuple[str, ...] = ()
        """The types of earlier calls that are not among the usual ones."""
        self.setPlaceholderText("Such as trespass")
        self.setToolTip("A digit at the end is the priority: “fight 1”, “f1”, “bus 4 p1”.")

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The matching types: a used type typed in full, then usual types, then a synonym's type.

        The last one applies only if nothing else matches.
        """
        typed = self.words.casefold()
        in_full = [(name, name) for name in self.used_types if name.casefold() == typed]
        matches = [*in_full, *super().matches]
        named = "" if matches else find_named_type(self.words, self.used_types)
        return [(named, named)] if named else matches

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Accept the suggested words on F2."""
        if event.key() == Qt.Key.Key_F2 and not event.isAutoRepeat():
            self.suggestion_accepted.emit()
        else:
            super().keyPressEvent(event)

    @property
    def words(self) -> str:
        """The text without the priority at its end."""
        return split_priority(self.text())[0]


def ask_about_ending(box: QComboBox, text: str) -> Message:
    """Ask about an ending that is not in the list, offering those that begin with it."""
    if choices := list_choices_beginning(box, text):
        return Message("ending.similar", endings=[f"“{choice}”" for choice in choices])
    return Message("ending.not_listed", ending=text)


def mark_new_ending(box: QComboBox, known: Collection[str] = ()) -> Message | None:
    """Flag an ending that is neither in the list nor ``known``; otherwise return None."""
    text = box.currentText().strip()
    listed = box.findText(text, Qt.MatchFlag.MatchFixedString) >= 0
    if not text or listed or text in known:
        return None
    return Message("ending.new", question=ask_about_ending(box, text))


def complete_ending(box: QComboBox) -> None:
    """Complete the typed text if exactly one ending begins with it."""
    choices = list_choices_beginning(box, box.currentText().strip())
    if len(choices) == 1:
        box.setCurrentIndex(box.findText(choices[0]))


class TypeHint(HidingLabel):
    """The hint below a form's field for the type of a call.

    On Enter or when the field is left, words that name one known type are completed. Other words
    are flagged as a new type, and F2 accepts the suggested one. With ``has_priority`` a digit at
    the end is a priority.
    """

    def __init__(self, box: QComboBox, used_types: Collection[str], *, has_priority: bool) -> None:
        super().__init__()
        self._box, self._used_types, self._has_priority = box, used_types, has_priority
        self._initial_text = box.currentText()
        self.setProperty("role", "problem")
        box.currentTextChanged.connect(self._update)
        line = box.lineEdit()
        for part in filter(None, (box, line)):
            part.installEventFilter(self)  # the box passes keys on without sending events
        if line is not None:
            line.editingFinished.connect(self._complete_if_visible)

    def complete(self) -> bool:
        """Complete the name of a type that was typed in part; return whether anything changed."""
        words, digit = self._split()
        named = find_named_type(words, self._used_types)
        if (
            self._box.currentText() == self._initial_text
            or not named
            or words.casefold() == named.casefold()
        ):
            return False
        self._set_text(named, digit)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle F2, and Enter if it completes the words."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            words, digit = self._split()
            if event.key() == Qt.Key.Key_F2:
                if suggestion := suggest_type(words, self._used_types):
                    self._set_text(suggestion, digit)
                return True
            if event.key() in ENTER_KEYS:
                return self.complete()
        return super().eventFilter(watched, event)

    def _complete_if_visible(self) -> None:
        """Complete the words, but not while the form is being closed."""
        if self._box.isVisible():
            self.complete()

    def _split(self) -> tuple[str, int | None]:
        text = self._box.currentText().strip()
        return split_priority(text) if self._has_priority else (text, None)

    def _set_text(self, type_name: str, digit: int | None) -> None:
        self._box.setEditText(type_name if digit is None else f"{type_name} {digit}")

    def _update(self, text: str) -> None:
        words, used = self._split()[0], self._used_types
        is_new = bool(words) and text != self._initial_text and not find_named_type(words, used)
        self.setText(describe_new_type(words, suggest_type(words, used)) if is_new else "")


def describe_new_type(words: str, suggestion: str) -> str:
    """Return a note that no call had this type before, and which one F2 suggests."""
    code, new_type = "new_type.suggestion" if suggestion else "new_type", spell_incident_type(words)
    return str(Message(code, type=new_type, suggestion=describe_words(suggestion)))


class PriorityOfWords(QObject):
    """Sets a priority from a call's words until a person chooses another one.

    A digit that turns out to be part of the words, as in “room 12”, no longer counts.
    """

    def __init__(self, priority: QSpinBox) -> None:
        super().__init__(priority)
        self._priority = priority
        self.restart()

    def restart(self) -> None:
        """Show the priority of a call without words."""
        self._suggested = suggest_priority("")
        self._priority.setValue(self._suggested)

    def follow(self, text: str, type_name: str = "") -> None:
        """Set the digit after the words or, unless a person chose, the usual priority.

        ``type_name`` is the type that the words stand for, if it is known.
        """
        words, digit = split_priority(text)
        if digit is not None or self._priority.value() == self._suggested:
            self._suggested = suggest_priority(type_name or words) if digit is None else digit
            self._priority.setValue(self._suggested)
