"""Log a drill, or correct one; an armed-assailant drill counts with its whole checklist alone."""

from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from zoneplanner.app.logbook import log_columns
from zoneplanner.app.readiness import drill_name
from zoneplanner.app.readiness_log import bundled_checklist
from zoneplanner.domain.clock import utc_text
from zoneplanner.domain.entries import LONGEST_DRILL_MIN
from zoneplanner.domain.readiness import Drill
from zoneplanner.domain.rules import DRILL_KINDS
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form, TimeField, chosen_site, site_box
from zoneplanner.ui.kit.inputs import ChoiceBox, NumberBox
from zoneplanner.ui.kit.privacy_hint import Watched
from zoneplanner.ui.kit.theme import GRID
from zoneplanner.ui.kit.widgets import muted, with_arrows
from zoneplanner.ui.kit.words import count

PRESENT = {"": "Not known", "yes": "Yes", "no": "No"}


class DrillDialog(Form):
    """One drill. With ``corrects`` a new entry takes the place of an old one."""

    def __init__(
        self,
        desk: Desk,
        site_id: str | None,
        *,
        kind: str = "fire",
        corrects: Drill | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Correct a Drill" if corrects else "Log a Drill", "Log it", self._log, parent
        )
        self._desk, self._corrects = desk, corrects
        self.checklist = bundled_checklist()
        project = desk.session.project
        self.site = site_box(project, corrects.site if corrects else site_id)
        self.kind = ChoiceBox()
        for name in DRILL_KINDS:
            self.kind.addItem(drill_name(name), name)
        self.kind.setCurrentIndex(max(0, self.kind.findData(corrects.kind if corrects else kind)))
        self.held = TimeField(project, corrects.held_at if corrects else desk.session.clock())
        self.minutes = NumberBox()
        with_arrows(self.minutes)
        self.minutes.setRange(0, LONGEST_DRILL_MIN)
        self.minutes.setSuffix(" min")
        self.minutes.setSpecialValueText("Not said")
        self.present = ChoiceBox()
        for word, text in PRESENT.items():
            self.present.addItem(text, word)
        self.note = Watched(QLineEdit(corrects.note if corrects else ""), project)
        self.points = self._checklist(corrects)
        if corrects:
            self.say("The old entry is kept in the log; this one counts.")
            self.minutes.setValue(round(corrects.minutes or 0))
            known = {True: "yes", False: "no", None: ""}[corrects.officer_present]
            self.present.setCurrentIndex(self.present.findData(known))
        for label, field in (
            ("&Site", self.site),
            ("&Kind", self.kind),
            ("&Held", self.held),
            ("&Minutes", self.minutes),
            ("&Officer present", self.present),
        ):
            self.form.addRow(label, field)
        self.form.addRow(self.gate)
        self.form.addRow("&Note", self.note)
        self.kind.currentIndexChanged.connect(self._ask_checklist)
        self._ask_checklist()
        (self.kind if self.site.currentIndex() >= 0 else self.site).setFocus()

    def _checklist(self, corrects: Drill | None) -> dict[str, QCheckBox]:
        self.gate = QWidget()
        self.gate.setAccessibleName("Checklist")
        rows = QVBoxLayout(self.gate)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GRID)
        rows.addWidget(muted(f"It counts once all of this holds ({self.checklist.citation}):"))
        boxes = {}
        for key, text in self.checklist.items.items():
            box = boxes[key] = QCheckBox(text)
            box.setChecked(bool(corrects and key in corrects.checklist))
            box.toggled.connect(self._count_open)
            rows.addWidget(box)
        self.left = muted()
        rows.addWidget(self.left)
        return boxes

    def _ask_checklist(self) -> None:
        self.gate.setVisible(self.kind.currentData() in self.checklist.kinds)
        self._count_open()
        self.adjustSize()

    def _count_open(self) -> None:
        asked = self.kind.currentData() in self.checklist.kinds
        left = sum(not box.isChecked() for box in self.points.values()) if asked else 0
        self.ok.setEnabled(not left)
        self.left.setText(f"{count(left, 'point')} open." if left else "All points hold.")

    def _log(self) -> None:
        kind = self.kind.currentData()
        columns = {
            "site": chosen_site(self.site, "Choose the school that held the drill."),
            "kind": kind,
            "held_at": utc_text(self.held.moment()),
            "minutes": str(self.minutes.value() or ""),
            "officer_present": self.present.currentData(),
            "note": self.note.text(),
        }
        if kind in self.checklist.kinds:
            ticked = [key for key, box in self.points.items() if box.isChecked()]
            columns["checklist"] = ";".join(ticked)
        if self._corrects is not None:
            columns["supersedes"] = self._corrects.uid
        log_columns(self._desk.session, "drill", columns)
