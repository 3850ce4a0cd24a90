"""Tables without a mapping: odd dates, times, headings, marks, places and units."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused
from sentences import find_message

from zoneplanner.app.coverage.demand import list_silent_jurisdictions
from zoneplanner.app.geography.site_aliases import forget_name, list_explained_words
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.file_kinds import build_sample_reader, guess_file_kind
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.logbook import list_drills, list_incidents, list_visits
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
HEAD = "Call Number,Call Date,Received,Dispatched,Arrived,Cleared,Call Type,Location Name,Unit\n"


def district() -> Project:
    """Return two schools: one with a usual name, one with a separate address."""
    project = project_from("AB")
    first, second = project.sites.values()
    project = project.with_site(replace(first, name="Rio Americano High"))
    return project.with_site(
        replace(
            second,
            name="Arcade Middle",
            street="3500 Edison Avenue",
            city="Sacramento",
            level="middle",
        )
    )


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(district(), now=NOW)


def bring(
    session: Session,
    text: str | bytes,
    kind: str = "incidents",
    name: str = "e.csv",
    **more: object,
) -> ImportResult:
    path = session.store.path.with_name(name)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    wanted = ImportOptions(path, kind, **more)  # type: ignore[arg-type]
    return import_file(session, path, kind, options=wanted)


def find_only_incident(session: Session) -> Incident:
    (made,) = list_incidents(session)
    return made


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_a_call_over_midnight_rolls_to_the_next_day(session: Session) -> None:
    done = bring(session, f"{HEAD}1,11/12/2026,23:50,23:58,00:07,00:40,ALARM,RIO AMERICANO HS,A\n")
    made = find_only_incident(session)
    assert (done.taken, done.refused, done.repaired) == (1, (), ())
    assert made.received_at == at(13, 7, 50)
    assert made.dispatched_at == at(13, 7, 58)
    assert made.onscene_at == at(13, 8, 7)
    assert made.cleared_at == at(13, 8, 40)


def test_am_and_pm_blanks_and_the_year_1900_are_understood(session: Session) -> None:
    head = "Incident Number,Date/Time Received,Dispatch Time,On Scene,Closed,Nature,Place\n"
    row = "7,11/13/2026 1:05:00 PM,1/1/1900 12:00:00 AM,,NULL,FIGHT,Rio Americano High School\n"
    bring(session, head + row)
    made = find_only_incident(session)
    assert (made.uid, made.received_at, made.type) == ("7", at(13, 21, 5), "FIGHT")
    assert (made.dispatched_at, made.onscene_at, made.cleared_at) == (None, None, None)


def test_a_time_before_its_date_is_read_in_the_chosen_day_order(session: Session) -> None:
    head = "Call Number,Received,Arrived,Call Type,Location Name\n"
    done = bring(
        session,
        head
        + "1,14:05:09 11/02/2026,14:11:00 11/02/2026,FIGHT,Rio Americano High\n"
        + "2,09:30:00 10/21/2026,00:00:00 00/00/0000,FIGHT,Rio Americano High\n",
    )
    assert done.taken == 2, done.message
    first, second = sorted(list_incidents(session), key=lambda one: one.uid)
    assert first.received_at == datetime(2026, 11, 2, 22, 5, 9, tzinfo=UTC)
    assert first.onscene_at == datetime(2026, 11, 2, 22, 11, tzinfo=UTC)
    assert second.onscene_at is None


def test_rows_by_unit_become_one_call_with_the_first_stamps_and_all_units(session: Session) -> None:
    rows = (
        "9,11/13/2026,08:00,08:03,08:12,08:30,FIGHT,RIO AMERICANO HS,B\n"
        "8,11/13/2026,09:00,,,,ALARM,WALMART,B\n"
        "9,11/13/2026,08:00,08:02,08:09,08:45,FIGHT,RIO AMERICANO HS,A\n"
        "9,11/13/2026,08:00,08:05,,,FIGHT,RIO AMERICANO HS,X9\n"
    )
    done = bring(session, HEAD + rows)
    made = find_only_incident(session)
    assert (done.read, done.taken, done.counts["joined"], done.elsewhere) == (4, 1, 2, 1)
    assert made.units == ("B", "A")
    assert (made.dispatched_at, made.onscene_at) == (at(13, 16, 2), at(13, 16, 9))
    assert made.cleared_at == at(13, 16, 45)
    assert done.words == {"units": {"X9": 1}}


def test_a_number_reused_on_another_day_is_another_call(session: Session) -> None:
    first = f"{HEAD}1,11/12/2026,08:00,,,,FIGHT,RIO AMERICANO HS,A\n"
    second = f"{HEAD}1,10/30/2026,08:00,,,,THEFT,RIO AMERICANO HS,A\n"
    assert bring(session, first).taken == 1
    for taken in (1, 0):
        done = bring(session, second)
        assert (done.taken, done.refused) == (taken, ())
    assert {one.type for one in list_incidents(session)} == {"FIGHT", "THEFT"}


def test_the_repeated_hour_follows_the_stamp_before_it(session: Session) -> None:
    rows = (
        "1,11/01/2026,00:50,01:30,01:10,02:10,ALARM,RIO AMERICANO HS,A\n2,10/31/2026,9:00,,,,A,X,\n"
    )
    done = bring(session, HEAD + rows)
    made = find_only_incident(session)
    assert (done.taken, len(done.repaired)) == (1, 1)
    assert (made.received_at, made.dispatched_at) == (at(1, 7, 50), at(1, 8, 30))
    assert (made.onscene_at, made.cleared_at) == (at(1, 9, 10), at(1, 10, 10))


def test_the_skipped_hour_is_read_in_standard_time(session: Session) -> None:
    rows = "1,03/08/2026,02:30,,,03:45,ALARM,RIO AMERICANO HS,A\n2,03/13/2026,9:00,,,,A,X,\n"
    bring(session, HEAD + rows)
    made = find_only_incident(session)
    assert (made.received_at, made.cleared_at) == (at(8, 10, 30, 3), at(8, 10, 45, 3))


def test_a_call_with_backward_or_unreadable_stamps_is_imported(session: Session) -> None:
    rows = (
        "2,11/13/2026,09:00:00,09:01,09:02,,FIGHT,WALMART,A\n"
        "3,11/13/2026,09:00:00,09:01,09:02,,FIGHT,WALMART,A\n"
        "1,11/13/2026,08:00:00,07:59:58,soon,08:20:00,FIGHT,RIO AMERICANO HS,A\n"
    )
    done = bring(session, HEAD + rows)
    made = find_only_incident(session)
    assert (made.dispatched_at, made.onscene_at) == (None, None)
    assert made.cleared_at == at(13, 16, 20)
    assert len(done.repaired[0].repaired) == 2


PLACES = {
    "by an abbreviation": "Place\nRIO AMERICANO HS",
    "by its address": 'Address\n"3500 EDISON AVE, SACRAMENTO"',
    "by a name within": "Location\nSJUSD - RIO AMERICANO HS: GYM",
    "by a position in the project's coordinates": "X,Y\n1520,-480",
}


@pytest.mark.parametrize("case", PLACES)
def test_a_site_is_found(case: str, session: Session) -> None:
    head, row = PLACES[case].split("\n")
    done = bring(session, f"ID,Nature,Created,{head}\n1,FIGHT,11/13/2026 08:00,{row}\n")
    assert (done.taken, done.elsewhere) == (1, 0)
    assert find_only_incident(session).site in ("r1c1", "r1c2")


def test_a_place_that_resembles_a_school_is_asked_about_once_and_stored(session: Session) -> None:
    text = f"{HEAD}1,11/13/2026,08:00,,,,FIGHT,AMERICANO SCHOOL GYM,A\n"
    done = bring(session, text)
    assert (done.taken, done.elsewhere) == (0, 1)
    assert [(own.place, own.candidates) for own in done.places] == [
        ("AMERICANO SCHOOL GYM", ("r1c1",))
    ]
    done = bring(session, text, aliases={"AMERICANO SCHOOL GYM": "r1c1"})
    assert (done.taken, done.aliased, done.places) == (1, 1, ())
    assert bring(session, text).already == 1
    assert session.saved_project.sites["r1c1"].aliases == ("AMERICANO SCHOOL GYM",)
    session.undo()
    assert session.saved_project.sites["r1c1"].aliases == ()


def test_the_refusal_of_ambiguous_days_names_only_days(session: Session) -> None:
    text = f"{HEAD}1,05/06/2025,08:01,08:02,08:10,08:30,FIGHT,RIO AMERICANO HS,A\n"
    with refused("day_order_unknown", samples=["05/06/2025"]):
        bring(session, text)


def test_the_order_of_ambiguous_days_is_asked_once(session: Session) -> None:
    text = "ID,Nature,Created,Place\n1,FIGHT,05/06/2026 08:00,RIO AMERICANO HS\n"
    with refused("day_order_unknown", samples=["05/06/2026 08:00"]):
        bring(session, text)
    assert bring(session, text, dates="day-first").taken == 1
    assert find_only_incident(session).received_at == at(5, 15, 0, 6)
    more = "ID,Nature,Created,Place\n2,FIGHT,07/06/2026 08:00,RIO AMERICANO HS\n"
    bring(session, more)
    assert list_incidents(session)[-1].received_at == at(7, 15, 0, 6)


def test_an_unambiguous_day_or_a_future_day_settles_the_day_order(session: Session) -> None:
    head = "ID,Nature,Created,Place\n"
    bring(session, f"{head}1,A,05/06/2026 08:00,RIO AMERICANO HS\n2,B,13/06/2026 08:00,WALMART\n")
    assert find_only_incident(session).received_at == at(5, 15, 0, 6)
    bring(session, f"{head}3,A,11/12/2026 08:00,RIO AMERICANO HS\n")
    assert list_incidents(session)[-1].received_at == at(12, 16, 0)


def test_visits_with_separate_dates_and_times_and_custom_purposes_are_imported(
    session: Session,
) -> None:
    text = (
        "Date,Time,School,Unit,Purpose\n11/12/2026,8:10 AM,RIO AMERICANO HS,A,patrol\n"
        "11/13/2026,1:10 PM,Arcade MS,B,teaching\n11/13/2026,2:10 PM,ELSEWHERE MS,B,teaching\n"
    )
    done = bring(session, text, "visits")
    assert (done.taken, done.elsewhere, done.refused) == (2, 1, ())
    assert done.words == {"purpose": {"patrol": 1}}
    assert [visit.purpose for visit in list_visits(session)] == ["", "teaching"]
    again = bring(session, text, "visits", words={"purpose": {"Patrol": "enforcement"}})
    assert (again.taken, again.counts["changed"], again.already, again.words) == (
        1,
        1,
        1,
        {},
    )
    assert [visit.purpose for visit in list_visits(session)] == ["enforcement", "teaching"]
    last = bring(session, text, "visits")
    assert (last.taken, last.already, last.words) == (0, 2, {})


def test_drills_officers_and_shifts_use_the_same_importer(session: Session) -> None:
    drills = "School,Drill Type,Date,Length\nRio Americano HS,Fire,11/13/2026,12\n"
    assert bring(session, drills, "drills").taken == 1
    assert list_drills(session)[0].kind == "fire"
    officers = "Badge,First Name,Last Name,Dept,Rank\n77,Ada,Gray,SO,Deputy\n"
    assert bring(session, officers, "officers").taken == 1
    assert session.saved_project.officers["77"].name == "Ada Gray"
    shifts = "Date,Beat,Start,End,Deputy\n11/20/2026,A,2200,0600,Ada Gray\n"
    assert bring(session, shifts, "shifts").taken == 1
    (shift,) = session.saved_project.shifts.values()
    assert (shift.officer, shift.ends_at) == ("77", at(21, 14, 0))


def test_a_later_export_completes_an_unfinished_call(session: Session) -> None:
    going = f"{HEAD}1,11/13/2026,08:00,08:02,,,FIGHT,RIO AMERICANO HS,A\n"
    over = f"{HEAD}1,11/13/2026,08:00,08:02,08:10,08:30,FIGHT,RIO AMERICANO HS,A\n"
    assert bring(session, going).taken == 1
    done = bring(session, over)
    assert (done.taken, done.counts["changed"]) == (1, 1)
    assert find_only_incident(session).cleared_at == at(13, 16, 30)
    for text in (going, over):
        done = bring(session, text)
        assert (done.taken, done.already, done.refused) == (0, 1, ())
    assert "corrected" not in done.to_json()
    done = bring(session, over.replace("08:30", "09:15"))
    assert (done.taken, done.counts["changed"], find_only_incident(session).cleared_at) == (
        1,
        1,
        at(13, 17, 15),
    )
    (change,) = done.to_json()["corrected"]
    assert (change["uid"], change["column"]) == ("1", "cleared_at")
    assert (change["before"], change["after"]) == (
        at(13, 16, 30).isoformat(),
        at(13, 17, 15).isoformat(),
    )
    now = Message(
        "value_changed", column="cleared", before="2026-11-13 08:30", after="2026-11-13 09:15"
    )
    corrected = find_message(done.notes, "corrected_by_file").facts
    assert corrected["changes"] == [Message("record_changed", uid="1", change=now)]
    reason = done.rows[0].remark
    assert (reason.template, reason.facts["changes"]) == ("row_reason.changed", [now])
    assert str(now) == "cleared 2026-11-13 08:30 is now 2026-11-13 09:15"
    assert [one.payload.get("cleared_at") for one in session.store.record("1")] == [
        None,
        change["before"],
        change["after"],
    ]


def test_unexplained_words_are_reported_with_what_they_were_read_as(
    session: Session,
) -> None:
    head = "CFS #,Date,Time Rcvd,Incident Type,Business Name,Urgency\n"
    rows = "".join(
        f"{n},11/13/2026,0{n}:00,FIGHT,RIO AMERICANO HS,{word}\n"
        for n, word in enumerate(("Emergency", "Urgent", "Routine", "P2"), start=1)
    )
    done = bring(session, head + rows)
    assert done.understood == {"priority": {"Emergency": "1", "Routine": "3", "P2": "2"}}
    assert done.words == {"priority": {"Urgent": 1}}
    assert [call.uid for call in list_incidents(session)] == ["1", "2", "3", "4"]
    again = bring(session, head + rows, words={"priority": {"Urgent": "2"}})
    assert (again.counts["changed"], again.already, again.words) == (1, 3, {})


def test_drill_kinds_are_recognized_by_the_words_schools_use(session: Session) -> None:
    head = "School,Drill,Date,Time\n"
    words = ("Fire Drill", "Earthquake (Drop/Cover)", "Drop, Cover & Hold On", "Lockdown")
    rows = "".join(
        f"RIO AMERICANO HS,{word!r},11/13/2026,1{n}:00\n".replace("'", '"')
        for n, word in enumerate(words)
    )
    assert bring(session, head + rows, "drills").taken == 4
    assert [one.kind for one in list_drills(session)] == ["fire", "drop", "drop", "lockdown"]


def test_an_unknown_drill_kind_is_rejected_with_a_list_of_the_known_ones(session: Session) -> None:
    rows = "Arcade MS,Bicycle,11/13/2026,9:00\nArcade MS,Fire,11/13/2026,9:30\n"
    done = bring(session, f"School,Drill,Date,Time\n{rows}", "drills")
    assert (done.taken, done.words) == (1, {"kind": {"Bicycle": 1}})
    assert "evacuate" in str(done.refused[0].remark)


@pytest.mark.parametrize(
    ("code", "facts", "words"),
    [
        ("unknown_unit", {"unit": "S9"}, {"units": {"1A21": "S9"}}),
        ("unknown_choice", {"what": "priority", "text": "soon"}, {"priority": {"Urgent": "soon"}}),
        ("unknown_choice", {"what": "column", "text": "kind"}, {"kind": {"x": "fire"}}),
    ],
)
def test_an_unknown_meaning_of_a_word_is_refused(
    session: Session, code: str, facts: dict[str, str], words: dict[str, dict[str, str]]
) -> None:
    with refused(code, **facts):
        bring(session, f"{HEAD}1,11/13/2026,08:00,,,,FIGHT,RIO AMERICANO HS,1A21\n", words=words)


def test_a_unit_explained_for_calls_is_known_in_a_visit_list(session: Session) -> None:
    call = f"{HEAD}1,11/13/2026,08:00,,,,FIGHT,RIO AMERICANO HS,1A21\n"
    bring(session, call, words={"units": {"1A21": "A"}})
    bring(session, "School,Unit,Date,Time in\nArcade MS,1A21,11/13/2026,9:00\n", "visits")
    assert [visit.unit for visit in list_visits(session)] == ["A"]
    with refused("unknown_site_alias"):
        forget_name(session, "units:1A22")
    forget_name(session, "units: 1a21")
    assert list_explained_words(session.project) == []
    later = call.replace("1,11/13", "2,11/14")
    assert bring(session, later).words == {"units": {"1A21": 1}}  # asked again
    assert [one.units for one in list_incidents(session)] == [("A",), ()]


def sheet(path: Path) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["Calls for Service Report"])
    page.merge_cells("A1:E1")
    page.append(["Printed 11/14/2026"])
    page.append([])
    page.append(["Event #", "Received", "Arrived", "Type", "Place"])
    page.append([5, datetime(2026, 11, 13, 8), date(1900, 1, 1), "FIGHT", "RIO AMERICANO HS"])  # noqa: DTZ001
    page.append(["Total", 1])
    book.save(path)
    return path.read_bytes()


ODD: dict[str, Callable[[Path], bytes]] = {
    "semicolons": lambda _: b"ID;Nature;Created;Place\n1;FIGHT;13.11.2026 08:00;RIO AMERICANO HS\n",
    "UTF-16": lambda _: (
        "ID\tNature\tCreated\tPlace\r\n1\tFIGHT\t11/13/2026 08:00\tRIO AMERICANO HS\r\n"
    ).encode("utf-16"),
    "UTF-16 without its mark": lambda _: (
        "ID\tNature\tCreated\tPlace\r\n1\tFIGHT\t11/13/2026 08:00\tRIO AMERICANO HS\r\n"
    ).encode("utf-16-le"),
    "title lines and a total": lambda _: (
        b"County Sheriff\nCalls for Service, all beats\n\nID,Nature,Created,Place\n"
        b"1,FIGHT,11/13/2026 08:00,RIO AMERICANO HS\n\nTotal: 1,,,\n"
    ),
    "epoch milliseconds": lambda _: (
        b"ID,Nature,Created,Place\n1,FIGHT,1794585600000,RIO AMERICANO HS\n"
    ),
    "ISO with Z": lambda _: b"ID,Nature,Created,Place\n1,A,2026-11-13T16:00:00Z,RIO AMERICANO HS\n",
    "names of months": lambda _: (
        b"ID,Nature,Created,Place\n1,A,Nov 13 2026 08:00:00:000AM,RIO AMERICANO HS\n"
    ),
    "two columns of one name": lambda _: (
        b"ID,Nature,Created,Place,Unit,Unit\n1,A,2026-11-13 08:00,RIO AMERICANO HS,A,B\n"
    ),
    "our headings, others' times": lambda _: (
        b"uid,type,received_at,site\n1,A,11/13/2026 8:00 AM,RIO AMERICANO HS\n"
    ),
    "a narrative of many lines": lambda _: (
        b"ID,Nature,Created,Place,Narrative Log\n"
        b'1,A,11/13/2026 8:00,RIO AMERICANO HS,"a\n\x07b,""c"""\n'
    ),
    "day and time in digits": lambda _: (
        b"Call No,Type,Date,Time,Location\n1,A,20261113,080000,RIO AMERICANO HS\n"
    ),
    "a zone behind the time": lambda _: (
        b"ID,Nature,Created,Place\n1,A,11/13/2026 08:00 PST,RIO AMERICANO HS\n"
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_file_is_read(case: str, session: Session, tmp_path: Path) -> None:
    done = bring(session, ODD[case](tmp_path / "made.xlsx"))
    assert (done.taken, done.refused, done.read) == (1, (), 1)
    assert find_only_incident(session).received_at == at(13, 16, 0)


def test_rows_that_name_no_place_are_counted_separately(session: Session, tmp_path: Path) -> None:
    rows = (
        b"1,A,11/13/2026 08:00,",
        b"2,A,11/13/2026 09:00,ELM ST",
        b"3,A,11/13/2026 10:00,RIO AMERICANO HS",
    )
    done = bring(session, b"\n".join((b"ID,Nature,Created,Place", *rows, b"")))
    assert (done.taken, done.elsewhere, done.others) == (1, 2, (("ELM ST", 1),))
    assert Message("rows_without_place", n=1) in done.notes


def test_rows_below_titles_have_the_numbers_of_a_spreadsheet(
    session: Session, tmp_path: Path
) -> None:
    titles = b"County Sheriff\nCalls for Service\n\nID,Nature,Created,Place\n"
    rows = b"1,A,never,RIO AMERICANO HS\n\n2,A,11/13/2026 08:00,RIO AMERICANO HS\n"
    done = bring(session, titles + rows)
    assert [row.row for row in done.rows] == [5, 7]


def test_a_workbook_with_merged_titles_and_a_total_is_read(
    session: Session, tmp_path: Path
) -> None:
    done = bring(session, sheet(tmp_path / "made.xlsx"), name="e.xlsx")
    assert (done.taken, done.refused, done.read) == (1, (), 1)
    made = find_only_incident(session)
    assert (made.received_at, made.onscene_at) == (at(13, 16, 0), None)


KINDS = {
    "visits": ("Date,Time,School,Unit,Purpose\n11/12/2026,8:10 AM,RIO AMERICANO HS,A,patrol\n", ""),
    "incidents": (
        f"{HEAD}1,11/12/2026,23:50,23:58,00:07,00:40,ALARM,RIO AMERICANO HS,A\n",
        "coverage",
    ),
    "officers": ("Name,Badge,Email\nAda Gray,77,a@example.org\n", "shifts"),
    "shifts": ("Date,Beat,Start,End,Deputy\n11/20/2026,A,2200,0600,77\n", ""),
    "drills": ("School,Drill Type,Date\nRio Americano HS,Fire,11/13/2026\n", ""),
    "sites": ("School,Address,Enrollment\nRio Americano High,4540 American River Dr,1800\n", ""),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_file_is_guessed_from_its_columns_and_the_page(
    kind: str, session: Session
) -> None:
    text, near = KINDS[kind]
    path = session.store.path.with_name("e.csv")
    path.write_text(text)
    asked = ImportOptions(path, "sites")
    found = build_sample_reader(session, asked, chosen=None, near=near)(lambda *_: None)
    assert guess_file_kind(found, near) == kind


def test_only_days_that_the_rows_span_can_be_declared_complete(session: Session) -> None:
    path = session.store.path.with_name("e.csv")
    path.write_text(
        f"{HEAD}1,09/14/2026,08:00,,,,FIGHT,RIO AMERICANO HS,A\n"
        "2,09/30/2026,08:00,,,,FIGHT,RIO AMERICANO HS,A\n"
    )

    def declare(first: date, last: date) -> ImportResult:
        return import_file(session, path, "incidents", complete=DaySpan(first, last))

    for first, last in (
        (date(2026, 8, 13), date(2026, 9, 30)),
        (date(2026, 9, 14), date(2026, 11, 14)),
    ):
        with refused("days_not_in_file", file_first=date(2026, 9, 14)):
            declare(first, last)
    assert list_incidents(session) == ()
    declare(date(2026, 9, 10), date(2026, 10, 5))
    assert session.project.records.kind("incidents").complete != ()
    path.write_text(f"{HEAD}3,09/14/2026,08:00,,,,FIGHT,NOWHERE,A\n")
    with refused("days_not_in_file", file_first=date(2026, 9, 14)):  # a row of another place counts
        declare(date(2026, 9, 10), date(2026, 10, 5))
    path.write_text(f"{HEAD}3,,08:00,,,,FIGHT,NOWHERE,A\n")
    with refused("days_not_in_file.none", first=date(2026, 9, 10)):
        declare(date(2026, 9, 10), date(2026, 10, 5))


def test_other_places_are_listed_by_their_number_of_rows(session: Session) -> None:
    rows = "".join(f"{n},11/13/2026,08:00,,,,THEFT,TARGET,A\n" for n in range(3))
    done = bring(session, f"{HEAD}{rows}9,11/13/2026,08:00,,,,THEFT,MALL,A\n")
    assert done.others == (("TARGET", 3), ("MALL", 1))


def test_a_row_long_before_all_others_causes_a_warning(session: Session) -> None:
    row = "{},{},08:00,,,,FIGHT,RIO AMERICANO HS,A\n"
    days = ("11/12/2026", "11/13/2026", "10/15/2006")
    done = bring(session, HEAD + "".join(row.format(n, day) for n, day in enumerate(days)))
    assert done.taken == 3
    assert Message("rows_long_before", n=1, days=["2006-10-15"]) in done.notes


def test_a_sheet_of_a_workbook_can_be_chosen(session: Session) -> None:
    from openpyxl import Workbook

    book, path = Workbook(), session.store.path.with_name("two.xlsx")
    page = book.active
    assert page is not None
    page.title = "Log"
    for row in (["School", "Date", "Time in"], ["Arcade MS", "11/13/2026", "9:00"]):
        page.append(row)
    book.create_sheet("Notes").append(["ask the sergeant"])
    book.save(path)
    with refused("several_layers", names=["Log", "Notes"]):
        import_file(session, path, "visits")
    asked = ImportOptions(path, "visits", layer="Log")
    assert import_file(session, path, "visits", options=asked).taken == 1


def test_a_jurisdiction_without_calls_is_reported_when_days_are_declared(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    path = session.store.path.with_name("e.csv")
    span = DaySpan(date(2026, 11, 12), date(2026, 11, 13))
    path.write_text(f"{HEAD}1,11/13/2026,10:00,,,,FIGHT,School r1c1,A\n")
    done = import_file(session, path, "incidents", complete=span)
    (silent,) = list_silent_jurisdictions(session)
    assert done.notes[-1] == Message("demand_silent", jurisdictions=(silent,))
    path.write_text(f"{HEAD}2,11/13/2026,10:00,,,,FIGHT,School r2c1,a\n")
    import_file(session, path, "incidents", complete=span)
    assert list_silent_jurisdictions(session) == ()
