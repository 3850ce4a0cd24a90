"""What the actions on rules ask and do: assumptions, jurisdictions, and blocks moved by hand."""

from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.domain.plans.edits import move_block
from zoneplanner.domain.plans.locks import find_zone_lock
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.icons import make_swatch_icon


class AssumptionActions:
    """Edits what plans are judged by, and the blocks that no school decides."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        desk.actions.set_handler("assumptions", self.ask_assumptions)
        desk.actions.set_handler("travel", self.travel)
        desk.actions.set_handler("decide", self.decide)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _selection: object = None) -> None:
        """A jurisdiction is decided of a selected site."""
        self._desk.actions["decide"].setEnabled(self._desk.bridge.selection.site is not None)

    def ask_assumptions(self) -> None:
        """Show the assumptions to edit."""
        from zoneplanner.ui.plan.assumptions.assumptions_dialog import AssumptionsDialog

        AssumptionsDialog(self._desk, self._parent).ask()

    def travel(self) -> None:
        """Show where driving minutes come from."""
        from zoneplanner.ui.plan.assumptions.travel_dialog import TravelDialog

        TravelDialog(self._desk, self._parent).ask()

    def decide(self) -> None:
        """Ask where the selected site lies."""
        from zoneplanner.ui.plan.assumptions.jurisdiction_dialog import JurisdictionDecisionDialog

        site = self._desk.bridge.selection.site
        if site is not None:
            JurisdictionDecisionDialog(
                self._desk, self._desk.session.project.sites[site], self._parent
            ).ask()

    def ask_block(self, block_id: str, at: QPoint) -> None:
        """Offer the zones that a block may be given to, at a place on the screen."""
        if not self._desk.may_edit():
            return
        menu = self.block_menu(block_id)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def block_menu(self, block_id: str) -> QMenu:
        """Return the menu of a block: who may have it, and what to do with the zone around it."""
        menu = QMenu(self._parent)
        menu.setToolTipsVisible(True)
        self._add_homes(menu, block_id)
        self._add_what_ifs(menu, block_id)
        zone = self._zone_around(block_id)
        if zone is not None:
            menu.addSeparator()
            self._add_zone(menu, zone)
        return menu

    def _add_homes(self, menu: QMenu, block_id: str) -> None:
        """Offer the zones that may have a block; shut with its reason where it may not be given."""
        session = self._desk.session
        plan, project = session.plan, session.project
        block = project.blocks[block_id]
        inside = project.find_site_in(block)
        if plan is None or not plan.is_draft or inside is not None:
            shut = "No draft plan is on screen, so blocks stay."
            if inside is not None:
                shut = f"{inside.name} decides block {block_id}; move the school instead."
            menu.addAction(shut).setEnabled(False)
            return
        menu.addAction(f"Give block {block_id} to").setEnabled(False)
        held = plan.block_overrides.get(block_id)
        for zone in plan.zones:
            unit = project.units.get(zone.unit)
            if unit is None or not unit.may_be_primary(block.jurisdiction):
                continue
            action = QAction(make_swatch_icon(zone.color), f"{zone.id} · {unit.name}", menu)
            action.setCheckable(True)
            action.setChecked(zone.id == held)
            action.triggered.connect(partial(self._give, plan.uid, block_id, zone.id))
            menu.addAction(action)
        if held is not None:
            menu.addSeparator()
            menu.addAction("As Its Schools Decide", partial(self._give, plan.uid, block_id, None))

    def _add_what_ifs(self, menu: QMenu, block_id: str) -> None:
        """Offer what may be supposed of the sites in a block, patrolled or not."""
        session = self._desk.session
        area = session.project.blocks[block_id].area
        if session.plan is None:
            return
        for site in session.project.sites.values():
            if area.covers(site.point):
                turn = "Close" if site.patrolled else "Open"
                for name, text in (("close_site", turn), ("enrollment", "Another Enrollment of")):
                    menu.addAction(
                        self._desk.icons("what_if"),
                        f"What If: {text} {site.name}{'' if name == 'close_site' else '…'}",
                        partial(self._with_site, site.id, name),
                    )

    def _add_zone(self, menu: QMenu, zone: str) -> None:
        session = self._desk.session
        plan = session.plan
        kept = find_zone_lock(session.project, plan, zone) if plan is not None else None
        lock = menu.addAction(
            self._desk.icons("unlock" if kept else "lock"),
            f"Unlock Zone {zone}" if kept else f"Lock Zone {zone}…",
            partial(self._with_zone, zone, "lock"),
        )
        lock.setEnabled(plan is not None and plan.is_draft)
        menu.addAction(
            self._desk.icons("what_if"),
            f"What If: Unit of {zone} Off for a Day…",
            partial(self._with_zone, zone, "unit_off"),
        )
        menu.addAction(
            self._desk.icons("zoom_zone"),
            f"Zoom to Zone {zone}",
            partial(self._with_zone, zone, "zoom_zone"),
        )

    def _with_zone(self, zone: str, action: str) -> None:
        self._desk.bridge.select(zone=zone)
        self._desk.actions[action].trigger()

    def _with_site(self, site: str, action: str) -> None:
        self._desk.bridge.select(site=site)
        self._desk.actions[action].trigger()

    def _zone_around(self, block_id: str) -> str | None:
        """Return the zone that has the middle of a block."""
        reading = self._desk.session.state
        middle = reading.project.blocks[block_id].area.representative_point()
        outlines = reading.outlines.items()
        return next((zone for zone, line in outlines if line.area.covers(middle)), None)

    def _give(self, plan_uid: str, block_id: str, zone: str | None, *_checked: bool) -> None:
        label = f"Give block {block_id} to {zone or 'its nearest school'}"
        self._desk.attempt(
            lambda: self._desk.session.apply(
                label, lambda project: move_block(project, plan_uid, block_id, zone)
            )
        )
