"""The first minutes of a lockdown: who was told when, which schools are near, the next bell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import hypot
from zoneinfo import ZoneInfo

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellSpan, compute_bell_spans
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.office_entries import COMMAND_RECORD, CommandEntry
from zoneplanner.domain.log.record_schema import read_records
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.domain.project import Project

_MILE_M = 1609.344
_COMMAND_KINDS = ("command_entry", "void")
COMMAND_STEPS = (
    *("nine_one_one", "agency_dispatch", "superintendent", "neighbors"),
    *("bus_hold", "communications", "staging"),
)
"""What is done in the first minutes, in this order; each has its time in the log."""


@dataclass(frozen=True, slots=True)
class NearbySchool:
    """A school near another one, and how far away in a straight line."""

    site: Site
    away_m: float


def log_command_time(
    session: Session, action: ResponseAction, told: str, at: datetime | None = None
) -> JournalEntry:
    """Log that somebody was told, now or at a moment, about the call of an action that goes on."""
    columns = {"site": action.site, "incident": action.incident, "kind": "told", "told": told}
    if at is not None:
        columns["at"] = format_utc_iso(at)
    return log_record(session, COMMAND_RECORD.name, columns)


def void_command_time(session: Session, told: CommandEntry) -> JournalEntry:
    """Void a time that was logged by a slip; the entry itself is kept."""
    columns = {"void": told.uid, "reason": "Taken back at the console"}
    return log_record(session, COMMAND_RECORD.name, columns)


def list_command_times(session: Session) -> Mapping[str, Mapping[str, CommandEntry]]:
    """Return the entries that say first who was told when, by the call and then by whom."""
    found: dict[str, dict[str, CommandEntry]] = {}
    entries = session.store.entries(kinds=_COMMAND_KINDS)
    for one in read_records(COMMAND_RECORD, entries):
        if one.told:
            found.setdefault(one.incident, {}).setdefault(one.told, one)
    return found


def list_nearby_schools(project: Project, site_id: str) -> tuple[NearbySchool, ...]:
    """Return the other schools within a mile, the nearest first."""
    home = project.sites.get(site_id)
    if home is None:
        return ()
    found = [
        NearbySchool(site, away_m)
        for site in project.sites.values()
        if site.id != site_id
        and (away_m := hypot(site.x_m - home.x_m, site.y_m - home.y_m)) <= _MILE_M
    ]
    return tuple(sorted(found, key=lambda one: (one.away_m, one.site.name)))


def find_next_bell(project: Project, site_id: str, now: datetime) -> BellSpan | None:
    """Return the part of the school day that goes on or comes next today; its end is a bell."""
    site, zone = project.sites.get(site_id), project.time_zone
    day = now.astimezone(ZoneInfo(zone)).date()
    kind = project.calendar.day_kind(day)
    if site is None or kind is None:
        return None
    bells = project.calendar.bells
    times = bells.find_bell_times(site.id, site.level)
    spans = compute_bell_spans(bells, times, day, kind, time_zone=zone)
    return next((span for span in spans if now < span.ends_at), None)
