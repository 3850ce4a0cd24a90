"""Show what sites are also called, name one, or remove a name; imports find sites by it."""

import argparse

from zoneplanner.app.geography.site_aliases import add_alias, list_aliases, remove_alias
from zoneplanner.cli.arguments import open_session_for_command
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.errors import UserError


def run(args: argparse.Namespace) -> CommandResult:
    """Add or remove what is asked for, and show all names that sites have beside their own."""
    if (args.site is None) != (args.name is None):
        raise UserError("alias_needs_both")
    reads = args.name is None and args.remove is None
    with open_session_for_command(args.project, read_only=reads) as session:
        if args.remove is not None:
            remove_alias(session, args.remove)
        if args.name is not None:
            add_alias(session, args.site, args.name)
        project = session.saved_project
    known = list_aliases(project)
    data = {"aliased": [{"alias": alias, "site": site.id} for alias, site in known]}
    rows = [(alias, site.name, site.id) for alias, site in known]
    return CommandResult(data, (make_table(("Also called", "Site", "Id"), rows),))
