"""The figures of a made-up year against a slow reference in pandas, figure by figure."""

import math
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from builders import declare_from_first, project_from
from scipy.stats import binom

from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.log.log_arrays import build_log_arrays
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.journal import Incident, Visit
from zoneplanner.domain.project import Project

LOCAL = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 6, 30, 12, 0, tzinfo=LOCAL)
FIRST = date(2025, 8, 14)


def district() -> Project:
    from dataclasses import replace

    calendar = SchoolCalendar((DateRange("year", FIRST, date(2026, 6, 10)),), ())
    return replace(project_from("AABB / AABB / aaaa"), calendar=calendar)


def draw_year(project: Project, seed: int) -> tuple[list[Visit], list[Incident]]:
    """Draw a year of visits and calls, some without stamps, a unit or a site."""
    random = Random(seed)
    sites, units = list(project.sites), list(project.units)
    start = datetime(2025, 8, 14, 7, 0, tzinfo=LOCAL)
    visits, calls = [], []
    for number in range(1500):
        at = start + timedelta(days=random.randrange(300), seconds=random.randrange(40_000))
        stay = timedelta(minutes=random.randrange(5, 50))
        visits.append(
            Visit(
                f"v{number}",
                random.choice(sites),
                random.choice([*units, None]),
                at.astimezone(UTC),
                (at + stay).astimezone(UTC) if random.random() < 0.8 else None,
                random.choice(["teaching", "enforcement", ""]),
                random.choice(["completed", "completed", "on_site", "missed"]),
            )
        )
    for number in range(300):
        at = start + timedelta(days=random.randrange(300), seconds=random.randrange(40_000))
        steps = [timedelta(seconds=random.randrange(540)) for _ in range(4)]
        stamps = [at + sum(steps[: n + 1], timedelta()) for n in range(4)]
        kept = [one.astimezone(UTC) if random.random() < 0.8 else None for one in stamps]
        units_sent = tuple(random.sample(units, random.randrange(0, 3)))
        where = random.choice([*sites, None])
        calls.append(
            Incident(f"i{number}", where, "fight", 2, at.astimezone(UTC), *kept, units=units_sent)
        )
    return visits, calls


def frames(
    project: Project, visits: list[Visit], calls: list[Incident]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return visits that took place and calls, with their local time and zone."""
    plan = project.plans["plan"]
    seen = pd.DataFrame(
        {
            "site": one.site,
            "unit": one.unit or "",
            "zone": plan.assignment[one.site],
            "at": one.arrived_at,
            "local": one.arrived_at.astimezone(LOCAL),
            "left": one.departed_at is not None,
        }
        for one in visits
        if one.status in ("completed", "on_site")
    )
    local = seen["local"]
    kind = project.calendar.day_kind
    seen["school_h"] = [school_hours(at) for at in local]
    seen["in_bells"] = [
        kind(at.date()) is not None and 450 <= at.hour * 60 + at.minute < 1080 for at in local
    ]
    seen["kind"] = [str(kind(at.date())) for at in local]
    seen["day"] = [at.weekday() for at in local]
    seen["slot"] = [at.hour * 2 + at.minute // 30 for at in local]
    called = pd.DataFrame(
        {
            "site": one.site or "",
            "unit": one.lead_unit or "",
            "units": one.units or ("",),
            "zone": plan.assignment.get(one.site or "", ""),
            "local": one.received_at.astimezone(LOCAL),
            "response": _minutes(one.received_at, one.onscene_at),
            "queue": _minutes(one.received_at, one.dispatched_at),
            "scene": _minutes(one.onscene_at, one.cleared_at),
            "consumed": _consumed(one),
            "complete": all((one.dispatched_at, one.enroute_at, one.onscene_at, one.cleared_at)),
        }
        for one in calls
    )
    for frame in (seen, called):
        iso = [local.isocalendar() for local in frame["local"]]
        frame["week"] = [f"{year}-W{week:02d}" for year, week, _ in iso]
        frame["all"] = "all"
    return seen, called


def _minutes(start: datetime | None, end: datetime | None) -> float:
    if start is None or end is None or end < start:
        return math.nan
    return (end - start).total_seconds() / 60


def _consumed(one: Incident) -> float:
    minutes = _minutes(one.enroute_at, one.cleared_at)
    return minutes / 60 * max(1, len(one.units))


@pytest.mark.parametrize("by", ["site", "zone", "unit", "week", "all"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_row_agrees_with_pandas(by: str, seed: int) -> None:
    project = district()
    visits, calls = draw_year(project, seed)
    project = declare_from_first(project, visits, calls)
    log = build_log_arrays(visits, calls, time_zone=project.time_zone)
    period = select_period(log, project=project, now=NOW)
    found = {row.key: row.figures for row in compute_coverage(period, by=by)}
    seen, called = frames(project, visits, calls)
    for key, own in seen.groupby(by):
        figures = found[key]
        assert figures["visits"].value == len(own)
        assert figures["departures_share"].value == withhold_few(own["left"].mean(), len(own))
        gaps = own.sort_values("at").groupby("site")["school_h"].diff().dropna()
        assert figures["gap_mean_h"].value == withhold_few(gaps.mean(), len(gaps))
        assert figures["gap_mean_h"].n == len(gaps)
        if len(gaps):
            assert figures["gap_min_h"].value == pytest.approx(gaps.min())
            longest = gaps.max()
            if by not in ("week", "unit"):
                longest = max(longest, *(END_H - own.groupby("site")["school_h"].max()))
            assert figures["gap_max_h"].value == pytest.approx(longest)
        expected = predictability(own)
        assert figures["predictability"].value == (
            pytest.approx(expected) if expected is not None else None
        )
    for key, own in called.groupby(by):
        figures = found[key]
        for name, column, percent in (
            ("response_p50_min", "response", 0.5),
            ("response_p90_min", "response", 0.9),
            ("queue_p50_min", "queue", 0.5),
            ("scene_p50_min", "scene", 0.5),
        ):
            values = own[column].dropna()
            assert figures[name].n == len(values)
            least = 29 if percent == 0.9 else 10
            true = values.quantile(percent)
            assert figures[name].value == withhold_few(true, len(values), least)
        complete = withhold_few(own["complete"].mean(), len(own))
        assert figures["stamps_complete_share"].value == complete
    taken = called.dropna(subset="consumed")
    if by == "unit":  # each unit's own time, whoever led
        taken = taken.assign(consumed=taken["consumed"] / taken["units"].map(len))
        taken = taken.assign(unit=taken["units"]).explode("unit")
    for key, own in taken.groupby(by)["consumed"]:
        assert found[key]["consumed_h"].value == pytest.approx(own.sum())


def withhold_few(value: float, n: int, least: int = 10) -> object:
    return None if n < least else pytest.approx(value)


CALENDAR = district().calendar


def school_hours(at: datetime) -> float:
    """Hours of bell days, 7:30 to 18:00, from the first school day up to a moment."""
    whole = len(list(CALENDAR.school_days(FIRST, at.date() - timedelta(days=1))))
    today = 0.0
    if CALENDAR.is_school_day(at.date()):
        today = min(max(at.hour * 60 + at.minute - 450, 0), 630) / 60
    return whole * 10.5 + today


END_H = school_hours(NOW)


def random_entropy(n: int) -> float:
    """The entropy of n arrivals in 21 half-hours at random, on average, the slow way."""
    hits = np.arange(1, n + 1)
    chance = binom.pmf(hits, n, 1 / 21)
    return float(math.log(n) - 21 * (chance * hits * np.log(hits)).sum() / n)


def predictability(own: pd.DataFrame) -> float | None:
    """One less the entropy of half-hours by site, weekday and kind of day over that at random."""
    total, spread, at_random = 0, 0.0, 0.0
    for _, group in own[own["in_bells"]].groupby(["site", "day", "kind"]):
        n = len(group)
        if n < 2:
            continue
        shares = group["slot"].value_counts(normalize=True)
        total += n
        spread -= n * sum(share * math.log(share) for share in shares)
        at_random += n * random_entropy(n)
    return 1 - spread / at_random if total >= 10 else None
