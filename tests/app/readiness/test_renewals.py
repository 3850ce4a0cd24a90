"""Trainings that run out and agreements to look at again are due, and the later one counts."""

from datetime import UTC, date, datetime

from builders import OpenSession, project_from

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.session.session import Session
from zoneplanner.domain.readiness.requirements import RequirementStatus

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
AID = {"course": "first_aid", "who_kind": "officers", "trained": "7", "employed": "7"}
MOU = {"agency": "Sheriff", "level": "county", "kind": "mou"}


def renewals(session: Session) -> dict[str, tuple[RequirementStatus, date | None]]:
    """Return the status and the day of each by the uid of its record."""
    items = compute_readiness(session).items
    return {
        one.uid: (one.status, one.due_on) for one in items if one.kind in {"training", "partner"}
    }


def test_a_certificate_that_ran_out_is_overdue_until_a_later_training(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    old = {"uid": "t1", "held_on": "2024-11-01", "expires_on": "2026-11-01"}
    log_record(session, "training", {**AID, **old})
    log_record(session, "training", {**AID, "uid": "t2", "who_kind": "staff"})
    assert renewals(session) == {"t1": (RequirementStatus.OVERDUE, date(2026, 11, 1))}
    new = {"uid": "t3", "held_on": "2026-11-10", "expires_on": "2028-11-10"}
    log_record(session, "training", {**AID, **new})
    assert renewals(session) == {"t3": (RequirementStatus.DUE, date(2028, 11, 10))}


def test_an_agreement_is_due_for_review_and_a_meeting_is_not(open_session: OpenSession) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    log_record(
        session, "partner", {**MOU, "uid": "p1", "on": "2025-07-01", "review_on": "2026-12-01"}
    )
    log_record(session, "partner", {**MOU, "uid": "p2", "kind": "meeting", "on": "2026-11-02"})
    found = compute_readiness(session)
    (item,) = (one for one in found.items if one.uid == "p1")
    assert (item.status, item.due_on) == (RequirementStatus.DUE, date(2026, 12, 1))
    assert not found.is_soon(item)
    assert set(renewals(session)) == {"p1"}
