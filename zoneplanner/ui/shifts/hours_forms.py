"""The forms of hours: one turn that was worked otherwise, and what an hour costs."""

from collections.abc import Mapping

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.log.hours_entries import PAY_CODES, WorkedHours
from zoneplanner.domain.roster.hours import HoursLine, name_officer
from zoneplanner.ui.widgets.inputs.forms import TimeField
from zoneplanner.ui.widgets.inputs.record_form import RecordForm
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.services.ui_context import UiContext

PAY_CODE_WORDS = {code: code.replace("_", "-").capitalize() for code in PAY_CODES}
_OFFICER_MISSING = "Choose the officer who worked."
_WORKED = {"": "Worked", "yes": "Absent: none of it was worked"}


class HoursDialog(RecordForm):
    """When an officer truly served: as a shift was scheduled, or otherwise.

    ``line`` is the turn that it begins from, ``corrects`` hours that were logged.
    """

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
        names = {key: own.name for key, own in project.officers.items()}
        if officer and officer not in names:
            names[officer] = name_officer(project, officer)
        self.officer = self.add(
            "officer",
            "&Officer",
            make_choice_box(names, officer, "Officer"),
            needed=_OFFICER_MISSING,
        )
        units = {"": "No unit", **{unit: unit for unit in project.units}}
        unit = self.recorded("unit", line.unit if line else "") or ""
        self.unit = self.add("unit", "&Unit", make_choice_box(units, unit, "Unit"))
        began = self.recorded("began_at", shift.starts_at if shift else now)
        ended = self.recorded("ended_at", shift.ends_at if shift else now)
        self.began = self.add("began_at", "&Began", TimeField(desk.session, began))
        self.ended = self.add("ended_at", "&Ended", TimeField(desk.session, ended))
        break_min = self.recorded("break_min")
        self.break_min = self.add(
            "break_min", "Brea&k, min", QLineEdit(f"{break_min:g}" if break_min else "")
        )
        self.break_min.setPlaceholderText("Minutes that are not paid")
        absent = "yes" if self.recorded("absent") else ""
        self.absent = self.add("absent", "&What", make_choice_box(_WORKED, absent, "What"))
        code = self.recorded("pay_code", PAY_CODES[0])
        self.pay_code = self.add(
            "pay_code", "&Pay code", make_choice_box(PAY_CODE_WORDS, code, "Pay code")
        )
        self.fund = self.add("fund", "&Fund", QLineEdit(self.recorded("fund", "")))
        self.fund.setPlaceholderText(f"{line.fund} (usual)" if line and line.fund else "The usual")
        self.note = self.add("note", "&Note", self.make_text_field("note"))
        self.watch_fields()
        self.ended.setFocus()

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log new hours, of the shift where they are of one."""
        super().log_record({**columns, "shift": self._shift})
