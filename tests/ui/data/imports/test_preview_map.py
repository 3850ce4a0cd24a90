"""The small map of an import, before and after a file is read."""

from dataclasses import replace

from builders import COUNTY, project_from
from pytestqt.qtbot import QtBot

from zoneplanner.ui.data.imports.preview_map import ImportPreviewMap
from zoneplanner.ui.widgets.style.theme import THEMES


def test_the_map_starts_at_the_district_rather_than_its_county(qtbot: QtBot) -> None:
    project = project_from("AABB / aaaa")
    county = project.jurisdictions[COUNTY]
    wide = replace(county, area=county.area.union(county.area.buffer(40_000)))
    view = ImportPreviewMap(
        replace(project, jurisdictions={**project.jurisdictions, COUNTY: wide}), THEMES["light"]
    )
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    (district,) = (own.geometry for own in project.features if own.layer == "district")
    left, _, right, _ = district.bounds
    assert (right - left) * view.transform().m11() > 200
