"""Read the times of foreign rows: join columns, cross midnight, handle clock changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy, LocalTimeParser
from zoneplanner.domain.calendar.written_times import DayOrder, read_written_time
from zoneplanner.domain.log.journal import INCIDENT_STAMPS
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.messages import Message

_JITTER = timedelta(minutes=5)
"""A later stamp may be earlier by this much because clocks differ; by more, it is the next day."""
_DAY = timedelta(days=1)


@dataclass(slots=True)
class RowTimes:
    """Reads the times of rows, in the order in which they occur.

    The first time dates the row: a later time without a day, or with the same day column, is on
    the same day, or on the next day if it would otherwise be earlier. A time that is out of order,
    in the future or unreadable is left out and noted; a row without its first time is rejected.
    """

    how: ColumnMapping
    names: Sequence[str]
    time_zone: str
    now: datetime
    order: DayOrder | None
    changes: DoubtfulTimePolicy
    whole_days: bool = False
    """Whether the first time may be only a day, which is read as noon."""
    planned: bool = False
    """Whether times may be in the future."""
    _zone: ZoneInfo = field(init=False)
    _clock: LocalTimeParser = field(init=False)
    _day_column: str = field(init=False)
    _repeated_choice: str = field(init=False)
    _is_ambiguous: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._zone = ZoneInfo(self.time_zone)
        self._clock = LocalTimeParser(self.time_zone)
        self._repeated_choice = self.changes.twice
        first = next(iter(self.names), "")
        self._day_column = next(iter(self.how.profile.joined.get(first, ())), "")

    def read(self, fields: Mapping[str, str]) -> tuple[dict[str, datetime], list[Message]]:
        """Return the times of a row in UTC by our column, and notes on what was changed.

        If an hour occurs twice and nobody chose one of them, a call is read in the second one if
        more stamps are in order then, or if that makes the call shorter.
        """
        self._repeated_choice, self._is_ambiguous = self.changes.twice, False
        first = self._read(fields)
        if self._repeated_choice or not self._is_ambiguous or self.names[0] != INCIDENT_STAMPS[0]:
            return first
        self._repeated_choice = "second"
        return max(first, self._read(fields), key=_judge_order)

    def _read(self, fields: Mapping[str, str]) -> tuple[dict[str, datetime], list[Message]]:
        times: dict[str, datetime] = {}
        notes: list[Message] = []
        last: datetime | None = None
        for name in self.names:
            try:
                written = self._find(fields, name)
                if written is None:
                    continue
                moment = self._resolve(written, last, notes)
            except ValueError as error:
                if not times and name == self.names[0]:
                    raise UserError("not_a_time.in_table", text=str(error)) from None
                notes.append(Message("time_left_out.unreadable", text=str(error)))
                continue
            except OverflowError:
                continue
            if last is not None and moment < last:
                notes.append(Message("time_left_out.too_early", stamp=_label(name)))
                continue
            if times and moment > self.now and not self.planned:
                notes.append(Message("time_left_out.in_future", stamp=_label(name)))
                continue
            times[name] = last = moment
        return times, notes

    def _find(self, fields: Mapping[str, str], name: str) -> datetime | date | time | None:
        """Return one of our times as it is written in its columns, or None if they are empty."""
        joined = self.how.profile.joined.get(name)
        if joined:
            cells = [fields.get(column, "") for column in joined]
            is_shared = joined[0] == self._day_column and name != self.names[0]
            return self._join(cells, is_shared=is_shared) if all(cells) else None
        texts = (fields.get(column, "") for column in self.how.columns.get(name, ()))
        return next((time for text in texts if (time := self._parse(text)) is not None), None)

    def _join(self, cells: Sequence[str], *, is_shared: bool) -> datetime | date | time | None:
        """Return the day and the time in cells; only the time if the row shares its day."""
        if self.how.profile.times:
            moment = self._parse(" ".join(cells))
            return moment.time() if is_shared and isinstance(moment, datetime) else moment
        day, clock = self._parse(cells[0]), self._parse(" ".join(cells[1:]))
        if clock is None or day is None:
            return None
        if isinstance(clock, datetime):
            clock = clock.timetz()
        if not isinstance(clock, time) or isinstance(day, time):
            raise ValueError(" ".join(cells))
        return clock if is_shared else datetime.combine(day, clock)

    def _parse(self, text: str) -> datetime | date | time | None:
        for form in self.how.profile.times:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007
            except ValueError:
                continue
        try:
            return read_written_time(text, self.order) if text else None
        except ValueError:
            raise ValueError(text) from None

    def _resolve(
        self, written: datetime | date | time, last: datetime | None, notes: list[Message]
    ) -> datetime:
        """Return a written time in UTC; ``last`` is the time before it in the row."""
        if isinstance(written, time):
            if last is None:
                raise ValueError(written.isoformat())
            before = last.astimezone(self._zone).replace(tzinfo=None)
            local = datetime.combine(before.date(), written.replace(tzinfo=None))
            second = local.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
            if before - local > _JITTER and second < last:
                local += _DAY
            return self._to_utc(local, last, notes)
        if not isinstance(written, datetime):
            if not self.whole_days:
                raise UserError("not_a_time.no_hour", text=written.isoformat())
            if self.names[0] != "on":
                notes.append(Message("noon_used"))
            written = datetime.combine(written, time(12))
        if written.tzinfo is not None:
            return written.astimezone(UTC).replace(microsecond=0)
        return self._to_utc(written, last, notes)

    def _to_utc(self, local: datetime, last: datetime | None, notes: list[Message]) -> datetime:
        """Return a local time in UTC; if the clocks change, as a person chose or as is likely.

        A time that occurs twice is the first one that is not before the previous stamp, unless the
        row is read in the second hour. A skipped time is read as standard time.
        """
        offset = self._clock.offset(local.date())
        if offset is not None:
            return (local - offset).replace(microsecond=0, tzinfo=UTC)
        first, second = (
            local.replace(tzinfo=self._zone, fold=fold).astimezone(UTC).replace(microsecond=0)
            for fold in (0, 1)
        )
        if first == second:
            return first
        shown = local.isoformat(sep=" ", timespec="minutes")
        if first.astimezone(self._zone).replace(tzinfo=None, fold=0) != local.replace(
            microsecond=0
        ):
            after = self.changes.skipped == "after"
            notes.append(Message("time_at_clock_change.skipped", at=shown))
            return second if after else first
        choice, self._is_ambiguous = self._repeated_choice, True
        later = choice == "second" or (not choice and last is not None and first < last)
        notes.append(Message(f"time_at_clock_change.{'second' if later else 'first'}", at=shown))
        return second if later else first


def _judge_order(read: tuple[Mapping[str, datetime], object]) -> tuple[int, timedelta]:
    """Return a sort key that prefers many stamps in order, and then a short call."""
    times = read[0].values()
    return len(times), min(times) - max(times)


def _label(name: str) -> str:
    return name.removesuffix("_at").replace("_", " ").capitalize()
