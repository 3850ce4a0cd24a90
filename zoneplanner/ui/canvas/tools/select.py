"""The arrow: a click selects, a drag of a site carries it to a zone, a drag of the ground pans."""

from zoneplanner.ui.canvas.carrying import SiteDrag
from zoneplanner.ui.canvas.tools.dragging import DragTool
from zoneplanner.ui.canvas.tools.pointer import PressHandlers
from zoneplanner.ui.canvas.tools.tool import MapSurface


class SelectTool(DragTool):
    """The tool that is in hand at first."""

    def __init__(self, surface: MapSurface) -> None:
        self.carrying = SiteDrag(surface)
        super().__init__(surface)

    def doing(self) -> PressHandlers:
        """Carry a site to another zone."""
        return PressHandlers(
            lift=self.carrying.lift,
            carry=self.carrying.carry,
            drop=self.carrying.drop,
            put_back=self.carrying.put_back,
            pan=self.pan,
            click=self.click,
        )

    @property
    def site_lifted(self) -> bool:
        """True while a site is carried."""
        return self.carrying.active

    @property
    def site_overtaken(self) -> bool:
        """True where the project changed under the drag."""
        return self.carrying.overtaken
