"""Pictures that records name by the hash of their bytes: kept once, never changed.

The journal's chain covers the hash in the record, so that a picture which is another one than was
attached is noticed whenever it is read.
"""

import hashlib
import struct
from typing import NamedTuple

import sqlalchemy as sa

from zoneplanner.errors import UserError

ATTACHMENT_TABLE = "attachment"
MEDIA_TYPES = ("image/png", "image/jpeg")
MOST_ATTACHMENT_BYTES = 4_000_000
MOST_ATTACHED_PX = 2400
_PNG_SIGNATURE, _JPEG_SIGNATURE = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_JPEG_MARK, _JPEG_FRAMES = 0xFF, (0xC0, 0xC1, 0xC2)


class Attachment(NamedTuple):
    """The bytes of a picture and their media type."""

    media_type: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Return the hash by which records name it."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def size_px(self) -> tuple[int, int]:
        """Return width and height in dots by its head; none where that is none of a picture."""
        if self.data.startswith(_PNG_SIGNATURE) and self.data[12:16] == b"IHDR":
            return struct.unpack(">II", self.data[16:24])
        return _find_jpeg_size(self.data)


def _find_jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2 if data.startswith(_JPEG_SIGNATURE) else len(data)
    while at + 9 <= len(data) and data[at] == _JPEG_MARK:
        length, height, width = struct.unpack(">HxHH", data[at + 2 : at + 9])
        if data[at + 1] in _JPEG_FRAMES:
            return width, height
        at += 2 + length
    return 0, 0


def write_attachment(connection: sa.Connection, table: sa.Table, one: Attachment) -> None:
    """Keep a picture; one that is there already stays as it is.

    Raises
    ------
    UserError
        It is no picture of ours, or larger than one may be.
    """
    if not _is_ours(one):
        raise UserError("not_an_attachment", text=one.media_type)
    if len(one.data) > MOST_ATTACHMENT_BYTES:
        raise UserError("too_large.attachment", megabytes=MOST_ATTACHMENT_BYTES // 10**6)
    there = sa.select(table.c.fid).where(table.c.sha256 == one.sha256)
    if connection.execute(there).first() is None:
        row = {"sha256": one.sha256, "media_type": one.media_type, "data": one.data}
        connection.execute(sa.insert(table), row)


def read_attachment(connection: sa.Connection, table: sa.Table, sha256: str) -> Attachment | None:
    """Return a picture; None where it is not there, or is not the one that was kept."""
    query = sa.select(table.c.media_type, table.c.data).where(table.c.sha256 == sha256)
    row = connection.execute(query).first()
    if row is None or not isinstance(row.data, bytes | memoryview):
        return None
    found = Attachment(str(row.media_type), bytes(row.data))
    return found if found.sha256 == sha256 and _is_ours(found) else None


def _is_ours(one: Attachment) -> bool:
    """False for what no picture is that we keep, before any of it is unpacked."""
    return one.media_type in MEDIA_TYPES and 0 < max(one.size_px) <= MOST_ATTACHED_PX


def find_wrong_attachments(connection: sa.Connection, table: sa.Table) -> list[str]:
    """Return the hashes under which there are other bytes than those."""
    shown = connection.execute(sa.select(table.c.sha256).order_by(table.c.fid)).scalars().all()
    return [sha256 for sha256 in shown if read_attachment(connection, table, sha256) is None]


def delete_attachments(connection: sa.Connection, table: sa.Table, keep: frozenset[str]) -> int:
    """Delete the pictures that are not among ``keep``; return how many there were."""
    shown = connection.execute(sa.select(table.c.sha256)).scalars().all()
    gone = [sha256 for sha256 in shown if sha256 not in keep]
    for sha256 in gone:
        connection.execute(sa.delete(table).where(table.c.sha256 == sha256))
    return len(gone)
