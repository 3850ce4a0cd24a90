"""The tools over the map: what the left button does, for which zone, and from where."""

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QIcon
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QMenu,
    QToolButton,
    QWidget,
)

from zoneplanner.app.plans.manual_assignment import SourceFilter
from zoneplanner.domain.plans.plan import Zone
from zoneplanner.ui.map.tools.assign_tools import FLOOD_STEPS
from zoneplanner.ui.map.tools.toolbox import (
    ASSIGNING_TOOLS,
    SELECT_TOOL,
    SIZED_TOOLS,
    TOOL_NAMES,
    TOOL_SIZES,
    Toolbox,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, Slider, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_action_tool_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, TOOLBAR_ICON_PX, make_swatch_icon

_AT_HAND = (SELECT_TOOL, "brush", "lasso")
"""The tools with a button; the others are in the menu More."""
_SLIDER_PX = 72

_REACH_WORDS = {
    "brush": ("one block", "narrow", "medium", "wide", "very wide"),
    "flood": tuple(text for _, text in FLOOD_STEPS),
}


class MapToolBar(QFrame):
    """The tools, over a corner of the map; below them what the tool in hand asks for."""

    def __init__(self, desk: UiContext, toolbox: Toolbox, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._toolbox = toolbox
        self._zones: tuple[Zone, ...] = ()
        self._sources: list[SourceFilter] = []
        self.setObjectName("toolRow")
        self.setAccessibleName("Map tools")
        self._group = QActionGroup(self)
        self.buttons = [self._button(name) for name in TOOL_NAMES if name in _AT_HAND]
        self.more = self._menu_button()
        self.target = self._choice(
            "Target zone", ("The zone to assign to (E and D step through the zones).")
        )
        self.target.activated.connect(self._aim)
        self.source = self._choice("Move from", "The zones from which the tools may take sites.")
        self.source.activated.connect(self._take_from)
        self.slider = self._slider()
        self.reach = make_muted_label()
        self.reach.setWordWrap(False)
        texts = [text for texts in _REACH_WORDS.values() for text in texts]
        wide = max(self.reach.fontMetrics().horizontalAdvance(text) for text in texts)
        self.reach.setMinimumWidth(wide + GRID_PX)
        names = ("To", self.target), ("From", self.source), ("Size", self.slider)
        labels = [_name(name, field) for name, field in names]
        self._giving = (*labels[:2], self.target, self.source)
        self._sized = (labels[2], self.slider, self.reach)
        fields = (labels[0], self.target, labels[1], self.source, *self._sized, None)
        tools = make_row_layout(*self.buttons, self.more, None, spacing_px=2)
        options = make_row_layout(*fields, spacing_px=GRID_PX)
        make_column_layout(self, tools, options, margin_px=GRID_PX, spacing_px=2)
        desk.actions.set_handler("larger", lambda: toolbox.resize(toolbox.size + 1))
        desk.actions.set_handler("smaller", lambda: toolbox.resize(toolbox.size - 1))
        toolbox.chosen.connect(self._show_tool)
        toolbox.changed.connect(self.refresh)
        self._show_tool(toolbox.tool)

    def set_tools_shown(self, shown: bool) -> None:
        """Show the row where plans are made; elsewhere the arrow is in hand and the keys rest."""
        self.setVisible(shown)
        for name in TOOL_NAMES:
            self._action(name).setEnabled(shown)
        if not shown:
            self._toolbox.choose(SELECT_TOOL)

    def refresh(self) -> None:
        """Show the plan's zones and the choices as they are."""
        plan, toolbox = self._desk.session.plan, self._toolbox
        zones = plan.zones if plan else ()
        if zones != self._zones or not self.source.count():
            self._zones = zones
            self._offer(zones)
        self.target.setEnabled(bool(zones))
        self.target.setCurrentIndex(self.target.findData(toolbox.target))
        self.source.setCurrentIndex(self._sources.index(toolbox.source))
        self.slider.setValue(toolbox.size)
        words = _REACH_WORDS.get(toolbox.tool)
        self.reach.setText(words[toolbox.size - 1] if words else "")
        self.adjustSize()

    def _offer(self, zones: tuple[Zone, ...]) -> None:
        """Fill both choices with the plan's zones."""
        filters = (SourceFilter(), SourceFilter(unassigned=True))
        self._sources = [*filters, *(SourceFilter(zone.id) for zone in zones)]
        for box in (self.target, self.source):
            box.clear()
        self.source.addItems(["any site", "only unassigned"])
        for zone in zones:
            icon = make_swatch_icon(zone.color)
            self.target.addItem(icon, zone.id, zone.id)
            self.source.addItem(icon, f"only zone {zone.id}")

    def _action(self, name: str) -> QAction:
        return self._desk.actions[f"tool_{name}"]

    def _button(self, name: str) -> QToolButton:
        action = self._take(name)
        button = make_action_tool_button(action, Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAutoRaise(True)
        button.setIconSize(QSize(TOOLBAR_ICON_PX, TOOLBAR_ICON_PX))
        button.setAccessibleName(action.text())
        return button

    def _menu_button(self) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIconSize(QSize(TOOLBAR_ICON_PX, TOOLBAR_ICON_PX))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName("More tools")
        button.setToolTip("More tools, with their shortcut letters")
        button.setCheckable(True)
        menu = QMenu(button)
        menu.addActions([self._take(name) for name in TOOL_NAMES if name not in _AT_HAND])
        button.setMenu(menu)
        return button

    def _take(self, name: str) -> QAction:
        """Return the action that takes a tool in hand."""
        action = self._action(name)
        self._group.addAction(action)
        self._desk.actions.set_handler(f"tool_{name}", partial(self._toolbox.choose, name))
        return action

    def _choice(self, name: str, tip: str) -> ChoiceBox:
        box = make_choice_box({}, name=name)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return box

    def _slider(self) -> Slider:
        slider = Slider(Qt.Orientation.Horizontal)
        slider.setRange(1, TOOL_SIZES)
        slider.setPageStep(1)
        slider.setFixedWidth(_SLIDER_PX)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setAccessibleName("Reach of the brush and flood tools")
        slider.setToolTip(
            "How far the brush and flood tools reach; press [ for less or ] for more."
        )
        slider.valueChanged.connect(self._toolbox.resize)
        return slider

    def _show_tool(self, name: str) -> None:
        action, held = self._action(name), name not in _AT_HAND
        action.setChecked(True)
        self.more.setChecked(held)
        self.more.setText(action.iconText() if held else "More")
        self.more.setIcon(action.icon() if held else QIcon())
        for parts, asked in ((self._giving, ASSIGNING_TOOLS), (self._sized, SIZED_TOOLS)):
            for part in parts:
                part.setVisible(name in asked)
        self.refresh()
        self.adjustSize()

    def _aim(self, at: int) -> None:
        self._toolbox.aim(self.target.itemData(at))

    def _take_from(self, at: int) -> None:
        self._toolbox.take_from(self._sources[at])


def _name(text: str, field: QWidget) -> QLabel:
    label = QLabel(text)
    label.setContentsMargins(GRID_PX, 0, GRID_PX // 2, 0)
    label.setBuddy(field)
    return label
