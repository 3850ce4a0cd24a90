"""Say what two plans differ in."""

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
from zoneplanner.cli.output import CommandResult, OutputLine, OutputTable, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.messages import format_count
from zoneplanner.publish.audience import AUDIENCES, PUBLIC, redact_comparison

OPTION_VALUES = {"audiences": AUDIENCES}


def run(args: argparse.Namespace) -> CommandResult:
    """Compare the plans; the project is not touched."""
    with open_session_for_command(args.project, read_only=True) as session:
        pair = compare_project_plans(session, args.before, args.after)
        plans = (args.before, args.after)
        if args.audience == PUBLIC and not args.allow_draft:
            for name in plans:
                refuse_unreleased_plan(session.project.plan(name), session.today)
        found = redact_comparison(pair.comparison, args.audience)
        demand = summarize_demand(pair.after) if found.figures else None
        calls = describe_demand(read_demand(pair.after))
        formats = session.saved_project.formats
        if args.pdf is not None:
            print_comparison(
                collect_comparison_page(session, *plans, audience=args.audience), args.pdf
            )
    data: dict[str, object] = {
        "plans": [found.before, found.after],
        "moved_sites": [_move_to_json(move) for move in found.moved],
        "students_moved": found.students_moved,
        "closed": [_turned_to_json(site) for site in found.closed],
        "opened": [_turned_to_json(site) for site in found.opened],
        "receiving": [_turned_to_json(site) for site in found.receiving],
        "renumbered": [{"from": old, "to": new} for old, new in found.renumbered],
        "demand": demand,
        "figures": {figure.measure.key: _figure_to_json(figure) for figure in found.figures},
    }
    said = _describe(found)
    if args.pdf is not None:
        data["files"] = [str(args.pdf)]
        said = f"{said} Wrote {args.pdf}."
    if not found.figures:
        return CommandResult(_leave_out_figures(data), (said, *_list_moves(found)), formats=formats)
    scores = make_table(
        ("Measure", "Unit", found.before, found.after, "Difference", ""),
        [_figure_row(figure) for figure in found.figures],
        right=(2, 3, 4),
    )
    lines: tuple[OutputLine, ...] = (said, *_list_moves(found), "", f"Calls: {calls}", scores)
    return CommandResult(data, lines, formats=formats)


_PUBLIC_KEYS = frozenset(("plans", "moved_sites", "closed", "opened", "renumbered", "files"))
_PUBLIC_COLUMNS = frozenset(("site", "name", "from", "to", "on"))
"""What an answer has for whom students, minutes and measures may not leave."""


def _leave_out_figures(data: Mapping[str, object]) -> dict[str, object]:
    """Return an answer with only what leaves for everybody; of a new key nobody decided so."""
    return {
        key: [{name: one for name, one in row.items() if name in _PUBLIC_COLUMNS} for row in value]
        if key in ("moved_sites", "closed", "opened") and isinstance(value, list)
        else value
        for key, value in data.items()
        if key in _PUBLIC_KEYS
    }


def _list_moves(found: PlanComparison) -> tuple[OutputTable, ...]:
    """Return the table of the sites that change their zone; none where no site does."""
    if not found.moved:
        return ()
    if not found.figures:
        zones = [_move_row(move)[:3] for move in found.moved]
        return (make_table(("Site", "From", "To"), zones),)
    heads = ("Site", "From", "To", "Students", "Drive before", "Drive after", "Change min")
    return (make_table(heads, [_move_row(move) for move in found.moved], right=(3, 4, 5, 6)),)


def _describe(found: PlanComparison) -> str:
    """Say how many sites change their zone, what closes or opens, and what is renumbered."""
    sites, verb = len(found.moved), "changes its" if len(found.moved) == 1 else "change their"
    students = f" with {format_count(found.students_moved, 'student')}" if found.figures else ""
    said = f"{format_count(sites, 'site')}{students} {verb} zone."
    for turned, word in ((found.closed, "closes"), (found.opened, "opens")):
        for site in turned:
            when = f" on {site.on}" if site.on else ""
            of = f" ({format_count(site.students, 'student')})" if found.figures else ""
            said += f" {site.name}{of} {word}{when}."
    if found.renumbered:
        said += f" Same zones with different numbers: {_join_pairs(found)}."
    return said


def _join_pairs(found: PlanComparison) -> str:
    return ", ".join(f"{old} is {new}" for old, new in found.renumbered)


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


def _turned_to_json(site: SiteChange) -> dict[str, object]:
    return {
        "site": site.site,
        "name": site.name,
        "students": site.students,
        "on": str(site.on) if site.on else None,
    }


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
