"""Layers that a user adds to the map: added and taken off as edits, with all their features."""

from collections.abc import Sequence
from dataclasses import replace

from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.errors import UserError

_LAYER_COLOURS = 8


def add_layer(project: Project, layer: Layer, features: Sequence[Feature]) -> Project:
    """Add a layer of the user's own; it takes the first colour that no other own layer has.

    Raises
    ------
    UserError
        Its id is taken, or it has no features.
    """
    if layer.id in project.layers:
        raise UserError(f"There is a layer “{project.layers[layer.id].title}” already; remove it.")
    if not features:
        raise UserError(f"“{layer.title}” has nothing to show on the map; choose another file.")
    taken = {other.colour for other in project.layers.values() if other.own}
    free = [colour for colour in range(_LAYER_COLOURS) if colour not in taken]
    own = replace(layer, own=True, colour=free[0] if free else len(taken) % _LAYER_COLOURS)
    return replace(
        project,
        layers={**project.layers, own.id: own},
        features=(*project.features, *(replace(item, layer=own.id) for item in features)),
    )


def remove_layer(project: Project, layer_id: str) -> Project:
    """Take a layer of the user's own off the project, with its features.

    Raises
    ------
    UserError
        There is none of that id, or it belongs to the project's own map.
    """
    layer = project.layers.get(layer_id)
    if layer is None:
        raise UserError("This layer is not in the project any more.")
    if not layer.own:
        raise UserError(f"“{layer.title}” belongs to the map; hide it instead of removing it.")
    return replace(
        project,
        layers={key: other for key, other in project.layers.items() if key != layer_id},
        features=tuple(item for item in project.features if item.layer != layer_id),
    )


def make_unique_title(project: Project, title: str) -> str:
    """Return a title, or the title with the first number that makes it new."""
    taken = {layer.title for layer in project.layers.values()}
    free, place = title, 2
    while free in taken:
        free, place = f"{title} {place}", place + 1
    return free


def list_user_layers(project: Project) -> tuple[Layer, ...]:
    """Return the layers that the user added, the first one first."""
    return tuple(layer for layer in project.layers.values() if layer.own)
