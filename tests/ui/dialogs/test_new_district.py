"""A project of another district, made in the window from its files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from vector_files import geojson

from zoneplanner.app import settings as desk_settings
from zoneplanner.app.settings import Settings
from zoneplanner.ui.dialogs.importing import ImportDialog
from zoneplanner.ui.dialogs.new_project import NewProjectDialog
from zoneplanner.ui.planner import Planner

WEST, SOUTH = -121.40, 38.42


@pytest.fixture
def planner(
    looks: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Planner]:
    folders = desk_settings.platformdirs
    for name in ("user_config_dir", "user_data_dir", "user_documents_dir"):
        monkeypatch.setattr(folders, name, lambda *_, **__: str(tmp_path / "desk"))
    made = Planner(looks, Settings(appearance="light"), lambda _: None)
    made.resize(1280, 800)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def area(left: float, bottom: float, right: float, top: float) -> dict[str, object]:
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_another_district_is_started_filled_and_zoned_in_the_window(
    planner: Planner, qtbot: QtBot, tmp_path: Path
) -> None:
    outline = area(WEST, SOUTH, WEST + 0.12, SOUTH + 0.08)
    district = geojson(tmp_path / "unsd.geojson", (outline, {"NAME": "Elm Unified"}))
    county = geojson(
        tmp_path / "county.geojson",
        (area(WEST - 1, SOUTH - 1, WEST + 1, SOUTH + 1), {"name": "Elm County", "kind": "county"}),
    )
    spots = [(WEST + 0.01 + 0.02 * (at % 6), SOUTH + 0.01 + 0.03 * (at // 6)) for at in range(12)]
    schools = tmp_path / "schools.csv"
    rows = (f"e{at},Elm {at},K-6,{lat},{lon}" for at, (lon, lat) in enumerate(spots))
    schools.write_text("\n".join(["code,school,grades,latitude,longitude", *rows]) + "\n")
    planner._ask_new()
    asked = planner.findChild(NewProjectDialog)
    assert isinstance(asked, NewProjectDialog)
    asked.district.setCurrentIndex(1)
    asked.accept()
    assert "Choose a file of the district" in asked.refused.text()
    asked.boundary.setText(str(tmp_path / "nowhere.geojson"))
    asked.file.setText(str(tmp_path / "elm.gpkg"))
    asked.zones.setValue(2)
    asked.accept()
    qtbot.waitUntil(lambda: "There is no file" in asked.refused.text())
    asked.boundary.setText(str(district))
    asked.accept()
    qtbot.waitUntil(lambda: planner.main is not None, timeout=20_000)
    main = planner.main
    assert main is not None
    assert "boundaries of the county" in main.desk.notices.text.text()
    session = main.desk.session
    assert (session.project.name, session.project.crs) == ("Elm Unified", "EPSG:26910")
    assert list(session.project.units) == ["Z1", "Z2"]
    for file, kind, count in ((county, "jurisdictions", 1), (schools, "sites", 12)):
        main.files.open(file)
        own = main.findChildren(ImportDialog)[-1]
        qtbot.waitUntil(lambda dialog=own: dialog.found is not None, timeout=20_000)
        own.question.show_kind(kind)
        own.question.kind_chosen.emit()
        qtbot.waitUntil(lambda dialog=own: dialog.prepared is not None, timeout=20_000)
        assert own.ok.text().startswith(f"Import {count} row")
        with qtbot.waitSignal(own.finished, timeout=20_000):
            own.ok.click()
    assert len(session.project.patrolled) == 12
    main.desk.actions["propose"].trigger()
    main.optimiser.body.form.limit.setValue(5)
    main.optimiser.body.start_button.click()
    qtbot.waitUntil(
        lambda: bool(session.plan is not None and len(session.plan.assignment) == 12),
        timeout=30_000,
    )
    main.desk.jobs.cancel_all()
    assert session.undo_label is not None
