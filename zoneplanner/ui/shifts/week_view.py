"""The view of the week board: shifts are chips that can be dragged, selected and opened."""

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
from zoneplanner.ui.widgets.layout.basic_widgets import ENTER_KEYS
from zoneplanner.ui.widgets.style.theme import (
    Icons,
    make_micro_font,
    make_strong_font,
    mix_colors,
)

_ROW_PX, _MAX_ROW_PX, _MIN_DAY_PX, _UNIT_PX = 37, 96, 104, 64
_OFFICER_PX = 232
_PAD_PX, _RADIUS_PX, _BAR_PX, _ICON_PX = 2, 5, 5, 14
_MAX_LINE_PX = 20
_HEADER_PX = 46
_HATCH = Qt.BrushStyle.BDiagPattern
_LINES = {"solid": Qt.PenStyle.SolidLine, "dash": Qt.PenStyle.DashLine, "dot": Qt.PenStyle.DotLine}
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _find_mark(shift: Shift) -> StateMark:
    """Return the mark of an open, posted or draft shift."""
    if shift.is_open:
        return STATE_MARKS["open"]
    return STATE_MARKS["posted" if shift.status is ShiftStatus.FINAL else "draft"]


def _draw_elided(painter: QPainter, box: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, _LEFT, shown)


def _split_lines(box: QRect, first_line_px: int) -> tuple[QRect, QRect]:
    """Return boxes for two lines that stay together in the middle of a tall box."""
    height, middle = min(box.height() // 2, _MAX_LINE_PX), box.center().y()
    first = QRect(box.left(), middle - height, first_line_px, height)
    return first, QRect(box.left(), middle, box.width(), height)


class _ShiftDelegate(QStyledItemDelegate):
    """Paints a shift with officer and times.

    The outline and icons show its state: open shifts have a dashed outline and the word Open,
    drafts a thin outline, posted ones a filled background; broken rules and locks have icons.
    Nothing is shown by color only.
    """

    def __init__(self, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Paint one cell."""
        theme, cell = self._icons.theme, index.data(SHIFT_CELL_ROLE)
        model = index.model()
        assert isinstance(model, WeekBoardModel)
        painter.save()
        try:
            if model.board.days[index.column()] == model.today:
                painter.fillRect(option.rect, mix_colors(theme.accent, theme.base, 0.06))
            off = model.board.off.get((index.row(), index.column()))
            if off is not None:
                self._paint_off(painter, option, off if cell is None else "")
            if cell is not None:
                self._paint_shift(painter, option, cell, str(index.data(ELIGIBILITY_ROLE)))
        finally:
            painter.restore()

    def _paint_off(self, painter: QPainter, option: QStyleOptionViewItem, reason: str) -> None:
        """Hatch the cell of an officer who is off, and write the reason on it."""
        painter.fillRect(option.rect, QBrush(self._icons.theme.color("border"), _HATCH))
        if reason:
            box = option.rect.adjusted(10, 0, -6, 0)
            painter.setFont(make_micro_font())
            painter.setPen(self._icons.theme.color("muted"))
            metrics = painter.fontMetrics()
            text = metrics.elidedText(reason, Qt.TextElideMode.ElideRight, box.width())
            background = metrics.boundingRect(text)
            background.moveCenter(box.center())
            background.moveLeft(box.left())
            painter.fillRect(background.adjusted(-3, 0, 6, 0), self._icons.theme.color("base"))
            painter.drawText(box, _LEFT, text)

    def _paint_shift(
        self, painter: QPainter, option: QStyleOptionViewItem, cell: ShiftCell, eligibility: str
    ) -> None:
        theme, shift = self._icons.theme, cell.shift
        box = option.rect.adjusted(_PAD_PX, _PAD_PX, -_PAD_PX - 1, -_PAD_PX - 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_posted = shift.status is ShiftStatus.FINAL
        fill = theme.late_soft if shift.is_open else theme.raised if is_posted else theme.base
        outline = QPen(theme.color("late" if shift.is_open else "control_border"), 1)
        outline.setStyle(_LINES[_find_mark(shift).line])
        if eligibility == FITS:
            outline = QPen(theme.color("good"), 2)
        elif eligibility == WITH_REASON:
            outline = QPen(theme.color("warning"), 2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            outline, fill = QPen(theme.color("accent"), 2), theme.accent_soft
        painter.setBrush(QColor(fill))
        painter.setPen(outline)
        painter.drawRoundedRect(box, _RADIUS_PX, _RADIUS_PX)
        if eligibility == NOT and not selected:
            painter.setOpacity(0.45)
        inside = box.adjusted(8, 1, -6, -1)
        icons_px = self._paint_icons(painter, inside, cell)
        top, below = _split_lines(inside, inside.width() - icons_px)
        painter.setFont(make_strong_font())
        painter.setPen(theme.color("late" if shift.is_open else "text"))
        _draw_elided(painter, top, cell.name)
        painter.setFont(make_micro_font())
        painter.setPen(theme.color("muted"))
        _draw_elided(painter, below, cell.times)

    def _paint_icons(self, painter: QPainter, inside: QRect, cell: ShiftCell) -> int:
        """Paint the icons of a shift from the right, and return their width."""
        shift, mark = cell.shift, _find_mark(cell.shift)
        icons = (
            (bool(cell.broken), "warning", "warning"),
            (bool(shift.overrides), "note", "muted"),
            (shift.locked, "lock", "muted"),
            (mark.line != "dash", mark.icon, mark.role),
        )
        width_px = 0
        for is_shown, name, role in icons:
            if is_shown:
                left = inside.right() - width_px - _ICON_PX
                box = QRect(left, inside.top(), _ICON_PX, _ICON_PX)
                self._icons(name, role).paint(painter, box)
                width_px += _ICON_PX + 2
        return width_px

    def sizeHint(self, option: QStyleOptionViewItem, index: ModelIndex) -> QSize:
        """Return the minimum size of a cell."""
        return QSize(_MIN_DAY_PX, _ROW_PX)


class _RowHeader(QHeaderView):
    """The units with their zones' colors, or the officers with their hours."""

    def __init__(self, icons: Icons, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._icons = icons
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultSectionSize(_ROW_PX)
        self.setFixedWidth(_UNIT_PX)
        self.setHighlightSections(False)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint a name with a line above it, the color of its zone, and a second line."""
        model = self.model()
        assert isinstance(model, WeekBoardModel)
        row = model.board.rows[logicalIndex]
        painter.save()
        try:
            painter.fillRect(rect, QColor(self._icons.theme.window))
            if row.turn == 0:
                painter.setPen(self._icons.theme.color("border"))
                painter.drawLine(rect.topLeft(), rect.topRight())
            if row.color is not None:
                bar = rect.adjusted(0, 1, _BAR_PX - rect.width(), 0)
                painter.fillRect(bar, QColor(zone_color(row.color)))
                painter.setPen(self._icons.theme.color("muted"))  # light colors need an edge
                painter.drawLine(bar.topRight(), bar.bottomRight())
            painter.setFont(make_strong_font())
            painter.setPen(self._icons.theme.color("text"))
            box = rect.adjusted(_BAR_PX + 7, 1, -4, -1)
            if not row.about:
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, row.title)
                return
            top, below = _split_lines(box, box.width())
            _draw_elided(painter, top, row.title)
            painter.setFont(make_micro_font())
            painter.setPen(self._icons.theme.color("muted"))
            _draw_elided(painter, below, row.about)
        finally:
            painter.restore()


def measure_week_height(rows: int) -> int:
    """Return the height that shows the header and a number of rows without scrolling."""
    return _HEADER_PX + rows * _ROW_PX + 2


class WeekBoardView(QTableView):
    """The table of the week board."""

    free_day_opened = Signal(str, object, QPoint)
    """An officer, a day without a shift of theirs, and where to open its menu."""
    shift_selected = Signal(object)
    """The uid of a shift, or None."""
    day_chosen = Signal(object)
    shift_opened = Signal(object, QPoint)
    """The uid of a shift, and where to open its menu."""
    officer_removed = Signal(str)
    """The uid of a shift that is to be open."""

    def __init__(self, model: WeekBoardModel, icons: Icons) -> None:
        super().__init__()
        self.setModel(model)
        self.week_model = model
        self.delegate = _ShiftDelegate(icons, self)
        self.setItemDelegate(self.delegate)
        self.row_header = _RowHeader(icons, self)
        self.setVerticalHeader(self.row_header)
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
        header.setMinimumSectionSize(_MIN_DAY_PX)
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(
            lambda section: self.day_chosen.emit(self.week_model.board.days[section])
        )
        self.customContextMenuRequested.connect(self._open_menu)
        self.doubleClicked.connect(lambda _: self._open())
        self.selectionModel().currentChanged.connect(lambda now, _: self._report_selection(now))
        model.modelReset.connect(self._follow_reset)

    def select_shift(self, uid: str | None) -> None:
        """Select a shift if it is in this week."""
        index = self.week_model.find_index(uid) if uid else None
        if index is not None and index.isValid() and index != self.currentIndex():
            self.setCurrentIndex(index)

    def current(self) -> ShiftCell | None:
        """Return the cell of the selected shift, or None."""
        return self.week_model.cell(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the menu of a shift on Enter, and remove its officer on Delete."""
        cell = self.current()
        if event.key() in (*ENTER_KEYS, Qt.Key.Key_F2):
            self._open()
            return
        if cell is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.officer_removed.emit(cell.shift.uid)
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the cell that the keys apply to, unless only the workspace was opened."""
        is_by_program = event.reason() is Qt.FocusReason.OtherFocusReason
        if is_by_program and not self.currentIndex().isValid():
            QWidget.focusInEvent(self, event)
            return
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.MouseFocusReason:
            self.setCurrentIndex(self.currentIndex())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines between units over the cells."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        for index, row in enumerate(self.week_model.board.rows):
            if row.turn == 0:
                y = self.rowViewportPosition(index)
                painter.drawLine(0, y, self.viewport().width(), y)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the height among the rows."""
        super().resizeEvent(event)
        self._fit_rows()

    def _fit_rows(self) -> None:
        board = self.week_model.board
        self.row_header.setFixedWidth(_OFFICER_PX if board.is_by_officer else _UNIT_PX)
        height_px = self.viewport().height() // max(1, len(board.rows))
        self.row_header.setDefaultSectionSize(max(_ROW_PX, min(_MAX_ROW_PX, height_px)))

    def _follow_reset(self) -> None:
        self._fit_rows()
        self._report_selection(self.currentIndex())

    def _report_selection(self, index: ModelIndex) -> None:
        cell = self.week_model.cell(index)
        self.shift_selected.emit(cell.shift.uid if cell is not None else None)

    def _open(self) -> None:
        cell, index, board = self.current(), self.currentIndex(), self.week_model.board
        corner = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        if cell is not None:
            self.shift_opened.emit(cell.shift.uid, corner)
        elif index.isValid() and (officer := board.rows[index.row()].officer):
            self.free_day_opened.emit(officer, board.days[index.column()], corner)

    def _open_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        cell = self.week_model.cell(index)
        if cell is not None:
            self.setCurrentIndex(index)
            self.shift_opened.emit(cell.shift.uid, self.viewport().mapToGlobal(position))
