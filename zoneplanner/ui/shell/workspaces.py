"""The workspaces: what each shows around the map, and how its parts are made.

A workspace more is a row of ``WORKSPACES``, the parts it names, and an action ``go_NAME`` with its
place in the row of workspaces. A part is made when it is first shown and gets a ``Given``; one that
has a method ``set_theme`` is told of another theme. What a part needs is imported where it is made,
so that the start does not pay for it.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.map_themes import READINESS, STAFFED, VISIT, ZONE
from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.ui.widgets.records.record_actions import RecordActions
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import Theme

if TYPE_CHECKING:
    from zoneplanner.ui.coverage.observed_figures import PeriodSelection
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

    ``records`` is what can be done with a record of the log, ``do`` opens the form of a duty.
    """

    desk: UiContext
    view: "MapView"
    kept: MutableMapping[str, str]
    records: RecordActions
    do: Callable[[Requirement], object]
    shared: dict[str, QObject] = field(default_factory=dict)
    """What several parts share, made by the first that asks."""

    @property
    def theme(self) -> Theme:
        """The theme now: a part may be made long after the window."""
        return self.view.theme


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A part by its title and how it is made; a section without a title is never folded."""

    title: str
    make: Callable[[PanelContext], QWidget]
    opened: bool = True


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


def _console(given: PanelContext) -> QWidget:
    from zoneplanner.ui.log.console.console_panel import ConsolePanel

    panel = ConsolePanel(given.desk, given.records)
    panel.new.left.connect(given.view.setFocus)
    return panel


def _readiness(given: PanelContext) -> QWidget:
    from zoneplanner.ui.readiness.readiness_panel import ReadinessPanel

    return ReadinessPanel(given.desk)


def _plans(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.plans.plans_panel import PlansPanel

    return PlansPanel(given.desk)


def _locks(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.assignment.locks_panel import LocksPanel

    return LocksPanel(given.desk)


def _optimizer(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.optimizer.optimizer_panel import OptimizerPanel

    return OptimizerPanel(given.desk)


def _what_if(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.what_if.what_if_panel import WhatIfPanel

    return WhatIfPanel(given.desk)


def _shift(given: PanelContext) -> QWidget:
    from zoneplanner.ui.shifts.shift_card import ShiftCard

    return ShiftCard(given.desk)


def _officers(given: PanelContext) -> QWidget:
    from zoneplanner.ui.shifts.officers_panel import OfficersPanel

    return OfficersPanel(given.desk)


def _today(given: PanelContext) -> QWidget:
    from zoneplanner.ui.shifts.today_panel import OnDutyTodayPanel

    return OnDutyTodayPanel(given.desk)


def _themes(_given: PanelContext) -> QWidget:
    from zoneplanner.ui.map.panels.symbology_panel import SymbologyPanel

    return SymbologyPanel()


def _layers(given: PanelContext) -> QWidget:
    from zoneplanner.ui.map.panels.layers_panel import LayersPanel

    key = f"layers.{given.desk.session.project.uid}"
    return LayersPanel(given.desk, given.theme, given.kept.get(key, ""))


def _coverage(given: PanelContext) -> QWidget:
    from zoneplanner.ui.coverage.observed_board import ObservedBoard

    return ObservedBoard(given.desk, given.theme, _period(given))


LEFT_DOCK_SECTIONS = {
    "console": PanelSpec("", _console),
    "coverage": PanelSpec("", _coverage),
    "readiness": PanelSpec("", _readiness),
    "plans": PanelSpec("Plans", _plans),
    "locks": PanelSpec("Locks", _locks, opened=False),
    "optimizer": PanelSpec("Propose zones", _optimizer, opened=False),
    "what_if": PanelSpec("What if", _what_if, opened=False),
    "shift": PanelSpec("The chosen shift", _shift),
    "officers": PanelSpec("Officers", _officers),
    "today": PanelSpec("Who is where", _today),
    "themes": PanelSpec("Color sites by", _themes),
    "layers": PanelSpec("Layers", _layers),
}
"""The sections of the left dock, in their order from above."""


def _zones(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.tables.zones_table import ZonesPanel

    return ZonesPanel(given.desk)


def _sites(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.tables.sites_table import SitesPanel

    return SitesPanel(given.desk)


def _checks(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.tables.checks_table import ChecksPanel

    return ChecksPanel(given.desk)


def _history(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.tables.history_table import HistoryPanel

    return HistoryPanel(given.desk)


def _observed(given: PanelContext) -> QWidget:
    from zoneplanner.ui.coverage.observed_table import ObservedCoverageTable

    return ObservedCoverageTable(given.desk, _period(given), given.records)


def _period(given: PanelContext) -> "PeriodSelection":
    """Return the period that all parts of the observed coverage are told from."""
    from zoneplanner.ui.coverage.observed_figures import PeriodSelection

    found = given.shared.setdefault("period", PeriodSelection())
    assert isinstance(found, PeriodSelection)
    return found


def _duties(given: PanelContext) -> QWidget:
    from zoneplanner.ui.readiness.requirements_table import RequirementsTable

    return RequirementsTable(given.desk, given.do)


def _expected(given: PanelContext) -> QWidget:
    from zoneplanner.ui.coverage.expected_panel import ExpectedResponsePanel

    return ExpectedResponsePanel(given.desk, given.view)


def _entries(given: PanelContext) -> QWidget:
    from zoneplanner.ui.log.entries_table import EntriesPanel

    return EntriesPanel(given.desk, given.records)


def _roster_problems(given: PanelContext) -> QWidget:
    from zoneplanner.ui.shifts.roster_tables import RosterProblemsTable

    return RosterProblemsTable(given.desk)


def _hours(given: PanelContext) -> QWidget:
    from zoneplanner.ui.shifts.roster_tables import OfficerHoursTable

    return OfficerHoursTable(given.desk)


def _swaps(given: PanelContext) -> QWidget:
    from zoneplanner.ui.shifts.roster_tables import SwapRequestsTable

    return SwapRequestsTable(given.desk)


def _due(given: PanelContext) -> QWidget:
    from zoneplanner.ui.log.due_visits_table import DueVisitsPanel

    return DueVisitsPanel(given.desk)


TABLE_TABS = {
    "roster_problems": PanelSpec("Problems", _roster_problems),
    "hours": PanelSpec("Hours", _hours),
    "swaps": PanelSpec("Swaps", _swaps),
    "observed": PanelSpec("Observed", _observed),
    "expected": PanelSpec("Expected", _expected),
    "duties": PanelSpec("Duties", _duties),
    "entries": PanelSpec("Entries", _entries),
    "due": PanelSpec("Visits due", _due),
    "zones": PanelSpec("Zones", _zones),
    "sites": PanelSpec("Sites", _sites),
    "checks": PanelSpec("Checks", _checks),
    "history": PanelSpec("History", _history),
}
"""The tabs below the map, in their order from the left."""

HIDDEN_BESIDE_TABLE = {"expected": "coverage"}
"""The section that goes while a table is on top: what is expected is not shown beside it."""


def _roster(given: PanelContext) -> QWidget:
    from zoneplanner.ui.shifts.roster_board import RosterBoard

    return RosterBoard(given.desk, given.theme)


def _figures(given: PanelContext) -> QWidget:
    from zoneplanner.ui.plan.tables.figures_panel import PlanFiguresPanel

    return PlanFiguresPanel(given.desk)


def _against(given: PanelContext) -> QWidget:
    from zoneplanner.ui.coverage.observed_vs_expected import ObservedVsExpectedPanel

    return ObservedVsExpectedPanel(given.desk, _period(given))


PANELS_BELOW_CARD = {
    "against": PanelSpec("Observed against expected", _against),
    "figures": PanelSpec("Figures of the plan", _figures),
}
"""What stands under the card on the right; the title is for screen readers."""


def _publish(given: PanelContext) -> QWidget:
    from zoneplanner.ui.publish.publish_panel import PublishPanel

    return PublishPanel(given.desk, given.theme, given.kept)


CENTER_BOARDS: dict[str, PanelSpec] = {
    "publish": PanelSpec("Publish", _publish),
    "roster": PanelSpec("Shifts", _roster),
}
"""What stands above the map or in its place; the title is for screen readers."""
