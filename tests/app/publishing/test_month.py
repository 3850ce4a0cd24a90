"""What each edition of the monthly report shows and withholds."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused
from openpyxl import load_workbook
from papers import page_texts
from sentences import says
from shapely.geometry import MultiPoint, box

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import (
    collect_edition,
    explain_missing_documents,
    publish_edition,
    render_edition,
)
from zoneplanner.app.publishing.release_check import check_release
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import (
    DateRange,
    ReportPeriod,
    SchoolCalendar,
    parse_month,
)
from zoneplanner.domain.geography.map_edits import add_layer
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.log.entries import parse_entry
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.units import Agency
from zoneplanner.errors import Cancelled
from zoneplanner.messages import Message, find_template
from zoneplanner.publish.handout import Handout

NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
WEST, EAST = "Trustee area 1", "Trustee area 2"


def district() -> Project:
    """Eight schools, six of them in two trustee areas of three."""
    project = project_from("AAABBB / A____B")
    plan = replace(project.plans["plan"], effective_on=date(2026, 8, 14), tolerance=20.0)
    areas = [Feature("t", name, box(*edges)) for name, edges in (
        (WEST, (0, -1000, 3000, 0)), (EAST, (3000, -1000, 6000, 0)))]  # fmt: skip
    term = DateRange("fall", date(2026, 8, 24), date(2026, 12, 18))
    labor_day = DateRange("Labor Day", date(2026, 9, 7), date(2026, 9, 7))
    project = replace(project, calendar=SchoolCalendar((term,), (labor_day,)))
    return add_layer(project.with_plan(plan), Layer("t", "Trustees"), areas)


def log_many(session: Session, kind: str, rows: list[dict[str, str]]) -> None:
    """Log many records at once like an import."""
    zone, now = session.project.time_zone, session.clock()
    start = session.store.head().entries
    names = (f"{kind}-{start + n}" for n in range(len(rows)))
    session.log_many(
        [
            parse_entry(kind, row, time_zone=zone, now=now, uid=uid)
            for uid, row in zip(names, rows, strict=True)
        ]
    )


def log_days(session: Session, site: str, days: list[date]) -> None:
    log_many(session, "visit", [{"site": site, "arrived_at": f"{day}T09:40"} for day in days])


def log_calls(
    session: Session, site: str, days: list[date], onscene: str = "10:15", **more: str
) -> None:
    clocks = {"received_at": "10:10", "dispatched_at": "10:11", "onscene_at": onscene}
    times = [{name: f"{day}T{clock}" for name, clock in clocks.items()} for day in days]
    rows = [{"site": site, "type": "fight", **each, **more} for each in times]
    log_many(session, "incident", rows)


def school_days(session: Session, first: date, last: date) -> list[date]:
    return list(session.project.calendar.school_days(first, last))


def read_text(files: dict[str, bytes], name: str) -> str:
    (pdf,) = (content for key, content in files.items() if name in key)
    return " ".join("\n".join(page_texts(pdf)).split())


def render(session: Session, audience: str, month: str = "", **more: str) -> dict[str, bytes]:
    period = parse_month(month) if month else ReportPeriod(None, None)  # type: ignore[arg-type]
    wanted = HandoutRequest(audience, NOW, period.first, period.last, **more)  # type: ignore[arg-type]
    return dict(render_edition(collect_edition(session, wanted), only=("month",)))


def collect(session: Session, audience: str, month: str, **more: str) -> Handout:
    period = parse_month(month)
    return collect_edition(
        session, HandoutRequest(audience, NOW, period.first, period.last, **more)
    )


@pytest.fixture
def october(open_session: OpenSession) -> Session:
    """September and October with visits and calls; one school has no visit in October."""
    session = open_session(district(), now=NOW)
    days = school_days(session, date(2026, 9, 1), date(2026, 10, 30))
    for site in session.project.sites:
        own = [day for day in days if site != "r1c2" or day.month == 9]
        log_days(session, site, own[::4])
        log_calls(
            session,
            site,
            days[:: 6 if site == "r1c1" else 12],
            "10:25" if site == "r1c1" else "10:15",
        )
    drilled = {"site": "r1c3", "kind": "lockdown", "held_at": "2026-10-06T09:00", "minutes": "15"}
    log_record(session, "drill", drilled)
    return session


def test_the_office_report_starts_with_what_needs_attention(october: Session) -> None:
    undeclared = read_text(render(october, "own"), "month-2026-10-office")
    assert says(undeclared, "month.unvisited.not_declared")
    assert not says(undeclared, "month.unvisited") and not says(undeclared, "month.planned")
    assert says(undeclared, "month.change.not_declared", before="September 2026")
    for code in ("month.change.unknown", "month.change.not_on_record"):
        assert not says(undeclared, code, periods="October 2026"), "not for want of records"
    assert "not judged: 8" in undeclared and "under half:" not in undeclared, "nor does the map"
    begun = DaySpan(date(2026, 9, 1))
    declare_records(october, complete=(("visits", begun), ("incidents", begun)))
    text = read_text(render(october, "own"), "month-2026-10-office")
    assert text.startswith(f"Letters: October 2026 {find_template('month.exempt')}")
    assert "no visit: 1" in text
    first = text.partition("What changed")[0]
    assert "1 of 8 schools had no visit on the 22 school days on record School r1c2" in first
    found = collect(october, "own", "2026-10").month_details
    assert found is not None
    assert len(found.late) == 4 and {one.site for one in found.late} == {"r1c1"}
    assert says(text, "month.late", late=4, timed=found.timed, target_min=8)
    assert says(text, "month.drills", n=1, schools=1, kinds="Lockdown drill: 1")
    assert found.whole.figures["visit_coverage_share"].value < 0.5  # of one visit a day
    assert says(text, "month.planned", few=8, all=8)
    assert says(text, "assumed_calendar") and says(
        read_text(render(october, "public"), "board"), "assumed_calendar"
    )
    assert says(text, "month.grid.with_days", kind="Calls", n=18)
    assert [found.call_weekdays, sum(found.call_weekdays)] == [(4, 4, 4, 5, 5, 0, 0), 22]
    log_calls(october, "r1c1", school_days(october, date(2026, 10, 1), date(2026, 10, 30)), "10:25")
    assert says(read_text(render(october, "own"), "office"), "month.late.more", rest=18)
    adopted = replace(october.project.calendar, assumed=False)
    october.apply("Adopt", lambda project: replace(project, calendar=adopted))
    for audience in ("own", "public"):
        assert not says(read_text(render(october, audience), "month-2026-10"), "assumed_calendar")


def test_the_default_report_is_for_the_last_finished_month(october: Session) -> None:
    assert list(render(october, "public")) == ["month-2026-10-board.pdf"]


def test_a_current_month_is_marked_and_a_future_one_is_refused(october: Session) -> None:
    text = read_text(render(october, "own", "2026-11"), "office")
    assert says(text, "month.running", last=date(2026, 11, 30), counted=NOW.date())
    assert not says(read_text(render(october, "public", "2026-10"), "board"), "month.running")
    with refused("period_not_begun"):
        render(october, "own", "2026-12")


def test_a_public_report_covers_whole_months_only(october: Session) -> None:
    """A report of part of a month would reveal the few remaining days by subtraction."""
    first, last = date(2026, 10, 1), date(2026, 10, 30)
    for days in ((first, last), (date(2026, 11, 1), date(2026, 11, 30))):
        content = collect_edition(october, HandoutRequest("public", NOW, *days))
        with refused("nothing_to_write.document"):
            render_edition(content, only=("month",))
        why = explain_missing_documents(content)["month"]
        not_ended = Message("nothing_published.month_not_ended", day=date(2026, 11, 18))
        not_whole = Message("nothing_published.not_a_month")
        assert why == (not_ended if days[0].month == 11 else not_whole)
    empty = ["after-action", "reunification"]
    with refused("nothing_to_write.documents", documents=empty):  # all at once
        render_edition(collect_edition(october, HandoutRequest("own", NOW)), only=[*empty, "data"])


def test_the_public_report_states_the_days_on_record(october: Session) -> None:
    span = DaySpan(date(2026, 10, 5), date(2026, 10, 16))
    declare_records(october, complete=(("visits", span), ("incidents", span)))
    text = read_text(render(october, "public", "2026-10"), "board")
    assert says(
        text,
        "month.board_days_on_record",
        days=22,
        kinds=[Message("on_record_days", kind=kind, n=10) for kind in ("visits", "calls")],
    )
    content = collect(october, "public", "2026-10")
    [told] = check_release(content, ["sro-year"])  # the next tells what is declared until then
    assert (told.code, told.where) == ("on_record_in_part", "October 2026")
    assert not check_release(content, ["map"])
    running = DaySpan(date(2026, 11, 2), date(2026, 11, 14))
    declare_records(october, complete=(("visits", running), ("incidents", running)))
    text = read_text(render(october, "own", "2026-11"), "office")
    assert says(text, "month.running", counted=running.last)


def test_a_month_without_records_supports_no_conclusion(open_session: OpenSession) -> None:
    session = open_session(district(), now=NOW)
    text = read_text(render(session, "own"), "office")
    assert says(text, "month.unvisited.unknown")
    assert says(text, "month.late.unknown")
    assert "0 of" not in text and not says(text, "month.unvisited") and "Visits: 0" not in text
    periods = ["October 2026", "September 2026"]
    assert says(text, "month.change.not_on_record", periods=periods)
    table = text.split("What changed")[1].split("Visits made out of")[0]
    assert "too few to tell" not in table and table.count("not on record") == 15
    board = read_text(render(session, "public"), "board")
    assert board.count("no record on file") == 4 and " –" not in board.split("What changed")[0]
    assert not says(board, "month.board_withheld")
    assert not says(board, "month.board_response.none")


def test_a_month_before_the_records_shows_no_record_instead_of_no_visit(october: Session) -> None:
    declare_records(october, since=dict.fromkeys(("visits", "drills"), date(2026, 10, 1)))
    month = collect(october, "public", "2026-09").month
    assert month is not None
    assert month.unrecorded == ("visits", "drills")
    assert {row.visits for row in month.totals} == {None}
    assert month.totals[0].calls
    board = read_text(render(october, "public", "2026-09"), "board")
    assert says(board, "month.board_unrecorded", kinds=["visits", "drills"])
    assert not says(board, "month.board_withheld")
    details = collect(october, "own", "2026-09").month_details
    assert details is not None
    assert {row.figures["visits"].value for row in details.zones} == {None}
    office = read_text(render(october, "own", "2026-09"), "office")
    assert "Zone A – –" in office or "A – –" in office
    assert says(office, "month.grid_not_recorded", kind="Visits")
    assert not says(office, "month.grid_not_recorded", kind="Calls") and "Calls: " in office


def test_reports_flag_undeclared_days_and_possible_gaps(
    open_session: OpenSession,
) -> None:
    """Calls on every school day except five in a row that no file has."""
    session = open_session(district(), now=NOW)
    days = school_days(session, date(2026, 10, 1), date(2026, 10, 30))
    missing = [day for day in days if date(2026, 10, 19) <= day <= date(2026, 10, 23)]
    for site in session.project.sites:
        log_calls(session, site, [day for day in days if day not in missing])
        log_days(session, site, school_days(session, days[0], session.today)[::4])
    gap = {"first": missing[0], "last": missing[-1], "n": len(missing)}
    for audience in ("own", "public"):
        text = read_text(render(session, audience, "2026-10"), "month-2026-10")
        assert says(text, "month.board_response.of") == (audience == "public")
        assert says(text, "record_basis.not_declared", kinds=["visits", "calls"]), audience
        assert says(text, "record_basis.silent", kind="calls", **gap), audience
        assert not says(text, "record_basis.silent", kind="visits"), audience
        assert not says(text, "month.change.not_declared", before="September 2026"), (
            "of which nothing is on record"
        )
        assert not says(text, "month.grid.with_days"), "of days that nobody declared there are none"
    later = collect(session, "own", "2026-11").month
    assert later is not None and "calls" in later.unrecorded and "visits" not in later.unrecorded
    declare_records(session, complete=(("incidents", DaySpan(days[0], days[-1])),))
    for audience in ("own", "public"):
        text = read_text(render(session, audience, "2026-10"), "month-2026-10")
        assert says(text, "record_basis.not_declared", kinds="visits")
        is_own = audience == "own"
        assert says(text, "record_basis.silent.declared", kind="calls", **gap) == is_own, (
            "they may be missing all the same"
        )
        assert says(text, "month.grid.with_days", kind="Calls") == is_own


def test_missing_figures_are_distinguished_from_withheld_ones(
    open_session: OpenSession,
) -> None:
    session = open_session(district(), now=NOW)
    days = school_days(session, date(2026, 10, 1), date(2026, 10, 30))
    log_calls(session, "r1c1", days[:3])
    month = collect(session, "public", "2026-10").month
    assert month is not None and month.unrecorded == ("visits", "drills")
    board = read_text(render(session, "public", "2026-10"), "board")
    row = board.partition("The district in figures")[2].partition("The district ")[2]
    nothing = "no record on file"
    assert row.startswith(f"8 {nothing} – {nothing}")
    assert says(board, "month.board_unrecorded", kinds=["visits", "drills"])
    log_record(session, "drill", {"site": "r1c3", "kind": "fire", "held_at": "2026-10-06T09:00"})
    month = collect(session, "public", "2026-10").month
    assert month is not None and month.unrecorded == ("visits",)
    assert month.totals[0].drills is None


def test_a_partly_recorded_comparison_period_states_its_days(
    october: Session,
) -> None:
    span = DaySpan(date(2026, 9, 15), date(2026, 10, 30))
    declare_records(october, complete=(("visits", span), ("incidents", span)))
    kinds = [Message("on_record_days.of", kind=kind, n=12, days=21) for kind in ("visits", "calls")]
    for audience in ("own", "public"):
        text = read_text(render(october, audience, "2026-10"), "month-2026-10")
        assert says(text, "month.change.partly", before="September 2026", kinds=kinds), audience
        assert not says(text, "month.change.partly", before="October 2025")


def test_a_plan_without_a_review_is_not_listed_as_waiting(october: Session) -> None:
    text = read_text(render(october, "own", "2026-10"), "office")
    assert says(text, "month.plans.not_recorded", open=8, all=8)
    assert not says(text, "month.plans.due")
    begun = {"site": "r1c1", "school_year": "2026-27", "stage": "drafted", "on": "2026-09-15"}
    log_record(october, "review", begun)
    text = read_text(render(october, "own", "2026-10"), "office")
    assert says(text, "month.plans.due", open=8, all=8)
    assert says(text, "month.plans.not_begun", n=7)
    assert "Plan review 8 0 " in text, "the same number as in what is due"


def test_open_impossible_and_owed_records_are_exceptions(
    october: Session,
) -> None:
    began = {"site": "r1c1", "action": "lockdown", "began_at": "2026-10-12T14:02"}
    log_record(october, "action", began)
    log_record(october, "action", {**began, "site": "r1c3", "ended_at": "2026-10-12T14:30"})
    log_calls(october, "r1c2", [date(2026, 10, 13)], "10:15", cleared_at="2026-10-29T09:00")
    call = {"site": "r1c2", "type": "theft", "received_at": "2026-10-14T10:00"}
    log_record(october, "incident", {**call, "onscene_at": "2026-10-28T21:28"})
    notice = {"site": "r1c1", "at": "2026-10-05T09:00", "duty": "ec_48902", "agency": "Sheriff"}
    log_record(october, "legal_notice", notice)
    text = read_text(render(october, "own", "2026-10"), "office")
    first = text.partition("What changed")[0]
    assert says(first, "month.actions_open", n=1)
    open_one = {"action": "Lockdown", "site": "School r1c1", "began": "Oct 12, 2:02 PM"}
    assert says(first, "month.action_open", **open_one)
    assert says(first, "month.late.doubtful", n=1, hours=12)
    assert "School r1c2 theft 20,848 min" in first
    assert says(first, "month.follow_ups", late=1)
    assert "Duty to notify: 1" in first
    assert "Firearm" not in first, "of which nothing was ever on record"
    assert "Duty to notify 1 1 " in text


def test_assumed_bell_times_are_not_on_record(october: Session) -> None:
    terms = (DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),)
    calendar = replace(october.project.calendar, terms=terms, assumed=False)
    october.apply("Calendar", lambda project: replace(project, calendar=calendar))
    assert collect(october, "staff", "2026-10").bells == {}
    own = {"r1c1": calendar.bells.find_bell_times("r1c1", "high")}
    bells = replace(calendar.bells, by_site=own)
    october.apply("Bells", lambda one: replace(one, calendar=replace(calendar, bells=bells)))
    assert list(collect(october, "staff", "2026-10").bells) == ["r1c1"]


def test_a_few_school_days_in_august_show_no_change(open_session: OpenSession) -> None:
    session = open_session(district(), now=NOW)
    days = school_days(session, date(2026, 8, 1), date(2026, 9, 30))
    for site in session.project.sites:
        log_days(session, site, [day for day in days if day.month == 9 or day.day >= 24])
    found = collect(session, "own", "2026-08").month_details
    assert found is not None and found.visit_days < 10
    assert {change.outcome for each in found.changes for change in each} == {"too_few"}
    july = read_text(render(session, "own", "2026-07"), "office")
    assert says(july, "month.no_school")


def test_two_area_layers_together_do_not_reveal_two_schools(october: Session) -> None:
    """The city has the three schools of a trustee's area and two outside every area."""
    log_days(october, "r1c1", school_days(october, date(2026, 10, 1), date(2026, 10, 30)))
    project = october.saved_project
    trustees = {one.name: one.geometry for one in project.features}
    points = [site.point for site in project.patrolled if not trustees[EAST].covers(site.point)]
    city = Feature("c", "City", MultiPoint(points).buffer(1))
    layer = Layer("c", "Cities")

    def read(layer: str, area: str) -> int | None:
        month = collect(october, "public", "2026-10", areas=layer).month
        assert month is not None
        [found] = (row.visits for row in month.totals if row.name == area)
        return found

    known = read("Trustees", WEST)
    assert known is not None
    october.apply("City", lambda one: add_layer(one, layer, [city]))
    assert read("Trustees", WEST) == known, "a layer that is added takes nothing from the board"
    assert read("Cities", "City") is None, "else two schools are known"


def test_the_board_report_has_totals_by_area_and_no_school(october: Session) -> None:
    text = read_text(render(october, "public", areas="trustees"), "board")
    assert WEST in text and EAST in text
    for site in october.project.sites.values():
        assert site.name not in text
    month = collect(october, "public", "2026-10", areas="trustees").month
    assert month is not None
    whole, *areas = month.totals
    assert [row.schools for row in areas] == [3, 3, 2]
    assert areas[-1].visits is None  # of fewer than three schools
    shown = [row.visits for row in areas if row.visits is not None]
    assert whole.visits is not None and whole.visits - sum(shown) >= 11
    with refused("unknown_areas", known=["Trustees"]):
        render(october, "public", areas="nonsense")
    project = replace(october.project, features=())
    october.apply("No areas", lambda _: project)
    with refused("unknown_areas.none", name="nonsense"):
        render(october, "public", areas="nonsense")


def test_an_unnamed_area_is_not_shown_as_the_district(october: Session) -> None:
    nameless = Feature("u", "", box(0, -1000, 3000, 0))
    october.apply("Add", lambda project: add_layer(project, Layer("u", "Wards"), [nameless]))
    month = collect(october, "public", "2026-10", areas="Wards").month
    assert month is not None
    assert [row.schools for row in month.totals] == [8, 3, 5]
    text = read_text(render(october, "public", areas="Wards"), "board")
    assert text.count("The district") == 2  # the heading and its row
    assert "Area 1" in text and "Ward Schools" in text  # the column is named by the layer


def test_which_school_of_an_area_was_visited_changes_no_byte_of_the_board_report(
    open_session: OpenSession,
) -> None:
    made = []
    for first, second in (("r1c1", "r1c2"), ("r1c2", "r1c1")):
        session = open_session(district(), now=NOW)
        days = school_days(session, date(2026, 9, 1), date(2026, 10, 30))
        for site in ("r1c3", "r1c4", "r1c5", "r1c6", "r2c1", "r2c6"):
            log_days(session, site, days[::3])
        log_days(session, first, days)
        log_days(session, second, days[-1:])
        log_calls(session, first, days[::2])
        log_calls(session, second, days[1:2])
        made.append(render(session, "public", areas="Trustees"))
    assert made[0] == made[1]


def test_each_principal_gets_a_page_of_their_own_school_only(october: Session) -> None:
    files = render(october, "staff")
    names = [site.name for site in october.project.sites.values()]
    assert len(files) == len(names)
    for name in names:
        (own,) = (key for key in files if name.casefold().replace(" ", "-") in key)
        text = "\n".join(page_texts(files[own]))
        assert [other for other in names if other in text] == [name]
        assert ("Lockdown drill" in text) == (name == "School r1c3")
        assert "visit" not in text.casefold()


def test_the_page_of_a_principal_says_whom_to_send_missing_data(october: Session) -> None:
    office = Agency("Safe Schools", "Safe Schools", phone="(916) 555-0177")
    agencies = {**october.project.agencies, "Safe Schools": office}
    october.apply("Office", lambda project: replace(project, agencies=agencies))
    content = collect(october, "staff", "2026-10")
    files = dict(render_edition(content, only=("month", "return")))
    assert says(
        read_text(files, "r1c1.pdf"),
        "month.principal_note",
        numbers=": Safe Schools (916) 555-0177",
    )
    (book,) = (content for name, content in files.items() if name.endswith("r1c1.xlsx"))
    sheets = load_workbook(io.BytesIO(book)).worksheets
    assert all(sheet.sheet_properties.pageSetUpPr.fitToPage for sheet in sheets)
    (first, *_) = load_workbook(io.BytesIO(book))["Read me"].iter_rows(min_row=2, values_only=True)
    early = HandoutRequest("staff", datetime(2026, 11, 3, 18, tzinfo=UTC))
    (book, *_) = render_edition(collect_edition(october, early), only=("return",)).values()
    asked = str(load_workbook(io.BytesIO(book))["Read me"]["A2"].value)
    assert says(asked, "return_book", due=date(2026, 11, 10))
    assert says(first[0], "return_book.late", due=date(2026, 11, 10))
    assert says(first[0], "return_book.questions", numbers="Safe Schools (916) 555-0177")


def test_a_change_matches_the_printed_figures_in_both_editions(
    open_session: OpenSession,
) -> None:
    """228 calls on 22 days and 234 on 21 are 10.36 and 11.14, printed as 10.4 and 11.1."""
    session = open_session(district(), now=NOW)
    for month, last, calls in ((9, 30, 234), (10, 30, 228)):
        days = school_days(session, date(2026, month, 1), date(2026, month, last))
        own = [days[n % len(days)] for n in range(calls)]
        declare_records(session, complete=(("incidents", DaySpan(days[0], days[-1])),))
        log_calls(session, "r1c1", own, sample="yes" if month == 9 else "")  # samples are counted
    said = []
    for audience in ("own", "public"):
        text = read_text(render(session, audience, "2026-10"), "month-2026-10")
        (line,) = re.findall(
            r"Calls per day, bell hours ([\d.]+) \(22 days\) ([\d.]+) \(21 days\) (\S+) "
            r"\((\S+ to \S+)\)",
            text,
        )
        now, before, change = (float(one.replace("−", "-")) for one in line[:3])
        assert change == pytest.approx(now - before, abs=1e-9)
        said.append(line)
    assert said[0] == said[1]


@pytest.mark.parametrize("few", [True, False])
def test_no_subtraction_in_the_board_report_reveals_a_small_number(
    open_session: OpenSession, few: bool
) -> None:
    """Differences with timed calls and with daily rates are shown only from 11."""
    session = open_session(district(), now=NOW)
    days = school_days(session, date(2026, 9, 1), date(2026, 10, 30))
    log_calls(session, "r1c1", [day for day in days if day.month == 10])
    log_calls(session, "r1c2", [day for day in days if day.month == 9])
    log_days(session, "r1c1", days)
    saturdays = [date(2026, 10, 3), date(2026, 10, 10)] * (4 if few else 6)
    log_days(session, "r1c2", saturdays)
    rows = [{"site": "r1c3", "type": "fight", "received_at": f"{day}T10:00"} for day in saturdays]
    log_many(session, "incident", rows)
    undeclared = read_text(render(session, "public", "2026-10"), "board")
    assert undeclared.count("not declared") == 4, "two rates in two months"
    since = DaySpan(days[0])
    declare_records(session, complete=(("visits", since), ("incidents", since)))
    month = collect(session, "public", "2026-10").month
    assert month is not None and month.totals[0].calls == 22 + len(saturdays)
    assert month.totals[0].visits == 22 + len(saturdays)
    assert month.response is not None and month.timed == (None if few else 22)
    rates = [one for each in month.changes for one in each]
    assert {one.now.value is None for one in rates} == {few}
    text = read_text(render(session, "public", "2026-10"), "board")
    assert says(text, "month.board_response", n=22) is not few and "answered" not in text
    assert says(text, "month.late.untimed", untimed=12) is not few
    assert ("Visits per school day –" in text) is few
    assert says(text, "month.board_withheld") is few
    assert says(text, "month.change.not_on_record", periods="October 2025")
    office = read_text(render(session, "own", "2026-10"), "office")
    assert says(office, "month.late.untimed", untimed=len(saturdays))
    ends = ("CANCELED", "DUP 261012")
    log_many(session, "incident", [{**rows[0], "disposition": one} for one in ends])
    untimed = len(saturdays) + 2
    office = read_text(render(session, "own", "2026-10"), "office")
    assert says(office, "month.late.untimed.canceled", untimed=untimed, canceled=1)
    assert says(office, "month.late.duplicates", n=1)
    assert says(office, "calls_at_other_times", inside=22, n=untimed)
    board = read_text(render(session, "public", "2026-10"), "board")
    assert says(board, "month.board_response.untimed.canceled", untimed=untimed) is not few
    assert "answered" not in office and "Timed calls" in office


def test_a_report_of_sample_data_is_marked_as_made_up(open_session: OpenSession) -> None:
    session = open_session(district(), now=NOW)
    days = school_days(session, date(2026, 10, 1), date(2026, 10, 30))
    log_calls(session, "r1c1", days, sample="yes")
    for audience, name in (("own", "office"), ("public", "board")):
        text = read_text(render(session, audience), name)
        assert says(text, "month.sample.all")
        assert text.startswith("SAMPLE DATA")
    drill = {"kind": "fire", "held_at": "2026-10-06T10:00", "sample": "yes"}
    log_record(session, "drill", {"site": "r1c2", **drill})
    pages = render(session, "staff")
    assert "made-up" not in read_text(pages, "r1c1"), (
        "a principal's page shows no visit and no call"
    )
    assert says(read_text(pages, "r1c2"), "month.sample.page")
    parts = ("sro-year", "coverage", "readiness", "cards", "map", "data")
    year = dict(render_edition(collect_edition(session, HandoutRequest("own")), only=parts))
    said = str(Message("sample_data", kinds=["visits", "calls"]))
    for name in ("coverage.pdf", "readiness.pdf", "day-cards", "night-cards", "visor-cards"):
        (pdf,) = (content for key, content in year.items() if name in key)
        assert all(said in " ".join(page.split()) for page in page_texts(pdf)), name
    (visor,) = (content for key, content in year.items() if "visor-cards" in key)
    assert "".join(page_texts(visor)).count("SAMPLE DATA") > len(page_texts(visor)), "on each card"
    assert all(said in year[name].decode() for name in ("map.html", "data/README.txt"))
    assert says(read_text(year, "sro-year-2026-27.pdf"), "month.sample.all")
    public = collect_edition(session, HandoutRequest("public"))
    assert said in read_text(dict(render_edition(public, only=["sro-year"])), "pdf")
    (table,) = (
        content.decode("utf-8-sig")
        for name, content in year.items()
        if "sro-year-2026-27.csv" in name
    )
    assert ",made_up_as_samples,visits and calls,all," in table
    log_calls(session, "r1c2", [date(2026, 11, 3)])
    for audience, name in (("own", "office"), ("public", "board")):
        text = read_text(render(session, audience), name)
        assert text.startswith(said), "as it says below"
        assert says(text, "month.sample.all")
    log_calls(session, "r1c2", days[:1])
    text = read_text(render(session, "own"), "office")
    assert text.startswith(str(Message("sample_data.some", kinds=["visits", "calls"])))
    assert says(text, "month.sample.some") and not says(text, "month.sample.all")


def test_headings_show_a_range_of_days_or_a_single_day_in_full(october: Session) -> None:
    for first, last, before in (
        (12, 23, "Sep 30 to Oct 11, 2026"),
        (6, 6, "Oct 5, 2026"),
    ):
        days = date(2026, 10, first), date(2026, 10, last)
        content = collect_edition(october, HandoutRequest("own", NOW, *days))
        [pdf] = dict(render_edition(content, only=("month",))).values()
        text = " ".join("\n".join(page_texts(pdf)).split())
        heads = text[text.index("What changed") : text.index("Visits per school day")]
        assert "…" not in heads and " to Oct 6" not in text and before in heads


def test_a_stopped_report_leaves_nothing(october: Session, tmp_path: Path) -> None:
    heard: list[float] = []

    def stop(fraction: float, _text: str) -> None:
        heard.append(fraction)
        if len(heard) > 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        publish_edition(
            october,
            tmp_path / "out",
            wanted=HandoutRequest("staff", NOW),
            only=("month",),
            report=stop,
        )
    assert not (tmp_path / "out").exists()
    assert heard == sorted(heard) and len(set(heard[2:])) == 3  # one a page
