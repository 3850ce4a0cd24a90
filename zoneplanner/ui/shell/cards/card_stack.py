"""The card while nothing is selected: what to try first, or what an empty project needs."""

from collections.abc import MutableMapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from zoneplanner.app.projects.sharing_status import explain_denied_edit
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    clear_layout,
    make_column_layout,
    make_heading_label,
    make_link_button,
    make_muted_label,
    make_wrapped_label,
)
from zoneplanner.ui.widgets.services.session_bridge import Selection
from zoneplanner.ui.widgets.services.ui_context import UiContext

_DRAG = "Drag a school to another zone and watch load and travel, before and after."
_FIRST_STEPS = (
    "Click a school for its card: address, phone, unit, load.",
    _DRAG,
    "Press Ctrl+K and type a few letters to find any school, zone or action; ? shows every key.",
)
_EMPTY_STEPS = (
    "This project has no sites yet.",
    "Drop the list of schools here: the state’s directory, NCES locations or a spreadsheet. Every "
    "row is shown before it is imported.",
)
_BARE_STEPS = (
    "This project has no boundaries and no sites yet.",
    "Drop the boundaries of the county and its cities here first, then the list of schools: files, "
    "folders or zips, as the Census or the county gives them out.",
)
_STEPS = {"bare": _BARE_STEPS, "empty": _EMPTY_STEPS, "filled": _FIRST_STEPS, "working": ()}
_ACTIONS = {
    "bare": ("import", "new", "open"),
    "empty": ("import", "new", "open"),
    "filled": ("propose", "log_visit", "handout", "tour"),
    "working": (),
}


_TIPS, _AWAY = "tips", "away"


class WelcomeCard(QWidget):
    """A few lines and the actions that lead on, until work begins: ``kept`` remembers that."""

    def __init__(
        self, desk: UiContext, kept: MutableMapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._kept = desk, kept
        self.steps: tuple[str, ...] = ()
        self.title, self.about = make_heading_label(), make_muted_label()
        self._state, self._rows = "", QVBoxLayout()
        make_column_layout(self, self.title, self.about, self._rows, None)
        desk.bridge.changed.connect(self._refresh)
        desk.bridge.logged.connect(self._refresh)
        self._refresh()

    def dismiss(self) -> None:
        """Take the tips away for good; the tour and the actions stay in the menus."""
        self._kept[_TIPS] = _AWAY
        self._refresh()

    def _refresh(self) -> None:
        session = self._desk.session
        project = session.project
        zones = len(session.plan.zones) if session.plan else 0
        self.title.setText(project.name)
        self.about.setText(
            f"{format_count(len(project.patrolled), 'patrolled site')} of {len(project.sites)}, "
            f"{format_count(zones, 'zone')}, {format_count(len(project.units), 'unit')}"
        )
        if session.undoable_step is not None or session.store.head().entries:
            self._kept[_TIPS] = _AWAY
        filled = "working" if self._kept.get(_TIPS) == _AWAY else "filled"
        bare = "empty" if project.jurisdictions else "bare"
        self._show_steps(filled if project.sites else bare)

    def _show_steps(self, state: str) -> None:
        """Say what to try, or what is missing; anew only where that changes."""
        if state == self._state:
            return
        barred = state == "filled" and bool(explain_denied_edit(self._desk.session.store))
        self._state = state
        self.steps = tuple(step for step in _STEPS[state] if not (barred and step == _DRAG))
        clear_layout(self._rows)
        for step in self.steps:
            self._rows.addWidget(make_wrapped_label(step))
        for name in _ACTIONS[state]:
            button = ActionButton(self._desk.actions[name])
            self._rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        if state == "filled":
            self._rows.addWidget(make_link_button("Hide these tips", self.dismiss))


_PREFERRED, _IGNORED = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored


class CardStack(QStackedWidget):
    """Shows the site's card, the zone's card, or the welcome."""

    def __init__(self, desk: UiContext, *, site: QWidget, zone: QWidget, nothing: QWidget) -> None:
        super().__init__()
        self._desk = desk
        self.site, self.zone, self.nothing = site, zone, nothing
        self._turned_to: QWidget | None = None
        for card in (nothing, site, zone):
            self.addWidget(card)
        desk.bridge.selection_changed.connect(self._show)
        desk.bridge.changed.connect(self._refresh)
        desk.bridge.previewed.connect(self._preview)
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

    def _preview(self) -> None:
        """In the middle of a gesture only zones and loads change."""
        if self.currentWidget() is self.site:
            self.site.mark_zone()  # type: ignore[attr-defined]
        elif self.currentWidget() is self.zone:
            self._refresh()

    def _logged(self) -> None:
        self._refresh()
        if self.currentWidget() is self.site:
            self.site.show_visits()  # type: ignore[attr-defined]

    def _show(self, selection: Selection) -> None:
        plan = self._desk.session.plan
        if selection.site is not None:
            self.site.show_site(selection.site)  # type: ignore[attr-defined]
            self._turn_to(self.site)
        elif selection.zone is not None and plan is not None:
            self.zone.show_zone(selection.zone)  # type: ignore[attr-defined]
            self._turn_to(self.zone)
        else:
            self._turn_to(self.nothing)

    def _turn_to(self, card: QWidget) -> None:
        """Show a card; the hidden ones take no room."""
        if card is self._turned_to:
            return
        self._turned_to = card
        for other in (self.site, self.zone, self.nothing):
            room = _PREFERRED if other is card else _IGNORED
            other.setSizePolicy(room, room)
        self.setCurrentWidget(card)
        self.adjustSize()
