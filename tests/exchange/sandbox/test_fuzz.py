"""Broken files: the readers accept them or refuse them with a message."""

import random
from pathlib import Path

import pytest
from fuzz_door import break_bytes, try_readers, write_seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vector_files import read_table_here

from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import build_column_mapping
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns, read_located_rows
from zoneplanner.exchange.sandbox.table_reader import read_table

TEXT = st.text(st.sampled_from('aé,;\t|"\n\r\0=+-@1.eE\ufeff'), max_size=60)
HEADINGS = st.lists(
    st.sampled_from(["id", "Name", "lat", "lon", "WKT", "zone", "", "x"]), max_size=6
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(HEADINGS, TEXT, st.sampled_from(["utf-8", "cp1252", "utf-16", "utf-8-sig"]))
def test_any_text_is_read_or_refused(
    tmp_path: Path, headings: list[str], text: str, encoding: str
) -> None:
    path = tmp_path / "any.csv"
    whole = ",".join(headings) + "\n" + text
    path.write_bytes(whole.encode(encoding, errors="replace"))
    try:
        list(read_table_here(path, known=("id",)).rows())
    except UserError as error:
        assert error.message.endswith(".")
    try:
        places = PlaceColumns(needed=False)
        found = read_located_rows(
            read_table(path, "any.csv"), "any.csv", most_rows=50, places=places
        )
        how = build_column_mapping("sites", found.columns, None)
    except UserError as error:
        assert error.message
        return
    for row in found.fields:
        assert isinstance(how.cell(row, "name"), str)


@pytest.mark.parametrize("seed", range(10))
def test_a_broken_file_is_read_or_refused(seed: int, tmp_path: Path) -> None:
    rng, good = random.Random(seed), write_seeds(tmp_path)
    name = list(good)[seed % len(good)]
    path = tmp_path / name
    path.write_bytes(break_bytes(good[name], rng))
    assert try_readers(path) in ("taken", "refused")
