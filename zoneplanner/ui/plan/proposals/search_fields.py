"""The fields of the search form: tolerance, similarity to a plan, and numbers of zones."""

from collections.abc import Iterable
from math import ceil, log

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from zoneplanner.app.plans.zone_counts import count_zones
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    DecimalBox,
    NumberBox,
    Slider,
    make_choice_box,
    make_number_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    clear_layout,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_row_layout,
    pass_focus,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX

_FIELD_PX = 92


def make_labeled_row(name: str, field: QWidget, *, width_px: int = _FIELD_PX) -> QHBoxLayout:
    """Return a row with a name and its field; an ampersand marks the name's mnemonic."""
    label = QLabel(name, wordWrap=True)
    label.setBuddy(field)
    field.setFixedWidth(width_px)
    return make_row_layout((label, 1), field)


def make_labeled_line(name: str, field: QWidget) -> QWidget:
    """Return a row with a name and its field, as a widget that can be hidden."""
    line = QWidget()
    line.setLayout(make_labeled_row(name, field))
    return line


class LabeledSlider(QWidget):
    """A slider with a label at each end."""

    def __init__(self, name: str, first: str, last: str, *, steps: int) -> None:
        super().__init__()
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, steps)
        self.slider.setPageStep(max(1, steps // 10))
        self.slider.setAccessibleName(name)
        self.slider.setAccessibleDescription(f"From {first} to {last}.")
        left, right = make_muted_label(first), make_muted_label(last)
        for label in (left, right):
            label.setWordWrap(False)
        make_row_layout(left, (self.slider, 1), right, parent=self)
        pass_focus(self, self.slider)


_LARGEST, _SMALLEST = 0.25, 0.005
"""The tolerances at the ends of the slider, until a smaller one is known to work."""
_STEPS = 100
_MIN_PERCENT, _MAX_PERCENT, _DIGITS = 0.001, 99.0, 3


class _ToleranceField(DecimalBox):
    """A share in percent, shown without trailing zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(_MIN_PERCENT, _MAX_PERCENT)
        self.setDecimals(_DIGITS)
        self.setStepType(DecimalBox.StepType.AdaptiveDecimalStepType)
        self.setPrefix("±")
        self.setSuffix("%")
        self.setToolTip("How far a zone’s load may be from its fair share.")

    def textFromValue(self, value: float) -> str:
        """Format 10.000 as 10."""
        return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


class ToleranceForm(QWidget):
    """The tolerance; its slider runs from ±25% to the smallest tolerance known to work."""

    most_balanced_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._smallest, self._is_known = _SMALLEST, False
        self.field = _ToleranceField()
        self.scale = LabeledSlider(
            "Shortest drive or most balanced load", "Short drive", "Balanced", steps=_STEPS
        )
        self.about = make_muted_label()
        self.find_link = make_link_button(
            "Find the most balanced plan", self.most_balanced_requested.emit
        )
        self.find_link.setToolTip(
            "Search for a few seconds to find the smallest tolerance that works."
        )
        parts = (make_labeled_row("Tol&erance", self.field), self.scale, self.about, self.find_link)
        make_column_layout(self, *parts, margin_px=0, spacing_px=GRID_PX)
        self.field.valueChanged.connect(self._follow_field)
        self.scale.slider.valueChanged.connect(self._follow_slider)

    @property
    def tolerance(self) -> float:
        """The tolerance as a share."""
        return self.field.value() / 100

    def put(self, tolerance: float) -> None:
        """Set the tolerance, rounded up to the digits of the field."""
        shown = ceil(tolerance * 100 * 10**_DIGITS - 1e-6) / 10**_DIGITS
        self.field.setValue(shown)
        self._explain()

    def set_smallest_tolerance(self, tolerance: float | None) -> None:
        """Set the smallest tolerance known to work; None if it is not known."""
        self._is_known = tolerance is not None
        self._smallest = min(tolerance or _SMALLEST, _LARGEST / 2)
        self.find_link.setVisible(not self._is_known)
        self._follow_field()

    def _follow_field(self, _value: float = 0.0) -> None:
        span = log(_LARGEST / self._smallest)
        step = log(_LARGEST / max(self.tolerance, 1e-9)) / span * _STEPS
        self.scale.slider.blockSignals(True)
        self.scale.slider.setValue(round(min(max(step, 0), _STEPS)))
        self.scale.slider.blockSignals(False)
        self._explain()

    def _follow_slider(self, step: int) -> None:
        tolerance = _LARGEST * (self._smallest / _LARGEST) ** (step / _STEPS)
        self.field.blockSignals(True)
        self.put(self._smallest if step == _STEPS else float(f"{tolerance:.2g}"))
        self.field.blockSignals(False)

    def _explain(self) -> None:
        text = (
            f"Each zone’s load is within {self.field.text()} of its fair share; among all "
            "such plans, the search looks for the one with the least driving."
        )
        if self._is_known:
            share = f"±{100 * self._smallest:g}% of its fair share"
            text += f" The most balanced plan known keeps every zone within {share}."
        self.about.setText(text)


_WEIGHTS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_DEFAULT_WEIGHT = 4
_EXAMPLE_SCHOOL_STUDENTS = 500
_COMBO_PX = 132


class PlanSimilarityForm(QWidget):
    """A plan to keep close to, and the cost per student moved, in trip-minutes per day."""

    def __init__(self) -> None:
        super().__init__()
        self.plans = make_choice_box({}, least_letters=1)
        self.plans.setToolTip(
            "Move as few students as possible away from their zones in this plan."
        )
        self.scale = LabeledSlider(
            "Shortest drive or fewest students moved",
            "Short drive",
            "Few moves",
            steps=len(_WEIGHTS) - 1,
        )
        self.scale.slider.setValue(_DEFAULT_WEIGHT)
        self.about = make_muted_label()
        row = make_labeled_row("&Keep close to", self.plans, width_px=_COMBO_PX)
        make_column_layout(self, row, self.scale, self.about, margin_px=0, spacing_px=GRID_PX)
        self.plans.currentIndexChanged.connect(self._explain)
        self.scale.slider.valueChanged.connect(self._explain)
        self.refresh(())

    @property
    def near(self) -> str | None:
        """The uid of the plan to keep close to, or None if none is chosen."""
        uid: str | None = self.plans.currentData()
        return uid

    @property
    def weight(self) -> float:
        """The cost per student moved, in trip-minutes per day."""
        return _WEIGHTS[self.scale.slider.value()]

    def choose(self, uid: str | None) -> None:
        """Choose a plan by uid."""
        self.plans.setCurrentIndex(max(0, self.plans.findData(uid)))

    def refresh(self, plans: Iterable[Plan]) -> None:
        """Update the list of plans; the chosen plan stays chosen while it exists."""
        names = {plan.uid: plan.name for plan in plans if plan.assignment}
        self.plans.offer({None: "No plan", **names}, self.near)
        self._explain()

    def _explain(self, _changed: int = 0) -> None:
        is_chosen, weight = self.near is not None, self.weight
        self.scale.setVisible(is_chosen)
        self.about.setVisible(is_chosen)
        if weight:
            students = _EXAMPLE_SCHOOL_STUDENTS
            text = (
                f"A moved student counts as {weight:g} min of driving per day: a school of "
                f"{students} changes zones only if that saves {weight * students:g} min."
            )
        else:
            text = "Moves are listed but cost nothing: only driving counts."
        self.about.setText(text)


_MAX_ZONES = 200


class ZoneCountsForm(QWidget):
    """The number of zones of each agency, which at first is the plan's number."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, NumberBox] = {}
        self._plan_counts: dict[str, int] = {}
        self._rows = make_column_layout(self, margin_px=0, spacing_px=GRID_PX)

    def refresh(self, project: Project, plan: Plan) -> None:
        """Show the numbers of a plan, unless its numbers are shown already."""
        counts = count_zones(project, plan)
        if counts == self._plan_counts:
            return
        self._plan_counts = counts
        self.fields = {}
        clear_layout(self._rows)
        for agency, count in counts.items():
            self._rows.addWidget(self._make_row(project, agency, count))
        self.about = make_muted_label()
        # reserve its line: what is below must not move as a number is typed
        self.about.setMinimumHeight(self.about.fontMetrics().lineSpacing())
        self._rows.addWidget(self.about)
        self._explain()

    def read_changes(self) -> dict[str, int]:
        """Return the numbers that differ from the plan's, by agency."""
        numbers = {agency: field.value() for agency, field in self.fields.items()}
        return {agency: n for agency, n in numbers.items() if n != self._plan_counts[agency]}

    def _make_row(self, project: Project, agency: str, count: int) -> QWidget:
        known = project.agencies.get(agency)
        short = known.short if known is not None else agency
        field = self.fields[agency] = make_number_box(1, max(_MAX_ZONES, 2 * count), count)
        field.setAccessibleName(f"Zones of {short}")
        field.setToolTip(f"The number of zones for the {agency}.")
        field.valueChanged.connect(self._explain)
        return make_labeled_line(f"Zones of {short}", field)

    def _explain(self, _value: int = 0) -> None:
        changes = self.read_changes().items()
        added = sum(max(0, count - self._plan_counts[agency]) for agency, count in changes)
        self.about.setText(str(Message("units_planned", n=added)) if added else "")
        self.changed.emit()
