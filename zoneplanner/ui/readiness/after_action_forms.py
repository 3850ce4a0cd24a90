"""Forms for an after-action review and for following a corrective action."""

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.app.readiness.records import (
    build_action_columns,
    list_incidents_to_review,
    log_after_action,
)
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.domain.log.entries import read_incidents
from zoneplanner.domain.log.follow_up_entries import AFTER_ACTION_SECTIONS
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.readiness.follow_up import AfterActionReview, CorrectiveAction
from zoneplanner.ui.widgets.inputs.forms import DayField, PrivacyCheckedField
from zoneplanner.ui.widgets.inputs.record_form import OptionalDayField, RecordForm
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX


class CorrectiveActionDialog(RecordForm):
    """One action through done to verified; each step is an entry of the log."""

    def __init__(
        self, desk: UiContext, action: CorrectiveAction, *, parent: QWidget | None = None
    ) -> None:
        title = "Corrective Action"
        super().__init__(desk, "corrective_action", title, corrects=action, parent=parent)
        self.site = self.add(
            "site", "&Site", make_site_combo_box(desk.session.project, action.site)
        )
        self.text = self.add("action", "&Action", self.make_text_field("action"))
        self.role = self.add("owner_role", "Owner’s &role", self.make_text_field("owner_role"))
        self.due = self.add("due_on", "D&ue", DayField(desk.session.formats, action.due_on))
        done = OptionalDayField("Done", desk, action.done_on)
        self.done_on = self.add("done_on", "&Done", done)
        verified = OptionalDayField("Verified", desk, action.verified_on)
        self.verified_on = self.add("verified_on", "&Verified", verified)
        self.watch_fields(self.verified_on if action.done_on else self.done_on)


_ELSEWHERE = "An event elsewhere, or one with no incident logged here"
_PART_WORDS = {
    "overview": ("1. Overview", "What happened, where and when, in a few sentences."),
    "objectives": ("2. Objectives", "The goals of the response, and the plan it followed."),
    "strengths": ("3. Strengths", "What went well and should continue."),
    "improvements": ("4. Areas for improvement", "What did not go as planned, and why."),
    "participants": ("6. Participants", "Roles and agencies, no names."),
}
_PLAN_TITLE = "5. Improvement plan"
_PART_PX = 48
_USUAL_DAYS = 30
_NO_EVENT = "Enter the event under review."
_NO_NARRATIVE = (
    "Write at least one of parts 1 to 4. If there is nothing to report, say why in the overview."
)


class _CorrectiveActionFields:
    """The fields of one corrective action: what is to be done, by which role, by when."""

    def __init__(self, desk: UiContext) -> None:
        project = desk.session.project
        self.text = PrivacyCheckedField(QLineEdit(), project)
        self.text.field.setPlaceholderText("Action to take")
        self.role = PrivacyCheckedField(QLineEdit(), project)
        self.role.field.setPlaceholderText("Role, such as principal")
        self.due = DayField(desk.session.formats, desk.session.today + timedelta(days=_USUAL_DAYS))
        self.fields = (self.text, self.role, self.due)
        for field, name in (
            (self.text.field, "Action to take"),
            (self.role.field, "Role that owns it"),
            (self.due, "Due"),
        ):
            field.setAccessibleName(name)


class AfterActionDialog(RecordForm):
    """One review, with a narrative; its corrective actions are records of their own.

    At a site it begins with the latest incident there that waits for a review.
    """

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
        *,
        incident: str = "",
        corrects: AfterActionReview | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct an After-Action Review" if corrects else "After-Action Review"
        super().__init__(desk, "after_action", title, corrects=corrects, parent=parent)
        session = desk.session
        site = make_site_combo_box(session.project, self.recorded("site", site_id))
        self.site = self.add("site", "&Site", site, needed="")
        self._incidents = self._list_incidents(corrects)
        self.incident = self.add("incident", "&Incident", make_choice_box({"": _ELSEWHERE}, ""))
        self._offer_incidents()
        self.what = self.add(
            "event",
            "&Event",
            self.make_text_field("event", "Such as a lockdown, or an event in another district"),
            needed=_NO_EVENT,
        )
        self.event_on, self.held_on = (
            self.add(column, label, DayField(session.formats, self.recorded(column, session.today)))
            for column, label in (("event_on", "Da&y of the event"), ("held_on", "&Reviewed on"))
        )
        self.parts = {name: self._part(name, corrects) for name in AFTER_ACTION_SECTIONS}
        self.plan_rows: list[_CorrectiveActionFields] = []
        self.form.addRow(self._report(with_plan=corrects is None))
        self.incident.currentIndexChanged.connect(self._take_incident)
        for changed in (self.site.currentTextChanged, self.site.currentIndexChanged):
            changed.connect(self._offer_incidents)
        there = (one.uid for one in self._incidents if one.site == site_id and site_id)
        named = self.recorded("incident", incident or next(there, ""))
        self.incident.setCurrentIndex(max(0, self.incident.findData(named)))
        if corrects:
            self.what.put(corrects.event)
            self.event_on.put(corrects.event_on)
        self.watch_fields(self.what)

    def add_action(self) -> _CorrectiveActionFields:
        """Add the fields of one more corrective action."""
        row, at = _CorrectiveActionFields(self._desk), self.plan.rowCount()
        self.plan_rows.append(row)
        for place, field in enumerate(row.fields):
            self.plan.addWidget(field, at, place, Qt.AlignmentFlag.AlignTop)
            self.watch(field)
        row.text.setFocus()
        return row

    def _list_incidents(self, corrects: AfterActionReview | None) -> tuple[Incident, ...]:
        """Return the incidents that wait for a review, and that of the review itself."""
        session = self._desk.session
        waiting = list_incidents_to_review(session, load_project_rules(session.project))
        own = read_incidents(session.store.record(corrects.incident)) if corrects else ()
        return (*own, *(one for one in waiting if one.uid not in {call.uid for call in own}))

    def _offer_incidents(self) -> None:
        """List the incidents of the school that is chosen, all while none is.

        What an incident filled in, it chose: the list stays.
        """
        if self.incident.currentData():
            return
        at = self.site.currentIndex()
        chosen = (
            self.site.currentData() if self.site.currentText() == self.site.itemText(at) else ""
        )
        while self.incident.count() > 1:
            self.incident.removeItem(1)
        for call in self._incidents:
            if not chosen or call.site == chosen:
                self.incident.addItem(self._words(call), call.uid)

    def _words(self, call: Incident) -> str:
        project = self._desk.session.project
        site = project.sites.get(call.site or "")
        day = call.received_at.astimezone(ZoneInfo(project.time_zone)).date()
        when = self._desk.session.formats.day(day)
        return f"{call.type.capitalize()}, {site.name if site else 'no site'}, {when}"

    def _part(self, name: str, corrects: AfterActionReview | None) -> PrivacyCheckedField:
        field = QPlainTextEdit(getattr(corrects, name) if corrects else "")
        field.setTabChangesFocus(True)
        field.setFixedHeight(_PART_PX)
        field.setPlaceholderText(_PART_WORDS[name][1])
        field.setAccessibleName(_PART_WORDS[name][0])
        return PrivacyCheckedField(field, self._desk.session.project)

    def _report(self, *, with_plan: bool) -> QWidget:
        """Lay the parts out in the order of the report, the plan before the participants."""
        whole = QWidget()
        rows = make_column_layout(whole, spacing_px=GRID_PX)
        rows.setContentsMargins(0, SPACING_PX, 0, 0)
        for name, field in self.parts.items():
            if name == AFTER_ACTION_SECTIONS[-1] and with_plan:
                self._lay_plan(rows)
            rows.addWidget(make_section_label(_PART_WORDS[name][0]))
            rows.addWidget(field)
        return whole

    def _lay_plan(self, rows: QVBoxLayout) -> None:
        rows.addWidget(make_section_label(_PLAN_TITLE))
        inside = QWidget()
        self.plan = QGridLayout(inside)
        self.plan.setContentsMargins(0, 0, 0, 0)
        self.plan.setColumnStretch(0, 3)
        self.plan.setColumnStretch(1, 2)
        for place, title in enumerate(("Corrective action", "Owner’s role", "Due")):
            self.plan.addWidget(make_muted_label(title), 0, place)
        rows.addWidget(inside)
        self.more = make_link_button("Add an action", self.add_action)
        rows.addWidget(self.more)

    def _take_incident(self) -> None:
        """Fill in what the journal knows of the incident."""
        uid = self.incident.currentData()
        call = next((one for one in self._incidents if one.uid == uid), None)
        for field in (self.site, self.what, self.event_on):
            field.setEnabled(call is None)
        if call is None:
            return
        zone = ZoneInfo(self._desk.session.project.time_zone)
        self.site.setCurrentIndex(self.site.findData(call.site))
        self.what.put(call.type.capitalize())
        self.event_on.put(call.received_at.astimezone(zone).date())

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        return super().columns() | {name: field.text() for name, field in self.parts.items()}

    def missing(self) -> str:
        """A review needs an event, and a narrative or a reason why there is none."""
        told = any(self.parts[name].text().strip() for name in AFTER_ACTION_SECTIONS[:-1])
        return super().missing() or ("" if told or self._record is not None else _NO_NARRATIVE)

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log the review with its corrective actions, all of it or nothing."""
        given = {name: text for name, text in columns.items() if text.strip()}
        rows = [
            (row.text.text().strip(), row.role.text().strip(), row.due.day())
            for row in self.plan_rows
        ]
        kept = [row for row in rows if row[0] or row[1]]
        log_after_action(self._desk.session, given, build_action_columns(kept))
