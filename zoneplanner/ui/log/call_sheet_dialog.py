"""A caller asks about a school: what is told, and whom the caller is referred to."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from zoneplanner.app.log.call_sheet import make_call_sheet
from zoneplanner.messages import join_names
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.site_box import make_site_box
from zoneplanner.ui.widgets.layout.basic_widgets import FactRows, WrappedLabel, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext

_FIRST = "Is anybody in danger now? Have the caller hang up and dial 9-1-1."
_CHOOSE = "Choose the school the caller asks about."
_NEVER = "Never say where an officer or unit is, or when one will come by."
NO_NUMBER = "No number is on file: call 9-1-1 for an emergency"
_NO_TIP_LINE = "The school’s office, or the district’s tip line"
_NO_AGENCY = "no agency of this project"
_FACTS = {
    "agency": "Served by",
    "phone": "Not an emergency",
    "school": "The school",
    "tip": "A concern",
    "complaint": "A complaint about an officer",
}


class CallSheetDialog(FormDialog):
    """Shows the sheet of a school; nothing of the call is kept unless it is logged as one."""

    def __init__(
        self, desk: UiContext, site_id: str | None, *, parent: QWidget | None = None
    ) -> None:
        super().__init__("Call Sheet", "Log a call here", self._log, parent)
        self._desk = desk
        self.set_about(_FIRST)
        self._shown = ""
        self.site = make_site_box(desk.session.project, site_id)
        self.form.addRow("&Site", self.site)
        self.facts = FactRows(_FACTS)
        self.facts.align_with(self.form.labelForField(self.site), self.form.horizontalSpacing())
        self.form.addRow(self.facts)
        self.form.addRow(WrappedLabel(_NEVER))
        self.office = make_muted_label()
        self.form.addRow(self.office)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText("Close")
        self.site.currentTextChanged.connect(lambda _: self.refresh())
        self.refresh()
        self.site.setFocus()

    def refresh(self) -> None:
        """Show what is told about the school that is chosen."""
        at = self.site.findText(self.site.currentText(), Qt.MatchFlag.MatchFixedString)
        chosen = self._shown = self.site.itemData(at) or ""
        self.require("" if chosen else _CHOOSE)
        self.facts.setVisible(bool(chosen))
        self.office.setVisible(bool(chosen))
        if not chosen:
            return
        sheet = make_call_sheet(self._desk.session.state, chosen)
        name = sheet.agency.id if sheet.agency else _NO_AGENCY
        phone = sheet.agency.phone if sheet.agency else ""
        tip = " ".join(filter(None, (sheet.tip_line.term, sheet.tip_line.text)))
        self.facts.set_values(
            agency=name,
            phone=phone or NO_NUMBER,
            school=", ".join(filter(None, (sheet.address, sheet.school_phone))),
            tip=tip or _NO_TIP_LINE,
            complaint=f"Refer the caller to {name}. Nothing about it is recorded here.",
        )
        lacking = [
            *([f"the number of {name} (Data, Agencies)"] if sheet.agency and not phone else []),
            *([] if tip else ["the tip line (Data, District’s terms)"]),
        ]
        self.office.setText(f"For the office: enter {join_names(lacking)}.")
        self.office.setVisible(bool(lacking))

    def _log(self) -> None:
        self._desk.bridge.select(site=self._shown)
        QTimer.singleShot(0, self._desk.bridge, self._desk.actions["new_incident"].trigger)
