"""The steps that this desk made since it opened the project: what undo and redo go by.

Steps of other desks, of earlier sittings and of other programs are never among them.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from zoneplanner.domain.changes import EditArea, EditEffect, EditKind
from zoneplanner.domain.project import Project

_MOST_HELD = 200


@dataclass(frozen=True, eq=False, slots=True)
class UndoStep:
    """One step of this desk; ``seq`` is the saved edit that made it so, or undid it.

    ``after`` is None where other desks had a part in what the project was then.
    """

    label: str
    seq: int
    kind: EditKind
    area: EditArea
    before: Project
    after: Project | None
    plan_before: str | None
    plan_after: str | None
    at: datetime


class UndoStack:
    """The steps that can be undone, the latest last, and those undone that can be done again."""

    def __init__(self) -> None:
        self._done: list[UndoStep] = []
        self._undone: list[UndoStep] = []

    @property
    def latest(self) -> UndoStep | None:
        """The step that undo takes back."""
        return self._done[-1] if self._done else None

    @property
    def latest_undone(self) -> UndoStep | None:
        """The step that redo brings back."""
        return self._undone[-1] if self._undone else None

    def add(self, step: UndoStep) -> None:
        """Take a new step for the latest; what was undone is not done again after it."""
        self._done = [*self._done, step][-_MOST_HELD:]
        self._undone = []

    def undo(self, seq: int) -> None:
        """The latest step was undone by a saved edit."""
        self._undone.append(replace(self._done.pop(), seq=seq))

    def redo(self, seq: int) -> None:
        """The step undone last was done again by a saved edit."""
        self._done.append(replace(self._undone.pop(), seq=seq))


def needs_confirmation(step: UndoStep, effect: EditEffect) -> bool:
    """True of a step that is never undone without a question, by what undoing it does."""
    return step.kind is not EditKind.EDIT or effect.needs_warning
