"""The web map as a file."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from handouts import HEAD, NOTE, district_handout, letter_handout

from zoneplanner.errors import UserError
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.summaries import summarize_zones
from zoneplanner.publish.web.web_map import render_web_map

FULL_KB = 600
NAMESPACE = "http://www.w3.org/"


def write_web_map(handout: Handout, path: Path) -> Path:
    path.write_bytes(render_web_map(handout))
    return path


def read_web_map(handout: Handout, folder: Path, name: str = "map.html") -> str:
    return write_web_map(handout, folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def district_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_web_map(district_handout(), tmp_path_factory.mktemp("map") / "map.html")


def test_the_same_handout_gives_the_same_bytes(tmp_path: Path) -> None:
    assert read_web_map(letter_handout("AB"), tmp_path, "1.html") == read_web_map(
        letter_handout("AB"), tmp_path, "2.html"
    )


def test_the_map_is_one_small_file_without_external_links(district_map: Path) -> None:
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


def test_the_markup_and_data_match_the_golden_file(tmp_path: Path) -> None:
    """Set UPDATE_GOLDEN=1 to store a new golden file after looking at the map."""
    text = read_web_map(letter_handout("Ab / ?B", "law-enforcement"), tmp_path)
    body = re.sub(r"<script>.*?</script>", "", text.split("<body>", 1)[1], flags=re.DOTALL)
    golden = Path(__file__).parent / "golden" / "map.html"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(body, encoding="utf-8")
    assert body == golden.read_text(encoding="utf-8")


def test_the_map_shows_title_plan_status_time_and_journal_head(tmp_path: Path) -> None:
    text = read_web_map(letter_handout("AB", "own"), tmp_path)
    assert "<title>Letters: patrol zones</title>" in text
    assert "Plan · Draft" in text
    assert "November 16, 2026, 12:05 PM PST" in text
    assert HEAD[:16] in text
    assert HEAD not in text
    public = read_web_map(letter_handout("AB"), tmp_path)
    assert "Journal" not in public
    assert "November 16, 2026" in public and "12:05" not in public


def test_every_zone_has_a_number_and_its_own_hatch(district_map: Path) -> None:
    text = district_map.read_text(encoding="utf-8")
    stripes = re.findall(r'class="stripe" d="([^"]+)"', text)
    assert len(stripes) == len(set(stripes)) == 7
    for zone in ("S1", "S5", "SRO1", "SRO2"):
        assert f'<span class="number">{zone}</span>' in text
    assert "Citrus Heights Police Department" in text


PRIVATE = (NOTE, "November 13, 2026", "Last visit", "6,123", "4.2%", "Enrollment", "09:42")


def test_the_public_sees_no_visit_note_load_or_enrollment(tmp_path: Path) -> None:
    text = read_web_map(letter_handout("AB"), tmp_path)
    assert "(916) 555-0100" in text
    assert [word for word in PRIVATE if word in text] == []


def test_staff_see_loads_but_no_visits_or_notes(tmp_path: Path) -> None:
    text = read_web_map(letter_handout("AB", "staff"), tmp_path)
    assert "November 13, 2026" not in text
    assert "6,123" in text
    assert "09:42" not in text
    assert NOTE not in text


def test_law_enforcement_sees_notes(tmp_path: Path) -> None:
    assert NOTE in read_web_map(letter_handout("AB", "law-enforcement"), tmp_path)


def test_an_unknown_audience_sees_what_the_public_sees(tmp_path: Path) -> None:
    text = read_web_map(letter_handout("AB", "everybody"), tmp_path)
    assert [word for word in PRIVATE if word in text] == []


def test_a_missing_asset_is_reported_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xstatic.pkg.leaflet.BASE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="Leaflet"):
        write_web_map(letter_handout("AB"), tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_a_plan_without_sites_still_gives_a_map(tmp_path: Path) -> None:
    bare = letter_handout("AB")
    empty = replace(bare, plan=replace(bare.plan, assignment={}), outlines={})
    assert "Zone A" in read_web_map(empty, tmp_path)


def test_the_key_lists_only_what_the_map_has() -> None:
    bundled, letter = (
        render_web_map(one).decode() for one in (district_handout(), letter_handout("AAB / ABB"))
    )
    for words in ("City limit", "Main streets", "River", "High"):
        assert f"</svg>{words}</label>" in bundled
        assert f"</svg>{words}</label>" not in letter, words
    assert "</svg>Zones</label>" in letter


def test_schools_are_sorted_naturally_and_phone_numbers_are_normalized(tmp_path: Path) -> None:
    plain = letter_handout("AAAA")
    names = dict(zip(plain.project.sites, ("Elm 10", "Elm 2", "Elm 1", "Elm 11"), strict=True))
    sites = {
        key: replace(site, name=names[key], phone="916.555.0100")
        for key, site in plain.project.sites.items()
    }
    agencies = {
        key: replace(own, phone="9165550111") for key, own in plain.project.agencies.items()
    }
    handout = replace(plain, project=replace(plain.project, sites=sites, agencies=agencies))
    text = read_web_map(handout, tmp_path)
    rows = re.findall(r"<t[dh][^>]*>(Elm \d+)</t[dh]>", text)
    assert rows == ["Elm 1", "Elm 2", "Elm 10", "Elm 11"]
    assert [card.site.name for card in summarize_zones(handout)[0].sites] == rows
    assert "(916) 555-0111" in text and "9165550111" not in text
    assert "(916) 555-0100" in text and "916.555.0100" not in text


def test_the_attribution_prefix_is_plain_leaflet(tmp_path: Path) -> None:
    assert 'attributionControl.setPrefix("Leaflet")' in read_web_map(letter_handout("AB"), tmp_path)
