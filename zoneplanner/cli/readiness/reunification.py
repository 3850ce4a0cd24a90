"""Assign reunification sites to schools, with proof, or name the school that lacks one and why."""

import argparse
from dataclasses import replace

from zoneplanner.analysis.reunification import ReunificationRule
from zoneplanner.app.readiness.reunification import (
    ReunificationPlan,
    SchoolPlace,
    compute_reunification,
    make_gap_error,
)
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.office_entries import REUNIFICATION_WAYS

_HEADERS = ("School", "Students", "Walk to", "Ride to")
_M_PER_MILE = 1609.344


def run(args: argparse.Namespace) -> CommandResult:
    """Show the places of every school; a school that lacks one is a refusal with its cause."""
    rule = ReunificationRule()
    most = {way: getattr(args, f"most_{way}") for way in REUNIFICATION_WAYS}
    given = {way: miles * _M_PER_MILE for way, miles in most.items() if miles is not None}
    rule = replace(rule, most_m={**rule.most_m, **given})
    if args.apart is not None:
        rule = replace(rule, apart_m=args.apart * _M_PER_MILE)
    with open_session_for_command(args.project, read_only=True) as session:
        found = compute_reunification(session, rule)
        if found.gaps:
            raise make_gap_error(found)
        return _answer(found)


def _answer(found: ReunificationPlan) -> CommandResult:
    data = {
        "sites": [
            {
                "site": one.site.id,
                "name": one.site.name,
                "students": one.students,
                **{way: [_place(own) for own in one.reached_by(way)] for way in REUNIFICATION_WAYS},
            }
            for one in found.schools
        ],
        "proven": found.proven,
        "student_miles": found.student_m / _M_PER_MILE,
    }
    rows = [
        (
            one.site.name,
            f"{one.students:,.0f}",
            *("; ".join(map(_describe, one.reached_by(way))) for way in REUNIFICATION_WAYS),
        )
        for one in found.schools
    ]
    said = "No other assignment is shorter." if found.proven else "A shorter one may exist."
    return CommandResult(data, [make_table(_HEADERS, rows, right=(1,)), said])


def _place(one: SchoolPlace) -> dict[str, object]:
    return {
        "uid": one.place.uid,
        "name": one.place.name,
        "capacity": one.place.capacity,
        "miles": one.street_m / _M_PER_MILE,
    }


def _describe(one: SchoolPlace) -> str:
    return f"{one.place.name} ({one.street_m / _M_PER_MILE:.1f} mi)"
