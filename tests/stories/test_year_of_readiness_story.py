"""A high school's year of readiness, in the window and on the command line."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import create_store, project_from
from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox

from zoneplanner import cli
from zoneplanner.app.log.logbook import list_drills, list_incidents
from zoneplanner.app.projects import open_project as projects
from zoneplanner.app.readiness.records import list_follow_up_records
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.messages import Message
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog, CorrectiveActionDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.readiness.people_forms import ConcernDialog
from zoneplanner.ui.readiness.plan_review_forms import ReviewStepDialog
from zoneplanner.ui.readiness.rules_dialog import ReadinessRulesDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.forms import DayField

SCHOOL = "Del Campo High"
ZONE = ZoneInfo("America/Los_Angeles")
DRILLS = (
    ("fire", "2025-09-10"),
    ("lockdown", "2025-10-01"),
    ("drop", "2025-10-16"),
    ("armed_assailant", "2026-01-20"),
    ("fire", "2026-02-11"),
    ("drop", "2026-02-12"),
    ("lockdown", "2026-03-04"),
)
STEPS = (
    ("drafted", "", "2025-10-10"),
    ("confirmed", "safe_schools", "2025-10-14"),
    ("notified", "", "2025-12-15"),
    ("consulted", "staff", "2025-10-20"),
    ("consulted", "parents", "2025-10-27"),
    ("consulted", "law_enforcement", "2025-11-03"),
    ("consulted", "safe_schools", "2025-11-10"),
    ("consulted", "public_meeting", "2026-01-15"),
    ("consulted", "committee", "2025-11-12"),
    ("consulted", "classified_employee", "2025-11-13"),
    ("consulted", "fire_department", "2025-11-14"),
    ("consulted", "first_responders", "2025-11-15"),
    ("adopted", "", "2026-02-10"),
    ("approved", "", "2026-02-11"),
    ("shared", "", "2026-02-12"),
    ("published", "", "2026-06-02"),
)
ACTION = ("Fix the gym doors", "custodian", "2025-12-12")


def create_small_office() -> Project:
    """Create four schools, one a high school, with the bundled district's calendar."""
    project = project_from("AA / aa")
    school = replace(project.sites["r1c1"], name=SCHOOL, level="high")
    calendar = build_bundled_project(uid="real").calendar
    return replace(project.with_site(school), calendar=calendar)


def test_a_year_of_readiness_is_the_same_in_the_window_and_on_the_command_line(
    planner: ApplicationWindow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown, told = tmp_path / "shown.gpkg", tmp_path / "told.gpkg"
    for path in (shown, told):
        create_store(path, create_small_office(), actor="planner", at=at("2025-08-01")).close()
    planner.show_session(projects.open_session(shown), shown)
    assert planner.main is not None
    log_in_window(planner.main)
    log_by_commands(told, capsys)
    for day in ("2025-11-01", "2025-12-20", "2026-03-10", "2026-06-03"):
        ours, theirs = (run_json(capsys, "readiness", str(p), "--on", day) for p in (shown, told))
        assert remove_uids(ours) == remove_uids(theirs)
    rows = [row for row in ours["rows"] if row["name"] == SCHOOL]
    kinds = ("plan_review", "fire", "drop", "lockdown", "after_action", "corrective_action")
    assert {row["item"]: row["status"] for row in rows} == {
        **dict.fromkeys((*kinds, "concern"), "done"),
        "alarm_signal": "overdue",  # two fire drills used it in two of ten months
    }
    for name in ("days_to_review_p50", "actions_on_time_share"):
        one = ours["figures"][name]
        why = str(Message("figure_too_few", n=1))
        assert (one["value"], one["n"], one["why"]) == (None, 1, why)
    for path in (shown, told):
        assert run_json(capsys, "verify", str(path))["ok"]


def log_in_window(window: MainWindow) -> None:
    """Log the year with the window's forms."""
    site = window.desk.session.project.site(SCHOOL).id
    choose_and_drill(window, site)
    review_the_plan(window, site)
    review_lockdown(window, site)
    follow_a_concern(window)


def choose_and_drill(window: MainWindow, site: str) -> None:
    """Require lockdown drills, log the year's drills and correct one."""
    session = window.desk.session
    window.desk.actions["rule_choices"].trigger()
    choices = find_form(window, ReadinessRulesDialog)
    choose(choices.level, "secondary")
    choices.times.setValue(1)
    choices.accept()
    log = window.log_actions.readiness
    for kind, day in DRILLS:
        window.desk.bridge.select(site=site)
        window.desk.actions["log_drill"].trigger()
        form = find_form(window, DrillDialog)
        choose(form.kind, kind)
        form.held.put(at(day))
        for box in form.points.values():
            box.setChecked(True)
        form.minutes.setValue(6)
        form.accept()
        if form.isVisible():  # a drill months ago asks for confirmation
            form.accept()
    slip = next(one for one in list_drills(session) if one.kind == "drop")
    log.correct("drill", slip.uid)
    form = find_form(window, DrillDialog)
    form.minutes.setValue(8)
    form.accept()


def review_the_plan(window: MainWindow, site: str) -> None:
    """Log each review step in the order offered."""
    for stage, who, day in STEPS:
        window.desk.bridge.select(site=site)
        window.desk.actions["log_review"].trigger()
        step = find_form(window, ReviewStepDialog)
        step.year.setText("2025-26")
        assert step.stage.currentData() == stage
        if who:
            choose(step.who, who)
        if stage == "confirmed":
            for box in step.elements.boxes.values():
                box.setChecked(True)
        set_day(step.on, day)
        assert step.ok.isEnabled()
        step.accept()


def review_lockdown(window: MainWindow, site: str) -> None:
    """Log a lockdown, review it, and complete its corrective action."""
    session, log = window.desk.session, window.log_actions.readiness
    window.desk.bridge.select(site=site)
    window.desk.actions["log_incident"].trigger()
    call = find_form(window, IncidentDialog)
    call.type.setCurrentText("Lockdown")
    call.priority.setValue(1)
    call.unit.setCurrentIndex(0)
    call.stamps["received_at"].time.put(at("2025-11-05"))
    call.accept()
    window.desk.actions["log_after_action"].trigger()
    review = find_form(window, AfterActionDialog)
    choose(review.incident, list_incidents(session)[0].uid)
    set_day(review.held_on, "2025-11-19")
    review.parts["strengths"].put("Every door was locked within a minute.")
    row = review.add_action()
    row.text.put(ACTION[0])
    row.role.put(ACTION[1])
    set_day(row.due, ACTION[2])
    review.accept()
    for name, day in (("done_on", "2025-12-10"), ("verified_on", "2025-12-15")):
        log.correct(
            "corrective_action", list_follow_up_records(session.store, "corrective_action")[0].uid
        )
        action = find_form(window, CorrectiveActionDialog)
        taken = getattr(action, name)
        taken.taken.setChecked(True)
        set_day(taken.day, day)
        action.accept()


def follow_a_concern(window: MainWindow) -> None:
    """Log a concern from receipt to closing."""
    window.desk.actions["log_concern"].trigger()
    concern = find_form(window, ConcernDialog)
    concern.reference.put("C-2026-031")
    concern.received.time.put(at("2026-03-02"))
    for field, day in ((concern.acknowledged, "2026-03-02"), (concern.closed, "2026-03-10")):
        field.taken.setChecked(True)
        field.time.put(at(day))
    concern.accept()


def log_by_commands(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Log the same year by commands."""

    def log(kind: str, *columns: str) -> str:
        return str(run_json(capsys, "log", str(path), kind, *columns)["uid"])

    site = f"site={SCHOOL}"
    run_json(capsys, "rules", str(path), "--require", "lockdown.secondary=1/semester")
    uids = []
    for kind, day in DRILLS:
        extra = ("checklist=complete",) if kind == "armed_assailant" else ()
        columns = (site, f"kind={kind}", f"held_at={day}T09:00", "minutes=6")
        uids.append(log("drill", *columns, *extra))
    log("drill", f"supersedes={uids[2]}", "minutes=8")
    for stage, who, day in STEPS:
        extra = (f"who_kind={who}",) if who else ()
        extra += ("elements=all",) * (stage == "confirmed")
        log("review", site, f"stage={stage}", f"on={day}", "school_year=2025-26", *extra)
    call = log("incident", site, "type=Lockdown", "priority=1", "received_at=2025-11-05T09:00")
    strong = "strengths=Every door was locked within a minute."
    review = log("after_action", f"incident={call}", "held_on=2025-11-19", strong)
    text, role, due = ACTION
    plan = (f"action={text}", f"owner_role={role}", f"due_on={due}")
    action = log("corrective_action", f"review={review}", *plan)
    log("corrective_action", f"supersedes={action}", "done_on=2025-12-10")
    log("corrective_action", f"supersedes={action}", "verified_on=2025-12-15")
    received = "received_at=2026-03-02T09:00"
    concern = log("concern", site, "reference=C-2026-031", received)
    log("concern", f"supersedes={concern}", "acknowledged_at=2026-03-02T09:00")
    log("concern", f"supersedes={concern}", "closed_at=2026-03-10T09:00")


def find_form(window: MainWindow, kind: type[Any]) -> Any:
    """Return the open form."""
    return next(form for form in window.window().findChildren(kind) if form.isVisible())


def choose(box: QComboBox, data: str) -> None:
    box.setCurrentIndex(box.findData(data))


def set_day(field: DayField, day: str) -> None:
    field.setDate(QDate.fromString(day, "yyyy-MM-dd"))


def at(day: str) -> datetime:
    """Return 9 AM of a day in California."""
    when = date.fromisoformat(day)
    return datetime(when.year, when.month, when.day, 9, tzinfo=ZONE).astimezone(UTC)


def run_json(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main([*args, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def remove_uids(data: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [{**row, "uid": ""} for row in data["rows"]]
    return [*sorted(rows, key=json.dumps), data["figures"]]
