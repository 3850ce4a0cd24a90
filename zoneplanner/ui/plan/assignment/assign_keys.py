"""The number keys, each of which assigns the selected site to one of its eligible zones."""

from functools import partial

from zoneplanner.app.help.action_specs import MAX_DIGIT_ZONES, SELECT_SITE_TO_GIVE
from zoneplanner.app.plans.manual_assignment import list_eligible_zones, reassign_site
from zoneplanner.domain.plans.plan import Zone
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import describe_unit


class AssignKeys:
    """Keeps the actions ``give_1`` and so on up to date with the selection."""

    def __init__(self, desk: UiContext) -> None:
        self._desk = desk
        self._is_enabled = True
        for number in range(1, MAX_DIGIT_ZONES + 1):
            desk.actions.set_handler(f"give_{number}", partial(self.give, number))
        desk.bridge.selection_changed.connect(self.refresh)
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def set_enabled(self, enabled: bool = True) -> None:
        """Let the number keys assign sites, or leave them to other parts of the window."""
        self._is_enabled = enabled
        self.refresh()

    def refresh(self) -> None:
        """Update which zone each number key assigns to."""
        session, actions = self._desk.session, self._desk.actions
        site, zones = self._site(), self._zones()
        name = session.project.sites[site].name if site else ""
        for number in range(1, MAX_DIGIT_ZONES + 1):
            action = actions[f"give_{number}"]
            zone = zones[number - 1] if number <= len(zones) else None
            action.setVisible(zone is not None)
            if zone is None:
                continue
            action.setEnabled(bool(site) and self._is_enabled)
            action.setText(f"Assign to {zone.id}")
            unit = describe_unit(session.project, zone.unit)
            tip = f"Assign {name} to {zone.id}: {unit}." if site else SELECT_SITE_TO_GIVE
            actions.set_tip(f"give_{number}", tip)

    def give(self, number: int) -> None:
        """Assign the selected site to a zone by its number; a refusal is shown."""
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
        """Return the selected site if it may be assigned to a zone of the plan on screen."""
        site = self._desk.bridge.selection.site
        return site if site is not None and list_eligible_zones(self._desk.session, site) else None

    def _zones(self) -> tuple[Zone, ...]:
        """Return the number keys' zones: the site's eligible zones, or all if there is no site."""
        site, plan = self._site(), self._desk.session.plan
        if site is not None:
            return list_eligible_zones(self._desk.session, site)
        return plan.zones if plan else ()
