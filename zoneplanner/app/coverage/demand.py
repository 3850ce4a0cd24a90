"""The calls a day of a project: which demand it uses, what its log shows, and how they differ."""

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
from zoneplanner.messages import Message

_OWN_NAMES = (PRESET, LEARNT, str(DemandSource.PUBLIC))
"""Names that a demand set by a user may not have, because each is a source."""


def read_demand(state: ProjectState) -> Demand:
    """Return the demand that a project uses, with its calls a day at the state's sites."""
    return find_demand(state.project, state.basis)


def describe_demand(demand: Demand) -> Message:
    """Describe in a sentence how many calls a day are expected, and the source."""
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
    return Message(f"demand.{demand.source}{'.undated' if undated else ''}", **facts)


def summarize_demand(state: ProjectState) -> dict[str, object]:
    """Return the JSON values about the demand that go with every result based on it."""
    demand, use = read_demand(state), state.project.demand.use
    return {"use": use, "calls_per_day": demand.calls_per_day, **date_demand(demand)}


def date_demand(demand: Demand) -> dict[str, str | None]:
    """Return the first and last day that a demand was learned from.

    The result is None if it was not learned.
    """
    days = {"since": demand.since, "until": demand.until}
    return {name: day.isoformat() if day else None for name, day in days.items()}


def find_log_demand(session: Session, *, today: date | None = None) -> Demand | None:
    """Return the demand that the log shows on the days declared complete, or None.

    A log without calls at any school shows none: they may all be missing, or at unrecognized
    places.
    """
    project = session.project
    records = project.records.kind(INCIDENT_RECORDS)
    if not records.is_declared:
        return None
    day = (today or session.today) - timedelta(days=1)  # today is not over yet and would look quiet
    observed = count_observed_calls(project, session.store.log(), day)
    if not observed.incidents:
        return None
    last = min((records.complete[-1].last if records.complete else None) or day, day)
    demand = estimate_log_demand(project, observed.counts_a_day, observed.by_site, until=last)
    if demand is None:
        return None
    source = DemandSource.IMPORT if records.is_imported else DemandSource.LOG
    return replace(demand, source=source, since=records.begun)


def find_newer_log_demand(session: Session) -> Demand | None:
    """Return the log's present demand if the project uses an older one from it, else None."""
    choice = session.project.demand
    if choice.use != LEARNT:
        return None
    used, log = read_demand(session.state), find_log_demand(session)
    if log is None:
        return None
    before, now = ((each.school_days, round(each.calls_per_day, 9)) for each in (used, log))
    return log if before != now else None


def list_silent_jurisdictions(session: Session) -> tuple[str, ...]:
    """Return the jurisdictions without calls in a log that has other calls or is complete.

    Their agency's calls may be missing, and a demand learned without them has none there.
    """
    project = session.project
    log = session.store.log()
    calls_at = Counter(log.names[row] for row in log.calls["site"].tolist() if row != NO_NAME)
    places = session.state.basis.placements
    calls: Counter[str] = Counter()
    for site in project.patrolled:
        calls[places[site.id].jurisdiction or ""] += calls_at[site.id]
    silent = (each.name for each in project.jurisdictions.values() if calls.get(each.id) == 0)
    declared = project.records.kind(INCIDENT_RECORDS).is_declared
    return tuple(sorted(silent)) if calls.total() or declared else ()


def count_waiting_calls(session: Session) -> int:
    """Return how many logged calls the demand cannot use, because no day is declared complete.

    Sample records do not count.
    """
    if session.project.records.kind(INCIDENT_RECORDS).is_declared:
        return 0
    return int(((session.store.log().calls["marks"] & SAMPLE_MARK) == 0).sum())


def use_demand(session: Session, name: str) -> Demand:
    """Set the demand that a project uses, as one step; the log's demand is learned now.

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
        observed = count_observed_calls(project, session.store.log(), until)
        no_calls = observed.school_days and not observed.incidents
        raise UserError("log_not_complete.no_calls" if no_calls else "log_not_complete.few_days")
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
    """Save a demand of a number of calls a day under a name, as one step.

    Raises
    ------
    UserError
        The name is reserved for the preset or the log, or the figures make no sense.
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
    """The log's demand if it differs from the one assumed, and how the plan balances at it."""

    log: Demand
    assumed: float
    at_log: PlanAtDemand | None

    @property
    def finding(self) -> CheckFinding:
        """A finding about the gap, and the zone farthest off its share at the log's demand."""
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
    """Return the notes on the plan on screen: first, whether the log contradicts its demand."""
    gap = find_demand_gap(session)
    return (
        *([gap.finding] if gap is not None else []),
        *list_silent_notes(session),
        *list_call_notes(session),
        *session.state.notes,
        *list_edge_notes(session.state),
        *list_grid_notes(session.state),
    )


def list_silent_notes(session: Session) -> tuple[CheckFinding, ...]:
    """Return a note for each kind of record missing for a school week or more.

    It applies even if the days were declared complete: records may be missing all the same.
    """
    notes = []
    project, log, now = session.saved_project, session.store.log(), session.clock()
    for kind, records in COUNTED_RECORDS.items():
        run = find_silent_run(log, records, project=project, now=now, least_days=SILENT_WEEK_DAYS)
        if run is not None:
            declared = ".declared" if project.records.kind(records).is_declared else ""
            facts = {"first": run.first, "last": run.last, "n": run.school_days}
            notes.append(CheckFinding(f"records_silent{declared}", {"kind": kind}, facts))
    return tuple(notes)


def find_demand_gap(session: Session) -> DemandGap | None:
    """Return the gap between the log's demand and the assumed one, or None if they agree."""
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
    """Return the plan on screen's balance at low, expected and high demand; empty without a plan.

    ``bases`` are as in ``judge_plan_at_range``.
    """
    if state.plan is None:
        return ()
    return judge_plan_at_range(state.project, state.plan, state.basis, bases)


def describe_plan_sensitivity(
    results: Sequence[PlanAtDemand], tolerance: float
) -> tuple[Message, ...]:
    """Describe the largest deviation at each demand, and the demands at which it is too large."""
    parts = [
        Message(
            "largest_deviation.at",
            deviation=f"{each.worst_deviation * 100:+.1f}%".replace("-", "−"),
            calls_per_day=each.calls_per_day,
            demand=each.scenario,
        )
        for each in results
    ]
    if not parts:
        return ()
    message = Message("largest_deviation", parts=", ".join(map(str, parts)))
    beyond = [each.scenario for each in results if abs(each.worst_deviation) > tolerance + 1e-9]
    if not beyond or "expected" in beyond:
        return (message,)
    return (message, Message("plan_beyond_limit", percent=100 * tolerance, beyond=beyond))


def declare_records(
    session: Session,
    *,
    since: dict[str, date] | None = None,
    complete: tuple[tuple[str, DaySpan], ...] = (),
    incomplete: Iterable[tuple[str, DaySpan]] = (),
    imported: bool = False,
) -> RecordKeeping:
    """Declare since when records of each kind exist, and which days are complete, as one step.

    ``imported`` days are complete because of an imported file. For ``incomplete`` days an earlier
    declaration is removed.

    Raises
    ------
    UserError
        A kind is unknown, days are out of order or in the future, or none of the ``incomplete``
        days was declared complete.
    """
    records = extend_records(session, since=since, complete=complete, imported=imported)
    for kind, span in incomplete:
        before, records = records, records.without_complete(kind, span)
        if records == before:
            raise UserError("days_not_complete", kind=kind, first=span.first, last=span.last)
    if records != session.project.records:
        session.apply("Declare records", lambda project: project.with_records(records))
    return records


def extend_records(
    session: Session,
    *,
    since: dict[str, date] | None = None,
    complete: tuple[tuple[str, DaySpan], ...] = (),
    imported: bool = False,
) -> RecordKeeping:
    """Return the project's records with added declarations; errors as for ``declare_records``."""
    records, today = session.project.records, session.today
    for kind, day in (since or {}).items():
        records = records.with_since(kind, day)
    for kind, span in complete:
        records = records.with_complete(kind, span, imported=imported)
    days = [*(since or {}).values(), *(span.last or span.first for _, span in complete)]
    if days and max(days) > today:
        raise UserError("days_to_come", day=max(days), today=today)
    return records
