"""A basemap is imported in the dialog as one step and listed in Layers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from county import write_census_layer
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from shapely.geometry import LineString

from zoneplanner.app.geography import basemap_files
from zoneplanner.app.session.session import Session
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.map.panels.layers_panel import LayersPanel
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Store basemaps in the temporary folder."""
    dirs = basemap_files.platformdirs
    monkeypatch.setattr(dirs, "user_cache_dir", lambda *_, **__: str(tmp_path))


def write_census_roads(path: Path) -> Path:
    """Write a file of two roads across the district."""
    ways = (("Elm Street", "S1400", -300), ("I- 80", "S1100", -1500))
    return write_census_layer(
        path, [(name, kind, LineString([(0, y), (4000, y)])) for name, kind, y in ways]
    )


def test_census_roads_are_recognized_and_imported_as_a_basemap_in_one_step(
    window: MainWindow,
    dialog: Callable[[], ImportDialog],
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    window.desk.actions["import"].trigger()
    own = dialog()
    own.open_file(write_census_roads(tmp_path / "roads.geojson"))
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert own.options.kind == "basemap"
    assert own.ok.text() == "Import 2 rows"
    own.prepared = None
    qtbot.mouseClick(own.options.basemap[1], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    own.ok.click()
    qtbot.waitUntil(lambda: session.project.basemap is not None, timeout=20_000)
    kept = session.project.basemap
    assert kept is not None and kept.data and kept.counts == {"local": 1, "freeway": 1}
    panel = window.findChild(LayersPanel)
    assert panel is not None
    panel.refresh()
    panel.select("ground")
    assert panel.rows.layer() == "ground"
    session.undo()
    assert session.project.basemap is None
