"""The locks of the plan on screen, each with its reason and a way to lift it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QWidget,
)

from zoneplanner.domain.plans.locks import remove_plan_lock
from zoneplanner.domain.plans.plan import LockScope, PlanLock
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.tables.item_roles import escape_tooltip

_MOST_ROWS = 6
_KEY = Qt.ItemDataRole.UserRole
_NOTHING = "Nothing is locked. Select a school or a zone and press Q to keep it as it is."


class LocksPanel(QWidget):
    """A row a lock; choosing one selects what it is on. ``counted`` carries how many there are."""

    counted = Signal(int)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        rows = make_column_layout(self)
        self.empty = make_muted_label(_NOTHING)
        rows.addWidget(self.empty)
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
        rows.addWidget(self.list)
        self.button = QPushButton("Unlock")
        self.button.setAutoDefault(False)
        self.button.setToolTip("Lift the chosen lock (Del)")
        self.button.clicked.connect(self.lift)
        self.all = QToolButton()
        self.all.setDefaultAction(desk.actions["unlock_all"])
        self.all.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.bar = QWidget()
        line = QHBoxLayout(self.bar)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACING_PX)
        line.addWidget(self.button)
        line.addWidget(self.all)
        line.addStretch(1)
        rows.addWidget(self.bar)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the locks anew."""
        plan = self._desk.session.plan
        locks = list(plan.locks.values()) if plan is not None else []
        at = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        for lock in locks:
            self.list.addItem(self._item(lock))
        self.list.setCurrentRow(min(at, len(locks) - 1))
        self.list.blockSignals(False)
        self.list.setFixedHeight(min(len(locks), _MOST_ROWS) * self.list.sizeHintForRow(0) + 2)
        for part in (self.list, self.bar):
            part.setVisible(bool(locks))
        self.empty.setVisible(not locks)
        self._follow()
        self.counted.emit(len(locks))

    def lift(self) -> None:
        """Take the chosen lock back."""
        session, item = self._desk.session, self.list.currentItem()
        plan = session.plan
        lock = plan.locks.get(item.data(_KEY)) if plan is not None and item is not None else None
        if plan is None or lock is None:
            return
        self._desk.attempt(
            lambda: session.apply(
                f"Unlock {self._name(lock)}",
                lambda project: remove_plan_lock(project, plan.uid, lock.kind, lock.target),
            )
        )

    def _item(self, lock: PlanLock) -> QListWidgetItem:
        name = self._name(lock)
        where = f" in {lock.held.get(lock.target, '–')}" if lock.kind is LockScope.SITE else ""
        text = f"{name[:1].upper()}{name[1:]}{where}"
        item = QListWidgetItem(f"{text}: {lock.reason}" if lock.reason else text)
        item.setIcon(self._desk.icons("lock"))
        item.setToolTip(escape_tooltip(f"{text}. {lock.reason or 'No reason is given.'}"))
        item.setData(_KEY, lock.key)
        return item

    def _name(self, lock: PlanLock) -> str:
        if lock.kind is LockScope.SITE:
            site = self._desk.session.project.sites.get(lock.target)
            return site.name if site else lock.target
        if lock.kind is LockScope.ZONE:
            return f"zone {lock.target}"
        agency = self._desk.session.project.agencies.get(lock.target)
        return f"all zones of {agency.short if agency else lock.target}"

    def _follow(self) -> None:
        plan = self._desk.session.plan
        chosen = self.list.currentItem() is not None
        self.button.setEnabled(chosen and plan is not None and plan.is_draft)

    def _go(self, item: QListWidgetItem) -> None:
        plan = self._desk.session.plan
        lock = plan.locks.get(item.data(_KEY)) if plan is not None else None
        if lock is not None and lock.kind is LockScope.SITE:
            self._desk.bridge.select(site=lock.target)
        elif lock is not None and lock.kind is LockScope.ZONE:
            self._desk.bridge.select(zone=lock.target)
