"""What the search field finds, and how matches are ranked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from PySide6.QtGui import QAction

from zoneplanner.app.help.action_specs import Action
from zoneplanner.app.help.question_words import list_search_words
from zoneplanner.ui.widgets.inputs.match_field import score_match
from zoneplanner.ui.widgets.services.ui_context import Actions, SessionBridge, write_native_keys
from zoneplanner.ui.widgets.style.value_text import describe_unit

SITES, _ZONES, _PLANS = "Sites", "Zones", "Plans"
LAYERS, _WORKSPACES, ACTIONS, _RECENT = "Layers", "Workspaces", "Actions", "Recent"
SETTINGS, HANDBOOK, COLORS = "Settings", "Handbook", "Map colors"
OFFICERS, SHIFTS, INCIDENTS = "Officers", "Shifts", "Open incidents"
_BEST = "Best matches"
_SETTINGS_ACTIONS = frozenset(
    [
        "assumptions",
        "travel",
        "visit_rule",
        "rule_choices",
        "own_rule",
        "install_rules",
        "retention",
    ]
)
_SUGGESTED_ACTIONS = ("propose", "log_visit", "handout", "tour", "help")
_EXCLUSIVE_GROUPS = ("workspace", "tools")
_MAX_PER_GROUP, _MAX_ITEMS, _MAX_RECENT = 6, 14, 5
_MAX_BEST, _MAX_BEST_PER_GROUP, _MIN_BEST_SCORE = 3, 2, 60.0
_RECENT_BONUS, _SYNONYM_PENALTY = 8.0, 4.0
_GROUP_BONUS = {
    INCIDENTS: 4.0,
    SITES: 3.0,
    _ZONES: 3.0,
    _PLANS: 2.0,
    _WORKSPACES: 2.0,
    OFFICERS: 2.0,
    ACTIONS: 1.0,
    SETTINGS: 1.0,
    SHIFTS: -2.0,
    HANDBOOK: -4.0,
    COLORS: -4.0,
}
"""Puts what people look for more often first among equal matches."""


@dataclass(frozen=True, eq=False, slots=True)
class SearchItem:
    """Something that can be found.

    ``beside`` is shown after its name. ``words`` match too but are not shown, and ``also`` are
    synonyms, which match nearly as well as the name. ``on`` is its state, or None if it has none.
    ``place`` is true if it is on the map.
    """

    key: str
    group: str
    text: str
    beside: str
    icon: str
    do: Callable[[], object]
    words: str = ""
    keys: str = ""
    on: bool | None = None
    unavailable_reason: str = ""
    place: bool = False
    also: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """“On” or “Off”, or "" if it has no state."""
        return "" if self.on is None else "On" if self.on else "Off"

    @property
    def spoken(self) -> str:
        """The item in one line, for screen readers."""
        parts = (self.text, self.beside, self.state.lower(), self.unavailable_reason, self.keys)
        return ", ".join(part for part in parts if part)


def list_search_items(bridge: SessionBridge, actions: Actions) -> list[SearchItem]:
    """Return every site, zone, plan, workspace and action."""
    return [*_sites(bridge), *_zones(bridge), *_plans(bridge), *_actions(actions)]


def rank_search_items(
    text: str, items: Iterable[SearchItem], recent: Sequence[str]
) -> list[SearchItem]:
    """Return the items that match a string: the three best of several groups, then by group.

    If nothing matches, the words of a question such as “how do I” are left out.
    """
    items = list(items)
    scores = _score_items(text, items, recent)
    if not scores:
        scores = _score_items(" ".join(list_search_words(text)), items, recent)
    ranked = sorted(
        scores, key=lambda item: (-scores[item], "" if item.group == SHIFTS else item.text)
    )
    best = _pick_best(ranked, scores)
    groups: dict[str, list[SearchItem]] = {}
    for item in ranked:
        group = groups.setdefault(item.group, [])
        if item not in best and len(group) < _MAX_PER_GROUP:
            group.append(item)
    first = [replace(item, group=_BEST) for item in best]
    return [*first, *chain.from_iterable(groups.values())][:_MAX_ITEMS]


def _score_items(
    text: str, items: Iterable[SearchItem], recent: Sequence[str]
) -> dict[SearchItem, float]:
    return {item: score for item in items if (score := _score_item(text, item, recent))}


def _score_item(text: str, item: SearchItem, recent: Sequence[str]) -> float:
    """Return how well a string matches an item's name or synonyms, or 0 if it does not."""
    score = max(
        score_match(text, item.text, " ".join((item.beside, item.words, *item.also))),
        *(score_match(text, synonym) - _SYNONYM_PENALTY for synonym in item.also),
        0.0,
    )
    if score == 0:
        return 0.0
    if item.group == SHIFTS:
        score = round(score)  # ignores the length of the date, so that the next shift is first
    score += _GROUP_BONUS.get(item.group, 0)
    score += _RECENT_BONUS if item.key in recent else 0
    return max(score - bool(item.unavailable_reason), 1.0)


def _pick_best(
    ranked: Sequence[SearchItem], scores: Mapping[SearchItem, float]
) -> list[SearchItem]:
    """Return the three best items of several groups, so that many sites do not hide an action.

    The list is empty if the groups show as much: if few items match well, or all are in one group.
    """
    best: list[SearchItem] = []
    for item in ranked:
        in_group = sum(other.group == item.group for other in best)
        if scores[item] >= _MIN_BEST_SCORE and in_group < _MAX_BEST_PER_GROUP:
            best.append(item)
    has_several_groups = len({item.group for item in best}) > 1
    return best[:_MAX_BEST] if has_several_groups and len(ranked) > _MAX_BEST else []


def list_suggestions(items: Iterable[SearchItem], recent: Sequence[str]) -> list[SearchItem]:
    """Return what to offer before a person types: recent items, workspaces and main actions."""
    by_key = {item.key: item for item in items}
    used = [replace(by_key[key], group=_RECENT) for key in recent if key in by_key]
    workspaces = [item for item in by_key.values() if item.group == _WORKSPACES]
    suggested = [by_key[name] for name in _SUGGESTED_ACTIONS if name in by_key]
    return [*used[:_MAX_RECENT], *workspaces, *suggested]


def _sites(bridge: SessionBridge) -> Iterator[SearchItem]:
    session = bridge.session
    assignment = session.plan.assignment if session.plan else {}
    for site in session.project.sites.values():
        zone = assignment.get(site.id)
        beside = f"Zone {zone}" if zone else "no zone" if site.patrolled else "not patrolled"
        words = f"{site.id} {site.street} {site.city} school"
        do = partial(bridge.select, site=site.id)
        yield SearchItem(f"site {site.id}", SITES, site.name, beside, "site", do, words, place=True)


def _zones(bridge: SessionBridge) -> Iterator[SearchItem]:
    session = bridge.session
    for zone in session.plan.zones if session.plan else ():
        unit = describe_unit(session.project, zone.unit)
        do = partial(bridge.select, zone=zone.id)
        key = f"zone {zone.id}"
        yield SearchItem(key, _ZONES, f"Zone {zone.id}", unit, "zone", do, zone.name, place=True)


def _plans(bridge: SessionBridge) -> Iterator[SearchItem]:
    session = bridge.session
    for plan in session.project.plans.values():
        shown = plan.uid == session.plan_uid
        beside = f"{plan.status(session.today)}{', on screen' if shown else ''}"
        do = partial(session.show_plan, plan.uid)
        yield SearchItem(
            f"plan {plan.uid}", _PLANS, plan.name, beside, "plans", do, f"plan {plan.note}"
        )


def _actions(actions: Actions) -> Iterator[SearchItem]:
    for spec in actions.specs.values():
        action = actions[spec.name]
        if spec.palette and action.isVisible():
            yield _make_action_item(spec, action)


def _make_action_item(spec: Action, action: QAction) -> SearchItem:
    group = SETTINGS if spec.name in _SETTINGS_ACTIONS else ACTIONS
    return SearchItem(
        spec.name,
        _WORKSPACES if spec.group == "workspace" else group,
        action.text().rstrip("…"),
        "",
        spec.icon,
        action.trigger,
        f"{spec.tip} {spec.text}",
        keys=write_native_keys(action.shortcut()),
        on=_read_state(spec, action),
        unavailable_reason="" if action.isEnabled() else spec.needs or action.toolTip(),
        also=(*spec.also, spec.short.rstrip("…")) if spec.short else spec.also,
    )


def _read_state(spec: Action, action: QAction) -> bool | None:
    """Return whether an action is on.

    The result is None if it has no state or another one of its group is on.
    """
    if not action.isCheckable() or (spec.group in _EXCLUSIVE_GROUPS and not action.isChecked()):
        return None
    return action.isChecked()
