"""Parts of the map that need no window: geometry, lines, labels, scale."""

import numpy as np
import pytest
import shapely
from builders import project_from
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTransform
from shapely.geometry import LineString, Polygon, box

from zoneplanner.app.geography.map_themes import MAP_THEMES, ThemeInputs
from zoneplanner.app.session.state import derive_state
from zoneplanner.domain.locale_formats import ISO_FORMATS, US_FORMATS
from zoneplanner.ui.map.labels.label_texts import compute_map_bounds, wrap_name
from zoneplanner.ui.map.labels.placement import (
    LabelRequest,
    OccupiedBoxes,
    find_label_anchors,
    find_spots_along,
    measure_label_line,
    place_labels,
)
from zoneplanner.ui.map.layers import (
    LegendEntry,
    list_class_entries,
    list_symbol_entries,
    list_zone_entries,
)
from zoneplanner.ui.map.scene.drawing import (
    MIN_INDEXED_SEGMENTS,
    SceneTransform,
    build_painter_path,
    build_segment_index,
    draw_segments,
    drop_duplicate_segments,
    drop_segments_near,
    extract_segments,
    make_segment_batch,
    wrap_segments,
)
from zoneplanner.ui.map.scene.sites import displace_symbols
from zoneplanner.ui.map.scene.zones_and_lines import cut_dashes, make_hairline_pen
from zoneplanner.ui.map.symbology.site_coloring import ColoringChoice, compute_coloring
from zoneplanner.ui.widgets.style.theme import THEMES

HERE = SceneTransform(0.0, 0.0)


def test_a_frame_converts_meters_to_scene_points_and_back() -> None:
    frame = SceneTransform(640_000.0, 4_270_000.0)
    assert frame.to_project_m(frame.to_scene_point(640_123.0, 4_270_456.0)) == (
        640_123.0,
        4_270_456.0,
    )
    assert frame.to_scene_point(640_000.0, 4_270_100.0) == QPointF(0.0, -100.0)


def test_a_hole_in_an_area_is_not_filled() -> None:
    ring = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    path = build_painter_path(ring, HERE)
    assert path.contains(QPointF(5, -5))
    assert not path.contains(QPointF(15, -15))


def test_a_shared_border_is_kept_once() -> None:
    segments = extract_segments([box(0, 0, 10, 10), box(10, 0, 20, 10)], HERE)
    assert len(segments) == 8
    assert len(drop_duplicate_segments(segments)) == 7


def test_a_zone_edge_along_a_wall_is_dropped() -> None:
    wall = build_segment_index(extract_segments([LineString([(10, -100), (10, 100)])], HERE))
    left = drop_segments_near(extract_segments([box(0, 0, 10, 10)], HERE), wall, 1.0)
    assert len(left) == 3
    assert not (left[:, [0, 2]] == 10).all(axis=1).any()


def test_only_segments_in_view_are_drawn_at_the_right_pixels() -> None:
    lines = [LineString([(x, 0), (x, 1)]) for x in range(MIN_INDEXED_SEGMENTS + 100)]
    strokes = make_segment_batch(lines, HERE)
    world = QTransform(2.0, 0, 0, 2.0, 100.0, 50.0)
    drawn = strokes.visible(world, QRectF(9.5, -5, 3, 10))
    assert sorted(drawn[:, 0].tolist()) == [120.0, 122.0, 124.0]
    assert set(drawn[:, 1]) | set(drawn[:, 3]) == {50.0, 48.0}


def test_a_zoomed_out_wiggly_line_has_fewer_segments() -> None:
    x = np.arange(3 * MIN_INDEXED_SEGMENTS, dtype=float)
    line = shapely.linestrings(np.column_stack([x, np.sin(x)]))
    strokes = make_segment_batch([line], HERE)
    everything = QRectF(-1, -10, 4 * MIN_INDEXED_SEGMENTS, 20)
    near = strokes.visible(QTransform.fromScale(2.0, 2.0), everything)
    far = strokes.visible(QTransform.fromScale(0.02, 0.02), everything)
    assert len(near) == strokes.count
    assert len(far) < len(near) / 10


def test_drawing_no_segments_is_no_error() -> None:
    empty = wrap_segments(np.empty((0, 4)))
    assert len(empty.visible(QTransform(), QRectF(0, 0, 1, 1))) == 0


@pytest.mark.parametrize("alpha", [40, 112, 191, 255])
def test_an_opaque_hairline_looks_like_a_translucent_one(alpha: int) -> None:
    color, shades = QColor(138, 151, 163, alpha), []
    pen = make_hairline_pen(color, 0.8)
    for each in (QPen(color, 0.8), pen):
        picture = QImage(60, 20, QImage.Format.Format_RGB32)
        picture.fill(QColor("#F3E6D5"))
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(each)
            draw_segments(painter, np.array([[2.0, 3.0, 55.0, 12.0], [55.0, 12.0, 5.0, 17.0]]))
        spots = [(x, y) for x in range(60) for y in range(20)]
        shades.append(np.array([picture.pixelColor(*spot).getRgb() for spot in spots]))
    assert pen.color().alpha() == 255  # which is drawn five times as fast
    assert np.abs(shades[0] - shades[1]).max() <= 3
    assert len(np.unique(shades[1], axis=0)) > 5


def test_dashes_follow_the_line_and_leave_gaps() -> None:
    line = np.array([[0.0, 0.0], [100.0, 0.0]])
    dashes = cut_dashes(line, (6.0, 4.0))
    assert len(dashes) == 10
    assert dashes[1].tolist() == [10.0, 0.0, 16.0, 0.0]
    dashes_and_dots = cut_dashes(line, (9.0, 3.0, 2.0, 3.0))
    assert dashes_and_dots[:3, ::2].tolist() == [[0.0, 9.0], [12.0, 14.0], [17.0, 26.0]]
    assert dashes_and_dots.max() <= 100.0


def test_a_zone_number_is_far_from_edges_and_sites() -> None:
    spot, *others = find_label_anchors(box(0, 0, 100, 20), np.empty((0, 2)))
    assert len(others) > 3 and all(np.hypot(x - spot[0], y - spot[1]) > 5 for x, y in others)
    assert spot == pytest.approx((50.0, 10.0), abs=3.0)
    moved = find_label_anchors(box(0, 0, 100, 20), np.array([[50.0, 10.0]]))[0]
    assert np.hypot(moved[0] - 50, moved[1] - 10) > 8


def test_a_zone_number_is_inside_a_thin_crooked_zone() -> None:
    hook = Polygon([(0, 0), (100, 0), (100, 100), (95, 100), (95, 3), (0, 3)])
    spots = find_label_anchors(hook, np.empty((0, 2)))
    assert spots and all(hook.contains(shapely.Point(spot)) for spot in spots)
    assert find_label_anchors(Polygon(), np.empty((0, 2))) == []


spots = st.tuples(st.floats(0, 400), st.floats(0, 400))
sizes = st.tuples(st.floats(20, 120), st.floats(8, 30))


@given(st.lists(st.tuples(spots, sizes), max_size=40))
def test_placed_labels_never_overlap(labels: list[tuple[tuple[float, float], ...]]) -> None:
    wanted = [
        LabelRequest(str(at), x, y, width, height, 6.0)
        for at, ((x, y), (width, height)) in enumerate(labels)
    ]
    placed = place_labels(wanted, OccupiedBoxes())
    boxes = [
        box(w.x + placed[w.key][0], w.y + placed[w.key][1], w.x + placed[w.key][0] + w.width,
            w.y + placed[w.key][1] + w.height)
        for w in wanted
        if w.key in placed
    ]  # fmt: skip
    if wanted:
        assert "0" in placed
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert one.intersection(other).area < 1e-6


def test_a_required_label_covers_as_little_as_possible() -> None:
    taken = OccupiedBoxes()
    taken.add(np.array([[-100.0, -100.0, 100.0, 10.0], [-100.0, -30.0, -1.0, 100.0]]))
    taken.add(np.array([[90.0, -100.0, 95.0, 100.0]]))
    (corner,) = place_labels(
        [LabelRequest("here", 0, 0, 96, 12, 6.0, is_required=True)], taken
    ).values()
    assert corner == (4.5, 4.5)


def test_a_name_follows_a_straight_street_but_not_a_bend() -> None:
    straight = measure_label_line("Main", np.array([[0.0, 0.0], [500.0, 0.0]]))
    assert [spot.angle for spot in find_spots_along(straight, 1.0, 60, 400, 2.0)] != []
    bent = measure_label_line(
        "Bend", np.array([[0.0, 0.0], [40.0, 0.0], [40.0, 40.0], [0.0, 40.0]])
    )
    assert find_spots_along(bent, 1.0, 60, 400, 2.0) == []
    assert find_spots_along(straight, 0.05, 60, 400, 2.0) == []


def test_names_along_a_street_are_never_upside_down() -> None:
    for end in ((-500.0, 100.0), (500.0, -100.0), (10.0, -500.0)):
        line = measure_label_line("Main", np.array([[0.0, 0.0], end]))
        assert all(-90 < spot.angle <= 90 for spot in find_spots_along(line, 1.0, 60, 400, 2.0))


def test_long_names_break_near_the_middle() -> None:
    assert wrap_name("Del Campo High", 19) == "Del Campo High"
    assert wrap_name("Thomas Edison Language Institute K-8", 19) == (
        "Thomas Edison Language\nInstitute K-8"
    )


@given(st.lists(spots, min_size=2, max_size=12))
def test_symbols_move_apart_but_not_far(points: list[tuple[float, float]]) -> None:
    radii = np.full(len(points), 6.0)
    moves = displace_symbols(np.array(points), radii)
    assert np.hypot(*moves.T).max() <= 6.0 * 1.6 + 1e-6


def test_overlapping_symbols_end_side_by_side() -> None:
    points = np.array([[5.0, 5.0], [5.0, 5.0], [300.0, 5.0]])
    moves = displace_symbols(points, np.array([6.0, 6.0, 6.0]))
    assert moves[0, 0] < 0 < moves[1, 0]
    assert moves[1, 0] - moves[0, 0] >= 10
    assert moves[2].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("longest_m", "feet_or_miles", "meters"),
    [
        (60, "100 ft", "50 m"),
        (450, "0.25 mi", "200 m"),
        (1000, "0.5 mi", "1 km"),
        (3700, "2 mi", "2 km"),
        (40_000, "20 mi", "20 km"),
    ],
)
def test_the_scale_bar_has_the_longest_round_length_that_fits(
    longest_m: float, feet_or_miles: str, meters: str
) -> None:
    bars = US_FORMATS.scale_bars(longest_m)
    assert [text for _, text in bars] == [feet_or_miles, meters]
    assert all(longest_m / 4 < length_m <= longest_m for length_m, _ in bars)
    assert ISO_FORMATS.scale_bars(longest_m) == bars[::-1]


def list_legend_rows(subject: str) -> list[LegendEntry]:
    project = project_from("AABB / aaaa")
    reading = derive_state(project, project.plans["plan"])
    coloring = compute_coloring(ColoringChoice(subject), reading, ThemeInputs(), THEMES["light"])
    shown = list_class_entries(coloring) or list_zone_entries(reading)
    sections = [shown, *list_symbol_entries(reading)]
    return [row for rows in sections for row in rows]


def test_the_legend_explains_only_what_is_on_the_map() -> None:
    rows = list_legend_rows("zone")
    assert [row.text for row in rows[:4]] == ["Zones", "A · SO", "B · SO", "a · PD"]
    assert [row.value for row in rows if row.kind == "level"] == ["elementary"]
    assert "mark" not in {row.kind for row in rows}
    assert "city_line" in [row.value for row in rows]
    visits = [row.text for row in list_legend_rows("visit")]
    assert visits[0] == MAP_THEMES["visit"].name
    assert "A · SO" not in visits


def test_without_a_district_the_map_spans_the_sites() -> None:
    project = project_from("AABB / aaaa")
    bare = type(project)(uid="x", name="x", crs=project.crs, time_zone=project.time_zone)
    assert compute_map_bounds(bare) == (0.0, 0.0, 10_000.0, 10_000.0)
    left, bottom, right, top = compute_map_bounds(project)
    assert (left, bottom, right, top) == (0.0, -2000.0, 4000.0, 0.0)
