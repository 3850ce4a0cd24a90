"""Show which drills, reviews, corrective actions and concern reports are due or overdue."""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from zoneplanner.app.log.logbook import explain_unreadable_entries
from zoneplanner.app.log.retention import RETENTION_NOTE, RetentionStatus, compute_retention
from zoneplanner.app.readiness.records import list_plan_elements
from zoneplanner.app.readiness.requirements import (
    BY_OWNER,
    BY_PLAN,
    BY_WEEK,
    ReadinessStatus,
    compute_readiness,
    compute_site_statuses,
    format_requirement_name,
    format_requirement_owner,
    format_requirement_place,
    group_requirements,
    write_due_calendar,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.log.coverage import figure_to_json
from zoneplanner.cli.output import CommandResult, OutputLine, OutputTable, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.office_requirements import MONTHLY_RETURN
from zoneplanner.domain.readiness.plan_review import Confirmation, OpenPoint
from zoneplanner.domain.readiness.requirements import (
    WORST_FIRST,
    PlanStanding,
    Requirement,
    RequirementStatus,
    list_plan_standings,
)
from zoneplanner.messages import Message, say_all

HEADERS = ("Due", "Site", "What", "Status", "Done", "Owner", "Rule")
_RETENTION_HEADERS = ("Records", "Class", "Years", "Entries", "From", "Kept from", "Passed", "Rule")
OPTION_VALUES = {"groupings": (BY_WEEK, BY_OWNER, BY_PLAN)}
_LEGAL_NOTE = "This is a planning aid, not legal advice."


def run(args: argparse.Namespace) -> CommandResult:
    """List every requirement of every patrolled site; people see the urgent ones first."""
    with open_session_for_command(args.project, read_only=True) as session:
        if args.retention:
            result = _show_retention(compute_retention(session, args.on))
            return replace(result, formats=session.project.formats)
        readiness = compute_readiness(session, args.on)
        files = []
        if args.ics is not None:
            files = [str(write_due_calendar(session, readiness, args.ics))]
        return _answer(session, readiness, args.site, files, args.by)


def _answer(
    session: Session,
    readiness: ReadinessStatus,
    site_name: str | None,
    files: Sequence[str],
    by: str | None,
) -> CommandResult:
    project, unreadable = session.project, session.store.unreadable_entries()
    items: Sequence[Requirement] = readiness.displayed_items
    confirmed: Sequence[Confirmation] = ()
    if site_name is not None:
        site = project.site(site_name).id
        items = [item for item in items if item.site == site]
        confirmed = tuple(list_plan_elements(session, site, readiness.on).values())
    data = {
        "rows": [_requirement_to_json(project, readiness, item) for item in items],
        "soon": sum(map(readiness.is_soon, items)),
        "horizon_days": readiness.rules.follow_up.horizon_days,
        "figures": {name: figure_to_json(figure) for name, figure in readiness.figures.items()},
        "files": list(files),
        "unreadable": len(unreadable),
    }
    if site_name is not None:
        data["elements"] = [_element_to_json(each) for each in confirmed]
    title, statuses = (
        "Sites by their most urgent requirement",
        compute_site_statuses(readiness, project),
    )
    counts = Counter(statuses.values())
    if site_name is not None:
        title, counts = "Its requirements", Counter(item.status for item in items)
    summary = ", ".join(f"{counts[status]} {status}" for status in WORST_FIRST if counts[status])
    lines: list[OutputLine] = [f"{title}: {summary or 'none'}."]
    if soon := sum(map(readiness.is_soon, items)):
        facts = {"n": soon, "days": readiness.rules.follow_up.horizon_days}
        lines.append(str(Message("readiness.soon", **facts)))
    if by == BY_PLAN:
        standings = list_plan_standings(items)
        data["plans"] = [_plan_to_json(each, project) for each in standings]
        lines.append(_tabulate_plans(standings, project))
    elif by is not None:
        open_items = [each for each in items if each.is_open]
        groups = group_requirements(open_items, by, session.formats)
        names = group_requirements(open_items, by, project.formats)
        data["groups"] = [
            {
                "key": key,
                "open": len(group),
                "overdue": sum(each.status is RequirementStatus.OVERDUE for each in group),
                "soon": sum(map(readiness.is_soon, group)),
                "items": dict(Counter(each.kind for each in group)),
            }
            for key, group in groups.items()
        ]
        shown = [
            (
                name,
                str(len(group)),
                _count_overdue(group),
                str(sum(map(readiness.is_soon, group))),
                ", ".join(
                    f"{requirement} ({count})"
                    for requirement, count in Counter(
                        map(format_requirement_name, group)
                    ).most_common()
                ),
            )
            for name, group in names.items()
        ]
        headers = (by.capitalize(), "Open", "Overdue", "Soon", "What")
        lines.append(make_table(headers, shown, right=(1, 2, 3)))
    elif site_name is not None:
        lines += [
            _make_table(project, items, readiness),
            *(line for item in items for line in _describe(item)),
            make_table(
                ("Element of the plan", "Confirmed by", "On", "Written in"),
                [
                    (
                        each.element.text,
                        each.who or "–",
                        str(each.on or "–"),
                        each.element.citation,
                    )
                    for each in confirmed
                ],
            ),
        ]
    else:
        lines.append(_make_table(project, readiness.to_do, readiness))
        lines += [say_all(each.messages) for each in readiness.to_do if each.kind == MONTHLY_RETURN]
    lines += [f"Wrote {path}." for path in files]
    lines += map(str, explain_unreadable_entries(unreadable))
    return CommandResult(data, [*lines, _LEGAL_NOTE], formats=project.formats)


def _element_to_json(confirmation: Confirmation) -> dict[str, object]:
    return {
        **to_json(confirmation.element, "key text citation"),
        "confirmed_by": confirmation.who or None,
        **to_json(confirmation, "on"),
    }


def _plan_to_json(standing: PlanStanding, project: Project) -> dict[str, object]:
    return {
        "site": standing.site,
        "name": project.sites[standing.site].name,
        "status": str(standing.status),
        **to_json(standing, "due_on"),
        "open": len(standing.points),
        **to_json(standing, "steps elements out_of_order"),
        "open_points": [point.key for point in standing.points],
    }


def _tabulate_plans(standings: Sequence[PlanStanding], project: Project) -> OutputTable:
    rows = [
        (
            str(len(standing.points)),
            project.sites[standing.site].name,
            str(standing.status),
            str(standing.due_on or "–"),
            str(standing.steps),
            str(standing.elements),
            str(standing.out_of_order),
            str(standing.points[0].message) if standing.points else "",
        )
        for standing in standings
    ]
    headers = ("Open", "School", "Status", "Due", "Steps", "Elements", "Out of order", "First")
    return make_table(headers, rows, right=(0, 4, 5, 6))


def _count_overdue(items: Sequence[Requirement]) -> str:
    return str(sum(item.status is RequirementStatus.OVERDUE for item in items))


def _requirement_to_json(
    project: Project, readiness: ReadinessStatus, item: Requirement
) -> dict[str, object]:
    return {
        "site": item.site,
        "name": format_requirement_place(project, item),
        "item": item.kind,
        "status": str(item.status),
        **to_json(item, "due_on done required uid made_up"),
        "rule": str(item.rule),
        "detail": say_all(item.messages),
        "soon": readiness.is_soon(item),
        "open_points": list(item.open_points),
        "open": [_point_to_json(point) for point in item.lacking],
        "newer_rules": list(item.newer_rules),
        "owner": format_requirement_owner(item),
    }


def _point_to_json(point: OpenPoint) -> dict[str, str | None]:
    why = point.why
    facts = why.facts if why else {}
    return {
        "key": point.key,
        "text": point.text,
        "due_on": point.due.isoformat(),
        "why": why.template if why else None,
        **{name: str(facts[name]) if name in facts else None for name in ("on", "other_on")},
    }


def _describe(item: Requirement) -> list[str]:
    """Describe the status of a site's requirement, with all of its open points."""
    lines = [f"{format_requirement_name(item)}: {say_all(item.messages)}"]
    if len(item.lacking) > 1:
        lines += [f"  {point.due}  {point.message}" for point in item.lacking]
    return lines


def _make_table(
    project: Project, items: Sequence[Requirement], readiness: ReadinessStatus
) -> OutputTable:
    rows = [
        (
            str(item.due_on or "–"),
            format_requirement_place(project, item),
            format_requirement_name(item),
            f"{item.status} soon" if readiness.is_soon(item) else item.standing,
            f"{item.done} of {item.required}",
            format_requirement_owner(item),
            str(item.rule),
        )
        for item in items
    ]
    return make_table(HEADERS, rows)


def _show_retention(statuses: Sequence[RetentionStatus]) -> CommandResult:
    rows = [
        {
            **to_json(status.rule, "name kinds years"),
            **to_json(status, "entries first kept_from"),
            "passed": status.expired,
            "class": status.rule.record_class or None,
            "rule": status.rule.citation,
            **to_json(status.rule, "source note"),
        }
        for status in statuses
    ]
    table_rows = [
        (
            status.rule.name,
            status.rule.record_class or "–",
            str(status.rule.years),
            f"{status.entries:,}",
            str(status.first or "–"),
            str(status.kept_from),
            f"{status.expired:,}",
            status.rule.citation,
        )
        for status in statuses
    ]
    return CommandResult(
        {"retention": rows},
        [make_table(_RETENTION_HEADERS, table_rows, right=(2, 3, 6)), RETENTION_NOTE, _LEGAL_NOTE],
    )
