"""What the store tells of itself: the head of the journal, edits, and what verifying found."""

from datetime import datetime
from typing import NamedTuple


class Head(NamedTuple):
    """The journal's anchor: how many entries there are, and the hash of the last one.

    Printed beside a report or kept with a backup, it shows later whether the tail was cut.
    """

    entries: int
    hash: str


class EditRecord(NamedTuple):
    """One saved edit of the project."""

    seq: int
    label: str
    actor: str
    at: datetime


class Finding(NamedTuple):
    """One thing that is wrong with a project file.

    ``code`` is database, schema, chain, anchor or aggregates.
    """

    code: str
    text: str


class Verification(NamedTuple):
    """The outcome of verifying: ``head`` is the hash of the last journal entry."""

    ok: bool
    entries: int
    head: str
    findings: tuple[Finding, ...]
