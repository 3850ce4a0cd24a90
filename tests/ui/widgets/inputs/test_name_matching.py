"""What matches typed text."""

import pytest

from zoneplanner.ui.widgets.inputs.match_field import score_match

NAMES = (
    "Del Campo High",
    "Del Dayo Elementary",
    "El Camino Fundamental High",
    "Will Rogers Middle",
)


def best(text: str) -> str:
    return max(NAMES, key=lambda name: score_match(text, name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("del c", "Del Campo High"),
        ("dch", "Del Campo High"),
        ("delcam", "Del Campo High"),
        ("ecf", "El Camino Fundamental High"),
        ("high camino", "El Camino Fundamental High"),
        ("rogers", "Will Rogers Middle"),
        ("MIDDLE", "Will Rogers Middle"),
    ],
)
def test_prefixes_initials_and_parts_find_a_school(text: str, name: str) -> None:
    assert best(text) == name


def test_a_prefix_ranks_above_a_part_and_a_part_above_the_secondary_text() -> None:
    name, part = score_match("camp", "Campo"), score_match("camp", "Del Campo")
    assert name > part > score_match("camp", "Arcade", "Campo Street") > 0


def test_every_word_must_match() -> None:
    assert score_match("del zebra", "Del Campo High") == 0
    assert score_match("", "Del Campo High") == 0
    assert score_match("zzz", "Del Campo High", "Fair Oaks") == 0


@pytest.mark.parametrize("text", ["rgers", "roogers", "rogrs", "roegrs", "rogars"])
def test_a_one_letter_typo_still_matches_with_a_lower_rank(text: str) -> None:
    assert best(text) == "Will Rogers Middle"
    assert 0 < score_match(text, "Will Rogers Middle") < score_match("rogers", "Will Rogers Middle")
    assert score_match("rgrs", "Road") == 0
