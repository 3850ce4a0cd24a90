"""Journal entries of the office: a critical incident's command, what was agreed, told, returned.

None has a name of a student or an employee, or the text of a case.

Kinds of record that their fields declare: what is checked of each follows from its type.

What a unit does without a call: at a meal, out of service, available again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from zoneplanner.domain.calendar.school_calendar import parse_school_year
from zoneplanner.domain.geography.picture_placement import (
    check_control_points,
    parse_control_point,
)
from zoneplanner.domain.log.journal import FreeText, check_log_day, check_stamp_order
from zoneplanner.domain.log.record_schema import (
    LogMoment,
    LogRecord,
    RecordKind,
    declare_fields,
    parse_choice,
    read_records,
)
from zoneplanner.errors import UserError

MOST_PEOPLE = 100_000
_ALIASES = {"mou": "agreement", "9_1_1": "nine_one_one", "911": "nine_one_one"}
_ALIASES |= {f"type_{one}": str(one) for one in range(1, 5)}
_ALIASES |= {"lunch": "meal", "in_service": "available", "oos": "out_of_service"}
_R = TypeVar("_R", bound=LogRecord)


def declare_kind(
    name: str,
    record: type[_R],
    required: tuple[str, ...],
    check: Callable[[_R, LogMoment], _R] = lambda record, _: record,
    list_choices: Mapping[str, Sequence[str]] = MappingProxyType({}),
    **choices: Sequence[str],
) -> RecordKind[_R]:
    """Declare a kind in order of the first that it needs, its day or its time.

    What follows from the fields is checked for all: words, days and times of the past, counts.
    """
    return RecordKind(
        name,
        record,
        declare_fields(record),
        order_field=required[0],
        required=required,
        validate=lambda one, when: check(
            _check_lists(_check_fields(one, required[0], choices, when), list_choices), when
        ),
        choices=choices,
        list_choices=list_choices,
    )


def _check_fields(
    record: _R, order_field: str, choices: Mapping[str, Sequence[str]], when: LogMoment
) -> _R:
    at = getattr(record, order_field)
    if isinstance(at, datetime):
        check_stamp_order({order_field: at}, when.now)
    else:
        check_log_day(at, when.today)
    for one in fields(record):
        count = getattr(record, one.name)
        if isinstance(count, int | float) and not isinstance(count, bool):
            _check_count(one.name, count)
    words = {
        name: parse_choice(said, known, name.replace("_", " "), _ALIASES)
        for name, known in choices.items()
        if (said := getattr(record, name))
    }
    return replace(record, **words)


def _check_lists(record: _R, choices: Mapping[str, Sequence[str]]) -> _R:
    """Write each list in the words that it is made of, each once."""
    lists = {
        name: tuple(
            dict.fromkeys(
                parse_choice(said, known, name.replace("_", " "), _ALIASES) for said in own
            )
        )
        for name, known in choices.items()
        if (own := getattr(record, name))
    }
    return replace(record, **lists)


def _check_count(name: str, count: float) -> None:
    if not (0 <= count <= MOST_PEOPLE and count == int(count)):
        raise UserError("out_of_range.people", name=name, count=count, most=MOST_PEOPLE)


COMMAND_RECORDS = ("role", "staging_point", "told", "resource", "status")
COMMAND_ROLES = ("site_lead", "unified_command", "liaison", "reunification", "family_information")
"""The roles of the district plan; the site leads until unified command is set up."""
COMMAND_TOLD = (
    *("nine_one_one", "superintendent", "neighbors", "families", "staff", "board"),
    *("county_office", "other_agency"),
    *("agency_dispatch", "bus_hold", "communications", "staging"),
)
REUNIFICATION_WAYS = ("walking", "bus")
NOTICE_DUTIES = ("immigration_enforcement", "ec_48902", "ec_44014", "ec_49390")
"""AB 49 and SB 98; acts to report to police; attacks on employees; homicidal threats (SB 906)."""
NOTIFIED = (
    *("superintendent", "board", "principal", "legal_counsel", "staff", "families", "students"),
    *("county_office", "law_enforcement"),
)
"""Who was notified, by kind: no person is named."""
MONITOR_POSTS = ("gate", "hallways", "cafeteria", "fields", "bus_stop", "front_office", "other")
RETURN_SHEETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Return": (
        "monthly_returns",
        (
            *("site", "site_name", "month", "drills", "plan_steps", "trained", "monitors"),
            *("contacts_checked", "note", "on"),
        ),
    ),
    "Drills": ("drills", ("site", "site_name", "kind", "held_at", "minutes", "officer_present")),
    "Trainings": (
        "trainings",
        ("site", "site_name", "course", "held_on", "who_kind", "trained", "employed"),
    ),
    "Plan steps": ("reviews", ("site", "site_name", "stage", "who_kind", "on", "elements")),
}
"""The sheets of a principal's workbook: the table that each is imported as, and its columns."""
RETURN_HEADS = {
    "site": "School code",
    "site_name": "School",
    "kind": "Drill",
    "stage": "Step",
    "who_kind": "Who",
    "on": "Day",
}
"""How the workbook heads columns whose names do not read by themselves."""
_MOST_HOURS_A_WEEK = 168
_SHA256 = re.compile("[0-9a-f]{64}")
_WORD = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """What was decided or done in a critical incident, and when.

    ``incident`` is the uid of its call; ``who`` the role or agency that holds a role or was told,
    ``place`` a staging point, ``count`` how many of a resource were sent.
    """

    uid: str
    site: str | None
    incident: str
    at: datetime
    kind: str
    role: str = ""
    told: str = ""
    who: FreeText = ""
    place: FreeText = ""
    count: float | None = None
    note: FreeText = ""
    sample: bool = False


RELIEF_ANSWERS = ("accepted", "declined", "no_answer")


@dataclass(frozen=True, slots=True)
class ReliefCall:
    """An officer was called for an open assignment, and what they answered.

    ``officer`` and ``shift`` are ids of the roster.
    """

    uid: str
    site: str | None
    at: datetime
    officer: str
    answer: str
    shift: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class ReunificationSite:
    """A place where families are reunited with students, agreed on with who keeps it.

    ``at_site`` is the site of the project where it is, else ``position`` says latitude, longitude.
    Without ``site`` it serves any school.
    """

    uid: str
    site: str | None
    name: FreeText
    how: str
    capacity: float | None
    on: date
    review_on: date | None = None
    at_site: str = ""
    position: FreeText = ""
    agency: FreeText = ""
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class CampusPage:
    """The response page of a campus: a vendor's or architect's picture, as verified on a day.

    ``picture`` is the SHA-256 of an attachment of the project. ``points`` place it on the map:
    three times “x y latitude longitude”, x and y as shares of its sides from the upper left.
    """

    uid: str
    site: str
    on: date
    picture: str
    points: tuple[str, ...] = ()
    role: FreeText = ""
    review_on: date | None = None
    source: FreeText = ""
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class MonitorPost:
    """Posts of campus monitors at a site from a day on, and their hours a week in all."""

    uid: str
    site: str
    on: date
    post: str
    monitors: float | None
    hours: float | None = None
    ends_on: date | None = None
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class MonthlyReturn:
    """What a school returned for a month, ``month`` being its first day: counts only."""

    uid: str
    site: str
    on: date
    month: date
    drills: float | None = None
    plan_steps: float | None = None
    trained: float | None = None
    monitors: float | None = None
    contacts_checked: bool | None = None
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class LegalNotice:
    """A duty to notify: what came up, who was told and when families got a notice; no person.

    ``agency`` came or was told; ``notified`` are those who heard of it, by kind.
    """

    uid: str
    site: str | None
    at: datetime
    duty: str
    agency: FreeText = ""
    told_at: datetime | None = None
    notified: tuple[str, ...] = ()
    notice_at: datetime | None = None
    role: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class AgencyTotal:
    """Arrests and citations of a school year as an agency released them, for the district."""

    uid: str
    on: date
    agency: FreeText
    school_year: str
    arrests: float | None = None
    citations: float | None = None
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class OutsideEvent:
    """A major event elsewhere in the nation that the team looks back on, too."""

    uid: str
    on: date
    event: FreeText
    place: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class TextReview:
    """A person, by role, read a text in a language and found it right; ``version`` is its hash."""

    uid: str
    on: date
    language: str
    role: FreeText
    version: str = ""
    sample: bool = False


def _check_command(one: CommandEntry, _: LogMoment) -> CommandEntry:
    """Each kind needs what it is about."""
    about = {"role": "role", "told": "told", "staging_point": "place"}.get(one.kind, "")
    if about and not getattr(one, about):
        raise UserError("column_missing.command_about", kind=one.kind, column=about)
    return one


def _check_reunification(one: ReunificationSite, _: LogMoment) -> ReunificationSite:
    if one.review_on is not None and one.review_on < one.on:
        raise UserError("days_out_of_order.agreement", first=one.on, last=one.review_on)
    if not one.at_site:
        parse_position(one.position)
    return one


def parse_position(text: str) -> tuple[float, float]:
    """Read “latitude, longitude”; anything else is a UserError."""
    try:
        latitude, longitude = (float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise UserError("not_a_position", text=text) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise UserError("not_a_position", text=text)
    return latitude, longitude


def _check_campus_page(one: CampusPage, _: LogMoment) -> CampusPage:
    if not _SHA256.fullmatch(one.picture):
        raise UserError("not_an_attachment", text=one.picture)
    if one.review_on is not None and one.review_on < one.on:
        raise UserError("days_out_of_order.agreement", first=one.on, last=one.review_on)
    if one.points:
        check_control_points(tuple(map(parse_control_point, one.points)))
    return one


def _check_monitors(one: MonitorPost, _: LogMoment) -> MonitorPost:
    if one.ends_on is not None and one.ends_on < one.on:
        raise UserError("days_out_of_order.agreement", first=one.on, last=one.ends_on)
    if one.hours is not None and one.hours > _MOST_HOURS_A_WEEK * (one.monitors or 1):
        raise UserError("out_of_range.monitor_hours", hours=one.hours, monitors=one.monitors or 1)
    return one


def names_role(text: str) -> bool:
    """Return whether a text may name a role: it has a word, and is no initial or number."""
    return _WORD.search(text) is not None


COMMAND_RECORD = declare_kind(
    *("command_entry", CommandEntry, ("at", "incident", "kind"), _check_command),
    kind=COMMAND_RECORDS,
    role=COMMAND_ROLES,
    told=COMMAND_TOLD,
)
REUNIFICATION_RECORD = declare_kind(
    *("reunification_site", ReunificationSite, ("on", "name", "how", "capacity")),
    _check_reunification,
    how=REUNIFICATION_WAYS,
)
CAMPUS_PAGE_RECORD = declare_kind(
    *("campus_page", CampusPage, ("on", "site", "picture"), _check_campus_page),
)
MONITOR_RECORD = declare_kind(
    *("monitor_post", MonitorPost, ("on", "site", "post", "monitors"), _check_monitors),
    post=MONITOR_POSTS,
)
RETURN_RECORD = declare_kind(
    *("monthly_return", MonthlyReturn, ("on", "site", "month")),
    lambda one, _: replace(one, month=one.month.replace(day=1)),
)
NOTICE_RECORD = declare_kind(
    *("legal_notice", LegalNotice, ("at", "duty")),
    list_choices={"notified": NOTIFIED},
    duty=NOTICE_DUTIES,
)
AGENCY_TOTAL_RECORD = declare_kind(
    *("agency_total", AgencyTotal, ("on", "agency", "school_year")),
    lambda one, _: replace(one, school_year=parse_school_year(one.school_year)),
)
TEXT_REVIEW_RECORD = declare_kind("text_review", TextReview, ("on", "language", "role"))
RELIEF_RECORD = declare_kind(
    *("relief_call", ReliefCall, ("at", "officer", "answer")), answer=RELIEF_ANSWERS
)
OUTSIDE_EVENT_RECORD = declare_kind("outside_event", OutsideEvent, ("on", "event"))
OFFICE_RECORDS: tuple[RecordKind[Any], ...] = (
    *(COMMAND_RECORD, REUNIFICATION_RECORD, MONITOR_RECORD, RETURN_RECORD, NOTICE_RECORD),
    *(AGENCY_TOTAL_RECORD, TEXT_REVIEW_RECORD, RELIEF_RECORD, OUTSIDE_EVENT_RECORD),
    CAMPUS_PAGE_RECORD,
)

read_command_entries = partial(read_records, COMMAND_RECORD)
read_reunification_sites = partial(read_records, REUNIFICATION_RECORD)
read_campus_pages = partial(read_records, CAMPUS_PAGE_RECORD)
read_monitor_posts = partial(read_records, MONITOR_RECORD)
read_monthly_returns = partial(read_records, RETURN_RECORD)
read_legal_notices = partial(read_records, NOTICE_RECORD)
read_agency_totals = partial(read_records, AGENCY_TOTAL_RECORD)
read_relief_calls = partial(read_records, RELIEF_RECORD)
read_outside_events = partial(read_records, OUTSIDE_EVENT_RECORD)
read_text_reviews = partial(read_records, TEXT_REVIEW_RECORD)


AVAILABLE = "available"
UNIT_STATUSES = (AVAILABLE, "meal", "report", "court", "training", "out_of_service")


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """From when on a unit is what ``status`` says; the next one of the unit takes its place."""

    uid: str
    unit: str
    status: str
    at: datetime
    sample: bool = False


UNIT_STATUS_RECORD = declare_kind(
    "unit_status", UnitStatus, ("at", "unit", "status"), status=UNIT_STATUSES
)
read_unit_statuses = partial(read_records, UNIT_STATUS_RECORD)
