"""The load of a site by level and enrollment."""

from dataclasses import replace

import pytest
from builders import refused

from zoneplanner.analysis.site_loads import SiteLoad, compute_site_load
from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.geography.site import Site


def site(level: str, enrollment: int | None) -> Site:
    return Site(
        id="1",
        name="Elm School",
        level=level,
        grades="K-5",
        street="1 Elm Avenue",
        city="Carmichael",
        zip="95608",
        phone="",
        x_m=0.0,
        y_m=0.0,
        enrollment=enrollment,
        patrolled=True,
    )


@pytest.mark.parametrize(
    ("level", "visits", "factor"),
    [
        ("elementary", 1, 1.0),
        ("k8", 1, 1.3),
        ("middle", 2, 2.2),
        ("high", 2, 3.0),
        ("alternative", 1, 2.0),
        ("special_education", 1, 1.0),
        ("preschool", 1, 0.6),
    ],
)
def test_a_level_has_its_visits_and_its_share_of_calls(
    level: str, visits: float, factor: float
) -> None:
    load = compute_site_load(site(level, 1000), Assumptions())
    assert (load.visits, load.visit_min, load.call_min) == (visits, 15, 35)
    assert load.calls == pytest.approx(0.5 * factor)


def test_load_is_visits_times_dwell_plus_calls_times_service() -> None:
    load = SiteLoad(visits=2, visit_min=15, calls=1.5, call_min=35)
    assert load.minutes == 82.5
    assert load.trips == 3.5


def test_a_missing_enrollment_counts_as_150() -> None:
    assert compute_site_load(site("elementary", None), Assumptions()).calls == pytest.approx(0.075)
    assert compute_site_load(site("elementary", 0), Assumptions()).calls == 0


def test_an_unknown_level_uses_the_figures_for_other_levels() -> None:
    assert compute_site_load(site("trade school", 1000), Assumptions()) == SiteLoad(1, 15, 0.5, 35)


def test_a_dwell_time_by_level_is_used() -> None:
    longer = replace(Assumptions(), dwell_min={"high": 40.0, "other": 15.0})
    assert compute_site_load(site("high", 1000), longer).minutes == pytest.approx(2 * 40 + 1.5 * 35)


def test_a_negative_enrollment_is_rejected_with_the_sites_name() -> None:
    with refused("negative_enrollment", name="Elm School", students=-3):
        compute_site_load(site("elementary", -3), Assumptions())
