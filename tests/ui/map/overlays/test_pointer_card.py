"""The card at the pointer: inside the map, beside the pointer, and never over it."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.ui.map.overlays.painted_overlay import PointerCard
from zoneplanner.ui.widgets.style.theme import THEMES

WIDE, HIGH = 900, 440


@pytest.fixture
def card(qtbot: QtBot) -> Iterator[PointerCard]:
    """A card as wide and high as a drag's, on a map as it is at 1280x800."""
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(WIDE, HIGH)
    own = PointerCard(THEMES["light"], over)
    own.resize(470, 165)
    yield own


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.integers(0, WIDE - 1), y=st.integers(0, HIGH - 1))
def test_the_card_is_inside_the_map_and_never_under_the_pointer(
    card: PointerCard, x: int, y: int
) -> None:
    card.follow(QPoint(x, y))
    parent = card.parentWidget()
    assert parent is not None and parent.rect().contains(card.geometry())
    assert not card.geometry().contains(QPoint(x, y))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.integers(0, WIDE - 1), y=st.integers(0, HIGH - 1))
def test_the_card_is_never_under_a_panel_over_the_map(card: PointerCard, x: int, y: int) -> None:
    card.reserve_margins(332, 0)
    card.follow(QPoint(x, y))
    assert card.x() >= 0 and card.geometry().right() < WIDE - 332
    assert not card.geometry().contains(QPoint(x, y))
    card.reserve_margins(0, 220)
    card.follow(QPoint(x, y))
    assert card.y() >= 220 or y > 220, "the pointer is not above its map"
    assert not card.geometry().contains(QPoint(x, y))


def test_below_the_middle_the_card_stays_beside_the_pointer_and_leaves_the_map_above_clear(
    card: PointerCard,
) -> None:
    card.follow(QPoint(250, 400))
    assert card.x() > 250
    assert card.y() > HIGH / 2
