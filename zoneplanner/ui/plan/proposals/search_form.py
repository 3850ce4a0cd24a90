"""The form of a search for zones: tolerance, closeness, numbers, goals and locks.

What a plan is to be good at beyond the least drive, as fields of the optimizer's form.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QMenu, QSizePolicy, QToolButton, QWidget

from zoneplanner.analysis.districting.plan_wishes import PlanWishes
from zoneplanner.app.plans.candidates import ScoredPlan, search_plan_candidates
from zoneplanner.app.plans.zone_proposals import SearchRequest, find_workable_tolerance
from zoneplanner.domain.plans.plan import DEFAULT_TOLERANCE, LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, join_names
from zoneplanner.ui.plan.assignment.locks_panel import describe_lock_target, select_lock_target
from zoneplanner.ui.plan.proposals.search_fields import (
    LabeledSlider,
    PlanSimilarityForm,
    ToleranceForm,
    ZoneCountsForm,
    make_labeled_line,
    make_labeled_row,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    escape_tooltip,
    make_column_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, set_style_state

_BORDER_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_KM_PER_MILE = 1.609344
_LONGEST_MIN = 120
_COMBO_PX = 132


class WishesForm(QWidget):
    """Fields that ask for nothing at first; ``changed`` tells that one was turned."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.robust = QCheckBox("Balanced at low and high dem&and")
        self.robust.setToolTip(
            "Zones stay within the tolerance at both the low and the high end of the demand."
        )
        days = {
            "": "A usual day",
            "mean": ("Average over all absences"),
            "worst": "The worst absence",
        }
        self.one_off = make_choice_box(days, name="Which day’s drive", least_letters=1)
        self.one_off.setToolTip(
            "On a day with one unit off, the nearest other posts serve its sites. The search "
            "minimizes the drive on such days, on average or on the worst one."
        )
        self.longest = make_number_box(0, _LONGEST_MIN, suffix=" min", least_text="Any")
        self.longest.setAccessibleName("Longest drive")
        self.longest.setToolTip(
            "No drive from a zone’s post to any of its sites may be longer than this."
        )
        self.borders = LabeledSlider(
            "Shortest drive or straightest borders",
            "Short drive",
            "Straight",
            steps=len(_BORDER_WEIGHTS) - 1,
        )
        self.about = make_muted_label()
        make_column_layout(
            self,
            self.robust,
            make_labeled_row("Drive &of", self.one_off, width_px=_COMBO_PX),
            make_labeled_row("Longest &drive", self.longest),
            self.borders,
            self.about,
            margin_px=0,
            spacing_px=GRID_PX,
        )
        self.robust.toggled.connect(self._explain)
        self.one_off.currentIndexChanged.connect(self._explain)
        self.longest.valueChanged.connect(self._explain)
        self.borders.slider.valueChanged.connect(self._explain)
        self._explain()

    def read(self) -> PlanWishes:
        """Return what the fields ask for."""
        return PlanWishes(
            robust=("low", "high") if self.robust.isChecked() else (),
            one_off=self.one_off.currentData(),
            longest_drive_min=float(self.longest.value()) or None,
            border_weight=_BORDER_WEIGHTS[self.borders.slider.value()],
        )

    def _explain(self, *_: object) -> None:
        weight = self.read().border_weight
        self.about.setText(
            f"A mile of border between zones counts as {weight * _KM_PER_MILE:.2g} min of driving "
            "a day."
        )
        self.about.setVisible(weight > 0)
        self.changed.emit()


_NAMES = {
    LockScope.SITE: ("site", "sites"),
    LockScope.ZONE: ("zone", "zones"),
    LockScope.AGENCY: ("agency", "agencies"),
}


class _LocksMenuButton(QToolButton):
    """Says how many locks the plan on screen has; its menu goes to each of them."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAutoRaise(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self.fill)
        self.refresh()

    def refresh(self) -> None:
        """Count the locks anew."""
        plan = self._desk.session.plan
        locks = list(plan.locks.values()) if plan is not None else []
        self.setIcon(self._desk.icons("lock" if locks else "unlock"))
        self.setText(f"{_locks_text(locks)} kept" if locks else "Nothing is locked")
        self.setMenu(self._menu if locks else None)  # type: ignore[arg-type]
        self.setEnabled(bool(locks))
        self.setToolTip("Locked sites and zones stay as they are. Choose one to see it.")

    def fill(self) -> QMenu:
        """Put a line for each lock into the menu."""
        self._menu.clear()
        session = self._desk.session
        plan = session.plan
        for lock in plan.locks.values() if plan is not None else ():
            assert plan is not None
            text = describe_lock_target(session.project, plan, lock.kind, lock.target)
            action = self._menu.addAction(text, partial(select_lock_target, self._desk, lock))
            action.setToolTip(escape_tooltip(lock.reason))
        return self._menu


def _locks_text(locks: list[PlanLock]) -> str:
    """Say how many sites, zones and agencies are locked."""
    parts = [
        format_count(n, *_NAMES[kind])
        for kind in LockScope
        if (n := sum(lock.kind is kind for lock in locks))
    ]
    return join_names(parts)


_LIMIT_S, _LONGEST_S, _MOST_SEEDS = 60, 3600, 999_999


class ZoneSearchForm(QWidget):
    """The fields; they follow the plan on screen until a person changes them."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._plan: str | None = ""
        self.balance = ToleranceForm()
        self.closeness = PlanSimilarityForm()
        self.numbers = ZoneCountsForm()
        self.locks = _LocksMenuButton(desk)
        self.limit = make_number_box(1, _LONGEST_S, _LIMIT_S, suffix=" s")
        self.limit.setToolTip("When to stop searching for a better plan or a proof.")
        self.seed = make_number_box(0, _MOST_SEEDS)
        self.seed.setToolTip("The start of the search; the same seed gives the same plan.")
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._fold)
        self._seed_row = make_labeled_line("&Seed", self.seed)
        self.wishes = WishesForm()
        self.wishes.changed.connect(self._count_wishes)
        make_column_layout(
            self,
            self.balance,
            self.closeness,
            self.numbers,
            self.locks,
            make_labeled_row("Time &limit", self.limit),
            self.more,
            self.wishes,
            self._seed_row,
            margin_px=0,
            spacing_px=SPACING_PX + GRID_PX,
        )
        self._fold(False)

    def wish(self) -> SearchRequest:
        """Return what the fields say."""
        near = self._desk.session.project.plans.get(self.closeness.near or "")
        return SearchRequest(
            tolerance=self.balance.tolerance,
            near=near,
            weight=self.closeness.weight,
            zones=self.numbers.asked(),
            time_limit_s=float(self.limit.value()),
            seed=self.seed.value(),
            wishes=self.wishes.read(),
        )

    def refresh(self, draft: Plan | None) -> None:
        """Follow the project; another plan on screen brings its own tolerance and zones."""
        session = self._desk.session
        if session.plan_uid != self._plan:
            self._plan = session.plan_uid
            plan = session.plan
            self.balance.put(plan.tolerance if plan is not None else DEFAULT_TOLERANCE)
        self.closeness.refresh(session.project.plans.values())
        if draft is not None:
            self.numbers.refresh(session.project, draft)
        self.locks.refresh()

    def _fold(self, opened: bool) -> None:
        set_style_state(self.more, "disclosed", opened)
        for part in (self.wishes, self._seed_row):
            part.setVisible(opened)

    def _count_wishes(self) -> None:
        """Say on the button that hides them how many wishes there are."""
        asked = len(self.wishes.read().names)
        self.more.setText(f"More ({format_count(asked, 'wish', 'wishes')})" if asked else "More")


_TITLE = "Searching for the most balanced plan"
_IMPOSSIBLE_TOLERANCE = 1e-5
_PROBE_LIMIT_S = 6.0


class MostBalancedSearch(QObject):
    """Asks for far too small a tolerance and learns from the answer which one works."""

    known = Signal(float)

    def __init__(
        self,
        desk: UiContext,
        form: ZoneSearchForm,
        ask: Callable[[], tuple[Project, Plan, SearchRequest]],
    ) -> None:
        super().__init__(form)
        self._desk = desk
        self._balance, self._numbers = form.balance, form.numbers
        self._ask = ask
        self._job: Job | None = None
        self._problem: tuple[object, ...] = ()
        self._balance.evenest_asked.connect(self.look)
        self._numbers.changed.connect(self.forget_where_changed)

    def look(self) -> None:
        """Look for the smallest tolerance as a job, and put it into the form."""
        if self._job is not None:
            return
        try:
            project, plan, wish = self._ask()
        except UserError as error:
            self._desk.notices.show_problem(error)
            return
        base = self._desk.session.state.basis
        hardly = replace(
            wish, tolerance=_IMPOSSIBLE_TOLERANCE, near=None, time_limit_s=_PROBE_LIMIT_S
        )
        self._balance.find_link.setEnabled(False)
        self._problem = self._present()
        self._job = self._desk.jobs.run_candidates(
            _TITLE,
            lambda: search_plan_candidates(project, plan, base, hardly, 0),
            on_candidate=lambda _: None,
            on_done=self._even,
            on_failed=self._learn,
            on_cancelled=self._end,
        )

    def forget_where_changed(self) -> None:
        """Forget the answer where sites, zones or locks are no longer those that were asked for."""
        if self._problem and self._problem != self._present():
            self._problem = ()
            self._balance.set_smallest_tolerance(None)

    def _present(self) -> tuple[object, ...]:
        session = self._desk.session
        plan = session.plan
        zones = (plan.zones, tuple(plan.locks)) if plan is not None else ()
        return (id(session.state.basis), zones, self._numbers.asked())

    def _even(self, candidate: ScoredPlan | None) -> None:
        self._end()
        if candidate is not None:
            self._tell(max(abs(candidate.worst_deviation), _IMPOSSIBLE_TOLERANCE))

    def _learn(self, error: Exception) -> None:
        self._end()
        smallest = find_workable_tolerance(error)
        if smallest is not None:
            self._tell(smallest)
        else:
            self._desk.jobs.fail(error)

    def _tell(self, tolerance: float) -> None:
        self._balance.set_smallest_tolerance(tolerance)
        self._balance.put(tolerance)
        self.known.emit(tolerance)

    def _end(self) -> None:
        self._job = None
        self._balance.find_link.setEnabled(True)
