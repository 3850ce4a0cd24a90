"""Put a plan in force from a day, maybe to a last one, with its broken rules in view."""

from datetime import date, timedelta

from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.domain.calendar.school_calendar import SchoolCalendar
from zoneplanner.domain.plans.lifecycle import adopt_plan, retire_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.record_form import OptionalDayField
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext

_LOOK_AHEAD_DAYS = 120
_SCHOOL_YEAR_DAYS = 300
_MOST_SHOWN = 5


class AdoptPlanDialog(FormDialog):
    """Asks for the first day, the next school day filled in, and for a last one if there is one.

    A plan that breaks rules is adopted only where a tick says so.
    """

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Adopt the Plan", "Adopt", self._adopt, parent)
        self._desk = desk
        session = desk.session
        name = session.plan.name if session.plan else ""
        self.set_about(
            f"“{name}” takes effect on its first day and is then locked. The plan in force "
            "before it ends the day before."
        )
        day = find_next_school_day(session.project.calendar, session.today)
        plan, kept = session.plan, session.state.saved_project
        closings = kept.closings.get(plan.uid, ()) if plan is not None else ()
        day = max([day, *(one.on for one in closings if one.on is not None)])
        self.day = DayField(session.formats, day)
        ending = OptionalDayField("It has a last day", desk, None)
        self.last, self.ends = ending.day, ending.taken
        self.last.put(find_last_school_day(session.project.calendar, day))
        self.form.addRow("In force &from", self.day)
        self.form.addRow("&Last day", ending)
        self.anyway = QCheckBox("Adopt it &anyway")
        self._show_broken()

    def _show_broken(self) -> None:
        problems, formats = self._desk.session.state.problems, self._desk.session.formats
        if not problems:
            return
        lines = [f"• {problem.say(formats)}" for problem in problems[:_MOST_SHOWN]]
        if len(problems) > _MOST_SHOWN:
            lines.append(f"• and {len(problems) - _MOST_SHOWN} more, see Checks.")
        self.broken = WrappedLabel(
            f"It breaks {format_count(len(problems), 'rule')}:\n" + "\n".join(lines)
        )
        self.broken.setProperty("role", "problem")
        self.form.addRow(self.broken)
        self.form.addRow(self.anyway)
        self.ok.setEnabled(False)
        self.anyway.toggled.connect(self.ok.setEnabled)

    def _adopt(self) -> None:
        session = self._desk.session
        plan = session.plan
        if plan is None:
            raise UserError("no_plan.adopt")
        first = self.day.day()
        after = self.last.day() + timedelta(days=1) if self.ends.isChecked() else None
        session.apply(
            f"Adopt “{plan.name}” from {first}",
            lambda project: adopt_plan(project, plan.uid, first, after),
        )
        self._desk.report_done(f"“{plan.name}” takes effect on {session.formats.day(first)}.")


def find_next_school_day(calendar: SchoolCalendar, today: date) -> date:
    """Return the first school day after today, else tomorrow where none is known."""
    tomorrow = today + timedelta(days=1)
    ahead = calendar.school_days(tomorrow, today + timedelta(days=_LOOK_AHEAD_DAYS))
    return next(ahead, tomorrow)


def find_last_school_day(calendar: SchoolCalendar, first: date) -> date:
    """Return the last day of the terms that are known, else a school year after the first."""
    ends = [term.last for term in calendar.terms if term.last > first]
    return max(ends, default=first + timedelta(days=_SCHOOL_YEAR_DAYS))


class RetirePlanDialog(FormDialog):
    """Asks for the last day in force; today, or the day before a plan that never began."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Retire the Plan", "Retire", self._retire, parent)
        self._desk = desk
        self._plan = plan
        today, begins = desk.session.today, plan.effective_on
        waiting = begins is not None and today < begins
        starts = desk.session.formats.day(begins) if begins is not None else ""
        self.set_about(
            f"“{plan.name}” takes effect on {starts}. If it ends before that, it never does."
            if waiting
            else f"“{plan.name}” stays as a record; from the next day on no plan is in force, "
            "unless you adopt another."
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
