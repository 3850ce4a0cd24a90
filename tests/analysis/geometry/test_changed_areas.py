"""The land that falls to another zone in a second plan."""

from builders import SIDE_M, project_from

from zoneplanner.analysis.geometry.cells_and_outlines import find_changed_areas
from zoneplanner.app.session.state import ProjectState, derive_state


def reading(layout: str) -> ProjectState:
    """Read the plan of a layout."""
    project = project_from(layout)
    return derive_state(project, project.plans["plan"])


def km2(before: str, after: str) -> dict[tuple[str | None, str | None], float]:
    """Return the square kilometers by the zones they leave and enter."""
    found = find_changed_areas(reading(before).outlines, reading(after).outlines)
    return {ends: round(area.area / SIDE_M**2, 3) for ends, area in found.items()}


def test_land_is_told_by_the_zone_it_leaves_and_the_zone_it_enters() -> None:
    assert km2("AAB / AAB", "ABB / AAA") == {("A", "B"): 1.0, ("B", "A"): 1.0}


def test_plans_that_are_the_same_change_nothing() -> None:
    assert km2("AAB / aab", "AAB / aab") == {}


def test_land_that_loses_its_zone_goes_to_none_and_back() -> None:
    assert km2("AAB", "AA?") == {("B", None): 1.0}
    assert km2("AA?", "AAB") == {(None, "B"): 1.0}
