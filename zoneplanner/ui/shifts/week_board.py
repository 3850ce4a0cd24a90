"""A week of shifts as a table: a row for each unit and turn, a column for each day."""

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
    """A row of the board: a unit or an officer, which of their turns, and what is said of them.

    ``color`` is the place of a unit's zone in the palette; ``about`` is a second line.
    """

    name: str
    turn: int
    title: str
    color: int | None = None
    about: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True)
class ShiftCell:
    """A shift as its cell shows it; ``broken`` are rules that stand against it."""

    shift: Shift
    name: str
    times: str
    broken: tuple[RosterViolation, ...] = ()

    @property
    def words(self) -> str:
        """Say the shift in a few words, for screen readers and tips."""
        state = "open" if self.shift.is_open else self.shift.status.word
        locked = ", locked" if self.shift.locked else ""
        changed = ", changed after posting" if self.shift.posted_change else ""
        return f"{self.shift.unit}, {self.name}, {self.times}, {state}{locked}{changed}"

    @property
    def tip(self) -> str:
        """Say the shift and what is wrong with it."""
        reasons = [describe_override(one) for one in self.shift.overrides]
        broken = [f"{one.text} {one.remedy}" for one in self.broken]
        return "\n".join([self.words, *reasons, *broken])


@dataclass(frozen=True, eq=False, slots=True)
class _WeekBoard:
    """A week: its days, rows and cells by row and column, and how it stands.

    ``off`` says by row and column why an officer is not there, ``changes`` what became of shifts
    after they were posted, canceled ones among them.
    """

    days: tuple[date, ...]
    notes: tuple[str, ...]
    rows: tuple[_BoardRow, ...]
    cells: Mapping[tuple[int, int], ShiftCell]
    filled: int
    open: int
    drafts: int
    problems: int
    changes: tuple[str, ...] = ()
    off: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def is_of_people(self) -> bool:
        """True where the rows are officers."""
        return any(row.officer for row in self.rows)

    @property
    def is_posted(self) -> bool:
        """True where there are shifts and no draft is among them."""
        return bool(self.cells) and not self.drafts

    @property
    def of_all(self) -> tuple[int, int]:
        """How many shifts are filled, and how many there are."""
        return self.filled, self.filled + self.open


def build_week_board(
    project: Project, monday: date, found: Sequence[RosterViolation], formats: LocaleFormats
) -> _WeekBoard:
    """Return the board of the week that begins on a Monday; ``found`` are its broken rules."""
    order = {unit: at for at, unit in enumerate(project.units)}
    week = _Week(project, monday, found, formats)
    placed = week.place_shifts(lambda shift: shift.unit)
    keys = sorted({key for key, _, _ in placed}, key=lambda key: (order.get(key[0], 99), key))
    colors = _colors(project, monday)
    rows = [
        _BoardRow(unit, turn, unit if turn == 0 else "", colors.get(unit)) for unit, turn in keys
    ]
    return week.build(rows, keys, placed)


def build_people_board(
    project: Project,
    monday: date,
    found: Sequence[RosterViolation],
    formats: LocaleFormats,
    certificates: Mapping[str, Sequence[str]],
) -> _WeekBoard:
    """Return the board of a week with a row for each officer, what is open above them.

    ``certificates`` says by officer what certifies them until when.
    """
    week = _Week(project, monday, found, formats)
    placed = week.place_shifts(lambda shift: shift.officer or "")
    turns = {key: turn for (key, turn), _, _ in sorted(placed, key=lambda one: one[0])}
    hours = _sum_hours(project, monday)
    there = [
        one
        for one in sorted(project.officers.values(), key=lambda one: (one.kind, one.name))
        if one.until is None or one.until >= monday or one.id in turns
    ]
    keys: list[tuple[str, int]] = [("", turn) for turn in range(turns.get("", -1) + 1)]
    rows = [_BoardRow("Open", turn, "Open" if turn == 0 else "") for _, turn in keys]
    off: dict[tuple[int, int], str] = {}
    for officer in there:
        off |= {
            (len(rows), column): why for column, why in _list_days_off(officer, week.days, formats)
        }
        about = _describe_officer(officer, hours, certificates.get(officer.id, ()))
        for turn in range(turns.get(officer.id, 0) + 1):
            first = turn == 0
            keys.append((officer.id, turn))
            rows.append(
                _BoardRow(
                    officer.name,
                    turn,
                    officer.name if first else "",
                    about=about if first else "",
                    officer=officer.id,
                )
            )
    return week.build(rows, keys, placed, off)


_Placed = list[tuple[tuple[str, int], int, Shift]]
PERIOD_WEEKS = 4
"""The weeks of which hours are added up beside those of the week."""


class _Week:
    """The shifts of a week, with the rules that they break."""

    def __init__(
        self,
        project: Project,
        monday: date,
        found: Sequence[RosterViolation],
        formats: LocaleFormats,
    ) -> None:
        self.project, self.found, self.formats = project, found, formats
        days = [monday + timedelta(days=n) for n in range(7)]
        own = project.shifts_between(days[0], days[-1])
        every = sorted(own, key=lambda one: (one.starts_at, one.uid))
        self.shifts = [shift for shift in every if shift.is_active]
        self.changes = tuple(
            f"{describe_shift(shift, project.time_zone, formats)}. {describe_override(change)}"
            for shift in every
            if (change := shift.posted_change) is not None
        )
        weekend = any(shift.day(project.time_zone) in days[5:] for shift in self.shifts)
        self.days = days if weekend else days[:5]

    def place_shifts(self, key_of: Callable[[Shift], str]) -> _Placed:
        """Return each shift with what its row is about, which turn of the day it is, its column."""
        turns: dict[tuple[str, date], int] = {}
        placed: _Placed = []
        for shift in self.shifts:
            key, day = key_of(shift), shift.day(self.project.time_zone)
            turn = turns.get((key, day), 0)
            turns[key, day] = turn + 1
            placed.append(((key, turn), self.days.index(day), shift))
        return placed

    def build(
        self,
        rows: Sequence[_BoardRow],
        keys: Sequence[tuple[str, int]],
        placed: _Placed,
        off: Mapping[tuple[int, int], str] | None = None,
    ) -> _WeekBoard:
        """Return the board with a row for each key."""
        project, place = self.project, {key: at for at, key in enumerate(keys)}
        broken: dict[str, list[RosterViolation]] = {}
        for one in self.found:
            for uid in one.shifts if one.is_unexcused and one.rule != "minimum_staffing" else ():
                broken.setdefault(uid, []).append(one)
        cells = {
            (place[key], column): _cell(
                project,
                shift,
                self.formats,
                tuple(broken.get(shift.uid, ())),
                unit=off is not None,
            )
            for key, column, shift in placed
            if key in place
        }
        return _WeekBoard(
            days=tuple(self.days),
            notes=tuple(
                describe_special_day(project, day, no_school="no school") for day in self.days
            ),
            rows=tuple(rows),
            cells=cells,
            filled=sum(not shift.is_open for shift in self.shifts),
            open=sum(shift.is_open for shift in self.shifts),
            drafts=sum(shift.status is ShiftStatus.DRAFT for shift in self.shifts),
            problems=sum(one.is_unexcused for one in self.found),
            changes=self.changes,
            off=off or {},
        )


def _sum_hours(project: Project, monday: date) -> Mapping[str, tuple[float, float]]:
    """Return by officer the hours of the week, and of the weeks of the period up to it."""
    first = monday - timedelta(days=7 * (PERIOD_WEEKS - 1))
    found = dict.fromkeys(project.officers, (0.0, 0.0))
    for shift in project.shifts_between(first, monday + timedelta(days=6)):
        if shift.is_active and shift.officer in found:
            week, period = found[shift.officer]
            here = shift.day(project.time_zone) >= monday
            found[shift.officer] = (week + shift.hours * here, period + shift.hours)
    return found


def _list_days_off(
    officer: Officer, days: Sequence[date], formats: LocaleFormats
) -> Iterator[tuple[int, str]]:
    for own in officer.times:
        if own.kind is AvailabilityKind.AVAILABLE:
            continue
        whole = own.starts == own.ends == time(0)
        when = "" if whole else f" {formats.span(own.starts, own.ends)}"
        for day in own.days(days[0], days[-1]):
            if day in days:
                yield days.index(day), f"{own.kind.noun}{when}"


def _describe_officer(
    officer: Officer, hours: Mapping[str, tuple[float, float]], certificates: Sequence[str]
) -> str:
    week, period = hours[officer.id]
    words = dict.fromkeys((*certificates, *officer.qualifications))
    parts = [f"{week:.1f} h, {period:.1f} h in {PERIOD_WEEKS} weeks", *words]
    if officer.until is not None:
        parts.insert(1, "leaving")
    return " · ".join(parts)


def _colors(project: Project, day: date) -> dict[str, int]:
    plan = project.current_plan(day)
    return {zone.unit: zone.color for zone in plan.zones} if plan else {}


def describe_override(one: RuleOverride) -> str:
    """Say who let a rule give way, or changed what was posted, and why."""
    if one.rule == POSTED:
        why = f": {one.reason}" if one.reason else ""
        return f"Changed after posting{f' by {one.by}' if one.by else ''}{why}"
    return f"Overridden ({ROSTER_RULES[one.rule].title}): {one.reason}"


def describe_special_day(project: Project, day: date, *, no_school: str = "") -> str:
    """Name the holiday or the kind of a short school day; "" for a usual one."""
    kind = project.calendar.day_kind(day)
    if kind is None:
        holidays = (one.name for one in project.calendar.holidays if one.contains(day))
        return next(holidays, "") or no_school
    return str(kind) if kind.ends_early else ""


def _cell(
    project: Project,
    shift: Shift,
    formats: LocaleFormats,
    broken: tuple[RosterViolation, ...],
    *,
    unit: bool,
) -> ShiftCell:
    zone = ZoneInfo(project.time_zone)
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    officer = project.officers.get(shift.officer or "")
    name = officer.name if officer else shift.officer or "Open"
    if unit:
        name = shift.unit
    title = f" {shift.title}" if shift.title else ""
    draft = " draft" if shift.status is ShiftStatus.DRAFT else ""
    return ShiftCell(shift, name, f"{formats.span(start, end)}{title}{draft}", broken)


class WeekBoardModel(QAbstractTableModel):
    """The board as a model. ``dropped`` carries what was dropped, its id, and the shift's uid.

    ``given`` carries a shift's uid and the officer on whose free day it was dropped.
    """

    dropped = Signal(str, str, str)
    given = Signal(str, str)

    def __init__(self, may_take: Callable[[str, str], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._may_take = may_take
        self.board = _WeekBoard((), (), (), {}, 0, 0, 0, 0)
        self.fits: dict[str, str] = {}
        self.today: date | None = None
        self.day: date | None = None

    def show(self, board: _WeekBoard, today: date, day: date) -> None:
        """Show the week of a day, another one or the same as it is now."""
        old, self.today, self.day = self.board, today, day
        if (old.days, old.rows) == (board.days, board.rows):
            self.board = board
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
            return
        self.beginResetModel()
        self.board = board
        self.endResetModel()

    def mark_day(self, day: date) -> None:
        """Mark the day that who is where and the map show."""
        self.day = day
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def set_eligibility(self, fits: dict[str, str]) -> None:
        """Tell by uid which shifts the chosen officer could take."""
        if fits != self.fits:
            self.fits = fits
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def cell(self, index: ModelIndex) -> ShiftCell | None:
        """Return what an index shows, None where there is no shift."""
        return self.board.cells.get((index.row(), index.column())) if index.isValid() else None

    def place(self, uid: str) -> QModelIndex:
        """Return where a shift is; an index that is not valid where it is on another week."""
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
        """Return what a cell shows."""
        cell = self.cell(index)
        if cell is None:
            if role == Qt.ItemDataRole.AccessibleTextRole and index.isValid():
                why = self.board.off.get((index.row(), index.column()), "no shift")
                weekday = DAY_NAMES[self.board.days[index.column()].weekday()]
                return f"{weekday}, {self.board.rows[index.row()].name}, {why}"
            if index.isValid() and role == Qt.ItemDataRole.DisplayRole:
                return self.board.off.get((index.row(), index.column()))
            return None
        return self._find_cell_data(index, cell, role)

    def _find_cell_data(self, index: ModelIndex, cell: ShiftCell, role: int) -> Any:
        """Return what a shift's cell shows; its tip is made when it is asked for."""
        if role == SHIFT_CELL_ROLE:
            return cell
        if role == ELIGIBILITY_ROLE:
            return self.fits.get(cell.shift.uid, "")
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{cell.name}\n{cell.times}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{DAY_NAMES[self.board.days[index.column()].weekday()]}, {cell.words}"
        return cell.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the day with its note, or the unit."""
        if orientation is Qt.Orientation.Vertical:
            row = self.board.rows[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return row.title
            if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
                return ", ".join(filter(None, (row.name, row.about)))
            return None
        return self._find_day_head(section, role)

    def _find_day_head(self, section: int, role: int) -> Any:
        day, note = self.board.days[section], self.board.notes[section]
        name, now = f"{DAY_NAMES[day.weekday()]} {day.day}", "today" if day == self.today else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{name}\n{now or note}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (name, now, note)))
        if role == Qt.ItemDataRole.FontRole and day == self.day:
            return make_strong_font()
        return None

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Let shifts be chosen, those with an officer dragged, and any dropped on."""
        cell = self.cell(index)
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if cell is None:
            officer = index.isValid() and self.board.rows[index.row()].officer
            return flags | Qt.ItemFlag.ItemIsDropEnabled if officer else flags
        if (self.board.is_of_people or cell.shift.officer is not None) and not cell.shift.locked:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags if cell.shift.locked else flags | Qt.ItemFlag.ItemIsDropEnabled

    def mimeTypes(self) -> list[str]:
        """Return what may be dropped: an officer, or another shift to trade places with."""
        return [OFFICER_MIME, _SHIFT_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the shift that is dragged."""
        data = QMimeData()
        cell = self.cell(indexes[0]) if indexes else None
        if cell is not None:
            data.setData(_SHIFT_MIME, cell.shift.uid.encode())
        return data

    def supportedDropActions(self) -> Qt.DropAction:
        """Return how things are dropped."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: ModelIndex
    ) -> bool:
        """Tell whether a shift may take what is dragged over it."""
        del action, row, column
        cell = self.cell(parent)
        if cell is None:
            return self._find_free_officer(data, parent) is not None
        if cell.shift.locked:
            return False
        if data.hasFormat(OFFICER_MIME):
            return self._may_take(_text(data, OFFICER_MIME), cell.shift.uid)
        return data.hasFormat(_SHIFT_MIME) and _text(data, _SHIFT_MIME) != cell.shift.uid

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: ModelIndex
    ) -> bool:
        """Tell what was dropped on which shift; nothing is taken away where it came from."""
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        cell, officer = self.cell(parent), self._find_free_officer(data, parent)
        if officer is not None:
            self.given.emit(_text(data, _SHIFT_MIME), officer)
            return False
        kind = OFFICER_MIME if data.hasFormat(OFFICER_MIME) else _SHIFT_MIME
        if cell is not None:
            self.dropped.emit(kind, _text(data, kind), cell.shift.uid)
        return False

    def _find_free_officer(self, data: QMimeData, index: ModelIndex) -> str | None:
        """Return whose free day a shift of that day is dragged over, where they may take it."""
        if not index.isValid() or not data.hasFormat(_SHIFT_MIME) or self.cell(index) is not None:
            return None
        officer, uid = self.board.rows[index.row()].officer, _text(data, _SHIFT_MIME)
        of_day = any(
            cell.shift.uid == uid and column == index.column()
            for (_, column), cell in self.board.cells.items()
        )
        return officer if officer and of_day and self._may_take(officer, uid) else None


def _text(data: QMimeData, kind: str) -> str:
    return bytes(data.data(kind).data()).decode()
