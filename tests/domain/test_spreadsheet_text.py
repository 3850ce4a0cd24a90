"""Exported cells: no spreadsheet runs them as formulas, and numbers stay numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneplanner.domain.locale_formats import escape_formula


@pytest.mark.parametrize("text", ["", "School", "-1.5", "+3", "4 - 2", "'twas"])
def test_words_and_numbers_are_not_escaped(text: str) -> None:
    assert escape_formula(text) == text


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", "\r5", "\t5"])
def test_formulas_are_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@settings(deadline=None)
@given(st.text())
def test_no_escaped_cell_begins_like_a_formula(cell: str) -> None:
    safe = escape_formula(cell)
    assert safe.endswith(cell)
    if safe and safe[0] in "=+-@":
        float(safe)
    assert not safe or safe[0].isprintable()
