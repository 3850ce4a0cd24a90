"""Bell windows: the parts of a school day at each site, on the local clock and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from zoneplanner.domain.calendar.local_time import TimeInterval, local_to_utc
from zoneplanner.errors import UserError

_OTHER = "other"


class BellWindow(StrEnum):
    """A part of the school day; they follow each other without gaps from arrival to evening."""

    ARRIVAL = "arrival"
    CLASS = "class"
    LUNCH = "lunch"
    DISMISSAL = "dismissal"
    AFTER_SCHOOL = "after school"


class SchoolDayKind(StrEnum):
    """How long a school day is."""

    REGULAR = "regular day"
    EARLY = "early release"
    MINIMUM = "minimum day"

    @property
    def ends_early(self) -> bool:
        """Whether school ends before its usual time."""
        return self is not SchoolDayKind.REGULAR


@dataclass(frozen=True, slots=True)
class BellTimes:
    """A school's bell times on the local clock: first bell, lunch, and last bell by kind of day.

    A day that ends before lunch does has no lunch.
    """

    starts: time
    lunch_from: time
    lunch_to: time
    ends: time
    ends_early: time
    ends_minimum: time

    def last_bell(self, kind: SchoolDayKind) -> time:
        """Return when school ends on a kind of day."""
        if kind is SchoolDayKind.REGULAR:
            return self.ends
        return self.ends_early if kind is SchoolDayKind.EARLY else self.ends_minimum


def _parse_bell_times(*clock: str) -> BellTimes:
    return BellTimes(*(time.fromisoformat(text) for text in clock))


_ELEMENTARY = _parse_bell_times("08:00", "11:30", "12:30", "14:15", "13:15", "12:00")
_MIDDLE = _parse_bell_times("08:15", "11:50", "12:30", "14:50", "13:50", "12:30")
_HIGH = _parse_bell_times("08:30", "12:00", "12:40", "15:30", "14:30", "12:45")


@dataclass(frozen=True, slots=True)
class BellSchedule:
    """Bell times by level, with an entry ``other``, and by site, which outranks the level.

    Arrival is the time before the first bell and dismissal the time after the last one; after
    school lasts from then until ``evening``. The defaults are assumptions until a district enters
    its own times.
    """

    by_level: Mapping[str, BellTimes] = field(
        default_factory=lambda: {
            "elementary": _ELEMENTARY,
            "k8": _ELEMENTARY,
            "middle": _MIDDLE,
            "high": _HIGH,
            "secondary_6_12": _HIGH,
            _OTHER: _ELEMENTARY,
        }
    )
    by_site: Mapping[str, BellTimes] = field(default_factory=dict)
    arrival_min: int = 30
    dismissal_min: int = 30
    evening: time = time(18)

    def find_bell_times(self, site_id: str, level: str) -> BellTimes:
        """Return a site's bell times, or else its level's."""
        return self.by_site.get(site_id) or self.by_level.get(level, self.by_level[_OTHER])


@dataclass(frozen=True, slots=True)
class BellSpan(TimeInterval):
    """One bell window of a day, in UTC."""

    window: BellWindow


def list_bell_clocks(
    bells: BellSchedule, times: BellTimes, kind: SchoolDayKind
) -> list[tuple[BellWindow, time, time]]:
    """Return the bell windows of a school day on the local clock, each with its start and end.

    Class occurs twice, before and after lunch.
    """
    out = times.last_bell(kind)
    cuts = [
        (BellWindow.ARRIVAL, _shift_clock_time(times.starts, -bells.arrival_min)),
        (BellWindow.CLASS, times.starts),
    ]
    if times.lunch_to <= out:
        cuts += [(BellWindow.LUNCH, times.lunch_from), (BellWindow.CLASS, times.lunch_to)]
    after = _shift_clock_time(out, bells.dismissal_min)
    cuts += [(BellWindow.DISMISSAL, out), (BellWindow.AFTER_SCHOOL, after)]
    ends = [clock for _, clock in cuts[1:]] + [max(after, bells.evening)]
    pairs = zip(cuts, ends, strict=True)
    return [(window, first, last) for (window, first), last in pairs if first < last]


def compute_bell_spans(
    bells: BellSchedule, times: BellTimes, day: date, kind: SchoolDayKind, *, time_zone: str
) -> tuple[BellSpan, ...]:
    """Return the bell windows of a school day in order, in UTC."""
    return tuple(
        BellSpan(local_to_utc(day, first, time_zone), local_to_utc(day, last, time_zone), window)
        for window, first, last in list_bell_clocks(bells, times, kind)
    )


def find_bell_window(spans: tuple[BellSpan, ...], moment: datetime) -> BellWindow | None:
    """Return the window that contains a time, or None outside the school day."""
    return next((span.window for span in spans if span.contains(moment)), None)


def check_bell_schedule(bells: BellSchedule) -> None:
    """Refuse bell times that are out of order; the UserError names the site or level."""
    for place, times in (*bells.by_level.items(), *bells.by_site.items()):
        for kind in SchoolDayKind:
            out = times.last_bell(kind)
            if not times.starts < out:
                raise UserError(
                    "bells_out_of_order", place=place, kind=kind, starts=times.starts, ends=out
                )
        order = (times.starts, times.lunch_from, times.lunch_to, times.ends)
        if any(late < early for early, late in pairwise(order)):
            raise UserError(
                "bells_out_of_order.lunch",
                place=place,
                lunch_from=times.lunch_from,
                lunch_to=times.lunch_to,
                starts=times.starts,
                ends=times.ends,
            )
    if _OTHER not in bells.by_level:
        raise UserError("bell_times_incomplete")
    if not (0 <= bells.arrival_min <= 120 and 0 <= bells.dismissal_min <= 120):
        raise UserError("out_of_range.bell_minutes")


def _shift_clock_time(clock: time, minutes: int) -> time:
    moved = datetime.combine(date(2000, 1, 2), clock) + timedelta(minutes=minutes)
    if moved.date() != date(2000, 1, 2):
        return time.max if minutes > 0 else time.min
    return moved.time()
