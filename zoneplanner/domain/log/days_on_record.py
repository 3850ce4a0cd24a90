"""Record keeping: since when each kind of record is kept, and for which days it is complete.

``KeptRecords.list_days_on_record`` is the one rule for which days are on record and so count.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from zoneplanner.errors import UserError

VISIT_RECORDS, INCIDENT_RECORDS, DRILL_RECORDS = "visits", "incidents", "drills"
AFTER_ACTION_RECORDS = "after_actions"
RECORD_KEEPING_KINDS = (VISIT_RECORDS, INCIDENT_RECORDS, DRILL_RECORDS)
DECLARED_KINDS = (*RECORD_KEEPING_KINDS, AFTER_ACTION_RECORDS)
"""Imported calls get after-action reviews only since the day that those are kept."""


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Days from ``first`` to ``last``, both included; without ``last`` it is open-ended."""

    first: date
    last: date | None = None

    def contains(self, day: date) -> bool:
        """Whether a day is in the span."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class KeptRecords:
    """One kind of record: the day since when it is kept, and the complete spans of days.

    ``imported`` are the complete days that an imported file completed. ``files`` are days between
    a file's first and last row that nobody declared complete.
    """

    since: date | None = None
    complete: tuple[DaySpan, ...] = ()
    imported: tuple[DaySpan, ...] = ()
    files: tuple[DaySpan, ...] = ()

    @property
    def is_declared(self) -> bool:
        """Whether somebody declared since when these records are kept or complete."""
        return self.since is not None or bool(self.complete)

    def list_days_on_record(self, recorded: Iterable[date]) -> tuple[DaySpan, ...]:
        """Return the days that count, in order; ``recorded`` are the days with a record.

        These are the declared days. If nothing was declared, they are the days that imported files
        span, and all days from the first record made here: a file says nothing about the days
        after its last row.
        """
        if not self.is_declared:
            first = _find_first_outside(self.files, sorted(recorded))
            return _join_spans((*self.files, *([DaySpan(first)] if first else [])))
        begun = self.since or date.min
        return tuple(
            DaySpan(max(span.first, begun), span.last)
            for span in self.complete or (DaySpan(begun),)
            if span.last is None or span.last >= begun
        )

    def covers(self, first: date, last: date) -> bool:
        """Whether all days from ``first`` to ``last`` are declared."""
        spans = self.list_days_on_record(()) if self.is_declared else ()
        return any(span.contains(first) and span.contains(last) for span in spans)

    def is_history(self, day: date) -> bool:
        """Whether a day is before these records were kept, or was completed by a file."""
        before = self.since is not None and day < self.since
        return before or _contain(self.imported, day)

    def is_of_file(self, day: date) -> bool:
        """Whether an imported file spans a day."""
        return _contain(self.files, day) or _contain(self.imported, day)

    @property
    def begun(self) -> date | None:
        """The first day that counts according to the declarations, or None."""
        first = min((span.first for span in self.complete), default=None)
        return max(filter(None, (self.since, first)), default=None)

    @property
    def complete_since(self) -> date | None:
        """The day from which on all days are complete, or None."""
        return next((span.first for span in self.complete if span.last is None), None)

    @property
    def is_imported(self) -> bool:
        """Whether imported files completed all complete days."""
        return bool(self.imported) and self.imported == self.complete


NOTHING_DECLARED = KeptRecords()


@dataclass(frozen=True, slots=True)
class RecordKeeping:
    """The declarations about each kind of record, and the days that its files span."""

    kinds: Mapping[str, KeptRecords] = field(default_factory=dict)

    def kind(self, name: str) -> KeptRecords:
        """Return the declarations about a kind. Raises a UserError if it is unknown."""
        if name not in DECLARED_KINDS:
            raise UserError("unknown_record_kind", kind=name, known=DECLARED_KINDS)
        return self.kinds.get(name, NOTHING_DECLARED)

    def with_since(self, name: str, since: date) -> "RecordKeeping":
        """Return the declarations with the day since when a kind is kept."""
        return self._with(name, replace(self.kind(name), since=since))

    def with_complete(self, name: str, span: DaySpan, *, imported: bool = False) -> "RecordKeeping":
        """Return the declarations with more complete days; adjacent spans are joined."""
        _check_span(span)
        known = self.kind(name)
        by_file = _join_spans((*known.imported, span)) if imported else known.imported
        complete = _join_spans((*known.complete, span))
        return self._with(name, replace(known, complete=complete, imported=by_file))

    def without_complete(self, name: str, span: DaySpan) -> "RecordKeeping":
        """Return the declarations without some complete days."""
        _check_span(span)
        known = self.kind(name)
        before = known.complete or ((DaySpan(known.since),) if known.since else ())
        complete, imported = (
            tuple(part for whole in spans for part in _cut_span(whole, span))
            for spans in (before, known.imported)
        )
        if complete == before:
            return self
        since = known.since if complete else None  # on its own it means that all later days count
        return self._with(name, replace(known, since=since, complete=complete, imported=imported))

    def with_file(self, name: str, span: DaySpan) -> "RecordKeeping":
        """Return the declarations with the days that an imported file spans."""
        known = self.kind(name)
        return self._with(name, replace(known, files=_join_spans((*known.files, span))))

    def with_complete_since(self, name: str, first: date | None) -> "RecordKeeping":
        """Return the declarations with another day from which on a kind is complete, or None.

        Spans with an end and days completed by a file stay.
        """
        known = self.kind(name)
        ended = (span for span in known.complete if span.last is not None)
        onward = () if first is None else (DaySpan(first),)
        spans = _join_spans((*ended, *known.imported, *onward))
        return self._with(name, replace(known, complete=spans))

    def _with(self, name: str, records: KeptRecords) -> "RecordKeeping":
        return RecordKeeping({**self.kinds, name: records})


def _check_span(span: DaySpan) -> None:
    if span.last is not None and span.last < span.first:
        raise UserError("days_out_of_order.complete", first=span.first, last=span.last)


def _contain(spans: Iterable[DaySpan], day: date) -> bool:
    return any(span.contains(day) for span in spans)


def _find_first_outside(spans: Iterable[DaySpan], days: Sequence[date]) -> date | None:
    """Return the first of the sorted days that is in none of the sorted spans."""
    index = 0
    for span in spans:
        if index == len(days) or days[index] < span.first:
            break
        index = len(days) if span.last is None else bisect_right(days, span.last, lo=index)
    return days[index] if index < len(days) else None


def _cut_span(span: DaySpan, removed: DaySpan) -> Iterator[DaySpan]:
    """Yield the parts of a span that are not in the removed one."""
    day = timedelta(days=1)
    before = min(span.last or date.max, removed.first - day)
    if span.first <= before:
        yield DaySpan(span.first, before)
    if removed.last is not None and (span.last is None or span.last > removed.last):
        yield DaySpan(max(span.first, removed.last + day), span.last)


def _join_spans(spans: Iterable[DaySpan]) -> tuple[DaySpan, ...]:
    joined: list[DaySpan] = []
    for span in sorted(spans, key=lambda span: span.first):
        last = joined[-1] if joined else None
        if last is None or (last.last is not None and span.first > last.last + timedelta(days=1)):
            joined.append(span)
        elif last.last is not None:
            later = None if span.last is None else max(last.last, span.last)
            joined[-1] = DaySpan(last.first, later)
    return tuple(joined)
