"""What the map asks and tells: notes to pin, what a gesture did, why one is refused."""

from PySide6.QtWidgets import QWidget

from zoneplanner.app.listeners import SessionChange
from zoneplanner.domain.plan import Pin
from zoneplanner.errors import UserError
from zoneplanner.ui.canvas.view import MapView
from zoneplanner.ui.kit.desk import UiContext


class MapFeedback:
    """Answers the map with dialogs, and tells moves with an offer to take them back."""

    def __init__(self, desk: UiContext, view: MapView, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        self._seq = desk.session.own_step.seq if desk.session.own_step else 0
        view.refused.connect(self.refuse)
        view.told.connect(self.tell)
        view.note_asked.connect(self.ask_note)
        view.pin_asked.connect(self.ask_pin)
        desk.bridge.changed.connect(self._tell_move)

    def refuse(self, why: str | UserError) -> None:
        """Say why a gesture is not possible; one that another desk was faster with is offered."""
        if isinstance(why, UserError) and why.again is not None:
            self._desk.problem(why)
        else:
            text = why.message if isinstance(why, UserError) else why
            self._desk.notices.tell(text, sign="problem")

    def tell(self, text: str) -> None:
        """Say what was done, and offer to take it back."""
        self._desk.notices.tell(text, sign="done", offer="Undo", on_offer=self._desk.undo_latest())

    def ask_note(self, x_m: float, y_m: float) -> None:
        """Ask for the text of a new note at a place."""
        from zoneplanner.ui.dialogs.note import make_pin

        self.ask_pin(make_pin(self._desk, x_m, y_m))

    def ask_pin(self, note: Pin) -> None:
        """Ask for the text of a note."""
        from zoneplanner.ui.dialogs.note import PinNoteDialog

        PinNoteDialog(self._desk, note, self._parent).ask()

    def _tell_move(self, event: SessionChange) -> None:
        step, before = self._desk.session.own_step, self._seq
        self._seq = step.seq if step is not None else 0
        if step is not None and self._seq > before and event.changes.moves and not event.others:
            label = step.label
            if label.startswith("Move "):
                label = label.replace("Move ", "", 1).replace(" to ", " is now in ", 1)
            self.tell(f"{label}.")
        elif event.changes.moves:
            self._desk.notices.hide()
