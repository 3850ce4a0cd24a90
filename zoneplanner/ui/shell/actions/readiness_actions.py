"""What the actions on readiness ask and do: drills, reviews, after-action reviews, concerns."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from zoneplanner.app.help.action_specs import SELECT_SITE
from zoneplanner.app.readiness.rules import read_offered_pack, save_rule_pack
from zoneplanner.domain.log.entries import DECLARED_RECORDS
from zoneplanner.domain.readiness.follow_up import AFTER_ACTION, OUTSIDE_EVENT
from zoneplanner.domain.readiness.office_requirements import CAMPUS_PAGE, MONTHLY_RETURN
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    DUTY_PREFIX,
    PLAN_REVIEW,
    Requirement,
)
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file, ask_new_file
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class

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
        at = site or self._desk.bridge.selection.site
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
            self._desk.notices.show_notice(f"Wrote {kept.name}.", sign="done")

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

    def correct(self, kind: str, uid: str) -> None:
        """Open the form of a record that was logged; OK adds the entry that takes its place."""
        from zoneplanner.ui.shell.actions.correction_forms import make_correction_form

        form = make_correction_form(self._desk, kind, uid, self._parent)
        if form is None:
            self._desk.notices.show_notice("This entry is no longer in the log; it was voided.")
        else:
            form.ask()

    def save_calendar(self) -> None:
        """Ask for a file and write what is due there as a calendar."""
        title, kind = "Calendar of Due Items", "Calendar (*.ics)"
        path = ask_new_file(self._parent, title, kind, _CALENDAR_NAME)
        if path is not None:
            self.write_calendar(path)

    def write_calendar(self, path: Path) -> None:
        """Write what is due as a calendar, beside the window."""
        from zoneplanner.app.readiness.requirements import compute_readiness, write_due_calendar

        session = self._desk.session
        self._desk.jobs.run(
            "Writing the calendar",
            lambda report: write_due_calendar(session, compute_readiness(session), path),
            on_done=lambda kept: self._desk.notices.show_notice(f"Wrote {kept.name}.", sign="done"),
            lost="The calendar was not written.",
        )
