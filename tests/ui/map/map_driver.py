"""Real input on the map: pointing, pressing, dragging and typing."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.domain.project import Project
from zoneplanner.ui.map.view import MapView

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


class Hand:
    """Acts on one map view; places are sites, or positions in project meters."""

    def __init__(self, view: MapView, qtbot: QtBot) -> None:
        self.view = view
        self.qtbot = qtbot
        self.session = view.session
        self.refusals: list[Any] = []
        self.texts: list[str] = []
        self.notices: list[Any] = []
        view.gesture_refused.connect(self.refusals.append)
        view.gesture_text.connect(self.texts.append)
        view.notice.connect(self.notices.append)

    def site(self, site_id: str) -> QPoint:
        """Return where a site's symbol is drawn."""
        item = self.view.map.sites[site_id]
        return self.view.mapFromScene(item.pos()) + item.shift.toPoint()

    def show_layer(self, name: str, shown: bool) -> None:
        """Show or hide a layer of the map, as its list does."""
        self.view.arrange(self.view.map.arrangement.with_visibility(name, shown))

    def place(self, x_m: float, y_m: float) -> QPoint:
        """Return where a position is drawn."""
        return self.view.mapFromScene(self.view.map.frame.to_scene_point(x_m, y_m))

    def click(self, at: QPoint) -> None:
        """Click."""
        self.qtbot.mouseClick(self.view.viewport(), LEFT, pos=at)

    def press(self, at: QPoint) -> None:
        """Press and hold the left button."""
        self.qtbot.mousePress(self.view.viewport(), LEFT, pos=at)

    def move(self, at: QPoint, buttons: Qt.MouseButton = LEFT) -> None:
        """Move the pointer, by default with the left button down."""
        port = self.view.viewport()
        here, there = QPointF(at), port.mapToGlobal(QPointF(at))
        kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
        QApplication.sendEvent(port, QMouseEvent(kind, here, there, none, buttons, NO_KEYS))

    def release(self, at: QPoint) -> None:
        """Release the left button."""
        self.qtbot.mouseRelease(self.view.viewport(), LEFT, pos=at)

    def carry(self, start: QPoint, end: QPoint) -> None:
        """Press at one place and move to another without releasing."""
        self.press(start)
        for share in (0.25, 0.5, 0.75, 1.0):
            self.move(start + (end - start) * share)

    def drag(self, start: QPoint, end: QPoint) -> None:
        """Drag from one place to another and release."""
        self.carry(start, end)
        self.release(end)

    def select_tool(self, tool: str, zone: str | None = None) -> None:
        """Select a tool, optionally with a target zone."""
        self.view.toolbox.choose(tool)
        if zone is not None:
            self.view.toolbox.set_target(zone)

    def hover(self, at: QPoint) -> None:
        """Move the pointer without a button."""
        self.move(at, Qt.MouseButton.NoButton)

    def draw(self, *corners: QPoint) -> None:
        """Press at the first corner and drag over the others without releasing."""
        self.press(corners[0])
        for corner in corners[1:]:
            self.move(corner)

    def right_click(self, at: QPoint) -> None:
        """Click the right button."""
        self.qtbot.mouseClick(self.view.viewport(), Qt.MouseButton.RightButton, pos=at)

    def double_click(self, at: QPoint) -> None:
        """Double-click."""
        self.qtbot.mouseDClick(self.view.viewport(), LEFT, pos=at)

    def wheel(self, at: QPoint, steps: float) -> None:
        """Turn the wheel; positive is away from the person."""
        port = self.view.viewport()
        here, there = QPointF(at), port.mapToGlobal(QPointF(at))
        turn, none = QPoint(0, round(120 * steps)), Qt.MouseButton.NoButton
        phase = Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(here, there, QPoint(), turn, none, NO_KEYS, phase, False)
        QApplication.sendEvent(port, event)

    def key(self, key: Qt.Key) -> None:
        """Press and release a key."""
        self.qtbot.keyClick(self.view, key)


Open = Callable[[Project], Hand]
