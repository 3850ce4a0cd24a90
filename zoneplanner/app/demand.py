"""The calls to expect of a project, learnt from its journal."""

from zoneplanner.analysis.calls import CallDemand, count_observed_calls, estimate_call_demand
from zoneplanner.app.session import Session


def learn_demand(session: Session) -> CallDemand:
    """Return the calls to expect at the sites on screen, given all calls of the journal."""
    reading = session.reading
    known = count_observed_calls(reading.project, session.store.log(), session.today)
    return estimate_call_demand(reading.project, reading.basis, known)


def describe_demand(found: CallDemand) -> str:
    """Say in a sentence where the calls come from."""
    prior, now = found.prior_per_day.sum(), found.per_day.sum()
    known = found.seen
    if not known.school_days:
        return (
            f"{now:.1f} calls a school day by level and enrollment; the journal holds no incident "
            "on a school day yet."
        )
    incidents = "1 incident" if known.incidents == 1 else f"{known.incidents:,} incidents"
    days = "1 school day" if known.school_days == 1 else f"{known.school_days:,} school days"
    return (
        f"{now:.1f} calls a school day: {prior:.1f} by level and enrollment, updated by "
        f"{incidents} on {days}."
    )
