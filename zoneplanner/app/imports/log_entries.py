"""Read rows of a table as entries of the log: new, known, completed, corrected or refused."""

import gc
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
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

_Identity = tuple[object, ...]
_CONTENT_UID = re.compile(r"[a-z_]+-[0-9a-f]{32}")
"""What ``compute_content_uid`` makes: the uid of a record that came without a number."""
_USUAL_PRIORITY = 3


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value on record that a newer file says otherwise; times are ISO 8601 texts in UTC."""

    uid: str
    column: str
    before: str
    after: str


@dataclass(slots=True)
class _ExistingRecords:
    """The records of one kind as they stand, looked up once that matters."""

    session: Session
    kind: str
    read: Callable[[Session], tuple[LogRecord, ...]]
    find_unit: Callable[[str], str | None] | None
    corrects: bool
    identity: tuple[str, ...]
    standing: Mapping[str, LogRecord] | None = None
    corrected: dict[str, list[ValueChange]] = field(default_factory=dict)
    """What rows say otherwise than was on record, by the uid of the record, where it is taken."""
    identical: Mapping[_Identity, Sequence[LogRecord]] | None = None

    def find_same(
        self, entry: NewEntry, row: TextRow, claimed: Collection[str]
    ) -> LogRecord | None:
        """Return the record that an entry is about by what it says; None where there is none.

        It is of the same moment, to the minute, and not of another unit or officer. A row with a
        number is only of a record that has none. Of several it is the one that nothing
        contradicts. Records that are ``claimed`` are those of other rows.
        """
        if self.identical is None:
            self.identical = self._group_by_identity()
        if not self.identical:
            return None
        said = read_record(RECORD_KINDS[entry.kind], entry.uid, entry)
        found = [
            record
            for record in self.identical.get(_identify(said, self.identity), ())
            if record.uid not in claimed
            and not _serve_apart(record, said)
            and ("uid" not in row.cells or _CONTENT_UID.fullmatch(record.uid))
        ]
        if len(found) == 1:
            return found[0]
        agreeing = (
            one for one in found if not _list_contradictions(self.restore(one), entry, row.cells)
        )
        return next(agreeing, next(iter(found), None))

    def _group_by_identity(self) -> Mapping[_Identity, Sequence[LogRecord]]:
        found: dict[_Identity, list[LogRecord]] = {}
        for record in self._read_standing().values():
            if not isinstance(record, Visit) or record.status in MADE_VISIT_STATUSES:
                found.setdefault(_identify(record, self.identity), []).append(record)
        return found

    def complete(self, kept: NewEntry, entry: NewEntry, row: TextRow) -> NewEntry | None:
        """Return the correction of a record by a row that only says more; None where known.

        A call that was going on in one export is over in the next. Its units join those that are
        kept, in whatever order its rows stand.

        Raises
        ------
        UserError
            The row says other than the entry that is kept under its uid, and than its record.
        """
        if _covers_row(kept, entry, row.cells):
            return None
        record = self._read_standing().get(entry.uid)
        before = self.restore(record) if record is not None else None
        same, foreign = _CONTENT_UID.fullmatch(entry.uid) is not None, self.find_unit is not None
        if before is not None and (foreign or same):
            entry = self._join_units(before, entry)
        if before is not None and _covers_row(before, entry, row.cells):
            return None
        if record is None and self.session.store.record(entry.uid)[-1].kind == "void":
            raise UserError("entry_exists_otherwise.voided", uid=entry.uid, kind=entry.kind)
        if before is None or not (foreign or self.corrects or same):
            raise UserError("entry_exists_otherwise", uid=entry.uid)
        differing = _list_contradictions(before, entry, row.cells)
        if differing and not self.corrects:
            raise UserError("entry_exists_otherwise.row", uid=entry.uid, columns=differing)
        if changes := _list_changes(before, entry, row.cells):
            self.corrected[entry.uid] = changes
        cells = {**row.cells, "supersedes": kept.uid}
        cells.pop("uid", None)
        own = {
            "site": entry.site,
            "unit": entry.unit,
            "units": ";".join(entry.payload.get("units", ())),
        }
        cells |= {name: value for name, value in own.items() if name in cells and value}
        made = self._parse(entry.kind, cells, record)
        made = replace(made, payload=_put_other_units(made.payload, entry.payload))
        at = format_utc_iso(made.occurred_at)
        said = {**made.payload, "supersedes": kept.uid}
        uid = compute_content_uid(made.kind, made.site, made.unit, at, said)
        return validate_entry(made, uid=uid)

    def _join_units(self, before: NewEntry, entry: NewEntry) -> NewEntry:
        """Return an entry with the units of a record before its own, so that the same one leads.

        Units of others that somebody said to be ours meanwhile are no others any more.
        """
        units, others = (
            list(dict.fromkeys((*before.payload.get(name, ()), *entry.payload.get(name, ()))))
            for name in (UNITS, OTHER_UNITS)
        )
        if self.find_unit is not None:
            others = [one for one in others if self.find_unit(one) is None]
        payload = _put_other_units(entry.payload, {OTHER_UNITS: others})
        if not entry.payload.get(UNITS):
            return replace(entry, payload=payload)
        return replace(entry, unit=units[0], payload={**payload, UNITS: units})

    def _read_standing(self) -> Mapping[str, LogRecord]:
        """Return what the records came to be by corrections and live stamps."""
        if self.standing is None:
            self.standing = {record.uid: record for record in self.read(self.session)}
        return self.standing

    def restore(self, record: LogRecord) -> NewEntry | None:
        """Return an entry of a record as it stands."""
        try:
            return self._parse(self.kind, {}, record)
        except UserError:  # stamps of several units may cross, which no row can say
            return None

    def _parse(self, kind: str, cells: Mapping[str, str], record: LogRecord | None) -> NewEntry:
        zone, now = self.session.saved_project.time_zone, self.session.clock()
        return parse_entry(kind, cells, time_zone=zone, now=now, uid="", corrects=record)


def _put_other_units(payload: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a payload with the units of other agencies that another one has, if any."""
    others = {OTHER_UNITS: said[OTHER_UNITS]} if said.get(OTHER_UNITS) else {}
    return {name: own for name, own in payload.items() if name != OTHER_UNITS} | others


def _identify(record: LogRecord, identity: Sequence[str]) -> _Identity:
    """Return what tells a record from others of its kind; times count to the minute."""
    values = (getattr(record, name) for name in identity)
    return tuple(
        value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
        for value in values
    )


def _serve_apart(one: LogRecord, other: LogRecord) -> bool:
    """Tell whether two records name units, or officers, that have none in common."""
    for name in ("unit", "units", "officer"):
        sides = [getattr(record, name, None) or () for record in (one, other)]
        first, second = ({side} if isinstance(side, str) else set(side) for side in sides)
        if first and second and first.isdisjoint(second):
            return True
    return False


def _list_contradictions(
    before: NewEntry | None, entry: NewEntry, cells: Mapping[str, str]
) -> list[str]:
    """Return the columns of a row that do more than fill in blanks, or end later.

    A priority that nobody said is stored as the usual one.
    """
    if before is None:
        return ["status"]
    pairs = {"site": (before.site, entry.site), "unit": (before.unit, entry.unit)}
    found = [name for name, own in pairs.items() if None not in own and own[0] != own[1]]
    for name, value in entry.payload.items():
        old = before.payload.get(name)
        if name in (UNITS, OTHER_UNITS) or old in (None, "", [], value) or name not in cells:
            continue
        if name == "status" and old in UNFINISHED_VISIT_STATUSES:
            continue
        if name == "priority" and old == _USUAL_PRIORITY:
            continue
        if name != "cleared_at" or str(old) > str(value):
            found.append(name)
    return found


def _list_changes(before: NewEntry, entry: NewEntry, cells: Mapping[str, str]) -> list[ValueChange]:
    """Return which values on record a row takes the place of; blanks that it fills are none."""
    return [
        ValueChange(entry.uid, name, str(before.payload[name]), str(value))
        for name, value in entry.payload.items()
        if name in cells
        and name not in (UNITS, OTHER_UNITS)
        and before.payload.get(name) not in (None, "", [], value)
        and (name != "priority" or before.payload[name] != _USUAL_PRIORITY)
    ]


def describe_change(change: ValueChange, zone: ZoneInfo) -> str:
    """Say what a value was and is, times as local ones."""
    sides = [change.before, change.after]
    if change.column.endswith("_at"):
        moments = [datetime.fromisoformat(text).astimezone(zone) for text in sides]
        sides = [f"{at:%Y-%m-%d %H:%M:%S}".removesuffix(":00") for at in moments]
    label = STAMP_LABELS.get(change.column) or change.column.removesuffix("_at").replace("_", " ")
    return f"{label} {sides[0]} is now {sides[1]}"


def _check_same_uid_rows(
    earlier_row: int, earlier: NewEntry, entry: NewEntry, row: TextRow
) -> None:
    """Refuse other content than that of an earlier row with the same uid."""
    if not _covers_row(earlier, entry, row.cells):
        raise UserError("row_repeats_uid", other_row=earlier_row, uid=entry.uid)


def _covers_row(kept: NewEntry, entry: NewEntry, cells: Mapping[str, str]) -> bool:
    """Tell whether an entry holds all that a row says; what the row leaves out may differ."""
    if kept.kind != entry.kind:
        return False
    pairs = ((entry.site, kept.site), (entry.unit, kept.unit))
    if any(own not in (None, old) for own, old in pairs):
        return False
    said = {name: value for name, value in entry.payload.items() if name in cells}
    return all(kept.payload.get(name) == value for name, value in said.items())


CORRECTION_COLUMNS = ("supersedes", "void")
_FIRST_YEAR = 1970
_MINUTES = len("2026-11-16 08:00")
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_READING_SHARE = 0.8
_MAX_WORD_LENGTH = 200
_ROWS_PER_STEP = 10_000
_encode_content = make_json_encoder(sort_keys=True, ensure_ascii=True, allow_nan=True)


@dataclass(frozen=True, slots=True)
class LogTableLayout:
    """The columns of a table of journal entries of one kind; a row lacks none of ``needed``."""

    kind: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    @property
    def long(self) -> tuple[str, ...]:
        """The columns that hold free texts and lists, which the entry's own shape limits."""
        fields = RECORD_KINDS[self.kind].fields if self.kind in RECORD_KINDS else {}
        lasting = (ValueType.FREE_TEXT, ValueType.TEXTS)
        return ("note", *(name for name, one in fields.items() if one.stored in lasting))

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields that are the same in two rows without a number about one record."""
        fields = RECORD_KINDS[self.kind].fields
        return tuple(
            dict.fromkeys(
                name
                for name in ("site", *self.needed)
                if name in fields and name not in _MAY_CHANGE
            )
        )

    def standing(self, session: Session) -> tuple[LogRecord, ...]:
        """Return the records of this kind that the journal has."""
        if self.kind not in RECORD_READERS:  # a stamp stands as it was made
            return ()
        return RECORD_READERS[self.kind](session.store.entries(kinds=(self.kind, "stamp", "void")))


@dataclass(frozen=True, eq=False, slots=True)
class LogRows:
    """What the rows of a table come to; nothing of it is kept yet.

    ``rows`` are the results in the order that the rows were read. ``doubtful`` of the refused have
    a time that the change of the clocks makes doubtful. ``times`` are those of the earliest and the
    latest row that was not refused. ``again`` are the numbers that were left out, each with that
    of the record which it is again. ``corrected`` are values on record that others take the place
    of.
    """

    entries: tuple[NewEntry, ...]
    rows: tuple[RowResult, ...]
    doubtful: int = 0
    times: tuple[datetime, ...] = ()
    again: Mapping[str, str] = field(default_factory=dict)
    corrected: tuple[ValueChange, ...] = ()

    def join(self, other: "LogRows") -> "LogRows":
        """Return these rows and those of another kind, as of one table."""
        return LogRows(
            (*self.entries, *other.entries),
            (*self.rows, *other.rows),
            self.doubtful + other.doubtful,
            (*self.times, *other.times),
            {**self.again, **other.again},
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
"""What a row of a table needs: more than a form, which fills some in."""
_MAY_CHANGE = ("type", "ended_at", "officer")
"""Columns that a row needs and that do not tell it from others."""
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
    """Read the rows of a table as entries for the journal; nothing is appended.

    A row without a uid gets one that follows from its content, so that the same row again is
    known. A unit that a row leaves out stays unknown. ``lines`` is about how many rows there are;
    ``times`` reads their times. A row of a foreign table, whose units ``find_unit`` knows, corrects
    a record that it says more of, and one that it says otherwise of with ``corrects``.

    Raises
    ------
    UserError
        The table ends in what is none. What is wrong with a single row is told in ``refused``.
    """
    building, left, done = (
        _LogRowsBuilder(session, layout, times, find_unit, corrects),
        iter(rows),
        0,
    )
    with pause_garbage_collection():
        while some := list(islice(left, _ROWS_PER_STEP)):
            done += len(some)
            report(min(1.0, done / lines) * _READING_SHARE, f"Row {done:,}")
            building.add(some)
    return building.rows()


@contextmanager
def pause_garbage_collection() -> Iterator[None]:
    """Put Python's search for cycles aside, of which rows of text have none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _LogRowsBuilder:
    """What the rows of a table come to, some at a time."""

    def __init__(
        self,
        session: Session,
        layout: LogTableLayout,
        times: LocalTimeParser,
        find_unit: Callable[[str], str | None] | None,
        corrects: bool,
    ) -> None:
        self._store, self._foreign = session.store, find_unit is not None
        self._project = session.saved_project
        self._zone = ZoneInfo(self._project.time_zone)
        self._reader = _EntryReader(session, layout, times)
        identity = layout.identity if layout.kind in RECORD_KINDS else ()
        self._known = _ExistingRecords(
            session, layout.kind, layout.standing, find_unit, corrects, identity
        )
        self._claimed = set[str]()
        self._same: dict[str, LogRecord] = {}
        self._new: dict[str, tuple[int, NewEntry]] = {}
        self._times: tuple[datetime, ...] = ()
        self._rows: list[RowResult] = []
        self._doubtful = 0

    def rows(self) -> LogRows:
        """Return what they came to."""
        entries = tuple(entry for _, entry in self._new.values())
        corrected = tuple(one for own in self._known.corrected.values() for one in own)
        return LogRows(entries, tuple(self._rows), self._doubtful, self._times, corrected=corrected)

    def add(self, rows: Sequence[TextRow]) -> None:
        """Add the next rows."""
        found = [(row, *made) for row in rows if (made := self._read_row(row)) is not None]
        times = (*self._times, *(entry.occurred_at for _, entry, _ in found))
        self._times = (min(times), max(times)) if times else ()
        kept = self._store.by_uid([entry.uid for _, entry, _ in found])
        if self._foreign:
            found = [(row, _name_by_day(entry, kept), repairs) for row, entry, repairs in found]
            kept = self._store.by_uid([entry.uid for _, entry, _ in found])
        self._claimed.update(kept)
        for text, said, repairs in found:
            row, entry, first = text, said, None
            try:
                if said.uid not in kept:
                    row, entry, first = self._find_own(text, said)
                outcome = self._add_entry(row, entry, first or kept.get(entry.uid))
            except UserError as error:
                self._refuse(row, error)
                continue
            told = tuple(repairs) if outcome is RowOutcome.NEW else ()
            site = self._project.sites.get(entry.site or "")
            name, why = site.name if site else "", self._describe(row, entry)
            for change in self._known.corrected.get(said.uid, ()):
                why += f", {describe_change(change, self._zone)}"
            self._rows.append(RowResult(row.row, outcome, name, why, told, entry.uid))

    def _read_row(self, row: TextRow) -> tuple[NewEntry, list[str]] | None:
        if row.elsewhere or row.left_out:
            outcome = RowOutcome.ELSEWHERE if row.elsewhere else RowOutcome.LEFT_OUT
            self._rows.append(RowResult(row.row, outcome, row.place, row.left_out))
            return None
        try:
            return self._reader.entry(row)
        except UserError as error:
            if error.code == "unknown_site" and self._reader.kind == "incident":
                place = row.cells.get("site", "")
                self._rows.append(RowResult(row.row, RowOutcome.ELSEWHERE, place))
            else:
                self._refuse(row, error)
            return None

    def _find_own(self, row: TextRow, entry: NewEntry) -> tuple[TextRow, NewEntry, NewEntry | None]:
        """Return a row and its entry by the uid of the record they are about, and how that stands.

        The record's own begin stands, which may tell the second.
        """
        record = self._same.get(entry.uid) or self._known.find_same(entry, row, self._claimed)
        if record is None:
            return row, entry, None
        self._same[entry.uid] = record
        self._claimed.add(record.uid)
        order = RECORD_KINDS[entry.kind].order_field
        named = {"uid": record.uid, order: getattr(record, order).isoformat()}
        row = row._replace(cells={**row.cells, **named})
        stands = self._known.restore(record) or self._store.by_uid([record.uid])[record.uid]
        return row, self._reader.entry(row)[0], replace(stands, uid=record.uid)

    def _add_entry(self, row: TextRow, entry: NewEntry, kept: NewEntry | None) -> RowOutcome:
        earlier = self._new.get(entry.uid)
        if earlier is not None:
            _check_same_uid_rows(*earlier, entry, row)
            return RowOutcome.KNOWN
        more = entry if kept is None else self._known.complete(kept, entry, row)
        if more is None:
            return RowOutcome.KNOWN
        self._new[entry.uid] = (row.row, more)
        return RowOutcome.NEW if kept is None else RowOutcome.CHANGED

    def _describe(self, row: TextRow, entry: NewEntry) -> str:
        """Say when and by whom, and by which other name its site was found."""
        at = entry.occurred_at.astimezone(self._zone)
        timed = entry.kind not in RECORD_KINDS or RECORD_KINDS[entry.kind].timed
        words = [at.isoformat(" ", "minutes")[:_MINUTES] if timed else at.date().isoformat()]
        if entry.unit:
            words.append(entry.unit)
        if row.place:
            words.append(f"by “{row.place}”")
        return ", ".join(words)

    def _refuse(self, row: TextRow, error: UserError) -> None:
        self._rows.append(refuse_row(row.row, error.message))
        self._doubtful += isinstance(error, DoubtfulTime)


@dataclass(frozen=True, eq=False, slots=True)
class UnitStampRows:
    """Stamps of single units that a file gives, to be logged with its calls.

    In ``rows`` a known call of which they tell more has changed. ``differing`` are the times that
    are on record otherwise, which stay, in words; their rows say them too. ``corrected`` are later
    clears that take the place of one on record.
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
    """Return the stamps of units of the calls in some rows, by row, unit and name as times."""
    heads = {one.row: one for one in rows if one.row in stamps and one.id}
    if not heads:
        return UnitStampRows(tuple(rows))
    made: dict[str, tuple[RowResult, NewEntry]] = {}
    zone, now = session.saved_project.time_zone, session.clock()
    for row, head in heads.items():
        for unit, times in stamps[row].items():
            for name, text in times.items():
                entry = build_stamp_entry(
                    uid="",
                    incident=head.id,
                    unit=unit,
                    name=name,
                    at=datetime.fromisoformat(text),
                    time_zone=zone,
                    now=now,
                )
                at = str(entry.payload["at"])
                uid = compute_content_uid("stamp", None, unit, at, entry.payload)
                made[uid] = (head, validate_entry(entry, uid=uid))
    known = session.store.by_uid(list(made))
    left = {uid: own for uid, own in made.items() if uid not in known}
    before: dict[str, Mapping[str, UnitStamps]] = {}
    if any(head.outcome is not RowOutcome.NEW for head, _ in left.values()):
        before = {
            call.uid: {one.unit: one for one in call.by_unit}
            for call in layout.standing(session)
            if isinstance(call, Incident)
        }
    entries: list[NewEntry] = []
    corrected: list[ValueChange] = []
    more, stays = set[int](), dict[int, list[str]]()
    for head, entry in left.values():
        name = str(entry.payload["name"])
        own = before.get(head.id, {}).get(str(entry.unit))
        stands = getattr(own, name, None)
        if stands is not None and not (name == "cleared_at" and stands < entry.occurred_at):
            if stands != entry.occurred_at:
                label = STAMP_LABELS.get(name) or name.removesuffix("_at")
                stays.setdefault(head.row, []).append(f"{entry.unit} {label}")
            continue
        if stands is not None:
            sides = (format_utc_iso(at) for at in (stands, entry.occurred_at))
            corrected.append(ValueChange(head.id, f"{entry.unit} {name}", *sides))
        entries.append(entry)
        more.add(head.row)
    return UnitStampRows(
        tuple(
            one._replace(
                outcome=RowOutcome.CHANGED
                if one.row in more and one.outcome is RowOutcome.KNOWN
                else one.outcome,
                reason=", ".join(
                    (one.reason, *(f"{kept} stays" for kept in stays.get(one.row, ())))
                ),
            )
            for one in rows
        ),
        tuple(entries),
        tuple(f"{one.id} {kept}" for one in rows for kept in stays.get(one.row, ())),
        tuple(corrected),
    )


class _EntryReader:
    """Turns rows into entries; sites that were looked up once are remembered."""

    def __init__(self, session: Session, layout: LogTableLayout, times: LocalTimeParser) -> None:
        self._times = times
        self._project = session.saved_project
        self._layout, self._long = layout, frozenset(layout.long)
        record = RECORD_KINDS.get(layout.kind)
        self._time = record.order_field if record is not None and record.timed else ""
        self._now = session.clock()
        self._store = session.store
        self._officers = OfficerNames(session.saved_project)
        self._sites: dict[str, str] = {}
        self._linked: dict[str, str] = {}
        self._finder = SiteFinder(self._project.sites)
        self.kind = layout.kind

    @cached_property
    def _rules(self) -> RulePack:
        """The rules of readiness, which a visit or a call does without."""
        return load_project_rules(self._project)

    def entry(self, row: TextRow) -> tuple[NewEntry, list[str]]:
        """Return the entry of a row and how it was repaired, or raise what is wrong with it."""
        if row.fault:
            raise UserError(row.fault)
        cells = dict(row.cells)
        _check_cells(cells, self._layout.needed, self._long)
        if "site" in cells:
            cells["site"] = self.site(cells["site"])
        if "unit" in cells:
            cells["unit"] = self._unit(cells["unit"])
        if "units" in cells:
            cells["units"] = ";".join(map(self._unit, parse_list(cells["units"])))
        if cells.get("officer"):
            cells["officer"] = self._officers.find(cells["officer"]) or cells["officer"]
        if self._layout.kind == HOURS_RECORD.name:
            cells = fill_hours_columns(self._project, cells)
        self._name_linked_record(cells)
        if self.kind == DISTRICT_REPORT:
            check_duty(cells, self._rules)
        repairs = [*row.repaired, *_repair(cells)]
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
            at = entry.payload.get(self._time) or format_utc_iso(entry.occurred_at)
            uid = compute_content_uid(entry.kind, entry.site, entry.unit, at, entry.payload)
        return validate_entry(entry, uid=uid), repairs

    def _name_linked_record(self, cells: dict[str, str]) -> None:
        """Name the record that a row is about by its uid; refuse one that is not in the log."""
        link = RECORD_LINKS.get(self.kind)
        if link and (said := cells.get(link.column, "").strip()):
            if said not in self._linked:
                self._linked[said] = find_linked_record(self._store, self.kind, said).uid
            cells[link.column] = self._linked[said]

    def site(self, text: str) -> str:
        """Return the id of a site as a row names it, or raise why there is none."""
        if text not in self._sites:
            if _ROUNDED.fullmatch(text):
                raise UserError("rounded_code.in_log", text=text)
            found = self._finder.find(text)
            self._sites[text] = found.site if found else self._project.site(text).id
        return self._sites[text]

    def _unit(self, text: str) -> str:
        """Return the id of a unit as a row names it, or raise that there is none."""
        found = self._project.find_unit_id(text)
        if found is None:
            units = ", ".join(self._project.units)
            raise UserError("unknown_unit.in_row", unit=text, units=units)
        return found


def _name_by_day(entry: NewEntry, kept: Mapping[str, NewEntry]) -> NewEntry:
    """Return a call whose number another call has in the log, days away, named with its day too."""
    known = kept.get(entry.uid)
    if known is None or abs(known.occurred_at - entry.occurred_at) <= SAME_CALL_TIME:
        return entry
    return replace(entry, uid=f"{entry.uid} {entry.occurred_at:%Y-%m-%d}")


def _check_cells(cells: Mapping[str, str], needed: Iterable[str], long: Collection[str]) -> None:
    for name in needed:
        if name not in cells:
            raise UserError("row_lacks_column.of_table", name=name)
    for name in CORRECTION_COLUMNS:
        if name in cells:
            raise UserError("row_corrects", name=name)
    for name, text in cells.items():
        if name.endswith("_at") and text.casefold() == "now":
            raise UserError("not_a_time.now_in_row", name=name)
        if len(text) > _MAX_WORD_LENGTH and name not in long:
            raise UserError("text_too_long.in_row", name=name, most=_MAX_WORD_LENGTH)


def _repair(cells: dict[str, str]) -> list[str]:
    """Write a number with a point where it has a comma, and say so."""
    text = cells.get("minutes", "")
    number = normalize_decimal(text)
    if number == text:
        return []
    cells["minutes"] = number
    return [f"The minutes {text} are read as {number}."]


def has_content_uid(uid: str) -> bool:
    """Tell whether a uid is one that follows from content, of a record without a number."""
    return _CONTENT_UID.fullmatch(uid) is not None


def compute_content_uid(
    kind: str, site: str | None, unit: str | None, at: str, payload: Mapping[str, Any]
) -> str:
    """Return a uid that follows from what an entry says, however its times were written.

    ``at`` is the time of the entry as text in UTC.
    """
    said = {name: value for name, value in payload.items() if name != "time_zone"}
    text = _encode_content([kind, site, unit, at, said])
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
