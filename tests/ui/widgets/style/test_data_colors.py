"""Colors of classes: in order for every eye, readable in every theme."""

import pytest
from color_math import contrast

from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.tokens import build_color_ramp, choose_ink
from zoneplanner.ui.widgets.style.theme import THEMES, Theme
from zoneplanner.ui.widgets.style.value_text import get_status_color

every_theme = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


@every_theme
@pytest.mark.parametrize("count", range(1, 8))
def test_higher_classes_contrast_more_with_the_background(theme: Theme, count: int) -> None:
    colors = build_color_ramp(count, theme)
    assert len(set(colors)) == count
    away = [contrast(color, theme.land) for color in colors]
    assert away == sorted(away)
    assert away[-1] > 3


def test_a_symbol_is_readable_on_its_color() -> None:
    colors = build_color_ramp(7, THEMES["light"])
    assert min(contrast(choose_ink(color), color) for color in colors) >= 3


@every_theme
def test_every_status_has_a_color_and_the_urgent_one_stands_out_most(theme: Theme) -> None:
    colors = {status: get_status_color(status, theme) for status in RequirementStatus}
    assert len(set(colors.values())) == len(RequirementStatus)
    assert max(colors, key=lambda one: contrast(colors[one], theme.land)) == "overdue"
