"""Show other names of sites and the meanings of words in files; add or remove a name."""

import argparse
from dataclasses import asdict

from zoneplanner.app.geography.site_aliases import (
    add_alias,
    find_site_of_alias,
    forget_name,
    list_aliases,
    list_explained_words,
)
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


def run(args: argparse.Namespace) -> CommandResult:
    """Add or remove a name, and show the names and words that imports know."""
    if (args.site is None) != (args.name is None):
        raise UserError("alias_needs_both")
    reads, moved = args.name is None and args.remove is None, []
    with open_session_for_command(args.project, read_only=reads) as session:
        if args.remove is not None:
            forget_name(session, args.remove)
        if args.name is not None:
            before = find_site_of_alias(session.saved_project, args.name)
            add_alias(session, args.site, args.name)
            after = find_site_of_alias(session.saved_project, args.name)
            if before is not None and after is not None and before.id != after.id:
                facts = {"alias": args.name, "before": before.name, "after": after.name}
                moved = [str(Message("alias_moved", **facts))]
        project = session.saved_project
    aliases = list_aliases(project)
    words = list_explained_words(project)
    data = {
        "aliased": [{"alias": alias, "site": site.id} for alias, site in aliases],
        "words": [asdict(word) for word in words],
    }
    sites = make_table(("Also called", "Site", "Id"), [(text, s.name, s.id) for text, s in aliases])
    meanings = [(word.key, word.meaning or "left out") for word in words]
    lines = [*moved, sites if aliases else str(Message("nothing_listed.aliases"))]
    return CommandResult(
        data, (*lines, *([make_table(("Word", "Means"), meanings)] if words else ()))
    )
