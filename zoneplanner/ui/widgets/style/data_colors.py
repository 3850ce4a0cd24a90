"""Colors that carry data: zones, days since the last visit, classes of figures, readiness."""

from dataclasses import dataclass

from PySide6.QtGui import QColor

from zoneplanner.domain.plans.zone_colors import zone_color, zone_text_color
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import Theme, mix_colors


@dataclass(frozen=True, slots=True)
class _VisitClass:
    """A class of school days since the last visit, both ends included; None has no end."""

    text: str
    first: int | None
    last: int | None
    color: str
    ink: str


_OVER_FIVE = _VisitClass("over 5 days", 6, None, "#A2261B", "#FFFFFF")
NEVER_VISITED = _VisitClass("never", None, None, "#2B1A3F", "#FFFFFF")

VISIT_CLASSES = (
    _VisitClass("0–1 day", 0, 1, "#FFF7D6", "#1C232B"),
    _VisitClass("2–3 days", 2, 3, "#FEC44F", "#1C232B"),
    _VisitClass("4–5 days", 4, 5, "#E8701A", "#1C232B"),
    _OVER_FIVE,
    NEVER_VISITED,
)
"""Light to dark, so that the order is seen without color vision; the days are written too."""


_VIRIDIS = (
    *("#440154", "#482878", "#3E4989", "#31688E", "#26828E"),
    *("#1F9E89", "#35B779", "#6DCD59", "#B4DE2C", "#FDE725"),
)
"""Dark to light in even steps, also for eyes without red, green or blue; public domain (CC0)."""

PLACE_COLORS = ("#004488", "#DDAA33", "#BB5566", "#66CCEE", "#AAAA00", "#77AADD")
"""Areas by place: the first three after Tol's high-contrast scheme, told apart in grays too."""

STATUS_COLORS = {
    "overdue": "#A2261B",
    "due": "#F2B134",
    "no record on file": "#C9CFD5",
    "done": "#C4E8D8",
    "not required": "#9AA4AE",
}
"""The lighter the better, so that urgency is seen without color vision; each has its sign too."""

_OWN_COLORS = (
    "#7B2CBF",
    "#0B6E69",
    "#A4133C",
    "#7F4F24",
    "#3A5A40",
    "#31456A",
    "#8A1C7C",
    "#495057",
)


def build_color_ramp(count: int, theme: Theme) -> tuple[str, ...]:
    """Return colors for ascending classes: more stands out more from the theme's ground."""
    last = len(_VIRIDIS) - 1
    shares = [place / (count - 1) if count > 1 else 0.6 for place in range(count)]
    places = [last * (share if theme.dark else 1 - share) for share in shares]
    return tuple(_between(place).name() for place in places)


def choose_text_color(color: str) -> str:
    """Return black or white, whichever is read better on a color."""
    shade = QColor(color)
    light = 0.299 * shade.redF() + 0.587 * shade.greenF() + 0.114 * shade.blueF()
    return "#1C232B" if light > 0.5 else "#FFFFFF"


def _between(place: float) -> QColor:
    """Return the color at a place along the ramp, mixed of the two beside it."""
    at = min(int(place), len(_VIRIDIS) - 2)
    return mix_colors(_VIRIDIS[at + 1], _VIRIDIS[at], place - at)


def find_visit_class(days: int | None) -> _VisitClass:
    """Return the class of a number of school days since the last visit; None is never."""
    if days is None:
        return NEVER_VISITED
    for entry in VISIT_CLASSES:
        if entry.last is not None and days <= entry.last:
            return entry
    return _OVER_FIVE


def make_zone_fill(index: int, share: float) -> QColor:
    """Return a zone's color, let through by ``share`` (0 to 1)."""
    return fade_color(zone_color(index), share)


def blend_over(color: QColor, ground: QColor) -> QColor:
    """Return the opaque color that one gives on a ground that it lets through; it fills faster."""
    return mix_colors(color.name(), ground.name(), color.alphaF())


def choose_layer_color(index: int, theme: Theme) -> QColor:
    """Return the color of a layer that the user added; none of them is a zone's."""
    color = QColor(_OWN_COLORS[index % len(_OWN_COLORS)])
    return color.lighter(165) if theme.dark else color


def make_zone_color(index: int) -> QColor:
    """Return a zone's own color."""
    return QColor(zone_color(index))


def make_zone_text_color(index: int, theme: Theme) -> QColor:
    """Return a zone's color for text, readable on the theme's ground."""
    if not theme.dark:
        return QColor(zone_text_color(index))
    color = QColor(zone_color(index))
    while color.lightnessF() < 0.62:
        color = color.lighter(112)
    return color
