"""The drill rule that a site follows if texts and district rules differ, and proposed days."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.calendar.bells import SchoolDayKind
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar, SchoolYear
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.readiness.rule_pack import DISTRICT_RULE, LAW_LEVELS, DrillRule, RulePack


@dataclass(frozen=True, slots=True)
class RuleConflict:
    """Legal texts that require different numbers of a drill at a level, strictest first."""

    kind: str
    level: str
    rules: tuple[DrillRule, ...]
    followed: DrillRule
    chosen: bool

    @property
    def key(self) -> str:
        """The key of the district's choice."""
        return make_rule_choice_key(self.kind, self.level)


def make_rule_choice_key(kind: str, level: str) -> str:
    """Return the key of a choice between the texts on a drill at a level of the law."""
    return f"{kind}.{level}"


def find_rule_conflicts(rules: RulePack, on: date) -> tuple[RuleConflict, ...]:
    """Return the drills and levels whose legal texts differ on a day, and the text followed."""
    conflicts = []
    for key, texts in find_differing_texts(rules, on).items():
        kind, level = key.split(".")
        choice = rules.choices.followed.get(key)
        followed = _choose_text(texts, choice)
        conflicts.append(RuleConflict(kind, level, texts, followed, followed.citation == choice))
    return tuple(conflicts)


def find_drill_rule(
    rules: RulePack, site: Site, kind: str, on: date
) -> tuple[DrillRule, tuple[DrillRule, ...]] | None:
    """Return the rule that a site follows on a day for a kind of drill, and the other texts.

    At each level of the law, the district's choice applies, or else the strictest text. Among a
    site's levels and the district's rules, the strictest applies. There is no separate rule if
    drills of another kind meet it and are required at least as often.
    """
    levels = rules.levels.get(site.level, ())
    followed: list[DrillRule] = []
    others: list[DrillRule] = []
    for level in levels:
        texts = _list_law_texts(rules, kind, level, on)
        if texts:
            choice = rules.choices.followed.get(make_rule_choice_key(kind, level))
            choice = None if texts[0].binds else choice
            followed.append(_choose_text(texts, choice))
            others += texts
    followed += (
        own for own in _list_district_rules(rules) if own.kind == kind and own.levels & set(levels)
    )
    if not followed:
        return None
    rule = max(followed, key=lambda text: text.strictness)
    meeting = (find_drill_rule(rules, site, other, on) for other in rule.met_by)
    if any(met is not None and met[0].strictness >= rule.strictness for met in meeting):
        return None
    rest = (text for text in (*followed, *others) if text.strictness != rule.strictness)
    return rule, tuple(dict.fromkeys(rest))


def list_required_drill_kinds(rules: RulePack) -> tuple[str, ...]:
    """Return the kinds of drill that some rule requires, in the order of the rules."""
    return tuple(dict.fromkeys(rule.kind for rule in (*rules.drills, *_list_district_rules(rules))))


def find_differing_texts(rules: RulePack, on: date = date.max) -> dict[str, tuple[DrillRule, ...]]:
    """Return the texts that require different numbers, by kind and level, strictest first."""
    differing = {}
    for kind in dict.fromkeys(rule.kind for rule in rules.drills):
        for level in LAW_LEVELS:
            texts = _list_law_texts(rules, kind, level, on)
            if len({text.strictness for text in texts}) > 1 and not texts[0].binds:
                differing[make_rule_choice_key(kind, level)] = texts
    return differing


def _list_law_texts(rules: RulePack, kind: str, level: str, on: date) -> tuple[DrillRule, ...]:
    texts = [
        rule
        for rule in rules.drills
        if rule.kind == kind and level in rule.levels and rule.is_in_force(on)
    ]
    return tuple(sorted(texts, key=lambda rule: rule.strictness, reverse=True))


def _choose_text(texts: Sequence[DrillRule], citation: str | None) -> DrillRule:
    return next((text for text in texts if text.citation == citation), texts[0])


def _list_district_rules(rules: RulePack) -> Iterable[DrillRule]:
    for own in rules.choices.own:
        yield DrillRule(
            own.kind,
            frozenset((own.level,)),
            own.times,
            own.per,
            citation=DISTRICT_RULE,
            effective_from=date.min,
        )


_SETTLING_DAYS = 5
"""No drill is proposed for the first school days of a year."""


@dataclass(frozen=True, slots=True)
class PlannedDrill:
    """A day proposed for a drill, in the period for which its rule requires it."""

    site: str
    kind: str
    day: date
    period: str


def propose_drills(
    sites: Sequence[Site], rules: RulePack, calendar: SchoolCalendar, year: SchoolYear
) -> tuple[PlannedDrill, ...]:
    """Propose a day for each drill that the rules require of the sites in a school year.

    Sites that are neighbors in the given order drill on different days, so that observers can
    attend each drill. Unless a period is too short, no site has two drills on a day, and no drill
    is on a short day or in the first week of school.
    """
    kinds = list_required_drill_kinds(rules)
    suitable_days = {
        span: _list_suitable_days(calendar, year, span)
        for periods in year.periods.values()
        for span in periods
    }
    drills: list[PlannedDrill] = []
    for rank, site in enumerate(sites):
        used: set[date] = set()
        for order, kind in enumerate(kinds):
            found = find_drill_rule(rules, site, kind, year.last)
            if found is None:
                continue
            rule = found[0]
            for span in year.periods.get(rule.per, ()):
                for turn in range(rule.times):
                    share = (rank / len(sites) + order / len(kinds) + turn / rule.times) % 1
                    day = _find_free_day(suitable_days[span], share, used)
                    used.add(day)
                    drills.append(PlannedDrill(site.id, kind, day, span.name))
    return tuple(sorted(drills, key=lambda drill: (drill.day, drill.site, drill.kind)))


def _list_suitable_days(calendar: SchoolCalendar, year: SchoolYear, span: DateRange) -> list[date]:
    """Return a period's full days after the first week of school, or all if there are none."""
    days = list(calendar.school_days(span.first, span.last))
    first_week = list(calendar.school_days(year.first, year.last))[:_SETTLING_DAYS]
    suitable = [
        day
        for day in days
        if calendar.day_kind(day) is SchoolDayKind.REGULAR and day not in first_week
    ]
    return suitable or days


def _find_free_day(days: Sequence[date], share: float, used: Collection[date]) -> date:
    """Return the day at a share of a period, or the next unused one."""
    first = int(share * len(days))
    rotated = [*days[first:], *days[:first]]
    return next((day for day in rotated if day not in used), rotated[0])
