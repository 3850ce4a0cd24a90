"""The window of one project: header, work panel, map, drawer, card and status bar."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QWidget

from zoneplanner.app.geography.map_themes import VISIT
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import SessionChange
from zoneplanner.domain.edits import ProjectChanges
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.messages import Message
from zoneplanner.ui.data.file_actions import FileActions
from zoneplanner.ui.help.help_actions import HelpActions
from zoneplanner.ui.log.response_actions.response_banner import ResponseActionBanner
from zoneplanner.ui.log.response_actions.response_bar import ResponseActionBar
from zoneplanner.ui.map.panels.tool_bar import MapToolBar
from zoneplanner.ui.map.symbology.site_coloring import ColoringChoice, parse_coloring_choice
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.plan.assignment.assign_keys import AssignKeys
from zoneplanner.ui.plan.assignment.locks_panel import LockActions, LocksPanel
from zoneplanner.ui.plan.assumptions.assumption_actions import AssumptionActions
from zoneplanner.ui.plan.comparison.comparison_controller import ComparisonController
from zoneplanner.ui.plan.plans.plan_actions import PlanActions
from zoneplanner.ui.plan.what_if.what_if_panel import WhatIfActions, WhatIfBanner
from zoneplanner.ui.shell.actions.log_actions import LogActions
from zoneplanner.ui.shell.actions.map_actions import MapFeedback, MapNavigation
from zoneplanner.ui.shell.actions.site_menu import SiteMenu
from zoneplanner.ui.shell.actions.undo_actions import UndoActions
from zoneplanner.ui.shell.bars.banners import DemandGapBanner, HistoryPreviewBanner, ReadOnlyBanner
from zoneplanner.ui.shell.bars.status_bar import StatusBar
from zoneplanner.ui.shell.bars.top_bar import TopBar
from zoneplanner.ui.shell.frame.map_area import MapArea
from zoneplanner.ui.shell.frame.work_frame import (
    COLUMN_FROM_PX,
    Drawer,
    WorkFrame,
    WorkPanel,
    read_frame_state,
)
from zoneplanner.ui.shell.search_field import SearchField
from zoneplanner.ui.shell.selection_card import CardStack, SelectedSiteCard, SelectedZoneCard
from zoneplanner.ui.shell.stray_key_undo import StrayKeyUndo
from zoneplanner.ui.shell.workspaces import (
    MAP_PANELS,
    MODEL_SECTION,
    PANEL_SECTIONS,
    TABLE_TABS,
    TABLES_INSTEAD_OF_MAP,
    TABLES_OF_QUESTIONS,
    WORKSPACES,
    PanelContext,
)
from zoneplanner.ui.widgets.inputs.file_dialogs import TakesDroppedFiles
from zoneplanner.ui.widgets.layout.basic_widgets import (
    find_main_stop,
    make_column_layout,
    set_tab_order,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.layout.window_geometry import DialogSizes
from zoneplanner.ui.widgets.services.jobs import Jobs
from zoneplanner.ui.widgets.services.notices import NoticeBar, PendingEntryBar
from zoneplanner.ui.widgets.services.ui_context import (
    Actions,
    ReadinessReader,
    SessionBridge,
    UiContext,
)
from zoneplanner.ui.widgets.style.theme import Icons, Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoneplanner.ui.map.panels.layers_panel import LayersPanel
    from zoneplanner.ui.map.panels.symbology_panel import SymbologyPanel
    from zoneplanner.ui.plan.plans.plans_panel import PlansPanel
    from zoneplanner.ui.plan.proposals.proposals_panel import ProposalsPanel
    from zoneplanner.ui.plan.tables.checks_table import ChecksPanel
    from zoneplanner.ui.plan.tables.figures_panel import PlanFiguresPanel
    from zoneplanner.ui.plan.tables.history_table import HistoryPanel
    from zoneplanner.ui.plan.tables.site_and_zone_tables import SitesPanel, ZonesPanel
    from zoneplanner.ui.shell.search_destinations import DestinationFinder
    from zoneplanner.ui.widgets.services.search_items import SearchItem

_PROPOSE_PX = 330
_TALL_TABLE_SHARE = 0.5


class MainWindow(TakesDroppedFiles, QMainWindow):
    """The panels of one open project, and the connections between them.

    ``saved_state`` is the state that ``collect_window_state`` returned in the last session.
    ``state_changed`` is emitted when the state should be stored at once.
    """

    state_changed = Signal()

    def __init__(
        self,
        session: Session,
        theme: Theme,
        *,
        recent: QMenu,
        appearance: QMenu,
        saved_state: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._state = dict(saved_state)
        self._dialog_sizes = DialogSizes(self._state)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setAcceptDrops(True)
        icons = Icons(theme)
        stage = QWidget()
        bridge, jobs = SessionBridge(session, self), Jobs(self, session.rewrite)
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
        self._is_following_questions = False
        self.workspace = ""
        self.map = MapView(session, bridge, theme, self.desk.readiness)
        self.center = QStackedWidget()
        self.desk.notices.stand_over(self.center)
        self.desk.pending.stand_over(self.center)
        self.map.setObjectName("map")
        self.center.addWidget(self.map)
        self.tool_row = MapToolBar(self.desk, self.map.toolbox)
        self._stack_banners(stage)
        self.plan_actions = PlanActions(self.desk, self)
        self.undo_actions = UndoActions(self.desk, self)
        self.history_banner.go_back_asked.connect(self.undo_actions.ask_go_back)
        self.lock_actions = LockActions(self.desk, self)
        self.log_actions = LogActions(self.desk, self)
        self.response_banner.end_requested.connect(self.log_actions.end)
        self.response_banner.show_requested.connect(self._show_response_times)
        self.files = FileActions(
            self.desk, self.map, self, self._find_import_place, self._show_data_kind
        )
        self.rule_actions = AssumptionActions(self.desk, self)
        self.site_actions = SiteMenu(self.desk, self.map, self._open_card)
        self.map_actions = MapFeedback(self.desk, self.map, self)
        self.desk.actions.set_handler("handout", lambda: self.show_workspace("publish"))
        self.desk.connect_dialogs(self)
        self.what_if_actions = WhatIfActions(self.desk, self)
        self.search = SearchField(self.desk, self._state.get("found", ""))
        self._appearance = appearance
        self.destinations: DestinationFinder | None = None
        self.bar = TopBar(self.desk, self.search, recent, appearance)
        self.help_actions = HelpActions(
            self.desk,
            self,
            view=self.map,
            find_button=self._find_place_of,
            settings=self._state,
            save_settings=self.state_changed.emit,
        )
        self.addToolBar(self.bar)
        self.status = StatusBar(self.desk)
        self.setStatusBar(self.status)
        self._make_parts(stage)
        self.addActions(self.desk.actions.all())
        self._connect()

    def take_dropped_file(self, path: Path) -> None:
        """Open a file that was dropped on the window."""
        self.files.open(path)

    def childEvent(self, event: QChildEvent) -> None:
        """Remember the sizes of this window's dialogs."""
        super().childEvent(event)
        if event.type() == QEvent.Type.ChildPolished:
            self._dialog_sizes.watch(event.child())

    def save_typed(self) -> bool:
        """Save unsaved input of boards; if one refuses, show that board and return False.

        A board with a form has a method ``save_typed``, and the same name as its workspace.
        """
        for name, board in self.stage.boards:
            save = getattr(board, "save_typed", None)
            if save is not None and not save():
                self.show_workspace(name)
                return False
        return True

    def _find_typed_school(self) -> str:
        """Return the school of the call that is being typed, or "" for none."""
        form = self._find_call_form()
        return form.school if form is not None else ""

    def _find_call_form(self) -> Any:
        return self.findChild(QWidget, "new_incident")

    def show_workspace(self, name: str) -> None:
        """Show a workspace with its panel, tables and coloring; the map does not move."""
        if name == self.workspace:
            return
        focus_before = self.window().focusWidget()
        self.desk.session.view_present()
        self.comparison.close()
        self.map.end_hover()
        self.desk.notices.hide_with_workspace()
        if self.workspace:
            self._state.update(self._capture_layout())
        self.workspace, workspace = name, WORKSPACES[name]
        self.left.show_sections(workspace.panel)
        self.area.show_layers(False)
        self.tool_row.set_tools_shown(workspace.tools)
        self.assign_keys.set_enabled(workspace.tools)
        self.tabs.show_tables(workspace.tables)
        self.desk.actions["board_map"].setEnabled(workspace.map == "asked")
        self.desk.actions["left"].setEnabled(bool(workspace.panel))
        self.desk.actions["bottom"].setEnabled(bool(workspace.tables))
        self._show_board()
        for part in (self.bar, self.read_only_banner, self.demand_banner, self.undo_actions):
            part.show_workspace(name)
        self._follow_period()
        self._restore_coloring()
        self.stage.divide(QByteArray.fromBase64(self._state.get(f"stage.{name}", "").encode()))
        saved = self._state.get(f"frame.{name}", "")
        state = read_frame_state(saved, workspace, wide=self.width() >= COLUMN_FROM_PX)
        self.frame.restore(state, with_panel=bool(workspace.panel), column_px=workspace.column_px)
        self.sections.verticalScrollBar().setValue(0)
        self._order_tabs()
        if focus_before is not None and not focus_before.isVisible():
            self._focus_workspace()

    def collect_window_state(self) -> dict[str, str]:
        """Return the layout, workspace and other state, to be restored in the next session."""
        current = {"found": self.search.recent_text(), "workspace": self.workspace}
        layers = {f"layers.{self.desk.session.project.uid}": self.layers.arrangement.to_text()}
        return self._state | self._capture_layout() | self.left.collect_state() | layers | current

    def set_theme(self, theme: Theme) -> None:
        """Draw in a theme's colors; the map does not move."""
        self.desk.icons.set_theme(theme)
        parts = (self.plan_actions, self.lock_actions, self.bar, self.plans, self.locks, self.tabs)
        for part in (*parts, self.area, self.optimizer, self.what_if_banner):
            part.refresh()
        self.desk.notices.hide()
        for drawn in (self.map, self.comparison, self.area.popup.key):
            drawn.set_theme(theme)
        self._call_in_parts("follow_theme")

    def set_formats(self, formats: LocaleFormats) -> None:
        """Format days, times and lengths in another way everywhere."""
        session = self.desk.session
        session.formats = formats
        self.desk.bridge.emit_change(SessionChange(session.state, session.state, ProjectChanges()))
        self._call_in_parts("mark_stale")

    def _call_in_parts(self, method: str) -> None:
        """Call a method of the existing parts that have it."""
        for _, part in chain(*self._part_groups):
            if hasattr(part, method):
                getattr(part, method)()

    def close_project(self) -> None:
        """Write the pending entry, stop all jobs, and close the project."""
        self.desk.pending.write_now()
        self.status.following.close()
        self.desk.jobs.close()
        self.hide()  # widgets may read the project when they are hidden
        self.desk.bridge.close()
        self.desk.session.close()

    def _stack_banners(self, stage: QWidget) -> None:
        """Put the banners above the stage, urgent ones on top."""
        desk = self.desk
        self.response_banner = ResponseActionBanner(desk)
        self.response_bar = ResponseActionBar(desk)
        self.response_banner.actions_changed.connect(self.map.map.show_actions)
        self.response_banner.refresh()
        self.what_if_banner, self.read_only_banner = WhatIfBanner(desk), ReadOnlyBanner(desk)
        self.history_banner, self.demand_banner = HistoryPreviewBanner(desk), DemandGapBanner(desk)
        urgent = (self.response_banner, self.response_bar, self.read_only_banner)
        others = (self.what_if_banner, self.history_banner, self.demand_banner)
        central = QWidget()
        make_column_layout(central, *urgent, *others, (stage, 1), margin_px=0, spacing_px=0)
        self.setCentralWidget(central)

    def _make_parts(self, stage: QWidget) -> None:
        desk, view = self.desk, self.map
        context = self.panel_context = PanelContext(
            desk,
            view,
            self._state,
            self.log_actions.records,
            self.log_actions.readiness.open_requirement_form,
            self.open_item,
        )
        left, tabs = self.left, self.tabs = WorkPanel(context), Drawer(context)
        self.site_card = SelectedSiteCard(desk, context.records)
        self.zone_card = SelectedZoneCard(desk)
        self.card = CardStack(desk, site=self.site_card, zone=self.zone_card)
        self.sections = wrap_in_scroll_area(left, "Work panel")
        panel = QWidget()
        rows = (left.head, (self.sections, 1), left.foot)
        make_column_layout(panel, *rows, margin_px=0, spacing_px=0)
        self.frame = WorkFrame(context, panel, tabs, stage)
        self.stage = self.frame.stage
        make_column_layout(stage, (self.frame, 1), margin_px=0, spacing_px=0)
        self.area = MapArea(context, self.center, self.tool_row, self.card, self.stage)
        self._part_groups = (left.sections, self.area.popup.panels, tabs.panels, self.stage.boards)
        left.show_sections(WORKSPACES["plan"].panel)
        self.plans: PlansPanel = left.sections["plans"]
        self.locks: LocksPanel = left.sections["locks"]
        self.optimizer: ProposalsPanel = left.sections["optimizer"]
        self.figures: PlanFiguresPanel = left.sections["figures"]
        self.themes: SymbologyPanel = self.area.popup.panels["themes"]
        self.layers: LayersPanel = self.area.popup.panels["layers"]
        self.zones: ZonesPanel = tabs.panels["zones"]
        self.sites: SitesPanel = tabs.panels["sites"]
        self.checks: ChecksPanel = tabs.panels["checks"]
        self.history: HistoryPanel = tabs.panels["history"]
        tabs.current_table_changed.connect(self._on_table_changed)

    def _find_place_of(self, name: str) -> QWidget:
        """Return an action's widget: a section of the work panel, or a button in the header."""
        fold = self.left.folds["optimizer"].header
        return fold if name == "propose" and fold.isVisible() else self.bar.place_of(name)

    def _on_table_changed(self, table: str) -> None:
        """Ask the table's question of Coverage, and give some tables the map's place."""
        if self.workspace == "coverage" and table in TABLES_OF_QUESTIONS.values():
            period = self.panel_context.period
            if TABLES_OF_QUESTIONS[period.question] != table:
                period.ask("model" if table == "expected" else "visits")
        replaces_map = table in TABLES_INSTEAD_OF_MAP and self.tabs.opened
        self.frame.give_table_room(_TALL_TABLE_SHARE if replaces_map else 0)

    def _show_question(self, question: str) -> None:
        """Show the table and section of a question of Coverage."""
        if self.workspace == "coverage":
            self.left.sections[MODEL_SECTION].setVisible(question == "model")
            self.tabs.setCurrentWidget(self.tabs.panels[TABLES_OF_QUESTIONS[question]])

    def _capture_layout(self) -> dict[str, str]:
        self.frame.give_table_room(0)
        sizes = QByteArray() if self.stage.held else self.stage.saveState()
        return {
            f"frame.{self.workspace}": self.frame.state.text,
            f"stage.{self.workspace}": bytes(sizes.toBase64().data()).decode(),
        }

    def _connect(self) -> None:
        desk = self.desk
        self.map_navigation, self.assign_keys = MapNavigation(desk, self.map), AssignKeys(desk)
        self.comparison = ComparisonController(desk, self.map, self.center, self.tabs)
        self.comparison.toggled.connect(self._on_comparison_toggled)
        self.comparison.cursor_moved.connect(self.status.point_at)
        self.search.place_chosen.connect(self.comparison.zoom_to_selection)
        self.what_if_banner.compare_requested.connect(self._compare_what_if)
        self.demand_banner.search_asked.connect(lambda: self._open_section("optimizer").start())
        for name, do in {
            "compare": self._compare,
            "search": self.search.start,
            "propose": lambda: self._open_section("optimizer").begin(),
            "why_here": lambda: self._open_section("optimizer").explain(),
            "unit_off": lambda: self._open_section("what_if").ask_unit_off(),
            "other_count": lambda: self._open_section("what_if").focus_zone_count(),
            "rename_plan": lambda: self._open_section("plans").edit_name(),
            "new_incident": lambda: self._open_console().start(),
            "put_back": self._put_back,
            "month_report": lambda: self._show_publish_panel().choose_month(),
            "open_incidents": lambda: self._open_console().focus_board(),
            "units_on_duty": self._focus_units,
        }.items():
            desk.actions.set_handler(name, do)
        # shows the call that was logged with a response action, so that digits assign units to it
        self.response_bar.recorded.connect(
            lambda uid: self._open_console().show_call_of_action(uid)
        )
        self.log_actions.closing.connect(lambda uid: self._open_console().ask_to_close(uid))
        self.response_bar.find_offered_site = self._find_typed_school
        desk.actions["not_visited"].toggled.connect(self._show_unvisited)
        desk.actions["board_map"].toggled.connect(self._ask_map)
        self.bar.workspace_chosen.connect(self.show_workspace)
        self.search.place_chosen.connect(self.map_navigation.zoom_to_selection)
        self.search.add_source(self._list_more_search_items)
        self.map.arrange(self.layers.arrangement)
        self.layers.arranged.connect(self.map.arrange)
        self.layers.arranged.connect(self.comparison.follow_layers)
        self.layers.removed.connect(self.files.layers.remove)
        self.map.map.tiles_failed.connect(desk.notices.show_notice)
        self.stray_keys = StrayKeyUndo(
            desk, self.map.toolbox, self, lambda: self.panel_context.highlighted_call
        )
        self.themes.chosen.connect(self._color_by)
        self.themes.class_chosen.connect(self.map.show_only_class)
        self.map.coloring_changed.connect(self._show_coloring)
        self.left.folded.connect(self._order_tabs)
        self.map.class_sites_changed.connect(self._show_picked)
        self.map.cursor_moved.connect(self.status.point_at)
        self.map.viewport_events.left.connect(self.status.point_nowhere)
        self.map.block_menu_requested.connect(self.rule_actions.ask_block)
        self.checks.place_requested.connect(self.map_navigation.zoom_to_place)
        self.sites.menu_requested.connect(self.site_actions.ask)
        self.map.planned_site_requested.connect(self.what_if_actions.ask_planned)

    def show_part(self, workspace: str, name: str) -> QWidget:
        """Show a section, table, map panel or board by name, and return it."""
        self.show_workspace(workspace)
        part: QWidget = next(group for group in self._part_groups if name in group)[name]
        if name in TABLE_TABS:
            self.tabs.show_table(part)
        elif name in PANEL_SECTIONS:
            self._open_section(name, workspace)
        elif name in MAP_PANELS:
            self.area.show_layers()
        return part

    def _find_import_place(self) -> str:
        """Return what an import is likely about: the kind of rows in Data, or the workspace."""
        if self.workspace != "data":
            return self.workspace
        panel: Any = self.show_part("data", "data")
        return str(panel.table.kind)

    def _show_data_kind(self, kind: str) -> None:
        panel: Any = self.show_part("data", "data")
        panel.show_kind(kind)

    def _list_more_search_items(self) -> "Iterator[SearchItem]":
        """Yield search items of layers, panels, themes, colorings and the handbook."""
        from zoneplanner.ui.shell.search_destinations import (
            list_appearance_items,
            list_coloring_items,
            list_handbook_items,
        )

        yield from self.layers.list_search_items()
        yield from self._find_destinations().list_items()
        yield from list_appearance_items(self._appearance)
        yield from list_coloring_items(self._color_sites)
        yield from list_handbook_items(self.help_actions.pages, self.help_actions.show_handbook)

    def _find_destinations(self) -> "DestinationFinder":
        """Return the finder of places in panels, created on first use."""
        from zoneplanner.ui.shell.search_destinations import DestinationFinder

        self.destinations = self.destinations or DestinationFinder(self.desk, self.show_part)
        return self.destinations

    def open_item(self, kind: str, key: str) -> None:
        """Show an item by its kind and id."""
        self._find_destinations().open_item(kind, key)

    def _color_sites(self, subject: str) -> None:
        """Color the map's sites, in Plan if the workspace has no map."""
        if self.area.isHidden():
            self.show_workspace("plan")
        self._color_by(ColoringChoice(subject))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Explain why a shortcut does nothing."""
        why = self.desk.actions.explain_disabled(QKeySequence(event.keyCombination()))
        if why:
            self.desk.notices.show_notice(why)
        else:
            super().keyPressEvent(event)

    def _focus_workspace(self) -> None:
        """Focus the map or board after the focused widget was hidden; Qt would focus a banner."""
        board = self.stage.shown_board
        stop = self.map if self.map.isVisible() or board is None else find_main_stop(board)
        if stop is not None and self.isVisible():
            stop.setFocus(Qt.FocusReason.OtherFocusReason)

    def _order_tabs(self) -> None:
        """Set the tab order: search, work panel, board, tools, map, card, tables."""
        area = self.area
        over_map = (self.tool_row, area.layers, area.popup, self.map, area.frame)
        set_tab_order(
            self.search,
            self.left.head,
            *self.left.parts,
            self.left.foot,
            self.stage.board,
            *over_map,
            self.tabs,
        )

    def _color_by(self, choice: ColoringChoice) -> None:
        """Color the map by a person's choice, and remember it for this workspace."""
        self._state[f"theme.{self.workspace}"] = choice.text
        self.map.color_by(choice)

    def _restore_coloring(self) -> None:
        saved = parse_coloring_choice(self._state.get(f"theme.{self.workspace}", ""))
        self.map.color_by(saved or ColoringChoice(WORKSPACES[self.workspace].coloring))

    def _follow_period(self) -> None:
        """Show the log on the map as of the end of the workspace's period, or as of now."""
        if WORKSPACES[self.workspace].period:
            period = self.panel_context.period
            if not self._is_following_questions:
                self._is_following_questions = True
                period.asked.connect(self._show_question)
            period.follow(self.desk.bridge)
            self._show_question(period.question)
        else:
            board = self.stage.shown_board
            self.desk.bridge.set_last_day(getattr(board, "day", None))

    def _show_board(self) -> None:
        """Show the workspace's board, and the map if it always has one or a person asked for it."""
        workspace, key = WORKSPACES[self.workspace], f"map.{self.workspace}"
        action = self.desk.actions["board_map"]
        with QSignalBlocker(action):
            action.setChecked(workspace.map == "asked" and self._state.get(key, "") == "True")
        with_map = workspace.map == "always" or action.isChecked()
        self.stage.show_board(workspace.board, with_map=with_map)

    def _ask_map(self, asked: bool) -> None:
        """Show or hide the map of a workspace that has it only when asked for."""
        self._state[f"map.{self.workspace}"] = str(asked)
        self._show_board()
        self.stage.divide(QByteArray())

    def _show_coloring(self) -> None:
        self.themes.show_coloring(self.map.map.coloring, self.map.map.shown_class)

    def _show_picked(self, sites: frozenset[str] | None) -> None:
        self._show_coloring()
        self.sites.show_only(sites)

    def _open_card(self) -> None:
        if self.area.isHidden():
            self.show_workspace("plan")
        self.area.show_card()
        self.area.frame.scroll_area.verticalScrollBar().setValue(0)

    def _show_publish_panel(self) -> Any:
        return self.show_part("publish", "publish")

    def _open_section(self, name: str, workspace: str = "plan") -> Any:
        """Show a section of the work panel, unfolded and wide enough, and return it."""
        self.show_workspace(workspace)
        if name in self.left.folds:
            self.left.folds[name].open()
        self.frame.widen_panel(_PROPOSE_PX if name == "optimizer" else 0)
        return self.left.sections[name]

    def _compare(self) -> None:
        self.show_workspace("plan")
        self.comparison.start()

    def _compare_what_if(self, ground: str, what_if: str) -> None:
        self._compare()
        if self.comparison.shown is not None:
            self.comparison.shown.show_pair(ground, what_if)

    def _on_comparison_toggled(self, comparing: bool) -> None:
        self.tool_row.set_tools_shown(not comparing and WORKSPACES[self.workspace].tools)
        if comparing:
            self.tabs.set_open(True)

    def _show_response_times(self, uid: str) -> None:
        self._open_console().response.show_times(uid)

    def _put_back(self) -> None:
        """Restore the form that was closed last, or the call that was set aside last."""
        notices, form = self.desk.notices, self._find_call_form()
        if not (notices.put_back() or (form is not None and form.put_back_latest())):
            notices.show_notice(Message("nothing_set_aside"))

    def _open_console(self) -> Any:
        """Show the console of the log, and return it."""
        self.show_workspace("log")
        self.frame.show_panel()
        return self.left.sections["console"]

    def _focus_units(self) -> None:
        self._open_console()
        self.stage.boards["units"].take_focus()

    def _show_unvisited(self, shown: bool) -> None:
        if shown:
            self.tabs.show_table(self.sites)
            self.map.set_coloring(VISIT)
        else:
            self._restore_coloring()
