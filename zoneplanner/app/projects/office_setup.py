"""What an office says of itself once: calls a day, since when it keeps records, phones, drills."""

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
"""The name of the demand that an office gives itself."""
LOCKDOWN = "lockdown"
LOCKDOWN_PER = "semester"


@dataclass(frozen=True, slots=True)
class OfficeSetup:
    """The answers; what is left open changes nothing.

    Attributes
    ----------
    use
        The demand to use, by name.
    calls_per_day
        The office's own figure with the least and the most it may be, where ``use`` names it.
    complete_since
        By kind of record, the day from which every one is in the log; None takes it back.
    phones
        By agency.
    lockdown_drills
        So many a semester at each school; None leaves the rules as they are.
    """

    use: str
    calls_per_day: tuple[float, float, float] | None = None
    complete_since: Mapping[str, date | None] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    lockdown_drills: int | None = None


def find_lockdown_rule(project: Project) -> int:
    """Return how many lockdown drills a semester the district asks of every level; 0 of none."""
    asked = [
        own.times for own in project.rules.own if own.kind == LOCKDOWN and own.per == LOCKDOWN_PER
    ]
    return min(asked, default=0)


def find_log_begin(session: Session) -> dict[str, date]:
    """Return the day of the first record that was made here after any file, by kind, if it is so.

    From that day on a log that is kept by hand may be complete: it is what is offered.
    """
    log, project = session.store.log(), session.saved_project
    days = {VISIT_RECORDS: log.visits["day"], INCIDENT_RECORDS: log.calls["day"]}
    found = {}
    for kind, recorded in days.items():
        kept = project.records.kind(kind)
        spans = kept.list_days_on_record(map(date.fromordinal, find_days(recorded).tolist()))
        if spans and spans[-1].last is None and not kept.is_declared:
            found[kind] = spans[-1].first
    return found


def set_up_office(session: Session, setup: OfficeSetup) -> None:
    """Put the answers into the project, as one step.

    Raises
    ------
    UserError
        The demand is unknown, its figures make no sense, or days are still to come.
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
