"""Ask before free text is removed for good: what goes, from where, on what basis; asked once."""

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.app.log.corrections import name_entry
from zoneplanner.app.log.public_records import list_free_texts
from zoneplanner.app.log.retention import compute_retention, plan_disposal
from zoneplanner.app.log.text_removal import (
    RemovalPlan,
    RemovalResult,
    describe_removal,
    describe_result,
    erase_texts,
    plan_redaction,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import make_editable_box
from zoneplanner.ui.widgets.services.ui_context import UiContext

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
