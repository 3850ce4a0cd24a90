"""Run the whole workflow on the bundled district, from a new project to published files."""

import argparse

from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage
from zoneplanner.app.exports.window_picture import draw_window
from zoneplanner.app.plans.zone_proposals import (
    FIRST_PLAN,
    SearchRequest,
    build_empty_plan,
    describe_proof,
    save_plan,
    search_proposals,
)
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.projects.sample_data import add_sample_weeks
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import publish_edition
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, ProgressBar, follow_search
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.publish.audience import OWN

PROJECT_FILE = "San Juan Unified.gpkg"


def run(args: argparse.Namespace) -> CommandResult:
    """Create project, plan, sample weeks, coverage, map, printed pages and a picture."""
    path = args.to / PROJECT_FILE
    try:
        args.to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("cannot_write.folder", path=str(args.to), why=error.strerror) from error
    with ProgressBar("Demo") as report:
        report(0.0, "Project")
        session = create_project(path)
        try:
            proof = _propose_plan(session, args.time_limit, report)
            logged = add_sample_weeks(session, args.weeks)
            unvisited, patrolled = _count_unvisited_sites(session), len(session.project.patrolled)
            request = HandoutRequest(OWN)
            edition = publish_edition(session, args.to, wanted=request, allow_draft=True)
            files = list(edition.files)
        finally:
            session.close()
        report(0.95, "Picture of the window")
        files.append(draw_window(path, args.to / "window.png"))
    lines = [
        f"Zones: {proof}",
        f"Logged {logged} sample entries; "
        f"{unvisited} of {patrolled} sites were not visited in that period.",
        f"Project: {path}",
        *(f"File: {file}" for file in files),
    ]
    return CommandResult({"project": str(path), "files": [str(file) for file in files]}, lines)


def _propose_plan(session: Session, time_limit_s: float, report: ProgressReport) -> str:
    draft = build_empty_plan(session.project, FIRST_PLAN, new_uid(), session.clock())
    wish = SearchRequest(time_limit_s=time_limit_s)
    proposals = search_proposals(session.project, draft, session.state.basis, wish)
    *_, best = follow_search(
        proposals,
        lambda share, text: report(0.8 * share, text),
        time_limit_s,
        lambda proposal: f"Proof: gap {proposal.gap:.1%}",
    )
    save_plan(session, best.plan, f"Propose “{FIRST_PLAN}”")
    return str(describe_proof(best.gap, proven=best.proven))


def _count_unvisited_sites(session: Session) -> int:
    rows = compute_observed_coverage(session, by="site")
    return sum(row.figures["visits"].value == 0 for row in rows)
