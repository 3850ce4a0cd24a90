"""The plans as a tree: branches under the plan that they were branched from."""

from collections.abc import Iterator
from dataclasses import dataclass

from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.lifecycle import describe_plan_status
from zoneplanner.domain.plans.plan import Plan, PlanStatus
from zoneplanner.tokens import STATE_MARKS

ONLY_ONE_PLAN = (
    "“{}” is the only plan. Branch a draft from it or propose zones, then compare the two."
)
_ORDER = (PlanStatus.IN_FORCE, PlanStatus.PROPOSED, PlanStatus.DRAFT, PlanStatus.RETIRED)


def _sign(state: str) -> tuple[str, str]:
    return STATE_MARKS[state].icon, STATE_MARKS[state].role


_SIGNS = {
    PlanStatus.IN_FORCE: _sign("posted"),
    PlanStatus.PROPOSED: _sign("submitted"),
    PlanStatus.DRAFT: _sign("draft"),
    PlanStatus.RETIRED: ("retire", "muted"),
}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan. ``parent`` is the uid of the row that it stands under; ``sign`` an icon, a role."""

    uid: str
    parent: str | None
    name: str
    status: str
    sign: tuple[str, str]
    note: str
    tip: str


def build_plan_rows(session: Session) -> list[PlanRow]:
    """Return the plans, each right after the one that it stands under, what is in force first."""
    plans = session.project.plans
    below: dict[str | None, list[Plan]] = {}
    for plan in plans.values():
        below.setdefault(_parent(plan, session), []).append(plan)
    ranks = {plan.uid: _rank(plan, session, below) for plan in plans.values()}

    def rows(parent: str | None) -> Iterator[PlanRow]:
        for plan in sorted(below.get(parent, ()), key=lambda plan: ranks[plan.uid]):
            yield _row(plan, parent, session)
            yield from rows(plan.uid)

    return list(rows(None))


def _parent(plan: Plan, session: Session) -> str | None:
    """Return the plan to stand under; a plan that is its own forebear stands alone."""
    seen, at = {plan.uid}, plan.parent
    while at is not None and at in session.project.plans:
        if at in seen:
            return None
        seen.add(at)
        at = session.project.plans[at].parent
    return plan.parent if plan.parent in session.project.plans else None


def _rank(plan: Plan, session: Session, below: dict[str | None, list[Plan]]) -> int:
    """How far up a plan stands: by the best status of it and of what was branched from it."""
    own = _ORDER.index(plan.status(session.today))
    return min([own, *(_rank(child, session, below) for child in below.get(plan.uid, ()))])


def _row(plan: Plan, parent: str | None, session: Session) -> PlanRow:
    status = plan.status(session.today)
    sign = _SIGNS[status]
    if status is PlanStatus.PROPOSED and plan.is_adopted:
        sign = ("adopt", "accent")
    if plan.what_if:
        sign = ("what_if", sign[1])
    words = describe_plan_status(plan, session.today, session.formats.day)
    what_if = " A what-if: it assumes something that is not true yet." if plan.what_if else ""
    note = f"\n{plan.note}" if plan.note else ""
    tip = f"{plan.name}: {words}, tolerance ±{plan.tolerance * 100:g}%.{what_if}{note}"
    return PlanRow(plan.uid, parent, plan.name, words, sign, plan.note, tip)
