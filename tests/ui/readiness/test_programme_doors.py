"""What the programme asks about people is kept alike by the window's forms and by commands."""

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

GRAVE = {"uid": "i1", "site": "r1c1", "type": "lockdown", "priority": "1"}
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
"""Of each sentence about people a record, as somebody logs it."""


def test_what_is_logged_by_forms_and_by_commands_is_the_same(
    open_window: Callable[[Session], MainWindow],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = tmp_path / "window.gpkg", tmp_path / "told.gpkg"
    for file in (ours, theirs):
        create_store(file, project_from("AAB / aab"), actor="planner", at=MONDAY_AT_8).close()
    session = Session(storage.open(ours), actor="planner", desk="d", clock=lambda: NOW)
    window = open_window(session)
    uids: dict[str, str] = {}
    for kind, columns in RECORDS:
        log_in_window(window, kind, columns)
        if kind == "concern":
            uids["window"] = session.store.entries(kinds=("concern",))[-1].uid
    shown = read_all(session)
    session.close()
    for kind, columns in RECORDS:
        given = {**columns, "concern": uids["told"]} if kind == "concern_step" else columns
        said = answer(capsys, "log", str(theirs), kind, *(f"{k}={v}" for k, v in given.items()))
        if kind == "concern":
            uids["told"] = said["uid"]
    with storage.open(theirs, read_only=True) as store:
        told = read_all(Session(store, actor="p", desk="d", clock=lambda: NOW))
    assert [without(one, uids["window"]) for one in shown] == [
        without(one, uids["told"]) for one in told
    ]
    day = ("--on", "2026-11-16")
    rows = [answer(capsys, "readiness", str(file), *day)["rows"] for file in (ours, theirs)]
    assert open_items(rows[0]) == open_items(rows[1])
    assert {"partner", "concern", "legal_notice", "outside_event"} <= {
        one[0] for one in open_items(rows[0])
    }


def log_in_window(window: MainWindow, kind: str, columns: Mapping[str, str]) -> None:
    """Open the form of a kind by its action, fill it in, and press its button."""
    window.desk.actions[f"log_{kind}"].trigger()
    forms = (*window.findChildren(PeopleRecordDialog), *window.findChildren(ConcernDialog))
    (form,) = (one for one in forms if one.isVisible())
    for column, text in columns.items():
        fill(form._fields[column], text)
    assert form.ok.isEnabled(), (kind, form.required.text())
    form.ok.click()
    assert not form.isVisible(), form.refused.text()


def fill(field: QWidget, text: str) -> None:
    """Put a column's text into its field, as hands do."""
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


def read_all(session: Session) -> list[Any]:
    kinds = dict.fromkeys(kind for kind, _ in RECORDS)
    return [
        one
        for kind in kinds
        for one in read_records(RECORD_KINDS[kind], session.store.entries(kinds=(kind, "void")))
    ]


def without(record: Any, concern: str) -> str:
    """Return what a record says, but for the uids that each project has of its own."""
    return repr(record).replace(record.uid, "").replace(concern, "")


def open_items(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return sorted(
        (one["item"], one["site"], one["status"]) for one in rows if one["status"] != "done"
    )


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*args, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def test_a_review_begins_with_the_incident_or_the_school_on_screen(window: MainWindow) -> None:
    log_record(window.desk.session, "incident", GRAVE)
    forms = []
    for site in ("r1c1", "r1c2", None):
        window.desk.bridge.select(site=site)
        window.desk.actions["log_after_action"].trigger()
        forms.append(window.findChildren(AfterActionDialog)[-1])
    begun = [(one.incident.currentData(), one.site.currentData() or "") for one in forms]
    assert begun == [("i1", "r1c1"), ("", "r1c2"), ("", "")]
