"""Themes on the map and their legend: classes, bars, hovering and picking a class."""

from dataclasses import replace

import pytest
from builders import EARLIER_RULES, project_from
from map_driver import Hand, Open
from PySide6.QtCore import QPoint, Qt

from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.geography.map_themes import (
    LOAD,
    MAP_THEMES,
    NATURAL,
    QUANTILES,
    RESPONSE,
    STEPS,
    VISIT,
    ZONE,
    ThemeInputs,
)
from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.plans.what_if import suppose_enrollment, suppose_site_closed
from zoneplanner.app.readiness.rules import install_rule_pack, read_offered_pack
from zoneplanner.app.session.state import derive_state
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.domain.project import Project
from zoneplanner.ui.map.layers import list_class_entries
from zoneplanner.ui.map.symbology.color_classes import format_class_bounds, make_initials
from zoneplanner.ui.map.symbology.site_coloring import (
    ColoringChoice,
    compute_coloring,
    parse_coloring_choice,
)
from zoneplanner.ui.widgets.style.theme import THEMES

STUDENTS = {"r1c1": 100, "r1c2": 200, "r1c3": 300, "r1c4": 400, "r2c1": 500, "r2c2": None}


def create_project_with_students() -> Project:
    project = project_from("AABB / aaaa")
    for site, number in STUDENTS.items():
        project = project.with_site(replace(project.sites[site], enrollment=number))
    return project


@pytest.fixture
def schools(open_map: Open) -> Hand:
    """A map whose schools differ in enrollment, with one unknown."""
    hand = open_map(create_project_with_students())
    hand.view.color_by(ColoringChoice("enrollment", QUANTILES, 3))
    return hand


def count_class_sites(hand: Hand) -> dict[str, int]:
    """Return the number of sites in each class of the legend."""
    rows = list_class_entries(hand.view.map.coloring)
    return {row.text: len(row.value.sites) for row in rows if row.kind == "class"}


def find_bar(hand: Hand, shade: int) -> QPoint:
    hand.view.overlays.legend.set_open(True)
    return hand.view.overlays.legend.list_class_rects()[shade].center().toPoint()


def test_a_class_has_its_color_and_size_on_the_map(schools: Hand) -> None:
    looks = [schools.view.map.sites[site].symbol for site in ("r1c1", "r1c4", "r2c1")]
    assert len({look.fill for look in looks}) == 3
    assert looks[0].size_px < looks[1].size_px < looks[2].size_px


def test_the_bars_count_the_sites_of_each_class_and_those_without_a_value(schools: Hand) -> None:
    assert count_class_sites(schools) == {"100–300": 3, "301–400": 3, "401–500": 1, "Not known": 1}
    title, counted = list_class_entries(schools.view.map.coloring)[:2]
    assert title.text == "Enrollment" and "students" in counted.text and "7 sites" in counted.text


def test_a_site_without_a_figure_is_hatched(schools: Hand) -> None:
    hatched = [site for site, item in schools.view.map.sites.items() if item.symbol.hatched]
    assert hatched == ["r2c2"]


@pytest.mark.parametrize("key", [key for key in MAP_THEMES if key != ZONE])
@pytest.mark.parametrize("theme", [THEMES["light"], THEMES["dark"]], ids=["light", "dark"])
def test_no_class_differs_by_color_alone(open_map: Open, key: str, theme: object) -> None:
    hand = open_map(create_project_with_students())
    log_visit(hand.session, "r1c1")
    declare_records(hand.session, since={"visits": hand.session.today})
    hand.view.set_theme(theme)  # type: ignore[arg-type]
    hand.view.set_coloring(key)
    items = hand.view.map.sites
    shades = [shade for shade in hand.view.map.coloring.classes if shade.sites]
    signs = [
        {(round(items[s].symbol.size_px, 1), items[s].symbol.text, items[s].symbol.hatched)
         for s in shade.sites}
        for shade in shades
    ]  # fmt: skip
    for at, own in enumerate(signs):
        assert all(own.isdisjoint(other) for other in signs[at + 1 :])


def test_the_zones_stay_visible_but_faint_below_a_theme(schools: Hand) -> None:
    zones = schools.view.map.zones
    assert all(item.isVisible() and item.style.muted for item in zones.values())
    schools.view.set_coloring(ZONE)
    assert not any(item.style.muted for item in zones.values())


def test_hovering_over_a_bar_rings_its_sites(schools: Hand) -> None:
    legend, items = schools.view.overlays.legend, schools.view.map.sites
    schools.qtbot.mouseMove(legend, find_bar(schools, 2))
    assert [site for site, item in items.items() if item.symbol.ring] == ["r2c1"]
    assert "401–500: 1 site" in legend.toolTip()
    legend.point_to_class(None)
    assert not any(item.symbol.ring for item in items.values())


def test_a_click_on_a_bar_shows_only_its_sites_and_another_click_all(
    schools: Hand,
) -> None:
    told: list[object] = []
    schools.view.class_sites_changed.connect(told.append)
    legend, items = schools.view.overlays.legend, schools.view.map.sites
    schools.qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=find_bar(schools, 0))
    shown = {site for site, item in items.items() if not item.symbol.pale}
    assert shown == {"r1c1", "r1c2", "r1c3"} == told[-1]
    assert legend.open
    schools.qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=find_bar(schools, 0))
    assert told[-1] is None
    assert not any(item.symbol.pale for item in items.values())


def test_escape_shows_all_sites_again(schools: Hand) -> None:
    schools.view.show_only_class(0)
    schools.key(Qt.Key.Key_Escape)
    assert schools.view.map.shown_class is None
    assert not any(item.symbol.pale for item in schools.view.map.sites.values())


def test_changing_the_theme_clears_the_picked_class(schools: Hand) -> None:
    schools.view.show_only_class(0)
    schools.view.set_coloring("jurisdiction")
    assert schools.view.map.shown_class is None
    assert not any(item.symbol.pale for item in schools.view.map.sites.values())


def test_class_bounds_stay_during_a_drag_and_sites_change_class(
    open_map: Open,
) -> None:
    hand = open_map(project_from("AAABBB / AAABBB / aaaaaa"))
    hand.view.color_by(ColoringChoice("response", QUANTILES, 3))
    before = hand.view.map.coloring
    looks = {site: item.symbol for site, item in hand.view.map.sites.items()}
    hand.session.preview(lambda project: assign_sites(project, "plan", {"r1c3": "B"}))
    during = hand.view.map.coloring
    assert during.class_breaks == before.class_breaks
    assert during.class_index != before.class_index
    for site, place in during.class_index.items():
        assert hand.view.map.sites[site].symbol.fill == during.classes[place].fill
    hand.session.cancel_gesture()
    assert {site: item.symbol for site, item in hand.view.map.sites.items()} == looks


def test_the_legend_follows_a_drag(open_map: Open) -> None:
    hand = open_map(project_from("AAABBB / AAABBB / aaaaaa"))
    hand.view.color_by(ColoringChoice("response", QUANTILES, 3))
    before = hand.view.overlays.legend.accessibleDescription()
    hand.session.preview(lambda project: assign_sites(project, "plan", {"r1c3": "B"}))
    assert hand.view.overlays.legend.accessibleDescription() != before
    hand.session.cancel_gesture()
    assert hand.view.overlays.legend.accessibleDescription() == before


def test_readiness_follows_the_journal_at_once(hand: Hand) -> None:
    hand.view.set_coloring("readiness")
    assert hand.view.map.sites["r1c1"].symbol.text == "○"
    earlier = read_offered_pack(hand.session, EARLIER_RULES)  # asks for the adoption alone
    install_rule_pack(hand.session, earlier)
    log_record(hand.session, "review", {"site": "r1c1", "stage": "adopted", "on": "today"})
    assert hand.view.map.sites["r1c1"].symbol.text == "✓"
    assert count_class_sites(hand) == {"Overdue": 0, "Due": 11, "Done": 1, "Not required": 0}


def test_a_drag_does_not_read_the_journal_again(hand: Hand) -> None:
    hand.view.set_coloring("readiness")
    hand.session.store.close()
    hand.session.preview(lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert hand.view.map.sites["r1c2"].symbol.text == "○"


def test_the_hover_card_shows_the_value(schools: Hand) -> None:
    schools.hover(schools.site("r1c2"))
    assert "Enrollment: 200 students" in schools.view.overlays.card.text()
    schools.hover(schools.site("r2c2"))
    assert "Enrollment: Not known" in schools.view.overlays.card.text()


def test_the_legend_is_a_small_chip_with_a_theme(schools: Hand) -> None:
    legend = schools.view.overlays.legend
    closed = legend.size()
    assert legend.title == "Enrollment" and not legend.open
    for key in MAP_THEMES:
        schools.view.set_coloring(key)
        legend.set_open(True)
        assert legend.width() <= 220 and closed.height() < legend.height() <= 200, key


def test_jurisdictions_are_shown_by_their_initials() -> None:
    names = ["Unincorporated Sacramento County", "City of Citrus Heights"]
    assert make_initials(names) == ["S", "CH"]
    assert make_initials([*names, "City of Sacramento"]) == ["1", "2", "3"]


def test_class_bounds_have_enough_digits_to_differ(open_map: Open) -> None:
    hand = open_map(project_from("AAABBB / AAABBB / aaaaaa"))
    hand.view.color_by(ColoringChoice("response", NATURAL, 5))
    coloring = hand.view.map.coloring
    assert coloring.values is not None
    texts = format_class_bounds(coloring.values, coloring.class_breaks)
    assert len(set(texts)) == len(texts) == len(coloring.class_breaks)


def test_a_project_without_sites_or_plan_has_empty_themes(open_map: Open) -> None:
    hand = open_map(replace(project_from("AABB / aaaa"), sites={}, plans={}))
    for key in MAP_THEMES:
        hand.view.set_coloring(key)
        hand.view.grab()


def test_a_choice_is_read_back_from_its_text_and_an_unknown_text_gives_none() -> None:
    choice = ColoringChoice(LOAD, NATURAL, 7)
    assert parse_coloring_choice(choice.text) == choice
    assert parse_coloring_choice(ColoringChoice().text) == ColoringChoice()
    for text in ("", "mood 5", "load x", "load 99 natural", "load"):
        assert parse_coloring_choice(text) is None


def test_with_a_unit_off_class_bounds_stay_and_no_site_improves() -> None:
    project = project_from("AABB / AABB / CCCC")
    state = derive_state(project, project.plans["plan"])
    choice, theme = ColoringChoice(RESPONSE, QUANTILES, 5), THEMES["light"]
    usual = compute_coloring(choice, state, ThemeInputs(), theme)
    without = ResponseConditions(units_off=("A",))
    off = compute_coloring(choice, state, ThemeInputs(under=without), theme)
    assert off.class_breaks == usual.class_breaks
    places = [(usual.class_index[site], off.class_index[site]) for site in project.sites]
    assert all(before <= after for before, after in places)
    assert any(before < after for before, after in places)


def test_a_what_if_uses_the_classes_of_its_starting_plan(open_map: Open) -> None:
    hand = open_map(create_project_with_students())
    hand.view.color_by(ColoringChoice(LOAD, QUANTILES, 3))
    usual = hand.view.map.coloring
    suppose_enrollment(hand.session, "r1c1", 5_000)
    supposed = hand.view.map.coloring
    assert supposed.class_breaks == usual.class_breaks
    assert supposed.class_index["r1c1"] == len(usual.classes) - 1 > usual.class_index["r1c1"]
    others = set(STUDENTS) - {"r1c1"}
    assert {site: supposed.class_index[site] for site in others} == {
        site: usual.class_index[site] for site in others
    }
    assert supposed.values is not None
    text = supposed.classes[supposed.class_index["r1c1"]].text
    assert text.endswith(
        f"–{supposed.values.figures['r1c1']:.1f}"
    )  # no class tells a bound too low


def test_a_what_if_does_not_change_counts_of_recorded_events(open_map: Open) -> None:
    hand = open_map(create_project_with_students())
    log_visit(hand.session, "r1c1")
    declare_records(hand.session, since={"visits": hand.session.today})
    hand.view.color_by(ColoringChoice(VISIT, STEPS, 4))
    facts = hand.view.map.coloring.values
    assert facts is not None
    assert facts.values["r1c1"] == 0
    suppose_site_closed(hand.session, "r1c1")
    supposed = hand.view.map.coloring.values
    assert supposed is not None
    assert supposed.values == facts.values
