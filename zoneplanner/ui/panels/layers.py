"""What the map shows."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.ui.canvas.arrangement import LAYERS, OFF_AT_FIRST
from zoneplanner.ui.kit.theme import GRID
from zoneplanner.ui.kit.widgets import column


class LayersPanel(QWidget):
    """Toggles of the map's layers."""

    layer_toggled = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rows = column(self, spacing_px=GRID)
        self.layers = {name: self._layer(name, text) for name, text in LAYERS.items()}
        for box in self.layers.values():
            rows.addWidget(box)
        rows.addStretch(1)

    def _layer(self, name: str, text: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setChecked(name not in OFF_AT_FIRST)
        box.toggled.connect(lambda shown: self.layer_toggled.emit(name, shown))
        return box
