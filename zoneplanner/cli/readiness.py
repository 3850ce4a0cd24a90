"""Show which drills, reviews, corrective actions and concern reports are due or overdue."""

import argparse
from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from zoneplanner.app.due_calendar import write_calendar
from zoneplanner.app.readiness import Readiness, item_name, item_place, readiness, site_statuses
from zoneplanner.app.retention import NOTE, Kept, retention
from zoneplanner.app.session import Session
from zoneplanner.cli.answer import Answer, table
from zoneplanner.cli.coverage import figure_data
from zoneplanner.cli.opened import a_date, a_path, add_project, opened
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness import Item, Status

EXAMPLE = "readiness district.gpkg --on 2026-12-01 --ics due.ics"
HEADERS = ("Due", "Site", "What", "Status", "Done", "Rule")
KEPT = ("Class", "Years", "Entries", "From", "Kept from", "Passed", "Rule")
AID = "A planning aid, not legal advice."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--on", type=a_date, metavar="D", help="the day to look at; today")
    parser.add_argument("--site", metavar="ID", help="one site, by id or name, with all details")
    parser.add_argument("--ics", type=a_path, metavar="FILE", help="write what is due as calendar")
    parser.add_argument(
        "--retention", action="store_true", help="which records have passed their time"
    )


def run(args: argparse.Namespace) -> Answer:
    """List every duty of every patrolled site; people see what is to be done first."""
    with opened(args.project, read_only=True) as session:
        if args.retention:
            return _retention(retention(session, args.on))
        found = readiness(session, args.on)
        files = []
        if args.ics is not None:
            files = [str(write_calendar(session, found, args.ics))]
        return _answer(session, found, args.site, files)


def _answer(
    session: Session, found: Readiness, site_name: str | None, files: Sequence[str]
) -> Answer:
    project = session.project
    items: Sequence[Item] = found.items
    if site_name is not None:
        site = project.site(site_name).id
        items = [item for item in items if item.site == site]
    data = {
        "rows": [_row(project, item) for item in items],
        "figures": {name: figure_data(figure) for name, figure in found.figures.items()},
        "files": list(files),
    }
    counts = Counter(site_statuses(found, project).values())
    summary = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    lines: list[str | Table] = [f"Sites by the worst of their duties: {summary or 'none'}."]
    if site_name is not None:
        lines += [_table(project, items), *(f"{item_name(item)}: {item.detail}" for item in items)]
    else:
        lines.append(_table(project, found.to_do))
    lines += [f"Wrote {path}." for path in files]
    return Answer(data, [*lines, AID])


def _row(project: Project, item: Item) -> dict[str, object]:
    return {
        "site": item.site,
        "name": item_place(project, item),
        "item": item.what,
        "status": str(item.status),
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "done": item.done,
        "required": item.required,
        "rule": item.rule,
        "detail": item.detail,
        "uid": item.uid,
    }


def _table(project: Project, items: Sequence[Item]) -> Table:
    rows = [
        (
            str(item.due_on or "–"),
            item_place(project, item),
            item_name(item),
            str(item.status),
            f"{item.done} of {item.required}",
            item.rule,
        )
        for item in items
    ]
    return table(HEADERS, rows)


def _retention(found: Sequence[Kept]) -> Answer:
    rows = [
        {
            "name": one.rule.name,
            "kinds": list(one.rule.kinds),
            "years": one.rule.years,
            "entries": one.entries,
            "first": one.first.isoformat() if one.first else None,
            "kept_from": one.kept_from.isoformat(),
            "passed": one.passed,
            "rule": one.rule.citation,
            "note": one.rule.note,
        }
        for one in found
    ]
    shown = [
        (
            one.rule.name,
            str(one.rule.years),
            f"{one.entries:,}",
            str(one.first or "–"),
            str(one.kept_from),
            f"{one.passed:,}",
            one.rule.citation,
        )
        for one in found
    ]
    return Answer({"retention": rows}, [table(KEPT, shown, right=(1, 2, 5)), NOTE, AID])
