"""Check every rule of a project and its plan."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zoneplanner.app.coverage.demand import (
    describe_demand,
    list_notes,
    read_demand,
    summarize_demand,
)
from zoneplanner.app.extensions import RULES_KIND, list_extensions
from zoneplanner.app.log.duplicate_records import CALLS_NOBODY_MADE
from zoneplanner.app.session.external_edits import find_judged_rows, list_external_rows
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, findings_to_json, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.messages import Message

_STATES = {
    ("kept", True): "kept",
    ("put_back", True): "put back",
    ("changed_since", True): "changed since",
    ("kept", False): "will be kept",
    ("put_back", False): "will be put back",
}


def run(args: argparse.Namespace) -> CommandResult:
    """Report broken rules as problems, and other facts to know as notes."""
    decisions = ((args.put_back, False), (args.keep, True))
    writes = any(rows is not None for rows, _ in decisions)
    with open_session_for_command(args.project, plan=args.plan, read_only=not writes) as session:
        for rows, keep in decisions:
            named = find_judged_rows(tuple(session.external_rows.values()), rows or ())
            session.decide_external(named, keep=keep)
        problems, notes = session.state.problems, list_notes(session)
        demand, calls = summarize_demand(session.state), read_demand(session.state)
        external = () if writes else session.external
        judged = list(session.external_rows.values())
        changed = list_external_rows(session.store, session.saved_project, judged)
        added = _check_extension_rules(session)
    # rules are checked on the saved project; of other programs' changes only the cause is shown
    problems = (*(change.finding for change in external if change.fault), *problems, *added)
    notes = (*(change.finding for change in external if not change.fault), *notes)
    data = {
        "problems": findings_to_json(problems),
        "notes": findings_to_json(notes),
        "demand": demand,
        "external": changed,
    }
    lines = _write_lines(problems, notes, f"Calls: {describe_demand(calls)}", changed)
    return CommandResult(data, lines, bool(problems), session.saved_project.formats)


def _check_extension_rules(session: Session) -> tuple[CheckFinding, ...]:
    """Return what installed packages' rules find; the API, which takes 0.3 s, is for them only."""
    if not list_extensions(RULES_KIND):
        return ()
    from zoneplanner.api import ZoneProject

    return ZoneProject(session).check_extension_rules()


def _write_lines(
    problems: Sequence[CheckFinding],
    notes: Sequence[CheckFinding],
    calls: str,
    changed: list[dict[str, Any]],
) -> Iterator[OutputLine]:
    if not problems:
        yield "No rule is broken."
    yield from (f"Problem: {problem.text}" for problem in problems)
    yield from (f"Note: {note.text}" for note in notes)
    for note in notes:
        if note.code == CALLS_NOBODY_MADE:
            facts = {"types": note.where["types"], "example": note.facts["example"]}
            yield str(Message("reclassify_how", **facts))
    yield calls
    if changed:
        headers = ("Changed by another program", "What", "Before", "After", "Outcome")
        yield ""
        yield make_table(headers, _list_cells(changed))


def _list_cells(changed: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for row in changed:
        state = _STATES[row["state"], row["settled"]]
        fields: list[Mapping[str, str]] = row["fields"] or [
            dict.fromkeys(("name", "before", "after"), "")
        ]
        for index, field in enumerate(fields):
            edges = (row["row"], state) if index == 0 else ("", "")
            yield edges[0], field["name"], field["before"], field["after"], edges[1]
