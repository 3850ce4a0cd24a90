"""The forms for a step of a plan review, and for a yearly requirement of the district."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, QTimer
from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.log.logbook import list_plan_reviews
from zoneplanner.app.readiness.records import list_plan_elements
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import name_school_year
from zoneplanner.domain.readiness.district_requirements import DistrictReport
from zoneplanner.domain.readiness.plan_review import ELEMENT_PREFIX, PlanReview, list_open_points
from zoneplanner.domain.readiness.rule_pack import REVIEW_STAGES, REVIEWER_KINDS
from zoneplanner.ui.widgets.inputs.forms import DayField, RequiredTimeField
from zoneplanner.ui.widgets.inputs.record_form import RecordForm, UnitsField
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label, wrap_in_scroll_area
from zoneplanner.ui.widgets.layout.window_geometry import fit_rect_to_screen
from zoneplanner.ui.widgets.services.ui_context import UiContext


class _SchoolYearForm(RecordForm):
    """A form with a school year and the day on which something was done, which is required."""

    def add_school_year(self, default: str) -> None:
        """Add the field of the school year; an empty default means the current one."""
        default = default or name_school_year(self._desk.session.today)
        year = QLineEdit(self.recorded("school_year", default))
        self.year = self.add("school_year", "School &year", year)

    def add_day(self, label: str, needed: str) -> None:
        """Add the field of the day; ``needed`` asks for the day while it is missing."""
        today = self._desk.session.today
        self.on = DayField(self._desk.session.formats, self.recorded("on", today))
        self.asked = RequiredTimeField(
            self.on, "Today", lambda: self.on.put(today), given=self._record is not None
        )
        self.add("on", label, self.asked, needed=needed)


class DistrictReportDialog(_SchoolYearForm):
    """Logs that the district fulfilled a yearly requirement, and on which day."""

    def __init__(
        self,
        desk: UiContext,
        *,
        duty: str = "",
        school_year: str = "",
        corrects: DistrictReport | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Yearly Requirement" if corrects else "Yearly District Requirement"
        super().__init__(desk, "district_report", title, corrects=corrects, parent=parent)
        self.add_school_year(school_year)
        duties = load_project_rules(desk.session.project).duties
        names = {"": "Report to the state"} | {each.key: each.title for each in duties}
        self.duty = self.add_choice("duty", "&What", names, duty)
        self.add_day("&Sent on", "Set the day on which the report was sent, or press Today.")
        self.note = self.add("note", "&Note", self.make_text_field("note"))
        self.watch_fields(self.asked)


_REVIEWER_NAMES = {
    "staff": "Staff",
    "parents": "Parent representatives",
    "law_enforcement": "A law-enforcement official",
    "safe_schools": "Safe Schools staff",
    "public_meeting": "A public meeting at the site",
    "committee": "The school site council or planning committee",
    "classified_employee": "A classified employee",
    "fire_department": "The fire department",
    "first_responders": "Other first responders",
}
_ELEMENTS_PX = 220
_STAGES_WITH_REVIEWER = ("consulted", "confirmed")
_STAGE_NAMES = {
    "confirmed": "Confirmed, element by element",
    "notified": "Written notices sent",
    "approved": "Approved by the district",
    "shared": "Shared with the responders",
    "published": "Published in the School Accountability Report Card",
}
_LAST_STAGE, _YEAR = REVIEW_STAGES[-1], re.compile(r"\d{4}")
_NO_SITE = "Choose the school whose plan is reviewed."


class ElementsField(UnitsField):
    """A check box for each element that a school's plan must contain."""

    def __init__(self, session: Session, chosen: Sequence[str]) -> None:
        super().__init__((), chosen, columns=1)
        self._session, self._site = session, ""

    def show_site(self, site: str | None) -> None:
        """Show the elements of a school's plan, with the day of each confirmation."""
        if not site or site == self._site:
            return
        self._site = site
        elements, formats = list_plan_elements(self._session, site), self._session.formats
        self.offer({key: each.element.text for key, each in elements.items()})
        for key, each in elements.items():
            if each.on:
                who = _REVIEWER_NAMES.get(each.who, "an unnamed person").lower()
                box = self.boxes[key]
                box.setText(f"{each.element.text} ✓ {formats.short_day(each.on)}")
                box.setToolTip(f"Confirmed by {who} on {formats.day(each.on)}.")


class ReviewStepDialog(_SchoolYearForm):
    """Logs a step of a school's plan review, and on which day it was done."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
        *,
        school_year: str = "",
        corrects: PlanReview | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Review Step" if corrects else "Log a Review Step"
        super().__init__(desk, "review", title, corrects=corrects, parent=parent)
        self._steps = list_plan_reviews(desk.session)
        self.site = self.add_site(site_id, needed=_NO_SITE)
        self.add_school_year(school_year)
        stages = {name: _STAGE_NAMES.get(name, name.capitalize()) for name in REVIEW_STAGES}
        self.stage = self.add_choice("stage", "S&tep", stages)
        reviewers = {name: _REVIEWER_NAMES[name] for name in REVIEWER_KINDS}
        self.who = self.add_choice("who_kind", "&With", reviewers)
        self.elements = ElementsField(desk.session, self.recorded("elements", ()))
        self._fields["elements"] = self.elements
        self.elements_area = wrap_in_scroll_area(self.elements, "Elements of the plan")
        self.elements_area.setFixedHeight(_ELEMENTS_PX)
        self.form.addRow("&Elements", self.elements_area)
        self.elements.show_site(self.site.currentData())
        self.add_day("&Day", "Set the day on which this step was done, or press Today.")
        self.so_far = self.add_field("So far", make_muted_label())
        self.so_far.setMinimumHeight(1)  # or Qt reserves the lines of a narrow column
        self.stage.currentIndexChanged.connect(self._show_stage_fields)
        self.site.currentIndexChanged.connect(self._show_so_far)
        self.year.textChanged.connect(self._show_so_far)
        self._show_so_far()
        self._show_stage_fields()
        self.watch_fields(self.stage)

    def _show_stage_fields(self) -> None:
        stage = self.stage.currentData()
        self.form.setRowVisible(self.who, stage in _STAGES_WITH_REVIEWER)
        self.form.setRowVisible(self.elements_area, stage == "confirmed")
        if self.isVisible():
            QTimer.singleShot(0, self, self._fit)  # once the rows are laid out

    def _fit(self) -> None:
        """Resize to the visible fields, within the screen."""
        layout, width = self.layout(), max(self.sizeHint().width(), self.minimumWidth())
        height = layout.totalHeightForWidth(width) if layout else self.sizeHint().height()
        rect = QRect(self.pos(), QSize(width, height))
        self.setGeometry(fit_rect_to_screen(rect, self.screen().availableGeometry()))

    def _show_so_far(self) -> None:
        """Show the site's steps of the school year, and suggest the next one."""
        site, year = self.site.currentData(), self.year.text().strip()
        steps = [each for each in self._steps if (each.site, each.school_year) == (site, year)]
        self.elements.show_site(site)
        steps.sort(key=lambda step: (step.on, REVIEW_STAGES.index(step.stage)))
        text = "; ".join(map(self._describe_step, steps))
        self.so_far.setText(f"{text[:1].upper()}{text[1:]}." if text else "Nothing logged yet.")
        if self._record is None and site:
            stage, who = self._find_next_step(site, year, steps)
            self.stage.setCurrentIndex(self.stage.findData(stage))
            self.who.setCurrentIndex(max(self.who.findData(who), 0))

    def _describe_step(self, step: PlanReview) -> str:
        reviewer = f" with {_REVIEWER_NAMES[step.who_kind].lower()}" if step.who_kind else ""
        return f"{step.stage}{reviewer} on {self._desk.session.formats.day(step.on)}"

    def _find_next_step(
        self, site_id: str, year: str, steps: Sequence[PlanReview]
    ) -> tuple[str, str]:
        """Return the first stage that is open or does not count, and with whom to do it."""
        if not _YEAR.match(year):
            return _LAST_STAGE, ""
        session = self._desk.session
        site, rules = session.project.site(site_id), load_project_rules(session.project)
        points = list_open_points(site, rules, steps, ends_in=int(year[:4]) + 1, on=session.today)
        open_steps = [
            ("confirmed", "")
            if point.key.startswith(ELEMENT_PREFIX)
            else point.key.partition(".")[::2]
            for point in points
        ]
        stage_index = REVIEW_STAGES.index
        return min(open_steps, key=lambda step: stage_index(step[0]), default=(_LAST_STAGE, ""))

    def columns(self) -> dict[str, str]:
        """Return the fields as columns; only a consultation or a confirmation has a reviewer."""
        columns = super().columns()
        if columns["stage"] not in _STAGES_WITH_REVIEWER:
            columns["who_kind"] = ""
        if columns["stage"] != "confirmed":
            columns["elements"] = ""
        return columns
