"""Where a project lives: reading it, saving edits, the journal, verifying and backing up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict, Damaged, ProgressReport, UserError
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
from zoneplanner.storage.history import edit_writer, own_rows, replay, zone_areas
from zoneplanner.storage.history.edit_writer import RowDigests
from zoneplanner.storage.journal import entries as journal
from zoneplanner.storage.journal import log_snapshot, verification
from zoneplanner.storage.log_store import WHAT_TO_DO, LogStore
from zoneplanner.storage.postgres.address import ServerAddress
from zoneplanner.storage.row_mapping import META_FIELDS, encode_project
from zoneplanner.storage.schema.ddl import SCHEMA_VERSION
from zoneplanner.storage.schema.earlier_versions import list_version_tables
from zoneplanner.storage.schema.tables import KEY_COLUMNS

_TAIL_EDITS = 20


_OF_QGIS_PROJECT = ("plan", "zone", "app_meta")
"""What the project for QGIS is made of."""


class Store(LogStore):
    """One open project. Each method that writes is one transaction: all of it, or nothing.

    Methods may be called from any thread; they take turns. A failure of its home (locked, full
    disk, damaged, a server that is away) is a UserError of one sentence.
    """

    address: ServerAddress | None = None
    """Where a shared project is; None for a file."""

    damaged = False
    """Whether this is what was saved of a damaged file."""

    def __init__(
        self,
        backend: StorageBackend,
        header: ProjectHeader,
        *,
        kept_as: Path | None = None,
        notice: str = "",
    ) -> None:
        super().__init__(backend, header)
        self._crs = header.crs
        self._versions: edit_writer.RowVersions | None = None
        self._digests: tuple[JournalHead, RowDigests] | None = None
        """The digests of all rows, as of an edit."""
        self._heads: tuple[JournalHead, JournalHead] | None = None
        self.external: tuple[ExternalChange, ...] = ()
        """The rows that are not as our edits left them, when last looked at."""
        self._presence: PresenceFile | None = None
        self.path = backend.path
        self.actor = backend.actor
        """Who the server says one is; empty on a file."""
        self.read_only = backend.read_only
        self.min_reader_version = header.min_reader_version
        self.shared_to, self.shared_on = header.shared_to, header.shared_on
        """Where the project of this file lives since which day, if it was carried to a server."""
        self.kept_as = kept_as
        """Where the file is kept as it was, if opening brought it to the present version."""
        self.notice = notice
        """What is to be told to whoever opened it."""

    @property
    def stale(self) -> bool:
        """Whether the open file is not the one on disk any more: nothing can be saved to it."""
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
            The path leads to the open file, or to what SQLite keeps beside it.
        """
        for own in self.files:
            there = path.exists() and own.exists() and path.samefile(own)
            if there or path.absolute() == own.absolute():
                raise UserError("project_itself", file=path.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing twice does no harm."""
        self._backend.close()
        if self._presence is not None:
            self._presence.close()

    def project(self) -> Project:
        """Read the whole project as our edits left it; saves are guarded by what is seen here.

        ``external`` says which rows of the tables are otherwise.
        """
        with self._backend.reading() as connection:
            found = self._read_rows(connection)
            self._versions = None if self.read_only else own_rows.list_row_versions(found.rows)
            project = self._decode_project(connection, found)
        self._time_zone = project.time_zone
        return project

    def note_versions(self) -> None:
        """Guard the next save by the rows as they are now, without decoding the project."""
        with self._backend.reading() as connection:
            self._versions = own_rows.list_row_versions(self._read_rows(connection).rows)

    def _read_rows(self, connection: sa.Connection) -> own_rows.ProjectRows:
        """Read all rows as our edits left them, and note what is otherwise."""
        if self.damaged or self.schema_version != SCHEMA_VERSION:
            with own_rows.translate_unreadable_values(self.name):
                found = own_rows.read_rows_as_they_are(connection, self._meta)
        else:
            found = own_rows.read_project_rows(connection, self._meta, self.name)
        head = edit_writer.read_edit_head(connection, self._meta.tables["edit"])
        self._digests, self.external = (head, found.digests), found.external
        self._heads = self._read_heads(connection)
        return found

    def _decode_project(self, connection: sa.Connection, found: own_rows.ProjectRows) -> Project:
        return edit_writer.decode_own_project(
            connection, self._meta, found.rows, self._crs, self.name
        )

    def _copy_digests(self, connection: sa.Connection) -> RowDigests:
        """Return the digests of all rows as the last edit left them, to be changed."""
        head = edit_writer.read_edit_head(connection, self._meta.tables["edit"])
        if self._digests is None or self._digests[0] != head:
            return own_rows.read_project_rows(connection, self._meta, self.name).digests
        return self._digests[1].copy()

    def check_may_edit(self) -> None:
        """Refuse what a role that may only log or look may not change."""
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
        """Save what differs, with its audit row, and return that.

        ``outlines`` and ``figures`` (load_min, deviation, pieces) are by plan uid and zone id and
        go to the layer zone_area. ``step``, ``jump`` and ``plan`` are kept for the history (see
        ``EditRecord``); without ``step`` it is the next one. ``last`` is the number of the edit
        that it must follow at once. Where nothing differs, no edit is recorded and None comes
        back, but a jump is recorded all the same.

        Raises
        ------
        Conflict
            Another desk or program changed one of the rows since it was read.
        UserError
            A geometry may not be kept, or the file cannot be written; nothing was changed.
        """
        if (before.uid, before.crs) != (after.uid, after.crs):
            raise ValueError("a project keeps its uid and its CRS")
        changes = edit_writer.diff_rows(before, after)
        if not changes and not outlines and not figures and not jump:
            return None
        self.check_may_edit()
        who: dict[str, Any] = {"actor": self.actor or actor, "at": at}
        record = None
        # One transaction for the rows, the edit that names them, and what is computed from them:
        # whoever is killed in it leaves the project as it was. What this object knows of the rows
        # is replaced after the commit alone, so that a refused save can be tried again.
        with self._backend.writing() as connection:
            if last is not None:
                edit_writer.require_last_edit(connection, self._meta, last)
            digests = self._copy_digests(connection)
            known = self._versions or edit_writer.read_row_versions(connection, self._meta)
            versions = edit_writer.write_row_changes(
                connection, self._meta, changes, known, digests, **who
            )
            if changes or jump:
                where: dict[str, Any] = {"step": step, "jump": jump, "plan": plan}
                said: dict[str, Any] = {"kind": kind, "label": label, **who, **where}
                record = edit_writer.write_edit_record(
                    connection, self._meta, changes, rows_digest=digests.total(), **said
                )
            if (
                outlines
                or figures
                or any(
                    one.table != "setting" or one.key in zone_areas.INPUT_SETTINGS
                    for one in changes
                )
            ):
                table = self._meta.tables["zone_area"]
                zone_areas.write_zone_areas(
                    connection, table, after, changes, outlines=outlines, figures=figures
                )
                zone_areas.update_project_figures(
                    connection, self._meta, after, changes, versions if self._versions else None
                )
                plans = any(one.table in _OF_QGIS_PROJECT for one in changes)
                self._backend.note_changes(
                    connection,
                    zone_areas.collect_changed_shapes(changes, outlines),
                    at,
                    plans_of=after if plans else None,
                )
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
        """Put back the rows that are not as our edits left them, then save what is kept of that.

        ``before`` is the project as the edits left it, ``after`` with what is kept; ``changes``
        are those that were judged, ``last`` is the number of the last edit. Without a label no
        edit is recorded: then nothing may be kept.

        Raises
        ------
        Conflict
            Another desk or program changed something since they were judged.
        """
        who: dict[str, Any] = {"actor": self.actor or actor, "at": at}
        kept = edit_writer.diff_rows(before, after)
        record = None
        with self._backend.writing() as connection:
            edit_writer.require_last_edit(connection, self._meta, last)
            found = own_rows.read_project_rows(connection, self._meta, self.name)
            if found.external != tuple(changes):
                raise Conflict("conflict.newer_edit")
            own_rows.restore_rows(connection, self._meta, found.external, **who)
            versions, digests = own_rows.list_row_versions(found.rows), found.digests
            versions = edit_writer.write_row_changes(
                connection, self._meta, kept, versions, digests, **who
            )
            if label:
                said: dict[str, Any] = {"kind": EditKind.EXTERNAL, "label": label, "plan": plan}
                record = edit_writer.write_edit_record(
                    connection, self._meta, kept, rows_digest=digests.total(), **said, **who
                )
            zone_areas.write_project_figures(connection, self._meta, after)
            shapes = zone_areas.collect_changed_shapes(kept, None)
            self._backend.note_changes(connection, shapes, at, plans_of=after)
        self._versions, self.external = versions, ()
        head = JournalHead(record.seq, record.hash) if record else None
        self._digests = (head, digests) if head else self._digests
        self._heads = None
        return record

    def refresh_for_other_programs(self, project: Project, at: datetime) -> None:
        """Let a file's views, styles and project for QGIS be those of this program and its name."""
        self._backend.refresh_for_other_programs(project, at)

    def rewind(self, project: Project, seqs: Sequence[int]) -> Project:
        """Return a project as it was before saved edits, given by number, the latest first.

        What the edits did not touch is the very same object as in ``project``.

        Raises
        ------
        Conflict
            The project is not as those edits left it: something else changed it since.
        """
        return self._led(replay.rewind_edits, project, seqs)

    def replay(self, project: Project, seqs: Sequence[int]) -> Project:
        """Return a project as it is after saved edits, the earliest first; like ``rewound``."""
        return self._led(replay.replay_edits, project, seqs)

    def _led(
        self,
        lead: Callable[[Project, Iterable[edit_writer.EditSides]], Project],
        project: Project,
        seqs: Sequence[int],
    ) -> Project:
        try:
            with self._backend.reading() as connection:
                return lead(project, edit_writer.read_edit_sides(connection, self._meta, seqs))
        except replay.HistoryMismatch:
            raise Conflict("conflict.history", name=self.name) from None
        except (ValueError, ShapelyError) as error:
            raise UserError("unreadable_history", name=self.name, error=str(error)) from error

    def check_tail(self) -> str:
        """Say whether the last edits or entries do not follow from each other."""
        return super().check_tail() or self._check_edit_tail()

    def _check_edit_tail(self) -> str:
        if self.schema_version != SCHEMA_VERSION:
            return ""
        table = self._meta.tables["edit"]
        with self._backend.reading() as connection:
            head = edit_writer.read_edit_head(connection, table)
            if not head.hash:
                raise Damaged("damaged.edits", name=self.name, problem="it is missing")
            start = max(head.entries - _TAIL_EDITS, 0)
            problem = next(edit_writer.check_edit_chain(connection, table, start), None)
        return "" if problem is None else f"{problem.text} {WHAT_TO_DO}"

    def verify(
        self, report: ProgressReport | None = None, *, anchor: JournalHead | None = None
    ) -> Verification:
        """Check the database, its schema, the journal's chain and the aggregates.

        ``anchor`` is a head noted earlier (on a report or with a backup): a journal that no
        longer holds it was cut.
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
        """Compute anew what is kept beside the journal, and beside the edits."""
        super().rebuild_aggregates()
        with self._backend.writing() as connection:
            zone_areas.rebuild_project_figures(connection, self._meta, self._crs)

    def attach(self, one: Attachment, *, keep: Iterable[str]) -> str:
        """Keep a picture, and of the others only those of ``keep``; return the hash that names it.

        Raises
        ------
        UserError
            Who is here may not edit the project, or it is no picture of ours or too large.
        """
        self.check_may_edit()
        table = self._meta.tables[ATTACHMENT_TABLE]
        with self._backend.writing() as connection:
            write_attachment(connection, table, one)
            delete_attachments(connection, table, frozenset((*keep, one.sha256)))
        return one.sha256

    def attachment(self, sha256: str) -> Attachment | None:
        """Return a picture by its hash; None where it is not there as it was kept."""
        if ATTACHMENT_TABLE not in list_version_tables(min(self.schema_version, SCHEMA_VERSION)):
            return None
        with self._backend.reading() as connection:
            return read_attachment(connection, self._meta.tables[ATTACHMENT_TABLE], sha256)

    def heads(self) -> tuple[JournalHead, JournalHead]:
        """Return the heads of the history and of the journal."""
        with self._backend.reading() as connection:
            return self._read_heads(connection)

    def _read_heads(self, connection: sa.Connection) -> tuple[JournalHead, JournalHead]:
        edits = edit_writer.read_edit_head(connection, self._meta.tables["edit"])
        return edits, journal.read_head(connection, self._meta.tables["journal_entry"])

    def holds_heads(self, edits: JournalHead, entries: JournalHead) -> bool:
        """Whether history and journal hold what was their end once: nothing was cut."""
        return all(
            not head.entries or self._find_hash(table, head.hash) == head.entries
            for table, head in (("edit", edits), ("journal_entry", entries))
        )

    def find_edit_by_hash(self, begins: str) -> int | None:
        """Return the number of the edit whose hash begins so, None where there is none."""
        return self._find_hash("edit", begins)

    def _find_hash(self, name: str, begins: str) -> int | None:
        table = self._meta.tables[name]
        begun = table.c.hash.startswith(begins, autoescape=True)
        with self._backend.reading() as connection:
            found = connection.execute(sa.select(table.c.seq).where(begun).limit(1)).scalar()
        return None if found is None else int(found)

    EDITABLE_KEYS = frozenset(f"project_{name}" for name in META_FIELDS)
    """What of ``app_meta`` an edit may change."""

    def apply_external(self, project: Project, changes: Sequence[ExternalChange]) -> Project:
        """Return a project with changes of other programs taken over.

        Raises
        ------
        UserError
            A row cannot be read, or its shape may not be kept.
        """
        try:
            return replay.replay_edits(project, [own_rows.make_edit_sides(self._meta, changes)])
        except replay.HistoryMismatch:
            raise Conflict("conflict.history", name=self.name) from None
        except (ValueError, ShapelyError) as error:
            raise UserError("damaged.value", name=self.name, error=str(error)) from error

    def decode_external(self, change: ExternalChange) -> tuple[StoredRow | None, StoredRow | None]:
        """Return a row as our edits left it and as it is there, as values of their columns.

        None where there is none, or none that can be read.
        """
        return own_rows.decode_change(self._meta, change)

    def find_external_sides(
        self, project: Project, changes: Sequence[ExternalChange]
    ) -> list[bool | None]:
        """Say of each change whether a project holds it: False as before, None neither way."""
        return list(
            replay.find_sides(
                project,
                ((one.table, one.key, *self.decode_external(one)) for one in changes),
            )
        )

    def find_dangling_rows(
        self, project: Project
    ) -> Iterator[tuple[own_rows.NamedRow, set[own_rows.NamedRow]]]:
        """Yield the rows of a project that name others which are not there, and those."""
        return own_rows.find_dangling_rows(self._meta, encode_project(project))

    def edits(self, after_seq: int = 0) -> list[EditRecord]:
        """Return the saved edits in order, after a number."""
        with self._backend.reading() as connection:
            return edit_writer.read_edit_records(connection, self._meta, after_seq)

    def list_spans_of_earlier_files(
        self, kinds: Iterable[str], now: datetime
    ) -> list[tuple[str, datetime, datetime]]:
        """Return by kind over what times the files reach that came into an earlier version.

        None of a project that was never of one.
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
        """Return a project with the edits saved after one, and those; ``but`` one that it has.

        What the edits did not touch is the very same object, unless another program changed the
        project. The next save is guarded by the rows as they are now.
        """
        with self._backend.reading() as connection:
            new = edit_writer.read_edit_records(connection, self._meta, after_seq)
            seqs = [edit.seq for edit in new if edit.seq != but]
            touched: Iterable[str] = KEY_COLUMNS
            try:
                led = list(edit_writer.read_edit_sides(connection, self._meta, seqs))
                after = replay.replay_edits(project, led) if seqs else project
                if self._versions is not None:
                    touched = {name for sides in led for rows in sides for name, _ in rows}
            except (replay.HistoryMismatch, ValueError, ShapelyError):
                after = self._decode_project(connection, self._read_rows(connection))
            heads = self._read_heads(connection)
            known = self._heads or (JournalHead(0, ""), heads[1])
            logged = heads[1] not in (known[1], self._own_head)
            unexplained = not logged and heads[0] == known[0]  # written, and by nobody
            self._heads = heads
            if unexplained or own_rows.is_touched_elsewhere(connection, self._meta):
                self._versions = own_rows.list_row_versions(self._read_rows(connection).rows)
            else:
                fresh = edit_writer.read_row_versions(connection, self._meta, touched)
                self._versions = {**(self._versions or {}), **fresh}
        return after, new

    def last_change(self, table: str, key: Sequence[str]) -> tuple[str, datetime] | None:
        """Return who changed a row last, and when; None for one that is not there."""
        with self._backend.reading() as connection:
            row = edit_writer.read_row(connection, self._meta.tables[table], key)
        if row is None or not row["changed_at"]:
            return None
        return str(row["changed_by"]), datetime.fromisoformat(row["changed_at"])

    def drawn_areas(self) -> dict[zone_areas.ZoneKey, BaseGeometry]:
        """Return the outlines in the layer that other programs see, as they stand there."""
        with self._backend.reading() as connection:
            return zone_areas.read_zone_areas(connection, self._meta.tables["zone_area"])

    @property
    def online(self) -> bool:
        """False while the server of a shared project is away."""
        return True

    def waiting(self) -> OutboxCounts:
        """Return what waits on this desk for the server of a shared project."""
        return OutboxCounts(0, 0)

    def refusals(self) -> list[str]:
        """Return why entries that waited here were not taken by the server, one sentence each."""
        return []

    def announce_presence(self, who: PresentDesk) -> None:
        """Let others see who has the project open from now on, where it may be written to."""
        if self.path is not None and not self.read_only:
            self._presence = PresenceFile(self.path, who)

    def list_present_desks(self) -> list[PresentDesk]:
        """Return who has the project open for long, as far as is known; this desk too."""
        return self._presence.look() if self._presence is not None else []

    def send_waiting(self, *, desk: str, now: datetime) -> list[JournalEntry]:
        """Send what waits on this desk, once and only once, and return it as kept."""
        return []

    def engine(self) -> DatabaseEngine:
        """Return which database reads and writes the project, and how."""
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
        """Carry the whole project to a server where there is none; return its journal's head.

        ``administrator`` prepares the server first and lays the tables, which belong to nobody
        who logs in then; the person of the address gives access.

        Raises
        ------
        UserError
            There is one already, the server cannot be reached or does not allow it, or the journal
            here is not whole. Nothing is left behind.
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
        """Share the project for good: from then on this file is a copy, for reading only.

        While it is carried nothing is written here, so that nothing stays behind.
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
        """Share the project; where that was broken off after all was there, find it there."""
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
        """Write a whole and consistent copy to a new file; return its journal's head.

        Raises
        ------
        UserError
            The path exists or cannot be written.
        """
        return self._backend.backup(Path(path), self._meta)
