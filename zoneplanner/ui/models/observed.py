"""The table of observed coverage: figures of the journal, each with its n and definition."""

from typing import Any

from zoneplanner.analysis.figures import CoverageRow, Figure
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import TableColumn

_OBSERVED_FIGURES = (
    ("visits", "Visits", 0, ""),
    ("days_since_last_visit", "School days\nsince visit", 0, ""),
    ("visit_coverage_share", "Coverage", 0, "%"),
    ("gap_mean_h", "Mean gap\nh", 1, ""),
    ("gap_max_h", "Longest gap\nh", 1, ""),
    ("response_p50_min", "Response P50\nmin", 1, ""),
    ("response_p90_min", "Response P90\nmin", 1, ""),
    ("response_within_target_share", "Within\ntarget", 0, "%"),
    ("consumed_h", "Consumed\nh", 1, ""),
    ("stamps_complete_share", "All\nstamps", 0, "%"),
    ("out_of_zone_share", "Out of\nzone", 0, "%"),
    ("predictability", "Predictability", 2, ""),
    ("window_coverage_share", "In bell\nwindow", 0, "%"),
    ("window_presence_share", "Presence\nin window", 0, "%"),
    ("utilization", "Utilization", 0, "%"),
    ("departures_share", "Departures", 0, "%"),
    ("open_zone_h", "Open zone\nh", 1, ""),
)


def build_observed_columns(by: str) -> tuple[TableColumn, ...]:
    """Return the columns for rows by site, zone, unit, week or all."""
    first = TableColumn(by.capitalize(), lambda row: row.name)
    return (first, *(_column(*entry) for entry in _OBSERVED_FIGURES))


def _column(name: str, title: str, digits: int, unit: str) -> TableColumn:
    def figure(row: CoverageRow) -> Figure | None:
        return row.figures.get(name)

    def text(row: CoverageRow) -> str:
        found = figure(row)
        if found is None or found.value is None:
            return words.NO_VALUE
        shown = (
            words.format_share(found.value, 0) if unit else words.format_number(found.value, digits)
        )
        return f"{shown}  n {found.n}" if name != "visits" else shown

    def tip(row: CoverageRow) -> str:
        found = figure(row)
        if found is None:
            return ""
        why = f" Not shown: {found.why}." if found.value is None and found.why else ""
        return f"{found.definition} n = {found.n}.{why}"

    def value(row: CoverageRow) -> Any:
        found = figure(row)
        return None if found is None else found.value

    return TableColumn(title, value, text, figure=True, cell_tip=tip)
