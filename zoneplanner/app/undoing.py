"""Undo, redo and going back: each is a step more, so that nothing that was done leaves the history.

Undo goes by the steps of this desk in this sitting alone, the latest first.
"""

from typing import TYPE_CHECKING

from zoneplanner.app.own_steps import OwnStep, OwnSteps
from zoneplanner.domain.effects import EditKind, Effect, effect_of
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict, UserError

if TYPE_CHECKING:
    from zoneplanner.app.session import Session

NOTHING_TO_UNDO = (
    "Nothing of yours to undo since you opened the project; earlier steps are in History."
)
NOTHING_TO_REDO = "Nothing of yours was undone since your last step."


def undo(session: "Session", own: OwnSteps, seq: int | None = None) -> None:
    """Take back the latest step that this desk made since it opened; with ``seq`` only that.

    Raises
    ------
    UserError
        There is none, ``seq`` is not the latest any more, or another desk built on it.
    """
    session.check_present()
    session.look()
    step = own.latest
    if step is None:
        raise UserError(NOTHING_TO_UNDO)
    if seq is not None and step.seq != seq:
        raise UserError(f"That is not your latest step any more; that is “{step.label}”.")
    project = project_without(session, step)
    session.keep_project(f"Undo {step.label}", project, step.plan_before, note=own.undo)


def redo(session: "Session", own: OwnSteps) -> None:
    """Bring back the step that was undone last.

    Raises
    ------
    UserError
        There is none, or another desk changed the same since.
    """
    session.check_present()
    session.look()
    step = own.latest_undone
    if step is None:
        raise UserError(NOTHING_TO_REDO)
    project = project_without(session, step)
    session.keep_project(f"Redo {step.label}", project, step.plan_after, note=own.redo)


def project_without(session: "Session", step: OwnStep) -> Project:
    """Return the present project with a step of this desk taken back, or done again if it was.

    Raises
    ------
    Conflict
        Another desk or program changed in the meantime what the step changed.
    """
    kept = session.present.kept
    if step is session.own_undone:
        if kept is step.before and step.after is not None:
            return step.after
    elif kept is step.after:
        return step.before
    try:
        return session.store.rewound(kept, [step.seq])
    except Conflict:
        raise Conflict(
            f"“{step.label}” stays as it is: somebody else changed the same since. "
            f"Look at both in History."
        ) from None


def go_back(session: "Session", place: int) -> None:
    """Make the project what it was after a step, as a step more; all steps stay listed.

    Raises
    ------
    UserError
        The history cannot be followed so far back, or another desk was faster.
    """
    session.look_at_present()
    session.look()
    step, back = session.history[place], len(session.history) - 1 - place
    label = f"Go back to {step.label}, {back} {'step' if back == 1 else 'steps'}"
    session.keep_project(label, session.project_at(place), step.plan_uid, kind=EditKind.RESTORE)


def asks_before(step: OwnStep, effect: Effect) -> bool:
    """True of a step that is never undone without a question, by what undoing it does."""
    return step.kind is not EditKind.EDIT or effect.weighty


def effect_without(session: "Session", step: OwnStep) -> Effect:
    """Count what undoing a step of this desk, or doing it again, changes."""
    return effect_of(session.present.kept, project_without(session, step))


def effect_of_going_back(session: "Session", place: int) -> Effect:
    """Count what going back to a step changes."""
    return effect_of(session.present.kept, session.project_at(place))
