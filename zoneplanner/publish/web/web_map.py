"""The web map: one file that opens anywhere, without a network."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.locale_formats import format_phone, split_numbers
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.publish.audience import AUDIENCES, PUBLIC, redact_for_audience
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import collect_basemap, expand_bounds, find_zone_bounds
from zoneplanner.publish.summaries import (
    SiteSummary,
    ZoneSummary,
    describe_plan_problems,
    list_mark_labels,
    summarize_sites,
    summarize_zones,
)
from zoneplanner.publish.web.leaflet import build_folium_map, read_leaflet_css, read_leaflet_js
from zoneplanner.publish.web.web_map_data import encode_map_data, find_first_week
from zoneplanner.tokens import (
    COLOR_ROLES,
    HATCH_TILES,
    MAP_STYLE,
    ColorRoles,
    build_color_ramp,
    choose_ink,
    choose_thin_color,
    zone_color,
    zone_hatch,
)

_AROUND_SHARE = 0.6
"""How far the map reaches around the zones, as a share of their longer side."""
_TILE_PX = 9


def render_web_map(handout: Handout) -> bytes:
    """Return the map of a plan as one HTML file; the same handout gives the same bytes.

    Raises
    ------
    UserError
        A file of the map is missing.
    """
    return _render_page(redact_for_audience(handout)).encode("utf-8")


def _render_page(handout: Handout) -> str:
    """Return the page's HTML. Only our own markup passes unescaped."""
    zones = summarize_zones(handout)
    basemap = collect_basemap(handout, expand_bounds(find_zone_bounds(handout), _AROUND_SHARE))
    folium_map = build_folium_map(handout, basemap)
    page = _make_environment().get_template("page.html")
    return page.render(
        title=handout.title,
        plan_text=handout.plan_text,
        warning=handout.warning,
        problems=handout.say(describe_plan_problems(handout)),
        as_of=handout.as_of_text,
        anchor=handout.anchor_text,
        audience=AUDIENCES.get(handout.audience, AUDIENCES[PUBLIC]).title.lower(),
        schools=[
            {
                "name": card.site.name,
                "address": card.site.address,
                "phone": format_phone(card.site.phone),
                "zone": card.zone.id if card.zone else "–",
                "unit": card.unit_beside if card.zone else "Not in a patrol zone",
                "later": _describe_later_zone(handout, card),
            }
            for card in sorted(
                summarize_sites(handout), key=lambda card: split_numbers(card.site.name)
            )
        ],
        zones=[_make_legend_entry(n, card) for n, card in enumerate(zones)],
        agencies=_group_by_agency(zones),
        marks=[{"shape": shape, "words": words} for shape, words in list_mark_labels(handout)],
        unzoned=any(card.zone is None for card in summarize_sites(handout)),
        city=bool(basemap.cities or basemap.other_cities),
        streets=bool(basemap.streets),
        river=basemap.river.length > 0,
        tile=_TILE_PX,
        tokens_css=Markup(_build_css_variables()),
        leaflet_css=Markup(read_leaflet_css()),
        leaflet_js=Markup(read_leaflet_js()),
        map_html=Markup(folium_map.html),
        map_script=Markup(folium_map.script),
        css=Markup(_read_resource("map.css")),
        basemap_js=Markup(_read_resource("basemap.js")) if handout.basemap else "",
        js=Markup(_read_resource("map.js")),
        tools_js=Markup(_read_resource("tools.js")),
        themes_js=Markup(_read_resource("themes.js")),
        weeks=handout.weeks,
        first_week=find_first_week(handout.weeks),
        pins=bool(handout.plan.pins),
        own=[{"title": title, "color": zone_color(n)} for n, title in enumerate(folium_map.own)],
        tiles=handout.tiles.title if handout.tiles else "",
        tile_source=f" {handout.tiles.source}" if handout.tiles else "",
        data=Markup(encode_map_data(handout, basemap, folium_map)),
    )


def _describe_later_zone(handout: Handout, card: SiteSummary) -> str:
    """Describe when a site moves to which other zone, or return "" if its zone stays the same."""
    coming = handout.coming
    later = coming.zones.get(card.site.id) if coming is not None and coming.zones else None
    if coming is None or later is None or (card.zone is not None and later[0] == card.zone.id):
        return ""
    return f"From {handout.formats.day(coming.on)}: {later[0]}"


def _group_by_agency(cards: Sequence[ZoneSummary]) -> list[dict[str, Any]]:
    agencies: dict[str, dict[str, Any]] = {}
    for n, card in enumerate(cards):
        entry = {"name": card.agency, "phone": card.agency_phone, "zones": []}
        agencies.setdefault(card.agency, entry)["zones"].append(_make_legend_entry(n, card))
    return list(agencies.values())


def _make_legend_entry(index: int, card: ZoneSummary) -> dict[str, Any]:
    count = len(card.sites)
    return {
        "index": index,
        "name": card.zone.name,
        "id": card.zone.id,
        "unit": card.unit_beside,
        "count": format_count(count, "site"),
        "color": zone_color(card.zone.color),
        "stripes": _draw_hatch_path(zone_hatch(card.zone.color)),
    }


_CSS_ROLES = {
    **{name: name for name in ("land", "outside", "text", "halo", "focus", "late")},
    "panel": "base",
    "quiet": "muted",
    "line": "border",
    "river": "water",
    "city": "city_line",
    "zone-edge": "zone_edge",
    "site-edge": "site_edge",
    "site-pale": "site_pale",
    "hover": "bar_soft",
    "tint": "zone_fill_share",
    "edge": "zone_edge_px",
}
"""The color roles of the tokens by the page's variable names."""


def _build_css_variables() -> str:
    """Return the tokens as CSS variables: for light, dark and print."""
    style, scale = MAP_STYLE, MAP_STYLE.scales[-2]
    fixed = {
        "band-share": style.band_share,
        "themed": style.themed_fill_share,
        "site-edge-px": style.site_edge_px,
        "site-halo-px": style.site_halo_px,
        "city-px": scale.city_px,
        "city-dash": " ".join(f"{px:g}" for px in style.city_dash),
        "fill": scale.fill,
        "band": scale.band_px,
        "number": scale.number_px,
        "site": scale.site,
    }
    light, dark, paper = (_write_css_block(COLOR_ROLES[name]) for name in _CSS_THEMES)
    return (
        f":root {{ {_write_css(fixed)} {light} }}"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
        f"@media print {{ :root {{ {paper} }} }}"
    )


_MAP_ROLES = (
    "water",
    "park",
    "building",
    "rail",
    "road",
    "road_case",
    "road_text",
    "street",
    "freeway",
    "freeway_case",
)
_CSS_THEMES = ("light", "dark", "paper")


def _write_css_block(roles: ColorRoles) -> str:
    values = {name: getattr(roles, role) for name, role in _CSS_ROLES.items()}
    values["street"] = roles.road_case if roles.road == roles.halo else roles.road
    ramps = {
        "lateness": roles.lateness,
        "status": roles.status,
        "amount": build_color_ramp(4, roles),
    }
    colored = {
        f"{name}-{at}": color for name, ramp in ramps.items() for at, color in enumerate(ramp)
    }
    colored["late"] = roles.late
    values |= colored | {f"on-{name}": choose_ink(color) for name, color in colored.items()}
    maps = {f"map-{role.replace('_', '-')}": getattr(roles, role) for role in _MAP_ROLES}
    thin = {
        f"map-thin-{kind}": choose_thin_color(roles, s) for kind, s in MAP_STYLE.streets.items()
    }
    return _write_css(values | maps | thin)


def _write_css(values: Mapping[str, Any]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in values.items())


def _draw_hatch_path(hatch: str) -> str:
    """Return an SVG path of a hatch's tile, y downward."""
    return "".join(
        f"M{x1 * _TILE_PX:g} {(1 - y1) * _TILE_PX:g}L{x2 * _TILE_PX:g} {(1 - y2) * _TILE_PX:g}"
        for x1, y1, x2, y2 in HATCH_TILES[hatch]
    )


def _make_environment() -> Environment:
    loader = FileSystemLoader(resources_dir() / "webmap")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def _read_resource(name: str) -> str:
    try:
        return (resources_dir() / "webmap" / name).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError("map_file_missing", name=name, reason=str(error)) from error
