"""What the actions of the menu Help show over the window."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.response_actions import list_active_actions
from zoneplanner.bundled import program_version
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import UiContext

if TYPE_CHECKING:
    from zoneplanner.app.help.handbook import HandbookPage
    from zoneplanner.ui.help.handbook_window import HandbookWindow
    from zoneplanner.ui.help.tour import Tour

_TOURED, _VERSION = "toured", "version"
_NEWS = "whats-new"
_WORK = ("workspace", "log")
"""The groups of actions to which the tour gives way."""
_TOPICS = {
    "plan": "propose",
    "coverage": "coverage",
    "shifts": "shifts",
    "log": "call",
    "readiness": "readiness",
    "publish": "hand-out",
}
"""The page of each workspace."""


class HelpActions:
    """Handbook, sheet of shortcuts, and what this desk is shown once: the tour, what is new.

    ``kept`` says what it was shown; ``remember`` keeps that at once, so that it does not come back.
    """

    def __init__(
        self,
        desk: UiContext,
        window: QWidget,
        *,
        view: MapView,
        place_of: Callable[[str], QWidget],
        kept: MutableMapping[str, str],
        remember: Callable[[], object] = lambda: None,
    ) -> None:
        self._desk, self._window = desk, window
        self._view, self._place_of = view, place_of
        self.kept, self._remember = kept, remember
        self._handbook: HandbookWindow | None = None
        self._pages: Mapping[str, HandbookPage] | None = None
        desk.actions.set_handler("handbook", self.show_handbook)
        desk.actions.set_handler("help", self.show_keys)
        desk.actions.set_handler("tour", self.show_tour)
        desk.actions.set_handler("whats_new", lambda: self.show_handbook(_NEWS))

    @property
    def pages(self) -> "Mapping[str, HandbookPage]":
        """The pages of the handbook, read when they are first looked for."""
        if self._pages is None:
            from zoneplanner.app.help.handbook import load_handbook

            self._pages = load_handbook()
        return self._pages

    def show_handbook(self, topic: str = "") -> "HandbookWindow":
        """Open the handbook at a page, without one at that of the workspace."""
        from zoneplanner.ui.help.handbook_window import HandbookWindow

        if self._handbook is None:
            self._handbook = HandbookWindow(self._desk.icons, self._window)
        self._handbook.show_rules(self._desk.session.project)
        workspace = str(getattr(self._window, "workspace", ""))
        self._handbook.show_page(topic or _TOPICS.get(workspace, "start"))
        self._handbook.show()
        self._handbook.raise_()
        self._handbook.activateWindow()
        self._handbook.search.setFocus()
        return self._handbook

    def show_keys(self) -> None:
        """Lay the sheet of shortcuts over the window."""
        from zoneplanner.ui.help.shortcut_sheet import ShortcutSheet

        ShortcutSheet(self._window)

    def show_tour(self) -> "Tour":
        """Show around, from the first step."""
        from zoneplanner.ui.help.tour import Tour, list_tour_steps

        self._desk.actions["go_plan"].trigger()
        steps = list_tour_steps(self._view, self._place_of, self._window)
        tour = Tour(steps, self._window, self._desk.notices)
        tour.ended.connect(self._end)
        for group in _WORK:
            for action in self._desk.actions.group(group):
                if action.objectName() != "go_plan":
                    action.triggered.connect(tour.close)  # work begins elsewhere
        self._desk.bridge.logged.connect(tour.close)  # a lockdown, maybe of another desk
        return tour

    def welcome(self) -> None:
        """Show around a desk that was not shown around yet; after an update show what is new."""

        now, before = program_version(), self.kept.get(_VERSION, "")
        if list_active_actions(self._desk.session):
            return  # the next start shows around
        if not self.kept.get(_TOURED):
            self.show_tour()
        elif _name_release(now) != _name_release(before):
            self.show_handbook(_NEWS)
        if now != before:
            self.kept[_VERSION] = now
            self._remember()

    def _end(self) -> None:
        self.kept[_TOURED] = "yes"
        self._remember()


def _name_release(version: str) -> list[str]:
    """Return the first two numbers of a version: a third one brings repairs and nothing new."""
    return version.split(".")[:2]
