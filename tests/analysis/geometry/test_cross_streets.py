"""Places described by streets."""

from dataclasses import replace

import pytest
from builders import project_from
from shapely.geometry import LineString

from zoneplanner.analysis.geometry.land_index import MILE_M, CrossStreets, build_cross_streets
from zoneplanner.domain.locale_formats import ISO_FORMATS, US_FORMATS
from zoneplanner.domain.project import Feature
from zoneplanner.messages import Message


@pytest.fixture
def grid() -> CrossStreets:
    """Sunrise runs north, Greenback and Madison run east, a mile apart."""
    streets = (
        ("Sunrise Blvd", [(0, -5000), (0, 0), (0, 5000)]),
        ("Greenback Ln", [(-5000, 0), (5000, 0)]),
        ("Madison Ave", [(-5000, -MILE_M), (5000, -MILE_M)]),
    )
    features = tuple(Feature("arterial", name, LineString(line)) for name, line in streets)
    return build_cross_streets(replace(project_from("A"), features=features))


def beside(street: str, away_mi: float, side: str) -> Message:
    away_m = pytest.approx(away_mi * MILE_M, abs=0.05 * MILE_M)
    return Message("near_streets.beside", away_m=away_m, side=side, street=street)


def on(street: str) -> Message:
    return Message("near_streets.on", street=street)


@pytest.mark.parametrize(
    ("east_mi", "north_mi", "one", "other"),
    [
        (0.4, 0.2, beside("Greenback Ln", 0.2, "N"), beside("Sunrise Blvd", 0.4, "E")),
        (-0.1, -0.3, beside("Sunrise Blvd", 0.1, "W"), beside("Greenback Ln", 0.3, "S")),
        (0.0, -0.9, on("Sunrise Blvd"), beside("Madison Ave", 0.1, "N")),
        (0.3, 2.0, beside("Sunrise Blvd", 0.3, "E"), beside("Greenback Ln", 2.0, "N")),
    ],
)
def test_a_place_is_described_by_the_nearest_street_and_its_cross_street(
    grid: CrossStreets, east_mi: float, north_mi: float, one: Message, other: Message
) -> None:
    found = grid.describe_place(east_mi * MILE_M, north_mi * MILE_M)
    assert found == Message("near_streets.between", one=one, other=other)


def test_a_crossing_is_named_by_its_two_streets(grid: CrossStreets) -> None:
    found = grid.describe_place(0.005 * MILE_M, 0.01 * MILE_M)
    assert found == Message("near_streets.at", one="Sunrise Blvd", other="Greenback Ln")


def test_a_place_is_written_in_the_desks_units(grid: CrossStreets) -> None:
    found = grid.describe_place(0.4 * MILE_M, 0.2 * MILE_M)
    assert found is not None
    metric = "0.3 km N of Greenback Ln, 0.6 km E of Sunrise Blvd"
    assert found.say(ISO_FORMATS) == str(found) == metric
    assert found.say(US_FORMATS) == "0.2 mi N of Greenback Ln, 0.4 mi E of Sunrise Blvd"


def test_a_place_far_from_every_street_has_no_description(grid: CrossStreets) -> None:
    assert grid.describe_place(100_000, 100_000) is None
    assert build_cross_streets(project_from("A")).describe_place(0, 0) is None


def test_a_street_without_a_cross_street_is_enough() -> None:
    line = Feature("arterial", "Hazel Ave", LineString([(0, 0), (0, 1000)]))
    alone = build_cross_streets(replace(project_from("A"), features=(line,)))
    assert alone.describe_place(-800, 500) == beside("Hazel Ave", 0.5, "W")
