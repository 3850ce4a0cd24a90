"""Window and command name exactly the step of its plan review that each school skipped."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from pytestqt.qtbot import QtBot

from zoneplanner import storage
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.plan_review import list_confirmations
from zoneplanner.domain.readiness.requirements import PLAN_REVIEW
from zoneplanner.messages import say_all
from zoneplanner.ui.readiness.requirements_table import RequirementsTable
from zoneplanner.ui.shell.main_window import MainWindow

TERMS = (DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),)
DAY = date(2026, 11, 12)


def write_reviews(project: Project, path: Path) -> dict[str, str]:
    """Write a table of all steps but one of each school; return the skipped step by school."""
    rules = load_project_rules(project)
    skipped: dict[str, str] = {}
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("site", "school_year", "stage", "on", "who_kind", "elements"))
        for site in project.patrolled:
            elements = [
                f"element.{one.element.key}" for one in list_confirmations(site, rules, (), DAY)
            ]
            points = [*(one.key for one in rules.steps), *elements, ""]
            skipped[site.id] = points[len(skipped) % len(points)]
            for step in rules.steps:
                if step.key != skipped[site.id]:
                    rows.writerow((site.id, "2026-27", step.stage, DAY, step.who, ""))
            kept = [one.partition(".")[2] for one in elements if one != skipped[site.id]]
            said = ("2026-27", "confirmed", DAY, "safe_schools", ";".join(kept))
            rows.writerow((site.id, *said))
    assert "" in skipped.values(), "at least one school skipped no step"
    return skipped


def list_open_points(skipped: str) -> list[str]:
    """List what is open after a skipped step; steps after the adoption depend on it."""
    after = ("shared", "published") if skipped == "adopted" else ()
    return [skipped, *after] if skipped else []


def test_window_and_command_name_each_step_that_a_school_skipped(
    open_window: Callable[[Session], MainWindow],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    qtbot: QtBot,
) -> None:
    project = replace(
        project_from("A" * 12 + " / " + "A" * 12 + " / " + "a" * 12 + " / " + "a" * 12),
        calendar=SchoolCalendar(TERMS, ()),
    )
    file, table = tmp_path / "p.gpkg", tmp_path / "reviews.csv"
    create_store(file, project, actor="planner", at=MONDAY_AT_8).close()
    skipped = write_reviews(project, table)
    assert main(["import", str(file), str(table), "--as", "reviews"]) == 0
    capsys.readouterr()
    assert main(["readiness", str(file), "--on", "2026-11-16", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    told = {row["site"]: row for row in rows if row["item"] == PLAN_REVIEW}
    lacking = {site: list_open_points(key) for site, key in skipped.items()}
    assert {site: row["open_points"] for site, row in told.items()} == lacking
    for site, row in told.items():
        assert row["status"] == ("due" if skipped[site] else "done"), skipped[site]
    session = Session(storage.open(file), actor="planner", desk="desk", clock=lambda: MONDAY_AT_8)
    window = open_window(session)
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.desk.actions["go_readiness"].trigger()
    panel: RequirementsTable = window.tabs.panels["duties"]
    window.tabs.show_table(panel)
    rules = load_project_rules(project)
    texts = {one.key: one.text for one in rules.steps}
    texts |= {f"element.{one.key}": one.text for one in rules.elements}
    seen = {
        row.item.site: row.item
        for at in range(panel.table.rowCount())
        if (row := panel.table.row(at)).item.kind == PLAN_REVIEW
    }
    assert seen.keys() == {site for site, key in skipped.items() if key}, (
        "completed reviews are not listed"
    )
    for site, item in seen.items():
        assert list(item.open_points) == lacking[site]
        assert texts[skipped[site]] in say_all(item.messages)
    session.close()
