"""Expiring trainings and agreements due for review; the latest record counts."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from builders import OpenSession, project_from, refused
from sentences import says

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.readiness.requirements import Requirement, RequirementStatus
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
AID = {"course": "first_aid", "who_kind": "officers", "trained": "7", "employed": "7"}
MOU = {"agency": "Sheriff", "level": "county", "kind": "mou"}


def list_renewals(session: Session) -> dict[str, tuple[RequirementStatus, date | None]]:
    """Return the status and day of each renewal by the uid of its record."""
    items = compute_readiness(session).items
    return {
        one.uid: (one.status, one.due_on) for one in items if one.kind in {"training", "partner"}
    }


def test_an_expired_certificate_is_overdue_until_a_later_training(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    old = {"uid": "t1", "held_on": "2024-11-01", "expires_on": "2026-11-01"}
    log_record(session, "training", {**AID, **old})
    log_record(session, "training", {**AID, "uid": "t2", "who_kind": "staff"})
    assert list_renewals(session) == {"t1": (RequirementStatus.OVERDUE, date(2026, 11, 1))}
    new = {"uid": "t3", "held_on": "2026-11-10", "expires_on": "2028-11-10"}
    log_record(session, "training", {**AID, **new})
    assert list_renewals(session) == {"t3": (RequirementStatus.DUE, date(2028, 11, 10))}


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
    assert set(list_renewals(session)) == {"p1"}


def list_items(session: Session, kind: str) -> list[Requirement]:
    return [one for one in compute_readiness(session).items if one.kind == kind]


def test_missing_returns_are_listed_after_the_first_school_returned_one(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AA / aa"), now=NOW)
    assert list_items(session, "monthly_return") == []
    given = {"month": "2026-10-15", "on": "2026-11-03", "drills": "2"}
    log_record(session, "monthly_return", {**given, "site": "r1c1"})
    (one,) = list_items(session, "monthly_return")
    assert (one.status, one.done, one.required) == (RequirementStatus.OVERDUE, 1, 4)
    assert one.open_points == ("r1c2", "r2c1", "r2c2")
    names = ["School r1c2", "School r2c1", "School r2c2"]
    month = date(2026, 10, 1)
    assert one.messages == (Message("requirement.returns_missing", month=month, missing=names),)
    for site in one.open_points:
        log_record(session, "monthly_return", {**given, "site": site})
    (one,) = list_items(session, "monthly_return")
    assert (one.status, one.open_points) == (RequirementStatus.DONE, ())


def test_every_month_with_missing_returns_lists_all_their_schools(
    open_session: OpenSession, capsys: pytest.CaptureFixture[str]
) -> None:
    session = open_session(project_from("AA / aa"), now=NOW)
    given = {"on": "2026-11-03", "drills": "2", "site": "r1c1"}
    log_record(session, "monthly_return", {**given, "month": "2026-09-01"})
    log_record(session, "monthly_return", {**given, "month": "2026-10-01"})
    found = [one for one in compute_readiness(session, date(2026, 12, 11)).items
             if one.kind == "monthly_return"]  # fmt: skip
    assert [(str(one.due_on), len(one.open_points)) for one in found] == [
        *(("2026-10-10", 3), ("2026-11-10", 3), ("2026-12-10", 4)),
    ]
    assert main(["readiness", str(session.store.path), "--on", "2026-12-11"]) == 0
    said = capsys.readouterr().out
    for month, missing in (
        ("September 2026", "School r1c2, School r2c1 and School r2c2"),
        ("November 2026", "School r1c1, School r1c2, School r2c1 and School r2c2"),
    ):
        assert says(said, "requirement.returns_missing", month=month, missing=missing)


def test_a_duty_to_notify_is_open_until_everyone_required_was_notified(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    came = {"at": "2026-11-12T09:00", "site": "r1c1", "role": "principal"}
    agency = {"agency": "Sheriff", "told_at": "2026-11-12T09:20"}
    log_record(session, "legal_notice", {**came, "uid": "act", "duty": "ec_48902"})
    log_record(session, "legal_notice", {**came, "uid": "told", "duty": "ec_48902", **agency})
    log_record(
        session, "legal_notice", {**came, "uid": "ice", "duty": "immigration_enforcement", **agency}
    )
    found = {one.uid: (one.status, one.owner) for one in list_items(session, "legal_notice")}
    overdue, done = RequirementStatus.OVERDUE, RequirementStatus.DONE
    assert found == {
        "act": (overdue, "principal"),
        "told": (done, "principal"),
        "ice": (overdue, "principal"),  # an agency was told, families were not
    }
    said = {one.uid: one.messages[0] for one in list_items(session, "legal_notice")}
    assert {uid: one.template for uid, one in said.items()} == {
        "act": "requirement.notice_open",
        "told": "requirement.notice_done",
        "ice": "requirement.notice_open_families",
    }
    assert said["told"].facts["agency"] == "Sheriff"
    sent = {"supersedes": "ice", "notice_at": "2026-11-12T11:00", **came}
    log_record(session, "legal_notice", {**sent, "duty": "immigration_enforcement"})
    assert {one.uid: one.status for one in list_items(session, "legal_notice")}["ice"] is done
    told = {"supersedes": "ice", "notified": "Superintendent; board;families"}
    log_record(session, "legal_notice", told)
    (ice,) = (one for one in list_items(session, "legal_notice") if one.uid == "ice")
    groups = ["superintendent", "board", "families"]
    assert ice.messages[-1] == Message("requirement.notice_notified", notified=groups)
    with refused("unknown_choice", what="notified", text="Maria Example"):
        log_record(session, "legal_notice", told | {"notified": "Maria Example"})


def test_each_officer_needs_a_certificate_and_reunification_agreements_a_review(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    day = {"held_on": "2025-11-01", "expires_on": "2026-12-01"}
    for officer in ("o1", "o2"):
        log_record(session, "training", {**AID, **day, "uid": officer, "officer": officer})
    place = {"name": "Park", "how": "bus", "capacity": "900", "at_site": "r1c1"}
    log_record(
        session,
        "reunification_site",
        {**place, "uid": "park", "on": "2025-01-01", "review_on": "2026-01-01"},
    )
    trainings = {one.uid: one.messages for one in list_items(session, "training")}
    assert trainings.keys() == {"o1", "o2"}
    whose = Message("training.of", course="First aid", who="o1")
    on = date(2025, 11, 1)
    assert trainings["o1"] == (Message("requirement.training", training=whose, on=on),)
    (one,) = list_items(session, "reunification_site")
    assert (one.uid, one.status) == ("park", RequirementStatus.OVERDUE)


def test_a_reunification_site_across_the_world_is_refused(open_session: OpenSession) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    place = {"name": "Park", "how": "bus", "capacity": "900"}
    lon, lat = (float(value) for value in to_lonlat(session.project.crs, 900, -900))
    with refused("not_a_position.far_away"):
        log_record(session, "reunification_site", {**place, "position": f"{lat}, {-lon}"})
    assert log_record(session, "reunification_site", {**place, "position": f"{lat}, {lon}"})


def test_the_last_step_of_an_open_concern_decides_its_owner(open_session: OpenSession) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    log_record(
        session, "concern", {"uid": "c", "reference": "C-1", "received_at": "2026-09-01T08:00"}
    )
    for at, step, owner in (
        ("2026-09-01T09:00", "triaged", "dispatcher"),
        ("2026-09-02T09:00", "interview", "counselor"),
    ):
        log_record(
            session, "concern_step", {"concern": "c", "at": at, "step": step, "owner_role": owner}
        )
    (one,) = list_items(session, "concern")
    assert (one.status, one.owner) == (RequirementStatus.OVERDUE, "counselor")
    assert one.messages[-1] == Message("requirement.concern_step", step="interview")


def test_a_major_event_elsewhere_needs_a_review_within_the_districts_days(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("A / a"), now=NOW)
    log_record(session, "outside_event", {"uid": "e", "on": "2026-09-01", "event": "Hillside"})
    (one,) = list_items(session, "outside_event")
    assert (one.status, one.uid) == (RequirementStatus.OVERDUE, "e")
    review = {"event": "hillside", "event_on": "2026-09-01", "held_on": "2026-11-10"}
    log_record(session, "after_action", review)
    assert list_items(session, "outside_event") == []


def test_schools_without_monthly_fire_drills_need_an_alarm_test(
    open_session: OpenSession,
) -> None:
    project = project_from("AA / aa")
    for key in ("r1c1", "r1c2", "r2c1"):
        project = project.with_site(replace(project.sites[key], level="high"))
    session = open_session(project, now=NOW)

    def done() -> dict[str, int]:
        return {one.site: one.done for one in list_items(session, "alarm_signal")}

    assert done() == {"r1c1": 0, "r1c2": 0, "r2c1": 0}, "monthly fire drills sound it at the other"
    sounded = {"held_at": "2026-11-10T09:00"}
    log_record(session, "drill", {**sounded, "site": "r1c1", "kind": "alarm_signal"})
    log_record(session, "drill", {**sounded, "site": "r1c2", "kind": "fire"})
    log_record(session, "drill", {**sounded, "site": "r2c1", "kind": "drop"})
    assert done() == {"r1c1": 1, "r1c2": 1, "r2c1": 0}
    for one in list_items(session, "alarm_signal"):
        assert one.rule.template == "drill_rule.met_by"
        assert (one.rule.facts["citation"], one.rule.facts["kinds"]) == ("Ed. Code 32001", ["fire"])
