"""Position tools: moving a site, notes, lengths and areas."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import locks, project_from
from map_driver import Hand, Open
from PySide6.QtCore import QPoint, Qt
from sentences import says

from zoneplanner.domain.plans.edits import put_pin
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.messages import Message

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
NOTE = Pin("n1", 1500.0, -1000.0, "Gate is shut at noon", "Officer A", MONDAY)


def get_zone(hand: Hand, site: str) -> str | None:
    """Return the zone of a site in the plan on screen."""
    return hand.session.plan.assignment.get(site) if hand.session.plan else None


def test_a_site_moved_within_its_jurisdiction_keeps_its_zone(hand: Hand) -> None:
    hand.select_tool("place")
    hand.drag(hand.site("r1c2"), hand.place(1200, -800))
    site = hand.session.project.sites["r1c2"]
    assert (site.x_m, site.y_m) == (pytest.approx(1200, abs=10), pytest.approx(-800, abs=10))
    assert get_zone(hand, "r1c2") == "A"
    (step,) = hand.session.history[1:]
    assert step.label == "Move School r1c2 to another place"
    hand.session.undo()
    assert hand.session.project.sites["r1c2"].x_m == 1500.0


def test_a_site_moved_across_the_city_limits_goes_to_an_allowed_zone(hand: Hand) -> None:
    hand.select_tool("place")
    hand.drag(hand.site("r2c2"), hand.place(1500, -2200))
    assert hand.session.state.basis.placements["r2c2"].jurisdiction == "city"
    assert get_zone(hand, "r2c2") == "a"
    facts = {"site": "School r2c2", "place": "City", "zone": "a"}
    assert hand.notices == [Message("site_relocated.in_zone", **facts)]


def test_moving_a_site_shows_where_it_would_be(hand: Hand) -> None:
    hand.select_tool("place")
    hand.carry(hand.site("r2c2"), hand.place(1500, -2200))
    text = hand.view.overlays.card.text()
    assert "School r2c2" in text and "In City" in text
    assert "In City" in text
    hand.key(Qt.Key.Key_Escape)
    hand.release(hand.place(1500, -2200))
    assert hand.session.project.sites["r2c2"].y_m == -1500.0
    assert len(hand.session.history) == 1


def test_zone_figures_follow_a_site_being_moved(hand: Hand) -> None:
    start = hand.session.state
    hand.select_tool("place")
    hand.carry(hand.site("r2c2"), hand.place(1500, -2200))
    assert "Load, min 88 → 66 −22 88 → 110 +22" in hand.view.overlays.card.text()
    assert hand.session.state is start
    hand.qtbot.waitUntil(lambda: hand.session.state is not start)
    text = hand.view.overlays.card.text()
    for figure in ("Load, min 88 → 66 −22 88 → 110 +22", "Pieces 1 → 1", "In City"):
        assert figure in text
    assert get_zone(hand, "r2c2") == "a"
    hand.key(Qt.Key.Key_Escape)
    assert hand.session.state is start
    assert len(hand.session.history) == 1


def test_a_rejected_position_is_shown_during_the_move(open_map: Open) -> None:
    project = project_from("AB / aa")
    hand = open_map(project.with_plan(replace(project.plans["plan"], locks=locks("r1c1"))))
    hand.select_tool("place")
    hand.carry(hand.site("r1c1"), hand.place(900, -1500))
    text = hand.view.overlays.card.text()
    assert says(text, "no_zone_allowed.in_plan", name="School r1c1", place="City")
    hand.key(Qt.Key.Key_Escape)
    assert hand.refusals == []


def test_a_site_cannot_be_moved_where_no_zone_is_allowed(open_map: Open) -> None:
    hand = open_map(project_from("AAB / AAB"))
    hand.select_tool("place")
    hand.drag(hand.site("r1c1"), QPoint(3, 340))
    assert hand.session.project.sites["r1c1"].x_m == 500.0
    assert len(hand.refusals) == 1


def test_a_locked_site_cannot_be_moved_across_the_city_limits(open_map: Open) -> None:
    project = project_from("AB / aa")
    hand = open_map(project.with_plan(replace(project.plans["plan"], locks=locks("r1c1"))))
    hand.select_tool("place")
    hand.drag(hand.site("r1c1"), hand.place(900, -1500))
    assert get_zone(hand, "r1c1") == "A"
    assert hand.session.project.sites["r1c1"].y_m == -500.0
    facts = {"name": "School r1c1", "place": "City"}
    assert says(str(hand.refusals[0]), "no_zone_allowed.in_plan", **facts)


def test_a_click_with_the_note_tool_asks_for_a_note_there(hand: Hand) -> None:
    hand.select_tool("note")
    with hand.qtbot.waitSignal(hand.view.note_requested) as asked:
        hand.click(hand.place(1500, -1000))
    assert asked.args is not None
    assert asked.args == [pytest.approx(1500, abs=10), pytest.approx(-1000, abs=10)]


@pytest.mark.parametrize("tool", ["select", "note"])
def test_a_pinned_note_shows_its_text_and_opens_on_click(hand: Hand, tool: str) -> None:
    hand.session.apply("Pin", lambda project: put_pin(project, "plan", NOTE))
    hand.select_tool(tool)
    flag = hand.place(1500, -1000) + QPoint(6, -14)
    hand.hover(flag)
    assert NOTE.text in hand.view.overlays.card.text()
    assert NOTE.by in hand.view.overlays.card.text()
    with hand.qtbot.waitSignal(hand.view.note_opened) as asked:
        hand.click(flag)
    assert asked.args == [NOTE]


@pytest.mark.parametrize("tool", ["select", "place", "note"])
def test_dragging_a_note_is_one_step(hand: Hand, tool: str) -> None:
    hand.session.apply("Pin", lambda project: put_pin(project, "plan", NOTE))
    hand.select_tool(tool)
    hand.drag(hand.place(1500, -1000), hand.place(2500, -500))
    assert hand.session.plan is not None
    moved = hand.session.plan.pins["n1"]
    assert (moved.x_m, moved.y_m) == (pytest.approx(2500, abs=150), pytest.approx(-500, abs=150))
    assert (moved.text, moved.by, moved.at) == (NOTE.text, NOTE.by, NOTE.at)
    assert hand.session.undo_label == "Move a note"
    hand.session.undo()
    assert hand.session.plan.pins["n1"] == NOTE


def test_a_canceled_note_drag_leaves_it_in_place(hand: Hand) -> None:
    hand.session.apply("Pin", lambda project: put_pin(project, "plan", NOTE))
    steps = len(hand.session.history)
    hand.carry(hand.place(1500, -1000), hand.place(2500, -500))
    hand.key(Qt.Key.Key_Escape)
    hand.release(hand.place(2500, -500))
    at = hand.view.mapToScene(hand.place(1500, -1000) + QPoint(6, -14))
    assert hand.view.map.pin_at(at) == NOTE
    assert len(hand.session.history) == steps


def test_a_drag_with_the_note_tool_pans_and_pins_nothing(hand: Hand) -> None:
    asked: list[float] = []
    hand.view.note_requested.connect(lambda x_m, _: asked.append(x_m))
    hand.select_tool("note")
    hand.view.zoom_by(2)
    at = hand.view.viewport().rect().center()
    hand.drag(at, at + QPoint(-60, -40))
    assert asked == []


def test_a_removed_or_hidden_note_is_not_on_the_map(hand: Hand) -> None:
    hand.session.apply("Pin", lambda project: put_pin(project, "plan", NOTE))
    at = hand.view.mapToScene(hand.place(1500, -1000) + QPoint(6, -14))
    assert hand.view.map.pin_at(at) == NOTE
    hand.show_layer("pins", False)
    assert hand.view.map.pin_at(at) is None
    hand.show_layer("pins", True)
    hand.session.undo()
    assert hand.view.map.pin_at(at) is None


def test_clicked_corners_measure_length_and_area(hand: Hand) -> None:
    hand.select_tool("measure")
    for x, y in ((0, -500), (3000, -500), (3000, -2500)):
        hand.click(hand.place(x, y))
    text = hand.view.tools["measure"].text
    assert text.startswith("3.1")
    assert "(5.0" in text and "Last leg 1.2" in text
    assert "Inside 1.16 sq mi (3.0" in text


def test_a_double_click_ends_the_line_and_esc_clears_it(hand: Hand) -> None:
    hand.select_tool("measure")
    hand.click(hand.place(0, -500))
    hand.click(hand.place(2000, -500))
    scale = hand.view.transform()
    hand.double_click(hand.place(2000, -500))
    assert hand.view.transform() == scale
    hand.hover(hand.place(100, -2500))
    assert "1.24 mi" in hand.view.tools["measure"].text
    hand.key(Qt.Key.Key_Escape)
    assert not hand.view.tools["measure"].active
    assert hand.view.toolbox.tool == "measure"
