"""The design tokens as Qt takes them: themes, palette, style sheet, fonts.

Painting by hand: pictures made once, colors let through, and the plates that text stands on.

Pictures out of QtAwesome's icon font, drawn without starting the library itself.

Its import would take every font of the package and the OpenGL module along, a fifth of a
second at each start.
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
        """Return one of the theme's colors by its field's name."""
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
    """Return the theme of a name; ``system`` follows the desktop where it says what it is."""
    if appearance in THEMES:
        return THEMES[appearance]
    hints = QGuiApplication.styleHints()
    return THEMES["dark" if hints.colorScheme() is Qt.ColorScheme.Dark else "light"]


def apply_theme(app: QApplication, theme: Theme, *, desktop_font: bool = False) -> None:
    """Give the whole program Fusion with the theme's palette, font sizes and small style sheet.

    With ``desktop_font`` letters are those of the desktop in place of the program's own.
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
    """Set what the style sheet asks of a widget, as ``[name="true"]``.

    ``followers`` are widgets in it of which a rule asks the same, such as its texts.
    """
    if widget.property(name) != value:
        widget.setProperty(name, value)
        for part in (widget, *followers):
            part.style().unpolish(part)
            part.style().polish(part)


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
        made.setColor(of, QColor(name))
    for of in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, of, QColor(theme.disabled))
    shut = mix_colors(theme.accent, theme.window, 0.5)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, shut)
    return made


def _style_sheet(theme: Theme) -> str:
    """Fill the style sheet in: rims, rounded corners, focus rings, heights, scroll bars."""
    values = {name: str(value) for name, value in asdict(theme).items()}
    values |= {name: f"{px}px" for name, px in SIZES_PX.items()}
    values["line"] = f"{TEXT_ROLES['body'].line_px}px"
    values["handle"] = mix_colors(theme.muted, theme.window, 0.5).name()
    ground = "dark" if theme.dark else "light"
    name = next(name for name, known in THEMES.items() if known is theme).replace(" ", "-")
    for way in ("up", "down"):
        file = resources_dir() / f"chevron-{way}-{name}-disabled.svg"
        values[f"{way}_disabled"] = file.as_posix()
    for way in ("up", "down", "right"):
        values[way] = (resources_dir() / f"chevron-{way}-{name}.svg").as_posix()
    values["check"] = (resources_dir() / f"check-on-{ground}.svg").as_posix()
    text = (resources_dir() / "styles" / "window.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)", lambda found: values[found[1]], text)


def _load_font() -> str:
    """Make the family of the tokens known to Qt and return it; empty where it is not installed."""
    if FONT_FAMILY in QFontDatabase.families():
        return FONT_FAMILY
    package = find_spec(_FONT_PACKAGE)
    if package is None or package.origin is None:
        return ""
    known = QFontDatabase.addApplicationFont(str(Path(package.origin).parent / _FONT_FILE))
    return FONT_FAMILY if known >= 0 else ""


def _make_role_font(role: str) -> QFont:
    font = QFont(QApplication.font())
    font.setPixelSize(TEXT_ROLES[role].size_px)
    set_font_weight(font, TEXT_ROLES[role].weight)
    return font


def set_font_weight(font: QFont, weight: int) -> None:
    """Give a font a weight, 100 to 900.

    One file holds all weights of the family, and Qt chooses among them by the axis alone where it
    reads fonts with FreeType; other families go by the weight.
    """
    font.setWeight(QFont.Weight(weight))
    font.setVariableAxis(_WEIGHT_AXIS, weight)


def make_text_font() -> QFont:
    """Return the font of everything that has no other role."""
    return _make_role_font("body")


def make_heading_font() -> QFont:
    """Return the font of titles."""
    return _make_role_font("title")


def make_strong_font() -> QFont:
    """Return text that stands out."""
    return _make_role_font("strong")


def make_micro_font() -> QFont:
    """Return the smallest text on screen: axes, street names, credits."""
    return _make_role_font("micro")


def make_large_font() -> QFont:
    """Return the font of a figure or name that is read from afar."""
    return _make_tabular(_make_role_font("figure"))


def make_live_font() -> QFont:
    """Return the font of the clock of what goes on now."""
    return _make_tabular(_make_role_font("live"))


def make_figures_font() -> QFont:
    """Return text whose digits are all equally wide, for columns of figures."""
    return _make_tabular(make_text_font())


def _make_tabular(font: QFont) -> QFont:
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def mix_colors(one: str, other: str, share: float) -> QColor:
    """Mix two colors; ``share`` of the first."""
    a, b = QColor(one), QColor(other)
    return QColor(
        round(a.red() * share + b.red() * (1 - share)),
        round(a.green() * share + b.green() * (1 - share)),
        round(a.blue() * share + b.blue() * (1 - share)),
    )


def render_picture(
    width: float, height: float, ratio: float, draw: Callable[[QPainter], object]
) -> QPixmap:
    """Draw a picture on nothing; ``ratio`` is the screen's device pixels to a pixel."""
    picture = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter)
    return picture


def fade_color(color: QColor | str, share: float) -> QColor:
    """Return a color that covers what is below it by ``share`` (0 to 1) only."""
    faded = QColor(color)
    faded.setAlphaF(share)
    return faded


def draw_plate(painter: QPainter, box: QRectF, ground: QColor, rim: QColor) -> None:
    """Draw the rounded plate of a card or legend; its rim lies on whole pixels."""
    painter.setPen(rim)
    painter.setBrush(ground)
    inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(inner, CORNER_RADIUS_PX, CORNER_RADIUS_PX)


def is_led_to_by_keys(widget: QWidget) -> bool:
    """Tell whether keys led to a widget: the focus also comes when another part is hidden."""
    by_keys = Qt.WidgetAttribute.WA_KeyboardFocusChange
    return widget.hasFocus() and widget.window().testAttribute(by_keys)


def draw_focus_rim(widget: QWidget, around: QRect) -> None:
    """Draw a rim of two pixels in the accent right within a part of a widget."""
    with QPainter(widget) as painter:
        painter.setPen(widget.palette().color(QPalette.ColorRole.Accent))
        for inset in (0, 1):
            painter.drawRect(around.adjusted(inset, inset, -inset - 1, -inset - 1))


_FAMILY = "materialdesignicons6-webfont"
_EM = 100.0


class _GlyphFont:
    """The outlines of one icon font by name, on a square of ``_EM`` units around its middle."""

    def __init__(self) -> None:
        package = find_spec("qtawesome")
        assert package is not None and package.origin is not None
        fonts = Path(package.origin).parent / "fonts"
        (names,) = fonts.glob(f"{_FAMILY}-charmap-*.json")
        (font,) = fonts.glob(f"{_FAMILY}-[0-9]*.ttf")
        self._codes: dict[str, str] = json.loads(names.read_bytes())
        self._font = QRawFont(str(font), _EM, QFont.HintingPreference.PreferNoHinting)

    def __getitem__(self, name: str) -> QPainterPath:
        """Return one outline; a name that the font lacks is a KeyError."""
        (glyph,) = self._font.glyphIndexesForString(chr(int(self._codes[name], 16)))
        wide = self._font.advancesForGlyphIndexes([glyph])[0].x()
        path = self._font.pathForGlyph(glyph)
        path.setFillRule(Qt.FillRule.WindingFill)
        return path.translated(-wide / 2, (self._font.ascent() - self._font.descent()) / 2)


def _draw_icon(engine: QIconEngine, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
    drawn = QPixmap(size)
    if drawn.isNull():  # where a widget has no room at all
        return drawn
    drawn.fill(Qt.GlobalColor.transparent)
    with QPainter(drawn) as painter:
        engine.paint(painter, QRect(QPoint(), size), mode, state)
    return drawn


class _GlyphIconEngine(QIconEngine):
    """Draws one outline at any size; ``ink`` gives its color as it is now, also of a shut one."""

    def __init__(self, path: QPainterPath, ink: Callable[[bool], QColor]) -> None:
        super().__init__()
        self._path, self._ink = path, ink

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Fill the outline in the middle of a rectangle."""
        with QPainterStateGuard(painter):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(QRectF(rect).center())
            scale = min(rect.width(), rect.height()) / _EM
            painter.scale(scale, scale)
            painter.fillPath(self._path, self._ink(mode is QIcon.Mode.Disabled))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the outline as a picture on nothing."""
        return _draw_icon(self, size, mode, state)

    def clone(self) -> "_GlyphIconEngine":
        """Return an engine that draws the same."""
        return _GlyphIconEngine(self._path, self._ink)


ICON_GLYPHS: Mapping[str, str] = tomllib.loads(
    (resources_dir() / "styles" / "icons.toml").read_text(encoding="utf-8")
)
"""The glyph of each icon."""


class Icons:
    """The program's icons, each made once; those handed out take the colors of the theme now."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._glyphs = _GlyphFont()
        self._made: dict[tuple[str, str], QIcon] = {}

    def __call__(self, name: str, role: str = "text") -> QIcon:
        """Return an icon by name in one of the theme's colors; an unknown name is a KeyError."""
        key = (name, role)
        if key not in self._made:
            path = self._glyphs[ICON_GLYPHS[name]]
            self._made[key] = QIcon(_GlyphIconEngine(path, partial(self._ink, role)))
        return self._made[key]

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme's colors from now on."""
        self.theme = theme

    def _ink(self, role: str, shut: bool) -> QColor:
        return self.theme.color("disabled" if shut else role)


def load_program_icon() -> QIcon:
    """Return the program's own icon."""
    return QIcon(str(resources_dir() / "icon.svg"))


_SWATCH_RADIUS_PX = 3.0


def paint_swatch(painter: QPainter, box: QRectF, place: int, palette: QPalette) -> None:
    """Paint the swatch of a zone by its place in the palette of zones.

    A light one has no edge on white, and a dark one none in the dark: a line parts it from both.
    """
    with QPainterStateGuard(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.setBrush(QColor(zone_color(place)))
        inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(inner, _SWATCH_RADIUS_PX, _SWATCH_RADIUS_PX)


class _SwatchIconEngine(QIconEngine):
    """Draws the swatch of a zone in the palette of now, the same where it is shut."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint the swatch within a rectangle."""
        box = QRectF(rect).adjusted(2, 2, -2, -2)
        paint_swatch(painter, box, self._place, QGuiApplication.palette())

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the swatch as a picture on nothing."""
        return _draw_icon(self, size, mode, state)

    def clone(self) -> "_SwatchIconEngine":
        """Return an engine that draws the same."""
        return _SwatchIconEngine(self._place)


def make_swatch_icon(place: int) -> QIcon:
    """Return the swatch of a zone by its place in the palette, the same where it is shut."""
    return QIcon(_SwatchIconEngine(place))
