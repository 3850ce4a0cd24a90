"""What undo, redo and going back would do, counted before they are done."""

from zoneplanner.app.own_steps import UndoStep
from zoneplanner.app.session import Session
from zoneplanner.domain.effects import EditEffect, EditKind, measure_edit_effect


def needs_confirmation(step: UndoStep, effect: EditEffect) -> bool:
    """True of a step that is never undone without a question, by what undoing it does."""
    return step.kind is not EditKind.EDIT or effect.weighty


def compute_undo_effect(session: Session, step: UndoStep) -> EditEffect:
    """Count what undoing a step of this desk, or doing it again, changes."""
    return measure_edit_effect(session.present.kept, session.project_without(step))


def compute_restore_effect(session: Session, place: int) -> EditEffect:
    """Count what going back to a step changes."""
    return measure_edit_effect(session.present.kept, session.project_at(place))
