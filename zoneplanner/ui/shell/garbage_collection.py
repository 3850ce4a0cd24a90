"""Garbage collection only in the window's thread.

Python collects garbage in whichever thread allocates objects. The program crashes if that deletes a
Qt object in another thread than the object's own.

After a full collection, free memory is returned to the system: actions on a long log allocate
arrays of several megabytes, and the C library would keep the gaps that they leave.
"""

import ctypes
import gc
import sys

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 1000
_GENERATIONS = (2, 1, 0)


class GarbageCollector(QObject):
    """Replaces Python's own garbage collection for as long as the program runs."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        library = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._trim = getattr(library, "malloc_trim", None)  # only glibc has it
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation whose threshold is exceeded, as Python would."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = (number for number in _GENERATIONS if counts[number] > thresholds[number])
        generation = next(due, None)
        if generation is not None:
            gc.collect(generation)
        if generation == _GENERATIONS[0] and self._trim is not None:
            self._trim(0)
