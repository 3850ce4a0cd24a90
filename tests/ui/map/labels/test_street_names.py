"""Street names appear in the opening view, beside symbols and never over them."""

import shapely
from map_driver import Open

from zoneplanner.domain.geography.map_edits import find_district_boundary
from zoneplanner.exchange.presets.bundled_district import build_bundled_project


def test_the_bundled_district_opens_with_street_names_in_view(open_map: Open) -> None:
    project = build_bundled_project(uid="p")
    view = open_map(project).view
    view.resize(976, 560)
    view.fit()
    view.grab()
    district = find_district_boundary(project)
    assert district is not None
    streets = {feature.name for feature in project.features if feature.layer == "arterial"}
    inside = {
        key.removeprefix("street ")
        for key, box in view.map.label_boxes.items()
        if key.startswith("street ")
        and district.contains(
            shapely.Point(view.map.frame.to_project_m(box.center() * view.map.m_px))
        )
    }
    assert len(inside & streets) >= 4
