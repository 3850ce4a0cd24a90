"""The yearly report of school resource officers for boards and city councils, and its CSV."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.log_period import DayRange, describe_basis
from zoneplanner.analysis.coverage.public_totals import LEAST_COUNT
from zoneplanner.domain.geography.site import format_level
from zoneplanner.domain.locale_formats import CSV_ENCODING, LocaleFormats, escape_formula
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.messages import Message
from zoneplanner.publish.audience import is_released
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.month import PeriodDays
from zoneplanner.publish.pdf.canvas import QUIET
from zoneplanner.publish.pdf.page import Booklet
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable
from zoneplanner.publish.pdf.text_flow import (
    FlowItem,
    make_gap,
    make_heading,
    make_table_items,
    make_text_lines,
    paginate_items,
)
from zoneplanner.publish.year import TRIAD_ROLES, LevelTotals, MonitorTotals, YearCount, YearTotals

_MAX_GAPS = 6


def describe_gaps(formats: LocaleFormats, days: PeriodDays) -> list[Message]:
    """Describe which school days are not on record, a sentence for each kind."""
    sentences: list[Message] = []
    if not days.school_days:
        return sentences
    for kind, gaps in days.gaps.items():
        if kind not in days.partly:
            continue
        gap_days: list[Message | str] = [_write_days(formats, gap) for gap in gaps[:_MAX_GAPS]]
        if further := sum(gap.school_days for gap in gaps[_MAX_GAPS:]):
            gap_days.append(Message("record_days.further", n=further))
        sentences.append(
            Message(
                "record_days.gaps",
                kind=kind.capitalize(),
                n=days.on_record[kind],
                days=days.school_days,
                gaps=gap_days,
            )
        )
    if missing := [kind for kind, n in days.on_record.items() if not n]:
        sentences.append(Message("month.board_unrecorded", kinds=missing))
    return sentences


def _write_days(formats: LocaleFormats, run: DayRange) -> str:
    days = dict.fromkeys(map(formats.short_day, (run.first, run.last)))
    return " to ".join(days)


_WITHHELD, _OR_MORE = "–", "+"
_COUNTS = ("Schools", "Visits", "Calls")
_LEVELS = (
    PrintedColumn("Level", 0.22, bold=True),
    *(PrintedColumn(name, 0.09, "right") for name in _COUNTS),
    *(
        PrintedColumn(f"Hours, {name[0].lower()}{name[1:]}", 0.1275, "right")
        for name in TRIAD_ROLES.values()
    ),
)
_AGENCIES = (
    PrintedColumn("Agency", 0.4, bold=True),
    PrintedColumn("Arrests", 0.15, "right"),
    PrintedColumn("Citations", 0.15, "right"),
    PrintedColumn("Released on", 0.3),
)
_TRAININGS = (
    PrintedColumn("Course", 0.35, bold=True),
    PrintedColumn("Who", 0.2),
    PrintedColumn("Sessions", 0.15, "right"),
    PrintedColumn("Trained", 0.15, "right"),
    PrintedColumn("Employed", 0.15, "right"),
)
_DRILLS = (PrintedColumn("Drill", 0.5, bold=True), PrintedColumn("Held", 0.2, "right"))


def build_sro_report(handout: Handout) -> Booklet:
    """Return the report of a redacted handout."""
    year = handout.year
    assert year is not None
    items = list(_list_items(handout, year))
    write = handout.formats.long_date
    pages = paginate_items(
        handout,
        f"{handout.project.name}: school resource officers",
        f"School year {year.school_year}, {write(year.first)} to {write(year.last)}",
        items,
        bookmark="Yearly report",
    )
    marked = replace(handout, sample=year.sample)
    return Booklet(marked, "yearly report of school resource officers", pages)


def _make_note(handout: Handout, note: Message | str) -> Iterator[FlowItem]:
    yield from make_text_lines(handout, note, size=8.5, color=QUIET)


def _make_table(
    handout: Handout, columns: tuple[PrintedColumn, ...], rows: Iterable[tuple[str, ...]]
) -> Iterator[FlowItem]:
    return make_table_items(handout, PrintedTable(columns, tuple(rows), size=8.5, row_pt=14))


def _list_items(handout: Handout, year: YearTotals) -> Iterator[FlowItem]:
    note, table = partial(_make_note, handout), partial(_make_table, handout)
    if year.sample:
        yield from make_text_lines(handout, Message(f"month.sample.{year.sample}"), bold=True)
    yield make_heading("Visits, calls and hours on site by level")
    yield from table(_LEVELS, map(_write_level, year.levels))
    yield from note(Message("year.levels", least=LEAST_COUNT))
    if _list_earlier(year):
        yield make_gap(4)
        yield from note(Message("year.earlier", least=LEAST_COUNT))
    if year.days is not None:
        gaps = describe_gaps(handout.formats, year.days)
        basis = describe_basis(year.days.basis, of_office=False)
        yield make_gap(4)
        if gaps or basis:
            yield from note(handout.say(*gaps, *basis))
    if year.units:
        yield make_gap(4)
        yield from note(
            Message("year.units", units=[f"{name} {n}" for name, n in year.units.items()])
        )
    yield make_heading("Response to calls")
    yield from _list_response(handout, year)
    yield make_heading("Arrests and citations, as released by the agencies")
    if year.agencies:
        rows = (
            (
                entry.agency,
                _write_count(entry.arrests),
                _write_count(entry.citations),
                handout.formats.long_date(entry.on),
            )
            for entry in year.agencies
        )
        yield from table(_AGENCIES, rows)
        yield from note(Message("year.agencies"))
    else:
        yield from make_text_lines(handout, Message("year.agencies_none"))
    yield make_heading("Training")
    if not year.trainings:
        yield from make_text_lines(handout, Message("year.trainings_none"))
    else:
        trained = (
            (
                format_choice(entry.course),
                format_choice(entry.who_kind) if entry.who_kind else "Not recorded",
                *map(_write_year_count, (entry.sessions, entry.trained, entry.employed)),
            )
            for entry in year.trainings
        )
        yield from table(_TRAININGS, trained)
    yield make_heading("Drills held")
    yield from _list_drills(handout, year)
    yield make_heading("Campus monitors and concern reports")
    for line in _describe_monitors(year):
        yield from make_text_lines(handout, line)
    received, closed = map(_write_year_count, year.concerns)
    facts = {"least": LEAST_COUNT, "received": received, "closed": closed}
    code = "year.concerns" if received != _WITHHELD else "year.concerns_few"
    yield from make_text_lines(handout, Message(code, **facts))
    yield make_gap(4)


def _list_drills(handout: Handout, year: YearTotals) -> Iterator[FlowItem]:
    """Yield the kinds of drills with a count, and name those whose count is withheld."""
    if not year.drills:
        yield from make_text_lines(handout, Message("year.drills_none"))
    counts = {format_choice(kind): _write_year_count(n) for kind, n in year.drills.items()}
    if rows := [row for row in counts.items() if row[1] != _WITHHELD]:
        yield from _make_table(handout, _DRILLS, rows)
    if rows and is_released(handout.audience, "handout.readiness"):
        yield from _make_note(handout, Message("year.drills_exact", least=LEAST_COUNT))
    if others := [kind.lower() for kind, count in counts.items() if count == _WITHHELD]:
        yield from _make_note(handout, Message("year.drills_withheld", kinds=others))


def _list_response(handout: Handout, year: YearTotals) -> Iterator[FlowItem]:
    """Yield how many calls are counted, then the figures of their response."""
    figures = {name: figure for name, figure in year.response.items() if figure.value is not None}
    if not figures:
        yield from make_text_lines(handout, Message("year.response_none"))
        return
    code = "year.response_of" if year.timed is not None else "year.response_of.uncounted"
    sentences = [Message(code, timed=year.timed)]
    if year.untimed:
        sentences.append(Message("month.late.untimed", untimed=year.untimed))
    sentences.append(Message("month.board_response.of"))
    yield from make_text_lines(handout, handout.say(*sentences))
    for name, figure in figures.items():
        yield from make_text_lines(handout, _describe_figure(name, figure, year.target_min))
    if len(figures) < len(year.response):
        withheld = Message("year.response_withheld", least=LEAST_COUNT)
        yield from make_text_lines(handout, withheld, size=8.5, color=QUIET)


def _describe_monitors(year: YearTotals) -> Iterator[Message]:
    totals = (("year.monitors", year.monitors), ("year.monitors_returned", year.returned_monitors))
    for code, monitors in totals:
        if monitors is not None:
            few = "" if monitors.monitors is not None else ".few"
            facts = {"monitors": monitors.monitors, "hours": monitors.hours, "least": LEAST_COUNT}
            yield Message(f"{code}{few}", **facts)
    if not any(monitors for _, monitors in totals):
        yield Message("year.monitors_none")


def _describe_figure(name: str, figure: Figure, target_min: float) -> Message:
    has_range = figure.low is not None and figure.high is not None
    return Message(
        f"year.{name}{'' if has_range else '_alone'}",
        value=figure.value,
        low=figure.low,
        high=figure.high,
        target_min=target_min,
    )


def _write_count(count: float | None, earlier: float | None = None) -> str:
    """Write a count; if it is withheld, the count of an earlier report with a plus."""
    if count is None:
        return _WITHHELD if earlier is None else f"{earlier:,.0f}{_OR_MORE}"
    return f"{count:,.0f}"


def _write_year_count(count: YearCount) -> str:
    return _write_count(count.value, count.earlier)


def _list_earlier(year: YearTotals) -> list[float]:
    """Return the counts that come from an earlier report."""
    counts = [n for one in year.trainings for n in (one.sessions, one.trained, one.employed)]
    counts += [*year.drills.values(), *year.concerns]
    counts += [n for row in year.levels for n in (row.visits, row.calls, *row.hours.values())]
    return [one.earlier for one in counts if one.earlier is not None]


def _write_level(row: LevelTotals) -> tuple[str, ...]:
    counts = (row.visits, row.calls, *(row.hours[role] for role in TRIAD_ROLES))
    return (
        format_level(row.level) if row.level else "The district",
        f"{row.schools:,}",
        *map(_write_year_count, counts),
    )


def encode_sro_csv(handout: Handout) -> bytes:
    """Return the report's figures as CSV: figure, of what, and value; a withheld value is empty.

    Its ``low`` is then the value in an earlier report.
    """
    year = handout.year
    assert year is not None
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("school_year", "figure", "of", "value", "low", "high", "n"))
    for row in _list_csv_rows(year):
        writer.writerow((year.school_year, *map(_write_cell, row)))
    return text.getvalue().encode(CSV_ENCODING)


def _write_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return escape_formula(value) if isinstance(value, str) else value


def _list_csv_rows(year: YearTotals) -> Iterator[tuple[object, ...]]:
    if year.sample:
        yield "made_up_as_samples", "visits and calls", year.sample, None, None, None
    if year.days is not None:
        yield "school_days", "district", year.days.school_days, None, None, None
        for kind, n in year.days.on_record.items():
            yield f"school_days_on_record_{kind}", "district", n, None, None, None
            declared = "no" if kind in year.days.basis.undeclared else "yes" if n else None
            yield f"days_declared_{kind}", "district", declared, None, None, None
    for row in year.levels:
        group = row.level or "district"
        yield "schools", group, row.schools, None, None, None
        yield "visits", group, row.visits.value, row.visits.earlier, None, None
        yield "calls", group, row.calls.value, row.calls.earlier, None, None
        for purpose, hours in row.hours.items():
            value, least = (
                None if entry is None else round(entry, 1) for entry in (hours.value, hours.earlier)
            )
            yield f"hours_{purpose or 'not_said'}", group, value, least, None, None
    for name, figure in year.response.items():
        digits = 3 if name.endswith("_share") else 1
        bounds = (
            None if entry is None else round(entry, digits)
            for entry in (figure.value, figure.low, figure.high)
        )
        yield name, "district", *bounds, year.timed
    for entry in year.agencies:
        yield "arrests", entry.agency, entry.arrests, None, None, None
        yield "citations", entry.agency, entry.citations, None, None, None
    for training in year.trainings:
        group, trained = f"{training.course};{training.who_kind}", training.trained
        yield "trained", group, trained.value, trained.earlier, None, training.sessions.value
    for kind, drills in year.drills.items():
        yield "drills", kind, drills.value, drills.earlier, None, None
    on_record, returned = (
        entry or MonitorTotals(None) for entry in (year.monitors, year.returned_monitors)
    )
    yield "monitors", "district", on_record.monitors, None, None, None
    yield "monitor_hours_a_week", "district", on_record.hours, None, None, None
    yield "monitors_returned", "district", returned.monitors, None, None, None
    for name, count in zip(("received", "closed"), year.concerns, strict=True):
        yield f"concerns_{name}", "district", count.value, count.earlier, None, None
