"""How the layers look in QGIS: zones in their colors with numbers, all else quiet around them."""

from html import escape

from zoneplanner.domain.plans.zone_colors import ZONE_COLORS

_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_ZONE_FILL_ALPHA = 90
_INK = "35,41,48,255"
_PALE = "150,158,166,255"
_WATER = "120,160,200,255"
_NOTE = "204,121,167,255"


def build_layer_styles() -> dict[str, str]:
    """Return QGIS style documents (QML) by table."""
    return {
        "zone_area": _zones(),
        "site": _document(_single(_point("site", _INK, 2.2)), _labels("name", 7)),
        "jurisdiction": _document(_single(_outline("jurisdiction", _INK, 0.5, "dash"))),
        "block": _document(_single(_outline("block", _PALE, 0.1, "solid"))),
        "feature_area": _document(_single(_outline("feature_area", _PALE, 0.3, "dash dot"))),
        "feature_line": _document(_lines(), _labels("name", 6)),
        "feature_point": _document(_single(_point("feature_point", _WATER, 1.6))),
        "plan_pin": _document(_single(_point("plan_pin", _NOTE, 3.0)), _labels("text", 8)),
    }


def _zones() -> str:
    """Zones of the plan shown last, by color; zones of other plans are not drawn."""
    attribute = f'CASE WHEN "shown" THEN "colour" % {len(ZONE_COLORS)} END'
    categories = "".join(
        f'<category value="{place}" symbol="{place}" label="Colour {place + 1}" render="true"/>'
        for place in range(len(ZONE_COLORS))
    )
    symbols = "".join(_fill(str(place), color) for place, color in enumerate(ZONE_COLORS))
    renderer = (
        f'<renderer-v2 type="categorizedSymbol" attr={_quoted(attribute)} '
        f'enableorderby="0" forceraster="0"><categories>{categories}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )
    return _document(renderer, _labels('CASE WHEN "shown" THEN "zone" END', 14, bold=True))


def _lines() -> str:
    categories = (
        '<category value="river" symbol="0" label="River" render="true"/>'
        '<category value="" symbol="1" label="Street" render="true"/>'
    )
    symbols = _line("0", _WATER, 1.2) + _line("1", _PALE, 0.4)
    return (
        '<renderer-v2 type="categorizedSymbol" attr="layer" enableorderby="0" forceraster="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


def _document(renderer: str, labels: str = "") -> str:
    enabled = 1 if labels else 0
    return (
        f'{_HEAD}<qgis version="3.28.0" styleCategories="Symbology|Labeling" '
        f'labelsEnabled="{enabled}">{renderer}{labels}</qgis>'
    )


def _single(symbol: str) -> str:
    return (
        '<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0">'
        f"<symbols>{symbol}</symbols></renderer-v2>"
    )


def _fill(name: str, color: str) -> str:
    channels = ",".join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))
    options = {
        "color": f"{channels},{_ZONE_FILL_ALPHA}",
        "outline_color": f"{channels},255",
        "outline_style": "solid",
        "outline_width": "0.6",
        "outline_width_unit": "MM",
        "style": "solid",
    }
    return _symbol(name, "fill", "SimpleFill", options)


def _outline(name: str, color: str, width_mm: float, style: str) -> str:
    options = {
        "color": "0,0,0,0",
        "outline_color": color,
        "outline_style": style,
        "outline_width": str(width_mm),
        "outline_width_unit": "MM",
        "style": "no",
    }
    return _symbol(name, "fill", "SimpleFill", options)


def _line(name: str, color: str, width_mm: float) -> str:
    options = {"line_color": color, "line_width": str(width_mm), "line_width_unit": "MM"}
    return _symbol(name, "line", "SimpleLine", options)


def _point(name: str, color: str, size_mm: float) -> str:
    options = {
        "color": color,
        "name": "circle",
        "outline_color": "255,255,255,255",
        "size": str(size_mm),
        "size_unit": "MM",
    }
    return _symbol(name, "marker", "SimpleMarker", options)


def _symbol(name: str, kind: str, layer: str, options: dict[str, str]) -> str:
    written = "".join(
        f'<Option name="{key}" value={_quoted(value)} type="QString"/>'
        for key, value in options.items()
    )
    return (
        f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{written}</Option></layer></symbol>'
    )


def _labels(expression: str, size_pt: int, *, bold: bool = False) -> str:
    is_expression = 0 if expression.isidentifier() else 1
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName={_quoted(expression)} isExpression="{is_expression}" '
        f'fontSize="{size_pt}" fontSizeUnit="Point" fontWeight="{75 if bold else 50}" '
        f'textColor="{_INK}">'
        '<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" '
        'bufferColor="255,255,255,255"/></text-style>'
        "</settings></labeling>"
    )


def _quoted(text: str) -> str:
    """Return a text as the value of an attribute; the XML package would bring the web along."""
    plain = escape(text, quote=False)
    if '"' not in plain:
        return f'"{plain}"'
    return f"'{plain}'" if "'" not in plain else '"' + plain.replace('"', "&quot;") + '"'
