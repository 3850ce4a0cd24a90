"""What the map shows and how it is coloured."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QRadioButton, QWidget

from zoneplanner.ui.canvas.colouring import COLOURINGS
from zoneplanner.ui.canvas.scene import LAYERS, OFF_AT_FIRST
from zoneplanner.ui.kit.theme import GAP, GRID
from zoneplanner.ui.kit.widgets import column, section


class LayersPanel(QWidget):
    """Toggles of the map's layers and the choice of colouring."""

    layer_toggled = Signal(str, bool)
    colouring_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rows = column(self, spacing_px=GRID)
        rows.addWidget(section("Colour sites by"))
        self._group = QButtonGroup(self)
        self.colourings = {name: self._colouring(name, text) for name, text in COLOURINGS.items()}
        for button in self.colourings.values():
            rows.addWidget(button)
        rows.addSpacing(GAP)
        rows.addWidget(section("Layers"))
        self.layers = {name: self._layer(name, text) for name, text in LAYERS.items()}
        for box in self.layers.values():
            rows.addWidget(box)
        rows.addStretch(1)
        next(iter(self.colourings.values())).setChecked(True)

    def show_colouring(self, name: str) -> None:
        """Mark the colouring that the map has."""
        self.colourings[name].setChecked(True)

    def _colouring(self, name: str, text: str) -> QRadioButton:
        button = QRadioButton(text)
        self._group.addButton(button)
        button.clicked.connect(lambda: self.colouring_chosen.emit(name))
        return button

    def _layer(self, name: str, text: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setChecked(name not in OFF_AT_FIRST)
        box.toggled.connect(lambda shown: self.layer_toggled.emit(name, shown))
        return box
