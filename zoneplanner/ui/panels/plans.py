"""The project's plans: which is in force, which are drafts, which one is on screen."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from zoneplanner.domain.plan import Plan
from zoneplanner.domain.planning import status_text
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.widgets import column, muted

MOST_ROWS = 6
UID = Qt.ItemDataRole.UserRole
BUTTONS = ("propose", "copy_plan", "rename_plan", "adopt", "delete_plan")


class PlansPanel(QWidget):
    """A list of plans; choosing one puts it on screen, a double click renames it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        rows = column(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Plans")
        self.list.setIconSize(QSize(16, 16))
        self.list.currentItemChanged.connect(self._choose)
        self.list.itemActivated.connect(lambda _: desk.actions["rename_plan"].trigger())
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        rows.addWidget(self.list)
        self.empty = muted("No plan yet. “Propose zones” makes the first one.")
        rows.addWidget(self.empty)
        bar = QHBoxLayout()
        bar.setSpacing(4)
        for name in BUTTONS:
            button = QToolButton()
            button.setDefaultAction(desk.actions[name])
            bar.addWidget(button)
        bar.addStretch(1)
        rows.addLayout(bar)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the plans anew."""
        session = self._desk.session
        plans = session.project.plans
        self.list.blockSignals(True)
        self.list.clear()
        for plan in sorted(plans.values(), key=lambda plan: not plan.adopted):
            self.list.addItem(self._item(plan))
            if plan.uid == session.plan_uid:
                self.list.setCurrentRow(self.list.count() - 1)
        self.list.blockSignals(False)
        row_px = self.list.sizeHintForRow(0) if plans else 0
        self.list.setFixedHeight(min(len(plans), MOST_ROWS) * row_px + 2)
        self.empty.setVisible(not plans)
        self.list.setVisible(bool(plans))

    def _item(self, plan: Plan) -> QListWidgetItem:
        status = status_text(plan, self._desk.session.today)
        item = QListWidgetItem(f"{plan.name}\n{status}")
        icon = ("adopt", "good") if plan.adopted else ("plan", "text")
        item.setIcon(self._desk.icons(*icon))
        item.setData(UID, plan.uid)
        item.setToolTip(f"{plan.name}: {status}, tolerance ±{plan.tolerance:.0%}.")
        return item

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(UID) != self._desk.session.plan_uid:
            self._desk.session.show_plan(item.data(UID))
