"""The handbook: written pages, and pages generated from figures, rules and columns."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.coverage.readiness_figures import (
    READINESS_FIGURES,
    name_readiness_figure,
)
from zoneplanner.analysis.log.log_arrays import LogArrays
from zoneplanner.analysis.measures.plan_measures import (
    MEASURES,
    MeasureDefinition,
)
from zoneplanner.app.coverage.expected_response import RESPONSE_MEASURES
from zoneplanner.app.coverage.observed_coverage import add_open_hours
from zoneplanner.app.geography.map_themes import MAP_THEMES
from zoneplanner.app.help.action_specs import render_keyboard_page
from zoneplanner.app.help.question_words import list_search_words
from zoneplanner.app.readiness.requirements import load_project_rules, load_rule_pack
from zoneplanner.app.readiness.rules import describe_force, describe_scope
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.clean_text import fold_for_search
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.record_schema import RecordKind, ValueType, read_record_words
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_rules import RuleConflict, find_rule_conflicts
from zoneplanner.domain.readiness.rule_pack import (
    CitedFact,
    CitedRule,
    DistrictDuty,
    PlanElement,
    RetentionRule,
    ReviewStep,
)
from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.rule_pack import read_bundled_rule_pack
from zoneplanner.messages import Message, format_count, say_all
from zoneplanner.publish.audience import AUDIENCES, EXPORT_RELEASES, FIELD_RELEASES

_CHOSEN = "**this project’s own choice**"
_UNITS = ("min", "h", "share")
_VALUES = {
    ValueType.TEXT: "text",
    ValueType.FREE_TEXT: "your own words, no names",
    ValueType.TIME: "a time",
    ValueType.DAY: "a day",
    ValueType.TEXTS: "a list",
    ValueType.NUMBER: "a number",
    ValueType.INTEGER: "a whole number",
    ValueType.BOOLEAN: "yes or no",
}
_KEY_WORDS = {"p50": "P50", "p90": "P90", "kind": "of a kind"}


def render_figures_page() -> str:
    """Return the page of every figure with its unit and its definition as declared."""
    # deferred: it loads the model's libraries, and few pages need them

    measures = [
        (measure.name, measure.unit, measure.definition, _format_least_change(measure))
        for measure in (*MEASURES.values(), *RESPONSE_MEASURES)
    ]
    themes = [(theme.name, theme.unit, theme.definition) for theme in MAP_THEMES.values()]
    observed = [(*_name_figure(key), text) for key, text in _list_observed_figures()]
    readiness = [
        (name_readiness_figure(key), _name_figure(key)[1], Message(f"figure.{key}"))
        for key in READINESS_FIGURES
    ]
    heads = ("Figure", "Unit", "What it means")
    return _fill_page(
        "figures",
        measures=_table((*heads, "About the same below"), measures),
        observed=_table(heads, observed),
        readiness=_table(heads, readiness),
        themes=_table(("Theme", *heads[1:]), themes),
    )


def _format_least_change(measure: MeasureDefinition) -> str:
    """Return the smallest change of a measure that counts.

    The result is an empty string if any change does.
    """
    if measure.better is None or not measure.least:
        return ""
    if measure.unit == "%":
        points = f"{measure.least * 100:g}"
        return f"{points} percentage {'point' if points == '1' else 'points'}"
    return f"{measure.least:g} {measure.unit}".strip()


def render_columns_page() -> str:
    """Return the page of each kind of record's columns, as declared."""
    parts = []
    for name, kind in RECORD_KINDS.items():
        words = read_record_words()[name]
        required = dict.fromkeys(kind.required, "yes")
        if kind.fills_day:
            required[kind.order_field] = f"{'now' if kind.timed else 'today'} by default"
        rows = [
            (f"`{column}`", required.get(column, ""), _describe_values(kind, column))
            for column in kind.fields
        ]
        head = f"## {words.title}: `{name}`, as a table `{kind.table}`"
        table = _table(("Column", "Required", "What it contains"), rows)
        parts.append("\n\n".join(filter(None, (head, words.about, table))))
    return _fill_page("columns", kinds="\n\n".join(parts))


def _describe_values(kind: RecordKind[Any], column: str) -> str:
    if column in kind.choices:
        return f"one of {', '.join(kind.choices[column])}"
    if column in kind.list_choices:
        return f"any of {', '.join(kind.list_choices[column])}, separated by semicolons"
    return _VALUES[kind.fields[column].stored]


def render_audiences_page() -> str:
    """Return the page of what is released to which audience, from the whitelists themselves."""
    names = [audience.title for audience in AUDIENCES.values()]
    releases, exports = (
        _table(
            ("What is released", *names),
            [
                (release.title, *("yes" if key in release.audiences else "" for key in AUDIENCES))
                for release in table
            ],
        )
        for table in (FIELD_RELEASES, EXPORT_RELEASES)
    )
    never = "\n".join(f"- **{each.title}**: {each.never}" for each in AUDIENCES.values())
    return _fill_page("audiences", audiences=never, releases=releases, exports=exports)


def render_rules_page(project: Project | None = None) -> str:
    """Return the page of every readiness rule with its citation, and a project's choices."""
    installed = load_rule_pack(project) if project else read_bundled_rule_pack()
    rules = load_project_rules(project) if project else installed
    review, report = rules.review, rules.report
    rows = [
        (
            f"Safety plan {review.stage} by {_day(review.month, review.day)}, with "
            f"{', '.join(role.replace('_', ' ') for role in review.with_)}",
            *_cite(review),
        ),
        (
            f"{report.text.capitalize()} by {_day(report.month, report.day)}",
            *_cite(report),
        ),
        (
            f"An after-action review within {format_count(rules.follow_up.review_days, 'day')} of "
            f"an incident of priority 0 to {rules.follow_up.review_priority}. Each concern is "
            f"acknowledged within "
            f"{format_count(rules.follow_up.acknowledge_school_days, 'school day')} and closed "
            f"within {format_count(rules.follow_up.close_days, 'day')}",
            _CHOSEN if rules.choices.days else rules.follow_up.citation,
            *_cite(rules.follow_up)[1:],
        ),
    ]
    drills: list[tuple[object, ...]] = [
        (
            _name_kind(rule.kind),
            ", ".join(sorted(rule.levels)),
            f"{rule.times} a {rule.per}",
            *_cite(rule),
        )
        for rule in rules.drills
    ]
    drills += [
        (_name_kind(own.kind), own.level, f"{own.times} a {own.per}", _CHOSEN, "", "")
        for own in rules.choices.own
    ]
    retention = [
        (
            rule.name,
            rule.record_class or "–",
            _format_retention(rule, usual),
            *_cite(rule)[:2],
            rule.note,
            _cite(rule)[2],
        )
        for rule, usual in zip(rules.retention, installed.retention, strict=True)
    ]
    checklist = rules.checklist
    conflicts = (
        f"The texts on {conflict.kind} drills at {conflict.level} schools differ: "
        f"{'; '.join(str(each.message) for each in conflict.rules)}. {_describe_choice(conflict)}"
        "\n\n"
        for conflict in find_rule_conflicts(rules, datetime.now(UTC).date())
    )
    source = ("Written in", "Known in force")
    cited = (*source, "Checked against")
    return _fill_page(
        "rules",
        version=rules.version,
        title=rules.title,
        drills=_table(("Drill", "School level in the law", "How often", *cited), drills),
        conflicts="".join(conflicts),
        checklist_kinds=", ".join(kind.replace("_", "-") for kind in checklist.kinds),
        checklist_source=(
            f"{checklist.citation}, from {checklist.effective_from}; {_cite(checklist)[2]}"
        ),
        checklist="\n".join(f"- {text}" for text in checklist.items.values()),
        requirements=_table(("Requirement", *cited), rows),
        retention=_table(
            ("Records", "Class", "Kept", *source, "Note", "Checked against"), retention
        ),
        facts=_table(("Rule", *cited), map(_describe_rule, rules.facts)),
        elements=_table(
            ("Key", "Element", *cited),
            ((f"`{element.key}`", *_describe_rule(element)) for element in rules.elements),
        ),
        steps=_table(("Step", *cited), map(_describe_rule, rules.steps)),
        duties=_table(("Duty", *cited), map(_describe_rule, rules.duties)),
    )


def _describe_rule(
    rule: CitedFact | PlanElement | ReviewStep | DistrictDuty,
) -> tuple[object, ...]:
    applies = describe_scope(rule)
    text = f"{rule.text} *{rule.change}*" if rule.change else rule.text
    return (f"{text} ({applies})" if applies != "all" else text, *_cite(rule))


def _cite(rule: CitedRule) -> tuple[str, str, str]:
    """Return where a rule is written, when it is in force, and what it was checked against."""
    checked = rule.source or "–"
    if rule.unverified:
        checked = f"**unverified** {rule.source}".strip()
    if rule.checked_on:
        checked += f" ({rule.checked_on})"
    return rule.citation, describe_force(rule), checked


def _fill_page(key: str, **facts: str) -> str:
    """Return a page of ``resources/handbook/made`` with its facts filled in."""
    page = resources_dir() / "handbook" / "made" / f"{key}.md"
    return page.read_text(encoding="utf-8").format(**facts)


def _name_kind(kind: str) -> str:
    return kind.replace("_", "-").capitalize()


def _describe_choice(conflict: RuleConflict) -> str:
    if conflict.chosen:
        return f"The rule that applies is {conflict.followed.message}: {_CHOSEN}."
    return "The strictest applies until the district chooses another one under *Readiness Rules*."


def _format_retention(rule: RetentionRule, usual: RetentionRule) -> str:
    own, otherwise = (format_count(each.years, "year") for each in (rule, usual))
    return own if own == otherwise else f"{own}: {_CHOSEN}; otherwise {otherwise}"


def _list_observed_figures() -> list[tuple[str, str]]:
    """Return each observed figure's key and definition, from the coverage of an empty log."""
    empty, now = Project("handbook", "Handbook", "EPSG:26910", "UTC"), datetime.now(UTC)
    rows = compute_coverage(select_period(LogArrays(), project=empty, now=now), by="all")
    (row,) = add_open_hours(rows, by="all", project=empty, first=None, last=None, now=now)
    return [(name, say_all(figure.definition)) for name, figure in row.figures.items()]


def _name_figure(key: str) -> tuple[str, str]:
    """Return a figure's name and unit from its key, such as response_p90_min."""
    words = key.split("_")
    unit = words.pop() if words[-1] in _UNITS else ""
    name = " ".join(_KEY_WORDS.get(word.casefold(), word) for word in words)
    return name[:1].upper() + name[1:], unit


def _day(month: int, day: int) -> str:
    return f"{datetime(2001, month, 1, tzinfo=UTC):%B} {day}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


_CONTENTS = "contents.toml"
_NEWS = "whats-new"
_EXCERPT_CHARS = 60
PICTURE_MARKUP = re.compile(r"!\[([^\]]*)\]\(picture:([\w-]+)\)\n*")
_MARKS = re.compile(r"[*`#|]|\]\([^)]*\)|\[|^-+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HandbookPage:
    """One page. ``text`` is Markdown; its first line is the title.

    ``also`` lists other words by which people search for this page.
    """

    key: str
    group: str
    text: str
    also: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The page's title."""
        return self.text.partition("\n")[0].removeprefix("# ").strip()

    @property
    def plain(self) -> str:
        """The text without Markdown marks, for searching and excerpts."""
        return " ".join(_MARKS.sub(" ", PICTURE_MARKUP.sub("", self.text)).split())


@dataclass(frozen=True, slots=True)
class HandbookMatch:
    """A matching page, and an excerpt around the first match."""

    page: HandbookPage
    around: str


def load_handbook(made: Mapping[str, str] | None = None) -> dict[str, HandbookPage]:
    """Return the pages by key, in the order of the contents.

    ``made`` are texts of pages that the caller generates, such as a project's own rules.
    """
    folder = resources_dir() / "handbook"
    contents = tomllib.loads((folder / _CONTENTS).read_text(encoding="utf-8"))
    makers = {
        "audiences": render_audiences_page,
        "columns": render_columns_page,
        "figures": render_figures_page,
        "keyboard": render_keyboard_page,
        "rules": render_rules_page,
    }
    pages = {}
    for group in contents["groups"]:
        for key in group["pages"]:
            if made is not None and key in made:
                text = made[key]
            elif key in makers:
                text = makers[key]()
            else:
                text = (folder / f"{key}.md").read_text(encoding="utf-8")
            pages[key] = HandbookPage(
                key, group["title"], text, tuple(contents["also"].get(key, ()))
            )
    return pages


def find_handbook_page(pages: Mapping[str, HandbookPage], topic: str) -> HandbookPage:
    """Return a page by key, title or another name; for an unknown one, the error lists matches."""
    wanted = fold_for_search(topic.strip())
    for page in pages.values():
        if wanted in (page.key, *map(fold_for_search, (page.title, *page.also))):
            return page
    near = [match.page.key for match in search_handbook(pages.values(), topic)][:5]
    raise UserError("unknown_page.near" if near else "unknown_page", page=topic, near=near)


def search_handbook(pages: Iterable[HandbookPage], text: str) -> list[HandbookMatch]:
    """Return the pages in which each search word begins a word, the best match first.

    The words of a question, such as “how do I”, do not count.

    Pages named by the words come first, then those with the most occurrences. The page of what was
    new in each version comes after equal matches.
    """
    words = list_search_words(text)
    if not words:
        return []
    patterns = [re.compile(rf"(?<!\w){re.escape(word)}") for word in words]
    ranked = []
    for page in pages:
        plain = " ".join((page.plain, *page.also))
        folded, names = (
            fold_for_search(plain),
            [page.key, *map(fold_for_search, (page.title, *page.also))],
        )
        counts = [len(pattern.findall(folded)) for pattern in patterns]
        if all(counts):
            named = sum(any(map(pattern.search, names)) for pattern in patterns)
            named += " ".join(words) in names
            match = HandbookMatch(page, _cut_excerpt(plain, folded, patterns))
            ranked.append((-named, page.key == _NEWS, -sum(counts), match))
    return [match for *_, match in sorted(ranked, key=lambda entry: entry[:3])]


def find_picture_file(name: str, *, dark: bool = False) -> Path:
    """Return the file of a picture; the light one if there is no dark one."""
    folder = resources_dir() / "pictures"
    dark_file = folder / f"handbook-{name}-dark.png"
    return dark_file if dark and dark_file.is_file() else folder / f"handbook-{name}.png"


def _cut_excerpt(plain: str, folded: str, patterns: list[re.Pattern[str]]) -> str:
    first = min(match.start() for pattern in patterns if (match := pattern.search(folded)))
    start, end = max(0, first - _EXCERPT_CHARS), min(len(plain), first + _EXCERPT_CHARS)
    return f"{'…' if start else ''}{plain[start:end]}{'…' if end < len(plain) else ''}"
