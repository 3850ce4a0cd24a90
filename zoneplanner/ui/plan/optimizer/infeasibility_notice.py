"""What stands in the way of every plan, and buttons that mend it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from zoneplanner.app.plans.zone_counts import compute_max_zones
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.locks import find_site_lock
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.layout.basic_widgets import (
    clear_layout,
    make_column_layout,
    make_wrapped_label,
)
from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX, SPACING_PX

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
    """Return what would mend an infeasible problem, the mildest first.

    ``plan`` is the draft that the search started from, ``asked`` the numbers of zones by agency
    that are not its own.
    """
    project, found = reading.project, []
    most = {agency: compute_max_zones(project, plan, reading.basis, agency) for agency in asked}
    for agency, n in asked.items():
        if 0 < most[agency] < n:
            zones = "1 zone" if most[agency] == 1 else f"{most[agency]} zones"
            text = f"Use {zones} and propose again"
            found.append(InfeasibilityFix(text, zones=((agency, most[agency]),)))
    smallest = error.details.get("smallest_tolerance")
    if smallest is not None:
        found.append(
            InfeasibilityFix(f"Use ±{100 * smallest:g} % and propose again", tolerance=smallest)
        )
    lift = _locks(error, project, plan)
    if lift:
        found.append(
            InfeasibilityFix(f"Unlock {_named(lift, project)} and propose again", lift=lift)
        )
    return tuple(found)


class InfeasibleBox(QFrame):
    """The sentence and a button for each mend; ``mend`` is called with the one chosen."""

    def __init__(
        self, mend: Callable[[InfeasibilityFix], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._mend = mend
        self.setObjectName("stuck")
        self.setStyleSheet(
            f"#stuck {{ border: 1px solid palette(mid); border-radius: {CORNER_RADIUS_PX}px; }}"
        )
        self._rows = make_column_layout(self, margin_px=SPACING_PX, spacing_px=SPACING_PX)
        self.buttons: list[QPushButton] = []
        self.hide()

    def show_error(self, error: UserError, offers: tuple[InfeasibilityFix, ...]) -> None:
        """Show what stands in the way."""
        clear_layout(self._rows)
        text = make_wrapped_label(error.message)
        text.setProperty("role", "problem")
        self._rows.addWidget(text)
        self.buttons = []
        for offer in offers:
            button = QPushButton(offer.text)
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._choose, offer))
            self._rows.addWidget(button)
            self.buttons.append(button)
        self.show()

    def _choose(self, offer: InfeasibilityFix, _checked: bool = False) -> None:
        self.hide()
        self._mend(offer)


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


def _named(locks: tuple[PlanLock, ...], project: Project) -> str:
    names = [
        project.sites[lock.target].name
        if lock.kind is LockScope.SITE
        else f"Zone {lock.target}"
        if lock.kind is LockScope.ZONE
        else lock.target
        for lock in locks
    ]
    return " and ".join(names) if len(names) <= _MOST_NAMED else f"{len(names)} locks"
