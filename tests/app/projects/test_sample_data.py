"""The sample week that shows what the log is for."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from builders import create_store, project_from

from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage
from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.projects.sample_data import add_sample_weeks, log_sample_week
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.plans.edits import assign_sites

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def test_a_zone_without_sites_has_no_visits_and_no_incidents(tmp_path: Path) -> None:
    project = project_from("AAB")
    autumn = DateRange("Autumn", NOW.date().replace(month=8), NOW.date())
    project = replace(project, calendar=SchoolCalendar((autumn,), ()))
    store = create_store(tmp_path / "p.gpkg", project, actor="planner", at=NOW)
    session = Session(store, actor="planner", desk="desk", clock=lambda: NOW)
    session.apply("Empty zone B", lambda before: assign_sites(before, "plan", {"r1c3": "A"}))
    logged = log_sample_week(session)
    kept = (*list_visits(session), *list_incidents(session))
    session.close()
    assert len(kept) == logged > 5
    assert all(record.sample for record in kept)
    assert {visit.unit for visit in kept if hasattr(visit, "arrived_at")} == {"A"}


def test_sample_weeks_support_figures_by_officer_unit_and_hour(tmp_path: Path) -> None:
    """The sample log has everything a tutorial needs, all marked as samples."""
    autumn = DateRange("Autumn", NOW.date().replace(month=8), NOW.date())
    calendar = SchoolCalendar((autumn,), ())
    project = replace(project_from("AABBcc / AABBcc"), calendar=calendar)
    store = create_store(tmp_path / "p.gpkg", project, actor="planner", at=NOW)
    session = Session(store, actor="planner", desk="desk", clock=lambda: NOW)
    logged = add_sample_weeks(session, 4)
    visits, calls = list_visits(session), list_incidents(session)
    assert len(visits) + len(calls) == logged
    assert all(record.sample for record in (*visits, *calls))
    project = session.saved_project
    assert {visit.officer for visit in visits} <= project.officers.keys()
    assert len({visit.officer for visit in visits}) > 5
    assert len({visit.arrived_at.date() for visit in visits}) == 20
    assert len(project.shifts) == 3 * 20
    assert {shift.officer for shift in project.shifts.values()} <= project.officers.keys()
    (all_of_it,) = compute_observed_coverage(session, by="all")
    assert all_of_it.figures["response_p90_min"].value is not None
    weeks = compute_observed_coverage(session, by="week")
    assert sum(row.figures["response_p90_min"].value is not None for row in weeks) >= 3
    session.close()
