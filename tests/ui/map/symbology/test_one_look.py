"""Screen, paper, web map and QGIS draw a zone in the same colors."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from builders import project_from
from color_math import mix
from handouts import letter_handout
from map_driver import Hand
from pypdf import PdfReader
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner.publish.documents.atlas import build_atlas
from zoneplanner.publish.pdf.page import render_pdf
from zoneplanner.publish.web.web_map import render_web_map
from zoneplanner.storage.geopackage.qgis_project import read_qgis_style
from zoneplanner.tokens import COLOR_ROLES, MAP_STYLE, ZONE_PALETTE, choose_ink
from zoneplanner.ui.data.imports.preview_map import ImportPreviewMap
from zoneplanner.ui.widgets.style.theme import THEMES


def is_near_color(color: str, found: set[tuple[int, ...]]) -> bool:
    """Return whether two colors are equal up to rounding."""
    return any(
        all(abs(a - b) <= 1 for a, b in zip(split_channels(color), one, strict=True))
        for one in found
    )


def split_channels(color: str) -> tuple[int, ...]:
    """Return the channels of #RRGGBB, 0 to 255."""
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_window_draws_zone_fill_and_edge_from_the_tokens(hand: Hand, name: str) -> None:
    theme = THEMES[name]
    hand.view.set_theme(theme)
    item = hand.view.map.zones["A"]
    share = theme.zone_fill_share * MAP_STYLE.at(hand.view.map.m_px).fill
    zone = ZONE_PALETTE[item.style.color]
    fill, band = mix(zone, theme.land, share), mix(zone, theme.land, MAP_STYLE.band_share)
    shot = hand.view.grab().toImage()
    box = item.mapToScene(item.boundingRect()).boundingRect()
    seen = hand.view.mapFromScene(box).boundingRect()
    points = [(x, y) for x in range(0, shot.width(), 2) for y in range(0, shot.height(), 2)]
    colors = [shot.pixelColor(x, y) for x, y in points if seen.contains(x, y)]
    found = {(color.red(), color.green(), color.blue()) for color in colors}
    assert is_near_color(fill, found)
    assert is_near_color(band, found)


def test_zone_fills_are_fainter_under_a_theme(hand: Hand) -> None:
    plain = hand.view.map.zones["A"]._brush.color()
    hand.view.set_coloring("enrollment")
    light = THEMES["light"]
    zone = ZONE_PALETTE[hand.view.map.zones["A"].style.color]
    themed = hand.view.map.zones["A"]._brush.color()
    assert themed != plain
    assert themed.name().upper() == mix(zone, light.land, MAP_STYLE.themed_fill_share)


def test_an_import_preview_has_the_background_and_lines_of_the_map(qtbot: QtBot) -> None:
    for theme in THEMES.values():
        preview = ImportPreviewMap(project_from("AABB / aaaa"), theme)
        qtbot.addWidget(preview)
        preview.resize(300, 200)
        shot = preview.grab().toImage()
        colors = [shot.pixelColor(x, y) for x in range(shot.width()) for y in range(shot.height())]
        found = {(color.red(), color.green(), color.blue()) for color in colors}
        assert is_near_color(theme.land, found)
        pens = {item.pen().color().name().upper() for item in preview.scene().items()}
        assert theme.city_line.upper() in pens


def test_a_hatch_is_drawn_only_in_high_contrast(hand: Hand) -> None:
    for name, theme in THEMES.items():
        hand.view.set_theme(theme)
        patterned = hand.view.map.zones["A"]._brush.style() is Qt.BrushStyle.TexturePattern
        assert patterned is (name == "high contrast")


def test_the_map_shows_a_focus_frame_after_keys_but_not_after_the_mouse(hand: Hand) -> None:
    for reason, shown in (
        (Qt.FocusReason.MouseFocusReason, False),
        (Qt.FocusReason.TabFocusReason, True),
        (Qt.FocusReason.MouseFocusReason, False),
    ):
        hand.view.clearFocus()
        hand.view.setFocus(reason)
        assert bool(hand.view.property("keyed")) is shown


def test_a_printed_zone_has_the_same_fill_band_and_edge() -> None:
    pdf = render_pdf(build_atlas(letter_handout("AAB / aaa")))
    drawn = {
        tuple(round(255 * float(part)) for part in found)
        for page in PdfReader(io.BytesIO(pdf)).pages
        for found in re.findall(
            r"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)", page.get_contents().get_data().decode("latin1")
        )
    }
    paper = COLOR_ROLES["paper"]
    for zone in ZONE_PALETTE[:2]:
        for share in (paper.zone_fill_share, MAP_STYLE.band_share):
            assert is_near_color(mix(zone, paper.land, share), drawn)
    assert is_near_color(paper.zone_edge, drawn)


def test_only_pages_for_a_gray_printer_have_hatches() -> None:
    handout = letter_handout("AAB / aaa")
    drawn = {}
    for paper in ("letter", "letter-gray"):
        pdf = render_pdf(build_atlas(replace(handout, paper=paper)))
        page = PdfReader(io.BytesIO(pdf)).pages[0].get_contents().get_data()
        drawn[paper] = len(re.findall(rb" m [\d.]+ [\d.]+ l", page))
    assert drawn["letter-gray"] > drawn["letter"] + 50


def test_the_web_map_has_the_windows_colors_in_light_and_dark() -> None:
    page = render_web_map(letter_handout("AAB / aaa")).decode()
    day, night = (
        dict(re.findall(r"--([\w-]+): ([^;]+);", block))
        for block in re.findall(r":root \{(.*?)\}", page)[:2]
    )
    for values, roles in ((day, COLOR_ROLES["light"]), (night, COLOR_ROLES["dark"])):
        assert (values["land"], values["tint"]) == (roles.land, str(roles.zone_fill_share))
        assert values["zone-edge"] == roles.zone_edge
        assert values["status-0"] == roles.status[0]
        assert [values[f"lateness-{at}"] for at in range(5)] == list(roles.lateness)
        assert values["on-lateness-4"] == choose_ink(roles.lateness[4])
    assert day["band-share"] == str(MAP_STYLE.band_share)
    assert f"--color: {ZONE_PALETTE[0]}" in page


def test_qgis_draws_the_same_fill_and_band() -> None:
    symbols = Xml.fromstring(read_qgis_style("zone_area")).findall("renderer-v2/symbols/symbol")
    assert len(symbols) == len(ZONE_PALETTE)
    for symbol, zone in zip(symbols, ZONE_PALETTE, strict=True):
        held = (one.attrib for one in symbol.iter("Option") if "name" in one.attrib)
        options = {one["name"]: one["value"] for one in held}
        fill = COLOR_ROLES["paper"].zone_fill_share
        assert options["color"] == ",".join(map(str, (*split_channels(zone), round(255 * fill))))
        assert options["draw_inside_polygon"] == "1"
