"""The web map as a file, and as a real browser without a network shows it."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from browser import needs_browser, opened
from handouts import HEAD, NOTE, district, letters

from zoneplanner.domain.geography.site import Site
from zoneplanner.errors import UserError
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.summaries import summarize_zones
from zoneplanner.publish.web.web_map import render_web_map

FULL_KB = 600
NAMESPACE = "http://www.w3.org/"


def write_web_map(handout: Handout, path: Path) -> Path:
    path.write_bytes(render_web_map(handout))
    return path


def written(handout: Handout, folder: Path, name: str = "map.html") -> str:
    return write_web_map(handout, folder / name).read_text(encoding="utf-8")


def named(handout: Handout, site_id: str, name: str) -> Handout:
    site: Site = replace(handout.project.sites[site_id], name=name)
    return replace(handout, project=handout.project.with_site(site))


@pytest.fixture(scope="module")
def district_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_web_map(district(), tmp_path_factory.mktemp("map") / "map.html")


def test_the_same_handout_gives_the_same_bytes(tmp_path: Path) -> None:
    assert written(letters("AB"), tmp_path, "1.html") == written(letters("AB"), tmp_path, "2.html")


def test_the_districts_map_is_one_small_file_that_links_to_nothing(district_map: Path) -> None:
    text = district_map.read_text(encoding="utf-8")
    assert len(text.encode()) <= FULL_KB * 1024
    assert not re.search(r"<(link|iframe|img|script)\b[^>]*\b(src|href)=", text)
    assert "url(images" not in text
    assert "sourceMappingURL" not in text
    addresses = set(re.findall(r"https?://[^\s\"'<>)\\]+", text))
    assert {url for url in addresses if not url.startswith(NAMESPACE)} <= {
        "https://leafletjs.com",
        "https://www.google.com/maps/dir/?api=1&destination=",
    }


def test_the_markup_and_the_data_are_those_looked_at(tmp_path: Path) -> None:
    """Set UPDATE_GOLDEN=1 to keep what is written now, and look at the map before."""
    text = written(letters("Ab / ?B", "law-enforcement"), tmp_path)
    body = re.sub(r"<script>.*?</script>", "", text.split("<body>", 1)[1], flags=re.DOTALL)
    golden = Path(__file__).parent / "golden" / "map.html"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(body, encoding="utf-8")
    assert body == golden.read_text(encoding="utf-8")


def test_title_plan_status_time_and_journal_head_are_told(tmp_path: Path) -> None:
    text = written(letters("AB", "own"), tmp_path)
    assert "<title>Letters: patrol zones</title>" in text
    assert "Plan · Draft" in text
    assert "As of November 16, 2026, 12:05 PM PST" in text
    assert HEAD[:16] in text
    assert HEAD not in text
    public = written(letters("AB"), tmp_path)
    assert "Journal" not in public
    assert "As of November 16, 2026" in public and "12:05" not in public


def test_every_zone_has_a_number_a_unit_and_a_hatch_of_its_own(district_map: Path) -> None:
    text = district_map.read_text(encoding="utf-8")
    stripes = re.findall(r'class="stripe" d="([^"]+)"', text)
    assert len(stripes) == len(set(stripes)) == 7
    for zone in ("S1", "S5", "SRO1", "SRO2"):
        assert f'<span class="number">{zone}</span>' in text
    assert "Citrus Heights Police Department" in text


PRIVATE = (NOTE, "November 13, 2026", "Last visit", "6,123", "4.2%", "Enrollment", "09:42")


def test_the_public_sees_no_visit_note_load_or_enrollment(tmp_path: Path) -> None:
    text = written(letters("AB"), tmp_path)
    assert "(916) 555-0100" in text
    assert [word for word in PRIVATE if word in text] == []


def test_staff_see_loads_but_no_visit_and_no_note(tmp_path: Path) -> None:
    text = written(letters("AB", "staff"), tmp_path)
    assert "November 13, 2026" not in text
    assert "6,123" in text
    assert "09:42" not in text
    assert NOTE not in text


def test_law_enforcement_sees_notes(tmp_path: Path) -> None:
    assert NOTE in written(letters("AB", "law-enforcement"), tmp_path)


def test_an_unknown_audience_sees_what_the_public_sees(tmp_path: Path) -> None:
    text = written(letters("AB", "everybody"), tmp_path)
    assert [word for word in PRIVATE if word in text] == []


def test_a_missing_asset_is_an_error_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xstatic.pkg.leaflet.BASE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="Leaflet"):
        write_web_map(letters("AB"), tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_a_plan_without_sites_still_gives_a_map(tmp_path: Path) -> None:
    bare = letters("AB")
    empty = replace(bare, plan=replace(bare.plan, assignment={}), outlines={})
    assert "Zone A" in written(empty, tmp_path)


@needs_browser
def test_the_map_opens_without_a_network_and_asks_for_nothing(
    district_map: Path, tmp_path: Path
) -> None:
    page = opened(district_map, tmp_path)
    assert 'data-ready="true"' in page.dom
    assert len(re.findall(r'class="leaflet-marker-icon site', page.dom)) == 79
    assert len(re.findall(r'<path class="zone zone-\d', page.dom)) == 7
    assert page.asked == ()


@needs_browser
@pytest.mark.parametrize("size", ["1280,800", "390,844"])
def test_the_whole_district_is_in_sight_at_the_start(
    district_map: Path, tmp_path: Path, size: str
) -> None:
    counted = """
      setTimeout(() => {
        const map = document.querySelector(".folium-map").getBoundingClientRect();
        const seen = [...document.querySelectorAll(".site")].filter((site) => {
          const at = site.getBoundingClientRect();
          return at.left >= map.left && at.right <= map.right
            && at.top >= map.top && at.bottom <= map.bottom;
        });
        document.body.dataset.seen = seen.length;
      }, 900);
    """
    page = opened(_with_script(district_map, counted, tmp_path), tmp_path, size=size)
    assert 'data-seen="79"' in page.dom


@needs_browser
def test_a_search_in_the_address_opens_the_schools_card(district_map: Path, tmp_path: Path) -> None:
    page = opened(district_map, tmp_path, after="#search=campo%20del", size="390,844")
    card = re.search(r'<div class="leaflet-popup-content[ "].*?</dl>', page.dom, re.DOTALL)
    assert card is not None
    assert "Del Campo High</h2>" in card[0]
    assert 'href="tel:9169715664"' in card[0]
    assert "Sacramento County Sheriff's Office" in card[0]


@needs_browser
def test_the_keyboard_finds_a_school(district_map: Path, tmp_path: Path) -> None:
    typed = """
      const box = document.getElementById("search");
      const press = (key) => box.dispatchEvent(new KeyboardEvent("keydown", { key: key }));
      box.value = "el c";
      box.dispatchEvent(new Event("input"));
      document.body.dataset.offered = document.querySelectorAll("#found li").length;
      press("ArrowDown"); press("ArrowUp"); press("Enter");
      document.body.dataset.chosen = box.value;
      box.value = "sro 1";
      box.dispatchEvent(new Event("input"));
      document.body.dataset.zone = document.querySelector("#found li").firstChild.data;
      box.value = "Hogwarts";
      box.dispatchEvent(new Event("input"));
    """
    page = opened(_with_script(district_map, typed, tmp_path), tmp_path)
    assert 'data-offered="8"' in page.dom
    assert 'data-chosen="El Camino Fundamental High"' in page.dom
    assert 'data-zone="Zone SRO1"' in page.dom
    assert "El Camino Fundamental High</h2>" in page.dom
    assert "Nothing here is named “Hogwarts”" in page.dom


@needs_browser
def test_stacked_schools_stand_side_by_side(district_map: Path, tmp_path: Path) -> None:
    looked = """
      const seen = (name) =>
        document.querySelector('[title="' + name + '"]').getBoundingClientRect().left;
      document.body.dataset.apart =
        Math.round(Math.abs(seen("Starr King K-8") - seen("Ralph Richardson Center")));
    """
    page = opened(_with_script(district_map, looked, tmp_path), tmp_path)
    assert 'data-apart="17"' in page.dom


@needs_browser
def test_names_are_shown_as_text_whatever_they_hold(tmp_path: Path) -> None:
    name = "{{ 6*7 }}</script><script>document.title='taken'</script><b>School</b>"
    page = write_web_map(named(letters("AB"), "r1c1", name), tmp_path / "map.html")
    dom = opened(page, tmp_path, after="#search=school").dom
    assert "<title>Letters: patrol zones</title>" in dom
    assert "{{ 6*7 }}&lt;/script&gt;" in dom
    assert "<b>School</b>" not in dom


def _with_script(page: Path, script: str, folder: Path) -> Path:
    text = page.read_text(encoding="utf-8")
    copy = folder / "copy.html"
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return copy


def test_the_key_names_only_what_the_map_has() -> None:
    bundled, letter = (render_web_map(one).decode() for one in (district(), letters("AAB / ABB")))
    for words in ("City limit", "Main streets", "River", "High"):
        assert f"</svg>{words}</label>" in bundled
        assert f"</svg>{words}</label>" not in letter, words
    assert "</svg>Zones</label>" in letter


def test_schools_are_listed_as_people_count_and_phones_are_written_alike(tmp_path: Path) -> None:
    plain = letters("AAAA")
    names = dict(zip(plain.project.sites, ("Elm 10", "Elm 2", "Elm 1", "Elm 11"), strict=True))
    sites = {
        key: replace(site, name=names[key], phone="916.555.0100")
        for key, site in plain.project.sites.items()
    }
    agencies = {
        key: replace(own, phone="9165550111") for key, own in plain.project.agencies.items()
    }
    handout = replace(plain, project=replace(plain.project, sites=sites, agencies=agencies))
    text = written(handout, tmp_path)
    rows = re.findall(r"<t[dh][^>]*>(Elm \d+)</t[dh]>", text)
    assert rows == ["Elm 1", "Elm 2", "Elm 10", "Elm 11"]
    assert [card.site.name for card in summarize_zones(handout)[0].sites] == rows
    assert "(916) 555-0111" in text and "9165550111" not in text
    assert "(916) 555-0100" in text and "916.555.0100" not in text


def test_the_maps_attribution_is_leaflets_name_without_a_flag(tmp_path: Path) -> None:
    assert 'attributionControl.setPrefix("Leaflet")' in written(letters("AB"), tmp_path)
