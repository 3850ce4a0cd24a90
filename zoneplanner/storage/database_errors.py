"""Failures of a database as problems with facts, by the codes of SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from zoneplanner.errors import UserError

Problem = tuple[type[UserError], str]
"""The class of an error and its template."""


@contextmanager
def translate_errors(
    find_problem: Callable[[BaseException | None], Exception | None], *own: type[Exception]
) -> Iterator[None]:
    """Raise what ``find_problem`` makes of a failure; where it makes nothing, the failure is a bug.

    ``own`` are the exceptions of the driver, where it is used without SQLAlchemy. The failure
    itself is not the cause of the problem: its text may hold values, which belong in no log.
    """
    failures: tuple[type[Exception], ...] = (
        sa.exc.StatementError,
        UnicodeError,
        OverflowError,
        *own,
    )
    try:
        yield
    except failures as error:
        cause = error.orig if isinstance(error, sa.exc.StatementError) else error
        if isinstance(cause, UserError):  # a value was refused while it was bound
            raise cause from None
        problem = find_problem(cause)
        if problem is None:
            raise
        raise problem from None


def find_by_code(problems: Mapping[str, Problem], code: str, **facts: str) -> UserError | None:
    """Return the problem of a database's code, which ``problems`` name by how it begins."""
    for start, (kind, template) in problems.items():
        if code.startswith(start):
            return kind(template, {"database_code": code, **facts})
    return None


def find_unstorable_value(error: BaseException | None) -> UserError | None:
    """Return the problem of a value that Python could not hand to the database."""
    if isinstance(error, UnicodeEncodeError):
        return UserError("unstorable_text")
    return UserError("number_too_large") if isinstance(error, OverflowError) else None
