"""Presets: files that a user can copy and change, and how mistakes in them are reported."""

from pathlib import Path

import pytest
from builders import refused

from zoneplanner.bundled import gis_data_dir
from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.units import UnitAccess
from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.preset import find_preset, list_presets, read_preset
from zoneplanner.messages import Message

SMALL = """
title = "One car"
time_zone = "America/Los_Angeles"
crs = "EPSG:26910"

[[agencies]]
id = "Elm Police"
short = "Elm PD"

[access."Elm Police"]
"Elm City" = "primary"
[access.P2]
"Elm City" = "assist"

[[units]]
id = "P1"
name = "Car 1"
agency = "Elm Police"
kind = "patrol"
sworn = true

[[units]]
id = "P2"
name = "Car 2"
agency = "Elm Police"
kind = "patrol"
sworn = true
holds_zone = false

[assumptions]
speed_mph = 25.0
missing_enrollment = 90
[assumptions.dwell_min]
other = 20.0

[calendar]
[[calendar.terms]]
name = "Fall"
first = 2026-08-13
last = 2026-12-18
"""


def write_preset(folder: Path, text: str) -> Path:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundled_presets_are_listed_by_title() -> None:
    assert list_presets() == {
        "any-district": "another district: units that may go anywhere",
        "district-specialists": "district specialists + school liaison officers",
        "sheriff-5-sro-2": "5 sheriff zones + 2 Citrus Heights SROs",
    }


def test_a_preset_is_found_by_id_title_or_path() -> None:
    bundled = gis_data_dir() / "presets" / "sheriff-5-sro-2.toml"
    assert find_preset("sheriff-5-sro-2") == bundled
    assert find_preset("5 Sheriff Zones + 2 Citrus Heights SROs") == bundled
    assert find_preset("own/file.toml") == Path("own/file.toml")


@pytest.mark.parametrize("name", ["", "sheriff", "../presets/sheriff-5-sro-2", "x\0y"])
def test_an_unknown_preset_is_refused(name: str) -> None:
    with refused("unknown_profile.preset"):
        find_preset(name)


@pytest.mark.parametrize("name", ["sheriff-5-sro-2", "district-specialists", "any-district"])
def test_the_bundled_presets_contain_the_default_assumptions(name: str) -> None:
    read = read_preset(find_preset(name)).assumptions
    own = Assumptions()
    for field in Assumptions.__dataclass_fields__:
        assert getattr(read, field) == getattr(own, field), field


def test_a_users_own_preset_is_read(tmp_path: Path) -> None:
    preset = read_preset(write_preset(tmp_path, SMALL))
    assert (preset.id, preset.title) == ("small", "One car")
    assert preset.units["P1"].access == {"Elm City": UnitAccess.PRIMARY}
    assert preset.units["P2"].access == {"Elm City": UnitAccess.ASSIST}
    assert (preset.units["P1"].holds_zone, preset.units["P2"].holds_zone) == (True, False)
    assert preset.assumptions.speed_mph == 25.0
    assert preset.assumptions.dwell_min == {"other": 20.0}
    assert preset.assumptions.service_min == Assumptions().service_min
    assert preset.calendar.early_release_weekday is None
    assert preset.calendar.assumed


FAULTS = [
    ('title = "One car"', "", "title", "missing"),
    ('title = "One car"', "title = 5", "title", "no_text"),
    ('title = "One car"', 'title = "One car"\ncolor = "red"', "color", "unknown"),
    ('"America/Los_Angeles"', '"America/Elm"', "time_zone", "no_time_zone"),
    ('"America/Los_Angeles"', '"../../etc/passwd"', "time_zone", "no_time_zone"),
    ('agency = "Elm Police"', 'agency = "Oak Police"', "units[1].agency", "no_choice"),
    ('id = "P2"', 'id = "P1"', "units[2].id", "repeated"),
    ("sworn = true", 'sworn = "yes"', "units[1].sworn", "no_flag"),
    ("sworn = true", "sworn = true\nposts = [1]", "units[1].posts", "no_texts"),
    ('= "primary"', '= "maybe"', "access.Elm Police.Elm City", "no_choice"),
    ("[access.P2]", "[access.P9]", "access.P9", "unknown_unit"),
    ("speed_mph = 25.0", "speed_mph = 0", "assumptions.speed_mph", "too_small"),
    ("speed_mph = 25.0", "speed_mph = nan", "assumptions.speed_mph", "negative"),
    ("speed_mph = 25.0", "speed_mph = true", "assumptions.speed_mph", "no_number"),
    ("speed_mph = 25.0", "speed = 25.0", "assumptions.speed", "unknown"),
    (
        "missing_enrollment = 90",
        "missing_enrollment = -1",
        "assumptions.missing_enrollment",
        "no_whole_number",
    ),
    ("other = 20.0", "high = 20.0", "assumptions.dwell_min.other", "other_missing"),
    ("other = 20.0", "other = -1", "assumptions.dwell_min.other", "negative"),
    (
        "[calendar]",
        "[calendar]\nearly_release_weekday = 6",
        "calendar.early_release_weekday",
        "no_whole_number",
    ),
    ("2026-08-13", '"2026-08-13"', "calendar.terms[1].first", "no_day"),
    ("2026-08-13", "2026-08-13T08:00:00", "calendar.terms[1].first", "no_day"),
    ("2026-12-18", "2026-08-12", "calendar.terms[1].last", "before_first"),
]


@pytest.mark.parametrize(("found", "put", "key", "fault"), FAULTS)
def test_a_fault_is_reported_with_its_file_and_key(
    tmp_path: Path, found: str, put: str, key: str, fault: str
) -> None:
    assert found in SMALL
    with pytest.raises(UserError) as caught:
        read_preset(write_preset(tmp_path, SMALL.replace(found, put, 1)))
    details = caught.value.details
    assert (caught.value.template, details["file2"]) == ("unreadable_file.key", "small.toml")
    assert (details["key"], details["fault"].template) == (key, f"key_fault.{fault}")


def test_a_fault_is_a_sentence_with_the_values_that_fit(tmp_path: Path) -> None:
    text = SMALL.replace('agency = "Elm Police"', 'agency = "Oak Police"', 1)
    with pytest.raises(UserError) as caught:
        read_preset(write_preset(tmp_path, text))
    assert caught.value.message == (
        "The preset small.toml cannot be used: its key units[1].agency must be one of Elm Police."
    )


def test_a_crs_in_degrees_is_refused_with_its_own_reason(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_preset(write_preset(tmp_path, SMALL.replace("EPSG:26910", "EPSG:4326", 1)))
    assert caught.value.template == "unreadable_file.key_does_not_fit"
    assert caught.value.details["fault"].code == "unknown_crs"
    assert caught.value.message.endswith(str(caught.value.details["fault"]))


def test_a_preset_without_units_is_refused(tmp_path: Path) -> None:
    start = SMALL.index("[[units]]")
    text = SMALL[:start].replace('[access.P2]\n"Elm City" = "assist"\n', "")
    with refused("unreadable_file.key", key="units", fault=Message("key_fault.empty")):
        read_preset(write_preset(tmp_path, text + SMALL[SMALL.index("[assumptions]") :]))


def test_invalid_toml_is_refused(tmp_path: Path) -> None:
    with refused("unreadable_file.toml_syntax", path="small.toml"):
        read_preset(write_preset(tmp_path, "title = 'One'\ncrs = \n"))
    path = tmp_path / "small.toml"
    path.write_bytes(b"title = '\xff\xfe'")
    with refused("unreadable_file.toml_encoding"):
        read_preset(path)
    path.write_text("x = " + "[" * 50_000, encoding="utf-8")
    with refused("unreadable_file.toml_encoding"):
        read_preset(path)
    path.write_text("#" * 1_000_001, encoding="utf-8")
    with refused("too_large.toml"):
        read_preset(path)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    with refused("unreadable_file.toml_missing"):
        read_preset(tmp_path / "absent.toml")
    with refused("unreadable_file.toml_missing"):
        read_preset(tmp_path)
    with refused("unreadable_file.toml_missing"):
        read_preset(Path("a\0b.toml"))
