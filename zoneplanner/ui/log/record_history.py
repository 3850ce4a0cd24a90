"""The history of a record: who logged, corrected and voided it, and when.

Ask before free text is removed for good: what goes, from where, on what basis; asked once.
"""

from collections.abc import Callable, Sequence
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
from zoneplanner.app.log.retention import (
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
from zoneplanner.messages import format_count
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
_NOTHING_CHOSEN = "Check the items to remove."


class _RemovalDialog(FormDialog):
    """Shows what would go while it is chosen, and removes it beside the window."""

    def __init__(self, desk: UiContext, title: str, parent: QWidget | None) -> None:
        super().__init__(title, "Remove for Good", self._remove, parent)
        self.ok.setProperty("danger", True)
        self._desk = desk
        self.boxes: dict[str, QCheckBox] = {}
        self._plan: RemovalPlan | None = None

    def add_boxes(self, label: str, boxes: Sequence[tuple[str, str, bool]]) -> None:
        """Add a box to check for each name, with its words."""
        for name, words, checked in boxes:
            box = self.boxes[name] = QCheckBox(words)
            box.setChecked(checked)
            box.toggled.connect(self.look)
            self.form.addRow(label if len(self.boxes) == 1 else "", box)

    def chosen(self) -> list[str]:
        """Return the names whose boxes are checked."""
        return [name for name, box in self.boxes.items() if box.isChecked()]

    def make_plan(self) -> RemovalPlan:
        """Return what would be removed now."""
        raise NotImplementedError

    def missing(self) -> str:
        """Say what is still required; nothing where it can be removed."""
        return "" if self.chosen() else _NOTHING_CHOSEN

    def look(self, _: object = None) -> None:
        """Say what goes and from where, or why nothing can."""
        self._plan, left = None, self.missing()
        try:
            plan = self.make_plan()
        except UserError as error:
            self.set_about("")
            self.require(error.message)
            return
        self.set_about(describe_removal(plan))
        if not left and not plan.fields:
            left = "Nothing left to remove."
        self._plan = None if left else plan
        self.require(left)

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
    """Removes free texts of one record, in all its entries."""

    def __init__(self, desk: UiContext, uid: str, *, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Remove Text for Good", parent)
        self._uid = uid
        record = desk.session.store.record(uid)
        said = {name: str(one.payload[name]) for one in record for name in list_free_texts(one)}
        words = [
            (name, f"{name.replace('_', ' ').capitalize()}: {_shorten(text)}", len(said) == 1)
            for name, text in said.items()
        ]
        self.add_boxes("Text", words)
        self.basis = self.add_field(
            "Legal &basis", make_editable_box(_BASES, "", "Choose, or type another basis")
        )
        self.basis.setCurrentIndex(-1)
        self.basis.currentTextChanged.connect(self.look)
        named = record[0] if record else None
        if named is not None:
            self.setWindowTitle(f"Remove Text for Good: {name_entry(desk.session, named)}")
        self.look()

    def missing(self) -> str:
        """Say whether text or basis is still to be chosen."""
        return super().missing() or ("" if self.basis.currentText().strip() else _NO_BASIS)

    def make_plan(self) -> RemovalPlan:
        """Return the redaction as it is chosen."""
        basis = self.basis.currentText().strip()
        return plan_redaction(self._desk.session, self._uid, self.chosen(), basis=basis)


class DisposalDialog(_RemovalDialog):
    """Removes the free text of records whose years have passed, by class."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Dispose of Text in Records", parent)
        passed = [one for one in compute_retention(desk.session) if one.expired]
        words = [
            (
                one.rule.name,
                f"{one.rule.name}: {format_count(one.expired, 'entry', 'entries')} from before"
                f" {desk.session.formats.day(one.kept_from)}",
                True,
            )
            for one in passed
        ]
        self.add_boxes("Records", words)
        self.look()

    def make_plan(self) -> RemovalPlan:
        """Return the disposal as it is chosen."""
        return plan_disposal(self._desk.session, self.chosen())


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"


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
                lambda step: value_text.format_moment(step.recorded_at, session, seconds=True),
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


_MISTAKE = "Started by mistake"
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
