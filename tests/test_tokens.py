"""The design tokens: read by every eye, in every theme."""

import re
from dataclasses import fields
from itertools import combinations
from pathlib import Path

import pytest
from color_math import EYES, ciede2000, contrast, difference, least_difference, mix

from zoneplanner.bundled import resources_dir
from zoneplanner.tokens import (
    COLOR_ROLES,
    DATA_PALETTES,
    MAP_STYLE,
    TEXT_ROLES,
    ZONE_PALETTE,
    ZONE_TEXT_PALETTE,
    ColorRoles,
    MapScale,
    MapStyle,
    choose_ink,
    zone_hatch,
)

THEMES = tuple(COLOR_ROLES.values())
every_theme = pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
SURFACES = ("window", "base", "raised", "alternate")
ON_GROUND = {
    "text": (*SURFACES, "accent_soft", "warning_soft", "late_soft", "live_soft", "bar_soft"),
    "muted": (*SURFACES, "accent_soft", "halo"),
    "hint": ("window", "base"),
    "accent": ("window", "base", "raised"),
    "disabled": ("window",),
    "good": ("window", "base", "raised"),
    "warning": ("window", "base", "raised", "warning_soft"),
    "late": (*SURFACES, "late_soft"),
    "live": (*SURFACES, "live_soft"),
    "on_accent": ("accent",),
    "on_live": ("live_fill",),
    "label": ("halo",),
    "road_text": ("halo",),
    "water_text": ("halo",),
}
"""Which role is written on which."""


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_those_that_were_published(
    one: tuple[float, float, float], other: tuple[float, float, float], known: float
) -> None:
    assert ciede2000(one, other) == pytest.approx(known, abs=1e-4)


@every_theme
def test_text_reads_on_every_ground_it_is_written_on(theme: ColorRoles) -> None:
    for role, grounds in ON_GROUND.items():
        for ground in grounds:
            ratio = contrast(getattr(theme, role), getattr(theme, ground))
            assert ratio >= 4.5, (role, ground, round(ratio, 2))


@every_theme
def test_the_log_reads_at_arms_length(theme: ColorRoles) -> None:
    """Its secondary text was 6.3:1, its links 6.1:1; AAA of WCAG asks for 7:1."""
    grounds = ("window", "base", "alternate")
    in_log = {
        **dict.fromkeys(("text", "muted"), (*grounds, "live_soft")),
        **dict.fromkeys(("accent", "live", "late"), ("window", "base")),
        "hint": ("base",),
    }
    for role, on in in_log.items():
        for ground in on:
            ratio = contrast(getattr(theme, role), getattr(theme, ground))
            assert ratio >= 7, (role, ground, round(ratio, 2))


@every_theme
def test_a_hint_in_a_field_is_not_taken_for_what_is_filled_in(theme: ColorRoles) -> None:
    """In high contrast both were all but black."""
    assert contrast(theme.text, theme.base) >= 2 * contrast(theme.hint, theme.base)


@every_theme
def test_danger_reads_best_of_all(theme: ColorRoles) -> None:
    assert contrast(theme.on_live, theme.live_fill) >= 7
    for ground in ("window", "base"):
        assert contrast(theme.live, getattr(theme, ground)) >= 7


@every_theme
def test_what_is_late_is_not_mistaken_for_danger(theme: ColorRoles) -> None:
    """They were 3.3 apart for all eyes, then 5.2 for eyes without red."""
    for eye in ("usual", "tritan"):
        assert difference(theme.late, theme.live, eye) >= 15, eye
    assert min(difference(theme.late, theme.live, eye) for eye in EYES) >= 10


@every_theme
def test_no_color_of_the_map_is_that_of_a_lockdown_to_any_eye(theme: ColorRoles) -> None:
    """An own layer was 0.5 apart from it, a school late in the dark 3.9; in gray its word tells."""
    others = (*theme.lateness, *theme.status, *ZONE_PALETTE)
    for color in (*others, *DATA_PALETTES["layers"], *DATA_PALETTES["places"]):
        for eye in (one for one in EYES if one != "gray"):
            assert difference(color, theme.live_fill, eye) >= 5, (color, eye)


@every_theme
def test_rims_and_focus_stand_out_from_their_ground(theme: ColorRoles) -> None:
    for ground in SURFACES:
        for role in ("control_border", "focus"):
            ratio = contrast(getattr(theme, role), getattr(theme, ground))
            assert ratio >= 3, (role, ground, round(ratio, 2))
    assert contrast(theme.bar, theme.base) >= 3
    assert contrast(theme.accent, theme.bar_soft) >= 3  # progress in its trough
    assert contrast(theme.site_edge, theme.land) >= 7
    assert contrast(theme.zone_edge, theme.land) > contrast(theme.city_line, theme.land) >= 3


def test_arrows_of_folds_menus_and_titles_stand_out_most_in_high_contrast() -> None:
    """One gray was 3.7:1 in light and in high contrast."""
    for name in ("light", "dark", "high contrast"):
        theme = COLOR_ROLES[name]
        for way in ("up", "down", "right"):
            picture = resources_dir() / f"chevron-{way}-{name.replace(' ', '-')}.svg"
            (ink,) = re.findall(r'stroke="(#\w+)"', picture.read_text(encoding="utf-8"))
            least = min(contrast(ink, getattr(theme, ground)) for ground in SURFACES)
            assert least >= (14 if name == "high contrast" else 4.5), (name, way)


@every_theme
def test_what_is_disabled_is_fainter_than_what_is_not(theme: ColorRoles) -> None:
    """In high contrast both had black rims, and a box that was ticked was black."""
    for ground in ("window", "base"):
        against = getattr(theme, ground)
        assert contrast(theme.disabled, against) <= contrast(theme.text, against) / 2.5
        for enabled in (theme.control_border, theme.accent):
            assert contrast(theme.disabled_border, against) <= contrast(enabled, against) / 2


@every_theme
def test_the_worse_the_more_it_stands_out_from_the_map(theme: ColorRoles) -> None:
    for zone in ZONE_PALETTE:
        ground = mix(zone, theme.land, MAP_STYLE.themed_fill_share)
        assert max(theme.lateness, key=lambda one: contrast(one, ground)) == theme.lateness[-1]
        assert max(theme.status, key=lambda one: contrast(one, ground)) == theme.status[0]
    away = [contrast(color, theme.land) for color in theme.lateness]
    assert away == sorted(away)
    assert away[-1] >= 10
    assert contrast(theme.status[1], theme.land) > max(
        contrast(color, theme.land) for color in theme.status[2:]
    )


@every_theme
def test_ink_stands_out_more_than_what_is_drawn_for_danger_or_lateness(theme: ColorRoles) -> None:
    """So the words of danger now keep the ink: in the dark and in gray its red is the fainter."""
    for ground in ("window", "base"):
        against = getattr(theme, ground)
        ink = contrast(theme.text, against)
        assert ink >= contrast(theme.late, against) > contrast(theme.live, against)


@every_theme
def test_a_sign_reads_on_the_color_of_its_class(theme: ColorRoles) -> None:
    for color in (*theme.lateness, *theme.status, theme.live_fill, *DATA_PALETTES["places"]):
        assert contrast(choose_ink(color), color) >= 4.5, color


def test_a_number_reads_on_every_shade_of_its_cell() -> None:
    """On the grays in the middle neither ink nor white did; the counts of a week stood on them."""
    for gray in range(256):
        color = f"#{gray:02X}{gray:02X}{gray:02X}"
        assert contrast(choose_ink(color), color) >= 4.5, color


@every_theme
def test_zones_side_by_side_are_told_apart_by_their_bands(theme: ColorRoles) -> None:
    bands = [mix(color, theme.land, MAP_STYLE.band_share) for color in ZONE_PALETTE]
    for eye in EYES[:-1]:
        assert least_difference(bands, eye) >= 7.5, eye


def test_where_gray_does_not_tell_zones_apart_their_hatches_do() -> None:
    alike = [
        (one, other)
        for one, other in combinations(range(len(ZONE_PALETTE)), 2)
        if difference(ZONE_PALETTE[one], ZONE_PALETTE[other], "gray") < 10
    ]
    assert alike
    assert all(zone_hatch(one) != zone_hatch(other) for one, other in alike)
    assert COLOR_ROLES["high contrast"].hatch_share > 0 == COLOR_ROLES["light"].hatch_share


def test_a_gray_printer_shows_each_zone_apart_from_what_is_outside() -> None:
    """The first zone's fill was as gray as the land outside (0.7) on a page made in color."""
    paper = COLOR_ROLES["paper"]
    fills = [mix(color, paper.land, paper.zone_fill_share) for color in ZONE_PALETTE]
    assert min(difference(fill, paper.outside, "gray") for fill in fills) >= 5


def test_zones_in_small_text_are_read_on_white() -> None:
    assert min(contrast(color, "#FFFFFF") for color in ZONE_TEXT_PALETTE) >= 4.5
    assert len(ZONE_TEXT_PALETTE) == len(set(ZONE_PALETTE)) == 12


def test_the_accent_is_no_color_of_the_map() -> None:
    for theme in THEMES:
        on_map = (*ZONE_PALETTE, *theme.lateness, *theme.status, theme.bar, theme.label)
        assert theme.accent not in on_map


def test_nothing_on_screen_is_smaller_than_the_smallest_role() -> None:
    assert min(role.size_px for role in TEXT_ROLES.values()) == TEXT_ROLES["micro"].size_px == 11
    assert min(scale.number_px for scale in MAP_STYLE.scales) >= 11


def test_each_scale_of_the_map_is_nearer_than_the_next() -> None:
    bounds = [scale.below_m_px for scale in MAP_STYLE.scales]
    assert bounds == sorted(bounds)
    assert [MAP_STYLE.at(m_px).fill for m_px in (60.0, 15.0, 3.7)] == [1.0, 0.82, 0.45]
    assert MAP_STYLE.at(1e6) is MAP_STYLE.scales[-1]


ROOT = Path(__file__).resolve().parents[1]
KINDS = (".py", ".qss", ".css", ".js", ".html", ".qml")
RED = {
    "zoneplanner/ui/log/response_actions/response_bar.py",  # a lockdown about to be recorded
    "zoneplanner/ui/log/response_actions/response_banner.py",  # what goes on now
    "zoneplanner/ui/map/scene/calls.py",  # a call of priority 1
    "zoneplanner/ui/map/scene/user_layers.py",  # the same on the map
    "zoneplanner/ui/shifts/today_board.py",  # both, as the first lines of Today
    "zoneplanner/publish/pdf/canvas.py",  # the same on paper
    "zoneplanner/ui/widgets/style/theme.py",  # Qt's role of bright text
    "resources/styles/window.qss",  # lockdown, priority 1, buttons that destroy
}
"""Where red is drawn."""


def sources() -> dict[str, str]:
    """Return the text of what draws, by its path."""
    paths = (path for part in ("zoneplanner", "resources") for path in (ROOT / part).rglob("*"))
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in KINDS
    }


def test_no_color_stands_outside_the_tokens() -> None:
    colors = re.compile(r"""["':\s]#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b""")
    found = {path: colors.findall(text) for path, text in sources().items()}
    assert {path: own for path, own in found.items() if own} == {}


def test_the_accent_is_on_no_map_and_in_no_chart() -> None:
    parts = ("zoneplanner/ui/map/", "zoneplanner/ui/widgets/charts/", "zoneplanner/publish/")
    maps = {path: text for path, text in sources().items() if path.startswith(parts)}
    assert len(maps) > 50
    assert [path for path, text in maps.items() if "accent" in text] == []


def test_red_is_drawn_for_danger_now_and_for_what_destroys_alone() -> None:
    red = re.compile(r"""\.live(_fill|_soft)?\b|["']live(_fill|_soft)?["']|@live\b""")
    drawn = {path for path, text in sources().items() if red.search(text)}
    assert drawn - {"zoneplanner/tokens.py"} == RED


def test_nothing_but_a_lockdown_or_evacuation_is_filled_with_red() -> None:
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", sources()["resources/styles/window.qss"])
    filled = {name.strip() for name, body in rules if "background: @live_fill" in body}
    assert filled == {
        "#lockdown",
        "#lockdown_band",
        '#begin_response[live="true"]',
        '#response[urgent="true"]',
    }
    painted = [path for path, text in sources().items() if re.search(r"\.live_fill\b", text)]
    assert painted == ["zoneplanner/ui/map/scene/user_layers.py"]


def test_every_role_and_every_value_of_the_map_is_read_by_something() -> None:
    own = "zoneplanner/tokens.py"
    readers = "\n".join(text for path, text in sources().items() if path != own)
    held = [field.name for kind in (ColorRoles, MapStyle, MapScale) for field in fields(kind)]
    indirect = {"city_line", "county_line", "district_line"}  # by the layer's name
    unread = [name for name in held if not re.search(rf"""[."'@]{name}\b""", readers)]
    assert set(unread) <= indirect
