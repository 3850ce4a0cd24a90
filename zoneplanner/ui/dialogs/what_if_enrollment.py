"""Suppose that a site has more or fewer students."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.what_if import assume_enrollment, enrollment_of
from zoneplanner.domain.site import Site
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form
from zoneplanner.ui.kit.words import count


class EnrollmentDialog(Form):
    """Asks for a number of students; an empty field goes back to the fact."""

    def __init__(self, desk: Desk, site: Site, parent: QWidget | None = None) -> None:
        super().__init__("What If: Another Enrollment", "Suppose", self._suppose, parent)
        self._desk = desk
        self._site = site
        fact = desk.session.reading.kept.sites[site.id].enrollment
        known = count(fact, "student") if fact is not None else "an unknown number of students"
        self.say(
            f"{site.name} has {known} by the facts. Another number goes into a what-if; the site "
            "itself stays as it is. Leave the field empty to go back to the fact."
        )
        self.students = QLineEdit("" if site.enrollment is None else str(site.enrollment))
        self.students.setAccessibleName("Students supposed")
        self.students.selectAll()
        self.form.addRow("&Students", self.students)
        self.students.setFocus()

    def _suppose(self) -> None:
        students = enrollment_of(self.students.text())
        assume_enrollment(self._desk.session, self._site.id, students)
