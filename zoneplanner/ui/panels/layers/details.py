"""What can be said and set of one layer: opacity, label, tiles, and where it comes from."""

import re
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from zoneplanner.app.layers import LayerProvenance
from zoneplanner.ui.canvas.arrangement import MIN_OPACITY
from zoneplanner.ui.kit.inputs import ChoiceBox, Slider
from zoneplanner.ui.kit.theme import GRID_PX, SPACING_PX, make_figures_font
from zoneplanner.ui.kit.widgets import (
    FactRows,
    make_column_layout,
    make_muted_label,
    make_section_label,
)

_FACTS = {
    "publisher": "Publisher",
    "vintage": "Vintage",
    "rows": "Rows",
    "crs": "Coordinates",
    "terms": "Terms",
    "source": "File",
}
_TIPS = {
    "vintage": "Of when the figures are.",
    "crs": "The coordinate system of the file, and the one of this project.",
}
_STEP = 5


class LayerDetails(QWidget):
    """The card of one layer. Each signal carries what a person set."""

    cleared = Signal(float)
    labelled = Signal(str)
    tiles_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rows = make_column_layout(self, margin_px=0, spacing_px=GRID_PX)
        self.title = make_section_label("")
        rows.addWidget(self.title)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(GRID_PX)
        grid.setColumnStretch(1, 1)
        self.opacity = Slider(Qt.Orientation.Horizontal)
        self.opacity.setAccessibleName("Opacity of the layer")
        self.opacity.setRange(round(MIN_OPACITY * 100), 100)
        self.opacity.setSingleStep(_STEP)
        self.opacity.setPageStep(4 * _STEP)
        self.share = QLabel()
        self.share.setFont(make_figures_font())
        self.share.setMinimumWidth(self.share.fontMetrics().horizontalAdvance("100 %"))
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.label = _box("Label of the layer")
        self.tiles = _box("Web tiles")
        self.names = {name: make_muted_label(name) for name in ("Opacity", "Label", "Tiles")}
        fields: tuple[QWidget, ...] = (self.opacity, self.label, self.tiles)
        for at, (name, field) in enumerate(zip(self.names.values(), fields, strict=True)):
            name.setBuddy(field)
            name.setWordWrap(False)
            grid.addWidget(name, at, 0)
            grid.addWidget(field, at, 1, 1, 1 if field is self.opacity else 2)
        grid.addWidget(self.share, 0, 2)
        rows.addLayout(grid)
        self.about = make_muted_label()
        rows.addWidget(self.about)
        self.facts = FactRows(_FACTS, _TIPS)
        rows.addWidget(self.facts)
        for told in (self.title, *self.facts.findChildren(QLabel)):
            told.setTextFormat(Qt.TextFormat.PlainText)  # names come from foreign files
        self.opacity.valueChanged.connect(self._clear)
        self.label.activated.connect(self._label)
        self.tiles.activated.connect(self._choose_tiles)

    def show_card(self, card: LayerProvenance) -> None:
        """Say where the layer comes from."""
        self.title.setText(card.title)
        for key in _FACTS:
            text = getattr(card, key)
            self.facts.put(key, allow_line_breaks(text) if key == "source" else text)

    def show_opacity(self, opacity: float | None) -> None:
        """Show how opaque the layer is; None where it is always opaque."""
        blocked = self.opacity.blockSignals(True)
        self.opacity.setValue(100 if opacity is None else round(opacity * 100))
        self.opacity.blockSignals(blocked)
        self.share.setText(f"{self.opacity.value()} %")
        for widget in (self.names["Opacity"], self.opacity, self.share):
            widget.setVisible(opacity is not None)

    def show_labels(self, labels: Mapping[str, str], chosen: str) -> None:
        """Offer fields to label the layer by, as keys and their names; without any none is."""
        _fill(self.label, labels, chosen)
        for widget in (self.names["Label"], self.label):
            widget.setVisible(bool(labels))

    def show_tiles(self, providers: Mapping[str, str], chosen: str, about: str) -> None:
        """Offer providers of tiles, as names and titles; ``about`` is a sentence on them."""
        _fill(self.tiles, providers, chosen)
        for widget in (self.names["Tiles"], self.tiles):
            widget.setVisible(bool(providers))
        self.about.setText(about)
        self.about.setVisible(bool(about))

    def _label(self) -> None:
        self.labelled.emit(self.label.currentData())

    def _choose_tiles(self) -> None:
        self.tiles_chosen.emit(self.tiles.currentData())

    def _clear(self, per_cent: int) -> None:
        self.share.setText(f"{per_cent} %")
        self.cleared.emit(per_cent / 100)


def allow_line_breaks(name: str) -> str:
    """Return a file's name that may go on in another line, so that it widens nothing."""
    return re.sub(r"([_.\-])", "\\1\u200b", name)


def _box(name: str) -> ChoiceBox:
    box = ChoiceBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def _fill(box: QComboBox, entries: Mapping[str, str], chosen: str) -> None:
    box.clear()
    for key, text in entries.items():
        box.addItem(text, key)
    box.setCurrentIndex(max(0, box.findData(chosen)))
