"""The actions of the Help menu: the handbook, the shortcuts, the tour and what is new."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.response_actions import list_active_actions
from zoneplanner.bundled import program_version
from zoneplanner.ui.help.shortcut_sheet import ShortcutSheet
from zoneplanner.ui.help.tour import Tour, list_tour_steps
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import UiContext

if TYPE_CHECKING:
    from zoneplanner.app.help.handbook import HandbookPage
    from zoneplanner.ui.help.handbook_window import HandbookWindow
    from zoneplanner.ui.help.tour import Tour

_TOURED_KEY, _VERSION_KEY = "toured", "version"
_NEWS_PAGE = "whats-new"
_WORKSPACE_PAGES = {
    "plan": "propose",
    "coverage": "coverage",
    "shifts": "shifts",
    "log": "call",
    "readiness": "readiness",
    "publish": "hand-out",
}
"""The handbook page of each workspace."""


class HelpActions:
    """Shows the handbook and the shortcuts, and, once on each desk, the tour and what is new.

    ``settings`` records what this desk has been shown; ``save_settings`` writes it at once.
    """

    def __init__(
        self,
        desk: UiContext,
        window: QWidget,
        *,
        view: MapView,
        find_button: Callable[[str], QWidget],
        settings: MutableMapping[str, str],
        save_settings: Callable[[], object] = lambda: None,
    ) -> None:
        self._desk, self._window = desk, window
        self._view, self._find_button = view, find_button
        self.settings, self._save_settings = settings, save_settings
        self._handbook: HandbookWindow | None = None
        self._pages: Mapping[str, HandbookPage] | None = None
        desk.actions.set_handler("handbook", self.show_handbook)
        desk.actions.set_handler("help", self.show_keys)
        desk.actions.set_handler("tour", self.show_tour)
        desk.actions.set_handler("whats_new", lambda: self.show_handbook(_NEWS_PAGE))

    @property
    def pages(self) -> "Mapping[str, HandbookPage]":
        """The pages of the handbook, read on first use."""
        if self._pages is None:
            from zoneplanner.app.help.handbook import load_handbook

            self._pages = load_handbook()
        return self._pages

    def show_handbook(self, key: str = "") -> "HandbookWindow":
        """Open the handbook at a page, by default at the page of the current workspace."""
        from zoneplanner.ui.help.handbook_window import HandbookWindow

        if self._handbook is None:
            self._handbook = HandbookWindow(self._desk.icons, self._window)
        self._handbook.show_rules(self._desk.session.project)
        workspace = str(getattr(self._window, "workspace", ""))
        self._handbook.show_page(key or _WORKSPACE_PAGES.get(workspace, "start"))
        self._handbook.show()
        self._handbook.raise_()
        self._handbook.activateWindow()
        self._handbook.search.setFocus()
        return self._handbook

    def show_keys(self) -> None:
        """Show the sheet of shortcuts over the window."""
        ShortcutSheet(self._window)

    def show_tour(self) -> "Tour":
        """Start the tour; it ends when work begins elsewhere."""
        self._desk.actions["go_plan"].trigger()
        steps = list_tour_steps(self._view, self._find_button, self._window)
        tour = Tour(steps, self._window, self._desk.notices)
        tour.ended.connect(self._record_tour)
        for group in ("workspace", "log"):
            for action in self._desk.actions.group(group):
                if action.objectName() != "go_plan":
                    action.triggered.connect(tour.close)
        self._desk.bridge.logged.connect(tour.close)  # for example a lockdown at another desk
        return tour

    def welcome(self) -> None:
        """Show the tour on a new desk, and after an update show what is new."""
        now, before = program_version(), self.settings.get(_VERSION_KEY, "")
        if list_active_actions(self._desk.session):
            return  # do not cover a lockdown; the next start shows the tour
        if not self.settings.get(_TOURED_KEY):
            self.show_tour()
        elif _get_release(now) != _get_release(before):
            self.show_handbook(_NEWS_PAGE)
        if now != before:
            self.settings[_VERSION_KEY] = now
            self._save_settings()

    def _record_tour(self) -> None:
        self.settings[_TOURED_KEY] = "yes"
        self._save_settings()


def _get_release(version: str) -> list[str]:
    """Return the first two numbers of a version; a change of only the third adds nothing new."""
    return version.split(".")[:2]
