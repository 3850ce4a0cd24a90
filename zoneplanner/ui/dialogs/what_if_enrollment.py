"""Suppose that a site has more or fewer students."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.what_if import parse_enrollment, suppose_enrollment
from zoneplanner.domain.site import Site
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog
from zoneplanner.ui.kit.words import format_count


class WhatIfEnrollmentDialog(FormDialog):
    """Asks for a number of students; an empty field goes back to the fact."""

    def __init__(self, desk: UiContext, site: Site, parent: QWidget | None = None) -> None:
        super().__init__("What If: Another Enrollment", "Suppose", self._suppose, parent)
        self._desk = desk
        self._site = site
        fact = desk.session.reading.kept.sites[site.id].enrollment
        known = (
            format_count(fact, "student") if fact is not None else "an unknown number of students"
        )
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
        students = parse_enrollment(self.students.text())
        suppose_enrollment(self._desk.session, self._site.id, students)
