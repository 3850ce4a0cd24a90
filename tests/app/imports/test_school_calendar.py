"""School calendars from files: published ones and hostile ones."""

from datetime import date
from pathlib import Path

import pytest
from builders import OpenSession, refused
from rosters import NOW, officer, roster

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.session.session import Session
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.calendar.bells import SchoolDayKind
from zoneplanner.domain.roster.shift import AvailabilityKind
from zoneplanner.errors import UserError
from zoneplanner.exchange.formats import school_calendar
from zoneplanner.messages import Message

DISTRICT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//District//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20270812
SUMMARY:First Day of School
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20280601
SUMMARY:Last Day of School
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART;VALUE=DATE:20271122
DTEND;VALUE=DATE:20271127
SUMMARY:No School - Thanksgiving Break
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART;VALUE=DATE:20271217
RRULE:FREQ=WEEKLY;COUNT=2
SUMMARY:Minimum Day
END:VEVENT
BEGIN:VEVENT
UID:5
DTSTART:20271005T010000Z
SUMMARY:Board meeting
END:VEVENT
END:VCALENDAR
"""


def format_event(*lines: str) -> str:
    body = "\n".join(("BEGIN:VEVENT", "UID:x", "SUMMARY:No School", *lines, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}\nEND:VCALENDAR\n"


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(roster(officer("A", "A")), now=NOW)


def write_calendar(tmp_path: Path, text: str, name: str = "calendar.ics") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_district_calendar_gives_terms_days_off_and_minimum_days(
    session: Session, tmp_path: Path
) -> None:
    done = import_file(session, write_calendar(tmp_path, DISTRICT), "calendar")
    calendar = session.project.calendar
    assert (done.read, done.taken) == (5, 4)
    days, left = done.notes
    assert "Thanksgiving Break (2027-11-22 to 2027-11-26); Minimum Day (2027-12-17)" in str(days)
    assert left == Message("calendar_events_left_out", n=1)
    assert calendar.is_school_day(date(2027, 8, 12))
    assert not calendar.is_school_day(date(2027, 8, 11))
    assert not calendar.is_school_day(date(2027, 11, 26))
    assert calendar.is_school_day(date(2027, 11, 29))
    assert calendar.day_kind(date(2027, 12, 24)) is SchoolDayKind.MINIMUM
    assert not calendar.assumed
    assert calendar.is_school_day(date(2026, 9, 14)), "the year before stays"
    session.undo()
    assert session.project.calendar.assumed


def test_days_that_a_repeated_event_leaves_out_or_moves_are_not_minimum_days(
    session: Session, tmp_path: Path
) -> None:
    weekly = """\
BEGIN:VEVENT
UID:w
DTSTART;TZID=America/Los_Angeles:20270903T120000
RRULE:FREQ=WEEKLY;COUNT=6
EXDATE;TZID=America/Los_Angeles:20270910T120000,20270917T120000
EXDATE;VALUE=DATE:20270924
SUMMARY:Minimum Day
END:VEVENT
BEGIN:VEVENT
UID:w
RECURRENCE-ID;TZID=America/Los_Angeles:20271001T120000
DTSTART;TZID=America/Los_Angeles:20270930T120000
SUMMARY:Minimum Day
END:VEVENT
BEGIN:VEVENT
UID:w
RECURRENCE-ID;TZID=America/Los_Angeles:20271008T120000
DTSTART;TZID=America/Los_Angeles:20271008T120000
SUMMARY:Minimum Day
STATUS:CANCELLED
END:VEVENT
"""
    path = write_calendar(tmp_path, DISTRICT.replace("END:VCALENDAR", f"{weekly}END:VCALENDAR"))
    import_file(session, path, "calendar")
    days = [span.first for span in session.project.calendar.minimum_days]
    assert days[:3] == [date(2027, 9, 3), date(2027, 9, 30), date(2027, 12, 17)]


def test_the_same_calendar_again_is_known(session: Session, tmp_path: Path) -> None:
    path = write_calendar(tmp_path, DISTRICT)
    import_file(session, path, "calendar")
    again = import_file(session, path, "calendar")
    assert (again.taken, again.already) == (0, 4)
    assert again.message.template == "calendar_imported.known"
    assert str(again.message).endswith("of “calendar.ics” are known already.")


def test_the_calendar_of_the_handbook_is_imported_whole(session: Session, tmp_path: Path) -> None:
    page = (resources_dir() / "handbook" / "data.md").read_text(encoding="utf-8")
    rows = [line[4:] for line in page.splitlines() if line.startswith("    ")]
    path = write_calendar(tmp_path, "\n".join(rows), "calendar.csv")
    done = import_file(session, path, "calendar")
    assert (done.taken, done.refused, done.ignored) == (4, (), ())


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=DAILY"), "not_repeated_daily.endless"),
        (
            ("DTSTART:20270101T000000Z", "RRULE:FREQ=SECONDLY;COUNT=100000000"),
            "not_repeated_daily.within_a_day",
        ),
        (
            ("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=DAILY;COUNT=100000000"),
            "too_large.repeats",
        ),
        (("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=DAILY;UNTIL=99991231"), "too_large.repeats"),
        (
            ("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=YEARLY;COUNT=3;BYHOUR=1;BYSECOND=1,2,3"),
            "not_repeated_daily.within_a_day",
        ),
        (("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=YEARLY;COUNT=300"), "too_large.repeats"),
        (
            ("DTSTART;VALUE=DATE:20270101", "DTEND;VALUE=DATE:29990101"),
            "longer_than_a_school_year",
        ),
        (("DTSTART;VALUE=DATE:20270101", "RDATE:20270102T000000Z"), "not_repeated_daily.rule"),
        ((), "unreadable_row.dates"),
    ],
)
def test_a_calendar_with_endless_repeats_is_refused(
    session: Session, tmp_path: Path, lines: tuple[str, ...], code: str
) -> None:
    before = session.project.calendar
    with pytest.raises(UserError) as caught:
        import_file(session, write_calendar(tmp_path, format_event(*lines)), "calendar")
    assert (caught.value.template, caught.value.details["event"]) == (
        "no_row_imported.calendar_event",
        1,
    )
    assert caught.value.details["reason"].template == code
    assert session.project.calendar == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nothing of the kind", "unreadable_file.no_calendar"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * 3001, "too_large.events"),
        ("BEGIN:VCALENDAR\n" + "X" * 2_000_001, "too_large.bytes"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", "unreadable_file.calendar"),
    ],
)
def test_a_file_that_is_not_a_calendar_is_refused(
    session: Session, tmp_path: Path, text: str, code: str
) -> None:
    with refused(code, file="calendar.ics"):
        import_file(session, write_calendar(tmp_path, text), "calendar")


def test_a_table_gives_terms_and_bells_by_level_and_site(session: Session, tmp_path: Path) -> None:
    table = (
        "kind,name,first,last,starts,lunch_from,lunch_to,ends,ends_early,ends_minimum\n"
        "term,Fall 2027,2027-08-12,2027-12-17,,,,,,\n"
        "minimum day,Finals,2027-12-16,,,,,,,\n"
        "bells,High,,,8:45,12:00,12:40,15:45,14:45,13:00\n"
        "bells,School r1c1,,,9:00,12:00,12:40,15:45,14:45,13:00\n"
        "party,Ball,2027-12-16,,,,,,,\n"
    )
    done = import_file(session, write_calendar(tmp_path, table, "calendar.csv"), "calendar")
    bells = session.project.calendar.bells
    assert f"{bells.by_level['high'].starts:%H:%M}" == "08:45"
    assert f"{bells.by_site['r1c1'].starts:%H:%M}" == "09:00"
    assert session.project.calendar.day_kind(date(2027, 12, 16)) is SchoolDayKind.MINIMUM
    known = "term, holiday, minimum day, bells"
    assert [(one.row, one.remark) for one in done.refused] == [
        (6, Message("unknown_kind.of_calendar", kind="party", known=known))
    ]


def test_unknown_and_unordered_bells_are_rejected(session: Session, tmp_path: Path) -> None:
    head = "kind,name,first,last,starts,lunch_from,lunch_to,ends,ends_early,ends_minimum\n"
    nowhere = head + "bells,Hogwarts,,,8:45,12:00,12:40,15:45,14:45,13:00\n"
    with refused("unknown_level"):
        import_file(session, write_calendar(tmp_path, nowhere, "a.csv"), "calendar")
    backwards = head + "bells,High,,,8:45,12:00,12:40,8:15,14:45,13:00\n"
    with refused("bells_out_of_order"):
        import_file(session, write_calendar(tmp_path, backwards, "b.csv"), "calendar")


def test_main_job_shifts_of_a_table_become_unavailable_times(
    session: Session, tmp_path: Path
) -> None:
    table = (
        "uid,unit,officer,starts_at,ends_at,status\n"
        "m1,main job,A,2026-10-31T22:00,2026-11-01T06:00,\n"
        "m2,main job,,2026-10-30T22:00,2026-10-31T06:00,\n"
    )
    path = write_calendar(tmp_path, table, "shifts.csv")
    done = import_file(session, path, "shifts")
    assert (done.taken, [one.remark for one in done.refused]) == (
        1,
        [Message("row_lacks_officer")],
    )
    (own,) = session.project.officers["A"].times
    (when,) = own.intervals(own.first, own.last, session.project.time_zone)
    assert (own.kind, when.hours) == (AvailabilityKind.MAIN_JOB, 9.0)
    assert import_file(session, path, "shifts").already == 1


HOSTILE = {
    "twice": ("DTSTART;VALUE=DATE:20270101", "DTSTART;VALUE=DATE:20270102"),
    "a word": ("DTSTART:soon",),
    "a length": ("DTSTART;VALUE=DURATION:P1D",),
    "a clock": ("DTSTART;VALUE=TIME:080000",),
    "a span": ("DTSTART;VALUE=PERIOD:20270101T080000Z/PT1H",),
    "an end that is a length": ("DTSTART;VALUE=DATE:20270101", "DTEND;VALUE=DURATION:P1D"),
    "the first moment": ("DTSTART:00010101T000000Z",),
    "a rule in words": ("DTSTART;VALUE=DATE:20270101", "RRULE:weekly"),
    "two rules": ("DTSTART;VALUE=DATE:20270101", *["RRULE:FREQ=DAILY;COUNT=1"] * 2),
    "a rule without a pace": ("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=;COUNT=2"),
    "a rule of nothing": ("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=YEARLY;COUNT=2;BYDAY=XX"),
}


def test_hostile_events_are_rejected_and_a_valid_one_is_imported(
    session: Session, tmp_path: Path
) -> None:
    sound = (
        format_event("DTSTART;VALUE=DATE:20270118")
        .split("\n", 2)[2]
        .removesuffix("END:VCALENDAR\n")
    )
    for name, lines in HOSTILE.items():
        text = format_event(*lines).replace("END:VCALENDAR", f"{sound}END:VCALENDAR")
        done = import_file(session, write_calendar(tmp_path, text), "calendar", dry_run=True)
        assert (done.read, done.taken, [one.row for one in done.refused]) == (2, 1, [1]), name


def test_a_bug_in_reading_an_event_is_not_reported_as_a_missing_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raise_planted_error(*_: object) -> None:
        raise AttributeError("planted")

    monkeypatch.setattr(school_calendar, "_localize_date", raise_planted_error)
    path = write_calendar(tmp_path, DISTRICT)
    with pytest.raises(AttributeError, match="planted"):
        next(school_calendar.list_calendar_days(path, path.name, time_zone="UTC"))
