"""The errors that a person can cause and fix, and the progress reports of long work."""

from collections.abc import Callable, Mapping
from typing import Any

from zoneplanner.messages import Message, MessageFormats, list_template_facts

ProgressReport = Callable[[float, Message | str], None]
"""Receives the share that is done, 0 to 1, and the current task; may raise `Cancelled`."""


class UserError(Exception):
    """A problem that a person can cause, see and fix: a code and its facts.

    In ``UserError("unknown_site", site="Hill", known=["Dale"])``, the code is one word for programs
    and stays when the sentence is reworded. If a code has several sentences, the template has a
    second word, as in ``not_a_time.no_hour``. ``details`` has the facts (a rule, a place, a figure)
    for the sentence, for ``--json``, and for the details in the window. The sentence is the code's
    template with the facts filled in, see ``messages``.
    """

    def __init__(
        self,
        template: str | Message,
        details: Mapping[str, Any] | None = None,
        /,
        *,
        code: str = "",
        **facts: Any,
    ) -> None:
        super().__init__(template)
        if isinstance(template, Message):
            details = {**template.facts, **(details or {})}
        self.template = template.template if isinstance(template, Message) else template
        self.details: dict[str, Any] = {**(details or {}), **facts}
        self.code = code or self.template.partition(".")[0]
        self.formats: MessageFormats | None = None
        """How the desk writes days, times and lengths; by default ISO 8601 and meters."""
        self.retry: Callable[[], object] | None = None
        """Tries the rejected action again, if it may succeed in the current state."""

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """The sentence: what happened, why, and what to do next."""
        return Message(self.template, **self.details).say(self.formats)

    def to_message(self) -> Message:
        """Return the sentence as a message, without the facts that it does not mention."""
        names = list_template_facts(self.template)
        return Message(self.template, **{name: self.details[name] for name in names})

    @property
    def unsaid_details(self) -> dict[str, Any]:
        """The facts that the sentence does not mention."""
        mentioned = list_template_facts(self.template)
        return {name: value for name, value in self.details.items() if name not in mentioned}

    @property
    def notice(self) -> "str | UserError":
        """The sentence, or the error itself if the rejected action can be tried again."""
        return self.message if self.retry is None else self


class Conflict(UserError):
    """Another desk or program changed the same record after it was read."""


class Damaged(UserError):
    """A project file with a missing or overwritten part, or a file that is not a project."""


class StaleFile(UserError):
    """The open project file is not the file on disk any more; nothing is written to it.

    The data in the open connection can still be saved elsewhere.
    """


class Disconnected(UserError):
    """The server of a shared project cannot be reached or accepts no changes; nothing was
    changed.
    """


class AccessDenied(UserError):
    """The server of a shared project requires a password, or another one."""


class Superseded(UserError):
    """A project file that was moved to a server; it opens read-only."""


class Cancelled(Exception):
    """The person stopped the work; nothing was changed."""
