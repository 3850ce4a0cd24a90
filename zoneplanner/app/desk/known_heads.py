"""The last known state of each project on this desk: the heads of its history and its journal.

A project that no longer contains them was shortened or rewritten, or is an older copy. Copies of a
project, for example to try something, develop separately, so a file is compared with the heads that
were seen at its path. A file at a new path is compared with the last heads, unless the file with
those heads still exists at its old path.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.messages import Message
from zoneplanner.staging import replace_private_file
from zoneplanner.storage import JournalHead, Store


class KnownHeads(NamedTuple):
    """A project's heads when this desk last had it open, and when that was."""

    edits: JournalHead
    entries: JournalHead
    at: datetime


def _find_file() -> Path:
    return find_data_folder() / "heads.json"


def _read_all() -> dict[str, Any]:
    with suppress(OSError, ValueError):
        return parse_json_object(_find_file().read_bytes())
    return {}


def _list_places(note: object) -> Mapping[str, Any]:
    """Return the heads by path in a project's note; none if the note is damaged."""
    match note:
        case {"places": dict() as places}:
            return places
    return {}


def _parse_heads(note: object) -> KnownHeads | None:
    match note:
        case {
            "heads": [[int() as edits, str() as edit], [int() as entries, str() as entry]],
            "at": str() as at,
        }:
            heads = JournalHead(edits, edit), JournalHead(entries, entry)
            with suppress(ValueError):
                return KnownHeads(*heads, datetime.fromisoformat(at))
    return None


def read_known_heads(store: Store, uid: str) -> KnownHeads | None:
    """Return the heads to compare a project with, or None if there are none."""
    note = _read_all().get(uid)
    places, place = _list_places(note), _find_place(store)
    if place not in places and any(Path(other).exists() for other in places):
        return None
    return _parse_heads(places.get(place, note))


def _find_place(store: Store) -> str:
    """Return the path of a project.

    The result is an empty string for a project on a server, which has only one place.
    """
    return str(store.path.resolve()) if store.path is not None else ""


def note_heads(store: Store, uid: str, at: datetime) -> None:
    """Remember the heads of a project, if possible."""
    notes = _read_all()
    heads = {"heads": store.heads(), "at": at.isoformat()}
    places = _list_places(notes.get(uid))
    existing = {place: each for place, each in places.items() if Path(place).exists()}
    place = _find_place(store)
    notes[uid] = {**heads, "places": {**existing, place: heads} if place else existing}
    with suppress(OSError):
        replace_private_file(_find_file(), json.dumps(notes))


def describe_lost_heads(store: Store, uid: str) -> Message | None:
    """Return a warning if a project no longer contains its known heads, or None."""
    known = read_known_heads(store, uid)
    if known is None or store.holds_heads(known.edits, known.entries):
        return None
    return Message(
        "heads_lost", day=known.at.date(), edits=known.edits.entries, entries=known.entries.entries
    )
