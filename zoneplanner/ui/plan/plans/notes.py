"""A note pinned to a place of the plan: its text, who pinned it, and a way to take it off."""

from dataclasses import replace
from uuid import uuid4

from PySide6.QtWidgets import QDialogButtonBox, QPlainTextEdit, QWidget

from zoneplanner.domain.plans.edits import put_pin
from zoneplanner.domain.plans.lifecycle import set_plan_note
from zoneplanner.domain.plans.plan import Pin, Plan
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.services.ui_context import UiContext


def _make_note_field(text: str, name: str, *, lines: int) -> QPlainTextEdit:
    field = QPlainTextEdit(text)
    field.setAccessibleName(name)
    field.setTabChangesFocus(True)
    field.setFixedHeight(lines * field.fontMetrics().lineSpacing() + 16)
    return field


def make_pin(desk: UiContext, x_m: float, y_m: float) -> Pin:
    """Return an empty note at a place."""
    session = desk.session
    return Pin(uuid4().hex, x_m, y_m, "", session.actor, session.clock())


class PinNoteDialog(FormDialog):
    """Asks for a note's text; one that is there already can be taken off."""

    def __init__(self, desk: UiContext, note: Pin, parent: QWidget | None = None) -> None:
        self._new = not note.text
        title, ok = ("Pin a note", "Pin") if self._new else ("Edit the note", "Save")
        super().__init__(title, ok, self._keep, parent)
        self._desk = desk
        self._note = note
        plan = desk.session.plan
        self.set_about(f"It stays with “{plan.name}” at this place." if plan else "")
        self.text = _make_note_field(note.text, "Note", lines=4)
        self.form.addRow(self.text)
        self.take_off = self.buttons.addButton(
            "Take Off", QDialogButtonBox.ButtonRole.DestructiveRole
        )
        self.take_off.setVisible(not self._new)
        self.take_off.clicked.connect(self._take_off)
        self.text.setFocus()

    def _keep(self) -> None:
        text = self.text.toPlainText().strip()
        if not text:
            raise UserError("field_empty.note")
        session = self._desk.session
        changed = replace(self._note, text=text, by=session.actor, at=session.clock())
        self._put("Pin a note" if self._new else "Edit a note", changed)

    def _take_off(self) -> None:
        if self._desk.attempt(lambda: self._put("Remove a note", replace(self._note, text=""))):
            self.reject()

    def _put(self, label: str, note: Pin) -> None:
        session = self._desk.session
        uid = session.plan_uid
        if uid is None:
            raise UserError("no_plan.note")
        session.apply(label, lambda project: put_pin(project, uid, note))


class PlanNoteDialog(FormDialog):
    """Asks for a text; an empty one takes the note away."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Note on the Plan", "Save", self._keep, parent)
        self._desk = desk
        self._plan = plan
        self.set_about(f"It is shown with “{plan.name}”; an empty note is removed.")
        self.text = _make_note_field(plan.note, "Note on the plan", lines=5)
        self.form.addRow(self.text)
        self.text.setFocus()

    def _keep(self) -> None:
        uid, text = self._plan.uid, self.text.toPlainText()
        self._desk.session.apply(
            f"Note on “{self._plan.name}”", lambda project: set_plan_note(project, uid, text)
        )
