"""A what-if on screen changes no observation, requirement or publication."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from builders import log_visit_now, project_from

from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage
from zoneplanner.app.log.due_visits import list_due_visits_of_week
from zoneplanner.app.plans.what_if import suppose_enrollment, suppose_site_closed
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.publishing.publication import find_published_plan
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.project import Project


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    autumn = DateRange("Autumn", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AABB"), calendar=SchoolCalendar((autumn,), ()))
    opened = open_session(project)
    log_visit_now(opened, "r1c1")
    return opened


def list_facts(session: Session) -> dict[str, object]:
    (whole,) = compute_observed_coverage(session, by="all")
    handout = collect_handout(session, "staff")
    return {
        "coverage": {name: (one.value, one.n) for name, one in whole.figures.items()},
        "due": [(one.site, one.required) for one in list_due_visits_of_week(session)],
        "required": [(one.site, one.kind) for one in compute_readiness(session).items],
        "published": (find_published_plan(session).uid, handout.plan.uid),
        "sites": [(one.id, one.patrolled, one.enrollment) for one in handout.project.patrolled],
        "current": getattr(session.saved_project.current_plan(session.today), "uid", None),
    }


def test_a_what_if_changes_no_fact(session: Session) -> None:
    before = list_facts(session)
    suppose_site_closed(session, "r1c1")
    suppose_enrollment(session, "r1c2", 4000)
    assert session.plan is not None and session.plan.what_if  # it is on screen
    assert list_facts(session) == before
