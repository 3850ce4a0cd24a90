"""The project's plans as a tree, with each branch below the plan that it was branched from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QPainter, QPalette, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from zoneplanner.app.session.session import Session
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.plans.edits import describe_plan_status, rename_plan
from zoneplanner.domain.plans.plan import Plan, PlanStatus
from zoneplanner.tokens import STATE_MARKS
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    escape_tooltip,
    make_action_tool_button,
    make_column_layout,
    make_hiding_note,
    make_menu_button,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX

ONLY_ONE_PLAN = "“{}” is the only plan. Copy it to a draft or propose zones, then compare the two."
_SIGNS = {
    PlanStatus.IN_FORCE: (STATE_MARKS["posted"].icon, STATE_MARKS["posted"].role),
    PlanStatus.PROPOSED: (STATE_MARKS["submitted"].icon, STATE_MARKS["submitted"].role),
    PlanStatus.DRAFT: (STATE_MARKS["draft"].icon, STATE_MARKS["draft"].role),
    PlanStatus.RETIRED: ("retire", "muted"),
}
"""The icon and color role of each status, in the order of the rows."""
_STATUS_RANKS = {status: rank for rank, status in enumerate(_SIGNS)}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan; ``parent`` is the uid of its parent in the tree, ``sign`` an icon and a role."""

    uid: str
    parent: str | None
    name: str
    status: str
    sign: tuple[str, str]
    tip: str


def build_plan_rows(session: Session) -> list[PlanRow]:
    """Return the plans, each right after its parent, the plan in force first."""
    plans = session.project.plans
    children = group_pairs((_find_parent(plan, session), plan) for plan in plans.values())
    ranks = {plan.uid: _rank(plan, session, children) for plan in plans.values()}

    def list_rows(parent: str | None) -> Iterator[PlanRow]:
        for plan in sorted(children.get(parent, ()), key=lambda plan: ranks[plan.uid]):
            yield _make_row(plan, parent, session)
            yield from list_rows(plan.uid)

    return list(list_rows(None))


def _find_parent(plan: Plan, session: Session) -> str | None:
    """Return the parent's uid, or None if it is gone or if the plan is its own ancestor."""
    plans = session.project.plans
    seen, ancestor = {plan.uid}, plan.parent
    while ancestor is not None and ancestor in plans:
        if ancestor in seen:
            return None
        seen.add(ancestor)
        ancestor = plans[ancestor].parent
    return plan.parent if plan.parent in plans else None


def _rank(plan: Plan, session: Session, children: dict[str | None, list[Plan]]) -> int:
    """Return the sort key of a plan: the best status of the plan and all its descendants."""
    rank = _STATUS_RANKS[plan.status(session.today)]
    return min([rank, *(_rank(child, session, children) for child in children.get(plan.uid, ()))])


def _make_row(plan: Plan, parent: str | None, session: Session) -> PlanRow:
    status = plan.status(session.today)
    sign = _SIGNS[status]
    if status is PlanStatus.PROPOSED and plan.is_adopted:
        sign = ("adopt", "accent")
    if plan.what_if:
        sign = ("what_if", sign[1])
    status_text = describe_plan_status(plan, session.today).say(session.formats)
    what_if = " A what-if: it assumes something that is not true yet." if plan.what_if else ""
    note = f"\n{plan.note}" if plan.note else ""
    tip = f"{plan.name}: {status_text}, tolerance ±{plan.tolerance * 100:g}%.{what_if}{note}"
    return PlanRow(plan.uid, parent, plan.name, status_text, sign, tip)


_MAX_ROWS = 7
_INDENT_PX, _ICON_PX, _ROW_PADDING_PX = 14, 16, 8
_UID, STATUS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_BUTTONS = ("adopt", "retire_plan", "compare")
_MENU = (
    "new_plan",
    "copy_plan",
    "rename_plan",
    "note_plan",
    "",
    "put_forward",
    "adopt",
    "retire_plan",
    "",
    "delete_plan",
)
_Index = QModelIndex | QPersistentModelIndex


class _PlanDelegate(QStyledItemDelegate):
    """Draws a plan's name above its status, and edits the name in place."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Let the style draw the background and icon, then draw the two lines."""
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        name, shown.text = shown.text, ""
        style = shown.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, shown.widget)
        upper, lower = self._lines(option.rect)
        metrics, palette = shown.fontMetrics, shown.palette
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        side = Qt.TextElideMode.ElideRight
        painter.save()
        try:
            for rect, text, role in (
                (upper, name, QPalette.ColorRole.Text),
                (lower, index.data(STATUS) or "", QPalette.ColorRole.PlaceholderText),
            ):
                painter.setPen(palette.color(role))
                painter.drawText(rect, flags, metrics.elidedText(text, side, rect.width()))
        finally:
            painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return a height for two lines."""
        return QSize(0, 2 * option.fontMetrics.height() + _ROW_PADDING_PX)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Put the editor over the name only, so that the status stays visible."""
        upper, _ = self._lines(option.rect)
        editor.setGeometry(upper.adjusted(-GRID_PX, -GRID_PX, 0, GRID_PX))

    def _lines(self, rect: QRect) -> tuple[QRect, QRect]:
        inner = rect.adjusted(
            _ICON_PX + 3 * GRID_PX, _ROW_PADDING_PX // 2, -GRID_PX, -_ROW_PADDING_PX // 2
        )
        half = inner.height() // 2
        return inner.adjusted(0, 0, 0, -half), inner.adjusted(0, half, 0, 0)


class PlansPanel(QWidget):
    """A tree of plans; selecting one puts it on screen, F2 renames it, Del deletes a draft."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._items: dict[str, QTreeWidgetItem] = {}
        self._shape: list[tuple[str, str | None]] = []
        self._is_refreshing = False
        self.tree = self._make_tree()
        self.empty = make_muted_label("No plan yet.")
        self.first = ActionButton(desk.actions["propose"], "Propose zones…")
        self.note = make_hiding_note()
        self.note.setAccessibleName("Note on the plan")
        first = make_row_layout(self.first, None)
        make_column_layout(self, self.tree, self.empty, first, self.note, self._make_buttons())
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the project's current plans."""
        session = self._desk.session
        rows = build_plan_rows(session)
        self._is_refreshing = True
        try:
            shape = [(row.uid, row.parent) for row in rows]
            if shape != self._shape:
                self._shape = shape
                self._rebuild_items(rows)
            for row in rows:
                self._update_item(self._items[row.uid], row)
            current = self._items.get(session.plan_uid or "")
            index = self.tree.indexFromItem(current) if current is not None else QModelIndex()
            self.tree.setCurrentIndex(index)
        finally:
            self._is_refreshing = False
        self._fit_height()
        for part in (self.empty, self.first):
            part.setVisible(not rows)
        self.tree.setVisible(bool(rows))
        plan = session.plan
        adopted = plan is not None and plan.is_adopted
        for name, applies in (("adopt", not adopted), ("retire_plan", adopted)):
            self.buttons[name].setVisible(applies and self._desk.actions[name].isVisible())
        self.note.setText(plan.note if plan else "")

    def edit_name(self) -> None:
        """Start editing the name of the plan on screen."""
        item = self.tree.currentItem()
        if item is not None:
            self.tree.setFocus()
            self.tree.editItem(item)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName("Plans")
        tree.setHeaderHidden(True)
        tree.setIndentation(_INDENT_PX)
        tree.setIconSize(QSize(_ICON_PX, _ICON_PX))
        tree.setItemDelegate(_PlanDelegate(tree))
        tree.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
        )
        tree.setExpandsOnDoubleClick(False)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for name in _MENU:
            tree.addAction(self._desk.actions[name] if name else self._desk.actions.line())
        tree.currentItemChanged.connect(self._show_plan)
        tree.itemChanged.connect(self._rename_later)
        tree.itemExpanded.connect(self._fit_height)
        tree.itemCollapsed.connect(self._fit_height)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Delete),
            tree,
            self._desk.actions["delete_plan"].trigger,
            context=Qt.ShortcutContext.WidgetShortcut,
        )
        return tree

    def _make_buttons(self) -> QHBoxLayout:
        """Return buttons for the plan's next step and for Compare, and a menu of all actions."""
        actions = self._desk.actions
        style = Qt.ToolButtonStyle.ToolButtonTextOnly
        self.buttons = {name: make_action_tool_button(actions[name], style) for name in _BUTTONS}
        more = self.more = make_menu_button("More", "More about plans")
        more.menu().addActions([actions[name] if name else actions.line() for name in _MENU])
        return make_row_layout(*self.buttons.values(), more, None, spacing_px=GRID_PX)

    def _rebuild_items(self, rows: list[PlanRow]) -> None:
        collapsed = {uid for uid, item in self._items.items() if not item.isExpanded()}
        self.tree.clear()
        self._items = {}
        for row in rows:
            item = QTreeWidgetItem(self._items[row.parent] if row.parent else self.tree)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setData(0, _UID, row.uid)
            self._items[row.uid] = item
        for uid, item in self._items.items():
            item.setExpanded(uid not in collapsed or item.childCount() == 0)

    def _update_item(self, item: QTreeWidgetItem, row: PlanRow) -> None:
        item.setText(0, row.name)
        item.setData(0, STATUS, row.status)
        item.setIcon(0, self._desk.icons(*row.sign))
        item.setToolTip(0, escape_tooltip(row.tip))
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{row.name}, {row.status}")

    def _fit_height(self) -> None:
        """Make the tree as high as its expanded rows, up to a maximum."""
        rows, item = 0, self.tree.topLevelItem(0)
        while item is not None:
            rows, item = rows + 1, self.tree.itemBelow(item)
        row_px = self.tree.sizeHintForRow(0) if rows else 0
        self.tree.setFixedHeight(min(rows, _MAX_ROWS) * row_px + 2)
        self.tree.setRootIsDecorated(any(item.childCount() for item in self._items.values()))

    def _show_plan(self, item: QTreeWidgetItem | None) -> None:
        if item is None or self._is_refreshing or item.data(0, _UID) == self._desk.session.plan_uid:
            return
        self._desk.session.show_plan(item.data(0, _UID))

    def _rename_later(self, item: QTreeWidgetItem) -> None:
        """Rename once the editor has closed, because renaming refreshes the tree."""
        if not self._is_refreshing:
            uid, name = item.data(0, _UID), item.text(0)
            QTimer.singleShot(0, self, partial(self._rename, uid, name))

    def _rename(self, uid: str, name: str) -> None:
        session = self._desk.session
        plan = session.project.plans.get(uid)
        if plan is not None and name.strip() != plan.name:
            label = f"Rename “{plan.name}” to “{name.strip()}”"
            self._desk.apply(label, lambda project: rename_plan(project, uid, name))
        self.refresh()
