"""Order, opacity, labels and the user's own layers on the map."""

from dataclasses import replace

from builders import project_from
from map_driver import Hand, Open
from PySide6.QtGui import QColor
from shapely.geometry import LineString, MultiPolygon, Point, box

from zoneplanner.domain.geography.map_edits import add_layer, remove_layer
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.ui.map.overlays.legend import SymbolKey
from zoneplanner.ui.widgets.style.value_text import choose_layer_color

HERE = (150.0, -850.0)


def add_stops(project: Project) -> Project:
    features = (
        Feature("", "Corner", Point(*HERE), {"name": "Corner", "route": "12"}),
        Feature("", "", LineString([(820, -100), (820, -450)]), {"route": "7"}),
        Feature("", "", MultiPolygon([box(1700, -350, 1900, -150)]), {}),
    )
    return add_layer(project, Layer("stops", "Stops"), features)


def measure_color(hand: Hand, x_m: float, y_m: float) -> QColor:
    return hand.view.grab().toImage().pixelColor(hand.place(x_m, y_m))


def is_near_color(one: QColor, other: QColor) -> bool:
    channels = zip(one.getRgb(), other.getRgb(), strict=True)
    return all(abs(a - b) < 40 for a, b in channels)


def test_points_lines_and_areas_of_a_user_layer_are_drawn(hand: Hand) -> None:
    empty = measure_color(hand, 1800, -250)
    hand.session.apply("Add", add_stops)
    color = choose_layer_color(0, hand.view.theme)
    assert is_near_color(measure_color(hand, *HERE), color)
    at = hand.place(820, -300)
    image = hand.view.grab().toImage()
    across = (image.pixelColor(at.x() + aside, at.y()) for aside in (-1, 0, 1))
    assert any(
        is_near_color(one, color) for one in across
    )  # a line lies between two pixels at times
    assert measure_color(hand, 1800, -250) != empty
    hand.session.undo()
    assert not is_near_color(measure_color(hand, *HERE), color)


def test_the_legend_lists_user_layers_while_they_are_shown(hand: Hand) -> None:
    hand.view.resize(900, 900)
    legend = SymbolKey(hand.view.theme, hand.view)
    legend.resize(300, 10)
    hand.view.overlays_updated.connect(
        lambda: legend.show_state(hand.session.state, hand.view.map.drawn)
    )
    assert "Your layers" not in legend.accessibleDescription()
    hand.session.apply("Add", add_stops)
    assert "Your layers. Stops" in legend.accessibleDescription()
    drawn = legend.grab().toImage()
    color = choose_layer_color(0, hand.view.theme)
    spots = ((x, y) for x in range(drawn.width()) for y in range(drawn.height()))
    assert any(drawn.pixelColor(x, y) == color for x, y in spots)
    hand.show_layer("city", False)
    assert "City limits" not in legend.accessibleDescription()
    hand.view.arrange(hand.view.map.arrangement.with_visibility("stops", False))
    assert "Stops" not in legend.accessibleDescription()


def test_adding_a_user_layer_rebuilds_nothing_else(hand: Hand) -> None:
    sites, zones = dict(hand.view.map.sites), dict(hand.view.map.zones)
    hand.session.apply("Add", add_stops)
    assert all(hand.view.map.sites[key] is item for key, item in sites.items())
    assert all(hand.view.map.zones[key] is item for key, item in zones.items())
    hand.session.apply("Remove", lambda project: remove_layer(project, "stops"))
    assert all(hand.view.map.sites[key] is item for key, item in sites.items())


def test_a_user_layer_is_hidden_and_labeled_like_the_others(hand: Hand) -> None:
    hand.session.apply("Add", add_stops)
    look = hand.view.map.arrangement
    assert (
        "own stops 0" in hand.view.map.label_boxes
        and "own stops 1" not in hand.view.map.label_boxes
    )
    hand.view.arrange(look.with_label_field("stops", "route"))
    assert {"own stops 0", "own stops 1"} <= set(hand.view.map.label_boxes)
    hand.view.arrange(look.with_label_field("stops", ""))
    assert "own stops 0" not in hand.view.map.label_boxes
    hand.view.arrange(look.with_visibility("stops", False))
    assert not is_near_color(measure_color(hand, *HERE), choose_layer_color(0, hand.view.theme))


def test_a_layer_moved_up_is_drawn_on_top(hand: Hand) -> None:
    zone = measure_color(hand, 200, -200)

    def add_cover(project: Project) -> Project:
        over = (Feature("", "", box(-500, -600, 600, 500)),)
        return add_layer(project, Layer("cover", "Cover"), over)

    hand.session.apply("Add", add_cover)
    assert measure_color(hand, 200, -200) != zone
    look = hand.view.map.arrangement
    hand.view.arrange(look.with_layer_moved("cover", 50, ["cover"]))
    assert measure_color(hand, 200, -200) == zone


def test_a_layer_is_drawn_with_its_opacity(hand: Hand) -> None:
    clear = hand.view.map.arrangement.with_opacity("zones", 0.3)
    before = measure_color(hand, 200, -200)
    hand.view.arrange(clear)
    land = QColor(hand.view.theme.land)
    after = measure_color(hand, 200, -200)
    assert abs(after.lightness() - land.lightness()) < abs(before.lightness() - land.lightness())


def test_sites_are_labeled_by_the_chosen_field(open_map: Open) -> None:
    project = project_from("AABB / aaaa")
    hand = open_map(project.with_site(replace(project.sites["r1c1"], enrollment=None)))
    hand.view.zoom_to_site("r1c1")
    assert "r1c1" in hand.view.map.label_boxes
    look = hand.view.map.arrangement
    hand.view.arrange(look.with_label_field("sites", "enrollment"))
    assert "r1c1" not in hand.view.map.label_boxes
    hand.view.arrange(look.with_label_field("sites", "zone"))
    narrow = hand.view.map.label_boxes["r1c1"].width()
    hand.view.arrange(look.with_label_field("sites", "short"))
    assert hand.view.map.label_boxes["r1c1"].width() > narrow
    hand.view.arrange(look.with_label_field("sites", ""))
    assert "r1c1" not in hand.view.map.label_boxes


def test_the_sources_name_a_user_layer_while_it_is_shown(hand: Hand) -> None:
    hand.session.apply("Add", add_stops)
    credits = hand.view.overlays.credits
    assert credits.accessibleName() == "Own: Stops"
    hand.view.arrange(hand.view.map.arrangement.with_visibility("stops", False))
    assert credits.accessibleName() == "" and credits.isHidden()


def test_a_picture_has_the_same_arrangement(hand: Hand) -> None:
    hand.view.resize(640, 480)
    plain = hand.view.render_image(640, 480)
    hand.view.arrange(hand.view.map.arrangement.with_opacity("zones", 0.3))
    assert hand.view.render_image(640, 480) != plain
