"""How the figures of coverage are named and written on a printed page."""

from zoneplanner.analysis.figures import Figure

FIGURE_TITLES = {
    "visits": ("Visits", ""),
    "visit_coverage_share": ("Required visits made", "%"),
    "gap_mean_h": ("Mean gap between visits", "h"),
    "gap_min_h": ("Shortest gap between visits", "h"),
    "gap_max_h": ("Longest gap between visits", "h"),
    "days_since_last_visit": ("School days since the last visit", "days"),
    "departures_share": ("Visits with a departure", "%"),
    "window_coverage_share": ("Bell-window visits made", "%"),
    "window_late_share": ("Bell-window visits made late", "%"),
    "window_presence_share": ("Presence in bell windows", "%"),
    "predictability": ("Predictability of arrivals", "%"),
    "response_p50_min": ("Response, median", "min"),
    "response_p90_min": ("Response, 90th percentile", "min"),
    "response_mean_min": ("Response, mean", "min"),
    "response_within_target_share": ("Response within target", "%"),
    "queue_p50_min": ("Queue, median", "min"),
    "turnout_p50_min": ("Turnout, median", "min"),
    "travel_p50_min": ("Travel, median", "min"),
    "scene_p50_min": ("On scene, median", "min"),
    "consumed_h": ("Time consumed by calls", "h"),
    "out_of_zone_share": ("Answered by another zone's unit", "%"),
    "stamps_complete_share": ("Incidents with all five stamps", "%"),
    "utilization": ("Utilization", "%"),
    "open_zone_h": ("Hours that a zone stood open", "h"),
}
"""Titles and units by the name of a figure, in the order in which a report lists them."""


def _format_figure(figure: Figure | None, unit: str) -> str:
    """Write a figure's value with its unit; a dash where it is withheld."""
    if figure is None or figure.value is None:
        return "–"
    if unit == "%":
        return f"{figure.value * 100:.0f} %"
    digits = 0 if unit in ("", "days") else 1
    return f"{figure.value:,.{digits}f}{f' {unit}' if unit else ''}"


def _describe_sample(figure: Figure | None) -> str:
    """Write on how many records a figure rests, or why it is withheld."""
    if figure is None:
        return ""
    if figure.value is None:
        return figure.why or "not known"
    return f"n = {figure.n:,}"


def _find_figure_title(name: str) -> str:
    """Return a figure's title; one that is not named here keeps its own name in words."""
    return FIGURE_TITLES[name][0] if name in FIGURE_TITLES else name.replace("_", " ").capitalize()


def _find_figure_unit(name: str) -> str:
    """Return a figure's unit."""
    if name in FIGURE_TITLES:
        return FIGURE_TITLES[name][1]
    return "%" if name.endswith("_share") else "min" if name.endswith("_min") else ""
