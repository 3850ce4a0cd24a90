"""The visiting order of a day is random, weighted toward orders that meet more calls."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from builders import OpenSession, project_from

from zoneplanner.analysis.travel.visiting_order import compute_arrival_entropy
from zoneplanner.app.coverage.demand import set_demand_scenario, use_demand
from zoneplanner.app.roster.visiting_order import OrderedStop, compute_day_orders
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar

TERM = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))
BUSY = (BellWindow.LUNCH, BellWindow.DISMISSAL)
"""Where more calls come an hour than in class, with nothing learned of the log."""


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(replace(project_from("AAAA"), calendar=SchoolCalendar((TERM,), ())))


def list_days(
    session: Session, demand: float, last: date = TERM.last
) -> list[Sequence[OrderedStop]]:
    set_demand_scenario(session, f"{demand}", value=demand, low=None, high=None)
    use_demand(session, f"{demand}")
    days = session.project.calendar.school_days(TERM.first, last)
    return [compute_day_orders(session.state, day)["A"] for day in days]


def count_busy(days: Sequence[Sequence[OrderedStop]]) -> int:
    return sum(stop.window in BUSY for day in days for stop in day)


def measure_arrivals(days: Sequence[Sequence[OrderedStop]]) -> float:
    arrivals: list[Mapping[str, float]] = []
    for day in days:
        found: dict[str, float] = defaultdict(float)
        for stop in day:
            found[stop.site] = stop.arrive_at.hour * 60.0 + stop.arrive_at.minute
        arrivals.append(found)
    return compute_arrival_entropy(arrivals)


def test_demand_shifts_visits_and_arrivals_stay_even(session: Session) -> None:
    by_chance, weighed = list_days(session, 0.0), list_days(session, 5.0)
    assert [len(day) for day in by_chance] == [len(day) for day in weighed]
    assert count_busy(weighed) > 1.1 * count_busy(by_chance)
    assert measure_arrivals(weighed) > measure_arrivals(by_chance) - 0.02
    week = list_days(session, 10.0, date(2026, 8, 20))
    assert week == weighed[: len(week)]  # what weighs is how calls fall, not how many come


def test_twenty_days_of_visits_do_not_predict_the_next_school(
    open_session: OpenSession,
) -> None:
    near = replace(project_from("AAAAAAA"), calendar=SchoolCalendar((TERM,), ()))
    orders = [
        [stop.site for stop in day]
        for day in list_days(open_session(near), 1.0, date(2026, 9, 10))[:20]
    ]
    assert len(orders) == 20 and {len(order) for order in orders} == {7}
    assert len(set(map(tuple, orders))) == 20
    assert Counter(order[0] for order in orders).most_common(1)[0][1] <= 10
    assert Counter(order[-1] for order in orders).most_common(1)[0][1] <= 10
    following = Counter(pair for order in orders for pair in pairwise(order))
    assert following.most_common(1)[0][1] <= 11


def test_a_unit_with_two_schools_arrives_at_a_different_time_each_day(
    open_session: OpenSession,
) -> None:
    two = replace(project_from("AA"), calendar=SchoolCalendar((TERM,), ()))
    days = list_days(open_session(two), 1.0, date(2026, 8, 26))
    assert len({day[0].site for day in days}) == 2
    assert len({day[0].arrive_at.time() for day in days}) == len(days)
