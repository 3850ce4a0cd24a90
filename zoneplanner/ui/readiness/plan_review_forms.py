"""Log that the district has reported to the state, or correct when it did."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.log.logbook import list_plan_reviews
from zoneplanner.domain.calendar.school_calendar import name_school_year
from zoneplanner.domain.readiness.requirements import DistrictReport, PlanReview
from zoneplanner.domain.readiness.rule_pack import REVIEW_STAGES, REVIEWER_KINDS
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.forms import (
    DayField,
    PrivacyCheckedField,
    RequiredTimeField,
    make_site_box,
    read_chosen_site,
)
from zoneplanner.ui.widgets.inputs.record_form import RecordForm
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext

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
        self.asked.changed.connect(self.update_required)
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
        return "" if self.asked.is_set else _REPORT_DAY_MISSING


_WHO_WORDS = {
    "staff": "Staff",
    "parents": "Parent representatives",
    "law_enforcement": "A law-enforcement official",
    "safe_schools": "Safe Schools staff",
    "public_meeting": "A public meeting at the site",
}
_NO_SITE = "Choose the school whose plan is reviewed."
_REVIEW_DAY_MISSING = "Say on which day this step was done: set the day, or press Today."


class ReviewStepDialog(RecordForm):
    """One step, and the day on which it was done, which is asked for."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        corrects: PlanReview | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Review Step" if corrects else "Log a Review Step"
        super().__init__(desk, "review", title, corrects=corrects, parent=parent)
        self._steps = list_plan_reviews(desk.session)
        today = desk.session.today
        self.site = make_site_box(desk.session.project, corrects.site if corrects else site_id)
        self.year = QLineEdit(corrects.school_year if corrects else name_school_year(today))
        self.stage = ChoiceBox()
        for name in REVIEW_STAGES:
            self.stage.addItem(name.capitalize(), name)
        self.who = ChoiceBox()
        for name in REVIEWER_KINDS:
            self.who.addItem(_WHO_WORDS[name], name)
        self.on = DayField(desk.session.formats, corrects.on if corrects else today)
        self.asked = RequiredTimeField(
            self.on, "Today", lambda: self.on.put(today), given=corrects is not None
        )
        self.so_far = make_muted_label()
        for label, field in (
            ("&Site", self.site),
            ("School &year", self.year),
            ("S&tep", self.stage),
            ("&With", self.who),
            ("&Day", self.asked),
        ):
            self.form.addRow(label, field)
        self.form.addRow("So far", self.so_far)
        self.stage.currentIndexChanged.connect(self._ask_who)
        self.site.currentIndexChanged.connect(self._show_so_far)
        self.year.textChanged.connect(self._show_so_far)
        self._show_so_far()
        if corrects:
            self.stage.setCurrentIndex(self.stage.findData(corrects.stage))
            self.who.setCurrentIndex(max(0, self.who.findData(corrects.who_kind)))
        self._ask_who()
        self.asked.changed.connect(self.update_required)
        self.watch_fields()
        (self.stage if self.site.currentIndex() >= 0 else self.site).setFocus()

    def _ask_who(self) -> None:
        self.form.setRowVisible(self.who, self.stage.currentData() == "consulted")

    def _show_so_far(self) -> None:
        """Tell the year's steps of this site and offer the next one."""
        site, year = self.site.currentData(), self.year.text().strip()
        own = [one for one in self._steps if (one.site, one.school_year) == (site, year)]
        own.sort(key=lambda one: (one.on, REVIEW_STAGES.index(one.stage)))
        said = [
            f"{one.stage}{f' with {_WHO_WORDS[one.who_kind].lower()}' if one.who_kind else ''}"
            f" on {one.on}"
            for one in own
        ]
        self.so_far.setText(f"{'; '.join(said).capitalize()}." if said else "Nothing logged yet.")
        if self._record is None:
            asked = {one.who_kind for one in own}
            missing = [name for name in REVIEWER_KINDS if name not in asked]
            done = {one.stage for one in own}
            open_ = [
                name
                for name in REVIEW_STAGES
                if name not in done or (name == "consulted" and missing)
            ]
            self.stage.setCurrentIndex(
                self.stage.findData(open_[0] if open_ else REVIEW_STAGES[-1])
            )
            self.who.setCurrentIndex(self.who.findData(missing[0]) if missing else 0)

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        stage = self.stage.currentData()
        return {
            "site": read_chosen_site(self.site, _NO_SITE),
            "school_year": self.year.text(),
            "stage": stage,
            "on": self.on.day().isoformat(),
            "who_kind": self.who.currentData() if stage == "consulted" else "",
        }

    def missing(self) -> str:
        """A step needs its school and its day."""
        try:
            read_chosen_site(self.site, _NO_SITE)
        except UserError as error:
            return error.message
        return "" if self.asked.is_set else _REVIEW_DAY_MISSING
