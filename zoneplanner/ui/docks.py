"""What stands in the three docks: plans and layers, cards and figures, tables."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.fold import Fold
from zoneplanner.ui.kit.theme import Theme
from zoneplanner.ui.kit.widgets import scrolled
from zoneplanner.ui.panels.card import CardStack
from zoneplanner.ui.panels.checks_table import ChecksPanel
from zoneplanner.ui.panels.console import ConsolePanel
from zoneplanner.ui.panels.figures import FiguresPanel
from zoneplanner.ui.panels.history_table import HistoryPanel
from zoneplanner.ui.panels.layers import LayersPanel
from zoneplanner.ui.panels.locks import LocksPanel
from zoneplanner.ui.panels.optimiser import OptimiserPanel
from zoneplanner.ui.panels.plans import PlansPanel
from zoneplanner.ui.panels.site_card import SiteCard
from zoneplanner.ui.panels.sites_table import SitesPanel
from zoneplanner.ui.panels.themes import ThemesPanel
from zoneplanner.ui.panels.welcome import WelcomeCard
from zoneplanner.ui.panels.what_if import WhatIfPanel
from zoneplanner.ui.panels.zone_card import ZoneCard
from zoneplanner.ui.panels.zones_table import ZonesPanel

RIGHT_SPLIT = (420, 320)
LEAST_RIGHT_PX, LEAST_TABLES_PX = 344, 260
FOLDED_AT_FIRST = ("locks", "optimiser", "what_if")

SIDES = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


def docked(window: QMainWindow, desk: Desk, name: str, title: str, content: QWidget) -> QDockWidget:
    """Put a panel into a dock of the window; the action of the same name shows and hides it."""
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
    dock.setTitleBarWidget(QWidget(dock))
    dock.setWidget(content)
    window.addDockWidget(SIDES[name], dock)
    action = desk.actions[name]
    action.toggled.connect(dock.setVisible)
    dock.visibilityChanged.connect(lambda _: action.setChecked(not dock.isHidden()))
    return dock


def stacked(*parts: QWidget, on: QWidget | None = None) -> QWidget:
    """Put parts above each other, the last one with all the room."""
    whole = on or QWidget()
    rows = QVBoxLayout(whole)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(0)
    for part in parts:
        rows.addWidget(part, 1 if part is parts[-1] else 0)
    return whole


class LeftColumn(QWidget):
    """Sections above each other, each under a title that folds it away.

    A section more is a panel, and a line in ``folds``.
    """

    def __init__(self, desk: Desk, theme: Theme, kept: Mapping[str, str]) -> None:
        super().__init__()
        self._key = f"layers.{desk.session.project.uid}"
        self.plans, self.locks = PlansPanel(desk), LocksPanel(desk)
        self.optimiser, self.what_if = OptimiserPanel(desk), WhatIfPanel(desk)
        self.console = ConsolePanel(desk)
        self.themes, self.layers = ThemesPanel(), LayersPanel(desk, theme, kept.get(self._key, ""))
        self.folds = {
            name: Fold(title, panel, opened=_is_open(name, kept.get(f"fold.{name}", "")))
            for name, title, panel in (
                ("plans", "Plans", self.plans),
                ("locks", "Locks", self.locks),
                ("optimiser", "Propose zones", self.optimiser),
                ("what_if", "What if", self.what_if),
                ("themes", "Colour sites by", self.themes),
                ("layers", "Layers", self.layers),
            )
        }
        self.locks.counted.connect(self._count_locks)
        self.locks.refresh()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.console)
        for fold in self.folds.values():
            rows.addWidget(fold)
        rows.addStretch(1)

    def show_sections(self, names: Iterable[str]) -> None:
        """Show some of the sections."""
        shown = set(names)
        self.console.setVisible("console" in shown)
        for name, fold in self.folds.items():
            fold.setVisible(name in shown)

    def kept(self) -> dict[str, str]:
        """Return the texts that bring the folds and the map's layers back the next time."""
        folds = {f"fold.{name}": str(fold.opened) for name, fold in self.folds.items()}
        return {**folds, self._key: self.layers.arrangement.text()}

    def _count_locks(self, locks: int) -> None:
        self.folds["locks"].call(f"Locks ({locks})" if locks else "Locks")


class RightColumn(QSplitter):
    """The card of what is selected, and the figures of the plan below it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setChildrenCollapsible(False)
        self.setMinimumWidth(LEAST_RIGHT_PX)
        self.site_card, self.zone_card = SiteCard(desk), ZoneCard(desk)
        self.card = CardStack(
            desk, site=self.site_card, zone=self.zone_card, nothing=WelcomeCard(desk)
        )
        self.figures = FiguresPanel(desk)
        self.below = scrolled(self.figures, "Figures of the plan")
        self.addWidget(scrolled(self.card, "Card of what is selected"))
        self.addWidget(self.below)
        self.setSizes(RIGHT_SPLIT)


class Tables(QTabWidget):
    """The tables by name, a tab each; ``correct`` opens the form of an entry's correction.

    Those that the first workspace does not show are made when they are first shown.
    """

    def __init__(self, desk: Desk, correct: Callable[[str, str], object]) -> None:
        super().__init__()
        self.zones, self.sites = ZonesPanel(desk), SitesPanel(desk)
        self.checks, self.history = ChecksPanel(desk), HistoryPanel(desk)
        self._desk, self._correct = desk, correct
        self._later = {"observed": self._observed, "entries": self._entries}
        self.panels: dict[str, QWidget] = {
            "zones": self.zones,
            "sites": self.sites,
            "checks": self.checks,
            "history": self.history,
        }
        self.setDocumentMode(True)
        self.setAccessibleName("Tables")
        self.setMinimumWidth(LEAST_TABLES_PX)
        for name, panel in self.panels.items():
            self.addTab(panel, name.capitalize())
        self.checks.counted.connect(self._count_checks)
        self._count_checks(self.checks.problems)

    def show_tables(self, names: tuple[str, ...]) -> None:
        """Show some of the tables, the first one on top."""
        for name in [name for name in names if name in self._later]:
            panel = self.panels[name] = self._later.pop(name)()
            self.insertTab(0, panel, name.capitalize())
        for name, panel in self.panels.items():
            self.setTabVisible(self.indexOf(panel), name in names)
        self.setCurrentWidget(self.panels[names[0]])

    def _observed(self) -> QWidget:
        from zoneplanner.ui.panels.observed import ObservedPanel

        return ObservedPanel(self._desk)

    def _entries(self) -> QWidget:
        from zoneplanner.ui.panels.entries_table import EntriesPanel

        return EntriesPanel(self._desk, self._correct)

    def _count_checks(self, problems: int) -> None:
        title = f"Checks ({problems})" if problems else "Checks"
        at = self.indexOf(self.checks)
        if self.tabText(at) != title:
            self.setTabText(at, title)


def _is_open(name: str, kept: str) -> bool:
    return kept == "True" if kept else name not in FOLDED_AT_FIRST
