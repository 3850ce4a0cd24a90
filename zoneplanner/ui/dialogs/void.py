"""Void an entry: it is named, a reason is asked for, and what still goes on is agreed to."""

from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.app.voiding import describe_active_record, name_entry, void_record
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog, make_editable_box

_REASONS = (
    "Logged twice",
    "Wrong school",
    "Wrong time",
    "Wrong unit",
    "Did not happen",
    "Entered for practice",
)
VOID_REASON_MISSING = "Choose why it is voided, or type another reason."


class VoidEntryDialog(FormDialog):
    """Names the entry; the reason stays in its history."""

    def __init__(self, desk: UiContext, uid: str, *, parent: QWidget | None = None) -> None:
        super().__init__("Void an Entry", "Void it", self._void, parent)
        self._desk, self._uid = desk, uid
        record = desk.session.store.record(uid)
        named = name_entry(desk.session, record[-1] if record[-1].kind != "void" else record[0])
        self.say(f"{named}. The entry is kept in its history and no longer counted.")
        self.reason = make_editable_box(_REASONS, "")
        self.reason.setCurrentIndex(-1)
        words = self.reason.lineEdit()
        assert words is not None
        words.setPlaceholderText("Choose, or type another reason")
        self.form.addRow("&Reason", self.reason)
        going_on = describe_active_record(desk.session, uid)
        self.agreed = QCheckBox(f"{going_on} Void it all the same.")
        self.form.addRow(self.agreed)
        self.form.setRowVisible(self.agreed, bool(going_on))
        self._going_on = going_on
        self.reason.currentTextChanged.connect(self._look)
        self.agreed.toggled.connect(self._look)
        self._look()
        self.reason.setFocus()

    def _look(self, _: object = None) -> None:
        """Open the button once there is a reason, and what goes on is agreed to."""
        left = "" if self.reason.currentText().strip() else VOID_REASON_MISSING
        if not left and self._going_on and not self.agreed.isChecked():
            left = f"{self._going_on} Check the box if it is to be voided all the same."
        self.ok.setEnabled(not left)
        self.required.setText(left)
        self.required.setVisible(bool(left))

    def _void(self) -> None:
        void_record(self._desk.session, self._uid, reason=self.reason.currentText().strip())
