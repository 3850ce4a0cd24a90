"""What may be written on the map, and what is written first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.map.labels.placement import LabelLine
from zoneplanner.ui.map.labels.text_images import TextStyle
from zoneplanner.ui.widgets.style.theme import Theme

_NAMED_FROM_M_PX = {
    "high": 60.0,
    "secondary_6_12": 30.0,
    "middle": 45.0,
    "k8": 32.0,
    "k12": 32.0,
    "elementary": 32.0,
    "alternative": 32.0,
    "special_education": 32.0,
    "adult": 32.0,
    "preschool": 16.0,
}
_OTHER_FROM_M_PX = 10.0
_RANKS = {name: at for at, name in enumerate(_NAMED_FROM_M_PX)}


@dataclass(frozen=True, slots=True)
class SiteLabel:
    """A site's name. ``reach_px`` keeps it off the symbol; ``first`` is set before all others."""

    site: str
    name: str
    level: str
    at: QPointF
    reach_px: float
    shift: QPointF = field(default_factory=QPointF)
    patrolled: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class ZoneLabel:
    """A zone's number at a place of the scene; a locked one has a padlock beside it.

    ``caption`` stands below it: who is there, or how much is late or due. ``spares`` are places
    in the zone that it may step aside to.
    """

    zone: str
    at: QPointF
    color: int
    locked: bool = False
    caption: str = ""
    spares: tuple[QPointF, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureLabel:
    """A label of a feature of the user's own layers."""

    key: str
    text: str
    at: QPointF


@dataclass(frozen=True, eq=False, slots=True)
class LabelContent:
    """What may be written. Places are (name, spots in the scene, the best first).

    ``shields`` are lines that are named by a number on a plate; ``services`` are (kind, name, x, y)
    in the scene. Local streets are named where other words left room.
    """

    sites: Sequence[SiteLabel] = ()
    zones: Sequence[ZoneLabel] = ()
    streets: Sequence[LabelLine] = ()
    local_streets: Sequence[LabelLine] = ()
    shields: Sequence[LabelLine] = ()
    services: Sequence[tuple[str, str, float, float]] = ()
    rivers: Sequence[LabelLine] = ()
    places: Sequence[tuple[str, FloatArray]] = ()
    own: Sequence[FeatureLabel] = ()


def rank_site_label(word: SiteLabel) -> int:
    """Return the place of a site's level in the order of names; 0 to 2 are the main ones."""
    return _RANKS.get(word.level, len(_RANKS))


def get_label_from_m_px(word: SiteLabel) -> float:
    """Return the scale, meters to a pixel, from which a site is named."""
    if not word.patrolled:
        return _OTHER_FROM_M_PX
    return _NAMED_FROM_M_PX.get(word.level, _OTHER_FROM_M_PX)


_SMALL_MAP_M_PX = 32.0
_WRAP_FROM, _WRAP_SMALL_FROM = 19, 12


def get_wrap_length(m_px: float) -> int:
    """Return the length from which names are set in two lines: the smaller the map, the shorter."""
    return _WRAP_FROM if m_px < _SMALL_MAP_M_PX else _WRAP_SMALL_FROM


def style_zone_number(theme: Theme, word: ZoneLabel, m_px: float) -> TextStyle:
    """Return how a zone's number is set at a scale."""
    size = MAP_STYLE.at(m_px).number_px
    return TextStyle(size, 600, theme.label, theme.halo, MAP_STYLE.number_halo_px)


def style_zone_caption(theme: Theme) -> TextStyle:
    """Return how the words under a zone's number are set."""
    return TextStyle(12, 600, theme.label, theme.halo, 3.0)


def style_site_name(theme: Theme, word: SiteLabel) -> TextStyle:
    """Return how a site's name is set."""
    main = rank_site_label(word) <= 2 and word.patrolled
    if word.first:
        return TextStyle(12, 600, theme.label, theme.halo, 3.0)
    color = theme.label if word.patrolled else theme.muted
    return TextStyle(12 if main else 11, 600 if main else 400, color, theme.halo, 2.2)


def style_street_name(theme: Theme) -> TextStyle:
    """Return how a street's name is set."""
    return TextStyle(11, 400, theme.road_text, theme.halo, 1.8)


def style_shield(theme: Theme) -> TextStyle:
    """Return how a freeway's number is set; its plate is the halo."""
    return TextStyle(11, 600, theme.text, theme.base, 0.0)


def style_service_name(theme: Theme) -> TextStyle:
    """Return how the name of a hospital or station is set."""
    return TextStyle(11, 400, theme.muted, theme.halo, 1.8)


def style_river_name(theme: Theme) -> TextStyle:
    """Return how a river's name is set."""
    return TextStyle(11, 400, theme.water_text, theme.halo, 1.5, italic=True, spacing_px=1.0)


def style_place_name(theme: Theme) -> TextStyle:
    """Return how the name of a city or place is set."""
    return TextStyle(11, 400, theme.muted, theme.halo, 2.0, spacing_px=2.5)


def style_feature_label(theme: Theme) -> TextStyle:
    """Return how the labels of the user's own layers are set."""
    return TextStyle(11, 400, theme.muted, theme.halo, 1.8)
