"""The units on duty above the map: state, time, officers, place and next stop of each."""

import math
from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QFontMetrics,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QScrollArea, QWidget

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.unit_board import UnitOnBoard, UnitState
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.office_entries import AVAILABLE, UNIT_STATUSES
from zoneplanner.messages import Message
from zoneplanner.ui.log.console.dispatch_desk import DispatchDesk
from zoneplanner.ui.log.console.incident_rows import format_elapsed_time
from zoneplanner.ui.widgets.inputs.accidental_input import DoubleClickFilter
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ENTER_KEYS,
    make_column_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    Theme,
    make_figures_font,
    make_strong_font,
    make_text_font,
)
from zoneplanner.ui.widgets.style.value_text import UNIT_MARK_PX, draw_unit_mark

_CELL_PX, _CELL_HEIGHT_PX = 210, 48
_MOST_ROWS = 4
_LINE_PX = 20
_DIGITS = 9
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ARROWS = (*_STEPS, Qt.Key.Key_Up, Qt.Key.Key_Down)
_ENTER = (*ENTER_KEYS, Qt.Key.Key_Space)


class _UnitCell(QAbstractButton):
    """One unit, painted without child widgets because forty of them follow the clock."""

    def __init__(self, strip: "UnitStrip") -> None:
        super().__init__(strip.cells_area)
        self._strip = strip
        self.row: UnitOnBoard | None = None
        self.number, self.clock, self.state, self.place = 0, "", "", ""
        self._until = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda: strip.activate(self))

    def show_unit(self, row: UnitOnBoard, number: int, session: Session) -> None:
        """Show a unit; ``number`` is the key that sends it."""
        if row == self.row and number == self.number:
            return
        self.row, self.number = row, number
        self.state = describe_unit_state(row)
        place, self._until = _describe_unit_place(row, session)
        self.place = " · ".join(filter(None, (*place, self._until)))
        self.setEnabled(row.state is not UnitState.OPEN)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        zone = ZoneInfo(session.project.time_zone)
        now = session.clock().astimezone(zone)
        at = session.formats.recent_moment(row.since.astimezone(zone), now) if row.since else ""
        since = f"since {at}" if at else ""
        self.setAccessibleName(", ".join(filter(None, (row.unit, self.state, since, self.place))))
        self.setAccessibleDescription(str(self._strip.explain(self)))
        self.update()

    def tick(self, now: datetime) -> None:
        """Repaint if the displayed time changed."""
        clock = format_elapsed_time(self.row.since, now) if self.row and self.row.since else ""
        if clock != self.clock:
            self.clock = clock
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Explain in the tooltip what a click does now."""
        self.setToolTip(str(self._strip.explain(self)))
        super().enterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the numbers of all units while the number keys apply to units."""
        super().focusInEvent(event)
        self._strip.cells_area.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the numbers: elsewhere the number keys stamp."""
        super().focusOutEvent(event)
        self._strip.cells_area.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pass the arrow keys to the strip: QAbstractButton would move past the last unit."""
        if Qt.Key(event.key()) in _ARROWS:
            self._strip.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of statuses."""
        self._strip.ask_status(self)

    def sizeHint(self) -> QSize:
        """Return the size of a cell."""
        return QSize(_CELL_PX, _CELL_HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint number, mark, unit, state and clock; below them, officers and place."""
        row, theme = self.row, self._strip.icons.theme
        if row is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        focused = self.hasFocus()
        pen = QPen(theme.color("accent" if focused else "border"), 2.0 if focused else 1.0)
        if row.state is UnitState.OPEN:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(theme.color("window" if self.underMouse() else "base"))
        painter.drawRoundedRect(box, GRID_PX, GRID_PX)
        self._paint_texts(painter, row, theme)
        painter.end()

    def _paint_texts(self, painter: QPainter, row: UnitOnBoard, theme: Theme) -> None:
        ink = theme.color("text" if self.isEnabled() else "muted")
        left, right = SPACING_PX, self.width() - SPACING_PX
        top = QRect(left, GRID_PX, right - left, _LINE_PX)
        painter.setFont(make_figures_font())
        painter.setPen(theme.color("muted"))
        if 0 < self.number <= _DIGITS and self._strip.is_focused:
            painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, str(self.number))
        painter.setPen(ink)
        painter.drawText(
            top, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.clock
        )
        middle = QPointF(left + 2 * SPACING_PX + UNIT_MARK_PX / 2, top.center().y() + 0.5)
        draw_unit_mark(painter, row.state, middle, theme)
        top.setLeft(left + 3 * SPACING_PX + int(UNIT_MARK_PX))
        painter.setPen(ink)
        painter.setFont(make_strong_font())
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, row.unit)
        top.setLeft(top.left() + painter.fontMetrics().horizontalAdvance(row.unit) + SPACING_PX)
        painter.setFont(make_text_font())
        top.setRight(right - painter.fontMetrics().horizontalAdvance(self.clock) - SPACING_PX)
        self._elide(painter, top, self.displayed_state)
        painter.setPen(theme.color("muted"))
        low = QRect(left, top.bottom() + 1, right - left, _LINE_PX)
        self._elide(painter, low, self.fit_place(low.width()))

    @property
    def displayed_state(self) -> str:
        """The unit's state or, under the pointer, what a click does."""
        if not self.underMouse() or not self.isEnabled() or self.row is None:
            return self.state
        return "Go to its call" if self.row.incident else "Dispatch"

    def fit_place(self, width_px: int) -> str:
        """Return officers and place, without the end of duty if that does not fit."""
        if QFontMetrics(make_text_font()).horizontalAdvance(self.place) <= width_px:
            return self.place
        return self.place.removesuffix(self._until).removesuffix(" · ")

    def _elide(self, painter: QPainter, box: QRect, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)


class UnitStrip(QWidget):
    """One cell per unit: a click, Enter or its number sends the unit to the highlighted call.

    A countdown precedes the log entry. For a unit that is on a call, the same keys go to that
    call and select the unit there. M or a right click sets its status without a call.
    """

    def __init__(self, desk: UiContext, dispatch: DispatchDesk) -> None:
        super().__init__()
        self._desk, self.icons, self.dispatch = desk, desk.icons, dispatch
        self.cells: list[_UnitCell] = []
        self._double_clicks = DoubleClickFilter(self)
        self.cells_area = QWidget()
        self.none = make_muted_label(str(Message("no_unit_rostered")))
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.cells_area)
        rows = make_column_layout(self, self.none, (self._scroll, 1), spacing_px=0)
        rows.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, SPACING_PX)
        dispatch.changed.connect(self._refresh_if_visible)
        dispatch.ticked.connect(self._tick)
        dispatch.highlighted.connect(self._refresh_if_visible)

    @property
    def is_focused(self) -> bool:
        """Whether the number keys apply to the units."""
        return any(cell.hasFocus() for cell in self.cells)

    def take_focus(self) -> None:
        """Focus the first free unit, or the first unit if none is free."""
        free = (cell for cell in self.cells if cell.row and not cell.row.incident)
        first = next((cell for cell in free if cell.isEnabled()), None)
        (first or next(iter(self.cells), self)).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def refresh(self) -> None:
        """Show the units as they are now, repainting only the cells that changed."""
        rows = self.dispatch.units
        while len(self.cells) < len(rows):
            cell = _UnitCell(self)
            self._double_clicks.watch(cell)
            self.cells.append(cell)
            cell.show()
        for cell in self.cells[len(rows) :]:
            cell.hide()
            cell.deleteLater()
        del self.cells[len(rows) :]
        for number, (cell, row) in enumerate(zip(self.cells, rows, strict=True), start=1):
            cell.show_unit(row, number, self._desk.session)
        self.none.setVisible(not rows)
        self._lay_out()
        self._tick(self._desk.clock.now)

    def activate(self, cell: _UnitCell, digit: int = 0) -> None:
        """Send a unit to the highlighted call, or go to the call that it is on."""
        row = cell.row
        if row is None or not cell.isEnabled():
            return
        if row.incident:
            self.dispatch.show_requested.emit(row.incident, row.unit)
        else:
            self.dispatch.send_requested.emit(row.unit, digit)

    def explain(self, cell: _UnitCell) -> Message:
        """Describe what a click on a unit does now."""
        row = cell.row
        if row is None or row.state is UnitState.OPEN:
            return Message("unit_click.no_officer")
        return Message("unit_click.go" if row.incident else "unit_click.send", unit=row.unit)

    def ask_status(self, cell: _UnitCell) -> None:
        """Offer the statuses of a unit without a call; they are disabled while it is on one."""
        row = cell.row
        if row is None or row.state is UnitState.OPEN or not self._desk.may_log():
            return
        menu = QMenu(self)
        for status in UNIT_STATUSES:
            text = f"{row.unit} {status.replace('_', ' ')}"
            action = menu.addAction(text, partial(self.set_status, row.unit, status))
            current = row.status or (AVAILABLE if row.state is UnitState.AVAILABLE else "")
            action.setEnabled(not row.incident and status != current)
        menu.popup(cell.mapToGlobal(cell.rect().bottomLeft()))

    def set_status(self, unit: str, status: str) -> None:
        """Log a unit's status from now on."""
        self._desk.attempt(
            partial(log_record, self._desk.session, "unit_status", {"unit": unit, "status": status})
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Apply number keys, Enter and arrows to the units while one of them has the focus."""
        key = Qt.Key(event.key())
        act = self._find_key_action(key)
        if act is None:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat() or key in _STEPS:
            act()

    def event(self, event: QEvent) -> bool:
        """Keep the keys that apply to units from triggering the queue's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            act = self._find_key_action(Qt.Key(event.key()))
            if act is not None and not event.modifiers():
                event.accept()
                return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        """Return the height of the visible rows."""
        return QSize(super().sizeHint().width(), self.maximumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many cells in a row as fit."""
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Update the units and run the clocks."""
        self.refresh()
        self.dispatch.watch(self, seen=True)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the clocks."""
        self.dispatch.watch(self, seen=False)
        super().hideEvent(event)

    def _find_key_action(self, key: Qt.Key) -> Callable[[], object] | None:
        """Return what a key does, or None if no unit has the focus or the key does nothing."""
        index = next((i for i, cell in enumerate(self.cells) if cell.hasFocus()), None)
        if index is None:
            return None
        number = key - Qt.Key.Key_1
        if 0 <= number < min(_DIGITS, len(self.cells)):
            return partial(self.activate, self.cells[number], number + 1)
        if key in _ENTER:
            return partial(self.activate, self.cells[index])
        if key in {Qt.Key.Key_M, Qt.Key.Key_Menu}:
            return partial(self.ask_status, self.cells[index])
        per_row = self._count_per_row()
        steps = {**_STEPS, Qt.Key.Key_Up: -per_row, Qt.Key.Key_Down: per_row}
        return partial(self._focus_cell, index + steps[key]) if key in steps else None

    def _focus_cell(self, index: int) -> None:
        if 0 <= index < len(self.cells):
            self.cells[index].setFocus(Qt.FocusReason.TabFocusReason)
            self._scroll.ensureWidgetVisible(self.cells[index])

    def _refresh_if_visible(self, *_: object) -> None:
        if self.isVisible():
            self.refresh()

    def _tick(self, now: datetime) -> None:
        for cell in self.cells:
            cell.tick(now)

    def _count_per_row(self) -> int:
        """Return how many cells are in a row, so that all rows are about equally long."""
        width = self.width() - 2 * PANEL_MARGIN_PX
        most = max(1, min(len(self.cells), (width + GRID_PX) // (_CELL_PX + GRID_PX)))
        rows = math.ceil(len(self.cells) / most)
        return math.ceil(len(self.cells) / rows) if rows else 1

    def _count_visible_rows(self) -> int:
        """Return how many rows may show at once: a quarter of the window, the rest scrolls."""
        height = self.window().height() // 4 - 2 * SPACING_PX + GRID_PX
        return max(1, min(_MOST_ROWS, height // (_CELL_HEIGHT_PX + GRID_PX)))

    def _lay_out(self) -> None:
        per_row, area_width = self._count_per_row(), self.width() - 2 * PANEL_MARGIN_PX
        rows = math.ceil(len(self.cells) / per_row)
        visible_rows = min(rows, self._count_visible_rows())
        if rows > visible_rows:
            area_width -= self._scroll.verticalScrollBar().sizeHint().width()
        width = (area_width - (per_row - 1) * GRID_PX) // per_row
        row_step = _CELL_HEIGHT_PX + GRID_PX
        for index, cell in enumerate(self.cells):
            row, column = divmod(index, per_row)
            x, y = column * (width + GRID_PX), row * row_step
            cell.setGeometry(x, y, width, _CELL_HEIGHT_PX)
        self.cells_area.resize(area_width, max(0, rows * row_step - GRID_PX))
        height = max(0, visible_rows * row_step - GRID_PX) or self.none.sizeHint().height()
        self._scroll.setVisible(bool(self.cells))
        self.setFixedHeight(height + 2 * SPACING_PX)


def describe_unit_state(row: UnitOnBoard) -> str:
    """Return a unit's state in words: “En route”, “Meal”, “Open”."""
    state = row.status.replace("_", " ") if row.state is UnitState.OUT else row.state.value
    return state.capitalize()


def _describe_unit_place(row: UnitOnBoard, session: Session) -> tuple[list[str], str]:
    """Return officers, place and next stop, and separately the end of duty."""
    sites, zone = session.project.sites, ZoneInfo(session.project.time_zone)

    def name(site: str | None) -> str:
        return sites[site].name if site and site in sites else ""

    parts = [", ".join(row.officers), name(row.site)]
    if row.next_at is not None:
        at = session.formats.clock(row.next_at.astimezone(zone))
        parts.append(f"next {at} {name(row.next_site)}".strip())
    if not row.on_duty:
        parts.append("off duty according to the roster")
    if row.until is None or row.next_at is not None:
        return parts, ""
    return parts, f"until {session.formats.clock(row.until.astimezone(zone))}"
