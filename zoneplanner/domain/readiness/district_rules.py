"""Rules that a district adds: a thing of their own, whatever pack of rules is installed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar

from zoneplanner.domain.readiness.rule_pack import (
    CitedFact,
    CitedRule,
    DistrictDuty,
    DrillRule,
    PlanElement,
    ReviewStep,
    RulePack,
)
from zoneplanner.errors import UserError

_R = TypeVar("_R", bound=CitedRule)
_CITED = "District "
"""What the citation of a district's own rule begins with."""
_KEY = re.compile("[a-z][a-z0-9_]{1,39}")
_LONGEST_TEXT = 500
_LAST_DAY = 28
OWN_KINDS = ("element", "duty")
"""What a district adds one by one; steps, drills and facts of its own come by a file."""


@dataclass(frozen=True, slots=True)
class DistrictRules:
    """What a district asks for beside the pack; ``removed`` are keys that its file had once."""

    elements: tuple[PlanElement, ...] = ()
    steps: tuple[ReviewStep, ...] = ()
    duties: tuple[DistrictDuty, ...] = ()
    drills: tuple[DrillRule, ...] = ()
    facts: tuple[CitedFact, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[CitedRule, ...]:
        """All of them."""
        return tuple(one for name in _PARTS for one in getattr(self, name))


_PARTS = tuple(one.name for one in fields(DistrictRules) if one.name != "removed")


def make_rule_key(rule: CitedRule) -> str:
    """Return what names a rule from pack to pack: an element, step, duty, drill or fact."""
    match rule:
        case PlanElement():
            return f"element.{rule.key}"
        case ReviewStep():
            return f"step.{rule.key}"
        case DistrictDuty():
            return f"duty.{rule.key}"
        case DrillRule():
            return f"drill.{rule.kind}.{','.join(sorted(rule.levels))}.{rule.citation}"
    return f"fact.{rule.citation}"


def is_district_rule(rule: CitedRule) -> bool:
    """Tell whether a rule is cited as the district's own."""
    return rule.citation.startswith(_CITED)


def collect_district_rules(
    pack: RulePack, known: DistrictRules, *, but_removed: bool = False
) -> DistrictRules:
    """Return ``known`` with what the file of a pack has of the district's own.

    Of the same key the file's counts; what it has is removed no more, unless ``but_removed``.
    """
    gone = frozenset(known.removed if but_removed else ())
    parts: dict[str, tuple[Any, ...]] = {}
    found: set[str] = set()
    for name in _PARTS:
        cited = [one for one in getattr(pack, name) if is_district_rule(one)]
        own = [one for one in cited if make_rule_key(one) not in gone]
        found |= {make_rule_key(one) for one in own}
        parts[name] = _merge(getattr(known, name), own)
    left = tuple(key for key in known.removed if key not in found)
    return DistrictRules(**parts, removed=left)


def add_district_rules(pack: RulePack, own: DistrictRules) -> RulePack:
    """Return a pack with the district's own rules; where both have a key the pack's counts."""
    parts: dict[str, Any] = {}
    for name in _PARTS:
        there = [one for one in getattr(pack, name) if make_rule_key(one) not in own.removed]
        parts[name] = _merge(getattr(own, name), there, first=there)
    return replace(pack, **parts)


def put_district_rule(
    own: DistrictRules,
    pack: RulePack,
    kind: str,
    key: str,
    text: str,
    *,
    on: date,
    due: tuple[int, int] = (0, 0),
    citation: str = "District rule",
) -> DistrictRules:
    """Return the district's rules with an element or a yearly duty; no text takes it away.

    ``pack`` is the one that is followed, ``on`` since when; ``due`` are month and day of a duty.

    Raises
    ------
    UserError
        The kind, the key, the text or the day makes no sense, or the pack has that key itself.
    """
    name = f"{kind}.{key}"
    if kind not in OWN_KINDS:
        raise UserError("unknown_rule", what="kind of own rule", text=kind, known=list(OWN_KINDS))
    if not _KEY.fullmatch(key):
        raise UserError("unknown_rule.own_key", key=key)
    if len(text) > _LONGEST_TEXT:
        raise UserError("text_too_long", name=name, most=_LONGEST_TEXT)
    part = "elements" if kind == "element" else "duties"
    there = [one for one in getattr(pack, part) if make_rule_key(one) == name]
    before = [one for one in getattr(own, part) if make_rule_key(one) == name]
    if any(not is_district_rule(one) for one in there):
        raise UserError("unknown_rule.of_pack", key=name, version=pack.version)
    if not text.strip():
        if not (there or before):
            known = [make_rule_key(one) for one in own.rules] or ["none"]
            raise UserError("unknown_rule", what="own rule", text=name, known=known)
        removed = tuple(dict.fromkeys((*own.removed, name)))
        left = tuple(one for one in getattr(own, part) if make_rule_key(one) != name)
        return replace(own, removed=removed, **{part: left})
    if not citation.startswith(_CITED):
        citation = f"{_CITED}rule: {citation}"
    since = next((one.effective_from for one in (*before, *there)), on)
    new: CitedRule
    if kind == "element":
        new = PlanElement(key=key, text=text.strip(), citation=citation, effective_from=since)
    else:
        month, day = due
        if not (1 <= month <= 12 and 1 <= day <= _LAST_DAY):
            raise UserError("out_of_range.own_duty", month=month, day=day, last=_LAST_DAY)
        new = DistrictDuty(
            key=key,
            title=key.replace("_", " ").capitalize(),
            text=text.strip(),
            month=month,
            day=day,
            citation=citation,
            effective_from=since,
        )
    left = tuple(one for one in own.removed if one != name)
    return replace(own, removed=left, **{part: _merge(getattr(own, part), [new])})


def _merge(known: Iterable[_R], new: Iterable[_R], first: Sequence[_R] = ()) -> tuple[_R, ...]:
    """Return rules by key, ``new`` in place of those that are known; ``first`` come before."""
    found = {make_rule_key(one): one for one in (*first, *known)}
    found |= {make_rule_key(one): one for one in new}
    return tuple(found.values())
