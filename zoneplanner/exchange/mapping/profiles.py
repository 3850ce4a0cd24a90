"""Profiles of foreign tables: which column is which, what its values mean. All is data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.calendar.local_time import REFUSE_DOUBTFUL_TIMES, DoubtfulTimePolicy
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_matching import normalize_heading
from zoneplanner.exchange.presets.toml_table import TomlTable, read_toml

_KEYS = (
    "title",
    "about",
    "kind",
    "signs",
    "columns",
    "words",
    "digits",
    "empty",
    "only",
    "status",
    "call",
    "joined",
    "codes",
    "sums",
    "times",
    "clocks",
)
_STATUSES = ("patrolled", "parked", "closed", "left out")


@dataclass(frozen=True, eq=False, slots=True)
class ImportProfile:
    """How the tables of one publisher are read.

    ``columns`` names for each of our columns those of the file, the first with a value counts;
    ``signs`` are the headings that tell such a file. ``words`` gives the meaning of values by
    column of ours, that of "" where there is none; ``digits`` how long codes are that lost their
    zeros; ``empty`` what stands for nothing. ``only`` are the rows wanted, by column; ``status``
    is the column that tells whether a site is patrolled, parked (there, not patrolled), closed or
    left out, and ``states`` its values. ``call`` is how what has a kind is called here, with {}
    for its name.
    """

    id: str
    title: str
    kind: str
    about: str = ""
    signs: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    digits: Mapping[str, int] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    status: str = ""
    states: Mapping[str, str] = field(default_factory=dict)
    call: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Our columns that are several of the file with a blank between, such as a date and a time."""
    codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Our columns whose code is made of digits of the file's columns, each so many long."""
    sums: tuple[str, ...] = ()
    """Our columns that are added up over the rows of one site."""
    times: tuple[str, ...] = ()
    """The forms of times, as ``strptime`` knows them; ISO 8601 is read without one."""
    clocks: DoubtfulTimePolicy = REFUSE_DOUBTFUL_TIMES
    """What local times mean that the change of the clocks makes doubtful."""


def read_profiles(*folders: Path) -> dict[str, ImportProfile]:
    """Return the profiles that ship and those in folders of a user's own, by id.

    Raises
    ------
    UserError
        A file is faulty; it and the key are named.
    """
    own = {one.id: one for folder in folders for one in _read_folder(folder)}
    return {one.id: one for one in _read_bundled_profiles()} | own


@cache
def _read_bundled_profiles() -> tuple[ImportProfile, ...]:
    return _read_folder(find_bundled_profiles())


def _read_folder(folder: Path) -> tuple[ImportProfile, ...]:
    return tuple(map(read_import_profile, sorted(folder.glob("*.toml"))))


def find_bundled_profiles() -> Path:
    """Return the folder of the profiles that ship."""
    return resources_dir() / "profiles"


def read_import_profile(path: Path) -> ImportProfile:
    """Read a profile; a fault is a UserError that names the key."""
    top = read_toml(path, what="profile").require_known_keys(*_KEYS)
    status = top.table("status") if "status" in top.values else None
    return ImportProfile(
        id=path.stem,
        title=top.text("title"),
        kind=top.text("kind"),
        about=top.text("about", ""),
        signs=top.texts("signs"),
        columns=_read_lists(top, "columns"),
        words={key: _read_words(own) for key, own in _read_tables(top, "words").items()},
        digits=_read_digits(top.table("digits")) if "digits" in top.values else {},
        empty=tuple(text.casefold() for text in top.texts("empty")),
        only=_read_lists(top, "only"),
        status=status.text("column") if status else "",
        states=_read_states(status),
        joined=_read_lists(top, "joined"),
        codes={key: _read_digits(own) for key, own in _read_tables(top, "codes").items()},
        sums=top.texts("sums"),
        times=top.texts("times"),
        clocks=_read_clocks(top),
        call=_read_words(top.table("call")) if "call" in top.values else {},
    )


def format_profile(profile: ImportProfile) -> str:
    """Return a profile as TOML, as a user's own is kept; ``read_import_profile`` reads it back."""
    lines = [f"title = {_quote(profile.title)}", f"kind = {_quote(profile.kind)}"]
    if profile.about:
        lines.append(f"about = {_quote(profile.about)}")
    texts = ("signs", "times", "empty", "sums")
    lines += [f"{name} = {_format_list(getattr(profile, name))}" for name in texts]
    clocks = {name: getattr(profile.clocks, name) for name in ("twice", "skipped")}
    lines += _format_table("clocks", {name: _quote(own) for name, own in clocks.items() if own})
    for name in ("columns", "joined", "only"):
        lists = getattr(profile, name)
        lines += _format_table(name, {key: _format_list(own) for key, own in lists.items()})
    lines += _format_table("digits", {key: str(own) for key, own in profile.digits.items()})
    for key, own in profile.codes.items():
        lines += _format_table(f"codes.{key}", {name: str(n) for name, n in own.items()})
    lines += _format_table("call", _quote_values(profile.call))
    for key, words in profile.words.items():
        lines += _format_table(f"words.{_quote(key)}", _quote_values(words))
    if profile.status:
        lines += _format_table("status", {"column": _quote(profile.status)})
        lines += _format_table("status.values", _quote_values(profile.states))
    return "\n".join(lines) + "\n"


def make_profile_file_name(title: str) -> str:
    """Return the name of the file that a profile of a title is kept in; an empty one is refused."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")
    if not stem:
        raise UserError("profile_without_name")
    return f"{stem}.toml"


def match_profile(
    profiles: Mapping[str, ImportProfile], columns: Sequence[str], kind: str | None = None
) -> ImportProfile | None:
    """Return the profile whose headings a table has, the one with most of them; None without.

    Of several with equally many it is the last, so that a user's own goes before what ships.
    """
    there = {normalize_heading(column) for column in columns}
    fit = [
        profile
        for profile in profiles.values()
        if profile.signs
        and kind in (None, profile.kind)
        and all(normalize_heading(sign) in there for sign in profile.signs)
    ]
    return max(reversed(fit), key=lambda profile: len(profile.signs), default=None)


def _read_lists(top: TomlTable, key: str) -> dict[str, tuple[str, ...]]:
    if key not in top.values:
        return {}
    table = top.table(key)
    return {
        name: (value,) if isinstance(value, str) else table.texts(name)
        for name, value in table.values.items()
    }


def _read_tables(top: TomlTable, key: str) -> dict[str, TomlTable]:
    if key not in top.values:
        return {}
    table = top.table(key)
    return {name: table.table(name) for name in table.values}


def _read_words(table: TomlTable) -> dict[str, str]:
    return {name.casefold(): table.text(name) for name in table.values}


def _read_states(status: TomlTable | None) -> dict[str, str]:
    if status is None:
        return {}
    values = status.table("values")
    return {name.casefold(): values.choice(name, _STATUSES) for name in values.values}


def _read_clocks(top: TomlTable) -> DoubtfulTimePolicy:
    if "clocks" not in top.values:
        return REFUSE_DOUBTFUL_TIMES
    table = top.table("clocks").require_known_keys("twice", "skipped")
    return DoubtfulTimePolicy(table.text("twice", ""), table.text("skipped", ""))


def _read_digits(table: TomlTable) -> dict[str, int]:
    return {name: table.whole(name, 1, 60) for name in table.values}


def _format_table(name: str, values: Mapping[str, str]) -> list[str]:
    """Return the lines of a table of TOML, none where it is empty."""
    rows = [f"{_quote(key)} = {value}" for key, value in values.items()]
    return ["", f"[{name}]", *rows] if rows else []


def _format_list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quote, texts))}]"


def _quote_values(words: Mapping[str, str]) -> dict[str, str]:
    return {key: _quote(text) for key, text in words.items()}


def _quote(text: str) -> str:
    plain_text = re.sub(r"[\x00-\x1f\x7f]", " ", text)
    return '"' + plain_text.replace("\\", "\\\\").replace('"', '\\"') + '"'
