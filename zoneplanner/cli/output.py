"""The result of a subcommand, and how it is shown to people and to programs."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, Self, TypeVar

from zoneplanner.app.desk.terminal import print_error_line, print_json
from zoneplanner.domain.clean_text import clean_name, clean_text
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message, format_count
from zoneplanner.storage import JournalHead

if TYPE_CHECKING:
    from rich.table import Table

    from zoneplanner.analysis.geometry.cells_and_outlines import DetachedSites
    from zoneplanner.app.data.edits import DataChange
    from zoneplanner.domain.project import Project

# rich (54 modules) is imported only to show a table or a page to a person: it takes a tenth of the
# time of a command that answers a program, or a person in sentences.

PIPED_WIDTH = 140


class OutputTable(NamedTuple):
    """Rows below headers; the columns in ``right`` contain figures and are aligned right."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int]


class OutputMarkdown(NamedTuple):
    """Text in Markdown, such as a handbook page."""

    text: str


OutputLine = str | OutputTable | OutputMarkdown


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The ``data`` for ``--json``, and the ``lines`` for people; ``has_problems`` sets the exit
    status to 1.

    Lines that take long to write come from a generator, because a program does not need them.
    ``formats`` writes the days in the lines as the office writes them; without it, as in ISO 8601.
    """

    data: Mapping[str, Any]
    lines: Iterable[OutputLine] = ()
    has_problems: bool = False
    formats: LocaleFormats | None = None


def print_result(result: CommandResult, *, as_json: bool) -> int:
    """Print a result on standard output and return the exit status.

    It is not a failure if a reader such as ``head`` stops reading; a full disk is one.
    """
    status = 1 if result.has_problems else 0
    if sys.stdout is None:  # the caller closed it
        return status
    try:
        _print_lines(result, as_json=as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        print_error_line(f"The output cannot be written: {error.strerror}.")
        return 2
    return status


def _print_lines(result: CommandResult, *, as_json: bool) -> None:
    if as_json:
        print_json(json.dumps(result.data, ensure_ascii=False, allow_nan=False))
        return
    write = result.formats.localize_sentence if result.formats else str
    for line in result.lines:
        if isinstance(line, str):
            print(write(clean_text(line)))
        else:
            _print_with_rich(line, write)


def _print_with_rich(line: OutputTable | OutputMarkdown, write: Callable[[str], str]) -> None:
    from rich.console import Console

    class ReaderConsole(Console):
        """A console that leaves it to ``print_result`` to handle a reader that stopped."""

        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError

    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = ReaderConsole(highlight=False, markup=False, width=width)
    if isinstance(line, OutputTable):
        console.print(_make_rich_table(line, write), soft_wrap=True)
        return
    from rich.markdown import Markdown

    # soft wrapping would cut off the lists of a page, which breaks its own lines
    console.print(Markdown(line.text))


def _make_rich_table(table: OutputTable, write: Callable[[str], str]) -> "Table":
    from rich.table import Table

    rich_table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, header in enumerate(table.headers):
        rich_table.add_column(
            header, justify="right" if index in table.right else "left", no_wrap=False
        )
    for row in table.rows:
        rich_table.add_row(*(write(clean_text(cell)) for cell in row))
    return rich_table


def _discard_output() -> None:
    """Discard what Python flushes at exit, which would fail a second time."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_refusal(error: UserError, *, as_json: bool, hint: str = "") -> int:
    """Print a refusal on standard error, with an option as a ``hint``, and JSON if requested.

    The facts are in ``facts`` and, as in the first version, at the top level.
    """
    message = f"{error.message} {hint}".strip()
    print_error_line(message)
    if as_json:
        facts = error.details
        data = {**facts, "error": message, "code": error.code, "facts": facts}
        try:
            print_json(json.dumps(data, ensure_ascii=False, default=str))
        except OSError:  # the sentence on standard error and the status say it all
            _discard_output()
    return 2


def describe_head(head: JournalHead, singular: str, plural: str = "") -> str:
    """Describe a chain's length and last hash, for ``verify --against``."""
    return f"{format_count(head.entries, singular, plural)}; hash {head.hash or 'none yet'}"


def make_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
) -> OutputTable:
    """Return a table; the columns in ``right`` contain figures and are aligned right."""
    return OutputTable(headers, tuple(rows), right)


class SearchResult(Protocol):
    """A result of a search after some seconds."""

    @property
    def seconds(self) -> float:
        """Return the time since the search began."""


_S = TypeVar("_S", bound=SearchResult)


def follow_search(
    results: Iterable[_S],
    report: ProgressReport,
    time_limit_s: float,
    describe: Callable[[_S], str],
) -> list[_S]:
    """Return the better and better results of a search, reporting each.

    Raises
    ------
    UserError
        There is none.
    """
    collected = []
    for result in results:
        collected.append(result)
        report(min(1.0, result.seconds / time_limit_s), describe(result))
    if not collected:
        raise UserError("nothing_found")
    return collected


class ProgressBar(AbstractContextManager["ProgressBar"]):
    """A progress bar on standard error; nothing if that is not a terminal."""

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

    def __call__(self, fraction: float, text: Message | str) -> None:
        """Show how far the work is, 0 to 1, and what it does."""
        self._bar.update(self._task, completed=fraction, text=clean_name(str(text)))


def to_json(record: object, names: str) -> dict[str, Any]:
    """Return the attributes of a record that a string names as JSON values."""
    return {name: _to_json_value(getattr(record, name)) for name in names.split()}


def _to_json_value(value: object) -> object:
    if isinstance(value, date):  # or a datetime
        return value.isoformat()
    if isinstance(value, Message):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def detached_sites_to_json(
    project: "Project", detached: "Iterable[DetachedSites]"
) -> list[dict[str, object]]:
    """Return sites that no connection joins to the others as JSON values."""
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


def changes_to_json(changes: "Iterable[DataChange]") -> list[dict[str, object]]:
    """Return changed cells of the district's data as JSON values."""
    return [
        {"kind": change.kind, "id": change.row, "key": change.column}
        | to_json(change, "before after")
        for change in changes
    ]


def findings_to_json(findings: tuple[CheckFinding, ...]) -> list[dict[str, object]]:
    """Return findings as JSON values."""
    return [{"code": f.code, "text": f.text, "where": dict(f.where)} for f in findings]
