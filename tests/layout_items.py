"""Deleted layout items that PySide still refers to."""

from PySide6.QtWidgets import QApplication, QLayout, QLayoutItem
from shiboken6 import Shiboken


def _find_address(item: QLayoutItem) -> int:
    return int(Shiboken.getCppPointer(item)[0])


def count_stale_layout_items() -> int:
    """Count the items that PySide would confuse with new objects at their addresses."""
    items = [one for one in Shiboken.getAllValidWrappers() if isinstance(one, QLayoutItem)]
    known = {_find_address(one) for one in items if not isinstance(one, QLayout)}
    widgets = QApplication.allWidgets()  # keeps the widgets alive, and with them their layouts
    layouts = [layout for one in widgets if (layout := one.layout()) is not None]
    alive: set[int] = set()
    for layout in layouts:  # grows by nested layouts
        for at in range(layout.count()):
            item = layout.itemAt(at)
            if isinstance(item, QLayout):
                layouts.append(item)
            elif item is not None:
                alive.add(_find_address(item))
    return len(known - alive)
