"""What is found in the panels is there, and what is shut says what it needs."""

from zoneplanner.publish.publications import PUBLICATIONS
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.search_destinations import (
    PUBLISHED_PARTS,
    SEARCH_DESTINATIONS,
    DestinationFinder,
)


def test_every_destination_is_brought_into_sight(window: MainWindow) -> None:
    ways = DestinationFinder(window.desk, window.show_part)
    for one in SEARCH_DESTINATIONS:
        if not one.do:
            window.desk.notices.hide()
            ways.go(one)
            panel = window.show_part(one.workspace, one.part)
            assert window.workspace == one.workspace and panel.isVisible(), one.key
            field = one.find_field(panel)
            usable = field.isVisible() and field.isEnabled()
            assert usable or window.desk.notices.text.text() == one.needs != "", one.key


def test_every_part_of_a_set_has_a_name_to_be_found_by() -> None:
    assert list(PUBLISHED_PARTS) == list(PUBLICATIONS)
