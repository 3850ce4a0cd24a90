"""What a person asks of a search, in one form."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from zoneplanner.app.candidates import SearchRequest
from zoneplanner.domain.plan import DEFAULT_TOLERANCE, Plan
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.inputs import NumberBox
from zoneplanner.ui.kit.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import add_spin_arrows, make_column_layout
from zoneplanner.ui.panels.optimiser.balance import ToleranceForm
from zoneplanner.ui.panels.optimiser.closeness import PlanSimilarityForm
from zoneplanner.ui.panels.optimiser.locks import LocksMenuButton
from zoneplanner.ui.panels.optimiser.numbers import ZoneCountsForm
from zoneplanner.ui.panels.optimiser.rows import make_labeled_row

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
        self.locks = LocksMenuButton(desk)
        self.limit = NumberBox()
        self.limit.setRange(1, _LONGEST_S)
        self.limit.setSuffix(" s")
        self.limit.setValue(_LIMIT_S)
        self.limit.setToolTip("When to stop looking for a better plan or a proof.")
        self.seed = NumberBox()
        self.seed.setRange(0, _MOST_SEEDS)
        self.seed.setToolTip("Where the search begins; the same seed gives the same plan.")
        for field in (self.limit, self.seed):
            add_spin_arrows(field)
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._fold)
        self._seed_row = QWidget()
        inner = make_labeled_row("&Seed", self.seed)
        inner.setContentsMargins(0, 0, 0, 0)
        self._seed_row.setLayout(inner)
        rows = make_column_layout(self, margin_px=0, spacing_px=SPACING_PX + GRID_PX)
        for part in (self.balance, self.closeness, self.numbers, self.locks):
            rows.addWidget(part)
        rows.addLayout(make_labeled_row("Time &limit", self.limit))
        rows.addWidget(self.more)
        rows.addWidget(self._seed_row)
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
        self.more.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._seed_row.setVisible(opened)
