"""Import a month's returns in one step: a folder with the workbooks of principals."""

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
    PreparedImport,
    require_imported_rows,
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
from zoneplanner.messages import Message, join_names

_SUFFIX = ".xlsx"
_MOST_BOOKS = 1_000
_READING_SHARE, _MOST_DOUBTS = 0.9, 5


@dataclass(frozen=True, eq=False, slots=True)
class _ReadBook:
    """One workbook of the folder: its rows, or why it is rejected."""

    path: Path
    rows: ReturnRows | None
    fault: Message | None = None

    @property
    def accepted(self) -> ReturnRows | None:
        """The rows, unless the workbook is rejected."""
        return None if self.fault else self.rows

    def name_schools(self, names: Mapping[str, str]) -> str:
        """Return the names of the schools that its rows name, or an empty string."""
        sites = (self.rows.months or self.rows.filled) if self.rows else ()
        return join_names(names.get(site, site) for site in sites)

    def name(self, names: Mapping[str, str]) -> str:
        """Return its schools and file, or only the file if no row names a school."""
        schools = self.name_schools(names)
        return f"{schools} ({self.path.name})" if schools else self.path.name


def list_return_workbooks(folder: Path) -> tuple[Path, ...]:
    """Return the workbooks of a folder, ordered by name."""
    return tuple(file for file in _list_files(folder) if file.suffix.casefold() == _SUFFIX)


def is_return_folder(path: Path) -> bool:
    """Whether a folder has workbooks and no other files."""
    files = _list_files(path) if path.is_dir() else []
    return bool(files) and all(file.suffix.casefold() == _SUFFIX for file in files)


def _list_files(folder: Path) -> list[Path]:
    """Return the files of a folder, without those that spreadsheets and systems leave there."""
    return sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] not in "~.")


def prepare_returns_import(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    """Read a returned workbook, or all workbooks of a folder; each is saved in one transaction.

    Rejected are workbooks that cannot be read, and all of several for the same school and month.
    Schools without a workbook are listed.
    """
    if not options.path.is_dir():
        return prepare_return_import(session, options, report=report)
    books = list_return_workbooks(options.path)
    if not 0 < len(books) <= _MOST_BOOKS:
        raise UserError("no_workbooks", folder=options.path.name, most=_MOST_BOOKS)
    read = [
        _read_book(session, replace(options, path=path), (index, len(books)), report)
        for index, path in enumerate(books)
    ]
    return _summarize_books(session, options, _reject_repeated(session, read))


def _read_book(
    session: Session, options: ImportOptions, position: tuple[int, int], report: ProgressReport
) -> _ReadBook:
    index, count = position

    def report_book(fraction: float, text: Message | str) -> None:
        share = _READING_SHARE * (index + max(0.0, fraction)) / count
        report(share, Message("progress.in_book", book=options.path.name, work=text))

    try:
        return _ReadBook(options.path, read_return(session, options, report_book))
    except UserError as error:
        return _ReadBook(options.path, None, error.to_message())


def _reject_repeated(session: Session, books: Sequence[_ReadBook]) -> list[_ReadBook]:
    """Reject all workbooks for the same school and month: only the school knows which is right."""
    by_month: dict[tuple[str, str], list[_ReadBook]] = defaultdict(list)
    for book in books:
        if book.rows is not None:
            for site, month in book.rows.months.items():
                if site in book.rows.filled:
                    by_month[site, month].append(book)
    rejections: dict[Path, Message] = {}
    for (site, month), repeated in by_month.items():
        if len(repeated) > 1:
            paths = [book.path for book in repeated]
            school = session.saved_project.sites.get(site)
            rejection = Message(
                "return_twice",
                files=[path.name for path in paths],
                school=school.name if school else site,
                month=month,
            )
            rejections |= dict.fromkeys(paths, rejection)
    return [replace(book, fault=rejections.get(book.path, book.fault)) for book in books]


def _summarize_books(
    session: Session, options: ImportOptions, books: Sequence[_ReadBook]
) -> PreparedImport:
    names = {site.id: site.name for site in session.saved_project.sites.values()}
    rows = [row for book in books for row in _list_rows(book, names)]
    accepted = [book.accepted for book in books if book.accepted is not None]
    entries = sum(len(each.entries) for each in accepted)
    missing, doubts = _list_missing(session, books), list(_list_doubts(books, names))
    outcome = ImportResult(
        message=Message(
            "returns_read.preview",
            taken=sum(bool(each.rows) for each in accepted),
            files=len(books),
            folder=options.path.name,
            rows=entries,
        ),
        read=len(rows),
        taken=entries,
        already=sum(row.outcome is RowOutcome.KNOWN for row in rows),
        ignored=tuple(dict.fromkeys(name for each in accepted for name in each.ignored)),
        notes=(*_describe_missing(missing), *doubts[:_MOST_DOUBTS], *_count_rest(doubts)),
        rows=tuple(rows),
        read_details={
            "returns": {
                "files": len(books),
                "refused": [book.name(names) for book in books if book.fault],
                "doubts": list(map(str, doubts)),
                "missing": [
                    {"month": month, "schools": list(schools)} for month, schools in missing.items()
                ],
            }
        },
    )
    require_imported_rows(outcome, options.path.name)

    def save(report: ProgressReport) -> None:
        for index, each in enumerate(accepted):
            if each.entries:
                session.log_table(
                    each.entries, partial(_report_book, report, index / len(accepted))
                )

    return PreparedImport(outcome, save)


def _describe_missing(missing: Mapping[str, Sequence[str]]) -> Iterator[Message]:
    for month, schools in missing.items():
        yield Message("returns_missing", month=month, schools=schools)


def _count_rest(doubts: Sequence[Message]) -> Iterator[Message]:
    if (left := len(doubts) - _MOST_DOUBTS) > 0:
        yield Message("returns_doubts", left=left)


def _list_doubts(books: Iterable[_ReadBook], names: Mapping[str, str]) -> Iterator[Message]:
    """Yield the doubts about accepted workbooks, each with its school's name."""
    for book in books:
        for note in book.accepted.notes if book.accepted else ():
            yield Message("return_doubt", book=book.name(names), doubt=note)


def _report_book(report: ProgressReport, done: float, _: float, text: Message | str) -> None:
    report(done, text)


def _list_rows(book: _ReadBook, names: Mapping[str, str]) -> list[RowResult]:
    """Return the results of a workbook with its school's name; only one if it is rejected.

    Doubts about the workbook are in the reason of its first row.
    """
    name = book.name(names)
    read = book.accepted
    if read is None:
        return [RowResult(0, RowOutcome.REFUSED, remark=book.fault or "", sheet=name)]
    school = book.name_schools(names) or name
    rows = [
        row._replace(sheet=f"{name}, {row.sheet}", name=row.name or school) for row in read.rows
    ]
    for note in read.notes if rows else ():
        rows[0] = rows[0]._replace(
            remark=Message("row_reason.doubt", row=rows[0].remark, doubt=note)
        )
    return rows


def _list_missing(session: Session, books: Iterable[_ReadBook]) -> dict[str, tuple[str, ...]]:
    """Return the schools without a return, by month of the workbooks."""
    books = list(books)
    months = sorted({month for book in books if book.rows for month in book.rows.months.values()})
    entries: list[Any] = list(session.store.entries(kinds=(RETURN_RECORD.name, "void")))
    new = (entry for book in books if book.accepted for entry in book.accepted.entries)
    entries += [entry for entry in new if entry.kind == RETURN_RECORD.name]
    returned = {(each.site, f"{each.month:%Y-%m}") for each in read_monthly_returns(entries)}
    return {
        f"{date.fromisoformat(f'{month}-01'):%B %Y}": missing
        for month in months
        if (
            missing := tuple(
                site.name
                for site in session.saved_project.patrolled
                if (site.id, month) not in returned
            )
        )
    }
