"""Themes, colors that carry data, icons: readable, told apart, all there."""

from dataclasses import fields

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.domain.plans.zone_colors import ZONE_COLORS
from zoneplanner.ui.widgets.style import theme as looks
from zoneplanner.ui.widgets.style.data_colors import VISIT_CLASSES, make_zone_text_color
from zoneplanner.ui.widgets.style.icons import ICON_GLYPHS, Icons, load_program_icon
from zoneplanner.ui.widgets.style.theme import THEMES, Theme

ALL_THEMES = tuple(THEMES.values())


def luminance(color: QColor) -> float:
    """Return the relative luminance of WCAG 2."""
    shares = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str | QColor, other: str | QColor) -> float:
    """Return the contrast ratio of WCAG 2."""
    light_one, dark_one = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (light_one + 0.05) / (dark_one + 0.05)


def darkest_on(theme: Theme, pixmap: QPixmap) -> QColor:
    """Return the color of a picture that stands out most from the window."""
    image = pixmap.toImage()
    drawn = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
    solid = [color for color in drawn if color.alpha() == 255]
    return max(solid, key=lambda color: contrast(color, theme.window))


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_text_is_readable_on_every_ground(theme: Theme) -> None:
    for ground in (theme.window, theme.base, theme.raised, theme.alternate, theme.accent_soft):
        assert contrast(theme.text, ground) >= 7
        assert contrast(theme.muted, ground) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.label, theme.halo) >= 7


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_good_and_bad_news_are_readable(theme: Theme) -> None:
    for color in (theme.good, theme.warning, theme.bad):
        assert contrast(color, theme.base) >= 4.5
    assert contrast(theme.warning, theme.warning_soft) >= 4.5
    assert contrast(theme.bad, theme.bad_soft) >= 4.5


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_zone_numbers_are_readable_on_their_halo(theme: Theme) -> None:
    for index in range(len(ZONE_COLORS)):
        assert contrast(make_zone_text_color(index, theme), theme.halo) >= 4.5


def test_classes_of_visits_grow_darker_in_order() -> None:
    shades = [luminance(QColor(entry.color)) for entry in VISIT_CLASSES]
    assert shades == sorted(shades, reverse=True)
    for entry in VISIT_CLASSES:
        assert contrast(entry.ink, entry.color) >= 4.5


def test_the_three_themes_differ_and_are_found_by_name() -> None:
    assert {looks.choose_theme(name).name for name in looks.THEMES} == set(looks.THEMES)
    assert looks.choose_theme("system").name in looks.THEMES
    assert THEMES["dark"].dark
    assert not THEMES["light"].dark


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_a_theme_reaches_palette_font_and_style_sheet(qapp: QApplication, theme: Theme) -> None:
    looks.apply_theme(qapp, theme)
    assert qapp.palette().window().color() == QColor(theme.window)
    assert "@" not in qapp.styleSheet()
    assert theme.accent in qapp.styleSheet()
    assert looks.make_heading_font().pointSizeF() > looks.make_text_font().pointSizeF()


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_every_value_of_a_theme_is_a_color_or_a_share(theme: Theme) -> None:
    for field in fields(theme):
        value = getattr(theme, field.name)
        if field.name.endswith("_share"):
            assert 0 < value < 1
        elif field.name != "name":
            assert QColor.isValidColorName(value), field.name


def test_there_is_an_icon_for_every_action_that_names_one(qapp: QApplication) -> None:
    icons = Icons(THEMES["light"])
    for spec in ACTION_SPECS:
        if spec.icon:
            assert not icons(spec.icon).isNull()


def test_every_icon_is_a_picture_in_the_themes_color(qapp: QApplication) -> None:
    icons = Icons(THEMES["light"])
    for name in ICON_GLYPHS:
        image = icons(name).pixmap(QSize(24, 24)).toImage()
        drawn = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
        solid = [color for color in drawn if color.alpha() == 255]
        assert solid, name
        assert {color.name() for color in solid} == {QColor(THEMES["light"].text).name()}


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_a_disabled_icon_is_fainter_than_an_enabled_one(qapp: QApplication, theme: Theme) -> None:
    icon = Icons(theme)("save")
    enabled, disabled = (
        darkest_on(theme, icon.pixmap(QSize(24, 24), mode))
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled)
    )
    assert contrast(enabled, theme.window) >= 7
    assert contrast(disabled, theme.window) <= contrast(enabled, theme.window) / 2


def test_an_icon_nobody_knows_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(KeyError):
        Icons(THEMES["light"])("unicorn")


def test_the_programs_own_icon_is_drawn_at_every_size(qapp: QApplication) -> None:
    for size in (16, 32, 128):
        image = load_program_icon().pixmap(QSize(size, size)).toImage()
        assert image.pixelColor(size // 2, size // 2).alpha() == 255


def test_an_icon_without_room_is_no_picture_and_no_complaint(qapp: QApplication) -> None:
    assert Icons(THEMES["light"])("site").pixmap(QSize(0, 0)).isNull()
