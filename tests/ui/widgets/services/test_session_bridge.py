"""Session events as signals, and the shared selection."""

from dataclasses import replace

from builders import project_from
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.logbook import log_visit
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import SessionChange
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.ui.widgets.services.ui_context import Selection, SessionBridge


def test_a_preview_and_an_edit_have_separate_signals(session: Session, qtbot: QtBot) -> None:
    bridge = SessionBridge(session)
    heard: list[str] = []
    bridge.previewed.connect(lambda _: heard.append("previewed"))
    bridge.changed.connect(lambda _: heard.append("changed"))
    bridge.logged.connect(lambda entries: heard.append(f"logged {len(entries)}"))
    session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    session.commit_gesture("Move")
    log_visit(session, "r1c1")
    assert heard == ["previewed", "changed", "logged 1"]
    bridge.close()


def test_moving_a_site_does_not_signal_a_project_change(session: Session, qtbot: QtBot) -> None:
    bridge = SessionBridge(session)
    heard: list[str] = []
    bridge.changed.connect(lambda _: heard.append("changed"))
    bridge.project_changed.connect(lambda _: heard.append("project"))
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert heard == ["changed"]
    session.apply("Name", lambda project: replace(project, name="Another district"))
    session.undo()
    assert heard == ["changed", *("changed", "project") * 2]
    bridge.close()


def test_selecting_the_same_again_sends_no_signal(session: Session, qtbot: QtBot) -> None:
    bridge = SessionBridge(session)
    told: list[Selection] = []
    bridge.selection_changed.connect(told.append)
    bridge.select(site="r1c1")
    bridge.select(site="r1c1")
    bridge.select(zone="A")
    bridge.select()
    assert told == [Selection(site="r1c1"), Selection(zone="A"), Selection()]
    bridge.close()


def test_a_deleted_zone_is_no_longer_selected(session: Session, qtbot: QtBot) -> None:
    bridge = SessionBridge(session)
    bridge.select(zone="B")
    other = project_from("AA / aa").plans["plan"]
    session.apply("Cut", lambda project: project.with_plan(other))
    assert bridge.selection == Selection()
    bridge.close()


def test_no_signals_after_close(session: Session, qtbot: QtBot) -> None:
    bridge = SessionBridge(session)
    heard: list[SessionChange] = []
    bridge.changed.connect(heard.append)
    bridge.close()
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert heard == []


def test_listeners_beside_the_map_get_several_previews_once_and_none_that_ended(
    session: Session, qtbot: QtBot
) -> None:
    bridge = SessionBridge(session)
    followed: list[str] = []
    bridge.preview_followed.connect(lambda: followed.append(session.state.plan.assignment["r1c2"]))
    before = session.plan.assignment["r1c2"]
    for zone in ("B", "A", "B"):
        session.preview(lambda project, to=zone: assign_sites(project, "plan", {"r1c2": to}))
    assert followed == []
    qtbot.waitUntil(lambda: followed == ["B"])
    session.cancel_gesture()
    session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    session.cancel_gesture()
    qtbot.wait(60)
    assert followed == ["B"]
    assert session.plan.assignment["r1c2"] == before
    bridge.close()
