"""Keys that nobody meant as commands: typed as text, or meant for what has changed meanwhile.

One filter on the native window sees each key once, before it is a shortcut; it is not asked for
painting and not for what happens inside. Keys held with Ctrl, Alt or Meta pass, and so does all
that is typed into a field or a form; but a command's key that is still held down types nothing
into the field or form that the command opened.

While the window works, keys wait. Most of them follow a person's own act and are meant for what it
makes: the call of a lockdown that is just being recorded, a form that is opening. They count. What
they act on may also change by something else meanwhile: another desk closes the call that was
chosen, an entry that waited is logged by its clock, a dialog of finished work comes up.
"""

import time
import weakref
from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QKeyCombination,
    QObject,
    QPointF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QShowEvent, QWindow
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.ui.widgets.inputs.form_sheet import find_sheet_around
from zoneplanner.ui.widgets.services.notices import COMMAND_MODIFIERS, PendingEntryBar


class KeyTargetWatch(QObject):
    """Knows when something other than a person's own act last changed what keys act on.

    ``read`` returns what keys act on besides the focus: values that compare equal while it is the
    same. A focus that moves during a person's act moves by it; other desks are taken in between.
    """

    def __init__(self, parent: QObject, read: Callable[[], object]) -> None:
        super().__init__(parent)
        self._read = read
        self._before: object = None
        self._acts, self._others = 0, False
        self._changed_ms = 0
        self._focus: weakref.ref[QWidget] | None = None
        program = QApplication.instance()
        assert isinstance(program, QApplication)
        program.focusChanged.connect(self._follow_focus)

    def begin_act(self) -> None:
        """A person pressed a key or clicked; what follows until the window rests is that act."""
        self._acts += 1
        QTimer.singleShot(0, self, lambda: QTimer.singleShot(0, self, self._end_act))

    def begin_others(self) -> None:
        """What other desks did is about to be taken in."""
        self._before, self._others = (self._read(), QApplication.focusWidget()), True

    def end_others(self) -> None:
        """What other desks did is taken in; keys pressed before may have meant something else."""
        self._others = False
        if (self._read(), QApplication.focusWidget()) != self._before:
            self._note()
        self._before = None

    def changed_since(self, pressed_ms: int) -> bool:
        """Tell whether something else changed what keys act on after a moment of our clock."""
        return self._changed_ms > pressed_ms

    def _end_act(self) -> None:
        self._acts -= 1

    def _follow_focus(self, _: QWidget | None, focus: QWidget | None) -> None:
        had = self._focus() if self._focus is not None else None
        if focus is None or focus is had:  # without the keys for a while, as behind another window
            return
        self._focus = weakref.ref(focus)
        if not (self._acts or self._others):
            self._note()

    def _note(self) -> None:
        self._changed_ms = time.monotonic_ns() // 1_000_000


BUSY_MS = 500
"""A key that waited longer was pressed while the window did not answer: for what was seen then."""
_QUICK_MS = 250
"""A letter without a meaning within this time of another key is text."""
_LETTERS_OF_WORD = 3
PAUSE_MS = 1000
"""Keys without a pause of this length are one run: text goes on as long."""
_SAME_CLOCK_MS = 60_000
_WRAP = 2**32
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DIGITS = tuple(Qt.Key(Qt.Key.Key_0 + at) for at in range(10))
_ACTING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class KeyVerdict(Enum):
    """What a key is taken for."""

    COMMAND = auto()
    STALE = auto()
    TEXT = auto()


class TypingDetector:
    """Tells commands from typed text by what keys mean and when they are pressed, in milliseconds.

    A run is keys without a pause between them. A key that commands something here is a command
    however fast it follows. A letter or space that means nothing here is the sign of text: right
    after another key, or as the second such letter of a run. So is the third different letter one
    right after the other, for on the map of Plan nearly each letter commands: a word is typed
    faster than three commands are thought of. Text goes on, Enter and digits too, until a pause.
    What the run did before cannot have been meant; ``acted`` tells whether there is
    any of it.
    """

    def __init__(self) -> None:
        self._last: tuple[float, str] | None = None
        self._idle, self._word = 0, ""
        self.typing = self.begins_run = False
        self.acted = False

    def judge(
        self, letter: str, pressed_ms: float, *, stale: bool = False, commands: bool = False
    ) -> KeyVerdict:
        """Say what a key is; ``letter`` is its text, ``commands`` whether it means something.

        ``stale`` tells that what it acts on changed by something else since it was pressed.
        """
        last, self._last = self._last, (pressed_ms, letter)
        gap = pressed_ms - last[0] if last is not None else PAUSE_MS + 1.0
        self.begins_run = gap > PAUSE_MS
        if self.begins_run:
            self.typing, self.acted, self._idle = False, False, 0
        if stale:
            self.typing = True
            return KeyVerdict.STALE
        if self.typing:
            return KeyVerdict.TEXT
        idle = not commands and (letter.isalpha() or letter == " ")
        follows = last is not None and last[1].isprintable() and letter != last[1]
        quick = gap <= _QUICK_MS and follows
        self._word = (self._word if gap <= _QUICK_MS else "") + letter.casefold()
        is_word = self._word.isalpha() and len(set(self._word)) >= _LETTERS_OF_WORD
        if is_word or (idle and (quick or (self._idle and follows))):
            self.typing = True
            return KeyVerdict.TEXT
        self.acted = self.acted or not idle or gap > PAUSE_MS
        return KeyVerdict.COMMAND

    def commands_nothing(self) -> None:
        """The last letter was no command: the next one of that kind is text."""
        self._idle += 1

    def forget(self) -> None:
        """Begin anew, as after something was typed into a field."""
        self._last, self.typing, self.acted, self._idle = None, False, False, 0
        self._word = ""


class EventDelays:
    """How long events waited. Their clock is ours, or that of another machine that shows us."""

    def __init__(self) -> None:
        self._least: int | None = None

    def waited_ms(self, stamp_ms: int, now_ms: int) -> int:
        """Return how long an event waited, compared with the quickest one where clocks differ."""
        if not stamp_ms:
            return 0
        behind = (now_ms - stamp_ms + _WRAP // 2) % _WRAP - _WRAP // 2
        if self._least is None:
            self._least = 0 if 0 <= behind < _SAME_CLOCK_MS else behind
        self._least = min(self._least, behind)
        if behind - self._least > _SAME_CLOCK_MS:  # one of the clocks was set anew or slept
            self._least = behind
        return behind - self._least


class AccidentalKeyFilter(QObject):
    """Lets no key act that was not meant to. It watches the window that its parent stands in.

    ``dropped`` carries why, once for each run of keys: ``STALE`` or ``TEXT``. ``began`` tells that
    a run begins, ``acting`` carries the text of a key before it acts, ``mistaken`` that the keys of
    a run which acted were text. ``commands`` tells whether a letter means something here,
    ``interrupts`` whether it does while an entry waits, ``target`` what keys act on.
    """

    dropped = Signal(object)
    began = Signal()
    acting = Signal(str)
    mistaken = Signal()

    def __init__(
        self,
        parent: QWidget,
        pending: PendingEntryBar,
        interrupts: Callable[[QKeySequence], bool],
        commands: Callable[[QKeySequence], bool],
        target: KeyTargetWatch,
    ) -> None:
        super().__init__(parent)
        self._pending, self._target = pending, target
        self._interrupts, self._commands = interrupts, commands
        self._rhythm, self._waits = TypingDetector(), EventDelays()
        self._told: KeyVerdict | None = None
        self._strayed = False
        self._swallowed: tuple[int, int] | None = None
        self._released: tuple[int, int] | None = None
        self._command: int | None = None
        self._window: QWindow | None = None
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Find the native window once it is there; swallow its keys that must not act."""
        if isinstance(event, QMouseEvent) and watched is self._window:
            self._target.begin_act()
        elif isinstance(event, QKeyEvent) and watched is self._window:
            swallows = self._filter(event)
            self._target.begin_act()
            return swallows
        if isinstance(event, QShowEvent) and watched is self.parent():
            self._watch()
        return False

    def _watch(self) -> None:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        native = parent.window().windowHandle()
        if native is not None and native is not self._window:
            native.installEventFilter(self)
            native.destroyed.connect(self._seek)
            self._window = native
            parent.removeEventFilter(self)  # its own events, hundreds a drag, mean nothing here

    def _seek(self) -> None:
        """Look for the next native window: this one is gone."""
        parent, self._window = self.parent(), None
        if parent is not None and isValid(parent):
            parent.installEventFilter(self)

    def _filter(self, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.KeyRelease:
            self._released = (event.key(), event.timestamp())
        pressed = event.type() == QEvent.Type.ShortcutOverride
        if pressed and not self._repeats(event):
            self._command = None if _is_typed_into(QApplication.focusWidget()) else event.key()
        if event.modifiers() & COMMAND_MODIFIERS:
            return False
        if pressed:
            swallow = self._is_held(event) or self._swallows(event)
            self._swallowed = (event.key(), event.timestamp()) if swallow else None
            if swallow:
                event.accept()  # so that it is no shortcut; it comes again as a key
            return swallow
        if event.type() == QEvent.Type.KeyPress:
            if self._swallowed == (event.key(), event.timestamp()):
                return True
            if event.text().isalpha() and not _is_typed_into(QApplication.focusWidget()):
                self._rhythm.commands_nothing()
        return False

    def _is_held(self, event: QKeyEvent) -> bool:
        """Tell whether a key that is held acts once only.

        Enter and digits record nothing a second time, and the key of a command types nothing into
        the field or form that it opened.
        """
        key, focus = Qt.Key(event.key()), QApplication.focusWidget()
        if not self._repeats(event):
            return False
        if self._command == event.key() and _is_typed_into(focus):
            return True
        if isinstance(focus, QTextEdit | QPlainTextEdit):
            return False
        return key in _ENTER or (key in _DIGITS and not accepts_text(focus))

    def _repeats(self, event: QKeyEvent) -> bool:
        """Tell whether a key repeats by itself.

        X sends a release and a press of the same moment for it, which are not always marked.
        """
        same = bool(event.timestamp()) and self._released == (event.key(), event.timestamp())
        return event.isAutoRepeat() or same

    def _swallows(self, event: QKeyEvent) -> bool:
        focus, text = QApplication.focusWidget(), event.text()
        now = time.monotonic_ns() // 1_000_000
        waited = self._waits.waited_ms(event.timestamp(), now)
        stale = waited > BUSY_MS and self._target.changed_since(now - waited)
        if _is_typed_into(focus) and not (stale and not accepts_text(focus)):
            self._rhythm.forget()
            return False
        if not (text.isprintable() and text) and Qt.Key(event.key()) not in _ACTING:
            return False
        if event.isAutoRepeat():
            return self._rhythm.typing or (self._pending.counting and self._strays(event))
        was_typing = self._rhythm.typing
        verdict = self._rhythm.judge(
            text, now - waited, stale=stale, commands=self._means_something(event)
        )
        if self._rhythm.begins_run:
            self._strayed = False
            self.began.emit()
        if verdict is not KeyVerdict.COMMAND:
            if verdict is KeyVerdict.TEXT and not was_typing and self._rhythm.acted:
                self.mistaken.emit()
            self._tell(verdict)
            return True
        self._told = None
        if self._pending.counting:
            return self._strays(event)
        self.acting.emit(text)
        return False

    def _means_something(self, event: QKeyEvent) -> bool:
        """Tell whether a letter is a command here; while an entry waits few are."""
        keys = QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key())))
        if self._pending.counting:
            return self._interrupts(keys) or Qt.Key(event.key()) == Qt.Key.Key_Z
        return self._commands(keys)

    def _strays(self, event: QKeyEvent) -> bool:
        """Tell whether a key does nothing because an entry waits; Z drops what waits."""
        if not event.text().isalpha():
            answers = Qt.Key(event.key()) in _ENTER and self._strayed
            if answers:  # it ends what was typed, and is no answer to what waits
                self._tell(KeyVerdict.TEXT)
            return answers
        if self._pending.take_key(event):
            return True
        keys = QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key())))
        if self._interrupts(keys):
            return False
        self._rhythm.commands_nothing()
        self._strayed = True
        return True

    def _tell(self, verdict: KeyVerdict) -> None:
        if verdict is not self._told:
            self._told = verdict
            self.dropped.emit(verdict)


def accepts_text(widget: QWidget | None) -> bool:
    """Tell whether what is typed with the focus on a widget is text."""
    if isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QAbstractSpinBox) or (
        isinstance(widget, QComboBox) and widget.isEditable()
    )


def _is_typed_into(widget: QWidget | None) -> bool:
    """Tell whether keys are no commands with the focus on a widget: a field's, or a form's."""
    return accepts_text(widget) or (widget is not None and find_sheet_around(widget) is not None)


_STILL_MS = 2000
"""So long a button that unfolds under the pointer was hardly read by who clicked what was there."""
_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


class DoubleClickFilter(QObject):
    """Lets a second click at the same place press nothing in the window of its parent.

    It listens to the buttons it is given. From a press on one of them on it takes the presses at
    that place for as long as a double click lasts; only then does it listen to the whole program.
    A text field keeps its double click, which selects a word. What it is given that is no button
    unfolds when it is clicked: for two seconds no button is pressed at that place.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._at, self._unfolds = QPointF(), False
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self._rest)

    def watch(self, part: QWidget) -> None:
        """Guard against a second click after one on a button, or on what unfolds by it."""
        part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember a press on a button; take another one at the same place soon after."""
        if not isinstance(event, QMouseEvent) or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.MouseButtonRelease and self._clock.isActive():
            # what the click does comes first, however long; the second one waits in the queue
            QTimer.singleShot(0, self._clock, self._clock.start)
        if event.type() not in _PRESSES or event.button() != Qt.MouseButton.LeftButton:
            return False
        if self._clock.isActive():
            if self._is_second(watched, event):
                event.accept()
                return True
        else:
            self._at = event.globalPosition()
            self._unfolds = not isinstance(watched, QAbstractButton)
            twice_ms = QApplication.styleHints().mouseDoubleClickInterval()
            self._clock.setInterval(_STILL_MS if self._unfolds else twice_ms)
            self._clock.start()
            _program().installEventFilter(self)
        return False

    def _is_second(self, watched: QWidget, event: QMouseEvent) -> bool:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        if watched.window() is not parent.window() or accepts_text(watched):
            return False
        if self._unfolds and not isinstance(watched, QAbstractButton):
            return False
        gone = (event.globalPosition() - self._at).manhattanLength()
        return gone <= QApplication.styleHints().mouseDoubleClickDistance()

    def _rest(self) -> None:
        _program().removeEventFilter(self)


def _program() -> QCoreApplication:
    program = QCoreApplication.instance()
    assert program is not None
    return program
