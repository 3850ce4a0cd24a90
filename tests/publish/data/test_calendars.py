from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event
from rosters import FRIDAY, MONDAY, NOW, ZONE, clock, officer, roster, shift

from zoneplanner.domain.calendar.local_time import make_local_interval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits
from zoneplanner.domain.roster.shift import SAMPLE_PREFIX, RosterDecision
from zoneplanner.publish.data.calendars import (
    DueEvent,
    encode_due_calendar,
    encode_shift_calendar,
)

UID = f"A-day-{MONDAY}"


@pytest.fixture
def posted_roster() -> Project:
    project = roster(officer("A", "A"), officer("B", "A"))
    project = shift_edits.assign_shift(project, UID, "A", RosterDecision(NOW))
    return shift_edits.finalize_shifts(project, MONDAY, FRIDAY, now=NOW)


def read_events(project: Project, **whose: str) -> dict[str, Event]:
    calendar = Calendar.from_ical(encode_shift_calendar(project, **whose))
    found = [one for one in calendar.walk("VEVENT") if isinstance(one, Event)]
    return {str(one["uid"]): one for one in found}


def test_a_shift_is_an_event_in_the_projects_time_zone(posted_roster: Project) -> None:
    (event,) = read_events(posted_roster, officer="A").values()
    start = event["dtstart"].dt
    assert (start.astimezone(UTC), str(start.tzinfo)) == (posted_roster.shifts[UID].starts_at, ZONE)
    assert b"BEGIN:VTIMEZONE" in encode_shift_calendar(posted_roster, officer="A")
    assert (str(event["status"]), int(event["sequence"])) == ("CONFIRMED", 0)


def test_a_changed_shift_updates_its_event(
    posted_roster: Project,
) -> None:
    later = shift_edits.split_shift(
        posted_roster,
        UID,
        posted_roster.shifts[UID].starts_at + timedelta(hours=4),
        RosterDecision(NOW + timedelta(days=1), reason="court"),
    )
    before, after = read_events(posted_roster, officer="A"), read_events(later, officer="A")
    assert list(before) == list(after)
    (old,), (new,) = before.values(), after.values()
    assert int(new["sequence"]) == int(old["sequence"]) + 1
    assert new["dtend"].dt - new["dtstart"].dt == timedelta(hours=4)


def test_a_reassigned_shift_is_canceled_for_one_officer_and_confirmed_for_the_other(
    posted_roster: Project,
) -> None:
    other = shift_edits.assign_shift(posted_roster, UID, "B", RosterDecision(NOW, reason="sick"))
    (mine,) = read_events(other, officer="A").values()
    (theirs,) = read_events(other, officer="B").values()
    assert (str(mine["status"]), str(theirs["status"])) == ("CANCELLED", "CONFIRMED")
    assert str(mine["uid"]) in read_events(posted_roster, officer="A")


def test_a_canceled_shift_is_a_canceled_event(posted_roster: Project) -> None:
    gone = shift_edits.cancel_shift(posted_roster, UID, RosterDecision(NOW, reason="rain"))
    assert str(read_events(gone)[f"{UID}@project"]["status"]) == "CANCELLED"
    assert int(read_events(gone)[f"{UID}@project"]["sequence"]) == 1


def test_drafts_are_left_out_and_open_shifts_are_labeled() -> None:
    draft = shift_edits.assign_shift(roster(officer("A", "A")), UID, "A", RosterDecision(NOW))
    assert read_events(draft) == {}
    posted_roster = shift_edits.finalize_shifts(draft, MONDAY, MONDAY, now=NOW)
    titles = {str(event["summary"]) for event in read_events(posted_roster).values()}
    assert titles == {"A: Patrol, Officer A", "B: Patrol, open", "c: Patrol, open"}
    assert set(read_events(posted_roster, unit="B")) == {f"B-day-{MONDAY}@project"}


def test_a_sample_officers_shift_is_labeled_as_a_sample() -> None:
    made_up = replace(officer("A", "A"), id=f"{SAMPLE_PREFIX}A")
    project = shift_edits.assign_shift(roster(made_up), UID, made_up.id, RosterDecision(NOW))
    posted_roster = shift_edits.finalize_shifts(project, MONDAY, MONDAY, now=NOW)
    titles = {str(event["summary"]) for event in read_events(posted_roster).values()}
    assert titles == {"A: Patrol, Officer A (sample)", "B: Patrol, open", "c: Patrol, open"}


@pytest.mark.parametrize(
    ("day", "starts", "ends"),
    [
        (date(2026, 10, 31), "22:00", "06:00"),
        (date(2026, 10, 31), "23:30", "01:30"),
        (date(2026, 3, 7), "22:00", "06:00"),
    ],
)
def test_an_event_across_a_clock_change_has_the_right_times(
    day: date, starts: str, ends: str
) -> None:
    when = make_local_interval(day, clock(starts), clock(ends), ZONE)
    night = replace(
        shift("night", "A", day, "08:00", "12:00"),
        officer="A",
        starts_at=when.starts_at,
        ends_at=when.ends_at,
    )
    project = shift_edits.put_shift(roster(officer("A", "A")), night)
    project = shift_edits.finalize_shifts(project, day, day, now=NOW)
    event = read_events(project, officer="A")["night-A@project"]
    assert event["dtstart"].dt.astimezone(UTC) == when.starts_at
    assert event["dtend"].dt.astimezone(UTC) == when.ends_at


def test_a_start_in_the_repeated_hour_is_unambiguous() -> None:
    second = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    assert second.astimezone(ZoneInfo(ZONE)).fold == 1
    late = replace(
        shift("late", "A", date(2026, 11, 1), "00:30", "06:00"), officer="A", starts_at=second
    )
    project = shift_edits.put_shift(roster(officer("A", "A")), late)
    project = shift_edits.finalize_shifts(project, date(2026, 11, 1), date(2026, 11, 1), now=NOW)
    event = read_events(project, officer="A")["late-A@project"]
    assert event["dtstart"].dt.astimezone(UTC) == second


def test_the_same_roster_gives_the_same_bytes(posted_roster: Project) -> None:
    assert encode_shift_calendar(posted_roster) == encode_shift_calendar(posted_roster)


def test_an_open_shift_is_tentative(posted_roster: Project) -> None:
    uid, shift = next(iter(posted_roster.shifts.items()))
    opened = replace(posted_roster, shifts={uid: replace(shift, officer=None)})
    (event,) = Calendar.from_ical(encode_shift_calendar(opened)).events
    assert event["STATUS"] == "TENTATIVE"


def test_due_events_have_reminders_and_overdue_ones_are_today() -> None:
    today = date(2026, 11, 27)
    due = [
        DueEvent(f"u{days}", today + timedelta(days=days), f"Fire drill {days}", "At a school")
        for days in (-30, 0, 10)
    ]
    calendar = Calendar.from_ical(encode_due_calendar("Due", due, as_of=today))
    days = [event["DTSTART"].dt for event in calendar.events]
    assert days == [today, today, today + timedelta(days=10)]
    rings = [[one["TRIGGER"].dt for one in event.subcomponents] for event in calendar.events]
    assert rings == [[], [], [timedelta(days=-7), timedelta(days=-1)]]
