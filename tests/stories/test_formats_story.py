"""One preference formats dates, times and lengths in every workspace and new dialog."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.log.logbook import log_visit
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import adopt_plan
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.domain.roster.shift_edits import put_shift
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.regional_formats import (
    AMERICAN,
    DESKTOP,
    FORMAT_CHOICES,
    METRIC,
    USUAL,
)

NOW = datetime(2026, 11, 16, 23, 5, tzinfo=UTC)
"""A Monday at 3:05 PM in California."""


@pytest.fixture
def german_window(qapp: QApplication, tmp_path: Path) -> Iterator[ApplicationWindow]:
    """A window with German desktop settings on two county zones and one city zone."""
    made = ApplicationWindow(
        qapp, Settings(appearance="light"), lambda _: None, desktop=QLocale("de_DE")
    )
    made.show()
    path = tmp_path / "letters.gpkg"
    store = create_store(path, project_from("AABB / aaaa"), actor="planner", at=NOW)
    session = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
    log_visit(session, "r1c1")
    made.show_session(session, path)
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def choose(choice: str, planner: ApplicationWindow) -> None:
    """Choose a date format in the menu."""
    found = [one for one in planner.findChildren(QAction) if one.text() == FORMAT_CHOICES[choice]]
    found[-1].trigger()
    QApplication.processEvents()


def read_window(planner: ApplicationWindow) -> dict[str, str]:
    """Return how each part of the window writes one time."""
    main = planner.main
    assert main is not None
    main.show_workspace("shifts")
    board = main.stage.boards["roster"]
    problems = main.tabs.panels["roster_problems"]
    main.tabs.show_table(problems)
    QApplication.processEvents()
    main.show_workspace("log")
    entries = main.tabs.panels["entries"]
    main.tabs.show_table(entries)
    QApplication.processEvents()
    main.desk.bridge.select(site="r1c1")
    main.desk.actions["log_visit"].trigger()
    (form,) = (one for one in main.window().findChildren(QDialog) if one.isVisible())
    assert isinstance(form, VisitDialog)
    field = form.arrived.text()
    form.reject()
    return {
        "saved": main.status.saved.text(),
        "week": board.title.text(),
        "weeks": problems.counted.text().split(", ", 2)[2],
        "entry": str(entries.sorted.index(0, 0).data()),
        "card": main.site_card.facts.value("last").split(" · ")[0].split(",")[0],
        "field": field,
        "length": main.desk.session.formats.length(1609.344),
    }


def test_the_window_uses_desktop_american_or_metric_formats(
    german_window: ApplicationWindow,
) -> None:
    by_desktop = read_window(german_window)
    assert by_desktop["field"] == "16.11.2026 15:05"
    assert by_desktop["weeks"] == "16.11.2026 to 13.12.2026"
    assert by_desktop["length"] == "1.61 km (1.00 mi)"
    choose(METRIC, german_window)
    metric = read_window(german_window)
    assert metric["field"] == "2026-11-16 15:05"
    assert metric["weeks"] == "2026-11-16 to 2026-12-13"
    assert (metric["entry"], metric["week"]) == ("Today 15:05", "16 Nov – 20 Nov")
    choose(AMERICAN, german_window)
    american = read_window(german_window)
    assert american == {
        "saved": "Saved 3:05 PM",
        "week": "Nov 16 – Nov 20",
        "weeks": "Nov 16, 2026 to Dec 13, 2026",
        "entry": "Today 3:05 PM",
        "card": "Today 3:05 PM",
        "field": "11/16/2026 03:05 PM",
        "length": "1.00 mi (1.61 km)",
    }
    assert german_window.settings.dates == AMERICAN
    choose(DESKTOP, german_window)
    assert read_window(german_window) == by_desktop


def test_refusals_and_stored_labels_use_the_desks_format(
    german_window: ApplicationWindow, qtbot: QtBot
) -> None:
    main = german_window.main
    assert main is not None
    session = main.desk.session
    shift = Shift(
        "one",
        "A",
        None,
        NOW.replace(day=17, hour=15, minute=30),
        NOW.replace(day=18, hour=0, minute=0),
    )
    session.apply("New shift A on Tue 17 Nov 07:30–16:00", lambda one: put_shift(one, shift))
    session.apply(
        "Adopt “Plan” from 2026-08-13", lambda one: adopt_plan(one, "plan", date(2026, 8, 13))
    )

    def read() -> list[str]:
        main.show_workspace("plan")
        main.desk.bridge.select(site="r1c1")
        main.map.setFocus()
        qtbot.keyClick(main.map, Qt.Key.Key_2)
        refused = main.desk.notices.text.text()
        history, problems = (main.tabs.panels[name] for name in ("history", "roster_problems"))
        main.tabs.show_table(history)
        QApplication.processEvents()
        labels = [history.table.row(at).label for at in range(2)]
        main.show_workspace("shifts")
        QApplication.processEvents()
        rows = map(problems.table.row, range(problems.table.rowCount()))
        (where,) = (row.where for row in rows if row.level == "open")
        return [refused, *labels, where, main.status.travel.text()]

    choose(AMERICAN, german_window)
    assert read() == [
        "“Plan” is adopted, effective Aug 13, 2026, and is locked; copy it to a new plan first.",
        "Adopt “Plan” from Aug 13, 2026",
        "New shift A on Tue, Nov 17, 7:30 AM–4 PM",
        "A on Tue, Nov 17, 7:30 AM–4 PM",
        "grid travel, 28 mph",
    ]
    choose(METRIC, german_window)
    assert read() == [
        "“Plan” is adopted, effective 2026-08-13, and is locked; copy it to a new plan first.",
        "Adopt “Plan” from 2026-08-13",
        "New shift A on Tue 17 Nov 07:30–16:00",
        "A on Tue 17 Nov 07:30–16:00",
        "grid travel, 45 km/h",
    ]


def test_a_desk_without_a_choice_follows_its_offices_preferences(
    german_window: ApplicationWindow,
) -> None:
    main = german_window.main
    assert main is not None
    choose(USUAL, german_window)
    german_window.set_appearance("system")
    bright = german_window.theme.name
    wishes = {"dates": "us", "clock": "12", "lengths": "miles", "colors": "dark"}
    set_data_row(main.desk.session, "preference", "office", wishes)
    assert german_window.theme.name == "dark" != bright
    formats = main.desk.session.formats
    assert formats.moment(datetime(2026, 11, 16, 15, 5)) == "Nov 16, 2026, 3:05 PM"  # noqa: DTZ001
    assert formats.length(1609.344) == "1.00 mi (1.61 km)"
    german_window.set_appearance("light")  # the desk's own choice comes first
    assert german_window.theme.name == "light"
    choose(METRIC, german_window)
    assert not main.desk.session.formats.miles_first
    main.desk.session.undo()
    german_window.set_appearance("system")
    assert german_window.theme.name == bright
