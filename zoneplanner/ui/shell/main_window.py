"""The window of one project: header, work panel, map, drawer, card and status line."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QWidget

from zoneplanner.app.geography.map_themes import VISIT
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import SessionChange
from zoneplanner.domain.changes import ProjectChanges
from zoneplanner.domain.locale_formats import LocaleFormats
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
        self._kept = dict(kept)
        self._dialog_sizes = DialogSizes(self._kept)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setAcceptDrops(True)
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
        self._answers = False
        self.workspace = ""
        self.map = MapView(session, bridge, theme, self.desk.readiness)
        self.center = QStackedWidget()
        self.desk.notices.stand_over(self.center)
        self.desk.pending.stand_over(self.center)
        self.map.setObjectName("map")
        self.center.addWidget(self.map)
        self.tool_row = MapToolBar(self.desk, self.map.toolbox)
        self._stack_bands(stage)
        self.plan_actions = PlanActions(self.desk, self)
        self.undo_actions = UndoActions(self.desk, self)
        self.history_banner.go_back_asked.connect(self.undo_actions.ask_go_back)
        self.lock_actions = LockActions(self.desk, self)
        self.log_actions = LogActions(self.desk, self)
        self.response_banner.end_requested.connect(self.log_actions.end)
        self.response_banner.show_requested.connect(self._show_times_of_action)
        self.files = FileActions(
            self.desk, self.map, self, self._find_import_place, self._show_data_kind
        )
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
            find_button=self._find_place_of,
            settings=self._kept,
            save_settings=self.state_changed.emit,
        )
        self.addToolBar(self.bar)
        self.status = StatusBar(self.desk)
        self.setStatusBar(self.status)
        self._make_parts(stage)
        self.addActions(self.desk.actions.all())
        self._connect()

    def take_dropped_file(self, path: Path) -> None:
        """Open a file that is dropped anywhere on the window."""
        self.files.open(path)

    def childEvent(self, event: QChildEvent) -> None:
        """Bring back the size of each dialog of this window."""
        super().childEvent(event)
        if event.type() == QEvent.Type.ChildPolished:
            self._dialog_sizes.watch(event.child())

    def save_typed(self) -> bool:
        """Save what is typed into the boards; one that is refused is shown, and False comes back.

        A board that keeps a form has a ``save_typed`` of its own, and its workspace's name.
        """
        for name, board in self.stage.boards:
            save = getattr(board, "save_typed", None)
            if save is not None and not save():
                self.show_workspace(name)
                return False
        return True

    def _find_typed_school(self) -> str:
        """Return the school of the call that is typed in; a console not made yet has none."""
        form = self._find_call_form()
        return form.school if form is not None else ""

    def _find_call_form(self) -> Any:
        return self.findChild(QWidget, "new_incident")

    def show_workspace(self, name: str) -> None:
        """Turn to a workspace: its panel, tables and coloring; the map stays where it is."""
        if name == self.workspace:
            return
        had_keys = self.window().focusWidget()
        self.desk.session.view_present()
        self.comparison.close()
        self.map.end_hover()
        self.desk.notices.hide_with_workspace()
        if self.workspace:
            self._kept.update(self._capture_layout())
        self.workspace, shown = name, WORKSPACES[name]
        self.left.show_sections(shown.panel)
        self.area.show_layers(False)
        self.tool_row.set_tools_shown(shown.tools)
        self.assign_keys.set_enabled(shown.tools)
        self.tabs.show_tables(shown.tables)
        self.desk.actions["board_map"].setEnabled(shown.map == "asked")
        self.desk.actions["left"].setEnabled(bool(shown.panel))
        self.desk.actions["bottom"].setEnabled(bool(shown.tables))
        self._show_board()
        self.bar.show_workspace(name)
        self.read_only_banner.show_workspace(name)
        self.demand_banner.show_workspace(name)
        self.undo_actions.show_workspace(name)
        self._follow_period()
        self._color_as_before()
        self.stage.divide(QByteArray.fromBase64(self._kept.get(f"stage.{name}", "").encode()))
        kept = self._kept.get(f"frame.{name}", "")
        state = read_frame_state(kept, shown, wide=self.width() >= COLUMN_FROM_PX)
        self.frame.restore(state, with_panel=bool(shown.panel), column_px=shown.column_px)
        self.sections.verticalScrollBar().setValue(0)
        self._order_tabs()
        if had_keys is not None and not had_keys.isVisible():
            self._take_keys()

    def collect_window_state(self) -> dict[str, str]:
        """Return the texts that bring layout and workspace back the next time."""
        now = {"found": self.search.recent_text(), "workspace": self.workspace}
        layers = {f"layers.{self.desk.session.project.uid}": self.layers.arrangement.to_text()}
        return self._kept | self._capture_layout() | self.left.collect_state() | layers | now

    def set_theme(self, theme: Theme) -> None:
        """Take other colors; the place on the map stays."""
        self.desk.icons.set_theme(theme)
        parts = (self.plan_actions, self.lock_actions, self.bar, self.plans, self.locks, self.tabs)
        for part in (*parts, self.area, self.optimizer, self.what_if_banner):
            part.refresh()
        self.desk.notices.hide()
        for drawn in (self.map, self.comparison, self.area.popup, *self._shelves):
            drawn.set_theme(theme)

    def set_formats(self, formats: LocaleFormats) -> None:
        """Write days, times and lengths in another way in all that is shown."""
        session = self.desk.session
        session.formats = formats
        self.desk.bridge.emit_change(SessionChange(session.state, session.state, ProjectChanges()))
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
        self.hide()  # what hides may look into the project once more
        self.desk.bridge.close()
        self.desk.session.close()

    def _stack_bands(self, stage: QWidget) -> None:
        """Put what is live across the window, then what is to be known, above all the rest."""
        desk = self.desk
        self.response_banner, self.response_bar = (
            ResponseActionBanner(desk),
            ResponseActionBar(desk),
        )
        self.response_banner.actions_changed.connect(self.map.map.show_actions)
        self.response_banner.refresh()
        self.what_if_banner, self.read_only_banner = WhatIfBanner(desk), ReadOnlyBanner(desk)
        self.history_banner, self.demand_banner = HistoryPreviewBanner(desk), DemandGapBanner(desk)
        live = (self.response_banner, self.response_bar, self.read_only_banner)
        quiet = (self.what_if_banner, self.history_banner, self.demand_banner)
        whole = QWidget()
        make_column_layout(whole, *live, *quiet, (stage, 1), margin_px=0, spacing_px=0)
        self.setCentralWidget(whole)

    def _make_parts(self, stage: QWidget) -> None:
        desk, view = self.desk, self.map
        log = self.log_actions
        given = self.given = PanelContext(
            *(desk, view, self._kept),
            *(log.records, log.readiness.open_requirement_form, self._lead),
        )
        left, tabs = self.left, self.tabs = WorkPanel(given), Drawer(given)
        self.site_card, self.zone_card = SelectedSiteCard(desk, log.records), SelectedZoneCard(desk)
        self.card = CardStack(desk, site=self.site_card, zone=self.zone_card)
        self.sections = wrap_in_scroll_area(left, "Work panel")
        panel = QWidget()
        around = (left.head, (self.sections, 1), left.foot)
        make_column_layout(panel, *around, margin_px=0, spacing_px=0)
        self.frame = WorkFrame(given, panel, tabs, stage)
        self.stage = self.frame.stage
        make_column_layout(stage, (self.frame, 1), margin_px=0, spacing_px=0)
        self.area = MapArea(given, self.center, self.tool_row, self.card, self.stage)
        self._shelves = (left.sections, self.area.popup.panels, tabs.panels, self.stage.boards)
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
        tabs.current_table_changed.connect(self._turn)

    def _find_place_of(self, name: str) -> QWidget:
        """Return what an action is reached by: a fold of the work panel, else in the header."""
        fold = self.left.folds["optimizer"].header
        return fold if name == "propose" and fold.isVisible() else self.bar.place_of(name)

    def _turn(self, table: str) -> None:
        """Follow the table on top: the question of Coverage, and the room that some tables need."""
        if self.workspace == "coverage" and table in TABLES_OF_QUESTIONS.values():
            period = self.given.period
            if TABLES_OF_QUESTIONS[period.question] != table:
                period.ask("model" if table == "expected" else "visits")
        tall = table in TABLES_INSTEAD_OF_MAP and self.tabs.opened
        self.frame.give_table_room(_TALL_TABLE_SHARE if tall else 0)

    def _answer(self, question: str) -> None:
        """Show the table and the section of what Coverage is asked."""
        if self.workspace == "coverage":
            self.left.sections[MODEL_SECTION].setVisible(question == "model")
            self.tabs.setCurrentWidget(self.tabs.panels[TABLES_OF_QUESTIONS[question]])

    def _capture_layout(self) -> dict[str, str]:
        self.frame.give_table_room(0)
        divided = QByteArray() if self.stage.held else self.stage.saveState()
        return {
            f"frame.{self.workspace}": self.frame.state.text,
            f"stage.{self.workspace}": bytes(divided.toBase64().data()).decode(),
        }

    def _connect(self) -> None:
        desk = self.desk
        self.map_navigation, self.assign_keys = MapNavigation(desk, self.map), AssignKeys(desk)
        self.comparison = ComparisonController(desk, self.map, self.center, self.tabs)
        self.comparison.toggled.connect(self._make_room)
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
            "other_count": lambda: self._open_section("what_if").ask_count(),
            "rename_plan": lambda: self._open_section("plans").edit_name(),
            "new_incident": lambda: self._open_console().start(),
            "put_back": self._put_back,
            "month_report": self._choose_month_report,
            "open_incidents": lambda: self._open_console().focus_board(),
            "units_on_duty": self._take_keys_to_units,
        }.items():
            desk.actions.set_handler(name, do)
        # the call that was opened with an action: its card has the keys that send units
        self.response_bar.recorded.connect(self._show_call_of_action)
        self.log_actions.closing.connect(lambda uid: self._open_console().ask_to_close(uid))
        self.response_bar.find_offered_site = self._find_typed_school
        desk.actions["not_visited"].toggled.connect(self._show_missed)
        desk.actions["board_map"].toggled.connect(self._ask_map)
        self.bar.workspace_chosen.connect(self.show_workspace)
        self.search.place_chosen.connect(self.map_navigation.zoom_to_selection)
        self.search.add_source(self._list_more_search_items)
        self.map.arrange(self.layers.arrangement)
        self.layers.arranged.connect(self.map.arrange)
        self.layers.arranged.connect(self.comparison.follow_layers)
        self.layers.removed.connect(self.files.layers.remove)
        self.map.map.tiles_failed.connect(desk.notices.show_notice)
        self.stray_keys = StrayKeyUndo(desk, self.map.toolbox, self, lambda: self.given.chosen_call)
        self.themes.chosen.connect(self._color)
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
        """Turn to a section, a table, a panel of the map or a board by name; return it."""
        self.show_workspace(workspace)
        shelf = next(shelf for shelf in self._shelves if name in shelf)
        part: QWidget = shelf[name]
        if name in TABLE_TABS:
            self.tabs.show_table(part)
        elif name in PANEL_SECTIONS:
            self._open_section(name, workspace)
        elif name in MAP_PANELS:
            self.area.show_layers()
        return part

    def _find_import_place(self) -> str:
        """Return what an import is about: the kind of rows that Data shows, else the workspace."""
        if self.workspace != "data":
            return self.workspace
        panel: Any = self.show_part("data", "data")
        return str(panel.table.kind)

    def _show_data_kind(self, kind: str) -> None:
        panel: Any = self.show_part("data", "data")
        panel.show_kind(kind)

    def _list_more_search_items(self) -> "Iterator[SearchItem]":
        """Return what is found in the panels, the handbook and the looks, besides all actions."""
        from zoneplanner.ui.shell.search_destinations import (
            list_appearance_items,
            list_coloring_items,
            list_handbook_items,
        )

        yield from self.layers.list_search_items()
        yield from self._find_destinations().hits()
        yield from list_appearance_items(self._appearance)
        yield from list_coloring_items(self._color_sites)
        yield from list_handbook_items(self.help_actions.pages, self.help_actions.show_handbook)

    def _find_destinations(self) -> "DestinationFinder":
        """Return what leads to places by name, made when it is first asked for."""
        from zoneplanner.ui.shell.search_destinations import DestinationFinder

        self.destinations = self.destinations or DestinationFinder(self.desk, self.show_part)
        return self.destinations

    def _lead(self, kind: str, key: str) -> None:
        self._find_destinations().lead(kind, key)

    def _color_sites(self, subject: str) -> None:
        """Color the sites of the map, in Plan where the workspace has none."""
        if self.area.isHidden():
            self.show_workspace("plan")
        self._color(ColoringChoice(subject))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Say why a shortcut does nothing, rather than nothing at all."""
        why = self.desk.actions.explain_disabled(QKeySequence(event.keyCombination()))
        if why:
            self.desk.notices.show_notice(why)
        else:
            super().keyPressEvent(event)

    def _take_keys(self) -> None:
        """Give the keys that what is gone had to the workspace; Qt gives them to a band above."""
        board = self.stage.shown_board
        shown = self.map if self.map.isVisible() or board is None else find_main_stop(board)
        if shown is not None and self.isVisible():
            shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def _order_tabs(self) -> None:
        """Let Tab go as one reads: search, work panel, board, tools, map, card, tables."""
        area = self.area
        over = (self.tool_row, area.layers, area.popup, self.map, area.frame)
        set_tab_order(
            *(self.search, self.left.head, *self.left.parts, self.left.foot),
            *(self.stage.board, *over, self.tabs),
        )

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
            period = self.given.period
            if not self._answers:
                self._answers = True
                period.asked.connect(self._answer)
            period.follow(self.desk.bridge)
            self._answer(period.question)
        else:
            board = self.stage.shown_board
            self.desk.bridge.set_last_day(getattr(board, "day", None))

    def _show_board(self) -> None:
        """Show the workspace's board, and the map where it has one or one was asked for."""
        shown, asked = WORKSPACES[self.workspace], f"map.{self.workspace}"
        action = self.desk.actions["board_map"]
        with QSignalBlocker(action):
            action.setChecked(shown.map == "asked" and self._kept.get(asked, "") == "True")
        self.stage.show_board(shown.board, with_map=shown.map == "always" or action.isChecked())

    def _ask_map(self, asked: bool) -> None:
        """Show or hide the map beside a board that has it only when asked for."""
        self._kept[f"map.{self.workspace}"] = str(asked)
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
        self.area.frame.above.verticalScrollBar().setValue(0)

    def _choose_month_report(self) -> None:
        panel: Any = self.show_part("publish", "publish")
        panel.choose_month()

    def _open_section(self, name: str, workspace: str = "plan") -> Any:
        """Turn to a section of the work panel, unfolded and wide enough; return it."""
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

    def _make_room(self, comparing: bool) -> None:
        self.tool_row.set_tools_shown(not comparing and WORKSPACES[self.workspace].tools)
        if comparing:
            self.tabs.set_open(True)

    def _show_call_of_action(self, uid: str) -> None:
        self._open_console().show_call_of_action(uid)

    def _show_times_of_action(self, uid: str) -> None:
        self._open_console().response.show_times(uid)

    def _put_back(self) -> None:
        """Show again what was left last, and else the call that was set aside last."""
        notices, form = self.desk.notices, self._find_call_form()
        if not (notices.put_back() or (form is not None and form.put_back_latest())):
            notices.show_notice("No call or form was set aside in the last minute.")

    def _open_console(self) -> Any:
        """Turn to the console of the log; return it."""
        self.show_workspace("log")
        self.frame.show_panel()
        return self.left.sections["console"]

    def _take_keys_to_units(self) -> None:
        self._open_console()
        self.stage.boards["units"].take_focus()

    def _show_missed(self, only: bool) -> None:
        if only:
            self.tabs.show_table(self.sites)
            self.map.set_coloring(VISIT)
        else:
            self._color_as_before()
