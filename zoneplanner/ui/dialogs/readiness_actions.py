"""What the actions on readiness ask and do: drills, reviews, after-action reviews, concerns."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from zoneplanner.app.logbook import READERS
from zoneplanner.domain.follow_up import (
    AFTER_ACTION,
    AfterAction,
    Concern,
    CorrectiveAction,
)
from zoneplanner.domain.readiness import (
    DISTRICT_REPORT,
    PLAN_REVIEW,
    Drill,
    Item,
    PlanReview,
)
from zoneplanner.domain.rules import DRILL_KINDS
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.file_dialogs import ask_new_file
from zoneplanner.ui.kit.forms import Form

CALENDAR_NAME = "What is due.ics"


class ReadinessActions:
    """Opens the form of each duty and of each record."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        desk.actions.on("log_drill", self.drill)
        desk.actions.on("log_review", self.review)
        desk.actions.on("log_after_action", self.after_action)
        desk.actions.on("log_concern", self.concern)
        desk.actions.on("rule_choices", self.choose_rules)
        desk.actions.on("retention", self.show_retention)
        desk.actions.on("due_calendar", self.save_calendar)

    def drill(self, site: str | None = None, kind: str = "fire") -> None:
        """Open the form for a drill at a site, the selected one where none is given."""
        from zoneplanner.ui.dialogs.drill import DrillDialog

        DrillDialog(self._desk, site or self._site(), kind=kind, parent=self._parent).ask()

    def review(self, site: str | None = None) -> None:
        """Open the form for the next step of a plan review."""
        from zoneplanner.ui.dialogs.review_step import ReviewStepDialog

        ReviewStepDialog(self._desk, site or self._site(), parent=self._parent).ask()

    def after_action(self, incident: str = "") -> None:
        """Open the form for an after-action review, of an incident where one is given."""
        from zoneplanner.ui.dialogs.after_action import AfterActionDialog

        AfterActionDialog(self._desk, incident=incident, parent=self._parent).ask()

    def concern(self) -> None:
        """Open the form for the clock of a concern report."""
        from zoneplanner.ui.dialogs.concern import ConcernDialog

        ConcernDialog(self._desk, self._site(), parent=self._parent).ask()

    def report(self) -> None:
        """Log that the district has reported to the state today."""
        from zoneplanner.app.logbook import log_columns

        self._desk.attempt(partial(log_columns, self._desk.session, "district_report", {}))

    def choose_rules(self) -> None:
        """Open the choices among the rules."""
        from zoneplanner.ui.dialogs.rule_choices import RuleChoicesDialog

        RuleChoicesDialog(self._desk, parent=self._parent).ask()

    def show_retention(self) -> None:
        """Show which records have passed the time that they are kept."""
        from zoneplanner.ui.dialogs.retention import RetentionDialog

        shown = RetentionDialog(self._desk, self._parent)
        shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown.open()

    def do(self, item: Item) -> None:
        """Open the form that fulfils a duty, or that follows the record it is of."""
        if item.what in DRILL_KINDS:
            self.drill(item.site, item.what)
        elif item.what == PLAN_REVIEW:
            self.review(item.site)
        elif item.what == DISTRICT_REPORT:
            self.report()
        elif item.what == AFTER_ACTION and item.open:
            self.after_action(item.uid)
        else:
            self.correct(item.what, item.uid)

    def correct(self, kind: str, uid: str) -> None:
        """Open the form of a record that was logged; OK adds the entry that takes its place."""
        form = self._form_of(kind, uid)
        if form is None:
            self._desk.notices.tell("There is no form for this record; void it and log it anew.")
            return
        form.ask()

    def save_calendar(self) -> None:
        """Ask for a file and write what is due there as a calendar."""
        title, kind = "Calendar of What Is Due", "Calendar (*.ics)"
        path = ask_new_file(self._parent, title, kind, Path(CALENDAR_NAME))
        if path is not None:
            self.write_calendar(path)

    def write_calendar(self, path: Path) -> None:
        """Write what is due as a calendar, beside the window."""
        from zoneplanner.app.due_calendar import write_calendar
        from zoneplanner.app.readiness import readiness

        session = self._desk.session
        self._desk.jobs.run(
            "Writing the calendar",
            lambda report: write_calendar(session, readiness(session), path),
            on_done=lambda kept: self._desk.notices.tell(f"Wrote {kept.name}.", sign="done"),
        )

    def _form_of(self, kind: str, uid: str) -> Form | None:
        from zoneplanner.ui.dialogs.after_action import AfterActionDialog
        from zoneplanner.ui.dialogs.concern import ConcernDialog
        from zoneplanner.ui.dialogs.corrective_action import CorrectiveActionDialog
        from zoneplanner.ui.dialogs.drill import DrillDialog
        from zoneplanner.ui.dialogs.review_step import ReviewStepDialog

        desk, parent, session = self._desk, self._parent, self._desk.session
        found = READERS[kind](session.store.record(uid)) if kind in READERS else ()
        match next(iter(found), None):
            case Drill() as drill:
                return DrillDialog(desk, drill.site, corrects=drill, parent=parent)
            case PlanReview() as step:
                return ReviewStepDialog(desk, step.site, corrects=step, parent=parent)
            case AfterAction() as review:
                return AfterActionDialog(desk, corrects=review, parent=parent)
            case CorrectiveAction() as action:
                return CorrectiveActionDialog(desk, action, parent=parent)
            case Concern() as concern:
                return ConcernDialog(desk, concern.site, corrects=concern, parent=parent)
        return None

    def _site(self) -> str | None:
        return self._desk.bridge.selection.site
