"""Which rule a site follows for a kind of drill, where the law's texts and the district differ.

Days proposed for the drills of a school year, staggered over the schools.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.calendar.bells import SchoolDayKind
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar, SchoolYear
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.readiness.rule_pack import DISTRICT_RULE, LAW_LEVELS, DrillRule, RulePack


@dataclass(frozen=True, slots=True)
class RuleConflict:
    """Texts that ask for different numbers of one drill at one level, the strictest first."""

    kind: str
    level: str
    rules: tuple[DrillRule, ...]
    followed: DrillRule
    chosen: bool

    @property
    def key(self) -> str:
        """What the district's choice is kept under."""
        return make_rule_choice_key(self.kind, self.level)


def make_rule_choice_key(kind: str, level: str) -> str:
    """Return what a choice between texts on a drill at a level of the law is kept under."""
    return f"{kind}.{level}"


def find_rule_conflicts(rules: RulePack, on: date) -> tuple[RuleConflict, ...]:
    """Return where the law's texts ask for different things on a day, and what is followed."""
    found = []
    for key, texts in find_differing_texts(rules, on).items():
        kind, level = key.split(".")
        choice = rules.choices.followed.get(key)
        followed = _choose_text(texts, choice)
        found.append(RuleConflict(kind, level, texts, followed, followed.citation == choice))
    return tuple(found)


def find_drill_rule(
    rules: RulePack, site: Site, kind: str, on: date
) -> tuple[DrillRule, tuple[DrillRule, ...]] | None:
    """Return the rule that a site follows on a day for a kind of drill, and the other texts.

    At each level of the law the district's choice counts, without one the strictest text; over
    the levels of a site and the district's own rules, the strictest. A rule that drills of another
    kind meet as well is none of its own where those are asked for as often.
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
    rule = max(followed, key=lambda one: one.strictness)
    meeting = (find_drill_rule(rules, site, other, on) for other in rule.met_by)
    if any(one is not None and one[0].strictness >= rule.strictness for one in meeting):
        return None
    rest = (one for one in (*followed, *others) if one.strictness != rule.strictness)
    return rule, tuple(dict.fromkeys(rest))


def list_required_drill_kinds(rules: RulePack) -> tuple[str, ...]:
    """Return the kinds of drill that some rule asks for, in the order of the rules."""
    return tuple(dict.fromkeys(rule.kind for rule in (*rules.drills, *_list_district_rules(rules))))


def find_differing_texts(rules: RulePack, on: date = date.max) -> dict[str, tuple[DrillRule, ...]]:
    """Return the texts that ask for different numbers, by kind and level, the strictest first."""
    found = {}
    for kind in dict.fromkeys(rule.kind for rule in rules.drills):
        for level in LAW_LEVELS:
            texts = _list_law_texts(rules, kind, level, on)
            if len({text.strictness for text in texts}) > 1 and not texts[0].binds:
                found[make_rule_choice_key(kind, level)] = texts
    return found


def _list_law_texts(rules: RulePack, kind: str, level: str, on: date) -> tuple[DrillRule, ...]:
    found = [
        rule
        for rule in rules.drills
        if rule.kind == kind and level in rule.levels and rule.is_in_force(on)
    ]
    return tuple(sorted(found, key=lambda rule: rule.strictness, reverse=True))


def _choose_text(texts: Sequence[DrillRule], citation: str | None) -> DrillRule:
    return next((text for text in texts if text.citation == citation), texts[0])


def _list_district_rules(rules: RulePack) -> Iterable[DrillRule]:
    for own in rules.choices.own:
        yield DrillRule(
            *(own.kind, frozenset((own.level,)), own.times, own.per),
            citation=DISTRICT_RULE,
            effective_from=date.min,
        )


_SETTLING_DAYS = 5
"""The first school days of a year, in which no drill is proposed."""


@dataclass(frozen=True, slots=True)
class PlannedDrill:
    """A day proposed for a drill, in the period that its rule asks for."""

    site: str
    kind: str
    day: date
    period: str


def propose_drills(
    sites: Sequence[Site], rules: RulePack, calendar: SchoolCalendar, year: SchoolYear
) -> tuple[PlannedDrill, ...]:
    """Propose a day for each drill that the rules ask of the sites in a school year.

    The sites' order is that in which they follow each other: neighbors in it drill on different
    days, so that those who observe them can be at each. No site has two drills on a day while its
    period has another one, and none falls on a short day or the first week of school.
    """
    kinds = list_required_drill_kinds(rules)
    fit_days = {
        span: _list_fit_days(calendar, year, span)
        for periods in year.periods.values()
        for span in periods
    }
    found: list[PlannedDrill] = []
    for rank, site in enumerate(sites):
        taken: set[date] = set()
        for order, kind in enumerate(kinds):
            asked = find_drill_rule(rules, site, kind, year.last)
            if asked is None:
                continue
            rule = asked[0]
            for span in year.periods.get(rule.per, ()):
                days = fit_days[span]
                for turn in range(rule.times):
                    share = (rank / len(sites) + order / len(kinds) + turn / rule.times) % 1
                    day = _find_free_day(days, share, taken)
                    taken.add(day)
                    found.append(PlannedDrill(site.id, kind, day, span.name))
    return tuple(sorted(found, key=lambda own: (own.day, own.site, own.kind)))


def _list_fit_days(calendar: SchoolCalendar, year: SchoolYear, span: DateRange) -> list[date]:
    """Return a period's days of full length after the first week; all where none is left."""
    days = list(calendar.school_days(span.first, span.last))
    settled = list(calendar.school_days(year.first, year.last))[:_SETTLING_DAYS]
    fit = [
        day
        for day in days
        if calendar.day_kind(day) is SchoolDayKind.REGULAR and day not in settled
    ]
    return fit or days


def _find_free_day(days: Sequence[date], share: float, taken: Iterable[date]) -> date:
    """Return the day at a share of a period, or the next one that is not taken."""
    first = int(share * len(days))
    turned = [*days[first:], *days[:first]]
    return next((day for day in turned if day not in set(taken)), turned[0])
