"""Append very many visits at once: what ``journal.add`` does, by the shortest way."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from json.encoder import encode_basestring as quoted

import sqlalchemy as sa

from zoneplanner.analysis.moments import written
from zoneplanner.analysis.new_visits import NewVisits, each, joined
from zoneplanner.storage import journal
from zoneplanner.storage.chain import GENESIS, hash_of
from zoneplanner.storage.values import Head, time_text

Report = Callable[[float, str], None]
BLOCK = 10_000


def add(
    connection: sa.Connection,
    table: sa.Table,
    visits: NewVisits,
    *,
    unknown_at: Head,
    actor: str,
    desk: str,
    now: datetime,
    report: Report,
) -> NewVisits:
    """Append visits to the journal, but those whose uid is known; return the others.

    None of them was known when the journal's head was ``unknown_at``.
    """
    last = journal.head(connection, table)
    new = []
    on_server = connection.dialect.name == "postgresql"
    checked = on_server or len(visits) < journal.MANY
    with nullcontext() if checked else journal.unguarded(connection):
        for start in range(0, len(visits), BLOCK):
            report(start / len(visits), f"Writing entry {start:,}")
            part = visits.part(slice(start, start + BLOCK))
            if last != unknown_at:
                known = journal.contents(connection, table, part.uid)
                part = part.part([at for at, uid in enumerate(part.uid) if uid not in known])
            new.append(part)
            if on_server:
                every = tuple(part.entries())
                journal.add(connection, table, every, actor=actor, desk=desk, now=now)
            else:
                before = journal.head(connection, table)
                journal.insert(connection, _rows(part, before, (time_text(now), actor, desk)))
    return joined(new)


def _rows(
    visits: NewVisits, last: Head, signed: tuple[str, str, str]
) -> Iterator[tuple[int | str | None, ...]]:
    """Yield the rows of the journal; the JSON that is hashed is that of ``chain.entry_hash``."""
    seq, prev_hash = last.entries, last.hash or GENESIS
    head = ",".join(map(quoted, signed))
    sites = each(visits.site, quoted)
    units = each(visits.unit, lambda unit: quoted(unit) if unit else "null")
    every = (visits.uid, visits.site, visits.unit, sites, units, visits.payload)
    for at, (uid, site, unit, site_, unit_, payload) in zip(
        written(visits.arrived), zip(*every, strict=True), strict=True
    ):
        seq += 1
        array = (
            f'[{seq},{quoted(uid)},"visit",{site_},{unit_},"{at}",{head},{quoted(payload)},null]'
        )
        own = hash_of(prev_hash, array)
        yield seq, uid, "visit", site, unit or None, at, *signed, payload, None, prev_hash, own
        prev_hash = own
