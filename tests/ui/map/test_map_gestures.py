"""Mouse and keys on the map: navigate, select, assign a site to another zone."""

from dataclasses import replace
from datetime import date

import pytest
from builders import moved, project_from
from map_driver import Hand, Open
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication
from sentences import says
from shapely.geometry import box

from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, assign_sites
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.messages import Message
from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.scene.zones_and_lines import DIMMED_ZONE, NORMAL_ZONE, TARGET_ZONE
from zoneplanner.ui.widgets.style.theme import fade_color
from zoneplanner.ui.widgets.style.value_text import blend_over


def get_zone(hand: Hand, site: str) -> str | None:
    """Return the zone of a site in the plan on screen."""
    return hand.session.plan.assignment.get(site) if hand.session.plan else None


def test_the_whole_district_is_in_view_at_first(hand: Hand) -> None:
    assert viewport.get_visible_rect(hand.view).contains(hand.view.map.home)


def test_the_whole_district_stays_in_view_when_the_window_grows(hand: Hand) -> None:
    before = viewport.get_m_px(hand.view)
    hand.view.resize(1400, 1000)
    assert viewport.get_visible_rect(hand.view).contains(hand.view.map.home)
    assert viewport.get_m_px(hand.view) < before


def test_a_growing_map_keeps_the_whole_district_or_the_zoomed_view(hand: Hand) -> None:
    (district,) = hand.session.project.features
    for zoomed in (False, True):
        if zoomed:
            hand.wheel(QPoint(300, 200), 5)
        before = hand.view.viewpoint()
        left, bottom, right, top = district.geometry.bounds
        wide = box(left, bottom, right + 9_000 * (1 + zoomed), top)
        grown = replace(district, geometry=wide)
        hand.session.apply("Import", lambda now, own=grown: replace(now, features=(own,)))
        after = hand.view.viewpoint()
        assert after.shows_all == (not zoomed)
        if zoomed:
            at = pytest.approx((before.x_m, before.y_m), abs=2 * before.m_px)
            assert (after.x_m, after.y_m) == at
        else:
            assert viewport.get_visible_rect(hand.view).contains(hand.view.map.home)
            assert after.m_px > before.m_px


@pytest.mark.parametrize("steps", [1, 3, -1])
def test_the_wheel_zooms_around_the_pointer(hand: Hand, steps: float) -> None:
    at = QPoint(300, 200)
    kept = hand.view.mapToScene(at)
    before = viewport.get_m_px(hand.view)
    hand.wheel(at, steps)
    away = hand.view.mapFromScene(kept) - at
    assert away.manhattanLength() <= 2
    assert (viewport.get_m_px(hand.view) < before) == (steps > 0)


def test_zoom_has_limits(hand: Hand) -> None:
    for _ in range(60):
        hand.wheel(QPoint(300, 200), 5)
    assert viewport.get_m_px(hand.view) == pytest.approx(viewport.MIN_M_PX)
    for _ in range(60):
        hand.wheel(QPoint(300, 200), -5)
    assert hand.view.map.sceneRect().contains(viewport.get_visible_rect(hand.view))


def test_keys_zoom_pan_and_show_the_whole_district(hand: Hand) -> None:
    start = viewport.get_m_px(hand.view)
    hand.key(Qt.Key.Key_Plus)
    assert viewport.get_m_px(hand.view) < start
    left = viewport.get_visible_rect(hand.view).left()
    hand.key(Qt.Key.Key_Right)
    assert viewport.get_visible_rect(hand.view).left() > left
    hand.key(Qt.Key.Key_0)
    assert viewport.get_m_px(hand.view) == pytest.approx(start)


def test_dragging_the_background_pans_the_map(hand: Hand) -> None:
    at = hand.place(2000, -900)
    kept = hand.view.mapToScene(at)
    hand.view.zoom_by(2)
    kept = hand.view.mapToScene(at)
    hand.drag(at, at + QPoint(-60, -40))
    assert (hand.view.mapFromScene(kept) - at - QPoint(-60, -40)).manhattanLength() <= 1
    assert hand.session.undo_label is None


def test_a_drag_from_a_site_pans_while_space_is_held(hand: Hand) -> None:
    hand.view.zoom_by(2)
    at = hand.view.viewport().rect().center()
    hand.view.centerOn(hand.view.map.sites["r1c2"].pos())
    at = hand.site("r1c2")
    hand.qtbot.keyPress(hand.view, Qt.Key.Key_Space)
    hand.drag(at, at + QPoint(90, 0))
    hand.qtbot.keyRelease(hand.view, Qt.Key.Key_Space)
    assert hand.session.undo_label is None
    assert abs(hand.site("r1c2").x() - at.x() - 90) <= 1


def test_panning_leaves_legend_and_scale_bar_in_their_corners(hand: Hand) -> None:
    hand.view.zoom_by(2)
    before = hand.view.overlays.legend.pos(), hand.view.overlays.scale_bar.pos()
    hand.view.pan_by(QPoint(33, 21))
    assert (hand.view.overlays.legend.pos(), hand.view.overlays.scale_bar.pos()) == before


def test_a_panned_map_equals_a_fresh_drawing(hand: Hand) -> None:
    hand.view.zoom_by(2)
    hand.view.map.zoomed(viewport.get_m_px(hand.view), viewport.get_visible_rect(hand.view))
    hand.view.grab()
    hand.view.pan_by(QPoint(15, 9))
    panned = hand.view.grab().toImage()
    hand.view.viewport().update()
    assert hand.view.grab().toImage() == panned


def test_a_zone_number_stays_in_view_with_a_part_of_its_zone(hand: Hand) -> None:
    hand.view.zoom_to_site("r1c1")
    hand.view.zoom_by(2)
    spot = hand.view.map.find_number_position("A")
    assert spot is not None
    assert viewport.get_visible_rect(hand.view).contains(spot)


def test_a_click_on_a_site_selects_it_everywhere(hand: Hand) -> None:
    with hand.qtbot.waitSignal(hand.view.site_clicked) as told:
        hand.click(hand.site("r1c2"))
    assert told.args == ["r1c2"]
    assert hand.view.bridge.selection.site == "r1c2"


def test_a_click_selects_the_zone_or_nothing_outside(hand: Hand) -> None:
    hand.click(hand.place(2100, -1000))
    assert hand.view.bridge.selection.zone == "B"
    hand.click(QPoint(3, 350))
    assert hand.view.bridge.selection.zone is None


def test_sites_at_one_position_can_be_selected_separately(open_map: Open) -> None:
    hand = open_map(moved(project_from("AABB / aaaa"), "r1c2", 500.0, -500.0))
    for site in ("r1c1", "r1c2"):
        hand.click(hand.site(site))
        assert hand.view.bridge.selection.site == site


def test_the_pointer_position_is_reported_in_project_meters(hand: Hand) -> None:
    with hand.qtbot.waitSignal(hand.view.cursor_moved) as told:
        hand.move(hand.place(1500, -700), Qt.MouseButton.NoButton)
    assert told.args is not None
    x_m, y_m = told.args
    assert abs(x_m - 1500) < 10
    assert abs(y_m + 700) < 10


def test_the_hovered_site_is_shown_with_zone_and_load(hand: Hand) -> None:
    hand.move(hand.site("r1c2"), Qt.MouseButton.NoButton)
    card = hand.view.overlays.card
    assert not card.isHidden()
    assert "School r1c2" in card.text()
    assert "Zone A" in card.text() and "22 min" in card.text()
    hand.move(hand.place(2000, -1000), Qt.MouseButton.NoButton)
    assert card.isHidden()


def test_the_notes_of_a_hovered_site_are_in_the_desks_units(open_map: Open) -> None:
    hand = open_map(moved(project_from("Aa"), "r1c1", 480.0, 0.0))
    (near,) = (note for note in hand.session.state.notes if note.code == "near_line")
    hand.move(hand.site("r1c1"), Qt.MouseButton.NoButton)
    length = hand.session.formats.length(near.facts["line_m"])
    assert length in hand.view.overlays.card.text() and length not in near.text


def test_dragging_a_site_to_another_zone_is_one_history_step(hand: Hand) -> None:
    hand.drag(hand.site("r1c2"), hand.place(3000, -900))
    assert get_zone(hand, "r1c2") == "B"
    assert hand.session.undo_label == "Assign School r1c2 to B"
    assert len(hand.session.history) == 2
    hand.session.undo()
    assert get_zone(hand, "r1c2") == "A"
    assert hand.session.undo_label is None


def test_a_drag_shows_loads_before_and_after(hand: Hand) -> None:
    hand.carry(hand.site("r1c2"), hand.place(3000, -900))
    assert hand.texts[-1] == "School r1c2 to B: A 88 → 66 min (−22); B 88 → 110 min (+22)"
    assert "▼ −25.0" in hand.view.overlays.card.text()
    hand.release(hand.place(3000, -900))
    assert hand.texts[-1] == ""
    assert hand.view.overlays.card.isHidden()


def test_a_drag_warns_before_a_drop_that_breaks_a_rule(hand: Hand) -> None:
    hand.carry(hand.site("r1c2"), hand.place(3000, -900))
    assert "Now outside ±10%: A, B." in hand.view.overlays.card.text()


def test_a_drag_highlights_the_target_and_dims_barred_zones(hand: Hand) -> None:
    hand.carry(hand.site("r1c2"), hand.place(3000, -900))
    states = {zone: item.style.highlight for zone, item in hand.view.map.zones.items()}
    assert states == {"A": NORMAL_ZONE, "B": TARGET_ZONE, "a": DIMMED_ZONE}
    hand.release(hand.place(3000, -900))
    assert {item.style.highlight for item in hand.view.map.zones.values()} == {NORMAL_ZONE}


def test_a_dimmed_zone_has_the_color_of_a_veil_over_it(hand: Hand) -> None:
    """Opaque, because blending most of a large map in every frame takes ten times as long."""
    theme = hand.view.theme
    hand.carry(hand.site("r1c2"), hand.place(3000, -900))
    barred = hand.view.map.zones["a"]
    assert barred.brush_color.alpha() == barred.band.color.alpha() == 255
    once = blend_over(fade_color(theme.muted, 0.22), theme.color("land"))
    assert barred.brush_color == once
    assert barred.band.color == blend_over(fade_color(theme.muted, 0.22), once)


def test_esc_cancels_a_drag_without_a_trace(hand: Hand) -> None:
    hand.carry(hand.site("r1c2"), hand.place(3000, -900))
    hand.key(Qt.Key.Key_Escape)
    hand.release(hand.place(3000, -900))
    assert get_zone(hand, "r1c2") == "A"
    assert len(hand.session.history) == 1
    assert {item.style.highlight for item in hand.view.map.zones.values()} == {NORMAL_ZONE}


def test_a_site_dropped_in_its_own_zone_changes_nothing(hand: Hand) -> None:
    start = hand.site("r1c2")
    hand.carry(start, hand.place(3000, -900))
    hand.move(hand.place(1000, -1100))
    hand.release(hand.place(1000, -1100))
    assert get_zone(hand, "r1c2") == "A"
    assert len(hand.session.history) == 1
    assert hand.refusals == []


def test_a_county_site_dropped_on_a_city_zone_stays_and_the_reason_is_shown(hand: Hand) -> None:
    hand.carry(hand.site("r1c2"), hand.place(2000, -2500))
    shape = hand.view.viewport().cursor().shape()
    assert shape == Qt.CursorShape.ForbiddenCursor
    hand.release(hand.place(2000, -2500))
    assert get_zone(hand, "r1c2") == "A"
    assert says(hand.refusals[0], "zone_not_allowed.jurisdiction")
    assert len(hand.session.history) == 1


def test_a_site_dropped_outside_every_zone_stays(hand: Hand) -> None:
    hand.drag(hand.site("r1c2"), QPoint(3, 350))
    assert get_zone(hand, "r1c2") == "A"
    assert hand.refusals == [Message("no_zone_there.drop", sites="School r1c2")]


def test_a_locked_site_cannot_be_moved(hand: Hand) -> None:
    hand.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c2", "")
    )
    hand.drag(hand.site("r1c2"), hand.place(3000, -900))
    assert get_zone(hand, "r1c2") == "A"
    assert says(str(hand.refusals[0]), "zone_not_allowed.site_locked", home="A")


def test_a_drag_cannot_change_an_adopted_plan(hand: Hand) -> None:
    hand.session.apply("Adopt", lambda p: adopt_plan(p, "plan", date(2026, 11, 16)))
    hand.drag(hand.site("r1c2"), hand.place(3000, -900))
    assert get_zone(hand, "r1c2") == "A"
    assert "is locked" in hand.refusals[0]


def test_sites_at_one_position_move_together(open_map: Open) -> None:
    hand = open_map(moved(project_from("AABB / aaaa"), "r1c2", 500.0, -500.0))
    hand.drag(hand.site("r1c1"), hand.place(3000, -500))
    assert (get_zone(hand, "r1c1"), get_zone(hand, "r1c2")) == ("B", "B")
    assert hand.session.undo_label == "Assign School r1c1 and School r1c2 to B"


def test_a_drag_ends_if_the_project_changes(hand: Hand) -> None:
    hand.carry(hand.site("r1c2"), hand.place(3000, -900))
    hand.session.apply("Move", lambda project: assign_sites(project, "plan", {"r2c2": "B"}))
    hand.release(hand.place(3000, -900))
    assert get_zone(hand, "r1c2") == "A"
    assert get_zone(hand, "r2c2") == "B"
    assert len(hand.session.history) == 2


def test_a_press_that_hardly_moves_is_a_click(hand: Hand) -> None:
    at = hand.site("r1c2")
    hand.drag(at, at + QPoint(1, 1))
    assert hand.view.bridge.selection.site == "r1c2"
    assert len(hand.session.history) == 1


def test_the_legend_starts_folded_and_opens_at_a_click(hand: Hand) -> None:
    legend = hand.view.overlays.legend
    assert not legend.open
    for opened in (True, False):
        hand.qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=QPoint(9, 9))
        assert legend.open is opened
        hand.view.resize(1000, 760)
        assert legend.open is opened


class _PaintRecorder(QObject):
    """Records the parts of the map that are repainted, in viewport pixels."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand.view)
        self.region = QRegion()
        hand.view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Add what is painted."""
        if isinstance(event, QPaintEvent):
            self.region += event.region()
        return False

    def measure_share(self, hand: Hand) -> float:
        """Return the share of the map repainted since the last call."""
        QApplication.processEvents()
        painted = sum(rect.width() * rect.height() for rect in self.region)
        self.region = QRegion()
        return painted / (hand.view.viewport().width() * hand.view.viewport().height())


def test_a_drag_repaints_only_what_changes(hand: Hand) -> None:
    painted = _PaintRecorder(hand)
    start, end = hand.site("r1c2"), hand.site("r2c3")
    hand.carry(start, end)
    painted.measure_share(hand)
    hand.move(end + QPoint(3, 0))
    assert 0 < painted.measure_share(hand) < 0.03
    hand.release(end)
