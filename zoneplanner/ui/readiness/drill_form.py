"""Log a drill, or correct one; an armed-assailant drill counts with its whole checklist alone."""

from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from zoneplanner.app.readiness.records import explain_drill_doubt, load_drill_checklist
from zoneplanner.app.readiness.requirements import format_drill_name
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.entries import MAX_DRILL_MIN
from zoneplanner.domain.readiness.requirements import Drill
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.forms import (
    PrivacyCheckedField,
    RequiredTimeField,
    TimeField,
    make_site_box,
    read_chosen_site,
)
from zoneplanner.ui.widgets.inputs.record_form import RecordForm
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, NumberBox
from zoneplanner.ui.widgets.layout.basic_widgets import add_spin_arrows, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX
from zoneplanner.ui.widgets.style.value_text import format_count

_PRESENT = {"": "Not known", "yes": "Yes", "no": "No"}
_NO_SITE = "Choose the school that held the drill."
_NO_TIME = "Say when the drill was held: set the day and hour, or press Now."


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
        self.checklist = load_drill_checklist()
        project, session = desk.session.project, desk.session
        self.site = make_site_box(project, corrects.site if corrects else site_id)
        self.kind = ChoiceBox()
        for name in DRILL_KINDS:
            self.kind.addItem(format_drill_name(name), name)
        self.kind.setCurrentIndex(max(0, self.kind.findData(corrects.kind if corrects else kind)))
        self.held = TimeField(session, corrects.held_at if corrects else session.clock())
        self.asked = RequiredTimeField(
            self.held,
            "Now",
            lambda: self.held.put(session.clock()),
            given=corrects is not None,
        )
        self.minutes = NumberBox()
        add_spin_arrows(self.minutes)
        self.minutes.setRange(0, MAX_DRILL_MIN)
        self.minutes.setSuffix(" min")
        self.minutes.setSpecialValueText("Not said")
        self.present = ChoiceBox()
        for word, text in _PRESENT.items():
            self.present.addItem(text, word)
        self.note = PrivacyCheckedField(QLineEdit(corrects.note if corrects else ""), project)
        self.points = self._checklist(corrects)
        if corrects:
            self.minutes.setValue(round(corrects.minutes or 0))
            known = {True: "yes", False: "no", None: ""}[corrects.officer_present]
            self.present.setCurrentIndex(self.present.findData(known))
        for label, field in (
            ("&Site", self.site),
            ("&Kind", self.kind),
            ("&Held", self.asked),
            ("&Minutes", self.minutes),
            ("&Officer present", self.present),
        ):
            self.form.addRow(label, field)
        self.form.addRow(self.gate)
        self.form.addRow("&Note", self.note)
        self.kind.currentIndexChanged.connect(self._ask_checklist)
        self.asked.changed.connect(self.update_required)
        self.watch_fields()
        self._ask_checklist()
        (self.asked if self.site.currentIndex() >= 0 else self.site).setFocus()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        kind = self.kind.currentData()
        ticked = [key for key, box in self.points.items() if box.isChecked()]
        return {
            "site": read_chosen_site(self.site, _NO_SITE),
            "kind": kind,
            "held_at": format_utc_iso(self.held.moment()),
            "minutes": str(self.minutes.value() or ""),
            "officer_present": self.present.currentData(),
            "checklist": ";".join(ticked) if kind in self.checklist.kinds else "",
            "note": self.note.text(),
        }

    def missing(self) -> str:
        """A drill needs its school, its time and all points; out of school hours also a reason."""
        try:
            site = read_chosen_site(self.site, _NO_SITE)
        except UserError as error:
            return error.message
        if not self.asked.is_set:
            return _NO_TIME
        left = self._open_points()
        self.left.setText(f"{format_count(left, 'point')} open." if left else "All points hold.")
        if left:
            return f"Check every point of the list; {format_count(left, 'point')} open."
        return "" if self.note.text().strip() or not self._timed() else self._doubt(site)

    def _timed(self) -> bool:
        """Tell whether the place and time are this form's to doubt: of a new drill, or touched."""
        if self._record is None:
            return True
        try:
            return bool({"site", "held_at"} & self.collect_changes().keys())
        except UserError:  # it is told at OK
            return False

    def _doubt(self, site: str) -> str:
        session = self._desk.session
        try:
            doubt = explain_drill_doubt(session.project, site, self.held.moment(), session.formats)
        except UserError:  # it is told at OK
            return ""
        return f"{doubt} If it was held then, say why in the note." if doubt else ""

    def _checklist(self, corrects: Drill | None) -> dict[str, QCheckBox]:
        self.gate = QWidget()
        self.gate.setAccessibleName("Checklist")
        rows = QVBoxLayout(self.gate)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GRID_PX)
        rows.addWidget(
            make_muted_label(f"It counts once all of this holds ({self.checklist.citation}):")
        )
        boxes = {}
        for key, text in self.checklist.items.items():
            box = boxes[key] = QCheckBox(text)
            box.setChecked(bool(corrects and key in corrects.checklist))
            rows.addWidget(box)
        self.left = make_muted_label()
        rows.addWidget(self.left)
        return boxes

    def _ask_checklist(self) -> None:
        self.gate.setVisible(self.kind.currentData() in self.checklist.kinds)
        self.update_required()
        self.adjustSize()

    def _open_points(self) -> int:
        asked = self.kind.currentData() in self.checklist.kinds
        return sum(not box.isChecked() for box in self.points.values()) if asked else 0
