"""The sample week that shows what the log is for."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from builders import create_store, project_from

from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.projects.sample_data import log_sample_week
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
