"""The land that changes zones between two plans."""

from builders import SIDE_M, project_from

from zoneplanner.analysis.geometry.cells_and_outlines import find_changed_areas
from zoneplanner.app.session.state import ProjectState, derive_state


def evaluate(layout: str) -> ProjectState:
    """Evaluate the plan of a layout."""
    project = project_from(layout)
    return derive_state(project, project.plans["plan"])


def measure_changes_km2(before: str, after: str) -> dict[tuple[str | None, str | None], float]:
    """Measure the changed land by its zones before and after."""
    found = find_changed_areas(evaluate(before).outlines, evaluate(after).outlines)
    return {ends: round(area.area / SIDE_M**2, 3) for ends, area in found.items()}


def test_changed_land_is_listed_by_its_zones_before_and_after() -> None:
    assert measure_changes_km2("AAB / AAB", "ABB / AAA") == {("A", "B"): 1.0, ("B", "A"): 1.0}


def test_identical_plans_change_no_land() -> None:
    assert measure_changes_km2("AAB / aab", "AAB / aab") == {}


def test_land_can_lose_its_zone_and_get_one() -> None:
    assert measure_changes_km2("AAB", "AA?") == {("B", None): 1.0}
    assert measure_changes_km2("AA?", "AAB") == {(None, "B"): 1.0}
