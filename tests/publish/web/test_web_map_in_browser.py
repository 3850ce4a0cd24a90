"""The web map in a real browser: touch, keys, tools, themes and screen readers."""

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
from handouts import district_handout, letter_handout
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
    public, staff, own_office = (
        district_handout("public"),
        district_handout("staff"),
        district_handout("own"),
    )
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
        "law": render_web_map(pin_note(district_handout("law-enforcement"))),
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


def pin_note(handout: Handout) -> Handout:
    """Pin a note to the plan at the first site."""
    site = next(iter(handout.project.sites.values()))
    pin = Pin("n", *site.position, "Gate <b>code</b>", "safety manager", handout.as_of)
    return replace(handout, plan=replace(handout.plan, pins={"n": pin}))


def read_card(page: Page) -> str:
    return str(page.run("document.querySelector('.leaflet-popup-content')?.innerText || ''"))


def read_announcement(page: Page) -> str:
    return str(page.run("document.getElementById('told').textContent"))


def find_violations(page: Page) -> list[str]:
    """Return what axe finds wrong and where."""
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page.run(f"{axe}; true")
    found = page.run(
        "axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations.map("
        "(one) => one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')))"
    )
    return list(found)


def find_small_targets(page: Page) -> list[str]:
    """Return controls too small for a finger (WCAG 2.2, 2.5.8), which this axe does not check.

    Each control needs 24 px of free space around some point; links within a sentence do not.
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
            # each screen, theme and edition once; all combinations take 7 s
            marks=[pytest.mark.long] * ((at == "phone") != dark or dark != (name == "staff")),
        )
        for at, size in (("desk", (1280, 800)), ("phone", PHONE))
        for dark in (False, True)
        for name in ("public", "staff")
    ],
)
def test_axe_finds_no_accessibility_problems(
    page: Page, pages: dict[str, Path], name: str, dark: bool, size: tuple[int, int]
) -> None:
    page.set_dark(on=dark)
    page.open(pages[name], size=size, touch=size == PHONE)
    page.run("document.getElementById('key').open = true; true")
    assert find_violations(page) == []
    assert find_small_targets(page) == []
    page.set_dark(on=False)


def test_the_map_opens_without_network_requests(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    counted = """['.leaflet-marker-icon.site', 'path[class^="zone zone-"]'].map(
      (one) => document.querySelectorAll(one).length)"""
    assert page.run(counted) == [79, 7]
    assert page.asked == []


@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_the_whole_district_is_visible_at_the_start(
    page: Page, pages: dict[str, Path], size: tuple[int, int]
) -> None:
    page.open(pages["public"], size=size)
    page.wait("""(() => {
      const map = document.querySelector(".folium-map").getBoundingClientRect();
      return [...document.querySelectorAll(".site")].filter((site) => {
        const at = site.getBoundingClientRect();
        return at.left >= map.left && at.right <= map.right
          && at.top >= map.top && at.bottom <= map.bottom;
      }).length === 79; })()""")


def test_a_search_in_the_address_opens_a_schools_card(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"], size=PHONE, after="#search=campo%20del")
    page.wait("document.querySelector('.leaflet-popup-content')")
    assert page.run("document.querySelector('.leaflet-popup-content h2').innerText") == DEL_CAMPO
    assert page.run("!!document.querySelector('.leaflet-popup-content [href=\"tel:9169715664\"]')")
    assert "Sacramento County Sheriff's Office" in read_card(page)


def test_search_offers_schools_and_zones_and_reports_no_match(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"])
    found = page.run("""(() => {
      const box = document.getElementById("search");
      const press = (key) => box.dispatchEvent(new KeyboardEvent("keydown", { key: key }));
      const type = (text) => { box.value = text; box.dispatchEvent(new Event("input")); };
      type("el c");
      const offered = document.querySelectorAll("#found li").length;
      press("ArrowDown"); press("ArrowUp"); press("Enter");
      const chosen = box.value;
      type("sro 1");
      const zone = document.querySelector("#found li").firstChild.data;
      type("Hogwarts");
      return [offered, chosen, zone]; })()""")
    assert found == [8, "El Camino Fundamental High", "Zone SRO1"]
    assert read_card(page).startswith("El Camino Fundamental High")
    assert "“Hogwarts”" in read_announcement(page)


def test_stacked_schools_are_shown_side_by_side(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    left = "document.querySelector('[title=\"{}\"]').getBoundingClientRect().left"
    stacked = [page.run(left.format(one)) for one in ("Starr King K-8", "Ralph Richardson Center")]
    assert round(abs(stacked[0] - stacked[1])) == 17


def test_names_with_markup_are_shown_as_text(page: Page, tmp_path: Path) -> None:
    handout = letter_handout("AB")
    name = "{{ 6*7 }}</script><script>document.title='taken'</script><b>School</b>"
    project = handout.project.with_site(replace(handout.project.sites["r1c1"], name=name))
    (tmp_path / "map.html").write_bytes(render_web_map(replace(handout, project=project)))
    page.open(tmp_path / "map.html", after="#search=school")
    dom = page.run("document.documentElement.outerHTML")
    assert "<title>Letters: patrol zones</title>" in dom
    assert "{{ 6*7 }}&lt;/script&gt;" in dom
    assert "<b>School</b>" not in dom


def test_tapping_a_school_opens_its_card_without_network_requests(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"], size=PHONE, touch=True)
    page.tap('[title="Gold River Discovery Center K-8"]')
    page.wait("document.querySelector('.leaflet-popup-content')")
    assert read_card(page).startswith("Gold River Discovery Center K-8")
    assert "Backup" not in read_card(page)
    assert page.asked == []
    assert page.complaints == []


def test_zone_numbers_do_not_overlap(page: Page, pages: dict[str, Path]) -> None:
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


def test_the_buttons_cover_neither_map_nor_card_on_a_phone(
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


def test_the_buttons_do_not_cover_a_card_after_the_window_becomes_narrow(
    page: Page, pages: dict[str, Path]
) -> None:
    """On a rotated phone the buttons once covered the ZIP code, the area and the close button."""
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


def test_a_phone_prints_the_key_and_the_emergency_number(
    page: Page, pages: dict[str, Path]
) -> None:
    """The key is closed on the screen and was once missing in print."""
    page.open(pages["public"], size=PHONE, touch=True)
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(page.print())).pages)
    assert "Elementary" in text and "call 9-1-1" in text
    assert all(f"{zone}" in text for zone in page.run("planner.data.zones.map((one) => one.id)"))
    agencies = page.run("[...document.querySelectorAll('.key h2')].map((one) => one.innerText)")
    assert page.run("document.getElementById('key').open") is False
    assert agencies


def test_the_whole_map_is_visible_above_the_open_key_on_a_phone(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"], size=PHONE, touch=True)
    page.run("document.getElementById('key').open = true; true")
    page.wait("planner.map.getSize().y < 400")
    page.wait("planner.map.getBounds().contains(planner.data.bounds)")


def test_searching_by_keyboard_opens_the_card(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.click("#search")
    page.type("campo del")
    page.press("Enter")
    assert read_card(page).startswith(DEL_CAMPO)


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
def test_search_finds_schools_streets_addresses_and_zones_despite_typos(
    page: Page, pages: dict[str, Path], asked: str, found: str
) -> None:
    page.open(pages["public"])
    page.click("#search")
    page.type(asked)
    page.wait("document.querySelector('#found li')")
    assert page.run("document.querySelector('#found li').firstChild.textContent") == found
    page.press("Enter")
    assert page.run("document.getElementById('search').value") == found


def test_a_zip_code_finds_only_its_schools(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.click("#search")
    page.type("95662")
    page.wait("document.querySelector('#found li')")
    rows = page.run("[...document.querySelectorAll('#found small')].map((one) => one.textContent)")
    assert rows
    assert all(row.endswith("95662") for row in rows)


VIEW = "[planner.map.getCenter().lat, planner.map.getCenter().lng, planner.map.getZoom()]"


def test_the_view_is_kept_when_the_window_is_resized(page: Page, pages: dict[str, Path]) -> None:
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
    assert read_card(page) == ""  # no card reopens
    page.run("planner.pick(planner.sites[5]); planner.map.closePopup(); true")
    before = page.run(VIEW)
    page.resize(1280, 800)
    page.wait("planner.map.getSize().x > 900")
    assert page.run(VIEW) == pytest.approx(before, abs=0.002)
    assert read_card(page) == ""


def test_printing_shows_the_whole_map_and_then_restores_the_view(
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


def test_the_printed_key_lists_only_visible_layers(page: Page, pages: dict[str, Path]) -> None:
    """It once listed a layer that was off."""

    def print_text() -> str:
        return PdfReader(BytesIO(page.print())).pages[0].extract_text()

    page.open(pages["public"])
    assert "City limit" in print_text() and "Show on the map" not in print_text()
    page.run("document.querySelector('[data-shows*=\"path.city\"]').click(); true")
    text = print_text()
    assert "City limit" not in text and "Elementary" in text


def test_the_scale_is_above_the_attribution_on_a_tablet(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"], size=(768, 1024))
    edges = "[...document.querySelectorAll('.leaflet-control-scale-line')].map(one =>"
    low = f"Math.max(...{edges} one.getBoundingClientRect().bottom))"
    credit = "document.querySelector('.leaflet-control-attribution').getBoundingClientRect().top"
    assert page.run(f"{low} <= {credit}")


def test_a_link_to_a_view_restores_it(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.run("planner.pick(planner.sites[3]); true")
    before, opened, link = page.run(VIEW), read_card(page), page.run("planner.linkToView()")
    page.click('[aria-label="Copy a link to this view"]')
    assert read_announcement(page).startswith(("The link to this view was copied.", "file://"))
    page.open(pages["public"], after="#" + link.split("#", 1)[1])
    assert page.run(VIEW) == pytest.approx(before, abs=0.0001)
    assert read_card(page) == opened
    way = page.run("document.querySelector('.leaflet-popup-content a.way').href")
    assert way.startswith("https://www.google.com/maps/dir/?api=1&destination=38.")
    assert page.asked == []


def test_without_javascript_every_school_is_listed_with_its_zone(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"], script=False)
    rows = page.list_accessible_names()
    assert (
        sum(role == "row" for role, _ in rows) == 80
    )  # with the heading row and schools without a zone
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


def test_focus_moves_from_the_list_to_the_card_and_back_on_escape(
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


def test_an_unchecked_layer_is_not_drawn(page: Page, pages: dict[str, Path]) -> None:
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


def test_law_enforcement_can_read_pinned_notes(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["law"])
    page.run("document.querySelector('.pin').focus(); true")
    page.press("Enter")
    assert read_card(page) == "Gate <b>code</b>"
    assert find_violations(page) == []
    assert b'"pins":[]' in render_web_map(pin_note(district_handout("public")))


def test_distances_are_measured_by_mouse_and_keyboard(page: Page, pages: dict[str, Path]) -> None:
    page.open(pages["public"])
    page.click('[aria-label="Measure a distance"]')
    page.click(f'[title="{DEL_CAMPO}"]')
    page.click('[title="La Vista Center"]')
    miles = re.match(
        r"(\d+\.\d+) mi \((\d+\.\d+) km\) in a straight line over 2", read_announcement(page)
    )
    assert miles is not None
    assert float(miles[1]) == pytest.approx(0.621371 * float(miles[2]), abs=0.01)
    assert 1 < float(miles[1]) < 5
    page.run("planner.map.getContainer().focus(); true")
    page.press("Enter")
    assert "over 3 points" in read_announcement(page)
    page.press("Escape")
    assert page.run("document.querySelector('.measure')") is None


def test_locating_shows_and_announces_the_readers_position(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"])
    page.set_location(38.6333, -121.3460)
    page.click('[aria-label="Show where I am"]')
    page.wait("document.querySelector('path.here')")
    assert re.findall(r"\d+ m\b", read_announcement(page)) == ["12 m"]
    assert page.run("document.querySelectorAll('path.here').length") == 1


def test_only_the_office_sees_weekly_visits_calls_and_readiness(
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
    assert "November 16, 2026: " in read_announcement(page)
    page.run("document.getElementById('week').focus(); true")
    page.press("ArrowLeft")
    assert "November 9, 2026: " in read_announcement(page)
    assert "1 visit" in read_announcement(page)
    for _ in range(2):
        page.click('[data-step="1"]')
    told = read_announcement(page).partition("November 23, 2026: ")[2]
    assert re.fullmatch(r"1 visit: \d+, no school: \d+\.", told)
    page.click('[data-step="1"]')
    for theme in ("visits", "calls"):
        page.run(f"{choose}('{theme}')")
        told = read_announcement(page).partition("November 30, 2026: ")[2]
        assert re.fullmatch(r"not on record: \d+\.", told)
    page.run(f"{choose}('readiness')")
    assert "overdue" in read_announcement(page)
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


def test_unusual_names_are_listed_and_fit_a_phone(page: Page, tmp_path: Path) -> None:
    handout = district_handout("public")
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


def test_every_school_zone_and_tool_has_an_accessible_name(
    page: Page, pages: dict[str, Path]
) -> None:
    page.open(pages["public"])
    names = page.list_accessible_names()
    buttons = [name for role, name in names if role == "button"]
    assert sum("Zone S" in name and "show on the map" in name for name in buttons) == 7
    assert any(
        role == "image" and name.startswith(f"{DEL_CAMPO}, High, Zone ") for role, name in names
    )
    page.run("document.querySelector('.list').open = true; true")
    assert DEL_CAMPO in " ".join(
        name for role, name in page.list_accessible_names() if role == "button"
    )
    assert {"Measure a distance", "Show where I am", "Show the whole district"} <= set(buttons)
    assert ("combobox", "Find a school, a street or a zone") in [
        (role, name) for role, name in names
    ]


def test_tiles_are_requested_only_after_being_switched_on(
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
