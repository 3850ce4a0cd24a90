"""Suppose a site that does not exist yet at a place of the map."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.what_if import add_planned_site, enrollment_of, planned_site
from zoneplanner.domain.jurisdiction import place
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.words import jurisdiction_words, level_words

_LEVELS = (
    *("elementary", "k8", "middle", "high", "secondary_6_12", "k12"),
    *("alternative", "special_education", "preschool", "adult"),
)


class PlannedSiteDialog(Form):
    """Asks for name, level and students; says in which jurisdiction the place lies."""

    def __init__(self, desk: Desk, x_m: float, y_m: float, parent: QWidget | None = None) -> None:
        super().__init__("What If: a Planned Site", "Suppose", self._suppose, parent)
        self._desk = desk
        self._at = (x_m, y_m)
        project = desk.session.project
        there = planned_site("planned", "elementary", None, x_m, y_m, taken=set())
        lies_in = jurisdiction_words(desk.session, place(there, project.jurisdictions.values()))
        self.say(
            f"Here: {lies_in}. The site is patrolled in the what-if only, in the nearest zone "
            "whose unit may be primary here."
        )
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the planned site")
        self.level = ChoiceBox()
        self.level.setAccessibleName("Level")
        for level in _LEVELS:
            self.level.addItem(level_words(level), level)
        self.students = QLineEdit()
        self.students.setAccessibleName("Students expected")
        self.students.setPlaceholderText(f"{project.assumptions.missing_enrollment} if left empty")
        self.form.addRow("&Name", self.name)
        self.form.addRow("&Level", self.level)
        self.form.addRow("&Students", self.students)
        self.name.setFocus()

    def _suppose(self) -> None:
        session = self._desk.session
        site = planned_site(
            self.name.text(),
            self.level.currentData(),
            enrollment_of(self.students.text()),
            *self._at,
            taken={known.name for known in session.project.sites.values()},
        )
        add_planned_site(session, site)
        self._desk.bridge.select(site=site.id)
