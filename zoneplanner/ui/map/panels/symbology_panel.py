"""The panel for the theme by which sites are colored, and its classification."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

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
    make_column_layout,
    make_grid_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX


class SymbologyPanel(QWidget):
    """Chooses a theme and its classes.

    ``chosen`` carries a ColoringChoice; ``class_chosen`` carries the index of the only class to
    show, or None for all.
    """

    chosen = Signal(object)
    class_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._choice = ColoringChoice()
        rows = make_column_layout(self, spacing_px=GRID_PX)
        self.subject = _make_box("Color sites by")
        for index, (key, subject) in enumerate(MAP_THEMES.items()):
            self.subject.addItem(subject.name, key)
            self.subject.setItemData(index, subject.definition, Qt.ItemDataRole.ToolTipRole)
        rows.addWidget(self.subject)
        self.method = _make_box("How the figures are classified")
        self.method.setToolTip(
            "“Equal counts” puts the same number of sites into each class. “Natural breaks” "
            "makes the sites of a class as similar as possible."
        )
        self.number = make_number_box(MIN_CLASSES, MAX_CLASSES)
        self.number.setAccessibleName("Number of classes")
        self.number.setToolTip(f"Number of classes, {MIN_CLASSES} to {MAX_CLASSES}.")
        self.shown_class = _make_box("Show only one class")
        self.shown_class.setToolTip("Fade all sites except those in one class.")
        self.fields = QWidget()
        grid = make_grid_layout(self.fields, margins_px=(0, GRID_PX, 0, 0), stretches={1: 1})
        self.labels = {name: make_muted_label(name) for name in ("Classes", "Number", "Show")}
        fields = zip(
            self.labels.values(), (self.method, self.number, self.shown_class), strict=True
        )
        for row, (label, field) in enumerate(fields):
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        rows.addWidget(self.fields)
        self.subject.activated.connect(self._emit_subject)
        self.method.activated.connect(self._emit_method)
        self.number.valueChanged.connect(self._emit_number)
        self.shown_class.activated.connect(self._emit_class)
        self._show_choice()

    def show_coloring(self, coloring: SiteColoring, class_index: int | None) -> None:
        """Show a coloring, and the index of the only class that is shown, if any."""
        self._choice = coloring.choice
        self._show_choice()
        total = sum(len(one.sites) for one in coloring.classes)
        classes = {
            index: f"{one.text} ({format_count(len(one.sites), 'site')})"
            for index, one in enumerate(coloring.classes)
        }
        self.shown_class.offer({None: f"All sites ({total})", **classes}, class_index)
        _set_visible((self.shown_class, self.labels["Show"]), visible=bool(coloring.classes))

    def _show_choice(self) -> None:
        choice, methods = self._choice, MAP_THEMES[self._choice.subject].methods
        self.subject.setCurrentIndex(self.subject.findData(choice.subject))
        names = {method: CLASS_METHODS[method] for method in methods}
        self.method.offer(names, choice.effective_method)
        with QSignalBlocker(self.number):
            self.number.setValue(choice.count)
        has_count = bool(methods) and choice.effective_method != STEPS
        _set_visible((self.method, self.labels["Classes"]), visible=bool(methods))
        _set_visible((self.number, self.labels["Number"]), visible=has_count)
        self.fields.setVisible(choice.subject != next(iter(MAP_THEMES)))

    def _emit_subject(self, _index: int) -> None:
        self.chosen.emit(replace(self._choice, subject=self.subject.currentData()))

    def _emit_method(self, _index: int) -> None:
        self.chosen.emit(replace(self._choice, method=self.method.currentData()))

    def _emit_number(self, number: int) -> None:
        self.chosen.emit(replace(self._choice, count=number))

    def _emit_class(self, _index: int) -> None:
        self.class_chosen.emit(self.shown_class.currentData())


def _set_visible(widgets: tuple[QWidget, ...], *, visible: bool) -> None:
    for widget in widgets:
        widget.setVisible(visible)


def _make_box(name: str) -> ChoiceBox:
    return make_choice_box({}, name=name, least_letters=12)
