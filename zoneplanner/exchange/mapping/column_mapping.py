"""The cells of a foreign row by our own columns, as a mapping of columns and a profile tell.

Profiles of foreign tables: which column is which, what its values mean. All is data.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.calendar.local_time import REFUSE_DOUBTFUL_TIMES, DoubtfulTimePolicy
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_matching import (
    PLACE_TARGETS,
    TARGET_COLUMNS,
    match_columns,
    match_table,
)
from zoneplanner.exchange.presets.toml_table import TomlTable, read_toml
from zoneplanner.exchange.tables.text_table import CONTROL_CHARACTERS, TextRow, normalize_heading

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


def read_profiles(folder: Path | None = None, kind: str | None = None) -> dict[str, ImportProfile]:
    """Return the profiles that ship and those in a folder of the user's own, of one kind or all.

    Raises
    ------
    UserError
        A file is faulty; it and the key are named.
    """
    own = _read_folder(folder) if folder is not None else ()
    every = (*_read_bundled_profiles(), *own)
    return {one.id: one for one in every if kind in (None, one.kind)}


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


_ROUNDED_CODE = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_LONGEST_CELL = 300
_TOGETHER = "+"
"""Stands between columns that one of ours is read from, a day and a time."""
LEFT_OUT_STATE = "left out"


@dataclass(frozen=True, eq=False, slots=True)
class ColumnMapping:
    """How the rows of one table are read: our columns, each from the first that has a value.

    ``only`` are the rows wanted: values by column of the file, compared without regard to case.
    """

    columns: Mapping[str, tuple[str, ...]]
    profile: ImportProfile
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """Ours that are needed and that no column is."""

    def cell(self, fields: Mapping[str, str], name: str) -> str:
        """Return a row's value of one of our columns, empty where it has none.

        Raises
        ------
        UserError
            It is a code that a spreadsheet has rounded.
        """
        together = self.profile.joined.get(name)
        if together:
            text = ("-" if name == "grades" else " ").join(self._joined(fields, together))
        else:
            text = next(iter(self.cells(fields, name)), "")
        digits = self.profile.digits.get(name)
        if not text and name in self.profile.codes:
            return self._read_code(fields, name)
        if name == "id" and _ROUNDED_CODE.fullmatch(text):
            raise UserError("rounded_code", text=text)
        if digits is not None and text.isdigit():
            text = text.zfill(digits)
        words = self.profile.words.get(name)
        return words.get(text.casefold(), text) if words is not None else text

    def codes(self, fields: Mapping[str, str]) -> list[str]:
        """Return all codes that a row has of its own, the first one first."""
        found = (self.cell(fields, "id"), self._read_code(fields, "id"))
        return [code for code in dict.fromkeys(found) if code]

    def _read_code(self, fields: Mapping[str, str], name: str) -> str:
        """Return a code out of the digits of some columns; empty where one of them has none."""
        lengths = self.profile.codes.get(name, {})
        digits = {
            column: re.sub(r"\D", "", fields.get(column, "").removesuffix(".0"))
            for column in lengths
        }
        if not all(digits.values()):
            return ""
        return "".join(digits[column].zfill(length) for column, length in lengths.items())

    def _joined(self, fields: Mapping[str, str], columns: Sequence[str]) -> list[str]:
        """Return the values of columns that stand together for one; none where one is empty."""
        found = [_clean_cell(fields.get(column, "")) for column in columns]
        return found if all(found) else []

    def cells(self, fields: Mapping[str, str], name: str) -> list[str]:
        """Return all values that a row has of one of our columns, as they stand there."""
        found = [_clean_cell(fields.get(column, "")) for column in self.columns.get(name, ())]
        if name in PLACE_TARGETS and name in self.profile.joined:  # a street may have no type
            parts = (_clean_cell(fields.get(one, "")) for one in self.profile.joined[name])
            found.append(" ".join(filter(None, parts)))
        return [text for text in found if text and text.casefold() not in self.profile.empty]

    def name(self, fields: Mapping[str, str]) -> str:
        """Return what a row is called, empty where it has no name."""
        return next(iter(self.cells(fields, "name")), "")

    def state(self, fields: Mapping[str, str]) -> tuple[str, str]:
        """Return what a row's status means and how it is called there; empty where none is told."""
        said = fields.get(self.profile.status, "")
        return self.profile.states.get(said.casefold(), ""), said

    def why_left_out(self, fields: Mapping[str, str]) -> str:
        """Say why a row is not wanted; empty where it is."""
        for column, wanted in self.only.items():
            said = fields.get(column, "")
            if said.casefold() not in (value.casefold() for value in wanted):
                return f"{column} is “{_clean_cell(said)}”"
        return ""


def map_row(row: TextRow, how: ColumnMapping, names: Sequence[str]) -> TextRow | None:
    """Return a row by our columns, None for one that is not wanted."""
    if row.fault:
        return row
    if how.why_left_out(row.cells):
        return None
    try:
        cells = {name: how.cell(row.cells, name) for name in names}
    except UserError as error:
        return TextRow(row.row, {}, error.message)
    return TextRow(row.row, {name: text for name, text in cells.items() if text})


def build_column_mapping(
    kind: str,
    columns: Sequence[str],
    profile: ImportProfile | None,
    *,
    given: Mapping[str, str] | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    samples: Mapping[str, Sequence[str]] | None = None,
) -> ColumnMapping:
    """Map the columns of a table: as ``given``, as a profile says, or by likeness.

    ``given`` names a column for some of ours, or a day and its time with a plus between, whatever
    the profile says of them; an empty name leaves ours out. ``only`` names values by column; with
    none it lifts what the profile wants. With ``samples``, cells by column, likeness also goes by
    what is in a column, and finds what a profile names and the table has not. What is needed and
    has no column is told in ``missing``.

    Raises
    ------
    UserError
        A column that is named is not in the table.
    """
    own = profile or ImportProfile("", "By likeness", kind)
    there = {_normalize_column(column): column for column in columns}
    found: dict[str, tuple[str, ...]] = {}
    for name, others in own.columns.items():
        known = tuple(
            there[_normalize_column(other)] for other in others if _normalize_column(other) in there
        )
        if known:
            found[name] = known
    if samples is not None:
        read = _list_columns_read(own, found, there)
        left = [column for column in columns if column not in read]
        alike = match_table(kind, left, {column: samples.get(column, ()) for column in left})
        known_names = {
            *found,
            *own.codes,
            *(name for name, some in own.columns.items() if not some),
        }
        known_names |= {
            name
            for name, some in own.joined.items()
            if all(_normalize_column(one) in there for one in some)
        }
        found |= {name: some for name, some in alike.columns.items() if name not in known_names}
        more = {name: some for name, some in alike.joined.items() if name not in known_names}
        own = replace(own, joined={**own.joined, **more})
    elif profile is None:
        found |= {name: (column,) for name, column in match_columns(kind, columns).items()}
    together: dict[str, tuple[str, ...]] = {}
    for name, column in (given or {}).items():
        if not column:
            found.pop(name, None)
            continue
        parts = [column] if _normalize_column(column) in there else column.split(_TOGETHER)
        if not all(_normalize_column(one) in there for one in parts):
            raise UserError("no_such_column", column=column, columns=list(columns))
        if len(parts) > 1:
            found.pop(name, None)
            together[name] = tuple(there[_normalize_column(one)] for one in parts)
        else:
            found[name] = (there[_normalize_column(column)],)
    wanted = {**own.only, **(only or {})}
    wanted = {column: values for column, values in wanted.items() if values}
    for column in wanted:
        if _normalize_column(column) not in there:
            raise UserError("no_such_column", column=column, columns=list(columns))
    joined = {
        name: tuple(there[_normalize_column(one)] for one in some)
        for name, some in own.joined.items()
        if name not in (given or {}) and all(_normalize_column(one) in there for one in some)
    } | together
    codes = {
        name: {there[_normalize_column(one)]: digits for one, digits in lengths.items()}
        for name, lengths in own.codes.items()
        if name not in (given or {}) and all(_normalize_column(one) in there for one in lengths)
    }
    missing = tuple(
        target.name
        for target in TARGET_COLUMNS[kind]
        if target.needed and target.name not in {*found, *joined}
    )
    status = there.get(_normalize_column(own.status), "") if own.status else ""
    return ColumnMapping(
        found,
        replace(own, status=status, joined=joined, codes=codes),
        {there[_normalize_column(column)]: tuple(values) for column, values in wanted.items()},
        missing,
    )


def _list_columns_read(
    profile: ImportProfile, found: Mapping[str, Sequence[str]], there: Mapping[str, str]
) -> set[str]:
    """Return the columns of a table that a profile reads, or passes over."""
    named = [
        *(name for own in profile.joined.values() for name in own),
        *(name for own in profile.codes.values() for name in own),
        *(name for own in profile.columns.values() for name in own),
        profile.status,
    ]
    known = {there[_normalize_column(one)] for one in named if _normalize_column(one) in there}
    return known | {column for own in found.values() for column in own}


def require_columns(how: ColumnMapping, columns: Sequence[str]) -> ColumnMapping:
    """Return a mapping in which nothing is missing; else what is missing first is a UserError."""
    if how.missing:
        raise UserError(
            "no_column_matches",
            columns=list(columns),
            missing=how.missing[0],
            found={name: list(own) for name, own in how.columns.items()},
            columns2=", ".join(columns[:30]),
        )
    return how


def parse_yes_no_cell(text: str, *, otherwise: bool) -> bool:
    """Return whether a cell means yes; what means neither is ``otherwise``."""
    word = text.strip().casefold()
    if word in ("y", "yes", "true", "t", "1", "x", "1-yes"):
        return True
    return False if word in ("n", "no", "false", "f", "0", "2-no") else otherwise


def _normalize_column(column: str) -> str:
    """Return a heading as it is compared: without case, blanks and underscores."""
    return re.sub(r"[\s_]+", "", column.casefold())


def _clean_cell(text: str) -> str:
    """Return a cell on one line, without the mark that keeps a spreadsheet from running it."""
    plain = " ".join(CONTROL_CHARACTERS.sub(" ", text).split())[:_LONGEST_CELL]
    return plain[1:] if len(plain) > 1 and plain[0] == "'" and plain[1] in "=+-@" else plain
