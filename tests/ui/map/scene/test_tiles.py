"""Web tiles from a real server, and the ways it can fail without harming the map."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from map_driver import Hand
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor
from tile_server import COLOR, TileServer, png, served

from zoneplanner.app.geography.web_tiles import TileOffer, TileProvider
from zoneplanner.bundled import program_version
from zoneplanner.ui.map.layers import TILES_LAYER
from zoneplanner.ui.map.scene.picture_file import read_tile_image
from zoneplanner.ui.map.scene.tile_source import MAX_FAILURES, MAX_PENDING
from zoneplanner.ui.widgets.style.theme import THEMES

WHOLE = "; the map is complete without them."


def choose_tiles(hand: Hand, url: str, folder: Path, timeout_ms: int = 20_000) -> list[str]:
    """Choose the tiles of a server; return the notices that the map then shows."""
    told: list[str] = []
    provider = TileProvider("test", "Test", url, "© Test tiles")
    hand.view.map.tiles.offer = TileOffer(lambda: {"test": provider}, folder, timeout_ms)
    hand.view.map.tiles_failed.connect(told.append)
    look = replace(hand.view.map.arrangement, tiles="test").with_visibility(TILES_LAYER, True)
    hand.view.arrange(look.with_visibility("zones", False))
    return told


def measure_background(hand: Hand) -> QColor:
    """Return the map's color at an empty place in the district."""
    return hand.view.grab().toImage().pixelColor(hand.place(1850, -250))


def measure_blue(color: QColor) -> bool:
    return all(abs(a - b) < 6 for a, b in zip(color.getRgb(), COLOR.getRgb(), strict=True))


def test_no_server_is_contacted_before_tiles_are_chosen(hand: Hand, tmp_path: Path) -> None:
    with served("good") as server:
        provider = TileProvider("test", "Test", server.url, "© Test tiles")
        hand.view.map.tiles.offer = TileOffer(lambda: {"test": provider}, tmp_path)
        hand.view.arrange(replace(hand.view.map.arrangement, tiles="test"))
        hand.view.grab()
        hand.qtbot.wait(100)
        assert server.asked == []


def test_tiles_are_drawn_below_the_map_and_credited(hand: Hand, tmp_path: Path) -> None:
    with served("good") as server:
        told = choose_tiles(hand, server.url, tmp_path)
        hand.qtbot.waitUntil(lambda: measure_blue(measure_background(hand)))
        assert "© Test tiles" in hand.view.overlays.credits.accessibleName()
        assert {agent.split()[0] for agent in server.agents} == {
            f"PatrolZonePlanner/{program_version()}"
        }
        hand.view.arrange(hand.view.map.arrangement.with_visibility(TILES_LAYER, False))
        assert not measure_blue(measure_background(hand))
        assert "© Test tiles" not in hand.view.overlays.credits.accessibleName()
    assert told == []


def test_tiles_show_through_the_zones(hand: Hand, tmp_path: Path) -> None:
    with served("good") as server:
        hand.view.arrange(hand.view.map.arrangement)
        plain = measure_background(hand)
        choose_tiles(hand, server.url, tmp_path)
        hand.qtbot.waitUntil(lambda: measure_blue(measure_background(hand)))
        tiles_alone = measure_background(hand)
        hand.view.arrange(hand.view.map.arrangement.with_visibility("zones", True))
        mixed = measure_background(hand)
        assert mixed.rgb() not in (tiles_alone.rgb(), plain.rgb())


def test_cached_tiles_are_drawn_without_the_server(hand: Hand, tmp_path: Path) -> None:
    with served("good") as server:
        choose_tiles(hand, server.url, tmp_path)
        hand.qtbot.waitUntil(
            lambda: measure_blue(measure_background(hand)) and not hand.view.map.tiles.pending
        )
        look, url = hand.view.map.arrangement, server.url
    hand.view.arrange(look.with_visibility(TILES_LAYER, False))
    told = choose_tiles(hand, url, tmp_path)
    hand.qtbot.waitUntil(lambda: measure_blue(measure_background(hand)))
    assert told == []


@pytest.mark.parametrize(
    ("manner", "why"),
    [
        ("garbage", "the server sends something other than pictures"),
        ("missing", "the server has no tiles for this place"),
        ("silent", "the server does not answer"),
    ],
)
def test_a_failing_server_is_reported_once_and_not_asked_again(
    hand: Hand, tmp_path: Path, manner: str, why: str
) -> None:
    with served(manner) as server:
        told = choose_tiles(hand, server.url, tmp_path, timeout_ms=400)
        hand.view.grab()
        hand.qtbot.waitUntil(lambda: told == [f"No tiles: {why}{WHOLE}"])
        hand.qtbot.wait(500)
        asked = len(server.asked)
        for step in (1.3, 1 / 1.3, 1.5, 1 / 1.5):
            hand.view.zoom_by(step)
            hand.view.grab()
        hand.qtbot.wait(200)
        assert len(server.asked) == asked <= MAX_PENDING + MAX_FAILURES
        assert told == [f"No tiles: {why}{WHOLE}"]
        assert not measure_blue(measure_background(hand))


def test_the_map_is_complete_without_a_network(hand: Hand, tmp_path: Path) -> None:
    server = TileServer("good")
    server.server_close()
    told = choose_tiles(hand, server.url, tmp_path)
    hand.view.grab()
    hand.qtbot.waitUntil(lambda: told == [f"No tiles: the server does not answer{WHOLE}"])
    assert "zone A" not in hand.view.map.label_boxes
    hand.view.arrange(hand.view.map.arrangement.with_visibility("zones", True))
    assert "zone A" in hand.view.map.label_boxes


def test_tiles_are_dimmed_in_the_dark_theme(hand: Hand, tmp_path: Path) -> None:
    with served("good") as server:
        choose_tiles(hand, server.url, tmp_path)
        hand.qtbot.waitUntil(lambda: measure_blue(measure_background(hand)))
        hand.view.set_theme(THEMES["dark"])
        dimmed = measure_background(hand)
        assert COLOR.lightness() > dimmed.lightness() > QColor(THEMES["dark"].land).lightness()
        hand.view.set_theme(THEMES["light"])
        assert measure_blue(measure_background(hand))


def test_a_picture_that_is_not_a_tile_is_rejected() -> None:
    good = read_tile_image(QByteArray(png(256)))
    assert good is not None and good.width() == 256
    assert read_tile_image(QByteArray(png(2048))) is None
    assert read_tile_image(QByteArray(png(256)[:60])) is None
    assert read_tile_image(QByteArray(b"")) is None


def test_the_network_is_not_loaded_before_tiles_are_chosen() -> None:
    code = (
        "import sys, zoneplanner.ui.shell.main_window;"
        "loaded = set(sys.modules);"
        "assert not {'PySide6.QtNetwork', 'xyzservices', 'pyogrio'} & loaded;"
        "assert 'zoneplanner.exchange.vector' not in loaded"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    root = Path(__file__).parents[4]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, env=environment)
