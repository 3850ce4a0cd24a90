"""What a subcommand answers, and how it is shown to people and to programs."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, Self, TypeVar

from zoneplanner.app.desk.terminal import print_error_line, print_json
from zoneplanner.domain.clean_text import clean_name, clean_text
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import format_count
from zoneplanner.storage import JournalHead

if TYPE_CHECKING:
    from rich.table import Table

    from zoneplanner.analysis.geometry.cells_and_outlines import DetachedSites
    from zoneplanner.domain.project import Project

# rich is imported where a table or a page is shown to a person: 54 modules, a tenth of the start of
# a command that answers a program, or a person in sentences.

PIPED_WIDTH = 140


class OutputTable(NamedTuple):
    """Rows below headers; the columns in ``right`` hold figures."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int]


class OutputMarkdown(NamedTuple):
    """A page of the handbook."""

    text: str


OutputLine = str | OutputTable | OutputMarkdown


@dataclass(frozen=True, slots=True)
class CommandResult:
    """``data`` for ``--json``; ``lines`` for people; ``has_problems`` means done but with some.

    Lines that take long to write come from a generator: a program does not ask for them. With
    ``formats``, people read the days in the lines as their office writes them; else as ISO does.
    """

    data: Mapping[str, Any]
    lines: Iterable[OutputLine] = ()
    has_problems: bool = False
    formats: LocaleFormats | None = None


def print_result(answer: CommandResult, *, as_json: bool) -> int:
    """Print an answer on standard output and return the exit status.

    A reader who has seen enough (such as ``head``) is no failure; a full disk is one.
    """
    status = 1 if answer.has_problems else 0
    if sys.stdout is None:  # the caller closed it
        return status
    try:
        _print_lines(answer, as_json=as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        print_error_line(f"The output cannot be written: {error.strerror}.")
        return 2
    return status


def _print_lines(answer: CommandResult, *, as_json: bool) -> None:
    if as_json:
        print_json(json.dumps(answer.data, ensure_ascii=False, allow_nan=False))
        return
    write = answer.formats.localize_sentence if answer.formats else str
    for line in answer.lines:
        if isinstance(line, str):
            print(write(clean_text(line)))
        else:
            _print_laid_out(line, write)


def _print_laid_out(line: OutputTable | OutputMarkdown, write: Callable[[str], str]) -> None:
    from rich.console import Console

    class ReaderConsole(Console):
        """A console that leaves it to ``print_result`` what a reader who has gone means."""

        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError

    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = ReaderConsole(highlight=False, markup=False, width=width)
    if isinstance(line, OutputTable):
        console.print(_lay_out_table(line, write), soft_wrap=True)
        return
    from rich.markdown import Markdown

    # soft wrapping would crop the lists of a page at the width; a page breaks its own lines
    console.print(Markdown(line.text))


def _lay_out_table(table: OutputTable, write: Callable[[str], str]) -> "Table":
    from rich.table import Table

    laid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, header in enumerate(table.headers):
        laid.add_column(header, justify="right" if place in table.right else "left", no_wrap=False)
    for row in table.rows:
        laid.add_row(*(write(clean_text(cell)) for cell in row))
    return laid


def _discard_output() -> None:
    """Let Python's last flush go nowhere, or it would fail a second time."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_refusal(error: UserError, *, as_json: bool) -> int:
    """Print a refusal: one sentence on standard error, and JSON where asked for.

    The facts stand under ``facts``, and beside the sentence as the first version had them.
    """
    print_error_line(error.message)
    if as_json:
        facts = error.details
        data = {**facts, "error": error.message, "code": error.code, "facts": facts}
        try:
            print_json(json.dumps(data, ensure_ascii=False, default=str))
        except OSError:  # the sentence on standard error and the status say it all
            _discard_output()
    return 2


def describe_head(head: JournalHead, one: str, many: str = "") -> str:
    """Say how long a chain is and what its last hash is, for ``verify --against``."""
    return f"{format_count(head.entries, one, many)}; hash {head.hash or 'none yet'}"


def make_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
) -> OutputTable:
    """Lay rows below headers; the columns in ``right`` hold figures."""
    return OutputTable(headers, tuple(rows), right)


class SearchResult(Protocol):
    """What a search found after some seconds."""

    @property
    def seconds(self) -> float:
        """Return the time since the search began."""


_S = TypeVar("_S", bound=SearchResult)


def follow_search(
    found: Iterable[_S], report: ProgressReport, time_limit_s: float, words: Callable[[_S], str]
) -> list[_S]:
    """Return the better and better results of a search, each reported; none is a UserError."""
    results = []
    for one in found:
        results.append(one)
        report(min(1.0, one.seconds / time_limit_s), words(one))
    if not results:
        raise UserError("nothing_found")
    return results


class ProgressBar(AbstractContextManager["ProgressBar"]):
    """A progress bar on standard error; nothing where that is no terminal."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=1.0, text="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, fraction: float, text: str) -> None:
        """Show how far the work is, 0 to 1, and what it does."""
        self._bar.update(self._task, completed=fraction, text=clean_name(text))


def detached_sites_to_json(
    project: "Project", detached: "Iterable[DetachedSites]"
) -> list[dict[str, object]]:
    """Return sites that nothing joins to the others as JSON values."""
    return [
        {
            "site": site,
            "name": project.sites[site].name,
            "nearest": list(part.joins),
            "meters": round(part.away_m),
        }
        for part in detached
        for site in part.sites
    ]


def findings_to_json(found: tuple[CheckFinding, ...]) -> list[dict[str, object]]:
    """Return findings as JSON values."""
    return [{"code": f.code, "text": f.text, "where": dict(f.where)} for f in found]
