"""The list of layers in the order in which they are drawn, the topmost first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from zoneplanner.app.geography.map_layers import (
    LayerProvenance,
    describe_layer_source,
    find_name_field,
    list_layer_fields,
)
from zoneplanner.app.geography.web_tiles import (
    PICTURE_FILES,
    build_tile_offer,
    find_tile_provider,
    list_tile_providers,
    name_picture_file,
)
from zoneplanner.ui.map.layers import (
    FIXED_LAYERS,
    GROUND_LAYER,
    MAP_LAYERS,
    MIN_OPACITY,
    SITE_LABEL_FIELDS,
    TILES_LAYER,
    Arrangement,
    parse_arrangement,
)
from zoneplanner.ui.map.scene.user_layers import render_point_symbol
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import Slider, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    FactRows,
    LazyPanel,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.services.search_items import LAYERS as GROUP
from zoneplanner.ui.widgets.services.search_items import SearchItem
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, Theme, make_figures_font
from zoneplanner.ui.widgets.style.value_text import choose_layer_color

_NAME = Qt.ItemDataRole.UserRole
_ROW_PX = 22


class _LayerList(QListWidget):
    """A row a layer: tick it to show it, drag it or press Alt+Up and Alt+Down to move it.

    ``toggled`` carries a layer and whether it is shown; ``moved`` all layers in their new order;
    ``stepped`` a layer and by how many rows to move it; ``chosen`` the layer of the current row;
    ``dropped`` the layer for which Delete was pressed.
    """

    toggled = Signal(str, bool)
    moved = Signal(object)
    stepped = Signal(str, int)
    chosen = Signal(str)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Layers, topmost first")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(16, 16))
        self.setUniformItemSizes(True)
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._tell_order)
        self.itemChanged.connect(self._tell_toggle)
        self.currentItemChanged.connect(self._tell_choice)
        self.model().rowsMoved.connect(self._settle_soon)

    def show_layers(
        self,
        look: Arrangement,
        rows: Sequence[str],
        titles: Mapping[str, str],
        icons: Mapping[str, QIcon],
    ) -> None:
        """Show layers in this order; the chosen one stays chosen."""
        name = self.layer()
        blocker = QSignalBlocker(self)
        self.clear()
        for row in rows:
            item = QListWidgetItem(titles[row])
            item.setData(_NAME, row)
            flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            flags |= Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemNeverHasChildren
            if row not in FIXED_LAYERS:
                flags |= Qt.ItemFlag.ItemIsDragEnabled
            item.setFlags(flags)
            item.setSizeHint(QSize(0, _ROW_PX))
            shown = look.shows(row)
            item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
            if row in icons:
                item.setIcon(icons[row])
            self.addItem(item)
            if row == name:
                self.setCurrentItem(item)
        blocker.unblock()
        self.setFixedHeight(_ROW_PX * self.count() + 2 * self.frameWidth() + 2)

    def layer(self) -> str:
        """Return the layer of the current row, empty where there is none."""
        item = self.currentItem()
        return str(item.data(_NAME)) if item is not None else ""

    def choose(self, name: str) -> None:
        """Make a layer's row the current one."""
        item = self._rows().get(name)
        if item is not None:
            self.setCurrentItem(item)

    def row_of(self, name: str) -> QListWidgetItem:
        """Return a layer's row; an unknown layer is a KeyError."""
        return self._rows()[name]

    def _rows(self) -> dict[str, QListWidgetItem]:
        items = (self.item(at) for at in range(self.count()))
        return {str(item.data(_NAME)): item for item in items}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the current layer with Alt and the arrows; Delete takes an own one off."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key, alt = Qt.Key(event.key()), Qt.KeyboardModifier.AltModifier
        if event.modifiers() & alt and key in steps:
            self.stepped.emit(self.layer(), steps[key])
        elif key == Qt.Key.Key_Delete:
            self.dropped.emit(self.layer())
        else:
            super().keyPressEvent(event)

    def _settle_soon(self, *_: object) -> None:
        self._settle.start()

    def _tell_toggle(self, item: QListWidgetItem) -> None:
        self.toggled.emit(str(item.data(_NAME)), item.checkState() == Qt.CheckState.Checked)

    def _tell_choice(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(str(item.data(_NAME)))

    def _tell_order(self) -> None:
        self.moved.emit(list(self._rows()))


_FACTS = {
    "publisher": "Publisher",
    "vintage": "Vintage",
    "rows": "Rows",
    "crs": "Coordinates",
    "terms": "Terms",
    "source": "File",
}
_TIPS = {
    "vintage": "The date of the figures.",
    "crs": "The coordinate systems of the file and of this project.",
}
_STEP = 5


class _LayerDetails(QWidget):
    """The card of one layer. Each signal carries what a person set."""

    cleared = Signal(float)
    labeled = Signal(str)
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
        self.opacity.setAccessibleName("Layer opacity")
        self.opacity.setRange(round(MIN_OPACITY * 100), 100)
        self.opacity.setSingleStep(_STEP)
        self.opacity.setPageStep(4 * _STEP)
        self.share = QLabel()
        self.share.setFont(make_figures_font())
        self.share.setMinimumWidth(self.share.fontMetrics().horizontalAdvance("100%"))
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.label = make_choice_box({}, name="Layer label", least_letters=8)
        self.tiles = make_choice_box({}, name="Web tiles", least_letters=8)
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
            self.facts.set_value(key, allow_line_breaks(text) if key == "source" else text)

    def show_opacity(self, opacity: float | None) -> None:
        """Show how opaque the layer is; None where it is always opaque."""
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(100 if opacity is None else round(opacity * 100))
        self.share.setText(f"{self.opacity.value()}%")
        self._show_field("Opacity", self.opacity, self.share, shown=opacity is not None)

    def show_labels(self, labels: Mapping[str, str], chosen: str) -> None:
        """Offer fields to label the layer by, as keys and their names; without any none is."""
        _fill(self.label, labels, chosen)
        self._show_field("Label", self.label, shown=bool(labels))

    def show_tiles(self, providers: Mapping[str, str], chosen: str, about: str) -> None:
        """Offer providers of tiles, as names and titles; ``about`` is a sentence on them."""
        _fill(self.tiles, providers, chosen)
        self._show_field("Tiles", self.tiles, shown=bool(providers))
        self.about.setText(about)
        self.about.setVisible(bool(about))

    def _show_field(self, name: str, *widgets: QWidget, shown: bool) -> None:
        for widget in (self.names[name], *widgets):
            widget.setVisible(shown)

    def _label(self) -> None:
        self.labeled.emit(self.label.currentData())

    def _choose_tiles(self) -> None:
        self.tiles_chosen.emit(self.tiles.currentData())

    def _clear(self, per_cent: int) -> None:
        self.share.setText(f"{per_cent}%")
        self.cleared.emit(per_cent / 100)


def allow_line_breaks(name: str) -> str:
    """Return a file's name that may go on in another line, so that it widens nothing."""
    return re.sub(r"([_.\-])", "\\1\u200b", name)


def _fill(box: QComboBox, entries: Mapping[str, str], chosen: str) -> None:
    box.clear()
    for key, text in entries.items():
        box.addItem(text, key)
    box.setCurrentIndex(max(0, box.findData(chosen)))


_NO_TILES, _FROM_FILE = "None", "choose a file"
_ABOUT_TILES = (
    "Aerial pictures from a file or from a server on the internet. The map is complete without "
    "them."
)
_ICON_SCALE = 2.0


class LayersPanel(LazyPanel):
    """The layers in drawing order, and the card of the chosen one.

    ``arranged`` carries the Arrangement that the map is to take; ``removed`` the id of an own
    layer to take off the project. ``kept`` is the text of an earlier arrangement.
    """

    arranged = Signal(object)
    removed = Signal(str)

    def __init__(
        self, desk: UiContext, theme: Theme, kept: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._theme = desk, theme
        self.arrangement: Arrangement = parse_arrangement(kept)
        rows = make_column_layout(self, spacing_px=SPACING_PX)
        self.rows = _LayerList()
        rows.addWidget(self.rows)
        self.add = QToolButton()
        self.add.setDefaultAction(desk.actions["add_layer"])
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.remove, self.up, self.down = (
            self._button(tip)
            for tip in (
                "Remove the selected layer, or the basemap (Delete)",
                "Move the selected layer up (Alt+Up)",
                "Move the selected layer down (Alt+Down)",
            )
        )
        self._set_icons()
        self.remove.clicked.connect(self._drop)
        self.up.clicked.connect(self._raise)
        self.down.clicked.connect(self._sink)
        bar = make_row_layout(self.add, spacing_px=GRID_PX)
        bar.addStretch(1)
        for button in (self.up, self.down, self.remove):
            bar.addWidget(button)
        rows.addLayout(bar)
        self.details = _LayerDetails()
        rows.addWidget(self.details)
        rows.addStretch(1)
        self.rows.toggled.connect(self._toggle)
        self.rows.moved.connect(self._reorder)
        self.rows.stepped.connect(self._step)
        self.rows.dropped.connect(self._drop)
        self.rows.chosen.connect(self._show_details)
        self.details.cleared.connect(self._clear)
        self.details.labeled.connect(self._label)
        self.details.tiles_chosen.connect(self._choose_tiles)
        desk.bridge.changed.connect(self.mark_stale)

    @property
    def own(self) -> tuple[str, ...]:
        """The ids of the user's own layers."""
        return tuple(self._own_titles())

    def _own_titles(self) -> dict[str, str]:
        project = self._desk.session.state.saved_project
        return {layer.id: layer.title for layer in project.user_layers}

    def refresh(self) -> None:
        """Read the layers anew."""
        own = self._desk.session.state.saved_project.user_layers
        titles = {**MAP_LAYERS, **self._own_titles()}
        icons = {layer.id: self._dot(layer.color) for layer in own}
        rows = self.arrangement.rows(self.own)
        if self._desk.session.state.saved_project.basemap is None:
            rows = tuple(name for name in rows if name != GROUND_LAYER)
        self.rows.show_layers(self.arrangement, rows, titles, icons)
        if not self.rows.layer():
            self.rows.choose("sites")
        self._show_details()

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self._theme = theme
        self._set_icons()
        self.mark_stale()

    def choose(self, name: str) -> None:
        """Show the card of a layer."""
        self.rows.choose(name)

    def hits(self) -> list[SearchItem]:
        """Return the layers as things that can be found and turned on or off."""
        return [
            SearchItem(
                f"layer {name}",
                GROUP,
                title,
                "",
                "layers",
                partial(self._turn, name),
                "layer",
                on=self.arrangement.shows(name),
            )
            for name, title in {**MAP_LAYERS, **self._own_titles()}.items()
        ]

    def _turn(self, name: str) -> None:
        self._toggle(name, not self.arrangement.shows(name))
        self.mark_stale()

    def _take(self, arrangement: Arrangement, *, same_rows: bool = False) -> None:
        self.arrangement = arrangement
        if not same_rows:
            self.refresh()
        self.arranged.emit(arrangement)

    def _toggle(self, name: str, shown: bool) -> None:
        look = self.arrangement.with_visibility(name, shown)
        if name == TILES_LAYER and shown and not look.tiles:
            usual = (key for key in self._providers() if key != _FROM_FILE)
            look = replace(look, tiles=next(usual, ""))
        self._take(look, same_rows=True)
        self._show_details()

    def _reorder(self, names: list[str]) -> None:
        self._take(self.arrangement.ordered(names))

    def _step(self, name: str, by: int) -> None:
        self._take(self.arrangement.with_layer_moved(name, by, self.own))

    def _raise(self) -> None:
        self._step(self.rows.layer(), -1)

    def _sink(self) -> None:
        self._step(self.rows.layer(), 1)

    def _drop(self) -> None:
        if self.rows.layer() in (*self.own, GROUND_LAYER):
            self.removed.emit(self.rows.layer())

    def _clear(self, opacity: float) -> None:
        self._take(self.arrangement.with_opacity(self.rows.layer(), opacity), same_rows=True)

    def _label(self, by: str) -> None:
        self._take(self.arrangement.with_label_field(self.rows.layer(), by), same_rows=True)

    def _choose_tiles(self, name: str) -> None:
        if name == _FROM_FILE:
            self._show_details()
            path = ask_file(self, "Aerial pictures", PICTURE_FILES)
            if path is not None:
                self.take_pictures(path)
            return
        self._show_tiles(name)

    def take_pictures(self, path: Path) -> None:
        """Show the pictures of a file; a GeoTIFF is cut into tiles beside the window."""
        from zoneplanner.app.geography.aerial_pictures import prepare_picture_file

        keep_off = self._desk.session.store.files
        self._desk.jobs.run(
            f"Reading {path.name}",
            lambda report: prepare_picture_file(path, keep_off=keep_off, report=report),
            on_done=lambda made: self._show_tiles(name_picture_file(made)),
            lost="The pictures were not added to the map.",
        )

    def _show_tiles(self, name: str) -> None:
        self._take(replace(self.arrangement, tiles=name).with_visibility(TILES_LAYER, bool(name)))

    def _show_details(self) -> None:
        name, look = self.rows.layer(), self.arrangement
        fixed, own = name in FIXED_LAYERS, name in self.own
        for button in (self.up, self.down):
            button.setEnabled(not fixed)
        self.remove.setEnabled(own or name == GROUND_LAYER)
        self.details.show_opacity(None if fixed and name != TILES_LAYER else look.get_opacity(name))
        self.details.show_labels(*self._labels(name, own=own))
        if name == TILES_LAYER:
            chosen = look.tiles if look.shows(TILES_LAYER) else ""
            self.details.show_tiles({"": _NO_TILES, **self._providers()}, chosen, _ABOUT_TILES)
            self.details.show_card(self._tiles_card())
        else:
            self.details.show_tiles({}, "", "")
            self.details.show_card(self._card(name))

    def _labels(self, name: str, *, own: bool) -> tuple[dict[str, str], str]:
        if name == "sites":
            return dict(SITE_LABEL_FIELDS), self.arrangement.labels.get(name, "name")
        if not own:
            return {}, ""
        project = self._desk.session.state.saved_project
        fields = {field: field for field in list_layer_fields(project, name)}
        chosen = self.arrangement.labels.get(name, find_name_field(project, name))
        return {"": SITE_LABEL_FIELDS[""], **fields}, chosen

    def _card(self, name: str) -> LayerProvenance:
        state = self._desk.session.state
        layer = state.saved_project.layers.get(name)
        title = MAP_LAYERS.get(name) or (layer.title if layer else name)
        return replace(describe_layer_source(state, name, title), title=title)

    def _tiles_card(self) -> LayerProvenance:

        look = self.arrangement
        name = look.tiles if look.shows(TILES_LAYER) else ""
        provider = find_tile_provider(build_tile_offer(), name)
        card = LayerProvenance(MAP_LAYERS[TILES_LAYER])
        if provider is None:
            return card
        crs = "Web Mercator, fitted tile by tile"
        return replace(card, publisher=provider.attribution, crs=crs)

    def _providers(self) -> dict[str, str]:

        found = {name: provider.title for name, provider in list_tile_providers().items()}
        chosen = find_tile_provider(build_tile_offer(), self.arrangement.tiles)
        if chosen is not None:
            found.setdefault(chosen.name, chosen.title)
        return {**found, _FROM_FILE: "Pictures from a file…"}

    def _dot(self, color: int) -> QIcon:
        return QIcon(
            render_point_symbol(choose_layer_color(color, self._theme), self._theme, _ICON_SCALE)
        )

    def _set_icons(self) -> None:
        for button, icon in ((self.remove, "delete"), (self.up, "up"), (self.down, "down")):
            button.setIcon(self._desk.icons(icon))

    def _button(self, tip: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button
