"""The locks of the plan on screen, each with its reason and a way to lift it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from zoneplanner.domain.plans.plan import Plan, PlanLock
from zoneplanner.ui.plan.assignment.lock_actions import (
    describe_lock_target,
    lift_lock,
    select_lock_target,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    escape_tooltip,
    make_action_tool_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

_MOST_ROWS = 6
_KEY = Qt.ItemDataRole.UserRole
_NOTHING = "Nothing is locked. Select a school or a zone and press Q to keep it as it is."


class LocksPanel(QWidget):
    """A row a lock; choosing one selects what it is on. ``counted`` carries how many there are."""

    counted = Signal(int)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.empty = make_muted_label(_NOTHING)
        self.list = QListWidget()
        self.list.setAccessibleName("Locks")
        self.list.setIconSize(QSize(16, 16))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self.list.currentRowChanged.connect(self._follow)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Delete),
            self.list,
            self.lift,
            context=Qt.ShortcutContext.WidgetShortcut,
        )
        self.button = push_button("Unlock", "Remove the chosen lock (Del)", self.lift)
        self.all = make_action_tool_button(
            desk.actions["unlock_all"], Qt.ToolButtonStyle.ToolButtonTextOnly
        )
        self.bar = QWidget()
        make_row_layout(self.button, self.all, None, parent=self.bar)
        make_column_layout(self, self.empty, self.list, self.bar)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the locks anew."""
        plan = self._desk.session.plan
        at = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        if plan is not None:
            for lock in plan.locks.values():
                self.list.addItem(self._item(plan, lock))
        locks = self.list.count()
        self.list.setCurrentRow(min(at, locks - 1))
        self.list.blockSignals(False)
        self.list.setFixedHeight(min(locks, _MOST_ROWS) * self.list.sizeHintForRow(0) + 2)
        for part in (self.list, self.bar):
            part.setVisible(bool(locks))
        self.empty.setVisible(not locks)
        self._follow()
        self.counted.emit(locks)

    def lift(self) -> None:
        """Take the chosen lock back."""
        uid, lock = self._desk.session.plan_uid, self._lock(self.list.currentItem())
        if uid is not None and lock is not None:
            lift_lock(self._desk, uid, lock)

    def _item(self, plan: Plan, lock: PlanLock) -> QListWidgetItem:
        text = describe_lock_target(self._desk.session.project, plan, lock.kind, lock.target)
        item = QListWidgetItem(f"{text}: {lock.reason}" if lock.reason else text)
        item.setIcon(self._desk.icons("lock"))
        item.setToolTip(escape_tooltip(f"{text}. {lock.reason or 'No reason is given.'}"))
        item.setData(_KEY, lock.key)
        return item

    def _lock(self, item: QListWidgetItem | None) -> PlanLock | None:
        plan = self._desk.session.plan
        return plan.locks.get(item.data(_KEY)) if plan is not None and item is not None else None

    def _follow(self) -> None:
        plan = self._desk.session.plan
        chosen = self.list.currentItem() is not None
        self.button.setEnabled(chosen and plan is not None and plan.is_draft)

    def _go(self, item: QListWidgetItem) -> None:
        lock = self._lock(item)
        if lock is not None:
            select_lock_target(self._desk, lock)
