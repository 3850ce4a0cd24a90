"""The window's colors: three themes, each a set of named values."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from zoneplanner.bundled import resources_dir


@dataclass(frozen=True, slots=True)
class Theme:
    """Colors as #RRGGBB (map veils as #AARRGGBB), by what they are for."""

    name: str
    window: str
    base: str
    alternate: str
    raised: str
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    accent_soft: str
    good: str
    warning: str
    warning_soft: str
    bad: str
    bad_soft: str
    focus: str
    land: str
    veil: str
    water: str
    water_text: str
    road: str
    road_case: str
    road_text: str
    block: str
    zone_edge: str
    zone_case: str
    city_line: str
    county_line: str
    district_line: str
    halo: str
    label: str
    site_edge: str
    site_pale: str
    unassigned: str
    selected: str
    zone_fill_share: float
    hatch_share: float

    @property
    def dark(self) -> bool:
        """True where light text stands on dark ground."""
        return QColor(self.window).lightness() < 128

    def color(self, name: str) -> QColor:
        """Return one of the theme's colors by its field's name."""
        return QColor(getattr(self, name))


def _read_themes() -> Mapping[str, Theme]:
    """Read the themes by name; one that is like another one says only what differs."""
    text = (resources_dir() / "styles" / "themes.toml").read_text(encoding="utf-8")
    found: dict[str, Theme] = {}
    for name, colors in tomllib.loads(text).items():
        like = colors.pop("like", None)
        found[name] = replace(found[like], name=name, **colors) if like else Theme(name, **colors)
    return found


GRID_PX = 4
SPACING_PX = 2 * GRID_PX
PANEL_MARGIN_PX = 3 * GRID_PX
WIDE_MARGIN_PX = 4 * GRID_PX
CORNER_RADIUS_PX = 6
ICON_PX = 18

_TEXT_PT = 9.5
_HEADING_PT = 12.0


THEMES = _read_themes()


def choose_theme(appearance: str) -> Theme:
    """Return the theme of a name; ``system`` follows the desktop where it says what it is."""
    if appearance in THEMES:
        return THEMES[appearance]
    hints = QGuiApplication.styleHints()
    return THEMES["dark" if hints.colorScheme() is Qt.ColorScheme.Dark else "light"]


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Give the whole program Fusion with the theme's palette, font sizes and small style sheet."""
    app.setStyle("Fusion")
    app.setPalette(build_palette(theme))
    app.setFont(make_text_font())
    app.setStyleSheet(_style_sheet(theme))


def build_palette(theme: Theme) -> QPalette:
    """Return the widgets' colors."""
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
    colors = {field.name: str(getattr(theme, field.name)) for field in fields(theme)}
    colors["handle"] = mix_colors(theme.muted, theme.window, 0.5).name()
    ground = "dark" if theme.dark else "light"
    colors["down"] = (resources_dir() / "chevron-down.svg").as_posix()
    colors["shut"] = find_disabled_color(theme).name()
    colors["check"] = (resources_dir() / f"check-on-{ground}.svg").as_posix()
    text = (resources_dir() / "styles" / "window.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)", lambda found: colors[found[1]], text)


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
    """Return the color of text and icons that are disabled."""
    return mix_colors(theme.muted, theme.window, 0.45)


def mix_colors(one: str, other: str, share: float) -> QColor:
    """Mix two colors; ``share`` of the first."""
    a, b = QColor(one), QColor(other)
    return QColor(
        round(a.red() * share + b.red() * (1 - share)),
        round(a.green() * share + b.green() * (1 - share)),
        round(a.blue() * share + b.blue() * (1 - share)),
    )
