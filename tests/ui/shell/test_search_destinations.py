"""Search results in panels exist, and disabled ones say what they need."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from zoneplanner.app.readiness.records import log_after_action
from zoneplanner.app.session.session import Session
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.messages import Message, say_all
from zoneplanner.publish.publications import PUBLICATIONS
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.search_destinations import (
    PUBLISHED_PARTS,
    SEARCH_DESTINATIONS,
    DestinationFinder,
    list_shift_items,
)
from zoneplanner.ui.widgets.services.search_items import rank_search_items


def test_every_destination_is_scrolled_into_view(window: MainWindow) -> None:
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


def test_what_can_be_renamed_or_removed_in_data_is_found_by_these_words(
    window: MainWindow,
) -> None:
    items = list(DestinationFinder(window.desk, window.show_part).list_items())
    for typed, key in (
        ("rename zone", "zone_names"),
        ("rename plan", "plan_names"),
        ("delete a school", "schools"),
        ("remove officer", "offboard"),
        ("trade shift", "swaps"),
        ("web page", "part map"),
    ):
        assert rank_search_items(typed, items, ())[0].key == key, typed


def test_choosing_a_part_switches_to_an_audience_that_may_have_it(window: MainWindow) -> None:
    ways = DestinationFinder(window.desk, window.show_part)
    form = window.show_part("publish", "publish").form
    for audience, part, then in (
        ("staff", "after-action", "own"),
        ("law-enforcement", "after-action", "law-enforcement"),
        ("staff", "readiness", "staff"),
    ):
        form.audiences[audience].setChecked(True)
        item = next(one for one in ways.list_items() if one.key == f"part {part}")
        item.do()
        assert form.audience == then and form.parts[part].isEnabled(), part


def test_a_review_is_listed_with_its_corrective_actions(window: MainWindow) -> None:
    review = {"site": "r1c1", "event": "Lockdown", "overview": "All.", "event_on": "today"}
    act = {"action": "Mend the door", "owner_role": "Principal", "due_on": "2027-01-08"}
    log_after_action(window.desk.session, review | {"held_on": "today"}, [act, act])
    record = Message("record.at_site", kind="After-action review", site="School r1c1")
    logged = Message("logged.new", record=record)
    said = say_all([logged, Message("logged_with_actions", n=2)])
    assert window.desk.notices.text.text() == said
    assert not window.desk.notices.offer.isVisible(), "one Void could not take back all"


def test_every_part_of_a_set_has_a_searchable_name() -> None:
    assert list(PUBLISHED_PARTS) == list(PUBLICATIONS)


def test_a_shifts_day_does_not_match_the_minutes_of_another(session: Session) -> None:
    def shift(day: int) -> Shift:
        starts_at = datetime(2026, 11, day, 15, 23, tzinfo=UTC)  # 7:23 there
        return Shift(f"s{day}", "A", None, starts_at, starts_at + timedelta(hours=8))

    shifts = {one.uid: one for one in (shift(16), shift(23))}
    session.apply("Shifts", lambda project: replace(project, shifts=shifts))
    items = list(list_shift_items(session, lambda _: None))
    first, *_ = rank_search_items("a mon 23", items, ())
    assert first.key == "shift s23" and "23" in first.text
    assert "open" in first.beside and "open" in first.spoken
    assert [one.key for one in rank_search_items("a mon", items, ())] == ["shift s16", "shift s23"]
