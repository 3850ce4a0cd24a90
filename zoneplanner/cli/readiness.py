"""Show which plan reviews and drills are done, due or overdue, and under which rule."""

import argparse
from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from zoneplanner.app.readiness import readiness, site_statuses, to_do
from zoneplanner.cli.answer import Answer, table
from zoneplanner.cli.opened import a_date, add_project, opened
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness import PLAN_REVIEW, Item, Status

EXAMPLE = "readiness district.gpkg --on 2026-12-01"
HEADERS = ("Due", "Site", "What", "Status", "Done", "Rule")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--on", type=a_date, metavar="D", help="the day to look at; today")
    parser.add_argument("--site", metavar="ID", help="one site, by id or name, with all details")


def run(args: argparse.Namespace) -> Answer:
    """List every duty of every patrolled site; people see what is to be done first."""
    with opened(args.project, read_only=True) as session:
        project = session.project
        items = readiness(session, args.on)
        if args.site is not None:
            site = project.site(args.site).id
            items = {site: items.get(site, ())}
    data = {"rows": [_row(project, item) for own in items.values() for item in own]}
    counts = Counter(site_statuses(items).values())
    summary = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    lines: list[str | Table] = [f"Sites by the worst of their duties: {summary or 'none'}."]
    if args.site is not None:
        own = [item for found in items.values() for item in found]
        lines += [_table(project, own), *(f"{_what(item)}: {item.detail}" for item in own)]
    else:
        lines.append(_table(project, to_do(items)))
    lines.append("A planning aid, not legal advice.")
    return Answer(data, lines)


def _row(project: Project, item: Item) -> dict[str, object]:
    return {
        "site": item.site,
        "name": project.sites[item.site].name,
        "item": item.what,
        "status": str(item.status),
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "done": item.done,
        "required": item.required,
        "rule": item.rule,
        "detail": item.detail,
    }


def _table(project: Project, items: Sequence[Item]) -> Table:
    rows = [
        (
            str(item.due_on or "–"),
            project.sites[item.site].name,
            _what(item),
            str(item.status),
            f"{item.done} of {item.required}",
            item.rule,
        )
        for item in items
    ]
    return table(HEADERS, rows)


def _what(item: Item) -> str:
    return "Plan review" if item.what == PLAN_REVIEW else f"{item.what.capitalize()} drill"
