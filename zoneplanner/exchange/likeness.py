"""Which column of a foreign table is meant by which of ours: by name, by synonym, by likeness."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_ALIKE = 0.84
_SHORT = 4


@dataclass(frozen=True, slots=True)
class _Target:
    """A column of ours: its name, what it is called in the window, and what others call it."""

    name: str
    words: str
    others: tuple[str, ...] = ()
    needed: bool = False


_LATITUDE = _Target("latitude", "Latitude or y", ("lat", "y", "ycoord", "pointy", "northing"))
_LONGITUDE = _Target("longitude", "Longitude or x", ("lon", "lng", "long", "x", "xcoord", "pointx"))
_NAME = ("title", "fullname", "label", "namelsad")
_SCHOOL = ("school", "schoolname", "schnam", "site", "sitename", *_NAME)

_UID = ("id", "number", "incidentnumber", "eventnumber", "callnumber", "casenumber", "cadid")
_AT_SITE = ("school", "schoolname", "sitename", "location", "locationname", "place", "commonplace")
_NOTES = ("notes", "comment", "comments", "remarks", "narrative")

TARGETS: Mapping[str, tuple[_Target, ...]] = {
    "sites": (
        _Target("id", "Code", ("cdscode", "cds", "code", "schoolcode", "siteid", "ncessch", "uid")),
        _Target(
            "name", "Name", ("school", "schoolname", "schnam", "site", "sitename", *_NAME), True
        ),
        _Target("level", "Level", ("soctype", "schoollevel", "eilname", "type", "schooltype")),
        _Target("grades", "Grades", ("gsserved", "gradesserved", "gradespan", "gsoffered")),
        _Target("street", "Street", ("address", "streetaddress", "lstreet", "addr", "street1")),
        _Target("city", "City", ("town", "lcity", "postalcity")),
        _Target("zip", "ZIP", ("zipcode", "postalcode", "lzip", "postcode")),
        _Target("phone", "Phone", ("telephone", "phonenumber", "tel")),
        _Target("enrollment", "Enrollment", ("students", "enrolled", "enrolment", "total")),
        _Target("patrolled", "Patrolled", ("inpatrol", "patrol")),
        _Target("charter", "Charter", ("ischarter", "charteryn")),
        _Target("note", "Note", ("notes", "comment", "remarks")),
        _LATITUDE,
        _LONGITUDE,
    ),
    "jurisdictions": (
        _Target("id", "Id", ("code",)),
        _Target("name", "Name", ("jurisdiction", "city", "cityname", "juris", *_NAME), needed=True),
        _Target("kind", "Kind", ("type", "class", "classfp", "jurtype")),
    ),
    "blocks": (
        _Target("id", "Id", ("geoid20", "geoid10", "geoid", "blockid", "block", "precinct", "fid")),
    ),
    "roads": (
        _Target("name", "Name", ("fullname", "streetname", "street", "road", "rdname")),
        _Target("kind", "Class", ("mtfcc", "class", "roadclass", "fclass", "funcclass", "highway")),
        _Target("speed_mph", "Speed, mph", ("speed", "speedlimit", "maxspeed", "spdlimit")),
        _Target("oneway", "One way", ("onewaydir", "direction", "dir")),
    ),
    "visits": (
        _Target("uid", "Number", _UID),
        _Target("site", "Site", _AT_SITE, needed=True),
        _Target("unit", "Unit", ("unitid", "unitname", "callsign", "car")),
        _Target("officer", "Officer", ("badge", "deputy")),
        _Target(
            "arrived_at",
            "Arrived",
            ("arrived", "arrival", "arrive", "arrivaltime", "timein", "start", "onscene"),
            needed=True,
        ),
        _Target(
            "departed_at",
            "Departed",
            (
                "departed",
                "departure",
                "depart",
                "departuretime",
                "timeout",
                "end",
                "cleared",
            ),
        ),
        _Target("purpose", "Purpose", ("reason", "activity", "type", "visittype")),
        _Target("status", "Status", ("state",)),
        _Target("note", "Note", _NOTES),
    ),
    "incidents": (
        _Target("uid", "Number", _UID),
        _Target("site", "Site", _AT_SITE),
        _Target("type", "What", ("calltype", "nature", "incidenttype", "eventtype"), needed=True),
        _Target("priority", "Priority", ("pri", "callpriority")),
        _Target(
            "received_at",
            "Received",
            ("received", "receivedtime", "calltime", "created", "reported", "timereceived"),
            needed=True,
        ),
        _Target("dispatched_at", "Dispatched", ("dispatched", "dispatchtime", "timedispatched")),
        _Target("enroute_at", "En route", ("enroute", "enroutetime", "timeenroute")),
        _Target("onscene_at", "On scene", ("onscene", "onscenetime", "arrived", "timearrived")),
        _Target("cleared_at", "Cleared", ("cleared", "cleartime", "timecleared", "closed")),
        _Target("units", "Units", ("unit", "unitid", "primaryunit", "assignedunits")),
        _Target("disposition", "How it ended", ("dispo", "result", "outcome")),
        _Target("note", "Note", _NOTES),
    ),
    "drills": (
        _Target("uid", "Number", _UID),
        _Target("site", "Site", _AT_SITE, needed=True),
        _Target("kind", "Kind", ("drill", "drilltype", "type"), needed=True),
        _Target("held_at", "Held", ("held", "date", "datetime", "drilldate"), needed=True),
        _Target("minutes", "Minutes", ("duration", "length", "mins")),
        _Target("officer_present", "Officer present", ("sropresent",)),
        _Target("note", "Note", _NOTES),
    ),
    "reviews": (
        _Target("uid", "Number", _UID),
        _Target("site", "Site", _AT_SITE, needed=True),
        _Target("school_year", "School year", ("year",)),
        _Target("stage", "Stage", ("step", "status"), needed=True),
        _Target("on", "On", ("date", "day"), needed=True),
        _Target("who_kind", "With whom", ("who", "with", "group")),
    ),
}


def plain(text: str) -> str:
    """Return a heading without case, blanks and marks."""
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def likely_columns(kind: str, columns: Sequence[str], taken: Sequence[str] = ()) -> dict[str, str]:
    """Return the column that each of ours is probably in; each column is used once.

    ``taken`` are columns that are spoken for.
    """
    free = {plain(column): column for column in reversed(columns) if column not in taken}
    found: dict[str, str] = {}
    targets = TARGETS[kind]
    for target in targets:
        names = (plain(target.name), *target.others)
        name = next((own for own in names if own in free), None)
        if name is not None:
            found[target.name] = free.pop(name)
    for target in targets:
        if target.name in found:
            continue
        near = _nearest((plain(target.name), *target.others), free)
        if near is not None:
            found[target.name] = free.pop(near)
    return found


def _nearest(names: Sequence[str], free: Mapping[str, str]) -> str | None:
    """Return the heading that begins with one of the names, or is spelled nearly like it."""
    for name in names:
        for heading in free:
            if len(name) >= _SHORT and heading.startswith(name):
                return heading
    best, near = _ALIKE, None
    for name in names:
        for heading in free:
            alike = SequenceMatcher(None, name, heading).ratio() if len(name) >= _SHORT else 0.0
            if alike >= best:
                best, near = alike, heading
    return near
