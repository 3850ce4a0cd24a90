"""The defaults of `publish` and its notes."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from papers import page_texts
from sentences import says

from zoneplanner.cli.run import main
from zoneplanner.publish.audience import AUDIENCES


def test_the_coming_plan_is_compared_with_the_one_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_from("AAABBB / A____B")
    first = replace(project.plans["plan"], name="Zones of now", effective_on=date(2026, 8, 14))
    first = replace(first, expires_on=date(2027, 8, 12), tolerance=20.0)
    moved = {**first.assignment, "r1c3": "B"}
    coming = replace(first, uid="coming", name="Zones of next", assignment=moved, expires_on=None)
    coming = replace(coming, effective_on=date(2027, 8, 12))
    path = tmp_path / "p.gpkg"
    made = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
    create_store(path, project.with_plan(first).with_plan(coming), actor="p", at=made).close()
    to = ["publish", str(path), "--audience", "public", "--to", str(tmp_path / "out"), "--only"]
    assert main([*to, "comparison"]) in (0, 1)
    (paper,) = tmp_path.rglob("comparison.pdf")
    said = " ".join(page_texts(paper.read_bytes()))
    assert "Before: Zones of now" in said and "After: Zones of next" in said
    own = ["publish", str(path), "--audience", "own", "--plan", "Zones of now"]
    assert main([*own, "--to", str(tmp_path / "own"), "--only", "comparison"]) in (0, 1)
    (paper,) = (tmp_path / "own").rglob("comparison.pdf")
    said = " ".join(page_texts(paper.read_bytes()))
    assert "Before: Zones of now" in said and "After: Zones of next" in said
    capsys.readouterr()
    assert main([*to, "families"]) in (0, 1)
    told = capsys.readouterr().out.replace("\n", " ")
    assert says(told, "edition_replaced") and "comparison.pdf" in told


NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)


def make_two_plans(path: Path, *, coming: bool = True) -> None:
    """Return a project whose plan ends on January 3; with ``coming`` another follows."""
    project = project_from("AAABBB / A____B")
    first = replace(
        project.plans["plan"],
        name="Zones of now",
        effective_on=date(2026, 8, 14),
        expires_on=date(2027, 1, 4),
        tolerance=20.0,
    )
    moved = {**first.assignment, "r1c3": "B"}
    then = replace(first, uid="coming", name="Zones of January", assignment=moved)
    then = replace(then, effective_on=date(2027, 1, 4), expires_on=None)
    project = project.with_plan(first)
    create_store(path, project.with_plan(then) if coming else project, actor="p", at=NOW).close()


def publish(path: Path, to: Path, audience: str, *options: str) -> int:
    return main(["publish", str(path), "--audience", audience, "--to", str(to), *options])


PAPERS = {"public": "atlas", "staff": "atlas", "law-enforcement": "cards", "own": "cards"}


@pytest.mark.parametrize("audience", PAPERS)
def test_an_edition_for_a_day_has_the_plan_of_that_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], audience: str
) -> None:
    make_two_plans(tmp_path / "p.gpkg")
    options = ["--only", PAPERS[audience], "--day", "2027-01-05"]
    publish(tmp_path / "p.gpkg", tmp_path / "out", audience, *options)
    for paper in tmp_path.rglob("*.pdf"):
        said = " ".join(page_texts(paper.read_bytes()))
        assert "Zones of January" in said and "Zones of now" not in said, paper.name
        assert "NOT IN FORCE" not in said
    out = capsys.readouterr().out
    assert not says(out, "release_warning.not_in_force")
    assert not says(out, "release_warning.not_in_force.set")


@pytest.mark.parametrize("audience", PAPERS)
def test_a_day_past_the_end_of_the_plan_is_flagged_here_and_on_every_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], audience: str
) -> None:
    make_two_plans(tmp_path / "p.gpkg", coming=False)
    options = ["--only", PAPERS[audience], "--day", "2027-01-05"]
    assert publish(tmp_path / "p.gpkg", tmp_path / "out", audience, *options) == 1
    out = " ".join(capsys.readouterr().out.split())
    code = "release_warning.not_in_force"
    code += "" if PAPERS[audience] == "cards" else ".set"
    assert says(out, code, where="Zones of now", day=date(2027, 1, 5))
    papers = list(tmp_path.rglob("*.pdf"))
    assert papers
    for paper in papers:
        for page in page_texts(paper.read_bytes()):
            assert "NOT IN FORCE ON Jan 5, 2027" in " ".join(page.split()), paper.name


@pytest.mark.parametrize("audience", ["public", "staff", "own"])
def test_papers_of_an_ending_plan_name_the_next_zone(tmp_path: Path, audience: str) -> None:
    """The atlas, the web map and a principal's page used to name only the last day."""
    make_two_plans(tmp_path / "p.gpkg")
    parts = ["atlas", "map"] + ["month"] * (audience == "staff")
    publish(tmp_path / "p.gpkg", tmp_path / "out", audience, "--only", ",".join(parts))
    (atlas,) = tmp_path.rglob("atlas.pdf")
    pages = [" ".join(page.split()) for page in page_texts(atlas.read_bytes())]
    directory = next(page for page in pages if "Directory" in page)
    assert "From Jan 4" in directory and re.search(r"School r1c3 .*? A B ", directory)
    (page,) = tmp_path.rglob("*.html")
    rows = re.findall(r'\["From Jan 4, 2027","([^"]*)"\]', page.read_text("utf-8"))
    assert "Zone B, Unit B, Sheriff" in rows and len(set(rows)) > 1
    (plain,) = re.findall(r"<noscript>.*?</noscript>", page.read_text("utf-8"), re.DOTALL)
    assert plain.count("From Jan 4, 2027: ") == 1, "of the school that changes, without script too"
    for one in tmp_path.rglob("*r1c3*.pdf"):
        said = " ".join(" ".join(page_texts(one.read_bytes())).split())
        assert "From Jan 4, 2027 Zone B, Unit B, Sheriff" in said
    assert bool([*tmp_path.rglob("*r1c3*.pdf")]) == (audience == "staff")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_edition_has_the_same_comparison_as_the_compare_command(
    tmp_path: Path, audience: str
) -> None:
    """Without --plan only the office used to get it, marked as sample visits."""
    path, alone = tmp_path / "p.gpkg", tmp_path / "compared.pdf"
    make_two_plans(path)
    visit = ["visit", "site=r1c1", "purpose=teaching", "arrived_at=2026-11-17T09:30", "sample=yes"]
    assert main(["log", str(path), *visit]) == 0
    publish(path, tmp_path / "out", audience, "--day", "2026-11-19")
    (paper,) = tmp_path.rglob("comparison.pdf")
    atlas = page_texts(next(tmp_path.rglob("atlas.pdf")).read_bytes())
    assert ("SAMPLE" in atlas[0]) is (audience in ("own", "law-enforcement"))
    plans = ("Zones of now", "Zones of January")
    assert main(["compare", str(path), *plans, "--audience", audience, "--pdf", str(alone)]) == 0
    printed = page_texts(paper.read_bytes())
    assert printed == page_texts(alone.read_bytes())
    assert "Before: Zones of now" in printed[0] and "SAMPLE" not in printed[0]
