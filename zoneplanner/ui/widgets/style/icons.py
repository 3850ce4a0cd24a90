"""Pictures out of QtAwesome's icon font, drawn without starting the library itself.

Its import would take every font of the package and the OpenGL module along, a fifth of a
second at each start.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPixmap,
    QRawFont,
)

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.plans.zone_colors import zone_color
from zoneplanner.ui.widgets.style.theme import Theme, find_disabled_color

_FAMILY = "materialdesignicons6-webfont"
_EM = 100.0


class _GlyphFont:
    """The outlines of one icon font by name, on a square of ``EM`` units around its middle."""

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
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QRectF(rect).center())
        scale = min(rect.width(), rect.height()) / _EM
        painter.scale(scale, scale)
        painter.fillPath(self._path, self._ink(mode is QIcon.Mode.Disabled))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the outline as a picture on nothing."""
        drawn = QPixmap(size)
        if drawn.isNull():  # where a widget has no room at all
            return drawn
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return drawn

    def clone(self) -> "_GlyphIconEngine":
        """Return an engine that draws the same."""
        return _GlyphIconEngine(self._path, self._ink)


ICON_GLYPHS: Mapping[str, str] = {
    "about": "information-outline",
    "add": "plus",
    "adopt": "calendar-check",
    "after_action": "comment-search-outline",
    "alternative": "triangle-outline",
    "appearance": "theme-light-dark",
    "assign": "map-marker-right-outline",
    "branch": "source-branch",
    "cancel": "close-circle-outline",
    "card": "card-account-details-outline",
    "check": "check",
    "checks": "clipboard-check-outline",
    "clear": "close",
    "close": "close",
    "compare": "compare-horizontal",
    "concern": "message-alert-outline",
    "copy": "content-copy",
    "coverage": "chart-timeline-variant",
    "delete": "trash-can-outline",
    "draft": "pencil-outline",
    "drill": "fire-alert",
    "due_calendar": "calendar-export",
    "dock_bottom": "dock-bottom",
    "dock_left": "dock-left",
    "dock_right": "dock-right",
    "down": "arrow-down-thin",
    "edit": "pencil-outline",
    "enrollment": "account-question-outline",
    "error": "alert-circle-outline",
    "export": "export",
    "file": "file-document-outline",
    "filter": "filter-variant",
    "fit": "fit-to-page-outline",
    "folder": "folder-open-outline",
    "handbook": "book-open-page-variant-outline",
    "help": "help-circle-outline",
    "history": "history",
    "import": "import",
    "in_force": "check-decagram-outline",
    "incident": "bell-alert-outline",
    "info": "information-outline",
    "layers": "layers-outline",
    "lock": "lock-outline",
    "unlock": "lock-open-variant-outline",
    "log": "notebook-edit-outline",
    "map": "map-outline",
    "mend": "wrench-outline",
    "menu": "menu",
    "more": "dots-horizontal",
    "near_line": "map-marker-alert-outline",
    "new": "file-plus-outline",
    "next": "chevron-right",
    "note": "note-text-outline",
    "not_visited": "calendar-remove-outline",
    "open": "folder-open-outline",
    "palette": "palette-outline",
    "phone": "phone-outline",
    "place": "map-marker-outline",
    "plan": "vector-polygon",
    "plans": "file-multiple-outline",
    "previous": "chevron-left",
    "project": "folder-outline",
    "proof": "shield-check-outline",
    "propose": "auto-fix",
    "publish": "printer-outline",
    "quit": "exit-to-app",
    "put_forward": "gavel",
    "readiness": "shield-check-outline",
    "redo": "redo",
    "rename": "form-textbox",
    "review": "file-check-outline",
    "roads": "road-variant",
    "rules": "scale-balance",
    "retire": "archive-outline",
    "save": "content-save-outline",
    "search": "magnify",
    "settings": "cog-outline",
    "shifts": "calendar-clock-outline",
    "site": "school-outline",
    "sites": "school-outline",
    "stacked": "layers-triple-outline",
    "stop": "stop-circle-outline",
    "swap": "swap-horizontal",
    "tool_assign": "cursor-default-click-outline",
    "tool_box": "selection",
    "tool_brush": "brush",
    "tool_flood": "format-color-fill",
    "tool_lasso": "lasso",
    "tool_measure": "ruler",
    "tool_note": "map-marker-plus-outline",
    "tool_pick": "eyedropper",
    "tool_place": "cursor-move",
    "tool_planned": "map-marker-star-outline",
    "tool_select": "cursor-default-outline",
    "unassigned": "map-marker-off-outline",
    "tour": "map-marker-path",
    "undo": "undo",
    "unit": "police-badge-outline",
    "up": "arrow-up-thin",
    "visit": "clipboard-plus-outline",
    "visits": "clipboard-clock-outline",
    "warning": "alert-outline",
    "web": "web",
    "what_if": "flask-outline",
    "zone": "vector-square",
    "zones": "vector-polygon",
    "zoom_in": "magnify-plus-outline",
    "zoom_out": "magnify-minus-outline",
    "zoom_zone": "image-filter-center-focus",
}


class Icons:
    """The program's icons, each made once; those handed out take the colors of the theme now."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
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
        self._theme = theme

    def _ink(self, role: str, shut: bool) -> QColor:
        return find_disabled_color(self._theme) if shut else self._theme.color(role)


def load_program_icon() -> QIcon:
    """Return the program's own icon."""
    return QIcon(str(resources_dir() / "icon.svg"))


_SIDE_PX = 16
_SCALE = 2


def make_swatch_icon(place: int) -> QIcon:
    """Return the swatch of a zone by its place in the palette, the same where it is shut."""
    picture = QPixmap(_SIDE_PX * _SCALE, _SIDE_PX * _SCALE)
    picture.setDevicePixelRatio(_SCALE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(zone_color(place)))
    painter.drawRoundedRect(2, 2, _SIDE_PX - 4, _SIDE_PX - 4, 3, 3)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Disabled)
    return icon
