"""A second click of a double click, where the first one moved what lies under the pointer."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from zoneplanner.ui.kit.key_guard import accepts_text

_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


class DoubleClickFilter(QObject):
    """Lets a second click at the same place press nothing in the window of its parent.

    It listens to the buttons it is given. From a press on one of them on it takes the presses at
    that place for as long as a double click lasts; only then does it listen to the whole program.
    A text field keeps its double click, which selects a word.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._at = QPointF()
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(QApplication.styleHints().mouseDoubleClickInterval())
        self._clock.timeout.connect(self._rest)

    def watch(self, button: QAbstractButton) -> None:
        """Guard against a second click after one on a button."""
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember a press on a button; take another one at the same place soon after."""
        if not isinstance(event, QMouseEvent) or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.MouseButtonRelease and self._clock.isActive():
            # what the click does comes first, however long; the second one waits in the queue
            QTimer.singleShot(0, self._clock, self._clock.start)
        if event.type() not in _PRESSES or event.button() != Qt.MouseButton.LeftButton:
            return False
        if self._clock.isActive():
            if self._is_second(watched, event):
                event.accept()
                return True
        elif isinstance(watched, QAbstractButton):
            self._at = event.globalPosition()
            self._clock.start()
            _program().installEventFilter(self)
        return False

    def _is_second(self, watched: QWidget, event: QMouseEvent) -> bool:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        if watched.window() is not parent.window() or accepts_text(watched):
            return False
        gone = (event.globalPosition() - self._at).manhattanLength()
        return gone <= QApplication.styleHints().mouseDoubleClickDistance()

    def _rest(self) -> None:
        _program().removeEventFilter(self)


def _program() -> QCoreApplication:
    program = QCoreApplication.instance()
    assert program is not None
    return program
