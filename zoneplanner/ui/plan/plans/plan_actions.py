"""The actions on plans: copy, annotate, propose, retire and delete."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from zoneplanner.app.plans.zone_proposals import copy_plan
from zoneplanner.domain.plans.edits import delete_plan, submit_plan, withdraw_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.ui.widgets.services.ui_context import UiContext


class PlanActions:
    """Handles the actions on plans and keeps their texts and states current."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        plan_handlers: dict[str, Callable[[Plan], object]] = {
            "copy_plan": self._copy,
            "note_plan": partial(self._ask, "PlanNoteDialog"),
            "put_forward": self._toggle_proposed,
            "retire_plan": partial(self._ask, "RetirePlanDialog"),
            "delete_plan": self._delete,
        }
        for name, handle in plan_handlers.items():
            desk.actions.set_handler(
                name, partial(desk.attempt, partial(self._call_with_plan, handle))
            )
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Update what each action says, and disable the actions that don't apply now."""
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

    def _call_with_plan(self, handle: Callable[[Plan], object]) -> None:
        plan = self._desk.session.plan
        if plan is not None:
            handle(plan)

    def _ask(self, dialog: str, plan: Plan) -> None:
        self._desk.ask(f"plan.plans.plan_dialogs:{dialog}", plan, parent=self._parent)

    def _copy(self, plan: Plan) -> None:
        """Branch a draft off the plan and show it."""
        draft = copy_plan(self._desk.session, plan)
        text = f"“{draft.name}” is a draft of “{plan.name}”. Your edits now go to the draft."
        self._desk.report_done(text)

    def _toggle_proposed(self, plan: Plan) -> None:
        """Mark a draft as proposed, or turn a proposed plan back into a draft."""
        session = self._desk.session
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

    def _delete(self, plan: Plan) -> None:
        """Delete a draft from the project; the notice offers to undo that."""
        self._desk.session.apply(
            f"Delete “{plan.name}”", lambda project: delete_plan(project, plan.uid)
        )
        self._desk.report_done(f"“{plan.name}” was deleted.")
