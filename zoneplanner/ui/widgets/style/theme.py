"""The window's colors: three themes, each a set of named values."""

import re
from dataclasses import dataclass, fields

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


def make_light_theme() -> Theme:
    """Return the theme for a bright room."""
    return Theme(
        name="light",
        window="#F3F5F7",
        base="#FFFFFF",
        alternate="#F7F9FA",
        raised="#FFFFFF",
        text="#1C232B",
        muted="#5A6672",
        border="#D3DAE0",
        accent="#1F5E9E",
        on_accent="#FFFFFF",
        accent_soft="#DCE9F5",
        good="#1B7A4B",
        warning="#8A5A00",
        warning_soft="#FFF1D0",
        bad="#B3261E",
        bad_soft="#FCE4E1",
        focus="#1F5E9E",
        land="#FAF9F6",
        veil="#C8E4E7EA",
        water="#93C1E0",
        water_text="#3F78A3",
        road="#FFFFFF",
        road_case="#CFC9BE",
        road_text="#6B655B",
        block="#8A97A3",
        zone_edge="#39444F",
        zone_case="#FFFFFF",
        city_line="#6A2C70",
        county_line="#7A6A52",
        district_line="#4A5560",
        halo="#FFFFFF",
        label="#1C232B",
        site_edge="#1C232B",
        site_pale="#DADFE3",
        unassigned="#B9C1C8",
        selected="#D6005D",
        zone_fill_share=0.34,
        hatch_share=0.22,
    )


def make_dark_theme() -> Theme:
    """Return the theme for a dim room."""
    return Theme(
        name="dark",
        window="#1B2026",
        base="#14181D",
        alternate="#191E24",
        raised="#242B33",
        text="#E8ECF0",
        muted="#9AA7B3",
        border="#38424C",
        accent="#5AA9E6",
        on_accent="#0B1117",
        accent_soft="#1F3A52",
        good="#5CC48D",
        warning="#F2BE5C",
        warning_soft="#3D3115",
        bad="#FF8A80",
        bad_soft="#45211F",
        focus="#7CC0F5",
        land="#15191E",
        veil="#B80E1114",
        water="#3B7FA8",
        water_text="#7FB2D6",
        road="#6B7884",
        road_case="#1B2128",
        road_text="#C3CCD4",
        block="#66727E",
        zone_edge="#E1E7EC",
        zone_case="#0C0F12",
        city_line="#E3A1E9",
        county_line="#B9A583",
        district_line="#A8B4BF",
        halo="#0C0F12",
        label="#F2F5F8",
        site_edge="#F4F7FA",
        site_pale="#59646F",
        unassigned="#78838E",
        selected="#FF6FAE",
        zone_fill_share=0.36,
        hatch_share=0.26,
    )


def make_high_contrast_theme() -> Theme:
    """Return the theme with the strongest lines and black text on white."""
    changed = {
        "name": "high contrast",
        "window": "#FFFFFF",
        "alternate": "#F2F2F2",
        "text": "#000000",
        "muted": "#2B2B2B",
        "border": "#000000",
        "accent": "#00397A",
        "accent_soft": "#CFE3FF",
        "focus": "#C4006A",
        "land": "#FFFFFF",
        "veil": "#DCE6E6E6",
        "road_case": "#8C8C8C",
        "road_text": "#2B2B2B",
        "block": "#4D4D4D",
        "zone_edge": "#000000",
        "city_line": "#5B005F",
        "district_line": "#000000",
        "county_line": "#3D2B00",
        "label": "#000000",
        "site_edge": "#000000",
        "selected": "#C4006A",
        "zone_fill_share": 0.40,
        "hatch_share": 0.45,
    }
    base = make_light_theme()
    values = {field.name: getattr(base, field.name) for field in fields(base)}
    return Theme(**{**values, **changed})


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
