"""Zone hatches as line segments in a unit tile, for SVG patterns and for PDF alike."""

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
