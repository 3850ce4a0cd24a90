"""How the map's words are set: size, weight, colour and halo by what they name."""

from zoneplanner.ui.canvas.content import SiteWord, ZoneWord, rank
from zoneplanner.ui.canvas.lettering import Style
from zoneplanner.ui.kit.palette import ink
from zoneplanner.ui.kit.theme import Theme

_SMALL_MAP_M_PX = 32.0
_WRAP_FROM, _WRAP_SMALL_FROM = 19, 12
_NUMBERS_PX = ((30.0, 27), (42.0, 21), (56.0, 18))
_SMALLEST_PX = 15


def wrap_from(m_px: float) -> int:
    """Return the length from which names are set in two lines: the smaller the map, the shorter."""
    return _WRAP_FROM if m_px < _SMALL_MAP_M_PX else _WRAP_SMALL_FROM


def number(theme: Theme, word: ZoneWord, m_px: float) -> Style:
    """Return how a zone's number is set at a scale."""
    colour = ink(word.colour, theme).name()
    size = next((px for nearer_than, px in _NUMBERS_PX if m_px < nearer_than), _SMALLEST_PX)
    return Style(size, 800, colour, theme.halo, size / 8)


def zone_caption(theme: Theme) -> Style:
    """Return how the words under a zone's number are set."""
    return Style(12, 700, theme.label, theme.halo, 3.0)


def site_name(theme: Theme, word: SiteWord) -> Style:
    """Return how a site's name is set."""
    main = rank(word) <= 2 and word.patrolled
    if word.first:
        return Style(12, 700, theme.label, theme.halo, 3.0)
    colour = theme.label if word.patrolled else theme.muted
    return Style(12 if main else 11, 600 if main else 400, colour, theme.halo, 2.2)


def street(theme: Theme) -> Style:
    """Return how a street's name is set."""
    return Style(10, 400, theme.road_text, theme.halo, 1.8)


def river(theme: Theme) -> Style:
    """Return how a river's name is set."""
    return Style(11, 400, theme.water_text, theme.halo, 1.5, italic=True, spacing_px=1.0)


def place_name(theme: Theme) -> Style:
    """Return how the name of a city or place is set."""
    return Style(11, 500, theme.muted, theme.halo, 2.0, spacing_px=2.5)


def own_name(theme: Theme) -> Style:
    """Return how the labels of the user's own layers are set."""
    return Style(10, 500, theme.muted, theme.halo, 1.8)
