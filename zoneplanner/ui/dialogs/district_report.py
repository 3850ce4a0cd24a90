"""Log that the district has reported to the state, or correct when it did."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.readiness import DistrictReport
from zoneplanner.domain.school_year import name_school_year
from zoneplanner.ui.dialogs.record_form import RecordForm
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import DayField, RequiredTimeField
from zoneplanner.ui.kit.privacy_hint import PrivacyCheckedField

_REPORT_DAY_MISSING = "Say on which day the report was sent: set the day, or press Today."


class DistrictReportDialog(RecordForm):
    """The report of a school year, and the day on which it was sent, which is asked for."""

    def __init__(
        self,
        desk: UiContext,
        *,
        corrects: DistrictReport | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Report to the State" if corrects else "Report to the State"
        super().__init__(desk, "district_report", title, corrects=corrects, parent=parent)
        today = desk.session.today
        self.year = QLineEdit(corrects.school_year if corrects else name_school_year(today))
        self.on = DayField(desk.session.formats, corrects.on if corrects else today)
        self.asked = RequiredTimeField(
            self.on, "Today", lambda: self.on.put(today), given=corrects is not None
        )
        self.note = PrivacyCheckedField(
            QLineEdit(corrects.note if corrects else ""), desk.session.project
        )
        for label, field in (
            ("School &year", self.year),
            ("&Sent on", self.asked),
            ("&Note", self.note),
        ):
            self.form.addRow(label, field)
        self.asked.changed.connect(self.look)
        self.watch_fields()
        self.asked.setFocus()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        return {
            "school_year": self.year.text().strip(),
            "on": self.on.day().isoformat(),
            "note": self.note.text(),
        }

    def missing(self) -> str:
        """A report needs its day."""
        return "" if self.asked.given else _REPORT_DAY_MISSING
