"""The roll-over to a new school year, step by step; each can be left and taken up again."""

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
"""Steps of which only a person knows that they are done; that they said so stays in the project."""


@dataclass(frozen=True, slots=True)
class RolloverStep:
    """One thing to do for the new year: whether it is done, how it stands, and what to do then.

    ``lacking`` is what is still missing, in words; ``possible`` is false where it cannot be done
    yet.
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
        """Say how it stands in a sentence; what is done asks for nothing more."""
        if self.checked:
            return f"Checked. {self.found}."
        return f"{self.found}: {self.todo}." if self.todo and not self.done else f"{self.found}."


def list_rollover_years(session: Session) -> tuple[str, ...]:
    """Return the school year of today and the next; rolling over leads to one of them."""
    today = session.today
    return name_school_year(today), name_school_year(today + timedelta(days=366))


def list_rollover_steps(session: Session, year: str) -> tuple[RolloverStep, ...]:
    """Say how each step of a roll-over stands; ``year`` is such as 2027-28."""
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
        replace(own, done=own.done or own.key in checked, checked=own.key in checked)
        for own in steps
    )


def check_rollover_step(session: Session, year: str, step: str, *, checked: bool = True) -> None:
    """Note that a person checked a step of a year, or that it is open again, as one step."""
    if step not in CHECKED_STEPS:
        raise UserError("unknown_rollover_step", step=step, known=list(CHECKED_STEPS))
    if session.saved_project.year_rollover.is_checked(year, step) is checked:
        return
    calendar = session.saved_project.calendar
    if step == CALENDAR_STEP and checked and not has_school_year(calendar, year):
        raise UserError("no_school_days", year=year)

    def edit(project: Project) -> Project:
        own = project.year_rollover.with_checked(year, step, checked=checked)
        return replace(project, year_rollover=own)

    session.apply(f"{step.capitalize()} {'checked' if checked else 'open'} for {year}", edit)


def lock_year_before(session: Session, year: str) -> None:
    """Lock the school year before one, and all before it, as one step; locked ones stay so.

    Raises
    ------
    UserError
        It is not over yet.
    """
    last = _begin_of(year) - timedelta(days=1)
    if last >= session.today:
        raise UserError("year_not_over", year=name_school_year(last), last=last)
    locked = session.saved_project.year_rollover.locked_until
    if locked is None or locked < last:
        _set_lock(session, last, f"Lock {name_school_year(last)}")


def unlock_year_before(session: Session, year: str) -> None:
    """Let the school year before one be changed again, as one step; those before it stay locked."""
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
    """Draft the year's calendar from the one before, as one step; nothing where it is there.

    Raises
    ------
    UserError
        The calendar has no term in the year before.
    """
    calendar = session.saved_project.calendar
    if has_school_year(calendar, year):
        return
    draft_next_year(calendar, year)

    def edit(project: Project) -> Project:
        return replace(project, calendar=draft_next_year(project.calendar, year))

    session.apply(f"Draft the calendar of {year}", edit)


def roll_posts(session: Session, year: str) -> int:
    """Have posts that end with the year before go on for the new one; return how many."""
    ending = _list_ending_posts(session.saved_project, year)
    if ending:
        session.apply(f"Assignments continue in {year}", lambda project: _with_posts(project, year))
    return len(ending)


def propose_year_drills(project: Project, year: str) -> tuple[PlannedDrill, ...]:
    """Propose the days of the year's drills, the schools of each zone one after the other.

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
    for own in drills:
        drill = format_drill_name(own.kind)
        rows.writerow((own.day, own.site, names[own.site], own.kind, drill, own.period))
    return write_file_atomically(path, text.getvalue().encode("utf-8-sig"))


def _judge_calendar(project: Project, year: str) -> RolloverStep:
    known = has_school_year(project.calendar, year)
    drafted = is_draft(project.calendar, year)
    assumed = known and (drafted or project.calendar.assumed)
    days = sum(1 for _ in _list_days(project.calendar, year))
    said = f"{year} has {format_count(days, 'school day')}" if known else f"{year} has no term yet"
    said += ", drafted from the year before" if drafted else ""
    todo = "check it, or import the adopted one" if known else "draft it, or import the adopted one"
    return RolloverStep(CALENDAR_STEP, known and not assumed, said, todo)


def _judge_bells(project: Project) -> RolloverStep:
    own = project.calendar.bells.by_site
    others = f", plus separate ones for {format_count(len(own), 'school')}" if own else ""
    return RolloverStep("bells", False, f"Bell times by level{others}", "check what changes")


def _judge_principals(project: Project) -> RolloverStep:
    """Say of how many schools the principal is on the list; who changed, a person knows."""
    known = sum(
        project.directory.find(own.id, "principal") is not None for own in project.patrolled
    )
    schools = len(project.patrolled)
    found = f"{known:,} of {format_count(schools, 'school')} have a principal on the list"
    lacking = f"{format_count(schools - known, 'school has', 'schools have')} no principal"
    return RolloverStep(
        "principals", False, found, "check them", lacking if known < schools else ""
    )


def _judge_enrollment(project: Project) -> RolloverStep:
    known = sum(own.enrollment is not None for own in project.patrolled)
    schools = len(project.patrolled)
    found = f"{known:,} of {format_count(schools, 'school')} have enrollment"
    lacking = f"{format_count(schools - known, 'school has', 'schools have')} no enrollment"
    return RolloverStep(
        "enrollment", False, found, "import the fall count", lacking if known < schools else ""
    )


def _judge_posts(project: Project, year: str) -> RolloverStep:
    ending = _list_ending_posts(project, year)
    if ending:
        text = f"{format_count(len(ending), 'assignment ends', 'assignments end')} with the year"
    else:
        text = f"{format_count(len(project.posts), 'assignment goes', 'assignments go')} on"
    return RolloverStep("posts", not ending, text)


def _judge_officers(project: Project, year: str) -> RolloverStep:
    begins = _begin_of(year)
    leaving = [own.name for own in project.officers.values() if own.until and own.until < begins]
    staying = len(project.officers) - len(leaving)
    gone = f"; {format_count(len(leaving), 'officer')} will have left" if leaving else ""
    found = f"{format_count(staying, 'officer')} on the list{gone}"
    return RolloverStep("officers", False, found, "check who joins and who leaves")


def _judge_actions(session: Session) -> RolloverStep:
    actions = list_follow_up_records(session.store, "corrective_action")
    left = sum(one.done_on is None for one in actions)
    open_ones = format_count(left, "corrective action is", "corrective actions are")
    text = f"{open_ones} open; each stays open until it is done" if left else "None is open"
    return RolloverStep("corrective_actions", True, text)


def _judge_drills(project: Project, year: str) -> RolloverStep:
    try:
        drills = propose_year_drills(project, year)
    except UserError as error:
        return RolloverStep("drills", False, error.message.removesuffix("."))
    days = len({own.day for own in drills})
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
    """Return the patrolled sites so that those of one zone follow each other."""
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
    """Return the posts whose last day lies in the year before."""
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
