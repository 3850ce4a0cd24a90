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
from zoneplanner.messages import render_message
from zoneplanner.staging import replace_private_file
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
    with suppress(OSError):
        replace_private_file(_find_file(), json.dumps(known, indent=1))


def describe_lost_heads(store: Store, uid: str) -> str:
    """Say that a project does not hold any more what this desk saw of it; else nothing."""
    known = read_known_heads(uid)
    if known is None or store.holds_heads(known.edits, known.entries):
        return ""
    facts = {
        "day": known.at.date(),
        "edits": known.edits.entries,
        "entries": known.entries.entries,
    }
    return render_message("heads_lost", facts)
