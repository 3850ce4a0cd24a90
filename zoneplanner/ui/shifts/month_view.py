"""The month board: each day with its filled and open shifts and its officers."""

import math
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.staffing import group_shifts_by_day
from zoneplanner.ui.shifts.week_board import DAY_NAMES, describe_special_day
from zoneplanner.ui.widgets.layout.basic_widgets import ENTER_KEYS
from zoneplanner.ui.widgets.style.theme import (
    Icons,
    make_micro_font,
    make_strong_font,
    make_text_font,
)

_DAYS, _DAY_NUMBER_PX = 7, 18
_IDLE_SHARE = 0.4
"""The width of weekend days without shifts, relative to other days."""
_HEADER_PX = 22


class MonthBoardView(QWidget):
    """The days of a month, in whole weeks."""

    day_chosen = Signal(object)
    day_opened = Signal(object)
    """A day whose week is to be shown."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.first = self.month = date(2000, 1, 1)
        self._formats: LocaleFormats | None = None
        self.counts: dict[date, tuple[int, int]] = {}
        self._notes: dict[date, str] = {}
        self.names: dict[date, list[tuple[str, str, bool]]] = {}
        self._short: dict[str, str] = {}
        self._today = self.selected = self.first
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Month board")

    def show_month(self, project: Project, day: date, today: date, formats: LocaleFormats) -> None:
        """Show the month of a day, with the adjacent days of its first and last week."""
        self._formats = formats
        self.month, self._today = day.replace(day=1), today
        after = (self.month + timedelta(days=31)).replace(day=1)
        self.first = self.month - timedelta(days=self.month.weekday())
        weeks = math.ceil((after - self.first).days / _DAYS)
        days = [self.first + timedelta(days=n) for n in range(weeks * _DAYS)]
        by_day = group_shifts_by_day(project, days[0], days[-1])
        order = {unit: index for index, unit in enumerate(project.units)}
        names = {key: officer.name for key, officer in project.officers.items()}
        self._notes = {day: describe_special_day(project, day) for day in days}
        self._short = _shorten_names(names.values())
        self.counts.clear()
        self.names.clear()
        for shown in days:
            shifts = [shift for shift in by_day.get(shown, ()) if shift.is_active]
            shifts.sort(key=lambda shift: (order.get(shift.unit, 99), shift.starts_at))
            filled = sum(not shift.is_open for shift in shifts)
            self.counts[shown] = (filled, len(shifts))
            self.names[shown] = [
                (shift.unit, names.get(shift.officer or "", shift.officer or "open"), shift.is_open)
                for shift in shifts
            ]
        self.select_day(day)

    def select_day(self, day: date) -> None:
        """Mark a day as selected."""
        self.selected = day
        self._update_description()
        self.update()

    @property
    def filled(self) -> tuple[int, int]:
        """How many shifts of the month are filled, and how many there are."""
        counts = [count for day, count in self.counts.items() if self._is_in_month(day)]
        return sum(filled for filled, _ in counts), sum(total for _, total in counts)

    def _is_in_month(self, day: date) -> bool:
        return (day.year, day.month) == (self.month.year, self.month.month)

    def cell(self, day: date) -> QRect:
        """Return the rectangle of a day."""
        row, column = divmod((day - self.first).days, _DAYS)
        height = (self.height() - _HEADER_PX) / max(1, len(self.counts) // _DAYS)
        weekend = any(total and day.weekday() > 4 for day, (_, total) in self.counts.items())
        shares = [1.0] * 5 + [1.0 if weekend else _IDLE_SHARE] * 2
        edges = [round(self.width() * sum(shares[:n]) / sum(shares)) for n in range(_DAYS + 1)]
        top = round(_HEADER_PX + row * height)
        return QRect(edges[column], top, edges[column + 1] - edges[column], round(height))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the weekdays and days."""
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._icons.theme.color("muted"))
            for column, name in enumerate(DAY_NAMES):
                box = self.cell(self.first + timedelta(days=column))
                box.moveTop(0)
                box.setHeight(_HEADER_PX)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
            for day in self.counts:
                self._paint_day(painter, day)
        finally:
            painter.end()

    def _paint_day(self, painter: QPainter, day: date) -> None:
        theme = self._icons.theme
        painter.setOpacity(1.0 if self._is_in_month(day) else 0.45)
        box = self.cell(day).adjusted(2, 2, -2, -2)
        filled, total = self.counts[day]
        painter.setPen(theme.color("accent" if day == self.selected else "border"))
        painter.setBrush(theme.color("base" if total else "window"))
        painter.drawRoundedRect(box, 4, 4)
        inside = box.adjusted(7, 4, -7, -4)
        painter.setFont(make_strong_font() if day == self._today else make_text_font())
        painter.setPen(theme.color("accent" if day == self._today else "text"))
        top = Qt.AlignmentFlag.AlignTop
        painter.drawText(inside, top | Qt.AlignmentFlag.AlignLeft, f"{day.day}")
        painter.setPen(theme.color("late" if filled < total else "muted"))
        if total:
            open_text = "" if filled == total else f"{total - filled} open"
            painter.drawText(inside, top | Qt.AlignmentFlag.AlignRight, open_text)
            bar = QRect(inside.left(), inside.bottom() - 5, inside.width(), 5)
            painter.fillRect(bar, theme.color("late_soft"))
            bar.setWidth(round(bar.width() * filled / total))
            painter.fillRect(bar, theme.color("good"))
        note = self._notes.get(day, "")
        if note and inside.height() > 34:
            painter.setPen(theme.color("muted"))
            box = inside.adjusted(20, 0, -50 if filled < total else 0, 0)
            text = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | top, text)
        self._paint_names(painter, day, inside.adjusted(0, _DAY_NUMBER_PX, 0, -7))

    def _paint_names(self, painter: QPainter, day: date, area: QRect) -> None:
        """Write units with their officers, as many as fit in two columns, and count the rest."""
        painter.setFont(make_micro_font())
        metrics = painter.fontMetrics()
        height, names = metrics.height(), self.names.get(day, [])
        rows = max(0, area.height() // height)
        columns = 1 if len(names) <= rows else 2
        fit, width = rows * columns, area.width() // columns
        count = len(names) if len(names) <= fit else max(0, fit - 1)
        lines = [
            ("late" if is_open else "text", f"{unit} {self._short.get(name, name)}")
            for unit, name, is_open in names[:count]
        ]
        if count < len(names) and fit:
            lines.append(("muted", f"and {len(names) - count} more"))
        for index, (role, line) in enumerate(lines):
            row, column = divmod(index, columns)
            left, top = area.left() + column * width, area.top() + row * height
            painter.setPen(self._icons.theme.color(role))
            text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, width - 3)
            box = QRect(left, top, width - 3, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the clicked day."""
        for day in self.counts:
            if self.cell(day).contains(event.position().toPoint()):
                self.day_chosen.emit(day)
                return

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the week of the day."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.day_opened.emit(self.selected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move between days by the arrows, and open the week on Enter."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -_DAYS,
            Qt.Key.Key_Down: _DAYS,
        }
        key = Qt.Key(event.key())
        if key in ENTER_KEYS:
            self.day_opened.emit(self.selected)
        elif key in steps:
            self.day_chosen.emit(self.selected + timedelta(days=steps[key]))
        else:
            super().keyPressEvent(event)

    def _update_description(self) -> None:
        if self._formats is None:
            return
        filled, total = self.counts.get(self.selected, (0, 0))
        names = "; ".join(f"{unit} {name}" for unit, name, _ in self.names.get(self.selected, ()))
        day, note = self._formats.long_day(self.selected), self._notes.get(self.selected, "")
        about = f"{day}, {note}" if note else day
        text = f"{about}: {filled} of {total} shifts filled. {names}".strip()
        self.setAccessibleDescription(text)


def _shorten_names(names: Iterable[str]) -> dict[str, str]:
    """Return the last name of each full name, with an initial if several people share it."""
    last_names = {name: name.split()[-1] for name in names if name.split()}
    counts = Counter(last_names.values())
    return {
        name: last if counts[last] == 1 or last == name else f"{name[0]}. {last}"
        for name, last in last_names.items()
    }
