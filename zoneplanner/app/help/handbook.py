"""The handbook: pages written as plain text, and pages made from what the program declares."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zoneplanner.app.help.generated_pages import (
    render_audiences_page,
    render_columns_page,
    render_figures_page,
    render_rules_page,
)
from zoneplanner.app.help.shortcuts import render_keyboard_page
from zoneplanner.bundled import resources_dir
from zoneplanner.errors import UserError

_CONTENTS = "contents.toml"
_NEWS = "whats-new"
_AROUND = 60
PICTURE_MARKUP = re.compile(r"!\[([^\]]*)\]\(picture:([\w-]+)\)\n*")
_MARKS = re.compile(r"[*`#|]|\]\([^)]*\)|\[|^-+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HandbookPage:
    """One page. ``text`` is Markdown; its first line is the title.

    ``also`` lists what else people look for when this page answers them.
    """

    key: str
    group: str
    text: str
    also: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the page is called."""
        return self.text.partition("\n")[0].removeprefix("# ").strip()

    @property
    def plain(self) -> str:
        """The text without marks, for searching and for what was found."""
        return " ".join(_MARKS.sub(" ", PICTURE_MARKUP.sub("", self.text)).split())


@dataclass(frozen=True, slots=True)
class HandbookMatch:
    """A page that was found, and the words around the first place."""

    page: HandbookPage
    around: str


def load_handbook(made: Mapping[str, str] | None = None) -> dict[str, HandbookPage]:
    """Return the pages by key, in the order of the contents.

    ``made`` are texts of pages that the caller makes, such as a project's own rules.
    """
    folder = resources_dir() / "handbook"
    contents = tomllib.loads((folder / _CONTENTS).read_text(encoding="utf-8"))
    makers = {
        "audiences": render_audiences_page,
        "columns": render_columns_page,
        "figures": render_figures_page,
        "keyboard": render_keyboard_page,
        "rules": render_rules_page,
    }
    pages = {}
    for group in contents["groups"]:
        for key in group["pages"]:
            if made is not None and key in made:
                text = made[key]
            elif key in makers:
                text = makers[key]()
            else:
                text = (folder / f"{key}.md").read_text(encoding="utf-8")
            pages[key] = HandbookPage(
                key, group["title"], text, tuple(contents["also"].get(key, ()))
            )
    return pages


def find_handbook_page(pages: Mapping[str, HandbookPage], topic: str) -> HandbookPage:
    """Return a page by key, title or another name for it; an unknown one names its nearest."""
    wanted = topic.strip().casefold()
    for one in pages.values():
        if wanted in (one.key, one.title.casefold(), *one.also):
            return one
    near = [hit.page.key for hit in search_handbook(pages.values(), topic)][:5]
    raise UserError("unknown_page.near" if near else "unknown_page", page=topic, near=near)


def search_handbook(pages: Iterable[HandbookPage], text: str) -> list[HandbookMatch]:
    """Return the pages in which all words begin a word, the likeliest first.

    That is where they are the title or what else people look for, or stand in it; then where they
    stand most often. What was new in a version comes last.
    """
    words = text.casefold().split()
    if not words:
        return []
    beginnings = [re.compile(rf"(?<!\w){re.escape(word)}") for word in words]
    found = []
    for at, one in enumerate(pages):
        plain = " ".join((one.plain, *one.also))
        low, names = plain.casefold(), [one.key, *map(str.casefold, (one.title, *one.also))]
        often = [len(word.findall(low)) for word in beginnings]
        if all(often):
            named = sum(any(map(word.search, names)) for word in beginnings)
            named += " ".join(words) in names
            hit = HandbookMatch(one, _cut_excerpt(plain, low, beginnings))
            found.append((-named, one.key == _NEWS, -sum(often), at, hit))
    return [hit for *_, hit in sorted(found, key=lambda entry: entry[:4])]


def find_picture_file(name: str, *, dark: bool = False) -> Path:
    """Return the file of a picture; the light one where there is no dark one."""
    folder = resources_dir() / "pictures"
    shade = folder / f"handbook-{name}-dark.png"
    return shade if dark and shade.is_file() else folder / f"handbook-{name}.png"


def _cut_excerpt(plain: str, low: str, beginnings: list[re.Pattern[str]]) -> str:
    at = min(hit.start() for word in beginnings if (hit := word.search(low)))
    start, end = max(0, at - _AROUND), min(len(plain), at + _AROUND)
    return f"{'…' if start else ''}{plain[start:end]}{'…' if end < len(plain) else ''}"
