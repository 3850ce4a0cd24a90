"""The action that decides a jurisdiction, and the menu that assigns blocks by hand."""

from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.domain.plans.edits import find_zone_lock, move_block
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import make_swatch_icon


class AssumptionActions:
    """Opens the dialog on a site's jurisdiction, and the menus of blocks."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        desk.actions.set_handler("decide", self.decide)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _selection: object = None) -> None:
        """Enable the jurisdiction decision only if a site is selected."""
        self._desk.actions["decide"].setEnabled(self._desk.bridge.selection.site is not None)

    def decide(self) -> None:
        """Ask for the jurisdiction of the selected site."""
        site_id = self._desk.bridge.selection.site
        if site_id is not None:
            dialog = "plan.assumptions.assumptions_dialog:JurisdictionDecisionDialog"
            site = self._desk.session.project.sites[site_id]
            self._desk.ask(dialog, site, parent=self._parent)

    def ask_block(self, block_id: str, position: QPoint) -> None:
        """Open the menu of a block at a position on the screen."""
        if not self._desk.may_edit():
            return
        menu = self.block_menu(block_id)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)

    def block_menu(self, block_id: str) -> QMenu:
        """Return the menu of a block: its eligible zones, what-ifs, and actions on its zone."""
        menu = QMenu(self._parent)
        menu.setToolTipsVisible(True)
        self._add_zones(menu, block_id)
        self._add_what_ifs(menu, block_id)
        zone = self._zone_around(block_id)
        if zone is not None:
            menu.addSeparator()
            self._add_zone_actions(menu, zone)
        return menu

    def _add_zones(self, menu: QMenu, block_id: str) -> None:
        """Add the zones eligible for a block, or a disabled entry that says why there are none."""
        session = self._desk.session
        plan, project = session.plan, session.project
        block = project.blocks[block_id]
        inside = project.find_site_in(block)
        if plan is None or not plan.is_draft or inside is not None:
            reason = "No draft plan is on screen, so blocks can’t be changed."
            if inside is not None:
                reason = f"Block {block_id} belongs to {inside.name}; move the school instead."
            menu.addAction(reason).setEnabled(False)
            return
        menu.addAction(f"Assign block {block_id} to").setEnabled(False)
        assigned = plan.block_overrides.get(block_id)
        for zone in plan.zones:
            unit = project.units.get(zone.unit)
            if unit is None or not unit.may_be_primary(block.jurisdiction):
                continue
            action = QAction(
                make_swatch_icon(zone.color),
                f"{zone.id} · {name_unit_beside(unit.name, zone.id)}",
                menu,
            )
            action.setCheckable(True)
            action.setChecked(zone.id == assigned)
            action.triggered.connect(partial(self._assign, plan.uid, block_id, zone.id))
            menu.addAction(action)
        if assigned is not None:
            menu.addSeparator()
            menu.addAction("Its Nearest School", partial(self._assign, plan.uid, block_id, None))

    def _add_what_ifs(self, menu: QMenu, block_id: str) -> None:
        """Add the what-ifs about the sites in a block, patrolled or not."""
        session = self._desk.session
        area = session.project.blocks[block_id].area
        if session.plan is None:
            return
        for site in session.project.sites.values():
            if area.covers(site.point):
                verb = "Close" if site.patrolled else "Open"
                for name, text in (
                    ("close_site", f"{verb} {site.name}"),
                    ("enrollment", f"Different Enrollment for {site.name}…"),
                ):
                    menu.addAction(
                        self._desk.icons("what_if"),
                        f"What If: {text}",
                        partial(self._trigger, name, site=site.id),
                    )

    def _add_zone_actions(self, menu: QMenu, zone: str) -> None:
        session = self._desk.session
        plan = session.plan
        is_locked = plan is not None and find_zone_lock(session.project, plan, zone) is not None
        for name, icon, text in (
            ("lock", "unlock", f"Unlock Zone {zone}")
            if is_locked
            else ("lock", "lock", f"Lock Zone {zone}…"),
            ("unit_off", "what_if", f"What If: Unit of {zone} Off for a Day…"),
            ("zoom_zone", "zoom_zone", f"Zoom to Zone {zone}"),
        ):
            entry = menu.addAction(
                self._desk.icons(icon), text, partial(self._trigger, name, zone=zone)
            )
            entry.setEnabled(name != "lock" or (plan is not None and plan.is_draft))

    def _trigger(self, action: str, *, site: str = "", zone: str = "") -> None:
        """Select a site or a zone, and trigger an action on it."""
        self._desk.bridge.select(site=site or None, zone=zone or None)
        self._desk.actions[action].trigger()

    def _zone_around(self, block_id: str) -> str | None:
        """Return the zone that contains a block."""
        state = self._desk.session.state
        middle = state.project.blocks[block_id].area.representative_point()
        outlines = state.outlines.items()
        return next((zone for zone, line in outlines if line.area.covers(middle)), None)

    def _assign(self, plan_uid: str, block_id: str, zone: str | None, *_checked: bool) -> None:
        label = f"Assign block {block_id} to {zone or 'its nearest school'}"
        self._desk.apply(label, lambda project: move_block(project, plan_uid, block_id, zone))
