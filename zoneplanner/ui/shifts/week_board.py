"""A week of shifts as a table: a row for each unit and turn, a column for each day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
from zoneplanner.domain.roster.checker import RosterViolation
from zoneplanner.domain.roster.shift import Shift, ShiftStatus
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
class _UnitTurnRow:
    """A row of the board: the unit, which of its turns, and its zone's place in the palette."""

    unit: str
    turn: int
    title: str
    color: int | None


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
        state = "open" if self.shift.is_open else str(self.shift.status)
        locked = ", locked" if self.shift.locked else ""
        return f"{self.shift.unit}, {self.name}, {self.times}, {state}{locked}"

    @property
    def tip(self) -> str:
        """Say the shift and what is wrong with it."""
        reasons = [f"Overridden ({one.rule}): {one.reason}" for one in self.shift.overrides]
        broken = [f"{one.text} {one.remedy}" for one in self.broken]
        return "\n".join([self.words, *reasons, *broken])


@dataclass(frozen=True, eq=False, slots=True)
class _WeekBoard:
    """A week: its days, rows and cells by row and column, and how it stands."""

    days: tuple[date, ...]
    notes: tuple[str, ...]
    rows: tuple[_UnitTurnRow, ...]
    cells: Mapping[tuple[int, int], ShiftCell]
    filled: int
    open: int
    drafts: int
    problems: int

    @property
    def of_all(self) -> tuple[int, int]:
        """How many shifts are filled, and how many there are."""
        return self.filled, self.filled + self.open


def build_week_board(
    project: Project, monday: date, found: Sequence[RosterViolation], formats: LocaleFormats
) -> _WeekBoard:
    """Return the board of the week that begins on a Monday; ``found`` are its broken rules."""
    days = [monday + timedelta(days=n) for n in range(7)]
    shifts = [
        shift
        for shift in sorted(project.shifts.values(), key=lambda one: (one.starts_at, one.uid))
        if shift.is_active and monday <= shift.day(project.time_zone) <= days[-1]
    ]
    if not any(shift.day(project.time_zone) in days[5:] for shift in shifts):
        days = days[:5]
    broken: dict[str, list[RosterViolation]] = {}
    for one in found:
        for uid in one.shifts if one.is_unexcused and one.rule != "minimum_staffing" else ():
            broken.setdefault(uid, []).append(one)
    turns: dict[tuple[str, date], int] = {}
    placed: list[tuple[tuple[str, int], int, Shift]] = []
    for shift in shifts:
        day = shift.day(project.time_zone)
        turn = turns.get((shift.unit, day), 0)
        turns[shift.unit, day] = turn + 1
        placed.append(((shift.unit, turn), days.index(day), shift))
    order = {unit: at for at, unit in enumerate(project.units)}
    keys = sorted({key for key, _, _ in placed}, key=lambda key: (order.get(key[0], 99), key))
    place = {key: at for at, key in enumerate(keys)}
    colors = _colors(project, monday)
    cells = {
        (place[key], column): _cell(project, shift, formats, tuple(broken.get(shift.uid, ())))
        for key, column, shift in placed
    }
    return _WeekBoard(
        days=tuple(days),
        notes=tuple(describe_special_day(project, day, no_school="no school") for day in days),
        rows=tuple(
            _UnitTurnRow(unit, turn, unit if turn == 0 else "", colors.get(unit))
            for unit, turn in keys
        ),
        cells=cells,
        filled=sum(not shift.is_open for shift in shifts),
        open=sum(shift.is_open for shift in shifts),
        drafts=sum(shift.status is ShiftStatus.DRAFT for shift in shifts),
        problems=sum(one.is_unexcused for one in found),
    )


def _colors(project: Project, day: date) -> dict[str, int]:
    plan = project.current_plan(day)
    return {zone.unit: zone.color for zone in plan.zones} if plan else {}


def describe_special_day(project: Project, day: date, *, no_school: str = "") -> str:
    """Name the holiday or the kind of a short school day; "" for a usual one."""
    kind = project.calendar.day_kind(day)
    if kind is None:
        holidays = (one.name for one in project.calendar.holidays if one.contains(day))
        return next(holidays, "") or no_school
    return str(kind) if kind.ends_early else ""


def _cell(
    project: Project, shift: Shift, formats: LocaleFormats, broken: tuple[RosterViolation, ...]
) -> ShiftCell:
    zone = ZoneInfo(project.time_zone)
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    officer = project.officers.get(shift.officer or "")
    name = officer.name if officer else shift.officer or "Open"
    title = f" {shift.title}" if shift.title else ""
    draft = " draft" if shift.status is ShiftStatus.DRAFT else ""
    return ShiftCell(shift, name, f"{formats.span(start, end)}{title}{draft}", broken)


class WeekBoardModel(QAbstractTableModel):
    """The board as a model. ``dropped`` carries what was dropped, its id, and the shift's uid."""

    dropped = Signal(str, str, str)

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
                return f"{self.board.rows[index.row()].unit}, no shift"
            return None
        day = DAY_NAMES[self.board.days[index.column()].weekday()]
        return {
            int(Qt.ItemDataRole.DisplayRole): f"{cell.name}\n{cell.times}",
            int(Qt.ItemDataRole.AccessibleTextRole): f"{day}, {cell.words}",
            int(Qt.ItemDataRole.ToolTipRole): cell.tip,
            int(SHIFT_CELL_ROLE): cell,
            int(ELIGIBILITY_ROLE): self.fits.get(cell.shift.uid, ""),
        }.get(int(role))

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the day with its note, or the unit."""
        if orientation is Qt.Orientation.Vertical:
            row = self.board.rows[section]
            return row.title if role == Qt.ItemDataRole.DisplayRole else None
        day, note = self.board.days[section], self.board.notes[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{DAY_NAMES[day.weekday()]} {day.day}\n{'today' if day == self.today else note}"
        if role == Qt.ItemDataRole.FontRole and day == self.day:
            return make_strong_font()
        return None

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Let shifts be chosen, those with an officer dragged, and any dropped on."""
        cell = self.cell(index)
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if cell is None:
            return flags
        if cell.shift.officer is not None and not cell.shift.locked:
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
        if cell is None or cell.shift.locked:
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
        cell = self.cell(parent)
        kind = OFFICER_MIME if data.hasFormat(OFFICER_MIME) else _SHIFT_MIME
        if cell is not None:
            self.dropped.emit(kind, _text(data, kind), cell.shift.uid)
        return False


def _text(data: QMimeData, kind: str) -> str:
    return bytes(data.data(kind).data()).decode()
