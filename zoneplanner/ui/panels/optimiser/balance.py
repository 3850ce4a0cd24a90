"""Even loads against short drives: one tolerance, as a figure and as a slider."""

from math import ceil, log

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.kit.inputs import DecimalBox
from zoneplanner.ui.kit.theme import GRID_PX
from zoneplanner.ui.kit.widgets import (
    add_spin_arrows,
    make_column_layout,
    make_link_button,
    make_muted_label,
)
from zoneplanner.ui.panels.optimiser.rows import LabeledSlider, make_labeled_row

_LOOSEST, _EVENEST = 0.25, 0.005
_STEPS = 100
_LEAST_PERCENT, _MOST_PERCENT, _DIGITS = 0.001, 99.0, 3


class _ToleranceField(DecimalBox):
    """A share in per cent, without digits that say nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(_LEAST_PERCENT, _MOST_PERCENT)
        self.setDecimals(_DIGITS)
        self.setStepType(DecimalBox.StepType.AdaptiveDecimalStepType)
        self.setPrefix("±")
        self.setSuffix(" %")
        self.setToolTip("How far a zone’s load may be from an even share.")
        add_spin_arrows(self)

    def textFromValue(self, value: float) -> str:
        """Write 10 for 10.000."""
        return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


class ToleranceForm(QWidget):
    """The tolerance. Its slider runs from ±25 % to the most even split that is known to work."""

    evenest_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._evenest, self._known = _EVENEST, False
        self.field = _ToleranceField()
        self.scale = LabeledSlider(
            "Shortest drive or most even load", "Short drive", "Most even", steps=_STEPS
        )
        self.about = make_muted_label()
        self.find_link = make_link_button("Find the most even split", self.evenest_asked.emit)
        self.find_link.setToolTip("Look for a few seconds for the smallest tolerance that works.")
        rows = make_column_layout(self, margin_px=0, spacing_px=GRID_PX)
        rows.addLayout(make_labeled_row("Tol&erance", self.field))
        rows.addWidget(self.scale)
        rows.addWidget(self.about)
        rows.addWidget(self.find_link)
        self.field.valueChanged.connect(self._follow_field)
        self.scale.slider.valueChanged.connect(self._follow_slider)

    @property
    def tolerance(self) -> float:
        """The tolerance as a share."""
        return self.field.value() / 100

    def put(self, tolerance: float) -> None:
        """Show a tolerance; one with more digits than can be shown is rounded up."""
        shown = ceil(tolerance * 100 * 10**_DIGITS - 1e-6) / 10**_DIGITS
        self.field.setValue(shown)
        self._explain()

    def set_evenest(self, tolerance: float | None) -> None:
        """Say which tolerance is the smallest known to work; None: not known."""
        self._known = tolerance is not None
        self._evenest = min(tolerance or _EVENEST, _LOOSEST / 2)
        self.find_link.setVisible(not self._known)
        self._follow_field()

    def _follow_field(self, _value: float = 0.0) -> None:
        span = log(_LOOSEST / self._evenest)
        at = log(_LOOSEST / max(self.tolerance, 1e-9)) / span * _STEPS
        self.scale.slider.blockSignals(True)
        self.scale.slider.setValue(round(min(max(at, 0), _STEPS)))
        self.scale.slider.blockSignals(False)
        self._explain()

    def _follow_slider(self, at: int) -> None:
        tolerance = _LOOSEST * (self._evenest / _LOOSEST) ** (at / _STEPS)
        self.field.blockSignals(True)
        self.put(self._evenest if at == _STEPS else float(f"{tolerance:.2g}"))
        self.field.blockSignals(False)

    def _explain(self) -> None:
        text = (
            f"Each zone carries an even share within {self.field.text()}; among all such plans "
            "the one with the least driving is sought."
        )
        if self._known:
            text += f" The most even split known is within ±{100 * self._evenest:g} %."
        self.about.setText(text)
