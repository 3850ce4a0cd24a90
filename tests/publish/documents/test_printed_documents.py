"""The printed documents: atlas, cards and reports, also with unusual names and plans."""

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import project_from
from handouts import NOTE, build_handout, district_handout, letter_handout
from papers import find_overlapping_words, find_words_off_page, page_texts, read_actual_texts
from pypdf import PdfReader
from pypdf.generic import ContentStream
from sentences import says

from zoneplanner.analysis.coverage.chart_series import CoverageSeries, CoverageWeek
from zoneplanner.analysis.coverage.figures import CoverageRow, Figure
from zoneplanner.analysis.coverage.verdicts import (
    PERIOD_FIGURES,
    PeriodChange,
    PeriodEstimate,
)
from zoneplanner.analysis.measures.comparison import PlanComparison, SiteZoneChange
from zoneplanner.domain.calendar.school_calendar import find_month
from zoneplanner.domain.geography.site import SiteNotes
from zoneplanner.domain.locale_formats import Preferences
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.follow_up import AfterActionReview, CorrectiveAction
from zoneplanner.domain.readiness.requirements import Requirement, RequirementStatus
from zoneplanner.domain.units import Agency
from zoneplanner.messages import Message, find_template, format_count
from zoneplanner.publish.audience import redact_for_audience
from zoneplanner.publish.documents.after_action_report import build_after_action_reports
from zoneplanner.publish.documents.atlas import build_atlas
from zoneplanner.publish.documents.board_report import build_board_report
from zoneplanner.publish.documents.campus_pages import build_campus_pages
from zoneplanner.publish.documents.cards.day_cards import build_day_cards
from zoneplanner.publish.documents.cards.night_cards import build_night_cards
from zoneplanner.publish.documents.cards.visor_cards import build_visor_cards
from zoneplanner.publish.documents.coverage_report import FIGURE_TITLES, build_coverage_report
from zoneplanner.publish.documents.month_report import build_month_report
from zoneplanner.publish.documents.plan_comparison import build_plan_comparison
from zoneplanner.publish.documents.principal_pages import build_principal_pages
from zoneplanner.publish.documents.readiness_report import build_readiness_report
from zoneplanner.publish.documents.reunification import build_reunification_list
from zoneplanner.publish.documents.rule_price_page import RulePrices, build_price_page
from zoneplanner.publish.documents.week_roster import build_week_roster
from zoneplanner.publish.documents.zone_sheets import build_zone_sheets
from zoneplanner.publish.handout import (
    ComparedPlan,
    CoverageSummary,
    Handout,
    LogWeek,
    PublishedReunification,
    PublishedShift,
    PublishedStop,
)
from zoneplanner.publish.maps.district_map import draw_district_map
from zoneplanner.publish.month import AreaTotals, MonthDetails, MonthTotals, PeriodDays
from zoneplanner.publish.pdf.canvas import (
    BOLD_FONT,
    FALLBACK_FONT,
    REGULAR_FONT,
    choose_font,
    measure_text_width,
    register_fonts,
    reorder_bidi,
    replace_missing_glyphs,
    wrap_text,
)
from zoneplanner.publish.pdf.page import (
    Booklet,
    BookletPage,
    PageWriter,
    measure_body_area,
    render_pdf,
)
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable
from zoneplanner.publish.pdf.text_flow import make_gap, make_table_items, paginate_items

GOLDEN = Path(__file__).parent / "golden"
MARK = "DRAFT PLAN\n"
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler-utils")

BOOKLETS: dict[str, Callable[[Handout], Booklet]] = {
    "atlas": build_atlas,
    "day-cards": build_day_cards,
    "night-cards": build_night_cards,
    "visor-cards": build_visor_cards,
    "coverage": build_coverage_report,
    "readiness": build_readiness_report,
    "after-action": build_after_action_reports,
    "week-roster": build_week_roster,
    "month-office": build_month_report,
    "month-board": build_board_report,
    "month-principal": lambda handout: next(iter(build_principal_pages(handout).values())),
}


def printer_of(name: str) -> Callable[[Handout], bytes]:
    return lambda handout: render_pdf(BOOKLETS[name](handout))


PAPERS = {name: printer_of(name) for name in BOOKLETS}
AMERICAN = re.compile(r"\b(?:[JFMASOND][a-z]+ \d{1,2}, \d{4}|\d{1,2}:\d\d [AP]M)\b")
MILES = re.compile(r"\b\d[\d.,]* (?:mi|ft|mph|miles?|feet|acres)\b")
FIRST, LAST = date(2026, 11, 2), date(2026, 11, 16)
BELLS = Message("bell_times", starts=time(8, 0), ends=time(14, 30))
LONG = "Extraordinarily Long " * 10
PAGED = b"/Artifact <</Type /Pagination>> BDC"
"""Begins a repeated part: the page number of the first page, header and footer of others."""
NASTY = {
    "markup": "<b>Bold</b> & {{ 6*7 }} </script>",
    "quotes": 'O\'Brien "The" School — “North”',
    "emoji": "School \N{SCHOOL} of \N{SNOWMAN WITHOUT SNOW} Art",
    "right to left": "\u05d1\u05d9\u05ea \u05e1\u05e4\u05e8 School",
    "accents": "Nguy\u1ec5n \u00d1and\u00fa Academy",
    "200 characters": LONG[:200],
}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


FIGURE_FACTS = {"target_min": 8.0, "early_min": 45, "late_min": 15}


def coverage_row(key: str, name: str) -> CoverageRow:
    """Return a row with increasing figures and a withheld P90."""
    figures = {
        title: Figure(0.25 * (n + 1), n + 1, (Message(f"figure.{title}", **FIGURE_FACTS),))
        for n, title in enumerate(FIGURE_TITLES)
    }
    p90 = figures["response_p90_min"]
    few = replace(p90, value=None, n=3, why=Message("figure_too_few", n=3))
    return CoverageRow(key, name, figures | {"response_p90_min": few})


def coverage_series() -> CoverageSeries:
    """Two weeks, the second one incomplete, with one response."""
    weeks = (
        CoverageWeek(date(2026, 11, 2), 12, 0.5, 1),
        CoverageWeek(date(2026, 11, 9), 12, 0.5, 0, Message("week_incomplete.running")),
    )
    return CoverageSeries(
        *(FIRST, LAST, LAST, weeks, np.zeros((7, 24), int), np.array([9.0]), np.array([8.0])),
        *({"": 24}, 1, 1, 1),
        sample=False,
    )


def period_change(name: str) -> PeriodChange:
    """Return a significant change."""
    now, before = PeriodEstimate(0.9, 0.8, 0.95, 40), PeriodEstimate(0.5, 0.4, 0.6, 40)
    return PeriodChange(name, now, before, 0.4, 0.2, 0.55, "more")


def month_totals() -> MonthTotals:
    """November 1 to 16 in two areas, one too small to report."""
    november = find_month(FIRST)
    unknown = PeriodEstimate(None, 0.0, 0.0, 0)
    few = PeriodChange("calls_per_school_day", unknown, unknown)
    return MonthTotals(
        (november, november.before, november.year_before),
        LAST,
        (PeriodDays(11, {}), PeriodDays(22, {}), PeriodDays(20, {})),
        (AreaTotals("", 6, 240, 31, None), AreaTotals("Trustee area 1", 2, None, None, None)),
        Figure(6.4, 28, (), low=5.0, high=7.9),
        ((period_change("visits_per_school_day"), few), (few, few)),
    )


def month_details(handout: Handout, call: Incident) -> MonthDetails:
    """A month with visits to all schools but one, and one long call."""
    sites = list(handout.project.sites)
    hours = np.zeros((7, 24), np.int64)
    hours[1, 9] = 12
    return MonthDetails(
        *(
            8.0,
            coverage_row("all", "All"),
            tuple(coverage_row(one.id, one.name) for one in handout.plan.zones),
        ),
        *(
            (2, 3, 2, 2, 2, 0, 0),
            (2, 3, 2, 2, 2, 0, 0),
            dict.fromkeys(sites[1:], 9),
            dict.fromkeys(sites, 0.5),
        ),
        *((call,), 17, 5, 2, hours, hours * 2, sites),
        changes=(tuple(map(period_change, PERIOD_FIGURES)),) * 2,
        notes=(Message("period.since", kind="Visits", since=date(2026, 11, 3)),),
    )


def add_log(handout: Handout) -> Handout:
    """Add visits, a call, a visiting order, coverage and readiness to a handout."""
    sites = list(handout.project.sites)
    call = Incident(
        "i1", sites[0], "trespass", 2, at(10, 18), at(10, 18, 1), at(10, 18, 2), at(10, 18, 9),
        at(10, 18, 40), ("A",), note="SECRETNOTE", other_units=("CHP41",),
    )  # fmt: skip
    duty = Requirement(
        sites[0],
        "fire",
        RequirementStatus.OVERDUE,
        date(2026, 10, 30),
        1,
        3,
        Message("drill_rule", citation="Ed. Code 32001", times=1, per="month"),
        (Message("requirement.drills_held", done=1, required=3, period="October 2026"),),
    )
    action = Message("requirement.action", action="Test radios", owner="Principal")
    review = replace(duty, kind="plan_review", status=RequirementStatus.DUE, done=0, required=1)
    looked_back = AfterActionReview(
        *("a1", sites[0], "i1", "Lockdown", date(2026, 11, 10), date(2026, 11, 12)),
        overview="A caller reported a weapon. " * 30,
        objectives="1. Lock down.\n2. Tell parents.",
        participants="Principal, unit A",
    )
    step = CorrectiveAction("c1", sites[0], "a1", "Test radios", "Principal", date(2026, 11, 15))
    return replace(
        handout,
        after_actions=(looked_back,),
        actions=(step,),
        follow_ups=(replace(duty, kind="corrective_action", messages=(action,)),),
        duties=(
            PublishedShift("A", "Officer A", at(16, 16), at(17, 0), "", True),
            PublishedShift("B", "", at(17, 16), at(18, 0), "Football", False),
        ),
        coverage=CoverageSummary(
            *(coverage_series(), 8.0, coverage_row("all", "Whole log")),
            tuple(coverage_row(zone.id, zone.name) for zone in handout.plan.zones),
            tuple(coverage_row(unit.id, unit.name) for unit in handout.project.units.values()),
            tuple(coverage_row(key, site.name) for key, site in handout.project.sites.items()),
        ),
        incidents=(call,),
        month=month_totals(),
        month_details=month_details(handout, call),
        month_drills=(Drill("d1", sites[0], "lockdown", at(12, 18), 12.0),),
        readiness=dict.fromkeys(sites[:3], (duty, review)),
        school_year="2026-27",
        weeks=(LogWeek(date(2026, 11, 16), {sites[0]: 1}, {}, {}),),
        stops={
            zone.unit: (
                *(
                    PublishedStop(
                        site, *(at(17, 16) + timedelta(minutes=5 * n + w) for w in (0, 3)), "class"
                    )
                    for n, site in enumerate(reversed(sites))
                ),
                *(
                    PublishedStop(site, at(17, 23), at(17, 23, 15), "dismissal")
                    for site in sites[:1]
                ),
            )
            for zone in handout.plan.zones
        },
        backups={zone.id: handout.plan.zones[0].unit for zone in handout.plan.zones[1:]},
        neighbors={"A": ("B",), "B": ("A",)},
    )


@pytest.mark.parametrize("name", PAPERS)
def test_the_text_of_each_page_matches_the_golden_file(name: str) -> None:
    """Set UPDATE_GOLDEN=1 to store new golden files after looking at the pages."""
    handout = add_log(letter_handout("AAB / ABB", "own"))
    text = "\n\f\n".join(page_texts(PAPERS[name](handout))) + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAPERS)
def test_dates_times_and_lengths_follow_the_preferences(name: str) -> None:
    handout = add_log(letter_handout("AAB / ABB", "own"))
    prefers = Preferences(dates="iso", clock="24", lengths="kilometers")
    handout = replace(handout, project=replace(handout.project, preferences=prefers))
    text = "\n".join(page_texts(PAPERS[name](handout)))
    assert AMERICAN.findall(text) == []
    assert MILES.findall(text) == []


@needs_poppler
@pytest.mark.parametrize("paper", ["letter", "a4"])
@pytest.mark.parametrize("name", PAPERS)
def test_every_word_is_in_the_printable_area(name: str, paper: str, tmp_path: Path) -> None:
    handout = replace(add_log(letter_handout("AAB / ABB", "law-enforcement")), paper=paper)
    assert find_words_off_page(PAPERS[name](handout), tmp_path) == []


@pytest.mark.parametrize("name", PAPERS)
def test_pages_are_tagged_and_numbered_with_embedded_fonts_and_the_journal_head(name: str) -> None:
    handout = replace(
        add_log(letter_handout("AB", "staff")), paper="a4", broken_rules=("in_pieces",)
    )
    reader = PdfReader(io.BytesIO(PAPERS[name](handout)))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-US"
    assert root["/MarkInfo"]["/Marked"] is not None
    assert root["/StructTreeRoot"]["/K"][0].get_object()["/S"] == "/Document"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] is not None
    assert reader.metadata is not None
    assert reader.metadata.title and reader.metadata.title.startswith("Letters: ")
    assert reader.metadata.creation_date == handout.as_of, "not the day of another century"
    for number, page in enumerate(reader.pages, start=1):
        assert sorted(map(round, page.mediabox[2:])) == [595, 842]
        assert len(page.images) == 0
        text = page.extract_text()
        assert f"Page {number} of {len(reader.pages)}" in text
        assert "DRAFT - HAS PROBLEMS" in text
        assert "Journal: 128 entries, hash 3fa94c0b3fa94c0b" in text
        for font in page["/Resources"]["/Font"].values():
            assert font.get_object()["/FontDescriptor"].get("/FontFile2") is not None


@pytest.mark.parametrize("name", PAPERS)
def test_the_same_handout_gives_the_same_pages(name: str) -> None:
    handout = add_log(letter_handout("AB", "staff"))
    assert PAPERS[name](handout) == PAPERS[name](handout)


def test_the_atlas_has_a_directory_and_an_index() -> None:
    pages = page_texts(PAPERS["atlas"](district_handout()))
    assert len(pages) == 11
    assert "Overview" not in pages[0]
    directory = next(page for page in pages if page.startswith(f"{MARK}Directory"))
    assert "Del Campo High" in directory
    index = pages[-1]
    assert index.startswith(f"{MARK}Index")
    assert "Madison Ave" in index
    assert "Sheriff's deputy (S1)" in index


@pytest.mark.parametrize("audience", ["public", "own"])
def test_each_document_marked_for_problems_lists_them(audience: str) -> None:
    pieces = Message("check.in_pieces", zone="A", count=2)
    told = (pieces,) if audience == "own" else ()
    handout = replace(
        add_log(letter_handout("AAB / ABB", audience)), broken_rules=("in_pieces",), problems=told
    )
    prices = RulePrices((), 100.0, [], [])
    papers = {
        "sheets": build_zone_sheets(handout),
        "prices": build_price_page(handout, prices),
        "board": build_board_report(handout),
        "coverage": build_coverage_report(handout),
        "readiness": build_readiness_report(handout),
    }
    for name, booklet in papers.items():
        said = " ".join(" ".join(page_texts(render_pdf(booklet))).split())
        asked = str(pieces) if told else find_template("broken_rule.in_pieces")
        assert asked in said, name
    for page in page_texts(render_pdf(papers["sheets"])):
        assert asked in " ".join(page.split()), "each sheet is handed out alone"


def test_a_phone_number_stays_on_one_line() -> None:
    register_fonts()
    said = "Sacramento County Sheriff's Office (916) 555-0142, or the district at (916) 555-0100"
    for room in range(90, 400, 7):
        lines = wrap_text(said, REGULAR_FONT, 9, room)
        assert " ".join(lines) == said
        assert sum(line.count(") 555-01") for line in lines) == 2, room


def test_a_report_says_if_its_zones_were_not_in_force() -> None:
    """The report uses the plan on screen, which may take effect later or end earlier."""
    handout = add_log(letter_handout("AAB / ABB", "own"))
    heads = {
        None: "Who would serve you",
        date(2026, 12, 1): "Who will serve you from Dec 1, 2026",
        date(2026, 11, 10): "Who serves you",
        date(2026, 8, 3): "Who serves you",
    }
    for begins, head in heads.items():
        shown = replace(handout, plan=replace(handout.plan, effective_on=begins))
        said = {
            name: " ".join(" ".join(page_texts(PAPERS[name](shown))).split())
            for name in ("month-office", "coverage", "month-principal")
        }
        assert head in said["month-principal"]
        for name in ("month-office", "coverage"):
            absent = begins is None or begins > LAST
            assert says(said[name], "plan_in_period.none") == absent, (name, begins)
            is_part = begins == date(2026, 11, 10)
            assert says(said[name], "plan_in_period.part") == is_part, (name, begins)


def test_a_principals_page_shows_due_dates() -> None:
    handout = add_log(letter_handout("A", "own"))
    (site,) = handout.project.sites
    duty = replace(handout.readiness[site][0], status=RequirementStatus.DUE)
    for day, told in ((date(2027, 6, 2), "due by Jun 2, 2027"), (handout.today, "due by Nov 16")):
        shown = replace(handout, readiness={site: (replace(duty, due_on=day),)})
        (page, *_) = page_texts(PAPERS["month-principal"](shown))
        lines = [line.strip() for line in page.split("\n")]
        assert told in lines and "due" not in lines
        assert "A, Unit A, Sheriff" in lines and "Zone A" not in lines


def test_a_card_for_a_later_day_shows_what_will_be_overdue() -> None:
    """A card for December once showed a drill due on November 20 as due."""
    handout = add_log(letter_handout("A", "own"))
    (site,) = handout.project.sites
    duty = replace(handout.readiness[site][0], status=RequirementStatus.DUE)
    shown = replace(handout, readiness={site: (replace(duty, due_on=date(2026, 11, 20)),)})
    for day, late in ((date(2026, 11, 20), False), (date(2026, 12, 1), True)):
        for name in ("day-cards", "visor-cards"):
            said = " ".join(" ".join(page_texts(PAPERS[name](replace(shown, day=day)))).split())
            assert says(said, "open_item.overdue_unless_done", kind="drill", day="Nov 20") == late
            assert says(said, "open_item.due_by", kind="drill", day="Nov 20") != late, name


def test_a_done_but_unverified_action_is_not_overdue() -> None:
    """An action done on time but not yet verified was once printed as OVERDUE."""
    handout = add_log(letter_handout("AAB / ABB", "own"))
    (action,) = handout.actions
    shown = replace(handout, actions=(replace(action, done_on=date(2026, 11, 14)),))
    said = " ".join(" ".join(page_texts(PAPERS["after-action"](shown))).split())
    status = str(Message("corrective_action.done", done="Nov 14, 2026"))
    assert says(said, "corrective_action", due="Nov 15, 2026", status=status)
    assert "OVERDUE" not in said


def test_the_readiness_report_begins_with_overdue_follow_ups() -> None:
    """Sixty overdue drills once pushed out the one unanswered concern."""
    handout = add_log(letter_handout("AAAAAAAAAA / " * 5 + "AAAAAAAAAA", "own"))
    (duty, *_) = next(iter(handout.readiness.values()))
    late = replace(duty, status=RequirementStatus.OVERDUE, due_on=date(2026, 9, 30))
    rule = Message("requirement_rule.review", citation="Rule of concerns", days=30)
    concern = replace(late, kind="concern", due_on=date(2026, 11, 13), rule=rule)
    lost = replace(concern, status=RequirementStatus.NOT_RECORDED, kind="after_action")
    shown = replace(
        handout,
        readiness=dict.fromkeys(handout.project.sites, (late,)),
        follow_ups=(lost, lost, lost),
        concerns=(concern, replace(concern, status=RequirementStatus.DUE)),
    )
    pages = [" ".join(page.split()) for page in page_texts(PAPERS["readiness"](shown))]
    first = pages[0].partition("What to do first")[2]
    assert "Concern report overdue" in first and "Fire drill overdue" in first
    days = handout.horizon_days
    parts = (
        Message("readiness.follow_ups.overdue", n=1),
        Message("readiness.follow_ups.soon", n=1, days=days),
        Message("readiness.follow_ups.unrecorded", n=3),
    )
    told = Message("readiness.follow_ups.parts", n=5, parts=parts, title="Follow-up on incidents")
    assert str(told) in pages[0]
    assert "Rule of concerns" in " ".join(pages).partition("The rules applied")[2]


@pytest.mark.parametrize("name", ["day-cards", "atlas"])
def test_notes_are_labeled_by_reader(name: str) -> None:
    """Three notes once ran together without labels, so a staff note looked public."""
    handout = add_log(letter_handout("AAB / ABB", "law-enforcement"))
    site = replace(handout.project.sites["r1c1"], note="Key box north.")
    notes = {"r1c1": SiteNotes("Office moved.", "Gate on Elm.")}
    project = replace(handout.project.with_site(site), site_notes=notes)
    said = " ".join(" ".join(page_texts(PAPERS[name](replace(handout, project=project)))).split())
    assert (
        "Note for responders: Key box north. · Note for staff: Office moved. · Note: Gate on Elm."
        in said
    )


@pytest.mark.parametrize("agencies", [2, 4, 7, 24])
@pytest.mark.parametrize("stops", [6, 17, 22, 30, 40, 60])
def test_a_full_day_card_has_all_qr_codes(agencies: int, stops: int, tmp_path: Path) -> None:
    """Codes were once dropped next to many phone numbers or on a third leg."""
    handout = add_log(letter_handout("AAAAA", "own"))
    sites = list(handout.project.sites)
    numbers = {f"{n}": Agency(f"{n}", f"Agency {n}", "(916) 555-0100") for n in range(agencies)}
    project = replace(handout.project, agencies=numbers | dict(handout.project.agencies))
    way = tuple(PublishedStop(sites[n % len(sites)]) for n in range(stops))
    pdf = PAPERS["day-cards"](replace(handout, project=project, stops={"A": way}))
    reader = PdfReader(io.BytesIO(pdf))
    elements = walk_structure(reader.trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object())
    codes = [alt for one in elements if (alt := str(one.get("/Alt", ""))).startswith("QR code")]
    assert len(codes) == max(1, -(-(stops - 1) // 9))
    assert codes[-1].partition(" in order")[0].endswith(f"to {stops}")
    pages = page_texts(pdf)
    apart = says(pages[0], "cards.codes_apart")
    assert says(pages[-1 if apart else 0], "cards.codes") and len(pages) > apart
    if agencies < 20 and stops < 60:  # more does not fit on a map of five schools
        assert not find_overlapping_words(pdf, tmp_path) and not find_words_off_page(pdf, tmp_path)


def test_small_cards_refer_to_the_day_card_for_notes() -> None:
    handout = add_log(letter_handout("AAAAAAAAAA / AAAAAAAAAA / AAAAAAAAAA / AAAAAAAAAA", "own"))
    site = replace(handout.project.sites["r1c1"], note="Key box north.")
    shown = replace(handout, project=handout.project.with_site(site))
    for name in ("night-cards", "visor-cards"):
        said = " ".join(" ".join(page_texts(PAPERS[name](shown))).split())
        assert says(said, "cards.left_out"), name


def test_a_night_card_never_has_a_second_sheet_for_one_stop() -> None:
    for count in range(12, 22):
        handout = letter_handout("A" * count, "own")
        pages = page_texts(PAPERS["night-cards"](handout))
        assert all(page.count("School r1c") > 1 for page in pages), count
        assert all("9-1-1" in page for page in pages)


@pytest.mark.parametrize("name", ["campus-pages", "reunification"])
def test_a_document_without_sample_data_has_no_sample_warning(name: str) -> None:
    handout = replace(add_log(letter_handout("AAB / ABB", "own")), sample="all")
    booklet = {"campus-pages": build_campus_pages, "reunification": build_reunification_list}[name](
        handout
    )
    assert "SAMPLE" not in booklet.handout.warning


def test_the_atlas_lists_phone_numbers_only_if_there_are_any() -> None:
    """Parents look for a number: for unpatrolled schools it is the office's."""
    handout = letter_handout("AAB / AB?")
    pages = page_texts(PAPERS["atlas"](handout))
    assert "Agency and phone" not in pages[0]
    office = Agency("office", "Safe Schools", "(916) 971-7700")
    agencies = {key: replace(one, phone="311") for key, one in handout.project.agencies.items()}
    project = replace(handout.project, agencies=agencies | {"office": office})
    pages = page_texts(PAPERS["atlas"](replace(handout, project=project)))
    assert "Agency and phone" in pages[0] and "311" in pages[0]
    directory = next(page for page in pages if page.startswith(f"{MARK}Directory"))
    assert "Safe Schools (916) 971-7700" in directory


def test_the_readiness_report_shows_counts_and_missing_records() -> None:
    """Each status has one name, each drill its count, and missing records are counted."""
    handout = add_log(letter_handout("AAB / ABB", "own"))
    site, *others = handout.readiness
    fire, review = handout.readiness[site]
    unknown = replace(fire, kind="drop", status=RequirementStatus.NOT_RECORDED, done=0, required=2)
    due = replace(unknown, status=RequirementStatus.DUE, required=1)
    readiness = {site: (fire, unknown, review)} | dict.fromkeys(others, (fire, due, review))
    open_review = replace(fire, kind="after_action", uid="u1")
    handout = replace(handout, readiness=readiness, follow_ups=(open_review,))
    first, schools, *_ = [
        " ".join(page.split()) for page in page_texts(PAPERS["readiness"](handout))
    ]
    assert "not recorded" not in first + schools
    assert says(first, "readiness.not_recorded", n=1)
    assert says(first, "readiness.follow_ups.parts", n=1)
    assert "overdue 1/3 no record on file due" in schools  # the total is unknown
    assert schools.count("overdue 1/3 due soon 0/1 due soon") == len(others)


def test_single_incidents_are_printed_only_for_law_enforcement_and_the_office() -> None:
    for audience in ("law-enforcement", "own"):
        shown = redact_for_audience(add_log(letter_handout("AB", audience)))
        assert "SECRETNOTE" in "".join(page_texts(PAPERS["coverage"](shown)))
    staff = redact_for_audience(add_log(letter_handout("AB", "staff")))
    assert (staff.incidents, staff.coverage) == ((), None)


@needs_poppler
@pytest.mark.parametrize("name", PAPERS)
def test_unusual_names_are_printed_within_their_space(name: str, tmp_path: Path) -> None:
    handout = add_log(letter_handout("AAA / AAA / B??", "law-enforcement"))
    sites = dict(handout.project.sites)
    for key, told in zip(sites, NASTY.values(), strict=False):
        sites[key] = replace(sites[key], name=told, street=told, note=told)
    units = {key: replace(unit, name=LONG[:200]) for key, unit in handout.project.units.items()}
    zones = tuple(replace(zone, name=NASTY["markup"]) for zone in handout.plan.zones)
    project = replace(handout.project, sites=sites, units=units, name=NASTY["quotes"])
    plan = replace(handout.plan, zones=zones, name=LONG[:200])
    pdf = PAPERS[name](replace(handout, project=project, plan=plan))
    assert find_words_off_page(pdf, tmp_path) == []
    assert find_overlapping_words(pdf, tmp_path) == []
    if name not in ("coverage", "after-action", "week-roster", "month-board"):
        assert "<b>Bold</b> & {{ 6*7 }}" in "".join(page_texts(pdf))


def test_no_name_address_or_date_is_truncated() -> None:
    """With the longest names of the bundled district, no word ends in an ellipsis."""
    handout = add_log(letter_handout("AAB / ABB", "own"))
    longest = {
        "r1c1": ("Marvin Marshall Preschool and Children's Center", "5309 Kenneth Avenue"),
        "r1c2": ("Aspire Alexander Twilight College Preparatory Academy", "2360 El Camino Avenue"),
        "r2c1": ("Louis Pasteur Fundamental Middle", "10700 Fair Oaks Boulevard"),
    }
    sites = handout.project.sites | {
        key: replace(handout.project.sites[key], name=name, street=street, city="Citrus Heights")
        for key, (name, street) in longest.items()
    }
    day = date(2026, 11, 12)
    fight = Message("requirement.incident", type="Fight", on=day, at=time(14, 5), priority=1)
    duty = replace(handout.follow_ups[0], messages=(fight,))
    usual = {"value": 1.0, "low": 0.5, "high": 1.5, "days": 40}
    demand = Message("demand.log", **usual, since=date(2026, 9, 1), until=day)
    full = replace(
        handout,
        project=replace(handout.project, sites=sites),
        plan=replace(
            handout.plan,
            name="Patrol zones 2026-27",
            effective_on=date(2026, 8, 13),
            expires_on=date(2027, 1, 4),
        ),
        day=date(2026, 11, 19),  # an early-release day
        demand=demand,
        follow_ups=tuple(replace(duty, site=site) for site in longest),
        reunification=tuple(
            PublishedReunification(site, "bus", "Church", 900.0, 2500.0, FIRST, LAST)
            for site in longest
        ),
    )
    built = {name: BOOKLETS[name](full) for name in BOOKLETS if "card" in name}
    built |= {name: BOOKLETS[name](full) for name in ("atlas", "readiness")}
    built |= {"reunification": build_reunification_list(full)}
    for name, booklet in built.items():
        said = "\n".join(page_texts(render_pdf(booklet)))
        assert says(said, "demand.log", since=date(2026, 9, 1)) == (name == "atlas")
        assert [line for line in said.splitlines() if "…" in line] == [], name
        assert "ast day Jan 3, 2027" in said, name
        assert not re.search(r"\d{4}-\d\d-\d\d", said), name
        for words in longest.values():
            assert words[0] in " ".join(said.split()), name
            assert words[1] in " ".join(said.split()) or name in ("readiness", "reunification")


@needs_poppler
@pytest.mark.parametrize("name", ["day-cards", "visor-cards", "week-roster"])
def test_a_long_title_leaves_room_for_the_no_school_label(name: str, tmp_path: Path) -> None:
    handout = add_log(letter_handout("AAB / ABB", "staff"))
    units = {
        key: replace(unit, name=f"School resource officer {key}")
        for key, unit in handout.project.units.items()
    }
    sunday = replace(handout, project=replace(handout.project, units=units), as_of=at(15, 20))
    pdf = PAPERS[name](sunday)
    assert find_overlapping_words(pdf, tmp_path) == []
    whole = " ".join("\n".join(page_texts(pdf)).split())
    assert "School resource officer A" in whole
    assert "no school" in whole.casefold()


@pytest.mark.parametrize(
    ("stops", "items", "legs"),
    [
        (5, 1, ["stops 1 to 5"]),
        (17, 6, ["stops 1 to 9", "stops 9 to 17"]),
        (26, 6, ["stops 1 to 9", "stops 9 to 18", "stops 18 to 26"]),
    ],
)
def test_cards_list_the_whole_route_and_link_to_it(stops: int, items: int, legs: list[str]) -> None:
    """Even if many stops and open items leave little room."""
    handout = add_log(letter_handout("AAAAA", "own"))
    sites = list(handout.project.sites)
    duty = handout.readiness[sites[0]][0]
    kinds = tuple(replace(duty, kind=f"kind {n}") for n in range(items))
    way = tuple(PublishedStop(sites[n % len(sites)]) for n in range(stops))
    day = replace(handout, readiness=dict.fromkeys(sites, kinds), stops={"A": way})
    reader = PdfReader(io.BytesIO(PAPERS["day-cards"](day)))
    elements = walk_structure(reader.trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object())
    told = [str(one.get("/Alt", "")) for one in elements]
    codes = [alt for alt in told if alt.startswith("QR code")]
    assert codes == [str(Message("cards.code", stops=leg)) for leg in legs]
    last = f"School {sites[(stops - 1) % 5]}"
    for name in ("day-cards", "night-cards", "visor-cards"):
        pages = page_texts(PAPERS[name](day))
        whole = " ".join(" ".join(pages).split())
        visit = f", visit {-(-stops // 5)}" if stops > 5 else ""
        assert f"{stops} {last}{visit}" in whole, name
        assert says(whole.lower(), "not_public"), name
        if name != "day-cards":
            assert all("9-1-1" in page.rpartition("As of")[0] for page in pages), name
    nights = [" ".join(page.split()) for page in page_texts(PAPERS["night-cards"](day))]
    assert all(f"{format_count(stops, 'stop')} ·" in page for page in nights)
    onward = [says(page, "cards.more_stops") for page in nights]
    assert onward == [*[True] * (len(nights) - 1), False]
    numbers = [f"{n}" for n in range(1, stops + 1, 5)]  # a school's symbol lists each of its stops
    assert ", ".join(numbers) in page_texts(PAPERS["day-cards"](day))[0].split("\n")


@pytest.mark.parametrize("name", ["atlas", "day-cards"])
def test_a_long_note_is_printed_in_full(name: str) -> None:
    handout = add_log(letter_handout("A", "law-enforcement"))
    note = " ".join(f"Door {n} is locked." for n in range(40))
    site = replace(handout.project.sites["r1c1"], note=note)
    pdf = PAPERS[name](replace(handout, project=handout.project.with_site(site)))
    assert note in " ".join("\n".join(page_texts(pdf)).split())


def test_a_long_incident_note_is_printed_in_full() -> None:
    handout = add_log(letter_handout("A", "law-enforcement"))
    said = " ".join(f"Room {n} was searched." for n in range(30))
    (call,) = handout.incidents
    pdf = PAPERS["coverage"](replace(handout, incidents=(replace(call, note=said),)))
    assert said in " ".join("\n".join(page_texts(pdf)).split())


def test_right_to_left_text_is_printed_in_visual_order() -> None:
    register_fonts()
    written = "Nguy\u1ec5n \u00d1and\u00fa, \u0416\u0443\u043a, \u03a9"
    assert replace_missing_glyphs(written) == written
    assert reorder_bidi(NASTY["right to left"]) == "School \u05e8\u05e4\u05e1 \u05ea\u05d9\u05d1"
    assert reorder_bidi("\u05d0\u05d1 (2) School") == "School (2) \u05d1\u05d0"
    assert (
        replace_missing_glyphs("\u0628\u0628") == "\ufe91\ufe90"
    )  # initial and final letter forms


def test_missing_glyphs_are_named_or_replaced() -> None:
    register_fonts()
    assert replace_missing_glyphs("A \N{SCHOOL} B") == "A [school] B"
    assert replace_missing_glyphs("\u5b66\u6821 C") == "\N{LOZENGE} C"


def test_a_line_uses_the_fallback_font_only_for_scripts_that_need_it() -> None:
    register_fonts()
    for font in (REGULAR_FONT, BOLD_FONT):
        for line in ("Del Campo High \u2014 caf\u00e9", "Tr\u01b0\u1eddng", "\u0416\u0443\u043a"):
            assert choose_font(replace_missing_glyphs(line), font) == font
        assert choose_font(replace_missing_glyphs(NASTY["right to left"]), font) == FALLBACK_FONT
        assert len({measure_text_width(digit, font, 9.0) for digit in "0123456789"}) == 1


def test_a_right_to_left_name_is_read_aloud_in_logical_order() -> None:
    handout = letter_handout("A")
    site = replace(handout.project.sites["r1c1"], name=NASTY["right to left"])
    pdf = PAPERS["atlas"](replace(handout, project=handout.project.with_site(site)))
    assert NASTY["right to left"] in read_actual_texts(pdf)


@pytest.mark.parametrize("name", PAPERS)
def test_empty_zones_and_sites_without_a_position_are_printed(name: str) -> None:
    handout = add_log(letter_handout("AAB", "staff"))
    site = replace(handout.project.sites["r1c1"], x_m=float("nan"), y_m=float("nan"))
    emptied = replace(handout.plan, assignment={"r1c1": "A", "r1c2": "A"})
    outlines = {key: area for key, area in handout.outlines.items() if key == "A"}
    project = replace(handout.project.with_site(site), name="Letters")
    pdf = PAPERS[name](replace(handout, project=project, plan=emptied, outlines=outlines))
    assert len(page_texts(pdf)) >= 1


@pytest.mark.long
def test_a_zone_of_500_sites_continues_over_many_pages() -> None:
    handout = build_handout(
        project_from(" / ".join(["A" * 25] * 20), blocks=False), audience="staff"
    )
    pages = page_texts(PAPERS["atlas"](handout))
    whole = "\n".join(pages)
    assert len(pages) > 20
    assert [name for name in handout.project.sites if f"School {name}" not in whole] == []
    card = "\n".join(page_texts(PAPERS["day-cards"](handout)))
    assert [name for name in handout.project.sites if f"School {name}" not in card] == []


def test_a_card_shows_the_year_of_an_old_visit() -> None:
    handout = add_log(letter_handout("AB", "law-enforcement"))
    long_ago = handout.card_day - timedelta(days=364)
    shown = replace(handout, visited_before={"r1c1": long_ago, "r1c2": handout.card_day})
    card = "\n".join(page_texts(PAPERS["day-cards"](shown))).replace("\n", " ")
    assert f" {handout.formats.day(long_ago)} " in card
    assert f" {handout.formats.short_day(handout.card_day)} " in card


def test_the_public_atlas_contains_no_notes() -> None:
    assert NOTE not in "".join(page_texts(PAPERS["atlas"](letter_handout("AB", "public"))))


@pytest.mark.parametrize("name", BOOKLETS)
def test_a_single_page_has_the_same_text_as_in_the_whole_document(name: str) -> None:
    booklet = BOOKLETS[name](add_log(letter_handout("AB", "law-enforcement")))
    for number, text in enumerate(page_texts(render_pdf(booklet)), start=1):
        assert page_texts(render_pdf(booklet, only=number)) == [text]


def draw_map(sheet: PageWriter, *, number_pt: float) -> None:
    with sheet.figure("Zones.") as canvas:
        frame = (sheet.left, 200.0, sheet.left + 300, 500.0)
        draw_district_map(canvas, sheet.handout, frame, number_pt=number_pt)


@needs_poppler
@pytest.mark.parametrize("rows", [5, 9])
def test_notes_below_the_tables_of_the_coverage_report_do_not_reach_the_footer(
    rows: int, tmp_path: Path
) -> None:
    handout = add_log(letter_handout("ABCDEFGHI", "own"))
    assert handout.coverage is not None
    some = tuple(coverage_row(one, f"Zone {one}") for one in "ABCDEFGHI"[:rows])
    first = Message("period.since", kind="Visits", since=FIRST)
    series = replace(handout.coverage.series, notes=(first, first, Message("log_not_declared")))
    coverage = replace(handout.coverage, zones=some, units=some, series=series)
    pdf = PAPERS["coverage"](replace(handout, coverage=coverage))
    assert says(page_texts(pdf)[0], "log_not_declared")
    assert find_overlapping_words(pdf, tmp_path) == []


def test_only_schools_without_any_visit_are_left_out_of_the_longest_gaps() -> None:
    handout = add_log(letter_handout("ABC", "own"))
    coverage = handout.coverage
    assert coverage is not None
    visited, unknown, never = coverage.sites[:3]
    withheld = replace(unknown.figures["days_since_last_visit"], value=None)
    longest = never.figures["gap_max_h"]
    definition = (*longest.definition, Message("sites_never_visited", n=1))
    unknown = replace(unknown, figures={**unknown.figures, "days_since_last_visit": withheld})
    figures = {
        **never.figures,
        "days_since_last_visit": withheld,
        "gap_max_h": replace(longest, definition=definition),
    }
    sites = (visited, unknown, replace(never, figures=figures))
    first = page_texts(
        PAPERS["coverage"](replace(handout, coverage=replace(coverage, sites=sites)))
    )[0]
    assert says(first, "coverage_report.never_visited.one", schools=never.name)
    assert unknown.name not in first


def test_a_district_with_many_zones_is_printed_completely(tmp_path: Path) -> None:
    """The coverage page lists nine zones and units; the atlas numbers do not overlap."""
    letters_of_zones = "ABCDEFGHIJKLMNOPQRSTUVWX"
    handout = add_log(letter_handout(letters_of_zones, "own"))
    assert handout.coverage is not None
    rows = tuple(coverage_row(one, f"Zone {one}") for one in letters_of_zones)
    coverage = replace(handout.coverage, zones=rows, units=rows)
    many = replace(handout, coverage=coverage)
    first, *rest = page_texts(PAPERS["coverage"](many))
    code = "coverage_report.first_rows"
    assert says(first, code, parts=["9 of 24 zones", "9 of 24 units"])
    assert "Zone X" not in first and "".join(rest).count("Zone X") >= 2
    few = replace(coverage, zones=rows[:9], units=rows[:9])
    assert not says(page_texts(PAPERS["coverage"](replace(many, coverage=few)))[0], code)
    first, *rest = page_texts(PAPERS["atlas"](handout))
    number, table = next((n, page) for n, page in enumerate(rest, start=2) if "All zones" in page)
    assert says(first, "atlas.more_zones", zones="24", page=str(number))
    assert not says(first, "atlas.more_zones", shown="24") and table.count("\n") > 24
    if shutil.which("pdftotext"):
        pages = [BookletPage(partial(draw_map, number_pt=40), "Map")]
        pdf = render_pdf(Booklet(handout, "map", pages))
        over = find_overlapping_words(pdf, tmp_path)
        assert [pair for pair in over if {*pair} <= {*letters_of_zones}] == []
        said = {*"".join(page_texts(pdf)).split()}
        assert {*letters_of_zones} <= said, "one without room stands beside its zone, with a line"


def test_small_tables_are_not_split_and_no_row_is_left_alone() -> None:
    handout = build_handout(project_from("AA / BB"))
    columns = (PrintedColumn("School", 1.0),)
    rows = tuple((f"Row {n}",) for n in range(40))
    whole = PrintedTable(columns, rows[:13])
    parts = whole.split(whole.height - 1, whole.height)
    assert [len(part.rows) for part in parts] == [11, 2]
    small = PrintedTable(columns, rows[:4])
    before = make_gap(measure_body_area(handout)[1] - small.height + 1)
    pages = paginate_items(handout, "Title", "", [before, *make_table_items(handout, small)])
    first, second = page_texts(render_pdf(Booklet(handout, "table", pages)))
    assert "Row" not in first and all(f"Row {n}" in second for n in range(4))


@pytest.mark.parametrize("bells", [{}, {"elementary": BELLS}])
def test_a_visit_across_noon_is_on_one_line(bells: dict[str, Message]) -> None:
    day = replace(add_log(district_handout("own")), bells=bells)
    noon = datetime(2026, 11, 16, 19, 52, tzinfo=UTC)
    stops = {
        key: tuple(
            replace(one, arrive_at=noon, leave_at=noon + timedelta(minutes=15)) for one in own
        )
        for key, own in day.stops.items()
    }
    said = "\n".join(page_texts(PAPERS["day-cards"](replace(day, stops=stops))))
    assert "11:52 AM–12:07 PM" in said


@pytest.mark.parametrize(
    "name", ["atlas", "readiness", "comparison", "month-board", "month-office", "month-principal"]
)
def test_public_documents_conform_to_pdf_ua(name: str) -> None:
    """Checks the requirements of ISO 14289-1 in the file itself."""
    handout = replace(add_log(letter_handout("AAB / ABB", "own")), broken_rules=("in_pieces",))
    if name == "comparison":
        before = replace(handout, plan=replace(handout.plan, name="Before"))
        moved = SiteZoneChange("r1c1", "School r1c1", "A", "B", 400, 1.0, 2.0)
        beside = ComparedPlan(before, PlanComparison("Before", "Plan", (moved,)))
        pdf = render_pdf(build_plan_comparison(replace(handout, compared=beside)))
    else:
        pdf = PAPERS[name](handout)
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.trailer["/Root"]
    assert "/Filter" not in root["/Metadata"].get_object(), "an empty list hid it from a validator"
    fonts = [
        one.get_object() for page in reader.pages for one in page["/Resources"]["/Font"].values()
    ]
    named = [one["/ToUnicode"].get_object().get_data() for one in fonts if "/ToUnicode" in one]
    assert named and not any(b"<0000>" in one for one in named), "7.21.7: each code has a character"
    xmp = root["/Metadata"].get_object().get_data().decode("utf-8")
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert str(reader.metadata.title) in unescape(xmp)
    elements = list(walk_structure(root["/StructTreeRoot"]["/K"][0].get_object()))
    scopes: list[str] = []
    table_rows: list[Any] = []
    for element in elements:
        role = element["/S"]
        if role == "/TH":
            scopes.append(element["/A"]["/Scope"])
        if role in ("/Figure", "/Link"):
            assert len(element["/Alt"]) > 10
        if role != "/TD":
            assert element["/K"] != []
        if role == "/Table":
            rows = [one.get_object() for one in element["/K"]]
            assert {row["/S"] for row in rows} == {"/TR"}
            table_rows += rows
            assert len({count_columns(row) for row in rows}) == 1, "each row has all cells"
    heads = [[one.get_object()["/S"] for one in row["/K"]] for row in table_rows]
    assert all(row == ["/TH"] * len(row) or "/TH" not in row[1:] for row in heads)
    assert set(scopes) <= {"/Column", "/Row"}
    if name == "sites":
        assert "/Row" in scopes, "the first cell of a row says of what it is"
    assert {"/H1", "/P"} <= {element["/S"] for element in elements}
    links = sum(len(page.get("/Annots", ())) for page in reader.pages)
    assert links == sum(element["/S"] == "/Link" for element in elements)
    for page in reader.pages:
        for link in page.get("/Annots", ()):
            assert {"/Contents", "/StructParent"} <= set(link.get_object())
            assert link.get_object()["/F"] == 4  # flag: print
        assert list(find_unmarked(page, reader)) == []
    repeated = [page.get_contents().get_data().count(PAGED) for page in reader.pages]  # type: ignore[union-attr]
    assert repeated[0] == 1 and all(count >= 3 for count in repeated[1:])


def count_columns(row: Any) -> int:
    cells = (one.get_object() for one in row["/K"])
    return sum(int(cell.get("/A", {}).get("/ColSpan", 1)) for cell in cells)


def walk_structure(element: Any) -> Iterator[Any]:
    yield element
    below = element.get("/K")
    for one in below if isinstance(below, list) else ():
        if hasattr(one.get_object(), "get"):
            yield from walk_structure(one.get_object())


PAINTS = {b"Tj", b"TJ", b"'", b"f", b"f*", b"F", b"S", b"s", b"B", b"B*", b"b", b"b*", b"Do", b"sh"}


def find_unmarked(page: Any, reader: PdfReader) -> Iterator[bytes]:
    """Yield paint operators outside marked content and references to missing objects."""
    depth = 0
    kept = page["/Resources"].get("/XObject", {})
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"Do" and operands[0] not in kept:
            yield operator
        depth += (operator in (b"BDC", b"BMC")) - (operator == b"EMC")
        if operator in PAINTS and depth == 0:
            yield operator


@needs_poppler
@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_long_chain_heads_fit_in_the_footer(paper: str, tmp_path: Path) -> None:
    handout = replace(
        letter_handout("AB", "own"),
        **{"paper": paper, "entries": 1_228_128, "edits": 120_400, "edit_hash": "ab12cd34" * 8},
        sample="some",
    )
    pdf = render_pdf(build_atlas(handout), only=1)
    assert find_overlapping_words(pdf, tmp_path) == []
    assert find_words_off_page(pdf, tmp_path) == []
    [text] = page_texts(pdf)
    assert f"hash {handout.head_hash[:16]} · History" in text
    assert f"hash {handout.edit_hash[:16]}" in text


def test_only_bundled_layers_are_credited() -> None:
    project = replace(letter_handout("AAB / ABB").project, preset="any-district")
    assert replace(letter_handout("AAB / ABB"), project=project).credit == ""
    assert "Sacramento County" in district_handout().credit


def test_each_reunification_site_is_listed_with_its_school() -> None:
    """A page that begins in the middle of a school once did not name the school."""
    handout = letter_handout("AAB / ABB", "own")
    found = tuple(
        PublishedReunification(site, "bus", f"Place {n}", 900.0, 2_000.0, FIRST, None)
        for site in list(handout.project.sites)[:2]
        for n in range(30)
    )
    pages = page_texts(render_pdf(build_reunification_list(replace(handout, reunification=found))))
    assert len(pages) > 1
    text = "\n".join(pages)
    assert text.count("School r1c1") == text.count("School r1c2") == 30


def test_only_an_after_action_report_of_sample_data_is_marked_as_sample() -> None:
    handout = replace(add_log(letter_handout("AAB / ABB", "own")), sample="some")
    (review,) = handout.after_actions

    def read(shown: Handout) -> str:
        return "\n".join(page_texts(render_pdf(build_after_action_reports(shown))))

    assert "SAMPLE DATA" not in read(handout)
    made_up = replace(handout, after_actions=(replace(review, sample=True),))
    assert "SAMPLE DATA" in read(made_up)
