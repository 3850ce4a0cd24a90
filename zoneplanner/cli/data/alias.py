"""Show what sites are also called and what words of files mean; add a name, or forget one."""

import argparse
from dataclasses import asdict

from zoneplanner.app.geography.site_aliases import (
    add_alias,
    forget_name,
    list_aliases,
    list_explained_words,
)
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.errors import UserError


def run(args: argparse.Namespace) -> CommandResult:
    """Add or forget what is asked for, and show the names and words that imports know."""
    if (args.site is None) != (args.name is None):
        raise UserError("alias_needs_both")
    reads = args.name is None and args.remove is None
    with open_session_for_command(args.project, read_only=reads) as session:
        if args.remove is not None:
            forget_name(session, args.remove)
        if args.name is not None:
            add_alias(session, args.site, args.name)
        project = session.saved_project
    known = list_aliases(project)
    words = list_explained_words(project)
    data = {
        "aliased": [{"alias": alias, "site": site.id} for alias, site in known],
        "words": [asdict(one) for one in words],
    }
    sites = make_table(("Also called", "Site", "Id"), [(text, s.name, s.id) for text, s in known])
    meanings = [(one.key, one.meaning or "left out") for one in words]
    return CommandResult(
        data, (sites, *([make_table(("Word", "Means"), meanings)] if words else ()))
    )
