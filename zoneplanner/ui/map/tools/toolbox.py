"""Which tool is in hand, for which zone, from where it takes and how wide it reaches."""

from PySide6.QtCore import QObject, Signal

from zoneplanner.app.plans.manual_assignment import SourceFilter
from zoneplanner.ui.widgets.services.ui_context import Selection, SessionBridge

SELECT_TOOL = "select"
TOOL_NAMES = (
    SELECT_TOOL,
    "assign",
    "brush",
    "box",
    "lasso",
    "flood",
    "pick",
    "place",
    "planned",
    "note",
    "measure",
)
ASSIGNING_TOOLS = frozenset({"assign", "brush", "box", "lasso", "flood"})
"""The tools that give something to the target zone."""

SIZED_TOOLS = frozenset({"brush", "flood"})
TOOL_SIZES = 5


class Toolbox(QObject):
    """The choices that all tools share. ``chosen`` carries a tool; ``changed`` tells of the rest.

    The target follows the zone that is selected, so that E and D step through targets.
    """

    chosen = Signal(str)
    changed = Signal()

    def __init__(self, bridge: SessionBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.tool = SELECT_TOOL
        self.source = SourceFilter()
        self.size = 2
        self._before_pick = SELECT_TOOL
        self._target: str | None = None
        self._follow(bridge.selection)
        bridge.selection_changed.connect(self._follow)
        bridge.project_changed.connect(self._keep_to_the_plan)

    @property
    def target(self) -> str | None:
        """The zone that takes: the one aimed at, else the first of the plan."""
        zones = self.zones
        return self._target if self._target in zones else next(iter(zones), None)

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones of the plan on screen."""
        plan = self._bridge.session.plan
        return tuple(zone.id for zone in plan.zones) if plan else ()

    def choose(self, tool: str) -> None:
        """Take a tool of ``TOOL_NAMES`` in hand; another name is a ValueError."""
        if tool not in TOOL_NAMES:
            raise ValueError(f"no tool {tool}")
        if tool != self.tool:
            if self.tool != "pick":
                self._before_pick = self.tool
            self.tool = tool
            self.chosen.emit(tool)

    def aim(self, zone: str) -> None:
        """Make a zone the target, and select it."""
        self._bridge.select(zone=zone)
        self._aim(zone)

    def picked(self, zone: str) -> None:
        """Aim at a zone picked from the map and go on with the tool from before."""
        self.aim(zone)
        self.choose(self._before_pick)

    def take_from(self, source: SourceFilter) -> None:
        """Take only from there."""
        if source != self.source:
            self.source = source
            self.changed.emit()

    def resize(self, size: int) -> None:
        """Make brush and flood reach wider or less wide, 1 to ``TOOL_SIZES``."""
        wanted = min(max(1, size), TOOL_SIZES)
        if wanted != self.size:
            self.size = wanted
            self.changed.emit()

    def _aim(self, zone: str) -> None:
        if zone != self._target:
            self._target = zone
            self.changed.emit()

    def _follow(self, selection: Selection) -> None:
        if selection.zone is not None:
            self._aim(selection.zone)

    def _keep_to_the_plan(self, _event: object) -> None:
        if self.source.zone is not None and self.source.zone not in self.zones:
            self.source = SourceFilter()
        self.changed.emit()
