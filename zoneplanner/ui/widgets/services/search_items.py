"""What can be found in the window, and what of it fits a text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtGui import QAction

from zoneplanner.app.help.action_specs import Action
from zoneplanner.ui.widgets.inputs.match_field import score_match
from zoneplanner.ui.widgets.services.ui_context import Actions, SessionBridge, write_native_keys
from zoneplanner.ui.widgets.style.value_text import describe_unit

SITES, _ZONES, _PLANS = "Sites", "Zones", "Plans"
LAYERS, _WORKSPACES, ACTIONS, _RECENT = "Layers", "Workspaces", "Actions", "Recent"
SETTINGS, HANDBOOK, COLORS = "Settings", "Handbook", "Map colors"
OFFICERS, SHIFTS, INCIDENTS = "Officers", "Shifts", "Open incidents"
_BEST = "Best matches"
_SETTING = frozenset(
    {
        *("assumptions", "travel", "visit_rule", "rule_choices", "own_rule", "install_rules"),
        "retention",
    }
)
"""Actions that are settings."""
_AT_FIRST = ("propose", "log_visit", "handout", "tour", "help")
_ONE_OF = ("workspace", "tools")
_MOST_OF_A_GROUP, _MOST, _MOST_RECENT = 6, 14, 5
_BEST_SHOWN, _BEST_OF_A_GROUP, _FITS_WELL = 3, 2, 60.0
_RECENT_WORTH, _ALSO_LESS = 8.0, 4.0
_WORTH = {
    **{INCIDENTS: 4.0, SITES: 3.0, _ZONES: 3.0, _PLANS: 2.0, _WORKSPACES: 2.0, OFFICERS: 2.0},
    **{ACTIONS: 1.0, SETTINGS: 1.0, SHIFTS: -2.0, HANDBOOK: -4.0, COLORS: -4.0},
}
"""What is looked for more often stands first where two fit equally well."""


@dataclass(frozen=True, eq=False, slots=True)
class SearchItem:
    """One thing that can be found. ``beside`` is shown after its name, ``words`` fit unseen, and
    ``also`` nearly as well as the name: what else people call it.

    ``on`` says whether it is on, None where it cannot be; ``shut`` why it cannot be done now.
    ``place`` is True where it lies on the map.
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
    def spoken(self) -> str:
        """All of it in one line, as a screen reader says it."""
        state = "" if self.on is None else "on" if self.on else "off"
        parts = (self.text, self.beside, state, self.unavailable_reason, self.keys)
        return ", ".join(part for part in parts if part)


def list_search_items(bridge: SessionBridge, actions: Actions) -> list[SearchItem]:
    """Return every site, zone, plan, workspace and action."""
    return [*_sites(bridge), *_zones(bridge), *_plans(bridge), *_actions(actions)]


def rank_search_items(
    text: str, hits: Iterable[SearchItem], recent: Sequence[str]
) -> list[SearchItem]:
    """Return what fits a text: the three best, no group alone, then the others in groups."""
    worth = {hit: score for hit in hits if (score := _score_item(text, hit, recent))}
    ranked = sorted(worth, key=lambda hit: (-worth[hit], "" if hit.group == SHIFTS else hit.text))
    best = _pick_best(ranked, worth)
    groups: dict[str, list[SearchItem]] = {}
    for hit in ranked:
        own = groups.setdefault(hit.group, [])
        if hit not in best and len(own) < _MOST_OF_A_GROUP:
            own.append(hit)
    first = [replace(hit, group=_BEST) for hit in best]
    return [*first, *(hit for group in groups.values() for hit in group)][:_MOST]


def _score_item(text: str, hit: SearchItem, recent: Sequence[str]) -> float:
    """Return how well a text fits a thing, by its name or by what else it is called; 0 is not."""
    named = score_match(text, hit.text, f"{hit.beside} {hit.words}")
    called = max((score_match(text, phrase) for phrase in hit.also), default=0.0) - _ALSO_LESS
    score = max(named, called)
    if score <= 0:
        return 0.0
    if hit.group == SHIFTS:
        score = round(score)  # the length of its date is no worth: the next shift stands first
    again = _RECENT_WORTH if hit.key in recent else 0
    return max(score + _WORTH.get(hit.group, 0) + again - (1 if hit.unavailable_reason else 0), 1.0)


def _pick_best(ranked: Sequence[SearchItem], worth: Mapping[SearchItem, float]) -> list[SearchItem]:
    """Return the three best, no group alone, so that a long list of sites hides no action.

    Empty where the groups show as much: few things fit well, or all are of one group.
    """
    well = [hit for hit in ranked if worth[hit] >= _FITS_WELL]
    best: list[SearchItem] = []
    for hit in well:
        if sum(other.group == hit.group for other in best) < _BEST_OF_A_GROUP:
            best.append(hit)
    several = len({hit.group for hit in best}) > 1
    return best[:_BEST_SHOWN] if several and len(ranked) > _BEST_SHOWN else []


def list_suggestions(hits: Iterable[SearchItem], recent: Sequence[str]) -> list[SearchItem]:
    """Return what is offered before anything is typed: recent things, workspaces, main actions."""
    by_key = {hit.key: hit for hit in hits}
    before = [replace(by_key[key], group=_RECENT) for key in recent if key in by_key]
    spaces = [hit for hit in by_key.values() if hit.group == _WORKSPACES]
    main = [by_key[name] for name in _AT_FIRST if name in by_key]
    return [*before[:_MOST_RECENT], *spaces, *main]


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
            yield _action_hit(spec, action)


def _action_hit(spec: Action, action: QAction) -> SearchItem:
    workspace = spec.group == "workspace"
    shut = "" if action.isEnabled() else spec.needs or action.toolTip()
    return SearchItem(
        spec.name,
        _WORKSPACES if workspace else SETTINGS if spec.name in _SETTING else ACTIONS,
        action.text().rstrip("…"),
        "",
        spec.icon,
        action.trigger,
        f"{spec.tip} {spec.text}",
        keys=write_native_keys(action.shortcut()),
        on=_state(spec, action),
        unavailable_reason=shut,
        also=(*spec.also, spec.short.rstrip("…")) if spec.short else spec.also,
    )


def _state(spec: Action, action: QAction) -> bool | None:
    """Return whether an action is on; of those that exclude each other only the one that is."""
    if not action.isCheckable() or (spec.group in _ONE_OF and not action.isChecked()):
        return None
    return action.isChecked()
