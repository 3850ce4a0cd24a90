"""The rows of a damaged SQLite file, read from its pages as far as they are there.

SQLite itself stops at the first page that makes no sense; here the others are read all the same.
The form of pages and records is that of sqlite.org/fileformat2.html.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_MAGIC = b"SQLite format 3\0"
_USUAL_BYTES = 4096
_INTERIOR, _LEAF = 5, 13
_FIRST_HEADER_BYTES = 100
_MOST_BYTES = 2**30
"""SQLite holds no longer value."""

PageRecord = tuple[Any, ...]


class RecoveredRows(NamedTuple):
    """The rows of a table by number, and whether all of its pages were there."""

    by_number: Mapping[int, PageRecord]
    is_complete: bool


class DatabasePages:
    """The pages of a file, numbered from 1."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.headed = content.startswith(_MAGIC)
        size = int.from_bytes(content[16:18], "big") if self.headed else _USUAL_BYTES
        self._size = size if size >= 512 and size & (size - 1) == 0 else 65536

    def page(self, number: int) -> bytes:
        """Return the bytes of a page; none where the file is too short."""
        return self._content[(number - 1) * self._size : number * self._size]

    def rows(self, root: int) -> RecoveredRows:
        """Return the rows of the table whose tree begins at a page."""
        found: dict[int, PageRecord] = {}
        left, seen, whole = [root], set[int](), True
        while left:
            number = left.pop()
            page, start = self.page(number), _FIRST_HEADER_BYTES if number == 1 else 0
            kind = page[start] if len(page) == self._size else 0
            if number in seen or kind not in (_INTERIOR, _LEAF):
                whole = False
                continue
            seen.add(number)
            for at in _list_cell_offsets(page, start):
                try:
                    if kind == _INTERIOR:
                        left.append(int.from_bytes(page[at : at + 4], "big"))
                    else:
                        rowid, record = self._record(page, at)
                        found[rowid] = record
                except (ValueError, IndexError, struct.error):
                    whole = False
            if kind == _INTERIOR:
                left.append(int.from_bytes(page[start + 8 : start + 12], "big"))
        return RecoveredRows(dict(sorted(found.items())), whole)

    def find_orphan_rows(self) -> Iterator[tuple[int, PageRecord]]:
        """Return each row of any page of the file that looks like one, whatever its table."""
        for number in range(1, len(self._content) // self._size + 1):
            page, start = self.page(number), _FIRST_HEADER_BYTES if number == 1 else 0
            if page[start] != _LEAF:
                continue
            for at in _list_cell_offsets(page, start):
                try:
                    yield self._record(page, at)
                except (ValueError, IndexError, struct.error):
                    continue

    def _record(self, page: bytes, at: int) -> tuple[int, PageRecord]:
        length, at = _read_varint(page, at)
        rowid, at = _read_varint(page, at)
        if length > _MOST_BYTES:
            raise ValueError
        return rowid, _decode_record(self._payload(page, at, length))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        """Return a row's bytes, of which long ones go on in pages of their own."""
        here = length
        if length > self._size - 35:
            least = (self._size - 12) * 32 // 255 - 23
            here = least + (length - least) % (self._size - 4)
            here = least if here > self._size - 35 else here
        parts, missing = [page[at : at + here]], length - here
        following = int.from_bytes(page[at + here : at + here + 4], "big")
        while missing > 0:
            more = self.page(following)
            if len(more) < self._size:
                raise ValueError
            following = int.from_bytes(more[:4], "big")
            parts.append(more[4 : 4 + missing])
            missing -= len(parts[-1])
        return b"".join(parts)


def _list_cell_offsets(page: bytes, start: int) -> Iterator[int]:
    """Return where the cells of a page of a tree begin."""
    first = start + (12 if page[start] == _INTERIOR else 8)
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for place in range(first, min(first + 2 * count, len(page) - 1), 2):
        yield int.from_bytes(page[place : place + 2], "big")


def _read_varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | page[place] & 0x7F
        if page[place] < 0x80:
            return value, place + 1
    value = value << 8 | page[at + 8]
    return value - 2**64 if value >= 2**63 else value, at + 9


_WHOLE_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def _decode_record(record: bytes) -> PageRecord:
    """Return the values of a record; one that makes no sense is a ValueError or IndexError."""
    end, at = _read_varint(record, 0)
    kinds = []
    while at < end:
        kind, at = _read_varint(record, at)
        kinds.append(kind)
    values: list[Any] = []
    at = end
    for kind in kinds:
        width = _WHOLE_BYTES.get(kind, 8 if kind == 7 else max(kind - 12, 0) // 2)
        part = record[at : at + width]
        if len(part) < width or kind in (10, 11):
            raise ValueError
        values.append(_decode_record_value(kind, part))
        at += width
    return tuple(values)


def _decode_record_value(kind: int, part: bytes) -> Any:
    if kind == 0:
        return None
    if kind in _WHOLE_BYTES:
        return int.from_bytes(part, "big", signed=True)
    if kind == 7:
        return struct.unpack(">d", part)[0]
    if kind in (8, 9):
        return kind - 8
    return part if kind % 2 == 0 else part.decode()
