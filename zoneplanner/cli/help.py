"""Read the handbook: its contents, one page, or the pages in which words occur."""

import argparse

from rich.markdown import Markdown

from zoneplanner.app.handbook import IMAGE, Hit, Page, handbook, page, search
from zoneplanner.app.handbook_made import rules_page
from zoneplanner.cli.answer import Answer, table
from zoneplanner.cli.opened import a_project, opened

EXAMPLE = "help readiness"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    parser.add_argument("topic", nargs="*", metavar="TOPIC", help="a page, by its word or title")
    parser.add_argument(
        "--project",
        type=a_project,
        metavar="PROJECT",
        help="a project, whose own choices the page rules shows",
    )
    parser.add_argument("--search", metavar="WORDS", help="the pages in which these words occur")


def run(args: argparse.Namespace) -> Answer:
    """Show a page, what was found, or the contents."""
    made: dict[str, str] = {}
    if args.project is not None:
        with opened(args.project, read_only=True) as session:
            made["rules"] = rules_page(session.project.rules)
    pages = handbook(made)
    if args.search is not None:
        return _found(search(pages.values(), args.search), args.search)
    if args.topic:
        return _page(page(pages, " ".join(args.topic)))
    rows = [(one.group, one.key, one.title) for one in pages.values()]
    data = {"pages": [{"group": group, "key": key, "title": title} for group, key, title in rows]}
    shown, last = [], ""
    for group, key, title in rows:
        shown.append((group if group != last else "", key, title))
        last = group
    hint = "Read one with: zoneplanner help TOPIC; look for words with --search."
    return Answer(data, [table(("Part", "Topic", "Page"), shown), hint])


def _page(one: Page) -> Answer:
    text = IMAGE.sub("", one.text)
    return Answer({"key": one.key, "title": one.title, "text": text}, [Markdown(text)])


def _found(hits: list[Hit], words: str) -> Answer:
    data = {"found": [{"key": h.page.key, "title": h.page.title, "around": h.around} for h in hits]}
    if not hits:
        return Answer(data, [f"The handbook says nothing on “{words}”."])
    rows = [(hit.page.key, hit.page.title, hit.around) for hit in hits]
    return Answer(data, [table(("Topic", "Page", "There"), rows)])
