"""What the map shows: zones, sites, labels, layers, colors, the selection."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from builders import moved, project_from
from map_driver import Hand, Open
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.geography.detached_choices import connect_sites
from zoneplanner.app.geography.map_themes import MAP_THEMES, ZONE, ThemeValues
from zoneplanner.app.log.logbook import log_visit
from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.domain.geography.map_edits import WHOLE_DISTRICT, cover_with_one_area
from zoneplanner.domain.plans.edits import add_plan_lock, assign_sites
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.map.labels.label_texts import ZoneNumberPlacer
from zoneplanner.ui.map.layers import MAP_LAYERS
from zoneplanner.ui.map.scene.calls import CallItem, CallMark, UnitMark
from zoneplanner.ui.map.scene.user_layers import ResponseActionItem
from zoneplanner.ui.map.symbology import site_coloring
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style.theme import THEMES, Theme
from zoneplanner.ui.widgets.style.value_text import VISIT_CLASS_TEXTS, make_zone_color


def test_every_zone_has_its_area_and_its_number_on_the_map(hand: Hand) -> None:
    assert set(hand.view.map.zones) == {"A", "B", "a"}
    assert {"zone A", "zone B", "zone a"} <= set(hand.view.map.label_boxes)


def test_a_site_has_the_color_of_its_zone(hand: Hand) -> None:
    plan = hand.session.plan
    assert plan is not None
    for site in ("r1c1", "r1c3", "r3c1"):
        color = make_zone_color(plan.zone(plan.assignment[site]).color).name()
        assert hand.view.map.sites[site].symbol.fill == color


def test_a_site_without_a_zone_is_grey_with_a_ring(open_map: Open) -> None:
    look = open_map(project_from("AA? / aaa")).view.map.sites["r1c3"].symbol
    assert look.fill == THEMES["light"].unassigned
    assert look.ring == site_coloring.UNASSIGNED_RING


def test_levels_differ_by_shape() -> None:
    levels = ("elementary", "k8", "middle", "high", "alternative", "district_office")
    assert len({site_coloring.get_level_shape(level) for level in levels}) == len(levels)
    assert site_coloring.get_level_shape("preschool") == site_coloring.get_level_shape("elementary")


def test_no_label_overlaps_another_or_a_symbol(open_map: Open) -> None:
    view = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb")).view
    boxes = list(view.map.label_boxes.values())
    assert len(boxes) > 20
    for at, box in enumerate(boxes):
        inner = box.adjusted(4, 5, -4, -5)
        assert not any(inner.intersects(other.adjusted(4, 5, -4, -5)) for other in boxes[at + 1 :])


def test_no_name_is_under_the_legend_or_scale_bar(open_map: Open) -> None:
    view = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb")).view
    view.zoom_by(1.5)
    view.grab()
    m_px, corners = view.map.m_px, view.overlays.occupied_rects
    assert len(corners) == 2
    names = [box for key, box in view.map.label_boxes.items() if not key.startswith("zone ")]
    assert names
    for box in names:
        inner = QRect(view.mapFromScene(box.topLeft() * m_px), box.size().toSize())
        assert not any(inner.adjusted(5, 6, -5, -6).intersects(corner) for corner in corners)


def test_the_selected_site_is_labeled_first(open_map: Open) -> None:
    hand = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb"))
    hand.view.zoom_by(0.5)
    hand.view.map.zoomed(40.0, hand.view.map.home)
    assert "r2c2" not in hand.view.map.label_boxes
    hand.view.bridge.select(site="r2c2")
    words, item = hand.view.map.label_boxes, hand.view.map.sites["r2c2"]
    assert "r2c2" in words
    ring_px = item.symbol.size_px / 2 + 9
    ring = QRectF(-ring_px, -ring_px, 2 * ring_px, 2 * ring_px)
    ring.translate(item.pos() / hand.view.map.m_px)
    assert not ring.intersects(words["r2c2"].adjusted(4, 5, -4, -5))


def test_the_name_of_a_selected_site_is_not_cut_by_the_edge_of_the_map(open_map: Open) -> None:
    """With everything around it full, the name was placed half outside the map."""
    view = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb")).view
    view.bridge.select(site="r1c1")
    at = view.mapFromScene(view.map.sites["r1c1"].pos())
    view.pan_by(at - QPoint(30, 200))
    x, y = view.map.frame.to_project_m(view.map.sites["r1c1"].pos())
    aside = view.map.m_px * 50
    view.map.show_calls(
        [CallMark(str(n), x + aside, y + n * aside, 1, "3 min") for n in (-1, 0, 1)], []
    )
    view.update_label_obstacles()
    view.grab()
    name = view.map.label_boxes["r1c1"]
    seen = QRect(view.mapFromScene(name.topLeft() * view.map.m_px), name.size().toSize())
    assert view.viewport().rect().contains(seen.adjusted(5, 6, -5, -6))


def test_a_selection_in_a_table_is_marked_on_the_map(hand: Hand) -> None:
    hand.view.bridge.select(site="r1c2")
    assert hand.view.map.sites["r1c2"].symbol.ring == site_coloring.SELECTED_RING
    hand.view.bridge.select(zone="B")
    assert hand.view.map.sites["r1c2"].symbol.ring == ""
    assert hand.view.map.selected_zone == "B"


def test_sites_at_one_position_are_drawn_side_by_side_and_marked(open_map: Open) -> None:
    hand = open_map(moved(project_from("AABB / aaaa"), "r1c2", 500.0, -500.0))
    first, second = hand.view.map.sites["r1c1"], hand.view.map.sites["r1c2"]
    assert first.pos() == second.pos()
    apart_px = second.shift.x() - first.shift.x()
    assert apart_px >= 0.8 * first.symbol.size_px
    assert site_coloring.STACKED_MARK in first.symbol.marks


def test_a_locked_site_is_marked(hand: Hand) -> None:
    hand.session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "asked")
    )
    assert hand.view.map.sites["r1c1"].symbol.marks == (site_coloring.LOCKED_MARK,)


def test_a_site_without_enrollment_is_marked(open_map: Open) -> None:
    project = project_from("AABB / aaaa")
    hand = open_map(project.with_site(replace(project.sites["r1c1"], enrollment=None)))
    assert hand.view.map.sites["r1c1"].symbol.marks == (site_coloring.ENROLLMENT_MARK,)


def test_sites_not_in_patrol_are_hidden_until_their_layer_is_shown(open_map: Open) -> None:
    project = project_from("AABB / aaaa")
    hand = open_map(project.with_site(replace(project.sites["r1c1"], patrolled=False)))
    assert not hand.view.map.sites["r1c1"].isVisible()
    hand.show_layer("others", True)
    assert hand.view.map.sites["r1c1"].isVisible()
    assert hand.view.map.sites["r1c1"].symbol.pale


@pytest.mark.parametrize("layer", MAP_LAYERS)
def test_hiding_and_showing_a_layer_leaves_the_map_unchanged(hand: Hand, layer: str) -> None:
    before = hand.view.grab().toImage()
    shown = hand.view.map.shown[layer]
    hand.show_layer(layer, not shown)
    hand.show_layer(layer, shown)
    assert hand.view.grab().toImage() == before


def test_hiding_zones_hides_their_fills_and_numbers(hand: Hand) -> None:
    hand.show_layer("zones", False)
    assert not any(item.isVisible() for item in hand.view.map.zones.values())
    assert not any(key.startswith("zone ") for key in hand.view.map.label_boxes)


def test_an_unknown_subject_is_an_error(hand: Hand) -> None:
    with pytest.raises(KeyError):
        hand.view.set_coloring("mood")


def test_coloring_by_visit_follows_the_log_at_once(hand: Hand) -> None:
    hand.view.set_coloring("visit")
    nothing_logged = hand.view.map.sites["r1c2"].symbol.fill
    assert nothing_logged != THEMES["light"].lateness[-1]
    log_visit(hand.session, "r1c1")
    assert hand.view.map.sites["r1c2"].symbol.fill == nothing_logged, "nobody declared the days"
    declare_records(hand.session, since={"visits": hand.session.today})
    assert hand.view.map.sites["r1c1"].symbol.fill == THEMES["light"].lateness[0]
    assert hand.view.map.sites["r1c2"].symbol.fill == THEMES["light"].lateness[-1]
    assert hand.view.map.sites["r1c1"].symbol.text == "0"
    assert hand.view.map.sites["r1c2"].symbol.text == "–"
    texts = [shade.text for shade in hand.view.map.coloring.classes]
    assert texts == [*VISIT_CLASS_TEXTS, MAP_THEMES["visit"].none]


def test_undo_shows_the_old_zone_again(hand: Hand) -> None:
    before = hand.view.map.sites["r1c2"].symbol
    hand.session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert hand.view.map.sites["r1c2"].symbol != before
    hand.session.undo()
    assert hand.view.map.sites["r1c2"].symbol == before


def test_another_theme_recolors_the_map(hand: Hand) -> None:
    bright = hand.view.grab().toImage()
    hand.view.set_theme(THEMES["dark"])
    assert hand.view.grab().toImage() != bright
    hand.view.set_theme(THEMES["light"])
    assert hand.view.grab().toImage() == bright


def test_a_picture_has_the_requested_size_and_leaves_the_view_alone(hand: Hand) -> None:
    before = hand.view.transform()
    image = hand.view.render_image(640, 480)
    assert (image.width(), image.height()) == (640, 480)
    assert hand.view.transform() == before


def test_a_project_without_sites_or_plan_is_an_empty_map(open_map: Open) -> None:
    project = replace(project_from("AABB / aaaa"), sites={}, plans={})
    hand = open_map(project)
    assert hand.view.map.zones == {}
    assert hand.view.map.site_at(hand.view.map.home.center(), 1.0) is None
    hand.view.grab()


def test_the_background_fills_every_corner_at_any_scale(open_map: Open) -> None:
    for project in (
        project_from("AABB / aaaa"),
        replace(project_from("A / a"), sites={}, plans={}),
    ):
        view = open_map(project).view
        view.resize(2400, 500)
        view.zoom_by(0.1)
        image = view.grab().toImage()
        corners = [image.pixelColor(x, y).name() for x in (0, 2399) for y in (0, 499)]
        assert set(corners) == {view.map.backgroundBrush().color().name()}


def test_scale_bar_legend_and_sources_do_not_overlap(hand: Hand) -> None:
    for wide in (900, 640, 400):
        hand.view.resize(wide, 600)
        furniture = hand.view.overlays
        places = [part.geometry() for part in (furniture.scale_bar, furniture.legend)]
        if not furniture.credits.isHidden():
            places.append(furniture.credits.geometry())
        for at, place in enumerate(places):
            assert hand.view.viewport().rect().contains(place)
            assert not any(place.intersects(other) for other in places[at + 1 :])


def test_sources_stay_small_on_a_low_map_and_credit_web_tiles(
    window: MainWindow,
) -> None:
    """In Readiness, between card and drawer, the sources covered the ring of a lockdown."""
    window.resize(1280, 720)
    window.desk.bridge.select(site="r1c1")
    credits, view = window.map.overlays.credits, window.map
    credits._text = " · ".join(f"A maker of maps {year}" for year in range(2020, 2026))
    for workspace in ("plan", "readiness"):
        window.show_workspace(workspace)
        window.tabs.set_open(True)
        for _ in range(3):
            QApplication.processEvents()
        view._place_overlays()
        brief = credits.width() < 0.3 * view.width()
        assert brief == (workspace == "readiness"), (workspace, credits.width())
    credits._tiles = "© Test tiles"
    view._place_overlays()
    assert credits._wrapped_text.startswith("© Test tiles")


def test_a_site_added_later_appears(hand: Hand) -> None:
    new = replace(hand.session.project.sites["r1c1"], id="new", name="New School", x_m=900.0)
    hand.session.apply("Add", lambda project: project.with_site(new))
    assert hand.view.map.sites["new"].isVisible()
    hand.session.undo()
    assert "new" not in hand.view.map.sites


def test_a_released_view_is_freed_at_once(open_map: Open) -> None:
    hand = open_map(project_from("AABB / aaaa"))
    assert not gc.isenabled()
    view = weakref.ref(MapView(hand.session, hand.view.bridge, THEMES["light"]))
    assert view() is None


def test_hairlines_are_antialiased_even_during_a_zoom(hand: Hand) -> None:
    def count_shades() -> int:
        picture = hand.view.grab(QRect(0, 0, 400, 300)).toImage()
        return len({picture.pixel(x, y) for x in range(400) for y in range(300)})

    hand.view.look_at(replace(hand.view.viewpoint(), m_px=6.3, shows_all=False))
    rested = count_shades()
    hand.view.zoom_by(1.0001)
    assert count_shades() >= rested


def test_the_pause_after_a_zoom_starts_at_its_first_paint(
    hand: Hand,
) -> None:
    """On a busy machine labels were placed between two wheel turns, and frames took 30 ms."""
    rest = hand.view.map._label_timer
    rest.setTimerType(Qt.TimerType.PreciseTimer)
    rest.setInterval(60_000)
    hand.view.zoom_by(1.0001)
    QTest.qSleep(1500)  # as long as the machine does something else
    assert rest.remainingTime() <= 58_500
    hand.view.viewport().repaint()
    assert rest.remainingTime() > 58_500
    QTest.qSleep(1500)
    hand.view.viewport().repaint()
    assert rest.remainingTime() <= 58_500, "only once: what merely repaints holds no words up"


def test_a_ferry_is_a_dashed_line_until_it_is_undone(hand: Hand) -> None:
    before = hand.view.grab().toImage()
    connect_sites(hand.session, "r1c1", "r1c4")
    assert hand.view.grab().toImage() != before
    hand.session.undo()
    assert hand.view.grab().toImage() == before


def crowded() -> Project:
    """Three hundred schools of one zone within a few hundred meters, and one far away."""
    project = project_from("AAAAAAAAAAAA / AAAAAAAAAAAA")
    model = project.sites["r1c1"]
    near = {
        f"n{at}": replace(
            model, id=f"n{at}", x_m=50.0 + 40 * (at % 20), y_m=-50.0 - 40 * (at // 20)
        )
        for at in range(300)
    }
    plan = project.plans["plan"].with_assignments(dict.fromkeys(near, "A"))
    return replace(project, sites={**project.sites, **near}).with_plan(plan)


def test_crowded_schools_become_one_symbol_with_their_count(open_map: Open) -> None:
    hand = open_map(crowded())
    layer = hand.view.map.sites
    shown = [item for item in layer.values() if item.isVisible()]
    counted = [int(item.symbol.text) for item in shown if item.symbol.text.isdigit()]
    assert counted and sum(counted) + len(shown) - len(counted) == len(layer)
    assert layer["r2c12"].isVisible() and not layer["r2c12"].symbol.text.isdigit()
    hand.view.zoom_by(60.0)
    assert all(item.isVisible() for item in layer.values())


def test_groups_are_hidden_with_the_school_layer(open_map: Open) -> None:
    hand = open_map(crowded())
    assert any(item.isVisible() for item in hand.view.map.sites.values())
    hand.show_layer("sites", False)
    assert not any(item.isVisible() for item in hand.view.map.sites.values())
    hand.show_layer("sites", True)
    assert any(item.symbol.text for item in hand.view.map.sites.values() if item.isVisible())


def test_a_zone_number_shrinks_if_it_would_cover_schools(open_map: Open) -> None:
    view = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb")).view

    def measure_numbers(m_px: float) -> list[float]:
        view.map.zoomed(m_px, view.map.home)
        view.grab()
        return [
            box.height() for key, box in view.map.label_boxes.items() if key.startswith("zone ")
        ]

    roomy, crowded = measure_numbers(15.0), measure_numbers(29.0)
    assert MAP_STYLE.at(15.0) is MAP_STYLE.at(29.0)
    assert len(set(roomy)) == 1
    assert min(crowded) < min(roomy) == max(crowded)


def test_zone_numbers_and_captions_never_cover_the_middle_of_a_school(
    open_map: Open,
) -> None:
    view = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb")).view
    scene = view.map
    captions = dict.fromkeys(scene.state.outlines, "9 no record")
    values = ThemeValues(MAP_THEMES[ZONE], {}, captions=captions)
    scene.show_state(scene.state, replace(scene.coloring, values=values))
    for m_px in (7.0, 12.0, 16.0, 20.0, 23.0):
        scene.zoomed(m_px, scene.home)
        written = [
            box for key, box in scene.label_boxes.items() if key.startswith(("zone", "caption"))
        ]
        assert len(written) >= 2
        schools = [item.pos() / m_px + item.shift for item in scene.sites.values()]
        assert not any(box.contains(school) for box in written for school in schools), m_px


def test_with_many_zones_only_numbers_that_fit_are_drawn(open_map: Open) -> None:
    hand = open_map(project_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    scene, state = hand.view.map, hand.session.state
    placer, window = ZoneNumberPlacer(scene.frame), QRectF(-1e6, -1e6, 2e6, 2e6)

    def list_drawn_numbers(m_px: float) -> list[str]:
        placer.follow(state, window, m_px)
        return [own.zone for own in placer.list_labels(state, scene.coloring)]

    assert len(list_drawn_numbers(1.0)) == 26
    assert 1 < len(list_drawn_numbers(100.0)) < 26


def test_without_areas_the_map_is_fitted_to_the_land_around_the_schools(open_map: Open) -> None:
    bare = replace(project_from("AABB", blocks=False), jurisdictions={}, features=())
    scene = open_map(cover_with_one_area(bare)).view.map
    whole = scene.state.project.jurisdictions[WHOLE_DISTRICT].area
    assert scene.home.contains(scene.frame.rect(whole.bounds))


def test_pins_of_nearby_calls_lean_apart_and_no_plate_covers_a_pin(open_map: Open) -> None:
    view = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb")).view
    x, y = view.map.frame.to_project_m(view.map.home.center())
    apart = view.map.m_px * 15
    calls = [CallMark(str(at), x + at % 3 * apart, y, at % 4, "1 h 5 min") for at in range(6)]
    view.map.show_calls([*calls[1:], replace(calls[0], chosen=True)], [])
    view.update_label_obstacles()
    view.grab()
    pins = [view.map._calls.items[f"call {at}"] for at in range(6)]
    found = [
        (pin.head.translated(at), pin.plate.translated(at) if pin.plate else None)
        for pin in pins
        if isinstance(pin, CallItem) and (at := pin.pos() / view.map.m_px)
    ]
    for at, (head, plate) in enumerate(found):
        for other, other_plate in found[:at] + found[at + 1 :]:
            assert not head.intersects(other)
            assert plate is None or not plate.intersects(other)
            assert not (plate and other_plate) or not plate.intersects(other_plate)
    assert found[0][1] is not None


@pytest.mark.parametrize("locked", ["r1c1", "r1c2"])
def test_a_schools_padlock_is_not_under_a_neighboring_symbol(open_map: Open, locked: str) -> None:
    project = project_from("AAAA / AAAA / aaaa")
    other = "r1c2" if locked == "r1c1" else "r1c1"
    site = project.sites[locked]
    m_px = 10.0
    hand = open_map(moved(project, other, site.x_m + 8 * m_px, site.y_m + 8 * m_px))
    hand.session.apply(
        "Lock", lambda one: add_plan_lock(one, "plan", LockScope.SITE, locked, "trial")
    )
    view = hand.view
    view.look_at(replace(view.viewpoint(), m_px=m_px, shows_all=False))
    view.grab()
    item, beside = view.map.sites[locked], view.map.sites[other]
    assert item.symbol.marks == (site_coloring.LOCKED_MARK,)
    away = item.symbol.size_px / 2 * 0.8 + 1
    at = view.mapFromScene(item.pos()) + item.shift.toPoint() + QPoint(round(away), -round(away))
    reach = beside.symbol.size_px / 2
    middle = view.mapFromScene(beside.pos()) + beside.shift.toPoint()
    assert (at - middle).manhattanLength() < 2 * reach, "else nothing could cover it"
    picture = view.grab().toImage()
    points = [at + QPoint(x, y) for x in (-3, 3) for y in (-1, 1)]
    edge = {picture.pixelColor(one).name() for one in points}
    assert edge == {THEMES["light"].color("text").name()}


def measure_gray(item: CallItem | ResponseActionItem, theme: Theme) -> tuple[int, int]:
    """Return a mark's contrast with the land in gray: the maximum and the sum."""
    picture = QImage(160, 80, QImage.Format.Format_Grayscale8)
    picture.fill(theme.color("land"))
    land = picture.pixelColor(0, 0).value()
    with QPainter(picture) as painter:
        item.draw(painter, QTransform.fromTranslate(80, 50), QRectF())
    away = np.abs(np.frombuffer(picture.constBits(), np.uint8).astype(int) - land)
    return int(away.max()), int(away.sum())


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_urgent_marks_stand_out_most_in_gray_too(looks: QApplication, theme: Theme) -> None:
    """In gray, red is fainter than the ink of other pins, and in the dark than a hold's amber."""
    pins = []
    for priority in range(5):
        pin = CallItem(CallMark("one", 0, 0, priority, ""), QPointF(), theme)
        pin.place(QPointF(0, -23), None)
        pins.append(measure_gray(pin, theme))
    actions = ("lockdown", "secure", "shelter")
    plates = [measure_gray(ResponseActionItem([one], QPointF(), theme), theme) for one in actions]
    for urgent, others in ((pins[:2], pins[2:]), (plates[:1], plates[1:])):
        assert min(far for far, _ in urgent) >= max(far for far, _ in others), (urgent, others)
        assert min(all_in for _, all_in in urgent) > 1.2 * max(all_in for _, all_in in others)


def test_a_units_plate_avoids_the_symbols_of_other_schools(open_map: Open) -> None:
    view = open_map(project_from("AAAABBBB / AAAABBBB / aaaabbbb")).view
    scene = view.map
    x, y = scene.frame.to_project_m(scene.sites["r1c1"].pos())
    other = scene.frame.to_project_m(scene.sites["r2c2"].pos())
    view.look_at(replace(view.viewpoint(), m_px=(other[0] - x) / 24, shows_all=False))
    scene.show_calls([], [UnitMark("S1", x, y, UnitState.AVAILABLE)])
    view.update_label_obstacles()
    view.grab()
    unit = scene._calls.items["unit S1"]
    plate = unit.boundingRect().translated(unit.pos() / scene.m_px)
    symbols = [item.pos() / scene.m_px + item.shift for item in scene.sites.values()]
    assert not any(plate.contains(one) for one in symbols)


def test_labels_avoid_open_calls_and_the_map_edge(open_map: Open, qtbot: QtBot) -> None:
    view = open_map(project_from("AAAABBBB / AAAABBBB / AAAABBBB / aaaabbbb")).view
    view.zoom_by(1.6)
    before = QRectF(view.map.label_boxes["zone A"])
    at = view.map.frame.to_project_m(before.center() * view.map.m_px)
    view.map.show_calls([CallMark("call", *at, 1, "3 min")], [])
    view.update_label_obstacles()
    qtbot.waitUntil(lambda: QRectF(view.map.label_boxes["zone A"]) != before)  # once the map rests
    number = view.map.label_boxes["zone A"]
    assert not number.intersects(before.adjusted(9, 9, -9, -9))
    assert view.map.zone_at(number.center() * view.map.m_px) == "A"  # and not over a neighbor
    port, crossing = view.viewport().rect(), 0
    for key, box in view.map.label_boxes.items():
        seen = QRect(view.mapFromScene(box.topLeft() * view.map.m_px), box.size().toSize())
        inner = seen.adjusted(5, 6, -5, -6)
        crossing += not port.contains(seen)
        assert port.contains(inner) or not port.intersects(inner), key
    assert crossing
