"""Presets as data: who patrols, where units may go, what is assumed, when school is in session."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.analysis.geometry.crs import require_meters
from zoneplanner.bundled import gis_data_dir
from zoneplanner.domain.assumptions import OTHER_LEVEL, Assumptions
from zoneplanner.domain.calendar.bells import BellSchedule, BellTimes, check_bell_schedule
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.response_action_terms import DistrictTerm
from zoneplanner.domain.units import Agency, Unit, UnitAccess
from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.toml_table import TomlTable, read_toml
from zoneplanner.messages import Message

_BY_LEVEL = ("visits_per_day", "dwell_min", "call_factor")
_ABOVE_ZERO = ("axis_factor", "speed_mph")


@dataclass(frozen=True, eq=False, slots=True)
class Preset:
    """A staffing with its assumptions and calendar; ``id`` is the file's name without suffix."""

    id: str
    title: str
    crs: str
    time_zone: str
    agencies: Mapping[str, Agency]
    units: Mapping[str, Unit]
    assumptions: Assumptions
    calendar: SchoolCalendar
    tip_line: DistrictTerm


def list_presets() -> dict[str, str]:
    """Return the titles of the bundled presets by id."""
    paths = sorted((gis_data_dir() / "presets").glob("*.toml"))
    return {path.stem: read_toml(path).text("title") for path in paths}


def find_preset(name: str) -> Path:
    """Return a preset's file: a bundled one by id or title, a user's by its path."""
    titles = list_presets()
    for preset, title in titles.items():
        if name.casefold() in (preset, title.casefold()):
            return gis_data_dir() / "presets" / f"{preset}.toml"
    if name.endswith(".toml"):
        return Path(name).expanduser()
    raise UserError("unknown_profile.preset", name=name, known=", ".join(titles))


def read_preset(path: Path) -> Preset:
    """Read a preset.

    Raises
    ------
    UserError
        The file cannot be read, or a key is missing, unknown or invalid; the message names it.
    """
    top = read_toml(path).require_known_keys(
        "title",
        "time_zone",
        "crs",
        "agencies",
        "access",
        "units",
        "assumptions",
        "calendar",
        "tip_line",
    )
    agencies = _read_agencies(top)
    return Preset(
        id=path.stem,
        title=top.text("title"),
        crs=_read_crs(top),
        time_zone=_read_time_zone(top),
        agencies=agencies,
        units=_read_units(top, agencies),
        assumptions=_read_assumptions(top.table("assumptions"))
        if "assumptions" in top.values
        else Assumptions(),
        calendar=_read_calendar(top.table("calendar")),
        tip_line=_read_tip_line(top.table("tip_line"))
        if "tip_line" in top.values
        else DistrictTerm(),
    )


def _read_crs(top: TomlTable) -> str:
    crs = top.text("crs")
    try:
        require_meters(crs)
    except UserError as error:
        top.refuse("crs", error.to_message(), "unreadable_file.key_does_not_fit")
    return crs


def _read_tip_line(table: TomlTable) -> DistrictTerm:
    table.require_known_keys("term", "text")
    return DistrictTerm(table.text("term"), table.text("text", ""))


def _read_time_zone(top: TomlTable) -> str:
    name = top.text("time_zone")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        top.refuse("time_zone", Message("key_fault.no_time_zone", name=name))
    return name


def _read_agencies(top: TomlTable) -> dict[str, Agency]:
    agencies: dict[str, Agency] = {}
    for table in top.tables("agencies"):
        table.require_known_keys("id", "short", "phone")
        agency = Agency(table.text("id"), table.text("short"), table.text("phone", ""))
        if agency.id in agencies:
            table.refuse("id", Message("key_fault.repeated", id=agency.id))
        agencies[agency.id] = agency
    return agencies


def _read_units(top: TomlTable, agencies: Mapping[str, Agency]) -> dict[str, Unit]:
    access = _read_access(top.table("access"))
    units: dict[str, Unit] = {}
    for table in top.tables("units"):
        table.require_known_keys("id", "name", "agency", "kind", "sworn", "holds_zone", "posts")
        uid, agency = table.text("id"), table.choice("agency", agencies)
        if uid in units:
            table.refuse("id", Message("key_fault.repeated", id=uid))
        units[uid] = Unit(
            id=uid,
            name=table.text("name"),
            agency=agency,
            kind=table.text("kind"),
            sworn=table.flag("sworn"),
            access=access.get(uid, access.get(agency, {})),
            holds_zone=table.flag("holds_zone", default=True),
            posts=table.texts("posts"),
        )
    if not units:
        top.refuse("units", Message("key_fault.empty"))
    for name in access:
        if name not in units and name not in agencies:
            top.table("access").refuse(name, Message("key_fault.unknown_unit"))
    return units


def _read_access(table: TomlTable) -> dict[str, dict[str, UnitAccess]]:
    return {
        unit_or_agency: {
            jurisdiction: UnitAccess(row.choice(jurisdiction, list(UnitAccess)))
            for row in [table.table(unit_or_agency)]
            for jurisdiction in row.values
        }
        for unit_or_agency in table.values
    }


def _read_assumptions(table: TomlTable) -> Assumptions:
    """Return the assumptions; those that a preset leaves out keep the program's default."""
    table.require_known_keys(*(field.name for field in fields(Assumptions)))
    figures: dict[str, Any] = {}
    for key in table.values:
        if key in _BY_LEVEL:
            figures[key] = _read_by_level(table.table(key))
        elif key == "missing_enrollment":
            figures[key] = table.whole(key, 0, 100_000)
        else:
            figures[key] = table.number(key, above=0 if key in _ABOVE_ZERO else None)
    return Assumptions(**figures)


def _read_by_level(table: TomlTable) -> dict[str, float]:
    figures = {level: table.number(level) for level in table.values}
    if OTHER_LEVEL not in figures:
        table.refuse(OTHER_LEVEL, Message("key_fault.other_missing"))
    return figures


def _read_calendar(table: TomlTable) -> SchoolCalendar:
    table.require_known_keys(
        "assumed", "early_release_weekday", "terms", "holidays", "minimum_days", "bells"
    )
    early = table.values.get("early_release_weekday")
    return SchoolCalendar(
        terms=tuple(_read_span(item) for item in table.tables("terms")),
        holidays=tuple(_read_span(item) for item in table.tables("holidays")),
        early_release_weekday=None if early is None else table.whole("early_release_weekday", 1, 5),
        assumed=table.flag("assumed", default=True),
        minimum_days=tuple(_read_span(item) for item in table.tables("minimum_days")),
        bells=_read_bells(table.table("bells")) if "bells" in table.values else BellSchedule(),
    )


def _read_bells(table: TomlTable) -> BellSchedule:
    """Return a preset's bell times by level."""
    by_level = {level: _read_bell_times(table.table(level)) for level in table.values}
    bells = BellSchedule(by_level=by_level)
    try:
        check_bell_schedule(bells)
    except UserError as error:
        table.refuse("other", error.to_message(), "unreadable_file.key_does_not_fit")
    return bells


def _read_bell_times(table: TomlTable) -> BellTimes:
    names = [field.name for field in fields(BellTimes)]
    table.require_known_keys(*names)
    return BellTimes(*(table.clock(name) for name in names))


def _read_span(table: TomlTable) -> DateRange:
    table.require_known_keys("name", "first", "last")
    span = DateRange(table.text("name"), table.day("first"), table.day("last"))
    if span.last < span.first:
        table.refuse("last", Message("key_fault.before_first", last=span.last, first=span.first))
    return span
