"""A morning logged in the window and on the command line, with equal records and figures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner import cli
from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage
from zoneplanner.app.log.logbook import list_incidents, list_response_actions, list_visits
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects import open_project as projects
from zoneplanner.app.readiness.records import list_follow_up_records
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.response_actions.response_action_forms import AllClearDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

DAY = date(2026, 11, 17)
SCHOOL = "Del Campo High"
VISITED = (
    *(("Bella Vista High", "07:40"), ("Casa Roble Fundamental High", "08:05")),
    *(("Rio Americano High", "08:20"), ("Arcade Middle", "08:45")),
    *(("Encina Preparatory High", "09:10"), ("Del Campo High", "09:40")),
)
PURPOSES = ("enforcement", "counselling", "teaching")
PLANNED = "09:50"
STAY_MIN = 20
STAMPS = (("dispatched", 1), ("enroute", 2), ("onscene", 6), ("cleared", 50))


@dataclass
class Clock:
    """A clock that the story moves."""

    now: datetime = field(default_factory=lambda: at("10:00"))

    def __call__(self) -> datetime:
        return self.now


def at(clock: str, days_later: int = 0) -> datetime:
    """Return a time of the morning or of a later day, in UTC."""
    local = datetime.fromisoformat(f"{DAY + timedelta(days=days_later)}T{clock}")
    return local.replace(tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(UTC)


def test_a_morning_is_the_same_in_the_window_and_on_the_command_line(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, here = tmp_path / "window.gpkg", tmp_path / "line.gpkg"
    planner.create_project(there)
    window = planner.main
    assert window is not None
    window.desk.jobs.cancel_all()
    schools = choose_schools(window.desk.session)
    units = log_in_window(window, qtbot, schools)
    window.desk.session.store.backup(tmp_path / "copy.gpkg")
    planner.close()
    session = projects.create_project(here)
    add_first_plan(session)
    session.close()
    log_by_commands(here, capsys, schools, units)
    in_window, by_commands = read_log(there), read_log(here)
    assert in_window == by_commands
    assert len(in_window["visits"]) == 6
    assert [len(one[-1]) for one in in_window["calls"]] == [3]


def choose_schools(session: Session) -> list[str]:
    """Choose six patrolled schools; unknown names are replaced by the first known ones."""
    known = {site.name for site in session.project.patrolled}
    spare = iter(sorted(known - {name for name, _ in VISITED}))
    return [name if name in known else next(spare) for name, _ in VISITED]


def log_in_window(window: MainWindow, qtbot: QtBot, schools: list[str]) -> list[str]:
    """Log six visits by form, a lockdown by button and keys, a correction and a review.

    The last visit is planned before the first one begins.
    """
    desk = window.desk
    clock = Clock(at("07:00"))
    desk.session.clock = clock
    window.show_workspace("log")
    ahead = VisitDialog(desk, desk.session.project.site(schools[-1]).id, parent=window)
    ahead.ahead.setChecked(True)
    ahead.arrived.put(at(PLANNED))
    ahead.open()
    ahead.accept()
    clock.now = at("10:00")
    for number, (name, (_, arrived)) in enumerate(zip(schools, VISITED, strict=True)):
        dialog = VisitDialog(desk, desk.session.project.site(name).id, parent=window)
        dialog.arrived.put(at(arrived))
        dialog.stay.setValue(STAY_MIN)
        dialog.purpose.setCurrentIndex(dialog.purpose.findData(PURPOSES[number % 3]))
        dialog.open()
        dialog.accept()
    console = window.left.sections["console"]
    desk.bridge.select(site=desk.session.project.site(SCHOOL).id)
    console.response.buttons["lockdown"].click()
    qtbot.waitUntil(lambda: window.response_bar.could_be_read)
    qtbot.keyClick(window.response_bar.site, Qt.Key.Key_Return)
    (call,) = list_incidents(desk.session)
    units = [row.unit for row in console.cards[call.uid].row.units[:3]]
    for name, minutes in STAMPS:
        clock.now = at("10:00") + timedelta(minutes=minutes)
        for unit in units:
            console.stamp(call.uid, unit, f"{name}_at")
    (card,) = console.response.cards.values()
    card.end.click()
    (all_clear,) = window.window().findChildren(AllClearDialog)
    all_clear.role.setCurrentText("Incident commander")
    all_clear.agency.setCurrentText("Sheriff")
    all_clear.accept()
    console.end(call.uid, "Handled on scene", None)
    first = min(list_visits(desk.session), key=lambda one: one.arrived_at)
    dialog = VisitDialog(desk, first.site, corrects=first, parent=window)
    dialog.departed.time.put(first.arrived_at + timedelta(minutes=35))
    dialog.open()
    dialog.accept()
    clock.now = at("09:00", days_later=3)
    review = AfterActionDialog(desk, incident=call.uid, parent=window)
    review.parts["strengths"].put("Doors were locked at once.")
    review.open()
    review.accept()
    return units


def log_by_commands(
    path: Path, capsys: pytest.CaptureFixture[str], schools: list[str], units: list[str]
) -> None:
    """Log the same on the command line."""

    def log(*columns: str) -> str:
        assert cli.main(["log", str(path), *columns, "--json"]) == 0
        return str(json.loads(capsys.readouterr().out)["uid"])

    visits = []
    log("visit", f"site={schools[-1]}", f"arrived_at={DAY}T{PLANNED}", "status=scheduled")
    for number, (name, (_, arrived)) in enumerate(zip(schools, VISITED, strict=True)):
        departed = (at(arrived) + timedelta(minutes=STAY_MIN)).isoformat()
        when = (f"arrived_at={DAY}T{arrived}", f"departed_at={departed}")
        visits.append(log("visit", f"site={name}", *when, f"purpose={PURPOSES[number % 3]}"))
    log("action", f"site={SCHOOL}", "action=lockdown", f"began_at={DAY}T10:00")
    call = log(
        *("incident", f"site={SCHOOL}", "type=Lockdown", "priority=1"),
        f"received_at={DAY}T10:00",
    )
    for name, minutes in STAMPS:
        moment = (at("10:00") + timedelta(minutes=minutes)).isoformat()
        for unit in units:
            log("stamp", f"incident={call}", f"unit={unit}", f"name={name}", f"at={moment}")
    given = ("all_clear_by=Incident commander", "all_clear_agency=Sheriff")
    log("action", f"site={SCHOOL}", f"ended_at={DAY}T10:50", *given)
    log("incident", f"supersedes={call}", "disposition=Handled on scene")
    later = (at(VISITED[0][1]) + timedelta(minutes=35)).isoformat()
    log("visit", f"supersedes={visits[0]}", f"departed_at={later}")
    log(
        *("after_action", f"incident={call}", f"site={SCHOOL}", "event=Lockdown"),
        *(f"event_on={DAY}", f"held_on={DAY + timedelta(days=3)}"),
        "strengths=Doors were locked at once.",
    )


def read_log(path: Path) -> dict[str, Any]:
    """Read a project's log and the figures computed from it."""
    session = projects.open_session(path)
    try:
        assert session.store.verify().ok
        (row,) = compute_observed_coverage(session, by="all", first=DAY, last=DAY)
        return {
            "visits": [
                (one.site, one.unit, one.arrived_at, one.departed_at, one.purpose, one.status)
                for one in list_visits(session)
            ],
            "calls": [
                (one.site, one.type, one.priority, one.disposition, one.by_unit)
                for one in list_incidents(session)
            ],
            "actions": [
                (one.site, one.action, one.began_at, one.ended_at, one.all_clear_by)
                for one in list_response_actions(session)
            ],
            "reviews": [
                (one.site, one.event, one.event_on, one.held_on, one.strengths)
                for one in list_follow_up_records(session.store, "after_action")
            ],
            "figures": {name: (one.value, one.n) for name, one in row.figures.items()},
        }
    finally:
        session.close()


@pytest.fixture(autouse=True)
def no_running_jobs(planner: ApplicationWindow) -> Iterator[None]:
    yield
    if planner.main is not None:
        planner.main.desk.jobs.cancel_all()
