"""A dispatcher's text stays visible and the focus stays where the work is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import OpenSession, project_from
from layout_items import count_stale_layout_items
from PySide6.QtCore import QDate, QDateTime, Qt, QTime
from PySide6.QtWidgets import (
    QApplication,
    QDateTimeEdit,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_incidents, list_visits, log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.log.record_history import RecordHistoryDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import MomentBox


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The active window in the Log workspace."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_workspace("log")
    return window


def get_focused_widget() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def log_fight(session: Session, uid: str, site: str, *, minutes_ago: int = 10) -> None:
    """Log a fight of some minutes ago to which A is sent."""
    received = (session.clock() - timedelta(minutes=minutes_ago)).isoformat()
    columns = {"uid": uid, "site": site, "type": "fight", "received_at": received}
    log_record(session, "incident", columns)


def test_closing_a_call_keeps_the_focus_in_its_panel(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for uid, site in (("first", "r1c1"), ("second", "r1c3"), ("third", "r1c4")):
        log_fight(session, uid, site)
    log_stamp(session, {"incident": "first", "unit": "A", "name": "onscene"})
    console = window.left.sections["console"]
    name = console.cards["first"].summary.name
    console.cards["first"].take_focus()
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_4)
    assert console.cards["first"].summary.closing
    area = console
    while not isinstance(area, QScrollArea):
        area = area.parentWidget()
    qtbot.wait(1)
    assert area.horizontalScrollBar().maximum() == 0, "the panel is cut off at its side"
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Return)
    assert list(console.cards) == ["second", "third"] and console.highlighted == "second"
    assert count_stale_layout_items() == 0, (
        "Qt crashes once an item that is gone is taken for another object"
    )
    assert get_focused_widget() is console, "a key that follows acts elsewhere"
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Z)
    question = window.findChild(FormDialog)
    assert question is not None
    entry = f"{name}, 07:50"
    assert says(question.title.text(), "take_back.closing", entry=entry)
    assert question.ok.text() == "Take back"
    qtbot.keyClick(question, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.isActiveWindow)
    console.setFocus()
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_1)
    assert list_incidents(session)[1].by_unit == (), "a digit passed on to the next call unasked"
    assert window.desk.pending.counting
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Z)
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Down)
    assert console.highlighted == "third" and get_focused_widget() is console.cards["third"]


def test_the_lockdown_bar_shows_its_whole_warning_without_shrinking_the_tables(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    drawer, bar = window.tabs, window.response_bar
    height = drawer.height()
    log_record(session, "action", {"site": "r1c4", "action": "secure"})
    window.desk.bridge.select(site="r1c1")
    qtbot.keyClick(window.map, Qt.Key.Key_L, MODIFIERS)
    assert bar.isVisible()
    qtbot.wait(1)
    assert bar.warning.width() >= bar.warning.fontMetrics().horizontalAdvance(bar.warning.text())
    qtbot.waitUntil(lambda: bar.could_be_read)
    qtbot.keyClick(bar.site, Qt.Key.Key_Return)
    qtbot.wait(1)
    assert drawer.height() == height


MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def test_underlined_letters_reach_form_fields_and_a_time_starts_at_its_hour(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    form = DrillDialog(window.desk, "r1c1", parent=window)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_N, alt)
    assert get_focused_widget() is form.note.field
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_H, alt)
    assert get_focused_widget() is form.held
    qtbot.keyClicks(get_focused_widget(), "0905")
    held = form.held.dateTime().time()
    assert (held.hour(), held.minute()) == (9, 5) and form.asked.is_set
    form.close()


def test_an_old_call_says_in_words_how_long_it_has_been_open(
    window: MainWindow, session: Session
) -> None:
    log_fight(session, "old", "r1c1", minutes_ago=16 * 60 + 18)
    card = window.left.sections["console"].cards["old"]
    assert "16 h 18 min" in card.details.age.text() and "16:18" not in card.details.age.text()


def test_ending_a_visit_is_named_so_and_its_undo_is_a_whole_sentence(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    window.desk.bridge.select(site="r1c1")
    for _ in range(2):
        qtbot.keyClick(get_focused_widget(), Qt.Key.Key_K)
        qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Return)
    notices = window.desk.notices
    to = Message("record.visit_to", site="School r1c1")
    record = str(Message("record.by_unit", record=to, unit="A"))
    assert says(notices.text.text(), "logged.ended", record=record)
    assert notices.offer.text() == "Take back"


def test_scattered_letters_of_a_name_do_not_match_a_school(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_J)
    for text in ("shrc", "fight"):
        qtbot.keyClicks(get_focused_widget(), text)
        qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Return)
    assert list_incidents(session) == ()
    console = window.left.sections["console"]
    assert get_focused_widget() is console.new.site and "No school" in console.new.preview.text()


def test_enter_or_tab_shows_the_best_match_and_a_second_enter_saves_it(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    form = VisitDialog(window.desk, None, parent=window)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    site = form.site.lineEdit()
    assert site is not None
    for typed, end, becomes in (
        ("r2", Qt.Key.Key_Return, "School r2c1"),
        ("r2 sch", Qt.Key.Key_Tab, "School r2c1"),
        ("r2c3", Qt.Key.Key_Tab, "School r2c3"),
        ("r1c3 sch", Qt.Key.Key_Return, "School r1c3"),
    ):
        form.site.setFocus()
        site.selectAll()
        qtbot.keyClicks(get_focused_widget(), typed)
        qtbot.keyClick(QApplication.activePopupWidget() or get_focused_widget(), end)
        assert form.site.currentText() == becomes and form.isVisible()
        assert QApplication.activePopupWidget() is None
    form.site.setFocus()
    site.selectAll()
    qtbot.keyClicks(get_focused_widget(), "r2")
    assert says(form.missing(), "unknown_site.several", site="“r2”")
    qtbot.keyClick(QApplication.activePopupWidget() or get_focused_widget(), Qt.Key.Key_Escape)
    note = form.note.field
    note.setFocus(Qt.FocusReason.MouseFocusReason)  # a click takes none of several unseen
    assert form.site.currentText() == "r2" and form.missing() and form.isVisible()
    form.site.setFocus()
    site.selectAll()
    qtbot.keyClicks(get_focused_widget(), "r1c3")
    qtbot.keyClick(QApplication.activePopupWidget() or get_focused_widget(), Qt.Key.Key_Return)
    assert not form.refused.isVisible() and list_visits(session) == ()
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Return)
    assert not form.isVisible() and [one.site for one in list_visits(session)] == ["r1c3"]


def test_buttons_beside_the_entries_of_a_figure_are_not_cut_off(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    log_record(session, "visit", {"site": "r1c1", "unit": "A"})
    window.show_workspace("coverage")
    panel = window.tabs.panels["observed"]
    panel.refresh()
    panel.show_entries("r1c1")
    panel.entries_title.set_full_text(
        "A school with a name as long as that of Casa Roble Fundamental High: 12 entries"
    )
    qtbot.wait(1)
    for button in (panel.back, panel.buttons.correct, panel.buttons.void, panel.buttons.history):
        assert button.width() >= button.sizeHint().width(), button.text()


def test_typing_a_or_p_after_the_minutes_sets_am_or_pm(qtbot: QtBot) -> None:
    whole, other = QWidget(), QLineEdit()
    field = MomentBox(QDateTime(QDate(2026, 12, 1), QTime(19, 44)))
    field.setDisplayFormat("MM/dd/yyyy hh:mm AP")
    rows = QVBoxLayout(whole)
    rows.addWidget(field)
    rows.addWidget(other)
    qtbot.addWidget(whole)
    whole.show()
    whole.activateWindow()
    qtbot.waitUntil(whole.isActiveWindow)
    written = (
        ("1205a", 0),
        ("0905pm", 21),
        ("09:05 am", 9),
        ("1205p", 12),
        ("9:5a", 9),
        ("9p", 21),
    )
    for typed, hour in written:
        field.setFocus()
        field.setSelectedSection(QDateTimeEdit.Section.HourSection)
        qtbot.keyClicks(field, typed)
        other.setFocus()
        assert (field.time().hour(), field.time().minute()) == (hour, 5), typed


def test_a_row_filtered_out_leaves_the_windows_selection_alone(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    sites, bridge = window.tabs.panels["sites"], window.desk.bridge
    window.tabs.show_table(sites)
    made = {"site": "r1c1", "unit": "A", "status": "completed"}
    log_record(session, "visit", made)  # nobody misses without a record
    window.desk.actions["not_visited"].trigger()
    assert sites.sorted.rowCount() == len(session.project.sites) - 1
    bridge.select(site="r1c2")
    window.map.setFocus()
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_K)
    qtbot.keyClick(get_focused_widget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: sites.sorted.rowCount() == len(session.project.sites) - 2)
    assert bridge.selection.site == "r1c2", "a row that went away selected another school"
    assert not sites.view.selectionModel().hasSelection()
    bridge.select(site="r1c3")
    qtbot.keyClicks(sites.filter, "r2c")
    assert 0 < sites.sorted.rowCount() < 8 and bridge.selection.site == "r1c3"
    sites.filter.clear()
    assert bridge.selection.site == "r1c3"
    bridge.select(site="r1c4")
    window.tabs.show_table(window.tabs.panels["entries"])
    log_record(session, "visit", {"site": "r1c4", "unit": "A"})
    window.tabs.show_table(sites)
    qtbot.waitUntil(lambda: sites.sorted.rowCount() == len(session.project.sites) - 3)
    assert bridge.selection.site == "r1c4"


def test_a_morning_time_typed_in_the_evening_stays_am_in_every_form(
    open_session: OpenSession, open_window: Callable[[Session], MainWindow], qtbot: QtBot
) -> None:
    evening = datetime(2026, 11, 17, 3, 44, tzinfo=UTC)
    session = open_session(project_from("AABB / AABB / aaaa"), now=evening)
    window = open_window(session)
    session.formats = US_FORMATS
    alt = Qt.KeyboardModifier.AltModifier
    for form, letter in (
        (VisitDialog(window.desk, "r1c1", parent=window), Qt.Key.Key_A),
        (DrillDialog(window.desk, "r1c1", parent=window), Qt.Key.Key_H),
    ):
        form.show()
        form.activateWindow()
        qtbot.waitUntil(form.isActiveWindow)
        for typed, end, shown in (
            ("10:15a", Qt.Key.Key_Tab, "10:15 AM"),
            ("3:00", Qt.Key.Key_Tab, "03:00 AM"),
            ("7p", Qt.Key.Key_Tab, "07:00 PM"),
            ("7:15a", Qt.Key.Key_Return, "07:15 AM"),
        ):
            qtbot.keyClick(get_focused_widget(), letter, alt)
            field = get_focused_widget()
            assert isinstance(field, QDateTimeEdit)
            qtbot.keyClicks(field, typed)
            qtbot.keyClick(field, end)
            assert field.text() == f"11/16/2026 {shown}"
        assert not form.isVisible()
    visit, drill = session.store.entries()[-2:]
    assert [one.occurred_at.hour for one in (visit, drill)] == [15, 15]


def test_user_text_is_never_interpreted_as_markup(
    open_session: OpenSession, open_window: Callable[[Session], MainWindow], qtbot: QtBot
) -> None:
    marked = "<b>x</b> & 100% ok"
    letters = project_from("AABB / AABB / aaaa")
    session = open_session(letters.with_site(replace(letters.sites["r1c1"], name=marked)))
    window = open_window(session)
    window.show_workspace("log")
    visit = log_record(session, "visit", {"site": "r1c1", "unit": "A", "note": marked})
    log_fight(session, "call", "r1c1")
    window.desk.bridge.select(site="r1c1")
    window.desk.show_problem(UserError("unknown_site", site=marked, note=marked))
    history = RecordHistoryDialog(window.desk, visit.uid, lambda *_: 0, lambda _: 0, window)
    history.show()
    qtbot.wait(1)
    found = [one for one in window.findChildren(QLabel) if "<b>" in one.text()]
    assert {history.below, window.desk.notices.text, window.desk.notices.details} <= set(found)
    assert {one.text() for one in found if one.textFormat() is not PLAIN_TEXT} == set()
    tips = [one.toolTip() for one in window.findChildren(QWidget) if "x" in one.toolTip()]
    assert not [tip for tip in tips if "<b>x" in tip]
    index = history.view.model().index(0, 4)
    assert "&lt;b&gt;x" in index.data(Qt.ItemDataRole.ToolTipRole)
    history.close()


PLAIN_TEXT = Qt.TextFormat.PlainText
