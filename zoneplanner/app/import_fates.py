"""The first rows of a table for the log, as they are listed before any of them is kept."""

from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from zoneplanner.app.import_entries import NumberedEntry
from zoneplanner.app.taking import RowOutcome, RowResult
from zoneplanner.domain.columns import RECORD_KINDS
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.project import Project


def list_row_results(
    project: Project, listed: Mapping[RowOutcome, Sequence[NumberedEntry]], begun: Collection[str]
) -> tuple[RowResult, ...]:
    """Return the fate of rows: where, when and by whom; ``begun`` take up planned visits."""
    zone = ZoneInfo(project.time_zone)
    return tuple(
        RowResult(
            row,
            fate,
            _name_place(project, entry),
            _describe_entry(entry, zone, begun),
            id=entry.uid,
        )
        for fate, rows in listed.items()
        for row, entry in rows
    )


def _name_place(project: Project, entry: NewEntry) -> str:
    return project.sites[entry.site].name if entry.site else ""


def _describe_entry(entry: NewEntry, zone: ZoneInfo, begun: Collection[str]) -> str:
    at = entry.occurred_at.astimezone(zone)
    words = [f"{at:%Y-%m-%d %H:%M}" if RECORD_KINDS[entry.kind].timed else f"{at:%Y-%m-%d}"]
    if entry.unit:
        words.append(entry.unit)
    if entry.uid in begun:
        words.append("takes up the visit planned there")
    return ", ".join(words)
