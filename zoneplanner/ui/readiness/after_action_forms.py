"""The forms for an after-action review and for a corrective action."""

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
    """Corrects a corrective action, such as to log that it is done or verified."""

    def __init__(
        self, desk: UiContext, *, corrects: CorrectiveAction, parent: QWidget | None = None
    ) -> None:
        title = "Corrective Action"
        super().__init__(desk, "corrective_action", title, corrects=corrects, parent=parent)
        self.site = self.add_site()
        self.text = self.add("action", "&Action", self.make_text_field("action"))
        self.role = self.add("owner_role", "Owner’s &role", self.make_text_field("owner_role"))
        self.due = self.add("due_on", "D&ue", DayField(desk.session.formats, corrects.due_on))
        done = OptionalDayField("Done", desk, corrects.done_on)
        self.done_on = self.add("done_on", "&Done", done)
        verified = OptionalDayField("Verified", desk, corrects.verified_on)
        self.verified_on = self.add("verified_on", "&Verified", verified)
        self.watch_fields(self.verified_on if corrects.done_on else self.done_on)


_NO_INCIDENT = "An event elsewhere, or one with no incident logged here"
_SECTION_TEXTS = {
    "overview": ("1. Overview", "What happened, where and when, in a few sentences."),
    "objectives": ("2. Objectives", "The goals of the response, and the plan it followed."),
    "strengths": ("3. Strengths", "What went well and should continue."),
    "improvements": ("4. Areas for improvement", "What did not go as planned, and why."),
    "participants": ("6. Participants", "Roles and agencies, no names."),
}
_SECTION_PX = 48
_DEFAULT_DUE_DAYS = 30
_NO_EVENT = "Enter the event under review."
_NO_NARRATIVE = (
    "Write at least one of parts 1 to 4. If there is nothing to report, say why in the overview."
)


class _CorrectiveActionFields:
    """The fields of one corrective action: the action, the role that owns it, and its due day."""

    def __init__(self, desk: UiContext) -> None:
        project = desk.session.project
        self.text = PrivacyCheckedField(QLineEdit(), project)
        self.text.field.setPlaceholderText("Action to take")
        self.role = PrivacyCheckedField(QLineEdit(), project)
        self.role.field.setPlaceholderText("Role, such as principal")
        self.due = DayField(
            desk.session.formats, desk.session.today + timedelta(days=_DEFAULT_DUE_DAYS)
        )
        self.fields = (self.text, self.role, self.due)
        for field, name in (
            (self.text.field, "Action to take"),
            (self.role.field, "Role that owns it"),
            (self.due, "Due"),
        ):
            field.setAccessibleName(name)


class AfterActionDialog(RecordForm):
    """Logs a review with its narrative, and each of its corrective actions as a separate record.

    For a site, it starts with the latest incident there that is waiting for a review.
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
        self.site = self.add_site(site_id, needed="")
        self._incidents = self._list_incidents(corrects)
        self.incident = self.add("incident", "&Incident", make_choice_box({}))
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
        self.parts = {name: self._make_section(name, corrects) for name in AFTER_ACTION_SECTIONS}
        self.plan_rows: list[_CorrectiveActionFields] = []
        self.form.addRow(self._make_report(with_plan=corrects is None))
        self.incident.currentIndexChanged.connect(self._fill_from_incident)
        for changed in (self.site.currentTextChanged, self.site.currentIndexChanged):
            changed.connect(self._offer_incidents)
        at_site = (call.uid for call in self._incidents if site_id and call.site == site_id)
        uid = self.recorded("incident", incident or next(at_site, ""))
        self.incident.setCurrentIndex(max(0, self.incident.findData(uid)))
        if corrects:
            self.what.put(corrects.event)
            self.event_on.put(corrects.event_on)
        self.watch_fields(self.what)

    def add_action(self) -> _CorrectiveActionFields:
        """Add the fields of another corrective action."""
        action, row = _CorrectiveActionFields(self._desk), self.plan.rowCount()
        self.plan_rows.append(action)
        for column, field in enumerate(action.fields):
            self.plan.addWidget(field, row, column, Qt.AlignmentFlag.AlignTop)
            self.watch(field)
        action.text.setFocus()
        return action

    def _list_incidents(self, corrects: AfterActionReview | None) -> tuple[Incident, ...]:
        """Return the incidents that are waiting for review, and the corrected review's incident."""
        session = self._desk.session
        waiting = list_incidents_to_review(session, load_project_rules(session.project))
        reviewed = read_incidents(session.store.record(corrects.incident)) if corrects else ()
        calls = {call.uid: call for call in (*reviewed, *waiting)}
        return tuple(calls.values())

    def _offer_incidents(self) -> None:
        """List the incidents of the chosen school, or all of them without a school.

        While an incident is chosen, the list stays: that incident filled in the school.
        """
        if self.incident.currentData():
            return
        name = self.site.itemText(self.site.currentIndex())
        site = self.site.currentData() if self.site.currentText() == name else ""
        calls = {
            call.uid: self._describe_incident(call)
            for call in self._incidents
            if not site or call.site == site
        }
        self.incident.offer({"": _NO_INCIDENT, **calls})

    def _describe_incident(self, call: Incident) -> str:
        project = self._desk.session.project
        site = project.sites.get(call.site or "")
        day = call.received_at.astimezone(ZoneInfo(project.time_zone)).date()
        when = self._desk.session.formats.day(day)
        return f"{call.type.capitalize()}, {site.name if site else 'no site'}, {when}"

    def _make_section(self, name: str, corrects: AfterActionReview | None) -> PrivacyCheckedField:
        field = QPlainTextEdit(getattr(corrects, name) if corrects else "")
        field.setTabChangesFocus(True)
        field.setFixedHeight(_SECTION_PX)
        title, hint = _SECTION_TEXTS[name]
        field.setPlaceholderText(hint)
        field.setAccessibleName(title)
        return PrivacyCheckedField(field, self._desk.session.project)

    def _make_report(self, *, with_plan: bool) -> QWidget:
        """Return the sections in the order of the report, with the plan before the participants."""
        report = QWidget()
        rows = make_column_layout(report, spacing_px=GRID_PX)
        rows.setContentsMargins(0, SPACING_PX, 0, 0)
        for name, field in self.parts.items():
            if name == AFTER_ACTION_SECTIONS[-1] and with_plan:
                self._add_plan(rows)
            rows.addWidget(make_section_label(_SECTION_TEXTS[name][0]))
            rows.addWidget(field)
        return report

    def _add_plan(self, rows: QVBoxLayout) -> None:
        rows.addWidget(make_section_label("5. Improvement plan"))
        frame = QWidget()
        self.plan = QGridLayout(frame)
        self.plan.setContentsMargins(0, 0, 0, 0)
        self.plan.setColumnStretch(0, 3)
        self.plan.setColumnStretch(1, 2)
        for column, title in enumerate(("Corrective action", "Owner’s role", "Due")):
            self.plan.addWidget(make_muted_label(title), 0, column)
        rows.addWidget(frame)
        self.more = make_link_button("Add an action", self.add_action)
        rows.addWidget(self.more)

    def _fill_from_incident(self) -> None:
        """Fill in site, event and day from the chosen incident."""
        uid = self.incident.currentData()
        call = next((each for each in self._incidents if each.uid == uid), None)
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
        """Return what is missing: an event, or at least one section of the narrative."""
        narrative = any(self.parts[name].text().strip() for name in AFTER_ACTION_SECTIONS[:-1])
        has_narrative = narrative or self._record is not None
        return super().missing() or ("" if has_narrative else _NO_NARRATIVE)

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log the review and its corrective actions in one transaction."""
        filled = {name: text for name, text in columns.items() if text.strip()}
        actions = [
            (row.text.text().strip(), row.role.text().strip(), row.due.day())
            for row in self.plan_rows
        ]
        actions = [action for action in actions if action[0] or action[1]]
        log_after_action(self._desk.session, filled, build_action_columns(actions))
