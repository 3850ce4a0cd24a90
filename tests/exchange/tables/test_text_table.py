"""Tables that others wrote: what is read, what is refused, and how it is said."""

import csv
import io
import multiprocessing
from pathlib import Path

import pytest
from builders import refused
from hypothesis import given
from hypothesis import strategies as st
from vector_files import table_here

from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.private_copy import check_foreign_file
from zoneplanner.exchange.tables.text_table import TextTable, normalize_decimal, read_text_table

KNOWN = ("site", "arrived_at", "note")


def table(folder: Path, data: bytes | str) -> TextTable:
    file = folder / "visits.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return table_here(file, known=KNOWN, needed=("site",))


def cells(found: TextTable) -> list[dict[str, str]]:
    return [dict(row.cells) for row in found.rows()]


def test_headings_in_any_case_with_blanks_are_understood(tmp_path: Path) -> None:
    found = table(tmp_path, "\ufeffSite,Arrived at\r\nA,2026-11-16T08:00\r\n")
    assert cells(found) == [{"site": "A", "arrived_at": "2026-11-16T08:00"}]
    assert found.description == "UTF-8, comma between columns"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_mark_between_columns_is_found(tmp_path: Path, delimiter: str) -> None:
    found = table(tmp_path, f'site{delimiter}note\nA{delimiter}"x;y,z"\n')
    assert cells(found) == [{"site": "A", "note": "x;y,z"}]


def test_windows_text_is_read_and_said(tmp_path: Path) -> None:
    found = table(tmp_path, "site;note\nA;Señor “Z”\n".encode("cp1252"))
    assert cells(found) == [{"site": "A", "note": "Señor “Z”"}]
    assert found.description == "Windows-1252, semicolon between columns"


def test_text_of_other_encodings_is_read_and_a_character_that_is_none_refuses_its_row(
    tmp_path: Path,
) -> None:
    found = table(tmp_path, "site,note\nA,Großé\n".encode("utf-16"))
    assert cells(found) == [{"site": "A", "note": "Großé"}]
    assert found.description == "UTF-16, comma between columns"
    found = table(tmp_path, b"site,note\nA,\x81\xff\nB,\xff\n")
    assert [bool(row.fault) for row in found.rows()] == [True, False]
    assert found.description == "Latin-1, comma between columns"


def test_marks_within_quoted_headings_do_not_part_columns(tmp_path: Path) -> None:
    found = table(tmp_path, 'site;note;"remarks, dates, initials"\nA;x;"y, z"\n')
    assert found.columns == ("site", "note", "remarks,_dates,_initials")
    assert cells(found) == [{"site": "A", "note": "x"}]


def test_a_table_is_read_by_the_guarded_process(tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("site,note\n" + "".join(f"S{at},x\n" for at in range(25_000)))
    found = read_text_table(file, known=KNOWN, needed=("site",))
    rows = list(found.rows())
    assert (len(rows), rows[-1].row, found.lines) == (25_000, 25_001, 25_001)
    assert list(found.rows())[:3] == rows[:3]
    with refused("unreadable_file.no_column", missing=["site"], needed=["site"]):
        file.write_text("school\nA\n")
        read_text_table(file, known=KNOWN, needed=("site",))
    assert not multiprocessing.active_children()


def test_columns_that_nobody_asked_for_are_told_and_left_out(tmp_path: Path) -> None:
    found = table(tmp_path, "site,mood,,note\nA,good,1,x\n")
    assert found.ignored == ("mood", "column 3")
    assert cells(found) == [{"site": "A", "note": "x"}]


def test_rows_are_numbered_as_a_spreadsheet_does_it(tmp_path: Path) -> None:
    found = table(tmp_path, 'site,note\nA,"two\nlines"\n\n , \nB\n')
    assert [(row.row, row.cells["site"]) for row in found.rows()] == [(2, "A"), (5, "B")]


def test_a_row_that_does_not_fit_says_why_and_the_next_is_read(tmp_path: Path) -> None:
    found = table(tmp_path, f"site,note\nA,x,y\nB,\x07\nC,{'z' * 10_001}\nD,\u00a0ok\u00a0fine\n")
    faults = [row.fault for row in found.rows()]
    assert "3 cells" in faults[0] and "the first line has 2" in faults[0]
    assert "cannot be shown" in faults[1]
    assert "10,000 characters" in faults[2]
    assert faults[3] == ""


def test_a_formula_is_text_and_the_mark_that_tames_it_comes_off(tmp_path: Path) -> None:
    found = table(tmp_path, "site,note\nA,=1+1\nB,'=1+1\nC,'twas\n")
    assert [row["note"] for row in cells(found)] == ["=1+1", "=1+1", "'twas"]


def test_what_is_told_of_a_heading_is_short_and_does_nothing_on_a_terminal(
    tmp_path: Path,
) -> None:
    found = table(tmp_path, f"site,\x1b[2Jx,{'y' * 500}\nA,1,2\n")
    assert found.ignored == ("\ufffd[2jx", "y" * 79 + "…")


HOSTILE = {
    "empty": (b"", "is empty"),
    "only blanks": (b" \r\n\r\n", "is empty"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a table"),
    "NUL bytes": (b"site,note\nA,\0\n", "is not a table"),
    "a column twice": (b"site,note,Site\nA,x,B\n", "more than one column “site”"),
    "a column missing": (b"school,note\nA,x\n", "no column “site”"),
    "a million columns": (b"site" + b"," * 1_000_000 + b"\nA\n", "more than 200 columns"),
    "a heading without end": (b'"' + b"x" * 200_000, "cannot be read after row 0"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_table_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    data, words = HOSTILE[case]
    with pytest.raises(UserError, match=words):
        table(tmp_path, data)


@pytest.mark.parametrize(
    ("name", "kind"), [("zones.geojson", "map"), ("zones.KML", "map"), ("all.ics", "calendar")]
)
def test_a_map_or_a_calendar_is_named_as_what_it_is(name: str, kind: str, tmp_path: Path) -> None:
    """Their first line would be headings: too many columns, or one named begin:vcalendar."""
    path = tmp_path / name
    path.write_text("BEGIN:VCALENDAR" + ",0" * 300)
    with refused(f"unreadable_file.no_table.{kind}", file=name):
        read_text_table(path, known=("site",), needed=())


def test_a_quotation_mark_that_is_not_closed_is_told_with_its_row(tmp_path: Path) -> None:
    with refused("unreadable_file.table_ends", row=2):
        table(tmp_path, 'site,note\nA,x\nB,"' + "y" * 200_000)


def test_a_file_that_is_not_one_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    project = tmp_path / "p.gpkg"
    project.write_bytes(b"x")
    link = tmp_path / "link.csv"
    link.symlink_to(project)
    hard = tmp_path / "hard.csv"
    hard.hardlink_to(project)
    for path, words in (
        (tmp_path, "not a file"),
        (link, "is a link"),
        (hard, "is the project itself"),
        (project, "is the project itself"),
        (tmp_path / "none.csv", "There is no file"),
        (Path("https://example.org/x.csv"), "file on this computer"),
        (Path("/vsizip/x.zip/x.csv"), "file on this computer"),
    ):
        with pytest.raises(UserError, match=words):
            check_foreign_file(path, (project,))


def test_decimal_commas_become_points_and_other_text_stays() -> None:
    assert [normalize_decimal(text) for text in ("6,5", "-0,25", "6.5", "1,2,3", "a,b")] == [
        *("6.5", "-0.25", "6.5", "1,2,3", "a,b"),
    ]


@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    try:
        rows = list(table(tmp_path_factory.getbasetemp(), b"site,note\n" + data).rows())
    except UserError as error:
        assert error.message.endswith(".")
    else:
        assert all(row.fault or row.cells.keys() <= {"site", "note"} for row in rows)


SAFE = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=20).map(str.strip)
KEPT = SAFE.filter(lambda text: not text.startswith("'"))


@given(st.lists(st.tuples(KEPT.filter(bool), KEPT), max_size=5), st.sampled_from(",;\t"))
def test_a_table_that_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([("site", "note"), *rows])
    found = cells(table(tmp_path_factory.getbasetemp(), text.getvalue()))
    assert [(row.get("site", ""), row.get("note", "")) for row in found] == rows


@pytest.mark.parametrize("lenient", [False, True])
def test_a_table_of_very_many_columns_is_refused_at_once(tmp_path: Path, lenient: bool) -> None:
    file = tmp_path / "wide.csv"
    file.write_text("site," + ",".join(["c"] * 50_000) + "\n")
    with refused("too_large.columns", file="wide.csv"):
        table_here(file, known=KNOWN, needed=("site",), lenient=lenient)
