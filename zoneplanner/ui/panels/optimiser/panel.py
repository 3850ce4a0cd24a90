"""Propose zones: what to ask for, how far the proof is, and what came of it."""

from dataclasses import replace
from math import sqrt

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QWidget,
)

from zoneplanner.app.reading import Reading
from zoneplanner.domain.plan import DEFAULT_TOLERANCE, Plan
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.jobs import Job
from zoneplanner.ui.kit.theme import GAP
from zoneplanner.ui.kit.widgets import column, muted, with_arrows, wrapped
from zoneplanner.ui.kit.words import free_name, number, proof_words

TITLE = "Proposing zones"
LIMIT_S = 60


class OptimiserPanel(QWidget):
    """Runs the search as a job; its best plan becomes one step of the history."""

    finished = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._job: Job | None = None
        self._start: Reading | None = None
        self._best: object | None = None
        rows = column(self)
        rows.addLayout(self._form())
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Proof")
        self.text = wrapped()
        rows.addWidget(self.bar)
        rows.addWidget(self.text)
        rows.addLayout(self._buttons())
        self._explain = muted("Locked sites stay where they are. The result is one step to undo.")
        rows.addWidget(self._explain)
        self._show_running(False)

    @property
    def busy(self) -> bool:
        """True while a search runs."""
        return self._job is not None

    def begin(self) -> None:
        """Take the focus, so that Enter starts."""
        self.start_button.setFocus()

    def start(self) -> None:
        """Start the search on the plan on screen, or on a new one where it is adopted."""
        from zoneplanner.app.propose import propose

        if self._job is not None:
            return
        session = self._desk.session
        try:
            plan = self._draft()
        except UserError as error:
            self._desk.notices.problem(error)
            return
        self._start, self._best = session.reading, None
        project, base = session.project, session.reading.basis
        tolerance, seed = self.tolerance.value() / 100, self.seed.value()
        limit_s = float(self.limit.value())
        self.text.setText("Looking for a first plan…")
        self._show_running(True)
        self._job = self._desk.jobs.run_candidates(
            TITLE,
            lambda: propose(
                project, plan, base, tolerance=tolerance, seed=seed, time_limit_s=limit_s
            ),
            on_candidate=self._better,
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=self._cancelled,
        )

    def cancel(self) -> None:
        """Stop the search; the plan stays as it was."""
        if self._job is not None:
            self._job.cancel()

    def use_best(self) -> None:
        """Stop here and keep the best plan found so far."""
        best, job = self._best, self._job
        if job is not None and best is not None:
            job.cancel()
            self._keep(best)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(GAP)
        form.setVerticalSpacing(GAP)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.tolerance = QDoubleSpinBox()
        self.tolerance.setRange(0.5, 99.0)
        self.tolerance.setDecimals(1)
        self.tolerance.setPrefix("±")
        self.tolerance.setSuffix(" %")
        self.tolerance.setToolTip("How far a zone's load may be from an even share.")
        plan = self._desk.session.plan
        self.tolerance.setValue(100 * (plan.tolerance if plan else DEFAULT_TOLERANCE))
        self.limit = QSpinBox()
        self.limit.setRange(1, 3600)
        self.limit.setSuffix(" s")
        self.limit.setValue(LIMIT_S)
        self.limit.setToolTip("When to stop looking for a better plan or a proof.")
        self.seed = QSpinBox()
        self.seed.setRange(0, 999_999)
        self.seed.setToolTip("The same seed gives the same plan.")
        for field in (self.tolerance, self.limit, self.seed):
            with_arrows(field)
        form.addRow("Tol&erance", self.tolerance)
        form.addRow("Time &limit", self.limit)
        form.addRow("&Seed", self.seed)
        return form

    def _buttons(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(GAP)
        self.start_button = QPushButton("Propose zones")
        self.start_button.setDefault(True)
        self.start_button.setAutoDefault(True)
        self.start_button.clicked.connect(self.start)
        self.best_button = QPushButton("Use the best so far")
        self.best_button.clicked.connect(self.use_best)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        for button in (self.start_button, self.best_button, self.cancel_button):
            line.addWidget(button)
        line.addStretch(1)
        return line

    def _draft(self) -> Plan:
        from zoneplanner.app.project import FIRST_PLAN, new_uid
        from zoneplanner.app.propose import new_plan

        session = self._desk.session
        plan = session.plan
        if plan is not None and not plan.adopted:
            return plan
        names = {other.name for other in session.project.plans.values()}
        name = free_name(FIRST_PLAN, names)
        if plan is None:
            return new_plan(session.project, name, new_uid(), session.clock())
        return _copy(plan, name, new_uid(), session.clock())

    def _better(self, proposal: object) -> None:
        self._best = proposal
        self.best_button.setEnabled(True)
        words = proof_words(proposal.gap)  # type: ignore[attr-defined]
        cost = number(proposal.cost)  # type: ignore[attr-defined]
        gap = proposal.gap  # type: ignore[attr-defined]
        self.text.setText(f"{words}\n{cost} drive minutes a day so far.")
        shown = 1 - sqrt(min(1.0, max(0.0, gap)))
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * shown))
        if self._job is not None:
            self._desk.jobs.tell(self._job, shown, words)

    def _done(self, proposal: object) -> None:
        if proposal is None:
            self._failed(UserError("No plan was found in this time; give it more seconds."))
        else:
            self._keep(proposal)

    def _keep(self, proposal: object) -> None:
        from zoneplanner.app.project import keep_plan, new_uid

        self._show_running(False)
        session, start = self._desk.session, self._start
        plan: Plan = proposal.plan  # type: ignore[attr-defined]
        words = proof_words(proposal.gap)  # type: ignore[attr-defined]
        self.text.setText(words)
        known = session.project.plans.get(plan.uid)
        same = start is not None and known is start.project.plans.get(plan.uid)
        if same:
            label = f"Propose zones for “{plan.name}”"
            if self._desk.attempt(lambda: keep_plan(session, plan, label)):
                undo = self._desk.actions["undo"].trigger
                self._desk.notices.tell(
                    f"Zones proposed. {words}", sign="done", offer="Undo", on_offer=undo
                )
        else:
            names = {other.name for other in session.project.plans.values()}
            name = free_name(plan.name, names)
            other = replace(plan, uid=new_uid(), name=name)
            self._desk.notices.tell(
                f"The plan was changed while zones were proposed. {words}",
                offer=f"Keep as “{name}”",
                on_offer=lambda: keep_plan(session, other, f"Propose “{name}”"),
                stays=True,
            )
        self.finished.emit(proposal)

    def _failed(self, error: Exception) -> None:
        self._show_running(False)
        if isinstance(error, UserError):
            self.text.setText(error.message)
            self.text.show()
            self._desk.notices.problem(error)
            self.finished.emit(None)
        else:
            self._desk.jobs.failed.emit(error)

    def _cancelled(self) -> None:
        self.text.setText("Cancelled; the plan is as it was.")
        self._show_running(False)

    def _show_running(self, running: bool) -> None:
        if not running:
            self._job = None
        self.bar.setRange(0, 0 if running else 100)
        self.bar.setVisible(running)
        self.start_button.setVisible(not running)
        self.best_button.setVisible(running)
        self.best_button.setEnabled(False)
        self.cancel_button.setVisible(running)
        self.text.setVisible(bool(self.text.text()))
        for field in (self.tolerance, self.limit, self.seed):
            field.setEnabled(not running)


def _copy(plan: Plan, name: str, uid: str, made_at: object) -> Plan:
    return replace(
        plan,
        uid=uid,
        name=name,
        made_at=made_at,  # type: ignore[arg-type]
        effective_on=None,
        expires_on=None,
        proof=None,
    )
