"""The classes of a coloring: the color, size, sign, text and sites of each.

Nothing depends on color alone: classes of figures differ in size, and others have a sign.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, pairwise

from zoneplanner.analysis.measures.class_breaks import ClassBreaks
from zoneplanner.app.geography.map_themes import (
    JURISDICTION,
    READINESS,
    STAFFED,
    STEPS,
    VISIT,
    ThemeValues,
)
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.readiness.requirements import WORST_FIRST, RequirementStatus
from zoneplanner.domain.roster.staffing import UnitStaffing
from zoneplanner.tokens import DATA_PALETTES, build_color_ramp, choose_ink
from zoneplanner.ui.widgets.style.theme import Theme
from zoneplanner.ui.widgets.style.value_text import (
    REQUIREMENT_SIGNS,
    VISIT_CLASS_TEXTS,
    format_number,
    get_status_color,
)

_MAX_DIGITS = 4
_MIN_SIZE_PX, _MAX_SIZE_PX = 10.0, 20.0
_STAFFING_STATUS = (
    (UnitStaffing.FILLED, RequirementStatus.DONE),
    (UnitStaffing.OPEN, RequirementStatus.OVERDUE),
)
_NONE_LOGGED, _NOT_DECLARED = "No visit logged yet", "Days not declared complete"
_SKIPPED_WORDS = frozenset(("of", "the", "city", "county", "town", "unincorporated"))


@dataclass(frozen=True, slots=True)
class ColorClass:
    """A class as shown on the map and in the legend.

    With a ``size_px`` of 0, the size depends on the site's level. ``signs`` by site override
    ``sign``. Sites of a ``missing`` class have no value and are hatched.
    """

    text: str
    fill: str
    ink: str
    sites: frozenset[str]
    size_px: float = 0.0
    sign: str = ""
    signs: Mapping[str, str] = field(default_factory=dict)
    missing: bool = False


def build_color_classes(
    values: ThemeValues, breaks: ClassBreaks, method: str, state: ProjectState, theme: Theme
) -> tuple[ColorClass, ...]:
    """Return the classes of a theme's values, with a class for missing values last."""
    key = values.subject.key
    if key == READINESS:
        classes = _build_status_classes(values, ((status, status) for status in WORST_FIRST), theme)
    elif key == STAFFED:
        classes = _build_status_classes(values, _STAFFING_STATUS, theme)
    elif key == JURISDICTION:
        classes = _build_jurisdiction_classes(values, state)
    elif method == STEPS:
        classes = _build_numbered_classes(values, breaks, VISIT_CLASS_TEXTS, theme.lateness[:-1])
    else:
        classes = _build_ramp_classes(values, breaks, theme)
    missing = frozenset(site for site, value in values.values.items() if value is None)
    if missing:
        fill, text, sign = theme.site_pale, values.subject.none, "–" if key == VISIT else ""
        if key == VISIT and not values.declared:
            text = _NOT_DECLARED
        elif key == VISIT and len(missing) == len(values.values):
            text = _NONE_LOGGED  # no visit has been recorded yet, which is not alarming
        elif key == VISIT:
            fill = theme.lateness[-1]
        classes.append(ColorClass(text, fill, choose_ink(fill), missing, sign=sign, missing=True))
    return tuple(classes)


def _build_ramp_classes(values: ThemeValues, breaks: ClassBreaks, theme: Theme) -> list[ColorClass]:
    """Return classes in ascending order, each with larger symbols than the one before."""
    colors, texts = build_color_ramp(len(breaks), theme), format_class_bounds(values, breaks)
    if values.subject.key == VISIT:
        return _build_numbered_classes(values, breaks, texts, colors)
    step = (_MAX_SIZE_PX - _MIN_SIZE_PX) / max(1, len(breaks) - 1)
    return [
        ColorClass(text, color, choose_ink(color), frozenset(sites), _MIN_SIZE_PX + step * index)
        for index, (text, color, sites) in enumerate(
            zip(texts, colors, _group_by_class(values, breaks), strict=True)
        )
    ]


def _build_numbered_classes(
    values: ThemeValues, breaks: ClassBreaks, texts: Sequence[str], colors: Sequence[str]
) -> list[ColorClass]:
    """Return classes in which each site has its number of days as its sign."""
    return [
        ColorClass(
            text,
            color,
            choose_ink(color),
            frozenset(sites),
            signs={site: f"{values.values[site]}" for site in sites},
        )
        for text, color, sites in zip(texts, colors, _group_by_class(values, breaks), strict=True)
    ]


def _build_status_classes(
    values: ThemeValues, states: Iterable[tuple[str, RequirementStatus]], theme: Theme
) -> list[ColorClass]:
    """Return a class for each state, in the color and with the sign of a readiness status."""
    sites = _group_by_value(values)
    return [
        ColorClass(
            text=str(state).capitalize(),
            fill=get_status_color(status, theme),
            ink=choose_ink(get_status_color(status, theme)),
            sites=sites.get(state, frozenset()),
            sign=REQUIREMENT_SIGNS[status],
        )
        for state, status in states
        if status is not RequirementStatus.NOT_RECORDED or state in sites
    ]


def _build_jurisdiction_classes(values: ThemeValues, state: ProjectState) -> list[ColorClass]:
    sites = _group_by_value(values)
    present = [area for key, area in state.project.jurisdictions.items() if key in sites]
    signs = make_initials([area.name for area in present])
    fills = cycle(DATA_PALETTES["places"])
    return [
        ColorClass(area.name, fill, choose_ink(fill), sites[area.id], sign=sign)
        for area, sign, fill in zip(present, signs, fills, strict=False)
    ]


def _group_by_value(values: ThemeValues) -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for site, value in values.values.items():
        if isinstance(value, str):
            groups.setdefault(value, set()).add(site)
    return {value: frozenset(sites) for value, sites in groups.items()}


def _group_by_class(values: ThemeValues, breaks: ClassBreaks) -> list[list[str]]:
    groups: list[list[str]] = [[] for _ in range(len(breaks))]
    for site, figure in values.figures.items() if groups else ():
        groups[breaks.find_class(figure)].append(site)
    return groups


def format_class_bounds(values: ThemeValues, breaks: ClassBreaks) -> list[str]:
    """Return the bounds of each class as text; whole numbers do not share a bound.

    The outer classes include all figures, even beyond those that the breaks were computed from.
    """
    if not len(breaks):
        return []
    *inner, highest = breaks.uppers
    figures = values.figures.values()
    bounds = [min([breaks.lowest, *figures]), *inner, max([highest, *figures])]
    if all(float(figure).is_integer() for figure in values.figures.values()):
        lows, digits = [bounds[0], *(upper + 1 for upper in bounds[1:-1])], 0
    else:
        lows, digits = bounds[:-1], _count_digits(bounds)
    return [_format_range(low, high, digits) for low, high in zip(lows, bounds[1:], strict=True)]


def _format_range(low: float, high: float, digits: int) -> str:
    first, last = format_number(low, digits), format_number(high, digits)
    return first if first == last else f"{first}–{last}"


def _count_digits(bounds: Sequence[float]) -> int:
    """Return the decimals needed to distinguish the bounds to a quarter of the narrowest class."""
    narrowest = min((high - low for low, high in pairwise(bounds) if high > low), default=1.0)
    return min(_MAX_DIGITS, max(0, math.ceil(-math.log10(narrowest / 4))))


def make_initials(names: Sequence[str]) -> list[str]:
    """Return up to two letters for each name, or numbers if the letters are not unique."""
    initials = []
    for name in names:
        words = [word for word in name.split() if word.casefold() not in _SKIPPED_WORDS]
        initials.append("".join(word[0] for word in words[:2]).upper() or name[:1].upper())
    is_unique = len(set(initials)) == len(initials)
    return initials if is_unique else [str(number) for number, _ in enumerate(names, start=1)]
