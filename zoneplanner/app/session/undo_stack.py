"""The steps that this desk made since it opened the project: what undo and redo go by.

Steps of other desks, of earlier sittings and of other programs are never among them.

The history of a project: every saved step, also of earlier sittings, and the way to each.

Nothing leaves it: undoing a step or going back to an earlier one is a step more, so that what
was undone stays listed and can be gone to again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from zoneplanner.domain.changes import EditArea, EditEffect, EditKind
from zoneplanner.domain.project import Project

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, Store


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
        # with its new number: redo rewinds the edit that undid it, not the one that made it
        self._undone.append(replace(self._done.pop(), seq=seq))

    def redo(self, seq: int) -> None:
        """The step undone last was done again by a saved edit."""
        self._done.append(replace(self._undone.pop(), seq=seq))


def needs_confirmation(step: UndoStep, effect: EditEffect) -> bool:
    """True of a step that is never undone without a question, by what undoing it does."""
    return step.kind is not EditKind.EDIT or effect.needs_warning


_MOST_VIEWED = 200
"""How many projects of the history are held; others are computed anew from the saved rows."""


@dataclass(frozen=True, eq=False, slots=True)
class HistoryStep:
    """One entry of the history: what was done, by whom, and the plan on screen after it.

    ``seq`` is the number of the saved edit that led here; the first step has one too, but it is
    where the history begins.
    """

    label: str
    plan_uid: str | None
    at: datetime
    actor: str
    seq: int


@dataclass(frozen=True, slots=True)
class _HistoryTrail:
    """The steps that saved edits add up to, and the number of the last one in the file.

    ``ended_by`` is the edit beyond which the history cannot be followed, None where it goes back
    to the project's beginning.
    """

    steps: tuple[HistoryStep, ...]
    last_step: int
    ended_by: "EditRecord | None"


_BEGINNING = _HistoryTrail((), 0, None)


def follow_saved_edits(
    edits: Sequence["EditRecord"], after: _HistoryTrail = _BEGINNING
) -> _HistoryTrail:
    """Follow saved edits from the first to the last, or on from where others led.

    What another program changed before version 4 begins the history anew, unless a desk took it or
    put it back at once. Files of earlier versions hold undo as a jump to an earlier step; that is a
    step like any other. Bringing a project to a later version is none.
    """
    steps, ended_by, last_step = list(after.steps), after.ended_by, after.last_step
    for at, edit in enumerate(edits):
        if edit.kind is EditKind.MIGRATION:
            continue
        before = edits[at - 1] if at else None
        following = edits[at + 1] if at + 1 < len(edits) else None
        unrecorded = edit.kind is EditKind.UNRECORDED
        if unrecorded and steps and following and following.kind is EditKind.EXTERNAL:
            continue
        last_step = edit.step
        if edit.jump and before is not None and before.kind is EditKind.UNRECORDED and steps:
            continue  # what another program changed was put back
        if unrecorded or not steps:
            ended_by = edit if steps else None
            steps = []
        steps.append(HistoryStep(edit.label, edit.plan, edit.at, edit.actor, edit.seq))
    return _HistoryTrail(tuple(steps), last_step, ended_by)


class ProjectHistory:
    """The steps of a project as saved, and the projects after them. The last is the present."""

    def __init__(self, store: "Store", project: Project) -> None:
        edits = store.edits()
        self._store = store
        self._trail = follow_saved_edits(edits)
        self.last_seq = edits[-1].seq if edits else 0
        self._projects: dict[int, Project] = {}
        self._hold(project)

    @property
    def steps(self) -> tuple[HistoryStep, ...]:
        """All steps in order; the last one is the present."""
        return self._trail.steps

    @property
    def last_step(self) -> int:
        """The number of the last step as it is saved."""
        return self._trail.last_step

    def load_project(self, place: int) -> Project:
        """Return the project after a step.

        Raises
        ------
        UserError
            The history cannot be followed so far back.
        """
        seq = self.steps[place].seq
        known = self._projects.get(seq)
        if known is None:
            near = next(
                at
                for at in range(place + 1, len(self.steps))
                if self.steps[at].seq in self._projects
            )
            # edits keep the rows that they changed, not projects: the nearest later project that
            # is held is rewound, the latest step first, and shares what no step touched
            between = [step.seq for step in self.steps[place + 1 : near + 1]]
            start = self._projects[self.steps[near].seq]
            known = self._store.rewind(start, between[::-1])
            if len(self._projects) < _MOST_VIEWED:
                self._projects = {seq: known, **self._projects}  # the present one stays last
        return known

    def follow(self, edits: Sequence["EditRecord"], project: Project) -> None:
        """Go on to where saved edits led, also those of other desks."""
        self._trail = follow_saved_edits(edits, self._trail)
        self.last_seq = edits[-1].seq
        self._hold(project)

    def _hold(self, project: Project) -> None:
        """Hold the project after the last step; the one held longest goes."""
        if self.steps:
            self._projects.pop(self.steps[-1].seq, None)
            self._projects[self.steps[-1].seq] = project
        if len(self._projects) > _MOST_VIEWED:
            del self._projects[next(iter(self._projects))]
