"""Records about people are the same whether a form or a command logged them."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from zoneplanner import storage
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.local_time import parse_moment
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.record_schema import read_records
from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog
from zoneplanner.ui.readiness.people_forms import ConcernDialog, PeopleRecordDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.forms import DayField, PrivacyCheckedField, TimeField
from zoneplanner.ui.widgets.inputs.record_form import (
    OptionalDayField,
    OptionalTimeField,
    UnitsField,
)

LOCKDOWN = {"uid": "i1", "site": "r1c1", "type": "lockdown", "priority": "1"}
AT, NOW = "2026-11-16T07:20", MONDAY_AT_8 + timedelta(days=14)
RECORDS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("partner", {"agency": "Sheriff", "level": "county", "kind": "contact", "on": "2026-11-12"}),
    (
        "partner",
        {
            **{"agency": "Federal office", "level": "federal", "kind": "agreement"},
            **{"on": "2026-11-12", "role": "Agent in charge", "review_on": "2026-11-20"},
        },
    ),
    (
        "training",
        {
            **{"site": "r1c1", "course": "active_shooter", "held_on": "2026-11-12"},
            **{"who_kind": "staff", "trained": "12", "employed": "14"},
        },
    ),
    (
        "monitor_post",
        {"site": "r1c1", "on": "2026-11-02", "post": "gate", "monitors": "2", "hours": "30"},
    ),
    ("concern", {"reference": "C-77", "received_at": AT}),
    *(
        ("concern_step", {"concern": "C-77", "step": step, "at": AT, **more})
        for step, more in (
            ("triaged", {"source": "tell_someone"}),
            ("police_told", {"agency": "Sheriff"}),
            ("interview", {}),
            ("home_visit", {}),
            ("school_history_review", {}),
            ("outcome", {"outcome": "mental_health_support"}),
        )
    ),
    ("legal_notice", {"site": "r1c1", "at": AT, "duty": "ec_49390", "agency": "Sheriff"}),
    (
        "legal_notice",
        {
            **{"site": "r1c1", "at": AT, "duty": "immigration_enforcement"},
            **{"agency": "Federal office", "notified": "superintendent;board;families"},
            "notice_at": "2026-11-12T11:00",
        },
    ),
    ("outside_event", {"on": "2026-11-02", "event": "Hillside", "place": "Ohio"}),
    ("text_review", {"on": "2026-11-27", "language": "es", "role": "District translator"}),
)
"""A record for each requirement about people in docs/programme.md."""


def test_forms_and_commands_log_the_same_records(
    open_window: Callable[[Session], MainWindow], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = tmp_path / "window.gpkg", tmp_path / "command.gpkg"
    for file in (ours, theirs):
        create_store(file, project_from("AAB / aab"), actor="planner", at=MONDAY_AT_8).close()
    session = Session(storage.open(ours), actor="planner", desk="d", clock=lambda: NOW)
    window = open_window(session)
    uids: dict[str, str] = {}
    for kind, columns in RECORDS:
        log_in_window(window, kind, columns)
        if kind == "concern":
            uids["window"] = session.store.entries(kinds=("concern",))[-1].uid
    shown = read_all_records(session)
    session.close()
    for kind, columns in RECORDS:
        given = {**columns, "concern": uids["command"]} if kind == "concern_step" else columns
        said = run_command(
            capsys, "log", str(theirs), kind, *(f"{k}={v}" for k, v in given.items())
        )
        if kind == "concern":
            uids["command"] = said["uid"]
    with storage.open(theirs, read_only=True) as store:
        told = read_all_records(Session(store, actor="p", desk="d", clock=lambda: NOW))
    assert [describe_without_uids(one, uids["window"]) for one in shown] == [
        describe_without_uids(one, uids["command"]) for one in told
    ]
    day = ("--on", "2026-11-16")
    rows = [run_command(capsys, "readiness", str(file), *day)["rows"] for file in (ours, theirs)]
    assert list_open_items(rows[0]) == list_open_items(rows[1])
    assert {"partner", "concern", "legal_notice", "outside_event"} <= {
        one[0] for one in list_open_items(rows[0])
    }


def log_in_window(window: MainWindow, kind: str, columns: Mapping[str, str]) -> None:
    """Open the form of a kind by its action, fill it in, and press its button."""
    window.desk.actions[f"log_{kind}"].trigger()
    forms = (*window.findChildren(PeopleRecordDialog), *window.findChildren(ConcernDialog))
    (form,) = (one for one in forms if one.isVisible())
    for column, text in columns.items():
        fill_field(form._fields[column], text)
    assert form.ok.isEnabled(), (kind, form.required.text())
    form.ok.click()
    assert not form.isVisible(), form.refused.text()


def fill_field(field: QWidget, text: str) -> None:
    """Enter a column's text into its field."""
    if isinstance(field, OptionalDayField | OptionalTimeField):
        field.taken.setChecked(True)
        field = field.day if isinstance(field, OptionalDayField) else field.time
    if isinstance(field, DayField):
        field.setDate(QDate.fromString(text, "yyyy-MM-dd"))
    elif isinstance(field, TimeField):
        zone = "America/Los_Angeles"
        field.put(parse_moment(text, time_zone=zone, now=NOW))
    elif isinstance(field, QComboBox):
        at = max(field.findData(text), field.findText(text))
        assert at >= 0, text
        field.setCurrentIndex(at)
    elif isinstance(field, PrivacyCheckedField):
        field.put(text)
    elif isinstance(field, UnitsField):
        for word in text.split(";"):
            field.boxes[word].click()
    else:
        assert isinstance(field, QLineEdit), type(field).__name__
        field.setText(text)


def read_all_records(session: Session) -> list[Any]:
    kinds = dict.fromkeys(kind for kind, _ in RECORDS)
    return [
        one
        for kind in kinds
        for one in read_records(RECORD_KINDS[kind], session.store.entries(kinds=(kind, "void")))
    ]


def describe_without_uids(record: Any, concern: str) -> str:
    """Describe a record without the uids, which differ between projects."""
    return repr(record).replace(record.uid, "").replace(concern, "")


def list_open_items(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return sorted(
        (one["item"], one["site"], one["status"]) for one in rows if one["status"] != "done"
    )


def run_command(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*args, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def test_a_review_starts_with_the_incident_or_school_on_screen(window: MainWindow) -> None:
    log_record(window.desk.session, "incident", LOCKDOWN)
    forms = []
    for site in ("r1c1", "r1c2", None):
        window.desk.bridge.select(site=site)
        window.desk.actions["log_after_action"].trigger()
        forms.append(window.findChildren(AfterActionDialog)[-1])
    begun = [(one.incident.currentData(), one.site.currentData() or "") for one in forms]
    assert begun == [("i1", "r1c1"), ("", "r1c2"), ("", "")]
