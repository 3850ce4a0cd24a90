"""The tour: five steps that point to the real parts of the window; Esc skips the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShortcut
from PySide6.QtWidgets import QFrame, QWidget

from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_column_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.layout.window_geometry import DimmedOverlay
from zoneplanner.ui.widgets.style.theme import PANEL_MARGIN_PX, SPACING_PX, WIDE_MARGIN_PX

_CALLOUT_PX, _APART_PX = 360, 14
_SITE_PX = 16
_LARGE_SHARE = 0.3
_ENTER, _BACK = (Qt.Key.Key_Return, Qt.Key.Key_Enter), (Qt.Key.Key_Left,)


@dataclass(frozen=True, eq=False, slots=True)
class _TourStep:
    """One step. ``where`` gives the part that it points to, in the window's pixels."""

    title: str
    text: str
    where: Callable[[], QRect]


def list_tour_steps(
    view: MapView, place_of: Callable[[str], QWidget], window: QWidget
) -> tuple[_TourStep, ...]:
    """Return the five steps over the parts of a window; ``place_of`` finds an action's button."""

    def button(name: str) -> Callable[[], QRect]:
        return lambda: _rect_in(window, place_of(name))

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
            "after. "
            "Or select it and press the digit of the zone. Undo (Z) brings it back.",
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


_PLACED = (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move, QEvent.Type.Resize)


class Tour(QFrame):
    """A callout beside each part in turn. What it points to can be used meanwhile.

    It stands clear of ``notices``, which may come after it. ``ended`` tells that it was seen or
    skipped.
    """

    ended = Signal()

    def __init__(self, steps: Sequence[_TourStep], parent: QWidget, notices: QWidget) -> None:
        super().__init__(parent)
        self._window, self._notices = parent, notices
        notices.installEventFilter(self)
        self.steps = tuple(steps)
        self.at = 0
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
        self.back = push_button("Back", do=self._go_back)
        self.next = push_button("Next", do=self._go_on)
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
        """Make room for a notice that comes, grows or goes."""
        if watched is self._notices and event.type() in _PLACED and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter as the button that has the focus, and the arrows for back and on."""
        if event.key() in _ENTER and self.skip.hasFocus():
            self.close()
        elif event.key() in _BACK or (event.key() in _ENTER and self.back.hasFocus()):
            self._go_back()
        elif event.key() in (*_ENTER, Qt.Key.Key_Right):
            self._go_on()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Take the veil away too, and give the focus back."""
        self._notices.removeEventFilter(self)
        self.veil.give_focus_back(self)
        self.veil.hide()
        self.veil.deleteLater()
        self.ended.emit()

    def _go_on(self) -> None:
        if self.at + 1 == len(self.steps):
            self.close()
        else:
            self._show_step(self.at + 1)

    def _go_back(self) -> None:
        self._show_step(max(0, self.at - 1))

    def _show_step(self, at: int) -> None:
        step, self.at = self.steps[at], at
        last = at + 1 == len(self.steps)
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.count.setText(f"{at + 1} of {len(self.steps)}")
        self.setAccessibleName(f"Tour, step {at + 1}: {step.title}")
        self.setAccessibleDescription(step.text)
        self.skip.setVisible(not last)
        self.back.setVisible(at > 0)
        self.next.setText("Done" if last else "Next")
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)
        self._place()

    def _place(self) -> None:
        """Stand beside the part, inside the window."""
        spot = self.steps[self.at].where()
        self.veil.show_spot(spot)
        size = QSize(_CALLOUT_PX, self._rows.totalHeightForWidth(_CALLOUT_PX))
        callout = QRect(place_callout(spot, size, self.veil.rect()), size)
        told = _rect_in(self._window, self._notices)
        if told.intersects(callout):
            callout.moveBottom(told.top() - SPACING_PX)
        self.setGeometry(callout)
        self.raise_()


def place_callout(spot: QRect, size: QSize, window: QRect) -> QPoint:
    """Return where a callout stands: below a part, else above; at the foot of a large one."""
    middle = spot.center().x() - size.width() // 2
    if not spot.isValid():
        at = window.center() - QPoint(size.width() // 2, size.height() // 2)
    elif spot.width() * spot.height() > _LARGE_SHARE * window.width() * window.height():
        at = QPoint(middle, spot.bottom() - size.height() - WIDE_MARGIN_PX)
    elif spot.bottom() + _APART_PX + size.height() < window.bottom():
        at = QPoint(middle, spot.bottom() + _APART_PX)
    else:
        at = QPoint(middle, spot.top() - _APART_PX - size.height())
    room = window.adjusted(
        SPACING_PX, SPACING_PX, -SPACING_PX - size.width(), -SPACING_PX - size.height()
    )
    return QPoint(
        max(room.left(), min(at.x(), room.right())), max(room.top(), min(at.y(), room.bottom()))
    )


def _rect_in(window: QWidget, part: QWidget | None) -> QRect:
    """Return where a part is in the window, an invalid rectangle where it is not shown."""
    if part is None or not part.isVisible():
        return QRect()
    return QRect(part.mapTo(window, QPoint(0, 0)), part.size())


def _site_rect(window: QWidget, view: MapView) -> QRect:
    """Return where the school in the middle of the map is."""
    port = view.viewport()
    site = view.map.nearest_site(view.mapToScene(port.rect().center()))
    if site is None or not view.isVisible():
        return _rect_in(window, view)
    item = view.map.sites[site]
    at = view.mapFromScene(item.pos()) + item.shift.toPoint()
    around = QRect(at.x() - _SITE_PX, at.y() - _SITE_PX, 2 * _SITE_PX, 2 * _SITE_PX)
    return around.translated(port.mapTo(window, QPoint(0, 0)))
