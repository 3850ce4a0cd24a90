"""Make the docs site: ``python docs/site/build.py FOLDER`` (``make docs``).

The pages of docs/, the handbook as the program has it, the recipes and the tutorial as notebooks
that run while the site is made, a public map of the bundled district, the options of every command,
the API from its docstrings. Any link that leads nowhere fails.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from zoneplanner.app.help.handbook import PICTURE_MARKUP, load_handbook
from zoneplanner.cli.parser import load_commands
from zoneplanner.cli.run import main as run_command

SITE = Path(__file__).parent
DOCS = SITE.parent
ROOT = DOCS.parent
PICTURES = ROOT / "resources" / "pictures"
_PAGES = ("index", "tour", "demo", "api")
_ALSO = {"changes": "CHANGELOG.md", "contributing": "CONTRIBUTING.md"}
_PARTS = {
    "Begin": ("tour", "demo", "install", "alternatives"),
    "Python": ("notebooks/tutorial", "recipes", "api", "extensions"),
    "Run it": ("it", "several-desks", "security", "attacks", "torture"),
    "Proof": ("proof", "measured", "test-long", "usability-round-2", "programme"),
    "Build on it": ("tasks", "commands", "architecture", "visual_system", "decisions", "renamed"),
    "Legal": ("changes", "releasing", "contributing"),
}
_NAMED = re.compile(r"`docs/([\w-]+(?:/[\w.-]+)?)\.md`")
_CODE = re.compile(r"^```python\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_SAVED = re.compile(r'^(\w+)\.save\("[\w-]+\.html"\)$', re.MULTILINE)
_REPOSITORY = re.compile(r"\]\(resources/pictures/")


def write_sources(folder: Path) -> list[str]:
    """Write the site's pages as MyST Markdown and notebooks; return their names."""
    folder.mkdir(parents=True)
    shutil.copy(SITE / "conf.py", folder)
    shutil.copytree(PICTURES, folder / "pictures")
    (folder / "static").mkdir()
    shutil.copy(ROOT / "resources" / "icon.svg", folder / "static")
    pages = dict(_list_pages())
    pages["index"] = pages["index"].replace("{contents}", _list_contents(pages))
    for name, text in pages.items():
        path = folder / (name if name.endswith(".ipynb") else f"{name}.md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_link_pages(text, name, pages), encoding="utf-8")
    for table in (DOCS / "recipes" / "data").iterdir():
        shutil.copy(table, folder / "notebooks")
    return sorted(pages)


def _list_pages() -> Iterator[tuple[str, str]]:
    for name in _PAGES:
        yield name, (SITE / f"{name}.md").read_text(encoding="utf-8")
    for path in sorted(DOCS.glob("*.md")):
        yield path.stem, path.read_text(encoding="utf-8")
    for name, file in _ALSO.items():
        yield name, (ROOT / file).read_text(encoding="utf-8")
    yield "install", _make_install_page()
    yield "commands", "".join(_describe_commands())
    example = DOCS / "examples" / "zoneplanner-example"
    yield "extensions", (example / "README.md").read_text(encoding="utf-8")
    decisions = sorted((DOCS / "decisions").glob("*.md"), reverse=True)
    for path in decisions:
        yield f"decisions/{path.stem}", path.read_text(encoding="utf-8")
    yield "decisions", _list_below("Decisions", (f"decisions/{path.stem}" for path in decisions))
    recipes = sorted((DOCS / "recipes").glob("*.md"))
    for path in recipes:
        yield f"notebooks/{path.stem}.ipynb", _make_notebook(path.read_text(encoding="utf-8"))
    yield "recipes", _list_below("Recipes", (f"notebooks/{path.stem}" for path in recipes))
    yield "notebooks/tutorial.ipynb", (DOCS / "tutorial.ipynb").read_text(encoding="utf-8")
    for page in load_handbook().values():
        yield f"handbook/{page.key}", PICTURE_MARKUP.sub(_show_picture, page.text)


def _show_picture(found: re.Match[str]) -> str:
    """A picture of the handbook, light and dark."""
    words, name = found.groups()
    shown = f"![{words}](../pictures/handbook-{name}.png){{.only-light}}\n"
    return f"{shown}![{words}](../pictures/handbook-{name}-dark.png){{.only-dark}}\n\n"


def _make_install_page() -> str:
    """What the front page says of starting, as a page of the site."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start = text[text.index("## Start") : text.index("## What it does")]
    return start.replace("## Start", "# Install and start", 1)


def _make_notebook(text: str) -> str:
    """A page with blocks of Python as a notebook; a map that is saved is shown, too."""
    cells = []
    for place, part in enumerate(_CODE.split(_SAVED.sub(r"\g<0>\n\1", text))):
        if part.strip():
            of_code = {"outputs": [], "execution_count": None} if place % 2 else {}
            kind = "code" if place % 2 else "markdown"
            cells.append(
                {
                    "cell_type": kind,
                    "id": f"cell-{place}",
                    "metadata": {},
                    "source": part.strip(),
                    **of_code,
                }
            )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )


def _describe_commands() -> Iterator[str]:
    """The options of every command, as ``--help`` prints them."""
    yield "# Commands\n\nEvery command takes `--json`; exit status 0 is done, 1 done with problems"
    yield " found, 2 refused.\n"
    for name in load_commands():
        words = io.StringIO()
        with redirect_stdout(words), suppress(SystemExit):
            run_command([name, "--help"])
        yield f"\n## {name}\n\n```text\n{words.getvalue()}```\n"


def _list_below(title: str, names: Iterable[str]) -> str:
    return f"# {title}\n\n{_make_toctree(names)}"


def _make_toctree(names: Iterable[str], caption: str = "", *, hidden: bool = False) -> str:
    options = [":maxdepth: 1", *[f":caption: {caption}"][: len(caption)], *[":hidden:"][:hidden]]
    return "\n".join(["```{toctree}", *options, "", *names, "```", ""])


def _list_contents(pages: Iterable[str]) -> str:
    """The contents beside every page: ours by part, the handbook by its groups."""
    groups: dict[str, list[str]] = {}
    for page in load_handbook().values():
        groups.setdefault(f"Handbook: {page.group}", []).append(f"handbook/{page.key}")
    parts = {"Begin": _PARTS["Begin"], **groups, **_PARTS}
    return "\n".join(_make_toctree(names, title, hidden=True) for title, names in parts.items())


def _link_pages(text: str, name: str, pages: Iterable[str]) -> str:
    """Make links of the pages that a text names, and of pictures of the repository."""
    up = "../" * name.count("/")

    def link(found: re.Match[str]) -> str:
        target = found[1]
        return f"[{target}]({up}{target}.md)" if target in pages else found[0]

    if name.endswith(".ipynb"):
        return text
    return _NAMED.sub(link, _REPOSITORY.sub(f"]({up}pictures/", text))


def make_projects(folder: Path) -> None:
    """Make the project that the notebooks read, and the public map."""

    def run(*args: object) -> None:
        command = [sys.executable, str(ROOT / "main.py"), *map(str, args)]
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        if done.returncode > 1:  # 1 is done, with what to look at
            raise SystemExit(done.returncode)

    demo, notebooks = folder / "demo", folder / "sources" / "notebooks"
    run("demo", "--to", demo, "--weeks", 16)
    (made,) = demo.glob("*.gpkg")
    shutil.copy(made, notebooks / "district.gpkg")
    run("adopt", made, "--plan", "Proposed", "--from", "2026-08-13")
    run("publish", made, "--audience", "public", "--only", "map", "--to", folder / "public")
    (page,) = (folder / "public").rglob("map.html")
    shutil.copy(page, folder / "sources" / "static" / "map.html")


class _Links(HTMLParser):
    """What a page links to and is linked by."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's links and its name."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.targets.append(value)
            if value and name in ("id", "name"):
                self.anchors.add(value)


def find_broken_links(html: Path) -> list[str]:
    """Name the links of a site to files and places that are not there."""
    found = {}
    for path in html.rglob("*.html"):
        if "_static" not in path.parts:
            found[path.resolve()] = _Links()
            found[path.resolve()].feed(path.read_text(encoding="utf-8"))
    broken = []
    for path, links in found.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            missing = place and file in found and place not in found[file].anchors
            if not file.exists() or missing:
                broken.append(f"{path.relative_to(html.resolve())}: {target}")
    return broken


def main(folder: Path) -> int:
    """Make the site in ``folder``/html."""
    shutil.rmtree(folder, ignore_errors=True)
    write_sources(folder / "sources")
    make_projects(folder)
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    made = subprocess.run(
        [*sphinx, "-d", folder / "doctrees", folder / "sources", folder / "html"], check=False
    )
    broken = find_broken_links(folder / "html")
    print("\n".join(broken), file=sys.stderr)
    print(folder / "html" / "index.html")
    return made.returncode or bool(broken)


if __name__ == "__main__":
    os.environ["COLUMNS"] = "84"  # of the options of commands
    raise SystemExit(main(Path(sys.argv[1]).absolute()))
