"""An office's answers at the start: calls per day, first day of its records, phones, drills."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from zoneplanner.analysis.coverage.log_period import find_days
from zoneplanner.analysis.demand.call_demand import make_demand
from zoneplanner.app.coverage.demand import extend_records
from zoneplanner.app.session.session import Session
from zoneplanner.domain.demand import Demand, DemandSource, check_demand_figures
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, VISIT_RECORDS, DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.rule_edits import set_district_drills
from zoneplanner.domain.readiness.rule_pack import LAW_LEVELS

OFFICE_DEMAND = "office"
"""The name of the office's own demand."""
LOCKDOWN = "lockdown"
LOCKDOWN_PER = "semester"


@dataclass(frozen=True, slots=True)
class OfficeSetup:
    """The answers; questions without an answer change nothing.

    Attributes
    ----------
    use
        The demand to use, by name.
    calls_per_day
        The office's own figure with its lowest and highest value, if ``use`` names it.
    complete_since
        By kind of record, the day from which the log is complete; None withdraws it.
    phones
        By agency.
    lockdown_drills
        Per semester at each school; None leaves the rules unchanged.
    """

    use: str
    calls_per_day: tuple[float, float, float] | None = None
    complete_since: Mapping[str, date | None] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    lockdown_drills: int | None = None


def find_lockdown_rule(project: Project) -> int:
    """Return how many lockdown drills per semester the district requires of every level."""
    times = (
        rule.times
        for rule in project.rules.own
        if rule.kind == LOCKDOWN and rule.per == LOCKDOWN_PER
    )
    return min(times, default=0)


def find_log_begin(session: Session) -> dict[str, date]:
    """Return the day of the first record logged by hand after any imported file, by kind.

    The log may be complete from that day on, so the setup offers it.
    """
    log, project = session.store.log(), session.saved_project
    days = {VISIT_RECORDS: log.visits["day"], INCIDENT_RECORDS: log.calls["day"]}
    begins = {}
    for kind, recorded in days.items():
        declared = project.records.kind(kind)
        spans = declared.list_days_on_record(map(date.fromordinal, find_days(recorded).tolist()))
        if spans and spans[-1].last is None and not declared.is_declared:
            begins[kind] = spans[-1].first
    return begins


def set_up_office(session: Session, setup: OfficeSetup) -> None:
    """Apply the answers to the project, as one step.

    Raises
    ------
    UserError
        The demand is unknown, its figures are impossible, or a day is in the future.
    """
    days = setup.complete_since.items()
    extend_records(session, complete=tuple((kind, DaySpan(day)) for kind, day in days if day))
    session.apply("Set up the office", lambda project: _apply_setup(project, setup))


def _apply_setup(project: Project, setup: OfficeSetup) -> Project:
    choice = project.demand
    if setup.use == OFFICE_DEMAND and setup.calls_per_day is not None:
        choice = choice.with_demand(_make_own_demand(project, setup.calls_per_day), use=True)
    project = project.with_demand(choice.using(setup.use))
    records = project.records
    for kind, day in setup.complete_since.items():
        records = records.with_complete_since(kind, day)
    agencies = {
        key: replace(agency, phone=setup.phones.get(key, agency.phone))
        for key, agency in project.agencies.items()
    }
    project = replace(project.with_records(records), agencies=agencies)
    if setup.lockdown_drills is not None:
        for level in LAW_LEVELS:
            project = set_district_drills(
                project, LOCKDOWN, level, setup.lockdown_drills, LOCKDOWN_PER
            )
    return project


def _make_own_demand(project: Project, figures: tuple[float, float, float]) -> Demand:
    low, value, high = figures
    check_demand_figures(value, low, high)
    source = DemandSource.SCENARIO
    return make_demand(project, OFFICE_DEMAND, source, value=value, low=low, high=high)
