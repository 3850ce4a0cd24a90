"""What the sites of the map are colored by, and how its figures are classed."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from zoneplanner.analysis.measures.class_breaks import MAX_CLASSES, MIN_CLASSES
from zoneplanner.app.geography.map_themes import CLASS_METHODS, MAP_THEMES, STEPS
from zoneplanner.messages import format_count
from zoneplanner.ui.map.symbology.site_coloring import ColoringChoice, SiteColoring
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    make_choice_box,
    make_number_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    add_spin_arrows,
    make_column_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX

_EVERY = "All sites"


class SymbologyPanel(QWidget):
    """``chosen`` carries a Choice; ``picked`` the place of one class to look at, None for all."""

    chosen = Signal(object)
    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = ColoringChoice()
        rows = make_column_layout(self, spacing_px=GRID_PX)
        self.subject = _make_box("Color sites by")
        for at, (key, subject) in enumerate(MAP_THEMES.items()):
            self.subject.addItem(subject.name, key)
            self.subject.setItemData(at, subject.definition, Qt.ItemDataRole.ToolTipRole)
        rows.addWidget(self.subject)
        self.method = _make_box("How the figures are classified")
        self.method.setToolTip(
            "Equal counts puts the same number of sites into each class. Natural breaks "
            "makes the sites of a class as similar as possible."
        )
        self.number = make_number_box(MIN_CLASSES, MAX_CLASSES)
        add_spin_arrows(self.number)
        self.number.setAccessibleName("Number of classes")
        self.number.setToolTip(f"Number of classes, {MIN_CLASSES} to {MAX_CLASSES}.")
        self.only = _make_box("Show only one class")
        self.only.setToolTip("Fade all sites except those in one class.")
        self.fields = QWidget()
        grid = QGridLayout(self.fields)
        grid.setContentsMargins(0, GRID_PX, 0, 0)
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(GRID_PX)
        grid.setColumnStretch(1, 1)
        self.names = {name: make_muted_label(name) for name in ("Classes", "Number", "Show")}
        fields = zip(self.names.values(), (self.method, self.number, self.only), strict=True)
        for row, (name, field) in enumerate(fields):
            name.setBuddy(field)
            grid.addWidget(name, row, 0)
            grid.addWidget(field, row, 1)
        rows.addWidget(self.fields)
        self.subject.activated.connect(self._take_subject)
        self.method.activated.connect(self._take_method)
        self.number.valueChanged.connect(self._take_number)
        self.only.activated.connect(self._take_only)
        self._show()

    def show_coloring(self, coloring: SiteColoring, picked: int | None) -> None:
        """Show what the map is colored by, and which class is looked at."""
        self._choice = coloring.choice
        self._show()
        self.only.clear()
        every = sum(len(shade.sites) for shade in coloring.shades)
        self.only.addItem(f"{_EVERY} ({every})", None)
        for place, shade in enumerate(coloring.shades):
            self.only.addItem(f"{shade.text} ({format_count(len(shade.sites), 'site')})", place)
        self.only.setCurrentIndex(0 if picked is None else picked + 1)
        self._let_see((self.only, self.names["Show"]), seen=bool(coloring.shades))

    def _show(self) -> None:
        choice, methods = self._choice, MAP_THEMES[self._choice.subject].methods
        self.subject.setCurrentIndex(self.subject.findData(choice.subject))
        self.method.clear()
        for method in methods:
            self.method.addItem(CLASS_METHODS[method], method)
        self.method.setCurrentIndex(self.method.findData(choice.effective_method))
        with QSignalBlocker(self.number):
            self.number.setValue(choice.count)
        free = bool(methods) and choice.effective_method != STEPS
        self._let_see((self.method, self.names["Classes"]), seen=bool(methods))
        self._let_see((self.number, self.names["Number"]), seen=free)
        self.fields.setVisible(choice.subject != next(iter(MAP_THEMES)))

    def _let_see(self, widgets: tuple[QWidget, ...], *, seen: bool) -> None:
        for widget in widgets:
            widget.setVisible(seen)

    def _take_subject(self, _place: int) -> None:
        self.chosen.emit(replace(self._choice, subject=self.subject.currentData()))

    def _take_method(self, _place: int) -> None:
        self.chosen.emit(replace(self._choice, method=self.method.currentData()))

    def _take_number(self, number: int) -> None:
        self.chosen.emit(replace(self._choice, count=number))

    def _take_only(self, _place: int) -> None:
        self.picked.emit(self.only.currentData())


def _make_box(name: str) -> ChoiceBox:
    return make_choice_box({}, name=name, least_letters=12)
