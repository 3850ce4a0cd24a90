"""Import profiles: bundled ones are consistent, a faulty one is refused with its key."""

from dataclasses import asdict
from pathlib import Path

import pytest
from builders import refused

from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import (
    ImportProfile,
    find_bundled_profiles,
    format_profile,
    make_profile_file_name,
    match_profile,
    read_import_profile,
    read_profiles,
)
from zoneplanner.exchange.mapping.column_matching import TARGET_COLUMNS, match_columns

HEAD = 'title = "x"\nkind = "sites"\n'
SHIPPED = sorted(find_bundled_profiles().glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_bundled_profile_has_known_columns_and_is_matched_by_its_signs(path: Path) -> None:
    profile = read_import_profile(path)
    targets = TARGET_COLUMNS[profile.kind]
    assert set(profile.columns) <= {target.name for target in targets}
    assert {own.name for own in targets if own.needed} <= {*profile.columns, *profile.joined}
    found = match_profile(read_profiles(), [*profile.signs, "more"], profile.kind)
    assert found is not None and found.id == profile.id


@pytest.mark.parametrize(
    ("text", "key", "fault"),
    [
        ("title = 1", "title", "no_text"),
        ('title = "x"\nkind = "sites"\ncolor = "red"', "color", "unknown"),
        (
            f'{HEAD}[status]\ncolumn = "S"\n[status.values]\nA = "gone"',
            "status.values.A",
            "no_choice",
        ),
    ],
)
def test_a_faulty_profile_is_refused_with_its_key(
    text: str, key: str, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_import_profile(path)
    details = caught.value.details
    assert (caught.value.template, details["what"]) == ("unreadable_file.key", "profile")
    assert (details["key"], details["fault"].template) == (key, f"key_fault.{fault}")
    path.write_text("title = ")
    with refused("unreadable_file.toml_syntax", path="own.toml"):
        read_import_profile(path)


def test_a_users_own_profile_round_trips(tmp_path: Path) -> None:
    own = ImportProfile(
        "our-list",
        'Our "list" \\ of schools',
        "sites",
        signs=("Code", "Wo\tE"),
        columns={"id": ("Code",), "name": ("Name of it",)},
        only={"District": ("Elm", "Oak")},
    )
    path = tmp_path / make_profile_file_name("Our List!")
    path.write_text(format_profile(own), encoding="utf-8")
    again = read_import_profile(path)
    assert (again.id, again.title, again.kind) == ("our-list", own.title, "sites")
    assert (again.columns, again.only) == (own.columns, own.only)
    assert again.signs == ("Code", "Wo E")
    with refused("profile_without_name"):
        make_profile_file_name("!!")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_bundled_profile_round_trips(path: Path, tmp_path: Path) -> None:
    profile = read_import_profile(path)
    kept = tmp_path / path.name
    kept.write_text(format_profile(profile), encoding="utf-8")
    assert asdict(read_import_profile(kept)) == asdict(profile)


def test_columns_are_matched_by_name_synonym_prefix_and_similarity() -> None:
    headings = ["CDS Code", "School Name", "Enrollment K12", "Adress", "Lat", "Long", "Charter?"]
    assert match_columns("sites", headings) == {
        "id": "CDS Code",
        "name": "School Name",
        "enrollment": "Enrollment K12",
        "street": "Adress",
        "latitude": "Lat",
        "longitude": "Long",
        "charter": "Charter?",
    }
