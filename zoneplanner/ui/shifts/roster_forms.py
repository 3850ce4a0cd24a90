"""Fields of the roster's forms: times of day, weekdays, choices, lists in a line."""

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
    add_spin_arrows,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext


class ClockField(MomentBox):
    """A time of day."""

    def __init__(self, formats: LocaleFormats, clock: time, name: str) -> None:
        super().__init__(QTime(clock.hour, clock.minute))
        self.setDisplayFormat(formats.field_clock)
        self.setAccessibleName(name)
        add_spin_arrows(self)
        self.lineEdit().setTextMargins(TEXT_INSET_PX, 0, 0, 0)

    def clock(self) -> time:
        """Return the time."""
        shown = self.time()
        return time(shown.hour(), shown.minute())


class WeekdayField(QWidget):
    """Some weekdays, a box each."""

    def __init__(self, chosen: frozenset[int]) -> None:
        super().__init__()
        self.boxes = [QCheckBox(name) for name in DAY_NAMES]
        for number, box in enumerate(self.boxes, start=1):
            box.setChecked(number in chosen)
        make_row_layout(*self.boxes, parent=self)

    def days(self) -> frozenset[int]:
        """Return the ISO weekdays that are ticked."""
        return frozenset(at for at, box in enumerate(self.boxes, start=1) if box.isChecked())


def split_list_text(text: str) -> tuple[str, ...]:
    """Return the parts of a line between semicolons or commas, each once."""
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
_LEFT_OUT = ("staff_class",)
_PAIR = 2


class OverrideReasonForm(FormDialog):
    """Ask why something may stand against a rule; the reason is kept with the shift."""

    def __init__(
        self, title: str, about: str, do: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__(title, "Allow", self._go, parent)
        self._then = do
        self.set_about(about)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("such as agreed with the agency by phone")
        self.form.addRow("&Reason", self.reason)

    def _go(self) -> None:
        if not self.reason.text().strip():
            raise UserError("field_empty.override_reason")
        self._then(self.reason.text().strip())


class ProposeShiftsForm(FormDialog):
    """From when to when shifts are proposed, and whether drafts may change."""

    def __init__(
        self,
        formats: LocaleFormats,
        days: tuple[date, date],
        do: Callable[..., object],
        parent: QWidget,
    ) -> None:
        super().__init__("Propose Shifts", "Propose", self._go, parent)
        self._then = do
        self.set_about(
            "Creates a shift for each assignment and school day and fills it. No rule is broken, "
            "hours and undesirable shifts are spread evenly, and officers keep zones they know. "
            "Locked and "
            "posted shifts stay."
        )
        self.first, self.last = (DayField(formats, day) for day in days)
        self.refill = QCheckBox("Also reassign &draft shifts")
        self.add_rows(("&First day", self.first), ("&Last day", self.last), ("", self.refill))

    def _go(self) -> None:
        first, last = self.first.day(), self.last.day()
        if last < first:
            raise UserError("days_out_of_order.shifts")
        self._then(first, last, refill=self.refill.isChecked())


class RosterRulesForm(FormDialog):
    """How strict each rule is, and its figures."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__("Roster Rules", "Save", self._keep, parent)
        self._desk = desk
        self.set_about(
            "“Warn” lists the violation, “override” requires a reason and records it, and “block” "
            "prevents the assignment."
        )
        rules = desk.session.project.roster_rules
        self.levels: dict[str, ChoiceBox] = {}
        self.figures: dict[str, NumberBox] = {}
        self.order = self.add_field(
            "Offer assignments by",
            make_choice_box(
                {one: str(one).capitalize() for one in AssignmentOrder},
                rules.order,
                "Offer assignments by",
            ),
        )
        for key, rule in ROSTER_RULES.items():
            box = self.levels[key] = make_choice_box(
                {level: str(level) for level in Enforcement}, rules.level(key), rule.title
            )
            row = QWidget()
            grid = QGridLayout(row)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setColumnStretch(_PAIR + 1, 1)
            grid.addWidget(box, 0, 0)
            for at, name in enumerate(one for one in rule.figures if one not in _LEFT_OUT):
                self.figures[name] = _figure(name, round(rules.figure(name)))
                grid.addWidget(self.figures[name], at // _PAIR, 1 + at % _PAIR)
            self.form.addRow(rule.title, row)

    def _keep(self) -> None:
        session = self._desk.session
        rules = session.state.saved_project.roster_rules
        for key, box in self.levels.items():
            if box.currentData() != rules.level(key):
                rules = rules.with_level(key, box.currentData())
        for name, field in self.figures.items():
            if field.value() != round(rules.figure(name)):
                rules = rules.with_figure(name, field.value())
        if self.order.currentData() != rules.order:
            rules = replace(rules, order=self.order.currentData())
        if rules is not session.state.saved_project.roster_rules:
            session.apply("Roster rules", lambda one: replace(one, roster_rules=rules))


def _figure(name: str, value: int) -> NumberBox:
    unit = "" if name.startswith("staff_") else " days" if name == "days_in_a_row" else " h"
    field = make_number_box(0, 400, value, prefix=_PREFIXES.get(name, ""), suffix=unit)
    field.setToolTip(ROSTER_FIGURE_LABELS[name])
    field.setAccessibleName(ROSTER_FIGURE_LABELS[name])
    field.setMinimumWidth(field.sizeHint().width())
    return field
