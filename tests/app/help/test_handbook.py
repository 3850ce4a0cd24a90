"""The handbook: whole, linked, searchable, and true to what the program declares."""

import re
from dataclasses import replace

import pytest
from builders import EARLIER_RULES, project_from, refused

from zoneplanner.analysis.coverage.readiness_figures import (
    READINESS_FIGURES,
    name_readiness_figure,
)
from zoneplanner.analysis.measures.plan_measures import MEASURES
from zoneplanner.app.geography.map_themes import MAP_THEMES
from zoneplanner.app.help.handbook import (
    PICTURE_MARKUP,
    find_handbook_page,
    find_picture_file,
    load_handbook,
    render_rules_page,
    search_handbook,
)
from zoneplanner.bundled import resources_dir
from zoneplanner.cli.parser import load_commands
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import DISPOSITIONS
from zoneplanner.domain.readiness.rule_edits import list_rules
from zoneplanner.domain.readiness.rule_pack import DistrictRule, InstalledRules, RuleChoices
from zoneplanner.exchange.presets.rule_pack import find_bundled_rule_pack, read_rule_pack
from zoneplanner.messages import Message
from zoneplanner.publish.audience import AUDIENCES, FIELD_RELEASES

PAGES = load_handbook()
PEOPLE_TYPE = """
start: begin, tutorial, introduction
window: screen, workspace, toolbar
not: 911, limits, emergency
whats-new: news, update, version
propose: optimize, balance, proposal
move: reassign, drag, digit
undo: undo, redo, mistake
lock: lock, pin, keep
compare: difference, swipe, side by side
what-if: closing, scenario, absence
adopt: adopt, effective, in force
today: morning, today, missing
call: call, dispatch, unit
response-action: lockdown, shelter, evacuate
visit: visit, walk-through, arrival
correct: correct, wrong, void
coverage: coverage, unvisited, gap
shifts: schedule, sick, vacation
hours: payroll, overtime, invoice
readiness: due, overdue, requirements
drill: drill, fire, earthquake
plan-review: safety plan, review, board approval
after-action: debrief, lessons, after-action
critical-incident: reunification, staging, campus
concern: threat, concern, tip
yearly-papers: principal, yearly, families
privacy: privacy, retention, redaction
office-data: phone, enrollment, agency
district: new district, boundary, census
import: spreadsheet, csv, holidays
call-history: cad, history, export
travel: roads, drive time, minutes
layers: layers, overlay, shapefile
map-data: street map, basemap, aerial
hand-out: publish, print, web map
audiences: audience, public, who may see
files: files, format, excel
backups: backup, damaged, snapshot
restore: lost, new computer, disaster
desks: shared, several computers, roles
server: server, postgresql, administrator
method-zones: algorithm, method, how zones
method-proof: proof, bound, optimal
method-response: response time, minutes, queue
method-simulation: simulation, simulate, random
figures-from: demand, expected, interval
figures: figures, definition, statistics
rules: law, rules, ed code
keyboard: shortcuts, keys, keyboard
columns: columns, fields, headings
data: sources, data license, attribution
licenses: license, open source, third-party
"""
"""Three ordinary words for each page."""


def test_every_page_is_in_the_contents_and_has_a_title() -> None:
    written = {file.stem for file in (resources_dir() / "handbook").glob("*.md")}
    assert written <= PAGES.keys()
    assert PAGES.keys() - written == {"audiences", "columns", "figures", "rules", "keyboard"}
    titles = [one.title for one in PAGES.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("key", PAGES)
def test_every_link_and_picture_of_a_page_exists(key: str) -> None:
    text = PAGES[key].text
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", text)) <= PAGES.keys()
    for _, name in PICTURE_MARKUP.findall(text):
        assert find_picture_file(name).is_file()
        assert find_picture_file(name, dark=True) != find_picture_file(name)
    others = re.findall(r"\]\((?!picture:)(?![\w-]+\.md\))", text)
    assert not others


def test_every_command_named_on_a_page_exists() -> None:
    for one in PAGES.values():
        for command in re.findall(r"`zoneplanner (\w+)", one.text):
            assert command in load_commands(), f"{one.key} tells of {command}"


def test_the_page_of_figures_has_every_declared_definition() -> None:
    text = PAGES["figures"].text
    declared = [(one.name, one.definition) for one in MEASURES.values()]
    declared += [(one.name, one.definition) for one in MAP_THEMES.values()]
    declared += [
        (str(name_readiness_figure(key)), str(Message(f"figure.{key}")))
        for key in READINESS_FIGURES
    ]
    for name, definition in declared:
        assert name in text
        assert definition.replace("|", "\\|") in text
    assert "Response P90" in text


def test_the_page_of_figures_writes_one_point_in_the_singular() -> None:
    text = PAGES["figures"].text
    assert "| 0.5 percentage points |" in text
    assert "| 1 percentage point |" in text


def test_the_page_of_columns_has_each_kind_with_its_columns_and_words() -> None:
    text = PAGES["columns"].text
    for name, kind in RECORD_KINDS.items():
        part = text.partition(f": `{name}`,")[2].partition("\n## ")[0]
        for column in kind.fields:
            assert f"| `{column}` |" in part, (name, column)
        assert all(word in part for words in kind.choices.values() for word in words)


def test_the_page_of_audiences_has_the_whole_whitelist() -> None:
    text = PAGES["audiences"].text
    assert all(leaving.title in text for leaving in FIELD_RELEASES)
    assert all(one.never in text for one in AUDIENCES.values())


def test_the_page_of_rules_has_every_citation() -> None:
    rules, text = read_rule_pack(find_bundled_rule_pack()), render_rules_page()
    for rule in (*rules.drills, *rules.retention, *rules.facts, *rules.elements, *rules.steps):
        assert rule.citation in text
    assert all(point in text for point in rules.checklist.items.values())
    assert rules.version in text
    stated = dict(list_rules(rules)).values()
    assert text.count("**unverified**") == sum(rule.unverified for _, rule in stated)
    assert all(rule.source in text for _, rule in stated)


def test_the_page_of_rules_shows_what_a_project_chose_as_its_own_choice() -> None:
    choices = RuleChoices(
        {"fire.intermediate": "Ed. Code 32001"},
        (DistrictRule("lockdown", "secondary", 1, "semester"),),
        {"review_days": 14},
        {"Visits": 6},
    )
    earlier = InstalledRules(EARLIER_RULES.read_text(encoding="utf-8"))
    project = replace(project_from("A / a"), rules=choices, rule_pack=earlier)
    text = render_rules_page(project)
    own = "**this project’s own choice**"
    assert f"Ed. Code 32001: 4 a year: {own}." in text
    assert f"| Lockdown | secondary | 1 a semester | {own} |" in text
    assert "within 14 days" in text
    assert f"| Visits | – | 6 years: {own}; otherwise 4 years | District rule |" in text
    assert text.count(own) == 4
    assert own not in render_rules_page()


def test_the_page_of_data_lists_how_an_incident_may_end() -> None:
    text = " ".join(PAGES["data"].text.split())
    assert ", ".join(DISPOSITIONS).lower() in text


def test_the_handbook_states_what_the_program_is_not() -> None:
    assert (
        "Planning aid; not a dispatch system, not an emergency alert system; contains no "
        "criminal-justice information and no student records." in PAGES["not"].plain
    )


def test_three_ordinary_words_find_each_page_in_the_top_three() -> None:
    people_type = dict(line.split(": ") for line in PEOPLE_TYPE.split("\n") if line)
    assert people_type.keys() == PAGES.keys()
    for key, told in people_type.items():
        words = told.split(", ")
        assert len(words) == 3
        for word in words:
            first = [hit.page.key for hit in search_handbook(PAGES.values(), word)[:3]]
            assert key in first, (key, word, first)


def test_a_search_needs_all_words_and_ranks_title_matches_first() -> None:
    hits = search_handbook(PAGES.values(), "visit log")
    assert hits[0].page.key == "visit"
    assert "visit" in hits[0].around.casefold()
    assert search_handbook(PAGES.values(), "  ") == []
    assert search_handbook(PAGES.values(), "zebra") == []
    assert search_handbook(PAGES.values(), "zones " * 500)
    question = search_handbook(PAGES.values(), "How do I undo an import")
    assert question == search_handbook(PAGES.values(), "undo import") != []
    typed = search_handbook(PAGES.values(), "school's")  # the pages have typographic apostrophes
    assert typed == search_handbook(PAGES.values(), "school’s") != []


def test_a_page_is_found_by_its_key_or_title() -> None:
    assert find_handbook_page(PAGES, "DRILL").key == "drill"
    assert find_handbook_page(PAGES, "what the proof means").key == "method-proof"
    assert find_handbook_page(PAGES, "Reunification").key == "critical-incident"
    with refused("unknown_page.near", near=["method-proof", "figures"]):
        find_handbook_page(PAGES, "bound gap")


def test_a_page_generated_by_the_window_has_a_placeholder_elsewhere() -> None:
    assert "F1" in PAGES["keyboard"].text
    assert load_handbook({"keyboard": "# Keys\n\nAll"})["keyboard"].title == "Keys"
