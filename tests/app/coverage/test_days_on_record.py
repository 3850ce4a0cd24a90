"""Days that count when none are declared: those of files and of entries logged here."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import OpenSession, project_from
from hypothesis import given
from hypothesis import strategies as st

from zoneplanner.analysis.coverage.chart_series import compute_coverage_series
from zoneplanner.analysis.coverage.figures import counts_undeclared_days
from zoneplanner.analysis.coverage.log_period import (
    PeriodRecords,
    count_days_since_visit,
    select_period,
)
from zoneplanner.analysis.coverage.verdicts import (
    NOT_DECLARED,
    PERIOD_FIGURES,
    TOO_FEW,
    Verdict,
    compare_periods,
)
from zoneplanner.analysis.demand.call_demand import count_observed_calls
from zoneplanner.app.coverage.demand import (
    declare_records,
    find_log_demand,
    list_notes,
    use_demand,
)
from zoneplanner.app.coverage.observed_coverage import (
    compute_coverage_board,
    compute_observed_coverage,
    select_observed_period,
)
from zoneplanner.app.coverage.period_plans import judge_against_plan
from zoneplanner.app.geography.map_themes import (
    VISIT,
    compute_theme_values,
    read_theme_inputs,
)
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.due_visits import (
    describe_visit_days,
    find_sites_visited_this_week,
)
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.roster.today import build_today
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import DaySpan, KeptRecords, RecordKeeping
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.messages import Message
from zoneplanner.ui.plan.tables.site_and_zone_tables import build_site_rows, build_zone_rows

FIGURES = (
    *("visits", "calls", "visit_coverage_share", "days_since_last_visit"),
    *("gap_mean_h", "gap_max_h"),
)
NOW = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 9, 1), date(2026, 10, 12)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    term = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AB"), calendar=SchoolCalendar((term,), ()))
    return open_session(project, now=NOW)


def bring(session: Session, kind: str, head: str, row: str, *, gap: DaySpan | None = None) -> None:
    """Bring in a file with a row for each school day up to October 12, less those of a ``gap``."""
    every = session.project.calendar.school_days(FIRST, LAST)
    days = [day for day in every if gap is None or not gap.contains(day)]
    path = session.store.path.with_name(f"{kind}.csv")
    path.write_text("\n".join([head, *(row.format(day=day) for day in days)]) + "\n")
    import_file(session, path, kind)


def bring_visits(session: Session) -> None:
    bring(session, "visits", "site,arrived_at", "r1c1,{day}T10:00")


def bring_calls(session: Session) -> None:
    bring(session, "incidents", "site,type,received_at", "r1c1,fight,{day}T10:00")


def test_days_after_the_last_row_of_a_file_are_not_on_record(session: Session) -> None:
    bring_visits(session)
    bring_calls(session)
    november = {"first": date(2026, 11, 2), "last": date(2026, 11, 24)}
    (whole,) = compute_observed_coverage(session, by="all", **november)
    assert (whole.figures["visits"].value, whole.figures["visit_coverage_share"].n) == (None, 0)
    weeks = compute_observed_coverage(
        session, by="week", first=date(2026, 10, 5), last=date(2026, 10, 25)
    )
    assert [row.figures["visits"].value for row in weeks] == [5, 1, None]
    log, project = session.store.log(), session.project
    assert count_observed_calls(project, log, NOW.date()).school_days == len(
        list(project.calendar.school_days(FIRST, LAST))
    )
    declare_records(session, complete=(("visits", DaySpan(FIRST, LAST)),))
    assert count_days_since_visit(log, project=session.project, now=NOW) == {"r1c1": 0}


def test_days_that_no_file_reaches_show_no_change(session: Session) -> None:
    bring_visits(session)
    bring_calls(session)
    cuts = [
        select_period(
            session.store.log(),
            project=session.project,
            now=NOW,
            first=date(2026, month, 1),
            last=date(2026, month + 1, 1) - timedelta(days=1),
        )
        for month in (10, 9)
    ]
    (changes,) = compare_periods(cuts[0], cuts[1:], target_min=8.0)
    assert {one.outcome for one in changes} == {TOO_FEW}
    assert [one.now.n for one in changes if one.name.endswith("per_school_day")] == [8, 8]


def test_undeclared_days_support_no_conclusion(session: Session) -> None:
    """A file lacks five school days: they are flagged everywhere until its days are declared."""
    days = [
        day
        for day in session.project.calendar.school_days(FIRST, date(2026, 10, 30))
        if not 19 <= day.day <= 23 or day.month == 9
    ]
    rows = [f"r1c{n},fight,{day}T1{n}:0{m},{day}T1{n}:0{m},{day}T1{n}:3{m}"
            for day in days for n in (1, 2) for m in (1, 4)]  # fmt: skip
    path = session.store.path.with_name("calls.csv")
    heads = "site,type,received_at,dispatched_at,onscene_at"
    path.write_text("\n".join([heads, *rows, rows[0]]) + "\n")
    whole = DaySpan(FIRST, date(2026, 10, 30))
    first = import_file(session, path, "incidents", dry_run=True, complete=whole)
    assert first.already == 1 and not first.undeclared, "a row twice"
    gap = {"first": date(2026, 10, 19), "last": date(2026, 10, 23), "n": 5}
    assert first.notes[-1] == Message("file_silent", **gap)
    assert first.notes[0] == Message("file_declares", kind="incidents")
    path.write_text("\n".join([heads, *rows]) + "\n")
    done = import_file(session, path, "incidents")
    (declare, silent) = done.undeclared
    assert silent == first.notes[-1]
    assert "records --complete incidents=2026-09-01..2026-10-30" in str(declare)
    assert done.to_json()["not_declared"] == [str(declare), str(silent)]
    october, september = (date(2026, 10, 1), date(2026, 10, 30)), (FIRST, date(2026, 9, 30))

    def read(days: tuple[date, date]) -> PeriodRecords:
        log, now = session.store.log(), NOW
        return select_period(log, project=session.project, now=now, first=days[0], last=days[1])

    def judge() -> list[str]:
        series = compute_coverage_board(session, first=october[0], last=october[1]).series
        judged = judge_against_plan(session.store.log(), session.state, series, target_min=8.0)
        return [one.outcome for one in judged]

    cut, before = read(october), read(september)
    said, missing = cut.notes[-2:]
    assert said == Message("record_basis.not_declared", kinds=("calls",))
    assert missing == Message("record_basis.silent", kind="calls", **gap)
    assert select_observed_period(session, *october).notes == cut.notes
    (changes,) = compare_periods(cut, [before], target_min=8.0)
    known = {one.name: one.outcome for one in changes[2:]}
    assert known == dict.fromkeys(PERIOD_FIGURES[2:], NOT_DECLARED)
    assert [one.now.value is None for one in changes[2:]] == [True, False, False]
    assert changes[2].now.undeclared, "a rate of calls a day is that of the demand, or none"
    assert judge() == [TOO_FEW] * 3
    assert find_log_demand(session) is None
    parts = (DaySpan(FIRST, date(2026, 10, 16)), DaySpan(date(2026, 10, 26), date(2026, 10, 30)))
    declare_records(session, complete=tuple(("incidents", one) for one in parts))
    cut = read(october)
    assert not any(note.template.startswith("record_basis.") for note in cut.notes)
    assert int(cut.in_school_for_calls.sum()) == 17
    (changes,) = compare_periods(cut, [before], target_min=8.0)
    assert NOT_DECLARED in {one.outcome for one in changes}, "of September it was read before"
    (changes,) = compare_periods(cut, [read(september)], target_min=8.0)
    assert NOT_DECLARED not in {one.outcome for one in changes}
    assert judge() == ["worse", "worse", "more"]
    demand = find_log_demand(session)
    assert demand is not None and demand.calls_per_day == 4.0


def test_no_figure_counts_an_undeclared_day(session: Session) -> None:
    """Records always count; figures by day or school hour need declared days."""
    gap = DaySpan(date(2026, 9, 28), date(2026, 10, 9))
    for kind, cell in (("visits", ""), ("incidents", "fight,")):
        rows = [f"r1c1,{cell}{{day}}T{hour}:00" for hour in (10, 14)]
        column = "type,received_at" if cell else "arrived_at"
        bring(session, kind, f"site,{column}", "\n".join(rows), gap=gap)

    def read(by: str, first: date, last: date) -> list[dict[str, float | None]]:
        rows = compute_observed_coverage(session, by=by, first=first, last=last)
        return [{name: row.figures[name].value for name in FIGURES} for row in rows]

    of_days, recorded = FIGURES[2:], (date(2026, 9, 14), date(2026, 9, 25))
    silent = (gap.first, date(2026, 10, 9))
    known = {"visits": 20, "calls": 20, "days_since_last_visit": 0}  # visited on the last day
    assert read("site", *recorded)[0] == dict.fromkeys(of_days) | known
    assert read("site", recorded[0], date(2026, 9, 28))[0]["days_since_last_visit"] is None
    nothing = dict.fromkeys(FIGURES)
    assert read("all", *silent) == [nothing], "none is no number of days that nobody declared"
    assert read("week", *silent) == [nothing] * 2
    (whole,) = compute_observed_coverage(session, by="all", first=silent[0], last=silent[1])
    for kind in ("visits", "calls"):
        assert whole.figures[kind].why == Message("days_not_declared.none", kind=kind)
    series = compute_coverage_board(session, first=silent[0], last=silent[1]).series
    unknown = (Message("week_incomplete.not_recorded"), None)
    assert [(one.incomplete, one.coverage_share) for one in series.weeks] == [unknown] * 2
    log, project = session.store.log(), session.project
    assert count_days_since_visit(log, project=project, now=NOW) == {}
    assert {row.days_since for row in build_site_rows(session)} == {None}
    assert set(read_theme_inputs(session, VISIT).days) == set()

    def find_silent(first: date) -> list[str]:
        days = {"first": first, "last": silent[1], "n": 10 - 5 * ((first - silent[0]).days // 7)}
        notes = select_observed_period(session, first, silent[1]).notes
        return [one.template for one in notes if days.items() <= one.facts.items()]

    for first in (silent[0], date(2026, 10, 5)):
        assert find_silent(first) == ["record_basis.silent"] * 2

    def list_silent() -> list[tuple[str, str, date, date]]:
        every = ((one.template, one.where, one.facts) for one in list_notes(session))
        silence = ((name, where, facts) for name, where, facts in every if "silent" in name)
        return [(name, at["kind"], of["first"], of["last"]) for name, at, of in silence]

    assert list_silent() == [("records_silent", kind, *silent) for kind in ("visits", "calls")]
    declared = DaySpan(FIRST, LAST)
    declare_records(session, complete=(("visits", declared), ("incidents", declared)))
    first, _ = read("site", *recorded)
    assert (first["visit_coverage_share"], first["days_since_last_visit"]) == (1.0, 0)
    assert first["gap_mean_h"] and first["gap_max_h"]
    (whole,) = read("all", *silent)
    assert (whole["visits"], whole["calls"], whole["visit_coverage_share"]) == (0, 0, 0.0)
    assert find_silent(silent[0]) == ["record_basis.silent.declared"] * 2
    kinds = ("visits", "calls")
    assert list_silent() == [("records_silent.declared", kind, *silent) for kind in kinds]
    declare_records(session, incomplete=(("visits", gap), ("incidents", gap)))
    assert not list_silent() and not find_silent(silent[0])
    assert session.project.records.kind("visits").complete == (
        DaySpan(FIRST, date(2026, 9, 27)),
        DaySpan(date(2026, 10, 10), LAST),
    )


def test_calls_are_not_judged_against_demand_learned_from_them(session: Session) -> None:
    bring_calls(session)
    declare_records(session, complete=(("incidents", DaySpan(FIRST, LAST)),))
    use_demand(session, "log")

    def judge(last: date) -> Verdict:
        series = compute_coverage_board(session, first=FIRST, last=last).series
        return judge_against_plan(session.store.log(), session.state, series, target_min=8.0)[-1]

    found = judge(LAST)
    assert (found.outcome, found.low) == (TOO_FEW, None)
    assert [one.template for one in found.messages][:2] == [
        "verdict.calls.own",
        "demand_of_same_days",
    ]
    later = date(2026, 10, 13), date(2026, 11, 20)
    declare_records(session, complete=(("incidents", DaySpan(*later)),))
    log, project = session.store.log(), session.project
    period = select_period(log, project=project, now=NOW, first=later[0], last=later[1])
    series = compute_coverage_series(period)
    apart = judge_against_plan(log, session.state, series, target_min=8.0)[-1]
    assert apart.outcome == "fewer", "days that taught nothing are held against those that did"


def test_learning_and_verdicts_use_the_same_days_as_counts(
    session: Session,
) -> None:
    bring_calls(session)
    assert find_log_demand(session) is None
    declare_records(session, since={"incidents": FIRST})
    demand = find_log_demand(session)
    assert demand is not None and demand.since == FIRST
    log, project = session.store.log(), session.project
    cut = select_period(log, project=project, now=NOW, first=FIRST, last=NOW.date())
    assert demand.school_days == int(cut.in_school_for_calls.sum()) - 1  # today still runs


def test_entries_logged_after_a_file_put_days_on_record_up_to_today(session: Session) -> None:
    bring_visits(session)
    log_record(session, "visit", {"site": "r1c2", "arrived_at": "2026-11-16T10:00"})
    cut = select_period(
        session.store.log(), project=session.project, now=NOW, first=FIRST, last=None
    )
    known = [cut.first + timedelta(days=int(at)) for at in cut.recorded.nonzero()[0]]
    assert known == [
        *(FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)),
        *(date(2026, 11, 16) + timedelta(days=n) for n in range(10)),
    ]


@pytest.mark.parametrize("imported", [True, False])
def test_a_drill_before_the_first_on_record_is_not_missed(imported: bool, session: Session) -> None:
    cells = {"site": "r1c1", "kind": "fire", "held_at": "2026-10-20T10:00", "minutes": "6"}
    if imported:
        path = session.store.path.with_name("drills.csv")
        path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
        import_file(session, path, "drills")
    else:
        log_record(session, "drill", cells)
    found = compute_readiness(session)
    drills = [one for one in found.items if one.kind == "fire" and one.site == "r1c1"]
    assert RequirementStatus.OVERDUE not in {one.status for one in drills}
    assert sum(one.missed for one in drills) == 0


def test_declared_days_can_be_withdrawn_from_an_open_ended_log() -> None:
    kept = RecordKeeping().with_since("visits", FIRST)
    gap = DaySpan(date(2026, 10, 5), date(2026, 10, 9))
    after = DaySpan(date(2026, 10, 10))
    found = kept.without_complete("visits", gap).kind("visits").list_days_on_record(())
    assert found == (DaySpan(FIRST, date(2026, 10, 4)), after)
    assert kept.without_complete("drills", gap) == kept, "of which nobody declared anything"
    some = kept.with_complete("visits", DaySpan(FIRST, date(2026, 12, 31)))
    for declared in (kept, some):
        none = declared.without_complete("visits", DaySpan(FIRST)).kind("visits")
        assert not none.is_declared and none.list_days_on_record(()) == ()


def test_a_figure_undefined_for_rows_gives_that_reason_despite_declared_days(
    session: Session,
) -> None:
    bring_visits(session)
    (week, *_) = compute_observed_coverage(session, by="week", first=FIRST, last=LAST)
    (unit, *_) = compute_observed_coverage(session, by="unit", first=FIRST, last=LAST)
    assert week.figures["days_since_last_visit"].why == Message("not_shown.by_week")
    assert unit.figures["visit_coverage_share"].why == Message("not_shown.by_name", by="unit")
    assert counts_undeclared_days(week.figures["visit_coverage_share"])


def test_declared_days_override_days_of_files() -> None:
    declared = KeptRecords(
        since=date(2026, 9, 1), complete=(DaySpan(date(2026, 8, 1)),), files=(DaySpan(LAST, LAST),)
    )
    assert declared.list_days_on_record([FIRST]) == (DaySpan(date(2026, 9, 1)),)


@given(
    files=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 4)), max_size=5),
    recorded=st.lists(st.integers(1, 40)),
)
def test_without_declared_days_those_of_files_and_after_the_first_entry_count(
    files: list[tuple[int, int]], recorded: list[int]
) -> None:
    records = RecordKeeping()
    for first, more in files:
        span = DaySpan(date.fromordinal(first), date.fromordinal(first + more))
        records = records.with_file("visits", span)
    of_files = {day for first, more in files for day in range(first, first + more + 1)}
    outside = min((day for day in recorded if day not in of_files), default=50)
    spans = records.kind("visits").list_days_on_record(map(date.fromordinal, recorded))
    counted = {
        day for day in range(50) if day and any(s.contains(date.fromordinal(day)) for s in spans)
    }
    assert counted == of_files | set(range(outside, 50))


def test_a_week_off_record_lists_no_school_without_a_visit(
    session: Session,
) -> None:
    assert find_sites_visited_this_week(session) is None
    assert describe_visit_days(session) == str(Message("visit_days.none"))
    bring_visits(session)
    assert find_sites_visited_this_week(session) is None
    assert {row.missed for row in build_zone_rows(session, None)} == {None}
    facts = {"first": FIRST, "last": LAST}
    until = str(Message("visit_days.until", **facts))
    until = f"{until} {Message('visit_days.not_declared')}"
    assert describe_visit_days(session) == until
    legend = compute_theme_values(VISIT, session.state, read_theme_inputs(session, VISIT))
    assert legend.on_record == until
    log_record(session, "visit", {"site": "r1c2", "arrived_at": "2026-11-22T23:59"})  # a Sunday
    assert find_sites_visited_this_week(session) == frozenset()
    log_record(session, "visit", {"site": "r1c2", "arrived_at": "2026-11-23T00:00"})
    assert find_sites_visited_this_week(session) == {"r1c2"}
    facts |= {"last": NOW.date(), "days": (LAST - FIRST).days + 1 + 4}
    assert describe_visit_days(session).startswith(str(Message("visit_days.some", **facts)))
    declare_records(session, since={"visits": FIRST})
    assert describe_visit_days(session) == str(Message("visit_days.since", first=FIRST))


def test_today_omits_visits_of_a_week_off_record(session: Session) -> None:
    bring_visits(session)
    assert "visits" not in build_today(session, None, NOW.date()).groups
    log_record(session, "visit", {"site": "r1c2", "arrived_at": "2026-11-24T10:00"})
    (line, *_) = build_today(session, None, NOW.date()).groups["visits"]
    assert line.facts["due"] > 0


def test_imported_incidents_need_no_review_until_reviews_are_recorded(session: Session) -> None:
    path = session.store.path.with_name("calls.csv")
    rows = [f"r1c1,lockdown,1,2026-09-{day:02}T10:00" for day in range(1, 20)]
    path.write_text("\n".join(["site,type,priority,received_at", *rows]) + "\n")
    import_file(session, path, "incidents")

    def list_follow_ups() -> list[str]:
        groups = build_today(session, compute_readiness(session), NOW.date()).groups
        return [f"{line.text}{' !' * line.is_urgent}" for line in groups["follow_ups"]]

    uncleared = "19 past calls have no cleared time on record"
    assert list_follow_ups() == [uncleared]
    path.write_text(path.read_text().replace("2026-09", "2026-11"))  # not due yet
    import_file(session, path, "incidents", complete=DaySpan(date(2026, 11, 1), date(2026, 11, 19)))
    assert list_follow_ups() == [uncleared.replace("19", "38")]
    declare_records(session, since={"after_actions": date(2026, 11, 10)})
    assert list_follow_ups() == ["After-action review: 10 due later", uncleared.replace("19", "38")]
    log_record(session, "incident", {"site": "r1c1", "type": "fight", "priority": "1",
                                     "received_at": "2026-11-25T14:50"})  # fmt: skip
    declare_records(session, since={"after_actions": date(2026, 11, 25)})
    assert list_follow_ups()[0] == "After-action review: 1 due later", (
        "what is logged here brings one"
    )


def test_an_undeclared_file_makes_no_drill_overdue(session: Session) -> None:
    path = session.store.path.with_name("drills.csv")
    days = ("2026-09-01", "2026-10-12", "2026-11-02")
    rows = [f"{site},drop,{day}T10:00" for site in ("r1c1", "r1c2") for day in days]
    path.write_text("\n".join(["site,kind,held_at", *rows]) + "\n")
    import_file(session, path, "drills")
    overdue = RequirementStatus.OVERDUE
    assert overdue not in {one.status for one in compute_readiness(session).displayed_items}
    declare_records(session, complete=(("drills", DaySpan(FIRST, date(2026, 11, 24))),))
    shown = compute_readiness(session).displayed_items
    late = {one.site for one in shown if one.status is overdue and one.kind == "fire"}
    assert late == {"r1c1", "r1c2"}
