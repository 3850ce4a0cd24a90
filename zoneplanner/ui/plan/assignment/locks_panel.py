"""The locks of the plan on screen, each with its reason and a way to lift it.

Lock a site, its zone, or all zones of an agency, and say why.
"""

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListWidget, QListWidgetItem, QWidget

from zoneplanner.domain.plans.edits import (
    add_plan_lock,
    find_site_lock,
    find_zone_lock,
    remove_plan_lock,
)
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    escape_tooltip,
    make_action_tool_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

_LockTarget = tuple[LockScope, str]


class LockDialog(FormDialog):
    """Asks what stays as it is and why; the reason may be left empty."""

    def __init__(
        self, desk: UiContext, targets: list[_LockTarget], parent: QWidget | None = None
    ) -> None:
        super().__init__("Lock", "Lock", self._lock, parent)
        self._desk = desk
        self.set_about(
            "A locked school or zone stays as it is, no matter what is proposed or dragged."
        )
        session = desk.session
        project, plan = session.project, session.plan
        texts: dict[_LockTarget, str] = {}
        if plan is not None:
            for kind, target in targets:
                sites = f" with its {format_count(len(plan.sites_of(target)), 'site')}"
                text = describe_lock_target(project, plan, kind, target)
                texts[kind, target] = text + (sites if kind is LockScope.ZONE else "")
        self.what = make_choice_box(texts, name="What is locked")
        self.reason = QLineEdit(placeholderText="optional")
        self.add_rows(("&Keep", self.what), ("&Because", self.reason))
        self.reason.setFocus()

    def _lock(self) -> None:
        session = self._desk.session
        plan, at = session.plan, self.what.currentIndex()
        if plan is None or at < 0:
            raise UserError("no_plan.lock")
        kind, target = LockScope(self.what.itemData(at)[0]), self.what.itemData(at)[1]
        reason = self.reason.text().strip()
        session.apply(
            f"Lock {name_lock_target(session.project, kind, target)}",
            lambda project: add_plan_lock(project, plan.uid, kind, target, reason),
        )


def name_lock_target(project: Project, kind: LockScope, target: str) -> str:
    """Name what is locked: a school, “zone A”, “all zones of the Sheriff”."""
    if kind == LockScope.SITE:
        site = project.sites.get(target)
        return site.name if site else target
    return f"zone {target}" if kind == LockScope.ZONE else f"all zones of the {target}"


def describe_lock_target(project: Project, plan: Plan, kind: LockScope, target: str) -> str:
    """Name what is locked, a school with its zone, to begin a line with."""
    name = name_lock_target(project, kind, target)
    where = f" in {plan.assignment.get(target, 'no zone')}" if kind == LockScope.SITE else ""
    return f"{name[:1].upper()}{name[1:]}{where}"


def select_lock_target(desk: UiContext, lock: PlanLock) -> None:
    """Select what a lock is on; of an agency its first zone."""
    plan, units = desk.session.plan, desk.session.project.units
    if lock.kind is LockScope.SITE:
        desk.bridge.select(site=lock.target)
    elif lock.kind is LockScope.ZONE:
        desk.bridge.select(zone=lock.target)
    elif plan is not None:
        own = (zone.id for zone in plan.zones if units[zone.unit].agency == lock.target)
        desk.bridge.select(zone=next(own, None))


def lift_lock(desk: UiContext, plan_uid: str, lock: PlanLock) -> None:
    """Take a lock off a plan, as one step."""
    name = name_lock_target(desk.session.project, lock.kind, lock.target)
    desk.apply(
        f"Unlock {name}",
        lambda project: remove_plan_lock(project, plan_uid, lock.kind, lock.target),
    )


class LockActions:
    """Lock and unlock the selected site or zone, an agency, or everything."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        for name, do in {
            "lock": self.toggle_lock,
            "lock_agency": self.lock_agency,
            "unlock_all": self.unlock_all,
        }.items():
            desk.actions.set_handler(name, partial(desk.attempt, do))
        desk.bridge.project_changed.connect(self.refresh)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what each action would do now, and shut those that cannot."""
        actions, plan = self._desk.actions, self._desk.session.plan
        target = self._selected()
        kept = self._find_lock(target)
        able = plan is not None and plan.is_draft
        action = actions["lock"]
        action.setEnabled(able and target is not None)
        action.setIcon(self._desk.icons("lock"))
        noun = "Zone" if target is not None and target[0] is LockScope.ZONE else "Site"
        action.setText(f"Unlock {noun}" if kept else f"Lock {noun}…")
        action.setIconText("Unlock" if kept else "Lock")
        actions.set_tip("lock", self._tip(kept))
        actions["lock_agency"].setEnabled(able and plan is not None and bool(plan.zones))
        actions["unlock_all"].setEnabled(able and plan is not None and bool(plan.locks))

    def toggle_lock(self) -> None:
        """Lock what is selected, with a reason, or lift the lock that keeps it."""
        target = self._selected()
        if target is None:
            return
        lock, uid = self._find_lock(target), self._desk.session.plan_uid
        if lock is None or uid is None:
            LockDialog(self._desk, self._around(target), self._parent).ask()
        else:
            lift_lock(self._desk, uid, lock)

    def lock_agency(self) -> None:
        """Ask which agency's zones are locked; that of what is selected comes first."""
        plan, project = self._desk.session.plan, self._desk.session.project
        if plan is None:
            return
        first = self._agency_of(self._selected())
        units = [project.units[zone.unit] for zone in plan.zones if zone.unit in project.units]
        agencies = dict.fromkeys([*([first] if first else []), *(unit.agency for unit in units)])
        targets = [(LockScope.AGENCY, agency) for agency in agencies]
        LockDialog(self._desk, targets, self._parent).ask()

    def unlock_all(self) -> None:
        """Lift every lock of the plan on screen, as one step."""
        session = self._desk.session
        plan = session.plan
        if plan is not None:
            session.apply("Remove all locks", partial(_without_locks, plan=plan))

    def _selected(self) -> _LockTarget | None:
        """Return the site or zone that is selected, None where the plan has neither."""
        chosen, plan = self._desk.bridge.selection, self._desk.session.plan
        if plan is None:
            return None
        if chosen.site is not None:
            return (LockScope.SITE, chosen.site) if chosen.site in plan.assignment else None
        return (LockScope.ZONE, chosen.zone) if chosen.zone is not None else None

    def _find_lock(self, target: _LockTarget | None) -> PlanLock | None:
        """Return the lock that keeps a site or zone."""
        session = self._desk.session
        if target is None or session.plan is None:
            return None
        kind, key = target
        find = find_site_lock if kind is LockScope.SITE else find_zone_lock
        return find(session.project, session.plan, key)

    def _around(self, target: _LockTarget) -> list[_LockTarget]:
        """Return what may be locked of a target: itself, its zone, its agency."""
        kind, key = target
        plan = self._desk.session.plan
        zone = plan.assignment.get(key) if plan and kind is LockScope.SITE else None
        agency = self._agency_of(target)
        return [
            target,
            *([(LockScope.ZONE, zone)] if zone else []),
            *([(LockScope.AGENCY, agency)] if agency else []),
        ]

    def _agency_of(self, target: _LockTarget | None) -> str | None:
        plan, project = self._desk.session.plan, self._desk.session.project
        if plan is None or target is None:
            return None
        kind, key = target
        zone = plan.assignment.get(key) if kind is LockScope.SITE else key
        units = (project.units.get(own.unit) for own in plan.zones if own.id == zone)
        return next((unit.agency for unit in units if unit), None)

    def _tip(self, kept: PlanLock | None) -> str:
        if kept is None:
            return self._desk.actions.specs["lock"].tip
        words = name_lock_target(self._desk.session.project, kept.kind, kept.target)
        return f"Remove the lock on {words}{f' ({kept.reason})' if kept.reason else ''}."


def _without_locks(project: Project, plan: Plan) -> Project:
    for lock in plan.locks.values():
        project = remove_plan_lock(project, plan.uid, lock.kind, lock.target)
    return project


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
        self.button = push_button("Unlock", "Remove the selected lock (Del)", self.lift)
        self.all = make_action_tool_button(
            desk.actions["unlock_all"], Qt.ToolButtonStyle.ToolButtonTextOnly
        )
        self.bar = QWidget()
        make_row_layout(self.button, self.all, None, parent=self.bar)
        make_column_layout(self, self.empty, self.list, self.bar)
        desk.bridge.project_changed.connect(self.refresh)
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
        item.setToolTip(escape_tooltip(f"{text}. {lock.reason or 'No reason given.'}"))
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
