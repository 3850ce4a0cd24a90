"""End an adopted plan on a day."""

from datetime import timedelta

from PySide6.QtWidgets import QWidget

from zoneplanner.domain.plan import Plan
from zoneplanner.domain.planning import retire_plan
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import DayField, FormDialog


class RetirePlanDialog(FormDialog):
    """Asks for the last day in force; today, or the day before a plan that never began."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Retire the Plan", "Retire", self._retire, parent)
        self._desk = desk
        self._plan = plan
        today, begins = desk.session.today, plan.effective_on
        waiting = begins is not None and today < begins
        starts = desk.session.formats.day(begins) if begins is not None else ""
        self.say(
            f"“{plan.name}” takes effect on {starts}. With a last day before that it never does."
            if waiting
            else f"“{plan.name}” stays as a record; from the next day on no plan is in force, "
            "unless another is adopted."
        )
        last = begins - timedelta(days=1) if begins is not None and waiting else today
        self.day = DayField(desk.session.formats, last)
        self.form.addRow("&Last day in force", self.day)

    def _retire(self) -> None:
        plan, last = self._plan, self.day.day()
        self._desk.session.apply(
            f"Retire “{plan.name}” after {last}",
            lambda project: retire_plan(project, plan.uid, last + timedelta(days=1)),
        )
