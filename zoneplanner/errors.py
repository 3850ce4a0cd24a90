"""The errors that a person can cause, see and fix, and what long work reports on its way."""

from collections.abc import Callable, Mapping
from typing import Any

ProgressReport = Callable[[float, str], None]
"""Takes the share that is done, 0 to 1, and what is being done; may raise `Cancelled`."""


class UserError(Exception):
    """One clear sentence about what happened and what to do next.

    ``code`` is one word for programs, such as ``unknown_site``; it stays when the sentence is
    worded anew. ``details`` holds named facts (a rule, a place, a figure) for ``--json`` and for
    the window's fold-out part.
    """

    code = "refused"

    def __init__(
        self, message: str, details: Mapping[str, Any] | None = None, *, code: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = dict(details or {})
        self.code = code or type(self).code
        self.retry: Callable[[], object] | None = None
        """Does what was refused once more, where it may succeed on what stands now."""

    @property
    def notice(self) -> "str | UserError":
        """The sentence, or the refusal itself where what it refused may be done again."""
        return self.message if self.retry is None else self


class Conflict(UserError):
    """Another desk or program changed the same record since it was read."""

    code = "conflict"


class Damaged(UserError):
    """A project file of which a part is missing or overwritten, or that is no project file."""

    code = "damaged"


class StaleFile(UserError):
    """The project file that is open is not the one on disk any more; nothing is written to it.

    What the open connection has may still be saved elsewhere.
    """

    code = "stale_file"


class Disconnected(UserError):
    """The server of a shared project is away or takes nothing now; nothing was changed there."""

    code = "server_away"


class AccessDenied(UserError):
    """The server of a shared project wants a password, or another one."""

    code = "access_denied"


class Superseded(UserError):
    """A project file that was carried to a server: it opens for reading only."""

    code = "superseded"


class Cancelled(Exception):
    """The person stopped the work; nothing was changed."""
