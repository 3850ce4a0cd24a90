"""The page of expected response: figures, units off duty, better moves, and reach."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import project_from
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.analysis.response_times.conditions import MutualAid
from zoneplanner.app.coverage.demand import declare_records, use_demand
from zoneplanner.app.coverage.expected_response import RESPONSE_MEASURES, evaluate_response
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.demand import LEARNT
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.ui.coverage.expected_panel import ExpectedResponsePanel
from zoneplanner.ui.map.scene.user_layers import ReachItem
from zoneplanner.ui.shell.main_window import MainWindow

OpenWindow = Callable[[Session], MainWindow]
OpenSession = Callable[[Project], Session]


@pytest.fixture
def window(open_session: OpenSession, open_window: OpenWindow) -> MainWindow:
    """A busy county with three zones and a city with one, on the page of expected response."""
    project = project_from("AABBCC / AABBCC / dddd", tolerance=0.5)
    assumptions = replace(project.assumptions, calls_per_1000=4.0)
    window = open_window(open_session(replace(project, assumptions=assumptions)))
    window.show_workspace("coverage")
    window.tabs.show_table(window.tabs.panels["expected"])
    return window


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> ExpectedResponsePanel:
    """The page, fully computed."""
    found = window.tabs.panels["expected"]
    assert isinstance(found, ExpectedResponsePanel)
    settle(window, qtbot)
    return found


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until no job is under way."""
    qtbot.waitUntil(lambda: not window.desk.jobs.running, timeout=20_000)


def test_figures_match_the_model_and_show_their_definitions(panel: ExpectedResponsePanel) -> None:
    assert panel.outlook is not None
    now = evaluate_response(panel.outlook.state)
    mean = panel.figures["mean_response_min"]
    assert f"<b>{now.mean_response_min:.1f} min</b>" in mean.text()
    definitions = {one.key: one.definition for one in RESPONSE_MEASURES}
    assert {key: label.toolTip() for key, label in panel.figures.items()} == definitions
    assert "Within 8 min" in panel.figures["share_within_target"].text()
    assert {unit: bar.isChecked() for unit, bar in panel.units.bars.items()} == dict.fromkeys(
        "ABCd", True
    )
    assert f"{now.units['A']:.0%}" in panel.units.bars["A"].toolTip()
    assert says(panel.demand_note.toolTip(), "demand.preset")
    assert says(panel.demand_note.toolTip(), "minutes_from.grid")


def test_a_click_takes_a_unit_off_duty_on_page_and_map_and_space_restores_it(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    window.map.set_coloring("response")
    before = window.map.map.coloring.values
    qtbot.mouseClick(panel.units.bars["B"], Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    assert panel.outlook is not None
    assert panel.outlook.under.units_off == ("B",)
    assert not panel.units.bars["B"].isChecked()
    assert "off duty" in panel.units.bars["B"].accessibleName()
    after = window.map.map.coloring.values
    assert before is not None
    assert after is not None
    assert after.subject.name == "Expected response, B off"
    assert float(after.values["r1c3"] or 0) > float(before.values["r1c3"] or 0)
    qtbot.keyClick(panel.units.bars["B"], Qt.Key.Key_Space)
    settle(window, qtbot)
    assert window.desk.bridge.conditions.units_off == ()
    assert window.map.map.coloring.values.values == before.values  # type: ignore[union-attr]


def test_fewer_units_are_listed_and_a_row_takes_them_off_duty(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    rows = [panel.table.row(at) for at in range(panel.table.rowCount())]
    kinds = [(len(row.expected.units), row.kind) for row in rows]
    assert kinds == [(4, "all"), (3, "best"), (3, "worst"), (2, "best"), (2, "worst")]
    assert panel.table.index(1, 0).data() == "3, best"
    shares = [row.expected.share_within_target for row in rows]
    assert shares[0] > shares[1] > shares[2]
    assert shares[1] > shares[3] > shares[4]
    panel.fewer_units_view.opened.emit(rows[2].off[0])
    settle(window, qtbot)
    assert panel.units.units_off == rows[2].off


def test_time_of_week_target_and_mutual_aid_change_the_figures(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    def read_busy_share() -> float:
        settle(window, qtbot)
        assert panel.outlook is not None
        return panel.outlook.now.all_busy_probability or 0.0

    usual = read_busy_share()
    panel.bar.bell_window.setCurrentIndex(panel.bar.bell_window.findData(BellWindow.LUNCH))
    assert read_busy_share() > usual
    panel.bar.weekday.setCurrentIndex(4)
    lunch = read_busy_share()
    panel.bar.set_mutual_aid("city", MutualAid.ALWAYS)
    assert read_busy_share() < lunch
    assert panel.bar.aid.text() == "Mutual aid (1)"
    panel.bar.target.setValue(3.0)
    settle(window, qtbot)
    assert "Within 3 min" in panel.figures["share_within_target"].text()


def test_the_dates_of_the_log_behind_the_demand_use_the_desks_format(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    session = window.desk.session
    term = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))
    session.apply("Term", lambda project: replace(project, calendar=SchoolCalendar((term,), ())))
    span = DaySpan(session.today - timedelta(days=28))
    declare_records(session, complete=((INCIDENT_RECORDS, span),))
    call = {"site": "r1c1", "type": "fight", "received_at": f"{span.first}T10:00"}
    log_record(session, "incident", call)
    use_demand(session, LEARNT)
    window.set_formats(US_FORMATS)
    settle(window, qtbot)
    dates = {"since": "Oct 19, 2026", "until": "Nov 15, 2026"}
    assert says(panel.demand_note.text(), "demand.log", **dates)


def test_an_endless_queue_is_reported_instead_of_figures(
    open_session: OpenSession, open_window: OpenWindow, qtbot: QtBot
) -> None:
    project = project_from("AB")
    busy = replace(project.assumptions, calls_per_1000=200.0)
    window = open_window(open_session(replace(project, assumptions=busy)))
    window.show_workspace("coverage")
    panel = window.tabs.panels["expected"]
    window.tabs.show_table(panel)
    settle(window, qtbot)
    panel.bar.queue.setCurrentIndex(1)
    assert says(panel.message.text(), "too_many_calls")
    assert panel.figures["mean_response_min"].text() == ""
    panel.bar.queue.setCurrentIndex(0)
    settle(window, qtbot)
    assert not panel.message.isVisible()


def test_the_reach_of_a_selected_unit_is_drawn_until_the_page_is_left(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    def list_reach_items() -> list[ReachItem]:
        settle(window, qtbot)
        return [item for item in window.map.map.items() if isinstance(item, ReachItem)]

    assert list_reach_items() == []
    window.desk.bridge.select(zone="B")
    (shown,) = list_reach_items()
    assert shown.area.area > 1e6
    panel.bar.target.setValue(2.0)
    (smaller,) = list_reach_items()
    assert smaller.area.area < shown.area.area
    panel.take_units_off(("B",))
    assert list_reach_items() == []
    panel.take_units_off(())
    assert len(list_reach_items()) == 1
    window.show_workspace("plan")
    assert list_reach_items() == []


def test_too_many_moves_to_score_are_explained_in_two_lines(panel: ExpectedResponsePanel) -> None:
    """Three lines once made the column of 300 schools and 40 zones scroll by pixels."""
    assert panel.outlook is not None
    panel.moves.show_moves(replace(panel.outlook, unscored=300 * 39, moves=()), editable=True)
    head = panel.moves.status
    assert "11,700" in head.text() and not panel.moves.cards
    narrow = 206  # the column beside a scroll bar, in a window of 1280
    assert head.heightForWidth(narrow) < 2.5 * head.fontMetrics().lineSpacing()
    panel.moves.show_moves(replace(panel.outlook, tried=9, gaining=0, moves=()), editable=True)
    assert says(head.text(), "moves_scored.none", n="9 moves")


def test_the_best_move_is_applied_by_its_button_and_undone(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    session = window.desk.session
    window.desk.session.apply(
        "Spread A",
        lambda p: p.with_plan(p.plans["plan"].with_assignments({"r2c3": "A", "r2c2": "B"})),
    )
    settle(window, qtbot)
    before = evaluate_response(session.state).mean_response_min or 0
    free = [card for card in panel.moves.cards if card.button.isEnabled()]
    assert free, panel.moves.status.text()
    assert says(free[0].words.text(), "move_gain")
    assert says(panel.moves.status.text(), "moves_scored")
    qtbot.mouseClick(free[0].button, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    assert (evaluate_response(session.state).mean_response_min or 0) < before
    assert (session.undo_label or "").startswith("Assign School")
    session.undo()
    settle(window, qtbot)
    assert evaluate_response(session.state).mean_response_min == pytest.approx(before)


def test_the_search_reduces_response_time_as_one_step(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    session = window.desk.session
    session.apply(
        "Wind the zones",
        lambda p: p.with_plan(p.plans["plan"].with_assignments({"r1c3": "A", "r2c2": "B"})),
    )
    settle(window, qtbot)
    before = evaluate_response(session.state).mean_response_min or 0
    qtbot.mouseClick(panel.moves.search, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    assert (evaluate_response(session.state).mean_response_min or 0) < before
    assert session.undo_label == "Reduce response time in “Plan”"
    assert says(panel.moves.search_result.text(), "response_gain")


def test_without_a_plan_the_page_says_what_to_do(
    open_session: OpenSession, open_window: OpenWindow
) -> None:
    window = open_window(open_session(replace(project_from("AB"), plans={})))
    window.show_workspace("coverage")
    panel = window.tabs.panels["expected"]
    window.tabs.show_table(panel)
    assert panel.message.text() == "No plan yet. Propose zones to see the expected response."
    assert not panel.moves.search.isEnabled()


def test_a_selected_site_shows_its_calls(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    window.desk.bridge.select(site="r1c1")
    assert panel.outlook is not None
    response = panel.outlook.now.sites["r1c1"]
    facts = {"response": f"{response.mean_response_min:.1f} min", "target_min": "8"}
    told = panel.site_note.toolTip()
    assert says(told, "site_response", site="School r1c1", rate="1.60", logged="0", **facts)
    window.desk.bridge.select()
    assert not panel.site_note.isVisible()


def test_the_page_colors_the_map_and_leaving_it_restores_the_colors(
    window: MainWindow, panel: ExpectedResponsePanel, qtbot: QtBot
) -> None:
    assert window.map.choice.subject == "response"
    window.tabs.show_table(window.tabs.panels["sites"])
    assert window.map.choice.subject == "visit"


def test_observed_figures_are_hidden_while_the_model_is_shown(
    window: MainWindow, panel: ExpectedResponsePanel
) -> None:
    board, against = window.left.sections["coverage"], window.left.sections["against"]
    log_record(window.desk.session, "visit", {"site": "r1c1"})  # an empty log hides the figures

    def shows_observed() -> bool:
        return any(part.isVisible() for part in (*board.key_figures, board.ranking, board.weeks))

    assert board.period.question == "model" and against.isVisible() and not shows_observed()
    window.show_workspace("plan")
    window.show_workspace("coverage")
    assert board.period.question == "model" and panel.isVisible() and not shows_observed()
    window.tabs.show_table(window.tabs.panels["observed"])
    assert board.period.question == "visits" and shows_observed() and not against.isVisible()
    board.question.setCurrentIndex(1)
    assert board.period.question == "response" and board.response.isVisible()
    assert window.tabs.panels["observed"].isVisible() and not board.weeks.isVisible()
    board.question.setCurrentIndex(2)
    assert panel.isVisible() and not shows_observed() and window.map.isVisible()
