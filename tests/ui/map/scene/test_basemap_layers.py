"""The basemap on the map: streets, names along them, shields, cached pictures."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from builders import project_from
from map_driver import Hand, Open
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import BasemapFeatures, pack_basemap
from zoneplanner.domain.geography.basemap import ProjectBasemap
from zoneplanner.domain.project import Feature, Project
from zoneplanner.ui.widgets.style.theme import THEMES

LIGHT = THEMES["light"]
LAKE, SPOT = box(2300, -1500, 2900, -1100), (2600.0, -1300.0)


def _features(*rows: tuple[BaseGeometry, str, str]) -> BasemapFeatures:
    shapes, names, refs = zip(*rows, strict=True)
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return BasemapFeatures(held, names, refs)


def add_basemap(project: Project) -> Project:
    """Return a project whose basemap has a freeway, streets, a lake, a hospital and a place."""
    streets = [
        (LineString([(-500, -250 * row), (4500, -250 * row)]), f"Row {row} Street", "")
        for row in range(1, 11)
    ]
    data = pack_basemap(
        {
            "water": _features((LAKE, "Lake Corvallen", "")),
            "local": _features(*streets),
            "arterial": _features((LineString([(-500, -120), (4500, -120)]), "Main Avenue", "")),
            "freeway": _features((LineString([(-500, -2800), (4500, -2800)]), "", "I 80")),
            "town": _features((Point(700, -1700), "Larkmoor", "")),
            "hospital": _features((Point(1250, -1880), "Larkmoor Hospital", "")),
        }
    )
    content = hashlib.sha256(data).hexdigest()
    counts = {"water": 1, "local": 10, "freeway": 1}
    basemap = ProjectBasemap("county.osm.pbf", "2026-11-01", "© Mappers", content, counts, data)
    main = Feature("arterial", "Old Road", LineString([(0, -400), (4000, -400)]))
    return replace(project, basemap=basemap, features=(*project.features, main))


@pytest.fixture
def hand(open_map: Open) -> Hand:
    """A map of two zones with a basemap."""
    return open_map(add_basemap(project_from("AABB / AABB / aaaa")))


def measure_color(hand: Hand, x_m: float, y_m: float) -> QColor:
    """Return the color of the map at a place."""
    at = hand.view.mapFromScene(hand.view.map.frame.to_scene_point(x_m, y_m))
    return hand.view.grab().toImage().pixelColor(at)


def measure_color_distance(one: QColor, other: QColor) -> int:
    """Return the distance between two colors, 0 if they are equal."""
    return sum(abs(a - b) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def test_street_names_follow_the_scale_and_the_basemap_replaces_the_old_streets(hand: Hand) -> None:
    view = hand.view
    words = set(view.map.label_boxes)
    assert {"shield I 80", "street Main Avenue", "place Larkmoor"} <= words
    assert "street Old Road" not in words
    view.map.zoomed(16.0, view.map.home)
    assert not [word for word in view.map.label_boxes if word.startswith("street Row")]
    view.map.zoomed(4.0, view.map.home)
    words = set(view.map.label_boxes)
    assert len([word for word in words if word.startswith("street Row")]) > 4
    assert {"service Larkmoor Hospital", "service name Larkmoor Hospital"} <= words
    boxes = [box.adjusted(4, 5, -4, -5) for box in view.map.label_boxes.values()]
    for at, one in enumerate(boxes):
        assert not any(one.intersects(other) for other in boxes[at + 1 :])


def test_the_lake_is_drawn_below_the_zones_and_the_freeway_above(hand: Hand) -> None:
    water, plain = measure_color(hand, *SPOT), measure_color(hand, 3600, -1300)
    assert measure_color_distance(water, QColor(LIGHT.water)) < measure_color_distance(
        plain, QColor(LIGHT.water)
    )
    assert measure_color_distance(measure_color(hand, 2130, -2800), QColor(LIGHT.freeway)) < 40
    hand.show_layer("ground", False)
    assert measure_color_distance(measure_color(hand, *SPOT), plain) < 12
    hand.show_layer("roads", False)
    assert measure_color_distance(measure_color(hand, 2130, -2800), QColor(LIGHT.freeway)) > 60


def test_panning_back_shows_the_painted_picture_again(hand: Hand) -> None:
    before = hand.view.grab().toImage()
    hand.view.pan_by(QPoint(150, 40))
    hand.view.grab()
    hand.view.pan_by(QPoint(-150, -40))
    assert hand.view.grab().toImage() == before


def test_after_zooming_the_map_settles_to_a_fresh_drawing(hand: Hand, qtbot: QtBot) -> None:
    fresh = hand.view.grab().toImage()
    hand.view.zoom_by(2.0)
    hand.view.grab()
    hand.view.zoom_by(0.5)
    qtbot.waitUntil(lambda: _is_like(hand.view.grab().toImage(), fresh), timeout=4000)


def _is_like(one: QImage, other: QImage) -> bool:
    spots = [(x, y) for x in range(40, 800, 29) for y in range(40, 600, 23)]
    return all(
        measure_color_distance(one.pixelColor(*at), other.pixelColor(*at)) < 12 for at in spots
    )


def test_the_basemap_is_credited_and_a_missing_file_falls_back_to_the_old_streets(
    open_map: Open,
) -> None:
    project = add_basemap(project_from("AABB / aaaa"))
    assert "© Mappers 2026" in open_map(project).view.overlays.credits.accessibleName()
    assert project.basemap is not None
    lost = replace(project, basemap=replace(project.basemap, data=b""))
    assert "street Old Road" in open_map(lost).view.map.label_boxes
