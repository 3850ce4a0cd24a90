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

_SIGHT = 0.6
"""How far around the zones the map reaches, as a share of their longer side."""
_TILE_PX = 9


def render_web_map(handout: Handout) -> bytes:
    """Return the map of a plan as one HTML file; the same handout gives the same bytes.

    Raises
    ------
    UserError
        An asset of the map is missing.
    """
    return _page(redact_for_audience(handout)).encode("utf-8")


def _page(handout: Handout) -> str:
    """Return the page's HTML. Only markup of our own passes unescaped."""
    zones = summarize_zones(handout)
    behind = collect_basemap(handout, expand_bounds(find_zone_bounds(handout), _SIGHT))
    canvas = build_folium_map(handout, behind)
    page = _pages().get_template("page.html")
    return page.render(
        title=handout.title,
        plan_text=handout.plan_text,
        warning=handout.warning,
        problems=describe_plan_problems(handout),
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
        zones=[_legend(n, card) for n, card in enumerate(zones)],
        agencies=_by_agency(zones),
        marks=[{"shape": shape, "words": words} for shape, words in list_mark_labels(handout)],
        unzoned=any(card.zone is None for card in summarize_sites(handout)),
        city=bool(behind.cities or behind.other_cities),
        streets=bool(behind.streets),
        river=behind.river.length > 0,
        tile=_TILE_PX,
        tokens_css=Markup(_build_css_variables()),
        leaflet_css=Markup(read_leaflet_css()),
        leaflet_js=Markup(read_leaflet_js()),
        map_html=Markup(canvas.html),
        map_script=Markup(canvas.script),
        css=Markup(_resource("map.css")),
        basemap_js=Markup(_resource("basemap.js")) if handout.basemap else "",
        js=Markup(_resource("map.js")),
        tools_js=Markup(_resource("tools.js")),
        themes_js=Markup(_resource("themes.js")),
        weeks=handout.weeks,
        first_week=find_first_week(handout.weeks),
        pins=bool(handout.plan.pins),
        own=[{"title": title, "color": zone_color(n)} for n, title in enumerate(canvas.own)],
        tiles=handout.tiles.title if handout.tiles else "",
        tile_source=f" {handout.tiles.source}" if handout.tiles else "",
        data=Markup(encode_map_data(handout, behind, canvas)),
    )


def _describe_later_zone(handout: Handout, card: SiteSummary) -> str:
    """Say which zone a site is in from when on, where that is another one."""
    coming = handout.coming
    then = coming.zones.get(card.site.id) if coming is not None and coming.zones else None
    if coming is None or then is None or (card.zone is not None and then[0] == card.zone.id):
        return ""
    return f"From {handout.formats.day(coming.on)}: {then[0]}"


def _by_agency(cards: Sequence[ZoneSummary]) -> list[dict[str, Any]]:
    agencies: dict[str, dict[str, Any]] = {}
    for n, card in enumerate(cards):
        new = {"name": card.agency, "phone": card.agency_phone, "zones": []}
        agencies.setdefault(card.agency, new)["zones"].append(_legend(n, card))
    return list(agencies.values())


def _legend(index: int, card: ZoneSummary) -> dict[str, Any]:
    count = len(card.sites)
    return {
        "index": index,
        "name": card.zone.name,
        "id": card.zone.id,
        "unit": card.unit_beside,
        "count": format_count(count, "site"),
        "color": zone_color(card.zone.color),
        "stripes": _stripes(zone_hatch(card.zone.color)),
    }


_CSS_ROLES = {
    **{name: name for name in ("land", "outside", "text", "halo", "focus", "late")},
    **{"panel": "base", "quiet": "muted", "line": "border", "river": "water", "city": "city_line"},
    **{"zone-edge": "zone_edge", "site-edge": "site_edge", "site-pale": "site_pale"},
    **{"hover": "bar_soft", "tint": "zone_fill_share", "edge": "zone_edge_px"},
}
"""The page's names of the tokens' roles."""


def _build_css_variables() -> str:
    """Return the tokens as the page's variables: by day, by night, printed."""
    style, usual = MAP_STYLE, MAP_STYLE.scales[-2]
    fixed = {
        **{"band-share": style.band_share, "themed": style.themed_fill_share},
        **{"site-edge-px": style.site_edge_px, "site-halo-px": style.site_halo_px},
        **{"city-px": usual.city_px, "city-dash": " ".join(f"{px:g}" for px in style.city_dash)},
        **{"fill": usual.fill, "band": usual.band_px, "number": usual.number_px},
        **{"site": usual.site},
    }
    light, dark, paper = (_write_css_block(COLOR_ROLES[name]) for name in _CSS_THEMES)
    return (
        f":root {{ {_write_css(fixed)} {light} }}"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
        f"@media print {{ :root {{ {paper} }} }}"
    )


_MAP_ROLES = (
    *("water", "park", "building", "rail", "road", "road_case", "road_text", "street"),
    *("freeway", "freeway_case"),
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
    inked = {f"{name}-{at}": one for name, ramp in ramps.items() for at, one in enumerate(ramp)}
    inked["late"] = roles.late
    values |= inked | {f"on-{name}": choose_ink(color) for name, color in inked.items()}
    maps = {f"map-{role.replace('_', '-')}": getattr(roles, role) for role in _MAP_ROLES}
    thin = {
        f"map-thin-{kind}": choose_thin_color(roles, s) for kind, s in MAP_STYLE.streets.items()
    }
    return _write_css(values | maps | thin)


def _write_css(values: Mapping[str, Any]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in values.items())


def _stripes(hatch: str) -> str:
    """An SVG path of a hatch's tile, y downward."""
    return "".join(
        f"M{x1 * _TILE_PX:g} {(1 - y1) * _TILE_PX:g}L{x2 * _TILE_PX:g} {(1 - y2) * _TILE_PX:g}"
        for x1, y1, x2, y2 in HATCH_TILES[hatch]
    )


def _pages() -> Environment:
    loader = FileSystemLoader(resources_dir() / "webmap")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def _resource(name: str) -> str:
    try:
        return (resources_dir() / "webmap" / name).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"The web map's file {name} is missing; reinstall the program.",
            {"reason": str(error)},
        ) from error
