"""The window of one project: top bar, map, docks and status bar; workspaces change the docks."""

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import (
    QMainWindow,
    QMenu,
    QStackedWidget,
    QWidget,
)

from zoneplanner.app.session import Session
from zoneplanner.app.themes import VISIT, ZONE
from zoneplanner.ui.canvas.colouring import Choice, choice_of
from zoneplanner.ui.canvas.view import MapView
from zoneplanner.ui.dialogs.help_actions import HelpActions
from zoneplanner.ui.dialogs.layer_actions import LayerActions
from zoneplanner.ui.dialogs.lock_actions import LockActions
from zoneplanner.ui.dialogs.log_actions import LogActions
from zoneplanner.ui.dialogs.map_actions import MapActions
from zoneplanner.ui.dialogs.plan_actions import PlanActions
from zoneplanner.ui.dialogs.rule_actions import RuleActions
from zoneplanner.ui.dialogs.share_actions import ShareActions
from zoneplanner.ui.dialogs.what_if_actions import WhatIfActions
from zoneplanner.ui.docks import LeftColumn, RightColumn, Tables, docked, stacked
from zoneplanner.ui.kit.actions import Actions
from zoneplanner.ui.kit.bridge import Bridge
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.drops import FileDrops
from zoneplanner.ui.kit.focus import tab_in_order
from zoneplanner.ui.kit.icons import Icons
from zoneplanner.ui.kit.jobs import Jobs
from zoneplanner.ui.kit.notices import NoticeBar
from zoneplanner.ui.kit.theme import Theme
from zoneplanner.ui.kit.widgets import scrolled
from zoneplanner.ui.panels.compare import Comparing
from zoneplanner.ui.panels.giving import Giving
from zoneplanner.ui.panels.going import Going
from zoneplanner.ui.panels.search import SearchField
from zoneplanner.ui.panels.status import Status
from zoneplanner.ui.panels.tool_row import ToolRow
from zoneplanner.ui.panels.top_bar import TopBar
from zoneplanner.ui.panels.what_if import WhatIfBanner

TABS = {
    "plan": ("zones", "sites", "checks", "history"),
    "coverage": ("observed", "sites"),
    "log": ("entries", "sites"),
}
FIRST_DOCKS = {
    "plan": ("right", "bottom"),
    "coverage": ("right", "bottom"),
    "log": ("left", "right", "bottom"),
}
LEFT = {
    "plan": ("plans", "locks", "optimiser", "what_if", "themes", "layers"),
    "coverage": ("themes", "layers"),
    "log": ("console", "themes", "layers"),
}
COLOURING = {"plan": ZONE, "coverage": VISIT, "log": VISIT}
LEFT_PX, RIGHT_PX, PROPOSE_PX = 264, 380, 330
LEAST_LEFT_PX, LEAST_CONSOLE_PX = 240, 320
BOTTOM_SHARE, LEAST_BOTTOM_PX, MOST_BOTTOM_PX = 0.31, 160, 320


class MainWindow(QMainWindow):
    """Holds the panels of one open project and lets them meet."""

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
        self.desk = Desk(
            session=session,
            bridge=Bridge(session, self),
            jobs=Jobs(self),
            actions=Actions(icons, self),
            icons=icons,
            notices=NoticeBar(stage, icons),
        )
        self._kept = dict(kept)
        self.workspace = ""
        self.map = MapView(session, self.desk.bridge, theme)
        self.map.setObjectName("map")
        self.centre = QStackedWidget()
        self.centre.addWidget(self.map)
        self.tool_row = ToolRow(self.desk, self.map.toolbox)
        self.what_if_banner = WhatIfBanner(self.desk)
        below = stacked(self.centre, on=stage)
        self.setCentralWidget(stacked(self.tool_row, self.what_if_banner, below))
        self.plan_actions = PlanActions(self.desk, self)
        self.lock_actions = LockActions(self.desk, self)
        self.log_actions = LogActions(self.desk, self)
        self.layer_actions = LayerActions(self.desk, self)
        self.rule_actions = RuleActions(self.desk, self)
        self.map_actions = MapActions(self.desk, self.map, self)
        self.share_actions = ShareActions(self.desk, self)
        self.what_if_actions = WhatIfActions(self.desk, self)
        self.search = SearchField(self.desk, self._kept.get("found", ""))
        self.bar = TopBar(self.desk, self.search, recent, appearance)
        self.help_actions = HelpActions(
            self.desk, self, view=self.map, bar=self.bar, kept=self._kept
        )
        self.addToolBar(self.bar)
        self.status = Status(self.desk)
        self.setStatusBar(self.status)
        self._make_docks()
        self.addActions(self.desk.actions.all())
        tab_in_order(self.search, self.tool_row, self.map)
        self._connect()

    def show_workspace(self, name: str) -> None:
        """Turn to a workspace: its docks, tables and colouring; the map stays where it is."""
        if name == self.workspace:
            return
        self.comparing.close()
        if self.workspace:
            self._kept[f"docks.{self.workspace}"] = _text(self.saveState())
        self.workspace = name
        self.left.show_sections(LEFT[name])
        least = LEAST_CONSOLE_PX if name == "log" else LEAST_LEFT_PX
        self.docks["left"].setMinimumWidth(least)
        self.right.below.setVisible(name == "plan")
        self.tool_row.open(name == "plan")
        self.giving.open(name == "plan")
        self.tabs.show_tables(TABS[name])
        self.bar.show_workspace(name)
        self._colour_as_before()
        self._arrange(name)

    def kept(self) -> dict[str, str]:
        """Return the texts that bring docks and workspace back the next time."""
        docks = {f"docks.{self.workspace}": _text(self.saveState()), "found": self.search.kept()}
        return {**self._kept, **docks, **self.left.kept(), "workspace": self.workspace}

    def set_theme(self, theme: Theme) -> None:
        """Take other colours; the place on the map stays."""
        self.desk.icons.set_theme(theme)
        self.desk.actions.paint(self.desk.icons)
        parts = (self.plan_actions, self.lock_actions, self.bar, self.plans, self.left.locks)
        for part in (*parts, self.optimiser, self.what_if_banner):
            part.refresh()
        self.desk.notices.hide()
        self.map.set_theme(theme)
        self.comparing.set_theme(theme)
        self.layers.set_theme(theme)

    def close_project(self) -> None:
        """Stop all work and let go of the project."""
        self.desk.jobs.close()
        self.desk.bridge.close()
        self.desk.session.close()

    def _make_docks(self) -> None:
        desk = self.desk
        left, right = LeftColumn(desk, self.map.theme, self._kept), RightColumn(desk)
        tabs = Tables(desk, self.log_actions.correct)
        self.left, self.right, self.tabs = left, right, tabs
        self.plans, self.optimiser, self.layers = left.plans, left.optimiser, left.layers
        self.themes = left.themes
        self.card, self.figures = right.card, right.figures
        self.site_card, self.zone_card = right.site_card, right.zone_card
        self.zones, self.sites = tabs.zones, tabs.sites
        self.checks, self.history = tabs.checks, tabs.history
        self.docks = {
            "left": docked(
                self, desk, "left", "Plans and layers", scrolled(left, "Plans and layers")
            ),
            "right": docked(self, desk, "right", "Card and figures", right),
            "bottom": docked(self, desk, "bottom", "Tables", tabs),
        }
        self.docks["left"].setMinimumWidth(LEAST_LEFT_PX)

    def _connect(self) -> None:
        desk = self.desk
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.going, self.giving = Going(desk, self.map), Giving(desk)
        self.comparing = Comparing(desk, self.map, self.centre, self.tabs)
        self.comparing.toggled.connect(self._make_room)
        self.comparing.cursor_moved.connect(self.status.point_at)
        self.search.went.connect(self.comparing.to_what_is_selected)
        desk.actions.on("compare", self._compare)
        self.what_if_banner.compare_asked.connect(self._compare_what_if)
        desk.actions.on("search", self.search.start)
        desk.actions.on("propose", self._propose)
        desk.actions.on("why_here", self._explain)
        desk.actions.on("unit_off", self._ask_unit_off)
        desk.actions.on("other_count", self._ask_count)
        desk.actions.on("rename_plan", self._rename_plan)
        desk.actions["not_visited"].toggled.connect(self._show_missed)
        self.bar.workspace_chosen.connect(self.show_workspace)
        self.search.went.connect(self.going.to_what_is_selected)
        self.search.also(self.layers.hits)
        self.map.arrange(self.layers.arrangement)
        self.layers.arranged.connect(self.map.arrange)
        self.layers.arranged.connect(self.comparing.follow_layers)
        self.layers.removed.connect(self.layer_actions.remove)
        self.map.map.tiles_failed.connect(desk.notices.tell)
        self.drops = FileDrops(self)
        self.drops.dropped.connect(self.layer_actions.add)
        self.themes.chosen.connect(self._colour)
        self.themes.picked.connect(self.map.pick)
        self.map.coloured.connect(self._show_colouring)
        self.map.picked.connect(self._show_picked)
        self.map.cursor_moved.connect(self.status.point_at)
        self.map.block_asked.connect(self.rule_actions.ask_block)
        self.checks.went.connect(self.going.to_place)
        self.map.planned_asked.connect(self.what_if_actions.ask_planned)

    def _arrange(self, name: str) -> None:
        state = self._kept.get(f"docks.{name}")
        if state and self.restoreState(QByteArray.fromBase64(state.encode())):
            return
        for side, dock in self.docks.items():
            dock.setVisible(side in FIRST_DOCKS[name])
        height = min(max(LEAST_BOTTOM_PX, round(self.height() * BOTTOM_SHARE)), MOST_BOTTOM_PX)
        self.resizeDocks([self.docks["bottom"]], [height], Qt.Orientation.Vertical)
        sides = [self.docks["left"], self.docks["right"]]
        self.resizeDocks(sides, [LEFT_PX, RIGHT_PX], Qt.Orientation.Horizontal)

    def _colour(self, choice: Choice) -> None:
        """Take a person's choice; each workspace keeps its own."""
        self._kept[f"theme.{self.workspace}"] = choice.text
        self.map.colour_by(choice)

    def _colour_as_before(self) -> None:
        kept = choice_of(self._kept.get(f"theme.{self.workspace}", ""))
        self.map.colour_by(kept or Choice(COLOURING[self.workspace]))

    def _show_colouring(self) -> None:
        self.themes.show_colouring(self.map.map.colouring, self.map.map.picked)

    def _show_picked(self, sites: frozenset[str] | None) -> None:
        self._show_colouring()
        self.sites.show_only(sites)

    def _propose(self) -> None:
        self._open_section("optimiser")
        self.optimiser.begin()

    def _explain(self) -> None:
        self._open_section("optimiser")
        self.optimiser.explain()

    def _ask_unit_off(self) -> None:
        self._open_section("what_if")
        self.left.what_if.ask_unit_off()

    def _ask_count(self) -> None:
        self._open_section("what_if")
        self.left.what_if.ask_count()

    def _open_section(self, name: str) -> None:
        self.show_workspace("plan")
        self.docks["left"].show()
        self.left.folds[name].open()
        wide = max(self.docks["left"].width(), PROPOSE_PX)
        self.resizeDocks([self.docks["left"]], [wide], Qt.Orientation.Horizontal)

    def _compare(self) -> None:
        self.show_workspace("plan")
        self.comparing.start()

    def _compare_what_if(self, ground: str, what_if: str) -> None:
        self._compare()
        if self.comparing.shown is not None:
            self.comparing.shown.show_pair(ground, what_if)

    def _make_room(self, comparing: bool) -> None:
        self.tool_row.open(not comparing and self.workspace == "plan")
        if comparing:
            self.docks["bottom"].show()

    def _rename_plan(self) -> None:
        self._open_section("plans")
        self.plans.edit_name()

    def _show_missed(self, only: bool) -> None:
        if only:
            self.docks["bottom"].show()
            self.tabs.setCurrentWidget(self.sites)
            self.map.set_colouring(VISIT)
        else:
            self._colour_as_before()


def _text(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode()
