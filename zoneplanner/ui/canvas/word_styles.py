"""How the map's words are set: size, weight, colour and halo by what they name."""

from zoneplanner.ui.canvas.content import SiteLabel, ZoneLabel, rank_site_label
from zoneplanner.ui.canvas.lettering import TextStyle
from zoneplanner.ui.kit.palette import make_zone_text_color
from zoneplanner.ui.kit.theme import Theme

_SMALL_MAP_M_PX = 32.0
_WRAP_FROM, _WRAP_SMALL_FROM = 19, 12
_NUMBERS_PX = ((30.0, 27), (42.0, 21), (56.0, 18))
_SMALLEST_PX = 15


def get_wrap_length(m_px: float) -> int:
    """Return the length from which names are set in two lines: the smaller the map, the shorter."""
    return _WRAP_FROM if m_px < _SMALL_MAP_M_PX else _WRAP_SMALL_FROM


def style_zone_number(theme: Theme, word: ZoneLabel, m_px: float) -> TextStyle:
    """Return how a zone's number is set at a scale."""
    colour = make_zone_text_color(word.colour, theme).name()
    size = next((px for nearer_than, px in _NUMBERS_PX if m_px < nearer_than), _SMALLEST_PX)
    return TextStyle(size, 800, colour, theme.halo, size / 8)


def style_zone_caption(theme: Theme) -> TextStyle:
    """Return how the words under a zone's number are set."""
    return TextStyle(12, 700, theme.label, theme.halo, 3.0)


def style_site_name(theme: Theme, word: SiteLabel) -> TextStyle:
    """Return how a site's name is set."""
    main = rank_site_label(word) <= 2 and word.patrolled
    if word.first:
        return TextStyle(12, 700, theme.label, theme.halo, 3.0)
    colour = theme.label if word.patrolled else theme.muted
    return TextStyle(12 if main else 11, 600 if main else 400, colour, theme.halo, 2.2)


def style_street_name(theme: Theme) -> TextStyle:
    """Return how a street's name is set."""
    return TextStyle(10, 400, theme.road_text, theme.halo, 1.8)


def style_river_name(theme: Theme) -> TextStyle:
    """Return how a river's name is set."""
    return TextStyle(11, 400, theme.water_text, theme.halo, 1.5, italic=True, spacing_px=1.0)


def style_place_name(theme: Theme) -> TextStyle:
    """Return how the name of a city or place is set."""
    return TextStyle(11, 500, theme.muted, theme.halo, 2.0, spacing_px=2.5)


def style_feature_label(theme: Theme) -> TextStyle:
    """Return how the labels of the user's own layers are set."""
    return TextStyle(10, 500, theme.muted, theme.halo, 1.8)
