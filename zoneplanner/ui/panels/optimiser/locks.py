"""The locks that a search keeps: how many there are, and a way to each."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton

from zoneplanner.domain.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.roles import escape_tooltip
from zoneplanner.ui.kit.words import format_count

_NAMES = {
    LockScope.SITE: ("site", "sites"),
    LockScope.ZONE: ("zone", "zones"),
    LockScope.AGENCY: ("agency", "agencies"),
}


class LocksMenuButton(QToolButton):
    """Says how many locks the plan on screen has; its menu goes to each of them."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAutoRaise(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self.fill)
        self.refresh()

    def refresh(self) -> None:
        """Count the locks anew."""
        plan = self._desk.session.plan
        locks = list(plan.locks.values()) if plan is not None else []
        self.setIcon(self._desk.icons("lock" if locks else "unlock"))
        self.setText(f"{_locks_text(locks)} kept" if locks else "Nothing is locked")
        self.setMenu(self._menu if locks else None)  # type: ignore[arg-type]
        self.setEnabled(bool(locks))
        self.setToolTip("Locked sites and zones stay as they are. Choose one to see it.")

    def fill(self) -> QMenu:
        """Put a line for each lock into the menu."""
        self._menu.clear()
        session = self._desk.session
        plan = session.plan
        for lock in plan.locks.values() if plan is not None else ():
            action = self._menu.addAction(_lock_words(session.project, plan, lock))
            action.setToolTip(escape_tooltip(lock.reason))
            action.triggered.connect(partial(self._go, lock))
        return self._menu

    def _go(self, lock: PlanLock, _checked: bool = False) -> None:
        bridge, session = self._desk.bridge, self._desk.session
        if lock.kind is LockScope.SITE:
            bridge.select(site=lock.target)
        elif lock.kind is LockScope.ZONE:
            bridge.select(zone=lock.target)
        elif session.plan is not None:
            own = [
                zone.id
                for zone in session.plan.zones
                if session.project.units[zone.unit].agency == lock.target
            ]
            bridge.select(zone=own[0] if own else None)


def _locks_text(locks: list[PlanLock]) -> str:
    """Say how many sites, zones and agencies are locked."""
    parts = [
        format_count(n, *_NAMES[kind])
        for kind in LockScope
        if (n := sum(lock.kind is kind for lock in locks))
    ]
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _lock_words(project: Project, plan: Plan | None, lock: PlanLock) -> str:
    """Name what a lock is on, and its zone."""
    if lock.kind is LockScope.SITE:
        site = project.sites.get(lock.target)
        home = plan.assignment.get(lock.target) if plan is not None else None
        name = site.name if site is not None else lock.target
        return f"{name} in {home}" if home else name
    return f"Zone {lock.target}" if lock.kind is LockScope.ZONE else f"All zones of {lock.target}"
