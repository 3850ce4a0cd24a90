"""Put a plan in force from a day."""

from datetime import date, timedelta

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QWidget

from zoneplanner.domain.calendar import Calendar
from zoneplanner.domain.planning import adopt
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form
from zoneplanner.ui.kit.widgets import with_arrows
from zoneplanner.ui.kit.words import count

LOOK_AHEAD_DAYS = 120


class AdoptDialog(Form):
    """Asks for the first day; the next school day is filled in."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__("Adopt the Plan", "Adopt", self._adopt, parent)
        self._desk = desk
        session = desk.session
        plan = session.plan
        name = plan.name if plan else ""
        problems = len(session.reading.problems)
        broken = f" It breaks {count(problems, 'rule')}; see Checks first." if problems else ""
        self.say(
            f"“{name}” takes force on this day and is no longer edited. "
            f"The plan in force before it ends then.{broken}"
        )
        day = next_school_day(session.project.calendar, session.today)
        self.day = QDateEdit(QDate(day.year, day.month, day.day))
        self.day.setCalendarPopup(True)
        with_arrows(self.day)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.form.addRow("In force &from", self.day)

    def _adopt(self) -> None:
        session = self._desk.session
        plan = session.plan
        if plan is None:
            raise UserError("There is no plan to adopt yet; propose zones first.")
        day = self.day.date()
        first = date(day.year(), day.month(), day.day())
        session.apply(
            f"Adopt “{plan.name}” from {first}",
            lambda project: adopt(project, plan.uid, first),
        )


def next_school_day(calendar: Calendar, today: date) -> date:
    """Return the first school day after today, else tomorrow where none is known."""
    tomorrow = today + timedelta(days=1)
    ahead = calendar.school_days(tomorrow, today + timedelta(days=LOOK_AHEAD_DAYS))
    return next(ahead, tomorrow)
