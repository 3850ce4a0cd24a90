"""The selected tool, its target zone, the zones it takes sites from, and its size."""

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
"""The tools that assign something to the target zone."""

SIZED_TOOLS = frozenset({"brush", "flood"})
TOOL_SIZES = 5


class Toolbox(QObject):
    """The settings that all tools share; the target follows the selected zone.

    ``chosen`` carries a tool; ``changed`` is emitted for every other setting.
    """

    chosen = Signal(str)
    changed = Signal()

    def __init__(self, bridge: SessionBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.tool = SELECT_TOOL
        self.source = SourceFilter()
        self.size = 2
        self._previous_tool = SELECT_TOOL
        self._target: str | None = None
        self._follow_selection(bridge.selection)
        bridge.selection_changed.connect(self._follow_selection)
        bridge.project_changed.connect(self._discard_missing_source)

    @property
    def target(self) -> str | None:
        """The target zone, by default the plan's first zone."""
        zones = self.zones
        return self._target if self._target in zones else next(iter(zones), None)

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones of the plan on screen."""
        plan = self._bridge.session.plan
        return tuple(zone.id for zone in plan.zones) if plan else ()

    def choose(self, tool: str) -> None:
        """Select a tool of ``TOOL_NAMES``; another name raises ValueError."""
        if tool not in TOOL_NAMES:
            raise ValueError(f"no tool {tool}")
        if tool != self.tool:
            if self.tool != "pick":
                self._previous_tool = self.tool
            self.tool = tool
            self.chosen.emit(tool)

    def set_target(self, zone: str) -> None:
        """Make a zone the target, and select it."""
        self._bridge.select(zone=zone)
        self._apply_target(zone)

    def set_picked_target(self, zone: str) -> None:
        """Make a zone picked on the map the target, and return to the previous tool."""
        self.set_target(zone)
        self.choose(self._previous_tool)

    def set_source(self, source: SourceFilter) -> None:
        """Set the zones from which sites are taken."""
        if source != self.source:
            self.source = source
            self.changed.emit()

    def resize(self, size: int) -> None:
        """Set the size of the brush and flood tools, limited to 1 to ``TOOL_SIZES``."""
        size = min(max(1, size), TOOL_SIZES)
        if size != self.size:
            self.size = size
            self.changed.emit()

    def _apply_target(self, zone: str) -> None:
        if zone != self._target:
            self._target = zone
            self.changed.emit()

    def _follow_selection(self, selection: Selection) -> None:
        if selection.zone is not None:
            self._apply_target(selection.zone)

    def _discard_missing_source(self, _event: object) -> None:
        if self.source.zone is not None and self.source.zone not in self.zones:
            self.source = SourceFilter()
        self.changed.emit()
