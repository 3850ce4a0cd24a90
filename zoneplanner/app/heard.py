"""Which entries of the journal a session has told of, so that those of other desks are found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoneplanner.domain.journal import JournalEntry

if TYPE_CHECKING:
    from zoneplanner.storage import Store


class JournalCursor:
    """All entries up to a number were told of, and one's own beyond it."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._last = store.head().entries
        self._own: set[str] = set()

    def own(self, entries: Sequence[JournalEntry]) -> None:
        """Take note of entries of one's own."""
        numbers = range(self._last + 1, self._last + 1 + len(entries))
        if all(one.hash and one.seq == at for one, at in zip(entries, numbers, strict=True)):
            self.own_numbers(numbers)
        else:
            self._own |= {entry.uid for entry in entries}

    def own_numbers(self, numbers: range) -> None:
        """Take note of entries of one's own, by number; what came before them is not told of."""
        if numbers.start == self._last + 1:
            self._last = numbers.stop - 1

    def others(self) -> list[JournalEntry]:
        """Return what other desks logged since."""
        every = [entry for entry in self._store.entries(after_seq=self._last) if entry.hash]
        new = [entry for entry in every if entry.uid not in self._own]
        if every:
            self._last = every[-1].seq
            self._own.clear()
        return new
