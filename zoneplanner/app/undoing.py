"""What undo, redo and going back would do, counted before they are done."""

from zoneplanner.app.own_steps import OwnStep
from zoneplanner.app.session import Session
from zoneplanner.domain.effects import EditKind, Effect, effect_of


def asks_before(step: OwnStep, effect: Effect) -> bool:
    """True of a step that is never undone without a question, by what undoing it does."""
    return step.kind is not EditKind.EDIT or effect.weighty


def effect_without(session: Session, step: OwnStep) -> Effect:
    """Count what undoing a step of this desk, or doing it again, changes."""
    return effect_of(session.present.kept, session.project_without(step))


def effect_of_going_back(session: Session, place: int) -> Effect:
    """Count what going back to a step changes."""
    return effect_of(session.present.kept, session.project_at(place))
