"""Lock a site, its zone, or all zones of an agency, and say why."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.locks import add_plan_lock
from zoneplanner.domain.plan import LockScope, Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.words import format_count

LockTarget = tuple[LockScope, str]


class LockDialog(FormDialog):
    """Asks what stays as it is and why; the reason may be left empty."""

    def __init__(
        self, desk: UiContext, targets: list[LockTarget], parent: QWidget | None = None
    ) -> None:
        super().__init__("Lock", "Lock", self._lock, parent)
        self._desk = desk
        self.say("What is locked stays as it is, whatever is proposed or dragged.")
        session = desk.session
        self.what = ChoiceBox()
        self.what.setAccessibleName("What is locked")
        for target in targets:
            if session.plan is not None:
                self.what.addItem(_locked_words(session.project, session.plan, target), target)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("may be empty")
        self.form.addRow("&Keep", self.what)
        self.form.addRow("&Because", self.reason)
        self.reason.setFocus()

    def _lock(self) -> None:
        session = self._desk.session
        plan, at = session.plan, self.what.currentIndex()
        if plan is None or at < 0:
            raise UserError("There is nothing to lock yet; propose zones first.")
        kind, target = self.what.itemData(at)
        reason = self.reason.text().strip()
        session.apply(
            f"Lock {name_lock_target(session.project, (kind, target))}",
            lambda project: add_plan_lock(project, plan.uid, LockScope(kind), target, reason),
        )


def name_lock_target(project: Project, target: LockTarget) -> str:
    """Name what is locked."""
    kind, key = target
    if kind == LockScope.SITE:
        site = project.sites.get(key)
        return site.name if site else key
    return f"zone {key}" if kind == LockScope.ZONE else f"all zones of the {key}"


def _locked_words(project: Project, plan: Plan, target: LockTarget) -> str:
    """Name what is locked, and what is in it."""
    kind, key = target
    words = name_lock_target(project, target)
    words = words[:1].upper() + words[1:]
    if kind == LockScope.SITE:
        return f"{words} in {plan.assignment.get(key, 'no zone')}"
    if kind == LockScope.ZONE:
        return f"{words} with its {format_count(len(plan.sites_of(key)), 'site')}"
    return words
