"""The forms for hours: log or correct them, approve them, and set rates and funds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.log.hours_entries import LARGEST_RATE, PAY_CODES, WorkedHours
from zoneplanner.domain.roster.hours import HoursLine, name_officer, total_hours
from zoneplanner.domain.roster.hours_rules import PayRate, find_fiscal_year_start
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import (
    DayField,
    TimeField,
    join_fields,
)
from zoneplanner.ui.widgets.inputs.record_form import RecordForm
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_decimal_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_muted_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

PAY_CODE_WORDS = {code: code.replace("_", "").capitalize() for code in PAY_CODES}
_OFFICER_MISSING = "Choose the officer who worked."
_WORKED = {"": "Worked", "yes": "Absent: no hours worked"}


class HoursDialog(RecordForm):
    """Logs the hours that an officer worked, starting from a ``line``, or corrects logged hours."""

    def __init__(
        self,
        desk: UiContext,
        line: HoursLine | None = None,
        *,
        corrects: WorkedHours | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct Hours" if corrects else "Log Hours"
        super().__init__(desk, "hours", title, corrects=corrects, parent=parent)
        shift = line.shift if line is not None else None
        self._shift = shift.uid if shift is not None else ""
        project, now = desk.session.project, desk.session.clock()
        officer = self.recorded("officer", line.officer if line else None)
        names = {key: known.name for key, known in project.officers.items()}
        if officer and officer not in names:
            names[officer] = name_officer(project, officer)
        self.officer = self.add(
            "officer",
            "&Officer",
            make_choice_box(names, officer, "Officer"),
            needed=_OFFICER_MISSING,
        )
        units = {"": "No unit", **{unit: unit for unit in project.units}}
        self.unit = self.add_choice("unit", "&Unit", units, line.unit if line else "")
        began = self.recorded("began_at", shift.starts_at if shift else now)
        ended = self.recorded("ended_at", shift.ends_at if shift else now)
        self.began = self.add("began_at", "&Began", TimeField(desk.session, began))
        self.ended = self.add("ended_at", "&Ended", TimeField(desk.session, ended))
        break_min = self.recorded("break_min")
        self.break_min = self.add(
            "break_min", "Brea&k, min", QLineEdit(f"{break_min:g}" if break_min else "")
        )
        self.break_min.setPlaceholderText("Unpaid minutes")
        absent = "yes" if self.recorded("absent") else ""
        self.absent = self.add("absent", "&What", make_choice_box(_WORKED, absent, "What"))
        self.pay_code = self.add_choice("pay_code", "&Pay code", PAY_CODE_WORDS, PAY_CODES[0])
        self.fund = self.add("fund", "&Fund", QLineEdit(self.recorded("fund", "")))
        self.fund.setPlaceholderText(
            f"{line.fund} (usual)" if line and line.fund else "The usual fund"
        )
        self.note = self.add("note", "&Note", self.make_text_field("note"))
        self.watch_fields(self.ended if line is not None else self.officer)

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log new hours, with the shift that they belong to, if any."""
        super().log_record({**columns, "shift": self._shift})


class ApproveForm(FormDialog):
    """Asks before hours are approved, with their total in hours and dollars."""

    def __init__(
        self,
        scope: str,
        lines: Sequence[HoursLine],
        do: Callable[[], object],
        parent: QWidget | None = None,
        *,
        unconfirmed: int = 0,
    ) -> None:
        super().__init__("Approve Hours?", "Approve", do, parent)
        (total,) = total_hours(lines)
        parts = [
            f"{scope}: {format_count(total.lines, 'line')}, {total.worked_h:,.2f} h worked of "
            f"{total.scheduled_h:,.2f} h scheduled, {total.cost}."
        ]
        if total.without_rate:
            count = format_count(total.without_rate, "line has", "lines have")
            parts.append(f"{count} no rate yet.")
        if changed := sum(line.approval is not None for line in lines):
            parts.append(
                f"{format_count(changed, 'line was', 'lines were')} changed after approval."
            )
        if unconfirmed:
            forms = ("unconfirmed shift is", "unconfirmed shifts are")
            parts.append(f"{format_count(unconfirmed, *forms)} not included.")
        parts.append("Your name and the time are recorded with each line.")
        self.set_about(" ".join(parts))


_ROUNDING = {0: "To the minute", 5: "5 min", 6: "6 min (tenths)", 15: "15 min", 30: "30 min"}
_CENTS, _MOST_CALL_BACK_H = 2, 12.0


class HoursRulesForm(FormDialog):
    """Edits rounding, the callback minimum, funds, and hourly rates from a day on."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Rates and Funds", "Save", self._apply, parent)
        self._desk = desk
        project = desk.session.saved_project
        rules, formats = project.hours_rules, desk.session.formats
        self.set_about(
            "Rates apply to all hours not yet approved; approved hours that a new rate would "
            "change are marked."
        )
        rounding = {**_ROUNDING, round(rules.round_min): f"{rules.round_min:g} min"} | _ROUNDING
        self.rounding = self.add_field(
            "&Round to", make_choice_box(rounding, round(rules.round_min), "Round to")
        )
        self.call_back = self.add_field(
            "&Callback minimum",
            make_decimal_box(0, _MOST_CALL_BACK_H, rules.call_back_min_h, digits=1, suffix=" h"),
        )
        self.fund = self.add_field("&Fund", QLineEdit(rules.fund))
        self.fund.setPlaceholderText("Who pays for everything not listed below")
        self.funds: dict[str, QLineEdit] = {}
        for key, agency in project.agencies.items():
            line = QLineEdit(rules.funds.get(key, ""))
            self.funds[key] = self.add_field(f"Fund of {agency.short or key}", line)
        others = {"": "No unit or assignment", **{unit: unit for unit in project.units}}
        for key, post in project.posts.items():
            others[key] = f"{post.unit} {post.title or post.kind}"
        for key in others.keys() & rules.funds.keys():
            others[key] += f": {rules.funds[key]}"
        self.other = make_choice_box(others, "", "Unit or assignment", least_letters=18)
        self.other_fund = QLineEdit()
        self.other_fund.setAccessibleName("Its fund")
        self.other_fund.setPlaceholderText("Its fund")
        self.other.currentIndexChanged.connect(
            lambda _: self.other_fund.setText(rules.funds.get(self.other.currentData(), ""))
        )
        self.add_field("Unit’s fund", join_fields(self.other, self.other_fund))
        names = {key: agency.short or key for key, agency in project.agencies.items()}
        self.rates = {
            index: f"{names.get(rate.agency, rate.agency)}, "
            f"{PAY_CODE_WORDS.get(rate.pay_code, 'any code').lower()}: ${rate.usd_per_h:,.2f} "
            f"from {formats.day(rate.first)}"
            for index, rate in enumerate(rules.rates)
        }
        choices = {-1: "Keep all", **self.rates}
        self.remove = make_choice_box(choices, -1, "Remove a rate", least_letters=24)
        if self.rates:
            self.add_field("Rates", make_muted_label("\n".join(self.rates.values())))
            self.add_field("Remove", self.remove)
        codes = {"": "Any code", **PAY_CODE_WORDS}
        self.agency = make_choice_box(names, None, "Agency")
        self.code = make_choice_box(codes, "", "Pay code")
        self.dollars = make_decimal_box(0, LARGEST_RATE, 0, digits=_CENTS)
        self.dollars.setPrefix("$")
        self.dollars.setSpecialValueText("no new rate")
        self.dollars.setAccessibleName("Dollars per hour")
        self.first = DayField(formats, find_fiscal_year_start(desk.session.today))
        self.add_field("&New rate", join_fields(self.agency, self.code))
        self.add_field("", join_fields(self.dollars, make_muted_label("from"), self.first))

    def _apply(self) -> None:
        rules = self._desk.session.saved_project.hours_rules
        after = rules.with_figures(
            round_min=float(self.rounding.currentData()), call_back_min_h=self.call_back.value()
        )
        after = replace(after, fund=self.fund.text().strip())
        for key, line in self.funds.items():
            after = after.with_fund(key, line.text())
        if self.other.currentData():
            after = after.with_fund(self.other.currentData(), self.other_fund.text())
        if self.remove.currentData() >= 0:
            after = after.without_rate(rules.rates[self.remove.currentData()])
        if self.dollars.value():
            after = after.with_rate(
                PayRate(
                    str(self.agency.currentData() or ""),
                    self.first.day(),
                    round(self.dollars.value(), _CENTS),
                    self.code.currentData(),
                )
            )
        if after != rules:
            self._desk.apply(
                "Rates and funds",
                lambda project: replace(project, hours_rules=after),
                done="The rates and funds were saved.",
            )
