"""What may be written on the map, and what is written first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.ui.canvas.labels import LabelLine

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

    ``sign`` follows the number where the sites are coloured by what stands open; ``caption``
    stands below it where they are by who is there.
    """

    zone: str
    at: QPointF
    colour: int
    locked: bool = False
    sign: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class FeatureLabel:
    """A label of a feature of the user's own layers."""

    key: str
    text: str
    at: QPointF


@dataclass(frozen=True, eq=False, slots=True)
class LabelContent:
    """What may be written. Places are (name, spots in the scene, the best first)."""

    sites: Sequence[SiteLabel] = ()
    zones: Sequence[ZoneLabel] = ()
    streets: Sequence[LabelLine] = ()
    rivers: Sequence[LabelLine] = ()
    places: Sequence[tuple[str, FloatArray]] = ()
    own: Sequence[FeatureLabel] = ()


def rank_site_label(word: SiteLabel) -> int:
    """Return the place of a site's level in the order of names; 0 to 2 are the main ones."""
    return _RANKS.get(word.level, len(_RANKS))


def get_label_from_m_px(word: SiteLabel) -> float:
    """Return the scale, metres to a pixel, from which a site is named."""
    if not word.patrolled:
        return _OTHER_FROM_M_PX
    return _NAMED_FROM_M_PX.get(word.level, _OTHER_FROM_M_PX)
