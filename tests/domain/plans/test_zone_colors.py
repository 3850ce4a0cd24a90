"""Zone colors, hatches and inks."""

from zoneplanner.tokens import ZONE_PALETTE, zone_color, zone_hatch, zone_text_color


def test_zones_take_the_palette_in_order_and_begin_anew_after_its_end() -> None:
    assert [zone_color(index) for index in range(13)] == [*ZONE_PALETTE, ZONE_PALETTE[0]]


def test_no_two_of_84_zones_look_alike() -> None:
    looks = {(zone_color(index), zone_hatch(index)) for index in range(84)}
    assert len(looks) == 84


def test_a_color_that_is_dark_enough_is_its_own_ink() -> None:
    assert zone_text_color(0) == ZONE_PALETTE[0]
