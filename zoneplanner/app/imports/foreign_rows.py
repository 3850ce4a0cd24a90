"""Rows of tables that others wrote, as rows of our own tables: sites, times, units and words.

A row whose place is none of the project's sites belongs elsewhere. What a row says beside its
site and its first time never keeps it out: it is left out and told.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from zoneplanner.app.imports.row_times import RowTimes
from zoneplanner.app.imports.self_initiated import TYPE_MEANINGS
from zoneplanner.app.imports.site_positions import CampusFinder, Position, read_position
from zoneplanner.app.log.duplicate_records import NUMBER, OWN_MEANING
from zoneplanner.app.log.patrol_checks import TYPE
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.domain.calendar.written_times import DayOrder, judge_day_order, read_written_time
from zoneplanner.domain.geography.jurisdiction import find_jurisdictions
from zoneplanner.domain.geography.site_finder import (
    FoundSite,
    SiteFinder,
    find_address,
    find_city_in_address,
    is_on_street,
    normalize_alias,
)
from zoneplanner.domain.log.entries import (
    CHOICE_ALIASES,
    INCIDENT_RECORD,
    PRIORITIES,
    RECORD_KINDS,
    VISIT_RECORD,
)
from zoneplanner.domain.log.journal import INCIDENT_STAMPS
from zoneplanner.domain.log.record_schema import parse_choice, parse_list
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.exchange.mapping.column_matching import (
    CITY,
    LOCATING_TARGETS,
    PLACE_TARGETS,
    TIME_TARGETS,
)
from zoneplanner.exchange.tables.text_table import TextRow, TextTable

_DAY_ORDER_ROWS = 200_000
_SAMPLE_ROWS = 2_000
_TOO_SPARSE = 5
_FOOTER_CELLS = 2
_FOOTER = "It is a total or a remark."
_ROWS_PER_REPORT = 10_000
_MOST_LISTED = 200
_LONGEST = 200
_LEAST_CITY = 4
"""Fewer letters are an abbreviation, which may mean a city of ours."""
_LEAST_SITES = 3
"""A city that fewer sites stand with in a file may be one with schools of the same names."""
_CITY_WORDS = frozenset(("city", "town", "the"))
_UNIT_MARKS = re.compile(r"\s*[;,|/&+]\s*")
_DIGIT = re.compile(r"\d")
UNITS, OTHER_UNITS, _PRIORITY = "units", "other_units", "priority"
_PRIORITY_WORDS = {
    **dict.fromkeys(("emergency", "immediate", "high", "e"), "1"),
    **{"prompt": "2", "medium": "3", "normal": "3", "routine": "3", "low": "4"},
}
SAME_CALL_TIME = timedelta(hours=36)
"""Calls of one number that were received farther apart are different calls."""


@dataclass(frozen=True, slots=True)
class UnknownPlace:
    """How a place is called that is none of our sites, in how many rows, and what it resembles."""

    place: str
    rows: int
    candidates: tuple[str, ...]
    suggestion: str
    """The candidates in words: their names, each with its id."""


@dataclass(slots=True)
class ForeignTally:
    """What rows of a table had that was not understood, and what was found by an alias."""

    aliased: int = 0
    joined: dict[int, int] = field(default_factory=dict)
    """The row that has the call of a row of a further unit."""
    doubles: dict[int, int] = field(default_factory=dict)
    """The row that has the call of a row that says what another one said."""
    unnumbered: int = 0
    """Rows without a number that were joined by place, kind of call and minute."""
    stamps: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)
    """Of calls with rows of several units the times of each, by the row that has the call."""
    shared: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)
    """Rows at a place of several sites, by the one that they count for and the others."""
    places: Counter[str] = field(default_factory=Counter)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    understood: dict[str, dict[str, str]] = field(default_factory=dict)
    """Words that are none of ours and nobody explained, and what they were read as, by column."""

    def count_place(self, text: str) -> None:
        """Count a row of another place by what it is called, if it is."""
        if text:
            self.places[text] += 1

    def add_word(self, column: str, text: str) -> None:
        """Count a word of a column that means nothing here yet."""
        self.words.setdefault(column, Counter())[text] += 1

    def add_meaning(self, column: str, text: str, meaning: str) -> None:
        """Note what a word of a column was read as."""
        self.understood.setdefault(column, {})[text] = meaning

    def list_others(self, but: Collection[str]) -> tuple[tuple[str, int], ...]:
        """Return places that resemble no site and in how many rows they are, the most first."""
        return tuple((place, rows) for place, rows in self.places.most_common() if place not in but)

    def list_places(self, finder: SiteFinder) -> tuple[UnknownPlace, ...]:
        """Return the places that resemble a site, those of most rows first."""
        found = (
            UnknownPlace(place, rows, candidates, _name_sites(finder, candidates))
            for place, rows in self.places.most_common()
            if (candidates := finder.list_candidates(place))
        )
        return tuple(islice(found, _MOST_LISTED))


def _name_sites(finder: SiteFinder, ids: Iterable[str]) -> str:
    return " or ".join(f"{finder.sites[one].name} ({one})" for one in ids)


def find_day_order(
    table: TextTable, how: ColumnMapping, kind: str, now: datetime
) -> DayOrder | None:
    """Return what comes first in the days of a table; None where none may be read both ways.

    Raises
    ------
    UserError
        Nothing in the table tells, and both ways make sense.
    """
    names = TIME_TARGETS.get(kind, ())
    if how.profile.times:
        return None
    columns = [
        column
        for name in names
        for column in (how.profile.joined.get(name, ())[:1] or how.columns.get(name, ()))
    ]
    wanted = dict.fromkeys(columns)
    rows = islice(replace(table, ignored=_all_but(table, wanted)).rows(), _DAY_ORDER_ROWS)
    cells: list[str] = []
    doubtful: list[str] = []
    for row in rows:
        cells.extend(row.cells.values())
        if len(cells) >= _SAMPLE_ROWS:
            order, unsure = judge_day_order(cells)
            if order is not None:
                return order
            doubtful += cells if unsure else []
            cells = []
    order, unsure = judge_day_order(cells)
    if order is not None:
        return order
    doubtful += cells if unsure else []
    if not doubtful:
        return None
    return _choose_likely_order(doubtful, now)


def _choose_likely_order(cells: Sequence[str], now: datetime) -> DayOrder:
    """Return the way to read days that makes sense, where only one does.

    None of them lies in the future; an export is of days in a row rather than of one day of each
    month.
    """
    latest = (now + timedelta(days=1)).date()
    spans: dict[DayOrder, int] = {}
    for order in DayOrder:
        days = [day for cell in cells if (day := _find_day(cell, order)) is not None]
        if days and max(days) <= latest:
            spans[order] = (max(days) - min(days)).days + 1
    if len(spans) == 2 and max(spans.values()) > _TOO_SPARSE * min(spans.values()) > _TOO_SPARSE:
        spans = {min(spans, key=lambda order: spans[order]): 0}
    if len(spans) != 1:
        samples = [cell for cell in dict.fromkeys(cells) if judge_day_order((cell,))[1]]
        raise UserError("day_order_unknown", samples=samples[:3])
    return next(iter(spans))


def _find_day(cell: str, order: DayOrder) -> date | None:
    try:
        said = read_written_time(cell, order)
    except ValueError:
        return None
    return None if said is None or isinstance(said, time) else date(said.year, said.month, said.day)


def _all_but(table: TextTable, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of a table to leave alone."""
    kept = set(wanted)
    named = (heading or f"column {at}" for at, heading in enumerate(table.columns, start=1))
    return tuple(heading for heading in named if heading not in kept)


class ForeignRowReader:
    """Turns rows into rows as our own tables have them; what it met is in ``tally``."""

    def __init__(
        self,
        project: Project,
        kind: str,
        how: ColumnMapping,
        table: TextTable,
        *,
        order: DayOrder | None,
        changes: DoubtfulTimePolicy,
        now: datetime,
        words: Mapping[str, Mapping[str, str]],
        record: str = "",
        needed: Sequence[str] = (),
    ) -> None:
        self.tally = ForeignTally()
        self._others: tuple[TextRow, ...] = ()
        self.finder = SiteFinder(project.sites)
        self._project, self._kind, self._how, self._words = project, kind, how, words
        self._zone = ZoneInfo(project.time_zone)
        used = {
            column
            for own in (how.columns, how.profile.joined)
            for one in own.values()
            for column in one
        }
        self._table = replace(
            table, ignored=_all_but(table, {*used, *how.only, how.profile.status})
        )
        self._columns = used
        names = TIME_TARGETS.get(kind, ())
        self._times = RowTimes(
            how,
            names,
            project.time_zone,
            now,
            order,
            changes,
            whole_days=kind in ("drills", "reviews"),
            planned=kind == "shifts",
        )
        every = dict.fromkeys((*how.columns, *how.profile.joined))
        self._plain = [name for name in every if name not in (*names, *PLACE_TARGETS, "site")]
        self._choices = RECORD_KINDS[record].choices if record else {}
        self._needed = needed
        self._placed = any(name in every for name in LOCATING_TARGETS)
        self._cities = self._find_cities() if self._placed else frozenset()
        self._campuses = CampusFinder(project, self._sample_positions()) if self._placed else None

    def read_meanings(self, column: str) -> Mapping[str, str]:
        """Return what a person said of the words of a column, in small letters."""
        return self._words.get(column, {})

    def read_ends(self) -> Sequence[datetime]:
        """Return when the first and the last row of another place were: so far the file reaches.

        That no call of those days was at a school is known by them.
        """
        found: list[datetime] = []
        for row in self._others:
            with suppress(UserError):
                found += islice(self._times.read(row.cells)[0].values(), 1)
        return found

    def rows(self) -> Iterator[TextRow]:
        """Yield the rows, those that are not wanted too, such as a total at the end."""
        return map(self.read, self._table.rows())

    def read(self, row: TextRow) -> TextRow:
        """Return a row as one of our own tables has it."""
        if row.fault:
            return row
        if why := self._how.why_left_out(row.cells):
            return TextRow(row.row, {}, left_out=f"{why[:1].upper()}{why[1:]}.")
        site, place = self._find_site(row.cells) if self._placed else (None, "")
        if self._placed and site is None:
            if self._is_footer(row):
                return TextRow(row.row, {}, left_out=_FOOTER)
            self.tally.count_place(place)
            self._others = (*self._others[:1], row)
            return TextRow(row.row, {}, elsewhere=True, place=place)
        try:
            moments, notes = self._times.read(row.cells)
            return self._read(row, site, moments, notes)._replace(place=place)
        except UserError as error:
            return TextRow(row.row, {}, error.message)

    def _read(
        self, row: TextRow, site: str | None, moments: dict[str, datetime], notes: list[str]
    ) -> TextRow:
        cells = {name: text for name in self._plain if (text := self._how.cell(row.cells, name))}
        if site is not None:
            cells["site"] = site
        self._read_words(cells, notes)
        if "on" in moments:
            cells["on"] = moments.pop("on").astimezone(self._zone).date().isoformat()
        cells |= {name: moment.isoformat() for name, moment in moments.items()}
        return TextRow(row.row, cells, repaired=tuple(notes))

    def _is_footer(self, row: TextRow) -> bool:
        """Tell whether a row without a time is a total or a remark below the table."""
        timed = bool(self._times.names)
        return timed and len(row.cells) <= _FOOTER_CELLS < len(self._columns)

    def _find_site(self, fields: Mapping[str, str]) -> tuple[str | None, str]:
        """Return the site that a row means: by its name, else its address, else its position.

        With it stands how the row calls the place, where that is not the site's own name.
        """
        texts = self._list_texts(fields)
        found = place = None
        doubted: dict[str, tuple[FoundSite, str]] = {}
        for text in texts:
            own = self.finder.find(text)
            if own is None:
                continue
            if named := self._name_in_other_city(own.site, text, fields):
                before, _ = doubted.setdefault(own.site, (own, named))
                if before.at_street == own.at_street:  # name and address together are no chance
                    continue
            elif named := self._name_at_other_address(own, text, texts, fields):
                doubted.setdefault(own.site, (own, named))
                continue
            found, place = own, text
            if not own.others:
                break
        position = self._read_position(fields)
        campus = self._campuses.find(position) if self._campuses and position else []
        if found is not None and not found.others:
            self.tally.aliased += found.by_alias
            return found.site, place if found.by_alias and place else ""
        at = [found.site, *found.others] if found else [site.id for site in campus]
        if found and len(campus) == 1 and campus[0].id in at:
            at = [campus[0].id]
        if not at:
            return None, next((named for _, named in doubted.values()), next(iter(texts), ""))
        if len(at) > 1:
            self.tally.shared[at[0], tuple(at[1:])] += 1
        self.tally.aliased += found is not None
        return at[0], place or ""

    def _find_cities(self) -> frozenset[str]:
        """Return the words of cities that sites are in, as the project and the file call them.

        A dispatch may know a school's city by another name: it stands with several schools, and
        with every fifth one that some rows name. Where the project knows no city none is returned.
        """
        ours = _list_city_words(self._project)
        sites = defaultdict[str, set[str]](set)
        for row in islice(self._table.rows(), _SAMPLE_ROWS) if ours else ():
            for text in () if row.fault else self._list_texts(row.cells):
                found = self.finder.find(text)
                if found is not None and (city := self._read_city(row.cells, text)):
                    sites[city].add(found.site)
        least = max(_LEAST_SITES, len(set().union(*sites.values())) / 5)
        told = (city for city, own in sites.items() if len(own) >= least)
        return ours.union(*map(_split_city, told))

    def _read_city(self, fields: Mapping[str, str], place: str) -> str:
        return next(iter(self._how.cells(fields, CITY)), "") or find_city_in_address(place)

    def _name_in_other_city(self, site: str, text: str, fields: Mapping[str, str]) -> str:
        """Return how a row calls a place that has a site's name or address in a city of none.

        Empty where the city is one of ours, or where a person gave the site that text, or that
        text with the city, as an alias. A city in a few letters or a code may be any.
        """
        city = self._read_city(fields, text)
        words = _split_city(city)
        if len("".join(words)) < _LEAST_CITY or not self._cities or _is_known(words, self._cities):
            return ""
        named = _join_place(text, city)
        return "" if self._is_alias(site, text, named) else named

    def _name_at_other_address(
        self, own: FoundSite, text: str, texts: Sequence[str], fields: Mapping[str, str]
    ) -> str:
        """Return how a row calls a place that has a site's name and an address on another street.

        Empty where its position is on the campus, or where a person gave the site that text, that
        address, or both as an alias.
        """
        site = self._project.sites[own.site]
        address = next(filter(None, map(find_address, texts)), None)
        if own.at_street or address is None or is_on_street(site, address.street):
            return ""
        position = self._read_position(fields)
        campus = self._campuses.find(position) if self._campuses and position else []
        if any(one.id == site.id for one in campus):
            return ""
        named, city = _join_place(text, address.text), self._read_city(fields, text)
        known = self._is_alias(own.site, text, named, address.text, _join_place(text, city))
        return "" if known else named

    def _is_alias(self, site: str, *texts: str) -> bool:
        """Tell whether a person gave a site one of some texts as another name."""
        aliases = set(map(normalize_alias, self._project.sites[site].aliases))
        return not aliases.isdisjoint(map(normalize_alias, texts))

    def _list_texts(self, fields: Mapping[str, str]) -> list[str]:
        """Return what a row says of its place, the name first."""
        texts = (text for name in ("site", "address") for text in self._how.cells(fields, name))
        words = self._how.profile.words.get("site", {})
        return list(dict.fromkeys(words.get(text.casefold(), text) for text in texts))

    def _read_position(self, fields: Mapping[str, str]) -> Position | None:
        across, up = (
            next(iter(self._how.cells(fields, name)), "") for name in ("longitude", "latitude")
        )
        return read_position(across, up) if across or up else None

    def _sample_positions(self) -> Iterator[Position]:
        if not any(name in self._how.columns for name in ("longitude", "latitude")):
            return
        for row in islice(self._table.rows(), _SAMPLE_ROWS):
            position = self._read_position(row.cells)
            if position is not None and position != (0.0, 0.0):
                yield position

    def _read_words(self, cells: dict[str, str], notes: list[str]) -> None:
        """Put our words in place of theirs; those without a meaning here are left out, counted."""
        if _PRIORITY in cells:
            self._read_priority(cells)
        for name, several in ((UNITS, True), ("unit", False)) if self._choices else ():
            if name in cells:
                self._read_units(cells, name, several=several)
        for name, known in self._choices.items():
            if name not in cells or name == _PRIORITY:
                continue
            text = cells[name]
            said = self._words.get(name, {}).get(text.casefold())
            try:
                found = parse_choice(said or text, known, name, CHOICE_ALIASES.get(name))
            except UserError:
                self.tally.add_word(name, text)
                if name not in self._needed:  # a row is refused with the words there are
                    del cells[name]
                continue
            cells[name] = found
            if said is None and text.casefold() not in (found, found.replace("_", " ")):
                self.tally.add_meaning(name, text, found)
        for name, text in cells.items():
            if name != "note" and len(text) > _LONGEST:
                cells[name] = text[:_LONGEST]
                notes.append(f"{name.capitalize()} was cut after {_LONGEST} characters.")

    def _read_priority(self, cells: dict[str, str]) -> None:
        text = cells.pop(_PRIORITY)
        said = self._words.get(_PRIORITY, {}).get(text.casefold())
        found = _find_priority(said or text)
        if found is None:
            self.tally.add_word(_PRIORITY, text)
            return
        cells[_PRIORITY] = found
        if said is None and text != found:
            self.tally.add_meaning(_PRIORITY, text, found)

    def _read_units(self, cells: dict[str, str], name: str, *, several: bool) -> None:
        text = cells.pop(name)
        parts = [text]
        if several and self.find_unit(text) is None:
            parts = [one for part in _UNIT_MARKS.split(text) for one in self._part_units(part)]
        found, others = dict[str, None](), dict[str, None]()
        for part in filter(None, parts):
            unit = self.find_unit(part)
            if unit is None:
                self.tally.add_word(UNITS, part)
            (others if unit is None else found)[unit or part] = None
        if found:
            cells[name] = ";".join(found)
        if others and several:
            cells[OTHER_UNITS] = ";".join(others)

    def _part_units(self, text: str) -> Sequence[str]:
        """Return units that only blanks part, where one of them is known; a name may have some."""
        apart = text.split()
        whole = self.find_unit(text) is not None or not any(map(self.find_unit, apart))
        return [text] if whole else apart

    def find_unit(self, text: str) -> str | None:
        """Return the unit of ours that a file calls so; None where there is none."""
        meaning = self._words.get(UNITS, {}).get(text.casefold(), text)
        return self._project.find_unit_id(meaning)


def _join_place(text: str, more: str) -> str:
    """Return a text with an address or a city, unless it has it."""
    return text if normalize_alias(more) in normalize_alias(text) else f"{text}, {more}"


def _split_city(text: str) -> list[str]:
    """Return the words that tell one city from another; codes of states are none of them."""
    words = re.findall(r"[a-z]+", text.casefold())
    return [word for word in words if len(word) > 2 and word not in _CITY_WORDS]


def _is_known(words: Sequence[str], known: Collection[str]) -> bool:
    return all(any(_abbreviates(word, own) for own in known) for word in words)


def _abbreviates(word: str, name: str) -> bool:
    """Tell whether a word is a name, or some of its letters in order from the first on."""
    letters = iter(name)
    return word[0] == name[0] and all(letter in letters for letter in word)


def _list_city_words(project: Project) -> frozenset[str]:
    """Return the names of the cities and jurisdictions that sites are in, in one and in words."""
    placed = find_jurisdictions(project.sites, project.jurisdictions).values()
    within = {one.jurisdiction for one in placed if one.jurisdiction}
    texts = [site.city for site in project.sites.values()]
    texts += [project.jurisdictions[one].name for one in within]
    names = [_split_city(text) for text in texts]
    return frozenset(word for words in names for word in ("".join(words), *words) if word)


def _find_priority(text: str) -> str | None:
    digit = _DIGIT.search(text)
    return digit[0] if digit else _PRIORITY_WORDS.get(next(iter(text.casefold().split()), ""))


def check_meanings(project: Project, record: str, words: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse what words of a file are said to mean where that is no word of ours, with those."""
    choices = RECORD_KINDS[record].choices if record else {}
    if record == INCIDENT_RECORD.name:
        choices = {**choices, TYPE: tuple(TYPE_MEANINGS)}
    if record in (INCIDENT_RECORD.name, VISIT_RECORD.name):
        choices = {**choices, NUMBER: (OWN_MEANING,)}
    columns = (UNITS, _PRIORITY, *choices)
    for column, own in words.items():
        if column not in columns:
            raise UserError("unknown_choice", what="column", text=column, known=list(columns))
        for meaning in filter(None, own.values()):
            if column == UNITS:
                if project.find_unit_id(meaning) is None:
                    raise UserError("unknown_unit", unit=meaning, known=list(project.units))
            elif column == _PRIORITY:
                if _find_priority(meaning) is None:
                    known = [str(one) for one in PRIORITIES]
                    raise UserError("unknown_choice", what=column, text=meaning, known=known)
            else:
                parse_choice(meaning, choices[column], column, CHOICE_ALIASES.get(column))


_CallKey = tuple[str, ...]
_TO_THE_MINUTE = len("2026-11-16T08:00")


def merge_unit_rows(
    rows: Iterable[TextRow], tally: ForeignTally, report: Callable[[int], None]
) -> Iterator[TextRow]:
    """Yield one row for each call: of several units the earliest stamps, the last clear, all units.

    What each unit stamped stays in the tally. Rows of one number belong together where they were
    received within a day and a half; the same number later is another call, named with its day.
    Rows without a number are of one call where place, kind and the minute of receipt are the same.
    """
    calls: dict[_CallKey, TextRow] = {}
    rows_of: defaultdict[_CallKey, list[TextRow]] = defaultdict(list)
    others: list[TextRow] = []
    for count, row in enumerate(rows):
        if count % _ROWS_PER_REPORT == 0:
            report(count)
        if row.fault or row.elsewhere or row.left_out:
            others.append(row)
            continue
        call = row
        if uid := row.cells.get("uid"):
            call = _name_call(row, calls.get((uid,)))
            key: _CallKey = (call.cells["uid"],)
        else:
            received = row.cells.get("received_at", "")[:_TO_THE_MINUTE]
            key = (row.cells.get("site", ""), row.cells.get("type", ""), received)
        first, own = calls.setdefault(key, call), rows_of[key]
        if any(one.cells == call.cells for one in own):
            tally.doubles[row.row] = first.row
            continue
        if own:
            tally.joined[row.row] = first.row
            tally.unnumbered += not uid
            calls[key] = _merge(first, call)
        own.append(call)
    for own in rows_of.values():
        if len(own) > 1:
            tally.stamps[own[0].row] = _collect_unit_stamps(own)
    yield from others
    yield from calls.values()


def _collect_unit_stamps(rows: Iterable[TextRow]) -> dict[str, dict[str, str]]:
    """Return the times of each unit by name, of rows that are of one unit each."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        units = parse_list(row.cells.get(UNITS, ""))
        if len(units) != 1:
            continue
        own = found.setdefault(units[0], {})
        for name in INCIDENT_STAMPS[1:]:
            said = [cells[name] for cells in (own, row.cells) if name in cells]
            if said:
                own[name] = max(said) if name == INCIDENT_STAMPS[-1] else min(said)
    return found


def _name_call(row: TextRow, earlier: TextRow | None) -> TextRow:
    """Return a row, with its day in its number where an earlier call of that was days away."""
    if earlier is None or _is_same_call(earlier, row):
        return row
    uid = f"{row.cells['uid']} {row.cells.get('received_at', '')[:10]}"
    return row._replace(cells={**row.cells, "uid": uid})


def _is_same_call(one: TextRow, other: TextRow) -> bool:
    texts = (one.cells.get("received_at"), other.cells.get("received_at"))
    if None in texts:
        return True
    first, second = (datetime.fromisoformat(str(text)) for text in texts)
    return abs(first - second) <= SAME_CALL_TIME


def _drop_later_steps(cells: dict[str, str]) -> None:
    """Take out what another unit did after the first arrival, and a clear before it.

    That the first unit there lacks its en route is no reason to doubt its arrival.
    """
    received, *steps, cleared = INCIDENT_STAMPS
    first = ""
    for name in reversed(steps):
        if name in cells and (
            cells[name] < cells.get(received, "") or (first and cells[name] > first)
        ):
            del cells[name]
        first = cells.get(name, first)
    last = max(cells.get(name, "") for name in INCIDENT_STAMPS[:-1])
    if cells.get(cleared, last) < last:
        del cells[cleared]


def _merge(one: TextRow, other: TextRow) -> TextRow:
    cells = {**other.cells, **one.cells}
    for name in INCIDENT_STAMPS:
        said = [row.cells[name] for row in (one, other) if name in row.cells]
        if said:
            cells[name] = max(said) if name == INCIDENT_STAMPS[-1] else min(said)
    for name in (UNITS, OTHER_UNITS):
        units = (unit for row in (one, other) for unit in parse_list(row.cells.get(name, "")))
        if joined := ";".join(dict.fromkeys(units)):
            cells[name] = joined
    _drop_later_steps(cells)
    repaired = tuple(dict.fromkeys((*one.repaired, *other.repaired)))
    return one._replace(cells=cells, repaired=repaired)
