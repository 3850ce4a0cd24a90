"""The declarations of the journal's records: the shape of each kind of entry, and its fields.

``EntryShape`` declares what an entry may contain. Files, the outbox and imports call
``check_entry_shape``. Because a server's roles can write SQL directly, the server's functions are
generated from the same declaration (``EntryShape.describe``).

A field declares how it is read from text and from a stored payload. The displayed words are in
``resources/records.toml``. A kind that is declared there and in ``DECLARED_RECORDS`` gets its
form, action, tables and audience rules without any other code.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from zoneplanner.bundled import read_resource_table
from zoneplanner.domain.calendar.local_time import (
    LocalTimeParser,
    format_utc_iso,
    parse_moment,
    to_utc,
)
from zoneplanner.domain.clean_text import clean_name, clean_text
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.log.journal import (
    FIRST_LOG_YEAR,
    FreeText,
    NewEntry,
    derive_current_entries,
    make_unreadable_error,
)
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError
from zoneplanner.messages import load_templates

_FIRST_ENTRY_MOMENT = datetime(FIRST_LOG_YEAR, 1, 1, tzinfo=UTC)
LAST_ENTRY_MOMENT = datetime(9999, 12, 30, tzinfo=UTC)
"""One day before ``datetime.max``, so that it has a local time in every zone."""

LONGEST_NAME = 200
"""The most characters of a uid, site, unit or desk."""

LONGEST_TEXT = 10_000
"""The most characters of a text in a payload."""

LONGEST_PAYLOAD = 200_000
"""The most characters of a new payload as JSON; a longer one is not even parsed."""

LONGEST_STORED_PAYLOAD = 5_000_000
"""The most characters of a stored payload that are parsed; earlier versions had no limit."""

MOST_LIST_ITEMS = 200
LARGEST_NUMBER = 10**9
DAY_PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME_PATTERN = (
    f"{DAY_PATTERN}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{{1,6}})?"
    "(Z|[+-][0-9]{2}:[0-9]{2})"
)


_Entry = TypeVar("_Entry", bound=NewEntry)


_DAY, _TIME = re.compile(DAY_PATTERN), re.compile(TIME_PATTERN)


class ValueType(StrEnum):
    """The type of a payload's field in JSON.

    A free text is in people's own words, and is stored in a way that allows its removal.
    """

    TEXT = "text"
    FREE_TEXT = "free_text"
    TIME = "time"
    DAY = "day"
    TEXTS = "texts"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"

    def fits(self, value: Any) -> bool:
        """Return whether a value has this type."""
        return _FITS[self](value)


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text) <= LONGEST_NAME and clean_name(text) == text


def _is_moment(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        return is_entry_moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return False


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        return date.fromisoformat(text).year >= FIRST_LOG_YEAR
    except ValueError:
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) <= MOST_LIST_ITEMS
        and all(isinstance(item, str) and len(item) <= LONGEST_NAME for item in value)
    )


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    # Python and PostgreSQL write other numbers differently, and nothing here is negative
    return number and str(value)[0] != "-" and (value == 0 or 0.001 <= value <= LARGEST_NUMBER)


_FITS: Mapping[ValueType, Callable[[Any], bool]] = {
    ValueType.TEXT: _is_text,
    ValueType.FREE_TEXT: _is_text,
    ValueType.TIME: lambda value: isinstance(value, str) and _is_moment(value),
    ValueType.DAY: lambda value: _is_text(value) and _is_day(value),
    ValueType.TEXTS: _is_list,
    ValueType.NUMBER: _is_number,
    ValueType.INTEGER: lambda value: _is_number(value) and isinstance(value, int),
    ValueType.BOOLEAN: lambda value: isinstance(value, bool),
}


def is_entry_moment(moment: datetime) -> bool:
    """Return whether a journal entry may have this time."""
    return _FIRST_ENTRY_MOMENT <= moment < LAST_ENTRY_MOMENT


COMMON_FIELDS = {"time_zone": ValueType.TEXT, "sample": ValueType.BOOLEAN}
"""Fields of every record's payload: the time zone it was logged in, and whether it is a sample."""


@dataclass(frozen=True, slots=True)
class EntryShape:
    """What entries of one kind contain: the types of their payload's fields, and choices of some.

    A number with ``choices`` is compared with them as text. ``required`` are fields that every
    payload has. ``needs_site`` means that an entry is about a school, ``corrects`` that it is about
    another entry. Only ``least_role`` and above may log, correct or void such an entry.
    """

    payload: Mapping[str, ValueType]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    required: Sequence[str] = ()
    needs_site: bool = False
    corrects: bool = False
    least_role: ProjectRole = ProjectRole.DISPATCHER

    @property
    def free_text(self) -> frozenset[str]:
        """The names of the free-text fields."""
        return frozenset(
            name for name, type_ in self.payload.items() if type_ is ValueType.FREE_TEXT
        )

    def check_payload(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Refuse a payload that entries of a kind cannot have."""
        for name, value in payload.items():
            if name not in self.payload:
                raise UserError("bad_entry.field", kind=kind, field=str(name)[:LONGEST_NAME])
            choices = self.choices.get(name)
            allowed = choices is None or str(value) in choices
            if not (self.payload[name].fits(value) and allowed):
                raise UserError("bad_entry.value", kind=kind, field=name)
        for name in self.required:
            if name not in payload:
                raise UserError("bad_entry.value", kind=kind, field=name)

    def describe(self) -> dict[str, Any]:
        """Return the shape as plain data."""
        return {
            "payload": {name: str(type_) for name, type_ in self.payload.items()},
            "choices": {name: list(words) for name, words in self.choices.items()},
            "required": list(self.required),
            "needs_site": self.needs_site,
            "corrects": self.corrects,
        }


_READS: Mapping[ValueType, Callable[[Any], bool]] = {
    ValueType.TEXT: lambda value: isinstance(value, str),
    ValueType.FREE_TEXT: lambda value: isinstance(value, str),
    ValueType.TIME: lambda value: value == "" or ValueType.TIME.fits(value),
    ValueType.DAY: lambda value: value == "" or ValueType.DAY.fits(value),
    ValueType.TEXTS: lambda value: isinstance(value, str) or _is_list_of_texts(value),
    ValueType.NUMBER: _is_number,
    ValueType.INTEGER: _is_number,
    ValueType.BOOLEAN: lambda value: isinstance(value, bool),
}
"""What can still be read: earlier versions stored lists as text, and texts of any length."""


def find_unreadable_field(entry: NewEntry, shapes: Mapping[str, EntryShape]) -> str:
    """Return the name of a field that makes an entry unreadable, or "".

    An entry of an unknown kind is a later version's and is not judged.
    """
    names = (entry.uid, entry.kind, entry.site or "", entry.unit or "", entry.supersedes or "")
    shape = shapes.get(entry.kind, _UNKNOWN_KIND)
    faults = {
        "uid": not entry.uid or not all(isinstance(name, str) for name in names),
        "supersedes": entry.supersedes == entry.uid,
        "occurred_at": not is_entry_moment(entry.occurred_at),
        "site": shape.needs_site and not entry.site,
        **{name: not entry.payload.get(name) for name in shape.required},
    }
    for name, value in entry.payload.items():
        type_ = shape.payload.get(name)
        if value is None or type_ is None:
            continue
        faults[name] = not _READS[type_](value) or (
            type_ is ValueType.INTEGER and str(int(value)) not in shape.choices.get(name, ())
        )
    return next((name for name, is_faulty in faults.items() if is_faulty), "")


def clean_entry(entry: _Entry) -> _Entry:
    """Return an entry without invisible characters in its payload.

    The result is the same object if it has none.
    """
    if all(map(_is_plain, entry.payload.values())):
        return entry
    cleaned = {name: _clean_value(value) for name, value in entry.payload.items()}
    return entry if cleaned == entry.payload else replace(entry, payload=cleaned)


def _is_plain(value: Any) -> bool:
    """Return quickly whether a value needs no cleaning; most values are plain ASCII."""
    return type(value) is str and value.isascii() and value.isprintable()


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if not _is_list_of_texts(value):
        return value
    cleaned = [clean_name(item) for item in value]
    return value if cleaned == list(value) else cleaned


_UNKNOWN_KIND = EntryShape({})


def check_entry_shape(entry: NewEntry, shapes: Mapping[str, EntryShape]) -> None:
    """Refuse an entry with an invalid kind, name, time or payload.

    Raises
    ------
    UserError
        ``bad_entry``, with the kind and the field.
    """
    shape = shapes.get(entry.kind)
    if shape is None:
        raise UserError("bad_entry.kind", kind=str(entry.kind)[:LONGEST_NAME])
    for name in ("uid", "site", "unit", "supersedes"):
        text = getattr(entry, name)
        if (text is not None or name == "uid") and not _is_name(text):
            raise UserError("bad_entry.name", kind=entry.kind, field=name)
    if shape.needs_site and entry.site is None:
        raise UserError("bad_entry.name", kind=entry.kind, field="site")
    if not is_entry_moment(entry.occurred_at):
        raise UserError("bad_entry.time", kind=entry.kind)
    if entry.supersedes == entry.uid:
        raise UserError("bad_entry.self", uid=entry.uid)
    if shape.corrects and entry.supersedes is None:
        raise UserError("bad_entry.name", kind=entry.kind, field="supersedes")
    shape.check_payload(entry.kind, entry.payload)


_TABLE = "records.toml"
_LISTS = ("also", "staff", "duty")
_SMALL_WORDS = ("a", "of", "on", "the", "to")
_SHARED_TABLES = ("labels", "words")


@dataclass(frozen=True, slots=True)
class RecordWords:
    """The displayed words of one kind of record; ``records.toml`` explains each."""

    title: str
    table: str
    one: str
    about: str = ""
    tip: str = ""
    icon: str = ""
    group: str = ""
    also: tuple[str, ...] = ()
    what: str = ""
    status: str = ""
    role: str = ""
    note: str = "note"
    staff: tuple[str, ...] = ()
    duty: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def menu_text(self) -> str:
        """The title in title case, for menus."""
        words = self.title.split(" ")
        return " ".join(
            word if word in _SMALL_WORDS else f"{word[:1].upper()}{word[1:]}" for word in words
        )


@cache
def _read_table() -> Mapping[str, Mapping[str, Any]]:
    return read_resource_table(_TABLE)


@cache
def read_record_words() -> Mapping[str, RecordWords]:
    """Return the displayed words of each kind of record, by its name."""
    return {
        kind: RecordWords(**{**row, **{name: tuple(row.get(name, ())) for name in _LISTS}})
        for kind, row in _read_table().items()
        if kind not in _SHARED_TABLES
    }


def list_record_groups() -> dict[str, list[str]]:
    """Return the kinds of records by the submenu from which they are logged."""
    return group_pairs(
        (words.group, kind) for kind, words in read_record_words().items() if words.group
    )


def format_column(kind: str, column: str) -> str:
    """Return the label of a field in a kind's form: the kind's own label or the shared one."""
    labels: Mapping[str, str] = {**_read_table()["labels"], **read_record_words()[kind].labels}
    return labels.get(column) or f"&{column.replace('_', ' ').capitalize()}"


def format_choice(word: str) -> str:
    """Return the displayed text of a choice."""
    text: str | None = _read_table()["words"].get(word)
    return text or word.replace("_", " ").capitalize()


_YES, _NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")


class LogMoment(NamedTuple):
    """The time at which something is logged, and the zone of its local times.

    ``times`` reads a table's times, if they are written in another form.
    """

    now: datetime
    time_zone: str
    times: LocalTimeParser | None = None

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()


@dataclass(frozen=True, slots=True)
class _RecordField:
    """How one field is stored in a payload, read from a column's text, and restored.

    ``read`` takes the text, the column's name and the time. ``restore`` takes the stored value,
    None if there is none, and raises a ValueError if the value is invalid or must not be missing.
    ``blank`` is the value of a field that was not filled in.
    """

    stored: ValueType
    read: Callable[[str, str, LogMoment], Any]
    restore: Callable[[Any], Any]
    blank: Any = None


def parse_list(text: str) -> tuple[str, ...]:
    """Read a list separated by semicolons."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def parse_choice(
    text: str, known: Sequence[str], what: str, aliases: Mapping[str, str] | None = None
) -> str:
    """Read one of the known words. Raises a UserError that says ``what`` it should be."""
    if text in known:
        return text
    name = re.sub(r"[^\w/]+", "_", text.casefold()).strip("_")
    name = (aliases or {}).get(name, name)
    if name not in known:
        raise UserError("unknown_choice", what=what, text=text, known=list(known))
    return name


def _parse_boolean(text: str, name: str, _: LogMoment | None = None) -> bool:
    if text.casefold() not in (*_YES, *_NO):
        raise UserError("not_yes_or_no", text=text, name=name)
    return text.casefold() in _YES


def _read_time(text: str, _name: str, when: LogMoment) -> datetime:
    if when.times is not None:
        return when.times.read(text)
    return parse_moment(text, time_zone=when.time_zone, now=when.now)


def _read_day(text: str, _name: str, when: LogMoment) -> date:
    if text.casefold() in ("today", "yesterday"):
        return when.today - timedelta(days=text.casefold() == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("not_a_date", text=text) from None


def _read_number(text: str, name: str, _when: LogMoment) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError("not_a_number.of_record", text=text, name=name) from None


def _read_priority(text: str, _name: str, _when: LogMoment) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UserError("not_a_number.priority", text=f"“{text}”")
    return int(text)


def _restore_optional(restore: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda stored: None if stored in (None, "") else restore(str(stored))


def _restore_list(stored: Any) -> tuple[str, ...]:
    return parse_list(stored) if isinstance(stored, str) else tuple(stored or ())


TIME_FIELD = _RecordField(ValueType.TIME, _read_time, _restore_optional(datetime.fromisoformat))
_TEXT_FIELD = _RecordField(
    ValueType.TEXT, lambda text, *_: text, lambda stored: str(stored or ""), ""
)
_FIELD_BY_TYPE: Mapping[object, _RecordField] = {
    str: _TEXT_FIELD,
    FreeText: replace(_TEXT_FIELD, stored=ValueType.FREE_TEXT),
    str | None: _RecordField(ValueType.TEXT, lambda text, *_: text, lambda stored: stored),
    datetime: TIME_FIELD,
    datetime | None: TIME_FIELD,
    date: _RecordField(ValueType.DAY, _read_day, lambda stored: date.fromisoformat(str(stored))),
    date | None: _RecordField(ValueType.DAY, _read_day, _restore_optional(date.fromisoformat)),
    tuple[str, ...]: _RecordField(
        ValueType.TEXTS, lambda text, *_: parse_list(text), _restore_list, ()
    ),
    float | None: _RecordField(ValueType.NUMBER, _read_number, lambda stored: stored),
    int: _RecordField(
        ValueType.INTEGER, _read_priority, lambda stored: 3 if stored is None else int(stored), 3
    ),
    bool | None: _RecordField(ValueType.BOOLEAN, _parse_boolean, lambda stored: stored),
}
"""How a field of a record is read, by its type; the only integer is a priority."""


def _needs_value(declared: _RecordField) -> bool:
    """Return whether a field cannot be restored if a payload omits it."""
    try:
        declared.restore(None)
    except ValueError:
        return True
    return False


_FIRST_COLUMNS, _LAST_COLUMNS = ("uid",), ("sample", "supersedes")
_OTHER_COLUMNS = frozenset((*_FIRST_COLUMNS, *_LAST_COLUMNS))
_ENTRY_FIELDS = ("site", "unit")
"""Fields of the entry itself, not of its payload."""


class LogRecord(Protocol):
    """One record of the journal with all corrections applied: a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def uid(self) -> str:
        """The uid of the record's first entry."""

    @property
    def sample(self) -> bool:
        """Whether the record is sample data."""


_R = TypeVar("_R", bound=LogRecord)


@dataclass(frozen=True, eq=False)
class RecordKind(Generic[_R]):
    """The declaration of one kind of records.

    ``required`` are the fields that every entry has; the first one orders the records. It is also
    when an entry occurred, except for kinds that are logged ahead: ``find_progress_day`` returns
    the last day on which something was done about them. ``complete`` derives fields from the
    others, and then ``validate`` refuses an invalid record and returns it in its stored form.
    ``find_cleared_field`` names the field that a correction clears, if any. ``choices`` are the
    words allowed for a field, ``list_choices`` for the items of a list. ``restorers`` read a stored
    value differently from the field's type. Only ``least_role`` and above may log, correct or void
    such records. A kind that ``asks_when`` has no default day.
    """

    name: str
    record: Callable[..., _R]
    required: tuple[str, ...]
    validate: Callable[[_R, LogMoment], _R]
    complete: Callable[[Mapping[str, Any]], Mapping[str, object]] = lambda _: {}
    find_cleared_field: Callable[[Mapping[str, object]], str] = lambda _: ""
    find_progress_day: Callable[[_R], date | None] | None = None
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    list_choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    restorers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    least_role: ProjectRole = ProjectRole.DISPATCHER
    asks_when: bool = False

    @cached_property
    def fields(self) -> Mapping[str, _RecordField]:
        """The fields of a record, from the types of its dataclass and in order."""
        by_name = {
            field.name: _FIELD_BY_TYPE[field.type]
            for field in fields(self.record)  # type: ignore[arg-type]
            if field.name != "uid" and field.type in _FIELD_BY_TYPE
        }
        return by_name | {
            name: replace(by_name[name], restore=restore)
            for name, restore in self.restorers.items()
        }

    @property
    def order_field(self) -> str:
        """The field that orders the records."""
        return self.required[0]

    @property
    def fills_day(self) -> bool:
        """Whether a record without a time or day gets the current one."""
        return self.find_progress_day is None and not self.asks_when

    @property
    def table(self) -> str:
        """The name of a table of such records."""
        return self.name if self.name.endswith("s") else f"{self.name}s"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table of such records."""
        return (*_FIRST_COLUMNS, *self.fields, *_LAST_COLUMNS)

    @property
    def timed(self) -> bool:
        """Whether the records are ordered by a time rather than a day."""
        return self.fields[self.order_field] is TIME_FIELD

    @property
    def shape(self) -> EntryShape:
        """What entries of such records may contain."""
        own = {name: field for name, field in self.fields.items() if name not in _ENTRY_FIELDS}
        return EntryShape(
            COMMON_FIELDS | {name: field.stored for name, field in own.items()},
            self.choices,
            [name for name, field in own.items() if _needs_value(field)],
            needs_site="site" in self.required,
            least_role=self.least_role,
        )


def build_entry(
    kind: RecordKind[_R],
    /,
    *,
    uid: str,
    time_zone: str,
    now: datetime,
    corrects: _R | None = None,
    supersedes: str | None = None,
    sample: bool | None = None,
    **values: object,
) -> NewEntry:
    """Build an entry from a record's fields; omitted ones are blank, or as in ``corrects``.

    Raises
    ------
    UserError
        A required field is missing, or the kind refuses a value.
    """
    when = LogMoment(now, time_zone)
    return _build_entry(kind, uid, when, corrects, supersedes, sample=sample, given=values)


def _build_entry(
    kind: RecordKind[_R],
    uid: str,
    when: LogMoment,
    corrects: _R | None,
    supersedes: str | None,
    *,
    sample: bool | None,
    given: Mapping[str, object],
) -> NewEntry:
    values: dict[str, Any] = dict(given)
    cleared = "" if corrects is None else kind.find_cleared_field(given)
    for name, declared in kind.fields.items():
        if name not in given:
            keeps_old = corrects is not None and name != cleared
            values[name] = getattr(corrects, name) if keeps_old else declared.blank
    for name in kind.required:
        if not values[name]:
            raise _make_missing_error(kind, name)
    for name, value in values.items():
        if isinstance(value, datetime):
            values[name] = to_utc(value)
    values |= kind.complete(values)
    if corrects is not None:
        supersedes = supersedes or corrects.uid
        sample = corrects.sample if sample is None else sample
    record = kind.validate(kind.record(uid=uid, sample=bool(sample), **values), when)
    at = getattr(record, kind.order_field)
    if kind.find_progress_day is not None:
        at = (kind.find_progress_day(record) if supersedes else None) or to_utc(when.now)
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(0), ZoneInfo(when.time_zone)).astimezone(UTC)
    site = values.get("site") or None
    unit = values.get("unit") or next(iter(values.get("units", ())), None)
    payload = _make_payload(kind, record, when.time_zone)
    return NewEntry(uid, kind.name, site, unit, at, payload, supersedes)


def _make_missing_error(kind: RecordKind[_R], column: str) -> UserError:
    """Return the error of a missing column, with a specific message if there is one."""
    facts: dict[str, Any] = {"kind": kind.name, "column": column}
    if (template := f"column_missing.{kind.name}_{column}") in load_templates():
        return UserError(template, **facts)
    facts["record"] = read_record_words()[kind.name].title
    if column in kind.choices:
        return UserError(
            "column_missing.of_record_choice", known=list(kind.choices[column]), **facts
        )
    return UserError("column_missing.of_record", **facts)


def parse_record_entry(
    kind: RecordKind[_R],
    columns: Mapping[str, str],
    when: LogMoment,
    *,
    uid: str,
    corrects: _R | None,
    cleared: Collection[str] = (),
) -> NewEntry:
    """Build an entry from columns that are filled in; see ``entries.parse_entry``.

    The ``cleared`` columns are blank even if ``corrects`` has a value.
    """
    if not columns.keys() - kind.fields.keys() <= _OTHER_COLUMNS:
        check_entry_columns(columns, kind.columns, kind.name)
    values = {}
    for name, declared in kind.fields.items():
        if name in columns and (value := declared.read(columns[name], name, when)) != ():
            values[name] = value
    values |= {name: kind.fields[name].blank for name in cleared if name in kind.fields}
    return _build_entry(
        kind,
        columns.get("uid", uid),
        when,
        corrects,
        columns.get("supersedes"),
        sample=_parse_boolean(columns["sample"], "sample") if "sample" in columns else None,
        given=values,
    )


def read_record(kind: RecordKind[_R], uid: str, entry: NewEntry) -> _R:
    """Read a record from its current entry; ``uid`` is the uid of its first entry."""
    payload = entry.payload
    stored = {
        **payload,
        "site": entry.site,
        "unit": entry.unit,
        "units": payload.get("units") or entry.unit,
    }
    values: dict[str, Any] = {}
    for name, declared in kind.fields.items():
        try:
            values[name] = declared.restore(stored.get(name))
        except ValueError:
            raise make_unreadable_error(entry, name) from None
    if kind.timed:
        values[kind.order_field] = entry.occurred_at
    return kind.record(uid=uid, sample=bool(payload.get("sample", False)), **values)


def read_records(kind: RecordKind[_R], entries: Iterable[NewEntry]) -> tuple[_R, ...]:
    """Return the current records of a kind, in order; each has the uid of its first entry.

    Records of the same day or time are in the order in which they were logged.
    """
    records = [
        read_record(kind, uid, entry)
        for uid, entry in derive_current_entries(entries).items()
        if entry.kind == kind.name
    ]
    return tuple(sorted(records, key=attrgetter(kind.order_field)))


def check_entry_columns(columns: Iterable[str], known: Sequence[str], kind: str) -> None:
    """Refuse columns that entries of a kind do not have."""
    for name in columns:
        if name not in known:
            raise UserError("unknown_column", kind=kind, column=name, known=list(known))


def _make_payload(kind: RecordKind[_R], record: _R, time_zone: str) -> dict[str, Any]:
    """Return a record's payload: times and days as text, without empty values."""
    payload: dict[str, Any] = {"time_zone": time_zone}
    for name in kind.fields:
        value = getattr(record, name)
        is_blank = not value and value in (None, "", ())  # 0 and False are values
        if not is_blank and name not in _ENTRY_FIELDS:
            payload[name] = _to_json_value(value)
    if record.sample:
        payload["sample"] = True
    return payload


def _to_json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_utc_iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
