"""Reference cycles are collected only on the main thread, where Qt objects may be freed."""

import gc
import threading
import weakref

from PySide6.QtWidgets import QApplication

from zoneplanner.ui.shell.garbage_collection import GarbageCollector


class Knot:
    """An object that refers to itself."""

    def __init__(self) -> None:
        self.own = self


def test_work_in_another_thread_collects_no_garbage(qapp: QApplication) -> None:
    gc.collect()
    garbage = GarbageCollector(qapp)
    knot = weakref.ref(Knot())
    made: list[list[int]] = []
    thread = threading.Thread(target=lambda: made.extend([at] for at in range(200_000)))
    thread.start()
    thread.join()
    assert knot() is not None
    assert len(made) == 200_000
    garbage.collect()
    assert knot() is None
    garbage.deleteLater()
