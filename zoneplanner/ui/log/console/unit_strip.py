"""The units on duty above the map: who, in what state since when, where, and the next stop."""

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
from zoneplanner.messages import render_message
from zoneplanner.ui.log.console.dispatch_desk import DispatchDesk
from zoneplanner.ui.log.console.incident_rows import format_elapsed_time
from zoneplanner.ui.widgets.inputs.accidental_input import DoubleClickFilter
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout, make_muted_label
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

_CELL_PX, _HIGH_PX = 210, 48
_MOST_ROWS = 4
_LINE_PX = 20
_DIGITS = 9
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ARROWS = (*_STEPS, Qt.Key.Key_Up, Qt.Key.Key_Down)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class _UnitCell(QAbstractButton):
    """One unit, drawn by hand: forty of them follow the clock."""

    def __init__(self, strip: "UnitStrip") -> None:
        super().__init__(strip.cells_area)
        self._strip = strip
        self.row: UnitOnBoard | None = None
        self.number, self.clock, self.words, self.below = 0, "", "", ""
        self._until = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda: strip.use(self))

    def put(self, row: UnitOnBoard, number: int, session: Session) -> None:
        """Show a row; ``number`` is the digit that sends the unit."""
        if row == self.row and number == self.number:
            return
        self.row, self.number = row, number
        self.words = describe_unit_state(row)
        place, self._until = _describe_unit_place(row, session)
        self.below = " · ".join(filter(None, (*place, self._until)))
        self.setEnabled(row.state is not UnitState.OPEN)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        zone = ZoneInfo(session.project.time_zone)
        now = session.clock().astimezone(zone)
        at = session.formats.recent_moment(row.since.astimezone(zone), now) if row.since else ""
        since = f"since {at}" if at else ""
        self.setAccessibleName(", ".join(filter(None, (row.unit, self.words, since, self.below))))
        self.setAccessibleDescription(self._strip.explain(self))
        self.update()

    def tick(self, now: datetime) -> None:
        """Let the clock go on."""
        clock = format_elapsed_time(self.row.since, now) if self.row and self.row.since else ""
        if clock != self.clock:
            self.clock = clock
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Say what a click does now."""
        self.setToolTip(self._strip.explain(self))
        super().enterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the digits of all units while they act on units."""
        super().focusInEvent(event)
        self._strip.cells_area.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the digits: elsewhere they stamp."""
        super().focusOutEvent(event)
        self._strip.cells_area.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give the strip the arrows: a button would lead past the last unit to the map."""
        if Qt.Key(event.key()) in _ARROWS:
            self._strip.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what it does without a call."""
        self._strip.ask_status(self)

    def sizeHint(self) -> QSize:
        """Return the size of a cell."""
        return QSize(_CELL_PX, _HIGH_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw number, mark, unit, state and clock; below, who and where."""
        row, theme = self.row, self._strip.theme
        if row is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        keyed = self.hasFocus()
        pen = QPen(theme.color("accent" if keyed else "border"), 2.0 if keyed else 1.0)
        if row.state is UnitState.OPEN:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(theme.color("window" if self.underMouse() else "base"))
        painter.drawRoundedRect(box, GRID_PX, GRID_PX)
        self._write(painter, row, theme)
        painter.end()

    def _write(self, painter: QPainter, row: UnitOnBoard, theme: Theme) -> None:
        ink = theme.color("text" if self.isEnabled() else "muted")
        left, right = SPACING_PX, self.width() - SPACING_PX
        top = QRect(left, GRID_PX, right - left, _LINE_PX)
        painter.setFont(make_figures_font())
        painter.setPen(theme.color("muted"))
        if 0 < self.number <= _DIGITS and self._strip.has_keys:
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
        self._elide(painter, top, self.shown_words)
        painter.setPen(theme.color("muted"))
        low = QRect(left, top.bottom() + 1, right - left, _LINE_PX)
        self._elide(painter, low, self.fit_below(low.width()))

    @property
    def shown_words(self) -> str:
        """Its state; under the pointer what a click does."""
        if not self.underMouse() or not self.isEnabled() or self.row is None:
            return self.words
        return "Go to its call" if self.row.incident else "Dispatch"

    def fit_below(self, room_px: int) -> str:
        """Return who and where; until when is left out, not cut, where it has no room."""
        if QFontMetrics(make_text_font()).horizontalAdvance(self.below) <= room_px:
            return self.below
        return self.below.removesuffix(self._until).removesuffix(" · ")

    def _elide(self, painter: QPainter, box: QRect, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)


class UnitStrip(QWidget):
    """A cell a unit. A click, Enter or its digit sends it to the chosen call; the bar counts first.

    A unit that a call keeps leads to that call and is chosen there. M or a right click says what
    it does without one.
    """

    def __init__(
        self, desk: UiContext, theme: Theme, dispatch: DispatchDesk, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self.theme, self.dispatch = desk, theme, dispatch
        self.cells: list[_UnitCell] = []
        self._once = DoubleClickFilter(self)
        self.cells_area = QWidget()
        self.none = make_muted_label(render_message("no_unit_rostered", {}))
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.cells_area)
        rows = make_column_layout(self, self.none, (self._scroll, 1), spacing_px=0)
        rows.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, SPACING_PX)
        dispatch.changed.connect(self._renew)
        dispatch.ticked.connect(self._tick)
        dispatch.marked.connect(self._renew)

    @property
    def has_keys(self) -> bool:
        """True while digits act on the units."""
        return any(cell.hasFocus() for cell in self.cells)

    def set_theme(self, theme: Theme) -> None:
        """Paint the cells in other colors."""
        self.theme = theme
        self.update()

    def take_keys(self) -> None:
        """Take the keys to the first unit that is free, or the first one."""
        free = (cell for cell in self.cells if cell.row and not cell.row.incident)
        first = next((cell for cell in free if cell.isEnabled()), None)
        (first or next(iter(self.cells), self)).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def refresh(self) -> None:
        """Show the units as they are now; cells whose unit is as before are left alone."""
        rows = self.dispatch.units
        while len(self.cells) < len(rows):
            cell = _UnitCell(self)
            self._once.watch(cell)
            self.cells.append(cell)
            cell.show()
        for cell in self.cells[len(rows) :]:
            cell.hide()
            cell.deleteLater()
        del self.cells[len(rows) :]
        for number, (cell, row) in enumerate(zip(self.cells, rows, strict=True), start=1):
            cell.put(row, number, self._desk.session)
        self.none.setVisible(not rows)
        self._lay_out()
        self._tick(self._desk.clock.now)

    def use(self, cell: _UnitCell, digit: int = 0) -> None:
        """Send a unit to the chosen call, or go to the one that keeps it."""
        row = cell.row
        if row is None or not cell.isEnabled():
            return
        if row.incident:
            self.dispatch.called_up.emit(row.incident, row.unit)
        else:
            self.dispatch.sent.emit(row.unit, digit)

    def explain(self, cell: _UnitCell) -> str:
        """Say what a click on a unit does now."""
        row = cell.row
        if row is None or row.state is UnitState.OPEN:
            return "This assignment has no officer; fill it in Shifts."
        if row.incident:
            return f"Go to the call of {row.unit}. Right-click to set its status without a call."
        sent = (
            f"Send {row.unit} to the highlighted call. It is logged after 5 "
            "seconds, or at once if you press Enter."
        )
        return f"{sent} Right-click to set its status without a call."

    def ask_status(self, cell: _UnitCell) -> None:
        """Offer what a unit may do without a call; one that is on a call has its stamps."""
        row = cell.row
        if row is None or row.state is UnitState.OPEN or not self._desk.may_log():
            return
        menu = QMenu(self)
        for status in UNIT_STATUSES:
            text = f"{row.unit} {status.replace('_', ' ')}"
            action = menu.addAction(text, partial(self.set_status, row.unit, status))
            shown = row.status or (AVAILABLE if row.state is UnitState.AVAILABLE else "")
            action.setEnabled(not row.incident and status != shown)
        menu.popup(cell.mapToGlobal(cell.rect().bottomLeft()))

    def set_status(self, unit: str, status: str) -> None:
        """Log what a unit does from now on without a call."""
        self._desk.attempt(
            partial(log_record, self._desk.session, "unit_status", {"unit": unit, "status": status})
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits, Enter and arrows act on the units while one of them has the keys."""
        at = next((i for i, cell in enumerate(self.cells) if cell.hasFocus()), -1)
        key = Qt.Key(event.key())
        do = self._find_deed(key, at)
        if do is None:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat() or key in _STEPS:
            do()

    def event(self, event: QEvent) -> bool:
        """Keep digits that act on units from being those of the queue."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            at = next((i for i, cell in enumerate(self.cells) if cell.hasFocus()), -1)
            if self._find_deed(Qt.Key(event.key()), at) is not None and not event.modifiers():
                event.accept()
                return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        """Ask for the height of the rows that are seen."""
        return QSize(super().sizeHint().width(), self.maximumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many cells beside each other as there is room for."""
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up, and let the clocks run."""
        self.refresh()
        self.dispatch.watch(self, seen=True)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the clocks that nobody sees."""
        self.dispatch.watch(self, seen=False)
        super().hideEvent(event)

    def _find_deed(self, key: Qt.Key, at: int) -> Callable[[], object] | None:
        """Return what a key does while the unit at a place has the keys."""
        number = key - Qt.Key.Key_1
        if at < 0:
            return None
        if 0 <= number < min(_DIGITS, len(self.cells)):
            return partial(self.use, self.cells[number], number + 1)
        if key in _ENTER:
            return partial(self.use, self.cells[at])
        if key in {Qt.Key.Key_M, Qt.Key.Key_Menu}:
            return partial(self.ask_status, self.cells[at])
        across = self._count_across()
        steps = {**_STEPS, Qt.Key.Key_Up: -across, Qt.Key.Key_Down: across}
        if key in steps:
            return partial(self._step, at + steps[key])
        return None

    def _step(self, to: int) -> None:
        if 0 <= to < len(self.cells):
            self.cells[to].setFocus(Qt.FocusReason.TabFocusReason)
            self._scroll.ensureWidgetVisible(self.cells[to])

    def _renew(self, *_: object) -> None:
        if self.isVisible():
            self.refresh()

    def _tick(self, now: datetime) -> None:
        for cell in self.cells:
            cell.tick(now)

    def _count_across(self) -> int:
        """Return how many stand beside each other, no row much shorter than the others."""
        room = self.width() - 2 * PANEL_MARGIN_PX
        most = max(1, min(len(self.cells), (room + GRID_PX) // (_CELL_PX + GRID_PX)))
        rows = -(-len(self.cells) // most)
        return -(-len(self.cells) // rows) if rows else 1

    def _count_rows_in_sight(self) -> int:
        """Return how many rows are seen at most: a quarter of a low window, the rest scrolls."""
        room = self.window().height() // 4 - 2 * SPACING_PX + GRID_PX
        return max(1, min(_MOST_ROWS, room // (_HIGH_PX + GRID_PX)))

    def _lay_out(self) -> None:
        across, room = self._count_across(), self.width() - 2 * PANEL_MARGIN_PX
        rows = -(-len(self.cells) // across)
        seen = min(rows, self._count_rows_in_sight())
        if rows > seen:
            room -= self._scroll.verticalScrollBar().sizeHint().width()
        wide = (room - (across - 1) * GRID_PX) // across
        for at, cell in enumerate(self.cells):
            down, along = divmod(at, across)
            cell.setGeometry(along * (wide + GRID_PX), down * (_HIGH_PX + GRID_PX), wide, _HIGH_PX)
        high = max(0, rows * (_HIGH_PX + GRID_PX) - GRID_PX)
        self.cells_area.resize(room, high)
        shown = max(0, seen * (_HIGH_PX + GRID_PX) - GRID_PX) or self.none.sizeHint().height()
        self._scroll.setVisible(bool(self.cells))
        self.setFixedHeight(shown + 2 * SPACING_PX)


def describe_unit_state(row: UnitOnBoard) -> str:
    """Say how a unit stands: “En route”, “Meal”, “Open”."""
    words = row.status.replace("_", " ") if row.state is UnitState.OUT else row.state.value
    return words.capitalize()


def _describe_unit_place(row: UnitOnBoard, session: Session) -> tuple[list[str], str]:
    """Say who, where and what is next, and apart from it until when."""
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
