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
from handouts import build_handout
from pypdf import PdfReader
from sentences import says
from shapely import box

from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.comparison import (
    EvaluatedPlan,
    MeasureChange,
    MeasureVerdict,
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
from zoneplanner.messages import Message, find_template, say_all
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


def evaluate_plan(project: Project, plan: Plan) -> EvaluatedPlan:
    base = compute_planning_basis(project)
    outlines = build_zone_outlines(plan, base.cells)
    return EvaluatedPlan(project, plan, base, compute_plan_measures(project, plan, base, outlines))


def compare_changes(
    changes: dict[str, str], layout: str = "AAABBBB"
) -> tuple[Project, Plan, Plan, PlanComparison]:
    project = project_from(layout)
    before = replace(project.plans["plan"], name="In force")
    after = replace(assign_sites(project, "plan", changes).plans["plan"], name="Draft B")
    return (
        project,
        before,
        after,
        compute_comparison(evaluate_plan(project, before), evaluate_plan(project, after)),
    )


def write_comparison(sides: list[Handout], found: PlanComparison, path: Path) -> Path:
    path.write_bytes(render_pdf(build_plan_comparison(attach_comparison(sides, found))))
    return path


def attach_comparison(sides: list[Handout], found: PlanComparison) -> Handout:
    return replace(sides[1], compared=ComparedPlan(sides[0], found))


def read_text(path: Path) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return done.stdout


@needs_poppler
def test_the_comparison_names_both_plans_and_each_changed_school(tmp_path: Path) -> None:
    project, before, after, found = compare_changes({"r1c3": "B"})
    sides = [build_handout(project, plan, "staff") for plan in (before, after)]
    text = read_text(write_comparison(sides, found, tmp_path / "board.pdf"))
    assert "Before: In force" in text
    assert "After: Draft B" in text
    assert re.search(r"School r1c3\s+A to B\s+farther \d", text)
    assert "Elementary" in text, "no key of the symbols"
    assert text.count("\f") == 1, "one page"
    pieces = Message("check.in_pieces", zone="A", count=2)
    broken = (pieces, Message("check.empty_zone", zone="B"))
    for audience, named in (("own", True), ("public", False)):
        own = [build_handout(project, plan, audience) for plan in (before, after)]
        marked = [
            own[0],
            replace(own[1], broken_rules=("in_pieces", "empty_zone"), problems=broken),
        ]
        page = " ".join(
            read_text(write_comparison(marked, found, tmp_path / f"{audience}.pdf")).split()
        )
        assert "DRAFT - HAS PROBLEMS" in page
        assert says(page, "plan_problems", plan="Draft B", problems=say_all(broken)) is named
        rules = ("broken_rule.in_pieces", "broken_rule.empty_zone")
        kinds = " and ".join(map(find_template, rules))
        assert says(page, "plan_problems.kinds", plan="Draft B", kinds=kinds) is not named


@needs_poppler
def test_problems_of_the_earlier_plan_are_listed(tmp_path: Path) -> None:
    project, before, after, found = compare_changes({"r1c3": "B"})
    broken = (Message("check.in_pieces", zone="A", count=2),)
    for audience, named in (("own", True), ("public", False)):
        own = [build_handout(project, plan, audience) for plan in (before, after)]
        marked = [
            replace(own[0], broken_rules=("in_pieces", "empty_zone"), problems=broken),
            own[1],
        ]
        page = " ".join(
            read_text(write_comparison(marked, found, tmp_path / f"{audience}.pdf")).split()
        )
        assert "DRAFT - HAS PROBLEMS" in page
        assert says(page, "plan_problems", plan="In force", problems=str(broken[0])) is named
        assert says(page, "plan_problems.kinds", plan="In force") is not named
        assert not says(page, "plan_problems", plan="Draft B")
        assert not says(page, "plan_problems.kinds", plan="Draft B")


def test_every_plan_rule_has_a_public_sentence() -> None:
    rules = {
        rule
        for name, find in vars(checks).items()
        if f"{name}(" in inspect.getsource(find_plan_problems)
        for rule in re.findall(r'(?:Finding\(|template =)\s*f?"(\w+)', inspect.getsource(find))
    }
    assert len(rules) == 9, rules
    assert all(find_template(f"broken_rule.{rule}") for rule in rules)


def test_better_measures_are_counted_in_the_right_grammatical_number() -> None:
    *_, found = compare_changes({"r1c3": "A"}, "AABBBBB")
    *_, gain = describe_changes(found)
    assert gain.template == "comparison.gain"
    assert (gain.facts["better"], gain.facts["worse"]) == (4, 0)
    cost = tuple(one for one in found.figures if one.measure.key == "cost")
    *_, gain = describe_changes(replace(found, figures=cost))
    assert (gain.template, gain.facts["better"]) == ("comparison.gain.one", 1)


def test_a_detail_map_shows_the_changes_if_there_is_room(
    tmp_path: Path,
) -> None:
    project, before, after, found = compare_changes({"r1c4": "A"})
    sides = [build_handout(replace(project, plans={"plan": plan})) for plan in (before, after)]
    pdf = write_comparison(sides, replace(found, figures=()), tmp_path / "near.pdf")
    said = PdfReader(pdf).pages[0].extract_text()
    assert said.count("School r1c4") > 1  # in the list and on the detail map
    assert "School r1c1" not in said


def test_the_scale_bar_is_in_a_corner_without_land() -> None:
    view = fit_map_frame((0, 0, 9_000, 9_000), (0, 0, 400, 400))
    ways = {"lower left": box(4_000, 4_000, 9_000, 9_000), "upper left": box(0, 0, 5_000, 5_000)}
    for corner, land in ways.items():
        (bar,) = list_reserved_boxes(view, "", US_FORMATS, [land])
        assert (bar[0], bar[1] == 0) == (0, corner == "lower left")
        assert not land.intersects(box(*view.to_ground_box(bar)))


@needs_poppler
def test_a_full_list_counts_the_schools_left_out(tmp_path: Path) -> None:
    layout = " / ".join(["A" * 10 + "B" * 10] * 8)
    moved = {f"r{row}c{column}": "B" for row in range(1, 9) for column in range(2, 11)}
    project, before, after, found = compare_changes(moved, layout)
    sides = [build_handout(project, plan, "staff") for plan in (before, after)]
    text = read_text(write_comparison(sides, found, tmp_path / "board.pdf"))
    shown = len(re.findall(r"A to B", text))
    assert shown < 72 and says(text, "comparison.more", n=str(72 - shown))


@needs_poppler
def test_the_public_comparison_has_no_notes_or_pins(tmp_path: Path) -> None:
    project, before, after, found = compare_changes({"r1c3": "B"})
    pin = Pin("n", 500.0, 500.0, "TACTICAL", "safety manager", build_handout(project).as_of)
    secret = replace(after, note="TACTICAL", pins={"n": pin})
    sides = [build_handout(project, plan, "public") for plan in (before, secret)]
    path = write_comparison(sides, found, tmp_path / "board.pdf")
    assert "TACTICAL" not in read_text(path)
    assert not re.search(r"students|min\b|farther|nearer", read_text(path))
    assert b"TACTICAL" not in path.read_bytes()


@needs_poppler
def test_the_comparison_states_the_assumed_calls_per_day(tmp_path: Path) -> None:
    project, before, after, found = compare_changes({"r1c3": "B"})
    sides = [build_handout(project, plan, "staff") for plan in (before, after)]
    text = read_text(write_comparison(sides, found, tmp_path / "staff.pdf"))
    assert found.calls_per_day > 0.05
    assert says(text, "comparison.definitions", calls=f"{found.calls_per_day:.1f}")


def test_the_same_comparison_gives_the_same_bytes() -> None:
    project, before, after, found = compare_changes({"r1c3": "B"})
    sides = [build_handout(project, plan, "staff") for plan in (before, after)]
    page = attach_comparison(sides, found)
    assert render_pdf(build_plan_comparison(page)) == render_pdf(build_plan_comparison(page))


def test_identical_plans_are_described_as_identical() -> None:
    *_, found = compare_changes({})
    (same,) = describe_changes(found)
    assert same == Message("comparison.same", before="In force", after="Draft B")
    assert {score.verdict for score in build_score_rows(found)} == {"same"}


def test_the_summary_counts_schools_and_students_and_names_the_largest_loss() -> None:
    *_, found = compare_changes({"r1c3": "B"})
    moves, drive, _ = describe_changes(found)
    assert moves.template == "comparison.moves_students.one"
    assert moves.facts == {"schools": 1, "zones": 2, "students": found.students_moved}
    (farther,) = drive.facts["drives"]  # nothing is said of none that are nearer
    assert farther.template == "comparison.farther"
    assert (farther.facts["schools"], farther.facts["most"]) == (1, "School r1c3")


def test_nothing_is_said_of_drives_if_no_school_had_a_zone_before() -> None:
    *_, found = compare_changes({"r1c3": "B"})
    (moved,) = found.moved
    new = replace(moved, before=None, before_min=None)
    moves, gain = describe_changes(replace(found, moved=(new,)))
    assert moves.template.startswith("comparison.moves_students")
    assert gain.template.startswith("comparison.gain")


@needs_poppler
def test_every_verdict_is_printed_in_full(tmp_path: Path) -> None:
    project, before, after, found = compare_changes({"r1c3": "B"})
    first, *others = found.figures
    nearly = replace(first.measure, better="higher", least=100.0)
    slight = replace(first, measure=nearly, after=first.before + 1)
    assert slight.verdict is MeasureVerdict.ABOUT_THE_SAME
    sides = [build_handout(project, plan, "staff") for plan in (before, after)]
    figures = (slight, *others)
    page = write_comparison(sides, replace(found, figures=figures), tmp_path / "page.pdf")
    assert MeasureVerdict.ABOUT_THE_SAME in read_text(page)


def test_the_summary_counts_every_listed_school() -> None:
    *_, found = compare_changes({"r1c3": "B"})
    (moved,) = found.moved
    assert moved.before_min is not None
    slightly = replace(moved, after_min=moved.before_min + 0.2)
    _, drive, _ = describe_changes(replace(found, moved=(moved, slightly)))
    (farther,) = drive.facts["drives"]
    assert (farther.template, farther.facts["schools"]) == ("comparison.farther", 2)


def test_the_largest_deviation_is_compared_by_absolute_size() -> None:
    *_, found = compare_changes({})
    off = MeasureChange(MEASURES["worst_deviation"], -0.145, 0.086)
    (row,) = build_score_rows(replace(found, figures=(off,)))
    assert (row.before, row.after, row.change) == ("14.5%", "8.6%", "−5.9 points")
    assert row.verdict == "better"


def test_a_negative_rule_price_is_explained() -> None:
    """Otherwise a reader learns that a rule saves driving, but not why."""
    project = project_from("AAABBBB")

    def print_prices(price: float) -> str:
        row = PrintedPrice("Jurisdiction lines", 100.0 - price, price, price, price)
        page = build_price_page(
            build_handout(project, audience="staff"), RulePrices((), 100, [row], [])
        )
        text = PdfReader(BytesIO(render_pdf(page))).pages[0].extract_text()
        return " ".join(text.split())

    assert says(print_prices(-20.0), "rule_prices.below_zero")
    assert not says(print_prices(20.0), "rule_prices.below_zero")
