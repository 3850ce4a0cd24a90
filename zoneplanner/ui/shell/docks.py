"""What stands in the three docks and above the map: sections, cards, tables, boards."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

from zoneplanner.ui.log.response_actions.response_banner import ResponseActionBanner
from zoneplanner.ui.log.response_actions.response_bar import ResponseActionBar
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.plan.assignment.locks_panel import LocksPanel
from zoneplanner.ui.plan.tables.checks_table import ChecksPanel
from zoneplanner.ui.plan.what_if.what_if_panel import WhatIfBanner
from zoneplanner.ui.shell.cards.card_stack import CardStack, WelcomeCard
from zoneplanner.ui.shell.cards.site_card import SelectedSiteCard
from zoneplanner.ui.shell.cards.zone_card import SelectedZoneCard
from zoneplanner.ui.shell.permissions import bar_forbidden_parts
from zoneplanner.ui.shell.workspaces import (
    CENTER_BOARDS,
    HIDDEN_BESIDE_TABLE,
    LEAST_BOTTOM_PX,
    LEFT_DOCK_SECTIONS,
    PANELS_BELOW_CARD,
    TABLE_TABS,
    WORKSPACES,
    PanelContext,
    PanelSpec,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import TabBar
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout, wrap_in_scroll_area
from zoneplanner.ui.widgets.layout.layouts import CollapsibleSection
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import Theme

_RIGHT_SPLIT = (420, 320)
_LEAST_MAP_PX = 180
_LEFT_PX, _RIGHT_PX = 264, 380
_LEAST_RIGHT_PX, _LEAST_TABLES_PX = 344, 260

_SIDES = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


def add_dock(
    window: QMainWindow, desk: UiContext, name: str, title: str, content: QWidget
) -> QDockWidget:
    """Put a panel into a dock of the window; the action of the same name shows and hides it."""
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
    dock.setTitleBarWidget(QWidget(dock))
    dock.setWidget(content)
    window.addDockWidget(_SIDES[name], dock)
    action = desk.actions[name]
    action.toggled.connect(dock.setVisible)
    dock.visibilityChanged.connect(lambda _: action.setChecked(not dock.isHidden()))
    return dock


def stack_widgets(*parts: QWidget, on: QWidget | None = None) -> QWidget:
    """Put parts above each other, the last one with all the room."""
    whole = on or QWidget()
    make_column_layout(whole, *parts[:-1], (parts[-1], 1), margin_px=0, spacing_px=0)
    return whole


def make_banners(
    desk: UiContext, view: MapView
) -> tuple[ResponseActionBar, ResponseActionBanner, WhatIfBanner]:
    """Return the bar that begins a response action, the band of those that go on, and of what-ifs.

    The map marks the schools of those that go on.
    """
    response = ResponseActionBanner(desk)
    response.marked.connect(view.map.show_actions)
    response.refresh()
    return ResponseActionBar(desk), response, WhatIfBanner(desk)


def restore_workspace_layout(
    window: QMainWindow,
    docks: Mapping[str, QDockWidget],
    stage: "CenterArea",
    name: str,
    kept: Mapping[str, str],
) -> None:
    """Lay a workspace out as it was left, or as it is at first."""
    shown = WORKSPACES[name]
    stage.divide(_state(kept.get(f"stage.{name}", "")))
    state = kept.get(f"docks.{name}")
    if state and window.restoreState(_state(state)):
        return
    for side, dock in docks.items():
        dock.setVisible(side in shown.docks)
    wanted = round(window.height() * shown.bottom_share)
    height = min(max(LEAST_BOTTOM_PX, wanted), shown.most_bottom_px)
    window.resizeDocks([docks["bottom"]], [height], Qt.Orientation.Vertical)
    sides = [docks["left"], docks["right"]]
    window.resizeDocks(sides, [_LEFT_PX, _RIGHT_PX], Qt.Orientation.Horizontal)


def capture_workspace_layout(window: QMainWindow, stage: "CenterArea", name: str) -> dict[str, str]:
    """Return the texts that bring a workspace's docks and board back."""
    divided = QByteArray() if stage.held else stage.saveState()
    states = {"docks": window.saveState(), "stage": divided}
    return {
        f"{part}.{name}": bytes(state.toBase64().data()).decode() for part, state in states.items()
    }


def _state(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode())


class LazyPanels:
    """Parts by name, each made when it is first asked for and put where ``place`` says.

    ``place`` gets the part's name, and how many of those before it in order are made already.
    """

    def __init__(
        self,
        parts: Mapping[str, PanelSpec],
        given: PanelContext,
        place: Callable[[str, QWidget, int], object],
    ) -> None:
        self._parts, self._given, self._place = parts, given, place
        self._made: dict[str, QWidget] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a part, made now if it was not yet."""
        if name not in self._made:
            names = list(self._parts)
            before = sum(other in self._made for other in names[: names.index(name)])
            spec = self._parts[name]
            panel = self._made[name] = spec.make(self._given)
            bar_forbidden_parts(spec, panel, self._given.desk.session.store)
            self._place(name, panel, before)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a part of this name, made or not."""
        return name in self._parts

    def __iter__(self) -> Iterator[tuple[str, QWidget]]:
        """Go through the parts that are made, by name."""
        return iter(list(self._made.items()))

    def set_theme(self, theme: Theme) -> None:
        """Tell the parts that draw for themselves of another theme."""
        for _, panel in self:
            take = getattr(panel, "set_theme", None)
            if take is not None:
                take(theme)


class LeftColumn(QWidget):
    """Sections above each other, each with a title under a fold of its own.

    ``folded`` tells that one was opened, whose content is made by then, or folded away.
    """

    folded = Signal()

    def __init__(self, given: PanelContext) -> None:
        super().__init__()
        self._kept, self._view = given.kept, given.view
        self._key = f"layers.{given.desk.session.project.uid}"
        self.folds: dict[str, CollapsibleSection] = {}
        self._rows = make_column_layout(self, None, margin_px=0, spacing_px=0)
        self.sections = LazyPanels(LEFT_DOCK_SECTIONS, given, self._put)
        self._names: tuple[str, ...] = ()

    @property
    def parts(self) -> list[QWidget]:
        """The sections with their folds, from above."""
        panels = [panel for _, panel in self.sections]
        parts = [*self.folds.values(), *panels]
        return sorted(
            (part for part in parts if self._rows.indexOf(part) >= 0), key=self._rows.indexOf
        )

    def show_sections(self, names: Iterable[str]) -> None:
        """Show some of the sections."""
        self._names = tuple(names)
        self.turn("")

    def turn(self, table: str) -> None:
        """Hide the section that does not stand beside the table on top."""
        shown = [
            self.sections[name] for name in self._names if name != HIDDEN_BESIDE_TABLE.get(table)
        ]
        for name, panel in self.sections:
            self.folds.get(name, panel).setVisible(panel in shown)

    def collect_state(self) -> dict[str, str]:
        """Return the texts that bring the folds and the map's layers back the next time."""
        folds = {f"fold.{name}": str(fold.opened) for name, fold in self.folds.items()}
        return {**folds, self._key: self.sections["layers"].arrangement.text()}

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        part = LEFT_DOCK_SECTIONS[name]
        if part.title:
            opened = self._kept.get(f"fold.{name}", str(part.opened)) == "True"
            self.folds[name] = CollapsibleSection(part.title, panel, opened=opened)
            self.folds[name].folded.connect(self.folded)
        self._rows.insertWidget(at, self.folds.get(name, panel))
        if name == "console":
            panel.new.left.connect(self._view.setFocus)  # type: ignore[attr-defined]
        if isinstance(panel, LocksPanel):
            panel.counted.connect(self._count_locks)
            panel.refresh()

    def _count_locks(self, locks: int) -> None:
        self.folds["locks"].set_title(f"Locks ({locks})" if locks else "Locks")


class RightColumn(QSplitter):
    """The card of what is selected, and what a workspace shows below it."""

    def __init__(self, given: PanelContext) -> None:
        super().__init__(Qt.Orientation.Vertical)
        desk = given.desk
        self.setChildrenCollapsible(False)
        self.setMinimumWidth(_LEAST_RIGHT_PX)
        self.site_card = SelectedSiteCard(desk, given.records)
        self.zone_card = SelectedZoneCard(desk)
        welcome = WelcomeCard(desk, given.kept)
        self.card = CardStack(desk, site=self.site_card, zone=self.zone_card, nothing=welcome)
        self.below = QStackedWidget()
        self.above = wrap_in_scroll_area(self.card, "Card of what is selected")
        self.addWidget(self.above)
        self.addWidget(self.below)
        self._areas: dict[str, QWidget] = {}
        self._divided_by_hand = False
        self.parts = LazyPanels(PANELS_BELOW_CARD, given, self._put)
        self.splitterMoved.connect(self._keep_division)
        self.card.currentChanged.connect(self._divide)

    def show_below(self, name: str) -> None:
        """Show a part below the card, or nothing."""
        if name:
            _ = self.parts[name]
            self.below.setCurrentWidget(self._areas[name])
        self.below.setVisible(bool(name))
        self._divide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide what room there is."""
        super().resizeEvent(event)
        self._divide()

    def _keep_division(self, *_: int) -> None:
        self._divided_by_hand = True

    def _divide(self, *_: int) -> None:
        """While nothing is selected the card takes what it needs, and what is below it the rest."""
        if self._divided_by_hand:
            return
        card, whole = self.card.currentWidget(), self.height()
        most = whole * _RIGHT_SPLIT[0] // sum(_RIGHT_SPLIT)
        if card is self.card.nothing:
            high = card.heightForWidth(self.width()) if card.hasHeightForWidth() else -1
            most = min(most, max(high, card.sizeHint().height()))
        self.setSizes([most, whole - most])

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        self._areas[name] = wrap_in_scroll_area(panel, PANELS_BELOW_CARD[name].title)
        self.below.insertWidget(at, self._areas[name])


class TableTabs(QTabWidget):
    """The tables by name, a tab each. ``turned`` carries the name of the one on top."""

    current_table_changed = Signal(str)

    def __init__(self, given: PanelContext) -> None:
        super().__init__()
        self.setTabBar(TabBar())
        self.setDocumentMode(True)
        self.setAccessibleName("Tables")
        self.setMinimumWidth(_LEAST_TABLES_PX)
        self.panels = LazyPanels(TABLE_TABS, given, self._put)
        self.currentChanged.connect(lambda _: self.current_table_changed.emit(self.current_table))

    @property
    def current_table(self) -> str:
        """The name of the table on top."""
        shown = self.currentWidget()
        return next((name for name, panel in self.panels if panel is shown), "")

    def show_tables(self, names: Iterable[str]) -> None:
        """Show some of the tables, the first one on top."""
        shown = [self.panels[name] for name in names]
        for _, panel in self.panels:
            self.setTabVisible(self.indexOf(panel), panel in shown)
        self.setCurrentWidget(shown[0])

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        self.insertTab(at, panel, TABLE_TABS[name].title)
        if isinstance(panel, ChecksPanel):
            panel.counted.connect(lambda problems: self._count_checks(panel, problems))
            self._count_checks(panel, panel.problems)

    def _count_checks(self, checks: QWidget, problems: int) -> None:
        title = f"Checks ({problems})" if problems else "Checks"
        at = self.indexOf(checks)
        if self.tabText(at) != title:
            self.setTabText(at, title)


class CenterArea(QSplitter):
    """The map, and the board of a workspace above it or in its place.

    The board has the height that it asks for while it is ``held``, until a person moves the handle.
    """

    def __init__(self, given: PanelContext, center: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.held = False
        self.splitterMoved.connect(self._let_go)
        self.setChildrenCollapsible(False)
        self.center = center
        self.board = QStackedWidget()
        self.board.hide()
        self.addWidget(self.board)
        self.addWidget(center)
        self.boards = LazyPanels(CENTER_BOARDS, given, self._put)

    def show_board(self, name: str, *, with_map: bool) -> None:
        """Show a board above the map or in its place, or the map alone."""
        if name:
            self.board.setCurrentWidget(self.boards[name])
        self.center.setVisible(with_map)
        self.board.setVisible(bool(name))

    def divide(self, kept: QByteArray) -> None:
        """Share the height as it was kept, else as the board asks for."""
        self.held = not self.restoreState(kept)
        self._hold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the map have what there is more or less."""
        super().resizeEvent(event)
        self._hold()

    def _hold(self) -> None:
        board = self.board.currentWidget()
        if self.held and board is not None and not self.board.isHidden():
            high = min(board.sizeHint().height(), max(0, self.height() - _LEAST_MAP_PX))
            self.setSizes([high, self.height() - high])

    def _let_go(self) -> None:
        self.held = False

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        panel.setAccessibleName(CENTER_BOARDS[name].title)
        self.board.insertWidget(at, panel)
