"""Ctrl+K finds the words people use, across the whole window."""

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects import open_project as projects
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.search_items import rank_search_items

SHOWN = 3


@pytest.fixture(scope="module")
def full_window(
    qapp: QApplication, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MainWindow]:
    """One window for all tests: the bundled district with its plan and sample officers."""
    gc.disable()
    path = tmp_path_factory.mktemp("finding") / "district.gpkg"
    session = projects.create_project(path)
    add_first_plan(session)
    session.apply("Officers", lambda project: add_sample_officers(project, session.today))
    planner = ApplicationWindow(qapp, Settings(appearance="light"), lambda _: None)
    planner.show()
    planner.show_session(session, path)
    assert planner.main is not None
    yield planner.main
    planner.close()
    planner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("dark", "appearance Dark"),
        ("night mode", "appearance Dark"),
        ("high contrast", "appearance High contrast"),
        ("theme", "appearance Dark|appearance Light|appearance Match the desktop"),
        ("sick", "call_out"),
        ("call out", "call_out"),
        ("substitute", "cover"),
        ("relief", "cover"),
        ("access", "access"),
        ("seniority", "roster_rules"),
        ("order of open", "roster_rules"),
        ("overtime", "hours"),
        ("vacation", "leave"),
        ("leave", "leave"),
        ("offboard", "offboard"),
        ("officer retires", "offboard"),
        ("swap", "ask_swap"),
        ("schedule", "go_shifts"),
        ("propose shifts", "propose_shifts"),
        ("post the schedule", "make_final"),
        ("officer", "officers"),
        ("officer f", "officer sample-F"),
        ("on duty", "who_is_where"),
        ("print", "handout"),
        ("web map", "part map|handout"),
        ("principal", "audience staff"),
        ("report", "handout|part coverage"),
        ("settings", "assumptions"),
        ("tolerance", "tolerance"),
        ("rule cost", "rule_costs"),
        ("price", "rule_costs"),
        ("bell times", "bells"),
        ("release time", "bells"),
        ("holiday", "school_calendar"),
        ("principal", "contacts"),
        ("fire drill", "log_drill"),
        ("phone", "open_card"),
        ("close a school", "close_site"),
        ("what if", "close_site|enrollment|unit_off|other_count|tool_planned"),
        ("enrollment", "enrollment"),
        ("new school", "tool_planned"),
        ("help", "handbook"),
        ("shortcuts", "help"),
        ("keyboard", "help"),
        ("proof", "page method-proof"),
        ("privacy", "page privacy"),
        ("911", "page not"),
        ("undo", "undo"),
        ("mistake", "undo"),
        ("backup", "backups"),
        ("restore", "backups"),
        ("export", "export"),
        ("excel", "export"),
        ("import", "import"),
        ("upload", "import"),
        ("lock", "lock"),
        ("lockdown", "begin_lockdown"),
        ("intruder", "begin_lockdown"),
        ("visit", "log_visit"),
        ("not visited", "not_visited"),
        ("incident", "new_incident"),
        ("fight", "new_incident"),
        ("correct", "entries"),
        ("void", "entries"),
        ("clear", "open_incidents"),
        ("canceled", "open_incidents|entries"),
        ("cancel a call", "open_incidents|entries"),
        ("unfounded", "open_incidents|entries"),
        ("late call", "log_incident"),
        ("backdate", "log_incident"),
        ("time of a call", "log_incident|entries"),
        ("calendar", "due_calendar"),
        ("history", "history"),
        ("map", "fit|part map|layers"),
        ("zoom", "zoom_in"),
        ("layer", "add_layer|layers"),
        ("compare", "compare"),
        ("adopt", "adopt"),
        ("approve", "adopt"),
        ("rezone", "propose"),
        ("drive time", "travel"),
        ("response time", "go_coverage|observed|page method-response"),
        ("overdue", "duties|go_readiness"),
        ("threat assessment", "log_concern"),
        ("server", "open_shared|share"),
        ("version", "about"),
        ("exit", "quit"),
        ("del campo", "site 34674473432051"),
        ("lockdwon", "begin_lockdown"),
        ("subsitute", "cover"),
        ("vacaton", "leave"),
        ("isochrone", "unit_reach"),
        ("ferry", "connections"),
        ("neighbors", "connections"),
        ("aerial", "layers|layer tiles"),
        ("basemap", "page map-data|import|district_setup"),
        ("street names", "layers|layer names"),
        ("another district", "district_setup|new|page district"),
        ("new school year", "rollover"),
        ("next school year", "rollover"),
        ("august", "rollover"),
        ("trustee areas", "areas"),
        ("paper size", "preferences"),
        ("agency phone", "agencies"),
    ],
)
def test_the_words_people_use_find_the_place_in_three_results(
    full_window: MainWindow, text: str, key: str
) -> None:
    keys = [hit.key for hit in rank_search_items(text, full_window.search.every(), ())][:SHOWN]
    assert set(key.split("|")) & set(keys), keys


def test_the_name_of_a_response_action_finds_that_action_first(full_window: MainWindow) -> None:
    every = full_window.search.every()
    assert {name: rank_search_items(name, every, ())[0].key for name in RESPONSE_ACTIONS} == {
        name: f"begin_{name}" for name in RESPONSE_ACTIONS
    }


def test_the_name_of_a_table_finds_that_table_first(full_window: MainWindow) -> None:
    """The search for the preferences once found the assumptions first."""
    every = full_window.search.every()
    for name in ("preferences", "assumptions"):
        assert rank_search_items(name, every, ())[0].key == name


def test_words_for_clearing_a_call_never_find_a_response_action_first(
    full_window: MainWindow,
) -> None:
    every = full_window.search.every()
    for text in ("clear", "clear a call", "canceled", "cancel", "unfounded"):
        first = rank_search_items(text, every, ())[0].key
        assert first == "open_incidents", (text, first)


def test_ctrl_k_and_enter_open_the_place(full_window: MainWindow, qtbot: QtBot) -> None:
    window, session = full_window, full_window.desk.session
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)

    def look_for(text: str) -> None:
        qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(window.search, text)
        qtbot.keyClick(window.search, Qt.Key.Key_Return)

    steps = len(session.history)
    look_for("call out")
    assert window.workspace == "shifts"
    assert window.desk.notices.isVisible() and "Call out" in window.desk.notices.text.text()
    look_for("officer f")
    assert window.left.sections["officers"].officer().name == "Officer F"
    look_for("bell times")
    assert window.workspace == "data"
    assert window.stage.boards["data"].table.kind == "bells"
    look_for("publish for staff")
    assert window.workspace == "publish"
    assert window.stage.boards["publish"].form.audience == "staff"
    look_for("tolerance")
    field = window.optimizer.body.form.balance.field
    assert window.workspace == "plan" and field.isVisible() and field.hasFocus()
    look_for("void")
    assert window.workspace == "log" and window.tabs.current_table == "entries"
    assert len(session.history) == steps
    site = session.project.patrolled[0]
    received = session.clock().isoformat()
    columns = {"uid": "one", "site": site.id, "type": "fight", "received_at": received}
    log_record(session, "incident", columns)
    window.show_workspace("plan")
    look_for("fight at")
    assert window.workspace == "log" and window.desk.bridge.selection.site == site.id
