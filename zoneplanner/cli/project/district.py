"""Set up a district from state and federal files, all at once or step by step."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from zoneplanner.app.geography.detached_choices import (
    DetachedChoice,
    list_detached_sites,
    settle_detached_sites,
)
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.projects.district_setup import (
    BOUNDARY_STEP,
    DistrictFile,
    StepState,
    add_district_file,
    begin_district,
    count_zone_units,
    list_districts,
    list_setup_steps,
    load_setup_steps,
    name_own_agency,
    plan_district,
    suggest_zone_count,
)
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import (
    CommandResult,
    OutputLine,
    ProgressBar,
    detached_sites_to_json,
    make_table,
    to_json,
)
from zoneplanner.cli.parser import group_key_values
from zoneplanner.cli.sessions import back_up_before
from zoneplanner.domain.units import is_placeholder, list_like_units
from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import SeveralLayers, UnknownCrs
from zoneplanner.messages import Message, format_count
from zoneplanner.storage import ServerAddress

OPTION_VALUES = {"detached": tuple(DetachedChoice)}

_Read = TypeVar("_Read")


def run(args: argparse.Namespace) -> CommandResult:
    """Create or continue a district, and show the status of each step."""
    if isinstance(args.project, ServerAddress):
        raise UserError("needs_a_file")
    files = list(_list_files(args))
    if args.list:
        return _list_districts(args, files)
    is_new = not args.project.exists()
    changes = bool(files or args.zones or args.detached or args.agency)
    if is_new and not any(file.step in (BOUNDARY_STEP, "schools") for file in files):
        raise UserError("district_needs_file")
    only = group_key_values(args.only)
    if is_new:
        first = next(file for file in files if file.step in (BOUNDARY_STEP, "schools"))
        with ProgressBar("Reading") as report:
            session = _read_with_options(
                args,
                first,
                lambda file: begin_district(
                    args.project, file, name=args.name, only=only, zones=args.zones, report=report
                ),
            )
    else:
        session = open_session(args.project, read_only=not changes)
    try:
        if changes and not is_new:
            back_up_before(session, "before setting up the district")
        return _set_up(session, args, files)
    except UserError:
        if is_new:  # no incomplete file is left behind
            session.close()
            args.project.unlink(missing_ok=True)
        raise
    finally:
        session.close()


def _list_files(args: argparse.Namespace) -> Iterator[DistrictFile]:
    """Yield the named files in the order of the steps."""
    steps = load_setup_steps()
    for key, step in steps.items():
        for kind in (key, *(other for other in step.kinds if other not in steps)):
            value = getattr(args, kind, None)
            if not isinstance(value, (Path, list)):
                continue
            for path in [value] if isinstance(value, Path) else value:
                yield DistrictFile(key, path, kind if kind in step.kinds else "")


def _read_with_options(
    args: argparse.Namespace, file: DistrictFile, read: Callable[[DistrictFile], _Read]
) -> _Read:
    """Read a file; the options choose a layer or coordinate system that it leaves open."""
    try:
        return read(file)
    except SeveralLayers:
        if not args.layer or file.layer:
            raise
        completed = replace(file, layer=args.layer)
    except UnknownCrs:
        if not args.crs or file.crs:
            raise
        completed = replace(file, crs=args.crs)
    return _read_with_options(args, completed, read)


def _list_districts(args: argparse.Namespace, files: list[DistrictFile]) -> CommandResult:
    if not files:
        raise UserError("district_needs_file")
    with ProgressBar("Reading") as report:
        districts = _read_with_options(args, files[0], partial(list_districts, report=report))
    rows = [(district.name, f"{district.rows:,}") for district in districts]
    data = {"districts": [{"name": district.name, "rows": district.rows} for district in districts]}
    return CommandResult(data, (make_table(("District", "Rows"), rows, right=(1,)),))


def _set_up(session: Session, args: argparse.Namespace, files: list[DistrictFile]) -> CommandResult:
    """Import the named files step by step; a failure in files other than schools stops nothing."""
    only = group_key_values(args.only)
    problems: list[dict[str, Any]] = []
    elsewhere = 0
    results: list[tuple[DistrictFile, ImportResult]] = []
    for file in files:
        try:
            with ProgressBar(load_setup_steps()[file.step].title) as report:
                add = partial(add_district_file, session, only=only, report=report)
                done = _read_with_options(args, file, add)
        except UserError as error:
            if file.step in (BOUNDARY_STEP, "schools"):
                raise
            problems.append(_describe_problem(file.step, error))
            continue
        results.append((file, done))
        elsewhere += done.elsewhere if file.step == "schools" else 0
    if args.agency:
        name_own_agency(session, args.agency)
    if args.detached:
        for part in list_detached_sites(session):
            settle_detached_sites(session, part.sites[0], DetachedChoice(args.detached))
    problems += _propose_zones(session, args, files)
    return _show(session, results, problems, elsewhere)


def _propose_zones(
    session: Session, args: argparse.Namespace, files: list[DistrictFile]
) -> list[dict[str, Any]]:
    """Propose zones if schools were imported and there is no plan; a failure is a problem."""
    project = session.saved_project
    has_input = files or args.zones or args.detached
    if args.no_plan or not has_input or project.plans or not project.patrolled:
        return []
    has_named_zones = not all(
        is_placeholder(unit) for unit in project.units.values() if unit.holds_zone
    )
    zones = args.zones or (None if has_named_zones else suggest_zone_count(len(project.patrolled)))
    if zones is not None:  # in addition to the units of detached sites
        zones += count_zone_units(project) - len(list_like_units(project.units))
    try:
        with ProgressBar("Proposing zones") as report:
            plan_district(session, zones=zones, time_limit_s=args.time_limit, report=report)
    except UserError as error:
        return [_describe_problem("zones", error)]
    return []


def _describe_problem(step: str, error: UserError) -> dict[str, Any]:
    return {"step": step, "code": error.code, "text": error.message}


def _show(
    session: Session,
    results: list[tuple[DistrictFile, ImportResult]],
    problems: list[dict[str, Any]],
    elsewhere: int,
) -> CommandResult:
    project = session.saved_project
    states = list_setup_steps(project)
    detached = list_detached_sites(session)
    plan = next(reversed(list(project.plans.values())), None)
    data = {
        "name": project.name,
        "crs": project.crs,
        "sites": len(project.sites),
        "elsewhere": elsewhere,
        "missing": [state.step.key for state in states if not state.done],
        "zones": len(plan.zones) if plan else 0,
        "detached": detached_sites_to_json(project, detached),
        "plan": plan.name if plan else None,
        "problems": problems,
        "steps": [_step_to_json(state) for state in states],
        "files": [
            {"step": file.step, "file": file.path.name, "read": done.read, "taken": done.taken}
            for file, done in results
        ],
    }
    rows = [
        ("✓" if each.done else "…", each.step.title, " ".join(_say_state(each)),
         "" if each.done else f"{each.step.publisher}: {each.step.file}")
        for each in states
    ]  # fmt: skip
    lines: list[OutputLine] = [
        _describe_file(file.path.name, done.message) for file, done in results
    ]
    lines += ["", make_table(("", "Step", "", "Where to get it"), rows)]
    for part in detached:
        cut_off = Message(
            "sites_detached",
            names=[project.sites[s].name for s in part.sites],
            near=project.sites[part.joins[1]].name,
            away_m=part.away_m,
        )
        lines.append(cut_off.say(session.formats))
    lines += [problem["text"] for problem in problems]
    schools = format_count(len(project.sites), "school")
    lines.append(
        f"{project.name}: {schools}, {format_count(len(plan.zones) if plan else 0, 'zone')}."
    )
    return CommandResult(data, lines, has_problems=bool(problems))


def _describe_file(name: str, done: Message) -> str:
    """Return what a file brought, with its name once."""
    return str(
        done if name in map(str, done.facts.values()) else Message("of_file", file=name, done=done)
    )


def _say_state(state: StepState) -> list[str]:
    """Return what a project has for a step, and what is missing."""
    return list(map(str, filter(None, (state.found, state.missing))))


def _step_to_json(state: StepState) -> dict[str, Any]:
    return {
        "step": state.step.key,
        "done": state.done,
        "found": str(state.found or ""),
        "missing": str(state.missing or ""),
        **to_json(state.step, "publisher file"),
    }
