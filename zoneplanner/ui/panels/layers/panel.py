"""What the map shows, and where each part of it comes from."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from zoneplanner.app.layers import (
    LayerProvenance,
    describe_layer_source,
    find_name_field,
    list_layer_fields,
)
from zoneplanner.domain.layers import list_user_layers
from zoneplanner.ui.canvas.arrangement import (
    FIXED_LAYERS,
    MAP_LAYERS,
    SITE_LABEL_FIELDS,
    TILES_LAYER,
    Arrangement,
    parse_arrangement,
)
from zoneplanner.ui.canvas.own_layers import render_point_symbol
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.lively import LazyPanel
from zoneplanner.ui.kit.palette import choose_layer_color
from zoneplanner.ui.kit.theme import GRID_PX, SPACING_PX, Theme
from zoneplanner.ui.kit.widgets import make_column_layout
from zoneplanner.ui.models.finding import LAYERS as GROUP
from zoneplanner.ui.models.finding import SearchItem
from zoneplanner.ui.panels.layers.details import LayerDetails
from zoneplanner.ui.panels.layers.rows import LayerList

_NO_TILES = "None"
_ABOUT_TILES = (
    "Pictures of the ground from a server on the internet. The map is whole without them."
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
        self.rows = LayerList()
        rows.addWidget(self.rows)
        bar = QHBoxLayout()
        bar.setSpacing(GRID_PX)
        self.add = QToolButton()
        self.add.setDefaultAction(desk.actions["add_layer"])
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.remove = self._button("delete", "Remove the chosen layer of your own (Delete)")
        self.up = self._button("up", "Draw the chosen layer further up (Alt+Up)")
        self.down = self._button("down", "Draw the chosen layer further down (Alt+Down)")
        self.remove.clicked.connect(self._drop)
        self.up.clicked.connect(self._raise)
        self.down.clicked.connect(self._sink)
        bar.addWidget(self.add)
        bar.addStretch(1)
        for button in (self.up, self.down, self.remove):
            bar.addWidget(button)
        rows.addLayout(bar)
        self.details = LayerDetails()
        rows.addWidget(self.details)
        rows.addStretch(1)
        self.rows.toggled.connect(self._toggle)
        self.rows.moved.connect(self._reorder)
        self.rows.stepped.connect(self._step)
        self.rows.dropped.connect(self._drop)
        self.rows.chosen.connect(self._show_details)
        self.details.cleared.connect(self._clear)
        self.details.labelled.connect(self._label)
        self.details.tiles_chosen.connect(self._choose_tiles)
        desk.bridge.changed.connect(self.renew)

    @property
    def own(self) -> tuple[str, ...]:
        """The ids of the user's own layers."""
        return tuple(layer.id for layer in list_user_layers(self._desk.session.reading.kept))

    def refresh(self) -> None:
        """Read the layers anew."""
        project = self._desk.session.reading.kept
        own = list_user_layers(project)
        titles = {**MAP_LAYERS, **{layer.id: layer.title for layer in own}}
        icons = {layer.id: self._dot(layer.colour) for layer in own}
        rows = self.arrangement.rows([layer.id for layer in own])
        self.rows.show_layers(self.arrangement, rows, titles, icons)
        if not self.rows.layer():
            self.rows.choose("sites")
        self._show_details()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        for button, icon in ((self.remove, "delete"), (self.up, "up"), (self.down, "down")):
            button.setIcon(self._desk.icons(icon))
        self.renew()

    def choose(self, name: str) -> None:
        """Show the card of a layer."""
        self.rows.choose(name)

    def hits(self) -> list[SearchItem]:
        """Return the layers as things that can be found and turned on or off."""
        own = {layer.id: layer.title for layer in list_user_layers(self._desk.session.reading.kept)}
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
            for name, title in {**MAP_LAYERS, **own}.items()
        ]

    def _turn(self, name: str) -> None:
        self._toggle(name, not self.arrangement.shows(name))
        self.renew()

    def _take(self, arrangement: Arrangement, *, same_rows: bool = False) -> None:
        self.arrangement = arrangement
        if not same_rows:
            self.refresh()
        self.arranged.emit(arrangement)

    def _toggle(self, name: str, shown: bool) -> None:
        look = self.arrangement.showing(name, shown)
        if name == TILES_LAYER and shown and not look.tiles:
            look = replace(look, tiles=next(iter(self._providers()), ""))
        self._take(look, same_rows=True)
        self._show_details()

    def _reorder(self, names: list[str]) -> None:
        self._take(self.arrangement.ordered(names))

    def _step(self, name: str, by: int) -> None:
        self._take(self.arrangement.stepped(name, by, self.own))

    def _raise(self) -> None:
        self._step(self.rows.layer(), -1)

    def _sink(self) -> None:
        self._step(self.rows.layer(), 1)

    def _drop(self) -> None:
        if self.rows.layer() in self.own:
            self.removed.emit(self.rows.layer())

    def _clear(self, opacity: float) -> None:
        self._take(self.arrangement.cleared(self.rows.layer(), opacity), same_rows=True)

    def _label(self, by: str) -> None:
        self._take(self.arrangement.labelled(self.rows.layer(), by), same_rows=True)

    def _choose_tiles(self, name: str) -> None:
        self._take(replace(self.arrangement, tiles=name).showing(TILES_LAYER, bool(name)))

    def _show_details(self) -> None:
        name, look = self.rows.layer(), self.arrangement
        fixed, own = name in FIXED_LAYERS, name in self.own
        for button in (self.up, self.down):
            button.setEnabled(not fixed)
        self.remove.setEnabled(own)
        self.details.show_opacity(None if fixed and name != TILES_LAYER else look.clearness(name))
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
        project = self._desk.session.reading.kept
        fields = {field: field for field in list_layer_fields(project, name)}
        chosen = self.arrangement.labels.get(name, find_name_field(project, name))
        return {"": SITE_LABEL_FIELDS[""], **fields}, chosen

    def _card(self, name: str) -> LayerProvenance:
        reading = self._desk.session.reading
        layer = reading.kept.layers.get(name)
        title = MAP_LAYERS.get(name) or (layer.title if layer else name)
        return replace(describe_layer_source(reading, name, title), title=title)

    def _tiles_card(self) -> LayerProvenance:
        from zoneplanner.app.tiles import list_tile_providers

        look = self.arrangement
        provider = list_tile_providers().get(look.tiles) if look.shows(TILES_LAYER) else None
        if provider is None:
            return LayerProvenance(MAP_LAYERS[TILES_LAYER])
        return LayerProvenance(
            MAP_LAYERS[TILES_LAYER], provider.attribution, crs="Web Mercator, fitted tile by tile"
        )

    def _providers(self) -> dict[str, str]:
        from zoneplanner.app.tiles import list_tile_providers

        return {name: provider.title for name, provider in list_tile_providers().items()}

    def _dot(self, colour: int) -> QIcon:
        return QIcon(
            render_point_symbol(choose_layer_color(colour, self._theme), self._theme, _ICON_SCALE)
        )

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(self._desk.icons(icon))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button
