"""How far this desk saw each project: the heads of its history and its journal.

A project that does not hold them any more was cut, written anew, or is an older copy. Files of one
project, such as a copy to try things in, go each their own way: each is compared with what was seen
in its place. A file in a new place is compared with what was seen last, unless that file is still
where it was.
"""

import json
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


def read_known_heads(store: Store, uid: str) -> KnownHeads | None:
    """Return what this desk saw of a project; None where it saw nothing, or that is lost."""
    try:
        held = _read_all()[uid]
        places = held.get("places", {})
        own = _name_place(store)
        if own not in places and any(Path(place).exists() for place in places):
            return None
        held = places.get(own, held)
        edits, entries = (JournalHead(int(n), str(text)) for n, text in held["heads"])
        return KnownHeads(edits, entries, datetime.fromisoformat(held["at"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _name_place(store: Store) -> str:
    """Return where a project is kept; empty for that of a server, which is in one place only."""
    return str(store.path.resolve()) if store.path is not None else ""


def note_heads(store: Store, uid: str, at: datetime) -> None:
    """Remember how far this desk saw a project; that it cannot stops nobody."""
    known = _read_all()
    seen = {"heads": store.heads(), "at": at.isoformat()}
    before = known.get(uid)
    places = before.get("places", {}) if isinstance(before, dict) else {}
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
