"""Calls to expect, learned from what was logged."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from builders import project_from

from zoneplanner import storage
from zoneplanner.app.coverage.expected_response import describe_demand, learn_demand
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)


def test_a_logged_incident_moves_its_site_and_a_voided_one_no_longer(tmp_path: Path) -> None:
    autumn = DateRange("Autumn", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AABB"), calendar=SchoolCalendar((autumn,), ()))
    store = storage.create(tmp_path / "p.gpkg", project, actor="test", at=NOW)
    session = Session(store, actor="test", desk="desk", clock=lambda: NOW)
    before = learn_demand(session)
    assert "no incident on a school day is logged yet" in describe_demand(before)
    columns = {"site": "r1c2", "type": "fight", "received_at": "2026-11-16T12:00"}
    logged = log_record(session, "incident", columns)
    after = learn_demand(session)
    assert after.observed.by_site == {"r1c2": 1}
    assert after.observed.by_window == {BellWindow.LUNCH: 1}
    assert after.per_day[1] > max(before.per_day[1], after.per_day[0])
    assert "updated by 1 incident on 1 school day" in describe_demand(after)
    log_record(session, "incident", {"void": logged.uid, "reason": "logged twice"})
    assert learn_demand(session).per_day.tolist() == before.per_day.tolist()
    session.close()
