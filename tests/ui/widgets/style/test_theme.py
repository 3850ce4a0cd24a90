"""Themes, data colors and icons are complete, readable and distinct."""

from dataclasses import fields

import pytest
from color_math import contrast
from PySide6.QtCore import QSize
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QIcon,
    QImage,
    QPainter,
    QPixmap,
)
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.tokens import FONT_FAMILY, SIZES_PX, TEXT_ROLES, ZONE_PALETTE
from zoneplanner.ui.widgets.style import theme as looks
from zoneplanner.ui.widgets.style.theme import ICON_GLYPHS, THEMES, Icons, Theme, load_program_icon

ALL_THEMES = tuple(THEMES.values())


def find_darkest_color(theme: Theme, pixmap: QPixmap) -> QColor:
    """Return a picture's color with the most contrast to the window."""
    image = pixmap.toImage()
    drawn = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
    solid = [color for color in drawn if color.alpha() == 255]
    return max(solid, key=lambda color: contrast(color.name(), theme.window))


def test_the_three_themes_differ_and_are_found_by_name() -> None:
    assert {looks.choose_theme(name).name for name in looks.THEMES} == set(looks.THEMES)
    assert looks.choose_theme("system").name in looks.THEMES
    assert THEMES["dark"].dark
    assert not THEMES["light"].dark


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_every_zone_swatch_has_an_edge_on_the_table_background(
    qapp: QApplication, theme: Theme
) -> None:
    """A yellow swatch had no edge on white, nor a black one in the dark theme."""
    looks.apply_theme(qapp, theme)
    for place in range(len(ZONE_PALETTE)):
        swatch = looks.make_swatch_icon(place).pixmap(QSize(16, 16)).toImage()
        middle = [swatch.pixelColor(x, swatch.height() // 2) for x in range(swatch.width())]
        first = next(one for one in middle if one.alpha() == 255)
        assert contrast(first.name(), theme.base) >= 4.5, place
        assert QColor(ZONE_PALETTE[place]) in middle


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_a_theme_sets_palette_font_and_style_sheet(qapp: QApplication, theme: Theme) -> None:
    looks.apply_theme(qapp, theme)
    assert qapp.palette().window().color() == QColor(theme.window)
    assert "@" not in qapp.styleSheet()
    assert theme.accent in qapp.styleSheet()


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_every_value_of_a_theme_is_a_color_or_a_number(theme: Theme) -> None:
    for field in fields(theme):
        value = getattr(theme, field.name)
        if field.name.endswith("_share"):
            assert 0 <= value < 1
        elif isinstance(value, tuple):
            assert all(map(QColor.isValidColorName, value)), field.name
        elif field.name not in ("name", "zone_edge_px"):
            assert QColor.isValidColorName(value), field.name


def test_fonts_have_the_pixel_sizes_of_their_roles_and_strong_ones_are_darker(
    qapp: QApplication,
) -> None:
    looks.apply_theme(qapp, THEMES["light"])
    made = {
        "micro": looks.make_micro_font(),
        "body": looks.make_text_font(),
        "strong": looks.make_strong_font(),
        "title": looks.make_heading_font(),
        "figure": looks.make_large_font(),
    }
    assert {role: font.pixelSize() for role, font in made.items()} == {
        role: TEXT_ROLES[role].size_px for role in made
    }
    assert len({QFontInfo(font).family() for font in made.values()}) == 1
    assert count_ink(made["strong"]) > 1.1 * count_ink(made["body"])
    digits = QFontMetricsF(looks.make_figures_font())
    assert digits.horizontalAdvance("1111") == digits.horizontalAdvance("8888")


def count_ink(font: QFont) -> int:
    """Return the amount of ink of a word in a font."""
    image = QImage(200, 30, QImage.Format.Format_Grayscale8)
    image.fill(255)
    with QPainter(image) as painter:
        painter.setFont(font)
        painter.drawText(4, 20, "Encina High")
    return sum(255 - image.pixelColor(x, y).red() for x in range(200) for y in range(30))


def test_the_font_of_the_tokens_ships_with_the_program(qapp: QApplication) -> None:
    looks.apply_theme(qapp, THEMES["light"])
    assert QFontInfo(looks.make_text_font()).family() == FONT_FAMILY


def test_controls_have_one_height(qapp: QApplication, qtbot: QtBot) -> None:
    looks.apply_theme(qapp, THEMES["light"])
    kinds = (QLineEdit, QComboBox, QSpinBox, QDateEdit, QPushButton)
    form = QWidget()
    qtbot.addWidget(form)
    rows = QVBoxLayout(form)
    controls = [kind() for kind in kinds]
    for control in controls:
        rows.addWidget(control)
    form.show()
    heights = {type(control).__name__: control.height() for control in controls}
    assert set(heights.values()) == {SIZES_PX["control"]}, heights
    for name, size in (("compact", "row_control"), ("stamp", "stamp")):
        button = QPushButton("Send")
        qtbot.addWidget(button)
        button.setProperty(name, True)
        button.ensurePolished()
        assert button.sizeHint().height() == SIZES_PX[size], name
    for is_default in (False, True):  # Cancel and the button that Enter presses: flat, alike
        button = QPushButton("Cancel")
        qtbot.addWidget(button)
        button.setDefault(is_default)
        button.resize(100, SIZES_PX["control"])
        image = button.grab().toImage()
        assert len({image.pixel(6, y) for y in range(4, image.height() - 4)}) == 1, is_default


def test_every_icon_named_by_an_action_exists(qapp: QApplication) -> None:
    icons = Icons(THEMES["light"])
    for spec in ACTION_SPECS:
        if spec.icon:
            assert not icons(spec.icon).isNull()


def test_every_icon_is_drawn_in_the_themes_color(qapp: QApplication) -> None:
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
        find_darkest_color(theme, icon.pixmap(QSize(24, 24), mode))
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled)
    )
    assert contrast(enabled.name(), theme.window) >= 7
    assert contrast(disabled.name(), theme.window) <= contrast(enabled.name(), theme.window) / 2


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_a_disabled_control_is_fainter_than_an_enabled_one(
    qapp: QApplication, qtbot: QtBot, theme: Theme
) -> None:
    looks.apply_theme(qapp, theme)
    ticked = QCheckBox("")
    ticked.setChecked(True)
    for control in (QPushButton(""), ticked, QDateEdit()):
        qtbot.addWidget(control)
        control.resize(24, 28)
        rims = [find_darkest_color(theme, control.grab())]
        control.setEnabled(False)
        rims.append(find_darkest_color(theme, control.grab()))
        enabled, disabled = (contrast(rim.name(), theme.window) for rim in rims)
        assert disabled <= enabled / 1.9, type(control).__name__


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_progress_contrasts_with_the_remainder(
    qapp: QApplication, qtbot: QtBot, theme: Theme
) -> None:
    """In high contrast it was dark blue on black."""
    looks.apply_theme(qapp, theme)
    bar = QProgressBar()
    qtbot.addWidget(bar)
    bar.setTextVisible(False)
    bar.setValue(50)
    bar.resize(100, 6)
    image = bar.grab().toImage()
    done, left = (image.pixelColor(x, 3).name() for x in (20, 80))
    assert contrast(done, left) >= 3


def test_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(KeyError):
        Icons(THEMES["light"])("unicorn")


def test_the_program_icon_is_drawn_at_every_size(qapp: QApplication) -> None:
    for size in (16, 32, 128):
        image = load_program_icon().pixmap(QSize(size, size)).toImage()
        assert image.pixelColor(size // 2, size // 2).alpha() == 255


def test_an_icon_of_size_zero_is_empty_without_a_warning(qapp: QApplication) -> None:
    assert Icons(THEMES["light"])("site").pixmap(QSize(0, 0)).isNull()
