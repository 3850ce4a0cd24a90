"""The forms that correct and end a response action."""

from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.logbook import find_usual_unit
from zoneplanner.app.log.response_actions import end_response_action
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS, ResponseAction
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import TimeField, make_editable_box, read_typed_choice
from zoneplanner.ui.widgets.inputs.record_form import OptionalTimeField, RecordForm, UnitsField
from zoneplanner.ui.widgets.services.ui_context import UiContext

_LOCKDOWN, _REQUIRED = "lockdown", "Required"
_NO_SITE = "Choose the school where the action was called."


class ResponseActionDialog(RecordForm):
    """Corrects a response action that was logged."""

    def __init__(
        self, desk: UiContext, *, corrects: ResponseAction, parent: QWidget | None = None
    ) -> None:
        title = "Correct a Response Action"
        super().__init__(desk, "action", title, corrects=corrects, parent=parent)
        project = desk.session.project
        self.site = self.add_site(needed=_NO_SITE)
        actions = {name: project.terms.describe(name).term for name in RESPONSE_ACTIONS}
        self.action = self.add_choice("action", "&Action", actions)
        self.began = self.add("began_at", "&Began", TimeField(desk.session, corrects.began_at))
        ended = OptionalTimeField(desk, corrects.ended_at, needed=False)
        self.ended = self.add("ended_at", "&Ended", ended)
        self.units = self.add("units", "&Units", UnitsField(project.units, corrects.units))
        self.note = self.add("note", "&Note", self.make_text_field("note"))
        self.watch_fields(self.action)


_ROLES = (
    "Incident commander",
    "Patrol sergeant",
    "School resource officer",
    "Principal",
    "Assistant principal",
    "Safe Schools manager",
    "Fire captain",
)
"""Suggested roles of who gives an all-clear; the form asks for no names."""


class AllClearDialog(FormDialog):
    """Ends an action: asks who gave the all-clear, and when."""

    def __init__(
        self, desk: UiContext, action: ResponseAction, parent: QWidget | None = None
    ) -> None:
        term = desk.session.project.terms.describe(action.action).term
        ok = f"End {action.action}"
        super().__init__(f"End {term}", ok, self._end, parent, notices=desk.notices)
        site = desk.session.project.sites.get(action.site)
        self.title.setText(f"All-Clear: {term} at {site.name if site else action.site}")
        self.title.setWordWrap(True)
        self.title.show()
        self._desk, self.action = desk, action
        project = desk.session.project
        self.set_about(
            "Record the all-clear after it has been given. This only keeps a record; it alerts "
            "no one."
        )
        self.role = self.add_field("Given &by (role)", make_editable_box(_ROLES, "", _REQUIRED))
        self.role.setAccessibleName("Role that gave the all-clear")
        usual = find_usual_unit(project, action.site, desk.session.today)
        units = sorted(project.units.values(), key=lambda unit: unit.id != usual)
        agencies = dict.fromkeys(unit.agency for unit in units)  # the usual unit's agency first
        hint = _REQUIRED if action.action == _LOCKDOWN else "Optional"
        agency = make_editable_box([*agencies, project.name], "", hint, by_substring=True)
        self.agency = self.add_field("&Agency", agency)
        self.agency.setAccessibleName("Agency that gave the all-clear")
        self.ended = self.add_field("&When", TimeField(desk.session, desk.session.clock()))
        answers = (self.role.currentTextChanged, self.agency.currentTextChanged)
        for changed in (self.ended.dateTimeChanged, self.ended.unread_changed, *answers):
            changed.connect(lambda *_: self.require(self.ended.mark_problem("When")))
        self.role.setFocus()

    def accept(self) -> None:
        """End the action, or name all missing fields and focus the first one."""
        needed = [(Message("field_empty.all_clear_by"), self.role)]
        if self.action.action == _LOCKDOWN:
            needed.append((Message("field_empty.all_clear_agency"), self.agency))
        missing = [(message, box) for message, box in needed if not read_typed_choice(box)]
        if missing:
            self.show_refusal(say_all(message for message, _ in missing))
            missing[0][1].setFocus()
        else:
            super().accept()

    def _end(self) -> None:
        role, agency = read_typed_choice(self.role), read_typed_choice(self.agency)
        ended, began = self.ended.moment(), self.action.began_at
        if ended == began.replace(second=0, microsecond=0):  # the field has whole minutes only
            ended = began
        end_response_action(
            self._desk.session,
            self.action.uid,
            ended_at=ended,
            all_clear_by=role,
            all_clear_agency=agency,
        )
