"""The shades of a coloring: color, size and sign of each class, its words, and its sites.

Nothing is told by color alone: classes of figures grow in size, others carry a sign.
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

_MOST_DIGITS = 4
_SMALL_PX, _LARGE_PX = 10.0, 20.0
_STAFFING_STATUS = (
    (UnitStaffing.FILLED, RequirementStatus.DONE),
    (UnitStaffing.OPEN, RequirementStatus.OVERDUE),
)
_NONE_LOGGED, _NOT_DECLARED = "No visit logged yet", "Days not declared"
_SMALL_WORDS = frozenset(("of", "the", "city", "county", "town", "unincorporated"))


@dataclass(frozen=True, slots=True)
class ColorClass:
    """One class as map and legend show it.

    ``size_px`` of 0 leaves the size to the site's level; ``signs`` are those of single sites,
    where they outrank ``sign``; ``missing`` sites have no value and are hatched.
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
    values: ThemeValues, classes: ClassBreaks, method: str, state: ProjectState, theme: Theme
) -> tuple[ColorClass, ...]:
    """Return the shades of a subject's values, with one for missing ones last."""
    key = values.subject.key
    if key == READINESS:
        found = _build_status_classes(values, ((status, status) for status in WORST_FIRST), theme)
    elif key == STAFFED:
        found = _build_status_classes(values, _STAFFING_STATUS, theme)
    elif key == JURISDICTION:
        found = _build_jurisdiction_classes(values, state)
    elif method == STEPS:
        found = _build_numbered_classes(values, classes, VISIT_CLASS_TEXTS, theme.lateness[:-1])
    else:
        found = _build_ramp_classes(values, classes, theme)
    lost = frozenset(site for site, value in values.values.items() if value is None)
    if lost:
        fill = theme.site_pale
        sign = "–" if key == VISIT else ""
        text = values.subject.none
        if key == VISIT and not values.declared:
            text = _NOT_DECLARED
        elif key == VISIT and len(lost) == len(values.values):
            text = _NONE_LOGGED  # nobody has recorded a visit yet, which is no alarm
        elif key == VISIT:
            fill = theme.lateness[-1]
        found.append(ColorClass(text, fill, choose_ink(fill), lost, sign=sign, missing=True))
    return tuple(found)


def _build_ramp_classes(
    values: ThemeValues, classes: ClassBreaks, theme: Theme
) -> list[ColorClass]:
    """Return ascending classes, each larger than the one before."""
    colors, texts = build_color_ramp(len(classes), theme), format_class_bounds(values, classes)
    if values.subject.key == VISIT:
        return _build_numbered_classes(values, classes, texts, colors)
    step = (_LARGE_PX - _SMALL_PX) / max(1, len(classes) - 1)
    return [
        ColorClass(text, color, choose_ink(color), frozenset(own), _SMALL_PX + step * at)
        for at, (text, color, own) in enumerate(
            zip(texts, colors, _members(values, classes), strict=True)
        )
    ]


def _build_numbered_classes(
    values: ThemeValues, classes: ClassBreaks, texts: Sequence[str], colors: Sequence[str]
) -> list[ColorClass]:
    """Return classes whose sites carry their number of days."""
    return [
        ColorClass(
            text,
            color,
            choose_ink(color),
            frozenset(own),
            signs={site: f"{values.values[site]}" for site in own},
        )
        for text, color, own in zip(texts, colors, _members(values, classes), strict=True)
    ]


def _build_status_classes(
    values: ThemeValues, states: Iterable[tuple[str, RequirementStatus]], theme: Theme
) -> list[ColorClass]:
    """Return a class for each state in the color and with the sign of a status of readiness."""
    own = _by_value(values)
    return [
        ColorClass(
            text=str(state).capitalize(),
            fill=get_status_color(status, theme),
            ink=choose_ink(get_status_color(status, theme)),
            sites=own.get(state, frozenset()),
            sign=REQUIREMENT_SIGNS[status],
        )
        for state, status in states
        if status is not RequirementStatus.NOT_RECORDED or state in own
    ]


def _build_jurisdiction_classes(values: ThemeValues, state: ProjectState) -> list[ColorClass]:
    own, known = _by_value(values), state.project.jurisdictions
    held = [place for place in known if place in own]
    rows = zip(
        held,
        make_initials([known[place].name for place in held]),
        cycle(DATA_PALETTES["places"]),
        strict=False,
    )
    return [
        ColorClass(known[place].name, fill, choose_ink(fill), own[place], sign=sign)
        for place, sign, fill in rows
    ]


def _by_value(values: ThemeValues) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for site, value in values.values.items():
        if isinstance(value, str):
            found.setdefault(value, set()).add(site)
    return {value: frozenset(sites) for value, sites in found.items()}


def _members(values: ThemeValues, classes: ClassBreaks) -> list[list[str]]:
    members: list[list[str]] = [[] for _ in range(len(classes))]
    for site, figure in values.figures.items():
        if members:
            members[classes.find_class(figure)].append(site)
    return members


def format_class_bounds(values: ThemeValues, classes: ClassBreaks) -> list[str]:
    """Say the bounds of each class; whole figures do not share a bound with their neighbors.

    The outer classes reach as far as the figures, which may be beyond those they were made from.
    """
    if not len(classes):
        return []
    *inner, highest = classes.uppers
    figures = values.figures.values()
    bounds = [min([classes.lowest, *figures]), *inner, max([highest, *figures])]
    if all(float(figure).is_integer() for figure in values.figures.values()):
        lows, digits = [bounds[0], *(upper + 1 for upper in bounds[1:-1])], 0
    else:
        lows, digits = bounds[:-1], _digits(bounds)
    return [_range(low, high, digits) for low, high in zip(lows, bounds[1:], strict=True)]


def _range(low: float, high: float, digits: int) -> str:
    one, other = format_number(low, digits), format_number(high, digits)
    return one if one == other else f"{one}–{other}"


def _digits(bounds: Sequence[float]) -> int:
    """Return how many digits tell the bounds well apart: a quarter of the narrowest class."""
    narrowest = min((high - low for low, high in pairwise(bounds) if high > low), default=1.0)
    return min(_MOST_DIGITS, max(0, math.ceil(-math.log10(narrowest / 4))))


def make_initials(names: Sequence[str]) -> list[str]:
    """Return up to two letters for each name, none twice; numbers where letters do not do."""
    found = []
    for name in names:
        words = [word for word in name.split() if word.casefold() not in _SMALL_WORDS]
        found.append("".join(word[0] for word in words[:2]).upper() or name[:1].upper())
    return found if len(set(found)) == len(found) else [str(at) for at in range(1, len(names) + 1)]
