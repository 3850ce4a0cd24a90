"""The history of a record: who logged, corrected and voided it, and when."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QWidget

from zoneplanner.app.log.corrections import (
    VOID_REASONS,
    describe_active_record,
    name_entry,
    void_record,
)
from zoneplanner.app.log.public_records import list_free_texts
from zoneplanner.app.log.record_history import RecordRevision, list_record_revisions
from zoneplanner.app.log.response_actions import find_own_call
from zoneplanner.domain.log.public_records import REMOVAL_SHAPE
from zoneplanner.ui.log.text_removal_dialogs import RedactionDialog
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, FormDialog
from zoneplanner.ui.widgets.inputs.forms import make_editable_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_dialog import TableDialog
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE, Column

_SIZE = (TABLE_PX, 360)


class RecordHistoryDialog(TableDialog):
    """A row an entry; nothing in the log is ever overwritten.

    ``correct`` opens the form of the record by kind and uid, ``void`` asks why it is voided.
    """

    def __init__(
        self,
        desk: UiContext,
        uid: str,
        correct: Callable[[str, str], object],
        void: Callable[[str], object],
        parent: QWidget | None = None,
    ) -> None:
        session = desk.session
        columns = (
            Column(
                "Number", lambda step: step.seq, tip="The entry’s number in the log.", figure=True
            ),
            Column("What", lambda step: step.what),
            Column(
                "Recorded",
                lambda step: step.recorded_at,
                lambda step: value_text.format_moment(step.recorded_at, session),
            ),
            Column("By", lambda step: f"{step.actor}, {step.desk}"),
            Column("Changes", _describe_changes, cell_tip=_describe_changes),
        )
        super().__init__(
            desk,
            "History of a Record",
            columns,
            lambda step: step.seq,
            list_record_revisions(session, uid),
            about=make_muted_label(
                "Entries are never changed: a correction or a void is a new entry."
            ),
            empty="There are no entries.",
            size=_SIZE,
            parent=parent,
        )
        selected = self.view.selectionModel()
        selected.currentRowChanged.connect(lambda index, _: self._show(index.data(KEY_ROLE)))
        self.view.selectRow(0)
        record = session.store.record(uid)
        stands = bool(record) and record[-1].kind != "void"
        change = QDialogButtonBox.ButtonRole.ActionRole
        self.correct_button = self.buttons.addButton("Correct…", change)
        self.void_button = self.buttons.addButton("Void…", change)
        for button, open_form in (
            (self.correct_button, lambda: correct(record[0].kind, record[0].uid)),
            (self.void_button, lambda: void(record[0].uid)),
        ):
            button.setEnabled(stands)
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._leave_for, open_form))
        self.remove_button = self.buttons.addButton("Remove &text…", change)
        self.remove_button.setAutoDefault(False)
        may_remove = session.store.role.covers(REMOVAL_SHAPE.least_role)
        self.remove_button.setEnabled(may_remove and any(map(list_free_texts, record)))
        self.remove_button.clicked.connect(
            lambda: self._leave_for(RedactionDialog(desk, uid, parent=parent).ask)
        )

    def _leave_for(self, open_form: Callable[[], object], _checked: bool = False) -> None:
        """Close, and open a form in its place."""
        self.accept()
        open_form()

    def _show(self, seq: int) -> None:
        """Show the whole of an entry below the table, where a long one is not cut off."""
        step: RecordRevision = self.table.row(self.table.place(seq) or 0)
        self.below.setText(f"Entry {seq:,}. {_describe_changes(step)}")


def _describe_changes(step: RecordRevision) -> str:
    return "; ".join(step.changes)


_MISTAKE = "Begun by mistake"
VOID_REASON_MISSING = "Choose why it is voided, or type another reason."


class VoidEntryDialog(FormDialog):
    """Names the entry; the reason stays in its history."""

    def __init__(self, desk: UiContext, uid: str, *, parent: QWidget | None = None) -> None:
        super().__init__("Void an Entry", "Void it", self._void, parent)
        self._desk, self._uid = desk, uid
        record = desk.session.store.record(uid)
        named = name_entry(desk.session, record[-1] if record[-1].kind != "void" else record[0])
        call = " The call that it opened is voided too." if find_own_call(desk.session, uid) else ""
        self.set_about(f"{named}. The entry is kept in its history and no longer counts.{call}")
        reasons = (_MISTAKE, *VOID_REASONS) if record[0].kind == "action" else VOID_REASONS
        self.reason = make_editable_box(reasons, "", "Choose, or type another reason")
        self.reason.setCurrentIndex(-1)
        self.form.addRow("&Reason", self.reason)
        going_on = desk.session.rewrite(describe_active_record(desk.session, uid))
        self.agreed = QCheckBox(f"{going_on} Void it anyway.")
        self.form.addRow(self.agreed)
        self.form.setRowVisible(self.agreed, bool(going_on))
        self._going_on = going_on
        self.reason.currentTextChanged.connect(self._look)
        self.agreed.toggled.connect(self._look)
        likely = bool(going_on) and record[0].kind == "action"
        if likely:
            self.reason.setCurrentIndex(reasons.index(_MISTAKE))
        self._look()
        (self.agreed if likely else self.reason).setFocus()

    def _look(self, _: object = None) -> None:
        """Open the button once there is a reason, and what goes on is agreed to."""
        left = "" if self.reason.currentText().strip() else VOID_REASON_MISSING
        if not left and self._going_on and not self.agreed.isChecked():
            left = f"{self._going_on} Check the box to void it anyway."
        self.require(left)

    def _void(self) -> None:
        void_record(self._desk.session, self._uid, reason=self.reason.currentText().strip())
