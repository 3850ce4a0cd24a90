"""Connect sites separated by water, or disconnect neighbors; show which sites are cut off."""

import argparse

from zoneplanner.analysis.geometry.cells_and_outlines import find_detached_sites
from zoneplanner.app.geography.detached_choices import (
    DetachedChoice,
    connect_sites,
    cut_connection,
    remove_connection,
    settle_detached_sites,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, detached_sites_to_json, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names


def run(args: argparse.Namespace) -> CommandResult:
    """Change a connection if requested, and show all connections and the sites that are cut off."""
    if args.separate:
        with open_session_for_command(args.project) as session:
            if len(args.site) != 1 or args.cut or args.forget:
                raise UserError("connect_needs_both")
            settle_detached_sites(session, args.site[0], DetachedChoice.SEPARATE)
            return _show(session)
    if (
        len(args.site) not in (0, 2)
        or (args.cut and args.forget)
        or (not args.site and (args.cut or args.forget))
    ):
        raise UserError("connect_needs_both")
    change = cut_connection if args.cut else remove_connection if args.forget else connect_sites
    with open_session_for_command(args.project, read_only=not args.site) as session:
        if args.site:
            change(session, *args.site)
        return _show(session)


def _show(session: Session) -> CommandResult:
    project = session.saved_project
    detached = find_detached_sites(project, session.state.basis.cells)
    connections = project.connections
    data = {
        "joined": [list(pair) for pair in connections.joined],
        "cut": [list(pair) for pair in connections.cut],
        "detached": detached_sites_to_json(project, detached),
    }
    names = {site.id: site.name for site in project.sites.values()}
    rows = [
        (kind, *(names.get(site, site) for site in pair))
        for kind, pairs in (("joined", connections.joined), ("cut", connections.cut))
        for pair in pairs
    ]
    lines: list[OutputLine] = [make_table(("", "Site", "Other site"), rows)] if rows else []
    for part in detached:
        cut_off = join_names(names[site] for site in part.sites)
        near, other = (names[site] for site in part.joins)
        distance = session.formats.length(part.away_m)
        lines.append(
            f"Cut off: {cut_off}. Nearest: {near} to {other}, {distance}. Connect them with "
            "--site A --site B, or give one of them its own unit with --separate."
        )
    return CommandResult(data, lines or ("Every site borders another site that its units serve.",))
