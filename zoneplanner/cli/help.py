"""Read the handbook: its contents, one page, or the pages in which words occur."""

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
    """Show a page, what was found, or the contents."""
    made: dict[str, str] = {}
    if args.project is not None:
        with open_session_for_command(args.project, read_only=True) as session:
            made["rules"] = render_rules_page(session.project)
    pages = load_handbook(made)
    if args.search is not None:
        return _show_search_results(search_handbook(pages.values(), args.search), args.search)
    if args.topic:
        return _show_page(find_handbook_page(pages, " ".join(args.topic)))
    rows = [(one.group, one.key, one.title) for one in pages.values()]
    data = {"pages": [{"group": group, "key": key, "title": title} for group, key, title in rows]}
    shown, last = [], ""
    for group, key, title in rows:
        shown.append((group if group != last else "", key, title))
        last = group
    hint = "Read one with: zoneplanner help TOPIC; search with --search."
    return CommandResult(data, [make_table(("Part", "Topic", "Page"), shown), hint])


def _show_page(one: HandbookPage) -> CommandResult:
    text = PICTURE_MARKUP.sub("", one.text)
    return CommandResult({"key": one.key, "title": one.title, "text": text}, [OutputMarkdown(text)])


def _show_search_results(hits: list[HandbookMatch], words: str) -> CommandResult:
    data = {"found": [{"key": h.page.key, "title": h.page.title, "around": h.around} for h in hits]}
    if not hits:
        return CommandResult(data, [f"The handbook has nothing about “{words}”."])
    rows = [(hit.page.key, hit.page.title, hit.around) for hit in hits]
    return CommandResult(data, [make_table(("Topic", "Page", "There"), rows)])
