"""The calls a day of a project: which demand it uses, what its log shows, and where they part."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from zoneplanner.analysis.coverage.log_period import (
    COUNTED_RECORDS,
    SILENT_WEEK_DAYS,
    find_silent_run,
)
from zoneplanner.analysis.demand.call_demand import (
    PlanAtDemand,
    count_observed_calls,
    estimate_log_demand,
    find_demand,
    judge_plan_at,
    judge_plan_at_range,
    make_demand,
)
from zoneplanner.analysis.log.log_arrays import NO_NAME, SAMPLE_MARK
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.log.duplicate_records import list_call_notes
from zoneplanner.app.plans.zone_edges import list_edge_notes, list_grid_notes
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.demand import (
    LEARNED_SOURCES,
    LEARNT,
    PRESET,
    Demand,
    DemandSource,
    check_demand_figures,
)
from zoneplanner.domain.log.days_on_record import (
    INCIDENT_RECORDS,
    DaySpan,
    RecordKeeping,
)
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import render_message

_OWN_NAMES = (PRESET, LEARNT, str(DemandSource.PUBLIC))
"""No demand that a user sets has the name of one that says where it is from."""


def read_demand(state: ProjectState) -> Demand:
    """Return the demand that a project uses, with its calls a day at the sites of a state."""
    return find_demand(state.project, state.basis)


def describe_demand(demand: Demand) -> str:
    """Say in a sentence how many calls a day are reckoned with, and where that is from."""
    facts = {
        "name": demand.name,
        "value": demand.calls_per_day,
        "low": demand.low,
        "high": demand.high,
        "days": demand.school_days,
        "since": demand.since,
        "until": demand.until,
    }
    undated = demand.source in LEARNED_SOURCES and demand.since is None
    return render_message(f"demand.{demand.source}{'.undated' if undated else ''}", facts)


def summarize_demand(state: ProjectState) -> dict[str, object]:
    """Return what every answer says of the demand that it rests on."""
    demand = read_demand(state)
    use, calls = state.project.demand.use, demand.calls_per_day
    return {"use": use, "calls_per_day": calls, **date_demand(demand)}


def date_demand(demand: Demand) -> dict[str, str | None]:
    """Return the first and the last day that a demand was learned from; None where from none."""
    days = {"since": demand.since, "until": demand.until}
    return {name: day.isoformat() if day else None for name, day in days.items()}


def find_log_demand(session: Session, *, today: date | None = None) -> Demand | None:
    """Return the demand that the log shows on the days that are declared complete, if it does.

    A log without a call at any school shows none: all of them may be missing, or at places that
    were not read.
    """
    project = session.project
    kept = project.records.kind(INCIDENT_RECORDS)
    if not kept.is_declared:
        return None
    day = (today or session.today) - timedelta(days=1)  # one that still runs would count as quiet
    known = count_observed_calls(project, session.store.log(), day)
    if not known.incidents:
        return None
    last = min((kept.complete[-1].last if kept.complete else None) or day, day)
    found = estimate_log_demand(project, known.counts_a_day, known.by_site, until=last)
    if found is None:
        return None
    source = DemandSource.IMPORT if kept.is_imported else DemandSource.LOG
    return replace(found, source=source, since=kept.begun)


def find_newer_log_demand(session: Session) -> Demand | None:
    """Return what the log shows now, where the demand taken from it is used and shows another."""
    choice = session.project.demand
    if choice.use != LEARNT:
        return None
    used, log = read_demand(session.state), find_log_demand(session)
    if log is None:
        return None
    taken, now = ((one.school_days, round(one.calls_per_day, 9)) for one in (used, log))
    return log if taken != now else None


def list_silent_jurisdictions(session: Session) -> tuple[str, ...]:
    """Return the jurisdictions of whose sites no call is in a log that has others, or is complete.

    The calls of their agency may be missing: a demand learned without them has none there.
    """
    project = session.project
    log = session.store.log()
    called = Counter(log.names[at] for at in log.calls["site"].tolist() if at != NO_NAME)
    places = session.state.basis.placements
    calls: Counter[str] = Counter()
    for site in project.patrolled:
        calls[places[site.id].jurisdiction or ""] += called[site.id]
    silent = {key for key, n in calls.items() if key and not n}
    named = (one.name for one in project.jurisdictions.values() if one.id in silent)
    declared = project.records.kind(INCIDENT_RECORDS).is_declared
    return tuple(sorted(named)) if calls.total() or declared else ()


def count_waiting_calls(session: Session) -> int:
    """Return how many calls of the log the demand cannot learn from: no day is declared complete.

    Samples are not among them.
    """
    if session.project.records.kind(INCIDENT_RECORDS).is_declared:
        return 0
    return int(((session.store.log().calls["marks"] & SAMPLE_MARK) == 0).sum())


def use_demand(session: Session, name: str) -> Demand:
    """Have a project use another demand, as one step; the log's is taken as it is now.

    Raises
    ------
    UserError
        The demand is unknown, or no days of incidents are declared complete.
    """
    learnt = find_log_demand(session) if name == LEARNT else None
    if name == LEARNT and learnt is None:
        project = session.project
        if not project.records.kind(INCIDENT_RECORDS).is_declared:
            raise UserError("log_not_complete")
        until = session.today - timedelta(days=1)
        known = count_observed_calls(project, session.store.log(), until)
        few = known.school_days and not known.incidents
        raise UserError("log_not_complete.no_calls" if few else "log_not_complete.few_days")
    session.project.demand.using(PRESET if learnt is not None else name)

    def edit(project: Project) -> Project:
        choice = project.demand
        if learnt is not None:
            return project.with_demand(choice.with_demand(learnt, use=True))
        return project.with_demand(choice.using(name))

    session.apply(f"Use the demand “{name}”", edit)
    return read_demand(session.state)


def set_demand_scenario(
    session: Session, name: str, *, value: float, low: float | None, high: float | None
) -> Demand:
    """Keep a demand of so many calls a day under a name, as one step.

    Raises
    ------
    UserError
        The name is that of the preset or the log, or the figures make no sense.
    """
    if not name.strip() or name.strip().casefold() in _OWN_NAMES:
        raise UserError("demand_name_taken", name=name)
    least, most = value if low is None else low, value if high is None else high
    check_demand_figures(value, least, most)
    demand = make_demand(
        session.project, name, DemandSource.SCENARIO, value=value, low=least, high=most
    )

    def edit(project: Project) -> Project:
        return project.with_demand(project.demand.with_demand(demand, use=False))

    session.apply(f"Set the demand “{name}”", edit)
    return demand


@dataclass(frozen=True, slots=True)
class DemandGap:
    """The log shows another demand than the plan assumes: both, and the zone farthest off then."""

    log: Demand
    assumed: float
    at_log: PlanAtDemand | None

    @property
    def finding(self) -> CheckFinding:
        """Where the log and the plan disagree, and what follows for the plan, as a finding."""
        facts: dict[str, Any] = {
            "value": self.log.calls_per_day,
            "low": self.log.low,
            "high": self.log.high,
            "assumed": self.assumed,
        }
        zones = self.at_log.zones if self.at_log is not None else {}
        if not zones:
            return CheckFinding("demand_gap", {}, facts)
        zone = max(zones, key=lambda key: abs(zones[key]))
        template = "demand_gap.more" if zones[zone] > 0 else "demand_gap.less"
        return CheckFinding(template, {"zone": zone}, {**facts, "off": abs(zones[zone])})


def list_notes(session: Session) -> tuple[CheckFinding, ...]:
    """Return what should be known of the plan on screen: first what the log speaks against."""
    gap = find_demand_gap(session)
    first = [gap.finding] if gap is not None else []
    return (
        *first,
        *list_silent_notes(session),
        *list_call_notes(session),
        *session.state.notes,
        *list_edge_notes(session.state),
        *list_grid_notes(session.state),
    )


def list_silent_notes(session: Session) -> tuple[CheckFinding, ...]:
    """Return that a school week or more has no visit or call, where many were to be expected.

    It is noted also where the days were declared complete: records may be missing all the same.
    """
    found = []
    project, log, now = session.saved_project, session.store.log(), session.clock()
    for kind, records in COUNTED_RECORDS.items():
        run = find_silent_run(log, records, project=project, now=now, least_days=SILENT_WEEK_DAYS)
        if run is not None:
            declared = ".declared" if project.records.kind(records).is_declared else ""
            facts = {"first": run.first, "last": run.last, "n": run.school_days}
            found.append(CheckFinding(f"records_silent{declared}", {"kind": kind}, facts))
    return tuple(found)


def find_demand_gap(session: Session) -> DemandGap | None:
    """Return where log and plan disagree; None where the log does not contradict the plan."""
    log = find_log_demand(session)
    state = session.state
    if log is None:
        return None
    assumed = read_demand(state).calls_per_day
    if log.low <= assumed <= log.high:
        return None
    at_log = None
    if state.plan is not None:
        at_log = judge_plan_at(state.project, state.plan, state.basis, log, LEARNT)
    return DemandGap(log, assumed, at_log)


def judge_plan_sensitivity(
    state: ProjectState, bases: Mapping[str, PlanningBasis] | None = None
) -> tuple[PlanAtDemand, ...]:
    """Return how the plan on screen stands at low, expected and high demand; none without one.

    ``bases`` are as for ``judge_plan_at_range``.
    """
    if state.plan is None:
        return ()
    return judge_plan_at_range(state.project, state.plan, state.basis, bases)


def describe_plan_sensitivity(stands: Sequence[PlanAtDemand], tolerance: float) -> str:
    """Say how far the zones are off their shares at each demand, and at which the limit applies."""
    parts = [
        f"{one.worst_deviation * 100:+.1f}% at {one.calls_per_day:.1f} calls per day "
        f"({one.scenario})".replace("-", "−")
        for one in stands
    ]
    if not parts:
        return ""
    said = f"Largest deviation: {', '.join(parts)}."
    beyond = [one.scenario for one in stands if abs(one.worst_deviation) > tolerance + 1e-9]
    if not beyond or "expected" in beyond:
        return said
    limit = render_message("plan_beyond_limit", {"percent": 100 * tolerance, "beyond": beyond})
    return f"{said} {limit}"


def declare_records(
    session: Session,
    *,
    since: dict[str, date] | None = None,
    complete: tuple[tuple[str, DaySpan], ...] = (),
    incomplete: Iterable[tuple[str, DaySpan]] = (),
    imported: bool = False,
) -> RecordKeeping:
    """Declare since when kinds of records are kept, and for which days completely, as one step.

    ``imported`` days are complete by a file. That days are complete is taken back of those that
    are ``incomplete``.

    Raises
    ------
    UserError
        A kind is unknown, days are out of order or still to come, or nobody declared any of those
        that are to be incomplete.
    """
    kept = extend_records(session, since=since, complete=complete, imported=imported)
    for kind, span in incomplete:
        before, kept = kept, kept.without_complete(kind, span)
        if kept == before:
            raise UserError("days_not_complete", kind=kind, first=span.first, last=span.last)
    if kept != session.project.records:
        session.apply("Declare records", lambda project: project.with_records(kept))
    return kept


def extend_records(
    session: Session,
    *,
    since: dict[str, date] | None = None,
    complete: tuple[tuple[str, DaySpan], ...] = (),
    imported: bool = False,
) -> RecordKeeping:
    """Return the records with more that is declared; see ``declare_records`` for refusals."""
    kept, today = session.project.records, session.today
    for kind, day in (since or {}).items():
        kept = kept.with_since(kind, day)
    for kind, span in complete:
        kept = kept.with_complete(kind, span, imported=imported)
    days = [*(since or {}).values(), *(span.last or span.first for _, span in complete)]
    if days and max(days) > today:
        raise UserError("days_to_come", day=max(days), today=today)
    return kept
