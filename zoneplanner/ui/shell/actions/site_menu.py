"""The context menu of a school, on the map, in tables and by the menu key."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu

from zoneplanner.app.geography.detached_choices import (
    DetachedChoice,
    list_detached_sites,
    settle_detached_sites,
)
from zoneplanner.app.help.action_specs import NO_PLAN, SELECT_SITE
from zoneplanner.app.plans.manual_assignment import reassign_site
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import find_site_lock, find_zone_refusal
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.messages import Message
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import make_strong_font, make_swatch_icon
from zoneplanner.ui.widgets.style.value_text import describe_unit

_LOG_ACTIONS = ("log_visit", "new_incident", "begin_lockdown")
_TEXTS = {
    "why_here": "Why Is It Here?",
    "log_visit": "Log a Visit…",
    "new_incident": "New Incident…",
    "begin_lockdown": "Lockdown (Real)…",
    "open_card": "Open Card",
}


class SiteMenu:
    """The menu of a school, which it selects; disabled entries explain why in their text."""

    def __init__(self, desk: UiContext, view: MapView, open_card: Callable[[], object]) -> None:
        self._desk, self._view = desk, view
        desk.actions.set_handler("open_card", open_card)
        desk.actions.set_handler("site_menu", self.ask_by_key)
        view.site_menu_requested.connect(self.ask)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _selection: object = None) -> None:
        """Enable the card's action if a site is selected."""
        selected = self._desk.bridge.selection.site is not None
        self._desk.actions["open_card"].setEnabled(selected)

    def ask(self, site_id: str, position: QPoint) -> None:
        """Select a site, and show its menu at a position on the screen."""
        self._view.end_hover()
        self._desk.bridge.select(site=site_id)
        menu = self.menu(site_id)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)

    def ask_by_key(self) -> None:
        """Show the menu of the focused widget, as the menu key does, or of the selected site."""
        focus, site = QApplication.focusWidget(), self._desk.bridge.selection.site
        if focus is not None:
            center = focus.rect().center()
            if isinstance(focus, QAbstractItemView) and (index := focus.currentIndex()).isValid():
                focus.scrollTo(index)
                center = focus.visualRect(index).center()
            keyboard = QContextMenuEvent.Reason.Keyboard
            event = QContextMenuEvent(keyboard, center, focus.mapToGlobal(center))
            QApplication.sendEvent(focus, event)
            if event.isAccepted():
                return
        if site is None:
            self._desk.notices.show_notice(SELECT_SITE)
        else:
            self.ask(site, self._view.find_screen_position(site))

    def menu(self, site_id: str) -> QMenu:
        """Return the menu of a site."""
        site, plan = self._desk.session.project.site(site_id), self._desk.session.plan
        menu = QMenu(self._view)
        menu.setToolTipsVisible(True)
        title = _add_entry(menu, site.name)
        title.setFont(make_strong_font())
        title.setEnabled(False)
        menu.addSeparator()
        if self._desk.actions["lock"].isVisible():
            denial = self._explain_not_assignable(site, plan)
            self._add_zones(menu, site, plan, denial)
            locked = plan is not None and find_site_lock(self._desk.session.project, plan, site.id)
            if not denial and (plan is None or site.id not in plan.assignment):
                denial = "It has no zone yet."
            text = "Unlock This School" if locked else "Lock This School…"
            self._add(menu, "lock", text, denial)
        self._add(menu, "why_here", _TEXTS["why_here"], "" if plan else NO_PLAN)
        self._add_detached_choices(menu, site)
        menu.addSeparator()
        for name in _LOG_ACTIONS:
            if self._desk.actions[name].isVisible():
                self._add(menu, name, self._desk.session.rewrite(_TEXTS[name]))
        menu.addSeparator()
        self._add(menu, "open_card", _TEXTS["open_card"])
        return menu

    def _add(self, menu: QMenu, name: str, text: str, denial: str = "") -> None:
        """Add an entry that triggers an action for the selected site."""
        action = self._desk.actions[name]
        entry = _add_entry(menu, text, denial)
        entry.setObjectName(name)
        entry.setIcon(action.icon())
        entry.setToolTip(denial or action.toolTip())
        entry.triggered.connect(action.trigger)

    def _add_detached_choices(self, menu: QMenu, site: Site) -> None:
        """Add the three choices for a site that water or other land cuts off."""
        session = self._desk.session
        parts = list_detached_sites(session)
        part = next((part for part in parts if site.id in part.sites), None)
        if part is None:
            return
        menu.addSeparator()
        near = session.saved_project.sites[part.joins[1]].name
        texts = {
            DetachedChoice.CONNECT: f"Cut-Off Site: Connect to {near}",
            DetachedChoice.SEPARATE: "Cut-Off Site: Serve Separately",
            DetachedChoice.UNPATROLLED: "Cut-Off Site: Not Patrolled",
        }
        for choice, text in texts.items():
            entry = _add_entry(menu, text)
            entry.setObjectName(f"detached {choice}")
            do = partial(settle_detached_sites, session, site.id, choice)
            entry.triggered.connect(lambda _=False, do=do: self._choose_detached(do))

    def _choose_detached(self, do: Callable[[], object]) -> None:
        if self._desk.may_edit() and self._desk.attempt(do):
            step = self._desk.session.undoable_step
            self._desk.report_done(f"{step.label}." if step else "")

    def _add_zones(self, menu: QMenu, site: Site, plan: Plan | None, denial: str) -> None:
        """Add all zones; those that the site cannot be assigned to are disabled with the reason."""
        if plan is None or denial:
            _add_entry(menu, "Assign to Zone", denial).setObjectName("give")
            return
        zones = menu.addMenu("Assign to Zone")
        zones.setToolTipsVisible(True)
        zones.menuAction().setObjectName("give")
        for zone in plan.zones:
            self._add_zone(zones, site, plan, zone)

    def _add_zone(self, menu: QMenu, site: Site, plan: Plan, zone: Zone) -> None:
        session = self._desk.session
        is_current = plan.assignment.get(site.id) == zone.id
        refusal = find_zone_refusal(session.state.project, plan, site, zone.id)
        reason = refusal.message if refusal else ""
        closed = ""
        if is_current:
            closed = str(Message("zone_closed.current"))
        elif refusal is not None:
            code = refusal.template.replace("zone_not_allowed.", "zone_closed.")
            closed = str(Message(code, **refusal.details))
        entry = _add_entry(menu, zone.id, closed)
        entry.setObjectName(f"give {zone.id}")
        entry.setIcon(make_swatch_icon(zone.color))
        entry.setToolTip(reason or describe_unit(session.project, zone.unit))
        do = partial(reassign_site, session, site.id, zone.id)
        entry.triggered.connect(lambda _=False: self._desk.attempt(do))

    def _explain_not_assignable(self, site: Site, plan: Plan | None) -> str:
        """Return why a site can be neither assigned nor locked, or "" if it can."""
        if plan is None:
            return NO_PLAN
        if not site.patrolled:
            return f"{site.name} is not patrolled."
        if not plan.is_draft:
            status = "adopted" if plan.is_adopted else "proposed"
            return str(Message("plan_copied_to_change", plan=plan.name, status=status))
        return ""


def _add_entry(menu: QMenu, text: str, denial: str = "") -> QAction:
    """Add an entry; a disabled one explains why in its text, since menus show tooltips late."""
    entry = menu.addAction(f"{text}: {denial}" if denial else text)
    entry.setEnabled(not denial)
    entry.setToolTip(denial or text)
    return entry
