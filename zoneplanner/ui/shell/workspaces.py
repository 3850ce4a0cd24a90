"""The workspaces: what each shows around the map, and how its parts are created.

They are defined in ``resources/workspaces.toml``. To add a workspace, add a row there, the parts
that it names, and an action ``go_NAME``. A part is imported and created when it is first shown. If
it has a method ``follow_theme``, that is called when the theme changes.
"""

import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtWidgets import QWidget

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

if TYPE_CHECKING:
    from zoneplanner.ui.map.view import MapView

PANEL_PX, DRAWER_PX = 303, 200
"""The default sizes; with its border, the work panel is 304 pixels wide."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a workspace shows around the map.

    ``panel`` names the sections of the work panel, and ``tables`` the tabs of the drawer, which is
    initially open if ``drawer`` is true. A ``board`` is next to the map, or replaces it if ``map``
    is "never" or "asked". ``tools`` is whether there are tools that edit a plan. With ``period``,
    the map shows the log as of the end of a period.
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
    """The initial width of the work panel in a wide window, or 0 for ``panel_px``."""
    drawer_px: int = DRAWER_PX
    column_px: int = 0
    """The minimum width of the tables as a column at the right of the map in a wide window."""


@dataclass(frozen=True, eq=False, slots=True)
class PanelContext:
    """What a part of a workspace may need.

    ``state`` is the window's saved state, and ``records`` the actions on log records.
    ``open_form`` opens the form of a requirement, ``open_item`` shows an item by its kind and id.
    """

    desk: UiContext
    view: "MapView"
    state: MutableMapping[str, str]
    records: RecordActions
    open_form: Callable[[Requirement], object]
    open_item: Callable[[str, str], object]
    _shared: dict[str, Any] = field(default_factory=dict)

    @property
    def layers(self) -> str:
        """The saved layers of this project's map."""
        return self.state.get(f"layers.{self.desk.session.project.uid}", "")

    @property
    def period(self) -> Any:
        """The period that all parts of the observed coverage share, created on first use."""
        if "period" not in self._shared:
            self._shared["period"] = load_class("coverage.observed_figures:PeriodSelection")()
        return self._shared["period"]

    @property
    def dispatch(self) -> Any:
        """The dispatch data that all parts of Log share, created on first use."""
        if "dispatch" not in self._shared:
            dispatch = load_class("log.console.dispatch_desk:DispatchDesk")(self.desk, self.view)
            load_class("log.console.calls_on_map:CallsOnMap")(self.desk, self.view, dispatch)
            self._shared["dispatch"] = dispatch
        return self._shared["dispatch"]

    @property
    def highlighted_call(self) -> str:
        """The uid of the call that digits act on, or "" if no part of Log was shown yet."""
        dispatch = self._shared.get("dispatch")
        return "" if dispatch is None else str(dispatch.highlighted_uid)


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A part of a workspace; a section without a title cannot be folded.

    ``panel`` is its "module:Class" below ``zoneplanner.ui``, and ``arguments`` are the attributes
    of ``PanelContext`` to pass to that class. ``edit`` and ``log`` are paths for ``find_in_panel``
    to what needs those rights.
    """

    title: str
    panel: str
    arguments: Sequence[str] = ("desk",)
    opened: bool = True
    fills: bool = False
    edit: Sequence[str] = ()
    log: Sequence[str] = ()

    def make(self, context: PanelContext) -> QWidget:
        """Create the part."""
        arguments = (getattr(context, name) for name in self.arguments)
        panel: QWidget = load_class(self.panel)(*arguments)
        return panel


def find_in_panel(panel: Any, path: str) -> Any:
    """Return what a dotted path of attributes or dictionary keys refers to in a panel."""
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
"""The sections of the work panel, from top to bottom."""
TABLE_TABS = _read_panels("tables")
"""The tabs of the drawer below the map, from left to right."""
MAP_PANELS = _read_panels("map_panels")
"""The panels of the map's Layers button, from top to bottom."""
CENTER_BOARDS = _read_panels("boards")
"""The boards above the map or in its place; their titles are for screen readers."""
TABLES_INSTEAD_OF_MAP = ("hours",)
"""Tables that replace the map while they are the current tab."""
TABLES_OF_QUESTIONS = {"visits": "observed", "response": "observed", "model": "expected"}
"""The table for each question of Coverage."""
MODEL_SECTION = "against"
