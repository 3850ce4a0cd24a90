"""A visit that one key begins or ends: prepared with the time of the key, logged by the bar."""

from zoneinfo import ZoneInfo

from zoneplanner.app.due_visits import (
    VisitStep,
    log_visit_step,
    prepare_planned_visit,
    prepare_visit,
)
from zoneplanner.app.session import Session
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import UiContext


def ask_to_log_visit(desk: UiContext, site: str) -> None:
    """Prepare the visit that begins at a site, or the end of the one there."""
    try:
        _prepare_step(desk, prepare_visit(desk.session, site))
    except UserError as error:
        desk.problem(error)


def ask_to_log_planned_visit(desk: UiContext, uid: str) -> None:
    """Prepare that a planned visit begins."""
    try:
        _prepare_step(desk, prepare_planned_visit(desk.session, uid))
    except UserError as error:
        desk.problem(error)


def _describe_visit_step(session: Session, step: VisitStep) -> str:
    """Say where a visit begins or ends, by whom and when, without a stop."""
    project = session.project
    at = step.at.astimezone(ZoneInfo(project.time_zone))
    unit = f", {step.unit}" if step.unit else ""
    verb = "ended" if step.ends else "began"
    return f"Visit to {project.sites[step.site].name}{unit}, {verb} {session.formats.clock(at)}"


def _prepare_step(desk: UiContext, step: VisitStep) -> None:
    session = desk.session
    text = _describe_visit_step(session, step)
    desk.prepare(("visit", step.site), text, lambda: log_visit_step(session, step))
