"""What to expect with fewer units, as rows of a table; and how the figures are written."""

from zoneplanner.app.evaluate import RESPONSE_MEASURES
from zoneplanner.app.expecting import StaffingLevel
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import TableColumn

_TITLES = {
    "mean_response_min": "Mean\nmin",
    "share_within_target": "Within\ntarget",
    "cross_zone_share": "Other\nzone",
    "all_busy_probability": "All\nbusy",
}


def format_expected_figure(value: float | None, unit: str) -> str:
    """Write a figure of what to expect with its unit."""
    if unit == "%":
        return words.format_share(value)
    return words.NO_VALUE if value is None else f"{words.format_number(value, 1)} {unit}"


def _figure(key: str, definition: str, unit: str) -> TableColumn:
    def value(row: StaffingLevel) -> float | None:
        found: float | None = getattr(row.expected, key)
        return found

    def text(row: StaffingLevel) -> str:
        found = value(row)
        return words.format_share(found) if unit == "%" else words.format_number(found, 1)

    return TableColumn(_TITLES[key], value, text, tip=definition, figure=True)


FEWER_UNITS_COLUMNS = (
    TableColumn(
        "On duty",
        lambda row: (-len(row.expected.units), row.title),
        lambda row: row.title,
        tip="The best and the worst choice of who is off, by the share of calls within the target.",
    ),
    TableColumn(
        "Off",
        lambda row: ", ".join(row.off),
        lambda row: ", ".join(row.off) or "nobody",
        tip="Units off duty. Choose the row to take them off.",
    ),
    *(_figure(figure.key, figure.definition, figure.unit) for figure in RESPONSE_MEASURES),
)
