"""What a dispatcher who is new to the program met in ten calls, by keys."""

import pytest

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.console.incident_card import IncidentCard
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def window(window: MainWindow) -> MainWindow:
    """The window in Log, with the keys."""
    window.activateWindow()
    window.show_workspace("log")
    return window


def card(window: MainWindow, uid: str) -> IncidentCard:
    found = window.left.sections["console"].cards[uid]
    assert isinstance(found, IncidentCard)
    return found


def test_a_unit_that_has_cleared_there_is_not_called_busy(
    window: MainWindow, session: Session
) -> None:
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    units = list(session.project.units)
    for unit in units:
        call = "i" if unit in units[:2] else unit
        if call != "i":
            log_record(session, "incident", {"uid": unit, "site": "r1c2", "type": "fight"})
        log_stamp(session, {"incident": call, "unit": unit, "name": "dispatched"})
    log_stamp(session, {"incident": "i", "unit": units[0], "name": "cleared"})
    said = card(window, "i").row.proposal
    assert units[0] in said and "busy" not in said
