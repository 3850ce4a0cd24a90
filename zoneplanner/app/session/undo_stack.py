"""The steps that this desk can undo and redo, and the history of all saved steps.

Undo covers only steps that this desk made since it opened the project: never steps of other desks,
earlier sessions or other programs. The history has every saved step. Nothing is removed from it:
undoing a step, or going back to an earlier one, adds a step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from zoneplanner.domain.edits import EditArea, EditEffect, EditKind
from zoneplanner.domain.project import Project

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, Store


_MOST_STEPS = 200


@dataclass(frozen=True, eq=False, slots=True)
class UndoStep:
    """One step of this desk; ``seq`` is the saved edit that made it, or that undid it.

    ``after`` is None if edits of other desks are in the project after the step.
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
    """The steps that can be undone, and the steps that can be redone; the latest are last."""

    def __init__(self) -> None:
        self._done: list[UndoStep] = []
        self._undone: list[UndoStep] = []

    @property
    def latest(self) -> UndoStep | None:
        """The step that an undo would undo."""
        return self._done[-1] if self._done else None

    @property
    def latest_undone(self) -> UndoStep | None:
        """The step that a redo would redo."""
        return self._undone[-1] if self._undone else None

    def add(self, step: UndoStep) -> None:
        """Add a new step; undone steps can no longer be redone."""
        self._done = [*self._done, step][-_MOST_STEPS:]
        self._undone = []

    def undo(self, seq: int) -> None:
        """Move the latest step to the undone steps; ``seq`` is the edit that undid it."""
        # redo rewinds the edit that undid the step, not the edit that made it
        self._undone.append(replace(self._done.pop(), seq=seq))

    def redo(self, seq: int) -> None:
        """Move the last undone step back; ``seq`` is the edit that redid it."""
        self._done.append(replace(self._undone.pop(), seq=seq))


def needs_confirmation(step: UndoStep, effect: EditEffect) -> bool:
    """Whether the program asks before it undoes a step, because of what that changes."""
    return step.kind is not EditKind.EDIT or effect.needs_warning


_MOST_CACHED = 200
"""How many projects of the history stay in memory; others are computed again from the store."""


@dataclass(frozen=True, eq=False, slots=True)
class HistoryStep:
    """One entry of the history: what was done, by whom, and the plan on screen after it.

    ``seq`` is the number of the saved edit, also in the first step, which begins the history.
    """

    label: str
    plan_uid: str | None
    at: datetime
    actor: str
    seq: int


@dataclass(frozen=True, slots=True)
class _HistoryTrail:
    """The steps of saved edits, and the number of the last one in the file."""

    steps: tuple[HistoryStep, ...] = ()
    last_step: int = 0


def follow_saved_edits(
    edits: Sequence["EditRecord"], after: _HistoryTrail = _HistoryTrail()
) -> _HistoryTrail:
    """Return the steps of saved edits, or continue earlier steps with them.

    An unrecorded change by another program, as files before version 4 have them, starts a new
    history, unless a desk accepted the change or put it back immediately. Files of earlier versions
    store an undo as a jump to an earlier step; a step like any other. A migration is not a step.
    """
    steps, last_step = list(after.steps), after.last_step
    for index, edit in enumerate(edits):
        if edit.kind is EditKind.MIGRATION:
            continue
        before = edits[index - 1] if index else None
        following = edits[index + 1] if index + 1 < len(edits) else None
        is_unrecorded = edit.kind is EditKind.UNRECORDED
        if is_unrecorded and steps and following and following.kind is EditKind.EXTERNAL:
            continue
        last_step = edit.step
        if edit.jump and before is not None and before.kind is EditKind.UNRECORDED and steps:
            continue  # the other program's change was put back
        if is_unrecorded:
            steps = []
        steps.append(HistoryStep(edit.label, edit.plan, edit.at, edit.actor, edit.seq))
    return _HistoryTrail(tuple(steps), last_step)


class ProjectHistory:
    """The saved steps of a project, and the project after each; the last step is the present."""

    def __init__(self, store: "Store", project: Project) -> None:
        edits = store.edits()
        self._store = store
        self._trail = follow_saved_edits(edits)
        self.last_seq = edits[-1].seq if edits else 0
        self._projects: dict[int, Project] = {}
        self._cache(project)

    @property
    def steps(self) -> tuple[HistoryStep, ...]:
        """All steps in order; the last one is the current step."""
        return self._trail.steps

    @property
    def last_step(self) -> int:
        """The number of the last step in the store."""
        return self._trail.last_step

    def load_project(self, index: int) -> Project:
        """Return the project after a step.

        Raises
        ------
        UserError
            The history does not go back that far.
        """
        seq = self.steps[index].seq
        project = self._projects.get(seq)
        if project is None:
            nearest = next(
                later
                for later in range(index + 1, len(self.steps))
                if self.steps[later].seq in self._projects
            )
            # edits store the rows that they changed, not projects: the nearest later project in
            # memory is rewound, latest step first, and shares what no step changed
            between = [step.seq for step in self.steps[index + 1 : nearest + 1]]
            start = self._projects[self.steps[nearest].seq]
            project = self._store.rewind(start, between[::-1])
            if len(self._projects) < _MOST_CACHED:
                self._projects = {seq: project, **self._projects}  # the current one stays last
        return project

    def follow(self, edits: Sequence["EditRecord"], project: Project) -> None:
        """Add saved edits, also of other desks; ``project`` is the project after them."""
        self._trail = follow_saved_edits(edits, self._trail)
        self.last_seq = edits[-1].seq
        self._cache(project)

    def _cache(self, project: Project) -> None:
        """Remember the project after the last step, and drop the oldest one if there are many."""
        if self.steps:
            self._projects.pop(self.steps[-1].seq, None)
            self._projects[self.steps[-1].seq] = project
        if len(self._projects) > _MOST_CACHED:
            del self._projects[next(iter(self._projects))]
