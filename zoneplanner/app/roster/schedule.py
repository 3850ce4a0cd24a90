"""Propose, check and export rosters, for the window and the command line."""

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
from zoneplanner.messages import Message
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
    """A project with a roster for some days, its open shifts and its broken rules."""

    project: Project
    first: date
    last: date
    assignment: Mapping[str, str | None]
    open: tuple["OpenShiftReason", ...]
    problems: tuple[RosterViolation, ...]
    proven: bool = True
    """Whether, for each block of weeks, no roster that fills as many shifts is fairer."""


def prepare_shifts(project: Project, first: date, last: date) -> Project:
    """Return a project with a shift for each post and day; without posts it gets standard ones."""
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
    """Return a roster with the open shifts filled; ``report`` may raise to stop.

    Raises
    ------
    UserError
        There are no officers or no open shifts.
    """
    from zoneplanner.analysis.staffing.roster_solver import fill_open_shifts

    prepared = prepare_shifts(project, first, last)
    report(0.02, Message("roster_task.eligibility"))
    proposal = None
    for proposal in fill_open_shifts(prepared, first, last, refill=refill, seed=seed):
        task = Message("roster_task.weeks", last=proposal.week, n=len(proposal.open))
        report(0.05 + 0.85 * proposal.share, task)
    assert proposal is not None
    filled = _assign_officers(prepared, proposal, now)
    report(0.95, Message("roster_task.rules"))
    proven = proposal.gap <= 1e-3
    checked = check_roster(filled, first, last)
    return replace(checked, assignment=proposal.assignment, proven=proven)


def check_roster(project: Project, first: date, last: date) -> RosterDraft:
    """Return a roster's open shifts with the reasons, and the rules that it breaks."""
    from zoneplanner.analysis.staffing.roster_solver import (
        explain_open_shift,
        list_open_shifts,
    )

    uids = list_open_shifts(project, first, last)
    reasons = tuple(explain_open_shift(project, uid) for uid in uids[:_MOST_EXPLAINED])
    problems = find_roster_violations(project, first, last)
    return RosterDraft(project, first, last, {}, reasons, problems)


def save_roster(session: Session, before: Project, roster: RosterDraft) -> None:
    """Save a proposed roster as one edit.

    Raises
    ------
    Conflict
        The project has changed since the roster was proposed from ``before``.
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
    """Return the content of a file: a calendar, an hours report or printed weeks.

    ``officer`` and ``unit`` filter the shifts of a calendar. Weeks without a shift are not
    printed.

    Raises
    ------
    UserError
        There is no plan to print weeks for.
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

    def build(day: date, gaps: Sequence[Message]) -> "Booklet":
        request = HandoutRequest(OWN, as_of=session.clock(), day=day)
        content = collect_handout(session, request, log=False)
        return build_week_roster(redact_for_audience(content), gaps=gaps)

    zone = ZoneInfo(session.saved_project.time_zone)
    shifts = session.saved_project.shifts.values()
    days = (shift.starts_at.astimezone(zone).date() for shift in shifts)
    mondays = sorted({day - timedelta(days=day.weekday()) for day in days if first <= day <= last})
    gaps = _describe_gaps(session, mondays, first, last)
    starts = [max(monday, first) for monday in mondays] or [first]
    booklets = [build(day, notes) for day, notes in zip(starts, gaps, strict=True)]
    pages = [page for booklet in booklets for page in booklet.pages]
    return render_pdf(replace(booklets[0], pages=pages))


def _describe_gaps(
    session: Session, mondays: Sequence[date], first: date, last: date
) -> list[list[Message]]:
    """For each printed week, name the weeks without shifts after it; the first also before it."""
    project, day = session.saved_project, timedelta(days=1)
    notes: list[list[Message]] = [[] for _ in mondays] or [[]]
    starts = [first, *(monday + timedelta(days=7) for monday in mondays)]
    for index, (start, monday) in enumerate(
        zip(starts, [*mondays, last + timedelta(days=7)], strict=True)
    ):
        stop = min(monday - day, last)
        days = sum(1 for _ in project.calendar.school_days(start, stop))
        if mondays and (days or stop - start >= timedelta(days=6)):
            code = "week_roster.gap" if days else "week_roster.gap_without_school"
            gap = Message(code, first=start, last=stop, days=days)
            notes[max(index - 1, 0)].append(gap)
    return notes


def list_certificates(session: Session) -> dict[str, tuple[str, ...]]:
    """Return the certified trainings of each officer on record, with their expiration."""
    entries = session.store.entries(kinds=(TRAINING_RECORD.name, "void"))
    latest: dict[tuple[str, str], Training] = {}
    for training in sorted(read_trainings(entries), key=lambda training: training.held_on):
        if training.officer:
            latest[training.officer, training.course] = training
    certificates: dict[str, tuple[str, ...]] = {}
    for (officer, course), training in sorted(latest.items()):
        text, until = format_choice(course), training.expires_on
        if until is not None:
            expires = "expired" if until < session.today else "to"
            text = f"{text} {expires} {session.formats.day(until)}"
        certificates[officer] = (*certificates.get(officer, ()), text)
    return certificates


def list_shift_calendars(project: Project) -> list[tuple[str, str | None, str | None]]:
    """Return file name, officer and unit of each calendar with a final shift.

    Raises
    ------
    UserError
        No shift is final.
    """
    final = [shift for shift in project.shifts.values() if shift.status is not ShiftStatus.DRAFT]
    if not final:
        raise UserError("no_final_shift")
    units = {shift.unit for shift in final}
    officers = {officer for shift in final for officer in (shift.officer, *shift.former)}
    return [
        ("all.ics", None, None),
        *(
            (f"unit-{format_file_name(unit)}.ics", None, unit)
            for unit in project.units
            if unit in units
        ),
        *(
            (f"officer-{format_file_name(officer)}.ics", officer, None)
            for officer in project.officers
            if officer in officers
        ),
    ]


def write_shift_calendars(project: Project, folder: Path) -> list[Path]:
    """Write a calendar for all, one for each unit and one for each officer; all or none."""
    contents = {
        name: encode_shift_calendar(project, officer=officer, unit=unit)
        for name, officer, unit in list_shift_calendars(project)
    }
    return write_files_atomically(folder, contents)


def _assign_officers(project: Project, proposal: "RosterProposal", now: "datetime") -> Project:
    shifts = dict(project.shifts)
    for uid, officer in proposal.assignment.items():
        if shifts[uid].officer != officer:
            shifts[uid] = revise_shift(shifts[uid], now, officer=officer, overrides=())
    return replace(project, shifts=shifts)


def format_file_name(text: str) -> str:
    """Return a name with characters that may be in a file name."""
    return "".join(char if char.isalnum() else "-" for char in text).strip("-") or "one"


def write_day_page(session: Session, day: date, path: Path) -> Path:
    """Write the one-page roster of a day and return its path."""
    from zoneplanner.app.publishing.handout import collect_stops
    from zoneplanner.publish.documents.day_roster import render_day_roster

    session.store.check_target(path)
    stops, now = collect_stops(session.state, day), session.clock()
    content = render_day_roster(session.project, session.plan, day, printed_at=now, stops=stops)
    return write_file_atomically(path, content)
