"""Icons of one family (Material Design Icons), by what they stand for in the window."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtGui import QColor, QIcon

from zoneplanner.bundled import resources_dir
from zoneplanner.ui.kit.glyphs import _GlyphFont, _GlyphIconEngine
from zoneplanner.ui.kit.theme import Theme, find_disabled_color

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
    """The program's icons, each made once; those handed out take the colours of the theme now."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._glyphs = _GlyphFont()
        self._made: dict[tuple[str, str], QIcon] = {}

    def __call__(self, name: str, role: str = "text") -> QIcon:
        """Return an icon by name in one of the theme's colours; an unknown name is a KeyError."""
        key = (name, role)
        if key not in self._made:
            path = self._glyphs[ICON_GLYPHS[name]]
            self._made[key] = QIcon(_GlyphIconEngine(path, partial(self._ink, role)))
        return self._made[key]

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme's colours from now on."""
        self._theme = theme

    def _ink(self, role: str, shut: bool) -> QColor:
        return find_disabled_color(self._theme) if shut else self._theme.colour(role)


def load_program_icon() -> QIcon:
    """Return the program's own icon."""
    return QIcon(str(resources_dir() / "icon.svg"))
