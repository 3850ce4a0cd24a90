"""The board of observed coverage: figures with n, charts to save, and the entries of a row."""

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyqtgraph import InfiniteLine
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from sentences import says

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.geography.map_themes import MAP_THEMES, VISIT
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.plans.edits import adopt_plan
from zoneplanner.ui.coverage.observed_board import NOTHING_LOGGED, ObservedBoard
from zoneplanner.ui.coverage.observed_figures import KEY_FIGURES, REPORT_PERIODS, PeriodChoice
from zoneplanner.ui.coverage.observed_table import ObservedCoverageTable
from zoneplanner.ui.publish.publish_form import PublishForm
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style import theme


@pytest.fixture
def board(window: MainWindow) -> ObservedBoard:
    """The board in the COVERAGE workspace."""
    window.show_workspace("coverage")
    found: ObservedBoard = window.left.sections["coverage"]
    return found


def log_visit(session: Session, days_ago: int, site: str = "r1c1", hour: int = 8) -> None:
    """Log a visit some days ago, at a local hour."""
    day = session.today - timedelta(days=days_ago)
    at = f"{day}T{hour:02}:00"
    log_record(session, "visit", {"site": site, "arrived_at": at, "departed_at": f"{at[:14]}20"})


def log_call(
    session: Session, minutes: int, site: str = "r1c1", *, dispatched_after_min: int | None = None
) -> None:
    """Log a call a week ago that was answered after some minutes."""
    received = session.clock() - timedelta(days=7)
    times = {"received_at": received, "onscene_at": received + timedelta(minutes=minutes)}
    if dispatched_after_min is not None:
        times["dispatched_at"] = received + timedelta(minutes=dispatched_after_min)
    written = {name: at.isoformat() for name, at in times.items()}
    log_record(session, "incident", {"site": site, "type": "fight", "units": "A", **written})


def log_calls(
    board: ObservedBoard, session: Session, minutes: Sequence[int], **stamps: int
) -> None:
    """Log several calls; the window updates once, after the last."""
    window = board.window()
    assert isinstance(window, MainWindow)
    with QSignalBlocker(window.desk.bridge):
        for one in minutes[:-1]:
            log_call(session, one, **stamps)
    log_call(session, minutes[-1], **stamps)


def declare_all(session: Session, days_ago: int) -> None:
    """Declare the visits and calls of the last days complete."""
    since = DaySpan(session.today - timedelta(days=days_ago))
    declare_records(session, complete=(("visits", since), ("incidents", since)))


def find_tile(board: ObservedBoard, name: str) -> Any:
    """Return the row of a key figure."""
    return board.key_figures[[spec[0] for spec in KEY_FIGURES].index(name)]


def read_tile(board: ObservedBoard, name: str) -> tuple[str, str]:
    """Return value and n of a key figure."""
    found = find_tile(board, name)
    return found.value.text(), found.n.text()


def test_an_empty_log_hides_the_figures_and_says_what_to_do(board: ObservedBoard) -> None:
    assert board.note.isVisible() and board.note.text() == NOTHING_LOGGED
    parts = (*board.key_figures, board.not_visited, board.ranking, board.weeks, board.heat)
    assert not any(one.isVisible() for one in parts)
    assert read_tile(board, "visits") == ("–", "no record")
    assert board.weeks.tip_at(0, 0).startswith("Week from")


def test_key_figures_show_n_and_definition_and_no_p90_of_too_few_responses(
    board: ObservedBoard, session: Session
) -> None:
    log_calls(board, session, range(1, 10))
    assert read_tile(board, "response_p50_min") == ("–", "9 responses")
    assert read_tile(board, "response_within_target_share") == ("–", "9 responses")
    median = find_tile(board, "response_p50_min")
    assert says(median.toolTip(), "figure.response_p50_min")
    assert says(median.toolTip(), "figure_too_few", n="9")
    log_call(session, 10)
    assert read_tile(board, "response_p50_min") == ("5.5 min", "10 responses")
    assert "between 2.0 min and 9.0 min in 95 of 100 cases" in median.toolTip()
    assert read_tile(board, "response_p90_min") == ("–", "10 responses")
    assert says(find_tile(board, "response_p90_min").toolTip(), "figure_too_few", n="10")
    assert read_tile(board, "response_within_target_share") == ("80%", "10 responses")
    board.target.setValue(3)
    assert read_tile(board, "response_within_target_share") == ("30%", "10 responses")
    assert re.findall(r"\d+", board.response.note.text()) == ["10", "0", "10"]


def test_board_and_table_share_one_period(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    log_visit(session, 3)
    log_visit(session, 40)
    table: ObservedCoverageTable = window.tabs.panels["observed"]
    assert read_tile(board, "visits") == ("1", "")
    board.periods.setCurrentIndex(board.periods.findData("all"))
    assert read_tile(board, "visits") == ("2", "")
    assert table.note.text().startswith(f"{REPORT_PERIODS['all']}, ")
    board.periods.setCurrentIndex(board.periods.findData("own"))
    assert board.first.isVisible()
    day = session.today - timedelta(days=40)
    board.period.choose(PeriodChoice("own", first=day, last=day))
    assert read_tile(board, "visits") == ("1", "")
    assert table.note.text().startswith(f"{day} to {day}.")


def test_the_period_survives_grouping_and_sorting_and_carries_over_to_publish(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    log_visit(session, 3)
    window.desk.actions["go_publish"].trigger()
    form = window.findChildren(PublishForm)[0]
    window.desk.actions["go_coverage"].trigger()
    board.periods.setCurrentIndex(board.periods.findData("last_month"))
    assert (form.first.day(), form.last.day()) == (date(2026, 10, 1), date(2026, 10, 31))
    board.target.setValue(6)
    assert form.build_request().target_min == 6
    table: ObservedCoverageTable = window.tabs.panels["observed"]
    table.view.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    table.grouping.setCurrentIndex(table.grouping.findData("zone"))
    assert table.period.choice.period == "last_month"
    assert table.view.horizontalHeader().sortIndicatorSection() == 2


def test_a_row_opens_to_its_entries(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    log_visit(session, 3)
    log_visit(session, 2)
    log_visit(session, 2, "r1c2")
    log_call(session, 4)
    table: ObservedCoverageTable = window.tabs.panels["observed"]
    table.view.opened.emit("r1c1")
    assert table.entries_title.text() == "School r1c1: 3 entries"
    kinds = [table.entries.row(at).kind for at in range(table.entries.rowCount())]
    assert kinds == ["Visit", "Visit", "Incident"]
    log_visit(session, 1)
    assert table.entries_title.text() == "School r1c1: 4 entries"
    table.back.click()
    assert table.stack.currentWidget() is table.view


def test_hovering_shows_week_minute_and_hour(board: ObservedBoard, session: Session) -> None:
    log_visit(session, 3, hour=13)
    log_call(session, 4)
    monday = session.today - timedelta(days=session.today.weekday() + 7)
    at = next(n for n, bar in enumerate(board.weeks.bars) if str(monday) in bar.tip)
    assert board.weeks.tip_at(at + 0.3, 1) == board.weeks.bars[at].tip
    assert board.weeks.bars[at].tip == f"Week from {monday}: 1 visit, 1 call"
    drawn = {one.label for one in board.weeks.bars if one.partial and one.value}
    told = board.weeks.note.text().partition("Hatched: ")[2]
    explained = {one.label for one in board.weeks.bars if one.partial and one.label in told}
    assert explained == drawn, "only drawn hatches are explained"
    assert board.response.tip_at(3, 0.5) == "over 3 min, up to 4: 1 response"
    told = [board.heat.tip_at(x, y) for x in range(12) for y in range(7)]
    assert [tip for tip in told if tip.endswith(": 1 arrival")] == ["Fri 13: 1 arrival"]


def test_charts_are_saved_as_picture_and_as_figures(
    board: ObservedBoard, session: Session, tmp_path: Path, window: MainWindow
) -> None:
    log_visit(session, 3)
    for plot in (board.weeks, board.response, board.heat):
        picture, figures = tmp_path / f"{id(plot)}.png", tmp_path / f"{id(plot)}.csv"
        plot.save_picture(picture)
        plot.save_figures(figures)
        assert QImage(str(picture)).width() > 100
        rows = list(csv.reader(figures.read_text(encoding="utf-8-sig").splitlines()))
        assert len(rows[0]) > 1
    window.set_theme(theme.THEMES["dark"])
    assert board.weeks.theme.dark
    board.weeks.save_picture(tmp_path / "no folder" / "chart.png")
    assert not (tmp_path / "no folder").exists()
    assert "no folder" in window.desk.notices.text.text()
    assert session.store.path is not None
    board.weeks.save_picture(session.store.path)
    assert says(window.desk.notices.text.text(), "project_itself")
    assert session.store.verify().ok


def test_the_verdict_needs_enough_responses_and_declared_days(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    board.period.ask("model")
    against = window.left.sections["against"]
    log_call(session, 2)
    assert says(against.method_text.text(), "compared_plan.none_in_force", plan="“Plan”")
    assert (
        against.sentences[0]
        == "Mean, dispatched to on scene: Too few to tell: 0 responses; at least 10 are needed."
    )
    log_calls(board, session, [30, 31] * 20, dispatched_after_min=20)
    assert says(against.sentences[0], "log_not_declared")
    declare_all(session, 7)
    assert says(against.sentences[0], "outcome.worse")
    assert says(against.sentences[0], "verdict.mean")  # with its calls, or Expected would differ
    session.apply("Adopt", partial(adopt_plan, plan_uid="plan", effective_on=session.today))
    assert says(against.method_text.text(), "compared_plan.not_in_force", plan="“Plan”")
    log_record(
        session,
        "incident",
        {"site": "r1c1", "type": "fight"}
        | dict.fromkeys(("received_at", "dispatched_at", "onscene_at"), f"{session.today}T07:00"),
    )
    assert says(against.sentences[0], "plan_not_all_along", without="40", n="41 responses")
    assert says(against.method_text.text(), "compared_plan", plans="“Plan”")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("week", date(2026, 11, 16), None),
        ("last_week", date(2026, 11, 9), date(2026, 11, 15)),
        ("weeks", date(2026, 10, 26), None),
        ("this_month", date(2026, 11, 1), None),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("semester", date(2026, 8, 13), None),
        ("month", date(2026, 10, 20), None),
        ("year", date(2026, 7, 1), None),
        ("all", None, None),
    ],
)
def test_periods_are_counted_from_today(name: str, first: date | None, last: date | None) -> None:
    today = datetime(2026, 11, 18).date()  # noqa: DTZ001
    terms = (
        DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),
        DateRange("Spring", date(2027, 1, 4), date(2027, 6, 10)),
    )
    assert PeriodChoice(name).days(today, SchoolCalendar(terms, ())) == (first, last)


def test_publish_starts_with_the_period_that_was_already_selected(
    board: ObservedBoard, window: MainWindow
) -> None:
    board.periods.setCurrentIndex(board.periods.findData("last_month"))
    window.desk.actions["go_publish"].trigger()
    form = window.findChildren(PublishForm)[0]
    assert (form.first.day(), form.last.day()) == (date(2026, 10, 1), date(2026, 10, 31))


def test_the_map_shows_the_log_as_of_the_end_of_the_period(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    term = SchoolCalendar((DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18)),), ())
    session.apply("Calendar", lambda project: replace(project, calendar=term))
    for days_ago in (3, 40):
        log_visit(session, days_ago)

    def read_map() -> tuple[float | str | None, str]:
        values = window.map.map.coloring.values
        assert values is not None
        assert values.subject.key == VISIT
        return values.values["r1c1"], values.subject.name

    assert read_map() == (None, MAP_THEMES[VISIT].name)
    (shade,) = (one for one in window.map.map.coloring.classes if one.sites)
    assert shade.missing and not window.map.map.coloring.values.declared
    declare_all(session, 40)
    assert read_map() == (1, MAP_THEMES[VISIT].name)
    board.periods.setCurrentIndex(board.periods.findData("last_month"))
    table: ObservedCoverageTable = window.tabs.panels["observed"]
    window.tabs.show_table(table)
    model = table.view.model()
    days, name = read_map()
    names = [model.index(at, 0).data() for at in range(model.rowCount())]
    assert str(days) == model.index(names.index("School r1c1"), 1).data() == "17"
    assert name.endswith(f" by {session.formats.short_day(date(2026, 10, 31))}")
    window.show_workspace("log")
    assert read_map() == (1, MAP_THEMES[VISIT].name)
    window.show_workspace("coverage")
    assert read_map()[0] == days


def test_the_bars_left_of_the_target_line_are_the_responses_within_it(
    board: ObservedBoard, session: Session
) -> None:
    for minutes in (*range(1, 13), 8, 8):
        log_call(session, minutes)
    before = [bar.value for at, bar in enumerate(board.response.bars) if at < 8]
    assert read_tile(board, "response_within_target_share") == (
        f"{sum(before) / 14:.0%}",
        "14 responses",
    )
    (line,) = [item for item in board.response.view.items() if isinstance(item, InfiniteLine)]
    labels = dict(board.response.view.getAxis("bottom")._tickLevels[0])
    assert labels[line.value()] == "8"


def test_fewer_than_ten_responses_are_listed_and_ten_are_charted(
    board: ObservedBoard, session: Session
) -> None:
    plot = board.response
    assert plot.view.isHidden() and not re.search(r"\d", plot.listing.text())
    log_calls(board, session, range(1, 10))
    assert plot.view.isHidden()
    assert plot.listing.text().splitlines()[4] == "over 4 min, up to 5: 1 response"
    assert len(plot.listing.text().splitlines()) == 9
    log_call(session, 10)
    assert plot.listing.isHidden()
    assert not plot.view.isHidden()
    spacing = plot.view.getAxis("left")._tickSpacing
    assert all(step == int(step) for step, _ in spacing)


def test_purposes_are_shown_in_american_spelling(board: ObservedBoard, session: Session) -> None:
    at = f"{session.today - timedelta(days=3)}T08:00"
    log_record(session, "visit", {"site": "r1c1", "arrived_at": at, "purpose": "counseling"})
    assert "Counseling 1" in board.weeks.note.text()


def test_invalid_dates_of_a_period_are_corrected(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    log_visit(session, 3)
    board.periods.setCurrentIndex(board.periods.findData("own"))
    today = session.today
    board.first.put(date(2099, 1, 1))
    assert (board.first.day(), board.last.day()) == (today, today)
    board.first.put(today - timedelta(days=30))
    board.last.put(today - timedelta(days=60))
    days = today - timedelta(days=60)
    assert (board.period.choice.first, board.period.choice.last) == (days, days)
    assert read_tile(board, "visits") == ("–", "")
    assert says(board.note.text(), "period.not_recorded")
    board.first.put(date(1800, 1, 1))
    assert window.desk.notices.text.text().startswith("Visit to")  # no refusal was shown


def test_each_question_has_its_own_figures_and_columns_with_the_worst_zones_first(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    log_visit(session, 3, "r1c1")
    log_visit(session, 3, "r1c2")
    log_visit(session, 3, "r1c3")
    for minutes in range(1, 12):
        log_call(session, minutes, "r3c1", dispatched_after_min=0)

    def list_zones() -> list[tuple[str, str]]:
        return [(row.zone, row.text) for row in map(board.zones.row, range(board.zones.rowCount()))]

    def list_titles() -> list[str]:
        model = window.tabs.panels["observed"].view.model()
        across = Qt.Orientation.Horizontal
        return [str(model.headerData(at, across)) for at in range(model.columnCount())]

    def find_cut_captions() -> list[str]:
        labels = [
            label
            for tile in board.key_figures
            if tile.isVisible()
            for label in (tile.title, tile.value, tile.n)
        ]
        assert labels
        return [one.text() for one in labels if one.width() < one.sizeHint().width()]

    assert list_zones() == [], "undeclared days count no school as unvisited"
    declare_all(session, 7)
    assert list_zones() == [("a", "0 of 4"), ("B", "1 of 4"), ("A", "2 of 4")]
    assert {row.share for row in map(board.zones.row, range(3))} == {"–"}  # only four schools
    told = board.zones.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert "at least 10 schools" in told
    assert (board.not_visited.value.text(), board.not_visited.n.text()) == ("9", "of 12 schools")
    assert list_titles()[:2] == ["School", "School days\nsince visit"]
    assert not any(tile.isVisible() for tile in board.key_figures[4:])
    assert find_cut_captions() == []
    board.question.setCurrentIndex(1)
    assert list_zones()[0][0] == "a" and list_zones()[0][1] == "6.0 (11)"
    assert list_titles()[:2] == ["School", "Median\nmin"] and "Visits" not in list_titles()
    assert "Calls" in list_titles()
    model = window.tabs.panels["observed"].view.model()
    (row,) = (at for at in range(model.rowCount()) if model.index(at, 0).data() == "School r3c1")
    assert [model.index(row, at).data() for at in (1, 4)] == ["6.0 (11)", "11"], "n is visible"
    assert [tile.isVisible() for tile in board.key_figures] == [False] * 4 + [True] * 5
    QApplication.processEvents()
    assert find_cut_captions() == []
    assert board.ranking.isVisible()
    board.question.setCurrentIndex(2)  # the model's own page follows below
    QApplication.processEvents()
    assert not board.ranking.isVisible() and not any(tile.isVisible() for tile in board.key_figures)


def test_the_school_that_waits_longest_is_first(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    log_visit(session, 3)
    table: ObservedCoverageTable = window.tabs.panels["observed"]
    assert table.isVisible()
    model = table.view.model()
    said = {model.index(at, 1).data() for at in range(model.rowCount())}
    assert said == {"–", "0"}, "the days are undeclared, and none since the visit was a school day"
    declare_all(session, 7)
    model = table.view.model()
    first = [model.index(at, 0).data() for at in range(model.rowCount())]
    assert first[-1] == "School r1c1" and model.index(0, 1).data() == "none logged"
    table.view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert model.index(model.rowCount() - 1, 0).data() == "School r1c1", "never visited is longest"


def test_a_missing_visit_is_told_from_days_that_a_row_does_not_count(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    for site in ("r1c1", "r1c2", "r2c1"):
        log_visit(session, 3, site)
    declare_all(session, 7)
    table: ObservedCoverageTable = window.tabs.panels["observed"]

    def read_waits(by: str) -> dict[str, str]:
        table.grouping.setCurrentIndex(table.grouping.findData(by))
        model = table.view.model()
        return {model.index(at, 0).data(): model.index(at, 1).data()
                for at in range(model.rowCount())}  # fmt: skip

    assert set(read_waits("week").values()) == {"–"}, "a week is not a place"
    assert read_waits("zone")["Zone A"] == "none at 1 site", "the others of the zone were visited"
    assert read_waits("all") == {"All": "none at 9 sites"}
    assert read_waits("site")["School r1c3"] == "none logged"


def test_a_call_type_without_visits_reports_no_missing_visit(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    log_visit(session, 3)
    log_call(session, 5)
    declare_all(session, 30)
    table: ObservedCoverageTable = window.tabs.panels["observed"]
    table.grouping.setCurrentIndex(table.grouping.findData("type"))
    model = table.view.model()
    row = [model.index(0, at).data() for at in range(model.columnCount())]
    assert model.rowCount() == 1 and row == ["fight", *["–"] * (len(row) - 1)]


def test_an_unpatrolled_school_is_not_counted_as_unvisited(
    board: ObservedBoard, window: MainWindow, session: Session
) -> None:
    """An unpatrolled charter had a call; days not on record are not judged."""
    charter = replace(session.project.sites["r1c4"], id="charter", name="Charter", patrolled=False)
    session.apply("Charter", lambda project: project.with_site(charter))
    log_visit(session, 3)
    log_call(session, 5, "charter")
    assert (board.not_visited.value.text(), board.not_visited.n.text()) == ("–", "not declared")
    assert says(board.note.text(), "record_basis.not_declared", kinds="visits and calls")
    assert board.declare.isVisible()
    assert board.declare.defaultAction() is window.desk.actions["office_setup"]
    declare_all(session, 7)
    assert not says(board.note.text(), "record_basis.not_declared")
    assert not board.declare.isVisible()
    assert (board.not_visited.value.text(), board.not_visited.n.text()) == ("11", "of 12 schools")
    model = window.tabs.panels["observed"].view.model()
    rows = [(model.index(at, 0).data(), model.index(at, 1).data()) for at in range(13)]
    assert [said for _, said in rows] == [*["none logged"] * 11, "0", "not patrolled"]
    assert rows[-1][0] == "Charter"
    day = session.today - timedelta(days=40)
    board.period.choose(PeriodChoice("own", first=day, last=day))
    assert (board.not_visited.value.text(), board.not_visited.n.text()) == ("–", "no record")
    assert not board.zones.rowCount()
