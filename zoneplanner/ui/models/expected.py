"""What to expect with fewer units, as rows of a table; and how the figures are written."""

from zoneplanner.app.evaluate import FIGURES
from zoneplanner.app.expecting import Fewer
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import Column

_TITLES = {
    "mean_response_min": "Mean\nmin",
    "share_within_target": "Within\ntarget",
    "cross_zone_share": "Other\nzone",
    "all_busy_probability": "All\nbusy",
}


def figure_words(value: float | None, unit: str) -> str:
    """Write a figure of what to expect with its unit."""
    if unit == "%":
        return words.share(value)
    return words.NONE if value is None else f"{words.number(value, 1)} {unit}"


def _figure(key: str, definition: str, unit: str) -> Column:
    def value(row: Fewer) -> float | None:
        found: float | None = getattr(row.expected, key)
        return found

    def text(row: Fewer) -> str:
        found = value(row)
        return words.share(found) if unit == "%" else words.number(found, 1)

    return Column(_TITLES[key], value, text, tip=definition, figure=True)


FEWER_COLUMNS = (
    Column(
        "On duty",
        lambda row: (-len(row.expected.units), row.title),
        lambda row: row.title,
        tip="The best and the worst choice of who is off, by the share of calls within the target.",
    ),
    Column(
        "Off",
        lambda row: ", ".join(row.off),
        lambda row: ", ".join(row.off) or "nobody",
        tip="Units off duty. Choose the row to take them off.",
    ),
    *(_figure(figure.key, figure.definition, figure.unit) for figure in FIGURES),
)
