"""Zone colors and hatches, told apart without color vision; the same on every map and page."""

ZONE_COLORS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#999999",
)
"""Okabe and Ito's palette, in the order in which zones take it."""

_TEXT_COLORS = (
    *("#0072B2", "#9E6C00", "#008661", "#A46086"),
    *("#397BA0", "#BF5400", "#7E7720", "#747474"),
)
"""The same, darkened until small text is readable on white: a contrast of 4.5 (WCAG 2)."""

_HATCHES = ("rising", "falling", "level", "upright", "squares", "diamonds", "dots")
"""Line patterns: 45 degrees up, 45 down, horizontal, vertical, both straight, both slanted, dots.

Seven hatches against eight colors: 56 zones pass before a pair of both comes again.
"""


def zone_color(index: int) -> str:
    """Return the fill color of a zone by its place in the palette, as #RRGGBB."""
    return ZONE_COLORS[index % len(ZONE_COLORS)]


def zone_hatch(index: int) -> str:
    """Return the name of a zone's line pattern by its place in the palette."""
    return _HATCHES[index % len(_HATCHES)]


def zone_text_color(index: int) -> str:
    """Return a zone's color darkened until small text in it is readable on white (4.5 : 1)."""
    return _TEXT_COLORS[index % len(_TEXT_COLORS)]


_Segment = tuple[float, float, float, float]

HATCH_TILES: dict[str, tuple[_Segment, ...]] = {
    "rising": ((0, 0, 1, 1), (-0.1, 0.9, 0.1, 1.1), (0.9, -0.1, 1.1, 0.1)),
    "falling": ((0, 1, 1, 0), (-0.1, 0.1, 0.1, -0.1), (0.9, 1.1, 1.1, 0.9)),
    "level": ((0, 0.5, 1, 0.5),),
    "upright": ((0.5, 0, 0.5, 1),),
    "squares": ((0, 0.5, 1, 0.5), (0.5, 0, 0.5, 1)),
    "diamonds": ((0, 0, 1, 1), (0, 1, 1, 0)),
    "dots": ((0.42, 0.5, 0.58, 0.5),),
}
"""x1, y1, x2, y2 with y upward; a tile repeats in both directions without a seam."""
