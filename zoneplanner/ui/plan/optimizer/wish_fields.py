"""What a plan is to be good at beyond the least drive, as fields of the optimizer's form."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.analysis.districting.plan_wishes import PlanWishes
from zoneplanner.ui.plan.optimizer.search_fields import LabeledSlider, make_labeled_row
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout, make_muted_label
from zoneplanner.ui.widgets.style.theme import GRID_PX

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
        self.robust.setToolTip("The tolerance is kept at the low and the high end of the demand.")
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
        self.longest.setToolTip("No drive from a zone’s post to one of its sites is longer.")
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
