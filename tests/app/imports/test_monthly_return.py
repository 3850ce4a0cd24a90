"""A principal's workbook is exported, filled in, and imported in one step."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builders import MONDAY_AT_8, project_from, refused
from openpyxl import load_workbook
from papers import page_texts
from sentences import says

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.logbook import RECORD_READERS, list_drills, log_record
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import (
    collect_edition,
    publish_edition,
    render_edition,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.log.office_entries import RETURN_SHEETS

OpenSession = Callable[..., Session]


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AAB / aab"), now=MONDAY_AT_8)


@pytest.fixture
def book(session: Session, tmp_path: Path) -> Path:
    """The workbook of one school as exported."""
    done = publish_edition(
        session, tmp_path, wanted=HandoutRequest("staff"), only=["return"], allow_draft=True
    )
    books = [path for path in done.files if path.suffix == ".xlsx"]
    assert len(books) == 6 and books[0].parent.name == "returns-2026-10"
    return books[0]


def fill(book: Path, sheet: str, row: int, **cells: object) -> None:
    opened = load_workbook(book)
    columns = RETURN_SHEETS[sheet][1]
    for name, value in cells.items():
        opened[sheet].cell(row, columns.index(name) + 1).value = value
    opened.save(book)


def test_a_returned_workbook_becomes_records_of_its_school_in_one_step(
    session: Session, book: Path
) -> None:
    bare = import_file(session, book, "return", dry_run=True)
    assert (bare.read, bare.taken) == (0, 0), "what nobody filled in says nothing"
    fill(book, "Return", 2, drills=2, plan_steps=1, trained=14, monitors=3, contacts_checked="yes")
    fill(book, "Drills", 2, kind="fire", held_at="2026-10-05 09:15", minutes=6)
    fill(book, "Drills", 5, kind="lockdown", held_at="2026-10-20 10:00", officer_present="yes")
    fill(book, "Trainings", 2, course="first_aid", held_on="2026-10-12", trained=14, employed=40)
    fill(book, "Plan steps", 2, stage="consulted", who_kind="staff", on="2026-10-09")
    done = import_file(session, book, "return")
    assert (done.read, done.taken, done.refused, done.ignored) == (5, 5, (), ())
    (one,) = RECORD_READERS["monthly_return"](session.store.entries())
    said = (one.site, str(one.month), one.drills, one.monitors, one.contacts_checked)  # type: ignore[attr-defined]
    assert said == ("r1c1", "2026-10-01", 2.0, 3.0, True)
    assert [(drill.site, drill.kind) for drill in list_drills(session)] == [
        ("r1c1", "fire"),
        ("r1c1", "lockdown"),
    ]
    before = session.store.head().entries
    again = import_file(session, book, "return")
    assert (again.taken, again.already) == (0, 5)
    assert session.store.head().entries == before


def test_a_folder_of_returns_is_imported_and_missing_schools_are_named(
    session: Session, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = book.parent
    books = sorted(folder.glob("*.xlsx"))
    fill(books[0], "Return", 2, drills=1, monitors=3)
    fill(books[0], "Drills", 2, kind="fire", held_at="2026-10-05 09:15")
    fill(books[1], "Return", 2, drills=0)
    fill(books[1], "Drills", 3, kind="Picnic", held_at="2026-10-05 09:15")
    fill(books[2], "Return", 2, drills=2)
    shutil.copy(books[2], folder / "again.xlsx")
    books[3].write_bytes(b"no workbook")
    (folder / "~$open.xlsx").write_bytes(b"lock")
    asked = ["import", str(session.store.path), str(folder), "--as", "return", "--json"]
    report = Path(asked[1]).with_name("report.csv")
    assert main([*asked, "--report", str(report)]) == 1
    done = json.loads(capsys.readouterr().out)
    assert (done["taken"], done["read"]) == (3, 7)
    assert done["returns"]["files"] == 7
    why_not = {one["sheet"]: one["reason"] for one in done["refused"]}
    (why,) = (why_not[one] for one in why_not if one.startswith(books[3].name))
    assert books[3].name in why
    assert f"School r1c2 ({books[1].name}), Drills" in why_not
    twice = [why for one, why in why_not.items() if one.startswith("School r1c3 (")]
    assert len(twice) == 2 and all("School r1c3" in one and "again.xlsx" in one for one in twice)
    assert done["returns"]["missing"] == [
        {
            "month": "October 2026",
            "schools": [f"School {one}" for one in ("r1c3", "r2c1", "r2c2", "r2c3")],
        }
    ]
    with report.open(encoding="utf-8-sig", newline="") as text:
        assert {row["fate"] for row in csv.DictReader(text)} == {"new", "refused"}
    kept = RECORD_READERS["monthly_return"](session.store.entries())
    assert [one.site for one in kept] == ["r1c1", "r1c2"]  # type: ignore[attr-defined]
    assert main(asked) == 1, "the second time says the same and keeps nothing more"
    again = json.loads(capsys.readouterr().out)
    assert (again["taken"], again["already"]) == (0, 3)
    empty = folder / "empty"
    empty.mkdir()
    with refused("no_workbooks", folder="empty"):
        import_file(session, empty, "return")


def test_a_rejected_row_of_a_folder_has_the_whole_name_of_its_school(
    session: Session, book: Path
) -> None:
    site = replace(session.project.sites["r1c1"], name="Hill (North)")
    session.apply("Rename", lambda project: project.with_site(site))
    fill(book, "Return", 2, drills=1)
    fill(book, "Drills", 2, kind="Picnic", held_at="2026-10-05 09:15")
    done = import_file(session, book.parent, "return")
    assert [row.name for row in done.refused] == ["Hill (North)"]


def test_a_return_is_read_leniently_and_a_rejected_row_names_its_sheet(
    session: Session, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = load_workbook(book)
    assert [cell.value for cell in opened["Trainings"][1]][:4] == [
        *("School code", "School", "Course", "Held on"),
    ]
    assert "CPR and AED" in str(
        [one.formula1 for one in opened["Trainings"].data_validations.dataValidation]
    )
    fonts = {cell.font.name for one in opened.worksheets for row in one.rows for cell in row}
    assert fonts == {"Calibri"}, "LibreOffice shows bold cells in another typeface"
    lines = [str(cell.value) for cell in opened["Read me"]["A"]]
    for sheet, (_, columns) in RETURN_SHEETS.items():
        heads = [str(cell.value) for cell in opened[sheet][1]]
        at = next(n for n, line in enumerate(lines) if line.startswith(f"{sheet}: one row"))
        filled = sum(name in ("site", "site_name", "month") for name in columns)
        told = [line.partition(": ")[0] for line in lines[at + 1 : at + 1 + len(heads) - filled]]
        assert told == heads[filled:], "it named columns that the sheet does not have"
    said = str(lines)
    assert says(said, "return_book.late"), "it was to be back on the 10th, and is made later"
    fill(book, "Drills", 2, kind="Fire drill", held_at="10/5/2026 9:15 AM")
    fill(book, "Drills", 3, kind="Picnic", held_at="10/6/2026 9:15")
    fill(book, "Trainings", 2, course="CPR", held_on="10/12/2026", who_kind="Staff", trained=14)
    fill(book, "Plan steps", 2, stage="Confirmed", on="10/9/2026", elements="all")
    file = str(session.store.path)
    report = Path(file).with_name("report.csv")
    asked = ["import", file, str(book), "--as", "return", "--report", str(report), "--json"]
    assert main(asked) == 1
    done = json.loads(capsys.readouterr().out)
    assert done["taken"] == 3
    assert [(one["sheet"], one["row"]) for one in done["refused"]] == [("Drills", 3)]
    with report.open(encoding="utf-8-sig", newline="") as text:
        assert {row["sheet"] for row in csv.DictReader(text)} == {*RETURN_SHEETS} - {"Return"}
    drills = RECORD_READERS["drill"](session.store.entries())
    assert [(one.kind, one.held_at.isoformat()) for one in drills] == [  # type: ignore[attr-defined]
        ("fire", "2026-10-05T16:15:00+00:00")
    ]
    (course,) = RECORD_READERS["training"](session.store.entries())
    assert (course.course, str(course.held_on)) == ("cpr_aed", "2026-10-12")  # type: ignore[attr-defined]
    (step,) = RECORD_READERS["review"](session.store.entries())
    assert len(step.elements) > 10  # type: ignore[attr-defined]
    fill(book, "Trainings", 2, held_on="12/10/2026")
    assert main([*asked[:-1], "--dates", "day-first", "--dry-run", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["already"] == 1, (
        "the others are days of other months"
    )


def test_a_return_with_headings_and_codes_of_earlier_versions_is_imported(
    session: Session, book: Path
) -> None:
    opened = load_workbook(book)
    for title, (_, columns) in RETURN_SHEETS.items():
        for at, name in enumerate(columns, start=1):
            opened[title].cell(1, at).value = name
    opened.save(book)
    fill(book, "Drills", 2, kind="fire", held_at="2026-10-05 09:15")
    fill(book, "Plan steps", 2, stage="consulted", who_kind="staff", on="2026-10-09")
    done = import_file(session, book, "return")
    assert (done.taken, done.refused, done.ignored) == (2, (), ())


def test_a_corrected_return_replaces_the_first_and_doubts_are_reported(
    session: Session, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(book, "Return", 2, drills=1, monitors=3)
    fill(book, "Drills", 2, kind="Fire", held_at="10/5/2026 9:15", minutes=6)
    assert not {"notes"} & import_file(session, book, "return").to_json().keys()
    fill(book, "Return", 2, drills=4)
    fill(book, "Drills", 2, minutes=7)
    fill(book, "Drills", 3, kind="Drop", held_at="9/28/2026 9:15")
    asked = ["import", str(session.store.path), str(book), "--as", "return", "--json"]
    assert main(asked) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["taken"], done["already"], len(done["notes"])) == (3, 0, 3)
    assert "4" in done["notes"][1] and "2026-09-28" in done["notes"][2]
    (one,) = RECORD_READERS["monthly_return"](session.store.entries())
    assert (one.drills, one.monitors) == (4, 3)  # type: ignore[attr-defined]
    drills = RECORD_READERS["drill"](session.store.entries())
    assert [one.minutes for one in drills] == [None, 7]  # type: ignore[attr-defined]


@pytest.mark.long  # six sheets are read
def test_an_invalid_row_of_a_return_is_named_and_the_others_are_imported(
    session: Session, book: Path
) -> None:
    fill(book, "Return", 2, drills=-1)
    fill(book, "Drills", 3, kind="picnic", held_at="2026-10-05 09:15")
    with refused("no_row_imported"):
        import_file(session, book, "return")
    fill(book, "Trainings", 2, course="first_aid", held_on="2026-10-12", trained=3)
    done = import_file(session, book, "return")
    assert (done.taken, len(done.refused)) == (1, 2)


def test_a_roster_of_people_is_stored_as_counts(session: Session, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "name,site,course,held_on,who_kind\n"
        "Ann Lee,r1c1,first_aid,2026-10-01,staff\n"
        "Bo Ray,r1c1,first_aid,2026-10-01,staff\n"
        "Cy Fox,r1c2,first_aid,2026-10-01,monitors\n"
    )
    done = import_file(session, roster, "training_roster")
    assert done.taken == 2 and "name" in done.ignored
    counts = {
        (one.site, one.who_kind): one.trained  # type: ignore[attr-defined]
        for one in RECORD_READERS["training"](session.store.entries())
    }
    assert counts == {("r1c1", "staff"): 2.0, ("r1c2", "monitors"): 1.0}
    assert "Lee" not in str([entry.payload for entry in session.store.entries()])


def test_the_monthly_page_of_a_principal_shows_what_was_returned(session: Session) -> None:
    given = {"site": "r1c1", "on": "2026-11-05", "month": "2026-10-01"}
    log_record(session, "monthly_return", {**given, "drills": "2", "trained": "14"})
    content = collect_edition(session, HandoutRequest("staff"))
    pages = {
        Path(name).stem: "\n".join(page_texts(pdf))
        for name, pdf in render_edition(content, only=["month"]).items()
    }
    assert "2 drills" in pages["001-school-r1c1"] and "14 trained" in pages["001-school-r1c1"]
    first = " ".join(pages["001-school-r1c1"].split())
    given = {"on": "Nov 5, 2026", "counts": "2 drills and 14 trained"}
    assert says(first, "month.principal_return_given", **given) and "–" not in first[-400:]
    assert says(first, "month.principal_drills_returned")
    assert says(pages["002-school-r1c2"], "month.principal_return_missing")
