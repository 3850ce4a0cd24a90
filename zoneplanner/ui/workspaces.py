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

from zoneplanner.app.themes import READINESS, STAFFED, VISIT, ZONE
from zoneplanner.domain.readiness import Item
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.records import RecordActions
from zoneplanner.ui.kit.theme import Theme

if TYPE_CHECKING:
    from zoneplanner.ui.canvas.view import MapView
    from zoneplanner.ui.models.period import Period

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
    colouring: str
    below_card: str = ""
    board: str = ""
    map: bool = True
    tools: bool = False
    least_left_px: int = _LEAST_LEFT_PX
    bottom_share: float = _BOTTOM_SHARE
    most_bottom_px: int = _MOST_BOTTOM_PX


@dataclass(frozen=True, eq=False, slots=True)
class Given:
    """What a part may need: the desk, the map, what was kept, and the forms.

    ``records`` is what can be done with a record of the log, ``do`` opens the form of a duty.
    """

    desk: Desk
    view: "MapView"
    kept: MutableMapping[str, str]
    records: RecordActions
    do: Callable[[Item], object]
    shared: dict[str, QObject] = field(default_factory=dict)
    """What several parts share, made by the first that asks."""

    @property
    def theme(self) -> Theme:
        """The theme now: a part may be made long after the window."""
        return self.view.theme


@dataclass(frozen=True, slots=True)
class Part:
    """A part by its title and how it is made; a section without a title is never folded."""

    title: str
    make: Callable[[Given], QWidget]
    opened: bool = True


WORKSPACES = {
    "plan": Workspace(
        tables=("zones", "sites", "checks", "history"),
        left=("plans", "locks", "optimiser", "what_if", "themes", "layers"),
        docks=("right", "bottom"),
        colouring=ZONE,
        below_card="figures",
        tools=True,
    ),
    "coverage": Workspace(
        tables=("observed", "expected", "sites"),
        left=("coverage", "themes", "layers"),
        docks=("left", "right", "bottom"),
        colouring=VISIT,
        least_left_px=_LEAST_CONSOLE_PX,
        below_card="against",
        bottom_share=0.37,
        most_bottom_px=400,
    ),
    "shifts": Workspace(
        tables=("roster_problems", "hours", "swaps", "sites"),
        left=("shift", "officers", "today", "themes", "layers"),
        docks=("left", "bottom"),
        colouring=STAFFED,
        board="roster",
        least_left_px=_LEAST_CONSOLE_PX,
        bottom_share=0.2,
        most_bottom_px=220,
    ),
    "log": Workspace(
        tables=("entries", "due", "sites"),
        left=("console", "themes", "layers"),
        docks=("left", "right", "bottom"),
        colouring=VISIT,
        least_left_px=_LEAST_CONSOLE_PX,
    ),
    "readiness": Workspace(
        tables=("duties", "entries", "sites"),
        left=("readiness", "themes", "layers"),
        docks=("left", "right", "bottom"),
        colouring=READINESS,
        least_left_px=_LEAST_CONSOLE_PX,
        bottom_share=0.4,
        most_bottom_px=420,
    ),
    "publish": Workspace(
        tables=("zones", "sites"),
        left=(),
        docks=(),
        colouring=ZONE,
        board="publish",
        map=False,
    ),
}


def _console(given: Given) -> QWidget:
    from zoneplanner.ui.panels.console import ConsolePanel

    panel = ConsolePanel(given.desk, given.records)
    panel.new.left.connect(given.view.setFocus)
    return panel


def _readiness(given: Given) -> QWidget:
    from zoneplanner.ui.panels.readiness import ReadinessPanel

    return ReadinessPanel(given.desk)


def _plans(given: Given) -> QWidget:
    from zoneplanner.ui.panels.plans import PlansPanel

    return PlansPanel(given.desk)


def _locks(given: Given) -> QWidget:
    from zoneplanner.ui.panels.locks import LocksPanel

    return LocksPanel(given.desk)


def _optimiser(given: Given) -> QWidget:
    from zoneplanner.ui.panels.optimiser import OptimiserPanel

    return OptimiserPanel(given.desk)


def _what_if(given: Given) -> QWidget:
    from zoneplanner.ui.panels.what_if import WhatIfPanel

    return WhatIfPanel(given.desk)


def _shift(given: Given) -> QWidget:
    from zoneplanner.ui.panels.roster import ShiftCard

    return ShiftCard(given.desk)


def _officers(given: Given) -> QWidget:
    from zoneplanner.ui.panels.roster import OfficersPanel

    return OfficersPanel(given.desk)


def _today(given: Given) -> QWidget:
    from zoneplanner.ui.panels.roster import TodayPanel

    return TodayPanel(given.desk)


def _themes(_given: Given) -> QWidget:
    from zoneplanner.ui.panels.themes import ThemesPanel

    return ThemesPanel()


def _layers(given: Given) -> QWidget:
    from zoneplanner.ui.panels.layers import LayersPanel

    key = f"layers.{given.desk.session.project.uid}"
    return LayersPanel(given.desk, given.theme, given.kept.get(key, ""))


def _coverage(given: Given) -> QWidget:
    from zoneplanner.ui.panels.observed_board import ObservedBoard

    return ObservedBoard(given.desk, given.theme, _period(given))


SECTIONS = {
    "console": Part("", _console),
    "coverage": Part("", _coverage),
    "readiness": Part("", _readiness),
    "plans": Part("Plans", _plans),
    "locks": Part("Locks", _locks, opened=False),
    "optimiser": Part("Propose zones", _optimiser, opened=False),
    "what_if": Part("What if", _what_if, opened=False),
    "shift": Part("The chosen shift", _shift),
    "officers": Part("Officers", _officers),
    "today": Part("Who is where", _today),
    "themes": Part("Colour sites by", _themes),
    "layers": Part("Layers", _layers),
}
"""The sections of the left dock, in their order from above."""


def _zones(given: Given) -> QWidget:
    from zoneplanner.ui.panels.zones_table import ZonesPanel

    return ZonesPanel(given.desk)


def _sites(given: Given) -> QWidget:
    from zoneplanner.ui.panels.sites_table import SitesPanel

    return SitesPanel(given.desk)


def _checks(given: Given) -> QWidget:
    from zoneplanner.ui.panels.checks_table import ChecksPanel

    return ChecksPanel(given.desk)


def _history(given: Given) -> QWidget:
    from zoneplanner.ui.panels.history_table import HistoryPanel

    return HistoryPanel(given.desk)


def _observed(given: Given) -> QWidget:
    from zoneplanner.ui.panels.observed import ObservedPanel

    return ObservedPanel(given.desk, _period(given), given.records)


def _period(given: Given) -> "Period":
    """Return the period that all parts of the observed coverage are told from."""
    from zoneplanner.ui.models.period import Period

    found = given.shared.setdefault("period", Period())
    assert isinstance(found, Period)
    return found


def _duties(given: Given) -> QWidget:
    from zoneplanner.ui.panels.duties_table import DutiesPanel

    return DutiesPanel(given.desk, given.do)


def _expected(given: Given) -> QWidget:
    from zoneplanner.ui.panels.expected import ExpectedPanel

    return ExpectedPanel(given.desk, given.view)


def _entries(given: Given) -> QWidget:
    from zoneplanner.ui.panels.entries_table import EntriesPanel

    return EntriesPanel(given.desk, given.records)


def _roster_problems(given: Given) -> QWidget:
    from zoneplanner.ui.panels.roster import RosterProblems

    return RosterProblems(given.desk)


def _hours(given: Given) -> QWidget:
    from zoneplanner.ui.panels.roster import RosterHours

    return RosterHours(given.desk)


def _swaps(given: Given) -> QWidget:
    from zoneplanner.ui.panels.roster import SwapsPanel

    return SwapsPanel(given.desk)


def _due(given: Given) -> QWidget:
    from zoneplanner.ui.panels.due_visits import DueVisitsPanel

    return DueVisitsPanel(given.desk)


TABLES = {
    "roster_problems": Part("Problems", _roster_problems),
    "hours": Part("Hours", _hours),
    "swaps": Part("Swaps", _swaps),
    "observed": Part("Observed", _observed),
    "expected": Part("Expected", _expected),
    "duties": Part("Duties", _duties),
    "entries": Part("Entries", _entries),
    "due": Part("Visits due", _due),
    "zones": Part("Zones", _zones),
    "sites": Part("Sites", _sites),
    "checks": Part("Checks", _checks),
    "history": Part("History", _history),
}
"""The tabs below the map, in their order from the left."""

NOT_BESIDE = {"expected": "coverage"}
"""The section that goes while a table is on top: what is expected is not shown beside it."""


def _roster(given: Given) -> QWidget:
    from zoneplanner.ui.panels.roster import RosterBoard

    return RosterBoard(given.desk, given.theme)


def _figures(given: Given) -> QWidget:
    from zoneplanner.ui.panels.figures import FiguresPanel

    return FiguresPanel(given.desk)


def _against(given: Given) -> QWidget:
    from zoneplanner.ui.panels.against_expected import AgainstExpected

    return AgainstExpected(given.desk, _period(given))


BELOW_CARD = {
    "against": Part("Observed against expected", _against),
    "figures": Part("Figures of the plan", _figures),
}
"""What stands under the card on the right; the title is for screen readers."""


def _publish(given: Given) -> QWidget:
    from zoneplanner.ui.panels.publish import PublishPanel

    return PublishPanel(given.desk, given.theme, given.kept)


BOARDS: dict[str, Part] = {
    "publish": Part("Publish", _publish),
    "roster": Part("Shifts", _roster),
}
"""What stands above the map or in its place; the title is for screen readers."""
