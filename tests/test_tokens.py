"""The design tokens are readable with every kind of color vision in every theme."""

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
"""The grounds that each text role is used on."""


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_match_published_values(
    one: tuple[float, float, float], other: tuple[float, float, float], known: float
) -> None:
    assert ciede2000(one, other) == pytest.approx(known, abs=1e-4)


@every_theme
def test_text_is_readable_on_every_ground(theme: ColorRoles) -> None:
    for role, grounds in ON_GROUND.items():
        for ground in grounds:
            ratio = contrast(getattr(theme, role), getattr(theme, ground))
            assert ratio >= 4.5, (role, ground, round(ratio, 2))


@every_theme
def test_the_log_is_readable_at_arms_length(theme: ColorRoles) -> None:
    """WCAG AAA requires 7:1."""
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
def test_a_hint_is_fainter_than_a_value(theme: ColorRoles) -> None:
    assert contrast(theme.text, theme.base) >= 2 * contrast(theme.hint, theme.base)


@every_theme
def test_danger_has_the_most_contrast(theme: ColorRoles) -> None:
    assert contrast(theme.on_live, theme.live_fill) >= 7
    for ground in ("window", "base"):
        assert contrast(theme.live, getattr(theme, ground)) >= 7


@every_theme
def test_late_differs_from_danger(theme: ColorRoles) -> None:
    for eye in ("usual", "tritan"):
        assert difference(theme.late, theme.live, eye) >= 15, eye
    assert min(difference(theme.late, theme.live, eye) for eye in EYES) >= 10


@every_theme
def test_no_map_color_looks_like_a_lockdown(theme: ColorRoles) -> None:
    """In gray the label shows the difference."""
    others = (*theme.lateness, *theme.status, *ZONE_PALETTE)
    for color in (*others, *DATA_PALETTES["layers"], *DATA_PALETTES["places"]):
        for eye in (one for one in EYES if one != "gray"):
            assert difference(color, theme.live_fill, eye) >= 5, (color, eye)


@every_theme
def test_borders_and_focus_stand_out_from_their_ground(theme: ColorRoles) -> None:
    for ground in SURFACES:
        for role in ("control_border", "focus"):
            ratio = contrast(getattr(theme, role), getattr(theme, ground))
            assert ratio >= 3, (role, ground, round(ratio, 2))
    assert contrast(theme.bar, theme.base) >= 3
    assert contrast(theme.accent, theme.bar_soft) >= 3  # progress in its trough
    assert contrast(theme.site_edge, theme.land) >= 7
    assert contrast(theme.zone_edge, theme.land) > contrast(theme.city_line, theme.land) >= 3


def test_arrows_stand_out_most_in_high_contrast() -> None:
    for name in ("light", "dark", "high contrast"):
        theme = COLOR_ROLES[name]
        for way in ("up", "down", "right"):
            picture = resources_dir() / f"chevron-{way}-{name.replace(' ', '-')}.svg"
            (ink,) = re.findall(r'stroke="(#\w+)"', picture.read_text(encoding="utf-8"))
            least = min(contrast(ink, getattr(theme, ground)) for ground in SURFACES)
            assert least >= (14 if name == "high contrast" else 4.5), (name, way)


@every_theme
def test_disabled_controls_are_fainter_than_enabled_ones(theme: ColorRoles) -> None:
    for ground in ("window", "base"):
        against = getattr(theme, ground)
        assert contrast(theme.disabled, against) <= contrast(theme.text, against) / 2.5
        for enabled in (theme.control_border, theme.accent):
            assert contrast(theme.disabled_border, against) <= contrast(enabled, against) / 2


@every_theme
def test_worse_classes_stand_out_more_from_the_map(theme: ColorRoles) -> None:
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
def test_ink_has_more_contrast_than_late_or_danger(theme: ColorRoles) -> None:
    """Text about danger is therefore in ink: red is fainter in the dark theme and in gray."""
    for ground in ("window", "base"):
        against = getattr(theme, ground)
        ink = contrast(theme.text, against)
        assert ink >= contrast(theme.late, against) > contrast(theme.live, against)


@every_theme
def test_a_symbol_is_readable_on_the_color_of_its_class(theme: ColorRoles) -> None:
    for color in (*theme.lateness, *theme.status, theme.live_fill, *DATA_PALETTES["places"]):
        assert contrast(choose_ink(color), color) >= 4.5, color


def test_a_number_is_readable_on_every_gray() -> None:
    for gray in range(256):
        color = f"#{gray:02X}{gray:02X}{gray:02X}"
        assert contrast(choose_ink(color), color) >= 4.5, color


@every_theme
def test_the_bands_of_adjacent_zones_differ(theme: ColorRoles) -> None:
    bands = [mix(color, theme.land, MAP_STYLE.band_share) for color in ZONE_PALETTE]
    for eye in EYES[:-1]:
        assert least_difference(bands, eye) >= 7.5, eye


def test_zones_alike_in_gray_have_different_hatches() -> None:
    alike = [
        (one, other)
        for one, other in combinations(range(len(ZONE_PALETTE)), 2)
        if difference(ZONE_PALETTE[one], ZONE_PALETTE[other], "gray") < 10
    ]
    assert alike
    assert all(zone_hatch(one) != zone_hatch(other) for one, other in alike)
    assert COLOR_ROLES["high contrast"].hatch_share > 0 == COLOR_ROLES["light"].hatch_share


def test_zones_differ_from_the_outside_in_gray_print() -> None:
    paper = COLOR_ROLES["paper"]
    fills = [mix(color, paper.land, paper.zone_fill_share) for color in ZONE_PALETTE]
    assert min(difference(fill, paper.outside, "gray") for fill in fills) >= 5


def test_zone_names_in_small_text_are_readable_on_white() -> None:
    assert min(contrast(color, "#FFFFFF") for color in ZONE_TEXT_PALETTE) >= 4.5
    assert len(ZONE_TEXT_PALETTE) == len(set(ZONE_PALETTE)) == 12


def test_the_accent_is_no_map_color() -> None:
    for theme in THEMES:
        on_map = (*ZONE_PALETTE, *theme.lateness, *theme.status, theme.bar, theme.label)
        assert theme.accent not in on_map


def test_no_text_is_smaller_than_the_smallest_role() -> None:
    assert min(role.size_px for role in TEXT_ROLES.values()) == TEXT_ROLES["micro"].size_px == 11
    assert min(scale.number_px for scale in MAP_STYLE.scales) >= 11


def test_map_scales_are_in_order() -> None:
    bounds = [scale.below_m_px for scale in MAP_STYLE.scales]
    assert bounds == sorted(bounds)
    assert [MAP_STYLE.at(m_px).fill for m_px in (60.0, 15.0, 3.7)] == [1.0, 0.82, 0.45]
    assert MAP_STYLE.at(1e6) is MAP_STYLE.scales[-1]


ROOT = Path(__file__).resolve().parents[1]
KINDS = (".py", ".qss", ".css", ".js", ".html", ".qml")
RED = {
    "zoneplanner/ui/log/response_actions/response_bar.py",  # a lockdown about to be recorded
    "zoneplanner/ui/log/response_actions/response_banner.py",  # the action in progress
    "zoneplanner/ui/map/scene/calls.py",  # a call of priority 1
    "zoneplanner/ui/map/scene/user_layers.py",  # the same on the map
    "zoneplanner/ui/shifts/today_board.py",  # both, in the first lines of Today
    "zoneplanner/publish/pdf/canvas.py",  # the same on paper
    "zoneplanner/ui/widgets/style/theme.py",  # Qt's role of bright text
    "resources/styles/window.qss",  # lockdown, priority 1, destructive buttons
}
"""The files that draw in red."""


def read_sources() -> dict[str, str]:
    """Return the text of every file that draws, by path."""
    paths = (path for part in ("zoneplanner", "resources") for path in (ROOT / part).rglob("*"))
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in KINDS
    }


def test_no_color_is_defined_outside_the_tokens() -> None:
    colors = re.compile(r"""["':\s]#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b""")
    found = {path: colors.findall(text) for path, text in read_sources().items()}
    assert {path: own for path, own in found.items() if own} == {}


def test_the_accent_is_on_no_map_and_in_no_chart() -> None:
    parts = ("zoneplanner/ui/map/", "zoneplanner/ui/widgets/charts/", "zoneplanner/publish/")
    maps = {path: text for path, text in read_sources().items() if path.startswith(parts)}
    assert len(maps) > 50
    assert [path for path, text in maps.items() if "accent" in text] == []


def test_red_is_only_for_danger_and_destructive_actions() -> None:
    red = re.compile(r"""\.live(_fill|_soft)?\b|["']live(_fill|_soft)?["']|@live\b""")
    drawn = {path for path, text in read_sources().items() if red.search(text)}
    assert drawn - {"zoneplanner/tokens.py"} == RED


def test_only_a_lockdown_or_evacuation_is_filled_with_red() -> None:
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", read_sources()["resources/styles/window.qss"])
    filled = {name.strip() for name, body in rules if "background: @live_fill" in body}
    assert filled == {
        "#lockdown",
        "#lockdown_band",
        '#begin_response[live="true"]',
        '#response[urgent="true"]',
    }
    painted = [path for path, text in read_sources().items() if re.search(r"\.live_fill\b", text)]
    assert painted == ["zoneplanner/ui/map/scene/user_layers.py"]


def test_every_color_role_and_map_value_is_used() -> None:
    own = "zoneplanner/tokens.py"
    readers = "\n".join(text for path, text in read_sources().items() if path != own)
    held = [field.name for kind in (ColorRoles, MapStyle, MapScale) for field in fields(kind)]
    indirect = {"city_line", "county_line", "district_line"}  # by the layer's name
    unread = [name for name in held if not re.search(rf"""[."'@]{name}\b""", readers)]
    assert set(unread) <= indirect
