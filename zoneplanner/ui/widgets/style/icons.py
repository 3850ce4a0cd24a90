"""Pictures out of QtAwesome's icon font, drawn without starting the library itself.

Its import would take every font of the package and the OpenGL module along, a fifth of a
second at each start.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPainterStateGuard,
    QPixmap,
    QRawFont,
)

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.plans.zone_colors import zone_color
from zoneplanner.ui.widgets.style.painting import render_picture
from zoneplanner.ui.widgets.style.theme import Theme

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
        drawn = QPixmap(size)
        if drawn.isNull():  # where a widget has no room at all
            return drawn
        drawn.fill(Qt.GlobalColor.transparent)
        with QPainter(drawn) as painter:
            self.paint(painter, QRect(QPoint(), size), mode, state)
        return drawn

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


_SIDE_PX = 16
_SCALE = 2


def make_swatch_icon(place: int) -> QIcon:
    """Return the swatch of a zone by its place in the palette, the same where it is shut."""

    def draw(painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(zone_color(place)))
        painter.drawRoundedRect(2, 2, _SIDE_PX - 4, _SIDE_PX - 4, 3, 3)

    picture = render_picture(_SIDE_PX, _SIDE_PX, _SCALE, draw)
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Disabled)
    return icon
