"""Colours that carry data: zones, and days since the last visit."""

from dataclasses import dataclass

from PySide6.QtGui import QColor

from zoneplanner.domain.palette import zone_colour, zone_ink
from zoneplanner.ui.kit.theme import Theme


@dataclass(frozen=True, slots=True)
class VisitClass:
    """A class of school days since the last visit, both ends included; None has no end."""

    text: str
    first: int | None
    last: int | None
    colour: str
    ink: str


OVER_FIVE = VisitClass("over 5 days", 6, None, "#A2261B", "#FFFFFF")
NEVER = VisitClass("never", None, None, "#2B1A3F", "#FFFFFF")

VISIT_CLASSES = (
    VisitClass("0–1 day", 0, 1, "#FFF7D6", "#1C232B"),
    VisitClass("2–3 days", 2, 3, "#FEC44F", "#1C232B"),
    VisitClass("4–5 days", 4, 5, "#E8701A", "#1C232B"),
    OVER_FIVE,
    NEVER,
)
"""Light to dark, so that the order is seen without colour vision; the days are written too."""


def visit_class(days: int | None) -> VisitClass:
    """Return the class of a number of school days since the last visit; None is never."""
    if days is None:
        return NEVER
    for entry in VISIT_CLASSES:
        if entry.last is not None and days <= entry.last:
            return entry
    return OVER_FIVE


def fill(index: int, share: float) -> QColor:
    """Return a zone's colour, let through by ``share`` (0 to 1)."""
    colour = QColor(zone_colour(index))
    colour.setAlphaF(share)
    return colour


def over(colour: QColor, ground: QColor) -> QColor:
    """Return the opaque colour that one gives on a ground that it lets through; it fills faster."""
    share = colour.alphaF()
    return QColor(
        round(colour.red() * share + ground.red() * (1 - share)),
        round(colour.green() * share + ground.green() * (1 - share)),
        round(colour.blue() * share + ground.blue() * (1 - share)),
    )


def solid(index: int) -> QColor:
    """Return a zone's own colour."""
    return QColor(zone_colour(index))


def ink(index: int, theme: Theme) -> QColor:
    """Return a zone's colour for text, readable on the theme's ground."""
    if not theme.dark:
        return QColor(zone_ink(index))
    colour = QColor(zone_colour(index))
    while colour.lightnessF() < 0.62:
        colour = colour.lighter(112)
    return colour
