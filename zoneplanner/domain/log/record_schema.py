"""What the journal's records are made of: the shape of each kind of entry, and its fields.

``EntryShape`` says what an entry may hold. A file, the outbox and imports ask
``check_entry_shape``; the functions of a server are made from the same declaration
(``EntryShape.describe``), since its roles may speak SQL to it.

A field says how it is read from text and back from what is kept, what people call it, and what of
it may leave. The table is ``resources/records.toml``; a kind that is declared there and among
``DECLARED_RECORDS`` has its form, its action, its tables and its rules for audiences without
another line of code.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
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
"""A day before the last that there is, so that it has a local time everywhere."""

LONGEST_NAME = 200
"""So many characters may have a uid, a site, a unit and a desk."""

LONGEST_TEXT = 10_000
"""So many characters may have a text of a payload."""

LONGEST_PAYLOAD = 200_000
"""More characters than the longest payload has as JSON; what is longer is not even parsed."""

LONGEST_STORED_PAYLOAD = 5_000_000
"""What is longer in a journal is not parsed; earlier versions set no limit to a text."""

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
    """What a field of a payload is as JSON.

    A free text is what people wrote in their own words; it is kept so that it can be removed.
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
        """Return whether a value of a payload is of this type."""
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
        and all(isinstance(one, str) and len(one) <= LONGEST_NAME for one in value)
    )


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    # other numbers Python and PostgreSQL do not write alike, and nothing here is negative
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
    """Whether this is a moment that an entry may be of."""
    return _FIRST_ENTRY_MOMENT <= moment < LAST_ENTRY_MOMENT


COMMON_FIELDS = {"time_zone": ValueType.TEXT, "sample": ValueType.BOOLEAN}
"""What the payload of any record may have: in which zone it was logged, whether it is made up."""


@dataclass(frozen=True, slots=True)
class EntryShape:
    """What entries of one kind hold: the types of their payload's fields, and words of some.

    A number with ``choices`` is one of them as text. ``required`` are fields that no payload
    leaves out. ``needs_site`` of a kind that is about a school, ``corrects`` of one that is about
    an entry. Who has not ``least_role`` in a project neither logs, corrects nor voids one.
    """

    payload: Mapping[str, ValueType]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    required: Sequence[str] = ()
    needs_site: bool = False
    corrects: bool = False
    least_role: ProjectRole = ProjectRole.DISPATCHER

    @property
    def free_text(self) -> frozenset[str]:
        """Return the fields that are free text."""
        return frozenset(name for name, one in self.payload.items() if one is ValueType.FREE_TEXT)

    def check_payload(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Refuse a payload that entries of a kind cannot have."""
        for name, value in payload.items():
            if name not in self.payload:
                raise UserError("bad_entry.field", kind=kind, field=str(name)[:LONGEST_NAME])
            choices = self.choices.get(name)
            if not _FITS[self.payload[name]](value) or (
                choices is not None and str(value) not in choices
            ):
                raise UserError("bad_entry.value", kind=kind, field=name)
        for name in self.required:
            if name not in payload:
                raise UserError("bad_entry.value", kind=kind, field=name)

    def describe(self) -> dict[str, Any]:
        """Return the shape as plain data."""
        return {
            "payload": {name: str(one) for name, one in self.payload.items()},
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
"""What can still be read: earlier versions wrote lists as text, and texts of any length."""


def find_unreadable_field(entry: NewEntry, shapes: Mapping[str, EntryShape]) -> str:
    """Name what makes an entry of a journal unreadable, empty where it can be read.

    An entry of an unknown kind, a later version's, is left to it.
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
        stored = shape.payload.get(name)
        if value is None or stored is None:
            continue
        faults[name] = not _READS[stored](value) or (
            stored is ValueType.INTEGER and str(int(value)) not in shape.choices.get(name, ())
        )
    return next((name for name, wrong in faults.items() if wrong), "")


def clean_entry(entry: _Entry) -> _Entry:
    """Return an entry whose payload's texts have no invisible characters; the same where none."""
    if all(map(_is_plain, entry.payload.values())):
        return entry
    cleaned = {name: _clean_value(value) for name, value in entry.payload.items()}
    return entry if cleaned == entry.payload else replace(entry, payload=cleaned)


def _is_plain(value: Any) -> bool:
    """Tell at a glance that nothing hides in a value; of others ``_clean_value`` knows."""
    return type(value) is str and value.isascii() and value.isprintable()


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        return value
    cleaned = [clean_name(one) for one in value]
    return value if cleaned == list(value) else cleaned


_UNKNOWN_KIND = EntryShape({})


def check_entry_shape(entry: NewEntry, shapes: Mapping[str, EntryShape]) -> None:
    """Refuse an entry whose kind, names, time or payload no entry has.

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
_OF_ALL = ("labels", "words")


@dataclass(frozen=True, slots=True)
class RecordWords:
    """The words of one kind; see the table for each."""

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
        """Return the title as menus write it."""
        words = self.title.split(" ")
        return " ".join(
            word if word in _SMALL_WORDS else f"{word[:1].upper()}{word[1:]}" for word in words
        )


@cache
def _read_table() -> Mapping[str, Mapping[str, Any]]:
    return read_resource_table(_TABLE)


@cache
def read_record_words() -> Mapping[str, RecordWords]:
    """Return the words of each kind of record by its name."""
    return {
        kind: RecordWords(**{**row, **{name: tuple(row.get(name, ())) for name in _LISTS}})
        for kind, row in _read_table().items()
        if kind not in _OF_ALL
    }


def list_record_groups() -> dict[str, list[str]]:
    """Return the kinds of records by the submenu that they are logged from."""
    found: dict[str, list[str]] = {}
    for kind, words in read_record_words().items():
        if words.group:
            found.setdefault(words.group, []).append(kind)
    return found


def format_column(kind: str, column: str) -> str:
    """Return the label of a field in the form of a kind: its own, else that of all kinds."""
    labels: Mapping[str, str] = _read_table()["labels"]
    own = read_record_words()[kind].labels.get(column) or labels.get(column)
    return own or f"&{column.replace('_', ' ').capitalize()}"


def format_choice(word: str) -> str:
    """Return one of the words that a field is one of, as people read it."""
    own: str | None = _read_table()["words"].get(word)
    return own or word.replace("_", " ").capitalize()


_YES, _NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")


class LogMoment(NamedTuple):
    """The moment in which something is logged, and the zone of its local times.

    ``times`` reads the times of a table, where they are written otherwise than in a form.
    """

    now: datetime
    time_zone: str
    times: LocalTimeParser | None = None

    @property
    def today(self) -> date:
        """Return the local day."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()


@dataclass(frozen=True, slots=True)
class _RecordField:
    """How one field is read, from the text of a column with its name, and from a payload.

    ``restore`` is given None where the payload has none, and raises ValueError where it has
    to; ``blank`` is the value of a field that nobody filled in, ``stored`` its type in a payload.
    """

    stored: ValueType
    read: Callable[[str, str, LogMoment], Any]
    restore: Callable[[Any], Any]
    blank: Any = None


def parse_list(text: str) -> tuple[str, ...]:
    """Read a list whose parts are set apart by semicolons."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def parse_choice(
    text: str, known: Sequence[str], what: str, aliases: Mapping[str, str] | None = None
) -> str:
    """Read one of some words; another one is a UserError that names ``what`` it should be."""
    if text in known:
        return text
    name = re.sub(r"[^\w/]+", "_", text.casefold()).strip("_")
    name = (aliases or {}).get(name, name)
    if name not in known:
        raise UserError("unknown_choice", what=what, text=text, known=list(known))
    return name


def _parse_boolean(text: str, name: str, _: LogMoment | None = None) -> bool:
    """Read yes or no."""
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
"""How a field of a record is read, by its type; the only number is a priority."""


def _needs_value(one: _RecordField) -> bool:
    """Whether this is a field that cannot be read back where a payload leaves it out."""
    try:
        one.restore(None)
    except ValueError:
        return True
    return False


_FIRST_COLUMNS, _LAST_COLUMNS = ("uid",), ("sample", "supersedes")
_OTHER_COLUMNS = frozenset((*_FIRST_COLUMNS, *_LAST_COLUMNS))
_ENTRY_FIELDS = ("site", "unit")
"""Fields that an entry has itself, not in its payload."""


class LogRecord(Protocol):
    """What one record of the journal says, as it stands: a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def uid(self) -> str:
        """Return the uid of its first entry."""

    @property
    def sample(self) -> bool:
        """Return whether it is made up."""


_R = TypeVar("_R", bound=LogRecord)


@dataclass(frozen=True, eq=False, slots=True)
class RecordKind(Generic[_R]):
    """What records of one kind are made of.

    ``order_field`` is the field that they are in order of. It is also when an entry occurred, but
    for kinds with ``find_progress_day``: the last day on which something was done about a record
    that is logged ahead. ``required`` are fields that no entry leaves out. ``validate`` refuses
    what makes no sense and returns a record as it is to be stored; ``complete`` says what follows
    from the other fields before. ``find_cleared_field`` names the field whose old value a
    correction that says something new clears, if any. ``choices`` are the words that a field is
    one of, ``list_choices`` those that a list is made of. Who has not ``least_role`` in a project
    neither logs, corrects nor voids them. One that ``asks_when`` it was is never taken to be of
    today.
    """

    name: str
    record: Callable[..., _R]
    fields: Mapping[str, _RecordField]
    order_field: str
    required: tuple[str, ...]
    validate: Callable[[_R, LogMoment], _R]
    complete: Callable[[Mapping[str, Any]], Mapping[str, object]] = lambda _: {}
    find_cleared_field: Callable[[Mapping[str, object]], str] = lambda _: ""
    find_progress_day: Callable[[_R], date | None] | None = None
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    list_choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    least_role: ProjectRole = ProjectRole.DISPATCHER
    asks_when: bool = False

    @property
    def fills_day(self) -> bool:
        """Return whether one that does not say when it was is of now, or of today."""
        return self.find_progress_day is None and not self.asks_when

    @property
    def table(self) -> str:
        """Return what a table of such records is called."""
        return self.name if self.name.endswith("s") else f"{self.name}s"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of a table of such records."""
        return (*_FIRST_COLUMNS, *self.fields, *_LAST_COLUMNS)

    @property
    def timed(self) -> bool:
        """Return whether they are in order of time; the others are of a day."""
        return self.fields[self.order_field] is TIME_FIELD

    @property
    def shape(self) -> EntryShape:
        """Return what its entries may hold."""
        own = {name: one.stored for name, one in self.fields.items() if name not in _ENTRY_FIELDS}
        needed = [name for name, one in self.fields.items() if name in own and _needs_value(one)]
        return EntryShape(
            COMMON_FIELDS | own,
            self.choices,
            needed,
            needs_site="site" in self.required,
            least_role=self.least_role,
        )


def declare_fields(record: type[LogRecord]) -> dict[str, _RecordField]:
    """Return the fields of a kind of records, from those of its dataclass and in their order."""
    return {
        one.name: _FIELD_BY_TYPE[one.type]
        for one in fields(record)
        if one.name != "uid" and one.type in _FIELD_BY_TYPE
    }


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
    **said: object,
) -> NewEntry:
    """Build an entry from a record's fields; those left out are blank, or as in ``corrects``.

    Raises
    ------
    UserError
        Something that is needed is missing, or the kind refuses what is said.
    """
    when = LogMoment(now, time_zone)
    return _build_entry(kind, uid, when, corrects, supersedes, sample=sample, said=said)


def _build_entry(
    kind: RecordKind[_R],
    uid: str,
    when: LogMoment,
    corrects: _R | None,
    supersedes: str | None,
    *,
    sample: bool | None,
    said: Mapping[str, object],
) -> NewEntry:
    """Build an entry from what is said of its fields; see ``build_entry``."""
    values: dict[str, Any] = dict(said)
    cleared = "" if corrects is None else kind.find_cleared_field(said)
    for name, one in kind.fields.items():
        if name not in said:
            keeps = corrects is not None and name != cleared
            values[name] = getattr(corrects, name) if keeps else one.blank
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
    record = kind.record(uid=uid, sample=bool(sample), **values)
    record = kind.validate(record, when)
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
    """Return why an entry is refused that lacks a column, in a sentence of its own if there is."""
    facts: dict[str, Any] = {"kind": kind.name, "column": column}
    if (own := f"column_missing.{kind.name}_{column}") in load_templates():
        return UserError(own, **facts)
    facts["record"] = read_record_words()[kind.name].title
    if column in kind.choices:
        return UserError(
            "column_missing.of_record_choice", known=list(kind.choices[column]), **facts
        )
    return UserError("column_missing.of_record", **facts)


def parse_record_entry(
    kind: RecordKind[_R],
    given: Mapping[str, str],
    when: LogMoment,
    *,
    uid: str,
    corrects: _R | None,
    cleared: Collection[str] = (),
) -> NewEntry:
    """Build an entry from columns that are filled in; see ``entries.parse_entry``.

    What is ``cleared`` is blank, whatever ``corrects`` says.
    """
    if not given.keys() - kind.fields.keys() <= _OTHER_COLUMNS:
        check_entry_columns(given, kind.columns, kind.name)
    said = {}
    for name, one in kind.fields.items():
        if name in given and (value := one.read(given[name], name, when)) != ():
            said[name] = value
    said |= {name: kind.fields[name].blank for name in cleared if name in kind.fields}
    return _build_entry(
        kind,
        given.get("uid", uid),
        when,
        corrects,
        given.get("supersedes"),
        sample=_parse_boolean(given["sample"], "sample") if "sample" in given else None,
        said=said,
    )


def read_record(kind: RecordKind[_R], uid: str, entry: NewEntry) -> _R:
    """Read a record back from the entry that stands, under the uid of its first entry."""
    said = entry.payload
    held = {
        **said,
        "site": entry.site,
        "unit": entry.unit,
        "units": said.get("units") or entry.unit,
    }
    values: dict[str, Any] = {}
    for name, one in kind.fields.items():
        try:
            values[name] = one.restore(held.get(name))
        except ValueError:
            raise make_unreadable_error(entry, name) from None
    if kind.timed:
        values[kind.order_field] = entry.occurred_at
    return kind.record(uid=uid, sample=bool(said.get("sample", False)), **values)


def read_records(kind: RecordKind[_R], entries: Iterable[NewEntry]) -> tuple[_R, ...]:
    """Return the records of a kind as they stand, in order; each keeps its first entry's uid.

    Of the same day or moment the one that was logged later comes later, so that it counts where
    the last one does.
    """
    found = [
        read_record(kind, uid, entry)
        for uid, entry in derive_current_entries(entries).items()
        if entry.kind == kind.name
    ]
    return tuple(sorted(found, key=lambda one: getattr(one, kind.order_field)))


def check_entry_columns(given: Mapping[str, str], columns: Sequence[str], kind: str) -> None:
    """Refuse columns that entries of a kind do not have."""
    for name in given:
        if name not in columns:
            raise UserError("unknown_column", kind=kind, column=name, known=list(columns))


def _make_payload(kind: RecordKind[_R], record: _R, time_zone: str) -> dict[str, Any]:
    """Return what an entry keeps of a record: times and days as text, nothing that is empty."""
    payload: dict[str, Any] = {"time_zone": time_zone}
    for name in kind.fields:
        value = getattr(record, name)
        blank = not value and value in (None, "", ())  # 0 and no are said
        if not blank and name not in _ENTRY_FIELDS:
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
