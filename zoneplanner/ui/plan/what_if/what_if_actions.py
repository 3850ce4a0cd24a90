"""What the actions on what-ifs ask and do."""

from functools import partial

from PySide6.QtWidgets import QWidget

from zoneplanner.app.plans.what_if import (
    discard_what_if,
    list_applicable_changes,
    list_what_if_changes,
    suppose_site_open,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.ui.widgets.services.ui_context import UiContext


class WhatIfActions:
    """Close or open the selected site, change its enrollment, forget a what-if, make it real."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        for name, do in {
            "close_site": self.turn_site,
            "enrollment": self.ask_enrollment,
            "make_real": self.ask_real,
            "forget_what_if": self.forget,
        }.items():
            desk.actions.set_handler(name, partial(desk.attempt, do))
        desk.bridge.changed.connect(self.refresh)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Say what each action would do now, and shut those that cannot."""
        actions, session = self._desk.actions, self._desk.session
        plan, kept, site = session.plan, session.state.saved_project, self._selected()
        for name in ("close_site", "enrollment"):
            actions[name].setEnabled(plan is not None and site is not None)
        for name in ("unit_off", "other_count"):
            actions[name].setEnabled(plan is not None and bool(plan.zones))
        closed = site is not None and not site.patrolled
        actions["close_site"].setText("What If: Open Site" if closed else "What If: Close Site")
        actions["close_site"].setIconText("Open" if closed else "Close")
        actions["enrollment"].setIconText("Enrollment…")
        actions.set_tip(
            "close_site",
            f"Assume in a branch of the plan that {site.name if site else 'the selected site'} "
            f"is {'open' if closed else 'closed'}.",
        )
        what_if = plan is not None and plan.is_draft and bool(list_what_if_changes(kept, plan))
        actions["forget_what_if"].setEnabled(what_if)
        actions["make_real"].setEnabled(
            plan is not None and what_if and bool(list_applicable_changes(kept, plan))
        )

    def turn_site(self) -> None:
        """Ask how the selected site closes, or suppose it open where it is closed."""
        site = self._selected()
        if site is not None and not site.patrolled:
            suppose_site_open(self._desk.session, site.id)
        elif site is not None:
            dialog = "plan.what_if.what_if_dialogs:CloseSiteDialog"
            self._desk.ask(dialog, site, parent=self._parent)

    def ask_enrollment(self) -> None:
        """Ask for the students of the selected site."""
        site = self._selected()
        if site is not None:
            self._desk.ask(
                "plan.what_if.what_if_dialogs:WhatIfEnrollmentDialog", site, parent=self._parent
            )

    def ask_planned(self, x_m: float, y_m: float) -> None:
        """Ask for a planned site at a place in meters."""
        self._desk.ask(
            "plan.what_if.what_if_dialogs:PlannedSiteDialog", x_m, y_m, parent=self._parent
        )

    def ask_real(self) -> None:
        """Ask before the facts follow the what-if on screen."""
        plan = self._desk.session.plan
        if plan is not None:
            self._desk.ask(
                "plan.what_if.what_if_dialogs:ApplyWhatIfDialog", plan, parent=self._parent
            )

    def forget(self) -> None:
        """Take the what-if on screen out of the project; undo brings it back."""
        session = self._desk.session
        name = session.plan.name if session.plan is not None else ""
        discard_what_if(session)
        self._desk.report_done(f"“{name}” is discarded.")

    def _selected(self) -> Site | None:
        chosen = self._desk.bridge.selection.site
        return self._desk.session.project.sites.get(chosen) if chosen is not None else None
