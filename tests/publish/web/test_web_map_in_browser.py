"""The web map driven in a real browser: fingers, keys, tools, themes, and what a reader hears."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from browser import needs_browser
from driven import Page, browser
from handouts import district
from papers import page_texts
from pypdf import PdfReader
from shapely.geometry import Point

from zoneplanner.domain.plans.plan import Pin
from zoneplanner.domain.project import Feature, Layer
from zoneplanner.publish.handout import Handout, LogWeek, PublishedTiles
from zoneplanner.publish.web.web_map import render_web_map

pytestmark = needs_browser
DEL_CAMPO = "Del Campo High"
PHONE = (390, 844)
TILES = PublishedTiles("USGS topographic map", "https://tiles.example/{z}/{x}/{y}.png", "USGS", 16)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("maps")
    public, staff, own_office = district("public"), district("staff"), district("own")
    sites = list(staff.project.sites)
    weeks = tuple(
        LogWeek(
            date(2026, 11, 2 + 7 * n),
            dict.fromkeys(sites[:40], n),
            {sites[0]: 2},
            dict.fromkeys(sites[:30], "overdue") | dict.fromkeys(sites[30:], "done"),
        )
        for n in range(3)
    )
    readiness = weeks[-1].readiness
    weeks += (
        LogWeek(date(2026, 11, 23), dict.fromkeys(sites[:40], 1), {}, readiness, in_school=False),
        LogWeek(date(2026, 11, 30), None, None, readiness),
    )
    own = Layer("own-gates", "Gates <b>", own=True)
    gate = Feature("own-gates", "Gate", Point(staff.project.sites[sites[0]].position))
    project = replace(
        staff.project,
        layers={**staff.project.layers, own.id: own},
        features=(*staff.project.features, gate),
    )
    made = {
        "public": render_web_map(public),
        "staff": render_web_map(replace(staff, weeks=weeks, project=project)),
        "own": render_web_map(replace(own_office, weeks=weeks)),
        "law": render_web_map(with_pin(district("law-enforcement"))),
        "tiles": render_web_map(replace(public, tiles=TILES)),
    }
    for name, content in made.items():
        assert len(content) <= 600 * 1024
        (folder / f"{name}.html").write_bytes(content)
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


def with_pin(handout: Handout) -> Handout:
    """Pin a note to the plan, where the first site is."""
    site = next(iter(handout.project.sites.values()))
    pin = Pin("n", *site.position, "Gate <b>code</b>", "safety manager", handout.as_of)
    return replace(handout, plan=replace(handout.plan, pins={"n": pin}))


def card(page: Page) -> str:
    return str(page.run("document.querySelector('.leaflet-popup-content')?.innerText || ''"))


def told(page: Page) -> str:
    return str(page.run("document.getElementById('told').textContent"))


def violations(page: Page) -> list[str]:
    """What axe finds wrong, with the places."""
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page.run(f"{axe}; true")
    found = page.run(
        "axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations.map("
        "(one) => one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')))"
    )
    return list(found)


def small_targets(page: Page) -> list[str]:
    """What the keyboard reaches and a finger cannot hit: WCAG 2.2's 2.5.8, which this axe lacks.

    Of each control 24 px must be free around some point; links within a sentence need not.
    """
    found = page.run("""
      [...document.querySelectorAll('button, input, select, summary, [tabindex="0"][role]')]
        .filter((one) => one.checkVisibility()).map((one) => {
          one.scrollIntoView({block: 'center'});
          const box = (one.closest('label') || one).getBoundingClientRect();
          const own = (x, y) => {
            const hit = document.elementFromPoint(x, y);
            return hit && (one.contains(hit) || hit.closest('label')?.contains(one));
          };
          const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
          const corners = [[-11, -11], [11, -11], [-11, 11], [11, 11]];
          const free = corners.every(([a, b]) => own(x + a, y + b));
          return free ? '' : (one.getAttribute('aria-label') || one.outerHTML.slice(0, 80));
        }).filter(Boolean)""")
    return list(found)


@pytest.mark.parametrize(
    ("size", "dark", "name"),
    [
        pytest.param(
            *(size, dark, name),
            id=f"{at}-{'dark' if dark else 'light'}-{name}",
            # each screen, theme and edition once; all of them together take 7 s
            marks=[pytest.mark.long] * ((at == "phone") != dark or dark != (name == "staff")),
        )
        for at, size in (("desk", (1280, 800)), ("phone", PHONE))
        for dark in (False, True)
        for name in ("public", "staff")
    ],
)
def test_axe_finds_nothing_to_mend(
    page: Page, pages: dict[str, Path], name: str, dark: bool, size: tuple[int, int]
) -> None:
    page.dark(on=dark)
    page.open(pages[name], size=size, touch=size == PHONE)
    page.run("document.getElementById('key').open = true; true")
    assert violations(page) == []
    assert small_targets(page) == []
    page.dark(on=False)


def test_a_finger_opens_the_card_of_a_school_and_nothing_is_asked_of_the_network(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"], size=PHONE, touch=True)
    page.tap('[title="Gold River Discovery Center K-8"]')
    page.wait("document.querySelector('.leaflet-popup-content')")
    assert card(page).startswith("Gold River Discovery Center K-8")
    assert "Backup" not in card(page)
    assert page.asked == []
    assert page.complaints == []


def test_numbers_of_zones_do_not_lie_on_each_other(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    seen = """(() => { const boxes = [...document.querySelectorAll('.zone-number > *')]
      .filter((one) => getComputedStyle(one).visibility === 'visible')
      .map((one) => one.getBoundingClientRect());
      const on = boxes.some((one, n) => boxes.some((other, m) => n < m && one.left < other.right
        && other.left < one.right && one.top < other.bottom && other.top < one.bottom));
      return [boxes.length, on]; })()"""
    assert page.run(seen) == [7, False]
    page.run("planner.map.setMinZoom(0); planner.map.setZoom(6, {animate: false}); true")
    left, over = page.run(seen)
    assert 0 < left < 7
    assert not over


def test_on_a_phone_map_and_card_keep_clear_of_the_buttons(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"], size=PHONE, touch=True)
    east = page.run("planner.map.latLngToContainerPoint(planner.data.bounds[1]).x")
    assert east <= page.run("document.querySelector('.tools').getBoundingClientRect().left")
    page.click("#search")
    page.type("del campo")
    page.press("Enter")
    page.wait("document.querySelector('.leaflet-popup-close-button')")
    edges = "document.querySelector('{}').getBoundingClientRect().{}"
    card_right = page.run(edges.format(".leaflet-popup-content-wrapper", "right"))
    assert card_right <= page.run(edges.format(".tools", "left"))


def test_a_card_opened_before_the_window_became_narrow_keeps_clear_of_the_buttons(
    page: Page, pages: dict[str, Path]
) -> None:
    """A phone that was turned had the buttons over ZIP, area and the cross that closes the card."""
    page.open(pages["public"], size=(844, 390), touch=True)
    page.run("planner.pick(planner.sites[5]); true")
    page.wait("document.querySelector('.leaflet-popup-close-button')")
    page.resize(*PHONE)
    page.run("document.getElementById('key').open = false; true")
    page.wait("document.querySelector('.tools').checkVisibility()")
    clear = """(() => { const at = (one) => document.querySelector(one).getBoundingClientRect();
      const cross = at('.leaflet-popup-close-button');
      const hit = document.elementFromPoint(cross.left + 16, cross.top + 16);
      return at('.leaflet-popup-content-wrapper').right <= at('.tools').left
        && Boolean(hit && hit.closest('.leaflet-popup-close-button')); })()"""
    page.wait(clear)


def test_a_phone_prints_zones_agencies_marks_and_whom_to_call_in_an_emergency(
    page: Page, pages: dict[str, Path]
) -> None:
    """Its key is shut on the screen, and was missing on paper."""
    page.open(pages["public"], size=PHONE, touch=True)
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(page.print())).pages)
    assert "Elementary" in text and "call 9-1-1" in text
    assert all(f"{zone}" in text for zone in page.run("planner.data.zones.map((one) => one.id)"))
    agencies = page.run("[...document.querySelectorAll('.key h2')].map((one) => one.innerText)")
    assert page.run("document.getElementById('key').open") is False
    assert agencies


def test_on_a_phone_the_whole_map_is_seen_above_the_open_key(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"], size=PHONE, touch=True)
    page.run("document.getElementById('key').open = true; true")
    page.wait("planner.map.getSize().y < 400")
    page.wait("planner.map.getBounds().contains(planner.data.bounds)")


def test_search_by_keyboard_opens_the_card(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.click("#search")
    page.type("campo del")
    page.press("Enter")
    assert card(page).startswith(DEL_CAMPO)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("del capmo", DEL_CAMPO),
        ("mesa vrede", "Mesa Verde High"),
        ("4925 dewey", DEL_CAMPO),
        ("s3", "Zone S3"),
        ("greenback", "Greenback Ln"),
    ],
)
def test_a_school_a_street_an_address_and_a_zone_are_found_with_slips(
    page: Page, pages: dict[str, Path], asked: str, found: str
) -> None:
    page.open(pages["public"])
    page.click("#search")
    page.type(asked)
    page.wait("document.querySelector('#found li')")
    assert page.run("document.querySelector('#found li').firstChild.textContent") == found
    page.press("Enter")
    assert page.run("document.getElementById('search').value") == found


def test_a_zip_code_finds_its_schools_alone(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.click("#search")
    page.type("95662")
    page.wait("document.querySelector('#found li')")
    rows = page.run("[...document.querySelectorAll('#found small')].map((one) => one.textContent)")
    assert rows
    assert all(row.endswith("95662") for row in rows)


VIEW = "[planner.map.getCenter().lat, planner.map.getCenter().lng, planner.map.getZoom()]"


def test_the_view_stays_where_the_reader_left_it(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    whole = page.run("planner.map.getZoom()")
    page.click("#search")
    page.type("del campo")
    page.press("Enter")
    assert page.run("planner.map.getZoom()") > whole
    page.click('[aria-label="Show the whole district"]')
    assert page.run("planner.map.getZoom()") == whole
    page.resize(1100, 760)
    page.wait("planner.map.getSize().x < 1000")
    assert page.run("planner.map.getBounds().contains(planner.data.bounds)")
    assert card(page) == ""  # no card opens again
    page.run("planner.pick(planner.sites[5]); planner.map.closePopup(); true")
    before = page.run(VIEW)
    page.resize(1280, 800)
    page.wait("planner.map.getSize().x > 900")
    assert page.run(VIEW) == pytest.approx(before, abs=0.002)
    assert card(page) == ""


def test_printing_shows_the_whole_clear_of_the_scale_and_comes_back_to_the_view(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"])
    page.run("planner.pick(planner.sites[5]); planner.map.closePopup(); true")
    before = page.run(VIEW)
    edge = "getBoundingClientRect"
    page.run(
        "addEventListener('beforeprint', () => { const map = planner.map.getContainer();"
        f" const top = document.querySelector('.leaflet-control-scale').{edge}().top;"
        " window.room = top - map.getBoundingClientRect().top"
        " - planner.map.latLngToContainerPoint(planner.data.bounds[0]).y; }); true"
    )
    assert page.print().startswith(b"%PDF")
    assert page.run("room") >= 0, "the scale bar covers land"
    assert page.run(VIEW) == pytest.approx(before, abs=0.002)


def test_the_printed_key_names_what_the_printed_map_shows(
    page: Page, pages: dict[str, Path]
) -> None:
    """A layer that was off stood in it."""

    def printed() -> str:
        return PdfReader(BytesIO(page.print())).pages[0].extract_text()

    page.open(pages["public"])
    assert "City limit" in printed() and "Show on the map" not in printed()
    page.run("document.querySelector('[data-shows*=\"path.city\"]').click(); true")
    text = printed()
    assert "City limit" not in text and "Elementary" in text


def test_on_a_tablet_the_scale_stands_above_the_credit(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"], size=(768, 1024))
    edges = "[...document.querySelectorAll('.leaflet-control-scale-line')].map(one =>"
    low = f"Math.max(...{edges} one.getBoundingClientRect().bottom))"
    credit = "document.querySelector('.leaflet-control-attribution').getBoundingClientRect().top"
    assert page.run(f"{low} <= {credit}")


def test_a_link_to_a_view_opens_it_again(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.run("planner.pick(planner.sites[3]); true")
    before, opened, link = page.run(VIEW), card(page), page.run("planner.linkToView()")
    page.click('[aria-label="Copy a link to this view"]')
    assert told(page).startswith(("The link to this view was copied.", "file://"))
    page.open(pages["public"], after="#" + link.split("#", 1)[1])
    assert page.run(VIEW) == pytest.approx(before, abs=0.0001)
    assert card(page) == opened
    way = page.run("document.querySelector('.leaflet-popup-content a.way').href")
    assert way.startswith("https://www.google.com/maps/dir/?api=1&destination=38.")
    assert page.asked == []


def test_without_script_every_school_is_listed_with_its_zone(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"], script=False)
    rows = page.names()
    assert sum(role == "row" for role, _ in rows) == 80  # its heading, and schools of no zone too
    assert ("rowheader", DEL_CAMPO) in rows
    first = "document.querySelector('.plain-list tbody th')"
    seen = f"(r => document.elementFromPoint(r.x + 2, r.y + 2))({first}.getBoundingClientRect())"
    assert page.run(f"{seen} === {first}"), "something covers the list"
    told = page.run("document.querySelector('.plain-numbers').innerText")
    assert "call 9-1-1" in told and "S1, S2" in told, "whom to call was with the map alone"
    assert "Cottage Elementary" in page_texts(page.print())[0], "the first sheet was empty"
    page.open(pages["public"], script=False, size=(360, 740), touch=True)
    parts = "[...document.querySelectorAll('.plain-list :is(caption, th, td)')]"
    right = f"Math.max(...{parts}.map(one => one.getBoundingClientRect().right))"
    assert page.run(f"{right} <= window.innerWidth"), "the zone lies off the screen of a phone"
    lines = "(range => (range.selectNodeContents(one.firstChild), range.getClientRects().length))"
    zones = "[...document.querySelectorAll('.plain-list tbody td:nth-of-type(1)')]"
    assert page.run(f"{zones}.every(one => {lines}(document.createRange()) === 1)"), (
        "S 3 is no zone"
    )
    page.open(pages["public"])


def test_a_school_of_the_list_takes_the_focus_into_its_card_and_escape_gives_it_back(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"])
    page.run("document.querySelector('.list').open = true; true")
    page.run("document.querySelector('#all button').focus(); true")
    page.press("Enter")
    assert page.run("document.activeElement.tagName") == "H2"
    page.press("Escape")
    page.wait("!document.querySelector('.leaflet-popup')")
    assert page.run("document.activeElement.parentElement.parentElement.id") == "all"


def test_a_layer_that_is_not_checked_is_not_drawn(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["staff"])
    seen = "[...document.querySelectorAll('.map %s')].filter((one) => one.checkVisibility()).length"
    for shows, drawn in (("path.street", "path.street"), (".site.level-diamond", ".level-diamond")):
        before = page.run(seen % drawn)
        page.run(f"document.querySelector('[data-shows^=\"{shows}\"]').click(); true")
        after = page.run(seen % drawn)
        assert before > 0
        assert after == (0 if "street" in drawn else page.run(seen % ".plain.level-diamond"))
    own = "document.querySelector('[data-shows=\"path.own-0\"]')"
    assert page.run(seen % "path.own-0") == 0, "a layer would tint the zones"
    page.run(f"{own}.click(); true")
    assert page.run(seen % "path.own-0") == 1
    assert page.run("document.body.innerText.includes('Gates <b>')")


def test_law_enforcement_reads_the_notes_pinned_to_the_plan(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["law"])
    page.run("document.querySelector('.pin').focus(); true")
    page.press("Enter")
    assert card(page) == "Gate <b>code</b>"
    assert violations(page) == []
    assert b'"pins":[]' in render_web_map(with_pin(district("public")))


def test_measuring_adds_up_straight_lines_by_mouse_and_by_keyboard(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"])
    page.click('[aria-label="Measure a distance"]')
    page.click(f'[title="{DEL_CAMPO}"]')
    page.click('[title="La Vista Center"]')
    miles = re.match(r"(\d+\.\d+) mi \((\d+\.\d+) km\) in a straight line over 2", told(page))
    assert miles is not None
    assert float(miles[1]) == pytest.approx(0.621371 * float(miles[2]), abs=0.01)
    assert 1 < float(miles[1]) < 5
    page.run("planner.map.getContainer().focus(); true")
    page.press("Enter")
    assert "over 3 points" in told(page)
    page.press("Escape")
    assert page.run("document.querySelector('.measure')") is None


def test_locating_shows_where_one_stands_and_says_so(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.stand_at(38.6333, -121.3460)
    page.click('[aria-label="Show where I am"]')
    page.wait("document.getElementById('told').textContent.startsWith('You are')")
    assert told(page) == "You are here, within 12 m."
    assert page.run("document.querySelectorAll('path.here').length") == 1


def test_the_office_sees_a_week_of_visits_and_readiness_and_no_one_else_a_theme(
    page: Page, pages: dict[str, Path]
) -> None:
    for audience in ("public", "staff", "law"):
        page.open(pages[audience])
        assert page.run("document.getElementById('theme')") is None
    page.open(pages["own"])
    choose = (
        "((name) => { const theme = document.getElementById('theme'); theme.value = name;"
        " theme.dispatchEvent(new Event('change')); })"
    )
    page.run(f"{choose}('visits')")
    assert told(page).startswith("Week of November 16, 2026: ")
    page.run("document.getElementById('week').focus(); true")
    page.press("ArrowLeft")
    assert told(page).startswith("Week of November 9, 2026: ")
    assert "1 visit" in told(page)
    for _ in range(2):
        page.click('[data-step="1"]')
    assert re.fullmatch(r"Week of November 23, 2026: 1 visit: \d+, no school: \d+\.", told(page))
    page.click('[data-step="1"]')
    for theme in ("visits", "calls"):
        page.run(f"{choose}('{theme}')")
        assert re.fullmatch(r"Week of November 30, 2026: not on record: \d+\.", told(page))
    page.run(f"{choose}('readiness')")
    assert "overdue" in told(page)
    label = page.run("document.querySelector('.site:not(.plain)').getAttribute('aria-label')")
    assert label.endswith(("overdue", "done"))
    order = ["overdue", "no record on file", "due", "done"]
    page.run(
        "planner.sites.forEach((one, n) => { one.site.readiness = 'ordk'[n % 4].repeat(12); })"
    )
    page.run(f"{choose}('readiness')")
    rows = page.run("[...document.querySelectorAll('#theme-key li')].map((row) => row.textContent)")
    assert [row.split(":")[0] for row in rows] == order


NASTY = {
    "markup": "<b>Bold</b> & {{ 6*7 }} </script>",
    "quotes": 'O\'Brien "The" School — “North”',
    "emoji": "School \N{SCHOOL} of Art",
    "right to left": "\u05d1\u05d9\u05ea \u05e1\u05e4\u05e8 School",
    "200 characters": ("Extraordinarily Long " * 10)[:200],
}


def test_names_gone_wrong_are_found_shown_and_stay_in_their_place(
    page: Page, tmp_path: Path
) -> None:
    handout = district("public")
    sites = dict(handout.project.sites)
    for key, name in zip(sites, NASTY.values(), strict=False):
        sites[key] = replace(sites[key], name=name)
    long = NASTY["200 characters"]
    units = {key: replace(unit, name=long) for key, unit in handout.project.units.items()}
    project = replace(handout.project, sites=sites, units=units)
    (tmp_path / "map.html").write_bytes(render_web_map(replace(handout, project=project)))
    page.open(tmp_path / "map.html", size=PHONE, touch=True)
    assert page.run("document.documentElement.scrollWidth") <= PHONE[0]
    listed = page.run(
        "[...document.querySelectorAll('#all button')].map((one) => one.firstChild.data)"
    )
    assert set(NASTY.values()) <= set(listed)
    assert page.complaints == []


def test_a_screen_reader_meets_every_school_zone_and_tool_by_name(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"])
    names = page.names()
    buttons = [name for role, name in names if role == "button"]
    assert sum("Zone S" in name and "show on the map" in name for name in buttons) == 7
    assert any(
        role == "image" and name.startswith(f"{DEL_CAMPO}, High, Zone ") for role, name in names
    )
    page.run("document.querySelector('.list').open = true; true")
    assert DEL_CAMPO in " ".join(name for role, name in page.names() if role == "button")
    assert {"Measure a distance", "Show where I am", "Show the whole district"} <= set(buttons)
    assert ("combobox", "Find a school, a street or a zone") in [
        (role, name) for role, name in names
    ]


def test_tiles_are_asked_for_only_once_a_reader_switches_them_on(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["tiles"])
    assert page.asked == []
    page.run("document.getElementById('tiles').click(); true")
    page.wait("document.querySelector('.leaflet-tile')")
    page.run("new Promise((done) => setTimeout(done, 0))")
    assert page.asked
    assert all(url.startswith("https://tiles.example/") for url in page.asked)
    assert "tiles.example" not in pages["public"].read_text(encoding="utf-8")
