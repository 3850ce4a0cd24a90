"""The note on a plan."""

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from zoneplanner.domain.plan import Plan
from zoneplanner.domain.planning import set_plan_note
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog

_PLAN_NOTE_LINES = 5


class PlanNoteDialog(FormDialog):
    """Asks for a text; an empty one takes the note away."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Note on the Plan", "Keep", self._keep, parent)
        self._desk = desk
        self._plan = plan
        self.say(f"It is shown with “{plan.name}”; an empty one is taken away.")
        self.text = QPlainTextEdit(plan.note)
        self.text.setAccessibleName("Note on the plan")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(_PLAN_NOTE_LINES * self.text.fontMetrics().lineSpacing() + 16)
        self.form.addRow(self.text)
        self.text.setFocus()

    def _keep(self) -> None:
        uid, text = self._plan.uid, self.text.toPlainText()
        self._desk.session.apply(
            f"Note on “{self._plan.name}”", lambda project: set_plan_note(project, uid, text)
        )
