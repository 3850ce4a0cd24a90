"""Suppose a site that does not exist yet at a place of the map."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.what_if import build_planned_site, parse_enrollment, suppose_planned_site
from zoneplanner.domain.jurisdiction import find_jurisdiction
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.words import describe_jurisdiction, format_level

_LEVELS = (
    *("elementary", "k8", "middle", "high", "secondary_6_12", "k12"),
    *("alternative", "special_education", "preschool", "adult"),
)


class PlannedSiteDialog(FormDialog):
    """Asks for name, level and students; says in which jurisdiction the place lies."""

    def __init__(
        self, desk: UiContext, x_m: float, y_m: float, parent: QWidget | None = None
    ) -> None:
        super().__init__("What If: a Planned Site", "Suppose", self._suppose, parent)
        self._desk = desk
        self._at = (x_m, y_m)
        project = desk.session.project
        there = build_planned_site("planned", "elementary", None, x_m, y_m, taken=set())
        lies_in = describe_jurisdiction(
            desk.session, find_jurisdiction(there, project.jurisdictions.values())
        )
        self.say(
            f"Here: {lies_in}. The site is patrolled in the what-if only, in the nearest zone "
            "whose unit may be primary here."
        )
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the planned site")
        self.level = ChoiceBox()
        self.level.setAccessibleName("Level")
        for level in _LEVELS:
            self.level.addItem(format_level(level), level)
        self.students = QLineEdit()
        self.students.setAccessibleName("Students expected")
        self.students.setPlaceholderText(f"{project.assumptions.missing_enrollment} if left empty")
        self.form.addRow("&Name", self.name)
        self.form.addRow("&Level", self.level)
        self.form.addRow("&Students", self.students)
        self.name.setFocus()

    def _suppose(self) -> None:
        session = self._desk.session
        site = build_planned_site(
            self.name.text(),
            self.level.currentData(),
            parse_enrollment(self.students.text()),
            *self._at,
            taken={known.name for known in session.project.sites.values()},
        )
        suppose_planned_site(session, site)
        self._desk.bridge.select(site=site.id)
