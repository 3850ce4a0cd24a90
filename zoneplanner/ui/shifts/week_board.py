"""A week of shifts as a table: rows of units or officers, and a column for each day."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from zoneplanner.domain.locale_formats import WEEKDAY_NAMES, LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import RosterViolation, describe_shift
from zoneplanner.domain.roster.roster_rules import ROSTER_RULES
from zoneplanner.domain.roster.shift import (
    POSTED,
    AvailabilityKind,
    Officer,
    RuleOverride,
    Shift,
    ShiftStatus,
)
from zoneplanner.messages import say_all
from zoneplanner.ui.widgets.style.theme import make_strong_font

ModelIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
OFFICER_MIME = "application/x-zoneplanner-officer"
_SHIFT_MIME = "application/x-zoneplanner-shift"
SHIFT_CELL_ROLE = Qt.ItemDataRole.UserRole + 41
ELIGIBILITY_ROLE = Qt.ItemDataRole.UserRole + 42
DAY_NAMES = tuple(name[:3] for name in WEEKDAY_NAMES)
FITS, WITH_REASON, NOT = "fits", "reason", "not"


@dataclass(frozen=True, slots=True)
class _BoardRow:
    """A row of the board: a unit or an officer, once for each of several shifts a day."""

    name: str
    turn: int
    """0 for the first shifts of a day, 1 for the second ones, and so on."""
    title: str
    color: int | None = None
    """The index of the zone's color in the palette."""
    about: str = ""
    """A second line."""
    officer: str = ""


@dataclass(frozen=True, slots=True)
class ShiftCell:
    """A shift as displayed, with the rules that it breaks."""

    shift: Shift
    name: str
    times: str
    broken: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """A short description for screen readers and tooltips."""
        state = "open" if self.shift.is_open else self.shift.status.word
        locked = ", locked" if self.shift.locked else ""
        changed = ", changed after posting" if self.shift.posted_change else ""
        return f"{self.shift.unit}, {self.name}, {self.times}, {state}{locked}{changed}"

    @property
    def tip(self) -> str:
        """The tooltip: description, overrides and broken rules."""
        overrides = map(describe_override, self.shift.overrides)
        return "\n".join([self.words, *overrides, *self.broken])


@dataclass(frozen=True, eq=False, slots=True)
class WeekBoard:
    """The content of the week board; ``cells`` and ``off`` are by row and column."""

    days: tuple[date, ...]
    notes: tuple[str, ...]
    rows: tuple[_BoardRow, ...]
    cells: Mapping[tuple[int, int], ShiftCell]
    filled: int
    open: int
    drafts: int
    problems: int
    changes: tuple[str, ...] = ()
    """Changes made after posting, including cancellations."""
    off: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Why officers are off."""

    @property
    def is_by_officer(self) -> bool:
        """Whether the rows are officers."""
        return any(row.officer for row in self.rows)

    @property
    def is_posted(self) -> bool:
        """Whether there are shifts and none is a draft."""
        return bool(self.cells) and not self.drafts


def build_week_board(
    project: Project, monday: date, violations: Sequence[RosterViolation], formats: LocaleFormats
) -> WeekBoard:
    """Return the board of a week with rows of units."""
    order = {unit: index for index, unit in enumerate(project.units)}
    week = _Week(project, monday, violations, formats)
    placed = week.place_shifts(lambda shift: shift.unit)
    keys = sorted({key for key, _, _ in placed}, key=lambda key: (order.get(key[0], 99), key))
    plan = project.current_plan(monday)
    colors = {zone.unit: zone.color for zone in plan.zones} if plan else {}
    rows = [
        _BoardRow(unit, turn, unit if turn == 0 else "", colors.get(unit)) for unit, turn in keys
    ]
    return week.build(rows, keys, placed)


def build_people_board(
    project: Project,
    monday: date,
    violations: Sequence[RosterViolation],
    formats: LocaleFormats,
    certificates: Mapping[str, Sequence[str]],
) -> WeekBoard:
    """Return the board of a week with rows of officers, below the open shifts.

    ``certificates`` comes from ``list_certificates``.
    """
    week = _Week(project, monday, violations, formats)
    placed = week.place_shifts(lambda shift: shift.officer or "")
    turns = dict(sorted(key for key, _, _ in placed))  # the last turn by officer
    hours = _sum_hours(project, monday)
    officers = [
        officer
        for officer in sorted(project.officers.values(), key=lambda one: (one.kind, one.name))
        if officer.until is None or officer.until >= monday or officer.id in turns
    ]
    keys: list[tuple[str, int]] = [("", turn) for turn in range(turns.get("", -1) + 1)]
    rows = [_BoardRow("Open", turn, "Open" if turn == 0 else "") for _, turn in keys]
    off: dict[tuple[int, int], str] = {}
    for officer in officers:
        for column, reason in _list_days_off(officer, week.days, formats):
            off[len(rows), column] = reason
        about = _describe_officer(officer, hours, certificates.get(officer.id, ()))
        keys.append((officer.id, 0))
        rows.append(_BoardRow(officer.name, 0, officer.name, about=about, officer=officer.id))
        for turn in range(1, turns.get(officer.id, 0) + 1):
            keys.append((officer.id, turn))
            rows.append(_BoardRow(officer.name, turn, "", officer=officer.id))
    return week.build(rows, keys, placed, off)


_Placed = list[tuple[tuple[str, int], int, Shift]]
PERIOD_WEEKS = 4
"""How many weeks' hours are summed in addition to those of the week."""


class _Week:
    """The shifts of a week, with the rules that they break."""

    def __init__(
        self,
        project: Project,
        monday: date,
        violations: Sequence[RosterViolation],
        formats: LocaleFormats,
    ) -> None:
        self.project, self.violations, self.formats = project, violations, formats
        days = [monday + timedelta(days=n) for n in range(7)]
        shifts = project.shifts_between(days[0], days[-1])
        shifts = sorted(shifts, key=lambda shift: (shift.starts_at, shift.uid))
        self.shifts = [shift for shift in shifts if shift.is_active]
        self.changes = tuple(
            f"{describe_shift(shift, project.time_zone).say(formats)}. {describe_override(change)}"
            for shift in shifts
            if (change := shift.posted_change) is not None
        )
        weekend = any(shift.day(project.time_zone) in days[5:] for shift in self.shifts)
        self.days = days if weekend else days[:5]

    def place_shifts(self, key_of: Callable[[Shift], str]) -> _Placed:
        """Return each shift with its row's key, which includes its turn of the day, and column."""
        turns = Counter[tuple[str, date]]()
        placed: _Placed = []
        for shift in self.shifts:
            key, day = key_of(shift), shift.day(self.project.time_zone)
            placed.append(((key, turns[key, day]), self.days.index(day), shift))
            turns[key, day] += 1
        return placed

    def build(
        self,
        rows: Sequence[_BoardRow],
        keys: Sequence[tuple[str, int]],
        placed: _Placed,
        off: Mapping[tuple[int, int], str] | None = None,
    ) -> WeekBoard:
        """Return the board with a row for each key; ``off`` is given if the rows are officers."""
        project, row_of = self.project, {key: index for index, key in enumerate(keys)}
        broken: dict[str, list[str]] = defaultdict(list)
        for violation in self.violations:
            if violation.is_unexcused and violation.rule != "minimum_staffing":
                for uid in violation.shifts:
                    broken[uid].append(describe_violation(violation, self.formats))
        cells = {
            (row_of[key], column): _build_cell(
                project,
                shift,
                self.formats,
                tuple(broken.get(shift.uid, ())),
                by_officer=off is not None,
            )
            for key, column, shift in placed
            if key in row_of
        }
        return WeekBoard(
            days=tuple(self.days),
            notes=tuple(
                describe_special_day(project, day, no_school="no school") for day in self.days
            ),
            rows=tuple(rows),
            cells=cells,
            filled=sum(not shift.is_open for shift in self.shifts),
            open=sum(shift.is_open for shift in self.shifts),
            drafts=sum(shift.status is ShiftStatus.DRAFT for shift in self.shifts),
            problems=sum(violation.is_unexcused for violation in self.violations),
            changes=self.changes,
            off=off or {},
        )


def _sum_hours(project: Project, monday: date) -> Mapping[str, tuple[float, float]]:
    """Return each officer's hours of the week, and of the four weeks that end with it."""
    first = monday - timedelta(days=7 * (PERIOD_WEEKS - 1))
    hours = dict.fromkeys(project.officers, (0.0, 0.0))
    for shift in project.shifts_between(first, monday + timedelta(days=6)):
        if shift.is_active and shift.officer in hours:
            week, period = hours[shift.officer]
            in_week = shift.day(project.time_zone) >= monday
            hours[shift.officer] = (week + shift.hours * in_week, period + shift.hours)
    return hours


def _list_days_off(
    officer: Officer, days: Sequence[date], formats: LocaleFormats
) -> Iterator[tuple[int, str]]:
    for times in officer.times:
        if times.kind is AvailabilityKind.AVAILABLE:
            continue
        whole_day = times.starts == times.ends == time(0)
        span = "" if whole_day else f" {formats.span(times.starts, times.ends)}"
        for day in times.days(days[0], days[-1]):
            if day in days:
                yield days.index(day), f"{times.kind.noun}{span}"


def _describe_officer(
    officer: Officer, hours: Mapping[str, tuple[float, float]], certificates: Sequence[str]
) -> str:
    week, period = hours[officer.id]
    words = dict.fromkeys((*certificates, *officer.qualifications))
    parts = [f"{week:.1f} h, {period:.1f} h in {PERIOD_WEEKS} weeks", *words]
    if officer.until is not None:
        parts.insert(1, "leaving")
    return " · ".join(parts)


def describe_violation(violation: RosterViolation, formats: LocaleFormats) -> str:
    """Return what is wrong and what would fix it."""
    return say_all((violation.message, violation.remedy), formats)


def describe_override(override: RuleOverride) -> str:
    """Describe an overridden rule or a change after posting, with its reason."""
    if override.rule == POSTED:
        by = f" by {override.by}" if override.by else ""
        reason = f": {override.reason}" if override.reason else ""
        return f"Changed after posting{by}{reason}"
    return f"Overridden ({ROSTER_RULES[override.rule].title}): {override.reason}"


def describe_special_day(project: Project, day: date, *, no_school: str = "") -> str:
    """Name a holiday or the kind of a short school day, or return "" for a regular day."""
    kind = project.calendar.day_kind(day)
    if kind is None:
        holidays = project.calendar.holidays
        names = (holiday.name for holiday in holidays if holiday.contains(day))
        return next(names, "") or no_school
    return str(kind) if kind.ends_early else ""


def _build_cell(
    project: Project,
    shift: Shift,
    formats: LocaleFormats,
    broken: tuple[str, ...],
    *,
    by_officer: bool,
) -> ShiftCell:
    zone = ZoneInfo(project.time_zone)
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    officer = project.officers.get(shift.officer or "")
    name = officer.name if officer else shift.officer or "Open"
    if by_officer:
        name = shift.unit
    title = f" {shift.title}" if shift.title else ""
    draft = " draft" if shift.status is ShiftStatus.DRAFT else ""
    return ShiftCell(shift, name, f"{formats.span(start, end)}{title}{draft}", broken)


class WeekBoardModel(QAbstractTableModel):
    """The board as a Qt model, which officers and shifts can be dropped on."""

    dropped = Signal(str, str, str)
    """MIME type and id of what was dropped, and the uid of the shift it was dropped on."""
    dropped_on_free_day = Signal(str, str)
    """The uid of the dropped shift, and the officer on whose free day it was dropped."""

    def __init__(self, may_take: Callable[[str, str], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._may_take = may_take
        self.board = WeekBoard((), (), (), {}, 0, 0, 0, 0)
        self.eligibility: dict[str, str] = {}
        self.today: date | None = None
        self.day: date | None = None

    def show(self, board: WeekBoard, today: date, day: date) -> None:
        """Show a board; if its rows and days are unchanged, the selection stays."""
        before, self.today = self.board, today
        if (before.days, before.rows) == (board.days, board.rows):
            self.board = board
            self._emit_data_changed()
            self.mark_day(day)
            return
        self.day = day
        self.beginResetModel()
        self.board = board
        self.endResetModel()

    def mark_day(self, day: date) -> None:
        """Mark the selected day in the header."""
        self.day = day
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def set_eligibility(self, eligibility: dict[str, str]) -> None:
        """Set whether the selected officer could take each shift, by uid."""
        if eligibility != self.eligibility:
            self.eligibility = eligibility
            self._emit_data_changed()

    def _emit_data_changed(self) -> None:
        last = self.index(self.rowCount() - 1, self.columnCount() - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def cell(self, index: ModelIndex) -> ShiftCell | None:
        """Return the cell at an index, or None if there is no shift."""
        return self.board.cells.get((index.row(), index.column())) if index.isValid() else None

    def find_index(self, uid: str) -> QModelIndex:
        """Return the index of a shift, invalid if it is not in this week."""
        for (row, column), cell in self.board.cells.items():
            if cell.shift.uid == uid:
                return self.index(row, column)
        return QModelIndex()

    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.board.rows)

    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        """Return the number of days."""
        return 0 if parent.isValid() else len(self.board.days)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the data of a shift's cell, or why an officer is off."""
        if not index.isValid():
            return None
        cell, weekday = self.cell(index), DAY_NAMES[self.board.days[index.column()].weekday()]
        if cell is None:
            off = self.board.off.get((index.row(), index.column()))
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return f"{weekday}, {self.board.rows[index.row()].name}, {off or 'no shift'}"
            return off if role == Qt.ItemDataRole.DisplayRole else None
        return self._find_cell_data(cell, weekday, role)

    def _find_cell_data(self, cell: ShiftCell, weekday: str, role: int) -> Any:
        if role == SHIFT_CELL_ROLE:
            return cell
        if role == ELIGIBILITY_ROLE:
            return self.eligibility.get(cell.shift.uid, "")
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{cell.name}\n{cell.times}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{weekday}, {cell.words}"
        return cell.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the day with its note, or the unit or officer."""
        if orientation is Qt.Orientation.Vertical:
            row = self.board.rows[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return row.title
            if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
                return ", ".join(filter(None, (row.name, row.about)))
            return None
        return self._find_day_data(section, role)

    def _find_day_data(self, section: int, role: int) -> Any:
        day, note = self.board.days[section], self.board.notes[section]
        name, today = f"{DAY_NAMES[day.weekday()]} {day.day}", "today" if day == self.today else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{name}\n{today or note}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (name, today, note)))
        if role == Qt.ItemDataRole.FontRole and day == self.day:
            return make_strong_font()
        return None

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Allow dragging assigned shifts and dropping onto shifts, unless they are locked."""
        cell = self.cell(index)
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if cell is None:
            officer = index.isValid() and self.board.rows[index.row()].officer
            return flags | Qt.ItemFlag.ItemIsDropEnabled if officer else flags
        if cell.shift.locked:
            return flags
        if self.board.is_by_officer or cell.shift.officer is not None:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags | Qt.ItemFlag.ItemIsDropEnabled

    def mimeTypes(self) -> list[str]:
        """Return what may be dropped: an officer, or another shift to trade with."""
        return [OFFICER_MIME, _SHIFT_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the dragged shift."""
        data = QMimeData()
        cell = self.cell(indexes[0]) if indexes else None
        if cell is not None:
            data.setData(_SHIFT_MIME, cell.shift.uid.encode())
        return data

    def supportedDropActions(self) -> Qt.DropAction:
        """Return the supported drop actions."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: ModelIndex
    ) -> bool:
        """Whether a shift or a free day may take what is dragged over it."""
        del action, row, column
        cell = self.cell(parent)
        if cell is None:
            return self._find_free_officer(data, parent) is not None
        if cell.shift.locked:
            return False
        if data.hasFormat(OFFICER_MIME):
            return self._may_take(_read_text(data, OFFICER_MIME), cell.shift.uid)
        return data.hasFormat(_SHIFT_MIME) and _read_text(data, _SHIFT_MIME) != cell.shift.uid

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: ModelIndex
    ) -> bool:
        """Emit what was dropped; return False, so that Qt removes nothing from the source."""
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        cell, officer = self.cell(parent), self._find_free_officer(data, parent)
        if officer is not None:
            self.dropped_on_free_day.emit(_read_text(data, _SHIFT_MIME), officer)
            return False
        kind = OFFICER_MIME if data.hasFormat(OFFICER_MIME) else _SHIFT_MIME
        if cell is not None:
            self.dropped.emit(kind, _read_text(data, kind), cell.shift.uid)
        return False

    def _find_free_officer(self, data: QMimeData, index: ModelIndex) -> str | None:
        """Return the officer on whose free day a shift is dragged, if they may take it."""
        if not index.isValid() or not data.hasFormat(_SHIFT_MIME) or self.cell(index) is not None:
            return None
        officer, uid = self.board.rows[index.row()].officer, _read_text(data, _SHIFT_MIME)
        is_on_day = self.find_index(uid).column() == index.column()
        return officer if officer and is_on_day and self._may_take(officer, uid) else None


def _read_text(data: QMimeData, kind: str) -> str:
    return bytes(data.data(kind).data()).decode()
