"""Arrow keys on the map, and hovering on the map and in tables."""

import pytest
from map_driver import Hand
from PySide6.QtCore import QPoint, Qt

from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.scene.zones_and_lines import NORMAL_ZONE, TARGET_ZONE
from zoneplanner.ui.widgets.services.ui_context import Selection


@pytest.mark.parametrize(
    ("key", "site"),
    [
        (Qt.Key.Key_Right, "r2c3"),
        (Qt.Key.Key_Left, "r2c1"),
        (Qt.Key.Key_Up, "r1c2"),
        (Qt.Key.Key_Down, "r3c2"),
    ],
)
def test_an_arrow_key_selects_the_next_site_in_its_direction(
    hand: Hand, key: Qt.Key, site: str
) -> None:
    hand.view.bridge.select(site="r2c2")
    hand.key(key)
    assert hand.view.bridge.selection.site == site


def test_an_arrow_key_stays_at_the_last_site(hand: Hand) -> None:
    hand.view.bridge.select(site="r1c1")
    hand.key(Qt.Key.Key_Left)
    hand.key(Qt.Key.Key_Up)
    assert hand.view.bridge.selection.site == "r1c1"


def test_enter_and_arrow_keys_reach_every_site(hand: Hand) -> None:
    hand.key(Qt.Key.Key_Return)
    seen, todo = set(), [hand.view.bridge.selection.site]
    while todo:
        site = todo.pop()
        if site in seen:
            continue
        seen.add(site)
        for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            hand.view.bridge.select(site=site)
            hand.key(key)
            todo.append(hand.view.bridge.selection.site)
    assert seen == set(hand.session.project.sites)


def test_the_map_follows_the_arrow_keys(hand: Hand) -> None:
    hand.view.bridge.select(site="r1c1")
    hand.view.zoom_to_site("r1c1")
    for _ in range(3):
        hand.key(Qt.Key.Key_Right)
    assert hand.view.bridge.selection.site == "r1c4"
    assert viewport.get_visible_rect(hand.view).contains(hand.view.map.sites["r1c4"].pos())


def test_arrow_keys_pan_without_a_selection_or_with_shift(hand: Hand) -> None:
    hand.key(Qt.Key.Key_Plus)
    left = viewport.get_visible_rect(hand.view).left()
    hand.key(Qt.Key.Key_Right)
    assert viewport.get_visible_rect(hand.view).left() > left
    hand.view.bridge.select(site="r2c2")
    left = viewport.get_visible_rect(hand.view).left()
    hand.qtbot.keyClick(hand.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert viewport.get_visible_rect(hand.view).left() > left
    assert hand.view.bridge.selection.site == "r2c2"


def test_hovering_over_the_map_reports_the_site_or_else_the_zone(hand: Hand) -> None:
    seen: list[Selection] = []
    hand.view.bridge.pointed.connect(seen.append)
    hand.move(hand.site("r2c2"), Qt.MouseButton.NoButton)
    hand.move(hand.site("r2c2") + QPoint(40, 40), Qt.MouseButton.NoButton)
    assert seen == [Selection(site="r2c2"), Selection(zone="A")]


def test_hovering_over_a_table_row_highlights_it_on_the_map(hand: Hand) -> None:
    plain = hand.view.map.sites["r1c1"].symbol
    hand.view.bridge.point(site="r1c1")
    assert hand.view.map.sites["r1c1"].symbol != plain
    hand.view.bridge.point(zone="B")
    assert hand.view.map.sites["r1c1"].symbol == plain
    assert hand.view.map.zones["B"].style.highlight == TARGET_ZONE
    hand.view.bridge.point()
    assert hand.view.map.zones["B"].style.highlight == NORMAL_ZONE
