"""Rows of tables that others wrote, as rows of our own tables: sites, times, units and words.

A row whose place is none of the project's sites belongs elsewhere. What a row says beside its
site and its first time never keeps it out: it is left out and told.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from zoneplanner.app.imports.code_meanings import CodeReader, ForeignTally
from zoneplanner.app.imports.geography.site_positions import CampusFinder, Position, read_position
from zoneplanner.app.imports.row_times import RowTimes
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.domain.calendar.written_times import DayOrder, judge_day_order, read_written_time
from zoneplanner.domain.geography.site import find_jurisdictions
from zoneplanner.domain.geography.site_finder import (
    FoundSite,
    SiteFinder,
    find_address,
    find_city_in_address,
    is_on_street,
    normalize_alias,
)
from zoneplanner.domain.log.entries import RECORD_KINDS
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
_LEAST_CITY = 4
"""Fewer letters are an abbreviation, which may mean a city of ours."""
_LEAST_SITES = 3
"""A city that fewer sites stand with in a file may be one with schools of the same names."""
_CITY_WORDS = frozenset(("city", "town", "the"))


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
        self._project, self._kind, self._how = project, kind, how
        choices = RECORD_KINDS[record].choices if record else {}
        self.codes = CodeReader(project, words, choices, self.tally, needed=needed)
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
        self._placed = any(name in every for name in LOCATING_TARGETS)
        self._cities = self._find_cities() if self._placed else frozenset()
        self._campuses = CampusFinder(project, self._sample_positions()) if self._placed else None

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
        self.codes.read(cells, notes)
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
