"""The layers panel: visibility, order, opacity, labels, cards, and adding and removing files."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from sentences import says
from shapely.geometry import Point

from zoneplanner.app.geography.web_tiles import TileOffer, list_tile_providers
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.map_edits import add_layer
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.ui.data.imports.file_options import LayerChoiceDialog
from zoneplanner.ui.map.panels.layers_panel import LayersPanel, allow_line_breaks
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style.theme import THEMES

STOPS = "name,x,y,route\nNorth,640500,4270500,1\nSouth,640500,4269500,2\nLost,,,\n"


def add_stops(project: Project) -> Project:
    features = (Feature("", "North", Point(500, -500), {"name": "North", "route": "1"}),)
    return add_layer(project, Layer("stops", "Stops", source="stops.csv"), features)


@pytest.fixture
def panel(window: MainWindow) -> LayersPanel:
    window.area.show_layers()
    return window.layers


def test_a_check_box_shows_and_hides_a_layer(window: MainWindow, panel: LayersPanel) -> None:
    panel.rows.row_of("others").setCheckState(Qt.CheckState.Checked)
    panel.rows.row_of("river").setCheckState(Qt.CheckState.Unchecked)
    assert window.map.map.shown["others"] and not window.map.map.shown["river"]


def test_alt_and_arrows_move_a_layer_and_keep_it_selected(
    window: MainWindow, panel: LayersPanel, qtbot: QtBot
) -> None:
    panel.select("river")
    qtbot.keyClick(panel.rows, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    order = window.map.map.arrangement.order
    assert order.index("river") == order.index("blocks") - 1
    assert panel.rows.layer() == "river"
    panel.select("names")
    assert not panel.up.isEnabled()


def test_dragging_rows_reorders_the_layers_of_the_map(
    window: MainWindow, panel: LayersPanel, qtbot: QtBot
) -> None:
    rows = panel.rows
    zones = [rows.item(at).data(Qt.ItemDataRole.UserRole) for at in range(rows.count())]
    at = zones.index("zones")
    parent = rows.rootIndex()
    assert rows.model().moveRow(parent, at, parent, 0)
    qtbot.waitUntil(lambda: window.map.map.arrangement.order[0] == "zones")
    assert rows.item(0).data(Qt.ItemDataRole.UserRole) == "names"


def test_opacity_and_label_of_the_selected_layer_can_be_changed(
    window: MainWindow, panel: LayersPanel
) -> None:
    panel.select("zones")
    panel.details.opacity.setValue(40)
    assert window.map.map.arrangement.get_opacity("zones") == 0.4
    assert panel.details.opacity_text.text() == "40%"
    assert panel.details.label.isHidden()
    panel.select("sites")
    assert panel.details.opacity.value() == 100
    label = panel.details.label
    label.setCurrentIndex(label.findText("Short name"))
    label.activated.emit(label.currentIndex())
    assert window.map.map.arrangement.labels["sites"] == "short"


def test_the_card_names_the_source_of_a_layer(panel: LayersPanel, session: Session) -> None:
    panel.select("zones")
    assert "“Plan”" in panel.details.facts.value("publisher")
    session.apply("Add", add_stops)
    panel.select("stops")
    assert panel.details.title.text() == "Stops"
    assert panel.details.facts.value("source") == allow_line_breaks("stops.csv")
    label = panel.details.label
    assert [label.itemText(at) for at in range(label.count())] == ["None", "name", "route"]
    assert label.currentText() == "name"


def test_a_long_file_name_does_not_widen_the_panel(
    window: MainWindow, panel: LayersPanel, session: Session
) -> None:
    panel.select("zones")
    wide = panel.minimumSizeHint().width()
    layer = Layer("long", "Long", source="a_very_long_name_of_a_file_of_bus_stops.geojson")
    stop = (Feature("", "", Point(500, -500)),)
    session.apply("Add", lambda project: add_layer(project, layer, stop))
    panel.select("long")
    assert panel.minimumSizeHint().width() <= wide


def test_only_a_user_layer_can_be_removed_and_undo_restores_it(
    window: MainWindow, panel: LayersPanel, session: Session, qtbot: QtBot
) -> None:
    session.apply("Add", add_stops)
    panel.select("river")
    assert not panel.remove.isEnabled()
    qtbot.keyClick(panel.rows, Qt.Key.Key_Delete)
    panel.select("stops")
    panel.remove.click()
    assert panel.user_layers == ()
    assert says(window.desk.notices.text.text(), "layer_removed", layer="Stops")
    window.desk.notices.offer.click()
    assert panel.user_layers == ("stops",)


def test_the_arrangement_is_remembered_per_project(
    window: MainWindow, panel: LayersPanel, session: Session, looks: QApplication, qtbot: QtBot
) -> None:
    panel.rows.row_of("river").setCheckState(Qt.CheckState.Unchecked)
    kept = window.collect_window_state()
    recent, appearance = QMenu(), QMenu()
    again = MainWindow(
        session, THEMES["light"], recent=recent, appearance=appearance, saved_state=kept
    )
    qtbot.addWidget(again)
    assert not again.map.map.shown["river"] and again.map.map.shown["sites"]
    again.desk.bridge.close()


def test_the_list_follows_the_theme(window: MainWindow, panel: LayersPanel) -> None:
    window.set_theme(THEMES["dark"])
    assert panel.rows.count() == 13


def test_a_layer_file_is_previewed_and_added(
    window: MainWindow, panel: LayersPanel, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "bus_stops.csv"
    file.write_text(STOPS)
    window.files.layers.add(file)
    qtbot.waitUntil(lambda: window.findChild(LayerChoiceDialog) is not None, timeout=20_000)
    choice = window.findChild(LayerChoiceDialog)
    assert isinstance(choice, LayerChoiceDialog)
    choice.choice.setEditText("nonsense")
    choice.accept()
    assert says(choice.refused.text(), "unknown_choice.layer")
    typed = choice.choice.lineEdit()
    assert typed is not None
    typed.selectAll()
    QTest.keyClicks(typed, "epsg:26910")
    QTest.keyClick(typed, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(panel.user_layers) == 1, timeout=20_000)
    assert session.undo_label == "Add layer “Bus stops”"
    told = window.desk.notices.text.text()
    assert says(told, "layer_added", title="Bus stops")
    assert says(told, "layer_rows.read", n="3 rows")
    assert says(told, "layer_rows.rejected", n="1", row="4")
    assert "row 4, rejected" in window.desk.notices.details.text()


def test_a_file_that_is_not_a_layer_is_refused(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear planner")
    before = session.project
    window.files.layers.add(file)
    qtbot.waitUntil(lambda: "has no coordinate columns" in window.desk.notices.text.text())
    assert session.project is before and session.undo_label is None


def test_the_open_project_is_never_opened_as_a_layer(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.files.layers.add(session.store.files[0])
    qtbot.waitUntil(lambda: "is the project itself" in window.desk.notices.text.text())
    session.apply("Add", add_stops)
    assert "stops" in session.store.project().layers


def test_reading_can_be_cancelled(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "stops.csv"
    file.write_text(STOPS)
    window.files.layers.add(file)
    assert window.status.cancel.isVisible()
    window.status.cancel.click()
    assert window.desk.jobs.running == ()
    qtbot.wait(50)
    assert session.undo_label is None


def test_missing_web_tiles_are_reported_in_a_notice(
    window: MainWindow, panel: LayersPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    name, known = next(iter(list_tile_providers().items()))
    nowhere = replace(known, url="http://127.0.0.1:9/{z}/{x}/{y}.png")
    window.map.map.tiles.offer = TileOffer(lambda: {name: nowhere}, tmp_path, 500)
    panel.select("tiles")
    assert panel.details.tiles.currentText() == "None"
    panel.rows.row_of("tiles").setCheckState(Qt.CheckState.Checked)
    assert panel.details.tiles.currentText() == known.title
    assert known.attribution in window.map.overlays.credits.accessibleName()
    qtbot.waitUntil(lambda: window.desk.notices.text.text().startswith("No tiles: the server"))
    panel.details.tiles.setCurrentIndex(0)
    panel.details.tiles.activated.emit(0)
    assert not window.map.map.shown["tiles"] and window.map.map.tiles.credit == ""
