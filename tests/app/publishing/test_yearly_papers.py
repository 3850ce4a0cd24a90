"""What the yearly report and the family sheet show and leave out."""

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from gettext import GNUTranslations
from pathlib import Path

import pytest
from builders import project_from, refused
from jinja2 import Environment
from papers import page_texts
from pictures import create_attachment
from sentences import says

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import collect_edition, publish_edition, render_edition
from zoneplanner.app.publishing.release_check import check_release
from zoneplanner.app.session.session import Session
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.office_entries import RETURN_RECORD
from zoneplanner.domain.log.response_action_terms import DistrictTerm, DistrictTerms
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.web import family_sheets
from zoneplanner.publish.year import LevelTotals, YearCount

OpenSession = Callable[..., Session]
NOW = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
"""The day after a month, up to whose end a public paper counts."""
YEAR_2026 = ("sro-year-2026-27.pdf", "sro-year-2026-27.csv")
FAMILIES = resources_dir() / "families"


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AAA / aaa"), now=NOW)


def collect(session: Session) -> Handout:
    return collect_edition(session, HandoutRequest("public"))


def publish(session: Session, part: str, audience: str = "public") -> dict[str, bytes]:
    content = collect_edition(session, HandoutRequest(audience))
    return dict(render_edition(content, only=[part]))


def read_figures(session: Session, audience: str = "public") -> dict[tuple[str, str], str]:
    files = publish(session, "sro-year", audience)
    assert {Path(name).suffix for name in files} == {".csv", ".pdf"}
    (table,) = (text for name, text in files.items() if name.endswith(".csv"))
    rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig")))
    return {(row["figure"], row["of"]): row["value"] for row in rows}


def log_visits(session: Session, count: int) -> None:
    for n in range(count):
        day, site = 2 + n % 15, f"r1c{1 + n % 3}"
        log_record(
            session,
            "visit",
            {
                **{"site": site, "unit": "A", "arrived_at": f"2026-11-{day:02d}T10:00"},
                **{"departed_at": f"2026-11-{day:02d}T10:30", "purpose": "teaching"},
                "uid": f"v{n}",
            },
        )


@pytest.mark.parametrize("audience", ["public", pytest.param("own", marks=pytest.mark.long)])
def test_counts_below_eleven_are_withheld_and_hours_are_by_triad_role(
    session: Session, audience: str
) -> None:
    log_visits(session, 10)
    found = read_figures(session, audience)
    assert found["visits", "district"] == found["visits", "elementary"] == ""
    hours = {value for (name, _), value in found.items() if name.startswith("hours_")}
    assert hours == {""}, "a zero beside a dash would tell that there was a visit"
    more = {"site": "r1c1", "unit": "A", "purpose": "mentoring"}
    for n in range(11):
        times = {"arrived_at": f"2026-11-{n + 3:02d}T12:00"}
        times |= {"departed_at": f"2026-11-{n + 3:02d}T13:00"}
        log_record(session, "visit", {**more, **times})
        if n == 0:  # 11 visits, but 10 and 1 of them by role
            found = read_figures(session, audience)
            assert found["visits", "district"] == "11"
            assert {found[f"hours_{role}", "district"] for role in ("teaching", "counselling")} == {
                ""
            }
            assert found["hours_not_said", "district"] == found["hours_not_said", "elementary"]
            assert found["hours_not_said", "district"] == "0"
    log_record(session, "visit", {**more, **times, "purpose": "teaching"})
    found = read_figures(session, audience)
    assert found["visits", "district"] == "22"
    hours = (found["hours_teaching", "district"], found["hours_counselling", "district"])
    assert hours == ("6", "11")


def test_the_yearly_report_lists_days_off_record_and_omits_unknown_hours(
    session: Session,
) -> None:
    term = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))
    calendar = SchoolCalendar((term,), ())
    session.apply("Calendar", lambda project: replace(project, calendar=calendar))
    for n in range(22):
        day, site = 2 + n % 15, f"r1c{1 + n % 3}"
        times = {
            "arrived_at": f"2026-11-{day:02d}T10:00",
            "departed_at": f"2026-11-{day:02d}T11:00",
        }
        log_record(session, "visit", {"site": site, "unit": "A", **times})
    found = read_figures(session)
    assert found["hours_not_said", "district"] == "22"
    roles = ("enforcement", "counselling", "teaching")
    assert {found[f"hours_{role}", "district"] for role in roles} == {""}, "nobody said what for"
    assert (found["school_days_on_record_calls", "district"], found["visits", "district"]) == (
        *("0", "22"),
    )
    [pdf] = (pdf for name, pdf in publish(session, "sro-year").items() if name.endswith(".pdf"))
    said = " ".join("\n".join(page_texts(pdf)).split())
    begun, whole = (found[f"school_days{name}", "district"] for name in ("_on_record_visits", ""))
    gaps = {"n": int(begun), "days": int(whole), "gaps": ["Aug 13 to Oct 30"]}
    assert says(said, "record_days.gaps", kind="Visits", **gaps)
    assert says(said, "month.board_unrecorded", kinds="calls")
    assert says(said, "record_basis.not_declared", kinds="visits")
    assert found["days_declared_visits", "district"] == "no"


def test_arrests_are_agency_totals_and_few_concerns_are_withheld(
    session: Session,
) -> None:
    released = {"agency": "Sheriff", "school_year": "2026-27", "citations": "2"}
    log_record(session, "agency_total", {**released, "on": "2026-10-01", "arrests": "1"})
    log_record(session, "agency_total", {**released, "on": "2026-11-01", "arrests": "4"})
    log_record(session, "agency_total", {**released, "school_year": "2025-26", "on": "2026-11-02"})
    past = collect_edition(session, HandoutRequest("public", last=date(2026, 6, 30))).year
    assert past is not None and past.school_year == "2025-26"
    assert [one.citations for one in past.agencies] == [2], "released after the end of the year"
    for n in range(10):
        log_record(session, "concern", {"reference": f"C-{n}", "received_at": "2026-11-03T08:00"})
    log_record(
        session,
        "monitor_post",
        {"site": "r1c1", "on": "2026-09-01", "post": "gate", "monitors": "3", "hours": "90"},
    )
    found = read_figures(session)
    assert (found["arrests", "Sheriff"], found["citations", "Sheriff"]) == ("4", "2")
    assert found["concerns_received", "district"] == ""
    assert (found["monitors", "district"], found["monitor_hours_a_week", "district"]) == ("", "")
    more = {"site": "r1c2", "on": "2026-09-01", "post": "gate", "monitors": "8", "hours": "20"}
    log_record(session, "monitor_post", more)
    log_record(session, "concern", {"reference": "C-10", "received_at": "2026-11-04T08:00"})
    found = read_figures(session)
    assert found["concerns_received", "district"] == "11"
    assert found["concerns_closed", "district"] == ""
    closed = {"received_at": "2026-11-03T08:00", "closed_at": "2026-11-05T08:00"}
    for n in range(22):
        log_record(session, "concern", {**closed, "reference": f"D-{n}"})
    later = read_figures(session)
    assert (later["concerns_received", "district"], later["concerns_closed", "district"]) == (
        *("33", "22"),
    )
    open_one = list(session.store.entries(kinds=("concern",)))[10]
    log_record(session, "concern", {**closed, "reference": "C-10", "supersedes": open_one.uid})
    later = read_figures(session)
    assert later["concerns_closed", "district"] == "", "ten of 33 are still open"
    monitors = (found["monitors", "district"], found["monitor_hours_a_week", "district"])
    assert monitors == ("11", "110")


def test_small_counts_are_withheld_and_missing_data_is_not_zero(
    session: Session,
) -> None:
    [text] = (pdf for name, pdf in publish(session, "sro-year").items() if name.endswith(".pdf"))
    said = " ".join("\n".join(page_texts(text)).split())
    assert b"(D:20261201080000" in text, "its minute would tell of the last record: the day begins"
    assert says(said, "year.monitors_none") and "0 campus monitors" not in said
    assert says(said, "year.drills_none") and not says(said, "month.drills.none")
    assert read_figures(session)["monitors", "district"] == ""
    log_record(session, "drill", {"site": "r1c1", "kind": "fire", "held_at": "2026-11-02T09:00"})
    course = {"site": "r1c1", "course": "first_aid", "held_on": "2026-11-03"}
    log_record(session, "training", {**course, "trained": "20", "employed": "22"})
    returned = {"site": "r1c1", "month": "2026-10-01", "on": "2026-11-05", "monitors": "3"}
    log_record(session, RETURN_RECORD.name, returned)
    found = read_figures(session)
    assert found["drills", "fire"] == found["monitors_returned", "district"] == ""
    kinds = {kind for name, kind in found if name == "drills"}
    assert kinds == set(DRILL_KINDS), "a kind that is left out would tell that none was held"
    assert {found["drills", kind] for kind in kinds} == {""}
    assert read_figures(session, "staff")["drills", "fire"] == "1", (
        "as their readiness report has it"
    )
    [text] = (pdf for name, pdf in publish(session, "sro-year").items() if name.endswith(".pdf"))
    said = " ".join("\n".join(page_texts(text)).split())
    assert "First aid Not recorded – – –" in said
    assert says(said, "year.monitors_returned.few")
    assert {value for (name, _), value in found.items() if name == "trained"} == {""}


def test_the_public_yearly_report_withholds_a_zero_like_the_board_report(
    session: Session,
) -> None:
    """The board report shows a dash; the yearly report used to say that no drill is on record."""
    log_record(session, "drill", {"site": "r1c1", "kind": "fire", "held_at": "2026-05-04T09:00"})
    found = read_figures(session)
    assert {found["drills", kind] for kind in DRILL_KINDS} == {""}
    [text] = (pdf for name, pdf in publish(session, "sro-year").items() if name.endswith(".pdf"))
    said = " ".join("\n".join(page_texts(text)).split())
    assert not says(said, "year.drills_none") and says(said, "year.drills_withheld")
    [text] = (
        pdf for name, pdf in publish(session, "sro-year", "own").items() if name.endswith(".pdf")
    )
    assert says(" ".join("\n".join(page_texts(text)).split()), "year.drills_none")
    log_record(session, "drill", {"site": "r1c1", "kind": "fire", "held_at": "2026-11-02T09:00"})
    [text] = (
        pdf for name, pdf in publish(session, "sro-year", "own").items() if name.endswith(".pdf")
    )
    said = " ".join("\n".join(page_texts(text)).split())
    assert "Fire 1" in said and says(said, "year.drills_exact")


@pytest.mark.parametrize("untimed", [5, 11])
def test_the_yearly_report_counts_timed_calls_and_rounds_its_table(
    session: Session, untimed: int
) -> None:
    for n in range(12 + untimed):
        row = {"site": "r1c1", "type": "fight", "received_at": f"2026-11-{2 + n % 15:02d}T10:00"}
        if n < 12:
            row["onscene_at"] = f"2026-11-{2 + n % 15:02d}T10:0{1 + n % 7}:11"
        log_record(session, "incident", {**row, "uid": f"i{n}"})
    files = publish(session, "sro-year")
    [pdf] = (content for name, content in files.items() if name.endswith(".pdf"))
    said = " ".join("\n".join(page_texts(pdf)).split())
    assert says(said, "year.response_of", timed=12) == (untimed > 10)
    assert says(said, "year.response_of.uncounted") or untimed > 10
    assert says(said, "month.late.untimed", untimed=untimed) == (untimed > 10)
    share = "year.response_within_target_share"
    shown = any(says(said, code, target_min="8") for code in (share, f"{share}_alone"))
    assert shown == (untimed > 10)
    assert says(said, "year.response_p50_min") and "Hours, law enforcement" in said
    assert says(said, "year.units") and says(said, "month.board_response.of")
    for (name, _), value in read_figures(session).items():
        assert len(value.partition(".")[2]) <= 3, name
    assert bool(read_figures(session)["response_within_target_share", "district"]) == (untimed > 10)


def test_a_share_of_calls_reveals_neither_few_late_calls_nor_a_withheld_count(
    session: Session,
) -> None:
    """6 of 23 calls are late; the interval of a share alone reveals the number of calls."""

    def log_calls(count: int, minutes: int) -> None:
        for n in range(count):
            call = {
                "site": "r1c1",
                "type": "fight",
                "received_at": f"2026-11-{2 + n % 15:02d}T10:00",
            }
            call["onscene_at"] = f"2026-11-{2 + n % 15:02d}T10:{minutes:02d}"
            log_record(session, "incident", call)

    log_calls(10, 4)
    assert read_figures(session)["response_p50_min", "district"] == "", (
        "a median would tell that it is ten"
    )
    log_calls(7, 4)
    log_calls(6, 12)
    found = read_figures(session)
    assert (found["calls", "district"], found["response_p50_min", "district"]) == ("23", "4")
    assert found["response_within_target_share", "district"] == ""
    pdf = next(one for name, one in publish(session, "sro-year").items() if name.endswith(".pdf"))
    said = " ".join("\n".join(page_texts(pdf)).split())
    assert "the target (95% range" not in said and "left out" in said
    log_calls(5, 12)
    assert read_figures(session)["response_within_target_share", "district"] == "0.607"
    log_record(
        session,
        "incident",
        {
            "site": "r1c1",
            "type": "fight",
            "received_at": "2026-10-05T10:00",
            "onscene_at": "2026-10-05T10:03",
        },
    )
    found = read_figures(session)
    assert found["calls", "district"] == found["response_within_target_share", "district"] == ""


def test_trainings_at_few_schools_are_withheld_and_district_ones_are_shown(
    session: Session,
) -> None:
    course = {"course": "cpr_aed", "who_kind": "staff", "held_on": "2026-11-03"}
    rows = [{"site": f"r1c{n}", "trained": "14", "employed": "30"} for n in (1, 2)]
    for row in rows:
        log_record(session, "training", {**course, **row})
    assert read_figures(session)["trained", "cpr_aed;staff"] == ""
    log_record(session, "training", {**course, "site": "r1c3", "trained": "12", "employed": "40"})
    assert read_figures(session)["trained", "cpr_aed;staff"] == "40"
    log_record(session, "training", {**course, "course": "first_aid", "trained": "12"})
    assert read_figures(session)["trained", "first_aid;staff"] == "12"


def test_the_year_minus_its_months_reveals_no_small_number(session: Session) -> None:
    """October's report withholds 4 calls; the year minus the other months would reveal them."""
    for month, calls in ((9, 14), (10, 4), (11, 13)):
        for n in range(calls):
            held = f"2026-{month:02d}-{1 + n:02d}T10:00"
            call = {"site": f"r1c{1 + n % 3}", "type": "fight", "received_at": held}
            log_record(session, "incident", call)
            kind = "fire" if n % 2 else "drop"
            log_record(session, "drill", {"site": call["site"], "kind": kind, "held_at": held})
    october = HandoutRequest("public", None, date(2026, 10, 1), date(2026, 10, 31))
    content = collect_edition(session, october)
    assert content.month is not None and content.month.totals[0].calls is None
    found = read_figures(session)
    assert found["calls", "district"] == ""
    told = {kind for (name, kind), value in found.items() if name == "drills" and value}
    assert told == {"drop"}, "both would add up to what the months tell and October's four"
    for n in range(8):
        more = {**call, "received_at": f"2026-10-{20 + n}T10:00"}
        log_record(session, "incident", more)
    assert read_figures(session)["calls", "district"] == "39"


def test_the_public_yearly_report_ends_with_a_finished_month(
    session: Session,
) -> None:
    for month in (10, 11):
        for n in range(12):
            held = f"2026-{month:02d}-{1 + n:02d}T10:00"
            log_record(session, "incident", {"site": "r1c1", "type": "fight", "received_at": held})
    for day, last, calls in (
        (date(2026, 10, 30), date(2026, 9, 30), None),
        (date(2026, 11, 1), date(2026, 10, 31), 12),
        (date(2026, 11, 29), date(2026, 10, 31), 12),
        (date(2026, 11, 30), date(2026, 10, 31), 12),
        (date(2026, 12, 1), date(2026, 11, 30), 24),
        (date(2027, 7, 3), date(2027, 6, 30), 24),
    ):
        when = datetime(day.year, day.month, day.day, 20, 0, tzinfo=UTC)
        public = collect_edition(session, HandoutRequest("public", when)).year
        assert public is not None and (public.last, public.levels[0].calls.value) == (last, calls)
        staff = collect_edition(session, HandoutRequest("staff", when)).year
        assert staff is not None and staff.last == last
        own = collect_edition(session, HandoutRequest("own", when)).year
        assert own is not None and own.last == day
    for asked in (date(2026, 10, 31), date(2026, 11, 29)):  # of November it is of October, too
        for audience, last in (("public", date(2026, 10, 31)), ("own", asked)):
            year = collect_edition(session, HandoutRequest(audience, when, last=asked)).year
            assert year is not None and (year.school_year, year.last) == ("2026-27", last)


def _set_levels(project: Project, levels: Sequence[str]) -> Project:
    sites = {
        site.id: replace(site, level=levels[n % len(levels)])
        for n, site in enumerate(project.sites.values())
    }
    return replace(project, sites=sites)


def read_levels(session: Session, day: date, audience: str) -> dict[str, LevelTotals]:
    when = datetime(day.year, day.month, day.day, 20, 0, tzinfo=UTC)
    year = collect_edition(session, HandoutRequest(audience, when)).year
    assert year is not None
    return {one.level or "district": one for one in year.levels}


@pytest.mark.parametrize("audience", ["public", "staff"])
def test_no_two_yearly_reports_reveal_a_small_count_by_level(
    open_session: OpenSession, audience: str
) -> None:
    """High schools have 13 calls and visits by October and 19 by November: 6 in a month."""
    levels = ("elementary", "middle", "high")
    session = open_session(project_from("AAAAA / aaaa"), now=NOW)
    session.apply("Levels", lambda project: _set_levels(project, levels))
    of = {
        level: [s.id for s in session.saved_project.patrolled if s.level == level]
        for level in levels
    }
    for month, counts in ((10, (14, 15, 13)), (11, (12, 12, 6))):
        for level, count in zip(levels, counts, strict=True):
            for n in range(count):
                site, day = of[level][n % 3], f"2026-{month:02d}-{1 + n:02d}"
                call = {"site": site, "type": "fight", "received_at": f"{day}T10:00"}
                log_record(session, "incident", call)
                times = {"arrived_at": f"{day}T10:00", "departed_at": f"{day}T11:00"}
                visit = {"site": site, "unit": "A", "purpose": "teaching", **times}
                log_record(session, "visit", visit)
    october, november = (
        read_levels(session, day, audience) for day in (date(2026, 11, 2), date(2026, 12, 1))
    )
    assert [october[one].calls.value for one in levels] == [14, 15, 13]
    assert (november["district"].calls.value, november["high"].calls.value) == (72, None)
    told = [one for one in levels if november[one].calls.value is not None]
    assert len(told) == 1, "72 and the other two would tell it"
    for one in levels:
        before, after = (found[one].hours["teaching"].value for found in (october, november))
        assert before is None or after is None or after - before >= 11
    assert november["high"].hours["teaching"].value is None


def list_printed_counts(session: Session, day: date, audience: str) -> dict[str, int]:
    """Return the counts of a yearly report and those computable from two of them.

    Staff may read the drills of each school, so their report has exact numbers of drills.
    """
    when = datetime(day.year, day.month, day.day, 20, 0, tzinfo=UTC)
    year = collect_edition(session, HandoutRequest(audience, when)).year
    assert year is not None
    share = year.response["response_within_target_share"]
    within = share.value and year.timed and round(share.value * year.timed)
    found = {
        **{f"{one.level} visits": one.visits.value for one in year.levels},
        **{f"{one.level} calls": one.calls.value for one in year.levels},
        **{f"drills {kind}": n.value for kind, n in year.drills.items() if audience != "staff"},
        **{"timed": year.timed, "untimed": year.untimed, "within": within},
        **dict(zip(("concerns", "closed"), (n.value for n in year.concerns), strict=True)),
        "monitors": year.monitors and year.monitors.monitors,
        "returned": year.returned_monitors and year.returned_monitors.monitors,
    }
    for one in year.trainings:
        for name in ("sessions", "trained", "employed"):
            found[f"{one.course} {name}"] = getattr(one, name).value
    pairs = [("timed", "within"), (" calls", "timed"), ("concerns", "closed")]
    pairs += [(f"{one.course} employed", f"{one.course} trained") for one in year.trainings]
    for whole, part in pairs:
        if (both := (found[whole], found[part])) and None not in both:
            found[f"{whole} less {part}"] = (both[0] or 0) - (both[1] or 0)
    return {name: int(n) for name, n in found.items() if n is not None}


def log_random_month(session: Session, draw: random.Random, month: int) -> None:
    """Log calls, visits, drills, trainings, monitors and concern reports of a month at random."""
    few = draw.random() < 0.5
    for n in range(draw.randrange(0, 9 if few else 40)):
        held = f"2026-{month:02d}-{1 + n % 28:02d}T10:"
        call = {"site": f"r1c{1 + n % 3}", "type": "fight", "received_at": f"{held}00"}
        if draw.random() < 0.8:
            call["onscene_at"] = f"{held}{draw.choice((3, 3, 20)):02d}"
        log_record(session, "incident", call)
        log_record(session, "drill", {"site": call["site"], "kind": "fire", "held_at": f"{held}00"})
        if n < 3:
            people = {
                "trained": str(draw.randrange(4, 30)),
                "employed": str(draw.randrange(30, 60)),
            }
            held_on = {"held_on": held[:10], "course": "cpr_aed", "site": call["site"]}
            log_record(session, "training", {**held_on, **people})
            post = {"site": call["site"], "on": held[:10], "post": "gate", "hours": "20"}
            count = {"monitors": str(draw.randrange(1, 9))}
            log_record(session, "monitor_post", {**post, **count})
        elif n < 16:
            concern = {"site": call["site"], "received_at": f"{held}00"}
            concern["reference"] = f"{month}-{n}"
            concern |= {"closed_at": f"{held}30"} if draw.random() < 0.6 else {}
            log_record(session, "concern", concern)


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=[pytest.mark.long] * (n > 0)) for n in range(12)]
)
def test_no_two_yearly_reports_differ_by_a_small_count(
    open_session: OpenSession, seed: int
) -> None:
    session = open_session(project_from("AAA / aaa"), now=datetime(2026, 12, 30, tzinfo=UTC))
    draw = random.Random(seed)
    for month in (9, 10, 11):
        log_random_month(session, draw, month)
    ends = [date(2026, month, 2) for month in (10, 11, 12)]
    for audience in ("public", "staff")[: 1 + (seed > 0)]:
        papers = [list_printed_counts(session, day, audience) for day in ends]
        for at, late in enumerate(papers):
            for early in ({}, *papers[:at]):
                small = {n: late[n] - early.get(n, 0) for n in late if n in early or not early}
                assert not {n: d for n, d in small.items() if 0 < abs(d) < 11}, (at, early)


def test_two_yearly_reports_do_not_reveal_six_timed_calls_of_a_month(
    session: Session,
) -> None:
    """October has 30 calls, all timed; November has 30, six of them timed and late."""
    for month in (10, 11):
        for n in range(30):
            held = f"2026-{month}-{1 + n % 28:02d}T10:"
            call = {"site": f"r1c{1 + n % 3}", "type": "fight", "received_at": f"{held}00"}
            if month == 10 or n < 6:
                call["onscene_at"] = f"{held}{3 if month == 10 else 20:02d}"
            log_record(session, "incident", call)
    october, november = (
        list_printed_counts(session, date(2026, month, 2), "public") for month in (11, 12)
    )
    assert (october["timed"], october["within"], november[" calls"]) == (30, 30, 60)
    assert {"timed", "within", "untimed"}.isdisjoint(november)


def test_a_few_school_days_in_june_leave_the_printed_counts_of_may(
    open_session: OpenSession,
) -> None:
    """June adds three visits, calls and fire drills to the 30 of May."""
    later = datetime(2027, 7, 3, 20, tzinfo=UTC)
    session = open_session(project_from("AAA / aaa"), now=later)
    for month, count in ((5, 30), (6, 3)):
        for n in range(count):
            held = f"2027-{month:02d}-{1 + n % 28:02d}T10:00"
            call = {"site": f"r1c{1 + n % 3}", "type": "fight", "received_at": held}
            visit = {"site": call["site"], "unit": "A", "purpose": "teaching", "arrived_at": held}
            visit["departed_at"] = held.replace("T10", "T11")
            drill = {"site": call["site"], "kind": "fire", "held_at": held}
            for kind, row in (("incident", call), ("visit", visit), ("drill", drill)):
                log_record(session, kind, row)
            if 12 <= n < 24:  # else the sum of all kinds would tell the fire drills
                log_record(session, "drill", {**drill, "kind": "lockdown"})
    may, year = (read_levels(session, date(2027, n, 3), "public")["district"] for n in (6, 7))
    assert (may.visits, may.calls, may.hours["teaching"]) == (YearCount(30),) * 3
    assert (year.visits, year.calls, year.hours["teaching"]) == (YearCount(None, 30),) * 3
    content = collect_edition(session, HandoutRequest("public", later))
    pdf, table = (dict(render_edition(content, only=["sro-year"]))[name] for name in YEAR_2026)
    said = " ".join("\n".join(page_texts(pdf)).split())
    assert "The district 6 30+ 30+ – – 30+ –" in said and "Fire 30+" in said
    assert says(said, "year.earlier")
    rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig")))
    [fire] = (row for row in rows if row["of"] == "fire")
    assert (fire["value"], fire["low"]) == ("", "30")


def test_a_school_no_longer_patrolled_keeps_its_past_in_every_count(session: Session) -> None:
    log_visits(session, 40)
    asked = HandoutRequest("public", None, date(2026, 11, 1), date(2026, 11, 30))

    def read() -> tuple[object, ...]:
        content = collect_edition(session, asked)
        assert content.year is not None and content.month is not None
        return content.year.levels, content.month.totals

    before = read()

    def stop_patrols(project: Project) -> Project:
        sites = {**project.sites, "r1c1": replace(project.sites["r1c1"], patrolled=False)}
        return replace(project, sites=sites)

    session.apply("No patrols", stop_patrols)
    assert session.saved_project.sites["r1c1"].patrolled is False
    assert read() == before, "what is less would be the visits of that school"


def list_waiting(session: Session) -> list[str]:
    found = check_release(collect_edition(session, HandoutRequest("public")), ["families"])
    return [name for one in found for name in one.facts.get("languages", ())]


def test_a_translation_is_published_only_after_review(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AAA / aaa"), now=datetime(2026, 12, 1, 18, 0, tzinfo=UTC))
    assert set(publish(session, "families")) == {"families/en.html"}
    assert list_waiting(session) == ["Arabic", "Spanish"]
    with refused("unknown_language", language="xx"):
        log_record(session, "text_review", {"language": "xx", "role": "translator"})
    reader = {"language": "es", "role": "district translator", "on": "2026-11-30"}
    with refused("not_a_role", text="x"):
        log_record(session, "text_review", {**reader, "role": "x"})
    log_record(session, "text_review", {**reader, "on": "2026-11-26"})
    assert list_waiting(session) == ["Arabic", "Spanish"], "the text was written on the day after"
    with refused("in_the_future.day"):
        log_record(session, "text_review", {**reader, "on": "2026-12-02"})
    log_record(session, "text_review", reader)
    assert list_waiting(session) == ["Arabic"]
    files = publish(session, "families")
    assert set(files) == {"families/en.html", "families/es.html"}
    page = files["families/es.html"].decode()
    assert 'lang="es"' in page and "district translator, 30 de noviembre de 2026" in page
    assert "1 de diciembre de 2026" in page and "2026-1" not in page
    assert "district translator" not in files["families/en.html"].decode()
    log_record(session, "text_review", {"language": "ar", "role": "liaison"})
    page = publish(session, "families")["families/ar.html"].decode()
    assert 'lang="ar" dir="rtl"' in page and "الإغلاق" in page
    assert "\u20669‑1‑1\u2069" in page, "the number stays in its order"


def test_the_family_sheet_has_the_districts_terms_and_where_to_report(session: Session) -> None:
    own = DistrictTerms(
        {"secure": DistrictTerm("Shelter-in-place")}, DistrictTerm("Tell Someone", "(916) 555-0100")
    )
    assert "no_tip_line" in {one.code for one in check_release(collect(session), ["families"])}
    session.apply("Words", lambda project: replace(project, terms=own))
    assert "no_tip_line" not in {one.code for one in check_release(collect(session), ["families"])}
    page = publish(session, "families")["families/en.html"].decode()
    assert "Secure (Shelter-in-place)" in page and "Lockdown (" not in page
    assert "Tell Someone: (916) 555-0100" in page and "December " in page


def test_a_review_of_an_outdated_text_publishes_nothing(open_session: OpenSession) -> None:
    session = open_session(project_from("AAA / aaa"), now=datetime(2026, 12, 1, 18, 0, tzinfo=UTC))
    said = {"language": "es", "role": "translator", "version": "0123456789ab"}
    log_record(session, "text_review", said)
    assert set(publish(session, "families")) == {"families/en.html"}


@pytest.mark.parametrize("language", family_sheets.list_translations())
def test_each_catalog_has_every_sentence_of_the_family_sheet(language: str) -> None:
    source = (FAMILIES / "sheet.html").read_text(encoding="utf-8")
    pages = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    sentences = {text for _, _, text in pages.extract_translations(source)}  # type: ignore[attr-defined]
    assert len(sentences) > 20
    with (FAMILIES / f"{language}.mo").open("rb") as file:
        catalog = GNUTranslations(file)
    assert [one for one in sentences if catalog.gettext(one) == one] == []
    written = (FAMILIES / f"{language}.po").read_text(encoding="utf-8")
    version = catalog.info()["x-text-version"]
    assert version == family_sheets.compute_text_version(language), "date it anew, too"
    assert [one for one in sentences if f'msgstr "{catalog.gettext(one)}"' not in written] == []


def test_parts_without_zones_are_published_without_a_plan(
    open_session: OpenSession, tmp_path: Path
) -> None:
    session = open_session(replace(project_from("AAA / aaa"), plans={}), now=NOW)
    columns = {"event": "Drill", "event_on": "2026-11-02", "overview": "It was reviewed."}
    log_record(session, "after_action", {"site": "r1c1", **columns})
    place = {"name": "Park", "how": "walking", "capacity": "900", "at_site": "r1c2"}
    log_record(session, "reunification_site", place)
    session.store.attach(create_attachment(), keep=())
    log_record(session, "campus_page", {"site": "r1c1", "picture": create_attachment().sha256})
    for audience in ("law-enforcement", "own"):
        only = ["after-action", "reunification", "campus-pages"]
        only += ["readiness"] if audience == "own" else []
        made = publish_edition(session, tmp_path, wanted=HandoutRequest(audience), only=only)
        assert {one.stem for one in made.files} >= set(only)
        for one in made.files:
            last = page_texts(one.read_bytes())[-1]
            assert "As of" in last and "– ·" not in last and "Draft" not in last, one.name
    with refused("no_plan"):
        publish_edition(session, tmp_path, wanted=HandoutRequest("own"), only=["cards"])
