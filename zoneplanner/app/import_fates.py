"""The first rows of a table for the log, as they are listed before any of them is kept."""

from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from zoneplanner.app.import_entries import Numbered
from zoneplanner.app.taking import Fate, RowFate
from zoneplanner.domain.columns import RECORDS
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.project import Project


def fates_of(
    project: Project, listed: Mapping[Fate, Sequence[Numbered]], begun: Collection[str]
) -> tuple[RowFate, ...]:
    """Return the fate of rows: where, when and by whom; ``begun`` take up planned visits."""
    zone = ZoneInfo(project.time_zone)
    return tuple(
        RowFate(row, fate, _where(project, entry), _what(entry, zone, begun), id=entry.uid)
        for fate, rows in listed.items()
        for row, entry in rows
    )


def _where(project: Project, entry: NewEntry) -> str:
    return project.sites[entry.site].name if entry.site else ""


def _what(entry: NewEntry, zone: ZoneInfo, begun: Collection[str]) -> str:
    at = entry.occurred_at.astimezone(zone)
    words = [f"{at:%Y-%m-%d %H:%M}" if RECORDS[entry.kind].timed else f"{at:%Y-%m-%d}"]
    if entry.unit:
        words.append(entry.unit)
    if entry.uid in begun:
        words.append("takes up the visit planned there")
    return ", ".join(words)
