"""The project's plans: which is in force, which are drafts, which one is on screen.

The plans as a tree: branches under the plan that they were branched from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QPainter, QPalette, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QTreeWidgetItemIterator,
    QWidget,
)

from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import describe_plan_status, rename_plan
from zoneplanner.domain.plans.plan import Plan, PlanStatus
from zoneplanner.tokens import STATE_MARKS
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    escape_tooltip,
    make_action_tool_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX

ONLY_ONE_PLAN = "“{}” is the only plan. Copy it to a draft or propose zones, then compare the two."
_ORDER = (PlanStatus.IN_FORCE, PlanStatus.PROPOSED, PlanStatus.DRAFT, PlanStatus.RETIRED)


def _sign(state: str) -> tuple[str, str]:
    return STATE_MARKS[state].icon, STATE_MARKS[state].role


_SIGNS = {
    PlanStatus.IN_FORCE: _sign("posted"),
    PlanStatus.PROPOSED: _sign("submitted"),
    PlanStatus.DRAFT: _sign("draft"),
    PlanStatus.RETIRED: ("retire", "muted"),
}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan. ``parent`` is the uid of the row that it stands under; ``sign`` an icon, a role."""

    uid: str
    parent: str | None
    name: str
    status: str
    sign: tuple[str, str]
    note: str
    tip: str


def build_plan_rows(session: Session) -> list[PlanRow]:
    """Return the plans, each right after the one that it stands under, what is in force first."""
    plans = session.project.plans
    below: dict[str | None, list[Plan]] = {}
    for plan in plans.values():
        below.setdefault(_parent(plan, session), []).append(plan)
    ranks = {plan.uid: _rank(plan, session, below) for plan in plans.values()}

    def rows(parent: str | None) -> Iterator[PlanRow]:
        for plan in sorted(below.get(parent, ()), key=lambda plan: ranks[plan.uid]):
            yield _row(plan, parent, session)
            yield from rows(plan.uid)

    return list(rows(None))


def _parent(plan: Plan, session: Session) -> str | None:
    """Return the plan to stand under; a plan that is its own forebear stands alone."""
    seen, at = {plan.uid}, plan.parent
    while at is not None and at in session.project.plans:
        if at in seen:
            return None
        seen.add(at)
        at = session.project.plans[at].parent
    return plan.parent if plan.parent in session.project.plans else None


def _rank(plan: Plan, session: Session, below: dict[str | None, list[Plan]]) -> int:
    """How far up a plan stands: by the best status of it and of what was branched from it."""
    own = _ORDER.index(plan.status(session.today))
    return min([own, *(_rank(child, session, below) for child in below.get(plan.uid, ()))])


def _row(plan: Plan, parent: str | None, session: Session) -> PlanRow:
    status = plan.status(session.today)
    sign = _SIGNS[status]
    if status is PlanStatus.PROPOSED and plan.is_adopted:
        sign = ("adopt", "accent")
    if plan.what_if:
        sign = ("what_if", sign[1])
    words = describe_plan_status(plan, session.today, session.formats.day)
    what_if = " A what-if: it assumes something that is not true yet." if plan.what_if else ""
    note = f"\n{plan.note}" if plan.note else ""
    tip = f"{plan.name}: {words}, tolerance ±{plan.tolerance * 100:g}%.{what_if}{note}"
    return PlanRow(plan.uid, parent, plan.name, words, sign, plan.note, tip)


_MOST_ROWS = 7
_INDENT_PX, _ICON_PX, _ROW_PADDING_PX = 14, 16, 8
_UID, STATUS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_BUTTONS = ("adopt", "retire_plan", "compare")
_MENU = (
    *("new_plan", "copy_plan", "rename_plan", "note_plan", ""),
    *("put_forward", "adopt", "retire_plan", "", "delete_plan"),
)
_Index = QModelIndex | QPersistentModelIndex


class _PlanDelegate(QStyledItemDelegate):
    """Draws a plan's name above its status, and lets the name be typed over."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw the row's ground and icon as the style does, then the two lines."""
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
        """Leave room for two lines."""
        return QSize(0, 2 * option.fontMetrics.height() + _ROW_PADDING_PX)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Type over the name and leave the status in view."""
        upper, _ = self._lines(option.rect)
        editor.setGeometry(upper.adjusted(-GRID_PX, -GRID_PX, 0, GRID_PX))

    def _lines(self, rect: QRect) -> tuple[QRect, QRect]:
        inner = rect.adjusted(
            _ICON_PX + 3 * GRID_PX, _ROW_PADDING_PX // 2, -GRID_PX, -_ROW_PADDING_PX // 2
        )
        half = inner.height() // 2
        return inner.adjusted(0, 0, 0, -half), inner.adjusted(0, half, 0, 0)


class PlansPanel(QWidget):
    """A tree of plans; choosing one puts it on screen, F2 renames it, Del deletes a draft."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._items: dict[str, QTreeWidgetItem] = {}
        self._shape: list[tuple[str, str | None]] = []
        self._filling = False
        self.tree = self._tree()
        self.empty = make_muted_label("No plan yet.")
        self.first = ActionButton(desk.actions["propose"], "Propose zones…")
        self.note = make_muted_label()
        self.note.setAccessibleName("Note on the plan")
        first = make_row_layout(self.first, None)
        make_column_layout(self, self.tree, self.empty, first, self.note, self._buttons())
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the plans anew."""
        session = self._desk.session
        rows = build_plan_rows(session)
        self._filling = True
        try:
            shape = [(row.uid, row.parent) for row in rows]
            if shape != self._shape:
                self._shape = shape
                self._plant(rows)
            for row in rows:
                self._fill(self._items[row.uid], row)
            shown = self._items.get(session.plan_uid or "")
            at = self.tree.indexFromItem(shown) if shown is not None else QModelIndex()
            self.tree.setCurrentIndex(at)
        finally:
            self._filling = False
        self._fit()
        for part in (self.empty, self.first):
            part.setVisible(not rows)
        self.tree.setVisible(bool(rows))
        plan = session.plan
        adopted = plan is not None and plan.is_adopted
        for name, fits in (("adopt", not adopted), ("retire_plan", adopted)):
            self.buttons[name].setVisible(fits and self._desk.actions[name].isVisible())
        self.note.setText(plan.note if plan else "")
        self.note.setVisible(bool(plan and plan.note))

    def edit_name(self) -> None:
        """Let the name of the plan on screen be typed over."""
        item = self.tree.currentItem()
        if item is not None:
            self.tree.setFocus()
            self.tree.editItem(item)

    def _tree(self) -> QTreeWidget:
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
        tree.currentItemChanged.connect(self._choose)
        tree.itemChanged.connect(self._renamed)
        tree.itemExpanded.connect(self._fit)
        tree.itemCollapsed.connect(self._fit)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Delete),
            tree,
            self._desk.actions["delete_plan"].trigger,
            context=Qt.ShortcutContext.WidgetShortcut,
        )
        return tree

    def _buttons(self) -> QHBoxLayout:
        """Return the step that is next, the comparison, and a menu of the rest."""
        actions = self._desk.actions
        style = Qt.ToolButtonStyle.ToolButtonTextOnly
        self.buttons = {name: make_action_tool_button(actions[name], style) for name in _BUTTONS}
        more = self.more = QToolButton()
        more.setText("More")
        more.setAccessibleName("More about plans")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        menu.addActions([actions[name] if name else actions.line() for name in _MENU])
        more.setMenu(menu)
        return make_row_layout(*self.buttons.values(), more, None, spacing_px=GRID_PX)

    def _plant(self, rows: list[PlanRow]) -> None:
        folded = {uid for uid, item in self._items.items() if not item.isExpanded()}
        self.tree.clear()
        self._items = {}
        for row in rows:
            above = self._items.get(row.parent or "")
            item = QTreeWidgetItem(above if above is not None else self.tree)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setData(0, _UID, row.uid)
            self._items[row.uid] = item
        for uid, item in self._items.items():
            item.setExpanded(uid not in folded or item.childCount() == 0)

    def _fill(self, item: QTreeWidgetItem, row: PlanRow) -> None:
        item.setText(0, row.name)
        item.setData(0, STATUS, row.status)
        item.setIcon(0, self._desk.icons(*row.sign))
        item.setToolTip(0, escape_tooltip(row.tip))
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{row.name}, {row.status}")

    def _fit(self) -> None:
        """Take the room of the rows that are unfolded, up to a few."""
        shown = list(self._unfolded())
        row_px = self.tree.sizeHintForRow(0) if shown else 0
        self.tree.setFixedHeight(min(len(shown), _MOST_ROWS) * row_px + 2)
        deep = any(item.parent() is not None or item.childCount() for item in shown)
        self.tree.setRootIsDecorated(deep)

    def _unfolded(self) -> Iterator[QTreeWidgetItem]:
        at = QTreeWidgetItemIterator(self.tree, QTreeWidgetItemIterator.IteratorFlag.NotHidden)
        while at.value() is not None:
            item, above, hidden = at.value(), at.value().parent(), False
            while above is not None:
                hidden, above = hidden or not above.isExpanded(), above.parent()
            if not hidden:
                yield item
            at += 1

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is None or self._filling or item.data(0, _UID) == self._desk.session.plan_uid:
            return
        self._desk.session.show_plan(item.data(0, _UID))

    def _renamed(self, item: QTreeWidgetItem) -> None:
        """Rename after the editor has closed, since the tree is read anew then."""
        if not self._filling:
            uid, name = item.data(0, _UID), item.text(0)
            QTimer.singleShot(0, self, partial(self._rename, uid, name))

    def _rename(self, uid: str, name: str) -> None:
        session = self._desk.session
        plan = session.project.plans.get(uid)
        if plan is not None and name.strip() != plan.name:
            label = f"Rename “{plan.name}” to “{name.strip()}”"
            self._desk.apply(label, lambda project: rename_plan(project, uid, name))
        self.refresh()
