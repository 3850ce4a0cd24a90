"""Propose, check and hand out rosters: what the window and the command line share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app.session import Session
from zoneplanner.domain.bells import at
from zoneplanner.domain.posts import fill_posts, put_post, standard_posts
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import ShiftStatus, changed
from zoneplanner.domain.roster_check import Breach, breaches
from zoneplanner.errors import Conflict, ProgressReport, UserError

if TYPE_CHECKING:
    from datetime import datetime

    from zoneplanner.analysis.staffing.propose import Proposal
    from zoneplanner.analysis.staffing.reasons import WhyOpen

FORMATS = ("ics", "csv", "xlsx", "pdf")
_MOST_EXPLAINED = 60


@dataclass(frozen=True, eq=False, slots=True)
class Roster:
    """A roster of some days: the project that holds it, what is open and why, what is broken.

    ``proven`` means that no fairer or steadier one fills as many shifts, block by block.
    """

    project: Project
    first: date
    last: date
    given: Mapping[str, str | None]
    open: tuple["WhyOpen", ...]
    problems: tuple[Breach, ...]
    proven: bool = True


def prepared(project: Project, first: date, last: date) -> Project:
    """Return a project with a shift for each post and day; without posts it gets the usual ones."""
    if not project.posts:
        for post in standard_posts(project):
            project = put_post(project, post)
    return fill_posts(project, first, last)


def proposed(
    project: Project,
    first: date,
    last: date,
    *,
    now: "datetime",
    refill: bool = False,
    seed: int = 0,
    report: ProgressReport = lambda fraction, text: None,
) -> Roster:
    """Return a roster in which the open shifts are filled; ``report`` may raise to stop.

    Raises
    ------
    UserError
        There is no officer, or nothing to fill.
    """
    from zoneplanner.analysis.staffing.propose import propose

    ready = prepared(project, first, last)
    report(0.02, "Looking at who may serve")
    found = None
    for found in propose(ready, first, last, refill=refill, seed=seed):
        report(0.05 + 0.85 * found.share, f"Weeks to {found.week}, {len(found.open)} open")
    assert found is not None
    after = _given(ready, found, now)
    report(0.95, "Checking the rules")
    return replace(checked(after, first, last), given=found.assignment, proven=found.gap <= 1e-3)


def checked(project: Project, first: date, last: date) -> Roster:
    """Return what is open of a roster and why, and which rules it breaks."""
    from zoneplanner.analysis.staffing.reasons import open_shifts, why_open

    uids = open_shifts(project, first, last)
    why = tuple(why_open(project, uid) for uid in uids[:_MOST_EXPLAINED])
    return Roster(project, first, last, {}, why, breaches(project, first, last))


def keep(session: Session, before: Project, roster: Roster) -> None:
    """Keep a proposal as one step.

    Raises
    ------
    Conflict
        The project is not the one that it was made from.
    """
    if session.reading.kept is not before:
        raise Conflict("The project changed while the roster was proposed; propose it again.", {})
    label = f"Propose shifts from {roster.first} to {roster.last}"
    session.apply(label, lambda _: roster.project)


def export(
    session: Session,
    kind: str,
    first: date,
    last: date,
    *,
    officer: str | None = None,
    unit: str | None = None,
) -> bytes:
    """Return a calendar, a report of hours or a printed week as the content of a file.

    ``officer`` and ``unit`` choose the shifts of a calendar. A printed week is that of ``first``.

    Raises
    ------
    UserError
        A week is to be printed and there is no plan yet.
    """
    project = session.reading.kept
    if kind == "ics":
        from zoneplanner.publish.shift_calendar import shift_calendar

        return shift_calendar(project, officer=officer, unit=unit)
    if kind == "pdf":
        return _week(session, first)
    from zoneplanner.publish.hours import hours_csv, hours_xlsx

    return (hours_csv if kind == "csv" else hours_xlsx)(project, first, last)


def _week(session: Session, day: date) -> bytes:
    from zoneplanner.app.handout import Wanted, handout
    from zoneplanner.publish.audience import STAFF, released
    from zoneplanner.publish.paper import document
    from zoneplanner.publish.roster_page import week_roster

    noon = at(day, time(12), session.project.time_zone)
    content = handout(session, Wanted(STAFF, as_of=noon), log=False)
    return document(week_roster(released(content)))


def calendars(project: Project) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield file name, officer and unit of each calendar that has a final shift."""
    final = [one for one in project.shifts.values() if one.status is not ShiftStatus.DRAFT]
    if final:
        yield "all.ics", None, None
    for unit in project.units:
        if any(one.unit == unit for one in final):
            yield f"unit-{_file(unit)}.ics", None, unit
    for officer in project.officers:
        if any(officer in (one.officer, *one.former) for one in final):
            yield f"officer-{_file(officer)}.ics", officer, None


def write_calendars(project: Project, folder: Path) -> list[Path]:
    """Write a calendar for all, for each unit and each officer; all of them or none."""
    from zoneplanner.publish.files import write_set
    from zoneplanner.publish.shift_calendar import shift_calendar

    contents = {
        name: shift_calendar(project, officer=officer, unit=unit)
        for name, officer, unit in calendars(project)
    }
    if not contents:
        raise UserError(
            "No shift is final yet; make the week final before handing out calendars.",
            code="no_final_shift",
        )
    return write_set(folder, contents)


def _given(project: Project, found: "Proposal", now: "datetime") -> Project:
    shifts = dict(project.shifts)
    for uid, officer in found.assignment.items():
        if shifts[uid].officer != officer:
            shifts[uid] = changed(shifts[uid], now, officer=officer, overrides=())
    return replace(project, shifts=shifts)


def _file(text: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in text).strip("-") or "one"


def day_page(session: Session, day: date, path: Path) -> Path:
    """Write the one-page day card of a day and return its path."""
    from zoneplanner.app.visiting_order import orders_of_day
    from zoneplanner.publish.day_page import day_page as page
    from zoneplanner.publish.files import write_whole

    session.store.check_target(path)
    stops = orders_of_day(session.reading, day)
    content = page(session.project, session.plan, day, printed_at=session.clock(), stops=stops)
    return write_whole(path, content)
