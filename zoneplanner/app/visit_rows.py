"""Visits of a table in the plain case, by the shortest way: a million of them are read in seconds.

Whatever is not plain is left to ``entry_from_columns``, which says what is wrong with it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zoneplanner.domain.entries import PURPOSE_ALIASES
from zoneplanner.domain.journal import MADE, PURPOSES, NewEntry
from zoneplanner.domain.project import Project

_CONTENT = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

PLAIN = frozenset(
    ("uid", "site", "unit", "officer", "arrived_at", "departed_at", "purpose", "status", "note")
)


class VisitRows:
    """Builds the visits of one table."""

    def __init__(self, project: Project, now: datetime) -> None:
        self._project, self._now = project, now
        self._purposes = {name: name for name in ("", *PURPOSES)} | PURPOSE_ALIASES

    def entry(self, cells: Mapping[str, str], moments: Mapping[str, datetime]) -> NewEntry | None:
        """Return the visit of a row whose site is known, None if not plain.

        ``moments`` are the times of the row, in UTC and to the second.
        """
        arrived, departed = moments["arrived_at"], moments.get("departed_at")
        purpose = self._purposes.get(cells.get("purpose", ""))
        status = cells.get("status", "completed" if departed else "on_site")
        if purpose is None or status not in MADE or not cells.keys() <= PLAIN:
            return None
        if (departed or arrived) > self._now or (departed is not None and departed < arrived):
            return None
        at = arrived.isoformat()
        payload: dict[str, Any] = {"arrived_at": at, "status": status}
        if departed is not None:
            payload["departed_at"] = departed.isoformat()
        if purpose:
            payload["purpose"] = purpose
        for name in ("officer", "note"):
            if name in cells:
                payload[name] = cells[name]
        payload["time_zone"] = self._project.time_zone
        site, unit = cells["site"], cells.get("unit")
        uid = cells.get("uid") or content_uid("visit", site, unit, at, payload)
        return NewEntry(uid, "visit", site, unit, arrived, payload)


def content_uid(
    kind: str, site: str | None, unit: str | None, at: str, payload: Mapping[str, Any]
) -> str:
    """Return a uid that follows from what an entry says, however its times were written.

    ``at`` is the time of the entry as text in UTC.
    """
    said = {name: value for name, value in payload.items() if name != "time_zone"}
    text = _CONTENT.encode([kind, site, unit, at, said])
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
