"""Rule packs: drill, review and report rules with citations, and what a district chooses and adds.

A rule that a district adds is a thing of its own, whatever pack of rules is installed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, TypeVar

from zoneplanner.domain.calendar.school_calendar import find_last_day
from zoneplanner.domain.geography.site import Site
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names


@dataclass(frozen=True, slots=True)
class DistrictRule:
    """A district's own rule: so many drills of a kind in each period at a level of the law."""

    kind: str
    level: str
    times: int
    per: str


@dataclass(frozen=True, slots=True)
class RuleChoices:
    """``followed`` is the citation of the text that is followed, by kind and level.

    An example of its keys is ``fire.intermediate``; without an entry the strictest text holds.
    ``days`` are the district's own figures of ``FollowUpRule`` by its fields; ``years`` how long it
    keeps records, by the name of their class.
    """

    followed: Mapping[str, str] = field(default_factory=dict)
    own: tuple[DistrictRule, ...] = ()
    days: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)


LAW_LEVELS = ("elementary", "intermediate", "secondary")
DRILL_KINDS = (
    *("fire", "drop", "lockdown", "secure", "hold", "shelter", "evacuate"),
    *("armed_assailant", "alarm_signal"),
)
REVIEW_STAGES = (
    *("drafted", "confirmed", "notified", "consulted", "adopted", "approved", "shared"),
    "published",
)
"""In the order in which they count: the notices before the meeting, approval after adoption."""
REVIEWER_KINDS = (
    *("staff", "parents", "law_enforcement", "safe_schools", "public_meeting", "committee"),
    *("classified_employee", "fire_department", "first_responders"),
)
PERIODS_PER_YEAR = {"month": 10, "quarter": 4, "semester": 2, "year": 1}
RECORD_CLASSES = ("permanent", "optional", "disposable")
MAX_DRILLS_PER_PERIOD, MAX_RETENTION_YEARS = 50, 100
DISTRICT_RULE = "District rule"
_POLICY = "District policy"
FOLLOW_UP_RANGES = {
    "review_priority": (0, 9),
    "review_days": (1, 365),
    "acknowledge_school_days": (1, 365),
    "close_days": (1, 365),
    "horizon_days": (0, 365),
}
USUAL_HORIZON_DAYS = 14


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CitedRule:
    """Where a rule is written, when it is in force, and when it was checked against what.

    What nobody could confirm is ``unverified``; ``source`` names what it was read in, ``change``
    says what its latest amendment changed.
    """

    citation: str
    effective_from: date
    effective_until: date = date.max
    checked_on: date | None = None
    source: str = ""
    unverified: bool = False
    change: str = ""

    def is_in_force(self, on: date) -> bool:
        """Return whether it holds on a day."""
        return self.effective_from <= on <= self.effective_until


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ScopedRule(CitedRule):
    """A rule for some levels of the law, all where none is named, and from so many students on."""

    levels: frozenset[str] = frozenset()
    least_students: int = 0

    def applies_to(self, site: Site, levels: Iterable[str]) -> bool:
        """Return whether it is about a site, which falls under some levels of the law.

        A site whose students nobody counted is taken as large enough.
        """
        small = site.enrollment is not None and site.enrollment < self.least_students
        return not small and (not self.levels or not self.levels.isdisjoint(levels))


@dataclass(frozen=True, slots=True)
class DrillRule(CitedRule):
    """So many drills of a kind in each period at the named levels of the law.

    What ``binds`` holds beside every other text, so that no district chooses otherwise. Drills of
    the kinds in ``met_by`` count for it, too.
    """

    kind: str
    levels: frozenset[str]
    times: int
    per: str
    binds: bool = False
    met_by: tuple[str, ...] = ()

    @property
    def strictness(self) -> tuple[int, int]:
        """Drills a year, then how evenly they must be spread; the larger is the stricter."""
        return self.times * PERIODS_PER_YEAR[self.per], PERIODS_PER_YEAR[self.per]

    @property
    def words(self) -> str:
        """Say what is asked for, by what else it is met, and where it is written."""
        also = f"; {self.other_drills} count, too" if self.met_by else ""
        return f"{self.citation}: {self.times} a {self.per}{also}"

    @property
    def other_drills(self) -> str:
        """Name the drills of other kinds that count for it: fire drills."""
        return join_names([f"{kind.replace('_', '-')} drills" for kind in self.met_by])


@dataclass(frozen=True, slots=True)
class ReviewRule(CitedRule):
    """A plan review reaches ``stage`` by a day of each school year, ``with_`` all these people."""

    month: int
    day: int
    stage: str
    with_: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportRule(CitedRule):
    """The district reports by a day of each school year; ``text`` says what."""

    month: int
    day: int
    text: str


@dataclass(frozen=True, slots=True)
class DistrictDuty(ReportRule):
    """Another duty of the district each school year, by a key that its records name."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class PlanElement(ScopedRule):
    """Something that a safety plan has; its ``key`` is what a record of its confirmation names."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class ReviewStep(ScopedRule):
    """A step of a plan review: a stage, and with whom where that matters.

    ``before_end`` of what has to be done before the review reaches its end. With a ``month`` it
    has a day of its own, in the year in which the school year ends.
    """

    stage: str
    who: str
    text: str
    before_end: bool = False
    month: int = 0
    day: int = 0

    @property
    def key(self) -> str:
        """What names the step."""
        return f"{self.stage}.{self.who}" if self.who else self.stage


@dataclass(frozen=True, eq=False, slots=True)
class DrillChecklist(CitedRule):
    """What must hold before drills of some kinds count; ``items`` are sentences by key."""

    kinds: tuple[str, ...]
    items: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FollowUpRule(CitedRule):
    """By when it is looked back on what happened: after-action reviews and reported concerns.

    A review is held within ``review_days`` of an incident of priority up to ``review_priority``.
    What is due within ``horizon_days`` is shown as due soon.
    """

    review_priority: int
    review_days: int
    acknowledge_school_days: int
    close_days: int
    horizon_days: int = USUAL_HORIZON_DAYS


@dataclass(frozen=True, slots=True)
class RetentionRule(CitedRule):
    """How many years the journal's entries of some kinds are kept.

    The citation of what no law asks for begins with ``_POLICY``. ``record_class`` is the class of
    5 CCR 16022 to 16025 that they are taken to be of.
    """

    name: str
    kinds: tuple[str, ...]
    years: int
    note: str
    record_class: str = ""

    @property
    def least_years(self) -> int:
        """The fewest years that a district may choose: those of the law, or one."""
        return 1 if self.citation.startswith(_POLICY) else self.years

    def with_years(self, years: int) -> "RetentionRule":
        """Return this as a district follows it that keeps its records for so many years."""
        law = "" if self.citation.startswith(_POLICY) else f"{self.citation}; "
        return replace(self, years=years, citation=f"{law}{DISTRICT_RULE}")


@dataclass(frozen=True, slots=True)
class CitedFact(ScopedRule):
    """A rule that the program shows and does not count: its text and where it is written."""

    text: str


@dataclass(frozen=True, eq=False, slots=True)
class RulePack:
    """One version of the rules. ``levels`` gives the levels of the law by the level of a site.

    ``digest`` is the SHA-256 of its file. A pack of an earlier form has no elements and steps.
    """

    version: str
    title: str
    levels: Mapping[str, tuple[str, ...]]
    review: ReviewRule
    report: ReportRule
    drills: tuple[DrillRule, ...]
    checklist: DrillChecklist
    follow_up: FollowUpRule
    retention: tuple[RetentionRule, ...] = ()
    facts: tuple[CitedFact, ...] = ()
    elements: tuple[PlanElement, ...] = ()
    steps: tuple[ReviewStep, ...] = ()
    duties: tuple[DistrictDuty, ...] = ()
    checked_on: date | None = None
    digest: str = ""
    choices: RuleChoices = field(default_factory=RuleChoices)

    def with_choices(self, choices: RuleChoices) -> "RulePack":
        """Return these rules as a district follows them."""
        follow_up = self.follow_up
        own: dict[str, Any] = {k: v for k, v in choices.days.items() if k in FOLLOW_UP_RANGES}
        if own:
            follow_up = replace(follow_up, **own, citation=DISTRICT_RULE)
        retention = tuple(
            one.with_years(choices.years[one.name]) if one.name in choices.years else one
            for one in self.retention
        )
        return replace(self, choices=choices, follow_up=follow_up, retention=retention)


@dataclass(frozen=True, slots=True)
class InstalledRules:
    """The text of the rule pack that a district installed; empty for the one that ships."""

    text: str = ""


def list_unchecked_items(
    checklist: DrillChecklist, kind: str, on: date, done: Iterable[str]
) -> list[str]:
    """Return the sentences of a checklist that a drill of a kind on a day leaves open."""
    if kind not in checklist.kinds or not checklist.is_in_force(on):
        return []
    ticked = set(done)
    return [text for key, text in checklist.items.items() if key not in ticked]


_R = TypeVar("_R", bound=CitedRule)
_CITED = "District "
"""What the citation of a district's own rule begins with."""
_KEY = re.compile("[a-z][a-z0-9_]{1,39}")
_LONGEST_TEXT = 500
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
    """Return whether a rule is cited as the district's own."""
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
        last = find_last_day(month) if 1 <= month <= 12 else 31
        if not (1 <= month <= 12 and 1 <= day <= last):
            raise UserError("out_of_range.own_duty", month=month, day=day, last=last)
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
