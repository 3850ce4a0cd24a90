"""Propose zones and prove that no better plan exists, or say how much better one could be."""

import argparse
import re
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoneplanner.analysis.districting.plan_wishes import PlanWishes
from zoneplanner.analysis.districting.problem import ABSENCES, PROVEN_GAP
from zoneplanner.app.coverage.demand import (
    describe_plan_sensitivity,
    judge_plan_sensitivity,
    summarize_demand,
)
from zoneplanner.app.plans.candidates import (
    ZoneCountResult,
    describe_wish_figures,
    gauge_plan,
    search_zone_counts,
)
from zoneplanner.app.plans.certificate import describe_certificate, write_certificate
from zoneplanner.app.plans.rule_prices import (
    collect_price_page,
    name_goals,
    price_rules,
    print_price_page,
    trace_frontier,
)
from zoneplanner.app.plans.zone_proposals import (
    FIRST_PLAN,
    PlanProposal,
    SearchRequest,
    build_empty_plan,
    check_tolerance,
    describe_proof,
    describe_response_gain,
    save_search_result,
    search_faster_response,
    search_proposals,
)
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.cli.output import (
    CommandResult,
    OutputLine,
    OutputTable,
    ProgressBar,
    findings_to_json,
    follow_search,
    make_table,
    to_json,
)
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.plans.plan import DEFAULT_TOLERANCE, Plan
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all
from zoneplanner.publish.handout import PrintedProof

if TYPE_CHECKING:
    from zoneplanner.analysis.response_times.response_search import ResponseImprovement

OPTION_VALUES = {
    "first_plan": FIRST_PLAN,
    "tolerance": DEFAULT_TOLERANCE,
    "absences": ABSENCES,
}


def run(args: argparse.Namespace) -> CommandResult:
    """Search, save the best plan found, and report what is known about it."""
    check_tolerance(args.tolerance)
    if args.name is not None and not args.name.strip():
        raise UserError("name_missing.option")
    if args.weight is not None:
        _check_weight(args.weight, args.keep_close_to)
    wishes = _read_wishes(args)
    if args.objective == "response" and wishes.names:  # that search ignores them
        raise UserError("response_with_wishes", wishes=wishes.names)
    with open_session_for_command(args.project) as session:
        wish = _read_request(session, args, wishes)
        counts = None if args.zone_counts is None else _read_counts(session, args.zone_counts)
        draft = _find_or_make_draft(session, args.name)
        best, first_s, seconds = _search(session, draft, wish)
        save_search_result(session, best.plan, f"Propose “{best.plan.name}”")
        session.show_plan(best.plan.uid)
        better = _improve_response(session, args) if args.objective == "response" else None
        result = _make_result(session.state, best, first_s, seconds, better)
        if counts is not None:
            result = _add_counts(session, best, wish, counts, result)
        if args.certificate is not None:
            result = _certify(session.state, args, wish, result)
        if args.prices or args.page is not None:
            result = _add_prices(session, best, wish, args.page, result)
        return result


def _read_wishes(args: argparse.Namespace) -> PlanWishes:
    demands = [] if args.robust is None else args.robust.split(",")
    return PlanWishes(
        robust=tuple(name.strip() for name in demands),
        one_off=args.one_off or "",
        longest_drive_min=args.max_drive,
        border_weight=args.shape or 0.0,
    )


def _read_request(session: Session, args: argparse.Namespace, wishes: PlanWishes) -> SearchRequest:
    near_plan = session.project.plan(args.keep_close_to) if args.keep_close_to else None
    return SearchRequest(
        args.tolerance,
        near_plan,
        0.0 if near_plan is None else 1.0 if args.weight is None else args.weight,
        time_limit_s=args.time_limit,
        seed=args.seed,
        wishes=wishes,
    )


_MAX_COUNTS = 20


def _read_counts(session: Session, text: str) -> tuple[str, range]:
    """Return an agency and the numbers of zones to compare."""
    agencies = session.project.agencies
    match = re.fullmatch(r"(.+)=(\d+)\.\.(\d+)", text.strip())
    if match is None or not 0 < int(match[2]) <= int(match[3]) < int(match[2]) + _MAX_COUNTS:
        raise UserError("zone_counts_unclear", text=text, most=_MAX_COUNTS)
    for agency in agencies.values():
        if match[1].strip().casefold() in {agency.id.casefold(), agency.short.casefold()}:
            return agency.id, range(int(match[2]), int(match[3]) + 1)
    known = [agency.short for agency in agencies.values()]
    raise UserError("unknown_agency", agency=match[1], known=known)


def _add_counts(
    session: Session,
    best: PlanProposal,
    wish: SearchRequest,
    counts: tuple[str, range],
    result: CommandResult,
) -> CommandResult:
    """Search with other numbers of zones, and show the results side by side."""
    results: list[ZoneCountResult] = []
    with ProgressBar("Comparing numbers of zones") as report:
        for zone_count in search_zone_counts(
            session.project, best.plan, session.state.basis, wish, counts
        ):
            results.append(zone_count)
            report(-1.0, f"{zone_count.zones}")
    counts_json = [_count_to_json(zone_count) for zone_count in results]
    keys = ("drive", "bound", "mean_response_min", "load_min_per_zone", "worst_deviation")
    factors = (1, 1, 1, 1, 100)
    rows = [
        (
            f"{zone_count['zones']}",
            *(
                "-" if not isinstance(zone_count[key], float) else f"{zone_count[key] * factor:.1f}"
                for key, factor in zip(keys, factors, strict=True)
            ),
        )
        for zone_count in counts_json
    ]
    headers = (
        "Zones", "Drive min/day", "At least", "Response min", "Load min/zone", "Worst ±%",
    )  # fmt: skip
    table = make_table(headers, rows, right=(0, 1, 2, 3, 4, 5))
    return replace(
        result,
        data={**result.data, "zone_counts": counts_json},
        lines=(*result.lines, "", f"Zones of {counts[0]}", table),
    )


def _count_to_json(zone_count: ZoneCountResult) -> dict[str, Any]:
    best = zone_count.candidate
    return {
        "agency": zone_count.agency,
        "zones": zone_count.zones,
        "drive": best and best.drive_min,
        "cost": best and best.proposal.cost,
        "bound": best and best.proposal.bound,
        "mean_response_min": best and best.response_min,
        "load_min_per_zone": zone_count.load_min,
        "worst_deviation": best and abs(best.worst_deviation),
    }


def _add_prices(
    session: Session,
    best: PlanProposal,
    wish: SearchRequest,
    page: Path | None,
    result: CommandResult,
) -> CommandResult:
    """Search without each rule, and report its cost; print it if a page is requested."""
    prices, points = [], []
    with ProgressBar("Pricing the rules") as report:
        for price in price_rules(session.project, best, session.state.basis, wish):
            prices.append(price)
            report(-1.0, price.name)
        if page is not None:
            for point in trace_frontier(session.project, best, session.state.basis, wish):
                points.append(point)
                report(-1.0, f"±{point.tolerance:.0%}")
    rows = [
        (
            each.name,
            *("-" if figure is None else f"{figure:.1f}" for figure in each.as_written),
        )
        for each in prices
    ]
    table = make_table(
        ("Rule", "Without it", "Price", "At least", "At most"), rows, right=(1, 2, 3, 4)
    )
    meaning = "rule_prices_weighed" if best.weighed else "rule_prices"
    data = {**result.data, "prices": [asdict(price) for price in prices]}
    lines = (*result.lines, "", table, str(Message(meaning)))
    if page is not None:
        # the certificate that is printed is the one just written

        known = result.data.get("certificate")
        goals = tuple(name_goals(wish).values())
        proof = None if known is None else PrintedProof(known["sha256"], goals)
        price_page = collect_price_page(session, best, prices, points, certificate=proof)
        print_price_page(price_page, page)
        data |= {"frontier": [asdict(point) for point in points], "files": [str(page)]}
        lines = (*lines, f"Wrote {page}.")
    return replace(result, data=data, lines=lines)


def _certify(
    state: ProjectState, args: argparse.Namespace, wish: SearchRequest, result: CommandResult
) -> CommandResult:
    """Write the certificate of the saved plan; say what it proves and what it does not."""
    plan = require_plan(state)
    verdict = write_certificate(
        state.project, plan, state.basis, args.certificate, name_goals(wish)
    )
    written = {"file": str(args.certificate), **verdict.list_facts()}
    lines = (*result.lines, *describe_certificate(verdict))
    return replace(result, data={**result.data, "certificate": written}, lines=lines)


def _improve_response(session: Session, args: argparse.Namespace) -> "ResponseImprovement":
    """Reduce the expected response time of the proposed plan, and save the result."""
    with ProgressBar("Reducing response time") as report:
        candidates = search_faster_response(
            session.state, seed=args.seed, time_limit_s=args.time_limit
        )
        *_, best = follow_search(
            candidates,
            report,
            args.time_limit,
            lambda candidate: f"{candidate.mean_response_min:.2f} min",
        )
    if best.mean_response_min < best.start_min:
        save_search_result(session, best.plan, f"Reduce the response time of “{best.plan.name}”")
    return best


def _check_weight(weight: float, near: str | None) -> None:
    if near is None:
        raise UserError("bad_weight.no_plan")
    if not 0 <= weight < float("inf"):
        raise UserError("bad_weight", weight=weight)


def _find_or_make_draft(session: Session, name: str | None) -> Plan:
    project = session.project
    named = next((p for p in project.plans.values() if p.name == (name or FIRST_PLAN)), None)
    if named is None:
        return build_empty_plan(project, name or FIRST_PLAN, new_uid(), session.clock())
    if named.is_draft:
        return named
    if name is not None:
        if not named.is_adopted:
            project.draft(named.uid)
        raise UserError("plan_adopted.option", plan=name, effective_on=named.effective_on)
    taken = {plan.name for plan in project.plans.values()}
    unused = next(f"{FIRST_PLAN} {n}" for n in range(2, 1000) if f"{FIRST_PLAN} {n}" not in taken)
    return build_empty_plan(project, unused, new_uid(), session.clock())


def _search(
    session: Session, draft: Plan, wish: SearchRequest
) -> tuple[PlanProposal, float, float]:
    with ProgressBar("Searching") as report:
        candidates = search_proposals(session.project, draft, session.state.basis, wish)
        start = time.perf_counter()
        results = follow_search(
            candidates, report, wish.time_limit_s, lambda proposal: f"gap {proposal.gap:.1%}"
        )
    return results[-1], results[0].seconds, time.perf_counter() - start


def _make_result(
    state: ProjectState,
    best: PlanProposal,
    first_s: float,
    seconds: float,
    better: "ResponseImprovement | None",
) -> CommandResult:
    assert state.plan is not None
    assert state.figures is not None
    figures = state.figures
    cost = best.cost if better is None else figures.cost
    gap = best.gap if better is None else max(0.0, (cost - best.bound) / cost)
    proven = bool(best.proven and gap <= PROVEN_GAP)
    zones = [
        {
            "zone": zone.id,
            "agency": state.project.units[zone.unit].agency,
            "sites": list(state.plan.sites_of(zone.id)),
            "load_min_per_day": figures.zones[zone.id].load_min,
            **to_json(figures.zones[zone.id], "deviation pieces post drive_min_per_day"),
        }
        for zone in state.plan.zones
    ]
    sensitivity = judge_plan_sensitivity(state)
    data: dict[str, object] = {
        "plan": state.plan.name,
        "cost": cost,
        "bound": best.bound,
        "gap": gap,
        "proven": proven,
        "seconds": seconds,
        "first_plan_seconds": first_s,
        "zones": zones,
        "unassigned": list(figures.unassigned),
        "problems": findings_to_json(state.problems),
        "demand": summarize_demand(state),
        "plan_at": [
            to_json(each, "scenario calls_per_day worst_deviation") for each in sensitivity
        ],
    }
    response, standing = gauge_plan(state)
    data["mean_response_min"] = response
    data["standing"] = standing and asdict(standing)
    if better is not None:
        data["mean_response_min_before"] = better.start_min
    lines: tuple[OutputLine, ...] = (
        _make_zone_table(state),
        "",
        f"{_describe_proof(cost, best, proven=proven)} {seconds:.1f} s.",
        say_all(describe_plan_sensitivity(sensitivity, state.plan.tolerance)),
        *([describe_wish_figures(response, standing)] if standing is not None else []),
        *([describe_response_gain(better)] if better is not None else []),
        *(note.text for note in state.notes if note.code == "uneven_shares"),
        *(problem.text for problem in state.problems),
    )
    return CommandResult(data, lines, has_problems=bool(state.problems))


def _describe_proof(cost: float, best: PlanProposal, *, proven: bool) -> str:
    """Describe what is proven, in plain words; a weighed cost is more than the drive."""
    if proven and not best.weighed:
        return f"{describe_proof(0.0, proven=True)} Drive {cost:.1f} trip-minutes per day;"
    facts = {"bound": best.bound, "cost": cost, "gap": max((cost - best.bound) / cost, 0.0005)}
    return str(Message("proof.range_weighed" if best.weighed else "proof.range", **facts))


def _make_zone_table(state: ProjectState) -> OutputTable:
    assert state.plan is not None
    assert state.figures is not None
    rows = []
    for zone in state.plan.zones:
        figures = state.figures.zones[zone.id]
        post = state.project.sites[figures.post].name if figures.post else "-"
        rows.append(
            (
                zone.id,
                state.project.agencies[state.project.units[zone.unit].agency].short,
                str(figures.sites),
                f"{figures.students:,}",
                f"{figures.load_min:.0f}",
                f"{figures.deviation:+.1%}",
                f"{figures.drive_min_per_day:.0f}",
                str(figures.pieces),
                post,
            )
        )
    headers = (
        "Zone", "Agency", "Sites", "Students", "Load min/day", "Deviation",
        "Drive min/day", "Pieces", "Post",
    )  # fmt: skip
    return make_table(headers, rows, right=(2, 3, 4, 5, 6, 7))
