"""Which column of a foreign table is meant by which of ours: by name, by synonym, by likeness."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_LEAST_SIMILARITY = 0.84
_LEAST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class _TargetColumn:
    """A column of ours: its name, what it is called in the window, and what others call it."""

    name: str
    words: str
    others: tuple[str, ...] = ()
    needed: bool = False


_LATITUDE = _TargetColumn("latitude", "Latitude or y", ("lat", "y", "ycoord", "pointy", "northing"))
_LONGITUDE = _TargetColumn(
    "longitude", "Longitude or x", ("lon", "lng", "long", "x", "xcoord", "pointx")
)
_NAME = ("title", "fullname", "label", "namelsad")
_SCHOOL = ("school", "schoolname", "schnam", "site", "sitename", *_NAME)

_OFFICER = (
    *("deputy", "deputyname", "officername", "employee", "employeename", "name", "personnel"),
    *("badge", "badgenumber", "employeeid", "officerid"),
)
_UID = ("id", "number", "incidentnumber", "eventnumber", "callnumber", "casenumber", "cadid")
_AT_SITE = ("school", "schoolname", "sitename", "location", "locationname", "place", "commonplace")
_NOTES = ("notes", "comment", "comments", "remarks", "narrative")

TARGET_COLUMNS: Mapping[str, tuple[_TargetColumn, ...]] = {
    "sites": (
        _TargetColumn(
            "id", "Code", ("cdscode", "cds", "code", "schoolcode", "siteid", "ncessch", "uid")
        ),
        _TargetColumn(
            "name", "Name", ("school", "schoolname", "schnam", "site", "sitename", *_NAME), True
        ),
        _TargetColumn(
            "level", "Level", ("soctype", "schoollevel", "eilname", "type", "schooltype")
        ),
        _TargetColumn("grades", "Grades", ("gsserved", "gradesserved", "gradespan", "gsoffered")),
        _TargetColumn(
            "street", "Street", ("address", "streetaddress", "lstreet", "addr", "street1")
        ),
        _TargetColumn("city", "City", ("town", "lcity", "postalcity")),
        _TargetColumn("zip", "ZIP", ("zipcode", "postalcode", "lzip", "postcode")),
        _TargetColumn("phone", "Phone", ("telephone", "phonenumber", "tel")),
        _TargetColumn("enrollment", "Enrollment", ("students", "enrolled", "enrolment", "total")),
        _TargetColumn("patrolled", "Patrolled", ("inpatrol", "patrol")),
        _TargetColumn("charter", "Charter", ("ischarter", "charteryn")),
        _TargetColumn("note", "Note", ("notes", "comment", "remarks")),
        _LATITUDE,
        _LONGITUDE,
    ),
    "jurisdictions": (
        _TargetColumn("id", "Id", ("code",)),
        _TargetColumn(
            "name", "Name", ("jurisdiction", "city", "cityname", "juris", *_NAME), needed=True
        ),
        _TargetColumn("kind", "Kind", ("type", "class", "classfp", "jurtype")),
    ),
    "blocks": (
        _TargetColumn(
            "id", "Id", ("geoid20", "geoid10", "geoid", "blockid", "block", "precinct", "fid")
        ),
    ),
    "roads": (
        _TargetColumn("name", "Name", ("fullname", "streetname", "street", "road", "rdname")),
        _TargetColumn(
            "kind", "Class", ("mtfcc", "class", "roadclass", "fclass", "funcclass", "highway")
        ),
        _TargetColumn("speed_mph", "Speed, mph", ("speed", "speedlimit", "maxspeed", "spdlimit")),
        _TargetColumn("oneway", "One way", ("onewaydir", "direction", "dir")),
    ),
    "visits": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("site", "Site", _AT_SITE, needed=True),
        _TargetColumn("unit", "Unit", ("unitid", "unitname", "callsign", "car")),
        _TargetColumn("officer", "Officer", ("badge", "deputy")),
        _TargetColumn(
            "arrived_at",
            "Arrived",
            ("arrived", "arrival", "arrive", "arrivaltime", "timein", "start", "onscene"),
            needed=True,
        ),
        _TargetColumn(
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
        _TargetColumn("purpose", "Purpose", ("reason", "activity", "type", "visittype")),
        _TargetColumn("status", "Status", ("state",)),
        _TargetColumn("note", "Note", _NOTES),
    ),
    "incidents": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("site", "Site", _AT_SITE),
        _TargetColumn(
            "type", "What", ("calltype", "nature", "incidenttype", "eventtype"), needed=True
        ),
        _TargetColumn("priority", "Priority", ("pri", "callpriority")),
        _TargetColumn(
            "received_at",
            "Received",
            ("received", "receivedtime", "calltime", "created", "reported", "timereceived"),
            needed=True,
        ),
        _TargetColumn(
            "dispatched_at", "Dispatched", ("dispatched", "dispatchtime", "timedispatched")
        ),
        _TargetColumn("enroute_at", "En route", ("enroute", "enroutetime", "timeenroute")),
        _TargetColumn(
            "onscene_at", "On scene", ("onscene", "onscenetime", "arrived", "timearrived")
        ),
        _TargetColumn("cleared_at", "Cleared", ("cleared", "cleartime", "timecleared", "closed")),
        _TargetColumn("units", "Units", ("unit", "unitid", "primaryunit", "assignedunits")),
        _TargetColumn("disposition", "How it ended", ("dispo", "result", "outcome")),
        _TargetColumn("note", "Note", _NOTES),
    ),
    "drills": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("site", "Site", _AT_SITE, needed=True),
        _TargetColumn("kind", "Kind", ("drill", "drilltype", "type"), needed=True),
        _TargetColumn("held_at", "Held", ("held", "date", "datetime", "drilldate"), needed=True),
        _TargetColumn("minutes", "Minutes", ("duration", "length", "mins")),
        _TargetColumn("officer_present", "Officer present", ("sropresent",)),
        _TargetColumn("note", "Note", _NOTES),
    ),
    "reviews": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("site", "Site", _AT_SITE, needed=True),
        _TargetColumn("school_year", "School year", ("year",)),
        _TargetColumn("stage", "Stage", ("step", "status"), needed=True),
        _TargetColumn("on", "On", ("date", "day"), needed=True),
        _TargetColumn("who_kind", "With whom", ("who", "with", "group")),
    ),
    "hours": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("officer", "Officer", _OFFICER, needed=True),
        _TargetColumn("unit", "Unit", ("unitid", "callsign", "assignment", "post")),
        _TargetColumn("shift", "Shift", ("shiftid",)),
        _TargetColumn(
            "began_at", "Began", ("began", "start", "startsat", "timein", "clockin"), needed=True
        ),
        _TargetColumn(
            "ended_at", "Ended", ("ended", "end", "endsat", "timeout", "clockout"), needed=True
        ),
        _TargetColumn("break_min", "Break, minutes", ("break", "breakminutes", "meal", "lunch")),
        _TargetColumn("pay_code", "Pay code", ("paycode", "code", "earningscode", "type")),
        _TargetColumn("fund", "Fund", ("fundsource", "account", "grant", "budgetcode")),
        _TargetColumn("absent", "Absent"),
        _TargetColumn("note", "Note", _NOTES),
    ),
    "invoices": (
        _TargetColumn(
            "day", "Day", ("date", "servicedate", "workdate", "dateworked", "dateofservice"), True
        ),
        _TargetColumn("officer", "Officer", _OFFICER, needed=True),
        _TargetColumn(
            "hours",
            "Hours",
            ("hrs", "hoursworked", "quantity", "qty", "totalhours", "units", "billedhours"),
            needed=True,
        ),
        _TargetColumn(
            "rate",
            "Rate",
            ("hourlyrate", "billrate", "unitprice", "price", "ratehr", "rateperhour"),
        ),
        _TargetColumn(
            "amount",
            "Amount",
            ("total", "charge", "linetotal", "extended", "extendedprice", "cost", "totaldue"),
        ),
        _TargetColumn("note", "Note", (*_NOTES, "description", "details", "assignment")),
    ),
}


def normalize_heading(text: str) -> str:
    """Return a heading without case, blanks and marks."""
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def match_columns(kind: str, columns: Sequence[str], taken: Sequence[str] = ()) -> dict[str, str]:
    """Return the column that each of ours is probably in; each column is used once.

    ``taken`` are columns that are spoken for.
    """
    free = {
        normalize_heading(column): column for column in reversed(columns) if column not in taken
    }
    found: dict[str, str] = {}
    targets = TARGET_COLUMNS[kind]
    for target in targets:
        names = (normalize_heading(target.name), *target.others)
        name = next((own for own in names if own in free), None)
        if name is not None:
            found[target.name] = free.pop(name)
    for target in targets:
        if target.name in found:
            continue
        near = _find_nearest((normalize_heading(target.name), *target.others), free)
        if near is not None:
            found[target.name] = free.pop(near)
    return found


def _find_nearest(names: Sequence[str], free: Mapping[str, str]) -> str | None:
    """Return the heading that begins with one of the names, or is spelled nearly like it."""
    for name in names:
        for heading in free:
            if len(name) >= _LEAST_LETTERS and heading.startswith(name):
                return heading
    best, near = _LEAST_SIMILARITY, None
    for name in names:
        for heading in free:
            alike = (
                SequenceMatcher(None, name, heading).ratio() if len(name) >= _LEAST_LETTERS else 0.0
            )
            if alike >= best:
                best, near = alike, heading
    return near
