"""Zone colors, hatches and inks."""

from zoneplanner.domain.plans.zone_colors import (
    ZONE_COLORS,
    zone_color,
    zone_hatch,
    zone_text_color,
)


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_zones_take_the_palette_in_order_and_begin_anew_after_its_end() -> None:
    assert [zone_color(index) for index in range(9)] == [*ZONE_COLORS, ZONE_COLORS[0]]


def test_no_two_of_56_zones_look_alike() -> None:
    looks = {(zone_color(index), zone_hatch(index)) for index in range(56)}
    assert len(looks) == 56


def test_every_ink_can_be_read_on_white() -> None:
    for index in range(len(ZONE_COLORS)):
        assert 1.05 / (luminance(zone_text_color(index)) + 0.05) >= 4.5


def test_a_color_that_is_dark_enough_is_its_own_ink() -> None:
    assert zone_text_color(0) == ZONE_COLORS[0]
