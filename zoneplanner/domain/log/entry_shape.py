"""What an entry of the journal may hold, by its kind: declared once, asked wherever one comes in.

A file, the outbox and imports ask ``check_entry_shape``; the functions of a server are made from
the same declaration (``EntryShape.describe``), since its roles may speak SQL to it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from zoneplanner.domain.clean_text import clean_name, clean_text
from zoneplanner.domain.log.journal import FIRST_LOG_YEAR, NewEntry
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError

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
        """Tell whether a value of a payload is of this type."""
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
    """True for a moment that an entry may be of."""
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
