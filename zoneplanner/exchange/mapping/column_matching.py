"""Match the columns of a foreign table to ours: by name, by synonym, by similar spelling."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from zoneplanner.domain.calendar.written_times import TimeForm, judge_time_form
from zoneplanner.exchange.tables.text_table import normalize_heading

_LEAST_SIMILARITY = 0.84
_LEAST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column of ours: its name, its title in the window, and normalized headings of others.

    If ``is_general``, it also matches headings of general words, such as “Event time”.
    """

    name: str
    title: str
    synonyms: tuple[str, ...] = ()
    needed: bool = False
    is_general: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        """The normalized headings that mean this column, the most likely one first."""
        general = ("",) if self.is_general else ()
        return (normalize_heading(self.name), *self.synonyms, *general)


def _column(
    name: str, title: str, synonyms: str = "", *, needed: bool = False, is_general: bool = False
) -> TargetColumn:
    """Return a column; its synonyms are separated by blanks."""
    return TargetColumn(name, title, tuple(synonyms.split()), needed, is_general)


_NAMES = "title fullname label namelsad"
_LATITUDES = "lat y ycoord pointy northing"
_LONGITUDES = "lon lng long x xcoord pointx"
_OFFICERS = (
    "deputy deputyname officername employee employeename name personnel badge badgenumber "
    "employeeid officerid"
)
_NUMBERS = (
    "id number incidentnumber eventnumber callnumber casenumber cadid masterincidentnumber "
    "cadeventnumber cadincidentnumber cadnumber cfsnumber incidentid eventid callid inciid "
    "recordid incidentno eventno callno incident incidentnum eventnum callnum runnumber eid "
    "callkey controlnumber cfs cfsno cfsnum cfsid callforservicenumber num1 case caseno casenum"
)
_SITES = (
    "school schoolname sitename campus campusname locationname commonname commonplacename "
    "commonplace placename place facility facilityname building buildingname premise business "
    "businessname location"
)
_ADDRESSES = (
    "streetaddress fulladdress incidentaddress addressofincident locationaddress blockaddress "
    "addressx hundredblocklocation incidentlocation eventlocation calllocation locationofincident "
    "generallocation address1 street calladdress eventaddress location locationtext"
)
_UNITS = (
    "unit unitid unitnumber unitcallsign respondingunitcallsign primaryunit primaryunitcallsign "
    "assignedunits callsign apparatus vehicle car units respondingunit respondingunits radioname "
    "unid"
)
_ARRIVALS = (
    "onscene arrived arrive arrival arrv arvd arv arr atscene scene onscn atscn arrivedatscene "
    "arrivedonscene arrivedscene arts"
)
_CLEARANCES = "cleared clear clrd clr closed close end ended completed available avail clts"
_NOTES = "notes comment comments remarks narrative"
_STUDENTS = "students enrolled enrolment total"
_LEVELS = "soctype schoollevel eilname type schooltype"
_GRADES = "gsserved gradesserved gradespan gsoffered"

CITY = "city"
_ADDRESS = _column("address", "Address", _ADDRESSES)
_PLACE_COLUMNS = (
    _ADDRESS,
    _column(
        "latitude",
        "Latitude or y",
        f"{_LATITUDES} ycoordinate latitudey dispatchlatitude latitudex latitudeofincident "
        "mapy geoy",
    ),
    _column(
        "longitude",
        "Longitude or x",
        f"{_LONGITUDES} xcoordinate longitudex dispatchlongitude longitudeofincident mapx geox",
    ),
    _column(CITY, "City", "cityname town municipality muni addresscity incidentcity emun commcity"),
)
PLACE_TARGETS = tuple(column.name for column in _PLACE_COLUMNS)
LOCATING_TARGETS = ("site", *(name for name in PLACE_TARGETS if name != CITY))
"""Columns that show which site a row of the log is about."""
_NUMBER = _column("uid", "Number", _NUMBERS)
_SITE_OF_ROW = _column("site", "Site", _SITES, needed=True)
_OFFICER = _column("officer", "Officer", _OFFICERS, needed=True)
_NOTE = _column("note", "Note", _NOTES)
_DISTRICT = _column("district", "District", "districtname leaname leaid")
_SCHOOL_COLUMNS = (
    _column("id", "Code", "cdscode cds code schoolcode siteid ncessch uid"),
    _column("name", "Name", f"school schoolname schnam site sitename {_NAMES}", needed=True),
)
_SCHOOL_FACTS = (
    _column("level", "Level", _LEVELS),
    _column("grades", "Grades", _GRADES),
)
_ENROLLMENT = _column("enrollment", "Enrollment", _STUDENTS)
_AGENCY = _column("agency", "Agency", "department dept employer organization")

TARGET_COLUMNS: Mapping[str, tuple[TargetColumn, ...]] = {
    "sites": (
        *_SCHOOL_COLUMNS,
        *_SCHOOL_FACTS,
        _column("street", "Street", "address streetaddress lstreet addr street1"),
        _column("city", "City", "town lcity postalcity"),
        _column("zip", "ZIP", "zipcode postalcode lzip postcode"),
        _column("phone", "Phone", "telephone phonenumber tel"),
        _ENROLLMENT,
        _column("patrolled", "Patrolled", "inpatrol patrol"),
        _column("charter", "Charter", "ischarter charteryn"),
        _column("note", "Note", "notes comment remarks"),
        _column("latitude", "Latitude or y", _LATITUDES),
        _column("longitude", "Longitude or x", _LONGITUDES),
        _DISTRICT,
    ),
    "enrollment": (*_SCHOOL_COLUMNS, _ENROLLMENT, *_SCHOOL_FACTS, _DISTRICT),
    "jurisdictions": (
        _column("id", "Id", "code"),
        _column("name", "Name", f"jurisdiction city cityname juris {_NAMES}", needed=True),
        _column("kind", "Kind", "type class classfp jurtype"),
    ),
    "blocks": (_column("id", "Id", "geoid20 geoid10 geoid blockid block precinct fid"),),
    "roads": (
        _column("name", "Name", "fullname streetname street road rdname"),
        _column("kind", "Class", "mtfcc class roadclass fclass funcclass highway"),
        _column("speed_mph", "Speed, mph", "speed speedlimit maxspeed spdlimit"),
        _column("oneway", "One way", "onewaydir direction dir"),
    ),
    "visits": (
        _NUMBER,
        _SITE_OF_ROW,
        *_PLACE_COLUMNS,
        _column("unit", "Unit", f"unitname {_UNITS}"),
        _column("officer", "Officer", "badge deputy"),
        _column(
            "arrived_at",
            "Arrived",
            f"{_ARRIVALS} in start from visit begin",
            needed=True,
            is_general=True,
        ),
        _column(
            "departed_at",
            "Departed",
            f"departed departure depart out to left {_CLEARANCES}",
        ),
        _column("purpose", "Purpose", "reason activity type visittype"),
        _column("status", "Status", "state"),
        _NOTE,
    ),
    "incidents": (
        _NUMBER,
        _column("site", "Site", _SITES),
        *_PLACE_COLUMNS,
        _column(
            "type",
            "What",
            "calltype nature natureofcall callnature problem incidenttype eventtype "
            "calltypedescription incidenttypedescription typedescription initialcalltype "
            "finalcalltype initialincidenttypedescription typetext incidenttypedesc "
            "eventtypedescription calldescription description problemdescription initialproblem "
            "finalproblem offense reason typeng tycod",
            needed=True,
        ),
        _column(
            "priority",
            "Priority",
            "pri callpriority prioritynumber prioritycode finalpriority currentprioritykey urgency",
        ),
        _column(
            "received_at",
            "Received",
            "received receive rcvd rcv recvd recv recd phonepickup create created enteredqueue "
            "queued entered entry opened open reported report whenreported response occurred "
            "occurrence occurence offense start taken made adts",
            needed=True,
            is_general=True,
        ),
        _column(
            "dispatched_at",
            "Dispatched",
            "dispatched dispatch disp dispd dsp dspd assigned assign dsts",
        ),
        _column("enroute_at", "En route", "enroute enrte enrt enr responding responded ents"),
        _column("onscene_at", "On scene", _ARRIVALS),
        _column("cleared_at", "Cleared", _CLEARANCES),
        _column("units", "Units", _UNITS),
        _column(
            "disposition",
            "How it ended",
            "dispo calldisposition dispositiontext finaldispo result outcome "
            "eventclearancedescription cadeventclearancedescription clearance",
        ),
        _column("note", "Note", "notes"),
    ),
    "drills": (
        _NUMBER,
        _SITE_OF_ROW,
        *_PLACE_COLUMNS,
        _column("kind", "Kind", "drill drilltype type drillkind", needed=True),
        _column("held_at", "Held", "held drill conducted start", needed=True, is_general=True),
        _column("minutes", "Minutes", "duration length mins"),
        _column("officer_present", "Officer present", "sropresent"),
        _NOTE,
    ),
    "reviews": (
        _NUMBER,
        _SITE_OF_ROW,
        *_PLACE_COLUMNS,
        _column("school_year", "School year", "year"),
        _column("stage", "Stage", "step status", needed=True),
        _column("on", "On", "date day reviewed review", needed=True, is_general=True),
        _column("who_kind", "With whom", "who with group"),
    ),
    "hours": (
        _NUMBER,
        _OFFICER,
        _column("unit", "Unit", "unitid callsign assignment post"),
        _column("shift", "Shift", "shiftid"),
        _column("began_at", "Began", "began start startsat timein clockin", needed=True),
        _column("ended_at", "Ended", "ended end endsat timeout clockout", needed=True),
        _column("break_min", "Break, minutes", "break breakminutes meal lunch"),
        _column("pay_code", "Pay code", "paycode code earningscode type"),
        _column("fund", "Fund", "fundsource account grant budgetcode"),
        _column("absent", "Absent"),
        _NOTE,
    ),
    "invoices": (
        _column("day", "Day", "date servicedate workdate dateworked dateofservice", needed=True),
        _OFFICER,
        _column(
            "hours",
            "Hours",
            "hrs hoursworked quantity qty totalhours units billedhours",
            needed=True,
        ),
        _column("rate", "Rate", "hourlyrate billrate unitprice price ratehr rateperhour"),
        _column(
            "amount",
            "Amount",
            "total charge linetotal extended extendedprice cost totaldue",
        ),
        _column("note", "Note", f"{_NOTES} description details assignment"),
    ),
    "officers": (
        _column(
            "id",
            "Id",
            "badge badgenumber badgeno employeeid employeenumber empid staffid serial serialnumber "
            "star officerid pid",
        ),
        _column(
            "name",
            "Name",
            "fullname officername officer deputy employee employeename",
            needed=True,
        ),
        _AGENCY,
        _column("kind", "Kind", "rank title position role classification type"),
        _column("units", "Units", "unit callsign assignment unitid beat"),
        _column("jurisdictions", "Jurisdictions", "jurisdiction city"),
        _column("qualifications", "Qualifications", "certifications training"),
        _column("prefers", "Prefers", "preference preferences"),
        _column("contact", "Contact", "phone cell mobile email phonenumber"),
    ),
    "units": (
        _column("id", "Number", "unit unitid unitnumber callsign radioname"),
        _column("name", "Name", "unitname description title"),
        _AGENCY,
        _column("kind", "Kind", "type unittype class classification"),
        _column("sworn", "Sworn"),
        _column("holds_zone", "Has a zone", "zone haszone holdszone"),
        _column("primary", "Primary in", "primaryin jurisdiction jurisdictions"),
        _column("assist", "Backup in", "backup backupin assistin"),
        _column("posts", "Stands at", "post posts standsat station"),
    ),
    "shifts": (
        _column("uid", "Number", "id shiftid number"),
        _column("unit", "Unit", f"zone post assignment beat {_UNITS}", needed=True),
        _column("officer", "Officer", "badge deputy name officername employee staff"),
        _column(
            "starts_at",
            "Starts",
            "start starts begin begins shiftstart from in shift",
            needed=True,
            is_general=True,
        ),
        _column("ends_at", "Ends", "end ends finish shiftend to out", needed=True),
        _column("status", "Status", "state"),
    ),
}


TIME_TARGETS: Mapping[str, tuple[str, ...]] = {
    kind: names
    for kind, targets in TARGET_COLUMNS.items()
    if (names := tuple(t.name for t in targets if t.name.endswith("_at") or t.name == "on"))
}
"""The columns of times or days by kind, in the order in which the times occur."""
_ADDRESS_PARTS = (
    ("estnum", "streetnumber", "streetnum", "stnum", "housenumber", "housenum", "addressnumber"),
    ("edirpre", "predirection", "predir", "streetdirection", "streetdir", "stdir"),
    ("efeanme", "streetname", "stname", "roadname"),
    ("efeatyp", "streettype", "streetsuffix", "sttype", "stsuffix", "roadtype"),
    ("edirsuf", "postdirection", "postdir", "sufdir"),
)
"""The parts of an address in separate columns: number, direction, name, type, direction."""
_NAME_PAIRS = (("firstname", "lastname"), ("first", "last"), ("fname", "lname"))
_NOISE = re.compile(
    "date|time|stamp|cad|event|call|incident|first|unit|primary|fixed|original|local|dttm"
)
_SHORT_NOISE = re.compile(r"(?<![a-z])(tm|dt)(?![a-z])", re.IGNORECASE)
"""“Time” and “date” in two letters, as separate words."""
_DAY_WORD = re.compile(r"da|(?<![a-z])dt(?![a-z])", re.IGNORECASE)
_CLOCK_WORD = re.compile(r"time|(?<![a-z])tm(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MatchedColumns:
    """A file's columns by our columns; the first column with a value counts.

    The values of ``joined`` columns are joined with a blank.
    """

    columns: Mapping[str, tuple[str, ...]]
    joined: Mapping[str, tuple[str, ...]]


def match_table(
    kind: str, columns: Sequence[str], samples: Mapping[str, Sequence[str]]
) -> MatchedColumns:
    """Match the columns of a table to ours, by their headings and by sample cells by column.

    Columns of times are recognized by their cells; if a day and its time are in two columns, those
    are joined.
    """
    forms = {column: judge_time_form(samples.get(column, ())) for column in columns}
    target_names = [target.name for target in TARGET_COLUMNS[kind]]
    times = TIME_TARGETS.get(kind, ())
    matched: dict[str, tuple[str, ...]] = {}
    joined: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()
    for target in TARGET_COLUMNS[kind]:
        if target.name in times:
            is_first = target.name == times[0]
            names, is_pair = _match_times(target, columns, forms, samples, used, is_first=is_first)
            used.update(names)
            if names:
                (joined if is_pair else matched)[target.name] = names
    others = [
        column
        for column in columns
        if column not in used
        and (forms[column] is not TimeForm.MOMENT or all(map(str.isdigit, samples[column])))
    ]
    if _ADDRESS.name in target_names and (parts := _find_address_parts(others)):
        joined[_ADDRESS.name] = parts
        others = [column for column in others if column not in parts]
    plain = match_columns(kind, others, ignored=(*times, *joined))
    matched |= {name: (column,) for name, column in plain.items()}
    if "name" in target_names and "name" not in matched:
        by_heading = {normalize_heading(column): column for column in columns}
        for pair in _NAME_PAIRS:
            if all(heading in by_heading for heading in pair):
                joined["name"] = tuple(by_heading[heading] for heading in pair)
                break
    if "address" in matched and "site" not in matched and "site" in target_names:
        matched["site"] = matched["address"]
    return MatchedColumns(matched, joined)


def _find_address_parts(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of an address in parts; none if one column has the complete address."""
    by_heading = {normalize_heading(column): column for column in reversed(columns)}
    if any(heading in by_heading for heading in _ADDRESS.headings):
        return ()
    parts = [next((name for name in names if name in by_heading), "") for names in _ADDRESS_PARTS]
    number, _, street, *_ = parts
    return tuple(by_heading[part] for part in parts if part) if number and street else ()


def _match_times(
    target: TargetColumn,
    columns: Sequence[str],
    forms: Mapping[str, TimeForm],
    samples: Mapping[str, Sequence[str]],
    used: Collection[str],
    *,
    is_first: bool,
) -> tuple[tuple[str, ...], bool]:
    """Return the columns of a time, and whether they are a day column and its time column."""
    all_moments: list[str] = []
    for name in target.headings:
        candidates = [
            column
            for column in columns
            if column not in used
            and _means(column, name)
            and (forms[column] is not TimeForm.NONE or not any(samples.get(column, ())))
        ]
        moments, days, clocks, blank = (
            [column for column in candidates if forms[column] is form]
            for form in (TimeForm.MOMENT, TimeForm.DAY, TimeForm.CLOCK, TimeForm.NONE)
        )
        if moments:
            all_moments += [column for column in moments if column not in all_moments]
        elif all_moments:
            continue
        elif days and clocks:
            return (days[0], clocks[0]), True
        elif clocks and is_first:
            day = _find_general(columns, forms, TimeForm.DAY)
            return ((day, clocks[0]), True) if day else ((clocks[0],), False)
        elif days and is_first and target.name != "on":
            clock = _find_general(columns, forms, TimeForm.CLOCK)
            return ((days[0], clock), True) if clock else ((days[0],), False)
        elif days or clocks or blank:
            return ((days or clocks or blank)[0],), False
    return tuple(all_moments), False


def _find_general(
    columns: Sequence[str], forms: Mapping[str, TimeForm], form: TimeForm
) -> str | None:
    """Return the column with the day, or the time of day, of the row as a whole."""
    word = _CLOCK_WORD if form is TimeForm.CLOCK else _DAY_WORD
    candidates = [column for column in columns if forms[column] is form]
    if len(candidates) != 1:
        candidates = [column for column in candidates if word.search(column)]
    general = (column for column in candidates if not _NOISE.sub("", normalize_heading(column)))
    return next(general, next(iter(candidates), None))


def _means(column: str, name: str) -> bool:
    """Whether a heading is a name, apart from words such as time, first and unit."""
    heading = normalize_heading(column)
    if heading == name:
        return True
    core = _NOISE.sub("", normalize_heading(_SHORT_NOISE.sub("", column)))
    return core == name or (core.removesuffix("at") == name and bool(name))


_DISTRICT_WORDS = re.compile(
    r"\b(joint|public|school|schools|dist|district|sd|usd)\b|[^a-z0-9 ]", re.IGNORECASE
)


def is_same_district(one: str, other: str) -> bool:
    """Whether two names mean one district: “Elk Grove Unified School District” is “Elk Grove”.

    Two codes are the same if their digits are.
    """
    names = [" ".join(_DISTRICT_WORDS.sub(" ", name.casefold()).split()) for name in (one, other)]
    return bool(names[0]) and names[0] == names[1]


def match_columns(
    kind: str, columns: Sequence[str], *, ignored: Sequence[str] = ()
) -> dict[str, str]:
    """Return the probable column for each of ours; each column is used once.

    Our columns in ``ignored`` are left out.
    """
    free = {normalize_heading(column): column for column in reversed(columns)}
    matched: dict[str, str] = {}
    targets = [target for target in TARGET_COLUMNS[kind] if target.name not in ignored]
    for find in (_find_exact, _find_similar):
        for target in targets:
            if target.name not in matched and (heading := find(target.headings, free)) is not None:
                matched[target.name] = free.pop(heading)
    return matched


def _find_exact(names: Sequence[str], headings: Collection[str]) -> str | None:
    return next((name for name in names if name in headings), None)


def _find_similar(names: Sequence[str], headings: Collection[str]) -> str | None:
    """Return the heading that begins with one of the names, or is spelled almost like it."""
    long_names = [name for name in names if len(name) >= _LEAST_LETTERS]
    for name in long_names:
        for heading in headings:
            if heading.startswith(name):
                return heading
    best, similar = _LEAST_SIMILARITY, None
    for name in long_names:
        for heading in headings:
            similarity = SequenceMatcher(None, name, heading).ratio()
            if similarity >= best:
                best, similar = similarity, heading
    return similar
