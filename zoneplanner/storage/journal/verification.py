"""Verify a project: the database, its schema, the journal's chain, the aggregates."""

import itertools

import sqlalchemy as sa

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.storage.backend import StorageBackend
from zoneplanner.storage.history import own_rows
from zoneplanner.storage.journal import entries, log_snapshot
from zoneplanner.storage.journal.hash_chain import GENESIS_HASH, HASHED_COLUMNS, check_chain_link
from zoneplanner.storage.records import (
    JournalHead,
    UnreadableEntry,
    Verification,
    VerificationFinding,
)
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION

_MOST_FINDINGS = 20
"""How many broken entries are told one by one."""
_ROWS_PER_STEP = 10_000
_TAIL_ENTRIES = 20


def verify_project(
    connection: sa.Connection,
    meta: sa.MetaData,
    *,
    backend: StorageBackend,
    version: int,
    time_zone: str,
    report: ProgressReport,
    anchor: JournalHead | None,
) -> Verification:
    """Look at everything that a project can be checked for; nothing is changed."""
    findings: list[VerificationFinding] = []
    last = JournalHead(0, "")
    try:
        report(0.0, "Checking the database")
        findings += backend.find_problems(connection, meta, version)
        if version == SCHEMA_VERSION:
            report(0.05, "Checking the history")
            findings += own_rows.verify_edits(connection, meta)
        report(0.1, "Checking the journal")
        table = meta.tables["journal_entry"]
        last, wrong = _walk_journal(connection, table, report, anchor)
        findings += wrong
        report(0.9, "Checking the aggregates")
        known = earlier_versions.list_version_tables(min(version, SCHEMA_VERSION))
        has_snapshot = known.issuperset(log_snapshot.DERIVED_TABLES)
        if has_snapshot and not log_snapshot.check_log_snapshot(connection, meta, time_zone):
            text = "The table log_snapshot does not agree with the journal; rebuild it."
            findings.append(VerificationFinding("aggregates", text))
        report(1.0, "Verified")
    except sa.exc.DatabaseError as error:
        if not getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            raise
        findings.append(
            VerificationFinding("database", "The database is damaged; restore a backup.")
        )
    head = last.hash if last.entries else ""
    return Verification(not findings, last.entries, head, tuple(findings))


def _walk_journal(
    connection: sa.Connection,
    table: sa.Table,
    report: ProgressReport,
    anchor: JournalHead | None,
) -> tuple[JournalHead, list[VerificationFinding]]:
    """Walk the whole journal; return its head and what is wrong with its chain."""
    count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    last, wrong = JournalHead(0, GENESIS_HASH), list[VerificationFinding]()
    unreadable: list[UnreadableEntry] = []
    anchored = anchor is None or anchor.entries == 0
    rows = connection.execute(
        entries.select_entries(table), execution_options={"yield_per": _ROWS_PER_STEP}
    )
    for row in rows:
        columns, prev_hash, kept_hash = row[: len(HASHED_COLUMNS)], row[-2], row[-1]
        problem = check_chain_link(last, columns, prev_hash, kept_hash)
        if problem is not None and len(wrong) < _MOST_FINDINGS:
            wrong.append(problem)
        last = JournalHead(columns[0], kept_hash)
        anchored = anchored or last == anchor
        try:
            entries.decode_entry(row)
        except UserError as error:
            unreadable.append(entries.describe_unreadable_entry(row, error))
        if last.entries % _ROWS_PER_STEP == 0:
            report(0.1 + 0.8 * last.entries / max(count, 1), "Checking the journal")
    if not anchored and anchor is not None:
        text = f"The journal does not hold entry {anchor.entries} as it was anchored; it was cut."
        wrong.append(VerificationFinding("anchor", text))
    quarantined = entries.read_quarantined(connection, table) if unreadable else set()
    open_ones = [one for one in unreadable if one.seq not in quarantined]
    wrong += [
        VerificationFinding(
            "unreadable",
            f"Journal entry {one.seq} cannot be read ({one.field}) and is left out of every list"
            " and figure; look at it in a backup, then quarantine it.",
        )
        for one in open_ones[:_MOST_FINDINGS]
    ]
    return last, wrong


def check_journal_tail(connection: sa.Connection, table: sa.Table) -> str:
    """Say what is wrong with the last entries' chain; a quick look, the whole is ``verify``'s."""
    query = (
        entries.select_entries(table)
        .order_by(None)
        .order_by(table.c.seq.desc())
        .limit(_TAIL_ENTRIES + 1)
    )
    rows = list(connection.execute(query))[::-1]
    for before, row in itertools.pairwise(rows):
        last = JournalHead(before[0], before[-1])
        problem = check_chain_link(last, row[: len(HASHED_COLUMNS)], row[-2], row[-1])
        if problem is not None:
            return problem.text
    return ""
