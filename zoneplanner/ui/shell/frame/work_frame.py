"""The window below its bands: the work panel at the left, the map, and the drawer below the map.

The parts of the window by name, each made when it is first asked for, and the work panel.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
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
from zoneplanner.ui.widgets.style.theme import ICON_PX, Theme

_ALL_ROOM = 100


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
            bar_forbidden_parts(spec, panel, self._given.desk.session)
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


class WorkPanel(QWidget):
    """Sections above each other, each with a title under a fold of its own.

    They scroll, and so does what a section has ``below`` them all, where it moves nothing as it
    grows. The ``head`` of a section does not, and stands above them, nor does its ``foot`` below.
    ``folded`` tells that one was opened, whose content is made by then, or folded away.
    """

    folded = Signal()

    def __init__(self, given: PanelContext) -> None:
        super().__init__()
        self._kept, self._view = given.kept, given.view
        self.folds: dict[str, CollapsibleSection] = {}
        self._rows = make_column_layout(self, None, margin_px=0, spacing_px=0)
        self._ends: dict[str, list[QWidget]] = {}
        self.head, self.foot = QWidget(), QWidget()
        self._above, self._below = (
            make_column_layout(end, margin_px=0, spacing_px=0) for end in (self.head, self.foot)
        )
        self.sections = LazyPanels(PANEL_SECTIONS, given, self._put)

    def sizeHint(self) -> QSize:
        """Return the least size, which is all that what scrolls it asks for.

        Qt's own hint measures all texts at another width each time that something in it changed,
        and a layout remembers one width: beside 135 calls that took a fifth of a key.
        """
        return self.minimumSizeHint()

    @property
    def parts(self) -> list[QWidget]:
        """The sections with their folds, from above."""
        panels = [panel for _, panel in self.sections]
        ends = [end for own in self._ends.values() for end in own]
        parts = [*self.folds.values(), *panels, *ends]
        return sorted(
            (part for part in parts if self._rows.indexOf(part) >= 0), key=self._rows.indexOf
        )

    def show_sections(self, names: Iterable[str]) -> None:
        """Show some of the sections."""
        shown = [self.sections[name] for name in names]
        for name, panel in self.sections:
            self.folds.get(name, panel).setVisible(panel in shown)
            for end in self._ends.get(name, ()):
                end.setVisible(panel in shown)

    def collect_state(self) -> dict[str, str]:
        """Return the texts that bring the folds back the next time."""
        return {f"fold.{name}": str(fold.opened) for name, fold in self.folds.items()}

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        part = PANEL_SECTIONS[name]
        if part.title:
            opened = self._kept.get(f"fold.{name}", str(part.opened)) == "True"
            self.folds[name] = CollapsibleSection(part.title, panel, opened=opened)
            self.folds[name].folded.connect(self.folded)
            self.folds[name].header.setEnabled(panel.isEnabled())
        self._rows.insertWidget(at, self.folds.get(name, panel), _ALL_ROOM if part.fills else 0)
        for end, rows in (("head", self._above), ("foot", self._below)):
            if (part_beside := getattr(panel, end, None)) is not None:
                self._ends.setdefault(name, []).append(part_beside)
                rows.addWidget(part_beside)
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
"""The height of the drawer while it is closed: its tabs."""
_LEAST_DRAWER_PX, LEAST_BESIDE_PX = 120, 480
_LEAST_BOARD_PX, _MAP_PX = 880, 520
_DRAWER_SHARE = 0.24
"""Of a high window; there a drawer that nobody sized shows as many rows as the map can spare."""
_COLUMN_SHARE = 0.26
"""Of the window; as wide is a column of tables in a very wide one."""
COLUMN_FROM_PX = 1800
"""From this width of the window on the tables of a workspace may be a column beside the map."""
"""A board that is so wide at least has the map of this width beside it."""
_NO_LIMIT_PX = 16777215


class _DrawerTabs(TabBar):
    """Tabs as high as the drawer is while it is closed."""

    def tabSizeHint(self, index: int) -> QSize:
        """Return the width of a title, and the one height."""
        return QSize(super().tabSizeHint(index).width(), TABS_PX)

    def minimumTabSizeHint(self, index: int) -> QSize:
        """Return the width below which a title is cut, and the one height."""
        return QSize(super().minimumTabSizeHint(index).width(), TABS_PX)


class Drawer(QTabWidget):
    """The tables by name, a tab each; closed, only the tabs are seen, and no table reads anything.

    ``current_table_changed`` carries the name of the one on top, ``toggled`` whether it opened.
    A click on a tab opens the drawer, one on the tab on top closes it.
    """

    current_table_changed = Signal(str)
    toggled = Signal(bool)

    def __init__(self, given: PanelContext) -> None:
        super().__init__()
        self.setTabBar(_DrawerTabs())
        self.setDocumentMode(True)
        self.setAccessibleName("Tables")
        pages = self.findChild(QStackedWidget)
        assert pages is not None
        self._pages: QStackedWidget = pages
        self._desk = given.desk
        self.opened = True
        self.fold = QToolButton()
        self.fold.setAutoRaise(True)
        self.fold.setIconSize(QSize(ICON_PX, ICON_PX))
        self.fold.clicked.connect(lambda _=False: self.set_open(not self.opened))
        self.setCornerWidget(self.fold, Qt.Corner.TopRightCorner)
        self.panels = LazyPanels(TABLE_TABS, given, self._put)
        self.currentChanged.connect(lambda _: self.current_table_changed.emit(self.current_table))
        self.currentChanged.connect(lambda _: self.updateGeometry())
        self.tabBar().tabBarClicked.connect(self._take_click)
        self.set_open(False)

    def minimumSizeHint(self) -> QSize:
        """Return the room that the table on top needs; Qt would count those of other workspaces."""
        least, shown = super().minimumSizeHint(), self.currentWidget()
        return least if shown is None else QSize(shown.minimumSizeHint().width(), least.height())

    @property
    def current_table(self) -> str:
        """The name of the table on top."""
        shown = self.currentWidget()
        return next((name for name, panel in self.panels if panel is shown), "")

    def set_open(self, opened: bool) -> None:
        """Open the drawer, or leave its tabs alone."""
        if opened == self.opened:
            return
        self.opened = opened
        self._pages.setVisible(opened)
        self.setMinimumHeight(_LEAST_DRAWER_PX if opened else TABS_PX)
        self.setMaximumHeight(_NO_LIMIT_PX if opened else TABS_PX)
        self.refresh()
        self.toggled.emit(opened)

    def refresh(self) -> None:
        """Take the icon of the present theme."""
        what = "Close" if self.opened else "Open"
        self.fold.setIcon(self._desk.icons("chevron_down" if self.opened else "chevron_up"))
        self.fold.setToolTip(f"{what} the tables (Ctrl+2)")
        self.fold.setAccessibleName(f"{what} the tables")

    def take_keys(self) -> None:
        """Give the rows of the open table the keys: its action opened it for them."""
        panel = self.currentWidget()
        view = panel.findChild(QAbstractItemView) if self.opened and panel is not None else None
        if view is not None:
            view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_table(self, panel: QWidget) -> None:
        """Open the drawer on a table."""
        self.set_open(True)
        self.setCurrentWidget(panel)

    def show_tables(self, names: Iterable[str]) -> None:
        """Show some of the tables, the first one on top; without any the drawer is gone."""
        shown = [self.panels[name] for name in names]
        for _, panel in self.panels:
            self.setTabVisible(self.indexOf(panel), panel in shown)
        self.setVisible(bool(shown))
        if shown:
            with QSignalBlocker(self):  # a workspace was turned to, not a table
                self.setCurrentWidget(shown[0])

    def _take_click(self, at: int) -> None:
        if at >= 0:
            self.set_open(not (self.opened and at == self.currentIndex()))

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        self.insertTab(at, panel, TABLE_TABS[name].title)
        if isinstance(panel, ChecksPanel):
            self._desk.bridge.changed.connect(lambda _: self._count_checks(panel))
            self._count_checks(panel)

    def _count_checks(self, checks: QWidget) -> None:
        problems = len(self._desk.session.state.problems)
        title = f"Checks ({problems})" if problems else "Checks"
        at = self.indexOf(checks)
        if self.tabText(at) != title:
            self.setTabText(at, title)


class CenterArea(QSplitter):
    """The map, and the board of a workspace above it, in a wide window left of it, or in its place.

    The board has the room that it asks for while it is ``held``, until a person moves the handle;
    ``board_moved`` says that one above the map takes more or less of it than before.
    """

    board_moved = Signal()

    def __init__(self, given: PanelContext, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.held, self._above_px = False, 0
        self.splitterMoved.connect(self._let_go)
        self.setChildrenCollapsible(False)
        self.board = QStackedWidget(self)
        self.board.hide()
        self.boards = LazyPanels(CENTER_BOARDS, given, self._put)

    @property
    def center(self) -> QWidget:
        """The map with what lies over it: the part made last."""
        made = self.widget(self.count() - 1)
        assert made is not None
        return made

    @property
    def shown_board(self) -> QWidget | None:
        """The board of the workspace, None where it has none."""
        return None if self.board.isHidden() else self.board.currentWidget()

    @property
    def above_px(self) -> int:
        """How much a low board takes of the map's height; one that is no strip is read itself."""
        board = self.shown_board
        if board is None or board.maximumHeight() >= _NO_LIMIT_PX:
            return 0
        return board.maximumHeight() + self.handleWidth()

    def show_board(self, name: str, *, with_map: bool) -> None:
        """Show a board above the map or in its place, or the map alone.

        Qt gives a splitter the greatest height of its parts: while the map is away, a board that
        is still as low as the one before would hold all of it down, at times for good.
        """
        if with_map:
            self.center.show()
        if name:
            self.board.setCurrentWidget(self.boards[name])
            self.board.setMaximumHeight(self.boards[name].maximumHeight())
        self.center.setVisible(with_map)
        self.board.setVisible(bool(name))

    def divide(self, kept: QByteArray) -> None:
        """Share the height as it was kept, else as the board asks for."""
        self.held = not self.restoreState(kept)
        self._turn_upright()
        self._hold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the map have what there is more or less."""
        super().resizeEvent(event)
        self._turn_upright()
        self._hold()

    def _turn_upright(self) -> None:
        """Put board and map beside each other where both have room there; a low one stays above."""
        board = self.shown_board
        tall = board is not None and board.maximumHeight() >= _NO_LIMIT_PX
        wide = tall and self.width() >= _LEAST_BOARD_PX + _MAP_PX
        wanted = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if wanted != self.orientation():
            self.setOrientation(wanted)
            self.held = True

    def event(self, event: QEvent) -> bool:
        """Follow a board that asks for another height."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._hold()
        return super().event(event)

    def _hold(self) -> None:
        board = self.shown_board
        if board is not None:
            self.board.setMaximumHeight(board.maximumHeight())
        if self.held and board is not None and self.orientation() is Qt.Orientation.Horizontal:
            self.setSizes([self.width() - _MAP_PX, _MAP_PX])
        elif self.held and board is not None:
            high = min(board.sizeHint().height(), self.height() // 2)  # and no more than the map
            self.setSizes([high, self.height() - high])
        if self.above_px != self._above_px:
            self._above_px = self.above_px
            self.board_moved.emit()

    def _let_go(self) -> None:
        self.held = False

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        panel.setAccessibleName(CENTER_BOARDS[name].title)
        self.board.insertWidget(at, panel)


@dataclass(frozen=True, slots=True)
class FrameState:
    """How wide the work panel and how high the drawer is, and which of them is open."""

    panel_px: int = PANEL_PX
    panel: bool = True
    drawer_px: int = DRAWER_PX
    drawer: bool = False

    @property
    def text(self) -> str:
        """The state as it is kept."""
        return f"{self.panel_px} {self.panel:d} {self.drawer_px} {self.drawer:d}"


def read_frame_state(text: str, shown: Workspace, *, wide: bool = False) -> FrameState:
    """Return what was kept of a workspace, or how it is at first, in a wide window or not."""
    kept = [int(word) for word in text.split() if word.isdecimal()]
    if len(kept) == 4:
        return FrameState(kept[0], bool(kept[1]), kept[2], bool(kept[3]))
    column = wide and shown.column_px > 0
    panel_px = shown.wide_panel_px if wide and shown.wide_panel_px else shown.panel_px
    return FrameState(panel_px, bool(shown.panel), shown.drawer_px, shown.drawer or column)


class WorkFrame(QSplitter):
    """The work panel, right of it the map and below that the drawer; actions show and hide both.

    It stands in the window before its parts are made: Qt tells all that is in a part of the style
    of each widget that it is put into.
    """

    def __init__(self, given: PanelContext, panel: QWidget, drawer: Drawer, over: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, over)
        desk = given.desk
        self.beside = QSplitter(Qt.Orientation.Vertical, self)
        self.panel, self.stage, self.drawer = panel, CenterArea(given, self.beside), drawer
        self._drawer_px, self._low_px, self._wanted_px = DRAWER_PX, 0, PANEL_PX
        self._column_px, self._dragged_px, self._squeezed = 0, 0, False
        for splitter, parts in ((self.beside, (self.stage, drawer)), (self, (panel, self.beside))):
            splitter.setHandleWidth(1)
            splitter.setObjectName("frame")
            splitter.setChildrenCollapsible(False)
            for part in parts:
                splitter.addWidget(part)
        self.beside.setStretchFactor(0, 1)
        self.beside.splitterMoved.connect(lambda *_: self._take_height())
        self.setStretchFactor(1, 1)
        self.splitterMoved.connect(lambda *_: self._take_width())
        self.beside.setMinimumWidth(LEAST_BESIDE_PX - 160)
        self._panel_action, drawer_action = desk.actions["left"], desk.actions["bottom"]
        self._panel_action.toggled.connect(self.show_panel)
        drawer_action.toggled.connect(drawer.set_open)
        drawer_action.triggered.connect(lambda _=False: drawer.take_keys())
        drawer.toggled.connect(drawer_action.setChecked)
        drawer.toggled.connect(self._share_height)
        self.stage.board_moved.connect(self._share_anew)

    @property
    def state(self) -> FrameState:
        """How the window is divided now."""
        panel_px = self.panel.width() if not self.panel.isHidden() else self.sizes()[0]
        if self._squeezed:  # the window took it, no person did
            panel_px = self._wanted_px
        return FrameState(
            panel_px or PANEL_PX, not self.panel.isHidden(), self._drawer_px, self.drawer.opened
        )

    def restore(self, state: FrameState, *, with_panel: bool, column_px: int = 0) -> None:
        """Divide the window as it was left; a workspace may have no panel.

        With a ``column_px`` the tables are a column at least so wide where there is room for it.
        """
        self._drawer_px, self._column_px, self._dragged_px = state.drawer_px, column_px, 0
        self.show_panel(state.panel and with_panel)
        self._wanted_px = state.panel_px
        self._share_width()
        self.drawer.set_open(state.drawer)
        self._share_height(state.drawer)

    def show_panel(self, shown: bool = True) -> None:
        """Show or hide the work panel."""
        self.panel.setVisible(shown)
        self._panel_action.setChecked(shown)

    def widen_panel(self, least_px: int) -> None:
        """Let the panel be so wide at least."""
        self.show_panel()
        self._wanted_px = max(self.panel.width(), least_px)
        self._share_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the map its least width in a narrower window."""
        super().resizeEvent(event)
        self._turn()
        self._share_anew()
        if self._squeezed or self.panel.width() > self.width() - LEAST_BESIDE_PX:
            self._share_width()

    def _share_width(self) -> None:
        """Give the panel what it is to have, as far as the map keeps its room."""
        wide = min(self._wanted_px, self.width() - LEAST_BESIDE_PX - 1)
        self._squeezed = wide < self._wanted_px
        self.setSizes([wide, self.width() - wide])

    def give_table_room(self, share: float) -> None:
        """Give the table on top a share of the height in the room of the map; 0 gives it back."""
        if bool(share) == bool(self._low_px):
            return
        low_px = self._low_px or self._drawer_px
        self._low_px = low_px if share else 0
        self.stage.center.setVisible(not share)
        self._drawer_px = max(low_px, round(self.height() * share))
        self._share_height(self.drawer.opened)

    def _turn(self) -> None:
        """Put open tables beside the map where they may be a column and there is room, or below."""
        wide = self._column_px and not self._low_px and self.width() >= COLUMN_FROM_PX
        beside = bool(wide) and self.drawer.opened
        wanted = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if wanted != self.beside.orientation():
            self.beside.setOrientation(wanted)
            self._share_height(self.drawer.opened)

    def _take_width(self) -> None:
        """Keep the width that a person gave the panel."""
        self._wanted_px, self._squeezed = self.sizes()[0], False

    def _take_height(self) -> None:
        """Keep the height that a person gave the drawer, also while it is closed, or its width."""
        if not self.drawer.opened:
            return
        if self.beside.orientation() is Qt.Orientation.Vertical:
            self._drawer_px = self.drawer.height()
        else:
            self._dragged_px = self.drawer.width()

    @property
    def _unsized(self) -> bool:
        """True while no person gave the drawer a height, and no table has the map's room."""
        return not self._low_px and self._drawer_px in {
            one.drawer_px for one in WORKSPACES.values()
        }

    def _choose_height(self) -> int:
        """Return the height of the open drawer: as it was left, else what the map can spare.

        The map keeps half of the height even under a band and rows of units.
        """
        if not self._unsized:
            return self._drawer_px
        wanted = max(self._drawer_px, round(self.height() * _DRAWER_SHARE))
        if self.stage.center.isHidden():
            return wanted
        spare = self.beside.height() // 2 - self.stage.above_px - self.beside.handleWidth()
        return max(_LEAST_DRAWER_PX, min(wanted, spare))

    def _share_anew(self) -> None:
        """Follow the window, its bands and the units with tables that nobody sized."""
        beside = self.beside.orientation() is Qt.Orientation.Horizontal
        if self.drawer.opened and (beside or self._unsized):
            self._share_height(opened=True)

    def _share_height(self, opened: bool) -> None:
        self._turn()
        self.beside.setHandleWidth(int(opened))
        if self.beside.orientation() is Qt.Orientation.Horizontal:
            usual = max(self._column_px, round(self.width() * _COLUMN_SHARE))
            column = self._dragged_px or usual
            self.beside.setSizes([max(1, self.beside.width() - column), column])
            return
        low = self._choose_height() if opened else TABS_PX
        self.beside.setSizes([max(1, self.beside.height() - low), low])
