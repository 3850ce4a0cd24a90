"""The form of a search for zones: tolerance, similarity, numbers, other goals and locks."""

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
_MAX_DRIVE_MIN = 120
_COMBO_PX = 132


class WishesForm(QWidget):
    """The goals beyond the shortest drive, none of which is set at first."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.robust = QCheckBox("Balanced at low and high dem&and")
        self.robust.setToolTip(
            "Zones stay within the tolerance at both the low and the high end of the demand."
        )
        days = {
            "": "A usual day",
            "mean": "Average over all absences",
            "worst": "The worst absence",
        }
        self.one_off = make_choice_box(days, name="Which day’s drive", least_letters=1)
        self.one_off.setToolTip(
            "On a day with one unit off, the nearest other posts serve its sites. The search "
            "minimizes the drive on such days, on average or on the worst one."
        )
        self.longest = make_number_box(0, _MAX_DRIVE_MIN, suffix=" min", least_text="Any")
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
        """Return the goals in the fields."""
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
    """Shows how many locks the plan on screen has; its menu selects what each one locks."""

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
        """Count the locks of the plan on screen."""
        plan = self._desk.session.plan
        locks = list(plan.locks.values()) if plan is not None else []
        self.setIcon(self._desk.icons("lock" if locks else "unlock"))
        self.setText(f"{_count_locks(locks)} locked" if locks else "Nothing is locked")
        self.setMenu(self._menu if locks else None)  # type: ignore[arg-type]
        self.setEnabled(bool(locks))
        self.setToolTip(
            "Locked sites and zones stay as they are. Choose one in the menu to select it."
        )

    def fill(self) -> QMenu:
        """Fill the menu with an entry per lock."""
        self._menu.clear()
        session = self._desk.session
        plan = session.plan
        if plan is None:
            return self._menu
        for lock in plan.locks.values():
            text = describe_lock_target(session.project, plan, lock.kind, lock.target)
            action = self._menu.addAction(text, partial(select_lock_target, self._desk, lock))
            action.setToolTip(escape_tooltip(lock.reason))
        return self._menu


def _count_locks(locks: list[PlanLock]) -> str:
    """Return how many sites, zones and agencies are locked, in words."""
    parts = [
        format_count(n, *_NAMES[kind])
        for kind in LockScope
        if (n := sum(lock.kind is kind for lock in locks))
    ]
    return join_names(parts)


_DEFAULT_LIMIT_S, _MAX_LIMIT_S, _MAX_SEED = 60, 3600, 999_999


class ZoneSearchForm(QWidget):
    """The fields of a search; a different plan on screen fills in its own tolerance and zones."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._plan_uid: str | None = ""
        self.balance = ToleranceForm()
        self.similarity = PlanSimilarityForm()
        self.numbers = ZoneCountsForm()
        self.locks = _LocksMenuButton(desk)
        self.limit = make_number_box(1, _MAX_LIMIT_S, _DEFAULT_LIMIT_S, suffix=" s")
        self.limit.setToolTip("When to stop searching for a better plan or a proof.")
        self.seed = make_number_box(0, _MAX_SEED)
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
            self.similarity,
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

    def read_request(self) -> SearchRequest:
        """Return the search that the fields describe."""
        near = self._desk.session.project.plans.get(self.similarity.near or "")
        return SearchRequest(
            tolerance=self.balance.tolerance,
            near=near,
            weight=self.similarity.weight,
            zones=self.numbers.read_changes(),
            time_limit_s=float(self.limit.value()),
            seed=self.seed.value(),
            wishes=self.wishes.read(),
        )

    def refresh(self, draft: Plan | None) -> None:
        """Update the fields to the project; ``draft`` is what a search would start from."""
        session = self._desk.session
        if session.plan_uid != self._plan_uid:
            self._plan_uid = session.plan_uid
            plan = session.plan
            self.balance.put(plan.tolerance if plan is not None else DEFAULT_TOLERANCE)
        self.similarity.refresh(session.project.plans.values())
        if draft is not None:
            self.numbers.refresh(session.project, draft)
        self.locks.refresh()

    def _fold(self, opened: bool) -> None:
        set_style_state(self.more, "disclosed", opened)
        for part in (self.wishes, self._seed_row):
            part.setVisible(opened)

    def _count_wishes(self) -> None:
        """Show on the button that hides the wishes how many there are."""
        count = len(self.wishes.read().names)
        self.more.setText(f"More ({format_count(count, 'wish', 'wishes')})" if count else "More")


_IMPOSSIBLE_TOLERANCE = 1e-5
_PROBE_LIMIT_S = 6.0


class MostBalancedSearch(QObject):
    """Finds the smallest workable tolerance, by a search with one that is far too small."""

    found = Signal(float)

    def __init__(
        self,
        desk: UiContext,
        form: ZoneSearchForm,
        build_request: Callable[[], tuple[Project, Plan, SearchRequest]],
    ) -> None:
        super().__init__(form)
        self._desk = desk
        self._balance, self._numbers = form.balance, form.numbers
        self._build_request = build_request
        self._job: Job | None = None
        self._problem: tuple[object, ...] = ()
        self._balance.most_balanced_requested.connect(self.start)
        self._numbers.changed.connect(self.forget_if_changed)

    def start(self) -> None:
        """Search in a background job, and put the smallest tolerance into the form."""
        if self._job is not None:
            return
        try:
            project, plan, request = self._build_request()
        except UserError as error:
            self._desk.notices.show_problem(error)
            return
        basis = self._desk.session.state.basis
        probe = replace(
            request, tolerance=_IMPOSSIBLE_TOLERANCE, near=None, time_limit_s=_PROBE_LIMIT_S
        )
        self._balance.find_link.setEnabled(False)
        self._problem = self._identify_problem()
        self._job = self._desk.jobs.run_candidates(
            "Searching for the most balanced plan",
            lambda: search_plan_candidates(project, plan, basis, probe, 0),
            on_candidate=lambda _: None,
            on_done=self._use_plan,
            on_failed=self._use_error,
            on_cancelled=self._end,
        )

    def forget_if_changed(self) -> None:
        """Discard the result if sites, zones or locks changed since the search."""
        if self._problem and self._problem != self._identify_problem():
            self._problem = ()
            self._balance.set_smallest_tolerance(None)

    def _identify_problem(self) -> tuple[object, ...]:
        session = self._desk.session
        plan = session.plan
        zones = (plan.zones, tuple(plan.locks)) if plan is not None else ()
        return (id(session.state.basis), zones, self._numbers.read_changes())

    def _use_plan(self, candidate: ScoredPlan | None) -> None:
        self._end()
        if candidate is not None:
            self._set_smallest(max(abs(candidate.worst_deviation), _IMPOSSIBLE_TOLERANCE))

    def _use_error(self, error: Exception) -> None:
        self._end()
        smallest = find_workable_tolerance(error)
        if smallest is not None:
            self._set_smallest(smallest)
        else:
            self._desk.jobs.fail(error)

    def _set_smallest(self, tolerance: float) -> None:
        self._balance.set_smallest_tolerance(tolerance)
        self._balance.put(tolerance)
        self.found.emit(tolerance)

    def _end(self) -> None:
        self._job = None
        self._balance.find_link.setEnabled(True)
