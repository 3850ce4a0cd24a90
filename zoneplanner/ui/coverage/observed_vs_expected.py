"""What was observed against what the plan expects, in sentences with their intervals."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from zoneplanner.app.coverage.observed_coverage import compute_coverage_board
from zoneplanner.app.session.state import derive_state_in_force
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names
from zoneplanner.ui.coverage.observed_figures import PeriodSelection
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    WrappedLabel,
    clear_layout,
    make_column_layout,
    make_muted_label,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX

NO_CALLS_LOGGED = "No call has been logged yet, so there is nothing to compare."
_HOW = (
    "Response is from dispatched to on scene. Expected is turn-out and drive by the response model "
    "for {plan} with the number of calls that came in; a short period uses the calls of all days "
    "on record. At most 5 in 100 periods that match the model are reported as different; a "
    "difference within the interval is not reported."
)


class ObservedVsExpectedPanel(LazyPanel):
    """One sentence a figure; where too little is logged it says so instead of judging."""

    def __init__(
        self, desk: UiContext, period: PeriodSelection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._period = desk, period
        self._labels: list[QLabel] = []
        self.lines = QVBoxLayout()
        self.lines.setSpacing(SPACING_PX)
        self.how = make_muted_label()
        title = make_section_label("Observed against expected")
        make_column_layout(self, title, self.lines, self.how, None)
        self.refresh_on(period.changed, desk.bridge.logged, desk.bridge.changed)

    @property
    def told(self) -> list[str]:
        """The sentences that are shown."""
        return [label.text() for label in self._labels]

    def refresh(self) -> None:
        """Judge the period anew."""
        session, choice = self._desk.session, self._period.choice
        first, last = choice.days(session.today, session.project.calendar)
        clear_layout(self.lines)
        plan = session.saved_project.current_plan(session.today)
        adopted = session.saved_project.plan_in_force(session.today)
        now = "not in force at the time" if adopted else "no plan is in force"
        latest = f"“{plan.name}” ({now})" if plan else "the plan"
        self.how.setText(_HOW.format(plan=latest))
        if not session.store.head().entries:
            self._show([NO_CALLS_LOGGED])
            return
        # the model brings libraries that the window does not need at its start
        from zoneplanner.app.coverage.period_plans import find_period_plans
        from zoneplanner.app.coverage.plan_verdicts import judge_against_plan

        try:
            target_min = choice.target_min
            board = compute_coverage_board(session, first=first, last=last, target_min=target_min)
            in_force = derive_state_in_force(session.state, session.today)
            log, series = session.store.log(), board.series
            judged = judge_against_plan(log, in_force, series, target_min=target_min)
            said = [f"{one.name}: {one.words}" for one in judged]
            of = find_period_plans(session.saved_project, series)
            if of.plans:
                names = join_names([f"“{one.name}”" for one in of.plans])
                self.how.setText(_HOW.format(plan=f"{names}, in force when the calls came in,"))
        except UserError as error:
            said = [error.message]
        self._show(said)

    def _show(self, said: Sequence[str]) -> None:
        self._labels = [WrappedLabel(sentence) for sentence in said]
        for label in self._labels:
            self.lines.addWidget(label)
            label.show()
        if (whole := self.layout()) is not None:
            whole.activate()  # lines break at the panel's width at once, not at the next event
