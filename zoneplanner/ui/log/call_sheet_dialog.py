"""A caller asks about a school: what is told, and whom the caller is referred to."""

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
from zoneplanner.messages import join_names
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.match_field import SiteField
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.layout.basic_widgets import FactRows, WrappedLabel, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext

_CHOOSE = "Choose the school the caller is asking about."


class CallSheetDialog(FormDialog):
    """Shows the sheet of a school; nothing of the call is kept unless it is logged as one."""

    def __init__(
        self, desk: UiContext, site_id: str | None, *, parent: QWidget | None = None
    ) -> None:
        super().__init__("Call Sheet", "Log a call here", self._log, parent)
        self._desk = desk
        self.set_about(ASK_FIRST)
        self._shown = ""
        self.site = make_site_combo_box(desk.session.project, site_id)
        self.form.addRow("&Site", self.site)
        self.facts = FactRows(CALL_SHEET_LABELS)
        self.facts.align_with(self.form.labelForField(self.site), self.form.horizontalSpacing())
        self.form.addRow(self.facts)
        self.form.addRow(WrappedLabel(NEVER_SAY))
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
        self.facts.set_values(**describe_call_sheet(sheet))
        lacking = list_missing_facts(sheet)
        self.office.setText(f"For the office: enter {join_names(lacking)}.")
        self.office.setVisible(bool(lacking))

    def _log(self) -> None:
        self._desk.bridge.select(site=self._shown)
        QTimer.singleShot(0, self._desk.bridge, partial(_begin_call, self._desk))


def _begin_call(desk: UiContext) -> None:
    """Begin a call at the school of the sheet: its name stands already, what it is comes next."""
    desk.actions["new_incident"].trigger()
    field = QApplication.focusWidget()
    if isinstance(field, SiteField):
        field.entered.emit()
