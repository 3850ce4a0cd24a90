"""The week board as it is seen: shifts as chips that are dragged, chosen and opened by keys."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from zoneplanner.domain.roster.shift import Shift, ShiftStatus
from zoneplanner.tokens import STATE_MARKS, StateMark, zone_color
from zoneplanner.ui.shifts.week_board import (
    ELIGIBILITY_ROLE,
    FITS,
    NOT,
    SHIFT_CELL_ROLE,
    WITH_REASON,
    ModelIndex,
    ShiftCell,
    WeekBoardModel,
)
from zoneplanner.ui.widgets.style.theme import (
    Icons,
    Theme,
    make_micro_font,
    make_strong_font,
    mix_colors,
)

_ROW_PX, _MOST_ROW_PX, _LEAST_DAY_PX, _UNIT_PX = 37, 96, 104, 64
_PEOPLE_PX = 232
_PAD_PX, _RADIUS_PX, _BAR_PX, _SIGN_PX = 2, 5, 5, 14
_MOST_LINE_PX = 20

_HEAD_PX = 46

_HATCH = Qt.BrushStyle.BDiagPattern
_LINES = {"solid": Qt.PenStyle.SolidLine, "dash": Qt.PenStyle.DashLine, "dot": Qt.PenStyle.DotLine}


def _find_mark(shift: Shift) -> StateMark:
    """Return how a shift is marked: open, posted, or still a draft."""
    if shift.is_open:
        return STATE_MARKS["open"]
    return STATE_MARKS["posted" if shift.status is ShiftStatus.FINAL else "draft"]


class _ShiftDelegate(QStyledItemDelegate):
    """Draws a shift: who, when, and by its rim and signs how it stands.

    Open shifts have a dashed rim and the word Open; drafts a thin one, final ones a filled ground;
    what breaks a rule carries a sign, what is locked a padlock. Nothing is told by color alone.
    """

    def __init__(self, icons: Icons, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Draw one cell."""
        theme, cell = self.theme, index.data(SHIFT_CELL_ROLE)
        model = index.model()
        assert isinstance(model, WeekBoardModel)
        painter.save()
        try:
            if model.board.days[index.column()] == model.today:
                painter.fillRect(option.rect, mix_colors(theme.accent, theme.base, 0.06))
            off = model.board.off.get((index.row(), index.column()))
            if off is not None:
                self._off(painter, option, off, beside=cell is not None)
            if cell is not None:
                self._chip(painter, option, cell, str(index.data(ELIGIBILITY_ROLE)))
        finally:
            painter.restore()

    def _off(
        self, painter: QPainter, option: QStyleOptionViewItem, why: str, *, beside: bool
    ) -> None:
        """Hatch a time when an officer is off or at the main job, and say which it is."""
        painter.fillRect(option.rect, QBrush(self.theme.color("border"), _HATCH))
        if not beside:
            box = option.rect.adjusted(10, 0, -6, 0)
            painter.setFont(make_micro_font())
            painter.setPen(self.theme.color("muted"))
            said = painter.fontMetrics().elidedText(why, Qt.TextElideMode.ElideRight, box.width())
            ground = painter.fontMetrics().boundingRect(said)
            ground.moveCenter(box.center())
            ground.moveLeft(box.left())
            painter.fillRect(ground.adjusted(-3, 0, 6, 0), self.theme.color("base"))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)

    def _chip(
        self, painter: QPainter, option: QStyleOptionViewItem, cell: ShiftCell, fit: str
    ) -> None:
        theme, shift = self.theme, cell.shift
        box = option.rect.adjusted(_PAD_PX, _PAD_PX, -_PAD_PX - 1, -_PAD_PX - 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        final = shift.status is ShiftStatus.FINAL
        ground = theme.late_soft if shift.is_open else theme.raised if final else theme.base
        rim = QPen(theme.color("late" if shift.is_open else "control_border"), 1)
        rim.setStyle(_LINES[_find_mark(shift).line])
        if fit == FITS:
            rim = QPen(theme.color("good"), 2)
        elif fit == WITH_REASON:
            rim = QPen(theme.color("warning"), 2)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setBrush(QColor(theme.accent_soft if chosen else ground))
        if chosen:
            rim = QPen(theme.color("accent"), 2)
        painter.setPen(rim)
        painter.drawRoundedRect(box, _RADIUS_PX, _RADIUS_PX)
        if fit == NOT and not chosen:
            painter.setOpacity(0.45)
        inside = box.adjusted(8, 1, -6, -1)
        self._signs(painter, inside, cell)
        self._words(painter, option, inside, cell)

    def _words(
        self, painter: QPainter, option: QStyleOptionViewItem, inside: QRect, cell: ShiftCell
    ) -> None:
        theme = self.theme
        signs = sum(bool(wanted) for wanted, *_ in self._list_signs(cell))
        room = inside.width() - signs * (_SIGN_PX + 2)
        half = min(inside.height() // 2, _MOST_LINE_PX)  # both lines stay beside each other
        top = QRect(inside.left(), inside.center().y() - half, room, half)
        below = QRect(inside.left(), inside.center().y(), inside.width(), half)
        painter.setFont(make_strong_font())
        painter.setPen(theme.color("late" if cell.shift.is_open else "text"))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        metrics = painter.fontMetrics()
        name = metrics.elidedText(cell.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(top, left, name)
        painter.setFont(make_micro_font())
        painter.setPen(theme.color("muted"))
        times = painter.fontMetrics().elidedText(
            cell.times, Qt.TextElideMode.ElideRight, below.width()
        )
        painter.drawText(below, left, times)

    @staticmethod
    def _list_signs(cell: ShiftCell) -> tuple[tuple[bool, str, str], ...]:
        """Return which signs a shift could carry: whether it does, the icon, its color's role."""
        shift, mark = cell.shift, _find_mark(cell.shift)
        return (
            (bool(cell.broken), "warning", "warning"),
            (bool(shift.overrides), "note", "muted"),
            (shift.locked, "lock", "muted"),
            (mark.line != "dash", mark.icon, mark.role),
        )

    def _signs(self, painter: QPainter, inside: QRect, cell: ShiftCell) -> None:
        right = inside.right()
        for wanted, name, role in self._list_signs(cell):
            if wanted:
                box = QRect(right - _SIGN_PX, inside.top(), _SIGN_PX, _SIGN_PX)
                self._icons(name, role).paint(painter, box)
                right -= _SIGN_PX + 2

    def sizeHint(self, option: QStyleOptionViewItem, index: ModelIndex) -> QSize:
        """Return the room of a chip."""
        return QSize(_LEAST_DAY_PX, _ROW_PX)


class _UnitHeader(QHeaderView):
    """Units at the left, each with the bar of its zone's color, or officers with their hours."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.theme = theme
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultSectionSize(_ROW_PX)
        self.setFixedWidth(_UNIT_PX)
        self.setHighlightSections(False)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Draw a unit's name, a line above it, and the bar of its color."""
        model = self.model()
        assert isinstance(model, WeekBoardModel)
        row = model.board.rows[logicalIndex]
        painter.save()
        try:
            painter.fillRect(rect, QColor(self.theme.window))
            if row.turn == 0:
                painter.setPen(self.theme.color("border"))
                painter.drawLine(rect.topLeft(), rect.topRight())
            if row.color is not None:
                bar = rect.adjusted(0, 1, _BAR_PX - rect.width(), 0)
                painter.fillRect(bar, QColor(zone_color(row.color)))
                painter.setPen(self.theme.color("muted"))  # a light one has no edge on white
                painter.drawLine(bar.topRight(), bar.bottomRight())
            painter.setFont(make_strong_font())
            painter.setPen(self.theme.color("text"))
            room = rect.adjusted(_BAR_PX + 7, 1, -4, -1)
            if not row.about:
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, row.title)
                return
            half = min(room.height() // 2, _MOST_LINE_PX)
            name = QRect(room.left(), room.center().y() - half, room.width(), half)
            below = QRect(room.left(), room.center().y(), room.width(), half)
            self._write(painter, name, row.title)
            painter.setFont(make_micro_font())
            painter.setPen(self.theme.color("muted"))
            self._write(painter, below, row.about)
        finally:
            painter.restore()

    @staticmethod
    def _write(painter: QPainter, room: QRect, text: str) -> None:
        cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)


def measure_week_height(rows: int) -> int:
    """Return the height in which the head and this many rows are seen without scrolling."""
    return _HEAD_PX + rows * _ROW_PX + 2


class WeekBoardView(QTableView):
    """The board. ``opened`` asks for a shift's menu at a place, ``cleared`` to open a shift.

    ``free_opened`` asks what an officer could take on a day without a shift of theirs.
    """

    free_opened = Signal(str, object, QPoint)
    chosen = Signal(object)
    day_chosen = Signal(object)
    opened = Signal(object, QPoint)
    cleared = Signal(str)

    def __init__(self, model: WeekBoardModel, icons: Icons, theme: Theme) -> None:
        super().__init__()
        self.setModel(model)
        self.board = model
        self.delegate = _ShiftDelegate(icons, theme, self)
        self.setItemDelegate(self.delegate)
        self.units = _UnitHeader(theme, self)
        self.setVerticalHeader(self.units)
        self.setAccessibleName("Week board")
        self.setAccessibleDescription(
            "Units or officers by day. Press Enter for the choices for a shift or a free day, or "
            "Delete to remove the officer."
        )
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDragDropOverwriteMode(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(_LEAST_DAY_PX)
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(lambda at: self.day_chosen.emit(self.board.board.days[at]))
        self.customContextMenuRequested.connect(self._menu)
        self.doubleClicked.connect(lambda _: self._open())
        self.selectionModel().currentChanged.connect(lambda now, _: self._choose(now))
        model.modelReset.connect(self._reconnect)

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self.delegate.theme = self.units.theme = theme
        self.viewport().update()
        self.units.viewport().update()

    def choose(self, uid: str | None) -> None:
        """Choose a shift where it is on this week."""
        place = self.board.place(uid) if uid else None
        if place is not None and place.isValid() and place != self.currentIndex():
            self.setCurrentIndex(place)

    def current(self) -> ShiftCell | None:
        """Return the shift that is chosen."""
        return self.board.cell(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens a shift's choices, Delete takes its officer off."""
        cell = self.current()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self._open()
            return
        if cell is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.cleared.emit(cell.shift.uid)
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the shift that the keys act on as chosen, also before the first arrow.

        Where only the workspace was turned to, none is chosen.
        """
        given = event.reason() is Qt.FocusReason.OtherFocusReason
        if given and not self.currentIndex().isValid():
            QWidget.focusInEvent(self, event)
            return
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.MouseFocusReason:
            self.setCurrentIndex(self.currentIndex())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines between units over the cells."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        for at, row in enumerate(self.board.board.rows):
            if row.turn == 0:
                y = self.rowViewportPosition(at)
                painter.drawLine(0, y, self.viewport().width(), y)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each row more room where there is some."""
        super().resizeEvent(event)
        self._fit_rows()

    def _fit_rows(self) -> None:
        self.units.setFixedWidth(_PEOPLE_PX if self.board.board.is_of_people else _UNIT_PX)
        room_px = self.viewport().height() // max(1, len(self.board.board.rows))
        self.units.setDefaultSectionSize(max(_ROW_PX, min(_MOST_ROW_PX, room_px)))

    def _reconnect(self) -> None:
        self._fit_rows()
        self._choose(self.currentIndex())

    def _choose(self, index: ModelIndex) -> None:
        cell = self.board.cell(index)
        self.chosen.emit(cell.shift.uid if cell is not None else None)

    def _open(self) -> None:
        cell, index = self.current(), self.currentIndex()
        at = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        if cell is not None:
            self.opened.emit(cell.shift.uid, at)
        elif index.isValid() and (officer := self.board.board.rows[index.row()].officer):
            self.free_opened.emit(officer, self.board.board.days[index.column()], at)

    def _menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        cell = self.board.cell(index)
        if cell is not None:
            self.setCurrentIndex(index)
            self.opened.emit(cell.shift.uid, self.viewport().mapToGlobal(at))
