"""Since when, and for which days completely, each kind of record is kept.

Which days are on record, and so count, follows one rule, ``KeptRecords.list_days_on_record``.
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
"""Since when after-action reviews are kept says from when on imported calls bring any."""


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Days from a first to a last, both included; without a last it goes on."""

    first: date
    last: date | None = None

    def contains(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class KeptRecords:
    """One kind of record: the day since when it is kept, and the spans that are complete.

    Of the complete days those of ``imported`` are so by a file that was imported. ``files`` are the
    days that files reach over, from the first row to the last, of which nobody declared anything.
    """

    since: date | None = None
    complete: tuple[DaySpan, ...] = ()
    imported: tuple[DaySpan, ...] = ()
    files: tuple[DaySpan, ...] = ()

    @property
    def is_declared(self) -> bool:
        """Whether somebody said since when these records are kept, or are complete."""
        return self.since is not None or bool(self.complete)

    def list_days_on_record(self, recorded: Iterable[date]) -> tuple[DaySpan, ...]:
        """Return the days that count, in order; ``recorded`` are those with a record.

        They are those that were declared. Where nothing was they are the days that imported files
        reach over, and all from the first record on that was made here: a file says nothing of the
        days after its last row.
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
        """Whether all days from a first to a last are declared."""
        spans = self.list_days_on_record(()) if self.is_declared else ()
        return any(span.contains(first) and span.contains(last) for span in spans)

    def is_history(self, day: date) -> bool:
        """Whether a day lies before these records are kept, or came by a file."""
        before = self.since is not None and day < self.since
        return before or _contain(self.imported, day)

    def is_of_file(self, day: date) -> bool:
        """Whether a file reaches over a day."""
        return _contain(self.files, day) or _contain(self.imported, day)

    @property
    def begun(self) -> date | None:
        """The first day that counts by what was declared; None where nothing was."""
        first = min((span.first for span in self.complete), default=None)
        return max(filter(None, (self.since, first)), default=None)

    @property
    def complete_since(self) -> date | None:
        """The day from which on all days are complete; None where none goes on."""
        return next((span.first for span in self.complete if span.last is None), None)

    @property
    def is_imported(self) -> bool:
        """Whether all complete days are so by files that were imported."""
        return bool(self.imported) and self.imported == self.complete


NOTHING_DECLARED = KeptRecords()


@dataclass(frozen=True, slots=True)
class RecordKeeping:
    """What was declared of each kind, and which days its files reach over."""

    kinds: Mapping[str, KeptRecords] = field(default_factory=dict)

    def kind(self, name: str) -> KeptRecords:
        """Return what was declared of a kind; an unknown kind is a UserError."""
        if name not in DECLARED_KINDS:
            raise UserError("unknown_record_kind", kind=name, known=DECLARED_KINDS)
        return self.kinds.get(name, NOTHING_DECLARED)

    def with_since(self, name: str, since: date) -> "RecordKeeping":
        """Return the records with the day since when a kind is kept."""
        return self._with(name, replace(self.kind(name), since=since))

    def with_complete(self, name: str, span: DaySpan, *, imported: bool = False) -> "RecordKeeping":
        """Return the records with days declared complete; spans that touch become one."""
        if span.last is not None and span.last < span.first:
            raise UserError("days_out_of_order.complete", first=span.first, last=span.last)
        known = self.kind(name)
        by_file = _join_spans((*known.imported, span)) if imported else known.imported
        complete = _join_spans((*known.complete, span))
        return self._with(name, replace(known, complete=complete, imported=by_file))

    def without_complete(self, name: str, span: DaySpan) -> "RecordKeeping":
        """Return the records without days that were declared complete."""
        if span.last is not None and span.last < span.first:
            raise UserError("days_out_of_order.complete", first=span.first, last=span.last)
        known = self.kind(name)
        begun = (DaySpan(known.since),) if known.since else ()
        complete, imported = (
            tuple(part for one in spans for part in _cut_span(one, span))
            for spans in (known.complete or begun, known.imported)
        )
        if complete == (known.complete or begun):
            return self
        since = known.since if complete else None  # alone it would say that all days after it are
        return self._with(name, replace(known, since=since, complete=complete, imported=imported))

    def with_file(self, name: str, span: DaySpan) -> "RecordKeeping":
        """Return the records with the days that an imported file reaches over."""
        known = self.kind(name)
        return self._with(name, replace(known, files=_join_spans((*known.files, span))))

    def with_complete_since(self, name: str, first: date | None) -> "RecordKeeping":
        """Return the records with another day from which on a kind is complete; None of none.

        Spans that end stay as they are, and days that are complete by a file.
        """
        known = self.kind(name)
        ended = (span for span in known.complete if span.last is not None)
        onward = () if first is None else (DaySpan(first),)
        spans = _join_spans((*ended, *known.imported, *onward))
        return self._with(name, replace(known, complete=spans))

    def _with(self, name: str, kept: KeptRecords) -> "RecordKeeping":
        return RecordKeeping({**self.kinds, name: kept})


def _contain(spans: Iterable[DaySpan], day: date) -> bool:
    return any(span.contains(day) for span in spans)


def _find_first_outside(spans: Iterable[DaySpan], days: Sequence[date]) -> date | None:
    """Return the first of some days in order that is in none of some spans in order."""
    after = 0
    for span in spans:
        if after == len(days) or days[after] < span.first:
            break
        after = len(days) if span.last is None else bisect_right(days, span.last, lo=after)
    return days[after] if after < len(days) else None


def _cut_span(span: DaySpan, out: DaySpan) -> Iterator[DaySpan]:
    """Yield what is left of a span without the days of another."""
    day = timedelta(days=1)
    before = min(span.last or date.max, out.first - day)
    if span.first <= before:
        yield DaySpan(span.first, before)
    if out.last is not None and (span.last is None or span.last > out.last):
        yield DaySpan(max(span.first, out.last + day), span.last)


def _join_spans(spans: Iterable[DaySpan]) -> tuple[DaySpan, ...]:
    joined: list[DaySpan] = []
    for span in sorted(spans, key=lambda one: one.first):
        last = joined[-1] if joined else None
        if last is None or (last.last is not None and span.first > last.last + timedelta(days=1)):
            joined.append(span)
        elif last.last is not None:
            later = None if span.last is None else max(last.last, span.last)
            joined[-1] = DaySpan(last.first, later)
    return tuple(joined)
