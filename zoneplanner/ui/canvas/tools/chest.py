"""All tools of the map by name."""

from zoneplanner.ui.canvas.tools.brush import Brush
from zoneplanner.ui.canvas.tools.clicks import Assign, Flood, Pick
from zoneplanner.ui.canvas.tools.fences import Box, Lasso
from zoneplanner.ui.canvas.tools.measure import Measure
from zoneplanner.ui.canvas.tools.note import Note
from zoneplanner.ui.canvas.tools.place import Place
from zoneplanner.ui.canvas.tools.planned import Planned
from zoneplanner.ui.canvas.tools.select import Select
from zoneplanner.ui.canvas.tools.tool import Surface, Tool
from zoneplanner.ui.canvas.tools.toolbox import SELECT


def tools_for(surface: Surface) -> dict[str, Tool]:
    """Return a map's tools by the names of ``toolbox.TOOLS``."""
    kinds: dict[str, type[Tool]] = {
        SELECT: Select,
        "assign": Assign,
        "brush": Brush,
        "box": Box,
        "lasso": Lasso,
        "flood": Flood,
        "pick": Pick,
        "place": Place,
        "planned": Planned,
        "note": Note,
        "measure": Measure,
    }
    return {name: kind(surface) for name, kind in kinds.items()}
