"""The bar of tools over the map: which tool is used, for which zone, and with which options."""

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
from zoneplanner.messages import Message
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

_TOOLS_WITH_BUTTON = (SELECT_TOOL, "brush", "lasso")
"""The other tools are in the menu More."""
_SLIDER_PX = 72

_SIZE_TEXTS = {
    "brush": ("one block", "narrow", "medium", "wide", "very wide"),
    "flood": tuple(text for _, text in FLOOD_STEPS),
}


class MapToolBar(QFrame):
    """The tools over a corner of the map, and the options of the selected tool below them."""

    def __init__(self, desk: UiContext, toolbox: Toolbox) -> None:
        super().__init__()
        self._desk = desk
        self._toolbox = toolbox
        self._zones: tuple[Zone, ...] = ()
        self._sources: list[SourceFilter] = []
        self.setObjectName("toolRow")
        self.setAccessibleName("Map tools")
        self._group = QActionGroup(self)
        self.buttons = [
            self._make_button(name) for name in TOOL_NAMES if name in _TOOLS_WITH_BUTTON
        ]
        self.more = self._make_menu_button()
        tip = "The zone to assign to (E and D step through the zones)."
        self.target = self._make_choice("Target zone", tip)
        self.target.activated.connect(self._set_target)
        self.source = self._make_choice(
            "Move from", "The zones from which the tools may take sites."
        )
        self.source.activated.connect(self._set_source)
        self.slider = self._make_slider()
        self.size_text = make_muted_label()
        self.size_text.setWordWrap(False)
        texts = [text for texts in _SIZE_TEXTS.values() for text in texts]
        width = max(map(self.size_text.fontMetrics().horizontalAdvance, texts))
        self.size_text.setMinimumWidth(width + GRID_PX)
        names = ("To", self.target), ("From", self.source), ("Size", self.slider)
        labels = [_make_label(name, field) for name, field in names]
        self._target_fields = (*labels[:2], self.target, self.source)
        self._size_fields = (labels[2], self.slider, self.size_text)
        fields = (labels[0], self.target, labels[1], self.source, *self._size_fields, None)
        tools = make_row_layout(*self.buttons, self.more, None, spacing_px=2)
        options = make_row_layout(*fields, spacing_px=GRID_PX)
        make_column_layout(self, tools, options, margin_px=GRID_PX, spacing_px=2)
        desk.actions.set_handler("larger", lambda: toolbox.resize(toolbox.size + 1))
        desk.actions.set_handler("smaller", lambda: toolbox.resize(toolbox.size - 1))
        toolbox.chosen.connect(self._show_tool)
        toolbox.changed.connect(self.refresh)
        self._show_tool(toolbox.tool)

    def set_tools_shown(self, shown: bool) -> None:
        """Show or hide the bar; while it is hidden, only the select tool can be used."""
        self.setVisible(shown)
        for name in TOOL_NAMES:
            self._action(name).setEnabled(shown)
        if not shown:
            self._toolbox.choose(SELECT_TOOL)

    def refresh(self) -> None:
        """Show the plan's zones and the options of the toolbox."""
        plan, toolbox = self._desk.session.plan, self._toolbox
        zones = plan.zones if plan else ()
        if zones != self._zones or not self.source.count():
            self._zones = zones
            self._fill_choices(zones)
        self.target.setEnabled(bool(zones))
        self.target.setCurrentIndex(self.target.findData(toolbox.target))
        self.source.setCurrentIndex(self._sources.index(toolbox.source))
        self.slider.setValue(toolbox.size)
        texts = _SIZE_TEXTS.get(toolbox.tool)
        self.size_text.setText(texts[toolbox.size - 1] if texts else "")
        self.adjustSize()

    def _fill_choices(self, zones: tuple[Zone, ...]) -> None:
        """List the plan's zones in both choices."""
        filters = (SourceFilter(), SourceFilter(unassigned=True))
        self._sources = [*filters, *(SourceFilter(zone.id) for zone in zones)]
        for box in (self.target, self.source):
            box.clear()
        anywhere = (Message("source_filter"), Message("source_filter.unassigned"))
        self.source.addItems([str(text) for text in anywhere])
        for zone in zones:
            icon = make_swatch_icon(zone.color)
            self.target.addItem(icon, zone.id, zone.id)
            self.source.addItem(icon, str(Message("source_filter.zone", zone=zone.id)))

    def _action(self, name: str) -> QAction:
        return self._desk.actions[f"tool_{name}"]

    def _make_button(self, name: str) -> QToolButton:
        action = self._connect_action(name)
        button = make_action_tool_button(action, Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAutoRaise(True)
        button.setIconSize(QSize(TOOLBAR_ICON_PX, TOOLBAR_ICON_PX))
        button.setAccessibleName(action.text())
        return button

    def _make_menu_button(self) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIconSize(QSize(TOOLBAR_ICON_PX, TOOLBAR_ICON_PX))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName("More tools")
        button.setToolTip("More tools, with their shortcut letters")
        button.setCheckable(True)
        menu = QMenu(button)
        menu.addActions(
            [self._connect_action(name) for name in TOOL_NAMES if name not in _TOOLS_WITH_BUTTON]
        )
        button.setMenu(menu)
        return button

    def _connect_action(self, name: str) -> QAction:
        """Return the action that selects a tool, connected to the toolbox."""
        action = self._action(name)
        self._group.addAction(action)
        self._desk.actions.set_handler(f"tool_{name}", partial(self._toolbox.choose, name))
        return action

    def _make_choice(self, name: str, tip: str) -> ChoiceBox:
        box = make_choice_box({}, name=name)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return box

    def _make_slider(self) -> Slider:
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
        action, is_in_menu = self._action(name), name not in _TOOLS_WITH_BUTTON
        action.setChecked(True)
        self.more.setChecked(is_in_menu)
        self.more.setText(action.iconText() if is_in_menu else "More")
        self.more.setIcon(action.icon() if is_in_menu else QIcon())
        for field in self._target_fields:
            field.setVisible(name in ASSIGNING_TOOLS)
        for field in self._size_fields:
            field.setVisible(name in SIZED_TOOLS)
        self.refresh()

    def _set_target(self, index: int) -> None:
        self._toolbox.set_target(self.target.itemData(index))

    def _set_source(self, index: int) -> None:
        self._toolbox.set_source(self._sources[index])


def _make_label(text: str, field: QWidget) -> QLabel:
    label = QLabel(text)
    label.setContentsMargins(GRID_PX, 0, GRID_PX // 2, 0)
    label.setBuddy(field)
    return label
