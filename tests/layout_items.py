"""Items of layouts that are gone and that PySide still knows."""

from PySide6.QtWidgets import QApplication, QLayout, QLayoutItem
from shiboken6 import Shiboken


def _address(item: QLayoutItem) -> int:
    return int(Shiboken.getCppPointer(item)[0])


def count_stale_layout_items() -> int:
    """Return how many items PySide would take for what comes to stand in their memory."""
    items = [one for one in Shiboken.getAllValidWrappers() if isinstance(one, QLayoutItem)]
    known = {_address(one) for one in items if not isinstance(one, QLayout)}
    widgets = QApplication.allWidgets()  # kept: who lets go of one lets go of its layout
    layouts = [layout for one in widgets if (layout := one.layout()) is not None]
    alive: set[int] = set()
    for layout in layouts:  # grows by those within
        for at in range(layout.count()):
            item = layout.itemAt(at)
            if isinstance(item, QLayout):
                layouts.append(item)
            elif item is not None:
                alive.add(_address(item))
    return len(known - alive)
