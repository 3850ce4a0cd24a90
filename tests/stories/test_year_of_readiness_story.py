"""A school year of readiness of a high school: in the window, and again on the command line."""

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


def small_office() -> Project:
    """Four schools, one of them the high school, in the district's own school year."""
    project = project_from("AA / aa")
    school = replace(project.sites["r1c1"], name=SCHOOL, level="high")
    calendar = build_bundled_project(uid="real").calendar
    return replace(project.with_site(school), calendar=calendar)


def test_a_year_of_readiness_is_the_same_in_the_window_and_on_the_command_line(
    planner: ApplicationWindow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown, told = tmp_path / "shown.gpkg", tmp_path / "told.gpkg"
    for path in (shown, told):
        create_store(path, small_office(), actor="planner", at=at("2025-08-01")).close()
    planner.show_session(projects.open_session(shown), shown)
    assert planner.main is not None
    in_window(planner.main)
    on_the_command_line(told, capsys)
    for day in ("2025-11-01", "2025-12-20", "2026-03-10", "2026-06-03"):
        ours, theirs = (answer(capsys, "readiness", str(p), "--on", day) for p in (shown, told))
        assert without_uids(ours) == without_uids(theirs)
    rows = [row for row in ours["rows"] if row["name"] == SCHOOL]
    kinds = ("plan_review", "fire", "drop", "lockdown", "after_action", "corrective_action")
    assert {row["item"]: row["status"] for row in rows} == {
        **dict.fromkeys((*kinds, "concern"), "done"),
        "alarm_signal": "overdue",  # two fire drills sounded it in two of ten months
    }
    for name in ("days_to_review_p50", "actions_on_time_share"):
        one = ours["figures"][name]
        assert (one["value"], one["n"], one["why"]) == (None, 1, "too few to tell (1)")
    for path in (shown, told):
        assert answer(capsys, "verify", str(path))["ok"]


def in_window(window: MainWindow) -> None:
    """Tell the year by the forms of the window."""
    site = window.desk.session.project.site(SCHOOL).id
    choose_and_drill(window, site)
    review_the_plan(window, site)
    look_back(window, site)
    follow_a_concern(window)


def choose_and_drill(window: MainWindow, site: str) -> None:
    """Ask for lockdown drills, log the year's drills, and correct one."""
    session = window.desk.session
    window.desk.actions["rule_choices"].trigger()
    choices = latest(window, ReadinessRulesDialog)
    pick(choices.level, "secondary")
    choices.times.setValue(1)
    choices.accept()
    log = window.log_actions.readiness
    for kind, day in DRILLS:
        window.desk.bridge.select(site=site)
        window.desk.actions["log_drill"].trigger()
        form = latest(window, DrillDialog)
        pick(form.kind, kind)
        form.held.put(at(day))
        for box in form.points.values():
            box.setChecked(True)
        form.minutes.setValue(6)
        form.accept()
        if form.isVisible():  # a drill of months ago is asked about once
            form.accept()
    slip = next(one for one in list_drills(session) if one.kind == "drop")
    log.correct("drill", slip.uid)
    form = latest(window, DrillDialog)
    form.minutes.setValue(8)
    form.accept()


def review_the_plan(window: MainWindow, site: str) -> None:
    """Log each step as it is offered."""
    for stage, who, day in STEPS:
        window.desk.bridge.select(site=site)
        window.desk.actions["log_review"].trigger()
        step = latest(window, ReviewStepDialog)
        step.year.setText("2025-26")
        assert step.stage.currentData() == stage
        if who:
            pick(step.who, who)
        if stage == "confirmed":
            for box in step.elements.boxes.values():
                box.setChecked(True)
        put(step.on, day)
        assert step.ok.isEnabled()
        step.accept()


def look_back(window: MainWindow, site: str) -> None:
    """Log a lockdown, review it, and follow its action to the end."""
    session, log = window.desk.session, window.log_actions.readiness
    window.desk.bridge.select(site=site)
    window.desk.actions["log_incident"].trigger()
    call = latest(window, IncidentDialog)
    call.type.setCurrentText("Lockdown")
    call.priority.setValue(1)
    call.unit.setCurrentIndex(0)
    call.stamps["received_at"].time.put(at("2025-11-05"))
    call.accept()
    window.desk.actions["log_after_action"].trigger()
    review = latest(window, AfterActionDialog)
    pick(review.incident, list_incidents(session)[0].uid)
    put(review.held_on, "2025-11-19")
    review.parts["strengths"].put("Every door was locked within a minute.")
    row = review.add_action()
    row.text.put(ACTION[0])
    row.role.put(ACTION[1])
    put(row.due, ACTION[2])
    review.accept()
    for name, day in (("done_on", "2025-12-10"), ("verified_on", "2025-12-15")):
        log.correct(
            "corrective_action", list_follow_up_records(session.store, "corrective_action")[0].uid
        )
        action = latest(window, CorrectiveActionDialog)
        taken = getattr(action, name)
        taken.taken.setChecked(True)
        put(taken.day, day)
        action.accept()


def follow_a_concern(window: MainWindow) -> None:
    """Keep the clock of a concern from receipt to its end."""
    window.desk.actions["log_concern"].trigger()
    concern = latest(window, ConcernDialog)
    concern.reference.put("C-2026-031")
    concern.received.time.put(at("2026-03-02"))
    for field, day in ((concern.acknowledged, "2026-03-02"), (concern.closed, "2026-03-10")):
        field.taken.setChecked(True)
        field.time.put(at(day))
    concern.accept()


def on_the_command_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tell the same year by commands."""

    def log(kind: str, *columns: str) -> str:
        return str(answer(capsys, "log", str(path), kind, *columns)["uid"])

    site = f"site={SCHOOL}"
    answer(capsys, "rules", str(path), "--require", "lockdown.secondary=1/semester")
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


def latest(window: MainWindow, kind: type[Any]) -> Any:
    """Return the form that is open."""
    return next(form for form in window.window().findChildren(kind) if form.isVisible())


def pick(box: QComboBox, data: str) -> None:
    box.setCurrentIndex(box.findData(data))


def put(field: DayField, day: str) -> None:
    field.setDate(QDate.fromString(day, "yyyy-MM-dd"))


def at(day: str) -> datetime:
    """Return nine in the morning of a day in California."""
    when = date.fromisoformat(day)
    return datetime(when.year, when.month, when.day, 9, tzinfo=ZONE).astimezone(UTC)


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main([*args, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def without_uids(data: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [{**row, "uid": ""} for row in data["rows"]]
    return [*sorted(rows, key=json.dumps), data["figures"]]
