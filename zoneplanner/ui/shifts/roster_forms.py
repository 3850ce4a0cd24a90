"""Fields shared by the roster's forms, and the forms for proposals, overrides and rules."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

from PySide6.QtCore import QTime
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QWidget

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.roster.roster_rules import (
    ROSTER_FIGURE_LABELS,
    ROSTER_RULES,
    AssignmentOrder,
    Enforcement,
)
from zoneplanner.errors import UserError
from zoneplanner.ui.shifts.week_board import DAY_NAMES
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    MomentBox,
    NumberBox,
    make_choice_box,
    make_number_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    TEXT_INSET_PX,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext


class ClockField(MomentBox):
    """A time of day."""

    def __init__(self, formats: LocaleFormats, clock: time, name: str) -> None:
        super().__init__(QTime(clock.hour, clock.minute))
        self.setDisplayFormat(formats.field_clock)
        self.setAccessibleName(name)
        self.lineEdit().setTextMargins(TEXT_INSET_PX, 0, 0, 0)

    def clock(self) -> time:
        """Return the time."""
        value = self.time()
        return time(value.hour(), value.minute())


class WeekdayField(QWidget):
    """A check box for each weekday."""

    def __init__(self, days: frozenset[int]) -> None:
        super().__init__()
        self.boxes = [QCheckBox(name) for name in DAY_NAMES]
        for day, box in enumerate(self.boxes, start=1):
            box.setChecked(day in days)
        make_row_layout(*self.boxes, parent=self)

    def days(self) -> frozenset[int]:
        """Return the checked ISO weekdays."""
        return frozenset(day for day, box in enumerate(self.boxes, start=1) if box.isChecked())


def split_list_text(text: str) -> tuple[str, ...]:
    """Return the distinct parts of a string separated by semicolons or commas."""
    parts = text.replace(",", ";").split(";")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


_PREFIXES = {
    "detail_h_mon_thu": "Mon–Thu ",
    "detail_h_fri_sun": "Fri–Sun ",
    "staff_arrival": "arrival ",
    "staff_lunch": "lunch ",
    "staff_dismissal": "dismissal ",
    "staff_after_school": "after school ",
}
_OMITTED_FIGURES = ("staff_class",)
_PER_LINE = 2


class OverrideReasonForm(FormDialog):
    """Asks for the reason to override a rule, which is stored with the shift."""

    def __init__(
        self, title: str, about: str, do: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__(title, "Allow", self._allow, parent)
        self._action = do
        self.set_about(about)
        self.reason = self.add_field("&Reason", QLineEdit())
        self.reason.setPlaceholderText("such as agreed with the agency by phone")

    def _allow(self) -> None:
        reason = self.reason.text().strip()
        if not reason:
            raise UserError("field_empty.override_reason")
        self._action(reason)


class ProposeShiftsForm(FormDialog):
    """Asks for the days to propose shifts for, and whether drafts may change."""

    def __init__(
        self,
        formats: LocaleFormats,
        days: tuple[date, date],
        do: Callable[..., object],
        parent: QWidget,
    ) -> None:
        super().__init__("Propose Shifts", "Propose", self._propose, parent)
        self._action = do
        self.set_about(
            "Creates a shift for each assignment and school day and fills it. No rule is broken, "
            "hours and undesirable shifts are spread evenly, and officers keep zones they know. "
            "Locked and posted shifts stay."
        )
        self.first, self.last = (DayField(formats, day) for day in days)
        self.refill = QCheckBox("Also reassign &draft shifts")
        self.add_rows(("&First day", self.first), ("&Last day", self.last), ("", self.refill))

    def _propose(self) -> None:
        first, last = self.first.day(), self.last.day()
        if last < first:
            raise UserError("days_out_of_order.shifts")
        self._action(first, last, refill=self.refill.isChecked())


class RosterRulesForm(FormDialog):
    """Edits how strictly each rule is enforced, and its figures."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__("Roster Rules", "Save", self._apply, parent)
        self._desk = desk
        self.set_about(
            "“Warn” lists the violation, “override” requires a reason and records it, and “block” "
            "prevents the assignment."
        )
        rules = desk.session.project.roster_rules
        self.levels: dict[str, ChoiceBox] = {}
        self.figures: dict[str, NumberBox] = {}
        orders = {order: str(order).capitalize() for order in AssignmentOrder}
        label = "Offer assignments by"
        self.order = self.add_field(label, make_choice_box(orders, rules.order, label))
        for key, rule in ROSTER_RULES.items():
            box = self.levels[key] = make_choice_box(
                {level: str(level) for level in Enforcement}, rules.level(key), rule.title
            )
            row = QWidget()
            grid = QGridLayout(row)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setColumnStretch(_PER_LINE + 1, 1)
            grid.addWidget(box, 0, 0)
            names = [name for name in rule.figures if name not in _OMITTED_FIGURES]
            for index, name in enumerate(names):
                field = self.figures[name] = _make_figure_field(name, round(rules.figure(name)))
                grid.addWidget(field, index // _PER_LINE, 1 + index % _PER_LINE)
            self.form.addRow(rule.title, row)

    def _apply(self) -> None:
        session = self._desk.session
        before = rules = session.saved_project.roster_rules
        for key, box in self.levels.items():
            if box.currentData() != rules.level(key):
                rules = rules.with_level(key, box.currentData())
        for name, field in self.figures.items():
            if field.value() != round(rules.figure(name)):
                rules = rules.with_figure(name, field.value())
        if self.order.currentData() != rules.order:
            rules = replace(rules, order=self.order.currentData())
        if rules is not before:
            session.apply("Roster rules", lambda project: replace(project, roster_rules=rules))


def _make_figure_field(name: str, value: int) -> NumberBox:
    unit = "" if name.startswith("staff_") else " days" if name == "days_in_a_row" else " h"
    field = make_number_box(0, 400, value, prefix=_PREFIXES.get(name, ""), suffix=unit)
    field.setToolTip(ROSTER_FIGURE_LABELS[name])
    field.setAccessibleName(ROSTER_FIGURE_LABELS[name])
    field.setMinimumWidth(field.sizeHint().width())
    return field
