"""Show which sites were covered and how fast help came, from the journal."""

import argparse

from zoneplanner.analysis.coverage import Figure, Row
from zoneplanner.app.evaluate import check_target
from zoneplanner.app.observed import observed
from zoneplanner.cli.answer import Answer, table
from zoneplanner.cli.opened import a_date, a_number, add_project, opened

EXAMPLE = "coverage district.gpkg --by zone"
SHOWN = (
    ("visits", "Visits"),
    ("days_since_last_visit", "School days since"),
    ("response_p50_min", "Response P50 min"),
    ("response_p90_min", "Response P90 min"),
    ("consumed_h", "Consumed h"),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("--from", type=a_date, dest="first", metavar="D")
    parser.add_argument("--to", type=a_date, dest="last", metavar="D")
    parser.add_argument(
        "--target-min", type=a_number, metavar="M", help="the district's target of response"
    )
    parser.add_argument("--by", default="site", choices=("site", "zone", "unit", "week", "all"))


def run(args: argparse.Namespace) -> Answer:
    """Compute the figures, each with its n and definition."""
    with opened(args.project, read_only=True) as session:
        rows = observed(
            session,
            by=args.by,
            first=args.first,
            last=args.last,
            target_min=None if args.target_min is None else check_target(args.target_min),
        )
        head = session.store.head()
    data = {
        "entries": head.entries,
        "head": head.hash,
        "rows": [
            {
                "key": row.key,
                "name": row.name,
                "figures": {name: figure_data(figure) for name, figure in row.figures.items()},
            }
            for row in rows
        ],
    }
    shown = [(row.name, *(_text(row, name) for name, _ in SHOWN)) for row in rows]
    headers = (args.by.capitalize(), *(title for _, title in SHOWN))
    told = f"From {head.entries} journal entries; head {head.hash or 'none yet'}."
    return Answer(data, (table(headers, shown, right=range(1, len(headers))), told))


def figure_data(figure: Figure) -> dict[str, object]:
    """Return a figure as JSON values."""
    shown: dict[str, object] = {
        "value": figure.value,
        "n": figure.n,
        "definition": figure.definition,
    }
    if figure.value is None:
        shown["why"] = figure.why
    return shown


def _text(row: Row, name: str) -> str:
    figure = row.figures.get(name)
    if figure is None or figure.value is None:
        return "–"
    value = f"{figure.value:.1f}" if isinstance(figure.value, float) else str(figure.value)
    return value if name in ("visits", "days_since_last_visit") else f"{value} (n={figure.n})"
