"""The month board: each day with how many of its shifts are filled; Enter opens its week."""

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
from zoneplanner.ui.widgets.style.theme import (
    Theme,
    make_micro_font,
    make_strong_font,
    make_text_font,
    mix_colors,
)

_DAYS, _NAMES_PX = 7, 18
_IDLE_SHARE = 0.4
"""So wide are the days of a weekend without shifts, against the others."""
_HEAD_PX = 22


class MonthBoardView(QWidget):
    """The days of a month, in whole weeks.

    ``day_chosen`` carries a day, ``day_opened`` one whose week is to be seen.
    """

    day_chosen = Signal(object)
    day_opened = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.first = self.month = date(2000, 1, 1)
        self._formats: LocaleFormats | None = None
        self.counts: dict[date, tuple[int, int]] = {}
        self._notes: dict[date, str] = {}
        self.names: dict[date, list[tuple[str, str, bool]]] = {}
        self._short: dict[str, str] = {}
        self._today = self.current = self.first
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Month board")

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self._theme = theme
        self.update()

    def show_month(self, project: Project, day: date, today: date, formats: LocaleFormats) -> None:
        """Show the month of a day, with what its first and last week have of others."""
        self._formats = formats
        self.month, self._today = day.replace(day=1), today
        after = (self.month + timedelta(days=31)).replace(day=1)
        self.first = self.month - timedelta(days=self.month.weekday())
        weeks = -(-(after - self.first).days // _DAYS)
        days = [self.first + timedelta(days=n) for n in range(weeks * _DAYS)]
        shifts = group_shifts_by_day(project, days[0], days[-1])
        self.counts = {
            day: (
                sum(one.is_active and not one.is_open for one in shifts.get(day, ())),
                sum(one.is_active for one in shifts.get(day, ())),
            )
            for day in days
        }
        self._notes = {day: describe_special_day(project, day) for day in days}
        order = {unit: at for at, unit in enumerate(project.units)}
        names = {key: one.name for key, one in project.officers.items()}
        self._short = _shorten_names(names.values())
        self.names = {
            day: [
                (one.unit, names.get(one.officer or "", one.officer or "open"), one.is_open)
                for one in sorted(
                    shifts.get(day, ()), key=lambda one: (order.get(one.unit, 99), one.starts_at)
                )
                if one.is_active
            ]
            for day in days
        }
        self.choose(day)

    def choose(self, day: date) -> None:
        """Mark a day."""
        self.current = day
        self._say()
        self.update()

    @property
    def filled(self) -> tuple[int, int]:
        """How many shifts of the month are filled, and how many there are."""
        days = [counted for day, counted in self.counts.items() if self._is_within(day)]
        return sum(filled for filled, _ in days), sum(total for _, total in days)

    def _is_within(self, day: date) -> bool:
        return (day.year, day.month) == (self.month.year, self.month.month)

    def cell(self, day: date) -> QRect:
        """Return where a day is drawn."""
        at = (day - self.first).days
        tall = (self.height() - _HEAD_PX) / max(1, len(self.counts) // _DAYS)
        row, column = divmod(at, _DAYS)
        weekend = any(total and day.weekday() > 4 for day, (_, total) in self.counts.items())
        shares = [1.0] * 5 + [1.0 if weekend else _IDLE_SHARE] * 2
        edges = [round(self.width() * sum(shares[:to]) / sum(shares)) for to in range(_DAYS + 1)]
        top = round(_HEAD_PX + row * tall)
        return QRect(edges[column], top, edges[column + 1] - edges[column], round(tall))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the days."""
        del event
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._theme.color("muted"))
            for at, name in enumerate(DAY_NAMES):
                box = self.cell(self.first + timedelta(days=at))
                box.moveTop(0)
                box.setHeight(_HEAD_PX)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
            for day in self.counts:
                self._draw(painter, day)
        finally:
            painter.end()

    def _draw(self, painter: QPainter, day: date) -> None:
        theme = self._theme
        painter.setOpacity(1.0 if self._is_within(day) else 0.45)
        box = self.cell(day).adjusted(2, 2, -2, -2)
        filled, total = self.counts[day]
        ground = theme.base if total else theme.window
        painter.setPen(theme.color("accent" if day == self.current else "border"))
        painter.setBrush(theme.color("base") if total else mix_colors(ground, theme.window, 0.5))
        painter.drawRoundedRect(box, 4, 4)
        inside = box.adjusted(7, 4, -7, -4)
        painter.setFont(make_strong_font() if day == self._today else make_text_font())
        painter.setPen(theme.color("accent" if day == self._today else "text"))
        top = Qt.AlignmentFlag.AlignTop
        painter.drawText(inside, top | Qt.AlignmentFlag.AlignLeft, f"{day.day}")
        painter.setPen(theme.color("late" if filled < total else "muted"))
        if total:
            words = "" if filled == total else f"{total - filled} open"  # the bar says the rest
            painter.drawText(inside, top | Qt.AlignmentFlag.AlignRight, words)
            bar = QRect(inside.left(), inside.bottom() - 5, inside.width(), 5)
            painter.fillRect(bar, theme.color("late_soft"))
            bar.setWidth(round(bar.width() * filled / total))
            painter.fillRect(bar, theme.color("good"))
        note = self._notes.get(day, "")
        if note and inside.height() > 34:
            painter.setPen(theme.color("muted"))
            room = inside.adjusted(20, 0, -50 if filled < total else 0, 0)
            text = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | top, text)
        self._draw_names(painter, day, inside.adjusted(0, _NAMES_PX, 0, -7))

    def _draw_names(self, painter: QPainter, day: date, room: QRect) -> None:
        """Write who serves which unit, as many as there is room for; the rest is counted."""
        painter.setFont(make_micro_font())
        metrics, high = painter.fontMetrics(), painter.fontMetrics().height()
        names, fit = self.names.get(day, []), max(0, room.height() // high)
        if len(names) > fit:  # two beside each other
            halves = room.width() // 2
            fit *= 2
        else:
            halves = room.width()
        shown = names if len(names) <= fit else names[: max(0, fit - 1)]
        beside = room.width() // halves if halves else 1
        for at, (unit, name, is_open) in enumerate(shown):
            row, column = divmod(at, beside)
            box = QRect(room.left() + column * halves, room.top() + row * high, halves - 3, high)
            painter.setPen(self._theme.color("late" if is_open else "text"))
            text = f"{unit} {self._short.get(name, name)}"
            painter.drawText(
                box,
                Qt.AlignmentFlag.AlignLeft,
                metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width()),
            )
        if len(shown) < len(names) and fit:
            row, column = divmod(len(shown), beside)
            box = QRect(room.left() + column * halves, room.top() + row * high, halves - 3, high)
            painter.setPen(self._theme.color("muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, f"and {len(names) - len(shown)} more")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the day that is clicked."""
        for day in self.counts:
            if self.cell(day).contains(event.position().toPoint()):
                self.day_chosen.emit(day)
                return

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the week of the day."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.day_opened.emit(self.current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from day to day, Enter opens the week."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -_DAYS,
            Qt.Key.Key_Down: _DAYS,
        }
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.day_opened.emit(self.current)
            return
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self.day_chosen.emit(self.current + timedelta(days=step))

    def _say(self) -> None:
        if self._formats is None:
            return
        filled, total = self.counts.get(self.current, (0, 0))
        names = "; ".join(f"{unit} {name}" for unit, name, _ in self.names.get(self.current, ()))
        day, note = self._formats.long_day(self.current), self._notes.get(self.current, "")
        about = f"{day}, {note}" if note else day
        said = f"{about}: {filled} of {total} shifts filled. {names}".strip()
        self.setAccessibleDescription(said)


def _shorten_names(names: Iterable[str]) -> dict[str, str]:
    """Return the last name of each full name; where two share it, with the first letter before."""
    every = {name: name.split()[-1] for name in names if name.split()}
    shared = Counter(every.values())
    return {
        name: last if shared[last] == 1 or last == name else f"{name[0]}. {last}"
        for name, last in every.items()
    }
