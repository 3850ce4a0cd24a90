"""The bundled district as a project."""

import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import shapely
from builders import refused

from zoneplanner.bundled import gis_data_dir
from zoneplanner.domain.geography.site import find_jurisdictions
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UnitAccess
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

COUNTY, CITY = "Unincorporated Sacramento County", "City of Citrus Heights"


@pytest.fixture(scope="module")
def project() -> Project:
    return build_bundled_project(uid="p")


@pytest.fixture(scope="module")
def specialists() -> Project:
    return build_bundled_project("district-specialists", uid="p")


def test_the_default_project_has_five_sheriff_and_two_city_units(project: Project) -> None:
    assert list(project.units) == ["S1", "S2", "S3", "S4", "S5", "SRO1", "SRO2"]
    assert all(unit.holds_zone and unit.sworn for unit in project.units.values())
    assert project.units["S3"].agency == "Sacramento County Sheriff's Office"
    assert project.units["SRO2"].agency == "Citrus Heights Police Department"
    assert (project.crs, project.time_zone) == ("EPSG:26910", "America/Los_Angeles")
    assert (project.uid, project.name, project.preset) == (
        "p",
        "San Juan Unified",
        "sheriff-5-sro-2",
    )


def test_county_and_city_units_are_primary_only_at_home(project: Project) -> None:
    for unit in project.units.values():
        home, other = (COUNTY, CITY) if unit.kind == "deputy" else (CITY, COUNTY)
        assert unit.access_in(home) is UnitAccess.PRIMARY
        assert not unit.may_be_primary(other)
        assert all(unit.access_in(area) is not None for area in project.jurisdictions)
        assert set(unit.access) == set(project.jurisdictions)


def test_55_county_and_12_city_sites_are_far_from_any_line(project: Project) -> None:
    placements = find_jurisdictions(project.sites, project.jurisdictions)
    patrolled = [placements[site.id] for site in project.patrolled]
    assert Counter(placement.jurisdiction for placement in patrolled) == {COUNTY: 55, CITY: 12}
    assert min(placement.line_m for placement in patrolled) == pytest.approx(270, abs=1)


def test_sites_have_addresses_and_notes(project: Project) -> None:
    site = project.sites["34674473432051"]
    assert (site.name, site.level, site.grades) == ("Del Campo High", "high", "9-12")
    assert site.address == "4925 Dewey Drive, Fair Oaks 95628"
    assert site.position == pytest.approx((647_197.0, 4_279_865.0), abs=1.0)
    assert project.site("Visions In Education").enrollment_note.startswith("Independent study")
    assert project.site("General Davie, Jr. Primary Center").enrollment is None


def test_the_map_has_every_layer(project: Project) -> None:
    assert Counter(item.layer for item in project.features) == {
        "county": 1,
        "district": 1,
        "city": 5,
        "place": 12,
        "river": 1,
        "bridge": 3,
        "arterial": 29,
    }


def test_every_layer_names_its_source(project: Project) -> None:
    named = {item.layer for item in project.features} | {"sites", "blocks", "jurisdictions"}
    assert named <= set(project.layers)
    assert all(
        layer.publisher and layer.vintage and layer.terms for layer in project.layers.values()
    )
    assert not any(layer.own for layer in project.layers.values())
    files = {path.name for path in gis_data_dir().glob("*.geojson")}
    assert {layer.source for layer in project.layers.values()} == files


def test_projected_blocks_still_share_their_edges(project: Project) -> None:
    areas = [block.area for block in project.blocks.values()]
    assert list(project.blocks)[:2] == ["B001", "B002"]
    assert shapely.coverage_is_valid(areas)
    assert all(area.is_valid for area in areas)


def test_an_empty_project_has_units_and_jurisdictions_but_no_sites() -> None:
    project = build_bundled_project("district-specialists", uid="p", empty=True)
    assert not project.sites
    assert len(project.units) == 8
    assert not any(unit.posts for unit in project.units.values())
    assert len(project.jurisdictions) == 6
    assert project.features


def test_specialists_serve_both_jurisdictions_and_liaison_officers_have_posts(
    specialists: Project,
) -> None:
    holders = [unit for unit in specialists.units.values() if unit.holds_zone]
    assert [unit.id for unit in holders] == ["D1", "D2", "D3", "D4", "D5", "D6"]
    assert all(unit.may_be_primary(COUNTY) and unit.may_be_primary(CITY) for unit in holders)
    liaisons = [unit for unit in specialists.units.values() if not unit.holds_zone]
    posts = [specialists.sites[unit.posts[0]].name for unit in liaisons]
    assert posts == ["Mesa Verde High", "San Juan High"]
    assert all(unit.access_in(CITY) is UnitAccess.ASSIST for unit in liaisons)


def test_a_school_year_has_180_days_and_is_marked_as_assumed(project: Project) -> None:
    calendar = project.calendar
    for year in (2025, 2026):
        days = list(calendar.school_days(date(year, 7, 1), date(year + 1, 6, 30)))
        assert len(days) == 180
    assert calendar.assumed
    assert calendar.early_release_weekday == date(2026, 9, 3).isoweekday()
    assert not calendar.is_school_day(date(2026, 11, 25))
    assert calendar.is_school_day(date(2026, 11, 30))


def test_every_holiday_is_within_its_school_year(project: Project) -> None:
    terms = project.calendar.terms
    for holiday in project.calendar.holidays:
        year = terms[:2] if holiday.first < date(2026, 7, 1) else terms[2:]
        assert year[0].first < holiday.first <= holiday.last < year[1].last, holiday.name


def test_a_preset_that_names_an_unknown_place_or_post_is_refused(tmp_path: Path) -> None:
    text = (gis_data_dir() / "presets" / "sheriff-5-sro-2.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace('"City of Folsom"', '"City of Elm"'), encoding="utf-8")
    with refused(
        "preset_does_not_fit",
        file="own.toml",
        key="access",
        unit="S1",
        preset="own",
        value="City of Elm",
    ):
        build_bundled_project(str(own), uid="p")
    own.write_text(text.replace("sworn = true", 'sworn = true\nposts = ["12"]', 1), "utf-8")
    with refused("preset_does_not_fit", key="posts", unit="S1", value="12"):
        build_bundled_project(str(own), uid="p")


@pytest.mark.parametrize("damage", ["", "{", '{"features": [{}]}', None])
def test_a_missing_or_damaged_layer_is_reported_as_a_damaged_installation(
    tmp_path: Path, damage: str | None
) -> None:
    for path in gis_data_dir().glob("*.geojson"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    layer = tmp_path / "blocks.geojson"
    if damage is None:
        layer.unlink()
    else:
        layer.write_text(damage, encoding="utf-8")
    with refused("damaged_installation.layer", name="blocks.geojson"):
        build_bundled_project(uid="p", layers=tmp_path)


def test_building_a_project_imports_neither_geopandas_nor_gdal() -> None:
    code = (
        "import sys;"
        "from zoneplanner.exchange.presets.bundled_district import build_bundled_project;"
        "assert 'pyproj' not in sys.modules;"
        "build_bundled_project(uid='p');"
        "assert not {'geopandas', 'pandas', 'pyogrio', 'scipy'} & set(sys.modules)"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
