"""What the roster tells of a handout: who serves this week and the next, and final shifts."""

from dataclasses import replace
from datetime import date, timedelta

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import Officer, Shift, ShiftStatus
from zoneplanner.publish.content import Handout, PublishedShift

_SHOWN_DAYS = 14


def _add_roster_data(project: Project, found: Handout) -> Handout:
    """Add the shifts; of officers and shifts only what a roster and a calendar show."""
    final = {
        uid: replace(shift, note="", overrides=(), former=(), needs=())
        for uid, shift in project.shifts.items()
        if shift.status is not ShiftStatus.DRAFT
    }
    serving = {shift.officer for shift in final.values()}
    return replace(
        found,
        duties=_list_assignments(project, found.today),
        final_shifts=final,
        officers={
            key: Officer(key, one.name, one.agency, one.kind)
            for key, one in project.officers.items()
            if key in serving
        },
    )


def _list_assignments(project: Project, today: date) -> tuple[PublishedShift, ...]:
    """Return the shifts of a day's week and the next that are not cancelled, in order of time."""
    monday = today - timedelta(days=today.weekday())
    end = monday + timedelta(days=_SHOWN_DAYS)
    shown = [
        shift
        for shift in project.shifts.values()
        if shift.on and monday <= shift.day(project.time_zone) < end
    ]
    shown.sort(key=lambda one: (one.starts_at, one.uid))
    return tuple(_build_assignment(project, shift) for shift in shown)


def _build_assignment(project: Project, shift: Shift) -> PublishedShift:
    officer = project.officers.get(shift.officer or "")
    return PublishedShift(
        unit=shift.unit,
        officer=officer.name if officer else shift.officer or "",
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        title=shift.title,
        final=shift.status is ShiftStatus.FINAL,
    )
