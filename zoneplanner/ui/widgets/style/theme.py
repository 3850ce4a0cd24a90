"""The design tokens in Qt: themes, palette, style sheet, fonts, icons, and painting helpers.

Icons are drawn from QtAwesome's icon font without importing QtAwesome. Its import would load all of
its fonts and the OpenGL module, which takes a fifth of a second at each start.
"""

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPainterStateGuard,
    QPalette,
    QPixmap,
    QRawFont,
)
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.bundled import resources_dir
from zoneplanner.tokens import (
    COLOR_ROLES,
    FONT_FAMILY,
    SIZES_PX,
    SPACE_PX,
    TEXT_ROLES,
    ColorRoles,
    zone_color,
)


@dataclass(frozen=True, eq=False, slots=True)
class Theme(ColorRoles):
    """The colors of the window by role; see ``ColorRoles``."""

    def color(self, name: str) -> QColor:
        """Return a color by its field's name."""
        return QColor(getattr(self, name))


THEMES: Mapping[str, Theme] = {
    name: Theme(**asdict(roles)) for name, roles in COLOR_ROLES.items() if name != "paper"
}

GRID_PX, SPACING_PX, PANEL_MARGIN_PX, WIDE_MARGIN_PX = SPACE_PX[:4]
CORNER_RADIUS_PX = SIZES_PX["card_radius"]
ICON_PX, TOOLBAR_ICON_PX = SIZES_PX["icon"], SIZES_PX["toolbar_icon"]

_FONT_PACKAGE = "fontpkg_inter"
_FONT_FILE = "files/Inter[opsz,wght].ttf"
_WEIGHT_AXIS = QFont.Tag("wght")


def choose_theme(appearance: str) -> Theme:
    """Return a theme by name; ``system`` follows the desktop's, or is light if that is unknown."""
    if appearance in THEMES:
        return THEMES[appearance]
    hints = QGuiApplication.styleHints()
    return THEMES["dark" if hints.colorScheme() is Qt.ColorScheme.Dark else "light"]


def apply_theme(app: QApplication, theme: Theme, *, desktop_font: bool = False) -> None:
    """Use the Fusion style with a theme's palette, font sizes and style sheet.

    ``desktop_font`` replaces the program's font by the desktop's.
    """
    app.setStyle("Fusion")
    desktop = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    app.setFont(QFont(desktop if desktop_font else _load_font() or desktop))
    app.setPalette(build_palette(theme))
    app.setFont(make_text_font())
    app.setStyleSheet(_style_sheet(theme))


def set_style_state(
    widget: QWidget, name: str, value: bool | str, followers: Iterable[QWidget] = ()
) -> None:
    """Set a property that the style sheet selects by, as in ``[name="true"]``.

    ``followers`` are descendants whose rules depend on the property too.
    """
    if widget.property(name) != value:
        widget.setProperty(name, value)
        for part in (widget, *followers):
            part.style().unpolish(part)
            part.style().polish(part)


def build_palette(theme: Theme) -> QPalette:
    """Return a theme's colors for widgets."""
    role = QPalette.ColorRole
    palette = QPalette()
    for color_role, name in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.base,
        role.AlternateBase: theme.alternate,
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.live,
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
        palette.setColor(color_role, QColor(name))
    disabled = QPalette.ColorGroup.Disabled
    for color_role in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(disabled, color_role, QColor(theme.disabled))
    palette.setColor(disabled, role.Highlight, mix_colors(theme.accent, theme.window, 0.5))
    return palette


def _style_sheet(theme: Theme) -> str:
    """Return the style sheet with the theme's colors and sizes filled in."""
    values = {name: str(value) for name, value in asdict(theme).items()}
    values |= {name: f"{px}px" for name, px in SIZES_PX.items()}
    values["line"] = f"{TEXT_ROLES['body'].line_px}px"
    values["handle"] = mix_colors(theme.muted, theme.window, 0.5).name()
    name = next(name for name, known in THEMES.items() if known is theme).replace(" ", "-")
    pictures = {
        **{way: f"chevron-{way}-{name}.svg" for way in ("up", "down", "right")},
        **{f"{way}_disabled": f"chevron-{way}-{name}-disabled.svg" for way in ("up", "down")},
        "check": f"check-on-{'dark' if theme.dark else 'light'}.svg",
    }
    values |= {key: (resources_dir() / file).as_posix() for key, file in pictures.items()}
    text = (resources_dir() / "styles" / "window.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)", lambda match: values[match[1]], text)


def _load_font() -> str:
    """Register the tokens' font family with Qt and return it, or "" if it is not installed."""
    if FONT_FAMILY in QFontDatabase.families():
        return FONT_FAMILY
    package = find_spec(_FONT_PACKAGE)
    if package is None or package.origin is None:
        return ""
    font_id = QFontDatabase.addApplicationFont(str(Path(package.origin).parent / _FONT_FILE))
    return FONT_FAMILY if font_id >= 0 else ""


def _make_role_font(role: str) -> QFont:
    font = QFont(QApplication.font())
    font.setPixelSize(TEXT_ROLES[role].size_px)
    set_font_weight(font, TEXT_ROLES[role].weight)
    return font


def set_font_weight(font: QFont, weight: int) -> None:
    """Set a font's weight, 100 to 900.

    Our family has all weights in one variable font, for which Qt with FreeType uses only the axis;
    other families need the weight.
    """
    font.setWeight(QFont.Weight(weight))
    font.setVariableAxis(_WEIGHT_AXIS, weight)


def make_text_font() -> QFont:
    """Return the font of ordinary text."""
    return _make_role_font("body")


def make_heading_font() -> QFont:
    """Return the font of titles."""
    return _make_role_font("title")


def make_strong_font() -> QFont:
    """Return the font of emphasized text."""
    return _make_role_font("strong")


def make_micro_font() -> QFont:
    """Return the smallest font, for axes, street names and credits."""
    return _make_role_font("micro")


def make_large_font() -> QFont:
    """Return the font of figures and names that are read from a distance."""
    return _make_tabular(_make_role_font("figure"))


def make_live_font() -> QFont:
    """Return the font of running clocks."""
    return _make_tabular(_make_role_font("live"))


def make_figures_font() -> QFont:
    """Return the text font with digits of equal width, for columns of figures."""
    return _make_tabular(make_text_font())


def _make_tabular(font: QFont) -> QFont:
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def mix_colors(one: str, other: str, share: float) -> QColor:
    """Return a mix of two colors; ``share`` (0 to 1) is that of the first."""
    a, b = QColor(one), QColor(other)
    return QColor(
        round(a.red() * share + b.red() * (1 - share)),
        round(a.green() * share + b.green() * (1 - share)),
        round(a.blue() * share + b.blue() * (1 - share)),
    )


def render_picture(
    width: float, height: float, ratio: float, draw: Callable[[QPainter], object]
) -> QPixmap:
    """Return a transparent picture that ``draw`` paints; ``ratio`` is device pixels per pixel."""
    picture = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter)
    return picture


def fade_color(color: QColor | str, share: float) -> QColor:
    """Return a color with an opacity of ``share`` (0 to 1)."""
    faded = QColor(color)
    faded.setAlphaF(share)
    return faded


def draw_plate(painter: QPainter, box: QRectF, ground: QColor, rim: QColor) -> None:
    """Draw the rounded background of a card or legend, with a sharp rim on whole pixels."""
    painter.setPen(rim)
    painter.setBrush(ground)
    inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(inner, CORNER_RADIUS_PX, CORNER_RADIUS_PX)


def has_keyboard_focus(widget: QWidget) -> bool:
    """Return whether a widget has the focus because of a key, not of a click or a hidden widget."""
    by_key = Qt.WidgetAttribute.WA_KeyboardFocusChange
    return widget.hasFocus() and widget.window().testAttribute(by_key)


def draw_focus_rim(widget: QWidget, area: QRect) -> None:
    """Draw a two-pixel rim in the accent color inside an area of a widget."""
    with QPainter(widget) as painter:
        painter.setPen(widget.palette().color(QPalette.ColorRole.Accent))
        for inset in (0, 1):
            painter.drawRect(area.adjusted(inset, inset, -inset - 1, -inset - 1))


_ICON_FAMILY = "materialdesignicons6-webfont"
_EM = 100.0


class _GlyphFont:
    """The outlines of an icon font by name, in a square of ``_EM`` units around its center."""

    def __init__(self) -> None:
        package = find_spec("qtawesome")
        assert package is not None and package.origin is not None
        fonts = Path(package.origin).parent / "fonts"
        (names,) = fonts.glob(f"{_ICON_FAMILY}-charmap-*.json")
        (font,) = fonts.glob(f"{_ICON_FAMILY}-[0-9]*.ttf")
        self._codes: dict[str, str] = json.loads(names.read_bytes())
        self._font = QRawFont(str(font), _EM, QFont.HintingPreference.PreferNoHinting)

    def __getitem__(self, name: str) -> QPainterPath:
        """Return an outline; a name that the font lacks raises KeyError."""
        (glyph,) = self._font.glyphIndexesForString(chr(int(self._codes[name], 16)))
        width = self._font.advancesForGlyphIndexes([glyph])[0].x()
        path = self._font.pathForGlyph(glyph)
        path.setFillRule(Qt.FillRule.WindingFill)
        return path.translated(-width / 2, (self._font.ascent() - self._font.descent()) / 2)


_DrawIcon = Callable[[QPainter, QRectF, bool], None]
"""Draws an icon in a rectangle; the last argument is whether the icon is disabled."""


class _DrawnIconEngine(QIconEngine):
    """Draws an icon at any size, in the colors of the theme at that time."""

    def __init__(self, draw: _DrawIcon) -> None:
        super().__init__()
        self._draw = draw

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the icon in a rectangle."""
        with QPainterStateGuard(painter):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw(painter, QRectF(rect), mode is QIcon.Mode.Disabled)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the icon as a transparent picture."""
        picture = QPixmap(size)
        if not picture.isNull():  # the size is 0 if a widget has no room at all
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as painter:
                self.paint(painter, QRect(QPoint(), size), mode, state)
        return picture

    def clone(self) -> "_DrawnIconEngine":
        """Return an engine that draws the same icon."""
        return _DrawnIconEngine(self._draw)


ICON_GLYPHS: Mapping[str, str] = tomllib.loads(
    (resources_dir() / "styles" / "icons.toml").read_text(encoding="utf-8")
)
"""The glyph of each icon."""


class Icons:
    """The program's icons, each created once, which follow changes of the theme."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._glyphs = _GlyphFont()
        self._icons: dict[tuple[str, str], QIcon] = {}

    def __call__(self, name: str, role: str = "text") -> QIcon:
        """Return an icon by name in a color of the theme; an unknown name raises KeyError."""
        key = (name, role)
        if key not in self._icons:
            path = self._glyphs[ICON_GLYPHS[name]]
            self._icons[key] = QIcon(_DrawnIconEngine(partial(self._draw_glyph, path, role)))
        return self._icons[key]

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colors from now on."""
        self.theme = theme

    def _draw_glyph(
        self, path: QPainterPath, role: str, painter: QPainter, rect: QRectF, disabled: bool
    ) -> None:
        painter.translate(rect.center())
        scale = min(rect.width(), rect.height()) / _EM
        painter.scale(scale, scale)
        painter.fillPath(path, self.theme.color("disabled" if disabled else role))


def load_program_icon() -> QIcon:
    """Return the program's icon."""
    return QIcon(str(resources_dir() / "icon.svg"))


_SWATCH_RADIUS_PX = 3.0


def paint_swatch(painter: QPainter, box: QRectF, place: int, palette: QPalette) -> None:
    """Paint a zone's swatch by its place in the palette of zones.

    An outline separates light swatches from a white background and dark ones from a dark one.
    """
    with QPainterStateGuard(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.setBrush(QColor(zone_color(place)))
        inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(inner, _SWATCH_RADIUS_PX, _SWATCH_RADIUS_PX)


def make_swatch_icon(place: int) -> QIcon:
    """Return a zone's swatch by its place in the palette; it looks the same when disabled."""

    def draw(painter: QPainter, rect: QRectF, _disabled: bool) -> None:
        paint_swatch(painter, rect.adjusted(2, 2, -2, -2), place, QGuiApplication.palette())

    return QIcon(_DrawnIconEngine(draw))
