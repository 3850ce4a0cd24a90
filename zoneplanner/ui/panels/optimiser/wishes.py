"""What a person asks of a search, in one form."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from zoneplanner.app.candidates import Wish
from zoneplanner.domain.plan import DEFAULT_TOLERANCE, Plan
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.inputs import NumberBox
from zoneplanner.ui.kit.theme import GAP, GRID
from zoneplanner.ui.kit.widgets import column, with_arrows
from zoneplanner.ui.panels.optimiser.balance import Balance
from zoneplanner.ui.panels.optimiser.closeness import Closeness
from zoneplanner.ui.panels.optimiser.locks import LockLine
from zoneplanner.ui.panels.optimiser.numbers import ZoneNumbers
from zoneplanner.ui.panels.optimiser.rows import row

_LIMIT_S, _LONGEST_S, _MOST_SEEDS = 60, 3600, 999_999


class WishForm(QWidget):
    """The fields; they follow the plan on screen until a person changes them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._plan: str | None = ""
        self.balance = Balance()
        self.closeness = Closeness()
        self.numbers = ZoneNumbers()
        self.locks = LockLine(desk)
        self.limit = NumberBox()
        self.limit.setRange(1, _LONGEST_S)
        self.limit.setSuffix(" s")
        self.limit.setValue(_LIMIT_S)
        self.limit.setToolTip("When to stop looking for a better plan or a proof.")
        self.seed = NumberBox()
        self.seed.setRange(0, _MOST_SEEDS)
        self.seed.setToolTip("Where the search begins; the same seed gives the same plan.")
        for field in (self.limit, self.seed):
            with_arrows(field)
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._fold)
        self._seed_row = QWidget()
        inner = row("&Seed", self.seed)
        inner.setContentsMargins(0, 0, 0, 0)
        self._seed_row.setLayout(inner)
        rows = column(self, margin_px=0, spacing_px=GAP + GRID)
        for part in (self.balance, self.closeness, self.numbers, self.locks):
            rows.addWidget(part)
        rows.addLayout(row("Time &limit", self.limit))
        rows.addWidget(self.more)
        rows.addWidget(self._seed_row)
        self._fold(False)

    def wish(self) -> Wish:
        """Return what the fields say."""
        near = self._desk.session.project.plans.get(self.closeness.near or "")
        return Wish(
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
