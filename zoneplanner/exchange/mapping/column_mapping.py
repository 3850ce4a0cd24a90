"""Read the cells of foreign rows by our own columns.

A mapping says which of the file's columns is which of ours. A profile is data about the tables of
one publisher: their columns, and the meaning of their values.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
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
from zoneplanner.messages import Message

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
_ROUNDED_CODE = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_LONGEST_CELL = 300
_PAIR_SEPARATOR = "+"
"""Separates the two columns of a day and its time."""
LEFT_OUT_STATE = "left out"
_STATUSES = ("patrolled", "parked", "closed", LEFT_OUT_STATE)


@dataclass(frozen=True, eq=False, slots=True)
class ImportProfile:
    """How to read the tables of one publisher.

    ``columns`` has the file's columns for each of ours; the first one with a value counts.
    ``signs`` are the headings by which such a file is recognized. ``words`` has the meanings of
    values by our column (the value "" is a missing one), ``digits`` the length of codes that may
    have lost their leading zeros, ``empty`` the values that mean nothing. ``only`` has the wanted
    values by column. ``status`` is the column that shows whether a site is patrolled, parked (open,
    but not patrolled), closed or left out; ``states`` are its values. ``call`` has name patterns by
    kind, with {} for the name.
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
    """The file's columns whose values are joined for one of ours, such as a date and a time."""
    codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The file's columns whose digits make a code of ours, each with its number of digits."""
    sums: tuple[str, ...] = ()
    """Our columns that are summed over the rows of a site."""
    times: tuple[str, ...] = ()
    """``strptime`` formats of times; ISO 8601 needs none."""
    clocks: DoubtfulTimePolicy = REFUSE_DOUBTFUL_TIMES
    """How to read local times that are ambiguous or missing when the clocks change."""


def read_profiles(folder: Path | None = None, kind: str | None = None) -> dict[str, ImportProfile]:
    """Return the bundled profiles and the profiles in a user's folder, of one kind or all.

    Raises
    ------
    UserError
        A file has an error; the message names the file and the key.
    """
    from_user = _read_folder(folder) if folder is not None else ()
    return {
        profile.id: profile
        for profile in (*_read_bundled_profiles(), *from_user)
        if kind in (None, profile.kind)
    }


@cache
def _read_bundled_profiles() -> tuple[ImportProfile, ...]:
    return _read_folder(find_bundled_profiles())


def _read_folder(folder: Path) -> tuple[ImportProfile, ...]:
    return tuple(map(read_import_profile, sorted(folder.glob("*.toml"))))


def find_bundled_profiles() -> Path:
    """Return the folder of the bundled profiles."""
    return resources_dir() / "profiles"


def read_import_profile(path: Path) -> ImportProfile:
    """Read a profile; an error in it is a UserError that names the key."""
    top = read_toml(path, what="profile").require_known_keys(*_KEYS)
    status = top.table("status") if "status" in top.values else None
    return ImportProfile(
        id=path.stem,
        title=top.text("title"),
        kind=top.text("kind"),
        about=top.text("about", ""),
        signs=top.texts("signs"),
        columns=_read_lists(top, "columns"),
        words={key: _read_words(words) for key, words in _read_tables(top, "words").items()},
        digits=_read_digits(top.table("digits")) if "digits" in top.values else {},
        empty=tuple(text.casefold() for text in top.texts("empty")),
        only=_read_lists(top, "only"),
        status=status.text("column") if status else "",
        states=_read_states(status),
        joined=_read_lists(top, "joined"),
        codes={key: _read_digits(code) for key, code in _read_tables(top, "codes").items()},
        sums=top.texts("sums"),
        times=top.texts("times"),
        clocks=_read_clocks(top),
        call=_read_words(top.table("call")) if "call" in top.values else {},
    )


def format_profile(profile: ImportProfile) -> str:
    """Return a profile as TOML that ``read_import_profile`` can read."""
    lines = [f"title = {_quote(profile.title)}", f"kind = {_quote(profile.kind)}"]
    if profile.about:
        lines.append(f"about = {_quote(profile.about)}")
    texts = ("signs", "times", "empty", "sums")
    lines += [f"{name} = {_format_list(getattr(profile, name))}" for name in texts]
    clocks = {name: getattr(profile.clocks, name) for name in ("twice", "skipped")}
    lines += _format_table("clocks", {name: _quote(rule) for name, rule in clocks.items() if rule})
    for name in ("columns", "joined", "only"):
        lists = getattr(profile, name)
        lines += _format_table(name, {key: _format_list(texts) for key, texts in lists.items()})
    lines += _format_table("digits", {key: str(count) for key, count in profile.digits.items()})
    for key, code in profile.codes.items():
        lines += _format_table(f"codes.{key}", {name: str(count) for name, count in code.items()})
    lines += _format_table("call", _quote_values(profile.call))
    for key, words in profile.words.items():
        lines += _format_table(f"words.{_quote(key)}", _quote_values(words))
    if profile.status:
        lines += _format_table("status", {"column": _quote(profile.status)})
        lines += _format_table("status.values", _quote_values(profile.states))
    return "\n".join(lines) + "\n"


def make_profile_file_name(title: str) -> str:
    """Return the name of a profile's file; a title without letters or digits is a UserError."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")
    if not stem:
        raise UserError("profile_without_name")
    return f"{stem}.toml"


def match_profile(
    profiles: Mapping[str, ImportProfile], columns: Sequence[str], kind: str | None = None
) -> ImportProfile | None:
    """Return the profile whose signs are all among a table's columns, or None if there is none.

    The profile with the most signs wins, and of several the last, so that a user's profile takes
    precedence over a bundled one.
    """
    headings = {normalize_heading(column) for column in columns}
    fitting = [
        profile
        for profile in profiles.values()
        if profile.signs
        and kind in (None, profile.kind)
        and all(normalize_heading(sign) in headings for sign in profile.signs)
    ]
    return max(reversed(fitting), key=lambda profile: len(profile.signs), default=None)


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
    """Return the lines of a TOML table; none if it is empty."""
    rows = [f"{_quote(key)} = {value}" for key, value in values.items()]
    return ["", f"[{name}]", *rows] if rows else []


def _format_list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quote, texts))}]"


def _quote_values(words: Mapping[str, str]) -> dict[str, str]:
    return {key: _quote(text) for key, text in words.items()}


def _quote(text: str) -> str:
    plain_text = re.sub(r"[\x00-\x1f\x7f]", " ", text)
    return '"' + plain_text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, eq=False, slots=True)
class ColumnMapping:
    """How to read the rows of one table: the file's columns by ours; the first value counts.

    ``only`` has the wanted values by column of the file; case is ignored.
    """

    columns: Mapping[str, tuple[str, ...]]
    profile: ImportProfile
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """Our needed columns that the file does not have."""

    def cell(self, fields: Mapping[str, str], name: str) -> str:
        """Return a row's value of one of our columns, or an empty string.

        Raises
        ------
        UserError
            The value is a code that a spreadsheet has rounded.
        """
        joined_columns = self.profile.joined.get(name)
        if joined_columns:
            texts = [_clean_cell(fields.get(column, "")) for column in joined_columns]
            text = ("-" if name == "grades" else " ").join(texts) if all(texts) else ""
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
        """Return a row's codes: the code in its column, and the code made from digits."""
        codes = (self.cell(fields, "id"), self._read_code(fields, "id"))
        return [code for code in dict.fromkeys(codes) if code]

    def _read_code(self, fields: Mapping[str, str], name: str) -> str:
        """Return a code made from the digits of columns.

        The result is an empty string if one of them has none.
        """
        lengths = self.profile.codes.get(name, {})
        digits = {
            column: re.sub(r"\D", "", fields.get(column, "").removesuffix(".0"))
            for column in lengths
        }
        if not all(digits.values()):
            return ""
        return "".join(digits[column].zfill(length) for column, length in lengths.items())

    def cells(self, fields: Mapping[str, str], name: str) -> list[str]:
        """Return all of a row's values for one of our columns, with their meanings unchanged."""
        texts = [_clean_cell(fields.get(column, "")) for column in self.columns.get(name, ())]
        if name in PLACE_TARGETS and name in self.profile.joined:  # a street may have no type
            parts = (_clean_cell(fields.get(column, "")) for column in self.profile.joined[name])
            texts.append(" ".join(filter(None, parts)))
        return [text for text in texts if text and text.casefold() not in self.profile.empty]

    def name(self, fields: Mapping[str, str]) -> str:
        """Return a row's name, or an empty string."""
        return next(iter(self.cells(fields, "name")), "")

    def state(self, fields: Mapping[str, str]) -> tuple[str, str]:
        """Return the meaning of a row's status and its text in the file, both perhaps empty."""
        status = fields.get(self.profile.status, "")
        return self.profile.states.get(status.casefold(), ""), status

    def why_left_out(self, fields: Mapping[str, str]) -> Message | None:
        """Return why a row is not wanted, if it is not."""
        for column, wanted in self.only.items():
            value = fields.get(column, "")
            if value.casefold() not in (each.casefold() for each in wanted):
                return Message("row_not_wanted", column=column, value=_clean_cell(value))
        return None


def map_row(row: TextRow, how: ColumnMapping, names: Sequence[str]) -> TextRow | None:
    """Return a row by our columns, or None if it is not wanted."""
    if row.fault:
        return row
    if how.why_left_out(row.cells):
        return None
    try:
        cells = {name: how.cell(row.cells, name) for name in names}
    except UserError as error:
        return TextRow(row.row, {}, error.to_message())
    return TextRow(row.row, {name: text for name, text in cells.items() if text})


def build_column_mapping(
    kind: str,
    columns: Sequence[str],
    profile: ImportProfile | None,
    *,
    chosen: Mapping[str, str] | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    samples: Mapping[str, Sequence[str]] | None = None,
    empty: Collection[str] = (),
) -> ColumnMapping:
    """Map the columns of a table: as ``chosen``, by a profile, or by similar headings.

    ``chosen`` names a column for some of ours, or two columns with a plus sign, and overrules the
    profile; an empty name leaves a column out. ``only`` names wanted values by column; no values
    overrule the profile's. With ``samples``, cells by column, columns are also recognized by their
    content, and replace columns that the profile names but the table lacks. Needed columns without
    a match are listed in ``missing``. ``empty`` columns have no value and are not matched by
    similarity, such as those that a KML file always has.

    Raises
    ------
    UserError
        A chosen column is not in the table.
    """
    chosen = chosen or {}
    layout = profile or ImportProfile("", "By likeness", kind)
    table = _TableColumns(columns)
    matched = {
        name: present
        for name, candidates in layout.columns.items()
        if (present := table.find_present(candidates))
    }
    joined = table.find_complete(layout.joined)
    if samples is not None:
        unread = table.list_unread(layout)
        similar = match_table(kind, unread, {column: samples.get(column, ()) for column in unread})
        left_out = {name for name, candidates in layout.columns.items() if not candidates}
        settled = {*matched, *joined, *layout.codes, *left_out}
        matched |= {name: each for name, each in similar.columns.items() if name not in settled}
        joined |= {name: each for name, each in similar.joined.items() if name not in settled}
    elif profile is None:
        filled = [column for column in columns if column not in empty]
        matched |= {name: (column,) for name, column in match_columns(kind, filled).items()}
    for name, column in chosen.items():
        matched.pop(name, None)
        joined.pop(name, None)
        if column:
            parts = table.split(column)
            (joined if len(parts) > 1 else matched)[name] = parts
    wanted = {**layout.only, **(only or {})}
    codes = {
        name: dict(zip(present, layout.codes[name].values(), strict=True))
        for name, present in table.find_complete(layout.codes).items()
        if name not in chosen
    }
    missing = tuple(
        target.name
        for target in TARGET_COLUMNS[kind]
        if target.needed and target.name not in {*matched, *joined}
    )
    status = next(iter(table.find_present((layout.status,))), "")
    return ColumnMapping(
        matched,
        replace(layout, status=status, joined=joined, codes=codes),
        {table.require(column)[0]: tuple(values) for column, values in wanted.items() if values},
        missing,
    )


class _TableColumns:
    """A table's columns, found without regard to case, blanks and underscores."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._by_name = {_normalize_column(column): column for column in columns}

    def find_present(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of those names that the table has."""
        normalized = (_normalize_column(name) for name in names if name)
        return tuple(self._by_name[name] for name in normalized if name in self._by_name)

    def find_complete(self, groups: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
        """Return the columns of each group of names that the table has completely."""
        present = {key: self.find_present(names) for key, names in groups.items()}
        return {key: each for key, each in present.items() if len(each) == len(groups[key])}

    def require(self, *names: str) -> tuple[str, ...]:
        """Return the columns of names; if one is missing, that is a UserError."""
        present = self.find_present(names)
        if len(present) < len(names):
            column = _PAIR_SEPARATOR.join(names)
            raise UserError("no_such_column", column=column, columns=list(self._columns))
        return present

    def split(self, name: str) -> tuple[str, ...]:
        """Return the column of a name, or the two columns of names with a plus sign between."""
        is_one = _normalize_column(name) in self._by_name
        return self.require(*([name] if is_one else name.split(_PAIR_SEPARATOR)))

    def list_unread(self, profile: ImportProfile) -> list[str]:
        """Return the columns that a profile does not mention."""
        groups = (*profile.joined.values(), *profile.codes.values(), *profile.columns.values())
        read = self.find_present([*chain.from_iterable(groups), profile.status])
        return [column for column in self._columns if column not in read]


def require_columns(how: ColumnMapping, columns: Sequence[str]) -> ColumnMapping:
    """Return a mapping without missing columns; the first missing one is a UserError."""
    if how.missing and not columns:
        raise UserError("file_without_headings", missing=how.missing[0])
    if how.missing:
        raise UserError(
            "no_column_matches",
            columns=list(columns),
            missing=how.missing[0],
            found={name: list(matches) for name, matches in how.columns.items()},
            columns2=", ".join(columns[:30]),
        )
    return how


def parse_yes_no_cell(text: str, *, otherwise: bool) -> bool:
    """Return whether a cell means yes; if it means neither yes nor no, return ``otherwise``."""
    word = text.strip().casefold()
    if word in ("y", "yes", "true", "t", "1", "x", "1-yes"):
        return True
    return False if word in ("n", "no", "false", "f", "0", "2-no") else otherwise


def _normalize_column(column: str) -> str:
    """Return a heading in lower case, without blanks and underscores, to compare it."""
    return re.sub(r"[\s_]+", "", column.casefold())


def _clean_cell(text: str) -> str:
    """Return a cell on one line, without an apostrophe that keeps it from being a formula."""
    plain = " ".join(CONTROL_CHARACTERS.sub(" ", text).split())[:_LONGEST_CELL]
    return plain[1:] if len(plain) > 1 and plain[0] == "'" and plain[1] in "=+-@" else plain
