"""Who is where on the day of the board, unit by unit; a click shows the zone on the map."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from zoneplanner.domain.roster.shift import Shift
from zoneplanner.ui.shifts.roster_actions import get_roster_selection
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    PlainTextLabel,
    clear_layout,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.icons import make_swatch_icon
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

_MINUTE_MS = 60_000
_SOON = timedelta(hours=2)


class OnDutyTodayPanel(LazyPanel):
    """The day that is shown is that of the board."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self.selection = desk, get_roster_selection(desk)
        self.title = make_section_label("")
        self.lines = QWidget()
        self.grid = QGridLayout(self.lines)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(SPACING_PX)
        self.grid.setVerticalSpacing(GRID_PX)
        self.grid.setColumnStretch(2, 1)
        make_column_layout(self, self.title, self.lines, spacing_px=GRID_PX)
        self.timer = QTimer(self)
        self.timer.setInterval(_MINUTE_MS)
        self.timer.timeout.connect(self.mark_stale)
        self.refresh_on(desk.bridge.changed, self.selection.day_changed)

    def refresh(self) -> None:
        """Show the day anew."""
        clear_layout(self.grid)
        session = self._desk.session
        project, day = session.project, self.selection.day
        on = [shift for shift in project.shifts_between(day, day) if shift.is_active]
        name = "Today" if day == session.today else session.formats.long_day(day)
        if not on:
            self.title.setText(f"{name}: no shift is planned")
            return
        open_ones = sum(shift.is_open for shift in on)
        left = f"{open_ones} open" if open_ones else "all filled"
        now = session.clock()
        next_ones = [s.starts_at - now for s in on if timedelta() < s.starts_at - now < _SOON]
        soon = f", next in {min(next_ones).seconds // 60} min" if next_ones else ""
        self.title.setText(f"{name}: {left}{soon}")
        order = {unit: at for at, unit in enumerate(project.units)}
        for row, shift in enumerate(sorted(on, key=lambda s: (order.get(s.unit, 99), s.starts_at))):
            self._line(row, shift)

    def showEvent(self, event: QShowEvent) -> None:
        """Keep up with the clock while it is seen."""
        super().showEvent(event)
        self.timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let the clock go where nobody looks."""
        self.timer.stop()
        super().hideEvent(event)

    def _line(self, row: int, shift: Shift) -> None:
        session = self._desk.session
        project, zone = session.project, ZoneInfo(session.project.time_zone)
        start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        officer = project.officers.get(shift.officer or "")
        zones = session.plan.zones if session.plan else ()
        own = next((one for one in zones if one.unit == shift.unit), None)
        mark = PlainTextLabel()
        if own is not None:
            mark.setPixmap(make_swatch_icon(own.color).pixmap(12, 12))
        name = officer.name if officer else shift.officer or "Open"
        who = PlainTextLabel(name)
        who.setWordWrap(True)
        who.setProperty("role", "problem" if shift.is_open else None)
        now = session.clock()
        doing = "now" if shift.starts_at <= now < shift.ends_at else ""
        when = make_muted_label(f"{session.formats.span(start, end)} {doing}".strip())
        when.setWordWrap(False)
        go = make_link_button(shift.unit, lambda: self._go(shift, own.id if own else None))
        for column_at, part in enumerate((mark, go, who, when)):
            self.grid.addWidget(part, row, column_at)

    def _go(self, shift: Shift, zone: str | None) -> None:
        self.selection.choose_shift(shift.uid)
        if zone is not None:
            self._desk.bridge.select(zone=zone)
