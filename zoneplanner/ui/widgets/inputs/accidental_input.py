"""Keystrokes and clicks that were not meant as commands.

A keystroke is accidental if it is part of typed text, or if its target changed after it was
pressed. One event filter on the native window sees every key once, before Qt treats it as a
shortcut, and is not called for painting or other internal events. Keys pressed with Ctrl, Alt or
Meta pass, and so do keys typed into a field or a form. If a command opens a field or form while its
key is still held down, the key types nothing there.

Keys queue up while the window is busy. Most of them follow the person's own action and are meant
for its result, such as the call of a lockdown that is being recorded or a form that is opening.
These keys act. But something else may change their target in the meantime: another desk closes the
selected call, a pending entry is logged when its countdown ends, or a dialog reports finished work.
"""

import time
import weakref
from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import (
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
from zoneplanner.ui.widgets.layout.basic_widgets import ENTER_KEYS, find_application
from zoneplanner.ui.widgets.services.notices import COMMAND_MODIFIERS, PendingEntryBar


class KeyTargetWatch(QObject):
    """Records when something other than the person's own action last changed the keys' target.

    ``read_target`` returns the target apart from the focus, as a value that compares equal while
    the target is the same. A focus change during a person's action counts as part of that action.
    """

    def __init__(self, parent: QObject, read_target: Callable[[], object]) -> None:
        super().__init__(parent)
        self._read_target = read_target
        self._target_before: object = None
        self._running_actions, self._is_updating_from_others = 0, False
        self._changed_ms = 0
        self._focus: weakref.ref[QWidget] | None = None
        find_application().focusChanged.connect(self._on_focus_changed)

    def begin_action(self) -> None:
        """Note a key press or click; changes until the event loop is idle are its effect."""
        self._running_actions += 1
        QTimer.singleShot(0, self, lambda: QTimer.singleShot(0, self, self._end_action))

    def begin_update_from_others(self) -> None:
        """Note that changes from other desks are about to be shown."""
        self._target_before = (self._read_target(), QApplication.focusWidget())
        self._is_updating_from_others = True

    def end_update_from_others(self) -> None:
        """Note that changes from other desks are shown, and whether they changed the target."""
        self._is_updating_from_others = False
        if (self._read_target(), QApplication.focusWidget()) != self._target_before:
            self._changed_ms = read_clock_ms()
        self._target_before = None

    def changed_since(self, pressed_ms: int) -> bool:
        """Return whether something else changed the target after a time of ``read_clock_ms``."""
        return self._changed_ms > pressed_ms

    def _end_action(self) -> None:
        self._running_actions -= 1

    def _on_focus_changed(self, _: QWidget | None, focus: QWidget | None) -> None:
        previous = self._focus() if self._focus is not None else None
        if focus is None or focus is previous:  # the window was inactive for a while
            return
        self._focus = weakref.ref(focus)
        if not (self._running_actions or self._is_updating_from_others):
            self._changed_ms = read_clock_ms()


def read_clock_ms() -> int:
    """Return the time of the monotonic clock in milliseconds."""
    return time.monotonic_ns() // 1_000_000


BUSY_MS = 500
"""A key that waited longer was pressed while the window was busy, for what was shown then."""
_QUICK_MS = 250
"""A letter that is no command counts as text if it follows another key within this time."""
_MIN_WORD_LETTERS = 3
PAUSE_MS = 1000
"""Keys with shorter gaps than this form one run; text ends with the run."""
_SAME_CLOCK_MS = 60_000
_TIMESTAMP_RANGE_MS = 2**32
_DIGITS = tuple(Qt.Key(Qt.Key.Key_0 + digit) for digit in range(10))
_NON_PRINTING_COMMANDS = (*ENTER_KEYS, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class KeyVerdict(Enum):
    """What a key press is classified as."""

    COMMAND = auto()
    STALE = auto()
    TEXT = auto()


class TypingDetector:
    """Distinguishes commands from typed text by the keys' meaning and timing.

    A run is a sequence of keys without a pause. A key that is a command here counts as a command
    however quickly it follows. A letter or space that is not a command here indicates text if it
    directly follows another key, or if it is the second such letter of the run. So does the third
    different letter in quick succession: on the Plan map nearly every letter is a command, and
    people type a word faster than they decide on three commands. Once a run is text, its remaining
    keys are text too, including Enter and digits. ``has_acted`` is true if earlier keys of the run
    may have acted, which cannot have been intended if the run turns out to be text.
    """

    def __init__(self) -> None:
        self._last: tuple[float, str] | None = None
        self._ineffective_letters, self._word = 0, ""
        self.typing = self.begins_run = False
        self.has_acted = False

    def classify(
        self, letter: str, pressed_ms: float, *, stale: bool = False, commands: bool = False
    ) -> KeyVerdict:
        """Classify a key by its text.

        ``commands`` means that the key is a command here, ``stale`` that something else changed
        its target after it was pressed.
        """
        last, self._last = self._last, (pressed_ms, letter)
        gap_ms = pressed_ms - last[0] if last is not None else PAUSE_MS + 1.0
        self.begins_run = gap_ms > PAUSE_MS
        if self.begins_run:
            self.typing, self.has_acted, self._ineffective_letters = False, False, 0
        if stale:
            self.typing = True
            return KeyVerdict.STALE
        if self.typing:
            return KeyVerdict.TEXT
        ineffective = not commands and (letter.isalpha() or letter == " ")
        follows = last is not None and last[1].isprintable() and letter != last[1]
        quick = gap_ms <= _QUICK_MS and follows
        self._word = (self._word if gap_ms <= _QUICK_MS else "") + letter.casefold()
        is_word = self._word.isalpha() and len(set(self._word)) >= _MIN_WORD_LETTERS
        if is_word or (ineffective and (quick or (self._ineffective_letters and follows))):
            self.typing = True
            return KeyVerdict.TEXT
        self.has_acted = self.has_acted or not ineffective or self.begins_run
        return KeyVerdict.COMMAND

    def note_no_effect(self) -> None:
        """Note that the last letter did nothing, so that the next such letter counts as text."""
        self._ineffective_letters += 1

    def reset(self) -> None:
        """Start over, such as after text was typed into a field."""
        self._last, self.typing, self.has_acted = None, False, False
        self._ineffective_letters, self._word = 0, ""


class EventDelays:
    """Measures how long events waited.

    Their timestamps come from our clock, or from another machine's clock if that machine displays
    the window.
    """

    def __init__(self) -> None:
        self._min_lag_ms: int | None = None

    def waited_ms(self, stamp_ms: int, now_ms: int) -> int:
        """Return how long an event waited; if the clocks differ, relative to the quickest event."""
        if not stamp_ms:
            return 0
        half_range_ms = _TIMESTAMP_RANGE_MS // 2
        lag_ms = (now_ms - stamp_ms + half_range_ms) % _TIMESTAMP_RANGE_MS - half_range_ms
        if self._min_lag_ms is None:
            self._min_lag_ms = 0 if 0 <= lag_ms < _SAME_CLOCK_MS else lag_ms
        self._min_lag_ms = min(self._min_lag_ms, lag_ms)
        if lag_ms - self._min_lag_ms > _SAME_CLOCK_MS:  # one of the clocks was set or slept
            self._min_lag_ms = lag_ms
        return lag_ms - self._min_lag_ms


class AccidentalKeyFilter(QObject):
    """Blocks accidental keys in the window that contains its parent.

    ``commands`` returns whether keys are a command now, ``interrupts`` whether they are one even
    while an entry is pending. ``dropped`` carries ``STALE`` or ``TEXT``, once per run of keys.
    ``run_began`` is emitted when a run begins, ``command_accepted`` carries a key's text before it
    acts, and ``run_was_text`` is emitted when keys of the run that acted prove to be text.
    """

    dropped = Signal(object)
    run_began = Signal()
    command_accepted = Signal(str)
    run_was_text = Signal()

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
        self._detector, self._delays = TypingDetector(), EventDelays()
        self._reported_verdict: KeyVerdict | None = None
        self._has_ignored_letters = False
        self._blocked_press: tuple[int, int] | None = None
        self._last_release: tuple[int, int] | None = None
        self._command_key: int | None = None
        self._window: QWindow | None = None
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Block accidental keys of the native window, which is found once the parent is shown."""
        if isinstance(event, QMouseEvent) and watched is self._window:
            self._target.begin_action()
        elif isinstance(event, QKeyEvent) and watched is self._window:
            is_blocked = self._filter_key(event)
            self._target.begin_action()
            return is_blocked
        if isinstance(event, QShowEvent) and watched is self.parent():
            self._watch_native_window()
        return False

    def _watch_native_window(self) -> None:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        native = parent.window().windowHandle()
        if native is not None and native is not self._window:
            native.installEventFilter(self)
            native.destroyed.connect(self._await_native_window)
            self._window = native
            parent.removeEventFilter(self)  # a drag sends it hundreds of irrelevant events

    def _await_native_window(self) -> None:
        """Watch the parent again, since the native window was destroyed."""
        parent, self._window = self.parent(), None
        if parent is not None and isValid(parent):
            parent.installEventFilter(self)

    def _filter_key(self, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.KeyRelease:
            self._last_release = (event.key(), event.timestamp())
        is_press = event.type() == QEvent.Type.ShortcutOverride
        if is_press and not self._is_repeat(event):
            self._command_key = None if _receives_keys(QApplication.focusWidget()) else event.key()
        if event.modifiers() & COMMAND_MODIFIERS:
            return False
        if is_press:
            is_blocked = self._must_act_once(event) or self._is_accidental(event)
            self._blocked_press = (event.key(), event.timestamp()) if is_blocked else None
            if is_blocked:
                event.accept()  # prevents the shortcut; Qt sends the same press again as a key
            return is_blocked
        if event.type() == QEvent.Type.KeyPress:
            if self._blocked_press == (event.key(), event.timestamp()):
                return True
            if event.text().isalpha() and not _receives_keys(QApplication.focusWidget()):
                self._detector.note_no_effect()
        return False

    def _must_act_once(self, event: QKeyEvent) -> bool:
        """Return whether a repeated key must not act again.

        Holding Enter or a digit records nothing twice, and a command's key types nothing into the
        field or form that the command opened.
        """
        focus = QApplication.focusWidget()
        if not self._is_repeat(event):
            return False
        if self._command_key == event.key() and _receives_keys(focus):
            return True
        if isinstance(focus, QTextEdit | QPlainTextEdit):
            return False
        return event.key() in ENTER_KEYS or (event.key() in _DIGITS and not accepts_text(focus))

    def _is_repeat(self, event: QKeyEvent) -> bool:
        """Return whether a key repeats because it is held down.

        X11 does not always mark such a press, but sends it with a release of the same timestamp.
        """
        stamp = event.timestamp()
        return event.isAutoRepeat() or bool(stamp and self._last_release == (event.key(), stamp))

    def _is_accidental(self, event: QKeyEvent) -> bool:
        focus, text = QApplication.focusWidget(), event.text()
        now_ms = read_clock_ms()
        pressed_ms = now_ms - self._delays.waited_ms(event.timestamp(), now_ms)
        stale = now_ms - pressed_ms > BUSY_MS and self._target.changed_since(pressed_ms)
        if _receives_keys(focus) and not (stale and not accepts_text(focus)):
            self._detector.reset()
            return False
        if not (text.isprintable() and text) and event.key() not in _NON_PRINTING_COMMANDS:
            return False
        if event.isAutoRepeat():
            return self._detector.typing or (self._pending.counting and self._must_wait(event))
        was_typing = self._detector.typing
        verdict = self._detector.classify(
            text, pressed_ms, stale=stale, commands=self._is_command(event)
        )
        if self._detector.begins_run:
            self._has_ignored_letters = False
            self.run_began.emit()
        if verdict is not KeyVerdict.COMMAND:
            if verdict is KeyVerdict.TEXT and not was_typing and self._detector.has_acted:
                self.run_was_text.emit()
            self._report_dropped(verdict)
            return True
        self._reported_verdict = None
        if self._pending.counting:
            return self._must_wait(event)
        self.command_accepted.emit(text)
        return False

    def _is_command(self, event: QKeyEvent) -> bool:
        """Return whether a key is a command now; few are while an entry is pending."""
        if self._pending.counting:
            return self._interrupts(_keys_of(event)) or event.key() == Qt.Key.Key_Z
        return self._commands(_keys_of(event))

    def _must_wait(self, event: QKeyEvent) -> bool:
        """Return whether a pending entry keeps a key from acting; Z discards the entry."""
        if not event.text().isalpha():
            ends_text = event.key() in ENTER_KEYS and self._has_ignored_letters
            if ends_text:  # this Enter ends the ignored text and does not confirm the entry
                self._report_dropped(KeyVerdict.TEXT)
            return ends_text
        if self._pending.take_key(event):
            return True
        if self._interrupts(_keys_of(event)):
            return False
        self._detector.note_no_effect()
        self._has_ignored_letters = True
        return True

    def _report_dropped(self, verdict: KeyVerdict) -> None:
        if verdict is not self._reported_verdict:
            self._reported_verdict = verdict
            self.dropped.emit(verdict)


def _keys_of(event: QKeyEvent) -> QKeySequence:
    return QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key())))


def accepts_text(widget: QWidget | None) -> bool:
    """Return whether typing into a focused widget enters text."""
    if isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QAbstractSpinBox) or (
        isinstance(widget, QComboBox) and widget.isEditable()
    )


def _receives_keys(widget: QWidget | None) -> bool:
    """Return whether a focused widget takes all keys, since it is a text field or in a form."""
    return accepts_text(widget) or (widget is not None and find_sheet_around(widget) is not None)


_READING_MS = 2000
"""If a button appears under the pointer, a click within this time was meant for what was there."""
_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


class DoubleClickFilter(QObject):
    """Ignores the second click of a double click in its parent's window.

    It watches the widgets passed to ``watch``. After a press on one of them, it blocks presses at
    that position for the double-click interval, and filters the whole application only for that
    time. Text fields keep their double click, which selects a word. A watched widget that is not a
    button expands when it is clicked: no button at that position can be pressed for two seconds.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._first_press, self._expands = QPointF(), False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(lambda: find_application().removeEventFilter(self))

    def watch(self, part: QWidget) -> None:
        """Ignore the second click on a button, or on a widget that expands when clicked."""
        part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember a press, and block another one at the same position soon after."""
        if not isinstance(event, QMouseEvent) or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.MouseButtonRelease and self._timer.isActive():
            # the interval starts after the click's action, which may take long; the second click
            # waits in the event queue
            QTimer.singleShot(0, self._timer, self._timer.start)
        if event.type() not in _PRESSES or event.button() != Qt.MouseButton.LeftButton:
            return False
        if self._timer.isActive():
            if self._is_second_click(watched, event):
                event.accept()
                return True
        else:
            self._first_press = event.globalPosition()
            self._expands = not isinstance(watched, QAbstractButton)
            double_click_ms = QApplication.styleHints().mouseDoubleClickInterval()
            self._timer.start(_READING_MS if self._expands else double_click_ms)
            find_application().installEventFilter(self)
        return False

    def _is_second_click(self, watched: QWidget, event: QMouseEvent) -> bool:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        if watched.window() is not parent.window() or accepts_text(watched):
            return False
        if self._expands and not isinstance(watched, QAbstractButton):
            return False
        distance_px = (event.globalPosition() - self._first_press).manhattanLength()
        return distance_px <= QApplication.styleHints().mouseDoubleClickDistance()
