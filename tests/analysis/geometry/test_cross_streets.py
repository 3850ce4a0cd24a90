"""Places described by streets."""

from dataclasses import replace

import pytest
from builders import project_from
from shapely.geometry import LineString

from zoneplanner.analysis.geometry.land_index import MILE_M, CrossStreets, build_cross_streets
from zoneplanner.domain.locale_formats import ISO_FORMATS
from zoneplanner.domain.project import Feature


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


@pytest.mark.parametrize(
    ("east_mi", "north_mi", "words"),
    [
        (0.4, 0.2, "0.2 mi N of Greenback Ln, 0.4 mi E of Sunrise Blvd"),
        (-0.1, -0.3, "0.1 mi W of Sunrise Blvd, 0.3 mi S of Greenback Ln"),
        (0.0, -0.9, "On Sunrise Blvd, 0.1 mi N of Madison Ave"),
        (0.005, 0.01, "Sunrise Blvd at Greenback Ln"),
        (0.3, 2.0, "0.3 mi E of Sunrise Blvd, 2.0 mi N of Greenback Ln"),
    ],
)
def test_a_place_is_described_by_the_nearest_street_and_its_cross_street(
    grid: CrossStreets, east_mi: float, north_mi: float, words: str
) -> None:
    assert grid.words(east_mi * MILE_M, north_mi * MILE_M) == words


def test_a_metric_desk_sees_kilometers(grid: CrossStreets) -> None:
    told = grid.words(0.4 * MILE_M, 0.2 * MILE_M, ISO_FORMATS)
    assert told == "0.3 km N of Greenback Ln, 0.6 km E of Sunrise Blvd"


def test_a_place_far_from_every_street_has_no_description(grid: CrossStreets) -> None:
    assert grid.words(100_000, 100_000) == ""
    assert build_cross_streets(project_from("A")).words(0, 0) == ""


def test_a_street_without_a_cross_street_is_enough() -> None:
    line = Feature("arterial", "Hazel Ave", LineString([(0, 0), (0, 1000)]))
    alone = build_cross_streets(replace(project_from("A"), features=(line,)))
    assert alone.words(-800, 500) == "0.5 mi W of Hazel Ave"
