"""The printed coverage report of a period."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from zoneplanner.analysis.coverage.chart_series import CoverageWeek
from zoneplanner.analysis.coverage.figures import NOT_ON_RECORD, CoverageRow, Figure
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message, format_count, join_names
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
    "out_of_zone_share": ("Answered by another zone’s unit", "%"),
    "stamps_complete_share": ("Incidents with all five stamps", "%"),
    "utilization": ("Utilization", "%"),
    "open_zone_h": ("Open-zone hours", "h"),
}
"""Titles and units by the name of a figure, in the order of a report."""


def _format_figure(figure: Figure | None, unit: str) -> str:
    """Write a figure's value with its unit, or a dash if it is withheld."""
    if figure is None or figure.value is None:
        return "–"
    if unit == "%":
        return f"{figure.value * 100:.0f}%"
    digits = 0 if unit in ("", "days") else 1
    return f"{figure.value:,.{digits}f}{f' {unit}' if unit else ''}"


def _describe_sample(handout: Handout, figure: Figure | None, unit: str) -> str:
    """Write a figure's number of records and its interval, or why it is withheld."""
    if figure is None:
        return ""
    if figure.value is None:
        return _say(handout, figure.why) if figure.why else "not known"
    parts = [_describe_bounds(figure, unit)]
    if unit or figure.value != figure.n:
        parts.insert(0, str(Message("figure_sample", n=figure.n)))
    return ", ".join(filter(None, parts))


def _describe_bounds(figure: Figure, unit: str) -> str:
    """Write the interval of the true value without a bound that too few records support."""
    low, high = (
        None if bound is None else _format_figure(replace(figure, value=bound), unit)
        for bound in (figure.low, figure.high)
    )
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return str(
            Message("figure_at_most" if low is None else "figure_at_least", bound=high or low)
        )
    return f"{low.removesuffix(unit).rstrip()} to {high}"


def _say(handout: Handout, *messages: Message) -> str:
    """Return sentences in the office's formats and with its term for incidents."""
    return handout.project.terms.name_incidents(handout.say(*messages))


def _find_figure_title(handout: Handout, name: str) -> str:
    """Return a figure's title; for a figure without one, its name in words."""
    in_words = name.replace("_", " ").capitalize()
    return handout.project.terms.name_incidents(FIGURE_TITLES.get(name, (in_words,))[0])


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


_NOTE_WIDTH = _COLUMNS[-1].share
_COLUMNS_WITHOUT_NOTE = tuple(
    replace(column, share=column.share + _NOTE_WIDTH / 2)
    if column.title in {"School", "Disposition"}
    else column
    for column in _COLUMNS[:-1]
)


def _list_incidents(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield a table of the incidents that the audience may see; nothing without any."""
    first, last = coverage.series.first, coverage.series.last
    calls = [
        call
        for call in handout.incidents
        if first <= handout.to_local(call.received_at).date() <= last
    ]
    if not calls:
        return
    columns = _COLUMNS if any(call.note for call in calls) else _COLUMNS_WITHOUT_NOTE
    rows = tuple(_write_call(handout, call) for call in calls)
    yield from make_section_items(
        handout,
        handout.project.terms.name_incidents("Incidents in the period"),
        Message("coverage_report.readers"),
        PrintedTable(columns, rows, size=7),
    )


def _write_call(handout: Handout, call: Incident) -> tuple[str, ...]:
    received = handout.to_local(call.received_at)
    wait = (call.onscene_at - call.received_at).total_seconds() / 60 if call.onscene_at else None
    return (
        f"{handout.formats.day(received.date())}, {handout.formats.clock(received)}",
        handout.name_site(call.site, "no school"),
        call.type,
        ", ".join(call.every_unit),
        f"{wait:.1f} min" if wait is not None else "–",
        call.disposition or "–",
        call.note,
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
"""The figures at the top of the report, in two rows of four."""
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
"""The figures of the two tables, by name, with the headings of their columns."""
_MAX_ROWS, _MAX_WEEKS, _MAX_NAMES = 9, 13, 3
_TILE_PT, _GAP, _CHART_PT, _EMPTY_CHART_PT = 65.0, 8.0, 168.0, 40.0
_MIN_CHART_PT = 80.0
"""The charts are lower than ``_CHART_PT`` if the tables and notes need the room."""
_ABOVE_ZONES_PT, _ABOVE_UNITS_PT, _ABOVE_NOTES_PT, _NOTES_PT = 18.0, 22.0, 4.0, 7.5


def build_coverage_report(handout: Handout) -> Booklet:
    """Return the report of a redacted handout."""
    coverage = handout.coverage
    assert coverage is not None
    pages = [
        BookletPage(partial(_draw_first_page, coverage=coverage), "Figures for the period"),
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


def _draw_first_page(sheet: PageWriter, *, coverage: CoverageSummary) -> None:
    handout = sheet.handout
    top = sheet.heading(
        f"{handout.project.name}: coverage",
        f"{_format_period(handout, coverage)} · {handout.plan_text}",
    )
    zones = _build_table("Zone", _BY_ZONE, coverage.zones)
    units = _build_table("Unit", _BY_UNIT, _name_units(coverage))
    notes = handout.say(
        Message("coverage_report.tables"),
        _describe_first_rows(coverage),
        _describe_never_visited(handout, coverage),
        _describe_part_weeks(handout.formats, coverage),
        _say(handout, *coverage.series.notes),
    )
    top = _draw_tiles(sheet, coverage.whole, top)
    tables_pt = _ABOVE_ZONES_PT + zones.height + _ABOVE_UNITS_PT + units.height + _ABOVE_NOTES_PT
    below_pt = tables_pt + sheet.measure_paragraph(notes, size=_NOTES_PT)
    chart_pt = min(_CHART_PT, max(_MIN_CHART_PT, top - 6 - below_pt - sheet.bottom))
    top = _draw_charts(sheet, coverage, top - 6, chart_pt=chart_pt)
    sheet.text(sheet.left, top - 12, "By zone", size=11, bold=True, role="H2")
    days = (coverage.series.first, coverage.series.last)
    in_force, indent = describe_plan_in_period(handout, *days), 60.0
    sheet.text(sheet.left + indent, top - 12, in_force, size=8, least=6, room=sheet.room - indent)
    top = draw_table(sheet, zones, top - _ABOVE_ZONES_PT)
    sheet.text(sheet.left, top - 16, "By unit", size=11, bold=True, role="H2")
    top = draw_table(sheet, units, top - _ABOVE_UNITS_PT)
    sheet.paragraph(sheet.left, top - _ABOVE_NOTES_PT, notes, size=_NOTES_PT, color=QUIET)


def _name_units(coverage: CoverageSummary) -> list[CoverageRow]:
    """Return the rows of units, each named by its id and its name."""

    def name(row: CoverageRow) -> CoverageRow:
        return replace(row, name=f"{row.key}, {name_unit_beside(str(row.name), row.key)}")

    return [name(row) if row.key else row for row in coverage.units]


def _describe_first_rows(coverage: CoverageSummary) -> Message | str:
    """Describe how many of the zones and units the first page shows if not all."""
    kinds = ((len(coverage.zones), "zones"), (len(coverage.units), "units"))
    parts = [f"{_MAX_ROWS} of {n:,} {name}" for n, name in kinds if n > _MAX_ROWS]
    return Message("coverage_report.first_rows", parts=parts) if parts else ""


def _list_more_rows(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield all zones and all units if they do not fit on the first page."""
    kinds = (
        ("By zone", "Zone", _BY_ZONE, coverage.zones),
        ("By unit", "Unit", _BY_UNIT, _name_units(coverage)),
    )
    for title, heading, figures, rows in kinds:
        if len(rows) > _MAX_ROWS:
            table = _build_table(heading, figures, rows, most=len(rows))
            about = Message("coverage_report.counts")
            yield from make_section_items(handout, title, about, table)


def _describe_never_visited(handout: Handout, coverage: CoverageSummary) -> Message | str:
    """Describe which patrolled schools have no visit on record, so no gap counts them."""
    patrolled = {site.id for site in handout.project.patrolled}
    names = [row.name for row in coverage.sites if row.key in patrolled and _was_never_visited(row)]
    if not names:
        return ""
    schools = join_names(names) if len(names) <= _MAX_NAMES else format_count(len(names), "school")
    code = (
        "coverage_report.never_visited.one" if len(names) == 1 else "coverage_report.never_visited"
    )
    return Message(code, schools=schools)


def _was_never_visited(row: CoverageRow) -> bool:
    """Return whether a school's longest gap leaves it out because it has no visit on record."""
    definition = row.figures["gap_max_h"].definition
    return any(part.code == "sites_never_visited" for part in definition)


def _draw_tiles(sheet: PageWriter, row: CoverageRow, top: float) -> float:
    width = (sheet.room - 3 * _GAP) / 4
    for index, name in enumerate(_TILES):
        row_number, column = divmod(index, 4)
        left = sheet.left + column * (width + _GAP)
        upper = top - row_number * (_TILE_PT + _GAP)
        sheet.box((left, upper - _TILE_PT, left + width, upper), STRIPE)
        figure = row.figures.get(name)
        text_width = width - 12
        title, unit = _find_figure_title(sheet.handout, name), _find_figure_unit(name)
        sheet.text(left + 6, upper - 12, title, size=7.5, least=6, color=QUIET, room=text_width)
        sheet.text(left + 6, upper - 31, _format_figure(figure, unit), size=16, bold=True)
        sample = _describe_sample(sheet.handout, figure, unit)
        sheet.paragraph(left + 6, upper - 35, sample, size=6.8, color=QUIET, room=text_width)
    return top - 2 * (_TILE_PT + _GAP)


def _draw_charts(
    sheet: PageWriter, coverage: CoverageSummary, top: float, *, chart_pt: float
) -> float:
    half, formats = (sheet.room - 16) / 2, sheet.handout.formats
    weeks = coverage.series.weeks[-_MAX_WEEKS:]
    visits = [week.visits for week in weeks]
    by_week = ", ".join(
        str(Message("visit_chart.week", n=week.visits, week=_name_week(formats, week)))
        for week in weeks
    )
    week_count = len(coverage.series.weeks)
    code = "visit_chart.last_weeks" if len(weeks) < week_count else "visit_chart"
    title = str(Message(code, shown=len(weeks), weeks=week_count, visits=sum(visits)))
    if any(visits):
        with sheet.figure(Message("visit_chart.values", weeks=by_week)) as canvas:
            frame = (sheet.left, top - chart_pt, sheet.left + half, top)
            labels = [formats.short_day(week.monday) for week in weeks]
            partial_weeks = [week.incomplete is not None for week in weeks]
            draw_bar_chart(canvas, frame, labels, visits, title=title, outlined=partial_weeks)
    else:
        reason = _explain_no_chart(coverage, "visits", "visit_chart.none")
        _write_no_chart(sheet, sheet.left, top, title, str(reason))
    waits, target = coverage.series.response_min.tolist(), coverage.target_min
    within = sum(wait <= target for wait in waits)
    left, say = sheet.left + half + 16, sheet.handout.project.terms.name_incidents
    if not waits:
        reason = _explain_no_chart(coverage, "response_p50_min", "wait_chart.none")
        title = str(Message("wait_chart.empty"))
        _write_no_chart(sheet, left, top, say(title), say(str(reason)))
        return top - (chart_pt if any(visits) else _EMPTY_CHART_PT)
    alt = Message("wait_chart.values", within=within, n=len(waits), target_min=target)
    with sheet.figure(alt) as canvas:
        draw_histogram(
            canvas,
            (left, top - chart_pt, sheet.right, top),
            waits,
            target=target,
            unit="min",
            title=say(str(Message("wait_chart", n=len(waits)))),
        )
    return top - chart_pt


def _explain_no_chart(coverage: CoverageSummary, name: str, otherwise: str) -> Message:
    """Return a note that no day is on record, or else the other reason for an empty chart."""
    figure = coverage.whole.figures[name]
    return Message("no_chart" if figure.why == NOT_ON_RECORD else otherwise)


def _write_no_chart(sheet: PageWriter, left: float, top: float, title: str, reason: str) -> None:
    """Write in place of a chart that there is nothing to draw."""
    sheet.text(left, top - 9, title, bold=True)
    sheet.text(left, top - 26, reason, size=8, color=QUIET)


def _name_week(formats: LocaleFormats, week: CoverageWeek) -> str:
    """Write a week as its Monday, and why it is partial: Nov 23 (so far)."""
    return f"{formats.short_day(week.monday)}{f' ({week.incomplete})' if week.incomplete else ''}"


def _describe_part_weeks(formats: LocaleFormats, coverage: CoverageSummary) -> Message | str:
    """Describe which weeks are drawn as outlines; weeks without visits have no bar."""
    weeks = coverage.series.weeks[-_MAX_WEEKS:]
    names = [_name_week(formats, week) for week in weeks if week.incomplete and week.visits]
    return Message("coverage_report.part_weeks", weeks=", ".join(names)) if names else ""


def _build_table(
    heading: str,
    figures: Mapping[str, str],
    rows: Sequence[CoverageRow],
    *,
    most: int = _MAX_ROWS,
) -> PrintedTable:
    share = 0.8 / len(figures)
    columns = (
        PrintedColumn(heading, 0.2, bold=True),
        *(PrintedColumn(short, share, "right") for short in figures.values()),
    )
    cells = tuple(
        (str(row.name), *(_with_count(row, name) for name in figures)) for row in rows[:most]
    )
    return PrintedTable(columns, cells, size=7.5)


def _with_count(row: CoverageRow, name: str) -> str:
    figure = row.figures.get(name)
    value = _format_figure(figure, _find_figure_unit(name))
    if figure is None or figure.value is None or name == "visits":
        return value
    return f"{value} ({figure.n})"


def _list_schools(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield the schools by how long ago they were visited, never visited first, unrecorded last.

    Only patrolled schools are listed. If nobody declared which days are complete, the schools are
    not ranked.
    """
    patrolled = {site.id for site in handout.project.patrolled}
    is_ranked = "visits" not in coverage.series.undeclared
    rows = sorted(
        (row for row in coverage.sites if row.key in patrolled),
        key=lambda row: (-_measure_wait(row) if is_ranked else 0.0, str(row.name)),
    )
    columns = (
        PrintedColumn("School", 0.36, bold=True),
        PrintedColumn("Zone", 0.10),
        PrintedColumn("School days since last visit", 0.28, "right"),
        PrintedColumn("Visits", 0.10, "right"),
        PrintedColumn("Planned made", 0.16, "right"),
    )
    since = coverage.visits_begun
    code = "no_visit_on_record.since" if since else "no_visit_on_record"
    no_visit = handout.say(Message(code, since=since))
    cells, colors = [], []
    for number, row in enumerate(rows):
        days = row.figures["days_since_last_visit"]
        on_record = row.figures["visits"].value is not None
        is_never = is_ranked and days.value is None and on_record
        zone = handout.plan.assignment.get(row.key, "–")
        is_known = on_record or not is_ranked
        waited = no_visit if is_never else _format_figure(days, "") if is_known else "no record"
        cells.append(
            (
                str(row.name),
                zone,
                waited,
                _format_figure(row.figures["visits"], ""),
                _with_count(row, "visit_coverage_share"),
            )
        )
        if is_ranked and (is_never or (days.value or 0) > 5):
            colors.append((number, 2, LATE))
    table = PrintedTable(columns, tuple(cells), tuple(colors), row_pt=12.4)
    title = "Schools by days since last visit" if is_ranked else "Schools by name"
    order = Message("coverage_report.ranked" if is_ranked else "coverage_report.not_ranked")
    yield from make_section_items(handout, title, order, table)


def _measure_wait(row: CoverageRow) -> float:
    if row.figures["visits"].value is None:
        return -1.0
    value = row.figures["days_since_last_visit"].value
    return float("inf") if value is None else value


def _list_definitions(handout: Handout, coverage: CoverageSummary) -> Iterator[FlowItem]:
    """Yield every figure with its count and its definition."""
    figures = coverage.whole.figures
    names = [
        *(name for name in FIGURE_TITLES if name in figures),
        *(n for n in figures if n not in FIGURE_TITLES),
    ]
    yield make_heading("Every figure with its count and definition")
    for name in names:
        draw_title = partial(_draw_figure_title, figure=figures[name], name=name)
        yield FlowItem(11.5, draw_title, keep=True)
        definition = _say(handout, *figures[name].definition)
        lines = make_text_lines(handout, definition, size=7.5, color=QUIET)
        yield from (replace(line, keep=True) for line in lines)
        yield make_gap(1.5)


def _draw_figure_title(sheet: PageWriter, top: float, *, figure: Figure, name: str) -> None:
    unit = _find_figure_unit(name)
    values = (_format_figure(figure, unit), _describe_sample(sheet.handout, figure, unit))
    text = " · ".join(filter(None, values))
    title = _find_figure_title(sheet.handout, name)
    sheet.text(sheet.left, top - 10, title, size=8, bold=True, room=250, role="H2")
    sheet.text(sheet.right, top - 10, text, size=8, least=6.5, align="right", room=270)
