"""The window below its banners: the work panel at the left, the map, and the drawer below it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QWidget,
)

from zoneplanner.ui.plan.assignment.locks_panel import LocksPanel
from zoneplanner.ui.plan.tables.checks_table import ChecksPanel
from zoneplanner.ui.shell.permissions import bar_forbidden_parts
from zoneplanner.ui.shell.workspaces import (
    CENTER_BOARDS,
    DRAWER_PX,
    PANEL_PX,
    PANEL_SECTIONS,
    TABLE_TABS,
    WORKSPACES,
    PanelContext,
    PanelSpec,
    Workspace,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import TabBar
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout
from zoneplanner.ui.widgets.layout.layouts import CollapsibleSection
from zoneplanner.ui.widgets.style.theme import ICON_PX

_FILL_STRETCH = 100


class LazyPanels:
    """Parts by name, each created on first use.

    ``insert`` puts a new part into the window by its name and its index among the created parts.
    """

    def __init__(
        self,
        parts: Mapping[str, PanelSpec],
        context: PanelContext,
        insert: Callable[[str, QWidget, int], object],
    ) -> None:
        self._parts, self._context, self._insert = parts, context, insert
        self._created: dict[str, QWidget] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a part, and create it if necessary."""
        if name not in self._created:
            names = list(self._parts)
            index = sum(other in self._created for other in names[: names.index(name)])
            spec = self._parts[name]
            panel = self._created[name] = spec.make(self._context)
            bar_forbidden_parts(spec, panel, self._context.desk.session)
            self._insert(name, panel, index)
        return self._created[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is a part of this name, created or not."""
        return name in self._parts

    def __iter__(self) -> Iterator[tuple[str, QWidget]]:
        """Iterate over the created parts with their names."""
        return iter(list(self._created.items()))


class WorkPanel(QWidget):
    """Sections with foldable titles, one above the other.

    The sections scroll, and so does what a section has ``below`` all of them, where its growth
    moves nothing else. The ``head`` of a section, above all sections, and its ``foot``, below them,
    do not scroll. ``folded`` is emitted after a section was opened or folded.
    """

    folded = Signal()

    def __init__(self, context: PanelContext) -> None:
        super().__init__()
        self._state, self._view = context.state, context.view
        self.folds: dict[str, CollapsibleSection] = {}
        self._rows = make_column_layout(self, None, margin_px=0, spacing_px=0)
        self._ends: dict[str, list[QWidget]] = {}
        self.head, self.foot = QWidget(), QWidget()
        self._above, self._below = (
            make_column_layout(end, margin_px=0, spacing_px=0) for end in (self.head, self.foot)
        )
        self.sections = LazyPanels(PANEL_SECTIONS, context, self._insert_section)

    def sizeHint(self) -> QSize:
        """Return the minimum size, which is all that the scroll area needs.

        Qt's own hint would measure all texts at another width after each change, and a layout
        caches only one width: with 135 calls that took a fifth of the time of a key press.
        """
        return self.minimumSizeHint()

    @property
    def parts(self) -> list[QWidget]:
        """The sections with their folds, from top to bottom."""
        panels = [panel for _, panel in self.sections]
        ends = chain.from_iterable(self._ends.values())
        parts = [*self.folds.values(), *panels, *ends]
        return sorted(
            (part for part in parts if self._rows.indexOf(part) >= 0), key=self._rows.indexOf
        )

    def show_sections(self, names: Iterable[str]) -> None:
        """Show only these sections."""
        shown = [self.sections[name] for name in names]
        for name, panel in self.sections:
            self.folds.get(name, panel).setVisible(panel in shown)
            for end in self._ends.get(name, ()):
                end.setVisible(panel in shown)

    def collect_state(self) -> dict[str, str]:
        """Return which sections are open, to be restored in the next session."""
        return {f"fold.{name}": str(fold.opened) for name, fold in self.folds.items()}

    def _insert_section(self, name: str, panel: QWidget, index: int) -> None:
        part = PANEL_SECTIONS[name]
        if part.title:
            opened = self._state.get(f"fold.{name}", str(part.opened)) == "True"
            self.folds[name] = CollapsibleSection(part.title, panel, opened=opened)
            self.folds[name].folded.connect(self.folded)
            self.folds[name].header.setEnabled(panel.isEnabled())
        self._rows.insertWidget(
            index, self.folds.get(name, panel), _FILL_STRETCH if part.fills else 0
        )
        for end, rows in (("head", self._above), ("foot", self._below)):
            if (widget := getattr(panel, end, None)) is not None:
                self._ends.setdefault(name, []).append(widget)
                rows.addWidget(widget)
        if (below := getattr(panel, "below", None)) is not None:
            self._ends.setdefault(name, []).append(below)
            self._rows.insertWidget(self._rows.count() - 1, below)
        if name == "console":
            panel.new.left.connect(self._view.setFocus)  # type: ignore[attr-defined]
        if isinstance(panel, LocksPanel):
            panel.counted.connect(self._count_locks)
            panel.refresh()

    def _count_locks(self, locks: int) -> None:
        self.folds["locks"].set_title(f"Locks ({locks})" if locks else "Locks")


TABS_PX = 32
"""The height of the closed drawer, which shows only its tabs."""
_MIN_DRAWER_PX, MIN_CENTER_PX = 120, 480
_MIN_BOARD_PX, _MAP_PX = 880, 520
"""A board at least this wide is next to the map, which then has this width."""
_DRAWER_SHARE = 0.24
"""The share of the window's height of a drawer that nobody resized, if the map can spare it."""
_COLUMN_SHARE = 0.26
"""The share of the window's width of tables in a column."""
COLUMN_FROM_PX = 1800
"""In windows at least this wide, a workspace's tables can be a column next to the map."""
_NO_LIMIT_PX = 16777215


class _DrawerTabs(TabBar):
    """Tabs as high as the closed drawer."""

    def tabSizeHint(self, index: int) -> QSize:
        """Return a title's width, and the common height."""
        return QSize(super().tabSizeHint(index).width(), TABS_PX)

    def minimumTabSizeHint(self, index: int) -> QSize:
        """Return the width below which a title is cut, and the common height."""
        return QSize(super().minimumTabSizeHint(index).width(), TABS_PX)


class Drawer(QTabWidget):
    """The tables in tabs; while the drawer is closed, only the tabs are visible.

    ``current_table_changed`` carries the name of the current table, ``toggled`` whether the drawer
    opened. A click on a tab opens the drawer, and a click on the current tab closes it.
    """

    current_table_changed = Signal(str)
    toggled = Signal(bool)

    def __init__(self, context: PanelContext) -> None:
        super().__init__()
        self.setTabBar(_DrawerTabs())
        self.setDocumentMode(True)
        self.setAccessibleName("Tables")
        pages = self.findChild(QStackedWidget)
        assert pages is not None
        self._pages: QStackedWidget = pages
        self._desk = context.desk
        self.opened = True
        self.fold = QToolButton()
        self.fold.setAutoRaise(True)
        self.fold.setIconSize(QSize(ICON_PX, ICON_PX))
        self.fold.clicked.connect(lambda _=False: self.set_open(not self.opened))
        self.setCornerWidget(self.fold, Qt.Corner.TopRightCorner)
        self.panels = LazyPanels(TABLE_TABS, context, self._insert_table)
        self.currentChanged.connect(lambda _: self.current_table_changed.emit(self.current_table))
        self.currentChanged.connect(lambda _: self.updateGeometry())
        self.tabBar().tabBarClicked.connect(self._on_tab_clicked)
        self.set_open(False)

    def minimumSizeHint(self) -> QSize:
        """Return the width of the current table; Qt would include other workspaces' tables."""
        hint, table = super().minimumSizeHint(), self.currentWidget()
        return hint if table is None else QSize(table.minimumSizeHint().width(), hint.height())

    @property
    def current_table(self) -> str:
        """The name of the current table."""
        current = self.currentWidget()
        return next((name for name, panel in self.panels if panel is current), "")

    def set_open(self, opened: bool) -> None:
        """Open or close the drawer."""
        if opened == self.opened:
            return
        self.opened = opened
        self._pages.setVisible(opened)
        self.setMinimumHeight(_MIN_DRAWER_PX if opened else TABS_PX)
        self.setMaximumHeight(_NO_LIMIT_PX if opened else TABS_PX)
        self.refresh()
        self.toggled.emit(opened)

    def refresh(self) -> None:
        """Draw the icon in the current theme's colors."""
        verb = "Close" if self.opened else "Open"
        self.fold.setIcon(self._desk.icons("chevron_down" if self.opened else "chevron_up"))
        self.fold.setToolTip(f"{verb} the tables (Ctrl+2)")
        self.fold.setAccessibleName(f"{verb} the tables")

    def take_keys(self) -> None:
        """Focus the rows of the current table if the drawer is open."""
        panel = self.currentWidget()
        view = panel.findChild(QAbstractItemView) if self.opened and panel is not None else None
        if view is not None:
            view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_table(self, panel: QWidget) -> None:
        """Open the drawer on a table."""
        self.set_open(True)
        self.setCurrentWidget(panel)

    def show_tables(self, names: Iterable[str]) -> None:
        """Show only these tables, with the first one as the current tab; without any, hide."""
        shown = [self.panels[name] for name in names]
        for _, panel in self.panels:
            self.setTabVisible(self.indexOf(panel), panel in shown)
        self.setVisible(bool(shown))
        if shown:
            with QSignalBlocker(self):  # the person chose a workspace, not a table
                self.setCurrentWidget(shown[0])

    def _on_tab_clicked(self, index: int) -> None:
        if index >= 0:
            self.set_open(not (self.opened and index == self.currentIndex()))

    def _insert_table(self, name: str, panel: QWidget, index: int) -> None:
        self.insertTab(index, panel, TABLE_TABS[name].title)
        if isinstance(panel, ChecksPanel):
            self._desk.bridge.changed.connect(lambda _: self._count_checks(panel))
            self._count_checks(panel)

    def _count_checks(self, checks: QWidget) -> None:
        problems = len(self._desk.session.state.problems)
        title = f"Checks ({problems})" if problems else "Checks"
        index = self.indexOf(checks)
        if self.tabText(index) != title:
            self.setTabText(index, title)


class CenterArea(QSplitter):
    """The map and a workspace's board: above the map, left of it in a wide window, or in its place.

    The board keeps its preferred size while ``held``, until a person moves the handle.
    ``board_moved`` is emitted when a board above the map changes its height.
    """

    board_moved = Signal()

    def __init__(self, context: PanelContext, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.held, self._above_px = False, 0
        self.splitterMoved.connect(self._release_board)
        self.setChildrenCollapsible(False)
        self.board = QStackedWidget(self)
        self.board.hide()
        self.boards = LazyPanels(CENTER_BOARDS, context, self._insert_board)

    @property
    def center(self) -> QWidget:
        """The map area, which is the last widget."""
        center = self.widget(self.count() - 1)
        assert center is not None
        return center

    @property
    def shown_board(self) -> QWidget | None:
        """The workspace's board, or None if it has none."""
        return None if self.board.isHidden() else self.board.currentWidget()

    @property
    def above_px(self) -> int:
        """The height of a board with limited height above the map, otherwise 0."""
        board = self.shown_board
        if board is None or board.maximumHeight() >= _NO_LIMIT_PX:
            return 0
        return board.maximumHeight() + self.handleWidth()

    def show_board(self, name: str, *, with_map: bool) -> None:
        """Show a board above the map or in its place, or only the map.

        Qt limits a splitter to the maximum height of its parts. While the map is hidden, a board
        with the previous board's limit would shrink the whole splitter, sometimes permanently.
        """
        if with_map:
            self.center.show()
        if name:
            self.board.setCurrentWidget(self.boards[name])
            self.board.setMaximumHeight(self.boards[name].maximumHeight())
        self.center.setVisible(with_map)
        self.board.setVisible(bool(name))

    def divide(self, saved: QByteArray) -> None:
        """Restore the saved sizes, or use the board's preferred size."""
        self.held = not self.restoreState(saved)
        self._orient()
        self._fit_board()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the board to the new size."""
        super().resizeEvent(event)
        self._orient()
        self._fit_board()

    def _orient(self) -> None:
        """Put a board of unlimited height next to the map if both fit, otherwise above it."""
        board = self.shown_board
        is_tall = board is not None and board.maximumHeight() >= _NO_LIMIT_PX
        fits = is_tall and self.width() >= _MIN_BOARD_PX + _MAP_PX
        orientation = Qt.Orientation.Horizontal if fits else Qt.Orientation.Vertical
        if orientation != self.orientation():
            self.setOrientation(orientation)
            self.held = True

    def event(self, event: QEvent) -> bool:
        """Fit a board that changes its preferred height."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit_board()
        return super().event(event)

    def _fit_board(self) -> None:
        board = self.shown_board
        if board is not None:
            self.board.setMaximumHeight(board.maximumHeight())
        if self.held and board is not None and self.orientation() is Qt.Orientation.Horizontal:
            self.setSizes([self.width() - _MAP_PX, _MAP_PX])
        elif self.held and board is not None:
            height = min(board.sizeHint().height(), self.height() // 2)  # at most as the map
            self.setSizes([height, self.height() - height])
        if self.above_px != self._above_px:
            self._above_px = self.above_px
            self.board_moved.emit()

    def _release_board(self) -> None:
        self.held = False

    def _insert_board(self, name: str, panel: QWidget, index: int) -> None:
        panel.setAccessibleName(CENTER_BOARDS[name].title)
        self.board.insertWidget(index, panel)


@dataclass(frozen=True, slots=True)
class FrameState:
    """The width of the work panel, the height of the drawer, and which of them is open."""

    panel_px: int = PANEL_PX
    panel: bool = True
    drawer_px: int = DRAWER_PX
    drawer: bool = False

    @property
    def text(self) -> str:
        """The state as it is stored."""
        return f"{self.panel_px} {self.panel:d} {self.drawer_px} {self.drawer:d}"


def read_frame_state(text: str, shown: Workspace, *, wide: bool = False) -> FrameState:
    """Return a workspace's stored state, or its initial state, which may differ if ``wide``."""
    numbers = [int(word) for word in text.split() if word.isdecimal()]
    if len(numbers) == 4:
        return FrameState(numbers[0], bool(numbers[1]), numbers[2], bool(numbers[3]))
    column = wide and shown.column_px > 0
    panel_px = shown.wide_panel_px if wide and shown.wide_panel_px else shown.panel_px
    return FrameState(panel_px, bool(shown.panel), shown.drawer_px, shown.drawer or column)


class WorkFrame(QSplitter):
    """The work panel, the map right of it, and the drawer below the map.

    It is put into the window before its parts are created, since Qt restyles everything inside a
    widget each time that the widget gets another parent.
    """

    def __init__(
        self, context: PanelContext, panel: QWidget, drawer: Drawer, parent: QWidget
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        desk = context.desk
        self.beside = QSplitter(Qt.Orientation.Vertical, self)
        self.panel, self.stage, self.drawer = panel, CenterArea(context, self.beside), drawer
        self._drawer_px, self._previous_drawer_px, self._panel_px = DRAWER_PX, 0, PANEL_PX
        self._column_px, self._dragged_column_px, self._is_squeezed = 0, 0, False
        for splitter, parts in ((self.beside, (self.stage, drawer)), (self, (panel, self.beside))):
            splitter.setHandleWidth(1)
            splitter.setObjectName("frame")
            splitter.setChildrenCollapsible(False)
            for part in parts:
                splitter.addWidget(part)
        self.beside.setStretchFactor(0, 1)
        self.beside.splitterMoved.connect(lambda *_: self._on_drawer_dragged())
        self.setStretchFactor(1, 1)
        self.splitterMoved.connect(lambda *_: self._on_panel_dragged())
        self.beside.setMinimumWidth(MIN_CENTER_PX - 160)
        self._panel_action, drawer_action = desk.actions["left"], desk.actions["bottom"]
        self._panel_action.toggled.connect(self.show_panel)
        drawer_action.toggled.connect(drawer.set_open)
        drawer_action.triggered.connect(lambda _=False: drawer.take_keys())
        drawer.toggled.connect(drawer_action.setChecked)
        drawer.toggled.connect(self._share_height)
        self.stage.board_moved.connect(self._update_height)

    @property
    def state(self) -> FrameState:
        """The current sizes."""
        panel_px = self.panel.width() if not self.panel.isHidden() else self.sizes()[0]
        if self._is_squeezed:  # by the window, not by a person
            panel_px = self._panel_px
        return FrameState(
            panel_px or PANEL_PX, not self.panel.isHidden(), self._drawer_px, self.drawer.opened
        )

    def restore(self, state: FrameState, *, with_panel: bool, column_px: int = 0) -> None:
        """Restore a workspace's sizes; the workspace may have no panel.

        With ``column_px``, the tables are a column at least that wide if the window is wide enough.
        """
        self._drawer_px, self._column_px, self._dragged_column_px = state.drawer_px, column_px, 0
        self.show_panel(state.panel and with_panel)
        self._panel_px = state.panel_px
        self._share_width()
        self.drawer.set_open(state.drawer)
        self._share_height(state.drawer)

    def show_panel(self, shown: bool = True) -> None:
        """Show or hide the work panel."""
        self.panel.setVisible(shown)
        self._panel_action.setChecked(shown)

    def widen_panel(self, min_px: int) -> None:
        """Show the panel, and make it at least this wide."""
        self.show_panel()
        self._panel_px = max(self.panel.width(), min_px)
        self._share_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the map's minimum width."""
        super().resizeEvent(event)
        self._orient_tables()
        self._update_height()
        if self._is_squeezed or self.panel.width() > self.width() - MIN_CENTER_PX:
            self._share_width()

    def _share_width(self) -> None:
        """Give the panel its width, as far as the map keeps its minimum."""
        width = min(self._panel_px, self.width() - MIN_CENTER_PX - 1)
        self._is_squeezed = width < self._panel_px
        self.setSizes([width, self.width() - width])

    def give_table_room(self, share: float) -> None:
        """Give the current table a share of the height in place of the map; 0 restores the map."""
        if bool(share) == bool(self._previous_drawer_px):
            return
        previous_px = self._previous_drawer_px or self._drawer_px
        self._previous_drawer_px = previous_px if share else 0
        self.stage.center.setVisible(not share)
        self._drawer_px = max(previous_px, round(self.height() * share))
        self._share_height(self.drawer.opened)

    @property
    def _has_column(self) -> bool:
        return self.beside.orientation() is Qt.Orientation.Horizontal

    def _orient_tables(self) -> None:
        """Put open tables in a column next to the map if the workspace allows it and they fit."""
        can_be_column = self._column_px > 0 and not self._previous_drawer_px
        is_column = can_be_column and self.width() >= COLUMN_FROM_PX and self.drawer.opened
        if is_column != self._has_column:
            self.beside.setOrientation(
                Qt.Orientation.Horizontal if is_column else Qt.Orientation.Vertical
            )
            self._share_height(self.drawer.opened)

    def _on_panel_dragged(self) -> None:
        """Remember the width that a person gave the panel."""
        self._panel_px, self._is_squeezed = self.sizes()[0], False

    def _on_drawer_dragged(self) -> None:
        """Remember the height or width that a person gave the open drawer."""
        if not self.drawer.opened:
            return
        if self._has_column:
            self._dragged_column_px = self.drawer.width()
        else:
            self._drawer_px = self.drawer.height()

    @property
    def _is_default_height(self) -> bool:
        """Whether no person resized the drawer, and no table replaces the map."""
        defaults = {workspace.drawer_px for workspace in WORKSPACES.values()}
        return not self._previous_drawer_px and self._drawer_px in defaults

    def _choose_height(self) -> int:
        """Return the height that a person gave the drawer, otherwise what the map can spare.

        The map keeps half of the height even below a banner and rows of units.
        """
        if not self._is_default_height:
            return self._drawer_px
        wanted = max(self._drawer_px, round(self.height() * _DRAWER_SHARE))
        if self.stage.center.isHidden():
            return wanted
        spare_px = self.beside.height() // 2 - self.stage.above_px - self.beside.handleWidth()
        return max(_MIN_DRAWER_PX, min(wanted, spare_px))

    def _update_height(self) -> None:
        """Fit tables that nobody resized to the window, its banners and the board."""
        if self.drawer.opened and (self._has_column or self._is_default_height):
            self._share_height(opened=True)

    def _share_height(self, opened: bool) -> None:
        self._orient_tables()
        self.beside.setHandleWidth(int(opened))
        if self._has_column:
            default_px = max(self._column_px, round(self.width() * _COLUMN_SHARE))
            width = self._dragged_column_px or default_px
            self.beside.setSizes([max(1, self.beside.width() - width), width])
            return
        height = self._choose_height() if opened else TABS_PX
        self.beside.setSizes([max(1, self.beside.height() - height), height])
