"""Whether keys that waited still mean what they meant when they were pressed.

While the window works, keys wait. Most of them follow a person's own act and are meant for what it
makes: the call of a lockdown that is just being recorded, a form that is opening. They count. What
they act on may also change by something else meanwhile: another desk closes the call that was
chosen, an entry that waited is logged by its clock, a dialog of finished work comes up.
"""

import time
import weakref
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget


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
