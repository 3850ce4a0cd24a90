"""Every problem code has a sentence, and every sentence gets its facts."""

import ast
import pickle
import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from message_codes import KINDS, list_coded_calls
from source_trees import PACKAGE

from zoneplanner.domain.locale_formats import ISO_FORMATS, US_FORMATS
from zoneplanner.errors import Conflict, UserError
from zoneplanner.messages import (
    Message,
    MessageFormatter,
    find_template,
    join_names,
    list_template_facts,
    load_templates,
    say_all,
)

MESSAGES_PASSED_ON = {
    "denied",
    "error.template",
    "far[row.row]",
    "problem",
    "row.fault",
    "self.far[row.row]",
    "template",
    "value.template",
}
"""Expressions of another message or its code, in place of a code."""


def test_every_code_has_a_sentence_and_its_facts() -> None:
    templates, faults, unread = load_templates(), [], set()
    calls = list_coded_calls()
    assert len(calls) > 2000
    for call in calls:
        codes = call.read_codes()
        unread |= set() if codes else {call.code}
        place = f"{call.module}:{call.node.lineno}"
        faults += [(place, code) for code in codes - templates.keys()]
        given = {keyword.arg for keyword in call.node.keywords}
        names = {node.id for node in ast.walk(call.node.args[0]) if isinstance(node, ast.Name)}
        is_exact = "code" not in names  # a function may set its code twice, with other facts
        if is_exact and call.function in KINDS and len(call.node.args) == 1 and None not in given:
            known = codes & templates.keys()
            faults += [(place, n) for code in known for n in list_template_facts(code) - given]
    assert faults == []
    assert unread == MESSAGES_PASSED_ON


def test_a_sentence_found_by_line_matches_the_loaded_one() -> None:
    assert {code: find_template(code) for code in load_templates()} == load_templates()


def test_every_sentence_is_used() -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for folder in (PACKAGE, PACKAGE.parent / "resources")
        for path in folder.rglob("*")
        if path.suffix in (".py", ".toml", ".sql") and path.parent.name != "messages"
    )
    said = set(re.findall(r'["\x27]([a-z][a-z0-9_.]*)(?=["\x27])', text))
    said |= set().union(*(call.read_codes() for call in list_coded_calls()))
    assert sorted(load_templates().keys() - said) == []


@pytest.mark.parametrize(
    ("template", "facts", "sentence"),
    [
        ("{n:count site|sites}", {"n": 1}, "1 site"),
        ("{n:count site|sites}", {"n": 1200}, "1,200 sites"),
        ("{n:verb is|are}", {"n": 1}, "is"),
        ("{n:verb is|are}", {"n": 0}, "are"),
        ("{names:list}", {"names": ["a"]}, "a"),
        ("{names:list}", {"names": ["a", "b", "c"]}, "a, b and c"),
        ("{names:list 2}", {"names": "abcd"}, "a, b and 2 more"),
        ("{texts:series}", {"texts": ["a, b", "c"]}, "a, b; c"),
        ("{name:quoted}", {"name": "Hill"}, "“Hill”"),
        ("{names:list} {names:verb is|are}", {"names": ["a"]}, "a is"),
        ("{names:list} {names:verb is|are}", {"names": ["a", "b"]}, "a and b are"),
        ("{n:verb is|are}", {"n": 1}, "is"),
        ("{n:verb is|are}", {"n": 0}, "are"),
        ("{on:day}", {"on": date(2026, 11, 27)}, "2026-11-27"),
        ("{at:clock}", {"at": time(15, 5)}, "15:05"),
        ("{share:.1%}", {"share": 0.5}, "50.0%"),
    ],
)
def test_facts_are_formatted_by_their_template(
    template: str, facts: dict[str, object], sentence: str
) -> None:
    assert MessageFormatter().vformat(template, (), facts) == sentence


@pytest.mark.parametrize(
    ("hour", "fold", "times"),
    [(7, 0, "07:30–16:00"), (1, 0, "01:30 PDT–16:00"), (1, 1, "01:30 PST–16:00")],
)
def test_neutral_weekdays_and_times_are_those_of_the_iso_formats(
    hour: int, fold: int, times: str
) -> None:
    start = datetime(2026, 11, 1, hour, 30, tzinfo=ZoneInfo("America/Los_Angeles"), fold=fold)
    facts = {"when": (start, start.replace(hour=16, minute=0))}
    for formats in (None, ISO_FORMATS):
        form = MessageFormatter(formats)
        assert form.vformat("{when:period}", (), facts) == f"Sun 1 Nov {times}"
        assert form.vformat("{when[0]:weekday}", (), facts) == "Sun 1 Nov"
        moment = form.vformat("{when[0]:moment}", (), facts)
        assert moment == f"2026-11-01 {times.partition('–')[0]}"


def test_dates_use_the_desks_format() -> None:
    on = {"on": date(2026, 11, 27)}
    assert MessageFormatter(US_FORMATS).vformat("{on:day}", (), on) == "Nov 27, 2026"
    assert MessageFormatter(US_FORMATS).vformat("{at:clock}", (), {"at": time(15, 5)}) == "3:05 PM"


def test_a_message_is_put_into_words_with_the_formats_of_the_one_around_it() -> None:
    ends = Message("period_not_begun", first=date(2026, 11, 27), today=date(2026, 11, 26))
    form = MessageFormatter(US_FORMATS)
    assert form.vformat("{why}", (), {"why": ends}) == ends.say(US_FORMATS) != str(ends)
    assert form.vformat("{all:list}", (), {"all": [ends, 2]}) == f"{ends.say(US_FORMATS)} and 2"
    assert say_all([ends, ends], US_FORMATS) == f"{ends.say(US_FORMATS)} {ends.say(US_FORMATS)}"


def test_equal_messages_have_equal_codes_and_facts() -> None:
    message = Message("unknown_site", site="Hill", known=["Dale"])
    assert message == Message("unknown_site", site="Hill", known=["Dale"])
    assert message != Message("unknown_site", site="Dale", known=["Dale"])
    assert len({message, pickle.loads(pickle.dumps(message))}) == 1


def test_no_names_join_to_an_empty_text() -> None:
    assert join_names([]) == ""


def test_a_problem_has_a_code_and_the_details_its_sentence_omits() -> None:
    error = UserError("unknown_site", site="Hill", known=["Dale"])
    assert error.code == "unknown_site" and "Hill" in error.message
    assert error.details == {"site": "Hill", "known": ["Dale"]}
    said = list_template_facts("unknown_site")
    assert set(error.unsaid_details) == {"site", "known"} - said
    assert Conflict("conflict.zone", site="a", yours="b", theirs="c", who="d").code == "conflict"
