"""The banner above the map during a what-if, the panel with its questions, and the actions."""

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

_MAX_LISTED_CHANGES = 2


class WhatIfBanner(MessageBanner):
    """Describes the what-if on screen, with buttons that discard, apply and compare it.

    ``compare_requested`` carries the uids of the base plan and of the what-if.
    """

    compare_requested = Signal(str, str)

    def __init__(self, desk: UiContext) -> None:
        self._desk, actions = desk, desk.actions
        self.discard = compact_button("Discard", do=actions["forget_what_if"].trigger)
        apply_tip = "Apply it to the whole project after you confirm."
        self.apply = compact_button("Apply…", apply_tip, actions["make_real"].trigger)
        self.compare = compact_button("Compare", do=self._compare)
        buttons = (self.discard, self.apply, self.compare)
        super().__init__(desk.icons, *buttons, icon="what_if", name="What-if on screen")
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Describe the plan on screen, or hide if it is not a what-if."""
        session = self._desk.session
        plan, saved = session.plan, session.saved_project
        supposed = list_what_if_changes(saved, plan) if plan is not None else ()
        changes = [change.say(session.formats) for change in supposed]
        self.setVisible(bool(changes))
        if plan is None or not changes:
            return
        base = find_base_plan(saved, plan)
        on = f" on “{base.name}”" if base is not None else ""
        unlisted = len(changes) - _MAX_LISTED_CHANGES
        more = f" and {unlisted} more" if unlisted > 0 else ""
        self.show_text(f"What-if{on}: {', '.join(changes[:_MAX_LISTED_CHANGES])}{more}.")
        self.text.setToolTip(escape_tooltip("\n".join(changes)))
        may_edit = not session.explain_denied_edit()
        self.discard.setVisible(may_edit)
        self.apply.setVisible(may_edit and bool(list_applicable_changes(saved, plan)))
        self.apply.setEnabled(plan.is_draft)
        self.discard.setEnabled(plan.is_draft)
        self.compare.setVisible(base is not None)
        if base is None:
            self.discard.setToolTip("Return this plan to the data on file.")
        else:
            self.compare.setToolTip(f"Compare “{base.name}” with this what-if.")
            self.discard.setToolTip(f"Delete “{plan.name}” and show “{base.name}” again.")

    def _compare(self) -> None:
        session = self._desk.session
        plan = session.plan
        base = find_base_plan(session.saved_project, plan) if plan is not None else None
        if plan is not None and base is not None:
            self.compare_requested.emit(base.uid, plan.uid)


class WhatIfPanel(LazyBodyPanel):
    """Asks for plans while a unit is off duty, or with more or fewer zones."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__(lambda: load_class("plan.what_if.what_if_view:WhatIfView")(desk))

    def ask_unit_off(self) -> None:
        """Move the focus to the unit field, with the selected zone's unit chosen."""
        self.body.ask_unit_off()
        self._reveal(self.body.off_button, self.body.unit)

    def focus_zone_count(self) -> None:
        """Focus the number of zones."""
        self.body.zones.setFocus()
        self._reveal(self.body.count_button, self.body.zones)

    def _reveal(self, *fields: QWidget) -> None:
        """Scroll to some fields once the panel is laid out."""
        QTimer.singleShot(0, self, lambda: show_in_scroll_area(*fields))


class WhatIfActions:
    """Handles the actions on what-ifs: close or open a site, change enrollment, apply, discard."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        for name, handle in (
            ("close_site", self._toggle_site),
            ("enrollment", self._ask_enrollment),
            ("make_real", self._ask_apply),
            ("forget_what_if", self._discard),
        ):
            desk.actions.set_handler(name, partial(desk.attempt, handle))
        desk.bridge.project_changed.connect(self.refresh)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Update what each action says, and disable the actions that don't apply now."""
        actions, session = self._desk.actions, self._desk.session
        plan, saved, site = session.plan, session.saved_project, self._selected_site()
        for name in ("close_site", "enrollment"):
            actions[name].setEnabled(plan is not None and site is not None)
        for name in ("unit_off", "other_count"):
            actions[name].setEnabled(plan is not None and bool(plan.zones))
        is_closed = site is not None and not site.patrolled
        actions["close_site"].setText("What If: Open Site" if is_closed else "What If: Close Site")
        actions["close_site"].setIconText("Open" if is_closed else "Close")
        actions["enrollment"].setIconText("Enrollment…")
        actions.set_tip(
            "close_site",
            f"Assume in a copy of the plan that {site.name if site else 'the selected site'} "
            f"is {'open' if is_closed else 'closed'}.",
        )
        what_if = plan is not None and plan.is_draft and bool(list_what_if_changes(saved, plan))
        actions["forget_what_if"].setEnabled(what_if)
        actions["make_real"].setEnabled(
            plan is not None and what_if and bool(list_applicable_changes(saved, plan))
        )

    def ask_planned(self, x_m: float, y_m: float) -> None:
        """Ask for a planned site at a position in project meters."""
        self._ask("PlannedSiteDialog", x_m, y_m)

    def _ask(self, dialog: str, *arguments: object) -> None:
        path = f"plan.what_if.what_if_dialogs:{dialog}"
        self._desk.ask(path, *arguments, parent=self._parent)

    def _toggle_site(self) -> None:
        """Ask how the selected site closes or opens; reopen it at once if a what-if closed it."""
        site, session = self._selected_site(), self._desk.session
        if site is None:
            return
        saved = session.saved_project.sites.get(site.id)
        if not site.patrolled and saved is not None and saved.patrolled:
            suppose_site_open(session, site.id)
        else:
            self._ask("CloseSiteDialog" if site.patrolled else "OpenSiteDialog", site)

    def _ask_enrollment(self) -> None:
        site = self._selected_site()
        if site is not None:
            self._ask("WhatIfEnrollmentDialog", site)

    def _ask_apply(self) -> None:
        plan = self._desk.session.plan
        if plan is not None:
            self._ask("ApplyWhatIfDialog", plan)

    def _discard(self) -> None:
        """Discard the what-if on screen; the notice offers to undo that."""
        session = self._desk.session
        name = session.plan.name if session.plan is not None else ""
        discard_what_if(session)
        self._desk.report_done(f"“{name}” was discarded.")

    def _selected_site(self) -> Site | None:
        return self._desk.session.project.sites.get(self._desk.bridge.selection.site or "")
