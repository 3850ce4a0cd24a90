"""The locks of the plan on screen: the list, the actions, and the dialog that adds a lock."""

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
    """Asks what to lock and, optionally, why."""

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
        self.what = self.add_field("&Keep", make_choice_box(texts, name="What is locked"))
        self.reason = self.add_field("&Because", QLineEdit(placeholderText="optional"))
        self.reason.setFocus()

    def _lock(self) -> None:
        session = self._desk.session
        plan, choice = session.plan, self.what.currentData()
        if plan is None or choice is None:
            raise UserError("no_plan.lock")
        kind, target = LockScope(choice[0]), choice[1]
        reason = self.reason.text().strip()
        session.apply(
            f"Lock {name_lock_target(session.project, kind, target)}",
            lambda project: add_plan_lock(project, plan.uid, kind, target, reason),
        )


def name_lock_target(project: Project, kind: LockScope, target: str) -> str:
    """Return the name of what is locked: a school, “zone A”, “all zones of the Sheriff”."""
    if kind == LockScope.SITE:
        site = project.sites.get(target)
        return site.name if site else target
    return f"zone {target}" if kind == LockScope.ZONE else f"all zones of the {target}"


def describe_lock_target(project: Project, plan: Plan, kind: LockScope, target: str) -> str:
    """Return what is locked, capitalized; a school with its zone."""
    name = name_lock_target(project, kind, target)
    where = f" in {plan.assignment.get(target, 'no zone')}" if kind == LockScope.SITE else ""
    return f"{name[:1].upper()}{name[1:]}{where}"


def select_lock_target(desk: UiContext, lock: PlanLock) -> None:
    """Select the site or zone that a lock is on, or the first zone of an agency."""
    plan, units = desk.session.plan, desk.session.project.units
    if lock.kind is LockScope.SITE:
        desk.bridge.select(site=lock.target)
    elif lock.kind is LockScope.ZONE:
        desk.bridge.select(zone=lock.target)
    elif plan is not None:
        zones = (zone.id for zone in plan.zones if units[zone.unit].agency == lock.target)
        desk.bridge.select(zone=next(zones, None))


def lift_lock(desk: UiContext, plan_uid: str, lock: PlanLock) -> None:
    """Remove a lock from a plan as one step."""
    name = name_lock_target(desk.session.project, lock.kind, lock.target)
    desk.apply(
        f"Unlock {name}",
        lambda project: remove_plan_lock(project, plan_uid, lock.kind, lock.target),
    )


class LockActions:
    """Handles the actions that lock and unlock the selection, an agency, or everything."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        for name, handle in (
            ("lock", self._toggle_lock),
            ("lock_agency", self._lock_agency),
            ("unlock_all", self._unlock_all),
        ):
            desk.actions.set_handler(name, partial(desk.attempt, handle))
        desk.bridge.project_changed.connect(self.refresh)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Update what each action says, and disable the actions that don't apply now."""
        actions, plan = self._desk.actions, self._desk.session.plan
        target = self._selected_target()
        lock = self._find_lock(target)
        is_draft = plan is not None and plan.is_draft
        action = actions["lock"]
        action.setEnabled(is_draft and target is not None)
        action.setIcon(self._desk.icons("lock"))
        noun = "Zone" if target is not None and target[0] is LockScope.ZONE else "Site"
        action.setText(f"Unlock {noun}" if lock else f"Lock {noun}…")
        action.setIconText("Unlock" if lock else "Lock")
        actions.set_tip("lock", self._describe_action(lock))
        actions["lock_agency"].setEnabled(is_draft and plan is not None and bool(plan.zones))
        actions["unlock_all"].setEnabled(is_draft and plan is not None and bool(plan.locks))

    def _toggle_lock(self) -> None:
        """Remove the lock on the selection, or ask for a reason and lock it."""
        target = self._selected_target()
        if target is None:
            return
        lock, uid = self._find_lock(target), self._desk.session.plan_uid
        if lock is None or uid is None:
            LockDialog(self._desk, self._list_lockable(target), self._parent).ask()
        else:
            lift_lock(self._desk, uid, lock)

    def _lock_agency(self) -> None:
        """Ask which agency's zones to lock; the selection's agency is offered first."""
        plan, project = self._desk.session.plan, self._desk.session.project
        if plan is None:
            return
        first = self._agency_of(self._selected_target())
        units = [project.units[zone.unit] for zone in plan.zones if zone.unit in project.units]
        agencies = dict.fromkeys([*([first] if first else []), *(unit.agency for unit in units)])
        targets = [(LockScope.AGENCY, agency) for agency in agencies]
        LockDialog(self._desk, targets, self._parent).ask()

    def _unlock_all(self) -> None:
        """Remove every lock from the plan on screen as one step."""
        session = self._desk.session
        plan = session.plan
        if plan is not None:
            session.apply("Remove all locks", partial(_remove_locks, plan=plan))

    def _selected_target(self) -> _LockTarget | None:
        """Return the selected site or zone, or None if the plan has neither."""
        selection, plan = self._desk.bridge.selection, self._desk.session.plan
        if plan is None:
            return None
        site, zone = selection.site, selection.zone
        if site is not None:
            return (LockScope.SITE, site) if site in plan.assignment else None
        return (LockScope.ZONE, zone) if zone is not None else None

    def _find_lock(self, target: _LockTarget | None) -> PlanLock | None:
        """Return the lock that applies to a site or zone, directly or through its agency."""
        session = self._desk.session
        if target is None or session.plan is None:
            return None
        kind, key = target
        find = find_site_lock if kind is LockScope.SITE else find_zone_lock
        return find(session.project, session.plan, key)

    def _list_lockable(self, target: _LockTarget) -> list[_LockTarget]:
        """Return a target, and its zone and agency, which can be locked instead."""
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
        units = (project.units.get(each.unit) for each in plan.zones if each.id == zone)
        return next((unit.agency for unit in units if unit), None)

    def _describe_action(self, lock: PlanLock | None) -> str:
        if lock is None:
            return self._desk.actions.specs["lock"].tip
        name = name_lock_target(self._desk.session.project, lock.kind, lock.target)
        return f"Remove the lock on {name}{f' ({lock.reason})' if lock.reason else ''}."


def _remove_locks(project: Project, plan: Plan) -> Project:
    for lock in plan.locks.values():
        project = remove_plan_lock(project, plan.uid, lock.kind, lock.target)
    return project


_MAX_ROWS = 6
_KEY = Qt.ItemDataRole.UserRole


class LocksPanel(QWidget):
    """One row per lock; clicking a row selects what is locked. ``counted`` carries the count."""

    counted = Signal(int)

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.empty = make_muted_label(
            "Nothing is locked. Select a school or a zone and press Q to keep it as it is."
        )
        self.list = QListWidget()
        self.list.setAccessibleName("Locks")
        self.list.setIconSize(QSize(16, 16))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.itemClicked.connect(self._select_target)
        self.list.itemActivated.connect(self._select_target)
        self.list.currentRowChanged.connect(self._update_button)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Delete),
            self.list,
            self._remove_selected,
            context=Qt.ShortcutContext.WidgetShortcut,
        )
        self.button = push_button("Unlock", "Remove the selected lock (Del)", self._remove_selected)
        self.all = make_action_tool_button(
            desk.actions["unlock_all"], Qt.ToolButtonStyle.ToolButtonTextOnly
        )
        self.bar = QWidget()
        make_row_layout(self.button, self.all, None, parent=self.bar)
        make_column_layout(self, self.empty, self.list, self.bar)
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the locks of the plan on screen."""
        plan = self._desk.session.plan
        row = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        if plan is not None:
            for lock in plan.locks.values():
                self.list.addItem(self._make_item(plan, lock))
        locks = self.list.count()
        self.list.setCurrentRow(min(row, locks - 1))
        self.list.blockSignals(False)
        self.list.setFixedHeight(min(locks, _MAX_ROWS) * self.list.sizeHintForRow(0) + 2)
        for part in (self.list, self.bar):
            part.setVisible(bool(locks))
        self.empty.setVisible(not locks)
        self._update_button()
        self.counted.emit(locks)

    def _remove_selected(self) -> None:
        uid, lock = self._desk.session.plan_uid, self._lock_of(self.list.currentItem())
        if uid is not None and lock is not None:
            lift_lock(self._desk, uid, lock)

    def _make_item(self, plan: Plan, lock: PlanLock) -> QListWidgetItem:
        text = describe_lock_target(self._desk.session.project, plan, lock.kind, lock.target)
        item = QListWidgetItem(f"{text}: {lock.reason}" if lock.reason else text)
        item.setIcon(self._desk.icons("lock"))
        item.setToolTip(escape_tooltip(f"{text}. {lock.reason or 'No reason given.'}"))
        item.setData(_KEY, lock.key)
        return item

    def _lock_of(self, item: QListWidgetItem | None) -> PlanLock | None:
        plan = self._desk.session.plan
        return plan.locks.get(item.data(_KEY)) if plan is not None and item is not None else None

    def _update_button(self) -> None:
        plan = self._desk.session.plan
        is_selected = self.list.currentItem() is not None
        self.button.setEnabled(is_selected and plan is not None and plan.is_draft)

    def _select_target(self, item: QListWidgetItem) -> None:
        lock = self._lock_of(item)
        if lock is not None:
            select_lock_target(self._desk, lock)
