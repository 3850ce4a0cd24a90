"""Journal entries of the office: incident command, agreements, notices, returns, unit status.

None of them contains the name of a student or employee, or the text of a case. Each kind is
declared by its dataclass, whose field types determine most checks.
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
    parse_choice,
    read_records,
)
from zoneplanner.errors import UserError

MOST_PEOPLE = 100_000
_ALIASES = {"mou": "agreement", "9_1_1": "nine_one_one", "911": "nine_one_one"}
_ALIASES |= {f"type_{number}": str(number) for number in range(1, 5)}
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
    """Declare a kind of records, ordered by its first required field, which is a day or time.

    Choices, past days and times, and counts are checked for all kinds; ``check`` adds the rest.
    """
    return RecordKind(
        name,
        record,
        required=required,
        validate=lambda record, when: check(
            _check_lists(_check_fields(record, required[0], choices, when), list_choices), when
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
    for field in fields(record):
        count = getattr(record, field.name)
        if isinstance(count, int | float) and not isinstance(count, bool):
            _check_count(field.name, count)
    words = {
        name: parse_choice(text, known, name.replace("_", " "), _ALIASES)
        for name, known in choices.items()
        if (text := getattr(record, name))
    }
    return replace(record, **words)


def _check_lists(record: _R, choices: Mapping[str, Sequence[str]]) -> _R:
    """Replace the items of each list by their choices, without duplicates."""
    lists = {
        name: [
            parse_choice(text, known, name.replace("_", " "), _ALIASES)
            for text in getattr(record, name)
        ]
        for name, known in choices.items()
    }
    return replace(record, **{name: tuple(dict.fromkeys(words)) for name, words in lists.items()})


def _check_count(name: str, count: float) -> None:
    if not (0 <= count <= MOST_PEOPLE and count == int(count)):
        raise UserError("out_of_range.people", name=name, count=count, most=MOST_PEOPLE)


def check_agreement_days(first: date, last: date | None) -> None:
    """Refuse an agreement whose last day or next review is before its first day."""
    if last is not None and last < first:
        raise UserError("days_out_of_order.agreement", first=first, last=last)


COMMAND_RECORDS = ("role", "staging_point", "told", "resource", "status")
COMMAND_ROLES = ("site_lead", "unified_command", "liaison", "reunification", "family_information")
"""The roles in the district's plan; the site leads until unified command is established."""
COMMAND_TOLD = (
    "nine_one_one",
    "superintendent",
    "neighbors",
    "families",
    "staff",
    "board",
    "county_office",
    "other_agency",
    "agency_dispatch",
    "bus_hold",
    "communications",
    "staging",
)
REUNIFICATION_WAYS = ("walking", "bus")
NOTICE_DUTIES = ("immigration_enforcement", "ec_48902", "ec_44014", "ec_49390")
"""AB 49 and SB 98; reportable acts; attacks on employees; homicidal threats (SB 906)."""
NOTIFIED = (
    "superintendent",
    "board",
    "principal",
    "legal_counsel",
    "staff",
    "families",
    "students",
    "county_office",
    "law_enforcement",
)
"""The groups that can be notified; no person is named."""
MONITOR_POSTS = ("gate", "hallways", "cafeteria", "fields", "bus_stop", "front_office", "other")
RETURN_SHEETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Return": (
        "monthly_returns",
        (
            "site",
            "site_name",
            "month",
            "drills",
            "plan_steps",
            "trained",
            "monitors",
            "contacts_checked",
            "note",
            "on",
        ),
    ),
    "Drills": ("drills", ("site", "site_name", "kind", "held_at", "minutes", "officer_present")),
    "Trainings": (
        "trainings",
        ("site", "site_name", "course", "held_on", "who_kind", "trained", "employed"),
    ),
    "Plan steps": ("reviews", ("site", "site_name", "stage", "who_kind", "on", "elements")),
}
"""The sheets of a principal's workbook: the table that each is imported into, and its columns."""
RETURN_HEADS = {
    "site": "School code",
    "site_name": "School",
    "kind": "Drill",
    "stage": "Step",
    "who_kind": "Who",
    "on": "Day",
}
"""The workbook's headings for columns whose names do not explain themselves."""
_HOURS_PER_WEEK = 168
_SHA256 = re.compile("[0-9a-f]{64}")
_WORD = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A decision or action in a critical incident, and its time.

    ``incident`` is the uid of the call. ``who`` is the role or agency that has a role or was
    notified, ``place`` a staging point, ``count`` the amount of a resource sent.
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
    """A call to an officer about an open assignment, and the officer's answer.

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
    """A place where families are reunited with students, by agreement with its owner.

    It is at the project's site ``at_site``, or else at ``position`` (latitude, longitude). Without
    ``site`` it serves every school.
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
    """A campus's response page: a vendor's or architect's picture, verified on a day.

    ``picture`` is the SHA-256 of an attachment of the project. ``points`` place it on the map as
    three strings “x y latitude longitude”, with x and y as shares of its sides from the upper left.
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
    """Posts of campus monitors at a site from a day on, with their total hours per week."""

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
    """A school's return for a month: counts only. ``month`` is the first day of the month."""

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
    """A legal duty to notify, without any person's name.

    ``agency`` came or was told, at ``told_at``. ``notified`` are the groups that were notified,
    and ``notice_at`` is when families got a notice.
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
    """An agency's published arrests and citations in the district in a school year."""

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
    """A major event elsewhere in the nation that the team reviews as well."""

    uid: str
    on: date
    event: FreeText
    place: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class TextReview:
    """A review of a text in a language by a person in ``role``; ``version`` is the text's hash."""

    uid: str
    on: date
    language: str
    role: FreeText
    version: str = ""
    sample: bool = False


def _check_command(command: CommandEntry, _: LogMoment) -> CommandEntry:
    needed = {"role": "role", "told": "told", "staging_point": "place"}.get(command.kind, "")
    if needed and not getattr(command, needed):
        raise UserError("column_missing.command_about", kind=command.kind, column=needed)
    return command


def _check_reunification(place: ReunificationSite, _: LogMoment) -> ReunificationSite:
    check_agreement_days(place.on, place.review_on)
    if not place.at_site:
        parse_position(place.position)
    return place


def parse_position(text: str) -> tuple[float, float]:
    """Read “latitude, longitude”. Raises a UserError for any other string."""
    try:
        latitude, longitude = (float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise UserError("not_a_position", text=text) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise UserError("not_a_position", text=text)
    return latitude, longitude


def _check_campus_page(page: CampusPage, _: LogMoment) -> CampusPage:
    if not _SHA256.fullmatch(page.picture):
        raise UserError("not_an_attachment", text=page.picture)
    check_agreement_days(page.on, page.review_on)
    if page.points:
        check_control_points(tuple(map(parse_control_point, page.points)))
    return page


def _check_monitors(post: MonitorPost, _: LogMoment) -> MonitorPost:
    check_agreement_days(post.on, post.ends_on)
    monitors = post.monitors or 1
    if post.hours is not None and post.hours > _HOURS_PER_WEEK * monitors:
        raise UserError("out_of_range.monitor_hours", hours=post.hours, monitors=monitors)
    return post


def names_role(text: str) -> bool:
    """Return whether a string may name a role: it contains a word, not just initials or numbers."""
    return _WORD.search(text) is not None


COMMAND_RECORD = declare_kind(
    "command_entry",
    CommandEntry,
    ("at", "incident", "kind"),
    _check_command,
    kind=COMMAND_RECORDS,
    role=COMMAND_ROLES,
    told=COMMAND_TOLD,
)
REUNIFICATION_RECORD = declare_kind(
    "reunification_site",
    ReunificationSite,
    ("on", "name", "how", "capacity"),
    _check_reunification,
    how=REUNIFICATION_WAYS,
)
CAMPUS_PAGE_RECORD = declare_kind(
    "campus_page",
    CampusPage,
    ("on", "site", "picture"),
    _check_campus_page,
)
MONITOR_RECORD = declare_kind(
    "monitor_post",
    MonitorPost,
    ("on", "site", "post", "monitors"),
    _check_monitors,
    post=MONITOR_POSTS,
)
RETURN_RECORD = declare_kind(
    "monthly_return",
    MonthlyReturn,
    ("on", "site", "month"),
    lambda returned, _: replace(returned, month=returned.month.replace(day=1)),
)
NOTICE_RECORD = declare_kind(
    "legal_notice",
    LegalNotice,
    ("at", "duty"),
    list_choices={"notified": NOTIFIED},
    duty=NOTICE_DUTIES,
)
AGENCY_TOTAL_RECORD = declare_kind(
    "agency_total",
    AgencyTotal,
    ("on", "agency", "school_year"),
    lambda total, _: replace(total, school_year=parse_school_year(total.school_year)),
)
TEXT_REVIEW_RECORD = declare_kind("text_review", TextReview, ("on", "language", "role"))
RELIEF_RECORD = declare_kind(
    "relief_call", ReliefCall, ("at", "officer", "answer"), answer=RELIEF_ANSWERS
)
OUTSIDE_EVENT_RECORD = declare_kind("outside_event", OutsideEvent, ("on", "event"))
OFFICE_RECORDS: tuple[RecordKind[Any], ...] = (
    COMMAND_RECORD,
    REUNIFICATION_RECORD,
    MONITOR_RECORD,
    RETURN_RECORD,
    NOTICE_RECORD,
    AGENCY_TOTAL_RECORD,
    TEXT_REVIEW_RECORD,
    RELIEF_RECORD,
    OUTSIDE_EVENT_RECORD,
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
    """A unit's status without a call, from ``at`` until the unit's next status."""

    uid: str
    unit: str
    status: str
    at: datetime
    sample: bool = False


UNIT_STATUS_RECORD = declare_kind(
    "unit_status", UnitStatus, ("at", "unit", "status"), status=UNIT_STATUSES
)
read_unit_statuses = partial(read_records, UNIT_STATUS_RECORD)
