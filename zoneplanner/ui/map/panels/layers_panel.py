"""The panel of the layers: their order, visibility, opacity, labels and sources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
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
    make_action_tool_button,
    make_column_layout,
    make_grid_layout,
    make_hiding_note,
    make_muted_label,
    make_row_layout,
    make_section_label,
    make_tool_button,
)
from zoneplanner.ui.widgets.services.search_items import LAYERS as GROUP
from zoneplanner.ui.widgets.services.search_items import SearchItem
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, make_figures_font
from zoneplanner.ui.widgets.style.value_text import choose_layer_color

_NAME_ROLE = Qt.ItemDataRole.UserRole
_ROW_PX = 22


class _LayerList(QListWidget):
    """A row for each layer, which is shown if it is checked, and moved by dragging or Alt+Up/Down.

    ``toggled`` carries a layer and whether it is shown; ``reordered`` carries all layers in their
    new order; ``step_requested`` carries a layer and the rows to move it by; ``chosen`` carries the
    current layer; ``removal_requested`` carries the layer for which Delete was pressed.
    """

    toggled = Signal(str, bool)
    reordered = Signal(object)
    step_requested = Signal(str, int)
    chosen = Signal(str)
    removal_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Layers, topmost first")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(16, 16))
        self.setUniformItemSizes(True)
        self._order_timer = QTimer(self, singleShot=True, interval=0)
        self._order_timer.timeout.connect(self._emit_order)
        self.itemChanged.connect(self._emit_toggle)
        self.currentItemChanged.connect(self._emit_choice)
        self.model().rowsMoved.connect(self._start_order_timer)

    def show_layers(
        self,
        look: Arrangement,
        rows: Sequence[str],
        titles: Mapping[str, str],
        icons: Mapping[str, QIcon],
    ) -> None:
        """Show layers in this order; the current layer stays current."""
        current = self.layer()
        with QSignalBlocker(self):
            self.clear()
            for row in rows:
                item = QListWidgetItem(icons.get(row, QIcon()), titles[row])
                item.setData(_NAME_ROLE, row)
                flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
                flags |= Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemNeverHasChildren
                if row not in FIXED_LAYERS:
                    flags |= Qt.ItemFlag.ItemIsDragEnabled
                item.setFlags(flags)
                item.setSizeHint(QSize(0, _ROW_PX))
                shown = look.shows(row)
                item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
                self.addItem(item)
            self.select(current)
        self.setFixedHeight(_ROW_PX * self.count() + 2 * self.frameWidth() + 2)

    def layer(self) -> str:
        """Return the current layer, or an empty string if there is none."""
        item = self.currentItem()
        return str(item.data(_NAME_ROLE)) if item is not None else ""

    def select(self, name: str) -> None:
        """Make a layer the current one, if it is in the list."""
        item = self._rows().get(name)
        if item is not None:
            self.setCurrentItem(item)

    def row_of(self, name: str) -> QListWidgetItem:
        """Return a layer's row; an unknown layer raises KeyError."""
        return self._rows()[name]

    def _rows(self) -> dict[str, QListWidgetItem]:
        items = (self.item(row) for row in range(self.count()))
        return {str(item.data(_NAME_ROLE)): item for item in items}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the current layer with Alt and an arrow key, or request its removal with Delete."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key, alt = Qt.Key(event.key()), Qt.KeyboardModifier.AltModifier
        if event.modifiers() & alt and key in steps:
            self.step_requested.emit(self.layer(), steps[key])
        elif key == Qt.Key.Key_Delete:
            self.removal_requested.emit(self.layer())
        else:
            super().keyPressEvent(event)

    def _start_order_timer(self, *_: object) -> None:
        self._order_timer.start()

    def _emit_toggle(self, item: QListWidgetItem) -> None:
        self.toggled.emit(str(item.data(_NAME_ROLE)), item.checkState() == Qt.CheckState.Checked)

    def _emit_choice(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(str(item.data(_NAME_ROLE)))

    def _emit_order(self) -> None:
        self.reordered.emit(list(self._rows()))


_FACTS = {
    "publisher": "Publisher",
    "vintage": "Data date",
    "rows": "Rows",
    "crs": "Coordinates",
    "terms": "Terms",
    "source": "File",
}
_TIPS = {
    "vintage": "The date of the data.",
    "crs": "The coordinate systems of the file and of this project.",
}
_OPACITY_STEP = 5


class _LayerDetails(QWidget):
    """The options and the source of a layer; each signal carries a value that a person set."""

    opacity_changed = Signal(float)
    label_field_chosen = Signal(str)
    tiles_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        rows = make_column_layout(self, margin_px=0, spacing_px=GRID_PX)
        self.title = make_section_label("")
        rows.addWidget(self.title)
        grid = make_grid_layout(stretches={1: 1})
        self.opacity = Slider(Qt.Orientation.Horizontal)
        self.opacity.setAccessibleName("Layer opacity")
        self.opacity.setRange(round(MIN_OPACITY * 100), 100)
        self.opacity.setSingleStep(_OPACITY_STEP)
        self.opacity.setPageStep(4 * _OPACITY_STEP)
        self.opacity_text = QLabel()
        self.opacity_text.setFont(make_figures_font())
        self.opacity_text.setMinimumWidth(self.opacity_text.fontMetrics().horizontalAdvance("100%"))
        self.opacity_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.label = make_choice_box({}, name="Layer label", least_letters=8)
        self.tiles = make_choice_box({}, name="Web tiles", least_letters=8)
        self.field_labels = {name: make_muted_label(name) for name in ("Opacity", "Label", "Tiles")}
        fields: tuple[QWidget, ...] = (self.opacity, self.label, self.tiles)
        for row, (label, field) in enumerate(zip(self.field_labels.values(), fields, strict=True)):
            label.setBuddy(field)
            label.setWordWrap(False)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1, 1, 1 if field is self.opacity else 2)
        grid.addWidget(self.opacity_text, 0, 2)
        rows.addLayout(grid)
        self.about = make_hiding_note()
        rows.addWidget(self.about)
        self.facts = FactRows(_FACTS, _TIPS)
        rows.addWidget(self.facts)
        for label_widget in (self.title, *self.facts.findChildren(QLabel)):
            label_widget.setTextFormat(Qt.TextFormat.PlainText)  # names come from foreign files
        self.opacity.valueChanged.connect(self._set_opacity)
        self.label.activated.connect(self._set_label_field)
        self.tiles.activated.connect(self._choose_tiles)

    def show_card(self, card: LayerProvenance) -> None:
        """Show the source of a layer."""
        self.title.setText(card.title)
        for key in _FACTS:
            text = getattr(card, key)
            self.facts.set_value(key, allow_line_breaks(text) if key == "source" else text)

    def show_opacity(self, opacity: float | None) -> None:
        """Show a layer's opacity; None hides the field."""
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(100 if opacity is None else round(opacity * 100))
        self.opacity_text.setText(f"{self.opacity.value()}%")
        self._show_field("Opacity", self.opacity, self.opacity_text, shown=opacity is not None)

    def show_labels(self, labels: Mapping[str, str], chosen: str) -> None:
        """Offer fields to label the layer by, with their names; none hides the choice."""
        self.label.offer(labels, chosen)
        self._show_field("Label", self.label, shown=bool(labels))

    def show_tiles(self, providers: Mapping[str, str], chosen: str, about: str) -> None:
        """Offer providers of tiles with their titles; ``about`` is a sentence about them."""
        self.tiles.offer(providers, chosen)
        self._show_field("Tiles", self.tiles, shown=bool(providers))
        self.about.setText(about)

    def _show_field(self, name: str, *widgets: QWidget, shown: bool) -> None:
        for widget in (self.field_labels[name], *widgets):
            widget.setVisible(shown)

    def _set_label_field(self) -> None:
        self.label_field_chosen.emit(self.label.currentData())

    def _choose_tiles(self) -> None:
        self.tiles_chosen.emit(self.tiles.currentData())

    def _set_opacity(self, per_cent: int) -> None:
        self.opacity_text.setText(f"{per_cent}%")
        self.opacity_changed.emit(per_cent / 100)


def allow_line_breaks(name: str) -> str:
    """Return a file's name with places where it can be wrapped, so that it widens nothing."""
    return re.sub(r"([_.\-])", "\\1\u200b", name)


_FROM_FILE = "choose a file"
_ABOUT_TILES = (
    "Aerial pictures from a file or from a server on the internet. The map is complete without "
    "them."
)
_ICON_SCALE = 2.0


class LayersPanel(LazyPanel):
    """The layers in drawing order, and the details of the current one.

    ``arranged`` carries the Arrangement to apply to the map; ``removed`` carries the id of a user
    layer to remove from the project. ``stored`` is the text of an earlier arrangement.
    """

    arranged = Signal(object)
    removed = Signal(str)

    def __init__(self, desk: UiContext, stored: str = "") -> None:
        super().__init__()
        self._desk = desk
        self.arrangement: Arrangement = parse_arrangement(stored)
        rows = make_column_layout(self, spacing_px=SPACING_PX)
        self.rows = _LayerList()
        rows.addWidget(self.rows)
        self.add = make_action_tool_button(desk.actions["add_layer"])
        self.remove = make_tool_button(
            "Remove the selected layer, or the basemap (Delete)", self._request_removal
        )
        self.up = make_tool_button("Move the selected layer up (Alt+Up)", partial(self._move, -1))
        self.down = make_tool_button(
            "Move the selected layer down (Alt+Down)", partial(self._move, 1)
        )
        self._set_icons()
        bar = make_row_layout(self.add, None, self.up, self.down, self.remove, spacing_px=GRID_PX)
        rows.addLayout(bar)
        self.details = _LayerDetails()
        rows.addWidget(self.details)
        rows.addStretch(1)
        self.rows.toggled.connect(self._toggle)
        self.rows.reordered.connect(self._reorder)
        self.rows.step_requested.connect(self._step)
        self.rows.removal_requested.connect(self._request_removal)
        self.rows.chosen.connect(self._show_details)
        self.details.opacity_changed.connect(self._set_opacity)
        self.details.label_field_chosen.connect(self._set_label_field)
        self.details.tiles_chosen.connect(self._choose_tiles)
        desk.bridge.changed.connect(self.mark_stale)

    @property
    def user_layers(self) -> tuple[str, ...]:
        """The ids of the user's layers."""
        return tuple(self._get_user_titles())

    def _get_user_titles(self) -> dict[str, str]:
        project = self._desk.session.state.saved_project
        return {layer.id: layer.title for layer in project.user_layers}

    def refresh(self) -> None:
        """List the layers again."""
        project = self._desk.session.state.saved_project
        titles = {**MAP_LAYERS, **self._get_user_titles()}
        icons = {layer.id: self._make_icon(layer.color) for layer in project.user_layers}
        rows = self.arrangement.list_layers(self.user_layers)
        if project.basemap is None:
            rows = tuple(name for name in rows if name != GROUND_LAYER)
        self.rows.show_layers(self.arrangement, rows, titles, icons)
        if not self.rows.layer():
            self.rows.select("sites")
        self._show_details()

    def follow_theme(self) -> None:
        """Change the colors."""
        self._set_icons()
        self.mark_stale()

    def select(self, name: str) -> None:
        """Show the details of a layer."""
        self.rows.select(name)

    def list_search_items(self) -> list[SearchItem]:
        """Return items with which the search finds layers and shows or hides them."""
        return [
            SearchItem(
                f"layer {name}",
                GROUP,
                title,
                "",
                "layers",
                partial(self._toggle_from_search, name),
                "layer",
                on=self.arrangement.shows(name),
            )
            for name, title in {**MAP_LAYERS, **self._get_user_titles()}.items()
        ]

    def _toggle_from_search(self, name: str) -> None:
        self._toggle(name, not self.arrangement.shows(name))
        self.mark_stale()

    def _apply(self, arrangement: Arrangement, *, same_rows: bool = False) -> None:
        self.arrangement = arrangement
        if not same_rows:
            self.refresh()
        self.arranged.emit(arrangement)

    def _toggle(self, name: str, shown: bool) -> None:
        look = self.arrangement.with_visibility(name, shown)
        if name == TILES_LAYER and shown and not look.tiles:
            providers = (key for key in self._list_providers() if key != _FROM_FILE)
            look = replace(look, tiles=next(providers, ""))
        self._apply(look, same_rows=True)
        self._show_details()

    def _reorder(self, names: list[str]) -> None:
        self._apply(self.arrangement.with_order(names))

    def _step(self, name: str, by: int) -> None:
        self._apply(self.arrangement.with_layer_moved(name, by, self.user_layers))

    def _move(self, by: int) -> None:
        self._step(self.rows.layer(), by)

    def _request_removal(self) -> None:
        if self.rows.layer() in (*self.user_layers, GROUND_LAYER):
            self.removed.emit(self.rows.layer())

    def _set_opacity(self, opacity: float) -> None:
        self._apply(self.arrangement.with_opacity(self.rows.layer(), opacity), same_rows=True)

    def _set_label_field(self, by: str) -> None:
        self._apply(self.arrangement.with_label_field(self.rows.layer(), by), same_rows=True)

    def _choose_tiles(self, name: str) -> None:
        if name == _FROM_FILE:
            self._show_details()
            path = ask_file(self, "Aerial pictures", PICTURE_FILES)
            if path is not None:
                self.add_pictures(path)
        else:
            self._show_tiles(name)

    def add_pictures(self, path: Path) -> None:
        """Show the pictures of a file; a job cuts a GeoTIFF into tiles."""
        from zoneplanner.app.geography.aerial_pictures import prepare_picture_file

        protected = self._desk.session.store.files
        self._desk.jobs.run(
            f"Reading {path.name}",
            lambda report: prepare_picture_file(path, protected=protected, report=report),
            on_done=lambda file: self._show_tiles(name_picture_file(file)),
            lost="The pictures were not added to the map.",
        )

    def _show_tiles(self, name: str) -> None:
        self._apply(replace(self.arrangement, tiles=name).with_visibility(TILES_LAYER, bool(name)))

    def _show_details(self) -> None:
        name, look = self.rows.layer(), self.arrangement
        is_fixed = name in FIXED_LAYERS
        for button in (self.up, self.down):
            button.setEnabled(not is_fixed)
        self.remove.setEnabled(name in (*self.user_layers, GROUND_LAYER))
        has_opacity = not is_fixed or name == TILES_LAYER
        self.details.show_opacity(look.get_opacity(name) if has_opacity else None)
        self.details.show_labels(*self._list_label_fields(name))
        if name == TILES_LAYER:
            providers = {"": "None", **self._list_providers()}
            self.details.show_tiles(providers, self._shown_tiles, _ABOUT_TILES)
            self.details.show_card(self._describe_tiles())
        else:
            self.details.show_tiles({}, "", "")
            self.details.show_card(self._describe_layer(name))

    @property
    def _shown_tiles(self) -> str:
        """The name of the tile provider, or "" if its layer is hidden."""
        return self.arrangement.tiles if self.arrangement.shows(TILES_LAYER) else ""

    def _list_label_fields(self, name: str) -> tuple[dict[str, str], str]:
        """Return the fields by which a layer can be labeled, and the chosen one."""
        if name == "sites":
            return dict(SITE_LABEL_FIELDS), self.arrangement.labels.get(name, "name")
        if name not in self.user_layers:
            return {}, ""
        project = self._desk.session.state.saved_project
        fields = {field: field for field in list_layer_fields(project, name)}
        chosen = self.arrangement.labels.get(name, find_name_field(project, name))
        return {"": SITE_LABEL_FIELDS[""], **fields}, chosen

    def _describe_layer(self, name: str) -> LayerProvenance:
        state = self._desk.session.state
        layer = state.saved_project.layers.get(name)
        title = MAP_LAYERS.get(name) or (layer.title if layer else name)
        return replace(describe_layer_source(state, name, title), title=title)

    def _describe_tiles(self) -> LayerProvenance:
        provider = find_tile_provider(build_tile_offer(), self._shown_tiles)
        card = LayerProvenance(MAP_LAYERS[TILES_LAYER])
        if provider is None:
            return card
        crs = "Web Mercator, fitted tile by tile"
        return replace(card, publisher=provider.attribution, crs=crs)

    def _list_providers(self) -> dict[str, str]:
        titles = {name: provider.title for name, provider in list_tile_providers().items()}
        chosen = find_tile_provider(build_tile_offer(), self.arrangement.tiles)
        if chosen is not None:
            titles.setdefault(chosen.name, chosen.title)
        return {**titles, _FROM_FILE: "Pictures from a file…"}

    def _make_icon(self, color: int) -> QIcon:
        theme = self._desk.icons.theme
        return QIcon(render_point_symbol(choose_layer_color(color, theme), theme, _ICON_SCALE))

    def _set_icons(self) -> None:
        for button, icon in ((self.remove, "delete"), (self.up, "up"), (self.down, "down")):
            button.setIcon(self._desk.icons(icon))
