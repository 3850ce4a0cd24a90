"""Colors of classes: in order for every eye, readable in every theme."""

import pytest
from PySide6.QtGui import QColor

from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.ui.widgets.style.data_colors import (
    STATUS_COLORS,
    build_color_ramp,
    choose_text_color,
)
from zoneplanner.ui.widgets.style.theme import THEMES, Theme


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    shade = QColor(color)
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (shade.redF(), shade.greenF(), shade.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    "theme",
    [THEMES["light"], THEMES["dark"], THEMES["high contrast"]],
    ids=lambda t: t.name,
)
@pytest.mark.parametrize("count", range(1, 8))
def test_what_is_more_stands_out_more_from_the_ground(theme: Theme, count: int) -> None:
    colors = build_color_ramp(count, theme)
    assert len(set(colors)) == count
    away = [contrast(color, theme.land) for color in colors]
    assert away == sorted(away)
    assert away[-1] > 3


def test_a_sign_is_readable_on_its_color() -> None:
    colors = [*build_color_ramp(7, THEMES["light"]), *STATUS_COLORS.values()]
    assert min(contrast(choose_text_color(color), color) for color in colors) >= 3


def test_every_status_has_a_color_and_the_urgent_one_is_the_darkest() -> None:
    assert set(STATUS_COLORS) == set(RequirementStatus)
    by_light = sorted(STATUS_COLORS, key=lambda status: luminance(STATUS_COLORS[status]))
    assert by_light[0] == RequirementStatus.OVERDUE
