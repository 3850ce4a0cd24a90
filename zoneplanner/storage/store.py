"""The store of a project: reading it, saving edits, sharing, verifying and backing it up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict, Damaged, ProgressReport, UserError
from zoneplanner.messages import Message, find_reason
from zoneplanner.storage.attachments import (
    ATTACHMENT_TABLE,
    Attachment,
    delete_attachments,
    read_attachment,
    write_attachment,
)
from zoneplanner.storage.backend import (
    DatabaseEngine,
    EditRecord,
    ExternalChange,
    JournalHead,
    OutboxCounts,
    PresentDesk,
    ProjectHeader,
    StorageBackend,
    StoredRow,
    Verification,
    ignore_progress,
)
from zoneplanner.storage.geopackage.backend import SQLITE_SUFFIXES, mark_shared_copy
from zoneplanner.storage.geopackage.connection import PresenceFile
from zoneplanner.storage.hash_chain import read_head
from zoneplanner.storage.history import edit_writer, own_rows, replay, zone_areas
from zoneplanner.storage.history.edit_writer import RowDigests
from zoneplanner.storage.journal import entries as journal
from zoneplanner.storage.journal import log_snapshot, verification
from zoneplanner.storage.log_store import LogStore
from zoneplanner.storage.postgres.address import ServerAddress
from zoneplanner.storage.row_mapping import META_FIELDS, encode_project
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION
from zoneplanner.storage.schema.earlier_versions import list_version_tables
from zoneplanner.storage.schema.tables import KEY_COLUMNS

_TAIL_EDITS = 20


_QGIS_PROJECT_TABLES = ("plan", "zone", "app_meta")
"""The tables that the QGIS project depends on."""


class Store(LogStore):
    """One open project. Each method that writes is one transaction.

    Methods may be called from any thread; they take turns. A failure of the backend (locked file,
    full disk, damage, unreachable server) is a UserError.
    """

    address: ServerAddress | None = None
    """The server address of a shared project, or None for a file."""

    damaged = False
    """Whether the project was recovered from a damaged file."""

    def __init__(
        self,
        backend: StorageBackend,
        header: ProjectHeader,
        *,
        original_file: Path | None = None,
        notices: tuple[Message, ...] = (),
    ) -> None:
        super().__init__(backend, header)
        self._crs = header.crs
        self._versions: edit_writer.RowVersions | None = None
        self._digests: tuple[JournalHead, RowDigests] | None = None
        """The digests of all rows after an edit."""
        self._heads: tuple[JournalHead, JournalHead] | None = None
        self.external: tuple[ExternalChange, ...] = ()
        """The rows that differed from what our edits left when they were last read."""
        self._presence: PresenceFile | None = None
        self.path = backend.path
        self.actor = backend.actor
        """The person according to the server, or "" for a file."""
        self.read_only = backend.read_only
        self.min_reader_version = header.min_reader_version
        self.shared_to, self.shared_on = header.shared_to, header.shared_on
        """The address and the day, if this file's project was moved to a server."""
        self.original_file = original_file
        """The copy of the file before its migration, if opening migrated it."""
        self.notices = notices
        """What the person who opened the project should know."""

    @property
    def stale(self) -> bool:
        """Whether the open file is no longer the one on disk, so nothing can be saved to it."""
        return self._backend.stale

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that only this program may touch while the project is open."""
        if self.path is None:
            return ()
        return tuple(self.path.with_name(self.path.name + end) for end in ("", *SQLITE_SUFFIXES))

    def check_target(self, path: Path) -> None:
        """Refuse to write to the project's own file, which would replace what is open.

        Raises
        ------
        UserError
            The path is the open file or one of SQLite's files next to it.
        """
        for own in self.files:
            is_same = path.exists() and own.exists() and path.samefile(own)
            if is_same or path.absolute() == own.absolute():
                raise UserError("project_itself", file=path.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the project; closing it twice is harmless."""
        self._backend.close()
        if self._presence is not None:
            self._presence.close()

    def project(self) -> Project:
        """Read the whole project as our edits left it.

        Later saves fail if a row has changed since. ``external`` are the rows that differ from what
        our edits left.
        """
        with self._backend.reading() as connection:
            found = self._read_rows(connection)
            self._versions = None if self.read_only else own_rows.list_row_versions(found.rows)
            project = self._decode_project(connection, found)
        self._time_zone = project.time_zone
        return project

    def note_versions(self) -> None:
        """Make the next save fail if a row changes from now on, without decoding the project."""
        with self._backend.reading() as connection:
            self._versions = own_rows.list_row_versions(self._read_rows(connection).rows)

    def _read_rows(self, connection: sa.Connection) -> own_rows.ProjectRows:
        """Read all rows as our edits left them, and remember which rows differ."""
        if self.damaged or self.schema_version != SCHEMA_VERSION:
            with own_rows.translate_unreadable_values(self.name):
                found = own_rows.read_rows_as_they_are(connection, self._meta)
        else:
            found = own_rows.read_project_rows(connection, self._meta, self.name)
        head = read_head(connection, self._meta.tables["edit"])
        self._digests, self.external = (head, found.digests), found.external
        self._heads = self._read_heads(connection)
        return found

    def _decode_project(self, connection: sa.Connection, found: own_rows.ProjectRows) -> Project:
        return edit_writer.decode_own_project(
            connection, self._meta, found.rows, self._crs, self.name
        )

    def _copy_digests(self, connection: sa.Connection) -> RowDigests:
        """Return a copy of the digests of all rows after the last edit."""
        head = read_head(connection, self._meta.tables["edit"])
        if self._digests is None or self._digests[0] != head:
            return own_rows.read_project_rows(connection, self._meta, self.name).digests
        return self._digests[1].copy()

    def check_may_edit(self) -> None:
        """Refuse an edit by a role that may not edit."""
        if not self.may_edit:
            raise UserError("role_may_not.edit", role=self.role, name=self.name)

    def save(
        self,
        before: Project,
        after: Project,
        *,
        label: str,
        actor: str,
        at: datetime,
        kind: EditKind = EditKind.EDIT,
        outlines: Mapping[zone_areas.ZoneKey, BaseGeometry] | None = None,
        figures: Mapping[zone_areas.ZoneKey, Mapping[str, float | int]] | None = None,
        step: int | None = None,
        jump: bool = False,
        last: int | None = None,
        plan: str | None = None,
    ) -> EditRecord | None:
        """Save the differences between two projects with an edit record, and return the record.

        ``outlines`` and ``figures`` (load_min, deviation, pieces) are by plan uid and zone id, for
        the layer zone_area. ``step`` (by default the next one), ``jump`` and ``plan`` are stored in
        the history; see ``EditRecord``. ``last`` is the number of the edit that this one must
        directly follow. Without differences, nothing is recorded and None is returned, unless the
        edit is a ``jump``.

        Raises
        ------
        Conflict
            Another desk or program changed one of the rows since it was read.
        UserError
            A geometry cannot be stored, or the file cannot be written; nothing was changed.
        """
        if (before.uid, before.crs) != (after.uid, after.crs):
            raise ValueError("a project keeps its uid and its CRS")
        changes = edit_writer.diff_rows(before, after)
        if not changes and not outlines and not figures and not jump:
            return None
        self.check_may_edit()
        who: dict[str, Any] = {"actor": self.actor or actor, "at": at}
        record = None
        # The rows, their edit record and the derived tables are one transaction, so a killed
        # process leaves the project as it was. This object's knowledge of the rows is replaced
        # only after the commit, so that a refused save can be tried again.
        with self._backend.writing() as connection:
            if last is not None:
                edit_writer.require_last_edit(connection, self._meta, last)
            digests = self._copy_digests(connection)
            known = self._versions or edit_writer.read_row_versions(connection, self._meta)
            versions = edit_writer.write_row_changes(
                connection, self._meta, changes, known, digests, **who
            )
            if changes or jump:
                position: dict[str, Any] = {"step": step, "jump": jump, "plan": plan}
                facts: dict[str, Any] = {"kind": kind, "label": label, **who, **position}
                record = edit_writer.write_edit_record(
                    connection, self._meta, changes, rows_digest=digests.total(), **facts
                )
            affects_zones = any(
                change.table != "setting" or change.key in zone_areas.INPUT_SETTINGS
                for change in changes
            )
            if outlines or figures or affects_zones:
                table = self._meta.tables["zone_area"]
                zone_areas.write_zone_areas(
                    connection, table, after, changes, outlines=outlines, figures=figures
                )
                zone_areas.update_project_figures(
                    connection, self._meta, after, changes, versions if self._versions else None
                )
                shapes = zone_areas.collect_changed_shapes(changes, outlines)
                plans_changed = any(change.table in _QGIS_PROJECT_TABLES for change in changes)
                plans_of = after if plans_changed else None
                self._backend.note_changes(connection, shapes, at, plans_of=plans_of)
            if after.time_zone != before.time_zone:
                log_snapshot.rebuild_log_snapshot(connection, self._meta, after.time_zone)
        self._versions = versions
        if record is not None:
            own = JournalHead(record.seq, record.hash)
            self._digests = (own, digests)
            self._heads = (own, self._heads[1]) if self._heads else None
        self._time_zone = after.time_zone
        return record

    def settle_external(
        self,
        before: Project,
        after: Project,
        *,
        changes: Sequence[ExternalChange],
        label: str,
        actor: str,
        at: datetime,
        last: int,
        plan: str | None = None,
    ) -> EditRecord | None:
        """Put back all rows that differ from what our edits left, then save the accepted changes.

        ``before`` is the project as our edits left it, ``after`` has the accepted changes.
        ``changes`` are the differences that a person judged, ``last`` is the number of the last
        edit. Without a label, no edit is recorded and no change may be accepted.

        Raises
        ------
        Conflict
            Another desk or program changed something since the person judged the changes.
        """
        who: dict[str, Any] = {"actor": self.actor or actor, "at": at}
        accepted = edit_writer.diff_rows(before, after)
        record = None
        with self._backend.writing() as connection:
            edit_writer.require_last_edit(connection, self._meta, last)
            found = own_rows.read_project_rows(connection, self._meta, self.name)
            if found.external != tuple(changes):
                raise Conflict("conflict.newer_edit")
            own_rows.restore_rows(connection, self._meta, found.external, **who)
            versions, digests = own_rows.list_row_versions(found.rows), found.digests
            versions = edit_writer.write_row_changes(
                connection, self._meta, accepted, versions, digests, **who
            )
            if label:
                facts: dict[str, Any] = {"kind": EditKind.EXTERNAL, "label": label, "plan": plan}
                record = edit_writer.write_edit_record(
                    connection, self._meta, accepted, rows_digest=digests.total(), **facts, **who
                )
            zone_areas.write_project_figures(connection, self._meta, after)
            shapes = zone_areas.collect_changed_shapes(accepted, None)
            self._backend.note_changes(connection, shapes, at, plans_of=after)
        self._versions, self.external = versions, ()
        head = JournalHead(record.seq, record.hash) if record else None
        self._digests = (head, digests) if head else self._digests
        self._heads = None
        return record

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Update a file's views, styles and QGIS project to this program's version."""
        self._backend.refresh_for_other_programs(project, at)

    def rewind(self, project: Project, seqs: Sequence[int]) -> Project:
        """Return a project as it was before saved edits, given by number, latest first.

        Parts that the edits did not touch are the same objects as in ``project``.

        Raises
        ------
        Conflict
            Something else has changed the project since those edits.
        """
        return self._apply_edits(replay.rewind_edits, project, seqs)

    def replay(self, project: Project, seqs: Sequence[int]) -> Project:
        """Return a project as it is after saved edits, earliest first; see ``rewind``."""
        return self._apply_edits(replay.replay_edits, project, seqs)

    def _apply_edits(
        self,
        apply: Callable[[Project, Iterable[edit_writer.EditSides]], Project],
        project: Project,
        seqs: Sequence[int],
    ) -> Project:
        try:
            with self._backend.reading() as connection:
                return apply(project, edit_writer.read_edit_sides(connection, self._meta, seqs))
        except replay.HistoryMismatch:
            raise Conflict("conflict.history", name=self.name) from None
        except (ValueError, ShapelyError) as error:
            raise UserError(
                "unreadable_history", name=self.name, error=find_reason(error)
            ) from error

    def check_tail(self) -> Message | None:
        """Return the problem if the chain of the last edits or entries is broken, or None."""
        return super().check_tail() or self._check_edit_tail()

    def _check_edit_tail(self) -> Message | None:
        if self.schema_version != SCHEMA_VERSION:
            return None
        table = self._meta.tables["edit"]
        with self._backend.reading() as connection:
            head = read_head(connection, table)
            if not head.hash:
                problem = Message("unreadable_edits.missing")
                raise Damaged("damaged.edits", name=self.name, problem=problem)
            start = max(head.entries - _TAIL_EDITS, 0)
            return next(edit_writer.check_edit_chain(connection, table, start), None)

    def verify(
        self, report: ProgressReport | None = None, *, anchor: JournalHead | None = None
    ) -> Verification:
        """Check the database, its schema, the journal's chain and the aggregates.

        ``anchor`` is a head recorded earlier, on a report or with a backup. A journal that no
        longer contains it was cut off.
        """
        return verification.verify_project(
            self._meta,
            backend=self._backend,
            version=self.schema_version,
            time_zone=self._time_zone,
            crs=self._crs,
            report=report or ignore_progress,
            anchor=anchor,
        )

    def rebuild_aggregates(self) -> None:
        """Compute the tables derived from the journal and from the edits again."""
        super().rebuild_aggregates()
        with self._backend.writing() as connection:
            zone_areas.rebuild_project_figures(connection, self._meta, self._crs)

    def attach(self, attachment: Attachment, *, keep: Iterable[str]) -> str:
        """Store a picture, delete all others except those of ``keep``, and return its hash.

        Raises
        ------
        UserError
            The person may not edit the project, or the picture is unsuitable or too large.
        """
        self.check_may_edit()
        table = self._meta.tables[ATTACHMENT_TABLE]
        with self._backend.writing() as connection:
            write_attachment(connection, table, attachment)
            delete_attachments(connection, table, frozenset((*keep, attachment.sha256)))
        return attachment.sha256

    def attachment(self, sha256: str) -> Attachment | None:
        """Return a picture by its hash, or None if it is missing or damaged."""
        if ATTACHMENT_TABLE not in list_version_tables(min(self.schema_version, SCHEMA_VERSION)):
            return None
        with self._backend.reading() as connection:
            return read_attachment(connection, self._meta.tables[ATTACHMENT_TABLE], sha256)

    def heads(self) -> tuple[JournalHead, JournalHead]:
        """Return the heads of the edit history and of the journal."""
        with self._backend.reading() as connection:
            return self._read_heads(connection)

    def _read_heads(self, connection: sa.Connection) -> tuple[JournalHead, JournalHead]:
        edits = read_head(connection, self._meta.tables["edit"])
        return edits, read_head(connection, self._meta.tables["journal_entry"])

    def holds_heads(self, edits: JournalHead, entries: JournalHead) -> bool:
        """Return whether edit history and journal contain earlier heads, so nothing was cut off."""
        return all(
            not head.entries or self._find_hash(table, head.hash) == head.entries
            for table, head in (("edit", edits), ("journal_entry", entries))
        )

    def find_edit_by_hash(self, prefix: str) -> int | None:
        """Return the number of the edit whose hash begins with ``prefix``, or None."""
        return self._find_hash("edit", prefix)

    EDITABLE_KEYS = frozenset(f"project_{name}" for name in META_FIELDS)
    """The keys of ``app_meta`` that an edit may change."""

    def apply_external(self, project: Project, changes: Sequence[ExternalChange]) -> Project:
        """Return a project with other programs' changes applied.

        Raises
        ------
        UserError
            A row cannot be read, or its shape cannot be stored.
        """
        try:
            return replay.replay_edits(project, [own_rows.make_edit_sides(self._meta, changes)])
        except replay.HistoryMismatch:
            raise Conflict("conflict.history", name=self.name) from None
        except (ValueError, ShapelyError) as error:
            raise UserError("damaged.value", name=self.name, error=find_reason(error)) from error

    def decode_external(self, change: ExternalChange) -> tuple[StoredRow | None, StoredRow | None]:
        """Return a row as our edits left it and as it is now, with decoded values.

        Each is None if there is no row, or none that can be read.
        """
        return own_rows.decode_change(self._meta, change)

    def find_external_sides(
        self, project: Project, changes: Sequence[ExternalChange]
    ) -> list[bool | None]:
        """Return for each change whether a project has it: True, False, or None if neither side."""
        rows = ((each.table, each.key, *self.decode_external(each)) for each in changes)
        return list(replay.find_sides(project, rows))

    def find_dangling_rows(
        self, project: Project
    ) -> Iterator[tuple[own_rows.NamedRow, set[own_rows.NamedRow]]]:
        """Yield each row of a project with references to missing rows, and those references."""
        return own_rows.find_dangling_rows(self._meta, encode_project(project))

    def edits(self, after_seq: int = 0) -> list[EditRecord]:
        """Return the saved edits after a number, in order."""
        with self._backend.reading() as connection:
            return edit_writer.read_edit_records(connection, self._meta, after_seq)

    def list_spans_of_earlier_files(
        self, kinds: Iterable[str], now: datetime
    ) -> list[tuple[str, datetime, datetime]]:
        """Return the kind, start and end of the imports made with an earlier schema version.

        The list is empty for a project that never had an earlier version.
        """
        edits = self._meta.tables["edit"]
        migrated = sa.select(sa.func.max(edits.c.at)).where(
            edits.c.kind == EditKind.MIGRATION.value
        )
        with self._backend.reading() as connection:
            before = now
            if self.schema_version == SCHEMA_VERSION:
                found = connection.execute(migrated).scalar()
                if found is None:
                    return []
                before = datetime.fromisoformat(found)
            return journal.list_recorded_spans(connection, self._journal, kinds, before)

    def apply_new_edits(
        self, project: Project, after_seq: int, *, but: int | None = None
    ) -> tuple[Project, list[EditRecord]]:
        """Return a project with the edits saved after a number applied, and those edits.

        ``but`` is an edit that the project already has. Parts that the edits did not touch are the
        same objects, unless another program changed the project. The next save fails if a row
        changes from now on.
        """
        with self._backend.reading() as connection:
            new = edit_writer.read_edit_records(connection, self._meta, after_seq)
            seqs = [edit.seq for edit in new if edit.seq != but]
            touched: Iterable[str] = KEY_COLUMNS
            try:
                edits = list(edit_writer.read_edit_sides(connection, self._meta, seqs))
                after = replay.replay_edits(project, edits) if seqs else project
                if self._versions is not None:
                    touched = {name for sides in edits for rows in sides for name, _ in rows}
            except (replay.HistoryMismatch, ValueError, ShapelyError):
                after = self._decode_project(connection, self._read_rows(connection))
            heads = self._read_heads(connection)
            known = self._heads or (JournalHead(0, ""), heads[1])
            logged = heads[1] not in (known[1], self._own_head)
            unexplained = not logged and heads[0] == known[0]  # written without edit or entry
            self._heads = heads
            if unexplained or own_rows.is_touched_elsewhere(connection, self._meta):
                self._versions = own_rows.list_row_versions(self._read_rows(connection).rows)
            else:
                fresh = edit_writer.read_row_versions(connection, self._meta, touched)
                self._versions = {**(self._versions or {}), **fresh}
        return after, new

    def last_change(self, table: str, key: Sequence[str]) -> tuple[str, datetime] | None:
        """Return who last changed a row, and when, or None if there is no such row."""
        with self._backend.reading() as connection:
            row = edit_writer.read_row(connection, self._meta.tables[table], key)
        if row is None or not row["changed_at"]:
            return None
        return str(row["changed_by"]), datetime.fromisoformat(row["changed_at"])

    def drawn_areas(self) -> dict[zone_areas.ZoneKey, BaseGeometry]:
        """Return the zones' outlines in the layer for other programs."""
        with self._backend.reading() as connection:
            return zone_areas.read_zone_areas(connection, self._meta.tables["zone_area"])

    @property
    def online(self) -> bool:
        """Whether the server of a shared project can be reached; always true for a file."""
        return True

    def waiting(self) -> OutboxCounts:
        """Return the numbers of entries waiting on this desk for a shared project's server."""
        return OutboxCounts(0, 0)

    def refusals(self) -> list[str]:
        """Return why the server refused entries that waited here, one sentence each."""
        return []

    def announce_presence(self, who: PresentDesk) -> None:
        """Show others that ``who`` has the project open, if it can be written to."""
        if self.path is not None and not self.read_only:
            self._presence = PresenceFile(self.path, who)

    def list_present_desks(self) -> list[PresentDesk]:
        """Return the desks that have had the project open for a while, including this one."""
        return self._presence.look() if self._presence is not None else []

    def send_waiting(self, *, desk: str, now: datetime) -> list[JournalEntry]:
        """Send the waiting entries exactly once, and return them as stored."""
        return []

    def engine(self) -> DatabaseEngine:
        """Return the project's database engine."""
        return self._backend.describe_engine()

    def data_version(self) -> int:
        """Return a number that changes when another desk or program has written."""
        return self._backend.change_counter()

    def share(
        self,
        address: ServerAddress,
        report: ProgressReport | None = None,
        *,
        administrator: ServerAddress | None = None,
    ) -> JournalHead:
        """Copy the whole project to a server that has none, and return its journal's head.

        ``administrator`` prepares the server and creates the tables, which no person who logs in
        owns. The person of ``address`` grants access.

        Raises
        ------
        UserError
            The server has a project already, cannot be reached or does not allow it, or the
            journal here is damaged. Nothing is left behind.
        """
        from zoneplanner.storage.postgres import provisioning

        with self._backend.reading() as connection:
            return provisioning.share_project(
                connection,
                self._meta,
                address,
                report or ignore_progress,
                administrator=administrator,
            )

    def share_for_good(
        self,
        address: ServerAddress,
        *,
        actor: str,
        at: datetime,
        report: ProgressReport | None = None,
        administrator: ServerAddress | None = None,
    ) -> JournalHead:
        """Move the project to a server; this file is a read-only copy from then on.

        Nothing can be written here during the move, so nothing is lost.
        """
        if self.shared_to:
            on = date.fromisoformat(self.shared_on)
            facts = {"name": self.name, "address": self.shared_to, "shared_on": on}
            raise UserError("superseded.share_again", facts)
        was_read_only = self._backend.read_only
        self._backend.read_only = True
        try:
            head = self._share_or_find(address, report, administrator)
        except BaseException:
            self._backend.read_only = was_read_only
            raise
        if not was_read_only:
            self._mark_shared(str(address), actor=actor, at=at)
        return head

    def _share_or_find(
        self,
        address: ServerAddress,
        report: ProgressReport | None,
        administrator: ServerAddress | None,
    ) -> JournalHead:
        """Share the project, or find it on the server if an interrupted attempt had finished."""
        try:
            return self.share(address, report, administrator=administrator)
        except UserError as error:
            if error.code != "project_exists":
                raise
            from zoneplanner.storage.postgres import provisioning

            with self._backend.reading() as connection:
                head = provisioning.find_carried_project(connection, self._meta, address)
            if head is None:
                raise
            return head

    def _mark_shared(self, address: str, *, actor: str, at: datetime) -> None:
        on = at.astimezone(ZoneInfo(self._time_zone)).date().isoformat()
        self._backend.read_only = False
        try:
            with self._backend.writing() as connection:
                mark_shared_copy(connection, self._meta, address, actor=actor, at=at, on=on)
        finally:
            self._backend.read_only = True
        self.read_only, self.shared_to, self.shared_on = True, address, on

    def backup(self, path: Path) -> JournalHead:
        """Write a complete and consistent copy to a new file, and return its journal's head.

        Raises
        ------
        UserError
            The path exists or cannot be written.
        """
        return self._backend.backup(Path(path), self._meta)
