"""Read rows of a table as entries of the log: new, known, completed, corrected or rejected."""

import gc
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain, islice
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.imports.code_meanings import OTHER_UNITS, UNITS
from zoneplanner.app.imports.unit_rows import SAME_CALL_TIME
from zoneplanner.app.log.logbook import RECORD_READERS
from zoneplanner.app.readiness.records import (
    RECORD_LINKS,
    check_drill_checklist,
    check_duty,
    check_elements,
    find_linked_record,
)
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTime, LocalTimeParser, format_utc_iso
from zoneplanner.domain.clean_text import make_json_encoder
from zoneplanner.domain.geography.site_finder import SiteFinder
from zoneplanner.domain.log.entries import (
    RECORD_KINDS,
    build_stamp_entry,
    parse_entry,
    validate_entry,
)
from zoneplanner.domain.log.hours_entries import HOURS_RECORD
from zoneplanner.domain.log.journal import (
    MADE_VISIT_STATUSES,
    STAMP_LABELS,
    UNFINISHED_VISIT_STATUSES,
    Incident,
    NewEntry,
    UnitStamps,
    Visit,
)
from zoneplanner.domain.log.record_schema import LogRecord, ValueType, parse_list, read_record
from zoneplanner.domain.readiness.requirements import DISTRICT_REPORT
from zoneplanner.domain.readiness.rule_pack import RulePack
from zoneplanner.domain.roster.hours import fill_hours_columns
from zoneplanner.domain.roster.officer_edits import OfficerNames
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import RowOutcome, RowResult, refuse_row
from zoneplanner.exchange.tables.text_table import TextRow, normalize_decimal
from zoneplanner.messages import Message

_Identity = tuple[object, ...]
_CONTENT_UID = re.compile(r"[a-z_]+-[0-9a-f]{32}")
"""The uid that ``compute_content_uid`` gives to a record without a number."""
_DEFAULT_PRIORITY = 3


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A recorded value that a newer file contradicts; times are ISO 8601 strings in UTC."""

    uid: str
    column: str
    before: str
    after: str


@dataclass(slots=True)
class _ExistingRecords:
    """The current records of one kind, read on first use."""

    session: Session
    kind: str
    read: Callable[[Session], tuple[LogRecord, ...]]
    find_unit: Callable[[str], str | None] | None
    corrects: bool
    identity: tuple[str, ...]
    records: Mapping[str, LogRecord] | None = None
    corrected: dict[str, list[ValueChange]] = field(default_factory=dict)
    """Accepted changes to recorded values, by the uid of the record."""
    by_identity: Mapping[_Identity, Sequence[LogRecord]] | None = None

    def find_same(
        self, entry: NewEntry, row: TextRow, claimed: Collection[str]
    ) -> LogRecord | None:
        """Return the record with an entry's content, or None if there is none.

        It is of the same time, to the minute, and not of another unit or officer. A row with a
        number matches only a record without one. Of several records, one without contradictions
        is preferred. ``claimed`` records belong to other rows.
        """
        if self.by_identity is None:
            self.by_identity = self._group_by_identity()
        if not self.by_identity:
            return None
        own = read_record(RECORD_KINDS[entry.kind], entry.uid, entry)
        matches = [
            record
            for record in self.by_identity.get(_identify(own, self.identity), ())
            if record.uid not in claimed
            and not _have_different_units(record, own)
            and ("uid" not in row.cells or has_content_uid(record.uid))
        ]
        if len(matches) == 1:
            return matches[0]
        agreeing = (
            record
            for record in matches
            if not _list_contradictions(self.restore(record), entry, row.cells)
        )
        return next(agreeing, next(iter(matches), None))

    def _group_by_identity(self) -> Mapping[_Identity, Sequence[LogRecord]]:
        groups: dict[_Identity, list[LogRecord]] = {}
        for record in self._read_records().values():
            if not isinstance(record, Visit) or record.status in MADE_VISIT_STATUSES:
                groups.setdefault(_identify(record, self.identity), []).append(record)
        return groups

    def complete(self, stored: NewEntry, entry: NewEntry, row: TextRow) -> NewEntry | None:
        """Return the correction of a record by a row with more values, or None if nothing is new.

        A call in progress in one export is finished in the next. Its units are added to the
        recorded units, in whatever order the rows are.

        Raises
        ------
        UserError
            The row contradicts the stored entry with its uid, and the record.
        """
        if _covers_row(stored, entry, row.cells):
            return None
        record = self._read_records().get(entry.uid)
        before = self.restore(record) if record is not None else None
        is_foreign = self.find_unit is not None
        may_complete = is_foreign or has_content_uid(entry.uid)
        if before is not None and may_complete:
            entry = self._join_units(before, entry)
        if before is not None and _covers_row(before, entry, row.cells):
            return None
        if record is None and self.session.store.record(entry.uid)[-1].kind == "void":
            raise UserError("entry_exists_otherwise.voided", uid=entry.uid, kind=entry.kind)
        if before is None or not (may_complete or self.corrects):
            raise UserError("entry_exists_otherwise", uid=entry.uid)
        differing = _list_contradictions(before, entry, row.cells)
        if differing and not self.corrects:
            raise UserError("entry_exists_otherwise.row", uid=entry.uid, columns=differing)
        if changes := _list_changes(before, entry, row.cells):
            self.corrected[entry.uid] = changes
        cells = {**row.cells, "supersedes": stored.uid}
        cells.pop("uid", None)
        resolved = {
            "site": entry.site,
            "unit": entry.unit,
            "units": ";".join(entry.payload.get("units", ())),
        }
        cells |= {name: value for name, value in resolved.items() if name in cells and value}
        correction = self._parse(entry.kind, cells, record)
        payload = _put_other_units(correction.payload, entry.payload)
        correction = replace(correction, payload=payload)
        uid = compute_content_uid(
            correction.kind,
            correction.site,
            correction.unit,
            format_utc_iso(correction.occurred_at),
            {**payload, "supersedes": stored.uid},
        )
        return validate_entry(correction, uid=uid)

    def _join_units(self, before: NewEntry, entry: NewEntry) -> NewEntry:
        """Return an entry with a record's units before its own, so that the first unit stays first.

        Other agencies' units that have become ours in the meantime are left out of the others.
        """
        units, others = (
            list(dict.fromkeys((*before.payload.get(name, ()), *entry.payload.get(name, ()))))
            for name in (UNITS, OTHER_UNITS)
        )
        if self.find_unit is not None:
            others = [unit for unit in others if self.find_unit(unit) is None]
        payload = _put_other_units(entry.payload, {OTHER_UNITS: others})
        if not entry.payload.get(UNITS):
            return replace(entry, payload=payload)
        return replace(entry, unit=units[0], payload={**payload, UNITS: units})

    def _read_records(self) -> Mapping[str, LogRecord]:
        """Return the records after corrections and live stamps, by uid."""
        if self.records is None:
            self.records = {record.uid: record for record in self.read(self.session)}
        return self.records

    def restore(self, record: LogRecord) -> NewEntry | None:
        """Return a record as one entry, or None if its times have no order that a row can have."""
        try:
            return self._parse(self.kind, {}, record)
        except UserError:  # stamps of several units may overlap
            return None

    def _parse(self, kind: str, cells: Mapping[str, str], record: LogRecord | None) -> NewEntry:
        zone, now = self.session.saved_project.time_zone, self.session.clock()
        return parse_entry(kind, cells, time_zone=zone, now=now, uid="", corrects=record)


def _put_other_units(payload: Mapping[str, Any], source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a payload with the other agencies' units of another payload, if it has any."""
    others = {OTHER_UNITS: source[OTHER_UNITS]} if source.get(OTHER_UNITS) else {}
    return {name: value for name, value in payload.items() if name != OTHER_UNITS} | others


def _identify(record: LogRecord, identity: Sequence[str]) -> _Identity:
    """Return the values that distinguish a record from others of its kind; times to the minute."""
    values = (getattr(record, name) for name in identity)
    return tuple(
        value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
        for value in values
    )


def _have_different_units(one: LogRecord, other: LogRecord) -> bool:
    """Whether two records have units, or officers, and none in common."""
    for name in ("unit", "units", "officer"):
        values = (getattr(record, name, None) or () for record in (one, other))
        first, second = ({value} if isinstance(value, str) else set(value) for value in values)
        if first and second and first.isdisjoint(second):
            return True
    return False


def _list_contradictions(
    before: NewEntry | None, entry: NewEntry, cells: Mapping[str, str]
) -> list[str]:
    """Return the columns of a row that contradict an entry.

    Filling in a missing value is not a contradiction; neither is a later end, or a priority where
    the default one was stored.
    """
    if before is None:
        return ["status"]
    pairs = {"site": (before.site, entry.site), "unit": (before.unit, entry.unit)}
    columns = [name for name, (old, new) in pairs.items() if None not in (old, new) and old != new]
    for name, value in entry.payload.items():
        old = before.payload.get(name)
        if name in (UNITS, OTHER_UNITS) or old in (None, "", [], value) or name not in cells:
            continue
        if name == "status" and old in UNFINISHED_VISIT_STATUSES:
            continue
        if name == "priority" and old == _DEFAULT_PRIORITY:
            continue
        if name != "cleared_at" or str(old) > str(value):
            columns.append(name)
    return columns


def _list_changes(before: NewEntry, entry: NewEntry, cells: Mapping[str, str]) -> list[ValueChange]:
    """Return the recorded values that a row replaces, without missing values that it fills in."""
    return [
        ValueChange(entry.uid, name, str(before.payload[name]), str(value))
        for name, value in entry.payload.items()
        if name in cells
        and name not in (UNITS, OTHER_UNITS)
        and before.payload.get(name) not in (None, "", [], value)
        and (name != "priority" or before.payload[name] != _DEFAULT_PRIORITY)
    ]


def describe_change(change: ValueChange, zone: ZoneInfo) -> Message:
    """Return a message on a change, with local times."""
    texts = [change.before, change.after]
    if change.column.endswith("_at"):
        times = [datetime.fromisoformat(text).astimezone(zone) for text in texts]
        texts = [f"{time:%Y-%m-%d %H:%M:%S}".removesuffix(":00") for time in times]
    label = STAMP_LABELS.get(change.column) or change.column.removesuffix("_at").replace("_", " ")
    return Message("value_changed", column=label, before=texts[0], after=texts[1])


def _covers_row(stored: NewEntry, entry: NewEntry, cells: Mapping[str, str]) -> bool:
    """Whether a stored entry has all values of a row; values that the row lacks may differ."""
    return (
        stored.kind == entry.kind
        and entry.site in (None, stored.site)
        and entry.unit in (None, stored.unit)
        and all(
            stored.payload.get(name) == value
            for name, value in entry.payload.items()
            if name in cells
        )
    )


CORRECTION_COLUMNS = ("supersedes", "void")
_FIRST_YEAR = 1970
_TO_THE_MINUTE = len("2026-11-16 08:00")
_ROUNDED_CODE = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_READING_SHARE = 0.8
_MAX_WORD_LENGTH = 200
_ROWS_PER_STEP = 10_000
_encode_content = make_json_encoder(sort_keys=True, ensure_ascii=True, allow_nan=True)


@dataclass(frozen=True, slots=True)
class LogTableLayout:
    """The columns of a table of journal entries of one kind; a row has all that are ``needed``."""

    kind: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    @property
    def identifying(self) -> tuple[str, ...]:
        """The columns by which a table with our headings is recognized."""
        return self.needed

    @property
    def long_columns(self) -> tuple[str, ...]:
        """The columns with free texts and lists, whose length is checked with the entry."""
        fields = RECORD_KINDS[self.kind].fields if self.kind in RECORD_KINDS else {}
        long_types = (ValueType.FREE_TEXT, ValueType.TEXTS)
        return ("note", *(name for name, each in fields.items() if each.stored in long_types))

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields that are equal in two rows without a number about the same record."""
        fields = RECORD_KINDS[self.kind].fields
        names = dict.fromkeys(("site", *self.needed))
        return tuple(name for name in names if name in fields and name not in _MAY_CHANGE)

    def read_records(self, session: Session) -> tuple[LogRecord, ...]:
        """Return the current records of this kind; stamps are not records."""
        if self.kind not in RECORD_READERS:
            return ()
        return RECORD_READERS[self.kind](session.store.entries(kinds=(self.kind, "stamp", "void")))


@dataclass(frozen=True, eq=False, slots=True)
class LogRows:
    """The unsaved entries of a table, and the results of its rows in order.

    ``doubtful`` counts rejected rows with a time that is ambiguous or missing because the clocks
    change. ``times`` are the times of the earliest and the latest row that was not rejected.
    ``duplicates`` are numbers that were left out, each with the number of the record that it
    duplicates. ``corrected`` are recorded values that are replaced.
    """

    entries: tuple[NewEntry, ...]
    rows: tuple[RowResult, ...]
    doubtful: int = 0
    times: tuple[datetime, ...] = ()
    duplicates: Mapping[str, str] = field(default_factory=dict)
    corrected: tuple[ValueChange, ...] = ()

    def join(self, other: "LogRows") -> "LogRows":
        """Return these rows and rows of another kind as rows of one table."""
        return LogRows(
            (*self.entries, *other.entries),
            (*self.rows, *other.rows),
            self.doubtful + other.doubtful,
            (*self.times, *other.times),
            {**self.duplicates, **other.duplicates},
            (*self.corrected, *other.corrected),
        )


_NEEDED_COLUMNS = {kind.name: kind.required for kind in RECORD_KINDS.values()} | {
    "drill": ("site", "kind", "held_at"),
    "review": ("site", "stage", "on"),
    "action": ("site", "action", "began_at"),
    "concern": ("reference", "received_at"),
    "approval": ("on", "worked", "officer", "hours"),
    "monthly_return": ("site", "month"),
}
"""The columns that a row needs: more than a form, which fills in some."""
_MAY_CHANGE = ("type", "ended_at", "officer")
"""Needed columns that do not distinguish a row from others."""
_STAMP_COLUMNS = ("uid", "incident", "unit", "name", "at")
LOG_TABLES: Mapping[str, LogTableLayout] = {
    **{
        RECORD_KINDS[kind].table: LogTableLayout(
            kind, (*RECORD_KINDS[kind].columns, "void"), needed
        )
        for kind, needed in _NEEDED_COLUMNS.items()
    },
    "stamps": LogTableLayout("stamp", (*_STAMP_COLUMNS, "supersedes", "void"), _STAMP_COLUMNS[1:]),
}


def read_log_entries(
    session: Session,
    layout: LogTableLayout,
    rows: Iterable[TextRow],
    report: ProgressReport,
    *,
    lines: int,
    times: LocalTimeParser,
    find_unit: Callable[[str], str | None] | None = None,
    corrects: bool = False,
) -> LogRows:
    """Read the rows of a table as entries for the journal; nothing is saved.

    A row without a uid gets one from its content, so that the same row is recognized again. A
    missing unit stays unknown. ``lines`` is the approximate number of rows; ``times`` parses their
    times. A row of a foreign table, for which ``find_unit`` finds units, completes a record, and
    with ``corrects`` also corrects one that it contradicts.

    Raises
    ------
    UserError
        The rest of the table cannot be read. Errors in single rows are in their results.
    """
    builder = _LogRowsBuilder(session, layout, times, find_unit, corrects)
    remaining, done = iter(rows), 0
    with pause_garbage_collection():
        while batch := list(islice(remaining, _ROWS_PER_STEP)):
            done += len(batch)
            report(min(1.0, done / lines) * _READING_SHARE, Message("progress.row", n=done))
            builder.add(batch)
    return builder.build()


@contextmanager
def pause_garbage_collection() -> Iterator[None]:
    """Pause Python's search for reference cycles, which rows of text do not have."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _LogRowsBuilder:
    """Builds the entries and results of a table, batch by batch."""

    def __init__(
        self,
        session: Session,
        layout: LogTableLayout,
        times: LocalTimeParser,
        find_unit: Callable[[str], str | None] | None,
        corrects: bool,
    ) -> None:
        self._store, self._is_foreign = session.store, find_unit is not None
        self._project = session.saved_project
        self._zone = ZoneInfo(self._project.time_zone)
        self._reader = _EntryReader(session, layout, times)
        identity = layout.identity if layout.kind in RECORD_KINDS else ()
        self._existing = _ExistingRecords(
            session, layout.kind, layout.read_records, find_unit, corrects, identity
        )
        self._claimed = set[str]()
        self._matched: dict[str, LogRecord] = {}
        self._new: dict[str, tuple[int, NewEntry]] = {}
        self._times: tuple[datetime, ...] = ()
        self._rows: list[RowResult] = []
        self._doubtful = 0

    def build(self) -> LogRows:
        """Return the entries and results so far."""
        entries = tuple(entry for _, entry in self._new.values())
        corrected = tuple(chain.from_iterable(self._existing.corrected.values()))
        return LogRows(entries, tuple(self._rows), self._doubtful, self._times, corrected=corrected)

    def add(self, rows: Sequence[TextRow]) -> None:
        """Add the next rows."""
        readable = [(row, *read) for row in rows if (read := self._read_row(row)) is not None]
        times = (*self._times, *(entry.occurred_at for _, entry, _ in readable))
        self._times = (min(times), max(times)) if times else ()
        stored = self._store.by_uid([entry.uid for _, entry, _ in readable])
        if self._is_foreign:
            readable = [(row, _add_day(entry, stored), notes) for row, entry, notes in readable]
            stored = self._store.by_uid([entry.uid for _, entry, _ in readable])
        self._claimed.update(stored)
        for original_row, original, repairs in readable:
            row, entry, existing = original_row, original, None
            try:
                if original.uid not in stored:
                    row, entry, existing = self._match_record(original_row, original)
                outcome = self._add_entry(row, entry, existing or stored.get(entry.uid))
            except UserError as error:
                self._reject(row, error)
                continue
            repaired = tuple(repairs) if outcome is RowOutcome.NEW else ()
            site = self._project.sites.get(entry.site or "")
            changes = self._existing.corrected.get(original.uid, ())
            remark = self._describe(row, entry)
            if changes:
                described = [describe_change(change, self._zone) for change in changes]
                remark = Message("row_reason.changed", row=remark, changes=described)
            name = site.name if site else ""
            self._rows.append(RowResult(row.row, outcome, name, remark, repaired, entry.uid))

    def _read_row(self, row: TextRow) -> tuple[NewEntry, list[Message]] | None:
        if row.elsewhere or row.left_out:
            outcome = RowOutcome.ELSEWHERE if row.elsewhere else RowOutcome.LEFT_OUT
            self._rows.append(RowResult(row.row, outcome, row.place, row.left_out or ""))
            return None
        try:
            return self._reader.read(row)
        except UserError as error:
            if error.code == "unknown_site" and self._reader.kind == "incident":
                place = row.cells.get("site", "")
                self._rows.append(RowResult(row.row, RowOutcome.ELSEWHERE, place))
            else:
                self._reject(row, error)
            return None

    def _match_record(
        self, row: TextRow, entry: NewEntry
    ) -> tuple[TextRow, NewEntry, NewEntry | None]:
        """Return a row and its entry with the uid of the record that they match, and that record.

        The record's beginning is kept, because it may have seconds.
        """
        record = self._matched.get(entry.uid) or self._existing.find_same(entry, row, self._claimed)
        if record is None:
            return row, entry, None
        self._matched[entry.uid] = record
        self._claimed.add(record.uid)
        order = RECORD_KINDS[entry.kind].order_field
        cells = {**row.cells, "uid": record.uid, order: getattr(record, order).isoformat()}
        row = row._replace(cells=cells)
        existing = self._existing.restore(record) or self._store.by_uid([record.uid])[record.uid]
        return row, self._reader.read(row)[0], replace(existing, uid=record.uid)

    def _add_entry(self, row: TextRow, entry: NewEntry, stored: NewEntry | None) -> RowOutcome:
        if entry.uid in self._new:
            earlier_row, earlier = self._new[entry.uid]
            if not _covers_row(earlier, entry, row.cells):
                raise UserError("row_repeats_uid", other_row=earlier_row, uid=entry.uid)
            return RowOutcome.KNOWN
        new = entry if stored is None else self._existing.complete(stored, entry, row)
        if new is None:
            return RowOutcome.KNOWN
        self._new[entry.uid] = (row.row, new)
        return RowOutcome.NEW if stored is None else RowOutcome.CHANGED

    def _describe(self, row: TextRow, entry: NewEntry) -> Message | str:
        """Return the time and unit of an entry, and the other name by which its site was found."""
        at = entry.occurred_at.astimezone(self._zone)
        timed = entry.kind not in RECORD_KINDS or RECORD_KINDS[entry.kind].timed
        words = [at.isoformat(" ", "minutes")[:_TO_THE_MINUTE] if timed else at.date().isoformat()]
        if entry.unit:
            words.append(entry.unit)
        facts = ", ".join(words)
        return Message("row_reason.found_by", row=facts, place=row.place) if row.place else facts

    def _reject(self, row: TextRow, error: UserError) -> None:
        self._rows.append(refuse_row(row.row, error.to_message()))
        self._doubtful += isinstance(error, DoubtfulTime)


@dataclass(frozen=True, eq=False, slots=True)
class UnitStampRows:
    """Stamps of single units in a file, which are logged with its calls.

    In ``rows``, known calls with new stamps are changed. ``differing`` describes times that differ
    from the record and are not imported; their rows also list them. ``corrected`` are later clears
    that replace recorded ones.
    """

    rows: tuple[RowResult, ...]
    entries: tuple[NewEntry, ...] = ()
    differing: tuple[str, ...] = ()
    corrected: tuple[ValueChange, ...] = ()


def build_unit_stamps(
    session: Session,
    layout: LogTableLayout,
    rows: Sequence[RowResult],
    stamps: Mapping[int, Mapping[str, Mapping[str, str]]],
) -> UnitStampRows:
    """Return the entries for ``stamps``: times by row of a call, unit and name."""
    calls = {row.row: row for row in rows if row.row in stamps and row.id}
    if not calls:
        return UnitStampRows(tuple(rows))
    by_uid: dict[str, tuple[RowResult, NewEntry]] = {}
    zone, now = session.saved_project.time_zone, session.clock()
    for number, call in calls.items():
        for unit, times in stamps[number].items():
            for name, text in times.items():
                entry = build_stamp_entry(
                    uid="",
                    incident=call.id,
                    unit=unit,
                    name=name,
                    at=datetime.fromisoformat(text),
                    time_zone=zone,
                    now=now,
                )
                at = str(entry.payload["at"])
                uid = compute_content_uid("stamp", None, unit, at, entry.payload)
                by_uid[uid] = (call, validate_entry(entry, uid=uid))
    known = session.store.by_uid(list(by_uid))
    new = [stamp for uid, stamp in by_uid.items() if uid not in known]
    recorded: dict[str, Mapping[str, UnitStamps]] = {}
    if any(call.outcome is not RowOutcome.NEW for call, _ in new):
        recorded = {
            incident.uid: {each.unit: each for each in incident.by_unit}
            for incident in layout.read_records(session)
            if isinstance(incident, Incident)
        }
    entries: list[NewEntry] = []
    corrected: list[ValueChange] = []
    changed_rows, differing = set[int](), dict[int, list[str]]()
    for call, entry in new:
        name = str(entry.payload["name"])
        before = getattr(recorded.get(call.id, {}).get(str(entry.unit)), name, None)
        if before is not None and not (name == "cleared_at" and before < entry.occurred_at):
            if before != entry.occurred_at:
                label = STAMP_LABELS.get(name) or name.removesuffix("_at")
                differing.setdefault(call.row, []).append(f"{entry.unit} {label}")
            continue
        if before is not None:
            texts = (format_utc_iso(time) for time in (before, entry.occurred_at))
            corrected.append(ValueChange(call.id, f"{entry.unit} {name}", *texts))
        entries.append(entry)
        changed_rows.add(call.row)
    results: list[RowResult] = []
    for row in rows:
        result = row
        for stamp in differing.get(row.row, ()):
            remark = Message("row_reason.time_stays", row=result.remark, time=stamp)
            result = result._replace(remark=remark)
        if row.row in changed_rows and row.outcome is RowOutcome.KNOWN:
            result = result._replace(outcome=RowOutcome.CHANGED)
        results.append(result)
    return UnitStampRows(
        tuple(results),
        tuple(entries),
        tuple(f"{row.id} {stamp}" for row in rows for stamp in differing.get(row.row, ())),
        tuple(corrected),
    )


class _EntryReader:
    """Turns rows into entries; looks up each site and linked record only once."""

    def __init__(self, session: Session, layout: LogTableLayout, times: LocalTimeParser) -> None:
        self._times = times
        self._project = session.saved_project
        self._layout, self._long_columns = layout, frozenset(layout.long_columns)
        record = RECORD_KINDS.get(layout.kind)
        self._time_field = record.order_field if record is not None and record.timed else ""
        self._now = session.clock()
        self._store = session.store
        self._officers = OfficerNames(session.saved_project)
        self._sites: dict[str, str] = {}
        self._linked: dict[str, str] = {}
        self._finder = SiteFinder(self._project.sites)
        self.kind = layout.kind

    @cached_property
    def _rules(self) -> RulePack:
        """The readiness rules, which visits and calls do not need."""
        return load_project_rules(self._project)

    def read(self, row: TextRow) -> tuple[NewEntry, list[Message]]:
        """Return the entry of a row and how it was repaired; an error in it is a UserError."""
        if row.fault:
            raise UserError(row.fault)
        cells = dict(row.cells)
        _check_cells(cells, self._layout.needed, self._long_columns)
        if "site" in cells:
            cells["site"] = self._find_site(cells["site"])
        if "unit" in cells:
            cells["unit"] = self._find_unit(cells["unit"])
        if "units" in cells:
            cells["units"] = ";".join(map(self._find_unit, parse_list(cells["units"])))
        if cells.get("officer"):
            cells["officer"] = self._officers.find(cells["officer"]) or cells["officer"]
        if self._layout.kind == HOURS_RECORD.name:
            cells = fill_hours_columns(self._project, cells)
        self._resolve_link(cells)
        if self.kind == DISTRICT_REPORT:
            check_duty(cells, self._rules)
        repairs = [*row.repaired, *_repair_minutes(cells)]
        kind, zone = self._layout.kind, self._project.time_zone
        entry = parse_entry(kind, cells, time_zone=zone, now=self._now, uid="", times=self._times)
        if entry.kind == "drill":
            check_drill_checklist(entry, self._rules.checklist, zone)
        elif entry.kind == "review":
            check_elements(entry, self._rules)
        if entry.occurred_at.year < _FIRST_YEAR:
            raise UserError("too_early.in_row", year=_FIRST_YEAR)
        uid = entry.uid
        if not uid:
            at = entry.payload.get(self._time_field) or format_utc_iso(entry.occurred_at)
            uid = compute_content_uid(entry.kind, entry.site, entry.unit, at, entry.payload)
        return validate_entry(entry, uid=uid), repairs

    def _resolve_link(self, cells: dict[str, str]) -> None:
        """Put in the uid of the record that a row refers to; it must be in the log."""
        link = RECORD_LINKS.get(self.kind)
        if link and (text := cells.get(link.column, "").strip()):
            if text not in self._linked:
                self._linked[text] = find_linked_record(self._store, self.kind, text).uid
            cells[link.column] = self._linked[text]

    def _find_site(self, text: str) -> str:
        """Return the id of the site that a row names; if there is none, that is a UserError."""
        if text not in self._sites:
            if _ROUNDED_CODE.fullmatch(text):
                raise UserError("rounded_code.in_log", text=text)
            match = self._finder.find(text)
            self._sites[text] = match.site if match else self._project.site(text).id
        return self._sites[text]

    def _find_unit(self, text: str) -> str:
        """Return the id of the unit that a row names; if there is none, that is a UserError."""
        unit = self._project.find_unit_id(text)
        if unit is None:
            units = ", ".join(self._project.units)
            raise UserError("unknown_unit.in_row", unit=text, units=units)
        return unit


def _add_day(entry: NewEntry, stored: Mapping[str, NewEntry]) -> NewEntry:
    """Return an entry; its uid gets its day if a call with the uid is in the log, days away."""
    known = stored.get(entry.uid)
    if known is None or abs(known.occurred_at - entry.occurred_at) <= SAME_CALL_TIME:
        return entry
    return replace(entry, uid=f"{entry.uid} {entry.occurred_at:%Y-%m-%d}")


def _check_cells(
    cells: Mapping[str, str], needed: Iterable[str], long_columns: Collection[str]
) -> None:
    for name in needed:
        if name not in cells:
            raise UserError("row_lacks_column.of_table", name=name)
    for name in CORRECTION_COLUMNS:
        if name in cells:
            raise UserError("row_corrects", name=name)
    for name, text in cells.items():
        if name.endswith("_at") and text.casefold() == "now":
            raise UserError("not_a_time.now_in_row", name=name)
        if len(text) > _MAX_WORD_LENGTH and name not in long_columns:
            raise UserError("text_too_long.in_row", name=name, most=_MAX_WORD_LENGTH)


def _repair_minutes(cells: dict[str, str]) -> list[Message]:
    """Replace a decimal comma in the minutes by a point, and return a note on it."""
    text = cells.get("minutes", "")
    number = normalize_decimal(text)
    if number == text:
        return []
    cells["minutes"] = number
    return [Message("minutes_repaired", text=text, number=number)]


def has_content_uid(uid: str) -> bool:
    """Whether a uid was computed from content, for a record without a number."""
    return _CONTENT_UID.fullmatch(uid) is not None


def compute_content_uid(
    kind: str, site: str | None, unit: str | None, at: str, payload: Mapping[str, Any]
) -> str:
    """Return a uid for the content of an entry, independent of how its times were written.

    ``at`` is the time of the entry as text in UTC.
    """
    content = {name: value for name, value in payload.items() if name != "time_zone"}
    text = _encode_content([kind, site, unit, at, content])
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
