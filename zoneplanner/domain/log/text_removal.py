"""Free text that is removed from the journal: by a records officer, or after its years have passed.

What was removed is named by an entry, of kind redaction or disposal, with the legal basis. An
entry is chained through the hashes of its free texts, so nothing else of it changes. One from
before these hashes has its texts in what is hashed directly: it keeps its hash, and the entry
that names the removal says by which hash what is left of it is known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from zoneplanner.domain.calendar.local_time import to_utc
from zoneplanner.domain.log.entry_shape import MOST_LIST_ITEMS, EntryShape, ValueType
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError

REDACTION_KIND, DISPOSAL_KIND = "redaction", "disposal"
REMOVAL_KINDS = (REDACTION_KIND, DISPOSAL_KIND)
REMOVAL_SHAPE = EntryShape(
    {"entries": ValueType.TEXTS, "basis": ValueType.TEXT, "time_zone": ValueType.TEXT},
    required=("entries", "basis"),
    least_role=ProjectRole.OWNER,
)
MOST_REMOVALS = MOST_LIST_ITEMS
"""So many entries are named by one entry of a removal."""
_NAMED = re.compile(r"([0-9]+) ([a-z_,]+)(?: ([0-9a-f]{64}))?")


class RemovedText(NamedTuple):
    """The free texts of one entry that were removed; ``left`` as in the module's text."""

    seq: int
    fields: tuple[str, ...]
    left: str = ""

    def __str__(self) -> str:
        return f"{self.seq} {','.join(self.fields)} {self.left}".rstrip()


def build_removal_entry(
    kind: str, *, uid: str, removed: Sequence[RemovedText], basis: str, now: datetime
) -> NewEntry:
    """Build the entry that says which texts were removed, and on what legal basis."""
    if not basis.strip():
        raise UserError("reason_missing.removal")
    payload = {"entries": list(map(str, removed)), "basis": basis.strip()}
    return NewEntry(uid, kind, None, None, to_utc(now), payload)


def read_removed_texts(removals: Iterable[Mapping[str, Any]]) -> list[RemovedText]:
    """Return what removals name, from their payloads."""
    said: list[Any] = [item for payload in removals for item in payload.get("entries", ())]
    found = filter(None, (_NAMED.fullmatch(str(item)) for item in said))
    return [
        RemovedText(int(seq), tuple(fields.split(",")), left or "")
        for seq, fields, left in (match.groups() for match in found)
    ]
