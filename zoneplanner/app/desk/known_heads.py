"""How far this desk saw each project: the heads of its history and its journal.

A project that does not hold them any more was cut, written anew, or is an older copy. Files of one
project, such as a copy to try things in, go each their own way: each is compared with what was seen
in its place. A file in a new place is compared with what was seen last, unless that file is still
where it was.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.domain.clean_text import parse_json_object
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
        return parse_json_object(_find_file().read_bytes())
    return {}


def _list_places(held: object) -> Mapping[str, Any]:
    """Return what was seen by place; nothing where the note of a project is no note of ours."""
    match held:
        case {"places": dict() as places}:
            return places
    return {}


def _parse_seen(seen: object) -> KnownHeads | None:
    match seen:
        case {
            "heads": [[int() as edits, str() as edit], [int() as entries, str() as entry]],
            "at": str() as at,
        }:
            heads = JournalHead(edits, edit), JournalHead(entries, entry)
            with suppress(ValueError):
                return KnownHeads(*heads, datetime.fromisoformat(at))
    return None


def read_known_heads(store: Store, uid: str) -> KnownHeads | None:
    """Return what this desk saw of a project; None where it saw nothing, or that is lost."""
    held = _read_all().get(uid)
    places, own = _list_places(held), _name_place(store)
    if own not in places and any(Path(place).exists() for place in places):
        return None
    return _parse_seen(places.get(own, held))


def _name_place(store: Store) -> str:
    """Return where a project is kept; empty for that of a server, which is in one place only."""
    return str(store.path.resolve()) if store.path is not None else ""


def note_heads(store: Store, uid: str, at: datetime) -> None:
    """Remember how far this desk saw a project; that it cannot stops nobody."""
    known = _read_all()
    seen = {"heads": store.heads(), "at": at.isoformat()}
    places = _list_places(known.get(uid))
    kept = {place: one for place, one in places.items() if Path(place).exists()}
    own = _name_place(store)
    known[uid] = {**seen, "places": {**kept, own: seen} if own else kept}
    with suppress(OSError):
        replace_private_file(_find_file(), json.dumps(known))


def describe_lost_heads(store: Store, uid: str) -> str:
    """Say that a project does not hold any more what this desk saw of it; else nothing."""
    known = read_known_heads(store, uid)
    if known is None or store.holds_heads(known.edits, known.entries):
        return ""
    facts = {
        "day": known.at.date(),
        "edits": known.edits.entries,
        "entries": known.entries.entries,
    }
    return render_message("heads_lost", facts)
