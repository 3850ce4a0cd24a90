"""The call sheet: what to tell a caller who asks about a school, and whom to refer them to."""

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QWidget

from zoneplanner.app.log.call_sheet import (
    ASK_FIRST,
    CALL_SHEET_LABELS,
    NEVER_SAY,
    describe_call_sheet,
    list_missing_facts,
    make_call_sheet,
)
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.match_field import SiteField
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    FactRows,
    WrappedLabel,
    make_hiding_note,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

_CHOOSE = "Choose the school the caller is asking about."


class CallSheetDialog(FormDialog):
    """Shows the call sheet of a school; nothing is recorded unless the call is logged."""

    def __init__(
        self, desk: UiContext, site_id: str | None, *, parent: QWidget | None = None
    ) -> None:
        super().__init__("Call Sheet", "Log a call here", self._log, parent)
        self._desk = desk
        self.set_about(ASK_FIRST)
        self._site_id = ""
        self.site = self.add_field("&Site", make_site_combo_box(desk.session.project, site_id))
        self.facts = FactRows(CALL_SHEET_LABELS)
        self.facts.align_with(self.form.labelForField(self.site), self.form.horizontalSpacing())
        self.form.addRow(self.facts)
        self.form.addRow(WrappedLabel(NEVER_SAY))
        self.office = make_hiding_note()
        self.form.addRow(self.office)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText("Close")
        self.site.currentTextChanged.connect(lambda _: self.refresh())
        self.refresh()
        self.site.setFocus()

    def refresh(self) -> None:
        """Show the sheet of the chosen school."""
        index = self.site.findText(self.site.currentText(), Qt.MatchFlag.MatchFixedString)
        site_id = self._site_id = self.site.itemData(index) or ""
        self.require("" if site_id else _CHOOSE)
        self.facts.setVisible(bool(site_id))
        if not site_id:
            self.office.setText("")
            return
        sheet = make_call_sheet(self._desk.session.state, site_id)
        self.facts.set_values(**describe_call_sheet(sheet))
        missing = list_missing_facts(sheet)
        self.office.setText(str(Message("sheet_lacks", facts=missing)) if missing else "")

    def _log(self) -> None:
        self._desk.bridge.select(site=self._site_id)
        QTimer.singleShot(0, self._desk.bridge, partial(_begin_call, self._desk))


def _begin_call(desk: UiContext) -> None:
    """Start a call at the selected school, with the focus in the field for what happened."""
    desk.actions["new_incident"].trigger()
    field = QApplication.focusWidget()
    if isinstance(field, SiteField):
        field.entered.emit()
