"""Coverage figures: what they count, and when they are withheld."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from builders import RecordProperty, declare_from_first, refused
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.coverage.chart_series import compute_coverage_series
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import NOT_ON_RECORD, CoverageRow, Figure
from zoneplanner.analysis.coverage.log_period import (
    count_days_since_visit,
    select_period,
)
from zoneplanner.analysis.log.log_arrays import (
    VISIT_DTYPE,
    LogArrays,
    build_log_arrays,
)
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.geography.site import Jurisdiction, Site
from zoneplanner.domain.log.days_on_record import DaySpan, RecordKeeping
from zoneplanner.domain.log.journal import Incident, UnitStamps, Visit
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit, UnitAccess
from zoneplanner.messages import Message, load_templates, say_all

LOCAL = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=LOCAL)
"""A Friday. The Monday of its ISO week 47 is the 16th."""


def site(key: str, *, level: str = "elementary", patrolled: bool = True) -> Site:
    x_m = float(ord(key))
    return Site(key, f"{key} School", level, "K-6", "", "", "", "", x_m, 0.0, 400, patrolled)


def plan(name: str, assignment: Mapping[str, str], **dates: date) -> Plan:
    zones = (Zone("S1", "Zone 1", "S1", 0), Zone("S2", "Zone 2", "S2", 1))
    return Plan(name, name, zones, assignment, **dates)


CALENDAR = SchoolCalendar(
    terms=(DateRange("fall", date(2026, 8, 13), date(2026, 12, 18)),),
    holidays=(DateRange("Veterans Day", date(2026, 11, 11), date(2026, 11, 11)),),
)
PROJECT = Project(
    uid="p",
    name="Test",
    crs="EPSG:26910",
    time_zone="America/Los_Angeles",
    sites={key: site(key) for key in "ABC"} | {"H": site("H", patrolled=False)},
    jurisdictions={"county": Jurisdiction("county", "County", "county", box(0, -9, 99, 9))},
    units={
        key: Unit(key, f"Unit {key}", "Sheriff", "deputy", True, {"county": UnitAccess.PRIMARY})
        for key in ("S1", "S2")
    },
    plans={"Draft": plan("Draft", {"A": "S1", "B": "S2", "C": "S2"})},
    calendar=CALENDAR,
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL).astimezone(UTC)


def visit(where: str, arrived: str, **changes: Any) -> Visit:
    return Visit(
        **{
            "uid": f"{where} {arrived}",
            "site": where,
            "unit": "S1",
            "arrived_at": local(arrived),
            "departed_at": None,
            "purpose": "teaching",
            "status": "completed",
            **changes,
        }
    )


def incident(uid: str, *minutes: float | None, where: str | None = "A", **changes: Any) -> Incident:
    """An incident with stamps in minutes after 9:00 on November 17; None is a missing stamp."""
    start = local("2026-11-17T09:00")
    stamps = [None if after is None else start + timedelta(minutes=after) for after in minutes]
    stamps += [None] * (4 - len(stamps))
    names = ("dispatched_at", "enroute_at", "onscene_at", "cleared_at")
    columns = {"site": where, "type": "trespass", "priority": 2, "units": ("S1",)}
    return Incident(
        **{
            "uid": uid,
            "received_at": start,
            **columns,
            **dict(zip(names, stamps, strict=True)),
            **changes,
        }
    )


def rows(
    visits: list[Visit], incidents: list[Incident] | None = None, by: str = "site", **options: Any
) -> dict[str, CoverageRow]:
    """The rows of a log that is declared complete since its first record."""
    calls = incidents or []
    project = declare_from_first(options.pop("project", PROJECT), visits, calls)
    log = build_log_arrays(visits, calls, time_zone=project.time_zone)
    days = {name: options.pop(name) for name in ("now", "first", "last") if name in options}
    period = select_period(log, project=project, **{"now": NOW, **days})
    return {row.key: row for row in compute_coverage(period, by=by, **options)}


def compute_figure(
    name: str, *args: Any, key: str = "all", by: str = "all", **options: Any
) -> Figure:
    return rows(*args, by=by, **options)[key].figures[name]


def repeat_ten_times(calls: list[Incident]) -> list[Incident]:
    """Enough calls to show shares and medians, without changing them."""
    return [replace(one, uid=f"{one.uid}.{copy}") for one in calls for copy in range(10)]


NAMES = {
    *("visits", "days_since_last_visit", "gap_mean_h", "gap_max_h", "visit_coverage_share"),
    "calls",
    *("response_mean_min", "response_p50_min", "response_p90_min"),
    *("response_within_target_share", "queue_p50_min", "turnout_p50_min", "travel_p50_min"),
    *("scene_p50_min", "consumed_h", "stamps_complete_share", "out_of_zone_share"),
    *("predictability", "utilization", "gap_min_h", "departures_share"),
    *("window_coverage_share", "window_late_share", "window_presence_share"),
}


@pytest.mark.parametrize("by", ["site", "zone", "unit", "week", "all", "officer", "type"])
def test_every_figure_has_a_definition_and_a_reason_if_it_is_withheld(by: str) -> None:
    for row in rows([visit("A", "2026-11-16T08:10")], by=by).values():
        assert row.figures.keys() == NAMES
        assert all(say_all(figure.definition).endswith(".") for figure in row.figures.values())
        assert all((fig.value is None) == (fig.why is not None) for fig in row.figures.values())
        assert all(str(figure.why) for figure in row.figures.values())


def test_every_patrolled_site_has_a_row_and_others_only_with_entries() -> None:
    assert list(rows([])) == ["A", "B", "C"]
    assert list(rows([visit("H", "2026-11-16T08:10")])) == ["A", "B", "C", "H"]


def test_visits_that_did_not_take_place_are_not_counted() -> None:
    made = [
        visit("A", "2026-11-16T08:10"),
        visit("A", "2026-11-16T09:10", status="missed"),
        visit("A", "2026-11-16T10:10", status="cancelled"),
        visit("A", "2026-11-24T10:10", status="scheduled"),
        visit("A", "2026-11-20T11:10", status="on_site"),
    ]
    assert rows(made)["A"].figures["visits"].value == 2


def test_days_since_the_last_visit_skip_weekend_and_holiday() -> None:
    made = [visit("A", "2026-11-10T08:00")]
    figure = rows(made)["A"].figures["days_since_last_visit"]
    assert (figure.value, figure.n) == (7, 1)


def test_a_site_that_was_never_visited_shows_a_reason_instead_of_days() -> None:
    figure = rows([visit("B", "2026-11-16T08:00")])["A"].figures["days_since_last_visit"]
    assert (figure.value, figure.why) == (None, Message("no_visit_logged"))
    unknown = rows([])["A"].figures["days_since_last_visit"]
    assert (unknown.value, unknown.why) == (None, NOT_ON_RECORD)


def test_a_zone_waits_as_long_as_its_longest_waiting_site() -> None:
    made = [visit("B", "2026-11-19T08:00"), visit("C", "2026-11-17T08:00")]
    found = rows(made, by="zone")
    assert found["S2"].figures["days_since_last_visit"].value == 3
    assert found["S1"].figures["days_since_last_visit"].value is None
    one, *others = (found[zone].figures["days_since_last_visit"].definition[0] for zone in found)
    assert one.template == "figure.days_since_last_visit"
    assert {each.template for each in others} == {"figure.days_since_last_visit.longest"}
    some = rows([made[0]], by="zone")["S2"].figures["days_since_last_visit"]
    assert some.why == Message("no_visit_logged.some", n=1)


def test_a_visit_before_the_period_counts_as_the_last_visit() -> None:
    found = rows([visit("A", "2026-11-17T08:00")], first=date(2026, 11, 19))
    assert found["A"].figures["visits"].value == 0
    assert found["A"].figures["days_since_last_visit"].value == 3


def test_a_past_period_counts_days_to_its_own_end() -> None:
    made = [visit("A", "2026-11-16T08:00"), visit("A", "2026-11-20T08:00")]
    figure = rows(made, last=date(2026, 11, 18))["A"].figures["days_since_last_visit"]
    assert (figure.value, figure.n) == (2, 1)


def test_the_days_of_a_period_are_local_days() -> None:
    late = [visit("A", "2026-11-16T23:30"), visit("A", "2026-11-17T00:10")]
    found = rows(late, by="all", first=date(2026, 11, 16), last=date(2026, 11, 16))
    assert found["all"].figures["visits"].value == 1


def test_weeks_are_consecutive_iso_weeks() -> None:
    made = [visit("A", "2026-11-01T12:00"), visit("A", "2026-11-16T08:00")]
    found = rows(made, by="week")
    assert {key: row.figures["visits"].value for key, row in found.items()} == {
        "2026-W44": 1,
        "2026-W45": 0,
        "2026-W46": 0,
        "2026-W47": 1,
    }


def test_gaps_are_school_hours_between_visits_to_the_same_site() -> None:
    """Bell hours of a regular day are 7:30 to 18:00, so a night adds nothing."""
    made = [
        visit("A", "2026-11-16T08:00"),
        visit("B", "2026-11-16T09:00"),
        visit("A", "2026-11-16T12:00"),
        visit("A", "2026-11-17T08:00"),
    ]
    monday = date(2026, 11, 16)
    assert compute_figure("gap_min_h", made).value == 4.0
    of_day = compute_figure("gap_max_h", [*made[:1], made[2]], last=monday)
    assert (of_day.value, of_day.n) == (6.0, 2)  # from noon to 18:00: the open gap counts too
    longest = Message("figure.gap_max_h.open")
    never = compute_figure("gap_max_h", made).definition
    assert never == (longest, Message("sites_never_visited", n=1))
    both = [*made, visit("C", "2026-11-16T10:00")]
    assert compute_figure("gap_max_h", both).definition == (longest,)
    by_unit = compute_figure("gap_max_h", made, key="S1", by="unit").definition
    assert by_unit == (Message("figure.gap_max_h"),)
    twice = [*made, visit("B", "2026-11-16T09:00:30")]
    assert compute_figure("gap_min_h", twice).definition[1:] == (Message("gaps_too_short", n=1),)
    daily = [visit("A", f"2026-10-{day:02}T08:00") for day in (*range(5, 10), *range(12, 17))]
    daily.append(visit("A", "2026-10-19T08:00"))
    mean = compute_figure("gap_mean_h", daily)
    assert (mean.value, mean.n) == (10.5, 10)


def test_an_open_gap_can_be_the_longest() -> None:
    made = [visit("A", "2026-11-10T08:00"), visit("A", "2026-11-10T12:00")]
    figure = rows(made)["A"].figures["gap_max_h"]
    # Tuesday from noon, no school on the 11th, six whole days, and Friday from 7:30 to noon
    assert (figure.value, figure.n) == (6.0 + 6 * 10.5 + 4.5, 2)


def test_a_second_visit_to_one_school_does_not_cover_another() -> None:
    made = [visit("A", f"2026-11-{day}T{hour}:00") for day in (16, 17, 18, 19) for hour in (10, 12)]
    days = {"first": date(2026, 11, 16), "last": date(2026, 11, 19)}
    figure = compute_figure("visit_coverage_share", made, **days)
    assert (figure.value, figure.n) == (pytest.approx(1 / 3), 12)
    few = rows(made, **days)["A"].figures["visit_coverage_share"]
    assert (few.value, few.n, few.why) == (None, 4, Message("figure_too_few", n=4))


def test_no_visit_is_due_on_a_holiday() -> None:
    day = date(2026, 11, 11)
    figure = compute_figure(
        "visit_coverage_share", [visit("A", "2026-11-11T08:00")], first=day, last=day
    )
    assert figure.value is None


def test_response_time_runs_from_received_to_the_first_on_scene() -> None:
    calls = repeat_ten_times([incident("1", 1, 2, 4, 30), incident("2", 1, 2, 10, 30)])
    found = rows([], calls, by="all")["all"].figures
    assert found["response_mean_min"].value == pytest.approx(7.0)
    assert found["response_p50_min"].value == pytest.approx(7.0)
    assert found["response_within_target_share"].value == 0.5
    assert found["queue_p50_min"].value == 1.0
    assert found["turnout_p50_min"].value == 1.0
    assert found["travel_p50_min"].value == pytest.approx(5.0)
    assert found["scene_p50_min"].value == pytest.approx(23.0)


@pytest.mark.parametrize(
    "name", ["response_mean_min", "response_p50_min", "response_within_target_share"]
)
def test_shares_means_and_medians_need_ten_values(name: str) -> None:
    nine = [incident(str(n), None, None, n) for n in range(1, 10)]
    few = compute_figure(name, [], nine)
    assert (few.value, few.n, few.why) == (None, 9, Message("figure_too_few", n=9))
    few, none = (compute_figure(name, [], nine, key=key, by="site") for key in "AB")
    assert (few.why, none.why) == (Message("figure_too_few", n=9), Message(f"no_figure.{name}"))
    assert compute_figure(name, [], [*nine, incident("10", None, None, 10)]).value is not None


def test_a_p90_needs_29_responses_and_its_bound_is_the_longest_of_them() -> None:
    calls = [incident(str(n), None, None, n) for n in range(1, 30)]
    assert compute_figure("response_p90_min", [], calls[:28]).value is None
    figure = compute_figure("response_p90_min", [], calls)
    assert figure.value == pytest.approx(26.2)
    assert (figure.high, figure.n) == (29.0, 29)


def test_shares_have_wilson_intervals_and_medians_order_statistics() -> None:
    calls = [incident(str(n), None, None, n) for n in range(1, 21)]
    found = rows([], calls, by="all")["all"].figures
    share = found["response_within_target_share"]
    assert (share.value, share.n) == (0.4, 20)
    assert (share.low, share.high) == (
        pytest.approx(0.2188, abs=1e-4),
        pytest.approx(0.6134, abs=1e-4),
    )
    median = found["response_p50_min"]
    assert (median.low, median.high) == (6.0, 15.0)  # ranks 6 and 15 of 20, as in every table


def test_the_districts_own_target_is_used_and_named() -> None:
    calls = repeat_ten_times([incident("1", 1, 2, 4)])
    figure = compute_figure("response_within_target_share", [], calls, target_min=3)
    assert figure.value == 0.0
    assert figure.definition[0].facts == {"target_min": 3}


def test_missing_stamps_are_left_out_and_their_share_is_shown() -> None:
    calls = repeat_ten_times([incident("1", 1, 2, 4, 30), incident("2", 1, None, None, 30)])
    found = rows([], calls, by="all")["all"].figures
    assert (found["response_mean_min"].value, found["response_mean_min"].n) == (4.0, 10)
    assert (found["stamps_complete_share"].value, found["stamps_complete_share"].n) == (0.5, 20)


def test_calls_are_counted_with_any_stamps() -> None:
    calls = [incident("1", 1, 2, 4, 30), incident("2", 1, None, None, 30)]
    calls.append(replace(incident("3", 1, 2, None), disposition="cancelled on the way"))
    found = rows([], calls, by="all")["all"].figures
    assert (found["calls"].value, found["calls"].n) == (3, 3)
    assert rows([], calls, by="site")["A"].figures["calls"].value == 3
    assert found["consumed_h"].n == 1


def test_travel_time_needs_both_stamps() -> None:
    calls = repeat_ten_times([incident("1", 1, None, 6), incident("2", 1, 3, 7)])
    figure = compute_figure("travel_p50_min", [], calls)
    assert (figure.value, figure.n) == (4.0, 10)


def test_consumed_time_is_summed_over_units() -> None:
    two = incident("1", 0, 0, 5, 60, units=("S1", "S2"))
    assert compute_figure("consumed_h", [], [two]).value == 2.0


def test_consumed_time_uses_each_units_own_live_stamps() -> None:
    start = local("2026-11-17T09:00")
    stamps = tuple(
        UnitStamps(unit, enroute_at=start, cleared_at=start + timedelta(minutes=minutes))
        for unit, minutes in (("S1", 30), ("S2", 60))
    )
    call = incident("1", 0, 0, 5, 60, units=("S1", "S2"), by_unit=stamps)
    assert compute_figure("consumed_h", [], [call]).value == 1.5


def test_stamps_entered_later_count_in_consumed_time_and_utilization() -> None:
    live = (UnitStamps("S1", enroute_at=local("2026-11-17T09:00")),)
    calls = [incident(f"{at}", 0, 0, 5, 60, by_unit=live) for at in range(10)]
    found = rows([], calls, by="unit", duty_h={"S1": 80.0})["S1"].figures
    assert found["consumed_h"].value == 10.0
    assert found["utilization"].value == pytest.approx(1 / 8)


def test_a_response_by_another_zones_unit_is_out_of_zone() -> None:
    calls = [incident(where or "", 1, 2, 5, where=where) for where in ("A", "B", None)]
    cancelled = [incident(f"x{n}", 1, 2, None, where="B") for n in range(10)]
    calls = [*repeat_ten_times(calls), *cancelled]
    figure = compute_figure("out_of_zone_share", [], calls)
    assert (figure.value, figure.n) == (0.5, 20)


def test_records_of_days_that_do_not_count_are_reported() -> None:
    """Calls on holidays and on days not declared complete must not disappear silently."""
    kept = RecordKeeping().with_complete(
        "incidents", DaySpan(date(2026, 11, 16), date(2026, 11, 18))
    )
    calls = [
        incident("in"),
        incident("out", received_at=local("2026-11-19T09:00")),
        incident("before", received_at=local("2026-11-14T09:00")),
    ]
    cut = select_period(
        build_log_arrays([], calls, time_zone="America/Los_Angeles"),
        project=replace(PROJECT, records=kept),
        now=NOW,
        first=date(2026, 11, 14),
        last=date(2026, 11, 20),
    )
    assert len(cut.calls) == 1
    assert Message("period.left_out", kind="Incidents", n=2) in cut.notes


def test_entries_are_grouped_by_the_zones_in_force_at_the_time() -> None:
    old = plan("Old", {"A": "S2"}, effective_on=date(2026, 11, 1), expires_on=date(2026, 11, 18))
    new = plan("New", {"A": "S1", "B": "S2", "C": "S2"}, effective_on=date(2026, 11, 18))
    project = replace(PROJECT, plans={"Old": old, "New": new})
    made = [visit("A", "2026-11-17T08:00"), visit("A", "2026-11-18T08:00")]
    found = rows(made, by="zone", project=project)
    assert [found[key].figures["visits"].value for key in ("S1", "S2")] == [1, 1]
    assert found["S1"].figures["visits"].definition[1:] == (
        Message("zones_by_plan", plans="“New”, “Old”"),
    )


def test_without_a_plan_in_force_the_current_one_is_used_and_named() -> None:
    found = rows([visit("A", "2026-11-17T08:00")], by="zone")
    assert found["S1"].figures["visits"].value == 1
    assert found["S1"].figures["visits"].definition[1:] == (
        Message("entries_without_plan", n=1, plan="Draft"),
    )
    planless = rows([visit("A", "2026-11-17T08:00")], by="zone", project=replace(PROJECT, plans={}))
    assert planless[""].figures["visits"].definition[1:] == (
        Message("entries_without_plan.none", n=1),
    )


def test_entries_without_a_zone_or_unit_are_not_lost() -> None:
    made = [visit("H", "2026-11-17T08:00", unit=None)]
    assert rows(made, by="zone")[""].name == Message("coverage_row.none", by="zone")
    assert rows(made, by="unit")[""].figures["visits"].value == 1
    assert rows(made, by="unit")[""].figures["days_since_last_visit"].value == 3


def test_a_unit_that_was_never_out_has_no_days() -> None:
    figure = rows([visit("A", "2026-11-17T08:00")], by="unit")["S2"].figures
    since = figure["days_since_last_visit"]
    assert since.why == Message("no_visit_logged")
    assert since.definition == (Message("figure.days_since_last_visit.by_name", by="unit"),)
    assert figure["visit_coverage_share"].why == Message("not_shown.by_name", by="unit")


def test_visits_in_the_same_half_hour_are_fully_predictable() -> None:
    days = [date(2026, 8, 24) + timedelta(weeks=week) for week in range(10)]
    same = [visit("A", f"{day}T08:10") for day in days]
    assert compute_figure("predictability", same).value == pytest.approx(1.0)
    spread = [visit("A", f"{day}T{8 + n // 2:02d}:{n % 2 * 30:02d}") for n, day in enumerate(days)]
    evener = compute_figure("predictability", spread).value
    assert evener is not None and evener < 0  # no random patrol spreads as evenly
    assert compute_figure("predictability", same[:9]).value is None
    at_night = [replace(one, arrived_at=one.arrived_at + timedelta(hours=12)) for one in same]
    assert compute_figure("predictability", at_night).n == 0


def score_random_patrols(n: int, patrols: int) -> FloatArray:
    """The arrival pattern of patrols that visit one site each at a random time of the bell day."""
    year = SchoolCalendar((DateRange("year", date(2026, 8, 13), date(2027, 6, 10)),), ())
    days = np.array([day.toordinal() for day in year.school_days(date(2026, 8, 13), NOW.date())])
    rng = np.random.default_rng(n)
    sites = {str(at): replace(site("A"), id=str(at)) for at in range(patrols)}
    early = year.early_release_weekday
    made = np.zeros(n * patrols, VISIT_DTYPE)
    made["site"] = np.repeat(np.arange(patrols), n)
    made["day"] = rng.choice(days, n * patrols)
    made["minute"] = rng.integers(7 * 60 + 30, 18 * 60, n * patrols)
    made["at"] = (made["day"] - date(1970, 1, 1).toordinal()) * 86_400 + made["minute"] * 60
    assert early is not None  # the bell day ends with the evening on every kind of day
    log = LogArrays(names=tuple(sites), visits=made[np.lexsort((made["at"], made["site"]))])
    project = replace(PROJECT, sites=sites, plans={}, calendar=year)
    found = compute_coverage(select_period(log, project=project, now=NOW), by="site")
    return np.array([row.figures["predictability"].value for row in found], dtype=float)


def score_patterns(patrols: int) -> dict[int, float]:
    """The mean arrival pattern of random patrols by their number of visits."""
    return {n: float(np.nanmean(score_random_patrols(n, patrols))) for n in (10, 50, 500)}


def test_a_random_patrol_is_not_predictable_at_any_number_of_visits() -> None:
    assert max(map(abs, score_patterns(400).values())) < 0.02


@pytest.mark.long
def test_a_thousand_random_patrols_are_not_predictable(record_property: RecordProperty) -> None:
    means = score_patterns(1_000)
    told = ", ".join(f"mean {mean:+.4f} at n {n}" for n, mean in means.items())
    record_property("measured", told)
    assert max(map(abs, means.values())) <= 0.02


def test_utilization_needs_shifts() -> None:
    figure = compute_figure("utilization", [visit("A", "2026-11-17T08:00")])
    assert (figure.value, figure.why) == (None, Message("no_shift_begun"))


def test_utilization_is_committed_time_over_hours_on_duty() -> None:
    calls = [incident("1", 0, 0, 5, 60), incident("2", 70, 70, 80, 130, units=("S1", "S2"))]
    calls += [incident(f"more {at}", 140, 140, 150, 200) for at in range(8)]
    duty_h = {"S1": 80.0, "S2": 8.0}
    found = rows([], calls, by="unit", duty_h=duty_h)
    assert found["S1"].figures["utilization"].value == pytest.approx(10 / 80)
    few = found["S2"].figures["utilization"]
    assert (few.value, few.n, few.why) == (None, 1, Message("figure_too_few", n=1))
    whole = compute_figure("utilization", [], calls, duty_h=duty_h)
    assert (whole.value, whole.n) == (pytest.approx(11 / 88), 11)


WINDOWED = replace(
    PROJECT, visit_rule=VisitRule({"elementary": {BellWindow.ARRIVAL: 2, BellWindow.LUNCH: 1}})
)
"""Three schools, bells at 8:00, lunch 11:30 to 12:30; grace 45 min early and 15 late."""


def compute_window_figure(
    name: str, made: list[Visit], key: str = "all", by: str = "all"
) -> Figure:
    options: dict[str, Any] = {"project": WINDOWED, "first": date(2026, 10, 19)}
    return rows(made, by=by, last=date(2026, 11, 20), **options)[key].figures[name]


def stay(where: str, arrived: str, minutes: int) -> Visit:
    made = visit(where, arrived)
    return replace(made, departed_at=made.arrived_at + timedelta(minutes=minutes))


def test_window_coverage_counts_days_up_to_the_number_required() -> None:
    made = [
        visit(place, f"{day + timedelta(weeks=week)}T{clock}")
        for place, day, clock in (
            ("A", date(2026, 10, 19), "07:40"),
            ("A", date(2026, 10, 19), "07:50"),
            ("A", date(2026, 10, 20), "08:10"),
            ("A", date(2026, 10, 21), "07:40"),
            ("A", date(2026, 10, 21), "12:00"),
            ("B", date(2026, 10, 21), "12:46"),
            ("B", date(2026, 10, 22), "10:00"),
        )
        for week in range(5)
    ]
    whole = compute_window_figure("window_coverage_share", made)
    assert (whole.value, whole.n) == (pytest.approx(14 / 45), 45)  # no school on the 11th
    assert compute_window_figure("window_coverage_share", made, "A", "site").value == pytest.approx(
        14 / 15
    )
    assert compute_window_figure("window_coverage_share", made, "B", "site").value == 0.0
    assert compute_window_figure("window_coverage_share", made, "2026-W47", "week").n == 9
    assert compute_window_figure(
        "window_coverage_share", made, "S1", "zone"
    ).value == pytest.approx(14 / 15)
    assert whole.definition[0].facts == {"early_min": 45, "late_min": 15}


def test_a_visit_within_grace_after_the_window_is_late() -> None:
    mondays = [date(2026, 10, 19) + timedelta(weeks=week) for week in range(5)]
    made = [visit("A", f"{day}T08:10") for day in mondays]
    made += [visit("A", f"{day + timedelta(days=1)}T07:40") for day in mondays]
    late = compute_window_figure("window_late_share", made)
    assert (late.value, late.n) == (0.5, 10)


def test_presence_is_minutes_in_the_windows_over_planned_minutes() -> None:
    made = [stay("A", "2026-11-16T07:50", 30), stay("A", "2026-11-16T11:20", 25)]
    made += [stay("A", "2026-11-16T14:00", 60), visit("B", "2026-10-19T10:00")]
    figure = compute_window_figure("window_presence_share", made, "A", "site")
    assert figure.value == pytest.approx((10 + 15) / (5 * 3 * 15))


def test_a_rule_without_a_window_judges_nothing() -> None:
    figure = compute_figure("window_coverage_share", [visit("A", "2026-11-16T07:40")])
    assert (figure.value, figure.why) == (None, Message("no_window_required"))


def test_future_days_are_not_counted() -> None:
    made = [visit("A", "2026-11-16T08:00")]
    now, later = (
        rows(made, first=date(2026, 11, 16), last=last)["A"].figures
        for last in (None, date(2026, 12, 18))
    )
    for name in ("days_since_last_visit", "gap_max_h", "visit_coverage_share"):
        assert (later[name].value, later[name].n) == (now[name].value, now[name].n), name
    with refused("period_not_begun", first=date(2026, 12, 1)):
        rows(made, first=date(2026, 12, 1))


FRIDAY = "2026-11-06T08:00"


def compute_visit_coverage(
    *, records: RecordKeeping | None = None, last: date | None = None
) -> Figure:
    """Planned visits of four weeks; the first visit was on Monday 9 November."""
    made = [visit("A", f"2026-11-{day:02}T08:00") for day in (9, 10, 12, 13, 16)]
    project = replace(PROJECT, records=records or RecordKeeping())
    days = {"first": date(2026, 10, 26), "last": last}
    return compute_figure("visit_coverage_share", made, project=project, **days)


def test_no_visit_is_missed_before_the_first_one_on_record() -> None:
    figure = compute_visit_coverage()
    assert (figure.value, figure.n) == (
        pytest.approx(5 / 27),
        27,
    )  # nine school days, three visits each


def test_visits_count_from_the_first_day_on_record() -> None:
    records = RecordKeeping().with_since("visits", date(2026, 11, 2))
    assert compute_visit_coverage(records=records).n == 42
    records = RecordKeeping().with_since("visits", date(2026, 11, 12))
    assert (
        compute_visit_coverage(records=records).value,
        compute_visit_coverage(records=records).n,
    ) == (pytest.approx(3 / 21), 21)


def test_only_days_declared_complete_count() -> None:
    span = DaySpan(date(2026, 11, 9), date(2026, 11, 13))
    records = RecordKeeping().with_complete("visits", span)
    assert (
        compute_visit_coverage(records=records).value,
        compute_visit_coverage(records=records).n,
    ) == (pytest.approx(4 / 12), 12)
    since = rows([visit("A", "2026-11-10T08:00")], project=replace(PROJECT, records=records))
    assert since["A"].figures["days_since_last_visit"].value == 2


@pytest.mark.parametrize("last", [None, date(2026, 11, 13), date(2026, 11, 1)])
@pytest.mark.parametrize(
    "records",
    [
        RecordKeeping(),
        RecordKeeping().with_since("visits", date(2026, 11, 11)),
        RecordKeeping().with_complete("visits", DaySpan(date(2026, 11, 2), date(2026, 11, 12))),
    ],
)
def test_map_and_table_count_the_same_days_since_a_visit(
    records: RecordKeeping, last: date | None
) -> None:
    made = [visit("A", "2026-10-20T08:00"), visit("A", "2026-11-10T23:30"), visit("B", FRIDAY)]
    log = build_log_arrays(made, [], time_zone="America/Los_Angeles")
    project = declare_from_first(replace(PROJECT, records=records), made, [])
    found = count_days_since_visit(log, project=project, now=NOW, last=last)
    table = rows(made, project=project, last=last)
    told = {key: row.figures["days_since_last_visit"].value for key, row in table.items()}
    assert {key: value for key, value in told.items() if value is not None} == found
    assert "A" in found  # the visit is before the days that count


def test_a_clipped_period_notes_what_does_not_count() -> None:
    log = build_log_arrays([visit("A", "2026-11-16T08:00")], [], time_zone="America/Los_Angeles")

    def notes(project: Project, last: date | None = None) -> tuple[Message, ...]:
        days = {"first": date(2026, 11, 2), "last": last}
        return select_period(log, project=project, now=NOW, **days).notes

    since, undeclared = notes(PROJECT)
    assert str(since) == "Visits have been on record since 2026-11-16; earlier days do not count."
    assert undeclared == Message("record_basis.not_declared", kinds=("visits",))
    span = DaySpan(date(2026, 11, 16), date(2026, 11, 17))
    partly = replace(PROJECT, records=RecordKeeping().with_complete("visits", span))
    to_come, incomplete = notes(partly, date(2026, 12, 1))
    assert to_come == Message("period.to_come", today=date(2026, 11, 20))
    assert incomplete == Message("period.incomplete", kind="Visits", days=2, all=19)


@pytest.mark.parametrize(
    ("begun", "told"),
    [
        ("2026-10-20", ["partial", "no_school", None, "running"]),
        ("2026-11-10", ["not_recorded", "no_school", "partial", "running"]),
    ],
)
def test_partial_weeks_are_marked(begun: str, told: list[str | None]) -> None:
    made = [visit("A", f"{day}T08:00") for day in dict.fromkeys((begun, "2026-11-10"))]
    log = build_log_arrays(made, [], time_zone="America/Los_Angeles")
    free = DateRange("Break", date(2026, 11, 2), date(2026, 11, 6))
    calendar = replace(CALENDAR, holidays=(*CALENDAR.holidays, free))
    project = declare_from_first(replace(PROJECT, calendar=calendar), made, [])
    period = select_period(log, project=project, now=NOW, first=date(2026, 10, 28))
    found = compute_coverage_series(period)
    whys = [why and Message(f"week_incomplete.{why}") for why in told]
    assert [week.incomplete for week in found.weeks] == whys


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with refused("days_out_of_order.period", first=date(2026, 11, 18)):
        rows([], first=date(2026, 11, 18), last=date(2026, 11, 17))


def test_an_unknown_grouping_is_refused() -> None:
    known = ("site", "zone", "unit", "week", "all", "officer", "type")
    with refused("unknown_grouping", by="moon", known=known):
        rows([], by="moon")


some_visits = st.lists(
    st.builds(
        lambda place, unit, hours: visit(
            place,
            f"{datetime(2026, 11, 20, 11, tzinfo=UTC) - timedelta(hours=hours):%Y-%m-%dT%H:%M}",
            unit=unit,
        ),
        st.sampled_from("ABCH"),
        st.sampled_from(["S1", "S2", None]),
        st.integers(0, 800),
    ),
    max_size=30,
)
some_incidents = st.lists(
    st.builds(
        lambda place, number, gaps: incident(
            str(number), *(sum(gaps[: n + 1]) for n in range(len(gaps))), where=place
        ),
        st.sampled_from(["A", "B", "H", None]),
        st.integers(0, 10_000),
        st.lists(st.integers(0, 30), max_size=4),
    ),
    max_size=12,
    unique_by=lambda one: one.uid,
)


@settings(deadline=None)
@given(some_visits, some_incidents)
def test_no_grouping_loses_an_entry_or_counts_it_twice(
    visits: list[Visit], incidents: list[Incident]
) -> None:
    whole = rows(visits, incidents, by="all")["all"].figures
    for by in ("site", "zone", "unit", "week"):
        parts = rows(visits, incidents, by=by).values()
        for name in ("visits", "response_mean_min", "stamps_complete_share", "consumed_h"):
            assert sum(row.figures[name].n for row in parts) == whole[name].n, (by, name)


@settings(deadline=None)
@given(some_visits, some_incidents)
def test_shares_are_between_0_and_1(visits: list[Visit], incidents: list[Incident]) -> None:
    for row in rows(visits, incidents).values():
        for name, figure in row.figures.items():
            if figure.value is not None and name.endswith("_share"):
                assert -1e-9 <= figure.value <= 1 + 1e-9, (row.key, name)


def test_definitions_are_sentences_and_reasons_are_phrases() -> None:
    texts = load_templates().items()
    definitions = [text for code, text in texts if code.startswith("figure.")]
    reasons = [text for code, text in texts if code.startswith("no_figure.")]
    assert len(definitions) > 25 and all(text[0].isupper() for text in definitions)
    assert len(reasons) > 20 and all(text[0].islower() and text[-1] != "." for text in reasons)
