"""What the actions on the log ask and do."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from zoneplanner.app.response_actions import list_active_actions
from zoneplanner.app.voiding import choose_take_back_verb, describe_take_back, take_back_entry
from zoneplanner.domain.journal import JournalEntry
from zoneplanner.domain.response_actions import RESPONSE_ACTIONS, ResponseAction
from zoneplanner.ui.dialogs.log_told import describe_logged_entry
from zoneplanner.ui.dialogs.readiness_actions import ReadinessActions
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.records import RecordActions


class LogActions:
    """Log a visit or an incident to the selected site; correct one that was logged."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        self.readiness = ReadinessActions(desk, parent)
        self.records = RecordActions(self.correct, self.void, self.history, self.end)
        desk.actions.on("log_visit", self.visit)
        desk.actions.on("log_incident", self.incident)
        desk.actions.on("visit_now", self.visit_now)
        desk.actions.on("visit_rule", self.visit_rule)
        desk.actions.on("end_response", self.end_shown)
        desk.bridge.selection_changed.connect(self.refresh)
        desk.bridge.logged.connect(self._tell)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Without a site there is nothing to log to."""
        self._desk.actions["visit_now"].setEnabled(bool(self._desk.bridge.selection.site))
        begin = (f"begin_{action}" for action in RESPONSE_ACTIONS)
        for name in ("log_visit", "log_incident", "log_drill", "log_review", *begin):
            self._desk.actions[name].setEnabled(bool(self._desk.session.project.sites))

    def end_shown(self) -> None:
        """Ask for the all-clear of the action that goes on, of several that the band shows."""
        running = list_active_actions(self._desk.session)
        if running:
            self.end(running[0].uid)
        else:
            self._desk.notices.tell("No response action goes on.")

    def end(self, uid: str) -> None:
        """Ask who gave the all-clear of an action that goes on, and when."""
        from zoneplanner.ui.dialogs.all_clear import AllClearDialog

        if not self._desk.may_log():
            return
        action = self._running(uid)
        if action is not None:
            AllClearDialog(self._desk, action, self._parent).ask()

    def _running(self, uid: str) -> ResponseAction | None:
        found = next(
            (one for one in list_active_actions(self._desk.session) if one.uid == uid), None
        )
        if found is None:
            self._desk.notices.tell(
                "This action has ended already; another desk may have ended it."
            )
        return found

    def visit_now(self) -> None:
        """Prepare a visit that begins at the selected site, or that ends the one there."""
        site = self._desk.bridge.selection.site
        if site is not None:
            from zoneplanner.ui.models.visit_step import ask_to_log_visit

            ask_to_log_visit(self._desk, site)

    def visit_rule(self) -> None:
        """Open the rule of visits."""
        from zoneplanner.ui.dialogs.visit_rule import VisitRuleDialog

        VisitRuleDialog(self._desk, parent=self._parent).ask()

    def visit(self) -> None:
        """Open the form for a visit with site, unit and time filled in."""
        from zoneplanner.ui.dialogs.visit import VisitDialog

        VisitDialog(self._desk, self._desk.bridge.selection.site, parent=self._parent).ask()

    def incident(self) -> None:
        """Open the form for an incident."""
        from zoneplanner.ui.dialogs.incident import IncidentDialog

        IncidentDialog(self._desk, self._desk.bridge.selection.site, parent=self._parent).ask()

    def correct(self, kind: str, uid: str) -> None:
        """Open the form of a record that was logged; OK adds the entry that corrects it."""
        from zoneplanner.ui.dialogs.record_forms import make_correction_form

        if not self._desk.may_log():
            return
        form = make_correction_form(self._desk, kind, uid, self._parent)
        if form is None:
            self._desk.notices.tell("This entry is no longer in the log; it was voided.")
        else:
            form.ask()

    def void(self, uid: str) -> None:
        """Ask for the reason, and void a record."""
        from zoneplanner.ui.dialogs.void import VoidEntryDialog

        if not self._desk.may_log():
            return
        VoidEntryDialog(self._desk, uid, parent=self._parent).ask()

    def history(self, uid: str) -> None:
        """Show every entry of a record."""
        from zoneplanner.ui.dialogs.record_history import RecordHistoryDialog

        shown = RecordHistoryDialog(self._desk, uid, self.correct, self.void, self._parent)
        shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown.open()

    def _tell(self, entries: tuple[JournalEntry, ...]) -> None:
        from zoneplanner.app.due_visits import find_started_plan, restore_planned_visit

        session = self._desk.session
        last = next((one for one in entries if one.kind == "action"), entries[-1])
        planned = find_started_plan(session, last)
        if planned is not None:
            offer, do = "Plan it again", partial(restore_planned_visit, session, planned)
        else:
            offer, do = self._way_back(last), partial(take_back_entry, session, last)
        self._desk.notices.tell(
            describe_logged_entry(session, last),
            sign="done",
            offer=offer,
            on_offer=lambda: self._desk.attempt(do),
        )

    def _way_back(self, entry: JournalEntry) -> str:
        """Name what takes back an entry that this desk just made; actions have their own place."""
        own = any(one.uid == entry.uid for one in self._desk.session.own_entries)
        if not own or entry.kind == "action":
            return ""
        return choose_take_back_verb(describe_take_back(self._desk.session, entry))
