"""The rollover into the next school year: calendar, posts and staggered drills."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from builders import project_from, refused
from rosters import roster

from zoneplanner import storage
from zoneplanner.app.data.edits import DATA_TABLES, remove_data_row, set_data_row
from zoneplanner.app.data.rollover import (
    check_rollover_step,
    list_rollover_steps,
    lock_year_before,
    propose_year_drills,
    roll_calendar,
    roll_posts,
    unlock_year_before,
    write_drill_schedule,
)
from zoneplanner.app.log.corrections import void_record
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.projects.backups import list_backups_of
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.project import Project

OpenSession = Callable[[Project], Session]
CALENDAR = SchoolCalendar(
    (
        DateRange("Fall 2026", date(2026, 8, 13), date(2026, 12, 18)),
        DateRange("Spring 2027", date(2027, 1, 4), date(2027, 6, 2)),
    ),
    (DateRange("Thanksgiving week", date(2026, 11, 23), date(2026, 11, 27)),),
    assumed=False,
)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(replace(project_from("AABB / aabb"), calendar=CALENDAR))


def list_steps(session: Session) -> dict[str, bool]:
    return {own.key: own.done for own in list_rollover_steps(session, "2027-28")}


def test_the_next_year_is_drafted_52_weeks_later_and_marked_assumed(session: Session) -> None:
    assert not list_steps(session)["calendar"]
    with refused("no_school_days", year="2027-28"):
        check_rollover_step(session, "2027-28", "calendar")
    roll_calendar(session, "2027-28")
    calendar = session.saved_project.calendar
    assert session.project.assumes_school_days(date(2027, 9, 1))
    assert not session.project.assumes_school_days(date(2026, 9, 1))  # that year was adopted
    assert not list_steps(session)["calendar"]
    assert calendar.terms[2:] == (
        DateRange("Fall 2027", date(2027, 8, 12), date(2027, 12, 17)),
        DateRange("Spring 2028", date(2028, 1, 3), date(2028, 5, 31)),
    )
    assert calendar.holidays[1].first == date(2027, 11, 22)
    assert calendar.terms[:2] == CALENDAR.terms
    again = session.saved_project
    roll_calendar(session, "2027-28")
    assert session.saved_project is again
    session.undo()
    assert session.saved_project.calendar == CALENDAR


def test_a_drafted_calendar_is_confirmed_by_a_person_or_by_an_edit(
    session: Session,
) -> None:
    year, day = "2027-28", date(2027, 9, 1)
    roll_calendar(session, year)
    check_rollover_step(session, year, "calendar")
    assert list_steps(session)["calendar"] and not session.project.assumes_school_days(day)
    said = next(own.message for own in list_rollover_steps(session, year) if own.key == "calendar")
    assert said.template == "rollover_step.checked"
    assert said.facts["found"].template == "rollover_found.drafted_days"
    check_rollover_step(session, year, "calendar", checked=False)
    assert not list_steps(session)["calendar"] and session.project.assumes_school_days(day)
    first = next(
        key
        for key, own in DATA_TABLES["calendar"].read(session.saved_project).items()
        if own["first"] == "2027-08-12"
    )
    set_data_row(session, "calendar", first, {"first": "2027-08-16"})
    assert list_steps(session)["calendar"] and not session.project.assumes_school_days(day)


def test_public_holidays_move_to_their_dates_in_the_next_year(open_session: OpenSession) -> None:
    days = {
        "Labor Day": ((2026, 9, 7), (2027, 9, 6)),
        "Veterans Day": ((2026, 11, 11), (2027, 11, 11)),
        "Lincoln’s Day": ((2027, 2, 8), (2028, 2, 7)),
        "Memorial Day": ((2027, 5, 31), (2028, 5, 29)),
    }
    one_day = [DateRange(name, date(*then), date(*then)) for name, (then, _) in days.items()]
    off = DateRange("Presidents’ week", date(2027, 2, 15), date(2027, 2, 19))
    calendar = replace(CALENDAR, holidays=(*one_day, off))
    session = open_session(replace(project_from("AABB / aabb"), calendar=calendar))
    roll_calendar(session, "2027-28")
    drafted = session.saved_project.calendar.holidays[len(calendar.holidays) :]
    assert {own.name: own.first for own in drafted} == {
        **{name: date(*later) for name, (_, later) in days.items()},
        "Presidents’ week": date(2028, 2, 21),
    }


def test_a_year_without_a_previous_year_is_refused(session: Session) -> None:
    with refused("no_calendar_before", before="2028-29"):
        roll_calendar(session, "2029-30")
    with refused("no_school_days", year="2029-30"):
        propose_year_drills(session.saved_project, "2029-30")


def test_posts_that_end_are_extended(open_session: OpenSession) -> None:
    project = replace(roster(), calendar=CALENDAR)
    ending = {
        key: replace(post, last=date(2027, 6, 2)) for key, post in list(project.posts.items())[:1]
    }
    session = open_session(replace(project, posts={**project.posts, **ending}))
    assert not list_steps(session)["posts"]
    roll_calendar(session, "2027-28")
    assert roll_posts(session, "2027-28") == 1
    assert session.saved_project.posts[next(iter(ending))].last == date(2028, 5, 31)
    assert list_steps(session)["posts"]


def test_staggered_drills_fill_every_period(session: Session, tmp_path: Path) -> None:
    project = session.saved_project
    drills = propose_year_drills(project, "2026-27")
    fire = [own for own in drills if own.kind == "fire" and own.site == "r1c1"]
    assert len({own.period for own in fire}) == len(fire) >= 4
    for own in drills:
        assert project.calendar.day_kind(own.day) is not None
        assert own.day > date(2026, 8, 19)
    by_site_and_day = Counter((own.site, own.day) for own in drills)
    assert max(by_site_and_day.values()) == 1
    together = Counter((own.kind, own.day) for own in drills if own.period != "June 2027")
    assert max(together.values()) <= 2
    june = Counter(own.day for own in drills if own.period == "June 2027" and own.kind == "fire")
    assert set(june.values()) == {4}  # eight schools on the two days of school in June
    assert propose_year_drills(project, "2026-27") == drills
    path = write_drill_schedule(session, drills, tmp_path / "drills.csv")
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert len(rows) == len(drills)
    assert rows[0]["day"] == drills[0].day.isoformat()


def test_the_days_of_a_period_are_looked_up_once(
    session: Session,
) -> None:
    asked: list[date] = []

    class Calendar(SchoolCalendar):
        def school_days(self, first: date, last: date) -> Iterator[date]:
            asked.append(first)
            return super().school_days(first, last)

    known = session.saved_project.calendar
    calendar = Calendar(**{one.name: getattr(known, one.name) for one in fields(known)})
    project = replace(session.saved_project, calendar=calendar)
    drills = propose_year_drills(project, "2026-27")
    looked = len(asked)
    fewer = replace(project, sites={one.id: one for one in project.patrolled[:1]})
    asked.clear()
    assert len(propose_year_drills(fewer, "2026-27")) < len(drills)
    assert len(asked) == looked


def test_the_command_takes_each_possible_step_and_lists_the_rest(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(session.store.files[0])
    session.close()
    assert main(["rollover", path, "--year", "2027-28", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == []
    assert not [one for one in list_backups_of(Path(path)) if "rolling" in one.why]
    assert main(["rollover", path, "--year", "2027-2028", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {own["kind"] for own in told["changed"]} == {"calendar"}
    assert told["year"] == "2027-28"
    made = [
        one for one in list_backups_of(Path(path)) if one.why == "before rolling over to 2027-28"
    ]
    with storage.open(made[0].file, read_only=True) as before:
        assert len(made) == 1 and before.project().calendar.terms == CALENDAR.terms
    assert main(["set", path, "calendar", "Fall 2026", "last=2026-12-17", "--json"]) == 0
    capsys.readouterr()
    assert "before changing the calendar" in {one.why for one in list_backups_of(Path(path))}
    assert [own["step"] for own in told["steps"]] == [
        *("calendar", "bells", "principals", "enrollment", "posts", "officers"),
        *("corrective_actions", "drills", "lock"),
    ]
    assert told["locked_until"] is None
    again = ["rollover", path, "--year", "2027-28", "--checked", "bells", "--json"]
    assert main(again) == 0
    assert [own["done"] for own in json.loads(capsys.readouterr().out)["steps"]][1]


def test_a_checked_step_stays_checked(session: Session) -> None:
    assert not list_steps(session)["principals"]
    check_rollover_step(session, "2027-28", "principals")
    assert list_steps(session)["principals"]
    assert not {o.key: o.done for o in list_rollover_steps(session, "2028-29")}["principals"]
    check_rollover_step(session, "2027-28", "principals", checked=False)
    assert not list_steps(session)["principals"]
    with refused("unknown_rollover_step", step="posts"):
        check_rollover_step(session, "2027-28", "posts")


def test_a_finished_year_can_be_locked_and_unlocked(open_session: OpenSession) -> None:
    last = DateRange("Spring 2026", date(2026, 1, 5), date(2026, 6, 3))
    calendar = replace(CALENDAR, terms=(last, *CALENDAR.terms))
    session = open_session(replace(project_from("AABB / aabb"), calendar=calendar))
    visit = {"site": "r1c1", "unit": "A", "purpose": "teaching"}
    old = {**visit, "arrived_at": "2026-05-04 09:00", "departed_at": "2026-05-04 09:20"}
    kept = log_record(session, "visit", old)
    with refused("year_not_over", year="2026-27"):
        lock_year_before(session, "2027-28")
    lock_year_before(session, "2026-27")
    with refused("year_locked", locked_until=date(2026, 6, 30)):
        log_record(session, "visit", old)
    with refused("year_locked"):
        void_record(session, kept.uid, reason="Twice")
    with refused("year_locked.calendar"):
        remove_data_row(session, "calendar", "Spring 2026")
    log_record(session, "visit", {**visit, "arrived_at": "2026-11-16 07:40"})
    set_data_row(session, "calendar", "Fall 2026", {"last": "2026-12-17"})
    unlock_year_before(session, "2026-27")
    void_record(session, kept.uid, reason="Twice")
    session.undo()
    with refused("year_locked"):
        log_record(session, "visit", old)
