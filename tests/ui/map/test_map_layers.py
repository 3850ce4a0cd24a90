"""How the arrangement of layers is changed, stored and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneplanner.ui.map.layers import (
    DEFAULT_ARRANGEMENT,
    FIXED_LAYERS,
    MAP_LAYERS,
    Arrangement,
    parse_arrangement,
)

names = st.sampled_from([*MAP_LAYERS, "stops", "parks"])


@st.composite
def arrangements(draw: st.DrawFn) -> Arrangement:
    look = DEFAULT_ARRANGEMENT
    for _ in range(draw(st.integers(0, 6))):
        name = draw(names)
        look = draw(
            st.sampled_from(
                [
                    look.with_visibility(name, draw(st.booleans())),
                    look.with_opacity(name, draw(st.floats(-1, 2))),
                    look.with_label_field(name, draw(st.sampled_from(["", "name", "a “b”"]))),
                    look.with_layer_moved(name, draw(st.integers(-3, 3)), ["stops", "parks"]),
                ]
            )
        )
    return look


@given(arrangements())
def test_an_arrangement_is_read_back_unchanged(look: Arrangement) -> None:
    assert parse_arrangement(look.to_text()) == look


@given(arrangements())
def test_every_layer_exists_once_with_names_on_top_and_tiles_at_the_bottom(
    look: Arrangement,
) -> None:
    rows = look.list_layers(["stops", "parks"])
    assert sorted(rows) == sorted([*MAP_LAYERS, "stops", "parks"])
    assert (rows[0], rows[-1]) == ("names", "tiles")
    heights = look.compute_z_values(["stops", "parks"])
    movable = [name for name in rows if name not in FIXED_LAYERS]
    assert sorted(heights, key=heights.__getitem__, reverse=True) == movable


KEPT = DEFAULT_ARRANGEMENT.to_text()


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"order": 1}', '{"order": []}', "null"),
        KEPT.replace('"labels": {}', '"labels": []'),
        KEPT.replace('"opacity": {}', '"opacity": {"roads": null, "zones": "thick"}'),
    ],
)
def test_a_damaged_text_gives_the_default_arrangement(text: str) -> None:
    assert parse_arrangement(text) == DEFAULT_ARRANGEMENT


def test_a_new_user_layer_is_below_the_sites() -> None:
    rows = DEFAULT_ARRANGEMENT.list_layers(["stops"])
    assert rows.index("others") + 1 == rows.index("stops") < rows.index("city")


def test_a_layer_moves_by_steps_within_the_list() -> None:
    look = DEFAULT_ARRANGEMENT.with_layer_moved("zones", -1, [])
    assert look.order.index("zones") == DEFAULT_ARRANGEMENT.order.index("zones") - 1
    assert DEFAULT_ARRANGEMENT.with_layer_moved("zones", 50, []).order[-1] == "zones"
    assert DEFAULT_ARRANGEMENT.with_layer_moved("names", 3, []) == DEFAULT_ARRANGEMENT
