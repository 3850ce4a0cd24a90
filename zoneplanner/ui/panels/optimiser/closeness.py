"""Keep close to a plan: which one, and what a moved student may cost in driving."""

from collections.abc import Iterable

from PySide6.QtWidgets import QComboBox, QWidget

from zoneplanner.domain.plan import Plan
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.theme import GRID_PX
from zoneplanner.ui.kit.widgets import make_column_layout, make_muted_label
from zoneplanner.ui.panels.optimiser.rows import LabeledSlider, make_labeled_row

_WEIGHTS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_FIRST = 4
_EXAMPLE_SCHOOL_STUDENTS = 500
_COMBO_PX = 132


class PlanSimilarityForm(QWidget):
    """A plan and a weight, in trip-minutes a day for each student who changes zone."""

    def __init__(self) -> None:
        super().__init__()
        self.plans = ChoiceBox()
        self.plans.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.plans.setToolTip("Students should rarely change the zone that they have in this plan.")
        self.scale = LabeledSlider(
            "Shortest drive or fewest students moved",
            "Short drive",
            "Few moves",
            steps=len(_WEIGHTS) - 1,
        )
        self.scale.slider.setValue(_FIRST)
        self.about = make_muted_label()
        rows = make_column_layout(self, margin_px=0, spacing_px=GRID_PX)
        rows.addLayout(make_labeled_row("&Keep close to", self.plans, width_px=_COMBO_PX))
        rows.addWidget(self.scale)
        rows.addWidget(self.about)
        self.plans.currentIndexChanged.connect(self._explain)
        self.scale.slider.valueChanged.connect(self._explain)
        self.refresh(())

    @property
    def near(self) -> str | None:
        """The uid of the plan to keep close to, None where none is chosen."""
        uid: str | None = self.plans.currentData()
        return uid

    @property
    def weight(self) -> float:
        """Trip-minutes a day for each student moved."""
        return _WEIGHTS[self.scale.slider.value()]

    def choose(self, uid: str | None) -> None:
        """Choose a plan by uid."""
        self.plans.setCurrentIndex(max(0, self.plans.findData(uid)))

    def refresh(self, plans: Iterable[Plan]) -> None:
        """Read the plans anew; the one chosen stays while it is there."""
        chosen = self.near
        self.plans.blockSignals(True)
        self.plans.clear()
        self.plans.addItem("No plan", None)
        for plan in plans:
            if plan.assignment:
                self.plans.addItem(plan.name, plan.uid)
        self.choose(chosen)
        self.plans.blockSignals(False)
        self._explain()

    def _explain(self, _changed: int = 0) -> None:
        chosen, weight = self.near is not None, self.weight
        self.scale.setVisible(chosen)
        self.about.setVisible(chosen)
        if weight:
            text = (
                f"A moved student counts as {weight:g} min of driving a day: a school of {_EXAMPLE_SCHOOL_STUDENTS} "
                f"changes zone only where that saves {weight * _EXAMPLE_SCHOOL_STUDENTS:g} min."
            )
        else:
            text = "Moves cost nothing: only driving counts, and moves are only told."
        self.about.setText(text)
