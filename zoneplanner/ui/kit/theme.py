"""The looks of the window: the spacing grid, the two type sizes, a theme on every widget."""

import re
from dataclasses import fields

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from zoneplanner.bundled import resources_dir
from zoneplanner.ui.kit.colours import (
    Theme,
    make_dark_theme,
    make_high_contrast_theme,
    make_light_theme,
)

__all__ = ["Theme", "make_dark_theme", "make_high_contrast_theme", "make_light_theme"]

GRID_PX = 4
SPACING_PX = 2 * GRID_PX
PANEL_MARGIN_PX = 3 * GRID_PX
WIDE_MARGIN_PX = 4 * GRID_PX
CORNER_RADIUS_PX = 6
ICON_PX = 18

_TEXT_PT = 9.5
_HEADING_PT = 12.0


THEMES = {
    "light": make_light_theme,
    "dark": make_dark_theme,
    "high contrast": make_high_contrast_theme,
}


def choose_theme(appearance: str) -> Theme:
    """Return the theme of a name; ``system`` follows the desktop where it says what it is."""
    if appearance in THEMES:
        return THEMES[appearance]()
    hints = QGuiApplication.styleHints()
    return make_dark_theme() if hints.colorScheme() is Qt.ColorScheme.Dark else make_light_theme()


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Give the whole program Fusion with the theme's palette, font sizes and small style sheet."""
    app.setStyle("Fusion")
    app.setPalette(build_palette(theme))
    app.setFont(make_text_font())
    app.setStyleSheet(_style_sheet(theme))


def build_palette(theme: Theme) -> QPalette:
    """Return the widgets' colours."""
    role = QPalette.ColorRole
    made = QPalette()
    for of, name in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.base,
        role.AlternateBase: theme.alternate,
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.raised,
        role.Midlight: theme.alternate,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Accent: theme.accent,
    }.items():
        made.setColor(of, QColor(name))
    for of in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, of, find_disabled_color(theme))
    shut = mix_colors(theme.accent, theme.window, 0.5)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, shut)
    return made


def _style_sheet(theme: Theme) -> str:
    """Fill the style sheet in: rims, rounded corners, focus rings, scroll bars."""
    colours = {field.name: str(getattr(theme, field.name)) for field in fields(theme)}
    colours["handle"] = mix_colors(theme.muted, theme.window, 0.5).name()
    ground = "dark" if theme.dark else "light"
    colours["down"] = (resources_dir() / "chevron-down.svg").as_posix()
    colours["shut"] = find_disabled_color(theme).name()
    colours["check"] = (resources_dir() / f"check-on-{ground}.svg").as_posix()
    text = (resources_dir() / "styles" / "window.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)", lambda found: colours[found[1]], text)


def make_text_font() -> QFont:
    """Return the one size of text, in the system's typeface."""
    font = QFont(QApplication.font())
    font.setPointSizeF(_TEXT_PT)
    font.setWeight(QFont.Weight.Normal)
    return font


def make_heading_font() -> QFont:
    """Return the one size of headings."""
    font = make_text_font()
    font.setPointSizeF(_HEADING_PT)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def make_strong_font() -> QFont:
    """Return text that stands out."""
    font = make_text_font()
    font.setWeight(QFont.Weight.DemiBold)
    return font


def make_figures_font() -> QFont:
    """Return text whose digits are all equally wide, for columns of figures."""
    font = make_text_font()
    if hasattr(QFont, "setFeature"):
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


def find_disabled_color(theme: Theme) -> QColor:
    """Return the colour of text and icons that are disabled."""
    return mix_colors(theme.muted, theme.window, 0.45)


def mix_colors(one: str, other: str, share: float) -> QColor:
    """Mix two colours; ``share`` of the first."""
    a, b = QColor(one), QColor(other)
    return QColor(
        round(a.red() * share + b.red() * (1 - share)),
        round(a.green() * share + b.green() * (1 - share)),
        round(a.blue() * share + b.blue() * (1 - share)),
    )
