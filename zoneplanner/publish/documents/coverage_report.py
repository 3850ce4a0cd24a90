"""The printed coverage report of a period."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from zoneplanner.analysis.coverage.chart_series import CoverageWeek
from zoneplanner.analysis.coverage.figures import NOT_ON_RECORD, CoverageRow, Figure
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import format_count, join_names
from zoneplanner.publish.documents.after_action_report import make_action_items
from zoneplanner.publish.handout import (
    CoverageSummary,
    Handout,
)
from zoneplanner.publish.pdf.canvas import LATE, QUIET, STRIPE
from zoneplanner.publish.pdf.charts import draw_bar_chart, draw_histogram
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, draw_table
from zoneplanner.publish.pdf.text_flow import (
    FlowItem,
    make_gap,
    make_heading,
    make_section_items,
    make_text_lines,
    paginate_items,
)
from zoneplanner.publish.summaries import describe_plan_in_period

FIGURE_TITLES = {
    "visits": ("Visits", ""),
    "visit_coverage_share": ("Planned visits made", "%"),
    "gap_mean_h": ("Mean gap, school hours", "h"),
    "gap_min_h": ("Shortest gap, school hours", "h"),
    "gap_max_h": ("Longest gap, school hours", "h"),
    "days_since_last_visit": ("School days since the last visit", "days"),
    "departures_share": ("Visits with a departure time", "%"),
    "window_coverage_share": ("Bell-window visits made", "%"),
    "window_late_share": ("Bell-window visits made late", "%"),
    "window_presence_share": ("Presence in bell windows", "%"),
    "predictability": ("Arrival pattern (0% is random)", "%"),
    "calls": ("Incidents", ""),
    "response_p50_min": ("Response, median", "min"),
    "response_p90_min": ("Response, 90th percentile", "min"),
    "response_mean_min": ("Response, mean", "min"),
    "response_within_target_share": ("Responses within target", "%"),
    "queue_p50_min": ("Queue, median", "min"),
    "turnout_p50_min": ("Turnout, median", "min"),
    "travel_p50_min": ("Travel, median", "min"),
    "scene_p50_min": ("On scene, median", "min"),
    "consumed_h": ("Time consumed by calls", "h"),
    "out_of_zone_share": ("Answered by another zone's unit", "%"),
    "stamps_complete_share": ("Incidents with all five stamps", "%"),
    "utilization": ("Utilization", "%"),
    "open_zone_h": ("Open-zone hours", "h"),
}
"""Titles and units by the name of a figure, in the order in which a report lists them."""


def _format_figure(figure: Figure | None, unit: str) -> str:
    """Write a figure's value with its unit; a dash where it is withheld."""
    if figure is None or figure.value is None:
        return "–"
    if unit == "%":
        return f"{figure.value * 100:.0f}%"
    digits = 0 if unit in ("", "days") else 1
    return f"{figure.value:,.{digits}f}{f' {unit}' if unit else ''}"


def _describe_sample(figure: Figure | None, unit: str) -> str:
    """Write on how many records a figure rests and its interval, or why it is withheld."""
    if figure is None:
        return ""
    if figure.value is None:
        return figure.why or "not known"
    counted = "" if not unit and figure.value == figure.n else f"based on {figure.n:,}"
    return f"{counted}{_describe_bounds(figure, unit)}".removeprefix(", ")


def _describe_bounds(figure: Figure, unit: str) -> str:
    """Write the interval for the true value; a bound that too few records give is left out."""
    low, high = (
        None if bound is None else _format_figure(replace(figure, value=bound), unit)
        for bound in (figure.low, figure.high)
    )
    if high is None:
        return "" if low is None else f", at least {low}"
    return f", at most {high}" if low is None else f", {low.removesuffix(unit).rstrip()} to {high}"


def _find_figure_title(handout: Handout, name: str) -> str:
    """Return a figure's title; one that is not named here keeps its own name in words."""
    own = name.replace("_", " ").capitalize()
    return handout.project.terms.name_incidents(FIGURE_TITLES.get(name, (own,))[0])


def _find_figure_unit(name: str) -> str:
    """Return a figure's unit."""
    if name in FIGURE_TITLES:
        return FIGURE_TITLES[name][1]
    return "%" if name.endswith("_share") else "min" if name.endswith("_min") else ""


_COLUMNS = (
    PrintedColumn("Received", 0.17),
    PrintedColumn("School", 0.25, bold=True, wraps=True),
    PrintedColumn("Type", 0.13),
    PrintedColumn("Units", 0.09, wraps=True),
    PrintedColumn("Response", 0.085, "right"),
    PrintedColumn("Disposition", 0.14, wraps=True),
    PrintedColumn("Note", 0.135, wraps=True),
)


_NOTE_SHARE = _COLUMNS[-1].share
_WITHOUT_NOTE = tuple(
    replace(one, share=one.share + _NOTE_SHARE / 2)
    if one.title in {"School", "Disposition"}
    else one
    for one in _COLUMNS[:-1]
)


def _list_incidents(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield a table of the incidents that the audience may see; nothing without any."""
    zone, series = ZoneInfo(handout.project.time_zone), coverage.series
    shown = [
        one
        for one in handout.incidents
        if series.first <= one.received_at.astimezone(zone).date() <= series.last
    ]
    if not shown:
        return
    rows = tuple(_row(handout, one) for one in shown)
    noted = any(one.note for one in shown)
    yield from make_section_items(
        handout,
        handout.project.terms.name_incidents("Incidents in the period"),
        "Not for the public.",
        PrintedTable(_COLUMNS if noted else _WITHOUT_NOTE, rows, size=7),
    )


def _row(handout: Handout, one: Incident) -> tuple[str, ...]:
    received = one.received_at.astimezone(ZoneInfo(handout.project.time_zone))
    site = handout.project.sites.get(one.site or "")
    wait = (one.onscene_at - one.received_at).total_seconds() / 60 if one.onscene_at else None
    return (
        f"{handout.formats.day(received.date())}, {handout.formats.clock(received)}",
        site.name if site else "no school",
        one.type,
        ", ".join(one.every_unit),
        f"{wait:.1f} min" if wait is not None else "–",
        one.disposition or "–",
        one.note,
    )


_TILES = (
    "visits",
    "visit_coverage_share",
    "predictability",
    "gap_mean_h",
    "response_p50_min",
    "response_p90_min",
    "response_within_target_share",
    "out_of_zone_share",
)
"""The figures on top of the report, in two rows of four."""
_BY_ZONE = {
    "visits": "Visits",
    "visit_coverage_share": "Planned",
    "gap_max_h": "Longest gap",
    "response_p50_min": "Median",
    "response_p90_min": "P90",
    "response_within_target_share": "In target",
    "open_zone_h": "Open",
}
_BY_UNIT = {
    "visits": "Visits",
    "response_p50_min": "Median",
    "response_p90_min": "P90",
    "response_within_target_share": "In target",
    "consumed_h": "Consumed",
    "utilization": "Busy",
}
"""The figures of the two tables, by name, and how their columns are headed."""
_MOST_ROWS, _MOST_WEEKS, _MOST_NAMED = 9, 13, 3
_TILE_PT, _GAP, _CHART_PT, _NOTHING_PT = 59.0, 8.0, 168.0, 40.0


def build_coverage_report(handout: Handout) -> Booklet:
    """Return the report of a released handout."""
    coverage = handout.coverage
    assert coverage is not None
    pages = [
        BookletPage(partial(_first, coverage=coverage), "Figures for the period"),
        *paginate_items(
            handout,
            f"{handout.project.name}: coverage",
            _format_period(handout, coverage),
            [
                *_list_more_rows(handout, coverage),
                *_list_schools(handout, coverage),
                *_list_definitions(handout, coverage),
                *make_action_items(handout, coverage),
                *_list_incidents(handout, coverage),
            ],
        ),
    ]
    return Booklet(handout, "coverage report", pages)


def _format_period(handout: Handout, coverage: CoverageSummary) -> str:
    """Write the period, both days included."""
    write = handout.formats.long_date
    return f"{write(coverage.series.first)} to {write(coverage.series.last)}"


def _first(sheet: PageWriter, *, coverage: CoverageSummary) -> None:
    handout = sheet.handout
    top = sheet.heading(
        f"{handout.project.name}: coverage",
        f"{_format_period(handout, coverage)} · {handout.plan_text}",
    )
    top = _tiles(sheet, coverage.whole, top)
    top = _charts(sheet, coverage, top - 6)
    sheet.text(sheet.left, top - 12, "By zone", size=11, bold=True, role="H2")
    days = (coverage.series.first, coverage.series.last)
    told, indent = describe_plan_in_period(handout, *days), 60.0
    sheet.text(sheet.left + indent, top - 12, told, size=8, least=6, room=sheet.room - indent)
    top = draw_table(sheet, _rows("Zone", _BY_ZONE, coverage.zones), top - 18)
    sheet.text(sheet.left, top - 16, "By unit", size=11, bold=True, role="H2")
    top = draw_table(sheet, _rows("Unit", _BY_UNIT, _name_units(coverage)), top - 22)
    sheet.paragraph(
        sheet.left,
        top - 4,
        "Counts are in parentheses. Planned shows visits made as a share of those "
        "planned. Gaps are in school hours. Median, P90 and in target are for the minutes "
        "from the call to the first unit on scene; those of a unit are for the calls "
        "it led. Consumed and busy hours are time on calls. Open hours are hours "
        "without an officer. A dash means that a figure is withheld because there are "
        "too "
        "few records, or none. "
        "No share, mean or median is shown for fewer than ten, no P90 for fewer than 29. Every "
        "figure is defined on the pages that follow; missing stamps are never filled in. "
        f"{_describe_first_rows(coverage)}"
        f"{_describe_never_visited(handout, coverage)}"
        f"{_describe_part_weeks(handout.formats, coverage)}"
        f"{' '.join(map(handout.formats.localize_sentence, coverage.series.notes))}",
        size=7.5,
        color=QUIET,
    )


def _name_units(coverage: CoverageSummary) -> list[CoverageRow]:
    """Return the rows of units, each named by its key and its name."""
    return [
        replace(row, name=f"{row.key}, {name_unit_beside(row.name, row.key)}") if row.key else row
        for row in coverage.units
    ]


def _describe_first_rows(coverage: CoverageSummary) -> str:
    """Say of how many zones and units the first page shows some only."""
    kinds = ((len(coverage.zones), "zones"), (len(coverage.units), "units"))
    said = [f"{_MOST_ROWS} of {n:,} {name}" for n, name in kinds if n > _MOST_ROWS]
    return f"This page shows {' and '.join(said)}; all are on the next pages. " if said else ""


def _list_more_rows(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield all zones and all units where the first page has room for some only."""
    kinds = (
        ("By zone", "Zone", _BY_ZONE, coverage.zones),
        ("By unit", "Unit", _BY_UNIT, _name_units(coverage)),
    )
    for title, one, figures, rows in kinds:
        if len(rows) > _MOST_ROWS:
            table = _rows(one, figures, rows, most=len(rows))
            yield from make_section_items(handout, title, "Counts are in parentheses.", table)


def _describe_never_visited(handout: Handout, coverage: CoverageSummary) -> str:
    """Say which patrolled schools no gap counts, since they have no visit on record."""
    patrolled = {site.id for site in handout.project.patrolled}
    names = [row.name for row in coverage.sites if row.key in patrolled and _was_never_visited(row)]
    if not names:
        return ""
    said = join_names(names) if len(names) <= _MOST_NAMED else format_count(len(names), "school")
    have = "has" if len(names) == 1 else "have"
    return f"The longest gaps leave out {said}, which {have} no visit on record. "


def _was_never_visited(row: CoverageRow) -> bool:
    """Tell whether a school's visits are on record and there is none."""
    on_record = row.figures["visits"].value is not None
    return on_record and row.figures["days_since_last_visit"].value is None


def _tiles(sheet: PageWriter, row: CoverageRow, top: float) -> float:
    wide = (sheet.room - 3 * _GAP) / 4
    for place, name in enumerate(_TILES):
        down, across = divmod(place, 4)
        left = sheet.left + across * (wide + _GAP)
        upper = top - down * (_TILE_PT + _GAP)
        sheet.box((left, upper - _TILE_PT, left + wide, upper), STRIPE)
        figure = row.figures.get(name)
        inner = wide - 12
        title = _find_figure_title(sheet.handout, name)
        sheet.text(left + 6, upper - 12, title, size=7.5, least=6, color=QUIET, room=inner)
        sheet.text(
            left + 6,
            upper - 31,
            _format_figure(figure, _find_figure_unit(name)),
            size=16,
            bold=True,
        )
        said = _describe_sample(figure, _find_figure_unit(name))
        sheet.paragraph(left + 6, upper - 35, said, size=6.8, color=QUIET, room=inner)
    return top - 2 * (_TILE_PT + _GAP)


def _charts(sheet: PageWriter, coverage: CoverageSummary, top: float) -> float:
    half = (sheet.room - 16) / 2
    weeks = coverage.series.weeks[-_MOST_WEEKS:]
    visits = [week.visits for week in weeks]
    told = ", ".join(
        f"{week.visits} in the week of {_name_week(sheet.handout.formats, week)}" for week in weeks
    )
    every = len(coverage.series.weeks)
    title = f"Visits by week from Monday: {sum(visits):,}"
    if len(weeks) < every:
        title = f"Visits in the last {len(weeks)} of {every} weeks: {sum(visits):,}"
    if any(visits):
        with sheet.figure(f"Visits by week: {told}") as canvas:
            frame = (sheet.left, top - _CHART_PT, sheet.left + half, top)
            labels = [sheet.handout.formats.short_day(week.monday) for week in weeks]
            partial_ = [bool(week.kind) for week in weeks]
            draw_bar_chart(canvas, frame, labels, visits, title=title, outlined=partial_)
    else:
        said = _explain_nothing(coverage, "visits", "No visits were logged in this period.")
        _nothing(sheet, sheet.left, top, title, said)
    waits, target = coverage.series.response_min.tolist(), coverage.target_min
    within = sum(wait <= target for wait in waits)
    left, say = sheet.left + half + 16, sheet.handout.project.terms.name_incidents
    if not waits:
        said = say("No incident in the period has a time of arrival.")
        said = _explain_nothing(coverage, "response_p50_min", said)
        _nothing(sheet, left, top, say("Incidents by response time: none"), said)
        return top - (_CHART_PT if any(visits) else _NOTHING_PT)
    with sheet.figure(f"Response times: {within} of {len(waits)} within {target:g} min") as canvas:
        draw_histogram(
            canvas,
            (left, top - _CHART_PT, sheet.right, top),
            waits,
            target=target,
            unit="min",
            title=say(f"Incidents by response time: {len(waits):,}"),
        )
    return top - _CHART_PT


def _explain_nothing(coverage: CoverageSummary, name: str, said: str) -> str:
    """Return why a figure has nothing to draw: no day is on record, or else what is ``said``."""
    figure = coverage.whole.figures[name]
    return "No day in the period is on record." if figure.why == NOT_ON_RECORD else said


def _nothing(sheet: PageWriter, left: float, top: float, title: str, said: str) -> None:
    """Say in place of a chart that there is nothing to draw."""
    sheet.text(left, top - 9, title, bold=True)
    sheet.text(left, top - 26, said, size=8, color=QUIET)


def _name_week(formats: LocaleFormats, week: CoverageWeek) -> str:
    """Write a week as its Monday, and why it is not whole: Nov 23 (so far)."""
    return f"{formats.short_day(week.monday)}{f' ({week.kind})' if week.kind else ''}"


def _describe_part_weeks(formats: LocaleFormats, coverage: CoverageSummary) -> str:
    """Say which weeks are drawn as outlines; one without a visit has none."""
    weeks = coverage.series.weeks[-_MOST_WEEKS:]
    named = [_name_week(formats, week) for week in weeks if week.kind and week.visits]
    return f"Outlined weeks are partial: {', '.join(named)}. " if named else ""


def _rows(
    title: str, figures: Mapping[str, str], rows: Sequence[CoverageRow], *, most: int = _MOST_ROWS
) -> PrintedTable:
    share = 0.8 / len(figures)
    columns = (
        PrintedColumn(title, 0.2, bold=True),
        *(PrintedColumn(short, share, "right") for short in figures.values()),
    )
    cells = tuple((row.name, *(_with_n(row, name) for name in figures)) for row in rows[:most])
    return PrintedTable(columns, cells, size=7.5)


def _with_n(row: CoverageRow, name: str) -> str:
    figure = row.figures.get(name)
    said = _format_figure(figure, _find_figure_unit(name))
    shown = figure is not None and figure.value is not None and name != "visits"
    return f"{said} ({figure.n})" if shown and figure is not None else said


def _list_schools(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield schools by how long they have waited, never visited first, not on record last.

    Nobody visits those that are not patrolled, so none of them waits. By days that nobody declared
    they are not ranked.
    """
    patrolled = {site.id for site in handout.project.patrolled}
    ranked = "visits" not in coverage.series.undeclared
    rows = sorted(
        (row for row in coverage.sites if row.key in patrolled),
        key=lambda row: (-_waited(row) if ranked else 0.0, row.name),
    )
    columns = (
        PrintedColumn("School", 0.36, bold=True),
        PrintedColumn("Zone", 0.10),
        PrintedColumn("School days since last visit", 0.28, "right"),
        PrintedColumn("Visits", 0.10, "right"),
        PrintedColumn("Planned made", 0.16, "right"),
    )
    begun = coverage.visits_begun
    none = f"none on record since {handout.formats.day(begun)}" if begun else "no visit on record"
    cells, colors = [], []
    for number, row in enumerate(rows):
        since = row.figures["days_since_last_visit"]
        on_record = row.figures["visits"].value is not None
        never = ranked and since.value is None and on_record
        zone = handout.plan.assignment.get(row.key, "–")
        given = on_record or not ranked
        said = none if never else _format_figure(since, "") if given else "no record"
        cells.append(
            (
                row.name,
                zone,
                said,
                _format_figure(row.figures["visits"], ""),
                _with_n(row, "visit_coverage_share"),
            )
        )
        if ranked and (never or (since.value or 0) > 5):
            colors.append((number, 2, LATE))
    table = PrintedTable(columns, tuple(cells), tuple(colors), row_pt=12.4)
    title = "Schools by days since last visit" if ranked else "Schools by name"
    order = (
        "The longest wait comes first. Planned made shows visits made as a share of "
        "those planned (in parentheses)."
        if ranked
        else "Not ranked: no one has declared which days are complete. The number of "
        "planned visits is in parentheses."
    )
    yield from make_section_items(handout, title, order, table)


def _waited(row: CoverageRow) -> float:
    if row.figures["visits"].value is None:
        return -1.0
    value = row.figures["days_since_last_visit"].value
    return float("inf") if value is None else value


def _list_definitions(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield every figure with its records and its definition."""
    figures = coverage.whole.figures
    names = [
        *(name for name in FIGURE_TITLES if name in figures),
        *(n for n in figures if n not in FIGURE_TITLES),
    ]
    yield make_heading("Every figure with its count and definition")
    for name in names:
        titled = partial(_titled, figure=figures[name], name=name)
        yield FlowItem(11.5, titled, keep=True)
        told = make_text_lines(handout, figures[name].definition, size=7.5, color=QUIET)
        yield from (replace(line, keep=True) for line in told)
        yield make_gap(1.5)


def _titled(sheet: PageWriter, top: float, *, figure: Figure, name: str) -> None:
    unit = _find_figure_unit(name)
    parts = (_format_figure(figure, unit), _describe_sample(figure, unit))
    said = " · ".join(filter(None, parts))
    title = _find_figure_title(sheet.handout, name)
    sheet.text(sheet.left, top - 10, title, size=8, bold=True, room=250, role="H2")
    sheet.text(sheet.right, top - 10, said, size=8, least=6.5, align="right", room=270)
