"""Actions of the log: visits, calls and response actions, and the notice after each.

What the actions on readiness ask and do: drills, reviews, after-action reviews, concerns.
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
from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS, DistrictTerms
from zoneplanner.domain.readiness.follow_up import AFTER_ACTION, OUTSIDE_EVENT
from zoneplanner.domain.readiness.office_requirements import CAMPUS_PAGE, MONTHLY_RETURN
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    DUTY_PREFIX,
    PLAN_REVIEW,
    Requirement,
)
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.messages import format_count, join_names
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file, ask_new_file
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_RULES_FILTER = "Rules (*.toml)"
_RULES_NAME, _CALENDAR_NAME = Path("rules.toml"), Path("What is due.ics")


class ReadinessActions:
    """Opens the form of each requirement and of each record."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        for name, do in {
            "log_drill": lambda: self._ask_at_site("readiness.drill_form:DrillDialog"),
            "log_review": lambda: self._ask_at_site("readiness.plan_review_forms:ReviewStepDialog"),
            "log_after_action": lambda: self._ask_at_site(
                "readiness.after_action_forms:AfterActionDialog"
            ),
            "log_concern": lambda: self._ask_at_site("readiness.people_forms:ConcernDialog"),
            "rule_choices": lambda: self._ask("readiness.rules_dialog:ReadinessRulesDialog"),
            "own_rule": lambda: self._ask("readiness.rules_dialog:OwnRuleDialog"),
            "install_rules": self.install_rules,
            "save_rules": self.save_rules,
            "retention": self.show_retention,
            "due_calendar": self.save_calendar,
        }.items():
            desk.actions.set_handler(name, do)
        for kind in DECLARED_RECORDS:
            desk.actions.set_handler(f"log_{kind.name}", partial(self._ask_people, kind.name))
        desk.actions.set_handler("show_campus_page", self.show_campus_page)

    def _ask(self, dialog: str, **given: object) -> None:
        load_class(dialog)(self._desk, parent=self._parent, **given).ask()

    def _ask_people(self, kind: str, *_: object) -> None:
        if kind == CAMPUS_PAGE:
            self._ask_at_site("readiness.campus_page_form:CampusPageDialog")
        else:
            self._ask_at_site("readiness.people_forms:PeopleRecordDialog", kind=kind)

    def _ask_at_site(self, dialog: str, site: str | None = None, **given: object) -> None:
        """Open a form at a site, the selected one where none is given."""
        at = site or self._desk.bridge.selection.offered
        load_class(dialog)(self._desk, at, parent=self._parent, **given).ask()

    def show_campus_page(self) -> None:
        """Show the response page of the selected school in a window that may stay open."""
        site = self._desk.bridge.selection.site
        if site is None:
            self._desk.notices.show_notice(SELECT_SITE)
        else:
            shown = load_class("readiness.campus_picture:CampusPageWindow")
            page = shown(self._desk, site, self._parent)
            page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            page.show()

    def install_rules(self) -> None:
        """Ask for a file of rules, and show what it would change."""
        path = ask_file(self._parent, "Install Rules", _RULES_FILTER)
        if path is not None:
            offered = read_offered_pack(self._desk.session, path)
            self._ask("readiness.rules_dialog:RulePackDialog", offered=offered)

    def save_rules(self) -> None:
        """Ask for a file, and write the rules that are followed there."""
        path = ask_new_file(self._parent, "Save a Copy of the Rules", _RULES_FILTER, _RULES_NAME)
        if path is not None:
            kept = save_rule_pack(self._desk.session, path)
            self._desk.notices.show_notice(f"“{kept.name}” was saved.", sign="done")

    def show_retention(self) -> None:
        """Show which records have passed the time that they are kept."""
        load_class("readiness.retention_dialog:RetentionDialog")(self._desk, self._parent).ask()

    def open_requirement_form(self, item: Requirement) -> None:
        """Open the form that fulfills a requirement, or that follows the record it is of."""
        if not self._desk.may_log():
            return
        if item.kind in DRILL_KINDS:
            self._ask_at_site("readiness.drill_form:DrillDialog", item.site, kind=item.kind)
        elif item.kind == PLAN_REVIEW:
            year = {"school_year": item.school_year}
            self._ask_at_site("readiness.plan_review_forms:ReviewStepDialog", item.site, **year)
        elif item.kind == DISTRICT_REPORT or item.kind.startswith(DUTY_PREFIX):
            duty = item.kind.removeprefix(DUTY_PREFIX) if item.kind != DISTRICT_REPORT else ""
            own = {"duty": duty, "school_year": item.school_year}
            self._ask("readiness.plan_review_forms:DistrictReportDialog", **own)
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
        """Open the form of a record that was logged; OK adds the entry that takes its place.

        The keys are in the field of a column where ``begin_in`` names one.
        """
        from zoneplanner.ui.shell.actions.correction_forms import make_correction_form

        form = make_correction_form(self._desk, kind, uid, self._parent)
        if form is None:
            self._desk.notices.show_notice("This entry is no longer in the log; it was voided.")
        else:
            if begin_in:
                form.begin_in(begin_in)
            form.ask()

    def save_calendar(self) -> None:
        """Ask for a file and write what is due there as a calendar."""
        title, kind = "Calendar of Due Items", "Calendar (*.ics)"
        path = ask_new_file(self._parent, title, kind, _CALENDAR_NAME)
        if path is not None:
            self.write_calendar(path)

    def write_calendar(self, path: Path) -> None:
        """Write what is due as a calendar, beside the window."""

        session = self._desk.session
        self._desk.jobs.run(
            "Saving the calendar",
            lambda report: write_due_calendar(session, compute_readiness(session), path),
            on_done=lambda kept: self._desk.notices.show_notice(
                f"“{kept.name}” was saved.", sign="done"
            ),
            lost="The calendar was not saved.",
        )


_VISIT_WORDS = {
    "scheduled": "planned",
    "cancelled": "cancelled",
    "missed": "marked as missed",
    "en_route": "under way",
}


_NOT_SENT = (
    "The server can't be reached; other desks can't see this yet. It will be sent once the server "
    "is back."
)


def _describe_logged_entry(desk: UiContext, entry: JournalEntry) -> str:
    """Say what an entry is about: where, by whom, and whether it corrects another.

    Of one that waits on this desk it is said that others do not know of it.
    """
    session = desk.session
    more = [
        describe_visit_ended_by(session, entry),
        *explain_units_outside(session, entry),
        explain_visitor_elsewhere(session, entry, desk.calls.incidents()),
    ]
    said = " ".join(filter(None, [_describe_entry(session, entry), *more]))
    return said if entry.hash else f"{said} {_NOT_SENT}"


def _describe_entry(session: Session, entry: JournalEntry) -> str:
    return _describe_step(session, entry) or _describe_record(session, entry)


def _describe_step(session: Session, entry: JournalEntry) -> str:
    """Say what one key logged: a stamp, what a unit does, a time of a lockdown; or a voiding."""
    if entry.kind == "void":
        record = session.store.record(entry.supersedes or "")
        if record and record[0].kind == "stamp":
            voids = [one for one in session.list_logged_with(entry) if one.kind == "void"]
            stamps = [session.store.record(one.supersedes or "")[0] for one in voids]
            named = name_stamps(session, stamps)
        else:
            named = name_entry(session, record[0]) if record else "an entry"
        return f"Voided, and kept in the log: {named}."
    if entry.kind == "stamp":
        units = [one.unit for one in list_cleared_together(session, entry)]
        are = "is" if len(units) == 1 else "are"
        made = f"{join_names(units)} {are} stamped {STAMP_NAMES[entry.payload['name']].lower()}"
        call = name_call(session, str(entry.payload["incident"]))
        return f"{made}: {call}." if call else f"{made}."
    if entry.kind == "unit_status" and not entry.supersedes:
        return f"{entry.unit}: {format_choice(str(entry.payload['status'])).lower()}."
    told = str(entry.payload.get("told", ""))
    if entry.kind == COMMAND_RECORD.name and told and not entry.supersedes:
        at = entry.occurred_at.astimezone(ZoneInfo(session.project.time_zone))
        site = session.project.sites.get(entry.site or "")
        where = f", {site.name}" if site else ""
        return f"{format_choice(told)}: {session.formats.clock(at, seconds=True)}{where}."
    return ""


def _describe_record(session: Session, entry: JournalEntry) -> str:
    site = session.project.sites.get(entry.site or "")
    where = site.name if site else ""
    if entry.kind == "action":
        verb = "ended" if "ended_at" in entry.payload else "begun"
        action = session.project.terms.describe(str(entry.payload["action"])).term
        return f"{action} at {where or 'the school'} is logged as {verb}."
    before = find_previous_entry(session, entry)
    done = "corrected" if before else "logged"
    if before is not None and before.kind == "void":
        done = "brought back"
    if entry.kind == "visit":
        if done == "corrected" and ends_visit(session, entry):
            done = "ended"
        return _visit(session, entry, f"Visit to {where}" if where else "Visit", done)
    ending = str(entry.payload.get("disposition", ""))
    said = before.payload.get("disposition") if before else None
    if entry.kind == "incident" and done == "corrected" and ending and said != ending:
        done = f"closed: {ending[:1].lower()}{ending[1:]}"
    words = _KIND_NAMES.get(entry.kind, entry.kind.replace("_", " ").capitalize())
    kind = session.project.terms.name_incidents(words)
    return f"{kind}{f' at {where}' if where else ''} {done}."


def _visit(session: Session, entry: JournalEntry, what: str, done: str) -> str:
    by = f" by {entry.unit}" if entry.unit else ""
    planned = find_started_plan(session, entry)
    if planned is not None:
        at = planned.occurred_at.astimezone(ZoneInfo(session.project.time_zone))
        return f"{what}{by} logged; it counts as the visit planned for {session.formats.clock(at)}."
    status = str(entry.payload.get("status"))
    return f"{what}{by} {_VISIT_WORDS.get(status, done)}."


_KIND_NAMES = {"after_action": "After-action review"}
_TOLD_FIRST = ("action", "after_action")
"""The records that a notice names for all that is logged with them."""


class LogActions(QObject):
    """Log a visit or an incident to the selected site; correct one that was logged.

    ``closing`` carries the uid of the call of an action that ended, which is to be closed.
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
        for name, do in {
            "log_visit": lambda: self._ask_at_site("log.visit_form:VisitDialog"),
            "log_incident": lambda: self._ask_at_site("log.incident_form:IncidentDialog"),
            "visit_now": self.visit_now,
            "visit_rule": lambda: desk.ask("log.due_visits_table:VisitRuleDialog", parent=parent),
            "end_response": self.end_shown,
            "call_sheet": lambda: self._ask_at_site("log.call_sheet_dialog:CallSheetDialog"),
        }.items():
            desk.actions.set_handler(name, do)
        desk.bridge.selection_changed.connect(self.refresh)
        desk.bridge.logged.connect(self._tell)
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Without a site there is nothing to log to; words are those of the district."""
        terms = self._desk.session.project.terms
        if terms is not self._terms:
            self._terms = terms
            self._desk.actions.put_words(terms.name_incidents)
        self._desk.actions["visit_now"].setEnabled(bool(self._desk.bridge.selection.site))
        begin = (f"begin_{action}" for action in RESPONSE_ACTIONS)
        for name in ("log_visit", "log_incident", "log_drill", "log_review", *begin):
            self._desk.actions[name].setEnabled(bool(self._desk.session.project.sites))

    def end_shown(self) -> None:
        """Ask for the all-clear of the action that goes on, of several that the band shows."""
        running = list_active_actions(self._desk.session)
        if running:
            self.end(running[0].uid, None)
        else:
            self._desk.notices.show_notice("No response action is in progress.")

    def end(self, uid: str, over: QWidget | None = None) -> None:
        """Ask once who gave the all-clear of an action that goes on, and when."""
        if not self._desk.may_log():
            return
        running = (one for one in list_active_actions(self._desk.session) if one.uid == uid)
        action = next(running, None)
        if action is None:
            text = "This action has already ended; another desk may have ended it."
            self._desk.notices.show_notice(text)
        else:
            asks = load_class("log.response_actions.response_action_forms:AllClearDialog")
            asked = (one for one in self._parent.findChildren(asks) if one.isVisible())
            form = next((one for one in asked if one.action.uid == uid), None)
            if form is None:
                asks(self._desk, action, parent=over or self._parent).ask()
            else:
                form.window().activateWindow()

    def visit_now(self) -> None:
        """Prepare a visit that begins at the selected site, or that ends the one there."""
        site = self._desk.bridge.selection.site
        if site is not None:
            from zoneplanner.ui.log.visit_form import ask_to_log_visit

            ask_to_log_visit(self._desk, site, self._parent)

    def correct(self, kind: str, uid: str) -> None:
        """Open the form of a record that was logged; OK adds the entry that corrects it."""
        if self._desk.may_log():
            self.readiness.correct(kind, uid)

    def note(self, uid: str) -> None:
        """Open the form of an incident where its note is written."""
        if self._desk.may_log():
            self.readiness.correct("incident", uid, begin_in="note")

    def void(self, uid: str) -> None:
        """Ask for the reason, and void a record."""
        if self._desk.may_log():
            self._desk.ask("log.record_history:VoidEntryDialog", uid, parent=self._parent)

    def bring_back(self, uid: str) -> None:
        """Log a record that was voided as it stood."""
        if self._desk.may_log():
            self._desk.attempt(partial(bring_back_record, self._desk.session, uid))

    def history(self, uid: str) -> None:
        """Show every entry of a record."""
        shown = load_class("log.record_history:RecordHistoryDialog")
        shown(self._desk, uid, self.correct, self.void, self._parent).ask()

    def _ask_at_site(self, dialog: str) -> None:
        """Open a form with the site filled in that a person selected."""
        self._desk.ask(dialog, self._desk.bridge.selection.offered, parent=self._parent)

    def _tell(self, entries: tuple[JournalEntry, ...]) -> None:
        session = self._desk.session
        last = next((one for one in entries if one.kind in _TOLD_FIRST), entries[-1])
        actions = sum(one.kind == "corrective_action" for one in entries)
        if last.kind == "after_action" and actions:
            with_actions = f" with {format_count(actions, 'corrective action')}; void each in Log."
            said = f"{_describe_logged_entry(self._desk, last).rstrip('.')}{with_actions}"
            self._desk.notices.show_notice(said, sign="done")
            return
        if last.kind == "action" and self._tell_open_call(last):
            return
        planned = find_started_plan(session, last)
        if planned is not None:
            offer, do = "Plan it again", partial(restore_planned_visit, session, planned)
        else:
            offer, do = self._way_back(last), partial(take_back_entry, session, last)
        self._desk.notices.show_notice(
            _describe_logged_entry(self._desk, last),
            sign="done",
            offer=offer,
            on_offer=lambda: self._desk.attempt(do),
        )

    def _tell_open_call(self, ended: JournalEntry) -> bool:
        """Say of an action that ended that its incident is still open, and lead there."""
        call = str(ended.payload.get("incident", ""))
        calls = self._desk.calls.incidents() if "ended_at" in ended.payload else ()
        if not any(one.uid == call and one.is_open for one in calls):
            return False
        say = self._desk.session.saved_project.terms.name_incidents
        said = f"{_describe_logged_entry(self._desk, ended)} {say('Its incident is still open.')}"
        offer, close = say("Close its incident"), partial(self.closing.emit, call)
        self._desk.notices.show_notice(said, sign="done", offer=offer, on_offer=close)
        return True

    def _way_back(self, entry: JournalEntry) -> str:
        """Name what takes back an entry that this desk just made; actions have their own place."""
        if not self._desk.session.is_own_entry(entry.uid) or entry.kind == "action":
            return ""
        return choose_take_back_verb(entry)
