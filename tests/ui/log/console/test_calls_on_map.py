"""Calls and units on the Log map, and the key to the selected call and back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from keystrokes import keys
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.console.incident_rows import build_incident_summaries
from zoneplanner.ui.map.scene.calls import CallItem, CallMark
from zoneplanner.ui.map.viewport import get_visible_rect
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def log_call(session: Session, uid: str, site: str = "r1c1", minutes: int = 5) -> None:
    """Log a priority 1 call received some minutes ago."""
    received = (session.clock() - timedelta(minutes=minutes)).isoformat()
    said = {"uid": uid, "site": site, "type": "fight", "received_at": received, "priority": "1"}
    log_record(session, "incident", said)


def list_marks(window: MainWindow) -> dict[str, CallMark]:
    """Return the marks of calls on the map."""
    return {one.uid: one for one in window.map.map.calls}


def test_an_open_call_is_marked_by_priority_and_age_with_the_route_of_the_proposed_unit(
    window: MainWindow, session: Session
) -> None:
    log_call(session, "old", minutes=65)
    log_call(session, "new")
    log_record(session, "incident", {"type": "traffic", "priority": "2"})  # at no school
    shown = list_marks(window)
    assert [(one.priority, one.age) for one in shown.values()] == [
        (1, "5 min"),
        (1, "1 h 5 min"),
    ]
    site = session.project.sites["r1c1"]
    assert (shown["old"].x_m, shown["old"].y_m) == (site.x_m, site.y_m)
    console = window.left.sections["console"]
    console.show_incident("new")
    assert list_marks(window)["new"].chosen and list_marks(window)["new"].unit == "A"
    assert {one.unit for one in window.map.map.units} == {"A", "B", "a"}
    log_stamp(session, {"incident": "new", "unit": "A", "name": "enroute"})
    now = list_marks(window)["new"]
    assert (now.units, now.start) == ((("A", UnitState.EN_ROUTE),), None)
    assert {one.unit for one in window.map.map.units} == {"B", "a"}
    log_stamp(session, {"incident": "new", "unit": "A", "name": "cleared"})
    assert "new" not in list_marks(window)
    window.show_workspace("plan")
    assert list_marks(window) == {} and window.map.map.units == ()


def test_selecting_a_call_pans_the_map_to_it(window: MainWindow, session: Session) -> None:
    log_record(session, "incident", {"uid": "i", "type": "fight", "site": "r1c1"})
    call = next(one for one in window.map.map.calls if one.uid == "i")
    at = window.map.map.frame.to_scene_point(call.x_m, call.y_m)
    window.map.zoom_to_site("r2c3")
    window.map.zoom_by(4)
    assert not get_visible_rect(window.map).contains(at)
    window.left.sections["console"].dispatch.show_requested.emit("i", "")
    assert get_visible_rect(window.map).contains(at)


def test_unchanged_calls_keep_their_map_items(window: MainWindow, session: Session) -> None:
    log_call(session, "one", "r1c1")
    log_call(session, "two", "r1c4")
    layer = window.map.map._calls
    before, sites = dict(layer.items), dict(window.map.map.sites)
    log_stamp(session, {"incident": "two", "unit": "B", "name": "dispatched"})
    changed = {key for key in before if layer.items.get(key) is not before[key]}
    assert "call two" in changed and "unit B" in changed and "call one" not in changed
    assert {key: window.map.map.sites[key] for key in sites} == sites


def test_one_key_goes_to_the_selected_call_and_back(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_G)
    assert says(window.desk.notices.text.text(), "no_call_to_show")
    log_call(session, "one", "r1c4")
    console = window.left.sections["console"]
    console.focus_board()
    window.map.fit()  # beside the card of its school
    before = window.map.viewpoint()
    card = QApplication.focusWidget()
    assert card is console.cards["one"]
    qtbot.keyClick(card, Qt.Key.Key_G)
    there = window.map.viewpoint()
    assert there != before and window.map.hasFocus()
    site = session.project.sites["r1c4"]
    assert abs(there.x_m - site.x_m) < 100
    qtbot.keyClick(window.map, Qt.Key.Key_G)
    back = window.map.viewpoint()
    assert (back.x_m, back.y_m, back.m_px) == pytest.approx((before.x_m, before.y_m, before.m_px))
    assert QApplication.focusWidget() is card


def test_cached_queue_lines_equal_fresh_ones(session: Session) -> None:
    calls = LiveIncidents(session)
    for uid in ("one", "two"):
        log_call(session, uid)
    before = build_incident_summaries(session, calls.incidents())
    log_stamp(session, {"incident": "two", "unit": "A", "name": "enroute"})
    now = calls.incidents()
    after = build_incident_summaries(session, now, known=before)
    assert after == build_incident_summaries(session, now)
    kept = {one.incident.uid for one in after if any(one is other for other in before)}
    assert kept == {"one"}, "only the call that is stamped reads anew"


def test_the_pin_of_a_new_call_avoids_zone_numbers_and_they_stay(
    tmp_path: Path, open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    """Zone numbers moved aside for pins, although dispatchers find schools by them."""
    session = create_project(tmp_path / "district.gpkg")
    add_first_plan(session)
    window = open_window(session, tables=False)
    window.resize(1280, 720)
    window.activateWindow()
    window.show_workspace("log")
    view = window.map
    QApplication.processEvents()
    view.update_label_obstacles()

    def list_numbers() -> dict[str, QRectF]:
        return {
            key: QRectF(box) for key, box in view.map.label_boxes.items() if key.startswith("zone ")
        }

    schools = {site.name: site.id for site in session.project.patrolled}
    for name in ("Mesa Verde High", "Del Campo High", "Trajan Elementary"):
        window.desk.bridge.select(site=schools[name])  # the card of a school covers some of the map
        qtbot.waitUntil(lambda: not view.map._label_timer.isActive())
        before, open_calls = list_numbers(), len(view.map.calls)
        assert len(before) >= 6
        qtbot.keyClick(window, Qt.Key.Key_J)
        keys(qtbot, f"{name}\nfight\n")
        qtbot.waitUntil(lambda more=open_calls + 1: len(view.map.calls) == more)
        qtbot.waitUntil(lambda: not view.map._label_timer.isActive())
        assert list_numbers() == before, name
        call = next(one for one in view.map.calls if one.chosen)
        pin = view.map._calls.items[f"call {call.uid}"]
        assert isinstance(pin, CallItem)
        for key, number in before.items():
            covered = pin.head.translated(pin.pos() / view.map.m_px).intersected(number)
            assert covered.width() * covered.height() < 0.1 * number.width() * number.height(), key
    session.close()
