"""What a principal, an officer and a board member receive, from the command line."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import needs_browser
from driven import browser
from papers import page_texts
from sentences import says

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_proposals import add_first_plan, save_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.plans.edits import branch_plan

SCHOOL = "Del Campo High"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A district with a log, a plan, and a draft in which a school moved."""
    path = tmp_path_factory.mktemp("published") / "district.gpkg"
    session = create_project(path)
    add_first_plan(session)
    add_records(session)
    plan = session.plan
    assert plan is not None
    draft = branch_plan(plan, "draft", "Draft B", at=session.clock())
    school = session.project.site(SCHOOL).id
    others = [zone.id for zone in plan.zones if zone.id.startswith("S") and zone.id[1:].isdigit()]
    other = next(zone for zone in others if zone != plan.assignment[school])
    save_plan(session, draft.with_assignments({school: other}), "Draft")
    session.close()
    yield path


def add_records(session: Session) -> None:
    log_record(session, "visit", {"site": SCHOOL, "officer": "Officer A"})
    log_record(session, "drill", {"site": SCHOOL, "kind": "fire"})


def publish(project: Path, folder: Path, *more: str) -> list[str]:
    """Publish on the command line and return the names of the files."""
    asked = ["publish", str(project), "--to", str(folder), "--allow-draft", *more]
    assert main(asked) in (0, 1)
    edition = find_edition(folder)
    names = (str(path.relative_to(edition)) for path in edition.rglob("*") if path.is_file())
    return sorted(name for name in names if name != "edition.json")


def find_edition(folder: Path) -> Path:
    (edition,) = folder.iterdir()
    return edition


@needs_browser
def test_a_principal_finds_their_school_and_officer_on_a_phone(
    project: Path, tmp_path: Path
) -> None:
    names = publish(project, tmp_path / "public", "--audience", "public")
    assert names == [
        *("atlas.pdf", "data/README.txt", "data/assignments.csv"),
        *("data/directory.csv", "data/sites.csv", "data/sites.geojson"),
        *("data/zones.geojson", "data/zones.kml", "map.html"),
    ]
    with browser(tmp_path) as page:
        page.open(find_edition(tmp_path / "public") / "map.html", size=(390, 844), touch=True)
        page.tap("#search")
        page.type("del campo")
        page.press("Enter")
        card = page.run("document.querySelector('.leaflet-popup-content').innerText")
        assert card.startswith(SCHOOL)
        assert "(916) 971-5664" in card
        assert "Sheriff's deputy" in card
        assert "Last visit" not in card
        assert page.asked == []
    atlas = "".join(page_texts((find_edition(tmp_path / "public") / "atlas.pdf").read_bytes()))
    assert "7501 Carriage Drive, Citrus Heights 95621" in atlas


def test_an_officer_gets_a_day_card_and_a_visor_card(project: Path, tmp_path: Path) -> None:
    names = publish(project, tmp_path, "--audience", "law-enforcement", "--only", "cards")
    assert names == ["day-cards.pdf", "night-cards.pdf", "visor-cards.pdf"]
    pages = page_texts((find_edition(tmp_path) / "day-cards.pdf").read_bytes())
    assert len(pages) == 7
    card = next(page for page in pages if SCHOOL in page)
    assert "Key numbers" in card
    assert "Backup" in card
    started = says(card.lower(), "open_item.no_visit")
    assert not started, "the card is of a week that has not begun"


def test_staff_reports_have_the_chosen_paper_and_dates(project: Path, tmp_path: Path) -> None:
    days = ("--from", "2026-11-02", "--until", "2026-11-13", "--paper", "a4")
    names = publish(project, tmp_path, "--audience", "own", "--only", "coverage,readiness", *days)
    assert names == ["coverage.pdf", "readiness.pdf"]
    first = page_texts((find_edition(tmp_path) / "coverage.pdf").read_bytes())[0]
    assert "November 2, 2026 to November 13, 2026" in first
    assert "Fire drill" in page_texts((find_edition(tmp_path) / "readiness.pdf").read_bytes())[0]


def test_a_board_comparison_shows_both_plans_on_one_page(project: Path, tmp_path: Path) -> None:
    names = publish(project, tmp_path, "--audience", "own", "--only", "comparison")
    assert names == ["comparison.pdf"]
    (page,) = page_texts((find_edition(tmp_path) / "comparison.pdf").read_bytes())
    assert "Before: Proposed" in page
    assert "After: Draft B" in page
    assert SCHOOL in page
    assert "DRAFT - HAS PROBLEMS" in page or "better" in page or "worse" in page


@pytest.mark.parametrize("only", ["map", pytest.param("atlas,data", marks=pytest.mark.long)])
def test_publishing_again_gives_the_same_bytes(project: Path, tmp_path: Path, only: str) -> None:
    asked = ("--audience", "public", "--only", only)
    names = publish(project, tmp_path, *asked)
    before = {name: (find_edition(tmp_path) / name).read_bytes() for name in names}
    assert publish(project, tmp_path, *asked) == names
    assert {name: (find_edition(tmp_path) / name).read_bytes() for name in names} == before


REFUSED = {
    "a part for another audience": (
        ["--audience", "public", "--only", "cards"],
        "not_for_audience",
        {"title": "Day cards", "reader": "the public"},
    ),
    "no part": (["--audience", "public", "--only", ""], "unknown_document.none", {}),
    "an unknown part": (
        ["--audience", "staff", "--only", "poster"],
        "unknown_document",
        {"name": "poster"},
    ),
    "an empty part": (
        ["--audience", "own", "--only", "roster", "--from", "2026-11-02", "--until", "2026-11-06"],
        "nothing_published.no_shift",
        {"monday": "2026-11-02"},
    ),
    "dates out of order": (
        ["--audience", "staff", "--from", "2026-11-13", "--until", "2026-11-02"],
        "days_out_of_order.period",
        {"first": "2026-11-13", "last": "2026-11-02"},
    ),
    "unknown tiles": (
        ["--audience", "public", "--tiles", "Nowhere"],
        "unknown_tiles",
        {"name": "Nowhere"},
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_an_impossible_edition_is_refused_and_leaves_no_files(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    more, code, facts = REFUSED[why]
    folder = tmp_path / "out"
    assert main(["publish", str(project), "--to", str(folder), "--allow-draft", *more]) == 2
    assert says(capsys.readouterr().err, code, **facts)
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["a file", "a file above", "no disk", "read-only"])
def test_a_folder_that_cannot_be_written_is_refused_and_unchanged(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    folder = tmp_path / "out"
    if kind == "a file":
        folder.write_text("mine")
    elif kind == "a file above":
        (tmp_path / "above").write_text("mine")
        folder = tmp_path / "above" / "out"
    elif kind == "no disk":
        folder = Path("/proc/zoneplanner/out")
        if not folder.parent.parent.exists():
            pytest.skip("this system has no /proc")
    else:
        folder.mkdir()
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        if os.access(folder, os.W_OK):
            pytest.skip("this user can write anywhere")
    before = sorted(tmp_path.rglob("*"))
    more = ["--audience", "public", "--only", "data"]
    assert main(["publish", str(project), "--to", str(folder), "--allow-draft", *more]) == 2
    assert says(capsys.readouterr().err, "cannot_write.into_folder", name="assignments.csv")
    assert sorted(tmp_path.rglob("*")) == before
