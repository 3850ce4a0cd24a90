"""Which column of a foreign table is meant by which of ours: by name, by synonym, by likeness."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from zoneplanner.domain.calendar.written_times import TimeForm, judge_time_form
from zoneplanner.exchange.tables.text_table import normalize_heading

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

_OFFICER = (
    *("deputy", "deputyname", "officername", "employee", "employeename", "name", "personnel"),
    *("badge", "badgenumber", "employeeid", "officerid"),
)
_UID = (
    *("id", "number", "incidentnumber", "eventnumber", "callnumber", "casenumber", "cadid"),
    *("masterincidentnumber", "cadeventnumber", "cadincidentnumber", "cadnumber", "cfsnumber"),
    *("incidentid", "eventid", "callid", "inciid", "recordid", "incidentno", "eventno", "callno"),
    *(
        "incident",
        "incidentnum",
        "eventnum",
        "callnum",
        "runnumber",
        "eid",
        "callkey",
        "controlnumber",
        "cfs",
        "cfsno",
        "cfsnum",
        "cfsid",
        "callforservicenumber",
        *("num1", "case", "caseno", "casenum"),
    ),
)
_AT_SITE = (
    *("school", "schoolname", "sitename", "campus", "campusname", "locationname", "commonname"),
    *("commonplacename", "commonplace", "placename", "place", "facility", "facilityname"),
    *("building", "buildingname", "premise", "business", "businessname", "location"),
)
_ADDRESS = _TargetColumn(
    "address",
    "Address",
    (
        *(
            "streetaddress",
            "fulladdress",
            "incidentaddress",
            "addressofincident",
            "locationaddress",
        ),
        *(
            "blockaddress",
            "addressx",
            "hundredblocklocation",
            "incidentlocation",
            "eventlocation",
            "calllocation",
            "locationofincident",
            "generallocation",
        ),
        *("address1", "street", "calladdress", "eventaddress", "location", "locationtext"),
    ),
)
_LATITUDES = ("latitudey", "dispatchlatitude", "latitudex", "latitudeofincident", "mapy", "geoy")
_LONGITUDES = ("longitudex", "dispatchlongitude", "longitudeofincident", "mapx", "geox")
CITY = "city"
_PLACE = (
    _ADDRESS,
    _TargetColumn("latitude", "Latitude or y", (*_LATITUDE.others, "ycoordinate", *_LATITUDES)),
    _TargetColumn("longitude", "Longitude or x", (*_LONGITUDE.others, "xcoordinate", *_LONGITUDES)),
    _TargetColumn(
        CITY,
        "City",
        (
            *("cityname", "town", "municipality", "muni", "addresscity", "incidentcity", "emun"),
            "commcity",
        ),
    ),
)
PLACE_TARGETS = tuple(target.name for target in _PLACE)
LOCATING_TARGETS = ("site", *(name for name in PLACE_TARGETS if name != CITY))
"""Columns that tell which site a row of the log means."""
"""Columns of places that a row of ours does not have."""
_UNITS = (
    *("unit", "unitid", "unitnumber", "unitcallsign", "respondingunitcallsign", "primaryunit"),
    *("primaryunitcallsign", "assignedunits", "callsign", "apparatus", "vehicle", "car", "units"),
    *("respondingunit", "respondingunits", "radioname", "unid"),
)
_ARRIVAL = (
    *("onscene", "arrived", "arrive", "arrival", "arrv", "arvd", "arv", "arr", "atscene", "scene"),
    *("onscn", "atscn"),
    *("arrivedatscene", "arrivedonscene", "arrivedscene", "arts"),
)
_CLEARANCE = (
    *("cleared", "clear", "clrd", "clr", "closed", "close", "end", "ended"),
    *("completed", "available", "avail", "clts"),
)
_NOTES = ("notes", "comment", "comments", "remarks", "narrative")
_SITE = (
    _TargetColumn(
        "id", "Code", ("cdscode", "cds", "code", "schoolcode", "siteid", "ncessch", "uid")
    ),
    _TargetColumn(
        "name", "Name", ("school", "schoolname", "schnam", "site", "sitename", *_NAME), True
    ),
)
_STUDENTS = ("students", "enrolled", "enrolment", "total")
_LEVELS = ("soctype", "schoollevel", "eilname", "type", "schooltype")
_GRADES = ("gsserved", "gradesserved", "gradespan", "gsoffered")
_DISTRICT = _TargetColumn("district", "District", ("districtname", "leaname", "leaid"))

TARGET_COLUMNS: Mapping[str, tuple[_TargetColumn, ...]] = {
    "sites": (
        *_SITE,
        _TargetColumn("level", "Level", _LEVELS),
        _TargetColumn("grades", "Grades", _GRADES),
        _TargetColumn(
            "street", "Street", ("address", "streetaddress", "lstreet", "addr", "street1")
        ),
        _TargetColumn("city", "City", ("town", "lcity", "postalcity")),
        _TargetColumn("zip", "ZIP", ("zipcode", "postalcode", "lzip", "postcode")),
        _TargetColumn("phone", "Phone", ("telephone", "phonenumber", "tel")),
        _TargetColumn("enrollment", "Enrollment", _STUDENTS),
        _TargetColumn("patrolled", "Patrolled", ("inpatrol", "patrol")),
        _TargetColumn("charter", "Charter", ("ischarter", "charteryn")),
        _TargetColumn("note", "Note", ("notes", "comment", "remarks")),
        _LATITUDE,
        _LONGITUDE,
        _DISTRICT,
    ),
    "enrollment": (
        *_SITE,
        _TargetColumn("enrollment", "Enrollment", _STUDENTS),
        _TargetColumn("level", "Level", _LEVELS),
        _TargetColumn("grades", "Grades", _GRADES),
        _DISTRICT,
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
        *_PLACE,
        _TargetColumn("unit", "Unit", ("unitname", *_UNITS)),
        _TargetColumn("officer", "Officer", ("badge", "deputy")),
        _TargetColumn(
            "arrived_at",
            "Arrived",
            (*_ARRIVAL, "in", "start", "from", "visit", "begin", ""),
            needed=True,
        ),
        _TargetColumn(
            "departed_at",
            "Departed",
            ("departed", "departure", "depart", "out", "to", "left", *_CLEARANCE),
        ),
        _TargetColumn("purpose", "Purpose", ("reason", "activity", "type", "visittype")),
        _TargetColumn("status", "Status", ("state",)),
        _TargetColumn("note", "Note", _NOTES),
    ),
    "incidents": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("site", "Site", _AT_SITE),
        *_PLACE,
        _TargetColumn(
            "type",
            "What",
            (
                *("calltype", "nature", "natureofcall", "callnature", "problem", "incidenttype"),
                *("eventtype", "calltypedescription", "incidenttypedescription", "typedescription"),
                *("initialcalltype", "finalcalltype", "initialincidenttypedescription", "typetext"),
                *("incidenttypedesc", "eventtypedescription", "calldescription", "description"),
                *("problemdescription", "initialproblem", "finalproblem", "offense", "reason"),
                *("typeng", "tycod"),
            ),
            True,
        ),
        _TargetColumn(
            "priority",
            "Priority",
            (
                "pri",
                "callpriority",
                "prioritynumber",
                "prioritycode",
                "finalpriority",
                "currentprioritykey",
                "urgency",
            ),
        ),
        _TargetColumn(
            "received_at",
            "Received",
            (
                *(
                    *("received", "receive", "rcvd", "rcv", "recvd", "recv", "recd"),
                    "phonepickup",
                    "create",
                    "created",
                ),
                *("enteredqueue", "queued", "entered", "entry", "opened", "open", "reported"),
                *("report", "whenreported", "response", "occurred", "occurrence", "occurence"),
                *("offense", "start", "taken", "made", "adts", ""),
            ),
            needed=True,
        ),
        _TargetColumn(
            "dispatched_at",
            "Dispatched",
            (
                *("dispatched", "dispatch", "disp", "dispd", "dsp", "dspd", "assigned", "assign"),
                "dsts",
            ),
        ),
        _TargetColumn(
            "enroute_at",
            "En route",
            ("enroute", "enrte", "enrt", "enr", "responding", "responded", "ents"),
        ),
        _TargetColumn(
            "onscene_at",
            "On scene",
            _ARRIVAL,
        ),
        _TargetColumn(
            "cleared_at",
            "Cleared",
            _CLEARANCE,
        ),
        _TargetColumn("units", "Units", _UNITS),
        _TargetColumn(
            "disposition",
            "How it ended",
            (
                *("dispo", "calldisposition", "dispositiontext", "finaldispo", "result", "outcome"),
                *("eventclearancedescription", "cadeventclearancedescription", "clearance"),
            ),
        ),
        _TargetColumn("note", "Note", ("notes",)),
    ),
    "drills": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("site", "Site", _AT_SITE, needed=True),
        *_PLACE,
        _TargetColumn("kind", "Kind", ("drill", "drilltype", "type", "drillkind"), needed=True),
        _TargetColumn("held_at", "Held", ("held", "drill", "conducted", "start", ""), needed=True),
        _TargetColumn("minutes", "Minutes", ("duration", "length", "mins")),
        _TargetColumn("officer_present", "Officer present", ("sropresent",)),
        _TargetColumn("note", "Note", _NOTES),
    ),
    "reviews": (
        _TargetColumn("uid", "Number", _UID),
        _TargetColumn("site", "Site", _AT_SITE, needed=True),
        *_PLACE,
        _TargetColumn("school_year", "School year", ("year",)),
        _TargetColumn("stage", "Stage", ("step", "status"), needed=True),
        _TargetColumn("on", "On", ("date", "day", "reviewed", "review", ""), needed=True),
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
    "officers": (
        _TargetColumn(
            "id",
            "Id",
            (
                *("badge", "badgenumber", "badgeno", "employeeid", "employeenumber", "empid"),
                *("staffid", "serial", "serialnumber", "star", "officerid", "pid"),
            ),
        ),
        _TargetColumn(
            "name",
            "Name",
            ("fullname", "officername", "officer", "deputy", "employee", "employeename"),
            needed=True,
        ),
        _TargetColumn("agency", "Agency", ("department", "dept", "employer", "organization")),
        _TargetColumn(
            "kind", "Kind", ("rank", "title", "position", "role", "classification", "type")
        ),
        _TargetColumn("units", "Units", ("unit", "callsign", "assignment", "unitid", "beat")),
        _TargetColumn("jurisdictions", "Jurisdictions", ("jurisdiction", "city")),
        _TargetColumn("qualifications", "Qualifications", ("certifications", "training")),
        _TargetColumn("prefers", "Prefers", ("preference", "preferences")),
        _TargetColumn("contact", "Contact", ("phone", "cell", "mobile", "email", "phonenumber")),
    ),
    "units": (
        _TargetColumn("id", "Number", ("unit", "unitid", "unitnumber", "callsign", "radioname")),
        _TargetColumn("name", "Name", ("unitname", "description", "title")),
        _TargetColumn("agency", "Agency", ("department", "dept", "employer", "organization")),
        _TargetColumn("kind", "Kind", ("type", "unittype", "class", "classification")),
        _TargetColumn("sworn", "Sworn"),
        _TargetColumn("holds_zone", "Has a zone", ("zone", "haszone", "holdszone")),
        _TargetColumn("primary", "Primary in", ("primaryin", "jurisdiction", "jurisdictions")),
        _TargetColumn("assist", "Backup in", ("backup", "backupin", "assistin")),
        _TargetColumn("posts", "Stands at", ("post", "posts", "standsat", "station")),
    ),
    "shifts": (
        _TargetColumn("uid", "Number", ("id", "shiftid", "number")),
        _TargetColumn("unit", "Unit", ("zone", "post", "assignment", "beat", *_UNITS), needed=True),
        _TargetColumn(
            "officer", "Officer", ("badge", "deputy", "name", "officername", "employee", "staff")
        ),
        _TargetColumn(
            "starts_at",
            "Starts",
            ("start", "starts", "begin", "begins", "shiftstart", "from", "in", "shift", ""),
            needed=True,
        ),
        _TargetColumn(
            "ends_at", "Ends", ("end", "ends", "finish", "shiftend", "to", "out"), needed=True
        ),
        _TargetColumn("status", "Status", ("state",)),
    ),
}


TIME_TARGETS: Mapping[str, tuple[str, ...]] = {
    kind: own
    for kind, targets in TARGET_COLUMNS.items()
    if (own := tuple(one.name for one in targets if one.name.endswith("_at") or one.name == "on"))
}
"""The columns that are times or days, by kind, in the order in which they come to pass."""
_ADDRESS_PARTS = (
    ("estnum", "streetnumber", "streetnum", "stnum", "housenumber", "housenum", "addressnumber"),
    ("edirpre", "predirection", "predir", "streetdirection", "streetdir", "stdir"),
    ("efeanme", "streetname", "stname", "roadname"),
    ("efeatyp", "streettype", "streetsuffix", "sttype", "stsuffix", "roadtype"),
    ("edirsuf", "postdirection", "postdir", "sufdir"),
)
"""Of an address in columns of its own: number, direction, name, type, direction."""
_JOINED = {"name": (("firstname", "lastname"), ("first", "last"), ("fname", "lname"))}
_NOISE = re.compile(
    "date|time|stamp|cad|event|call|incident|first|unit|primary|fixed|original|local|dttm"
)
_SHORT_NOISE = re.compile(r"(?<![a-z])(tm|dt)(?![a-z])", re.IGNORECASE)
"""Time and date in two letters, as words of their own."""
_DAY_WORD = re.compile(r"da|(?<![a-z])dt(?![a-z])", re.IGNORECASE)
_CLOCK_WORD = re.compile(r"time|(?<![a-z])tm(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MatchedColumns:
    """The columns of a file that ours are in, the first with a value counts; and those joined.

    ``joined`` are ours that are several of the file with a blank between.
    """

    columns: Mapping[str, tuple[str, ...]]
    joined: Mapping[str, tuple[str, ...]]


def match_table(
    kind: str, columns: Sequence[str], samples: Mapping[str, Sequence[str]]
) -> MatchedColumns:
    """Return which columns of a table are ours, by their headings and what some cells hold.

    A column of times is one whose cells are; a day and a time of it in columns of their own are
    joined. ``samples`` has cells of each column.
    """
    forms = {column: judge_time_form(samples.get(column, ())) for column in columns}
    times = TIME_TARGETS.get(kind, ())
    found: dict[str, tuple[str, ...]] = {}
    joined: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()
    for target in TARGET_COLUMNS[kind]:
        if target.name in times:
            own = _match_times(target, columns, forms, samples, used, first=target.name == times[0])
            used.update(own[0])
            if len(own[0]) > 1 and own[1]:
                joined[target.name] = own[0]
            elif own[0]:
                found[target.name] = own[0]
    others = [
        column
        for column in columns
        if column not in used
        and (forms[column] is not TimeForm.MOMENT or all(map(str.isdigit, samples[column])))
    ]
    if any(target.name == _ADDRESS.name for target in TARGET_COLUMNS[kind]):
        parts = _find_address_parts(others)
        joined |= {_ADDRESS.name: parts} if parts else {}
        others = [column for column in others if column not in parts]
    plain = match_columns(kind, others, but=(*times, *joined))
    found |= {name: (column,) for name, column in plain.items()}
    for name, pairs in _JOINED.items():
        if name in found or all(name != target.name for target in TARGET_COLUMNS[kind]):
            continue
        there = {normalize_heading(column): column for column in columns}
        pair = next((own for own in pairs if all(one in there for one in own)), None)
        if pair is not None:
            joined[name] = tuple(there[one] for one in pair)
    if (
        "address" in found
        and "site" not in found
        and any(t.name == "site" for t in TARGET_COLUMNS[kind])
    ):
        found["site"] = found["address"]
    return MatchedColumns(found, joined)


def _find_address_parts(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of an address whose number and street are apart; none of a whole one."""
    there = {normalize_heading(column): column for column in reversed(columns)}
    if any(name in there for name in (_ADDRESS.name, *_ADDRESS.others)):
        return ()
    found = [next((own for own in names if own in there), "") for names in _ADDRESS_PARTS]
    if not (found[0] and found[2]):
        return ()
    return tuple(there[own] for own in found if own)


def _match_times(
    target: _TargetColumn,
    columns: Sequence[str],
    forms: Mapping[str, TimeForm],
    samples: Mapping[str, Sequence[str]],
    used: Collection[str],
    *,
    first: bool,
) -> tuple[tuple[str, ...], bool]:
    """Return the columns of a time, and whether they are a day and a time that belong together."""
    names = (normalize_heading(target.name), *target.others)
    found: list[str] = []
    for name in names:
        own = [
            column
            for column in columns
            if column not in used
            and _is_called(column, name)
            and (forms[column] is not TimeForm.NONE or not any(samples.get(column, ())))
        ]
        moments = [column for column in own if forms[column] is TimeForm.MOMENT]
        days = [column for column in own if forms[column] is TimeForm.DAY]
        clocks = [column for column in own if forms[column] is TimeForm.CLOCK]
        blank = [column for column in own if forms[column] is TimeForm.NONE]
        if moments:
            found += [column for column in moments if column not in found]
        elif found:
            continue
        elif days and clocks:
            return (days[0], clocks[0]), True
        elif clocks and first:
            day = _find_general(columns, forms, TimeForm.DAY)
            return ((day, clocks[0]), True) if day else ((clocks[0],), False)
        elif days and first and target.name != "on":
            clock = _find_general(columns, forms, TimeForm.CLOCK)
            return ((days[0], clock), True) if clock else ((days[0],), False)
        elif days or clocks or blank:
            return ((days or clocks or blank)[0],), False
    return tuple(found), False


def _find_general(
    columns: Sequence[str], forms: Mapping[str, TimeForm], form: TimeForm
) -> str | None:
    """Return the column of the day, or of the time, that a whole row is of."""
    named = _CLOCK_WORD if form is TimeForm.CLOCK else _DAY_WORD
    formed = [column for column in columns if forms[column] is form]
    own = [column for column in formed if named.search(column)]
    own = own or formed if len(formed) == 1 else own
    general = [column for column in own if not _NOISE.sub("", normalize_heading(column))]
    return next(iter((*general, *own)), None)


def _is_called(column: str, name: str) -> bool:
    """Tell whether a heading is a name, or is but for words such as time, first and unit."""
    heading = normalize_heading(column)
    if heading == name:
        return True
    core = _NOISE.sub("", normalize_heading(_SHORT_NOISE.sub("", column)))
    return core == name or (core.removesuffix("at") == name and bool(name))


_DISTRICT_WORDS = re.compile(
    r"\b(joint|public|school|schools|dist|district|sd|usd)\b|[^a-z0-9 ]", re.IGNORECASE
)


def is_same_district(one: str, other: str) -> bool:
    """True where two names are of one district: Elk Grove Unified School District is the short one.

    A code is the same where its digits are.
    """
    names = [" ".join(_DISTRICT_WORDS.sub(" ", name.casefold()).split()) for name in (one, other)]
    return bool(names[0]) and names[0] == names[1]


def match_columns(kind: str, columns: Sequence[str], *, but: Sequence[str] = ()) -> dict[str, str]:
    """Return the column that each of ours is probably in; each column is used once.

    ``but`` are columns of ours to leave out.
    """
    free = {normalize_heading(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    targets = [target for target in TARGET_COLUMNS[kind] if target.name not in but]
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
