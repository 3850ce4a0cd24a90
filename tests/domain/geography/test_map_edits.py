"""A user's own layers: added whole, taken off whole."""

from builders import project_from, refused
from shapely.geometry import Point

from zoneplanner.domain.geography.map_edits import (
    add_layer,
    make_unique_title,
    remove_layer,
)
from zoneplanner.domain.project import Feature, Layer

STOPS = (Feature("", "Stop 1", Point(10, -10)), Feature("", "Stop 2", Point(20, -10)))


def test_an_own_layer_comes_with_its_features_and_goes_with_them() -> None:
    before = project_from("AB")
    after = add_layer(before, Layer("stops", "Bus stops"), STOPS)
    assert [layer.title for layer in after.user_layers] == ["Bus stops"]
    assert [item.layer for item in after.features] == ["district", "stops", "stops"]
    gone = remove_layer(after, "stops")
    assert gone.layers == before.layers
    assert gone.features == before.features


def test_each_own_layer_has_a_color_of_its_own_and_a_freed_one_is_used_again() -> None:
    project = add_layer(project_from("AB"), Layer("one", "One"), STOPS)
    project = add_layer(project, Layer("two", "Two"), STOPS)
    assert [layer.color for layer in project.user_layers] == [0, 1]
    project = add_layer(remove_layer(project, "one"), Layer("three", "Three"), STOPS)
    assert [layer.color for layer in project.user_layers] == [1, 0]


def test_a_layer_of_the_map_is_not_removed_and_an_empty_one_is_not_added() -> None:
    project = project_from("AB")
    with refused("layer_empty"):
        add_layer(project, Layer("stops", "Bus stops"), ())
    with refused("unknown_layer"):
        remove_layer(project, "stops")


def test_a_second_file_of_the_same_name_gets_a_number() -> None:
    project = add_layer(project_from("AB"), Layer("stops", "Bus stops"), STOPS)
    assert make_unique_title(project, "Bus stops") == "Bus stops 2"
    assert make_unique_title(project, "Parks") == "Parks"
