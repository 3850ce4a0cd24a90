"""The life of a plan: branched, proposed, adopted, retired, deleted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from zoneplanner.domain.plans.plan import Plan, PlanStatus, keep_tighter_bound
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


def branch_plan(plan: Plan, uid: str, name: str, *, at: datetime) -> Plan:
    """Return a draft that starts from another plan, with its locks, notes and what-ifs."""
    return replace(
        plan,
        uid=uid,
        name=name,
        note="",
        parent=plan.uid,
        made_at=at,
        proposed_on=None,
        effective_on=None,
        expires_on=None,
    )


def add_plan(project: Project, plan: Plan) -> Project:
    """Add a plan to a project; never in place of another one.

    Raises
    ------
    UserError
        The project has a plan of this uid or name, or the name is empty.
    """
    if plan.uid in project.plans:
        raise UserError("plan_kept", plan=project.plans[plan.uid].name, uid=plan.uid)
    return rename_plan(project.with_plan(plan), plan.uid, plan.name)


def replace_draft(project: Project, plan: Plan) -> Project:
    """Return the project with another state of a draft; of a plan that is none is a UserError."""
    before = require_draft(project, plan.uid)
    proof = keep_tighter_bound(before.proof, plan.proof)
    return project.with_plan(plan if proof == plan.proof else replace(plan, proof=proof))


def check_adopted_plans(before: Project, after: Project) -> None:
    """Refuse an edit that puts a draft in place of an adopted plan: below every door."""
    for uid, plan in before.plans.items() if before.plans is not after.plans else ():
        now = after.plans.get(uid)
        if plan.is_adopted and now is not None and not now.is_adopted:
            require_draft(before, uid)


def rename_plan(project: Project, plan_uid: str, name: str) -> Project:
    """Give a plan another name; an empty one, or that of another plan, is a UserError."""
    plan, wanted = project.plan(plan_uid), name.strip()
    if not wanted:
        raise UserError("name_missing.plan")
    if any(other.name == wanted for other in project.plans.values() if other is not plan):
        raise UserError("name_in_use", plan=wanted)
    return project.with_plan(replace(plan, name=wanted))


def set_plan_note(project: Project, plan_uid: str, note: str) -> Project:
    """Keep a note with a plan, whatever its status."""
    return project.with_plan(replace(project.plan(plan_uid), note=note.strip()))


def submit_plan(project: Project, plan_uid: str, on: date) -> Project:
    """Put a draft before those who decide; it is not edited until it is taken back.

    Raises
    ------
    UserError
        The plan is not a draft, or a patrolled site has no zone.
    """
    plan = require_draft(project, plan_uid)
    _check_all_assigned(project, plan, "proposing")
    return project.with_plan(replace(plan, proposed_on=on))


def withdraw_plan(project: Project, plan_uid: str) -> Project:
    """Take a proposed plan back to a draft; an adopted one is a UserError."""
    plan = project.plan(plan_uid)
    if plan.is_adopted:
        raise UserError("plan_adopted.withdraw", plan=plan.name, effective_on=plan.effective_on)
    return project.with_plan(replace(plan, proposed_on=None))


def adopt_plan(
    project: Project, plan_uid: str, effective_on: date, expires_on: date | None = None
) -> Project:
    """Put a plan in force from a day; the plans before it expire on that day.

    Raises
    ------
    UserError
        A patrolled site has no zone, the plan holds what-ifs or is adopted, it would expire before
        it takes effect, or its days overlap with those of a plan that takes effect later.
    """
    plan = project.plan(plan_uid)
    if plan.is_adopted:
        require_draft(project, plan_uid)
    if plan.what_if:
        raise UserError("plan_is_what_if", plan=plan.name)
    _check_all_assigned(project, plan, "adopting")
    if expires_on is not None and expires_on <= effective_on:
        raise UserError(
            "days_out_of_order.plan_expires",
            plan=plan.name,
            effective_on=effective_on,
            last=expires_on - timedelta(days=1),
        )
    adopted = replace(plan, effective_on=effective_on, expires_on=expires_on)
    plans = dict(project.plans)
    for other in project.plans.values():
        if other.effective_on is None:
            continue
        if other.effective_on >= effective_on:
            _check_ends_before(adopted, other)
        elif other.expires_on is None or other.expires_on > effective_on:
            plans[other.uid] = replace(other, expires_on=effective_on)
    return replace(project, plans={**plans, plan.uid: adopted})


def retire_plan(project: Project, plan_uid: str, expires_on: date) -> Project:
    """End an adopted plan on a day, the first on which it is no longer in force.

    Raises
    ------
    UserError
        The plan is not adopted, takes effect later, or would reach into the days of the next one.
    """
    plan = project.plan(plan_uid)
    if plan.effective_on is None:
        raise UserError("plan_not_adopted", plan=plan.name)
    if expires_on < plan.effective_on:
        raise UserError(
            "days_out_of_order.plan_ends",
            plan=plan.name,
            effective_on=plan.effective_on,
            last=expires_on - timedelta(days=1),
        )
    retired = replace(plan, expires_on=expires_on)
    for other in project.plans.values():
        if other.effective_on is not None and other.effective_on > plan.effective_on:
            _check_ends_before(retired, other)
    return project.with_plan(retired)


def delete_plan(project: Project, plan_uid: str) -> Project:
    """Take a plan out of the project; one that is or was in force is a UserError."""
    plan = project.plan(plan_uid)
    if plan.is_adopted:
        raise UserError("plan_adopted.delete", plan=plan.name, effective_on=plan.effective_on)
    plans: Mapping[str, Plan] = {
        uid: replace(other, parent=None) if other.parent == plan.uid else other
        for uid, other in project.plans.items()
        if uid != plan.uid
    }
    return replace(project, plans=plans)


def require_draft(project: Project, plan_uid: str) -> Plan:
    """Return a plan that may still be edited; a proposed or adopted one is a UserError."""
    plan = project.plan(plan_uid)
    if plan.is_adopted:
        raise UserError("plan_adopted", plan=plan.name, effective_on=plan.effective_on)
    if plan.proposed_on is not None:
        raise UserError("plan_submitted", plan=plan.name, proposed_on=plan.proposed_on)
    return plan


def describe_plan_status(plan: Plan, today: date, day: Callable[[date], str] = str) -> str:
    """Say where a plan stands, with its dates as ``day`` writes them."""
    status = plan.status(today)
    begins, ends = plan.effective_on, plan.expires_on
    last = f", last day {day(ends - timedelta(days=1))}" if ends else ""
    if status is PlanStatus.DRAFT:
        return "What-if" if plan.what_if else "Draft"
    if status is PlanStatus.PROPOSED:
        if begins is not None:
            return f"Takes effect on {day(begins)}{last}"
        return f"Proposed since {day(plan.proposed_on or today)}"
    if status is PlanStatus.IN_FORCE and begins is not None:
        return f"In force since {day(begins)}{last}"
    return f"Retired on {day(ends or today)}"


def _check_ends_before(plan: Plan, later: Plan) -> None:
    """Refuse days that overlap with those of a plan that takes effect later."""
    if plan.overlaps(later):
        raise UserError(
            "plans_overlap", plan=plan.name, other=later.name, begins=later.effective_on
        )


def _check_all_assigned(project: Project, plan: Plan, doing: str) -> None:
    seen = project.with_what_ifs(plan)
    missing = [site for site in seen.patrolled if site.id not in plan.assignment]
    if missing:
        raise UserError(
            "unassigned_sites",
            plan=plan.name,
            sites=[site.id for site in missing],
            site_count=len(missing),
            first=missing[0].name,
            act=doing,
        )
