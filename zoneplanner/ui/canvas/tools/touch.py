"""Events of the viewport that Qt hands to no handler of the view: a pinch, the pointer leaving."""

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QNativeGestureEvent

_LEAVING = (QEvent.Type.Leave, QEvent.Type.WindowDeactivate)


class ViewportEventFilter(QObject):
    """A filter beside the view's own handlers.

    An override of ``viewportEvent`` would hold the handlers of mouse and keys inside it, and an
    exception that crosses two overrides ends the process.
    """

    left = Signal()
    pinched = Signal(QPointF, float)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Zoom by a pinch; tell that the pointer left, or that another window has the keys."""
        if event.type() in _LEAVING:
            self.left.emit()
        elif (
            event.type() == QEvent.Type.NativeGesture
            and isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.pinched.emit(event.position(), 1 + event.value())
            return True
        return False
