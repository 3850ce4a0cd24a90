"""The rows of tables, built from a session without a window."""

from dataclasses import replace
from datetime import date

from zoneplanner.app.coverage.demand import declare_records, set_demand_scenario, use_demand
from zoneplanner.app.log.due_visits import find_sites_visited_this_week
from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.plans.comparison import compare_project_plans
from zoneplanner.app.plans.what_if import (
    build_planned_site,
    suppose_planned_site,
    suppose_site_closed,
    suppose_site_open,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.plans.edits import add_plan_lock, assign_sites
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.map.compare.zone_transfers import summarize_comparison
from zoneplanner.ui.plan.tables.checks_table import build_check_rows
from zoneplanner.ui.plan.tables.figures_panel import (
    build_changed_rows,
    build_figure_rows,
    describe_demand_change,
    summarize_moves,
)
from zoneplanner.ui.plan.tables.history_table import (
    HistoryPosition,
    build_history_columns,
    build_step_rows,
)
from zoneplanner.ui.plan.tables.site_and_zone_tables import (
    SITE_TABLE_COLUMNS,
    build_site_rows,
    build_zone_rows,
)
from zoneplanner.ui.widgets.style.value_text import VISITS_UNDECLARED
from zoneplanner.ui.widgets.tables.record_rows import build_entry_rows


def test_a_zones_row_follows_a_move(session: Session) -> None:
    assert [
        (row.id, row.measures.sites, row.is_over_tolerance)
        for row in build_zone_rows(session, None)
    ] == [
        ("A", 4, False),
        ("B", 4, False),
        ("a", 4, False),
    ]
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert [
        (row.measures.sites, row.is_over_tolerance) for row in build_zone_rows(session, None)
    ] == [
        (3, True),
        (5, True),
        (4, False),
    ]


def test_a_zones_row_counts_the_sites_not_visited_this_week(session: Session) -> None:
    log_visit(session, "r1c1")
    visited = find_sites_visited_this_week(session)
    assert [row.missed for row in build_zone_rows(session, visited)] == [3, 4, 4]


def test_a_sites_row_shows_zone_visit_and_lock(session: Session) -> None:
    session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "Promised")
    )
    said = SITE_TABLE_COLUMNS[2].format_value
    assert {said(row) for row in build_site_rows(session)} == {"–"}  # nothing is on record
    log_visit(session, "r1c1")
    undeclared = build_site_rows(session)
    assert {said(row) for row in undeclared} == {"0", "–"}  # of undeclared days
    why = SITE_TABLE_COLUMNS[2].cell_tip
    assert why is not None
    assert {why(row) for row in undeclared if said(row) == "–"} == {VISITS_UNDECLARED}
    assert {why(row) for row in undeclared if said(row) == "0"} == {""}
    declare_records(session, since={"visits": session.today})
    assert {said(row) for row in build_site_rows(session)} == {"0", "none logged"}
    assert {why(row) for row in build_site_rows(session)} == {""}
    row = next(row for row in build_site_rows(session) if row.site.id == "r1c1")
    assert (row.zone, row.visited_this_week) == ("A", True)
    assert row.last_visit_text == "Today 08:00"
    assert "locked" in row.flags


def test_a_site_without_enrollment_is_marked(session: Session) -> None:
    site = replace(session.project.sites["r1c1"], enrollment=None)
    session.apply("Forget", lambda project: project.with_site(site))
    row = next(row for row in build_site_rows(session) if row.site.id == "r1c1")
    assert row.site.enrollment is None and "enrollment missing" in row.flags


def test_problems_come_before_notes_and_name_their_zone(session: Session) -> None:
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    strip = CheckFinding("narrow_strip", {"zone": "A"}, {"width_m": 425.0, "length_m": 3061.0})
    rows = build_check_rows(session.state, [strip], formats=US_FORMATS)
    assert [(row.problem, row.zone) for row in rows[1:3]] == [(True, "A"), (True, "B")]
    assert "0.26 mi (0.42 km) wide and 1.90 mi (3.06 km) long" in rows[-1].text


def test_figures_show_before_after_and_change(session: Session) -> None:
    before = session.state
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    rows = {row.name: row for row in build_changed_rows(before, session.state)}
    assert rows["A deviation"].span == "+0.0 → −25.0%"
    assert rows["A deviation"].difference == "▼ −25.0"
    assert rows["A deviation"].verdict == "worse"
    assert summarize_moves(before, session.state) == "1 site and 400 students moved."


def test_a_school_closed_in_a_what_if_is_not_counted_as_moved(session: Session) -> None:
    before = session.state
    suppose_site_closed(session, "r1c2")
    closes = "School r1c2 with 400 students closes."
    assert summarize_moves(before, session.state) == closes
    uid = session.plan.uid if session.plan else ""
    session.apply("Move", lambda project: assign_sites(project, uid, {"r1c1": "B"}))
    assert summarize_moves(before, session.state).startswith(f"{closes} 1 site and ")
    closed = session.state
    suppose_site_open(session, "r1c2")
    assert summarize_moves(closed, session.state) == "School r1c2 with 400 students opens."


def test_a_school_planned_in_a_what_if_opens_and_is_not_counted_as_moved(session: Session) -> None:
    before = session.state
    site = build_planned_site("Fair Oaks New", "elementary", 600, 600.0, -400.0, taken=set())
    suppose_planned_site(session, site)
    opens = "Fair Oaks New with 600 students opens."
    assert summarize_moves(before, session.state) == opens
    assert summarize_moves(session.state, before) == opens.replace("opens", "closes")
    later = build_planned_site("Later", "elementary", 600, 600.0, -400.0, taken=set())
    between = session.state
    suppose_planned_site(session, later, date(2027, 8, 12))
    opens = "Later with 600 students opens on Aug 12, 2027."
    assert summarize_moves(between, session.state, US_FORMATS) == opens
    found = compare_project_plans(session, "plan", session.plan_uid or "").comparison
    said = summarize_comparison(found, US_FORMATS)
    first, second = (said.index(name) for name in ("Fair Oaks New", "Later"))
    assert first < second < said.index("Aug 12, 2027") and said.count("(600") == 2


def test_a_change_of_demand_is_neither_gain_nor_loss(session: Session) -> None:
    site = replace(session.project.sites["r1c1"], enrollment=2500)
    session.apply("Grow", lambda project: project.with_site(site))
    before = session.state
    assert describe_demand_change(before, before) == ""
    set_demand_scenario(session, "busy", value=90.0, low=80.0, high=99.0)
    use_demand(session, "busy")
    rows = {row.name: row for row in build_figure_rows(before, session.state)}
    changed = rows["Largest deviation"]
    assert changed.before != changed.after
    assert changed.difference[0] in "+−" and changed.verdict == ""
    assert "to 90.0 calls" in describe_demand_change(before, session.state)


def test_a_negative_deviation_nearer_zero_is_an_improvement(session: Session) -> None:
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    before = session.state
    session.apply("Back", lambda project: assign_sites(project, "plan", {"r1c2": "A"}))
    rows = {row.name: row for row in build_changed_rows(before, session.state)}
    deviation, load = rows["A deviation"], rows["A load, min/day"]
    assert (deviation.difference, deviation.verdict) == ("▲ +25.0", "better")
    assert (load.difference[0], load.verdict) == ("+", "")  # an arrow would say “better”


def test_the_change_of_the_largest_deviation_compares_magnitudes(session: Session) -> None:
    """The zone farthest below its share and the one farthest above it are two zones."""
    low, high = {"r1c1": "B", "r1c2": "B"}, {"r1c1": "A", "r1c2": "A", "r1c3": "A"}
    session.apply("Low", lambda project: assign_sites(project, "plan", low))
    before = session.state
    session.apply("High", lambda project: assign_sites(project, "plan", high))
    row = build_figure_rows(before, session.state)[0]
    assert (row.before, row.after) == ("−50.0%", "+25.0%")
    assert (row.difference, row.verdict) == ("▲ −25.0", "better")


def test_figures_without_a_comparison_show_only_the_plan(session: Session) -> None:
    rows = build_figure_rows(None, session.state)
    assert rows[0].name == "Largest deviation"
    assert (rows[0].before, rows[0].difference) == ("", "")


def test_the_history_marks_the_present_and_the_viewed_step(session: Session) -> None:
    session.apply("Move one", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    session.undo()
    mark = build_history_columns(session, HistoryPosition(present=2, viewed=0))[1].mark
    assert mark is not None
    rows = build_step_rows(session)
    assert [(row.label, mark(row)) for row in rows] == [
        ("Undo Move one", "next"),
        ("Move one", ""),
        (session.history[0].label, "history"),
    ]


def test_the_log_lists_visits_and_incidents_latest_first(session: Session) -> None:
    log_record(session, "visit", {"site": "r1c1", "arrived_at": "2026-11-16T07:10",
                                   "departed_at": "2026-11-16T07:25"})  # fmt: skip
    log_record(session, "incident", {"site": "r2c1", "type": "trespass",
                                      "received_at": "2026-11-16T07:40"})  # fmt: skip
    rows = build_entry_rows(session)
    assert [(row.kind, row.what, row.status, row.minutes) for row in rows] == [
        ("Incident", "Trespass", "Received", None),
        ("Visit", "–", "Completed", 15.0),
    ]
