"""What each kind of record is called, how its form and its rows read, and what of it may leave.

The table is ``resources/records.toml``; a kind that is declared there and among
``DECLARED_RECORDS`` has its form, its action, its tables and its rules for audiences without
another line of code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from zoneplanner.bundled import read_resource_table

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
