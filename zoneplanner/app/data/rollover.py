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
from zoneplanner.messages import Message

CHECKED_STEPS = (CALENDAR_STEP, "bells", "principals", "enrollment", "officers", "drills")
"""Steps that only a person can declare done; the declaration is stored in the project."""


@dataclass(frozen=True, slots=True)
class RolloverStep:
    """One step for the new year: whether it is done, what was found, and what to do.

    ``lacking`` says what is still missing; ``possible`` is False if it cannot be done yet.
    """

    key: str
    done: bool
    found: Message
    todo: Message | None = None
    lacking: Message | None = None
    possible: bool = True
    checked: bool = False

    @property
    def message(self) -> Message:
        """The state of the step, and what to do if it is not done."""
        if self.checked:
            return Message("rollover_step.checked", found=self.found)
        if self.done or not self.todo:
            return Message("rollover_step", found=self.found)
        return Message("rollover_step.to_do", found=self.found, todo=self.todo)


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
        none = Message("rollover_found.no_term", year=year)
        return RolloverStep(CALENDAR_STEP, False, none, Message("rollover_todo.draft_calendar"))
    drafted = is_draft(project.calendar, year)
    code = "rollover_found.drafted_days" if drafted else "rollover_found.days"
    found = Message(code, year=year, n=len(_list_days(project.calendar, year)))
    done = not drafted and not project.calendar.assumed
    return RolloverStep(CALENDAR_STEP, done, found, Message("rollover_todo.check_calendar"))


def _judge_bells(project: Project) -> RolloverStep:
    n = len(project.calendar.bells.by_site)
    code = "rollover_found.bells_and_separate" if n else "rollover_found.bells"
    todo = Message("rollover_todo.check_changes")
    return RolloverStep("bells", False, Message(code, n=n), todo)


def _judge_principals(project: Project) -> RolloverStep:
    """Return how many schools have a principal on the list; only a person knows who changed."""
    known = sum(
        project.directory.find(site.id, "principal") is not None for site in project.patrolled
    )
    return _judge_school_data(project, "principals", known, Message("rollover_todo.check_them"))


def _judge_enrollment(project: Project) -> RolloverStep:
    known = sum(site.enrollment is not None for site in project.patrolled)
    return _judge_school_data(
        project, "enrollment", known, Message("rollover_todo.import_enrollment")
    )


def _judge_school_data(project: Project, key: str, known: int, todo: Message) -> RolloverStep:
    schools = len(project.patrolled)
    found = Message(f"rollover_found.{key}", known=known, n=schools)
    lacking = Message(f"rollover_lacks.{key}", n=schools - known) if known < schools else None
    return RolloverStep(key, False, found, todo, lacking)


def _judge_posts(project: Project, year: str) -> RolloverStep:
    ending = len(_list_ending_posts(project, year))
    code = "rollover_found.ending_posts" if ending else "rollover_found.posts"
    return RolloverStep("posts", not ending, Message(code, n=ending or len(project.posts)))


def _judge_officers(project: Project, year: str) -> RolloverStep:
    begins = _begin_of(year)
    leaving = sum(bool(each.until and each.until < begins) for each in project.officers.values())
    code = "rollover_found.leaving_officers" if leaving else "rollover_found.officers"
    found = Message(code, n=len(project.officers) - leaving, leaving=leaving)
    return RolloverStep("officers", False, found, Message("rollover_todo.check_officers"))


def _judge_actions(session: Session) -> RolloverStep:
    actions = list_follow_up_records(session.store, "corrective_action")
    pending = sum(action.done_on is None for action in actions)
    code = "rollover_found.open_actions" if pending else "rollover_found.no_action"
    return RolloverStep("corrective_actions", True, Message(code, n=pending))


def _judge_drills(project: Project, year: str) -> RolloverStep:
    try:
        drills = propose_year_drills(project, year)
    except UserError:
        return RolloverStep("drills", False, Message("rollover_found.no_school_days", year=year))
    days = len({drill.day for drill in drills})
    found = Message("rollover_found.drills", n=len(drills), days=days)
    return RolloverStep("drills", False, found, Message("rollover_todo.save_schedule"))


def _judge_lock(session: Session, year: str) -> RolloverStep:
    last = _begin_of(year) - timedelta(days=1)
    before, locked = name_school_year(last), session.saved_project.year_rollover.locked_until
    if locked is not None and locked >= last:
        return RolloverStep("lock", True, Message("rollover_found.locked", year=before))
    if last >= session.today:
        found = Message("rollover_found.not_over", year=before, next=year)
        return RolloverStep("lock", False, found, possible=False)
    return RolloverStep("lock", False, Message("rollover_found.unlocked", year=before))


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
