"""The looks of the window: the spacing grid, the two type sizes, a theme on every widget."""

import re
from dataclasses import fields

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from zoneplanner.bundled import resources
from zoneplanner.ui.kit.colours import Theme, dark, high_contrast, light

__all__ = ["Theme", "dark", "high_contrast", "light"]

GRID = 4
GAP = 2 * GRID
MARGIN = 3 * GRID
WIDE = 4 * GRID
RADIUS = 6
ICON_PX = 18

_TEXT_PT = 9.5
_HEADING_PT = 12.0


THEMES = {"light": light, "dark": dark, "high contrast": high_contrast}


def theme_for(appearance: str) -> Theme:
    """Return the theme of a name; ``system`` follows the desktop where it says what it is."""
    if appearance in THEMES:
        return THEMES[appearance]()
    hints = QGuiApplication.styleHints()
    return dark() if hints.colorScheme() is Qt.ColorScheme.Dark else light()


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole program Fusion with the theme's palette, font sizes and small style sheet."""
    app.setStyle("Fusion")
    app.setPalette(palette(theme))
    app.setFont(text_font())
    app.setStyleSheet(_style_sheet(theme))


def palette(theme: Theme) -> QPalette:
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
        made.setColor(QPalette.ColorGroup.Disabled, of, shut_colour(theme))
    shut = mixed(theme.accent, theme.window, 0.5)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, shut)
    return made


def _style_sheet(theme: Theme) -> str:
    """Fill the style sheet in: rims, rounded corners, focus rings, scroll bars."""
    colours = {field.name: str(getattr(theme, field.name)) for field in fields(theme)}
    colours["handle"] = mixed(theme.muted, theme.window, 0.5).name()
    ground = "dark" if theme.dark else "light"
    colours["down"] = (resources() / "chevron-down.svg").as_posix()
    colours["shut"] = shut_colour(theme).name()
    colours["check"] = (resources() / f"check-on-{ground}.svg").as_posix()
    text = (resources() / "styles" / "window.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)", lambda found: colours[found[1]], text)


def text_font() -> QFont:
    """Return the one size of text, in the system's typeface."""
    font = QFont(QApplication.font())
    font.setPointSizeF(_TEXT_PT)
    font.setWeight(QFont.Weight.Normal)
    return font


def heading_font() -> QFont:
    """Return the one size of headings."""
    font = text_font()
    font.setPointSizeF(_HEADING_PT)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def strong_font() -> QFont:
    """Return text that stands out."""
    font = text_font()
    font.setWeight(QFont.Weight.DemiBold)
    return font


def figures_font() -> QFont:
    """Return text whose digits are all equally wide, for columns of figures."""
    font = text_font()
    if hasattr(QFont, "setFeature"):
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


def shut_colour(theme: Theme) -> QColor:
    """Return the colour of text and icons that are disabled."""
    return mixed(theme.muted, theme.window, 0.45)


def mixed(one: str, other: str, share: float) -> QColor:
    """Mix two colours; ``share`` of the first."""
    a, b = QColor(one), QColor(other)
    return QColor(
        round(a.red() * share + b.red() * (1 - share)),
        round(a.green() * share + b.green() * (1 - share)),
        round(a.blue() * share + b.blue() * (1 - share)),
    )
