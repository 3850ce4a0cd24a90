"""School levels derived from the words and grades that directories use."""

import pytest

from zoneplanner.domain.geography.site import derive_school_level

CASES = {
    ("Elementary Schools (Public)", "K-6"): "elementary",
    ("Elementary Schools (Public)", "K-8"): "k8",
    ("Intermediate/Middle Schools (Public)", "6-8"): "middle",
    ("Junior High Schools (Public)", "7-9"): "middle",
    ("High Schools (Public)", "9-12"): "high",
    ("Continuation High Schools", "10-12"): "alternative",
    ("Special Education Schools (Public)", "K-12"): "special_education",
    ("K-12 Schools (Public)", "K-12"): "k12",
    ("Elementary-High Combination", "6-12"): "secondary_6_12",
    ("Preschool", "P"): "preschool",
    ("Adult Education Centers", "Adult"): "adult",
    ("", "TK-5"): "elementary",
    ("", "7-8"): "middle",
    ("", "4-8"): "middle",
    ("", "PK"): "preschool",
    ("", "12"): "high",
    ("", ""): "",
    ("Ungraded", "n/a"): "",
    ("special_education", ""): "special_education",
}


@pytest.mark.parametrize(("word", "grades"), CASES)
def test_a_level_is_derived_from_words_and_grades(word: str, grades: str) -> None:
    assert derive_school_level([word], grades) == CASES[word, grades]


def test_the_first_conclusive_text_decides_the_level() -> None:
    assert (
        derive_school_level(["Youth Authority Facilities", "High School"], "9-12") == "alternative"
    )
