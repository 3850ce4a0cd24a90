"""Show how two plans differ."""

import argparse
from collections.abc import Mapping

from zoneplanner.analysis.measures.comparison import (
    MeasureChange,
    PlanComparison,
    SiteChange,
    SiteZoneChange,
)
from zoneplanner.app.coverage.demand import describe_demand, read_demand, summarize_demand
from zoneplanner.app.plans.comparison import (
    collect_comparison_page,
    compare_project_plans,
    print_comparison,
)
from zoneplanner.app.publishing.release_check import refuse_unreleased_plan
from zoneplanner.cli.output import CommandResult, OutputLine, OutputTable, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.messages import format_count
from zoneplanner.publish.audience import AUDIENCES, PUBLIC, redact_comparison

OPTION_VALUES = {"audiences": AUDIENCES}


def run(args: argparse.Namespace) -> CommandResult:
    """Compare the plans; the project is not changed."""
    with open_session_for_command(args.project, read_only=True) as session:
        pair = compare_project_plans(session, args.before, args.after)
        plans = (args.before, args.after)
        if args.audience == PUBLIC and not args.allow_draft:
            for name in plans:
                refuse_unreleased_plan(session.project.plan(name), session.today)
        comparison = redact_comparison(pair.comparison, args.audience)
        demand = summarize_demand(pair.after) if comparison.figures else None
        calls = describe_demand(read_demand(pair.after))
        formats = session.saved_project.formats
        if args.pdf is not None:
            print_comparison(
                collect_comparison_page(session, *plans, audience=args.audience), args.pdf
            )
    data: dict[str, object] = {
        "plans": [comparison.before, comparison.after],
        "moved_sites": [_move_to_json(move) for move in comparison.moved],
        "students_moved": comparison.students_moved,
        "closed": [_site_change_to_json(site) for site in comparison.closed],
        "opened": [_site_change_to_json(site) for site in comparison.opened],
        "receiving": [_site_change_to_json(site) for site in comparison.receiving],
        "renumbered": [{"from": old, "to": new} for old, new in comparison.renumbered],
        "demand": demand,
        "figures": {figure.measure.key: _figure_to_json(figure) for figure in comparison.figures},
    }
    summary = _describe(comparison)
    if args.pdf is not None:
        data["files"] = [str(args.pdf)]
        summary = f"{summary} Wrote {args.pdf}."
    if not comparison.figures:
        return CommandResult(
            _leave_out_figures(data), (summary, *_list_moves(comparison)), formats=formats
        )
    scores = make_table(
        ("Measure", "Unit", comparison.before, comparison.after, "Difference", ""),
        [_figure_row(figure) for figure in comparison.figures],
        right=(2, 3, 4),
    )
    lines: tuple[OutputLine, ...] = (
        summary,
        *_list_moves(comparison),
        "",
        f"Calls: {calls}",
        scores,
    )
    return CommandResult(data, lines, formats=formats)


_PUBLIC_KEYS = frozenset(("plans", "moved_sites", "closed", "opened", "renumbered", "files"))
_PUBLIC_COLUMNS = frozenset(("site", "name", "from", "to", "on"))
"""The parts of a result for readers who may not see students, minutes and measures."""


def _leave_out_figures(data: Mapping[str, object]) -> dict[str, object]:
    """Return a result with only what is public; a new key is not public by default."""
    return {
        key: [
            {name: cell for name, cell in row.items() if name in _PUBLIC_COLUMNS} for row in value
        ]
        if key in ("moved_sites", "closed", "opened") and isinstance(value, list)
        else value
        for key, value in data.items()
        if key in _PUBLIC_KEYS
    }


def _list_moves(comparison: PlanComparison) -> tuple[OutputTable, ...]:
    """Return the table of the sites that change zones; none if no site does."""
    if not comparison.moved:
        return ()
    if not comparison.figures:
        zones = [_move_row(move)[:3] for move in comparison.moved]
        return (make_table(("Site", "From", "To"), zones),)
    headers = ("Site", "From", "To", "Students", "Drive before", "Drive after", "Change min")
    rows = [_move_row(move) for move in comparison.moved]
    return (make_table(headers, rows, right=(3, 4, 5, 6)),)


def _describe(comparison: PlanComparison) -> str:
    """Describe how many sites change zones, which close or open, and which zones are renumbered."""
    sites, verb = (
        len(comparison.moved),
        "changes its" if len(comparison.moved) == 1 else "change their",
    )
    students = (
        f" with {format_count(comparison.students_moved, 'student')}" if comparison.figures else ""
    )
    text = f"{format_count(sites, 'site')}{students} {verb} zone."
    for changes, event in ((comparison.closed, "closes"), (comparison.opened, "opens")):
        for site in changes:
            when = f" on {site.on}" if site.on else ""
            students_text = (
                f" ({format_count(site.students, 'student')})" if comparison.figures else ""
            )
            text += f" {site.name}{students_text} {event}{when}."
    if comparison.renumbered:
        text += f" Same zones with different numbers: {_join_pairs(comparison)}."
    return text


def _join_pairs(comparison: PlanComparison) -> str:
    return ", ".join(f"{old} is {new}" for old, new in comparison.renumbered)


def _move_to_json(move: SiteZoneChange) -> dict[str, object]:
    return {
        "site": move.site,
        "name": move.name,
        "from": move.before,
        "to": move.after,
        "students": move.students,
        "minutes_before": move.before_min,
        "minutes_after": move.after_min,
        "minutes_change": move.change_min,
    }


def _site_change_to_json(site: SiteChange) -> dict[str, object]:
    return to_json(site, "site name students on")


def _figure_to_json(figure: MeasureChange) -> dict[str, object]:
    return {
        "name": figure.measure.name,
        "unit": figure.measure.value_unit,
        "before": figure.measure.weigh(figure.before),
        "after": figure.measure.weigh(figure.after),
        "difference": figure.change,
        "better": figure.good,
        "definition": figure.measure.definition,
    }


def _move_row(move: SiteZoneChange) -> tuple[str, ...]:
    minutes = (_minutes(value, ".1f") for value in (move.before_min, move.after_min))
    change = _minutes(move.shown_change_min, "+.1f")
    zones = (move.before or "none", move.after or "none")
    return (move.name, *zones, f"{move.students:,}", *minutes, change)


def _figure_row(figure: MeasureChange) -> tuple[str, ...]:
    unit, name = figure.measure.unit, figure.measure.name
    digits = figure.measure.digits
    form = f",.{digits}{'%' if unit == '%' else 'f'}"
    sides = (f"{figure.measure.weigh(value):{form}}" for value in (figure.before, figure.after))
    points = " points" if unit == "%" else ""
    change = f"{figure.shown_change:+,.{digits}f}{points}"
    return (name, unit, *sides, change, figure.verdict)


def _minutes(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"
