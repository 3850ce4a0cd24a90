"""Zone colors, hatches and text colors."""

from zoneplanner.tokens import ZONE_PALETTE, zone_color, zone_hatch, zone_text_color


def test_zone_colors_repeat_after_the_end_of_the_palette() -> None:
    assert [zone_color(index) for index in range(13)] == [*ZONE_PALETTE, ZONE_PALETTE[0]]


def test_no_two_of_84_zones_look_alike() -> None:
    looks = {(zone_color(index), zone_hatch(index)) for index in range(84)}
    assert len(looks) == 84


def test_a_dark_enough_color_is_also_the_text_color() -> None:
    assert zone_text_color(0) == ZONE_PALETTE[0]
