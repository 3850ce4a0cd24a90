"""The printed comparison of two plans."""

import inspect
import re
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from builders import project_from
from handouts import handout_of
from pypdf import PdfReader
from shapely import box

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.comparison import (
    EvaluatedPlan,
    MeasureChange,
    PlanComparison,
    compute_comparison,
)
from zoneplanner.analysis.measures.plan_measures import MEASURES, compute_plan_measures
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans import checks
from zoneplanner.domain.plans.checks import find_plan_problems
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.plans.plan import Pin, Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import render_message
from zoneplanner.publish.documents.plan_comparison import (
    build_plan_comparison,
    build_score_rows,
    describe_changes,
)
from zoneplanner.publish.documents.rule_price_page import (
    PrintedPrice,
    RulePrices,
    build_price_page,
)
from zoneplanner.publish.handout import ComparedPlan, Handout
from zoneplanner.publish.maps.map_frame import fit_map_frame, list_reserved_boxes
from zoneplanner.publish.pdf.page import render_pdf

needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler-utils")


def side(project: Project, plan: Plan) -> EvaluatedPlan:
    base = compute_planning_basis(project)
    outlines = build_zone_outlines(plan, base.cells)
    return EvaluatedPlan(project, plan, base, compute_plan_measures(project, plan, base, outlines))


def pair(
    changes: dict[str, str], layout: str = "AAABBBB"
) -> tuple[Project, Plan, Plan, PlanComparison]:
    project = project_from(layout)
    before = replace(project.plans["plan"], name="In force")
    after = replace(assign_sites(project, "plan", changes).plans["plan"], name="Draft B")
    return project, before, after, compute_comparison(side(project, before), side(project, after))


def written(sides: list[Handout], found: PlanComparison, path: Path) -> Path:
    path.write_bytes(render_pdf(build_plan_comparison(page_of(sides, found))))
    return path


def page_of(sides: list[Handout], found: PlanComparison) -> Handout:
    return replace(sides[1], compared=ComparedPlan(sides[0], found))


def text_of(path: Path) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return done.stdout


@needs_poppler
def test_the_page_names_both_plans_and_each_school_that_changes(tmp_path: Path) -> None:
    project, before, after, found = pair({"r1c3": "B"})
    sides = [handout_of(project, plan, "staff") for plan in (before, after)]
    text = text_of(written(sides, found, tmp_path / "board.pdf"))
    assert "Before: In force" in text
    assert "After: Draft B" in text
    assert re.search(r"School r1c3\s+A to B\s+farther \d", text)
    assert "Elementary" in text, "no key of the symbols"
    assert text.count("\f") == 1, "one page"
    broken = ("Zone A is in 2 pieces; connect them.", "Zone B has no site.")
    for audience, named in (("own", True), ("public", False)):
        own = [handout_of(project, plan, audience) for plan in (before, after)]
        marked = [
            own[0],
            replace(own[1], broken_rules=("in_pieces", "empty_zone"), problems=broken),
        ]
        page = " ".join(text_of(written(marked, found, tmp_path / f"{audience}.pdf")).split())
        assert "DRAFT - HAS PROBLEMS" in page
        assert ("Problems of “Draft B”: Zone A is in 2 pieces;" in page) is named
        kinds = "a zone that is not one connected area and a zone without a school."
        assert (f"“Draft B” has problems: {kinds}" in page) is not named


@needs_poppler
def test_problems_of_the_plan_before_are_marked_and_told_too(tmp_path: Path) -> None:
    project, before, after, found = pair({"r1c3": "B"})
    broken = ("Zone A is in 2 pieces; connect them.",)
    for audience, named in (("own", True), ("public", False)):
        own = [handout_of(project, plan, audience) for plan in (before, after)]
        marked = [
            replace(own[0], broken_rules=("in_pieces", "empty_zone"), problems=broken),
            own[1],
        ]
        page = " ".join(text_of(written(marked, found, tmp_path / f"{audience}.pdf")).split())
        assert "DRAFT - HAS PROBLEMS" in page
        assert ("Problems of “In force”: Zone A is in 2 pieces;" in page) is named
        assert ("“In force” has problems: a zone that is not" in page) is not named
        assert "Problems of “Draft B”" not in page and "“Draft B” has problems" not in page


def test_every_rule_that_a_plan_can_break_has_words_for_everybody() -> None:
    """Publishing would end on a rule without them."""
    rules = {
        rule
        for name, find in vars(checks).items()
        if f"{name}(" in inspect.getsource(find_plan_problems)
        for rule in re.findall(r'(?:Finding\(|template =)\s*f?"(\w+)', inspect.getsource(find))
    }
    assert len(rules) == 9, rules
    assert all(render_message(f"broken_rule.{rule}", {}) for rule in rules)


def test_one_measure_is_better_and_several_are() -> None:
    *_, found = pair({"r1c3": "A"}, "AABBBBB")
    assert "4 are better and 0 worse" in " ".join(describe_changes(US_FORMATS, found))
    cost = tuple(one for one in found.figures if one.measure.key == "cost")
    said = describe_changes(US_FORMATS, replace(found, figures=cost))
    assert "1 is better and 0 worse" in " ".join(said)


def test_a_page_with_room_shows_where_it_changes_and_names_the_schools_there(
    tmp_path: Path,
) -> None:
    project, before, after, found = pair({"r1c4": "A"})
    sides = [handout_of(replace(project, plans={"plan": plan})) for plan in (before, after)]
    pdf = written(sides, replace(found, figures=()), tmp_path / "near.pdf")
    said = PdfReader(pdf).pages[0].extract_text()
    assert "Where schools change zones, after the change" in said
    assert said.count("School r1c4") > 1  # in the list and on the map
    assert "School r1c1" not in said


def test_a_scale_bar_takes_a_corner_that_covers_no_land() -> None:
    view = fit_map_frame((0, 0, 9_000, 9_000), (0, 0, 400, 400))
    ways = {"lower left": box(4_000, 4_000, 9_000, 9_000), "upper left": box(0, 0, 5_000, 5_000)}
    for corner, land in ways.items():
        (bar,) = list_reserved_boxes(view, "", US_FORMATS, [land])
        assert (bar[0], bar[1] == 0) == (0, corner == "lower left")
        assert not land.intersects(box(*view.to_ground_box(bar)))


@needs_poppler
def test_a_page_that_cannot_hold_all_schools_says_how_many_are_left(tmp_path: Path) -> None:
    layout = " / ".join(["A" * 10 + "B" * 10] * 8)
    moved = {f"r{row}c{column}": "B" for row in range(1, 9) for column in range(2, 11)}
    project, before, after, found = pair(moved, layout)
    sides = [handout_of(project, plan, "staff") for plan in (before, after)]
    text = text_of(written(sides, found, tmp_path / "board.pdf"))
    shown = len(re.findall(r"A to B", text))
    rest = re.search(r"and (\d+) more schools", text)
    assert rest is not None
    assert shown + int(rest[1]) == 72


@needs_poppler
def test_the_public_page_holds_no_note_and_no_pin(tmp_path: Path) -> None:
    project, before, after, found = pair({"r1c3": "B"})
    pin = Pin("n", 500.0, 500.0, "TACTICAL", "safety manager", handout_of(project).as_of)
    secret = replace(after, note="TACTICAL", pins={"n": pin})
    sides = [handout_of(project, plan, "public") for plan in (before, secret)]
    path = written(sides, found, tmp_path / "board.pdf")
    assert "TACTICAL" not in text_of(path)
    assert not re.search(r"students|min\b|farther|nearer", text_of(path))
    assert b"TACTICAL" not in path.read_bytes()


@needs_poppler
def test_the_page_says_at_how_many_calls_a_day(tmp_path: Path) -> None:
    project, before, after, found = pair({"r1c3": "B"})
    sides = [handout_of(project, plan, "staff") for plan in (before, after)]
    text = text_of(written(sides, found, tmp_path / "staff.pdf"))
    assert found.calls_per_day > 0.05
    assert f"assume {found.calls_per_day:.1f} calls per school day" in " ".join(text.split())


def test_the_same_comparison_gives_the_same_bytes() -> None:
    project, before, after, found = pair({"r1c3": "B"})
    sides = [handout_of(project, plan, "staff") for plan in (before, after)]
    page = page_of(sides, found)
    assert render_pdf(build_plan_comparison(page)) == render_pdf(build_plan_comparison(page))


def test_plans_that_do_not_differ_are_said_not_to() -> None:
    *_, found = pair({})
    assert describe_changes(US_FORMATS, found) == (
        "“Draft B” puts every school in the same zone as “In force” does.",
    )
    assert {score.verdict for score in build_score_rows(found)} == {"same"}


def test_the_sentences_count_schools_students_and_the_one_that_loses_most() -> None:
    *_, found = pair({"r1c3": "B"})
    said = " ".join(describe_changes(US_FORMATS, found))
    assert re.match(r"1 school with [\d,]+ students changes its zone;", said)
    assert "farther for 1 school (School r1c3 most, by " in said
    assert "nearer" not in said, "nothing is said of none"


def test_the_sentence_counts_the_schools_that_the_list_shows() -> None:
    *_, found = pair({"r1c3": "B"})
    (moved,) = found.moved
    assert moved.before_min is not None
    slightly = replace(moved, after_min=moved.before_min + 0.2)
    said = " ".join(describe_changes(US_FORMATS, replace(found, moved=(moved, slightly))))
    assert "farther for 2 schools" in said


def test_the_farthest_deviation_is_compared_by_its_size() -> None:
    *_, found = pair({})
    off = MeasureChange(MEASURES["worst_deviation"], -0.145, 0.086)
    (row,) = build_score_rows(replace(found, figures=(off,)))
    assert (row.before, row.after, row.change) == ("14.5%", "8.6%", "−5.9 points")
    assert row.verdict == "better"


def test_a_price_below_nothing_is_explained_on_the_page_of_the_rules() -> None:
    """A board read that a rule saves driving, and not why."""
    project = project_from("AAABBBB")

    def said(price: float) -> str:
        row = PrintedPrice("Jurisdiction lines", 100.0 - price, price, price, price)
        page = build_price_page(
            handout_of(project, audience="staff"), RulePrices("", 100, [row], [])
        )
        text = PdfReader(BytesIO(render_pdf(page))).pages[0].extract_text()
        return " ".join(text.split())

    assert "A price is below 0" in said(-20.0)
    assert "A price is below 0" not in said(20.0)
