"""The form that logs or corrects a drill; some kinds count only with a complete checklist."""

from datetime import datetime, timedelta

from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.app.readiness.records import explain_drill_doubt, load_drill_checklist
from zoneplanner.domain.log.entries import MAX_DRILL_MIN
from zoneplanner.domain.readiness.drill_requirements import Drill, format_drill_name
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.forms import RequiredTimeField, TimeField
from zoneplanner.ui.widgets.inputs.record_form import RecordForm
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX

_PRESENCE = {"": "Not known", "yes": "Yes", "no": "No"}
_NO_SITE = "Choose the school that held the drill."
_MONTH_DAYS = 30
_LONG_AGO = timedelta(days=31)
"""A drill held longer ago must be confirmed, because its day may be a typing error."""
_NO_TIME = "Set the day and hour of the drill, or press Now."


class DrillDialog(RecordForm):
    """Logs a drill, for which the school and the time when it was held are required."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
        *,
        kind: str = "fire",
        corrects: Drill | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Drill" if corrects else "Log a Practice Drill"
        super().__init__(desk, "drill", title, corrects=corrects, parent=parent)
        self.checklist = load_drill_checklist(desk.session.saved_project)
        session = desk.session
        self.site = self.add_site(site_id, needed=_NO_SITE)
        kinds = {name: format_drill_name(name) for name in DRILL_KINDS}
        self.kind = self.add_choice("kind", "&Kind", kinds, kind)
        self.held = TimeField(session, self.recorded("held_at", session.clock()))
        self.asked = RequiredTimeField(
            self.held,
            "Now",
            lambda: self.held.put(session.clock()),
            given=corrects is not None,
        )
        self.add("held_at", "&Held", self.asked, needed=_NO_TIME)
        minutes = round(self.recorded("minutes") or 0)
        self.minutes = make_number_box(
            0, MAX_DRILL_MIN, minutes, suffix=" min", least_text="Not recorded"
        )
        self.add("minutes", "M&inutes", self.minutes)
        present = {True: "yes", False: "no", None: ""}[self.recorded("officer_present")]
        self.present = make_choice_box(_PRESENCE, present)
        self.add("officer_present", "&Officer present", self.present)
        self.points = self._make_checklist(corrects)
        self.form.addRow(self.gate)
        self.note = self.add("note", "&Note", self.make_text_field("note"))
        self.kind.currentIndexChanged.connect(self._show_checklist)
        self._confirmed: datetime | None = None
        self.watch_fields(self.asked)
        self._show_checklist()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        has_checklist = self._has_checklist()
        checked = [key for key, box in self.points.items() if has_checklist and box.isChecked()]
        return {**super().columns(), "checklist": ";".join(checked)}

    def missing(self) -> str:
        """Return what is missing: a field, a checklist item, or a reason for an odd time."""
        if missing := super().missing():
            return missing
        unchecked = sum(not box.isChecked() for box in self.points.values())
        items = format_count(unchecked, "item") if self._has_checklist() and unchecked else ""
        self.left.setText(f"{items} left." if items else "All items are checked.")
        if items:
            return f"Check every item on the list; {items} left."
        return "" if self.note.text().strip() or not self._is_time_new() else self._doubt_time()

    def accept(self) -> None:
        """Log the drill; if it was held long ago, ask for confirmation first."""
        question = self._question_day()
        if question:
            self.show_refusal(question)
        else:
            super().accept()

    def _question_day(self) -> str:
        """Return a question about the day of a drill held long ago, unless it was asked before."""
        if self.missing() or not self._is_time_new():
            return ""
        session = self._desk.session
        try:
            held = self.held.moment()
        except UserError:  # shown when the form is accepted
            return ""
        ago = session.clock() - held
        if ago <= _LONG_AGO or held == self._confirmed:
            return ""
        self._confirmed = held
        day = session.formats.day(session.day_of(held))
        months = format_count(round(ago.days / _MONTH_DAYS), "month")
        return f"Held {day}: {months} ago. Log it for that day? Press {self.ok.text()} again."

    def _is_time_new(self) -> bool:
        """Whether school and time were entered in this form, and not by the corrected record."""
        if self._record is None:
            return True
        try:
            return bool({"site", "held_at"} & self.collect_changes().keys())
        except UserError:  # shown when the form is accepted
            return False

    def _doubt_time(self) -> str:
        session, site = self._desk.session, str(self.site.currentData())
        try:
            doubt = explain_drill_doubt(session.project, site, self.held.moment())
        except UserError:  # shown when the form is accepted
            return ""
        if doubt is None:
            return ""
        return f"{doubt.say(session.formats)} If it was held then, give the reason in the note."

    def _make_checklist(self, corrects: Drill | None) -> dict[str, QCheckBox]:
        self.gate = QWidget()
        self.gate.setAccessibleName("Checklist")
        boxes = {key: QCheckBox(text) for key, text in self.checklist.items.items()}
        for key, box in boxes.items():
            box.setChecked(bool(corrects and key in corrects.checklist))
        about = make_muted_label(
            f"The drill counts once all of this is true ({self.checklist.citation}):"
        )
        self.left = make_muted_label()
        make_column_layout(
            self.gate, about, *boxes.values(), self.left, margin_px=0, spacing_px=GRID_PX
        )
        return boxes

    def _has_checklist(self) -> bool:
        return self.kind.currentData() in self.checklist.kinds

    def _show_checklist(self) -> None:
        self.gate.setVisible(self._has_checklist())
        self.update_required()
