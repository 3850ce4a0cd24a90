"""The tour: five steps that point to the real parts of the window; Esc skips the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShortcut
from PySide6.QtWidgets import QFrame, QWidget

from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ENTER_KEYS,
    WrappedLabel,
    make_column_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.layout.window_geometry import DimmedOverlay
from zoneplanner.ui.widgets.style.theme import PANEL_MARGIN_PX, SPACING_PX, WIDE_MARGIN_PX

_CALLOUT_WIDTH_PX, _CALLOUT_GAP_PX = 360, 14
_SITE_RADIUS_PX = 16
_LARGE_TARGET_SHARE = 0.3


@dataclass(frozen=True, eq=False, slots=True)
class _TourStep:
    """One step; ``target_rect`` returns the area it points to, in the window's pixels."""

    title: str
    text: str
    target_rect: Callable[[], QRect]


def list_tour_steps(
    view: MapView, find_button: Callable[[str], QWidget], window: QWidget
) -> tuple[_TourStep, ...]:
    """Return the five steps of the tour; ``find_button`` returns the button of an action."""

    def button(name: str) -> Callable[[], QRect]:
        return lambda: _rect_in(window, find_button(name))

    return (
        _TourStep(
            "Your schools and zones",
            "Each marker is a school in the color of its zone; each zone has a number. Click a "
            "school for its address, phone and unit, or press Ctrl+K and type a few letters of "
            "its name.",
            lambda: _rect_in(window, view),
        ),
        _TourStep(
            "Drag a school",
            "Drag a school to another zone. While you drag, you see load and travel before and "
            "after. Or select it and press the digit of the zone. Undo (Z) brings it back.",
            lambda: _site_rect(window, view),
        ),
        _TourStep(
            "Propose zones, with proof",
            "The program looks for the plan with balanced loads and the least driving, and proves "
            "how much better any other plan could be.",
            button("propose"),
        ),
        _TourStep(
            "Log a visit",
            "The unit and time are already filled in. The log then shows which schools were not "
            "visited this week.",
            button("go_log"),
        ),
        _TourStep(
            "Publish",
            "Creates a web map, an atlas with a page for each zone, day cards and reports, and "
            "shows what is included. Press ? at any time for every shortcut. This tour is in the "
            "Help menu.",
            button("go_publish"),
        ),
    )


_GEOMETRY_EVENTS = (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move, QEvent.Type.Resize)


class Tour(QFrame):
    """A callout that points to one part of the window after another, each of which can be used.

    It makes room for ``notices``. ``ended`` is emitted when the tour is finished or skipped.
    """

    ended = Signal()

    def __init__(self, steps: Sequence[_TourStep], parent: QWidget, notices: QWidget) -> None:
        super().__init__(parent)
        self._window, self._notices = parent, notices
        notices.installEventFilter(self)
        self.steps = tuple(steps)
        self.step_index = 0
        self.veil = DimmedOverlay(parent)
        self.veil.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.veil.placed.connect(self._place)
        self.setObjectName("sheet")
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title, self.text = make_heading_label(), WrappedLabel()
        self.count = make_muted_label()
        self.count.setWordWrap(False)
        self.skip = push_button("Skip", do=self.close)
        self.back = push_button("Back", do=self._show_previous_step)
        self.next = push_button("Next", do=self._show_next_step)
        self.next.setDefault(True)
        QShortcut(Qt.Key.Key_Escape, self).activated.connect(self.close)
        buttons = make_row_layout((self.count, 1), self.skip, self.back, self.next)
        self._rows = make_column_layout(self, self.title, self.text, buttons)
        self._rows.setContentsMargins(
            WIDE_MARGIN_PX, PANEL_MARGIN_PX, WIDE_MARGIN_PX, PANEL_MARGIN_PX
        )
        self.veil.show()
        self.veil.raise_()
        self.show()
        self._show_step(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make room for a notice that appears or changes its size."""
        if watched is self._notices and event.type() in _GEOMETRY_EVENTS and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the focused button on Enter; go back and forward with the arrow keys."""
        enter = event.key() in ENTER_KEYS
        if enter and self.skip.hasFocus():
            self.close()
        elif event.key() == Qt.Key.Key_Left or (enter and self.back.hasFocus()):
            self._show_previous_step()
        elif enter or event.key() == Qt.Key.Key_Right:
            self._show_next_step()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remove the veil and restore the focus."""
        self._notices.removeEventFilter(self)
        self.veil.restore_focus(self)
        self.veil.hide()
        self.veil.deleteLater()
        self.ended.emit()

    def _show_next_step(self) -> None:
        if self.step_index + 1 == len(self.steps):
            self.close()
        else:
            self._show_step(self.step_index + 1)

    def _show_previous_step(self) -> None:
        self._show_step(max(0, self.step_index - 1))

    def _show_step(self, index: int) -> None:
        step, self.step_index = self.steps[index], index
        last = index + 1 == len(self.steps)
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.count.setText(f"{index + 1} of {len(self.steps)}")
        self.setAccessibleName(f"Tour, step {index + 1}: {step.title}")
        self.setAccessibleDescription(step.text)
        self.skip.setVisible(not last)
        self.back.setVisible(index > 0)
        self.next.setText("Done" if last else "Next")
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)
        self._place()

    def _place(self) -> None:
        """Place the callout next to its target, inside the window and clear of notices."""
        target = self.steps[self.step_index].target_rect()
        self.veil.show_spot(target)
        size = QSize(_CALLOUT_WIDTH_PX, self._rows.totalHeightForWidth(_CALLOUT_WIDTH_PX))
        callout = QRect(place_callout(target, size, self.veil.rect()), size)
        notice = _rect_in(self._window, self._notices)
        if notice.intersects(callout):
            callout.moveBottom(notice.top() - SPACING_PX)
        self.setGeometry(callout)
        self.raise_()


def place_callout(target: QRect, size: QSize, window: QRect) -> QPoint:
    """Return the callout's top left corner: below its target, else above; inside a large one."""
    x = target.center().x() - size.width() // 2
    if not target.isValid():
        x = window.center().x() - size.width() // 2
        y = window.center().y() - size.height() // 2
    elif target.width() * target.height() > _LARGE_TARGET_SHARE * window.width() * window.height():
        y = target.bottom() - size.height() - WIDE_MARGIN_PX
    elif target.bottom() + _CALLOUT_GAP_PX + size.height() < window.bottom():
        y = target.bottom() + _CALLOUT_GAP_PX
    else:
        y = target.top() - _CALLOUT_GAP_PX - size.height()
    room = window.adjusted(
        SPACING_PX, SPACING_PX, -SPACING_PX - size.width(), -SPACING_PX - size.height()
    )
    return QPoint(max(room.left(), min(x, room.right())), max(room.top(), min(y, room.bottom())))


def _rect_in(window: QWidget, part: QWidget) -> QRect:
    """Return a widget's rectangle in the window, invalid if the widget is hidden."""
    return QRect(part.mapTo(window, QPoint(0, 0)), part.size()) if part.isVisible() else QRect()


def _site_rect(window: QWidget, view: MapView) -> QRect:
    """Return the rectangle of the school nearest to the middle of the map."""
    port = view.viewport()
    site = view.map.nearest_site(view.mapToScene(port.rect().center()))
    if site is None or not view.isVisible():
        return _rect_in(window, view)
    item = view.map.sites[site]
    center = port.mapTo(window, view.mapFromScene(item.pos()) + item.shift.toPoint())
    radius = QPoint(_SITE_RADIUS_PX, _SITE_RADIUS_PX)
    return QRect(center - radius, QSize(2 * _SITE_RADIUS_PX, 2 * _SITE_RADIUS_PX))
