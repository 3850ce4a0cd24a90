"""Fields of an incident: times that were taken or were not, its units, and the stamps of each."""

from collections.abc import Iterable
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QWidget

from zoneplanner.domain.clock import format_utc_iso
from zoneplanner.domain.journal import INCIDENT_STAMPS, UnitStamps
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import TimeField
from zoneplanner.ui.kit.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import make_muted_label, pass_focus
from zoneplanner.ui.kit.words import STAMP_NAMES

_UNITS_BESIDE = 4


class OptionalTimeField(QWidget):
    """A time that was taken or was not: a box to tick and the time."""

    def __init__(self, desk: UiContext, moment: datetime | None, *, needed: bool) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.taken = QCheckBox()
        self.taken.setAccessibleName("Time was taken")
        self.time = TimeField(desk.session, moment or desk.session.clock())
        self.taken.setChecked(needed or moment is not None)
        self.taken.setVisible(not needed)
        self.time.setEnabled(self.taken.isChecked())
        self.taken.toggled.connect(self.time.setEnabled)
        line.addWidget(self.taken)
        line.addWidget(self.time, 1)
        pass_focus(self, self.time if needed else self.taken)

    def text(self) -> str:
        """Return the time as text; nothing where it was not taken."""
        return format_utc_iso(self.time.moment()) if self.taken.isChecked() else ""


class UnitsField(QWidget):
    """A box to tick for each unit; those that were there keep their order, the first one leads."""

    toggled = Signal(str, bool)

    def __init__(self, units: Iterable[str], chosen: Iterable[str]) -> None:
        super().__init__()
        self._order = list(chosen)
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(GRID_PX)
        for at, unit in enumerate(dict.fromkeys((*units, *self._order))):
            box = self.boxes[unit] = QCheckBox(unit)
            box.setChecked(unit in self._order)
            box.toggled.connect(lambda on, unit=unit: self._toggle(unit, on=on))
            grid.addWidget(box, at // _UNITS_BESIDE, at % _UNITS_BESIDE)

    def text(self) -> str:
        """Return the units as a list of text."""
        return ";".join(self._order)

    def _toggle(self, unit: str, *, on: bool) -> None:
        self._order = [one for one in self._order if one != unit] + [unit] * on
        self.toggled.emit(unit, on)


class UnitStampsField(QWidget):
    """The stamps of one unit on an incident, a time each."""

    def __init__(self, desk: UiContext, stamps: UnitStamps) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID_PX)
        grid.setColumnStretch(1, 1)
        self.fields: dict[str, OptionalTimeField] = {}
        for at, name in enumerate(INCIDENT_STAMPS[1:]):
            field = self.fields[name] = OptionalTimeField(desk, getattr(stamps, name), needed=False)
            field.taken.setAccessibleName(f"{stamps.unit} {STAMP_NAMES[name].lower()}")
            grid.addWidget(make_muted_label(STAMP_NAMES[name]), at, 0)
            grid.addWidget(field, at, 1)
