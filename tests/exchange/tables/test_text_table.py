"""Text tables from other programs: what is read, what is refused and the messages."""

import csv
import io
import multiprocessing
from pathlib import Path

import pytest
from builders import refused
from hypothesis import given
from hypothesis import strategies as st
from vector_files import read_table_here

from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.private_copy import check_foreign_file
from zoneplanner.exchange.tables.text_table import TextTable, normalize_decimal, read_text_table
from zoneplanner.messages import Message

KNOWN = ("site", "arrived_at", "note")


def read(folder: Path, data: bytes | str) -> TextTable:
    file = folder / "visits.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table_here(file, known=KNOWN, needed=("site",))


def list_cells(found: TextTable) -> list[dict[str, str]]:
    return [dict(row.cells) for row in found.rows()]


def test_headings_are_matched_in_any_case_and_with_spaces(tmp_path: Path) -> None:
    found = read(tmp_path, "\ufeffSite,Arrived at\r\nA,2026-11-16T08:00\r\n")
    assert list_cells(found) == [{"site": "A", "arrived_at": "2026-11-16T08:00"}]
    assert found.description == Message("table_format.comma", encoding="UTF-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(tmp_path: Path, delimiter: str) -> None:
    found = read(tmp_path, f'site{delimiter}note\nA{delimiter}"x;y,z"\n')
    assert list_cells(found) == [{"site": "A", "note": "x;y,z"}]


def test_windows_1252_text_is_detected(tmp_path: Path) -> None:
    found = read(tmp_path, "site;note\nA;Señor “Z”\n".encode("cp1252"))
    assert list_cells(found) == [{"site": "A", "note": "Señor “Z”"}]
    assert found.description == Message("table_format.semicolon", encoding="Windows-1252")


def test_other_encodings_are_detected_and_invalid_characters_reject_their_row(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, "site,note\nA,Großé\n".encode("utf-16"))
    assert list_cells(found) == [{"site": "A", "note": "Großé"}]
    assert found.description == Message("table_format.comma", encoding="UTF-16")
    found = read(tmp_path, b"site,note\nA,\x81\xff\nB,\xff\n")
    assert [bool(row.fault) for row in found.rows()] == [True, False]
    assert found.description == Message("table_format.comma", encoding="Latin-1")


def test_delimiters_in_quoted_headings_do_not_split_columns(tmp_path: Path) -> None:
    found = read(tmp_path, 'site;note;"remarks, dates, initials"\nA;x;"y, z"\n')
    assert found.columns == ("site", "note", "remarks,_dates,_initials")
    assert list_cells(found) == [{"site": "A", "note": "x"}]


def test_a_table_is_read_by_the_guarded_process(tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("site,note\n" + "".join(f"S{at},x\n" for at in range(25_000)))
    found = read_text_table(file, known=KNOWN, needed=("site",))
    rows = list(found.rows())
    assert (len(rows), rows[-1].row, found.last_row_number) == (25_000, 25_001, 25_001)
    assert list(found.rows())[:3] == rows[:3]
    with refused("unreadable_file.no_column", missing=["site"], needed=["site"]):
        file.write_text("school\nA\n")
        read_text_table(file, known=KNOWN, needed=("site",))
    assert not multiprocessing.active_children()


def test_unknown_columns_are_reported_and_ignored(tmp_path: Path) -> None:
    found = read(tmp_path, "site,mood,,note\nA,good,1,x\n")
    assert found.ignored == ("mood", "column 3")
    assert list_cells(found) == [{"site": "A", "note": "x"}]


def test_rows_are_numbered_as_in_a_spreadsheet(tmp_path: Path) -> None:
    found = read(tmp_path, 'site,note\nA,"two\nlines"\n\n , \nB\n')
    assert [(row.row, row.cells["site"]) for row in found.rows()] == [(2, "A"), (5, "B")]


def test_an_invalid_row_is_rejected_with_a_reason_and_reading_continues(tmp_path: Path) -> None:
    found = read(tmp_path, f"site,note\nA,x,y\nB,\x07\nC,{'z' * 10_001}\nD,\u00a0ok\u00a0fine\n")
    assert [row.fault for row in found.rows()] == [
        Message("unreadable_row.cells", cells=3, columns=2),
        Message("unreadable_row.character", name="note"),
        Message("unreadable_row.long_cell", name="note", most=10_000),
        None,
    ]
    assert str(next(found.rows()).fault) == "It has 3 cells, but the first line has 2."


def test_a_formula_is_read_as_text_without_its_escape(tmp_path: Path) -> None:
    found = read(tmp_path, "site,note\nA,=1+1\nB,'=1+1\nC,'twas\n")
    assert [row["note"] for row in list_cells(found)] == ["=1+1", "=1+1", "'twas"]


def test_reported_headings_are_shortened_and_free_of_control_characters(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, f"site,\x1b[2Jx,{'y' * 500}\nA,1,2\n")
    assert found.ignored == ("\ufffd[2jx", "y" * 79 + "…")


HOSTILE = {
    "empty": (b"", "unreadable_file.empty", {}),
    "only whitespace": (b" \r\n\r\n", "unreadable_file.empty", {}),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "unreadable_file.no_table", {}),
    "NUL bytes": (b"site,note\nA,\0\n", "unreadable_file.no_table", {}),
    "a duplicate column": (
        b"site,note,Site\nA,x,B\n",
        "too_large.column_twice",
        {"column": "site"},
    ),
    "a missing column": (b"school,note\nA,x\n", "unreadable_file.no_column", {"missing": ["site"]}),
    "only quotation marks": (b'""\n', "unreadable_file.no_column", {"missing": ["site"]}),
    "a million columns": (
        b"site" + b"," * 1_000_000 + b"\nA\n",
        "too_large.columns",
        {"most": 200},
    ),
    "an endless heading": (b'"' + b"x" * 200_000, "unreadable_file.table_ends", {"row": 0}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_an_invalid_table_is_refused_with_a_reason(case: str, tmp_path: Path) -> None:
    data, code, facts = HOSTILE[case]
    with refused(code, file="visits.csv", **facts):
        read(tmp_path, data)


@pytest.mark.parametrize(
    ("name", "kind"), [("zones.geojson", "map"), ("zones.KML", "map"), ("all.ics", "calendar")]
)
def test_a_map_or_calendar_file_is_refused_by_its_kind(
    name: str, kind: str, tmp_path: Path
) -> None:
    """Otherwise the message would be about strange headings, such as begin:vcalendar."""
    path = tmp_path / name
    path.write_text("BEGIN:VCALENDAR" + ",0" * 300)
    with refused(f"unreadable_file.no_table.{kind}", file=name):
        read_text_table(path, known=("site",), needed=())


def test_an_unclosed_quotation_mark_is_reported_with_its_row(tmp_path: Path) -> None:
    with refused("unreadable_file.table_ends", row=2):
        read(tmp_path, 'site,note\nA,x\nB,"' + "y" * 200_000)


def test_links_folders_and_the_project_itself_are_refused_unopened(tmp_path: Path) -> None:
    project = tmp_path / "p.gpkg"
    project.write_bytes(b"x")
    link = tmp_path / "link.csv"
    link.symlink_to(project)
    hard = tmp_path / "hard.csv"
    hard.hardlink_to(project)
    for path, code in (
        (tmp_path, "unreadable_file.no_file"),
        (link, "unreadable_file.link"),
        (hard, "project_itself.file"),
        (project, "project_itself.file"),
        (tmp_path / "none.csv", "no_file"),
        (Path("https://example.org/x.csv"), "unreadable_file.address"),
        (Path("/vsizip/x.zip/x.csv"), "unreadable_file.address"),
    ):
        with refused(code):
            check_foreign_file(path, (project,))


def test_decimal_commas_become_points() -> None:
    assert [normalize_decimal(text) for text in ("6,5", "-0,25", "6.5", "1,2,3", "a,b")] == [
        *("6.5", "-0.25", "6.5", "1,2,3", "a,b"),
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    try:
        rows = list(read(tmp_path_factory.getbasetemp(), b"site,note\n" + data).rows())
    except UserError as error:
        assert error.message.endswith(".")
    else:
        assert all(row.fault or row.cells.keys() <= {"site", "note"} for row in rows)


SAFE = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=20).map(str.strip)
KEPT = SAFE.filter(lambda text: not text.startswith("'"))


@given(st.lists(st.tuples(KEPT.filter(bool), KEPT), max_size=5), st.sampled_from(",;\t"))
def test_a_written_table_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([("site", "note"), *rows])
    found = list_cells(read(tmp_path_factory.getbasetemp(), text.getvalue()))
    assert [(row.get("site", ""), row.get("note", "")) for row in found] == rows


@pytest.mark.parametrize("lenient", [False, True])
def test_a_table_with_too_many_columns_is_refused(tmp_path: Path, lenient: bool) -> None:
    file = tmp_path / "wide.csv"
    file.write_text("site," + ",".join(["c"] * 50_000) + "\n")
    with refused("too_large.columns", file="wide.csv"):
        read_table_here(file, known=KNOWN, needed=("site",), lenient=lenient)
