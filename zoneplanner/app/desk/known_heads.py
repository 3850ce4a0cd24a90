"""How far this desk saw each project: the heads of its history and its journal.

A project that does not hold them any more was cut, written anew, or is an older copy.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.messages import format_count
from zoneplanner.staging import make_private_file, make_private_folder, name_staged
from zoneplanner.storage import JournalHead, Store


class KnownHeads(NamedTuple):
    """The heads of a project that this desk saw last, and when."""

    edits: JournalHead
    entries: JournalHead
    at: datetime


def _find_file() -> Path:
    return find_data_folder() / "heads.json"


def _read_all() -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(_find_file().read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def read_known_heads(uid: str) -> KnownHeads | None:
    """Return what this desk saw of a project; None where it saw nothing, or that is lost."""
    try:
        held = _read_all()[uid]
        edits, entries = (JournalHead(int(n), str(text)) for n, text in held["heads"])
        return KnownHeads(edits, entries, datetime.fromisoformat(held["at"]))
    except (KeyError, TypeError, ValueError):
        return None


def note_heads(store: Store, uid: str, at: datetime) -> None:
    """Remember how far this desk saw a project; that it cannot stops nobody."""
    known: Mapping[str, Any] = {**_read_all(), uid: {"heads": store.heads(), "at": at.isoformat()}}
    path = _find_file()
    with suppress(OSError):
        make_private_folder(path.parent)
        part = path.with_name(name_staged(path.name))
        make_private_file(part)
        part.write_text(json.dumps(known, indent=1), encoding="utf-8")
        part.replace(path)


def describe_lost_heads(store: Store, uid: str) -> str:
    """Say that a project does not hold any more what this desk saw of it; else nothing."""
    known = read_known_heads(uid)
    if known is None or store.holds_heads(known.edits, known.entries):
        return ""
    edits = format_count(known.edits.entries, "edit")
    entries = format_count(known.entries.entries, "entry", "entries")
    return (
        f"On {known.at:%Y-%m-%d} this desk saw {edits} and {entries} of this project, and "
        "they are not all in it: it is an older copy, or its end was cut off or written anew. "
        "Compare with a backup."
    )
