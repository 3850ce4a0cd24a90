"""What is overdue or due, written as a calendar file."""

from pathlib import Path

from zoneplanner.app.readiness import (
    ReadinessStatus,
    format_requirement_name,
    format_requirement_place,
)
from zoneplanner.app.session import Session
from zoneplanner.domain.readiness import RequirementStatus
from zoneplanner.publish.due_calendar import DueEvent, encode_due_calendar
from zoneplanner.publish.files import write_file_atomically


def write_due_calendar(session: Session, found: ReadinessStatus, path: Path) -> Path:
    """Write the to-do list as an iCalendar file and return its path; a UserError where it fails."""
    session.store.check_target(path)
    project = session.project
    due = []
    for item in found.to_do:
        if item.due_on is None:
            continue
        late = "Overdue: " if item.status is RequirementStatus.OVERDUE else ""
        key = item.uid or f"{item.site or 'district'}-{item.what}-{item.due_on}"
        due.append(
            DueEvent(
                uid=f"{key}@{project.uid}",
                on=item.due_on,
                title=f"{late}{format_requirement_name(item)}, {format_requirement_place(project, item)}",
                text=f"{item.detail} {item.rule}",
            )
        )
    name = f"{project.name}: what is due"
    return write_file_atomically(path, encode_due_calendar(name, due, as_of=found.on))
