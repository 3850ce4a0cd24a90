"""Answers to a what-if about zones: other zones, and what they cost beside today's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from zoneplanner.analysis.basis import Basis
from zoneplanner.analysis.conditions import Conditions
from zoneplanner.analysis.expected import TARGET_MIN, expected
from zoneplanner.analysis.measures import plan_figures, students
from zoneplanner.app.evaluate import plan_of
from zoneplanner.app.project import new_uid
from zoneplanner.app.reading import Reading
from zoneplanner.app.session import Session
from zoneplanner.app.what_if import PREFIX, suppose
from zoneplanner.app.words import free_name
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.planning import branch
from zoneplanner.domain.project import Project
from zoneplanner.domain.unit import Unit
from zoneplanner.errors import UserError


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs: minutes of drive a day, the worst deviation, the response to expect.

    ``within`` is the share of calls met within the target. The response is None where there is
    nobody to answer or no call.
    """

    drive_min: float
    worst_deviation: float
    response_min: float | None
    within: float | None


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """Zones that answer a what-if; changes are counted from the plan that was asked about.

    ``more_min`` is its drive less today's, a day; ``units`` are planned units that its zones need.
    """

    title: str
    plan: Plan
    cost: Cost
    more_min: float
    sites_changed: int
    students_changed: int
    units: Mapping[str, Unit] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Answers:
    """What is known so far, the answer with the least drive first.

    ``words`` name the plan that one is kept as. ``idle`` is the cost where nothing is done about
    a unit that is off. ``doing`` says what is looked for now, empty at the end; ``part`` how far
    that is, 0 to 1.
    """

    words: str
    start: Plan
    today: Cost
    idle: Cost | None = None
    found: tuple[Answer, ...] = ()
    doing: str = ""
    part: float = 0.0

    def doing_now(self, doing: str, part: float) -> "Answers":
        """Return these answers while something else is looked for."""
        return replace(self, doing=doing, part=part)

    def with_answer(self, answer: Answer) -> "Answers":
        """Return the answers with one more, unless it has the zones of one that is there."""
        same = (answer.plan.assignment == other.plan.assignment for other in self.found)
        if any(same):
            return self
        found = sorted((*self.found, answer), key=lambda each: (each.more_min, each.title))
        return replace(self, found=tuple(found))

    @property
    def done(self) -> bool:
        """True once nothing is looked for any more."""
        return not self.doing


def cost_of(project: Project, plan: Plan, basis: Basis, *, without: Collection[str] = ()) -> Cost:
    """Return what a plan costs while the units in ``without`` are off."""
    figures = plan_figures(project, plan, basis, {})
    try:
        response = expected(
            project, plan, basis, under=Conditions(without=without), target_min=TARGET_MIN
        )
    except UserError:
        return Cost(figures.cost, figures.worst_deviation, None, None)
    return Cost(
        figures.cost,
        figures.worst_deviation,
        response.mean_response_min,
        response.share_within_target,
    )


def answer_of(
    reading: Reading,
    today: Cost,
    title: str,
    after: Plan,
    *,
    units: Mapping[str, Unit] | None = None,
    without: Collection[str] = (),
) -> Answer:
    """Return a plan as an answer about the plan that is read."""
    before, new = plan_of(reading), dict(units or {})
    project = replace(reading.project, units={**reading.project.units, **new})
    cost = cost_of(project, after, reading.basis, without=without)
    moved = [
        site
        for site in reading.basis.sites
        if before.assignment.get(site.id) != after.assignment.get(site.id)
    ]
    return Answer(
        title=title,
        plan=replace(after, proof=None),
        cost=cost,
        more_min=cost.drive_min - today.drive_min,
        sites_changed=len(moved),
        students_changed=sum(students(site, project.assumptions) for site in moved),
        units=new,
    )


def tried(project: Project, plan_uid: str, answer: Answer) -> Project:
    """Return the project with an answer's zones in a plan, to be looked at or kept.

    Sites that the answer does not know keep their zone where it is still there. A plan that was
    deleted meanwhile is a UserError.
    """
    plan, found = project.plans.get(plan_uid), answer.plan
    if plan is None:
        raise UserError("The plan was deleted meanwhile; show another plan and ask again.")
    new = {key: unit for key, unit in answer.units.items() if key not in project.units}
    wider = replace(project, units={**project.units, **new}) if new else project
    zones = {zone.id for zone in found.zones}
    own = {**plan.assignment, **found.assignment}
    after = replace(
        plan,
        zones=found.zones,
        assignment={
            site.id: own[site.id]
            for site in project.under(plan).patrolled
            if own.get(site.id) in zones
        },
        block_overrides={b: zone for b, zone in plan.block_overrides.items() if zone in zones},
        proof=None,
    )
    return wider.with_plan(after)


def keep_answer(session: Session, answers: Answers, answer: Answer) -> Plan:
    """Keep an answer in a what-if, as one step, and return that plan.

    It goes into the what-if on screen where that is what was asked about, as it was then; else
    into a branch of the plan that was.
    """
    plan, start = session.plan, answers.start
    if plan is start:
        return suppose(session, answers.words, lambda project, uid: tried(project, uid, answer))
    kept = session.reading.kept
    name = free_name(f"{PREFIX}{answers.words}", {each.name for each in kept.plans.values()})
    new = branch(start, new_uid(), name, at=session.clock())
    draft = new if start.uid in kept.plans else replace(new, parent=None)
    session.apply(name, lambda project: tried(project.with_plan(draft), draft.uid, answer))
    return plan_of(session.reading)
