"""The district's choices among the rules; each is one step that can be undone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.readiness.requirements import (
    load_project_rules,
    load_rule_pack,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.rule_edits import (
    PackDifference,
    RuleChange,
    choose_law_text,
    compare_rule_packs,
    replace_follow_up_days,
    replace_retention_years,
    set_district_drills,
)
from zoneplanner.domain.readiness.rule_pack import (
    LAW_LEVELS,
    CitedRule,
    DistrictRules,
    InstalledRules,
    RulePack,
    collect_district_rules,
    put_district_rule,
)
from zoneplanner.exchange.presets.rule_pack import (
    find_bundled_rule_pack,
    parse_rule_pack,
    read_rule_pack_text,
)
from zoneplanner.messages import Message

_DISTRICT = "District"
"""The first word of the citation of a rule that the district added."""


@dataclass(frozen=True, eq=False, slots=True)
class OfferedPack:
    """A rule pack that can be installed, and its differences from the current one."""

    text: str
    pack: RulePack
    present: RulePack
    difference: PackDifference
    own: DistrictRules

    @property
    def is_other(self) -> bool:
        """Whether it differs from the current rules' file."""
        return self.pack.digest != self.present.digest

    @property
    def is_altered(self) -> bool:
        """Whether it has the current rules' version but other content."""
        return self.is_other and self.pack.version == self.present.version

    @property
    def explanation(self) -> tuple[Message, ...]:
        """What to check before it is installed."""
        before, pack = self.present, self.pack
        sentences = []
        if self.is_altered:
            digests = {"before": before.digest[:12], "after": pack.digest[:12]}
            sentences.append(Message("rules_altered", version=pack.version, **digests))
        if self.is_other and not self.difference:
            versions = {"version": pack.version, "before": before.version}
            checked = pack.checked_on or pack.version
            sentences.append(Message("rules_same", checked=checked, **versions))
        if self.own_rules_lost:
            sentences.append(Message("rules_lose_own", rules=self.own_rules_lost))
        if self.own_rules_kept:
            sentences.append(Message("rules_keep_own", rules=self.own_rules_kept))
        return tuple(sentences)

    @property
    def own_rules_lost(self) -> tuple[Message, ...]:
        """The district's own record classes that this pack lacks and would remove."""
        return tuple(
            rule.message for rule in self.difference.removed if rule.citation.startswith(_DISTRICT)
        )

    @property
    def own_rules_kept(self) -> tuple[Message, ...]:
        """The district's own rules that this pack lacks and that stay."""
        return tuple(rule.message for rule in self.difference.kept)


def read_offered_pack(session: Session, path: Path | None = None) -> OfferedPack:
    """Read a rule pack, by default the bundled one; see ``read_rule_pack``."""
    text = read_rule_pack_text(path or find_bundled_rule_pack())
    pack = parse_rule_pack(text)
    project = session.saved_project
    present = load_rule_pack(project)
    before = list_own_rules(project)
    own = collect_district_rules(pack, before)
    return OfferedPack(text, pack, present, compare_rule_packs(present, pack, before), own)


def list_own_rules(project: Project) -> DistrictRules:
    """Return the district's own rules, including those that only its installed file has."""
    pack = load_rule_pack(project)
    return collect_district_rules(pack, project.district_rules, but_removed=True)


def install_rule_pack(session: Session, offered: OfferedPack) -> None:
    """Install the rules of a pack as one step; the district's choices and additions stay."""
    installed = InstalledRules(offered.text)
    if session.saved_project.rule_pack == installed:
        return
    session.apply(
        f"Install the rules of {offered.pack.version}",
        lambda project: replace(project, rule_pack=installed, district_rules=offered.own),
    )


def format_rule_text(message: Message) -> str:
    """Return what a rule requires, with a capital letter."""
    return f"{str(message)[:1].upper()}{str(message)[1:]}"


def format_rule_value(value: object) -> str:
    """Return the value of a field of a rule as text."""
    if isinstance(value, Mapping):
        return "; ".join(map(str, value.values()))
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "all"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if value == date.max:
        return "no end"
    return "yes" if value is True else "no" if value is False else str(value)


def describe_rule_fields(change: RuleChange) -> str:
    """Return the fields in which a rule differs, before and after."""
    return "; ".join(
        f"{field.field.replace('_', ' ')}: "
        f"{format_rule_value(field.before) or 'nothing'} → "
        f"{format_rule_value(field.after) or 'nothing'}"
        for field in change.fields
    )


def describe_scope(rule: CitedRule) -> str:
    """Return the levels of the law, and the size of school, to which a rule applies."""
    levels = ", ".join(level for level in LAW_LEVELS if level in getattr(rule, "levels", ()))
    least = getattr(rule, "least_students", 0)
    return f"{levels or 'all'}{f', {least} or more students' if least else ''}"


def describe_force(rule: CitedRule) -> str:
    """Return since when a rule is known to be in force, and until when if it ends."""
    until = "" if rule.effective_until == date.max else f" until {rule.effective_until}"
    return f"{rule.effective_from}{until}"


def set_district_rule(
    session: Session,
    kind: str,
    key: str,
    text: str,
    *,
    due: tuple[int, int] = (0, 0),
    citation: str = "District rule",
) -> None:
    """Save a plan element or yearly requirement of the district; an empty string removes it."""
    pack = load_rule_pack(session.saved_project)
    name, on = f"{kind}.{key}", session.today
    session.apply(
        f"Add the district’s {name}" if text.strip() else f"Remove the district’s {name}",
        lambda project: replace(
            project,
            district_rules=put_district_rule(
                project.district_rules, pack, kind, key, text, on=on, due=due, citation=citation
            ),
        ),
    )


def save_rule_pack(session: Session, path: Path) -> Path:
    """Write a copy of the current rules, without the district's choices, as a file."""
    session.store.check_target(path)
    text = session.saved_project.rule_pack.text or read_rule_pack_text(find_bundled_rule_pack())
    return write_file_atomically(path, text.encode())


def choose_drill_rule(session: Session, kind: str, level: str, citation: str | None) -> None:
    """Choose which text on a drill applies; None restores the strictest one."""
    rules = load_project_rules(session.saved_project)
    session.apply(
        f"Choose the {kind} drill rule",
        lambda project: choose_law_text(project, rules, kind, level, citation),
    )


def set_own_drill_rule(session: Session, kind: str, level: str, times: int, per: str) -> None:
    """Require drills by the district's own rule; 0 times removes it."""
    name = kind.replace("_", "-")
    label = f"Require {name} drills" if times else f"Require no {name} drills"
    session.apply(label, lambda project: set_district_drills(project, kind, level, times, per))


def change_follow_up_days(session: Session, days: Mapping[str, int]) -> None:
    """Set the district's own follow-up deadlines; see ``FOLLOW_UP_RANGES`` for their names."""
    rules = load_rule_pack(session.saved_project)
    session.apply(
        "Set follow-up deadlines", lambda project: replace_follow_up_days(project, rules, days)
    )


def change_retention_years(session: Session, years: Mapping[str, int]) -> None:
    """Set the district's own retention years, by the names of the record classes."""
    rules = load_rule_pack(session.saved_project)
    session.apply(
        "Set record retention years", lambda one: replace_retention_years(one, rules, years)
    )
