"""The progress of a search in words and as a chart, and how to fix an infeasible problem."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from zoneplanner.app.plans.candidates import ScoredPlan
from zoneplanner.app.plans.zone_counts import compute_max_zones
from zoneplanner.app.plans.zone_proposals import find_workable_tolerance
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.edits import find_site_lock
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import describe_deviation, format_count
from zoneplanner.ui.plan.assignment.locks_panel import name_lock_target
from zoneplanner.ui.widgets.charts.step_chart import StepChart, StepLine
from zoneplanner.ui.widgets.layout.basic_widgets import (
    OfferCard,
    WrappedLabel,
    add_layout_parts,
    clear_layout,
    make_column_layout,
    make_muted_label,
    push_button,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX
from zoneplanner.ui.widgets.style.value_text import (
    format_number,
    summarize_proof,
)

_BAR_PX = 6
_TEXT_PX = 84
"""Five lines, reserved from the start: otherwise what is below would move with each plan."""
_DRAWN_GAP = 0.2
_Point = tuple[float, float]


class SearchProgress(QWidget):
    """Shows a search's text, figures and chart, which stay when the search ends."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setFixedHeight(_BAR_PX)
        self.bar.setAccessibleName("Searching")
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.text = WrappedLabel()
        self.figures = make_muted_label()
        self.chart = StepChart("Drive and its proven minimum during the search")
        texts = QWidget()
        make_column_layout(texts, self.text, self.figures, None, margin_px=0, spacing_px=GRID_PX)
        texts.setMinimumHeight(_TEXT_PX)
        make_column_layout(self, self.bar, texts, self.chart, margin_px=0, spacing_px=GRID_PX)
        self._costs: list[_Point] = []
        self._bounds: list[_Point] = []
        self.clear()

    def begin(self) -> None:
        """Show that a search has begun, with room for all its texts."""
        self.clear()
        self.text.setText("Searching for a first plan…")
        self.bar.show()
        self.show()

    def clear(self) -> None:
        """Hide and discard the previous search."""
        self._costs, self._bounds = [], []
        self.bar.hide()
        self.figures.clear()
        self.chart.show_lines((), low=0.0, high=1.0, description="")
        self.text.clear()
        self.hide()

    def show_candidate(self, candidate: ScoredPlan) -> None:
        """Show the best plan so far and how much better one could be."""
        proposal, proof = candidate.proposal, describe_candidate_proof(candidate)
        self.text.setText(proof)
        self.figures.setText(describe_candidate_figures(candidate))
        _extend_steps(self._costs, proposal.seconds, proposal.cost)
        _extend_steps(self._bounds, proposal.seconds, proposal.bound)
        least_drawn = proposal.cost * (1 - _DRAWN_GAP)
        bounds = [point for point in self._bounds if point[1] > least_drawn]
        lines = [StepLine("best", self._costs)]
        if bounds:
            role = QPalette.ColorRole.PlaceholderText
            lines.append(StepLine("least", bounds, role, dashed=True))
        highest = max(cost for _, cost in self._costs)
        self.chart.show_lines(
            lines,
            low=min((bound for _, bound in bounds), default=0.9 * highest),
            high=highest,
            description=f"{proof} The best plan found costs {format_number(proposal.cost, 1)} "
            "trip-minutes per day; no plan can cost less than "
            f"{format_number(proposal.bound, 1)}.",
        )


def describe_candidate_proof(candidate: ScoredPlan) -> str:
    """Describe how good a plan is, and whether goals other than driving count toward that."""
    return summarize_proof(candidate.proposal.gap, combined=candidate.proposal.weighed)


def describe_candidate_figures(candidate: ScoredPlan) -> str:
    """Describe a plan's driving, balance, and the students it moves."""
    text = (
        f"{format_number(candidate.drive_min)} min of driving per day; the worst zone is "
        f"{describe_deviation(candidate.worst_deviation)}."
    )
    text = " ".join((text, *(note.text for note in candidate.uneven_shares)))
    if not candidate.like:
        return text
    sites, students = candidate.sites_moved, candidate.students_moved
    if not sites:
        return f"{text} No site moves from “{candidate.like}”."
    who = f"{format_count(sites, 'site')} with {format_count(students, 'student')}"
    return f"{text} {who} {'moves' if sites == 1 else 'move'} from “{candidate.like}”."


def _extend_steps(points: list[_Point], seconds: float, value: float) -> None:
    """Append a point to a step line; an unchanged value only extends the last step."""
    if len(points) > 1 and points[-1][1] == value == points[-2][1]:
        points[-1] = (seconds, value)
    else:
        points.append((seconds, value))


_MAX_NAMED_LOCKS = 2


@dataclass(frozen=True, slots=True)
class InfeasibilityFix:
    """A change that makes the search feasible: another tolerance, fewer zones, or no locks."""

    text: str
    tolerance: float | None = None
    zones: tuple[tuple[str, int], ...] = ()
    unlock: tuple[PlanLock, ...] = ()


def suggest_infeasibility_fixes(
    error: UserError, state: ProjectState, plan: Plan, zone_counts: Mapping[str, int]
) -> tuple[InfeasibilityFix, ...]:
    """Return what would fix an infeasible search, the smallest change first.

    ``plan`` is the draft that the search started from; ``zone_counts`` are the requested numbers
    of zones by agency that differ from the draft's.
    """
    project, fixes = state.project, list[InfeasibilityFix]()
    for agency, count in zone_counts.items():
        most = compute_max_zones(project, plan, state.basis, agency)
        if 0 < most < count:
            text = f"Use {format_count(most, 'zone')} and propose again"
            fixes.append(InfeasibilityFix(text, zones=((agency, most),)))
    tolerance = find_workable_tolerance(error)
    if tolerance is not None:
        text = f"Use ±{100 * tolerance:g}% and propose again"
        fixes.append(InfeasibilityFix(text, tolerance=tolerance))
    locks = _find_blocking_locks(error, project, plan)
    if locks:
        names = [name_lock_target(project, lock.kind, lock.target) for lock in locks]
        which = " and ".join(names) if len(names) <= _MAX_NAMED_LOCKS else f"{len(names)} locks"
        fixes.append(InfeasibilityFix(f"Unlock {which} and propose again", unlock=locks))
    return tuple(fixes)


class InfeasibleBox(OfferCard):
    """Shows why no plan is possible, with a button for each fix; ``apply`` gets the chosen fix."""

    def __init__(self, apply: Callable[[InfeasibilityFix], object]) -> None:
        self._rows = QVBoxLayout()
        super().__init__(self._rows)
        self._apply = apply
        self.buttons: list[QPushButton] = []
        self.hide()

    def show_error(self, error: UserError, fixes: tuple[InfeasibilityFix, ...]) -> None:
        """Show an error with its fixes."""
        clear_layout(self._rows)
        text = WrappedLabel(error.message)
        text.setProperty("role", "problem")
        self.buttons = [push_button(fix.text, do=partial(self._choose, fix)) for fix in fixes]
        add_layout_parts(self._rows, (text, *self.buttons))
        self.show()

    def _choose(self, fix: InfeasibilityFix) -> None:
        self.hide()
        self._apply(fix)


def _find_blocking_locks(error: UserError, project: Project, plan: Plan) -> tuple[PlanLock, ...]:
    """Return the locks of the sites that prevent a plan, or of all zones if a zone is closed."""
    locks: dict[str, PlanLock] = {}
    for site in error.details.get("lift", ()):
        lock = find_site_lock(project, plan, site)
        if lock is not None:
            locks[lock.key] = lock
    if error.details.get("rule") == "closed":
        locks |= {key: lock for key, lock in plan.locks.items() if lock.kind is not LockScope.SITE}
    return tuple(locks.values())
