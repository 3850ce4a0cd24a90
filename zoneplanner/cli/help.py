"""Read the handbook: its contents, one page, or the pages that contain some words."""

import argparse

from zoneplanner.app.help.handbook import (
    PICTURE_MARKUP,
    HandbookMatch,
    HandbookPage,
    find_handbook_page,
    load_handbook,
    render_rules_page,
    search_handbook,
)
from zoneplanner.cli.output import CommandResult, OutputMarkdown, make_table
from zoneplanner.cli.sessions import open_session_for_command


def run(args: argparse.Namespace) -> CommandResult:
    """Show a page, search results, or the contents."""
    pages_made: dict[str, str] = {}
    if args.project is not None:
        with open_session_for_command(args.project, read_only=True) as session:
            pages_made["rules"] = render_rules_page(session.project)
    pages = load_handbook(pages_made)
    if args.search is not None:
        return _show_search_results(search_handbook(pages.values(), args.search), args.search)
    if args.topic:
        return _show_page(find_handbook_page(pages, " ".join(args.topic)))
    rows = [(page.group, page.key, page.title) for page in pages.values()]
    data = {"pages": [{"group": group, "key": key, "title": title} for group, key, title in rows]}
    table_rows, last_group = [], ""
    for group, key, title in rows:
        table_rows.append((group if group != last_group else "", key, title))
        last_group = group
    hint = "Read one with: zoneplanner help TOPIC; search with --search."
    return CommandResult(data, [make_table(("Part", "Topic", "Page"), table_rows), hint])


def _show_page(page: HandbookPage) -> CommandResult:
    text = PICTURE_MARKUP.sub("", page.text)
    return CommandResult(
        {"key": page.key, "title": page.title, "text": text}, [OutputMarkdown(text)]
    )


def _show_search_results(hits: list[HandbookMatch], words: str) -> CommandResult:
    data = {"found": [{"key": h.page.key, "title": h.page.title, "around": h.around} for h in hits]}
    if not hits:
        return CommandResult(data, [f"The handbook has nothing about “{words}”."])
    rows = [(hit.page.key, hit.page.title, hit.around) for hit in hits]
    return CommandResult(data, [make_table(("Topic", "Page", "Text"), rows)])
