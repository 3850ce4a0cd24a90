"""Table views: columns that fit the available width, and cells drawn by a delegate."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractProxyModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QMetaMethod,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QIcon,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionHeader,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QWidget,
)

from zoneplanner.ui.widgets.style.theme import fade_color, paint_swatch
from zoneplanner.ui.widgets.tables.table_model import (
    KEY_ROLE,
    MARK_ROLE,
    TABLE_CELL_ROLE,
    UNCUT_COLUMN_ROLE,
    ZONE_ROLE,
    Column,
    SortFilterModel,
    TableCell,
    TableModel,
)

_MIN_KEY_PX, _MIN_SOFT_PX, _MIN_SHARE = 160, 110, 0.66
_MAX_FILL_SHARE = 0.8


def choose_fitting_columns(
    min_px: Sequence[int], width_px: int, asked: Sequence[bool | None] = ()
) -> list[int]:
    """Return the indexes of the columns that fit the width, in order, always with the first.

    ``asked`` is a person's choice for each column: columns with True come before others, columns
    with False are left out, and columns with None are shown if they fit.
    """
    choices = [*asked, *([None] * (len(min_px) - len(asked)))]
    order = sorted(range(len(min_px)), key=lambda n: (n != 0, choices[n] is not True, n))
    shown, used_px = [], 0
    for n in order:
        if n and (choices[n] is False or used_px + min_px[n] > width_px):
            if choices[n] is None:
                break
            continue
        shown.append(n)
        used_px += min_px[n]
    return sorted(shown)


def fit_column_widths(
    widths: Sequence[int],
    soft: Sequence[bool],
    width_px: int,
    minimums: Sequence[int] | None = None,
) -> list[int]:
    """Return widths with which the available width ends at the edge of a column.

    ``soft`` columns, which contain text, are narrowed so that as many columns as possible are
    completely visible. The first of them, which names the row, is narrowed least. If all columns
    fit, the soft ones share the remaining width.
    """
    if sum(widths) <= width_px:
        return _fill_width(widths, soft, width_px)
    minimums = find_min_widths(widths, soft) if minimums is None else minimums
    visible = sum(total <= width_px for total in accumulate(minimums))
    excess_px = sum(widths[:visible]) - width_px
    reducible_px = sum(widths[:visible]) - sum(minimums[:visible])
    if excess_px <= 0 or reducible_px <= 0:
        return list(widths)
    share = excess_px / reducible_px
    return [
        round(width - (width - minimum) * share) if n < visible else width
        for n, (width, minimum) in enumerate(zip(widths, minimums, strict=True))
    ]


def find_min_widths(
    widths: Sequence[int], soft: Sequence[bool], width_px: int | None = None
) -> list[int]:
    """Return the widths to which columns may be narrowed.

    The first text column names the row. It is narrowed further if it would not fit in the available
    width, since no row may be without a name, or if that makes room for one more column. The first
    two text columns, such as what to do and where, are narrowed further if the second would not
    fit.
    """
    texts = [n for n, is_soft in enumerate(soft) if is_soft]
    minimums = list(widths)
    for n in texts:
        floor_px = _MIN_KEY_PX if n in texts[:2] else _MIN_SOFT_PX
        minimums[n] = min(widths[n], max(floor_px, round(widths[n] * _MIN_SHARE)))
    if width_px is None or not texts:
        return minimums
    key = texts[0]
    if len(texts) > 1 and sum(minimums[: texts[1] + 1]) > width_px:
        narrowed = [*minimums]
        for n, floor_px in ((key, _MIN_KEY_PX), (texts[1], _MIN_SOFT_PX)):
            narrowed[n] = min(minimums[n], floor_px)
            if sum(narrowed[: texts[1] + 1]) <= width_px:
                return narrowed
    if sum(minimums[: key + 1]) > width_px:
        remaining_px = width_px - sum(minimums[:key])
        minimums[key] = min(minimums[key], max(_MIN_SOFT_PX, min(_MIN_KEY_PX, remaining_px)))
    narrowed = [*minimums]
    narrowed[key] = min(minimums[key], _MIN_KEY_PX)
    fits, narrowed_fits = (
        len(choose_fitting_columns(each, width_px)) for each in (minimums, narrowed)
    )
    return narrowed if narrowed_fits > fits else minimums


def _fill_width(widths: Sequence[int], soft: Sequence[bool], width_px: int) -> list[int]:
    """Widen text columns in proportion to fill the width, but not so far that rows fall apart."""
    text_px = sum(width for width, is_soft in zip(widths, soft, strict=True) if is_soft)
    if not text_px:
        return list(widths)
    extra_px = min(width_px - sum(widths), round(text_px * _MAX_FILL_SHARE))
    filled = [
        width + extra_px * width // text_px if is_soft else width
        for width, is_soft in zip(widths, soft, strict=True)
    ]
    filled[list(soft).index(True)] += sum(widths) + extra_px - sum(filled)
    return filled


_ROW_PX, _MORE_BUTTON_PX = 28, 48
_SWATCH_PX = 12
_INSET_PX, _SIGN_GAP_PX = 8, 8
_HIGHLIGHT_SHARE, _HIGHLIGHT_EDGE_PX = 0.07, 3
_MAX_COLUMN_PX = 320
_CELL_PADDING_PX, _SORT_MARK_PX, _SIGN_PX = 20, 14, 32
_MAX_MEASURED_ROWS = 80
_ARROW_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down)
_JUMP_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_SELECTED, _FOCUSED = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_HasFocus.value
_OFFER_GAP_PX = 8
_EMPTY_TEXT_MARGINS_PX = (24, 16, -24, -16)
_EMPTY_TEXT_FLAGS = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(
    Qt.TextFlag.TextWordWrap
)
_NO_MATCHES = "No row contains these words. Clear the filter to see all."
_Index = QModelIndex | QPersistentModelIndex


class CellDelegate(QStyledItemDelegate):
    """Draws a cell: a zone's swatch or a mark if there is one, and text.

    It does not use the style sheet, which would be slower, since tables follow every frame of a
    drag.
    """

    def __init__(self, icon: Callable[[str], QIcon], parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = icon
        self.inset_px = _INSET_PX

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a cell; the view has drawn the row's background."""
        cell = index.data(TABLE_CELL_ROLE)
        if cell is None:
            return
        state, palette, rect = option.state.value, option.palette, option.rect
        role = QPalette.ColorRole.Text
        if state & _SELECTED:
            role = QPalette.ColorRole.HighlightedText
            painter.fillRect(rect, palette.highlight())
        elif isinstance(option.widget, TableView) and index.row() == option.widget.lit_row:
            self._draw_highlight(painter, rect, palette, edge=index.column() == 0)
        area = rect.adjusted(self.inset_px, 0, -self.inset_px, 0)
        if cell.zone is not None or cell.mark:
            self._draw_sign(painter, area, cell, palette)
            area.setLeft(area.left() + _SWATCH_PX + _SIGN_GAP_PX)
        if cell.text:
            painter.setPen(palette.color(QPalette.ColorGroup.Active, role))
            right = Qt.TextElideMode.ElideRight
            text = option.fontMetrics.elidedText(cell.text, right, area.width())
            painter.drawText(area, cell.side, text)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if state & _FOCUSED:
            painter.setPen(palette.color(QPalette.ColorRole.Accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _draw_highlight(
        self, painter: QPainter, rect: QRect, palette: QPalette, *, edge: bool
    ) -> None:
        """Draw the background of the row below the pointer, here or on the map."""
        accent = palette.color(QPalette.ColorRole.Accent)
        painter.fillRect(rect, fade_color(accent, _HIGHLIGHT_SHARE))
        if edge:
            painter.fillRect(rect.left(), rect.top(), _HIGHLIGHT_EDGE_PX, rect.height(), accent)

    def _draw_sign(
        self, painter: QPainter, area: QRect, cell: TableCell, palette: QPalette
    ) -> None:
        """Draw the swatch or mark at the left of a cell."""
        box = QRect(0, 0, _SWATCH_PX, _SWATCH_PX)
        box.moveCenter(area.center())
        box.moveLeft(area.left())
        if cell.zone is None:
            self._icon(cell.mark or "").paint(painter, box.adjusted(-2, -2, 2, 2))
            return
        paint_swatch(painter, QRectF(box), cell.zone, palette)


class _TableHeader(QHeaderView):
    """Column titles; a right-aligned title leaves room for the sort arrow."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.is_pressed = False
        self.inset_px = _INSET_PX

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note that a person may resize a column from now on."""
        self.is_pressed = True
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Note that no person resizes a column anymore."""
        super().mouseReleaseEvent(event)
        self.is_pressed = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line below the titles, also beyond the last column."""
        super().paintEvent(event)
        port = self.viewport()
        with QPainter(port) as painter:
            color = self.palette().color(QPalette.ColorRole.Mid)
            painter.fillRect(0, port.height() - 1, port.width(), 1, color)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, logicalIndex: int) -> None:
        """Elide a title, and leave room for the sort arrow."""
        super().initStyleOptionForIndex(option, logicalIndex)
        is_sorted = option.sortIndicator != QStyleOptionHeader.SortIndicator.None_
        width_px = self.sectionSize(logicalIndex) - 2 * self.inset_px
        width_px -= _SORT_MARK_PX if is_sorted else 0
        right_aligned = bool(option.textAlignment & Qt.AlignmentFlag.AlignRight)
        space = "\u2003" if is_sorted and right_aligned else ""
        metrics, right = self.fontMetrics(), Qt.TextElideMode.ElideRight
        lines = (metrics.elidedText(line, right, width_px) for line in option.text.split("\n"))
        option.text = "\n".join(f"{line}{space}" for line in lines)


class TableView(QTableView):
    """A read-only table, whose signals carry the keys of rows.

    ``chosen`` is emitted when a person selects a row, ``opened`` for Enter or a double click, and
    ``pointed`` for the row below the pointer (None for none). ``menu_requested`` also carries the
    menu's position on the screen. Screen readers read ``about`` after the table's name.
    """

    chosen = Signal(object)
    opened = Signal(object)
    pointed = Signal(object)
    menu_requested = Signal(object, QPoint)

    def __init__(
        self, name: str, icon: Callable[[str], QIcon], *, empty: str = "", about: str = ""
    ) -> None:
        super().__init__()
        self._empty = empty
        self._is_selecting = False
        self._wanted_px: list[int] = []
        self._on_offer: Callable[[], object] = lambda: None
        self._on_delete: Callable[[], object] = lambda: None
        self._is_fitting = self._is_sized_by_hand = False
        self.titled = True
        """Whether the columns have titles."""
        self.setAccessibleName(name)
        self.setAccessibleDescription(about)
        self._highlighted = QPersistentModelIndex()
        self._cells = CellDelegate(icon, self)
        self.setItemDelegate(self._cells)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        head = self._head = _TableHeader(self)
        self.setHorizontalHeader(head)
        head.setSectionsClickable(True)
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        head.sectionResized.connect(self._on_column_resized)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.activated.connect(self._open)
        self._asked: dict[str, bool] = {}
        self._hidden_columns: set[int] = set()
        self._stretches = True
        self.more = QToolButton(self)
        self.more.setAutoRaise(True)
        self.more.setAccessibleName("Columns")
        self.more.clicked.connect(
            lambda _=False: self._offer_columns(self.more.rect().bottomLeft())
        )
        self.more.hide()
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.customContextMenuRequested.connect(self._offer_columns)
        self.offer = QPushButton(self.viewport())
        self.offer.setAutoDefault(False)
        self.offer.clicked.connect(lambda _=False: self._on_offer())
        self.offer.hide()

    @property
    def empty_text(self) -> str:
        """The text that is shown without rows."""
        return self._empty

    def set_empty_text(
        self, text: str, offer: str = "", do: Callable[[], object] = lambda: None
    ) -> None:
        """Set the text for a table without rows, and the button below it, if any."""
        self._empty = text
        self._on_offer = do
        self.offer.setText(offer[:1] + offer[1:].lower())  # actions capitalize every word
        self.offer.adjustSize()
        self._update_empty()

    def show_columns(self, columns: Sequence[Column], key: Callable[[Any], Hashable]) -> None:
        """Show an empty table with these columns, in place of any previous one.

        ``key`` identifies a row. The rows are in ``table``; ``sorted`` sorts and filters them.
        """
        for model in self.findChildren(
            QAbstractItemModel, options=Qt.FindChildOption.FindDirectChildrenOnly
        ):
            model.deleteLater()
        self.table = TableModel(columns, key, self)
        self.sorted = SortFilterModel(self.table, self)
        self.setModel(self.sorted)

    def show_rows(self, rows: Iterable[Any]) -> None:
        """Show these rows, and fit the columns to them."""
        self.table.show(rows)
        self.fit_columns()

    def current_row(self) -> Any | None:
        """Return the selected row, or None."""
        index = self.currentIndex()
        return self.sorted.row_of(index) if index.isValid() else None

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model, and the empty text while it has no rows."""
        super().setModel(model)
        if model is not None:
            for changed in (model.modelReset, model.rowsInserted, model.rowsRemoved):
                changed.connect(self._update_empty)
            # lays the rows out at once; otherwise they are drawn before and after Qt does so
            model.modelReset.connect(self.executeDelayedItemsLayout)
        self._update_empty()

    def event(self, event: QEvent) -> bool:
        """Keep the background opaque despite the style sheet, so that Qt can scroll by copying."""
        done = super().event(event)
        if event.type() in (QEvent.Type.Polish, QEvent.Type.StyleChange):
            self.viewport().setAutoFillBackground(True)
        return done

    def _update_empty(self, *_: object) -> None:
        """Hide the header of a table without rows, and show the button below the empty text."""
        empty = self._has_no_rows() and bool(self._empty)
        self._head.setVisible(self.titled and not empty)
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setHorizontalScrollBarPolicy(off if empty else needed)
        self.offer.setVisible(empty and bool(self.offer.text()))
        if self.offer.isVisible():
            area = self._measure_empty_text()
            self.offer.move(
                (self.viewport().width() - self.offer.width()) // 2, area.bottom() + _OFFER_GAP_PX
            )
        self.viewport().update()

    def _has_no_rows(self) -> bool:
        """Return whether there are no rows at all, regardless of filters."""
        model = self.model()
        if isinstance(model, QAbstractProxyModel):
            model = model.sourceModel()
        return model is None or not model.rowCount()

    def _measure_empty_text(self) -> QRect:
        """Return the area of the empty text."""
        area = self.viewport().rect().adjusted(*_EMPTY_TEXT_MARGINS_PX)
        text = self._empty if self._has_no_rows() else _NO_MATCHES
        return self.fontMetrics().boundingRect(area, _EMPTY_TEXT_FLAGS, text)

    def fit_columns(self, *, only_wider: bool = False) -> None:
        """Fit columns to their contents, up to a limit; of many rows, only some are measured."""
        model, metrics = self.model(), self.fontMetrics()
        if isinstance(model, QAbstractProxyModel):  # so that a filter narrows no column
            model = model.sourceModel()
        rows = range(0, model.rowCount(), 1 + model.rowCount() // _MAX_MEASURED_ROWS)
        last, role = model.columnCount() - 1, Qt.ItemDataRole.TextAlignmentRole
        side = model.headerData(last, Qt.Orientation.Horizontal, role)
        figures = side is not None and bool(Qt.AlignmentFlag(side) & Qt.AlignmentFlag.AlignRight)
        self._stretches = not figures
        widths = []
        for column in range(model.columnCount()):
            title = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
            contents_px = [
                metrics.horizontalAdvance(line) + _SORT_MARK_PX for line in title.split("\n")
            ]
            for row in rows:
                index = model.index(row, column)
                text_px = metrics.horizontalAdvance(str(index.data() or ""))
                contents_px.append(text_px + (_SIGN_PX if _has_sign(index) else 0))
            widths.append(min(max(contents_px) + _CELL_PADDING_PX, _MAX_COLUMN_PX))
        if only_wider and len(widths) == len(self._wanted_px):
            widths = [max(pair) for pair in zip(widths, self._wanted_px, strict=True)]
        self._wanted_px = widths
        self._fit_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the columns to the new width."""
        super().resizeEvent(event)
        self._update_empty()
        if event.size().width() != event.oldSize().width():
            self._fit_width()

    def _fit_width(self) -> None:
        """Distribute the width among the columns unless a person resized one."""
        model = self.model()
        if model is None or self._is_sized_by_hand or len(self._wanted_px) != model.columnCount():
            return
        header, across = model.headerData, Qt.Orientation.Horizontal
        columns = [n for n in range(model.columnCount()) if n not in self._hidden_columns]
        floor_px = self._head.minimumSectionSize()
        wanted = [max(self._wanted_px[n], floor_px) for n in columns]
        soft = [not header(n, across, UNCUT_COLUMN_ROLE) for n in columns]
        asked = [self._asked.get(str(header(n, across))) for n in columns]
        width_px = self.viewport().width()
        minimums = find_min_widths(wanted, soft, width_px)
        fitting = choose_fitting_columns(minimums, width_px, asked)
        if len(fitting) < len(columns):
            width_px -= _MORE_BUTTON_PX
            minimums = find_min_widths(wanted, soft, width_px)
            fitting = choose_fitting_columns(minimums, width_px, asked)
        widths = fit_column_widths(
            [wanted[n] for n in fitting],
            [soft[n] for n in fitting],
            width_px,
            [minimums[n] for n in fitting],
        )
        self._head.setStretchLastSection(self._stretches and len(fitting) == len(columns))
        self._is_fitting = True
        for n, column in enumerate(columns):
            super().setColumnHidden(column, n not in fitting)
        for n, width in zip(fitting, widths, strict=True):
            self.setColumnWidth(columns[n], width)
        self._is_fitting = False
        self._show_more(len(columns) - len(fitting))

    def setColumnHidden(self, column: int, hide: bool) -> None:
        """Hide a column that is not needed, regardless of the available width."""
        (self._hidden_columns.add if hide else self._hidden_columns.discard)(column)
        super().setColumnHidden(column, hide)
        self._fit_width()

    def _show_more(self, hidden: int) -> None:
        """Show at the end of the header how many columns do not fit."""
        self.more.setVisible(hidden > 0 and not self._head.isHidden())
        self.more.setText(f"+{hidden} ▾")
        self.more.setToolTip(f"Columns: no room for {hidden} more. Choose which ones to show.")
        head = self._head.geometry()
        self.more.setGeometry(
            head.right() - _MORE_BUTTON_PX + 1, head.top(), _MORE_BUTTON_PX, head.height() - 1
        )
        self.more.raise_()

    def _offer_columns(self, position: QPoint) -> None:
        """Show a menu of the columns; checked columns have priority over others."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for column in range(1, self.model().columnCount()):
            title = str(self.model().headerData(column, Qt.Orientation.Horizontal))
            if column in self._hidden_columns:
                continue
            action = menu.addAction(title.replace("\n", " "))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.toggled.connect(partial(self.ask_column, title))
        origin = self.more if self.more.isVisible() else self
        menu.popup(origin.mapToGlobal(position))

    def ask_column(self, title: str, shown: bool) -> None:
        """Show a column with priority over others, or leave it out."""
        self._asked[title] = shown
        self._fit_width()

    def _on_column_resized(self) -> None:
        """Note that a person resized a column, so that the widths stay."""
        self._is_sized_by_hand = self._is_sized_by_hand or (
            not self._is_fitting and self._head.is_pressed
        )

    def measure_free_px(self, index: _Index) -> int:
        """Return the width of the empty space after a cell's contents."""
        sign_px = _SWATCH_PX + _SIGN_GAP_PX if _has_sign(index) else 0
        text_px = self.fontMetrics().horizontalAdvance(str(index.data() or ""))
        return self.visualRect(index).width() - _INSET_PX - sign_px - text_px

    def select_key(self, key: Hashable | None) -> None:
        """Select a row without emitting a signal; None or a missing key clears the selection."""
        is_selected = self.selectionModel().isSelected(self.currentIndex())
        if is_selected and key == self.currentIndex().data(KEY_ROLE):
            return
        self._is_selecting = True
        try:
            index = self._find_index(key)
            if index is None:
                self.clearSelection()
                self.selectionModel().setCurrentIndex(
                    QModelIndex(), QItemSelectionModel.SelectionFlag.Clear
                )
            else:
                self.setCurrentIndex(index)
                self.scrollTo(index)
        finally:
            self._is_selecting = False

    def rowsAboutToBeRemoved(self, parent: _Index, start: int, end: int) -> None:
        """Clear the selection if its row is removed; Qt would select a neighbor."""
        if start <= self.currentIndex().row() <= end:
            self.select_key(None)
        super().rowsAboutToBeRemoved(parent, start, end)

    @property
    def lit_row(self) -> int:
        """The highlighted row, or -1 for none."""
        return self._highlighted.row()

    def highlight_key(self, key: Hashable | None) -> None:
        """Highlight a row while the pointer is on it or its object on the map."""
        index = self._find_index(key) or QModelIndex()
        rows = {self._highlighted.row(), index.row()}
        self._highlighted = QPersistentModelIndex(index)
        if len(rows) > 1:
            self._update_rows(rows)

    def _update_rows(self, rows: Iterable[int]) -> None:
        """Paint rows again, also beyond their last column."""
        for row in rows:
            top, height = self.rowViewportPosition(row), self.rowHeight(row)
            self.viewport().update(0, top, self.viewport().width(), height)

    def viewportEvent(self, event: QEvent) -> bool:
        """Emit the row below the pointer."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            index = self.indexAt(event.position().toPoint())
            self.pointed.emit(index.data(KEY_ROLE) if index.isValid() else None)
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Request the menu of the row below the pointer or, for the menu key, the current row."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        has_menu = self.isSignalConnected(QMetaMethod.fromSignal(self.menu_requested))
        event.setAccepted(has_menu and index.isValid())
        if event.isAccepted():
            row = self.visualRect(index).center()
            position = self.viewport().mapToGlobal(row) if by_key else event.globalPos()
            self.pointed.emit(None)
            self.menu_requested.emit(index.data(KEY_ROLE), position)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Accept the focus without selecting a row, since hiding a widget can also move it here."""
        self._is_selecting = True
        try:
            super().focusInEvent(event)
        finally:
            self._is_selecting = False

    def take_delete(self, do: Callable[[], object]) -> None:
        """Call ``do`` for the Delete key, before a shortcut of the window gets it."""
        self._on_delete = do
        self.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle the Delete key."""
        if (
            watched is not self
            or not isinstance(event, QKeyEvent)
            or event.key() != Qt.Key.Key_Delete
            or event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        ):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._on_delete()
        event.accept()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select the current row with the first arrow key, and move on with the next ones.

        Home, End and the page keys select their row even if it is the current one already.
        """
        if event.key() in _ARROW_KEYS and self._select_row(self.currentIndex()):
            return
        super().keyPressEvent(event)
        if event.key() in _JUMP_KEYS:
            self._select_row(self.currentIndex())

    def _open(self, index: _Index) -> None:
        self._select_row(index)
        self.opened.emit(index.data(KEY_ROLE))

    def _select_row(self, index: _Index) -> bool:
        """Select a row if none is selected, and return whether that happened."""
        if not index.isValid() or self.selectionModel().hasSelection():
            return False
        self.selectRow(index.row())
        self.chosen.emit(index.data(KEY_ROLE))
        return True

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Paint the rows again, because Qt would leave out what is beyond their last column."""
        super().selectionChanged(selected, deselected)
        self._update_rows({index.row() for index in selected.indexes() + deselected.indexes()})

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Emit the row that a person selected."""
        super().currentChanged(current, previous)
        if not self._is_selecting and current.isValid():
            self.chosen.emit(current.data(KEY_ROLE))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or the empty text."""
        super().paintEvent(event)
        model = self.model()
        if model is not None and model.rowCount():
            self._draw_row_ends(event.rect())
        if model is None or model.rowCount() or not self._empty:
            return
        text = self._empty if self._has_no_rows() else _NO_MATCHES
        with QPainter(self.viewport()) as painter:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            area = self.viewport().rect().adjusted(*_EMPTY_TEXT_MARGINS_PX)
            painter.drawText(area, _EMPTY_TEXT_FLAGS, text)

    def _draw_row_ends(self, exposed: QRect) -> None:
        """Draw each row's background and line beyond the last column."""
        left = self._head.length() - self._head.offset()
        width, palette = self.viewport().width() - left, self.palette()
        if width <= 0 or exposed.right() < left:
            return
        selected = {index.row() for index in self.selectionModel().selectedIndexes()}
        with QPainter(self.viewport()) as painter:
            painter.setPen(palette.color(QPalette.ColorRole.Mid))
            first, last = self.rowAt(exposed.top()), self.rowAt(exposed.bottom())
            count = self.model().rowCount()
            for row in range(max(0, first), (last if last >= 0 else count - 1) + 1):
                rect = QRect(left, self.rowViewportPosition(row), width, self.rowHeight(row))
                if row in selected:
                    painter.fillRect(rect, palette.highlight())
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())

    def _find_index(self, key: Hashable | None) -> QModelIndex | None:
        model = self.model()
        if key is None or model is None:
            return None
        if isinstance(model, TableModel):  # it knows where its rows are
            row = model.place(key)
            return None if row is None else model.index(row, 0)
        indexes = (model.index(row, 0) for row in range(model.rowCount()))
        return next((index for index in indexes if index.data(KEY_ROLE) == key), None)


class FittedTableView(TableView):
    """A table that is as high as its rows, between ``least_rows`` and ``most_rows``.

    If ``spreads``, the columns share the width that their texts leave.
    """

    def __init__(
        self,
        name: str,
        icon: Callable[[str], QIcon],
        *,
        most_rows: int = 1000,
        padding_px: int = 18,
        spreads: bool = False,
    ) -> None:
        super().__init__(name, icon)
        self.least_rows = 0
        self._most_rows, self._padding_px, self._height_px = most_rows, padding_px, 0
        self._spreads = spreads
        self._cells.inset_px = self._head.inset_px = min(_INSET_PX, padding_px // 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def make_room(self, *, first: int = 0, only_wider: bool = False) -> None:
        """Fit the columns from ``first`` on to their texts, and ask for the height of the rows."""
        model, metrics = self.model(), self.fontMetrics()
        widths_px = dict[int, int]()
        for column in range(first, model.columnCount()):
            title = model.headerData(column, Qt.Orientation.Horizontal)
            cells = (model.index(row, column).data() for row in range(model.rowCount()))
            width_px = max(metrics.horizontalAdvance(text) for text in (title, *cells))
            widths_px[column] = width_px + self._padding_px
        spare_px = self.viewport().width() - sum(widths_px.values()) if self._spreads else 0
        for column, width_px in widths_px.items():
            if not only_wider or width_px > self.columnWidth(column):
                self.setColumnWidth(column, width_px + max(0, spare_px // len(widths_px)))
        self._update_height()

    def sizeHint(self) -> QSize:
        """Return the height of the rows, and of the scroll bar if the columns need one."""
        return QSize(240, self._wanted_height_px())

    def minimumSizeHint(self) -> QSize:
        """Return the height of the rows."""
        return QSize(0, self._wanted_height_px())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height if the scroll bar appears or disappears."""
        super().resizeEvent(event)
        if self._spreads and self.model() is not None:
            self.make_room()
        self._update_height()

    def _update_height(self) -> None:
        if self._wanted_height_px() != self._height_px:
            self._height_px = self._wanted_height_px()
            self.updateGeometry()

    def _wanted_height_px(self) -> int:
        model, head = self.model(), self.horizontalHeader()
        rows = min(max(model.rowCount(), self.least_rows), self._most_rows) if model else 0
        height = head.sizeHint().height() + rows * self.verticalHeader().defaultSectionSize() + 2
        has_bar = self.horizontalScrollBarPolicy() is not Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if has_bar and head.length() > self.viewport().width():
            height += self.horizontalScrollBar().sizeHint().height() + 2
        return height


def _has_sign(index: _Index | QModelIndex) -> bool:
    return index.data(ZONE_ROLE) is not None or bool(index.data(MARK_ROLE))
