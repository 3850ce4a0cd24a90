"""One call logged twice: at the window's console and on the command line."""

import json
from pathlib import Path

import pytest
from keystrokes import keys
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner import cli
from zoneplanner.app.log.logbook import list_incidents
from zoneplanner.app.projects import open_project as projects
from zoneplanner.domain.log.journal import Incident
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

SCHOOL = "Del Campo High"


def test_a_call_with_two_units_is_the_same_at_the_console_and_on_the_command_line(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "district.gpkg"
    planner.create_project(path)
    window = planner.main
    assert window is not None
    window.desk.jobs.cancel_all()
    first, second = log_and_clear_call(window, qtbot)
    planner.close()
    log_by_command(path, first, second, capsys)
    session = projects.open_session(path)
    try:
        console, line = list_incidents(session)
        assert (
            summarize(console)
            == summarize(line)
            == (session.project.site(SCHOOL).id, "Fight", 1, (first, second))
        )
        assert console.disposition == line.disposition == "Handled on scene"
        assert session.store.verify().ok
    finally:
        session.close()


def log_and_clear_call(window: MainWindow, qtbot: QtBot) -> tuple[str, str]:
    """Log a call with keys only, dispatch the proposed unit and the next one, clear both."""
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_J)
    keys(qtbot, "del campo\nfight 1\n1")
    (card,) = window.left.sections["console"].cards.values()
    first = card.details.unit.currentData()
    (proposal,) = card.row.proposal
    assert proposal.template == "proposal.additional" and proposal.facts["unit"] != first
    second = card.row.units[1].unit
    card.details.unit.setCurrentIndex(1)
    card.setFocus()
    keys(qtbot, "14")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    keys(qtbot, "34\n")
    assert window.left.sections["console"].cards == {}
    return first, second


def log_by_command(path: Path, first: str, second: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Log the same call on the command line."""
    call = log_entry(path, capsys, "incident", f"site={SCHOOL}", "type=Fight", "priority=1")
    for unit, name in (
        (first, "dispatched"),
        (second, "dispatched"),
        (second, "cleared"),
        (first, "onscene"),
        (first, "cleared"),
    ):
        log_entry(path, capsys, "stamp", f"incident={call}", f"unit={unit}", f"name={name}")
    log_entry(path, capsys, "incident", f"supersedes={call}", "disposition=Handled on scene")
    late = ["log", str(path), "stamp", f"incident={call}", "unit=S4", "name=onscene"]
    assert cli.main(late) == 2
    assert "is closed" in capsys.readouterr().err


def summarize(incident: Incident) -> tuple[str | None, str, int, tuple[str, ...]]:
    """Return what both must agree on; every unit has cleared."""
    assert all(stamps.cleared_at for stamps in incident.by_unit)
    return incident.site, incident.type, incident.priority, incident.units


def log_entry(path: Path, capsys: pytest.CaptureFixture[str], *columns: str) -> str:
    """Log an entry and return its uid."""
    assert cli.main(["log", str(path), *columns, "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)["uid"])
