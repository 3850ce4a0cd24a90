"""The prices of a plan's rules on one printed page, for a board."""

from collections.abc import Sequence
from pathlib import Path

from zoneplanner.app.coverage.demand import describe_plan_sensitivity, judge_plan_sensitivity
from zoneplanner.app.plans.optimization import PlanProposal, format_proof
from zoneplanner.app.plans.rule_prices import FrontierPoint, RulePrice
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.publish.documents.plans.rule_price_page import (
    PrintedPrice,
    RulePrices,
    build_price_page,
)
from zoneplanner.publish.pdf.charts import ChartPoint
from zoneplanner.publish.pdf.page import Booklet, render_pdf


def collect_price_page(
    session: Session,
    found: PlanProposal,
    prices: Sequence[RulePrice],
    frontier: Sequence[FrontierPoint],
    *,
    certificate: str = "",
) -> Booklet:
    """Collect the page of the plan on screen; ``found`` is what is known of it.

    ``certificate`` is the hash of the file that proves it. It touches no project, so that it may
    be written as a job.
    """
    points = [
        ChartPoint(100 * each.tolerance, each.bound, each.cost)
        for each in frontier
        if each.bound is not None and each.cost is not None
    ]
    rows = [
        PrintedPrice(each.name, each.cost_without, each.price, each.least, each.most)
        for each in prices
    ]
    drive = found.cost if session.state.figures is None else session.state.figures.cost
    stands = describe_plan_sensitivity(judge_plan_sensitivity(session.state))
    told = "" if found.weighed else format_proof(found.gap, proven=found.proven)
    proof = f"{told} {stands}".strip()  # it holds at one demand
    whole = found.cost if found.weighed else None
    page = RulePrices(proof, drive, rows, points, certificate, whole)
    return build_price_page(collect_handout(session, "staff", session.state, log=False), page)


def print_price_page(page: Booklet, path: Path) -> Path:
    """Write the page; a path that cannot be written is a UserError."""
    from zoneplanner.app.exports.atomic_files import write_file_atomically

    return write_file_atomically(path, render_pdf(page))
