"""Go back to an earlier step: says whose steps that takes back and what changes, and asks."""

from PySide6.QtWidgets import QWidget

from zoneplanner.app.undoing import compute_restore_effect
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog
from zoneplanner.ui.kit.words import format_count
from zoneplanner.ui.models.effects import describe_effect

_MOST_NAMED = 4


class GoBackDialog(FormDialog):
    """Asks before the project becomes what it was after a step; all steps stay listed."""

    def __init__(self, desk: UiContext, place: int, parent: QWidget | None = None) -> None:
        session = desk.session
        super().__init__("Go Back to Here?", "Go back", self._go, parent)
        self._desk, self._seq = desk, session.history[place].seq
        self._last = session.history[-1].seq
        steps = session.history[place + 1 :]
        write = session.rewrite
        named = [f"• {write(step.label)} ({step.actor})" for step in reversed(steps[-_MOST_NAMED:])]
        if len(steps) > _MOST_NAMED:
            named.append(f"• and {len(steps) - _MOST_NAMED:,} more")
        others = sorted({step.actor for step in steps} - {session.actor})
        whose = f" Steps of {', '.join(others)} are among them." if others else ""
        listed = "\n".join(named)
        self.say(
            f"The project becomes what it was after step {place}: "
            f"{write(session.history[place].label)}. "
            f"That takes back {format_count(len(steps), 'step')}.{whose}\n\n{listed}\n\n"
            f"{describe_effect(compute_restore_effect(session, place))}\n\n"
            f"All steps stay in History, so you can go to any of them again."
        )

    def _go(self) -> None:
        session, desk = self._desk.session, self._desk
        place = next(at for at, step in enumerate(session.history) if step.seq == self._seq)
        label = session.history[place].label
        session.go_back(place)
        desk.notices.tell(
            f"The project is as it was after: {label}.",
            sign="done",
            offer="Undo",
            on_offer=desk.undo_latest(),
        )
