"""The most even split that is possible: looked for once, and forgotten when the problem changes."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from zoneplanner.app.candidates import ScoredPlan, SearchRequest, search_plan_candidates
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.jobs import Job
from zoneplanner.ui.panels.optimiser.wishes import ZoneSearchForm

_TITLE = "Looking for the most even split"
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
            self._desk.notices.problem(error)
            return
        base = self._desk.session.reading.basis
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
            self._balance.set_evenest(None)

    def _present(self) -> tuple[object, ...]:
        session = self._desk.session
        plan = session.plan
        zones = (plan.zones, tuple(plan.locks)) if plan is not None else ()
        return (id(session.reading.basis), zones, self._numbers.asked())

    def _even(self, candidate: ScoredPlan | None) -> None:
        self._end()
        if candidate is not None:
            self._tell(max(abs(candidate.worst_deviation), _IMPOSSIBLE_TOLERANCE))

    def _learn(self, error: Exception) -> None:
        self._end()
        smallest = error.details.get("smallest_tolerance") if isinstance(error, UserError) else None
        if smallest is not None:
            self._tell(float(smallest))
        elif isinstance(error, UserError):
            self._desk.notices.problem(error)
        else:
            self._desk.jobs.failed.emit(error)

    def _tell(self, tolerance: float) -> None:
        self._balance.set_evenest(tolerance)
        self._balance.put(tolerance)
        self.known.emit(tolerance)

    def _end(self) -> None:
        self._job = None
        self._balance.find_link.setEnabled(True)
