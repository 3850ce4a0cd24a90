"""Read a TOML table key by key; every error names the file and the key."""

import math
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_LARGEST_BYTES = 1_000_000


@dataclass(frozen=True, eq=False, slots=True)
class TomlTable:
    """One table of a file; ``place`` is its dotted key, empty for the whole file.

    ``what`` is the kind of file, as messages name it.
    """

    file: Path
    place: str
    values: dict[str, Any]
    what: str = "preset"

    def refuse(self, key: str, fault: Message, template: str = "unreadable_file.key") -> NoReturn:
        """Raise a UserError about one key; ``fault`` continues “its key … ”."""
        raise UserError(
            template,
            file=str(self.file),
            key=self._key(key),
            what=self.what,
            file2=self.file.name,
            fault=fault,
        )

    def require_known_keys(self, *known: str) -> "TomlTable":
        """Return this table; an unknown key is a UserError."""
        for key in self.values:
            if key not in known:
                self.refuse(key, Message("key_fault.unknown", known=", ".join(known)))
        return self

    def text(self, key: str, default: str | None = None) -> str:
        """Return a non-empty string, or the default if the key is missing."""
        if key not in self.values and default is not None:
            return default
        value = self._require(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, Message("key_fault.no_text"))
        return value

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Return true or false, or the default if the key is missing."""
        if key not in self.values and default is not None:
            return default
        value = self._require(key)
        if not isinstance(value, bool):
            self.refuse(key, Message("key_fault.no_flag"))
        return value

    def number(self, key: str, *, above: float | None = None) -> float:
        """Return a finite number that is 0 or more, or greater than ``above``."""
        value = self._require(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, Message("key_fault.no_number"))
        if not math.isfinite(value) or value < 0:
            self.refuse(key, Message("key_fault.negative"))
        if above is not None and value <= above:
            self.refuse(key, Message("key_fault.too_small", above=above))
        return float(value)

    def whole(self, key: str, first: int, last: int, *, default: int | None = None) -> int:
        """Return a whole number from ``first`` to ``last``, or the default for a missing key."""
        if key not in self.values and default is not None:
            return default
        value = self._require(key)
        if isinstance(value, bool) or not isinstance(value, int) or not first <= value <= last:
            self.refuse(key, Message("key_fault.no_whole_number", first=first, last=last))
        return value

    def day(self, key: str) -> date:
        """Return a date."""
        value = self._require(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(key, Message("key_fault.no_day"))
        return value

    def clock(self, key: str) -> time:
        """Return a time of day."""
        value = self._require(key)
        if not isinstance(value, time) or value.tzinfo is not None:
            self.refuse(key, Message("key_fault.no_clock"))
        return value

    def choice(self, key: str, choices: Iterable[str], *, default: str | None = None) -> str:
        """Return one of the choices, or the default if the key is missing."""
        if key not in self.values and default is not None:
            return default
        value = self._require(key)
        known = list(choices)
        if value not in known:
            self.refuse(key, Message("key_fault.no_choice", known=", ".join(known)))
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; it is empty if the key is missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(key, Message("key_fault.no_texts"))
        return tuple(value)

    def table(self, key: str) -> "TomlTable":
        """Return a table within this one."""
        value = self._require(key)
        if not isinstance(value, dict):
            self.refuse(key, Message("key_fault.no_table"))
        return TomlTable(self.file, self._key(key), value, self.what)

    def tables(self, key: str) -> Iterator["TomlTable"]:
        """Yield the tables of a list, which messages count from 1; none if the key is missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, Message("key_fault.no_tables", key=self._key(key)))
        for number, item in enumerate(value, 1):
            yield TomlTable(self.file, f"{self._key(key)}[{number}]", item, self.what)

    def _require(self, key: str) -> Any:
        if key not in self.values:
            self.refuse(key, Message("key_fault.missing"))
        return self.values[key]

    def _key(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key


def read_toml(path: Path, what: str = "preset") -> TomlTable:
    """Read a TOML file; a missing file, or one that is too large or not TOML, is a UserError."""
    if not path.is_file():
        raise UserError("unreadable_file.toml_missing", what=what, path=path)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise UserError("too_large.toml", path=path.name, what=what)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            "unreadable_file.toml_os_error", what=what, path=path, strerror=error.strerror
        ) from error
    except UnicodeDecodeError as error:
        raise UserError("unreadable_file.toml_encoding", path=path.name, what=what) from error
    return TomlTable(path, "", parse_toml(text, path.name, what, file=str(path)), what)


def parse_toml(text: str, name: str, what: str = "preset", *, file: str = "") -> dict[str, Any]:
    """Parse TOML; an error in it is a UserError that names the file."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise UserError("unreadable_file.toml_encoding", path=name, what=what) from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            "unreadable_file.toml_syntax", file=file or name, path=name, error=error
        ) from error
