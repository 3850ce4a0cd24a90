"""How the map's layers are arranged: what is shown, in which order, how clear, and its labels."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

_NAMES_LAYER, GROUND_LAYER, TILES_LAYER = "names", "ground", "tiles"
MAP_LAYERS = {
    _NAMES_LAYER: "Names of streets and places",
    "pins": "Notes",
    "sites": "Sites",
    "others": "Sites not in patrol",
    "city": "City limits",
    "district": "District line",
    "county": "County line",
    "edges": "Zone edges",
    "roads": "Streets",
    "blocks": "Block outlines, no streets (zoomed in)",
    "river": "River",
    "zones": "Zones",
    GROUND_LAYER: "Parks, water and buildings",
    TILES_LAYER: "Aerial pictures and web tiles",
}
"""The map's own layers, the topmost first. Names are always on top and tiles at the bottom."""
_HIDDEN_BY_DEFAULT = frozenset({"others", TILES_LAYER})
FIXED_LAYERS = frozenset({_NAMES_LAYER, GROUND_LAYER, TILES_LAYER})
_USER_LAYERS_BELOW = "others"
SITE_LABEL_FIELDS = {
    "name": "Name",
    "short": "Short name",
    "level": "Level",
    "enrollment": "Enrollment",
    "zone": "Zone",
    "": "None",
}
MIN_OPACITY = 0.1
_LOWEST_Z, _HIGHEST_Z = 2.0, 55.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One arrangement of the layers. Own layers go by their ids.

    ``order`` is that of the movable layers, the topmost first; layers that it does not name stand
    where they belong. ``labels`` are the fields that layers are labeled by, empty for none;
    ``tiles`` is the name of the provider.
    """

    order: tuple[str, ...] = tuple(name for name in MAP_LAYERS if name not in FIXED_LAYERS)
    hidden: frozenset[str] = _HIDDEN_BY_DEFAULT
    opacity: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tiles: str = ""

    def rows(self, own: Sequence[str]) -> tuple[str, ...]:
        """Return all layers, the topmost first; new own ones stand below the sites."""
        kept = [name for name in self.order if name in own or name in MAP_LAYERS]
        new = [name for name in own if name not in kept]
        at = kept.index(_USER_LAYERS_BELOW) + 1
        return (_NAMES_LAYER, *kept[:at], *reversed(new), *kept[at:], GROUND_LAYER, TILES_LAYER)

    def shows(self, name: str) -> bool:
        """True where a layer is drawn."""
        return name not in self.hidden

    def get_opacity(self, name: str) -> float:
        """Return how opaque a layer is drawn, from ``MIN_OPACITY`` to 1."""
        return self.opacity.get(name, 1.0)

    def compute_z_values(self, own: Sequence[str]) -> dict[str, float]:
        """Return the z value of each movable layer."""
        movable = [name for name in self.rows(own) if name not in FIXED_LAYERS]
        step = (_HIGHEST_Z - _LOWEST_Z) / len(movable)
        return {name: _LOWEST_Z + step * at for at, name in enumerate(reversed(movable))}

    def with_visibility(self, name: str, shown: bool) -> "Arrangement":
        """Return this arrangement with a layer shown or hidden."""
        return replace(self, hidden=self.hidden - {name} if shown else self.hidden | {name})

    def with_opacity(self, name: str, opacity: float) -> "Arrangement":
        """Return this arrangement with a layer drawn more or less opaque."""
        held = min(1.0, max(MIN_OPACITY, opacity))
        return replace(self, opacity={**self.opacity, name: held})

    def with_label_field(self, name: str, by: str) -> "Arrangement":
        """Return this arrangement with a layer labeled by a field, or not."""
        return replace(self, labels={**self.labels, name: by})

    def ordered(self, rows: Sequence[str]) -> "Arrangement":
        """Return this arrangement with its movable layers in this order."""
        return replace(self, order=tuple(name for name in rows if name not in FIXED_LAYERS))

    def with_layer_moved(self, name: str, by: int, own: Sequence[str]) -> "Arrangement":
        """Return this arrangement with a layer moved by so many rows; fixed ones stay."""
        movable = [row for row in self.rows(own) if row not in FIXED_LAYERS]
        if name not in movable:
            return self
        at = movable.index(name)
        movable.insert(min(max(0, at + by), len(movable) - 1), movable.pop(at))
        return replace(self, order=tuple(movable))

    def text(self) -> str:
        """Return the arrangement as a text to keep."""
        return json.dumps(
            {
                "order": self.order,
                "hidden": sorted(self.hidden),
                "opacity": dict(self.opacity),
                "labels": dict(self.labels),
                "tiles": self.tiles,
            }
        )


DEFAULT_ARRANGEMENT = Arrangement()


def parse_arrangement(text: str) -> Arrangement:
    """Return the arrangement of a kept text; one that makes no sense gives the first one."""
    try:
        kept: Any = json.loads(text)
        order = tuple(str(name) for name in kept["order"])
        missing = tuple(name for name in DEFAULT_ARRANGEMENT.order if name not in order)
        return Arrangement(
            order=(*dict.fromkeys(order), *missing),
            hidden=frozenset(str(name) for name in kept["hidden"]),
            opacity={
                str(name): min(1.0, max(MIN_OPACITY, float(value)))
                for name, value in kept["opacity"].items()
            },
            labels={str(name): str(by) for name, by in kept["labels"].items()},
            tiles=str(kept["tiles"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return DEFAULT_ARRANGEMENT
