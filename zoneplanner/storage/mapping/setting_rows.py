"""Bell times as values of JSON, and back."""

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, time
from typing import Any

from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.calendar.bells import BellSchedule, BellTimes
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.geography.travel_times import TravelProvider, TravelTimes
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.rule_pack import DistrictRule, RuleChoices
from zoneplanner.domain.roster.roster_rules import RosterRules
from zoneplanner.storage.mapping.roster_rows import decode_roster_rules, encode_roster_rules
from zoneplanner.storage.records import StoredRow, encode_json

_BELL_GROUPS = ("by_level", "by_site")


def _encode_bells(bells: BellSchedule) -> dict[str, Any]:
    """Return bell times as JSON can hold them; clock times are texts like 08:00."""
    return {
        "arrival_min": bells.arrival_min,
        "dismissal_min": bells.dismissal_min,
        "evening": _format_bell_clock(bells.evening),
        **{
            name: {
                place: _encode_bell_times(times) for place, times in getattr(bells, name).items()
            }
            for name in _BELL_GROUPS
        },
    }


def _decode_bells(values: Mapping[str, Any]) -> BellSchedule:
    """Return the bell times of such values."""
    return BellSchedule(
        arrival_min=values["arrival_min"],
        dismissal_min=values["dismissal_min"],
        evening=time.fromisoformat(values["evening"]),
        **{
            name: {
                place: BellTimes(*(time.fromisoformat(clock) for clock in clocks))
                for place, clocks in values[name].items()
            }
            for name in _BELL_GROUPS
        },
    )


def _encode_bell_times(times: BellTimes) -> list[str]:
    return [_format_bell_clock(getattr(times, field.name)) for field in fields(BellTimes)]


def _format_bell_clock(clock: time) -> str:
    return clock.isoformat(timespec="minutes")


_MOST_TRAVEL_BYTES = 1 << 30


def _encode_travel(travel: TravelTimes | None) -> str:
    """Write drives as JSON, the minutes packed; none is null."""
    if travel is None:
        return encode_json(None)
    return encode_json(
        {
            "provider": str(travel.provider),
            "source": travel.source,
            "vintage": travel.vintage,
            "content": travel.content,
            "speeds_mph": dict(travel.speeds_mph),
            "sites": list(travel.sites),
            "positions": [list(spot) for spot in travel.positions],
            "minutes": base64.b64encode(zlib.compress(travel.minutes)).decode(),
        }
    )


def _decode_travel(text: str) -> TravelTimes | None:
    """Read what ``travel_text`` wrote."""
    found = json.loads(text)
    if found is None:
        return None
    packed = base64.b64decode(found.pop("minutes"))
    return TravelTimes(
        **{
            **found,
            "provider": TravelProvider(found["provider"]),
            "sites": tuple(found["sites"]),
            "positions": tuple((float(x), float(y)) for x, y in found["positions"]),
        },
        minutes=zlib.decompressobj().decompress(packed, _MOST_TRAVEL_BYTES),
    )


_SPAN_FIELDS = ("terms", "holidays", "minimum_days")


@dataclass(frozen=True, slots=True)
class _SettingCodec:
    """How a field of the project is written and read; ``usual`` makes its value without a row."""

    text: Callable[[Any], str]
    read: Callable[[str], Any]
    usual: Callable[[], Any] | None = None


def encode_settings(project: Project, known: Project | None = None) -> Iterator[StoredRow]:
    """Return the rows of a project's settings; those that ``known`` shares are left out."""
    for name, setting in SETTING_CODECS.items():
        value = getattr(project, name)
        if known is not None and value is getattr(known, name):
            continue
        if setting.usual is None or value != setting.usual():
            yield {"name": name, "value": setting.text(value)}


def decode_setting(name: str, text: str | None) -> Any:
    """Return the value of a setting from the text of its row, None where it has no row."""
    setting = SETTING_CODECS[name]
    if text is None:
        return setting.usual() if setting.usual is not None else None
    return setting.read(text)


def decode_settings(rows: Mapping[str, str]) -> dict[str, Any]:
    """Return the project's settings by field, from the texts of the rows that there are."""
    return {
        name: decode_setting(name, rows[name] if setting.usual is None else rows.get(name))
        for name, setting in SETTING_CODECS.items()
    }


def _encode_assumptions(assumptions: Assumptions) -> str:
    """Write the assumptions as JSON."""
    values = {field.name: getattr(assumptions, field.name) for field in fields(Assumptions)}
    plain = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()
    }
    return encode_json(plain)


def _decode_assumptions(text: str) -> Assumptions:
    """Read the assumptions; figures that the text leaves out have their defaults."""
    return Assumptions(**json.loads(text))


def _encode_calendar(calendar: SchoolCalendar) -> str:
    """Write the school calendar as JSON."""
    values = {field.name: getattr(calendar, field.name) for field in fields(SchoolCalendar)}
    for name in _SPAN_FIELDS:
        values[name] = [[span.name, str(span.first), str(span.last)] for span in values[name]]
    values["bells"] = _encode_bells(calendar.bells)
    return encode_json(values)


def _decode_calendar(text: str) -> SchoolCalendar:
    """Read the school calendar; a file from before there were bells has those that are assumed."""
    values = json.loads(text)
    for name in _SPAN_FIELDS:
        values[name] = tuple(
            DateRange(label, date.fromisoformat(first), date.fromisoformat(last))
            for label, first, last in values.get(name, ())
        )
    if "bells" in values:
        values["bells"] = _decode_bells(values["bells"])
    return SchoolCalendar(**values)


def _encode_rule_choices(choices: RuleChoices) -> str:
    """Write a district's choices among the rules as JSON."""
    own = [asdict(rule) for rule in choices.own]
    maps = {name: dict(getattr(choices, name)) for name in ("followed", "days", "years")}
    return encode_json({**maps, "own": own})


def _decode_rule_choices(text: str) -> RuleChoices:
    """Read a district's choices among the rules."""
    values = json.loads(text)
    own = tuple(DistrictRule(**rule) for rule in values["own"])
    days, years = (dict(values.get(name, {})) for name in ("days", "years"))
    return RuleChoices(dict(values["followed"]), own, days, years)


def _encode_visit_rule(rule: VisitRule) -> str:
    """Write the rule of visits as JSON."""
    levels = {level: dict(asked) for level, asked in rule.by_level.items()}
    return encode_json({"by_level": levels, "early_min": rule.early_min, "late_min": rule.late_min})


def _decode_visit_rule(text: str) -> VisitRule:
    """Read the rule of visits."""
    return VisitRule(**json.loads(text))


SETTING_CODECS: dict[str, _SettingCodec] = {
    "assumptions": _SettingCodec(_encode_assumptions, _decode_assumptions),
    "calendar": _SettingCodec(_encode_calendar, _decode_calendar),
    "travel": _SettingCodec(_encode_travel, _decode_travel, lambda: None),
    "rules": _SettingCodec(_encode_rule_choices, _decode_rule_choices, RuleChoices),
    "visit_rule": _SettingCodec(_encode_visit_rule, _decode_visit_rule, VisitRule),
    "roster_rules": _SettingCodec(encode_roster_rules, decode_roster_rules, RosterRules),
}
