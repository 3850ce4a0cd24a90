"""Pictures that records refer to by the hash of their content: stored once, never changed.

The journal's chain covers the hash in the record, so a changed picture is noticed when it is read.
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
        """The hash by which records refer to the picture."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in pixels according to the file's header; (0, 0) if it has none."""
        if self.data.startswith(_PNG_SIGNATURE) and self.data[12:16] == b"IHDR":
            return struct.unpack(">II", self.data[16:24])
        return _find_jpeg_size(self.data)


def _find_jpeg_size(data: bytes) -> tuple[int, int]:
    offset = 2 if data.startswith(_JPEG_SIGNATURE) else len(data)
    while offset + 9 <= len(data) and data[offset] == _JPEG_MARK:
        length, height, width = struct.unpack(">HxHH", data[offset + 2 : offset + 9])
        if data[offset + 1] in _JPEG_FRAMES:
            return width, height
        offset += 2 + length
    return 0, 0


def write_attachment(connection: sa.Connection, table: sa.Table, picture: Attachment) -> None:
    """Store a picture unless it is stored already.

    Raises
    ------
    UserError
        The picture has an unsupported format or size, or is too large.
    """
    if not _is_supported(picture):
        raise UserError("not_an_attachment", text=picture.media_type)
    if len(picture.data) > MOST_ATTACHMENT_BYTES:
        raise UserError("too_large.attachment", megabytes=MOST_ATTACHMENT_BYTES // 10**6)
    stored = sa.select(table.c.fid).where(table.c.sha256 == picture.sha256)
    if connection.execute(stored).first() is None:
        row = {"sha256": picture.sha256, "media_type": picture.media_type, "data": picture.data}
        connection.execute(sa.insert(table), row)


def read_attachment(connection: sa.Connection, table: sa.Table, sha256: str) -> Attachment | None:
    """Return a picture, or None if it is missing or damaged."""
    query = sa.select(table.c.media_type, table.c.data).where(table.c.sha256 == sha256)
    row = connection.execute(query).first()
    if row is None or not isinstance(row.data, bytes | memoryview):
        return None
    picture = Attachment(str(row.media_type), bytes(row.data))
    return picture if picture.sha256 == sha256 and _is_supported(picture) else None


def _is_supported(picture: Attachment) -> bool:
    """Check the format and size before any of the picture is decoded."""
    return picture.media_type in MEDIA_TYPES and 0 < max(picture.size_px) <= MOST_ATTACHED_PX


def find_wrong_attachments(connection: sa.Connection, table: sa.Table) -> list[str]:
    """Return the hashes of pictures whose content does not match."""
    hashes = connection.execute(sa.select(table.c.sha256).order_by(table.c.fid)).scalars().all()
    return [sha256 for sha256 in hashes if read_attachment(connection, table, sha256) is None]


def delete_attachments(connection: sa.Connection, table: sa.Table, keep: frozenset[str]) -> int:
    """Delete the pictures that are not among ``keep``, and return how many there were."""
    hashes = connection.execute(sa.select(table.c.sha256)).scalars().all()
    unused = [sha256 for sha256 in hashes if sha256 not in keep]
    for sha256 in unused:
        connection.execute(sa.delete(table).where(table.c.sha256 == sha256))
    return len(unused)
