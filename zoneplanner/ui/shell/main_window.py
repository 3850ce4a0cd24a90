"""The window of one project: top bar, map, docks and status bar; workspaces change the docks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QWidget

from zoneplanner.app.geography.map_themes import VISIT
from zoneplanner.app.session.events import SessionChange
from zoneplanner.app.session.session import Session
from zoneplanner.domain.changes import ProjectChanges
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.ui.data.file_actions import FileActions
from zoneplanner.ui.help.help_actions import HelpActions
from zoneplanner.ui.map.panels.tool_bar import MapToolBar
from zoneplanner.ui.map.symbology.site_coloring import ColoringChoice, parse_coloring_choice
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.plan.assignment.assign_keys import AssignKeys
from zoneplanner.ui.plan.assignment.lock_actions import LockActions
from zoneplanner.ui.plan.assumptions.assumption_actions import AssumptionActions
from zoneplanner.ui.plan.comparison.comparison_controller import ComparisonController
from zoneplanner.ui.plan.plans.plan_actions import PlanActions
from zoneplanner.ui.plan.what_if.what_if_actions import WhatIfActions
from zoneplanner.ui.shell.actions.log_actions import LogActions
from zoneplanner.ui.shell.actions.map_actions import MapFeedback, MapNavigation
from zoneplanner.ui.shell.actions.site_menu import SiteMenu
from zoneplanner.ui.shell.actions.undo_actions import UndoActions
from zoneplanner.ui.shell.bars.banners import DemandGapBanner, HistoryPreviewBanner, ReadOnlyBanner
from zoneplanner.ui.shell.bars.status_bar import StatusBar
from zoneplanner.ui.shell.bars.top_bar import TopBar
from zoneplanner.ui.shell.docks import (
    CenterArea,
    LeftColumn,
    RightColumn,
    TableTabs,
    add_dock,
    capture_workspace_layout,
    make_banners,
    restore_workspace_layout,
    stack_widgets,
)
from zoneplanner.ui.shell.search_field import SearchField
from zoneplanner.ui.shell.side_docks import SideDocks
from zoneplanner.ui.shell.stray_key_undo import StrayKeyUndo
from zoneplanner.ui.shell.workspaces import (
    HIDDEN_BESIDE_TABLE,
    LEFT_DOCK_SECTIONS,
    PANELS_BELOW_CARD,
    TABLE_TABS,
    TABLES_INSTEAD_OF_MAP,
    WORKSPACES,
    PanelContext,
)
from zoneplanner.ui.widgets.inputs.file_dialogs import FileDropFilter
from zoneplanner.ui.widgets.layout.basic_widgets import set_tab_order, wrap_in_scroll_area
from zoneplanner.ui.widgets.layout.window_geometry import DialogSizes
from zoneplanner.ui.widgets.services.action_table import Actions
from zoneplanner.ui.widgets.services.jobs import Jobs
from zoneplanner.ui.widgets.services.notices import NoticeBar
from zoneplanner.ui.widgets.services.pending_entry import PendingEntryBar
from zoneplanner.ui.widgets.services.readiness_reader import ReadinessReader
from zoneplanner.ui.widgets.services.session_bridge import SessionBridge
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.icons import Icons
from zoneplanner.ui.widgets.style.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoneplanner.ui.map.panels.layers_panel import LayersPanel
    from zoneplanner.ui.map.panels.symbology_panel import SymbologyPanel
    from zoneplanner.ui.plan.assignment.locks_panel import LocksPanel
    from zoneplanner.ui.plan.optimizer.optimizer_panel import OptimizerPanel
    from zoneplanner.ui.plan.plans.plans_panel import PlansPanel
    from zoneplanner.ui.plan.tables.checks_table import ChecksPanel
    from zoneplanner.ui.plan.tables.figures_panel import PlanFiguresPanel
    from zoneplanner.ui.plan.tables.history_table import HistoryPanel
    from zoneplanner.ui.plan.tables.sites_table import SitesPanel
    from zoneplanner.ui.plan.tables.zones_table import ZonesPanel
    from zoneplanner.ui.shell.search_destinations import DestinationFinder
    from zoneplanner.ui.widgets.services.search_items import SearchItem

_PROPOSE_PX = 330
_TALL_TABLE_SHARE = 0.45


class MainWindow(QMainWindow):
    """Holds the panels of one open project and lets them meet.

    ``remembered`` tells that something of ``kept`` is to be stored at once.
    """

    state_changed = Signal()

    def __init__(
        self,
        session: Session,
        theme: Theme,
        *,
        recent: QMenu,
        appearance: QMenu,
        kept: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        icons = Icons(theme)
        stage = QWidget()
        bridge, jobs = SessionBridge(session, self), Jobs(self)
        self.desk = UiContext(
            session=session,
            bridge=bridge,
            jobs=jobs,
            readiness=ReadinessReader(bridge, jobs, self),
            actions=Actions(icons, self),
            icons=icons,
            notices=NoticeBar(stage, icons, session.rewrite),
            pending=PendingEntryBar(stage, icons),
        )
        self._kept = dict(kept)
        self._left_away = False
        self._low_table_px: int | None = None
        self.workspace = ""
        self.map = MapView(session, bridge, theme, self.desk.readiness)
        self.center = QStackedWidget()
        self.desk.notices.stand_over(self.center)
        self.desk.pending.stand_over(self.center)
        self.map.setObjectName("map")
        self.center.addWidget(self.map)
        self.map.stand_under(self.desk.notices)
        self.tool_row = MapToolBar(self.desk, self.map.toolbox)
        self.response_bar, response, self.what_if_banner = make_banners(self.desk, self.map)
        self.read_only_banner = ReadOnlyBanner(self.desk)
        self.history_banner = HistoryPreviewBanner(self.desk)
        self.demand_banner = DemandGapBanner(self.desk)
        bands = (
            self.tool_row,
            self.response_bar,
            response,
            self.what_if_banner,
            self.history_banner,
            self.demand_banner,
        )
        self.setCentralWidget(stack_widgets(self.read_only_banner, *bands, stage))
        self.plan_actions = PlanActions(self.desk, self)
        self.undo_actions = UndoActions(self.desk, self, lambda: self.workspace)
        self.history_banner.go_back_asked.connect(self.undo_actions.ask_go_back)
        self.lock_actions = LockActions(self.desk, self)
        self.log_actions = LogActions(self.desk, self)
        response.ending.connect(self.log_actions.end)
        self.files = FileActions(self.desk, self.map, self, lambda: self.workspace)
        self.rule_actions = AssumptionActions(self.desk, self)
        self.site_actions = SiteMenu(self.desk, self.map, self._open_card)
        self.map_actions = MapFeedback(self.desk, self.map, self)
        self.desk.actions.set_handler("handout", lambda: self.show_workspace("publish"))
        changes = "data.projects.external_changes:ExternalChangesDialog"
        self.desk.actions.set_handler(
            "external_changes", lambda: self.desk.ask(changes, parent=self)
        )
        self.what_if_actions = WhatIfActions(self.desk, self)
        self.search = SearchField(self.desk, self._kept.get("found", ""))
        self._appearance = appearance
        self.destinations: DestinationFinder | None = None
        self.bar = TopBar(self.desk, self.search, recent, appearance)
        self.help_actions = HelpActions(
            self.desk,
            self,
            view=self.map,
            place_of=self.bar.place_of,
            kept=self._kept,
            remember=self.state_changed.emit,
        )
        self.addToolBar(self.bar)
        self.status = StatusBar(self.desk)
        self.setStatusBar(self.status)
        self._make_parts(stage)
        self.addActions(self.desk.actions.all())
        self._connect()
        DialogSizes(self, self._kept)

    def show_workspace(self, name: str) -> None:
        """Turn to a workspace: its docks, tables and coloring; the map stays where it is."""
        if name == self.workspace:
            return
        self.desk.session.view_present()
        self.comparison.close()
        self.map.end_hover()
        self.desk.notices.hide_with_workspace()
        if self.workspace:
            self._kept.update(self._capture_layout())
        self.workspace, shown = name, WORKSPACES[name]
        self.left.show_sections(shown.left)
        self.docks["left"].setMinimumWidth(shown.least_left_px)
        self.right.show_below(shown.below_card)
        self.tool_row.set_tools_shown(shown.tools)
        self.assign_keys.set_enabled(shown.tools)
        self.tabs.show_tables(shown.tables)
        self.stage.show_board(shown.board, with_map=shown.map)
        self.bar.show_workspace(name)
        self.read_only_banner.show_workspace(name)
        self.demand_banner.show_workspace(name)
        self.undo_actions.refresh()
        self._follow_period()
        self._color_as_before()
        self.sides.lay_out(
            lambda: restore_workspace_layout(self, self.docks, self.stage, name, self._kept)
        )
        self.sections.verticalScrollBar().setValue(0)
        self._order_tabs()

    def collect_window_state(self) -> dict[str, str]:
        """Return the texts that bring docks and workspace back the next time."""
        now = {"found": self.search.recent_text(), "workspace": self.workspace}
        return self._kept | self._capture_layout() | self.left.collect_state() | now

    def set_theme(self, theme: Theme) -> None:
        """Take other colors; the place on the map stays."""
        self.desk.icons.set_theme(theme)
        parts = (self.plan_actions, self.lock_actions, self.bar, self.plans, self.locks)
        for part in (*parts, self.optimizer, self.what_if_banner):
            part.refresh()
        self.desk.notices.hide()
        for drawn in (self.map, self.comparison, *self._shelves):
            drawn.set_theme(theme)

    def set_formats(self, formats: LocaleFormats) -> None:
        """Write days, times and lengths in another way in all that is shown."""
        session = self.desk.session
        session.formats = formats
        self.desk.bridge.changed.emit(SessionChange(session.state, session.state, ProjectChanges()))
        for shelf in self._shelves:
            for _, part in shelf:
                mark_stale = getattr(part, "mark_stale", None)
                if mark_stale is not None:
                    mark_stale()

    def close_project(self) -> None:
        """Write what waits, stop all work and let go of the project."""
        self.desk.pending.write_now()
        self.status.following.close()
        self.desk.jobs.close()
        self.desk.bridge.close()
        self.desk.session.close()

    def _make_parts(self, stage: QWidget) -> None:
        desk, view = self.desk, self.map
        log = self.log_actions
        given = self.given = PanelContext(
            desk, view, self._kept, log.records, log.readiness.open_requirement_form
        )
        left, right, tabs = LeftColumn(given), RightColumn(given), TableTabs(given)
        self.left, self.right, self.tabs = left, right, tabs
        self.stage = CenterArea(given, self.center)
        stack_widgets(self.stage, on=stage)
        self._shelves = (left.sections, right.parts, tabs.panels, self.stage.boards)
        left.show_sections(WORKSPACES["plan"].left)
        self.plans: PlansPanel = left.sections["plans"]
        self.locks: LocksPanel = left.sections["locks"]
        self.optimizer: OptimizerPanel = left.sections["optimizer"]
        self.themes: SymbologyPanel = left.sections["themes"]
        self.layers: LayersPanel = left.sections["layers"]
        self.card, self.site_card, self.zone_card = right.card, right.site_card, right.zone_card
        self.figures: PlanFiguresPanel = right.parts["figures"]
        self.zones: ZonesPanel = tabs.panels["zones"]
        self.sites: SitesPanel = tabs.panels["sites"]
        self.checks: ChecksPanel = tabs.panels["checks"]
        self.history: HistoryPanel = tabs.panels["history"]
        self.sections = wrap_in_scroll_area(left, "Plans and layers")
        self.docks = {
            "left": add_dock(self, desk, "left", "Plans and layers", self.sections),
            "right": add_dock(self, desk, "right", "Card and figures", right),
            "bottom": add_dock(self, desk, "bottom", "Tables", tabs),
        }
        self.sides = SideDocks(self, self.docks)
        tabs.current_table_changed.connect(self._turn)

    def _turn(self, table: str) -> None:
        """Show what stands beside the table on top; one that nothing stands beside has its room."""
        self.left.turn(table)
        left = self.docks["left"]
        if table in HIDDEN_BESIDE_TABLE and left.isVisible():
            left.hide()
            self._left_away = True
        elif table not in HIDDEN_BESIDE_TABLE and self._left_away:
            left.show()
            self._left_away = False
        self._make_table_room(tall=table in TABLES_INSTEAD_OF_MAP)

    def _make_table_room(self, *, tall: bool) -> None:
        """Give the tables the room of the map, or give it back."""
        if tall == (self._low_table_px is not None):
            return
        bottom = self.docks["bottom"]
        low_px = bottom.height() if self._low_table_px is None else self._low_table_px
        self._low_table_px = low_px if tall else None
        self.stage.center.setVisible(not tall)
        height = max(low_px, round(self.height() * _TALL_TABLE_SHARE)) if tall else low_px
        self.resizeDocks([bottom], [height], Qt.Orientation.Vertical)

    def _capture_layout(self) -> dict[str, str]:
        self._turn("")
        with self.sides.unfolded():
            return capture_workspace_layout(self, self.stage, self.workspace)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the map its room between the docks."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.sides.fit()

    def _connect(self) -> None:
        desk = self.desk
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.map_navigation, self.assign_keys = MapNavigation(desk, self.map), AssignKeys(desk)
        self.comparison = ComparisonController(desk, self.map, self.center, self.tabs)
        self.comparison.toggled.connect(self._make_room)
        self.comparison.cursor_moved.connect(self.status.point_at)
        self.search.place_chosen.connect(self.comparison.zoom_to_selection)
        self.what_if_banner.compare_asked.connect(self._compare_what_if)
        self.demand_banner.search_asked.connect(lambda: self._open_section("optimizer").start())
        for name, do in {
            "compare": self._compare,
            "search": self.search.start,
            "propose": lambda: self._open_section("optimizer").begin(),
            "why_here": lambda: self._open_section("optimizer").explain(),
            "unit_off": lambda: self._open_section("what_if").ask_unit_off(),
            "other_count": lambda: self._open_section("what_if").ask_count(),
            "rename_plan": lambda: self._open_section("plans").edit_name(),
            "new_incident": lambda: self._open_console().start(),
            "month_report": self._choose_month_report,
            "open_incidents": lambda: self._open_console().focus_board(),
        }.items():
            desk.actions.set_handler(name, do)
        # the call that was opened with an action: its card has the keys that send units
        self.response_bar.recorded.connect(lambda uid: self._open_console().show_incident(uid))
        desk.actions["not_visited"].toggled.connect(self._show_missed)
        self.bar.workspace_chosen.connect(self.show_workspace)
        self.search.place_chosen.connect(self.map_navigation.zoom_to_selection)
        self.search.add_source(self._list_more_search_items)
        self.map.arrange(self.layers.arrangement)
        self.layers.arranged.connect(self.map.arrange)
        self.layers.arranged.connect(self.comparison.follow_layers)
        self.layers.removed.connect(self.files.layers.remove)
        self.map.map.tiles_failed.connect(desk.notices.show_notice)
        self.stray_keys = StrayKeyUndo(desk, self.map.toolbox, self)
        self.drops = FileDropFilter(self)
        self.drops.dropped.connect(self.files.open)
        self.themes.chosen.connect(self._color)
        self.themes.picked.connect(self.map.pick)
        self.map.coloring_changed.connect(self._show_coloring)
        self.left.folded.connect(self._order_tabs)
        self.map.picked.connect(self._show_picked)
        self.map.cursor_moved.connect(self.status.point_at)
        self.map.block_asked.connect(self.rule_actions.ask_block)
        self.checks.place_requested.connect(self.map_navigation.zoom_to_place)
        self.sites.asked.connect(self.site_actions.ask)
        self.map.planned_asked.connect(self.what_if_actions.ask_planned)

    def show_part(self, workspace: str, name: str) -> QWidget:
        """Turn to a section, a table, what is below the card or a board by name; return it."""
        self.show_workspace(workspace)
        shelf = next(shelf for shelf in self._shelves if name in shelf)
        part: QWidget = shelf[name]
        if name in TABLE_TABS:
            self.docks["bottom"].show()
            self.tabs.setCurrentWidget(part)
        elif name in LEFT_DOCK_SECTIONS:
            self._open_section(name, workspace)
        elif name in PANELS_BELOW_CARD:
            self.docks["right"].show()
        return part

    def _list_more_search_items(self) -> "Iterator[SearchItem]":
        """Return what is found in the panels, the handbook and the looks, besides all actions."""
        from zoneplanner.ui.shell.search_destinations import (
            DestinationFinder,
            list_appearance_items,
            list_coloring_items,
            list_handbook_items,
        )

        self.destinations = self.destinations or DestinationFinder(self.desk, self.show_part)
        yield from self.layers.hits()
        yield from self.destinations.hits()
        yield from list_appearance_items(self._appearance)
        yield from list_coloring_items(self._color_sites)
        yield from list_handbook_items(self.help_actions.pages, self.help_actions.show_handbook)

    def _color_sites(self, subject: str) -> None:
        """Color the sites of the map, in Plan where the workspace has none."""
        if not WORKSPACES[self.workspace].map:
            self.show_workspace("plan")
        self._color(ColoringChoice(subject))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Say why a shortcut does nothing, rather than nothing at all."""
        why = self.desk.actions.explain_disabled(QKeySequence(event.keyCombination()))
        if why:
            self.desk.notices.show_notice(why)
        else:
            super().keyPressEvent(event)

    def _order_tabs(self) -> None:
        """Let Tab go as one reads: search, tools, left, board, map, right, tables."""
        right = (self.right.above, self.card, self.right.below)
        after = (self.stage.board, self.map, *right, self.tabs)
        set_tab_order(self.search, self.tool_row, *self.left.parts, *after)

    def _color(self, choice: ColoringChoice) -> None:
        """Take a person's choice; each workspace keeps its own."""
        self._kept[f"theme.{self.workspace}"] = choice.text
        self.map.color_by(choice)

    def _color_as_before(self) -> None:
        kept = parse_coloring_choice(self._kept.get(f"theme.{self.workspace}", ""))
        self.map.color_by(kept or ColoringChoice(WORKSPACES[self.workspace].coloring))

    def _follow_period(self) -> None:
        """Show the log on the map as it stood at the end of the period, or as it stands."""
        if WORKSPACES[self.workspace].period:
            self.given.period.follow(self.desk.bridge)
        else:
            self.desk.bridge.set_last_day(None)

    def _show_coloring(self) -> None:
        self.themes.show_coloring(self.map.map.coloring, self.map.map.picked)

    def _show_picked(self, sites: frozenset[str] | None) -> None:
        self._show_coloring()
        self.sites.show_only(sites)

    def _open_card(self) -> None:
        if not WORKSPACES[self.workspace].map:
            self.show_workspace("plan")
        self.docks["right"].show()
        self.right.above.verticalScrollBar().setValue(0)

    def _choose_month_report(self) -> None:
        panel: Any = self.show_part("publish", "publish")
        panel.choose_month()

    def _open_section(self, name: str, workspace: str = "plan") -> Any:
        """Turn to a section of the left dock, unfolded and wide enough; return it."""
        self.show_workspace(workspace)
        self.docks["left"].show()
        if name in self.left.folds:
            self.left.folds[name].open()
        wide = max(self.docks["left"].width(), _PROPOSE_PX)
        self.resizeDocks([self.docks["left"]], [wide], Qt.Orientation.Horizontal)
        return self.left.sections[name]

    def _compare(self) -> None:
        self.show_workspace("plan")
        self.comparison.start()

    def _compare_what_if(self, ground: str, what_if: str) -> None:
        self._compare()
        if self.comparison.shown is not None:
            self.comparison.shown.show_pair(ground, what_if)

    def _make_room(self, comparing: bool) -> None:
        self.tool_row.set_tools_shown(not comparing and WORKSPACES[self.workspace].tools)
        if comparing:
            self.docks["bottom"].show()

    def _open_console(self) -> Any:
        """Turn to the console of the log; return it."""
        self.show_workspace("log")
        self.docks["left"].show()
        return self.left.sections["console"]

    def _show_missed(self, only: bool) -> None:
        if only:
            self.docks["bottom"].show()
            self.tabs.setCurrentWidget(self.sites)
            self.map.set_coloring(VISIT)
        else:
            self._color_as_before()
