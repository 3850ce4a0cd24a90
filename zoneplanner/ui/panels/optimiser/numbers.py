"""How many zones each agency is to have."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.app.zone_counts import count_zones
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.ui.kit.inputs import NumberBox
from zoneplanner.ui.kit.theme import GRID_PX
from zoneplanner.ui.kit.widgets import (
    add_spin_arrows,
    clear_layout,
    make_column_layout,
    make_muted_label,
)
from zoneplanner.ui.panels.optimiser.rows import make_labeled_row

_MOST_ZONES = 20


class ZoneCountsForm(QWidget):
    """A number for each agency that holds zones; the plan's own at first."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, NumberBox] = {}
        self._usual: dict[str, int] = {}
        self._rows = make_column_layout(self, margin_px=0, spacing_px=GRID_PX)

    def refresh(self, project: Project, plan: Plan) -> None:
        """Show the numbers of a plan where they are not those shown already."""
        counts = count_zones(project, plan)
        if counts == self._usual:
            return
        self._usual = counts
        self.fields = {}
        clear_layout(self._rows)
        for agency, count in counts.items():
            self._rows.addWidget(self._row(project, agency, count))
        self.about = make_muted_label()
        self._rows.addWidget(self.about)
        self._explain()

    def asked(self) -> dict[str, int]:
        """Return the numbers that are not the plan's own."""
        numbers = {agency: field.value() for agency, field in self.fields.items()}
        return {agency: n for agency, n in numbers.items() if n != self._usual[agency]}

    def _row(self, project: Project, agency: str, count: int) -> QWidget:
        known = project.agencies.get(agency)
        short = known.short if known is not None else agency
        field = NumberBox()
        field.setRange(1, _MOST_ZONES)
        field.setValue(count)
        field.setAccessibleName(f"Zones of {short}")
        field.setToolTip(f"How many zones the {agency} is to have.")
        field.valueChanged.connect(self._explain)
        add_spin_arrows(field)
        self.fields[agency] = field
        line = QWidget()
        inner = make_labeled_row(f"Zones of {short}", field)
        inner.setContentsMargins(0, 0, 0, 0)
        line.setLayout(inner)
        return line

    def _explain(self, _value: int = 0) -> None:
        more = sum(max(0, n - self._usual[agency]) for agency, n in self.asked().items())
        text = {0: "", 1: "Adds a unit that is planned only."}.get(
            more, f"Adds {more} units that are planned only."
        )
        self.about.setText(text)
        self.about.setVisible(bool(text))
        self.changed.emit()
