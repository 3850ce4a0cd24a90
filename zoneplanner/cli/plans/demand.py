"""Show or choose how many calls per school day the project assumes."""

import argparse

from zoneplanner.app.coverage.demand import (
    count_waiting_calls,
    date_demand,
    describe_demand,
    find_demand_gap,
    find_newer_log_demand,
    judge_plan_sensitivity,
    list_silent_jurisdictions,
    list_silent_notes,
    read_demand,
    set_demand_scenario,
    use_demand,
)
from zoneplanner.app.coverage.expected_response import expect_calls, name_bounds
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all


def run(args: argparse.Namespace) -> CommandResult:
    """Set or choose a demand if requested, and show the one in use."""
    if (args.set is None) != (args.calls_per_day is None):
        raise UserError("demand_needs_both")
    reads = args.use is None and args.set is None
    with open_session_for_command(args.project, read_only=reads) as session:
        if args.set is not None:
            set_demand_scenario(
                session, args.set, value=args.calls_per_day, low=args.low, high=args.high
            )
        if args.use is not None:
            use_demand(session, args.use)
        return _show(session)


def _show(session: Session) -> CommandResult:
    state = session.state
    assumed = state.project.assumes_school_days(session.today)
    demand, calls, gap = read_demand(state), expect_calls(session), find_demand_gap(session)
    sensitivity = judge_plan_sensitivity(state)
    waiting, newer = count_waiting_calls(session), find_newer_log_demand(session)
    silent = list_silent_jurisdictions(session)
    missing = [note.text for note in list_silent_notes(session) if note.where["kind"] == "calls"]
    data = {
        "use": state.project.demand.use,
        "known": ["preset", *state.project.demand.known],
        "calls_per_day": {
            "value": demand.calls_per_day,
            **to_json(demand, "low high source school_days"),
            **date_demand(demand),
        },
        "sites": [
            {
                "site": site,
                "value": float(calls.per_day[index]),
                **name_bounds(calls.bounds_of(index)),
            }
            for index, site in enumerate(calls.sites)
        ],
        "plan_at": [
            {
                **to_json(standing, "scenario calls_per_day worst_deviation"),
                "zones": [
                    {"zone": zone, "deviation": deviation}
                    for zone, deviation in standing.zones.items()
                ],
            }
            for standing in sensitivity
        ],
        "observed": {
            "calls": calls.observed.incidents,
            **to_json(calls.observed, "outside unpatrolled duplicates school_days"),
        },
        "waiting_calls": waiting,
        "school_days_assumed": assumed,
        "silent_jurisdictions": list(silent),
        "silent_days": missing,
        "log_now": newer and {"value": newer.calls_per_day, "school_days": newer.school_days},
        "gap": None if gap is None else gap.finding.text,
    }
    rows = [
        (standing.scenario, f"{standing.calls_per_day:.1f}", f"{standing.worst_deviation:+.1%}")
        for standing in sensitivity
    ]
    lines: list[OutputLine] = [f"Uses “{state.project.demand.use}”: {describe_demand(demand)}"]
    if calls.observed.apart:
        lines.append(say_all(calls.observed.apart))
    if newer is not None:
        facts = {"value": newer.calls_per_day, "days": newer.school_days, "until": newer.until}
        lines.append(str(Message("demand_log_now", **facts)))
    if waiting:
        lines.append(str(Message("demand_waits", calls=waiting)))
    if assumed:
        lines.append(str(Message("period.days_assumed")))
    if silent:
        lines.append(str(Message("demand_silent", jurisdictions=silent)))
    lines += missing
    table = make_table(("Demand", "Calls per day", "Largest deviation"), rows, right=(1, 2))
    lines += [*([gap.finding.text] if gap else []), "", *([table] if rows else [])]
    return CommandResult(data, lines, formats=state.project.formats)
