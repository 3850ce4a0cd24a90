"""The workspaces: what each shows around the map, and how its parts are made.

A workspace more is a row of ``WORKSPACES``, the parts it names, and an action ``go_NAME`` with its
place in the row of workspaces. A part is imported and made when it is first shown; one that has a
method ``set_theme`` is given another theme.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.map_themes import READINESS, STAFFED, VISIT, ZONE
from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.ui.widgets.records.record_actions import RecordActions
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.style.theme import Theme

if TYPE_CHECKING:
    from zoneplanner.ui.map.view import MapView

_LEAST_LEFT_PX, _LEAST_CONSOLE_PX = 240, 320
_BOTTOM_SHARE, LEAST_BOTTOM_PX, _MOST_BOTTOM_PX = 0.31, 160, 320


@dataclass(frozen=True, slots=True)
class Workspace:
    """What stands around the map; ``docks`` are those open at first.

    ``left`` names sections, ``tables`` tabs below the map, the first on top, ``below_card`` what
    stands under the card on the right. A ``board`` stands above the map, or in its place where
    there is no ``map``. ``tools`` are those that edit a plan.
    """

    tables: tuple[str, ...]
    left: tuple[str, ...]
    docks: tuple[str, ...]
    coloring: str
    below_card: str = ""
    board: str = ""
    map: bool = True
    tools: bool = False
    least_left_px: int = _LEAST_LEFT_PX
    bottom_share: float = _BOTTOM_SHARE
    most_bottom_px: int = _MOST_BOTTOM_PX


@dataclass(frozen=True, eq=False, slots=True)
class PanelContext:
    """What a part may need: the desk, the map, what was kept, and the forms.

    ``records`` is what can be done with a record of the log, ``do`` opens the form of a
    requirement.
    """

    desk: UiContext
    view: "MapView"
    kept: MutableMapping[str, str]
    records: RecordActions
    do: Callable[[Requirement], object]
    _shared: dict[str, Any] = field(default_factory=dict)

    @property
    def theme(self) -> Theme:
        """The theme now: a part may be made long after the window."""
        return self.view.theme

    @property
    def layers(self) -> str:
        """The layers of this project's map as they were kept."""
        return self.kept.get(f"layers.{self.desk.session.project.uid}", "")

    @property
    def period(self) -> Any:
        """The one period of all parts of the observed coverage, made by the first that asks."""
        if "period" not in self._shared:
            self._shared["period"] = load_class("coverage.observed_figures:PeriodSelection")()
        return self._shared["period"]


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A part by its title and its class; a section without a title is never folded.

    ``panel`` is "module:Class" below ``zoneplanner.ui``, ``given`` what of the ``PanelContext`` its
    class is given.
    """

    title: str
    panel: str
    given: tuple[str, ...] = ("desk",)
    opened: bool = True

    def make(self, context: PanelContext) -> QWidget:
        """Make the part."""
        panel: QWidget = load_class(self.panel)(*(getattr(context, name) for name in self.given))
        return panel


def find_in_panel(panel: Any, path: str) -> Any:
    """Return what a dotted path leads to in a panel: attributes, or keys of a table of widgets."""
    for name in filter(None, path.split(".")):
        panel = panel[name] if isinstance(panel, dict) else getattr(panel, name)
    return panel


WORKSPACES = {
    "plan": Workspace(
        tables=("zones", "sites", "checks", "history"),
        left=("plans", "locks", "optimizer", "what_if", "themes", "layers"),
        docks=("right", "bottom"),
        coloring=ZONE,
        below_card="figures",
        tools=True,
    ),
    "coverage": Workspace(
        tables=("observed", "expected", "sites"),
        left=("coverage", "themes", "layers"),
        docks=("left", "right", "bottom"),
        coloring=VISIT,
        least_left_px=_LEAST_CONSOLE_PX,
        below_card="against",
        bottom_share=0.37,
        most_bottom_px=400,
    ),
    "shifts": Workspace(
        tables=("roster_problems", "hours", "swaps", "sites"),
        left=("shift", "officers", "today", "themes", "layers"),
        docks=("left", "bottom"),
        coloring=STAFFED,
        board="roster",
        least_left_px=_LEAST_CONSOLE_PX,
        bottom_share=0.2,
        most_bottom_px=220,
    ),
    "log": Workspace(
        tables=("entries", "due", "sites"),
        left=("console", "themes", "layers"),
        docks=("left", "right", "bottom"),
        coloring=VISIT,
        least_left_px=_LEAST_CONSOLE_PX,
    ),
    "readiness": Workspace(
        tables=("duties", "entries", "sites"),
        left=("readiness", "themes", "layers"),
        docks=("left", "right", "bottom"),
        coloring=READINESS,
        least_left_px=_LEAST_CONSOLE_PX,
        bottom_share=0.4,
        most_bottom_px=420,
    ),
    "publish": Workspace(
        tables=("zones", "sites"),
        left=(),
        docks=(),
        coloring=ZONE,
        board="publish",
        map=False,
    ),
}


LEFT_DOCK_SECTIONS = {
    "console": PanelSpec("", "log.console.console_panel:ConsolePanel", ("desk", "records")),
    "coverage": PanelSpec("", "coverage.observed_board:ObservedBoard", ("desk", "theme", "period")),
    "readiness": PanelSpec("", "readiness.readiness_panel:ReadinessPanel"),
    "plans": PanelSpec("Plans", "plan.plans.plans_panel:PlansPanel"),
    "locks": PanelSpec("Locks", "plan.assignment.locks_panel:LocksPanel", opened=False),
    "optimizer": PanelSpec(
        "Propose zones", "plan.optimizer.optimizer_panel:OptimizerPanel", opened=False
    ),
    "what_if": PanelSpec("What if", "plan.what_if.what_if_panel:WhatIfPanel", opened=False),
    "shift": PanelSpec("The chosen shift", "shifts.shift_card:ShiftCard"),
    "officers": PanelSpec("Officers", "shifts.officers_panel:OfficersPanel"),
    "today": PanelSpec("Who is where", "shifts.today_panel:OnDutyTodayPanel"),
    "themes": PanelSpec("Color sites by", "map.panels.symbology_panel:SymbologyPanel", ()),
    "layers": PanelSpec(
        "Layers", "map.panels.layers_panel:LayersPanel", ("desk", "theme", "layers")
    ),
}
"""The sections of the left dock, in their order from above."""

TABLE_TABS = {
    "roster_problems": PanelSpec("Problems", "shifts.roster_tables:RosterProblemsTable"),
    "hours": PanelSpec("Hours", "shifts.roster_tables:OfficerHoursTable"),
    "swaps": PanelSpec("Swaps", "shifts.roster_tables:SwapRequestsTable"),
    "observed": PanelSpec(
        "Observed",
        "coverage.observed_table:ObservedCoverageTable",
        ("desk", "period", "records"),
    ),
    "expected": PanelSpec(
        "Expected", "coverage.expected_panel:ExpectedResponsePanel", ("desk", "view")
    ),
    "duties": PanelSpec(
        "Requirements", "readiness.requirements_table:RequirementsTable", ("desk", "do")
    ),
    "entries": PanelSpec("Entries", "log.entries_table:EntriesPanel", ("desk", "records")),
    "due": PanelSpec("Visits due", "log.due_visits_table:DueVisitsPanel"),
    "zones": PanelSpec("Zones", "plan.tables.zones_table:ZonesPanel"),
    "sites": PanelSpec("Sites", "plan.tables.sites_table:SitesPanel"),
    "checks": PanelSpec("Checks", "plan.tables.checks_table:ChecksPanel"),
    "history": PanelSpec("History", "plan.tables.history_table:HistoryPanel"),
}
"""The tabs below the map, in their order from the left."""

HIDDEN_BESIDE_TABLE = {"expected": "coverage"}
"""The section that goes while a table is on top: what is expected is not shown beside it."""

PANELS_BELOW_CARD = {
    "against": PanelSpec(
        "Observed against expected",
        "coverage.observed_vs_expected:ObservedVsExpectedPanel",
        ("desk", "period"),
    ),
    "figures": PanelSpec("Figures of the plan", "plan.tables.figures_panel:PlanFiguresPanel"),
}
"""What stands under the card on the right; the title is for screen readers."""

CENTER_BOARDS: dict[str, PanelSpec] = {
    "publish": PanelSpec(
        "Publish", "publish.publish_panel:PublishPanel", ("desk", "theme", "kept")
    ),
    "roster": PanelSpec("Shifts", "shifts.roster_board:RosterBoard", ("desk", "theme")),
}
"""What stands above the map or in its place; the title is for screen readers."""
