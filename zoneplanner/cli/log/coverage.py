"""Show from the log which sites were covered and how fast help arrived."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from zoneplanner.analysis.coverage.figures import CoverageRow, Figure
from zoneplanner.analysis.coverage.log_period import COUNTED_RECORDS
from zoneplanner.analysis.response_times.conditions import check_response_target
from zoneplanner.app.coverage.demand import describe_demand, read_demand, summarize_demand
from zoneplanner.app.coverage.observed_coverage import (
    compute_observed_coverage,
    select_observed_period,
)
from zoneplanner.app.log.logbook import explain_unreadable_entries
from zoneplanner.cli.output import CommandResult, OutputLine, describe_head, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.messages import Message, SayMessages, format_count, say_all

SHOWN = (
    ("visits", "Visits"),
    ("days_since_last_visit", "School days since visit"),
    ("calls", "Calls"),
    ("response_p50_min", "Response P50 min"),
    ("response_p90_min", "Response P90 min"),
    ("consumed_h", "Consumed h"),
)


def run(args: argparse.Namespace) -> CommandResult:
    """Compute the figures, each with its n and definition."""
    with open_session_for_command(args.project, read_only=True) as session:
        rows = compute_observed_coverage(
            session,
            by=args.by,
            first=args.first,
            last=args.last,
            target_min=None if args.target_min is None else check_response_target(args.target_min),
        )
        head, demand = session.store.head(), summarize_demand(session.state)
        assumed = f"The plan assumes: {describe_demand(read_demand(session.state))}"
        period = select_observed_period(session, args.first, args.last)
        unreadable = session.store.unreadable_entries()
        days_assumed = session.project.assumes_school_days(session.today)
        formats, name_incidents = session.project.formats, session.project.terms.name_incidents

    @cache
    def say(*messages: Message) -> str:
        return name_incidents(say_all(messages))

    notes = list(map(str, period.notes))
    data = {
        "demand": demand,
        "school_days_assumed": days_assumed,
        "period": {
            "from": period.first.isoformat(),
            "until": period.last.isoformat(),
            "not_declared": list(period.basis.undeclared),
            "notes": notes,
        },
        "entries": head.entries,
        "head": head.hash,
        "unreadable": len(unreadable),
        "rows": [
            {
                "key": row.key,
                "name": str(row.name),
                "figures": {
                    name: figure_to_json(figure, say) for name, figure in row.figures.items()
                },
            }
            for row in rows
        ],
    }
    source = f"From {describe_head(head, 'journal entry', 'journal entries')}."
    closing = [" ".join((f"{period.first} to {period.last}.", *notes, source)), assumed]
    if kinds := [COUNTED_RECORDS[kind] for kind in period.basis.undeclared]:
        commands = [f"records --complete {kind}=FROM..UNTIL" for kind in kinds]
        closing.append(str(Message("declare_by_command", kinds=commands)))
    if days_assumed:
        closing.append(str(Message("period.days_assumed")))
    closing += map(str, explain_unreadable_entries(unreadable))
    return CommandResult(data, _write_lines(args.by, rows, closing, say), formats=formats)


def _write_lines(
    by: str, rows: Sequence[CoverageRow], closing: Iterable[str], say: SayMessages
) -> Iterator[OutputLine]:
    table_rows = [
        (str(row.name), *(_format_figure(row, name) for name, _ in SHOWN)) for row in rows
    ]
    titles = {"Calls": "Calls led"} if by in ("unit", "officer") else {}
    headers = (by.capitalize(), *(titles.get(title, title) for _, title in SHOWN))
    yield make_table(headers, table_rows, right=range(1, len(headers)))
    yield from _explain_dashes(rows, say)
    yield from closing


def figure_to_json(figure: Figure, say: SayMessages = lambda *m: say_all(m)) -> dict[str, object]:
    """Return a figure as JSON values."""
    values: dict[str, object] = {
        "value": figure.value,
        "n": figure.n,
        "definition": say(*figure.definition),
    }
    if figure.value is None:
        values["why"] = figure.why and say(figure.why)
    elif figure.low is not None or figure.high is not None:
        values |= {"low": figure.low, "high": figure.high}
    return values


def _explain_dashes(rows: Sequence[CoverageRow], say: SayMessages) -> Iterator[str]:
    """Explain why figures are withheld, with a line for each column and reason."""
    for name, title in SHOWN:
        figures = [row.figures[name] for row in rows if name in row.figures]
        reasons = Counter(figure.why for figure in figures if figure.value is None)
        for reason, count in reasons.items():
            if reason:
                yield f"{title}, – in {format_count(count, 'row')}: {say(reason)}."


def _format_figure(row: CoverageRow, name: str) -> str:
    figure = row.figures.get(name)
    if figure is None or figure.value is None:
        return "–"
    value = f"{figure.value:.1f}" if isinstance(figure.value, float) else str(figure.value)
    return (
        value if name in ("visits", "days_since_last_visit", "calls") else f"{value} (n={figure.n})"
    )
