"""The card of what is selected: a site or a zone."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from zoneplanner.app.session.events import SessionChange
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.ui.widgets.services.session_bridge import Selection
from zoneplanner.ui.widgets.services.ui_context import UiContext

_PREFERRED, _IGNORED = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored


class CardStack(QStackedWidget):
    """Shows the site's card or the zone's."""

    def __init__(self, desk: UiContext, *, site: QWidget, zone: QWidget) -> None:
        super().__init__()
        self._desk = desk
        self.site, self.zone = site, zone
        self._turned_to: QWidget | None = None
        for card in (site, zone):
            self.addWidget(card)
        desk.bridge.selection_changed.connect(self._show)
        desk.bridge.changed.connect(self._follow)
        desk.bridge.preview_followed.connect(self._preview)
        desk.bridge.logged.connect(self._logged)
        self._show(desk.bridge.selection)

    def minimumSizeHint(self) -> QSize:
        """Ask for the height that the card needs at its width: wrapped text guesses too much."""
        least = super().minimumSizeHint()
        high = self.heightForWidth(self.width())
        return QSize(least.width(), high) if high > 0 else least

    def heightForWidth(self, width: int) -> int:
        """Return the height of the card that is shown."""
        card = self.currentWidget()
        layout = card.layout() if card is not None else None
        return layout.totalHeightForWidth(width) if layout is not None else -1

    def _refresh(self) -> None:
        self._show(self._desk.bridge.selection)

    def _follow(self, change: SessionChange) -> None:
        """Fill the card anew; where only zones changed, the last visit is as long ago as before."""
        self._show(self._desk.bridge.selection, last_visit=not change.changes.only_moves)

    def _preview(self) -> None:
        """In the middle of a gesture only zones and loads change."""
        if self.currentWidget() is self.site:
            self.site.mark_zone()  # type: ignore[attr-defined]
        elif self.currentWidget() is self.zone:
            self._refresh()

    def _logged(self, entries: tuple[JournalEntry, ...]) -> None:
        """Of a site the log changes the visits alone; a stamp fills no card anew."""
        if self.currentWidget() is not self.site:
            self._refresh()
        elif any(one.kind in ("visit", "void") for one in entries):
            self.site.show_visits()  # type: ignore[attr-defined]

    def _show(self, selection: Selection, *, last_visit: bool = True) -> None:
        plan = self._desk.session.plan
        if selection.site is not None:
            self.site.show_site(selection.site, last_visit=last_visit)  # type: ignore[attr-defined]
            self._turn_to(self.site)
        elif selection.zone is not None and plan is not None:
            self.zone.show_zone(selection.zone)  # type: ignore[attr-defined]
            self._turn_to(self.zone)

    def _turn_to(self, card: QWidget) -> None:
        """Show a card; the hidden ones take no room."""
        if card is self._turned_to:
            return
        self._turned_to = card
        for other in (self.site, self.zone):
            room = _PREFERRED if other is card else _IGNORED
            other.setSizePolicy(room, room)
        self.setCurrentWidget(card)
        self.adjustSize()
