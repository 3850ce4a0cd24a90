"""A user's own layers are added and removed with all their features."""

from builders import project_from, refused
from shapely.geometry import Point

from zoneplanner.domain.geography.map_edits import (
    add_layer,
    make_unique_title,
    remove_layer,
)
from zoneplanner.domain.project import Feature, Layer

STOPS = (Feature("", "Stop 1", Point(10, -10)), Feature("", "Stop 2", Point(20, -10)))


def test_a_user_layer_is_added_and_removed_with_its_features() -> None:
    before = project_from("AB")
    after = add_layer(before, Layer("stops", "Bus stops"), STOPS)
    assert [layer.title for layer in after.user_layers] == ["Bus stops"]
    assert [item.layer for item in after.features] == ["district", "stops", "stops"]
    gone = remove_layer(after, "stops")
    assert gone.layers == before.layers
    assert gone.features == before.features


def test_each_user_layer_has_its_own_color_and_freed_colors_are_reused() -> None:
    project = add_layer(project_from("AB"), Layer("one", "One"), STOPS)
    project = add_layer(project, Layer("two", "Two"), STOPS)
    assert [layer.color for layer in project.user_layers] == [0, 1]
    project = add_layer(remove_layer(project, "one"), Layer("three", "Three"), STOPS)
    assert [layer.color for layer in project.user_layers] == [1, 0]


def test_unknown_and_empty_user_layers_are_rejected() -> None:
    project = project_from("AB")
    with refused("layer_empty"):
        add_layer(project, Layer("stops", "Bus stops"), ())
    with refused("unknown_layer"):
        remove_layer(project, "stops")


def test_a_second_layer_with_the_same_title_gets_a_number() -> None:
    project = add_layer(project_from("AB"), Layer("stops", "Bus stops"), STOPS)
    assert make_unique_title(project, "Bus stops") == "Bus stops 2"
    assert make_unique_title(project, "Parks") == "Parks"
