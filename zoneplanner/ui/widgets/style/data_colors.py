"""Colors that carry data: zones, days since the last visit, classes of figures, readiness."""

from PySide6.QtGui import QColor

from zoneplanner.domain.plans.zone_colors import zone_color, zone_text_color
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.tokens import DATA_PALETTES
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import Theme, mix_colors

VISIT_CLASS_TEXTS = ("0–1 day", "2–3 days", "4–5 days", "over 5 days")
"""The classes of school days since the last visit; they take the theme's ``lateness`` in order,
and a site that was never visited its last color."""

REQUIREMENT_SIGNS = {
    RequirementStatus.OVERDUE: "!",
    RequirementStatus.DUE: "○",
    RequirementStatus.NOT_RECORDED: "?",
    RequirementStatus.DONE: "✓",
    RequirementStatus.NOT_REQUIRED: "–",
}
"""The sign of a state of readiness, on the map and in tables."""


def get_status_color(status: str, theme: Theme) -> str:
    """Return the color of a state of readiness; each has its sign too."""
    return theme.status[list(RequirementStatus).index(RequirementStatus(status))]


def make_zone_fill(index: int, share: float) -> QColor:
    """Return a zone's color, let through by ``share`` (0 to 1)."""
    return fade_color(zone_color(index), share)


def blend_over(color: QColor, ground: QColor) -> QColor:
    """Return the opaque color that one gives on a ground that it lets through; it fills faster."""
    return mix_colors(color.name(), ground.name(), color.alphaF())


def choose_layer_color(index: int, theme: Theme) -> QColor:
    """Return the color of a layer that the user added; none of them is a zone's."""
    own = DATA_PALETTES["layers"]
    color = QColor(own[index % len(own)])
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
