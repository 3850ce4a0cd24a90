"""The journal's entries: appending, numbering, chaining and reading them. They never change.

Entries recorded with a wrong clock keep their number and their place in the chain; only their
recording time is unreliable.

Each entry's hash is SHA-256 over the previous hash and the JSON array (UTF-8, no spaces, unescaped
non-ASCII) of seq, uid, kind, site, unit, occurred_at, recorded_at, actor, desk, payload and
supersedes, with the payload and times as stored text. Free texts are not in the payload. If an
entry has any, their hashes are a twelfth member, each SHA-256 over a separate salt and the text. A
text can therefore be removed together with its salt without changing anything that is hashed.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import islice, product
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from zoneplanner.domain.clean_text import clean_name, parse_json_object
from zoneplanner.domain.log.entries import (
    EDIT_ROW,
    ENTRY_SHAPES,
    FREE_TEXT_FIELDS,
    QUARANTINE_KIND,
    validate_entry,
)
from zoneplanner.domain.log.journal import FIRST_LOG_YEAR, JournalEntry, NewEntry
from zoneplanner.domain.log.record_schema import (
    LAST_ENTRY_MOMENT,
    LONGEST_NAME,
    LONGEST_STORED_PAYLOAD,
    clean_entry,
    find_unreadable_field,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage.backend import (
    EntryAge,
    JournalHead,
    UnreadableEntry,
    format_stored_time,
)
from zoneplanner.storage.hash_chain import (
    GENESIS_HASH,
    HASHED_COLUMNS,
    NO_TEXT,
    ChainedText,
    encode_json,
    hash_entry,
    read_head,
    salt_free_text,
)


def check_chain_link(
    last: JournalHead, columns: Sequence[Any], prev_hash: str, own_hash: str
) -> Message | None:
    """Return the problem with the entry after ``last``, given its hashed columns, or None."""
    seq = columns[0]
    if seq != last.entries + 1:
        return Message("chain.entries_missing", after=last.entries, before=seq)
    if prev_hash != last.hash:
        return Message("chain.does_not_follow", seq=seq)
    if hash_entry(prev_hash, *columns) != own_hash:
        return Message("chain.entry_changed", seq=seq)
    return None


_PLAIN_COLUMNS = (*HASHED_COLUMNS, "prev_hash", "hash")
_COLUMNS = (*_PLAIN_COLUMNS, *ChainedText._fields)
HASH_PLACE = _COLUMNS.index("hash")
"""The index of the hash in a row of ``select_entries``."""
_GIVEN_FIELDS = tuple(field.name for field in fields(NewEntry))
_read_given = attrgetter(*_GIVEN_FIELDS)

_INSERT = (
    f"INSERT INTO journal_entry ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_ROWS_PER_STEP = 10_000
_VALUES_PER_STATEMENT = 500
"""The most values in one IN list; SQLite before 3.32 accepted at most 999."""
_MAX_MEMBER_CONDITIONS = 50
"""For more incidents than this, all stamps are read."""


def append_entries(
    connection: sa.Connection,
    table: sa.Table,
    entries: Sequence[NewEntry],
    *,
    actor: str,
    desk: str,
    now: datetime,
) -> list[JournalEntry]:
    """Append entries, and return the stored entry for each.

    An entry whose uid is known is not appended again. On a server, a function there numbers, signs
    and chains the entries, and determines ``actor`` and ``now``.

    Raises
    ------
    UserError
        A correction refers to an entry that is not in the journal, or a value cannot be stored.
    """
    is_server = connection.dialect.name == "postgresql"  # where each query is a round trip
    entries = [validate_entry(entry) for entry in entries]
    uids = {entry.uid for entry in entries}
    known = {} if is_server else read_entries_by_uid(connection, table, uids)
    unknown = _select_new_entries(connection, table, entries, known)
    new: list[JournalEntry] = []
    if is_server:
        new = _append_on_server(connection, unknown, desk)
        stored_before = {entry.uid for entry in unknown} - {entry.uid for entry in new}
        known = read_entries_by_uid(connection, table, stored_before)
    elif unknown:
        check_entry_names(
            connection,
            sites={entry.site for entry in unknown},
            units={entry.unit for entry in unknown},
        )
        new = _append_to_file(connection, table, unknown, actor=actor, desk=desk, now=now)
    known |= {entry.uid: entry for entry in new}
    if not known.keys() >= uids:
        raise UserError("not_appended")
    return [known[entry.uid] for entry in entries]


def _select_new_entries(
    connection: sa.Connection,
    table: sa.Table,
    entries: Sequence[NewEntry],
    known: Mapping[str, JournalEntry],
) -> list[NewEntry]:
    """Return the entries that are not in the journal yet, each once, in order."""
    superseded = {entry.supersedes for entry in entries if entry.supersedes is not None}
    stored = known.keys() | _read_known_uids(connection, table, superseded)
    new: dict[str, NewEntry] = {}
    for entry in entries:
        if entry.uid in known or entry.uid in new:
            continue
        if entry.supersedes is not None and entry.supersedes not in stored | new.keys():
            raise UserError("unknown_entry.superseded", uid=entry.supersedes)
        new[entry.uid] = entry
    return list(new.values())


def _append_to_file(
    connection: sa.Connection,
    table: sa.Table,
    entries: Sequence[NewEntry],
    *,
    actor: str,
    desk: str,
    now: datetime,
) -> list[JournalEntry]:
    last = read_head(connection, table)
    prev_hash = last.hash or GENESIS_HASH
    recorded_at = format_stored_time(now)
    rows: list[tuple[Any, ...]] = []
    new: list[JournalEntry] = []
    for seq, entry in enumerate(entries, last.entries + 1):
        payload, texts = _split_free_text(entry)
        columns = (  # in the order of HASHED_COLUMNS
            seq,
            entry.uid,
            entry.kind,
            entry.site,
            entry.unit,
            format_stored_time(entry.occurred_at),
            recorded_at,
            actor,
            desk,
            encode_json(payload),
            entry.supersedes,
        )
        chained = salt_free_text(texts) if texts else NO_TEXT
        own_hash = hash_entry(prev_hash, *columns, *chained.hashed)
        rows.append((*columns, prev_hash, own_hash, *chained))
        new.append(number_entry(entry, seq, now, actor, desk, prev_hash, own_hash))
        prev_hash = own_hash
    connection.exec_driver_sql(_INSERT, rows)
    return new


def check_entry_names(
    connection: sa.Connection, *, sites: Iterable[str | None], units: Iterable[str | None]
) -> None:
    """Refuse sites and units that are neither in the project nor in an earlier entry.

    A site or unit in an earlier entry may have been removed from the project since.
    """
    for column, names in (("site", sites), ("unit", units)):
        known = set(connection.exec_driver_sql(f"SELECT id FROM {column}").scalars())
        for name in sorted({name for name in names if name} - known):
            earlier = sa.text(f"SELECT 1 FROM journal_entry WHERE {column} = :name LIMIT 1")
            if connection.execute(earlier, {"name": name}).scalar() is None:
                raise UserError(f"bad_entry.{column}", **{column: name})


def number_entry(entry: NewEntry, *numbers: Any, **named: Any) -> JournalEntry:
    """Return the stored form of an entry, with its number, signature and hashes."""
    return JournalEntry(*_read_given(entry), *numbers, **named)


_APPEND_ON_SERVER = sa.text(
    f"SELECT {', '.join(_COLUMNS)} FROM append_entries(CAST(:entries AS jsonb), :desk)"
)


def _append_on_server(
    connection: sa.Connection, entries: Sequence[NewEntry], desk: str
) -> list[JournalEntry]:
    encoded = encode_json([encode_entry(entry) for entry in entries])
    rows = connection.execute(_APPEND_ON_SERVER, {"entries": encoded, "desk": desk})
    return list(decode_entries(rows))


def encode_entry(entry: NewEntry) -> dict[str, Any]:
    """Return the columns of a new entry; payload and free texts are canonical JSON."""
    payload, texts = _split_free_text(entry)
    columns = dict(zip(_GIVEN_FIELDS, _read_given(entry), strict=True))
    columns["occurred_at"] = format_stored_time(entry.occurred_at)
    columns["payload"] = encode_json(payload)
    return {**columns, "text": encode_json(texts)} if texts else columns


def decode_new_entry(columns: Mapping[str, Any]) -> NewEntry:
    """Return the entry of ``encode_entry``'s columns. Raises a ValueError if they are invalid."""
    values = {"text": None, **columns}
    if values.keys() != {*_GIVEN_FIELDS, "text"}:
        raise ValueError("these are not the columns of an entry")
    moment, text = _decode_moment(values.pop("occurred_at")), values.pop("text")
    payload = {**parse_json_object(values.pop("payload")), **parse_json_object(text or "{}")}
    return NewEntry(**values, occurred_at=moment, payload=payload)


def _split_free_text(entry: NewEntry) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Return a payload without its free texts, and the free texts."""
    payload = entry.payload
    free = FREE_TEXT_FIELDS[entry.kind] & payload.keys()
    if not free:
        return payload, {}
    rest = {name: value for name, value in payload.items() if name not in free}
    return rest, {name: payload[name] for name in free}


def select_entries(table: sa.Table) -> sa.Select[Any]:
    """Return the query for all entries' columns, in journal order."""
    return sa.select(*(table.c[name] for name in _COLUMNS)).order_by(table.c.seq)


EntrySearch = Sequence[Mapping[str, Sequence[str]]]
"""For each search word: ``word`` itself, and the ``site`` ids and ``kind`` names that match it."""


def select_newest_records(
    connection: sa.Connection,
    table: sa.Table,
    kinds: Iterable[str],
    *,
    limit: int,
    search: EntrySearch,
    skip: int = 0,
    reach: int | None = None,
) -> sa.Select[Any]:
    """Return the query for the uids of records' first entries, latest first.

    Only ``reach`` entries are searched, after the latest ``skip`` ones.
    """
    at = table.c.occurred_at
    # The concatenation hides the index on kinds from SQLite. With it, all entries of the kinds
    # would be sorted, while the index on times is left as soon as enough entries are found.
    kind = table.c.kind.concat("")
    query = sa.select(table.c.uid)
    texts = (table.c.payload, table.c.text, table.c.unit)
    for term in search:
        words = product(texts, term["word"])
        query = query.where(
            sa.or_(
                *(_contains_word(connection, text, word) for text, word in words),
                *(table.c[name].in_(term[name]) for name in ("site", "kind") if term[name]),
            )
        )
    query = query.where(kind.in_(tuple(kinds)), table.c.supersedes.is_(None))
    for count, condition in ((skip, at.__lt__), (reach and skip + reach, at.__ge__)):
        if count:
            latest = sa.select(at).order_by(at.desc()).limit(1).offset(count - 1)
            bound = connection.execute(latest).scalar()
            if bound is not None:
                query = query.where(condition(bound))
    return query.order_by(at.desc(), table.c.seq.desc()).limit(limit)


def _contains_word(
    connection: sa.Connection, text: sa.ColumnElement[Any], word: str
) -> sa.ColumnElement[bool]:
    """Return the condition that a string contains a word in any case."""
    escaped = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
    if connection.dialect.name == "postgresql":
        return text.ilike(f"%{escaped}%", escape="/")
    return text.like(f"%{escaped}%", escape="/")  # ignores case in SQLite, twice as fast as ilike


def build_member_condition(
    table: sa.Table, name: str, values: Iterable[str]
) -> sa.ColumnElement[bool]:
    """Return the condition that a field of a payload has one of some strings, unparsed."""
    members = (encode_json({name: value})[1:-1] for value in values)
    return sa.or_(*(table.c.payload.contains(member, autoescape=True) for member in members))


def decode_entry(row: Sequence[Any]) -> JournalEntry:
    """Return the entry of a row of ``select_entries``.

    Raises
    ------
    UserError
        ``unreadable_entry`` with the field that cannot be read. An earlier version wrote it, or
        somebody who bypassed every check.
    """
    values = dict(zip(_PLAIN_COLUMNS, row, strict=False))
    for name, decode in _DECODED.items():
        try:
            values[name] = decode(values[name])
        except ValueError:
            raise UserError("unreadable_entry", seq=row[0], field=name) from None
    if row[-1] is not None:  # its text_hash
        _add_free_text(values, ChainedText(*row[-len(ChainedText._fields) :]))
    entry = clean_entry(JournalEntry(**values))
    field = find_unreadable_field(entry, ENTRY_SHAPES)
    if field:
        raise UserError("unreadable_entry", seq=row[0], field=field)
    return entry


def _add_free_text(values: dict[str, Any], chained: ChainedText) -> None:
    try:
        values["payload"] |= {} if chained.text is None else _decode_payload(chained.text)
        values["removed"] = chained.list_removed_fields()
    except ValueError:
        raise UserError("unreadable_entry", seq=values["seq"], field="text") from None


def split_row(row: Sequence[Any]) -> tuple[Sequence[Any], str, str, ChainedText]:
    """Split a row of ``select_entries`` into its hashed columns, two hashes and free texts."""
    hashed, prev_hash, own_hash = row[: HASH_PLACE - 1], row[HASH_PLACE - 1], row[HASH_PLACE]
    if row[-1] is None:
        return hashed, prev_hash, own_hash, NO_TEXT
    chained = ChainedText(*row[-len(ChainedText._fields) :])
    return (*hashed, *chained.hashed), prev_hash, own_hash, chained


def order_columns(values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the columns of an entry in the order of ``select_entries``."""
    return tuple(values[name] for name in _COLUMNS)


def decode_entries(rows: Iterable[Sequence[Any]]) -> Iterator[JournalEntry]:
    """Yield the readable entries of rows; ``Store.unreadable_entries`` returns the others."""
    for row in rows:
        with suppress(UserError):
            yield decode_entry(row)


def read_quarantined_numbers(connection: sa.Connection, table: sa.Table) -> set[int]:
    """Return the numbers of the entries that an owner quarantined."""
    query = select_entries(table).where(table.c.kind == QUARANTINE_KIND)
    notes = (entry.payload for entry in decode_entries(connection.execute(query)))
    return {note.get("seq", 0) for note in notes if note.get("field") != EDIT_ROW}


def describe_unreadable_entry(row: Sequence[Any], error: UserError) -> UnreadableEntry:
    """Return what is known about an entry that cannot be read."""
    uid, kind = (clean_name(str(value)[:LONGEST_NAME]) for value in row[1:3])
    return UnreadableEntry(row[0], uid, kind, error.details["field"])


def _decode_moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("this is not a time with a time zone")
    return moment


def _decode_payload(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > LONGEST_STORED_PAYLOAD:
        raise ValueError("this is not a valid payload")
    return parse_json_object(text)


_DECODED: Mapping[str, Callable[[Any], Any]] = {
    "occurred_at": _decode_moment,
    "recorded_at": _decode_moment,
    "payload": _decode_payload,
}


def measure_entry_age(
    connection: sa.Connection, table: sa.Table, kinds: Iterable[str], before: datetime
) -> EntryAge:
    """Return the number of entries of some kinds, the first time, and the number before one."""
    at = table.c.occurred_at
    plausible = at.between(f"{FIRST_LOG_YEAR}-", format_stored_time(LAST_ENTRY_MOMENT))
    earlier = sa.func.coalesce(
        sa.func.sum(sa.case((at < format_stored_time(before), 1), else_=0)), 0
    )
    query = sa.select(sa.func.count(), sa.func.min(at), earlier)
    of_kinds = query.where(table.c.kind.in_(tuple(kinds)), plausible)
    count, first, passed = connection.execute(of_kinds).one()
    since = None
    with suppress(ValueError):  # the first entry may be unreadable
        since = _decode_moment(first) if first else None
    return EntryAge(count, since, int(passed))


def list_recorded_spans(
    connection: sa.Connection, table: sa.Table, kinds: Iterable[str], before: datetime
) -> list[tuple[str, datetime, datetime]]:
    """Return the kind, start and end of each group of records that were recorded at once.

    Only groups recorded after the fact and before a given time count, because a file brought them;
    nobody logged them as they happened.
    """
    at, recorded = table.c.occurred_at, table.c.recorded_at
    query = (
        sa.select(table.c.kind, sa.func.min(at), sa.func.max(at))
        .where(table.c.kind.in_(tuple(kinds)), table.c.supersedes.is_(None), recorded > at)
        .where(recorded <= format_stored_time(before))
        .group_by(table.c.kind, recorded, table.c.desk)
        .having(sa.func.count() > 1)
        .order_by(table.c.kind, recorded)
    )
    spans = []
    for kind, first, last in connection.execute(query):
        with suppress(ValueError):  # an unreadable entry does not count
            spans.append((str(kind), _decode_moment(first), _decode_moment(last)))
    return spans


def read_record_entries(
    connection: sa.Connection, table: sa.Table, uids: Iterable[str]
) -> dict[str, JournalEntry]:
    """Return all entries of the records of some entries, by uid.

    These are the entries that they correct or void, directly or through others, and all entries
    that correct or void any of these.
    """
    found: dict[str, JournalEntry] = {}
    more = read_entries_by_uid(connection, table, uids)
    while more:
        found |= more
        earlier = {entry.supersedes for entry in more.values() if entry.supersedes}
        more = read_entries_by_uid(connection, table, earlier - found.keys())
    left = list(found)
    while left:
        more = {}
        for chunk in split_for_statement(left):
            rows = connection.execute(
                select_entries(table).where(_is_among(connection, table.c.supersedes, chunk))
            )
            more |= {entry.uid: entry for entry in decode_entries(rows)}
        left = [uid for uid in more if uid not in found]
        found |= more
    return found


def find_stamps(
    connection: sa.Connection,
    table: sa.Table,
    calls: Collection[str],
    since: datetime | None = None,
) -> set[str]:
    """Return the uids of the stamps on some calls, of all or since a time."""
    if not calls:
        return set()
    query = sa.select(table.c.uid, table.c.payload).where(table.c.kind == "stamp")
    if since is not None:
        query = query.where(table.c.occurred_at >= format_stored_time(since))
    elif len(calls) <= _MAX_MEMBER_CONDITIONS:
        query = query.where(build_member_condition(table, "incident", calls))
    stamps = set()
    for uid, payload in connection.execute(query):
        with suppress(ValueError):  # unreadable stamps are listed elsewhere
            if _decode_payload(payload).get("incident") in calls:
                stamps.add(uid)
    return stamps


def read_entries_by_seq(
    connection: sa.Connection, table: sa.Table, seqs: Iterable[int]
) -> list[JournalEntry]:
    """Return entries by their numbers, in order."""
    found: list[JournalEntry] = []
    for chunk in split_for_statement(sorted(seqs)):
        rows = connection.execute(select_entries(table).where(table.c.seq.in_(chunk)))
        found.extend(decode_entries(rows))
    return found


def read_entries_by_uid(
    connection: sa.Connection, table: sa.Table, uids: Iterable[str]
) -> dict[str, JournalEntry]:
    """Return the journal's entries with some uids, by uid."""
    found: dict[str, JournalEntry] = {}
    for chunk in split_for_statement(sorted(uids)):
        rows = connection.execute(
            select_entries(table).where(_is_among(connection, table.c.uid, chunk))
        )
        found |= {entry.uid: entry for entry in decode_entries(rows)}
    return found


def _read_known_uids(connection: sa.Connection, table: sa.Table, uids: Iterable[str]) -> set[str]:
    """Return which of some uids are in the journal, readable or not."""
    return {
        uid
        for chunk in split_for_statement(sorted(uids))
        for uid in connection.execute(
            sa.select(table.c.uid).where(_is_among(connection, table.c.uid, chunk))
        ).scalars()
    }


def _is_among(
    connection: sa.Connection, column: sa.ColumnElement[str], texts: Sequence[str]
) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of some strings.

    SQLite gets them as one JSON text, because binding them one by one takes longer than the query.
    """
    if connection.dialect.name == "postgresql":
        return column.in_(texts)
    listed = sa.text("SELECT value FROM json_each(:among)").bindparams(among=json.dumps(texts))
    return column.in_(listed)


def split_for_statement(values: list[Any]) -> Iterator[list[Any]]:
    """Split a list into parts that fit into one statement."""
    for start in range(0, len(values), _VALUES_PER_STATEMENT):
        yield values[start : start + _VALUES_PER_STATEMENT]


CLOCKS_APART = timedelta(minutes=2)
"""How much the clocks of two desks may differ."""
_MAX_CLOCK_PROBLEMS = 20


def find_clock_problems(connection: sa.Connection, table: sa.Table, now: datetime) -> list[Message]:
    """Report the first entries that were recorded before their predecessor, or after now."""
    query = sa.select(table.c.seq, table.c.recorded_at, table.c.desk).order_by(table.c.seq)
    with connection.execute(query, execution_options={"yield_per": 10_000}) as rows:
        return list(islice(_compare_times(rows, now), _MAX_CLOCK_PROBLEMS))


def _compare_times(rows: Iterable[Any], now: datetime) -> Iterator[Message]:
    last: tuple[int, datetime] | None = None
    for seq, text, desk in rows:
        try:
            at = datetime.fromisoformat(str(text))
        except ValueError:
            continue  # unreadable entries are reported elsewhere
        entry = {"seq": seq, "desk": desk, "at": at}
        if at > now + CLOCKS_APART:
            yield Message("clock.in_future", **entry)
        elif last is not None and at < last[1] - CLOCKS_APART:
            yield Message("clock.before_last", **entry, last=last[0], last_at=last[1])
        last = seq, at
