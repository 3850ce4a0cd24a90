"""What the actions on readiness ask and do: drills, reviews, after-action reviews, concerns."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from zoneplanner.domain.readiness.follow_up import AFTER_ACTION
from zoneplanner.domain.readiness.requirements import DISTRICT_REPORT, PLAN_REVIEW, Requirement
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.services.ui_context import UiContext

_CALENDAR_NAME = "What is due.ics"


class ReadinessActions:
    """Opens the form of each duty and of each record."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        desk.actions.set_handler("log_drill", self.drill)
        desk.actions.set_handler("log_review", self.review)
        desk.actions.set_handler("log_after_action", self.after_action)
        desk.actions.set_handler("log_concern", self.concern)
        desk.actions.set_handler("rule_choices", self.choose_rules)
        desk.actions.set_handler("retention", self.show_retention)
        desk.actions.set_handler("due_calendar", self.save_calendar)

    def drill(self, site: str | None = None, kind: str = "fire") -> None:
        """Open the form for a drill at a site, the selected one where none is given."""
        from zoneplanner.ui.readiness.drill_form import DrillDialog

        DrillDialog(self._desk, site or self._site(), kind=kind, parent=self._parent).ask()

    def review(self, site: str | None = None) -> None:
        """Open the form for the next step of a plan review."""
        from zoneplanner.ui.readiness.plan_review_forms import ReviewStepDialog

        ReviewStepDialog(self._desk, site or self._site(), parent=self._parent).ask()

    def after_action(self, incident: str = "") -> None:
        """Open the form for an after-action review, of an incident where one is given."""
        from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog

        AfterActionDialog(self._desk, incident=incident, parent=self._parent).ask()

    def concern(self) -> None:
        """Open the form for the clock of a concern report."""
        from zoneplanner.ui.readiness.concern_form import ConcernDialog

        ConcernDialog(self._desk, self._site(), parent=self._parent).ask()

    def report(self) -> None:
        """Open the form for the district's report to the state."""
        from zoneplanner.ui.readiness.plan_review_forms import DistrictReportDialog

        DistrictReportDialog(self._desk, parent=self._parent).ask()

    def choose_rules(self) -> None:
        """Open the choices among the rules."""
        from zoneplanner.ui.readiness.rules_dialog import ReadinessRulesDialog

        ReadinessRulesDialog(self._desk, parent=self._parent).ask()

    def show_retention(self) -> None:
        """Show which records have passed the time that they are kept."""
        from zoneplanner.ui.readiness.retention_dialog import RetentionDialog

        shown = RetentionDialog(self._desk, self._parent)
        shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown.open()

    def open_requirement_form(self, item: Requirement) -> None:
        """Open the form that fulfils a duty, or that follows the record it is of."""
        if not self._desk.may_log():
            return
        if item.kind in DRILL_KINDS:
            self.drill(item.site, item.kind)
        elif item.kind == PLAN_REVIEW:
            self.review(item.site)
        elif item.kind == DISTRICT_REPORT:
            self.report()
        elif item.kind == AFTER_ACTION and item.is_open:
            self.after_action(item.uid)
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
        title, kind = "Calendar of What Is Due", "Calendar (*.ics)"
        path = ask_new_file(self._parent, title, kind, Path(_CALENDAR_NAME))
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
            lost="The calendar is not written.",
        )

    def _site(self) -> str | None:
        return self._desk.bridge.selection.site
