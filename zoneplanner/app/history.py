"""The history of a project: its steps, also those of earlier sittings, and the way to each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.app.foreign import PUT_BACK, TAKEN
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, Store

MOST_HELD = 200
"""How many projects of the history are held; others are computed anew from the saved rows."""


@dataclass(frozen=True, eq=False, slots=True)
class Step:
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
class Trail:
    """The steps that saved edits add up to, the present one, and where they begin.

    ``position`` is -1 where there is no step. ``first`` is the number of the first step in the
    file; ``ended_by`` the edit beyond which the history cannot be followed, None where it goes
    back to the project's beginning.
    """

    steps: tuple[Step, ...]
    position: int
    first: int
    ended_by: "EditRecord | None"


BEGINNING = Trail((), -1, 0, None)


def trail(edits: Sequence["EditRecord"], after: Trail = BEGINNING) -> Trail:
    """Follow saved edits from the first to the last, or on from where others led.

    A change by another program, or an edit that does not follow from the one before it because
    two desks worked at a time, begins the history anew; one that a desk took or put back at once
    does not.
    """
    steps = list(after.steps)
    position, first, ended_by = after.position, after.first, after.ended_by
    for edit, following in zip(edits, [*edits, None][1:], strict=True):
        settled = following is not None and following.label.startswith((TAKEN, PUT_BACK))
        if edit.foreign and steps and settled:
            continue
        step = Step(edit.label, edit.plan, edit.at, edit.actor, edit.seq)
        place = edit.step - first
        known = bool(steps) and not edit.foreign
        if known and edit.jump and 0 <= place < len(steps):
            position = place
        elif known and not edit.jump and place == position + 1:
            steps[place:] = [step]
            position = place
        else:
            ended_by = edit if steps else None
            steps, position, first = [step], 0, edit.step
    return Trail(tuple(steps), position, first, ended_by)


class History:
    """The steps of an open project and the projects after them, each computed when needed."""

    def __init__(self, store: "Store", project: Project) -> None:
        edits = store.edits()
        found = trail(edits)
        self._store = store
        self.last_seq = edits[-1].seq if edits else 0
        self._steps = list(found.steps)
        self._first = found.first
        self._projects = {found.position: project}
        self.position = found.position
        self._ended_by = found.ended_by
        self._others: set[int] = set()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, also those undone; ``position`` is the present one."""
        return tuple(self._steps)

    def step(self, position: int) -> Step | None:
        """Return a step, or None where there is none."""
        return self._steps[position] if 0 <= position < len(self._steps) else None

    def last_own(self) -> Step | None:
        """Return the last step up to here that no other desk made while the project was open."""
        steps = self._steps[1 : self.position + 1]
        return next((step for step in reversed(steps) if step.seq not in self._others), None)

    def leave(self, seqs: Iterable[int]) -> None:
        """Take saved edits for those of others, so that none of them is the last own step."""
        self._others |= set(seqs)

    def check_begun(self, time_zone: str) -> None:
        """Refuse to go back from the first step where the history could be followed no further."""
        ended_by = self._ended_by
        if self.position == 0 and ended_by is not None:
            who = "Another program" if ended_by.foreign else "Another desk"
            when = ended_by.at.astimezone(ZoneInfo(time_zone))
            raise UserError(
                f"{who} changed the project on {when:%Y-%m-%d} at {when:%H:%M}; "
                f"what was done before that cannot be undone."
            )

    def number(self, position: int) -> int:
        """Return the number of a place in the history as it is saved."""
        return self._first + position

    def project(self, position: int) -> Project:
        """Return the project after a step.

        Raises
        ------
        UserError
            Another desk or program changed in the meantime what the steps between changed.
        """
        known = self._projects.get(position)
        if known is None:
            here, back = self.position, position < self.position
            between = self._steps[position + 1 : here + 1] if back else self._steps[here + 1 :]
            seqs = [step.seq for step in between[: abs(position - here)]]
            if back:
                known = self._store.rewound(self._projects[here], seqs[::-1])
            else:
                known = self._store.repeated(self._projects[here], seqs)
            self._projects[position] = known
        return known

    def went(self, position: int, project: Project, seq: int) -> None:
        """Stand at another step, by the saved edit of that number."""
        self.position, self.last_seq = position, seq
        self._hold(project)

    def follow(self, edits: Sequence["EditRecord"], project: Project) -> None:
        """Go where saved edits led, also those of other desks, to a project."""
        known = Trail(self.steps, self.position, self._first, self._ended_by)
        found = trail(edits, known)
        self._steps, self._first = list(found.steps), found.first
        self.position, self._ended_by = found.position, found.ended_by
        self._projects = {found.position: project}
        self.last_seq = edits[-1].seq

    def add(self, step: Step, project: Project) -> None:
        """Go on from the present step; what was undone goes."""
        self.last_seq = step.seq
        place = self.position + 1
        self._steps[place:] = [step]
        self._projects = {at: held for at, held in self._projects.items() if at < place}
        self.position = place
        self._hold(project)

    def _hold(self, project: Project) -> None:
        self._projects.pop(self.position, None)
        self._projects[self.position] = project
        if len(self._projects) > MOST_HELD:
            del self._projects[next(iter(self._projects))]
