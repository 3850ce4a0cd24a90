"""Propose, check and hand out rosters: what the window and the command line share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.app.exports.atomic_files import write_file_atomically, write_files_atomically
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.people_entries import TRAINING_RECORD, Training, read_trainings
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import RosterViolation, find_roster_violations
from zoneplanner.domain.roster.shift import ShiftStatus, revise_shift
from zoneplanner.domain.roster.shift_edits import make_open_shifts, make_standard_posts, put_post
from zoneplanner.errors import Conflict, ProgressReport, UserError
from zoneplanner.messages import format_count
from zoneplanner.publish.data.calendars import encode_shift_calendar
from zoneplanner.publish.data.officer_hours import encode_hours_csv, encode_hours_xlsx

if TYPE_CHECKING:
    from datetime import datetime

    from zoneplanner.analysis.staffing.roster_solver import OpenShiftReason, RosterProposal
    from zoneplanner.publish.pdf.page import Booklet

ROSTER_FORMATS = ("ics", "csv", "xlsx", "pdf")
_MOST_EXPLAINED = 60


@dataclass(frozen=True, eq=False, slots=True)
class RosterDraft:
    """A roster of some days: the project that holds it, what is open and why, what is broken.

    ``proven`` means that no fairer or steadier one fills as many shifts, block by block.
    """

    project: Project
    first: date
    last: date
    assignment: Mapping[str, str | None]
    open: tuple["OpenShiftReason", ...]
    problems: tuple[RosterViolation, ...]
    proven: bool = True


def prepare_shifts(project: Project, first: date, last: date) -> Project:
    """Return a project with a shift for each post and day; without posts it gets the usual ones."""
    if not project.posts:
        for post in make_standard_posts(project):
            project = put_post(project, post)
    return make_open_shifts(project, first, last)


def draft_roster(
    project: Project,
    first: date,
    last: date,
    *,
    now: "datetime",
    refill: bool = False,
    seed: int = 0,
    report: ProgressReport = lambda fraction, text: None,
) -> RosterDraft:
    """Return a roster in which the open shifts are filled; ``report`` may raise to stop.

    Raises
    ------
    UserError
        There is no officer, or nothing to fill.
    """
    from zoneplanner.analysis.staffing.roster_solver import fill_open_shifts

    ready = prepare_shifts(project, first, last)
    report(0.02, "Checking who may serve")
    found = None
    for found in fill_open_shifts(ready, first, last, refill=refill, seed=seed):
        report(0.05 + 0.85 * found.share, f"Weeks to {found.week}, {len(found.open)} open")
    assert found is not None
    after = _assign_officers(ready, found, now)
    report(0.95, "Checking the rules")
    return replace(
        check_roster(after, first, last), assignment=found.assignment, proven=found.gap <= 1e-3
    )


def check_roster(project: Project, first: date, last: date) -> RosterDraft:
    """Return what is open of a roster and why, and which rules it breaks."""
    from zoneplanner.analysis.staffing.roster_solver import (
        explain_open_shift,
        list_open_shifts,
    )

    uids = list_open_shifts(project, first, last)
    why = tuple(explain_open_shift(project, uid) for uid in uids[:_MOST_EXPLAINED])
    return RosterDraft(project, first, last, {}, why, find_roster_violations(project, first, last))


def save_roster(session: Session, before: Project, roster: RosterDraft) -> None:
    """Keep a proposal as one step.

    Raises
    ------
    Conflict
        The project is not the one that it was made from.
    """
    if session.saved_project is not before:
        raise Conflict("conflict.roster")
    label = f"Propose shifts from {roster.first} to {roster.last}"
    session.apply(label, lambda _: roster.project)


def export_roster(
    session: Session,
    kind: str,
    first: date,
    last: date,
    *,
    officer: str | None = None,
    unit: str | None = None,
) -> bytes:
    """Return a calendar, a report of hours or a printed week as the content of a file.

    ``officer`` and ``unit`` choose the shifts of a calendar. Printed are the weeks from that of
    ``first`` to that of ``last``, without those that have no shift.

    Raises
    ------
    UserError
        A week is to be printed and there is no plan yet.
    """
    project = session.saved_project
    if kind == "ics":
        return encode_shift_calendar(project, officer=officer, unit=unit)
    if kind == "pdf":
        return _print_weeks(session, first, last)

    return (encode_hours_csv if kind == "csv" else encode_hours_xlsx)(project, first, last)


def _print_weeks(session: Session, first: date, last: date) -> bytes:
    from zoneplanner.app.publishing.handout import HandoutRequest, collect_handout
    from zoneplanner.publish.audience import OWN, redact_for_audience
    from zoneplanner.publish.documents.week_roster import build_week_roster
    from zoneplanner.publish.pdf.page import render_pdf

    def build(day: date, gap: str) -> "Booklet":
        wanted = HandoutRequest(OWN, as_of=session.clock(), day=day)
        content = collect_handout(session, wanted, log=False)
        return build_week_roster(redact_for_audience(content), gap=gap)

    zone = ZoneInfo(session.saved_project.time_zone)
    shifts = session.saved_project.shifts.values()
    days = [shift.starts_at.astimezone(zone).date() for shift in shifts]
    ahead = [day for day in days if first <= day <= last]
    mondays = sorted({day - timedelta(days=day.weekday()) for day in ahead})
    gaps = _describe_gaps(session, mondays, first, last)
    starts = [max(monday, first) for monday in mondays] or [first]
    books = [build(day, gap) for day, gap in zip(starts, gaps, strict=True)]
    return render_pdf(replace(books[0], pages=[page for book in books for page in book.pages]))


def _describe_gaps(session: Session, mondays: Sequence[date], first: date, last: date) -> list[str]:
    """Say of each printed week which weeks after it, or before the first, have no shift."""
    project, week = session.saved_project, timedelta(days=7)
    said = [""] * len(mondays) or [""]
    ends = [first - timedelta(days=1), *(monday + timedelta(days=6) for monday in mondays)]
    for at, (end, monday) in enumerate(zip(ends, [*mondays, last + week], strict=True)):
        start, stop = end + timedelta(days=1), min(monday - timedelta(days=1), last)
        days = sum(1 for _ in project.calendar.school_days(start, stop))
        if mondays and (days or stop - start >= timedelta(days=6)):
            school = format_count(days, "school day") if days else "no school"
            span = " to ".join(map(project.formats.long_date, (start, stop)))
            place = max(at - 1, 0)
            said[place] = f"{said[place]} No shifts from {span} ({school}).".strip()
    return said


def list_certificates(session: Session) -> dict[str, tuple[str, ...]]:
    """Say by officer which trainings on record certify them, and until when."""
    entries = session.store.entries(kinds=(TRAINING_RECORD.name, "void"))
    last: dict[tuple[str, str], Training] = {}
    for one in sorted(read_trainings(entries), key=lambda one: one.held_on):
        if one.officer:
            last[one.officer, one.course] = one
    found: dict[str, list[str]] = {}
    for (officer, course), one in sorted(last.items()):
        until = one.expires_on
        ended = "expired" if until is not None and until < session.today else "to"
        when = f" {ended} {session.formats.day(until)}" if until is not None else ""
        found.setdefault(officer, []).append(f"{format_choice(course)}{when}")
    return {officer: tuple(words) for officer, words in found.items()}


def list_shift_calendars(project: Project) -> list[tuple[str, str | None, str | None]]:
    """Return file name, officer and unit of each calendar with a final shift; none is an error."""
    final = [one for one in project.shifts.values() if one.status is not ShiftStatus.DRAFT]
    if not final:
        raise UserError("no_final_shift")
    units = {one.unit for one in final}
    officers = {officer for one in final for officer in (one.officer, *one.former)}
    return [
        ("all.ics", None, None),
        *(
            (f"unit-{format_file_name(one)}.ics", None, one)
            for one in project.units
            if one in units
        ),
        *(
            (f"officer-{format_file_name(one)}.ics", one, None)
            for one in project.officers
            if one in officers
        ),
    ]


def write_shift_calendars(project: Project, folder: Path) -> list[Path]:
    """Write a calendar for all, for each unit and each officer; all of them or none."""

    contents = {
        name: encode_shift_calendar(project, officer=officer, unit=unit)
        for name, officer, unit in list_shift_calendars(project)
    }
    return write_files_atomically(folder, contents)


def _assign_officers(project: Project, found: "RosterProposal", now: "datetime") -> Project:
    shifts = dict(project.shifts)
    for uid, officer in found.assignment.items():
        if shifts[uid].officer != officer:
            shifts[uid] = revise_shift(shifts[uid], now, officer=officer, overrides=())
    return replace(project, shifts=shifts)


def format_file_name(text: str) -> str:
    """Return what a name is called in that of a file."""
    return "".join(sign if sign.isalnum() else "-" for sign in text).strip("-") or "one"


def write_day_page(session: Session, day: date, path: Path) -> Path:
    """Write the one-page day card of a day and return its path."""
    from zoneplanner.app.publishing.handout import collect_stops
    from zoneplanner.publish.documents.day_roster import render_day_roster as page

    session.store.check_target(path)
    stops = collect_stops(session.state, day)
    content = page(session.project, session.plan, day, printed_at=session.clock(), stops=stops)
    return write_file_atomically(path, content)
