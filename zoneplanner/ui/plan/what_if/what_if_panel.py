"""The band over the map's upper edge while a what-if is on screen.

What the actions on what-ifs ask and do.
"""

from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.app.plans.what_if import (
    discard_what_if,
    find_base_plan,
    list_applicable_changes,
    list_what_if_changes,
    suppose_site_open,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyBodyPanel,
    MessageBanner,
    compact_button,
    escape_tooltip,
    show_in_scroll_area,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class

_MOST_LISTED = 2


class WhatIfBanner(MessageBanner):
    """Says what is supposed on which plan; discards it, applies it, compares it.

    ``compare_asked`` carries the uids of the plan it came from and of the what-if.
    """

    compare_asked = Signal(str, str)

    def __init__(self, desk: UiContext) -> None:
        self._desk, actions = desk, desk.actions
        self.forget = compact_button("Discard", do=actions["forget_what_if"].trigger)
        self.real = compact_button(
            "Apply…",
            "Apply it to the whole project after you confirm.",
            actions["make_real"].trigger,
        )
        self.compare = compact_button("Compare", do=self._compare)
        buttons = (self.forget, self.real, self.compare)
        super().__init__(desk.icons, *buttons, icon="what_if", name="What-if on screen")
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Follow the plan on screen."""
        session = self._desk.session
        plan, saved = session.plan, session.state.saved_project
        changes = list_what_if_changes(saved, plan, session.formats) if plan is not None else ()
        self.setVisible(bool(changes))
        if plan is None or not changes:
            return
        base = find_base_plan(saved, plan)
        on = f" on “{base.name}”" if base is not None else ""
        more = len(changes) - _MOST_LISTED
        rest = f" and {more} more" if more > 0 else ""
        self.show_text(f"What-if{on}: {', '.join(changes[:_MOST_LISTED])}{rest}.")
        self.text.setToolTip(escape_tooltip("\n".join(changes)))
        may = not session.explain_denied_edit()
        self.forget.setVisible(may)
        self.real.setVisible(may and bool(list_applicable_changes(saved, plan)))
        self.real.setEnabled(plan.is_draft)
        self.forget.setEnabled(plan.is_draft)
        self.compare.setVisible(base is not None)
        if base is None:
            self.forget.setToolTip("Return this plan to the data on file.")
        else:
            self.compare.setToolTip(f"Compare “{base.name}” with this what-if.")
            self.forget.setToolTip(f"Delete “{plan.name}” and show “{base.name}” again.")

    def _compare(self) -> None:
        session = self._desk.session
        plan = session.plan
        base = find_base_plan(session.state.saved_project, plan) if plan is not None else None
        if plan is not None and base is not None:
            self.compare_asked.emit(base.uid, plan.uid)


class WhatIfPanel(LazyBodyPanel):
    """Asks what to do while a unit is off, or with more or fewer zones."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(lambda: load_class("plan.what_if.what_if_view:WhatIfView")(desk), parent)

    def ask_unit_off(self) -> None:
        """Take the focus to the unit that may be off; that of the selected zone first."""
        self.body.ask_unit_off()
        self._reveal(self.body.off_button, self.body.unit)

    def ask_count(self) -> None:
        """Take the focus to the number of zones."""
        self.body.zones.setFocus()
        self._reveal(self.body.count_button, self.body.zones)

    def _reveal(self, *fields: QWidget) -> None:
        """Scroll to a question, once what is in the panel has its place."""
        QTimer.singleShot(0, self, lambda: show_in_scroll_area(*fields))


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
        desk.bridge.project_changed.connect(self.refresh)
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
            f"Assume in a copy of the plan that {site.name if site else 'the selected site'} "
            f"is {'open' if closed else 'closed'}.",
        )
        what_if = plan is not None and plan.is_draft and bool(list_what_if_changes(kept, plan))
        actions["forget_what_if"].setEnabled(what_if)
        actions["make_real"].setEnabled(
            plan is not None and what_if and bool(list_applicable_changes(kept, plan))
        )

    def turn_site(self) -> None:
        """Ask how the selected site closes or from when it opens; take back that it closes."""
        site, session = self._selected(), self._desk.session
        if site is None:
            return
        fact = session.saved_project.sites.get(site.id)
        if not site.patrolled and fact is not None and fact.patrolled:
            suppose_site_open(session, site.id)
        else:
            dialog = "CloseSiteDialog" if site.patrolled else "OpenSiteDialog"
            asked = f"plan.what_if.what_if_dialogs:{dialog}"
            self._desk.ask(asked, site, parent=self._parent)

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
        self._desk.report_done(f"“{name}” was discarded.")

    def _selected(self) -> Site | None:
        chosen = self._desk.bridge.selection.site
        return self._desk.session.project.sites.get(chosen) if chosen is not None else None
