"""Log a drill, or correct one; an armed-assailant drill counts with its whole checklist alone."""

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
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX

_PRESENT = {"": "Not known", "yes": "Yes", "no": "No"}
_NO_SITE = "Choose the school that held the drill."
_MONTH_DAYS = 30
_LONG_AGO = timedelta(days=31)
"""A drill held longer ago is asked about once: the day may be a slip."""
_NO_TIME = "Set the day and hour of the drill, or press Now."


class DrillDialog(RecordForm):
    """One drill: its school, and the day and hour on which it was held, are asked for."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        kind: str = "fire",
        corrects: Drill | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Drill" if corrects else "Log a Practice Drill"
        super().__init__(desk, "drill", title, corrects=corrects, parent=parent)
        self.checklist = load_drill_checklist(desk.session.saved_project)
        session = desk.session
        self.site = self.add(
            "site",
            "&Site",
            make_site_combo_box(session.project, self.recorded("site", site_id)),
            needed=_NO_SITE,
        )
        kinds = {name: format_drill_name(name) for name in DRILL_KINDS}
        self.kind = self.add("kind", "&Kind", make_choice_box(kinds, self.recorded("kind", kind)))
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
        self.present = make_choice_box(_PRESENT, present)
        self.add("officer_present", "&Officer present", self.present)
        self.points = self._checklist(corrects)
        self.form.addRow(self.gate)
        self.note = self.add("note", "&Note", self.make_text_field("note"))
        self.kind.currentIndexChanged.connect(self._ask_checklist)
        self._agreed: datetime | None = None
        self.watch_fields(self.asked)
        self._ask_checklist()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        asked = self.kind.currentData() in self.checklist.kinds
        ticked = [key for key, box in self.points.items() if asked and box.isChecked()]
        return {**super().columns(), "checklist": ";".join(ticked)}

    def missing(self) -> str:
        """A drill needs its school, its time and all points; out of school hours also a reason."""
        empty = super().missing()
        if empty:
            return empty
        left = self._open_points()
        self.left.setText(
            f"{format_count(left, 'item')} left." if left else "All items are checked."
        )
        if left:
            return f"Check every item on the list; {format_count(left, 'item')} left."
        return "" if self.note.text().strip() or not self._timed() else self._doubt()

    def accept(self) -> None:
        """Log it; one held months back is asked about once."""
        question = self._ask_long_ago()
        if question:
            self.show_refusal(question)
        else:
            super().accept()

    def _ask_long_ago(self) -> str:
        """Ask for the day of a drill that was held months back, unless it was asked for."""
        if self.missing() or not self._timed():
            return ""
        session = self._desk.session
        try:
            held = self.held.moment()
        except UserError:  # it is told at OK
            return ""
        ago = session.clock() - held
        if ago <= _LONG_AGO or held == self._agreed:
            return ""
        self._agreed = held
        day = session.formats.day(session.day_of(held))
        months = format_count(round(ago.days / _MONTH_DAYS), "month")
        return f"Held {day}: {months} ago. Log it for that day? Press {self.ok.text()} again."

    def _timed(self) -> bool:
        """Tell whether the place and time are this form's to doubt: of a new drill, or touched."""
        if self._record is None:
            return True
        try:
            return bool({"site", "held_at"} & self.collect_changes().keys())
        except UserError:  # it is told at OK
            return False

    def _doubt(self) -> str:
        session, site = self._desk.session, str(self.site.currentData())
        try:
            doubt = explain_drill_doubt(session.project, site, self.held.moment(), session.formats)
        except UserError:  # it is told at OK
            return ""
        return f"{doubt} If it was held then, give the reason in the note." if doubt else ""

    def _checklist(self, corrects: Drill | None) -> dict[str, QCheckBox]:
        self.gate = QWidget()
        self.gate.setAccessibleName("Checklist")
        boxes = {key: QCheckBox(text) for key, text in self.checklist.items.items()}
        for key, box in boxes.items():
            box.setChecked(bool(corrects and key in corrects.checklist))
        about = make_muted_label(f"It counts once all of this is true ({self.checklist.citation}):")
        self.left = make_muted_label()
        make_column_layout(
            self.gate, about, *boxes.values(), self.left, margin_px=0, spacing_px=GRID_PX
        )
        return boxes

    def _ask_checklist(self) -> None:
        self.gate.setVisible(self.kind.currentData() in self.checklist.kinds)
        self.update_required()

    def _open_points(self) -> int:
        asked = self.kind.currentData() in self.checklist.kinds
        return sum(not box.isChecked() for box in self.points.values()) if asked else 0
