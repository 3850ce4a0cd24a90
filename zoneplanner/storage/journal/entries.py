"""The journal's entries: appended, numbered, chained by their hashes, and read; never changed.

Entries that a wrong clock recorded, before ones that were there already or far ahead, keep their
number and their place in the chain; what such an entry says of when it was recorded is not to be
relied on.

Each entry's hash covers the one before it: SHA-256 over the previous hash and the JSON array
(UTF-8, no spaces, non-ASCII kept) of seq, uid, kind, site, unit, occurred_at, recorded_at, actor,
desk, payload and supersedes, where payload and times are the text that is stored. Free texts are
not in the payload; where an entry has any, their hashes are a twelfth member, each SHA-256 over a
salt of its own and the text. So a text can be removed together with its salt, and nothing that is
hashed changes.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timedelta
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
from zoneplanner.storage.backend import (
    EntryAge,
    JournalHead,
    UnreadableEntry,
    VerificationFinding,
    format_stored_time,
)
from zoneplanner.storage.hash_chain import (
    GENESIS_HASH,
    HASHED_COLUMNS,
    NO_TEXT,
    ChainedText,
    encode_json,
    hash_entry,
    salt_free_text,
)


def check_chain_link(
    last: JournalHead, columns: Sequence[Any], prev_hash: str, kept_hash: str
) -> VerificationFinding | None:
    """Say what is wrong with the entry after ``last``, given what of it is hashed."""
    seq = columns[0]
    if seq != last.entries + 1:
        text = f"Journal entries between {last.entries} and {seq} are missing."
    elif prev_hash != last.hash:
        text = f"Journal entry {seq} does not follow the entry before it; one was changed."
    elif any(isinstance(value, bytes) for value in columns) or (
        hash_entry(prev_hash, *columns) != kept_hash
    ):
        text = f"Journal entry {seq} was changed after it was recorded."
    else:
        return None
    return VerificationFinding("chain", text)


_PLAIN_COLUMNS = (*HASHED_COLUMNS, "prev_hash", "hash")
_COLUMNS = (*_PLAIN_COLUMNS, *ChainedText._fields)
HASH_PLACE = _COLUMNS.index("hash")
"""Where the hash is in a row of ``select_entries``."""
_GIVEN_FIELDS = tuple(field.name for field in fields(NewEntry))
_read_given = attrgetter(*_GIVEN_FIELDS)

_INSERT = (
    f"INSERT INTO journal_entry ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_ROWS_PER_STEP = 10_000
_VALUES_PER_STATEMENT = 500
"""How many values one IN list holds; SQLite before 3.32 took 999 at most."""


def read_head(connection: sa.Connection, table: sa.Table) -> JournalHead:
    """Return how many entries the journal holds and the hash of the last; none: 0 and ""."""
    last = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return JournalHead(0, "") if row is None else JournalHead(row.seq, row.hash)


def append_entries(
    connection: sa.Connection,
    table: sa.Table,
    entries: Sequence[NewEntry],
    *,
    actor: str,
    desk: str,
    now: datetime,
) -> list[JournalEntry]:
    """Append entries; return one kept entry for each.

    An entry whose uid is known is not appended again. On a server it is a function there that
    numbers, signs and chains them; ``actor`` and ``now`` are its own then.

    Raises
    ------
    UserError
        A correction names an entry that is not in the journal, or a value cannot be kept.
    """
    there = connection.dialect.name == "postgresql"  # where every look costs a way there and back
    entries = [validate_entry(entry) for entry in entries]
    known = (
        {} if there else read_entries_by_uid(connection, table, {entry.uid for entry in entries})
    )
    unknown = _select_new_entries(connection, table, entries, known)
    new: list[JournalEntry] = []
    if there:
        new = _append_on_server(connection, unknown, desk)
        kept_before = {entry.uid for entry in unknown} - {entry.uid for entry in new}
        known = read_entries_by_uid(connection, table, kept_before)
    elif unknown:
        check_entry_names(
            connection,
            sites={entry.site for entry in unknown},
            units={entry.unit for entry in unknown},
        )
        new = _append_to_file(connection, table, unknown, actor=actor, desk=desk, now=now)
    known |= {entry.uid: entry for entry in new}
    if not known.keys() >= {entry.uid for entry in entries}:
        raise UserError("not_appended")
    return [known[entry.uid] for entry in entries]


def _select_new_entries(
    connection: sa.Connection,
    table: sa.Table,
    entries: Sequence[NewEntry],
    known: Mapping[str, JournalEntry],
) -> list[NewEntry]:
    """Return the entries that the journal does not hold, each once, corrections in their order."""
    named = {entry.supersedes for entry in entries if entry.supersedes is not None}
    there = known.keys() | _read_known_uids(connection, table, named)
    new: dict[str, NewEntry] = {}
    for entry in entries:
        if entry.uid in known or entry.uid in new:
            continue
        if entry.supersedes is not None and entry.supersedes not in there | new.keys():
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
        columns = (  # as HASHED_COLUMNS has them
            *(seq, entry.uid, entry.kind, entry.site, entry.unit),
            *(format_stored_time(entry.occurred_at), recorded_at, actor, desk),
            *(encode_json(payload), entry.supersedes),
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
    """Refuse sites and units that neither the project nor an earlier entry knows.

    What an earlier entry names was known once; it may have been taken out of the project since.
    """
    for column, names in (("site", sites), ("unit", units)):
        known = set(connection.exec_driver_sql(f"SELECT id FROM {column}").scalars())
        for name in sorted({name for name in names if name} - known):
            earlier = sa.text(f"SELECT 1 FROM journal_entry WHERE {column} = :name LIMIT 1")
            if connection.execute(earlier, {"name": name}).scalar() is None:
                raise UserError(f"bad_entry.{column}", **{column: name})


def number_entry(entry: NewEntry, *numbers: Any, **named: Any) -> JournalEntry:
    """Return an entry as it is kept, with its number, its signature and its hashes."""
    return JournalEntry(*_read_given(entry), *numbers, **named)


_APPEND_ON_SERVER = sa.text(
    f"SELECT {', '.join(_COLUMNS)} FROM append_entries(CAST(:entries AS jsonb), :desk)"
)


def _append_on_server(
    connection: sa.Connection, entries: Sequence[NewEntry], desk: str
) -> list[JournalEntry]:
    given = encode_json([encode_entry(entry) for entry in entries])
    found = connection.execute(_APPEND_ON_SERVER, {"entries": given, "desk": desk})
    return list(decode_entries(found))


def encode_entry(entry: NewEntry) -> dict[str, Any]:
    """Return the columns of what a person logs; payload and free texts are canonical JSON."""
    payload, texts = _split_free_text(entry)
    given = _encode_given(entry, payload)
    return {**given, "text": encode_json(texts)} if texts else given


def decode_new_entry(columns: Mapping[str, Any]) -> NewEntry:
    """Return the entry of such columns; others, and values that do not fit, are a ValueError."""
    said = {"text": None, **columns}
    if said.keys() != {*_GIVEN_FIELDS, "text"}:
        raise ValueError("other columns than those of an entry")
    moment, text = _decode_moment(said.pop("occurred_at")), said.pop("text")
    payload = {**parse_json_object(said.pop("payload")), **parse_json_object(text or "{}")}
    return NewEntry(**said, occurred_at=moment, payload=payload)


def _split_free_text(entry: NewEntry) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Return a payload without its free texts, and these."""
    payload = entry.payload
    free = FREE_TEXT_FIELDS[entry.kind] & payload.keys()
    if not free:
        return payload, {}
    rest = {name: value for name, value in payload.items() if name not in free}
    return rest, {name: payload[name] for name in free}


def _encode_given(entry: NewEntry, payload: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(zip(_GIVEN_FIELDS, _read_given(entry), strict=True))
    given["occurred_at"] = format_stored_time(entry.occurred_at)
    given["payload"] = encode_json(payload)
    return given


def select_entries(table: sa.Table) -> sa.Select[Any]:
    """Return the query of all entries' columns in journal order."""
    return sa.select(*(table.c[name] for name in _COLUMNS)).order_by(table.c.seq)


EntrySearch = Sequence[Mapping[str, Sequence[str]]]
"""For each word that is looked for: ``word`` itself, and the ``site`` ids and ``kind`` names that
it stands for."""


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
    """Return the query of the uids of the first entries of records, the latest first.

    Of all entries only ``reach`` are looked through, after the ``skip`` latest ones.
    """
    at = table.c.occurred_at
    # An index to kinds would have all of them sorted; that to times is left where enough is found.
    kind = table.c.kind.concat("")
    query = sa.select(table.c.uid)
    for one in search:
        texts = (table.c.payload, table.c.text, table.c.unit)
        query = query.where(
            sa.or_(
                *(_contains_word(connection, text, word) for text in texts for word in one["word"]),
                *(table.c[name].in_(one[name]) for name in ("site", "kind") if one[name]),
            )
        )
    query = query.where(kind.in_(tuple(kinds)), table.c.supersedes.is_(None))
    for passed, condition in ((skip, at.__lt__), (reach and skip + reach, at.__ge__)):
        if passed:
            latest = sa.select(at).order_by(at.desc()).limit(1).offset(passed - 1)
            bound = connection.execute(latest).scalar()
            if bound is not None:
                query = query.where(condition(bound))
    return query.order_by(at.desc(), table.c.seq.desc()).limit(limit)


def _contains_word(
    connection: sa.Connection, text: sa.ColumnElement[Any], word: str
) -> sa.ColumnElement[bool]:
    """Return the condition that a text has a word, written large or small."""
    signs = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
    if connection.dialect.name == "postgresql":
        return text.ilike(f"%{signs}%", escape="/")
    return text.like(f"%{signs}%", escape="/")  # large is small there, in half the time


def build_member_condition(
    table: sa.Table, name: str, values: Iterable[str]
) -> sa.ColumnElement[bool]:
    """Return the condition that a payload has one of some texts; it is not parsed."""
    members = (encode_json({name: one})[1:-1] for one in values)
    return sa.or_(*(table.c.payload.contains(own, autoescape=True) for own in members))


def decode_entry(row: Sequence[Any]) -> JournalEntry:
    """Return the entry of a row of ``select_entries``.

    Raises
    ------
    UserError
        ``unreadable_entry`` with the field that cannot be read: an earlier version, or somebody
        past every check, wrote it.
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
    """Return what is hashed of a row of ``select_entries``, its hashes and its free texts."""
    hashed, prev_hash, own_hash = row[: HASH_PLACE - 1], row[HASH_PLACE - 1], row[HASH_PLACE]
    if row[-1] is None:
        return hashed, prev_hash, own_hash, NO_TEXT
    chained = ChainedText(*row[-len(ChainedText._fields) :])
    return (*hashed, *chained.hashed), prev_hash, own_hash, chained


def order_columns(values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the columns of an entry as a row of ``select_entries`` has them."""
    return tuple(values[name] for name in _COLUMNS)


def decode_entries(rows: Iterable[Sequence[Any]]) -> Iterator[JournalEntry]:
    """Yield the entries of rows that can be read; ``Store.unreadable_entries`` names the others."""
    for row in rows:
        with suppress(UserError):
            yield decode_entry(row)


def read_quarantined_numbers(connection: sa.Connection, table: sa.Table) -> set[int]:
    """Return the numbers of the entries that an owner quarantined."""
    query = select_entries(table).where(table.c.kind == QUARANTINE_KIND)
    found = (entry.payload for entry in decode_entries(connection.execute(query)))
    return {said.get("seq", 0) for said in found if said.get("field") != EDIT_ROW}


def describe_unreadable_entry(row: Sequence[Any], error: UserError) -> UnreadableEntry:
    """Return what is known of an entry that cannot be read."""
    uid, kind = (clean_name(str(value)[:LONGEST_NAME]) for value in row[1:3])
    return UnreadableEntry(row[0], uid, kind, error.details["field"])


def _decode_moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("no moment with a zone")
    return moment


def _decode_payload(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > LONGEST_STORED_PAYLOAD:
        raise ValueError("no text of a payload")
    return parse_json_object(text)


_DECODED: Mapping[str, Callable[[Any], Any]] = {
    "occurred_at": _decode_moment,
    "recorded_at": _decode_moment,
    "payload": _decode_payload,
}


def measure_entry_age(
    connection: sa.Connection, table: sa.Table, kinds: Iterable[str], before: datetime
) -> EntryAge:
    """Return how many entries of some kinds there are, and how many lie before a moment."""
    at = table.c.occurred_at
    sane = at.between(f"{FIRST_LOG_YEAR}-", format_stored_time(LAST_ENTRY_MOMENT))
    earlier = sa.func.coalesce(
        sa.func.sum(sa.case((at < format_stored_time(before), 1), else_=0)), 0
    )
    query = sa.select(sa.func.count(), sa.func.min(at), earlier)
    of_kinds = query.where(table.c.kind.in_(tuple(kinds)), sane)
    count, first, passed = connection.execute(of_kinds).one()
    since = None
    with suppress(ValueError):  # an entry that cannot be read is no first one
        since = _decode_moment(first) if first else None
    return EntryAge(count, since, int(passed))


def list_recorded_spans(
    connection: sa.Connection, table: sa.Table, kinds: Iterable[str], before: datetime
) -> list[tuple[str, datetime, datetime]]:
    """Return over what times the records reach that were made at one moment, several at once.

    With each stands their kind. Only those count that came after the fact, and before a moment:
    what a file brought, rather than what was logged as it happened.
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
    found = []
    for kind, first, last in connection.execute(query):
        with suppress(ValueError):  # an entry that cannot be read is of no file
            found.append((str(kind), _decode_moment(first), _decode_moment(last)))
    return found


def read_record_entries(
    connection: sa.Connection, table: sa.Table, uids: Iterable[str]
) -> dict[str, JournalEntry]:
    """Return all entries of the records that some entries belong to, by uid.

    These are the entries that they correct or void, directly or through others, and those that
    correct or void any of these.
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
    connection: sa.Connection, table: sa.Table, since: datetime, calls: Collection[str]
) -> list[str]:
    """Return the uids of the stamps of some calls; of each stamp only its call is looked at."""
    query = sa.select(table.c.uid, table.c.payload).where(
        table.c.kind == "stamp", table.c.occurred_at >= format_stored_time(since)
    )
    found = []
    for uid, payload in connection.execute(query):
        with suppress(ValueError):  # one that cannot be read is named elsewhere
            if _decode_payload(payload).get("incident") in calls:
                found.append(uid)
    return found


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
    """Return the entries that the journal holds under some uids, by uid."""
    found: dict[str, JournalEntry] = {}
    for chunk in split_for_statement(sorted(uids)):
        rows = connection.execute(
            select_entries(table).where(_is_among(connection, table.c.uid, chunk))
        )
        found |= {entry.uid: entry for entry in decode_entries(rows)}
    return found


def _read_known_uids(connection: sa.Connection, table: sa.Table, uids: Iterable[str]) -> set[str]:
    """Return which of some uids the journal holds, readable or not."""
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
    """Return the condition that a text is one of some.

    A file gets them as one text of JSON: bound one by one they take longer than the look itself.
    """
    if connection.dialect.name == "postgresql":
        return column.in_(texts)
    listed = sa.text("SELECT value FROM json_each(:among)").bindparams(among=json.dumps(texts))
    return column.in_(listed)


def split_for_statement(values: list[Any]) -> Iterator[list[Any]]:
    """Cut a list into parts that a statement can hold."""
    for start in range(0, len(values), _VALUES_PER_STATEMENT):
        yield values[start : start + _VALUES_PER_STATEMENT]


CLOCKS_APART = timedelta(minutes=2)
"""So much may the clocks of two desks differ."""
_MOST_TOLD = 20


def find_clock_problems(
    connection: sa.Connection, table: sa.Table, now: datetime
) -> list[VerificationFinding]:
    """Name the first entries recorded before the one before them, or after now."""
    found = []
    for finding in _list_clock_problems(connection, table, now):
        found.append(finding)
        if len(found) == _MOST_TOLD:
            break
    return found


def _list_clock_problems(
    connection: sa.Connection, table: sa.Table, now: datetime
) -> Iterator[VerificationFinding]:
    query = sa.select(table.c.seq, table.c.recorded_at, table.c.desk).order_by(table.c.seq)
    with connection.execute(query, execution_options={"yield_per": 10_000}) as rows:
        yield from _compare_times(rows, now)


def _compare_times(rows: Iterable[Any], now: datetime) -> Iterator[VerificationFinding]:
    last: tuple[int, datetime] | None = None
    for seq, text, desk in rows:
        try:
            at = datetime.fromisoformat(str(text))
        except ValueError:
            continue  # an entry that cannot be read is told elsewhere
        where = f"Entry {seq} (of {desk}) was recorded at {at:%Y-%m-%d %H:%M} UTC"
        if at > now + CLOCKS_APART:
            yield VerificationFinding("clock", f"{where}, which is in the future.")
        elif last is not None and at < last[1] - CLOCKS_APART:
            before = f"before entry {last[0]} at {last[1]:%Y-%m-%d %H:%M}"
            yield VerificationFinding("clock", f"{where}, {before}: a clock was wrong.")
        last = seq, at
