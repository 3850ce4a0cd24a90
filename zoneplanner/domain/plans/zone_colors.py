"""Zone colors and hatches, told apart without color vision; the same on every map and page."""

from zoneplanner.tokens import ZONE_PALETTE, ZONE_TEXT_PALETTE

_HATCHES = ("rising", "falling", "level", "upright", "squares", "diamonds", "dots")
"""Line patterns: 45 degrees up, 45 down, horizontal, vertical, both straight, both slanted, dots.

Seven hatches against twelve colors: 84 zones pass before a pair of both comes again.
"""


def zone_color(index: int) -> str:
    """Return the fill color of a zone by its place in the palette, as #RRGGBB."""
    return ZONE_PALETTE[index % len(ZONE_PALETTE)]


def zone_hatch(index: int) -> str:
    """Return the name of a zone's line pattern by its place in the palette."""
    return _HATCHES[index % len(_HATCHES)]


def zone_text_color(index: int) -> str:
    """Return a zone's color darkened until small text in it is readable on white (4.5 : 1)."""
    return ZONE_TEXT_PALETTE[index % len(ZONE_TEXT_PALETTE)]


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
