"""All tools of the map by name."""

from zoneplanner.ui.canvas.tools.brush import BrushTool
from zoneplanner.ui.canvas.tools.clicks import AssignTool, FloodTool, PickZoneTool
from zoneplanner.ui.canvas.tools.fences import BoxTool, LassoTool
from zoneplanner.ui.canvas.tools.measure import MeasureTool
from zoneplanner.ui.canvas.tools.note import NoteTool
from zoneplanner.ui.canvas.tools.place import RelocateSiteTool
from zoneplanner.ui.canvas.tools.planned import PlannedSiteTool
from zoneplanner.ui.canvas.tools.select import SelectTool
from zoneplanner.ui.canvas.tools.tool import MapSurface, MapTool
from zoneplanner.ui.canvas.tools.toolbox import SELECT_TOOL


def create_tools(surface: MapSurface) -> dict[str, MapTool]:
    """Return a map's tools by the names of ``toolbox.TOOLS``."""
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
