"""A map of zones and sites for a notebook, made with folium."""

from html import escape
from typing import TYPE_CHECKING

import folium

from zoneplanner.errors import UserError
from zoneplanner.publish.web.leaflet import read_leaflet_css, read_leaflet_js
from zoneplanner.tokens import COLOR_ROLES, zone_color

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

_ROLES = COLOR_ROLES["light"]
_POPUPS = """window.$ = window.$ || (html => {
    const made = document.createElement("template");
    made.innerHTML = html.trim();
    return [made.content.firstElementChild];
});"""
"""The only part of jQuery that folium's popups need."""

_LABEL = (
    '<b class="zone-label" style="position:absolute;transform:translate(-50%,-50%);'
    f"white-space:nowrap;padding:1px 5px;border-radius:4px;color:{_ROLES.label};"
    f"background:{_ROLES.base};"
    'border:3px solid {color}">{name}</b>'
)
"""A zone's label with a border in its color, which replaces a legend."""


def build_explore_map(
    zones: "gpd.GeoDataFrame", sites: "gpd.GeoDataFrame", *, tiles: str | None = None
) -> "folium.Map":
    """Return zones in the window's colors and sites in their zones' colors.

    Zones have visible labels, so a printed page is readable, too; site names appear when pointed
    at. folium escapes all names. Leaflet is part of the page, so nothing is fetched; a reader may
    add any of folium's shapes and popups. ``tiles`` names a background that is fetched when the map
    is shown.

    Raises
    ------
    UserError
        folium has no such background.
    """
    areas, points = zones.to_crs(4326), sites[sites["patrolled"]].to_crs(4326)
    colors = {zone: zone_color(place) for place, zone in enumerate(areas["zone"])}
    try:
        canvas = folium.Map(tiles=tiles)
    except ValueError:
        raise UserError("unknown_background", tiles=tiles) from None
    page = folium.Figure()
    page.add_child(canvas)
    canvas.default_js, canvas.default_css = [], []
    head = f"<style>{read_leaflet_css()}</style><script>{read_leaflet_js()}{_POPUPS}</script>"
    page.header.add_child(folium.Element(f"{{% raw %}}{head}{{% endraw %}}"))
    if len(areas):
        folium.GeoJson(
            areas[["zone", "unit", "sites", "load_min_per_day", "geometry"]],
            name="Zones",
            style_function=lambda feature: {
                "color": colors.get(feature["properties"]["zone"], _ROLES.unassigned),
                "weight": 2,
                "fillOpacity": _ROLES.zone_fill_share,
            },
            tooltip=folium.GeoJsonTooltip(["zone", "unit", "sites"]),
        ).add_to(canvas)
    if len(points):
        shown = points[["name", "zone", "unit", "geometry"]].astype(
            {"zone": "object", "unit": "object"}
        )
        folium.GeoJson(
            shown.fillna({"zone": "", "unit": ""}),
            name="Schools",
            marker=folium.CircleMarker(radius=5, fill=True, fill_opacity=1, weight=1),
            style_function=lambda feature: {
                "fillColor": colors.get(feature["properties"]["zone"], _ROLES.unassigned),
                "color": _ROLES.site_edge,
            },
            tooltip=folium.GeoJsonTooltip(["name", "zone"]),
        ).add_to(canvas)
        west, south, east, north = (float(side) for side in points.total_bounds)
        canvas.fit_bounds([(south, west), (north, east)])
    for zone, spot in zip(areas["zone"], areas.representative_point(), strict=True):
        if not spot.is_empty:
            label = folium.DivIcon(_LABEL.format(color=colors[zone], name=escape(zone)), (0, 0))
            folium.Marker((spot.y, spot.x), icon=label, interactive=False).add_to(canvas)
    return canvas
