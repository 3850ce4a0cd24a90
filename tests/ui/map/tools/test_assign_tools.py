"""The map's assign tools: which sites each one moves, which stay, and the resulting step."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from builders import locks, project_from
from map_driver import Hand, Open
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from sentences import says

from zoneplanner.app.plans.manual_assignment import SourceFilter
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, assign_sites
from zoneplanner.domain.plans.plan import LockScope, Plan
from zoneplanner.messages import Message
from zoneplanner.ui.map.scene.zones_and_lines import DIMMED_ZONE, NORMAL_ZONE, TARGET_ZONE


def get_plan(hand: Hand) -> Plan:
    """Return the plan on screen."""
    assert hand.session.plan is not None
    return hand.session.plan


def list_steps(hand: Hand) -> list[str]:
    """Return the labels of the history after its first entry, without the verb."""
    return [step.label.removeprefix("Assign ") for step in hand.session.history][1:]


def make_ring(hand: Hand, left: float, top: float, right: float, bottom: float) -> list[QPoint]:
    """Return the corners of a rectangle in project meters, closed."""
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return [hand.place(*corner) for corner in corners]


def drag_brush(hand: Hand) -> None:
    hand.draw(hand.place(1500, -300), hand.place(1500, -1000), hand.place(1500, -1700))


def drag_box(hand: Hand) -> None:
    hand.draw(hand.place(1100, -100), hand.place(1300, -1000), hand.place(1900, -1900))


def draw_lasso(hand: Hand) -> None:
    hand.draw(*make_ring(hand, 1100, -100, 1900, -1900))


DRAWN = [("brush", drag_brush), ("box", drag_box), ("lasso", draw_lasso)]


@pytest.mark.parametrize(("tool", "draw"), DRAWN)
def test_sites_drawn_over_move_to_the_target_as_one_step(
    hand: Hand, tool: str, draw: Callable[[Hand], None]
) -> None:
    hand.select_tool(tool, "B")
    draw(hand)
    assert hand.session.undo_label is None
    assert get_plan(hand).sites_of("A") == ("r1c1", "r2c1")
    hand.release(hand.place(1500, -1700) if tool == "brush" else hand.place(1900, -1900))
    assert list_steps(hand) == ["2 sites to B"]
    assert hand.notices == [str(Message("stroke.done", taken="2 sites", zone="B"))]
    hand.session.undo()
    assert get_plan(hand).sites_of("A") == ("r1c1", "r1c2", "r2c1", "r2c2")
    hand.session.redo()
    assert get_plan(hand).sites_of("A") == ("r1c1", "r2c1")


@pytest.mark.parametrize(("tool", "draw"), DRAWN)
@pytest.mark.parametrize("by", ["esc", "right"])
def test_a_canceled_gesture_leaves_no_trace(
    hand: Hand, tool: str, draw: Callable[[Hand], None], by: str
) -> None:
    start = hand.session.state
    hand.select_tool(tool, "B")
    draw(hand)
    assert hand.session.state is not start
    if by == "esc":
        hand.key(Qt.Key.Key_Escape)
    else:
        hand.right_click(hand.place(1900, -1900))
    hand.release(hand.place(1900, -1900))
    assert hand.session.state is start
    assert (list_steps(hand), hand.notices, hand.refusals) == ([], [], [])
    assert {item.style.highlight for item in hand.view.map.zones.values()} == {NORMAL_ZONE}
    assert hand.view.toolbox.tool == tool


def test_esc_without_a_gesture_puts_the_tool_away(hand: Hand) -> None:
    hand.select_tool("brush")
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.toolbox.tool == "select"


def test_canceling_with_the_right_button_opens_no_menu(hand: Hand) -> None:
    asked: list[str] = []
    hand.view.block_menu_requested.connect(lambda block, _at: asked.append(block))
    at = hand.place(1500, -700)

    def menu() -> None:
        where = hand.view.viewport().mapToGlobal(at)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, where)
        QApplication.sendEvent(hand.view.viewport(), event)

    hand.select_tool("brush", "B")
    drag_brush(hand)
    hand.right_click(at)
    menu()
    assert asked == []
    hand.right_click(at)
    menu()
    assert asked == ["B1-2"]


def test_brushing_shows_figures_of_both_zones_at_the_pointer(hand: Hand) -> None:
    hand.select_tool("brush", "B")
    drag_brush(hand)
    text = hand.view.overlays.card.text()
    assert text.startswith("2 sites → B")
    for figure in ("88 → 44 −44", "88 → 132 +44", "1,600 → 800 −800", "Pieces 1 → 1"):
        assert figure in text
    assert "Drive, min" in text and "Deviation" in text
    assert hand.texts[-1].startswith("2 sites to B: A 88 → 44 min")
    hand.release(hand.place(1500, -1700))
    assert hand.view.overlays.card.isHidden()
    assert hand.texts[-1] == ""


def test_the_brush_stops_at_the_city_limits_and_says_why(hand: Hand) -> None:
    hand.select_tool("brush", "B")
    hand.draw(hand.place(1500, -1500), hand.place(1500, -2500))
    states = {zone: item.style.highlight for zone, item in hand.view.map.zones.items()}
    assert states == {"A": NORMAL_ZONE, "B": TARGET_ZONE, "a": DIMMED_ZONE}
    facts = {"name": "School r3c2", "place": "City"}
    assert says(hand.view.overlays.card.text(), "zone_not_allowed.jurisdiction", **facts)
    hand.release(hand.place(1500, -2500))
    assert get_plan(hand).assignment["r2c2"] == "B"
    assert get_plan(hand).assignment["r3c2"] == "a"
    assert says(hand.notices[0], "stroke.done_one", taken="School r2c2", zone="B")
    assert says(hand.notices[0], "zone_not_allowed.jurisdiction", **facts)


def test_a_gesture_only_beyond_the_city_limits_changes_nothing(hand: Hand) -> None:
    hand.select_tool("box", "B")
    hand.draw(hand.place(100, -2100), hand.place(3900, -2900))
    hand.release(hand.place(3900, -2900))
    assert list_steps(hand) == []
    assert hand.refusals == [str(Message("stroke.all_in", what="4 sites stay", where="City"))]


def test_locked_sites_stay_and_are_counted(open_map: Open) -> None:
    project = project_from("AABB / AABB")
    locked = replace(project.plans["plan"], locks=locks("r1c1", "r1c2"))
    hand = open_map(project.with_plan(locked))
    hand.select_tool("lasso", "B")
    hand.draw(*make_ring(hand, 50, -50, 1950, -1950))
    hand.release(hand.place(50, -50))
    assert get_plan(hand).sites_of("A") == ("r1c1", "r1c2")
    (told,) = hand.notices
    assert says(told, "stroke.done", taken="2 sites", zone="B")
    assert says(told, "stroke.all_locked", what="2 sites stay")
    for name in ("School r1c1", "School r1c2"):
        author = Message("lock_author", author="planner", on=date(2026, 11, 16))
        lock = Message("plan_lock.site", name=name, why=" (asked for)")
        assert f"{lock}. {author}" in told


def test_every_tool_shows_who_locked_a_zone_when_and_why(open_map: Open) -> None:
    project = project_from("AABB / AABB")
    hand = open_map(add_plan_lock(project, "plan", LockScope.ZONE, "A", "bus line"))
    one = (hand.place(200, -500), hand.place(800, -500))
    every = hand.place(50, -50), hand.place(1950, -1950)
    who = str(Message("lock_author", author="planner", on=date(2026, 11, 16)))
    lock = Message("plan_lock.zone", name="A", why=" (bus line)")
    moving = Message("zone_not_allowed.zone_locked", lock=lock, name="School r1c1")
    stay = Message("stroke.all_locked", what="4 sites stay")
    all_stay = f"{stay} {lock}. {who}"
    hand.select_tool("brush", "B")
    hand.draw(*one)
    hand.release(one[-1])
    assert hand.refusals[-1] == f"{moving} {who}"
    hand.select_tool("box", "B")
    hand.draw(*every)
    hand.release(every[-1])
    assert hand.refusals[-1] == all_stay
    hand.select_tool("lasso", "B")
    hand.draw(*make_ring(hand, 50, -50, 1950, -1950))
    hand.release(hand.place(50, -50))
    assert hand.refusals[-1] == all_stay
    hand.select_tool("flood", "B")
    hand.click(one[0])
    assert hand.refusals[-1].endswith(who) and str(lock) in hand.refusals[-1]
    hand.select_tool("brush", "A")
    hand.draw(hand.place(2200, -500), hand.place(2800, -500))
    hand.release(hand.place(2800, -500))
    into = Message("zone_locked.target", zone="A", why=" (bus line)")
    assert hand.refusals[-1] == f"{into} {who}"
    assert list_steps(hand) == []


def test_a_filter_leaves_other_zones_alone(open_map: Open) -> None:
    hand = open_map(project_from("ABC"))
    hand.select_tool("brush", "C")
    hand.view.toolbox.set_source(SourceFilter(zone="B"))
    hand.draw(hand.place(200, -500), hand.place(1500, -500))
    hand.release(hand.place(1500, -500))
    assert dict(get_plan(hand).assignment) == {"r1c1": "A", "r1c2": "C", "r1c3": "C"}
    hand.draw(hand.place(200, -500), hand.place(600, -500))
    hand.release(hand.place(600, -500))
    assert hand.refusals == [str(Message("stroke.nothing", source="what is in B"))]


@pytest.mark.parametrize(
    ("tool", "what"),
    [("box", "box"), ("lasso", "lasso"), ("brush", "brush"), ("assign", "click"), ("flood",) * 2],
)
def test_a_gesture_over_no_site_says_so(hand: Hand, tool: str, what: str) -> None:
    start = hand.session.state
    hand.select_tool(tool, "B")
    hand.view.toolbox.resize(1)
    hand.click(QPoint(3, 340))
    assert hand.session.state is start
    assert hand.refusals == [Message(f"nothing_there.{what}")]


@pytest.mark.parametrize("tool", ["assign", "brush", "box", "lasso", "flood"])
def test_no_tool_can_change_an_adopted_plan(hand: Hand, tool: str) -> None:
    hand.session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2026, 11, 16)))
    start = hand.session.state
    hand.select_tool(tool, "B")
    at = hand.place(1500, -800)
    hand.draw(at, at + QPoint(1, 1))
    hand.release(at)
    assert hand.session.state is start
    assert len(hand.refusals) == 1
    assert says(hand.refusals[0], "plan_adopted")


def test_a_stroke_ends_if_the_project_changes(hand: Hand) -> None:
    hand.select_tool("brush", "B")
    drag_brush(hand)
    hand.session.apply("Move", lambda project: assign_sites(project, "plan", {"r2c1": "B"}))
    hand.release(hand.place(1500, -1700))
    assert list_steps(hand) == ["Move"]
    assert get_plan(hand).sites_of("A") == ("r1c1", "r1c2", "r2c2")


def test_a_wider_brush_reaches_farther(hand: Hand) -> None:
    hand.select_tool("brush", "B")
    at = hand.place(1700, -900)
    hand.view.toolbox.resize(1)
    hand.click(at)
    assert list_steps(hand) == ["School r1c2 to B"]
    hand.session.undo()
    hand.view.toolbox.resize(3)
    hand.click(at)
    assert list_steps(hand)[-1] == "2 sites to B"


def test_a_click_assigns_a_site_or_an_empty_block(open_map: Open) -> None:
    hand = open_map(project_from("A..B"))
    hand.select_tool("assign", "B")
    hand.click(hand.place(1500, -500))
    assert dict(get_plan(hand).block_overrides) == {"B1-2": "B"}
    assert list_steps(hand) == ["block B1-2 to B"]
    hand.click(hand.site("r1c1"))
    assert get_plan(hand).assignment["r1c1"] == "B"
    assert list_steps(hand)[-1] == "School r1c1 to B"


def test_a_drag_with_the_click_tool_pans_and_assigns_nothing(hand: Hand) -> None:
    hand.select_tool("assign", "B")
    hand.view.zoom_by(2)
    at = hand.view.viewport().rect().center()
    kept = hand.view.mapToScene(at)
    hand.drag(at, at + QPoint(-60, -40))
    assert (hand.view.mapFromScene(kept) - at - QPoint(-60, -40)).manhattanLength() <= 1
    assert list_steps(hand) == []


def test_a_flood_fill_assigns_a_cell_and_its_neighbors_of_the_same_zone(open_map: Open) -> None:
    hand = open_map(project_from("AAAB / AAAB"))
    hand.select_tool("flood", "B")
    hand.view.toolbox.resize(1)
    hand.click(hand.place(200, -200))
    assert get_plan(hand).sites_of("A") == ("r1c3", "r2c2", "r2c3")
    hand.view.toolbox.resize(5)
    hand.click(hand.site("r2c3"))
    assert get_plan(hand).sites_of("A") == ()
    assert list_steps(hand) == ["3 sites to B", "3 sites to B"]


def test_a_zone_picked_on_the_map_becomes_the_target_of_the_previous_tool(hand: Hand) -> None:
    hand.select_tool("brush", "A")
    hand.select_tool("pick")
    hand.click(hand.place(3000, -1000))
    assert (hand.view.toolbox.target, hand.view.toolbox.tool) == ("B", "brush")
    hand.select_tool("pick")
    hand.click(QPoint(3, 340))
    assert hand.refusals == [Message("no_zone_there.pick")]


def test_a_zone_selected_anywhere_becomes_the_target(hand: Hand) -> None:
    hand.view.bridge.select(zone="B")
    assert hand.view.toolbox.target == "B"
    hand.view.bridge.select(site="r1c1")
    assert hand.view.toolbox.target == "B"


def test_with_space_or_the_middle_button_a_brush_pans(hand: Hand) -> None:
    hand.select_tool("brush", "B")
    hand.view.zoom_by(2)
    at = hand.view.viewport().rect().center()
    kept = hand.view.mapToScene(at)
    hand.qtbot.keyPress(hand.view, Qt.Key.Key_Space)
    hand.drag(at, at + QPoint(50, 30))
    hand.qtbot.keyRelease(hand.view, Qt.Key.Key_Space)
    assert (hand.view.mapFromScene(kept) - at - QPoint(50, 30)).manhattanLength() <= 1
    assert list_steps(hand) == []


def test_a_theme_change_cancels_a_stroke(hand: Hand) -> None:
    start = hand.session.state
    hand.select_tool("brush", "B")
    drag_brush(hand)
    hand.view.set_theme(hand.view.theme)
    hand.release(hand.place(1500, -1700))
    hand.hover(hand.place(1500, -1700))
    assert hand.session.state is start


def test_a_lasso_that_crosses_itself_takes_both_loops(hand: Hand) -> None:
    hand.select_tool("lasso", "B")
    bow = [(50, -50), (950, -50), (1100, -1950), (1950, -1950), (1950, -1050), (50, -950)]
    hand.draw(*(hand.place(*corner) for corner in bow))
    hand.release(hand.place(50, -950))
    assert get_plan(hand).sites_of("A") == ("r1c2", "r2c1")


def test_zooming_during_a_stroke_keeps_its_positions(hand: Hand) -> None:
    hand.select_tool("brush", "B")
    hand.view.toolbox.resize(1)
    at = hand.place(1500, -500)
    hand.press(at)
    hand.wheel(hand.place(3900, -100), 2)
    hand.move(hand.place(1500, -520))
    hand.release(hand.place(1500, -520))
    assert list_steps(hand) == ["School r1c2 to B"]


def test_a_gesture_whose_preview_was_ended_elsewhere_is_canceled(hand: Hand) -> None:
    hand.select_tool("brush", "B")
    drag_brush(hand)
    hand.session.cancel_gesture()
    hand.release(hand.place(1500, -1700))
    assert (list_steps(hand), hand.notices) == ([], [])
