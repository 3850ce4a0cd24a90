"""How a search goes: what is known in words, and the gap that closes.

Why no plan is possible, and buttons that fix it.
"""

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
    TOLD_GAP,
    format_number,
    summarize_proof,
)

_BAR_PX = 6
_WORDS_PX = 84
"""Five lines, kept free from the start: what is below would move with each plan that is found."""
_DRAWN_GAP = 0.2
_Point = tuple[float, float]


class SearchProgress(QWidget):
    """Words, figures and chart of one search; they stay when it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setFixedHeight(_BAR_PX)
        self.bar.setAccessibleName("Searching")
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(kept)
        self.text = WrappedLabel()
        self.figures = make_muted_label()
        self.chart = StepChart("Drive and its proven minimum during the search")
        words = QWidget()
        make_column_layout(words, self.text, self.figures, None, margin_px=0, spacing_px=GRID_PX)
        words.setMinimumHeight(_WORDS_PX)
        make_column_layout(self, self.bar, words, self.chart, margin_px=0, spacing_px=GRID_PX)
        self._costs: list[_Point] = []
        self._bounds: list[_Point] = []
        self.clear()

    def begin(self) -> None:
        """Show that a search begins, with room for all that it will say."""
        self.clear()
        self.say("Searching for a first plan…")
        self.bar.show()
        self.show()

    def end(self) -> None:
        """Show that the search is over; its words and its chart stay."""
        self.bar.hide()

    def say(self, text: str) -> None:
        """Say something in place of what is known."""
        self.text.setText(text)

    def clear(self) -> None:
        """Forget the search before."""
        self._costs, self._bounds = [], []
        self.bar.hide()
        self.figures.clear()
        self.chart.show_lines((), low=0.0, high=1.0, told="")
        self.say("")
        self.hide()

    def show_candidate(self, candidate: ScoredPlan) -> None:
        """Show the best plan so far and how much better one could be."""
        found = candidate.proposal
        self.say(describe_candidate_proof(candidate))
        self.figures.setText(describe_candidate_figures(candidate))
        _put(self._costs, found.seconds, found.cost)
        _put(self._bounds, found.seconds, found.bound)
        told = [bound for _, bound in self._bounds if bound > found.cost * (1 - _DRAWN_GAP)]
        lines = [StepLine("best", self._costs)]
        if told:
            known = [point for point in self._bounds if point[1] >= told[0]]
            role = QPalette.ColorRole.PlaceholderText
            lines.append(StepLine("least", known, role, dashed=True))
        most = max(cost for _, cost in self._costs)
        self.chart.show_lines(
            lines,
            low=min(told, default=0.9 * most),
            high=most,
            told=f"{describe_candidate_proof(candidate)} The best plan found costs "
            f"{format_number(found.cost, 1)} trip-minutes per day; no plan can cost less than "
            f"{format_number(found.bound, 1)}.",
        )


def describe_candidate_proof(candidate: ScoredPlan) -> str:
    """Say how good a plan is; where moves or wishes were weighed too, that too."""
    text = summarize_proof(candidate.proposal.gap)
    weighed = candidate.proposal.weighed and candidate.proposal.gap < TOLD_GAP
    return f"{text.removesuffix('.')}, driving and other goals combined." if weighed else text


def describe_candidate_figures(candidate: ScoredPlan) -> str:
    """Say what a plan costs and whom it moves."""
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


def _put(points: list[_Point], seconds: float, value: float) -> None:
    """Add a value; where it is the last one still, only time has passed."""
    if len(points) > 1 and points[-1][1] == value == points[-2][1]:
        points[-1] = (seconds, value)
    else:
        points.append((seconds, value))


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
