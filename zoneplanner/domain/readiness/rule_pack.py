"""Rule packs: drill, review and report rules with citations, and a district's choices and rules.

Rules that a district adds are independent of the installed pack.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, TypeVar

from zoneplanner.domain.calendar.school_calendar import find_last_day
from zoneplanner.domain.geography.site import Site
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class DistrictRule:
    """A district's rule: the number of drills of a kind per period at a level of the law."""

    kind: str
    level: str
    times: int
    per: str


@dataclass(frozen=True, slots=True)
class RuleChoices:
    """A district's choices among the rules.

    ``followed`` is the citation of the legal text that is followed, by kind and level, such as
    ``fire.intermediate``; without an entry, the strictest text applies. ``days`` are the district's
    figures for ``FollowUpRule``, by field. ``years`` are its retention periods, by the name of the
    class of records.
    """

    followed: Mapping[str, str] = field(default_factory=dict)
    own: tuple[DistrictRule, ...] = ()
    days: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)


LAW_LEVELS = ("elementary", "intermediate", "secondary")
DRILL_KINDS = (
    "fire",
    "drop",
    "lockdown",
    "secure",
    "hold",
    "shelter",
    "evacuate",
    "armed_assailant",
    "alarm_signal",
)
REVIEW_STAGES = (
    "drafted",
    "confirmed",
    "notified",
    "consulted",
    "adopted",
    "approved",
    "shared",
    "published",
)
"""In order: notices come before the meeting, approval after adoption."""
REVIEWER_KINDS = (
    "staff",
    "parents",
    "law_enforcement",
    "safe_schools",
    "public_meeting",
    "committee",
    "classified_employee",
    "fire_department",
    "first_responders",
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
    """A rule's citation, the days on which it is in force, and how it was verified.

    ``source`` is where the rule was read, ``change`` describes its latest amendment. A rule that
    nobody could confirm is ``unverified``.
    """

    citation: str
    effective_from: date
    effective_until: date = date.max
    checked_on: date | None = None
    source: str = ""
    unverified: bool = False
    change: str = ""

    def is_in_force(self, on: date) -> bool:
        """Return whether the rule is in force on a day."""
        return self.effective_from <= on <= self.effective_until


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ScopedRule(CitedRule):
    """A rule for some levels of the law (all if empty) and for a minimum number of students."""

    levels: frozenset[str] = frozenset()
    least_students: int = 0

    def applies_to(self, site: Site, levels: Iterable[str]) -> bool:
        """Return whether the rule applies to a site, which is at some levels of the law.

        A site of unknown enrollment counts as large enough.
        """
        small = site.enrollment is not None and site.enrollment < self.least_students
        return not small and (not self.levels or not self.levels.isdisjoint(levels))


@dataclass(frozen=True, slots=True)
class DrillRule(CitedRule):
    """The number of drills of a kind per period at some levels of the law.

    A rule that ``binds`` always applies, so a district cannot choose another text. Drills of the
    kinds in ``met_by`` count for the rule as well.
    """

    kind: str
    levels: frozenset[str]
    times: int
    per: str
    binds: bool = False
    met_by: tuple[str, ...] = ()

    @property
    def strictness(self) -> tuple[int, int]:
        """Drills per year, then periods per year; the larger value is the stricter one."""
        return self.times * PERIODS_PER_YEAR[self.per], PERIODS_PER_YEAR[self.per]

    @property
    def message(self) -> Message:
        """The rule's citation, the number of drills, and other drills that count."""
        facts = {"citation": self.citation, "times": self.times, "per": self.per}
        if self.met_by:
            return Message("drill_rule.met_by", kinds=self.other_kinds, **facts)
        return Message("drill_rule", **facts)

    @property
    def other_kinds(self) -> list[str]:
        """The displayed names of the other kinds of drills that count for the rule."""
        return [kind.replace("_", "-") for kind in self.met_by]


@dataclass(frozen=True, slots=True)
class ReviewRule(CitedRule):
    """A plan review reaches ``stage`` by a day of each school year, done ``with_`` these people."""

    month: int
    day: int
    stage: str
    with_: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportRule(CitedRule):
    """The district reports ``text`` by a day of each school year."""

    month: int
    day: int
    text: str


@dataclass(frozen=True, slots=True)
class DistrictDuty(ReportRule):
    """Another yearly duty of the district; its records refer to ``key``."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class PlanElement(ScopedRule):
    """An element that a safety plan must have; records of its confirmation refer to ``key``."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class ReviewStep(ScopedRule):
    """A step of a plan review: a stage, and with whom if that matters.

    ``before_end`` means that the step must precede the end of the review. A step with a ``month``
    has a separate due day, in the calendar year in which the school year ends.
    """

    stage: str
    who: str
    text: str
    before_end: bool = False
    month: int = 0
    day: int = 0

    @property
    def key(self) -> str:
        """The key of the step."""
        return f"{self.stage}.{self.who}" if self.who else self.stage


@dataclass(frozen=True, eq=False, slots=True)
class DrillChecklist(CitedRule):
    """What must be done before drills of some kinds count; ``items`` are sentences by key."""

    kinds: tuple[str, ...]
    items: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FollowUpRule(CitedRule):
    """The deadlines of after-action reviews and of reported concerns.

    A review must be held within ``review_days`` of an incident of priority 1 to
    ``review_priority``.
    Requirements due within ``horizon_days`` are shown as due soon.
    """

    review_priority: int
    review_days: int
    acknowledge_school_days: int
    close_days: int
    horizon_days: int = USUAL_HORIZON_DAYS


@dataclass(frozen=True, slots=True)
class RetentionRule(CitedRule):
    """The retention period of journal entries of some kinds, in years.

    A citation that begins with ``_POLICY`` means that no law requires it. ``record_class`` is the
    class under 5 CCR 16022 to 16025 that the entries are assumed to belong to.
    """

    name: str
    kinds: tuple[str, ...]
    years: int
    note: str
    record_class: str = ""

    @property
    def least_years(self) -> int:
        """The fewest years that a district may choose: the law's, or one."""
        return 1 if self.citation.startswith(_POLICY) else self.years

    def with_years(self, years: int) -> "RetentionRule":
        """Return this rule with a district's retention period."""
        law = "" if self.citation.startswith(_POLICY) else f"{self.citation}; "
        return replace(self, years=years, citation=f"{law}{DISTRICT_RULE}")


@dataclass(frozen=True, slots=True)
class CitedFact(ScopedRule):
    """A rule that the program shows but does not check."""

    text: str


@dataclass(frozen=True, eq=False, slots=True)
class RulePack:
    """One version of the rules. ``levels`` are the levels of the law by the level of a site.

    ``digest`` is the SHA-256 of its file. Packs in earlier formats have no elements and steps.
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
        """Return these rules with a district's choices applied."""
        follow_up = self.follow_up
        days: dict[str, Any] = {k: v for k, v in choices.days.items() if k in FOLLOW_UP_RANGES}
        if days:
            follow_up = replace(follow_up, **days, citation=DISTRICT_RULE)
        retention = tuple(
            rule.with_years(choices.years[rule.name]) if rule.name in choices.years else rule
            for rule in self.retention
        )
        return replace(self, choices=choices, follow_up=follow_up, retention=retention)


@dataclass(frozen=True, slots=True)
class InstalledRules:
    """The text of the rule pack that a district installed; empty for the bundled pack."""

    text: str = ""


def list_unchecked_items(
    checklist: DrillChecklist, kind: str, on: date, done: Iterable[str]
) -> list[str]:
    """Return the sentences of a checklist that are still open for a drill on a day."""
    if kind not in checklist.kinds or not checklist.is_in_force(on):
        return []
    checked = set(done)
    return [text for key, text in checklist.items.items() if key not in checked]


_R = TypeVar("_R", bound=CitedRule)
_CITATION_PREFIX = "District "
"""The beginning of the citation of every district rule."""
_KEY = re.compile("[a-z][a-z0-9_]{1,39}")
_MAX_TEXT_LENGTH = 500
OWN_KINDS = ("element", "duty")
"""The kinds of rules that a district adds one at a time; other kinds are added by a file."""


@dataclass(frozen=True, slots=True)
class DistrictRules:
    """A district's rules in addition to the pack's.

    ``removed`` are keys of rules in the district's file that were removed again.
    """

    elements: tuple[PlanElement, ...] = ()
    steps: tuple[ReviewStep, ...] = ()
    duties: tuple[DistrictDuty, ...] = ()
    drills: tuple[DrillRule, ...] = ()
    facts: tuple[CitedFact, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[CitedRule, ...]:
        """All rules of the district."""
        return tuple(rule for name in _PARTS for rule in getattr(self, name))


_PARTS = tuple(part.name for part in fields(DistrictRules) if part.name != "removed")


def make_rule_key(rule: CitedRule) -> str:
    """Return the key of a rule, which is the same in every pack."""
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
    return rule.citation.startswith(_CITATION_PREFIX)


def collect_district_rules(
    pack: RulePack, known: DistrictRules, *, but_removed: bool = False
) -> DistrictRules:
    """Return ``known`` with the district's rules in a pack's file added.

    The file wins for equal keys. Its rules are no longer ``removed``, unless ``but_removed``.
    """
    skipped = frozenset(known.removed if but_removed else ())
    parts: dict[str, tuple[Any, ...]] = {}
    added: set[str] = set()
    for name in _PARTS:
        cited = [rule for rule in getattr(pack, name) if is_district_rule(rule)]
        own = [rule for rule in cited if make_rule_key(rule) not in skipped]
        added |= {make_rule_key(rule) for rule in own}
        parts[name] = _merge(getattr(known, name), own)
    return DistrictRules(**parts, removed=tuple(key for key in known.removed if key not in added))


def add_district_rules(pack: RulePack, own: DistrictRules) -> RulePack:
    """Return a pack with the district's rules added; the pack wins for equal keys."""
    parts: dict[str, Any] = {}
    for name in _PARTS:
        packed = [rule for rule in getattr(pack, name) if make_rule_key(rule) not in own.removed]
        parts[name] = _merge(getattr(own, name), packed, first=packed)
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
    citation: str = DISTRICT_RULE,
) -> DistrictRules:
    """Return the district's rules with an element or yearly duty; an empty string removes it.

    ``pack`` is the installed pack, ``on`` the first day of a new rule, and ``due`` the month and
    day of a duty.

    Raises
    ------
    UserError
        The kind, key, text or day is invalid, or the pack itself has a rule with that key.
    """
    name = f"{kind}.{key}"
    if kind not in OWN_KINDS:
        raise UserError("unknown_rule.own_kind", text=kind, known=list(OWN_KINDS))
    if not _KEY.fullmatch(key):
        raise UserError("unknown_rule.own_key", key=key)
    if len(text) > _MAX_TEXT_LENGTH:
        raise UserError("text_too_long", name=name, most=_MAX_TEXT_LENGTH)
    part = "elements" if kind == "element" else "duties"
    in_pack = [rule for rule in getattr(pack, part) if make_rule_key(rule) == name]
    before = [rule for rule in getattr(own, part) if make_rule_key(rule) == name]
    if any(not is_district_rule(rule) for rule in in_pack):
        raise UserError("unknown_rule.of_pack", key=name, version=pack.version)
    if not text.strip():
        if not (in_pack or before):
            known = [make_rule_key(rule) for rule in own.rules]
            code = "unknown_rule.own" if known else "unknown_rule.no_own"
            raise UserError(code, text=name, known=known)
        removed = tuple(dict.fromkeys((*own.removed, name)))
        left = tuple(rule for rule in getattr(own, part) if make_rule_key(rule) != name)
        return replace(own, removed=removed, **{part: left})
    if not citation.startswith(_CITATION_PREFIX):
        citation = f"{_CITATION_PREFIX}rule: {citation}"
    since = next((rule.effective_from for rule in (*before, *in_pack)), on)
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
    removed = tuple(other for other in own.removed if other != name)
    return replace(own, removed=removed, **{part: _merge(getattr(own, part), [new])})


def _merge(known: Iterable[_R], new: Iterable[_R], first: Sequence[_R] = ()) -> tuple[_R, ...]:
    """Return all rules by key; ``new`` ones replace known ones, and ``first`` ones come first."""
    return tuple({make_rule_key(rule): rule for rule in (*first, *known, *new)}.values())
