"""Garbage is looked for in the window's thread alone.

Python looks for cycles in whichever thread makes new objects; a Qt object that it lets go of in
another thread than its own ends the program.

What the oldest generation let go of is given back to the system: an act on a long log makes and
drops arrays of megabytes, and the C library would keep the holes between what stays.
"""

import ctypes
import gc
import sys

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 1000
_GENERATIONS = (2, 1, 0)


class GarbageCollector(QObject):
    """Takes the search over from Python, from now on and for as long as the program runs."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        library = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._trim = getattr(library, "malloc_trim", None)  # glibc alone has it
        self._clock = QTimer(self, interval=_EVERY_MS)
        self._clock.timeout.connect(self.collect)
        self._clock.start()

    def collect(self) -> None:
        """Look through the oldest generation that is due, as Python would by itself."""
        due = zip(gc.get_count(), gc.get_threshold(), strict=True)
        full = [count > most for count, most in due]
        generation = next((own for own in _GENERATIONS if full[own]), None)
        if generation is not None:
            gc.collect(generation)
        if generation == _GENERATIONS[0] and self._trim is not None:
            self._trim(0)
