"""Assign reunification sites to schools, with proof, or name a school without one and why."""

import argparse
from dataclasses import replace

from zoneplanner.analysis.reunification import ReunificationRule
from zoneplanner.app.readiness.reunification import (
    ReunificationPlan,
    SchoolPlace,
    compute_reunification,
    make_gap_error,
)
from zoneplanner.cli.output import CommandResult, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.office_entries import REUNIFICATION_WAYS

_HEADERS = ("School", "Students", "Walk to", "Ride to")
_M_PER_MILE = 1609.344


def run(args: argparse.Namespace) -> CommandResult:
    """Show the places of every school; a school without one is an error with its cause."""
    rule = ReunificationRule()
    limits = {way: getattr(args, f"most_{way}") for way in REUNIFICATION_WAYS}
    given_m = {way: miles * _M_PER_MILE for way, miles in limits.items() if miles is not None}
    rule = replace(rule, most_m={**rule.most_m, **given_m})
    if args.apart is not None:
        rule = replace(rule, apart_m=args.apart * _M_PER_MILE)
    with open_session_for_command(args.project, read_only=True) as session:
        plan = compute_reunification(session, rule)
        if plan.gaps:
            raise make_gap_error(plan)
        return _answer(plan)


def _answer(plan: ReunificationPlan) -> CommandResult:
    data = {
        "sites": [
            {
                "site": school.site.id,
                "name": school.site.name,
                "students": school.students,
                **{
                    way: [_match_to_json(match) for match in school.reached_by(way)]
                    for way in REUNIFICATION_WAYS
                },
            }
            for school in plan.schools
        ],
        "proven": plan.proven,
        "student_miles": plan.student_m / _M_PER_MILE,
    }
    rows = [
        (
            school.site.name,
            f"{school.students:,.0f}",
            *("; ".join(map(_describe, school.reached_by(way))) for way in REUNIFICATION_WAYS),
        )
        for school in plan.schools
    ]
    proof = "No other assignment is shorter." if plan.proven else "A shorter assignment may exist."
    return CommandResult(data, [make_table(_HEADERS, rows, right=(1,)), proof])


def _match_to_json(match: SchoolPlace) -> dict[str, object]:
    return {
        **to_json(match.place, "uid name capacity"),
        "miles": match.street_m / _M_PER_MILE,
    }


def _describe(match: SchoolPlace) -> str:
    return f"{match.place.name} ({match.street_m / _M_PER_MILE:.1f} mi)"
