"""Why no plan is possible, and buttons that fix it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QPushButton, QVBoxLayout

from zoneplanner.app.plans.optimization import find_workable_tolerance
from zoneplanner.app.plans.zone_counts import compute_max_zones
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.locks import find_site_lock
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.plan.assignment.lock_actions import name_lock_target
from zoneplanner.ui.widgets.layout.basic_widgets import (
    OfferCard,
    WrappedLabel,
    add_layout_parts,
    clear_layout,
    push_button,
)

_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class InfeasibilityFix:
    """One thing to do: another tolerance, fewer zones, or no locks, and propose again."""

    text: str
    tolerance: float | None = None
    zones: tuple[tuple[str, int], ...] = ()
    lift: tuple[PlanLock, ...] = ()


def suggest_infeasibility_fixes(
    error: UserError, reading: ProjectState, plan: Plan, asked: Mapping[str, int]
) -> tuple[InfeasibilityFix, ...]:
    """Return what would fix an infeasible problem, the mildest first.

    ``plan`` is the draft that the search started from, ``asked`` the numbers of zones by agency
    that are not its own.
    """
    project, found = reading.project, []
    most = {agency: compute_max_zones(project, plan, reading.basis, agency) for agency in asked}
    for agency, n in asked.items():
        if 0 < most[agency] < n:
            text = f"Use {format_count(most[agency], 'zone')} and propose again"
            found.append(InfeasibilityFix(text, zones=((agency, most[agency]),)))
    smallest = find_workable_tolerance(error)
    if smallest is not None:
        text = f"Use ±{100 * smallest:g}% and propose again"
        found.append(InfeasibilityFix(text, tolerance=smallest))
    lift = _locks(error, project, plan)
    if lift:
        names = [name_lock_target(project, lock.kind, lock.target) for lock in lift]
        named = " and ".join(names) if len(names) <= _MOST_NAMED else f"{len(names)} locks"
        found.append(InfeasibilityFix(f"Unlock {named} and propose again", lift=lift))
    return tuple(found)


class InfeasibleBox(OfferCard):
    """The sentence and a button for each fix; ``fix`` is called with the one chosen."""

    def __init__(self, fix: Callable[[InfeasibilityFix], object]) -> None:
        self._rows = QVBoxLayout()
        super().__init__(self._rows)
        self._fix = fix
        self.buttons: list[QPushButton] = []
        self.hide()

    def show_error(self, error: UserError, offers: tuple[InfeasibilityFix, ...]) -> None:
        """Show what stands in the way."""
        clear_layout(self._rows)
        text = WrappedLabel(error.message)
        text.setProperty("role", "problem")
        self.buttons = [push_button(offer.text, do=partial(self._take, offer)) for offer in offers]
        add_layout_parts(self._rows, (text, *self.buttons))
        self.show()

    def _take(self, offer: InfeasibilityFix) -> None:
        self.hide()
        self._fix(offer)


def _locks(error: UserError, project: Project, plan: Plan) -> tuple[PlanLock, ...]:
    """The locks behind the sites that stand in the way; of a closed zone, its own."""
    found: dict[str, PlanLock] = {}
    for site in error.details.get("lift", ()):
        lock = find_site_lock(project, plan, site)
        if lock is not None:
            found[lock.key] = lock
    if error.details.get("rule") == "closed":
        found |= {key: lock for key, lock in plan.locks.items() if lock.kind is not LockScope.SITE}
    return tuple(found.values())
