"""The row of tools above the map: what the left button does, for which zone, and from where."""

from collections.abc import Sequence
from functools import partial
from itertools import chain

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
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
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.icons import make_swatch_icon
from zoneplanner.ui.widgets.style.theme import GRID_PX, ICON_PX, SPACING_PX

_LINES_BEFORE = frozenset({"assign", "place"})
_SLIDER_PX = 72

_REACH_WORDS = {
    "brush": ("one block", "narrow", "medium", "wide", "very wide"),
    "flood": tuple(text for _, text in FLOOD_STEPS),
}


class MapToolBar(QFrame):
    """Tools, target zone, source filter and size; what the tool in hand has no use for is shut."""

    def __init__(self, desk: UiContext, toolbox: Toolbox, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._toolbox = toolbox
        self._zones: tuple[Zone, ...] = ()
        self._sources: list[SourceFilter] = []
        self.setObjectName("toolRow")
        self.setStyleSheet("#toolRow { border: 0; border-bottom: 1px solid palette(mid); }")
        self.setAccessibleName("Tools of the map")
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(SPACING_PX, GRID_PX, SPACING_PX, GRID_PX)
        row.setSpacing(2)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._group = QActionGroup(self)
        for name in TOOL_NAMES:
            if name in _LINES_BEFORE:
                row.addWidget(_line())
            row.addWidget(self._button(name))
        row.addWidget(_line())
        self.target = self._choice("Target zone", "The zone that takes (E and D step through).")
        self.target.activated.connect(self._aim)
        self.source = self._choice("Take", "From where the tools may take.")
        self.source.activated.connect(self._take_from)
        self.slider = self._slider()
        self.reach = make_muted_label()
        self.reach.setWordWrap(False)
        texts = [text for texts in _REACH_WORDS.values() for text in texts]
        wide = max(self.reach.fontMetrics().horizontalAdvance(text) for text in texts)
        self.reach.setMinimumWidth(wide + GRID_PX)
        self._names = []
        for name, field in (("Target", self.target), ("Take", self.source), ("Size", self.slider)):
            self._names.append(_name(name, field))
            row.addWidget(self._names[-1])
            row.addWidget(field)
        row.addWidget(self.reach)
        row.addStretch(1)
        desk.actions.set_handler("larger", lambda: toolbox.resize(toolbox.size + 1))
        desk.actions.set_handler("smaller", lambda: toolbox.resize(toolbox.size - 1))
        toolbox.chosen.connect(self._show_tool)
        toolbox.changed.connect(self.refresh)
        self._show_tool(toolbox.tool)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out words, then what brush and flood alone need, as there is no room for them."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit(event.size().width())

    def _fit(self, room_px: int) -> None:
        parts: list[Sequence[QWidget]] = [[self.reach], self._names, [self.slider], [self.source]]
        for widget in chain(*parts):
            widget.show()
        for part in parts:
            if self._row.sizeHint().width() <= room_px:
                return
            for widget in part:
                widget.hide()

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
        action = self._action(name)
        self._group.addAction(action)
        self._desk.actions.set_handler(f"tool_{name}", partial(self._toolbox.choose, name))
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAccessibleName(action.text())
        return button

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
        slider.setAccessibleName("Size of brush and flood")
        slider.setToolTip("How wide brush and flood reach; [ is less and ] is more.")
        slider.valueChanged.connect(self._toolbox.resize)
        return slider

    def _show_tool(self, name: str) -> None:
        self._action(name).setChecked(True)
        self.source.setEnabled(name in ASSIGNING_TOOLS)
        self.slider.setEnabled(name in SIZED_TOOLS)
        self.refresh()

    def _aim(self, at: int) -> None:
        self._toolbox.aim(self.target.itemData(at))

    def _take_from(self, at: int) -> None:
        self._toolbox.take_from(self._sources[at])


def _name(text: str, field: QWidget) -> QLabel:
    label = QLabel(text)
    label.setContentsMargins(GRID_PX, 0, GRID_PX // 2, 0)
    label.setBuddy(field)
    return label


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.VLine)
    line.setFixedWidth(2 * GRID_PX + 1)
    line.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
    line.setStyleSheet("color: palette(mid);")
    return line
