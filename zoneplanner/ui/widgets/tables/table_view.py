"""Tables of rows: columns that fit their room, cells drawn by a delegate, sorting and filters."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractProxyModel,
    QEvent,
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
    TableCell,
)

_LEAST_KEY_PX, _LEAST_SOFT_PX, _LEAST_SHARE = 160, 110, 0.66
_MOST_SHARE = 0.8


def choose_fitting_columns(
    least_px: Sequence[int], room_px: int, asked: Sequence[bool | None] = ()
) -> list[int]:
    """Return the columns that have room beside each other, in order; the first always has.

    ``asked`` says of each whether a person wants to see it: True comes before the others, False
    not at all, None is as there is room.
    """
    wishes = [*asked, *([None] * (len(least_px) - len(asked)))]
    order = sorted(range(len(least_px)), key=lambda at: (at != 0, wishes[at] is not True, at))
    shown, used = [], 0
    for at in order:
        if at and (wishes[at] is False or used + least_px[at] > room_px):
            if wishes[at] is None:
                break
            continue
        shown.append(at)
        used += least_px[at]
    return sorted(shown)


def fit_column_widths(
    widths: Sequence[int],
    soft: Sequence[bool],
    room_px: int,
    least: Sequence[int] | None = None,
) -> list[int]:
    """Return widths with which the room ends at the edge of a column.

    Columns that are ``soft``, those of text, give way so that as many as can be are seen whole,
    the first of them, which names the row, least. Where all fit, they share what is left.
    """
    if sum(widths) <= room_px:
        return _filled(widths, soft, room_px)
    least = find_least_widths(widths, soft) if least is None else least
    seen = 0
    while seen < len(least) and sum(least[: seen + 1]) <= room_px:
        seen += 1
    over = sum(widths[:seen]) - room_px
    give = sum(widths[:seen]) - sum(least[:seen])
    if over <= 0 or give <= 0:
        return list(widths)
    share = over / give
    return [
        round(width - (width - low) * share) if at < seen else width
        for at, (width, low) in enumerate(zip(widths, least, strict=True))
    ]


def find_least_widths(
    widths: Sequence[int], soft: Sequence[bool], room_px: int | None = None
) -> list[int]:
    """Return to what columns may be narrowed; the first one of text names the row.

    That one is narrowed further where it would have no place in a room: no row is without a name;
    and the first two, as what is to be done and where, where the second would have none; the first
    alone where one more column has room for it.
    """
    texts = [at for at, gives in enumerate(soft) if gives]
    key, first = texts[0] if texts else -1, texts[:2]
    least = [
        min(
            width,
            max(_LEAST_KEY_PX if at in first else _LEAST_SOFT_PX, round(width * _LEAST_SHARE)),
        )
        if gives
        else width
        for at, (width, gives) in enumerate(zip(widths, soft, strict=True))
    ]
    if room_px is None or key < 0:
        return least
    if len(texts) > 1 and sum(least[: texts[1] + 1]) > room_px:
        both = [*least]
        for at, least_px in ((key, _LEAST_KEY_PX), (texts[1], _LEAST_SOFT_PX)):
            both[at] = min(least[at], least_px)
            if sum(both[: texts[1] + 1]) <= room_px:
                return both
    if sum(least[: key + 1]) > room_px:
        left_px = room_px - sum(least[:key])
        least[key] = min(least[key], max(_LEAST_SOFT_PX, min(_LEAST_KEY_PX, left_px)))
    lean = [min(low, _LEAST_KEY_PX) if at == key else low for at, low in enumerate(least)]
    fit, lean_fit = (len(choose_fitting_columns(one, room_px)) for one in (least, lean))
    return lean if lean_fit > fit else least


def _filled(widths: Sequence[int], soft: Sequence[bool], room_px: int) -> list[int]:
    """Give the columns of text what is left, by their widths, up to where a row falls apart."""
    text = sum(width for width, gives in zip(widths, soft, strict=True) if gives)
    left = min(room_px - sum(widths), round(text * _MOST_SHARE))
    if not text:
        return list(widths)
    filled = [
        width + left * width // text if gives else width
        for width, gives in zip(widths, soft, strict=True)
    ]
    filled[list(soft).index(True)] += sum(widths) + left - sum(filled)
    return filled


_ROW_PX, _MORE_PX = 28, 48
_SWATCH_PX = 12
_INSET_PX, _SIGN_GAP_PX = 8, 8
_LIT_SHARE, _LIT_EDGE_PX = 0.07, 3
_WIDEST_COLUMN_PX = 320
_CELL_PADDING_PX, _SORT_MARK_PX, _SIGN_PX = 20, 14, 32
_MOST_MEASURED = 80
_ARROWS = (Qt.Key.Key_Up, Qt.Key.Key_Down)
_LEAPS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_SELECTED, _FOCUSED = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_HasFocus.value
_GAP_PX = 8
_SENTENCE_ROOM_PX = (24, 16, -24, -16)
_SENTENCE_FLAGS = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(
    Qt.TextFlag.TextWordWrap
)
_NONE_FOUND = "No row contains these words. Clear the filter to see all."
_Index = QModelIndex | QPersistentModelIndex


class CellDelegate(QStyledItemDelegate):
    """Draws a cell: text, before it the swatch of its zone or a mark.

    By hand, since a cell drawn through a style sheet takes longer, and tables follow every frame
    of a drag.
    """

    def __init__(self, icon: Callable[[str], QIcon], parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = icon

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw the cell over the row's ground, which the view has drawn."""
        cell = index.data(TABLE_CELL_ROLE)
        if cell is None:
            return
        state, palette, rect = option.state.value, option.palette, option.rect
        role = QPalette.ColorRole.Text
        if state & _SELECTED:
            role = QPalette.ColorRole.HighlightedText
            painter.fillRect(rect, palette.highlight())
        elif index.row() == _lit_row(option.widget):
            self._light(painter, rect, palette, edge=index.column() == 0)
        area = rect.adjusted(_INSET_PX, 0, -_INSET_PX, 0)
        if cell.zone is not None or cell.mark:
            self._sign(painter, area, cell, palette)
            area.setLeft(area.left() + _SWATCH_PX + _SIGN_GAP_PX)
        if cell.text:
            painter.setPen(palette.color(QPalette.ColorGroup.Active, role))
            room = area.width()
            text = option.fontMetrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(area, cell.side, text)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if state & _FOCUSED:
            painter.setPen(palette.color(QPalette.ColorRole.Accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _light(self, painter: QPainter, rect: QRect, palette: QPalette, *, edge: bool) -> None:
        """Draw the light ground of the row that the pointer is on, here or on the map."""
        accent = palette.color(QPalette.ColorRole.Accent)
        painter.fillRect(rect, fade_color(accent, _LIT_SHARE))
        if edge:
            painter.fillRect(rect.left(), rect.top(), _LIT_EDGE_PX, rect.height(), accent)

    def _sign(self, painter: QPainter, area: QRect, cell: TableCell, palette: QPalette) -> None:
        """Draw the swatch or the mark at the left of the cell."""
        box = QRect(0, 0, _SWATCH_PX, _SWATCH_PX)
        box.moveCenter(area.center())
        box.moveLeft(area.left())
        if cell.zone is None:
            self._icon(cell.mark or "").paint(painter, box.adjusted(-2, -2, 2, 2))
            return
        paint_swatch(painter, QRectF(box), cell.zone, palette)


class _TableHeader(QHeaderView):
    """Titles of columns; that of figures that rows are sorted by steps aside for the arrow."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.held = False
        """True from a press on a title to its release."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note that what is sized from now on is sized by hand."""
        self.held = True
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End sizing by hand."""
        super().mouseReleaseEvent(event)
        self.held = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line below the titles as far as the table reaches: past the last column too."""
        super().paintEvent(event)
        port = self.viewport()
        with QPainter(port) as painter:
            color = self.palette().color(QPalette.ColorRole.Mid)
            painter.fillRect(0, port.height() - 1, port.width(), 1, color)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, logicalIndex: int) -> None:
        """Put a space behind each line of a title at the right."""
        super().initStyleOptionForIndex(option, logicalIndex)
        sorted_by = option.sortIndicator != QStyleOptionHeader.SortIndicator.None_
        room_px, cut = self.sectionSize(logicalIndex) - 2 * _INSET_PX, Qt.TextElideMode.ElideRight
        room_px -= _SORT_MARK_PX if sorted_by else 0
        lines = option.text.split("\n")
        option.text = "\n".join(self.fontMetrics().elidedText(one, cut, room_px) for one in lines)
        if sorted_by and option.textAlignment & Qt.AlignmentFlag.AlignRight:
            option.text = "\n".join(f"{line}\u2003" for line in option.text.split("\n"))


class TableView(QTableView):
    """A read-only table. ``chosen`` carries the key of the row that a person picked.

    ``pointed`` carries the key of the row that the pointer is on, None where it is on none;
    ``asked`` that of the row whose menu is wanted, and where on the screen. A screen reader says
    ``about`` after the table's name.
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
        self._following = False
        self._wanted: list[int] = []
        self._do_offer: Callable[[], object] = lambda: None
        self._do_delete: Callable[[], object] = lambda: None
        self._fitting = self._by_hand = False
        self.titled = True
        """False for a table that shows no titles of its columns."""
        self.setAccessibleName(name)
        self.setAccessibleDescription(about)
        self._lit = QPersistentModelIndex()
        self.setItemDelegate(CellDelegate(icon, self))
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
        head = _TableHeader(self)
        self._head = head
        self.setHorizontalHeader(head)
        head.setSectionsClickable(True)
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        head.sectionResized.connect(self._sized)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.activated.connect(self._open)
        self._asked: dict[str, bool] = {}
        self._away: set[int] = set()
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
        self.offer.clicked.connect(lambda _=False: self._do_offer())
        self.offer.hide()

    @property
    def empty_text(self) -> str:
        """What it says without rows."""
        return self._empty

    def set_empty_text(
        self, text: str, offer: str = "", do: Callable[[], object] = lambda: None
    ) -> None:
        """Say this where there are no rows, over a button that does what is offered."""
        self._empty = text
        self._do_offer = do
        self.offer.setText(offer[:1] + offer[1:].lower())  # menus write each word large
        self.offer.adjustSize()
        self._settle_empty()

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model, and say that it is empty whenever it is."""
        super().setModel(model)
        if model is not None:
            for changed in (model.modelReset, model.rowsInserted, model.rowsRemoved):
                changed.connect(self._settle_empty)
            # laid out at once: else it would be drawn now, and once more after Qt has laid it out
            model.modelReset.connect(self.executeDelayedItemsLayout)
        self._settle_empty()

    def event(self, event: QEvent) -> bool:
        """Have an opaque ground, which a style sheet takes away: only then Qt scrolls by moving."""
        done = super().event(event)
        if event.type() in (QEvent.Type.Polish, QEvent.Type.StyleChange):
            self.viewport().setAutoFillBackground(True)
        return done

    def _settle_empty(self, *_: object) -> None:
        """Without any row there is no heading; what to do next is offered below the sentence."""
        empty = self._without_rows() and bool(self._empty)
        self._head.setVisible(self.titled and not empty)
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setHorizontalScrollBarPolicy(off if empty else needed)
        self.offer.setVisible(empty and bool(self.offer.text()))
        if self.offer.isVisible():
            area = self._sentence_area()
            self.offer.move(
                (self.viewport().width() - self.offer.width()) // 2, area.bottom() + _GAP_PX
            )
        self.viewport().update()

    def _without_rows(self) -> bool:
        """Tell whether there is nothing at all, not only nothing that passes a filter."""
        model = self.model()
        if isinstance(model, QAbstractProxyModel):
            model = model.sourceModel()
        return model is None or not model.rowCount()

    def _sentence_area(self) -> QRect:
        """Return where the sentence of an empty table stands."""
        room = self.viewport().rect().adjusted(*_SENTENCE_ROOM_PX)
        text = self._empty if self._without_rows() else _NONE_FOUND
        return self.fontMetrics().boundingRect(room, _SENTENCE_FLAGS, text)

    def fit_columns(self, *, only_wider: bool = False) -> None:
        """Make columns as wide as what they hold, within reason; of many rows some are measured."""
        model, metrics = self.model(), self.fontMetrics()
        if isinstance(model, QAbstractProxyModel):  # a filter narrows no column
            model = model.sourceModel()
        rows = range(0, model.rowCount(), 1 + model.rowCount() // _MOST_MEASURED)
        last, role = model.columnCount() - 1, Qt.ItemDataRole.TextAlignmentRole
        side = model.headerData(last, Qt.Orientation.Horizontal, role)
        figures = side is not None and bool(Qt.AlignmentFlag(side) & Qt.AlignmentFlag.AlignRight)
        self._stretches = not figures
        widths = []
        for column in range(model.columnCount()):
            title = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
            wide = [metrics.horizontalAdvance(line) + _SORT_MARK_PX for line in title.split("\n")]
            for row in rows:
                index = model.index(row, column)
                sign = index.data(ZONE_ROLE) is not None or bool(index.data(MARK_ROLE))
                text = metrics.horizontalAdvance(str(index.data() or ""))
                wide.append(text + (_SIGN_PX if sign else 0))
            widths.append(min(max(wide) + _CELL_PADDING_PX, _WIDEST_COLUMN_PX))
        if only_wider and len(widths) == len(self._wanted):
            widths = [max(pair) for pair in zip(widths, self._wanted, strict=True)]
        self._wanted = widths
        self._fit_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let columns of text give way, so that the room ends at the edge of a column."""
        super().resizeEvent(event)
        self._settle_empty()
        if event.size().width() != event.oldSize().width():
            self._fit_room()

    def _fit_room(self) -> None:
        """Share the room out, as long as nobody gave a column another width by hand."""
        model = self.model()
        if model is None or self._by_hand or len(self._wanted) != model.columnCount():
            return
        head, across = model.headerData, Qt.Orientation.Horizontal
        own = [at for at in range(model.columnCount()) if at not in self._away]
        floor_px = self._head.minimumSectionSize()
        wanted = [max(self._wanted[at], floor_px) for at in own]
        soft = [not head(at, across, UNCUT_COLUMN_ROLE) for at in own]
        room_px = self.viewport().width()
        asked = [self._asked.get(str(head(at, across))) for at in own]
        least = find_least_widths(wanted, soft, room_px)
        places = choose_fitting_columns(least, room_px, asked)
        if len(places) < len(own):
            room_px -= _MORE_PX
            least = find_least_widths(wanted, soft, room_px)
            places = choose_fitting_columns(least, room_px, asked)
        widths = fit_column_widths(
            [wanted[at] for at in places],
            [soft[at] for at in places],
            room_px,
            [least[at] for at in places],
        )
        self._head.setStretchLastSection(self._stretches and len(places) == len(own))
        self._fitting = True
        for at, column in enumerate(own):
            super().setColumnHidden(column, at not in places)
        for at, width in zip(places, widths, strict=True):
            self.setColumnWidth(own[at], width)
        self._fitting = False
        self._show_more(len(own) - len(places))

    def setColumnHidden(self, column: int, hide: bool) -> None:
        """Take a column away that there is nothing to say in; others step back for want of room."""
        (self._away.add if hide else self._away.discard)(column)
        super().setColumnHidden(column, hide)
        self._fit_room()

    def _show_more(self, hidden: int) -> None:
        """Say over the end of the titles how many columns have no room."""
        self.more.setVisible(hidden > 0 and not self._head.isHidden())
        self.more.setText(f"+{hidden} ▾")
        self.more.setToolTip(f"Columns: no room for {hidden} more. Choose which ones to show.")
        head = self._head.geometry()
        self.more.setGeometry(head.right() - _MORE_PX + 1, head.top(), _MORE_PX, head.height() - 1)
        self.more.raise_()

    def _offer_columns(self, at: QPoint) -> None:
        """List the columns; one that is ticked comes before those that nobody asked for."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for column in range(1, self.model().columnCount()):
            title = str(self.model().headerData(column, Qt.Orientation.Horizontal))
            if column in self._away:
                continue
            action = menu.addAction(title.replace("\n", " "))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.toggled.connect(partial(self.ask_column, title))
        menu.popup(self.more.mapToGlobal(at) if self.more.isVisible() else self.mapToGlobal(at))

    def ask_column(self, title: str, shown: bool) -> None:
        """Show a column before others, or leave it out."""
        self._asked[title] = shown
        self._fit_room()

    def _sized(self) -> None:
        """Take a width that a person gave a column for meant."""
        self._by_hand = self._by_hand or (not self._fitting and self._head.held)

    def measure_free_px(self, index: _Index) -> int:
        """Return how wide the room is in a cell behind its mark and words."""
        signed = index.data(ZONE_ROLE) is not None or bool(index.data(MARK_ROLE))
        sign_px = _SWATCH_PX + _SIGN_GAP_PX if signed else 0
        words_px = self.fontMetrics().horizontalAdvance(str(index.data() or ""))
        return self.visualRect(index).width() - _INSET_PX - sign_px - words_px

    def select_key(self, key: Hashable | None) -> None:
        """Select the row of a key without telling anyone; None or an absent row clears."""
        selected = self.selectionModel().isSelected(self.currentIndex())
        if selected and key == self.currentIndex().data(KEY_ROLE):
            return
        self._following = True
        try:
            index = self._index_of(key)
            if index is None:
                self.clearSelection()
                self.selectionModel().setCurrentIndex(
                    QModelIndex(), QItemSelectionModel.SelectionFlag.Clear
                )
            else:
                self.setCurrentIndex(index)
                self.scrollTo(index)
        finally:
            self._following = False

    def rowsAboutToBeRemoved(self, parent: _Index, start: int, end: int) -> None:
        """Pick no neighbor of a row that goes away: nobody chose that one."""
        if start <= self.currentIndex().row() <= end:
            self.select_key(None)
        super().rowsAboutToBeRemoved(parent, start, end)

    @property
    def lit_row(self) -> int:
        """The row with a light ground, -1 for none."""
        return self._lit.row()

    def highlight_key(self, key: Hashable | None) -> None:
        """Give the row of a key a light ground, as long as the pointer is on what it stands for."""
        index = self._index_of(key) or QModelIndex()
        rows = {self._lit.row(), index.row()}
        self._lit = QPersistentModelIndex(index)
        if len(rows) > 1:
            for row in rows:
                top, high = self.rowViewportPosition(row), self.rowHeight(row)
                self.viewport().update(0, top, self.viewport().width(), high)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell which row the pointer is on."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            index = self.indexAt(event.position().toPoint())
            self.pointed.emit(index.data(KEY_ROLE) if index.isValid() else None)
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the row under the pointer, by key for that of the current row."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        offers = self.isSignalConnected(QMetaMethod.fromSignal(self.menu_requested))
        event.setAccepted(offers and index.isValid())
        if event.isAccepted():
            row = self.visualRect(index).center()
            at = self.viewport().mapToGlobal(row) if by_key else event.globalPos()
            self.pointed.emit(None)
            self.menu_requested.emit(index.data(KEY_ROLE), at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the focus and pick no row: the focus also comes when another part is hidden."""
        self._following = True
        try:
            super().focusInEvent(event)
        finally:
            self._following = False

    def take_delete(self, do: Callable[[], object]) -> None:
        """Have the Delete key do this, before a shortcut of the window takes it."""
        self._do_delete = do
        self.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Delete where something is done by it."""
        if (
            watched is not self
            or not isinstance(event, QKeyEvent)
            or event.key() != Qt.Key.Key_Delete
            or event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        ):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._do_delete()
        event.accept()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The first arrow picks the row that has the focus; the next ones go on from there.

        Home, End and a page pick the row that they lead to, also where the focus is there already.
        """
        if event.key() in _ARROWS and self._pick(self.currentIndex()):
            return
        super().keyPressEvent(event)
        if event.key() in _LEAPS:
            self._pick(self.currentIndex())

    def _open(self, index: _Index) -> None:
        self._pick(index)
        self.opened.emit(index.data(KEY_ROLE))

    def _pick(self, index: _Index) -> bool:
        """Pick a row where none is picked yet; tell whether it was."""
        if not index.isValid() or self.selectionModel().hasSelection():
            return False
        self.selectRow(index.row())
        self.chosen.emit(index.data(KEY_ROLE))
        return True

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Tell which row was picked, by mouse or by keyboard."""
        super().currentChanged(current, previous)
        if not self._following and current.isValid():
            self.chosen.emit(current.data(KEY_ROLE))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or say what to do where there are none."""
        super().paintEvent(event)
        model = self.model()
        if model is not None and model.rowCount():
            self._draw_row_ends(event.rect())
        if model is None or model.rowCount() or not self._empty:
            return
        text = self._empty if self._without_rows() else _NONE_FOUND
        with QPainter(self.viewport()) as painter:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            room = self.viewport().rect().adjusted(*_SENTENCE_ROOM_PX)
            painter.drawText(room, _SENTENCE_FLAGS, text)

    def _draw_row_ends(self, exposed: QRect) -> None:
        """Go on with each row's ground and line beyond the last column."""
        left = self._head.length() - self._head.offset()
        wide, palette = self.viewport().width() - left, self.palette()
        if wide <= 0 or exposed.right() < left:
            return
        chosen = {index.row() for index in self.selectionModel().selectedIndexes()}
        with QPainter(self.viewport()) as painter:
            painter.setPen(palette.color(QPalette.ColorRole.Mid))
            first, last = self.rowAt(exposed.top()), self.rowAt(exposed.bottom())
            count = self.model().rowCount()
            for row in range(max(0, first), (last if last >= 0 else count - 1) + 1):
                rect = QRect(left, self.rowViewportPosition(row), wide, self.rowHeight(row))
                if row in chosen:
                    painter.fillRect(rect, palette.highlight())
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())

    def _index_of(self, key: Hashable | None) -> QModelIndex | None:
        model = self.model()
        if key is None or model is None:
            return None
        place = getattr(model, "place", None)
        if place is not None:  # a table knows where its rows are
            at = place(key)
            return None if at is None else model.index(at, 0)
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            if index.data(KEY_ROLE) == key:
                return index
        return None


class FittedTableView(TableView):
    """A table as high as its rows, up to ``most_rows``, and no less than ``least_rows``."""

    def __init__(
        self,
        name: str,
        icon: Callable[[str], QIcon],
        *,
        most_rows: int = 1000,
        padding_px: int = 18,
    ) -> None:
        super().__init__(name, icon)
        self.least_rows = 0
        self._most_rows, self._padding_px, self._high_px = most_rows, padding_px, 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def make_room(self, *, first: int = 0, only_wider: bool = False) -> None:
        """Make the columns from the ``first`` on as wide as their texts, and ask for the height."""
        model, metrics = self.model(), self.fontMetrics()
        for at in range(first, model.columnCount()):
            title = model.headerData(at, Qt.Orientation.Horizontal)
            cells = (model.index(row, at).data() for row in range(model.rowCount()))
            wide = max(metrics.horizontalAdvance(text) for text in (title, *cells))
            wide += self._padding_px
            if not only_wider or wide > self.columnWidth(at):
                self.setColumnWidth(at, wide)
        self._settle_height()

    def sizeHint(self) -> QSize:
        """Ask for room for the rows, and for the scroll bar where the columns need one."""
        return QSize(240, self._wanted_height_px())

    def minimumSizeHint(self) -> QSize:
        """Never shrink below the rows."""
        return QSize(0, self._wanted_height_px())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need a scroll bar, or need it no longer."""
        super().resizeEvent(event)
        self._settle_height()

    def _settle_height(self) -> None:
        if self._wanted_height_px() != self._high_px:
            self._high_px = self._wanted_height_px()
            self.updateGeometry()

    def _wanted_height_px(self) -> int:
        model, head = self.model(), self.horizontalHeader()
        rows = min(max(model.rowCount(), self.least_rows), self._most_rows) if model else 0
        high = head.sizeHint().height() + rows * self.verticalHeader().defaultSectionSize() + 2
        never = self.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if not never and head.length() > self.viewport().width():
            high += self.horizontalScrollBar().sizeHint().height() + 2
        return high


def _lit_row(view: QWidget | None) -> int:
    return view.lit_row if isinstance(view, TableView) else -1
