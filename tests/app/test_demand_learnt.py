"""Calls to expect, learnt from what was logged."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from builders import project_from

from zoneplanner import storage
from zoneplanner.app.demand import learnt, words
from zoneplanner.app.logbook import log_columns
from zoneplanner.app.session import Session
from zoneplanner.domain.bells import Window
from zoneplanner.domain.calendar import Calendar, Span

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)


def test_a_logged_incident_moves_its_site_and_a_voided_one_no_longer(tmp_path: Path) -> None:
    autumn = Span("Autumn", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AABB"), calendar=Calendar((autumn,), ()))
    store = storage.create(tmp_path / "p.gpkg", project, actor="test", at=NOW)
    session = Session(store, actor="test", desk="desk", clock=lambda: NOW)
    before = learnt(session)
    assert "the journal holds no incident on a school day yet" in words(before)
    columns = {"site": "r1c2", "type": "fight", "received_at": "2026-11-16T12:00"}
    logged = log_columns(session, "incident", columns)
    after = learnt(session)
    assert after.seen.by_site == {"r1c2": 1}
    assert after.seen.by_window == {Window.LUNCH: 1}
    assert after.per_day[1] > max(before.per_day[1], after.per_day[0])
    assert "updated by 1 incident on 1 school day" in words(after)
    log_columns(session, "incident", {"void": logged.uid, "reason": "logged twice"})
    assert learnt(session).per_day.tolist() == before.per_day.tolist()
    session.close()
