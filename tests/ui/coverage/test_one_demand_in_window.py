"""Tables, cards, the expected page and the verdict of a window use the same demand."""

import re

import pytest

from zoneplanner.app.coverage.demand import set_demand_scenario, use_demand
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.what_if import suppose_site_closed
from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell.main_window import MainWindow

VISITS_MIN, CALL_MIN = 15.0, 35.0


def read_calls_by_page(window: MainWindow, session: Session) -> dict[str, float]:
    """Return the calls per school day that each page of the window shows or uses."""
    sites = [site.id for site in session.project.patrolled]
    visits_min = len(sites) * VISITS_MIN
    zones = window.zones.table
    in_zones = sum(zones.row(at).measures.load_min for at in range(zones.rowCount()))
    window.tabs.show_table(window.sites)
    table = window.sites.table
    rows = [table.row(at) for at in range(table.rowCount())]
    in_sites = sum(row.load_min for row in rows if row.site.patrolled)
    window.show_workspace("coverage")
    expected = window.tabs.panels["expected"]
    window.tabs.show_table(expected)
    told = 0.0
    for site in sites:
        window.desk.bridge.select(site=site)
        found = re.search(r": ([\d.]+) calls per school day", expected.site_note.toolTip())
        assert found is not None
        told += float(found[1])
    window.tabs.show_table(window.tabs.panels["observed"])
    window.show_workspace("plan")
    return {
        "state": sum(load.calls for load in session.state.basis.loads),
        "zones": (in_zones - visits_min) / CALL_MIN,
        "sites": (in_sites - visits_min) / CALL_MIN,
        "expected": told,
    }


def test_all_pages_show_the_same_demand_and_follow_its_changes(
    window: MainWindow, session: Session
) -> None:
    log_record(session, "visit", {"site": "r1c1", "arrived_at": f"{session.today}T07:00"})
    found = read_calls_by_page(window, session)
    first = found["state"]
    assert found == pytest.approx(dict.fromkeys(found, first), abs=0.1)  # shown to a hundredth
    set_demand_scenario(session, "busy", value=24.0, low=12.0, high=36.0)
    use_demand(session, "busy")
    found = read_calls_by_page(window, session)
    assert found == pytest.approx(dict.fromkeys(found, 24.0), abs=0.1)
    suppose_site_closed(session, "r1c1")  # its calls go where its students go
    found = read_calls_by_page(window, session)
    assert found == pytest.approx(dict.fromkeys(found, 24.0), abs=0.1)
    assert first < 24.0
