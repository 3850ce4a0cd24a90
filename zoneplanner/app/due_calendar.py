"""What is overdue or due, written as a calendar file."""

from pathlib import Path

from zoneplanner.app.readiness import Readiness, item_name, item_place
from zoneplanner.app.session import Session
from zoneplanner.domain.readiness import Status
from zoneplanner.publish.due_calendar import Due, due_calendar
from zoneplanner.publish.files import write_whole


def write_calendar(session: Session, found: Readiness, path: Path) -> Path:
    """Write the to-do list as an iCalendar file and return its path; a UserError where it fails."""
    session.store.check_target(path)
    project = session.project
    due = []
    for item in found.to_do:
        if item.due_on is None:
            continue
        late = "Overdue: " if item.status is Status.OVERDUE else ""
        key = item.uid or f"{item.site or 'district'}-{item.what}-{item.due_on}"
        due.append(
            Due(
                uid=f"{key}@{project.uid}",
                on=item.due_on,
                title=f"{late}{item_name(item)}, {item_place(project, item)}",
                text=f"{item.detail} {item.rule}",
            )
        )
    name = f"{project.name}: what is due"
    return write_whole(path, due_calendar(name, due, as_of=found.on))
