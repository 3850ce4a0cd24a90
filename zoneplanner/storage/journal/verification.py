"""Verification of a project: the database, its schema, the chains, the derived tables."""

import itertools

import sqlalchemy as sa

from zoneplanner.errors import Damaged, ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.storage.attachments import ATTACHMENT_TABLE, find_wrong_attachments
from zoneplanner.storage.backend import (
    JournalHead,
    StorageBackend,
    UnreadableEntry,
    Verification,
)
from zoneplanner.storage.hash_chain import GENESIS_HASH, read_head
from zoneplanner.storage.history import edit_writer, own_rows, zone_areas
from zoneplanner.storage.journal import entries, log_snapshot
from zoneplanner.storage.journal.text_removal import ChainCheck, read_removals
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

_MOST_FINDINGS = 20
"""The most findings of a kind that are listed."""
_ROWS_PER_STEP = 10_000
_TAIL_ENTRIES = 20


def verify_project(
    meta: sa.MetaData,
    *,
    backend: StorageBackend,
    version: int,
    time_zone: str,
    crs: str,
    report: ProgressReport,
    anchor: JournalHead | None,
) -> Verification:
    """Check everything that can be checked about a project, without changing anything.

    Each step reads in a separate transaction, because nobody can write to a file during one.
    """
    findings: list[Message] = []
    last = edits = JournalHead(0, "")
    known = earlier_versions.list_version_tables(min(version, SCHEMA_VERSION))
    try:
        report(0.0, Message("verifying.database"))
        with backend.reading() as connection:
            findings += backend.find_problems(connection, meta, version)
        if edit_writer.FIRST_CHAINED_VERSION <= version <= SCHEMA_VERSION:
            report(0.05, Message("verifying.history"))
            with backend.reading() as connection:
                findings += own_rows.verify_edits(connection, meta, version=version)
                edits = read_head(connection, meta.tables["edit"])
                check_figures = not findings and known.issuperset(zone_areas.FIGURE_TABLES)
                if check_figures and not zone_areas.check_project_figures(connection, meta, crs):
                    findings.append(Message("aggregates.figures"))
        report(0.1, Message("verifying.journal"))
        last, wrong = _walk_journal(backend, meta.tables["journal_entry"], report, anchor)
        findings += wrong
        report(0.9, Message("verifying.totals"))
        if known.issuperset(log_snapshot.DERIVED_TABLES):
            with backend.reading() as connection:
                agrees = log_snapshot.check_log_snapshot(connection, meta, time_zone)
            if not agrees:
                findings.append(Message("aggregates.log_snapshot"))
        if ATTACHMENT_TABLE in known:
            with backend.reading() as connection:
                wrong_hashes = find_wrong_attachments(connection, meta.tables[ATTACHMENT_TABLE])
            findings += (Message("attachment.other", sha256=sha256) for sha256 in wrong_hashes)
        report(1.0, "")
    except sa.exc.DatabaseError as error:
        if not getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            raise
        findings.append(_DAMAGED)
    except Damaged:
        findings.append(_DAMAGED)
    head = last.hash if last.entries else ""
    return Verification(not findings, last.entries, head, tuple(findings), edits)


_DAMAGED = Message("database.damaged")


def _walk_journal(
    backend: StorageBackend, table: sa.Table, report: ProgressReport, anchor: JournalHead | None
) -> tuple[JournalHead, list[Message]]:
    """Read the whole journal; return its head and the problems of its chain and entries."""
    with backend.reading() as connection:
        count = read_head(connection, table).entries
    last, wrong = JournalHead(0, GENESIS_HASH), list[Message]()
    unreadable: list[UnreadableEntry] = []
    chain = ChainCheck()
    anchored = anchor is None or anchor.entries == 0
    # rows with damaged numbers (0 or negative) are read, too
    first_batch = entries.select_entries(table).limit(_ROWS_PER_STEP)
    query = first_batch
    while True:
        with backend.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            problem = chain.check_row(last, row)
            last = JournalHead(row[0], row[entries.HASH_PLACE])
            if problem is not None and len(wrong) < _MOST_FINDINGS:
                wrong.append(problem)
            anchored = anchored or last == anchor
            try:
                entries.decode_entry(row)
            except UserError as error:
                unreadable.append(entries.describe_unreadable_entry(row, error))
        if len(rows) < _ROWS_PER_STEP:
            break
        query = first_batch.where(table.c.seq > last.entries)
        share = min(last.entries / max(count, 1), 1.0)
        report(0.1 + 0.8 * share, Message("verifying.journal"))
    with backend.reading() as connection:
        wrong += chain.finish(read_removals(connection, table))[: _MOST_FINDINGS - len(wrong)]
    if not anchored and anchor is not None:
        wrong.append(Message("anchor.cut_off", seq=anchor.entries))
    quarantined = set[int]()
    if unreadable:
        with backend.reading() as connection:
            quarantined = entries.read_quarantined_numbers(connection, table)
    unsettled = [entry for entry in unreadable if entry.seq not in quarantined]
    wrong += [
        Message("unreadable.entry", seq=entry.seq, field=entry.field)
        for entry in unsettled[:_MOST_FINDINGS]
    ]
    return last, wrong


def check_journal_tail(connection: sa.Connection, table: sa.Table) -> Message | None:
    """Return the first problem with the chain of the last entries, or None."""
    query = (
        entries.select_entries(table)
        .order_by(None)
        .order_by(table.c.seq.desc())
        .limit(_TAIL_ENTRIES + 1)
    )
    rows = list(connection.execute(query))[::-1]
    chain = ChainCheck()
    for before, row in itertools.pairwise(rows):
        problem = chain.check_row(JournalHead(before[0], before[entries.HASH_PLACE]), row)
        if problem is not None:
            return problem
    return next(iter(chain.finish(read_removals(connection, table))), None)
