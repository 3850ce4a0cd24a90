"""The handbook: pages written as plain text, and pages made from what the program declares.

Pages of the handbook that are made from what the program declares: figures, rules, columns.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zoneplanner.analysis.coverage.coverage_table import compute_record_coverage
from zoneplanner.analysis.coverage.readiness_figures import READINESS_DEFINITIONS
from zoneplanner.analysis.measures.plan_measures import (
    MEASURES,
    MeasureDefinition,
)
from zoneplanner.app.geography.map_themes import MAP_THEMES
from zoneplanner.app.help.action_specs import render_keyboard_page
from zoneplanner.app.readiness.requirements import load_project_rules, load_rule_pack
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.record_schema import RecordKind, ValueType, read_record_words
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_rules import RuleConflict, find_rule_conflicts
from zoneplanner.domain.readiness.rule_edits import describe_force, describe_scope
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
_SMALL = {"p50": "P50", "p90": "P90", "kind": "of a kind"}


def render_figures_page() -> str:
    """Write every figure with its unit and its definition, as the program itself declares them."""
    # the model's libraries are loaded with it, and few pages need them
    from zoneplanner.app.coverage.expected_response import RESPONSE_MEASURES

    measures = [
        (one.name, one.unit, one.definition, _write_least(one))
        for one in (*MEASURES.values(), *RESPONSE_MEASURES)
    ]
    subjects = [(one.name, one.unit, one.definition) for one in MAP_THEMES.values()]
    observed = [(*_name_figure(key), text) for key, text in _list_observed_figures()]
    ready = [
        (name, _name_figure(key)[1], text) for key, (name, text) in READINESS_DEFINITIONS.items()
    ]
    heads = ("Figure", "Unit", "What it means")
    return _fill_page(
        "figures",
        measures=_table((*heads, "About the same below"), measures),
        observed=_table(heads, observed),
        readiness=_table(heads, ready),
        themes=_table(("Theme", *heads[1:]), subjects),
    )


def _write_least(measure: MeasureDefinition) -> str:
    """Write from what change on a measure is better or worse; nothing where any change is."""
    if measure.better is None or not measure.least:
        return ""
    if measure.unit == "%":
        return f"{measure.least * 100:g} points"
    return f"{measure.least:g} {measure.unit}".strip()


def render_columns_page() -> str:
    """Write the columns of each kind of record, as its declaration has them."""
    parts = []
    for name, kind in RECORD_KINDS.items():
        words = read_record_words()[name]
        now = "now" if kind.timed else "today"
        by_itself = kind.order_field if kind.fills_day else ""
        rows = [
            (
                f"`{column}`",
                f"{now} by default"
                if column == by_itself
                else "yes"
                if column in kind.required
                else "",
                _describe_values(kind, column),
            )
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
    """Write what leaves for whom, from the whitelists themselves."""
    from zoneplanner.publish.audience import AUDIENCES, EXPORT_RELEASES, FIELD_RELEASES

    names = [one.title for one in AUDIENCES.values()]
    releases, exports = (
        _table(
            ("What is released", *names),
            [
                (leaving.title, *("yes" if key in leaving.audiences else "" for key in AUDIENCES))
                for leaving in of
            ],
        )
        for of in (FIELD_RELEASES, EXPORT_RELEASES)
    )
    never = "\n".join(f"- **{one.title}**: {one.never}" for one in AUDIENCES.values())
    return _fill_page("audiences", audiences=never, releases=releases, exports=exports)


def render_rules_page(project: Project | None = None) -> str:
    """Write every rule of readiness with its citation, and what a project chose among them."""
    shipped = load_rule_pack(project) if project else read_bundled_rule_pack()
    rules = load_project_rules(project) if project else shipped
    review, report = rules.review, rules.report
    rows = [
        (
            f"Safety plan {review.stage} by {_day(review.month, review.day)}, with "
            f"{', '.join(who.replace('_', ' ') for who in review.with_)}",
            *_cite(review),
        ),
        (
            f"{report.text.capitalize()} by {_day(report.month, report.day)}",
            *_cite(report),
        ),
        (
            f"An after-action review within {rules.follow_up.review_days} days of an incident of "
            f"priority 0 to {rules.follow_up.review_priority}. Each concern is acknowledged within "
            f"{rules.follow_up.acknowledge_school_days} school day and closed within "
            f"{rules.follow_up.close_days} days",
            _CHOSEN if rules.choices.days else rules.follow_up.citation,
            *_cite(rules.follow_up)[1:],
        ),
    ]
    drills: list[tuple[object, ...]] = [
        (
            _kind(rule.kind),
            ", ".join(sorted(rule.levels)),
            f"{rule.times} a {rule.per}",
            *_cite(rule),
        )
        for rule in rules.drills
    ]
    drills += [
        (_kind(own.kind), own.level, f"{own.times} a {own.per}", _CHOSEN, "", "")
        for own in rules.choices.own
    ]
    kept = [
        (
            *(one.name, one.record_class or "–", _years(one, usual), *_cite(one)[:2]),
            *(one.note, _cite(one)[2]),
        )
        for one, usual in zip(rules.retention, shipped.retention, strict=True)
    ]
    facts = [_state(one) for one in rules.facts]
    checks = rules.checklist
    conflicts = (
        f"The texts on {one.kind} drills at {one.level} schools differ: "
        f"{'; '.join(rule.words for rule in one.rules)}. {_describe_followed(one)}\n\n"
        for one in find_rule_conflicts(rules, datetime.now(UTC).date())
    )
    source = ("Written in", "Known in force")
    stated = (*source, "Checked against")
    return _fill_page(
        "rules",
        version=rules.version,
        title=rules.title,
        drills=_table(("Drill", "Level of the law", "How often", *stated), drills),
        conflicts="".join(conflicts),
        checklist_kinds=", ".join(kind.replace("_", "-") for kind in checks.kinds),
        checklist_source=f"{checks.citation}, from {checks.effective_from}; {_cite(checks)[2]}",
        checklist="\n".join(f"- {text}" for text in checks.items.values()),
        requirements=_table(("Requirement", *stated), rows),
        retention=_table(("Records", "Class", "Kept", *source, "Note", "Checked against"), kept),
        facts=_table(("Rule", *stated), facts),
        elements=_table(
            ("Key", "Element", *stated),
            ((f"`{one.key}`", *_state(one)) for one in rules.elements),
        ),
        steps=_table(("Step", *stated), map(_state, rules.steps)),
        duties=_table(("Duty", *stated), map(_state, rules.duties)),
    )


def _state(rule: CitedFact | PlanElement | ReviewStep | DistrictDuty) -> tuple[object, ...]:
    applies = describe_scope(rule)
    text = f"{rule.text} *{rule.change}*" if rule.change else rule.text
    return (f"{text} ({applies})" if applies != "all" else text, *_cite(rule))


def _cite(rule: CitedRule) -> tuple[str, str, str]:
    """Return where a rule is written, from and until when, and what it was checked against."""
    checked = rule.source or "–"
    if rule.unverified:
        checked = f"**unverified** {rule.source}".strip()
    if rule.checked_on:
        checked += f" ({rule.checked_on})"
    return rule.citation, describe_force(rule).removeprefix("from "), checked


def _fill_page(key: str, **facts: str) -> str:
    """Fill facts into the text of a page, ``resources/handbook/made``."""
    page = resources_dir() / "handbook" / "made" / f"{key}.md"
    return page.read_text(encoding="utf-8").format(**facts)


def _kind(kind: str) -> str:
    return kind.replace("_", "-").capitalize()


def _describe_followed(question: RuleConflict) -> str:
    if question.chosen:
        return f"The rule that applies is {question.followed.words}: {_CHOSEN}."
    return "The strictest applies until the district chooses another one under *Readiness Rules*."


def _years(kept: RetentionRule, usual: RetentionRule) -> str:
    if kept.years == usual.years:
        return _count_years(kept.years)
    usually = _count_years(usual.years)
    return f"{_count_years(kept.years)}: {_CHOSEN}; otherwise {usually}"


def _count_years(years: int) -> str:
    return f"{years} year" if years == 1 else f"{years} years"


def _list_observed_figures() -> list[tuple[str, str]]:
    """Return each observed figure's name and definition, as coverage of an empty log gives them."""
    from zoneplanner.app.coverage.observed_coverage import add_open_hours

    nothing, now = Project("handbook", "Handbook", "EPSG:26910", "UTC"), datetime.now(UTC)
    rows = compute_record_coverage((), (), project=nothing, by="all", now=now)
    (row,) = add_open_hours(rows, by="all", project=nothing, first=None, last=None, now=now)
    return [(name, figure.definition) for name, figure in row.figures.items()]


def _name_figure(key: str) -> tuple[str, str]:
    """Return a figure's name and unit from its key, such as response_p90_min."""
    words = key.split("_")
    unit = words[-1] if words[-1] in _UNITS else ""
    if unit:
        words = words[:-1]
    name = " ".join(_SMALL.get(word.casefold(), word) for word in words)
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
_AROUND = 60
PICTURE_MARKUP = re.compile(r"!\[([^\]]*)\]\(picture:([\w-]+)\)\n*")
_MARKS = re.compile(r"[*`#|]|\]\([^)]*\)|\[|^-+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HandbookPage:
    """One page. ``text`` is Markdown; its first line is the title.

    ``also`` lists what else people look for when this page answers them.
    """

    key: str
    group: str
    text: str
    also: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the page is called."""
        return self.text.partition("\n")[0].removeprefix("# ").strip()

    @property
    def plain(self) -> str:
        """The text without marks, for searching and for what was found."""
        return " ".join(_MARKS.sub(" ", PICTURE_MARKUP.sub("", self.text)).split())


@dataclass(frozen=True, slots=True)
class HandbookMatch:
    """A page that was found, and the words around the first place."""

    page: HandbookPage
    around: str


def load_handbook(made: Mapping[str, str] | None = None) -> dict[str, HandbookPage]:
    """Return the pages by key, in the order of the contents.

    ``made`` are texts of pages that the caller makes, such as a project's own rules.
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
    """Return a page by key, title or another name for it; an unknown one names its nearest."""
    wanted = topic.strip().casefold()
    for one in pages.values():
        if wanted in (one.key, one.title.casefold(), *one.also):
            return one
    near = [hit.page.key for hit in search_handbook(pages.values(), topic)][:5]
    raise UserError("unknown_page.near" if near else "unknown_page", page=topic, near=near)


def search_handbook(pages: Iterable[HandbookPage], text: str) -> list[HandbookMatch]:
    """Return the pages in which all words begin a word, the likeliest first.

    That is where they are the title or what else people look for, or stand in it; then where they
    stand most often. What was new in a version comes last.
    """
    words = text.casefold().split()
    if not words:
        return []
    beginnings = [re.compile(rf"(?<!\w){re.escape(word)}") for word in words]
    found = []
    for at, one in enumerate(pages):
        plain = " ".join((one.plain, *one.also))
        low, names = plain.casefold(), [one.key, *map(str.casefold, (one.title, *one.also))]
        often = [len(word.findall(low)) for word in beginnings]
        if all(often):
            named = sum(any(map(word.search, names)) for word in beginnings)
            named += " ".join(words) in names
            hit = HandbookMatch(one, _cut_excerpt(plain, low, beginnings))
            found.append((-named, one.key == _NEWS, -sum(often), at, hit))
    return [hit for *_, hit in sorted(found, key=lambda entry: entry[:4])]


def find_picture_file(name: str, *, dark: bool = False) -> Path:
    """Return the file of a picture; the light one where there is no dark one."""
    folder = resources_dir() / "pictures"
    shade = folder / f"handbook-{name}-dark.png"
    return shade if dark and shade.is_file() else folder / f"handbook-{name}.png"


def _cut_excerpt(plain: str, low: str, beginnings: list[re.Pattern[str]]) -> str:
    at = min(hit.start() for word in beginnings if (hit := word.search(low)))
    start, end = max(0, at - _AROUND), min(len(plain), at + _AROUND)
    return f"{'…' if start else ''}{plain[start:end]}{'…' if end < len(plain) else ''}"
