"""The times of a foreign row as moments: joined, rolled over midnight, across clock changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy, LocalTimeParser
from zoneplanner.domain.calendar.written_times import DayOrder, read_written_time
from zoneplanner.domain.log.journal import INCIDENT_STAMPS
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping

_JITTER = timedelta(minutes=5)
"""So far a later stamp may go back because clocks differ; farther back the day has rolled over."""
_DAY = timedelta(days=1)


@dataclass(slots=True)
class RowTimes:
    """Reads the times of rows, in the order in which they come to pass.

    The first dates the row: a later one without a day of its own, or with the very column of the
    first's day, is on the same day, on the next where it goes back. A stamp that goes back, lies
    in the future or cannot be read is left out and told; a row without its first time is refused.
    """

    how: ColumnMapping
    names: Sequence[str]
    time_zone: str
    now: datetime
    order: DayOrder | None
    changes: DoubtfulTimePolicy
    whole_days: bool = False
    """Whether a first time may be a day alone, which is read as its noon."""
    planned: bool = False
    """Whether times may lie in the future."""
    _zone: ZoneInfo = field(init=False)
    _clock: LocalTimeParser = field(init=False)
    _day_column: str = field(init=False)
    _twice: str = field(init=False)
    _came_twice: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._zone = ZoneInfo(self.time_zone)
        self._clock = LocalTimeParser(self.time_zone)
        self._twice = self.changes.twice
        first = next(iter(self.names), "")
        self._day_column = next(iter(self.how.profile.joined.get(first, ())), "")

    def read(self, fields: Mapping[str, str]) -> tuple[dict[str, datetime], list[str]]:
        """Return the moments of a row in UTC by column of ours, and what was read otherwise.

        Where the hour came twice and nobody said which is meant, a call is read as the second where
        more stamps are in order so, or the call is shorter.
        """
        self._twice, self._came_twice = self.changes.twice, False
        first = self._read(fields)
        if self._twice or not self._came_twice or self.names[0] != INCIDENT_STAMPS[0]:
            return first
        self._twice = "second"
        return max(first, self._read(fields), key=_judge_order)

    def _read(self, fields: Mapping[str, str]) -> tuple[dict[str, datetime], list[str]]:
        found: dict[str, datetime] = {}
        notes: list[str] = []
        last: datetime | None = None
        for name in self.names:
            try:
                said = self._find(fields, name)
                if said is None:
                    continue
                moment = self._place(said, last, notes)
            except ValueError as error:
                if not found and name == self.names[0]:
                    raise UserError("not_a_time.in_table", text=str(error)) from None
                notes.append(f"“{error}” is not a time and was left out.")
                continue
            except OverflowError:
                continue
            if last is not None and moment < last:
                notes.append(f"{_say(name)} is before an earlier stamp and was left out.")
                continue
            if found and moment > self.now and not self.planned:
                notes.append(f"{_say(name)} is in the future and was left out.")
                continue
            found[name] = last = moment
        return found, notes

    def _find(self, fields: Mapping[str, str], name: str) -> datetime | date | time | None:
        """Return what the columns of one of our times say; nothing where they say nothing."""
        together = self.how.profile.joined.get(name)
        if together:
            cells = [fields.get(column, "") for column in together]
            shared = together[0] == self._day_column and name != self.names[0]
            return self._join(cells, shared=shared) if all(cells) else None
        texts = (fields.get(column, "") for column in self.how.columns.get(name, ()))
        return next((said for text in texts if (said := self._parse(text)) is not None), None)

    def _join(self, cells: Sequence[str], *, shared: bool) -> datetime | date | time | None:
        """Return the day and the time of cells; the time alone where the day is the row's own."""
        if self.how.profile.times:
            whole = self._parse(" ".join(cells))
            return whole.time() if shared and isinstance(whole, datetime) else whole
        day, clock = self._parse(cells[0]), self._parse(" ".join(cells[1:]))
        if clock is None or day is None:
            return None
        if isinstance(clock, datetime):
            clock = clock.timetz()
        if not isinstance(clock, time) or isinstance(day, time):
            raise ValueError(" ".join(cells))
        return clock if shared else datetime.combine(day, clock)

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

    def _place(
        self, said: datetime | date | time, last: datetime | None, notes: list[str]
    ) -> datetime:
        """Return the moment that is said, after the one before it in the row."""
        if isinstance(said, time):
            if last is None:
                raise ValueError(said.isoformat())
            before = last.astimezone(self._zone).replace(tzinfo=None)
            local = datetime.combine(before.date(), said.replace(tzinfo=None))
            again = local.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
            if before - local > _JITTER and again < last:
                local += _DAY
            return self._to_utc(local, last, notes)
        if not isinstance(said, datetime):
            if not self.whole_days:
                raise UserError("not_a_time.no_hour", text=said.isoformat())
            if self.names[0] != "on":
                notes.append("Its time of day is not known; noon is used.")
            said = datetime.combine(said, time(12))
        if said.tzinfo is not None:
            return said.astimezone(UTC).replace(microsecond=0)
        return self._to_utc(said, last, notes)

    def _to_utc(self, local: datetime, last: datetime | None, notes: list[str]) -> datetime:
        """Return a local time in UTC; where the clocks make it doubtful, as is told or likely.

        Of two equal times it is the first that does not go back behind the stamp before it, unless
        the row as a whole is read as the second. A time that was skipped is read by the clock that
        still went as before the change.
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
            notes.append(
                f"{shown} was skipped when the clocks changed; it was read by the earlier clock."
            )
            return second if after else first
        choice, self._came_twice = self._twice, True
        later = choice == "second" or (not choice and last is not None and first < last)
        notes.append(
            f"{shown} occurred twice that night; it was read as the "
            f"{'second' if later else 'first'}."
        )
        return second if later else first


def _judge_order(read: tuple[Mapping[str, datetime], object]) -> tuple[int, timedelta]:
    """Return how many stamps are in order, and how short a call is."""
    times = read[0].values()
    return len(times), min(times) - max(times)


def _say(name: str) -> str:
    return name.removesuffix("_at").replace("_", " ").capitalize()
