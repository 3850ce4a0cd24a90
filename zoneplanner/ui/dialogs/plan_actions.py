"""What the actions on plans and sites ask and do."""

from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QInputDialog, QWidget

from zoneplanner.domain.locks import lock, lock_of, unlock
from zoneplanner.domain.plan import Locked, Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.words import free_name


class PlanActions:
    """Copy, rename, delete and adopt the plan on screen; lock the selected site."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        for name, do in {
            "undo": desk.session.undo,
            "redo": desk.session.redo,
            "lock": self.lock,
            "copy_plan": self.copy,
            "rename_plan": self.rename,
            "delete_plan": self.delete,
        }.items():
            desk.actions.on(name, partial(desk.attempt, do))
        desk.actions.on("adopt", self.adopt)
        desk.bridge.changed.connect(self.refresh)
        desk.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what each action would do now, and shut those that cannot."""
        session, actions = self._desk.session, self._desk.actions
        for name, label, verb in (
            ("undo", session.undo_label, "Undo"),
            ("redo", session.redo_label, "Redo"),
        ):
            actions[name].setEnabled(label is not None)
            actions[name].setText(f"{verb} “{label}”" if label else verb)
            actions.retip(name, f"{verb} “{label}”." if label else f"Nothing to {name}.")
        plan = session.plan
        for name in ("copy_plan", "rename_plan", "handout"):
            actions[name].setEnabled(plan is not None)
        draft = plan is not None and not plan.adopted
        for name in ("delete_plan", "adopt"):
            actions[name].setEnabled(draft)
        actions["propose"].setEnabled(bool(session.project.patrolled))
        self._refresh_lock(plan)

    def lock(self) -> None:
        """Lock the selected site in its zone, with a reason, or unlock it."""
        session, site_id = self._desk.session, self._desk.bridge.selection.site
        plan = session.plan
        if plan is None or site_id is None:
            return
        name = session.project.sites[site_id].name
        kept = lock_of(session.project, plan, site_id)
        if kept is not None:
            what = name if kept.kind is Locked.SITE else f"{kept.kind} {kept.target}"
            session.apply(
                f"Unlock {what}",
                lambda project: unlock(project, plan.uid, kept.kind, kept.target),
            )
            return
        reason, agreed = QInputDialog.getText(
            self._parent, "Lock the site", f"Why does {name} stay in its zone? (may be empty)"
        )
        if agreed:
            session.apply(
                f"Lock {name}",
                lambda project: lock(project, plan.uid, Locked.SITE, site_id, reason.strip()),
            )
        self.refresh()

    def adopt(self) -> None:
        """Ask from when the plan is in force."""
        from zoneplanner.ui.dialogs.adopt import AdoptDialog

        AdoptDialog(self._desk, self._parent).ask()

    def copy(self) -> None:
        """Make a draft from the plan on screen and show it."""
        from zoneplanner.app.project import keep_plan, renamed

        session = self._desk.session
        plan = session.plan
        if plan is None:
            return
        name = free_name(f"{plan.name}, copy", self._names())
        keep_plan(session, renamed(plan, name, at=session.clock()), f"Copy “{plan.name}”")

    def rename(self) -> None:
        """Give the plan on screen another name."""
        plan = self._desk.session.plan
        if plan is None:
            return
        name, agreed = QInputDialog.getText(
            self._parent, "Rename the plan", "Name of the plan", text=plan.name
        )
        if agreed:
            self.rename_to(plan, name.strip())

    def rename_to(self, plan: Plan, name: str) -> None:
        """Give a plan another name; an empty or taken one is a UserError."""
        if not name or name == plan.name:
            return
        if name in self._names():
            raise UserError(f"There is a plan “{name}” already; choose another name.")
        label = f"Rename “{plan.name}” to “{name}”"
        self._desk.session.apply(label, lambda project: _replaced(project, plan.uid, name))

    def delete(self) -> None:
        """Take the draft on screen out of the project; undo brings it back."""
        session = self._desk.session
        plan = session.plan
        if plan is None or plan.adopted:
            return
        session.apply(f"Delete “{plan.name}”", lambda project: _without(project, plan.uid))
        self._desk.notices.tell(
            f"“{plan.name}” is deleted.", sign="done", offer="Undo", on_offer=session.undo
        )

    def _names(self) -> set[str]:
        return {plan.name for plan in self._desk.session.project.plans.values()}

    def _refresh_lock(self, plan: Plan | None) -> None:
        action, site_id = self._desk.actions["lock"], self._desk.bridge.selection.site
        able = plan is not None and plan.open and site_id in plan.assignment
        action.setEnabled(able)
        project = self._desk.session.project
        locked = plan is not None and bool(site_id and lock_of(project, plan, site_id))
        action.setIcon(self._desk.icons("unlock" if locked else "lock"))
        action.setText("Unlock Site" if locked else "Lock Site in Its Zone")


def _replaced(project: Project, uid: str, name: str) -> Project:
    return project.with_plan(replace(project.plans[uid], name=name))


def _without(project: Project, uid: str) -> Project:
    return replace(project, plans={key: plan for key, plan in project.plans.items() if key != uid})
