"""The workspaces: what each shows around the map, and how its parts are made.

The table is ``resources/workspaces.toml``. A workspace more is a row there, the parts it names,
and an action ``go_NAME`` with its place in the row of workspaces. A part is imported and made when
it is first shown; one that has a method ``set_theme`` is given another theme.
"""

import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtWidgets import QWidget

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.style.theme import Theme
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

if TYPE_CHECKING:
    from zoneplanner.ui.map.view import MapView

PANEL_PX, DRAWER_PX = 303, 200
"""With its edge the work panel takes 304."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """What stands around the map.

    ``panel`` names the sections of the work panel, ``tables`` the tabs of the drawer, the first on
    top; the drawer is open at first where ``drawer`` says so. A ``board`` stands beside the map, or
    in its place where the ``map`` is never shown or only when asked for. ``tools`` are those that
    edit a plan. With a ``period`` the map shows the log as it stood at its end.
    """

    tables: Sequence[str]
    panel: Sequence[str]
    coloring: str
    drawer: bool = False
    period: bool = False
    board: str = ""
    map: Literal["always", "asked", "never"] = "always"
    tools: bool = False
    panel_px: int = PANEL_PX
    wide_panel_px: int = 0
    """How wide the work panel is at first where the window has room; 0 is as elsewhere."""
    drawer_px: int = DRAWER_PX
    column_px: int = 0
    """How wide the tables are as a column at the right of the map, where the window has room."""


@dataclass(frozen=True, eq=False, slots=True)
class PanelContext:
    """What a part may need: the desk, the map, what was kept, and the forms.

    ``records`` is what can be done with a record of the log, ``do`` opens the form of a
    requirement, ``lead`` turns to a kind of thing with an id.
    """

    desk: UiContext
    view: "MapView"
    kept: MutableMapping[str, str]
    records: RecordActions
    do: Callable[[Requirement], object]
    lead: Callable[[str, str], object]
    _shared: dict[str, Any] = field(default_factory=dict)

    @property
    def theme(self) -> Theme:
        """The theme now: a part may be made long after the window."""
        return self.view.theme

    @property
    def layers(self) -> str:
        """The layers of this project's map as they were kept."""
        return self.kept.get(f"layers.{self.desk.session.project.uid}", "")

    @property
    def period(self) -> Any:
        """The one period of all parts of the observed coverage, made by the first that asks."""
        if "period" not in self._shared:
            self._shared["period"] = load_class("coverage.observed_figures:PeriodSelection")()
        return self._shared["period"]

    @property
    def dispatch(self) -> Any:
        """What goes on now, read once for all parts of Log, made by the first that asks."""
        if "dispatch" not in self._shared:
            made = load_class("log.console.dispatch_desk:DispatchDesk")(self.desk, self.view)
            load_class("log.console.calls_on_map:CallsOnMap")(self.desk, self.view, made)
            self._shared["dispatch"] = made
        return self._shared["dispatch"]

    @property
    def chosen_call(self) -> str:
        """The call that digits act on; "" where no part of Log was shown yet."""
        made = self._shared.get("dispatch")
        return "" if made is None else str(made.highlighted_uid)


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A part by its title and its class; a section without a title is never folded.

    ``panel`` is "module:Class" below ``zoneplanner.ui``, ``given`` what of the ``PanelContext`` its
    class is given. ``edit`` and ``log`` are what of it needs that right: paths for
    ``find_in_panel``.
    """

    title: str
    panel: str
    given: Sequence[str] = ("desk",)
    opened: bool = True
    fills: bool = False
    edit: Sequence[str] = ()
    log: Sequence[str] = ()

    def make(self, context: PanelContext) -> QWidget:
        """Make the part."""
        panel: QWidget = load_class(self.panel)(*(getattr(context, name) for name in self.given))
        return panel


def find_in_panel(panel: Any, path: str) -> Any:
    """Return what a dotted path leads to in a panel: attributes, or keys of a table of widgets."""
    for name in filter(None, path.split(".")):
        panel = panel[name] if isinstance(panel, dict) else getattr(panel, name)
    return panel


_TABLES: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (resources_dir() / "workspaces.toml").read_text(encoding="utf-8")
)


def _read_panels(group: str) -> dict[str, PanelSpec]:
    return {name: PanelSpec(**row) for name, row in _TABLES[group].items()}


WORKSPACES = {name: Workspace(**row) for name, row in _TABLES["workspaces"].items()}
PANEL_SECTIONS = _read_panels("sections")
"""The sections of the work panel, in their order from above."""
TABLE_TABS = _read_panels("tables")
"""The tabs of the drawer below the map, in their order from the left."""
MAP_PANELS = _read_panels("map_panels")
"""What the map's button Layers opens, in its order from above."""
CENTER_BOARDS = _read_panels("boards")
"""What stands above the map or in its place; the title is for screen readers."""
TABLES_INSTEAD_OF_MAP = ("hours",)
"""Tables that have the room of the map while they are on top."""
TABLES_OF_QUESTIONS = {"visits": "observed", "response": "observed", "model": "expected"}
"""The table below what Coverage is asked, and the section that only the model has."""
MODEL_SECTION = "against"
