"""What the actions on rules ask and do: assumptions, jurisdictions, and blocks moved by hand."""

from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.domain.edits import move_block
from zoneplanner.ui.dialogs.assumptions import AssumptionsDialog
from zoneplanner.ui.dialogs.decision import DecisionDialog
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.swatch import swatch


class RuleActions:
    """Edits what plans are judged by, and the blocks that no school decides."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        desk.actions.on("assumptions", lambda: AssumptionsDialog(desk, parent).ask())
        desk.actions.on("decide", self.decide)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _selection: object = None) -> None:
        """A jurisdiction is decided of a selected site."""
        self._desk.actions["decide"].setEnabled(self._desk.bridge.selection.site is not None)

    def decide(self) -> None:
        """Ask where the selected site lies."""
        site = self._desk.bridge.selection.site
        if site is not None:
            DecisionDialog(self._desk, self._desk.session.project.sites[site], self._parent).ask()

    def ask_block(self, block_id: str, at: QPoint) -> None:
        """Offer the zones that a block may be given to, at a place on the screen."""
        menu = self.block_menu(block_id)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def block_menu(self, block_id: str) -> QMenu:
        """Return the menu of a block: a zone each, shut with its reason where it may not be."""
        session = self._desk.session
        plan, project = session.plan, session.project
        menu = QMenu(self._parent)
        menu.setToolTipsVisible(True)
        block = project.blocks[block_id]
        inside = project.site_in(block)
        if plan is None or plan.adopted or inside is not None:
            shut = "No draft plan is on screen, so blocks stay."
            if inside is not None:
                shut = f"{inside.name} decides block {block_id}; move the school instead."
            menu.addAction(shut).setEnabled(False)
            return menu
        menu.addAction(f"Give block {block_id} to").setEnabled(False)
        held = plan.block_overrides.get(block_id)
        for zone in plan.zones:
            if not project.units[zone.unit].may_hold(block.jurisdiction):
                continue
            name = f"{zone.id} · {project.units[zone.unit].name}"
            action = QAction(swatch(zone.colour), name, menu)
            action.setCheckable(True)
            action.setChecked(zone.id == held)
            action.triggered.connect(partial(self._give, plan.uid, block_id, zone.id))
            menu.addAction(action)
        if held is not None:
            menu.addSeparator()
            menu.addAction("As Its Schools Decide", partial(self._give, plan.uid, block_id, None))
        return menu

    def _give(self, plan_uid: str, block_id: str, zone: str | None, *_checked: bool) -> None:
        label = f"Give block {block_id} to {zone or 'its nearest school'}"
        self._desk.attempt(
            lambda: self._desk.session.apply(
                label, lambda project: move_block(project, plan_uid, block_id, zone)
            )
        )
