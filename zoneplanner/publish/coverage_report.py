"""The coverage report of a period: figures, charts, zones, schools, definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.analysis.figures import Figure, Row
from zoneplanner.publish.charts import TARGET, bars, histogram
from zoneplanner.publish.content import Coverage, Handout, day_text, short_day
from zoneplanner.publish.coverage_words import NAMES, ground, title_of, unit_of, written
from zoneplanner.publish.flow import Block, flowing, lines, space
from zoneplanner.publish.incident_pages import incident_pages
from zoneplanner.publish.paper import Booklet, Page, Sheet
from zoneplanner.publish.paper_table import Column, Table, draw_table, table_pages
from zoneplanner.publish.pdf import QUIET

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
    "visit_coverage_share": "Required",
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
_MOST_ROWS = 9
_TILE_PT, _GAP, _CHART_PT, _NOTHING_PT = 59.0, 8.0, 168.0, 40.0
_TILE = HexColor("#F3F4F5")


def coverage_report(handout: Handout) -> Booklet:
    """Return the report of a released handout."""
    coverage = handout.coverage
    assert coverage is not None
    pages = [
        Page(partial(_first, coverage=coverage), "Figures of the period"),
        *_school_pages(handout, coverage),
        *_definition_pages(handout, coverage),
        *incident_pages(handout, _period_text(coverage)),
    ]
    return Booklet(handout, "coverage report", pages)


def _period_text(coverage: Coverage) -> str:
    """Write the period, both days included."""
    return f"{day_text(coverage.first)} to {day_text(coverage.last)}"


def _first(sheet: Sheet, *, coverage: Coverage) -> None:
    handout = sheet.handout
    top = sheet.heading(
        f"{handout.project.name}: coverage", f"{_period_text(coverage)} · {handout.plan_text}"
    )
    top = _tiles(sheet, coverage.whole, top)
    top = _charts(sheet, coverage, top - 6)
    sheet.text(sheet.left, top - 12, "By zone", size=11, bold=True, role="H2")
    top = draw_table(sheet, _rows("Zone", _BY_ZONE, coverage.zones), top - 18)
    sheet.text(sheet.left, top - 16, "By unit", size=11, bold=True, role="H2")
    top = draw_table(sheet, _rows("Unit", _BY_UNIT, coverage.units), top - 22)
    sheet.paragraph(
        sheet.left,
        top - 4,
        "In brackets: n. Required: visits made of those required. Median, P90 and in target: "
        "minutes from the call to the first unit on scene. Consumed and busy: time on calls. Open: "
        "hours without an officer. A dash is a figure that is withheld: too few records, or none. "
        "No P90 is shown for fewer than ten. Every figure is defined on the pages that follow; "
        "missing stamps are never filled in.",
        size=7.5,
        colour=QUIET,
    )


def _tiles(sheet: Sheet, row: Row, top: float) -> float:
    wide = (sheet.room - 3 * _GAP) / 4
    for place, name in enumerate(_TILES):
        down, across = divmod(place, 4)
        left = sheet.left + across * (wide + _GAP)
        upper = top - down * (_TILE_PT + _GAP)
        sheet.box((left, upper - _TILE_PT, left + wide, upper), _TILE)
        figure = row.figures.get(name)
        inner = wide - 12
        title = title_of(name)
        sheet.text(left + 6, upper - 12, title, size=7.5, least=6, colour=QUIET, room=inner)
        sheet.text(left + 6, upper - 31, written(figure, unit_of(name)), size=16, bold=True)
        said = ground(figure)
        sheet.paragraph(left + 6, upper - 35, said, size=6.8, colour=QUIET, room=inner)
    return top - 2 * (_TILE_PT + _GAP)


def _charts(sheet: Sheet, coverage: Coverage, top: float) -> float:
    half = (sheet.room - 16) / 2
    weeks = coverage.weeks[-13:]
    visits = [row.figures["visits"].value or 0.0 for row in weeks]
    told = ", ".join(f"{row.name} {value:g}" for row, value in zip(weeks, visits, strict=True))
    title = f"Visits by week from Monday (n = {sum(visits):,g})"
    if any(visits):
        with sheet.figure(f"Visits by week: {told}") as canvas:
            frame = (sheet.left, top - _CHART_PT, sheet.left + half, top)
            bars(canvas, frame, [_week(row) for row in weeks], visits, title=title)
    else:
        _nothing(sheet, sheet.left, top, title, "No visit of the period was logged.")
    waits, target = coverage.waits_min, coverage.target_min
    within = sum(wait <= target for wait in waits)
    left = sheet.left + half + 16
    if not waits:
        said = "No incident of the period has a time of arrival."
        _nothing(sheet, left, top, "Incidents by response time (n = 0)", said)
        return top - (_CHART_PT if any(visits) else _NOTHING_PT)
    with sheet.figure(f"Response times: {within} of {len(waits)} within {target:g} min") as canvas:
        histogram(
            canvas,
            (left, top - _CHART_PT, sheet.right, top),
            waits,
            target=target,
            unit="min",
            title=f"Incidents by response time (n = {len(waits):,})",
        )
    return top - _CHART_PT


def _nothing(sheet: Sheet, left: float, top: float, title: str, said: str) -> None:
    """Say in place of a chart that there is nothing to draw."""
    sheet.text(left, top - 9, title, bold=True)
    sheet.text(left, top - 26, said, size=8, colour=QUIET)


def _week(row: Row) -> str:
    """Write a week, like 2026-W45, as its Monday: 2 Nov."""
    year, week = row.key.split("-W")
    monday = date.fromisocalendar(int(year), int(week), 1)
    return short_day(monday).rsplit(" ", 1)[0]


def _rows(title: str, figures: Mapping[str, str], rows: Sequence[Row]) -> Table:
    share = 0.8 / len(figures)
    columns = (
        Column(title, 0.2, bold=True),
        *(Column(short, share, "right") for short in figures.values()),
    )
    most = rows[:_MOST_ROWS]
    cells = tuple((row.name, *(_with_n(row, name) for name in figures)) for row in most)
    return Table(columns, cells, size=7.5)


def _with_n(row: Row, name: str) -> str:
    figure = row.figures.get(name)
    said = written(figure, unit_of(name))
    shown = figure is not None and figure.value is not None and name != "visits"
    return f"{said} ({figure.n})" if shown and figure is not None else said


def _school_pages(handout: Handout, coverage: Coverage) -> list[Page]:
    """Schools by how long they have waited; those never visited first."""
    rows = sorted(
        (row for row in coverage.sites if row.key in handout.project.sites),
        key=lambda row: (-_waited(row), row.name),
    )
    columns = (
        Column("School", 0.36, bold=True),
        Column("Zone", 0.10),
        Column("School days since last visit", 0.28, "right"),
        Column("Visits", 0.10, "right"),
        Column("Required made", 0.16, "right"),
    )
    cells, colours = [], []
    for number, row in enumerate(rows):
        since = row.figures["days_since_last_visit"]
        never = since.value is None
        zone = handout.plan.assignment.get(row.key, "–")
        share = row.figures["visit_coverage_share"]
        said = "never" if never else written(since, "")
        cells.append(
            (row.name, zone, said, written(row.figures["visits"], ""), written(share, "%"))
        )
        if never or (since.value or 0) > 5:
            colours.append((number, 2, TARGET))
    table = Table(columns, tuple(cells), tuple(colours), row_pt=12.4)
    return table_pages(
        handout,
        table,
        "Schools by days waited",
        f"{_period_text(coverage)} · the longest wait first; required made: visits made of those "
        "required.",
        bookmark="Schools by days waited",
    )


def _waited(row: Row) -> float:
    value = row.figures["days_since_last_visit"].value
    return float("inf") if value is None else value


def _definition_pages(handout: Handout, coverage: Coverage) -> list[Page]:
    figures = coverage.whole.figures
    names = [*(name for name in NAMES if name in figures), *(n for n in figures if n not in NAMES)]
    blocks: list[Block] = []
    for name in names:
        titled = partial(_titled, figure=figures[name], name=name)
        blocks.append(Block(12, titled, keep=True))
        told = lines(handout, figures[name].definition, size=7.5, colour=QUIET)
        blocks += [*(replace(line, keep=True) for line in told), space(2.5)]
    return flowing(
        handout,
        "Every figure, its n and its definition",
        _period_text(coverage),
        blocks,
        bookmark="Definitions",
    )


def _titled(sheet: Sheet, top: float, *, figure: Figure, name: str) -> None:
    said = f"{written(figure, unit_of(name))} · {ground(figure)}"
    sheet.text(sheet.left, top - 10, title_of(name), size=8, bold=True, room=250, role="H2")
    sheet.text(sheet.right, top - 10, said, size=8, least=6.5, align="right", room=270)
