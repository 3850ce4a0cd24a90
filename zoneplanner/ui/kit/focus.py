"""In which order Tab goes from part to part."""

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def set_tab_order(*parts: QWidget) -> None:
    """Let Tab go through these parts in their order, and through each one's own from its first."""
    stops = [stop for part in parts for stop in _stops(part)]
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _stops(part: QWidget) -> list[QWidget]:
    """Return what takes the focus by Tab: the part itself, else what is in it."""
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return [part]
    return [widget for widget in part.findChildren(QWidget) if _stops_in(part.window(), widget)]


def _stops_in(window: QWidget, widget: QWidget) -> bool:
    """Tell whether Tab stops at a widget of a window; lists that drop down are windows too."""
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.window() is window
