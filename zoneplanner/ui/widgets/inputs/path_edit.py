"""A field for a path."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame, QStylePainter

_TEXT_INSET_PX = 2
"""Qt's own margin of a field's text."""
_CUT = "…"


class PathEdit(QLineEdit):
    """A field for a path. Until somebody edits it, its last parts stand whole where it is long."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the end of a path without room; under the cursor all of it scrolls as usual."""
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        contents = QStyle.SubElement.SE_LineEditContents
        room: QRect = self.style().subElementRect(contents, option, self)
        room.adjust(_TEXT_INSET_PX, 0, -_TEXT_INSET_PX, 0)
        shown = self.shorten(room.width())
        if self.hasFocus() or shown == self.text():
            super().paintEvent(event)
            return
        painter = QStylePainter(self)
        painter.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def shorten(self, room_px: int) -> str:
        """Return the path, or so many of its last parts as have room."""
        path, metrics = self.text(), self.fontMetrics()
        end = metrics.elidedText(path, Qt.TextElideMode.ElideLeft, room_px)
        if end == path:
            return path
        at = min((found for sign in "/\\" if (found := end.find(sign)) > 0), default=1)
        return _CUT + end[at:]
