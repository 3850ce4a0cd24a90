"""What the actions on plans ask and do."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from zoneplanner.app.plans.zone_proposals import copy_plan
from zoneplanner.domain.plans.edits import delete_plan, submit_plan, withdraw_plan
from zoneplanner.ui.widgets.services.ui_context import UiContext


class PlanActions:
    """Start, branch, note, put forward, adopt, retire and delete."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        handlers: dict[str, Callable[[], object]] = {
            "new_plan": partial(desk.ask, "plan.plans.plan_dialogs:NewPlanDialog", parent=parent),
            "copy_plan": self.copy,
            "note_plan": partial(self._ask_about_plan, "plan.plans.plan_dialogs:PlanNoteDialog"),
            "put_forward": self.put_forward,
            "adopt": partial(desk.ask, "plan.plans.plan_dialogs:AdoptPlanDialog", parent=parent),
            "retire_plan": partial(
                self._ask_about_plan, "plan.plans.plan_dialogs:RetirePlanDialog"
            ),
            "delete_plan": self.delete,
        }
        for name, do in handlers.items():
            desk.actions.set_handler(name, partial(desk.attempt, do))
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what each action would do now, and shut those that cannot."""
        session, actions = self._desk.session, self._desk.actions
        plan = session.plan
        for name in ("copy_plan", "rename_plan", "note_plan", "handout"):
            actions[name].setEnabled(plan is not None)
        for name in ("delete_plan", "adopt", "put_forward"):
            actions[name].setEnabled(plan is not None and not plan.is_adopted)
        actions["retire_plan"].setEnabled(plan is not None and plan.is_adopted)
        proposed = plan is not None and plan.proposed_on is not None and not plan.is_adopted
        actions["put_forward"].setText("Return to Draft" if proposed else "Mark as Proposed")
        actions["put_forward"].setIconText("Mark as draft" if proposed else "Mark proposed")
        actions.set_tip(
            "put_forward",
            "Turn the proposed plan back into a draft, so that you can edit it."
            if proposed
            else actions.specs["put_forward"].tip,
        )
        for name in ("propose", "new_plan"):
            actions[name].setEnabled(bool(session.project.patrolled))

    def copy(self) -> None:
        """Branch a draft off the plan on screen and show it."""

        session = self._desk.session
        plan = session.plan
        if plan is None:
            return
        draft = copy_plan(session, plan)
        text = f"“{draft.name}” is a draft of “{plan.name}”. Your edits now go to the draft."
        self._desk.report_done(text)

    def put_forward(self) -> None:
        """Mark the draft on screen as proposed, or take it back."""
        session = self._desk.session
        plan = session.plan
        if plan is None:
            return
        if plan.proposed_on is None:
            today = session.today
            session.apply(
                f"Propose “{plan.name}”", lambda project: submit_plan(project, plan.uid, today)
            )
        else:
            session.apply(
                f"Return “{plan.name}” to draft",
                lambda project: withdraw_plan(project, plan.uid),
            )

    def delete(self) -> None:
        """Take the draft on screen out of the project; undo brings it back."""
        session = self._desk.session
        plan = session.plan
        if plan is None:
            return
        session.apply(f"Delete “{plan.name}”", lambda project: delete_plan(project, plan.uid))
        self._desk.report_done(f"“{plan.name}” was deleted.")

    def _ask_about_plan(self, dialog: str) -> None:
        plan = self._desk.session.plan
        if plan is not None:
            self._desk.ask(dialog, plan, parent=self._parent)
