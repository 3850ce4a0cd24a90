"""The dialogs that show a record's history, void it, and remove its free text for good."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.app.log.corrections import (
    VOID_REASONS,
    describe_active_record,
    name_entry,
    void_record,
)
from zoneplanner.app.log.public_records import list_free_texts
from zoneplanner.app.log.record_history import (
    RecordRevision,
    list_record_revisions,
    name_record_column,
)
from zoneplanner.app.log.response_actions import find_own_call
from zoneplanner.app.log.retention import (
    REMOVAL_NOTE,
    RemovalPlan,
    RemovalResult,
    compute_retention,
    describe_removal,
    describe_result,
    erase_texts,
    plan_disposal,
    plan_redaction,
)
from zoneplanner.domain.log.public_records import REMOVAL_SHAPE
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, format_count
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, FormDialog
from zoneplanner.ui.widgets.inputs.forms import make_editable_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE, Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_BASES = (
    "Ed. Code 49076 (pupil records)",
    "34 CFR 99 (FERPA)",
    "Court order",
    "Entered in error: not an office record",
)
_LONGEST_SHOWN = 60
_NO_BASIS = "Choose the legal basis, or type another one."
_NOTHING_CHECKED = "Check the items to remove."


class _RemovalDialog(FormDialog):
    """Shows what would be removed, and removes it in the background."""

    def __init__(self, desk: UiContext, title: str, parent: QWidget | None) -> None:
        super().__init__(title, "Remove for good", self._remove, parent)
        self.ok.setProperty("danger", True)
        self._desk = desk
        self.boxes: dict[str, QCheckBox] = {}
        self._plan: RemovalPlan | None = None

    def add_boxes(self, label: str, boxes: Sequence[tuple[str, str, bool]]) -> None:
        """Add check boxes, given as name, text and whether checked."""
        for name, text, checked in boxes:
            box = self.boxes[name] = QCheckBox(text)
            box.setChecked(checked)
            box.toggled.connect(self.update_plan)
            self.form.addRow(label if len(self.boxes) == 1 else "", box)

    def checked_names(self) -> list[str]:
        """Return the names whose boxes are checked."""
        return [name for name, box in self.boxes.items() if box.isChecked()]

    def make_plan(self) -> RemovalPlan:
        """Return what would be removed now."""
        raise NotImplementedError

    def missing(self) -> str:
        """Describe what is still required, or return "" if the text can be removed."""
        return "" if self.checked_names() else _NOTHING_CHECKED

    def update_plan(self, _: object = None) -> None:
        """Show what would be removed and from where, or why nothing can be."""
        self._plan, missing = None, self.missing()
        try:
            plan = self.make_plan()
        except UserError as error:
            self.set_about("")
            self.require(error.message)
            return
        self.set_about(describe_removal(plan) if self.checked_names() else str(REMOVAL_NOTE))
        if not missing and not plan.fields:
            missing = "Nothing left to remove."
        self._plan = None if missing else plan
        self.require(missing)

    def _remove(self) -> None:
        desk, plan = self._desk, self._plan
        if plan is None:
            return
        session = desk.session

        def finish(result: RemovalResult) -> None:
            session.note_removal(result.uid, plan.fields)
            sign = "problem" if result.left else "done"
            desk.notices.show_notice(describe_result(result), sign=sign, stays=bool(result.left))

        desk.jobs.run(
            "Removing text",
            lambda report: erase_texts(session, plan, report),
            on_done=finish,
            lost="Text would be left in some backups.",
        )


class RedactionDialog(_RemovalDialog):
    """Removes free text from all entries of one record."""

    def __init__(self, desk: UiContext, uid: str, *, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Remove Text for Good", parent)
        self._uid = uid
        record = desk.session.store.record(uid)
        texts = {
            name: str(entry.payload[name]) for entry in record for name in list_free_texts(entry)
        }
        self.add_boxes(
            "Text",
            [
                (
                    name,
                    f"{name_record_column(name).capitalize()}: {_shorten(text)}",
                    len(texts) == 1,
                )
                for name, text in texts.items()
            ],
        )
        self.basis = self.add_field(
            "Legal &basis", make_editable_box(_BASES, "", "Choose, or type another basis")
        )
        self.basis.setCurrentIndex(-1)
        self.basis.currentTextChanged.connect(self.update_plan)
        if record:
            self.setWindowTitle(f"Remove Text for Good: {name_entry(desk.session, record[0])}")
        self.update_plan()

    def missing(self) -> str:
        """Require checked text and a legal basis."""
        return super().missing() or ("" if self.basis.currentText().strip() else _NO_BASIS)

    def make_plan(self) -> RemovalPlan:
        """Return the redaction of the checked texts."""
        basis = self.basis.currentText().strip()
        return plan_redaction(self._desk.session, self._uid, self.checked_names(), basis=basis)


class DisposalDialog(_RemovalDialog):
    """Removes the free text of records whose retention period has passed, by class."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Dispose of Text in Records", parent)
        boxes = []
        for status in compute_retention(desk.session):
            if status.expired:
                count = format_count(status.expired, "entry", "entries")
                day = desk.session.formats.day(status.kept_from)
                text = f"{status.rule.name}: {count} from before {day}"
                boxes.append((status.rule.name, text, True))
        self.add_boxes("Records", boxes)
        self.update_plan()

    def make_plan(self) -> RemovalPlan:
        """Return the disposal of the checked classes."""
        return plan_disposal(self._desk.session, self.checked_names())


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"


_SIZE = (TABLE_PX, 360)


class RecordHistoryDialog(TableDialog):
    """One row per entry of a record.

    ``correct`` gets the record's kind and uid and opens its form; ``void`` gets its uid.
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
                "Number", lambda row: row.seq, tip="The entry’s number in the log.", figure=True
            ),
            Column("What", lambda row: row.what),
            Column(
                "Recorded",
                lambda row: row.recorded_at,
                lambda row: value_text.format_moment(row.recorded_at, session, seconds=True),
            ),
            Column("By", lambda row: f"{row.actor}, {row.desk}"),
            Column("Changes", _describe_changes, cell_tip=_describe_changes),
        )
        super().__init__(
            desk,
            "History of a Record",
            columns,
            lambda row: row.seq,
            list_record_revisions(session, uid),
            about=make_muted_label(
                "Entries are never changed: a correction or a void is a new entry."
            ),
            empty="There are no entries.",
            size=_SIZE,
            parent=parent,
        )
        selection = self.view.selectionModel()
        selection.currentRowChanged.connect(lambda index, _: self._show(index.data(KEY_ROLE)))
        self.view.selectRow(0)
        record = session.store.record(uid)
        is_valid = bool(record) and record[-1].kind != "void"
        self.correct_button, self.void_button, self.remove_button = (
            self.add_button(text, partial(self._leave_for, open_form))
            for text, open_form in (
                ("Correct…", lambda: correct(record[0].kind, record[0].uid)),
                ("Void…", lambda: void(record[0].uid)),
                ("Remove &text…", lambda: RedactionDialog(desk, uid, parent=parent).ask()),
            )
        )
        for button in (self.correct_button, self.void_button):
            button.setEnabled(is_valid)
        may_remove = session.store.role.covers(REMOVAL_SHAPE.least_role)
        self.remove_button.setEnabled(may_remove and any(map(list_free_texts, record)))

    def _leave_for(self, open_form: Callable[[], object]) -> None:
        """Close this dialog and open a form instead."""
        self.accept()
        open_form()

    def _show(self, seq: int) -> None:
        """Show all changes of an entry below the table, where they wrap."""
        revision = self.table.find_row(seq)
        self.below.setText(f"Entry {seq:,}. {_describe_changes(revision)}")


def _describe_changes(revision: RecordRevision) -> str:
    return "; ".join(revision.changes)


_MISTAKE = "Started by mistake"
VOID_REASON_MISSING = "Choose why it is voided, or type another reason."


class VoidEntryDialog(FormDialog):
    """Asks why an entry is voided and, if it is still active, for confirmation."""

    def __init__(self, desk: UiContext, uid: str, *, parent: QWidget | None = None) -> None:
        super().__init__("Void an Entry", "Void it", self._void, parent)
        self._desk, self._uid = desk, uid
        record = desk.session.store.record(uid)
        name = name_entry(desk.session, record[-1] if record[-1].kind != "void" else record[0])
        code = "voids_entry.call_too" if find_own_call(desk.session, uid) else "voids_entry"
        self.set_about(str(Message(code, entry=name)))
        reasons = (_MISTAKE, *VOID_REASONS) if record[0].kind == "action" else VOID_REASONS
        self.reason = make_editable_box(reasons, "", "Choose, or type another reason")
        self.reason.setCurrentIndex(-1)
        self.form.addRow("&Reason", self.reason)
        self._warning = desk.session.rewrite(str(describe_active_record(desk.session, uid) or ""))
        self.confirmed = QCheckBox(f"{self._warning} Void it anyway.")
        self.form.addRow(self.confirmed)
        self.form.setRowVisible(self.confirmed, bool(self._warning))
        self.reason.currentTextChanged.connect(self._update_button)
        self.confirmed.toggled.connect(self._update_button)
        is_active_action = bool(self._warning) and record[0].kind == "action"
        if is_active_action:  # most likely started by mistake
            self.reason.setCurrentIndex(reasons.index(_MISTAKE))
        self._update_button()
        (self.confirmed if is_active_action else self.reason).setFocus()

    def _update_button(self, _: object = None) -> None:
        """Enable the button once there is a reason and any warning is confirmed."""
        missing = "" if self.reason.currentText().strip() else VOID_REASON_MISSING
        if not missing and self._warning and not self.confirmed.isChecked():
            missing = f"{self._warning} Check the box to void it anyway."
        self.require(missing)

    def _void(self) -> None:
        void_record(self._desk.session, self._uid, reason=self.reason.currentText().strip())
