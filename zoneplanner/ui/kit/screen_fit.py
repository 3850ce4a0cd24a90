"""Windows and dialogs are within their screen, wherever they were left."""

from PySide6.QtCore import QPoint, QRect, QSize

_TITLE_PX, _EDGE_PX = 32, 2
"""What the desktop's frame takes above, and at each other side."""


def find_frame_interior(screen: QRect) -> QRect:
    """Return what a screen leaves of its available room inside a window's frame."""
    return screen.adjusted(_EDGE_PX, _TITLE_PX, -_EDGE_PX, -_EDGE_PX)


def fit_size_to_screen(wanted: QSize, screen: QRect) -> QSize:
    """Return a size with which a window and its frame fit a screen's available room."""
    return wanted.boundedTo(find_frame_interior(screen).size())


def fit_rect_to_screen(wanted: QRect, screen: QRect) -> QRect:
    """Return a geometry with which a window and its frame are within a screen, moved least."""
    room, size = find_frame_interior(screen), fit_size_to_screen(wanted.size(), screen)
    left = min(max(wanted.left(), room.left()), room.right() + 1 - size.width())
    top = min(max(wanted.top(), room.top()), room.bottom() + 1 - size.height())
    return QRect(QPoint(left, top), size)
