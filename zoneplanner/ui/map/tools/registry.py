"""Creates the tools of the map by name; separate, because it imports all of them."""

from zoneplanner.ui.map.tools.assign_tools import (
    AssignTool,
    BoxTool,
    BrushTool,
    FloodTool,
    LassoTool,
    PickZoneTool,
)
from zoneplanner.ui.map.tools.point_tools import MeasureTool, NoteTool, PlannedSiteTool
from zoneplanner.ui.map.tools.relocate_tool import RelocateSiteTool
from zoneplanner.ui.map.tools.tool import MapSurface, MapTool, SelectTool
from zoneplanner.ui.map.tools.toolbox import SELECT_TOOL


def create_tools(surface: MapSurface) -> dict[str, MapTool]:
    """Return a map's tools by their names in ``TOOL_NAMES``."""
    kinds: dict[str, type[MapTool]] = {
        SELECT_TOOL: SelectTool,
        "assign": AssignTool,
        "brush": BrushTool,
        "box": BoxTool,
        "lasso": LassoTool,
        "flood": FloodTool,
        "pick": PickZoneTool,
        "place": RelocateSiteTool,
        "planned": PlannedSiteTool,
        "note": NoteTool,
        "measure": MeasureTool,
    }
    return {name: kind(surface) for name, kind in kinds.items()}
