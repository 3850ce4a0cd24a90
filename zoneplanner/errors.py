"""The errors that a person can cause, see and fix, and what long work reports on its way."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from zoneplanner.messages import MessageFormats, list_template_facts, render_message

ProgressReport = Callable[[float, str], None]
"""Takes the share that is done, 0 to 1, and what is being done; may raise `Cancelled`."""

_TEMPLATE_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?")


class UserError(Exception):
    """What a person can cause, see and fix: a code and its facts.

    ``UserError("unknown_site", site="Hill", known=["Dale"])``: the code is one word for programs
    and stays when the sentence is worded anew; where one code has several sentences the template
    has a second word, ``not_a_time.no_hour``. ``details`` holds the facts (a rule, a place, a
    figure) for the sentence, for ``--json`` and for the window's fold-out part. The sentence is
    the template of the code filled in, see ``messages``.

    A ready sentence in place of the code, with ``code`` beside it, is the older form.
    """

    code = "refused"

    def __init__(
        self,
        template: str = "",
        details: Mapping[str, Any] | None = None,
        /,
        *,
        code: str = "",
        **facts: Any,
    ) -> None:
        super().__init__(template)
        self.template = template
        self.details: dict[str, Any] = {**(details or {}), **facts}
        named = template.partition(".")[0] if _TEMPLATE_NAME.fullmatch(template) else ""
        self.code = code or named or type(self).code
        self.formats: MessageFormats | None = None
        """How the desk writes days, times and lengths; ISO 8601 and meters where not given."""
        self.retry: Callable[[], object] | None = None
        """Does what was refused once more, where it may succeed on what stands now."""

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """The sentence: what happened, why, and what to do next."""
        if _TEMPLATE_NAME.fullmatch(self.template):
            return render_message(self.template, self.details, self.formats)
        return self.template

    @property
    def unsaid_details(self) -> dict[str, Any]:
        """The facts that the sentence does not name already."""
        if not _TEMPLATE_NAME.fullmatch(self.template):
            return self.details
        said = list_template_facts(self.template)
        return {name: value for name, value in self.details.items() if name not in said}

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
    """A project file that was carried to a server: it opens read-only."""

    code = "superseded"


class Cancelled(Exception):
    """The person stopped the work; nothing was changed."""
