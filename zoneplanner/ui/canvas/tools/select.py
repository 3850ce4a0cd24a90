"""The arrow: a click selects, a drag of a site carries it to a zone, a drag of the ground pans."""

from zoneplanner.ui.canvas.carrying import Carrying
from zoneplanner.ui.canvas.tools.dragging import Dragging
from zoneplanner.ui.canvas.tools.pointer import Doing
from zoneplanner.ui.canvas.tools.tool import Surface


class Select(Dragging):
    """The tool that is in hand at first."""

    def __init__(self, surface: Surface) -> None:
        self.carrying = Carrying(surface)
        super().__init__(surface)

    def doing(self) -> Doing:
        """Carry a site to another zone."""
        return Doing(
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
