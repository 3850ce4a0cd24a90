"""What fits what a person types."""

import pytest

from zoneplanner.ui.kit.matching import fit

NAMES = (
    "Del Campo High",
    "Del Dayo Elementary",
    "El Camino Fundamental High",
    "Will Rogers Middle",
)


def best(text: str) -> str:
    return max(NAMES, key=lambda name: fit(text, name))


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
def test_beginnings_initials_and_parts_find_a_school(text: str, name: str) -> None:
    assert best(text) == name


def test_a_beginning_is_worth_more_than_a_part_and_a_part_more_than_what_stands_beside() -> None:
    name, part = fit("camp", "Campo"), fit("camp", "Del Campo")
    assert name > part > fit("camp", "Arcade", "Campo Street") > 0


def test_every_word_has_to_fit() -> None:
    assert fit("del zebra", "Del Campo High") == 0
    assert fit("", "Del Campo High") == 0
    assert fit("zzz", "Del Campo High", "Fair Oaks") == 0


@pytest.mark.parametrize("text", ["rgers", "roogers", "rogrs", "roegrs", "rogars"])
def test_one_letter_astray_still_finds_and_is_worth_less(text: str) -> None:
    assert best(text) == "Will Rogers Middle"
    assert 0 < fit(text, "Will Rogers Middle") < fit("rogers", "Will Rogers Middle")
    assert fit("rgrs", "Road") == 0
