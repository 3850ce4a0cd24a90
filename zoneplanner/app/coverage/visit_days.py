"""Of which days visits are on record, in words, and who was visited on those of this week."""

from datetime import date, timedelta

import numpy as np

from zoneplanner.analysis.coverage.log_period import is_undeclared, list_days_on_record
from zoneplanner.analysis.log.log_arrays import NO_NAME
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import VISIT_RECORDS, DaySpan
from zoneplanner.messages import render_message


def describe_visit_days(session: Session, *, last: date | None = None) -> str:
    """Say of which days, up to a day or today, visits are on record: no other day is counted."""
    spans = _list_days(session, last)
    if not spans:
        return render_message("visit_days.none", {})
    end = min(last or session.today, session.today)
    facts = {
        "first": spans[0].first,
        "last": spans[-1].last,
        "days": sum(((one.last or end) - one.first).days + 1 for one in spans),
    }
    form = "some" if len(spans) > 1 else "since" if spans[0].last == end else "until"
    said = render_message(f"visit_days.{form}", facts)
    if is_undeclared(session.saved_project, VISIT_RECORDS, session.store.log().visits):
        said = f"{said} {render_message('visit_days.not_declared', {})}"
    return session.formats.localize_sentence(said)


def find_sites_visited_this_week(session: Session) -> frozenset[str] | None:
    """Return the sites with a visit since Monday; None where no day since then is on record."""
    monday = session.today - timedelta(days=session.today.weekday())
    if not any((one.last or session.today) >= monday for one in _list_days(session)):
        return None
    log = session.store.log()
    made = log.visits["site"][log.visits["day"] >= monday.toordinal()]
    return frozenset(log.names[site] for site in np.unique(made).tolist() if site != NO_NAME)


def _list_days(session: Session, last: date | None = None) -> tuple[DaySpan, ...]:
    log, project = session.store.log(), session.saved_project
    return list_days_on_record(log, VISIT_RECORDS, project=project, now=session.clock(), last=last)
