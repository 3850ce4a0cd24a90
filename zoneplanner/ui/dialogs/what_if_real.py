"""Take what a what-if supposes for true in the whole project, after a question."""

from PySide6.QtWidgets import QWidget

from zoneplanner.app.what_if import apply_what_if_to_project, list_applicable_changes
from zoneplanner.domain.plan import Plan
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog
from zoneplanner.ui.kit.widgets import make_wrapped_label


class ApplyWhatIfDialog(FormDialog):
    """Lists what would change for every plan of the project."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Make the What-If Real", "Make real", self._make_real, parent)
        self._desk = desk
        self.say(
            f"What “{plan.name}” supposes becomes a fact of the project, in all its plans. The "
            "plan itself stays a draft. One undo takes it back."
        )
        self.facts = make_wrapped_label(
            "\n".join(
                f"•  {each}" for each in list_applicable_changes(desk.session.reading.kept, plan)
            )
        )
        self.form.addRow(self.facts)

    def _make_real(self) -> None:
        apply_what_if_to_project(self._desk.session)
        self._desk.notices.tell(
            "The what-if is real now; the plans follow the new facts.",
            sign="done",
            offer="Undo",
            on_offer=self._desk.undo_latest(),
        )
