"""The digits: each gives the selected site to a zone of those that may hold it."""

from functools import partial

from zoneplanner.app.help.action_specs import MAX_DIGIT_ZONES, SELECT_SITE_TO_GIVE
from zoneplanner.app.plans.manual_assignment import list_eligible_zones, reassign_site
from zoneplanner.domain.plans.plan import Zone
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import describe_unit


class AssignKeys:
    """Keeps the actions ``give_1`` and on in step with what is selected."""

    def __init__(self, desk: UiContext) -> None:
        self._desk = desk
        self._opened = True
        for number in range(1, MAX_DIGIT_ZONES + 1):
            desk.actions.set_handler(f"give_{number}", partial(self.give, number))
        desk.bridge.selection_changed.connect(self.refresh)
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def set_enabled(self, opened: bool = True) -> None:
        """Let the digits give sites, or leave them to what else has keys for them."""
        self._opened = opened
        self.refresh()

    def refresh(self) -> None:
        """Say to which zone each digit would give now."""
        session, actions = self._desk.session, self._desk.actions
        site, zones = self._site(), self._zones()
        name = session.project.sites[site].name if site else ""
        for number in range(1, MAX_DIGIT_ZONES + 1):
            action = actions[f"give_{number}"]
            zone = zones[number - 1] if number <= len(zones) else None
            action.setVisible(zone is not None)
            if zone is None:
                continue
            action.setEnabled(bool(site) and self._opened)
            action.setText(f"Assign to {zone.id}")
            unit = describe_unit(session.project, zone.unit)
            what = f"Assign {name} to {zone.id}: {unit}." if site else SELECT_SITE_TO_GIVE
            actions.set_tip(f"give_{number}", what)

    def give(self, number: int) -> None:
        """Give the selected site to a zone by its number; a refusal is shown."""
        site, zones, session = self._site(), self._zones(), self._desk.session
        if site is None or session.plan is None or number > len(zones):
            return
        zone = zones[number - 1].id
        if session.plan.assignment.get(site) == zone:
            name = session.project.sites[site].name
            self._desk.notices.show_notice(f"{name} is already in {zone}.")
        else:
            self._desk.attempt(partial(reassign_site, session, site, zone))

    def _site(self) -> str | None:
        """Return the selected site if the plan on screen may give it to a zone."""
        site = self._desk.bridge.selection.site
        return site if site is not None and list_eligible_zones(self._desk.session, site) else None

    def _zones(self) -> tuple[Zone, ...]:
        """Return the zones that the digits stand for: the site's own, else all of the plan."""
        site, plan = self._site(), self._desk.session.plan
        if site is not None:
            return list_eligible_zones(self._desk.session, site)
        return plan.zones if plan else ()
