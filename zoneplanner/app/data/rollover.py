"""The rollover to a new school year, in steps that can be done in several sessions."""

import csv
import io
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.readiness.records import list_follow_up_records
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import (
    SCHOOL_YEAR_START_MONTH,
    SchoolCalendar,
    SchoolYear,
    build_school_year,
    name_school_year,
)
from zoneplanner.domain.calendar.year_rollover import (
    CALENDAR_STEP,
    draft_next_year,
    has_school_year,
    is_draft,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.drill_rules import PlannedDrill, propose_drills
from zoneplanner.domain.roster.shift import RosterPost
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count

CHECKED_STEPS = (CALENDAR_STEP, "bells", "principals", "enrollment", "officers", "drills")
"""Steps that only a person can declare done; the declaration is stored in the project."""


@dataclass(frozen=True, slots=True)
class RolloverStep:
    """One step for the new year: whether it is done, its state in words, and what to do.

    ``lacking`` says what is still missing; ``possible`` is False if it cannot be done yet.
    """

    key: str
    done: bool
    found: str
    todo: str = ""
    lacking: str = ""
    possible: bool = True
    checked: bool = False

    @property
    def text(self) -> str:
        """The state of the step in a sentence, and what to do if it is not done."""
        if self.checked:
            return f"Checked. {self.found}."
        return f"{self.found}: {self.todo}." if self.todo and not self.done else f"{self.found}."


def list_rollover_years(session: Session) -> tuple[str, ...]:
    """Return the current and the next school year, which can be the new year."""
    today = session.today
    return name_school_year(today), name_school_year(today + timedelta(days=366))


def list_rollover_steps(session: Session, year: str) -> tuple[RolloverStep, ...]:
    """Return the state of each step of a rollover; ``year`` is written as 2027-28."""
    project = session.saved_project
    steps = (
        _judge_calendar(project, year),
        _judge_bells(project),
        _judge_principals(project),
        _judge_enrollment(project),
        _judge_posts(project, year),
        _judge_officers(project, year),
        _judge_actions(session),
        _judge_drills(project, year),
        _judge_lock(session, year),
    )
    checked = project.year_rollover.checked.get(year, ())
    return tuple(
        replace(step, done=step.done or step.key in checked, checked=step.key in checked)
        for step in steps
    )


def check_rollover_step(session: Session, year: str, step: str, *, checked: bool = True) -> None:
    """Store that a person checked a step, or that it is open again, as one edit."""
    if step not in CHECKED_STEPS:
        raise UserError("unknown_rollover_step", step=step, known=list(CHECKED_STEPS))
    if session.saved_project.year_rollover.is_checked(year, step) is checked:
        return
    calendar = session.saved_project.calendar
    if step == CALENDAR_STEP and checked and not has_school_year(calendar, year):
        raise UserError("no_school_days", year=year)

    def edit(project: Project) -> Project:
        rollover = project.year_rollover.with_checked(year, step, checked=checked)
        return replace(project, year_rollover=rollover)

    session.apply(f"{step.capitalize()} {'checked' if checked else 'open'} for {year}", edit)


def lock_year_before(session: Session, year: str) -> None:
    """Lock the previous school year and all earlier ones, as one step.

    Raises
    ------
    UserError
        The previous year is not over yet.
    """
    last = _begin_of(year) - timedelta(days=1)
    if last >= session.today:
        raise UserError("year_not_over", year=name_school_year(last), last=last)
    locked = session.saved_project.year_rollover.locked_until
    if locked is None or locked < last:
        _set_lock(session, last, f"Lock {name_school_year(last)}")


def unlock_year_before(session: Session, year: str) -> None:
    """Unlock the previous school year, as one step; earlier ones stay locked."""
    begins = _begin_of(year)
    first = begins.replace(year=begins.year - 1)
    locked = session.saved_project.year_rollover.locked_until
    if locked is not None and locked >= first:
        _set_lock(session, first - timedelta(days=1), f"Unlock {name_school_year(first)}")


def _set_lock(session: Session, until: date, label: str) -> None:
    def edit(project: Project) -> Project:
        return replace(project, year_rollover=replace(project.year_rollover, locked_until=until))

    session.apply(label, edit)


def roll_calendar(session: Session, year: str) -> None:
    """Draft the year's calendar from the previous one, as one step, if there is none yet.

    Raises
    ------
    UserError
        The calendar has no term in the previous year.
    """
    calendar = session.saved_project.calendar
    if has_school_year(calendar, year):
        return
    draft_next_year(calendar, year)

    def edit(project: Project) -> Project:
        return replace(project, calendar=draft_next_year(project.calendar, year))

    session.apply(f"Draft the calendar of {year}", edit)


def roll_posts(session: Session, year: str) -> int:
    """Extend posts that end with the previous year to the new year; return how many."""
    ending = _list_ending_posts(session.saved_project, year)
    if ending:
        session.apply(f"Assignments continue in {year}", lambda project: _with_posts(project, year))
    return len(ending)


def propose_year_drills(project: Project, year: str) -> tuple[PlannedDrill, ...]:
    """Propose days for the year's drills; the schools of a zone follow each other.

    Raises
    ------
    UserError
        The calendar has no school days in the year.
    """
    span = _build_year(project.calendar, year)
    if not span.periods:
        raise UserError("no_school_days", year=year)
    sites = _order_by_zone(project, span.first)
    return propose_drills(sites, load_project_rules(project), project.calendar, span)


def write_drill_schedule(session: Session, drills: tuple[PlannedDrill, ...], path: Path) -> Path:
    """Write proposed drills as a table of day, school and kind, and return its path."""
    session.store.check_target(path)
    names = {site.id: site.name for site in session.saved_project.sites.values()}
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("day", "site", "name", "kind", "drill", "period"))
    for drill in drills:
        title = format_drill_name(drill.kind)
        rows.writerow((drill.day, drill.site, names[drill.site], drill.kind, title, drill.period))
    return write_file_atomically(path, text.getvalue().encode("utf-8-sig"))


def _judge_calendar(project: Project, year: str) -> RolloverStep:
    if not has_school_year(project.calendar, year):
        todo = "draft it, or import the adopted one"
        return RolloverStep(CALENDAR_STEP, False, f"{year} has no term yet", todo)
    drafted = is_draft(project.calendar, year)
    days = format_count(len(_list_days(project.calendar, year)), "school day")
    state = f"{year} has {days}{', drafted from the year before' if drafted else ''}"
    done = not drafted and not project.calendar.assumed
    return RolloverStep(CALENDAR_STEP, done, state, "check it, or import the adopted one")


def _judge_bells(project: Project) -> RolloverStep:
    by_site = project.calendar.bells.by_site
    others = f", plus separate ones for {format_count(len(by_site), 'school')}" if by_site else ""
    return RolloverStep("bells", False, f"Bell times by level{others}", "check what changes")


def _judge_principals(project: Project) -> RolloverStep:
    """Return how many schools have a principal on the list; only a person knows who changed."""
    known = sum(
        project.directory.find(site.id, "principal") is not None for site in project.patrolled
    )
    what = ("a principal on the list", "principal")
    return _judge_school_data(project, "principals", known, what, "check them")


def _judge_enrollment(project: Project) -> RolloverStep:
    known = sum(site.enrollment is not None for site in project.patrolled)
    what = ("enrollment", "enrollment")
    return _judge_school_data(project, "enrollment", known, what, "import the fall count")


def _judge_school_data(
    project: Project, key: str, known: int, what: tuple[str, str], todo: str
) -> RolloverStep:
    schools, missing = len(project.patrolled), len(project.patrolled) - known
    state = f"{known:,} of {format_count(schools, 'school')} have {what[0]}"
    lacking = f"{format_count(missing, 'school has', 'schools have')} no {what[1]}"
    return RolloverStep(key, False, state, todo, lacking if missing else "")


def _judge_posts(project: Project, year: str) -> RolloverStep:
    ending = _list_ending_posts(project, year)
    if ending:
        text = f"{format_count(len(ending), 'assignment ends', 'assignments end')} with the year"
    else:
        text = f"{format_count(len(project.posts), 'assignment goes', 'assignments go')} on"
    return RolloverStep("posts", not ending, text)


def _judge_officers(project: Project, year: str) -> RolloverStep:
    begins = _begin_of(year)
    leaving = sum(bool(each.until and each.until < begins) for each in project.officers.values())
    staying = format_count(len(project.officers) - leaving, "officer")
    left = f"; {format_count(leaving, 'officer')} will have left" if leaving else ""
    todo = "check who joins and who leaves"
    return RolloverStep("officers", False, f"{staying} on the list{left}", todo)


def _judge_actions(session: Session) -> RolloverStep:
    actions = list_follow_up_records(session.store, "corrective_action")
    pending = sum(action.done_on is None for action in actions)
    count = format_count(pending, "corrective action is", "corrective actions are")
    text = f"{count} open; each stays open until it is done" if pending else "None is open"
    return RolloverStep("corrective_actions", True, text)


def _judge_drills(project: Project, year: str) -> RolloverStep:
    try:
        drills = propose_year_drills(project, year)
    except UserError as error:
        return RolloverStep("drills", False, error.message.removesuffix("."))
    days = len({drill.day for drill in drills})
    found = f"{format_count(len(drills), 'drill')} can be held on {format_count(days, 'day')}"
    return RolloverStep("drills", False, found, "save the schedule")


def _judge_lock(session: Session, year: str) -> RolloverStep:
    last = _begin_of(year) - timedelta(days=1)
    before, locked = name_school_year(last), session.saved_project.year_rollover.locked_until
    if locked is not None and locked >= last:
        return RolloverStep("lock", True, f"{before} is locked")
    if last >= session.today:
        text = f"{before} is not over; it can be locked once {year} begins"
        return RolloverStep("lock", False, text, possible=False)
    text = f"{before} is open: its visits, calls, drills, shifts and days can still be changed"
    return RolloverStep("lock", False, text)


def _order_by_zone(project: Project, day: date) -> list[Site]:
    """Return the patrolled sites, ordered by zone."""
    plan = project.current_plan(day)
    zones = plan.assignment if plan else {}
    return sorted(project.patrolled, key=lambda site: (zones.get(site.id, ""), site.name))


def _begin_of(year: str) -> date:
    return date(int(year[:4]), SCHOOL_YEAR_START_MONTH, 1)


def _build_year(calendar: SchoolCalendar, year: str) -> SchoolYear:
    return build_school_year(calendar, _begin_of(year))


def _list_days(calendar: SchoolCalendar, year: str) -> list[date]:
    span = _build_year(calendar, year)
    return list(calendar.school_days(span.first, span.last))


def _list_ending_posts(project: Project, year: str) -> list[RosterPost]:
    """Return the posts whose last day is in the school year before ``year``."""
    begins = _begin_of(year)
    year_before = begins - timedelta(days=366)
    return [
        post for post in project.posts.values() if post.last and year_before <= post.last < begins
    ]


def _with_posts(project: Project, year: str) -> Project:
    days = _list_days(project.calendar, year)
    if not days:
        raise UserError("no_school_days", year=year)
    new = {post.uid: replace(post, last=days[-1]) for post in _list_ending_posts(project, year)}
    return replace(project, posts={**project.posts, **new})
