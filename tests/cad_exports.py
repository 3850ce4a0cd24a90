"""Exports of dispatch systems in their published layouts, and the calls behind them.

They are written from the layouts alone. The columns are those of

- Inform CAD (CentralSquare, TriTech before): ``Response_Master_Incident`` as published by
  Minneapolis and Dallas;
- New World CAD (Tyler): the field listing of its call export, a row for each assigned unit;
- I/CAD (Hexagon, Intergraph before): "Police Calls for Service" of San Jose, data.sanjoseca.gov;
- Versaterm CAD: "Call Data" of Seattle, data.seattle.gov 33kz-ixgy;
- "Dispatch Data from Computer-Aided Dispatch" of Sacramento, data.cityofsacramento.org.

Half of the rows are calls at other places. Like real files they have 30 spellings of a school's
name, cross streets, rows with only an address or a position, 1/1/1900 and blanks for missing
stamps, duplicate rows and footers.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from zoneplanner.domain.project import Project

CALLS_A_DAY = 9.0
FIRST, LAST = date(2026, 10, 5), date(2026, 11, 13)
_TYPES = (
    "FIGHT",
    "TRESPASS",
    "WELFARE CHECK",
    "THREATS",
    "ALARM AUDIBLE",
    "SUSP PERSON",
    "MEDICAL",
)
_STREETS = (
    "MARCONI AVE",
    "FULTON AVE",
    "AUBURN BLVD",
    "MANZANITA AVE",
    "EL CAMINO AVE",
    "WATT AVE",
)
_SHOPS = ("WALMART", "7-ELEVEN", "ARDEN FAIR MALL", "SHELL GAS STATION", "COUNTRY CLUB PLAZA", "")
_NEVER = ("", "1/1/1900 12:00:00 AM", "01/01/1900 00:00:00")


@dataclass(frozen=True)
class Call:
    """One call in local time; ``site`` is None if it was not at a school."""

    number: str
    site: str | None
    kind: str
    priority: int
    received: datetime
    dispatched: datetime | None
    enroute: datetime | None
    onscene: datetime | None
    cleared: datetime | None
    units: tuple[str, ...]
    place: str
    address: str
    lat: float
    lon: float


def list_spellings(name: str, street: str) -> list[str]:
    """List the spellings that dispatchers use for a school, 30 for a high school."""
    ends = {
        " High": ("HS", "HIGH SCHOOL", "HIGH SCH", "H.S.", "HI SCHOOL", "HIGH SCHL", "H S"),
        " Middle": ("MS", "MIDDLE SCHOOL", "MIDDLE SCH", "M.S.", "MID SCH", "MID SCHOOL", "M S"),
        " Elementary": ("ES", "ELEM", "ELEM SCH", "ELEMENTARY SCHOOL", "ELEM SCHOOL", "EL", "E.S."),
        " K-8": ("K8", "K-8 SCHOOL", "K 8", "K8 SCHOOL", "K-8 SCH", "K-8", "SCHOOL K-8"),
    }
    end = next((one for one in ends if name.endswith(one)), "")
    stem = name.removesuffix(end).upper()
    said = [f"{stem} {one}" for one in ends.get(end, ("CENTER", ""))]
    plain, road = said[0].strip(), _short_street(street)
    return [
        *map(str.strip, said),
        f"@{plain}",
        f"{plain} - FRONT OFFICE",
        f"{plain} - GYM",
        f"{plain} (SJUSD)",
        f"SJUSD {plain}",
        f"SJUSD - {plain}",
        f"{plain} CAMPUS",
        f"{plain} PARKING LOT",
        f"{plain} FOOTBALL FIELD",
        f"{plain}: @BACK GATE",
        f"{plain}/{road}",
        f"{plain}; {road}",
        f"{road}; {plain}",
        f"{plain}, {road}, SACRAMENTO",
        f"{plain} @ {road}",
        f"  {stem}   {plain.removeprefix(stem).strip()} ",
        name,
        f"{name} School",
        f"THE {plain}",
        f"{plain} #2",
        f"{plain} ROOM 12",
        f"{plain} LOT B",
        f"*{plain}*",
    ]


def _short_street(street: str) -> str:
    """Write a street as dispatchers do: in capitals, the last word abbreviated, no suite."""
    short = {"AVENUE": "AVE", "DRIVE": "DR", "STREET": "ST", "LANE": "LN", "ROAD": "RD"}
    short |= {"BOULEVARD": "BLVD", "PLACE": "PL", "WAY": "WAY"}
    words = street.upper().split(",")[0].split()
    return " ".join([*words[:-1], short.get(words[-1], words[-1])])


def make_calls(
    project: Project,
    seed: int,
    lonlat: Mapping[str, tuple[float, float]],
    rate: float = CALLS_A_DAY,
) -> list[Call]:
    """Draw calls at the patrolled schools, ``rate`` per school day, and as many elsewhere.

    Schools that share an address are left out, so that an address means one school. Two calls at a
    school never begin within a minute of each other, which would count as duplicates.
    """
    rng = Random(seed)
    streets = [_short_street(site.street) for site in project.patrolled]
    schools = [site for site in project.patrolled if streets.count(_short_street(site.street)) == 1]
    weights = [site.enrollment or 150 for site in schools]
    names = {site.id: iter(_cycle(list_spellings(site.name, site.street))) for site in schools}
    calls: list[Call] = []
    for day in project.calendar.school_days(FIRST, LAST):
        for _ in range(_draw_poisson(rng, rate)):
            (site,) = rng.choices(schools, weights)
            at = datetime.combine(day, time(8, 40)) + timedelta(seconds=rng.randrange(5 * 3600))
            here = [one.received for one in calls if one.site == site.id]
            while any(abs(other - at) < timedelta(minutes=1) for other in here):
                at += timedelta(minutes=2)
            lon, lat = lonlat[site.id]
            off = (rng.uniform(-0.0003, 0.0003) for _ in range(2))
            road = _short_street(site.street)
            there = (lat + next(off), lon + next(off))
            calls.append(_draw_call(rng, site.id, at, next(names[site.id]), road, place=there))
    for _ in range(len(calls)):
        day = FIRST + timedelta(days=rng.randrange((LAST - FIRST).days + 1))
        at = datetime.combine(day, time()) + timedelta(seconds=rng.randrange(86_400))
        corner = " / ".join(rng.sample(_STREETS, 2))
        road = rng.choice((corner, f"{rng.randrange(100, 999)} {rng.choice(_STREETS)}"))
        there = _draw_place_far_from(rng, list(lonlat.values()))
        calls.append(_draw_call(rng, None, at, rng.choice(_SHOPS), road, place=there))
    calls.sort(key=lambda one: one.received)
    return [
        Call(f"26-{number:06}", *(getattr(call, name) for name in _FIELDS))
        for number, call in enumerate(calls, 1)
    ]


_FIELDS = tuple(name for name in Call.__dataclass_fields__ if name != "number")


def _cycle(values: Sequence[str]) -> Iterator[str]:
    while True:
        yield from values


def _draw_poisson(rng: Random, mean: float) -> int:
    count, waited = 0, rng.expovariate(mean)
    while waited < 1:
        count, waited = count + 1, waited + rng.expovariate(mean)
    return count


def _draw_place_far_from(rng: Random, places: Sequence[tuple[float, float]]) -> tuple[float, float]:
    while True:
        lat, lon = rng.uniform(38.55, 38.75), rng.uniform(-121.45, -121.18)
        if all(abs(lon - x) > 0.004 or abs(lat - y) > 0.004 for x, y in places):
            return lat, lon


def _draw_call(
    rng: Random, site: str | None, at: datetime, *where: str, place: tuple[float, float]
) -> Call:
    def later(since: datetime | None, most_s: int, chance: float) -> datetime | None:
        if since is None or rng.random() > chance:
            return None
        return since + timedelta(seconds=rng.randrange(5, most_s))

    dispatched = later(at, 600, 0.95)
    enroute = later(dispatched, 120, 0.9)
    onscene = later(enroute, 900, 0.9)
    cleared = later(onscene or enroute or dispatched or at, 5400, 1)
    units = rng.sample(("S1", "S2", "S3", "S4", "S5", "K9-7", "2A41"), rng.choice((1, 1, 2, 3)))
    kind, priority = rng.choice(_TYPES), rng.randrange(1, 5)
    stamps = (at, dispatched, enroute, onscene, cleared)
    return Call("", site, kind, priority, *stamps, tuple(units), *where, *place)


def _format_us_time(moment: datetime | None, never: str = "") -> str:
    """Format a time in the US style: 8/17/2026 9:05:00 AM."""
    if moment is None:
        return never
    return (
        f"{moment.month}/{moment.day}/{moment.year} "
        f"{moment.hour % 12 or 12}:{moment:%M:%S} {moment:%p}"
    )


def _write_table(rows: Sequence[Mapping[str, object]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_inform(calls: Sequence[Call], seed: int) -> str:
    """Inform CAD: one row per call, with a name, an address, a position, or several of them."""
    rng, rows = Random(seed), []
    for call in calls:
        never = rng.choice(_NEVER)
        shown = rng.choice(("name", "address", "place", "all"))
        rows.append(
            {
                "Master_Incident_Number": call.number,
                "Response_Date": _format_us_time(call.received),
                "Agency_Type": "POLICE",
                "Problem": call.kind,
                "Incident_Type": "Priority Response",
                "Location_Name": call.place if shown in ("name", "all") else "",
                "Location_Type": "School" if call.site else "",
                "City": "SACRAMENTO",
                "State": "CA",
                "ZipCode": "95821",
                "Fixed_Time_PhonePickUp": rng.choice((never, _format_us_time(call.received))),
                "Fixed_Time_CallEnteredQueue": _format_us_time(call.received),
                "Fixed_Time_CallTakingComplete": never,
                "Time_First_Unit_Assigned": _format_us_time(call.dispatched, never),
                "Time_First_Unit_Enroute": _format_us_time(call.enroute, never),
                "Time_First_Unit_Arrived": _format_us_time(call.onscene, never),
                "Fixed_Time_CallClosed": _format_us_time(call.cleared, never),
                "latitude": f"{call.lat:.5f}" if shown in ("place", "all") else "",
                "longitude": f"{call.lon:.5f}" if shown in ("place", "all") else "",
                "HouseNumber": call.address.split()[0],
                "Address": call.address if shown in ("address", "all") else "",
                "Priority_Number": call.priority,
                "Call_Disposition": rng.choice(("RPT-Report", "GOA-Gone on arrival", "")),
            }
        )
    twice = rng.sample(rows, 20)
    return _write_table([*rows, *twice]) + f"\r\nTotal,{len(rows) + 20}\r\n"


def write_new_world(calls: Sequence[Call], seed: int) -> str:
    """New World CAD: one row per unit of a call, in random order."""
    rng, rows = Random(seed), []
    for call in calls:
        for place, unit in enumerate(call.units):
            lag = timedelta(minutes=7 * place)  # later units arrive later, if there is time
            # the first of several units clears before the last
            cleared = call.cleared and call.cleared - timedelta(
                seconds=20 * (len(call.units) - 1 - place)
            )
            stamps = (call.dispatched, call.enroute, call.onscene)
            times = [moment + lag if moment else None for moment in stamps]
            if place and cleared and any(one and one > cleared for one in times):
                times = [None, None, None]
            latest = max((one for one in times if one), default=call.received)
            rows.append(
                {
                    "CallNumber": int(call.number.replace("-", "")),
                    "CreateDateTime": f"{call.received:%Y-%m-%dT%H:%M:%S}",
                    "CloseDateTime": f"{call.cleared:%Y-%m-%dT%H:%M:%S}" if call.cleared else "",
                    "CallType": call.kind,
                    "NatureOfCall": f"{call.kind} reported",
                    "Priority": f"P{call.priority}",
                    "CommonName": call.place,
                    "FullAddress": f"{call.address}, SACRAMENTO CA",
                    "NearestCrossStreets": rng.choice(_STREETS),
                    "PoliceBeat": rng.randrange(1, 9),
                    "LatitudeY": call.lat,
                    "LongitudeX": call.lon,
                    "UnitNumber": unit,
                    "IsPrimary": "true" if place == 0 else "false",
                    "DispatchDateTime": f"{times[0]:%Y-%m-%dT%H:%M:%S}" if times[0] else "",
                    "EnrouteDateTime": f"{times[1]:%Y-%m-%dT%H:%M:%S}" if times[1] else "",
                    "ArriveDateTime": f"{times[2]:%Y-%m-%dT%H:%M:%S}" if times[2] else "",
                    "ClearDateTime": (
                        f"{max(cleared, latest):%Y-%m-%dT%H:%M:%S}" if cleared else ""
                    ),
                }
            )
    rng.shuffle(rows)
    return _write_table(rows)


def write_icad(calls: Sequence[Call], seed: int) -> str:
    """I/CAD as published by San Jose: separate date and time, no stamps, block addresses."""
    rng, rows = Random(seed), []
    for number, call in enumerate(calls):
        road = call.address
        if "/" not in road:
            house, _, name = road.partition(" ")
            low = int("".join(filter(str.isdigit, house))) // 100 * 100
            road = f"[{low}]-[{low + 100}] {name}"
        rows.append(
            {
                "CDTS": f"{call.received:%Y%m%d%H%M%S}PS",
                "EID": 8_000_000 + number,
                "START_DATE": f"{call.received:%-m/%-d/%Y} 12:00:00 AM",
                "CALL_NUMBER": call.number.replace("26-", "P2612"),
                "PRIORITY": call.priority,
                "REPORT_DATE": f"{call.received:%-m/%-d/%Y} 12:00:00 AM",
                "OFFENSE_DATE": f"{call.received:%-m/%-d/%Y} 12:00:00 AM",
                "OFFENSE_TIME": f"{call.received:%H:%M:%S}",
                "CALLTYPE_CODE": rng.choice(("415", "602", "1195")),
                "CALL_TYPE": call.kind,
                "FINAL_DISPO_CODE": rng.choice(("N", "R", "G")),
                "FINAL_DISPO": rng.choice(
                    ("No report required", "Report taken", "Gone on Arrival")
                ),
                "ADDRESS": road,
                "COMMON_PLACE_NAME": call.place,
                "CITY": "San Jose",
                "STATE": "CA",
            }
        )
    return _write_table(rows)


def write_versaterm(calls: Sequence[Call], seed: int) -> str:
    """Versaterm as published by Seattle: AM and PM, no place names, positions or REDACTED."""
    rows = []
    for call in calls:
        seen = call.onscene and f"{call.onscene:%b %d %Y %I:%M:%S:000%p}"
        rows.append(
            {
                "CAD Event Number": call.number.replace("26-", "2026000"),
                "CAD Event Clearance Description": "ASSISTANCE RENDERED",
                "Call Type": "TELEPHONE OTHER, NOT 911",
                "Priority": call.priority,
                "Initial Call Type": call.kind,
                "Final Call Type": f"--{call.kind}",
                "CAD Event Original Time Queued": f"{call.received:%m/%d/%Y %I:%M:%S %p}",
                "CAD Event Arrived Time": seen or "Jan  1 1900 12:00:00:000AM",
                "Dispatch Precinct": "NORTH",
                "Dispatch Sector": "UNION",
                "Dispatch Beat": "U2",
                "Dispatch Longitude": f"{call.lon:.6f}" if call.site else "REDACTED",
                "Dispatch Latitude": f"{call.lat:.6f}" if call.site else "REDACTED",
            }
        )
    return _write_table(rows)


def write_sacramento(
    calls: Sequence[Call], seed: int, to_feet: Callable[[float, float], tuple[float, float]]
) -> str:
    """Sacramento's layout: a date and a time per stamp, positions in state plane feet."""
    rows = []
    for number, call in enumerate(calls):
        x_ft, y_ft = to_feet(call.lon, call.lat)
        row: dict[str, object] = {
            "OBJECTID": number + 1,
            "Record_ID": call.number,
            "Call_Type": "911",
            "Description": call.kind,
            "Reporting_Officer": "0" * 4,
            "Unit_ID": call.units[0],
            "Report_Created": "N",
            "Location": call.address,
            "Police_District": 3,
            "Beat": "3C",
            "Grid": "0734",
            "X_Coordinate": round(x_ft),
            "Y_Coordinate": round(y_ft),
            "Day_of_Week": f"{call.received:%a}",
        }
        for name, moment in (
            ("Occurence", call.received),
            ("Received", call.received),
            ("Dispatch", call.dispatched),
            ("Enroute", call.enroute),
            ("At_Scene", call.onscene),
            ("Clear", call.cleared),
        ):
            row[f"{name}_Date"] = f"{moment:%Y/%m/%d} 08:00:00+00" if moment else ""
            row[f"{name}_Time"] = f"{moment:%H:%M:%S}" if moment else ""
        rows.append(row)
    return _write_table(rows)
