"""A month's returns in one step: a folder of principals' workbooks, each taken or named."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import (
    ImportResult,
    NoRowImported,
    PreparedImport,
    choose_import_verb,
)
from zoneplanner.app.imports.return_workbook import (
    ReturnRows,
    prepare_return_import,
    read_return,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.office_entries import RETURN_RECORD, read_monthly_returns
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.messages import join_names, render_message

_ENDING = ".xlsx"
_MOST_BOOKS = 1_000
_READING, _MOST_DOUBTS = 0.9, 5


@dataclass(frozen=True, eq=False, slots=True)
class _ReadBook:
    """One workbook of the folder: what it says, or why nothing of it is taken."""

    path: Path
    said: ReturnRows | None
    why: str = ""

    def name(self, names: Mapping[str, str]) -> str:
        """Name its school and file; the file alone where no row names a school."""
        sites = (self.said.months or self.said.filled) if self.said else ()
        schools = join_names(names.get(one, one) for one in sites)
        return f"{schools} ({self.path.name})" if schools else self.path.name


def list_return_books(folder: Path) -> tuple[Path, ...]:
    """Return the workbooks of a folder by name; what spreadsheets and systems leave is none."""
    found = (one for one in folder.iterdir() if one.suffix.casefold() == _ENDING)
    return tuple(sorted(one for one in found if one.is_file() and one.name[0] not in "~."))


def is_return_folder(path: Path) -> bool:
    """Tell whether a folder has workbooks and no other files."""
    if not path.is_dir():
        return False
    files = [one for one in path.iterdir() if one.is_file() and one.name[0] not in "~."]
    return bool(files) and all(one.suffix.casefold() == _ENDING for one in files)


def prepare_returns_import(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Read a returned workbook, or all of a folder; each is taken in a transaction of its own.

    A workbook that cannot be read, or that another one of the same school and month speaks against,
    is refused by its school's name; the schools of which none came are listed.
    """
    if not asked.path.is_dir():
        return prepare_return_import(session, asked, dry_run=dry_run, report=report)
    books = list_return_books(asked.path)
    if not 0 < len(books) <= _MOST_BOOKS:
        raise UserError("no_workbooks", folder=asked.path.name, most=_MOST_BOOKS)
    read = [
        _read_book(session, replace(asked, path=path), (at, len(books)), report)
        for at, path in enumerate(books)
    ]
    return _summarize_books(session, asked, _refuse_doubles(session, read), dry_run=dry_run)


def _read_book(
    session: Session, asked: ImportOptions, place: tuple[int, int], report: ProgressReport
) -> _ReadBook:
    at, count = place

    def tell(fraction: float, text: str) -> None:
        report(_READING * (at + max(0.0, fraction)) / count, f"{asked.path.name}: {text}")

    try:
        return _ReadBook(asked.path, read_return(session, asked, tell))
    except UserError as error:
        return _ReadBook(asked.path, None, error.message)


def _refuse_doubles(session: Session, read: Sequence[_ReadBook]) -> list[_ReadBook]:
    """Refuse workbooks of one school and month: which one holds is the school's to say."""
    books: dict[tuple[str, str], list[_ReadBook]] = defaultdict(list)
    for book in read:
        said = book.said
        for site, month in said.months.items() if said else ():
            if said and site in said.filled:
                books[site, month].append(book)
    why: dict[Path, str] = {}
    for (site, month), several in books.items():
        if len(several) > 1:
            files = [one.path.name for one in several]
            school = session.saved_project.sites.get(site)
            facts = {"files": files, "school": school.name if school else site, "month": month}
            why |= dict.fromkeys(
                (one.path for one in several), render_message("return_twice", facts)
            )
    return [replace(one, why=why.get(one.path, one.why)) for one in read]


def _summarize_books(
    session: Session, asked: ImportOptions, books: Sequence[_ReadBook], *, dry_run: bool
) -> PreparedImport:
    names = {one.id: one.name for one in session.saved_project.sites.values()}
    rows = [one for book in books for one in _list_rows(book, names)]
    taken = [book.said for book in books if book.said is not None and not book.why]
    entries = sum(len(one.entries) for one in taken)
    refused = tuple(one for one in rows if one.outcome is RowOutcome.REFUSED)
    missing, doubts = _list_missing(session, books), list(_list_doubts(books, names))
    outcome = ImportResult(
        text=render_message(
            "returns_read",
            {
                "taken": sum(bool(one.rows) for one in taken),
                "files": len(books),
                "folder": asked.path.name,
                "rows": entries,
                "verb": choose_import_verb(dry_run, entries),
            },
        ),
        read=len(rows),
        taken=entries,
        already=sum(one.outcome is RowOutcome.KNOWN for one in rows),
        refused=refused,
        ignored=tuple(dict.fromkeys(name for one in taken for name in one.ignored)),
        notes=(*_describe_missing(missing), *doubts[:_MOST_DOUBTS], *_count_rest(doubts)),
        rows=tuple(rows),
        read_details={
            "returns": {
                "files": len(books),
                "refused": [book.name(names) for book in books if book.why],
                "doubts": doubts,
                "missing": [
                    {"month": month, "schools": list(schools)} for month, schools in missing.items()
                ],
            }
        },
    )
    if rows and len(refused) == len(rows):
        raise NoRowImported.of(
            *(outcome, "no_row_imported"),
            source=asked.path.name,
            row=refused[0].place,
            reason=refused[0].reason,
        )

    def save(report: ProgressReport) -> None:
        for at, one in enumerate(taken):
            if one.entries:
                session.log_table(one.entries, partial(_tell_of_book, report, at / len(taken)))

    return PreparedImport(outcome, save)


def _describe_missing(missing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for month, schools in missing.items():
        yield render_message("returns_missing", {"month": month, "schools": schools})


def _count_rest(doubts: Sequence[str]) -> Iterator[str]:
    if (left := len(doubts) - _MOST_DOUBTS) > 0:
        yield render_message("returns_doubts", {"left": left})


def _list_doubts(books: Iterable[_ReadBook], names: Mapping[str, str]) -> Iterator[str]:
    """Yield what is doubtful in the workbooks that are taken, each below its school's name."""
    for book in books:
        for note in book.said.notes if book.said and not book.why else ():
            yield f"{book.name(names)}: {note}"


def _tell_of_book(report: ProgressReport, done: float, _: float, text: str) -> None:
    report(done, text)


def _list_rows(book: _ReadBook, names: Mapping[str, str]) -> list[RowResult]:
    """Return the results of a workbook below its school's name; one where nothing is taken.

    What is doubtful in it stands beside its first row.
    """
    name = book.name(names)
    if book.why or book.said is None:
        return [RowResult(0, RowOutcome.REFUSED, reason=book.why, sheet=name)]
    school = name.partition(" (")[0]
    rows = [
        one._replace(sheet=f"{name}, {one.sheet}", name=one.name or school)
        for one in book.said.rows
    ]
    if rows and book.said.notes:
        rows[0] = rows[0]._replace(reason=" ".join((rows[0].reason, *book.said.notes)).strip())
    return rows


def _list_missing(session: Session, books: Iterable[_ReadBook]) -> dict[str, tuple[str, ...]]:
    """Return the schools without a return by month, of the months that the workbooks are of."""
    months = sorted({month for one in books if one.said for month in one.said.months.values()})
    entries: list[Any] = list(session.store.entries(kinds=(RETURN_RECORD.name, "void")))
    kept = [one for book in books if book.said and not book.why for one in book.said.entries]
    entries += [one for one in kept if one.kind == RETURN_RECORD.name]
    there = {(one.site, f"{one.month:%Y-%m}") for one in read_monthly_returns(entries)}
    return {
        f"{date.fromisoformat(f'{month}-01'):%B %Y}": missing
        for month in months
        if (
            missing := tuple(
                site.name
                for site in session.saved_project.patrolled
                if (site.id, month) not in there
            )
        )
    }
