"""Profiles of foreign tables: those that ship make sense, a faulty one names its key."""

from dataclasses import asdict
from pathlib import Path

import pytest

from zoneplanner.errors import UserError
from zoneplanner.exchange.likeness import TARGETS, likely_columns
from zoneplanner.exchange.profiles import (
    Profile,
    file_name,
    likely_profile,
    profile_text,
    profiles_in,
    read_profile,
    shipped,
)

HEAD = 'title = "x"\nkind = "sites"\n'
SHIPPED = sorted(shipped().glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_profile_that_ships_knows_our_columns_and_is_found_by_its_signs(path: Path) -> None:
    profile = read_profile(path)
    targets = TARGETS[profile.kind]
    assert set(profile.columns) <= {target.name for target in targets}
    assert {own.name for own in targets if own.needed} <= {*profile.columns, *profile.joined}
    found = likely_profile(profiles_in(), [*profile.signs, "more"], profile.kind)
    assert found is not None and found.id == profile.id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = 1", "title"),
        ('title = "x"\nkind = "sites"\ncolour = "red"', "colour"),
        (f'{HEAD}[status]\ncolumn = "S"\n[status.values]\nA = "gone"', "one of"),
        ("title = ", "not valid TOML"),
    ],
)
def test_a_faulty_profile_names_its_key(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=words):
        read_profile(path)


def test_a_profile_of_ones_own_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    own = Profile(
        "our-list",
        'Our "list" \\ of schools',
        "sites",
        signs=("Code", "Wo\tE"),
        columns={"id": ("Code",), "name": ("Name of it",)},
        only={"District": ("Elm", "Oak")},
    )
    path = tmp_path / file_name("Our List!")
    path.write_text(profile_text(own), encoding="utf-8")
    again = read_profile(path)
    assert (again.id, again.title, again.kind) == ("our-list", own.title, "sites")
    assert (again.columns, again.only) == (own.columns, own.only)
    assert again.signs == ("Code", "Wo E")
    with pytest.raises(UserError, match="needs a name"):
        file_name("!!")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_profile_that_ships_is_the_same_when_it_is_kept_and_read_again(
    path: Path, tmp_path: Path
) -> None:
    profile = read_profile(path)
    kept = tmp_path / path.name
    kept.write_text(profile_text(profile), encoding="utf-8")
    assert asdict(read_profile(kept)) == asdict(profile)


def test_columns_are_found_by_name_synonym_beginning_and_likeness() -> None:
    headings = ["CDS Code", "School Name", "Enrolment K12", "Adress", "Lat", "Long", "Charter?"]
    assert likely_columns("sites", headings) == {
        "id": "CDS Code",
        "name": "School Name",
        "enrollment": "Enrolment K12",
        "street": "Adress",
        "latitude": "Lat",
        "longitude": "Long",
        "charter": "Charter?",
    }
