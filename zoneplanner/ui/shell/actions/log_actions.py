"""Actions that log and correct records, and the notices after them.

``LogActions`` are for visits, calls and response actions, ``ReadinessActions`` for drills, reviews,
concerns and rules.
"""

from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.app.help.action_specs import SELECT_SITE
from zoneplanner.app.log.corrections import (
    bring_back_record,
    choose_take_back_verb,
    ends_visit,
    find_previous_entry,
    name_call,
    name_entry,
    name_stamps,
    take_back_entry,
)
from zoneplanner.app.log.due_visits import (
    explain_visitor_elsewhere,
    find_started_plan,
    restore_planned_visit,
)
from zoneplanner.app.log.response_actions import list_active_actions
from zoneplanner.app.log.stamps import (
    STAMP_NAMES,
    describe_visit_ended_by,
    explain_units_outside,
    list_cleared_together,
)
from zoneplanner.app.readiness.requirements import compute_readiness, write_due_calendar
from zoneplanner.app.readiness.rules import read_offered_pack, save_rule_pack
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import DECLARED_RECORDS
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.office_entries import COMMAND_RECORD
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS, DistrictTerms
from zoneplanner.domain.readiness.follow_up import AFTER_ACTION, OUTSIDE_EVENT
from zoneplanner.domain.readiness.office_requirements import CAMPUS_PAGE, MONTHLY_RETURN
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    DUTY_PREFIX,
    PLAN_REVIEW,
    Requirement,
)
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file, ask_new_file
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_RULES_FILTER = "Rules (*.toml)"
_RULES_NAME, _CALENDAR_NAME = Path("rules.toml"), Path("What is due.ics")


class ReadinessActions:
    """Actions that open the forms of requirements, records and rules."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        for name, do in {
            "install_rules": self.install_rules,
            "save_rules": self.save_rules,
            "due_calendar": self.save_calendar,
            "show_campus_page": self.show_campus_page,
        }.items():
            desk.actions.set_handler(name, do)
        for kind in DECLARED_RECORDS:
            desk.actions.set_handler(f"log_{kind.name}", partial(self._ask_people, kind.name))

    def _ask(self, dialog: str, **options: object) -> None:
        load_class(dialog)(self._desk, parent=self._parent, **options).ask()

    def _ask_people(self, kind: str, *_: object) -> None:
        if kind == CAMPUS_PAGE:
            self._ask_at_site("readiness.campus_page_form:CampusPageDialog")
        else:
            self._ask_at_site("readiness.people_forms:PeopleRecordDialog", kind=kind)

    def _ask_at_site(self, dialog: str, site: str | None = None, **options: object) -> None:
        """Open a form at a site, by default the one that a person selected."""
        site = site or self._desk.bridge.selection.offered
        load_class(dialog)(self._desk, site, parent=self._parent, **options).ask()

    def show_campus_page(self) -> None:
        """Show the response page of the selected school in a window that can stay open."""
        site = self._desk.bridge.selection.site
        if site is None:
            self._desk.notices.show_notice(SELECT_SITE)
        else:
            window_class = load_class("readiness.campus_picture:CampusPageWindow")
            page = window_class(self._desk, site, self._parent)
            page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            page.show()

    def install_rules(self) -> None:
        """Ask for a file of rules, and show what it would change."""
        path = ask_file(self._parent, "Install Rules", _RULES_FILTER)
        if path is not None:
            offered = read_offered_pack(self._desk.session, path)
            self._ask("readiness.rules_dialog:RulePackDialog", offered=offered)

    def save_rules(self) -> None:
        """Ask for a file, and write the current rules to it."""
        path = ask_new_file(self._parent, "Save a Copy of the Rules", _RULES_FILTER, _RULES_NAME)
        if path is not None:
            saved = save_rule_pack(self._desk.session, path)
            self._desk.notices.show_notice(Message("file_saved", file=saved.name), sign="done")

    def open_requirement_form(self, item: Requirement) -> None:
        """Open the form that fulfills a requirement, or the form of the record behind it."""
        if not self._desk.may_log():
            return
        if item.kind in DRILL_KINDS:
            self._ask_at_site("readiness.drill_form:DrillDialog", item.site, kind=item.kind)
        elif item.kind == PLAN_REVIEW:
            year = {"school_year": item.school_year}
            self._ask_at_site("readiness.plan_review_forms:ReviewStepDialog", item.site, **year)
        elif item.kind == DISTRICT_REPORT or item.kind.startswith(DUTY_PREFIX):
            duty = item.kind.removeprefix(DUTY_PREFIX) if item.kind != DISTRICT_REPORT else ""
            options = {"duty": duty, "school_year": item.school_year}
            self._ask("readiness.plan_review_forms:DistrictReportDialog", **options)
        elif item.kind == MONTHLY_RETURN:
            self._ask_people(MONTHLY_RETURN)
        elif item.kind == CAMPUS_PAGE:
            self._ask_at_site("readiness.campus_page_form:CampusPageDialog", item.site)
        elif item.kind == OUTSIDE_EVENT:
            self._ask("readiness.after_action_forms:AfterActionDialog")
        elif item.kind == AFTER_ACTION and item.is_open:
            self._ask("readiness.after_action_forms:AfterActionDialog", incident=item.uid)
        else:
            self.correct(item.kind, item.uid)

    def correct(self, kind: str, uid: str, *, begin_in: str = "") -> None:
        """Open the form that corrects a record; ``begin_in`` is the column to focus."""
        from zoneplanner.ui.shell.actions.correction_forms import make_correction_form

        form = make_correction_form(self._desk, kind, uid, self._parent)
        if form is None:
            self._desk.notices.show_notice(Message("entry_voided"))
        else:
            if begin_in:
                form.begin_in(begin_in)
            form.ask()

    def save_calendar(self) -> None:
        """Ask for a file, and write what is due to it as a calendar, in a thread."""
        title, kind = "Calendar of Due Items", "Calendar (*.ics)"
        path = ask_new_file(self._parent, title, kind, _CALENDAR_NAME)
        if path is None:
            return
        session = self._desk.session
        self._desk.jobs.run(
            "Saving the calendar",
            lambda report: write_due_calendar(session, compute_readiness(session), path),
            on_done=lambda saved: self._desk.notices.show_notice(
                Message("file_saved", file=saved.name), sign="done"
            ),
            lost="The calendar was not saved.",
        )


_NOT_SENT = Message("not_sent_yet")
_VISIT_STATUSES = ("scheduled", "cancelled", "missed", "en_route")


def _describe_logged_entry(desk: UiContext, entry: JournalEntry) -> str:
    """Describe a logged entry and its consequences, such as for other visits and units."""
    session = desk.session
    sentences = [
        _describe_single_key_entry(session, entry) or _describe_record(session, entry),
        describe_visit_ended_by(session, entry),
        *explain_units_outside(session, entry),
        explain_visitor_elsewhere(session, entry, desk.calls.incidents()),
        "" if entry.hash else _NOT_SENT,
    ]
    return " ".join(map(str, filter(None, sentences)))


def _describe_single_key_entry(session: Session, entry: JournalEntry) -> Message | None:
    """Describe a voiding, a stamp, a unit's status or a lockdown's time, or return None."""
    if entry.kind == "void":
        record = session.store.record(entry.supersedes or "")
        if record and record[0].kind == "stamp":
            voids = [other for other in session.list_logged_with(entry) if other.kind == "void"]
            stamps = [session.store.record(void.supersedes or "")[0] for void in voids]
            name = name_stamps(session, stamps)
        else:
            name = name_entry(session, record[0]) if record else "an entry"
        return Message("logged.void", entry=name)
    if entry.kind == "stamp":
        units = [stamp.unit for stamp in list_cleared_together(session, entry)]
        stamp = STAMP_NAMES[entry.payload["name"]].lower()
        call = name_call(session, str(entry.payload["incident"])) or "a voided call"
        return Message("logged.stamp", units=units, stamp=stamp, call=call)
    if entry.kind == "unit_status" and not entry.supersedes:
        status = format_choice(str(entry.payload["status"])).lower()
        return Message("logged.unit_status", unit=entry.unit, status=status)
    step = str(entry.payload.get("told", ""))
    if entry.kind == COMMAND_RECORD.name and step and not entry.supersedes:
        local = entry.occurred_at.astimezone(ZoneInfo(session.project.time_zone))
        site = session.project.sites.get(entry.site or "")
        facts = {"step": format_choice(step), "at": session.formats.clock(local, seconds=True)}
        if site is None:
            return Message("logged.command_time", **facts)
        return Message("logged.command_time_at_site", **facts, site=site.name)
    return None


def _describe_record(session: Session, entry: JournalEntry) -> Message:
    site = session.project.sites.get(entry.site or "")
    where = site.name if site else ""
    if entry.kind == "action":
        code = "logged.action_ended" if "ended_at" in entry.payload else "logged.action_begun"
        action = session.project.terms.describe(str(entry.payload["action"])).term
        return Message(code, action=action, site=where or "the school")
    before = find_previous_entry(session, entry)
    code = "logged.correction" if before else "logged.new"
    if before is not None and before.kind == "void":
        code = "logged.brought_back"
    if entry.kind == "visit":
        if code == "logged.correction" and ends_visit(session, entry):
            code = "logged.ended"
        visit = Message("record.visit_to", site=where) if where else Message("record.visit")
        return _describe_visit(session, entry, visit, code)
    ending = str(entry.payload.get("disposition", ""))
    ending_before = before.payload.get("disposition") if before else None
    is_correction = entry.kind == "incident" and code == "logged.correction"
    if is_correction and ending and ending_before != ending:
        code, ending = "logged.closed", f"{ending[:1].lower()}{ending[1:]}"
    name = _KIND_NAMES.get(entry.kind, entry.kind.replace("_", " ").capitalize())
    kind = session.project.terms.name_incidents(name)
    record = Message("record.at_site", kind=kind, site=where) if where else kind
    return Message(code, record=record, ending=ending)


def _describe_visit(session: Session, entry: JournalEntry, visit: Message, code: str) -> Message:
    unit = entry.unit
    record = Message("record.by_unit", record=visit, unit=unit) if unit else visit
    planned = find_started_plan(session, entry)
    if planned is not None:
        local = planned.occurred_at.astimezone(ZoneInfo(session.project.time_zone))
        return Message("logged.planned_visit", record=record, at=session.formats.clock(local))
    status = str(entry.payload.get("status"))
    return Message(f"logged.{status}" if status in _VISIT_STATUSES else code, record=record)


_KIND_NAMES = {"after_action": "After-action review"}
_MAIN_KINDS = ("action", "after_action")
"""Kinds of entries that a notice names for all entries that are logged with them."""


class LogActions(QObject):
    """Actions that log visits and calls at the selected site, and correct records.

    ``closing`` carries the uid of a call to be closed after its response action ended.
    """

    closing = Signal(str)

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._parent = parent
        self._terms: DistrictTerms | None = None
        self.readiness = ReadinessActions(desk, parent)
        self.records = RecordActions(
            self.correct, self.note, self.void, self.history, self.end, self.bring_back
        )
        desk.actions.set_handler("visit_now", self.visit_now)
        desk.actions.set_handler("end_response", self.end_shown)
        desk.bridge.selection_changed.connect(self.refresh)
        desk.bridge.logged.connect(self._report_logged)
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Enable the actions that need a site, and use the district's terms in all actions."""
        terms = self._desk.session.project.terms
        if terms is not self._terms:
            self._terms = terms
            self._desk.actions.put_words(terms.name_incidents)
        self._desk.actions["visit_now"].setEnabled(bool(self._desk.bridge.selection.site))
        begin_actions = (f"begin_{action}" for action in RESPONSE_ACTIONS)
        for name in ("log_visit", "log_incident", "log_drill", "log_review", *begin_actions):
            self._desk.actions[name].setEnabled(bool(self._desk.session.project.sites))

    def end_shown(self) -> None:
        """Ask for the all-clear of the active response action that the banner shows."""
        active = list_active_actions(self._desk.session)
        if active:
            self.end(active[0].uid, None)
        else:
            self._desk.notices.show_notice(Message("no_action_in_progress"))

    def end(self, uid: str, over: QWidget | None = None) -> None:
        """Ask who gave the all-clear of a response action, and when, in at most one form."""
        if not self._desk.may_log():
            return
        active = {action.uid: action for action in list_active_actions(self._desk.session)}
        if uid not in active:
            self._desk.notices.show_notice(Message("no_action_going_on.ended"))
            return
        form_class = load_class("log.response_actions.response_action_forms:AllClearDialog")
        for form in self._parent.findChildren(form_class):
            if form.isVisible() and form.action.uid == uid:
                form.window().activateWindow()
                return
        form_class(self._desk, active[uid], parent=over or self._parent).ask()

    def visit_now(self) -> None:
        """Prepare to log that a visit at the selected site begins, or that the current one ends."""
        site = self._desk.bridge.selection.site
        if site is not None:
            from zoneplanner.ui.log.visit_form import ask_to_log_visit

            ask_to_log_visit(self._desk, site, self._parent)

    def correct(self, kind: str, uid: str) -> None:
        """Open the form that corrects a record."""
        if self._desk.may_log():
            self.readiness.correct(kind, uid)

    def note(self, uid: str) -> None:
        """Open the form that corrects a call, in its note."""
        if self._desk.may_log():
            self.readiness.correct("incident", uid, begin_in="note")

    def void(self, uid: str) -> None:
        """Ask for a reason, and void a record."""
        if self._desk.may_log():
            self._desk.ask("log.record_history:VoidEntryDialog", uid, parent=self._parent)

    def bring_back(self, uid: str) -> None:
        """Log a voided record again as it was."""
        if self._desk.may_log():
            self._desk.attempt(partial(bring_back_record, self._desk.session, uid))

    def history(self, uid: str) -> None:
        """Show all entries of a record."""
        dialog_class = load_class("log.record_history:RecordHistoryDialog")
        dialog_class(self._desk, uid, self.correct, self.void, self._parent).ask()

    def _report_logged(self, entries: tuple[JournalEntry, ...]) -> None:
        session = self._desk.session
        entry = next((entry for entry in entries if entry.kind in _MAIN_KINDS), entries[-1])
        text = _describe_logged_entry(self._desk, entry)
        actions = sum(other.kind == "corrective_action" for other in entries)
        if entry.kind == "after_action" and actions:
            more = Message("logged_with_actions", n=actions)
            self._desk.notices.show_notice(f"{text} {more}", sign="done")
            return
        if entry.kind == "action" and self._report_open_call(entry, text):
            return
        planned = find_started_plan(session, entry)
        if planned is not None:
            offer, do = "Plan it again", partial(restore_planned_visit, session, planned)
        else:
            # response actions are corrected in their own places
            can_take_back = session.is_own_entry(entry.uid) and entry.kind != "action"
            offer = choose_take_back_verb(entry) if can_take_back else ""
            do = partial(take_back_entry, session, entry)
        self._desk.notices.show_notice(
            text, sign="done", offer=offer, on_offer=lambda: self._desk.attempt(do)
        )

    def _report_open_call(self, ended: JournalEntry, text: str) -> bool:
        """Show that the call of a response action that ended is open, and offer to close it."""
        uid = str(ended.payload.get("incident", ""))
        calls = self._desk.calls.incidents() if "ended_at" in ended.payload else ()
        if not any(call.uid == uid and call.is_open for call in calls):
            return False
        say = self._desk.session.saved_project.terms.name_incidents
        still_open = Message("call_of_action_open")
        self._desk.notices.show_notice(
            f"{text} {still_open}",
            sign="done",
            offer=say("Close its incident"),
            on_offer=partial(self.closing.emit, uid),
        )
        return True
