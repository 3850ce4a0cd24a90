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
from zoneplanner.cli.output import CommandResult, OutputLine, OutputTable, make_table
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
from zoneplanner.messages import render_message

HEADERS = ("Due", "Site", "What", "Status", "Done", "Owner", "Rule")
_RETENTION_HEADERS = ("Records", "Class", "Years", "Entries", "From", "Kept from", "Passed", "Rule")
OPTION_VALUES = {"groupings": (BY_WEEK, BY_OWNER, BY_PLAN)}
_LEGAL_NOTE = "This is a planning aid, not legal advice."


def run(args: argparse.Namespace) -> CommandResult:
    """List every requirement of every patrolled site; people see what is to be done first."""
    with open_session_for_command(args.project, read_only=True) as session:
        if args.retention:
            kept = _show_retention(compute_retention(session, args.on))
            return replace(kept, formats=session.project.formats)
        found = compute_readiness(session, args.on)
        files = []
        if args.ics is not None:
            files = [str(write_due_calendar(session, found, args.ics))]
        return _answer(session, found, args.site, files, args.by)


def _answer(
    session: Session,
    found: ReadinessStatus,
    site_name: str | None,
    files: Sequence[str],
    by: str | None,
) -> CommandResult:
    project, unreadable = session.project, session.store.unreadable_entries()
    items: Sequence[Requirement] = found.displayed_items
    confirmed: Sequence[Confirmation] = ()
    if site_name is not None:
        site = project.site(site_name).id
        items = [item for item in items if item.site == site]
        confirmed = tuple(list_plan_elements(session, site, found.on).values())
    data = {
        "rows": [_row(project, found, item) for item in items],
        "soon": sum(map(found.is_soon, items)),
        "horizon_days": found.rules.follow_up.horizon_days,
        "figures": {name: figure_to_json(figure) for name, figure in found.figures.items()},
        "files": list(files),
        "unreadable": len(unreadable),
    }
    if site_name is not None:
        data["elements"] = [_element(one) for one in confirmed]
    what, statuses = "Sites by their most urgent requirement", compute_site_statuses(found, project)
    counts = Counter(statuses.values())
    if site_name is not None:
        what, counts = "Its requirements", Counter(item.status for item in items)
    summary = ", ".join(f"{counts[status]} {status}" for status in WORST_FIRST if counts[status])
    lines: list[OutputLine] = [f"{what}: {summary or 'none'}."]
    if soon := sum(map(found.is_soon, items)):
        facts = {"n": soon, "days": found.rules.follow_up.horizon_days}
        lines.append(render_message("readiness.soon", facts))
    if by == BY_PLAN:
        standings = list_plan_standings(items)
        data["plans"] = [_plan(one, project) for one in standings]
        lines.append(_tabulate_plans(standings, project))
    elif by is not None:
        groups = group_requirements((one for one in items if one.is_open), by, session.formats)
        data["groups"] = [
            {
                "key": key,
                "open": len(own),
                "overdue": sum(one.status is RequirementStatus.OVERDUE for one in own),
                "soon": sum(map(found.is_soon, own)),
                "items": dict(Counter(one.kind for one in own)),
            }
            for key, own in groups.items()
        ]
        shown = [
            (
                key,
                str(len(own)),
                _count_overdue(own),
                str(sum(map(found.is_soon, own))),
                ", ".join(
                    f"{name} ({count})"
                    for name, count in Counter(map(format_requirement_name, own)).most_common()
                ),
            )
            for key, own in groups.items()
        ]
        heads = (by.capitalize(), "Open", "Overdue", "Soon", "What")
        lines.append(make_table(heads, shown, right=(1, 2, 3)))
    elif site_name is not None:
        lines += [
            _table(project, items, found),
            *(line for item in items for line in _describe(item)),
            make_table(
                ("Element of the plan", "Confirmed by", "On", "Written in"),
                [
                    (one.element.text, one.who or "–", str(one.on or "–"), one.element.citation)
                    for one in confirmed
                ],
            ),
        ]
    else:
        lines.append(_table(project, found.to_do, found))
        lines += [one.detail for one in found.to_do if one.kind == MONTHLY_RETURN]
    lines += [f"Wrote {path}." for path in files]
    lines += filter(None, [explain_unreadable_entries(unreadable)])
    return CommandResult(data, [*lines, _LEGAL_NOTE], formats=project.formats)


def _element(one: Confirmation) -> dict[str, object]:
    return {
        "key": one.element.key,
        "text": one.element.text,
        "citation": one.element.citation,
        "confirmed_by": one.who or None,
        "on": one.on.isoformat() if one.on else None,
    }


def _plan(one: PlanStanding, project: Project) -> dict[str, object]:
    return {
        "site": one.site,
        "name": project.sites[one.site].name,
        "status": str(one.status),
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "open": len(one.points),
        "steps": one.steps,
        "elements": one.elements,
        "out_of_order": one.out_of_order,
        "open_points": [point.key for point in one.points],
    }


def _tabulate_plans(standings: Sequence[PlanStanding], project: Project) -> OutputTable:
    rows = [
        (
            *(str(len(one.points)), project.sites[one.site].name, str(one.status)),
            *(str(one.due_on or "–"), str(one.steps), str(one.elements), str(one.out_of_order)),
            one.points[0].words if one.points else "",
        )
        for one in standings
    ]
    heads = ("Open", "School", "Status", "Due", "Steps", "Elements", "Out of order", "First")
    return make_table(heads, rows, right=(0, 4, 5, 6))


def _count_overdue(items: Sequence[Requirement]) -> str:
    return str(sum(one.status is RequirementStatus.OVERDUE for one in items))


def _row(project: Project, found: ReadinessStatus, item: Requirement) -> dict[str, object]:
    return {
        "site": item.site,
        "name": format_requirement_place(project, item),
        "item": item.kind,
        "status": str(item.status),
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "done": item.done,
        "required": item.required,
        "rule": item.rule,
        "detail": item.detail,
        "uid": item.uid,
        "made_up": item.made_up,
        "soon": found.is_soon(item),
        "open_points": list(item.open_points),
        "open": [_point(one) for one in item.lacking],
        "newer_rules": list(item.newer_rules),
        "owner": format_requirement_owner(item),
    }


def _point(one: OpenPoint) -> dict[str, str | None]:
    why = one.why
    return {
        "key": one.key,
        "text": one.text,
        "due_on": one.due.isoformat(),
        "why": why.code if why else None,
        "on": why.on.isoformat() if why else None,
        "other_on": why.other_on.isoformat() if why and why.other_on else None,
    }


def _describe(item: Requirement) -> list[str]:
    """Say where a requirement of one site stands, with all that is open of it."""
    lines = [f"{format_requirement_name(item)}: {item.detail}"]
    if len(item.lacking) > 1:
        lines += [f"  {one.due}  {one.words}" for one in item.lacking]
    return lines


def _table(project: Project, items: Sequence[Requirement], found: ReadinessStatus) -> OutputTable:
    rows = [
        (
            str(item.due_on or "–"),
            format_requirement_place(project, item),
            format_requirement_name(item),
            f"{item.status} soon" if found.is_soon(item) else item.standing,
            f"{item.done} of {item.required}",
            format_requirement_owner(item),
            item.rule,
        )
        for item in items
    ]
    return make_table(HEADERS, rows)


def _show_retention(found: Sequence[RetentionStatus]) -> CommandResult:
    rows = [
        {
            "name": one.rule.name,
            "kinds": list(one.rule.kinds),
            "years": one.rule.years,
            "entries": one.entries,
            "first": one.first.isoformat() if one.first else None,
            "kept_from": one.kept_from.isoformat(),
            "passed": one.expired,
            "class": one.rule.record_class or None,
            "rule": one.rule.citation,
            "source": one.rule.source,
            "note": one.rule.note,
        }
        for one in found
    ]
    shown = [
        (
            one.rule.name,
            one.rule.record_class or "–",
            str(one.rule.years),
            f"{one.entries:,}",
            str(one.first or "–"),
            str(one.kept_from),
            f"{one.expired:,}",
            one.rule.citation,
        )
        for one in found
    ]
    return CommandResult(
        {"retention": rows},
        [make_table(_RETENTION_HEADERS, shown, right=(2, 3, 6)), RETENTION_NOTE, _LEGAL_NOTE],
    )
