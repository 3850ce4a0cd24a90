"""Convert rows of foreign tables to rows of our own tables: sites, times, units and words.

A row whose place is none of the project's sites belongs elsewhere. Only a missing site or first
time rejects a row; other unreadable values are left out and listed.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from zoneinfo import ZoneInfo

from zoneplanner.app.imports.code_meanings import CodeReader, ForeignTally
from zoneplanner.app.imports.geography.site_positions import CampusFinder, Position, read_position
from zoneplanner.app.imports.row_times import RowTimes
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.domain.calendar.written_times import DayOrder, judge_day_order, read_written_time
from zoneplanner.domain.geography.site import Site, find_jurisdictions
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
from zoneplanner.messages import Message

_DAY_ORDER_ROWS = 200_000
_SAMPLE_ROWS = 2_000
_SPARSE_FACTOR = 5
_FOOTER_CELLS = 2
_FOOTER = Message("row_left_out.footer")
_LEAST_CITY_LETTERS = 4
"""A shorter name is an abbreviation, which may mean one of our cities."""
_LEAST_SITES = 3
"""A city that a file gives to fewer sites may be another city with schools of the same names."""
_CITY_WORDS = frozenset(("city", "town", "the"))


def find_day_order(
    table: TextTable, how: ColumnMapping, kind: str, now: datetime
) -> DayOrder | None:
    """Return whether days start with the month or the day, or None if that makes no difference.

    Raises
    ------
    UserError
        Nothing in the table shows it, and both orders are plausible.
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
    rows = islice(
        replace(table, ignored=_list_other_columns(table, wanted)).rows(), _DAY_ORDER_ROWS
    )
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
    """Return the only plausible order of month and day.

    No day is in the future, and an export covers consecutive days rather than one day per month.
    """
    latest = (now + timedelta(days=1)).date()
    spans: dict[DayOrder, int] = {}
    for order in DayOrder:
        days = [day for cell in cells if (day := _find_day(cell, order)) is not None]
        if days and max(days) <= latest:
            spans[order] = (max(days) - min(days)).days + 1
    if (
        len(spans) == 2
        and max(spans.values()) > _SPARSE_FACTOR * min(spans.values()) > _SPARSE_FACTOR
    ):
        spans = {min(spans, key=lambda order: spans[order]): 0}
    if len(spans) != 1:
        samples = [cell for cell in dict.fromkeys(cells) if judge_day_order((cell,))[1]]
        raise UserError("day_order_unknown", samples=samples[:3])
    return next(iter(spans))


def _find_day(cell: str, order: DayOrder) -> date | None:
    try:
        moment = read_written_time(cell, order)
    except ValueError:
        return None
    if moment is None or isinstance(moment, time):
        return None
    return date(moment.year, moment.month, moment.day)


def _list_other_columns(table: TextTable, wanted: Collection[str]) -> tuple[str, ...]:
    """Return the columns of a table that are not wanted."""
    named = (heading or f"column {number}" for number, heading in enumerate(table.columns, 1))
    return tuple(heading for heading in named if heading not in wanted)


class ForeignRowReader:
    """Converts rows to rows of our own tables; ``tally`` counts what was not understood."""

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
        self._columns = {*chain(*how.columns.values(), *how.profile.joined.values())}
        wanted = {*self._columns, *how.only, how.profile.status}
        self._table = replace(table, ignored=_list_other_columns(table, wanted))
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
        ours = dict.fromkeys((*how.columns, *how.profile.joined))
        self._plain_columns = [
            name for name in ours if name not in (*names, *PLACE_TARGETS, "site")
        ]
        self._has_places = any(name in ours for name in LOCATING_TARGETS)
        self._city_words = self._find_city_words() if self._has_places else frozenset()
        samples = self._sample_positions() if self._has_places else ()
        self._campuses = CampusFinder(project, samples)

    def read_ends(self) -> Sequence[datetime]:
        """Return the times of the first and last row of other places.

        They show which days the file covers, even if no call of these days was at a school.
        """
        ends: list[datetime] = []
        for row in self._others:
            with suppress(UserError):
                ends += islice(self._times.read(row.cells)[0].values(), 1)
        return ends

    def rows(self) -> Iterator[TextRow]:
        """Yield all rows, including unwanted ones such as a total at the end."""
        return map(self.read, self._table.rows())

    def read(self, row: TextRow) -> TextRow:
        """Return a row with our columns."""
        if row.fault:
            return row
        if reason := self._how.why_left_out(row.cells):
            return TextRow(row.row, {}, left_out=reason)
        site, place = self._find_site(row.cells) if self._has_places else (None, "")
        if self._has_places and site is None:
            if self._is_footer(row):
                return TextRow(row.row, {}, left_out=_FOOTER)
            self.tally.count_place(place)
            self._others = (*self._others[:1], row)
            return TextRow(row.row, {}, elsewhere=True, place=place)
        try:
            moments, notes = self._times.read(row.cells)
            return self._convert(row, site, moments, notes)._replace(place=place)
        except UserError as error:
            return TextRow(row.row, {}, error.to_message())

    def _convert(
        self, row: TextRow, site: str | None, moments: dict[str, datetime], notes: list[Message]
    ) -> TextRow:
        texts = ((name, self._how.cell(row.cells, name)) for name in self._plain_columns)
        cells = {name: text for name, text in texts if text}
        if site is not None:
            cells["site"] = site
        self.codes.read(cells, notes)
        if "on" in moments:
            cells["on"] = moments.pop("on").astimezone(self._zone).date().isoformat()
        cells |= {name: moment.isoformat() for name, moment in moments.items()}
        return TextRow(row.row, cells, repaired=tuple(notes))

    def _is_footer(self, row: TextRow) -> bool:
        """Whether a row without a site is a total or a remark below the table."""
        has_times = bool(self._times.names)
        return has_times and len(row.cells) <= _FOOTER_CELLS < len(self._columns)

    def _find_site(self, fields: Mapping[str, str]) -> tuple[str | None, str]:
        """Return a row's site, found by its name, address or position.

        The second value is the row's name for the place if that is not the site's own name.
        """
        texts = self._list_texts(fields)
        match = place = None
        doubtful: dict[str, tuple[FoundSite, str]] = {}
        for text in texts:
            candidate = self.finder.find(text)
            if candidate is None:
                continue
            if name := self._name_in_other_city(candidate.site, text, fields):
                before, _ = doubtful.setdefault(candidate.site, (candidate, name))
                if before.at_street == candidate.at_street:  # name and address agree: no accident
                    continue
            elif name := self._name_at_other_address(candidate, text, texts, fields):
                doubtful.setdefault(candidate.site, (candidate, name))
                continue
            match, place = candidate, text
            if not candidate.others:
                break
        campus = self._find_campus(fields)
        if match is not None and not match.others:
            self.tally.aliased += match.by_alias
            return match.site, place if match.by_alias and place else ""
        sites = [match.site, *match.others] if match else [site.id for site in campus]
        if match and len(campus) == 1 and campus[0].id in sites:
            sites = [campus[0].id]
        if not sites:
            return None, next((name for _, name in doubtful.values()), next(iter(texts), ""))
        if len(sites) > 1:
            self.tally.shared[sites[0], tuple(sites[1:])] += 1
        self.tally.aliased += match is not None
        return sites[0], place or ""

    def _find_city_words(self) -> frozenset[str]:
        """Return the words in names of the sites' cities, in the project and in the file.

        A dispatch center may have another name for a school's city. Such a name occurs with at
        least three schools, and with a fifth of the schools in the sampled rows. If the project has
        no cities, nothing is returned.
        """
        ours = _list_city_words(self._project)
        sites = defaultdict[str, set[str]](set)
        for row in islice(self._table.rows(), _SAMPLE_ROWS) if ours else ():
            for text in () if row.fault else self._list_texts(row.cells):
                match = self.finder.find(text)
                if match is not None and (city := self._read_city(row.cells, text)):
                    sites[city].add(match.site)
        least = max(_LEAST_SITES, len(set().union(*sites.values())) / 5)
        frequent = (city for city, of_city in sites.items() if len(of_city) >= least)
        return ours.union(*map(_split_city, frequent))

    def _find_campus(self, fields: Mapping[str, str]) -> list[Site]:
        position = self._read_position(fields)
        return self._campuses.find(position) if position else []

    def _read_city(self, fields: Mapping[str, str], place: str) -> str:
        return next(iter(self._how.cells(fields, CITY)), "") or find_city_in_address(place)

    def _name_in_other_city(self, site: str, text: str, fields: Mapping[str, str]) -> str:
        """Return a row's name for a place with a site's name or address, but in a foreign city.

        Empty if the city is one of ours, or if the text, alone or with the city, is an alias of the
        site. A city in a few letters may be any city.
        """
        city = self._read_city(fields, text)
        words, known = _split_city(city), self._city_words
        if len("".join(words)) < _LEAST_CITY_LETTERS or not known or _are_known(words, known):
            return ""
        name = _join_place(text, city)
        return "" if self._is_alias(site, text, name) else name

    def _name_at_other_address(
        self, match: FoundSite, text: str, texts: Sequence[str], fields: Mapping[str, str]
    ) -> str:
        """Return a row's name for a place with a site's name, but an address on another street.

        Empty if its position is on the campus, or if the text, the address or both are an alias of
        the site.
        """
        site = self._project.sites[match.site]
        address = next(filter(None, map(find_address, texts)), None)
        if match.at_street or address is None or is_on_street(site, address.street):
            return ""
        if any(each.id == site.id for each in self._find_campus(fields)):
            return ""
        name, city = _join_place(text, address.text), self._read_city(fields, text)
        is_alias = self._is_alias(site.id, text, name, address.text, _join_place(text, city))
        return "" if is_alias else name

    def _is_alias(self, site: str, *texts: str) -> bool:
        """Whether one of the strings is an alias of a site."""
        aliases = set(map(normalize_alias, self._project.sites[site].aliases))
        return not aliases.isdisjoint(map(normalize_alias, texts))

    def _list_texts(self, fields: Mapping[str, str]) -> list[str]:
        """Return a row's strings about its place, the name first."""
        texts = (text for name in ("site", "address") for text in self._how.cells(fields, name))
        words = self._how.profile.words.get("site", {})
        return list(dict.fromkeys(words.get(text.casefold(), text) for text in texts))

    def _read_position(self, fields: Mapping[str, str]) -> Position | None:
        x, y = (next(iter(self._how.cells(fields, name)), "") for name in ("longitude", "latitude"))
        return read_position(x, y) if x or y else None

    def _sample_positions(self) -> Iterator[Position]:
        if not any(name in self._how.columns for name in ("longitude", "latitude")):
            return
        for row in islice(self._table.rows(), _SAMPLE_ROWS):
            position = self._read_position(row.cells)
            if position is not None and position != (0.0, 0.0):
                yield position


def _join_place(text: str, more: str) -> str:
    """Return a string with an address or a city, unless it already contains it."""
    return text if normalize_alias(more) in normalize_alias(text) else f"{text}, {more}"


def _split_city(text: str) -> list[str]:
    """Return the words that distinguish one city from another, without codes of states."""
    words = re.findall(r"[a-z]+", text.casefold())
    return [word for word in words if len(word) > 2 and word not in _CITY_WORDS]


def _are_known(words: Sequence[str], known: Collection[str]) -> bool:
    return all(any(_abbreviates(word, name) for name in known) for word in words)


def _abbreviates(word: str, name: str) -> bool:
    """Whether a word is a name, or some of its letters in order, including the first."""
    letters = iter(name)
    return word[0] == name[0] and all(letter in letters for letter in word)


def _list_city_words(project: Project) -> frozenset[str]:
    """Return the words in names of the sites' cities and jurisdictions, single and joined."""
    decisions = find_jurisdictions(project.sites, project.jurisdictions).values()
    jurisdictions = {each.jurisdiction for each in decisions if each.jurisdiction}
    texts = [site.city for site in project.sites.values()]
    texts += [project.jurisdictions[key].name for key in jurisdictions]
    names = [_split_city(text) for text in texts]
    return frozenset(word for words in names for word in ("".join(words), *words) if word)
